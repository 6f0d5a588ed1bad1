"""Legs: what lies between two stops of a journey, and whether anything may be missing between them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.routes.journeys import Journeys, journeys
from analysis.routes.levels import countries

OBSERVED, MISSING_TRANSIT = "observed", "missing_transit"
GAPS = (OBSERVED, MISSING_TRANSIT)


def legs(stops: pd.DataFrame | Journeys) -> pd.DataFrame:
    """The legs of journeys, derived from their stops.

    Between two stops with known places that follow each other lies one leg. Detection and return are no stops of a
    route. Where a stop between the two has no known place, or is left out in `seq`, or the source does not ask for
    transit, the leg is `missing_transit`: the person went from one to the other, nobody knows by which way. It counts
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
