"""The headline numbers of a country, a province or an island as findings: see `analysis.headlines` for the rule.

Whatever else names a number of all victims, of all children among them, or of a step of justice cites these.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import pandas as pd

from analysis import areas, evidence, headlines, preferred_values, texts
from analysis.areas import Area
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import NOT_INCIDENCE
from analysis.exhibits.findings_indicators import REPORTS, bounds, noted, span
from analysis.exhibits.wording import sentences
from analysis.findings.exhibit_rows import find_row
from analysis.findings.finding import NOT_READ, NOT_REPORTED, Finding, of_part
from analysis.headlines import Headline

TEXT = texts.of(__name__)

MEASURE = "headline"
# Of which a study says how many countries have a national total.
_COUNTED = (headlines.VICTIMS, headlines.CHILDREN, "convictions")
# What tells a headline from others where it is of one series, and where it is a fact on a part of a country.
_OF_A_SERIES = ("source", "period_start", "period_end")
OF_A_FACT = ("area_id", "source_id", "date_low", "date_high", "low")
# At most so many figures that a headline was preferred over are named.
_MOST = 4


def of_place(place: Area, numbers: pd.DataFrame, facts: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """Return the headline numbers of a place; of several countries how many of them have a recent national total.

    Parameters
    ----------
    numbers : the table of the exhibit `headline_numbers`. facts : exhibits that have facts on the place, by name.
    """
    if place.spans_countries:
        return [_with_total(place, measure) for measure in _COUNTED]
    asked = (headlines.VICTIMS, headlines.CHILDREN) if place.is_local else headlines.MEASURES
    # The steps of justice are cited under an older id as well.
    stated = [*((MEASURE, each) for each in asked), *((REPORTS, each) for each in evidence.STEPS if each in asked)]
    shown = {"headline_numbers": numbers, **facts}
    return [finding(place, name, each, headlines.headline(place, each), shown) for name, each in stated]


def _with_total(place: Area, measure: str) -> Finding:
    """Return the number of countries with a recent national total of a whole year, and which they are."""
    own = [headlines.headline(iso3, measure) for iso3 in areas.ids(place.study)]
    recent = [each for each in own if each.completeness == headlines.TOTAL and not each.is_last_known]
    years = [each.period_end.year for each in recent]
    return Finding(
        place,
        "countries_with_total",
        measure,
        value=len(recent),
        period="/".join(dict.fromkeys([str(min(years)), str(max(years))])) if years else "",
        n=len(own),
        method=TEXT["with_total"].format(years=preferred_values.LONG_AGO),
        source_ids=tuple(dict.fromkeys(each.source_id for each in recent)),
        limits=sentences(
            TEXT["not_persons"] if measure in evidence.STEPS else NOT_INCIDENCE,
            TEXT["who_has"].format(names=", ".join(areas.get(each.area_id).name for each in recent) or "–"),
        ),
    )


def finding(
    place: Area,
    measure: str,
    item: str,
    number: Headline,
    shown: Mapping[str, pd.DataFrame] = MappingProxyType({}),
    source: str = "",
) -> Finding:
    """Return a headline as a finding, read from the exhibit that shows it.

    Parameters
    ----------
    measure, item : of findings, that it is stated under. number : the headline of the place.
    shown : the table of the exhibit that shows it, under its name; left out where none does.
    source : of the evidence, of a headline of one series.
    """
    state = partial(Finding, place, measure, item, method=_method(number))
    if number.completeness == headlines.NONE:
        status, why = _none(place, number.measure)
        return state(limits=limits(number), status=status, why=why)
    keys = OF_A_FACT if place.is_local else ("area_id", "measure", *(_OF_A_SERIES if source else ()))
    dates = {"date_low": number.period_start, "date_high": number.period_end}
    found, figures = find_row(shown, keys, vars(number) | {"source": source, **dates}), numbers(number)
    if found:
        figures = found.says(interval=figures["interval"])
    return state(
        **{name: figure for name, figure in figures.items() if name != "source_ids"},
        period=span(number.period_start, number.period_end),
        source_ids=(number.source_id,),
        limits=limits(number),
    )


def numbers(number: Headline) -> dict[str, Any]:
    """Return the bounds of a headline as those of a finding: of a part its lower bound alone."""
    if not number.kind:
        return bounds(number.low, number.high, number.value_qualifier)
    whole = number.completeness == headlines.PART and number.kind not in headlines.NAMED
    return {"value": None, "low": float(number.low), "high": float("inf"), "interval": of_part(number.kind, whole)}


def limits(number: Headline) -> str:
    """Return what a headline does not show: who is counted, whether it is old, and what its source notes of it."""
    opening = TEXT["not_persons"] if number.measure in evidence.STEPS else NOT_INCIDENCE
    if number.completeness == headlines.NONE:
        return opening
    who = "" if number.who in (headlines.ALL, "children") else TEXT["who"].format(who=number.who.rstrip("."))
    old = TEXT["last_known"] if number.is_last_known else ""
    return sentences(opening, who, old, noted(number.note, number.value_qualifier))


def _method(number: Headline) -> str:
    if number.completeness == headlines.NONE:
        return TEXT["rule"]
    chosen = TEXT["chosen"].format(publisher=number.publisher, completeness=number.completeness)
    others = [
        TEXT["other"].format(text=each.text, period=each.period, publisher=each.publisher, reason=each.reason)
        for each in number.preferred_over[:_MOST]
    ]
    return sentences(TEXT["rule"], chosen, TEXT["over"].format(others="; ".join(others)) if others else "")


def _none(place: Area, measure: str) -> tuple[str, str]:
    """Return the status of a missing figure, not reported or not read, and why."""
    if place.is_local:
        return NOT_REPORTED, TEXT["local"].format(place=place.name)
    indicators = {called: name for name, called in evidence.MEASURES.items()}
    silent = evidence.figures_not_given(place.iso3)
    years = sorted(silent.loc[silent["indicator"].eq(indicators.get(measure, measure)), "report_year"].unique())
    if years:
        return NOT_REPORTED, TEXT["silent"].format(years=", ".join(map(str, years)))
    return NOT_READ, TEXT["unread"]


take_names(__name__)
