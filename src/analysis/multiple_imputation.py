"""Rubin's rules: one estimate and its variance from the estimates of several completed data sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Combined:
    """What several completed data sets say together, (k,) arrays.

    Parameters
    ----------
    imputations : how many.
    estimate : mean of the estimates.
    within, between : mean variance of an estimate, and variance of the estimates over the imputations.
    variance : of the estimate, from chance and from what is not known together.
    share : part of the variance that comes from what is not known, 0 to 1.
    df : degrees of freedom of t; may be infinite.
    """

    imputations: int
    estimate: Floats
    within: Floats
    between: Floats
    variance: Floats
    share: Floats
    df: Floats

    @property
    def missing_information(self) -> Floats:
        """Rubin's fraction of missing information: `share`, and what the degrees of freedom lose."""
        return self.share + (1 - self.share) * 2 / (self.df + 3)


def combine(estimates: ArrayLike, variances: ArrayLike, complete_df: float = np.inf) -> Combined:
    """Combine k estimates of m completed data sets.

    Parameters
    ----------
    estimates, variances : (m, k), m from 2 up; variances above 0.
    complete_df : degrees of freedom that an estimate would have if all data were known; infinite for a z.

    References
    ----------
    Rubin, D. B. (1987). Multiple Imputation for Nonresponse in Surveys. Wiley.
    Barnard, J. and Rubin, D. B. (1999). Small-sample degrees of freedom with multiple imputation. Biometrika 86,
        948-955.
    """
    found, variance = np.asarray(estimates, dtype=float), np.asarray(variances, dtype=float)
    m = len(found)
    within, between = variance.mean(axis=0), found.var(axis=0, ddof=1)
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / total
    squared = share**2
    with np.errstate(divide="ignore"):
        df = np.where(squared > 0, (m - 1) / squared, np.inf)
    if np.isfinite(complete_df):
        observed = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - share)
        df = 1 / (1 / df + 1 / observed)
    return Combined(m, found.mean(axis=0), within, between, total, share, df)
