"""Dates and counts known only between bounds: the bounds a period's count can have, and counts drawn within theirs.

Bounds are the honest outer statement: whatever the dates and counts are, they lie within. Draws are the plausible one:
they take every value of an interval to be equally likely, and each interval apart from the others, which the data do
not say. A result that holds at the bounds needs no draws; one that holds only in the draws rests on that assumption.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from bounded.refusal import Refusal
from trends import reporting_delay as calendar
from trends.series import NotEstimable, counts_in_order

SEED = 19990


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
