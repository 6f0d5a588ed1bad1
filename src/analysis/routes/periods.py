"""Which period a journey lies in: one that its dates leave no doubt of, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.refusal import Refusal
from analysis.routes.journeys import UNKNOWN, Journeys
from analysis.routes.refusal import TooFewJourneys

BY_DATES = "period"
UNDATED, OUTSIDE = -1, -2
Periods = Mapping[str, tuple[object, object]] | Sequence[object]
_NEVER = np.datetime64("NaT", "D")


def in_periods(read: Journeys, by: str, periods: Periods | None) -> tuple[NDArray[np.int64], list[str]]:
    """The period of each journey.

    Parameters
    ----------
    read : the journeys.
    by : "period": their dates (date_low, date_high) or, where no journey has any, the trait year; unless there is a
        trait of this name. Else the name of a trait: of years, or of names of periods.
    periods : as ``change`` has them.

    Returns
    -------
    Numbers of periods, ``UNDATED`` where the dates do not say which, ``OUTSIDE`` where they lie in none; and the names
    of the periods, in order.

    Raises
    ------
    ValueError : `by` names no trait, or the periods are fewer than two, overlap or are not in order.
    TooFewJourneys : the journeys have no dates, or all of one year.
    """
    named = _named(read, by)
    if named is not None:
        return _by_name(named, periods)
    low, high = _dates(read, by)
    bounds = _split(low, high) if periods is None else _bounds(periods)
    code = np.where(np.isnat(low) | np.isnat(high), UNDATED, OUTSIDE)
    for number, (start, end) in enumerate(bounds.values()):
        # A journey that may have been in the period is not outside it.
        code[(low <= end) & (high >= start)] = UNDATED
        code[(low >= start) & (high <= end)] = number
    return code.astype(np.int64), list(bounds)


def _named(read: Journeys, by: str) -> pd.Series | None:
    """The trait, if it names periods; None where they follow from dates or years."""
    if by == BY_DATES and by not in read.traits:
        return None
    if by not in read.traits:
        there = ", ".join(read.traits.columns) or "none"
        raise Refusal("unknown_trait", f"The journeys have no trait '{by}' to tell periods by; they have: {there}.")
    trait = read.traits[by].astype(object)
    trait = trait.where(trait.notna() & (trait != "") & (trait != UNKNOWN))
    years = pd.to_numeric(trait, errors="coerce")
    return trait if (years.isna() & trait.notna()).any() else None


def _by_name(trait: pd.Series, periods: Periods | None) -> tuple[NDArray[np.int64], list[str]]:
    if periods is None:
        names = sorted(trait.dropna().unique(), key=str)
    elif isinstance(periods, Mapping):
        raise Refusal(
            "wrong_type", f"The trait '{trait.name}' names periods: give `periods` as a list of its values, in order."
        )
    else:
        names = list(periods)
    if len(names) < 2 or len(set(names)) < len(names):
        raise Refusal(
            "too_few_periods",
            f"A change needs two periods or more, each named once; there are: {', '.join(map(str, names))}.",
        )
    code = pd.Index(names).get_indexer(pd.Index(trait))
    code = np.where(code >= 0, code, np.where(trait.isna(), UNDATED, OUTSIDE))
    return code.astype(np.int64), [str(name) for name in names]


def _dates(read: Journeys, by: str) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    """The first and the last day that each journey may have been on; not a time where there is no bound."""
    traits = read.traits
    if (
        by == BY_DATES
        and by not in traits
        and {"date_low", "date_high"} <= set(traits)
        and traits["date_low"].notna().any()
    ):
        low, high = (traits[name].to_numpy("datetime64[D]") for name in ("date_low", "date_high"))
        return low, high
    name = "year" if by == BY_DATES and by not in traits else by
    if name not in traits or traits[name].isna().all():
        raise TooFewJourneys(
            "no_dates",
            f"None of {len(read)} journeys has a date, so that there are no periods to compare. Give the stops "
            "date_low and date_high, or the journeys a trait year, or name the trait that tells the period by `by`.",
        )
    years = pd.to_numeric(traits[name].replace([UNKNOWN, ""], np.nan).astype(object), errors="coerce")
    years = years.to_numpy(float)
    odd = np.isfinite(years) & (years % 1 != 0)
    if odd.any():
        raise Refusal(
            "not_whole_number", f"Journey {read.ids[odd][0]} has the {name} {years[odd][0]:g}: give whole years."
        )
    known = np.isfinite(years)
    first = np.full(len(years), _NEVER)
    after = first.copy()
    since = years[known].astype(int) - 1970
    first[known] = since.astype("datetime64[Y]").astype("datetime64[D]")
    after[known] = (since + 1).astype("datetime64[Y]").astype("datetime64[D]")
    return first, after - 1


def _split(low: NDArray[np.datetime64], high: NDArray[np.datetime64]) -> dict[str, tuple[np.datetime64, np.datetime64]]:
    """The first and the second half of the years there are; a middle one belongs to the first."""
    known = ~np.isnat(low) & ~np.isnat(high)
    year_low, year_high = (dates[known].astype("datetime64[Y]").astype(int) + 1970 for dates in (low, high))
    years = np.unique(year_low[year_low == year_high])
    if len(years) < 2:
        raise TooFewJourneys(
            "too_few_years",
            f"The journeys that can be dated to a year are of {len(years)} {'year' if len(years) == 1 else 'years'}: a "
            "change needs two or more. Give `periods` as ranges of dates if a year is to be divided.",
        )
    last = years[(len(years) - 1) // 2]
    first, second = year_high <= last, year_low > last
    return _bounds(
        [(int(year_low[half].min()), int(year_high[half].max())) for half in (first, second)],
    )


def _bounds(periods: Periods) -> dict[str, tuple[np.datetime64, np.datetime64]]:
    """Name -> first and last day."""
    given = list(periods.items()) if isinstance(periods, Mapping) else [("", period) for period in periods]
    found = {}
    for name, period in given:
        if isinstance(period, str) or not hasattr(period, "__iter__") or len(list(period)) != 2:
            raise Refusal(
                "invalid_period", f"A period is a first and a last date or year, such as (2014, 2018); not {period!r}."
            )
        try:
            start, end = (pd.Period(str(date)[:10]) for date in period)
        except ValueError:
            raise Refusal(
                "invalid_date", f"The period {period!r} has no dates or years, such as 2014 or '2014-03-31'."
            ) from None
        said = (
            f"{start}"
            if start == end
            else f"{start}-{end}"
            if start.freqstr[0] == end.freqstr[0] == "Y"
            else f"{start} to {end}"
        )
        days = [np.datetime64(day, "D") for day in (start.start_time, end.end_time)]
        found[name or said] = (days[0], days[1])
    follow = all(end < start for (_, end), (start, _) in pairwise(found.values()))
    if len(found) < 2 or len(found) < len(given) or not follow or any(end < start for start, end in found.values()):
        raise Refusal(
            "periods_overlap",
            "Two periods or more must follow each other without overlap, such as (2014, 2018), (2019, 2024); not "
            f"{', '.join(f'{start} to {end}' for start, end in found.values())}.",
        )
    return found
