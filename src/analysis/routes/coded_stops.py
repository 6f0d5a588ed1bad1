"""Route mentions and events of the case data standard as stops of journeys."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.routes.journeys import NO_ROUTE_STOPS, NOWHERE, ROLES

_IN_BRACKETS = re.compile(r"\s*\(.*?\)")
_RANK = {role: number for number, role in enumerate(ROLES)}
_NO_ROUTE = [_RANK[role] for role in NO_ROUTE_STOPS]
# First and last day an event may have had, and what it was.
Event = tuple[float, float, int]
_LOW, _HIGH, _AS = range(3)


def mention_stops(mentions: pd.DataFrame) -> pd.DataFrame:
    """Coded route mentions as stops: one journey a pair of origin and destination that a sentence names.

    A sentence that names a place on the way does not say that nothing lies before or after it, and of several it does
    not say in which order they are passed. All legs of these journeys are therefore `missing_transit`: they count from
    where to where, and each place that is named counts as passed.

    Parameters
    ----------
    mentions : mention_id, report_year, origin, transit (several separated by ";"; what stands in brackets is a place
        within), destination (codes of countries or names of regions; "unknown" or "": not named), and what else
        describes the mention (victims, form, source_id).

    Returns
    -------
    DataFrame, as ``journeys`` reads it: journey_id ("12-1": the first pair of mention 12), person_id (the mention: the
    unit of all counts is a sentence, and never a person), seq, place_id, role, transit_asked (False), year (of the
    report), and the other columns of `mentions`.
    """
    rows = mentions.reset_index(drop=True)
    number = rows.groupby("mention_id").cumcount() + 1
    kept = [name for name in rows.columns if name not in ("origin", "transit", "destination", "report_year")]
    about = rows[kept].assign(
        journey_id=rows["mention_id"].astype(str) + "-" + number.astype(str),
        person_id=rows["mention_id"].astype(str),
        year=rows["report_year"],
        transit_asked=False,
    )
    via = rows["transit"].fillna("").str.replace(_IN_BRACKETS, "", regex=True).str.split(";")
    parts = [
        about.assign(place_id=rows["origin"], role="origin"),
        about.assign(place_id=via, role="transit").explode("place_id"),
        about.assign(place_id=rows["destination"], role="exploitation"),
    ]
    stops = pd.concat([part.assign(row=part.index) for part in parts])
    place = stops["place_id"].fillna("").str.strip()
    stops["place_id"] = place.mask(place.isin(NOWHERE), "")
    named = (stops["place_id"] != "") | (stops["role"] != "transit")
    stops = stops[named].sort_values("row", kind="stable", ignore_index=True)
    stops["seq"] = stops.groupby("journey_id").cumcount() + 1
    first = ["journey_id", "person_id", "seq", "place_id", "role", "transit_asked", "year"]
    return stops[[*first, *kept]]


def event_stops(events: pd.DataFrame) -> pd.DataFrame:
    """Trafficking events of the Human Trafficking Case Data Standard as stops, in the order of their dates.

    Parameters
    ----------
    events : one row an event: journey_id (of the case or the person's record), role (hte_Type in small letters:
        recruitment, transit, exploitation, or another of ``ROLES``), place_id (hte_City, hte_State or hte_Country: the
        finest that is known; "" if none is), date_low, date_high (of hte_Date, an interval; missing: not known). Other
        columns are kept.

    Returns
    -------
    DataFrame, as ``journeys`` reads it: the columns of `events` and seq. Events whose intervals of dates do not meet
    stand in the order of time. Those whose intervals meet, or that have no date, stand in the order of ``ROLES``; where
    that does not decide either, they stand as they were recorded. A number is left out between two events of which no
    one knows whether the one followed straight on the other, since a third may have come between them.

    Raises
    ------
    ValueError : a column is missing, a role is not one of ``ROLES``, or date_low is after date_high; the row is named.
    """
    absent = [name for name in ("journey_id", "role", "place_id", "date_low", "date_high") if name not in events]
    if absent:
        raise ValueError(f"The events lack the column {absent[0]}.")
    strange = ~events["role"].isin(ROLES)
    if strange.any():
        where = events.index[strange][0]
        raise ValueError(
            f"Row {where}: '{events.at[where, 'role']}' is no role of a stop: use one of {', '.join(ROLES)}."
        )
    low, high = (pd.to_datetime(events[name]) for name in ("date_low", "date_high"))
    if (low > high).any():
        raise ValueError(f"Row {events.index[low > high][0]}: date_low is after date_high.")
    ranks = events["role"].astype(object).map(_RANK)
    told = list(zip(*(_seconds(column).tolist() for column in (low, high)), ranks.tolist(), strict=True))
    code, _ = pd.factorize(events["journey_id"])
    rows: list[int] = []
    seq: list[int] = []
    by_journey = np.argsort(code, kind="stable")
    for places in np.split(by_journey, np.flatnonzero(np.diff(code[by_journey])) + 1) if len(code) else []:
        order = _in_order([told[place] for place in places])
        rows += places[order].tolist()
        seq += _numbers([told[place] for place in places[order]])
    return events.iloc[rows].assign(seq=np.array(seq, np.int64)).reset_index(drop=True)


def _seconds(dates: pd.Series) -> NDArray[np.float64]:
    """Dates as numbers, NaN where there is none: as with these, nothing is before or after it."""
    return np.where(dates.isna(), np.nan, dates.to_numpy("datetime64[s]").astype(np.int64))


def _in_order(events: list[Event]) -> list[int]:
    """The order of the events of one journey, as places in the list."""
    order: list[int] = []
    for place, event in enumerate(events):
        placed = [events[other] for other in order]
        # Dates come first: between the last event that ended before it began, and the first that began after it ended.
        earliest = max((k + 1 for k, other in enumerate(placed) if other[_HIGH] < event[_LOW]), default=0)
        latest = min((k for k, other in enumerate(placed) if event[_HIGH] < other[_LOW]), default=len(order))
        at = next((k for k in range(earliest, latest) if _before(event, placed[k])), latest)
        order.insert(at, place)
    return order


def _numbers(events: list[Event]) -> list[int]:
    """Numbers of events in their order; one is left out where something else may have come between two of them."""
    numbers = [1]
    stops = [event[_AS] not in _NO_ROUTE for event in events]
    for at in range(1, len(events)):
        one, other = events[at - 1], events[at]
        sure = (
            _before(one, other)
            and all(_before(event, one) for event, stop in zip(events[: at - 1], stops, strict=False) if stop)
            and all(
                _before(other, event) for event, stop in zip(events[at + 1 :], stops[at + 1 :], strict=True) if stop
            )
        )
        numbers.append(numbers[-1] + (1 if sure else 2))
    return numbers


def _before(one: Event, other: Event) -> bool:
    """Whether an event surely came before another: by their dates, or where these meet, by what the events are."""
    if one[_HIGH] < other[_LOW]:
        return True
    return not other[_HIGH] < one[_LOW] and one[_AS] < other[_AS]
