"""A selection as a long table: one row a combination of values, with how many there are; and how it is taken out.

What is explored in words: one line that says what is counted, and what a filter leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import areas
from analysis.areas import Area
from analysis.cases.person_counts import PERSONS
from analysis.explorer.counts import Views, passing
from analysis.explorer.records import (
    AREA,
    CHOSEN,
    DESTINATION,
    FILTERS,
    ORIGIN,
    TITLES,
    YEAR,
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
    table : the same as a table; a count that is withheld is missing.
    sentence : what was taken out, and what is withheld.
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


# Of more areas than these the number is said.
_NAMED = 4
_WHO = {"age_group": "age", "form": "form", "nationality": "nationality"}


def interval(low: float, high: float | None = None) -> str:
    """A count in words: 1,234; 0–4 where it is an interval."""
    if high is None or high == low:
        return f"{low:,.0f}" if float(low).is_integer() else f"{low:,.1f}"
    return f"{interval(low)}–{interval(high)}"


def counted(low: float, high: float | None, unit: str) -> str:
    """A count with its unit, which is in the plural: "1 person", "412 persons"."""
    if low == 1 and high in (None, 1):
        first, _, rest = unit.partition(" ")
        return f"1 {' '.join(filter(None, [first.removesuffix('s'), rest]))}"
    return f"{interval(low, high)} {unit}"


def counts(table: pd.DataFrame) -> list[str]:
    """The counts of a table in words, row by row."""
    high = table[HIGH] if HIGH in table else table[COUNT]
    return [interval(low, top) for low, top in zip(table[COUNT], high, strict=True)]


def period(first: int, last: int, to: str = "–") -> str:
    """Years in words: "2016–2020", or the one that it is."""
    return str(first) if first == last else f"{first}{to}{last}"


def sentence(place: Area, records: Records, selection: Selection, views: Views) -> str:
    """What is counted, where, when and of whom, and how many are left out since it is not known of them.

    Parameters
    ----------
    place : the area or study that is explored.
    records, selection, views : what `counted` has made of a selection of the records.
    """
    first, last = years(records, selection)
    detected = " detected" if records.unit == PERSONS else ""
    said = f"{counted(views.n, views.n_high, records.unit)}{detected} in {_where(records, selection)}"
    said += f", {period(first, last)}"
    who = _who(records, selection)
    said += f": {'; '.join(who)}." if who else "."
    left_out = [
        f"{interval(count)} whose {_asked(name)} is not known" for name, count in views.unknown.items() if count
    ]
    if left_out:
        several = len(left_out) > 1 or next(count for count in views.unknown.values() if count) != 1
        said += f" {listed(left_out)} {'are' if several else 'is'} left out."
    unsure = [f"{interval(count)} may lie outside the {_asked(name)}" for name, count in views.unsure.items()]
    if unsure:
        said += f" Of those counted, {listed(unsure)}."
    return said


def limits(records: Records) -> str:
    """What the data do not show; it begins with what no data here are."""
    said = records.limits.replace("`", "")
    return said if "incidence" in said else f"Not incidence. {said}"


def source(records: Records) -> str:
    """Where the data were read, and whose boundaries the map has where that must be said."""
    credit = areas.credit(records.study)
    return f"Source: {records.sources.rstrip('.')}.{f' Boundaries: {credit}.' if credit else ''}"


def pairs_note(records: Records, views: Views) -> str:
    """How many flows the list leaves out, or that there are none."""
    if records.pairs is None:
        return "These data tell of no journeys."
    if not len(views.by_pair):
        return "No journey of these is known."
    if not views.pairs_left:
        return ""
    pairs = "1 further pair" if views.pairs_left == 1 else f"{views.pairs_left:,} further pairs"
    return f"Not listed: {pairs}, {counted(views.pairs_left_count, None, records.unit)}."


def chosen(records: Records, selection: Selection, without: str = "") -> str:
    """What is chosen, for the second line of a figure, which leaves its own filter aside; empty where all is."""
    said = [] if without == AREA or not selection.area_ids else [_where(records, selection)]
    first, last = years(records, selection)
    if without != YEAR and (first, last) != tuple(records.period):
        said.append(period(first, last))
    said += _who(records, selection)
    return f"Chosen: {'; '.join(said)}." if said else ""


def python(place: Area, records: Records, selection: Selection) -> str:
    """The code that shows the same again."""
    return (
        "from analysis.explorer.widget import explore\n"
        "from analysis.explorer.records import Selection\n\n"
        f"explore({place.area_id!r}, {records.title!r}, {selection})"
    )


def years(records: Records, selection: Selection) -> tuple[int, int]:
    """The first and the last year of a selection."""
    first, last = selection.period
    return max(first, records.period[0]), min(last, records.period[1])


def _where(records: Records, selection: Selection) -> str:
    study = areas.STUDIES[records.study]
    if not selection.area_ids:
        return study.name
    column = records.columns[AREA]
    names = dict(zip(column.labels, column.shown, strict=True))
    unknown = {label for label, is_unknown in zip(column.labels, column.unknown, strict=True) if is_unknown}
    said = ["an area that is not known" if each in unknown else names[each] for each in selection.area_ids]
    return listed(said) if len(said) <= _NAMED else f"{len(said)} areas of {study.name}"


def _who(records: Records, selection: Selection) -> list[str]:
    """Of whom, filter by filter."""
    said = []
    for name, column in CHOSEN.items():
        chosen = getattr(selection, name)
        if column == AREA or not chosen:
            continue
        known = records.columns[column]
        shown = dict(zip(known.labels, known.shown, strict=True))
        words = listed([shown[each] for each in chosen], "or")
        said.append(f"{_WHO[column]} {words}" if column in _WHO else words)
    return said


def _asked(name: str) -> str:
    """What a filter asks for, within a sentence."""
    return "period" if name == YEAR else TITLES[name].lower()


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words in a row: "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
