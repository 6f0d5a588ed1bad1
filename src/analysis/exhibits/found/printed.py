"""A printed figure as a part of a finding: its bounds as they are, its period, and what its source notes of it."""

from __future__ import annotations

import math
from typing import NamedTuple

import pandas as pd

from analysis.findings.finding import EXACT, FIGURE

LIKE = "drawn: "


class Bounds(NamedTuple):
    """The numbers of a finding; no value where only bounds are known."""

    value: float | None
    low: float
    high: float
    interval: str


def bounds(low: float, high: float, value_qualifier: str = "exact") -> Bounds:
    """A count as it is printed: one number where it is known, else its bounds.

    Parameters
    ----------
    low, high : as the evidence has them; high may be infinite.
    value_qualifier : see `bounded.intervals`; a count printed `<5` may be none at all.
    """
    low = 0.0 if value_qualifier == "below_5" else float(low)
    high = float(high)
    known = value_qualifier == "exact" and low == high
    return Bounds(low if low == high else None, low, high, EXACT if known else FIGURE)


def span(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """A period as findings write it: years where it is made of whole ones, else months, else days; empty if undated."""
    if pd.isna(first) or pd.isna(last):
        return ""
    form = "%Y-%m-%d"
    if first.day == 1 and (last + pd.Timedelta(days=1)).day == 1:
        form = "%Y" if first.month == 1 and last.month == 12 else "%Y-%m"
    return "/".join(dict.fromkeys(day.strftime(form) for day in (first, last)))


def years(first: float, last: float) -> str:
    """Two years as the period of a finding."""
    return "/".join(dict.fromkeys(f"{math.floor(year)}" for year in (first, last)))


def noted(note: object, value_qualifier: str = "exact") -> str:
    """What the source notes of a figure, and that it is rough where it is, as sentences; empty where it is neither."""
    rough = "The source gives it as about this." if value_qualifier == "approx" else ""
    text = "" if pd.isna(note) else str(note).strip()
    return " ".join(filter(None, [rough, f"Noted with it: {text.rstrip('.')}." if text else ""]))


def chosen(reason: object) -> str:
    """Why a figure was drawn among several, within a sentence."""
    return str(reason).removeprefix(LIKE)
