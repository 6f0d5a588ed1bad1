"""Tables as CSV: typed columns, described for machines, and no cell that a spreadsheet would run as a formula.

A spreadsheet runs a cell that begins like a formula, whoever wrote it: a title of a list or a header of a file that
was sent can send what stands beside it to a stranger. In CSV such a text gets an apostrophe before it (OWASP, CSV
Injection), in Excel it is written as text.

Types are those of Table Schema (Data Package 2.0, https://datapackage.org/standard/table-schema). A missing value is an
empty cell, a number without a bound is INF, a day is YYYY-MM-DD.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
from pandas.api import types

# Of xlsxwriter: what is a text stays a text.
EXCEL = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}

# How a formula begins: after blanks and quotation marks, in narrow or wide letters, and with |, as in cmd|'/C calc'!A0.
_FORMULA = r"[\s\"'\u200b\ufeff]*[=+\-@|\uff1d\uff0b\uff0d\uff20\uff5c]"
# For some programs a tab or an end of a line begins a cell, too, and in many countries a semicolon does.
_FIRST = rf"(?='*[\t\r\n]|{_FORMULA})"
_WITHIN = rf"(?<=[;\t\r\n])(?={_FORMULA})"
_TO_GUARD = re.compile(rf"\A{_FIRST}|{_WITHIN}")
_GUARDED = re.compile(rf"\A'{_FIRST}|(?<=[;\t\r\n])'(?={_FORMULA})")
_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def guarded(text: str) -> str:
    """A text as a cell of CSV that no spreadsheet runs: what begins like a formula has an apostrophe before it.

    A negative number stays one. `unguarded` gives the text again.
    """
    return text if _NUMBER.fullmatch(text) else _TO_GUARD.sub("'", text)


def runs(text: str) -> bool:
    """Return True if a spreadsheet would take a text for a formula, or run a part of it."""
    return guarded(text) != text


def unguarded(cell: str) -> str:
    """The text of a cell that `guarded` wrote."""
    return _GUARDED.sub("", cell)


def unguarded_table(table: pd.DataFrame) -> pd.DataFrame:
    """A table that `csv_bytes` wrote, when it is read again: its texts and the names of its columns as they were."""
    return _each_text(table, unguarded)


def csv_bytes(table: pd.DataFrame, *, sep: str = ",") -> bytes:
    """A table as CSV in UTF-8 that no spreadsheet runs, in its texts and in the names of its columns.

    Numbers are written as they are. Lines end as on Unix: the same table is the same bytes.
    """
    return _each_text(table, guarded).to_csv(index=False, sep=sep, lineterminator="\n").encode()


def _each_text(table: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    # By place, as two columns can have one name.
    columns = dict(enumerate(column for _, column in table.items()))
    for place, column in columns.items():
        if not types.is_numeric_dtype(column) and not types.is_datetime64_any_dtype(column):
            values = [change(value) if isinstance(value, str) else value for value in column]
            columns[place] = pd.Series(values, index=column.index, dtype=object)
    changed = pd.DataFrame(columns, index=table.index)
    changed.columns = [change(name) if isinstance(name, str) else name for name in table]
    return changed


# A table with its data in an output of a notebook, as a Tabular Data Resource.
MEDIA_TYPE = "application/vnd.dataresource+json"
# Digits of a number: more of them differ from processor to processor.
DIGITS = 10
_KINDS = (
    ("boolean", types.is_bool_dtype),
    ("integer", types.is_integer_dtype),
    ("number", types.is_float_dtype),
    ("date", types.is_datetime64_any_dtype),
)


def kind(column: pd.Series) -> str:
    """The type of a column: boolean, integer, number, date or string."""
    return next((name for name, holds in _KINDS if holds(column.dtype)), "string")


def content(table: pd.DataFrame) -> bytes:
    """The bytes of the file: the same table is the same bytes, and no cell is a formula."""
    written = pd.DataFrame({place: _written(column) for place, (_, column) in enumerate(table.items())}, table.index)
    written.columns = table.columns
    return csv_bytes(written)


def fields(table: pd.DataFrame, headings: Mapping[str, str] | None = None) -> list[dict[str, str]]:
    """Return a description of each column: name, type, and as its title the heading under which a page prints it."""
    titles = headings or {}
    return [
        {"name": str(name), "type": kind(column)} | ({"title": titles[name]} if name in titles else {})
        for name, column in table.items()
    ]


def resource(table: pd.DataFrame, name: str, title: str, headings: Mapping[str, str]) -> dict[str, Any]:
    """The table with its data, its title and its schema, as an output of a notebook holds it."""
    data = content(table).decode()
    schema = {"fields": fields(table, headings)}
    return {"name": name, "type": "table", "title": title, "format": "csv", "data": data, "schema": schema}


def _written(column: pd.Series) -> pd.Series:
    """The cells of a column as they stand in the file."""
    what = kind(column)
    if what == "number":
        return pd.Series([_number(value) for value in column], column.index, dtype=object)
    if what == "date":
        return column.dt.strftime("%Y-%m-%d").astype(object)
    if what == "boolean":
        return column.map({True: "true", False: "false"}).astype(object)
    return column


def cell(value: object) -> str:
    """Return one value as it stands in the file, but for the guard of a formula; empty where it is missing."""
    [text] = _written(pd.Series([value]))
    return "" if pd.isna(text) else str(text)


def _number(value: float) -> str | None:
    if pd.isna(value):
        return None
    if abs(value) == float("inf"):
        return "INF" if value > 0 else "-INF"
    return f"{value:.{DIGITS}g}"
