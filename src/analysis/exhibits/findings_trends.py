"""What the notebook on trends states of directions, whether all estimates show one, and of what each effort found.

What the notebook on trends states: the change a year, turns, and in how many countries there is a trend at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

import trends
from analysis import areas, evidence, indicators, texts
from analysis.areas import Area
from analysis.exhibits import detection, trend, trend_checks, trend_models
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult, attempt
from analysis.exhibits.exhibit import NOT_INCIDENCE, is_invented
from analysis.exhibits.findings_indicators import years
from analysis.exhibits.wording import sentences, spell
from analysis.findings.finding import CONFIDENCE, NOT_READ, RANGE, REFUSED, Finding
from bounded import intervals
from trends.count_trend import FALLING, FEWEST_ESTIMATES, RISING

TEXT = texts.of(__name__)

DIRECTION = {RISING: 1, FALLING: -1}
LEVEL = intervals.percent(trend.CONFIDENCE)
BY_ALL = TEXT["by_all"]
WHEN = ("first", "highest", "latest")
# Item of what was done -> label of its series.
DONE = {"per_interview": trend_checks.INTERVIEWED, "per_inspection": trend_checks.INSPECTED}


def stated(place: Area, whose: str, things: Mapping[str, str]) -> list[Finding]:
    """The direction of each thing, and how many estimates show a rise or a fall.

    Parameters
    ----------
    whose : the name under which the series of `place` stand. things : item -> what is counted, whoever counts it.
    """
    found = []
    for item, thing in things.items():
        series = trend.series(place)
        agreed, points = trend_checks.agreed(series, whose, thing), trend_checks.figures_of(series, whose, thing)
        if agreed is not None and agreed.estimated:
            points = points[points["source"].isin(agreed.table.loc[agreed.table["refused"].eq(""), "source"])]
        found += _of(place, item, agreed, points, tuple(points["source_id"].unique()), BY_ALL)
    return found


def _of(
    place: Area, item: str, agreed: trends.Agreement | None, points: pd.DataFrame, sources: tuple[str, ...], method: str
) -> list[Finding]:
    """The direction, and how many estimates show a rise or a fall; `points` has the years and kinds of the figures."""
    limits = TEXT["of_limits"].format(not_incidence=NOT_INCIDENCE)
    shared: dict[str, Any] = {"method": f"{method}.", "limits": limits}
    names = [("trend_direction", item), *(("trend_estimates", f"{item}.{name}") for name in (RISING, FALLING))]
    if agreed is None:
        why: dict[str, Any] = {"status": NOT_READ, "why": TEXT["no_direction"]}
        return [Finding(place, measure, name, **why, **shared) for measure, name in names]
    shared |= {"kind": str(points["kind"].iloc[0]), "source_ids": sources}
    try:
        direction = agreed.direction
    except trends.TooFewPoints as refusal:
        why = {"status": REFUSED, "why": str(refusal)}
        return [Finding(place, measure, name, **why, **shared) for measure, name in names]
    shared |= {"n": agreed.estimated, "period": years(points["year"].min(), points["year"].max())}
    values = (DIRECTION.get(direction, 0), agreed.rising, agreed.falling)
    return [
        Finding(place, measure, name, value=value, **shared)
        for (measure, name), value in zip(names, values, strict=True)
    ]


def per_effort(place: Area, whose: str, item: str, label: str) -> list[Finding]:
    """What was found per 1,000 units of effort in the first, the highest and the latest period, and its change a year.

    Parameters
    ----------
    whose : the name under which the series of `place` stand. item, label : of what was found.
    """
    done = {pair.found: pair.done for pair in trend_checks.PAIRS}[label]
    by = next(name for name, series in DONE.items() if series == done)
    every = trend_checks.ratios(trend.series(place))
    table = every[(every["name"] == whose) & (every["found"] == label)]
    limits = f"{NOT_INCIDENCE} {trend_checks.READ_AS}"
    shared: dict[str, Any] = {"limits": limits, "method": f"{TEXT['ratio'].format(level=LEVEL)}."}
    of_change: dict[str, Any] = {"limits": limits, "method": f"{TEXT['ratio_trend'].format(level=LEVEL)}."}
    if table.empty:
        why: dict[str, Any] = {"status": NOT_READ, "why": TEXT["not_both"]}
        return [
            *(Finding(place, "found_per_effort", f"{item}.{by}.{when}", **why, **shared) for when in WHEN),
            Finding(place, "change_per_effort", f"{item}.{by}", **why, **of_change),
            *_of(place, f"{item}.{by}", None, table, (), BY_ALL),
        ]
    rows = {"first": table.iloc[0], "highest": table.loc[table["ratio_low"].idxmax()], "latest": table.iloc[-1]}
    sources = tuple(dict.fromkeys([*table["source_id"], *table["source_id_done"]]))
    method = TEXT["per_unit_of_effort"].format(by_all=BY_ALL)
    return [
        *(_ratio(place, f"{item}.{by}.{when}", rows[when], shared) for when in WHEN),
        _direction_change(place, f"{item}.{by}", table, of_change | {"source_ids": sources}),
        *_of(place, f"{item}.{by}", trend_checks.agreed_per_effort(every, whose, label), table, sources, method),
    ]


def _ratio(place: Area, item: str, row: pd.Series, shared: dict[str, Any]) -> Finding:
    known = row["ratio_low"] == row["ratio_high"]
    about = TEXT["ratio_about"] if row["value_qualifier_done"] == "approx" else ""
    return Finding(
        place, "found_per_effort", item, value=row["ratio_low"] if known else None, low=row["limit_low"],
        high=row["limit_high"], interval=CONFIDENCE, period=str(row["year"]), n=int(row["low"]) if known else None,
        source_ids=tuple(dict.fromkeys([row["source_id"], row["source_id_done"]])),
        method=shared["method"], limits=sentences(shared["limits"], about),
    )  # fmt: skip


def _direction_change(place: Area, item: str, table: pd.DataFrame, shared: dict[str, Any]) -> Finding:
    change = trend.precise(attempt(trends.count_trend, trend_checks.effort_series(table)))
    if isinstance(change, NoResult):
        return Finding(place, "change_per_effort", item, status=REFUSED, why=change.reason, **shared)
    known = change.annual_change_low == change.annual_change_high
    shared = shared | {"limits": sentences(shared["limits"], trend.warned(change.warnings))}
    return Finding(
        place, "change_per_effort", item, value=change.annual_change if known else None, low=change.low,
        high=change.high, interval=CONFIDENCE, period=years(table["year"].min(), table["year"].max()), n=change.n,
        **shared,
    )  # fmt: skip


# Item -> label of its series.
UNODC = {"victims_unodc": trend.MEASURES["victims"], "child_victims_unodc": trend.MEASURES["child_victims"]}
DETECTED = UNODC | {
    "victims_us_reports": "Detected victims (US reports)",
    "child_victims_us_reports": "Detected child victims (US reports)",
}
ON_CHILD_LABOUR = "_child_labour"
# Indicators that are counted, by study and of a country or an area of it: each is asked of all of them.
COUNTED = {
    ("west_africa", "country"): (
        *(*evidence.STEPS, *(name + ON_CHILD_LABOUR for name in evidence.STEPS)),
        "child_labour_violations_found",
    ),
    ("turkiye", "study"): (*evidence.STEPS, "potential_victims_interviewed", "trafficking_victims_identified"),
    ("cabo_verde", "study"): (
        *(*evidence.STEPS, "icca_child_sexual_abuse_reports", "police_sexual_crimes_against_minors"),
        "prosecution_sexual_crimes_registered",
    ),
    ("cabo_verde", "island"): ("icca_child_sexual_abuse_reports", "police_sexual_crimes_against_minors"),
}
# Levels and stocks, of which no count trend is meant: their order in time alone is tested.
RANKED = {
    ("west_africa", "country"): ("labour_inspectors", "labour_worksite_inspections"),
    ("turkiye", "study"): (
        *("syrians_temporary_protection", "population_share_0_17", "syrian_children_enrolment_rate"),
        "labour_inspectors",
    ),
    ("turkiye", "province"): ("syrians_temporary_protection", "population_share_0_17"),
    ("cabo_verde", "study"): ("labour_inspectors", "labour_worksite_inspections"),
}
# What was found that is set against the effort to find it, by study; of any other study what countries report.
PAIRED = {
    "turkiye": ("child_victims_us_reports", "victims_us_reports", "child_labour_violations_found"),
    "": ("child_labour_violations_found",),
}
NATIONAL = ("country", "study")
LIMITS = f"{NOT_INCIDENCE} {trend.EFFORT}"
NO_FIGURE = TEXT["no_figure"]
BY_CHANCE = TEXT["by_chance"]
COUNT_TREND = TEXT["count_trend"].format(level=LEVEL)
RATES = TEXT["rates"]
MANN_KENDALL = TEXT["mann_kendall"]
ORDER = ("first_turn", "second_turn", "third_turn", "fourth_turn", "fifth_turn")
JOINPOINT = TEXT["joinpoint"]
POOLED = TEXT["pooled"].format(level=LEVEL)


def findings(place: Area) -> list[Finding]:
    """Changes a year, ranks, turns and coverage of an area or study, of public series."""
    if place.spans_countries:
        return [*countries(place), common_of_countries(place)]
    return [
        *changes(place), *ranks(place), *turning(place), *in_directions(place), *by_effort(place),
        *common_of_areas(place),
    ]  # fmt: skip


def in_directions(place: Area) -> list[Finding]:
    """The direction of detected victims by all sources, and of the official indicators that are counts."""
    things = dict(trend.WHO) if place.level in NATIONAL else {}
    things |= {item: label_of(item, place) for item in _asked(place, COUNTED)}
    return stated(place, own_name(place), things)


def by_effort(place: Area) -> list[Finding]:
    """What was found per unit of effort: of a country or a study that is one; nothing of an area within."""
    if place.level not in NATIONAL:
        return []
    return [
        finding
        for item in PAIRED.get(place.study, PAIRED[""])
        for finding in per_effort(place, own_name(place), item, label_of(item))
    ]


def label_of(item: str, place: Area | None = None) -> str:
    """The label of the series of an item; of what a study counts itself, that of the study of `place`."""
    if item in DETECTED:
        return DETECTED[item]
    if place is not None and item in trend.own_labels(place):
        return trend.own_labels(place)[item]
    words = spell(item.removesuffix(ON_CHILD_LABOUR))
    return f"{words} (child labour)" if item.endswith(ON_CHILD_LABOUR) else words


def own_name(place: Area) -> str:
    """The name under which the series of a place itself stand; a study's are those of its country."""
    if not place.is_study:
        return place.name
    named = trend.detection.names_of().set_index("area_id")["name"]
    return str(named[areas.STUDIES[place.study].iso3])


