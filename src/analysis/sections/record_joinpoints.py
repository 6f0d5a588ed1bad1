"""Sections on trends of case records that may be released: persons by year from the protected tables, no record.

Where the count of a year is suppressed, it is known only to lie between 0 and what the other counts leave: the trend is
fitted over all that it may be, and where more than half of the years are suppressed, none is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

import trends
from analysis import areas, catalog, texts
from analysis.areas import Area
from analysis.sections import trend
from analysis.sections.attempt import NoResult, attempt
from analysis.sections.joinpoints import Fit, in_words, segment_rows
from analysis.sections.pooled import precise
from analysis.sections.record_counts import added, counted_footer, counts, is_linked, of_counts, tables, together, total
from analysis.sections.section import PROTECTED, Section, said
from analysis.sections.table import Table
from analysis.sections.trend import EFFORT
from analysis.sections.trend_figures import of_joinpoint_trend

TEXT = texts.of(__name__)

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


def turns(place: Area, fit: Fit) -> Section:
    """What surrounds persons first detected by year, with the joinpoint fit, and the simulated trend if any."""
    what = TEXT["turns_title"]
    if isinstance(fit, NoResult):
        return of_counts(place, "record_turns", what, pd.DataFrame(), f"Refused: {fit.reason}")
    limits = f"{LIMITS} {together(place.study)} {planted_words(place)}".strip()
    foot = counted_footer(place, total(place), limits)
    limits = f"{limits} {trend.warned(fit.warnings)}"
    section = of_counts(place, "record_turns", what, pd.DataFrame(), limits, footer=foot)
    return replace(section, alt=f"{section.title} – {in_words(fit)}")


def turns_figure(fit: Fit, section: Section) -> Figure | None:
    """Persons by year with the joinpoint fit; None where the method refused."""
    return None if isinstance(fit, NoResult) else of_joinpoint_trend(fit, ylabel=TEXT["turns_ylabel"], **section.frame)


def turns_rows(place: Area, fit: Fit) -> Table | pd.DataFrame:
    """Segments, and below them on a page those of the simulated trend; empty where the method refused."""
    segments = segment_rows(fit)
    if not isinstance(segments, Table):
        return segments
    rows = pd.concat([segments.printed, planted_rows(place)], ignore_index=True)
    return Table(segments.numbers, lambda _: rows)


def told_by_year(study: str, *, most_suppressed: float = MOST_WITHHELD) -> pd.DataFrame:
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
    return precise(attempt(trends.pool_areas, told, counts="poisson"))


def pooled(place: Area, told: pd.DataFrame, fit: trends.PooledAreas | NoResult) -> Section:
    """What surrounds the change of each area, alone and drawn towards that of all areas."""
    what, shown = TEXT["pooled_title"], told["area_id"].nunique()
    limits = TEXT["pooled_limits"].format(
        limits=LIMITS, together=together(place.study), areas=len(areas.ids(place.study)), shown=shown
    )
    if isinstance(fit, NoResult):
        why = f"Refused: {fit.reason}" if shown else TEXT["refused_no_area_can_be"].format(limits=limits)
        return of_counts(place, "record_pooled", what, pd.DataFrame(), why)
    foot = counted_footer(place, total(place), limits)
    limits = f"{limits} {trend.warned(fit.warnings)}"
    return of_counts(place, "record_pooled", what, pd.DataFrame(), limits, footer=foot)


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
