"""How much of the differences between areas chance explains: ranks with intervals, control limits, smoothed rates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis import areas, plots, texts
from analysis.areas import Area
from analysis.methods.ranking import funnel_curve
from analysis.methods.smoothing import neighbours
from analysis.sections.comparison import Yardstick, count_words, highlighted, people_words, sources
from analysis.sections.detection import in_words
from analysis.sections.section import Section, footer, marks

TEXT = texts.of(__name__)


def _section(place: Area, name: str, title: str, counts: pd.DataFrame, limits: str, alt: str) -> Section:
    """What surrounds a figure of areas; `counts` is what `comparison.counted` gives of the study."""
    known = counts[counts["low"].notna()]
    foot = footer(known, f"{len(known)} of {len(counts)} areas", limits)
    return Section(name, title, source_ids=sources(place, known), limits=limits, alt=alt, footer=foot, **marks(known))


def section_of_ranks(place: Area, stick: Yardstick, counts: pd.DataFrame, ranks: pd.DataFrame) -> Section:
    """What surrounds the ranks that rates allow.

    Parameters
    ----------
    counts, ranks : what `comparison.counted` gives of the study, and what `rank_intervals` makes of it.
    """
    ranked = int(ranks["rank_low"].notna().sum())
    certain = int((ranks["rank_low"] == ranks["rank_high"]).sum())
    title = TEXT["league_title"].format(name=areas.get(place.study).name, indicator=stick.title)
    limits = TEXT["league_limits"].format(areas=stick.told, ranked=ranked)
    alt = TEXT["of_areas_have_one_rank"].format(title=title, certain=certain, ranked=ranked)
    return _section(place, f"league_{stick.name}", title, counts, limits, alt)


def figure_of_ranks(
    place: Area, stick: Yardstick, counts: pd.DataFrame, ranks: pd.DataFrame, section: Section
) -> Figure:
    """The areas by their rate, beside the interval of ranks that each may have."""
    people = pd.Series(people_words(counts), index=counts.index)
    shown = ranks.assign(
        label=counts["name"], count_text=people.where(people == "uninhabited", pd.Series(count_words(ranks)))
    )
    return plots.league(shown, xlabel=stick.unit, highlight=highlighted(place), **section.frame)


def rows_of_ranks(stick: Yardstick, counts: pd.DataFrame, ranks: pd.DataFrame) -> pd.DataFrame:
    """Rates with their ranks as people read them, in the order of the figure."""
    middle = (ranks["rank_low"] + ranks["rank_high"]) / 2
    shown = ranks.assign(label=counts["name"], people=people_words(counts), middle=middle)
    shown = shown.assign(count_text=count_words(shown), first=shown["rank"].fillna(middle))
    shown["count_text"] = shown["count_text"].mask(shown["people"] == "uninhabited", "uninhabited")
    shown = shown.sort_values(["first", "middle", "rank_low"])
    return pd.DataFrame(
        {
            "Area": shown["label"],
            "Count": shown["count_text"],
            stick.unit: in_words(shown["rate_low"], shown["rate_high"]),
            "Simultaneous 95 % limits": in_words(shown["low"], shown["high"]),
            "Rank": [_rank(*row) for row in shown[["rank", "low"]].itertuples(index=False)],
            "Ranks allowed": [_ranks(*row) for row in shown[["rank_low", "rank_high"]].itertuples(index=False)],
        }
    )


def in_a_sentence(
    place: Area, compared: Mapping[Yardstick, pd.DataFrame], ranks: Mapping[Yardstick, pd.DataFrame]
) -> str:
    """Which rank an area has among those of its study: of events all that chance allows, of registered persons the one.

    Parameters
    ----------
    compared, ranks : rates by yardstick, and of those that count events what `rank_intervals` gives.
    """
    said = []
    for stick, rates in compared.items():
        table = ranks.get(stick, rates)
        row, indicator = table.set_index("area_id").loc[place.area_id], stick.title
        if pd.isna(row["rate_low"]):
            said.append(TEXT["no_rate"].format(indicator=indicator))
            continue
        ranked = int(table["rate_low"].notna().sum())
        best = worst = 1 + (table["rate_low"] > row["rate_high"]).sum()
        if stick in ranks:
            best, worst = row["rank_low"], row["rank_high"]
        allowed = _ranks(best, worst)
        said.append(TEXT["rank"].format(indicator=indicator, unit=stick.unit, ranks=allowed, ranked=ranked))
    return TEXT["ranks"].format(place=place.name, said="; ".join(said))


def section_of_funnel(place: Area, stick: Yardstick, counts: pd.DataFrame, limits: pd.DataFrame) -> Section:
    """What surrounds the rates of areas by population.

    Parameters
    ----------
    counts, limits : what `comparison.counted` gives of the study, and what `funnel_limits` makes of it.
    """
    title = TEXT["funnel_title"].format(name=areas.get(place.study).name, indicator=stick.title)
    words = TEXT["funnel_limits"].format(areas=stick.told)
    if np.isinf(counts["high"]).any():
        words += TEXT["funnel_limits_minima_do_not"]
    outside = counts.loc[limits["position_998"].isin(["above", "below"]), "name"]
    named = TEXT["funnel_named"].format(outside=", ".join(outside)) if len(outside) else TEXT["funnel_named_no_area"]
    return _section(place, f"funnel_{stick.name}", title, counts, words, f"{title}. {named}")


def figure_of_funnel(
    place: Area, stick: Yardstick, counts: pd.DataFrame, limits: pd.DataFrame, section: Section
) -> Figure:
    """The rates of areas by population, between the limits that chance allows around the overall rate."""
    uninhabited = pd.Series(people_words(counts), index=counts.index) == "uninhabited"
    everyone = limits["population"].dropna()
    target = (float(limits["target_low"].iloc[0]), float(limits["target_high"].iloc[0]))
    (rate,) = in_words(pd.Series(target[:1]), pd.Series(target[1:]))
    return plots.funnel(
        limits.assign(label=counts["name"].mask(uninhabited, counts["name"] + " (uninhabited)")),
        funnel_curve(target, np.geomspace(0.8 * everyone.min(), 1.25 * everyone.max(), 300), stick.per),
        ylabel=f"{stick.title}, {stick.unit}",
        target_label=TEXT["funnel_target_label"].format(target=rate),
        highlight=highlighted(place),
        **section.frame,
    )


def rows_of_funnel(stick: Yardstick, counts: pd.DataFrame, limits: pd.DataFrame) -> pd.DataFrame:
    """Rates and control limits as people read them."""
    known = limits["high_95"].notna()
    return pd.DataFrame(
        {
            "Area": counts["name"],
            "Count": count_words(limits),
            "Inhabitants": people_words(counts),
            stick.unit: in_words(limits["rate_low"], limits["rate_high"]),
            "95 % limits": in_words(limits["low_95"].fillna(0).where(known), limits["high_95"]),
            "99.8 % limits": in_words(limits["low_998"].fillna(0).where(known), limits["high_998"]),
            "Position": [_position(*row) for row in limits[["position_95", "position_998"]].itertuples(index=False)],
        }
    )


def neighbours_of(place: Area, counts: pd.DataFrame, number: int) -> pd.DataFrame:
    """The neighbours of the areas whose rate is known: an uninhabited island is nobody's neighbour.

    Parameters
    ----------
    number : how many nearest areas an area without a border has.
    """
    shapes = areas.boundaries(place.study)
    known = counts[counts["low"].notna() & counts["population"].gt(0)]
    return neighbours(shapes[shapes["area_id"].isin(known["area_id"])], number=number, projection=place.projection)


def section_of_smoothed(place: Area, stick: Yardstick, counts: pd.DataFrame, beside: pd.DataFrame) -> Section:
    """What surrounds raw rates beside smoothed ones.

    Parameters
    ----------
    counts, beside : what `comparison.counted` and `neighbours_of` give of the study.
    """
    joined = _joined(beside, counts.set_index("area_id")["name"])
    title = TEXT["smoothed_title"].format(name=areas.get(place.study).name, indicator=stick.title)
    limits = TEXT["smoothed_limits"].format(areas=stick.told, joined=joined)
    alt = TEXT["each_raw_rate_is_joined"].format(title=title, unit=stick.unit)
    return _section(place, f"smoothed_{stick.name}", title, counts, limits, alt)


def figure_of_smoothed(
    place: Area, stick: Yardstick, counts: pd.DataFrame, smoothed: Mapping[str, pd.DataFrame], section: Section
) -> Figure:
    """Each raw rate joined with its smoothed ones: what `smooth_rates` gives, by what it draws towards."""
    words = {"label": counts["name"], "population_text": people_words(counts)}
    both = [
        rates.assign(kind=f"smoothed towards {kind}", count_text=count_words(rates), **words)
        for kind, rates in smoothed.items()
    ]
    return plots.smoothed(pd.concat(both), xlabel=stick.unit, highlight=highlighted(place), **section.frame)


def rows_of_smoothed(
    stick: Yardstick, counts: pd.DataFrame, smoothed: Mapping[str, pd.DataFrame], beside: pd.DataFrame
) -> pd.DataFrame:
    """Raw and smoothed rates as people read them, with the neighbours of each area."""
    names, first = counts.set_index("area_id")["name"], next(iter(smoothed.values()))
    around = beside.dropna().assign(name=beside["neighbour_id"].map(names)).groupby("area_id")["name"].agg(", ".join)
    return pd.DataFrame(
        {
            "Area": counts["name"],
            "Count": count_words(first),
            "Inhabitants": people_words(counts),
            f"Raw, {stick.unit}": in_words(first["raw_low"], first["raw_high"]),
            **{f"Towards {kind}": in_words(each["rate_low"], each["rate_high"]) for kind, each in smoothed.items()},
            "Neighbours": counts["area_id"].map(around).fillna("none"),
        }
    )


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


def _position(inner: str, outer: str) -> str:
    """Where an area lies, of the 95 % and of the 99.8 % limits."""
    if inner == outer:
        return inner if inner == "not known" else f"{inner} both"
    return f"{inner} 95 %, {outer} 99.8 %"


def _rank(rank: float, rate: float) -> str:
    if np.isnan(rate):
        return "not known"
    return "open" if np.isnan(rank) else f"{rank:.0f}"


def _ranks(low: float, high: float) -> str:
    if np.isnan(low):
        return "not known"
    return f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"
