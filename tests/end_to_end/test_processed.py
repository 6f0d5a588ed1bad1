"""From lists to tables: what is made of them, what is suppressed, and that no value of a record gets out on the way."""

import contextlib
import io
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml
from projects import (
    CANARIES,
    PLAIN,
    STAGED,
    add_case_lists,
    copy_of_the_project,
    environment_of,
    products,
    run_analysis,
)

from analysis.jobs import analyses_of

TABLES = "data/processed/turkiye"
# The pages that a study has without any persons.
OF_PUBLIC_EVIDENCE = analyses_of("turkiye", "TR-27")
KEPT_BACK = (
    f"case records of turkiye are confidential: their tables in {TABLES} and executed notebooks are internal; of them "
    "only protected tables and estimates are released"
)


def in_words(name: str, content: bytes) -> str:
    """A product as text; what Parquet packs is unpacked."""
    if name.endswith(".parquet"):
        return name + pd.read_parquet(io.BytesIO(content)).to_csv()
    return name + content.decode("utf-8", errors="replace")


def canaries_in(project, *said: str) -> set[str]:
    text = "".join([*said, *(in_words(*item) for item in products(project).items())]).casefold()
    return {canary for canary in CANARIES if canary.casefold() in text}


def key(folder) -> dict[str, str]:
    path = folder / "key.txt"
    path.write_text("0123456789abcdef\n", encoding="ascii")
    return {"ANALYSIS_KEY": str(path)}


@pytest.fixture(scope="module")
def confidential(tmp_path_factory):
    """A project with two confidential lists of Türkiye, read and linked; what the command said; and its key."""
    folder = tmp_path_factory.mktemp("confidential")
    project = copy_of_the_project(folder)
    add_case_lists(project)
    ended = run_analysis(
        "run", "--area", "TR-27", "--analysis", "case_records", project=project, **key(folder), **PLAIN
    )
    return project, ended, key(folder)


@pytest.fixture
def project(confidential, tmp_path):
    """A copy of it, to be changed by a test."""
    return shutil.copytree(confidential[0], tmp_path / "project")


def test_confidential_lists_become_tables_and_a_notebook_for_the_house_and_nothing_is_released_by_a_run(confidential):
    project, ended, _ = confidential
    assert ended.returncode == 0, ended.stderr
    assert KEPT_BACK in ended.stdout
    made = set(products(project))
    assert {path for path in made if "case_records" in path} == {
        f"{TABLES}/case_records.json",
        f"{TABLES}/case_records.parquet",
        *(path for path in made if path.startswith(f"{STAGED}/figures/turkiye/TR-27/case_records_")),
        f"{STAGED}/reports/turkiye/TR-27/case_records.html",
        # Beside the page the numbers of its tables that have a release class, and no other.
        *(f"{STAGED}/reports/turkiye/TR-27/case_records_{name}.csv" for name in ("who", "by_year", "beside", "lists")),
        "data/processed/runs/turkiye/TR-27/case_records.ipynb",
    }
    assert not [path for path in made if path.startswith(("figures", "reports", "data/register"))]
    status = run_analysis("status", "--study", "turkiye", project=project, **confidential[2])
    assert KEPT_BACK in status.stdout and "fresh turkiye/case records" in status.stdout
    assert "set aside" not in status.stdout


