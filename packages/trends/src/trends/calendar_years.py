"""Dates as decimal years: one rule for every method of trends whose periods are numbers.

Dates, pandas Periods and texts of dates are accepted wherever a period is, and stand for the decimal year at which
their year, quarter, month or week begins: July 2015 is 2015.5. So what changes by a period changes by a year, whatever
was given. `aberrations` and nowcasts, which work on the calendar itself, keep dates as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounded.arguments import figures
from bounded.refusal import Refusal, is_number, shown
from trends.period_grid import PeriodGrid, as_dates, period_grid
from trends.series import Floats

_FIGURES = figures()
# Of a year.
WEEK = 7 / 365.25
LAST_YEAR = 9999


def dated(name: str, value: Any) -> pd.DataFrame:
    """A series as an argument: a table of figures, whose dates become years."""
    return on_calendar(_FIGURES(name, value))


def years_in_a_row(name: str, value: Any) -> object:
    """Periods as an argument: a list of numbers, or of dates, which become years."""
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise Refusal("wrong_type", f"`{name}` is a list of years or dates; it is {shown(value)}.")
    given = np.asarray(value) if not isinstance(value, pd.Series | pd.Index) else value
    return in_years(pd.Series(value))[0].to_numpy(dtype=float) if given.ndim == 1 else given


def with_times(series: pd.DataFrame, times: Any) -> tuple[pd.DataFrame, tuple[float, ...] | None]:
    """A series on the calendar, and times of it, such as that of an interruption; None stays.

    Raises
    ------
    Refusal : as `on_calendar` and `times_in_years`.
    """
    given = series.get("period")
    years, grid = (None, None) if given is None else in_years(given)
    read = series if years is given else series.assign(period=years)
    if times is None:
        return read, None
    found = times_in_years(times, grid)
    if not np.isfinite(found).all():
        raise Refusal("invalid_date", "A time is missing or infinite: give its year, or a date.")
    return read, tuple(found.tolist())


def on_calendar(series: pd.DataFrame) -> pd.DataFrame:
    """A series whose periods are numbers, as all methods but `aberrations` read them: dates become years.

    A date, a pandas Period, or a text of either's form (2015-07, 2015-07-01) stands for the decimal year at which its
    year, quarter, month or week begins (2015.5), so that changes are a year whatever was given.

    Parameters
    ----------
    series : with a column `period`; a missing one stays missing.

    Raises
    ------
    Refusal : ``invalid_date``, or as `period_grid`: dates that are neither a week, month, quarter nor year apart.
    """
    return with_times(series, None)[0]


def in_years(periods: pd.Series) -> tuple[pd.Series, PeriodGrid | None]:
    """Periods as numbers, and the grid on which they lie where they were dates. Numbers, and texts of them, stay.

    Raises
    ------
    Refusal : as `on_calendar`; ``invalid_date`` for numbers that are dates without hyphens, such as 201507.
    """
    if pd.api.types.is_numeric_dtype(periods.dtype) and not pd.api.types.is_bool_dtype(periods.dtype):
        _refuse_digits(periods)
        return periods, None
    known = periods.notna()
    numeric = pd.to_numeric(periods.map(lambda value: value if isinstance(value, str) else None), errors="coerce")
    numeric = numeric.where(~periods.map(is_number), periods)
    if numeric[known].notna().all():
        _refuse_digits(numeric := numeric.astype(float))
        return numeric, None
    grid = period_grid(periods[known])
    years = pd.Series(np.nan, periods.index)
    years[known] = _begin(grid)[grid.places]
    return years, grid


def _refuse_digits(periods: pd.Series) -> None:
    """Refuse numbers that are no time at all, or a date written without hyphens."""
    values = periods.to_numpy()
    # Much faster than pandas' own, which looks at missing values first: these fail the comparison.
    if not len(values) or (values.dtype.kind in "iuf" and -LAST_YEAR <= values.min() <= values.max() <= LAST_YEAR):
        return
    bad = ((periods.abs() > LAST_YEAR) & periods.notna()).to_numpy()
    if bad.any():
        row, held = periods.index[bad][0], periods[bad].iloc[0]
        if np.isinf(held):
            raise Refusal("not_finite", f"Row {row} has an infinite period: give its year.")
        raise Refusal(
            "invalid_date",
            f"Row {row}: the period {held:.0f} is no year. Give decimal years (2015.5), or dates as texts with hyphens "
            "(2015-07, 2015-07-01).",
        )


def times_in_years(times: Any, grid: PeriodGrid | None) -> NDArray[np.float64]:
    """One or several times as numbers, each date as the period of the series in which it lies; months where none is.

    Parameters
    ----------
    times : numbers, dates, Periods or texts of dates; one, or several.
    grid : of the series, as `in_years` gives it.

    Raises
    ------
    Refusal : ``invalid_date``.
    """
    one = isinstance(times, str) or not isinstance(times, Iterable)
    given = pd.Series([times] if one else list(times), dtype=object)
    if given.map(is_number).all():
        return given.to_numpy(dtype=float)
    days = as_dates(given.map(lambda value: value.start_time if isinstance(value, pd.Period) else value))
    if grid is not None and grid.frequency == 52:
        return _begin(grid)[0] + WEEK * np.floor((days - _days(grid).iloc[0]).dt.days.to_numpy() / 7)
    return _part_of_year(days, 12 if grid is None else grid.frequency)


def _begin(grid: PeriodGrid) -> Floats:
    """The decimal year at which each period begins, evenly spaced."""
    days = _days(grid)
    if grid.frequency == 52:
        first = _part_of_year(days[:1], 12)[0] + (days.iloc[0].day - 1) / 365.25
        return np.asarray(first + WEEK * np.arange(len(days)), dtype=np.float64)
    return _part_of_year(days, grid.frequency)


def _days(grid: PeriodGrid) -> pd.Series:
    return grid.values.dt.start_time if isinstance(grid.values.dtype, pd.PeriodDtype) else grid.values


def _part_of_year(days: pd.Series, frequency: int) -> Floats:
    """Years, and the months, quarters or years that are over since they began, as parts of a year."""
    months = days.dt.year.to_numpy() * 12 + days.dt.month.to_numpy() - 1
    years: Floats = (months * frequency // 12) / frequency
    return years
