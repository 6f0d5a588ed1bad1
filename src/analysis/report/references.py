"""References in texts of the report: ``[[SEN/detected_victims.unodc]]`` becomes a number with a link to its finding.

Nobody types a number: a text cites a finding, a term or a count, and the words follow from the findings as they are.
Numbers that somebody typed, as digits or as words, and references that lead nowhere are faults of a text.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

import pandas as pd
import yaml

from analysis import areas, bibliography
from analysis.findings import measures
from analysis.findings.finding import KINDS, STATUSES
from analysis.findings.measures import LANGUAGES, MEASURES
from analysis.jobs import ANALYSES
from analysis.recommendations import MET, NOT_KNOWN, NOT_MET, evaluation
from analysis.recommendations import texts as written
from analysis.recommendations.texts import PRIORITIES, Texts
from analysis.report import layout, reported_counts, templating, typeset
from bounded.refusal import Refusal

FINDING_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]*/[a-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
# What a text can ask of a finding; without any of them it gets the value in words.
ASKED = ("sentence", "period", "n", "number", "source", "who")
# Of which findings `who` can be asked: those that count areas by the state of an item.
COUNTS_OF_STATES = "countries_with_gap"


class UnknownReference(Refusal):
    """A text cites what is not there; the message names it, and the nearest that is."""


@dataclass(frozen=True)
class Counts:
    """Things that can be counted in a text, as ``[[count:findings.turkiye.refused]]``.

    Parameters
    ----------
    things : by name, one set of marks a thing: its study, its status, its kind.
    marks : all that there can be, so that a mistake is told from a count of none.
    """

    things: Mapping[str, Sequence[frozenset[str]]]
    marks: frozenset[str]

    def of(self, path: str) -> int:
        """Return how many things bear all marks of a path. Raises UnknownReference."""
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
    """Targets of references.

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
        """Return where a link to a finding leads."""
        return self.targets.get(finding_id, f"#finding-{self.numbers[finding_id]}")


@dataclass(frozen=True)
class Answer:
    """Text in the place of a reference, where it leads, and if it follows from synthetic data."""

    text: str
    target: str = ""
    synthetic: bool = False
    language: str = ""

    @property
    def markdown(self) -> str:
        # Without a link it is marked all the same, so that no number at the beginning of a line makes a list.
        shown = typeset.link(self.text, self.target) if self.target else f"[{typeset.escaped(self.text)}]{{.value}}"
        if self.language:
            shown = f"[{shown}]{{lang={self.language}}}"
        return f"{typeset.SYNTHETIC}{shown}" if self.synthetic else shown


def context_of(texts: Texts, table: pd.DataFrame, numbers: Mapping[str, int] | None = None) -> Context:
    """Return what references in texts can lead to.

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
    """The things that can be counted, each by what tells it apart from others of its name."""
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
    """Return what a reference, without its brackets, says in a language.

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
    if colon and kind == "reported":
        return _reported(name, language)
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
    if asked == "who":
        return Answer(_who(row, context, language), target)
    return Answer(_reference_text(row, asked, number, language), target, row["kind"] == "synthetic")


def _source(name: str, language: str) -> Answer:
    if name not in bibliography.source_ids():
        near = _nearest(name, bibliography.source_ids())
        raise UnknownReference("unknown_source", f"there is no source '{name}' in the bibliography. {near}")
    return Answer(in_language(bibliography.named_source(name), language))


def _reported(name: str, language: str) -> Answer:
    count, bar, asked = name.partition("|")
    if bar and asked not in reported_counts.ASKED:
        raise UnknownReference("invalid_reference", f"of a count can be asked {', '.join(reported_counts.ASKED)}.")
    if asked == "source":
        return _source(count.partition("/")[0].rpartition(":")[2], language)
    try:
        return Answer(reported_counts.count_text(count, asked, language))
    except reported_counts.NotReported as error:
        raise UnknownReference("unknown_count", str(error)) from None


def _term(name: str, context: Context, language: str) -> Answer:
    if name not in context.terms:
        raise UnknownReference(
            "unknown_term", f"there is no term '{name}' in pledge/terms.yml. {_nearest(name, context.terms)}"
        )
    said = context.terms[name]
    return Answer(said[language]) if language in said else Answer(said["en"], language="en")


