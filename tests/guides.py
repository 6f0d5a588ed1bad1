"""The guides on an analysis and on a finding, followed in a copy of the project: what they show is read out of them."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import nbformat
from projects import ROOT

HOW_TO = ROOT / "docs/how_to"
ANALYSIS, FINDING = HOW_TO / "add_an_analysis.md", HOW_TO / "add_a_finding.md"
# What the guides call the analysis, and the place of each of its files.
NAME = "change"
NOTEBOOK, MODULE = f"notebooks/{NAME}.ipynb", f"src/analysis/exhibits/{NAME}.py"
MEASURES = f"src/analysis/findings/measures/{NAME}.yml"
TABLE = "notebooks/analyses.csv"
# Whoever follows them in the project itself has the analysis already, and no second can have its name.
FOLLOWED = (ROOT / NOTEBOOK).exists()
WHY_SKIPPED = f"the guides have been followed here: there is {NOTEBOOK}"


def blocks(guide: Path, language: str) -> list[str]:
    """What stands in a guide as code of a language."""
    return [text.strip() for text in re.findall(rf"^```{language}\n(.*?)^```", guide.read_text("utf-8"), re.S | re.M)]


def commands(guide: Path) -> list[list[str]]:
    """The words after `python -m analysis` of each command that a guide has its reader type."""
    (block,) = blocks(guide, "shell")
    lines = [shlex.split(line) for line in block.splitlines()]
    assert all(words[1:3] == ["-m", "analysis"] for words in lines)
    return [words[3:] for words in lines]


def write_notebook(project: Path) -> None:
    """Copy the notebook that the guide names, and put its cells between those that are kept."""
    _, given, taken = shlex.split(blocks(ANALYSIS, "sh")[0])
    assert taken == NOTEBOOK
    shutil.copy(project / given, project / taken)
    notebook = nbformat.read(project / taken, as_version=4)
    first, parameters, *_, last = notebook.cells
    assert "parameters" in parameters.metadata["tags"] and last.source == "inputs.read()"
    first.source = "# Change: what the years say"
    notebook.cells = [first, parameters, *_cells(blocks(ANALYSIS, "python")), last]
    nbformat.write(notebook, project / taken)


def add_line(project: Path) -> None:
    """Add the line of the guide to the table of analyses."""
    with open(project / TABLE, "a", encoding="utf-8") as table:
        table.write(f"{blocks(ANALYSIS, 'text')[0]}\n")


def declare_measure(project: Path) -> None:
    """Write the file that declares the measure."""
    (declared,) = blocks(FINDING, "yaml")
    (project / MEASURES).write_text(f"{declared}\n", encoding="utf-8")


def state_in_cells(project: Path) -> None:
    """Put the cells that state the finding before the last one."""
    _state(project, blocks(FINDING, "python")[:2])


def state_by_a_function(project: Path) -> None:
    """Write the module, and one cell in place of the two."""
    *_, module, cell = blocks(FINDING, "python")
    (project / MODULE).write_text(f"{module}\n", encoding="utf-8")
    _state(project, [cell])


def _state(project: Path, sources: list[str]) -> None:
    notebook = nbformat.read(project / NOTEBOOK, as_version=4)
    kept = len(blocks(ANALYSIS, "python")) + 2
    notebook.cells = [*notebook.cells[:kept], *_cells(sources), notebook.cells[-1]]
    nbformat.write(notebook, project / NOTEBOOK)


def _cells(sources: list[str]) -> list[nbformat.NotebookNode]:
    return [nbformat.v4.new_code_cell(source) for source in sources]
