"""Sections on what a trend rests on: its direction under other choices, and whether its level changed overnight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import trends
from analysis import plots, texts
from analysis.areas import Area
from analysis.sections import detection, joinpoints, trend
from analysis.sections.attempt import NoResult, attempt
from analysis.sections.section import NOT_INCIDENCE, Section, is_invented, lower_first, of_figures
from analysis.sections.table import Table, Words
from analysis.sections.trend import COVID, EFFORT
from trends import LevelBreaks
from trends.count_trend import AS_IT_IS, FEWEST_ESTIMATES
from trends.series import FEWEST_POINTS

TEXT = texts.of(__name__)

FEWEST_FOR_LEVELS = 10


def exact_years(points: pd.DataFrame, *, fewest_years: int = FEWEST_FOR_LEVELS) -> pd.DataFrame:
    """Of several series the first that is known exactly in enough years: its exact years; else no row."""
    for _, of_one in trend.each(points):
        known = of_one[of_one["low"].eq(of_one["high"])]
        if len(known) >= fewest_years:
            return known
    return points.head(0)


def exact_counts(known: pd.DataFrame) -> pd.DataFrame:
    """Exact years of a series as `trends.level_breaks` reads them."""
    columns = {"year": "period", "low": "count"}
    if known["population"].notna().all():
        columns["population"] = "population"
    return known[list(columns)].rename(columns=columns)


def levels(known: pd.DataFrame, breaks: trends.LevelBreaks | NoResult) -> Section:
    """What surrounds the levels of a series between breaks."""
    name, label = known[["name", "label"]].iloc[0]
    title = TEXT["levels_title_and_whether"].format(whose=name, label=lower_first(label))
    if isinstance(breaks, NoResult):
        return Section("levels", title, limits=f"Refused: {breaks.reason}")
    limits = TEXT["levels_limits_a_new_law"].format(not_incidence=NOT_INCIDENCE, covid=COVID)
    alt, more = f"{title}: {break_words(breaks)}.", trend.warned(breaks.warnings)
    return of_figures("levels", title, known, f"{len(known)} years", limits, alt=alt, more=more)


def break_words(found: trends.LevelBreaks) -> str:
    """Breaks with their limits in words, or that none is supported."""
    breaks = [f"{row.period:g} ({row.low:g} to {row.high:g})" for row in found.breaks.itertuples()]
    return f"after {', '.join(breaks)}" if breaks else TEXT["levels_said"]


def levels_figure(breaks: trends.LevelBreaks | NoResult, section: Section) -> Figure | None:
    """Observations, the level between breaks, and the breaks with their limits; None where the method refused."""
    if isinstance(breaks, NoResult):
        return None
    return of_level_breaks(breaks, **section.frame)


def levels_rows(known: pd.DataFrame, breaks: trends.LevelBreaks | NoResult) -> Table | pd.DataFrame:
    """Levels with their limits; empty where the method refused."""
    if isinstance(breaks, NoResult):
        return pd.DataFrame()

    def years(start: pd.Series, end: pd.Series) -> list[str]:
        return [f"{first:g}–{last:g}" for first, last in zip(start, end, strict=True)]

    def level(mean: pd.Series, low: pd.Series, high: pd.Series) -> list[str]:
        return [f"{each:.3g} ({least:.3g} to {most:.3g})" for each, least, most in zip(mean, low, high, strict=True)]

    return Table(
        breaks.levels,
        {"Level": Words(years, "start", "end"), joinpoints.unit_of(known): Words(level, "mean", "low", "high")},
    )


# On a page of an area; more things would make a figure that nobody reads to its end.
MOST_THINGS = 5
RULE = TEXT["rule"]


def sources_of(thing: str) -> dict[str, str]:
    """The series that count the same thing: source -> label; of what one source counts alone the source is empty."""
    if thing in trend.WHO.values():
        return {source: f"{thing} ({source})" for source in detection.SOURCES.values()}
    return {"": thing}


def figures_of(found: pd.DataFrame, whose: str, thing: str) -> pd.DataFrame:
    """The counts of a thing, by all sources that have it, with `source`; minima, which carry no trend, are left out.

    Parameters
    ----------
    found : series, as `trend.series` gives them. whose : the name of the area or country.
    thing : as "Detected victims", whoever counts them, or a label of a series.
    """
    parts = [
        joinpoints.group_of(found, label, whose).assign(source=source) for source, label in sources_of(thing).items()
    ]
    table = pd.concat(parts, ignore_index=True).assign(thing=thing)
    return table[table["counted"].eq(True) & table["high"].lt(float("inf"))]


def by_source(points: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The counts of one thing by source, as `trends.agreement` reads them."""
    return {str(source): trend.counts_of(group) for source, group in points.groupby("source")}


