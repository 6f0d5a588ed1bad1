"""Coherence of the texts of the pledge: what they say together is true together, as far as a machine can tell.

Each rule takes sentences with what they cite and gives faults with file and line. Numbers are right, as they are cited;
here it is whether parts sum to their total, whether numbers of one sentence are of one period, whether a share has its
base and a count of places its places, whether two texts date one event in two ways, whether an action answers a gap and
a source can be traced, and whether the text says of a figure what the figure shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import combinations
from typing import Any

from analysis import areas, bibliography
from analysis.findings import measures
from analysis.recommendations import conditions
from analysis.recommendations.conditions import nearest
from analysis.recommendations.texts import Texts
from analysis.report import key_numbers
from analysis.report.key_numbers import KeyNumbers
from analysis.report.places import briefs_of
from analysis.report.references import BLOCK, REFERENCE, cited
from analysis.report.sentence_rules import OF_SENTENCES, is_named, known, meet, same_place
from analysis.report.statements import Citation, Statement, statements
from bounded.refusal import Refusal

# The alternative text of a figure of a notebook: analysis, area, name.
Shown = Callable[[str, str, str], Any]
# Digits before a noun, as "173 corridors"; and a base in a text before its noun, as "[[...|n]] corridors".
_COUNTED = re.compile(r"(?<![\w.,])(\d[\d,]*)\s+([a-z]{4,})")
_BASED = re.compile(r"\[\[([^\]|]+)\|n\]\]\s+([a-z]{4,})")


class IncoherentTexts(Refusal):
    """Texts contradict one another, their figures or their own numbers; the message lists where and how."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("incoherent_texts", "\n".join(map(str, faults)))
        self.faults = tuple(faults)


@dataclass(frozen=True, order=True)
class Fault:
    """A contradiction or an omission: where, by which rule, and what would help."""

    file: str
    line: int
    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.what}"


@dataclass(frozen=True)
class Pledge:
    """Texts that are checked together.

    Parameters
    ----------
    written : Markdown by file and language: briefs, chapters. texts : recommendations and actions.
    rows : findings by id. shown : figures of notebooks, with their alternative texts.
    pages : the key numbers that pages say of themselves, which the index shows, by analysis and area.
    """

    written: Mapping[tuple[str, str], str]
    texts: Texts
    rows: Mapping[str, Mapping[str, Any]]
    shown: Shown
    pages: Mapping[tuple[str, str], KeyNumbers] = field(default_factory=dict)

    @cached_property
    def statements(self) -> list[Statement]:
        """All sentences, those on what is missing among them."""
        found = [
            each
            for (file, language), text in self.written.items()
            for each in statements(file, text, language, self.rows, self.texts.terms)
        ]
        for action in self.texts.gap_actions:
            file, _, line = action.where.partition(", line ")
            said = statements(file, action.missing["en"], "en", self.rows, self.texts.terms)
            found += [replace(each, line=int(line)) for each in said]
        return found


def check(pledge: Pledge) -> None:
    """Refuse texts that contradict one another. Raises IncoherentTexts, which lists every fault with file and line."""
    found = faults(pledge)
    if found:
        raise IncoherentTexts(found)


def faults(pledge: Pledge) -> list[Fault]:
    """Return what does not hold together in the texts of the pledge, in the order of files and lines."""
    found = {
        Fault(said.file, said.line, rule.__name__, what)
        for said in pledge.statements
        for rule in OF_SENTENCES
        for what in rule(said)
    }
    for of_all in OF_TEXTS:
        found.update(of_all(pledge))
    return sorted(found)


# Of all texts together


def has_state(pledge: Pledge) -> Iterator[Fault]:
    """A brief states something of some time: the newest is the state of its data, not the day on which it is made."""
    dated = {said.file for said in pledge.statements if any(each.period and each.known for each in said.cites)}
    for (file, _), text in pledge.written.items():
        rows = (pledge.rows[each] for each in cited(text) if each in pledge.rows)
        if "/briefs/" in file and file not in dated and not any(row["period"] for row in rows):
            yield Fault(file, 1, "has_state", "this brief cites nothing that has a period: nobody can tell its state.")


def is_of_a_place(pledge: Pledge) -> Iterator[Fault]:
    """A brief bears the name of a study, of the areas of one, or of an area; under another it would not be printed."""
    names = {name for study in areas.reported() for name in briefs_of(study)}
    for file, _ in pledge.written:
        name = file.rpartition("/")[2].removesuffix(".md")
        if "/briefs/" in file and name not in names:
            yield Fault(file, 1, "is_of_a_place", f"'{name}' is no study or area. {nearest(name, names)}")


