"""The contents of the report: from findings, texts and figures to one document a language."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis import areas
from analysis.catalog import Dataset
from analysis.findings.measures import period_words
from analysis.jobs import STAGED, Job
from analysis.recommendations import evaluation
from analysis.recommendations.texts import Texts
from analysis.report import annexes, chapters, prose, study_chapters
from analysis.report.annexes import rows
from analysis.report.document import Document, Section
from analysis.report.material import Addresses, Figures, Material, Shown, frame, of_blocks, of_findings
from analysis.report.references import context_of

__all__ = ["Shown", "document"]


def page_of(analysis: str, area_id: str) -> str:
    """The address of an analysis's page, as a page in a language's folder of the report's site links to it."""
    page = Job(analysis, areas.get(area_id).study, area_id).page
    return f"../../{page.relative_to(STAGED / 'reports').as_posix()}"


def document(
    language: str,
    table: pd.DataFrame,
    texts: Texts,
    shown: Figures,
    changes: pd.DataFrame | None,
    datasets: Sequence[Dataset],
    *,
    address: Addresses = page_of,
) -> Document:
    """The report in one language.

    Parameters
    ----------
    language : one of `analysis.findings.measures.LANGUAGES`.
    table : of findings. texts : of the pledge.
    shown : analysis, area and name -> the figure that a notebook shows; None where it shows none.
    changes : since the baseline, as `analysis.monitoring.comparison`; None where none was frozen.
    datasets : that were read.
    address : analysis and area -> the address of its page, "" where there is none.

    Raises
    ------
    UnknownReference : a text or the outline cites what is not there. UnknownFinding : a condition does.
    """
    states = evaluation.recommendations(texts, table, language)
    progress = evaluation.progress(texts, table, language)
    numbers = of_findings(texts, table, states, progress)
    material = Material(
        language=language,
        table=table,
        texts=texts,
        context=context_of(texts, table, numbers),
        states=states,
        progress=progress,
        shown=shown,
        address=address,
        changes=changes,
        datasets=datasets,
    )
    words = frame(language)
    return Document(
        language=language,
        title=words("title"),
        subtitle=words("subtitle"),
        state=words("state", date=_newest(datasets, language)),
        words={name: str(said) for name, said in words.group("words").items()},
        chapters=of_blocks(_chapters(material)),
        synthetic=bool(table["kind"].eq("synthetic").any()),
    )


def _chapters(material: Material) -> list[Section]:
    return [
        _summary(material),
        chapters.pledge_chapter(material),
        *(_prose_alone(material, name) for name in ("method", "ethics", "limits")),
        *(study_chapters.chapter(material, study) for study in areas.reported()),
        chapters.recommendations_chapter(material),
        chapters.changes_chapter(material),
        _lessons(material),
        *annexes.chapters(material),
    ]


def _summary(material: Material) -> Section:
    """The summary with its numbered findings; links to them lead to where their methods stand."""
    text, invented = prose.chapter(material, "summary")
    title = material.frame("chapters", "summary")
    ids = material.texts.outline.summary
    if not ids:
        return Section("summary", title, text, synthetic=invented)
    table = rows(material, ids, "summary", material.frame("main_findings"), anchors=False)
    note = prose.paragraph(material, material.frame("numbers_note"))
    return Section("summary", title, (*text, table, note), synthetic=invented or table.synthetic)


def _prose_alone(material: Material, name: str) -> Section:
    text, invented = prose.chapter(material, name)
    return Section(name, material.frame("chapters", name), text, synthetic=invented)


def _lessons(material: Material) -> Section:
    text, invented = prose.chapter(material, "lessons")
    items = []
    for lesson in material.texts.lessons:
        said, language = material.said(lesson.text)
        body = material.html(said, language, f"pledge/lessons.yml, {lesson.lesson_id}")
        study = material.frame("of_study", lesson.study)
        items.append(f'<li><p><strong>{study}</strong></p><div lang="{language}">{body}</div></li>')
        invented = invented or material.cites_invented(said)
    title = material.frame("chapters", "lessons")
    if not items:
        return Section("lessons", title, text, synthetic=invented)
    # The sentence stands once: before the text, or before the lessons where these alone are in English.
    said_before = len(text) > 1
    translated = all(material.language in lesson.text for lesson in material.texts.lessons)
    note = () if translated or said_before else prose.only_english(material, "en")
    listed = prose.written(material, f"<ol>{''.join(items)}</ol>")
    return Section("lessons", title, (*text, *note, listed), synthetic=invented)


def _newest(datasets: Sequence[Dataset], language: str) -> str:
    """The date of the newest data, which is the state of the report; a dash where there are none."""
    return period_words(max((entry.date for entry in datasets), default=""), language) or "–"