def _asked(place: Area, by_level: dict[tuple[str, str], tuple[str, ...]]) -> tuple[str, ...]:
    if (place.study, place.level) in {*COUNTED, *RANKED}:
        return by_level.get((place.study, place.level), ())
    return _declared(place, by_level is COUNTED)


def _declared(place: Area, counted: bool) -> tuple[str, ...]:
    """What is asked of a study for which nobody chose it: what it counts over the years, and what a country has."""
    own = [each for each in detection.over_time(place.study) if each.indicator in trend.own_labels(place)]
    national = (evidence.STEPS if counted else ("labour_inspectors",)) if place.level in NATIONAL else ()
    return (*national, *(each.indicator for each in own if (each.counts not in indicators.NOT_EVENTS) == counted))


def _tested(place: Area, item: str) -> pd.Series | None:
    table = trend.tested_of(place)
    if table.empty:
        return None
    table = table[(table["name"] == own_name(place)) & (table["label"] == label_of(item, place))]
    return table.iloc[0] if len(table) else None


def _sources(place: Area, item: str) -> tuple[str, ...]:
    group = trend_models.group_of(trend.series(place), label_of(item, place), own_name(place))
    return tuple(group["source_id"].unique())


def _on_series(place: Area, measure: str, item: str, method: str) -> tuple[pd.Series | None, partial[Finding]]:
    """The tested series of an item, and a finding on it without numbers; a synthetic one has its source at once."""
    row = _tested(place, item)
    synthetic = row is not None and row["kind"] == "synthetic"
    more: dict[str, Any] = {"kind": "synthetic", "source_ids": _sources(place, item)} if synthetic else {}
    return row, partial(Finding, place, measure, item, method=f"{method}.", limits=LIMITS, **more)


