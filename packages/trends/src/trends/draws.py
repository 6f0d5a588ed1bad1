"""Draws of counts that are known only between bounds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bounded.arguments import checked
from bounded.refusal import Refusal
from trends.calendar_years import dated
from trends.series import NotEstimable, counts_in_order

DRAWS_SEED = 19990


@checked(series=dated)
def draw_counts(series: pd.DataFrame, draws: int = 100, seed: int = DRAWS_SEED) -> pd.DataFrame:
    """Draw counts within their bounds, each whole number of an interval equally likely, whatever the others are.

    The data do not say that. A result that holds at the bounds needs no draws; one that holds only in the draws rests
    on it.

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
