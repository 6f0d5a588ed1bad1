"""The yearly change of a series of counts, by a log-linear model that allows for counts known only between bounds."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

from analysis import intervals
from analysis.trends import caution
from analysis.trends.refusal import TooFewPoints, refuse_few_points
from analysis.trends.series import Floats, counts_in_order, positive

FEWEST_EVENTS = 5
PER = 100_000


@dataclass(frozen=True, eq=False)
class CountTrend:
    """A log-linear trend of counts.

    Parameters
    ----------
    n : periods used.
    annual_change : change in percent a year; NaN where counts that are intervals leave it open.
    annual_change_low, annual_change_high : the least and greatest change that counts within their bounds can give; both
        equal `annual_change` where that is known. They do not hold the chance of the counts.
    low, high : confidence limits of the change, percent a year; with interval counts, over all vectors fitted.
    p_value : two-sided p of no change; with interval counts the largest of the vectors', and 1 where the range
        of the change holds 0.
    dispersion : Pearson's, as found (below 1 too); with interval counts the largest.
    periods : the periods used, in order.
    fitted : period, fit (NaN where left open), fit_low, fit_high (as the change's), low, high (confidence limits of the
        fit): persons, or persons per 100,000 where a population was given.
    method : the model in words.
    warnings : what a reader must know of the series, one sentence each.
    """

    n: int
    annual_change: float
    annual_change_low: float
    annual_change_high: float
    low: float
    high: float
    p_value: float
    dispersion: float
    periods: tuple[float, ...]
    fitted: pd.DataFrame
    method: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Fit:
    slope: float
    slope_error: float
    dispersion: float
    line: Floats
    line_error: Floats


def count_trend(series: pd.DataFrame, confidence: float = 0.95) -> CountTrend:
    """Estimate the yearly change of a series of counts.

    A Poisson log-linear model in the period; standard errors are multiplied by the root of Pearson's dispersion where
    that is above 1 (quasi-Poisson), and limits use t with n - 2 degrees of freedom.

    Counts that are intervals are carried as bounds. The slope depends on the counts through the mean period of the
    events alone, and rises with it, so it is greatest for counts that are low up to some period and high after it, and
    least for the reverse: only those vectors need fitting, and the range of the change is exact. Its confidence limits
    are the union over these vectors and no outer bound: counts that zigzag between wide bounds are more dispersed, and
    their limits often reach outside it.

    Parameters
    ----------
    series : period (year, a number), `count` or low, high and value_qualifier (persons), and, if wanted, population
        (persons), which makes it a trend of rates. Periods without a count, or with a minimum alone, are left out
        and named in the warnings.
    confidence : level of the limits, between 0 and 1.

    Raises
    ------
    TooFewPoints : fewer than 5 periods; no events, or perhaps fewer than 5; all certain events in the first or last
        period.
    ValueError : a column is missing, a period is missing or given twice, a population is missing or not positive.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989). Generalized linear models, 2nd edition, chapter 6. Chapman and Hall.
    """
    intervals.check_confidence(confidence)
    counts = counts_in_order(series)
    bounded = np.isfinite(counts["high"])
    used = counts[bounded]
    period, low, high = (used[column].to_numpy(dtype=float) for column in ("period", "low", "high"))
    refuse_few_points(len(used))
    _refuse_few_events(period, low, high)
    exposure = _exposure(used)

    vectors = _extreme_vectors(low, high)
    fits = [_fit(period, vector, exposure) for vector in vectors]
    quantile = float(stats.t.ppf((1 + confidence) / 2, len(used) - 2))
    slope = np.array([fit.slope for fit in fits])
    error = np.array([fit.slope_error for fit in fits])
    line = np.array([fit.line for fit in fits])
    line_error = np.array([fit.line_error for fit in fits])
    # Between vectors that rise and vectors that fall lies one that does neither.
    flat = slope.min() < 0 < slope.max()
    p_value = 1.0 if flat else float((2 * stats.t.sf(np.abs(slope) / error, len(used) - 2)).max())
    dispersion = max(fit.dispersion for fit in fits)
    return CountTrend(
        n=len(used),
        annual_change=_percent(slope[0]) if len(fits) == 1 else np.nan,
        annual_change_low=_percent(slope.min()),
        annual_change_high=_percent(slope.max()),
        low=_percent((slope - quantile * error).min()),
        high=_percent((slope + quantile * error).max()),
        p_value=p_value,
        dispersion=dispersion,
        periods=tuple(period.tolist()),
        fitted=pd.DataFrame(
            {
                "period": used["period"].to_numpy(),
                "fit": np.exp(line[0]) if len(fits) == 1 else np.nan,
                "fit_low": np.exp(line.min(axis=0)),
                "fit_high": np.exp(line.max(axis=0)),
                "low": np.exp((line - quantile * line_error).min(axis=0)),
                "high": np.exp((line + quantile * line_error).max(axis=0)),
            }
        ),
        method=_method("population" in series, confidence, len(fits)),
        warnings=_warnings(counts, used, dispersion),
    )


def _refuse_few_events(period: Floats, low: Floats, high: Floats) -> None:
    if high.sum() == 0:
        raise TooFewPoints(
            "The series has no events at all: nothing can rise or fall. More years or larger areas would help."
        )
    if low.sum() < FEWEST_EVENTS:
        held = f"{low.sum():g}" if low.sum() == high.sum() else f"between {low.sum():g} and {high.sum():g}"
        raise TooFewPoints(
            f"The series holds {held} events in all, and a trend needs at least {FEWEST_EVENTS} that are certain. "
            "More years, larger areas or counts without a lower threshold would help."
        )
    if np.count_nonzero(low) == 1 and (low[0] or low[-1]):
        raise TooFewPoints(
            f"All events that are certain fall in {period[np.argmax(low)]:g}, at one end of the series: "
            "any change, however steep, would fit. More years or larger areas would help."
        )


def _exposure(used: pd.DataFrame) -> Floats:
    """Persons in units of the rate; ones where no population was given."""
    if "population" not in used:
        return np.ones(len(used))
    return positive(used, "population") / PER


def _extreme_vectors(low: Floats, high: Floats) -> list[Floats]:
    """The vectors that are low up to a period and high after it, and the reverse; each once."""
    after = np.arange(len(low))[np.newaxis, :] >= np.arange(len(low) + 1)[:, np.newaxis]
    return list(np.unique(np.vstack([np.where(after, high, low), np.where(after, low, high)]), axis=0))


def _fit(period: Floats, count: Floats, exposure: Floats) -> _Fit:
    # Centred periods keep the two columns of the design apart in size and nearly orthogonal.
    design = np.column_stack([np.ones(len(period)), period - period.mean()])
    with warnings.catch_warnings():
        # A series that is exactly exponential is predicted perfectly, and identified all the same.
        warnings.simplefilter("ignore", PerfectSeparationWarning)
        model = sm.GLM(count, design, family=sm.families.Poisson(), offset=np.log(exposure)).fit(
            tol=1e-10, tol_criterion="params"
        )
    dispersion = float(model.pearson_chi2 / (len(period) - 2))
    covariance = np.asarray(model.cov_params()) * max(1.0, dispersion)
    return _Fit(
        slope=float(model.params[1]),
        slope_error=float(np.sqrt(covariance[1, 1])),
        dispersion=dispersion,
        line=design @ model.params,
        line_error=np.sqrt(np.einsum("ij,jk,ik->i", design, covariance, design)),
    )


def _percent(slope: float) -> float:
    return float(100 * np.expm1(slope))


def _method(rates: bool, confidence: float, vectors: int) -> str:
    subject = "rates (log population as offset)" if rates else "counts"
    union = f"; range over the {vectors} extreme vectors of interval counts" if vectors > 1 else ""
    return (
        f"Poisson log-linear trend of {subject}, quasi-Poisson standard errors (Pearson dispersion, at least 1), "
        f"{100 * confidence:g} % limits by t with n - 2 degrees of freedom{union}"
    )


def _warnings(counts: pd.DataFrame, used: pd.DataFrame, dispersion: float) -> tuple[str, ...]:
    """What the series cannot say, one sentence each."""

    def said(words: str, rows: pd.Series) -> str:
        return f"{words}: {caution.listed(rows)}." if len(rows) else ""

    approximate = used.loc[used["value_qualifier"] == "approx", "period"]
    return caution.kept(
        said("Left out, as the count is not known", counts.loc[counts["low"].isna(), "period"]),
        said("Left out, as only a minimum is known", counts.loc[np.isinf(counts["high"]), "period"]),
        said("Approximate counts, taken as they stand; their width is not stated", approximate),
        said("Counts known only between bounds", used.loc[used["low"] < used["high"], "period"]),
        caution.few_points(len(used)),
        caution.low_counts(used["low"], used["high"]),
        caution.overdispersion(dispersion),
        caution.covid(used["period"]),
        caution.gaps(counts["period"]),
    )
