"""Public evidence, ready to be explored: one row a figure, or a pair of places that a report names.

Figures of one source can be parts of one another: by sex, by age, by both, and all. Of each country and year the parts
are taken that say most and do not overlap, with what they leave of the total as "not stated".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from analysis import areas, catalog, evidence, indicators
from analysis.areas import Area
from analysis.cases.traits import NOT_STATED
from analysis.exhibits import detection, own_figures, route, route_explorer
from analysis.explore.records import (
    AGE_GROUP,
    AREA,
    FORM,
    NATIONALITY,
    PUBLIC,
    SEX,
    YEAR,
    Column,
    Records,
    interval,
    one_value,
    pairs,
    several_values,
    titled,
)
from bounded import intervals

MENTIONS, DETECTED, FORMS, CITIZENSHIP = (
    "Routes named in US reports",
    "Detected victims by sex and age, UNODC",
    "Detected victims by form, UNODC",
    "Detected victims by citizenship, UNODC",
)
SEXES = {"female": "female", "male": "male"}
AGES = {"0-17": "children", "18+": "adults"}
# Where somebody was detected can be stated, and be no area of the study.
OUTSIDE = "outside the study"
NOT_COMPLETE = "A year without a figure was not reported; it is not zero."
# A sex and an age, "all" where it is not told; the least and the most.
Cell: TypeAlias = tuple[str, str]
Bounds: TypeAlias = tuple[float, float]
ALL: Cell = ("all", "all")
# How the parts of a total can be cut, the finest first.
CUTS: tuple[tuple[Cell, ...], ...] = (
    (("female", "0-17"), ("female", "18+"), ("male", "0-17"), ("male", "18+")),
    (("all", "0-17"), ("all", "18+")),
    (("female", "all"), ("male", "all")),
)


def mentions(place: Area) -> Records:
    """Routes named in US reports: one row a mention and a pair of places that it names."""
    _, coded = route.sources_of(place)
    table = route_explorer.pairs_of_mentions(coded)
    own = areas.ids(place.study)
    number = np.arange(len(table))
    ends = pd.concat([table["origin"], table["destination"]], ignore_index=True)
    inside = ends.isin(own).to_numpy()
    named = _called(ends)
    # Rows of one mention are of one report, and say its year each.
    years = _years(table["year"].str.partition(";")[0])
    return _records(
        place,
        "mentions",
        MENTIONS,
        unit="mentions of a pair of places",
        columns={
            AREA: several_values(
                AREA, np.tile(number, 2)[inside], ends[inside], len(table), NOT_STATED, own, _names(place.study)
            ),
            YEAR: years,
            SEX: _split(SEX, table["sex"], list(SEXES)),
            AGE_GROUP: _split(AGE_GROUP, table["age_group"], list(AGES.values())),
            FORM: _split(FORM, table["form"]),
        },
        pairs=pairs(table["origin"], table["destination"], named, []),
        sources=evidence.short_source(coded["source_id"].unique()),
        limits=(
            f"{route.MISSES[route.MENTIONS]} {route.WRITTEN_OF} A mention counts once at each pair that it names, and "
            f"an area once for each end of one.{_whose(place)}"
        ),
    )


def by_sex_and_age(place: Area) -> Records:
    """Detected victims as UNODC counts them, by sex and age."""
    table = evidence.detected_by_sex_age(detection.countries(place))
    return _unodc(place, table[table["drawn"]], "detected", DETECTED)


def by_form(place: Area) -> Records:
    """Detected victims as UNODC counts them, by form of exploitation."""
    table = evidence.detected_by_form(detection.countries(place))
    table = table[table["drawn"]].assign(form=lambda rows: rows["form"].str.replace("_", " "))
    return _unodc(place, table, "forms", FORMS, FORM)


def by_citizenship(place: Area) -> Records:
    """Detected victims as UNODC counts them, by citizenship and where they were detected."""
    flows, _ = route.sources_of(place)
    table = intervals.widest(flows).reset_index(drop=True)
    ends = pd.concat([table["citizenship"], table["detected_in"]], ignore_index=True)
    named = _called(ends)
    years = _years(table["year"].astype(str))
    return _records(
        place,
        "citizenship",
        CITIZENSHIP,
        unit="victims",
        columns={
            AREA: _detected_in(place, table["detected_in"]),
            YEAR: years,
            NATIONALITY: one_value(NATIONALITY, table["citizenship"].map(named)),
        },
        pairs=pairs(table["citizenship"], table["detected_in"], named, []),
        sources=evidence.short_source(table["source_id"].unique()),
        limits=(
            f"{detection.NOT_INCIDENCE} {route.MISSES[route.UNODC]} On the map stands where victims were detected."
            f"{_whose(place)}"
        ),
        **_bounds(table),
    )


def figures_of(place: Area, of: indicators.Indicator) -> Records | None:
    """The figures of an indicator by area and whole year; None where it has none, or where they cannot be added.

    A stock on a day is no event: over the years the same persons would be added again and again.
    """
    table = own_figures.figures(place.study, areas.ids(place.study), [of])
    days = (table["date_high"] - table["date_low"]).dt.days + 1
    whole = (days >= own_figures.SHORTEST_YEAR) & (table["date_low"].dt.year == table["date_high"].dt.year)
    is_stock = of.counts not in own_figures.WHOLE_YEARS and not whole.all()
    # What is a minimum has no upper bound, and cannot be added to what has one.
    table = table[whole & np.isfinite(table["high"])].reset_index(drop=True)
    if table.empty or is_stock or of.counts in indicators.NOT_EVENTS:
        return None
    years = _years(table["date_low"].dt.year.astype(str))
    names = _names(place.study)
    kind = catalog.figures_kind(place.study) or PUBLIC
    return _records(
        place,
        of.indicator,
        of.words,
        kind=kind,
        unit=of.counts,
        columns={AREA: one_value(AREA, table["area_id"], list(names), names), YEAR: years},
        pairs=None,
        sources=evidence.short_source(table["source_id"].unique()),
        limits=f"{of.limits} {NOT_COMPLETE} Minima and parts of a year are left out.",
        **_bounds(intervals.widest(table)),
    )


def _records(
    place: Area, name: str, words: str, *, columns: Mapping[str, Column], kind: str = PUBLIC, **rest: Any
) -> Records:
    """A data set of the study of a place: what all of them say alike, and the rest as `Records` has it."""
    years = columns[YEAR].labels
    return Records(
        name=f"{name}_{place.study}",
        title=titled(words, kind),
        study=place.study,
        kind=kind,
        period=(int(years[0]), int(years[-1])),
        areas=_areas(place.study),
        columns=columns,
        **rest,
    )


def _unodc(place: Area, table: pd.DataFrame, name: str, title: str, by: str = "") -> Records:
    keys = ["area_id", "year", *([by] if by else [])]
    parts = without_overlap(table, keys)
    years = _years(parts["year"].astype(str))
    columns: dict[str, Column] = {
        AREA: _detected_in(place, parts["area_id"]),
        YEAR: years,
        SEX: _told(SEX, parts["sex"], SEXES),
        AGE_GROUP: _told(AGE_GROUP, parts["age"], AGES),
    }
    if by:
        columns[by] = one_value(by, parts[by])
    return _records(
        place,
        name,
        title,
        unit="victims",
        columns=columns,
        pairs=None,
        sources=evidence.short_source(table["source_id"].unique()),
        limits=(
            f"{detection.NOT_INCIDENCE} {NOT_COMPLETE} Countries report different years. `<5` is 0 to 4. Where a "
            f"country tells sexes or ages and not both, the other is not stated.{_whose(place)}"
        ),
        **_bounds(parts),
    )


def without_overlap(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Of figures that are parts of one another, those that say most and do not overlap.

    Parameters
    ----------
    table : `keys`, sex and age ("all" where all are meant), low, high, value_qualifier.
    keys : what a total is of: country, year.

    Returns
    -------
    DataFrame: `keys`, sex, age ("all" where the part does not tell), low, high. The parts of a total that are all there
    stand in its place: by sex and age, else by age, else by sex. What the total has beyond all of them, at least, is a
    part more; a total without parts is its own.
    """
    cells: dict[tuple, dict[Cell, Bounds]] = {}
    wide = intervals.widest(table)
    for *key, sex, age, low, high in wide[[*keys, "sex", "age", "low", "high"]].itertuples(index=False, name=None):
        cells.setdefault(tuple(key), {})[sex, age] = (low, high)
    rows = [(*key, *cell, *bounds) for key in sorted(cells) for cell, bounds in _parts(cells[key])]
    return pd.DataFrame(rows, columns=[*keys, "sex", "age", "low", "high"])