# The change a year


def changes(place: Area) -> list[Finding]:
    """The change a year of detected victims and of the official indicators that are counts."""
    items = [*(DETECTED if place.level in NATIONAL else ()), *_asked(place, COUNTED)]
    return [_change(place, item) for item in items]


def _change(place: Area, item: str) -> Finding:
    method = f"{COUNT_TREND}{RATES if item in DETECTED else ''}"
    row, state = _on_series(place, "annual_change", item, method)
    if row is None:
        return state(status=NOT_READ, why=NO_FIGURE)
    change = row["change"]
    if not isinstance(change, trends.CountTrend):
        return state(status=REFUSED, why=str(row["refused"]))
    return state(
        value=one(change.annual_change_low, change.annual_change_high),
        low=change.low,
        high=change.high,
        interval=CONFIDENCE,
        period=years(row["first"], row["last"]),
        n=change.n,
        source_ids=_sources(place, item),
        limits=sentences(
            LIMITS, BY_CHANCE, _left_open(change.annual_change_low, change.annual_change_high), row["warnings"]
        ),
    )


def _left_open(least: float, most: float) -> str:
    """What counts that are intervals leave open, beside chance; empty where they leave nothing."""
    if least == most:
        return ""
    return TEXT["counts_that_are_intervals_leave"].format(least=least, most=most)


