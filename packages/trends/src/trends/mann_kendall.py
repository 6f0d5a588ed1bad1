"""The Mann-Kendall test for a rising or falling series, and Sen's slope: ranks only, no model of the counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from bounded.arguments import checked, numbers_in_a_row, whole
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution, Refusal, Said, require_choice
from trends import caution
from trends.calendar_years import years_in_a_row
from trends.series import Floats, NotEstimable, refuse_few_points

CORRECTIONS = (None, "hamed_rao")
MANY_TIES = 0.25
# In longer series the normal p differs from the exact one by nothing that matters.
LONGEST_EXACT = 10


def permutation_p_value(s: int, tied: ArrayLike) -> float:
    """Two-sided p of Kendall's score over all orders of up to ten values, with ties or without.

    Parameters
    ----------
    s : the score, pairs that rise less pairs that fall.
    tied : how often each different value is found; all 1 where no values are tied.

    Returns
    -------
    The share of orders whose score is at least as far from 0; NaN for more than ten values.

    References
    ----------
    Kendall, M. G. (1975). Rank correlation methods, 4th edition. Griffin.
    """
    sizes = np.asarray(tied, dtype=int)
    n = int(sizes.sum())
    if n > LONGEST_EXACT:
        return np.nan
    # Orders by how many pairs fall: products of 1 + q + ... + q^(m - 1), divided by those of the tied values.
    ways: Floats = np.ones(1)
    for m in range(2, n + 1):
        ways = np.convolve(ways, np.ones(m))
    for times in sizes:
        for m in range(2, times + 1):
            ways = np.asarray(np.polydiv(ways, np.ones(m))[0], dtype=float).round()
    scores = len(ways) - 1 - 2 * np.arange(len(ways))
    return float(ways[np.abs(scores) >= abs(s)].sum() / ways.sum())


def score(values: Floats) -> int:
    """Kendall's score with time: pairs that rise less pairs that fall."""
    return int(np.triu(np.sign(values[np.newaxis, :] - values[:, np.newaxis])).sum())


def score_variance(n: int, tied: ArrayLike) -> float:
    """Variance of Kendall's score of `n` independent values, each different value found `tied` times."""
    times = np.asarray(tied, dtype=float)
    return float(n * (n - 1) * (2 * n + 5) - (times * (times - 1) * (2 * times + 5)).sum()) / 18


@dataclass(frozen=True)
class MannKendall(NotebookResult):
    """A Mann-Kendall test.

    Parameters
    ----------
    n : observed points.
    s, var_s : Kendall's score, and its variance without a trend, corrected for ties, and for autocorrelation if that
        was asked for.
    z, p_value : score in standard deviations, one step nearer to 0 (continuity correction); two-sided normal p.
    tau_a, tau_b : Kendall's rank correlation with time, without and with correction for ties (NaN if all are tied).
    slope, slope_low, slope_high : Sen's slope with its interval, in units of the values a `slope_per`. The interval
        takes the points as independent, whatever the correction.
    confidence : level of that interval.
    p_exact : exact two-sided p of independent points; NaN where values are tied.
    p_permutation : the share of all orders of the observed values, tied or not, whose score is at least as far from 0;
        NaN for more than ten points.
    var_s_independent : the variance if the points are independent.
    effective_n : how many independent points would tell as much; `n` without a correction.
    correction : None or "hamed_rao".
    warnings : what a reader must know of the series, one sentence each.
    slope_per : "year" where periods were given, else "period".
    """

    n: int
    s: int
    var_s: float
    z: float
    p_value: float
    tau_a: float
    tau_b: float
    slope: float
    slope_low: float
    slope_high: float
    confidence: float
    p_exact: float = np.nan
    p_permutation: float = np.nan
    var_s_independent: float = np.nan
    effective_n: float = np.nan
    correction: str | None = None
    warnings: tuple[Caution, ...] = ()
    slope_per: str = "period"

    @property
    def is_exact(self) -> bool:
        """True where `p_stated` is exact: of series of up to 10 points that are taken as independent."""
        return self.n <= LONGEST_EXACT and self.correction is None

    @property
    def p_stated(self) -> float:
        """The p-value to print: exact where `is_exact`, else normal."""
        return self.p_permutation if self.is_exact else self.p_value