def _parts(cells: dict[Cell, Bounds]) -> list[tuple[Cell, Bounds]]:
    """The parts of one total that do not overlap."""
    whole = cells.get(ALL)
    for cut in CUTS:
        if all(cell in cells for cell in cut):
            parts = [(cell, cells[cell]) for cell in cut]
            beyond = whole[0] - sum(high for _, (_, high) in parts) if whole else 0
            return [*parts, (ALL, (beyond, beyond))] if beyond > 0 else parts
    if whole:
        return [(ALL, whole)]
    # Parts that are not all there: what the finest of them hold is all that is told.
    some = next((cut for cut in CUTS if any(cell in cells for cell in cut)), tuple(cells))
    return [(cell, cells[cell]) for cell in some if cell in cells]


def _told(name: str, values: pd.Series, words: dict[str, str]) -> Column:
    said = values.map(words).fillna(NOT_STATED)
    return one_value(name, said, [*words.values(), NOT_STATED], unknown=[NOT_STATED])


def _split(name: str, values: pd.Series, labels: Iterable[str] = ()) -> Column:
    """Several words with ``;`` between them."""
    words = values.str.split(";").explode()
    words = words[words != ""]
    return several_values(name, words.index.to_numpy(), words, len(values), NOT_STATED, list(labels))


