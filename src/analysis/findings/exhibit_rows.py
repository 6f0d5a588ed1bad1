"""Findings read from rows of exhibits, and the check that the page publishes the same numbers.

A finding names an exhibit, a row of its table (``source=UNODC, measure=victims, year=2022``) and a column of the file
that is released beside the page. The column has the value. One that ends with ``low`` has the lower bound of a figure
that is an interval, and the column of that name with ``high`` the upper one (``least`` and ``most`` of a change); the
value is known where both are one. Bounds of a value, and limits of a confidence interval, stand in the columns of that
name with ``_low`` and ``_high``; limits also in those that begin as a change does (``found_low`` of
``found_change_least``), in ``limit_low`` and ``limit_high`` of a ratio, or else in ``low`` and ``high``.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis import spreadsheets
from analysis.findings.finding import BOUNDS, CONFIDENCE, DIGITS, EXACT, FIGURE, PARTS, RANGE, FindingError
from analysis.jobs import SYNTHETIC

_KEY = re.compile(r"(?:^|, )([a-z]\w*)=")


def from_row(
    exhibit: str, row: pd.Series, keys: Sequence[str], column: str = "low", interval: str = "", **more: Any
) -> dict[str, Any]:
    """Return what a finding says of one number of an exhibit: value, bounds, sources, and where the number stands.

    Parameters
    ----------
    exhibit : its name; "" of a number that no exhibit has. row : a row of its table, of `Table.numbers`.
    keys : columns that tell the row from all others. column : where the value is, see above.
    interval : what the bounds are; left out, those of a printed figure, or the value is exact.
    more : what else the finding says, as its period.

    Returns
    -------
    Arguments of `Finding`: exhibit, exhibit_row, exhibit_column, value, low, high, interval; source_ids, confidence and
    per where the row has them.
    """
    ends, limits = _columns(column, interval, row.index)
    first, last, low, high = (float(row[name]) for name in (*ends, *limits))
    exact = first == last and row.get("value_qualifier", EXACT) == EXACT
    found: dict[str, Any] = {
        "exhibit": exhibit,
        "exhibit_row": ", ".join(f"{name}={spreadsheets.cell(row[name])}" for name in keys),
        "exhibit_column": column if exhibit else "",
        "value": first if first == last and interval not in PARTS else None,
        "low": low,
        # Of a part of a total no upper bound is known.
        "high": float("inf") if interval in PARTS else high,
        "interval": interval or (EXACT if exact else FIGURE),
    }
    found |= {name: float(row[name]) for name in ("confidence", "per") if name in row.index and not pd.isna(row[name])}
    if "source_id" in row.index:
        found["source_ids"] = (row["source_id"],)
    return found | more


@dataclass(frozen=True)
class Found:
    """A row of an exhibit: the exhibit's name, the row, and the columns that tell it from the others."""

    exhibit: str
    row: pd.Series
    keys: tuple[str, ...]

    def says(self, column: str = "low", interval: str = "", **more: Any) -> dict[str, Any]:
        """Return what a finding says of one number of the row; see `from_row`."""
        return from_row(self.exhibit, self.row, self.keys, column, interval, **more)


def find_row(
    tables: Mapping[str, pd.DataFrame], keys: Sequence[str], values: Mapping[Any, Any] | pd.Series
) -> Found | None:
    """Return the first exhibit of which one row has these values, with that row; None where none has.

    Parameters
    ----------
    tables : the numbers of exhibits by name. keys : columns, in the order in which they tell a row from others.
    values : of each key; those that are missing are not asked for.
    """
    for name, table in tables.items():
        rows = table
        used: list[str] = []
        for key in keys if set(keys) <= set(table.columns) else ():
            if pd.isna(values[key]):
                continue
            fewer = rows[rows[key].eq(values[key])]
            if len(fewer) < len(rows) or not used:
                used.append(key)
            rows = fewer
        if used and len(rows) == 1:
            return Found(name, rows.iloc[0], tuple(used))
    return None


