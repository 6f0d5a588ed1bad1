"""Sections on two models of trends: joinpoints of each series that is long enough, and areas of a study pooled."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

import trends
from analysis import areas, indicators, plots, texts
from analysis.areas import Area
from analysis.plots.dots import dots
from analysis.plots.dots import in_words as change_in_words
from analysis.sections import detection, trend
from analysis.sections.any_place import take_names
from analysis.sections.section import (
    NOT_INCIDENCE,
    NoResult,
    Section,
    absent,
    attempt,
    lower_first,
    of_figures,
    plain,
    said,
    sentences,
    unless_refused,
)
from analysis.sections.table import Table, Words
from analysis.sections.trend import COVID, EFFORT, change_words
from trends import SHORT_REFUSAL, JoinpointTrend, PooledAreas, imprecise

TEXT = texts.of(__name__)

Fit = trends.JoinpointTrend | NoResult

# Fewer years cannot show a turn; more series than so many are a search for one.
FEWEST_YEARS = 7
MOST_SERIES = 3
ABOUT = TEXT["about"]
OTHER_MODEL = TEXT["other_model"]


def longest(
    place: Area, found: pd.DataFrame, *, top: int = MOST_SERIES, fewest_years: int = FEWEST_YEARS
) -> pd.DataFrame:
    """The points of the longest series of counts; of several countries those of detected victims, however short.

    What the study counts itself comes before what is known of its country, then come the series of the most years.
    """
    if place.spans_countries:
        parts = [trend.of_label(found, label) for label in trend.MEASURES.values()]
        return pd.concat(parts, ignore_index=True)
    known = found[found["counted"].eq(True) & found["high"].lt(float("inf"))]
    # The series of an area and that of its country can have one label.
    years = known.groupby(["name", "label"], sort=False)["year"].size()
    long = years[years >= fewest_years].sort_values(ascending=False, kind="stable").index.tolist()
    own = set(trend.own_labels(place).values())
    chosen = sorted(long, key=lambda series: series[1] not in own)[:top]
    parts = [group_of(found, label, whose) for whose, label in chosen]
    return pd.concat(parts, ignore_index=True) if parts else found.head(0)


def none_long_enough(place: Area) -> Markdown:
    """That no series has enough years."""
    return said(TEXT["exhibits_limits"].format(whose=plain(place.name), fewest_years=FEWEST_YEARS))


def fitted(fits: Mapping[tuple[str, str], Fit]) -> pd.DataFrame:
    """Every series that was fitted, with its number of joinpoints, or why there is no fit."""
    rows = [
        (*key, None, fit.reason) if isinstance(fit, NoResult) else (*key, len(fit.joinpoints), "")
        for key, fit in fits.items()
    ]
    return pd.DataFrame(rows, columns=["name", "label", "joinpoints", "refused"])


def has_zeros(counts: pd.DataFrame) -> bool:
    """Whether counts are known and some of them are 0: the logarithm of a rate has no place for them."""
    known = counts[counts["high"] < float("inf")]
    return bool(known["low"].eq(known["high"]).all() and known["low"].eq(0).any())


def joinpoint_fit(points: pd.DataFrame) -> Fit:
    """The joinpoint trend of a series with the notebook's arguments; findings state it."""
    counts = trend.counts_of(points)
    if has_zeros(counts):
        return attempt(trends.joinpoint_counts, counts, selection="permutation", replicates=999)
    return attempt(trends.joinpoint, counts, selection="permutation", permutations=4499)


def group_of(found: pd.DataFrame, label: str, whose: str | None = None) -> pd.DataFrame:
    """The series of one label in order of time: that of one area by its name, or those of all that there are."""
    group = found[(found["label"] == label) & (found["name"].eq(whose) if whose else True)]
    return group.sort_values("year", kind="stable")


