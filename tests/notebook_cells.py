"""The cells of a notebook, run for an area within the tests' own process, as the batch runs them in a kernel."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path

from figure_texts import words
from IPython.display import Markdown

from analysis import areas
from analysis.exhibits import Exhibit
from analysis.exhibits.table import printed
from analysis.jobs import Job


def run_cells(
    analysis: str, area_id: str, displayed: list[str] | None = None, replaced: Mapping[str, str] | None = None
) -> list[str]:
    """Run the notebook of an analysis for an area; returns the texts that its cells end with.

    Texts that cells display by name are added to `displayed`. In all cells `replaced` puts other words for some,
    each of which stands in the notebook.
    """
    texts = []

    def display(*shown: object) -> None:
        if displayed is not None:
            displayed.extend(str(each.data) for each in shown if isinstance(each, Markdown))

    known: dict[str, object] = {"display": display, "__name__": "notebook"}
    job = Job(analysis, areas.get(area_id).study, area_id)
    cells = _cells(job.template)
    assert all(any(before in source for source in cells) for before in replaced or {})
    for source in cells:
        if source.startswith("# PARAMETERS"):
            known |= job.parameters
            continue
        for before, after in (replaced or {}).items():
            source = source.replace(before, after)
        *steps, last = ast.parse(source).body
        ends = isinstance(last, ast.Expr)
        exec(compile(ast.Module(steps + ([] if ends else [last]), []), "cell", "exec"), known)
        said = eval(compile(ast.Expression(last.value), "cell", "eval"), known) if ends else None  # type: ignore[attr-defined]
        if isinstance(said, Markdown):
            texts.append(str(said.data))
    return texts


def _cells(template: Path) -> list[str]:
    notebook = json.loads(template.read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(cells) > 10 and cells[-1] == "inputs.read()"
    return cells


def labels(exhibit: Exhibit) -> str:
    """Title, limits, description, headers of the table, and all that is written in the figure."""
    drawn = words(exhibit.figure) if exhibit.figure is not None else ""
    return " ".join([exhibit.title, exhibit.limits, exhibit.alt, *map(str, printed(exhibit.table).columns), drawn])
