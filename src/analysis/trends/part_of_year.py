"""Months and quarters of decimal years: their place in the year, and how they are written."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.refusal import Refusal
from analysis.trends.refusal import NotEstimable
from analysis.trends.series import Floats

SEASONS = (None, 4, 12)
# Months written to two decimals, as 2019.08, still stand for themselves.
NEAR = 0.007


def place(period: Floats, season: int) -> NDArray[np.intp]:
    """The place in the year, from 0; periods at the start or in the middle of their month or quarter."""
    year = np.floor(period + NEAR)
    return np.floor((period - year) * season + 0.1).astype(np.intp)


def when(time: float, season: int | None) -> str:
    """A period in words: 2010, 2010-02 for a month, 2010 Q1 for a quarter."""
    if season is None:
        return f"{time:g}"
    year, part = int(np.floor(time + NEAR)), int(place(np.array([time]), season)[0]) + 1
    return f"{year}-{part:02d}" if season == 12 else f"{year} Q{part}"


def refuse_shared_seasons(period: Floats, season: int | None) -> None:
    if season is None:
        return
    part, year = place(period, season), np.floor(period + NEAR)
    if len(period) > 1 and (part == part[0]).all():
        raise NotEstimable(
            "one_season_only",
            f"All periods stand at the same place in their year, so that a season of {season} cannot be seen. "
            "Leave `season` out, or give months or quarters as decimal years: February 2019 is 2019.083.",
        )
    twice = pd.Series(year * season + part).duplicated().to_numpy()
    if twice.any():
        raise Refusal(
            "duplicate_period",
            f"The period {period[twice][0]:.6g} falls into the same of {season} parts of its year as the one before. "
            "Add up what belongs together, and give months or quarters as decimal years: February 2019 is 2019.083.",
        )