def one(least: float, most: float) -> float | None:
    """A number, or None where counts that are intervals leave it open."""
    return float(least) if least == most else None


def ranks(place: Area) -> list[Finding]:
    """How the order of figures goes with time, of indicators that are levels."""
    return [_rank(place, item) for item in _asked(place, RANKED)]


def _rank(place: Area, item: str) -> Finding:
    row, state = _on_series(place, "rank_trend", item, MANN_KENDALL)
    if row is None:
        return state(status=NOT_READ, why=TEXT["rank_why"])
    kendall = row["kendall"]
    if not isinstance(kendall, trends.MannKendall):
        return state(status=REFUSED, why=str(row["refused"]))
    if kendall.tau_b != kendall.tau_b:
        return state(status=REFUSED, why=TEXT["all_figures_are_the_same"])
    return state(
        value=kendall.tau_b,
        period=years(row["first"], row["last"]),
        n=kendall.n,
        source_ids=_sources(place, item),
        limits=TEXT["rank_limits"].format(kendall=trend.p_of_ranks(kendall), by_chance=BY_CHANCE),
    )


# Turns


def turning(place: Area) -> list[Finding]:
    """How often the trend of detected victims turns, and where; of other series that are long enough besides."""
    name = own_name(place)
    series = trend.series(place)
    long = [label for (whose, label), _ in trend.each(trend_models.longest(place, series)) if whose == name]
    asked = list(DETECTED) if place.level in NATIONAL else []
    asked += [item for item in _asked(place, COUNTED) if label_of(item, place) in long]
    found: list[Finding] = []
    for item in asked:
        label = label_of(item, place)
        row, state = _on_series(place, "turns", item, JOINPOINT)
        if row is None:
            found.append(state(status=NOT_READ, why=NO_FIGURE))
        elif item in UNODC or label in long:
            group = trend_models.group_of(series, label, name)
            result = trend_models.joinpoint_fit(group)
            if isinstance(result, NoResult):
                found.append(state(status=REFUSED, why=result.reason))
                continue
            state = partial(
                Finding,
                place,
                method=f"{JOINPOINT}.",
                source_ids=tuple(group["source_id"].unique()),
                kind=row["kind"],
                limits=sentences(LIMITS, trend.warned(result.warnings)),
            )
            found += of_joinpoints(result, state, ("turns", "change_after_turn"), item)
        else:
            why = TEXT["turning_why"].format(fewest_years=trend_models.FEWEST_YEARS)
            found.append(state(status=REFUSED, why=why))
    return found


