"""What is explored in words: one line that says what is counted, and what a filter leaves out."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis import areas, texts
from analysis.areas import Area
from analysis.cases.person_counts import PERSONS
from analysis.explorer.counts import COMPARED, Views
from analysis.explorer.records import (
    ADULTS,
    AREA,
    CHILDREN,
    CHOSEN,
    TITLES,
    YEAR,
    Records,
    Selection,
)
from analysis.explorer.table import COUNT, HIGH

TEXT = texts.of(__name__)

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
    if len(selection.area_ids) == COMPARED:
        said += _each(records, selection, views)
    left_out = [
        TEXT["whose_is_not_known"].format(count=interval(count), asked=_asked(name))
        for name, count in views.unknown.items()
        if count
    ]
    if left_out:
        several = len(left_out) > 1 or next(count for count in views.unknown.values() if count) != 1
        said += f" {listed(left_out)} {'are' if several else 'is'} left out."
    unsure = [
        TEXT["may_lie_outside"].format(count=interval(count), asked=_asked(name))
        for name, count in views.unsure.items()
    ]
    if unsure:
        said += TEXT["sentence_said"].format(unsure=listed(unsure))
    return said


def _each(records: Records, selection: Selection, views: Views) -> str:
    """How many are in each of two areas, and how many of those in both."""
    rows = views.options[AREA].set_index("label").loc[list(selection.area_ids), [COUNT, HIGH]]
    each = [
        f"{interval(row[COUNT], row[HIGH])} in {name}"
        for name, (_, row) in zip(_names(records, selection), rows.iterrows(), strict=True)
    ]
    both = rows[COUNT].sum() - views.n
    said = TEXT["of_these"].format(each=listed(each))
    return said + (TEXT["in_both"].format(both=interval(both)) if both > 0 else ".")


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
        return TEXT["these_data_tell_of_no"]
    if not len(views.by_pair):
        return TEXT["no_journey_of_these"]
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
        "from analysis.explorer import Selection, explore\n\n"
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
    said = _names(records, selection)
    return listed(said) if len(said) <= _NAMED else f"{len(said)} areas of {study.name}"


def _names(records: Records, selection: Selection) -> list[str]:
    """What the chosen areas are called."""
    column = records.columns[AREA]
    names = dict(zip(column.labels, column.shown, strict=True))
    unknown = {label for label, is_unknown in zip(column.labels, column.unknown, strict=True) if is_unknown}
    return [TEXT["an_area_that_is_not"] if each in unknown else names[each] for each in selection.area_ids]


def _who(records: Records, selection: Selection) -> list[str]:
    """Of whom, filter by filter."""
    said = []
    for name, column in CHOSEN.items():
        chosen = getattr(selection, name)
        if column == AREA or not chosen:
            continue
        known = records.columns[column]
        shown = dict(zip(known.labels, known.shown, strict=True))
        # A group that is chosen as a whole is called by its name.
        whole = {name: of for name, of in known.groups.items() if set(of) <= set(chosen)}
        grouped = {label for of in whole.values() for label in of}
        words = [*whole, *(shown[each] for each in chosen if each not in grouped)]
        says_what_it_is = column not in _WHO or set(words) <= {CHILDREN, ADULTS}
        said.append(listed(words, "or") if says_what_it_is else f"{_WHO[column]} {listed(words, 'or')}")
    return said


def _asked(name: str) -> str:
    """What a filter asks for, within a sentence."""
    return "period" if name == YEAR else TITLES[name].lower()


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words in a row: "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
