"""Persons counted by some dimensions, with the key of each cell, by which counts of a series are adjusted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from disclosure import perturbation

Counter = Callable[..., pd.DataFrame]


def counter(here: pd.DataFrame) -> Counter:
    """What counts persons by dimensions: Series of one value a person, with the persons' ids as index.

    Parameters
    ----------
    here : case records with ``person_id``, and ``row_hash`` where the cells are to have keys.

    Returns
    -------
    A function from dimensions to a table of them, ``count`` (Int64, without rows of nobody) and ``cell_key``.
    """
    keys = record_keys(here)

    def counted(*dimensions: pd.Series) -> pd.DataFrame:
        table = pd.concat(dimensions, axis=1)
        if keys is not None:
            return perturbation.counted(table, list(table), keys.reindex(table.index))
        return table.groupby(list(table), sort=True).size().astype("Int64").reset_index(name="count")

    return counted


def record_keys(here: pd.DataFrame) -> pd.Series | None:
    """The key of each person, from 0 to below 1: the same whenever a list has the same row of that person.

    It follows from the keyed hashes of the person's rows, not from their numbers, which change when a row is taken out.
    """
    if "row_hash" not in here:
        return None
    hashes = here.groupby("person_id")["row_hash"].min()
    return pd.Series(hashes.to_numpy(np.uint64) / 2.0**64, hashes.index)
