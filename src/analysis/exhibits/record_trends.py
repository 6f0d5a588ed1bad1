"""Sections on trends of case records: what may be released, and what is for those who keep the records.

Released are persons by year from the protected tables, with their joinpoints and what the areas have in common. Where
the count of a year is suppressed, it is known only to lie between 0 and what the other counts leave: the trend is
fitted over all that it may be, and where more than half of the years are suppressed, none is. Internal are the same in
full, the delay in reporting, and quarters with more persons than expected.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

import trends
from analysis import areas, catalog, plots, texts
from analysis.areas import Area, Place
from analysis.cases.processed import load
from analysis.exhibits import record_counts, trend
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult, attempt
from analysis.exhibits.case_records import of_records, records_footer, records_of
from analysis.exhibits.exhibit import INTERNAL, PROTECTED, Exhibit, said, unless_refused
from analysis.exhibits.findings_indicators import years
from analysis.exhibits.findings_trends import JOINPOINT, POOLED, in_common, of_joinpoints, one
from analysis.exhibits.record_counts import added, counted_footer, counts, is_linked, of_counts, tables, together, total
from analysis.exhibits.table import Table
from analysis.exhibits.trend import EFFORT
from analysis.exhibits.trend_models import Fit, change_column, in_words, of_joinpoint_trend, segment_rows
from analysis.exhibits.wording import sentences
from analysis.findings.finding import CONFIDENCE, NOT_REPORTED, REFUSED, WITHHELD, Finding
from bounded import intervals
from bounded.refusal import Refusal
from trends import Aberrations, Nowcast
from trends.aberrations import FEW_KNOWN, MOST_PANELS, QUESTION
from trends.reporting_delay import UNITS

TEXT = texts.of(__name__)
# Why there is no exhibit on persons by their dates.
NO_DATE, NONE_IN_FULL = TEXT["no_date"], TEXT["none_in_full"]

DATES = ["date_low", "date_high", "reported_low", "reported_high"]


def persons(place: Area) -> pd.DataFrame:
    """One row a person: the interval of the first detection, and that of the first report, on any list."""
    here = records_of(place)
    here = here[here["person_id"].ne("") & here["date_low"].notna()]
    # The first of several intervals begins with the earliest beginning, and is over by the earliest end.
    return here.groupby("person_id", observed=True)[DATES].min().reset_index()


def by_year_in_full(place: Area) -> pd.DataFrame:
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


def _internal(place: Area, name: str, what: str, result: object, limits: str) -> Exhibit:
    """What surrounds a result that shows few persons; `limits` stand below its figure."""
    said = f"{limits} {trend.warned(getattr(result, 'warnings', ()))}"
    if isinstance(result, NoResult):
        said = f"Refused: {result.reason}"
    section = of_records(place, name, what, pd.DataFrame(), said, release_class=INTERNAL)
    return section if isinstance(result, NoResult) else replace(section, footer=records_footer(place, limits))


def turns_in_full(place: Area, fit: Fit) -> Exhibit:
    """What surrounds persons first detected by year in full, where the released trend is none, or one of bounds."""
    limits = f"{LIMITS} {simulated_words(place)}".strip()
    section = _internal(place, "record_turns_in_full", TEXT["turns_title"], fit, limits)
    return section if isinstance(fit, NoResult) else replace(section, alt=f"{section.title} – {in_words(fit)}")


def delay(place: Area, dated: pd.DataFrame, result: trends.Nowcast | NoResult) -> Exhibit:
    """What surrounds persons by year as reported so far, and how many are estimated to be on their way."""
    limits = TEXT["delay_limits"].format(limits=LIMITS, persons=len(dated), dated=len(reports(dated)))
    return _internal(place, "record_delay", TEXT["delay_title"], result, limits)


@unless_refused
def delay_rows(result: trends.Nowcast) -> pd.DataFrame:
    """Persons as reported and as estimated, as they are printed."""
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


def unusual(place: Area, result: trends.Aberrations | NoResult) -> Exhibit:
    """What surrounds quarters with more persons than their past lets expect: a question to ask, not a finding."""
    return _internal(place, "record_unusual", TEXT["unusual_title"], result, LIMITS)


@unless_refused
def unusual_rows(result: trends.Aberrations) -> pd.DataFrame:
    """Quarters with their counts, upper limits and alarms, as they are printed."""
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
        by_year_in_full(place).query("complete").assign(area_id=area_id)
        for area_id, place in every.items()
        if len(persons(place))
    ]
    return pd.concat(parts, ignore_index=True)


def pooled_in_full(place: Area, fit: trends.PooledAreas | NoResult) -> Exhibit:
    """What surrounds the change of each area, alone and drawn towards that of all areas."""
    limits = TEXT["pooled_limits"].format(limits=LIMITS)
    return _internal(place, "record_pooled_in_full", TEXT["pooled_title"], fit, limits)


_SHOWN_BEFORE = 2


@unless_refused
def of_nowcast(result: Nowcast, **frame: Any) -> Figure:
    """Cases as reported so far, and as estimated with their interval where more are to come."""
    table = result.table
    places = [
        each.start_time + (each.end_time - each.start_time) / 2 if isinstance(each, pd.Period) else each
        for each in table["period"]
    ]
    table = table.assign(x=places, value_qualifier="exact")
    reported = table.assign(series=TEXT["of_nowcast_reported"], value=table["observed"], incomplete=~table["complete"])
    # Where nothing is to come, the estimate would only cover the report.
    more = table["high"].gt(table["observed"]) | table["estimate"].isna()
    ends = {"interval_low": table["low"], "interval_high": table["high"]}
    estimated = table.assign(series=TEXT["of_nowcast_estimated"], value=table["estimate"], **ends)[more]
    return plots.series(
        pd.concat([reported, estimated], ignore_index=True),
        y="value",
        ylabel=f"cases a {UNITS[result.unit]}",
        interval_label=f"{100 * result.confidence:g}% interval of all cases",
        **frame,
    )


@unless_refused
def of_aberrations(result: Aberrations, **frame: Any) -> Figure:
    """Counts, what was expected, the upper limit as steps, and the alarms; a panel a key.

    Raises
    ------
    ValueError : there are more keys than one figure can show.
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
    return plots.small_multiples(
        drawn.assign(**middle),
        fits=limits,
        connect=True,
        columns=1 if drawn["panel"].nunique() < 4 else 2,
        own_scale=True,
        ylabel=TEXT["of_aberrations_ylabel"],
        fit_label=TEXT["of_aberrations_limit"].format(chance=100 * result.alpha),
        subtitle=str(QUESTION),
        **frame,
    )


