"""The Mann-Kendall test and Sen's slope, with the exact distribution of Kendall's score.

The exact distribution of Kendall's score where every order of the values is equally likely, with ties or without.

Kendall's score of values in order of time: its variance without a trend, and its normal p.

The Mann-Kendall test for a rising or falling series, and Sen's slope: ranks only, no model of the counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bounded.refusal import Caution, Refusal
from trends import caution
from trends.series import Floats, NotEstimable, refuse_few_points

# Beyond these the normal z differs by nothing that matters, and the recursion takes its time.
LONGEST = 300
LONGEST_TIED = 60


def exact_p_value(s: int, tied: ArrayLike) -> float:
    """Two-sided p of Kendall's score over all orders of the values: the share whose score is at least as far from 0.

    Parameters
    ----------
    s : the score, pairs that rise less pairs that fall.
    tied : how often each different value is found; all 1 where no values are tied.

    Returns
    -------
    p from 0 to 1; NaN for more than 300 values, or more than 60 with ties.

    References
    ----------
    Kendall, M. G. (1975). Rank correlation methods, 4th edition. Griffin.
    Best, D. J. and Gipps, P. G. (1974). Algorithm AS 71: the upper tail probabilities of Kendall's tau. Applied
        Statistics 23, 98-100.
    """
    sizes = tuple(sorted(int(times) for times in np.asarray(tied)))
    n = sum(sizes)
    if n > (LONGEST if len(sizes) == n else LONGEST_TIED):
        return np.nan
    if s == 0:
        return 1.0
    pairs = (n * n - sum(times * times for times in sizes)) // 2
    # The distribution is symmetric: a score of -s is as likely as one of s.
    return float(2 * _falling_at_most(sizes)[(pairs - abs(s)) // 2])


@lru_cache(maxsize=64)
def _falling_at_most(sizes: tuple[int, ...]) -> Floats:
    """P(pairs that fall <= k) for k up to half of all untied pairs.

    The values are put in group by group. The pairs that fall between a group of t and the m values before it have the
    generating function of a Gaussian binomial, product over j = 1..t of (1 - q^(m + j)) / (1 - q^j), and are
    independent of the pairs before.
    """
    n = sum(sizes)
    half = (n * n - sum(times * times for times in sizes)) // 4 + 1
    share = np.zeros(half)
    share[0] = 1.0
    before = 0
    for times in sizes:
        for j in range(1, times + 1):
            share = _divided(share, j)
            # Dividing first keeps what is subtracted well below what it is subtracted from.
            share[before + j :] -= share[: max(half - before - j, 0)].copy()
            share *= j / (before + j)
        before += times
    upto = share.cumsum()
    upto.setflags(write=False)
    return upto


def _divided(series: Floats, step: int) -> Floats:
    """The coefficients of a power series divided by 1 - q^step: sums over every step-th of them."""
    if step == 1:
        return series.cumsum()
    padded = np.zeros(-(-len(series) // step) * step)
    padded[: len(series)] = series
    return padded.reshape(-1, step).cumsum(axis=0).ravel()[: len(series)]


def score(values: Floats) -> int:
    """Kendall's score with time: pairs that rise less pairs that fall; pairs with a NaN count as neither."""
    return int(np.triu(rises(values)).sum())


def rises(values: Floats) -> NDArray[np.int8]:
    """1 where the value of the column is above that of the row, -1 where below, 0 where tied or either is NaN."""
    later, earlier = values[np.newaxis, :], values[:, np.newaxis]
    return (later > earlier).astype(np.int8) - (later < earlier)


def score_variance(n: int, tied: ArrayLike) -> float:
    """Variance of Kendall's score of `n` independent values, each different value found `tied` times."""
    times = np.asarray(tied, dtype=float)
    return float(n * (n - 1) * (2 * n + 5) - (times * (times - 1) * (2 * times + 5)).sum()) / 18


def standardised(s: float, var_s: float, continuity: bool) -> float:
    """The score in standard deviations; if all values are tied, it is 0 whatever the order, and so is z."""
    if s == 0:
        return 0.0
    return float(np.sign(s) * (abs(s) - 1 if continuity else abs(s)) / np.sqrt(var_s))


def normal_p_value(z: float) -> float:
    """Two-sided p of a normal z."""
    return float(min(1.0, 2 * special.ndtr(-abs(z))))


CORRECTIONS = (None, "hamed_rao")
MANY_TIES = 0.25
# In longer series the normal p differs from the exact one by nothing that matters.
LONGEST_EXACT = 10


@dataclass(frozen=True)
class MannKendall:
    """A Mann-Kendall test.

    Parameters
    ----------
    n : observed points.
    s, var_s : Kendall's score, and its variance without a trend, corrected for ties, and for autocorrelation if that
        was asked for.
    z, p_value : score in standard deviations, one step nearer to 0 (continuity correction); two-sided normal p.
    tau_a, tau_b : Kendall's rank correlation with time, without and with correction for ties (NaN if all are tied).
    slope, slope_low, slope_high : Sen's slope with its 95 % interval, in units of the values a unit of the periods. The
        interval takes the points as independent, whatever the correction.
    p_exact : exact two-sided p of independent points; NaN where values are tied, or for more than 300 points.
    p_permutation : the share of all orders of the observed values, tied or not, whose score is at least as far from 0;
        equal to `p_exact` without ties; NaN for more than 60 points with ties.
    var_s_independent : the variance if the points are independent.
    effective_n : how many independent points would tell as much; `n` without a correction.
    correction : None or "hamed_rao".
    warnings : what a reader must know of the series, one sentence each.
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
    p_exact: float = np.nan
    p_permutation: float = np.nan
    var_s_independent: float = np.nan
    effective_n: float = np.nan
    correction: str | None = None
    warnings: tuple[Caution, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether `p_stated` is exact: of series of up to 10 points that are taken as independent."""
        return self.n <= LONGEST_EXACT and self.correction is None and not np.isnan(self.p_permutation)

    @property
    def p_stated(self) -> float:
        """The p-value to print: exact where `is_exact`, else normal."""
        return self.p_permutation if self.is_exact else self.p_value


