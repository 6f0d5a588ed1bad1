"""Several tables as one, as they are kept in a file."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.disclosure.published import ADJUSTED, COUNT, dimensions_of

TABLE = "table"


def stacked(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Tables of counts under one another.

    Parameters
    ----------
    tables : name -> dimensions, ``count`` and, where counts are adjusted, ``adjusted_by``.

    Returns
    -------
    DataFrame: table, all dimensions (text; missing where a table does not have one), count (Int64, missing where it is
    withheld), adjusted_by (Int64) where any table has it, in the order of the tables and their rows.
    """
    parts = [
        pd.DataFrame(
            {
                TABLE: name,
                **{dimension: table[dimension].astype(str).astype(object) for dimension in dimensions_of(table)},
                **{each: pd.to_numeric(table[each]).astype("Int64") for each in (COUNT, ADJUSTED) if each in table},
            }
        )
        for name, table in tables.items()
    ]
    if not parts:
        return pd.DataFrame({TABLE: pd.Series(dtype=object), COUNT: pd.Series(dtype="Int64")})
    found = pd.concat(parts, ignore_index=True)
    numbers = [name for name in (COUNT, ADJUSTED) if name in found]
    dimensions = [name for name in found if name not in (TABLE, *numbers)]
    return found[[TABLE, *dimensions, *numbers]]


def unstacked(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The tables of `stacked`, each with its own dimensions."""
    found = {}
    for name, rows in table.groupby(TABLE, sort=False):
        own = rows.drop(columns=TABLE).reset_index(drop=True)
        kept = [column for column in own if column == COUNT or (column != ADJUSTED and own[column].notna().all())]
        # Of a table whose cells are all suppressed nobody need know how it would have been adjusted.
        is_adjusted = ADJUSTED in own and own[ADJUSTED].notna().any()
        found[str(name)] = own[[*kept, ADJUSTED] if is_adjusted else kept]
    return found
