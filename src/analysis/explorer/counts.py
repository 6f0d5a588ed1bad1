"""A selection counted for all views at once: each view by all filters but its own, so that it shows what else there is.

A row is out for the filters that it fails. Rows that fail none are in the selection; those that fail one alone belong
to the view of that filter besides. So each filter is looked up once, whatever the number of views; and rows are counted
in blocks that stay in a processor's cache: a million rows take some twenty milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.explorer.records import (
    AREA,
    DESTINATION,
    FILTERS,
    ORIGIN,
    PAIR,
    TITLES,
    YEAR,
    Column,
    NoSuchChoice,
    Records,
    Selection,
)
from bounded.refusal import Coded

# Pairs of places that are listed; how many more there are is said.
MOST_PAIRS = 30
# Areas whose years stand beside one another: bars of more are too thin.
COMPARED = 2
# Rows that are looked at together.
_BLOCK = 2**16
# What a table can be by, in the order of its columns, and what each is called.
DIMENSIONS = {**{name: TITLES[name] for name in FILTERS}, ORIGIN: "From", DESTINATION: "To"}
AREA_ID, COUNT, HIGH = "area_id", "count", "high"


@dataclass(frozen=True, eq=False)
class Views:
    """All that is seen of one selection.

    Parameters
    ----------
    n, n_high : how many are in it, in the unit of the records; more than `n` only where counts are intervals.
    records : how many rows.
    unknown : filter -> how many it leaves out because the value is not known, who pass all others.
    unsure : filter -> how many of `n` may lie outside it: their date or age is known as an interval only.
    by_area : area_id, name, count, high; by all filters but that of areas. Areas without any have 0.
    by_period : year, count, high; by all filters but the period. `count` is certain; `high` has those that may be.
    by_pair : origin, destination, origin_name, destination_name, unknown, count, high; by all filters, the largest 30.
    pairs_left, pairs_left_count : how many pairs are not listed, and how many they are.
    options : filter -> label, shown, unknown, count, high: how many there would be if that value alone were chosen.
    groups : filter that has some -> label, count, high: the same of a group of values.
    is_interval : whether counts are intervals.
    """

    n: float
    n_high: float
    records: int
    unknown: Mapping[str, float]
    unsure: Mapping[str, float]
    by_area: pd.DataFrame
    by_period: pd.DataFrame
    by_pair: pd.DataFrame
    pairs_left: int
    pairs_left_count: float
    options: Mapping[str, pd.DataFrame]
    groups: Mapping[str, pd.DataFrame]
    is_interval: bool = False

    def as_message(self) -> dict[str, Any]:
        """The same for a page: numbers and short texts. `high` stands where it is more than the count, and only there.

        Keys: n, records, unknown, unsure, by_area (id, count), by_period (year, count), by_pair (origin, destination,
        origin_name, destination_name, unknown, count), pairs_left, pairs_left_count, options (filter ->
        value, count; groups first).
        """
        named = {"label": "value"}
        groups = {name: _as_records(table, named) for name, table in self.groups.items()}
        return {
            **_number(self.n, self.n_high, "n"),
            "records": self.records,
            "unknown": {name: _plain(count) for name, count in self.unknown.items()},
            "unsure": {name: _plain(count) for name, count in self.unsure.items()},
            "by_area": _as_records(self.by_area, {"area_id": "id"}),
            "by_period": rows_by_year(self.by_period),
            "by_pair": _as_records(
                self.by_pair, dict.fromkeys(self.by_pair.columns.drop(["count", "high"])) if len(self.by_pair) else {}
            ),
            "pairs_left": self.pairs_left,
            "pairs_left_count": _plain(self.pairs_left_count),
            "options": {
                name: [*groups.get(name, ()), *_as_records(table, named)] for name, table in self.options.items()
            },
        }


def counted(records: Records, selection: Selection) -> Views:
    """A selection, counted for all views.

    Parameters
    ----------
    records : the data set.
    selection : what is chosen of it.

    Raises
    ------
    NoSuchChoice : something is chosen that the data set does not have.
    """
    chosen = selection.chosen(records)
    found = _Found.of(records, chosen)
    columns = records.columns.items()
    options = {name: _options(column, *found.without(name)) for name, column in columns}
    groups = {name: _groups(column, *found.without(name)) for name, column in columns if column.groups}
    of_area = {label: at for at, label in enumerate(records.columns[AREA].labels)}
    there = [of_area.get(area_id, -1) for area_id in records.areas["area_id"]]
    by_pair, left, left_count = _pairs(records, found)
    return Views(
        n=found.n,
        n_high=found.n_high,
        records=found.records,
        unknown={name: found.unknown(name) for name in chosen},
        unsure={name: count for name in chosen if (count := found.unsure(name))},
        by_area=records.areas[["area_id", "name"]]
        .reset_index(drop=True)
        # An area that no row can be of is the last, which is none.
        .assign(**{name: np.append(options[AREA][name].to_numpy(), 0.0)[there] for name in ("count", "high")}),
        by_period=_by_period(records, found),
        by_pair=by_pair,
        pairs_left=left,
        pairs_left_count=left_count,
        options=options,
        groups=groups,
        is_interval=records.more is not None,
    )


def compared(records: Records, selection: Selection) -> dict[str, pd.DataFrame]:
    """Two areas, where two are chosen, each by itself: its name -> year, count, high, by all filters but the period.

    Parameters
    ----------
    records, selection : as of `counted`.

    Raises
    ------
    NoSuchChoice : something is chosen that the data set does not have.
    """
    if len(selection.area_ids) != COMPARED:
        return {}
    column = records.columns[AREA]
    called = dict(zip(column.labels, column.shown, strict=True))
    alone = {called[area_id]: replace(selection, area_ids=(area_id,)) for area_id in selection.area_ids}
    return {name: _by_period(records, _Found.of(records, each.chosen(records))) for name, each in alone.items()}


@dataclass(frozen=True, eq=False)
class _Found:
    """Numbers of rows: those that pass all filters, and those that fail one alone.

    Parameters
    ----------
    source, chosen : the data set, and the filters that leave something out.
    records : how many rows pass all filters.
    inside : column, or PAIR -> (2, patterns): how many pass all filters, at least and at most.
    outside : chosen column -> (2, patterns): how many fail its filter alone, at least and at most.
    """

    source: Records
    chosen: Mapping[str, tuple[str, ...]]
    records: int
    inside: Mapping[str, NDArray[np.float64]]
    outside: Mapping[str, NDArray[np.float64]]

    @classmethod
    def of(cls, records: Records, chosen: Mapping[str, tuple[str, ...]]) -> _Found:
        columns = records.columns
        bit = {name: np.uint8(1 << at) for at, name in enumerate(chosen)}
        failing = {
            name: np.where(passing(columns[name], labels), np.uint8(0), bit[name]) for name, labels in chosen.items()
        }
        codes = {name: column.codes for name, column in columns.items()}
        sizes = {name: column.patterns for name, column in columns.items()}
        if records.pairs:
            codes[PAIR], sizes[PAIR] = records.pairs.codes, len(records.pairs.origin)
        inside = {name: np.zeros((2, size)) for name, size in sizes.items()}
        outside = {name: np.zeros((2, sizes[name])) for name in chosen}
        passed = 0
        for start in range(0, len(records), _BLOCK):
            block = slice(start, start + _BLOCK)
            here = {name: each[block] for name, each in codes.items()}
            fails = np.zeros(len(here[YEAR]), np.uint8)
            for name, bits in failing.items():
                fails |= np.take(bits, here[name])
            rows = np.flatnonzero(fails == 0) if chosen else np.arange(len(fails))
            passed += len(rows)
            for name, found in inside.items():
                _add(found, records, here[name], block, rows)
            for name, found in outside.items():
                _add(found, records, here[name], block, np.flatnonzero(fails == bit[name]))
        return cls(records, chosen, passed, inside, outside)

    @property
    def n(self) -> float:
        return float(self.inside[YEAR][0].sum())

    @property
    def n_high(self) -> float:
        return float(self.inside[YEAR][1].sum())

    def without(self, name: str) -> NDArray[np.float64]:
        """(2, patterns) of a column: how many pass all filters but its own, at least and at most."""
        return self.inside[name] + self.outside.get(name, 0.0)

    def unknown(self, name: str) -> float:
        """The number of rows that a filter leaves out because the value is not known."""
        return float(self.outside[name][0][self.source.columns[name].not_known].sum())

    def unsure(self, name: str) -> float:
        """The number of rows that pass a filter whose value may as well be another."""
        column = self.source.columns[name]
        if column.several:
            return 0.0
        inside = np.isin(column.labels, self.chosen[name])
        open_ = (column.holds & inside).any(axis=1) & (column.holds & ~inside).any(axis=1)
        return float(self.inside[name][0][open_].sum())


def _add(
    found: NDArray[np.float64],
    records: Records,
    codes: NDArray[np.unsignedinteger],
    block: slice,
    rows: NDArray[np.intp],
) -> None:
    """Add to counts by code, at least and at most, what some rows of a block count."""
    here, size = codes[rows], found.shape[1]
    low = np.bincount(here, None if records.counts is None else records.counts[block][rows], minlength=size)
    found[0] += low
    found[1] += low if records.more is None else low + np.bincount(here, records.more[block][rows], minlength=size)


def passing(column: Column, labels: tuple[str, ...]) -> NDArray[np.bool_]:
    """(patterns,) which patterns have, or may have, any of some values."""
    return np.asarray((column.holds & np.isin(column.labels, labels)).any(axis=1))


def _options(column: Column, low: NDArray[np.float64], high: NDArray[np.float64]) -> pd.DataFrame:
    return column.values.assign(count=low @ column.holds, high=high @ column.holds)


def _groups(column: Column, low: NDArray[np.float64], high: NDArray[np.float64]) -> pd.DataFrame:
    """A row in several values of a group is counted once."""
    inside = [passing(column, labels) for labels in column.groups.values()]
    return pd.DataFrame(
        {
            "label": list(column.groups),
            "count": [low[each].sum() for each in inside],
            "high": [high[each].sum() for each in inside],
        }
    )


def _by_period(records: Records, found: _Found) -> pd.DataFrame:
    """Numbers by year, under all filters but the period: those that are certain, and with those that may be of it."""
    years = records.columns[YEAR]
    known = ~years.unknown
    low, high = found.without(YEAR)
    return pd.DataFrame(
        {
            "year": np.array(years.labels, dtype=object)[known].astype(int),
            "count": (low @ years.certain)[known],
            "high": (high @ years.holds)[known],
        }
    )


def _pairs(records: Records, found: _Found) -> tuple[pd.DataFrame, int, float]:
    """The largest pairs of places, how many pairs are left, and how many those count."""
    columns = ["origin", "destination", "origin_name", "destination_name", "unknown", "count", "high"]
    known = records.pairs
    if known is None:
        return pd.DataFrame(columns=columns), 0, 0.0
    low, high = found.inside[PAIR]
    there = np.flatnonzero(high > 0)
    # The largest first; of equal ones those that come first by their ids.
    order = there[np.lexsort((there, -high[there], -low[there]))]
    drawn, left = order[:MOST_PAIRS], order[MOST_PAIRS:]
    origin = [known.origin[at] for at in drawn]
    destination = [known.destination[at] for at in drawn]
    table = pd.DataFrame(
        {
            "origin": origin,
            "destination": destination,
            "origin_name": [known.names.get(each, each) for each in origin],
            "destination_name": [known.names.get(each, each) for each in destination],
            "unknown": [bool({a, b} & known.unknown) for a, b in zip(origin, destination, strict=True)],
            "count": low[drawn],
            "high": high[drawn],
        },
        columns=columns,
    )
    return table, len(left), float(low[left].sum())


def rows_by_year(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Counts by year for a page: year, count, and high where it is more."""
    return _as_records(table, {"year": "year"})


