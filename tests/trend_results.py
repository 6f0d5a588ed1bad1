"""What the notebook on trends makes of a place: series, tests, fits and the exhibits that findings are read from."""

from __future__ import annotations

from functools import cache

import pandas as pd

import trends
from analysis.areas import Area
from analysis.exhibits import findings_trends, trend, trend_checks, trend_models
from analysis.exhibits.attempt import attempt
from analysis.findings.finding import Finding


def tested_of(place: Area) -> pd.DataFrame:
    """All series of a place, each with its tests."""
    series = trend.series(place)
    ranks = {
        key: attempt(trends.mann_kendall, trend.ranked(points), periods=points["year"])
        for key, points in trend.each(series)
    }
    return trend.tested(series, ranks, trend.changes_of(series))


# A test that imports it would be taken to have another test of that name.
tested_of.__test__ = False  # type: ignore[attr-defined]


def pooled_of(place: Area) -> trend_models.Fit:
    """The pooled trends of a study's areas."""
    points = trend_models.figures_of_areas(place)
    return trend.precise(attempt(trends.pool_areas, points, counts="negative_binomial"))


@cache
def results_of(place: Area) -> findings_trends.Results:
    """The results from which findings are made."""
    series = trend.series(place)
    chosen = trend_models.longest(place, series)
    fits = {
        key: trend_models.joinpoint_fit(points)
        for key, points in trend.each(trend_models.with_detected(series, chosen))
    }
    pairs = trend_checks.ratios(series)
    counted = trend_checks.things(place, series)
    agreements = {
        key: attempt(trends.agreement, trend_checks.by_source(points)) for key, points in trend_checks.each(counted)
    }
    per_year, by_effort = {}, {}
    for key, pair in trend_checks.each_pair(pairs):
        per_unit = trend_checks.effort_series(pair)
        per_year[key] = [attempt(trends.count_trend, each) for each in (trend.counts_of(pair), per_unit)]
        by_effort[key] = attempt(trends.agreement, {"": per_unit})
    turns = tuple(shown.name for shown in trend_models.joinpoints(place, chosen, fits))
    at_hand = findings_trends.numbers_of(trend.at_hand(place, series, tested_of(place), fits))
    shown = (
        trend_checks.directions(place, counted, agreements),
        trend_checks.effort_by_year(place, pairs),
        trend_checks.effort_changes(place, pairs, per_year, by_effort),
    )
    numbers = map(findings_trends.numbers_of, shown)
    return findings_trends.Results(series, at_hand, fits, turns, agreements, *numbers)


def common_of(place: Area) -> list[Finding]:
    """What the notebook states of the change that areas have in common."""
    fit = pooled_of(place)
    shown = trend_models.pooled(place, trend_models.figures_of_areas(place), fit)
    return findings_trends.common(place, findings_trends.numbers_of(shown), fit)


def findings_of(place: Area) -> list[Finding]:
    """What the notebook states of a place."""
    found = results_of(place)
    if place.spans_countries:
        return [*findings_trends.countries(place, found), *common_of(place)]
    parts = ("changes", "ranks", "turning", "in_directions", "by_effort")
    stated = [finding for part in parts for finding in getattr(findings_trends, part)(place, found)]
    return [*stated, *(common_of(place) if place.is_study else ())]
