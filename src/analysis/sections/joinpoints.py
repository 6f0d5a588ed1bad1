"""Exhibits on turns: whether a trend bends, where, and how sure that is, for each series that is long enough."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pandas as pd

import trends
from analysis import areas, plots, texts
from analysis.areas import Area
from analysis.sections import detection, trend
from analysis.sections.section import NOT_INCIDENCE, Section, footer, marks
from analysis.sections.trend import COVID, EFFORT
from analysis.sections.trend_figures import of_joinpoint_trend

TEXT = texts.of(__name__)

# Fewer years cannot show a turn; more series than so many are a search for one.
FEWEST_YEARS = 7
MOST_SERIES = 3
ABOUT = TEXT["about"]
OTHER_MODEL = TEXT["other_model"]


def exhibits(place: Area) -> list[Section]:
    """The turns of a place's longest series, and what each criterion says; for several countries those of all."""
    if place.spans_countries:
        return [shown for measure in trend.MEASURES for shown in (panels(place, measure), changes(place, measure))]
    found = []
    for whose, label in long_series(place):
        found.append(turns(place, whose, label))
        # A refusal is said once.
        found += [] if found[-1].figure is None else [selection(place, whose, label)]
    if found:
        return found
    limits = TEXT["exhibits_limits"].format(whose=detection.whose(place), fewest_years=FEWEST_YEARS)
    return [Section("turns_none", "Turns", pd.DataFrame(), limits=limits)]


def long_series(place: Area) -> list[tuple[str, str]]:
    """Whose series of counts have enough years, and their labels, those of the most years first.

    What the study counts itself comes before what is known of its country.
    """
    known = trend.series(place)
    if known.empty:
        return []
    known = known[known["counted"] & (known["high"] < float("inf"))]
    # The series of an area and that of its country can have one label.
    years = known.groupby(["name", "label"], sort=False)["year"].size()
    long = years[years >= FEWEST_YEARS].sort_values(ascending=False, kind="stable").index.tolist()
    own = set(trend.own_labels(place).values())
    return sorted(long, key=lambda series: series[1] not in own)[:MOST_SERIES]


@cache
def _turning(area_id: str, whose: str, label: str) -> trends.JoinpointTrend | str:
    """The joinpoint trend of a series, or why there is none."""
    group = group_of(areas.get(area_id), label, whose)
    known = group[group["high"] < float("inf")]
    # Zeros that are certain stay zeros; the logarithm of a rate has no place for them.
    zeros = known["low"].eq(known["high"]).all() and known["low"].eq(0).any()
    try:
        if zeros:
            return trends.joinpoint_counts(trend.counts_of(group))
        return trends.joinpoint(trend.counts_of(group))
    except ValueError as refusal:
        return str(refusal)


def turning(place: Area, whose: str, label: str) -> trends.JoinpointTrend | str:
    """The joinpoint trend of a series of a place, by the name of its area and its label; or why there is none."""
    return _turning(place.area_id, whose, label)


def group_of(place: Area, label: str, whose: str | None = None) -> pd.DataFrame:
    """The series of one label in order of time: that of one area by its name, or those of all that a place has."""
    group = trend.series(place)
    group = group[(group["label"] == label) & (group["name"].eq(whose) if whose else True)]
    return group.sort_values("year")


def turns(place: Area, whose: str, label: str) -> Section:
    """One series with its joinpoint fit: the turns with their limits, and the change of each segment."""
    group, result = group_of(place, label, whose), _turning(place.area_id, whose, label)
    title = TEXT["turns_title"].format(whose=whose, label=trend.lower_first(label))
    name = f"turns_{long_series(place).index((whose, label)) + 1}"
    if isinstance(result, str):
        return Section(name, title, pd.DataFrame(), limits=f"Refused: {result}")
    limits = f"{NOT_INCIDENCE} {EFFORT} {COVID} {OTHER_MODEL}"
    figure = of_joinpoint_trend(
        result, title=title, footer=footer(group, f"{result.n} years", limits), ylabel=unit_of(group)
    )
    said = in_words(result)
    return Section(
        name,
        f"{title} – {said}",
        segment_rows(result),
        tuple(group["source_id"].unique()),
        f"{limits} {trend.warned(result.warnings)}",
        figure,
        alt=f"{title}. {said}.",
        **marks(group),
    )


def selection(place: Area, whose: str, label: str) -> Section:
    """What tests and the information criteria say of each number of turns of one series."""
    group, result = group_of(place, label, whose), _turning(place.area_id, whose, label)
    title = TEXT["selection_title"].format(whose=whose, label=trend.lower_first(label))
    name = f"turns_{long_series(place).index((whose, label)) + 1}_criteria"
    if isinstance(result, str):
        return Section(name, title, pd.DataFrame(), limits=f"Refused: {result}")
    table = result.candidates
    # Of counts the tests are others than of rates.
    criteria = trends.CRITERIA | {"permutation": result.tests_are}
    said = [said for said in result.warnings if said.startswith(("The criteria", "Only"))]
    limits = " ".join([ABOUT.format(tests=result.tests_are), *said])
    figure = plots.candidates(
        table, title=title, footer=footer(group, f"{result.n} years", limits), tests=result.tests_are
    )
    rows = pd.DataFrame(
        {
            "Turns": table["k"],
            f"No further turn, by {result.tests_are}": [
                "not tested" if p != p else trend.p_words(p).removeprefix("p ") for p in table["p_value"]
            ],
            # Where no placement of so many turns has a fit, there is nothing to weigh.
            **{
                by.upper(): ["no fit" if value == float("inf") else f"{value:.3f}" for value in table[by]]
                for by in ("bic", "bic3", "wbic")
            },
            "Chosen by": table["chosen_by"].replace("", "–"),
        }
    )
    chosen = "; ".join(f"{criteria[by]}: {k}" for by, k in result.chosen.items())
    sources = tuple(group["source_id"].unique())
    return Section(name, title, rows, sources, limits, figure, alt=f"{title}: {chosen}.", **marks(group))


