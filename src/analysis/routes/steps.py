"""Steps: journeys laid side by side by their stops, from the origin to where persons are exploited."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.routes.journeys import UNKNOWN, Journeys, journeys
from analysis.routes.legs import GAPS
from analysis.routes.shares import one_each

# Stops between the ends that are laid out; a further one counts as a transit that is not known.
MOST = 4


def steps(stops: pd.DataFrame | Journeys) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The legs of journeys by the step at which they are gone, each person counting for one.

    The first layer is the origin, the last the place of exploitation; the first four stops between stand in their
    order, and a link over further ones is "missing_transit". An end that is not known stands as "unknown", so that each
    person is in the first layer and in the last.

    Parameters
    ----------
    stops : as ``journeys`` reads them.

    Returns
    -------
    links : one row a link, most persons first: from_layer, from_place, to_layer, to_place, gap ("observed" or
        "missing_transit"; a link from or to an end that is not known says "observed" too, though it is no leg, and
        claims nothing of what lies between), persons (a person with several journeys is shared out among them).
    layers : what each layer is: "Origin", "Stop 1", ..., "Exploitation".

    Raises
    ------
    ValueError : as ``journeys`` does.
    """
    read = journeys(stops)
    journey = read.journey
    at = np.arange(len(journey))
    first, last = read.ends
    # Stops of each journey from its origin to its destination; an end that is not known leaves that side open.
    begins, ends = np.where(first < 0, -1, first), np.where(last < 0, len(journey), last)
    between = (at > begins[journey]) & (at < ends[journey])
    before = np.concatenate([[0], np.cumsum(between)])
    rank = before[1:] - before[read.begin[:-1]][journey]
    depth = int(min(rank[between].max(initial=0), MOST))
    layer = np.where(between & (rank <= MOST), rank, -1)
    layer[first[first >= 0]], layer[last[last >= 0]] = 0, depth + 1

    shown = np.flatnonzero(layer >= 0)
    left_out = between & (rank > MOST)
    gaps = np.cumsum(read.after_gap + left_out.astype(int))[shown]
    follows = np.flatnonzero(np.diff(journey[shown]) == 0)
    here, there = shown[follows], shown[follows + 1]
    missing = np.diff(gaps)[follows] > 0
    # The first and the last stop that are shown of each journey; where it has none, from unknown to unknown.
    outer = np.full((2, len(read)), -1)
    outer[0, journey[shown][::-1]], outer[1, journey[shown]] = shown[::-1], shown
    lost = [np.flatnonzero(first < 0), np.flatnonzero((last < 0) & (outer[1] >= 0))]

    def place_of(stop: NDArray) -> NDArray:
        return np.append(read.place, -1)[stop]

    def layer_of(stop: NDArray, otherwise: int) -> NDArray:
        return np.append(layer, otherwise)[stop]

    parts: list[tuple[NDArray, Any, Any, Any, Any, Any]] = [
        (journey[here], layer[here], read.place[here], layer[there], read.place[there], missing),
        (lost[0], 0, -1, layer_of(outer[0][lost[0]], depth + 1), place_of(outer[0][lost[0]]), False),
        (lost[1], layer_of(outer[1][lost[1]], 0), place_of(outer[1][lost[1]]), depth + 1, -1, False),
    ]
    weight, places, layers = one_each(read.person), len(read.places) + 1, depth + 2
    shape = (layers, places, layers, places, 2)
    keys, persons = [], []
    for of, start, origin, end, destination, gap in parts:
        fields = np.broadcast_arrays(start, np.add(origin, 1), end, np.add(destination, 1), np.asarray(gap, int), of)
        keys.append(np.ravel_multi_index(fields[:-1], shape))
        persons.append(weight[of])
    code, found = pd.factorize(np.concatenate(keys))
    start, origin, end, destination, gap = np.unravel_index(found, shape)
    names = np.append(UNKNOWN, read.places)
    links = pd.DataFrame(
        {
            "from_layer": start,
            "from_place": names[origin],
            "to_layer": end,
            "to_place": names[destination],
            "gap": np.array(GAPS)[gap],
            "persons": np.bincount(code, np.concatenate(persons), minlength=len(found)),
        }
    )
    order = ["from_layer", "from_place", "to_layer", "to_place", "gap"]
    links = links.sort_values(["persons", *order], ascending=[False, *[True] * 5], ignore_index=True)
    return links, ("Origin", *(f"Stop {number}" for number in range(1, depth + 1)), "Exploitation")
