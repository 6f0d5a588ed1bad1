"""Keyed hashes by which a row is found again in a newer export, where the hash of all its cells has changed.

A row that is gone shifts the running number of all rows below it, and a note is added in a column that nobody declared.
So a row is known by what stands in its declared columns as well; and by the number of its record, together with the one
cell that matters, where its other cells have changed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.cases.kobo import FORM, FORM_OF
from analysis.intake.pseudonyms import fold, hexadecimal, pseudonym
from analysis.intake.sheet import Sheet, row_hashes

# Between texts that are hashed together; it occurs in none of them.
_BETWEEN = "\x1f"
_DIGITS = "[0-9a-f]{16}"
_WRITTEN = re.compile(f"k({_DIGITS})?-({_DIGITS})?-({_DIGITS})?")


@dataclass(frozen=True)
class RowKeys:
    """The rows of a sheet as they were received, known by their keys.

    Parameters
    ----------
    sheet : as it was read, without corrections. columns : names of the declared columns -> their letters.
    numbers : those of them that hold the number of the record. missing : texts that mean "not stated".
    list_id : of the list; a row of another list that says the same has other keys. key : secret key, 16 characters.
    """

    sheet: Sheet
    columns: Mapping[str, str]
    numbers: Sequence[str]
    missing: Collection[str]
    list_id: str
    key: str

    @cached_property
    def contents(self) -> np.ndarray:
        """Key of what stands in the declared columns, without numbers of records and of forms; "" if not of one row."""
        return _of_one_row(self._contents)

    @cached_property
    def _contents(self) -> np.ndarray:
        names = sorted(set(self.columns) - {*self.numbers, FORM, FORM_OF}, key=fold)
        if not names:
            return np.full(len(self.sheet.rows), "", dtype=object)
        hashes = hexadecimal(row_hashes(self.sheet.table[[self.columns[name] for name in names]], self.key))
        said = _BETWEEN.join(map(fold, names))
        return self._hashed("content", [f"{said}{_BETWEEN}{each}" for each in hashes])

    @cached_property
    def records(self) -> np.ndarray:
        """Key of the number of the record; "" where none is stated, or not of one row."""
        return _of_one_row(self._hashed("record", self._numbers))

    def cells(self, name: str, places: Sequence[int] | np.ndarray) -> list[str]:
        """Keys of a column's cell in some rows, each with the number of its record; "" where that is not of one row.

        Where no column is named the row is meant as a whole: all its declared cells. Equal texts of two records have
        different keys, so that nobody can tell from them which cells say the same.
        """
        letter = self.columns.get(name, "")
        texts = np.asarray(self.sheet.table[letter].astype(object) if letter else self._contents)[list(places)]
        numbers = [self._numbers[place] if self.records[place] else "" for place in places]
        joined = [
            number and _BETWEEN.join((fold(name), number, text)) for number, text in zip(numbers, texts, strict=True)
        ]
        return list(self._hashed("cell", joined))

    def written(self, name: str, places: Sequence[int] | np.ndarray) -> list[str]:
        """The keys of some rows and of a column's cell in each, as a text that no spreadsheet takes for a number."""
        cells = self.cells(name, places)
        return [f"k{self.contents[at]}-{self.records[at]}-{cell}" for at, cell in zip(places, cells, strict=True)]

    @cached_property
    def _numbers(self) -> list[str]:
        letters = [self.columns[name] for name in self.numbers if name in self.columns]
        found = [""] * len(self.sheet.rows)
        nothing = {fold(text) for text in self.missing if not text.isalnum()}
        for letter in letters:
            cells = self.sheet.table[letter].cat
            texts = ["" if fold(text) in nothing else text.strip() for text in cells.categories]
            found = [f"{one}{_BETWEEN}{texts[code]}" for one, code in zip(found, cells.codes.tolist(), strict=True)]
        return [number if number.strip(_BETWEEN) else "" for number in found]

    def _hashed(self, purpose: str, texts: Sequence[str]) -> np.ndarray:
        return pseudonym(texts, f"{purpose}{_BETWEEN}{self.list_id}", self.key)


def _of_one_row(keys: np.ndarray) -> np.ndarray:
    """Keys, without those that several rows have: it is not known which of the rows is meant."""
    _, which, times = np.unique(keys.astype(str), return_inverse=True, return_counts=True)
    alone: np.ndarray = np.where(times[which] == 1, keys, "")
    return alone


def parts_of(written: str) -> tuple[str, str, str] | None:
    """Keys of content, record and cell in a text of `RowKeys.written`, "" for none; None for another text."""
    found = _WRITTEN.fullmatch(written)
    return (found[1] or "", found[2] or "", found[3] or "") if found else None
