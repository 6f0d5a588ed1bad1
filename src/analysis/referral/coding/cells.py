"""The cells of a coding sheet, or of the export of its form, as texts, before they are judged."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from analysis.cases.rows import ERROR, Range, number
from analysis.cases.sheet import Sheet
from bounded.refusal import Coded

GIVEN = ["row", "area_id", "indicator_id", "role", "coder", "date", "answer", "evidence", "page", "column", "rule"]


class CodingError(Coded):
    """A file cannot be read as a coding sheet; the message says why, and what would help."""


@dataclass
class Received:
    """What a file holds.

    Parameters
    ----------
    file, sheet : where; sheet is "" for a CSV file. way : ``sheet`` or ``form``.
    area_ids : the countries that it is about.
    given : one row an answer that was typed: row, area_id, indicator_id, role, coder, date, answer, evidence, page
        (texts), column (of the answer), rule (why it cannot be placed, or "").
    faults : (row, column, rule) of cells that hold no answer.
    notes : area_id, indicator_id, note, row. said : what the data manager should know of the file as a whole.
    """

    file: str
    sheet: str
    way: str
    area_ids: tuple[str, ...] = ()
    given: list[dict] = field(default_factory=list)
    faults: list[tuple[int, str, str]] = field(default_factory=list)
    notes: list[dict] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def table(self) -> pd.DataFrame:
        """The answers as a table of texts."""
        return pd.DataFrame(self.given, columns=GIVEN).astype({"row": "int64"})


class Cells:
    """The cells of a sheet as texts; formulas and errors are noted where they stand, and give no text."""

    def __init__(self, content: Sheet, received: Received, merged: list[Range]) -> None:
        self.content, self.received, self.merged = content, received, merged
        self.columns = {letter: content.table[letter].astype(object).to_numpy() for letter in content.table}
        self.is_excel = bool(content.name)

    def text(self, place: int, letter: str, name: str = "") -> str:
        """The text of a cell; with a `name`, of a cell that holds no answer, what is wrong with it is noted."""
        text, fault = self.answer(place, letter, merged_too=False)
        if name and fault and not name.endswith("answer"):
            self.received.faults.append((int(self.content.rows[place]), name, fault))
        return "" if fault else text

    def answer(self, place: int, letter: str, merged_too: bool = True) -> tuple[str, str]:
        """The text of a cell, and the rule that it breaks before it is read at all."""
        text, row = self.columns[letter][place].strip(), int(self.content.rows[place])
        if letter in self.content.formulas and self.content.formulas[letter][place]:
            return text, "formula"
        if text == ERROR:
            return "", "error"
        column = number(letter)
        if merged_too and text and any(a <= row <= b and c <= column <= d for a, b, c, d in self.merged):
            return text, "merged"
        return text, ""

    def fault_of_row(self, row: int) -> str:
        """What is wrong with a row as a whole; in Excel a cell to the right of the header moves no other."""
        fault = self.content.faults.get(row, "")
        return "" if fault == "ragged" and self.is_excel else fault
