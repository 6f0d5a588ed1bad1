"""The report in one language: which chapters it has, for print and for the site, and the briefs beside it.

The demonstration of methods on synthetic data is a document of its own, whose every page says SYNTHETIC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from analysis import areas, bibliography
from analysis.catalog import Dataset
from analysis.findings.confidence import grade_words
from analysis.findings.measures import (
    LANGUAGES,
    area_name,
    capital,
    count_words,
    period_words,
    sentence,
    title,
    value_words,
)
from analysis.jobs import INDEX, SYNTHETIC
from analysis.recommendations import conditions, evaluation, monitoring_frame
from analysis.recommendations.texts import Commitment, Recommendation, Texts
from analysis.report import monitoring_chapter, places, reported_counts, templating, typeset
from analysis.report.layout import Layout
from analysis.report.references import Context, cited, context_of, counts_cited, in_language, known_sources
from analysis.report.typeset import Paper
from analysis.report.writer import Figures, Row, Shown, Writer, cited_in, frame, item_words, marked, numbered, title_of

# Chapters that people write besides those of the studies; a language has those that are written in it.
WRITTEN = ("summary", "lessons", "method")
_MOST_CHANGES = 60
# The text below a heading of a brief.
_SECTION = re.compile(r"^## [^\n]+\n(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)
# Millimetres that a figure may take of a page’s height: of the report, of a study’s brief, of an area’s, of all areas’.
HIGHEST_MM = {"report": 140, "study": 96, "area": 92, "areas": 176}


@dataclass(frozen=True)
class Material:
    """Material of the report, the same in every language.

    Parameters
    ----------
    table : of findings. texts, layout : of the folder of texts.
    briefs : texts of briefs by study or area, and language.
    questions : of readers, by study. shown : figures of notebooks.
    changes : since the baseline; None where none was frozen. datasets : that were read.
    """

    table: pd.DataFrame
    texts: Texts
    layout: Layout
    briefs: Mapping[tuple[str, str], str]
    questions: Mapping[str, Sequence[Mapping]]
    shown: Figures
    changes: pd.DataFrame | None
    datasets: Sequence[Dataset]

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The number of each finding, in the order in which the English report cites them."""
        return numbered(self.texts, self.table, [*WRITTEN[:1], *areas.reported(), *WRITTEN[1:]])

    @cached_property
    def asked(self) -> pd.DataFrame:
        """The findings that recommendations ask for: few of all, as they are looked up for each place."""
        leaves = [leaf for each in self.texts.recommendations for leaf in conditions.leaves(each.rests_on)]
        ids = {finding_id for leaf in leaves for finding_id in conditions.findings_of(leaf)}
        return self.table[self.table["finding_id"].isin(ids)]

    def by_area(self, recommendation: Recommendation) -> pd.DataFrame:
        """Return what the findings say of a recommendation in each area; looked up once for all languages."""
        name = recommendation.recommendation_id
        if name not in self._by_area:
            self._by_area[name] = evaluation.by_area(recommendation, self.asked)
        return self._by_area[name]

    @cached_property
    def _by_area(self) -> dict[str, pd.DataFrame]:
        return {}

    @cached_property
    def context(self) -> Context:
        """Return what references lead to."""
        return context_of(self.texts, self.table, self.numbers)


@dataclass(frozen=True)
class Chapter:
    """A chapter of an edition: the anchor of its heading, its title and its Markdown."""

    anchor: str
    title: str
    text: str

    @property
    def markdown(self) -> str:
        """The chapter with its heading."""
        return f"# {typeset.escaped(self.title)} {{#{self.anchor}}}\n\n{self.text.strip()}\n"


@dataclass(frozen=True)
class Edition:
    """The report in one language, for print or for the site."""

    language: str
    title: str
    subtitle: str
    state: str
    chapters: Sequence[Chapter]
    pictures: Mapping[str, Shown] = field(repr=False)
    synthetic: bool = False

    @property
    def paper(self) -> Paper:
        """The edition as a text to be set."""
        return Paper(
            title=self.title,
            language=self.language,
            markdown="\n".join(chapter.markdown for chapter in self.chapters),
            pictures={name: shown.png for name, shown in self.pictures.items()},
            subtitle=self.subtitle,
            state=self.state,
            contents=frame(self.language)("contents"),
            synthetic=self.synthetic,
        )