LIMITS = TEXT["limits"].format(effort=EFFORT)
# Of the years of a series, the largest share that may be suppressed for a trend to be fitted.
MOST_WITHHELD = 0.5
NOT_LINKED = TEXT["not_linked"]


def about(place: Area) -> Markdown:
    """Of what kind the case records are whose trend is shown, and whether they are linked."""
    invented = TEXT["about_invented"]
    text = invented if catalog.case_kind(place.study) == "synthetic" else ""
    return said(f"{text}{'' if is_linked(place) else f' {NOT_LINKED}'}".strip(), PROTECTED)


def has_persons(place: Area) -> bool:
    """Whether there are protected counts of linked persons."""
    return bool(tables(place.study)) and is_linked(place)


def by_year(place: Area) -> pd.DataFrame:
    """Persons of each year as bounds, from protected tables; the last year may still be filling up.

    Returns
    -------
    DataFrame: period, low, high, value_qualifier, complete, warnings. A suppressed count lies between 0 and what the
    known counts of the same area, and of the same year, leave of their sums; no upper bound is infinite. Empty where
    there are no protected counts of linked persons.
    """
    if not has_persons(place):
        return pd.DataFrame(columns=["period", "low", "high", "value_qualifier"])
    table = counts(place, "year")
    years = table[table["year"].astype(str).str.fullmatch(r"\d{4}")]
    known = years["count"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    most = np.full(len(years), _left(total(place), table))
    if not place.is_study:
        most = np.minimum(most, [_left_of_year(place, str(year)) for year in years["year"]])
    suppressed = np.isnan(known)
    series = pd.DataFrame(
        {
            "period": years["year"].astype(int).to_numpy(),
            "low": np.where(suppressed, 0.0, known),
            "high": np.where(suppressed, most, known),
            "value_qualifier": np.where(suppressed, np.where(np.isinf(most), "at_least", "derived"), "exact"),
        }
    )
    return (
        trends.flag_last_period(series.sort_values("period", ignore_index=True, kind="stable"))
        if len(series)
        else series
    )


def _left(whole: int | None, table: pd.DataFrame) -> float:
    """What known counts leave of their sum."""
    # Adjusted counts can add up to more than their adjusted total.
    return np.inf if whole is None else max(0.0, float(whole - table["count"].fillna(0).sum()))


def _left_of_year(place: Area, year: str) -> float:
    """What the known counts of other areas leave of all persons of a year."""
    every = counts(areas.get(place.study), "year")
    whole = added(every.loc[every["year"].astype(str) == year, "count"])
    of_areas = counts(areas.get(place.study), "year", "area_id")
    return _left(whole or None, of_areas[of_areas["year"].astype(str) == year])


def fitted(place: Area) -> Fit:
    """The joinpoint trend of the persons by year, as the notebook fits it; findings state it."""
    series = by_year(place)
    if refused := untold(series):
        return refused
    return attempt(trends.joinpoint, series, selection="permutation", permutations=4499)


def untold(series: pd.DataFrame, *, most_suppressed: float = MOST_WITHHELD) -> NoResult | None:
    """Why persons by year, as `by_year` gives them, tell too little for a trend; None where they tell enough."""
    if not len(series):
        return NoResult(TEXT["no_year_has_persons_enough"], "all_suppressed")
    suppressed = int((series["value_qualifier"] != "exact").sum())
    if suppressed <= most_suppressed * len(series):
        return None
    return NoResult(
        TEXT["of_years_are_withheld"].format(suppressed=suppressed, series=len(series)), "too_many_suppressed"
    )


def is_exact(series: pd.DataFrame, fit: Fit) -> bool:
    """Whether the released trend is that of exact counts, so that those who keep the records need no other."""
    return not isinstance(fit, NoResult) and bool((series["value_qualifier"] == "exact").all())


def turns(place: Area, fit: Fit) -> Exhibit:
    """What surrounds persons first detected by year, with the joinpoint fit, and the simulated trend if any."""
    what = TEXT["turns_title"]
    if isinstance(fit, NoResult):
        return of_counts(place, "record_turns", what, pd.DataFrame(), f"Refused: {fit.reason}")
    limits = f"{LIMITS} {together(place.study)} {simulated_words(place)}".strip()
    foot = counted_footer(place, total(place), limits)
    limits = f"{limits} {trend.warned(fit.warnings)}"
    section = of_counts(place, "record_turns", what, pd.DataFrame(), limits, footer=foot)
    return replace(section, alt=f"{section.title} – {in_words(fit)}")


@unless_refused
def turns_figure(fit: trends.JoinpointTrend, section: Exhibit) -> Figure:
    """Persons by year with the joinpoint fit."""
    return of_joinpoint_trend(fit, ylabel=TEXT["turns_ylabel"], **section.frame)


def turns_rows(place: Area, fit: Fit) -> Table | pd.DataFrame:
    """Segments, and below them on a page those of the simulated trend; empty where the method refused."""
    segments = segment_rows(fit)
    if isinstance(fit, NoResult) or not isinstance(segments, Table):
        return segments
    rows = pd.concat([segments.printed, simulated_rows(place, change_column(fit))], ignore_index=True)
    return Table(segments.numbers, lambda _: rows)


def told_by_year(study: Place, *, most_suppressed: float = MOST_WITHHELD) -> pd.DataFrame:
    """The complete years of each area of a study of which most are not suppressed, as `by_year` gives them."""
    parts = []
    for area_id in areas.ids(study):
        series = by_year(areas.get(area_id))
        if len(series) and (series["value_qualifier"] == "exact").mean() >= 1 - most_suppressed:
            parts.append(series[series["complete"]].assign(area_id=area_id))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["area_id", "period", "low", "high"])


