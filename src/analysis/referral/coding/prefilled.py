"""What public evidence says of an indicator so far, as coders read it beside the question."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.referral.coding.scale import NOT_APPLICABLE, UNKNOWN, Indicator


def shown_evidence(
    prefilled: pd.DataFrame | None,
    asked: Mapping[str, Indicator],
    area_id: str,
    titles: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Indicator -> what public evidence says of it, in words, with the titles of its sources, or their ids."""
    if prefilled is None:
        return {}
    of_area = prefilled[prefilled["area_id"] == area_id]
    return {
        row["indicator_id"]: _in_words(row, asked[row["indicator_id"]], titles or {})
        for row in of_area.to_dict("records")
        if row["indicator_id"] in asked
    }


def _in_words(row: dict, indicator: Indicator, titles: Mapping[str, str]) -> str:
    if not row.get("applies", True):
        return f"{NOT_APPLICABLE}: {row['note']}"
    if not row["known"]:
        return f"{UNKNOWN}: no public evidence was found"
    low, high = float(row["low"]), float(row["high"])
    if indicator.scale == "answer":
        said = "yes" if low == 1 else "no"
    elif low == high:
        said = f"{low:g}"
    elif np.isinf(high) or np.isnan(high):
        said = f"at least {low:g}"
    elif np.isinf(low) or np.isnan(low):
        said = f"at most {high:g}"
    else:
        said = f"{low:g} to {high:g}"
    if indicator.scale == "level":
        said += f" ({', up to '.join(dict.fromkeys((indicator.levels[int(low)], indicator.levels[int(high)])))})"
    said += " %" if indicator.scale == "share" else ""
    year = "" if pd.isna(row["year"]) else f", {int(row['year'])}"
    basis = row["basis"][:1].upper() + row["basis"][1:]
    names = [source for source in row["source_ids"].split(";") if source]
    sources = "; ".join(dict.fromkeys(titles.get(source, source) for source in names))
    return f"{said}. {basis}{year}" + (f". Sources: {sources}" if sources else "")