def joinpoint_section(number: int, points: pd.DataFrame, fit: Fit) -> Section:
    """What surrounds one series with its joinpoint fit; `number` is its place among those that are shown."""
    whose, label = _named(points)
    title = TEXT["turns_title"].format(whose=whose, label=lower_first(label))
    if isinstance(fit, NoResult):
        return Section(f"turns_{number}", title, limits=f"Refused: {fit.reason}")
    limits = f"{NOT_INCIDENCE} {EFFORT} {COVID} {OTHER_MODEL}"
    alt, more = f"{title}. {in_words(fit)}.", trend.warned(fit.warnings)
    return of_figures(f"turns_{number}", title, points, f"{fit.n} years", limits, alt=alt, more=more)


def _named(points: pd.DataFrame) -> tuple[str, str]:
    return str(points["name"].iloc[0]), str(points["label"].iloc[0])


@unless_refused
def joinpoint_figure(points: pd.DataFrame, fit: trends.JoinpointTrend, section: Section) -> Figure:
    """Observations, fit, joinpoints with their limits, and the change of each segment."""
    return of_joinpoint_trend(fit, ylabel=unit_of(points), **section.frame)


def criteria(number: int, points: pd.DataFrame, fit: trends.JoinpointTrend) -> Section:
    """What surrounds what tests and information criteria say of each number of joinpoints of one series."""
    whose, label = _named(points)
    title = TEXT["selection_title"].format(whose=whose, label=lower_first(label))
    # Of counts the tests are others than of rates.
    names = trends.CRITERIA | {"permutation": fit.tests_are}
    warned = [each for each in fit.warnings if each.startswith(("The criteria", "Only"))]
    limits = sentences(ABOUT.format(tests=fit.tests_are), *warned)
    chosen = "; ".join(f"{names[by]}: {k}" for by, k in fit.chosen.items())
    alt = f"{title}: {chosen}."
    return of_figures(f"turns_{number}_criteria", title, points, f"{fit.n} years", limits, alt=alt)


def criteria_absent(place: Area) -> Section:
    """Why a place has no criteria: they are of series that were fitted, and printed for a study of one country."""
    return absent(place, TEXT["criteria_absent"], "national" if place.is_local else TEXT["criteria_of_fits"])


def criteria_rows(fit: trends.JoinpointTrend) -> Table:
    """Each number of joinpoints with its p-value and its information criteria; infinite where none has a fit."""

    def tested(p_values: pd.Series) -> list[str]:
        return ["not tested" if p != p else trend.p_words(p).removeprefix("p ") for p in p_values]

    def weighed(values: pd.Series) -> list[str]:
        return ["no fit" if value == float("inf") else f"{value:.3f}" for value in values]

    return Table(
        fit.candidates,
        {
            "Turns": "k",
            f"No further turn, by {fit.tests_are}": Words(tested, "p_value"),
            **{by.upper(): Words(weighed, by) for by in ("bic", "bic3", "wbic")},
            "Chosen by": Words(lambda chosen: chosen.replace("", "–"), "chosen_by"),
        },
    )


def of_countries(place: Area, points: pd.DataFrame, fits: Mapping[tuple[str, str], Fit]) -> dict[str, Fit]:
    """Every country of a study, with the fit of its series or its refusal; `points` are those of one label."""
    label = _named(points)[1]
    nothing = attempt(trends.joinpoint, trend.counts_of(points.head(0)))
    return {str(name): fits.get((str(name), label), nothing) for name in areas.load(place.study)["name"]}


def panels(place: Area, measure: str, points: pd.DataFrame, fits: Mapping[str, Fit]) -> Section:
    """What surrounds the UNODC series of every country with its joinpoint fit; `fits` from `of_countries`."""
    title = f"{place.name}: {lower_first(trend.MEASURES[measure])}, {TEXT['where_the_trend_turns']}"
    limits = f"{NOT_INCIDENCE} {EFFORT} {COVID} {OTHER_MODEL}"
    turning = sum(not isinstance(fit, NoResult) and fit.k > 0 for fit in fits.values())
    alt = TEXT["panels_alt"].format(title=title, turning=turning, results=len(fits))
    return of_figures(f"turns_{measure}", title, points, f"{len(points)} country-years", limits, alt=alt)