def fitted_together(study: str) -> trends.PooledAreas | NoResult:
    """The trends of the areas of a study by partial pooling, as the notebook has them; findings state them."""
    return pooled_of(told_by_year(study))


def pooled_of(told: pd.DataFrame) -> trends.PooledAreas | NoResult:
    """Partial pooling of what `told_by_year` gives, or why there is none."""
    if told.empty:
        return NoResult(TEXT["no_area_can_be_told"], "all_suppressed")
    return trend.precise(attempt(trends.pool_areas, told, counts="poisson"))


def pooled(place: Area, told: pd.DataFrame, fit: trends.PooledAreas | NoResult) -> Exhibit:
    """What surrounds the change of each area, alone and drawn towards that of all areas."""
    what, shown = TEXT["pooled_title"], told["area_id"].nunique()
    limits = TEXT["joinpoints_pooled_limits"].format(
        limits=LIMITS, together=together(place.study), areas=len(areas.ids(place.study)), shown=shown
    )
    if isinstance(fit, NoResult):
        why = f"Refused: {fit.reason}" if shown else TEXT["refused_no_area_can_be"].format(limits=limits)
        return of_counts(place, "record_pooled", what, pd.DataFrame(), why)
    foot = counted_footer(place, total(place), limits)
    limits = f"{limits} {trend.warned(fit.warnings)}"
    return of_counts(place, "record_pooled", what, pd.DataFrame(), limits, footer=foot)


