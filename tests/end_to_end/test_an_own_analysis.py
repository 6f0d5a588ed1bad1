"""A researcher's own analysis, made as docs/how_to/add_an_analysis.md says, word for word."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import guides
import pytest
from guides import NAME
from projects import PLAIN, STAGED, run_analysis

from analysis import areas

pytestmark = pytest.mark.skipif(guides.FOLLOWED, reason=guides.WHY_SKIPPED)
AREAS = ("SEN", "NGA", "GHA")
# The countries of the study that the line of the how-to names, and the study.
OF_STUDY = (*areas.ids("west_africa"), "west_africa")
# The pages of the area of which `released` has all.
OTHERS = ("Detected victims", "Trends in detection", "Routes", "Referral mechanisms")


def states(project: Path) -> set[str]:
    """Each notebook, each table of persons, and the report with its state; of what is stale also why."""
    ended = run_analysis("status", "--each", project=project)
    assert ended.returncode == 0, ended.stderr
    # What was never made waits for more or fewer others, and is missing all the same.
    return {line if line.startswith("stale ") else line.partition(": ")[0] for line in ended.stdout.splitlines()}


def links(project: Path, page: str) -> list[str]:
    """What the links between the pages of an area are called, and the page itself."""
    text = (project / page).read_text(encoding="utf-8")
    between = text[text.index("<!--links-->") : text.index("<!--/links-->")]
    return re.findall(r"<(?:a|strong)[^>]*>([^<]+)</", between)


@pytest.fixture(scope="module")
def project(released, tmp_path_factory) -> Path:
    """A project that was run and released, with the notebook and its line, and what was asked and said on the way."""
    project = shutil.copytree(released, tmp_path_factory.mktemp("own_analysis") / "project")
    before = states(project)
    guides.write_notebook(project)
    (asked,) = guides.commands(guides.ANALYSIS)
    # A notebook without a line is not an analysis yet.
    ended = run_analysis(*asked, project=project, **PLAIN)
    assert ended.returncode == 2
    assert "add a line to notebooks/analyses.csv that begins with change" in ended.stderr
    guides.add_line(project)
    # Of all studies it makes stale itself, and nothing else: no page, no table of persons, no finding, no report.
    assert states(project) - before == {f"missing west_africa/{each}/{NAME}" for each in OF_STUDY}
    assert before - states(project) == set() and len(OF_STUDY) == 17
    ended = run_analysis(*asked, "--jobs", "2", project=project, **PLAIN)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "3 notebooks ran, none failed." in ended.stdout
    assert "New: 3 staged pages, 3 staged figures (" in ended.stdout and "Gone: nothing." in ended.stdout
    made = {f"fresh west_africa/{each}/{NAME}" for each in AREAS}
    assert before - states(project) == set() and states(project) - before >= made
    return project


def test_each_cell_of_the_how_to_is_short_and_defines_nothing():
    sources = guides.blocks(guides.ANALYSIS, "python")
    assert len(sources) == 3
    for source in sources:
        assert len(source.splitlines()) <= 10 and "def " not in source


@pytest.mark.parametrize("area_id", AREAS)
def test_each_area_has_a_page_with_a_figure_a_title_and_limits(project, area_id):
    page = (project / STAGED / f"reports/west_africa/{area_id}/{NAME}.html").read_text(encoding="utf-8")
    assert "<img src=" in page and "Detected victims are not incidence." in page and "Change: " in page
    assert f'<strong aria-current="page">{NAME.capitalize()}</strong>' in page
    (figure,) = (project / STAGED / f"figures/west_africa/{area_id}").glob(f"{NAME}_*.png")
    assert figure.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("area_id", AREAS)
def test_the_index_leads_to_it_by_its_name(project, area_id):
    index = (project / STAGED / "reports/index.html").read_text(encoding="utf-8")
    assert re.search(rf'<a href="west_africa/{area_id}/{NAME}\.html" aria-label="[^"]+: {NAME}">Change</a>', index)


def test_pages_of_an_earlier_run_lead_to_it_and_those_released_once_it_is_released(project, tmp_path):
    project = shutil.copytree(project, tmp_path / "project")
    page = "reports/west_africa/SEN/trends.html"
    assert links(project, f"{STAGED}/{page}") == [*OTHERS, "Change"]
    # A page leads to those that stand beside it.
    assert links(project, f"{STAGED}/reports/west_africa/NGA/{NAME}.html")[-1] == "Change"
    assert links(project, page) == list(OTHERS)
    ended = run_analysis("release", project=project)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "New: 3 released pages, 3 released figures (" in ended.stdout and "Gone: nothing." in ended.stdout
    assert links(project, page) == [*OTHERS, "Change"]
    assert (project / page).read_bytes() == (project / STAGED / page).read_bytes()
    # Withdrawn: a line is taken away.
    table = project / "notebooks/analyses.csv"
    table.write_text("".join(table.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")
    ended = run_analysis("release", project=project)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert links(project, page) == list(OTHERS) and not list((project / "reports").rglob(f"{NAME}*"))
    goes = [line for line in ended.stderr.splitlines() if line.startswith("Will be taken away, ")]
    assert len(goes) == 1 and "3 released pages, 3 released figures (" in goes[0]
    assert "Gone, since no notebook or report that is up to date leads to it: 3 of figures/west_africa, 3 of" in (
        ended.stdout
    )
    listed = (project / "data/processed/taken_away.txt").read_text(encoding="utf-8").splitlines()
    assert len(listed) == 6 and all(f"/{NAME}" in line for line in listed)


def test_a_line_that_is_edited_makes_its_own_pages_stale_alone(project, tmp_path):
    project = shutil.copytree(project, tmp_path / "project")
    before = states(project)
    table = project / "notebooks/analyses.csv"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("change,change,", "change,what changed,"), encoding="utf-8")
    reason = "analysis name has changed"
    assert states(project) - before == {f"stale west_africa/{each}/{NAME}: {reason}" for each in AREAS}
    # What opens the page is its own too, and so is a measure that no notebook stated before.
    table.write_text(text, encoding="utf-8")
    order = project / "src/analysis/report/templates/key_findings.yml"
    order.write_text(order.read_text(encoding="utf-8") + f"{NAME}:\n  - count_change\n", encoding="utf-8")
    guides.declare_measure(project)
    reason = "library src/analysis/report/templates/key_findings.yml has changed"
    assert states(project) - before == {f"stale west_africa/{each}/{NAME}: {reason}" for each in AREAS}


def test_it_is_run_for_the_studies_of_its_line_alone(project):
    status = run_analysis("status", "--analysis", NAME, project=project).stdout
    assert re.search(r"west_africa +change +3 ", status) and not re.search(r"turkiye +change", status)


def test_a_bad_cell_of_the_table_is_named(project):
    table = project / "notebooks/analyses.csv"
    before = table.read_text(encoding="utf-8")
    table.write_text(before.replace("west_africa,none,,all\n", "west_africa,some,,all\n"), encoding="utf-8")
    ended = run_analysis("status", project=project)
    table.write_text(before, encoding="utf-8")
    assert ended.returncode == 2
    row = len(before.splitlines())
    assert f"notebooks/analyses.csv, row {row}, column 'needs': this must be one of none, case_records" in ended.stderr