def _reference_text(row: Mapping[str, object], asked: str, number: int, language: str) -> str:
    if asked == "sentence":
        return measures.sentence(row, language)
    if asked == "period":
        return measures.period_words(str(row["period"]), language) or "–"
    if asked == "source":
        return short_sources(str(row["source_ids"]).split(";"), language) or "–"
    if asked == "n":
        return measures.count_words(row["n"], language)
    return f"F{number}" if asked == "number" else measures.value_words(row, language)


def _who(row: Mapping[str, object], context: Context, language: str) -> str:
    """The areas of a study by the state of an indicator, in words: "partly: Mali; unknown: Benin".

    Raises
    ------
    UnknownReference : the finding counts no areas by state.
    """
    if row["measure"] != COUNTS_OF_STATES:
        raise UnknownReference(
            "invalid_reference", f"|who asks which areas are in which state: of {COUNTS_OF_STATES} alone."
        )
    levels, words = MEASURES["state"].levels, measures.words()
    found: dict[str, list[str]] = {}
    for area_id in areas.ids(str(row["area_id"])):
        stated = context.rows.get(f"{area_id}/state.{row['item']}")
        known = stated is not None and stated["status"] == "known"
        state = str(int(float(str(stated["low"])))) if stated and known else "unknown" if stated else "does_not_apply"
        found.setdefault(state, []).append(measures.area_name(area_id, language))
    said = {str(level): levels[level][language] for level in levels}
    said |= {name: words[f"state_{name}"][language] for name in ("unknown", "does_not_apply")}
    # French has a no-break space before both.
    colon, semicolon = ("\u00a0: ", "\u00a0; ") if language == "fr" else (": ", "; ")
    order = [*map(str, sorted(levels, reverse=True)), "unknown", "does_not_apply"]
    return semicolon.join(f"{said[state]}{colon}{', '.join(found[state])}" for state in order if state in found)


def known_sources(source_ids: Iterable[str]) -> list[str]:
    """Return those ids that a bibliography has, once each, in their order."""
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
    return templating.from_yaml("source_names.yml")


def _nearest(said: str, known: Iterable[str]) -> str:
    """The names nearest to one that is not known, as a sentence."""
    names = sorted(known)
    near = difflib.get_close_matches(said, names, n=3, cutoff=0.5) or names[:5]
    return f"The nearest are: {', '.join(near)}." if near else "There is none at all."


# References in a text, and its faults

_WITH_ENDINGS = "iki üç dört beş yedi sekiz dokuz yirmi otuz elli altmış yetmiş seksen doksan"
# Words for numbers from two on, for parts and for many; "one" is an article in three of the languages.
_WORDS = {
    "en": "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundreds? thousands? millions? billions? "
    "half halves dozens?",
    "fr": "deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingts? "
    "trente quarante cinquante soixante septante huitante nonante cents? centaines? mille milliers? millions? "
    "milliards? moitié demie?s? dizaines? douzaines? quinzaines? vingtaines?",
    "pt": "dois duas três quatro cinco seis sete oito nove dez onze doze treze catorze quatorze quinze dezass?eis "
    "dezesseis dezass?ete dezessete dezoito dezanove dezenove vinte trinta quarenta cinquenta sessenta setenta oitenta "
    "noventa cem cento centenas? duzent[oa]s trezent[oa]s quatrocent[oa]s quinhent[oa]s seiscent[oa]s setecent[oa]s "
    "oitocent[oa]s novecent[oa]s mil milhar(?:es)? milhão milhões metade dezenas? dúzias?",
    # Those that are words of another meaning with an ending (on, altı, kırk, yüz, bin) stand without one.
    "tr": "on altı kırk yüz bin milyon milyar yarı yarısı yarım düzine çeyrek onbir oniki "
    + " ".join(f"{stem}(?:s?[iıuü]|[dt][ea]|[dt][ea]n|[sş]?[ea]r)?" for stem in _WITH_ENDINGS.split()),
}
_DIGITS = re.compile(r"[+\-−]?[\w.,]*\d[\w.,%‰]*|[^\W\d]?[²³¹½¼¾⅓⅔⅛]+")
_MARKER = re.compile(r"^[ \t>]*\d{1,3}[.)](?=[ \t])", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[^\s)\]>\"']+")