def one_event_one_date(pledge: Pledge) -> Iterator[Fault]:
    """One count that texts state with other values or periods names its source at each place."""
    for family, names in known()["families"].items():
        stated = [
            (said, each)
            for said in pledge.statements
            for each in said.values
            if any(is_named(each.quantity, name) for name in names)
        ]
        for (one, first), (other, second) in combinations(stated, 2):
            same = (first.low, first.high, first.period) == (second.low, second.high, second.period)
            if same or not same_place(first, second) or not meet(first.period, second.period):
                continue
            for said, each in ((one, first), (other, second)):
                if not _names_source(said, each):
                    there = (second if each is first else first).reference
                    what = f"{each.reference} and {there} state {family} of one time otherwise: name the source here."
                    yield Fault(said.file, said.line, "one_event_one_date", what)


def _names_source(said: Statement, each: Citation) -> bool:
    """True if the paragraph of a number cites its source, or calls who published it by name."""
    named = set(re.findall(r"\[\[source:([^\]]+)\]\]", said.paragraph))
    asked = any(other.asked == "source" and other.reference == each.reference for other in said.cites_around)
    return (
        asked
        or bool(named & set(each.sources))
        or any(name in _plain(said.paragraph) for name in _makers(each.sources))
    )


def _makers(source_ids: Iterable[str]) -> list[str]:
    """The names by which texts call those who published some sources."""
    publishers = {
        _source(each).get(name, "") for each in source_ids for name in ("publisher", "original_publisher")
    } - {""}
    called = [names for names in known()["makers"].values() if publishers.intersection(names)]
    return [*publishers, *(name for names in called for name in names)]


def ranking_is_whole(pledge: Pledge) -> Iterator[Fault]:
    """A sentence that names the places with most of something names all that have more than the last of them."""
    for said in pledge.statements:
        ranked: dict[str, list[Citation]] = {}
        for each in said.values:
            if any(is_named(each.quantity, name) for name in known()["rankings"]):
                ranked.setdefault(each.quantity, []).append(each)
        for quantity, named in ranked.items():
            there = {each.area_id for each in said.cites_around if each.quantity == quantity}
            if len({each.area_id for each in named}) < 2:
                continue
            least = min(each.high for each in named)
            for area_id in areas.ids(areas.get(named[0].area_id).study):
                row = pledge.rows.get(f"{area_id}/{quantity}")
                if row and row["status"] == "known" and float(row["low"]) > least and area_id not in there:
                    what = f"{area_id}/{quantity} is more than others that this sentence names: name it as well."
                    yield Fault(said.file, said.line, "ranking_is_whole", what)


def traceable(pledge: Pledge) -> Iterator[Fault]:
    """A source has an address, and a page that quotes says whom it quotes."""
    for said in pledge.statements:
        ids = set(re.findall(r"\[\[source:([^\]]+)\]\]", said.text))
        ids |= {i for each in said.cites if each.is_value for i in each.sources}
        for source_id in sorted(ids):
            if what := untraceable(source_id):
                yield Fault(said.file, said.line, "traceable", f"the source {source_id} {what}")


def untraceable(source_id: str) -> str:
    """Return why a source cannot be traced, and what would help; empty where it can be."""
    row = _source(source_id)
    if not row or row["read_as"] == "derived":
        return ""
    if not row["url"]:
        return "has no address: cite one that has, or find its archive."
    if row["read_as"] == "quotation" and not row["original_publisher"]:
        return "quotes somebody who is not named: write whom in sources.csv, or cite another."
    return ""


def actions_answer_gaps(pledge: Pledge) -> Iterator[Fault]:
    """A recommendation of a brief answers what the brief says is missing: it rests on what the text cites."""
    by_id = {each.recommendation_id: each for each in pledge.texts.recommendations}
    for (file, _), text in pledge.written.items():
        if "/briefs/" not in file:
            continue
        said = {_subject(each) for each in cited(BLOCK.sub("", text))}
        for block in BLOCK.finditer(text):
            for name in block[2].split() if block[1] == "actions" else ():
                leaves = conditions.leaves(by_id[name].rests_on)
                rests_on = sorted({_subject(each) for leaf in leaves for each in conditions.findings_of(leaf)})
                if not said.intersection(rests_on):
                    what = f"{name} answers no gap that this text states; it rests on {', '.join(rests_on)}: cite one."
                    yield Fault(file, text.count("\n", 0, block.start()) + 1, "actions_answer_gaps", what)


def _subject(finding_id: str) -> str:
    """Return what a finding is about, wherever: a gap of one country is that of which its study counts countries."""
    quantity = finding_id.partition("/")[2]
    for kind, names in known()["subjects"].items():
        if any(is_named(quantity, name) for name in names):
            return str(kind)
    return re.sub(r"^(countries_with_gap|state)\.", "gap.", quantity)


