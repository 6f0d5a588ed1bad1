"""Unit costs of field work, and the ethics of each design: two tables that stand beside this module."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from bounded.arguments import require_numbers
from bounded.refusal import Refusal, require_columns, require_once, require_values

COLUMNS = ("item", "unit", "low", "value", "high", "source")
# Low, value and high.
Range = tuple[float, float, float]


@cache
def packaged(name: str) -> pd.DataFrame:
    """Return a table that is part of the package: ``ethics`` or ``example_costs``."""
    return pd.read_csv(Path(__file__).with_name(f"{name}.csv"), keep_default_na=False)


def costs(unit_costs: pd.DataFrame, items: Mapping[str, float]) -> Range:
    """Return what so many of each item cost: low, value, high, in the unit of the table.

    Parameters
    ----------
    unit_costs : one row an item: item, unit, low, value, high, source.
    items : how many, by item.

    Raises
    ------
    ValueError : an item is not in the table, or its range is no range.
    """
    require_columns(unit_costs, list(COLUMNS), "unit costs")
    require_once(unit_costs, ["item"], "unit costs", "give one row an item")
    for column in ("low", "value", "high"):
        require_numbers(unit_costs[column])
    numbers = unit_costs.set_index("item")[["low", "value", "high"]].astype(float)
    rising = (numbers["low"] >= 0) & (numbers["low"] <= numbers["value"]) & (numbers["value"] <= numbers["high"])
    require_values(unit_costs["item"], rising.to_numpy(), "invalid_range", ": low, value and high rise from 0")
    absent = [item for item in items if item not in numbers.index]
    if absent:
        raise Refusal("unknown_item", f"The unit costs have no item '{absent[0]}'; it is needed for this design.")
    found = sum((number * numbers.loc[item].to_numpy() for item, number in items.items()), np.zeros(3))
    return float(found[0]), float(found[1]), float(found[2])
