"""The batch: what is planned, what is left behind, and what happens when something is wrong."""

import json
import re
import shutil
from pathlib import Path

import pytest
from projects import NOTEBOOKS, PLAIN, STAGED, copy_of_the_project, products, run_analysis, small_project
from projects import RELEASED as AREAS

from analysis import areas, catalog, cli_batch
from analysis.batch import run as batch_run
from analysis.batch.products import Result
from analysis.jobs import ALL, ALL_AREAS, WITH_CASE_RECORDS, NotPlanned, plan
from analysis.report.pages import RELEASED

# The studies of the report, which have public evidence alone, and the demonstrations, which have synthetic data alone.
REAL = tuple(name for name, study in areas.STUDIES.items() if not study.is_synthetic)
DEMONSTRATIONS = tuple(name for name, study in areas.STUDIES.items() if study.is_synthetic)
# What a demonstration may read that is public: which places and countries there are, and what sources are called.
NEUTRAL = {"areas", "studies", "study_areas", "world", "country_regions", "sources", "ic_tip"}
TREES = ("", f"{STAGED}/")


def test_the_whole_assessment_is_public_evidence_on_35_areas_and_3_studies_and_two_demonstrations():
    jobs = plan()
    of_whole = [job for job in jobs if ALL[job.analysis].areas != ALL_AREAS]
    # Public evidence three times for each area and study, and on referral for the countries; case records of nine
    # provinces and ten islands that do not exist, four times for each and for both studies; a survey of the first.
    assert len(jobs) - len(of_whole) == (35 + 3) * 3 + (16 + 1) + 4 * ((9 + 1) + (10 + 1)) + (9 + 1)
    # Of each study as a whole, and of one country, a plan of a study; and what follows from the findings of a study:
    # recommendations, or what it demonstrates.
    read_findings = {("recommendations", study) for study in REAL} | {
        ("demonstration", study) for study in DEMONSTRATIONS
    }
    planned = {("plan_a_study", area_id) for area_id in (*REAL, "NGA")}
    assert {(job.analysis, job.area_id) for job in of_whole} == read_findings | planned and len(of_whole) == 3 + 4 + 2
    assert areas.reported() == REAL
    assert len({job.executed for job in jobs}) == len({job.page for job in jobs}) == len(set(jobs)) == len(jobs)


def test_real_studies_are_planned_without_persons_and_demonstrations_with_nothing_else():
    of_persons = {*WITH_CASE_RECORDS, "risk_factors"}
    for job in plan():
        if ALL[job.analysis].areas == ALL_AREAS:
            assert (job.study in DEMONSTRATIONS) == (job.analysis in of_persons) == (job.synthetic == "SYNTHETIC")
        assert (job.study in DEMONSTRATIONS) == bool(job.synthetic) == ("SYNTHETIC" in job.page.name)
    assert {job.study for job in plan(analyses=["risk_factors"])} == {"demo_provinces"}


def test_a_study_is_its_areas_and_itself():
    assert {job.area_id for job in plan("cabo_verde")} == {*areas.load("cabo_verde")["area_id"], "cabo_verde"}


def test_one_area_and_one_analysis_is_one_job():
    (job,) = plan(area_ids=["SEN"], analyses=["routes"])
    assert (job.study, job.area_id, job.analysis) == ("west_africa", "SEN", "routes")


@pytest.mark.parametrize("analysis", WITH_CASE_RECORDS)
def test_case_records_are_planned_for_studies_that_have_lists(analysis):
    assert {job.study for job in plan(analyses=[analysis])} == set(DEMONSTRATIONS)
    assert {job.stem for job in plan(analyses=[analysis])} == {f"{analysis}_SYNTHETIC"}
    for area_ids, study in ((["XDP-FIG", "SEN"], "west_africa"), (["TR-27"], "turkiye")):
        with pytest.raises(NotPlanned, match=f"no case records of {study}"):
            plan(area_ids=area_ids, analyses=[analysis])


def test_case_records_stay_on_this_machine_when_a_cluster_runs_the_rest(monkeypatch):
    given = []

    def run(jobs, workers, *_):
        given.append(({(job.area_id, job.analysis) for job in jobs}, workers))
        return [Result(job) for job in jobs]

    monkeypatch.setattr(batch_run, "run", run)
    monkeypatch.setattr(batch_run, "workers", lambda scheduler, number, jobs: scheduler)
    how = cli_batch.How(2, "tcp://cluster:8786")
    jobs = plan(area_ids=["SEN", "XIC-JADE", "CPV-SAL"])
    assert [result.job for result in cli_batch.run_notebooks(jobs, {}, how)] == jobs
    public = {(area_id, analysis) for area_id in ("SEN", "CPV-SAL") for analysis in ("incidence", "trends", "routes")}
    public |= {("SEN", "referral_mechanisms")}
    with_records = {("XIC-JADE", analysis) for analysis in WITH_CASE_RECORDS}
    assert given == [(public, "tcp://cluster:8786"), (with_records, None)]


