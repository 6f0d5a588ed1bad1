"""The sheets of a file under judgement: which columns the mapping asks for, and which rows break which rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.cases import fields
from analysis.cases.identity import secret_key
from analysis.cases.mapping import Column, Mapping, MappingError
from analysis.cases.records import Written
from analysis.cases.rows import ERROR, SourceError
from analysis.cases.sheet import Sheet, read, total_rows
from analysis.cases.source import sheets
from analysis.catalog import shown

# How KoboToolbox numbers the forms, and points from a row of a repeat group to the form that it belongs to.
FORM, FORM_OF = "_index", "_parent_index"
# More rows than this share with bytes that the encoding does not have, and it is the declared encoding that is wrong.
_UNDECODED_SHARE = 0.05
_IDENTITY = ("record", "document", "phone", "given_name", "family_name", "full_name")


class Part:
    """A sheet under judgement: which of its rows broke which rule."""

    def __init__(self, sheet: Sheet, columns: dict[str, str], missing: Sequence[str], numbers: Sequence[str]) -> None:
        self.sheet = sheet
        self.columns = columns  # name as declared -> letter
        self.missing = missing  # texts that mean "not stated"
        self.numbers = {FORM, FORM_OF, *numbers}  # columns that number rows
        self.stated: dict[str, list[str]] = {}
        self.states: dict[str, np.ndarray] = {}
        self.broken = np.zeros(len(sheet.rows), bool)
        self.whole = np.zeros(len(sheet.rows), bool)
        self.faults: list[tuple[np.ndarray, str, str, Column]] = []

    def __len__(self) -> int:
        return len(self.sheet.rows)

    def fail(self, mask: np.ndarray, name: str, rule: str, column: Column) -> None:
        """Send rows to quarantine, unless they are there already as a whole."""
        mask = mask & ~self.whole
        if mask.any():
            self.faults.append((mask, name, rule, column))
            self.broken |= mask

    def cells(self, name: str) -> tuple[list[str], np.ndarray]:
        """Distinct texts of a column, "" for what is not stated, and which of them stands in each row."""
        cells = self.sheet.table[self.columns[name]].cat
        if name not in self.stated:
            # An error has a rule of its own.
            texts = ["" if text == ERROR else text for text in cells.categories]
            # A number of a form or a file can look like a code for "not stated": 99.
            nothing = [text for text in self.missing if name not in self.numbers or not text.isalnum()]
            self.stated[name] = fields.stated(texts, nothing)
        return self.stated[name], cells.codes.to_numpy()

    def written(self, name: str) -> Written:
        """A column as it stands, "" for what is not stated."""
        texts, codes = self.cells(name)
        if name not in self.states:
            self.states[name] = np.array([text != "" for text in texts], bool)
        return Written(texts, codes, self.states[name])

    def filled(self, name: str) -> np.ndarray:
        """Rows in which a column states anything."""
        return self.written(name).stated

    def column_name(self, column: Column) -> str:
        return next((name for name in column.names if name in self.columns), "")

    def judge_rows(self, mapping: Mapping) -> None:
        """The rules that concern a row as a whole."""
        sheet = self.sheet
        rules = np.full(len(self), "", dtype=object)
        for place in np.flatnonzero(np.isin(sheet.rows, list(sheet.faults))):
            rules[place] = sheet.faults[int(sheet.rows[place])]
        undecoded = int((rules == "encoding").sum())
        if undecoded > max(1, _UNDECODED_SHARE * len(self)):
            raise SourceError(
                "wrong_encoding",
                f"{undecoded} of {len(self)} rows hold bytes that the declared encoding does not have: "
                f"declare another `encoding:` in the mapping, such as cp1254 or cp1252.",
            )
        self._whole(rules == "encoding", "encoding")
        self._whole(total_rows(sheet, mapping.totals), "total")
        self._whole(rules == "truncated", "truncated")
        self._whole(rules == "ragged", "ragged")
        # Two rows that are equal and name nobody can be two persons.
        identified = np.zeros(len(self), bool)
        for name in _IDENTITY:
            for header in mapping.columns[name].names if name in mapping.columns else []:
                if header in self.columns:
                    identified |= self.filled(header)
        candidates = np.flatnonzero(identified & ~self.whole)
        repeated = np.zeros(len(self), bool)
        repeated[candidates] = pd.Series(sheet.hashes[candidates]).duplicated()
        self._whole(repeated, "duplicate")
        for header, letter in self.columns.items():
            if letter in sheet.formulas:
                self.fail(sheet.formulas[letter], header, "formula", Column(header))
            cells = sheet.table[letter].cat
            if ERROR in cells.categories:
                self.fail((sheet.table[letter] == ERROR).to_numpy(), header, "error", Column(header))

    def _whole(self, mask: np.ndarray, rule: str) -> None:
        self.fail(mask, "", rule, Column())
        self.whole |= mask


def open_parts(path: Path, mapping: Mapping) -> tuple[dict[str, Part], dict[str, int], int]:
    """The sheets that the mapping asks for, the numbers of all sheets, and how many of them were not asked for."""
    key = secret_key(mapping.kind)
    found = sheets(path, mapping.encoding, mapping.delimiter or None, mapping.decimal)
    numbers = {name: number for number, name in enumerate(found, start=1)}
    if mapping.kind == "confidential" and not mapping.sheet and "" not in found:
        # The name of a sheet can be a person's: what is not declared is not shown.
        raise MappingError(
            "ambiguous_sheet", f"{shown(path)} has {len(found)} sheets: name the one to read by `sheet:` under `file:`."
        )
    main = mapping.sheet or next((name for name, rows in found.items() if not rows.hidden), next(iter(found), ""))
    repeats = {"persons": mapping.persons} if mapping.persons else {}
    wanted = {"main": main, **repeats, **{stop.sheet: stop.sheet for stop in mapping.stops if stop.sheet}}
    parts = {}
    for part, name in wanted.items():
        if name not in found:
            raise MappingError(
                "unknown_sheet",
                f"{shown(path)} has no sheet '{name}'. It has {len(found)} sheets; the mapping names the one to read.",
            )
        sheet = read(found[name], mapping.header if part == "main" else (1,), key)
        if not sheet.header:
            row = " and ".join(map(str, mapping.header))
            raise MappingError(
                "missing_header", f"{shown(path)}: row {row}, where the mapping puts the header, is empty or not there."
            )
        numbers_of = mapping.columns["record"].names if "record" in mapping.columns else []
        parts[part] = Part(sheet, _letters(path, sheet, part, mapping), mapping.missing, numbers_of)
    return parts, numbers, len(found) - len(set(wanted.values()))


def _letters(path: Path, sheet: Sheet, part: str, mapping: Mapping) -> dict[str, str]:
    """Where each column stands that the mapping declares for a sheet."""
    declared = list(dict.fromkeys(_declared(part, mapping)))
    found = {name: sheet.column(name) for name in declared}
    missing = [name for name, letter in found.items() if letter is None]
    if missing:
        twice = [name for name in missing if any(name == header for header in sheet.header.values())]
        where = f"{shown(path)}{', sheet ' + sheet.name if sheet.name else ''}"
        raise MappingError(
            "missing_column",
            f"{where}: the column '{missing[0]}' of the mapping "
            + ("stands twice in the header" if twice else "is not in the header")
            + f" (row {' and '.join(map(str, mapping.header if part == 'main' else (1,)))}). "
            + (f"{len(missing) - 1} more are missing. " if len(missing) > 1 else "")
            + "Correct `header:` or `column:` in the mapping.",
        )
    return {name: letter for name, letter in found.items() if letter is not None}


def _declared(part: str, mapping: Mapping) -> Iterator[str]:
    if part == "main":
        if mapping.persons or any(stop.sheet for stop in mapping.stops):
            yield FORM
    else:
        yield FORM_OF
    for column in mapping.columns.values():
        if part == ("main" if column.of_parent or not mapping.persons else "persons"):
            yield from column.names
    for stop in mapping.stops:
        if part == (stop.sheet or ("persons" if mapping.persons else "main")):
            yield from (name for column in stop.columns for name in column.names)
