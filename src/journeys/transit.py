"""Transit: which places a path passes, how surely, and which pairs of origin and destination pass there.

Which places a path passes between its two ends, and persons counted once in each group that they are in.

Transit: which places paths lead through, how surely, and which pairs of origin and destination have no other path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounded import intervals
from journeys.flows import groups, ordered
from journeys.legs import observed_legs
from journeys.stops import ROLES, Journeys, journeys

_TRANSIT = ROLES.index("transit")


def each_once(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Keys in order, each once: by sorting, which takes a hundredth of the time of a hash table."""
    key = np.sort(key)
    return key[np.diff(key, prepend=-1) != 0]


def among(key: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each key is one of others, which are in order."""
    if not len(others):
        return np.zeros(len(key), bool)
    return others[np.minimum(np.searchsorted(others, key), len(others) - 1)] == key


def passed(read: Journeys) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The places that journeys pass: numbers of journeys, in order, and of places; each pair of them once.

    Between a known origin and a known destination every stop is passed, whatever its role. Where an end is not known,
    only a stop of role transit is. Neither end is ever passed, also where the path leads through it again.
    """
    journey, at = read.journey, np.arange(len(read.place))
    start, end = (of[journey] for of in read.ends)
    between = (at > start) & ((end < 0) | (at < end))
    between &= ((start >= 0) & (end >= 0)) | (read.role == _TRANSIT)
    between &= (read.place != read.origin[journey]) & (read.place != read.destination[journey])
    places = max(len(read.places), 1)
    key = each_once(journey[between] * places + read.place[between])
    return key // places, key % places


@dataclass(frozen=True, eq=False)
class Members:
    """Persons in the groups that their journeys are in: whoever is in two groups is a member of each.

    Parameters
    ----------
    row : of each time that a journey counts, its number. member : the number of the person in the group.
    group : of each member, the number of the group. groups : how many there are.
    """

    row: NDArray[np.int64]
    member: NDArray[np.int64]
    group: NDArray[np.int64]
    groups: int

    def of(self, journey: NDArray[np.int64], journeys: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """What units of journeys (legs, stops) count for: the number of each unit, and of a member, for each time.

        Parameters
        ----------
        journey : of each unit, the number of its journey, in order. journeys : how many journeys there are.
        """
        if len(self.row) == journeys and (self.row == np.arange(journeys)).all():
            return np.arange(len(journey)), self.member[journey]
        sizes = np.bincount(journey, minlength=journeys)
        begins = np.concatenate([[0], np.cumsum(sizes)])
        times = sizes[self.row]
        return np.repeat(begins[self.row] - (np.cumsum(times) - times), times) + np.arange(times.sum()), np.repeat(
            self.member, times
        )

    def which(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Of each member, whether one of their journeys is in a mask of journeys."""
        found = np.zeros(len(self.group), bool)
        found[self.member[mask[self.row]]] = True
        return found

    def count(self, found: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How many members of a mask each group has."""
        return np.bincount(self.group[found], minlength=self.groups)

    def distinct(self, cell: NDArray[np.int64], member: NDArray[np.int64]) -> NDArray[np.int64]:
        """Keys of cells and members, each once: cell = key // members, member = key % members."""
        return each_once(cell * max(len(self.group), 1) + member)

    def by_cell(self, key: NDArray[np.int64], cells: int) -> NDArray[np.int64]:
        """How many members each cell of each group has, groups first, of keys as ``distinct`` has them."""
        width = max(len(self.group), 1)
        return np.bincount(self.group[key % width] * cells + key // width, minlength=self.groups * cells)


def members(read: Journeys, row: NDArray[np.int64], group: NDArray[np.int64], groups: int) -> Members:
    """The members of groups; `row` and `group` as ``flows.groups`` has them."""
    key = group * max(read.persons, 1) + read.person[row]
    member, found = pd.factorize(key)
    return Members(row, member.astype(np.int64), np.asarray(found) // max(read.persons, 1), max(groups, 1))


def may_pass(
    within: Members,
    gap: NDArray[np.bool_],
    known: NDArray[np.int64],
    journey: NDArray[np.int64],
    cell: NDArray[np.int64],
    cells: int,
) -> NDArray[np.int64]:
    """How many members pass each cell if all paths with a missing transit do that can: groups first.

    Parameters
    ----------
    gap : of each journey, whether a transit is missing between its known ends.
    known : keys of cells and the members known to pass them, as ``Members.distinct`` has them.
    journey, cell : journeys with a gap, in order, and cells that they cannot pass; each pair once.
    cells : how many cells there are.
    """
    width = max(len(within.group), 1)
    ways_of = np.bincount(within.member[gap[within.row]], minlength=width)
    unit, member = within.of(journey, len(gap))
    key = np.sort(cell[unit] * width + member)
    first = np.flatnonzero(np.diff(key, prepend=-1))
    key, times = key[first], np.diff(first, append=len(key))
    # Barred are members none of whose paths with a gap can pass.
    barred = key[times == ways_of[key % width]]
    barred = barred[~among(barred, known)]
    sure = known[ways_of[known % width] == 0]
    open_ = np.repeat(within.count(ways_of[: len(within.group)] > 0), cells)
    return within.by_cell(sure, cells) + open_ - within.by_cell(barred, cells)


def ends(read: Journeys, mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The known ends of the journeys of a mask: numbers of journeys, in order, and of places, each pair once."""
    number = np.flatnonzero(mask)
    both = np.stack([read.origin[number], read.destination[number]], axis=1).astype(np.int64)
    kept = np.ones(both.shape, bool)
    kept[:, 1] = both[:, 0] != both[:, 1]
    return np.repeat(number, 2)[kept.ravel()], both.ravel()[kept.ravel()]


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
    persons_whole (those of them of whom one complete path passes it), n (persons of the group with a complete path:
    both ends and all legs between are known); share (persons_whole / n), low, high (Wilson, 95 %); n_paths (persons
    with a path of known ends, whole or not), bound_low, bound_high : the share among them if none of the paths with a
    missing transit, or all that do not begin or end there, led through it; observed_share (of the legs of the journeys
    that pass it). And what rests on the place: pairs_lost (pairs of origin and destination all of whose complete paths
    lead through it), persons_lost (persons on those paths), pairs_left (pairs that have another complete path).

    Raises
    ------
    ValueError : as ``journeys`` does; `by` names no trait.

    Notes
    -----
    `share` describes complete paths. If lists leave transit out more often where there was much of it, all paths have
    more: the bounds hold whatever the lists left out, and ``missing_transit_sensitivity`` shows what lies between. As
    the bounds are of more persons than the share is, the share may lie outside them.
    A pair is lost on record only: another path may exist that nobody has been found on.

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
    whole, path = read.whole, read.known_ends

    def persons(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        return within.distinct(place[which], member[which])

    on_whole = within.by_cell(persons(whole[journey]), places)
    known = persons(path[journey])
    possible = may_pass(within, path & ~whole, known, *ends(read, path & ~whole), places)
    n, n_paths = (np.repeat(within.count(within.which(of)), places) for of in (whole, path))
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
                "n_paths": n_paths,
                "bound_low": within.by_cell(known, places) / n_paths,
                "bound_high": possible / n_paths,
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
    """Of each group and place: pairs all of whose complete paths pass it, persons on those, and pairs that are left."""
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
