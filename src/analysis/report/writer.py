"""The report in one language, as Markdown: texts with what they cite, and the tables and figures they ask for."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jinja2
import pandas as pd
import yaml

from analysis import areas, evidence
from analysis.findings import measures
from analysis.findings.confidence import grade_word
from analysis.findings.measures import LANGUAGES, MEASURES, area_name, capital, title, value_words
from analysis.recommendations.gap_actions import GapAction
from analysis.recommendations.texts import Texts
from analysis.report import reported_counts, templating, typeset
from analysis.report.layout import Layout, TableSpec
from analysis.report.references import BLOCK, Context, UnknownReference, cited, resolve, short_sources
from bounded.refusal import Refusal

Row = Mapping[str, Any]
# A text's own title: that of its chapter is the frame's.
_OWN_TITLE = re.compile(r"\A\s*(?:---\n.*?\n---\n)?\s*(?:# [^\n]*\n)?", re.DOTALL)
# Letters of the sources in a cell.
_SOURCES = 60
WIDE_MM = 167  # of a line


def title_of(text: str) -> str:
    """Return the title that a text gives itself in its first lines; empty where it has none."""
    found = re.match(r"\A\s*---\n(.*?)\n---\n", text, re.DOTALL)
    return str((yaml.safe_load(found[1]) or {}).get("title", "")) if found else ""


@dataclass(frozen=True)
class Frame:
    """The words of one language, by their names in ``templates/frame_<language>.yml``."""

    language: str
    said: Mapping[str, Any]

    def __call__(self, *names: str, **fields: object) -> str:
        """A phrase with its fields filled in; names lead into groups: ``frame("states", "not met")``."""
        found: Any = self.said
        for name in names:
            found = found[name]
        return str(found).format(**fields) if fields else str(found)


@cache
def frame(language: str) -> Frame:
    """The words of a language. Raises Refusal if the report has none in it."""
    if language not in LANGUAGES:
        raise Refusal("unknown_choice", f"The report is written in {', '.join(LANGUAGES)}, and not in '{language}'.")
    said: dict[str, Any] = templating.from_yaml(f"frame_{language}.yml")
    named = {*said["studies"]} - {""}
    for study in areas.reported():
        said["chapters"].setdefault(study, areas.STUDIES[study].called(language))
        said["studies"].setdefault(study, areas.STUDIES[study].called(language))
    # The title names three studies in a sentence; others are listed.
    if named != {*areas.reported()}:
        said["title"] = said["title_of"].format(studies=", ".join(said["studies"][each] for each in areas.reported()))
    return Frame(language, said)


@dataclass(frozen=True)
class Shown:
    """A figure for the report: its content, its description, whether it is synthetic, and the language of both."""

    png: bytes
    alt: str
    synthetic: bool = False
    language: str = "en"

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height."""
        return int.from_bytes(self.png[16:20], "big"), int.from_bytes(self.png[20:24], "big")


def printed_width(size: tuple[float, float], highest: float) -> int:
    """Return the per cent of a line that a figure of a width and height has on paper: it is `highest` mm at most."""
    wide, high = size
    return min(100, round(100 * highest / WIDE_MM * wide / high))


# Analysis, area and stem of a figure, to the figure; None where the notebook shows none. That of the report's material
# takes the language and the height (millimetres) for which it is drawn as well.
Figures = Callable[..., Shown | None]


