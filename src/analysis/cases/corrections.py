"""Corrections of cells in quarantine: applied in memory, over a file that stays byte for byte as it was received.

A correction names a cell by the column and by keyed hashes of its row, as `check` wrote them, so that it is found in a
newer export, too: by all its cells, by its declared cells, or by the number of its record where the cell that is
corrected still says what it said. A correction that finds no such row is not applied, and named. Corrections lie beside
the list, ``police.corrections.xlsx`` for ``police.xlsx``, may hold names as the list does, and are treated as the list
is.
"""

from __future__ import annotations

import dataclasses
import datetime
import getpass
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.cases.row_keys import RowKeys, parts_of
from analysis.catalog import CORRECTIONS, plain, shown
from analysis.encryption import as_kept
from analysis.intake.pseudonyms import fold, hexadecimal
from analysis.intake.sheet import Sheet, visible
from analysis.intake.source import ERROR, Rows, encoding_and_delimiter, is_spoilt, letters, sheets
from analysis.spreadsheets import unguarded
from bounded.refusal import Coded

ENDINGS = (".xlsx", ".csv")
# What each line says; `by`, `note` and `when` may be left out.
COLUMNS = ("sheet", "row", "column", "correction", "by", "note", "when", "row_hash", "row_keys")
LINES = [*COLUMNS, "line"]
# What stands in place of a value: that none is stated, and that the row is to stay out.
NOT_STATED = ("-", "–", "not stated")
LEAVE_OUT = ("leave out", "leave this row out")
LOG = ["file", "sheet", "row", "column", "outcome", "by", "when"]
APPLIED, NOT_APPLIED = "applied", "not applied"
_CHANGED = f"{NOT_APPLIED}: the row has changed, or is gone, or the key of the pseudonyms is another"
_CELL = f"{NOT_APPLIED}: the row is there, and what stands in this cell of it may have changed"
_NO_COLUMN = f"{NOT_APPLIED}: it names no column of the mapping"
_LATER = f"{NOT_APPLIED}: a later line corrects the same cell"


class CorrectionsError(Coded):
    """Corrections cannot be read; the message says where, and never what stands in a cell."""


@dataclass(frozen=True)
class Applied:
    """A sheet with its corrections.

    Parameters
    ----------
    sheet : as it was read, with the corrected cells in place of those that were received; its hashes are of the latter.
    keys : of the rows as they were received.
    corrected, left_out : rows of which a cell was corrected, and rows that are to stay out.
    outcomes : line of the corrections -> row of this sheet, and what became of it, in words.
    """

    sheet: Sheet
    keys: RowKeys
    corrected: np.ndarray
    left_out: np.ndarray
    outcomes: dict[int, tuple[int, str]]


def none() -> pd.DataFrame:
    """Corrections of no cell."""
    return pd.DataFrame(columns=LINES)


def is_of_corrections(path: Path) -> bool:
    """Return whether a file holds corrections of a list, by its name."""
    return plain(path).suffix.lower() in ENDINGS and plain(path).stem.endswith(CORRECTIONS)


def name_for(file: Path) -> Path:
    """Return where the corrections of a list are kept: ``police.corrections.xlsx`` for ``police.xlsx``."""
    return file.with_name(f"{plain(file).stem}{CORRECTIONS}{ENDINGS[0]}")


def beside(file: Path) -> Path | None:
    """The corrections that lie beside a list, encrypted or not; None where there are none.

    Raises
    ------
    CorrectionsError : there are two files of them.
    """
    kept = [as_kept(name_for(file).with_suffix(ending)) for ending in ENDINGS]
    found = [path for path in kept if path.is_file()]
    if len(found) > 1:
        raise CorrectionsError(
            "ambiguous_corrections",
            f"{shown(found[0])} and {found[1].name} both hold corrections of {plain(file).name}: keep one of them.",
        )
    return found[0] if found else None


def load(path: Path, decimal: str = ".") -> pd.DataFrame:
    """The corrections that stand in a file: lines of which the cell `correction` is filled in.

    Parameters
    ----------
    path : .xlsx or CSV, encrypted or not, with the columns `row_hash` and `correction` in one of its sheets.
    decimal : sign in which numbers of an Excel file are written out, as the mapping of the list declares it.

    Returns
    -------
    DataFrame with the columns `LINES`: texts; `row` and `line` (number of the line in the file) as int, `row_hash` as
    Python int. `row_keys` can be empty: the row is then found where none of its cells has changed.

    Raises
    ------
    CorrectionsError : no sheet has these columns, a hash is damaged, or a correction is a formula or an error.
    analysis.intake.source.SourceError : the file cannot be read.
    """
    encoding, delimiter = encoding_and_delimiter(path)
    for content in sheets(path, encoding or None, delimiter or None, decimal).values():
        rows = list(content.rows)
        for at, (_, cells) in enumerate(rows):
            head = {cell.strip().lower(): place for place, cell in enumerate(cells)}
            if {"row_hash", "correction"} <= set(head):
                return _lines(path, content, rows[at + 1 :], head)
    raise CorrectionsError(
        "no_corrections",
        f"{shown(path)} has no sheet with the columns `row_hash` and `correction`: fill in the workbook that `check` "
        f"writes beside its report, and leave its other columns as they are.",
    )


