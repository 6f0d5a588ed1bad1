"""Exhibits on areas side by side: the change of each by itself, and drawn towards that of all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pandas as pd

import trends
from analysis import areas, indicators, texts
from analysis.areas import Area
from analysis.sections import own_figures, trend
from analysis.sections.section import NOT_INCIDENCE, Exhibit, footer, lower_first, marks
from analysis.sections.trend import EFFORT
from analysis.sections.trend_figures import of_pooled_areas

TEXT = texts.of(__name__)


def countries(place: Area) -> Exhibit:
    """The series of all areas of a study, alone and pooled, on its page: of countries UNODC's on detected victims, of
    other areas what the study itself counts."""
    study = areas.get(place.study)
    title = TEXT["countries_title"].format(study_name=study.name)
    label = label_of(study)
    if not label:
        limits = TEXT["countries_limits"].format(study_name=study.name)
        return Exhibit("pooled", title, pd.DataFrame(), limits=limits)
    if not place.is_study:
        return Exhibit(
            "pooled", title, pd.DataFrame(), limits=TEXT["countries_limits_shown"].format(study_name=study.name)
        )
    title = TEXT["countries_title_yearly_change"].format(study_name=study.name, label=lower_first(label))
    result, points = fitted(study), pooled_figures(study)
    if isinstance(result, str):
        return Exhibit("pooled", title, pd.DataFrame(), limits=f"Refused: {result}")
    what, one = ("country", "a country") if study.spans_countries else ("area", "an area")
    limits = TEXT["countries_limits_pooling_hides"].format(not_incidence=NOT_INCIDENCE, effort=EFFORT, one=one)
    common = trend.change_words(result.common.least, result.common.most, result.common.low, result.common.high)
    names = areas.load(study.area_id).set_index("area_id")["name"].to_dict()
    counted = f"{len(points)} {what}-years"
    figure = of_pooled_areas(result, title=title, footer=footer(points, counted, limits), names=names)
    return Exhibit(
        "pooled", title, rows_of(result, names, what.capitalize()), tuple(points["source_id"].unique()),
        f"{limits} {trend.warned(result.warnings)}", figure,
        alt=TEXT["countries_alt"].format(title=title, one=one, common=common),
        **marks(points),
    )  # fmt: skip


def label_of(study: Area) -> str:
    """The label of the series that is pooled over the areas of a study; empty where no source has one."""
    if study.spans_countries:
        return trend.MEASURES["victims"]
    events = [each for each in own_figures.over_time(study.study) if each.counts not in indicators.NOT_EVENTS]
    return events[0].words if own_figures.has_own(study.study) and events else ""


def pooled_figures(study: Area) -> pd.DataFrame:
    """The figures that are pooled: a row an area and year, with its population where the series has one."""
    if study.spans_countries:
        points = trend.series(study)
        return points[(points["label"] == label_of(study)) & points["population"].notna()]
    events = [each for each in own_figures.over_time(study.study) if each.counts not in indicators.NOT_EVENTS]
    table = own_figures.own_figures(study.study, areas.ids(study.study), events[:1])
    years = table["date_high"].dt.year
    return table.assign(year=years).drop_duplicates(["area_id", "year"], keep="last").sort_values(["area_id", "year"])


@cache
def fitted(study: Area) -> trends.PooledAreas | str:
    """The trends of a study's areas by partial pooling, or why there are none."""
    series = pooled_figures(study).rename(columns={"year": "period"})
    columns = [
        "area_id",
        "period",
        "low",
        "high",
        "value_qualifier",
        *(["population"] if study.spans_countries else []),
    ]
    try:
        # Detection in an area jumps from year to year far more than chance does.
        return precise(trends.pool_areas(series[columns], counts="negative_binomial"))
    except ValueError as refusal:
        return str(refusal)


def precise(result: trends.PooledAreas) -> trends.PooledAreas:
    """A pooled trend whose common change may be stated.

    Raises
    ------
    NotEstimable : its limits are too far apart (see `trends.imprecise`).
    """
    if refusal := trends.imprecise(result.common.low, result.common.high):
        raise refusal
    return result


def rows_of(result: trends.PooledAreas, names: dict[str, str], what: str) -> pd.DataFrame:
    """Changes of areas by themselves and pooled, as people read them."""
    rows = result.areas.sort_values("pooled_change_most", ascending=False, na_position="last").to_dict("records")
    return pd.DataFrame(
        {
            what: [names[row["area_id"]] for row in rows],
            "Periods": [row["n"] for row in rows],
            "By itself, % a year (95 %)": ["refused" if row["own_refused"] else _words(row, "own") for row in rows],
            "Pooled, % a year (95 %)": [
                "–" if row["pooled_low"] != row["pooled_low"] else _words(row, "pooled") for row in rows
            ],
            "Warned": [row["warnings"] or row["own_refused"] or "–" for row in rows],
        }
    )


def _words(row: Mapping, which: str) -> str:
    ends = (f"{which}_change_least", f"{which}_change_most", f"{which}_low", f"{which}_high")
    return trend.change_words(*(row[end] for end in ends))
