"""The period a journey lies in, and the categories by which journeys are counted.

Which period a journey lies in: one that its dates leave no doubt of, or none.

What journeys are counted by: pairs of origin and destination, observed legs, complete paths, or a trait.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounded.refusal import Refusal
from journeys.legs import groups, observed_legs
from journeys.paths import between_ends, sequences, walk_of, written
from journeys.stops import UNKNOWN, Journeys, TooFewJourneys

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


ROUTES = ("flows", "legs", "paths")


@dataclass(frozen=True, eq=False)
class Categories:
    """Units of journeys and the category that each is in.

    Parameters
    ----------
    journey, cell : of each unit, the numbers of its journey and of its category.
    names : one row a category: origin, destination; from_place, to_place; path; or the trait.
    known : of each category, whether it is known as a whole.
    lost : of each journey, how many units are not known; those of a leg or a path are in no category.
    units : of each journey, how many there are, known or not.
    seen : of legs that tell how well a category is observed: journey, cell, observed, legs (numbers of both).
    each_person_once : whether each person counts for one, however many the units; else each unit does.
    """

    journey: NDArray[np.int64]
    cell: NDArray[np.int64]
    names: pd.DataFrame
    known: NDArray[np.bool_]
    lost: NDArray[np.float64]
    units: NDArray[np.float64]
    seen: tuple[NDArray, NDArray, NDArray, NDArray]
    each_person_once: bool = True

    def observed_share(self, group: NDArray[np.int64], groups: int) -> NDArray[np.float64]:
        """Share of legs that are observed, shape (groups, categories); `group` is that of each journey."""
        journey, cell, observed, legs = self.seen
        shape = (groups, len(self.names))
        at = group[journey] * shape[1] + cell
        with np.errstate(invalid="ignore"):
            share = np.bincount(at, observed, shape[0] * shape[1]) / np.bincount(at, legs, shape[0] * shape[1])
        return share.reshape(shape)


def categories(read: Journeys, of: str) -> Categories:
    """The categories of journeys.

    Parameters
    ----------
    read : the journeys.
    of : "flows" (origin and destination; an end that is not known is "unknown"), "legs" (observed ones only), "paths"
        (only of journeys known from end to end), or the name of a trait.

    Raises
    ------
    ValueError : `of` is none of these.
    """
    if of == "legs":
        return _legs(read)
    if of == "flows":
        journey, cell, names = np.arange(len(read)), *_flows(read)
        known = (names != UNKNOWN).all(axis=1).to_numpy()
    elif of == "paths":
        journey, cell, names = _ways(read)
        known = np.ones(len(names), bool)
    elif of in read.traits:
        _, journey, cell, names = groups(read, of)
        known = (names[of] != UNKNOWN).to_numpy()
    else:
        there = ", ".join([*ROUTES, *read.traits.columns])
        raise Refusal("unknown_choice", f"Journeys cannot be counted by '{of}': choose one of {there}.")
    lost = np.ones(len(read))
    lost[journey[known[cell]]] = 0
    seen = (journey, cell, *(count[journey] for count in observed_legs(read)))
    return Categories(journey, cell, names, known, lost, np.ones(len(read)), seen)


def _flows(read: Journeys) -> tuple[NDArray[np.int64], pd.DataFrame]:
    places = len(read.places) + 1
    cell, found = pd.factorize((read.origin.astype(np.int64) + 1) * places + read.destination + 1)
    ids, ends = np.append(UNKNOWN, read.places), np.asarray(found)
    return cell, pd.DataFrame({"origin": ids[ends // places], "destination": ids[ends % places]})


def _legs(read: Journeys) -> Categories:
    to = read.arrivals
    places = max(len(read.places), 1)
    # A pair of places between which no leg is observed is a category that nobody is in.
    cell, found = pd.factorize(read.place[to - 1].astype(np.int64) * places + read.place[to])
    ids, ends, journey = np.asarray(read.places), np.asarray(found), read.journey[to]
    names = pd.DataFrame({"from_place": ids[ends // places], "to_place": ids[ends % places]})
    observed = ~read.after_gap[to]
    counts = observed_legs(read)
    seen = (journey, cell, observed.astype(float), np.ones(len(to)))
    known = np.ones(len(names), bool)
    return Categories(journey[observed], cell[observed], names, known, counts[1] - counts[0], counts[1], seen, False)


def _ways(read: Journeys) -> tuple[NDArray[np.int64], NDArray[np.int64], pd.DataFrame]:
    both = read.known_ends
    between = between_ends(read.chosen(both))
    walk = walk_of(between)
    whole = np.bincount(walk.journey, walk.after_gap, minlength=len(between)) == 0
    sequence, example = sequences(walk)
    cell, found = pd.factorize(sequence[whole])
    names = pd.DataFrame({"path": written(walk, example[found], read.places)}, dtype=object)
    return np.flatnonzero(both)[whole], cell, names
