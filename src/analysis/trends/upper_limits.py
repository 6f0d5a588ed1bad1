"""How high a count may be before it is too high: quantiles of a new count around what a model expects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from analysis.trends.farrington import Expectation
from analysis.trends.series import Floats

THRESHOLD_METHODS = ("delta", "nbPlugin", "muan")
POWERS = {"2/3": 2 / 3, "1/2": 1 / 2, "none": 1.0}
_COUNTABLE = 1e12


@dataclass(frozen=True)
class Limit:
    """An upper limit of a new count.

    Parameters
    ----------
    level : the chance of a count above it where nothing has changed, between 0 and 1.
    method : "delta", a normal quantile on the scale of a power; "nbPlugin", of the negative binomial with the expected
        count; "muan", the same with the upper limit of the expected count.
    power : "2/3", "1/2" or "none"; for delta.
    """

    level: float
    method: str
    power: str

    @property
    def quantile(self) -> float:
        return float(stats.norm.ppf(1 - self.level))


def upper_limit(found: Expectation, limit: Limit) -> Floats:
    """The limit, one element a fit; persons, NaN where there is no fit."""
    with np.errstate(invalid="ignore", over="ignore"):
        if limit.method == "delta":
            exponent = POWERS[limit.power]
            middle, error = _transformed(found, exponent)
            return (middle + limit.quantile * error) ** (1 / exponent)
        mean = _plugged_in(found, limit)
        variance = mean * found.dispersion
        # Beyond all counts of persons: the quantiles below would search for ever.
        upper = np.where(np.isfinite(mean), mean + limit.quantile * np.sqrt(variance), np.nan)
    near = upper < _COUNTABLE
    varied = near & (found.dispersion > 1)
    poisson = near & ~varied
    size = mean[varied] / (found.dispersion[varied] - 1)
    upper[varied] = stats.nbinom.ppf(1 - limit.level, size, 1 / found.dispersion[varied])
    upper[poisson] = stats.poisson.ppf(1 - limit.level, mean[poisson])
    return upper


def p_value(found: Expectation, count: Floats, limit: Limit) -> Floats:
    """The chance of a count at least as large, by the distribution of the limit; one element a fit."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        if limit.method == "delta":
            exponent = POWERS[limit.power]
            middle, error = _transformed(found, exponent)
            return special.ndtr(-(count**exponent - middle) / error)
        mean = _plugged_in(found, limit)
        varied = found.dispersion > 1
        size = mean / np.where(varied, found.dispersion - 1, 1)
        some = np.maximum(count, 1)
        chance = np.where(varied, special.betainc(some, size, 1 - 1 / found.dispersion), special.gammainc(some, mean))
    return np.where(np.isfinite(mean) & (count >= 0), np.where(count == 0, 1.0, chance), np.nan)


def _transformed(found: Expectation, exponent: float) -> tuple[Floats, Floats]:
    """The expected count on the scale of a power, and the standard deviation of a new count around it."""
    mean = found.mean
    variance = found.dispersion + mean * found.log_error**2
    return mean**exponent, exponent * np.sqrt(mean ** (2 * exponent - 1) * variance)


def _plugged_in(found: Expectation, limit: Limit) -> Floats:
    """The mean of the negative binomial: the expected count, or the upper limit of it."""
    return np.exp(found.log_mean + (limit.quantile * found.log_error if limit.method == "muan" else 0.0))