def test_of_confidential_records_a_page_shows_what_leaves_by_a_gate_alone_and_one_beside_it_shows_none(
    confidential, project
):
    asked = ("run", "--area", "TR-79", "--analysis", "record_journeys", "--analysis", "routes")
    ended = run_analysis(*asked, project=project, **confidential[2], **PLAIN)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert KEPT_BACK in ended.stdout
    made = products(project)
    staged = {path for path in made if path.startswith((f"{STAGED}/figures/turkiye", f"{STAGED}/reports/turkiye"))}
    pages = f"{STAGED}/reports/turkiye/TR-79"
    assert {f"{pages}/record_journeys.html", f"{pages}/routes.html"} <= staged
    assert not [path for path in staged if "SYNTHETIC" in path]
    runs = "data/processed/runs/turkiye/TR-79"
    executed = json.loads(made[f"{runs}/record_journeys.ipynb"])
    assert "case_records_turkiye" in executed["metadata"]["made_from"]["inputs"]
    # Of outputs that are internal, a figure, a map or a table, nothing is on the page or beside it.
    outputs = [output for cell in executed["cells"] for output in cell.get("outputs", []) if output.get("data")]
    for output in outputs:
        for kind, said in output.get("metadata", {}).items():
            if said.get("release_class", "internal") == "internal":
                assert not [path for path in staged if said.get("name") and f"record_journeys_{said['name']}." in path]
                shown = "".join(output["data"].get(kind, ""))
                assert not shown or shown not in made[f"{pages}/record_journeys.html"].decode("utf-8")
    # The page of public evidence has read no person, and whoever may see the evidence may see it.
    inputs = set(json.loads(made[f"{runs}/routes.ipynb"])["metadata"]["made_from"]["inputs"])
    assert "route_mentions" in inputs and not {
        name for name in inputs if name.startswith(("case_records", "turkiye_p"))
    }
    if sys.platform != "win32":
        modes = {name: (project / name).stat().st_mode & 0o777 for name in made if name.startswith((pages, runs))}
        private = {name for name, mode in modes.items() if mode == 0o600}
        assert private and private == {name for name in modes if "/routes" not in name}
    assert not [path for path in made if path.startswith(("figures", "reports"))]
    assert canaries_in(project, ended.stdout, ended.stderr) == set()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights in another way")
def test_confidential_tables_are_for_their_owner_alone(confidential):
    made = [path for path in confidential[0].rglob("*") if path.is_file() and "processed" in path.parts]
    private = [path for path in made if "turkiye" in path.parts]
    assert len(private) > 12 and {path.stat().st_mode & 0o777 for path in private} == {0o600}


def test_persons_are_linked_and_no_identifier_is_in_a_table(confidential):
    tables = {path.stem: pd.read_parquet(path) for path in (confidential[0] / TABLES).glob("*.parquet")}
    records = tables["case_records"]
    # 60 persons a list, 20 of them on both; the row of 31 February waits.
    assert len(records) == 120 and records["person_id"].nunique() == 100
    assert tables["lists"].set_index("list_id")["rows_quarantined"].to_dict() == {"police": 1, "shelter": 1}
    assert tables["histories"]["count"].sum() == 100
    assert int(tables["histories"].query("police == 1 and shelter == 1")["count"].sum()) == 20
    columns = {column for table in tables.values() for column in table}
    assert not {column for column in columns if column.startswith("link_")} and "source_record" not in columns


def test_no_word_of_a_name_a_telephone_or_a_free_text_is_in_any_product_or_output(confidential):
    project, ended, _ = confidential
    assert canaries_in(project, ended.stdout, ended.stderr) == set()
    # The search would find them where they are.
    assert all(canary in (project / "data/raw/turkiye/shelter.csv").read_text() for canary in CANARIES)


RAISE = """

def link(records, *_, **__):
    import warnings
    print("{0}")
    warnings.warn("{0}")
    raise {1}
"""


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        ("KeyError('{0}')", "KeyError at src/analysis/cases/record_linkage.py:"),
        ("ValueError('bad row {0}')", "ValueError at src/analysis/cases/record_linkage.py:"),
    ],
)
def test_an_exception_with_a_value_says_its_type_and_its_place_alone(confidential, project, raised, said):
    path = project / "src/analysis/cases/record_linkage.py"
    text = RAISE.format(CANARIES[0], raised.format(CANARIES[0]))
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    ended = run_analysis("intake", "--study", "turkiye", project=project, **confidential[2])
    assert ended.returncode == 1
    assert f"case records of turkiye could not be made: {said}" in ended.stderr and "suppressed" in ended.stderr
    assert canaries_in(project, ended.stdout, ended.stderr) == set()
    # What an earlier run had made no longer follows from anything.
    assert not [path for path in products(project) if path.startswith(TABLES)]


@pytest.mark.soak
def test_a_study_whose_process_is_lost_leaves_the_other_alone(confidential, project):
    path = project / "src/analysis/cases/record_linkage.py"
    text = "\n_link = link\n\n\ndef link(records):\n    if 'police' in set(records['list_id']):\n"
    text += "        import os\n        os.kill(os.getpid(), 9)\n    return _link(records)\n"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    ended = run_analysis("intake", project=project, **confidential[2])
    assert ended.returncode == 1
    assert "case records of turkiye could not be made: its process was lost" in ended.stderr
    assert "case records of demo_islands were read and linked" in ended.stdout


