"""Trends of case records that may be released: persons by year from protected tables, joinpoints, areas pooled.

Where the count of a year is suppressed, it is known only to lie between 0 and what the other counts leave: the trend is
fitted over all that it may be, and where more than half of the years are suppressed, none is.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from IPython.display import Markdown

import trends
from analysis import areas, catalog
from analysis.areas import Area
from analysis.exhibits import trend
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult, attempt
from analysis.exhibits.exhibit import PROTECTED, Exhibit, only, said
from analysis.exhibits.findings_indicators import years
from analysis.exhibits.findings_trends import JOINPOINT, in_common, numbers_of, of_joinpoints, pooled_method
from analysis.exhibits.plot import Plot
from analysis.exhibits.record_counts import added, counts, is_linked, of_counts, tables, together, total
from analysis.exhibits.table import Table
from analysis.exhibits.trend_models import (
    Fit,
    change_column,
    forest_of_areas,
    in_words,
    many_tests,
    of_joinpoint_trend,
    pooled_table,
    segment_table,
)
from analysis.exhibits.wording import sentences
from analysis.findings.exhibit_rows import Found
from analysis.findings.finding import CONFIDENCE, NOT_REPORTED, REFUSED, WITHHELD, Finding
from bounded import intervals
from trends import JoinpointTrend, PooledAreas

LIMITS = f"Persons on lists, by when they were first detected. {trend.EFFORT}"
NOT_LINKED = "The records were not linked: records are no persons, and no trend of theirs is shown."
# Of the years of a series, the largest share that may be suppressed for a trend to be fitted.
MOST_SUPPRESSED = 0.5


def about(place: Area) -> Markdown:
    """Return of what kind the case records are whose trend is shown, and whether they are linked."""
    synthetic = (
        "**SYNTHETIC: the persons below are not real, and the simulated trend is known.** Detection differs from the "
        "simulated trend: lists detect some persons more easily in some years than in others."
    )
    kind = synthetic if catalog.case_kind(place.study) == "synthetic" else ""
    return said(sentences(kind, "" if is_linked(place) else NOT_LINKED), PROTECTED)


# Persons by year, as protected tables tell them


def has_persons(place: Area) -> bool:
    """Return whether there are protected counts of linked persons."""
    return bool(tables(place.study)) and is_linked(place)


def by_year(place: Area) -> pd.DataFrame:
    """Return the persons of each year as bounds, from protected tables; the last year may still be filling up.

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
    """Return what known counts leave of their sum."""
    # Adjusted counts can add up to more than their adjusted total.
    return np.inf if whole is None else max(0.0, float(whole - table["count"].fillna(0).sum()))


def _left_of_year(place: Area, year: str) -> float:
    """Return what the known counts of other areas leave of all persons of a year."""
    every = counts(areas.get(place.study), "year")
    whole = added(every.loc[every["year"].astype(str) == year, "count"])
    of_areas = counts(areas.get(place.study), "year", "area_id")
    return _left(whole or None, of_areas[of_areas["year"].astype(str) == year])


def enough_published(series: pd.DataFrame, *, most_suppressed: float = MOST_SUPPRESSED) -> pd.DataFrame | NoResult:
    """Return persons by year, as `by_year` gives them; or why they tell too little for a trend.

    Parameters
    ----------
    most_suppressed : the largest share of the years, 0 to 1, whose count may be suppressed.
    """
    if not len(series):
        return NoResult("No year has enough persons to be shown separately.", "all_suppressed")
    suppressed = int((series["value_qualifier"] != "exact").sum())
    if suppressed <= most_suppressed * len(series):
        return series
    return NoResult(f"{suppressed} of {len(series)} years are suppressed.", "too_many_suppressed")


