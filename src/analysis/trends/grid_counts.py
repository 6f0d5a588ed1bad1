"""Counts of one or several series on one even grid of periods; what has no row there is not known, and never zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import intervals
from analysis.refusal import Refusal
from analysis.trends.period_grid import PeriodGrid, period_grid
from analysis.trends.refusal import TooFewPoints
from analysis.trends.series import Floats, check_periods

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
