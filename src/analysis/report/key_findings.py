"""Key findings: what a page says first, from the findings that its own notebook states.

They are computed when the page is made. Which findings come first is said in `templates/key_findings.yml`; a finding
that is not known is none of them, and one line says how many are not known and why the first of them is not.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd
import yaml

from analysis import bibliography, texts
from analysis.findings.finding import KNOWN
from analysis.findings.measures import marked_sentence, period_words, title
from analysis.report.key_numbers import is_named

TEXT = texts.of(__name__)

MOST = 6
ORDER = "key_findings.yml"

Row = Mapping[str, Any]


def chosen(analysis: str, rows: Sequence[Row]) -> list[Row]:
    """The findings that open a page, the most important first; at most `MOST`.

    Parameters
    ----------
    analysis : whose page it is.
    rows : the findings of its notebook, as rows of the table of findings. Those of public evidence alone count where
        there are any, so that nothing synthetic opens a page of evidence.
    """
    known = [row for row in rows if row["status"] == KNOWN]
    known = [row for row in known if row["kind"] == "public"] or known
    found: list[Row] = []
    for name, most, largest in _order().get(analysis, ()):
        named = [row for row in known if is_named(row, name) and row not in found]
        if largest:
            named = sorted((row for row in named if _size(row) > 0), key=_size, reverse=True)
        found += named[:most]
    return found[:MOST]


def _size(row: Row) -> float:
    """A value; of a range its lower end."""
    return next((float(row[name]) for name in ("value", "low") if pd.notna(row[name])), 0.0)


def as_html(analysis: str, rows: Sequence[Row]) -> str:
    """The key findings of a page as a fragment of HTML; empty where its notebook states no findings."""
    if not rows:
        return ""
    return box([_statement(row) for row in chosen(analysis, rows)], _unknown(analysis, rows))


def box(points: Sequence[str], last: str) -> str:
    """Sentences that open a page, and one on what is not known, as a fragment of HTML."""
    listed = "".join(f"<li>{html.escape(point)}</li>" for point in points)
    answer = f"<ul>{listed}</ul>" if points else f"<p>{TEXT['none_is_certain']}</p>"
    return f'<div class="key"><h2>Key findings</h2>{answer}<p>{html.escape(last)}</p></div>'


def _statement(row: Row) -> str:
    """A finding as a sentence with its period and its source."""
    text = marked_sentence(row)
    period = period_words(str(row["period"]))
    sources = [each for each in str(row["source_ids"]).split(";") if each]
    when = f" ({period})" if period and period not in text else ""
    where = TEXT["source"].format(source=bibliography.short_source(sources, 60)) if sources else ""
    return f"{text.removesuffix('.')}{when}.{where}"


def _unknown(analysis: str, rows: Sequence[Row]) -> str:
    """How many statements of a page have no value, and why the most important of these has none."""
    without = [row for row in rows if row["status"] != KNOWN]
    if not without:
        return TEXT["all_known"].format(statements=len(rows))
    names = [name for name, *_ in _order().get(analysis, ())]
    first = min(without, key=lambda row: next((at for at, name in enumerate(names) if is_named(row, name)), len(names)))
    why = str(first["why"]).rstrip(".")
    return TEXT["not_known"].format(unknown=len(without), statements=len(rows), title=title(first), why=why)


@cache
def _order() -> dict[str, tuple[tuple[str, int, bool], ...]]:
    """Of each analysis: the measure or item, how many of it at most, and whether the largest come first."""
    read = yaml.safe_load((resources.files("analysis.report") / "templates" / ORDER).read_text(encoding="utf-8"))
    return {analysis: tuple(_lines(lines)) for analysis, lines in read.items()}


def _lines(lines: Sequence[str | Mapping[str, int | dict[str, int]]]) -> Iterator[tuple[str, int, bool]]:
    for line in lines:
        for name, most in [(line, 1)] if isinstance(line, str) else line.items():
            yield (name, most, False) if isinstance(most, int) else (name, most["largest"], True)
