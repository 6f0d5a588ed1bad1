"""Periods on an even grid (weeks, months, quarters, years), and counts of one or several series on it.

What has no row there is not known, and never zero.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounded import intervals
from bounded.refusal import Refusal, shown
from trends.series import Floats, TooFewPoints, check_periods

FREQUENCIES = {52: "W", 12: "M", 4: "Q", 1: "Y"}
# Whole numbers in this range are read as years.
_YEARS = (1800, 2200)


@dataclass(frozen=True, eq=False)
class PeriodGrid:
    """An even grid over the periods of a series, from the first to the last.

    Parameters
    ----------
    frequency : periods a year.
    values : the period of each place, in the form in which periods were given.
    places : the place of each row of the series.
    years : calendar years, with decimals; None where periods are plain numbers.
    days : the day on which each begins; None unless they were given as dates.
    """

    frequency: int
    values: pd.Series
    places: NDArray[np.intp]
    years: Floats | None
    days: NDArray[np.int64] | None = field(repr=False)

    def __len__(self) -> int:
        return len(self.values)

    def text(self, place: int) -> str:
        """A period in words: 2020-01-06, 2020-03, 2020Q1, 2020; numbers as they are."""
        value = self.values.iloc[place]
        if isinstance(value, pd.Timestamp):
            return str(value.date()) if self.frequency == 52 else str(value.to_period(FREQUENCIES[self.frequency]))
        return str(value) if isinstance(value, pd.Period) else f"{value:.8g}"

    def listed(self, places: Iterable[int]) -> str:
        """Periods in words, runs of them as "from to", with their number."""
        wanted = np.unique(np.fromiter(places, dtype=np.intp))
        runs = np.split(wanted, np.flatnonzero(np.diff(wanted) > 1) + 1)
        named = [self.text(r[0]) if len(r) == 1 else f"{self.text(r[0])} to {self.text(r[-1])}" for r in runs if len(r)]
        return f"{', '.join(named[:6])}{' and others' if len(named) > 6 else ''} ({len(wanted)} of the periods)"

    def place(self, period: object) -> int:
        """The place of one period, in any form in which it can be read. Raises ValueError if it is not on the grid."""
        try:
            if isinstance(self.values.dtype, pd.PeriodDtype):
                same = self.values == pd.Period(str(period), freq=self.values.dtype.freq)
            elif self.days is None:
                step = float(self.values.iloc[1] - self.values.iloc[0]) if len(self) > 1 else 1.0
                same = (self.values - float(str(period))).abs() < 0.4 * step
            elif self.frequency == 52:
                same = self.values == pd.Timestamp(str(period))
            else:
                unit = FREQUENCIES[self.frequency]
                same = self.values.dt.to_period(unit) == pd.Timestamp(str(period)).to_period(unit)
            return int(np.flatnonzero(same)[0])
        except (ValueError, IndexError):
            raise Refusal(
                "unknown_period",
                f"The period {shown(period)} is not in the series from {self.text(0)} to {self.text(len(self) - 1)}.",
            ) from None

    def references(self, place: int, years_back: int) -> tuple[int, ...]:
        """Periods from a place to the same time one year ago, two years ago ...; negative.

        With dates of weeks it is the week that begins nearest to the same date, 52 or 53 weeks a year.
        """
        if self.frequency != 52 or self.days is None:
            return tuple(-self.frequency * year for year in range(1, years_back + 1))
        begin = pd.Timestamp("1970-01-01") + pd.Timedelta(days=int(self.days[place]))
        back = [int(_years_before(begin, year).astype(np.int64)) for year in range(1, years_back + 1)]
        return tuple(-int(np.rint((self.days[place] - then) / 7)) for then in back)


def period_grid(periods: pd.Series, frequency: int | None = None) -> PeriodGrid:
    """The grid on which the periods of one or several series lie.

    Parameters
    ----------
    periods : numbers (years; years with decimals, as 2020.25; or 1, 2, 3 ... with a frequency), dates, or Periods.
    frequency : periods a year; inferred from dates, Periods and years if left out.

    Raises
    ------
    ValueError : the frequency cannot be told, or a period does not lie on the grid, which is named.
    """
    if isinstance(periods.dtype, pd.PeriodDtype):
        return _of_periods(periods, frequency)
    if pd.api.types.is_bool_dtype(periods.dtype):
        raise Refusal("invalid_date", "The periods are true or false: give years, dates or pandas Periods.")
    if pd.api.types.is_numeric_dtype(periods.dtype):
        return _of_numbers(periods.to_numpy(dtype=float), frequency)
    if periods.map(lambda value: isinstance(value, pd.Period)).all():
        return _of_periods(pd.Series(_one_frequency(periods)), frequency)
    return _of_dates(as_dates(periods), frequency)


def _one_frequency(periods: pd.Series) -> pd.PeriodIndex:
    try:
        return pd.PeriodIndex(periods)
    except ValueError:
        raise Refusal(
            "unsupported_frequency", "The Periods are of several frequencies: give all as months, quarters or years."
        ) from None


def as_dates(periods: pd.Series) -> pd.Series:
    """Dates and texts of dates as dates without a time zone.

    Raises
    ------
    Refusal : ``invalid_date``; the first row that holds neither is named.
    """
    # A number would be read as nanoseconds; and the day is the one on the wall where the date was written.
    given = periods.map(lambda value: None if isinstance(value, numbers.Real) else value)
    given = given.map(lambda value: value.replace(tzinfo=None) if isinstance(value, datetime) else value)
    found = pd.to_datetime(given, format="ISO8601", errors="coerce", utc=True)
    bad = found.isna()
    if bad.any():
        raise Refusal(
            "invalid_date",
            f"Row {periods.index[bad][0]}: the period {shown(periods[bad].iloc[0])} is neither a number nor a date. "
            "Give years as numbers (2015; 2015.5 for the middle of it), dates (2015-07-01) or pandas Periods.",
        )
    return found.dt.tz_localize(None)


def _of_periods(periods: pd.Series, frequency: int | None) -> PeriodGrid:
    unit = str(periods.dtype.freq.rule_code)[:1]
    own = {letter: number for number, letter in FREQUENCIES.items()}.get(unit)
    if own is None or frequency not in (None, own):
        raise Refusal(
            "unsupported_frequency",
            f"Periods of frequency '{periods.dtype.freq.rule_code}' do not fit: give periods of weeks, months, "
            "quarters or years, and leave `frequency` out.",
        )
    grid = _of_dates(periods.dt.start_time, own)
    every = pd.Series(pd.period_range(periods.min(), periods.max(), freq=periods.dtype.freq))
    return replace(grid, values=every, days=grid.days if own == 52 else None)


def _of_numbers(numbers: Floats, frequency: int | None) -> PeriodGrid:
    distinct = np.unique(numbers)
    whole = bool((distinct == np.round(distinct)).all())
    as_years = bool(_YEARS[0] <= distinct[0] and distinct[-1] <= _YEARS[1])
    if frequency is None:
        frequency = _inferred(distinct, whole, as_years)
    step = 1.0 if whole else 1 / frequency
    exact = (numbers - distinct[0]) / step
    places = np.rint(exact).astype(np.intp)
    _check_on_grid(np.abs(exact - places) > 0.3, numbers, frequency)
    values = distinct[0] + step * np.arange(places.max() + 1)
    values[places] = numbers
    years = values if as_years and (frequency == 1 or not whole) else None
    return PeriodGrid(frequency, pd.Series(values.astype(int) if whole else values), places, years, None)


def _inferred(distinct: Floats, whole: bool, as_years: bool) -> int:
    """Periods a year of numbers that are years, with or without decimals."""
    if as_years and whole:
        return 1
    if as_years and len(distinct) > 1:
        step = float(np.diff(distinct).min())
        for number in FREQUENCIES:
            if abs(step * number - 1) < 0.05:
                return number
    raise Refusal(
        "frequency_undetermined",
        "How many periods a year has cannot be told from the numbers of the periods: give `frequency` "
        "(52 for weeks, 12 for months, 4 for quarters, 1 for years).",
    )


def _of_dates(dates: pd.Series, frequency: int | None) -> PeriodGrid:
    days = dates.to_numpy().astype("datetime64[D]").astype(np.int64)
    months = dates.dt.year.to_numpy() * 12 + dates.dt.month.to_numpy() - 1
    if frequency is None:
        frequency = _frequency_of_dates(np.unique(days), np.unique(months))
    if frequency == 52:
        places = ((days - days.min()) // 7).astype(np.intp)
        _check_on_grid((days - days.min()) % 7 != 0, dates.dt.date.to_numpy(), frequency)
        every = pd.Series(pd.date_range(dates.min(), dates.max(), freq="7D"))
    elif frequency in FREQUENCIES:
        unit = months * frequency // 12
        places = (unit - unit.min()).astype(np.intp)
        spans = pd.period_range(dates.min(), dates.max(), freq=FREQUENCIES[frequency])
        every = pd.Series(spans.to_timestamp().to_numpy().astype("datetime64[ns]"))
        every.iloc[places] = dates.to_numpy().astype("datetime64[ns]")
    else:
        raise Refusal(
            "unknown_choice",
            f"Dates are read as weeks, months, quarters or years (52, 12, 4, 1 a year), not {frequency}.",
        )
    begins = every.to_numpy().astype("datetime64[D]").astype(np.int64)
    return PeriodGrid(frequency, every, places, _decimal_years(every), begins)


def _frequency_of_dates(days: NDArray[np.int64], months: NDArray[np.int64]) -> int:
    if len(days) > 1 and (np.diff(days) % 7 == 0).all() and np.diff(days).min() <= 21:
        return 52
    if len(months) > 1 and len(months) == len(days):
        step = int(np.gcd.reduce(np.diff(months)))
        if step in (1, 2):
            return 12
        return 1 if step % 12 == 0 else 4 if step % 3 == 0 else 12
    raise Refusal(
        "irregular_periods",
        "The dates are neither weeks apart nor one a month: give one date a week, month, quarter or year, "
        "and `frequency` if they leave it open.",
    )


def _check_on_grid(off: NDArray[np.bool_], periods: NDArray, frequency: int) -> None:
    if off.any():
        raise Refusal(
            "period_off_grid",
            f"The period {periods[int(np.argmax(off))]} does not lie on an even grid of {frequency} periods a year: "
            "correct it, or give another `frequency`.",
        )


def _decimal_years(begins: pd.Series) -> Floats:
    return (begins.dt.year + (begins.dt.day_of_year - 1) / 365.25).to_numpy(dtype=float)


def _years_before(day: pd.Timestamp, years: int) -> np.datetime64:
    """The same date some years ago; 29 February becomes 1 March where there is none."""
    return np.datetime64(f"{day.year - years:04d}-{day.month:02d}-01", "D") + np.timedelta64(day.day - 1, "D")


_NOT_KEYS = {"period", "count", "population", "warnings", *intervals.COLUMNS}


@dataclass(frozen=True, eq=False)
class GridCounts:
    """Counts as intervals; first axis the place on the grid, second the series.

    Parameters
    ----------
    keys : what tells the series apart, one row a series.
    grid : the periods.
    low, high : persons; NaN where not known, `high` infinite where only a minimum is.
    approximate : whether the count is a rounded figure.
    log_population : log of persons at risk; None where no population was given.
    """

    keys: pd.DataFrame
    grid: PeriodGrid
    low: Floats
    high: Floats
    approximate: NDArray[np.bool_]
    log_population: Floats | None


def counts_on_grid(series: pd.DataFrame, by: tuple[str, ...], frequency: int | None) -> GridCounts:
    """The counts of all series, checked.

    Parameters
    ----------
    series : period, `count` or low, high and value_qualifier (persons), perhaps population (persons), and the keys.
    by : names of the keys.
    frequency : periods a year, if it cannot be told from the periods.

    Raises
    ------
    ValueError : a column is missing, a period is missing, given twice or off the grid, an interval contradicts itself,
        or a count has no population.
    """
    for name in by:
        if name not in series or name in _NOT_KEYS:
            raise Refusal(
                "unknown_column",
                f"'{name}' cannot tell series apart: it is no column of the table, or says something else.",
            )
    if series.empty:
        raise TooFewPoints("empty_table", "The series is empty: there is nothing to compare with its past.")
    check_periods(series.drop_duplicates("period") if by and "period" in series else series)
    table = intervals.of(series)
    grid = period_grid(table["period"], frequency)
    groups = table.groupby(list(by), sort=False, dropna=False) if by else None
    code = np.zeros(len(table), dtype=int) if groups is None else groups.ngroup().to_numpy()
    _, first = np.unique(code, return_index=True)
    keys = table.loc[first, list(by)].reset_index(drop=True)
    cell = grid.places * len(keys) + code
    twice = pd.Series(cell).duplicated().to_numpy()
    if twice.any():
        row = table.iloc[int(np.argmax(twice))]
        whose = "".join(f", {name} {row[name]}" for name in by)
        raise Refusal(
            "duplicate_period",
            f"The period {row['period']}{whose} is given more than once: choose one row, or add them up with "
            "intervals.total if they do not overlap.",
        )

    def spread(values: NDArray, fill: object = np.nan) -> NDArray:
        cells = np.full(len(grid) * len(keys), fill)
        cells[cell] = values
        return cells.reshape(len(grid), len(keys))

    return GridCounts(
        keys=keys,
        grid=grid,
        low=spread(table["low"].to_numpy()),
        high=spread(table["high"].to_numpy()),
        approximate=spread((table["value_qualifier"] == "approx").to_numpy(dtype=bool), False),
        log_population=spread(_log_population(table)) if "population" in table else None,
    )


def _log_population(table: pd.DataFrame) -> Floats:
    persons = table["population"].to_numpy(dtype=float, na_value=np.nan)
    known = np.isfinite(persons) & (persons > 0)
    bad = table["low"].notna().to_numpy() & ~known
    if bad.any():
        raise Refusal(
            "not_positive",
            f"The population of {table['period'][bad].iloc[0]} is missing or not positive. Give it for every period "
            "with a count, or leave the column out.",
        )
    return np.log(np.where(known, persons, np.nan))
