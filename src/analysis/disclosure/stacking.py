"""Several tables as one, as they are kept in a file."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.disclosure.published import COUNT, dimensions_of

TABLE = "table"


def stacked(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Tables of counts under one another.

    Parameters
    ----------
    tables : name -> dimensions and ``count``.

    Returns
    -------
    DataFrame: table, all dimensions (text; missing where a table does not have one), count (Int64, missing where it is
    withheld), in the order of the tables and their rows.
    """
    parts = [
        pd.DataFrame(
            {
                TABLE: name,
                **{dimension: table[dimension].astype(str).astype(object) for dimension in dimensions_of(table)},
                COUNT: pd.to_numeric(table[COUNT]).astype("Int64"),
            }
        )
        for name, table in tables.items()
    ]
    if not parts:
        return pd.DataFrame({TABLE: pd.Series(dtype=object), COUNT: pd.Series(dtype="Int64")})
    found = pd.concat(parts, ignore_index=True)
    dimensions = [name for name in found if name not in (TABLE, COUNT)]
    return found[[TABLE, *dimensions, COUNT]]


def unstacked(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The tables of `stacked`, each with its own dimensions."""
    found = {}
    for name, rows in table.groupby(TABLE, sort=False):
        own = rows.drop(columns=TABLE).reset_index(drop=True)
        found[str(name)] = own[[column for column in own if column == COUNT or own[column].notna().all()]]
    return found
