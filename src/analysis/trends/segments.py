"""What a line that bends at given joinpoints says: the slope of each segment, their average, and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import special

from analysis.trends.grid_search import NOTHING, Grid
from analysis.trends.placements import Positions, placements
from analysis.trends.series import Floats

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
