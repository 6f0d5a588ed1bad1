"""Legs between two stops of a journey, and the nodes in which places lie.

Legs: what lies between two stops of a journey, and whether anything may be missing between them.

Which place lies in which: codes of places and their countries, and the nodes between which a study's routes run.

A place counts for the node it lies in, and never for one below it: "somewhere in Türkiye" is no province.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeys.stops import Journeys, journeys

OBSERVED, MISSING_TRANSIT = "observed", "missing_transit"
GAPS = (OBSERVED, MISSING_TRANSIT)


def legs(stops: pd.DataFrame | Journeys) -> pd.DataFrame:
    """The legs of journeys, derived from their stops.

    Between two stops with known places that follow each other lies one leg. Detection and return are no stops of a
    route. Where a stop between the two has no known place, or is left out in `seq`, or the source does not ask for
    transit, the leg is `missing_transit`: the person went from one to the other, nobody knows by which path. It counts
    from where to where people are taken, and never as one place next to another, a corridor or a border crossed.

    Parameters
    ----------
    stops : as ``journeys`` reads them.

    Returns
    -------
    DataFrame, one row a leg, in the order of journeys and of their stops: journey_id, leg (from 1), from_place,
    to_place, mode (as stated at the stop it leads to; "" where it is not), crossing (the border between two countries,
    "SYR>TUR"; "" within one country; missing where a transit is, or the country of an end is not known from its
    code), gap (``observed`` or ``missing_transit``). A stop in the same place as the one before makes a leg too.

    Raises
    ------
    ValueError : as ``journeys`` does.
    """
    read = journeys(stops)
    to = read.arrivals
    start, end = read.place[to - 1], read.place[to]
    journey = read.journey
    gap = read.after_gap[to].astype(np.int8)
    return pd.DataFrame(
        {
            "journey_id": read.ids.take(journey[to]),
            "leg": to - read.begin[journey[to]],
            "from_place": pd.Categorical.from_codes(start, read.places),
            "to_place": pd.Categorical.from_codes(end, read.places),
            "mode": pd.Categorical.from_codes(np.zeros(len(to), np.int8), [""]) if read.mode is None else read.mode[to],
            "crossing": _crossing(read, start, end, gap == 1),
            "gap": pd.Categorical.from_codes(gap, list(GAPS)),
        }
    )


def observed_legs(read: Journeys) -> NDArray[np.float64]:
    """Of each journey, how many of its legs are observed and how many it has, as two rows."""
    to = read.arrivals
    journey = read.journey[to]
    legs_of = np.bincount(journey, minlength=len(read))
    observed = np.bincount(journey, ~read.after_gap[to], minlength=len(read))
    return np.vstack([observed, legs_of])


def _crossing(read: Journeys, start: NDArray, end: NDArray, missing: NDArray) -> pd.Categorical:
    """The border that each leg crosses, as categories: all pairs of countries that there are."""
    country, names = pd.factorize(pd.Series(countries(read.places)).reindex(read.places).to_numpy(dtype=object))
    unknown = np.array([name == "" for name in names], bool)
    here, there = country[start], country[end]
    pairs = [""] + [f"{one}>{other}" for one in names for other in names]
    code = np.where(here == there, 0, 1 + here * len(names) + there)
    code = np.where(missing | unknown[here] | unknown[there], -1, code)
    return pd.Categorical.from_codes(code, pairs).remove_unused_categories()


ABROAD = "abroad"


# Three letters that ISO 3166-1 leaves to its users: AAA to AAZ, QMA to QZZ, XAA to XZZ, ZZA to ZZZ.
_OF_USERS = re.compile(r"AA[A-Z]|Q[M-Z][A-Z]|X[A-Z]{2}|ZZ[A-Z]")


def country_of(place_id: str) -> str:
    """The country of a place by its code, ISO 3166-1 alpha-3; "" where the code does not tell.

    Understood are countries (SYR; XKX and all codes that ISO 3166-1 leaves to its users), their subdivisions (TR-27,
    CV-PR: ISO 3166-2), and codes of a project's own that begin with those of the country (CPV-SAL).

    Parameters
    ----------
    place_id : id of a place.

    Returns
    -------
    Three letters, or "".
    """
    head = place_id.partition("-")[0]
    if len(head) == 2:
        return _alpha_3().get(head, "")
    return head if head in _countries() or _OF_USERS.fullmatch(head) else ""


@cache
def _alpha_3() -> dict[str, str]:
    import pycountry

    return {country.alpha_2: country.alpha_3 for country in pycountry.countries}


@cache
def _countries() -> frozenset[str]:
    return frozenset(_alpha_3().values())


def study_nodes(
    places: pd.DataFrame, areas: Collection[str], home: str = "", abroad: Collection[str] | None = None
) -> dict[str, str]:
    """The nodes between which the routes of a study run: its areas, the rest of its country, and countries abroad.

    Parameters
    ----------
    places : place_id, area_id (the area or other subdivision it is or lies in; "" for countries abroad).
    areas : ids of the study's areas.
    home : the country of the study (ISO 3166-1 alpha-3); "" where its areas are countries themselves.
    abroad : countries that stay nodes of their own; all others are then "abroad". None: every country stays.

    Returns
    -------
    place_id -> node: an area; "rest of TUR" for other parts of the country; `home` itself where it is not known which
    part; a country, or "abroad". Places that lie in none of these stay as they are.
    """
    found = {}
    for place, area in zip(places["place_id"], places["area_id"], strict=True):
        country = country_of(place)
        if area in areas:
            found[place] = area
        elif place == home:
            found[place] = home
        elif home and country == home:
            found[place] = f"rest of {home}"
        elif country and abroad is not None and country not in abroad:
            found[place] = ABROAD
        else:
            found[place] = country or place
    return found


def countries(nodes: Iterable[str]) -> dict[str, str]:
    """The country of each node; "rest of TUR" lies in TUR, and "" stands for what lies in none or in many."""
    return {node: country_of(node.removeprefix("rest of ")) for node in nodes}
