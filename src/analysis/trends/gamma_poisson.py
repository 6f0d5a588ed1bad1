"""Rates of areas drawn together by a gamma distribution of the true rates, fitted by maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special, stats

from analysis import intervals
from analysis.refusal import Refusal
from analysis.trends.refusal import NotEstimable, TooFewPoints
from analysis.trends.series import Floats

# Beyond so many times the largest expected count, a gamma distribution's spread adds nothing that can be seen.
_NO_SPREAD = 1e4


@dataclass(frozen=True, eq=False)
class GammaPoisson:
    """Relative rates of areas under a gamma prior.

    Parameters
    ----------
    shape, rate : of the gamma distribution of the true relative rates; its mean is shape / rate, its variance
        shape / rate². Both are infinite where the areas differ no more than by chance.
    mean, sd : of that distribution.
    log_likelihood : of the counts (negative binomial), at the maximum.
    relative, low, high : posterior mean of each area's relative rate; its limits (quantiles of the gamma posterior).
    shrinkage : how far each area is drawn from its own rate to the mean, from 0 (not at all) to 1 (wholly).
    confidence : level of the limits, which take shape and rate as known and are therefore somewhat too narrow.
    """

    shape: float
    rate: float
    mean: float
    sd: float
    log_likelihood: float
    relative: Floats = field(repr=False)
    low: Floats = field(repr=False)
    high: Floats = field(repr=False)
    shrinkage: Floats = field(repr=False)
    confidence: float = 0.95


def gamma_poisson(count: ArrayLike, expected: ArrayLike, confidence: float = 0.95) -> GammaPoisson:
    """Fit a gamma distribution to the relative rates of areas, and draw each area's rate towards its mean.

    Counts are Poisson with mean relative rate × expected count, and the relative rates follow a gamma distribution, so
    that counts are negative binomial; shape and rate maximise that likelihood. Smoothing of rates by moments, by
    populations or neighbours, is `analysis.incidence.smooth_rates`.

    Parameters
    ----------
    count : persons, one an area, 0 or more.
    expected : persons expected if all areas were alike, above 0: proportional to population or effort.
    confidence : level of the limits, between 0 and 1.

    Raises
    ------
    TooFewPoints : no area has an event.
    NotEstimable : fewer than two areas.
    ValueError : a count is negative or missing, an expected count is missing or not positive, lengths differ.

    References
    ----------
    Clayton, D. and Kaldor, J. (1987). Empirical Bayes estimates of age-standardized relative risks for use in disease
        mapping. Biometrics 43, 671-681.
    """
    tail = (1 - intervals.check_confidence(confidence)) / 2
    y, e = np.asarray(count, dtype=float), np.asarray(expected, dtype=float)
    _require(y, e)
    shape, mean = _maximum(y, e)
    if np.isinf(shape):
        alike = np.full(len(y), mean)
        return GammaPoisson(
            shape=np.inf, rate=np.inf, mean=mean, sd=0.0, log_likelihood=_log_likelihood(y, mean * e, np.inf),
            relative=alike, low=alike, high=alike, shrinkage=np.ones(len(y)), confidence=confidence,
        )  # fmt: skip
    rate = shape / mean
    low, high = posterior_limits(y, e, shape, rate, tail)
    return GammaPoisson(
        shape=shape,
        rate=rate,
        mean=mean,
        sd=float(np.sqrt(shape) / rate),
        log_likelihood=_log_likelihood(y, mean * e, shape),
        relative=(shape + y) / (rate + e),
        low=low,
        high=high,
        shrinkage=rate / (rate + e),
        confidence=confidence,
    )


def posterior_limits(count: Floats, expected: Floats, shape: float, rate: float, tail: float) -> tuple[Floats, Floats]:
    """Quantiles of the gamma distribution with shape + count and rate + expected, `tail` (a share) from either end."""
    scale = 1 / (rate + expected)
    return special.gammaincinv(shape + count, tail) * scale, special.gammainccinv(shape + count, tail) * scale


def _require(count: Floats, expected: Floats) -> None:
    if count.ndim != 1 or count.shape != expected.shape:
        raise Refusal(
            "unequal_lengths",
            f"Counts and expected counts must be lists of one length: {count.shape}, {expected.shape}.",
        )
    bad = ~(np.isfinite(count) & (count >= 0))
    if bad.any():
        raise Refusal("invalid_count", f"The count at position {int(np.argmax(bad))} is missing, infinite or below 0.")
    bad = ~(np.isfinite(expected) & (expected > 0))
    if bad.any():
        raise Refusal(
            "not_positive", f"The expected count at position {int(np.argmax(bad))} is missing or not positive."
        )
    if len(count) < 2:
        raise NotEstimable("too_few_areas", "One area has no others to be drawn to: rates of more areas would help.")
    if not count.any():
        raise TooFewPoints(
            "no_events", "No area has an event: nothing can be said of how they differ. More years would help."
        )


def _maximum(count: Floats, expected: Floats) -> tuple[float, float]:
    """Shape and mean at the highest likelihood; an infinite shape where that has no spread between areas."""
    pooled = count.sum() / expected.sum()

    def slope(log_shape: float) -> float:
        shape = np.exp(log_shape)
        mu = _mean(count, expected, shape) * expected
        # The mean is at its own maximum, so that the profile's slope is the partial one.
        gain = special.digamma(count + shape) - special.digamma(shape)
        return float(shape * (gain - np.log1p(mu / shape) + (mu - count) / (shape + mu)).sum())

    grid = np.linspace(np.log(1e-4), np.log(_NO_SPREAD * max(1.0, (pooled * expected).max())), 60)
    slopes = np.array([slope(point) for point in grid])
    shape, mean = np.inf, pooled
    best = _log_likelihood(count, pooled * expected, np.inf)
    for left in np.flatnonzero((slopes[:-1] > 0) & (slopes[1:] <= 0)):
        root = float(np.exp(optimize.brentq(slope, grid[left], grid[left + 1], xtol=1e-13)))
        centre = _mean(count, expected, root)
        reached = _log_likelihood(count, centre * expected, root)
        if reached > best:
            best, shape, mean = reached, root, centre
    return shape, float(mean)


def _mean(count: Floats, expected: Floats, shape: float) -> float:
    """The mean relative rate at which the likelihood is highest, given the shape."""
    m = float(count.sum() / expected.sum())
    for _ in range(100):
        weight = 1 / (1 + m * expected / shape)
        # Fisher's scoring on the log scale.
        step = float(((count - m * expected) * weight).sum() / (m * expected * weight).sum())
        m *= float(np.exp(np.clip(step, -2, 2)))
        if abs(step) < 1e-14:
            break
    return m


def _log_likelihood(count: Floats, mu: Floats, shape: float) -> float:
    if np.isinf(shape):
        return float(stats.poisson.logpmf(count, mu).sum())
    return float(
        (
            special.gammaln(count + shape)
            - special.gammaln(shape)
            - special.gammaln(count + 1)
            - shape * np.log1p(mu / shape)
            + special.xlogy(count, mu / (shape + mu))
        ).sum()
    )
