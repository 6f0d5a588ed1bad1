"""What rows of values.csv call by name: data ("@NAME" among the arguments), and cases that need more than one call."""

from __future__ import annotations

from pathlib import Path

import captures
import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent

# Data


def file(name: str, where: dict[str, object] | None = None, columns: list[str] | None = None) -> pd.DataFrame:
    """Rows of a file of this folder in which columns have the given values, and some of its columns."""
    read = pd.read_csv(FOLDER / name, comment="#")
    for column, value in (where or {}).items():
        read = read[read[column] == value]
    return read[columns or list(read)].reset_index(drop=True)


def table(columns: dict[str, list]) -> pd.DataFrame:
    """A table written by columns."""
    return pd.DataFrame(columns)


def series(values: list, index: list | None = None) -> pd.Series:
    """Values with an index."""
    return pd.Series(values, index=index)


def array(values: list) -> np.ndarray:
    """Numbers as an array."""
    return np.array(values, dtype=float)


def published(name: str) -> pd.DataFrame:
    """Capture histories of a table of capture_tables.csv."""
    return captures.published(name)


def histories(persons: dict[str, int], lists: list[str] | None = None) -> pd.DataFrame:
    """Capture histories from persons by pattern, a digit a list; lists are named A, B, C where no names are given."""
    return captures.histories(persons, lists or "ABCDEFGHIJ")
