"""The RO-Crate of a release: what programs that read it rely on, and what it must not say."""

import hashlib
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import yaml
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from analysis import catalog
from analysis.catalog import Dataset
from analysis.release.ro_crate import CrateError, crate

ROOT = Path(__file__).resolve().parents[2]
DAY = "2026-11-24"
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
PAGE, FIGURE = "reports/west_africa/SEN/incidence.html", "figures/west_africa/SEN/incidence_by_year.png"
REPORT = "reports/pledge_report_SYNTHETIC/en/a page.html"
CONTENT = {PAGE: b"<p>A page</p>", FIGURE: b"A picture", REPORT: b"<p>The report</p>", "reports/index.html": b"index"}
FILES = {path: hashlib.sha256(content).hexdigest() for path, content in CONTENT.items()}
LIST = Dataset(
    name="gizlipolis",
    file="turkiye/gizlidosya.csv",
    title="Gizlibaslik",
    kind="confidential",
    licence="Gizlilisans",
    publisher="Gizlikurum",
    source="Gizlikaynak",
    date="1987-06-05",
    sha256="f00d" * 16,
    purpose="Gizliamac",
)


def run(analysis: str, area: str, products: dict[str, bytes], inputs: tuple[str, ...]) -> dict:
    """What an executed notebook says of itself."""
    digests = {
        f"data/processed/staged/{path}": hashlib.sha256(content).hexdigest() for path, content in products.items()
    }
    return {
        "made_from": {
            "notebook": {f"notebooks/{analysis}.ipynb": "1" * 64},
            "parameters": {"area": area},
            "library": {"src/analysis/areas.py": "2" * 64, "src/analysis/catalog.py": "3" * 64},
            "environment": {"python": "3.13.5", "requirements.lock": "4" * 64, "seed": "0"},
            "inputs": dict.fromkeys(inputs, "5" * 64),
        },
        "products": digests,
    }


DATASETS = [catalog.dataset(name) for name in ("areas", "official_counts", "world", "synthetic_demo_provinces_police")]
RUNS = {
    "west_africa/SEN/incidence": run(
        "incidence", "SEN", {PAGE: CONTENT[PAGE], FIGURE: CONTENT[FIGURE]}, ("areas", "official_counts")
    ),
    "west_africa/SEN/trends": run("trends", "SEN", {}, ("areas", "synthetic_demo_provinces_police")),
    "pledge_report": {
        "made_from": {"library": {"src/analysis/cli.py": "6" * 64}, "inputs": {"areas": "5" * 64}},
        "products": {f"data/processed/staged/{REPORT}": hashlib.sha256(CONTENT[REPORT]).hexdigest()},
    },
}


def graph(**changed) -> dict[str, dict]:
    """The entities of a crate by their ids, each there once."""
    said = {"files": FILES, "runs": RUNS, "datasets": DATASETS, "citation": CITATION, "published": DAY, **changed}
    entities = json.loads(crate(**said))["@graph"]
    assert max(Counter(entity["@id"] for entity in entities).values()) == 1
    return {entity["@id"]: entity for entity in entities}


def targets(value: object) -> list[str]:
    """Ids that a property leads to; none for a text."""
    values = value if isinstance(value, list) else [value]
    return [each["@id"] for each in values if isinstance(each, dict)]


def test_the_crate_says_what_it_is_and_by_which_rules():
    found = graph()
    assert (
        json.loads(crate(FILES, RUNS, DATASETS, CITATION, DAY))["@context"] == "https://w3id.org/ro/crate/1.2/context"
    )
    descriptor, root = found["ro-crate-metadata.json"], found["./"]
    assert (descriptor["@type"], targets(descriptor["about"])) == ("CreativeWork", ["./"])
    assert targets(descriptor["conformsTo"]) == ["https://w3id.org/ro/crate/1.2"]
    assert targets(root["conformsTo"]) == ["https://w3id.org/ro/wfrun/process/0.5"]
    assert (root["@type"], root["name"], root["datePublished"]) == ("Dataset", CITATION["title"], DAY)
    assert found[targets(root["license"])[0]]["name"] == "Apache-2.0"
    assert [found[each]["name"] for each in targets(root["author"])] == [each["name"] for each in CITATION["authors"]]


def test_the_graph_is_flat_and_leads_nowhere_outside_itself():
    found = graph()
    for entity in found.values():
        assert {"@id", "@type", "name"} <= set(entity)
        for name, value in entity.items():
            for each in value if isinstance(value, list) else [value]:
                assert isinstance(each, str) or set(each) == {"@id"}, (entity["@id"], name)
            if not (entity["@id"] == "ro-crate-metadata.json" and name == "conformsTo"):
                assert set(targets(value)) <= set(found), (entity["@id"], name)
            # RO-Crate 1.2, section on JSON-LD: one value stands by itself.
            assert not (isinstance(value, list) and len(value) == 1), (entity["@id"], name)


def test_every_file_of_the_folder_is_a_part_with_digest_and_kind():
    found = graph()
    parts = targets(found["./"]["hasPart"])
    assert parts == ["index.html", "pledge_report_SYNTHETIC/en/a%20page.html", "west_africa/SEN/incidence.html"]
    page = found["west_africa/SEN/incidence.html"]
    assert page["@type"] == "File"
    assert page["encodingFormat"] == "text/html"
    assert page["sha256"] == hashlib.sha256(b"<p>A page</p>").hexdigest()
    assert "SYNTHETIC" in found[parts[1]]["description"]
    assert "SYNTHETIC" not in page["description"]
    # A figure stands in another folder, so that it is no part of this one.
    figure = found[f"#{FIGURE}"]
    assert "File" not in figure["@type"]
    assert figure["@id"] in targets(found["./"]["mentions"])


