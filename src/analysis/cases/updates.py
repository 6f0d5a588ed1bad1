"""An update of a list held against the export before it: which rows are gone, which changed and where, which are new.

Rows meet by the number of the record where both mappings declare one, and by what stands in their declared columns
otherwise. Both files are compared as they were received, without corrections; no text of a cell is in what is returned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import catalog, retention
from analysis.cases.intake import Part, judge_rows, open_parts
from analysis.cases.mapping import Column, beside, load
from analysis.cases.mapping import Mapping as Said
from analysis.catalog import plain, shown
from bounded.refusal import Coded

GONE, CHANGED, NEW = "gone", "changed", "new"
COLUMNS = ["change", "sheet", "row_before", "row", "column", "cell"]
# Rows that are no records, or repeat one: a new total is no new person.
_NO_RECORDS = ("total", "note", "duplicate")
_SHOWN = 5
# Between the texts of several columns of one field.
_BETWEEN = "\x1f"


class UpdateError(Coded):
    """Two files cannot be compared; the message says why."""


@dataclass(frozen=True)
class Comparison:
    """The rows that an update changed.

    Parameters
    ----------
    before : the older file, as shown. record : heading of the column by whose numbers rows were found; "" for none.
    left_out : fields that one mapping alone declares, which are not compared.
    as_before : number of rows that are the same in all compared fields.
    changes : one row a row that is gone or new, and a cell that changed: the columns `COLUMNS`. Rows are numbered as a
        spreadsheet shows them, `row_before` in the older file; `cell` is the address in the newer one.
    """

    before: str
    record: str
    left_out: tuple[str, ...]
    as_before: int
    changes: pd.DataFrame

    def rows(self, change: str) -> pd.DataFrame:
        """The rows that are gone, changed or new, each once."""
        found = self.changes[self.changes["change"] == change]
        return found.drop_duplicates(["sheet", "row_before", "row"])

    @property
    def words(self) -> str:
        """The same in a few lines for a terminal."""
        how = (
            f"by the numbers in '{self.record}'"
            if self.record
            else "by what stands in the declared columns, as no number of the record is declared: a row that changed "
            "counts as one gone and one new"
        )
        counts = ", ".join(f"{len(self.rows(change)):,} {change}" for change in (GONE, CHANGED, NEW))
        lines = [f"compared with {self.before}, {how}: {self.as_before:,} rows as before, {counts}"]
        if len(gone := self.rows(GONE)):
            lines.append(f"  gone: {_first('row', gone, 'row_before')} of the older file")
        changed = self.changes[self.changes["change"] == CHANGED]
        for column, cells in changed.groupby("column", sort=True):
            more = f" and {len(cells) - _SHOWN:,} more" if len(cells) > _SHOWN else ""
            lines.append(f"  changed in '{column}': {len(cells):,} ({', '.join(cells['cell'].head(_SHOWN))}{more})")
        if len(new := self.rows(NEW)):
            lines.append(f"  new: {_first('row', new, 'row')}")
        if self.left_out:
            lines.append(f"  not compared, as one mapping alone declares it: {', '.join(self.left_out)}")
        return "\n".join(lines)


def _first(word: str, rows: pd.DataFrame, column: str) -> str:
    numbers = [str(number) for number in rows[column].head(_SHOWN)]
    more = f" and {len(rows) - _SHOWN:,} more" if len(rows) > _SHOWN else ""
    return f"{word}{'' if len(rows) == 1 else 's'} {', '.join(numbers)}{more}"


def compare(before: Path, said_before: Said, after: Path, said_after: Said) -> Comparison:
    """Return what changed between two exports of a list.

    Parameters
    ----------
    before, after : the older and the newer file, as received. said_before, said_after : their mappings.

    Raises
    ------
    UpdateError : it is one file. analysis.intake.source.SourceError, analysis.cases.mapping.MappingError : one of them
        cannot be read by its mapping.
    """
    if plain(before.resolve()) == plain(after.resolve()):
        raise UpdateError(
            "same_file", f"{shown(after)} cannot be compared with itself: name the file of the older export."
        )
    older, newer = _judged(before, said_before), _judged(after, said_after)
    found: list[pd.DataFrame] = []
    as_before, record, fields = 0, "", set[str]()
    for name, part in newer.items():
        if name not in older:
            continue
        ours, theirs = _fields(part, said_after), _fields(older[name], said_before)
        common = [field for field in ours if field in theirs]
        fields |= set(common)
        same, number, changes = _compared(older[name], part, {field: (theirs[field], ours[field]) for field in common})
        found.append(changes)
        as_before, record = as_before + same, record or number
    declared = {field for said in (said_before, said_after) for field in _declared(said)}
    changes = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=COLUMNS)
    return Comparison(shown(plain(before)), record, tuple(sorted(declared - fields)), as_before, changes)


def older(named: str, mapping: Said) -> tuple[Path, Said]:
    """The older export that a list is held against, and the mapping by which it is read.

    Parameters
    ----------
    named : a file, or the name of an entry of the catalogue. mapping : of the newer export, which reads a file that has
        none of its own.

    Raises
    ------
    UpdateError : there is no such file or entry, or the entry is no list. analysis.catalog.CatalogError : its file is
        not as it was catalogued, or past its last day.
    """
    file, entry = Path(named), catalog.datasets().get(named)
    if not file.is_file() and entry is not None and entry.description_path is not None and entry.mapping:
        retention.require_file_within(entry.path)
        return catalog.verify(named), load(entry.description_path)
    if not file.is_file():
        entered = [name for name, each in catalog.datasets().items() if each.mapping and each.study == mapping.study]
        raise UpdateError(
            "missing_file",
            f"'{named}' is neither a file nor a list that is entered. Lists of {mapping.study} that are: "
            f"{', '.join(entered) or 'none'}.",
        )
    retention.require_file_within(file)
    return file, load(beside(file)) if beside(file).exists() else mapping


def _judged(path: Path, said: Said) -> dict[str, Part]:
    parts = open_parts(path, said)[0]
    judge_rows(parts, said)
    return parts


def _declared(said: Said) -> dict[str, Column]:
    """The fields of a mapping, and the stops of its journeys, by what they are called."""
    stops = {
        f"stop {number} {what}": column
        for number, stop in enumerate(said.stops, start=1)
        for what, column in (("role", stop.role), ("place", stop.place), ("date", stop.date))
        if isinstance(column, Column)
    }
    return {**said.columns, **stops}


def _fields(part: Part, said: Said) -> dict[str, list[str]]:
    """Fields whose columns stand in a sheet -> the names of these."""
    return {
        field: column.names for field, column in _declared(said).items() if all(n in part.columns for n in column.names)
    }


def _texts(part: Part, names: Sequence[str]) -> np.ndarray:
    """The texts of some columns, row by row, without what means "not stated"."""
    columns = []
    for name in names:
        texts, codes = part.cells(name)
        columns.append(np.array(texts, dtype=object)[codes])
    joined = columns[0]
    for column in columns[1:]:
        joined = joined + _BETWEEN + column
    return joined


def _table(part: Part, fields: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Row numbers and texts of the rows of a sheet that are records."""
    left_out = part.left_out.copy()
    for fault in part.faults:
        left_out |= fault.rows & (fault.rule in _NO_RECORDS)
    table = pd.DataFrame({field: _texts(part, names) for field, names in fields.items()}, dtype=object)
    return table.assign(row=part.sheet.rows)[~left_out].reset_index(drop=True)


