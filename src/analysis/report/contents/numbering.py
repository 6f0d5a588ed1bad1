"""Numbers, each given once: of findings in the order in which the report first uses them, of figures and of tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from analysis import areas
from analysis.recommendations.texts import Texts
from analysis.report.contents.material import chosen, places
from analysis.report.document import Block, Picture, Prose, Rows, Section
from analysis.report.references import cited

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
