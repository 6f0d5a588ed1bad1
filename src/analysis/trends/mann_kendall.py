"""The Mann-Kendall test for a rising or falling series, and Sen's slope: ranks only, no model of the counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.trends.refusal import refuse_few_points


@dataclass(frozen=True)
class MannKendall:
    """A Mann-Kendall test.

    Parameters
    ----------
    n : observed points.
    s, var_s : Kendall's score, and its variance without a trend, corrected for ties.
    z, p_value : score in standard deviations, one step nearer to 0 (continuity correction); two-sided normal p.
    tau_a, tau_b : Kendall's rank correlation with time, without and with correction for ties (NaN if all are tied).
    slope, slope_low, slope_high : Sen's slope with its 95 % interval, in units of the values a unit of the periods.
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


def mann_kendall(values: ArrayLike, periods: ArrayLike | None = None) -> MannKendall:
    """Test a series for a monotonic trend and estimate its slope.

    The p-value is that of the continuity-corrected normal z, as R's package trend gives it (mk.test); the package
    Kendall gives an exact p instead where no values are tied and the series is short. `tau_b` is the tau of both. The
    slope's interval is that of trend's sens.slope: ranks rounded, not interpolated. Points are taken as independent.

    Parameters
    ----------
    values : one number a period, in order of time; NaN is left out, and the others keep their times.
    periods : the times of `values`, as years; needed only where they are not equally spaced. None: 0, 1, 2, ...;
        the index of a Series is not looked at.

    Raises
    ------
    TooFewPoints : fewer than 5 observed points.
    ValueError : an infinite value, a period that is missing or given twice, or lengths that differ.

    References
    ----------
    Mann, H. B. (1945). Nonparametric tests against trend. Econometrica 13, 245-259.
    Kendall, M. G. (1975). Rank correlation methods, 4th edition. Griffin.
    Sen, P. K. (1968). Estimates of the regression coefficient based on Kendall's tau. JASA 63, 1379-1389.
    Gilbert, R. O. (1987). Statistical methods for environmental pollution monitoring. Van Nostrand Reinhold.
    """
    y = np.asarray(values, dtype=float)
    t = np.arange(len(y), dtype=float) if periods is None else np.asarray(periods, dtype=float)
    if y.ndim != 1 or y.shape != t.shape:
        raise ValueError(f"Values and periods must be lists of one length; their shapes are {y.shape} and {t.shape}.")
    if np.isinf(y).any():
        raise ValueError("A value is infinite. A minimum without an upper bound has no rank: leave it out as NaN.")
    if not np.isfinite(t).all():
        raise ValueError("A period is missing or infinite: every value needs its time.")
    if len(np.unique(t)) < len(t):
        moments, times = np.unique(t, return_counts=True)
        raise ValueError(f"The period {moments[times > 1][0]:g} is given more than once: add up or choose first.")
    order = np.argsort(t)
    y, t = y[order], t[order]
    observed = ~np.isnan(y)
    y, t = y[observed], t[observed]
    n = len(y)
    refuse_few_points(n)

    s = int(np.triu(np.sign(y[np.newaxis, :] - y[:, np.newaxis])).sum())
    tied = np.unique(y, return_counts=True)[1]
    var_s = float(n * (n - 1) * (2 * n + 5) - (tied * (tied - 1) * (2 * tied + 5)).sum()) / 18
    # If all values are tied, the score is 0 whatever the order: z is 0 and p is 1.
    z = float(np.sign(s) * (abs(s) - 1) / np.sqrt(var_s)) if s else 0.0
    sen = stats.theilslopes(y, t, alpha=0.95)
    return MannKendall(
        n=n,
        s=s,
        var_s=var_s,
        z=z,
        p_value=float(min(1.0, 2 * stats.norm.sf(abs(z)))),
        tau_a=s / (n * (n - 1) / 2),
        tau_b=float(stats.kendalltau(t, y).statistic),
        slope=float(sen.slope),
        slope_low=float(sen.low_slope),
        slope_high=float(sen.high_slope),
    )