@dataclass
class Writer:
    """Writes texts of the report in one language, and counts their tables and figures.

    Parameters
    ----------
    context : what references lead to, findings among it.
    site : whether for the site, whose pictures and findings have files of their own.
    highest : millimetres of a page's height that a figure may take.
    recommended : ids of the recommendations that the edition has in full, to which a line on one leads; a brief: none.
    pictures : stem -> figure, of those that the text shows so far.
    """

    language: str
    texts: Texts
    layout: Layout
    context: Context
    figures: Figures
    advice: Callable[..., str]
    site: bool = False
    highest: int = 150
    recommended: Collection[str] = ()
    tables: int = 0
    drawn: int = 0
    pictures: dict[str, Shown] = field(default_factory=dict)

    @property
    def words(self) -> Frame:
        return frame(self.language)

    def row(self, finding_id: str) -> Row:
        """A finding. Raises UnknownReference."""
        if finding_id not in self.context.rows:
            raise UnknownReference("unknown_finding", f"The report asks for {finding_id}, which nothing states.")
        return self.context.rows[finding_id]

    def of_area(self, area_id: str, measures: Iterable[str]) -> list[Row]:
        """Findings of an area, in the order of these measures, each with its item or with all of them."""
        own = self.context.by_area.get(area_id, {})
        found = [own[name] for measure in measures for name in own if name == measure or name.startswith(f"{measure}.")]
        return list({row["finding_id"]: row for row in found}.values())

    def value(self, row: Row, *, dated: bool = True, linked: bool = True) -> str:
        """The value of a finding, with a link to it and its period."""
        said = marked(row) + typeset.link(value_words(row, self.language), self.target(row) if linked else "")
        period = measures.dated(row, self.language) if row["status"] == "known" and dated else ""
        return f"{said} ({typeset.escaped(period)})" if period else said

    def chapter(self, name: str) -> str:
        """The text of a chapter in the language. Raises KeyError where it has none in it."""
        text = self.texts.chapters[name, self.language]
        return self.text(text, f"pledge/chapters/{self.language}/{name}.md")

    def text(self, text: str, where: str) -> str:
        """A text that somebody wrote, with its references resolved and its blocks in place.

        Raises
        ------
        UnknownReference : a reference leads nowhere; the message says where the text stands.
        """
        plain = _OWN_TITLE.sub("", text, count=1)
        try:
            parts, end = [], 0
            for found in BLOCK.finditer(plain):
                parts += [
                    resolve(plain[end : found.start()], self.context, self.language),
                    self.block(found[1], found[2]),
                ]
                end = found.end()
            return "".join([*parts, resolve(plain[end:], self.context, self.language)]).strip()
        except UnknownReference as error:
            raise UnknownReference("unknown_reference", f"{where}: {error}") from None

    def block(self, kind: str, name: str) -> str:
        """A table, a figure, findings as a table, or recommendations as a list, as a text asks for it."""
        if kind == "numbers":
            return self.numbers(name.split())
        if kind == "actions":
            return self.actions(name.split())
        if kind == "gaps":
            return self.gaps(name.strip())
        if kind == "table":
            if name not in self.layout.tables:
                raise UnknownReference("unknown_table", f"There is no table '{name}' in pledge/layout.yml.")
            return self.asked(self.layout.tables[name], name)
        place, _, caption = name.partition("|")
        if place.count("/") != 2:
            said = f"'{place}' is no figure, as trends/turkiye/effort: analysis, area and name."
            raise UnknownReference("unknown_figure", said)
        analysis, area_id, stem = place.split("/")
        return self.figure(analysis, area_id, stem, caption)

    def numbers(self, finding_ids: Sequence[str], of: str = "") -> str:
        """Findings as a table: what it is, its value, its period, its sources, how sure it is.

        Parameters
        ----------
        of : the area that the text is on: findings on another say which.
        """
        head = self.words.said["columns"]
        rows = []
        for row in map(self.row, finding_ids):
            what = named(row, self.language)
            if {str(self.row(each)["area_id"]) for each in finding_ids} - {of or str(row["area_id"])}:
                what = f"{area_name(str(row['area_id']), self.language)}{self.words('colon')} {what}"
            what = capital(what, self.language)
            period = measures.dated(row, self.language)
            cells = (
                typeset.escaped(what),
                self.value(row, dated=False),
                typeset.escaped(period or "–"),
                self.sources(row),
                typeset.escaped(grade_word(str(row["grade"]), self.language) or "–"),
            )
            names = [head[each] for each in ("what", "value", "period", "source", "confidence")]
            rows.append(dict(zip(names, cells, strict=True)))
        return self._set(pd.DataFrame(rows), "", "")

    def sources(self, row: Row) -> str:
        """The sources of a finding, in few letters."""
        return typeset.escaped(short_sources(str(row["source_ids"]).split(";"), self.language, _SOURCES) or "–")

    def actions(self, names: Sequence[str]) -> str:
        """Recommendations as a list: who, what, by when."""
        by_id = {each.recommendation_id: each for each in self.texts.recommendations}
        for name in names:
            if name not in by_id:
                raise UnknownReference("unknown_recommendation", f"There is no recommendation {name}.")
        return "\n".join(f"- {self.advice(self, by_id[name])}" for name in names)

    def gaps(self, area_id: str) -> str:
        """Return what is missing in a place and what to do about it: a numbered list, the most serious gap first."""
        there = [each for each in self.texts.gap_actions if each.area_id == area_id and self.language in each.action]
        if not there:
            raise UnknownReference("unknown_gaps", f"There is no pledge/actions/{area_id}.yml in '{self.language}'.")
        return (
            template("gap_actions.md.j2")
            .render(
                actions=map(self._gap, there),
                words=self.words.said["gap_actions"],
                colon=self.words("colon"),
                semicolon=self.words("semicolon"),
            )
            .strip()
        )

    def _gap(self, action: GapAction) -> dict[str, str]:
        """The fields of an action in this language, with what they cite."""
        texts = {
            field: resolve(self.in_language(getattr(action, field)), self.context, self.language)
            for field in ("missing", "action", "reason", "first_step", "target", "next_reading")
        }
        return texts | {
            "owner": typeset.escaped(action.owner.called(self.language)),
            "by": typeset.escaped(measures.period_words(action.by, self.language)),
            "indicator": self._baseline(self.row(action.gap)),
        }

    def _baseline(self, row: Row) -> str:
        """A finding as the baseline of an action: what it is of, and its state or value today."""
        what = item_words(row, self.language) or title(row, self.language)
        return f"{typeset.escaped(what)}{self.words('colon')} {self.value(row)}"

    def figure(self, analysis: str, area_id: str, stem: str, caption: str, language: str = "") -> str:
        """A figure of a notebook with its number and its caption; nothing where the notebook shows none.

        Parameters
        ----------
        language : in which it is drawn, where that is not the edition's: a figure that no text asks for is in English.
        """
        # The site has one picture of a figure in English, which is the notebook's own.
        asked = {"language": language} | ({"highest": 0} if self.site else {}) if language else {}
        shown = self.figures(analysis, area_id, stem, **asked)
        if shown is None:
            return ""
        drawn_in = "" if shown.language == "en" else f"-{shown.language}"
        name = re.sub(r"[^a-z0-9_-]", "", f"{area_id}-{analysis}-{stem}{drawn_in}".lower())
        self.pictures[name] = shown
        self.drawn += 1
        alt = " ".join(shown.alt.split())
        if shown.language != "en":
            alt = f"{caption}. {alt}"
        elif self.language != "en":
            alt = f"{caption} ({self.words('figure_in_english')})"
        synthetic = "SYNTHETIC\\. " if shown.synthetic else ""
        said = f"**{self.words('figure')} {self.drawn}.** {synthetic}{typeset.escaped(caption)}"
        width = printed_width(shown.pixels, self.highest)
        target = f"../pictures/{name}.png" if self.site else f"{name}.png"
        return typeset.picture(target, said, alt, shown.pixels, width, f"figure-{self.drawn}")

    def asked(self, spec: TableSpec, name: str) -> str:
        """A table of the layout."""
        rows = {"areas": self._of_areas, "gaps": self._of_gaps, "counts": self._of_counts}[spec.rows](spec)
        if not rows:
            return ""
        return self._set(pd.DataFrame(rows), self.in_language(spec.caption), f"table-{name}")

    def in_language(self, text: Mapping[str, str]) -> str:
        """A text of several languages in this one, or else in English."""
        return text.get(self.language, text["en"])

    def _set(self, rows: pd.DataFrame, caption: str, anchor: str) -> str:
        if not caption:
            return typeset.table(rows)
        self.tables += 1
        said = f"**{self.words('table')} {self.tables}.** {typeset.escaped(caption)}"
        return typeset.table(rows, caption=said, anchor=anchor)

    def _of_areas(self, spec: TableSpec) -> list[dict[str, str]]:
        found = []
        for area_id in areas.ids(spec.place):
            cells = {self.words("columns", "area"): typeset.escaped(area_name(area_id, self.language))}
            for column in spec.columns:
                rows = self.of_area(area_id, column.measures)
                row = next((each for each in rows if each["status"] == "known"), rows[0] if rows else None)
                shown = {"dated": not column.undated, "linked": self.site}
                said = self.words("no_value") if row is None else self.value(row, **shown)
                if row is not None and column.with_sources and row["status"] == "known" and float(row["low"]) > 0:
                    said += f". {self.sources(row)}"
                cells[self.in_language(column.head)] = said
            found.append(cells)
        return found

    def _of_gaps(self, spec: TableSpec) -> list[dict[str, str]]:
        head = self.words.said["columns"]
        return [
            {
                head["area"]: typeset.escaped(area_name(area_id, self.language)),
                head["gap"]: typeset.link(capital(item_words(row, self.language), self.language), self.target(row)),
                head["period"]: typeset.escaped(measures.dated(row, self.language)),
                head["source"]: self.sources(row),
            }
            for area_id in areas.ids(spec.place)
            for row in self.of_area(area_id, ("gap",))
            if row["status"] == "known" and float(row["low"]) >= spec.at_least
        ]

    def target(self, row: Row) -> str:
        """Return where a link to a finding leads."""
        return self.context.target(str(row["finding_id"]))

    def _of_counts(self, spec: TableSpec) -> list[dict[str, str]]:
        head = self.words.said["columns"]
        counts = evidence.official_indicators(spec.place)
        counts = counts[counts["indicator"].isin(list(spec.indicators)) & counts["high"].ne(0)]
        counts = counts.sort_values(["period_start", "indicator", "breakdown"], kind="stable")
        return [
            {
                head["period"]: typeset.escaped(measures.period_words(reported_counts.period_of(row), self.language)),
                head["what"]: typeset.escaped(self.in_language(spec.indicators[row["indicator"]])),
                head["value"]: typeset.escaped(reported_counts.value_text(row, self.language)),
                head["detail"]: typeset.escaped(_broken_down(str(row["breakdown"]))),
                head["source"]: typeset.escaped(short_sources([row["source_id"]], self.language, _SOURCES)),
            }
            for row in counts.to_dict("records")
        ]


