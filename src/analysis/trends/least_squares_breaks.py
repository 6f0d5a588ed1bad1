"""Where the mean of a series breaks: the best partitions into levels, and how well the data place each break."""

from __future__ import annotations

import numpy as np
from scipy import optimize, special

from analysis.trends.series import Floats


def best_partitions(values: Floats, shortest: int, most: int) -> list[tuple[int, ...]]:
    """The partitions of a series into 1, 2, ... `most` + 1 levels with least squares, by dynamic programming.

    Parameters
    ----------
    values : in order of time, none missing.
    shortest : the fewest points of a level; `most` + 1 such levels must fit.
    most : the most breaks.

    Returns
    -------
    For each number of breaks from 0, the points up to and with each break; of equal partitions the earliest.

    References
    ----------
    Bai, J. and Perron, P. (2003). Computation and analysis of multiple structural change models. Journal of Applied
        Econometrics 18, 1-22.
    """
    n = len(values)
    cost = _costs(values)
    first, last = np.indices(cost.shape)
    cost[last - first + 1 < shortest] = np.inf
    # best[j]: the least cost of the points 0..j in so many levels; came_from: the last point of the level before.
    best = cost[0]
    came_from: list[np.ndarray] = []
    found: list[tuple[int, ...]] = [()]
    for breaks in range(1, most + 1):
        through = best[:-1, np.newaxis] + cost[1:]
        came_from.append(through.argmin(axis=0))
        best = through.min(axis=0)
        ends, place = [], n - 1
        for step in reversed(range(breaks)):
            place = int(came_from[step][place])
            ends.append(place + 1)
        found.append(tuple(reversed(ends)))
    return found


def residuals(values: Floats, ends: tuple[int, ...]) -> Floats:
    """The values less the mean of their level; exactly 0 where only rounding is left."""
    rest = np.concatenate([level - level.mean() for level in np.split(values, ends)])
    rest[np.abs(rest) <= 4 * np.finfo(float).eps * np.abs(values).max()] = 0.0
    return rest


def bic(values: Floats, ends: tuple[int, ...]) -> float:
    """Schwarz's criterion of a partition: a mean a level, a date a break and one variance are its parameters."""
    return schwarz(residuals(values, ends), 2 * (len(ends) + 1))


def schwarz(rest: Floats, parameters: int) -> float:
    """Schwarz's criterion from the residuals of a normal model; minus infinity for a perfect fit."""
    n, rss = len(rest), float(rest @ rest)
    if rss == 0:
        return -np.inf
    return float(n * (np.log(rss / n) + 1 + np.log(2 * np.pi)) + parameters * np.log(n))


def break_interval(before: Floats, after: Floats, confidence: float) -> tuple[float, float]:
    """How far, in points, the true break may lie before (negative) or after the estimated one.

    The limiting distribution of the estimated date, with a variance for each level. The values are taken as independent
    and the change as small beside the noise; a few points on either side are no limit at all.

    Parameters
    ----------
    before, after : the values of the levels on either side.
    confidence : level of the interval; each side has half of what is left.

    Returns
    -------
    low, high : whole numbers, rounded away from the break; NaN where a level does not vary, where the means are equal,
        or where one level varies so much more that the break almost surely lies on its side of the estimate.

    References
    ----------
    Bai, J. (1997). Estimation of a change point in multiple regression models. Review of Economics and Statistics 79,
        551-563.
    """
    tail = (1 - confidence) / 2
    change, variance, other = after.mean() - before.mean(), before.var(), after.var()
    if change == 0 or variance == 0 or other == 0:
        return np.nan, np.nan
    ratio = variance / other
    too_early = _quantile(tail, ratio) * variance / change**2
    too_late = _quantile(tail, 1 / ratio) * other / change**2
    if np.isnan(too_early + too_late):
        return np.nan, np.nan
    # An estimate that may be too early leaves room for a later break, and the other way round.
    return -float(np.ceil(too_late)), float(np.ceil(too_early))


def farther_than(distance: float, ratio: float) -> float:
    """P that the limit of the estimated date lies more than `distance` before the true one.

    A Brownian motion runs to either side of the true date with drift -1/2; `distance` is in units of the variance over
    the squared change, and the highest point of the other side is exponential with rate `ratio`, the variance of this
    side over that of the other. For equal variances this is Yao's (1987) distribution.
    """
    half = np.sqrt(distance) / 2
    both = ratio * (1 + ratio)
    density = np.exp(-(half**2) / 2) / np.sqrt(2 * np.pi)
    # Exponent and tail are added before either can overflow.
    steep = np.exp(both * distance / 2 + special.log_ndtr(-(1 + 2 * ratio) * half))
    return float(
        special.ndtr(-half) * (2 + distance / 2 + 1 / both) - 2 * half * density - (1 + 2 * ratio) / both * steep
    )


def _quantile(tail: float, ratio: float) -> float:
    """The distance that the date lies beyond on this side with probability `tail`; NaN if it hardly ever does."""
    if farther_than(0.0, ratio) <= tail:
        return np.nan
    far = 1.0
    while farther_than(far, ratio) > tail:
        far *= 2
    return float(optimize.brentq(lambda distance: farther_than(distance, ratio) - tail, 0.0, far, xtol=1e-10))


def _costs(values: Floats) -> Floats:
    """Sums of squares about their mean of all stretches, from the row's point to the column's; 0 below the diagonal."""
    centred = values - values.mean()
    total = float(centred @ centred) or 1.0
    sums = np.concatenate([[0.0], centred.cumsum()])
    squares = np.concatenate([[0.0], (centred**2).cumsum()])
    length = np.maximum(np.arange(1, len(values) + 1) - np.arange(len(values))[:, np.newaxis], 1)
    cost = squares[1:] - squares[:-1, np.newaxis] - (sums[1:] - sums[:-1, np.newaxis]) ** 2 / length
    # Partitions that are equal but for rounding must be seen to be equal.
    return np.round(np.triu(cost) / total, 13)
