"""Maximum likelihood with weights, its jackknife by sampling units, and the Wald test of several coefficients."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, special

from bounded.refusal import Refusal
from survey_stats.design import Codes, Design, Floats, Mask, NotEstimable, require_two_units

# Steps of a fit, and the share of the coefficients by which the last may move them; the next would be its square.
_STEPS, _STILL = 60, 1e-10
# Of fits without a unit: steps, and by how much the linear predictor still moves in the last.
_STEPS_WITHOUT, _STILL_WITHOUT = 12, 1e-9
# Where units times different rows are more, each fit without a unit is one Newton step from the whole fit.
_REFITTED = 5e6
# Units that are fitted without at once.
_CHUNK = 128
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


def delete_one_psu(
    design: Design,
    rows: Codes,
    patterns: Floats,
    pattern: Codes,
    y: Floats,
    family: Family,
    fit: PseudoLikelihood,
    hanging: Mapping[int, Mask],
) -> tuple[Floats, Floats]:
    """Jackknife the coefficients of a model: leave out one PSU after the other, the rest of its stratum weighing more.

    Linearised errors are too small where an outcome is rare or few units carry a coefficient, since what a unit adds is
    measured from a fit that the unit itself has drawn to it. Without it the fit lies elsewhere, and the error is larger
    by as much. Where a unit alone keeps a coefficient finite, the fit without it is stopped on its way to infinity, and
    the error says how little is known. In large samples the fit without a unit is one Newton step from the whole one.

    Parameters
    ----------
    design : a probability sample. rows : (n,) places in its data of those in the model.
    patterns : (p, k) the different rows of terms. pattern : (n,) which of them each is. y : (n,).
    family, fit : of the model with all units. hanging : units without which terms are not determined
        (`hanging_on_a_unit`); the errors of these terms mean nothing.

    Returns
    -------
    (k, k) covariance around the whole fit, and (k,) degrees of freedom of each coefficient: those of a sum of variances
    of strata, of which a few may be all that counts (Satterthwaite).

    Raises
    ------
    NotEstimable : a stratum has one PSU. ValueError : the design is calibrated.

    References
    ----------
    Rao, J. N. K., Wu, C. F. J. and Yue, K. (1992). Some recent work on resampling methods for complex surveys. Survey
        Methodology 18, 209-217.
    Satterthwaite, F. E. (1946). An approximate distribution of estimates of variance components. Biometrics Bulletin 2,
        110-114.
    """
    if design.calibration is not None:
        raise Refusal(
            "calibrated_weights",
            "Weights of this design are calibrated, and would have to be so again without each unit: use "
            "`design.replicates('jackknife')`, which does that.",
        )
    stage = design.structure.stages[0]
    require_two_units(stage)
    psu, stratum, sampled = stage.unit[rows], stage.stratum, stage.sampled.astype(float)
    weights = design.weights[rows]
    apart = _one_step(psu, stratum, sampled, patterns[pattern], weights, family, fit, pattern, hanging)
    if len(stratum) * len(patterns) <= _REFITTED:
        cells = psu * len(patterns) + pattern
        shape = (len(stratum), len(patterns))
        held = np.bincount(cells, weights=weights, minlength=shape[0] * shape[1]).astype(float).reshape(shape)
        events = np.bincount(cells, weights=weights * y, minlength=shape[0] * shape[1]).astype(float).reshape(shape)
        apart = _refitted(apart, held, events, stratum, sampled, patterns, family, fit, hanging)
    factor = (sampled - 1) / sampled
    if len(design.structure.stages) == 1:
        factor = factor * (1 - stage.fraction)
    weighed = apart * np.sqrt(factor[stratum])[:, None]
    parts = _by_stratum(weighed**2, stratum)
    with np.errstate(divide="ignore", invalid="ignore"):
        degrees = parts.sum(axis=0) ** 2 / (parts**2 / np.maximum(sampled - 1, 1)[:, None]).sum(axis=0)
    return weighed.T @ weighed, degrees


def _one_step(
    psu: Codes,
    stratum: Codes,
    sampled: Floats,
    x: Floats,
    weights: Floats,
    family: Family,
    fit: PseudoLikelihood,
    pattern: Codes,
    hanging: Mapping[int, Mask],
) -> Floats:
    """(units, k) by how much the coefficients move without each unit, in one Newton step."""
    units, k = len(stratum), x.shape[1]
    curvature = weights * family.variance(family.mean(fit.eta[pattern]))
    information = np.zeros((units, k, k))
    for i in range(k):
        for j in range(i, k):
            sums = np.bincount(psu, weights=curvature * x[:, i] * x[:, j], minlength=units)
            information[:, i, j] = information[:, j, i] = sums
    whole: Floats = information.sum(axis=0)
    shares: Floats = np.linalg.inv(whole) @ information
    steps = np.stack(
        [np.bincount(psu, weights=column, minlength=units) for column in fit.influence.T], axis=1, dtype=float
    )
    moved: Floats = _without(steps, stratum, sampled)[:, :, None]
    left: Floats = np.eye(k) + _without(shares, stratum, sampled)
    # Without these units only what the others determine has a solution of its own.
    size = np.sqrt(np.diag(whole))
    for unit in hanging:
        moved[unit] = _inverse(whole @ left[unit], size) @ whole @ moved[unit]
        left[unit] = np.eye(k)
    return np.linalg.solve(left, moved)[:, :, 0].astype(float)


def _inverse(information: Floats, size: Floats) -> Floats:
    """An inverse where the information has one, and no step elsewhere. size : (k,) by which terms are scaled."""
    scale = np.outer(size, size)
    return np.linalg.pinv(information / scale, rcond=1e-9, hermitian=True) / scale


def _refitted(
    apart: Floats,
    held: Floats,
    events: Floats,
    stratum: Codes,
    sampled: Floats,
    patterns: Floats,
    family: Family,
    fit: PseudoLikelihood,
    hanging: Mapping[int, Mask],
) -> Floats:
    """The same, by Newton's method from there until nothing moves; a fit that runs away is stopped."""
    products = (patterns[:, :, None] * patterns[:, None, :]).reshape(len(patterns), -1)
    k = patterns.shape[1]
    whole, whole_events = held.sum(axis=0), events.sum(axis=0)
    weights, outcomes = _without(held, stratum, sampled), _without(events, stratum, sampled)
    found, size = apart.copy(), np.sqrt((patterns**2 * whole[:, None]).sum(axis=0))
    for start in range(0, len(stratum), _CHUNK):
        here = slice(start, start + _CHUNK)
        w, e = whole + weights[here], whole_events + outcomes[here]
        beta = fit.coefficients + apart[here]
        alone = np.isin(np.arange(len(held))[here], list(hanging))
        going = np.ones(len(beta), dtype=bool)
        for _ in range(_STEPS_WITHOUT):
            eta = beta @ patterns.T
            # A unit alone may keep a probability from 0 or 1.
            going &= (family is not FAMILIES["binomial"]) | (np.abs(np.where(w > 0, eta, 0)).max(axis=1) < FAR)
            mean = family.mean(eta)
            information = ((w * family.variance(mean)) @ products).reshape(-1, k, k)
            with np.errstate(invalid="ignore", over="ignore"):
                step = np.zeros_like(beta)
                score = ((e - w * mean) @ patterns)[:, :, None]
                usual = going & ~alone
                step[usual] = np.linalg.solve(information[usual], score[usual])[:, :, 0]
                for unit in np.flatnonzero(going & alone):
                    step[unit] = (_inverse(information[unit], size) @ score[unit])[:, 0]
            beta = beta + step
            if not going.any() or np.abs(step @ patterns.T).max() < _STILL_WITHOUT:
                break
        found[here] = beta - fit.coefficients
    return found


def _without(values: Floats, stratum: Codes, sampled: Floats) -> Floats:
    """By how much a sum over all moves without each unit: a stratum of n units without one weighs n / (n - 1)."""
    n = sampled[stratum].reshape(-1, *(1,) * (values.ndim - 1))
    return (_by_stratum(values, stratum)[stratum] - n * values) / np.maximum(n - 1, 1)


def _by_stratum(values: Floats, stratum: Codes) -> Floats:
    """Sums over the units of each stratum."""
    order = np.argsort(stratum, kind="stable")
    first = np.searchsorted(stratum[order], np.arange(int(stratum.max()) + 1))
    return np.add.reduceat(values[order], first, axis=0)