def test_the_crate_is_no_part_of_itself():
    with_itself = {**FILES, "reports/ro-crate-metadata.json": "0" * 64}
    assert crate(with_itself, RUNS, DATASETS, CITATION, DAY) == crate(FILES, RUNS, DATASETS, CITATION, DAY)


def test_each_run_names_its_notebook_its_data_its_parameters_and_its_results():
    found = graph()
    actions = {name: entity for name, entity in found.items() if entity["@type"] == "CreateAction"}
    assert set(actions) == {f"#run/{name}" for name in RUNS}
    assert set(actions) <= set(targets(found["./"]["mentions"]))
    action = actions["#run/west_africa/SEN/incidence"]
    assert set(targets(action["result"])) == {"west_africa/SEN/incidence.html", f"#{FIGURE}"}
    things = [found[each] for each in targets(action["object"])]
    assert {each["identifier"] for each in things if "identifier" in each} == {"areas", "official_counts"}
    assert [(each["name"], each["value"]) for each in things if each["@type"] == "PropertyValue"] == [("area", "SEN")]
    notebook = found[targets(action["instrument"])[0]]
    assert (notebook["name"], notebook["sha256"]) == ("notebooks/incidence.ipynb", "1" * 64)
    assert found[targets(notebook["programmingLanguage"])[0]]["version"] == "3.13.5"
    needed = [found[each] for each in targets(notebook["softwareRequirements"])]
    assert "4" * 64 in {each.get("sha256") for each in needed}
    assert CITATION["version"] in {each.get("version") for each in needed}
    of_report = actions["#run/pledge_report"]
    assert targets(of_report["result"]) == ["pledge_report_SYNTHETIC/en/a%20page.html"]
    assert found[targets(of_report["instrument"])[0]]["name"].startswith("Package analysis")


def test_a_file_of_an_earlier_release_is_nobodys_result():
    old = {**FILES, PAGE: hashlib.sha256(b"<p>An older page</p>").hexdigest()}
    action = graph(files=old)["#run/west_africa/SEN/incidence"]
    assert targets(action["result"]) == [f"#{FIGURE}"]


def test_data_sets_that_were_read_stand_with_licence_date_kind_and_digest_and_no_others():
    found = graph()
    named = {entity.get("identifier") for entity in found.values()} - {None}
    assert named == {"areas", "official_counts", "synthetic_demo_provinces_police"}
    entry, said = catalog.dataset("official_counts"), found["#data/official_counts"]
    assert (said["name"], said["dateModified"], said["sha256"]) == (entry.title, entry.date, entry.sha256)
    assert said["keywords"] == "public"
    assert found[targets(said["license"])[0]]["name"] == entry.licence
    assert found["#data/synthetic_demo_provinces_police"]["description"].startswith("SYNTHETIC")


def test_of_confidential_data_it_is_said_that_there_are_some_and_nothing_else():
    runs = {**RUNS, "turkiye/TR-27/incidence": run("incidence", "TR-27", {}, ("areas", LIST.name, "gizlihastane"))}
    second = replace(LIST, name="gizlihastane", title="Gizlihastane", sha256="beef" * 16)
    content = crate(FILES, runs, [*DATASETS, LIST, second], CITATION, DAY)
    assert b"izli" not in content.replace(b"#confidential-data", b"")
    assert b"f00d" not in content
    assert b"beef" not in content
    assert b"1987" not in content
    found = {entity["@id"]: entity for entity in json.loads(content)["@graph"]}
    assert "#confidential-data" in targets(found["#run/turkiye/TR-27/incidence"]["object"])
    assert set(found["#confidential-data"]) == {"@id", "@type", "name", "description"}
    # One or two of them: the crate is the same but for the run's own inputs.
    one = {**runs, "turkiye/TR-27/incidence": run("incidence", "TR-27", {}, ("areas", LIST.name))}
    assert crate(FILES, one, [*DATASETS, LIST], CITATION, DAY) == content


def test_a_run_that_read_what_is_not_listed_is_refused_without_naming_it():
    runs = {"turkiye/TR-27/incidence": run("incidence", "TR-27", {}, ("areas", "gizliliste"))}
    with refused(CrateError, "unknown_dataset", "TR-27") as error:
        crate(FILES, runs, DATASETS, CITATION, DAY)
    assert "gizli" not in str(error.value)


@given(st.permutations(list(RUNS)), st.permutations(list(FILES)), st.permutations(DATASETS))
def test_the_crate_is_the_same_in_whatever_order_it_is_given_things(runs, files, datasets):
    shuffled = crate(
        {name: FILES[name] for name in files}, {name: RUNS[name] for name in runs}, datasets, CITATION, DAY
    )
    assert shuffled == crate(FILES, RUNS, DATASETS, CITATION, DAY)


def test_an_author_with_two_names_is_a_person():
    people = {**CITATION, "authors": [{"given-names": "Ada", "family-names": "Yılmaz", "orcid": "https://orcid.org/0"}]}
    author = graph(citation=people)["https://orcid.org/0"]
    assert (author["@type"], author["name"]) == ("Person", "Ada Yılmaz")