def published_by_area(place: Area, *, most_suppressed: float = MOST_SUPPRESSED) -> pd.DataFrame:
    """Return the complete years of each area of a study of which few enough are suppressed; none of a single area.

    Parameters
    ----------
    most_suppressed : the largest share of the years of an area, 0 to 1, whose count may be suppressed.

    Returns
    -------
    DataFrame: area_id, and the columns of `by_year`; most_suppressed in `attrs`.
    """
    parts = []
    for area_id in areas.ids(place.study) if place.is_study else ():
        series = by_year(areas.get(area_id))
        if not isinstance(enough_published(series, most_suppressed=most_suppressed), NoResult):
            parts.append(series[series["complete"]].assign(area_id=area_id))
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["area_id", "period", "low", "high"])
    found.attrs["most_suppressed"] = most_suppressed
    return found


def pooled_trends(published: pd.DataFrame, *, confidence: float = trend.CONFIDENCE) -> PooledAreas | NoResult:
    """Return the trends of areas by partial pooling of what `published_by_area` gives, or why there are none."""
    if published.empty:
        return NoResult("no area can be shown by year.", "all_suppressed")
    return trend.precise(attempt(trends.pool_areas, published, counts="poisson", confidence=confidence))


# What may be released


def joinpoints(place: Area, fit: Fit) -> Exhibit:
    """Return persons first detected by year, with their joinpoint fit, and beside it the simulated trend if any.

    Parameters
    ----------
    fit : the joinpoint trend of what `enough_published` gives, or why there is none.
    """
    name, title = "record_turns", "persons first detected by year, joinpoints and changes in trend"
    if isinstance(fit, NoResult):
        return of_counts(place, name, title, pd.DataFrame(), f"Refused: {fit.reason}")
    limits = sentences(LIMITS, together(place.study), tests_of(fit), simulated_words(place))
    return with_joinpoints(place, of_counts(place, name, title, pd.DataFrame(), limits), fit)


def with_joinpoints(place: Area, shown: Exhibit, fit: JoinpointTrend) -> Exhibit:
    """Return an exhibit with segments as its table, and below them on a page those of the simulated trend."""
    segments = segment_table(fit)
    rows = pd.concat([segments.printed, _simulated_rows(place, change_column(fit))], ignore_index=True)
    return replace(
        shown,
        table=Table(segments.numbers.assign(**trend.joinpoint_numbers(fit)), lambda _: rows),
        plot=Plot(of_joinpoint_trend, fit, ylabel="persons first detected"),
        limits=sentences(shown.limits, trend.warned(fit.warnings)),
        alt=f"{shown.title} – {in_words(fit)}",
    )


def tests_of(fit: JoinpointTrend) -> str:
    """Return of how many permutations the tests are that chose the number of joinpoints."""
    tests = many_tests(fit) if fit.selection == "permutation" else ""
    return tests and f"Tests of {tests}."


@only("comparison", "yearly change of all areas")
def pooled(place: Area, published: pd.DataFrame, fit: PooledAreas | NoResult) -> Exhibit:
    """Return the change of each area of a study, alone and drawn towards that of all areas.

    Parameters
    ----------
    published, fit : what `published_by_area` gives of the study, and what `pooled_trends` makes of it.
    """
    name, title, shown = "record_pooled", "the change of each area, alone and pooled", published["area_id"].nunique()
    number = f"Of {len(areas.ids(place.study))} areas, the {shown} {_suppressed_at_most(published)}."
    limits = f"{LIMITS} {together(place.study)} {number} Pooling hides an area that truly differs."
    if isinstance(fit, NoResult):
        why = f"Refused: {fit.reason}" if shown else f"Refused: no area can be shown by year. {limits}"
        return of_counts(place, name, title, pd.DataFrame(), why)
    return with_areas(place, of_counts(place, name, title, pd.DataFrame(), limits), fit)


def _suppressed_at_most(published: pd.DataFrame) -> str:
    most = published.attrs["most_suppressed"]
    return f"with at most {'half' if most == 0.5 else intervals.percent(most)} of their years suppressed"


def with_areas(place: Area, shown: Exhibit, fit: PooledAreas) -> Exhibit:
    """Return an exhibit with the areas of a study in order of their pooled trend."""
    names = areas.names(place.study)
    return replace(
        shown,
        table=pooled_table(fit, names),
        plot=Plot(forest_of_areas, fit, names=names),
        limits=sentences(shown.limits, trend.warned(fit.warnings)),
    )


