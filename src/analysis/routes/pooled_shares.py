"""Shares from several imputations: one share, and an interval that has the variance between imputations in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis import intervals

Floats = NDArray[np.float64]


def pooled_shares(count: NDArray[np.int64], n: int, confidence: float = 0.95) -> tuple[Floats, Floats, Floats, Floats]:
    """Pool shares by Rubin's rules.

    The variance within an imputation is W, that of a share of `n` independent persons; between the m of them it is B;
    in all it is T = W + (1 + 1/m) B, with (m - 1)(1 + W / ((1 + 1/m) B))**2 degrees of freedom of Student's t. The
    interval is Wilson's with both.

    Parameters
    ----------
    count : persons of whom something is so, one row an imputation and one column a share.
    n : persons in each imputation.
    confidence : level of the interval.

    Returns
    -------
    share, low, high, missing_information (the part of T that is due to what is missing); all missing if `n` is 0.

    References
    ----------
    Rubin, D. B. (1987). Multiple imputation for nonresponse in surveys. Wiley.
    Lott, A., & Reiter, J. P. (2020). Wilson confidence intervals for binomial proportions with multiple imputation for
    missing data. The American Statistician 74, 109-115.
    """
    m = len(count)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = count / n
        # Mean and variance of whole numbers, so that what never differs does not differ by rounding.
        share = count.mean(axis=0) / n
        within = (shares * (1 - shares) / n).mean(axis=0)
        between = (1 + 1 / m) * count.var(axis=0, ddof=1) / n**2
        ratio = np.where(between > 0, between / within, 0.0)
        freedom = (m - 1) * (1 + 1 / ratio) ** 2
    tail = (1 + confidence) / 2
    normal = special.ndtri(tail)
    finite = np.isfinite(freedom)
    t = np.where(finite, special.stdtrit(np.where(finite, freedom, 1.0), tail), normal)
    # As many independent persons as have the pooled variance, and fewer by as much as t is wider than the normal.
    worth = n / (1 + ratio) * (normal / t) ** 2
    low, high = intervals.wilson(share * worth, share * worth, worth, confidence)
    return share, low, high, ratio / (1 + ratio)
