"""A researcher's own analysis, made as docs/how_to/add_an_analysis.md says, word for word."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from projects import PLAIN, ROOT, STAGED, copy_of_the_project, environment_of, run_analysis

HOW_TO = (ROOT / "docs/how_to/add_an_analysis.md").read_text(encoding="utf-8")
AREAS = ("SEN", "NGA", "GHA")
NAME = "change"


def blocks(language: str) -> list[str]:
    """What stands in the how-to as code of a language."""
    return [text.strip() for text in re.findall(rf"```{language}\n(.*?)```", HOW_TO, re.S)]


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A copy of the project with the notebook and its line; the notebook has been run."""
    project = copy_of_the_project(tmp_path_factory.mktemp("own_analysis"))
    (copy,), (run,) = blocks("sh"), blocks("shell")
    _, given, taken = shlex.split(copy)
    notebook = nbformat.read(project / given, as_version=4)
    first, parameters, *_, last = notebook.cells
    assert "parameters" in parameters.metadata["tags"] and last.source == "inputs.read()"
    first.source = "# Change: what the years say"
    cells = [nbformat.v4.new_code_cell(source) for source in blocks("python")]
    imports = nbformat.v4.new_code_cell("from analysis.sections import inputs")
    notebook.cells = [first, parameters, imports, *cells, last]
    nbformat.write(notebook, project / taken)
    asked = shlex.split(run)[3:]
    # A notebook without a line is not an analysis yet.
    ended = run_analysis(*asked, project=project, **PLAIN)
    assert ended.returncode == 2
    assert "add a line to notebooks/analyses.csv that begins with change" in ended.stderr
    with open(project / "notebooks/analyses.csv", "a", encoding="utf-8") as table:
        table.write(f"{blocks('text')[0]}\n")
    ended = run_analysis(*asked, "--jobs", "2", project=project, **PLAIN)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "3 notebooks ran, none failed." in ended.stdout
    return project


def test_each_cell_of_the_how_to_is_short_and_defines_nothing():
    assert len(blocks("python")) == 3
    for source in blocks("python"):
        assert len(source.splitlines()) <= 10 and "def " not in source


@pytest.mark.parametrize("area_id", AREAS)
def test_each_area_has_a_page_with_a_figure_a_title_and_limits(project, area_id):
    page = (project / STAGED / f"reports/west_africa/{area_id}/{NAME}.html").read_text(encoding="utf-8")
    assert "<img src=" in page and "Detected victims are not incidence." in page and "Change: " in page
    assert f'<strong aria-current="page">{NAME.capitalize()}</strong>' in page
    assert 'href="trends.html">Trends</a>' in page
    (figure,) = (project / STAGED / f"figures/west_africa/{area_id}").glob(f"{NAME}_*.png")
    assert figure.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("area_id", AREAS)
def test_the_index_leads_to_it_by_its_name(project, area_id):
    index = (project / STAGED / "reports/index.html").read_text(encoding="utf-8")
    assert re.search(rf'<a href="west_africa/{area_id}/{NAME}\.html" aria-label="[^"]+: {NAME}">Change</a>', index)


def test_it_is_run_for_the_studies_of_its_line_alone_and_other_pages_lead_to_it(project):
    status = run_analysis("status", "--analysis", NAME, project=project).stdout
    assert re.search(r"west_africa +change +3 ", status) and not re.search(r"turkiye +change", status)
    code = (
        "import nbformat\nfrom analysis.jobs import Job\nfrom analysis.report.pages import render_page\n"
        "print(render_page(Job('trends', 'west_africa', 'SEN'), nbformat.v4.new_notebook()))"
    )
    asked = [sys.executable, "-c", code]
    page = subprocess.run(asked, env=environment_of(project), cwd=project, capture_output=True, text=True, check=True)
    assert f'<a href="{NAME}.html">Change</a>' in page.stdout


def test_a_bad_cell_of_the_table_is_named(project):
    table = project / "notebooks/analyses.csv"
    before = table.read_text(encoding="utf-8")
    table.write_text(before.replace("west_africa,none,,False\n", "west_africa,some,,False\n"), encoding="utf-8")
    ended = run_analysis("status", project=project)
    table.write_text(before, encoding="utf-8")
    assert ended.returncode == 2
    assert "notebooks/analyses.csv, row 13, column 'needs': this must be one of none, case_records" in ended.stderr
