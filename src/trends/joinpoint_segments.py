"""What a fitted joinpoint line says: slopes and limits of its segments, criteria and tests for their number.

What a line that bends at given joinpoints says: the slope of each segment, their average, and how sure they are.

Schwarz's criterion and its harsher forms, for the number of joinpoints.

How many joinpoints a series supports, by permutation tests in sequence.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import special

from trends.joinpoint_search import NOTHING, Grid, Positions, all_sums_of_squares, least_sums_of_squares, placements
from trends.series import Floats

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
    average, average_error : slope over the whole range weighted by the segments' lengths, with the error that follows
        from the slopes' own, taken as independent.
    delta_error : error of the average slope that allows for the joinpoints' having been estimated, and for the
        segments' sharing them.
    fit, fit_error : at each observation; shape (n,). The error allows for the joinpoints' having been estimated.
    extra, extra_error : coefficients of the further columns.
    df : observations less 2 (k + 1) and the further columns.
    sse : weighted sum of squares left.
    residuals : weighted; shape (n,).
    """

    tau: Floats
    slope: Floats
    slope_error: Floats
    slope_df: int
    average: float
    average_error: float
    delta_error: float
    fit: Floats
    fit_error: Floats
    extra: Floats
    extra_error: Floats
    df: int
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
    locations = _shifts(over, tau, coefficients)
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


def _shifts(over: Grid, tau: Floats, coefficients: Floats) -> Floats:
    """By how much the line moves if a joinpoint does: minus the change of slope, after it."""
    return -coefficients[2 : 2 + len(tau)] * (over.period[:, np.newaxis] > tau)


def linearised_covariance(over: Grid, tau: Floats, coefficients: Floats, variance: float) -> Floats:
    """Covariance of the coefficients and the joinpoints, from the line's derivatives by both.

    References
    ----------
    Muggeo, V. M. R. (2010). Comment on 'Estimating average annual per cent change in trend analysis' by Clegg LX,
    Hankey BF, Tiwari R, Feuer EJ, Edwards BK, Statistics in Medicine 2009; 28, 3670-3682. Statistics in Medicine 29,
    1958-1960.
    """
    columns = np.column_stack([line_with_bends(over, tau), _shifts(over, tau, coefficients)])
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
    within = sums <= sums.min() * (1 + k * special.fdtri(k, df, confidence) / df)
    everywhere = placements(over.n, k)
    accepted = everywhere[within]
    low = np.maximum(accepted.min(axis=0) - 1, everywhere.min(axis=0))
    high = np.minimum(accepted.max(axis=0) + 1, everywhere.max(axis=0))
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


COLUMNS = ["null", "alternative", "p_value", "level", "selected", "permutations"]
# Single precision leaves the sign of a difference open below so many parts of the line's sum of squares.
_DOUBTFUL = 5e-5
# So near, both are equal: orders of equal residuals are one and the same series but for rounding.
_EQUAL = 1e-12
# More permutations are drawn until the p-value is so many standard errors from its level, within limits.
_CLEAR = 3.0
_MORE = 20
_WORK = 100_000_000


def permutation_tests(
    over: Grid, response: Floats, least: int, most: int, permutations: int, seed: int, level: float = 0.05
) -> pd.DataFrame:
    """Test k0 against k1 joinpoints, from `least` against `most`, until both are the same number.

    Each test asks whether k1 joinpoints leave so much less than k0 as chance would have it: the residuals of the best
    fit with k0 are permuted (in units of their standard errors) and added to that fit again, and both models are sought
    anew in each permutation. If k0 is refused, k0 + 1 is tested next, else k1 - 1 is tried against k0. A test of k0 has
    the level `level` / (most - k0), so that all together err in no more than `level` when there is no joinpoint. Where
    the p-value lies so near to its level that other permutations could decide otherwise, more are drawn.

    Parameters
    ----------
    over : the periods and weights.
    response : weighted response; shape (n,).
    least, most : smallest and largest number of joinpoints.
    permutations : of each test, none at all if 0; up to twenty times as many where chance could decide, as far as that
        is quick.
    seed : each test draws from (seed, k0, k1), so that it does not depend on those before it.
    level : probability of finding a joinpoint where there is none.

    Returns
    -------
    DataFrame, one row a test in order: null, alternative, p_value (the observed series counts as one permutation),
    level, selected, permutations.

    References
    ----------
    Kim, H.-J., Fay, M. P., Feuer, E. J. and Midthune, D. N. (2000). Permutation tests for joinpoint regression with
    applications to cancer rates. Statistics in Medicine 19, 335-351.
    """
    rows = []
    null, alternative = least, most
    while null < alternative and permutations:
        own_level = level / (most - null)
        p_value, drawn = _p_value(over, response, null, alternative, permutations, seed, own_level)
        refused = p_value <= own_level * (1 + 1e-12)
        rows.append((null, alternative, p_value, own_level, alternative if refused else null, drawn))
        null, alternative = (null + 1, alternative) if refused else (null, alternative - 1)
    return pd.DataFrame(rows, columns=COLUMNS)


def _p_value(
    over: Grid, response: Floats, null: int, alternative: int, permutations: int, seed: int, level: float
) -> tuple[float, int]:
    """The p-value of one test, and how many permutations it took."""
    sums = all_sums_of_squares(over, response, null)
    fitted = fitted_response(over, response, placements(over.n, null)[np.argmin(sums)])
    others = all_sums_of_squares(over, response, alternative)
    # A fit without residuals leaves nothing to permute, and nothing for a joinpoint to explain.
    if sums.min() == 0:
        return 1.0, 0
    ratio = others.min() / sums.min()
    random = np.random.default_rng([seed, null, alternative])
    as_extreme, drawn = 0, 0
    most = max(permutations, min(_MORE * permutations, _WORK // len(others)))
    while drawn < most:
        residuals = np.repeat((response - fitted)[:, np.newaxis], permutations, axis=1)
        responses = fitted[:, np.newaxis] + random.permuted(residuals, axis=0)
        excess = _excess(over, responses, null, alternative, ratio, np.float32)
        line = least_sums_of_squares(over, responses, 0)
        doubtful = np.abs(excess) <= _DOUBTFUL * line
        if doubtful.any():
            excess[doubtful] = _excess(over, responses[:, doubtful], null, alternative, ratio, np.float64)
        as_extreme += int(np.count_nonzero(excess <= _EQUAL * line))
        drawn += permutations
        p_value = (1 + as_extreme) / (drawn + 1)
        if abs(p_value - level) > _CLEAR * np.sqrt(level * (1 - level) / drawn):
            break
    return float(p_value), drawn


def _excess(over: Grid, drawn: Floats, null: int, alternative: int, ratio: float, dtype: type) -> Floats:
    """By how much the alternative's sum of squares is above the share of the null's that was observed."""
    of_null = least_sums_of_squares(over, drawn, null, dtype)
    return least_sums_of_squares(over, drawn, alternative, dtype) - ratio * of_null


def fitted_response(over: Grid, response: Floats, place: np.ndarray) -> Floats:
    """The weighted fit with joinpoints on the observations `place`."""
    columns = np.linalg.qr(np.column_stack([over.base, over.bends[:, place]]))[0]
    return columns @ (columns.T @ response)
