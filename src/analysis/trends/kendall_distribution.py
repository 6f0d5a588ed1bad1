"""The exact distribution of Kendall's score where every order of the values is equally likely, with ties or without."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from analysis.trends.series import Floats

# Beyond these the normal z differs by nothing that matters, and the recursion takes its time.
LONGEST = 300
LONGEST_TIED = 60


def exact_p_value(s: int, tied: ArrayLike) -> float:
    """Two-sided p of Kendall's score over all orders of the values: the share whose score is at least as far from 0.

    Parameters
    ----------
    s : the score, pairs that rise less pairs that fall.
    tied : how often each different value is found; all 1 where no values are tied.

    Returns
    -------
    p from 0 to 1; NaN for more than 300 values, or more than 60 with ties.

    References
    ----------
    Kendall, M. G. (1975). Rank correlation methods, 4th edition. Griffin.
    Best, D. J. and Gipps, P. G. (1974). Algorithm AS 71: the upper tail probabilities of Kendall's tau. Applied
        Statistics 23, 98-100.
    """
    sizes = tuple(sorted(int(times) for times in np.asarray(tied)))
    n = sum(sizes)
    if n > (LONGEST if len(sizes) == n else LONGEST_TIED):
        return np.nan
    if s == 0:
        return 1.0
    pairs = (n * n - sum(times * times for times in sizes)) // 2
    # The distribution is symmetric: a score of -s is as likely as one of s.
    return float(2 * _falling_at_most(sizes)[(pairs - abs(s)) // 2])


@lru_cache(maxsize=64)
def _falling_at_most(sizes: tuple[int, ...]) -> Floats:
    """P(pairs that fall <= k) for k up to half of all untied pairs.

    The values are put in group by group. The pairs that fall between a group of t and the m values before it have the
    generating function of a Gaussian binomial, product over j = 1..t of (1 - q^(m + j)) / (1 - q^j), and are
    independent of the pairs before.
    """
    n = sum(sizes)
    half = (n * n - sum(times * times for times in sizes)) // 4 + 1
    share = np.zeros(half)
    share[0] = 1.0
    before = 0
    for times in sizes:
        for j in range(1, times + 1):
            share = _divided(share, j)
            # Dividing first keeps what is subtracted well below what it is subtracted from.
            share[before + j :] -= share[: max(half - before - j, 0)].copy()
            share *= j / (before + j)
        before += times
    upto = share.cumsum()
    upto.setflags(write=False)
    return upto


def _divided(series: Floats, step: int) -> Floats:
    """The coefficients of a power series divided by 1 - q^step: sums over every step-th of them."""
    if step == 1:
        return series.cumsum()
    padded = np.zeros(-(-len(series) // step) * step)
    padded[: len(series)] = series
    return padded.reshape(-1, step).cumsum(axis=0).ravel()[: len(series)]
