"""The batch: what is planned, what is left behind, and what happens when something is wrong."""

import json
import re
import shutil
from argparse import Namespace
from pathlib import Path

import pytest
from projects import NOTEBOOKS, PLAIN, STAGED, copy_of_the_project, products, run_analysis, small_project

from analysis import areas, cli
from analysis.batch import run as batch_run
from analysis.batch.products import Result
from analysis.jobs import BESIDE_PUBLIC_EVIDENCE, WITH_CASE_RECORDS, Job, NotPlanned, plan
from analysis.report.pages import RELEASED

OF_LISTS = ("data/processed/turkiye", "data/processed/cabo_verde")
AREAS_WITH_LISTS = (("turkiye", "TR-27"), ("cabo_verde", "CPV-SAL"))


def test_the_whole_assessment_is_every_analysis_for_35_areas_and_3_studies():
    jobs = plan()
    # Case records there are of two studies: nine provinces, ten islands, and each study as a whole; a survey of one;
    # recommendations of each study as a whole.
    assert len(jobs) == len(set(jobs)) == (35 + 3) * 3 + (9 + 1) + (10 + 1) + (9 + 1) + (16 + 1) + 3
    assert len({job.executed for job in jobs}) == len({job.page for job in jobs}) == len(jobs)


def test_a_study_is_its_areas_and_itself():
    assert {job.area_id for job in plan("cabo_verde")} == {*areas.load("cabo_verde")["area_id"], "cabo_verde"}


def test_one_area_and_one_analysis_is_one_job():
    (job,) = plan(area_ids=["SEN"], analyses=["routes"])
    assert (job.study, job.area_id, job.analysis) == ("west_africa", "SEN", "routes")


def test_case_records_are_planned_for_studies_that_have_lists():
    assert {job.study for job in plan(analyses=["case_records"])} == {"turkiye", "cabo_verde"}
    assert {job.stem for job in plan(analyses=["case_records"])} == {"case_records_SYNTHETIC"}
    with pytest.raises(NotPlanned, match="no case records of west_africa"):
        plan(area_ids=["TR-27", "SEN"], analyses=["case_records"])


def test_case_records_stay_on_this_machine_when_a_cluster_runs_the_rest(monkeypatch):
    given = []

    def run(jobs, workers, *_):
        given.append(({(job.area_id, job.analysis) for job in jobs}, workers))
        return [Result(job) for job in jobs]

    monkeypatch.setattr(batch_run, "run", run)
    monkeypatch.setattr(batch_run, "workers", lambda scheduler, number: scheduler)
    options = Namespace(scheduler="tcp://cluster:8786", timeout=1, memory=1, retries=0, jobs=2)
    jobs = plan(area_ids=["SEN", "CPV-SAL"])
    assert [result.job for result in cli._run_notebooks(jobs, {}, options)] == jobs
    # Of a study with lists the pages on incidence, trends and routes show case records too.
    public = {("SEN", analysis) for analysis in ("incidence", "trends", "routes", "referral_mechanisms")}
    with_records = {("CPV-SAL", analysis) for analysis in ("incidence", "trends", "routes", "case_records")}
    assert given == [(public, "tcp://cluster:8786"), (with_records, None)]


def test_an_area_of_another_study_is_refused():
    with pytest.raises(areas.UnknownArea, match="west_africa"):
        plan("turkiye", ["SEN"])


def figures_that_may_leave(notebook: dict) -> set[str]:
    """The names of the figures in an executed notebook whose metadata say by what they may leave."""
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    said = [output.get("metadata", {}).get("image/png", {}) for output in outputs]
    return {each["name"] for each in said if "name" in each and each.get("release_class") in RELEASED}


