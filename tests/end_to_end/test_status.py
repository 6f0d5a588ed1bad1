"""What is stale, and why: read off the products, and true to what was changed."""

import hashlib
import json
import shutil

import pytest
import yaml
from projects import MADE, NOTEBOOKS, PLAIN, SELECTION, STAGED, products, run_analysis

from analysis import areas
from analysis.jobs import ALL, FROM_FINDINGS, WITH_CASE_RECORDS, analyses_of

# The areas with pages of public evidence, and those of a demonstration with pages of case records.
OF_EVIDENCE = ("turkiye/TR-27", "west_africa/SEN", "cabo_verde/CPV-SAL")
OF_LISTS = ("demo_provinces/XDP-FIG", "demo_islands/XIC-JADE")
TABLES = {"demo_provinces/case records", "demo_islands/case records"}
# The synthetic survey: its tables, and the page that shows them.
SURVEY = {"demo_provinces/survey answers", "demo_provinces/XDP-FIG/risk_factors_SYNTHETIC"}
# The page on referral mechanisms, which one study has; all pages of public evidence.
MECHANISMS = {"west_africa/SEN/referral_mechanisms"}
EVIDENCE = {f"{area}/{analysis}" for area in OF_EVIDENCE for analysis in MADE[area.partition("/")[2]]}


def of(*analyses: str) -> set[str]:
    """The jobs of analyses of public evidence."""
    return {f"{area}/{analysis}" for area in OF_EVIDENCE for analysis in analyses}


def records(*analyses: str) -> set[str]:
    """The jobs of analyses of case records, whose names say that these are synthetic."""
    return {f"{area}/{analysis}_SYNTHETIC" for area in OF_LISTS for analysis in analyses}


RECORDS = records(*WITH_CASE_RECORDS)
PAGES = EVIDENCE | RECORDS | {"demo_provinces/XDP-FIG/risk_factors_SYNTHETIC"}
OF_PROVINCES = {each for each in RECORDS | TABLES if each.startswith("demo_provinces/")}


@pytest.fixture
def project(released, tmp_path):
    """A project whose notebooks are up to date, to be changed by a test."""
    return shutil.copytree(released, tmp_path / "project")


def stale(project) -> dict[str, str]:
    """Jobs, and tables of case records, that are not fresh, with their reasons, as `status` tells it."""
    ended = run_analysis("status", "--each", *SELECTION, project=project)
    assert ended.returncode == 0, ended.stderr
    lines = [line.split(" ", 1) for line in ended.stdout.splitlines()]
    assert len(lines) == NOTEBOOKS + len(TABLES) + 1  # of the survey
    return dict(rest.split(": ", 1) for state, rest in lines if state != "fresh")


def append(path, text):
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_after_a_run_all_is_fresh_and_another_run_touches_nothing(project):
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*") if path.is_file()}
    assert stale(project) == {}
    ended = run_analysis("run", *SELECTION, project=project)
    assert ended.returncode == 0 and f"All {NOTEBOOKS} notebooks are up to date." in ended.stdout
    assert {p: p.stat().st_mtime_ns for p in before} == before


@pytest.mark.parametrize(
    ("module", "reached_by"),
    [
        ("trends/mann_kendall.py", of("trends") | records("record_trends")),
        ("capture_recapture/robustness.py", records("estimated_total")),
    ],
)
def test_a_change_in_a_package_of_methods_makes_stale_what_reaches_it_and_nothing_else(project, module, reached_by):
    module = f"packages/{module.partition('/')[0]}/src/{module}"
    append(project / module, "\n# A remark.\n")
    found = stale(project)
    assert set(found) == reached_by
    assert set(found.values()) == {f"library {module} has changed"}


def test_a_change_in_estimates_from_samples_makes_the_survey_stale_and_nothing_else(project):
    append(project / "packages/survey_stats/src/survey_stats/pseudo_likelihood.py", "\n# A remark.\n")
    assert set(stale(project)) == SURVEY


def test_a_change_in_a_module_that_a_module_imports_counts_too(project):
    append(project / "packages/bounded/src/bounded/intervals.py", "\n# A remark.\n")
    # The count tables of case records count journeys, as routes do.
    assert set(stale(project)) - SURVEY == EVIDENCE | RECORDS | TABLES


@pytest.mark.soak
def test_a_change_in_what_reads_a_list_makes_its_tables_stale_and_what_reads_them(project):
    append(project / "src/analysis/cases/dates.py", "\n# A remark.\n")
    found = set(stale(project))
    # No page of public evidence is among them.
    assert found == TABLES | RECORDS
    ended = run_analysis("run", "--area", "XIC-JADE", project=project)
    assert ended.returncode == 0 and "notebooks ran, none failed." in ended.stdout
    # What was asked for is made good, its tables too, and nothing else.
    assert set(stale(project)) == {name for name in found if not name.startswith("demo_islands/")}


