"""Paths: journeys as sequences of places, whole paths and corridors that many persons went, and steps.

Walks: journeys as sequences of different places, with the gaps between them.

Paths that many persons went: complete paths from origin to destination, and the corridors that different paths share.

Steps: journeys laid side by side by their stops, from the origin to where persons are exploited.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounded import intervals
from bounded.arguments import checked, whole
from journeys.legs import GAPS
from journeys.shares import clustered_shares, one_each, persons_of
from journeys.stops import UNKNOWN, Journeys, journeys

NEXT = ">"
NOT_KNOWN = "?"


@dataclass(frozen=True, eq=False)
class Walk:
    """Stops without those in the same place as the one before; `begin`, `journey` and the others as in Journeys."""

    begin: NDArray[np.int64]
    journey: NDArray[np.int64]
    place: NDArray[np.int32]
    after_gap: NDArray[np.bool_]


def between_ends(read: Journeys) -> Journeys:
    """The same journeys, of which both ends are known, without stops before the origin or after the destination."""
    journey, at = read.journey, np.arange(len(read.place))
    start, end = read.ends
    kept = (at >= start[journey]) & (at <= end[journey])
    if kept.all():
        return read
    after_gap = read.after_gap.copy()
    after_gap[start] = False  # nothing lies before an origin
    return replace(
        read,
        begin=np.concatenate([[0], np.cumsum(end - start + 1)]),
        place=read.place[kept],
        role=read.role[kept],
        after_gap=after_gap[kept],
        mode=None if read.mode is None else read.mode[kept],
    )


def walk_of(read: Journeys) -> Walk:
    """The stops of journeys; one in the same place as the one before is none, unless something is missing between."""
    journey = read.journey
    same = np.concatenate([[False], (np.diff(read.place) == 0) & (np.diff(journey) == 0)])
    moved = ~(same & ~read.after_gap)
    begin = np.concatenate([[0], np.cumsum(np.bincount(journey[moved], minlength=len(read)))])
    return Walk(begin, journey[moved], read.place[moved], read.after_gap[moved])


def sequences(walk: Walk) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The number of each journey's sequence of places and gaps; and for each sequence, a journey that has it."""
    symbol = walk.place.astype(np.int64) * 2 + walk.after_gap
    symbols = int(symbol.max(initial=0)) + 1
    sizes = np.diff(walk.begin)
    state = np.full(len(sizes), -1, np.int64)
    used = 0
    for step in range(int(sizes.max(initial=0))):
        going = np.flatnonzero(sizes > step)
        code, seen = pd.factorize((state[going] + 1) * symbols + symbol[walk.begin[going] + step])
        state[going] = used + code
        used += len(seen)
    code, _ = pd.factorize(state)
    example = np.zeros(int(code.max(initial=-1)) + 1, np.int64)
    example[code[::-1]] = np.arange(len(code))[::-1]
    return code, example


def written(walk: Walk, chosen: NDArray[np.int64], places: pd.Index) -> list[str]:
    """Some journeys as text: "SYR>?>TR-27"; one that never leaves its node is written from the node to itself."""
    names = np.array([*places, *(f"{NOT_KNOWN}{NEXT}{place}" for place in places)], dtype=object)
    said = names[walk.place + len(places) * walk.after_gap].tolist()
    parts = [said[start:end] for start, end in zip(walk.begin[chosen], walk.begin[chosen + 1], strict=True)]
    return [NEXT.join(part if len(part) > 1 else part * 2) for part in parts]


# Fewer persons than this make no corridor: two may be one family.
SUPPORT = 3


