"""Indicators of a study: each with its words, its unit, and what it is not.

What a question to the evidence names: places and indicators, each of which exists or is refused.

The tables of schema ``indicators`` of all catalogues declare them. Like the tables of studies they are no evidence: a
page follows from the rows of its own study, and from no others.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import MISSING, dataclass, fields
from typing import Any

from analysis import areas, catalog
from analysis.areas import Area, Place
from analysis.data_read import remembered
from bounded.refusal import Refusal

PERSONS, CASES, REPORTS, PERCENT, OTHER = COUNTS = ("persons", "cases", "reports", "percent", "other")
# What has no count of events behind it, so that it is neither ranked per inhabitants nor fitted by a Poisson trend.
NOT_EVENTS = (PERCENT, OTHER)


@dataclass(frozen=True)
class Indicator:
    """One indicator of a study.

    Parameters
    ----------
    study, indicator : the study, and what the figures of the indicator are called in its tables of facts.
    words : for axes and captions.
    counts : what its figures count, one of COUNTS.
    compared : whether the areas of the study are ranked and mapped by it.
    over_time : whether it is drawn over the years and tested for a trend.
    limits : one sentence: what it is not.
    compared_as, compared_limits : its words and its limits where areas are compared by it; left out, the same.
    per : so many inhabitants its rates are for.
    stock : whether it is a number on a day, as of persons registered: it counts no events, and has no Poisson limits.
    together : words for it and those drawn over the years with it, in a title; left out, the words of each.
    """

    study: str
    indicator: str
    words: str
    counts: str
    compared: bool
    over_time: bool
    limits: str
    compared_as: str = ""
    compared_limits: str = ""
    per: int = 100_000
    stock: bool = False
    together: str = ""


def of(study: str) -> tuple[Indicator, ...]:
    """The indicators of a study, in the order of its table; none where it declares none.

    Raises
    ------
    catalog.CatalogError : the study's table of indicators breaks its rules, or another table of it does; the message
        names file, row and column.
    """
    declared = of_each_study()
    if (fault := catalog.faults().get(study)) is not None:
        raise fault
    return declared.get(study, ())


@remembered
def of_each_study() -> dict[str, tuple[Indicator, ...]]:
    """The indicators of all studies that can be worked on, by study; see `catalog.faults` for the others."""
    columns = tuple(each.name for each in fields(Indicator) if each.default is MISSING)
    optional = tuple(each.name for each in fields(Indicator) if each.default is not MISSING)
    found: dict[str, dict[str, Indicator]] = defaultdict(dict)
    for entry in catalog.of_each_study("indicators"):
        with catalog.fault_of(entry.study):
            for number, row in enumerate(catalog.rows(entry.name, columns, optional), 2):
                said = f"{catalog.shown(entry.path)}, row {number}"
                _check(row, said)
                if row["indicator"] in found[row["study"]]:
                    raise catalog.CatalogError(
                        "duplicate_key", f"{said}: '{row['indicator']}' of {row['study']} stands twice; leave one."
                    )
                said_of: dict[str, Any] = {each: row[each] == "True" for each in ("compared", "over_time", "stock")}
                cells: dict[str, Any] = {**row, **said_of, "per": int(row["per"] or Indicator.per)}
                found[row["study"]][row["indicator"]] = Indicator(**cells)
    return {study: tuple(declared.values()) for study, declared in found.items()}


def stated(study: str, level: str, measure: str) -> tuple[str, ...] | None:
    """Return the indicators of which a measure is stated as findings; None where a study says nothing of such places.

    Parameters
    ----------
    level : of the place, as ``country`` or ``study``. measure : of findings, as ``annual_change``.
    """
    rows = [row for row in _declaring("stated_indicators") if (row["study"], row["level"]) == (study, level)]
    return tuple(row["indicator"] for row in rows if row["measure"] == measure) if rows else None


# Measures of indicators that are no counts and have a figure a year: findings on their order, or no finding.
LEVELS = ("rank_trend", "level")


def levels(study: str) -> frozenset[str]:
    """Return the indicators that are no counts and whose figures over the years a study looks at."""
    rows = _declaring("stated_indicators")
    return frozenset(row["indicator"] for row in rows if row["study"] == study and row["measure"] in LEVELS)


@dataclass(frozen=True)
class StatedFigure:
    """An official figure that is stated as a finding.

    Parameters
    ----------
    measure : of findings; it has the unit. indicator : what the figure is called in the tables of facts.
    besides : items that are stated besides the latest figure: ``part_of_year`` (after the last whole year),
        ``previous``, ``before_previous``, ``highest``, ``lowest``; or ``several_years``, which stands instead of it.
    is_asked : whether the finding says so where no figure was read; else there is none.
    """

    measure: str
    indicator: str
    besides: tuple[str, ...]
    is_asked: bool


def stated_figures(place: Area, measures: Iterable[str]) -> tuple[StatedFigure, ...]:
    """Return the figures of a place that its study states as findings, in the order of its table.

    Parameters
    ----------
    measures : those that are official figures.
    """
    allowed = set(measures)
    return tuple(
        StatedFigure(
            row["measure"], row["indicator"], tuple(filter(None, row["besides"].split(";"))), bool(row["asked"])
        )
        for row in _declaring("stated_indicators")
        if row["study"] == place.study and row["level"] in ("", place.level) and row["measure"] in allowed
    )


@dataclass(frozen=True)
class Topic:
    """A topic of the facts of a study.

    Parameters
    ----------
    topic : its name. title : what its table shows. limits : what its figures are not.
    begins : how the names of its indicators begin.
    of_each_area : of these a study as a whole shows the figures of its country alone.
    """

    topic: str
    title: str
    limits: str
    begins: tuple[str, ...]
    of_each_area: tuple[str, ...]


def topics(place: Area) -> tuple[Topic, ...]:
    """Return the topics of which a place has tables, in the order of its study's table."""
    return tuple(
        Topic(
            row["topic"], row["title"], row["limits"], *(tuple(filter(None, row[each].split(";"))) for each in _STARTS)
        )
        for row in _declaring("topics")
        if row["study"] == place.study and row["level"] in ("", place.level)
    )