def test_an_area_of_another_study_is_refused():
    with pytest.raises(areas.UnknownArea, match="west_africa"):
        plan("turkiye", ["SEN"])


def figures_that_may_leave(notebook: dict) -> set[str]:
    """The names of the figures in an executed notebook whose metadata say by what they may leave."""
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    said = [output.get("metadata", {}).get("image/png", {}) for output in outputs]
    return {each["name"] for each in said if "name" in each and each.get("release_class") in RELEASED}


# Of a province or an island no map of what reports name is drawn, and too few persons of Jade leave in a trend.
NOTHING_DRAWN = {
    *("turkiye/TR-27/routes", "cabo_verde/CPV-SAL/routes", "cabo_verde/CPV-SAL/trends"),
    "demo_islands/XIC-JADE/record_trends_SYNTHETIC",
}


def test_a_run_leaves_an_executed_notebook_and_stages_a_page_and_the_figures_that_may_leave_of_each_job(released):
    jobs = plan(area_ids=AREAS)
    assert len(jobs) == NOTEBOOKS
    without = set()
    for job in jobs:
        place = f"{job.study}/{job.area_id}"
        executed = json.loads((released / f"data/processed/runs/{job.name}.ipynb").read_text())
        assert executed["metadata"]["made_from"]["parameters"] == {"area": job.area_id}
        assert (released / STAGED / f"reports/{job.name}.html").stat().st_size > 10_000
        drawn = {path.name for path in (released / STAGED / "figures" / place).glob(f"{job.analysis}_*.png")}
        assert drawn == {f"{job.analysis}_{name}.png" for name in figures_that_may_leave(executed)}
        without |= set() if drawn else {job.name}
    assert without == NOTHING_DRAWN


def test_what_is_released_is_what_is_staged_file_by_file(released):
    made = products(released)
    outside = {path: content for path, content in made.items() if path.startswith(("figures/", "reports/"))}
    assert outside == {path.removeprefix(f"{STAGED}/"): made[path] for path in made if path.startswith(STAGED)}
    assert sum(path.endswith(".html") for path in outside) > NOTEBOOKS


def of_studies(released: Path, studies: tuple[str, ...]) -> dict[str, bytes]:
    """What a run and a release have left of some studies, but for what they were made from."""
    folders = [f"data/processed/runs/{study}/" for study in studies]
    folders += [f"data/{folder}/{study}/" for folder in ("processed", "register") for study in studies]
    folders += [f"{tree}{name}/{study}/" for tree in TREES for name in ("figures", "reports") for study in studies]
    return {path: content for path, content in products(released).items() if path.startswith(tuple(folders))}


def without_style_and_script(content: bytes) -> bytes:
    """What is said by a page, or by a notebook that holds one: its style and script are the same on all pages."""
    return re.sub(rb"<(script|style)\b.*?</\1>", b"", content, flags=re.DOTALL)


def read_by(notebook: dict) -> list[str]:
    """The data sets that the last cell of an executed notebook lists."""
    (listed,) = [each["data"] for each in notebook["cells"][-1]["outputs"] if catalog.READ in each["data"]]
    return listed[catalog.READ]["data_sets"]


def test_nothing_of_a_real_study_is_synthetic_or_follows_from_synthetic_data(released):
    found = of_studies(released, REAL)
    assert sum(path.endswith(".ipynb") for path in found) == 3 + 4 + 3
    # The pages as they are staged and released, one of them with a map in a frame that is a page of its own.
    assert sum(path.endswith(".html") for path in found) == 2 * (3 + 4 + 1 + 3)
    assert sum(path.startswith("figures/") for path in found) > 15
    # Neither tables of persons, nor an entry in the register of releases.
    assert not [path for path in found if path.startswith(tuple(f"data/processed/{study}/" for study in REAL))]
    assert not [path for path in found if path.startswith("data/register")]
    demonstrated = [*DEMONSTRATIONS, *(area_id for study in DEMONSTRATIONS for area_id in areas.ids(study))]
    for path, content in found.items():
        said = without_style_and_script(content)
        assert "SYNTHETIC" not in path and b"SYNTHETIC" not in said, path
        assert not [name for name in demonstrated if name.encode() in said], path
        if path.endswith(".ipynb"):
            metadata = (notebook := json.loads(content))["metadata"]["made_from"]
            kinds = {catalog.dataset(name).kind for name in {*read_by(notebook), *metadata["inputs"]}}
            assert kinds == {"public"} and metadata["persons"] == {}, path