def panels_figure(points: pd.DataFrame, fits: Mapping[str, Fit], section: Section) -> Figure:
    """One panel a country: its series with its fit, or that too little is reported."""
    parts: dict[str, list[pd.DataFrame]] = {"fitted": [], "joinpoints": []}
    for name, fit in fits.items():
        if not isinstance(fit, NoResult):
            drawing = fit.drawing()
            for part, tables in parts.items():
                tables.append(drawing[part].assign(panel=name))
    notes = {
        name: f"no fit: {TEXT['panels_refused']}" if isinstance(fit, NoResult) else _note(fit)
        for name, fit in fits.items()
    }
    return plots.small_multiples(
        points.assign(panel=points["name"], **trend.rates_of(points)),
        panels=list(fits),
        fits=pd.concat(parts["fitted"], ignore_index=True) if parts["fitted"] else None,
        joinpoints=pd.concat(parts["joinpoints"], ignore_index=True) if parts["joinpoints"] else None,
        notes=notes,
        subtitle=TEXT["change_differs"] if any(note.endswith("*") for note in notes.values()) else "",
        columns=3,
        ylabel="per 100,000 inhabitants",
        own_scale=True,
        **section.frame,
    )


def _note(fit: trends.JoinpointTrend) -> str:
    """How often the line turns, and the change of the last segment."""
    many = TEXT["one_joinpoint"] if fit.k == 1 else TEXT["joinpoints"].format(count=fit.k or "no")
    return f"{many}; {changes_of(fit)[-1]}"


def panels_rows(points: pd.DataFrame, fits: Mapping[str, Fit]) -> Table:
    """The segments of each country, with the joinpoint that each begins at, or one row that says why there is none."""
    years = points.groupby("name")["year"].size()
    rows: list[dict] = []
    for name, fit in fits.items():
        of = {"name": name, "years": int(years.get(name, 0))}
        if isinstance(fit, NoResult):
            rows.append(of | {"refused": fit.reason})
            continue
        begins = {row.period: {"turn_low": row.low, "turn_high": row.high} for row in fit.joinpoints.itertuples()}
        rows += [
            of | _segment(row) | begins.get(row["start"], {}) | {"warnings": trend.warned(fit.warnings)}
            for row in fit.segments.to_dict("records")
        ]
    numbers = ["start", "end", "change_least", "change_most", "low", "high", "turn_low", "turn_high"]
    table = pd.DataFrame(rows, columns=["name", "years", *numbers, "refused", "warnings"])
    table = table.astype(dict.fromkeys(numbers, float)).fillna({"refused": "", "warnings": ""})
    return Table(table, lambda _: _panels_printed(years, fits))


def _panels_printed(years: pd.Series, fits: Mapping[str, Fit]) -> pd.DataFrame:
    """Each country's joinpoints and changes, a row a country."""
    of = [None if isinstance(fit, NoResult) else fit for fit in fits.values()]
    return pd.DataFrame(
        {
            "Country": list(fits),
            "Years": [int(years.get(name, 0)) for name in fits],
            "Turns": ["–" if fit is None else turn_words(fit) for fit in of],
            "Change, % a year": ["refused" if fit is None else in_words(fit) for fit in of],
            "Refused or warned": [
                fit.reason if isinstance(fit, NoResult) else trend.warned(fit.warnings) for fit in fits.values()
            ],
        }
    )


def _segment(row: Mapping, name: str = "apc") -> dict[str, float]:
    """A segment, or the average of all, in numbers: where it begins and ends, its change in percent a year, limits, p.

    A change that is too badly known to be printed is missing.
    """
    ends = {"start": row["start"], "end": row["end"]}
    if trends.imprecise(row["low"], row["high"]):
        return ends
    change = {"change_least": row[f"{name}_low"], "change_most": row[f"{name}_high"]}
    return ends | change | {"low": row["low"], "high": row["high"], "p_value": row["p_value"]}


def unit_of(group: pd.DataFrame) -> str:
    """What the figures of a series count."""
    return "per 100,000 inhabitants" if group["population"].notna().all() else TEXT["events_or_persons"]