def test_a_run_leaves_an_executed_notebook_and_stages_a_page_and_the_figures_that_may_leave_of_each_job(released):
    for job in ("turkiye/TR-27", "west_africa/SEN", "cabo_verde/CPV-SAL"):
        for stem in [each.stem for each in plan(area_ids=[Path(job).name])]:
            executed = json.loads((released / "data/processed/runs" / job / f"{stem}.ipynb").read_text())
            assert executed["metadata"]["made_from"]["parameters"] == {"area": Path(job).name}
            assert (released / STAGED / "reports" / job / f"{stem}.html").stat().st_size > 10_000
            analysis = stem.removesuffix("_SYNTHETIC")
            drawn = {path.name for path in (released / STAGED / "figures" / job).glob(f"{analysis}_*.png")}
            assert drawn == {f"{analysis}_{name}.png" for name in figures_that_may_leave(executed)}
            # Of Sal no trend may leave, and those of the country stand on the page of the study.
            assert drawn or (job, analysis) == ("cabo_verde/CPV-SAL", "trends")


def test_what_is_released_is_what_is_staged_file_by_file(released):
    made = products(released)
    outside = {path: content for path, content in made.items() if path.startswith(("figures/", "reports/"))}
    assert outside == {path.removeprefix(f"{STAGED}/"): made[path] for path in made if path.startswith(STAGED)}
    assert sum(path.endswith(".html") for path in outside) > NOTEBOOKS


def test_whatever_follows_from_a_synthetic_list_says_so_in_its_name_and_in_itself(released):
    pages = [Job(analysis, *area) for analysis in BESIDE_PUBLIC_EVIDENCE for area in AREAS_WITH_LISTS]
    partly = [f"{job.study}/{job.area_id}/{job.analysis}_SYNTHETIC" for job in pages]
    trees = ("", f"{STAGED}/")
    derived = {f"data/processed/runs/{stem}.ipynb" for stem in partly}
    derived |= {f"{tree}reports/{stem}.html" for stem in partly for tree in trees}
    of_survey = {path for path in products(released) if "/risk_factors" in path or "/survey" in path}
    derived |= {path for path in products(released) if path.startswith(OF_LISTS)} - of_survey
    shown = ("case_records", "incidence_hidden_number", "trends_record_", "routes_record_", "routes_flows_map")
    derived |= {path for path in products(released) if any(name in path for name in shown)}
    # Of two areas four notebooks, and their pages twice; of two studies ten tables, a report, a manifest, and what was
    # entered in the register, with its chain.
    assert len([path for path in derived if path.endswith(".ipynb")]) == 2 * 4
    assert (
        len([path for path in derived if re.search(r"(incidence|trends|routes|records)_SYN.*html", path)]) == 2 * 4 * 2
    )
    assert len([path for path in derived if path.startswith((*OF_LISTS, "data/register"))]) == 2 * (12 + 2)
    assert len([path for path in derived if path.endswith(".png")]) > 2 * len(WITH_CASE_RECORDS)
    for path in derived:
        assert "_SYNTHETIC" in path, path
        assert b"SYNTHETIC" in (released / path).read_bytes(), path
    # What was not read from such a list says nothing of the kind: of the pages that show both, all other figures.
    links = [f"{analysis}_SYNTHETIC.html".encode() for analysis in WITH_CASE_RECORDS]
    indexes = {f"{tree}reports/index.html" for tree in trees}
    public = set(products(released)) - derived - of_survey - indexes - {"data/processed/released.json"}
    figures = [path for path in public if path.startswith("figures/")]
    # Most are of the country: what all areas share is drawn once, for the study.
    assert sum("/incidence_" in path for path in figures) > 10 and sum("/trends_" in path for path in figures) > 3
    # The maps of what reports name are of public evidence, and of countries: a province and an island have none.
    assert sum("/routes_" in path for path in figures) >= 3
    assert sum(path.endswith("/routes_mentions_map.html") for path in public) == 2
    for path in public:
        assert "SYNTHETIC" not in path
        if path.endswith((".ipynb", ".png", "_map.html")):
            # The script of a map is the same in all: it says what it would write on a synthetic one.
            content = re.sub(rb"<script>.*?</script>", b"", (released / path).read_bytes(), flags=re.DOTALL)
            for link in links:
                content = content.replace(link, b"")
            assert b"SYNTHETIC" not in content, path


