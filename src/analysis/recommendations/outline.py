"""Which findings and figures the report shows where: `pledge/report.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis import areas
from analysis.jobs import ANALYSES
from analysis.recommendations.written import Written


@dataclass(frozen=True)
class FigureChoice:
    """A figure of a notebook: by the stem of its file."""

    analysis: str
    area_id: str
    name: str


@dataclass(frozen=True)
class ChapterOutline:
    """What a study's chapter shows: ids of findings, and figures, in their order."""

    findings: tuple[str, ...]
    figures: tuple[FigureChoice, ...]


@dataclass(frozen=True)
class AreaOutline:
    """What the page of an area shows.

    Parameters
    ----------
    measures : with or without an item, as ``detected_victims.unodc`` or ``detected_victims``; those that an area has.
    figures : of each study (analysis, name), in order of preference.
    """

    measures: tuple[str, ...]
    figures: Mapping[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Outline:
    """What the report shows: of the summary ids of findings, then each study's chapter, then the pages of areas."""

    summary: tuple[str, ...]
    chapters: Mapping[str, ChapterOutline]
    areas: AreaOutline

    def findings(self) -> tuple[str, ...]:
        """Every id that is asked for by name, in its order, once."""
        chosen = [finding for study in self.chapters.values() for finding in study.findings]
        return tuple(dict.fromkeys([*self.summary, *chosen]))


def read(at: Written) -> Outline:
    """The outline as it is written.

    Raises
    ------
    TextsError : a study is missing, or a field, an analysis or an area is unknown; file and line are named.
    """
    said = at.fields(("summary", "chapters", "areas"))
    of_areas = said["areas"].fields(("measures", "figures"))
    return Outline(
        _names(said["summary"]),
        {study: _chapter(study, part) for study, part in said["chapters"].fields(areas.reported()).items()},
        AreaOutline(
            _names(of_areas["measures"]),
            {
                study: tuple(_preferred(item) for item in part.items())
                for study, part in of_areas["figures"].fields(areas.reported()).items()
            },
        ),
    )


def _names(at: Written) -> tuple[str, ...]:
    names: list[str] = []
    for item in at.items():
        name = item.text()
        if name in names:
            raise item.error("duplicate_name", f"{name} stands twice in this list.")
        names.append(name)
    return tuple(names)


def _chapter(study: str, at: Written) -> ChapterOutline:
    said = at.fields(("findings", "figures"))
    figures = []
    for item in said["figures"].items():
        figure = item.fields(("analysis", "area", "name"))
        area_id = figure["area"].choice([study, *areas.ids(study)], f"area of {study}")
        figures.append(FigureChoice(_analysis(figure["analysis"]), area_id, figure["name"].text()))
    return ChapterOutline(_names(said["findings"]), tuple(figures))


def _preferred(at: Written) -> tuple[str, str]:
    said = at.fields(("analysis", "name"))
    return _analysis(said["analysis"]), said["name"].text()


def _analysis(at: Written) -> str:
    return at.choice(ANALYSES, "analysis")
