"""Findings on trends: changes a year, joinpoints, directions that all estimates show, and what each effort found.

They are read from the exhibits of the notebook, and from the results that these show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

import trends
from analysis import areas, evidence, indicators
from analysis.areas import Area
from analysis.exhibits import detection, trend, trend_checks, trend_models
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult, attempt
from analysis.exhibits.exhibit import NOT_INCIDENCE, Exhibit, holds_synthetic
from analysis.exhibits.findings_indicators import years
from analysis.exhibits.table import Table
from analysis.exhibits.wording import sentences, spell
from analysis.findings.exhibit_rows import Found, from_row
from analysis.findings.finding import CONFIDENCE, NOT_READ, RANGE, REFUSED, Finding
from bounded import intervals
from trends.count_trend import FALLING, RISING

BY_ALL = (
    "Quasi-Poisson trends of each source that counts it: all years; without 2020 and 2021, and with a level of their "
    "own for them; without the first year; without the last. A direction is that of all of them"
)
WHEN = ("first", "highest", "latest")
# Item of what was done -> label of its series.
DONE = {"per_interview": trend_checks.INTERVIEWED, "per_inspection": trend_checks.INSPECTED}
# Item -> label of its series.
UNODC = {"victims_unodc": trend.MEASURES["victims"], "child_victims_unodc": trend.MEASURES["child_victims"]}
DETECTED = UNODC | {
    "victims_us_reports": "Detected victims (US reports)",
    "child_victims_us_reports": "Detected child victims (US reports)",
}
ON_CHILD_LABOUR = "_child_labour"
NATIONAL = ("country", "study")
LIMITS = f"{NOT_INCIDENCE} {trend.EFFORT}"
NO_FIGURE = "no figure was found or read"
BY_CHANCE = "Many series are tested at once: about one in twenty looks like a trend by chance."
RATES = "; of rates where a population is known"
MANN_KENDALL = "Kendall's τb with time (Mann, 1945); 1: each figure is above all earlier ones, -1: below"
ORDER = ("first_turn", "second_turn", "third_turn", "fourth_turn", "fifth_turn")
JOINPOINT = "Joinpoint regression, joinpoints kept where tests support them (Kim et al., 2000)"
OF_COUNTRIES = (
    "counted are the countries with an estimate by UNODC or the US reports, and those of which all estimates, with "
    "years left out and with all, have their limits on the same side of no change"
)
AT_HAND, DIRECTIONS, EFFORT_CHANGE = "series_at_hand", "directions", "effort_change"
# Measures of which a study says by which indicators they are stated, see `indicators.stated`.
CHANGE, RANK, PER_EFFORT = "annual_change", "rank_trend", "found_per_effort"


@dataclass(frozen=True)
class Results:
    """The results of the notebook, by name of area and label of series, and the numbers of the exhibits that show them.

    Parameters
    ----------
    series : as `trend.series` gives them.
    at_hand : every series with its tests, of `trend.at_hand`.
    fits : joinpoint trends. turns : the names of the exhibits that show them, in the same order, from the first on.
    agreements : of all estimates of a thing. directions : these by `trend_checks.directions`.
    effort, effort_change : ratios and their changes, of `trend_checks.effort_by_year` and `effort_changes`.
    """

    series: pd.DataFrame
    at_hand: pd.DataFrame
    fits: Mapping[tuple[str, str], trend_models.Fit]
    turns: tuple[str, ...]
    agreements: Mapping[tuple[str, str], trends.Agreement | NoResult]
    directions: pd.DataFrame
    effort: pd.DataFrame
    effort_change: pd.DataFrame

    @property
    def level(self) -> str:
        """Return the level of the limits of changes a year as it is printed."""
        return _level(self.at_hand) or intervals.percent(trend.CONFIDENCE)

    @property
    def of_counts(self) -> str:
        """Return the method of changes a year, in words."""
        return f"Quasi-Poisson trend of yearly counts (McCullagh and Nelder, 1989), {self.level} limits by t"

    def agreed(self, whose: str, thing: str) -> trends.Agreement | None:
        """Return what all estimates of a thing say together, as the notebook has it; None where nobody counts it."""
        found = self.agreements.get((whose, thing))
        return None if isinstance(found, NoResult) else found


def _level(numbers: pd.DataFrame) -> str:
    """The level of limits as it is printed; "" where there are none."""
    return intervals.confidence_level(numbers) if "confidence" in numbers else ""


def numbers_of(exhibit: Exhibit) -> pd.DataFrame:
    """Return the numbers of an exhibit; none where it is absent."""
    return exhibit.table.numbers if isinstance(exhibit.table, Table) else exhibit.table


def findings(
    place: Area,
    series: pd.DataFrame,
    at_hand: Exhibit,
    fits: Mapping[tuple[str, str], trend_models.Fit],
    turns: Sequence[Exhibit],
    agreements: Mapping[tuple[str, str], trends.Agreement | NoResult],
    directions: Exhibit,
    effort: Exhibit,
    effort_change: Exhibit,
    pooled: Exhibit | None = None,
    fit: trends.PooledAreas | NoResult | None = None,
) -> list[Finding]:
    """Return changes a year, ranks, joinpoints and directions of an area or a study, of public series.

    Parameters
    ----------
    series, fits, agreements : see `Results`. at_hand, directions, effort, effort_change : exhibits of these names.
    turns : the exhibits of `trend_models.joinpoints`.
    pooled, fit : of a study the exhibit `pooled`, and what `trends.pool_areas` makes of its areas.
    """
    shown = (numbers_of(each) for each in (directions, effort, effort_change))
    found = Results(series, numbers_of(at_hand), fits, tuple(each.name for each in turns), agreements, *shown)
    areas_pooled = common(place, numbers_of(pooled), fit) if pooled is not None and fit is not None else []
    if place.spans_countries:
        return [*countries(place, found), *areas_pooled]
    return [
        *changes(place, found), *ranks(place, found), *turning(place, found), *in_directions(place, found),
        *by_effort(place, found), *areas_pooled,
    ]  # fmt: skip


def stated(place: Area, found: Results, whose: str, things: Mapping[str, str]) -> list[Finding]:
    """Return the direction of each thing, and how many estimates show a rise or a fall.

    Parameters
    ----------
    whose : the name under which the series of `place` stand. things : item -> what is counted, whoever counts it.
    """
    made = []
    for item, thing in things.items():
        agreed, points = found.agreed(whose, thing), trend_checks.figures_of(found.series, whose, thing)
        if agreed is not None and agreed.estimated:
            points = points[points["source"].isin(agreed.table.loc[agreed.table["refused"].eq(""), "source"])]
        row = _row(found.directions, name=whose, thing=thing)
        shown = None if row is None else Found(DIRECTIONS, row, ("name", "thing"))
        made += _of(place, item, agreed, shown, points, tuple(points["source_id"].unique()), BY_ALL)
    return made


def _row(table: pd.DataFrame, **values: str) -> pd.Series | None:
    """Return the first row with these values; None where there is none."""
    for name, value in values.items():
        table = table[table[name] == value] if len(table) else table
    return table.iloc[0] if len(table) else None


def _of(
    place: Area,
    item: str,
    agreed: trends.Agreement | None,
    shown: Found | None,
    points: pd.DataFrame,
    sources: tuple[str, ...],
    method: str,
) -> list[Finding]:
    """Return the direction, and how many estimates show it; `points` has the years and kinds of the figures.

    Parameters
    ----------
    agreed : None where there is no figure. shown : the row of the exhibit; None where it has too few estimates.
    """
    limits = f"{NOT_INCIDENCE} The estimates share their data: how many agree is no probability."
    shared: dict[str, Any] = {"method": f"{method}.", "limits": limits}
    names = [("trend_direction", item), *(("trend_estimates", f"{item}.{name}") for name in (RISING, FALLING))]
    if agreed is None:
        why: dict[str, Any] = {"status": NOT_READ, "why": "no figure was found"}
        return [Finding(place, measure, name, **why, **shared) for measure, name in names]
    shared |= {"kind": str(points["kind"].iloc[0]), "source_ids": sources}
    if shown is None:
        why = {"status": REFUSED, "why": _too_few(agreed)}
        return [Finding(place, measure, name, **why, **shared) for measure, name in names]
    shared |= {"n": int(shown.row["estimated"]), "period": years(points["year"].min(), points["year"].max())}
    columns = ("direction", RISING, FALLING)
    return [
        Finding(place, measure, name, **(shown.says(column) | shared))
        for (measure, name), column in zip(names, columns, strict=True)
    ]


def _too_few(agreed: trends.Agreement) -> str:
    """Return why the estimates of a thing state no direction."""
    try:
        return agreed.direction
    except trends.TooFewPoints as refusal:
        return str(refusal)


def per_effort(place: Area, found: Results, whose: str, item: str, label: str) -> list[Finding]:
    """Return what was found for the effort in the first, the highest and the latest period, and its change a year.

    Parameters
    ----------
    whose : the name under which the series of `place` stand. item, label : of what was found.
    """
    done = {pair.found: pair.done for pair in trend_checks.PAIRS}[label]
    by = next(name for name, series in DONE.items() if series == done)
    every = found.effort
    table = every[(every["name"] == whose) & (every["found"] == label)] if len(every) else every
    level = _level(table) or found.level
    limits = f"{NOT_INCIDENCE} {trend_checks.READ_AS}"
    ratio = f"The count of a period divided by the effort of the same period, {level} limits of a Poisson count"
    of_change: dict[str, Any] = {
        "limits": limits,
        "method": f"Quasi-Poisson trend of the count, with the log of the effort as offset, {level} limits by t.",
    }
    shared: dict[str, Any] = {"limits": limits, "method": f"{ratio} (Garwood, 1936)."}
    if table.empty:
        why: dict[str, Any] = {
            "status": NOT_READ,
            "why": "no source counts both results and effort for the same period",
        }
        return [
            *(Finding(place, PER_EFFORT, f"{item}.{by}.{when}", **why, **shared) for when in WHEN),
            Finding(place, "change_per_effort", f"{item}.{by}", **why, **of_change),
            *_of(place, f"{item}.{by}", None, None, table, (), BY_ALL),
        ]
    rows = {"first": table.iloc[0], "highest": table.loc[table["ratio_low"].idxmax()], "latest": table.iloc[-1]}
    of_change["source_ids"] = tuple(dict.fromkeys([*table["source_id"], *table["source_id_done"]]))
    row = _row(found.effort_change, name=whose, found=label)
    shown = None if row is None else Found(EFFORT_CHANGE, row, ("name", "found"))
    stated = shown if row is not None and row["direction"] == row["direction"] else None
    agreed = trend_checks.agreed_per_effort(every, whose, label)
    method = f"{BY_ALL}; per unit of effort"
    return [
        *(_ratio(place, f"{item}.{by}.{when}", rows[when], shared) for when in WHEN),
        _change_per_effort(place, f"{item}.{by}", shown, table, of_change),
        *_of(place, f"{item}.{by}", agreed, stated, table, of_change["source_ids"], method),
    ]


def _ratio(place: Area, item: str, row: pd.Series, shared: dict[str, Any]) -> Finding:
    about = "The effort is given as about this." if row["value_qualifier_done"] == "approx" else ""
    said = from_row(
        "effort", row, ("name", "found", "year"), "ratio_low", CONFIDENCE, period=str(row["year"]),
        n=int(row["low"]) if row["ratio_low"] == row["ratio_high"] else None, method=shared["method"],
        source_ids=tuple(dict.fromkeys([row["source_id"], row["source_id_done"]])),
        limits=sentences(shared["limits"], about),
    )  # fmt: skip
    return Finding(place, PER_EFFORT, item, **said)


def _change_per_effort(
    place: Area, item: str, shown: Found | None, table: pd.DataFrame, shared: dict[str, Any]
) -> Finding:
    """Return the change per unit of effort that the exhibit shows; where it shows none, why the method has none."""
    if shown is None or pd.isna(shown.row["per_unit_low"]):
        none = trend.precise(attempt(trends.count_trend, trend_checks.effort_series(table)))
        why = none.reason if isinstance(none, NoResult) else trends.SHORT_REFUSAL
        return Finding(place, "change_per_effort", item, status=REFUSED, why=why, **shared)
    said = shown.says(
        "per_unit_change_least", CONFIDENCE, n=int(shown.row["n"]),
        period=years(table["year"].min(), table["year"].max()),
        limits=sentences(shared["limits"], shown.row["per_unit_warnings"]),
    )  # fmt: skip
    return Finding(place, "change_per_effort", item, **(shared | said))


def in_directions(place: Area, found: Results) -> list[Finding]:
    """Return the direction of detected victims by all sources, and of the official indicators that are counts."""
    things = dict(trend.WHO) if place.level in NATIONAL else {}
    things |= {item: label_of(item, place) for item in _asked(place, CHANGE)}
    return stated(place, found, own_name(place), things)


def by_effort(place: Area, found: Results) -> list[Finding]:
    """Return what was found per unit of effort: of a country or a study that is one; nothing of an area within."""
    if place.level not in NATIONAL:
        return []
    return [
        finding
        for item in indicators.stated(place.study, place.level, PER_EFFORT) or ("child_labour_violations_found",)
        for finding in per_effort(place, found, own_name(place), item, label_of(item))
    ]


def label_of(item: str, place: Area | None = None) -> str:
    """Return the label of the series of an item; of what a study counts itself, that of the study of `place`."""
    if item in DETECTED:
        return DETECTED[item]
    if place is not None and item in trend.own_labels(place):
        return trend.own_labels(place)[item]
    words = spell(item.removesuffix(ON_CHILD_LABOUR))
    return f"{words} (child labour)" if item.endswith(ON_CHILD_LABOUR) else words


def own_name(place: Area) -> str:
    """Return the name under which the series of a place itself stand; a study's are those of its country."""
    if not place.is_study:
        return place.name
    named = trend.detection.names_of().set_index("area_id")["name"]
    return str(named[areas.STUDIES[place.study].iso3])


