"""A selection as a long table: one row a combination of values, with how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.explorer.counts import passing
from analysis.explorer.records import (
    AREA,
    DESTINATION,
    FILTERS,
    ORIGIN,
    TITLES,
    NoSuchChoice,
    Records,
    Selection,
)
from bounded.refusal import Coded

# What a table can be by, in the order of its columns, and what each is called.
DIMENSIONS = {**{name: TITLES[name] for name in FILTERS}, ORIGIN: "From", DESTINATION: "To"}
AREA_ID, COUNT, HIGH = "area_id", "count", "high"


class Refused(Coded):
    """A table may not be taken out; the message says why, and what would help."""


@dataclass(frozen=True)
class TakenOut:
    """A table that was taken out.

    Parameters
    ----------
    path : where it stands.
    content : the same as bytes.
    table : the same as a table; a count that is suppressed is missing.
    sentence : what was taken out, and what is suppressed.
    """

    path: Path
    content: bytes
    table: pd.DataFrame
    sentence: str


def dimensions(records: Records) -> dict[str, str]:
    """What a table of a data set can be by: name -> what it is called."""
    ends = (ORIGIN, DESTINATION) if records.pairs else ()
    return {name: title for name, title in DIMENSIONS.items() if name in records.columns or name in ends}


def tabled(records: Records, selection: Selection, by: Sequence[str]) -> pd.DataFrame:
    """How many of a selection have each combination of values.

    Parameters
    ----------
    records : the data set.
    selection : what is chosen of it; a row that can lie within it is counted, as `counted` counts it.
    by : columns of the table, of `dimensions`; none: the total alone.

    Returns
    -------
    DataFrame: the columns of `by` in the order of DIMENSIONS, as words ("child, age not known", "2014-2015"), before
    ``area`` its ``area_id``; and ``count``, with ``high`` where counts are intervals. A row with several values of one
    column is counted at each of them. Combinations that nobody has are not listed.

    Raises
    ------
    NoSuchChoice : something is chosen, or asked for, that the data set does not have.
    """
    asked = in_order(records, by)
    rows = rows_of(records, selection)
    key, sizes = np.zeros(len(records) if isinstance(rows, slice) else len(rows), np.int64), []
    for name in asked:
        codes, size = _codes(records, name)
        key = key * size + codes[rows]
        sizes.append(size)
    cells, place = np.unique(key, return_inverse=True)
    found = {COUNT: _summed(records.counts, rows, place, len(cells))}
    if records.more is not None:
        found[HIGH] = found[COUNT] + _summed(records.more, rows, place, len(cells))
    table = pd.DataFrame(found)
    for name, size in zip(asked[::-1], sizes[::-1], strict=True):
        cells, table[name] = np.divmod(cells, size)
    for name in asked:
        # A pattern of several values is a row for each of them; patterns that are called alike become one.
        table = table.merge(_words(records, name), on=name).drop(columns=name).rename(columns={"value": name})
    if asked:
        table = table.groupby(list(asked), observed=True, sort=True)[list(found)].sum().reset_index()
    if AREA in asked:
        called = records.columns[AREA]
        ids = table[AREA].astype(object)
        table.insert(table.columns.get_loc(AREA), AREA_ID, ids)
        table[AREA] = ids.map(dict(zip(called.labels, called.shown, strict=True)))
    texts = {name: table[name].astype(object) for name in asked}
    whole = {name: "int64" for name in found if not (table[name] % 1).any()}
    return table.assign(**texts).astype(whole)


def in_order(records: Records, by: Sequence[str]) -> list[str]:
    """The columns of `by` in the order of a table. Raises NoSuchChoice for what the data set does not have."""
    known = dimensions(records)
    strange = [name for name in by if name not in known]
    if strange:
        raise NoSuchChoice(
            "unknown_column", f"'{records.title}' has no column '{strange[0]}'. There are: {', '.join(known)}."
        )
    return [name for name in known if name in by]


def rows_of(records: Records, selection: Selection) -> NDArray[np.intp] | slice:
    """The rows of a selection. Raises NoSuchChoice as `tabled` does."""
    chosen = selection.chosen(records)
    if not chosen:
        return slice(None)
    inside = np.ones(len(records), bool)
    for name, labels in chosen.items():
        column = records.columns[name]
        inside &= passing(column, labels)[column.codes]
    return np.flatnonzero(inside)


def _summed(
    counts: NDArray[np.float64] | None, rows: NDArray[np.intp] | slice, place: NDArray[np.intp], cells: int
) -> NDArray[np.float64]:
    return np.bincount(place, None if counts is None else counts[rows], minlength=cells).astype(float)


def _codes(records: Records, name: str) -> tuple[NDArray[np.unsignedinteger], int]:
    """The pattern of each row in one dimension, and how many patterns there are."""
    if name in (ORIGIN, DESTINATION):
        assert records.pairs is not None
        return records.pairs.codes, len(records.pairs.origin)
    column = records.columns[name]
    return column.codes, column.patterns


def _words(records: Records, name: str) -> pd.DataFrame:
    """What a table says of each pattern of a dimension, in the order of the column: the pattern, and ``value``."""
    if name in (ORIGIN, DESTINATION):
        assert records.pairs is not None
        ends, names = getattr(records.pairs, name), records.pairs.names
        said = [names.get(each, each) for each in ends]
        return _ordered(name, range(len(said)), said, sorted(set(said)))
    column = records.columns[name]
    if column.several or name == AREA:
        pattern, label = np.nonzero(column.holds)
        called = column.labels if name == AREA else column.shown
        return _ordered(name, pattern.tolist(), [called[at] for at in label], called)
    return _ordered(name, range(column.patterns), column.words, column.words)


def _ordered(name: str, patterns: Sequence[int], values: Sequence[str], order: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({name: patterns, "value": pd.Categorical(values, list(dict.fromkeys(order)))})


__all__ = ["DIMENSIONS", "Refused", "TakenOut", "dimensions", "tabled"]
