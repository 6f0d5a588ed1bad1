"""A sheet as a table of texts: each distinct text of a column is kept once, so that it is read, and judged, once.

A million rows then cost little more than a thousand: rules are applied to distinct texts, and rows only look them up.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest

import numpy as np
import pandas as pd

from analysis.intake.pseudonyms import fold, hexadecimal, keyed
from analysis.intake.source import Range, Rows, is_spoilt, letters

# A first cell that marks a row as a sum of those above it, in the languages of the studies.
TOTALS = (
    *("total", "totals", "subtotal", "grand total", "sum"),
    *("toplam", "toplamlar", "genel toplam", "ara toplam"),
    *("totais", "total geral", "total général", "totaux"),
    *("مجموع", "المجموع", "الإجمالي", "الاجمالي"),
)
_LONGEST_TOTAL = 40
# How a note below or between the rows begins, where it is all that a row holds.
_NOTE = re.compile(r"[*†‡]|(?:foot)?(?:note?s?|nb|notlar|nota|notas|source|kaynak|fonte)\s*:", re.IGNORECASE)
# A text in cells that are merged over so much of the width is about the list, not a value of each column.
_NEARLY_ALL = 0.75
# Signs that nobody sees: soft hyphens, joiners, marks of direction and of the order of bytes.
_UNSEEN = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
# Rows are turned into columns so many at a time.
_BLOCK = 4096
# Between the upper and the lower name of a column whose header has two rows.
BETWEEN = " / "


@dataclass(frozen=True)
class Sheet:
    """The rows of a sheet below its header; entirely empty rows are none.

    Parameters
    ----------
    name : of the sheet; "" for a CSV file.
    header : letter of a column -> its name, in the order of the sheet; "" where it has none.
    table : one categorical column of texts a letter, without signs that nobody sees.
    rows : row numbers as a spreadsheet shows them.
    hashes : keyed hash of each row's cells, 64 bits.
    formulas : letter -> which of the rows have a cell whose value a formula makes.
    faults : row number -> rule, for rows that are not as the header promises (``ragged``, ``truncated``, ``encoding``).
    spanned : whether each row is one text in cells merged over (nearly) all columns, which stands in the first of them.
    """

    name: str
    header: dict[str, str]
    table: pd.DataFrame
    rows: np.ndarray
    hashes: np.ndarray
    formulas: dict[str, np.ndarray]
    faults: dict[int, str]
    spanned: np.ndarray

    def column(self, name: str) -> str | None:
        """The letter of the column with a name, compared folded; None if there is none, or more than one."""
        exact = [letter for letter, header in self.header.items() if header == name]
        if len(exact) == 1:
            return exact[0]
        folded = fold(name)
        found = [letter for letter, header in self.header.items() if header and folded and fold(header) == folded]
        return found[0] if len(found) == 1 else None


def read(content: Rows, header: Sequence[int], key: str) -> Sheet:
    """The table of a sheet.

    Parameters
    ----------
    header : numbers of the rows that hold the names of the columns, one or more; rows above are left out.
    key : secret key of the row hashes, 16 characters.
    """
    names: list[list[str]] = []
    faults: dict[int, str] = {}
    spanned: set[int] = set()
    rows, columns = array("q"), list[_Column]()
    below = _below(content, header, names, faults, spanned)
    while block := list(islice(below, _BLOCK)):
        by_column = list(zip_longest(*(cells for _, cells in block), fillvalue=""))
        columns += [_Column(len(rows)) for _ in range(len(columns), len(by_column))]
        for place, column in enumerate(columns):
            column.extend(by_column[place] if place < len(by_column) else [""] * len(block))
        rows.extend(number for number, _ in block)
    width = max(map(len, names), default=0)
    columns += [_Column(len(rows)) for _ in range(len(columns), width)]
    # Only the very last row can be cut off; one that is short elsewhere lacks cells that were empty.
    last_row = rows[-1] if rows else 0
    faults = {row: rule for row, rule in faults.items() if rule != "truncated" or row == last_row}
    table = pd.DataFrame({letters(place): column.categorical() for place, column in enumerate(columns, start=1)})
    numbers = np.array(rows, np.int64)
    return Sheet(
        name=content.sheet,
        header=_header(names, width),
        table=table,
        rows=numbers,
        hashes=row_hashes(table, key),
        formulas=_formulas(content.formulas, numbers, len(columns)),
        faults=faults,
        spanned=np.isin(numbers, list(spanned)),
    )


def _formulas(ranges: Sequence[Range], rows: np.ndarray, width: int) -> dict[str, np.ndarray]:
    """The rows with a formula, for each column that has one."""
    single: dict[int, list[int]] = {}
    found: dict[int, np.ndarray] = {}
    for top, bottom, left, right in ranges:
        for place in range(left, min(right, width) + 1):
            if top == bottom:
                single.setdefault(place, []).append(top)
            else:
                found[place] = found.get(place, False) | ((rows >= top) & (rows <= bottom))
    for place, tops in single.items():
        found[place] = found.get(place, False) | np.isin(rows, tops)
    return {letters(place): mask for place, mask in found.items()}


def _below(
    content: Rows, header: Sequence[int], names: list[list[str]], faults: dict[int, str], spanned: set[int]
) -> Iterator[tuple[int, list[str]]]:
    """Rows below the header that are not empty.

    `names` receives the header's rows, `faults` what a row breaks, `spanned` the rows that are one merged text.
    """
    width = 0
    for number, cells in content.rows:
        if number <= max(header):
            if number in header:
                names.append(cells)
                width = max(width, len(cells))
            continue
        if not any(map(str.strip, cells)):
            continue
        if (ranges := content.merged.get(number)) and (text_once := _one_text(cells, ranges, width)):
            cells = text_once
            spanned.add(number)
        last = len(cells)
        while last > width and not cells[last - 1].strip():
            last -= 1
        if last > width:
            faults[number] = "ragged"
        if content.undecoded and any(map(is_spoilt, cells)):
            faults[number] = "encoding"
        if content.cut_off and last < width:
            faults[number] = "truncated"
        yield number, cells[:last]


def _one_text(cells: list[str], ranges: Sequence[tuple[int, int]], width: int) -> list[str]:
    """The cells of a row with the text of each merged range once, if it is a note; [] if it is a row of values.

    It is a note where a range spans nearly all columns, or where nothing stands in the row but one range.
    """
    once = list(cells)
    for first, last in ranges:
        once[first:last] = [""] * len(once[first:last])
    widest = max(last - first + 1 for first, last in ranges)
    return once if widest >= _NEARLY_ALL * width or sum(map(bool, map(str.strip, once))) == 1 else []


class _Codes(dict[str, int]):
    """The place of each text among the distinct ones, which come to be as texts are looked up."""

    def __init__(self) -> None:
        super().__init__()
        self.distinct: list[str] = []

    def __missing__(self, text: str) -> int:
        seen = visible(text)
        if seen == text:
            self[text] = len(self.distinct)
            self.distinct.append(text)
        else:
            self[text] = self[seen]
        return self[text]


class _Column:
    """Texts of a column as they come: each distinct one is kept once."""

    def __init__(self, rows_before: int) -> None:
        self.code_of = _Codes()
        self.codes = array("i", [self.code_of[""]] * rows_before if rows_before else [])

    def extend(self, texts: Sequence[str]) -> None:
        code_of = self.code_of
        self.codes.extend([code_of[text] for text in texts])

    def categorical(self) -> pd.Categorical:
        categories = pd.Index(self.code_of.distinct, dtype=object)
        return pd.Categorical.from_codes(np.array(self.codes, np.int32), categories=categories)


def visible(text: str) -> str:
    """A text without the signs in it that nobody sees, by which two equal words or dates would differ."""
    return text if text.isascii() else _UNSEEN.sub("", text)


def row_hashes(table: pd.DataFrame, key: str) -> np.ndarray:
    """Keyed hash of each row of texts, 64 bits: of all its cells, in their order."""
    hashes = np.zeros(len(table), np.uint64)
    for letter in table:
        cells = table[letter].cat
        of_distinct = keyed(np.asarray(cells.categories, dtype=object), key)
        hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + of_distinct[cells.codes.to_numpy()]
    # Sums can be taken apart again by whoever knows some rows; hashed once more they cannot.
    return keyed(hexadecimal(hashes), key)


def _header(rows: Sequence[Sequence[str]], width: int) -> dict[str, str]:
    """Names of the columns; where the header has several rows, upper and lower names are joined."""
    found = {}
    for place in range(width):
        parts = [name for row in rows if place < len(row) and (name := visible(row[place]).strip())]
        found[letters(place + 1)] = BETWEEN.join(dict.fromkeys(parts))
    return found


def total_rows(sheet: Sheet, more: Sequence[str] = ()) -> np.ndarray:
    """Return True for rows whose first filled cell says that the row is a total.

    It is one of the words; or it begins or ends with one, as Excel's own subtotals do ("Adana Toplamı"), and the row
    fills few cells.
    """
    words = {fold(word) for word in (*TOTALS, *more)} - {""}
    found, begun = np.zeros((2, len(sheet.rows)), bool)
    for letter in sheet.table:
        cells = sheet.table[letter].cat
        codes = cells.codes.to_numpy()
        # Folding is what takes time; numbers and long texts are none of these.
        folded = [fold(text) if len(text) <= _LONGEST_TOTAL and not text.isdigit() else "" for text in cells.categories]
        found |= ~begun & np.array([text in words for text in folded], bool)[codes]
        part = np.flatnonzero(~begun & np.array([_holds_total(text, words) for text in folded], bool)[codes])
        if len(part):
            found[part] |= _filled_cells(sheet, part) <= max(2, len(sheet.table.columns) // 3)
        begun |= np.array([not text.isspace() and text != "" for text in cells.categories], bool)[codes]
        if begun.all():
            break
    return found


def note_rows(sheet: Sheet) -> np.ndarray:
    """Return True for rows that are notes: one text over nearly all columns, or alone in its row and begun like one."""
    filled, begun = np.zeros(len(sheet.rows), np.int64), np.zeros(len(sheet.rows), bool)
    for letter in sheet.table:
        cells = sheet.table[letter].cat
        codes = cells.codes.to_numpy()
        texts = [text.strip() for text in cells.categories]
        filled += np.array([text != "" for text in texts], bool)[codes]
        begun |= np.array([_NOTE.match(text) is not None for text in texts], bool)[codes]
    return sheet.spanned | (begun & (filled == 1) & (len(sheet.header) > 2))


def _holds_total(text: str, words: set[str]) -> bool:
    first, last = text.partition(" ")[0], text.rpartition(" ")[2]
    return first in words or last in words or first.startswith("toplam") or last.startswith("toplam")


def _filled_cells(sheet: Sheet, places: np.ndarray) -> np.ndarray:
    """The number of cells of some rows that hold something."""
    cells = sheet.table.iloc[places].astype(object)
    return cells.map(lambda text: bool(text.strip())).to_numpy(bool).sum(axis=1)


def undeclared(sheet: Sheet, declared: Sequence[str]) -> Iterator[str]:
    """Letters of the columns that hold something and that nobody declared."""
    for letter in sheet.table:
        if letter not in declared and any(text.strip() for text in sheet.table[letter].cat.categories):
            yield letter
