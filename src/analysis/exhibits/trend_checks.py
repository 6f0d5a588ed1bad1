"""Sections on what a trend rests on: its direction under other choices, breaks of its level, and detection effort."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import trends
from analysis import areas, plots
from analysis.areas import Area
from analysis.exhibits import detection, trend, trend_models
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult, attempt
from analysis.exhibits.exhibit import NOT_INCIDENCE, Exhibit, absent, elsewhere, exhibit, holds_synthetic, instead, only
from analysis.exhibits.plot import Plot
from analysis.exhibits.table import FIGURE, Table, Words, spans, year
from analysis.exhibits.trend import COVID, EFFORT
from analysis.exhibits.wording import lower_first, marked, sentences
from bounded import intervals
from trends import LevelBreaks, caution
from trends.count_trend import AS_IT_IS, FALLING, FEWEST_ESTIMATES, NOT_CERTAIN, RISING
from trends.series import FEWEST_POINTS

FEWEST_FOR_LEVELS = 10
# Of a direction, as a number.
DIRECTIONS = {RISING: 1, NOT_CERTAIN: 0, FALLING: -1}


def exact_years(points: pd.DataFrame, *, fewest_years: int = FEWEST_FOR_LEVELS) -> pd.DataFrame:
    """Return the exact years of the first series that is known exactly in enough years; else no row."""
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


def levels(place: Area, known: pd.DataFrame, breaks: trends.LevelBreaks | NoResult) -> Exhibit:
    """Return the levels of a series between breaks, with their limits; of a country whose counts are exact.

    Parameters
    ----------
    known : exact years, as `exact_years` gives them. breaks : what `trends.level_breaks` makes of them.
    """
    if known.empty or place.is_local or place.spans_countries:
        why = f"They are sought in series of one country that have {FEWEST_FOR_LEVELS} years of exact counts."
        return absent(place, "{whose}: breaks in level", "national" if place.is_local else why)
    name, label = known[["name", "label"]].iloc[0]
    title = f"{name}: {lower_first(label)}, and whether its level changed"
    if isinstance(breaks, NoResult):
        return Exhibit("levels", title, limits=f"Refused: {breaks.reason}")
    p, many = trend.p_words(breaks.sup_f_p_value), f"{breaks.permutations:,} permutations"
    return exhibit(
        "levels",
        title,
        Table(
            breaks.levels,
            {
                "Level": Words(_years, "start", "end"),
                trend_models.unit_of(known): Words(_mean, "mean", "low", "high"),
            },
        ),
        Plot(of_level_breaks, breaks),
        read=known,
        n="years",
        limits=sentences(
            NOT_INCIDENCE,
            COVID,
            "A new law, unit or definition changes a level as well.",
            f"A break against none: {p}, by {many}." if breaks.permutations else "",
        ),
        alt=f"{title}: {break_words(breaks)}.",
        more=trend.warned(breaks.warnings),
    )


def _years(start: pd.Series, end: pd.Series) -> list[str]:
    return [f"{first:g}–{last:g}" for first, last in zip(start, end, strict=True)]


def _mean(mean: pd.Series, low: pd.Series, high: pd.Series) -> list[str]:
    return [f"{each:.3g} ({least:.3g} to {most:.3g})" for each, least, most in zip(mean, low, high, strict=True)]


def break_words(found: trends.LevelBreaks) -> str:
    """Breaks with their limits in words, or that none is supported."""
    breaks = [f"{row.period:g} ({row.low:g} to {row.high:g})" for row in found.breaks.itertuples()]
    return f"after {', '.join(breaks)}" if breaks else "no break is supported"


# On a page of an area; more things would make a figure that nobody reads to its end.
MOST_THINGS = 5
RULE = (
    "A direction is stated only where the limits of all estimates lie on the same side of no change. The estimates "
    "share their data: how many agree is no probability."
)


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


def things(place: Area, found: pd.DataFrame) -> pd.DataFrame:
    """Return the counts by `thing` and `source` whose direction is asked of a place, those of the most years first.

    Detected victims and children come before all others; of several countries there are no others.
    """
    who = list(trend.WHO.values())
    if place.spans_countries:
        chosen = [(name, thing) for thing in who for name in sorted(found["name"].unique())]
    else:
        known = found[found["counted"].eq(True) & found["high"].lt(float("inf"))]
        years = known.groupby(["name", "label"], sort=False)["year"].size()
        long = years.sort_values(ascending=False, kind="stable").index
        detected = {label: each for each in who for label in sources_of(each).values()}
        every = list(dict.fromkeys((name, detected.get(label, label)) for name, label in long))
        chosen = sorted(every, key=lambda each: who.index(each[1]) if each[1] in who else len(who))
    parts = [part for name, thing in chosen if len(part := figures_of(found, name, thing))]
    return pd.concat(parts, ignore_index=True) if parts else found.head(0).assign(source="", thing="")


def longest(points: pd.DataFrame, *, top: int = MOST_THINGS, fewest_years: int = FEWEST_POINTS) -> pd.DataFrame:
    """Return the first things of which one source has enough years; `points` as `things` gives them."""
    years = points.groupby(["name", "thing", "source"], sort=False)["year"].size()
    most = years.groupby(["name", "thing"], sort=False).max()
    return points[points.set_index(["name", "thing"]).index.isin(most[most >= fewest_years].index[:top])]


def each(points: pd.DataFrame) -> Iterator[tuple[tuple[str, str], pd.DataFrame]]:
    """Each thing as (name of its area, thing) and its points."""
    for (name, thing), of_one in points.groupby(["name", "thing"], sort=False):
        yield (str(name), str(thing)), of_one


def verdict(agreement: trends.Agreement) -> str:
    """Return what the estimates say together, in words."""
    n = agreement.estimated
    if n < FEWEST_ESTIMATES:
        return f"no direction: {n or 'no'} estimate{'' if n == 1 else 's'}"
    if agreement.direction != "not certain":
        return f"{agreement.direction} in all {n} estimates"
    return f"not certain: {agreement.rising} of {n} estimates show a rise, {agreement.falling} a fall"


def words(agreements: Mapping[tuple[str, str], trends.Agreement]) -> str:
    """Return what all estimates of each thing say together, in a sentence each."""
    return " ".join(
        f"{whose}, {lower_first(thing)} by all sources, with all years and with years left out: {verdict(found)}."
        for (whose, thing), found in agreements.items()
    )


def variants(
    place: Area,
    points: pd.DataFrame,
    agreements: Mapping[tuple[str, str], trends.Agreement],
    *,
    top: int = MOST_THINGS,
    fewest_years: int = FEWEST_POINTS,
) -> Exhibit:
    """Return the estimates of each thing of a study; of one of its countries the sentence on what they say together.

    Parameters
    ----------
    points : counts, as `things` gives them. agreements : (name, thing) -> what `trends.agreement` makes of them.
    top, fewest_years : as `longest` takes them; of several countries all are shown.
    """
    shown = points if place.spans_countries else longest(points, top=top, fewest_years=fewest_years)
    if not place.is_study:
        if place.is_local or shown.empty:
            return absent(place, "whether all estimates show one direction", "comparison")
        return instead(elsewhere(words({key: agreements[key] for key, _ in each(shown)}), "trends"))
    return estimates(place, shown, agreements)


def directions(place: Area, points: pd.DataFrame, agreements: Mapping[tuple[str, str], trends.Agreement]) -> Exhibit:
    """Return the direction that all estimates of each thing show; of a study of countries, in how many of them.

    Parameters
    ----------
    points, agreements : as for `variants`, of all things.
    """
    if place.spans_countries:
        return _directions_of_countries(place, points, agreements)
    rows = [
        {"name": name, "thing": thing, "kind": of_one["kind"].iloc[0], **_direction_numbers(agreements[name, thing])}
        for (name, thing), of_one in each(points)
    ]
    told = pd.DataFrame(rows, columns=["name", "thing", "kind", *_DIRECTION])
    told = told[told["estimated"] >= FEWEST_ESTIMATES]
    if told.empty:
        few = f"No series has {FEWEST_ESTIMATES} estimates: all years, without the first, and without the last."
        return absent(place, "whether all estimates show one direction", few)
    drawn = points.set_index(["name", "thing"]).index.isin(told.set_index(["name", "thing"]).index)
    return Exhibit(
        "directions",
        f"{place.name}: directions that all estimates show",
        Table(
            told.astype({"direction": int}),
            {
                "Where": "name",
                "Series": Words(lambda *each: list(map(marked, *each)), "thing", "kind"),
                "Estimates": "estimated",
                "Show a rise": "rising",
                "Show a fall": "falling",
                "Together": "together",
            },
            also=("direction", "confidence"),
        ),
        source_ids=tuple(points.loc[drawn, "source_id"].unique()),
        limits=f"{NOT_INCIDENCE} {EFFORT} Estimates are by each source, with all years and with years left out; by "
        f"{trend.level(agreements.values())} limits. {RULE}",
    )


_DIRECTION = ("estimated", "rising", "falling", "direction", "together", "confidence")


def _direction_numbers(found: trends.Agreement) -> dict[str, object]:
    """How many estimates show a rise or a fall; the direction, 1, 0 or -1, missing where there are too few for one."""
    told = DIRECTIONS[found.direction] if found.estimated >= FEWEST_ESTIMATES else np.nan
    numbers = (found.estimated, found.rising, found.falling, told, verdict(found), found.confidence)
    return dict(zip(_DIRECTION, numbers, strict=True))


def _directions_of_countries(
    place: Area, points: pd.DataFrame, agreements: Mapping[tuple[str, str], trends.Agreement]
) -> Exhibit:
    of_things = {thing: points[points["thing"] == thing] for thing in trend.WHO.values()}
    rows = []
    for thing, of_one in of_things.items():
        of = {name: agreements[name, thing] for (name, _), _ in each(of_one)}
        told = [found.direction for found in of.values() if found.estimated >= FEWEST_ESTIMATES]
        estimated = sum(_has_estimate(of_one[of_one["name"] == name], found) for name, found in of.items())
        rows.append(
            {"thing": thing, "estimated": estimated, "rising": told.count(RISING), "falling": told.count(FALLING)}
        )
    return Exhibit(
        "directions",
        f"{place.name}: countries where all estimates show one direction",
        Table(
            pd.DataFrame(rows).assign(
                countries=len(areas.ids(place.study)), confidence=next(iter(agreements.values())).confidence
            ),
            {
                "Who": "thing",
                "Countries": "countries",
                "With an estimate": "estimated",
                "All show a rise": "rising",
                "All show a fall": "falling",
            },
            also=("confidence",),
        ),
        source_ids=tuple(points["source_id"].unique()),
        limits=f"{NOT_INCIDENCE} {EFFORT} A series of which half the counts or more are ranges, such as <5, has no "
        f"estimate. {RULE}",
    )


def _has_estimate(points: pd.DataFrame, found: trends.Agreement) -> bool:
    """Return whether a source has an estimate of the change of a thing that does not rest mostly on wide ranges."""
    estimated = set(found.table.loc[found.table["refused"].eq(""), "source"])
    known = points[points["source"].isin(estimated)]
    return not all(trend.are_mostly_ranges(group) for _, group in known.groupby("source"))


def estimates(place: Area, points: pd.DataFrame, agreements: Mapping[tuple[str, str], trends.Agreement]) -> Exhibit:
    """Return the estimates of each thing, and what they say together; arguments as for `variants`."""
    lines = lines_of(place, points, agreements)
    if place.spans_countries:
        return _ranges_of_countries(place, points, lines, agreements.values())
    title = f"{place.name}: the yearly change by each source, with all years and with years left out"
    if lines.empty:
        none = f"No series has {FEWEST_POINTS} years or more, and events enough, for the change to be estimated."
        return Exhibit("variants", title, limits=none)
    table = _changes_table(lines)
    return exhibit(
        "variants",
        title,
        Table(
            table.assign(n=table["n"].fillna(0).astype(int)),
            {
                "Series": "what",
                "Source": "source",
                "Years": "variant",
                "n": "n",
                trend.with_level("Change, % a year", agreements.values()): Words(
                    lambda *_: list(lines["text"]), *trend.CHANGE
                ),
                "Shows": "direction",
                "Together": "together",
            },
        ),
        Plot(
            plots.forest,
            lines,
            group="group",
            text="text",
            xlabel="percent a year",
            interval_label=trend.levelled(agreements.values(), "interval"),
        ),
        read=_drawn(points, lines),
        n="figures",
        limits=f"{NOT_INCIDENCE} {EFFORT} {RULE}",
        alt=f"{title}. {'. '.join(lines['group'].unique())}.",
    )


def _ranges_of_countries(
    place: Area, points: pd.DataFrame, lines: pd.DataFrame, agreements: Iterable[trends.Agreement]
) -> Exhibit:
    title = f"{place.name}: whether all estimates of a country's change show one direction"
    if lines.empty:
        return Exhibit("variants", title, limits="No country has a series whose change can be estimated.")
    level, shown = trend.level(agreements), lines["text"].str.startswith(("rising", "falling")).sum()
    table = _changes_table(lines)
    return exhibit(
        "variants",
        title,
        Table(
            table.assign(who=table["group"], name=table["label"], together=table["text"]),
            {
                "Who": "who",
                "Country": "name",
                "Estimates": "estimated",
                "Show a rise": "rising",
                "Show a fall": "falling",
                f"Range of the change, % a year ({level} limits of all)": Words(
                    lambda *_: list(lines["range"]), *trend.CHANGE
                ),
                "Together": "together",
            },
        ),
        Plot(
            plots.forest,
            lines,
            group="group",
            text="text",
            xlabel="percent a year, least to greatest estimate",
            interval_label=f"lowest and highest {level} limit of all estimates",
        ),
        read=_drawn(points, lines),
        n="country-years",
        limits=f"{NOT_INCIDENCE} {EFFORT} A line is the range over all estimates of a country. {RULE}",
        alt=f"{title}: one line a country and thing; {shown} of {len(lines)} have one direction.",
    )


def _drawn(points: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """The counts of the things that have a line."""
    return points[points.set_index(["name", "thing"]).index.isin(lines.set_index(["whose", "thing"]).index)]


def _changes_table(lines: pd.DataFrame) -> pd.DataFrame:
    ends = ["estimate_low", "estimate_high", "low", "high"]
    lines = lines.reindex(columns=[*dict.fromkeys([*lines, *ends])]).astype(dict.fromkeys(ends, float))
    return lines.rename(columns={"estimate_low": "change_least", "estimate_high": "change_most"})


def lines_of(place: Area, points: pd.DataFrame, agreements: Mapping[tuple[str, str], trends.Agreement]) -> pd.DataFrame:
    """The estimates as lines of a forest: of one country each variant of each source, of several one line a country."""
    rows: list[dict] = []
    synthetic: bool | None = None
    for (whose, thing), of_one in each(points):
        found = agreements[whose, thing]
        # What stands side by side is all real, or all synthetic.
        if not found.estimated or synthetic not in (None, holds_synthetic(of_one)):
            continue
        synthetic = holds_synthetic(of_one)
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
        text = f"{text}; limits too wide to draw"
    named = {"whose": whose, "thing": thing, "group": thing, "label": whose}
    return {**named, **numbers, "range": drawn["text"], **drawn, "text": text}


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
    return plots.series(
        observed.assign(x=period + half, series=""),
        y="value",
        fit=steps.rename(columns={"mean": "fit"}),
        joinpoints=breaks.assign(x=breaks["period"] + 2 * half, **ends),
        ylabel=result.measure,
        fit_label=f"level and its {trend.levelled([result], 'interval')}",
        joinpoint_label=f"break with its {trend.levelled([result], 'interval')}",
        **frame,
    )


PER = 1000


@dataclass(frozen=True)
class Pair:
    """A pair of series, results and the effort to find them, by their labels; and the ratio of the two.

    Convictions by prosecutions are no such pair: a prosecution follows from what was found, and one year's convictions
    from the prosecutions of years before. Nor are violations by criminal investigations, which begin where something
    was found. Both stand with the steps from investigation to conviction.
    """

    found: str
    done: str
    ratio: str


INTERVIEWED, INSPECTED = "Potential victims interviewed", "Labour worksite inspections"
PAIRS = (
    Pair("Detected child victims (US reports)", INTERVIEWED, "Child victims per {per:,} interviewed"),
    Pair("Detected victims (US reports)", INTERVIEWED, "Victims per {per:,} interviewed"),
    Pair("Child labour violations found", INSPECTED, "Child labour violations per {per:,} inspections"),
)
READ_AS = (
    "If a count grows as fast as the effort, it shows no change in trafficking. If it grows more slowly, more effort "
    "may find less, or may reach others."
)


def ratios(found: pd.DataFrame, *, per: int = PER, confidence: float = trend.CONFIDENCE) -> pd.DataFrame:
    """Return results for so many units of effort, of each area and period for which a source counts both.

    Parameters
    ----------
    found : series, as `trend.series` gives them. per : units of effort. confidence : level of the limits.

    Returns
    -------
    DataFrame, ordered by pair, area and time: name, found, done, ratio (labels), year, x, low, high (what was found),
    value_qualifier, population, effort, value_qualifier_done, ratio_low, ratio_high (equal if what was found is exact),
    limit_low, limit_high (of a Poisson count), per, confidence, source_id, source_id_done. Of minima no ratio is made.
    """
    rows = []
    for pair in PAIRS:
        outcome, done = (_counted(trend_models.group_of(found, label)) for label in (pair.found, pair.done))
        known = done[done["low"].gt(0) & done["low"].eq(done["high"])].rename(columns={"low": "effort"})
        # The same period, and not merely the same year.
        columns = ["name", "x", "effort", "value_qualifier", "source_id"]
        both = outcome.merge(known[columns], on=["name", "x"], suffixes=("", "_done"))
        rows.append(
            both.assign(found=pair.found, done=pair.done, ratio=pair.ratio.format(per=per)).sort_values(["name", "x"])
        )
    table = pd.concat(rows, ignore_index=True).assign(per=per, confidence=confidence)
    table["ratio_low"], table["ratio_high"] = (table[end] / table["effort"] * per for end in ("low", "high"))
    if table.empty:
        return table.assign(limit_low=np.nan, limit_high=np.nan)
    low, _ = intervals.poisson_interval(table["low"], confidence)
    _, high = intervals.poisson_interval(table["high"], confidence)
    return table.assign(limit_low=low / table["effort"] * per, limit_high=high / table["effort"] * per)


def _counted(group: pd.DataFrame) -> pd.DataFrame:
    """Return the points of a series that are not synthetic, and have an upper bound."""
    return group[group["kind"].eq("public") & group["high"].lt(float("inf"))]


@only("national", "{whose}: victims and offences per unit of detection effort")
def effort_by_year(place: Area, table: pd.DataFrame) -> Exhibit:
    """Return what was found, the effort, and the ratio, by year: three panels a pair, or one a country.

    Parameters
    ----------
    table : as `ratios` gives it.
    """
    if table.empty:
        title = f"{detection.whose(place)}: victims and offences per unit of detection effort"
        none = "No source counts both results and effort for the same period"
        return Exhibit("effort", title, limits=f"{none}: effort and incidence cannot be told apart.")
    (per,), level = table["per"].unique(), intervals.confidence_level(table)
    title = f"{detection.whose(place)}: victims and offences per {per:,} units of detection effort"
    panels = _ratio_of_countries(table) if place.spans_countries else _three_panels(table)
    alone = place.spans_countries and table["ratio"].nunique() == 1
    many = {"Where": "name"} if table["name"].nunique() > 1 else {}
    return exhibit(
        "effort",
        title,
        Table(
            table,
            {
                **many,
                "Found": "found",
                "Effort": "done",
                "Year": Words(year, "year"),
                "Number found": FIGURE,
                "Units of effort": Words(_exact_or_about, "effort", "value_qualifier_done"),
                f"Found per {per:,}": Words(lambda low, high: spans(low, high, ",.1f"), "ratio_low", "ratio_high"),
                f"{level} Poisson limits": Words(_limits, "limit_low", "limit_high"),
            },
            also=("area_id", "name", "source_id", "source_id_done"),
        ),
        Plot(
            plots.small_multiples,
            panels,
            ylabel=f"{table['ratio'].iloc[0]}, each country on its own scale" if alone else "",
            own_scale=True,
            columns=3,
            interval_label=f"{level} interval of the ratio",
        ),
        n=lambda _: f"{2 * len(table)} figures",
        limits=f"{NOT_INCIDENCE} {READ_AS} Limits of a ratio: {level}, Poisson (Garwood), with the effort as given.",
        further=table["source_id_done"],
        alt=f"{title}: {len(table)} periods, {panels['panel'].nunique()} panels.",
    )


def _exact_or_about(units: pd.Series, qualifier: pd.Series) -> Iterable[object]:
    return intervals.text(units, units, qualifier)


def _limits(low: pd.Series, high: pd.Series) -> list[str]:
    return [f"{least:,.1f} to {most:,.1f}" for least, most in zip(low, high, strict=True)]


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
    """Return what all estimates of the change per unit of effort say together; None without a period."""
    group = table[(table["name"] == whose) & (table["found"] == found)]
    together = (
        None if group.empty else attempt(trends.agreement, {"": effort_series(group)}, confidence=trend.CONFIDENCE)
    )
    return None if isinstance(together, NoResult) else together


def effort_changes(
    place: Area,
    table: pd.DataFrame,
    changes: Mapping[tuple[str, str], Sequence[trend.Change]],
    agreements: Mapping[tuple[str, str], trends.Agreement],
) -> Exhibit:
    """Return the change a year of what was found, and of the same per unit of effort, of pairs of enough periods.

    Parameters
    ----------
    table : as `ratios` gives it. changes : (name, found) -> trends of the count, and of it per unit of effort.
    agreements : (name, found) -> what all estimates of the latter say together.
    """
    if not changes:
        few = f"No pair of series has {FEWEST_POINTS} periods, and fewer cannot show a change."
        return absent(place, "{whose}: change per unit of effort", "national" if place.is_local else few)
    pairs = {key: group for key, group in each_pair(table) if key in changes}
    rows = pd.DataFrame(
        [
            {
                "name": name,
                "found": outcome,
                "done": str(group["done"].iloc[0]),
                "n": len(group),
                "taken": "per inhabitant" if group["population"].notna().all() else "as a count",
                **_numbers(changes[name, outcome][0], "found"),
                **_numbers(changes[name, outcome][1], "per_unit"),
                "warnings": _weak(group),
                **_direction_numbers(agreements[name, outcome]),
                "confidence": getattr(changes[name, outcome][1], "confidence", np.nan),
                "per_unit_warnings": trend.warned(getattr(changes[name, outcome][1], "warnings", ())),
            }
            for (name, outcome), group in pairs.items()
        ]
    )

    def words(which: str) -> Words:
        return Words(lambda *_: _change(*(rows[name] for name in _columns(which))), *_columns(which))

    known = trend.precise_only(trend.precise_only(rows, _columns("found")[1:]), _columns("per_unit")[1:])
    limits = trend.levelled((each for pair in changes.values() for each in pair), "limits")
    return Exhibit(
        "effort_change",
        f"{place.name}: change in the count, and in the count per unit of effort",
        Table(
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
            also=("estimated", "rising", "falling", "direction", "per_unit_warnings", "confidence"),
        ),
        source_ids=_sources(pd.concat(pairs.values())),
        limits=f"{NOT_INCIDENCE} With {limits}, of the years that have both. {READ_AS} The last column but one has the "
        "estimates with years left out, as for the series above.",
    )


def _weak(group: pd.DataFrame) -> str:
    """Return the cautions on a comparison of results with effort."""
    about = group.loc[group["value_qualifier_done"].eq("approx"), "year"]
    rounded = caution.of_periods("approximate_effort", "Effort is approximate", about)
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