def _lines(path: Path, content: Rows, rows: Sequence[tuple[int, list[str]]], head: Mapping[str, int]) -> pd.DataFrame:
    at = head["correction"] + 1
    formulas = [(top, bottom) for top, bottom, left, right in content.formulas if left <= at <= right]
    found = []
    for number, cells in rows:
        said = {name: _cell(path, cells, head.get(name)) for name in COLUMNS}
        where = f"{shown(path)}, {letters(at)}{number}"
        # A formula can show nothing.
        if said["correction"] == ERROR or any(top <= number <= bottom for top, bottom in formulas):
            raise CorrectionsError("formula", f"{where}: a formula, or an error. Type the correction as a text.")
        if not said["correction"]:
            continue
        row = int(said["row"]) if said["row"].isdecimal() else 0
        if said["row_keys"] and parts_of(said["row_keys"]) is None:
            raise _damaged("row_keys", path, number)
        found.append({**said, "row": row, "row_hash": _hash(said["row_hash"], path, number), "line": number})
    table = pd.DataFrame(found, columns=LINES, dtype=object)
    return table.astype({"row": int, "line": int})


def _cell(path: Path, cells: Sequence[str], place: int | None) -> str:
    text = visible(cells[place]).strip() if place is not None and place < len(cells) else ""
    return unguarded(text) if plain(path).suffix.lower() == ".csv" else text


def hash_text(hashes: np.ndarray) -> np.ndarray:
    """Hashes of rows as texts that no spreadsheet takes for numbers."""
    return np.array([f"h{digits}" for digits in hexadecimal(np.asarray(hashes, np.uint64))], dtype=object)


def _hash(text: str, path: Path, number: int) -> int:
    if re.fullmatch("h[0-9a-f]{16}", text):
        return int(text[1:], 16)
    raise _damaged("row_hash", path, number)


def _damaged(column: str, path: Path, number: int) -> CorrectionsError:
    return CorrectionsError(
        "invalid_hash",
        f"{shown(path)}, row {number}: `{column}` is not as the workbook of the quarantine has it, so that it is not "
        f"known which row is meant. Leave that column as it is; a line that you add takes it from another of its row.",
    )


def merged(before: pd.DataFrame, added: pd.DataFrame) -> pd.DataFrame:
    """Corrections with further ones: of two for one cell the added one counts."""
    if before.empty or added.empty:
        return added if before.empty else before
    both = pd.concat([before, added], ignore_index=True)
    kept = both.drop_duplicates(["row_hash", "row", "column"], keep="last", ignore_index=True)
    return kept.assign(line=range(2, len(kept) + 2))


def signed(lines: pd.DataFrame) -> pd.DataFrame:
    """Corrections with who made them and when, where they do not say so: whoever takes them up, today."""
    try:
        account = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a machine without names of its users
        account = ""
    today = datetime.date.today().isoformat()
    return lines.assign(by=[said or account for said in lines["by"]], when=[said or today for said in lines["when"]])


def holds(table: pd.DataFrame, others: pd.DataFrame) -> bool:
    """Return whether all of some corrections are among those of a table."""
    key = ["row_hash", "row", "column", "correction"]
    return set(others[key].itertuples(index=False, name=None)) <= set(table[key].itertuples(index=False, name=None))


def apply(keys: RowKeys, lines: pd.DataFrame) -> Applied:
    """A sheet with the corrections whose rows it has.

    Parameters
    ----------
    keys : of the sheet's rows, and the names of its declared columns. lines : as `load` gives them.

    Returns
    -------
    Applied. A row is found by its number and the hash of its cells, by that hash alone, by the key of its declared
    cells, or by that of its record where the cell to be corrected is as it was: always where one row alone has them.
    """
    sheet, columns = keys.sheet, keys.columns
    corrected, left_out = np.zeros((2, len(sheet.rows)), bool)
    outcomes: dict[int, tuple[int, str]] = {}
    cells: dict[tuple[str, int], tuple[int, str]] = {}
    names = {fold(name): name for name in columns}
    ours = lines[np.array([not each or sheet.name in ("", each) for each in lines["sheet"]], bool)]
    places, changed = _places(keys, ours, names)
    for line, place in changed.items():
        outcomes[line] = int(sheet.rows[place]), _CELL
    for each in ours.itertuples(index=False):
        if each.line not in places:
            continue
        place = places[each.line]
        row, word = int(sheet.rows[place]), each.correction.lower()
        letter = columns.get(each.column) or columns.get(names.get(fold(each.column), ""), "")
        if word in LEAVE_OUT:
            left_out[place] = True
            outcomes[each.line] = row, "row left out"
        elif not letter:
            outcomes[each.line] = row, _NO_COLUMN
        else:
            if before := cells.get((letter, place)):
                outcomes[before[0]] = row, _LATER
            cells[letter, place] = each.line, "" if word in NOT_STATED else each.correction
            corrected[place] = True
            outcomes[each.line] = row, APPLIED
    return Applied(_corrected(sheet, cells), keys, corrected, left_out, outcomes)


