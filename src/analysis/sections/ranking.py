"""Exhibits on how much of the differences between areas chance explains: ranks, control limits, smoothed rates."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis import areas, plots, texts
from analysis.areas import Area
from analysis.methods.ranking import funnel_curve, funnel_limits, rank_intervals
from analysis.methods.smoothing import neighbours, smooth_rates
from analysis.sections.comparison import (
    Yardstick,
    comparable,
    compared,
    highlighted,
    none,
    people_words,
    sources,
    yardstick,
)
from analysis.sections.detection import in_words
from analysis.sections.section import Section, footer, marks
from bounded import intervals

TEXT = texts.of(__name__)

NO_EVENTS = TEXT["no_events"]


def league(place: Area, number: int = 1) -> Section:
    """The areas of `place`'s study by the study's first (or second) yardstick, with the ranks that chance allows."""
    stick = yardstick(place, number)
    if stick is None or not stick.events or not comparable(place, stick):
        return _none(place, stick, TEXT["ranks_with_intervals"])
    table = _counted(place.study, stick)
    ranks = rank_intervals(table, stick.per)
    ranked = int(ranks["rank_low"].notna().sum())
    limits = TEXT["league_limits"].format(areas=stick.told, ranked=ranked)
    title = TEXT["league_title"].format(name=areas.get(place.study).name, indicator=stick.title)
    people = pd.Series(people_words(table), index=table.index)
    shown = ranks.assign(
        label=table["name"], count_text=people.where(people == "uninhabited", pd.Series(_count_words(table)))
    )
    figure = plots.league(
        shown, xlabel=stick.unit, highlight=highlighted(place), title=title, footer=_footer(table, limits)
    )
    # In the order of the figure.
    middle = (shown["rank_low"] + shown["rank_high"]) / 2
    shown = shown.assign(first=shown["rank"].fillna(middle), middle=middle).sort_values(["first", "middle", "rank_low"])
    rows = pd.DataFrame(
        {
            "Area": shown["label"],
            "Count": shown["count_text"],
            stick.unit: in_words(shown["rate_low"], shown["rate_high"]),
            "Simultaneous 95 % limits": in_words(shown["low"], shown["high"]),
            "Rank": [_rank(*row) for row in shown[["rank", "low"]].itertuples(index=False)],
            "Ranks allowed": [_ranks(*row) for row in shown[["rank_low", "rank_high"]].itertuples(index=False)],
        }
    )
    certain = int((ranks["rank_low"] == ranks["rank_high"]).sum())
    return _exhibit(place, f"league_{stick.name}", title, rows, table, limits, figure,
                    TEXT["of_areas_have_one_rank"].format(title=title, certain=certain, ranked=ranked))  # fmt: skip


def funnel(place: Area, number: int = 1) -> Section:
    """The rates of the study's areas by population, between the limits that chance allows around the overall rate."""
    stick = yardstick(place, number)
    if stick is None or not stick.events or not comparable(place, stick):
        return _none(place, stick, "control limits")
    table = _counted(place.study, stick)
    found = funnel_limits(table, per=stick.per)
    limits = TEXT["funnel_limits"].format(areas=stick.told)
    if np.isinf(table["high"]).any():
        limits += TEXT["funnel_limits_minima_do_not"]
    title = TEXT["funnel_title"].format(name=areas.get(place.study).name, indicator=stick.title)
    shown = found.assign(label=table["name"], people=people_words(table))
    uninhabited = shown["people"] == "uninhabited"
    everyone = shown["population"].dropna()
    target = (float(found["target_low"].iloc[0]), float(found["target_high"].iloc[0]))
    figure = plots.funnel(
        shown.assign(label=shown["label"].mask(uninhabited, shown["label"] + " (uninhabited)")),
        funnel_curve(target, np.geomspace(0.8 * everyone.min(), 1.25 * everyone.max(), 300), stick.per),
        ylabel=f"{stick.title}, {stick.unit}",
        target_label=TEXT["funnel_target_label"].format(target=_target(*target)),
        highlight=highlighted(place),
        title=title,
        footer=_footer(table, limits),
    )
    rows = pd.DataFrame(
        {
            "Area": shown["label"],
            "Count": _count_words(table),
            "Inhabitants": shown["people"],
            stick.unit: in_words(shown["rate_low"], shown["rate_high"]),
            "95 % limits": in_words(shown["low_95"].fillna(0).where(shown["high_95"].notna()), shown["high_95"]),
            "99.8 % limits": in_words(shown["low_998"].fillna(0).where(shown["high_95"].notna()), shown["high_998"]),
            "Position": [_position(*row) for row in shown[["position_95", "position_998"]].itertuples(index=False)],
        }
    )
    outside = shown.loc[shown["position_998"].isin(["above", "below"]), "label"]
    named = TEXT["funnel_named"].format(outside=", ".join(outside)) if len(outside) else TEXT["funnel_named_no_area"]
    return _exhibit(place, f"funnel_{stick.name}", title, rows, table, limits, figure, f"{title}. {named}")