def bar(row: Mapping, name: str) -> dict[str, object]:
    """A change in percent a year as a line of a forest: its bounds, its limits, and both in words; or its refusal."""
    if trends.imprecise(row["low"], row["high"]):
        return dict.fromkeys(("estimate_low", "estimate_high", "low", "high"), float("nan")) | {
            "text": trends.SHORT_REFUSAL
        }
    ends = {
        "estimate_low": row[f"{name}_low"],
        "estimate_high": row[f"{name}_high"],
        "low": row["low"],
        "high": row["high"],
    }
    return {**ends, "text": _change(row, name)}


def _change(row: Mapping, name: str) -> str:
    return trend.change_words(row[f"{name}_low"], row[f"{name}_high"], row["low"], row["high"])


def turn_words(result: trends.JoinpointTrend) -> str:
    """The turns with their limits in words."""
    turns = [f"{row.period:g} ({row.low:g} to {row.high:g})" for row in result.joinpoints.itertuples()]
    return ", ".join(turns) or "none"


def in_words(result: trends.JoinpointTrend) -> str:
    """The change of each segment in words."""
    said = []
    for row in result.segments.to_dict("records"):
        change = _change(row, "apc")
        unit = "" if change == trends.SHORT_REFUSAL else " % a year"
        said.append(f"{row['start']:g}–{row['end']:g} {change}{unit}")
    return "; ".join(said)


def change_column(result: trends.JoinpointTrend) -> str:
    """The head of the column with changes and their limits."""
    return f"Change, % a year ({100 * result.confidence:g} %)"


def _average(average: Mapping, result: trends.JoinpointTrend) -> str:
    """The average change with its limits and how they were made, or that it is refused."""
    change = _change(average, "aapc")
    if change == trends.SHORT_REFUSAL:
        return change
    return TEXT["average_and_limits"].format(change=change, limits=result.limits_are)


@unless_refused
def segment_rows(result: trends.JoinpointTrend) -> Table:
    """Segments and their average."""
    parts = [("segment", row, "apc") for row in result.segments.to_dict("records")]
    parts += [("average", row, "aapc") for row in result.average.to_dict("records")] if result.k else []
    begins = {row.period: {"turn_low": row.low, "turn_high": row.high} for row in result.joinpoints.itertuples()}
    rows = [
        {"part": part} | _segment(row, name) | (begins.get(row["start"], {}) if part == "segment" else {})
        for part, row, name in parts
    ]
    numbers = ["start", "end", "change_least", "change_most", "low", "high", "p_value", "turn_low", "turn_high"]
    table = pd.DataFrame(rows, columns=["part", *numbers]).astype(dict.fromkeys(numbers, float))
    return Table(table, lambda _: _segments_printed(result))


def _segments_printed(result: trends.JoinpointTrend) -> pd.DataFrame:
    average, change = result.average.iloc[0], change_column(result)
    rows = [
        {
            "Years": f"{row['start']:g}–{row['end']:g}",
            change: _change(row, "apc"),
            "p": trend.p_words(row["p_value"]).removeprefix("p "),
            "Warned": row["warnings"] or "–",
        }
        for row in result.segments.to_dict("records")
    ]
    if not result.k:
        return pd.DataFrame(rows)
    rows.append(
        {
            "Years": f"{average['start']:g}–{average['end']:g}, average",
            change: _average(average, result),
            "p": trend.p_words(average["p_value"]).removeprefix("p "),
            "Warned": f"Turns: {turn_words(result)}",
        }
    )
    return pd.DataFrame(rows)


