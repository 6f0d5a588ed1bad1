"""From what notebooks state to one table: collected when all are up to date, traced to what made it, and read back."""

import json
import shutil

import pandas as pd
import pytest
from projects import PLAIN, analyses_for, few_areas, run_analysis, small_project

# What each notebook states: a number of its area that the test can change, and in West Africa one that is refused.
STATES = """
from analysis import areas
from analysis.exhibits import inputs
from analysis.findings.finding import Finding
from analysis.findings.finding import record
place = areas.get(area)
said = {"method": "Made up for a test.", "limits": "Nothing."}
found = [Finding(place, "detected_victims", "unodc", value=VALUE, period="2020", n=3, source_ids=("A", "B"), **said)]
low = Finding(place, "detected_victims", "us_reports", low=2, high=float("inf"), interval="figure", **said)
none = Finding(place, "detected_child_victims", "unodc", status="refused", why="Too few years.", **said)
display(record([*found, low, none]))
inputs.read()
"""
NOTHING = "print(area)"
# Made for each study as a whole, and stubbed as the others are.
PLAN = "plan_a_study"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A small project whose notebooks have stated their findings, of public data alone."""
    named = (*analyses_for("west_africa", "none"), PLAN)
    stubs = {name: NOTHING for name in named if name != "incidence"}
    project = small_project(
        tmp_path_factory.mktemp("stated"),
        incidence=STATES.replace("VALUE", "12"),
        recommendations="from analysis.findings import collected\nlen(collected.read(area))",
        **stubs,
    )
    few_areas(project)
    ran = run_analysis("run", "--study", "west_africa", "--jobs", "2", project=project, **PLAIN)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return project


@pytest.fixture
def project(made, tmp_path):
    return shutil.copytree(made, tmp_path / "project")


def collected(project) -> pd.DataFrame:
    return pd.read_parquet(project / "data/processed/west_africa/findings.parquet")


def test_one_table_holds_what_every_notebook_states(made):
    table = collected(made)
    names = ("detected_child_victims.unodc", "detected_victims.unodc", "detected_victims.us_reports")
    assert table["finding_id"].tolist() == [f"{area}/{name}" for area in ("SEN", "west_africa") for name in names]
    assert table["value"].dropna().tolist() == [12, 12] and table["n"].dropna().tolist() == [3, 3]
    assert table.loc[table["item"] == "us_reports", "high"].tolist() == [float("inf")] * 2
    refused = table[table["status"] == "refused"]
    assert refused[["value", "low", "high"]].isna().all(axis=None) and set(refused["why"]) == {"Too few years."}


def test_a_finding_is_traced_to_its_notebook_and_to_the_data_that_were_read(made):
    table = collected(made)
    executed = json.loads((made / "data/processed/runs/west_africa/SEN/incidence.ipynb").read_text())
    digest = executed["metadata"]["made_from"]["notebook"]["notebooks/incidence.ipynb"]
    assert set(table["notebook"]) == {"notebooks/incidence.ipynb"} and set(table["notebook_sha256"]) == {digest}
    areas_then = executed["metadata"]["made_from"]["inputs"]["areas"]
    assert all(f"areas:{areas_then[:12]}" in said.split(";") for said in table["inputs"])


def test_the_table_is_the_same_for_a_spreadsheet(made):
    text = (made / "data/processed/west_africa/findings.csv").read_text(encoding="utf-8")
    assert len(text.splitlines()) == 1 + 6 and "SEN/detected_victims.unodc" in text


def test_a_changed_number_reaches_the_table_and_what_reads_it_and_nothing_else_is_run(project):
    notebook = project / "notebooks/incidence.ipynb"
    notebook.write_text(notebook.read_text(encoding="utf-8").replace("value=12", "value=13"), encoding="utf-8")
    status = run_analysis("status", "--study", "west_africa", "--each", project=project, **PLAIN).stdout
    assert "stale west_africa/west_africa/recommendations: findings of west_africa wait for 2 notebooks" in status
    ran = run_analysis("run", "--study", "west_africa", "--jobs", "2", project=project, **PLAIN)
    # Of the area and of the study as a whole; and what reads the findings.
    fresh = 2 * len(analyses_for("west_africa", "none")) + len([PLAN]) - 2
    assert f"3 notebooks ran, none failed. {fresh} were fresh" in ran.stdout, ran.stdout + ran.stderr
    assert collected(project)["value"].dropna().tolist() == [13, 13]


@pytest.mark.soak
def test_what_reads_findings_waits_with_a_reason_when_a_notebook_fails(project):
    notebook = project / "notebooks/incidence.ipynb"
    notebook.write_text(notebook.read_text(encoding="utf-8").replace("value=12", "value=1/0"), encoding="utf-8")
    ran = run_analysis("run", "--study", "west_africa", "--jobs", "2", project=project, **PLAIN)
    assert ran.returncode == 1
    assert "failed: west_africa/west_africa/recommendations: findings of west_africa wait for 2 notebooks" in ran.stdout
    assert collected(project)["value"].dropna().tolist() == [12, 12]


def test_a_table_that_was_changed_by_hand_is_not_read(project):
    path = project / "data/processed/west_africa/findings.parquet"
    path.write_bytes(path.read_bytes() + b" ")
    listed = run_analysis("findings", "--study", "west_africa", project=project, **PLAIN)
    assert listed.returncode == 2 and "findings.parquet was changed" in listed.stderr
    status = run_analysis("status", "--study", "west_africa", project=project, **PLAIN).stdout
    assert "findings.parquet are missing or were changed" in status


def test_findings_are_listed_chosen_and_written(project, tmp_path):
    listed = run_analysis("findings", "--study", "west_africa", project=project, **PLAIN).stdout
    assert "In Senegal" in listed or "Senegal" in listed
    assert "6 findings, 4 of them known." in listed
    chosen = ("--area", "SEN", "--status", "refused")
    assert "1 findings, 0 of them known." in run_analysis(
        "findings", "--study", "west_africa", *chosen, project=project, **PLAIN
    ).stdout  # fmt: skip
    into = tmp_path / "chosen.csv"
    # Of one area no other study is asked, and the others have not been run here.
    run_analysis("findings", "--area", "SEN", "--into", str(into), project=project, **PLAIN)
    assert len(pd.read_csv(into)) == 3


def test_of_an_area_what_has_changed_since_the_collection_is_listed_as_far_as_it_has_been_run(project):
    listing = ("findings", "--area", "SEN", "--area", "west_africa", "--measure", "detected_victims")
    notebook = project / "notebooks/incidence.ipynb"
    notebook.write_text(notebook.read_text(encoding="utf-8").replace("value=12", "value=13"), encoding="utf-8")
    listed = run_analysis(*listing, project=project, **PLAIN).stdout
    assert listed.count("(detected, UNODC): 12.") == 2 and "4 findings, 4 of them known." in listed
    earlier = "Not up to date, so that what they stated earlier is listed:"
    assert f"{earlier} SEN/incidence, west_africa/incidence.\n" in listed
    assert listed.endswith("run --area SEN --area west_africa --analysis incidence` runs them.\n")
    ran = run_analysis("run", "--area", "SEN", "--analysis", "incidence", project=project, **PLAIN)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    # The area has been run and the study has not; the table of the study, on which report and release rest, waits.
    listed = run_analysis(*listing, project=project, **PLAIN).stdout
    said = {number: f"2020, last known (detected, UNODC): {number}. n = 3." for number in (12, 13)}
    assert f"trafficking in Senegal, {said[13]}" in listed and f"trafficking in West Africa, {said[12]}" in listed
    assert f"{earlier} west_africa/incidence.\n" in listed and "Not yet run" not in listed
    assert collected(project)["value"].dropna().tolist() == [12, 12]


def test_an_area_and_a_study_that_it_is_not_of_are_refused(project):
    ended = run_analysis("findings", "--study", "turkiye", "--area", "SEN", project=project, **PLAIN)
    assert ended.returncode == 2 and "SEN belongs to the study west_africa, not to turkiye." in ended.stderr


@pytest.mark.soak
def test_one_statement_made_by_two_notebooks_stops_the_collection(project):
    notebook = json.loads((project / "notebooks/incidence.ipynb").read_text(encoding="utf-8"))
    (project / "notebooks/trends.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    ran = run_analysis("run", "--study", "west_africa", "--jobs", "2", project=project, **PLAIN)
    assert ran.returncode == 2 and "is stated twice" in ran.stderr
