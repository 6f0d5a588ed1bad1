"""Where joinpoints may lie: every admissible set of observations of a series, each as a shorter set and one more."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import comb
from operator import index

import numpy as np
from numpy.typing import NDArray

from analysis.refusal import Refusal
from analysis.trends.refusal import NotEstimable

# Observations before the first and after the last joinpoint, and between two; those on joinpoints are not counted.
ENDS = 2
BETWEEN = 2

Positions = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Level:
    """All beginnings of so many joinpoints, in the order of their last one.

    Parameters
    ----------
    sets : positions from 0, one row a set, one column a joinpoint.
    shorter : for each set the row, in the level before, of the set without its last joinpoint.
    runs : (first row, number of rows) of the sets that share their last joinpoint: what precedes it in the m rows of a
        run are the first m sets of the level before, in their order.
    """

    sets: Positions
    shorter: Positions
    runs: tuple[tuple[int, int], ...]


@cache
def levels(n: int, k: int) -> tuple[Level, ...]:
    """The placements of `k` joinpoints in `n` observations, built up from their beginnings: levels 1, ..., k."""
    found: list[Level] = []
    sets = np.zeros((1, 0), dtype=np.intp)
    for length in range(1, k + 1):
        step = BETWEEN + 1
        lasts = np.arange(ENDS + step * (length - 1), n - ENDS - step * (k - length))
        many = np.full(len(lasts), 1) if length == 1 else np.searchsorted(sets[:, -1], lasts - step, side="right")
        shorter = np.concatenate([np.zeros(0, dtype=np.intp), *(np.arange(m) for m in many)]).astype(np.intp)
        sets = np.column_stack([sets[shorter], np.repeat(lasts, many)])
        sets.setflags(write=False)
        starts = np.cumsum(many) - many
        runs = tuple((int(start), int(m)) for start, m in zip(starts, many, strict=True))
        found.append(Level(sets, shorter, runs))
    return tuple(found)


def placements(n: int, k: int) -> Positions:
    """All sets of `k` joinpoints on the observations of a series of `n` points.

    Before the first and after the last joinpoint lie at least two observations, and between two joinpoints at least
    two; the joinpoints' own observations are not counted, as in the National Cancer Institute's Joinpoint.

    Returns
    -------
    Integer array, one row a set, k columns: positions from 0; read only. No row where none fits.

    References
    ----------
    Lerman, P. M. (1980). Fitting segmented regression models by grid search. Applied Statistics 29, 77-84.
    """
    return levels(n, k)[-1].sets if k else np.zeros((1, 0), dtype=np.intp)


def most_joinpoints(n: int) -> int:
    """The largest number of joinpoints looked for in `n` points, by the length of the series.

    None below 7 points, then one more for each further five, and five at most: the default of the National Cancer
    Institute's Joinpoint.
    """
    return 0 if n < 7 else min(1 + (n - 7) // 5, 5)


def allowed_joinpoints(n: int, extras: int, least: int, asked: int | None, placements_tried: int) -> int:
    """The largest number of joinpoints to look for: what was asked for, or what the length of the series allows.

    Parameters
    ----------
    n, extras : observed periods; further columns of the line.
    least : the fewest joinpoints.
    asked : the most that are asked for; None for as many as the length of the series and the search allow.
    placements_tried : as many places of joinpoints as can be searched.

    Raises
    ------
    NotEstimable : the series cannot carry so many, or they have too many places.
    ValueError : there is no number between the fewest and the most.
    """
    # Segments fitted by themselves, without their joinpoints, must leave something to judge their errors by.
    possible = max((n - extras - 3) // 3, 0)
    if asked is None:
        most = min(most_joinpoints(n), possible)
        most = max(k for k in range(most + 1) if _number_of_placements(n, k) <= placements_tried)
    elif 0 <= asked <= possible:
        most = index(asked)
    else:
        raise NotEstimable(
            "too_many_joinpoints",
            f"{n} observed periods can carry at most {possible} joinpoints, not {asked}: each takes two observations "
            "on either side and its own, and some must be left to judge the errors by. Ask for fewer, or wait for "
            "more years.",
        )
    if _number_of_placements(n, most) > placements_tried:
        raise NotEstimable(
            "too_many_placements",
            f"{most} joinpoints have {_number_of_placements(n, most):,} places in {n} periods, and no more than "
            f"{placements_tried:,} are searched. Ask for fewer, or count by longer periods.",
        )
    if not 0 <= least <= most:
        raise Refusal("low_above_high", f"At least {least} and at most {most} joinpoints: there is no such number.")
    return most


def _number_of_placements(n: int, k: int) -> int:
    return comb(max(n - 2 * ENDS - BETWEEN * (k - 1), 0), k) if k else 1
