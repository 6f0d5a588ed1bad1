"""Layout of the report as ``pledge/layout.yml`` has it: tables that texts ask for, and what areas show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from analysis import areas
from analysis.findings.measures import MEASURES
from analysis.recommendations.conditions import Written, opened

Text = Mapping[str, str]
ROWS = ("areas", "gaps", "counts")


@dataclass(frozen=True)
class Column:
    """A column of a table of areas: the first known of these measures, and whether sources and period stand with it."""

    head: Text
    measures: tuple[str, ...]
    with_sources: bool
    undated: bool = False


@dataclass(frozen=True)
class TableSpec:
    """A table that a text asks for by name.

    Parameters
    ----------
    rows : ``areas`` (one row an area of the study), ``gaps`` (one row a gap of at least that level), or ``counts`` (one
        row a figure of official counts of an area).
    place : id of the study, or of the area that counts are of.
    columns : of areas. at_least : level of gaps. indicators : of counts, by what they are called.
    """

    rows: str
    place: str
    caption: Text
    columns: tuple[Column, ...] = ()
    at_least: float = 0.0
    indicators: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True)
class OfAreas:
    """Content of the brief of an area of a study, each in order of preference.

    Parameters
    ----------
    opening : groups of measures: of each group the sentence of the first that is known opens the answer.
    numbers : groups of measures: of each group the first that is known is a row of the table.
    of_study : findings of the study that fill the table where the area has too few of its own.
    unknown : measures that are said to be unknown where they are.
    figures : (analysis, stem, whether of the study as a whole).
    """

    opening: tuple[tuple[str, ...], ...]
    numbers: tuple[tuple[str, ...], ...]
    of_study: tuple[str, ...]
    unknown: tuple[str, ...]
    figures: tuple[tuple[str, str, bool], ...]


_VICTIMS = ("headline.victims", "headline.child_victims")
EVERY_STUDY = OfAreas(
    opening=(_VICTIMS, ("share_of_children",)),
    numbers=(_VICTIMS[:1], _VICTIMS[1:], ("share_of_children",), ("detected_rate",), ("published_prevalence",)),
    of_study=(),
    unknown=_VICTIMS,
    figures=(("incidence", "over_the_years", False), ("incidence", "detected_by_year", False)),
)


@dataclass(frozen=True)
class Layout:
    """Tables by name, and what areas show by study."""

    tables: Mapping[str, TableSpec]
    areas: Mapping[str, OfAreas]

    def of(self, study: str) -> OfAreas:
        """Return what areas of a study show; of one that the layout does not have, what every study has."""
        return self.areas.get(study, EVERY_STUDY)


def read(folder: Path) -> Layout:
    """The layout of the report in the folder of its texts.

    Raises
    ------
    TextsError : a field is missing or unknown, or names what there is not; the message says file and line.
    """
    at = opened(folder / "layout.yml", f"{folder.name}/layout.yml")
    said = at.fields(("tables", "areas"))
    return Layout(
        {name: _table(part) for name, part in said["tables"].fields().items()},
        {study: _of_areas(part) for study, part in said["areas"].fields((), areas.reported()).items()},
    )


def _table(at: Written) -> TableSpec:
    said = at.fields(("rows", "place", "caption"), ("columns", "at_least", "indicators"))
    return TableSpec(
        said["rows"].choice(ROWS, "kind of rows"),
        said["place"].text(),
        said["caption"].by_language(),
        tuple(map(_column, said["columns"].items())) if "columns" in said else (),
        said["at_least"].number() if "at_least" in said else 0.0,
        {name: part.by_language() for name, part in said["indicators"].fields().items()}
        if "indicators" in said
        else {},
    )


def _column(at: Written) -> Column:
    said = at.fields(("head", "measures"), ("with_sources", "undated"))
    shows = (_yes(said, "with_sources"), _yes(said, "undated"))
    return Column(said["head"].by_language(), _measures(said["measures"]), *shows)


def _of_areas(at: Written) -> OfAreas:
    said = at.fields(("opening", "numbers", "of_study", "unknown", "figures"))
    figures = [item.fields(("analysis", "name"), ("of_study",)) for item in said["figures"].items()]
    return OfAreas(
        tuple(map(_measures, said["opening"].items())),
        tuple(map(_measures, said["numbers"].items())),
        tuple(item.text() for item in said["of_study"].items()),
        _measures(said["unknown"]),
        tuple((each["analysis"].text(), each["name"].text(), _yes(each, "of_study")) for each in figures),
    )


def _yes(said: Mapping[str, Written], name: str) -> bool:
    """True if a field says yes; where it is left out, it says no."""
    return name in said and said[name].choice(("yes", "no"), "answer") == "yes"


def _measures(at: Written) -> tuple[str, ...]:
    """Measures, each with its item or without."""
    items = at.items()
    for item in items:
        item_of = item.text().partition(".")[0]
        if item_of not in MEASURES:
            raise item.error("unknown_measure", f"there is no measure '{item_of}' in findings/measures.")
    return tuple(item.text() for item in items)
