"""Which place in a ranking of areas their rates allow, given the chance in every count."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import intervals
from analysis.incidence.by_area import by_area


def rank_intervals(table: pd.DataFrame, per: float = 100_000, confidence: float = 0.95) -> pd.DataFrame:
    """Ranks of areas by their rate, the highest first, with joint confidence intervals of the ranks.

    Each rate has an exact Poisson interval at the level confidence^(1/k), so that all k of them hold at once with the
    given confidence (counts of different areas being independent). A rank then lies above those areas whose whole
    interval is lower, and below those whose whole interval is higher. No ranks are simulated. An area whose rate is not
    known has no rank, and none of the others allows for it: ranks are among the areas with a known rate.

    Parameters
    ----------
    table : one row an area: area_id, population (persons), and `count` or low, high and value_qualifier (persons).
    per : persons the rates are given for.
    confidence : level that all ranks hold at together, between 0 and 1.

    Returns
    -------
    DataFrame, rows as in `table`: area_id, cases, cases_low, cases_high, population, rate, rate_low, rate_high, low,
        high (simultaneous interval), rank, rank_low, rank_high (1 is the highest rate; areas of equal rates share the
        better rank), ranked (how many areas have a rank), value_qualifier, note. `rank` is NaN where the intervals of
        the counts themselves leave it open.

    Raises
    ------
    ValueError : a column is missing, an area stands twice, or a count or population is none.

    References
    ----------
    Klein, M., Wright, T. and Wieczorek, J. (2020). A joint confidence region for an overall ranking of populations.
    Journal of the Royal Statistical Society, Series C 69, 589-606.
    """
    intervals.check_confidence(confidence)
    ranked = int(by_area(table, per)["rate_low"].notna().sum())
    rates = by_area(table, per, confidence ** (1 / max(ranked, 1)))
    best, worst = _ranks(rates["low"], rates["high"])
    certain, possible = _ranks(rates["rate_low"], rates["rate_high"])
    columns = ["area_id", "cases", "cases_low", "cases_high", "population", "rate", "rate_low", "rate_high"]
    return rates[[*columns, "low", "high"]].assign(
        rank=np.where(certain == possible, certain, np.nan),
        rank_low=best,
        rank_high=worst,
        ranked=ranked,
        value_qualifier=rates["value_qualifier"],
        note=rates["note"],
    )


def _ranks(low: pd.Series, high: pd.Series) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The best and the worst rank that each interval allows; NaN where there is none."""
    lows, highs = low.to_numpy()[None, :], high.to_numpy()[None, :]
    above = (lows > highs.T).sum(axis=1)
    not_below = (highs > lows.T).sum(axis=1) - (highs.T > lows.T)[:, 0]
    known = low.notna().to_numpy()
    return np.where(known, 1.0 + above, np.nan), np.where(known, 1.0 + not_below, np.nan)