def test_a_change_in_what_reads_a_survey_makes_its_tables_stale_and_its_page_and_nothing_else(project):
    append(project / "src/analysis/survey/export.py", "\n# A remark.\n")
    found = stale(project)
    assert set(found) == SURVEY
    reason = "library src/analysis/survey/export.py has changed"
    assert found["demo_provinces/survey answers"] == reason
    assert found["demo_provinces/XDP-FIG/risk_factors_SYNTHETIC"] == f"{reason}; of the survey answers, {reason}"


@pytest.mark.soak
def test_a_mapping_that_changes_no_record_leaves_the_notebooks_as_they_are(project):
    append(project / "data/raw/synthetic/demo_provinces/police_SYNTHETIC.mapping.yml", "\n# A remark.\n")
    found = stale(project)
    assert set(found) == OF_PROVINCES
    reason = "mapping data/raw/synthetic/demo_provinces/police_SYNTHETIC.mapping.yml has changed"
    assert {found[job] for job in OF_PROVINCES - TABLES} == {f"of the case records, {reason}"}
    ended = run_analysis("intake", project=project)
    assert ended.returncode == 0, ended.stderr
    assert "case records of demo_provinces were read and linked" in ended.stdout
    assert "case records of demo_islands are up to date" in ended.stdout
    assert stale(project) == {}


@pytest.mark.soak
def test_a_table_that_was_edited_is_made_again_and_the_notebooks_stand(project):
    path = project / "data/processed/demo_provinces/histories_SYNTHETIC.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert set(stale(project)) == OF_PROVINCES
    ended = run_analysis("run", *SELECTION, project=project)
    assert f"All {NOTEBOOKS} notebooks are up to date." in ended.stdout
    assert path.read_bytes() == whole and stale(project) == {}


def test_a_change_in_the_batch_itself_makes_nothing_stale(project):
    append(project / "src/analysis/batch/run.py", "\n# A remark.\n")
    append(project / "src/analysis/cli.py", "\n# A remark.\n")
    assert stale(project) == {}


def test_a_changed_notebook_makes_its_own_products_stale_and_its_outputs_do_not_count(project):
    path = project / "notebooks/routes.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "from JupyterLab"}]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert stale(project) == {}
    notebook["cells"][0]["source"] = "# Another title"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert set(stale(project)) == of("routes")


def change_input(project, name, folder="data/raw", row="", was="", now=""):
    """Change one data set and enter it into its catalogue: the order of two rows, or the text of one.

    Parameters
    ----------
    row : how the row begins. was, now : text of the row, and what stands there instead.
    """
    catalog = project / folder / "catalog.yml"
    entry = yaml.safe_load(catalog.read_text(encoding="utf-8"))[name]
    path = project / folder / entry["file"]
    lines = path.read_bytes().split(b"\n")
    if row:
        at = max(number for number, line in enumerate(lines) if line.startswith(row.encode()))
        assert was.encode() in lines[at]
        lines[at] = lines[at].replace(was.encode(), now.encode(), 1)
    else:
        # The same row a second time would break a schema; the rows in another order break none.
        lines[1], lines[2] = lines[2], lines[1]
    path.write_bytes(b"\n".join(lines))
    new = hashlib.sha256(path.read_bytes()).hexdigest()
    catalog.write_text(catalog.read_text(encoding="utf-8").replace(entry["sha256"], new), encoding="utf-8")


READ_BY = {"tiers": {"west_africa/SEN/incidence"} | MECHANISMS}
CORRECTED = [("tiers", "SEN,2025,", "remained", "remained there"), ("recheck", "", "", "")]


ASKED = "rows that it asked for have changed: "


@pytest.mark.parametrize("name", ["tiers", "recheck"])
def test_rows_that_no_page_asked_for_make_none_stale(project, name):
    change_input(project, name)
    assert stale(project) == {}


def test_a_changed_row_makes_stale_exactly_what_asked_for_it(project):
    change_input(project, "tiers", row="SEN,2025,", was="remained", now="remained there")
    found = stale(project)
    assert set(found) == READ_BY["tiers"] and all(why.startswith(ASKED) for why in found.values())


def test_a_changed_input_of_a_demonstration_makes_stale_what_read_it_and_nothing_of_another_study(project):
    name, folder = "demo_provinces_areas", "data/raw/synthetic/demo_provinces"
    change_input(project, name, folder)
    found = stale(project)
    read_it = {job for job in PAGES if f'"{name}"' in inputs_cell(project, job)}
    assert read_it and read_it <= set(found) and all(job.startswith("demo_provinces/") for job in found)
    assert all(f"inputs {name} has changed" in found[job] for job in read_it)