@pytest.mark.parametrize("analysis", WITH_CASE_RECORDS)
def test_a_notebook_that_shows_case_records_lists_what_they_were_read_from_with_its_kind(released, analysis):
    path = released / f"data/processed/runs/turkiye/TR-27/{analysis}_SYNTHETIC.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    inputs = notebook["metadata"]["made_from"]["inputs"]
    lists = {f"synthetic_demo_provinces_{name}" for name in ("police", "protection", "hotline", "labour", "ngo")}
    assert lists | {"case_records_turkiye"} <= set(inputs)
    assert not [name for name in inputs if "cabo_verde" in name and "synthetic" in name]
    (listed,) = [output for output in notebook["cells"][-1]["outputs"] if "text/html" in output.get("data", {})]
    # The truth of invented persons is read only where it stands beside an estimate.
    truth = {"incidence": ["totals"], "trends": ["trends"], "routes": ["corridors"], "case_records": []}[analysis]
    truths = {name for name in inputs if name.startswith("synthetic_demo_provinces_truth_")}
    assert truths == {f"synthetic_demo_provinces_truth_{name}" for name in truth}
    assert "".join(listed["data"]["text/html"]).count("<td>SYNTHETIC</td>") == len(lists) + len(truths) + 1


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
    assert products(project) == {}


def test_the_batch_goes_on_when_one_notebook_fails_and_says_why(tmp_path):
    code = 'assert area != "SEN", "the well is\\npoisoned"\nprint(area)'
    project = small_project(tmp_path, incidence=code)
    words = ("--area", "SEN", "--area", "GMB", "--area", "west_africa")
    ended = run_analysis("run", *words, "--analysis", "incidence", project=project)
    assert ended.returncode == 1
    assert "3 notebooks ran, 1 failed." in ended.stdout
    (line,) = [line for line in ended.stdout.splitlines() if "failed:" in line]
    log = "data/processed/runs/west_africa/SEN/incidence.failed.ipynb"
    assert line == f"  failed: west_africa/SEN/incidence: AssertionError: the well is poisoned (see {log})"
    pages = {path.parent.name for path in (project / STAGED / "reports/west_africa").glob("*/incidence.html")}
    assert pages == {"GMB", "west_africa"}
    assert "the well is" in (project / log).read_text(encoding="utf-8")
    assert "failed" in (project / STAGED / "reports/index.html").read_text(encoding="utf-8")
    status = run_analysis("status", "--area", "SEN", "--analysis", "incidence", "--each", project=project)
    assert status.stdout == "failed west_africa/SEN/incidence: AssertionError: the well is poisoned\n"


@pytest.mark.soak
def test_a_notebook_that_failed_runs_again_when_its_cause_is_gone(tmp_path):
    code = "from pathlib import Path\nassert Path('fixed').exists(), 'not yet'"
    project = small_project(tmp_path, trends=code)
    selection = ("run", "--area", "SEN", "--analysis", "trends")
    assert run_analysis(*selection, project=project, **PLAIN).returncode == 1
    (project / "fixed").touch()
    assert run_analysis(*selection, project=project, **PLAIN).returncode == 0
    assert not list(project.rglob("*.failed.ipynb"))


@pytest.mark.soak
def test_a_cell_that_is_no_python_and_a_file_that_is_no_notebook_fail_alone(tmp_path):
    project = small_project(tmp_path, trends="this is no Python", routes="print(area)")
    shutil.copy(project / "LICENSE", project / "notebooks/incidence.ipynb")
    analyses = [word for analysis in BESIDE_PUBLIC_EVIDENCE for word in ("--analysis", analysis)]
    ended = run_analysis("run", "--area", "SEN", *analyses, project=project, **PLAIN)
    assert ended.returncode == 1 and "3 notebooks ran, 2 failed." in ended.stdout
    assert "failed: west_africa/SEN/trends: SyntaxError" in ended.stdout
    assert "failed: west_africa/SEN/incidence: NotJSONError" in ended.stdout
    assert (project / STAGED / "reports/west_africa/SEN/routes.html").exists()