def test_a_mapping_that_does_not_fit_is_named_and_no_value_is(confidential, project):
    path = project / "data/raw/turkiye/police.mapping.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("column: Soyad", "column: Soyadi"), encoding="utf-8")
    ended = run_analysis("intake", "--study", "turkiye", project=project, **confidential[2])
    assert ended.returncode == 1
    assert "police" in ended.stderr and "Soyadi" in ended.stderr
    assert canaries_in(project, ended.stdout, ended.stderr) == set()


def test_a_list_that_the_mapping_calls_otherwise_than_the_catalogue_is_refused(confidential, project):
    path = project / "data/raw/turkiye/police.mapping.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("kind: confidential", "kind: public"), encoding="utf-8")
    ended = run_analysis("intake", "--study", "turkiye", project=project, **confidential[2])
    assert ended.returncode == 1
    assert "police.mapping.yml says kind: public, but data/raw/turkiye/catalog.yml has confidential" in ended.stderr


def edit_catalogue(project, change):
    path = project / "data/raw/turkiye/catalog.yml"
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(listed)
    path.write_text(yaml.safe_dump(listed), encoding="utf-8")


def change_mapping(project):
    path = project / "data/raw/turkiye/police.mapping.yml"
    path.write_text(path.read_text(encoding="utf-8") + "# A remark.\n", encoding="utf-8")


def change_module(project):
    path = project / "src/analysis/intake/pseudonyms.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# A remark.\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (change_mapping, "mapping data/raw/turkiye/police.mapping.yml has changed"),
        (change_module, "library src/analysis/intake/pseudonyms.py has changed"),
        (
            lambda project: edit_catalogue(project, lambda listed: listed["turkiye_police"].update(title="Other")),
            "entry turkiye_police has changed",
        ),
        (
            lambda project: edit_catalogue(project, lambda listed: listed.pop("turkiye_police")),
            "entry turkiye_police is gone",
        ),
        (
            lambda project: (project / TABLES / "stops.parquet").write_bytes(b"x"),
            f"table {TABLES}/stops.parquet is missing or was changed",
        ),
        (lambda project: (project / TABLES / "case_records.json").unlink(), "they have not been read"),
        (lambda project: (project / TABLES / "case_records.json").write_text('{"made'), "they have not been read"),
    ],
)
def test_tables_are_stale_for_what_they_are_made_from(confidential, project, change, reason):
    change(project)
    ended = run_analysis("status", "--study", "turkiye", project=project, **confidential[2])
    (line,) = [line for line in ended.stdout.splitlines() if "turkiye/case records" in line]
    assert reason in line and line.startswith(("stale", "missing"))


