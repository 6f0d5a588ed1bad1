"""Sections on the direction of a trend under other choices, and on changes of level.

An exhibit on changes of level: whether a series has one overnight, as where a law or a definition changed.

Exhibits on the direction of a trend: whether it hangs on one year, on the years of COVID-19, or on one source.
"""

from __future__ import annotations

from functools import cache

import pandas as pd

import trends
from analysis import plots, texts
from analysis.areas import Area
from analysis.plots.surveillance import level_breaks
from analysis.sections import detection, joinpoints, trend
from analysis.sections.section import NOT_INCIDENCE, Section, footer, is_invented, lower_first, marks
from analysis.sections.trend import COVID, EFFORT
from trends.count_trend import AS_IT_IS, FEWEST_ESTIMATES
from trends.series import FEWEST_POINTS

TEXT = texts.of(__name__)

FEWEST_FOR_LEVELS = 10


def levels(place: Area) -> Section:
    """Whether the longest series changed its level at some year, and how sure that year is."""
    title = TEXT["levels_title"].format(place=place.name)
    if place.spans_countries:
        return Section("levels", title, pd.DataFrame(), limits=TEXT["levels_limits"])
    groups = [
        (whose, label, joinpoints.group_of(place, label, whose)) for whose, label in joinpoints.long_series(place)
    ]
    exact = [(whose, label, group[group["low"].eq(group["high"])]) for whose, label, group in groups]
    exact = [found for found in exact if len(found[2]) >= FEWEST_FOR_LEVELS]
    if not exact:
        limits = TEXT["levels_limits_no_series_has"].format(fewest_for_levels=FEWEST_FOR_LEVELS)
        return Section("levels", title, pd.DataFrame(), limits=limits)
    whose, label, known = exact[0]
    title = TEXT["levels_title_and_whether"].format(whose=whose, label=trend.lower_first(label))
    limits = TEXT["levels_limits_a_new_law"].format(not_incidence=NOT_INCIDENCE, covid=COVID)
    try:
        series = pd.DataFrame({"period": known["year"], "count": known["low"]})
        if known["population"].notna().all():
            series["population"] = known["population"]
        result = trends.level_breaks(series)
    except ValueError as refusal:
        return Section("levels", title, pd.DataFrame(), limits=f"Refused: {refusal}")
    figure = level_breaks(
        result.observed,
        result.levels,
        result.breaks,
        title=title,
        footer=footer(known, f"{len(known)} years", limits),
        ylabel=result.measure,
        confidence=result.confidence,
    )
    rows = pd.DataFrame(
        {
            "Level": [f"{row.start:g}–{row.end:g}" for row in result.levels.itertuples()],
            joinpoints.unit_of(known): [
                f"{row.mean:.3g} ({row.low:.3g} to {row.high:.3g})" for row in result.levels.itertuples()
            ],
        }
    )
    breaks = [f"{row.period:g} ({row.low:g} to {row.high:g})" for row in result.breaks.itertuples()]
    said = f"after {', '.join(breaks)}" if breaks else TEXT["levels_said"]
    return Section(
        "levels", f"{title}: {said}", rows, tuple(known["source_id"].unique()),
        f"{limits} {trend.warned(result.warnings)}", figure, alt=f"{title}: {said}.", **marks(known),
    )  # fmt: skip


# On a page of an area; more things would make a figure that nobody reads to its end.
MOST_THINGS = 5
RULE = TEXT["rule"]


def sources_of(thing: str) -> dict[str, str]:
    """The series that count the same thing: source -> label; of what one source counts alone the source is empty."""
    if thing in trend.WHO.values():
        return {source: f"{thing} ({source})" for source in detection.SOURCES.values()}
    return {"": thing}


def figures_of(place: Area, whose: str, thing: str) -> pd.DataFrame:
    """The counts of a thing, by all sources that have it, with `source`; minima, which carry no trend, are left out."""
    parts = [
        joinpoints.group_of(place, label, whose).assign(source=source) for source, label in sources_of(thing).items()
    ]
    table = pd.concat(parts, ignore_index=True)
    return table[table["counted"].astype(bool) & table["high"].lt(float("inf"))]


@cache
def agreed(place: Area, whose: str, thing: str) -> trends.Agreement | None:
    """What the estimates of the change of a thing say of its direction; None where no source counts it.

    Parameters
    ----------
    whose : the name of the area or country. thing : as "Detected victims", whoever counts them, or a label of a series.
    """
    table = figures_of(place, whose, thing)
    if table.empty:
        return None
    return trends.agreement({str(source): trend.counts_of(group) for source, group in table.groupby("source")})


def verdict(agreement: trends.Agreement) -> str:
    """What the estimates say together, in words."""
    n = agreement.estimated
    if n < FEWEST_ESTIMATES:
        return TEXT["no_direction_can_be_told"].format(estimates=n or "no", plural="" if n == 1 else "s")
    if agreement.direction != "not certain":
        return TEXT["in_all_estimates"].format(direction=agreement.direction, n=n)
    return TEXT["not_certain_of_estimates_show"].format(rising=agreement.rising, n=n, falling=agreement.falling)