def panels(place: Area, measure: str) -> Section:
    """The UNODC series of every country with its joinpoint fit, or why there is none."""
    title, points, results = _of_countries(place, measure, TEXT["where_the_trend_turns"])
    parts: dict[str, list[pd.DataFrame]] = {"fitted": [], "segments": [], "joinpoints": []}
    for name, result in results.items():
        if isinstance(result, trends.JoinpointTrend):
            for part, table in result.drawing().items():
                parts[part].append(table.assign(panel=name))
    observed = points.assign(panel=points["name"], **trend.rates_of(points))
    years = points.groupby("name")["year"].size()
    limits = f"{NOT_INCIDENCE} {EFFORT} {COVID} {OTHER_MODEL}"
    figure = plots.joinpoint_panels(
        observed,
        *(pd.concat(parts[part], ignore_index=True) if parts[part] else None for part in parts),
        panels=list(results),
        refused={name: TEXT["panels_refused"] for name, result in results.items() if isinstance(result, str)},
        ylabel="per 100,000 inhabitants",
        own_scale=True,
        title=title,
        footer=footer(points, f"{len(points)} country-years", limits),
    )
    rows = pd.DataFrame(
        {
            "Country": list(results),
            "Years": [int(years.get(name, 0)) for name in results],
            "Turns": ["–" if isinstance(r, str) else turn_words(r) for r in results.values()],
            "Change, % a year": ["refused" if isinstance(r, str) else in_words(r) for r in results.values()],
            "Refused or warned": [r if isinstance(r, str) else trend.warned(r.warnings) for r in results.values()],
        }
    )
    turning = sum(not isinstance(result, str) and result.k > 0 for result in results.values())
    return Section(
        f"turns_{measure}", title, rows, tuple(points["source_id"].unique()), limits, figure,
        alt=TEXT["panels_alt"].format(title=title, turning=turning, results=len(results)),
    )  # fmt: skip


def changes(place: Area, measure: str) -> Section:
    """The change of each segment of each country, with its interval, and the average of all segments."""
    title, points, results = _of_countries(place, measure, TEXT["the_change_of_each_segment"])
    rows = []
    for name, result in results.items():
        if isinstance(result, str):
            rows.append({"group": name, "label": "refused", "kind": "segment", "text": TEXT["panels_refused"]})
            continue
        for row in result.segments.to_dict("records"):
            rows.append(
                {"group": name, "kind": "segment", "label": f"{row['start']:g}–{row['end']:g}", **bar(row, "apc")}
            )
        if result.k:
            rows.append({"group": name, "kind": "average", "label": "average", **bar(result.average.iloc[0], "aapc")})
    table = pd.DataFrame(rows)
    limits = f"{NOT_INCIDENCE} {EFFORT} {COVID} {OTHER_MODEL}"
    figure = plots.forest(
        table, xlabel="percent a year", title=title, footer=footer(points, f"{len(points)} country-years", limits)
    )
    printed = pd.DataFrame({"Country": table["group"], "Years": table["label"], "Change, % a year": table["text"]})
    return Section(
        f"changes_{measure}", title, printed, tuple(points["source_id"].unique()), limits, figure,
        alt=TEXT["changes_alt"].format(title=title),
    )  # fmt: skip


def unit_of(group: pd.DataFrame) -> str:
    """What the figures of a series count."""
    return "per 100,000 inhabitants" if group["population"].notna().all() else TEXT["events_or_persons"]


def _of_countries(place: Area, measure: str, what: str) -> tuple[str, pd.DataFrame, dict]:
    label = trend.MEASURES[measure]
    points = trend.series(place)
    points = points[points["label"] == label].sort_values(["name", "year"])
    table = areas.load(place.study)
    results = {row.name: _turning(row.area_id, row.name, label) for row in table.itertuples(index=False)}
    return f"{place.name}: {trend.lower_first(label)}, {what}", points, results


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
    return "; ".join(
        f"{row['start']:g}–{row['end']:g} {_with_unit(_change(row, 'apc'))}"
        for row in result.segments.to_dict("records")
    )


def _with_unit(said: str) -> str:
    return said if said == trends.SHORT_REFUSAL else f"{said} % a year"


def _by_delta(average: Mapping) -> str:
    """The limits of an average by the delta method, or that they are refused."""
    if trends.imprecise(average["delta_low"], average["delta_high"]):
        return trends.SHORT_REFUSAL
    return f"{average['delta_low']:+.1f} to {average['delta_high']:+.1f}"


def segment_rows(result: trends.JoinpointTrend) -> pd.DataFrame:
    """Segments and their average as people read them."""
    average = result.average.iloc[0]
    rows = [
        {
            "Years": f"{row['start']:g}–{row['end']:g}",
            "Change, % a year (95 %)": _change(row, "apc"),
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
            "Change, % a year (95 %)": TEXT["by_the_delta_method"].format(
                change=_change(average, "aapc"), average=_by_delta(average)
            ),
            "p": trend.p_words(average["p_value"]).removeprefix("p "),
            "Warned": f"Turns: {turn_words(result)}",
        }
    )
    return pd.DataFrame(rows)
