"""Findings of the notebook on case records: numbers of persons by protected tables, and medians of days."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pandas as pd

from analysis import areas, catalog
from analysis.areas import Area
from analysis.cases.person_counts import AGE_DETECTED, AGE_EXPLOITED, AND, BEGAN, CHILD_BEFORE, OF_AGES, OTHER
from analysis.cases.record_linkage import NOT_STATED
from analysis.exhibits import case_records, record_counts, time_to_referral
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult
from analysis.exhibits.case_records import LIMITS as DETECTED
from analysis.exhibits.exhibit import ESTIMATE, PROTECTED
from analysis.findings.exhibit_rows import Found, find_row
from analysis.findings.finding import BOUNDS, CONFIDENCE, EXACT, NOT_REPORTED, REFUSED, WITHHELD, Finding
from analysis.findings.measures import MEASURES
from analysis.intake.pseudonyms import fold
from analysis.referral.time_to_referral import TimeToReferral

CHILDREN = frozenset((*OF_AGES, *OF_AGES["child"]))
# Item -> value, as the protected tables have it.
SEXES = {"female": "Female", "male": "Male", "not_stated": NOT_STATED}
FORM = "form: "
CONTACTS = {"first_contact": "first", "referring_list": "sender"}
METHOD = "Persons of linked lists, counted in tables that are protected against disclosure (linear programming)."
NOBODY = "no list has a record of a person here; that need not mean that there is none"
NUMBER_WITHHELD = "the number is suppressed, so that no single person can be recognised"
NOT_BY_AREA = "it is not counted by area, since in some areas a group would be too small"
NOT_COUNTED = "the tables of this study, which stay those of its first release, do not count it"
DETECTED_AS_CHILDREN = (
    " Children are persons under 18 when they were detected (Palermo Protocol, art. 3 (d)); who was detected as an "
    "adult after exploitation as a child is not among them."
)
EXPLOITED_AS_CHILDREN = (
    " Children are persons under 18 when exploitation began (Palermo Protocol, art. 3 (d)), whatever their age when "
    "they were detected. Of many it is not stated."
)


def of_case_records(
    place: Area,
    *,
    who: pd.DataFrame,
    how: pd.DataFrame,
    years: pd.DataFrame,
    contacts: TimeToReferral | NoResult,
) -> list[Finding]:
    """Return all findings on the persons of an area or study: number, children, sex, nationality, forms, days.

    Parameters
    ----------
    who, how : what `record_counts.shares_of_traits` gives for the exhibits of these names. years : what
        `case_records.by_period` gives. contacts : days to the referral by contact, of `time_to_referral.of_contacts`.
    """
    return [
        recorded(place, years),
        *children(place),
        *by_sex(place, who),
        *by_nationality(place, who),
        *by_form(place, how),
        *days_to_referral(place, contacts),
    ]


def recorded(place: Area, years: pd.DataFrame) -> Finding:
    """Return the number of persons on the lists, each counted once.

    Parameters
    ----------
    years : as for `of_case_records`.
    """
    if reason := _not_linked(place):
        return _finding(place, "recorded_persons", status=REFUSED, why=reason)
    if (count := record_counts.total(place)) is None:
        return _finding(place, "recorded_persons", status=WITHHELD, why=NUMBER_WITHHELD)
    nobody = f" {NOBODY[:1].upper()}{NOBODY[1:]}." if count == 0 else ""
    numbers, _ = case_records.year_numbers(place, years)
    found = find_row({"by_year": numbers}, ("period",), {"period": case_records.ALL_YEARS})
    says = _read(found) if found else _bounds(place, count, count, 1)
    return _finding(place, "recorded_persons", **says, n=count, limits=f"{_limits(place)}{nobody}")


def _read(found: Found) -> dict[str, Any]:
    """Return what an exhibit has of a number of persons: exact, or with bounds where counts are adjusted."""
    row = found.row
    return found.says("count", EXACT if row.get("count_low", row["count"]) == row["count"] else BOUNDS)


def _limits(place: Area) -> str:
    return f"{DETECTED} {record_counts.together(place.study)}"


def _bounds(place: Area, low: int, high: int, cells: int) -> dict[str, Any]:
    """Return the number of persons in some cells: exact, or bounds where values were combined or counts adjusted."""
    by = cells * record_counts.adjusted_by(place.study) if high else 0
    exact = low == high and not by
    return {
        "value": low if low == high else None,
        "low": max(0, low - by),
        "high": high + by,
        "interval": EXACT if exact else BOUNDS,
    }


def children(place: Area) -> list[Finding]:
    """Return the numbers of those who were children when they were detected, and when exploitation began."""
    tables = record_counts.tables(place.study)
    began = {AGE_EXPLOITED: CHILDREN} if AGE_EXPLOITED in tables else {BEGAN: CHILDREN | frozenset(CHILD_BEFORE)}
    asked = {
        "recorded_children": ({AGE_DETECTED: CHILDREN}, DETECTED_AS_CHILDREN),
        "recorded_children_at_start": (began, EXPLOITED_AS_CHILDREN),
    }
    found = []
    for measure, (of_table, limits) in asked.items():
        ((name, values),) = of_table.items()
        finding = _of_values(place, measure, "", name, values, limits)
        not_counted = finding.status == WITHHELD and name not in tables
        found.append(replace(finding, why=NOT_COUNTED) if not_counted else finding)
    return found


def by_sex(place: Area, who: pd.DataFrame) -> list[Finding]:
    """Return persons by sex, and those of whom it is not stated."""
    shown = {"who": record_counts.with_bounds(place, who)[0]}
    return [
        _of_values(place, "recorded_by_sex", item, "sex", frozenset([value]), shown=shown)
        for item, value in SEXES.items()
    ]


def by_nationality(place: Area, who: pd.DataFrame) -> list[Finding]:
    """Return persons of the nationalities that the study asks about, as its table of studies names them."""
    shown = {"who": record_counts.with_bounds(place, who)[0]}
    asked = {item_of(name): name for name in filter(None, areas.STUDIES[place.study].nationalities.split(";"))}
    return [
        _of_values(place, "recorded_by_nationality", item, "nationality", frozenset([name]), shown=shown)
        for item, name in asked.items()
        if MEASURES["recorded_by_nationality"].declares(item)
    ]


def by_form(place: Area, how: pd.DataFrame) -> list[Finding]:
    """Return persons by form of exploitation, of every form that the tables of the study count."""
    shown = {"how": record_counts.with_bounds(place, how)[0]}
    names = {name.removesuffix(" by area") for name in record_counts.tables(place.study) if name.startswith(FORM)}
    asked = {item_of(name.removeprefix(FORM)): name for name in sorted(names)}
    return [
        _of_values(place, "recorded_by_form", item, name, frozenset(["yes"]), shown=shown)
        for item, name in asked.items()
        if MEASURES["recorded_by_form"].declares(item)
    ]


def item_of(value: str) -> str:
    """Return a value of the records, which are in English, as an item."""
    return re.sub(r"[^a-z]+", "_", fold(value)).strip("_")


def _of_values(
    place: Area,
    measure: str,
    item: str,
    name: str,
    values: frozenset[str],
    limits: str = "",
    shown: Mapping[str, pd.DataFrame] = MappingProxyType({}),
) -> Finding:
    """Return the persons who have one of some values in a table, as bounds where values were combined.

    Parameters
    ----------
    shown : the exhibit with the table's trait, by name: what one cell has is read from its row.
    """
    if reason := _not_linked(place):
        return _finding(place, measure, item, status=REFUSED, why=reason)
    total = record_counts.total(place)
    if total == 0:
        return _finding(place, measure, item, status=NOT_REPORTED, why=NOBODY)
    table = record_counts.of_place(place, name)
    if table.empty:
        return _finding(place, measure, item, status=WITHHELD, why=NOT_BY_AREA)
    surely, perhaps = _holding(table[record_counts.dimension(table)].astype(str), values)
    if table.loc[surely | perhaps, "count"].isna().any():
        return _finding(place, measure, item, status=WITHHELD, why=NUMBER_WITHHELD)
    low, more = (int(table.loc[rows, "count"].sum()) for rows in (surely, perhaps))
    pooled = "" if more == 0 else " Rare values were combined, so that only bounds are published."
    says = _bounds(place, low, low + more, int((surely | perhaps).sum()))
    if (
        surely.sum() == 1
        and not perhaps.any()
        and (found := find_row(shown, ("trait", "value"), _row_of(name, values)))
    ):
        says = _read(found)
    return _finding(place, measure, item, **says, n=total, limits=f"{_limits(place)}{limits}{pooled}")


def _row_of(name: str, values: frozenset[str]) -> dict[str, str]:
    """Return the row of an exhibit in which one value of a table stands alone."""
    head, _, own = name.partition(": ")
    return {"trait": record_counts.NAMES[head], "value": record_counts.spoken(own or next(iter(values)))}


def _holding(cells: pd.Series, values: frozenset[str]) -> tuple[pd.Series, pd.Series]:
    """Return which cells hold persons with one of the values alone, and which may hold some among others."""
    parts = cells.str.split(AND, regex=False)
    named = {part for cell in parts for part in cell}
    # A value that no cell names is among the others, if it is anywhere.
    unnamed = not values <= named
    surely = parts.map(lambda cell: set(cell) <= values).astype(bool)
    perhaps = parts.map(lambda cell: any(part in values or (unnamed and part.startswith(OTHER)) for part in cell))
    return surely, perhaps.astype(bool) & ~surely


def days_to_referral(place: Area, contacts: TimeToReferral | NoResult) -> list[Finding]:
    """Return median days to the referral, from the first contact and from the list that refers, where published."""
    table = time_to_referral.released(contacts)
    return [_days(place, item, table, time_to_referral.CONTACTS[contact]) for item, contact in CONTACTS.items()]


def _days(place: Area, item: str, table: pd.DataFrame, group: str) -> Finding:
    how: dict[str, Any] = {
        "method": "Median of days known as intervals, of persons with both dates (Turnbull, 1976).",
        "release_class": ESTIMATE,
        "limits": f"{time_to_referral.LIMITS} {time_to_referral.rounding()}",
    }
    if record_counts.total(place) == 0:
        return _finding(place, "days_to_referral", item, status=NOT_REPORTED, why=NOBODY, **how)
    found = find_row({"days_to_referral": table}, ("group",), {"group": group})
    if found is None or pd.isna(found.row["median_low"]):
        why = "too few persons have both a date of the first contact and a date of the referral"
        return _finding(place, "days_to_referral", item, status=WITHHELD, why=why, **how)
    row = found.row
    is_one = row["median_low"] == row["median_high"]
    interval = EXACT if is_one else BOUNDS
    if not pd.isna(row["low"]):
        interval = CONFIDENCE
        if not is_one:
            median = f"from {row['median_low']:g} to {row['median_high']:g} days"
            how["limits"] += f" Dates that are intervals leave the median open {median}."
    return _finding(place, "days_to_referral", item, **found.says("median_low", interval), **how)


def _not_linked(place: Area) -> str:
    """Return the reason why no person can be counted; "" where they can."""
    return "" if record_counts.is_linked(place) else "the records are not linked, and records are no persons"


def _finding(place: Area, measure: str, item: str = "", **own: Any) -> Finding:
    is_known = own.get("status") is None
    period = record_counts.period(place).replace("undated", "").replace(" to ", "/") if is_known else ""
    shared = {
        "method": METHOD,
        "limits": _limits(place),
        "kind": catalog.case_kind(place.study),
        "release_class": PROTECTED,
        "period": period,
    }
    return Finding(place, measure, item, **{**shared, **own})


take_names(__name__)
