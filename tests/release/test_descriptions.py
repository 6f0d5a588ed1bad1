"""What stands beside released tables for machines fits the standards, and every cell of every table."""

import csv
import datetime
import hashlib
import io
import json
import re
from pathlib import Path

import pandas as pd
import pytest
import yaml
from refusals import refused

from analysis import areas, catalog, spreadsheets
from analysis.catalog import ROOT
from analysis.release import descriptions
from analysis.release.descriptions import MET, NOT_MET, PARTLY
from bounded.refusal import Refusal

CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
# The grammar of HXL 1.1, section 3 of the tagging conventions: a hashtag and attributes, letters, digits and _.
HASHTAG = re.compile(r"#[a-z][a-z0-9_]*(\+[a-z][a-z0-9_]*)*")
# Core hashtags of the dictionary of HXL 1.1 that are used here.
CORE = {"#country", "#adm1", "#loc", "#date", "#affected", "#population", "#indicator", "#meta", "#description", "#org",
        "#status"}  # fmt: skip
# Lexical forms of Table Schema 2.0 for the types that are written here.
FORMS = {
    "integer": re.compile(r"[+-]?\d+"),
    "number": re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|NaN|-?INF"),
    "boolean": re.compile(r"true|True|TRUE|1|false|False|FALSE|0"),
    "date": re.compile(r"\d{4}-\d{2}-\d{2}"),
    "string": re.compile(r".*", re.DOTALL),
}


