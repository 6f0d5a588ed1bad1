"""Sections on trends of case records for those who keep them: delay in reporting, and quarters with more than expected.

All of it is internal, as is the trend of an area of whose years most are suppressed: what may be released is in
`record_joinpoints`.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from matplotlib.figure import Figure

import trends
from analysis import areas, texts
from analysis.areas import Area
from analysis.cases.processed import load
from analysis.sections import record_joinpoints, trend
from analysis.sections.attempt import NoResult
from analysis.sections.case_records import of_records, records_footer, records_of
from analysis.sections.joinpoints import Fit, in_words
from analysis.sections.record_joinpoints import LIMITS
from analysis.sections.section import INTERNAL, Section
from analysis.sections.trend_figures import of_aberrations, of_nowcast
from bounded import intervals

TEXT = texts.of(__name__)

DATES = ["date_low", "date_high", "reported_low", "reported_high"]


def persons(place: Area) -> pd.DataFrame:
    """One row a person: the interval of the first detection, and that of the first report, on any list."""
    here = records_of(place)
    here = here[here["person_id"].ne("") & here["date_low"].notna()]
    # The first of several intervals begins with the earliest beginning, and is over by the earliest end.
    return here.groupby("person_id", observed=True)[DATES].min().reset_index()


def by_year(place: Area) -> pd.DataFrame:
    """Persons of each year as bounds, with whether records of it may still be on their way."""
    series = trends.period_bounds(persons(place), "Y")
    whole = persons(areas.get(place.study))
    named = whole.rename(columns={"date_low": "event_low", "date_high": "event_high"})
    try:
        share = trends.completeness(named[named["reported_low"].notna()], exported(place))
        complete = share.set_index("period")["complete"]
        return series.assign(complete=series["period"].map(complete).fillna(True).astype(bool))
    except ValueError:
        return trends.flag_last_period(series)


def exported(place: Area) -> pd.Timestamp:
    """The day of the earliest export: from it on, some list may miss records."""
    return pd.to_datetime(load(place.study).lists["date"]).min()


def reports(dated: pd.DataFrame) -> pd.DataFrame:
    """Days of detection and of report of the persons of whom both are known, as `trends.nowcast` reads them."""
    known = dated[(dated["date_low"] == dated["date_high"]) & (dated["reported_low"] == dated["reported_high"])]
    return known.rename(columns={"date_low": "event", "reported_low": "reported"})[["event", "reported"]]


def _internal(place: Area, name: str, what: str, result: object, limits: str) -> Section:
    """What surrounds a result that shows few persons; `limits` stand below its figure."""
    if isinstance(result, NoResult):
        section = of_records(place, name, what, pd.DataFrame(), f"Refused: {result.reason}")
        return replace(section, release_class=INTERNAL)
    said = f"{limits} {trend.warned(getattr(result, 'warnings', ()))}"
    section = of_records(place, name, what, pd.DataFrame(), said)
    return replace(section, footer=records_footer(place, limits), release_class=INTERNAL)


def turns(place: Area, fit: Fit) -> Section:
    """What surrounds persons first detected by year in full, where the released trend is none, or one of bounds."""
    limits = f"{LIMITS} {record_joinpoints.planted_words(place)}".strip()
    section = _internal(place, "record_turns_in_full", TEXT["turns_title"], fit, limits)
    return section if isinstance(fit, NoResult) else replace(section, alt=f"{section.title} – {in_words(fit)}")


def delay(place: Area, dated: pd.DataFrame, result: trends.Nowcast | NoResult) -> Section:
    """What surrounds persons by year as reported so far, and how many are estimated to be on their way."""
    limits = TEXT["delay_limits"].format(limits=LIMITS, persons=len(dated), dated=len(reports(dated)))
    return _internal(place, "record_delay", TEXT["delay_title"], result, limits)


def delay_figure(result: trends.Nowcast | NoResult, section: Section) -> Figure | None:
    """Persons as reported and as estimated; None where the method refused."""
    if isinstance(result, NoResult):
        return None
    return of_nowcast(result, **section.frame)


def delay_rows(result: trends.Nowcast | NoResult) -> pd.DataFrame:
    """Persons as reported and as estimated, as they are printed."""
    if isinstance(result, NoResult):
        return pd.DataFrame()
    shown = result.table
    return pd.DataFrame(
        {
            "Year": shown["period"].astype(str),
            "Reported": shown["observed"],
            "Estimated": shown["estimate"],
            "95 %": [f"{low:,.0f} to {high:,.0f}" for low, high in zip(shown["low"], shown["high"], strict=True)],
            "Share reported, %": (100 * shown["share_reported"]).round(1),
            "Warned": shown["warnings"].replace("", "–"),
        }
    )


def unusual(place: Area, result: trends.Aberrations | NoResult) -> Section:
    """What surrounds quarters with more persons than their past lets expect: a question to ask, not a finding."""
    return _internal(place, "record_unusual", TEXT["unusual_title"], result, LIMITS)


def unusual_figure(result: trends.Aberrations | NoResult, section: Section) -> Figure | None:
    """Counts, upper limits and alarms; None where the method refused."""
    return None if isinstance(result, NoResult) else of_aberrations(result, **section.frame)


def unusual_rows(result: trends.Aberrations | NoResult) -> pd.DataFrame:
    """Quarters with their counts, upper limits and alarms, as they are printed."""
    if isinstance(result, NoResult):
        return pd.DataFrame()
    table = result.table
    exact = table["count"].notna().map({True: "exact", False: "derived"})
    alarm = table["alarm"].map({True: "alarm", False: "–"}).fillna("not tested")
    return pd.DataFrame(
        {
            "Quarter": table["period"].astype(str),
            "Persons": intervals.text(table["low"], table["high"], exact),
            "Upper limit": ["too few" if upper != upper else f"{upper:.1f}" for upper in table["upper"]],
            "Alarm": alarm.mask(table["possible"].fillna(False).astype(bool) & alarm.eq("–"), "possible"),
            "Warned": table["warnings"].replace("", "–"),
        }
    )


def of_areas(study: Area) -> pd.DataFrame:
    """The complete years of each area of a study in which anybody was detected, as `by_year` gives them."""
    every = {area_id: areas.get(area_id) for area_id in areas.ids(study.study)}
    parts = [
        by_year(place).query("complete").assign(area_id=area_id)
        for area_id, place in every.items()
        if len(persons(place))
    ]
    return pd.concat(parts, ignore_index=True)


def pooled(place: Area, fit: trends.PooledAreas | NoResult) -> Section:
    """What surrounds the change of each area, alone and drawn towards that of all areas."""
    limits = TEXT["pooled_limits"].format(limits=LIMITS)
    return _internal(place, "record_pooled_in_full", TEXT["pooled_title"], fit, limits)
