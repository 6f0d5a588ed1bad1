"""Which flows a map draws, and what is said of those it does not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.figures import style
from bounded.refusal import Refusal

UNKNOWN = "unknown"  # the end of a flow of which nobody knows where it is
COLOURED = 15  # more arrows than this cannot be told apart; further ones are grey


@dataclass(frozen=True, eq=False)
class Chosen:
    """Flows of one map.

    Parameters
    ----------
    drawn : the largest, largest first; numbered from 0.
    others : those too small to be drawn.
    lost : those with an end that has no place on the map.
    """

    drawn: pd.DataFrame
    others: pd.DataFrame
    lost: pd.DataFrame


def checked(flows: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """The flows with counts as floats and an end that is not named as "unknown".

    Raises
    ------
    ValueError : a column is missing, a count is missing or negative, or a pair stands twice (within `by`, and unless
        `kind` tells the two apart).
    """
    style.require(flows, ("origin", "destination", "low", "high", "text", *by))
    rows = flows.copy()
    for end in ("origin", "destination"):
        rows[end] = rows[end].astype(object).where(rows[end].notna() & (rows[end] != ""), UNKNOWN)
    rows[["low", "high"]] = rows[["low", "high"]].astype(float)
    bad = rows[["low", "high"]].isna().any(axis=1)
    if bad.any():
        first = rows[bad].iloc[0]
        raise Refusal(
            "missing_value",
            f"The flow {first['origin']} to {first['destination']} has no count: give its interval, or leave it out.",
        )
    bad = (rows["low"] < 0) | (rows["high"] < rows["low"]) | ~np.isfinite(rows["low"])
    if bad.any():
        first = rows[bad].iloc[0]
        raise Refusal(
            "invalid_interval",
            f"The flow {first['origin']} to {first['destination']} is counted from {first['low']:g} to "
            f"{first['high']:g}: give a finite lower bound from 0 up, and an upper one that is not below it.",
        )
    if rows.duplicated([*by, "origin", "destination"]).any() and "kind" not in rows.columns:
        raise Refusal(
            "duplicate_row", "A pair stands twice in the flows: add its rows up first, or tell them apart by `kind`."
        )
    return rows


def largest(rows: pd.DataFrame, known: Collection[str], top: int, highlight: str | None = None) -> Chosen:
    """The `top` largest of checked flows with both ends in `known`; those of the highlighted place come first."""
    # Nobody went where the count is 0: an arrow would say that somebody did.
    rows = rows[rows["high"] > 0]
    own = (rows["origin"] == highlight) | (rows["destination"] == highlight)
    rows = rows.assign(own=own).sort_values(
        ["own", "high", "low", "origin", "destination"], ascending=[False, False, False, True, True], kind="stable"
    )
    rows = rows.drop(columns="own")
    placed = rows["origin"].isin(known) & rows["destination"].isin(known)
    kept = rows[placed]
    return Chosen(kept.head(top).reset_index(drop=True), kept.iloc[top:], rows[~placed])


def size(rows: pd.DataFrame) -> np.ndarray:
    """What a flow's width stands for: its upper bound, or the lower one where there is no upper."""
    return np.where(np.isfinite(rows["high"]), rows["high"], rows["low"])


def others_text(others: pd.DataFrame) -> str:
    """How many pairs are not drawn, and their sum."""
    return f"Other: {_pairs(len(others), 'further pair')}, {total(others)} in all, not drawn."


def lost_text(lost: pd.DataFrame) -> str:
    """How many pairs have no place on the map, their sum, and the first three."""
    names = "; ".join(f"{row.origin} to {row.destination}" for row in lost.head(3).itertuples())
    more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
    return f"Without a place on the map: {_pairs(len(lost), 'pair')}, {total(lost)} in all ({names}{more})."


def total(rows: pd.DataFrame) -> str:
    """The sum of flows, as people write it."""
    low, high = rows["low"].sum(), rows["high"].sum()
    if not np.isfinite(high):
        return f"at least {style.number(low)}"
    return style.number(high) if low == high else f"{style.number(low)} to {style.number(high)}"


def _pairs(count: int, word: str) -> str:
    return f"{count:,} {word}" + ("" if count == 1 else "s")