def read(
    tables: Mapping[str, pd.DataFrame], keys: Sequence[str], row: pd.Series, column: str = "low", interval: str = ""
) -> dict[str, Any]:
    """Return what a finding says of a figure: as the exhibit has it that shows it, and as it is where none does.

    Parameters
    ----------
    tables, keys : as for `find_row`. row : the figure, with these keys. column, interval : as for `from_row`.
    """
    found = find_row(tables, keys, row)
    return found.says(column, interval) if found else from_row("", row, (), column, interval)


def _columns(column: str, interval: str, names: Collection[str]) -> tuple[tuple[str, str], tuple[str, str]]:
    """The columns of the value, which are one or two, and of the limits."""
    ends = (column, column)
    for least, most in (("low", "high"), ("least", "most")):
        if column == least or column.endswith(f"_{least}"):
            ends = (column, f"{column.removesuffix(least)}{most}")
    own = (f"{column}_low", f"{column}_high")
    if interval not in (CONFIDENCE, RANGE):
        return ends, own if interval == BOUNDS and set(own) <= set(names) else ends
    of_change = column.removesuffix("change_least")
    stems = (f"{column}_", "limit_" if column == "ratio_low" else of_change if of_change != column else "")
    pairs = [(f"{stem}low", f"{stem}high") for stem in (*stems, "")]
    return ends, next((pair for pair in pairs if set(pair) <= set(names)), ends)


def require_published(findings: Iterable[Mapping[str, Any]], tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse findings that say another number than the exhibit that they name, or name what no page has.

    Parameters
    ----------
    findings : rows of the table of findings; those that name no exhibit, or are not known, are not looked at.
    tables : the tables that a page publishes, by name, as `spreadsheets.resource` makes them.

    Raises
    ------
    FindingError : the sentence names finding, exhibit, row, column and both numbers.
    """
    read: dict[str, list[dict[str, str]]] = {}
    for finding in findings:
        name = str(finding.get("exhibit", ""))
        if not name or finding["status"] != "known":
            continue
        table = tables.get(name) or tables.get(f"{name}{SYNTHETIC}")
        if table is None:
            raise FindingError(
                "no_such_exhibit",
                f"{finding['finding_id']} is read from the exhibit {name}, and the page has no table of that name. It "
                f"has {', '.join(sorted(tables)) or 'none'}.",
            )
        if name not in read:
            read[name] = list(csv.DictReader(io.StringIO(table["data"], newline="")))
        _require_same(finding, read[name])


def _require_same(finding: Mapping[str, Any], rows: list[dict[str, str]]) -> None:
    where = f"the exhibit {finding['exhibit']}, row {finding['exhibit_row']}, column {finding['exhibit_column']}"
    parts = _KEY.split(str(finding["exhibit_row"]))
    keys = dict(zip(parts[1::2], parts[2::2], strict=True))
    found = [
        row for row in rows if all(spreadsheets.unguarded(row.get(name, "")) == value for name, value in keys.items())
    ]
    if len(found) != 1:
        raise FindingError(
            "not_one_row", f"{finding['finding_id']} is read from {where}, and {len(found)} rows of its table are so."
        )
    interval = finding["interval"]
    ends, limits = _columns(finding["exhibit_column"], interval, found[0])
    if missing := [name for name in (*ends, *limits) if name not in found[0]]:
        raise FindingError(
            "missing_column",
            f"{finding['finding_id']} is read from {where}, and its table has no column '{missing[0]}'.",
        )
    first, last, low, high = (_number(found[0][name]) for name in (*ends, *limits))
    known = first == last and interval not in PARTS
    published = {"value": first if known else None, "low": low, "high": float("inf") if interval in PARTS else high}
    for name, number in published.items():
        if not _alike(finding[name], number):
            raise FindingError(
                "not_as_published",
                f"{finding['finding_id']} says {name} {_words(finding[name])}, and {where} has {_words(number)}: read "
                "the finding from the table of the exhibit.",
            )


def _number(cell: str) -> float | None:
    """The number of a cell of the file; None where it is empty."""
    return float(cell) if cell else None


def _alike(one: float | None, other: float | None) -> bool:
    """Return True if two numbers are one to as many digits as a finding has."""
    if one is None or other is None:
        return one is other
    return one == other or math.isclose(one, other, rel_tol=0.51 * 10 ** (1 - DIGITS))


def _words(number: float | None) -> str:
    return "not known" if number is None else f"{number:,.6g}"
