"""Findings of the notebook on risk factors: shares of children, and odds ratios, as far as they may be released.

Shares are as fine as the page prints them: with more digits a share and its numerator would show how many know the
answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import product
from types import MappingProxyType
from typing import Any

import pandas as pd

from analysis import texts
from analysis.areas import Area
from analysis.exhibits import risk_factors, risk_outcomes, risk_sample
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult, attempt
from analysis.exhibits.exhibit import ESTIMATE, PROTECTED
from analysis.exhibits.risk_factors import FACTORS, LEVELS, RARE
from analysis.exhibits.risk_outcomes import FORMS
from analysis.exhibits.risk_survey import (
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
from analysis.exhibits.wording import sentences
from analysis.findings.finding import CONFIDENCE, NOT_REPORTED, REFUSED, WITHHELD, Finding
from survey_stats import SurveyDesign

TEXT = texts.of(__name__)

GROUPS = {"TR": "turkish", "SY": "syrian"}
NOBODY_ASKED = TEXT["nobody"]
# Outcomes with a model of all factors.
MODELLED = ("child_labour", "working")
# A level of a factor -> the item; of all other factors, that it applies.
_ITEMS = {"Syrian": "syrian", "boys": "boys", "12–14": "aged_12_14", "15–17": "aged_15_17"}
_ITEMS |= {"some": "some_turkish", "none": "no_turkish"}


def of_risk_factors(place: Area, confidence: float = 0.95) -> list[Finding]:
    """Return shares of children, where and how they work, vulnerabilities, unmet needs and odds ratios.

    Forms of work by sector are of the study alone.

    Parameters
    ----------
    confidence : level of all limits.
    """
    parts = (outcomes, sectors, vulnerabilities, unmet_needs, odds_ratios, *((forms,) if place.is_study else ()))
    return [finding for part in parts for finding in part(place, confidence)]


def outcomes(place: Area, confidence: float) -> list[Finding]:
    """The share of children in each outcome, by nationality."""
    asked = [*product(OUTCOMES, GROUPS)]
    return _shares(place, "prevalence", asked, _estimates(place, OUTCOMES, confidence))


def sectors(place: Area, confidence: float) -> list[Finding]:
    """The share of all children who work, and who are in child labour, in each sector."""
    named = {f"{outcome}:{sector}": f"{outcome}.{sector}" for outcome, sector in product(IN_SECTORS, SECTORS)}
    return _shares(place, "share_by_sector", [*product(named, GROUPS)], _estimates(place, named, confidence), named)


def forms(place: Area, confidence: float) -> list[Finding]:
    """The share of working children to whom each form of harm applies, by sector."""
    asked = asked_of(place)
    at_work = asked if isinstance(asked, NoResult) else attempt(SurveyDesign.domain, asked, asked.data["working"])
    by = ["sector_group", "nationality"]
    how: dict[str, Any] = {"by": by, "method": "kish", "confidence": confidence}
    table = protected_shares(attempt(SurveyDesign.proportion, at_work, list(FORMS), **how), place=place)
    wanted = [*product(FORMS, SECTORS, GROUPS)]
    return _shares(place, "form_of_work", wanted, table, keys=("variable", "sector_group", "nationality"))


def vulnerabilities(place: Area, confidence: float) -> list[Finding]:
    """The share of children to whom each vulnerability applies; some are asked of Syrian children only."""
    asked = [
        (name, code)
        for name, code in product(risk_sample.VULNERABILITIES, GROUPS)
        if code == "SY" or name not in risk_sample.OF_SYRIANS
    ]
    return _shares(place, "vulnerability", asked, _estimates(place, risk_sample.VULNERABILITIES, confidence))


def unmet_needs(place: Area, confidence: float) -> list[Finding]:
    """The share of children who need something and go without."""
    named = {f"gap_{need}": need for need in risk_outcomes.NEEDS}
    # As the page asks for them, so that they are computed once.
    every = [f"{part}_{need}" for part in ("need", "met", "gap") for need in risk_outcomes.NEEDS]
    return _shares(place, "unmet_need", [*product(named, GROUPS)], _estimates(place, every, confidence), named)


def _estimates(place: Area, variables: Iterable[str], confidence: float) -> pd.DataFrame | NoResult:
    """Shares of children by nationality, as the notebook computes them and the protected tables let them be told."""
    how: dict[str, Any] = {"by": "nationality", "method": "kish", "confidence": confidence}
    estimates = attempt(SurveyDesign.proportion, asked_of(place), list(variables), **how)
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
        found.append(_found(partial(state, item=item, n=n, confidence=row["confidence"]), numbers, row["flag"]))
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
    """A finding that a method gives no number, with the reason where it may be released."""
    why = reason_of(place, refused).rstrip(".") if tells_of_none(place, refused) else TEXT["stays"]
    is_suppressed = refused.code in (*SUPPRESSED_CODES, "empty_table")
    return state(status=WITHHELD if is_suppressed else REFUSED, why=why)


def _state(place: Area, measure: str, item: str, *, limits: str = LIMITS, more: str = "", **said) -> Finding:
    """A finding of the survey, which says of what kind it is."""
    found = survey_of(place)
    of = TEXT["state_of"].format(surveyed=surveyed(place)) if place.is_study else ""
    limits = sentences(limits, of, more)
    return Finding(place, measure, item, period=found.date, kind=found.kind, limits=limits, **said)


def odds_ratios(place: Area, confidence: float) -> list[Finding]:
    """Adjusted odds ratios of child labour and of working, and by Firth's method of trafficking."""
    limits = f"{risk_factors.ASSOCIATION} {LIMITS}"
    found = []
    for outcome in MODELLED:
        state = partial(_state, place, "odds_ratio", method=TEXT["adjusted"], limits=limits, release_class=ESTIMATE)
        found += _ratios(
            place, outcome, FACTORS, risk_factors.releasable_odds_ratios(place, outcome, confidence), state
        )
    limits = f"{risk_factors.OF_THE_RARE} {limits}"
    state = partial(_state, place, "odds_ratio", method=TEXT["penalised"], limits=limits, release_class=ESTIMATE)
    table = risk_factors.odds_ratios_of_trafficking(place, confidence)
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
            of_level = partial(state, item=item, confidence=row["confidence"])
            found.append(_found(of_level, numbers, "suppressed" if row["text"] else ""))
    return found


take_names(__name__)