def of_joinpoint_trend(result: JoinpointTrend, *, ylabel: str, **frame: Any) -> Figure:
    """What was observed, the fitted line, its joinpoints with their limits, and the change of each segment.

    Parameters
    ----------
    ylabel : what is observed, with its unit.
    """
    rows = np.vstack([np.column_stack([result.period, result.observed]), result.incomplete])
    observed = pd.DataFrame(rows, columns=["x", "low", "high", "interval_low", "interval_high"])
    observed["x"] += result.middle
    observed["incomplete"] = np.arange(len(rows)) >= len(result.period)
    known = np.isclose(observed["low"], observed["high"])
    jumps = [float(str(term).split()[1]) for term in result.terms["term"] if str(term).startswith("jump")]
    level = f"{100 * result.confidence:g}%"
    changes = changes_of(result)
    different = TEXT["of_joinpoint_trend_different"] if any(each.endswith("*") for each in changes) else ""
    said = ["" if result.k else TEXT["of_joinpoint_trend_note"], *changes, different]
    drawing = result.drawing()
    return plots.series(
        observed.assign(value_qualifier=np.where(known, "exact", "derived")),
        fit=drawing["fitted"],
        joinpoints=drawing["joinpoints"],
        # Between the middle of the year before and that of its own.
        lines={TEXT["of_joinpoint_trend_jump"]: jumps} if jumps else None,
        text="\n".join(filter(None, said)),
        ylabel=ylabel,
        fit_label=f"fit and its {level} band",
        joinpoint_label=f"joinpoint with its {level} interval",
        **frame,
    )


def changes_of(result: JoinpointTrend) -> list[str]:
    """The years of each segment with its change; an asterisk where it differs from 0."""
    said = []
    for row in result.segments.to_dict("records"):
        change = change_words(row["apc_low"], row["apc_high"], row["low"], row["high"])
        if change != SHORT_REFUSAL:
            change = change.replace(" (", " % a year (") + ("*" if row["significant"] else "")
        said.append(f"{math.floor(row['start'])}–{math.floor(row['end'])}: {change.replace('-', '−')}")
    return said


def pooled_section(study: Area, points: pd.DataFrame, fit: trends.PooledAreas | NoResult) -> Section:
    """What surrounds the areas of a study in order of their pooled trend.

    Parameters
    ----------
    points, fit : what `figures_of_areas` gives of the study, and what `trends.pool_areas` makes of it.
    """
    label = pooled_label(study)
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


def pooled_label(study: Area) -> str:
    """The label of the series that is pooled over the areas of a study; empty where no source has one."""
    if study.spans_countries:
        return trend.MEASURES["victims"]
    events = [each for each in detection.over_time(study.study) if each.counts not in indicators.NOT_EVENTS]
    return events[0].words if detection.has_own(study.study) and events else ""


COLUMNS = ["area_id", "period", "low", "high", "value_qualifier", "population", "source_id", "kind"]


def figures_of_areas(study: Area) -> pd.DataFrame:
    """The figures that are pooled: a row an area and year, with its population where the series has one."""
    if not pooled_label(study):
        return pd.DataFrame(columns=COLUMNS)
    if study.spans_countries:
        points = trend.series(study)
        points = points[(points["label"] == pooled_label(study)) & points["population"].notna()]
    else:
        events = [each for each in detection.over_time(study.study) if each.counts not in indicators.NOT_EVENTS]
        points = detection.own_figures(study.study, areas.ids(study.study), events[:1])
        points = points.assign(year=points["date_high"].dt.year)
        points = points.drop_duplicates(["area_id", "year"], keep="last").sort_values(["area_id", "year"])
    points = points.rename(columns={"year": "period"})
    return points[[name for name in COLUMNS if name in points]].reset_index(drop=True)


def pooled_fit(study: Area) -> trends.PooledAreas | NoResult:
    """The pooled trends of a study's areas, as its page has them and its findings state them."""
    # Detection in an area jumps from year to year far more than chance does.
    return trend.precise(attempt(trends.pool_areas, figures_of_areas(study), counts="negative_binomial"))


@unless_refused
def pooled_rows(fit: trends.PooledAreas, names: Mapping[str, str]) -> Table:
    """Changes of areas by themselves and pooled."""
    table = fit.areas.sort_values("pooled_change_most", ascending=False, na_position="last", kind="stable")
    own, pooled = _ends("own"), _ends("pooled")
    known = trend.precise_only(trend.precise_only(table, own), pooled)
    return Table(
        known.assign(name=known["area_id"].map(names)),
        {
            "Area": "name",
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


@unless_refused
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
    said = change_in_words(common.least, common.most, common.low, common.high, ratio=False)
    return dots(
        table.assign(text=[change_in_words(least, most, low, high, ratio=False) for least, most, low, high in numbers]),
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


take_names(__name__)