def simulated(place: Area) -> pd.DataFrame:
    """The simulated change of each piece of an area's trend; empty for a study, and for real records."""
    name = f"synthetic_{place.study}_truth_trends"
    if place.is_study or catalog.case_kind(place.study) != "synthetic" or name not in catalog.datasets():
        return pd.DataFrame(columns=["first_year", "last_year", "apc"])
    table = catalog.load(name)
    return table[table["area_id"] == place.area_id]


def simulated_words(place: Area) -> str:
    """The simulated trend in a sentence; none where none was."""
    pieces = [f"{row.first_year}–{row.last_year} {row.apc:+g} %" for row in simulated(place).itertuples()]
    return TEXT["planted_among_all_persons_seen"].format(segments=", ".join(pieces)) if pieces else ""


def simulated_rows(place: Area, change: str) -> pd.DataFrame:
    """The simulated trend as rows beside those of the estimate, whose column of changes is `change`."""
    rows = [
        {"Years": f"{row.first_year}–{row.last_year}", change: f"{row.apc:+g}", "p": "–",
         "Warned": TEXT["planted_rows_warned"]}
        for row in simulated(place).itertuples()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def findings(place: Area) -> list[Finding]:
    """The change a year, the joinpoints and what follows each, and of a study the change all areas have in common."""
    limits = f"{LIMITS} {record_counts.together(place.study)}"
    state = partial(
        Finding, place, method=f"{JOINPOINT}.", limits=limits, kind=catalog.case_kind(place.study),
        release_class=PROTECTED,
    )  # fmt: skip
    measures = ("recorded_change", "recorded_turns")
    if not record_counts.tables(place.study) or not record_counts.is_linked(place):
        return [state(measure, status=REFUSED, why=NOT_LINKED) for measure in measures]
    result = fitted(place)
    if isinstance(result, NoResult):
        status = WITHHELD if untold(by_year(place)) else REFUSED
        why = result.reason
        if record_counts.total(place) == 0:
            status, why = NOT_REPORTED, TEXT["nobody"]
        found = [state(measure, status=status, why=why) for measure in measures]
    else:
        warned = partial(state, limits=sentences(limits, trend.warned(result.warnings)))
        after = ("recorded_turns", "recorded_change_after_turn")
        found = [_average(result, warned), *of_joinpoints(result, warned, after)]
    return [*found, _common(place, limits, state)] if place.is_study else found


def _average(result: trends.JoinpointTrend, state: partial[Finding]) -> Finding:
    average = result.average.iloc[0]
    if refusal := trends.imprecise(average["low"], average["high"]):
        return state("recorded_change", status=REFUSED, why=str(refusal))
    return state(
        "recorded_change",
        value=one(average["aapc_low"], average["aapc_high"]),
        low=average["low"],
        high=average["high"],
        interval=CONFIDENCE,
        period=years(average["start"], average["end"]),
        n=result.n,
        method=TEXT["average_method"].format(joinpoint=JOINPOINT, limits=result.limits_are),
    )


def _common(place: Area, limits: str, state: partial[Finding]) -> Finding:
    """The change a year that the areas of a study have in common."""
    limits = TEXT["common_limits"].format(limits=limits, areas=len(areas.ids(place.study)))
    stated = partial(state, "recorded_common_change", method=f"{POOLED}.")
    return in_common(fitted_together(place.study), stated, limits)


take_names(__name__)
