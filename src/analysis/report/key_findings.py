"""Key findings: what a page says first, from the findings that its own notebook states; and its key numbers.

They are computed when the page is made. Which findings come first is said in `templates/key_findings.yml`, and of an
analysis that has no order there follows from that of its measures. A finding that is not known is none of them, and one
line says how many are not known and why the first of them is not.

By its key numbers the index names an area: its page says them of itself, so that index and page cannot disagree.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from analysis import texts
from analysis.report import templating

TEXT = texts.of(__name__)

MOST = 5
# How many open a page where its order names none that is known.
FEW = 2
# Letters of a reason that an opening prints whole.
_LONG = 160
_BEFORE, _AFTER = '<meta name="key-numbers" content="', '">'
# The head of a page, where it says its key numbers, without its pictures.
_HEAD = 16_384

Row = Mapping[str, Any]


def chosen(analysis: str, rows: Sequence[Row]) -> list[Row]:
    """The findings that open a page, the most important first; at most `MOST`.

    Parameters
    ----------
    analysis : whose page it is.
    rows : the findings of its notebook, as rows of the table of findings. Those of public evidence alone count where
        there are any, so that nothing synthetic opens a page of evidence.
    """
    known = [row for row in rows if row["status"] == "known"]
    known = [row for row in known if row["kind"] == "public"] or known
    found: list[Row] = []
    for name, most, largest in _order_of(analysis):
        named = [row for row in known if is_named(row, name) and row not in found]
        if largest:
            above = sorted((row for row in named if _size(row) > 0), key=_size, reverse=True)
            # That nothing was named is an answer too, and is said once.
            named = above or ([] if found else named[:1])
        found += named[:most]
    # Where none of these is known, what else the page knows opens it.
    return found[:MOST] or known[:FEW]


def _size(row: Row) -> float:
    """A value; of a range its lower end."""
    import pandas as pd

    return next((float(row[name]) for name in ("value", "low") if pd.notna(row[name])), 0.0)


def as_html(analysis: str, rows: Sequence[Row]) -> str:
    """The key findings of a page as a fragment of HTML; empty where its notebook states no findings."""
    if not rows:
        return ""
    opening = chosen(analysis, rows)
    if opening:
        return box([_statement(row) for row in opening], _unknown(analysis, rows))
    return box(*_nothing_known(analysis, rows))


def box(points: Sequence[str], last: str) -> str:
    """Sentences that open a page, and one on what is not known, as a fragment of HTML."""
    listed = "".join(f"<li>{html.escape(point)}</li>" for point in points)
    return f'<div class="key"><h2>Key findings</h2><ul>{listed}</ul><p>{html.escape(last)}</p></div>'


def _statement(row: Row) -> str:
    """A finding as a sentence with its period and its source."""
    from analysis import bibliography
    from analysis.findings.measures import dated, marked_sentence

    text = marked_sentence(row)
    period = dated(row)
    sources = [each for each in str(row["source_ids"]).split(";") if each]
    when = f" ({period})" if period and period not in text else ""
    where = TEXT["source"].format(source=bibliography.short_source(sources, 60)) if sources else ""
    return f"{text.removesuffix('.')}{when}.{where}"


def _unknown(analysis: str, rows: Sequence[Row]) -> str:
    """The number of statements of a page without a value, and why the most important of these has none."""
    from analysis.findings.measures import title

    without = [row for row in rows if row["status"] != "known"]
    if not without:
        return TEXT["all_known"].format(statements=len(rows))
    first = _first(analysis, without)
    why = _short(str(first["why"]))
    return TEXT["not_known"].format(unknown=len(without), statements=len(rows), title=title(first), why=why)


def _nothing_known(analysis: str, rows: Sequence[Row]) -> tuple[list[str], str]:
    """The first question that nobody can answer, with the reason; and the number of statements that are not known."""
    from analysis.findings.measures import title

    without = [row for row in rows if row["status"] != "known"]
    if not without:
        return [], TEXT["all_known"].format(statements=len(rows))
    first = _first(analysis, without)
    asked, why = title(first), _short(str(first["why"]))
    answer = TEXT["first_unknown"].format(title=asked[:1].upper() + asked[1:], why=why[:1].upper() + why[1:])
    return [answer], TEXT["how_many_unknown"].format(unknown=len(without), statements=len(rows))


def _short(why: str) -> str:
    """A reason without what stands in brackets at its end, where it is long: the table of findings has all of it."""
    return (why.partition(" (")[0] if len(why) > _LONG else why).rstrip(".")


def _first(analysis: str, rows: Sequence[Row]) -> Row:
    """The most important of some findings, by the order of the analysis."""
    names = [name for name, *_ in _order_of(analysis)]
    return min(rows, key=lambda row: next((at for at, name in enumerate(names) if is_named(row, name)), len(names)))


def _order_of(analysis: str) -> tuple[tuple[str, int, bool], ...]:
    """The order of an analysis; where it has none, all findings of its measures, as they follow in their file."""
    if analysis in _order():
        return _order()[analysis]
    from analysis.findings.measures import MEASURES

    return tuple((name, MOST, False) for name, measure in MEASURES.items() if measure.analysis == analysis)


@cache
def _order() -> dict[str, tuple[tuple[str, int, bool], ...]]:
    """The measures or items of each analysis, how many of each at most, and if the largest come first."""
    return {analysis: tuple(_lines(lines)) for analysis, lines in templating.from_yaml("key_findings.yml").items()}


def _lines(lines: Sequence[str | Mapping[str, int | dict[str, int]]]) -> Iterator[tuple[str, int, bool]]:
    for line in lines:
        for name, most in [(line, 1)] if isinstance(line, str) else line.items():
            yield (name, most, False) if isinstance(most, int) else (name, most["largest"], True)


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