def of_joinpoints(
    result: trends.JoinpointTrend, state: partial[Finding], measures: tuple[str, str], item: str = ""
) -> list[Finding]:
    """The number of joinpoints by all criteria, and of each the limits of its year and the change after it.

    Parameters
    ----------
    state : a finding as far as they have it in common, its limits among that.
    measures : that of the number, and that of a change after a joinpoint.
    item : which of several series it is.
    """
    turns, change = measures
    state = partial(state, n=result.n)
    numbers = [result.k, *result.chosen.values()]
    found = [
        state(
            turns, item, value=result.k, low=min(numbers), high=max(numbers), interval=RANGE,
            period=years(result.period[0], result.period[-1]),
        )
    ]  # fmt: skip
    after = result.segments.iloc[1:].to_dict("records")
    for number, (turn, segment) in enumerate(zip(result.joinpoints.to_dict("records"), after, strict=True)):
        placed = TEXT["turns_placed"].format(period=turn["period"], level=intervals.percent(result.confidence))
        stated = partial(
            state, change, f"{item}.{ORDER[number]}".removeprefix("."), limits=f"{placed} {state.keywords['limits']}"
        )
        if refusal := trends.imprecise(segment["low"], segment["high"]):
            found.append(stated(status=REFUSED, why=str(refusal)))
            continue
        found.append(
            stated(
                value=one(segment["apc_low"], segment["apc_high"]), low=segment["low"], high=segment["high"],
                interval=CONFIDENCE, period=years(turn["low"], turn["high"]),
            )
        )  # fmt: skip
    return found


# Countries side by side


def countries(place: Area) -> list[Finding]:
    """In how many countries of a study the change of detected victims can be estimated, and has one direction."""
    own, series = areas.load(place.study)["name"], trend.series(place)
    found = []
    for item, thing in trend.WHO.items():
        by_name = {str(name): trend_checks.agreed(series, str(name), thing) for name in own}
        agreed = [each for each in by_name.values() if each is not None]
        told = [each for each in agreed if each.estimated >= FEWEST_ESTIMATES]
        numbers = {
            "estimated": sum(
                each is not None and trend_checks.has_estimate(series, name, thing, each)
                for name, each in by_name.items()
            ),
            "rising": sum(each.direction == RISING for each in told),
            "falling": sum(each.direction == FALLING for each in told),
        }
        points = pd.concat([trend_checks.figures_of(series, str(name), thing) for name in own])
        found += [
            Finding(
                place,
                "countries_with_trend",
                f"{item}.{name}",
                value=number,
                period=years(points["year"].min(), points["year"].max()),
                n=len(own),
                method=f"{COUNT_TREND}{RATES}; {TEXT['of_countries']}.",
                source_ids=tuple(points["source_id"].unique()),
                limits=f"{LIMITS} {trend_checks.RULE}",
            )
            for name, number in numbers.items()
        ]
    return found


def common_of_countries(place: Area) -> Finding:
    """The change a year that all countries have in common, by partial pooling."""
    return _common(place, "victims_unodc")


def common_of_areas(place: Area) -> list[Finding]:
    """The change a year that all areas of a study have in common in what it counts itself; nothing on a single area."""
    label = trend_models.pooled_label(place) if place.is_study else ""
    if not label:
        return []
    return [_common(place, next(each.indicator for each in detection.over_time(place.study) if each.words == label))]


def _common(place: Area, item: str) -> Finding:
    """The change a year that the areas of a place have in common, in what is called `item`."""
    method, points = TEXT["common_of_countries_method"].format(pooled=POOLED), trend_models.figures_of_areas(place)
    state = partial(
        Finding,
        place,
        "common_change",
        item,
        method=f"{method}.",
        source_ids=tuple(points["source_id"].unique()),
        kind="synthetic" if is_invented(points) else "public",
    )
    return in_common(trend_models.pooled_fit(place), state, LIMITS)


def in_common(result: trends.PooledAreas | NoResult, state: partial[Finding], limits: str) -> Finding:
    """The change a year that areas have in common, or why there is none; `state` is the finding without its limits."""
    if isinstance(result, NoResult):
        return state(limits=limits, status=REFUSED, why=result.reason)
    common = result.common
    return state(
        value=one(common.least, common.most), low=common.low, high=common.high, interval=CONFIDENCE,
        period=years(result.periods[0], result.periods[-1]), n=len(result.areas),
        limits=sentences(limits, TEXT["common_hidden"], trend.warned(result.warnings)),
    )  # fmt: skip


take_names(__name__)
