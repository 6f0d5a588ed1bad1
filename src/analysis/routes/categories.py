"""What journeys are counted by: pairs of origin and destination, observed legs, whole ways, or a trait."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.refusal import Refusal
from analysis.routes.flows import groups
from analysis.routes.journeys import UNKNOWN, Journeys
from analysis.routes.legs import observed_legs
from analysis.routes.walks import between_ends, sequences, walk_of, written

ROUTES = ("flows", "legs", "ways")


@dataclass(frozen=True, eq=False)
class Categories:
    """Units of journeys and the category that each is in.

    Parameters
    ----------
    journey, cell : of each unit, the numbers of its journey and of its category.
    names : one row a category: origin, destination; from_place, to_place; way; or the trait.
    known : of each category, whether it is known as a whole.
    lost : of each journey, how many units are not known; those of a leg or a way are in no category.
    units : of each journey, how many there are, known or not.
    seen : of legs that tell how well a category is observed: journey, cell, observed, legs (numbers of both).
    each_person_once : whether each person counts for one, however many the units; else each unit does.
    """

    journey: NDArray[np.int64]
    cell: NDArray[np.int64]
    names: pd.DataFrame
    known: NDArray[np.bool_]
    lost: NDArray[np.float64]
    units: NDArray[np.float64]
    seen: tuple[NDArray, NDArray, NDArray, NDArray]
    each_person_once: bool = True

    def observed_share(self, group: NDArray[np.int64], groups: int) -> NDArray[np.float64]:
        """Share of legs that are observed, shape (groups, categories); `group` is that of each journey."""
        journey, cell, observed, legs = self.seen
        shape = (groups, len(self.names))
        at = group[journey] * shape[1] + cell
        with np.errstate(invalid="ignore"):
            share = np.bincount(at, observed, shape[0] * shape[1]) / np.bincount(at, legs, shape[0] * shape[1])
        return share.reshape(shape)


def categories(read: Journeys, of: str) -> Categories:
    """The categories of journeys.

    Parameters
    ----------
    read : the journeys.
    of : "flows" (origin and destination; an end that is not known is "unknown"), "legs" (observed ones only), "ways"
        (only of journeys known from end to end), or the name of a trait.

    Raises
    ------
    ValueError : `of` is none of these.
    """
    if of == "legs":
        return _legs(read)
    if of == "flows":
        journey, cell, names = np.arange(len(read)), *_flows(read)
        known = (names != UNKNOWN).all(axis=1).to_numpy()
    elif of == "ways":
        journey, cell, names = _ways(read)
        known = np.ones(len(names), bool)
    elif of in read.traits:
        _, journey, cell, names = groups(read, of)
        known = (names[of] != UNKNOWN).to_numpy()
    else:
        there = ", ".join([*ROUTES, *read.traits.columns])
        raise Refusal("unknown_choice", f"Journeys cannot be counted by '{of}': choose one of {there}.")
    lost = np.ones(len(read))
    lost[journey[known[cell]]] = 0
    seen = (journey, cell, *(count[journey] for count in observed_legs(read)))
    return Categories(journey, cell, names, known, lost, np.ones(len(read)), seen)


def _flows(read: Journeys) -> tuple[NDArray[np.int64], pd.DataFrame]:
    places = len(read.places) + 1
    cell, found = pd.factorize((read.origin.astype(np.int64) + 1) * places + read.destination + 1)
    ids, ends = np.append(UNKNOWN, read.places), np.asarray(found)
    return cell, pd.DataFrame({"origin": ids[ends // places], "destination": ids[ends % places]})


def _legs(read: Journeys) -> Categories:
    to = read.arrivals
    places = max(len(read.places), 1)
    # A pair of places between which no leg is observed is a category that nobody is in.
    cell, found = pd.factorize(read.place[to - 1].astype(np.int64) * places + read.place[to])
    ids, ends, journey = np.asarray(read.places), np.asarray(found), read.journey[to]
    names = pd.DataFrame({"from_place": ids[ends // places], "to_place": ids[ends % places]})
    observed = ~read.after_gap[to]
    counts = observed_legs(read)
    seen = (journey, cell, observed.astype(float), np.ones(len(to)))
    known = np.ones(len(names), bool)
    return Categories(journey[observed], cell[observed], names, known, counts[1] - counts[0], counts[1], seen, False)


def _ways(read: Journeys) -> tuple[NDArray[np.int64], NDArray[np.int64], pd.DataFrame]:
    both = read.known_ends
    between = between_ends(read.chosen(both))
    walk = walk_of(between)
    whole = np.bincount(walk.journey, walk.after_gap, minlength=len(between)) == 0
    sequence, example = sequences(walk)
    cell, found = pd.factorize(sequence[whole])
    names = pd.DataFrame({"way": written(walk, example[found], read.places)}, dtype=object)
    return np.flatnonzero(both)[whole], cell, names
