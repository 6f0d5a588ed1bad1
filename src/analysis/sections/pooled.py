"""Areas of a study side by side: the change of each by itself, and with partial pooling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import trends
from analysis import areas, indicators, texts
from analysis.areas import Area
from analysis.plots.dots import dots, in_words
from analysis.sections import detection, trend
from analysis.sections.attempt import NoResult, attempt
from analysis.sections.section import NOT_INCIDENCE, Section, lower_first, of_figures
from analysis.sections.table import Table, Words
from analysis.sections.trend import EFFORT
from trends import SHORT_REFUSAL, PooledAreas, imprecise

TEXT = texts.of(__name__)


def section(study: Area, points: pd.DataFrame, fit: trends.PooledAreas | NoResult) -> Section:
    """What surrounds the areas of a study in order of their pooled trend.

    Parameters
    ----------
    points, fit : what `figures_of_areas` gives of the study, and what `trends.pool_areas` makes of it.
    """
    label = label_of(study)
    if not label:
        title, limits = TEXT["countries_title"], TEXT["countries_limits"]
        return Section("pooled", title.format(study_name=study.name), limits=limits.format(study_name=study.name))
    title = TEXT["countries_title_yearly_change"].format(study_name=study.name, label=lower_first(label))
    if isinstance(fit, NoResult):
        return Section("pooled", title, limits=f"Refused: {fit.reason}")
    what, one = ("country", "a country") if study.spans_countries else ("area", "an area")
    limits = TEXT["countries_limits_pooling_hides"].format(not_incidence=NOT_INCIDENCE, effort=EFFORT, one=one)
    common = trend.change_words(fit.common.least, fit.common.most, fit.common.low, fit.common.high)
    alt, more = TEXT["countries_alt"].format(title=title, one=one, common=common), trend.warned(fit.warnings)
    return of_figures("pooled", title, points, f"{len(points)} {what}-years", limits, alt=alt, more=more)


def label_of(study: Area) -> str:
    """The label of the series that is pooled over the areas of a study; empty where no source has one."""
    if study.spans_countries:
        return trend.MEASURES["victims"]
    events = [each for each in detection.over_time(study.study) if each.counts not in indicators.NOT_EVENTS]
    return events[0].words if detection.has_own(study.study) and events else ""


COLUMNS = ["area_id", "period", "low", "high", "value_qualifier", "population", "source_id", "kind"]


def figures_of_areas(study: Area) -> pd.DataFrame:
    """The figures that are pooled: a row an area and year, with its population where the series has one."""
    if not label_of(study):
        return pd.DataFrame(columns=COLUMNS)
    if study.spans_countries:
        points = trend.series(study)
        points = points[(points["label"] == label_of(study)) & points["population"].notna()]
    else:
        events = [each for each in detection.over_time(study.study) if each.counts not in indicators.NOT_EVENTS]
        points = detection.own_figures(study.study, areas.ids(study.study), events[:1])
        points = points.assign(year=points["date_high"].dt.year)
        points = points.drop_duplicates(["area_id", "year"], keep="last").sort_values(["area_id", "year"])
    points = points.rename(columns={"year": "period"})
    return points[[name for name in COLUMNS if name in points]].reset_index(drop=True)


def fitted(study: Area) -> trends.PooledAreas | NoResult:
    """The pooled trends of a study's areas, as its page has them and its findings state them."""
    # Detection in an area jumps from year to year far more than chance does.
    return precise(attempt(trends.pool_areas, figures_of_areas(study), counts="negative_binomial"))


def precise(fit: trends.PooledAreas | NoResult) -> trends.PooledAreas | NoResult:
    """A pooled trend whose common change may be stated: refused where its limits are too far apart."""
    if isinstance(fit, NoResult):
        return fit
    refusal = trends.imprecise(fit.common.low, fit.common.high)
    return NoResult.of(refusal) if refusal else fit


