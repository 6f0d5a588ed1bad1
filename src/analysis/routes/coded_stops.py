"""Route mentions as stops of journeys."""

from __future__ import annotations

import re

import pandas as pd

from analysis.routes.journeys import NOWHERE

_IN_BRACKETS = re.compile(r"\s*\(.*?\)")


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
