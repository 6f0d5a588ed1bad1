"""One table of estimates from those of several imputed data sets, with the uncertainty of what was not known in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special, stats

from analysis import intervals
from analysis.multiple_imputation import combine
from analysis.refusal import Refusal
from analysis.risk.refusal import NotEstimable


@dataclass(frozen=True)
class PooledWald:
    """Whether several coefficients are all 0, from several imputed data sets.

    Parameters
    ----------
    coefficients, imputations : how many.
    statistic, df_numerator, df_denominator, p_value : F, its degrees of freedom, and its upper tail.
    relative_increase : of the variance by what is not known, on average over the coefficients.
    """

    coefficients: int
    imputations: int
    statistic: float
    df_numerator: int
    df_denominator: float
    p_value: float
    relative_increase: float


def pool(estimates: pd.DataFrame, *, complete_df: float, confidence: float = 0.95) -> pd.DataFrame:
    """Pool estimates of the same terms over imputed data sets, by Rubin's rules.

    Parameters
    ----------
    estimates : one row an imputation and term: imputation, term, estimate, standard_error; on a scale on which the
        estimate is about normal (log odds ratios, not odds ratios). As many imputations as the largest fraction of
        missing information has per cent are enough.
    complete_df : degrees of freedom that an estimate would have if all answers were known: for a survey PSUs less
        strata, in a regression less its terms but the intercept; infinite for a z.
    confidence : level of the limits, between 0 and 1.

    Returns
    -------
    DataFrame, one row a term in the order they come: term, estimate, standard_error, df, low, high, p_value (two-sided,
    of 0), within, between (mean variance of an estimate, variance of the estimates over imputations),
    missing_information (fraction, 0 to 1), imputations (how many).

    Raises
    ------
    NotEstimable : fewer than two imputations, or one of them has no estimate or standard error of a term.
    ValueError : a column is missing, a term is not once in each imputation, or a standard error is not above 0.

    References
    ----------
    Rubin, D. B. (1987). Multiple Imputation for Nonresponse in Surveys. Wiley.
    Barnard, J. and Rubin, D. B. (1999). Small-sample degrees of freedom with multiple imputation. Biometrika 86,
        948-955.
    White, I. R., Royston, P. and Wood, A. M. (2011). Multiple imputation using chained equations: issues and guidance
        for practice. Statistics in Medicine 30, 377-399.
    """
    intervals.check_confidence(confidence)
    _check_degrees(complete_df)
    for column in ("imputation", "term", "estimate", "standard_error"):
        if column not in estimates:
            raise Refusal(
                "missing_column",
                f"The estimates need the columns imputation, term, estimate and standard_error; {column} is missing.",
            )
    if estimates[["imputation", "term"]].isna().any(axis=None):
        row = estimates.index[estimates[["imputation", "term"]].isna().any(axis=1)][0]
        raise Refusal("missing_value", f"Row {row} does not say of which imputation and term it is.")
    terms, imputations = estimates["term"].unique(), estimates["imputation"].unique()
    times = (
        estimates.groupby(["imputation", "term"])
        .size()
        .reindex(pd.MultiIndex.from_product([imputations, terms]), fill_value=0)
    )
    if (times != 1).any():
        imputation, term = times.index[times != 1][0]
        raise Refusal(
            "term_not_once",
            f"The term '{term}' is {times[times != 1].iloc[0]} times in imputation {imputation}; it must be once in "
            "each. A category that some imputations do not have needs joining with another before the model is fitted.",
        )
    m = len(imputations)
    if m < 2:
        raise NotEstimable(
            "too_few_imputations",
            f"Imputations: {m}. Two at least are needed to see how much what is not known matters.",
        )
    wide = estimates.pivot(index="imputation", columns="term", values=["estimate", "standard_error"])
    found, errors = (
        wide[column][list(terms)].to_numpy(dtype=float, na_value=np.nan) for column in ("estimate", "standard_error")
    )
    lost = ~np.isfinite(found) | np.isnan(errors)
    if lost.any():
        row, place = np.argwhere(lost)[0]
        raise NotEstimable(
            "missing_estimate",
            f"Imputation {wide.index[row]} has no estimate or standard error of '{terms[place]}' ({lost.sum()} are "
            "missing in all). To leave an imputation out would favour those that suit the model; a simpler model would "
            "help.",
        )
    bad = ~((errors > 0) & np.isfinite(errors))
    if bad.any():
        row, place = np.argwhere(bad)[0]
        raise Refusal(
            "invalid_standard_error",
            f"The standard error of '{terms[place]}' in imputation {wide.index[row]} is {errors[row, place]:g}; it "
            "must be above 0 and finite.",
        )
    combined = combine(found, errors**2, complete_df)
    error = np.sqrt(combined.variance)
    half = stats.t.ppf((1 + confidence) / 2, combined.df) * error
    return pd.DataFrame(
        {
            "term": pd.Series(terms, dtype="str"),
            "estimate": combined.estimate,
            "standard_error": error,
            "df": combined.df,
            "low": combined.estimate - half,
            "high": combined.estimate + half,
            "p_value": 2 * stats.t.sf(np.abs(combined.estimate) / error, combined.df),
            "within": combined.within,
            "between": combined.between,
            "missing_information": combined.missing_information,
            "imputations": m,
        }
    )


def pool_wald(estimates: ArrayLike, covariances: ArrayLike, *, complete_df: float) -> PooledWald:
    """Test that several coefficients are all 0, over imputed data sets (D1): a factor with more than two categories.

    What is not known is taken to raise the variance of all coefficients alike, so that few imputations do.

    Parameters
    ----------
    estimates : (imputations, coefficients).
    covariances : (imputations, coefficients, coefficients), of each imputation.
    complete_df : degrees of freedom that the test would have if all answers were known; infinite for chi-squared.

    Raises
    ------
    NotEstimable : too few imputations or degrees of freedom for a test, or a covariance that is not of full rank.
    ValueError : shapes that do not fit, or something missing.

    References
    ----------
    Li, K. H., Raghunathan, T. E. and Rubin, D. B. (1991). Large-sample significance levels from multiply imputed data
        using moment-based statistics and an F reference distribution. JASA 86, 1065-1073.
    Reiter, J. P. (2007). Small-sample degrees of freedom for multi-component significance tests with multiple
        imputation for missing data. Biometrika 94, 502-508.
    """
    _check_degrees(complete_df)
    found, within = np.asarray(estimates, dtype=float), np.asarray(covariances, dtype=float)
    if found.ndim != 2 or within.shape != (*found.shape, found.shape[1]):
        raise Refusal(
            "unequal_shapes",
            f"Estimates are a table of imputations by coefficients, covariances one square table an imputation; the "
            f"shapes are {found.shape} and {within.shape}.",
        )
    if not (np.isfinite(found).all() and np.isfinite(within).all()):
        raise Refusal("not_finite", "An estimate or a covariance is missing or infinite.")
    m, k = found.shape
    if m < 2 or not k:
        raise NotEstimable(
            "nothing_to_test", f"Imputations: {m}, coefficients: {k}. A test needs two imputations and one coefficient."
        )
    mean, average = found.mean(axis=0), within.mean(axis=0)
    if np.linalg.matrix_rank(average, hermitian=True) < k:
        raise NotEstimable(
            "singular_covariance",
            "The covariance of the coefficients is not of full rank: one follows from the others.",
        )
    between = np.atleast_2d(np.cov(found, rowvar=False))
    increase = float((1 + 1 / m) * np.trace(np.linalg.solve(average, between)) / k)
    statistic = float(mean @ np.linalg.solve(average, mean)) / (k * (1 + increase))
    df = _denominator(m, k, increase, complete_df)
    p = float(special.fdtrc(k, df, statistic)) if np.isfinite(df) else float(special.chdtrc(k, k * statistic))
    return PooledWald(k, m, statistic, k, df, p, increase)


def _denominator(m: int, k: int, increase: float, complete_df: float) -> float:
    """Degrees of freedom of the denominator: Li, Raghunathan and Rubin's, or Reiter's where those are few anyway."""
    t = k * (m - 1)
    if np.isinf(complete_df):
        if increase <= 0:
            return np.inf
        if t > 4:
            return 4 + (t - 4) * (1 + (1 - 2 / t) / increase) ** 2
        return t * (1 + 1 / k) * (1 + 1 / increase) ** 2 / 2
    a = increase * t / (t - 2) if t > 2 else np.inf
    b = complete_df * (complete_df + 1) / (complete_df + 3)
    once, twice = b - 2 * (1 + a), b - 4 * (1 + a)
    if t <= 4:
        raise NotEstimable(
            "too_few_imputations",
            f"{m} imputations are too few to test {k} coefficients together where degrees of freedom are few anyway "
            f"({complete_df:g}); {4 // k + 2} at least are needed.",
        )
    if twice <= 0:
        raise NotEstimable(
            "few_degrees_of_freedom",
            f"{complete_df:g} degrees of freedom are too few for a test where so much is not known (it raises the "
            f"variance by {100 * increase:.0f} %). Fewer covariates, or more PSUs, would help.",
        )
    inverse = 1 / twice + (
        a**2 * once / ((1 + a) ** 2 * twice)
        + 8 * a**2 * once / ((1 + a) * twice**2)
        + 4 * a**2 / ((1 + a) * twice)
        + 4 * a**2 / (twice * once)
        + 16 * a**2 * once / twice**3
        + 8 * a**2 / twice**2
    ) / (t - 4)
    return 4 + 1 / inverse


def _check_degrees(complete_df: float) -> None:
    if not complete_df > 0:
        raise Refusal("not_positive", f"`complete_df` are degrees of freedom, above 0; it is {complete_df}.")