def _compared(
    older: Part, newer: Part, fields: Mapping[str, tuple[Sequence[str], Sequence[str]]]
) -> tuple[int, str, pd.DataFrame]:
    """Rows as before, the column of their numbers, and the changes of one sheet."""
    before = _table(older, {field: names[0] for field, names in fields.items()})
    after = _table(newer, {field: names[1] for field, names in fields.items()})
    named = list(fields)
    record = fields["record"][1][0] if "record" in fields else ""
    # A number that is empty, or stands twice in a file, finds no one row: such rows meet by all that they state.
    unique = _unique(before, record) & _unique(after, record)
    by_number = [table["record"].isin(unique) if unique else table["row"] < 0 for table in (before, after)]
    pairs = before[by_number[0]].merge(after[by_number[1]], on="record", suffixes=("_before", "")) if unique else None
    changes: list[tuple[object, ...]] = []
    same = 0
    if pairs is not None:
        others = [field for field in named if field != "record"]
        differ = pd.DataFrame({field: pairs[f"{field}_before"] != pairs[field] for field in others}, index=pairs.index)
        same = int((~differ.any(axis=1)).sum()) if others else len(pairs)
        for field in others:
            for at in pairs.index[differ[field]]:
                row = pairs.loc[at]
                for column in _differing(row[f"{field}_before"], row[field], fields[field][1]):
                    cell = f"{newer.columns[column]}{row['row']}"
                    changes.append((CHANGED, newer.sheet.name, int(row["row_before"]), int(row["row"]), column, cell))
    left = [table[~mask] for table, mask in zip((before, after), by_number, strict=True)]
    gone, new, alike = _by_content(left[0], left[1], named)
    changes += [(GONE, newer.sheet.name, row, "", "", "") for row in gone]
    changes += [(NEW, newer.sheet.name, "", row, "", "") for row in new]
    return same + alike, record, pd.DataFrame(changes, columns=COLUMNS)


def _unique(table: pd.DataFrame, record: str) -> set[str]:
    """The numbers that one row of a table alone has."""
    if not record:
        return set()
    times = table["record"].value_counts()
    return set(times.index[times == 1]) - {""}


def _differing(before: str, after: str, columns: Sequence[str]) -> list[str]:
    """Those of the columns of a field whose texts differ; the first where the field has other columns now."""
    ours, theirs = after.split(_BETWEEN), before.split(_BETWEEN)
    if not len(ours) == len(theirs) == len(columns):
        return [columns[0]]
    return [name for name, one, other in zip(columns, theirs, ours, strict=True) if one != other]


def _by_content(before: pd.DataFrame, after: pd.DataFrame, fields: Sequence[str]) -> tuple[list[int], list[int], int]:
    """Rows that are gone and new, and how many are in both, each as often as it stands there."""
    keys = []
    for table in (before, after):
        content = pd.Series(
            list(map(tuple, table[list(fields)].to_numpy(dtype=object))), index=table.index, dtype=object
        )
        keys.append(list(zip(content, content.groupby(content).cumcount(), strict=True)))
    both = set(keys[0]) & set(keys[1])
    gone = [int(row) for row, key in zip(before["row"], keys[0], strict=True) if key not in both]
    new = [int(row) for row, key in zip(after["row"], keys[1], strict=True) if key not in both]
    return gone, new, len(both)