def agreed(found: pd.DataFrame, whose: str, thing: str) -> trends.Agreement | None:
    """What the estimates of the change of a thing say together, as the notebook has it; None where nobody counts it."""
    points = figures_of(found, whose, thing)
    together = None if points.empty else attempt(trends.agreement, by_source(points), confidence=0.95)
    return None if isinstance(together, NoResult) else together


def things(
    place: Area, found: pd.DataFrame, *, top: int = MOST_THINGS, fewest_years: int = FEWEST_POINTS
) -> pd.DataFrame:
    """The counts by `thing` and `source` whose direction is asked of a place.

    Of several countries, or of one of them, detected victims and children; else these and the series of the most years.
    """
    who = list(trend.WHO.values())
    if place.spans_countries:
        chosen = [(name, thing) for thing in who for name in sorted(found["name"].unique())]
    else:
        known = found[found["counted"].eq(True) & found["high"].lt(float("inf"))]
        years = known.groupby(["name", "label"], sort=False)["year"].size()
        long = years[years >= fewest_years].sort_values(ascending=False, kind="stable").index
        detected = {label: each for each in who for label in sources_of(each).values()}
        every = list(dict.fromkeys((name, detected.get(label, label)) for name, label in long))
        chosen = sorted(every, key=lambda each: who.index(each[1]) if each[1] in who else len(who))[:top]
    parts = [part for name, thing in chosen if len(part := figures_of(found, name, thing))]
    return pd.concat(parts, ignore_index=True) if parts else found.head(0).assign(source="", thing="")


def each(points: pd.DataFrame) -> Iterator[tuple[tuple[str, str], pd.DataFrame]]:
    """Each thing as (name of its area, thing) and its points."""
    for (name, thing), of_one in points.groupby(["name", "thing"], sort=False):
        yield (str(name), str(thing)), of_one


def verdict(agreement: trends.Agreement) -> str:
    """What the estimates say together, in words."""
    n = agreement.estimated
    if n < FEWEST_ESTIMATES:
        return TEXT["no_direction_can_be_told"].format(estimates=n or "no", plural="" if n == 1 else "s")
    if agreement.direction != "not certain":
        return TEXT["in_all_estimates"].format(direction=agreement.direction, n=n)
    return TEXT["not_certain_of_estimates_show"].format(rising=agreement.rising, n=n, falling=agreement.falling)


def words(agreements: Mapping[tuple[str, str], trends.Agreement]) -> str:
    """What all estimates of each thing say together, in a sentence each."""
    return " ".join(
        TEXT["words"].format(whose=whose, thing=lower_first(thing), verdict=verdict(found))
        for (whose, thing), found in agreements.items()
    )


def variants(place: Area, points: pd.DataFrame, lines: pd.DataFrame) -> Section:
    """What surrounds the estimates of each thing; `points` from `things`, `lines` from `lines_of`."""
    title = TEXT["variants_title"].format(place=place.name)
    none = TEXT["variants_limits"].format(fewest_points=FEWEST_POINTS)
    if place.spans_countries:
        title = TEXT["of_countries_title"].format(place=place.name)
        none = TEXT["of_countries_limits_no_country_has"]
    if lines.empty:
        return Section("variants", title, limits=none)
    drawn = points.set_index(["name", "thing"]).index.isin(lines.set_index(["whose", "thing"]).index)
    found = points[drawn]
    limits, unit = f"{NOT_INCIDENCE} {EFFORT} {RULE}", "figures"
    alt = f"{title}. {'. '.join(lines['group'].unique())}."
    if place.spans_countries:
        limits, unit = (
            TEXT["of_countries_limits"].format(not_incidence=NOT_INCIDENCE, effort=EFFORT, rule=RULE),
            "country-years",
        )
        shown = lines["text"].str.startswith(("rising", "falling")).sum()
        alt = TEXT["of_countries_alt"].format(title=title, shown=shown, rows=len(lines))
    return of_figures("variants", title, found, f"{len(found)} {unit}", limits, alt=alt)


def lines_of(place: Area, points: pd.DataFrame, agreements: Mapping[tuple[str, str], trends.Agreement]) -> pd.DataFrame:
    """The estimates as lines of a forest: of one country each variant of each source, of several one line a country."""
    rows: list[dict] = []
    invented: bool | None = None
    for (whose, thing), of_one in each(points):
        found = agreements[whose, thing]
        # What stands side by side is all real, or all invented.
        if not found.estimated or invented not in (None, is_invented(of_one)):
            continue
        invented = is_invented(of_one)
        rows += [_range(whose, thing, found)] if place.spans_countries else _estimates(whose, thing, found)
    return pd.DataFrame(rows)


