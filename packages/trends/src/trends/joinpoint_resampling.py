"""Limits of a joinpoint trend by resampling: quantiles of what the same number of joinpoints says of drawn series."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from trends.joinpoint_result import JoinpointTrend, Slopes
from trends.joinpoint_search import (
    Grid,
    Positions,
    Segments,
    best_placements,
    line_with_bends,
    placements,
)
from trends.joinpoint_tests import fitted_response
from trends.series import Floats, NotEstimable

RESAMPLES = 5000
# What patience allows: 5,000 resamples of 40 periods and 5 joinpoints are 490 million.
MOST_FITS = 1_000_000_000


@dataclass(frozen=True, eq=False)
class Resamples:
    """Estimates from each drawn series.

    Parameters
    ----------
    tau : joinpoints; shape (resamples, k).
    slope : of each segment, of logarithms a year; shape (resamples, k + 1).
    average : slope over the whole range, weighted by the segments' lengths; shape (resamples,).
    """

    tau: Floats
    slope: Floats
    average: Floats


def resample(over: Grid, response: Floats, place: Positions, found: Segments, resamples: int, seed: int) -> Resamples:
    """Draw series about the fitted line, and seek as many joinpoints in each.

    A drawn series is the fitted line with errors from the distribution of the residuals (`drawn_errors`). The places of
    the joinpoints are sought anew in each, so that what follows holds their uncertainty too.

    Parameters
    ----------
    response : weighted response; shape (n,).
    place : positions of the joinpoints; shape (k,).
    found : the fit with them.
    resamples : how many series are drawn.
    seed : of the draws.

    Raises
    ------
    NotEstimable : the joinpoints have so many places that seeking them so often takes too long.

    References
    ----------
    Kim, H.-J., Luo, J., Chen, H.-S., Green, D., Buckman, D., Byrne, J. and Feuer, E. J. (2017). Improved confidence
    interval for average annual percent change in trend analysis. Statistics in Medicine 36, 3059-3074.
    """
    k, everywhere = len(place), placements(over.n, len(place))
    if len(everywhere) * resamples > MOST_FITS:
        raise NotEstimable(
            "too_many_placements",
            f"{k} joinpoints have {len(everywhere):,} places in {over.n} periods, and {resamples:,} resamples of them "
            f"are more than {MOST_FITS:,} fits. Ask for fewer resamples or joinpoints, or take limits='delta'.",
        )
    errors = drawn_errors(found.residuals, found.df, resamples, np.random.default_rng(seed))
    drawn = fitted_response(over, response, place)[:, np.newaxis] + errors
    chosen = best_placements(over, drawn, k)
    slope = np.empty((resamples, k + 1))
    for one in np.unique(chosen):
        rows = np.flatnonzero(chosen == one)
        weighted = line_with_bends(over, over.period[everywhere[one]]) * over.root_weight[:, np.newaxis]
        scale = np.sqrt((weighted**2).sum(axis=0))
        scale[scale == 0] = 1.0
        coefficients = np.linalg.lstsq(weighted / scale, drawn[:, rows], rcond=None)[0] / scale[:, np.newaxis]
        slope[rows] = np.cumsum(coefficients[1 : k + 2], axis=0).T
    tau = over.period[everywhere[chosen]]
    ends = np.ones((resamples, 1))
    edges = np.column_stack([over.period[0] * ends, tau, over.period[-1] * ends])
    average = (slope * np.diff(edges, axis=1)).sum(axis=1) / np.ptp(over.period)
    return Resamples(tau, slope, average)


def drawn_errors(residuals: Floats, df: float, resamples: int, random: np.random.Generator) -> Floats:
    """Errors from the distribution of the residuals, one series a column: its quantiles at uniform random numbers.

    The ordered residuals are joined by straight lines, so that what lies between two of them is drawn as well. As
    residuals are smaller than the errors they come from, they are stretched: the variance of what is drawn is the sum
    of squares by its degrees of freedom.

    Parameters
    ----------
    residuals : weighted, of the fitted line; shape (n,).
    df : degrees of freedom of the fit, joinpoints counted as estimated.

    Returns
    -------
    Array of shape (n, resamples).
    """
    n = len(residuals)
    ordered = np.sort(residuals)
    below, above = ordered[:-1], ordered[1:]
    centre = float((below + above).mean() / 2)
    below, above = below - centre, above - centre
    variance = float((below**2 + below * above + above**2).mean() / 3)
    stretch = np.sqrt(float(residuals @ residuals) / df / variance) if variance > 0 else 0.0
    uniform = random.random((resamples, n)).T
    return stretch * (np.interp(uniform * (n - 1), np.arange(n), ordered) - centre)


def with_quantiles(trend: JoinpointTrend, drawn: Resamples) -> JoinpointTrend:
    """The trend with limits and p-values of its joinpoints, its slopes and its average slope from drawn series."""
    tails = [(1 - trend.confidence) / 2, (1 + trend.confidence) / 2]
    # A joinpoint's limits are periods.
    low = np.quantile(drawn.tau, tails[0], axis=0, method="lower")
    high = np.quantile(drawn.tau, tails[1], axis=0, method="higher")
    return replace(
        trend,
        tau=np.column_stack([trend.tau[:, 0], low, high]),
        slopes=_quantiles(trend.slopes, drawn.slope, tails),
        average_slope=_quantiles(trend.average_slope, drawn.average[:, np.newaxis], tails),
        limits="empirical_quantile",
    )


def _quantiles(slopes: Slopes, drawn: Floats, tails: list[float]) -> Slopes:
    """Quantiles of the drawn slopes as limits; the p-value is twice the smaller share on one side of no change."""
    low, high = np.quantile(drawn, tails, axis=0)
    on_a_side = np.minimum((drawn <= 0).sum(axis=0), (drawn >= 0).sum(axis=0))
    p_value = np.minimum(2 * (on_a_side + 1) / (len(drawn) + 1), 1.0)
    return replace(slopes, low=low, high=high, p_value=p_value)
