"""Whether several coefficients are all 0: the Wald test with a design's covariance and degrees of freedom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, special

from analysis.risk.refusal import NotEstimable


@dataclass(frozen=True)
class WaldTest:
    """The test, twice: with the degrees of freedom that are left, and adjusted for few PSUs.

    Parameters
    ----------
    coefficients : how many are tested.
    statistic, degrees_of_freedom, p_value : F, its second degrees of freedom, and its upper tail.
    adjusted, adjusted_degrees_of_freedom, adjusted_p_value : the same by Korn and Graubard, which keeps its level where
        the PSUs are few; missing where they are fewer than the coefficients.
    """

    coefficients: int
    statistic: float
    degrees_of_freedom: float
    p_value: float
    adjusted: float
    adjusted_degrees_of_freedom: float
    adjusted_p_value: float


def wald_test(
    coefficients: ArrayLike, covariance: ArrayLike, degrees_of_freedom: float, design_degrees: float
) -> WaldTest:
    """Test that all of these coefficients are 0.

    Parameters
    ----------
    coefficients : (k,). covariance : (k, k) under the design.
    degrees_of_freedom : that are left for the coefficients of the model.
    design_degrees : PSUs less strata.

    Raises
    ------
    NotEstimable : the covariance has no inverse, as where there are more coefficients than PSUs.

    References
    ----------
    Korn, E. L. and Graubard, B. I. (1990). Simultaneous testing of regression coefficients with complex survey data:
        use of Bonferroni t statistics. The American Statistician 44, 270-276.
    """
    beta, spread = np.atleast_1d(np.asarray(coefficients, dtype=float)), np.atleast_2d(covariance)
    k = len(beta)
    size = np.sqrt(np.diag(spread))
    scaled = spread / np.outer(size, size)
    if not np.isfinite(scaled).all() or np.linalg.matrix_rank(scaled, tol=1e-9, hermitian=True) < k:
        raise NotEstimable(
            "singular_covariance",
            f"The {k} coefficients cannot be tested together: the sample's PSUs do not show how they vary with each "
            "other. Test fewer at a time, or join levels.",
        )
    distance = float(beta / size @ linalg.solve(scaled, beta / size, assume_a="pos"))
    left = design_degrees - k + 1
    adjusted = distance * left / (design_degrees * k) if left > 0 else np.nan
    return WaldTest(
        coefficients=k,
        statistic=distance / k,
        degrees_of_freedom=degrees_of_freedom,
        p_value=float(special.fdtrc(k, degrees_of_freedom, distance / k)),
        adjusted=adjusted,
        adjusted_degrees_of_freedom=left if left > 0 else np.nan,
        adjusted_p_value=float(special.fdtrc(k, left, adjusted)) if left > 0 else np.nan,
    )