def test_whatever_is_of_a_demonstration_says_so_in_its_name_and_in_itself_and_read_no_public_evidence(released):
    found = of_studies(released, DEMONSTRATIONS)
    executed = {path for path in found if path.endswith(".ipynb")}
    assert len(executed) == 4 + 1 + 4
    # Besides the pages a map of flows of each, that is in a frame.
    assert sum(path.endswith(".html") and "reports/" in path for path in found) == 2 * (4 + 1 + 4 + 2)
    assert sum(path.startswith("figures/") for path in found) > len(executed)
    # Of two studies ten tables, a report, a manifest, and what was entered in the register, with its chain; of one a
    # survey in six files, with its manifest.
    of_persons = {path for path in found if not re.search("/runs/|figures/|reports/", path)}
    of_survey = {path for path in of_persons if "/survey_" in path}
    assert len(of_persons - of_survey) == 2 * (12 + 2) and len(of_survey) == 6 + 1 + 2
    for path, content in found.items():
        # The standard has one name for a data package.
        assert ("_SYNTHETIC." in path or path.endswith("/datapackage.json")) and b"SYNTHETIC" in content, path
        if "reports/" in path and path.endswith(".html") and "_map_" not in path:
            assert b'<body class="synthetic">' in content and b"<strong>SYNTHETIC:</strong>" in content, path
            assert b"Partly SYNTHETIC" not in content, path
    for path in executed:
        notebook = json.loads(found[path])
        of_study = path.removeprefix("data/processed/runs/").partition("/")[0]
        derived = {f"case_records_{of_study}", f"survey_{of_study}"}
        read = {*read_by(notebook), *notebook["metadata"]["made_from"]["inputs"]}
        assert read & derived and set(notebook["metadata"]["made_from"]["persons"].values()) == {"synthetic"}
        entries = [catalog.dataset(name) for name in read - derived]
        assert {each.name for each in entries if each.kind == "public"} <= NEUTRAL, path
        assert {each.study for each in entries if each.kind != "public"} == {of_study}, path


def test_the_index_keeps_demonstrations_apart_from_what_is_found(released):
    for tree in TREES:
        index = (released / f"{tree}reports/index.html").read_text(encoding="utf-8")
        body = index[index.index("</style>") :]
        real, mark, demonstrated = body.partition('id="demonstration"')
        assert mark and "SYNTHETIC" not in real and not [name for name in DEMONSTRATIONS if name in real]
        assert real.count("turkiye/TR-27/") > 3 and demonstrated.count("SYNTHETIC.html") > 9
        assert not [name for name in REAL if f'href="{name}/' in demonstrated]


def test_a_page_without_lists_says_in_a_line_what_they_would_add_and_leads_to_the_demonstration(released):
    found = of_studies(released, (*REAL, *DEMONSTRATIONS))
    pages = {path: content.decode() for path, content in found.items() if "reports/" in path}
    awaited = {path for path, content in pages.items() if 'class="awaited"' in content}
    # Countries hold no lists of their own in this assessment.
    assert {path.rpartition("reports/")[2].partition("/")[0] for path in awaited} == {"turkiye", "cabo_verde"}
    assert len(awaited) == 2 * (3 + 3)
    for path in awaited:
        assert 'href="../../index.html#demonstration"' in pages[path], path
        assert "No list of cases and no survey of children in" in pages[path], path


@pytest.mark.parametrize("analysis", WITH_CASE_RECORDS)
def test_a_notebook_that_shows_case_records_lists_what_they_were_read_from_with_its_kind(released, analysis):
    path = released / f"data/processed/runs/demo_provinces/XDP-FIG/{analysis}_SYNTHETIC.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    inputs = set(notebook["metadata"]["made_from"]["inputs"])
    lists = {f"synthetic_demo_provinces_{name}" for name in ("police", "protection", "hotline", "labour", "ngo")}
    assert lists | {"case_records_demo_provinces"} <= inputs
    assert not [name for name in inputs if "demo_islands" in name]
    (listed,) = [output for output in notebook["cells"][-1]["outputs"] if "text/html" in output.get("data", {})]
    # The truth of synthetic persons is read only where it stands beside an estimate.
    truths = {
        "case_records": [],
        "estimated_total": ["totals"],
        "record_trends": ["trends"],
        "record_journeys": ["corridors"],
    }
    read = {name for name in inputs if name.startswith("synthetic_demo_provinces_truth_")}
    assert read == {f"synthetic_demo_provinces_truth_{name}" for name in truths[analysis]}
    # What declares the study, and draws it, is synthetic too.
    marked = {name for name in inputs if name.startswith(("synthetic_demo_provinces_", "demo_provinces_"))}
    html = "".join(listed["data"]["text/html"])
    assert html.count("<td>SYNTHETIC</td>") == len(marked | {"case_records_demo_provinces"}) > len(lists) + 1


def test_a_run_leaves_nothing_unfinished(released):
    assert not [path for path in released.rglob("*unfinished*") if ".venv" not in path.parts]


@pytest.mark.parametrize("area_id", ["TR-99", "../etc"])
def test_an_unknown_area_ends_in_one_helpful_line_and_exit_code_2(area_id):
    ended = run_analysis("run", "--area", area_id)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1 and area_id in ended.stderr
    # An id that is like none is not answered with the first that there are.
    assert ("TR-79" if area_id == "TR-99" else "python -m analysis status --areas") in ended.stderr


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
    analyses = [word for analysis in ("incidence", "trends", "routes") for word in ("--analysis", analysis)]
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
    # Of one study of each kind: nbval runs the notebooks of the others again, too.
    again = ("SEN", "XDP-FIG")
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
    path = project / "packages/bounded/src/bounded/intervals.py"
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
