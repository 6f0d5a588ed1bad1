"""Exhibits of the notebook on incidence, by its own calls."""

from __future__ import annotations

from typing import Any

from analysis import areas, evidence
from analysis.areas import Area
from analysis.exhibits import (
    Exhibit,
    area_indicators,
    comparison,
    context,
    detection,
    findings_detection,
    findings_indicators,
    headline_numbers,
    local_rates,
    share_of_children,
)
from analysis.exhibits import forms_of_exploitation as forms
from analysis.exhibits import published_prevalence as published
from analysis.findings.finding import Finding
from analysis.methods.comparison import rank_intervals
from analysis.methods.rates import rate_table


def detected_by_year(area_id: str) -> Exhibit:
    place = areas.get(area_id)
    return detection.detected_by_year(place, detection.preferred(place))


def ranking(area_id: str, number: int = 0) -> Exhibit:
    place = areas.get(area_id)
    indicator = area_indicators.compared_indicators(place.study)[number]
    rates = area_indicators.compared(place.study, indicator)
    ranks = (
        rank_intervals(area_indicators.counted(place.study, indicator), per=indicator.per) if indicator.events else None
    )
    return comparison.ranking(place, indicator, rates, ranks)


def maps(area_id: str, number: int = 0) -> Exhibit:
    place = areas.get(area_id)
    indicator = area_indicators.compared_indicators(place.study)[number]
    return comparison.maps(place, indicator, area_indicators.compared(place.study, indicator))


def islands() -> Exhibit:
    place = areas.get("cabo_verde")
    return context.islands_side_by_side(place, context.figures_of_islands(place))


def measured(area_id: str) -> Exhibit:
    place = areas.get(area_id)
    return published.measured(place, published.rows(place))


def held(place: Area, *, per: float = 100_000, confidence: float = 0.95) -> dict[str, Any]:
    """What the notebook holds when it states its findings."""
    victims, figures = detection.preferred(place), context.figures_over_the_years(place)
    cases = detection.of_whole_years(victims)
    people = evidence.annual_population(cases["area_id"].unique())
    statements = forms.rows(place)
    return {
        "numbers": headline_numbers.headlines_of(place),
        "victims": victims,
        "rates": rate_table(cases, people, per=per, confidence=confidence),
        "parts": {"by_form": detection.forms(place), "by_sex_and_age": detection.sex_and_age(place)},
        "estimates": published.rows(place),
        "children": share_of_children.shares(place, victims),
        "forms": forms.by_form(statements),
        "statements": statements,
        "local_rates": local_rates.rates(place, per=int(per), confidence=confidence),
        "figures": figures,
        "behind": context.context_of_counts(place, figures, per=int(per), confidence=confidence),
    }


def findings(place: Area, **arguments: float) -> list[Finding]:
    return findings_detection.of_incidence(place, **held(place, **arguments))


def indicators(place: Area) -> list[Finding]:
    return findings_indicators.indicators(place, context.figures_over_the_years(place), {})
