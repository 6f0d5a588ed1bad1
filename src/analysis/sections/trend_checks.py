"""Sections on what a trend rests on: its direction under other choices, breaks of its level, and detection effort."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import trends
from analysis import plots, texts
from analysis.areas import Area
from analysis.sections import detection, trend, trend_models
from analysis.sections.any_place import take_names
from analysis.sections.section import (
    NOT_INCIDENCE,
    NoResult,
    Section,
    absent,
    attempt,
    footer,
    is_invented,
    lower_first,
    of_figures,
    only,
    unless_refused,
)
from analysis.sections.table import FIGURE, Table, Words, spans, year
from analysis.sections.trend import COVID, EFFORT
from bounded import intervals
from trends import LevelBreaks, caution
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


def levels_absent(place: Area) -> Section:
    """Why a place has no breaks in level: they are of long series of one country, whose counts are exact."""
    why = "national" if place.is_local else TEXT["levels_of_one_country"].format(fewest=FEWEST_FOR_LEVELS)
    return absent(place, TEXT["levels_absent"], why)


def break_words(found: trends.LevelBreaks) -> str:
    """Breaks with their limits in words, or that none is supported."""
    breaks = [f"{row.period:g} ({row.low:g} to {row.high:g})" for row in found.breaks.itertuples()]
    return f"after {', '.join(breaks)}" if breaks else TEXT["levels_said"]


@unless_refused
def levels_rows(known: pd.DataFrame, breaks: trends.LevelBreaks) -> Table:
    """Levels with their limits."""

    def years(start: pd.Series, end: pd.Series) -> list[str]:
        return [f"{first:g}–{last:g}" for first, last in zip(start, end, strict=True)]

    def level(mean: pd.Series, low: pd.Series, high: pd.Series) -> list[str]:
        return [f"{each:.3g} ({least:.3g} to {most:.3g})" for each, least, most in zip(mean, low, high, strict=True)]

    return Table(
        breaks.levels,
        {"Level": Words(years, "start", "end"), trend_models.unit_of(known): Words(level, "mean", "low", "high")},
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
        trend_models.group_of(found, label, whose).assign(source=source) for source, label in sources_of(thing).items()
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


def has_estimate(found: pd.DataFrame, whose: str, thing: str, agreed: trends.Agreement) -> bool:
    """Return whether a source has an estimate of the change of a thing that does not rest mostly on wide ranges."""
    estimated = set(agreed.table.loc[agreed.table["refused"].eq(""), "source"])
    points = figures_of(found, whose, thing)
    known = points[points["source"].isin(estimated) & points["high"].lt(float("inf"))]
    return not all(trend.are_mostly_ranges(group) for _, group in known.groupby("source"))


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
            **(trend_models.bar(row, "estimate") if not row["refused"] else {"text": "refused"}),
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
    drawn = trend_models.bar(ends, "estimate")
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


@unless_refused
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


PER = 1000


@dataclass(frozen=True)
class Pair:
    """What was found, and what was done to find it, by the labels of their series; and the one per 1,000 of the other.

    Convictions by prosecutions are no such pair: a prosecution follows from what was found, and one year's convictions
    from the prosecutions of years before. Nor are violations by criminal investigations, which begin where something
    was found. Both stand with the steps from investigation to conviction.
    """

    found: str
    done: str
    ratio: str


INTERVIEWED, INSPECTED = "Potential victims interviewed", "Labour worksite inspections"
PAIRS = (
    Pair("Detected child victims (US reports)", INTERVIEWED, TEXT["pairs_child_victims_per"]),
    Pair("Detected victims (US reports)", INTERVIEWED, TEXT["pairs_victims_per_1"]),
    Pair("Child labour violations found", INSPECTED, TEXT["pairs_child_labour_violations_child_labour_violations"]),
)
READ_AS = TEXT["read_as"]


def ratios(found: pd.DataFrame, *, per: int = PER) -> pd.DataFrame:
    """What was found per 1,000 units of effort, of each area and period for which a source counts both.

    Parameters
    ----------
    found : series, as `trend.series` gives them. per : units of effort; labels say 1,000.

    Returns
    -------
    DataFrame, ordered by pair, area and time: name, found, done, ratio (labels), year, x, low, high (what was found),
    value_qualifier, population, effort, value_qualifier_done, ratio_low, ratio_high (per 1,000; equal if what was found
    is exact), limit_low, limit_high (95 % limits), source_id, source_id_done. Of minima no ratio is made.
    """
    rows = []
    for pair in PAIRS:
        outcome, done = (_counted(trend_models.group_of(found, label)) for label in (pair.found, pair.done))
        known = done[done["low"].gt(0) & done["low"].eq(done["high"])].rename(columns={"low": "effort"})
        # The same period, and not merely the same year.
        columns = ["name", "x", "effort", "value_qualifier", "source_id"]
        both = outcome.merge(known[columns], on=["name", "x"], suffixes=("", "_done"))
        rows.append(both.assign(found=pair.found, done=pair.done, ratio=pair.ratio).sort_values(["name", "x"]))
    table = pd.concat(rows, ignore_index=True)
    table["ratio_low"], table["ratio_high"] = (table[end] / table["effort"] * per for end in ("low", "high"))
    if table.empty:
        return table.assign(limit_low=np.nan, limit_high=np.nan)
    low, high = intervals.poisson_interval(table["low"])[0], intervals.poisson_interval(table["high"])[1]
    return table.assign(limit_low=low / table["effort"] * per, limit_high=high / table["effort"] * per)


def _counted(group: pd.DataFrame) -> pd.DataFrame:
    """Of a series what is not invented, and has an upper bound: sources of all studies count both of a pair."""
    return group[group["kind"].eq("public") & group["high"].lt(float("inf"))]


@only("national", TEXT["by_year_title"])
def effort_by_year(place: Area, table: pd.DataFrame) -> Section:
    """What surrounds what was found, what was done to find it, and the ratio; `table` as `ratios` gives it."""
    title = TEXT["by_year_title"].format(whose=detection.whose(place))
    if table.empty:
        return Section("effort", title, limits=TEXT["by_year_limits"])
    limits, panels = f"{NOT_INCIDENCE} {READ_AS} {TEXT['method']}", _panels(place, table)["panel"].nunique()
    return Section(
        "effort",
        title,
        source_ids=_sources(table),
        limits=limits,
        alt=f"{title}: {len(table)} periods, {panels} panels.",
        footer=footer(_panels(place, table), f"{2 * len(table)} figures", limits),
    )


@unless_refused
def effort_figure(place: Area, table: pd.DataFrame, section: Section) -> Figure | None:
    """Year by year: three panels a pair, or one a country; None where there is no pair."""
    if table.empty:
        return None
    alone = place.spans_countries and table["ratio"].nunique() == 1
    return plots.small_multiples(
        _panels(place, table),
        ylabel=TEXT["by_year_ylabel"].format(ratio=table["ratio"].iloc[0]) if alone else "",
        own_scale=True,
        columns=3,
        interval_label=TEXT["by_year_interval_label"],
        **section.frame,
    )


def _panels(place: Area, table: pd.DataFrame) -> pd.DataFrame:
    return _ratio_of_countries(table) if place.spans_countries else _three_panels(table)


def effort_rows(table: pd.DataFrame) -> Table:
    """What was found per unit of effort, a row a period."""

    def effort(units: pd.Series, qualifier: pd.Series) -> Iterable[object]:
        return intervals.text(units, units, qualifier)

    def limits(low: pd.Series, high: pd.Series) -> list[str]:
        return [f"{least:,.1f} to {most:,.1f}" for least, most in zip(low, high, strict=True)]

    many = {"Where": "name"} if table["name"].nunique() > 1 else {}
    return Table(
        table,
        {
            **many,
            "Found": "found",
            "Effort": "done",
            "Year": Words(year, "year"),
            "Number found": FIGURE,
            "Units of effort": Words(effort, "effort", "value_qualifier_done"),
            "Found per 1,000": Words(lambda low, high: spans(low, high, ",.1f"), "ratio_low", "ratio_high"),
            "95 % Poisson limits": Words(limits, "limit_low", "limit_high"),
        },
        also=("area_id", "name", "source_id", "source_id_done"),
    )


def _three_panels(table: pd.DataFrame) -> pd.DataFrame:
    """Points of the outcome, the effort and the ratio of each pair, in this order."""
    parts, shown = [], set()
    for _, group in table.groupby("found", sort=False):
        done = str(group["done"].iloc[0])
        effort = {
            "low": group["effort"], "high": group["effort"], "value_qualifier": group["value_qualifier_done"],
            "source_id": group["source_id_done"],
        }  # fmt: skip
        for label, columns in (
            (group["found"].iloc[0], {}),
            (f"{done} (as above)" if done in shown else done, effort),
            (group["ratio"].iloc[0], _ratio(group)),
        ):
            parts.append(group.assign(panel=label, series="", **columns))
        shown.add(done)
    return pd.concat(parts, ignore_index=True)


def _ratio_of_countries(table: pd.DataFrame) -> pd.DataFrame:
    """Points of the ratio alone, a panel a country and pair."""
    of_what = ": " + table["ratio"].map(lower_first) if table["ratio"].nunique() > 1 else ""
    return table.assign(panel=table["name"] + of_what, series="", **_ratio(table))


def _ratio(table: pd.DataFrame) -> dict[str, pd.Series]:
    about = table["value_qualifier_done"].eq("approx") & table["value_qualifier"].eq("exact")
    return {
        "low": table["ratio_low"],
        "high": table["ratio_high"],
        "value_qualifier": table["value_qualifier"].mask(about, "approx"),
        "interval_low": table["limit_low"],
        "interval_high": table["limit_high"],
    }


def _sources(table: pd.DataFrame) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*table["source_id"], *table["source_id_done"]]))


# The change a year


def effort_series(group: pd.DataFrame) -> pd.DataFrame:
    """A pair of one area, as `ratios` gives it, as a series of counts with their effort."""
    return trend.counts_of(group.assign(population=np.nan)).assign(effort=group["effort"].to_numpy())


def each_pair(
    table: pd.DataFrame, *, fewest_years: int = FEWEST_POINTS
) -> Iterator[tuple[tuple[str, str], pd.DataFrame]]:
    """Each pair with enough periods, as (name of its area, what was found) and its rows."""
    for (outcome, name), group in table.groupby(["found", "name"], sort=False):
        if len(group) >= fewest_years:
            yield (str(name), str(outcome)), group


def agreed_per_effort(table: pd.DataFrame, whose: str, found: str) -> trends.Agreement | None:
    """What the estimates of the change per unit of effort say together, as the notebook has it; None of no period."""
    group = table[(table["name"] == whose) & (table["found"] == found)]
    together = None if group.empty else attempt(trends.agreement, {"": effort_series(group)}, confidence=0.95)
    return None if isinstance(together, NoResult) else together


def effort_changes(place: Area, table: pd.DataFrame) -> Section:
    """What surrounds the change a year of what was found, and of what was found per unit of effort."""
    title = TEXT["changes_title"].format(place=place.name)
    limits = TEXT["changes_limits"].format(not_incidence=NOT_INCIDENCE, read_as=READ_AS)
    return Section(
        "effort_change", title, source_ids=_sources(pd.concat([group for _, group in each_pair(table)])), limits=limits
    )


def effort_changes_absent(place: Area) -> Section:
    """Why a place has no change a year per unit of effort: too few periods, or none of its own."""
    why = "national" if place.is_local else TEXT["few_periods"].format(fewest=FEWEST_POINTS)
    return absent(place, TEXT["changes_absent"], why)


def effort_changes_rows(
    table: pd.DataFrame,
    changes: Mapping[tuple[str, str], tuple[trend.Change, trend.Change]],
    agreements: Mapping[tuple[str, str], trends.Agreement],
) -> Table:
    """The changes of each pair, in percent a year: of what was found, and per unit of effort."""
    rows = []
    for (name, outcome), group in each_pair(table):
        found, per_unit = changes[name, outcome]
        rows.append(
            {
                "name": name,
                "found": outcome,
                "done": str(group["done"].iloc[0]),
                "n": len(group),
                "taken": "per inhabitant" if group["population"].notna().all() else "as a count",
                **_numbers(found, "found"),
                **_numbers(per_unit, "per_unit"),
                "together": verdict(agreements[name, outcome]),
                "warnings": _weak(group),
            }
        )
    printed = pd.DataFrame(rows)

    def words(which: str) -> Words:
        return Words(lambda *_: _change(*(printed[name] for name in _columns(which))), *_columns(which))

    known = trend.precise_only(trend.precise_only(printed, _columns("found")[1:]), _columns("per_unit")[1:])
    return Table(
        known,
        {
            "Where": "name",
            "Found": "found",
            "Effort": "done",
            "Years": "n",
            "Found is taken": "taken",
            "Found, % a year": words("found"),
            "Per unit of effort, % a year": words("per_unit"),
            "Per unit of effort, together": "together",
            "Warned": "warnings",
        },
    )


def _weak(group: pd.DataFrame) -> str:
    """What weakens a comparison of what was found with what was done."""
    about = group.loc[group["value_qualifier_done"].eq("approx"), "year"]
    rounded = caution.of_periods("approximate_effort", TEXT["effort_is_approximate"], about)
    found = (caution.few_points(len(group)), caution.covid(group["year"]), rounded)
    return " ".join(filter(None, found)) or "–"


def _columns(which: str) -> tuple[str, ...]:
    return f"{which}_refused", *(f"{which}_{end}" for end in trend.CHANGE)


def _numbers(change: trend.Change, which: str) -> dict[str, object]:
    """A change in percent a year, with the range that counts leave and its limits; or why there is none."""
    if isinstance(change, NoResult):
        ends: tuple[float, ...] = (float("nan"),) * 4
        return dict(zip(_columns(which), (change.reason, *ends), strict=True))
    ends = (change.annual_change_low, change.annual_change_high, change.low, change.high)
    return dict(zip(_columns(which), ("", *ends), strict=True))


def _change(refused: pd.Series, *ends: pd.Series) -> list[str]:
    return [f"refused: {why}" if why else trend.change_words(*each) for why, *each in zip(refused, *ends, strict=True)]


take_names(__name__)