def read_briefs(folder: Path) -> dict[tuple[str, str], str]:
    """Texts of briefs, by study or area, and language: ``briefs/<language>/<area>.md``."""
    return {(path.stem, path.parent.name): path.read_text("utf-8") for path in sorted(folder.glob("briefs/*/*.md"))}


def read_questions(folder: Path) -> dict[str, list[dict]]:
    """Readers' questions by study: ``questions/<study>.yml``."""
    return {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted(folder.glob("questions/*.yml"))}


def offered(texts: Texts) -> list[str]:
    """The languages in which there is a report: those in which its summary and the chapter of a study are written."""
    return [each for each in LANGUAGES if ("summary", each) in texts.chapters and studies_of(texts, each)]


def studies_of(texts: Texts, language: str) -> list[str]:
    """The studies whose chapter is written in a language."""
    return [study for study in areas.reported() if (study, language) in texts.chapters]


def in_print(material: Material, language: str) -> Edition:
    """The edition for print: chapters, the findings that they cite, and sources."""
    writer = _writer(material, language, site=False)
    chapters = _chapters(material, writer)
    body = "".join(chapter.text for chapter in chapters)
    cited = list(cited_in(writer, body))
    chapters.append(Chapter("evidence", writer.words("chapters", "evidence"), _evidence(writer, cited)))
    chapters.append(Chapter("sources", writer.words("chapters", "sources"), _sources(writer, cited)))
    return _edition(material, writer, chapters)


def on_site(material: Material, language: str) -> Edition:
    """The edition for the site: the same chapters, a page of each area, and annexes; findings have their own pages."""
    writer = _writer(material, language, site=True)
    chapters = _chapters(material, writer)
    chapters += [
        _area_page(material, writer, study, area_id)
        for study in studies_of(material.texts, language)
        for area_id in areas.ids(study)
    ]
    chapters += _annexes(material, writer)
    return _edition(material, writer, chapters)


def brief(material: Material, name: str, language: str) -> Paper:
    """The brief of a study, of its areas together, or of a country, province or island.

    Its text is written; that of an area about which nobody wrote follows from its findings.

    Parameters
    ----------
    name : id of the study or area; `places.AREAS` behind the id of a study is the brief of its areas.
    """
    place = name.removesuffix(places.AREAS)
    together = name.endswith(places.AREAS)
    writer = _writer(material, language, brief="areas" if together else "study" if place in areas.STUDIES else "area")
    words, named = writer.words, area_name(place, language)
    text = _of_place(material, writer, name)
    note = words("awaits") if language != "en" else ""
    working = places.working_language(place)
    if language == "en" and working != "en" and working not in brief_languages(material, name):
        note = words("brief", "language_note")
    written = material.briefs.get((name, language), "")
    title_ = title_of(written) or words("brief", "title", area=named)
    subtitle = words("brief", "subtitle_areas" if name.endswith(places.AREAS) else "subtitle")
    below = typeset.escaped(" ".join(filter(None, [subtitle, note])))
    return Paper(
        title=title_,
        language=language,
        markdown=f"# {typeset.escaped(title_)}\n\n*{below}*\n\n{text}\n",
        pictures={name: shown.png for name, shown in writer.pictures.items()},
        state=words("state", date=_newest_cited(material, written, language) or _newest(material.datasets, language)),
        form="brief",
        synthetic=_synthetic(material),
    )


def brief_languages(material: Material, name: str) -> list[str]:
    """The languages of a brief: English and the working language of the place, where its text exists in them.

    An area about which nobody wrote has a brief that follows from its findings, unless its study has one of its areas.
    """
    place = areas.get(name.removesuffix(places.AREAS))
    working = places.working_language(place.area_id)
    written = [each for each in dict.fromkeys(("en", working)) if (name, each) in material.briefs]
    if (
        written
        or name == place.study
        or name.endswith(places.AREAS)
        or (f"{place.study}{places.AREAS}", "en") in material.briefs
    ):
        return written
    # What is advised is written in the language of the study.
    advised = any(working in each.text for each in material.texts.recommendations if each.study == place.study)
    return ["en", working] if working != "en" and advised else ["en"]