def test_another_key_makes_tables_stale_and_is_not_in_the_manifest(confidential, project, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("fedcba9876543210\n", encoding="ascii")
    ended = run_analysis("status", "--study", "turkiye", project=project, ANALYSIS_KEY=str(other))
    assert "stale turkiye/case records: key of the pseudonyms has changed" in ended.stdout
    assert "0123456789abcdef" not in (project / TABLES / "case_records.json").read_text(encoding="utf-8")


@pytest.mark.soak
def test_a_key_file_without_a_key_stops_its_study_alone_in_one_line(confidential, project, tmp_path):
    empty = tmp_path / "empty.txt"
    empty.write_text("short\n", encoding="ascii")
    for command in (("status", "--study", "turkiye"), ("intake",)):
        ended = run_analysis(*command, project=project, ANALYSIS_KEY=str(empty))
        assert "does not hold a key" in ended.stdout + ended.stderr and "Traceback" not in ended.stderr
    assert ended.returncode == 1
    assert "case records of demo_islands were read and linked" in ended.stdout


def test_a_new_key_is_made_for_its_owner_alone_and_said(project):
    (project / TABLES / "case_records.json").unlink()
    ended = run_analysis("intake", "--study", "turkiye", project=project)
    assert ended.returncode == 0, ended.stderr
    path = project / ".key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert ".key" in ended.stderr and path.read_text(encoding="ascii").strip() not in ended.stderr + ended.stdout


@pytest.mark.soak
def test_what_is_fresh_is_left_alone_and_made_again_with_the_same_bytes(confidential, project):
    before = products(project)
    ended = run_analysis("intake", "--study", "turkiye", project=project, **confidential[2])
    assert ended.returncode == 0 and "case records of turkiye are up to date" in ended.stdout
    again = run_analysis("intake", "--study", "turkiye", "--again", project=project, **confidential[2])
    assert again.returncode == 0 and "case records of turkiye were read and linked" in again.stdout
    after = products(project)
    assert {path: after[path] for path in before} == before


@pytest.mark.soak
def test_an_intake_killed_at_any_time_leaves_no_tables_that_count_and_is_made_good(confidential, project):
    whole = {path: content for path, content in products(project).items() if path.startswith(TABLES)}
    for after in (0.7, 2.0, 3.0):
        command = [sys.executable, "-m", "analysis", "intake", "--study", "turkiye", "--again"]
        run = subprocess.Popen(command, cwd=project, env=environment_of(project) | confidential[2])
        time.sleep(after)
        run.send_signal(signal.SIGKILL)
        run.wait()
        manifest = project / TABLES / "case_records.json"
        if manifest.exists():
            assert all(
                (project / path).read_bytes() == whole[path] for path in json.loads(manifest.read_text())["products"]
            )
    assert run_analysis("intake", "--study", "turkiye", project=project, **confidential[2]).returncode == 0
    made = products(project)
    assert {path: content for path, content in made.items() if path.startswith(TABLES)} == whole


@pytest.mark.soak
def test_a_single_list_is_read_but_not_linked_and_says_why(confidential, project):
    edit_catalogue(project, lambda listed: listed.pop("turkiye_shelter"))
    ended = run_analysis("intake", "--study", "turkiye", project=project, **confidential[2])
    assert ended.returncode == 0, ended.stderr
    tables = {name: pd.read_parquet(project / TABLES / f"{name}.parquet") for name in ("case_records", "lists")}
    assert len(tables["case_records"]) == 60 and set(tables["case_records"]["person_id"]) == {""}
    assert "two" in tables["lists"]["not_linked"].iloc[0]


# What a version of the program left that showed synthetic persons on pages of a real study.
BEFORE = (
    *(
        f"{tree}reports/turkiye/TR-27/{name}_SYNTHETIC.html"
        for tree in ("", f"{STAGED}/")
        for name in ("routes", "case_records")
    ),
    *(f"{tree}figures/turkiye/TR-27/routes_flows_map_SYNTHETIC.png" for tree in ("", f"{STAGED}/")),
    *("data/processed/runs/turkiye/TR-27/routes_SYNTHETIC.ipynb", "data/processed/turkiye/stops_SYNTHETIC.parquet"),
    *("data/processed/turkiye/case_records_SYNTHETIC.json", "data/processed/turkiye/survey_SYNTHETIC.json"),
)


def with_products_of_before(released, folder):
    project = shutil.copytree(released, folder / "project")
    for path in BEFORE:
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text("SYNTHETIC", encoding="utf-8")
    return project


@pytest.mark.soak
def test_lists_of_its_own_add_pages_to_a_study_and_leave_public_evidence_and_the_demonstration_as_they_are(
    released, tmp_path
):
    project, before = with_products_of_before(released, tmp_path), products(released)
    add_case_lists(project)
    selection = ("run", "--area", "TR-27", "--area", "XDP-FIG", "--analysis", "case_records")
    ended = run_analysis(*selection, project=project, **key(tmp_path))
    assert ended.returncode == 0, ended.stderr
    assert "1 notebooks ran, none failed. 1 were fresh" in ended.stdout and "set aside" not in ended.stdout
    made = products(project)
    # Of what an earlier version showed of synthetic persons nothing stands.
    assert not [path for path in made if "turkiye" in path and "SYNTHETIC" in path]
    changed = {path for path in {*before, *made} if made.get(path) != before.get(path)}
    # The page of the lists is internal, and the index of what is staged leads to it.
    page = f"{STAGED}/reports/turkiye/TR-27/case_records.html"
    assert page in changed and page.removeprefix(f"{STAGED}/") not in made
    others = {path for path in changed if "case_records" not in path and not path.startswith(f"{TABLES}/")}
    # Pages of public evidence lead to it too, and are fresh all the same.
    evidence = [f"{STAGED}/reports/turkiye/TR-27/{analysis}.html" for analysis in OF_PUBLIC_EVIDENCE]
    assert others == {f"{STAGED}/reports/index.html", "data/processed/taken_away.txt", *evidence}
    assert all(b'<a href="case_records.html">' in made[path] for path in evidence)
    status = run_analysis("status", "--area", "TR-27", "--each", project=project)
    for analysis in OF_PUBLIC_EVIDENCE:
        assert f"fresh turkiye/TR-27/{analysis}\n" in status.stdout


def test_what_may_not_be_released_goes_even_if_the_run_is_then_stopped(released, tmp_path):
    project, before = with_products_of_before(released, tmp_path), products(released)
    folder = add_case_lists(project)
    with open(folder / "police.csv", "a", encoding="utf-8") as file:
        file.write("changed\n")
    ended = run_analysis("run", "--area", "TR-27", project=project, **key(tmp_path))
    assert ended.returncode == 2 and "its content has changed" in ended.stderr
    made = products(project)
    shown = [f"{tree}{name}/turkiye/" for tree in ("", f"{STAGED}/") for name in ("figures", "reports")]
    left = {path for path in made if path.startswith((*shown, "data/processed/runs/turkiye/"))}
    assert not [path for path in left if "case_records" in path or "SYNTHETIC" in path]
    # What shows no records stands: pages and figures of public evidence, and the demonstration.
    assert {path: content for path, content in made.items() if not path.startswith(TABLES)} == {
        path: content for path, content in before.items() if not path.startswith(TABLES)
    }
    for tree in ("", f"{STAGED}/"):
        assert f"{tree}reports/turkiye/TR-27/routes.html" in left
        assert any(path.startswith(f"{tree}figures/turkiye/TR-27/") for path in left)


def test_a_file_that_nobody_catalogued_is_pointed_out_and_stops_nothing(tmp_path):
    project = copy_of_the_project(tmp_path)
    (project / "data/raw/west_africa").mkdir()
    (project / "data/raw/west_africa/x.xlsx").write_bytes(b"")
    ended = run_analysis("status", "--study", "west_africa", project=project)
    assert ended.returncode == 0
    assert (
        "data/raw/west_africa/x.xlsx is not catalogued: `python -m analysis check data/raw/west_africa/x.xlsx`\n"
        in ended.stdout
    )


def test_case_records_of_a_study_without_lists_are_refused_with_the_reason():
    ended = run_analysis("run", "--study", "west_africa", "--analysis", "case_records")
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith("analysis: There are no case records of west_africa") and "catalog.yml" in line


def test_a_person_gets_pairs_to_judge_by_their_rows_and_not_by_names(confidential):
    sample = pd.read_csv(confidential[0] / TABLES / "clerical_sample.csv", keep_default_na=False)
    assert 0 < len(sample) <= 200
    assert {"list_id_l", "row_l", "list_id_r", "row_r", "match_weight", "linked", "turn", "second"} <= set(sample)
    assert sample["match_weight"].is_monotonic_increasing


def command_lines() -> set[str]:
    """What the processes of this machine were started with."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        # A process may have ended meanwhile.
        with contextlib.suppress(OSError):
            found.add(path.read_text(encoding="utf-8", errors="replace"))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can fork kernels")
def test_a_run_that_makes_tables_forks_its_kernels_from_what_notebooks_share(tmp_path):
    project = copy_of_the_project(tmp_path)
    command = [sys.executable, "-m", "analysis", "run", "--area", "XDP-FIG", "--analysis", "record_trends"]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    run = subprocess.Popen(command, cwd=project, env=environment_of(project), **silent)
    warm, seen = str(project / "src/analysis/batch/fork_server.py"), set()
    while run.poll() is None:
        seen |= {line for line in command_lines() if warm in line}
        time.sleep(0.2)
    assert run.returncode == 0 and seen
    assert all("analysis.batch.shared_tables" in line for line in seen)
