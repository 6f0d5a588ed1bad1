"""Findings of the notebook on case records: numbers of persons by protected tables, and medians of days."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pandas as pd

from analysis import catalog
from analysis.areas import Area
from analysis.cases.person_counts import AGE_DETECTED, AGE_EXPLOITED, AND, BEGAN, CHILD_BEFORE, OF_AGES, OTHER
from analysis.cases.record_linkage import NOT_STATED
from analysis.exhibits import record_counts, time_to_referral
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult
from analysis.exhibits.case_records import LIMITS as DETECTED
from analysis.exhibits.exhibit import ESTIMATE, PROTECTED
from analysis.findings.finding import BOUNDS, CONFIDENCE, EXACT, NOT_REPORTED, REFUSED, WITHHELD, Finding
from analysis.findings.measures import MEASURES
from analysis.referral.time_to_referral import TimeToReferral

CHILDREN = frozenset((*OF_AGES, *OF_AGES["child"]))
# Item -> value, as the protected tables have it.
SEXES = {"female": "Female", "male": "Male", "not_stated": NOT_STATED}
# Those whom the study is about, with the commonest others; their records name them so.
NATIONALITIES = {
    "turkiye": {"syria": "Syria", "turkiye": "Türkiye"},
    "cabo_verde": {"cabo_verde": "Cabo Verde", "guinea_bissau": "Guinea-Bissau", "senegal": "Senegal"},
    "demo_provinces": {"mirania": "Mirania", "arboria": "Arboria"},
    "demo_islands": {"insulia": "Insulia", "galenia": "Galenia", "sorania": "Sorania"},
}
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


def of_case_records(place: Area, contacts: TimeToReferral | NoResult) -> list[Finding]:
    """Return all findings on the persons of an area or study: number, children, sex, nationality, forms, days.

    Parameters
    ----------
    contacts : days to the referral by contact, of `time_to_referral.of_contacts`.
    """
    return [
        recorded(place),
        *children(place),
        *by_sex(place),
        *by_nationality(place),
        *by_form(place),
        *days_to_referral(place, contacts),
    ]


def recorded(place: Area) -> Finding:
    """Return the number of persons on the lists, each counted once."""
    if reason := _not_linked(place):
        return _finding(place, "recorded_persons", status=REFUSED, why=reason)
    if (count := record_counts.total(place)) is None:
        return _finding(place, "recorded_persons", status=WITHHELD, why=NUMBER_WITHHELD)
    nobody = f" {NOBODY[:1].upper()}{NOBODY[1:]}." if count == 0 else ""
    return _finding(
        place, "recorded_persons", **_bounds(place, count, count, 1), n=count, limits=f"{_limits(place)}{nobody}"
    )


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


def by_sex(place: Area) -> list[Finding]:
    """Return persons by sex, and those of whom it is not stated."""
    return [_of_values(place, "recorded_by_sex", item, "sex", frozenset([value])) for item, value in SEXES.items()]


def by_nationality(place: Area) -> list[Finding]:
    """Return persons of the nationalities that the study asks about."""
    return [
        _of_values(place, "recorded_by_nationality", item, "nationality", frozenset([value]))
        for item, value in NATIONALITIES.get(place.study, {}).items()
    ]


def by_form(place: Area) -> list[Finding]:
    """Return persons by form of exploitation, of every form that the tables of the study count."""
    names = {name.removesuffix(" by area") for name in record_counts.tables(place.study) if name.startswith(FORM)}
    asked = {item_of(name.removeprefix(FORM)): name for name in sorted(names)}
    return [
        _of_values(place, "recorded_by_form", item, name, frozenset(["yes"]))
        for item, name in asked.items()
        if MEASURES["recorded_by_form"].declares(item)
    ]


def item_of(value: str) -> str:
    """Return a value of the records, which are in English, as an item."""
    return re.sub(r"[^a-z]+", "_", value.lower()).strip("_")


def _of_values(place: Area, measure: str, item: str, name: str, values: frozenset[str], limits: str = "") -> Finding:
    """Return the persons who have one of some values in a table, as bounds where values were combined."""
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
    bounds = _bounds(place, low, low + more, int((surely | perhaps).sum()))
    return _finding(place, measure, item, **bounds, n=total, limits=f"{_limits(place)}{limits}{pooled}")


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
    table = time_to_referral.medians(contacts).set_index("group")
    return [_days(place, item, table, time_to_referral.CONTACTS[contact]) for item, contact in CONTACTS.items()]


def _days(place: Area, item: str, table: pd.DataFrame, group: str) -> Finding:
    how: dict[str, Any] = {
        "method": "Median of days known as intervals, of persons with both dates (Turnbull, 1976).",
        "release_class": ESTIMATE,
        "limits": f"{time_to_referral.LIMITS} {time_to_referral.rounding()}",
    }
    if record_counts.total(place) == 0:
        return _finding(place, "days_to_referral", item, status=NOT_REPORTED, why=NOBODY, **how)
    if group not in table.index or pd.isna(table.loc[group, "low"]):
        why = "too few persons have both a date of the first contact and a date of the referral"
        return _finding(place, "days_to_referral", item, status=WITHHELD, why=why, **how)
    row = table.loc[group]
    has_limits = not pd.isna(row["limit_low"])
    low, high = ("limit_low", "limit_high") if has_limits else ("low", "high")
    value = float(row["low"]) if row["low"] == row["high"] else None
    interval = CONFIDENCE if has_limits else EXACT if value is not None else BOUNDS
    numbers = {"value": value, "low": float(row[low]), "high": float(row[high]), "interval": interval}
    if has_limits and value is None:
        median = f"from {row['low']:g} to {row['high']:g} days"
        how["limits"] += f" Dates that are intervals leave the median open {median}."
    return _finding(place, "days_to_referral", item, **numbers, confidence=float(row["confidence"]), **how)


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