@checked(values=numbers_in_a_row, periods=years_in_a_row, lags=whole(1))
def mann_kendall(
    values: ArrayLike,
    periods: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
    correction: str | None = None,
    lags: int | None = None,
) -> MannKendall:
    """Test a series for a monotonic trend and estimate its slope.

    The p-value is that of the continuity-corrected normal z, as R's package trend gives it (mk.test); the package
    Kendall gives an exact p instead where no values are tied and the series is short: `p_exact`. In series of 5 to 10
    points the normal p is rough: `p_stated` is the exact one there, and is the one to print. `tau_b` is the tau of
    both. The slope's interval is that of trend's sens.slope: ranks rounded, not interpolated.

    Points are taken as independent unless ``correction="hamed_rao"``. Then the variance is multiplied by
    1 + 2 / (n (n - 1)(n - 2)) Σ (n - i)(n - i - 1)(n - i - 2) r_i (Hamed and Rao, 1998), where r_i is the lag-i
    autocorrelation of the ranks (sums divided by n, whatever the lag) after Sen's slope has been taken out of the
    values. Lags count only if |r_i| > 1.96 / sqrt(n), significant at 5 %: of all n - 1 lags, most are noise,
    and noise would enter the variance. Rao, Hamed and Chen (2003) look at the first three lags alone: ``lags=3``. The
    correction is asymptotic, and in fewer than some 20 points rough: autocorrelations are estimated too low.

    Parameters
    ----------
    values : one number a period, in order of time; NaN is left out, and the others keep their times.
    periods : the times of `values`: years, or dates and pandas Periods, which stand for decimal years; needed only
        where they are not equally spaced. None: 0, 1, 2, ...; the index of a Series is not looked at.
    confidence : level of the interval of the slope, between 0 and 1.
    correction : None, or "hamed_rao" for autocorrelated points.
    lags : with a correction, the longest lag looked at; None: all.

    Returns
    -------
    MannKendall : s, var_s, z, p_value, p_exact, p_permutation, tau_a, tau_b, slope with slope_low and slope_high (units
        of the values, a year where periods are given, else a period: `slope_per`), and warnings.

    Raises
    ------
    TooFewPoints : fewer than 5 observed points.
    NotEstimable : with a correction, points that are not equally spaced, or autocorrelations that leave no variance.
    ValueError : an infinite value, a period that is missing or given twice, lengths that differ, an unknown correction.

    References
    ----------
    Mann, H. B. (1945). Nonparametric tests against trend. Econometrica 13, 245-259.
    Kendall, M. G. (1975). Rank correlation methods, 4th edition. Griffin.
    Sen, P. K. (1968). Estimates of the regression coefficient based on Kendall's tau. JASA 63, 1379-1389.
    Gilbert, R. O. (1987). Statistical methods for environmental pollution monitoring. Van Nostrand Reinhold.
    Hamed, K. H. and Rao, A. R. (1998). A modified Mann-Kendall trend test for autocorrelated data. Journal of Hydrology
        204, 182-196.
    Rao, A. R., Hamed, K. H. and Chen, H.-L. (2003). Nonstationarities in hydrologic and environmental time series.
        Kluwer.
    """
    from scipy import stats

    require_choice("correction", correction, CORRECTIONS)
    y, t = _in_order(values, periods)
    observed = ~np.isnan(y)
    unknown = t[~observed]
    y, t = y[observed], t[observed]
    n = len(y)
    refuse_few_points(n)

    s = score(y)
    tied = np.unique(y, return_counts=True)[1]
    independent = score_variance(n, tied)
    sen = stats.theilslopes(y, t, alpha=confidence)
    rest = _without_slope(y, t, float(sen.slope))
    factor = _inflation(rest, t, lags) if correction else 1.0
    # One step nearer to 0; where all values are tied, the score is 0 whatever the order, and so is z.
    z = float(np.sign(s) * (abs(s) - 1) / np.sqrt(independent * factor)) if s else 0.0
    pairs = n * (n - 1) / 2
    untied = pairs - float((tied * (tied - 1)).sum()) / 2
    return MannKendall(
        n=n,
        s=s,
        var_s=independent * factor,
        z=z,
        p_value=float(min(1.0, 2 * special.ndtr(-abs(z)))),
        tau_a=s / pairs,
        tau_b=s / float(np.sqrt(pairs * untied)) if untied else np.nan,
        slope=float(sen.slope),
        slope_low=float(sen.low_slope),
        slope_high=float(sen.high_slope),
        confidence=confidence,
        p_exact=float(stats.kendalltau(t, y, method="exact").pvalue) if untied == pairs else np.nan,
        p_permutation=permutation_p_value(s, tied),
        var_s_independent=independent,
        effective_n=n / factor,
        correction=correction,
        slope_per="period" if periods is None else "year",
        warnings=_warnings(t, unknown, rest, 1 - untied / pairs, periods is not None, correction, factor),
    )


