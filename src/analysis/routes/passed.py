"""Which places a way passes between its two ends, and persons counted once in each group that they are in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.routes.journeys import ROLES, Journeys

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
    only a stop of role transit is. Neither end is ever passed, also where the way leads through it again.
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
    """How many members pass each cell if all ways with a missing transit do that can: groups first.

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
    # Barred are members none of whose ways with a gap can pass.
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