def _years(years: pd.Series) -> Column:
    number = years.astype(int)
    first = int(number.min()) if len(number) else 0
    labels = [str(year) for year in range(first, (int(number.max()) if len(number) else 0) + 1)]
    at = number.to_numpy() - first
    return interval(YEAR, at, at, years, labels)


def _areas(study: str) -> pd.DataFrame:
    return areas.load(study)[["area_id", "name"]]


def _names(study: str) -> dict[str, str]:
    return dict(zip(*(_areas(study)[name] for name in ("area_id", "name")), strict=True))


def _called(ends: pd.Series) -> dict[str, str]:
    """id -> what a place is called, of all that stand among some."""
    ids = pd.unique(ends)
    return dict(zip(ids, route.named(pd.Series(ids)), strict=True))


def _detected_in(place: Area, ids: pd.Series) -> Column:
    """Which area of a study; of a country whose areas are the study's, which of them is not stated."""
    own, home = _names(place.study), areas.STUDIES[place.study].iso3
    said = ids.where(ids.isin(list(own)), ids.map(lambda code: NOT_STATED if code == home else OUTSIDE))
    abroad = [OUTSIDE] if (said == OUTSIDE).any() else []
    return one_value(AREA, said, [*own, *abroad, NOT_STATED], own, [NOT_STATED])


def _whose(place: Area) -> str:
    """A sentence where the figures are a country's, and say nothing of the areas of a study within it."""
    study = areas.STUDIES[place.study]
    return "" if study.of_countries else f" These are figures of {study.name} as a whole: no area is told."


def _bounds(table: pd.DataFrame) -> dict[str, Any]:
    low, high = (table[name].to_numpy(dtype=float) for name in ("low", "high"))
    return {"counts": low, "more": high - low if (high > low).any() else None}
