"""Means, medians, extremes and sums of what persons have: by rules, since no count says whether they are safe.

Rules of output checking (Brandt et al., 2010): a mean or a sum rests on at least k persons, a median on k on either
side; a minimum or a maximum is one person's own value; and no person's part of a sum can be estimated by another of
them to within p per cent (the p% rule: Hundepool et al., 2012).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.disclosure.published import COUNT, OF_LARGEST, OF_VALUES, dimensions_of, in_words

P_PERCENT = 10.0


def of_values(tables: Mapping[str, pd.DataFrame], k: int) -> pd.DataFrame:
    """Statistics that say too much of one person, or of fewer than k.

    Parameters
    ----------
    tables : name -> table; columns ``mean_x``, ``median_x``, ``minimum_x``, ``maximum_x`` and ``sum_x`` with the
        ``count`` of persons; ``largest_x`` and ``second_x``, the two largest parts of a sum, are never published.

    Returns
    -------
    DataFrame: table, row (position), column, cell, kind, why.
    """
    rows = []
    for name, table in tables.items():
        cells = table[dimensions_of(table)].astype(str).reset_index(drop=True)
        counts = (
            pd.to_numeric(table[COUNT], errors="coerce").astype("Float64").to_numpy(dtype=float, na_value=np.nan)
            if COUNT in table
            else np.full(len(table), np.nan)
        )
        for column in [each for each in table if str(each).startswith(OF_VALUES)]:
            given = table[column].notna().to_numpy()
            for row in np.flatnonzero(given).tolist():
                found = _broken(table, column, row, counts[row], k)
                if found:
                    rows.append((name, row, column, in_words(cells.iloc[row]), *found))
        for column in [each for each in table if str(each).startswith(OF_LARGEST)]:
            for row in np.flatnonzero(table[column].notna().to_numpy()).tolist():
                rows.append((name, row, column, in_words(cells.iloc[row]), "extreme", "it is one person's value"))
    return pd.DataFrame(rows, columns=["table", "row", "column", "cell", "kind", "why"])


def _broken(table: pd.DataFrame, column: str, row: int, count: float, k: int) -> tuple[str, str] | None:
    """Which rule a statistic of a cell breaks, and in what way."""
    kind, _, what = str(column).partition("_")
    if kind in ("minimum", "maximum"):
        return "extreme", f"a {kind} is one person's value"
    if np.isnan(count):
        return kind, f"nobody can say on how many persons this {kind} rests, since their count is not given"
    needed = 2 * k if kind == "median" else k
    if count < needed:
        return kind, f"this {kind} rests on {count:.0f} persons, and needs {needed}"
    if kind in ("sum", "mean") and f"largest_{what}" in table:
        # A mean times its count is the sum.
        total = float(table[column].iloc[row]) * (count if kind == "mean" else 1)
        largest = float(table[f"largest_{what}"].iloc[row])
        second = float(table[f"second_{what}"].iloc[row]) if f"second_{what}" in table else 0.0
        rest = total - largest - second
        if rest < P_PERCENT / 100 * largest:
            return "dominance", f"who has the second largest part knows the largest to within {P_PERCENT:g} %"
    return None
