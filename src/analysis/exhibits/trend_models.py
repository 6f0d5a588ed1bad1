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
from analysis import areas, indicators, plots
from analysis.areas import Area
from analysis.exhibits import detection, trend
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult, attempt
from analysis.exhibits.exhibit import NOT_INCIDENCE, Exhibit, absent, exhibit, instead, only, said
from analysis.exhibits.plot import Plot
from analysis.exhibits.table import Table, Words
from analysis.exhibits.trend import COVID, EFFORT, change_words
from analysis.exhibits.wording import lower_first, plain, sentences
from analysis.plots.dots import dots
from analysis.plots.dots import in_words as change_in_words
from trends import SHORT_REFUSAL, JoinpointTrend, PooledAreas, imprecise

Fit = trends.JoinpointTrend | NoResult

# Fewer years cannot show a turn; more series than so many are a search for one.
FEWEST_YEARS = 7
MOST_SERIES = 3
ABOUT = "A joinpoint is considered at every observed year, with two years before and after it, and is kept only if "
OTHER_MODEL = (
    "Joinpoint regression of the logarithm of each figure: the change of the count model weighs years otherwise, and "
    "differs."
)
DIFFERS = "* the change differs from 0"


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


def with_detected(found: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """Return the series of `longest`, and after them UNODC's that are not among these."""
    key, detected = ["name", "label"], found[found["label"].isin(trend.MEASURES.values())]
    others = detected[~detected.set_index(key).index.isin(chosen.set_index(key).index)]
    return pd.concat([chosen, others], ignore_index=True)


def none_long_enough(place: Area) -> Markdown:
    """Return a sentence that no series has enough years."""
    few = f"has {FEWEST_YEARS} years with a count: fewer can show no joinpoint."
    return said(f"No series of {plain(place.name)} {few}")


def fitted(fits: Mapping[tuple[str, str], Fit]) -> pd.DataFrame:
    """Every series that was fitted, with its number of joinpoints, or why there is no fit."""
    rows = [
        (*key, None, fit.reason) if isinstance(fit, NoResult) else (*key, len(fit.joinpoints), "")
        for key, fit in fits.items()
    ]
    return pd.DataFrame(rows, columns=["name", "label", "joinpoints", "refused"])


def has_zeros(counts: pd.DataFrame) -> bool:
    """Return True if counts are known and some of them are 0: the logarithm of a rate has no place for them."""
    known = counts[counts["high"] < float("inf")]
    return bool(known["low"].eq(known["high"]).all() and known["low"].eq(0).any())


def joinpoint_fit(points: pd.DataFrame, *, permutations: int = 4499, replicates: int = 999, **settings: Any) -> Fit:
    """Return the joinpoint trend of a series, its number of joinpoints by tests, or why there is none.

    Parameters
    ----------
    permutations : of each permutation test. replicates : of each bootstrap test, of a series with certain zeros.
    settings : what else `trends.joinpoint`, or then `trends.joinpoint_counts`, is called with, as ``confidence``.
    """
    counts = trend.counts_of(points)
    if has_zeros(counts):
        return attempt(trends.joinpoint_counts, counts, selection="permutation", replicates=replicates, **settings)
    return attempt(trends.joinpoint, counts, selection="permutation", permutations=permutations, **settings)


def many_tests(fit: trends.JoinpointTrend) -> str:
    """Return of how many permutations or replicates the tests of a trend are, in words; "" without tests."""
    for name in ("permutations", "replicates"):
        if name in fit.tests and len(fit.tests):
            numbers = dict.fromkeys(f"{number:,.0f}" for number in (fit.tests[name].min(), fit.tests[name].max()))
            return f"{' to '.join(numbers)} {name}"
    return ""


def group_of(found: pd.DataFrame, label: str, whose: str | None = None) -> pd.DataFrame:
    """The series of one label in order of time: that of one area by its name, or those of all that there are."""
    group = found[(found["label"] == label) & (found["name"].eq(whose) if whose else True)]
    return group.sort_values("year", kind="stable")


def joinpoints(place: Area, found: pd.DataFrame, fits: Mapping[tuple[str, str], Fit]) -> tuple[Exhibit, ...]:
    """Return each series with its joinpoint fit; or, in a sentence, that none is long enough.

    Parameters
    ----------
    found : the series, as `longest` gives them. fits : (name, label) -> joinpoint trend.
    """
    if found.empty:
        return (instead(none_long_enough(place)),)
    if place.spans_countries:
        return (absent(place, "{whose}: joinpoints of one country", "Each country has a notebook of its own."),)
    return tuple(with_joinpoints(n, points, fits[key]) for n, (key, points) in enumerate(trend.each(found), 1))


def with_joinpoints(number: int, points: pd.DataFrame, fit: Fit) -> Exhibit:
    """Return one series with its joinpoint fit: observations, fit, joinpoints and the change of each segment.

    Parameters
    ----------
    number : its place among those that are shown.
    """
    whose, label = _named(points)
    title = f"{whose}: {lower_first(label)}, joinpoints and changes in trend"
    if isinstance(fit, NoResult):
        return Exhibit(f"turns_{number}", title, limits=f"Refused: {fit.reason}")
    tests = many_tests(fit) if fit.selection == "permutation" else ""
    return exhibit(
        f"turns_{number}",
        title,
        segment_table(fit),
        Plot(of_joinpoint_trend, fit, ylabel=unit_of(points)),
        read=points,
        n=lambda _: f"{fit.n} years",
        limits=sentences(NOT_INCIDENCE, EFFORT, COVID, OTHER_MODEL, tests and f"Tests of {tests}."),
        alt=f"{title}. {in_words(fit)}.",
        more=trend.warned(fit.warnings),
    )


def _named(points: pd.DataFrame) -> tuple[str, str]:
    return str(points["name"].iloc[0]), str(points["label"].iloc[0])


def criteria(place: Area, found: pd.DataFrame, fits: Mapping[tuple[str, str], Fit]) -> tuple[Exhibit, ...]:
    """Return what supports each number of joinpoints of each series that was fitted, for a study of one country.

    Parameters
    ----------
    found, fits : as for `joinpoints`.
    """
    shown = {key for key, _ in trend.each(found)}
    known = {key: fit for key, fit in fits.items() if key in shown and not isinstance(fit, NoResult)}
    if known and place.is_study and not place.spans_countries:
        every = enumerate(trend.each(found), 1)
        return tuple(of_criteria(number, points, known[key]) for number, (key, points) in every if key in known)
    why = "They are printed for a study of one country, for each series that was fitted."
    return (absent(place, "{whose}: criteria by number of joinpoints", "national" if place.is_local else why),)


def of_criteria(number: int, points: pd.DataFrame, fit: trends.JoinpointTrend) -> Exhibit:
    """Return each number of joinpoints with its p-value and its information criteria; "no fit" where none has one.

    Parameters
    ----------
    number : the place of the series among those that are shown.
    """

    def tested(p_values: pd.Series) -> list[str]:
        return ["not tested" if p != p else trend.p_words(p).removeprefix("p ") for p in p_values]

    def weighed(values: pd.Series) -> list[str]:
        return ["no fit" if value == float("inf") else f"{value:.3f}" for value in values]

    whose, label = _named(points)
    title = f"{whose}: {lower_first(label)}, how many joinpoints the data support"
    # Of counts the tests are others than of rates.
    names = trends.CRITERIA | {"permutation": fit.tests_are}
    tests = f"{fit.tests_are} ({many_tests(fit)})" if many_tests(fit) else fit.tests_are
    return exhibit(
        f"turns_{number}_criteria",
        title,
        Table(
            fit.candidates,
            {
                "Turns": "k",
                f"No further turn, by {fit.tests_are}": Words(tested, "p_value"),
                **{by.upper(): Words(weighed, by) for by in ("bic", "bic3", "wbic")},
                "Chosen by": Words(lambda chosen: chosen.replace("", "–"), "chosen_by"),
            },
        ),
        read=points,
        n=lambda _: f"{fit.n} years",
        limits=sentences(
            f"{ABOUT}{tests} support it (Kim et al., 2000). Information criteria are shown with the tests: where they "
            "disagree, the number of joinpoints is not known.",
            *(each for each in fit.warnings if each.startswith(("The criteria", "Only"))),
        ),
        alt=f"{title}: {'; '.join(f'{names[by]}: {k}' for by, k in fit.chosen.items())}.",
    )


def joinpoints_of_countries(
    place: Area, found: pd.DataFrame, fits: Mapping[tuple[str, str], Fit]
) -> tuple[Exhibit, ...]:
    """Return the UNODC series of every country with its joinpoint fit, an exhibit for each of `trend.MEASURES`.

    Parameters
    ----------
    found, fits : as for `joinpoints`.
    """
    if not place.spans_countries:
        return (absent(place, "joinpoints of each country", "of_countries"),)
    return tuple(side_by_side(place, measure, found, fits) for measure in trend.MEASURES)


def side_by_side(place: Area, measure: str, found: pd.DataFrame, fits: Mapping[tuple[str, str], Fit]) -> Exhibit:
    """Return one panel a country: its series with its fit, or that too little is reported.

    Parameters
    ----------
    found, fits : as for `joinpoints`, of all measures.
    """
    label = trend.MEASURES[measure]
    points = trend.of_label(found, label)
    nothing = attempt(trends.joinpoint, trend.counts_of(points.head(0)))
    every = {str(name): fits.get((str(name), label), nothing) for name in areas.load(place.study)["name"]}
    known = {name: fit for name, fit in every.items() if not isinstance(fit, NoResult)}
    drawn = {name: fit.drawing() for name, fit in known.items()}
    notes = {name: _note(known[name]) if name in known else "no fit: too little reported" for name in every}
    title, turning = f"{place.name}: {lower_first(label)}, joinpoints", sum(fit.k > 0 for fit in known.values())
    return exhibit(
        f"turns_{measure}",
        title,
        panels_rows(points, every),
        Plot(
            plots.small_multiples,
            points.assign(panel=points["name"], **trend.rates_of(points)),
            panels=list(every),
            fits=_stacked(drawn, "fitted"),
            joinpoints=_stacked(drawn, "joinpoints"),
            notes=notes,
            subtitle=DIFFERS if any(note.endswith("*") for note in notes.values()) else "",
            columns=3,
            ylabel=detection.UNIT,
            own_scale=True,
            fit_label=f"fit and its {trend.levelled(known.values(), 'band')}",
        ),
        read=points,
        n="country-years",
        limits=f"{NOT_INCIDENCE} {EFFORT} {COVID} {OTHER_MODEL}",
        alt=f"{title}: one panel a country; {turning} of {len(every)} have a joinpoint.",
    )


def _stacked(drawn: Mapping[str, Mapping[str, pd.DataFrame]], part: str) -> pd.DataFrame | None:
    tables = [drawing[part].assign(panel=name) for name, drawing in drawn.items()]
    return pd.concat(tables, ignore_index=True) if tables else None


def _note(fit: trends.JoinpointTrend) -> str:
    """Return the number of joinpoints, and the change of the last segment."""
    many = "1 joinpoint" if fit.k == 1 else f"{fit.k or 'no'} joinpoints"
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
    """Return the unit of the figures of a series."""
    return detection.UNIT if group["population"].notna().all() else "events or persons"


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
    return trend.with_level("Change, % a year", [result])


def _average(average: Mapping, result: trends.JoinpointTrend) -> str:
    """The average change with its limits and how they were made, or that it is refused."""
    change = _change(average, "aapc")
    if change == trends.SHORT_REFUSAL:
        return change
    return f"{change}, limits {result.limits_are}"


def segment_table(result: trends.JoinpointTrend) -> Table:
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
    """Draw observations, the fitted line, its joinpoints with their limits, and the change of each segment.

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
    changes = changes_of(result)
    different = DIFFERS if any(each.endswith("*") for each in changes) else ""
    said = ["" if result.k else "No joinpoint is supported by the data.", *changes, different]
    drawing = result.drawing()
    return plots.series(
        observed.assign(value_qualifier=np.where(known, "exact", "derived")),
        fit=drawing["fitted"],
        joinpoints=drawing["joinpoints"],
        # Between the middle of the year before and that of its own.
        lines={"the way of counting changed": jumps} if jumps else None,
        text="\n".join(filter(None, said)),
        ylabel=ylabel,
        interval_label=trend.levelled([result], "interval"),
        fit_label=f"fit and its {trend.levelled([result], 'band')}",
        joinpoint_label=f"joinpoint with its {trend.levelled([result], 'interval')}",
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


@only("comparison", "yearly change of all areas")
def pooled(study: Area, points: pd.DataFrame, fit: trends.PooledAreas | NoResult) -> Exhibit:
    """Return the areas of a study in order of their pooled trend, beside what their own figures say.

    Parameters
    ----------
    points, fit : what `figures_of_areas` gives of the study, and what `trends.pool_areas` makes of it.
    """
    label = pooled_label(study)
    if not label:
        none = f"No public source counts victims by year and area within {study.name}: only for the country as a whole."
        return Exhibit("pooled", f"{study.name}: areas side by side", limits=none)
    title = f"{study.name}: yearly change of {lower_first(label)}, by itself and with partial pooling"
    if isinstance(fit, NoResult):
        return Exhibit("pooled", title, limits=f"Refused: {fit.reason}")
    what, one = ("country", "a country") if study.spans_countries else ("area", "an area")
    names = areas.names(study.study)
    common = trend.change_words(fit.common.least, fit.common.most, fit.common.low, fit.common.high)
    return exhibit(
        "pooled",
        title,
        pooled_table(fit, names),
        Plot(forest_of_areas, fit, names=names),
        read=points,
        n=f"{what}-years",
        limits=f"{NOT_INCIDENCE} {EFFORT} Pooling hides {one} that truly differs.",
        alt=f"{title}: one line {one}; all together {common} % a year.",
        more=trend.warned(fit.warnings),
    )


def pooled_label(study: Area) -> str:
    """The label of the series that is pooled over the areas of a study; empty where no source has one."""
    if study.spans_countries:
        return trend.MEASURES["victims"]
    events = [each for each in detection.over_time(study.study) if each.counts not in indicators.NOT_EVENTS]
    return events[0].words if detection.has_own(study.study) and events else ""


COLUMNS = ["area_id", "period", "low", "high", "value_qualifier", "population", "source_id", "kind"]


def figures_of_areas(study: Area) -> pd.DataFrame:
    """The figures that are pooled: a row an area and year, with its population where the series has one; of a study."""
    if not study.is_study or not pooled_label(study):
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


def pooled_table(fit: trends.PooledAreas, names: Mapping[str, str]) -> Table:
    """Return the changes of areas by themselves and pooled, and below them the change that they have in common."""
    table = fit.areas.sort_values("pooled_change_most", ascending=False, na_position="last", kind="stable")
    own, pooled = _ends("own"), _ends("pooled")
    common = (fit.common.least, fit.common.most, fit.common.low, fit.common.high)
    last = {"area_id": "", "n": len(fit.periods), "own_refused": "", "warnings": ""}
    last |= dict(zip(pooled, common, strict=True))
    table = pd.concat([table, pd.DataFrame([last])], ignore_index=True)
    known = trend.precise_only(trend.precise_only(table, own), pooled)
    return Table(
        known.assign(name=known["area_id"].map({**names, "": TOGETHER}), confidence=fit.confidence),
        {
            "Area": "name",
            "Periods": "n",
            trend.with_level("By itself, % a year", [fit]): Words(lambda *_: _own(table), "own_refused", *own),
            trend.with_level("Pooled, % a year", [fit]): Words(lambda *_: _pooled(table), *pooled),
            "Warned": Words(trend.first_said, "warnings", "own_refused"),
        },
        also=("area_id", "confidence"),
    )


TOGETHER = "All together"


def _ends(which: str) -> tuple[str, ...]:
    return f"{which}_change_least", f"{which}_change_most", f"{which}_low", f"{which}_high"


def _own(table: pd.DataFrame) -> list[str]:
    rows = table[["own_refused", *_ends("own")]].itertuples(index=False)
    return ["refused" if why else "–" if ends[2] != ends[2] else trend.change_words(*ends) for why, *ends in rows]


def _pooled(table: pd.DataFrame) -> list[str]:
    rows = table[[*_ends("pooled")]].itertuples(index=False)
    return ["–" if ends[2] != ends[2] else trend.change_words(*ends) for ends in rows]


def forest_of_areas(
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
                "whose": "its own figures" if kind == "own" else "pooled",
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
    level = trend.levelled([result], "limits")
    said = change_in_words(common.least, common.most, common.low, common.high, ratio=False)
    return dots(
        table.assign(text=[change_in_words(least, most, low, high, ratio=False) for least, most, low, high in numbers]),
        series="whose",
        text="text",
        hollow="own",
        reason="reason",
        span={f"all areas: {said}, {level}": (common.low, common.high)},
        **frame,
        xlabel="change in percent a year",
        interval_label=level,
        signed=True,
        highlight=dict(zip(ids, labels, strict=True)).get(highlight),
    )


take_names(__name__)
