"""Limits of the difference and of the ratio of two estimates of which each has limits of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bounded.intervals import poisson_interval


@dataclass(frozen=True)
class Limits:
    """A value with its 95 % limits, in any unit; `high` may be infinite."""

    value: float
    low: float
    high: float


def of_count(count: float) -> Limits:
    """A count of events with its exact Poisson limits (Garwood, 1936). Raises ValueError if it is no whole number."""
    low, high = poisson_interval(count)
    return Limits(count, float(low), float(high))


def difference(then: Limits, now: Limits) -> tuple[float, float]:
    """Limits of `now` less `then`, by the method of variance estimates recovery (MOVER).

    The distance of each limit from its value stands for the error on that side; the two are added as squares, which
    holds if the estimates are independent. Positively correlated ones get limits that are too wide, negatively
    correlated ones limits that are too narrow.

    Returns
    -------
    low, high, in the unit of the values; infinite where a limit that enters is.

    References
    ----------
    Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions: comparison of
    eleven methods. Statistics in Medicine 17, 873-890 (method 10).
    Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about effect measures: a general approach.
    Statistics in Medicine 27, 1693-1702.
    """
    change = now.value - then.value
    if not math.isfinite(change):
        return -math.inf, math.inf
    return (
        change - math.hypot(now.value - now.low, then.high - then.value),
        change + math.hypot(now.high - now.value, then.value - then.low),
    )


def ratio(then: Limits, now: Limits) -> tuple[float, float] | None:
    """Limits of `now` divided by `then`: those of the difference of their logarithms; None unless all are above 0."""
    if min(then.low, now.low, then.value, now.value) <= 0:
        return None
    low, high = difference(_logarithm(then), _logarithm(now))
    return _exponential(low), _exponential(high)


def _logarithm(limits: Limits) -> Limits:
    return Limits(*(math.log(number) for number in (limits.value, limits.low, limits.high)))


def _exponential(number: float) -> float:
    """A ratio too large for a float is infinite."""
    return math.exp(number) if number < 700 else math.inf