def variants(place: Area) -> Section:
    """The yearly change of each thing by each source, with all years and with years left out; and what they say."""
    if place.spans_countries:
        return _of_countries(place)
    rows: list[dict] = []
    points: list[pd.DataFrame] = []
    for whose, thing in _things(place):
        found, table = agreed(place, whose, thing), figures_of(place, whose, thing)
        # What stands side by side is all real, or all invented.
        if found is None or not found.estimated or (points and is_invented(table) != is_invented(points[0])):
            continue
        points.append(table)
        none = found.table.groupby("source")["refused"].transform(lambda said: said.ne("").all())
        # That a source carries no estimate is said once.
        for row in found.table[~none | found.table["variant"].eq(AS_IT_IS)].to_dict("records"):
            change = joinpoints.bar(row, "estimate") if not row["refused"] else {"text": "refused"}
            said = {"group": f"{whose}: {lower_first(thing)} – {verdict(found)}", "n": row["n"], **change}
            said |= {
                "thing": f"{whose}: {lower_first(thing)}",
                "source": row["source"] or "–",
                "variant": row["variant"],
            }
            rows.append(said | {"direction": row["direction"] or "–", "label": _label(row["source"], row["variant"])})
            rows[-1]["together"] = verdict(found)
    title = TEXT["variants_title"].format(place=place.name)
    limits = f"{NOT_INCIDENCE} {EFFORT} {RULE}"
    if not rows:
        limits = TEXT["variants_limits"].format(fewest_points=FEWEST_POINTS)
        return Section("variants", title, pd.DataFrame(), limits=limits)
    found, table = pd.concat(points), pd.DataFrame(rows)
    figure = plots.forest(
        table, xlabel="percent a year", title=title, footer=footer(found, f"{len(found)} figures", limits)
    )
    printed = pd.DataFrame(
        {
            "Series": table["thing"],
            "Source": table["source"],
            "Years": table["variant"],
            "n": table["n"].fillna(0).astype(int),
            "Change, % a year (95 %)": table["text"],
            "Shows": table["direction"],
            "Together": table["together"],
        }
    )
    return Section(
        "variants", title, printed, tuple(found["source_id"].unique()), limits, figure,
        alt=f"{title}. {'. '.join(table['group'].unique())}.", **marks(found),
    )  # fmt: skip


def _label(source: str, variant: str) -> str:
    return f"{source}, {variant}" if source else variant


def _things(place: Area) -> list[tuple[str, str]]:
    """Whose counts of what: detected victims and children first, then those of the most years."""
    known = trend.series(place)
    if known.empty:
        return []
    known = known[known["counted"].astype(bool) & known["high"].lt(float("inf"))]
    years = known.groupby(["name", "label"], sort=False)["year"].size()
    long = years[years >= FEWEST_POINTS].sort_values(ascending=False, kind="stable").index
    detected = {label: who for who in trend.WHO.values() for label in sources_of(who).values()}
    things = list(dict.fromkeys((name, detected.get(label, label)) for name, label in long))
    order = list(trend.WHO.values())
    return sorted(things, key=lambda each: order.index(each[1]) if each[1] in order else len(order))[:MOST_THINGS]


def _of_countries(place: Area) -> Section:
    """Of each country one line a thing: the range over all estimates, and how many of them show a rise or a fall."""
    rows, points = [], []
    for thing in trend.WHO.values():
        for whose in sorted(trend.series(place)["name"].unique()):
            found = agreed(place, whose, thing)
            if found is None or not found.estimated:
                continue
            table = found.table
            ends = {
                "estimate_low": table["estimate_low"].min(), "estimate_high": table["estimate_high"].max(),
                "low": table["low"].min(), "high": table["high"].max(),
            }  # fmt: skip
            drawn = joinpoints.bar(ends, "estimate")
            numbers = {"estimated": found.estimated, "rising": found.rising, "falling": found.falling}
            text = verdict(found)
            if drawn["text"] == trends.SHORT_REFUSAL:
                text = TEXT["of_countries_text"].format(text=text)
            rows.append({"group": thing, "label": whose, **numbers, "range": drawn["text"], **drawn, "text": text})
            points.append(figures_of(place, whose, thing))
    title = TEXT["of_countries_title"].format(place=place.name)
    limits = TEXT["of_countries_limits"].format(not_incidence=NOT_INCIDENCE, effort=EFFORT, rule=RULE)
    if not rows:
        return Section("variants", title, pd.DataFrame(), limits=TEXT["of_countries_limits_no_country_has"])
    found, table = pd.concat(points), pd.DataFrame(rows)
    figure = plots.forest(
        table,
        xlabel=TEXT["of_countries_xlabel"],
        interval_label=TEXT["of_countries_interval_label"],
        title=title,
        footer=footer(found, f"{len(found)} country-years", limits),
    )
    printed = pd.DataFrame(
        {
            "Who": table["group"],
            "Country": table["label"],
            "Estimates": table["estimated"],
            "Show a rise": table["rising"],
            "Show a fall": table["falling"],
            "Range of the change, % a year (95 % limits of all)": table["range"],
            "Together": table["text"],
        }
    )
    shown = table["text"].str.startswith(("rising", "falling")).sum()
    return Section(
        "variants", title, printed, tuple(found["source_id"].unique()), limits, figure,
        alt=TEXT["of_countries_alt"].format(title=title, shown=shown, rows=len(table)),
    )  # fmt: skip