def smoothed(place: Area, number: int = 1) -> Section:
    """Raw rates of the study's areas beside those drawn towards the rate of all areas, and of their neighbours."""
    stick = yardstick(place, number)
    if stick is None or not stick.events or not comparable(place, stick):
        return _none(place, stick, "smoothed rates")
    table = _counted(place.study, stick)
    beside = _beside(place.study, stick)
    names = table.set_index("area_id")["name"]
    overall = smooth_rates(table, "global", per=stick.per)
    local = smooth_rates(table, "local", beside, per=stick.per)
    limits = TEXT["smoothed_limits"].format(areas=stick.told, joined=_joined(beside, names))
    title = TEXT["smoothed_title"].format(name=areas.get(place.study).name, indicator=stick.title)
    words = {"label": table["name"], "count_text": _count_words(table), "population_text": people_words(table)}
    both = [
        rates.assign(kind=f"smoothed towards {kind}", **words)
        for rates, kind in ((overall, "all areas"), (local, "neighbours"))
    ]
    figure = plots.smoothed(
        pd.concat(both), xlabel=stick.unit, highlight=highlighted(place), title=title, footer=_footer(table, limits)
    )
    around = beside.dropna().assign(name=beside["neighbour_id"].map(names)).groupby("area_id")["name"].agg(", ".join)
    rows = pd.DataFrame(
        {
            "Area": table["name"],
            "Count": words["count_text"],
            "Inhabitants": words["population_text"],
            f"Raw, {stick.unit}": in_words(overall["raw_low"], overall["raw_high"]),
            "Towards all areas": in_words(overall["rate_low"], overall["rate_high"]),
            "Towards neighbours": in_words(local["rate_low"], local["rate_high"]),
            "Neighbours": table["area_id"].map(around).fillna("none"),
        }
    )
    return _exhibit(place, f"smoothed_{stick.name}", title, rows, table, limits, figure,
                    TEXT["each_raw_rate_is_joined"].format(title=title, unit=stick.unit))  # fmt: skip


def _counted(study: str, stick: Yardstick) -> pd.DataFrame:
    """What `stick` compares, with the counts as every method reads them."""
    table = compared(study, stick)
    columns = ["area_id", "name", "population", "value_qualifier", "date_low", "date_high", "source_id", "kind"]
    return table[columns].assign(low=table["cases_low"], high=table["cases_high"])


@cache
def _beside(study: str, stick: Yardstick) -> pd.DataFrame:
    """The neighbours of the areas whose rate is known: an uninhabited island is nobody's neighbour."""
    table = compared(study, stick)
    shapes = areas.boundaries(study)
    known = shapes[shapes["area_id"].isin(table.loc[table["rate_low"].notna(), "area_id"])]
    return neighbours(known, number=2, projection=areas.get(study).projection)


def _joined(beside: pd.DataFrame, names: pd.Series) -> str:
    """A sentence on what the neighbours are, and how islands were joined."""
    bordering = set(beside.loc[beside["how"] == "contiguous", "area_id"])
    others = [area_id for area_id in beside["area_id"].unique() if area_id not in bordering]
    if not bordering:
        return TEXT["no_two_areas_share"]
    if not others:
        return TEXT["neighbours_share_a_border"]
    listed = ", ".join(names[area_id] for area_id in others)
    return TEXT["neighbours_share_a_border_joined"].format(listed=listed)


def _count_words(table: pd.DataFrame) -> list[str]:
    return intervals.text(table["low"], table["high"], table["value_qualifier"]).tolist()


def _position(inner: str, outer: str) -> str:
    """Where an area lies, of the 95 % and of the 99.8 % limits."""
    if inner == outer:
        return inner if inner == "not known" else f"{inner} both"
    return f"{inner} 95 %, {outer} 99.8 %"


def _target(low: float, high: float) -> str:
    (words,) = in_words(pd.Series([low]), pd.Series([high]))
    return words


def _rank(rank: float, rate: float) -> str:
    if np.isnan(rate):
        return "not known"
    return "open" if np.isnan(rank) else f"{rank:.0f}"


def _ranks(low: float, high: float) -> str:
    if np.isnan(low):
        return "not known"
    return f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"


def _footer(table: pd.DataFrame, limits: str) -> plots.Footer:
    known = table[table["low"].notna()]
    return footer(known, f"{len(known)} of {len(table)} areas", limits)


def _exhibit(
    place: Area, name: str, title: str, rows: pd.DataFrame, table: pd.DataFrame, limits: str, figure: Figure, alt: str
) -> Section:
    known = table[table["low"].notna()]
    return Section(name, title, rows, sources(place, known), limits, figure, alt=alt, **marks(known))


def _none(place: Area, stick: Yardstick | None, what: str) -> Section:
    """What is said where a method does not fit what is compared."""
    if stick is None or stick.events:
        return none(place, stick, what)
    reason = NO_EVENTS.format(what=what)
    return Section("none", f"{areas.get(place.study).name}: {what}", pd.DataFrame(), limits=reason)
