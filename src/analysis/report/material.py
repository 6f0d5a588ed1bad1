"""What the report is made from, read once for all its parts: its words in each language, and numbers, each given once.

Findings are numbered in the order in which the report first uses them; figures and tables in that in which they come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd
import yaml

from analysis import areas
from analysis.analyses import ALL
from analysis.catalog import Dataset
from analysis.findings.measures import LANGUAGES
from analysis.recommendations.texts import Texts
from analysis.report.document import Block, Picture, Prose, Rows, Section
from analysis.report.references import Context, UnknownReference, cited, in_words, resolve
from bounded.refusal import Refusal


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

    def group(self, name: str) -> Mapping[str, str]:
        """The phrases of a group by name, in the order of the file."""
        return self.said[name]


@cache
def frame(language: str) -> Frame:
    """The words of a language. Raises ValueError if the report has none in it."""
    if language not in LANGUAGES:
        raise Refusal("unknown_choice", f"The report is written in {', '.join(LANGUAGES)}, and not in '{language}'.")
    file = resources.files("analysis.report") / "templates" / f"frame_{language}.yml"
    said = yaml.safe_load(file.read_text(encoding="utf-8"))
    said["analyses"] = {name: each.called(language) for name, each in ALL.items()}
    named = {*said["of_study"]} - {""}
    # Of a study that the file does not name, what its own table calls it.
    for study in areas.reported():
        for group in ("chapters", "of_study"):
            said[group].setdefault(study, areas.STUDIES[study].called(language))
    # The title names three studies in a sentence; others are listed.
    if named != {*areas.reported()}:
        said["title"] = said["title_of"].format(studies=", ".join(said["of_study"][each] for each in areas.reported()))
    return Frame(language, said)


SYNTHETIC = "SYNTHETIC"


@dataclass(frozen=True)
class Shown:
    """A figure that a notebook shows: its content, its description in English, and whether it follows from invented
    persons."""

    png: bytes
    alt: str
    synthetic: bool


# Analysis, area and name of a figure, to what the notebook shows under it; None where it shows none.
Figures = Callable[[str, str, str], Shown | None]
# Analysis and area to the address of its page beside the report's site; empty where it has none.
Addresses = Callable[[str, str], str]


@dataclass(frozen=True)
class Material:
    """Findings, texts and figures for the report in one language.

    Parameters
    ----------
    context : what references lead to, with the number of each finding.
    states, progress : what the findings say of recommendations and activities, as its module `evaluation`.
    changes : since the baseline; None where none was frozen.
    """

    language: str
    table: pd.DataFrame
    texts: Texts
    context: Context
    states: pd.DataFrame
    progress: pd.DataFrame
    shown: Figures
    address: Addresses
    changes: pd.DataFrame | None
    datasets: Sequence[Dataset]

    @property
    def frame(self) -> Frame:
        return frame(self.language)

    def row(self, finding_id: str) -> Mapping[str, object]:
        """A finding. Raises UnknownReference."""
        if finding_id not in self.context.rows:
            raise UnknownReference(
                "unknown_finding", f"The outline of the report asks for {finding_id}, which nothing states."
            )
        return self.context.rows[finding_id]

    def numbered(self, finding_ids: Iterable[str]) -> str:
        """Numbers of findings as text: ``F3, F7–F12``."""
        numbers = sorted({self.context.numbers[finding_id] for finding_id in finding_ids})
        runs: list[list[int]] = []
        for number in numbers:
            if runs and number == runs[-1][-1] + 1:
                runs[-1].append(number)
            else:
                runs.append([number])
        parts = [f"F{run[0]}–F{run[-1]}" if len(run) > 2 else ", ".join(f"F{number}" for number in run) for run in runs]
        return ", ".join(parts) or self.frame("no_value")

    def invented(self, finding_ids: Iterable[str]) -> bool:
        """Whether one of these findings follows from invented persons."""
        return any(self.row(finding_id)["kind"] == "synthetic" for finding_id in finding_ids)

    def of_area(self, study: str, area_id: str) -> list[str]:
        """Ids of all findings on a place, in the order of the table."""
        here = self.table[(self.table["study"] == study) & (self.table["area_id"] == area_id)]
        return list(here["finding_id"])

    def chosen_of_area(self, study: str, area_id: str) -> list[str]:
        """Ids of the findings that the page of an area shows: those of the measures that the outline names."""
        return chosen(self.texts, self.of_area(study, area_id))

    def said(self, text: Mapping[str, str]) -> tuple[str, str]:
        """A text in this language, or else in English, and the language it is in."""
        return (text[self.language], self.language) if self.language in text else (text["en"], "en")

    def html(self, text: str, language: str, where: str) -> str:
        """Markdown as clean HTML. Raises UnknownReference, which says where the text stands."""
        with _standing(where):
            return resolve(text, self.context, language)

    def cell(self, text: str, language: str, where: str) -> tuple[str, bool]:
        """A text as a cell, which says if it cites invented persons, and whether it does. Raises UnknownReference."""
        with _standing(where):
            said, synthetic = in_words(text, self.context, language)
        return marked(said, synthetic), synthetic

    def cites_invented(self, *texts: str) -> bool:
        """Whether one of these texts cites what follows from invented persons."""
        return self.invented(finding_id for text in texts for finding_id in cited(text))


@contextmanager
def _standing(where: str) -> Iterator[None]:
    """Says where a text stands in which a reference leads nowhere."""
    try:
        yield
    except UnknownReference as error:
        raise UnknownReference("unknown_reference", f"{where}: {error}") from None


def chosen(texts: Texts, finding_ids: Iterable[str]) -> list[str]:
    """Of findings of one place those of the outline's measures, in the outline's order."""
    found = list(finding_ids)
    wanted = [
        finding_id
        for measure in texts.outline.areas.measures
        for finding_id in found
        if finding_id.partition("/")[2] == measure or finding_id.partition("/")[2].startswith(f"{measure}.")
    ]
    return list(dict.fromkeys(wanted))


def marked(text: str, synthetic: bool) -> str:
    """A text that says SYNTHETIC if it must, once."""
    return f"{SYNTHETIC}: {text}" if synthetic and not text.startswith(SYNTHETIC) else text


def places(study: str) -> list[str]:
    """Ids of a study and of its areas, the study as a whole first."""
    return [study, *areas.ids(study)]


# The chapters of prose before and after those of the studies, in the order of the report.
BEFORE, AFTER = ("pledge", "method", "ethics", "limits"), ("lessons",)


def of_findings(texts: Texts, table: pd.DataFrame, states: pd.DataFrame, progress: pd.DataFrame) -> dict[str, int]:
    """The number of each finding by its id, the same in every language: those that the report uses come first.

    The order is that of the English texts; a translation that cites in another order changes no number.
    """
    there = set(table["finding_id"])
    used = dict.fromkeys(each for each in _used(texts, table, states, progress) if each in there)
    order = [*used, *(each for each in _by_place(table) if each not in used)]
    return {finding_id: number for number, finding_id in enumerate(order, 1)}


def _used(texts: Texts, table: pd.DataFrame, states: pd.DataFrame, progress: pd.DataFrame) -> Iterator[str]:
    def chapter(name: str) -> list[str]:
        return cited(texts.chapters.get((name, "en"), ""))

    by_place = table.groupby(["study", "area_id"])["finding_id"].agg(list).to_dict()
    yield from texts.outline.summary
    yield from chapter("summary")
    for name in BEFORE:
        yield from chapter(name)
    for study in areas.reported():
        yield from texts.outline.chapters[study].findings
        yield from chapter(study)
        for area_id in areas.ids(study):
            yield from chosen(texts, by_place.get((study, area_id), []))
    for said in (states, progress):
        for evidence in said["evidence"]:
            yield from str(evidence).split(";")
    for name in AFTER:
        yield from chapter(name)
    for text in [*(each.text for each in texts.lessons), *(each.text for each in texts.recommendations)]:
        yield from cited(text["en"])


def _by_place(table: pd.DataFrame) -> Iterator[str]:
    order = {
        place: at for at, place in enumerate((study, each) for study in areas.reported() for each in places(study))
    }
    keys = [order.get(key, len(order)) for key in zip(table["study"], table["area_id"], strict=True)]
    yield from table.assign(_at=keys).sort_values(["_at", "finding_id"])["finding_id"]


def of_blocks(chapters: list[Section]) -> tuple[Section, ...]:
    """Chapters whose figures and tables are counted through, and whose names are unlike each other."""
    counted = _Counted()
    return tuple(counted.section(chapter) for chapter in chapters)


class _Counted:
    """How many figures and tables there have been so far."""

    def __init__(self) -> None:
        self.figures = 0
        self.tables = 0
        self.names: set[str] = set()

    def section(self, section: Section) -> Section:
        blocks = tuple(self._block(block) for block in section.blocks)
        return replace(section, blocks=blocks, parts=tuple(self.section(part) for part in section.parts))

    def _block(self, block: Block) -> Block:
        if isinstance(block, Prose):
            return block
        if isinstance(block, Picture):
            self.figures += 1
            return replace(block, number=self.figures, name=self._name(block.name))
        assert isinstance(block, Rows)
        self.tables += 1
        return replace(block, number=self.tables, name=self._name(block.name))

    def _name(self, name: str) -> str:
        found, at = name, 1
        while found in self.names:
            at += 1
            found = f"{name}-{at}"
        self.names.add(found)
        return found
