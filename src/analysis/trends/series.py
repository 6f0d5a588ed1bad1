"""A series as every method of trends reads it: periods in order, each once; counts as intervals; persons or effort."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import intervals
from analysis.refusal import Refusal

Floats = NDArray[np.float64]
# Rates of a population are per so many inhabitants.
PER = 100_000


def check_periods(series: pd.DataFrame) -> None:
    """Raise ValueError, naming the row or the period, if a period is missing or stands twice."""
    if "period" not in series:
        raise Refusal("missing_column", "The series has no column 'period'.")
    period = series["period"]
    values = period.to_numpy()
    if values.dtype.kind in "iuf" and len(np.unique(values)) == len(values) and not np.isnan(values).any():
        return
    if period.isna().any():
        raise Refusal("missing_value", f"Row {series.index[period.isna()][0]} has no period.")
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
    return intervals.of(series).sort_values("period", ignore_index=True)


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