def missing_is_said(pledge: Pledge) -> Iterator[Fault]:
    """A gap is a sentence that says what is missing, and who says so."""
    missing = re.compile(rf"\b(?:{'|'.join(known()['missing'])})\b", re.IGNORECASE)
    for action in pledge.texts.gap_actions:
        file, _, line = action.where.partition(", line ")
        if not missing.search(_plain(action.missing["en"])):
            what = f"{action.action_id} does not say what is missing: a gap is no achievement."
            yield Fault(file, int(line), "missing_is_said", what)
        if "[[source:" not in action.missing["en"] and "|source]]" not in action.missing["en"]:
            yield Fault(
                file, int(line), "missing_is_said", f"{action.action_id} does not say who says so: cite a source."
            )


def _plain(text: str) -> str:
    return REFERENCE.sub("", text)


def figures_agree(pledge: Pledge) -> Iterator[Fault]:
    """A figure counts what its text counts, and those whom a caption names are those that it shows first."""
    for (file, language), text in pledge.written.items():
        if language != "en":
            continue
        bases = {(noun, name) for name, noun in _BASED.findall(text) if name in pledge.rows}
        for block in BLOCK.finditer(text):
            if block[1] != "figure":
                continue
            place, _, caption = block[2].partition("|")
            line = text.count("\n", 0, block.start()) + 1
            shown = pledge.shown(*place.split("/"))
            counted = {noun: int(n.replace(",", "")) for n, noun in _COUNTED.findall(shown.alt if shown else "")}
            for noun, name in sorted(bases):
                n = pledge.rows[name]["n"]
                if noun in counted and int(n) != counted[noun]:
                    what = f"{name} is of {n} {noun}, and the figure {place} of {counted[noun]}."
                    yield Fault(file, line, "figures_agree", what)
            if wrong := _not_first(place, caption, pledge.rows):
                yield Fault(file, line, "figures_agree", wrong)


def _not_first(place: str, caption: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Why a caption on routes names others than those that are named most; empty where it does not."""
    _, area_id, name = place.split("/")
    if name != "flow_map_mentions" or "most often" not in caption:
        return ""
    mentions = {
        measures.MEASURES["partner_mentions"].item_words(str(row["item"]), "en"): float(row["low"])
        for finding_id, row in rows.items()
        if finding_id.startswith(f"{area_id}/partner_mentions.") and row["status"] == "known"
    }
    before = caption.partition("most often")[0].replace("’", "'")
    named = [
        who for who in mentions if re.search(rf"(?<![\w-]){re.escape(who.replace('’', chr(39)))}(?![\w-])", before)
    ]
    left = max((n for who, n in mentions.items() if who not in named), default=0.0)
    low = [who for who in named if mentions[who] < left]
    return f"the caption names {low[0]} before others that are named more often." if low else ""


def pages_agree(pledge: Pledge) -> Iterator[Fault]:
    """The number by which a page and the index name a place is that of its finding, which texts cite."""
    by_page: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in pledge.rows.values():
        by_page.setdefault((str(row.get("analysis", "")), str(row["area_id"])), []).append(row)
    for (analysis, area_id), said in pledge.pages.items():
        now = key_numbers.of_findings(by_page.get((analysis, area_id), []), areas.get(area_id).is_local)
        for name in (key_numbers.VICTIMS, key_numbers.MENTIONS):
            if said.get(name) != now.get(name):
                what = f"the page says {said.get(name)} of {area_id}, and the findings {now.get(name)}: run it again."
                yield Fault(f"{area_id}/{analysis}.html", 1, "pages_agree", what)


OF_TEXTS: tuple[Callable[[Pledge], Iterator[Fault]], ...] = (
    has_state,
    is_of_a_place,
    one_event_one_date,
    ranking_is_whole,
    traceable,
    actions_answer_gaps,
    missing_is_said,
    figures_agree,
    pages_agree,
)


@cache
def _source(source_id: str) -> Mapping[str, str]:
    if source_id not in bibliography.source_ids():
        return {}
    row = bibliography.source(source_id)
    return {name: str(getattr(row, name)) for name in ("publisher", "original_publisher", "read_as", "url")}


def written_texts(
    briefs: Mapping[tuple[str, str], str], chapters: Mapping[tuple[str, str], str]
) -> dict[tuple[str, str], str]:
    """Texts by file and language.

    Parameters
    ----------
    briefs, chapters : Markdown by name and language.
    """
    found: dict[tuple[str, str], str] = {}
    kinds: Iterable[tuple[str, Mapping[tuple[str, str], str]]] = (("briefs", briefs), ("chapters", chapters))
    for folder, of_kind in kinds:
        found |= {
            (f"pledge/{folder}/{language}/{name}.md", language): text for (name, language), text in of_kind.items()
        }
    return found
