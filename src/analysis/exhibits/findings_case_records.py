"""What the notebook on case records states of persons, as far as protected tables let."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pandas as pd

from analysis import catalog, texts
from analysis.areas import Area
from analysis.cases.person_counts import AGE_DETECTED, AGE_EXPLOITED, AND, BEGAN, CHILD_BEFORE, OF_AGES, OTHER
from analysis.cases.record_linkage import NOT_STATED
from analysis.exhibits import record_counts, time_to_referral
from analysis.exhibits.any_place import take_names
from analysis.exhibits.case_records import LIMITS as DETECTED
from analysis.exhibits.exhibit import ESTIMATE, PROTECTED
from analysis.findings.finding import BOUNDS, CONFIDENCE, EXACT, NOT_REPORTED, REFUSED, WITHHELD, Finding
from analysis.findings.measures import MEASURES

TEXT = texts.of(__name__)

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
NOBODY = TEXT["nobody"]
NUMBER_WITHHELD = TEXT["number_withheld"]


def of_case_records(place: Area) -> list[Finding]:
    """Persons on the lists of an area or study: how many, children, sex, nationality, forms, and days to referral."""
    return [
        recorded(place),
        *children(place),
        *by_sex(place),
        *by_nationality(place),
        *by_form(place),
        *days_to_referral(place),
    ]


def recorded(place: Area) -> Finding:
    """The persons on the lists, each counted once."""
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
    """The number of persons in some cells: exact, or as bounds where values were taken together or counts adjusted."""
    by = cells * record_counts.adjusted_by(place.study) if high else 0
    exact = low == high and not by
    return {
        "value": low if low == high else None,
        "low": max(0, low - by),
        "high": high + by,
        "interval": EXACT if exact else BOUNDS,
    }


def children(place: Area) -> list[Finding]:
    """Those who were children when they were detected, and when exploitation began, as far as their age is known."""
    tables = record_counts.tables(place.study)
    began = {AGE_EXPLOITED: CHILDREN} if AGE_EXPLOITED in tables else {BEGAN: CHILDREN | frozenset(CHILD_BEFORE)}
    asked = {
        "recorded_children": ({AGE_DETECTED: CHILDREN}, TEXT["detected_as_children"]),
        "recorded_children_at_start": (began, TEXT["exploited_as_children"]),
    }
    found = []
    for measure, (of_table, limits) in asked.items():
        ((name, values),) = of_table.items()
        finding = _of_values(place, measure, "", name, values, limits)
        not_counted = finding.status == WITHHELD and name not in tables
        found.append(replace(finding, why=TEXT["not_counted"]) if not_counted else finding)
    return found


def by_sex(place: Area) -> list[Finding]:
    """Persons by sex, and those of whom it is not stated."""
    return [_of_values(place, "recorded_by_sex", item, "sex", frozenset([value])) for item, value in SEXES.items()]


def by_nationality(place: Area) -> list[Finding]:
    """Persons of the nationalities that the study asks about."""
    return [
        _of_values(place, "recorded_by_nationality", item, "nationality", frozenset([value]))
        for item, value in NATIONALITIES.get(place.study, {}).items()
    ]


def by_form(place: Area) -> list[Finding]:
    """Persons by form of exploitation, of every form that the tables of the study count."""
    names = {name.removesuffix(" by area") for name in record_counts.tables(place.study) if name.startswith(FORM)}
    asked = {item_of(name.removeprefix(FORM)): name for name in sorted(names)}
    return [
        _of_values(place, "recorded_by_form", item, name, frozenset(["yes"]))
        for item, name in asked.items()
        if MEASURES["recorded_by_form"].declares(item)
    ]


def item_of(value: str) -> str:
    """A value of the records, which are in English, as an item."""
    return re.sub(r"[^a-z]+", "_", value.lower()).strip("_")


def _of_values(place: Area, measure: str, item: str, name: str, values: frozenset[str], limits: str = "") -> Finding:
    """The persons who have one of some values in the table of a name, as bounds where values were taken together."""
    if reason := _not_linked(place):
        return _finding(place, measure, item, status=REFUSED, why=reason)
    total = record_counts.total(place)
    if total == 0:
        return _finding(place, measure, item, status=NOT_REPORTED, why=NOBODY)
    table = record_counts.of_place(place, name)
    if table.empty:
        return _finding(place, measure, item, status=WITHHELD, why=TEXT["not_by_area"])
    surely, perhaps = _holding(table[record_counts.dimension(table)].astype(str), values)
    if table.loc[surely | perhaps, "count"].isna().any():
        return _finding(place, measure, item, status=WITHHELD, why=NUMBER_WITHHELD)
    low, more = (int(table.loc[rows, "count"].sum()) for rows in (surely, perhaps))
    pooled = "" if more == 0 else TEXT["of_values_pooled"]
    bounds = _bounds(place, low, low + more, int((surely | perhaps).sum()))
    return _finding(place, measure, item, **bounds, n=total, limits=f"{_limits(place)}{limits}{pooled}")


def _holding(cells: pd.Series, values: frozenset[str]) -> tuple[pd.Series, pd.Series]:
    """Which cells hold persons with one of the values alone, and which may hold some among others."""
    parts = cells.str.split(AND, regex=False)
    named = {part for each in parts for part in each}
    # A value that no cell names is among the others, if it is anywhere.
    unnamed = not values <= named
    surely = parts.map(lambda each: set(each) <= values).astype(bool)
    perhaps = parts.map(lambda each: any(part in values or (unnamed and part.startswith(OTHER)) for part in each))
    return surely, perhaps.astype(bool) & ~surely


def days_to_referral(place: Area) -> list[Finding]:
    """The median days to the referral, from the first contact and from the list that refers, where it may leave."""
    table = time_to_referral.medians(place).set_index("group")
    return [_days(place, item, table, time_to_referral.CONTACTS[contact]) for item, contact in CONTACTS.items()]


def _days(place: Area, item: str, table: pd.DataFrame, group: str) -> Finding:
    how: dict[str, Any] = {
        "method": TEXT["median"],
        "release_class": ESTIMATE,
        "limits": f"{time_to_referral.LIMITS} {time_to_referral.rounding()}",
    }
    if record_counts.total(place) == 0:
        return _finding(place, "days_to_referral", item, status=NOT_REPORTED, why=NOBODY, **how)
    if group not in table.index or pd.isna(table.loc[group, "low"]):
        why = TEXT["days_why"]
        return _finding(place, "days_to_referral", item, status=WITHHELD, why=why, **how)
    row = table.loc[group]
    has_limits = not pd.isna(row["limit_low"])
    low, high = ("limit_low", "limit_high") if has_limits else ("low", "high")
    value = float(row["low"]) if row["low"] == row["high"] else None
    interval = CONFIDENCE if has_limits else EXACT if value is not None else BOUNDS
    numbers = {"value": value, "low": float(row[low]), "high": float(row[high]), "interval": interval}
    if has_limits and value is None:
        how["limits"] += TEXT["dates_that_are_intervals_leave"].format(low=row["low"], high=row["high"])
    return _finding(place, "days_to_referral", item, **numbers, **how)


def _not_linked(place: Area) -> str:
    """Why no person can be counted; empty where they can."""
    return "" if record_counts.is_linked(place) else TEXT["the_records_are_not_linked"]


def _finding(place: Area, measure: str, item: str = "", **said: Any) -> Finding:
    told = said.get("status") is None
    period = record_counts.period(place).replace("undated", "").replace(" to ", "/") if told else ""
    shared = {
        "method": TEXT["method"],
        "limits": _limits(place),
        "kind": catalog.case_kind(place.study),
        "release_class": PROTECTED,
    }
    return Finding(place, measure, item, **{**shared, "period": period, **said})


take_names(__name__)
