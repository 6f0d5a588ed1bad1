"""Executed notebooks: every cell shows something or says why it does not, and no heading stands above nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import nbformat
import pytest
from nbformat import NotebookNode
from projects import STAGED
from reference_notebooks import FOLDER, executed

from analysis import areas
from analysis.report.pages import from_markdown

# Notebooks of a study are not among those that are released here.
OF_STUDIES = tuple(f"_{study}.ipynb" for study in areas.reported())
NAMES = sorted(path.name for path in FOLDER.glob("*.ipynb") if not path.name.endswith(OF_STUDIES))
# papermill adds a cell with the area below that of the template.
PARAMETERS = {"parameters", "injected-parameters"}
HEADING = re.compile(r"(#+) ")
ON_A_PAGE = re.compile(r"<h([1-6])>(.*?)</h\1>", re.DOTALL)
SEEN = re.compile(r"<(img|iframe)\b[^>]*>")


def silent(notebook: NotebookNode) -> list[str]:
    """The code of the cells that show nothing, though they are more than parameters or imports."""
    return [
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "code"
        and not cell.get("outputs")
        and not PARAMETERS.intersection(cell.metadata.get("tags", []))
        and not all(isinstance(step, ast.Import | ast.ImportFrom) for step in ast.parse(cell.source).body)
    ]


def above_nothing(notebook: NotebookNode) -> list[str]:
    """The headings below which no cell shows anything before the next heading of the same or a higher level."""
    found = []
    for number, cell in enumerate(notebook.cells):
        if not (level := _level(cell)):
            continue
        below = notebook.cells[number + 1 :]
        end = next((at for at, each in enumerate(below) if 0 < _level(each) <= level), len(below))
        if not any(each.get("outputs") for each in below[:end]):
            found.append(cell.source.partition("\n")[0])
    return found


def _level(cell: NotebookNode) -> int:
    marks = HEADING.match(cell.source) if cell.cell_type == "markdown" else None
    return len(marks[1]) if marks else 0


def bare_headings(page: str, texts: list[str]) -> list[str]:
    """The headings of a page below which there is nothing but the template's own texts."""
    for text in texts:
        page = page.replace(from_markdown(text.partition("\n")[2]), "")
    headings = list(ON_A_PAGE.finditer(page))
    found = []
    for number, heading in enumerate(headings):
        ends = (each.start() for each in headings[number + 1 :] if each[1] <= heading[1])
        below = page[heading.end() : next(ends, len(page))]
        if not SEEN.search(below) and not re.sub(r"<[^>]*>", "", ON_A_PAGE.sub("", below)).strip():
            found.append(heading[2])
    return found


def unnamed_tables(notebook: NotebookNode) -> Iterator[str]:
    """The code of the cells that show several data frames one after the other, of which one has no name."""
    for cell in notebook.cells:
        frames = [
            output["data"]["text/html"]
            for output in cell.get("outputs", [])
            if 'class="dataframe"' in output.get("data", {}).get("text/html", "")
        ]
        # pandas prints the name of the columns in the corner of the table.
        if len(frames) > 1 and any(re.search(r"<th>(.*?)</th>", frame)[1] == "" for frame in frames):
            yield cell.source


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_shows_something_or_says_why_not(released, name):
    notebook = nbformat.read(executed(released)[name], as_version=4)
    assert silent(notebook) == [] and above_nothing(notebook) == []


@pytest.mark.parametrize("name", NAMES)
def test_tables_that_stand_in_one_cell_have_names(released, name):
    assert list(unnamed_tables(nbformat.read(executed(released)[name], as_version=4))) == []


@pytest.mark.parametrize("name", NAMES)
def test_no_heading_of_a_page_stands_above_nothing_and_no_reason_is_given_twice(released, name):
    path = executed(released)[name]
    texts = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]
    (page,) = (released / STAGED).rglob(f"{path.parent.name}/{path.stem}.html")
    written = page.read_text(encoding="utf-8")
    assert bare_headings(written, texts) == []
    # Why an exhibit is absent is for whoever works: a page of a small area would have little else.
    assert "see the notebook of the study" not in written


def test_a_silent_cell_a_bare_heading_and_unnamed_tables_would_be_noticed():
    code, text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    printed = [nbformat.v4.new_output("stream", name="stdout", text="None here.")]
    cells = [
        text("## A"),
        text("### B\n\nWords."),
        code("x = 1"),
        text("## C"),
        code("import os"),
        code("y", outputs=printed),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    assert silent(notebook) == ["x = 1"] and above_nothing(notebook) == ["## A", "### B"]
    assert bare_headings("<h2>A</h2><p>Words.</p>\n<h3>B</h3><h2>C</h2><p>1</p>", ["## A\n\nWords."]) == ["A", "B"]
    frame = '<table class="dataframe"><tr><th>{}</th><th>low</th></tr></table>'
    shown = [nbformat.v4.new_output("display_data", {"text/html": frame.format(name)}) for name in ("cases", "")]
    assert list(unnamed_tables(nbformat.v4.new_notebook(cells=[code("both", outputs=shown)]))) == ["both"]
    assert list(unnamed_tables(nbformat.v4.new_notebook(cells=[code("one", outputs=shown[1:])]))) == []
