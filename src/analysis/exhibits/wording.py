"""Words that exhibits share: periods, names of indicators, sentences that are joined."""

from __future__ import annotations

import re

import pandas as pd

SYNTHETIC = "SYNTHETIC"


def plain(text: str) -> str:
    """A text of the data, a name or a title, as Markdown that says the same: none of its signs is taken for a mark."""
    return re.sub(r"([\\`*_\[\]<>|#~!&])", r"\\\1", " ".join(text.split()))


def sentences(*said: str) -> str:
    """Sentences as one text, without those that say nothing."""
    return " ".join(filter(None, said))


def lower_first(words: str) -> str:
    """A label within a sentence; an abbreviation keeps its capitals."""
    return words if words[:2].isupper() else words[:1].lower() + words[1:]


def span(table: pd.DataFrame) -> str:
    for first, last in (
        ("period_start", "period_end"),
        ("date_low", "date_high"),
        ("year", "year"),
        ("report_year", "report_year"),
        ("period", "period"),
    ):
        if first in table:
            low, high = table[first].min(), table[last].max()
            years = [str(getattr(value, "year", value)).removesuffix(".0") for value in (low, high) if pd.notna(value)]
            return " to ".join(dict.fromkeys(years)) or "undated"
    return "undated"


def spell(indicator: str) -> str:
    """An indicator's name in words."""
    words = (
        indicator.replace("_", " ")
        .replace("0 17", "aged 0-17")
        .replace("5 17", "aged 5-17")
        .replace("0 14", "aged 0-14")
    )
    words = words.replace("icca ", "ICCA: ").replace("syrian", "Syrian")
    return words[:1].upper() + words[1:]


def periods(start: pd.Series, end: pd.Series) -> list[str]:
    """Periods in words: a year, a month, "Apr 2013 – Mar 2014", a day, or "undated"."""
    return [_period(first, last) for first, last in zip(start, end, strict=True)]


def mid_year(start: pd.Series, end: pd.Series) -> pd.Series:
    """The middle of a period as a decimal year."""
    middle = start + (end - start) / 2
    return middle.dt.year + (middle.dt.day_of_year - 1) / 365.25


def _period(first: pd.Timestamp, last: pd.Timestamp) -> str:
    if pd.isna(first) or pd.isna(last):
        return "undated"
    if first == last:
        return f"{first.day} {first:%b %Y}"
    whole_months = first.day == 1 and (last + pd.Timedelta(days=1)).day == 1
    if not whole_months:
        return f"{first.day} {first:%b %Y} – {last.day} {last:%b %Y}"
    if first.month == 1 and last.month == 12:
        return str(first.year) if first.year == last.year else f"{first.year}–{last.year}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%b %Y}"
    return f"{first:%b} – {last:%b %Y}" if first.year == last.year else f"{first:%b %Y} – {last:%b %Y}"


def marked(words: str, kind: object) -> str:
    """A line of a table that holds lines of several kinds: what is synthetic says so by itself."""
    return f"{SYNTHETIC}: {words}" if kind == "synthetic" else words