def _writer(material: Material, language: str, *, site: bool = False, brief: str = "") -> Writer:
    context = material.context
    if brief:
        # What its numbers would lead to is in the report.
        context = replace(context, targets=dict.fromkeys(context.numbers, ""))
    if site:
        # Of studies that the edition does not have, it has no page of findings either.
        there = studies_of(material.texts, language)
        pages = {i: f"findings-{row['study']}.html" for i, row in context.rows.items() if row["study"] in there}
        targets = {i: f"{pages[i]}#finding-{number}" if i in pages else "" for i, number in context.numbers.items()}
        context = replace(context, targets=targets)
    highest = HIGHEST_MM[brief or "report"]
    recommended = () if brief else [each.recommendation_id for each in _recommended(material, language)]
    return Writer(
        language,
        material.texts,
        material.layout,
        context,
        # On the site an English figure is as its notebook shows it.
        partial(material.shown, language=language, highest=0 if site and language == "en" else highest),
        places.advice_line,
        site,
        highest,
        recommended,
    )


def _recommended(material: Material, language: str) -> list[Recommendation]:
    """The recommendations of an edition: those of its studies that are written in its language."""
    studies = studies_of(material.texts, language)
    return [each for each in material.texts.recommendations if each.study in studies and language in each.text]


def _edition(material: Material, writer: Writer, chapters: Sequence[Chapter]) -> Edition:
    words = writer.words
    studies = ", ".join(words("studies", study) for study in studies_of(material.texts, writer.language))
    part = words("part", chapters=studies) if writer.language != "en" else ""
    return Edition(
        writer.language,
        words("title"),
        " ".join(filter(None, [words("subtitle") + ".", part, words("awaits")])),
        words("state", date=_newest(material.datasets, writer.language)),
        chapters,
        writer.pictures,
        _synthetic(material),
    )


def _chapters(material: Material, writer: Writer) -> list[Chapter]:
    """The chapters that print and site have in common."""
    language, words = writer.language, writer.words
    studies = studies_of(material.texts, language)
    found = [Chapter("summary", words("chapters", "summary"), writer.chapter("summary"))]
    for study in studies:
        text = writer.chapter(study)
        if not writer.site and (profiles := _profiles(writer, study)):
            text = f"{text}\n\n{profiles}"
        found.append(Chapter(study, words("chapters", study), text))
    text = places.recommendations(writer, material.asked, _recommended(material, language), material.by_area)
    followed = monitoring_chapter.chapter(writer, material.table, studies, frame_file(material))
    if not writer.site:
        text = f"{text}\n\n## {typeset.escaped(words('chapters', 'monitoring'))} {{#monitoring}}\n\n{followed}"
    found.append(Chapter("recommendations", words("chapters", "recommendations"), text))
    if writer.site:
        found.append(Chapter("monitoring", words("chapters", "monitoring"), followed))
    for name in WRITTEN[1:]:
        if (name, language) in material.texts.chapters:
            text = writer.chapter(name) + (_lessons(writer, studies) if name == "lessons" else "")
            found.append(Chapter(name, words("chapters", name), text))
    return found


def _profiles(writer: Writer, study: str) -> str:
    """The pages of the countries of a study whose referral mechanisms were assessed."""
    there = [each for each in areas.ids(study) if writer.of_area(each, ("gap",))]
    said = (
        f"## {typeset.escaped(area_name(each, writer.language))} {{#area-{each}}}\n\n{places.profile(writer, each)}"
        for each in there
    )
    return "\n\n".join(said)


def _lessons(writer: Writer, studies: Sequence[str]) -> str:
    found = []
    for lesson in writer.texts.lessons:
        if writer.language in lesson.text and lesson.study in ("", *studies):
            said = writer.text(lesson.text[writer.language], f"pledge/lessons.yml, {lesson.lesson_id}")
            about = f"**{typeset.escaped(writer.words('studies', lesson.study))}.** " if lesson.study else ""
            found.append(f"- {about}{' '.join(said.split())}")
    return "\n\n" + "\n".join(found) if found else ""


def _evidence(writer: Writer, cited: Sequence[Row]) -> str:
    """The findings that the text cites, as a table to which its numbers lead."""
    head = writer.words.said["columns"]
    rows = []
    for row in cited:
        number = writer.context.numbers[str(row["finding_id"])]
        cells = (
            typeset.link(f"F{number}", "", f"finding-{number}"),
            marked(row) + typeset.escaped(_with_confidence(row, writer.language)),
            typeset.escaped(count_words(row["n"], writer.language)),
            writer.sources(row),
        )
        rows.append(dict(zip((head["number"], head["finding"], head["n"], head["source"]), cells, strict=True)))
    note = typeset.escaped(writer.words("evidence_note"))
    return f"{note}\n\n{typeset.table(pd.DataFrame(rows), numeric=(head['n'],))}"