def _asked(place: Area, measure: str) -> tuple[str, ...]:
    asked = indicators.stated(place.study, place.level, measure)
    return _declared(place, measure == CHANGE) if asked is None else asked


def _declared(place: Area, counted: bool) -> tuple[str, ...]:
    """Return what is asked of a study that does not say it: what it counts over the years, and what a country has."""
    own = [each for each in detection.over_time(place.study) if each.indicator in trend.own_labels(place)]
    national = (evidence.STEPS if counted else ("labour_inspectors",)) if place.level in NATIONAL else ()
    return (*national, *(each.indicator for each in own if (each.counts not in indicators.NOT_EVENTS) == counted))


def _tested(place: Area, found: Results, item: str) -> pd.Series | None:
    table = found.at_hand
    if table.empty:
        return None
    table = table[(table["name"] == own_name(place)) & (table["label"] == label_of(item, place))]
    return table.iloc[0] if len(table) else None


def _sources(place: Area, found: Results, item: str) -> tuple[str, ...]:
    group = trend_models.group_of(found.series, label_of(item, place), own_name(place))
    return tuple(group["source_id"].unique())


def _on_series(
    place: Area, found: Results, measure: str, item: str, method: str
) -> tuple[pd.Series | None, partial[Finding]]:
    """Return the tested series of an item, and a finding on it without numbers; a synthetic one has its source."""
    row = _tested(place, found, item)
    synthetic = row is not None and row["kind"] == "synthetic"
    more: dict[str, Any] = {"kind": "synthetic", "source_ids": _sources(place, found, item)} if synthetic else {}
    return row, partial(Finding, place, measure, item, method=f"{method}.", limits=LIMITS, **more)


