"""What a new study is: everything that its tables follow from, checked as a whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import pandas as pd

from analysis import areas
from analysis.catalog import RAW, shown
from analysis.studies.answers import Asking, Source, StudyError, bibliography, chosen, refuse
from analysis.studies.area_names import Named, Spellings, by_iso, country, iso_count, not_in_iso, own
from analysis.studies.received import Received, figures
from analysis.studies.shapes import Shapes, columns, guessed, layers, projection, read

# Folders of data/raw that belong to no study.
TAKEN = ("boundaries", "evidence", "referral", "synthetic", "register", "processed")
KINDS = ("public", "synthetic")
UNITS = ("persons", "cases", "reports")
LIMITS = "Detected and reported, not incidence: an area that looks harder finds more. No figure is not zero."
INVENTED = "Synthetic numbers. They say nothing about any real person, place or year."


@dataclass(frozen=True)
class Declared:
    """A study that can be written.

    Parameters
    ----------
    study, title, iso3, level, projection : as the table of studies and that of areas have them.
    areas : one an area, in the order of their ids. shapes : area_id, name, geometry (EPSG:4326).
    kind, indicator, words, unit, limits : what the counts are.
    counts, population : as they were received. sources : of the boundaries, the counts and the population.
    in_report : whether the report on the pledge tells of it.
    files : the files that were read. remarks : sentences on what was decided and left out.
    """

    study: str
    title: str
    iso3: str
    level: str
    projection: str
    areas: tuple[Named, ...]
    shapes: gpd.GeoDataFrame
    kind: str
    indicator: str
    words: str
    unit: str
    limits: str
    counts: Received
    population: Received
    sources: tuple[Source, Source, Source]
    bibliography: pd.DataFrame
    in_report: bool
    files: tuple[Path, Path, Path]
    remarks: tuple[str, ...] = field(default=())

    @property
    def is_synthetic(self) -> bool:
        return self.kind == "synthetic"

    @property
    def country(self) -> str:
        return country(self.iso3)


def declared(study: str, asking: Asking) -> Declared:
    """A study from what is given and asked: boundaries first, as all else is held against them.

    Raises
    ------
    StudyError : with every fault of the tables, each with file, row and column; or with what nobody could be asked for.
    """
    _require_free(study)
    iso3 = asking("iso3", "the country, in three capital letters, as GHA")
    given = {flag: asking(flag, question) for flag, question in _FILES.items()}
    kind = asking("kind", "what the counts are: published, or synthetic", "", KINDS)
    if asking.ask is None and not asking.given.get("counts-title"):
        # Without a bibliography sources are asked, or said, one by one.
        asking("sources", "the bibliography of the files, in the columns of data/raw/evidence/sources.csv")
    asking.refuse()
    name = country(iso3)
    files = tuple(Path(given[flag]) for flag in _FILES)
    _require_kind(files[1], kind)
    shapes = _shapes(files[0], iso3, asking)
    named = _named(shapes, iso3, asking)
    spelt = Spellings(named)
    counts = figures(files[1], spelt)
    population = figures(files[2], spelt, date=asking.given.get("population-date") or "", bounds=False)
    refuse([*counts.faults, *population.faults, *_held_together(counts, population, spelt, files)])
    table, by_purpose = bibliography(asking), {}
    for purpose in ("boundaries", "counts", "population"):
        by_purpose[purpose], table = chosen(purpose, table, iso3, asking)
    level = asking.taken("level", "one area is called, in small letters", named[0].level)
    title = asking("title", "a title: a name, a colon, and what is compared", f"{name}: {len(named)} {level}s")
    asking.refuse()
    return Declared(
        study=study,
        title=title,
        iso3=iso3,
        level=_checked(level, r"[a-z][a-z ]{1,29}", "--level", "small letters, as region"),
        projection=projection(shapes.table),
        areas=named,
        shapes=_by_id(shapes, named),
        kind=kind,
        indicator=_checked(
            asking.given.get("indicator") or "victims_detected",
            r"[a-z][a-z0-9_]+",
            "--indicator",
            "small letters and _",
        ),
        words=asking.given.get("words") or "Victims detected",
        unit=_one_of(asking.given.get("unit") or "persons", "--unit", UNITS),
        limits=asking.given.get("limits") or LIMITS,
        counts=counts,
        population=population,
        sources=(by_purpose["boundaries"], by_purpose["counts"], by_purpose["population"]),
        bibliography=table,
        in_report=_one_of(asking.given.get("in-report") or "False", "--in-report", ("True", "False")) == "True",
        files=(files[0], files[1], files[2]),
        remarks=(*shapes.remarks, *counts.remarks, *population.remarks),
    )


_FILES = {
    "boundaries": "the file of boundaries",
    "counts": "the file of counts",
    "population": "the file of inhabitants",
}


def _require_free(study: str) -> None:
    """Raise StudyError unless a study can be called so."""
    if not areas.STUDY_PATTERN.fullmatch(study):
        raise StudyError(
            "invalid_id",
            f"'{study}' cannot name a study: 2 to 20 small letters, digits and _ make its name, as cabo_verde.",
        )
    if study in TAKEN or (study in areas.STUDIES and areas.STUDIES[study].listed_in != f"{study}_study"):
        raise StudyError("name_taken", f"'{study}' is taken by {shown(RAW)} already: give the study another name.")


def _require_kind(counts: Path, kind: str) -> None:
    if "SYNTHETIC" in counts.name and kind != "synthetic":
        raise StudyError(
            "wrong_kind",
            f"{shown(counts)} says SYNTHETIC in its name: synthetic counts are never taken for published ones. "
            "Say --kind synthetic.",
        )


def _shapes(path: Path, iso3: str, asking: Asking) -> Shapes:
    """The shapes by the columns that are named; guessed ones are taken without asking only where ISO confirms them."""
    found = layers(path)
    only = found[0] if len(found) == 1 else ""
    layer = asking.given.get("layer") or only or asking("layer", f"the layer of {shown(path)}", "", found)
    asking.refuse()
    offered = columns(path, layer)
    key, names = guessed(offered)
    if asking.ask is None and key and names and by_iso(offered[key], offered[names], iso3):
        key, names = asking.taken("key", "", key), asking.taken("names", "", names)
    else:
        key = asking("key", f"the column of codes in {shown(path)}", key)
        names = asking("names", f"the column of names in {shown(path)}", names)
    asking.refuse()
    return read(path, layer, key, names)


def _named(shapes: Shapes, iso3: str, asking: Asking) -> tuple[Named, ...]:
    """The areas in the order of their ids: of ISO 3166-2 where it has all of them, else own ones if that is chosen."""
    keys, names = list(shapes.table["key"]), list(shapes.table["name"])
    found = by_iso(keys, names, iso3)
    ids = asking.taken("ids", "ids of the areas: of ISO 3166-2, or own ones", "iso", ("iso", "own")) if found else ""
    if not found and asking.given.get("ids") != "own":
        said = _not_iso(names, iso3)
        if asking.ask is None:
            raise StudyError(
                "areas_not_in_iso",
                f"{said}. Correct the names in the boundaries or name another column by --names; or say --ids own, "
                "and the areas get ids of the project's own.",
            )
        print(f"{said}.")
        if asking("ids", "give the areas ids of the project's own", "own", ("own", "stop")) == "stop":
            raise StudyError(
                "stopped_by_user", "Stopped, as asked: correct the names in the boundaries, or name another column."
            )
    if not found or ids == "own":
        level = asking("level", "one area is called, in small letters, as district")
        asking.refuse()
        found = own(keys, names, iso3, level)
    return tuple(sorted(found, key=lambda area: area.area_id))


def _not_iso(names: Sequence[str], iso3: str) -> str:
    """Why areas could not be given ids of ISO 3166-2."""
    absent = not_in_iso(names, iso3)
    if absent:
        return f"ISO 3166-2 has {iso_count(iso3)} areas of {country(iso3)}, and among them not {'; '.join(absent[:6])}"
    return (
        "Two shapes have the name of one area in ISO 3166-2, or one name stands for several areas there; a column of "
        "ISO codes, named by --key, would tell"
    )


def _by_id(shapes: Shapes, named: Sequence[Named]) -> gpd.GeoDataFrame:
    of_key = {area.key: area for area in named}
    table = shapes.table.assign(area_id=[of_key[key].area_id for key in shapes.table["key"]])
    table["name"] = [of_key[key].name for key in shapes.table["key"]]
    return table[["area_id", "name", "geometry"]].sort_values("area_id", ignore_index=True)


def _held_together(counts: Received, population: Received, spelt: Spellings, files: Sequence[Path]) -> list[str]:
    """Faults that one table shows in the other: nobody lives where persons were counted, or fewer than were counted."""
    called = {area.area_id: area.name for area in spelt.areas}
    people = population.table.groupby("area_id")["low"].max()
    faults = []
    for area_id in (*population.absent, *(area_id for area_id, _ in population.unknown if area_id not in people)):
        faults.append(
            f"{shown(files[2])}: {called[area_id]} has no figure. Without inhabitants there is no rate; add its row."
        )
    if counts.table.empty:
        faults.append(f"{shown(files[1])}: no figure in it is known, so that there is nothing to show.")
    for row in counts.table.itertuples():
        if row.area_id in people and row.low > people[row.area_id]:
            faults.append(
                f"{shown(files[1])}: {called[row.area_id]} has {row.value} in {row.date}, and {people[row.area_id]:,} "
                f"inhabitants in {shown(files[2])}. One of the two figures is wrong, or columns were exchanged."
            )
    return faults


def _checked(text: str, pattern: str, flag: str, wanted: str) -> str:
    if not re.fullmatch(pattern, text):
        raise StudyError("invalid_format", f"{flag} {text}: this must be {wanted}.")
    return text


def _one_of(text: str, flag: str, choices: Sequence[str]) -> str:
    if text not in choices:
        raise StudyError("unknown_choice", f"{flag} {text}: this must be one of {', '.join(choices)}.")
    return text