def typed(text: str, language: str) -> Iterator[tuple[int, str]]:
    """Return where numbers stand in a text, and how they are written, in their order.

    Addresses and the markers of numbered lists have digits that say nothing.

    Parameters
    ----------
    text : without references. language : whose words for numbers are looked for.
    """
    plain = blank(_ADDRESS, blank(_MARKER, text))
    found = {(match.start(), match[0].rstrip(".,")) for match in _DIGITS.finditer(plain)}
    digits = _DIGITS.sub(lambda match: " " * len(match[0]), plain)
    found |= {(match.start(), match[0]) for match in _words(language).finditer(digits)}
    return iter(sorted(found))


def blank(pattern: re.Pattern[str], text: str) -> str:
    """A text with blanks where a pattern matches, so that all else stays in its line and column."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


@cache
def _words(language: str) -> re.Pattern[str]:
    each = "|".join(_WORDS[language].split())
    # Joined ones are one number: twenty-one, quatre-vingt-dix, vinte e cinco.
    return re.compile(rf"(?<!\w)(?:{each})(?:(?:[-\s]|\s(?:e|et|and)\s)(?:{each}))*(?!\w)", re.IGNORECASE)


REFERENCE = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
# A block of the report stands on a line of its own: a table, a figure, findings as a table, recommendations as a list.
BLOCK = re.compile(r"^[ \t]*\[\[(table|figure|numbers|actions|gaps):([^\]]+)\]\][ \t]*$", re.MULTILINE)
# Files whose texts may have digits, since that is what they are for, and those that are no part of the report.
_NAMES, _NO_TEXT = "terms.yml", ("README.md",)
_WRITTEN_BY_NUMBER = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})")


def resolve(text: str, context: Context, language: str) -> str:
    """A text in Markdown, each reference in it as what it says, with a link to its finding.

    What follows from synthetic data says so before its value.

    Parameters
    ----------
    text : Markdown with references, and without blocks. language : that it is written in.

    Raises
    ------
    UnknownReference : a reference leads nowhere.
    """
    return REFERENCE.sub(lambda found: answer(found[1], context, language).markdown, text)


def in_words(text: str, context: Context, language: str) -> tuple[str, bool]:
    """A text as a cell or a title has it, without marks or links, and whether it cites what is synthetic.

    Raises UnknownReference.
    """
    found = [answer(match[1], context, language) for match in REFERENCE.finditer(text)]
    answers = iter(found)
    said = REFERENCE.sub(lambda _: next(answers).text, text)
    return re.sub(r"(?<!\w)[*_]{1,2}(?=\S)|(?<=\S)[*_]{1,2}(?!\w)|`", "", said), any(each.synthetic for each in found)


def cited(text: str) -> list[str]:
    """Ids of the findings that a text cites, in their order, those of its tables of numbers with them."""
    parts: list[str] = []
    for match in REFERENCE.finditer(text):
        kind, _, names = match[1].partition(":")
        parts += names.split() if kind == "numbers" else [match[1].partition("|")[0]]
    return [part for part in dict.fromkeys(parts) if FINDING_ID.fullmatch(part)]


def counts_cited(text: str) -> list[str]:
    """Counts of reports that a text cites, as `reported_counts.find_count` takes them, in their order."""
    found = (match[1].partition("|")[0] for match in REFERENCE.finditer(text))
    return list(dict.fromkeys(each.removeprefix("reported:") for each in found if each.startswith("reported:")))


@dataclass(frozen=True, order=True)
class Fault:
    """A typed number or a reference that leads nowhere, with its place in a file that people write."""

    file: str
    line: int
    column: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, column {self.column}: {self.what}"


class FaultyTexts(Refusal):
    """Texts have typed numbers, or references that lead nowhere; the message lists them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("faulty_texts", "\n".join(map(str, faults)))
        self.faults = tuple(faults)


def faults(folder: Path, table: pd.DataFrame) -> list[Fault]:
    """Typed numbers, and references that lead nowhere, in the folder of the texts of the pledge.

    Parameters
    ----------
    folder : ``pledge/``. table : of findings.

    Raises
    ------
    TextsError : a file is not as it should be. UnknownFinding, ConditionError : a condition rests on what is not there.
    """
    texts = written.read(folder)
    with_gaps = {each.area_id for each in texts.gap_actions}
    files = {
        f"{folder.name}/{path.relative_to(folder).as_posix()}": path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".md", ".yml")
    }
    names = [
        *(each.recommendation_id for each in texts.recommendations),
        *(each.commitment_id for each in texts.commitments),
        *(each.lesson_id for each in texts.lessons),
    ]
    return faults_in(files, context_of(texts, table), names, layout.read(folder).tables, with_gaps)


