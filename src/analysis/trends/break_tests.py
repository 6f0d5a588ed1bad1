"""Tests of a series with one level against one with a break at an unknown time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.trends.least_squares_breaks import residuals
from analysis.trends.series import Floats


@dataclass(frozen=True)
class Pettitt:
    """Pettitt's test for one break at an unknown time.

    Parameters
    ----------
    statistic : K, the largest absolute rank-sum deviation.
    period : the last period before the break; the first of `periods`, NaN where the values never change.
    periods : all periods at which the statistic is reached.
    p_value : approximate and at most 1. It is too large in short series: with 10 points even a perfect step has 0.066.
    """

    statistic: int
    period: float
    periods: tuple[float, ...]
    p_value: float


def pettitt(values: Floats, periods: Floats) -> Pettitt:
    """Test values in order of time, none missing, against one break; ties have their middle rank.

    References
    ----------
    Pettitt, A. N. (1979). A non-parametric approach to the change-point problem. Applied Statistics 28, 126-135.
    """
    n = len(values)
    deviation = np.abs(2 * stats.rankdata(values).cumsum() - np.arange(1, n + 1) * (n + 1))
    largest = float(deviation.max())
    where = periods[deviation == largest] if largest else periods[:0]
    return Pettitt(
        statistic=round(largest),
        period=float(where[0]) if len(where) else np.nan,
        periods=tuple(where.tolist()),
        p_value=float(min(1.0, 2 * np.exp(-6 * largest**2 / (n**3 + n**2)))),
    )


def largest_f(rss: Floats, n: int) -> float:
    """F of the best single break, as a test of two coefficients; infinite where it fits perfectly."""
    if rss[0] == 0:
        return np.nan
    return float((rss[0] - rss[1]) / (rss[1] / (n - 2))) if rss[1] else np.inf


def shuffled_p_value(y: Floats, shortest: int, permutations: int, seed: int) -> float:
    """The share of orders of the values, this one among them, whose best single break is at least as clear."""
    if not permutations:
        return np.nan
    generator = np.random.default_rng(seed)
    orders = np.vstack([y, generator.permuted(np.broadcast_to(y, (permutations, len(y))), axis=1)]) - y.mean()
    first = np.arange(shortest, len(y) - shortest + 1)
    # What one break takes off the sum of squares; the F statistic rises with it.
    gain = (orders.cumsum(axis=1)[:, first - 1] ** 2 * (1 / first + 1 / (len(y) - first))).max(axis=1)
    return float((gain >= gain[0] * (1 - 1e-12)).mean())


def largest_cusum(y: Floats) -> float:
    """The largest cumulative sum of residuals about the mean, in standard deviations of all of them."""
    rest = residuals(y, ())
    variance = float(rest @ rest) / (len(y) - 1)
    return float(np.abs(rest.cumsum()).max() / np.sqrt(variance * len(y))) if variance else 0.0
