"""Exhibits on trends of case records for those who keep them: delay in reporting, and quarters with more than expected.

They are internal, as does the trend of an area of whose years most are suppressed: what may leave is in
`record_turns`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pandas as pd

import trends
from analysis import areas, texts
from analysis.areas import Area
from analysis.cases.processed import load
from analysis.jobs import shows_case_records
from analysis.plots.surveillance import nowcast
from analysis.sections import record_joinpoints, trend
from analysis.sections.attempt import Refused, attempt
from analysis.sections.case_records import of_records, records_footer, records_of
from analysis.sections.joinpoints import in_words, segment_rows
from analysis.sections.pooled import precise, rows_of
from analysis.sections.record_joinpoints import LIMITS
from analysis.sections.section import INTERNAL, Section
from analysis.sections.trend_figures import of_aberrations, of_joinpoint_trend, of_pooled_areas
from bounded import intervals

TEXT = texts.of(__name__)

DATES = ["date_low", "date_high", "reported_low", "reported_high"]


def exhibits(place: Area) -> list[Section]:
    """What of the trends of an area or study is internal; nothing where there is nobody with a date.

    The trend and the areas side by side are shown only where `record_turns` cannot show them, or with bounds.
    """
    if not shows_case_records(place.study) or persons(place.area_id).empty:
        return []
    told = record_joinpoints.fitted(place.area_id)
    exact = not isinstance(told, str) and (record_joinpoints.by_year(place)["value_qualifier"] == "exact").all()
    found = [*([] if exact else [turns(place)]), delay(place), unusual(place), *([pooled(place)] * place.is_study)]
    return [replace(exhibit, release_class=INTERNAL) for exhibit in found]


@cache
def persons(area_id: str) -> pd.DataFrame:
    """One row a person: the interval of the first detection, and that of the first report, on any list."""
    here = records_of(areas.get(area_id))
    here = here[here["person_id"].ne("") & here["date_low"].notna()]
    # The first of several intervals begins with the earliest beginning, and is over by the earliest end.
    return here.groupby("person_id", observed=True)[DATES].min().reset_index()


@cache
def by_year(area_id: str) -> pd.DataFrame:
    """Persons of each year as bounds, with whether records of it may still be on their way."""
    series = trends.period_bounds(persons(area_id), "Y")
    whole = persons(areas.get(area_id).study)
    named = whole.rename(columns={"date_low": "event_low", "date_high": "event_high"})
    try:
        share = trends.completeness(named[named["reported_low"].notna()], exported(area_id))
        complete = share.set_index("period")["complete"]
        return series.assign(complete=series["period"].map(complete).fillna(True).astype(bool))
    except ValueError:
        return trends.flag_last_period(series)


def exported(area_id: str) -> pd.Timestamp:
    """The day of the earliest export: from it on, some list may miss records."""
    return pd.to_datetime(load(areas.get(area_id).study).lists["date"]).min()


@cache
def _turning(area_id: str) -> trends.JoinpointTrend | str:
    try:
        return trends.joinpoint(by_year(area_id))
    except ValueError as refusal:
        return str(refusal)


def turns(place: Area) -> Section:
    """Persons first detected by year, with the joinpoint fit; beside it the trend that was planted, if one was."""
    result = _turning(place.area_id)
    what = TEXT["turns_title"]
    if isinstance(result, str):
        return of_records(place, "record_turns_in_full", what, pd.DataFrame(), f"Refused: {result}")
    limits = f"{LIMITS} {record_joinpoints.planted_words(place)}".strip()
    figure = of_joinpoint_trend(
        result, title=f"{place.name}: {what}", footer=records_footer(place, limits), ylabel=TEXT["turns_ylabel"]
    )
    rows = pd.concat([segment_rows(result), record_joinpoints.planted_rows(place)], ignore_index=True)
    return of_records(
        place,
        "record_turns_in_full",
        f"{what} – {in_words(result)}",
        rows,
        f"{limits} {trend.warned(result.warnings)}",
        figure,
    )


def delay(place: Area) -> Section:
    """Persons by year as reported so far, and how many are estimated to be on their way."""
    what = TEXT["delay_title"]
    table = persons(place.area_id)
    known = table[(table["date_low"] == table["date_high"]) & (table["reported_low"] == table["reported_high"])]
    reports = known.rename(columns={"date_low": "event", "reported_low": "reported"})[["event", "reported"]]
    try:
        result = trends.nowcast(reports, when=exported(place.area_id), unit="Y", delay_unit="M")
    except ValueError as refusal:
        return of_records(place, "record_delay", what, pd.DataFrame(), f"Refused: {refusal}")
    limits = TEXT["delay_limits"].format(limits=LIMITS, persons=len(table), dated=len(known))
    shown = result.table
    figure = nowcast(
        shown,
        title=f"{place.name}: {what}",
        footer=records_footer(place, limits),
        ylabel="cases a year",
        confidence=result.confidence,
    )
    rows = pd.DataFrame(
        {
            "Year": shown["period"].astype(str),
            "Reported": shown["observed"],
            "Estimated": shown["estimate"],
            "95 %": [f"{low:,.0f} to {high:,.0f}" for low, high in zip(shown["low"], shown["high"], strict=True)],
            "Share reported, %": (100 * shown["share_reported"]).round(1),
            "Warned": shown["warnings"].replace("", "–"),
        }
    )
    return of_records(place, "record_delay", what, rows, f"{limits} {trend.warned(result.warnings)}", figure)


def unusual(place: Area) -> Section:
    """Quarters with more persons than their past lets expect: a question to ask, not a finding."""
    what = TEXT["unusual_title"]
    series = trends.period_bounds(persons(place.area_id), "Q")
    try:
        result = trends.aberrations(series, at="all", years_back=4)
    except ValueError as refusal:
        return of_records(place, "record_unusual", what, pd.DataFrame(), f"Refused: {refusal}")
    figure = of_aberrations(result, title=f"{place.name}: {what}", footer=records_footer(place, LIMITS))
    table = result.table
    exact = table["count"].notna().map({True: "exact", False: "derived"})
    alarm = table["alarm"].map({True: "alarm", False: "–"}).fillna("not tested")
    rows = pd.DataFrame(
        {
            "Quarter": table["period"].astype(str),
            "Persons": intervals.text(table["low"], table["high"], exact),
            "Upper limit": ["too few" if upper != upper else f"{upper:.1f}" for upper in table["upper"]],
            "Alarm": alarm.mask(table["possible"].fillna(False).astype(bool) & alarm.eq("–"), "possible"),
            "Warned": table["warnings"].replace("", "–"),
        }
    )
    return of_records(place, "record_unusual", what, rows, f"{LIMITS} {trend.warned(result.warnings)}", figure)


def pooled(place: Area) -> Section:
    """The change of each area, alone and drawn towards that of all areas."""
    what = TEXT["pooled_title"]
    found = areas.load(place.study)[["area_id", "name"]]
    parts = [
        by_year(area_id).query("complete").assign(area_id=area_id)
        for area_id in found["area_id"]
        if len(persons(area_id))
    ]
    result = precise(attempt(trends.pool_areas, pd.concat(parts, ignore_index=True)))
    if isinstance(result, Refused):
        return of_records(place, "record_pooled_in_full", what, pd.DataFrame(), f"Refused: {result.reason}")
    limits = TEXT["pooled_limits"].format(limits=LIMITS)
    names = areas.names(place.study)
    figure = of_pooled_areas(result, title=f"{place.name}: {what}", footer=records_footer(place, limits), names=names)
    rows = rows_of(result, names, "Area")
    return of_records(place, "record_pooled_in_full", what, rows, f"{limits} {trend.warned(result.warnings)}", figure)
