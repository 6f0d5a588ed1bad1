"""Route mentions and events of the case data standard as stops of journeys."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from analysis.routes.journeys import ROLES

_IN_BRACKETS = re.compile(r"\s*\(.*?\)")
_RANK = {role: number for number, role in enumerate(ROLES)}
# What a report writes for a place that it does not know.
_NOWHERE = ("", "unknown")


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
        about.assign(place_id=via, role="transit").explode("place_id").query("place_id != ''"),
        about.assign(place_id=rows["destination"], role="exploitation"),
    ]
    stops = pd.concat([part.assign(row=part.index) for part in parts])
    stops["place_id"] = stops["place_id"].str.strip().mask(stops["place_id"].isin(_NOWHERE), "")
    stops = stops.sort_values("row", kind="stable", ignore_index=True)
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
    that does not decide either, they stand as they were recorded, and a number is left out between them, since no one
    knows whether one followed the other.

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
    table = events.assign(_low=low, _high=high, _rank=events["role"].map(_RANK), _row=np.arange(len(events)))
    code, _ = pd.factorize(table["journey_id"])
    pieces = [_in_order(table[code == number]) for number in range(int(code.max(initial=-1)) + 1)]
    if not pieces:
        return events.assign(seq=pd.Series(dtype=int))
    ordered = pd.concat(pieces, ignore_index=True)
    return ordered.drop(columns=["_low", "_high", "_rank", "_row"])


def _in_order(events: pd.DataFrame) -> pd.DataFrame:
    """The events of one journey, numbered; a number is left out where it is not known that one follows the other."""
    rows = events.to_dict("records")
    order: list[int] = []
    for place, event in enumerate(rows):
        placed = [rows[other] for other in order]
        # Dates come first: between the last event that ended before it began, and the first that began after it ended.
        earliest = max((k + 1 for k, other in enumerate(placed) if other["_high"] < event["_low"]), default=0)
        latest = min((k for k, other in enumerate(placed) if event["_high"] < other["_low"]), default=len(order))
        at = next((k for k in range(earliest, latest) if _before(event, placed[k])), latest)
        order.insert(at, place)
    seq, numbers = 0, []
    for position, place in enumerate(order):
        sure = position == 0 or _before(rows[order[position - 1]], rows[place])
        seq += 1 if sure else 2
        numbers.append(seq)
    return events.iloc[order].assign(seq=numbers)


def _before(one: dict, other: dict) -> bool:
    """Whether an event surely came before another: by their dates, or where these meet, by what the events are."""
    if one["_high"] < other["_low"]:
        return True
    return not other["_high"] < one["_low"] and one["_rank"] < other["_rank"]
