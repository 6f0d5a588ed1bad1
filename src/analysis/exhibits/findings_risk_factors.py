"""Findings of the notebook on risk factors: shares of children, and odds ratios, as far as they may be released.

Each is read from the row of the exhibit that has it, as fine as the page prints it: with more digits a share and its
numerator would show how many know the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import product
from typing import Any, TypeAlias

import pandas as pd

from analysis import texts
from analysis.areas import Area
from analysis.exhibits import risk_factors, risk_outcomes, risk_sample
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult
from analysis.exhibits.exhibit import ESTIMATE, PROTECTED
from analysis.exhibits.risk_factors import FACTORS, LEVELS, RARE
from analysis.exhibits.risk_outcomes import FORMS
from analysis.exhibits.risk_survey import (
    IN_SECTORS,
    LIMITS,
    OUTCOMES,
    SUPPRESSED,
    SUPPRESSED_CODES,
    NamedShares,
    reason_of,
    survey_of,
    surveyed,
    tells_of_none,
)
from analysis.exhibits.wording import sentences
from analysis.findings.exhibit_rows import from_row
from analysis.findings.finding import CONFIDENCE, NOT_REPORTED, REFUSED, WITHHELD, Finding
from analysis.survey.counts import SECTORS

TEXT = texts.of(__name__)

GROUPS = {"TR": "turkish", "SY": "syrian"}
NOBODY_ASKED = TEXT["nobody"]
# Outcomes that the page has among the parts of another one alone.
PARTS = ("hazardous_work",)
# A level of a factor -> the item; of all other factors, that it applies.
_ITEMS = {"Syrian": "syrian", "boys": "boys", "12–14": "aged_12_14", "15–17": "aged_15_17"}
_ITEMS |= {"some": "some_turkish", "none": "no_turkish"}
# Variable, sector of work where it is asked for, and code of the nationality -> item of a finding.
Asked: TypeAlias = Mapping[Any, str]
Shares: TypeAlias = pd.DataFrame | NoResult


def of_risk_factors(
    place: Area,
    *,
    prevalence: Shares,
    nested: Shares,
    sectors: Shares,
    forms: Shares,
    needs: Shares,
    vulnerabilities: Shares,
    ratios: Mapping[str, Shares],
) -> list[Finding]:
    """Return shares of children, where and how they work, vulnerabilities, unmet needs and odds ratios.

    Forms of work by sector are of the study alone, and so are the exhibits of odds ratios: those of an area name none.

    Parameters
    ----------
    prevalence, nested, sectors, forms, needs, vulnerabilities : what the exhibits of these names are made from.
    ratios : outcome -> its odds ratios, as the exhibits are made from them.
    """
    return [
        *outcomes(place, prevalence, nested),
        *in_sectors(place, sectors),
        *having_vulnerabilities(place, vulnerabilities),
        *unmet_needs(place, needs),
        *odds_ratios(place, ratios),
        *(in_forms(place, forms) if place.is_study else ()),
    ]


def outcomes(place: Area, prevalence: Shares, nested: Shares) -> list[Finding]:
    """Return the share of children in each outcome, by nationality; of hazardous work as a part of child labour."""
    own = {(name, code): f"{name}.{group}" for name, (code, group) in product(OUTCOMES, GROUPS.items())}
    parts = {key: own.pop(key) for key in list(own) if key[0] in PARTS}
    return [
        *_shares(place, "prevalence", own, risk_outcomes.PREVALENCE, prevalence),
        *_shares(place, "prevalence", parts, risk_outcomes.WITHIN, nested),
    ]


def in_sectors(place: Area, sectors: Shares) -> list[Finding]:
    """Return the share of all children who work, and who are in child labour, in each sector."""
    asked = {
        (outcome, sector, code): f"{outcome}.{sector}.{group}"
        for outcome, sector, (code, group) in product(IN_SECTORS, SECTORS, GROUPS.items())
    }
    return _shares(place, "share_by_sector", asked, risk_outcomes.BY_SECTOR, sectors)


def in_forms(place: Area, forms: Shares) -> list[Finding]:
    """Return the share of working children to whom each form of harm applies, by sector."""
    asked = {
        (form, sector, code): f"{form}.{sector}.{group}"
        for form, sector, (code, group) in product(FORMS, SECTORS, GROUPS.items())
    }
    return _shares(place, "form_of_work", asked, risk_outcomes.BY_FORM, forms)


def having_vulnerabilities(place: Area, shares: Shares) -> list[Finding]:
    """Return the share of children to whom each vulnerability applies; some are asked of Syrian children only."""
    asked = {
        (name, code): f"{name}.{group}"
        for name, (code, group) in product(risk_sample.VULNERABILITIES, GROUPS.items())
        if code == "SY" or name not in risk_sample.OF_SYRIANS
    }
    return _shares(place, "vulnerability", asked, risk_sample.VULNERABLE, shares)


def unmet_needs(place: Area, needs: Shares) -> list[Finding]:
    """Return the share of children who need something and go without."""
    asked = {
        (f"gap_{need}", code): f"{need}.{group}" for need, (code, group) in product(risk_outcomes.NEEDS, GROUPS.items())
    }
    return _shares(place, "unmet_need", asked, risk_outcomes.GAP, needs)


def _shares(place: Area, measure: str, asked: Asked, shown: NamedShares, shares: Shares) -> list[Finding]:
    """A finding for each share that was asked for, as the page shows it, or why there is none."""
    state = partial(_state, place, measure, method=TEXT["weighted"], release_class=PROTECTED)
    if isinstance(shares, NoResult):
        return [_refused(place, partial(state, item=item), shares) for item in asked.values()]
    named = shown.named(shares)
    if "sex" in named:
        named = named[named[["sex", "age_group"]].isna().all(axis=1)]
    codes = [name for name in ("variable", "Sector", "nationality") if name in named]
    numbers = shown.numbers(named)
    rows = {
        tuple(map(str, code)): row for code, (_, row) in zip(named[codes].to_numpy(), numbers.iterrows(), strict=True)
    }
    found = []
    for key, item in asked.items():
        row = rows.get(key)
        if row is None:
            found.append(state(item=item, status=NOT_REPORTED, why=NOBODY_ASKED))
            continue
        more = TEXT["imprecise"] if row["flag"] == "imprecise" else ""
        made = partial(state, item=item, more=more, n=None if pd.isna(row["n"]) else int(row["n"]))
        says = from_row(shown.exhibit, row, shown.keys, "share_percent", CONFIDENCE)
        found.append(_found(partial(state, item=item), made, says, row["flag"] == "suppressed"))
    return found


def _found(
    without: Callable[..., Finding], made: Callable[..., Finding], says: dict[str, Any], hidden: bool
) -> Finding:
    """The finding of a number with its limits: known, or suppressed, or not to be stated."""
    if hidden:
        return without(status=WITHHELD, why=TEXT["few"])
    if says["value"] is None:
        return without(status=NOT_REPORTED, why=NOBODY_ASKED)
    if says["low"] != says["low"] or says["high"] != says["high"]:
        return without(status=REFUSED, why=TEXT["no_limits"])
    return made(**says)


def _refused(place: Area, state: Callable[..., Finding], refused: NoResult) -> Finding:
    """A finding that a method gives no number, with the reason where it may be released."""
    why = reason_of(place, refused).rstrip(".") if tells_of_none(place, refused) else TEXT["stays"]
    is_suppressed = refused.code in (*SUPPRESSED_CODES, "empty_table")
    return state(status=WITHHELD if is_suppressed else REFUSED, why=why)


def _state(place: Area, measure: str, item: str, *, limits: str = LIMITS, more: str = "", **told: Any) -> Finding:
    """A finding of the survey, which says of what kind it is."""
    found = survey_of(place)
    of_study = TEXT["state_of"].format(surveyed=surveyed(place)) if place.is_study else ""
    limits = sentences(limits, of_study, more)
    return Finding(place, measure, item, period=found.date, kind=found.kind, limits=limits, **told)


def odds_ratios(place: Area, ratios: Mapping[str, Shares]) -> list[Finding]:
    """Return adjusted odds ratios of child labour and of working, and by Firth's method of trafficking."""
    limits = f"{risk_factors.ASSOCIATION} {LIMITS}"
    of_all = {"method": TEXT["adjusted"], "limits": limits}
    of_few = {"method": TEXT["penalised"], "limits": f"{risk_factors.OF_THE_RARE} {limits}"}
    asked = {"child_labour": (FACTORS, of_all), "working": (FACTORS, of_all), "trafficked": (RARE, of_few)}
    found = []
    for outcome, (factors, how) in asked.items():
        state = partial(_state, place, "odds_ratio", release_class=ESTIMATE, **how)
        found += _ratios(place, outcome, factors, ratios[outcome], state)
    return found