def _with_confidence(row: Row, language: str) -> str:
    """The sentence of a finding, and how sure it is."""
    said, grade = sentence(row, language), grade_words(str(row["grade"]), language)
    return f"{said} {capital(grade, language)}." if grade else said


def _sources(writer: Writer, cited: Sequence[Row]) -> str:
    """The sources of the findings cited, one line a publisher; the site has them one by one."""
    ids = known_sources(each for row in cited for each in str(row["source_ids"]).split(";"))
    named = (in_language(each, writer.language) for each in bibliography.by_publisher(ids))
    lines = "; ".join(map(typeset.escaped, named))
    return f"{typeset.escaped(writer.words('sources_note'))}\n\n{lines}."


def _area_page(material: Material, writer: Writer, study: str, area_id: str) -> Chapter:
    """The page of an area: what its brief has, its profile, and links to its analyses."""
    words = writer.words
    parts = [_of_place(material, writer, area_id)]
    if (area_id, writer.language) in material.briefs and (details := places.profile(writer, area_id, opened=False)):
        parts.append(f"## {typeset.escaped(words('brief', 'dimensions'))}\n\n{details}")
    # An area that has no brief of its own is in that of the study's areas.
    name = area_id if brief_languages(material, area_id) else f"{study}{places.AREAS}"
    files = ", ".join(
        f"[{kind.upper()} ({each})](../downloads/{brief_file(material, name, each)}.{kind})"
        for each in brief_languages(material, name)
        for kind in ("pdf", "docx")
    )
    parts.append(f"{typeset.escaped(words('downloads_of'))} {files}")
    # The index knows which there are, whatever was added or withdrawn since this report was made.
    there = typeset.link(area_name(area_id, writer.language), f"../../{INDEX.name}#{study}-{area_id}")
    parts.append(f"{typeset.escaped(words('analyses_of'))} {there}")
    return Chapter(f"area-{area_id}", area_name(area_id, writer.language), "\n\n".join(parts))


def brief_file(material: Material, name: str, language: str) -> str:
    """The stem of the files of a brief."""
    return f"brief_{name}_{language}{SYNTHETIC if _synthetic(material) else ''}"


def frame_file(material: Material) -> str:
    """The name of the file that has the monitoring frame."""
    return f"{monitoring_frame.FILE}{SYNTHETIC if _synthetic(material) else ''}.csv"


def _of_place(material: Material, writer: Writer, name: str) -> str:
    """The brief of a study or an area as somebody wrote it; else of its findings, with the answer of its study's."""
    if written := material.briefs.get((name, writer.language)):
        return writer.text(written, f"pledge/briefs/{writer.language}/{name}.md")
    study = areas.get(name).study
    found = places.advised(material.asked, material.texts, name, writer.language)
    written = material.briefs.get((study, writer.language), "")
    answer = _SECTION.findall(written)[0] if _SECTION.search(written) else ""
    context = writer.text(answer, f"pledge/briefs/{writer.language}/{study}.md") if answer else ""
    return places.brief(writer, name, found, context)


def _annexes(material: Material, writer: Writer) -> list[Chapter]:
    words = writer.words
    found = []
    if writer.language == "en":
        found.append(Chapter("commitments", words("chapters", "commitments"), _commitments(material, writer)))
        found.append(Chapter("changes", words("chapters", "changes"), _changes(material, writer)))
    found.append(Chapter("questions", words("chapters", "questions"), _questions(material, writer)))
    found.append(Chapter("sources", words("chapters", "sources"), _bibliography(material, writer)))
    provenance = words("provenance").replace("\n", " ")
    found.append(Chapter("provenance", words("chapters", "provenance"), provenance))
    return found


def _commitments(material: Material, writer: Writer) -> str:
    progress = evaluation.progress(material.texts, material.table, writer.language)
    parts = [typeset.escaped(writer.words("commitments_note"))]
    for each in material.texts.commitments:
        parts += _commitment(writer, each, progress[progress["commitment_id"] == each.commitment_id])
    return "\n\n".join(parts)