# The change a year


def changes(place: Area, found: Results) -> list[Finding]:
    """Return the change a year of detected victims and of the official indicators that are counts."""
    items = [*(DETECTED if place.level in NATIONAL else ()), *_asked(place, CHANGE)]
    return [_change(place, found, item) for item in items]


def _change(place: Area, found: Results, item: str) -> Finding:
    method = f"{found.of_counts}{RATES if item in DETECTED else ''}"
    row, state = _on_series(place, found, CHANGE, item, method)
    if row is None:
        return state(status=NOT_READ, why=NO_FIGURE)
    change = row["change"]
    if not isinstance(change, trends.CountTrend):
        return state(status=REFUSED, why=str(row["refused"]))
    left_open = _left_open(row["change_least"], row["change_most"])
    said = from_row(
        AT_HAND, row, ("name", "label"), "change_least", CONFIDENCE, period=years(row["first"], row["last"]),
        n=change.n, limits=sentences(LIMITS, BY_CHANCE, left_open, row["warnings"]),
        source_ids=_sources(place, found, item),
    )  # fmt: skip
    return state(**said)


def _left_open(least: float, most: float) -> str:
    """Return what counts that are intervals leave open, beside chance; empty where they leave nothing."""
    if least == most:
        return ""
    return f"Counts that are intervals leave it open between {least:+,.1f} and {most:+,.1f} % a year, without chance."


