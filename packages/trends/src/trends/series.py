"""A series as every method of trends reads it: periods in order, each once; counts as intervals; what is refused."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounded import intervals
from bounded.refusal import Refusal, require_columns, require_known

FEWEST_POINTS = 5


class TooFewPoints(Refusal):
    """The series is too short, or its counts too small, for any trend to show; the message says what is needed."""


class NotEstimable(Refusal):
    """The data cannot decide what was asked, however long they are; the message says why and what would help."""


def refuse_few_points(n: int) -> None:
    """Raise TooFewPoints if `n` observed points are too few for any trend to show."""
    if n < FEWEST_POINTS:
        raise TooFewPoints(
            "too_few_periods",
            f"Observed points: {n}. A trend needs at least {FEWEST_POINTS}: with 4, even a perfectly "
            "rising series has an exact two-sided p of 2/24 = 0.083. More years would help; until then show the "
            "figures alone.",
        )


Floats = NDArray[np.float64]
# Rates of a population are per so many inhabitants.
PER = 100_000


def check_periods(series: pd.DataFrame) -> None:
    """Raise ValueError, naming the row or the period, if a period is missing or stands twice."""
    require_columns(series, ["period"], "periods")
    period = series["period"]
    values = period.to_numpy()
    if values.dtype.kind in "iuf" and len(np.unique(values)) == len(values) and not np.isnan(values).any():
        return
    require_known(series, ["period"])
    if period.duplicated().any():
        raise Refusal(
            "duplicate_period",
            f"The period {period[period.duplicated()].iloc[0]} is given more than once: choose one row, or add them up "
            "with intervals.total if they do not overlap.",
        )


def counts_in_order(series: pd.DataFrame) -> pd.DataFrame:
    """A series' counts as checked intervals (low, high, value_qualifier), in order of time.

    Parameters
    ----------
    series : period (year, a number), `count` or low, high and value_qualifier (persons).

    Raises
    ------
    ValueError : a period is missing or given twice, or an interval contradicts itself.
    """
    check_periods(series)
    counts = intervals.of(series)
    if counts["period"].is_monotonic_increasing:
        return counts
    return counts.sort_values("period", ignore_index=True, kind="stable")


def stated_complete(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Return where the records of a period are complete: unless the column `complete` says that they are not.

    Raises
    ------
    ValueError : it says something else; the period is named.
    """
    if "complete" not in table:
        return np.ones(len(table), dtype=bool)
    bad = ~table["complete"].isin([True, False]).to_numpy()
    if bad.any():
        of_area = f" of area {table['area_id'][bad].iloc[0]}" if "area_id" in table else ""
        raise Refusal(
            "not_boolean",
            f"The column 'complete'{of_area} of {table['period'][bad].iloc[0]:g} must be True or False. "
            "Leave the column out if it is not known which periods are complete.",
        )
    return table["complete"].to_numpy(dtype=bool)


def positive(table: pd.DataFrame | Mapping[str, Floats], column: str) -> Floats:
    """A column that must be known and above 0 in every period: inhabitants, effort, a standard error.

    Raises
    ------
    ValueError : it is missing, infinite or not positive; the period is named.
    """
    values = table[column]
    values = values.to_numpy(dtype=float, na_value=np.nan) if isinstance(values, pd.Series) else values
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        raise Refusal(
            "not_positive",
            f"The {column} of {np.asarray(table['period'])[bad][0]:g} is missing or not positive. "
            "Give it for every period, or leave the column out.",
        )
    return values


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
