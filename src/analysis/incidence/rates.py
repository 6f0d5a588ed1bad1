"""Rates of detected persons by population, with the interval of the count and the chance of the count kept apart."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import intervals
from analysis.refusal import Refusal

# Columns that say something of a row but never tell two populations apart.
NOT_KEYS = {*intervals.COLUMNS, "count", "population", "source_id", "note"}


def rate_table(
    cases: pd.DataFrame, population: pd.DataFrame, per: float = 100_000, confidence: float = 0.95
) -> pd.DataFrame:
    """Rates of detected cases by area. They measure detection, not incidence.

    Two uncertainties are kept apart. `rate_low` and `rate_high` are what the count itself allows, as when a file says
    "fewer than 5"; `low` and `high` add the chance of a Poisson count to both ends, and so contain the interval of
    every count the file allows.

    Parameters
    ----------
    cases : area_id, `count` or low, high and value_qualifier (persons), and any further keys, as year or sex.
    population : area_id, population (persons), and those of the further keys that it knows. `source_id` and `note`
        are not taken as keys.
    per : persons the rate is given for.
    confidence : level of `low` and `high`, between 0 and 1.

    Returns
    -------
    DataFrame, one row a row of `cases`: area_id, the further columns of `cases`, cases, cases_low, cases_high,
        population, rate, rate_low, rate_high, low, high, value_qualifier, note. `cases` and `rate` are NaN unless
        the count is exact. Where the population is missing or 0, all rates are NaN and `note` says so.

    Raises
    ------
    ValueError : a column is missing, a population has its key twice or is negative, a count is no whole number.

    References
    ----------
    Garwood, F. (1936). Fiducial limits for the Poisson distribution. Biometrika 28, 437-442.
    """
    if not per > 0:
        raise Refusal("not_positive", f"A rate is given per a positive number of persons; `per` is {per}.")
    for name, table, column in (
        ("cases", cases, "area_id"),
        ("population", population, "area_id"),
        ("population", population, "population"),
    ):
        if column not in table:
            raise Refusal("missing_column", f"The table of {name} has no column '{column}'.")
    shared = [column for column in cases if column in population and column not in NOT_KEYS]
    people = _people(population, shared)
    counts = intervals.of(cases).drop(columns=["population", "note"], errors="ignore")
    carried = ["area_id", *(column for column in counts if column not in {"area_id", *intervals.COLUMNS})]
    table = counts.merge(people, on=shared, how="left", validate="m:1")

    low, high = table["low"].to_numpy(), table["high"].to_numpy()
    size = table["population"].to_numpy(dtype=float, na_value=np.nan)
    with np.errstate(divide="ignore"):
        scale = np.where(size > 0, per / size, np.nan)
    exact = (table["value_qualifier"] == "exact").to_numpy()
    return table[carried].assign(
        cases=np.where(exact, low, np.nan),
        cases_low=low,
        cases_high=high,
        population=size,
        rate=np.where(exact, low * scale, np.nan),
        rate_low=low * scale,
        rate_high=high * scale,
        low=intervals.poisson_interval(low, confidence)[0] * scale,
        high=intervals.poisson_interval(high, confidence)[1] * scale,
        value_qualifier=table["value_qualifier"],
        note=[_note(row, shared) for row in table.to_dict("records")],
    )


def _people(population: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The population by key: one row each, none negative."""
    twice = population.duplicated(keys, keep=False)
    if twice.any():
        rest = [column for column in population if column not in keys and column not in NOT_KEYS]
        hint = f" The cases have no {', '.join(rest)} to choose by: choose or add up first." if rest else ""
        raise Refusal(
            "duplicate_key",
            f"The population of {named(population[twice].iloc[0], keys)} is given more than once.{hint}",
        )
    negative = population["population"] < 0
    if negative.any():
        raise Refusal("negative", f"The population of {named(population[negative].iloc[0], keys)} is below 0.")
    return population[[*keys, "population"]]


def _note(row: dict, keys: list[str]) -> str:
    """What keeps a row from having a rate, or its interval from being all of the uncertainty."""
    notes = []
    if pd.isna(row["low"]):
        notes.append("The count is not known.")
    if pd.isna(row["population"]):
        notes.append(f"No population is given for {named(row, keys)}.")
    elif row["population"] == 0:
        notes.append(f"The population of {named(row, keys)} is 0, so there is no rate.")
    if row["value_qualifier"] == "approx":
        notes.append("The count is approximate; how far it may be off is not stated and not in the interval.")
    return " ".join(notes)


def named(row: pd.Series | dict, keys: list[str]) -> str:
    """A row by its keys, as messages name it: "area_id SEN, year 2019"."""
    return ", ".join(f"{key} {row[key]}" for key in keys)
