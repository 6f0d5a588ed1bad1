"""How answers are kept in the table of respondents: yes/no, codes and numbers, each of which may be missing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Bools = NDArray[np.bool_]


def yes_no(values: NDArray, where: Bools | bool = True) -> pd.arrays.BooleanArray:
    """Answers that are known `where`."""
    values = np.asarray(values, dtype=bool)
    return pd.arrays.BooleanArray(values.copy(), ~np.broadcast_to(where, values.shape))


def whole(values: NDArray, where: Bools | bool = True) -> pd.arrays.IntegerArray:
    """Whole numbers that are known `where`."""
    values = np.asarray(values).astype(np.int64)
    return pd.arrays.IntegerArray(values, ~np.broadcast_to(where, values.shape))


def codes(values: NDArray, where: Bools | bool = True) -> pd.api.extensions.ExtensionArray:
    """Texts that are known `where`; few are distinct, so that each is kept once on the way."""
    distinct, place = np.unique(values, return_inverse=True)
    return chosen(distinct.tolist(), place, where)


def chosen(texts: Sequence[str], place: NDArray, where: Bools | bool = True) -> pd.api.extensions.ExtensionArray:
    """Texts by their place in a list, known `where`."""
    taken = np.where(where, place, -1)
    return pd.array(list(texts), dtype="str").take(taken, allow_fill=True)
