"""The batch: what is planned, what is left behind, and what happens when something is wrong."""

import json
import shutil

import pytest
from conftest import copy_of_the_project, run_analysis

from analysis import areas
from analysis.jobs import ANALYSES, plan


def test_the_whole_assessment_is_every_analysis_for_35_areas_and_3_studies():
    jobs = plan()
    assert len(jobs) == len(set(jobs)) == (35 + 3) * 3
    assert len({job.executed for job in jobs}) == len({job.page for job in jobs}) == len(jobs)


def test_a_study_is_its_areas_and_itself():
    assert {job.area_id for job in plan("cabo_verde")} == {*areas.load("cabo_verde")["area_id"], "cabo_verde"}


def test_one_area_and_one_analysis_is_one_job():
    (job,) = plan(area_ids=["SEN"], analyses=["routes"])
    assert (job.study, job.area_id, job.analysis) == ("west_africa", "SEN", "routes")


def test_an_area_of_another_study_is_refused():
    with pytest.raises(areas.UnknownArea, match="west_africa"):
        plan("turkiye", ["SEN"])


def test_a_run_leaves_an_executed_notebook_figures_and_a_page_for_each_job(released):
    for job in ("turkiye/TR-27", "west_africa/SEN", "cabo_verde/CPV-SAL"):
        for analysis in ANALYSES:
            executed = json.loads((released / "data/processed/runs" / job / f"{analysis}.ipynb").read_text())
            assert executed["metadata"]["papermill"]["exception"] is None
            assert (released / "reports" / job / f"{analysis}.html").stat().st_size > 10_000
            assert list((released / "figures" / job).glob(f"{analysis}_*.png"))


def test_a_run_leaves_nothing_unfinished(released):
    assert not [path for path in released.rglob("*unfinished*") if ".venv" not in path.parts]


@pytest.mark.parametrize("area_id", ["TR-99", "../etc"])
def test_an_unknown_area_ends_in_one_helpful_line_and_exit_code_2(area_id):
    ended = run_analysis("run", "--area", area_id)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1 and area_id in ended.stderr and "TR-" in ended.stderr


def test_a_changed_byte_in_the_evidence_stops_the_run_with_the_files_name(tmp_path):
    project = copy_of_the_project(tmp_path)
    path = project / "data/raw/evidence/official_counts.csv"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    ended = run_analysis("run", "--area", "SEN", project=project)
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert "data/raw/evidence/official_counts.csv" in ended.stderr and "sha256" in ended.stderr
    assert not (project / "data/processed").exists()


def test_the_batch_goes_on_when_one_notebook_fails_and_says_why(tmp_path):
    project = copy_of_the_project(tmp_path)
    # Two tiny templates: one breaks for one area only.
    template = json.loads((project / "notebooks/incidence.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in template["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    check = {
        **cells[0],
        "id": "check",
        "metadata": {},
        "source": 'assert area != "SEN", "the well is\\npoisoned"\nprint(area)',
    }
    template["cells"] = [*cells, check]
    (project / "notebooks/incidence.ipynb").write_text(json.dumps(template), encoding="utf-8")
    ended = run_analysis(
        "run", "--analysis", "incidence", "--area", "SEN", "--area", "TR-27", "--jobs", "2", project=project
    )
    assert ended.returncode == 1
    assert "failed: west_africa/SEN/incidence: AssertionError: the well is poisoned" in ended.stdout
    assert (project / "reports/turkiye/TR-27/incidence.html").exists()
    assert not (project / "reports/west_africa/SEN/incidence.html").exists()
    log = (project / "data/processed/runs/west_africa/SEN/incidence.failed.ipynb").read_text(encoding="utf-8")
    assert "the well is" in log
    assert "failed" in (project / "reports/index.html").read_text(encoding="utf-8")


def test_a_failed_run_withdraws_what_an_earlier_one_released(tmp_path):
    project = copy_of_the_project(tmp_path)
    page = project / "reports/west_africa/SEN/trends.html"
    figure = project / "figures/west_africa/SEN/trends_old.png"
    for path in (page, figure):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("from an earlier run")
    shutil.copy(project / "LICENSE", project / "notebooks/trends.ipynb")
    ended = run_analysis("run", "--analysis", "trends", "--area", "SEN", project=project)
    assert ended.returncode == 1
    assert not page.exists() and not figure.exists()