def _as_records(table: pd.DataFrame, named: Mapping[str, str | None]) -> list[dict[str, Any]]:
    columns = {(new or old): table[old].tolist() for old, new in named.items()}
    low, high = table["count"].tolist(), table["high"].tolist()
    return [
        {**{name: values[at] for name, values in columns.items()}, **_number(low[at], high[at])}
        for at in range(len(table))
    ]


def _number(low: float, high: float, name: str = "count") -> dict[str, Any]:
    said = {name: _plain(low)}
    return said if high == low else said | {"high" if name == "count" else f"{name}_high": _plain(high)}


def _plain(count: float) -> int | float:
    return int(count) if float(count).is_integer() else float(count)


# A selection as a long table: one row a combination of values, with how many there are.


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
    """Return what a table of a data set can be by: name -> what it is called."""
    ends = (ORIGIN, DESTINATION) if records.pairs else ()
    return {name: title for name, title in DIMENSIONS.items() if name in records.columns or name in ends}


def tabled(records: Records, selection: Selection, by: Sequence[str]) -> pd.DataFrame:
    """Return how many of a selection have each combination of values.

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
    inside = np.ones(len(records), bool)
    for name, labels in selection.chosen(records).items():
        inside &= passing(records.columns[name], labels)[records.columns[name].codes]
    rows = np.flatnonzero(inside)
    key, sizes = np.zeros(len(rows), np.int64), []
    for name in asked:
        codes, size = _codes(records, name)
        key = key * size + codes[rows]
        sizes.append(size)
    cells, place = np.unique(key, return_inverse=True)
    counts = np.ones(len(records)) if records.counts is None else records.counts
    found = {COUNT: np.bincount(place, counts[rows], minlength=len(cells))}
    if records.more is not None:
        found[HIGH] = found[COUNT] + np.bincount(place, records.more[rows], minlength=len(cells))
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


def _codes(records: Records, name: str) -> tuple[NDArray[np.unsignedinteger], int]:
    """The pattern of each row in one dimension, and how many patterns there are."""
    if name in (ORIGIN, DESTINATION):
        assert records.pairs is not None
        return records.pairs.codes, len(records.pairs.origin)
    column = records.columns[name]
    return column.codes, column.patterns


def _words(records: Records, name: str) -> pd.DataFrame:
    """The words of a table for each pattern of a dimension, in the order of the column: the pattern, and ``value``."""
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
