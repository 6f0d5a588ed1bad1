"""The Mann-Kendall test of values whose trend may be that of something else, as of the effort to detect them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.refusal import Caution, Refusal
from analysis.trends import caution
from analysis.trends.kendall_score import normal_p_value, score, score_covariance, standardised
from analysis.trends.mann_kendall import in_order
from analysis.trends.refusal import NotEstimable, refuse_few_points
from analysis.trends.series import Floats

# From here on, two thirds of the covariate's variation in rank is time itself.
STEADY = 0.8


@dataclass(frozen=True)
class PartialMannKendall:
    """A Mann-Kendall test of values from which the trend of a covariate has been taken out.

    Parameters
    ----------
    n : points where both are observed.
    s, var_s : the values' score less what the covariate's score leads to expect, and its variance.
    z, p_value : in standard deviations, without continuity correction; two-sided normal p.
    s_values, s_covariate : the scores of either alone.
    correlation : of the two scores, if neither has a trend.
    warnings : what a reader must know of the series, one sentence each.
    """

    n: int
    s: float
    var_s: float
    z: float
    p_value: float
    s_values: int
    s_covariate: int
    correlation: float
    warnings: tuple[Caution, ...]


def partial_mann_kendall(
    values: ArrayLike, covariate: ArrayLike, periods: ArrayLike | None = None
) -> PartialMannKendall:
    """Test a series for a monotonic trend beyond that of a covariate, as of detection effort.

    More inspections find more victims. The test takes from the score of the values what the score of the covariate
    leads to expect, by the covariance that the two have without any trend (Libiseller and Grimvall, 2002). It can tell
    the two apart only where effort moves up and down besides: where effort itself rises or falls steadily, an effect of
    effort and a trend look the same, and `warnings` says so. Without ties R's package trend prints the same as
    partial.mk.test; where values or the covariate are tied it takes the variances of untied ones, which are too large.

    Parameters
    ----------
    values, covariate : one number a period each, in order of time; periods where either is NaN are left out.
    periods : the times of both; None: 0, 1, 2, ... They give the order and names for the warnings.

    Raises
    ------
    TooFewPoints : fewer than 5 periods where both are observed.
    NotEstimable : a covariate that never changes, or one that orders the periods as the values do.
    ValueError : an infinite value, a period that is missing or given twice, or lengths that differ.

    References
    ----------
    Libiseller, C. and Grimvall, A. (2002). Performance of partial Mann-Kendall tests for trend detection in the
        presence of covariates. Environmetrics 13, 71-84.
    """
    y, t = in_order(values, periods)
    x, _ = in_order(covariate, periods, name="covariate")
    if y.shape != x.shape:
        raise Refusal(
            "unequal_lengths", f"Values and covariate must be lists of one length; they have {len(y)} and {len(x)}."
        )
    both = ~(np.isnan(y) | np.isnan(x))
    unknown = t[~both]
    y, x, t = y[both], x[both], t[both]
    refuse_few_points(len(y))
    if (x == x[0]).all():
        raise NotEstimable(
            "constant_covariate",
            f"The covariate is {x[0]:g} in every period and can explain nothing: use mann_kendall, and say that effort "
            "did not change.",
        )
    if (y == y[0]).all():
        raise NotEstimable("no_variation", f"The value is {y[0]:g} in every period: there is no trend to explain.")

    covariance = score_covariance(np.column_stack([y, x]))
    correlation = float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))
    var_s = float(covariance[0, 0]) * (1 - correlation**2)
    if 1 - correlation**2 < 1e-9:
        raise NotEstimable(
            "collinear",
            "The covariate orders the periods exactly as the values do, or exactly the other way round: nothing of the "
            "values is left to test. Another measure of effort would help.",
        )
    s_values, s_covariate = score(y), score(x)
    s = s_values - float(covariance[0, 1] / covariance[1, 1]) * s_covariate
    z = standardised(s, var_s, continuity=False)
    return PartialMannKendall(
        n=len(y),
        s=s,
        var_s=var_s,
        z=z,
        p_value=normal_p_value(z),
        s_values=s_values,
        s_covariate=s_covariate,
        correlation=correlation,
        warnings=_warnings(t, unknown, 2 * s_covariate / (len(x) * (len(x) - 1)), periods is not None),
    )


def _warnings(t: Floats, unknown: Floats, tau: float, dated: bool) -> tuple[Caution, ...]:
    """What the series cannot say, one sentence each."""
    which = caution.listed(unknown) if dated else f"{len(unknown)} of the periods"
    return caution.kept(
        Caution("unknown_left_out", f"Left out, as the value or the covariate is not known: {which}.")
        if len(unknown)
        else "",
        caution.few_points(len(t)),
        Caution(
            "covariate_follows_time",
            f"The covariate itself moves steadily with time (tau {tau:+.2f}): a trend of the values and an effect of "
            "the covariate can hardly be told apart.",
        )
        if abs(tau) >= STEADY
        else "",
        caution.covid(t) if dated else "",
        caution.gaps(t) if dated else "",
    )
