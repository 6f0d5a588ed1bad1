"""Exhibits on areas side by side: the change of each by itself, and drawn towards that of all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pandas as pd

from analysis import areas, trends
from analysis.areas import Area
from analysis.exhibits import trend
from analysis.exhibits.exhibit import NOT_INCIDENCE, Exhibit, footer
from analysis.exhibits.trend import EFFORT


def countries(place: Area) -> Exhibit:
    """The UNODC series of detected victims of all countries, alone and pooled: on the page of West Africa."""
    study = areas.get(place.study)
    title = f"{study.name}: areas side by side"
    if study.area_id != "west_africa":
        limits = (
            f"No public source counts victims by year and area within {study.name}: only for the country as a whole."
        )
        return Exhibit("pooled", title, pd.DataFrame(), limits=limits)
    if not place.is_study:
        return Exhibit("pooled", title, pd.DataFrame(), limits=f"Shown on the page of {study.name} as a whole.")
    title = f"{study.name}: yearly change of {trend.lower_first(trend.MEASURES['victims'])}, by itself and pooled"
    result, points = fitted(study), pooled_figures(study)
    if isinstance(result, str):
        return Exhibit("pooled", title, pd.DataFrame(), limits=f"Refused: {result}")
    limits = f"{NOT_INCIDENCE} {EFFORT} Pooling hides a country that truly differs."
    common = trend.change_words(result.common.least, result.common.most, result.common.low, result.common.high)
    names = areas.load(study.area_id).set_index("area_id")["name"].to_dict()
    figure = result.plot(title=title, footer=footer(points, f"{len(points)} country-years", limits), names=names)
    return Exhibit(
        "pooled", title, rows_of(result, names, "Country"), tuple(points["source_id"].unique()),
        f"{limits} {trend.warned(result.warnings)}", figure,
        alt=f"{title}: one line a country; all together {common} % a year.",
    )  # fmt: skip


def pooled_figures(study: Area) -> pd.DataFrame:
    """The figures of UNODC on detected victims of a study's countries that have a population."""
    points = trend.series(study)
    return points[(points["label"] == trend.MEASURES["victims"]) & points["population"].notna()]


@cache
def fitted(study: Area) -> trends.PooledAreas | str:
    """The trends of a study's countries by partial pooling, or why there are none."""
    series = pooled_figures(study).rename(columns={"year": "period"})
    series = series[["area_id", "period", "low", "high", "value_qualifier", "population"]]
    try:
        # Detection in a country jumps from year to year far more than chance does.
        return trends.pool_areas(series, counts="negative_binomial")
    except ValueError as refusal:
        return str(refusal)


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