def one(least: float, most: float) -> float | None:
    """Return a number, or None where counts that are intervals leave it open."""
    return float(least) if least == most else None


def ranks(place: Area, found: Results) -> list[Finding]:
    """Return how the order of figures goes with time, of indicators that are levels."""
    return [_rank(place, found, item) for item in _asked(place, RANK)]


def _rank(place: Area, found: Results, item: str) -> Finding:
    row, state = _on_series(place, found, RANK, item, MANN_KENDALL)
    if row is None:
        return state(status=NOT_READ, why="fewer than two years have a figure of the area itself")
    kendall = row["kendall"]
    if not isinstance(kendall, trends.MannKendall):
        return state(status=REFUSED, why=str(row["refused"]))
    if kendall.tau_b != kendall.tau_b:
        return state(status=REFUSED, why="all figures are the same")
    said = from_row(
        AT_HAND, row, ("name", "label"), "tau_b", period=years(row["first"], row["last"]), n=kendall.n,
        limits=f"Of the order in time alone, {trend.p_of_ranks(kendall)}. {BY_CHANCE}",
        source_ids=_sources(place, found, item),
    )  # fmt: skip
    return state(**said)


# Joinpoints


def turning(place: Area, found: Results) -> list[Finding]:
    """Return the joinpoints of detected victims, and of other series that are long enough."""
    name = own_name(place)
    long = [label for whose, label in found.fits if whose == name]
    asked = list(DETECTED) if place.level in NATIONAL else []
    asked += [item for item in _asked(place, CHANGE) if label_of(item, place) in long]
    made: list[Finding] = []
    for item in asked:
        label = label_of(item, place)
        row, state = _on_series(place, found, "turns", item, JOINPOINT)
        if row is None:
            made.append(state(status=NOT_READ, why=NO_FIGURE))
        elif item in UNODC or label in long:
            group = trend_models.group_of(found.series, label, name)
            result, number = found.fits[name, label], list(found.fits).index((name, label))
            if isinstance(result, NoResult):
                made.append(state(status=REFUSED, why=result.reason))
                continue
            of_segments = found.turns[number] if number < len(found.turns) else ""
            state = partial(
                Finding,
                place,
                method=f"{JOINPOINT}.",
                source_ids=tuple(group["source_id"].unique()),
                kind=row["kind"],
                limits=sentences(LIMITS, trend.warned(result.warnings)),
            )
            shown = Found(AT_HAND, row, ("name", "label"))
            made += of_joinpoints(result, state, ("turns", "change_after_turn"), shown, item, of_segments)
        else:
            why = f"the series has fewer than {trend_models.FEWEST_YEARS} years with a count"
            made.append(state(status=REFUSED, why=why))
    return made


