"""Shares of children that may leave: how many have it, and of how many asked, as the protected tables tell.

A share is released with its numerator and its complement: both are cells of the protected tables, and suppressed there
is suppressed here. The answers give the weighted share; every number of children is read from the tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import pandas as pd

from analysis import texts
from analysis.areas import Area
from analysis.sections.attempt import NoResult
from analysis.survey import counts
from analysis.survey.counts import AGE, AREA, NATIONALITIES, NATIONALITY, OUTCOME, SEX
from analysis.survey.processed import protected
from survey_stats import FEW, reliable
from survey_stats.contingency import releasable

TEXT = texts.of(__name__)

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


# Codes of reasons that tell of no few children; no method of `survey_stats` refuses by one of them.
SUPPRESSED_CODES = frozenset({"all_withheld", "few_at_work", "few_trafficked"})


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


def protected_shares(*estimates: pd.DataFrame | NoResult, place: Area, k: int = counts.K) -> pd.DataFrame | NoResult:
    """Proportions as far as the protected tables tell whom they are of; marked where they are imprecise.

    Parameters
    ----------
    estimates : of `SurveyDesign.proportion`, by nationality, sex, age_group or sector_group. A variable that is told of
        children of one sector among all is called "working:agriculture".
    place : the area that they are of.
    k : the smallest group of children that may be told; never fewer than the protected tables tell.

    Returns
    -------
    As `SurveyDesign.proportion`, with n (children asked) and cases (those who have it) from the protected tables,
    missing where they are suppressed there, and flag: see `survey_stats.contingency.releasable`. Of estimates of which
    one was refused, the reason.
    """
    parts = []
    for estimate in estimates:
        if isinstance(estimate, NoResult):
            return estimate
        parts.append(_protected(place, reliable(estimate), max(k, counts.K)))
    found = pd.concat(parts, ignore_index=True)
    return found[[*(name for name in GROUPS if name in found), *(name for name in found if name not in GROUPS)]]


def _protected(place: Area, found: pd.DataFrame, k: int) -> pd.DataFrame:
    with_it, asked = [], []
    for row in found.to_dict("records"):
        who = {name: str(row[name]) for name in GROUPS if name in row}
        variable, _, sector = str(row["variable"]).partition(":")
        if SECTOR in row:
            sector = str(row[SECTOR])
        of = having("working", sector=sector) if SECTOR in row else NEEDY if variable == "received_from" else EVERYBODY
        with_it.append(number(place, having(variable, row["category"], sector), **who))
        asked.append(number(place, of, **who))
    told = pd.DataFrame({"with_it": with_it, "asked": asked}, found.index, dtype="Int64")
    return releasable(found, told["with_it"], told["asked"], k)


def released(*estimates: pd.DataFrame | NoResult, place: Area, k: int = counts.K) -> pd.DataFrame | NoResult:
    """The same, as a page shows it: refused where every share is suppressed."""
    found = protected_shares(*estimates, place=place, k=k)
    if isinstance(found, NoResult) or not found["flag"].eq("suppressed").all():
        return found
    more = "" if place.is_study else TEXT["all_withheld_more"]
    return NoResult(TEXT["all_withheld"].format(k=k, few=FEW, more=more), "all_withheld")
