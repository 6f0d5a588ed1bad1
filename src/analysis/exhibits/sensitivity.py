"""Exhibits on what a trend rests on: the years of COVID-19, detection effort, and changes of level."""

from __future__ import annotations

import pandas as pd

from analysis import figures, trends
from analysis.areas import Area
from analysis.exhibits import trend, turns
from analysis.exhibits.exhibit import NOT_INCIDENCE, Exhibit, footer, is_invented, marks
from analysis.exhibits.trend import COVID, EFFORT
from analysis.trends import caution
from analysis.trends.refusal import FEWEST_POINTS

TREATED = {"kept": "kept", "masked": "left out", "indicator": "with a level of their own"}
# What was found, and what was done to find it, where a source counts both.
BY_EFFORT = {
    "Detected victims (US reports)": "Potential victims interviewed",
    "Child labour violations found": "Labour worksite inspections",
    "Convictions": "Prosecutions",
    "Convictions (child labour)": "Prosecutions (child labour)",
}
FEWEST_FOR_LEVELS = 10
MOST_SERIES = 8


def covid(place: Area) -> Exhibit:
    """The yearly change of each series that holds 2020 or 2021, with these years kept, left out, and apart."""
    rows: list[dict] = []
    points: list[pd.DataFrame] = []
    for label in _labels(place):
        for name, group in turns.group_of(place, label).groupby("name", sort=False):
            # Series side by side are all real, or all invented.
            if points and is_invented(group) != is_invented(points[0]):
                continue
            if not group["year"].isin([2020, 2021]).any():
                continue
            table = trends.covid_sensitivity(trend.counts_of(group))
            if table["refused"].ne("").all():
                continue
            points.append(group)
            for row in table.to_dict("records"):
                kept = {"group": f"{name}: {trend.lower_first(label)}", "label": TREATED[row["covid"]]}
                rows.append(kept | (turns.bar(row, "estimate") if not row["refused"] else {"text": "refused"}))
    title = f"{place.name}: the yearly change with the years of COVID-19 kept, left out, and apart"
    limits = f"{NOT_INCIDENCE} {EFFORT} None of the three is right: a change that all of them show is firmer."
    if not rows:
        limits = f"No series of {FEWEST_POINTS} years or more, and of events enough, holds 2020 or 2021."
        return Exhibit("covid", title, pd.DataFrame(), limits=limits)
    found, table = pd.concat(points), pd.DataFrame(rows)
    figure = figures.forest(
        table, xlabel="percent a year", title=title, footer=footer(found, f"{len(found)} figures", limits)
    )
    printed = pd.DataFrame(
        {"Series": table["group"], "2020 and 2021": table["label"], "Change, % a year (95 %)": table["text"]}
    )
    return Exhibit(
        "covid", title, printed, tuple(found["source_id"].unique()), limits, figure,
        alt=f"{title}: three lines a series, {table['group'].nunique()} series.", **marks(found),
    )  # fmt: skip


def effort(place: Area) -> Exhibit:
    """What was found for each unit of what was done to find it, where a source counts both in the same years."""
    rows, sources = [], []
    for label, beside in BY_EFFORT.items():
        found, done = (_real(turns.group_of(place, each)) for each in (label, beside))
        columns = ["name", "year", "low", "value_qualifier", "source_id"]
        done = done.loc[done["low"].gt(0) & done["low"].eq(done["high"]), columns]
        both = found.merge(done, on=["name", "year"], suffixes=("", "_done"))
        for name, group in both.groupby("name", sort=False):
            series = trend.counts_of(group).drop(columns="population", errors="ignore")
            row = {
                "Where": name,
                "Found": label,
                "Effort": beside,
                "Years": len(group),
                "Found, % a year": _change(series),
                "Per unit of effort, % a year": _change(series.assign(effort=group["low_done"].to_numpy())),
                "Warned": _weak(group),
            }
            if len(group) >= FEWEST_POINTS:
                rows.append(row)
                sources += [*group["source_id"], *group["source_id_done"]]
    limits = (
        f"{NOT_INCIDENCE} With 95 % limits. A count that grows as fast as the effort says nothing of trafficking; one "
        "that grows more slowly may say that more effort finds less."
    )
    if not rows:
        limits = (
            f"No source counts, in the same {FEWEST_POINTS} years or more, what was found and what was done to find "
            "it: effort and incidence cannot be told apart."
        )
    title = f"{place.name}: what was found, by the effort to find it"
    return Exhibit("effort", title, pd.DataFrame(rows), tuple(dict.fromkeys(sources)), limits)


