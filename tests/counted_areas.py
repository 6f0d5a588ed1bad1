"""Areas for tests of rates: with a count or its bounds and inhabitants, and side by side on a board."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

NAMES = "ABCDEFGHIJKL"


def counted(*counts: float, population: float | Sequence[float] = 1000) -> pd.DataFrame:
    """Areas A, B ... with a count and inhabitants each."""
    return pd.DataFrame({"area_id": list(NAMES[: len(counts)]), "count": counts, "population": population})


def between(*rows: tuple, population: float | Sequence[float] = 1000) -> pd.DataFrame:
    """Areas A, B ... with low, high and qualifier of a count, and inhabitants each."""
    table = pd.DataFrame(rows, columns=["low", "high", "value_qualifier"])
    return table.assign(area_id=list(NAMES[: len(rows)]), population=population)


def chessboard(rows: int, columns: int) -> pd.DataFrame:
    """Neighbours that share a side; the area in row 1 and column 2 is "12"."""
    pairs = [
        (f"{r}{c}", f"{r + down}{c + right}", "contiguous")
        for r in range(rows)
        for c in range(columns)
        for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1))
        if 0 <= r + down < rows and 0 <= c + right < columns
    ]
    return pd.DataFrame(pairs, columns=["area_id", "neighbour_id", "how"])
