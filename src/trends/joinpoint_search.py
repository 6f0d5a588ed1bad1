"""Candidate joinpoints: where they may lie, and least squares of all their places at once.

Where joinpoints may lie: every admissible set of observations of a series, each as a shorter set and one more.

Least squares for a line that bends at joinpoints: all places where it may bend are tried, for one series or many.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from math import comb
from operator import index

import numpy as np
from numpy.typing import NDArray

from bounded.refusal import Refusal
from trends.series import Floats, NotEstimable

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

    Parameters
    ----------
    n : observed points.

    Returns
    -------
    A number of joinpoints, from 0 to 5.

    References
    ----------
    National Cancer Institute. Joinpoint Regression Program, help: number of joinpoints.
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


# Responses and placements at a time, so that what is computed stays in the processor's cache.
_BLOCK = 512
_ROWS = 256
# A bend that the others explain to so many parts of its square is no bend of its own, ...
_DEPENDENT = 1e-9
# ... nor is one of which the line, the jumps and effort leave no more than rounding.
_EXPLAINED = 1e-24
# What rounding leaves of a sum of squares: parts of the response's own square, and of the straight line's sum.
NOTHING = 1e-26
_ROUNDING = 1e-14


@dataclass(frozen=True, eq=False)
class Grid:
    """A weighted series' periods, ready for the search.

    Parameters
    ----------
    period : times, ascending; shape (n,).
    root_weight : square roots of the weights; shape (n,).
    extra : further columns of the line, such as a jump; shape (n, extras).
    base : orthonormal columns that span the weighted straight line and the extra columns; shape (n, 2 + extras).
    bends : weighted max(t - t_j, 0) for each observation j, freed of the base; shape (n, n).
    """

    period: Floats
    root_weight: Floats
    extra: Floats
    base: Floats = field(repr=False)
    bends: Floats = field(repr=False)

    @property
    def n(self) -> int:
        return len(self.period)


def grid(period: Floats, weight: Floats, extra: Floats | None = None) -> Grid:
    """Make a series' periods and weights ready; the periods must ascend."""
    extra = np.empty((len(period), 0)) if extra is None else extra
    root = np.sqrt(weight)
    line = np.column_stack([np.ones(len(period)), period - period.mean(), extra]) * root[:, np.newaxis]
    base = np.linalg.qr(line)[0]
    bends = np.maximum(period[:, np.newaxis] - period, 0) * root[:, np.newaxis]
    # Twice, as once leaves rounding errors of the size of the base.
    for _ in range(2):
        bends = bends - base @ (base.T @ bends)
    return Grid(period, root, extra, base, bends)


def all_sums_of_squares(over: Grid, response: Floats, k: int) -> Floats:
    """The weighted sum of squares left by each placement of `k` joinpoints, in the order of `placements`.

    Parameters
    ----------
    response : the weighted response (times `root_weight`); shape (n,).

    Returns
    -------
    Array, one number a placement; infinite where the bends cannot be told apart.
    """
    left = response - over.base @ (over.base.T @ response)
    inner = over.bends.T @ left
    sums = np.full(1, left @ left)
    nothing = max(_ROUNDING * (left @ left), NOTHING * (response @ response))
    for level, parts in zip(levels(over.n, k), _orthogonal(over, k), strict=True):
        gain = np.where(parts.any(axis=1), (parts * inner[level.sets]).sum(axis=1) ** 2, -np.inf)
        sums = sums[level.shorter] - gain
    return np.where(sums > nothing, sums, 0.0)


def least_sums_of_squares(over: Grid, responses: Floats, k: int, dtype: type = np.float64) -> Floats:
    """The least weighted sum of squares of `k` joinpoints, wherever they lie, for many responses at once.

    Parameters
    ----------
    responses : weighted responses, one a column; shape (n, m).
    dtype : of the search; single precision is faster and good to about 1e-5 of the straight line's sum of squares.

    Returns
    -------
    Array of shape (m,).
    """
    left = responses - over.base @ (over.base.T @ responses)
    line = np.einsum("ij,ij->j", left, left)
    if k == 0:
        return line
    tree = list(zip(levels(over.n, k), _orthogonal(over, k), strict=True))
    inner: NDArray = (over.bends.T @ left).astype(dtype)
    gains = np.empty(responses.shape[1])
    for start in range(0, responses.shape[1], _BLOCK):
        block = np.ascontiguousarray(inner[:, start : start + _BLOCK])
        # From the last joinpoint back: the most that a set's later joinpoints can add to what it explains.
        later: NDArray = np.zeros((len(tree[-1][1]), 1), dtype=dtype)
        for level, parts in reversed(tree):
            best: NDArray = np.zeros((level.shorter.max() + 1, block.shape[1]), dtype=dtype)
            for first, size in level.runs:
                for a in range(0, size, _ROWS):
                    b = min(a + _ROWS, size)
                    gain = (
                        _spread(level.sets[first + a : first + b], parts[first + a : first + b], over.n, dtype) @ block
                    )
                    np.square(gain, out=gain)
                    gain += later[first + a : first + b]
                    np.maximum(best[a:b], gain, out=best[a:b])
            later = best
        gains[start : start + _BLOCK] = later[0]
    return np.maximum(line - gains, 0.0)


def _orthogonal(over: Grid, k: int) -> list[Floats]:
    """For the levels of 1, ..., k joinpoints: what makes each set's last bend orthogonal to its earlier ones.

    A set's gain over the straight line is the sum, over its beginnings, of (row @ inner products of the set's bends
    with the response) squared: Gram and Schmidt's coefficients, one column a joinpoint of the set. A bend that the
    earlier ones explain has a row of zeros.
    """
    gram = over.bends.T @ over.bends
    scale = np.diag(gram)
    whole = np.maximum(over.period[:, np.newaxis] - over.period, 0) * over.root_weight[:, np.newaxis]
    free = scale > _EXPLAINED * (whole**2).sum(axis=0)
    found: list[Floats] = []
    earlier: list[Floats] = []
    for length, level in enumerate(levels(over.n, k), start=1):
        last = level.sets[:, -1]
        earlier = [parts[level.shorter] for parts in earlier]
        new = np.zeros((len(last), length))
        new[:, -1] = 1.0
        left = scale[last]
        for size, parts in enumerate(earlier, start=1):
            along = (parts * gram[level.sets[:, :size], last[:, np.newaxis]]).sum(axis=1)
            new[:, :size] -= along[:, np.newaxis] * parts
            left = left - along**2
        independent = free[last] & (left > _DEPENDENT * scale[last])
        new *= (independent / np.sqrt(np.where(independent, left, 1.0)))[:, np.newaxis]
        found.append(new)
        earlier.append(new)
    return found


def _spread(sets: Positions, parts: Floats, n: int, dtype: type) -> NDArray:
    """Coefficients of sets of bends as rows over all bends."""
    rows: NDArray = np.zeros((len(sets), n), dtype=dtype)
    np.put_along_axis(rows, sets, parts.astype(dtype, copy=False), axis=1)
    return rows