_STARTS = ("begins", "of_each_area")


def awaited(study: str, needs: str) -> list[tuple[str, str]]:
    """Return measures and items of findings that a study would state had it lists of case records, or a survey.

    Parameters
    ----------
    needs : ``case_records`` or ``survey``.
    """
    rows = _declaring("awaited_findings")
    return [(row["measure"], row["item"]) for row in rows if (row["study"], row["needs"]) == (study, needs)]


# What a study chooses: table -> columns that it must have, and those that it can have.
_CHOICES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "stated_indicators": (("study", "level", "measure", "indicator"), ("besides", "asked")),
    "topics": (("study", "topic", "title", "begins", "limits", "of_each_area", "level"), ()),
    "awaited_findings": (("study", "needs", "measure", "item"), ()),
}
# Tables that declare studies, and have no figures.
DECLARATIONS = ("studies", "indicators", *_CHOICES)


@remembered
def _declaring(schema: str) -> list[dict[str, str]]:
    """Return the rows of all tables of a schema in which studies choose."""
    return [row for entry in catalog.of_each_study(schema) for row in catalog.rows(entry.name, *_CHOICES[schema])]


def declared_of(study: str) -> list[dict[str, str]]:
    """Return all that a study chooses, for what its pages follow from."""
    return [row for schema in _CHOICES for row in _declaring(schema) if row["study"] == study]


