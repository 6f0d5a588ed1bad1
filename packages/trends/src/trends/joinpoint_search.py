"""Joinpoints of rates by least squares: where they may lie, the fit of every placement, slopes and limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from math import comb
from operator import index

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bounded.arguments import checked
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


@checked()
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


def best_placements(over: Grid, responses: Floats, k: int) -> Positions:
    """The placement of `k` joinpoints that leaves the least sum of squares, for many responses at once.

    Parameters
    ----------
    responses : weighted responses, one a column; shape (n, m).

    Returns
    -------
    Rows of `placements`, one a response; shape (m,).
    """
    left = responses - over.base @ (over.base.T @ responses)
    found = np.zeros(responses.shape[1], dtype=np.intp)
    if k == 0:
        return found
    tree = list(zip(levels(over.n, k), _orthogonal(over, k), strict=True))
    inner = over.bends.T @ left
    for start in range(0, responses.shape[1], _BLOCK):
        block = np.ascontiguousarray(inner[:, start : start + _BLOCK])
        # From the last joinpoint back: for each set, what its best later joinpoints add, and which whole set that is.
        added: Floats = np.zeros((len(tree[-1][1]), 1))
        whole: Positions = np.arange(len(tree[-1][1]), dtype=np.intp)[:, np.newaxis]
        for level, parts in reversed(tree):
            best = np.full((level.shorter.max() + 1, block.shape[1]), -np.inf)
            which = np.zeros(best.shape, dtype=np.intp)
            for first, size in level.runs:
                for a in range(0, size, _ROWS):
                    b = min(a + _ROWS, size)
                    rows = slice(first + a, first + b)
                    gain = (_spread(level.sets[rows], parts[rows], over.n, np.float64) @ block) ** 2 + added[rows]
                    better = gain > best[a:b]
                    np.copyto(best[a:b], gain, where=better)
                    np.copyto(which[a:b], whole[rows], where=better)
            added, whole = best, which
        found[start : start + _BLOCK] = whole[0]
    return found


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


def further_columns(period: Floats, jumps: tuple[float, ...], effort: Floats | None) -> tuple[tuple[str, ...], Floats]:
    """Names and columns of what a line has besides its bends: jumps (0 before, 1 from then on), log effort (centred).

    Raises
    ------
    ValueError : a jump without two observations on each side.
    """
    columns = [(period >= first).astype(float) for first in jumps]
    for first, column in zip(jumps, columns, strict=True):
        if min(column.sum(), len(column) - column.sum()) < 2:
            raise Refusal(
                "too_few_each_side",
                f"A jump at {first:g} needs at least two observed periods before it and two from it on.",
            )
    names = [f"jump {first:g}" for first in jumps]
    if effort is not None:
        columns.append(effort)
        names.append("effort")
    return tuple(names), np.column_stack([np.empty((len(period), 0)), *columns])


# The fit of one placement


_RANK = 1e-10
# A line that passes through every point rises by nothing where it rises by so few parts of the logarithms.
_LEVEL = 1e-12


@dataclass(frozen=True, eq=False)
class Segments:
    """The fit of one placement of joinpoints, on the scale of logarithms.

    Parameters
    ----------
    tau : joinpoints; shape (k,).
    slope, slope_error, slope_df : of each segment, a year; shape (k + 1,), and degrees of freedom of t. The error is
        NaN where the segments by themselves leave nothing to judge it by.
    average, average_error, average_df : slope over the whole range weighted by the segments' lengths, with the error
        that follows from the slopes' own, taken as independent.
    delta_error : error of the average slope that allows for the joinpoints' having been estimated, and for the
        segments' sharing them.
    fit, fit_error : at each observation; shape (n,). The error allows for the joinpoints' having been estimated.
    extra, extra_error : coefficients of the further columns.
    df : of t for the other errors; infinite for the normal distribution.
    sse : weighted sum of squares left; of counts the deviance.
    residuals : weighted; of counts Pearson's; shape (n,).
    """

    tau: Floats
    slope: Floats
    slope_error: Floats
    slope_df: float
    average: float
    average_error: float
    average_df: float
    delta_error: float
    fit: Floats
    fit_error: Floats
    extra: Floats
    extra_error: Floats
    df: float
    sse: float
    residuals: Floats = field(repr=False)


def segments(over: Grid, response: Floats, place: Positions) -> Segments:
    """Fit a line that bends at the observations `place`.

    Slopes are those of the joined line. Their errors are those of lines fitted to each segment by itself, without the
    observations on joinpoints, under one residual variance: the National Cancer Institute's rule, for joinpoints that
    lie on observations.

    Parameters
    ----------
    response : weighted response; shape (n,).
    place : positions of the joinpoints, ascending; shape (k,).

    References
    ----------
    Lerman, P. M. (1980). Fitting segmented regression models by grid search. Applied Statistics 29, 77-84.
    Clegg, L. X., Hankey, B. F., Tiwari, R., Feuer, E. J. and Edwards, B. K. (2009). Estimating average annual per cent
    change in trend analysis. Statistics in Medicine 28, 3670-3682.
    """
    tau = over.period[place]
    k, root = len(tau), over.root_weight[:, np.newaxis]
    design = line_with_bends(over, tau)
    # The columns are of very different length; equally long ones lose fewer digits.
    weighted = design * root
    scale = np.sqrt((weighted**2).sum(axis=0))
    coefficients = np.linalg.lstsq(weighted / scale, response, rcond=None)[0] / scale
    residuals = response - weighted @ coefficients
    sse = float(residuals @ residuals)
    slope = np.cumsum(coefficients[1 : k + 2])
    lengths = np.diff(np.concatenate([[over.period[0]], tau, [over.period[-1]]])) / np.ptp(over.period)
    average = float(lengths @ slope)
    slope_error, slope_df = _slope_errors(over, response, place)
    if sse <= NOTHING * float(response @ response):
        residuals, sse = np.zeros(over.n), 0.0
        level = _LEVEL * np.abs(response / over.root_weight).max() / np.ptp(over.period)
        slope = np.where(np.abs(slope) > level, slope, 0.0)
        average = average if abs(average) > level else 0.0
    else:
        # Segments that by themselves leave nothing do not make the joined line certain.
        slope_error = np.where(slope_error > 0, slope_error, np.nan)
    df = over.n - 2 * (k + 1) - over.extra.shape[1]
    covariance = linearised_covariance(over, tau, coefficients, sse / df)
    locations = shifts(over, tau, coefficients)
    towards = np.column_stack([design, locations])
    ends = towards[-1] - towards[0]
    ends[k + 2 : k + 2 + over.extra.shape[1]] = 0.0
    variances = np.einsum("ij,jk,ik->i", towards, covariance, towards)
    extras = slice(k + 2, k + 2 + over.extra.shape[1])
    return Segments(
        tau=tau,
        slope=slope,
        slope_error=slope_error,
        slope_df=slope_df,
        average=average,
        average_error=float(np.sqrt((lengths**2) @ slope_error**2)),
        average_df=np.inf if k else slope_df,
        delta_error=float(np.sqrt(ends @ covariance @ ends) / np.ptp(over.period)),
        fit=design @ coefficients,
        fit_error=np.sqrt(np.maximum(variances, 0.0)),
        extra=coefficients[extras],
        extra_error=np.sqrt(np.diag(covariance)[extras]),
        df=df,
        sse=sse,
        residuals=residuals,
    )


def line_with_bends(over: Grid, tau: Floats) -> Floats:
    """Columns of the joined line: one, period (centred), a bend for each joinpoint, further columns; shape (n, p)."""
    t = over.period
    bends = np.maximum(t[:, np.newaxis] - tau, 0.0)
    return np.column_stack([np.ones(over.n), t - t.mean(), bends, over.extra])


def shifts(over: Grid, tau: Floats, coefficients: Floats) -> Floats:
    """Return how far the line moves if a joinpoint does: minus the change of slope, after it."""
    return -coefficients[2 : 2 + len(tau)] * (over.period[:, np.newaxis] > tau)


def linearised_covariance(over: Grid, tau: Floats, coefficients: Floats, variance: float) -> Floats:
    """Covariance of the coefficients and the joinpoints, from the line's derivatives by both.

    References
    ----------
    Muggeo, V. M. R. (2010). Comment on 'Estimating average annual per cent change in trend analysis' by Clegg LX,
    Hankey BF, Tiwari R, Feuer EJ, Edwards BK, Statistics in Medicine 2009; 28, 3670-3682. Statistics in Medicine 29,
    1958-1960.
    """
    columns = np.column_stack([line_with_bends(over, tau), shifts(over, tau, coefficients)])
    columns = columns * over.root_weight[:, np.newaxis]
    scale = np.sqrt((columns**2).sum(axis=0))
    scale[scale == 0] = 1.0
    inverse = np.linalg.pinv(columns / scale, rcond=_RANK)
    return variance * (inverse @ inverse.T) / np.outer(scale, scale)


def _slope_errors(over: Grid, response: Floats, place: Positions) -> tuple[Floats, int]:
    """Errors of each segment's slope when fitted by itself, NaN where that is not possible; degrees of freedom."""
    k = len(place)
    free = np.ones(over.n, dtype=bool)
    free[place] = False
    segment = np.searchsorted(over.period[place], over.period[free], side="right")
    inside = segment[:, np.newaxis] == np.arange(k + 1)
    t = over.period[free] - over.period.mean()
    columns = np.column_stack([inside, inside * t[:, np.newaxis], over.extra[free]])
    columns = columns * over.root_weight[free][:, np.newaxis]
    scale = np.sqrt((columns**2).sum(axis=0))
    scale[scale == 0] = 1.0
    left, singular, right = np.linalg.svd(columns / scale, full_matrices=False)
    kept = singular > _RANK * singular[0]
    df = int(free.sum() - kept.sum())
    if df < 1:
        return np.full(k + 1, np.nan), df
    along = left[:, kept].T @ response[free]
    residuals = response[free] - left[:, kept] @ along
    sse = float(residuals @ residuals)
    variance = sse / df if sse > NOTHING * float(response @ response) else 0.0
    slopes = right[kept][:, k + 1 : 2 * (k + 1)]
    # A slope that a jump within its segment stands for as well is not in the span, and has no error.
    known = np.isclose((slopes**2).sum(axis=0), 1.0)
    variances = ((slopes / singular[kept][:, np.newaxis]) ** 2).sum(axis=0) * variance
    return np.where(known, np.sqrt(variances) / scale[k + 1 : 2 * (k + 1)], np.nan), df