def of_joinpoints(
    result: trends.JoinpointTrend,
    state: partial[Finding],
    measures: tuple[str, str],
    shown: Found,
    item: str = "",
    of_segments: str = "",
) -> list[Finding]:
    """Return the number of joinpoints by all criteria, and of each the limits of its year and the change after it.

    Parameters
    ----------
    state : a finding as far as they have it in common, its limits among that.
    measures : that of the number, and that of a change after a joinpoint.
    shown : the row of an exhibit with `trend.JOINPOINTS`. item : which of several series it is.
    of_segments : name of the exhibit that has the segments, "" where the page has none.
    """
    turns, change = measures
    state = partial(state, n=result.n)
    of_number = shown.says("joinpoints", RANGE, period=years(result.period[0], result.period[-1]))
    found = [state(turns, item, **of_number)]
    after = result.segments.iloc[1:].to_dict("records")
    for number, (turn, segment) in enumerate(zip(result.joinpoints.to_dict("records"), after, strict=True)):
        level = intervals.percent(result.confidence)
        placed = f"The joinpoint is placed in {turn['period']:g}; the years are its {level} limits."
        stated = partial(
            state, change, f"{item}.{ORDER[number]}".removeprefix("."), limits=f"{placed} {state.keywords['limits']}"
        )
        if refusal := trends.imprecise(segment["low"], segment["high"]):
            found.append(stated(status=REFUSED, why=str(refusal)))
            continue
        where = {"exhibit": of_segments, "exhibit_row": f"part=segment, start={segment['start']:g}"}
        found.append(
            stated(
                value=one(segment["apc_low"], segment["apc_high"]), low=segment["low"], high=segment["high"],
                interval=CONFIDENCE, period=years(turn["low"], turn["high"]), confidence=result.confidence,
                **(where | {"exhibit_column": "change_least"} if of_segments else {}),
            )
        )  # fmt: skip
    return found