def figure(fit: trends.PooledAreas | NoResult, names: Mapping[str, str], section: Section) -> Figure | None:
    """One line an area, in order of their pooled trend; None where the method refused."""
    return None if isinstance(fit, NoResult) else of_pooled_areas(fit, names=names, **section.frame)


def rows_of(fit: trends.PooledAreas | NoResult, names: Mapping[str, str], what: str = "Area") -> Table | pd.DataFrame:
    """Changes of areas by themselves and pooled; empty where the method refused."""
    if isinstance(fit, NoResult):
        return pd.DataFrame()
    table = fit.areas.sort_values("pooled_change_most", ascending=False, na_position="last")
    own, pooled = _ends("own"), _ends("pooled")
    known = trend.precise_only(trend.precise_only(table, own), pooled)
    return Table(
        known.assign(name=known["area_id"].map(names)),
        {
            what: "name",
            "Periods": "n",
            "By itself, % a year (95 %)": Words(lambda *_: _own(table), "own_refused", *own),
            "Pooled, % a year (95 %)": Words(lambda *_: _pooled(table), *pooled),
            "Warned": Words(trend.first_said, "warnings", "own_refused"),
        },
        also=("area_id",),
    )


def _ends(which: str) -> tuple[str, ...]:
    return f"{which}_change_least", f"{which}_change_most", f"{which}_low", f"{which}_high"


def _own(table: pd.DataFrame) -> list[str]:
    rows = table[["own_refused", *_ends("own")]].itertuples(index=False)
    return ["refused" if why else trend.change_words(*ends) for why, *ends in rows]


def _pooled(table: pd.DataFrame) -> list[str]:
    rows = table[[*_ends("pooled")]].itertuples(index=False)
    return ["–" if ends[2] != ends[2] else trend.change_words(*ends) for ends in rows]


def of_pooled_areas(
    result: PooledAreas, *, names: Mapping | None = None, highlight: str | None = None, **frame: Any
) -> Figure:
    """Areas in order of their pooled trend, beside what their own figures say.

    Parameters
    ----------
    names : the name of each area_id; by default the area_id itself.
    highlight : area_id of the area that is set off.
    """
    ids = result.areas["area_id"]
    labels = [str((names or {}).get(area, area)) for area in ids]
    parts = [
        pd.DataFrame(
            {
                "label": labels,
                "whose": TEXT["of_pooled_areas_own"] if kind == "own" else TEXT["of_pooled_areas_pooled"],
                "own": kind == "own",
                "estimate_low": result.areas[f"{kind}_change_least"],
                "estimate_high": result.areas[f"{kind}_change_most"],
                "low": result.areas[f"{kind}_low"],
                "high": result.areas[f"{kind}_high"],
                "reason": "",
            }
        )
        for kind in ("pooled", "own")
    ]
    order = (parts[0]["estimate_low"] + parts[0]["estimate_high"]).sort_values(ascending=False, kind="stable").index
    table = pd.concat([part.loc[order] for part in parts], ignore_index=True)
    # What is too badly known to be printed is not drawn either.
    wide = [imprecise(low, high) is not None for low, high in table[["low", "high"]].fillna(0.0).to_numpy()]
    table.loc[wide, ["estimate_low", "estimate_high", "low", "high"]] = np.nan
    table.loc[wide, "reason"] = SHORT_REFUSAL
    numbers = table[["estimate_low", "estimate_high", "low", "high"]].to_numpy()
    common = result.common
    level = f"{100 * result.confidence:g}% limits"
    said = in_words(common.least, common.most, common.low, common.high, ratio=False)
    return dots(
        table.assign(text=[in_words(least, most, low, high, ratio=False) for least, most, low, high in numbers]),
        series="whose",
        text="text",
        hollow="own",
        reason="reason",
        span={TEXT["of_pooled_areas_common"].format(level=level, common=said): (common.low, common.high)},
        **frame,
        xlabel=TEXT["of_pooled_areas_xlabel"],
        interval_label=level,
        signed=True,
        highlight=dict(zip(ids, labels, strict=True)).get(highlight),
    )
