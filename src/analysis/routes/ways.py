"""Ways that many persons went: whole ways from origin to destination, and the corridors that different ways share."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import intervals
from analysis.refusal import Refusal
from analysis.routes.journeys import Journeys, journeys
from analysis.routes.shares import clustered_shares, one_each, persons_of
from analysis.routes.walks import NEXT, Walk, between_ends, sequences, walk_of, written

# Fewer persons than this make no corridor: two may be one family.
SUPPORT = 3


def ways(stops: pd.DataFrame | Journeys) -> pd.DataFrame:
    """The ways of journeys from their origin to their destination, stop by stop.

    Places that follow on themselves are one stop, so that a way through two municipalities of an area passes the area
    once; a way that never leaves its node is written from the node to itself.

    Parameters
    ----------
    stops : as ``journeys`` reads them. Journeys of which an end is not known have no way from end to end; stops before
        the origin or after the destination are on none.

    Returns
    -------
    DataFrame, most persons first: way ("SYR>TR-79>TR-27"; "SYR>?>TR-27" where a transit is missing), origin,
    destination, stops (number of known ones), gap ("observed" or "missing_transit"), persons (distinct), journeys, n
    (persons with a whole observed way), share, low, high (of these persons, each counting for one; 95 %; missing
    where the way is not known), persons_at_most (with those between the same ends by a way that is not known: of whom
    an end is not known is not among them),
    observed_share (of the persons between these ends, those whose way is known).

    Raises
    ------
    ValueError : as ``journeys`` does.
    """
    read = journeys(stops)
    read = between_ends(read.chosen(read.known_ends))
    walk = walk_of(read)
    code, example = sequences(walk)
    gaps = np.bincount(walk.journey, walk.after_gap, minlength=len(read)) > 0
    every = clustered_shares(code, read.person, one_each(read.person), cells=len(example))
    # The whole of these shares are persons with a whole way.
    whole = clustered_shares(code[~gaps], read.person[~gaps], one_each(read.person[~gaps]), cells=len(example))
    both = read.origin.astype(np.int64) * len(read.places) + read.destination
    ends, (pair, pairs) = both[example], pd.factorize(both)
    of_pair, known, lost = (
        persons_of(pair[which], read.person[which], len(pairs)) for which in (slice(None), ~gaps, gaps)
    )
    names, with_gap = np.asarray(read.places), gaps[example]
    table = pd.DataFrame(
        {
            "way": written(walk, example, read.places),
            "origin": names[ends // max(len(names), 1)],
            "destination": names[ends % max(len(names), 1)],
            "stops": np.diff(walk.begin)[example],
            "gap": np.where(with_gap, "missing_transit", "observed"),
            "persons": every["persons"],
            "journeys": every["units"],
            "n": whole["n"],
            **{name: whole[name].mask(with_gap) for name in ("share", "low", "high")},
            "persons_at_most": np.minimum(
                np.where(with_gap, every["persons"], every["persons"] + lost[pair[example]]), of_pair[pair[example]]
            ),
            "observed_share": known[pair[example]] / of_pair[pair[example]],
        }
    )
    return table.sort_values(["persons", "way"], ascending=[False, True], kind="stable", ignore_index=True)


def corridors(stops: pd.DataFrame | Journeys, support: int = SUPPORT) -> pd.DataFrame:
    """Corridors: places that follow each other on the ways of many persons, as long as they can be.

    A corridor is a sequence of two or more places, each other than the one before it, one observed leg after the other,
    that at least `support` persons went through, whatever came before and after. It may come back to a place. Only
    maximal ones are listed: a sequence that is part of a longer corridor is not, even if more persons went through it.
    Legs with a missing transit are in none.

    Parameters
    ----------
    stops : as ``journeys`` reads them.
    support : fewest distinct persons of a corridor.

    Returns
    -------
    DataFrame, most persons first: corridor ("SYR>TR-79>TR-27"), from_place, to_place, stops (number), persons
    (distinct), n (persons with an observed leg between two places), share, low, high (of these persons, 95 %, Wilson
    1927), persons_at_most (with all who may have gone that way: those of whom an end or a transit is not known, for
    what is missing may hold any corridor), observed_share (of those on it and those who went from one of its places to
    a later one by a way that is not known; who did both counts for two).

    Raises
    ------
    ValueError : as ``journeys`` does; `support` is below 1.

    References
    ----------
    Agrawal, R., & Srikant, R. (1995). Mining sequential patterns. Proceedings of ICDE, 3-14: longer sequences are
    sought only where all their parts have support.
    """
    if support < 1:
        raise Refusal("not_positive", f"A corridor needs the support of 1 person or more, and not of {support}.")
    read = journeys(stops)
    walk = walk_of(read)
    person = read.person[walk.journey]
    previous = np.diff(walk.journey, prepend=-1) == 0
    linked = previous & ~walk.after_gap & (walk.place != np.concatenate([[-1], walk.place[:-1]]))
    missing = np.bincount(read.journey, read.after_gap, minlength=len(read)) > 0
    of_missing = np.bincount(read.person[missing | (read.origin < 0) | (read.destination < 0)], minlength=read.persons)
    whole = of_missing == 0
    found: list[tuple[NDArray, int, NDArray]] = []  # where an example ends, length, persons: all, and of whole ways
    # gram: of each stop, the frequent sequence of `length` places that ends there; -1 where there is none.
    gram = walk.place.astype(np.int64)
    kept: NDArray | None = None
    length, at = 1, np.flatnonzero(linked)
    while len(at):
        key = gram[at - 1] * (int(gram.max()) + 1) + gram[at]
        code, _ = pd.factorize(key)
        persons = persons_of(code, person[at])
        frequent = persons >= support
        inside = frequent[code]
        if kept is not None:
            # Both parts of a longer sequence are no longer maximal.
            kept[gram[at[inside] - 1]] = kept[gram[at[inside]]] = False
            found[-1] = (found[-1][0][kept], found[-1][1], found[-1][2][:, kept])
        if not frequent.any():
            break
        number = np.cumsum(frequent) - 1
        at, code = at[inside], number[code[inside]]
        length += 1
        last = np.zeros(int(frequent.sum()), np.int64)
        last[code[::-1]] = at[::-1]
        known = whole[person[at]]
        of_known = persons_of(code[known], person[at[known]], len(last))
        found.append((last, length, np.vstack([persons[frequent], of_known])))
        kept = np.ones(len(last), bool)
        gram = np.full(len(walk.place), -1, np.int64)
        gram[at] = code
        at = at[gram[at - 1] >= 0]
    n = int(np.count_nonzero(np.bincount(person[linked])))
    chains = [walk.place[end - length + 1 : end + 1] for ends, length, _ in found for end in ends]
    counts = [np.zeros((2, 0), np.int64), *(count for _, _, count in found)]
    persons, of_known = np.concatenate(counts, axis=1)
    passed = persons + _may_have(read, walk, person, chains)
    low, high = intervals.wilson(persons, persons, np.full(len(persons), n))
    names = np.asarray(read.places)
    table = pd.DataFrame(
        {
            "corridor": [NEXT.join(names[chain]) for chain in chains],
            "from_place": [names[chain[0]] for chain in chains],
            "to_place": [names[chain[-1]] for chain in chains],
            "stops": [len(chain) for chain in chains],
            "persons": persons,
            "n": n,
            "share": persons / max(n, 1),
            "low": low,
            "high": high,
            "persons_at_most": of_known + np.count_nonzero(~whole),
            "observed_share": persons / np.minimum(passed, read.persons),
        }
    )
    return table.sort_values(["persons", "corridor"], ascending=[False, True], kind="stable", ignore_index=True)


def _may_have(read: Journeys, walk: Walk, person: NDArray, chains: list[NDArray]) -> NDArray[np.int64]:
    """For each corridor, the persons with a missing transit between one of its places and a later one."""
    places = len(read.places)
    to = np.flatnonzero(walk.after_gap & (np.diff(walk.journey, prepend=-1) == 0))
    pair = walk.place[to - 1].astype(np.int64) * places + walk.place[to]
    code, pairs = pd.factorize(pair)
    of_pair = persons_of(code, person[to])
    lost = dict(zip(np.asarray(pairs).tolist(), of_pair.tolist(), strict=True))
    found = []
    for chain in chains:
        inner = {int(one) * places + int(other) for i, one in enumerate(chain) for other in chain[i + 1 :]}
        found.append(sum(lost.get(each, 0) for each in inner))
    return np.array(found, np.int64)