def _places(keys: RowKeys, lines: pd.DataFrame, names: Mapping[str, str]) -> tuple[dict[int, int], dict[int, int]]:
    """Lines -> the places of their rows; and those whose row is found by its record alone, in another cell changed."""
    found: dict[int, int] = {}
    same = _same_rows(keys.sheet, lines)
    for each in lines.itertuples(index=False):
        candidates = same.get(each.row_hash, [])
        exact = [place for place in candidates if keys.sheet.rows[place] == each.row]
        # In a newer export the same row stands elsewhere.
        if exact or len(candidates) == 1:
            found[each.line] = (exact or candidates)[0]
    left = {
        each.line: (said, each.column)
        for each in lines.itertuples(index=False)
        if each.line not in found and (said := parts_of(each.row_keys))
    }
    if not left:
        return found, {}
    of_content = {content: place for place, content in enumerate(keys.contents) if content}
    of_record = {record: place for place, record in enumerate(keys.records) if record}
    for line, ((content, _, _), _) in left.items():
        if content in of_content:
            found[line] = of_content[content]
    # What is declared as the number of the record is a running number where a row that is known has another now.
    if any(
        record and keys.records[found[line]] != record for line, ((_, record, _), _) in left.items() if line in found
    ):
        return found, {}
    changed: dict[int, int] = {}
    for line, ((_, record, cell), column) in left.items():
        if line not in found and record in of_record and cell:
            place = of_record[record]
            unchanged = keys.cells(names.get(fold(column), ""), [place]) == [cell]
            (found if unchanged else changed)[line] = place
    return found, changed


def _same_rows(sheet: Sheet, lines: pd.DataFrame) -> dict[int, list[int]]:
    """Hashes that lines name -> the places of the rows that have them."""
    named = np.array(list(set(lines["row_hash"])), np.uint64)
    found: dict[int, list[int]] = {}
    for place in np.flatnonzero(np.isin(sheet.hashes, named)).tolist():
        found.setdefault(int(sheet.hashes[place]), []).append(place)
    return found


def _corrected(sheet: Sheet, cells: Mapping[tuple[str, int], tuple[int, str]]) -> Sheet:
    if not cells:
        return sheet
    table, formulas = sheet.table.copy(), dict(sheet.formulas)
    for letter in sorted({letter for letter, _ in cells}):
        texts = np.array(table[letter].astype(object))
        places = [place for at, place in cells if at == letter]
        texts[places] = [cells[letter, place][1] for place in places]
        codes, distinct = pd.factorize(texts)
        table[letter] = pd.Categorical.from_codes(codes, categories=pd.Index(distinct, dtype=object))
        if letter in formulas:
            formulas[letter] = formulas[letter].copy()
            formulas[letter][places] = False
    faults = dict(sheet.faults)
    for place in {place for _, place in cells}:
        row = int(sheet.rows[place])
        if faults.get(row) == "encoding" and not any(map(is_spoilt, table.iloc[place])):
            del faults[row]
    return dataclasses.replace(sheet, table=table, formulas=formulas, faults=faults)


def log(
    file: str, lines: pd.DataFrame, applied: Sequence[Applied], quarantine: pd.DataFrame, columns: Collection[str]
) -> pd.DataFrame:
    """Return what became of each correction, without a value: file, sheet, row, column, outcome, by, when.

    Parameters
    ----------
    applied : to each sheet of the file. quarantine : of the file, as it is with the corrections.
    columns : that the mapping declares: any other may be a slip, and is not shown.
    """
    outcomes = {line: (each.sheet.name, *said) for each in applied for line, said in each.outcomes.items()}
    rules: dict[tuple[str, int, str], str] = {
        (at.sheet, at.row, fold(at.column)): at.rule for at in quarantine.itertuples(index=False)
    }
    declared = {fold(name): name for name in columns}
    found = []
    for each in lines.itertuples(index=False):
        sheet, row, outcome = outcomes.get(each.line, ("", each.row, _CHANGED))
        rule = rules.get((sheet, row, fold(each.column))) if outcome == APPLIED else None
        outcome += f", and the cell still breaks the rule {rule}" if rule else ""
        found.append((file, sheet, row, declared.get(fold(each.column), ""), outcome, each.by, each.when))
    return pd.DataFrame(found, columns=LOG)
