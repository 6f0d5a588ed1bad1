"""What a notebook is given before it runs: the id of an area, under a name that its template declares.

papermill writes parameters into a cell, as ``name = value``, and runs it: a name with a line end in it is a program.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

import nbformat

from analysis import areas
from analysis.jobs import Job
from bounded.refusal import Refusal

TAG = "parameters"


class ParameterError(Refusal):
    """A notebook cannot be given what it was to be given; the message says why, and nothing has been run."""


def checked_parameters(job: Job) -> dict[str, str]:
    """What the notebook of a job is given: the id of its area.

    Raises
    ------
    ParameterError : its cell of parameters holds more than names with plain values, or has no `area`.
    areas.UnknownArea : there is no such area in the study.
    """
    if areas.get(job.area_id).study != job.study:
        raise areas.UnknownArea("unknown_area", f"{job.area_id} is no area of the study {job.study}.")
    return checked({"area": job.area_id}, nbformat.read(job.template, as_version=4))


def checked(given: Mapping[object, object], template: nbformat.NotebookNode) -> dict[str, str]:
    """Parameters for a template: names that its cell of parameters declares, and ids of areas.

    Raises
    ------
    ParameterError : another name, or a cell of parameters that does more than give names plain values.
    areas.UnknownArea : a value is the id of no area and no study.
    """
    known = declared(template)
    for name in given:
        if name not in known:
            printed = name if isinstance(name, str) and name.isascii() and name.isidentifier() else "what was given"
            raise ParameterError(
                "unknown_parameter",
                f"A notebook takes no parameter '{printed}': its cell of parameters declares {', '.join(known)}.",
            )
    return {str(name): areas.get(value).area_id for name, value in given.items()}  # type: ignore[arg-type]


def declared(template: nbformat.NotebookNode) -> tuple[str, ...]:
    """The names to which a template's cell of parameters gives plain values: texts, numbers, True, False or None.

    Raises ParameterError if it has no such cell, or more than one, or the cell does anything else.
    """
    cells = [cell.source for cell in template.cells if TAG in cell.get("metadata", {}).get("tags", [])]
    if len(cells) != 1:
        raise ParameterError(
            "not_one_parameter_cell", f"A template has one cell tagged '{TAG}', and this one has {len(cells)}: tag one."
        )
    try:
        statements = ast.parse(cells[0]).body
    except (SyntaxError, ValueError):
        raise ParameterError(
            "invalid_python", "The cell of parameters is not Python: write a name, =, and a value on each line."
        ) from None
    names = [_name(statement) for statement in statements]
    if not names:
        raise ParameterError("empty", "The cell of parameters declares no name: write a name, =, and a value.")
    return tuple(names)


def _name(statement: ast.stmt) -> str:
    """The name that a statement gives a plain value."""
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
        [target, *others] = statement.targets
        if isinstance(target, ast.Name) and not others:
            return target.id
    raise ParameterError(
        "not_plain_value",
        f"Line {statement.lineno} of the cell of parameters does more than give a name a plain value: "
        "move it to a cell of its own.",
    )