def _commitment(writer: Writer, commitment: Commitment, states: pd.DataFrame) -> list[str]:
    where = f"pledge/commitments.yml, {commitment.commitment_id}"
    head = writer.words.said["columns"]
    rows = []
    for activity, state in zip(commitment.activities, states.to_dict("records"), strict=True):
        text = " ".join(writer.text(activity.text["en"], where).split())
        outputs = ", ".join(each.replace("_", " ") for each in activity.outputs)
        said = writer.words("progress", str(state["state"]))
        rows.append({head["activity"]: text, head["outputs"]: outputs, head["state"]: typeset.escaped(said)})
    title_ = " ".join(writer.text(commitment.title["en"], where).split())
    return [
        f"## {title_} {{#commitment-{commitment.commitment_id}}}",
        writer.text(commitment.text["en"], where),
        typeset.escaped(writer.words("source_of", source=commitment.source)),
        typeset.table(pd.DataFrame(rows)),
    ]


def _changes(material: Material, writer: Writer) -> str:
    """Changes since the baseline, at most so many lines; the table of findings has them all."""
    if material.changes is None:
        return typeset.escaped(writer.words("changes_none"))
    changed = material.changes[~material.changes["change"].isin(["unchanged"])]
    head, kinds = writer.words.said["columns"], writer.words.said["kinds_of_change"]
    rows = [
        {
            head["what"]: typeset.escaped(
                f"{area_name(row['area_id'], writer.language)}: {title(row, writer.language)}"
            ),
            head["then"]: typeset.escaped(_value_of(row, "then", writer.language)),
            head["now"]: typeset.escaped(_value_of(row, "now", writer.language)),
            head["change"]: typeset.escaped(kinds[row["change"]]),
        }
        for row in changed.head(_MOST_CHANGES).to_dict("records")
    ]
    note = typeset.escaped(writer.words("changes_note", n=len(changed)))
    return f"{note}\n\n{typeset.table(pd.DataFrame(rows))}" if rows else note


def _value_of(row: Row, when: str, language: str) -> str:
    """The value then or now, as the measure writes it today."""
    said = {name: row[f"{name}_{when}"] for name in ("status", "value", "low", "high", "interval")}
    return value_words({**said, "measure": row["measure"]}, language) if said["status"] else "–"


def _questions(material: Material, writer: Writer) -> str:
    """Readers' questions, each with where its study's brief answers it, or why public evidence cannot."""
    parts = []
    head = writer.words.said["columns"]
    for study in studies_of(material.texts, writer.language):
        rows = []
        for each in material.questions.get(study, ()):
            asked = each["question"].get(writer.language, each["question"]["en"])
            if "unanswered" in each:
                why = each["unanswered"].get(writer.language, each["unanswered"]["en"])
                said = writer.words("unanswered", why="{why}").replace(
                    "{why}", writer.text(why, f"pledge/questions/{study}.yml")
                )
            else:
                values = ", ".join(f"{_named(writer, cited)}" for cited in each["cites"][:3])
                said = f"{typeset.escaped(each['place'])}{writer.words('colon')} {values}"
            rows.append({head["question"]: typeset.escaped(asked), head["answered"]: said})
        if rows:
            parts += [f"## {typeset.escaped(writer.words('studies', study))}", typeset.table(pd.DataFrame(rows))]
    return "\n\n".join(parts)


def _named(writer: Writer, finding_id: str) -> str:
    row = writer.row(finding_id)
    what = item_words(row, writer.language) or title(row, writer.language)
    return f"{typeset.escaped(what)} {writer.value(row)}"


def _bibliography(material: Material, writer: Writer) -> str:
    """All sources of the findings of the edition's studies, one by one."""
    studies = studies_of(material.texts, writer.language)
    table = material.table[material.table["study"].isin(studies)]
    ids = sorted(known_sources(each for said in table["source_ids"] for each in str(said).split(";")))
    cited = bibliography.citations(ids)
    lines = [f"- {typeset.escaped(row.source_id)}. {typeset.escaped(row.citation)}" for row in cited.itertuples()]
    return "\n".join(lines)


def _synthetic(material: Material) -> bool:
    return bool(material.table["kind"].eq("synthetic").any())


def _newest(datasets: Sequence[Dataset], language: str) -> str:
    """The date of the newest data, which is the state of the report; a dash where there are none."""
    return period_words(max((entry.date for entry in datasets), default=""), language) or "–"


def _newest_cited(material: Material, text: str, language: str) -> str:
    """The last year or month of which a text states something, in words; empty where it cites nothing."""
    rows = (material.context.rows[each] for each in cited(text) if each in material.context.rows)
    periods = [str(row["period"]) for row in rows if row["status"] == "known"]
    periods += [reported_counts.period_of(reported_counts.find_count(each)) for each in counts_cited(text)]
    ends = (each.rpartition("/")[2] for each in periods)
    # A year ends with its December.
    return period_words(max(ends, key=lambda end: end if "-" in end else f"{end}-12", default=""), language)