def _broken_down(breakdown: str) -> str:
    """Forms and persons that a count is of, as the evidence codes them."""
    parts = [part.replace("_", " ") for part in breakdown.split(";") if part != "unspecified"]
    return ", ".join(parts)


def marked(row: Row) -> str:
    """Return what stands before the value of a finding that follows from synthetic data."""
    return typeset.SYNTHETIC if row["kind"] == "synthetic" else ""


def named(row: Row, language: str) -> str:
    """Return what a finding is of: its item alone where that says it, as of official figures."""
    alone = str(row["measure"]).startswith("official_") and row["item"]
    return item_words(row, language) if alone else title(row, language)


def item_words(row: Row, language: str) -> str:
    """Return what a finding with items is of, by its item alone."""
    return MEASURES[str(row["measure"])].item_words(str(row["item"]), language)


def numbered(texts: Texts, table: pd.DataFrame, chapters: Sequence[str]) -> dict[str, int]:
    """The number of each finding by its id, the same in every language: those that chapters cite come first."""
    there = set(table["finding_id"])
    said = [
        *(texts.chapters.get((name, "en"), "") for name in chapters),
        *(each.text["en"] for each in texts.recommendations),
    ]
    used = [each for text in said for each in cited(text) if each in there]
    places = [each for study in areas.reported() for each in (study, *areas.ids(study))]
    order = {place: at for at, place in enumerate(places)}
    rest = table.assign(_at=[order.get(each, len(order)) for each in table["area_id"]]).sort_values(
        ["_at", "finding_id"]
    )
    return {each: number for number, each in enumerate(dict.fromkeys([*used, *rest["finding_id"]]), 1)}


def template(name: str) -> jinja2.Template:
    """A template of Markdown of this package: nothing is escaped unless it says ``|md``."""
    return _environment().get_template(name)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("analysis.report"),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters["md"] = typeset.escaped
    return environment


def cited_in(writer: Writer, text: str) -> Iterator[Row]:
    """The findings that a finished text leads to, in the order of their numbers."""
    numbers = {int(found) for found in re.findall(r"#finding-(\d+)\)", text)}
    by_number = {number: finding_id for finding_id, number in writer.context.numbers.items()}
    yield from (writer.row(by_number[number]) for number in sorted(numbers) if number in by_number)
