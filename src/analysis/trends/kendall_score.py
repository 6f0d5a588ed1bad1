"""Kendall's score of values in order of time: its variance without a trend, and its normal p."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.trends.series import Floats


def score(values: Floats) -> int:
    """Kendall's score with time: pairs that rise less pairs that fall; pairs with a NaN count as neither."""
    return int(np.triu(rises(values)).sum())


def rises(values: Floats) -> NDArray[np.int8]:
    """1 where the value of the column is above that of the row, -1 where below, 0 where tied or either is NaN."""
    later, earlier = values[np.newaxis, :], values[:, np.newaxis]
    return (later > earlier).astype(np.int8) - (later < earlier)


def score_variance(n: int, tied: ArrayLike) -> float:
    """Variance of Kendall's score of `n` independent values, each different value found `tied` times."""
    times = np.asarray(tied, dtype=float)
    return float(n * (n - 1) * (2 * n + 5) - (times * (times - 1) * (2 * times + 5)).sum()) / 18


def standardised(s: float, var_s: float, continuity: bool) -> float:
    """The score in standard deviations; if all values are tied, it is 0 whatever the order, and so is z."""
    if s == 0:
        return 0.0
    return float(np.sign(s) * (abs(s) - 1 if continuity else abs(s)) / np.sqrt(var_s))


def normal_p_value(z: float) -> float:
    """Two-sided p of a normal z."""
    return float(min(1.0, 2 * special.ndtr(-abs(z))))