# Countries side by side


def countries(place: Area, found: Results) -> list[Finding]:
    """Return in how many countries of a study the change of detected victims is estimated, and has one direction."""
    own, made = areas.load(place.study)["name"], []
    for item, thing in trend.WHO.items():
        row = found.directions.set_index("thing", drop=False).loc[thing]
        points = pd.concat([trend_checks.figures_of(found.series, str(name), thing) for name in own])
        made += [
            Finding(
                place,
                "countries_with_trend",
                f"{item}.{name}",
                **Found(DIRECTIONS, row, ("thing",)).says(name),
                period=years(points["year"].min(), points["year"].max()),
                n=int(row["countries"]),
                method=f"{found.of_counts}{RATES}; {OF_COUNTRIES}.",
                source_ids=tuple(points["source_id"].unique()),
                limits=f"{LIMITS} {trend_checks.RULE}",
            )
            for name in ("estimated", RISING, FALLING)
        ]
    return made


def common(place: Area, shown: pd.DataFrame, fit: trends.PooledAreas | NoResult) -> list[Finding]:
    """Return the change a year that all areas of a study have in common, by partial pooling; nothing on an area.

    Parameters
    ----------
    shown, fit : the numbers of the exhibit `pooled`, and the trends that it shows, or why there are none.
    """
    label = trend_models.pooled_label(place) if place.is_study else ""
    if not label:
        return []
    declared = {each.words: each.indicator for each in detection.over_time(place.study)}
    item = "victims_unodc" if place.spans_countries else declared[label]
    points = trend_models.figures_of_areas(place)
    why = "negative binomial, since detection jumps from year to year more than chance does"
    state = partial(
        Finding,
        place,
        "common_change",
        item,
        method=f"{pooled_method(fit)}; {why}.",
        source_ids=tuple(points["source_id"].unique()),
        kind="synthetic" if holds_synthetic(points) else "public",
    )
    return [in_common(fit, "pooled", shown, state, LIMITS)]


def pooled_method(result: trends.PooledAreas | NoResult) -> str:
    """Return the method of a change that areas have in common, with the level of its limits."""
    level = intervals.percent(getattr(result, "confidence", trend.CONFIDENCE))
    return f"All areas in one model with partial pooling, {level} limits"


def in_common(
    result: trends.PooledAreas | NoResult, exhibit: str, shown: pd.DataFrame, state: partial[Finding], limits: str
) -> Finding:
    """Return the change a year that areas have in common, or why there is none; `state` has no limits yet.

    Parameters
    ----------
    exhibit, shown : the exhibit of `trend_models.pooled_table` by its name, and its numbers.
    """
    if isinstance(result, NoResult):
        return state(limits=limits, status=REFUSED, why=result.reason)
    row = shown[shown["name"] == trend_models.TOGETHER].iloc[0]
    return state(
        **from_row(exhibit, row, ("name",), "pooled_change_least", CONFIDENCE),
        period=years(result.periods[0], result.periods[-1]), n=len(result.areas),
        limits=sentences(limits, "Pooling hides an area that truly differs.", trend.warned(result.warnings)),
    )  # fmt: skip


take_names(__name__)