def test_what_a_failed_notebook_says_is_withheld_where_confidential_data_are_catalogued(tmp_path):
    terms = "\n  purpose: a test\n  retain_until: 2999-12-31"
    code = "print('Amina, 9 years')\nrow = {'name': 'Amina'}\nraise ValueError(f'bad row {row}')"
    project = small_project(tmp_path, trends=code)
    catalog = project / "data/raw/catalog.yml"
    text = catalog.read_text(encoding="utf-8").replace("\n  kind: public", "\n  kind: confidential" + terms, 1)
    catalog.write_text(text, encoding="utf-8")
    ended = run_analysis("run", "--area", "SEN", "--analysis", "trends", project=project, **PLAIN)
    assert ended.returncode == 1
    assert "ValueError: the message is suppressed" in ended.stdout
    (log,) = project.rglob("*.failed.ipynb")
    notebook = json.loads(log.read_text(encoding="utf-8"))
    # The code is ours and stays; what it printed and raised may hold a person's data.
    said = json.dumps([cell.get("outputs", []) for cell in notebook["cells"]] + [notebook["metadata"]]) + ended.stdout
    assert "Amina" not in said and "bad row" not in said
    assert "ValueError" in said


def test_the_same_bytes_from_a_plain_kernel(released, tmp_path):
    project = shutil.copytree(released, tmp_path / "project")
    trends = ("run", "--area", "SEN", "--analysis", "trends", "--again")
    ended = run_analysis(*trends, project=project, **PLAIN)
    assert ended.returncode == 0 and "1 notebooks ran, none failed" in ended.stdout
    assert products(project) == products(released)


@pytest.mark.soak
def test_the_same_bytes_from_a_plain_kernel_in_a_second_run_and_in_another_order(released, tmp_path):
    first = products(released)
    project = shutil.copytree(released, tmp_path / "project")
    # Of one study of each kind: nbval runs the notebooks of the third again, too.
    again = ("SEN", "TR-27")
    words = [word for area_id in again for word in ("--area", area_id)]
    ended = run_analysis("run", *words, "--again", "--jobs", "1", project=project, **PLAIN)
    ran = sum(len(plan(area_ids=[area_id])) for area_id in again)
    assert ended.returncode == 0 and f"{ran} notebooks ran, none failed" in ended.stdout
    assert products(project) == first
    # Another day, and another run: the same is released, and the register has nothing new to keep.
    assert run_analysis("release", project=project).returncode == 0
    assert products(project) == first


@pytest.mark.soak
def test_a_notebook_edited_while_the_library_is_in_memory_runs_as_edited(tmp_path):
    # The warm process must not hold the project's modules: an edit between two runs, and within one, is seen.
    code = "from bounded import intervals\nprint(intervals.__doc__)"
    project = small_project(tmp_path, trends=code)
    path = project / "src/bounded/intervals.py"
    selection = ("run", "--area", "SEN", "--analysis", "trends")
    run_analysis(*selection, project=project)
    path.write_text(path.read_text(encoding="utf-8").replace('"""', '"""Edited. ', 1), encoding="utf-8")
    run_analysis(*selection, project=project)
    executed = (project / "data/processed/runs/west_africa/SEN/trends.ipynb").read_text(encoding="utf-8")
    assert "Edited. " in executed


def test_a_failed_run_takes_away_what_an_earlier_one_staged_and_what_was_released_stands(tmp_path):
    project = copy_of_the_project(tmp_path)
    old = ("reports/west_africa/SEN/trends.html", "figures/west_africa/SEN/trends_old.png")
    staged, outside = ([folder / path for path in old] for folder in (project / STAGED, project))
    for path in (*staged, *outside):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("from an earlier run")
    shutil.copy(project / "LICENSE", project / "notebooks/trends.ipynb")
    ended = run_analysis("run", "--analysis", "trends", "--area", "SEN", project=project, **PLAIN)
    assert ended.returncode == 1
    assert not any(path.exists() for path in staged) and all(path.exists() for path in outside)