@checked()
def journey_paths(stops: pd.DataFrame | Journeys, confidence: float = 0.95) -> pd.DataFrame:
    """The paths of journeys from their origin to their destination, stop by stop.

    Places that follow on themselves are one stop, so that a path through two municipalities of an area passes the area
    once; a path that never leaves its node is written from the node to itself.

    Parameters
    ----------
    stops : as ``journeys`` reads them. Journeys of which an end is not known have no path from end to end; stops before
        the origin or after the destination are on none.
    confidence : level of the limits of shares.

    Returns
    -------
    DataFrame, most persons first: path ("SYR>TR-79>TR-27"; "SYR>?>TR-27" where a transit is missing), origin,
    destination, stops (number of known ones), gap ("observed" or "missing_transit"), persons (distinct), journeys, n
    (persons with a whole observed path), share, share_low, share_high (of these persons, each counting for one; missing
    where the path is not known), confidence (level of these limits), persons_at_most (with those between the same ends
    by a path that is not known: of whom an end is not known is not among them), observed_share (of the persons between
    these ends, those whose path is known).

    Raises
    ------
    ValueError : as ``journeys`` does.

    References
    ----------
    Korn, E. L., & Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of positive
    counts estimated from survey data. Survey Methodology 24, 193-201.
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.
    """
    read = journeys(stops)
    read = between_ends(read.chosen(read.known_ends))
    walk = walk_of(read)
    code, example = sequences(walk)
    gaps = np.bincount(walk.journey, walk.after_gap, minlength=len(read)) > 0
    every = clustered_shares(code, read.person, one_each(read.person), cells=len(example))
    # The whole of these shares are persons with a complete path.
    persons = read.person[~gaps]
    whole = clustered_shares(code[~gaps], persons, one_each(persons), cells=len(example), confidence=confidence)
    both = read.origin.astype(np.int64) * len(read.places) + read.destination
    ends, (pair, pairs) = both[example], pd.factorize(both)
    of_pair, known, lost = (
        persons_of(pair[which], read.person[which], len(pairs)) for which in (slice(None), ~gaps, gaps)
    )
    names, with_gap = np.asarray(read.places), gaps[example]
    table = pd.DataFrame(
        {
            "path": written(walk, example, read.places),
            "origin": names[ends // max(len(names), 1)],
            "destination": names[ends % max(len(names), 1)],
            "stops": np.diff(walk.begin)[example],
            "gap": np.where(with_gap, "missing_transit", "observed"),
            "persons": every["persons"],
            "journeys": every["units"],
            "n": whole["n"],
            **{name: whole[name].mask(with_gap) for name in ("share", "share_low", "share_high")},
            "confidence": confidence,
            "persons_at_most": np.minimum(
                np.where(with_gap, every["persons"], every["persons"] + lost[pair[example]]), of_pair[pair[example]]
            ),
            "observed_share": known[pair[example]] / of_pair[pair[example]],
        }
    )
    return table.sort_values(["persons", "path"], ascending=[False, True], kind="stable", ignore_index=True)


@checked(support=whole(1))
def corridors(stops: pd.DataFrame | Journeys, support: int = SUPPORT, confidence: float = 0.95) -> pd.DataFrame:
    """Corridors: places that follow each other on the paths of many persons, as long as they can be.

    A corridor is a sequence of two or more places, each other than the one before it, one observed leg after the other,
    that at least `support` persons went through, whatever came before and after. It may come back to a place. Only
    maximal ones are listed: a sequence that is part of a longer corridor is not, even if more persons went through it.
    Legs with a missing transit are in none.

    Parameters
    ----------
    stops : as ``journeys`` reads them.
    support : fewest distinct persons of a corridor.
    confidence : level of the limits of shares.

    Returns
    -------
    DataFrame, most persons first: corridor ("SYR>TR-79>TR-27"), from_place, to_place, stops (number), persons
    (distinct), n (persons with an observed leg between two places), share, share_low, share_high (of these persons,
    Wilson 1927), confidence (level of these limits), persons_at_most (with all who may have taken that path: those of
    whom an end or a transit is not known, for what is missing may hold any corridor), observed_share (of those on it
    and those who went from one of its places to a later one by a path that is not known; who did both counts for two).

    Raises
    ------
    ValueError : as ``journeys`` does; `support` is below 1.

    References
    ----------
    Agrawal, R., & Srikant, R. (1995). Mining sequential patterns. Proceedings of ICDE, 3-14: longer sequences are
    sought only where all their parts have support.
    """
    read = journeys(stops)
    walk = walk_of(read)
    person = read.person[walk.journey]
    previous = np.diff(walk.journey, prepend=-1) == 0
    linked = previous & ~walk.after_gap & (walk.place != np.concatenate([[-1], walk.place[:-1]]))
    missing = np.bincount(read.journey, read.after_gap, minlength=len(read)) > 0
    of_missing = np.bincount(read.person[missing | (read.origin < 0) | (read.destination < 0)], minlength=read.persons)
    whole = of_missing == 0
    found: list[tuple[NDArray, int, NDArray]] = []  # where an example ends, length, persons: all, and of complete paths
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
    low, high = intervals.wilson(persons, persons, np.full(len(persons), n), confidence)
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
            "share_low": low,
            "share_high": high,
            "confidence": confidence,
            "persons_at_most": of_known + np.count_nonzero(~whole),
            "observed_share": persons / np.minimum(passed, read.persons),
        }
    )
    return table.sort_values(["persons", "corridor"], ascending=[False, True], kind="stable", ignore_index=True)


def _may_have(read: Journeys, walk: Walk, person: NDArray, chains: list[NDArray]) -> NDArray[np.int64]:
    """The persons with a missing transit between one of the places of each corridor and a later one."""
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


# Stops between the ends that are laid out; a further one counts as a transit that is not known.
MOST = 4


@checked()
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