def require_package(path: Path) -> None:
    """Raise unless a descriptor has what Data Package 2.0 requires, and describes the files below it, cell by cell."""
    package = json.loads(path.read_text(encoding="utf-8"))
    assert package["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert re.fullmatch(r"[a-z0-9._-]+", package["name"])
    assert package["resources"] and all("name" in each or "path" in each for each in package["licenses"])
    names = [each["name"] for each in package["resources"]]
    assert len(set(names)) == len(names) and all(re.fullmatch(r"[a-z0-9._-]+", name) for name in names)
    for each in package["resources"]:
        file = path.parent / each["path"]
        content = file.read_bytes()
        assert not each["path"].startswith(("/", "..")) and each["bytes"] == len(content)
        assert each["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        fields = each["schema"]["fields"]
        head, *rows = list(csv.reader(io.StringIO(content.decode("utf-8"))))
        assert head == [field["name"] for field in fields] and len(set(head)) == len(head)
        assert all(field["description"] for field in fields)
        assert all(HASHTAG.fullmatch(field["hxl"]) for field in fields if "hxl" in field)
        for row in rows:
            for field, cell in zip(fields, row, strict=True):
                assert cell == "" or FORMS[field["type"]].fullmatch(cell), (file, field, cell)
                if cell and field["type"] == "date":
                    datetime.date.fromisoformat(cell)


COUNTS = pd.DataFrame(
    {"area_id": ["TR-27", "TR-79"], "name": ["Gaziantep", "Kilis"], "low": [3.0, 1.0], "high": [3.0, float("inf")]}
)


def released(folder: Path, study: str, table: pd.DataFrame) -> Path:
    """A package of one table as a release writes it; returns the path of the table."""
    path = folder / "area" / "incidence_counts.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(spreadsheets.content(table))
    said = {"title": "Counts", "fields": spreadsheets.fields(table)}
    resource = descriptions.resource("area/incidence_counts.csv", path.read_bytes(), said, study)
    (folder / descriptions.PACKAGE).write_bytes(descriptions.package(study, "A study", [resource], CITATION))
    return path


def test_a_package_has_what_the_standard_asks_for_and_fits_every_cell(tmp_path):
    released(tmp_path, "turkiye", COUNTS)
    require_package(tmp_path / descriptions.PACKAGE)


def test_a_file_that_was_changed_no_longer_fits_its_package(tmp_path):
    path = released(tmp_path, "turkiye", COUNTS)
    path.write_text(path.read_text().replace("3", "three"))
    with pytest.raises(AssertionError):
        require_package(tmp_path / descriptions.PACKAGE)


@pytest.mark.parametrize(
    ("study", "ids", "hashtag"),
    [("turkiye", ["TR-27"], "#adm1"), ("turkiye", ["TUR"], "#country"), ("cabo_verde", ["CPV-SAL"], "#loc"),
     ("west_africa", ["SEN", "GMB"], "#country"), ("", ["SEN", "TR-27"], "#loc")],
)  # fmt: skip
def test_places_have_the_hashtag_of_their_level(tmp_path, study, ids, hashtag):
    # Provinces of Türkiye are its first level (ISO 3166-2); islands of Cabo Verde are no level of administration.
    table = pd.DataFrame({"area_id": ids, "name": ids, "low": 1.0})
    path = released(tmp_path, study or "report", table) if study else None
    resource = descriptions.resource(
        "a.csv", spreadsheets.content(table), {"title": "", "fields": spreadsheets.fields(table)}, study
    )
    assert [field["hxl"] for field in resource["schema"]["fields"][:2]] == [f"{hashtag}+code", f"{hashtag}+name"]
    if path:
        head, tags, first = descriptions.with_hashtags(path).decode().splitlines()[:3]
        assert (head, tags) == ("area_id,name,low", f"{hashtag}+code,{hashtag}+name,#indicator+value+low+num")
        assert first.startswith(ids[0])


def test_a_file_that_no_package_describes_has_no_hashtags(tmp_path):
    (tmp_path / "a.csv").write_text("a\n1\n")
    with refused(Refusal, "not_described"):
        descriptions.with_hashtags(tmp_path / "a.csv")


def test_a_column_that_nobody_has_described_has_its_type_alone():
    field = {"name": "flux_capacitance", "type": "number"}
    assert descriptions.described(field, "#loc") == field


@pytest.mark.parametrize(
    ("stated", "level"), [({}, "95 %"), ({"confidence": 0.9}, "90 %"), ({"confidence": ""}, "95 %")]
)
def test_limits_are_described_by_the_level_that_their_table_states(stated, level):
    table = pd.DataFrame({"pooled_low": [1.5, 2.5]} | stated)
    content = table.to_csv(index=False).encode()
    fields = [{"name": name, "type": "number"} for name in table]
    first = descriptions.resource("a.csv", content, {"title": "", "fields": fields}, "")["schema"]["fields"][0]
    assert first["description"] == f"Lower {level} limit of the pooled change, in percent a year"


def test_hashtags_are_those_of_the_dictionary_and_every_meaning_is_a_sentence():
    for name, each in descriptions.columns().items():
        hashtag = each["hxl"].replace("place", "#loc")
        assert not hashtag or (HASHTAG.fullmatch(hashtag) and hashtag.partition("+")[0] in CORE), name
        assert len(each["description"]) > 2 and not each["description"].endswith("."), name


def test_what_an_earlier_release_said_of_a_table_that_stays_is_said_again(tmp_path, monkeypatch):
    monkeypatch.setattr(descriptions, "STAGED", tmp_path / "staged")
    monkeypatch.setattr(descriptions, "released", lambda path: tmp_path / path.relative_to(tmp_path / "staged"))
    folder = tmp_path / "reports" / "turkiye"
    stays = released(folder, "turkiye", COUNTS)
    made = descriptions.packages({}, {}, {stays}, CITATION)
    ((path, content),) = made.items()
    assert path == tmp_path / "staged" / "reports" / "turkiye" / "datapackage.json"
    (folder / descriptions.PACKAGE).write_bytes(content)
    require_package(folder / descriptions.PACKAGE)
    # Of what was taken away nothing is said.
    assert descriptions.packages({}, {}, set(), CITATION) == {}


# The checklist

FINDINGS = pd.DataFrame(
    {
        "area_id": ["SEN", "GMB"], "measure": ["detected_victims", "turns"], "period": ["2017", "2010/2021"],
        "value": [10.0, float("nan")], "low": [10.0, float("nan")], "high": [10.0, float("nan")],
        "interval": ["exact", "confidence"], "method": ["as printed", "joinpoint regression, permutation tests"],
        "source_ids": ["A;B", "B"], "limits": ["not incidence", ""],
    }
)  # fmt: skip


def checklist(findings: pd.DataFrame, citation: dict, **more) -> pd.DataFrame:
    read = [entry for entry in catalog.datasets().values() if not entry.study]
    given = {"published": "reports/findings.csv", "tables": 3, "baselines": []}
    return descriptions.checklist(findings, read, citation, **(given | more)).set_index("gather_item")


def test_the_checklist_has_the_eighteen_items_and_none_is_met_by_silence():
    table = checklist(FINDINGS, CITATION)
    assert list(table.index) == list(range(1, 19))
    assert set(table["answered"]) <= {MET, PARTLY, NOT_MET}
    assert table["answer"].str.len().gt(20).all()
    assert table.loc[table["answered"] != NOT_MET, "where"].ne("").all()


def test_states_follow_from_what_there_is():
    before = checklist(FINDINGS, CITATION)
    # CITATION.cff names no funder and no address of the code; one of two statements has limits.
    assert before.loc[[2, 14, 18], "answered"].tolist() == [
        NOT_MET,
        PARTLY,
        PARTLY,
    ]
    assert "1 of 2" in before.at[18, "answer"] and "2 sources" in before.at[5, "answer"]
    assert before.at[11, "answered"] == MET and before.at[11, "answer"].startswith("1 statements")
    cited = CITATION | {"funding": "A foundation", "repository-code": "https://example.org"}
    after = checklist(FINDINGS.assign(limits="not incidence", method="as printed"), cited)
    assert after.loc[[2, 11, 14, 18], "answered"].tolist() == [
        MET,
        PARTLY,
        MET,
        MET,
    ]
    assert checklist(FINDINGS, CITATION, published="").at[15, "answered"] == PARTLY


def test_the_checklist_is_a_table_that_can_be_described():
    table = checklist(FINDINGS, CITATION).reset_index()
    for field in spreadsheets.fields(table.assign(kind="SYNTHETIC")):
        assert descriptions.described(field, "#loc")["description"]


def test_places_named_by_whereabouts_exist():
    # Files that the checklist refers its readers to.
    for words in checklist(FINDINGS, CITATION)["where"]:
        for path in re.findall(r"(?:data|docs|src|tests)/[\w./]+\w", words):
            assert (ROOT / path).exists(), path
    assert (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").count("## Data flow") == 1
    assert areas.STUDIES


# What a release has written


def test_every_released_table_is_described_and_every_cell_is_of_its_type(released):
    packages = list((released / "reports").rglob("datapackage.json"))
    described = set()
    for path in packages:
        require_package(path)
        described |= {path.parent / each["path"] for each in json.loads(path.read_text())["resources"]}
    tables = set((released / "reports").rglob("*.csv"))
    assert len(tables) > 50 and tables == described
    # Of lists that are synthetic the name says so, and so does every row.
    for path in tables:
        of_demonstration = areas.STUDIES.get(path.relative_to(released / "reports").parts[0])
        if of_demonstration and of_demonstration.is_synthetic:
            assert "SYNTHETIC" in path.name, path
            assert all(row["kind"] == "SYNTHETIC" for row in csv.DictReader(path.open(encoding="utf-8"))), path
    crate = json.loads((released / "reports" / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    parts = {each["@id"] for each in crate["@graph"]}
    assert {path.relative_to(released / "reports").as_posix() for path in tables | set(packages)} <= parts


def test_a_page_leads_to_the_numbers_of_its_tables(released):
    page = released / "reports" / "west_africa" / "SEN" / "incidence.html"
    links = re.findall(r'href="(incidence_[\w]+\.csv)"', page.read_text(encoding="utf-8"))
    assert len(links) >= 5 and len(set(links)) == len(links)
    assert all((page.parent / link).exists() for link in links)