def simulated(place: Area) -> pd.DataFrame:
    """Return the simulated change of each piece of an area's trend; empty for a study, and for real records."""
    name = f"synthetic_{place.study}_truth_trends"
    if place.is_study or catalog.case_kind(place.study) != "synthetic" or name not in catalog.datasets():
        return pd.DataFrame(columns=["first_year", "last_year", "apc"])
    table = catalog.load(name)
    return table[table["area_id"] == place.area_id]


def simulated_words(place: Area) -> str:
    pieces = [f"{row.first_year}–{row.last_year} {row.apc:+g} %" for row in simulated(place).itertuples()]
    return f"Simulated among all persons, detected and undetected: {', '.join(pieces)} a year." if pieces else ""


def _simulated_rows(place: Area, change: str) -> pd.DataFrame:
    """Return the simulated trend as rows beside those of the estimate, whose column of changes is `change`."""
    rows = [
        {"Years": f"{row.first_year}–{row.last_year}", change: f"{row.apc:+g}", "p": "–",
         "Warned": "simulated, not estimated"}
        for row in simulated(place).itertuples()
    ]  # fmt: skip
    return pd.DataFrame(rows)


# What is stated


def findings(
    place: Area,
    fit: Fit,
    turns: Exhibit,
    published: pd.DataFrame | None = None,
    pooled: PooledAreas | NoResult | None = None,
    side_by_side: Exhibit | None = None,
) -> list[Finding]:
    """Return the change a year, the joinpoints and what follows each, and of a study the change of all its areas.

    Parameters
    ----------
    fit, turns : the trend, and the exhibit `joinpoints` that shows it.
    published, pooled, side_by_side : of a study what the exhibit `pooled` is made from, and the exhibit.
    """
    limits = f"{LIMITS} {together(place.study)}"
    state = partial(
        Finding, place, method=f"{JOINPOINT}.", limits=limits, kind=catalog.case_kind(place.study),
        release_class=PROTECTED,
    )  # fmt: skip
    measures = ("recorded_change", "recorded_turns")
    if not has_persons(place):
        return [state(measure, status=REFUSED, why=NOT_LINKED) for measure in measures]
    if isinstance(fit, NoResult):
        status, why = WITHHELD if fit.code in ("all_suppressed", "too_many_suppressed") else REFUSED, fit.reason
        if total(place) == 0:
            nobody = "no list has a record of a person here; that need not mean that there is none"
            status, why = NOT_REPORTED, nobody
        found = [state(measure, status=status, why=why) for measure in measures]
    else:
        warned = partial(state, limits=sentences(limits, trend.warned(fit.warnings)), confidence=fit.confidence)
        after = ("recorded_turns", "recorded_change_after_turn")
        numbers = numbers_of(turns)
        # Without a joinpoint the one segment is the average.
        average = numbers[numbers["part"] == ("average" if fit.k else "segment")].iloc[0]
        shown = Found(turns.name, average, ("part", "start"))
        found = [_average(fit, shown, warned), *of_joinpoints(fit, warned, after, shown, of_segments=turns.name)]
    if published is None or pooled is None or side_by_side is None:
        return found
    number = f"Of {len(areas.ids(place.study))} areas, those {_suppressed_at_most(published)}."
    level = {} if isinstance(pooled, NoResult) else {"confidence": pooled.confidence}
    common = partial(state, "recorded_common_change", method=f"{pooled_method(pooled)}.", **level)
    table = numbers_of(side_by_side)
    return [*found, in_common(pooled, side_by_side.name, table, common, f"{limits} {number}")]


def _average(result: JoinpointTrend, shown: Found, state: partial[Finding]) -> Finding:
    average = result.average.iloc[0]
    if refusal := trends.imprecise(average["low"], average["high"]):
        return state("recorded_change", status=REFUSED, why=str(refusal))
    return state(
        "recorded_change",
        **shown.says("change_least", CONFIDENCE),
        period=years(average["start"], average["end"]),
        n=result.n,
        method=f"{JOINPOINT}; the average of all segments, limits {result.limits_are}.",
    )


take_names(__name__)
