"""Trends of case records in full, for those who keep the records: joinpoints, areas, reporting delay and alarms.

All of it follows from the records themselves, shows few persons, and is internal.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

import trends
from analysis import areas, plots
from analysis.areas import Area
from analysis.cases.processed import load
from analysis.exhibits import trend
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult
from analysis.exhibits.case_records import of_records, records_of
from analysis.exhibits.exhibit import INTERNAL, Exhibit, absent, only
from analysis.exhibits.plot import Plot
from analysis.exhibits.record_trends import LIMITS, simulated_words, tests_of, with_areas, with_joinpoints
from analysis.exhibits.trend_models import Fit
from analysis.exhibits.wording import sentences
from bounded import intervals
from bounded.refusal import Refusal
from trends import Aberrations, Nowcast, PooledAreas
from trends.aberrations import FEW_KNOWN, MOST_PANELS, QUESTION
from trends.reporting_delay import UNITS

NO_DATE = NoResult("No person has a date of detection.", "no_date")
DATES = ["date_low", "date_high", "reported_low", "reported_high"]


def persons(place: Area) -> pd.DataFrame:
    """Return one row a person: the interval of the first detection, and that of the first report, on any list."""
    here = records_of(place)
    here = here[here["person_id"].ne("") & here["date_low"].notna()]
    # The first of several intervals begins with the earliest beginning, and is over by the earliest end.
    return here.groupby("person_id", observed=True)[DATES].min().reset_index()


def by_year(place: Area) -> pd.DataFrame | NoResult:
    """Return the persons of each year as bounds, with whether records of it may still be on their way."""
    dated = persons(place)
    if dated.empty:
        return NO_DATE
    series = trends.period_bounds(dated, "Y")
    whole = persons(areas.get(place.study))
    named = whole.rename(columns={"date_low": "event_low", "date_high": "event_high"})
    try:
        share = trends.completeness(named[named["reported_low"].notna()], exported(place))
        complete = share.set_index("period")["complete"]
        return series.assign(complete=series["period"].map(complete).fillna(True).astype(bool))
    except ValueError:
        return trends.flag_last_period(series)


def by_area(place: Area) -> pd.DataFrame:
    """Return the complete years of each area of a study in which anybody was detected; none of a single area."""
    parts = []
    for area_id in areas.ids(place.study) if place.is_study else ():
        series = by_year(areas.get(area_id))
        if not isinstance(series, NoResult):
            parts.append(series[series["complete"]].assign(area_id=area_id))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["area_id", "period", "low", "high"])


def exported(place: Area) -> pd.Timestamp:
    """Return the day of the earliest export: from it on, some list may miss records."""
    return pd.to_datetime(load(place.study).lists["date"]).min()


def reports(dated: pd.DataFrame) -> pd.DataFrame:
    """Return days of detection and of report of the persons of whom both are known, as `trends.nowcast` reads them."""
    known = dated[(dated["date_low"] == dated["date_high"]) & (dated["reported_low"] == dated["reported_high"])]
    return known.rename(columns={"date_low": "event", "reported_low": "reported"})[["event", "reported"]]


def is_exact(series: pd.DataFrame, fit: Fit) -> bool:
    """Return whether the released trend is that of exact counts, so that those who keep the records need no other."""
    return not isinstance(fit, NoResult) and bool((series["value_qualifier"] == "exact").all())


def joinpoints(place: Area, published: pd.DataFrame, released: Fit, fit: Fit) -> Exhibit:
    """Return persons first detected by year in full, where the released trend is none, or one of bounds.

    Parameters
    ----------
    published, released : persons by year as `record_trends.by_year` gives them, and their trend.
    fit : the joinpoint trend of what `by_year` gives.
    """
    if fit == NO_DATE or is_exact(published, released):
        why = "The trend above already has all persons, or no person has a date of detection."
        return absent(place, "joinpoints of all persons", why)
    title = "persons first detected by year, joinpoints and changes in trend"
    limits = LIMITS if isinstance(fit, NoResult) else sentences(LIMITS, tests_of(fit), simulated_words(place))
    shown = _internal(place, "record_turns_in_full", title, fit, limits)
    return shown if isinstance(fit, NoResult) else with_joinpoints(place, shown, fit)


@only("comparison", "yearly change of all areas, in full")
def pooled(place: Area, fit: PooledAreas | NoResult) -> Exhibit:
    """Return the change of each area of a study in full, alone and drawn towards that of all areas.

    Parameters
    ----------
    fit : what partial pooling makes of what `by_area` gives.
    """
    fit = trend.precise(fit)
    limits = f"{LIMITS} Pooling hides an area that truly differs."
    shown = _internal(place, "record_pooled_in_full", "the change of each area, alone and pooled", fit, limits)
    return shown if isinstance(fit, NoResult) else with_areas(place, shown, fit)


def delay(place: Area, dated: pd.DataFrame, result: Nowcast | NoResult) -> Exhibit:
    """Return persons by year as reported so far, and how many are estimated to be on their way.

    Parameters
    ----------
    dated : what `persons` gives. result : the nowcast of their `reports`.
    """
    if dated.empty:
        return absent(place, "reporting delay", NO_DATE.reason)
    number = (
        f"Of {len(dated):,} persons, the {len(reports(dated)):,} with an exact day of first detection and of report."
    )
    shown = _internal(place, "record_delay", "persons not yet reported to a list", result, f"{LIMITS} {number}")
    if isinstance(result, NoResult):
        return shown
    table = result.table
    rows = pd.DataFrame(
        {
            "Year": table["period"].astype(str),
            "Reported": table["observed"],
            "Estimated": table["estimate"],
            intervals.percent(result.confidence): [
                f"{low:,.0f} to {high:,.0f}" for low, high in zip(table["low"], table["high"], strict=True)
            ],
            "Share reported, %": (100 * table["share_reported"]).round(1),
            "Warned": table["warnings"].replace("", "–"),
        }
    )
    limits = sentences(shown.limits, trend.warned(result.warnings))
    return replace(shown, table=rows, plot=nowcast_plot(result), limits=limits)


def alarms(place: Area, result: Aberrations | NoResult) -> Exhibit:
    """Return quarters with more persons than their past lets expect: a question to ask, not a finding.

    Parameters
    ----------
    result : what `trends.aberrations` makes of the persons by quarter.
    """
    shown = _internal(place, "record_unusual", "quarters with more persons than expected", result, LIMITS)
    if isinstance(result, NoResult):
        return absent(place, "alarms", NO_DATE.reason) if persons(place).empty else shown
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
    limits = sentences(shown.limits, trend.warned(result.warnings))
    return replace(shown, table=rows, plot=aberrations_plot(result), limits=limits)


def _internal(place: Area, name: str, title: str, result: object, limits: str) -> Exhibit:
    """Return the frame of a result that shows few persons; `limits` stand below its figure."""
    words = f"Refused: {result.reason}" if isinstance(result, NoResult) else limits
    return of_records(place, name, title, pd.DataFrame(), words, release_class=INTERNAL)


def nowcast_plot(result: Nowcast) -> Plot:
    """Return cases as reported so far, and as estimated with their interval where more are to come, as a plot."""
    table = result.table
    places = [
        each.start_time + (each.end_time - each.start_time) / 2 if isinstance(each, pd.Period) else each
        for each in table["period"]
    ]
    table = table.assign(x=places, value_qualifier="exact")
    reported = table.assign(series="reported so far", value=table["observed"], incomplete=~table["complete"])
    # Where nothing is to come, the estimate would only cover the report.
    more = table["high"].gt(table["observed"]) | table["estimate"].isna()
    ends = {"interval_low": table["low"], "interval_high": table["high"]}
    estimated = table.assign(series="all cases, estimated (median)", value=table["estimate"], **ends)[more]
    return Plot(
        plots.series,
        pd.concat([reported, estimated], ignore_index=True),
        y="value",
        ylabel=f"cases a {UNITS[result.unit]}",
        interval_label=f"{intervals.percent(result.confidence)} interval of all cases",
    )


_SHOWN_BEFORE = 2  # years before the first that is tested


def aberrations_plot(result: Aberrations) -> Plot:
    """Return counts, what was expected, the upper limit as steps, and the alarms, a panel a key, as a plot.

    Raises
    ------
    Refusal : there are more keys than one figure can show.
    """
    by = list(result.by)
    drawn = result.history.merge(result.table.drop(columns=["low", "high"]), on=[*by, "period"], how="left")
    drawn["panel"] = drawn[by].astype(str).agg(", ".join, axis=1) if by else ""
    if drawn["panel"].nunique() > MOST_PANELS:
        raise Refusal(
            "too_many_series",
            f"{drawn['panel'].nunique()} series do not fit into one figure (at most {MOST_PANELS}): choose those with "
            "an alarm.",
        )
    drawn["tested"] = drawn["alarm"].notna()
    drawn[["alarm", "possible"]] = drawn[["alarm", "possible"]].fillna(False).astype(bool)
    begin = result.history["x"].to_numpy()
    step = float(np.diff(np.unique(begin)).min()) if len(begin) > 1 else 1.0
    shown = drawn.loc[drawn["tested"], "x"].min() - max(_SHOWN_BEFORE * result.frequency, FEW_KNOWN) * step
    drawn = drawn[drawn["x"] >= shown]
    drawn["flag"] = np.where(drawn["alarm"], "alarm", np.where(drawn["possible"], "possible alarm", ""))
    middle = {"x": drawn["x"] + step / 2, "value_qualifier": "exact"}
    limits = (
        drawn.drop(columns=["low", "high"])
        .rename(columns={"expected_low": "low", "upper": "high"})
        .assign(fit=(drawn["expected_low"] + drawn["expected_high"]) / 2, **middle)
    )
    return Plot(
        plots.small_multiples,
        drawn.assign(**middle),
        fits=limits,
        connect=True,
        columns=1 if drawn["panel"].nunique() < 4 else 2,
        own_scale=True,
        ylabel="persons a period",
        fit_label=f"expected, and up to the limit that chance passes {intervals.percent(result.alpha)} of the time",
        subtitle=str(QUESTION),
    )


take_names(__name__)