@pytest.mark.soak
@pytest.mark.parametrize(("name", "row", "was", "now"), CORRECTED)
def test_one_corrected_row_reruns_exactly_what_it_made_stale(project, name, row, was, now):
    change_input(project, name, row=row, was=was, now=now)
    found = stale(project)
    ended = run_analysis("run", *SELECTION, project=project)
    assert ended.returncode == 0, ended.stdout
    if found:
        assert f"{len(found)} notebooks ran, none failed. {NOTEBOOKS - len(found)} were fresh" in ended.stdout
    assert stale(project) == {}


def inputs_cell(project, job):
    """The last output of an executed notebook, which lists what it read."""
    notebook = json.loads((project / f"data/processed/runs/{job}.ipynb").read_text(encoding="utf-8"))
    return json.dumps(notebook["cells"][-1]["outputs"])


PAGE, FIGURES = f"{STAGED}/reports/west_africa/SEN/trends.html", f"{STAGED}/figures/west_africa/SEN"


def test_a_product_that_is_gone_or_was_edited_is_stale(project):
    page, figure = project / PAGE, sorted((project / FIGURES).glob("trends_*.png"))[0]
    whole = page.read_bytes()
    page.write_bytes(whole[:-1] + b"x")
    assert set(stale(project)) == {"west_africa/SEN/trends"}
    page.write_bytes(whole)
    figure.unlink()
    assert set(stale(project)) == {"west_africa/SEN/trends"}


@pytest.mark.soak
@pytest.mark.parametrize("removed", ["page", "figure"])
def test_a_product_that_is_gone_or_was_edited_is_made_again(project, removed):
    page, figure = project / PAGE, sorted((project / FIGURES).glob("trends_*.png"))[0]
    gone, edited = (page, figure) if removed == "page" else (figure, page)
    whole = {path: path.read_bytes() for path in (gone, edited)}
    gone.unlink()
    edited.write_bytes(whole[edited][:-1] + b"x")
    assert run_analysis("run", *SELECTION, project=project, **PLAIN).returncode == 0
    assert {path: path.read_bytes() for path in whole} == whole


@pytest.mark.parametrize("left", [100, *(pytest.param(n, marks=pytest.mark.soak) for n in (0, 50_000))])
def test_an_executed_notebook_that_is_not_whole_is_never_taken_for_one(project, left):
    path = project / "data/processed/runs/west_africa/SEN/trends.ipynb"
    path.write_bytes(path.read_bytes()[:left])
    assert set(stale(project)) == {"west_africa/SEN/trends"}


def test_another_version_of_the_packages_makes_everything_stale(project):
    append(project / "requirements.lock", "# another\n")
    found = stale(project)
    assert set(found) == EVIDENCE | RECORDS | TABLES | SURVEY
    reason = "environment requirements.lock has changed"
    of_tables = {f"{reason}; of the {words}, {reason}" for words in ("case records", "survey answers")}
    assert set(found.values()) == {reason, *of_tables}


@pytest.mark.parametrize(
    ("study", "area_id"), [("cabo_verde", "CPV-SAL"), ("demo_islands", "XIC-JADE"), ("demo_provinces", "XDP-FIG")]
)
def test_status_counts_and_names_what_was_never_run(project, study, area_id):
    before = products(project)
    ended = run_analysis("status", "--study", study, project=project)
    assert ended.returncode == 0
    # Of the areas and the study one area has been run; what reads the findings is of the study alone.
    numbers = [line.split() for line in ended.stdout.splitlines() if line.startswith(f"{study} ")]
    others = len(areas.ids(study))
    of_areas = [[study, name, "1", "·", "·", str(others)] for name in analyses_of(study, area_id)]
    of_whole = [name for name in analyses_of(study) if not ALL[name].is_for(area_id)]
    assert numbers == [*of_areas, *([study, name, "·", "·", "·", "1"] for name in of_whole)]
    missing = others * len(of_areas)
    more = missing + len(of_whole) - 3
    assert "missing: it has not been run (" in ended.stdout and f" and {more} more)" in ended.stdout
    # What reads the findings waits for all others, a plan of the whole study among them.
    states = missing + len([name for name in of_whole if name not in FROM_FINDINGS])
    waits = f"missing: findings of {study} wait for {states} notebooks that are not up to date ("
    assert (waits in ended.stdout) == bool(of_whole)
    assert (f"fresh {study}/case records\n" in ended.stdout) == (study != "cabo_verde")
    assert products(project) == before
