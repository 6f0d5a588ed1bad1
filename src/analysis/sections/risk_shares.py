"""Shares of children that may leave: how many have it, and of how many asked, as the protected tables tell.

A share leaves with its numerator and its complement: both are cells of the protected tables, and suppressed there is
suppressed here. The answers give the weighted share; every number of children is read from the tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import pandas as pd

from analysis.areas import Area
from analysis.survey import counts
from analysis.survey.counts import AGE, AREA, NATIONALITIES, NATIONALITY, OUTCOME, SEX
from analysis.survey.processed import protected
from survey_stats import FEW, NotEstimable, SurveyDesign, reliable
from survey_stats.contingency import releasable

GROUPS = (NATIONALITY, SEX, AGE)
SECTOR = "sector_group"
# Cells of a table: its stem, and the values that are asked for in its other dimensions.
Cells = tuple[str, Mapping[str, str]]
EVERYBODY: Cells = ("children", {})
AT_WORK: Cells = ("working", {OUTCOME: "working"})
NEEDY: Cells = ("needs", {"help": "needs something"})
# Whose cells are told under another name.
_NAMED: dict[str, Cells] = {
    "attends_school": ("out_of_school", {"out_of_school": counts.REST}),
    "separated": ("lives_with_parents", {"lives_with_parents": "neither"}),
    "debt": ("debt", {"debt": "debt"}),
    "debt_to_employer": ("debt_to_employer", {"debt": "to an employer"}),
    "both": ("both", {"trafficked": counts.YES, OUTCOME: "child_labour"}),
}


_NEEDS = {"need": "needs it", "met": "gets it", "gap": "goes without"}


class Suppressed(NotEstimable):
    """Nothing of what was asked for may be shown, as few children would be told; the message holds no number of any."""


@cache
def _tables(study: str) -> dict[str, tuple[dict[tuple[str, ...], int | None], tuple[str, ...], frozenset[str]]]:
    """The protected tables by name: cell -> count (None where it is suppressed), the dimensions, the areas."""
    found = {}
    for name, table in protected(study).items():
        dimensions = tuple(column for column in table if column != "count")
        keys = list(zip(*(table[column].astype(str) for column in dimensions), strict=True)) if dimensions else [()]
        numbers = [None if pd.isna(count) else int(count) for count in table["count"]]
        areas_in = frozenset(table[AREA].astype(str)) if AREA in table else frozenset()
        found[name] = (dict(zip(keys, numbers, strict=True)), dimensions, areas_in)
    return found


def areas_asked(study: str) -> int:
    """In how many areas of a study children were asked."""
    found = _tables(study).get(counts.name("children", (AREA, NATIONALITY)))
    return len(found[2]) if found else 0


def is_counted(place: Area, stem: str, by: Iterable[str]) -> bool:
    """Whether there is such a table: one that would be mostly suppressed is left out."""
    return counts.name(stem, _by(place, by)) in _tables(place.study)


def number(place: Area, cells: Cells, **group: str) -> int | None:
    """How many of the children asked in an area stand in some cells of a protected table.

    Parameters
    ----------
    cells : stem of the table, and values of its dimensions; cells of all other values are added up.
    group : nationality, sex and age_group, as far as they are told apart: without a nationality both are added up.

    Returns
    -------
    Unweighted number; None where one of the cells is suppressed, or there is no such table.
    """
    if NATIONALITY not in group:
        parts = [number(place, cells, **{NATIONALITY: code, **group}) for code in NATIONALITIES]
        return None if None in parts else sum(part for part in parts if part is not None)
    stem, values = cells
    found = _tables(place.study).get(counts.name(stem, _by(place, (name for name in GROUPS if name in group))))
    if found is None:
        return None
    table, dimensions, _ = found
    wanted = {**group, **values} | ({} if place.is_study else {AREA: place.area_id})
    places = [(dimensions.index(name), value) for name, value in wanted.items()]
    numbers = [count for cell, count in table.items() if all(cell[at] == value for at, value in places)]
    # A combination that is not listed is a zero.
    return None if None in numbers else sum(count for count in numbers if count is not None)


def _by(place: Area, groups: Iterable[str]) -> list[str]:
    return [*(() if place.is_study else (AREA,)), *groups]


def having(variable: str, category: object = True, sector: str = "") -> Cells:
    """Where the children with an answer or an outcome are counted; in one sector, of those who work in it."""
    if sector:
        return _in_sector(variable, sector)
    if variable in _NAMED:
        return _NAMED[variable]
    part, _, need = variable.partition("_")
    if part in _NEEDS and need in counts.NEEDS:
        value = _NEEDS[part]
        return ("need" if part == "need" else "gap") + f"_{need}", {f"need: {need}": value}
    if variable in counts.CODES:
        return variable, {variable: str(category)}
    if variable == "received_from":
        return variable, {"help": str(category)}
    if variable in counts.TRAITS:
        trait = counts.TRAITS[variable]
        return trait, {trait: str(category)}
    if variable in (*counts.ANSWERS, *counts.TOO_LONG, "trafficked"):
        return variable, {variable: counts.YES}
    return variable, {OUTCOME: variable}


def _in_sector(variable: str, sector: str) -> Cells:
    stem = counts.by_sector(variable)
    if variable in ("paid_to_others", "unpaid"):
        return stem, {"pay": variable, OUTCOME: sector}
    if variable == "working":
        return stem, {OUTCOME: sector}
    if variable in ("seasonal_migration", "trafficked"):
        return stem, {variable: counts.YES, OUTCOME: sector}
    if variable in (*counts.TOO_LONG, *counts.HARDSHIPS):
        outer = "child_labour" if variable in counts.TOO_LONG else "hazardous_work"
        outer = "forced_labour" if variable in counts.COERCION else outer
        return stem, {variable: counts.YES, OUTCOME: counts.within(sector, outer)}
    return stem, {OUTCOME: counts.within(sector, variable)}


def shares(
    place: Area,
    design: SurveyDesign,
    variables: str | list[str],
    by: str | list[str] | None = None,
    of: Cells = EVERYBODY,
    group: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Proportions with their limits; suppressed where few children would be told, marked where they are imprecise.

    Parameters
    ----------
    place, design : an area, and its sample with the domain that is meant.
    variables, by : as for `SurveyDesign.proportion`; `by` nationality, sex, age_group or sector_group. A variable that
        is told of children of one sector among all is called "working:agriculture".
    of : where the children of the domain are counted; of a sector, those who work in it.
    group : of which nationality, sex or age the domain is, as far as `by` does not say it.

    Returns
    -------
    As `SurveyDesign.proportion`, with n (children asked) and cases (those who have it) from the protected tables,
    missing where they are suppressed there, and flag: see `releasable`.
    """
    design.require_probability("prevalence")
    if not design.inside.any():
        raise NotEstimable(
            "empty_group", "None of the children asked here is of the group in question: of it nothing is known."
        )
    found = reliable(design.proportion(variables, by=by, method="kish"))
    named = [name for name in ([by] if isinstance(by, str) else by or []) if name in GROUPS]
    with_it, asked = [], []
    for row in found.to_dict("records"):
        who = {**(group or {}), **{name: str(row[name]) for name in named}}
        variable, _, sector = str(row["variable"]).partition(":")
        if SECTOR in row:
            sector = str(row[SECTOR])
        with_it.append(number(place, having(variable, row["category"], sector), **who))
        asked.append(number(place, having("working", sector=sector) if SECTOR in row else of, **who))
    told = pd.DataFrame({"with_it": with_it, "asked": asked}, found.index, dtype="Int64")
    return releasable(found, told["with_it"], told["asked"], counts.K)


def require_some(place: Area, found: pd.DataFrame) -> None:
    """Raise Suppressed where every share of a table is suppressed."""
    if found["flag"].eq("suppressed").all():
        raise Suppressed(
            "all_withheld",
            f"Every number is suppressed: fewer than {counts.K} children would be identified by it or by a difference, "
            f"or fewer than {FEW} were asked. " + ("" if place.is_study else "The study as a whole may show more."),
        )