def _ratios(
    place: Area, outcome: str, factors: Iterable[str], table: Shares, state: Callable[..., Finding]
) -> list[Finding]:
    """A finding for each level of each factor but the first, to which the others are compared."""
    levels = [
        (factor, level) for factor in factors for level in [*LEVELS.get(factor, {"": "", "yes": "yes"}).values()][1:]
    ]
    items = {(factor, level): f"{outcome}.{_ITEMS.get(level, factor)}" for factor, level in levels}
    if isinstance(table, NoResult):
        return [_refused(place, partial(state, item=item), table) for item in items.values()]
    exhibit, keys = (risk_factors.EXHIBITS[outcome], ("factor", "level")) if place.is_study else ("", ())
    numbers = risk_factors.ratio_numbers(table)
    rows = {tuple(map(str, key)): at for at, key in enumerate(table[["factor", "level"]].to_numpy())}
    found = []
    for key, item in items.items():
        of_level, at = partial(state, item=item), rows.get(key)
        if at is None:
            found.append(of_level(status=NOT_REPORTED, why=NOBODY_ASKED))
            continue
        row = numbers.iloc[at]
        is_suppressed = row["caution"].startswith(SUPPRESSED)
        if row["caution"] and not is_suppressed:
            found.append(of_level(status=REFUSED, why=TEXT["ratios_why"]))
        else:
            says = from_row(exhibit, row, keys, "adjusted", CONFIDENCE)
            found.append(_found(of_level, of_level, says, is_suppressed))
    return found


take_names(__name__)
