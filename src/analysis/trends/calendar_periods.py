"""Days, months, quarters and years of a calendar: the period a date lies in, and how a table names it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.refusal import Refusal

UNITS = {"D": "day", "W": "week", "M": "month", "Q": "quarter", "Y": "year"}
Whole = NDArray[np.int64]


def check_unit(unit: str) -> str:
    """`unit` itself; raises ValueError unless it is one of D, W, M, Q, Y."""
    if unit not in UNITS:
        named = ", ".join(f"{short} ({word})" for short, word in UNITS.items())
        raise Refusal("unknown_choice", f"The unit '{unit}' is none of {named}.")
    return unit


def check_within(short: str, unit: str) -> str:
    """`short` itself; raises ValueError unless periods of it make up those of `unit`: no week is of one month."""
    order = [name for name in UNITS if name != "W" or "W" in (short, unit)]
    if check_unit(short) != check_unit(unit) and (order.index(short) > order.index(unit) or short == "W"):
        raise Refusal(
            "units_do_not_nest",
            f"A {UNITS[unit]} is not made up of whole {UNITS[short]}s: choose a shorter unit of delays.",
        )
    return short


def dates(table: pd.DataFrame, column: str) -> pd.Series:
    """A column as days; NaT where it is missing.

    Raises
    ------
    ValueError : the column is missing, or holds numbers or texts that are no dates; the row is named.
    """
    if column not in table:
        raise Refusal(
            "missing_column", f"The records have no column '{column}'; they have {', '.join(map(str, table.columns))}."
        )
    values = table[column]
    # A number would be read as nanoseconds since 1970.
    if pd.api.types.is_numeric_dtype(values) and values.notna().any():
        raise Refusal(
            "wrong_type", f"The column '{column}' holds numbers, not dates: give a year as its first and last day."
        )
    found = pd.to_datetime(values, errors="coerce")
    bad = found.isna() & values.notna()
    if bad.any():
        raise Refusal("invalid_date", f"Row {table.index[bad][0]}: '{values[bad].iloc[0]}' in '{column}' is no date.")
    return found.dt.normalize()


def interval(table: pd.DataFrame, low: str, high: str) -> tuple[pd.Series, pd.Series]:
    """The first and the last day that a date may be; both NaT where it is not known.

    Raises
    ------
    ValueError : a column is missing, only one bound is known, or the first day is after the last; the row is named.
    """
    first, last = dates(table, low), dates(table, high)
    faults = {
        f"only one of {low} and {high} is known": first.isna() ^ last.isna(),
        f"{low} is after {high}": first > last,
    }
    for reason, bad in faults.items():
        if bad.any():
            raise Refusal("invalid_date_range", f"Row {table.index[bad][0]}: {reason}.")
    return first, last


def ordinals(days: pd.Series, unit: str) -> Whole:
    """The number of the period in which each day lies, counted on from one to the next; no day may be missing."""
    return pd.PeriodIndex(days, freq=unit).asi8


def last_ended(when: pd.Timestamp, unit: str) -> int:
    """The number of the last period that is over at the end of the day `when`."""
    here = pd.Period(when, freq=unit)
    return here.ordinal if here.end_time.normalize() == when else here.ordinal - 1


def named(numbers: Whole, unit: str) -> pd.Series:
    """Periods as a table names them: years as whole numbers, as trends read them; others as pandas periods."""
    periods = pd.PeriodIndex.from_ordinals(np.asarray(numbers, dtype=np.int64), freq=unit)
    return pd.Series(periods.year.to_numpy() if unit == "Y" else periods)