def _real(group: pd.DataFrame) -> pd.DataFrame:
    """Of a series what is not invented: what the sources of all studies count is."""
    return group[group["kind"] == "public"]


def _weak(group: pd.DataFrame) -> str:
    """What weakens a comparison of what was found with what was done."""
    about = group.loc[group["value_qualifier_done"].eq("approx"), "year"]
    rounded = caution.of_periods("approximate_effort", "Effort is approximate", about)
    return " ".join(caution.kept(caution.few_points(len(group)), caution.covid(group["year"]), rounded)) or "–"


def levels(place: Area) -> Exhibit:
    """Whether the longest series changed its level at some year, and how sure that year is."""
    title = f"{place.name}: whether the level of the longest series changed"
    if place.spans_countries:
        return Exhibit("levels", title, pd.DataFrame(), limits="Shown on the pages of the countries, one by one.")
    groups = [(whose, label, turns.group_of(place, label, whose)) for whose, label in turns.long_series(place)]
    exact = [(whose, label, group[group["low"].eq(group["high"])]) for whose, label, group in groups]
    exact = [found for found in exact if len(found[2]) >= FEWEST_FOR_LEVELS]
    if not exact:
        limits = f"No series has {FEWEST_FOR_LEVELS} years whose counts are known exactly."
        return Exhibit("levels", title, pd.DataFrame(), limits=limits)
    whose, label, known = exact[0]
    title = f"{whose}: {trend.lower_first(label)}, and whether its level changed"
    limits = f"{NOT_INCIDENCE} {COVID} A new law, unit or definition changes a level as well."
    try:
        series = pd.DataFrame({"period": known["year"], "count": known["low"]})
        if known["population"].notna().all():
            series["population"] = known["population"]
        result = trends.level_breaks(series)
    except ValueError as refusal:
        return Exhibit("levels", title, pd.DataFrame(), limits=f"Refused: {refusal}")
    figure = result.plot(title=title, footer=footer(known, f"{len(known)} years", limits))
    rows = pd.DataFrame(
        {
            "Level": [f"{row.start:g}–{row.end:g}" for row in result.levels.itertuples()],
            turns.unit_of(known): [
                f"{row.mean:.3g} ({row.low:.3g} to {row.high:.3g})" for row in result.levels.itertuples()
            ],
        }
    )
    breaks = [f"{row.period:g} ({row.low:g} to {row.high:g})" for row in result.breaks.itertuples()]
    said = f"after {', '.join(breaks)}" if breaks else "no break is supported"
    return Exhibit(
        "levels", f"{title}: {said}", rows, tuple(known["source_id"].unique()),
        f"{limits} {trend.warned(result.warnings)}", figure, alt=f"{title}: {said}.", **marks(known),
    )  # fmt: skip


def _labels(place: Area) -> list[str]:
    if place.spans_countries:
        return [trend.MEASURES["victims"]]
    known = trend.series(place)
    if known.empty:
        return []
    known = known[known["counted"] & (known["high"] < float("inf"))]
    series = known.assign(held=known["year"].isin([2020, 2021])).groupby(["name", "label"], sort=False)
    years = series["year"].size()[series["held"].any()]
    long = years[years >= FEWEST_POINTS].sort_values(ascending=False, kind="stable")
    return long.index.get_level_values("label").unique().tolist()[:MOST_SERIES]


def _change(series: pd.DataFrame) -> str:
    try:
        return trend.in_words(trends.count_trend(series)).replace(" % a year", "")
    except ValueError as refusal:
        return f"refused: {refusal}"
