"""What a spreadsheet opens is text and numbers: no cell of a file that this project writes is a formula.

A spreadsheet runs a cell that begins like a formula, whoever wrote it: a title of a list or a header of a file that
was sent can send what stands beside it to a stranger. In CSV such a text gets an apostrophe before it (OWASP, CSV
Injection), in Excel it is written as text.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd

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
    """Whether a spreadsheet would take a text for a formula, or run a part of it."""
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
    changed = table.copy()
    for name, column in table.items():
        if not pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_datetime64_any_dtype(column):
            values = [change(value) if isinstance(value, str) else value for value in column]
            changed[name] = pd.Series(values, index=column.index, dtype=object)
    return changed.rename(columns=lambda name: change(name) if isinstance(name, str) else name)
