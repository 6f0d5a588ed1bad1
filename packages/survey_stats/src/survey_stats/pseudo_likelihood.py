"""Maximum likelihood with weights, and the Wald test of several coefficients."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, special

from survey_stats.design import Codes, Floats, NotEstimable

# Steps of a fit, and the share of the coefficients by which the last may move them; the next would be its square.
_STEPS, _STILL = 60, 1e-10
# A probability of one in three million: from here on, terms may be on their way to infinity.
FAR = 15.0


@dataclass(frozen=True)
class Family:
    """A distribution with its canonical link.

    Parameters
    ----------
    name : of the class in statsmodels.
    mean : of the linear predictor. variance : of the mean. link : the linear predictor of a mean.
    """

    name: str
    mean: Callable[[Floats], Floats]
    variance: Callable[[Floats], Floats]
    link: Callable[[Floats], Floats]


FAMILIES = {
    "binomial": Family("Binomial", special.expit, lambda mean: mean * (1 - mean), special.logit),
    "poisson": Family("Poisson", np.exp, lambda mean: mean, np.log),
    "gaussian": Family("Gaussian", lambda eta: eta, np.ones_like, lambda mean: mean),
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
    """The fit of a generalised linear model (statsmodels) to weighted rows, and what each row adds to its error.

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
    # Of statsmodels only what is fitted by it needs loading.
    from statsmodels.genmod import families
    from statsmodels.genmod.generalized_linear_model import GLM

    # What separates or runs away is warned of, and found by whoever asks for the fit.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        model = GLM(share, x, family=getattr(families, family.name)(), var_weights=w)
        try:
            fit = model.fit(maxiter=_STEPS, tol_criterion="params", tol=_STILL, rtol=_STILL, scale=1.0)
            beta, converged = np.asarray(fit.params), bool(fit.converged)
        except (linalg.LinAlgError, ValueError):
            beta, converged = np.full(x.shape[1], np.inf), False
        eta = x @ beta
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
