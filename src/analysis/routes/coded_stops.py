"""Route mentions and events of the case data standard as stops of journeys."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.refusal import Refusal
from analysis.routes.journeys import NO_ROUTE_STOPS, NOWHERE, ROLES

_IN_BRACKETS = re.compile(r"\s*\(.*?\)")
_RANK = {role: number for number, role in enumerate(ROLES)}
_NO_ROUTE = [_RANK[role] for role in NO_ROUTE_STOPS]


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
    that does not decide either, or contradicts the dates, they stand as they were recorded. A number is left out
    between two events of which no one knows whether the one followed straight on the other, since a third may have
    come between them.

    Raises
    ------
    ValueError : a column is missing, a role is not one of ``ROLES``, or date_low is after date_high; the row is named.
    """
    absent = [name for name in ("journey_id", "role", "place_id", "date_low", "date_high") if name not in events]
    if absent:
        raise Refusal("missing_column", f"The events lack the column {absent[0]}.")
    strange = ~events["role"].isin(ROLES)
    if strange.any():
        row, role = events.index[strange][0], events["role"][strange].iloc[0]
        raise Refusal("unknown_role", f"Row {row}: '{role}' is no role of a stop: use one of {', '.join(ROLES)}.")
    low, high = (pd.to_datetime(events[name]) for name in ("date_low", "date_high"))
    if (low > high).any():
        raise Refusal("dates_reversed", f"Row {events.index[low > high][0]}: date_low is after date_high.")
    times = np.column_stack([_seconds(low), _seconds(high)])
    rank = events["role"].astype(object).map(_RANK).to_numpy(np.int64)
    code, _ = pd.factorize(events["journey_id"])
    by_journey = np.argsort(code, kind="stable")
    rows, seq = [by_journey[:0]], [by_journey[:0]]
    for places in np.split(by_journey, np.flatnonzero(np.diff(code[by_journey])) + 1) if len(code) else []:
        order, numbers = _in_order(times[places, 0], times[places, 1], rank[places])
        rows.append(places[order])
        seq.append(numbers)
    return events.iloc[np.concatenate(rows)].assign(seq=np.concatenate(seq)).reset_index(drop=True)


def _seconds(dates: pd.Series) -> NDArray[np.float64]:
    """Dates as numbers, NaN where there is none: nothing is before or after it."""
    return np.where(dates.isna(), np.nan, dates.to_numpy("datetime64[s]").astype(np.int64))


def _in_order(low: NDArray, high: NDArray, rank: NDArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The order of the events of a journey, and their numbers, of which some are left out."""
    by_date = high[:, None] < low
    before = by_date | (~by_date.T & (rank[:, None] < rank))
    for between in range(len(rank)):
        before |= before[:, between, None] & before[between]
    # Dates and roles may run in a circle: exploited, recruited again, and a transit without a date.
    before &= ~before.T
    order = np.lexsort((by_date.sum(axis=0), before.sum(axis=0)))
    # A stop follows straight on the one before it if these are in order, and every other lies before or after both.
    at = np.flatnonzero(~np.isin(rank[order], _NO_ROUTE))
    one, other = order[at[:-1]], order[at[1:]]
    apart = before[:, one] | before[other].T
    apart[one, np.arange(len(one))] = apart[other, np.arange(len(one))] = True
    sure = before[one, other] & apart[order[at]].all(axis=0)
    step = np.ones(len(order), np.int64)
    step[at[1:][~sure]] = 2
    return order, np.cumsum(step)