def _check(row: dict[str, str], said: str) -> None:
    """Raise CatalogError for a cell that would go wrong far from here."""
    rules = {
        "study": (row["study"] in areas.STUDIES, f"one of {', '.join(areas.STUDIES)}"),
        "indicator": (areas.STUDY_PATTERN.match(row["indicator"]), "small letters, digits and _"),
        "words": (row["words"], "not empty"),
        "counts": (row["counts"] in COUNTS, f"one of {', '.join(COUNTS)}"),
        "compared": (row["compared"] in ("True", "False"), "True or False"),
        "over_time": (row["over_time"] in ("True", "False"), "True or False"),
        "limits": (row["limits"], "a sentence that says what the figures are not"),
        "per": (not row["per"] or re.fullmatch("10+", row["per"]), "10, 100, 1000 and so on, or empty for 100000"),
        "stock": (row["stock"] in ("True", "False", ""), "True or False, or empty for False"),
    }
    catalog.require_cells(said, rules)
    if row["compared"] == "True" and row["counts"] in NOT_EVENTS:
        raise catalog.CatalogError(
            "indicator_not_comparable",
            f"{said}, column 'compared': this must be False, since only persons, cases and reports are divided by "
            "inhabitants.",
        )


# Ids or names of areas, or areas themselves; None for all.
Places = Place | Iterable[Place] | None
Names = str | Iterable[str] | None


class UnknownIndicator(Refusal):
    """No table of the evidence has figures of this name; the message lists the nearest names."""


def ids_of(places: Places, besides: tuple[str, ...] = ()) -> list[str] | None:
    """The ids of the places that are asked for; None for all. What `besides` holds is an id as well.

    Raises
    ------
    areas.UnknownArea : there is no such place, or a name is that of several.
    """
    if places is None:
        return None
    each = [places] if isinstance(places, str | Area) else list(places)
    names = [place.area_id if isinstance(place, Area) else place for place in each]
    return [area_id for name in names for area_id in ((name,) if name in besides else _ids_named(name))]


@remembered
def _ids_named(name: str) -> tuple[str, ...]:
    """The ids of the place that a person names; of a study those of its country and of its areas."""
    if name in _ids_of_studies():
        return (name,)
    if name not in areas.STUDIES:
        if name in _ids_of_others():
            return (name,)
        name = areas.named(name)
    if name not in areas.STUDIES:
        return (name,)
    nation = areas.STUDIES[name].iso3
    return (*([nation] if nation else []), *areas.looked_up(name))


@remembered
def _ids_of_studies() -> frozenset[str]:
    """The ids of all areas, and of the countries that they are parts of."""
    nations = {study.iso3 for study in areas.STUDIES.values() if study.iso3}
    return frozenset(nations.union(*map(areas.looked_up, areas.STUDIES)))


@remembered
def _ids_of_others() -> frozenset[str]:
    """The ids of other places that exist: countries (ISO 3166-1), and what the tables of all tell of besides areas."""
    import pycountry  # seldom needed: most questions are on areas

    tables = [
        catalog.load(entry.name, counts_as_read=False)["area_id"]
        for schema in ("facts", "population")
        for entry in catalog.of_schema(schema)
        if not entry.study
    ]
    regions = catalog.load("turkiye_regions", counts_as_read=False)["nuts2_id"]
    return frozenset({country.alpha_3 for country in pycountry.countries}.union(regions, *tables))


def require_known(asked: Names, known: Iterable[str], what: str) -> None:
    """Raise UnknownIndicator unless all names that are asked for are known; `what` says what they are names of."""
    names = set(known)
    for name in [asked] if isinstance(asked, str) else asked or ():
        if name in names:
            continue
        near = difflib.get_close_matches(str(name), sorted(names), n=3, cutoff=0.5)
        hint = f"The nearest {'is' if len(near) == 1 else 'are'}: {', '.join(near)}." if near else ""
        raise UnknownIndicator(
            "unknown_indicator",
            f"The evidence has no {what} '{str(name)[:60]}'. {hint or f'The column `{what}` has them all.'}",
        )


@remembered
def known_indicators(studies: tuple[str, ...]) -> frozenset[str]:
    """Return the indicators of which the tables of all, and of some studies, have figures, or say that they count."""
    entries = [
        entry
        for schema in ("facts", "indicators")
        for entry in catalog.of_schema(schema)
        if not entry.study or entry.study in studies
    ]
    return frozenset().union(*(catalog.load(entry.name, counts_as_read=False)["indicator"] for entry in entries))