def _estimates(whose: str, thing: str, found: trends.Agreement) -> list[dict]:
    """One line an estimate; that a source carries none is said once."""
    none = found.table.groupby("source")["refused"].transform(lambda refused: refused.ne("").all())
    together, what = verdict(found), f"{whose}: {lower_first(thing)}"
    return [
        {
            "whose": whose, "thing": thing, "what": what, "group": f"{what} – {together}", "n": row["n"],
            **(joinpoints.bar(row, "estimate") if not row["refused"] else {"text": "refused"}),
            "source": row["source"] or "–", "variant": row["variant"], "direction": row["direction"] or "–",
            "label": f"{row['source']}, {row['variant']}" if row["source"] else row["variant"], "together": together,
        }
        for row in found.table[~none | found.table["variant"].eq(AS_IT_IS)].to_dict("records")
    ]  # fmt: skip


def _range(whose: str, thing: str, found: trends.Agreement) -> dict:
    """The range over all estimates of a country, and how many of them show a rise or a fall."""
    table, text = found.table, verdict(found)
    ends = {
        "estimate_low": table["estimate_low"].min(), "estimate_high": table["estimate_high"].max(),
        "low": table["low"].min(), "high": table["high"].max(),
    }  # fmt: skip
    drawn = joinpoints.bar(ends, "estimate")
    numbers = {"estimated": found.estimated, "rising": found.rising, "falling": found.falling}
    if drawn["text"] == trends.SHORT_REFUSAL:
        text = TEXT["of_countries_text"].format(text=text)
    named = {"whose": whose, "thing": thing, "group": thing, "label": whose}
    return {**named, **numbers, "range": drawn["text"], **drawn, "text": text}


def variants_figure(place: Area, lines: pd.DataFrame, section: Section) -> Figure | None:
    """The estimates with their limits; None where there are none."""
    if lines.empty:
        return None
    if not place.spans_countries:
        return plots.forest(lines, group="group", text="text", xlabel="percent a year", **section.frame)
    limits = TEXT["of_countries_interval_label"]
    return plots.forest(
        lines, group="group", text="text", xlabel=TEXT["of_countries_xlabel"], interval_label=limits, **section.frame
    )


def variants_rows(place: Area, lines: pd.DataFrame) -> Table | pd.DataFrame:
    """The estimates: of several countries the range of each, else every variant of each source."""
    if lines.empty:
        return lines
    ends = ["estimate_low", "estimate_high", "low", "high"]
    lines = lines.reindex(columns=[*dict.fromkeys([*lines, *ends])]).astype(dict.fromkeys(ends, float))
    table = lines.rename(columns={"estimate_low": "change_least", "estimate_high": "change_most"})
    if place.spans_countries:
        return Table(
            table.assign(who=table["group"], name=table["label"], together=table["text"]),
            {
                "Who": "who",
                "Country": "name",
                "Estimates": "estimated",
                "Show a rise": "rising",
                "Show a fall": "falling",
                "Range of the change, % a year (95 % limits of all)": Words(
                    lambda *_: list(lines["range"]), *trend.CHANGE
                ),
                "Together": "together",
            },
        )
    return Table(
        table.assign(n=table["n"].fillna(0).astype(int)),
        {
            "Series": "what",
            "Source": "source",
            "Years": "variant",
            "n": "n",
            "Change, % a year (95 %)": Words(lambda *_: list(lines["text"]), *trend.CHANGE),
            "Shows": "direction",
            "Together": "together",
        },
    )


def of_level_breaks(result: LevelBreaks, **frame: Any) -> Figure:
    """Observed figures, each level as a step with its interval, and the interval of each break."""
    observed, levels, breaks = result.observed, result.levels, result.breaks
    period = observed["period"].to_numpy(dtype=float)
    # A year's number names it whole; a decimal one is where the period begins.
    half = 0.5 if (period == np.floor(period)).all() else float(np.diff(np.unique(period)).min()) / 2
    steps = pd.concat(
        [
            levels.assign(x=levels["start"], piece=levels.index),
            levels.assign(x=levels["end"] + 2 * half, piece=levels.index),
        ]
    )
    ends = {end: breaks[end] + 2 * half for end in ("low", "high")}
    level = f"{100 * result.confidence:g}%"
    return plots.series(
        observed.assign(x=period + half, series=""),
        y="value",
        fit=steps.rename(columns={"mean": "fit"}),
        joinpoints=breaks.assign(x=breaks["period"] + 2 * half, **ends),
        ylabel=result.measure,
        fit_label=f"level and its {level} interval",
        joinpoint_label=f"break with its {level} interval",
        **frame,
    )