def check(folder: Path, table: pd.DataFrame) -> None:
    """Refuse texts with typed numbers, or with references that lead nowhere.

    Raises
    ------
    FaultyTexts : there are some; it lists them all. Besides, what `faults` raises.
    """
    found = faults(folder, table)
    if found:
        raise FaultyTexts(found)


def faults_in(
    files: Mapping[str, str],
    context: Context | None = None,
    names: Iterable[str] = (),
    tables: Iterable[str] = (),
    with_gaps: Iterable[str] = (),
) -> list[Fault]:
    """Typed numbers, and references that lead nowhere, in the texts of the pledge.

    Parameters
    ----------
    files : what each file holds by its path: Markdown, and YAML whose texts stand by language.
    context : what references can lead to; without it none are followed.
    names : what may stand in a text as it is: ids of recommendations. tables : that a text may ask for.
    with_gaps : areas whose gaps it may ask for.

    Returns
    -------
    In the order of files, lines and columns.
    """
    names = list(names)
    allowed = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(names)) or r"(?!)")
    there = {"actions": set(names), "table": set(tables), "gaps": set(with_gaps)}
    found: list[Fault] = []
    for file, content in sorted(files.items()):
        if PurePosixPath(file).name in _NO_TEXT:
            continue
        for language, start, text in _texts(file, content):
            followed = _not_found(text, context, language, there) if context else ()
            plain = blank(allowed, blank(REFERENCE, text))
            for within, what in [*followed, *_numbers(plain, language)]:
                place = start + within
                line = content.count("\n", 0, place) + 1
                found.append(Fault(file, line, place - content.rfind("\n", 0, place), what))
    return sorted(set(found))


def _numbers(text: str, language: str) -> list[tuple[int, str]]:
    return [
        (place, f"'{number}' is typed. Cite the finding that it is, as [[AREA/measure]], or a term or a count.")
        for place, number in typed(text, language)
    ]


def _not_found(text: str, context: Context, language: str, there: Mapping[str, set[str]]) -> list[tuple[int, str]]:
    """References that lead nowhere; `there` has the names that a block of each kind may ask for."""
    found = []
    blocks = {match.start(1) - 2: match for match in BLOCK.finditer(text)}
    for match in REFERENCE.finditer(text):
        block = blocks.get(match.start())
        asked = [match[1]] if block is None else block[2].split() if block[1] == "numbers" else []
        if block is not None and block[1] in there:
            unknown = [name for name in block[2].split() if name not in there[block[1]]]
            found += [(match.start(), f"there is no {block[1].rstrip('s')} '{name}'.") for name in unknown]
        for reference in asked:
            try:
                answer(reference, context, language)
            except UnknownReference as error:
                found.append((match.start(), str(error)))
    return found


def _texts(file: str, content: str) -> list[tuple[str, int, str]]:
    """The texts of a file by language, each with the place where it begins."""
    path = PurePosixPath(file)
    if path.suffix == ".md":
        return [(next((part for part in path.parts if part in LANGUAGES), "en"), 0, content)]
    if path.name == _NAMES:
        return []
    found = []
    for language, node in _by_language(yaml.compose(content, Loader=yaml.SafeLoader)):
        start, end = node.start_mark.index, node.end_mark.index
        if node.style in ("|", ">"):
            start = content.index("\n", start)
        # Letters that are written by their numbers are no numbers.
        inside = blank(_WRITTEN_BY_NUMBER, content[start:end]) if node.style == '"' else content[start:end]
        found.append((language, start, inside))
    return found


def _by_language(node: yaml.Node | None) -> Iterator[tuple[str, yaml.ScalarNode]]:
    """Texts that stand below the name of a language, wherever in a file."""
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _by_language(each)
    elif isinstance(node, yaml.MappingNode):
        for name, each in node.value:
            if name.value in LANGUAGES and isinstance(each, yaml.ScalarNode):
                yield name.value, each
            else:
                yield from _by_language(each)
