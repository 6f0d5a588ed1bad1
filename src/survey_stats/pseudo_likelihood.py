"""Maximum likelihood with weights, and the Wald test of several coefficients.

Maximum likelihood with weights, for outcomes that are yes or no, counts, or measured.

Whether several coefficients are all 0: the Wald test with a design's covariance and degrees of freedom.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, special

from survey_stats.design import Codes, Floats, NotEstimable

if TYPE_CHECKING:
    pass

_STEPS, _HALVINGS = 60, 30
# What rounding may take from a likelihood, as a share of it.
_ROUNDING = 1e-12
# What an estimate's linear predictor may still move where it is called found; Newton's next step is its square.
_STILL = 1e-8
# A probability of one in three million: from here on, terms may be on their way to infinity.
FAR = 15.0


@dataclass(frozen=True)
class Family:
    """A distribution with its canonical link.

    Parameters
    ----------
    mean, variance, likelihood : of the linear predictor; variance as a function of the mean; log likelihood of an
        outcome, up to what does not depend on the predictor.
    link : the linear predictor of a mean.
    """

    mean: Callable[[Floats], Floats]
    variance: Callable[[Floats], Floats]
    likelihood: Callable[[Floats, Floats], Floats]
    link: Callable[[float], float]


FAMILIES = {
    "binomial": Family(
        mean=special.expit,
        variance=lambda mean: mean * (1 - mean),
        likelihood=lambda y, eta: y * eta - np.logaddexp(0, eta),
        link=special.logit,
    ),
    "poisson": Family(
        mean=np.exp,
        variance=lambda mean: mean,
        likelihood=lambda y, eta: y * eta - np.exp(eta),
        link=np.log,
    ),
    "gaussian": Family(
        mean=lambda eta: eta,
        variance=np.ones_like,
        likelihood=lambda y, eta: -((y - eta) ** 2) / 2,
        link=lambda mean: mean,
    ),
}


@dataclass(frozen=True, eq=False)
class PseudoLikelihood:
    """Coefficients at which the weighted likelihood is highest.

    Parameters
    ----------
    coefficients : (terms,). converged : whether they were found; False where some run away.
    eta : (patterns,) linear predictor of each different row.
    influence : (rows, terms) what each row adds to the error of the coefficients; `SurveyDesign.covariance` is theirs.
    """

    coefficients: Floats
    converged: bool
    eta: Floats
    influence: Floats


def maximise(patterns: Floats, pattern: Codes, y: Floats, weights: Floats, family: Family) -> PseudoLikelihood:
    """Newton's method from the mean, each step shortened until the likelihood does not fall.

    Parameters
    ----------
    patterns : (patterns, terms) the different rows of terms, the first column ones, columns linearly independent.
    pattern : (rows,) which of them each row is. y : (rows,). weights : (rows,) above 0.

    References
    ----------
    Binder, D. A. (1983). On the variances of asymptotically normal estimators from complex surveys. International
        Statistical Review 51, 279-292.
    """
    # Rows of one pattern are as one with the mean of their outcomes; columns of length 1 and weights of mean 1 keep the
    # equations well scaled.
    unit = weights.mean()
    w = np.bincount(pattern, weights=weights / unit, minlength=len(patterns))
    share = np.bincount(pattern, weights=weights / unit * y, minlength=len(patterns)) / w
    size = np.sqrt((patterns**2).mean(axis=0))
    x = patterns / size
    beta = np.zeros(x.shape[1])
    beta[0] = family.link(float(w @ share / w.sum())) * size[0]
    eta = x @ beta
    height, converged = float(w @ family.likelihood(share, eta)), False
    for _ in range(_STEPS):
        mean = family.mean(eta)
        information = (x * (w * family.variance(mean))[:, None]).T @ x
        try:
            step = linalg.cho_solve(linalg.cho_factor(information), x.T @ (w * (share - mean)))
        except (linalg.LinAlgError, ValueError):
            break
        move, length = x @ step, 1.0
        for _ in range(_HALVINGS):
            with np.errstate(over="ignore"):
                reached = float(w @ family.likelihood(share, eta + length * move))
            if reached >= height - _ROUNDING * abs(height):
                break
            length /= 2
        beta, height = beta + length * step, reached
        eta = x @ beta
        if np.abs(move).max() < _STILL * max(1.0, np.abs(eta).max()):
            converged = True
            break
        if family is FAMILIES["binomial"] and np.abs(eta).max() > 2 * FAR:
            break
    mean = family.mean(eta)
    information = (x * (w * family.variance(mean))[:, None]).T @ x
    try:
        inverse = linalg.cho_solve(linalg.cho_factor(information), np.eye(len(size))) / np.outer(size, size) / unit
    except (linalg.LinAlgError, ValueError):
        converged, inverse = False, np.full(information.shape, np.nan)
    influence = (patterns @ inverse)[pattern] * (weights * (y - mean[pattern]))[:, None]
    return PseudoLikelihood(beta / size, converged, eta, influence)


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
