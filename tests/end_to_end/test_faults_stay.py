"""A fault in what one study lists stops that study, says so, and stops no other."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml
from projects import PLAIN, STAGED, add_case_lists, products, run_analysis, small_project

SHOWS = """
from IPython.display import HTML, display
from analysis.exhibits import inputs
display(HTML(f"<p>of {area}</p>", metadata={"release_class": "public"}))
inputs.read()
"""
# One page of each of three studies, of which one has lists of its own, and one of a demonstration.
OF = {"turkiye": "TR-27", "west_africa": "SEN", "cabo_verde": "CPV-SAL"}
PAGES = {study: f"reports/{study}/{area_id}/trends.html" for study, area_id in OF.items()}
PAGES["demo_islands"] = "reports/demo_islands/XIC-JADE/case_records_SYNTHETIC.html"
SELECTION = [word for area_id in OF.values() for word in ("--area", area_id)]
ASKED = (*SELECTION, "--analysis", "trends")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, dict[str, str]]:
    """A project with lists of Türkiye, of which pages were run and released; and where the key of its lists is."""
    folder = tmp_path_factory.mktemp("faults")
    project = small_project(folder, trends=SHOWS, case_records=SHOWS)
    add_case_lists(project, "public")
    key = folder / "key.txt"
    key.write_text("0123456789abcdef\n", encoding="ascii")
    variables = {"ANALYSIS_KEY": str(key), **PLAIN}
    for command in (("run", *ASKED), ("run", "--area", "TR-27", "--analysis", "case_records"), ("release",)):
        ended = run_analysis(*command, project=project, **variables)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    # As if released before: no notebook that is up to date leads to it.
    page = project / PAGES["demo_islands"]
    page.parent.mkdir(parents=True)
    page.write_text("SYNTHETIC", encoding="utf-8")
    return project, variables


@pytest.fixture
def project(made, tmp_path) -> Path:
    return shutil.copytree(made[0], tmp_path / "project")


def edit(path: Path, change) -> None:
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(listed)
    path.write_text(yaml.safe_dump(listed, allow_unicode=True, sort_keys=False), encoding="utf-8")


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


OWN, ISLANDS = "data/raw/turkiye", "data/raw/synthetic/demo_islands"
# What is done -> the studies that stand still, and what is said of them.
FAULTS = {
    "a list is missing": ({"turkiye"}, "police.csv is missing"),
    "a list was changed": ({"turkiye"}, "police.csv is not the file that was catalogued"),
    "a mapping is missing": ({"turkiye"}, "police.mapping.yml is missing"),
    "the catalogue is no YAML": ({"turkiye"}, f"{OWN}/catalog.yml, line "),
    "an entry has no licence": ({"turkiye"}, "the entry 'turkiye_police' is not complete"),
    "boundaries are missing": ({"demo_islands"}, "boundaries.geojson is missing"),
    "the study is declared wrongly": ({"demo_islands"}, "column 'projection': this must be"),
    "areas were changed": ({"demo_islands"}, "areas.csv is not the file that was catalogued"),
    "places are missing": ({"demo_islands"}, "places.csv is missing"),
    "the catalogue of a demonstration is no YAML": ({"demo_islands"}, f"{ISLANDS}/catalog.yml, line "),
    "demonstrations were taken away": ({"demo_islands", "demo_provinces"}, "there is no study 'demo_islands'"),
}


def do(project: Path, what: str) -> None:
    own, islands = project / OWN, project / ISLANDS
    match what:
        case "a list is missing":
            (own / "police.csv").unlink()
        case "a list was changed":
            append(own / "police.csv", "\n")
        case "a mapping is missing":
            (own / "police.mapping.yml").unlink()
        case "the catalogue is no YAML":
            append(own / "catalog.yml", "\n: [a\n")
        case "an entry has no licence":
            edit(own / "catalog.yml", lambda listed: listed["turkiye_police"].pop("licence"))
        case "boundaries are missing":
            (islands / "boundaries.geojson").unlink()
        case "the study is declared wrongly":
            import hashlib

            table = islands / "study.csv"
            table.write_text(table.read_text(encoding="utf-8").replace("+proj=", "proj "), encoding="utf-8")
            digest = hashlib.sha256(table.read_bytes()).hexdigest()
            edit(islands / "catalog.yml", lambda listed: listed["demo_islands_study"].update(sha256=digest))
        case "areas were changed":
            append(islands / "areas.csv", "\n")
        case "places are missing":
            (islands / "places.csv").unlink()
        case "the catalogue of a demonstration is no YAML":
            append(islands / "catalog.yml", "\n: [a\n")
        case "demonstrations were taken away":
            shutil.rmtree(project / "data/raw/synthetic")


def standing_still(text: str) -> set[str]:
    return set(re.findall(r"^(\w+) stands still[.,:]", text, re.MULTILINE))


QUICK = ("the catalogue is no YAML", "demonstrations were taken away")


@pytest.mark.parametrize(
    "what", [pytest.param(each, marks=() if each in QUICK else pytest.mark.soak) for each in FAULTS]
)
def test_a_fault_of_one_study_stops_it_alone_and_what_was_released_of_it_stands(made, project, what):
    stopped, said = FAULTS[what]
    variables = made[1]
    before = products(project)
    do(project, what)
    notebook = project / "notebooks/trends.ipynb"
    notebook.write_text(notebook.read_text(encoding="utf-8").replace("<p>of ", "<p>now of "), encoding="utf-8")
    status = run_analysis("status", project=project, **variables)
    assert status.returncode == 1 and standing_still(status.stdout) == stopped and said in status.stdout
    assert "Traceback" not in status.stderr and "west_africa          trends" in status.stdout
    assert not [study for study in stopped if re.search(rf"^{study}  +", status.stdout, re.MULTILINE)]
    ran = run_analysis("run", *ASKED, project=project, **variables)
    # Of studies that were not asked for nothing is said.
    assert standing_still(ran.stderr) == stopped & {"turkiye"}, ran.stderr
    assert ran.returncode == bool(stopped & {"turkiye"}), ran.stdout
    others = [study for study in ("turkiye", "west_africa", "cabo_verde") if study not in stopped]
    for study in others:
        page = (project / STAGED / PAGES[study]).read_text(encoding="utf-8")
        assert f"<p>now of {OF[study]}</p>" in page
    released = run_analysis("release", project=project, **variables)
    assert released.returncode == 1 and standing_still(released.stdout) == stopped, released.stdout + released.stderr
    # New pages of the others have left; those of the study stand as they were, and lead to no page that is not there.
    after = products(project)
    for study, page in PAGES.items():
        if study in others:
            assert f"<p>now of {OF[study]}</p>".encode() in after[page]
        if study in stopped:
            assert after[page] == before[page]
            assert {path for path in before if path.startswith(f"reports/{study}/")} <= set(after)
    last = [line for line in released.stdout.splitlines() if line.startswith("Missing: ")]
    assert len(last) == 1 and all(f"{study}, which stands still" in last[0] for study in stopped)


def test_what_belongs_to_all_stops_all_in_one_line(made, project):
    (project / "data/raw/evidence/tiers.csv").unlink()
    for command in (("status",), ("run", *ASKED), ("release",), ("intake",)):
        ended = run_analysis(*command, project=project, **made[1])
        assert ended.returncode == 2 and ended.stdout == ""
        (line,) = ended.stderr.splitlines()
        assert "evidence/tiers.csv is missing" in line
    append(project / "data/raw/catalog.yml", "\n: [a\n")
    for command in (("status",), ("run", *ASKED)):
        ended = run_analysis(*command, project=project, **made[1])
        assert ended.returncode == 2 and "data/raw/catalog.yml, line " in ended.stderr


def test_of_a_study_that_stands_still_alone_nothing_is_done(made, project):
    (project / OWN / "police.csv").unlink()
    status = run_analysis("status", "--study", "turkiye", project=project, **made[1])
    assert status.returncode == 1 and standing_still(status.stdout) == {"turkiye"}
    for command in (("run", "--area", "TR-27"), ("intake", "--study", "turkiye")):
        ended = run_analysis(*command, project=project, **made[1])
        assert ended.returncode == 2 and "police.csv is missing" in ended.stderr, command
    for command in (("status", "--study", "cabo_verde"), ("run", "--area", "CPV-SAL", "--analysis", "trends")):
        ended = run_analysis(*command, project=project, **made[1])
        assert ended.returncode == 0 and "stands still" not in ended.stderr, command


def test_nothing_is_forgotten_or_withdrawn_where_nobody_knows_what_a_study_has(made, project):
    append(project / OWN / "catalog.yml", "\n: [a\n")
    before = {path for path in products(project) if "turkiye" in path}
    assert [path for path in before if "case_records" in path]
    assert run_analysis("forget", "turkiye", project=project, **made[1]).returncode == 2
    assert run_analysis("intake", project=project, **made[1]).returncode == 1
    assert {path for path in products(project) if "turkiye" in path} == before
