"""What a reference in a text of the report says: a finding's value, a name, or a count, in a language."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources

import pandas as pd
import yaml

from analysis import areas, bibliography
from analysis.findings import measures
from analysis.findings.finding import KINDS, STATUSES
from analysis.findings.measures import LANGUAGES, MEASURES
from analysis.jobs import ANALYSES
from analysis.recommendations import MET, NOT_KNOWN, NOT_MET, evaluation
from analysis.recommendations.texts import PRIORITIES, Texts
from analysis.report import markdown
from bounded.refusal import Refusal

FINDING_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]*/[a-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
# What a text can ask of a finding; without any of them it gets the value in words.
ASKED = ("sentence", "period", "n", "number", "source")


class UnknownReference(Refusal):
    """A text cites what is not there; the message names it, and the nearest that is."""


@dataclass(frozen=True)
class Counts:
    """What can be counted in a text, as ``[[count:findings.turkiye.refused]]``.

    Parameters
    ----------
    things : by name, one set of marks a thing: its study, its status, its kind.
    marks : all that there can be, so that a mistake is told from a count of none.
    """

    things: Mapping[str, Sequence[frozenset[str]]]
    marks: frozenset[str]

    def of(self, path: str) -> int:
        """How many things bear all marks of a path. Raises UnknownReference."""
        name, *marks = path.split(".")
        if name not in self.things:
            raise UnknownReference(
                "unknown_count", f"nothing called '{name}' is counted. {_nearest(name, self.things)}"
            )
        for mark in marks:
            if mark not in self.marks:
                raise UnknownReference(
                    "unknown_mark", f"{name} are not counted by '{mark}'. {_nearest(mark, self.marks)}"
                )
        return sum(set(marks) <= thing for thing in self.things[name])


@dataclass(frozen=True)
class Context:
    """What references can lead to.

    Parameters
    ----------
    rows : rows of the table of findings by id.
    numbers : the number of each finding in the report by id.
    terms : names by term and language. counts : what can be counted.
    targets : finding id -> where a link to it leads; of others to the anchor of its number.
    """

    rows: Mapping[str, Mapping[str, object]]
    numbers: Mapping[str, int]
    terms: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    counts: Counts = field(default_factory=lambda: Counts({}, frozenset()))
    targets: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def by_area(self) -> Mapping[str, Mapping[str, Mapping[str, object]]]:
        """Findings by area, and there by measure with item."""
        found: dict[str, dict[str, Mapping[str, object]]] = {}
        for finding_id, row in self.rows.items():
            found.setdefault(str(row["area_id"]), {})[finding_id.partition("/")[2]] = row
        return found

    def target(self, finding_id: str) -> str:
        """Where a link to a finding leads."""
        return self.targets.get(finding_id, f"#finding-{self.numbers[finding_id]}")


@dataclass(frozen=True)
class Answer:
    """What stands in the place of a reference: its text, where it leads, and whether it follows from synthetic data."""

    text: str
    target: str = ""
    synthetic: bool = False
    language: str = ""

    @property
    def markdown(self) -> str:
        # Without a link it is marked all the same, so that no number at the beginning of a line makes a list.
        shown = markdown.link(self.text, self.target) if self.target else f"[{markdown.escaped(self.text)}]{{.value}}"
        if self.language:
            shown = f"[{shown}]{{lang={self.language}}}"
        return f"{markdown.SYNTHETIC}{shown}" if self.synthetic else shown


def context_of(texts: Texts, table: pd.DataFrame, numbers: Mapping[str, int] | None = None) -> Context:
    """What references in texts can lead to.

    Parameters
    ----------
    texts : of the pledge. table : of findings.
    numbers : of findings in the report by id; without it they are those of the table's rows.

    Raises
    ------
    UnknownFinding, ConditionError : a recommendation rests on what does not exist.
    """
    rows = {str(row["finding_id"]): row for row in table.to_dict("records")}
    return Context(
        rows,
        numbers or {finding_id: number for number, finding_id in enumerate(rows, 1)},
        texts.terms,
        _counts(texts, table),
    )


def _counts(texts: Texts, table: pd.DataFrame) -> Counts:
    """What can be counted, each by what tells it apart from others of its name."""
    by_id = {each.recommendation_id: each for each in texts.recommendations}
    states = evaluation.recommendations(texts, table)
    sources = table["source_ids"].str.split(";").explode()
    # A measure of the findings is a mark as well, so that those of one measure can be counted.
    marks = {
        *areas.reported(),
        *ANALYSES,
        *KINDS,
        *map(_mark, STATUSES),
        *map(_mark, (MET, NOT_MET, NOT_KNOWN)),
        *PRIORITIES,
        *MEASURES,
    }
    everywhere = [(study, each) for study in areas.reported() for each in areas.ids(study)]
    marks |= {mark for study, each in everywhere for mark in (each, areas.get(each, study).level)}
    columns = ("study", "area_id", "kind", "status", "analysis", "measure")
    return Counts(
        {
            "studies": [frozenset({study}) for study in areas.reported()],
            "areas": [frozenset({study, areas.get(each, study).level}) for study, each in everywhere],
            "languages": [frozenset()] * len(LANGUAGES),
            "analyses": [frozenset({name}) for name in sorted(set(table["analysis"]))],
            "sources": [frozenset()] * sources[sources.ne("")].nunique(),
            "findings": [frozenset(map(_mark, row)) for row in table[list(columns)].itertuples(index=False)],
            "recommendations": [
                frozenset({study, _mark(state), by_id[name].priority, "synthetic" if synthetic else "public"})
                for name, study, state, synthetic in states[
                    ["recommendation_id", "study", "state", "synthetic"]
                ].itertuples(index=False)
            ],
            "commitments": [frozenset({each.study}) for each in texts.commitments],
            "activities": [frozenset({each.study}) for each in texts.commitments for _ in each.activities],
            "lessons": [frozenset({each.study}) for each in texts.lessons],
        },
        frozenset(marks),
    )


def _mark(state: str) -> str:
    return state.replace(" ", "_")


def answer(reference: str, context: Context, language: str) -> Answer:
    """What a reference, without its brackets, says in a language.

    Raises
    ------
    UnknownReference : it is of no form that there is, or leads nowhere.
    """
    kind, colon, name = reference.partition(":")
    if colon and kind == "term":
        return _term(name, context, language)
    if colon and kind == "count":
        return Answer(measures.number(context.counts.of(name), "", 0, language))
    if colon and kind == "source":
        return _source(name, language)
    finding_id, bar, asked = reference.partition("|")
    if not FINDING_ID.fullmatch(finding_id) or (bar and asked not in ASKED):
        raise UnknownReference(
            "invalid_reference",
            f"'{reference}' is no reference, as AREA/measure, AREA/measure|{'|'.join(ASKED[:1])}, term:name, "
            f"source:ID or count:areas; after the bar stands one of {', '.join(ASKED)}.",
        )
    if finding_id not in context.rows:
        raise UnknownReference(
            "unknown_finding", f"there is no finding {finding_id}. {_nearest(finding_id, context.rows)}"
        )
    row, number = context.rows[finding_id], context.numbers[finding_id]
    target = context.target(finding_id)
    return Answer(_said(row, asked, number, language), target, row["kind"] == "synthetic")


def _source(name: str, language: str) -> Answer:
    if name not in bibliography.source_ids():
        near = _nearest(name, bibliography.source_ids())
        raise UnknownReference("unknown_source", f"there is no source '{name}' in the bibliography. {near}")
    return Answer(in_language(bibliography.named_source(name), language))


def _term(name: str, context: Context, language: str) -> Answer:
    if name not in context.terms:
        raise UnknownReference(
            "unknown_term", f"there is no term '{name}' in pledge/terms.yml. {_nearest(name, context.terms)}"
        )
    said = context.terms[name]
    return Answer(said[language]) if language in said else Answer(said["en"], language="en")


def _said(row: Mapping[str, object], asked: str, number: int, language: str) -> str:
    if asked == "sentence":
        return measures.sentence(row, language)
    if asked == "period":
        return measures.period_words(str(row["period"]), language) or "–"
    if asked == "source":
        return short_sources(str(row["source_ids"]).split(";"), language) or "–"
    if asked == "n":
        return measures.count_words(row["n"], language)
    return f"F{number}" if asked == "number" else measures.value_words(row, language)


def known_sources(source_ids: Iterable[str]) -> list[str]:
    """Those ids that a bibliography has, once each, in their order."""
    there = bibliography.source_ids()
    return [each for each in dict.fromkeys(source_ids) if each in there]


def short_sources(source_ids: Iterable[str], language: str, length: int = 120) -> str:
    """Sources in at most so many letters or so, as a language calls them; empty where there are none."""
    known = known_sources(source_ids)
    return in_language(bibliography.short_source(known, length), language) if known else ""


def in_language(said: str, language: str) -> str:
    """Names of sources as a language has them, where they have a name there."""
    for name, by_language in _source_names().items():
        said = said.replace(name, by_language.get(language, name))
    return said


@cache
def _source_names() -> Mapping[str, Mapping[str, str]]:
    file = resources.files("analysis.report") / "templates" / "source_names.yml"
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def _nearest(said: str, known: Iterable[str]) -> str:
    """The names nearest to one that is not known, as a sentence."""
    names = sorted(known)
    near = difflib.get_close_matches(said, names, n=3, cutoff=0.5) or names[:5]
    return f"The nearest are: {', '.join(near)}." if near else "There is none at all."