def findings_page(material: Material, study: str, language: str) -> str:
    """All findings of a study as HTML: a table a place, codes of methods and limits, and what each code means."""
    codes: dict[str, dict[str, str]] = {"M": {}, "L": {}, "W": {}}

    def code(letter: str, text: object) -> str:
        said = str(text or "")
        return codes[letter].setdefault(said, f"{letter}{len(codes[letter]) + 1}") if said else ""

    of_places = []
    for area_id in (study, *areas.ids(study)):
        rows = [
            {
                "number": material.numbers[finding_id],
                "said": sentence(row, language) if row["status"] == "known" else _not_known(row, language),
                "synthetic": row["kind"] == "synthetic",
                "n": count_words(row["n"], language),
                "codes": " ".join(
                    filter(None, [code("M", row["method"]), code("L", row["limits"]), code("W", row["why"])])
                ),
                "sources": str(row["source_ids"]).replace(";", " "),
            }
            for row in material.context.by_area.get(area_id, {}).values()
            if row["study"] == study
            for finding_id in [str(row["finding_id"])]
        ]
        if rows:
            of_places.append((area_name(area_id, language), rows))
    from analysis.report.templating import template as of_html

    means = [(name, text) for letter in "MLW" for text, name in codes[letter].items()]
    return of_html("findings.html.j2").render(places=of_places, codes=means, head=frame(language).said["columns"])


def _not_known(row: Row, language: str) -> str:
    status = frame(language).said["statuses"][str(row["status"])]
    return f"{capital(title(row, language), language)}{frame(language)('colon')} {status}"


def demonstration(tables: Mapping[str, pd.DataFrame], shown: Figures) -> Paper:
    """The demonstration as a text to be set.

    Parameters
    ----------
    tables : findings of each synthetic study, by its name. shown : figures of notebooks.
    """
    said = templating.from_yaml("demonstration.yml")
    pictures: dict[str, bytes] = {}
    chapters = [
        line for study, table in tables.items() for line in _demonstrated_study(study, table, shown, said, pictures)
    ]
    return Paper(
        title=said["title"],
        language="en",
        markdown="\n\n".join(chapters),
        pictures=pictures,
        subtitle=said["subtitle"],
        synthetic=True,
    )


def _demonstrated_study(
    study: str, table: pd.DataFrame, shown: Figures, said: Mapping[str, Any], pictures: dict[str, bytes]
) -> Iterator[str]:
    """A study: how much of it is known, then each question with its statements and its figures."""
    counts = table["status"].value_counts()
    yield f"# {typeset.escaped(areas.STUDIES[study].title)} {{#{study}}}"
    numbers = {"n": len(table), "known": counts.get("known", 0), "suppressed": counts.get("withheld", 0)}
    yield typeset.escaped(said["opening"].format(**numbers))
    whole = table[table["area_id"].eq(study) & table["status"].eq("known")]
    for question in said["questions"]:
        rows = [row for name in question["measures"] for row in whole[_is_named(whole, name)].to_dict("records")]
        figures = [
            _demonstrated_figure(study, analysis, stem, shown, pictures, said) for analysis, stem in question["figures"]
        ]
        if rows or any(figures):
            yield f"## {typeset.escaped(question['heading'])}"
            yield "\n".join(f"- SYNTHETIC\\. {typeset.escaped(sentence(row))}" for row in rows)
            yield from filter(None, figures)


def _demonstrated_figure(
    study: str, analysis: str, stem: str, shown: Figures, pictures: dict[str, bytes], said: Mapping[str, Any]
) -> str:
    found = shown(analysis, study, stem)
    if found is None:
        return ""
    name = f"{study}-{analysis}-{stem}".lower().replace("_", "-")
    pictures[name] = found.png
    wide, high = found.pixels
    caption = f"**{said['figure']} {len(pictures)}.** {typeset.escaped(found.alt.partition('. ')[0])}"
    width = min(100, round(90 * wide / high))
    return typeset.picture(f"{name}.png", caption, " ".join(found.alt.split()), found.pixels, width)


def _is_named(table: pd.DataFrame, name: str) -> pd.Series:
    """True where findings are of a measure, or of the item of it that a name says."""
    measure, _, item = name.partition(".")
    found = table["measure"].eq(measure)
    return found & table["item"].str.startswith(item) if item else found
