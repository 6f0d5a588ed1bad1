"""What the notebooks on case records and on risk factors state of persons, as far as protected tables and models let.

Shares of the survey are as fine as the page prints them: with more digits a share and its numerator would tell how many
know the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import product
from types import MappingProxyType
from typing import Any

import pandas as pd

from analysis import catalog, texts
from analysis.areas import Area
from analysis.cases.person_counts import AND, OF_AGES, OTHER
from analysis.cases.record_linkage import NOT_STATED
from analysis.findings.finding import BOUNDS, CONFIDENCE, EXACT, NOT_REPORTED, REFUSED, WITHHELD, Finding
from analysis.findings.measures import MEASURES
from analysis.sections import record_counts, risk_factors, risk_outcomes, risk_sample, time_to_referral
from analysis.sections.case_records import LIMITS as DETECTED
from analysis.sections.risk_factors import FACTORS, LEVELS, RARE
from analysis.sections.risk_outcomes import FORMS
from analysis.sections.risk_survey import (
    IN_SECTORS,
    LIMITS,
    OUTCOMES,
    SECTORS,
    SUPPRESSED_CODES,
    asked_of,
    protected_shares,
    reason_of,
    survey_of,
    surveyed,
    tells_of_none,
)
from analysis.sections.section import ESTIMATE, PROTECTED, NoResult, attempt, sentences
from survey_stats import SurveyDesign

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
        children(place),
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


def children(place: Area) -> Finding:
    """Those who were children when they were exploited, as far as their age is known."""
    return _of_values(place, "recorded_children", "", "age", CHILDREN)


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


def _of_values(place: Area, measure: str, item: str, dimension: str, values: frozenset[str]) -> Finding:
    """The persons who have one of some values of a dimension, as bounds where values were taken together."""
    if reason := _not_linked(place):
        return _finding(place, measure, item, status=REFUSED, why=reason)
    total = record_counts.total(place)
    if total == 0:
        return _finding(place, measure, item, status=NOT_REPORTED, why=NOBODY)
    table = record_counts.of_place(place, dimension)
    if table.empty:
        return _finding(place, measure, item, status=WITHHELD, why=TEXT["not_by_area"])
    surely, perhaps = _holding(table[dimension].astype(str), values)
    if table.loc[surely | perhaps, "count"].isna().any():
        return _finding(place, measure, item, status=WITHHELD, why=NUMBER_WITHHELD)
    low, more = (int(table.loc[rows, "count"].sum()) for rows in (surely, perhaps))
    pooled = "" if more == 0 else TEXT["of_values_pooled"]
    bounds = _bounds(place, low, low + more, int((surely | perhaps).sum()))
    return _finding(place, measure, item, **bounds, n=total, limits=f"{_limits(place)}{pooled}")


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
        "limits": f"{time_to_referral.LIMITS} {time_to_referral.ROUNDED}",
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


GROUPS = {"TR": "turkish", "SY": "syrian"}
NOBODY_ASKED = TEXT["findings_risk_factors_nobody"]
# Outcomes with a model of all factors.
MODELLED = ("child_labour", "working")
# A level of a factor -> the item; of all other factors, that it applies.
_ITEMS = {"Syrian": "syrian", "boys": "boys", "12–14": "aged_12_14", "15–17": "aged_15_17"}
_ITEMS |= {"some": "some_turkish", "none": "no_turkish"}


def of_risk_factors(place: Area) -> list[Finding]:
    """Shares of children, where and how they work, vulnerabilities, unmet needs and odds ratios.

    Forms of work by sector are of the study alone.
    """
    found = [*outcomes(place), *sectors(place), *vulnerabilities(place), *unmet_needs(place), *odds_ratios(place)]
    return [*found, *forms(place)] if place.is_study else found


def outcomes(place: Area) -> list[Finding]:
    """The share of children in each outcome, by nationality."""
    asked = [*product(OUTCOMES, GROUPS)]
    return _shares(place, "prevalence", asked, _estimates(place, OUTCOMES))


def sectors(place: Area) -> list[Finding]:
    """The share of all children who work, and who are in child labour, in each sector."""
    named = {f"{outcome}:{sector}": f"{outcome}.{sector}" for outcome, sector in product(IN_SECTORS, SECTORS)}
    return _shares(place, "share_by_sector", [*product(named, GROUPS)], _estimates(place, named), named)


def forms(place: Area) -> list[Finding]:
    """The share of working children to whom each form of harm applies, by sector."""
    asked = asked_of(place)
    at_work = asked if isinstance(asked, NoResult) else attempt(SurveyDesign.domain, asked, asked.data["working"])
    by = ["sector_group", "nationality"]
    table = protected_shares(attempt(SurveyDesign.proportion, at_work, list(FORMS), by=by, method="kish"), place=place)
    wanted = [*product(FORMS, SECTORS, GROUPS)]
    return _shares(place, "form_of_work", wanted, table, keys=("variable", "sector_group", "nationality"))


def vulnerabilities(place: Area) -> list[Finding]:
    """The share of children to whom each vulnerability applies; some are asked of Syrian children only."""
    asked = [
        (name, code)
        for name, code in product(risk_sample.VULNERABILITIES, GROUPS)
        if code == "SY" or name not in risk_sample.OF_SYRIANS
    ]
    return _shares(place, "vulnerability", asked, _estimates(place, risk_sample.VULNERABILITIES))


def unmet_needs(place: Area) -> list[Finding]:
    """The share of children who need something and go without."""
    named = {f"gap_{need}": need for need in risk_outcomes.NEEDS}
    # As the page asks for them, so that they are computed once.
    every = [f"{part}_{need}" for part in ("need", "met", "gap") for need in risk_outcomes.NEEDS]
    return _shares(place, "unmet_need", [*product(named, GROUPS)], _estimates(place, every), named)


def _estimates(place: Area, variables: Iterable[str]) -> pd.DataFrame | NoResult:
    """Shares of children by nationality, as the notebook computes them and the protected tables let them be told."""
    estimates = attempt(SurveyDesign.proportion, asked_of(place), list(variables), by="nationality", method="kish")
    return protected_shares(estimates, place=place)


def _shares(
    place: Area,
    measure: str,
    asked: Iterable[tuple[str, ...]],
    table: pd.DataFrame | NoResult,
    named: Mapping[str, str] = MappingProxyType({}),
    keys: tuple[str, ...] = ("variable", "nationality"),
) -> list[Finding]:
    """A finding for each share that was asked for, as the page shows it, or why there is none."""
    state = partial(_state, place, measure, method=TEXT["weighted"], release_class=PROTECTED)
    items = {key: ".".join([named.get(key[0], key[0]), *key[1:-1], GROUPS[key[-1]]]) for key in asked}
    if isinstance(table, NoResult):
        return [_refused(place, partial(state, item=item), table) for item in items.values()]
    rows = {tuple(str(row[name]) for name in keys): row for row in table.to_dict("records")}
    found = []
    for key, item in items.items():
        row = rows.get(key)
        if row is None:
            found.append(state(item=item, status=NOT_REPORTED, why=NOBODY_ASKED))
            continue
        n = None if pd.isna(row["n"]) else int(row["n"])
        numbers = [round(100 * float(row[name]), 1) for name in ("estimate", "low", "high")]
        found.append(_found(partial(state, item=item, n=n), numbers, row["flag"]))
    return found


def _found(state: partial[Finding], numbers: Iterable[float], flag: str) -> Finding:
    """The finding of a number with its limits: known, or suppressed, or not to be stated; a number has its `n`."""
    value, low, high = numbers
    without = partial(state, n=None)
    if flag == "suppressed":
        return without(status=WITHHELD, why=TEXT["few"])
    if value != value:
        return without(status=NOT_REPORTED, why=NOBODY_ASKED)
    if low != low or high != high:
        return without(status=REFUSED, why=TEXT["no_limits"])
    more = TEXT["imprecise"] if flag == "imprecise" else ""
    return state(value=value, low=low, high=high, interval=CONFIDENCE, more=more)


def _refused(place: Area, state: Callable[..., Finding], refused: NoResult) -> Finding:
    """Why a method gives no number, as far as that may be told."""
    why = reason_of(place, refused).rstrip(".") if tells_of_none(place, refused) else TEXT["stays"]
    is_suppressed = refused.code in (*SUPPRESSED_CODES, "empty_table")
    return state(status=WITHHELD if is_suppressed else REFUSED, why=why)


def _state(place: Area, measure: str, item: str, *, limits: str = LIMITS, more: str = "", **said) -> Finding:
    """A finding of the survey, which says of what kind it is."""
    found = survey_of(place)
    of = TEXT["state_of"].format(surveyed=surveyed(place)) if place.is_study else ""
    limits = sentences(limits, of, more)
    return Finding(place, measure, item, period=found.date, kind=found.kind, limits=limits, **said)


def odds_ratios(place: Area) -> list[Finding]:
    """Adjusted odds ratios of child labour and of working, and by Firth's method of trafficking."""
    limits = f"{risk_factors.ASSOCIATION} {LIMITS}"
    found = []
    for outcome in MODELLED:
        state = partial(_state, place, "odds_ratio", method=TEXT["adjusted"], limits=limits, release_class=ESTIMATE)
        found += _ratios(place, outcome, FACTORS, risk_factors.releasable_odds_ratios(place, outcome), state)
    limits = f"{risk_factors.OF_THE_RARE} {limits}"
    state = partial(_state, place, "odds_ratio", method=TEXT["penalised"], limits=limits, release_class=ESTIMATE)
    table = risk_factors.odds_ratios_of_trafficking(place)
    return [*found, *_ratios(place, "trafficked", RARE, table, state)]


def _ratios(
    place: Area, outcome: str, factors: Iterable[str], table: pd.DataFrame | NoResult, state: Callable[..., Finding]
) -> list[Finding]:
    """A finding for each level of each factor but the first, to which the others are compared."""
    levels = [
        (factor, level) for factor in factors for level in [*LEVELS.get(factor, {"": "", "yes": "yes"}).values()][1:]
    ]
    items = {(factor, level): f"{outcome}.{_ITEMS.get(level, factor)}" for factor, level in levels}
    if isinstance(table, NoResult):
        return [_refused(place, partial(state, item=item), table) for item in items.values()]
    rows = {(row["factor"], str(row["level"])): row for row in table.to_dict("records")}
    found = []
    for key, item in items.items():
        row = rows.get(key)
        if row is None:
            found.append(state(item=item, status=NOT_REPORTED, why=NOBODY_ASKED))
        elif row["text"] and not row["text"].startswith("suppressed"):
            found.append(state(item=item, status=REFUSED, why=TEXT["ratios_why"]))
        else:
            numbers = [round(float(row[name]), 2) for name in ("adjusted", "adjusted_low", "adjusted_high")]
            found.append(_found(partial(state, item=item), numbers, "suppressed" if row["text"] else ""))
    return found
