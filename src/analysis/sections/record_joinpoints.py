"""Exhibits on trends of case records that may leave the house: persons by year from the protected tables, no record.

Where the count of a year is suppressed, it is known only to lie between 0 and what the other counts leave: the trend is
fitted over all that it may be, and where more than half of the years are suppressed, none is.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from IPython.display import Markdown

import trends
from analysis import areas, catalog, texts
from analysis.areas import Area
from analysis.jobs import shows_case_records
from analysis.sections import trend
from analysis.sections.attempt import Refused, attempt
from analysis.sections.case_records import none_shown
from analysis.sections.joinpoints import in_words, segment_rows
from analysis.sections.pooled import precise, rows_of
from analysis.sections.record_counts import added, counted_footer, counts, is_linked, of_counts, tables, together, total
from analysis.sections.section import PROTECTED, Section, said
from analysis.sections.trend import EFFORT
from analysis.sections.trend_figures import of_joinpoint_trend, of_pooled_areas

TEXT = texts.of(__name__)

LIMITS = TEXT["limits"].format(effort=EFFORT)
# Of the years of a series, the largest share that may be suppressed for a trend to be fitted.
MOST_WITHHELD = 0.5
NOT_LINKED = TEXT["not_linked"]


def about(place: Area) -> Markdown:
    """Whether there are case records whose trend can be shown, and of what kind they are."""
    if not shows_case_records(place.study):
        return said(TEXT["with_lists_of_persons"].format(none_shown=none_shown(place)))
    invented = TEXT["about_invented"]
    text = invented if catalog.case_kind(place.study) == "synthetic" else ""
    return said(f"{text}{'' if is_linked(place) else f' {NOT_LINKED}'}".strip(), PROTECTED)


def exhibits(place: Area) -> list[Section]:
    """What of the trends of an area or study may leave; nothing where there are no linked persons."""
    if not shows_case_records(place.study) or not tables(place.study) or not is_linked(place):
        return []
    return [turns(place), *([pooled(place)] if place.is_study else [])]


def by_year(place: Area) -> pd.DataFrame:
    """Persons of each year as bounds, from protected tables; the last year may still be filling up.

    Returns
    -------
    DataFrame: period, low, high, value_qualifier, complete, warnings. A suppressed count lies between 0 and what the
    known counts of the same area, and of the same year, leave of their sums; no upper bound is infinite.
    """
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
    return trends.flag_last_period(series.sort_values("period", ignore_index=True)) if len(series) else series


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


@cache
def fitted(area_id: str) -> trends.JoinpointTrend | str:
    """The joinpoint trend of the persons by year, or why there is none."""
    place = areas.get(area_id)
    series = by_year(place)
    if reason := untold(series):
        return reason
    try:
        return trends.joinpoint(series)
    except ValueError as refusal:
        return str(refusal)


def untold(series: pd.DataFrame) -> str:
    """Why persons by year, as `by_year` gives them, tell too little for a trend; empty where they tell enough."""
    if not len(series):
        return TEXT["no_year_has_persons_enough"]
    suppressed = int((series["value_qualifier"] != "exact").sum())
    return (
        TEXT["of_years_are_withheld"].format(suppressed=suppressed, series=len(series))
        if suppressed > MOST_WITHHELD * len(series)
        else ""
    )


def turns(place: Area) -> Section:
    """Persons first detected by year, with the joinpoint fit; beside it the trend that was planted, if one was."""
    result = fitted(place.area_id)
    what = TEXT["turns_title"]
    if isinstance(result, str):
        return of_counts(place, "record_turns", what, pd.DataFrame(), f"Refused: {result}")
    limits = f"{LIMITS} {together(place.study)} {planted_words(place)}".strip()
    figure = of_joinpoint_trend(
        result,
        title=f"{place.name}: {what}",
        footer=counted_footer(place, total(place), limits),
        ylabel=TEXT["turns_ylabel"],
    )
    rows = pd.concat([segment_rows(result), planted_rows(place)], ignore_index=True)
    limits = f"{limits} {trend.warned(result.warnings)}"
    return of_counts(place, "record_turns", f"{what} – {in_words(result)}", rows, limits, figure)


def told_by_year(study: str) -> dict[str, pd.DataFrame]:
    """The complete years of each area of a study of which at most half are suppressed, as `by_year` gives them."""
    series = {area_id: by_year(areas.get(area_id)) for area_id in areas.ids(study)}
    return {
        area_id: each[each["complete"]].assign(area_id=area_id)
        for area_id, each in series.items()
        if len(each) and (each["value_qualifier"] == "exact").mean() >= 1 - MOST_WITHHELD
    }


def fitted_together(study: str) -> trends.PooledAreas | Refused:
    """The trends of the areas of a study by partial pooling, or why there are none."""
    if not (told := told_by_year(study)):
        return Refused(TEXT["no_area_can_be_told"], "all_suppressed")
    return precise(attempt(trends.pool_areas, pd.concat(told.values(), ignore_index=True)))


def pooled(place: Area) -> Section:
    """The change of each area, alone and drawn towards that of all areas, where most of its years may be told."""
    what = TEXT["pooled_title"]
    found = areas.load(place.study)[["area_id", "name"]]
    told = told_by_year(place.study)
    limits = TEXT["pooled_limits"].format(
        limits=LIMITS, together=together(place.study), areas=len(found), shown=len(told)
    )
    if not told:
        return of_counts(
            place, "record_pooled", what, pd.DataFrame(), TEXT["refused_no_area_can_be"].format(limits=limits)
        )
    result = fitted_together(place.study)
    if isinstance(result, Refused):
        return of_counts(place, "record_pooled", what, pd.DataFrame(), f"Refused: {result.reason}")
    names = areas.names(place.study)
    footer = counted_footer(place, total(place), limits)
    figure = of_pooled_areas(result, title=f"{place.name}: {what}", footer=footer, names=names)
    rows = rows_of(result, names, "Area")
    limits = f"{limits} {trend.warned(result.warnings)}"
    return of_counts(place, "record_pooled", what, rows, limits, figure)


def planted(place: Area) -> pd.DataFrame:
    """The planted change of each piece of an area's trend; empty for a study, and for real records."""
    name = f"synthetic_{place.study}_truth_trends"
    if place.is_study or catalog.case_kind(place.study) != "synthetic" or name not in catalog.datasets():
        return pd.DataFrame(columns=["first_year", "last_year", "apc"])
    table = catalog.load(name)
    return table[table["area_id"] == place.area_id]


def planted_words(place: Area) -> str:
    """The planted trend in a sentence; none where none was."""
    pieces = [f"{row.first_year}–{row.last_year} {row.apc:+g} %" for row in planted(place).itertuples()]
    return TEXT["planted_among_all_persons_seen"].format(segments=", ".join(pieces)) if pieces else ""


def planted_rows(place: Area) -> pd.DataFrame:
    """The planted trend as rows beside those of the estimate."""
    rows = [
        {"Years": f"{row.first_year}–{row.last_year}", "Change, % a year (95 %)": f"{row.apc:+g}", "p": "–",
         "Warned": TEXT["planted_rows_warned"]}
        for row in planted(place).itertuples()
    ]  # fmt: skip
    return pd.DataFrame(rows)
