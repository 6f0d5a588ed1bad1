"""Walks: journeys as sequences of different places, with the gaps between them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.routes.journeys import Journeys

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
