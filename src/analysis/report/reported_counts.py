"""Counts of US reports as a text cites them: ``[[reported:TIP2023_SEN/child_victims_identified/begging]]``.

Findings state the headline of a place. What a report counts beside it, a form, a sex, a nationality, is cited from the
table of evidence itself, by source, indicator and breakdown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import pandas as pd

from analysis import evidence
from analysis.findings import measures
from bounded.refusal import Refusal

# What a text can ask of a count; without any of them it gets the value in words.
ASKED = ("period", "source")
WHOLE = "unspecified"


class NotReported(Refusal):
    """A text cites a count that no report has, or that several rows could be."""


def find_count(named: str) -> pd.Series:
    """Return the row of the table of counts that a text names.

    Parameters
    ----------
    named : ``SOURCE/indicator`` or ``SOURCE/indicator/breakdown``; with ``@2022-04-01``, the first day of the period,
        where a report has several, and with ``GNB:`` before it where a source counts in several countries.

    Raises
    ------
    NotReported : no row has that name, or several have; the message lists what the source counts.
    """
    # Texts name the same counts again and again: in each language, and when they are checked.
    return _found(named)


@cache
def _found(named: str) -> pd.Series:
    name, _, first = named.partition("@")
    source, _, rest = name.partition("/")
    area_id, _, source = source.rpartition(":")
    indicator, _, breakdown = rest.partition("/")
    of_source = _counts()[_counts()["source_id"] == source]
    of_source = of_source[of_source["area_id"] == area_id] if area_id else of_source
    found = of_source[(of_source["indicator"] == indicator) & (of_source["breakdown"] == (breakdown or WHOLE))]
    if first:
        found = found[found["period_start"] == pd.Timestamp(first)]
    if len(found) != 1:
        there = [f"{row.indicator}/{row.breakdown}@{row.period_start:%Y-%m-%d}" for row in of_source.itertuples()]
        raise NotReported(
            "unknown_count",
            f"{len(found)} counts are '{named}'; one must be. {source} has: {', '.join(there) or 'none at all'}.",
        )
    return found.iloc[0]


def count_text(named: str, asked: str, language: str) -> str:
    """Return a count in words, or its period. Raises NotReported.

    Parameters
    ----------
    named : as `find_count` takes it. asked : one of ASKED, or empty. language : one of the languages of the report.
    """
    row = find_count(named)
    return measures.period_words(period_of(row), language) if asked == "period" else value_text(row, language)


def value_text(row: Mapping[str, Any], language: str) -> str:
    """Return a count of the table in words: a number, or the limits between which it is."""
    low, high = float(row["low"]), float(row["high"]) if pd.notna(row["high"]) else math.inf
    text = measures.number(low, "", 0, language)
    words = measures.words()
    if math.isinf(high):
        return words["at_least"][language].format(v=text, low=text)
    if low == high:
        return text
    return words["between"][language].format(low=text, high=measures.number(high, "", 0, language))


def period_of(row: Mapping[str, Any]) -> str:
    """Return the period of a count as findings write theirs: a year, or the first and the last month."""
    first, last = row["period_start"], row["period_end"]
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
        return f"{first:%Y}" if first.year == last.year else f"{first:%Y}/{last:%Y}"
    return f"{first:%Y-%m}/{last:%Y-%m}"


@cache
def _counts() -> pd.DataFrame:
    return evidence.official_indicators()