def _in_order(values: ArrayLike, periods: ArrayLike | None) -> tuple[Floats, Floats]:
    """Values and their times in order of time; NaN stays.

    Raises
    ------
    ValueError : an infinite value, a period that is missing or given twice, or lengths that differ.
    """
    y = np.asarray(values, dtype=float)
    t = np.arange(len(y), dtype=float) if periods is None else np.asarray(periods, dtype=float)
    if y.ndim != 1 or y.shape != t.shape:
        raise Refusal(
            "unequal_lengths",
            f"Values and periods must be lists of one length; their shapes are {y.shape} and {t.shape}.",
        )
    if np.isinf(y).any():
        raise Refusal(
            "not_finite", "A value is infinite. A minimum without an upper bound has no rank: leave it out as NaN."
        )
    if not np.isfinite(t).all():
        raise Refusal("missing_value", "A period is missing or infinite: every value needs its time.")
    order = np.argsort(t, kind="stable")
    y, t = y[order], t[order]
    again = np.flatnonzero(t[1:] == t[:-1])
    if len(again):
        raise Refusal(
            "duplicate_period", f"The period {t[again[0]]:g} is given more than once: add up or choose first."
        )
    return y, t


def _without_slope(y: Floats, t: Floats, slope: float) -> Floats:
    """The values less their slope; points that lie on one line are tied in spite of rounding."""
    rest = y - slope * (t - t[0])
    scale = np.abs(y).max() or 1.0
    return np.round(rest / scale, 12) * scale


def _inflation(rest: Floats, t: Floats, lags: int | None) -> float:
    """The factor by which autocorrelation multiplies the variance of the score (Hamed and Rao's n / n*)."""
    from scipy import stats

    n = len(rest)
    steps = np.diff(t)
    if not np.allclose(steps, steps[0], rtol=1e-6, atol=0):
        later = t[1:][~np.isclose(steps, steps.min(), rtol=1e-6, atol=0)]
        raise NotEstimable(
            "gap_in_series",
            f"The points are not equally spaced (a gap before {later[0]:g}), so that neighbours are not at one lag and "
            "their autocorrelation is not defined. Test the longest stretch without a gap, or leave the correction out "
            "and say so.",
        )
    ranks = stats.rankdata(rest)
    ranks -= ranks.mean()
    total = float(ranks @ ranks)
    if total == 0:
        return 1.0
    lag = np.arange(1, min(n, n if lags is None else lags + 1))
    r = np.correlate(ranks, ranks, mode="full")[n - 1 + lag] / total
    r = np.where(np.abs(r) > special.ndtri(0.975) / np.sqrt(n), r, 0.0)
    factor = 1 + 2 / (n * (n - 1) * (n - 2)) * float(((n - lag) * (n - lag - 1) * (n - lag - 2)) @ r)
    if factor <= 0:
        raise NotEstimable(
            "no_score_variance",
            f"The autocorrelations of the {n} points leave the score no variance (n / n* is {factor:.2f}): high and "
            "low values alternate too regularly for the correction. Look at fewer `lags`, or leave it out and say so.",
        )
    return factor


def _warnings(
    t: Floats, unknown: Floats, rest: Floats, tied: float, dated: bool, correction: str | None, factor: float
) -> tuple[Caution, ...]:
    """Limits of the series, one sentence each."""
    neighbours: Said = "" if correction else caution.autocorrelation(rest)
    which = caution.listed(unknown) if dated else f"{len(unknown)} of the values"
    return Caution.kept(
        Caution.when(len(unknown), "unknown_left_out", f"Left out, as the value is not known: {which}."),
        caution.few_points(len(t)),
        Caution.when(
            tied > MANY_TIES,
            "many_ties",
            f"{100 * tied:.0f} % of the pairs are tied: ranks say little, and the normal p-value is rough.",
        ),
        neighbours,
        Caution.when(
            neighbours,
            "p_value_too_small",
            "The p-value is too small for such a series: correction='hamed_rao' allows for it.",
        ),
        Caution.when(
            correction and len(t) < 20,
            "rough_correction",
            f"Corrected for autocorrelation in only {len(t)} points: the correction is rough.",
        ),
        Caution.when(
            factor < 1,
            "negative_autocorrelation",
            f"High and low values alternate, which makes the variance {factor:.2f} times that of independent points "
            "and the p-value smaller: do not rest a trend on the correction.",
        ),
        caution.covid(t) if dated else "",
        caution.gaps(t) if dated else "",
    )
