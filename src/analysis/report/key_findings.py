"""Key findings: what a page says first, from the findings that its own notebook states.

They are computed when the page is made. Which findings come first is said in `templates/key_findings.yml`, and of an
analysis that has no order there follows from that of its measures. A finding that is not known is none of them: the
last sentence says what is not known.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from analysis import texts
from analysis.report import templating
from analysis.report.key_sentences import statement, unknown

TEXT = texts.of(__name__)

MOST = 5
# The marked place for how sure a finding is, which `page_links` fills.
GRADE = "<!--grade:{}--><!--/grade-->"
# How many open a page where its order names none that is known.
FEW = 2

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """A line of an order: a measure or an item of one, and how many of its findings open a page.

    Parameters
    ----------
    most : of all that are known, so many in their order. largest : instead, so many of the largest above zero.
    unless : a measure or item that says the same in other words: where it opens the page this does not.
    always : whether it comes first, and opens the page where it is not known, too: the page is called by it.
    """

    name: str
    most: int = 1
    largest: int = 0
    unless: str = ""
    always: bool = False


def chosen(analysis: str, rows: Sequence[Row]) -> list[Row]:
    """The findings that open a page, at most `MOST` of the most important: what it is called by, then the newest.

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
            above = sorted((row for row in named if lower_end(row) > 0), key=lower_end, reverse=True)
            # That nothing was named is an answer too, and is said once.
            named = above or ([] if found else named[:1])
        found += named[: line.largest or line.most]
    # Where none of these is known, what else the page knows opens it.
    newest = sorted(found[:MOST] or known[:FEW], key=_ended, reverse=True)
    return sorted(newest, key=lambda row: not _is_asked(analysis, row))


def _is_asked(analysis: str, row: Row) -> bool:
    """True for what the page of an analysis is called by."""
    return any(is_named(row, line.name) for line in _order_of(analysis) if line.always)


def _ended(row: Row) -> str:
    """The year in which the period of a finding ended."""
    return str(row["period"]).rpartition("/")[2][:4]


def lower_end(row: Row) -> float:
    """Return a value; of a range its lower end."""
    import pandas as pd

    return next((float(row[name]) for name in ("value", "low") if pd.notna(row[name])), 0.0)


def as_html(analysis: str, rows: Sequence[Row]) -> str:
    """The key findings of a page as a fragment of HTML; empty where its notebook states no findings."""
    if not rows:
        return ""
    opening = chosen(analysis, rows)
    without = _by_importance(analysis, [row for row in rows if row["status"] != "known"])
    # What a page is called by, or all that it asks, may be what is not known: that is its answer.
    first = [row for row in without if not opening or _is_asked(analysis, row)][:1]
    # What has the reason of the first needs no second sentence.
    last = unknown([row for row in without if not any(row["why"] == other["why"] for other in first)])
    known = opening[: MOST - len(first)]
    of = [*("" for _ in first), *(str(row["finding_id"]) for row in known)]
    return box([*map(_not_known, first), *map(statement, known)], last, of)


def box(points: Sequence[str], last: str, of: Sequence[str] = ()) -> str:
    """Return what opens a page as a fragment of HTML.

    Parameters
    ----------
    points : sentences.
    last : on what is not known; empty where all is.
    of : the finding that each sentence states, or "": beside it a place is marked for how sure that is.
    """
    marks = [name and GRADE.format(html.escape(name)) for name in of] or [""] * len(points)
    listed = "".join(f"<li>{html.escape(point)}{mark}</li>" for point, mark in zip(points, marks, strict=True))
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


def is_named(row: Row, name: str) -> bool:
    """Return True if a finding is of the measure, or of the item of it, that a line of these orders names."""
    measure, _, item = name.partition(".")
    return row["measure"] == measure and (not item or row["item"] == item)
