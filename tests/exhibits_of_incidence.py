"""Exhibits of the notebook on incidence, by its own calls."""

from __future__ import annotations

from analysis import areas
from analysis.exhibits import Exhibit, comparison, context, detection
from analysis.exhibits import published_prevalence as published
from analysis.methods.comparison import rank_intervals


def detected_by_year(area_id: str) -> Exhibit:
    place = areas.get(area_id)
    return detection.detected_by_year(place, detection.preferred(place))


def ranking(area_id: str, number: int = 0) -> Exhibit:
    place = areas.get(area_id)
    stick = comparison.compared_indicators(place.study)[number]
    rates = comparison.compared(place.study, stick)
    ranks = rank_intervals(comparison.counted(place.study, stick), per=stick.per) if stick.events else None
    return comparison.ranking(place, stick, rates, ranks)


def maps(area_id: str, number: int = 0) -> Exhibit:
    place = areas.get(area_id)
    stick = comparison.compared_indicators(place.study)[number]
    return comparison.maps(place, stick, comparison.compared(place.study, stick))


def islands() -> Exhibit:
    place = areas.get("cabo_verde")
    return context.islands_side_by_side(place, context.figures_of_islands(place))


def measured(area_id: str) -> Exhibit:
    place = areas.get(area_id)
    return published.measured(place, published.rows(place))
