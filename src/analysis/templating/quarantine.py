"""Reports for data managers: cells in quarantine, rule by rule, as a page and as lines of a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pandas as pd

from analysis.templating import environment

# So many rows are named for each rule and column; the quarantine table has them all.
FIRST = 10
SHOWN_IN_TERMINAL = 3


def grouped(quarantine: pd.DataFrame, to_do: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the rules that were broken, the most frequent first; a row that breaks two is counted with both.

    Parameters
    ----------
    quarantine : one row a cell: row, column, rule, reason.
    to_do : rule -> what whoever keeps the data does about it.
    """
    found = [
        {
            "rule": rule,
            "column": column,
            "rows": len(rows),
            "first": rows["row"].head(FIRST).tolist(),
            "more": max(0, len(rows) - FIRST),
            "reason": rows["reason"].iloc[0],
            "to_do": to_do[rule],
        }
        for (rule, column), rows in quarantine.groupby(["rule", "column"], sort=True)
    ]
    return sorted(found, key=lambda fault: (-fault["rows"], fault["rule"], fault["column"]))


def in_lines(quarantine: pd.DataFrame, to_do: Mapping[str, str]) -> list[str]:
    """Return the same for a terminal, one line a rule and column."""
    lines = []
    for fault in grouped(quarantine, to_do):
        column = f" in '{fault['column']}'" if fault["column"] else ""
        rows = ", ".join(f"row {row}" for row in fault["first"][:SHOWN_IN_TERMINAL])
        more = fault["rows"] - SHOWN_IN_TERMINAL
        rows += f" and {more:,} more" if more > 0 else ""
        lines.append(f"  {fault['rule']}{column}: {fault['rows']:,} ({rows})")
    return lines


def page(name: str, **content: Any) -> str:
    """Return a report as HTML: one of the templates, with the style and the table of faults that they share."""
    templates = environment("analysis.templating")
    style = templates.get_template("checks.css").render()
    parts = cast(Any, templates.get_template("faults.html.j2").module)
    return templates.get_template(name).render(checks_style=style, table_of_faults=parts.table_of_faults, **content)


def percent(part: int, whole: int) -> str:
    """Return a share in per cent; none is not "0 %" of some, and all but one is not all."""
    if not whole:
        return "–"
    share = 100 * part / whole
    return "<1 %" if 0 < share < 1 else ">99 %" if 99 < share < 100 else f"{share:.0f} %"