def mann_kendall(
    values: ArrayLike,
    periods: ArrayLike | None = None,
    *,
    correction: str | None = None,
    continuity: bool = True,
    lags: int | None = None,
    lag_confidence: float = 0.95,
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
    periods : the times of `values`, as years; needed only where they are not equally spaced. None: 0, 1, 2, ...;
        the index of a Series is not looked at.
    correction : None, or "hamed_rao" for autocorrelated points.
    continuity : False leaves the score where it is; True brings it one step nearer to 0.
    lags : with a correction, the longest lag looked at; None: all.
    lag_confidence : with a correction, the level at which an autocorrelation must differ from 0 to count.

    Returns
    -------
    MannKendall : s, var_s, z, p_value, p_exact, p_permutation, tau_a, tau_b, slope with slope_low and slope_high (units
        of the values a unit of the periods), and warnings.

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

    if correction not in CORRECTIONS:
        raise Refusal("unknown_choice", f"The correction must be None or 'hamed_rao'; it is {correction!r}.")
    if not 0 < lag_confidence < 1:
        raise Refusal(
            "confidence_out_of_range",
            f"The level at which a lag counts must lie between 0 and 1; it is {lag_confidence}.",
        )
    if lags is not None and lags < 1:
        raise Refusal("not_positive", f"The longest lag must be at least 1; it is {lags}.")
    y, t = in_order(values, periods)
    observed = ~np.isnan(y)
    unknown = t[~observed]
    y, t = y[observed], t[observed]
    n = len(y)
    refuse_few_points(n)

    s = score(y)
    tied = np.unique(y, return_counts=True)[1]
    independent = score_variance(n, tied)
    sen = stats.theilslopes(y, t, alpha=0.95)
    rest = _without_slope(y, t, float(sen.slope))
    factor = _inflation(rest, t, lags, lag_confidence) if correction else 1.0
    z = standardised(s, independent * factor, continuity)
    pairs = n * (n - 1) / 2
    untied = pairs - float((tied * (tied - 1)).sum()) / 2
    permuted = exact_p_value(s, tied)
    return MannKendall(
        n=n,
        s=s,
        var_s=independent * factor,
        z=z,
        p_value=normal_p_value(z),
        tau_a=s / pairs,
        tau_b=s / float(np.sqrt(pairs * untied)) if untied else np.nan,
        slope=float(sen.slope),
        slope_low=float(sen.low_slope),
        slope_high=float(sen.high_slope),
        p_exact=permuted if untied == pairs else np.nan,
        p_permutation=permuted,
        var_s_independent=independent,
        effective_n=n / factor,
        correction=correction,
        warnings=_warnings(t, unknown, rest, 1 - untied / pairs, periods is not None, correction, factor),
    )


def in_order(values: ArrayLike, periods: ArrayLike | None, name: str = "value") -> tuple[Floats, Floats]:
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
            f"{name.capitalize()}s and periods must be lists of one length; their shapes are {y.shape} and {t.shape}.",
        )
    if np.isinf(y).any():
        raise Refusal(
            "not_finite", f"A {name} is infinite. A minimum without an upper bound has no rank: leave it out as NaN."
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


def _inflation(rest: Floats, t: Floats, lags: int | None, lag_confidence: float) -> float:
    """By how much autocorrelation multiplies the variance of the score (Hamed and Rao's n / n*)."""
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
    r = np.where(np.abs(r) > special.ndtri((1 + lag_confidence) / 2) / np.sqrt(n), r, 0.0)
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
    """What the series cannot say, one sentence each."""
    neighbours: caution.Said = "" if correction else caution.autocorrelation(rest)
    which = caution.listed(unknown) if dated else f"{len(unknown)} of the values"
    return caution.kept(
        Caution("unknown_left_out", f"Left out, as the value is not known: {which}.") if len(unknown) else "",
        caution.few_points(len(t)),
        Caution(
            "many_ties",
            f"{100 * tied:.0f} % of the pairs are tied: ranks say little, and the normal p-value is rough.",
        )
        if tied > MANY_TIES
        else "",
        neighbours,
        Caution(
            "p_value_too_small", "The p-value is too small for such a series: correction='hamed_rao' allows for it."
        )
        if neighbours
        else "",
        Caution("rough_correction", f"Corrected for autocorrelation in only {len(t)} points: the correction is rough.")
        if correction and len(t) < 20
        else "",
        Caution(
            "negative_autocorrelation",
            f"High and low values alternate, which makes the variance {factor:.2f} times that of independent points "
            "and the p-value smaller: do not rest a trend on the correction.",
        )
        if factor < 1
        else "",
        caution.covid(t) if dated else "",
        caution.gaps(t) if dated else "",
    )
