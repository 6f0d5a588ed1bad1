"""Trends of case records of a place, as the notebook on them asks for them."""

from __future__ import annotations

import trends
from analysis.areas import Area
from analysis.exhibits import attempt, record_trends
from analysis.exhibits.trend_models import Fit
from analysis.findings.finding import Finding


def fit_of(place: Area, permutations: int = 4499) -> Fit:
    """The notebook's joinpoint trend of the persons by year that protected tables tell."""
    enough = record_trends.enough_published(record_trends.by_year(place))
    return attempt(trends.joinpoint, enough, selection="permutation", permutations=permutations)


def findings_of(place: Area) -> list[Finding]:
    """What the notebook of an area states, or that of a study."""
    fit = fit_of(place)
    turns = record_trends.joinpoints(place, fit)
    if not place.is_study:
        return record_trends.findings(place, fit, turns)
    published = record_trends.published_by_area(place)
    pooled = record_trends.pooled_trends(published)
    side_by_side = record_trends.pooled(place, published, pooled)
    return record_trends.findings(place, fit, turns, published, pooled, side_by_side)
