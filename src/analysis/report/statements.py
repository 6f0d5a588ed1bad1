"""Sentences of the texts of the pledge, with the findings and counts that each cites, and the line where it begins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.report import reported_counts
from analysis.report.references import BLOCK, REFERENCE, blank

# What a citation can ask that is the number itself.
_VALUE = ("", "sentence")
_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_SENTENCE_END = re.compile(r"(?<=[.!?])\)?[*_]*\s+(?=[\[*_(“«\"]*(?:\[\[|[A-ZÀ-ÖØ-ÞĞİŞ]))")
_TERM = re.compile(r"\[\[term:([^\]|]+)\]\]")
_PARAGRAPH = re.compile(r"(?:(?!\n\s*\n|\n\s*[-*] |\n#).)+", re.DOTALL)


@dataclass(frozen=True)
class Citation:
    """A citation in a text of a finding, or of a count of a report.

    Parameters
    ----------
    reference : as it stands between brackets, without what it asks. asked : period, n, source ...; empty for the value.
    area_id, quantity : of a finding its area, and measure with item; of a count its area, and indicator/breakdown.
    period : as findings write theirs. low, high : limits of the value. unit, n : as findings have them.
    sources : ids.
    """

    reference: str
    asked: str
    area_id: str
    quantity: str
    period: str
    low: float
    high: float
    unit: str
    n: float
    sources: tuple[str, ...]
    known: bool

    @property
    def is_value(self) -> bool:
        return self.asked in _VALUE and self.known


@dataclass(frozen=True)
class Statement:
    """A sentence of a text.

    Parameters
    ----------
    file, line : where it begins. language : that it is written in. heading : of the section around it.
    text : as it is written, with references. paragraph : the paragraph or list item that it is in.
    cites : what it cites. cites_around : what its paragraph cites. named : terms that its paragraph names, in words.
    """

    file: str
    line: int
    language: str
    heading: str
    text: str
    paragraph: str
    cites: tuple[Citation, ...]
    cites_around: tuple[Citation, ...]
    named: str = ""

    @property
    def values(self) -> list[Citation]:
        """The citations whose number it prints."""
        return [each for each in self.cites if each.is_value]

    @cached_property
    def plain(self) -> str:
        """The sentence without its references."""
        return REFERENCE.sub("…", self.text)


def statements(
    file: str,
    text: str,
    language: str,
    rows: Mapping[str, Mapping[str, Any]],
    terms: Mapping[str, Mapping[str, str]] | None = None,
) -> Iterator[Statement]:
    """Return the sentences of a text in Markdown, in their order; blocks and headings are none.

    Parameters
    ----------
    file : for messages. language : that the text is written in. rows : findings by id.
    terms : names by term and language.
    """
    whole = blank(BLOCK, blank(_FRONT, text))
    heading = ""
    for found in _PARAGRAPH.finditer(whole):
        paragraph, at = found[0], found.start()
        for line in paragraph.splitlines():
            if line.startswith("#"):
                heading = line.lstrip("# ").strip()
        body = re.sub(r"^#[^\n]*", lambda match: " " * len(match[0]), paragraph, flags=re.MULTILINE)
        if not body.strip():
            continue
        around = tuple(citations(body, rows))
        named = " ".join((terms or {}).get(each, {}).get("en", "") for each in _TERM.findall(body))
        for start, end in _sentences(body):
            said = body[start:end]
            if said.strip():
                first = at + start + len(said) - len(said.lstrip())
                line_number = text.count("\n", 0, first) + 1
                cites = tuple(citations(said, rows))
                yield Statement(file, line_number, language, heading, said.strip(), body, cites, around, named)


def _sentences(paragraph: str) -> Iterator[tuple[int, int]]:
    """First and last place of each sentence; what stands in a reference ends none."""
    hidden = REFERENCE.sub(lambda match: "[[" + "x" * (len(match[0]) - 4) + "]]", paragraph)
    start = 0
    for end in _SENTENCE_END.finditer(hidden):
        yield start, end.end()
        start = end.end()
    yield start, len(paragraph)


def citations(text: str, rows: Mapping[str, Mapping[str, Any]]) -> Iterator[Citation]:
    """Return what a text cites of findings and counts, in its order; another check finds what leads nowhere."""
    for match in REFERENCE.finditer(text):
        kind, _, names = match[1].partition(":")
        if kind == "numbers":
            yield from (of_finding(name, "", rows[name]) for name in names.split() if name in rows)
            continue
        name, _, asked = match[1].partition("|")
        if kind == "reported":
            yield of_count(name.removeprefix("reported:"), asked)
        elif name in rows:
            yield of_finding(name, asked, rows[name])


def of_finding(name: str, asked: str, row: Mapping[str, Any]) -> Citation:
    """Return a finding as it is cited."""
    known = row["status"] == "known"
    count = float(row["n"]) if pd.notna(row["n"]) else float("nan")
    return Citation(
        name,
        asked,
        str(row["area_id"]),
        name.partition("/")[2],
        str(row["period"]),
        float(row["low"]) if known else float("nan"),
        float(row["high"]) if known else float("nan"),
        str(row["unit"]),
        count,
        tuple(filter(None, str(row["source_ids"]).split(";"))),
        known,
    )


def of_count(name: str, asked: str) -> Citation:
    """Return a count of a report as it is cited. Raises NotReported."""
    row = reported_counts.find_count(name)
    high = float(row["high"]) if pd.notna(row["high"]) else float("inf")
    return Citation(
        f"reported:{name}",
        asked,
        str(row["area_id"]),
        f"{row['indicator']}/{row['breakdown']}",
        reported_counts.period_of(row),
        float(row["low"]),
        high,
        "",
        float("nan"),
        (str(row["source_id"]),),
        True,
    )