def joinpoint_limits(over: Grid, sums: Floats, place: Positions, df: int, confidence: float) -> tuple[Floats, Floats]:
    """Limits of each joinpoint: where it could lie without the sum of squares growing by more than chance allows.

    Parameters
    ----------
    sums : of all placements of as many joinpoints, in the order of `placements`.
    df : degrees of freedom of the fit.

    Returns
    -------
    Arrays low, high of shape (k,): periods, one observation wider on each side than the accepted ones, but never where
    this joinpoint may not lie at all: as the National Cancer Institute's Joinpoint has them.

    References
    ----------
    Lerman, P. M. (1980). Fitting segmented regression models by grid search. Applied Statistics 29, 77-84.
    """
    k = len(place)
    return widened(over, k, sums <= sums.min() * (1 + k * special.fdtri(k, df, confidence) / df))


def widened(over: Grid, k: int, accepted: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """First and last period of each joinpoint among the accepted placements, one observation wider where it may lie."""
    everywhere = placements(over.n, k)
    low = np.maximum(everywhere[accepted].min(axis=0) - 1, everywhere.min(axis=0))
    high = np.minimum(everywhere[accepted].max(axis=0) + 1, everywhere.max(axis=0))
    return over.period[low], over.period[high]


def criteria(over: Grid, response: Floats, tau: Floats, sse: float) -> tuple[float, float, float]:
    """BIC, BIC3 and weighted BIC of a fit: ln(sse / n) + penalty ln(n) / n.

    The penalty is 2 for the straight line, 1 for each further column, and for each joinpoint 2 (BIC), 3 (BIC3), or 2
    and the largest share that a joinpoint explains of its two segments' variance about one line (weighted BIC): harsh
    where turns are sharp, mild where they are slight.

    Parameters
    ----------
    response : weighted response; shape (n,).
    tau : joinpoints; shape (k,).
    sse : weighted sum of squares left.

    Returns
    -------
    (bic, bic3, wbic), without unit; minus infinity for a fit without residuals.

    References
    ----------
    Kim, H.-J., Chen, H.-S., Midthune, D., Wheeler, B., Buckman, D. W., Green, D., Byrne, J., Luo, J. and Feuer, E. J.
    (2023). Data-driven choice of a model selection method in joinpoint regression. Journal of Applied Statistics 50,
    1992-2013.
    """
    k = len(tau)
    fit = np.log(sse / over.n) if sse > 0 else -np.inf
    harshness = np.array([2.0, 3.0, 2.0 + sharpest_turn(over, response, tau)])
    bic, bic3, wbic = fit + (harshness * k + 2 + over.extra.shape[1]) * np.log(over.n) / over.n
    return float(bic), float(bic3), float(wbic)


def sharpest_turn(over: Grid, response: Floats, tau: Floats) -> float:
    """The largest partial R² of a joinpoint within the two segments that it joins; 0 without joinpoints."""
    edges = np.concatenate([[-np.inf], tau, [np.inf]])
    largest = 0.0
    for before, turn, after in zip(edges[:-2], tau, edges[2:], strict=True):
        rows = (over.period > before) & (over.period <= after)
        root = over.root_weight[rows]
        t = over.period[rows]
        line = np.column_stack([np.ones(len(t)), t - t.mean(), over.extra[rows]]) * root[:, np.newaxis]
        bend = np.maximum(t - turn, 0.0) * root
        both = np.column_stack([response[rows], bend])
        nothing = NOTHING * (both**2).sum(axis=0)
        both = both - line @ np.linalg.lstsq(line, both, rcond=None)[0]
        own = (both**2).sum(axis=0)
        if (own > nothing).all():
            largest = max(largest, float((both[:, 0] @ both[:, 1]) ** 2 / own.prod()))
    return largest
