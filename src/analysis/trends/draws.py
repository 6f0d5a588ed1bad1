"""Dates and counts known only between bounds: the bounds a period's count can have, draws within them, and pooling.

Bounds are the honest outer statement: whatever the dates and counts are, they lie within. Draws are the plausible one:
they take every value of an interval to be equally likely, and each interval apart from the others, which the data do
not say. A result that holds at the bounds needs no draws; one that holds only in the draws rests on that assumption.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis import intervals
from analysis.multiple_imputation import combine
from analysis.refusal import Caution, Refusal
from analysis.trends import calendar_periods as calendar
from analysis.trends import caution
from analysis.trends.refusal import NotEstimable
from analysis.trends.series import counts_in_order

SEED = 19990
FEW_DRAWS = 20


@dataclass(frozen=True)
class Pooled:
    """One estimate from the estimates of several draws, by Rubin's rules.

    Parameters
    ----------
    draws : how many.
    estimate : their mean.
    variance, standard_error : of the estimate, from chance and from the intervals together.
    within, between : mean variance of an estimate, and variance of the estimates over the draws.
    share_from_intervals : share of the variance that comes from not knowing dates or counts, 0 to 1.
    df : degrees of freedom of t.
    low, high, p_value : limits of the estimate; two-sided p of 0.
    warnings : what a reader must know, one sentence each.
    """

    draws: int
    estimate: float
    variance: float
    standard_error: float
    within: float
    between: float
    share_from_intervals: float
    df: float
    low: float
    high: float
    p_value: float
    warnings: tuple[Caution, ...]


def draw_counts(series: pd.DataFrame, draws: int = 100, seed: int = SEED) -> pd.DataFrame:
    """Draw counts within their bounds, each whole number of an interval equally likely.

    Parameters
    ----------
    series : period (year, a number), `count` or low, high and value_qualifier (persons); ``<5`` is 0 to 4. A period
        whose count is not known keeps its place, without a count.
    draws : how many.
    seed : the same seed gives the same draws.

    Returns
    -------
    DataFrame, one row a draw and period, in order of time: draw (from 0), period, count (whole; missing if not known).

    Raises
    ------
    NotEstimable : a count has no upper bound.
    ValueError : a period is missing or given twice, an interval contradicts itself or holds no whole number.
    """
    _check_draws(draws)
    counts = counts_in_order(series)
    open_ = np.isinf(counts["high"])
    if open_.any():
        raise NotEstimable(
            "unbounded_count",
            f"The count of {counts.loc[open_, 'period'].iloc[0]:g} is a minimum: without an upper bound nothing can "
            "be drawn. An upper bound from another source, or leaving the period out and saying so, would help.",
        )
    known = counts["low"].notna().to_numpy()
    low, high = np.ceil(counts.loc[known, "low"]), np.floor(counts.loc[known, "high"])
    if (low > high).any():
        period = counts.loc[known, "period"][low > high].iloc[0]
        raise Refusal("no_whole_number", f"The bounds of {period:g} hold no whole number: counts of persons are whole.")
    drawn = np.full((draws, len(counts)), -1, dtype=np.int64)
    rng = np.random.default_rng(seed)
    drawn[:, known] = rng.integers(
        low.astype(np.int64), high.astype(np.int64), size=(draws, known.sum()), endpoint=True
    )
    count = pd.Series(drawn.ravel(), dtype="Int64")
    return pd.DataFrame(
        {
            "draw": np.repeat(np.arange(draws), len(counts)),
            "period": np.tile(counts["period"].to_numpy(), draws),
            "count": count.mask(np.tile(~known, draws)),
        }
    )


def draw_periods(records: pd.DataFrame, draws: int = 100, seed: int = SEED, unit: str = "Y") -> pd.DataFrame:
    """Draw the date of each record within its interval, each day equally likely, and count the records of each period.

    Parameters
    ----------
    records : one row a record: date_low, date_high.
    draws : how many.
    seed : the same seed gives the same draws.
    unit : of the periods: D, W, M, Q or Y.

    Returns
    -------
    DataFrame, one row a draw and period, from the first period that a record may lie in to the last: draw (from 0),
    period (a whole number for years), count (records). The counts of a draw add to the number of records.

    Raises
    ------
    ValueError : no record, a column or a date is missing, or date_low is after date_high; the row is named.
    """
    _check_draws(draws)
    low, high = _dated(records, unit)
    days = (high - low).dt.days.to_numpy()
    chosen = np.random.default_rng(seed).integers(0, days, size=(draws, len(days)), endpoint=True)
    first, last = calendar.ordinals(low, unit).min(), calendar.ordinals(high, unit).max()
    # Each day of the calendar is looked up once.
    calendar_days = pd.Series(pd.date_range(low.min(), high.max()))
    place = calendar.ordinals(calendar_days, unit) - first
    start = (low - low.min()).dt.days.to_numpy()
    width = int(last - first) + 1
    cells = place[start + chosen] + width * np.arange(draws)[:, None]
    return pd.DataFrame(
        {
            "draw": np.repeat(np.arange(draws), width),
            "period": pd.concat([calendar.named(np.arange(first, last + 1), unit)] * draws, ignore_index=True),
            "count": np.bincount(cells.ravel(), minlength=draws * width),
        }
    )


def period_bounds(records: pd.DataFrame, unit: str = "Y") -> pd.DataFrame:
    """Count for each period the records that certainly lie in it, and those that may.

    Parameters
    ----------
    records : one row a record: date_low, date_high.
    unit : of the periods: D, W, M, Q or Y.

    Returns
    -------
    DataFrame, one row a period, without gaps: period (a whole number for years), low (records certainly in it), high
    (records possibly in it), value_qualifier (exact where both agree, else derived): a series that a trend reads. Each
    period's bounds are exact by themselves; all lows, or all highs, cannot be true together.

    Raises
    ------
    ValueError : no record, a column or a date is missing, or date_low is after date_high; the row is named.
    """
    low, high = _dated(records, unit)
    from_, to = calendar.ordinals(low, unit), calendar.ordinals(high, unit)
    first, width = from_.min(), int(to.max() - from_.min()) + 1
    certain = np.bincount(from_[from_ == to] - first, minlength=width)
    # A record is possible from its first period on, and no more after its last.
    steps = np.bincount(from_ - first, minlength=width + 1) - np.bincount(to - first + 1, minlength=width + 1)
    possible = np.cumsum(steps)[:width]
    return pd.DataFrame(
        {
            "period": calendar.named(np.arange(first, first + width), unit),
            "low": certain.astype(float),
            "high": possible.astype(float),
            "value_qualifier": np.where(certain == possible, "exact", "derived"),
        }
    )


def pool_draws(estimates: pd.DataFrame, *, complete_df: float = np.inf, confidence: float = 0.95) -> Pooled:
    """Pool the estimates of several draws into one, with the uncertainty of the intervals in its limits.

    Parameters
    ----------
    estimates : one row a draw: estimate, variance (its squared standard error), on a scale on which the estimate is
        about normal: a log rate or a slope, not a percentage.
    complete_df : degrees of freedom that the limits would have if all dates and counts were known; infinite for a z.
    confidence : level of the limits, between 0 and 1.

    Raises
    ------
    NotEstimable : fewer than two draws, or a draw without an estimate.
    ValueError : a column is missing, a variance is not positive (the row is named), or `complete_df` is not positive.

    References
    ----------
    Rubin, D. B. (1987). Multiple imputation for nonresponse in surveys. Wiley.
    Barnard, J. and Rubin, D. B. (1999). Small-sample degrees of freedom with multiple imputation. Biometrika 86,
        948-955.
    """
    intervals.check_confidence(confidence)
    if not complete_df > 0:
        raise Refusal("not_positive", f"`complete_df` are degrees of freedom, above 0; it is {complete_df}.")
    for column in ("estimate", "variance"):
        if column not in estimates:
            raise Refusal(
                "missing_column", f"The estimates need the columns estimate and variance; {column} is missing."
            )
    found, variance = (estimates[column].to_numpy(dtype=float, na_value=np.nan) for column in ("estimate", "variance"))
    m = len(found)
    missing = ~np.isfinite(found) | np.isnan(variance)
    if missing.any():
        raise NotEstimable(
            "missing_estimate",
            f"Draws without an estimate: {missing.sum()} of {m}, first in row {estimates.index[missing][0]}. To leave "
            "them out would favour the draws that suit the method; longer periods or larger areas would help.",
        )
    bad = ~((variance > 0) & np.isfinite(variance))
    if bad.any():
        raise Refusal(
            "not_positive",
            f"Row {estimates.index[bad][0]}: a variance is above 0 and finite; it is {variance[bad][0]:g}.",
        )
    if m < 2:
        raise NotEstimable(
            "too_few_draws", f"Draws: {m}. Two at least are needed to see how much the intervals matter; 20 are better."
        )
    combined = combine(found[:, None], variance[:, None], complete_df)
    estimate, share, df = float(combined.estimate[0]), float(combined.share[0]), float(combined.df[0])
    error = float(np.sqrt(combined.variance[0]))
    half = float(stats.t.ppf((1 + confidence) / 2, df)) * error
    return Pooled(
        draws=m,
        estimate=estimate,
        variance=float(combined.variance[0]),
        standard_error=error,
        within=float(combined.within[0]),
        between=float(combined.between[0]),
        share_from_intervals=share,
        df=df,
        low=estimate - half,
        high=estimate + half,
        p_value=float(2 * stats.t.sf(abs(estimate) / error, df)),
        warnings=caution.kept(
            Caution("few_draws", f"Only {m} draws: how much the intervals matter is known roughly.")
            if m < FEW_DRAWS
            else "",
            Caution(
                "intervals_dominate",
                f"{100 * share:.0f} % of the variance comes from the intervals: show the bounds as well.",
            )
            if share > 0.5
            else "",
        ),
    )


def _dated(records: pd.DataFrame, unit: str) -> tuple[pd.Series, pd.Series]:
    calendar.check_unit(unit)
    low, high = calendar.interval(records, "date_low", "date_high")
    if low.empty:
        raise Refusal("empty_table", "There are no records to count.")
    if low.isna().any():
        raise Refusal(
            "missing_date",
            f"Row {records.index[low.isna()][0]} has no date, and may lie in any period. Leave it out and "
            "say so, or give it the first and the last day of the list.",
        )
    return low, high


def _check_draws(draws: int) -> None:
    if draws != int(draws) or draws < 1:
        raise Refusal("not_whole_number", f"`draws` is a whole number, 1 or more; it is {draws}.")
