"""A table as a CSV file with typed columns, and what is said of these columns for machines.

Types are those of Table Schema (Data Package 2.0, https://datapackage.org/standard/table-schema). What is missing is an
empty cell, a number without a bound is INF, a day is YYYY-MM-DD.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from pandas.api import types

from analysis.spreadsheets import csv_bytes

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
    return csv_bytes(table.apply(_written))


def fields(table: pd.DataFrame, headings: Mapping[str, str] | None = None) -> list[dict[str, str]]:
    """What is said of each column: name, type, and as its title the heading under which a page prints it."""
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
        return column.map(_number).astype(object)
    if what == "date":
        return column.dt.strftime("%Y-%m-%d").astype(object)
    if what == "boolean":
        return column.map({True: "true", False: "false"}).astype(object)
    return column


def _number(value: float) -> str | None:
    if pd.isna(value):
        return None
    if abs(value) == float("inf"):
        return "INF" if value > 0 else "-INF"
    return f"{value:.{DIGITS}g}"
