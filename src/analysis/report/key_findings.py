"""Key findings: what a page says first, from the findings that its own notebook states; and its key numbers.

They are computed when the page is made. Which findings come first is said in `templates/key_findings.yml`, and of an
analysis that has no order there follows from that of its measures. A finding that is not known is none of them: the
last sentence says what is not known.

By its key numbers the index names an area: its page says them of itself, so that index and page cannot disagree.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from analysis import texts
from analysis.report import templating
from analysis.report.key_sentences import statement, unknown

TEXT = texts.of(__name__)

MOST = 5
# How many open a page where its order names none that is known.
FEW = 2
_BEFORE, _AFTER = '<meta name="key-numbers" content="', '">'
# The head of a page, where it says its key numbers, without its pictures.
_HEAD = 16_384

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """A line of an order: a measure or an item of one, and how many of its findings open a page.

    Parameters
    ----------
    most : of all that are known, so many in their order. largest : instead, so many of the largest above zero.
    unless : a measure or item that says the same in other words: where it opens the page this does not.
    """

    name: str
    most: int = 1
    largest: int = 0
    unless: str = ""


def chosen(analysis: str, rows: Sequence[Row]) -> list[Row]:
    """The findings that open a page, at most `MOST`: the most important of them, the newest first.

    Parameters
    ----------
    analysis : whose page it is.
    rows : the findings of its notebook, as rows of the table of findings. Those of public evidence alone count where
        there are any, so that nothing synthetic opens a page of evidence.
    """
    known = [row for row in rows if row["status"] == "known"]
    known = [row for row in known if row["kind"] == "public"] or known
    found: list[Row] = []
    for line in _order_of(analysis):
        if any(is_named(row, line.unless) for row in found if line.unless):
            continue
        named = [row for row in known if is_named(row, line.name) and row not in found]
        if line.largest:
            above = sorted((row for row in named if _size(row) > 0), key=_size, reverse=True)
            # That nothing was named is an answer too, and is said once.
            named = above or ([] if found else named[:1])
        found += named[: line.largest or line.most]
    # Where none of these is known, what else the page knows opens it.
    return sorted(found[:MOST] or known[:FEW], key=_ended, reverse=True)


def _ended(row: Row) -> str:
    """The year in which the period of a finding ended."""
    return str(row["period"]).rpartition("/")[2][:4]


def _size(row: Row) -> float:
    """A value; of a range its lower end."""
    import pandas as pd

    return next((float(row[name]) for name in ("value", "low") if pd.notna(row[name])), 0.0)


def as_html(analysis: str, rows: Sequence[Row]) -> str:
    """The key findings of a page as a fragment of HTML; empty where its notebook states no findings."""
    if not rows:
        return ""
    opening = chosen(analysis, rows)
    without = _by_importance(analysis, [row for row in rows if row["status"] != "known"])
    if opening:
        return box([statement(row) for row in opening], unknown(without))
    return box([_not_known(without[0])], unknown(without[1:]))


def box(points: Sequence[str], last: str) -> str:
    """Sentences that open a page, and one on what is not known where there is one, as a fragment of HTML."""
    listed = "".join(f"<li>{html.escape(point)}</li>" for point in points)
    end = f"<p>{html.escape(last)}</p>" if last else ""
    return f'<div class="key"><h2>Key findings</h2><ul>{listed}</ul>{end}</div>'


def _not_known(row: Row) -> str:
    """A question that nobody can answer, with the reason."""
    from analysis.findings.measures import capital, title

    asked, why = title(row), str(row["why"]).rstrip(".")
    return TEXT["first_unknown"].format(title=capital(asked, "en"), why=capital(why, "en"))


def _by_importance(analysis: str, rows: Sequence[Row]) -> list[Row]:
    """Findings in the order of the analysis."""
    names = [line.name for line in _order_of(analysis)]
    return sorted(rows, key=lambda row: next((at for at, name in enumerate(names) if is_named(row, name)), len(names)))


def _order_of(analysis: str) -> tuple[Line, ...]:
    """The order of an analysis; where it has none, all findings of its measures, as they follow in their file."""
    if analysis in _order():
        return _order()[analysis]
    from analysis.findings.measures import MEASURES

    return tuple(Line(name, MOST) for name, measure in MEASURES.items() if measure.analysis == analysis)


@cache
def _order() -> dict[str, tuple[Line, ...]]:
    """The lines of each analysis, the most important first."""
    return {analysis: tuple(_lines(lines)) for analysis, lines in templating.from_yaml("key_findings.yml").items()}


def _lines(lines: Sequence[str | Mapping[str, int | dict[str, Any]]]) -> Iterator[Line]:
    for line in lines:
        for name, said in [(line, 1)] if isinstance(line, str) else line.items():
            yield Line(name, said) if isinstance(said, int) else Line(name, **said)


# Key numbers


def of_findings(rows: Sequence[Row], local: bool) -> list[dict[str, str]]:
    """The key numbers of a page, in words: what it is, its value, its period.

    Parameters
    ----------
    rows : the findings of its notebook; those alone count that follow from public evidence.
    local : whether the place is a province or an island: then a number of the place itself follows that of the victims.
    """
    public = [row for row in rows if row["kind"] == "public"]
    found = {group: _of_group(public, group) for group in ("victims", "local")[: 1 + local]}
    return [_in_words(row, short=group == "local") for group, row in found.items() if row]


def _of_group(rows: Sequence[Row], group: str) -> Row | None:
    """The newest of the first line of which something is known; else one that is not known, so that it is said."""
    lines = [[row for name in line for row in rows if is_named(row, name)] for line in _groups()[group]]
    for line in lines:
        known = [row for row in line if row["status"] == "known"]
        if known:
            return max(known, key=lambda row: str(row["period"]).rpartition("/")[2])
    unknown = [row for line in lines for row in line]
    return unknown[0] if unknown and group == "victims" else None


def _in_words(row: Row, short: bool) -> dict[str, str]:
    # It is loaded only by whoever writes pages: numbers of every language come with it.
    from analysis.findings.measures import MEASURES, dated, title, value_words

    what = MEASURES[row["measure"]].item_words(row["item"], "en") if short and row["item"] else title(row)
    return {
        "what": what[:1].upper() + what[1:],
        "value": value_words(row),
        "period": dated(row) if row["status"] == "known" else "",
    }


def is_named(row: Row, name: str) -> bool:
    """Return True if a finding is of the measure, or of the item of it, that a line of these orders names."""
    measure, _, item = name.partition(".")
    return row["measure"] == measure and (not item or row["item"] == item)


def in_head(numbers: Sequence[Mapping[str, str]]) -> str:
    """Return the key numbers in the head of a page; nothing where it has none."""
    return f"{_BEFORE}{html.escape(json.dumps(numbers, ensure_ascii=False))}{_AFTER}" if numbers else ""


def of_page(page: Path) -> list[dict[str, str]]:
    """The key numbers that a page says of itself; none where there is no such page, or it says none."""
    try:
        with open(page, encoding="utf-8") as file:
            head = file.read(_HEAD)
    except FileNotFoundError:
        return []
    _, said, rest = head.partition(_BEFORE)
    return json.loads(html.unescape(rest.partition(_AFTER)[0])) if said else []


def of_pages(pages: Sequence[Path]) -> list[dict[str, str]]:
    """Return those of the first of some pages that says any."""
    return next(filter(None, map(of_page, pages)), [])


@cache
def _groups() -> dict[str, list[list[str]]]:
    return templating.from_yaml("key_numbers.yml")
