"""Small areas by the model of Fay and Herriot: direct estimates drawn towards a regression, each with its error."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import linalg, optimize

from bounded.arguments import checked
from bounded.refusal import require_choice, require_columns
from survey_stats.area_models import (
    AREAS,
    SmallAreas,
    assembled,
    cautions,
    coefficients,
    highest,
    no_variance,
    prepared,
)
from survey_stats.design import Floats, Names, NotEstimable

METHODS = ("reml", "ml", "moments")


def pooled_errors(shares: pd.DataFrame) -> pd.DataFrame:
    """Standard errors of areas' shares from all areas together: one share and one design effect, and the area's size.

    An area's own standard error, from few sampling units, is itself uncertain, small where by chance few have what is
    counted, and not known where nobody has it. In `fay_herriot` it would give such areas too much weight.

    Parameters
    ----------
    shares : one row an area, as `SurveyDesign.proportion` gives `by` area, of one category: estimate, n, design_effect
        (missing where nobody or everybody has it).

    Returns
    -------
    The table with `standard_error` written over: the root of design effect × share × (1 - share) / n, where the share
    is that of all areas, and the design effect the mean of theirs; both weighted by n.

    Raises
    ------
    NotEstimable : ``no_design_effect``: of no area is it known.

    References
    ----------
    Wolter, K. M. (2007). Introduction to Variance Estimation, ch. 7 (generalized variance functions). Springer.
    You, Y. and Chapman, B. (2006). Small area estimation using area level models and estimated sampling variances.
        Survey Methodology 32, 97-103.
    """
    require_columns(shares, ["estimate", "n", "design_effect"], AREAS)
    values = shares[["estimate", "n", "design_effect"]].to_numpy(dtype=float, na_value=np.nan)
    share, n, effect = values.T
    asked, known = np.isfinite(share) & (n > 0), np.isfinite(effect) & (n > 0)
    if not known.any():
        raise NotEstimable("no_design_effect", "Of no area is the design effect known, so that no error is either.")
    middle = float(np.average(share[asked], weights=n[asked]))
    common = float(np.average(effect[known], weights=n[known]))
    with np.errstate(divide="ignore"):
        error = np.sqrt(common * middle * (1 - middle) / n)
    return shares.assign(standard_error=np.where(asked, error, np.nan))


@checked()
def fay_herriot(
    areas: pd.DataFrame,
    covariates: Names | None = None,
    *,
    method: str = "reml",
    confidence: float = 0.95,
) -> SmallAreas:
    """Estimate areas from their direct estimates and a regression across areas (empirical best linear unbiased).

    An area's estimate is ``gamma`` times the direct one plus ``1 - gamma`` times the regression's. The true values are
    taken to lie around the regression with one variance, normally; each direct estimate to be without bias, normal, and
    its variance to be known. A variance estimated from few sampling units is not, and the limits then hold less than
    said: see `pooled_errors`. They are normal limits: those of shares may leave 0 to 1, and those of areas without a
    sample hold somewhat less than said, as the variance between areas is an estimate.

    Parameters
    ----------
    areas : one row an area: area, estimate (direct) and standard_error (the root of its variance), as
        `SurveyDesign.mean` or `SurveyDesign.proportion` gives them `by` area, joined to covariates of all areas. An
        area without a sample has a missing estimate.
    covariates : columns known of every area, without sampling error (of a census or register). Numbers and booleans are
        a term each; of texts and categories each level but the first is a term. Left out: the mean of all areas.
    method : of the variance between areas: ``reml`` (restricted likelihood), ``ml`` (likelihood), or ``moments`` (Fay
        and Herriot's).
    confidence : level of the limits.

    Returns
    -------
    SmallAreas : `table`, one row an area: direct, eblup, mse, cv, low, high, gamma, synthetic, direct_is_better;
        coefficients, variance, log_likelihood, warnings. The mean squared error is right to the second order: it counts
        that coefficients and variance are estimated.

    Raises
    ------
    NotEstimable : ``too_few_areas``, ``no_variation`` (all direct estimates are one), ``collinear``, or
        ``zero_variance`` (the areas differ by no more than sampling would make them).
    ValueError : a column is missing or holds what it may not; the row is named.

    References
    ----------
    Fay, R. E. and Herriot, R. A. (1979). Estimates of income for small places: an application of James-Stein procedures
        to census data. JASA 74, 269-277.
    Prasad, N. G. N. and Rao, J. N. K. (1990). The estimation of the mean squared error of small-area estimators. JASA
        85, 163-171.
    Datta, G. S. and Lahiri, P. (2000). A unified measure of uncertainty of estimated best linear unbiased predictors in
        small area estimation problems. Statistica Sinica 10, 613-627.
    Datta, G. S., Rao, J. N. K. and Smith, D. D. (2005). On measuring the variability of small area estimators under a
        basic area level model. Biometrika 92, 183-196.
    """
    require_choice("method", method, METHODS)
    given = prepared(areas, covariates)
    y, x, psi = given.data
    variance = _variance(y, x, psi, method)
    if variance == 0:
        raise no_variance()
    v = variance + psi
    beta, inverse, residual = least_squares(y, x, v)
    gamma, drawn = np.zeros(len(given.direct)), np.zeros(len(given.direct))
    gamma[given.sampled] = variance / v
    drawn[given.sampled] = gamma[given.sampled] * residual
    own = np.where(given.sampled, given.psi, 1.0)
    g1 = np.where(given.sampled, gamma * own, variance)
    g2 = (1 - gamma) ** 2 * np.einsum("ij,jk,ik->i", given.x, inverse, given.x)
    bias, spread = _of_the_variance(x, v, inverse, method)
    g3 = np.where(given.sampled, own**2 / (variance + own) ** 3, 0.0) * spread
    mse = g1 + g2 + 2 * g3 - bias * (1 - gamma) ** 2
    likelihood = -0.5 * float(len(y) * np.log(2 * np.pi) + np.log(v).sum() + (residual**2 / v).sum())
    return SmallAreas(
        table=assembled(given, given.x @ beta + drawn, mse, gamma, confidence),
        coefficients=coefficients(given.terms, beta, inverse, confidence),
        variance=variance,
        log_likelihood=likelihood,
        method=method,
        confidence=confidence,
        warnings=cautions(given, mse),
    )


def _variance(y: Floats, x: Floats, psi: Floats, method: str) -> float:
    """The variance between areas, 0 where the data ask for none."""
    if method == "moments":

        def excess(variance: float) -> float:
            _, _, residual = least_squares(y, x, variance + psi)
            return float((residual**2 / (variance + psi)).sum()) - (len(y) - x.shape[1])

        if excess(0.0) <= 0:
            return 0.0
        most = float(np.median(psi))
        while excess(most) > 0:
            most *= 2
        return float(optimize.brentq(excess, 0.0, most, xtol=1e-14 * most, rtol=1e-14))

    def likelihood(variance: float) -> float:
        v = variance + psi
        _, inverse, residual = least_squares(y, x, v)
        restricted = float(np.linalg.slogdet(inverse)[1]) if method == "reml" else 0.0
        return 0.5 * (restricted - float(np.log(v).sum() + (residual**2 / v).sum()))

    def slope(variance: float) -> float:
        v = variance + psi
        _, inverse, residual = least_squares(y, x, v)
        fall = float((1 / v).sum())
        if method == "reml":
            fall -= float(np.einsum("ij,ij->", inverse, (x / v[:, None] ** 2).T @ x))
        return 0.5 * (float((residual**2 / v**2).sum()) - fall)

    return highest(likelihood, slope, float(np.median(psi)))


def _of_the_variance(x: Floats, v: Floats, inverse: Floats, method: str) -> tuple[float, float]:
    """Bias and variance of the estimated variance between areas, in large samples of areas."""
    m, first, second = len(v), float((1 / v).sum()), float((1 / v**2).sum())
    if method == "moments":
        return 2 * (m * second - first**2) / first**3, 2 * m / first**2
    if method == "reml":
        return 0.0, 2 / second
    return -float(np.einsum("ij,ij->", inverse, (x / v[:, None] ** 2).T @ x)) / second, 2 / second


def least_squares(y: Floats, x: Floats, v: Floats) -> tuple[Floats, Floats, Floats]:
    """Coefficients of a regression weighted by 1 / v, the covariance of them, and residuals."""
    inverse = linalg.inv((x / v[:, None]).T @ x)
    beta = inverse @ (x.T @ (y / v))
    return beta, inverse, y - x @ beta
