"""Transit: which places ways lead through, how surely, and which pairs of origin and destination have no other way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import intervals
from analysis.routes.flows import groups, ordered
from analysis.routes.journeys import Journeys, journeys
from analysis.routes.legs import observed_legs
from analysis.routes.passed import Members, each_once, ends, may_pass, members, passed


def transit(stops: pd.DataFrame | Journeys, by: str | Sequence[str] = ()) -> pd.DataFrame:
    """Through which places persons are taken between origin and destination: one row a place that is passed.

    A place is passed by a journey that has it as a stop between its ends, whatever the stop's role; where an end is not
    known, a stop of role transit is passed too. The ends themselves are not: who is moved about within a node, or is
    brought back through it, does not pass it. A person with several journeys counts once, and passes what one of them
    passes.

    Parameters
    ----------
    stops : as ``journeys`` reads them. Give journeys between the nodes of interest (``Journeys.moved_to``).
    by : trait(s) of the journeys, as for ``flows``.

    Returns
    -------
    DataFrame, most persons first within each group: the columns of `by`; place; persons (distinct, known to pass it);
    persons_whole (those of them of whom one whole way passes it), n (persons of the group with a whole way: both ends
    and all legs between are known); share (persons_whole / n), low, high (Wilson, 95 %); n_ways (persons with a way of
    known ends, whole or not), bound_low, bound_high : the share among them if none of the ways with a missing transit,
    or all that do not begin or end there, led through it; observed_share (of the legs of the journeys that pass it).
    And what rests on the place: pairs_lost (pairs of origin and destination all of whose whole ways lead through it),
    persons_lost (persons on those ways), pairs_left (pairs that have another whole way).

    Raises
    ------
    ValueError : as ``journeys`` does; `by` names no trait.

    Notes
    -----
    `share` describes whole ways. If lists leave transit out more often where there was much of it, all ways have more:
    the bounds hold whatever the lists left out, and ``missing_transit_sensitivity`` shows what lies between. As the
    bounds are of more persons than the share is, the share may lie outside them.
    A pair is lost on record only: another way may exist that nobody has been found on.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.
    Manski, C. F. (1990). Nonparametric bounds on treatment effects. American Economic Review 80(2), 319-323.
    """
    read = journeys(stops)
    keys, row, group, values = groups(read, by)
    within = members(read, row, group, len(values))
    places = len(read.places)
    journey, place = passed(read)
    unit, member = within.of(journey, len(read))
    journey, place = journey[unit], place[unit]
    cell = within.group[member] * places + place
    whole, way = read.whole, read.known_ends

    def persons(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        return within.distinct(place[which], member[which])

    on_whole = within.by_cell(persons(whole[journey]), places)
    known = persons(way[journey])
    possible = may_pass(within, way & ~whole, known, *ends(read, way & ~whole), places)
    n, n_ways = (np.repeat(within.count(within.which(of)), places) for of in (whole, way))
    low, high = intervals.wilson(on_whole, on_whole, n)
    observed, legs = (np.bincount(cell, of[journey], minlength=len(n)) for of in observed_legs(read))
    lost, persons_lost, left = _lost(read, within, journey, place, member, whole, places)
    with np.errstate(invalid="ignore", divide="ignore"):
        table = pd.DataFrame(
            {
                "group": np.repeat(np.arange(within.groups), places),
                "place": np.tile(np.asarray(read.places, dtype=object), within.groups),
                "persons": within.by_cell(within.distinct(place, member), places),
                "persons_whole": on_whole,
                "n": n,
                "share": on_whole / n,
                "low": low,
                "high": high,
                "n_ways": n_ways,
                "bound_low": within.by_cell(known, places) / n_ways,
                "bound_high": possible / n_ways,
                "observed_share": observed / legs,
                "pairs_lost": lost,
                "persons_lost": persons_lost,
                "pairs_left": left,
            }
        )
    table = ordered(table[table["persons"] > 0], keys, values, ["place"])
    return table[[*keys, *(name for name in table if name not in (*keys, "group"))]]


def _lost(
    read: Journeys,
    within: Members,
    journey: NDArray[np.int64],
    place: NDArray[np.int64],
    member: NDArray[np.int64],
    whole: NDArray[np.bool_],
    places: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Of each group and place: pairs all of whose whole ways pass it, persons on those, and pairs that are left."""
    kept = whole[within.row]
    route = read.origin.astype(np.int64) * places + read.destination
    pair, found = pd.factorize(within.group[within.member[kept]] * places**2 + route[within.row[kept]])
    of_group = np.asarray(found) // max(places**2, 1)
    ways_of = np.bincount(pair, minlength=len(found))

    on_whole = whole[journey]
    journey, place, member = journey[on_whole], place[on_whole], member[on_whole]
    code = pd.Index(found).get_indexer(within.group[member] * places**2 + route[journey])
    passing = code * places + place
    found_passing = each_once(passing)
    which = np.searchsorted(found_passing, passing)
    all_pass = np.bincount(which, minlength=len(found_passing)) == ways_of[found_passing // max(places, 1)]
    lost_pair, lost_place = np.divmod(found_passing[all_pass], max(places, 1))
    lost = np.bincount(of_group[lost_pair] * places + lost_place, minlength=within.groups * places)
    rests = all_pass[which]
    persons = within.by_cell(within.distinct(place[rests], member[rests]), places)
    return lost, persons, np.repeat(np.bincount(of_group, minlength=within.groups), places) - lost
