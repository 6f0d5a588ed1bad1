"""The years that all lists cover, which multiple systems estimation compares, and capture histories of these years."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from analysis import areas
from analysis.areas import Area
from analysis.cases import list_periods
from analysis.cases.list_periods import CommonPeriod, common_period
from analysis.cases.processed import load
from analysis.cases.record_linkage import NOT_STATED, capture_histories
from analysis.exhibits import record_counts
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult, attempt
from analysis.exhibits.case_records import histories_of
from analysis.exhibits.exhibit import ESTIMATE, said

NOBODY = "No list has a record of a person here; that need not mean that there is none."


def compared(place: Area) -> CommonPeriod | NoResult:
    """Return the years that all lists of the study cover, and the records of them; or why there are none."""
    found = load(place.study)
    linked = found.case_records[found.case_records["person_id"].astype(str) != ""]
    if found.histories.empty or linked.empty:
        return NoResult(why_no_histories(place), "not_linked")
    declared = found.lists.reindex(columns=["list_id", "covers_first", "covers_last"]).dropna()
    covers = {each: (int(first), int(last)) for each, first, last in declared.itertuples(index=False)}
    return attempt(common_period, linked, covers)


def why_no_histories(place: Area) -> str:
    """Return why a place has no capture histories; "" where it has some, or where that must not be told."""
    found = load(place.study)
    if found.histories.empty:
        return f"The records were not linked: {found.lists['not_linked'].max()}"
    # The records say it too, but of a place whose number is suppressed they alone do.
    return NOBODY if record_counts.total(place) == 0 else ""


def about(place: Area, period: CommonPeriod | NoResult) -> Markdown:
    """Return which years are compared, how that is known, and who is left out."""
    return said(period.reason if isinstance(period, NoResult) else in_words(place, period), ESTIMATE)


def in_words(place: Area, period: CommonPeriod) -> str:
    """Return which years are compared, how that is known, and how many persons protected tables leave out."""
    years = list_periods.spoken(period.first, period.last)
    if period.is_whole:
        return f"All lists cover {years} ({' or '.join(sorted(set(period.lists['how'])))})."
    spans = ", ".join(
        f"{row.list_id} {list_periods.spoken(row.first, row.last)} ({row.how})" for row in period.lists.itertuples()
    )
    total, inside = record_counts.total(place), seen(place)
    left_out = "(number suppressed)" if total is None or inside is None else f"{total - inside:,}"
    undated = ", or in no known year" if period.persons_undated else ""
    return (
        f"Lists are compared on the years that all of them cover, {years}: {spans}. Left out are persons who were "
        f"first detected in other years{undated}: {left_out}. A person of a year that a list does not cover cannot be "
        "on it, and would make the estimate too large."
    )


def seen(place: Area) -> int | None:
    """Return the persons on lists in the compared years, as protected tables tell it; None where they do not."""
    period = compared(place)
    if isinstance(period, NoResult) or period.is_whole:
        return record_counts.total(place)
    table = record_counts.of_place(place, "year")
    spans = table["year"].astype(str).str.extract(r"^(\d{4})(?:-(\d{4}))?$").astype("Int64")
    first, last = spans[0], spans[1].fillna(spans[0])
    inside = first.ge(period.first) & last.le(period.last)
    if not period.differing:
        inside |= table["year"].eq(NOT_STATED)
    inside, overlapping = inside.fillna(False), (first.le(period.last) & last.ge(period.first)).fillna(False)
    if (overlapping & ~inside).any():
        return None
    return record_counts.added(table.loc[inside.astype(bool), "count"])


def seen_by_stratum(place: Area) -> pd.Series:
    """Return the persons of each area of a study, or of each year of an area, that protected tables list."""
    by = "area_id" if place.is_study else "year"
    counts = record_counts.counts(place, by).set_index(by)["count"]
    period = compared(place)
    if isinstance(period, NoResult) or period.is_whole:
        return counts
    if not place.is_study:
        years = pd.to_numeric(counts.index.astype(str), errors="coerce")
        return counts[(years >= period.first) & (years <= period.last)]
    own = areas.ids(place.study)
    inside = [seen(areas.get(area_id)) if area_id in own else None for area_id in counts.index]
    return pd.Series(pd.array(inside, "Int64"), counts.index)


def histories(place: Area, by: str = "") -> pd.DataFrame | NoResult:
    """Return persons by the lists that know them, of the years that all lists cover and of all areas together.

    Parameters
    ----------
    by : ``area_id`` or ``year`` keeps these apart; left out, neither, and no list without a person.

    Returns
    -------
    DataFrame: one 0/1 column a list, count (persons), and the column `by`. Empty where there are no linked records; why
    the lists cannot be compared, where they have no year in common.
    """
    if load(place.study).histories.empty:
        return pd.DataFrame()
    period = compared(place)
    if isinstance(period, NoResult):
        return period
    if period.is_whole:
        table = histories_of(place)
    else:
        table = capture_histories(period.records, by=("area_id", "year"))
        table = table if place.is_study else table[table["area_id"] == place.area_id]
    lists = [name for name in table if name not in ("area_id", "year", "count")]
    known = [name for name in lists if (table[name] * table["count"]).any()]
    if not known:
        return pd.DataFrame()
    if not by:
        return table.groupby(known, as_index=False)["count"].sum()
    table = table.assign(**{by: table[by].replace("", "unknown")})
    return table.groupby([by, *lists], as_index=False)["count"].sum()


take_names(__name__)
