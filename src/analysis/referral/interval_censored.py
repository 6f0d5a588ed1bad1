"""Times that are known between two days only: bounds of their quantiles, limits, and the likeliest distribution."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from bounded.refusal import Refusal

Floats = NDArray[np.float64]

# The steps of the algorithm end where no mass moves by more; 20,000 steps take less than a second.
_STEPS, _TOLERANCE = 20_000, 1e-10
# A share is reached that differs from it by rounding alone.
_ROUNDING = 1e-6


def npmle(low: Floats, high: Floats) -> pd.DataFrame:
    """The non-parametric maximum likelihood estimate of a distribution whose values are known as intervals.

    Only the stretches from a lower bound to the next upper bound can have mass (Peto, 1973); how much each has is found
    by self-consistency (Turnbull, 1976), from an even start. Where within a stretch the mass lies, no data can say.
    It is taken that how wide an interval is says nothing of where in it the value lies.

    Parameters
    ----------
    low, high : arrays of shape (n,): first and last possible value, both included; high is infinite where a value is
        only known to be above a bound.

    Returns
    -------
    DataFrame, in order: low, high (of each stretch with mass, both included), share (they add up to 1).

    Raises
    ------
    ValueError : there is no value, a bound is missing or negative, or low is above high.

    References
    ----------
    Peto, R. (1973). Experimental survival curves for interval-censored data. Applied Statistics 22, 86-91.
    Turnbull, B. W. (1976). The empirical distribution function with arbitrarily grouped, censored and truncated data.
        Journal of the Royal Statistical Society B 38, 290-295.
    """
    low, high = checked(low, high)
    bounds, times = np.unique(np.column_stack([low, high]), axis=0, return_counts=True)
    start, end = _stretches(bounds[:, 0], bounds[:, 1])
    inside = ((bounds[:, :1] <= start) & (end <= bounds[:, 1:])).astype(float)
    weight = times / times.sum()
    share = np.full(len(start), 1 / len(start))
    for _ in range(_STEPS):
        moved = share * ((weight / (inside @ share)) @ inside)
        done = np.abs(moved - share).max() < _TOLERANCE
        share = moved
        if done:
            break
    kept = share > _ROUNDING
    return pd.DataFrame({"low": start[kept], "high": end[kept], "share": share[kept] / share[kept].sum()})


def checked(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """The bounds as arrays of floats; raises ValueError, naming the place, if they are not bounds of times."""
    low, high = np.asarray(low, float), np.asarray(high, float)
    if not low.size or low.shape != high.shape:
        raise Refusal(
            "unequal_lengths",
            f"Bounds of one time or more are needed, as many low as high: {low.size} and {high.size}.",
        )
    bad = ~((low >= 0) & (low <= high) & np.isfinite(low))
    if bad.any():
        place = int(np.argmax(bad))
        raise Refusal(
            "invalid_bounds",
            f"Time {place} is from {low[place]:g} to {high[place]:g}: bounds are 0 or more, and in order.",
        )
    return low, high


def _stretches(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """From each lower bound to the next upper bound, where no other lower bound lies between."""
    starts, ends = np.unique(low), np.unique(high)
    end = ends[np.searchsorted(ends, starts)]
    innermost = np.append(starts[1:] > end[:-1], True)
    return starts[innermost], end[innermost]


def reached(estimate: pd.DataFrame, share: float) -> tuple[float, float]:
    """The stretch in which an estimate of `npmle` reaches a share: first and last value at which it can."""
    place = int(np.searchsorted(estimate["share"].cumsum().to_numpy(), share - _ROUNDING))
    row = estimate.iloc[min(place, len(estimate) - 1)]
    return float(row["low"]), float(row["high"])


def bounds_of_quantile(low: Floats, high: Floats, share: float) -> tuple[float, float]:
    """Least and largest quantile of values between these bounds: the least value that a share of them do not exceed.

    No assumption is made on where in its bounds a value lies, nor on how the bounds came about.
    """
    rank = _rank(share, len(low))
    return float(np.sort(low)[rank - 1]), float(np.sort(high)[rank - 1])


def limits_of_quantile(low: Floats, high: Floats, share: float, confidence: float) -> tuple[float, float]:
    """Limits of the quantile of all from whom these were drawn, wherever in its bounds each value lies.

    The values below the quantile are a binomial number, so that two of the ordered values enclose it with at least
    the confidence asked for, whatever the distribution: the lower one is taken of the lower bounds, the upper one of
    the upper bounds. Where the persons are too few for a limit it is 0, or infinite.

    References
    ----------
    Conover, W. J. (1999). Practical Nonparametric Statistics, 3rd ed., section 3.2.
    """
    n, tail = len(low), (1 - confidence) / 2
    ranks = np.arange(n + 2)
    # At least r values up to the quantile, and at most r - 1 below it.
    below = ranks[stats.binom.cdf(ranks - 1, n, share) <= tail].max(initial=0)
    above = ranks[stats.binom.sf(ranks - 1, n, share) <= tail].min(initial=n + 1)
    first = float(np.sort(low)[below - 1]) if below >= 1 else 0.0
    last = float(np.sort(high)[above - 1]) if above <= n else np.inf
    return first, last


def _rank(share: float, n: int) -> int:
    return max(int(np.ceil(share * n - 1e-9)), 1)


def curve(low: Floats, high: Floats) -> pd.DataFrame:
    """The share with a value of at most t, at each t at which it can change.

    Returns
    -------
    DataFrame: t, low and high (bounds of the share among these persons), estimate (by `npmle`; the mass of a stretch is
    spread evenly over its whole numbers, and that of one without an end is left out).
    """
    low, high = checked(low, high)
    at = np.unique(np.concatenate([[0.0], low, high[np.isfinite(high)]]))
    found = npmle(low, high)
    start, end, share = (found[column].to_numpy() for column in ("low", "high", "share"))
    passed = np.where(
        np.isinf(end), 0.0, np.clip((at[:, None] - start + 1) / np.where(np.isinf(end), 1, end - start + 1), 0, 1)
    )
    return pd.DataFrame(
        {
            "t": at,
            "low": np.searchsorted(np.sort(high), at, side="right") / len(high),
            "high": np.searchsorted(np.sort(low), at, side="right") / len(low),
            "estimate": passed @ share,
        }
    )
