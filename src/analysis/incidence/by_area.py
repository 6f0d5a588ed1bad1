"""Counts and inhabitants of the areas that are compared, checked once for every method that compares them."""

from __future__ import annotations

import pandas as pd

from analysis.incidence.rates import rate_table
from analysis.refusal import Refusal


def by_area(table: pd.DataFrame, per: float = 100_000, confidence: float = 0.95) -> pd.DataFrame:
    """The rates of a table with one row an area: see `rate_table`, whose columns these are.

    Parameters
    ----------
    table : area_id, population (persons), and `count` or low, high and value_qualifier (persons).
    per : persons the rate is given for.
    confidence : level of the Poisson interval, between 0 and 1.

    Raises
    ------
    ValueError : a column is missing, an area stands twice, or a count or population is none.
    """
    for column in ("area_id", "population"):
        if column not in table:
            raise Refusal(
                "missing_column",
                f"The table of areas has no column '{column}': it needs area_id, population, and `count` or low, "
                "high and value_qualifier.",
            )
    twice = table["area_id"].duplicated()
    if twice.any():
        raise Refusal(
            "duplicate_key",
            f"{table.loc[twice, 'area_id'].iloc[0]} stands more than once in the table of areas: choose one period "
            "and one group, or add up first.",
        )
    kept = [column for column in ("count", "low", "high", "value_qualifier") if column in table]
    return rate_table(table[["area_id", *kept]], table[["area_id", "population"]], per, confidence)
