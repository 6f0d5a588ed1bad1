"""How much of the differences between areas chance explains: ranks with intervals, control limits, smoothed rates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis import areas, plots, texts
from analysis.areas import Area
from analysis.methods.smoothing import neighbours
from analysis.sections.comparison import (
    COUNT,
    INHABITANTS,
    Yardstick,
    count_words,
    highlighted,
    people_words,
    rank_words,
    sources,
)
from analysis.sections.detection import in_words
from analysis.sections.section import Section, of_figures
from analysis.sections.table import Table, Words

TEXT = texts.of(__name__)


def _section(place: Area, name: str, title: str, counts: pd.DataFrame, limits: str, alt: str) -> Section:
    """What surrounds a figure of areas; `counts` is what `comparison.counted` gives of the study."""
    known = counts[counts["low"].notna()]
    n = f"{len(known)} of {len(counts)} areas"
    return of_figures(name, title, known, n, limits, alt=alt, further=sources(place, known))


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
        (allowed,) = rank_words([best], [worst])
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
    """The rates of areas, the most populous first, before the rates that chance allows around the overall one."""
    people = people_words(counts["area_id"], counts["population"])
    shown = limits.assign(
        label=counts["name"],
        low_95=limits["low_95"].fillna(0).where(limits["high_95"].notna()),
        inside=~limits["position_95"].isin(["above", "below"]),
        text=[
            TEXT["funnel_beside"].format(people=of, position=_position(*row))
            for of, row in zip(people, limits[["position_95", "position_998"]].itertuples(index=False), strict=True)
        ],
        reason=[of if of == "uninhabited" else TEXT["funnel_unknown"] for of in people],
    )
    known = limits["rate_low"].notna()
    shown["text"] = shown["text"].where(known, "")
    low, high = limits[["target_low", "target_high"]].iloc[0]
    target = TEXT["funnel_target_label"].format(target=in_words(pd.Series([low]), pd.Series([high]))[0])
    return plots.dots(
        shown.sort_values("population", ascending=False, kind="stable", na_position="last"),
        estimate=("rate_low", "rate_high"),
        interval=None,
        band=("low_95", "high_95"),
        text="text",
        reason="reason",
        hollow="inside",
        at={target: low} if low == high else None,
        span={target: (low, high)} if low < high else None,
        highlight=highlighted(place),
        xlabel=stick.unit,
        estimate_label=TEXT["funnel_outside"],
        hollow_label=TEXT["funnel_inside"],
        band_label=TEXT["funnel_band"],
        **section.frame,
    )


def rows_of_funnel(stick: Yardstick, counts: pd.DataFrame, limits: pd.DataFrame) -> Table:
    """Rates and control limits; a lower limit that counts are too small for is 0."""
    known = limits["high_95"].notna()
    lower = {name: limits[name].fillna(0).where(known) for name in ("low_95", "low_998")}
    return Table(
        limits.assign(**lower, name=counts["name"], area_id=counts["area_id"], population=counts["population"]),
        {
            "Area": "name",
            "Count": COUNT,
            "Inhabitants": INHABITANTS,
            stick.unit: Words(in_words, "rate_low", "rate_high"),
            "95 % limits": Words(in_words, "low_95", "high_95"),
            "99.8 % limits": Words(in_words, "low_998", "high_998"),
            "Position": Words(lambda *each: list(map(_position, *each)), "position_95", "position_998"),
        },
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
    first = next(iter(smoothed.values()))
    people = people_words(counts["area_id"], counts["population"])
    beside = [
        f"{n} of {of}" if known else ""
        for n, of, known in zip(count_words(first), people, first["raw_low"].notna(), strict=True)
    ]
    why = [of if of == "uninhabited" else TEXT["funnel_unknown"] for of in people]
    raw = first.assign(kind=TEXT["smoothed_raw"], rate_low=first["raw_low"], rate_high=first["raw_high"], raw=True)
    drawn_in = [
        rates.assign(kind=TEXT["smoothed_kind"].format(kind=kind), raw=False) for kind, rates in smoothed.items()
    ]
    order = ((raw["raw_low"] + raw["raw_high"]) / 2).sort_values(ascending=False, kind="stable").index
    both = [each.assign(label=counts["name"], text=beside, reason=why).loc[order] for each in (raw, *drawn_in)]
    return plots.dots(
        pd.concat(both, ignore_index=True),
        estimate=("rate_low", "rate_high"),
        interval=None,
        series="kind",
        hollow="raw",
        text="text",
        reason="reason",
        connect=True,
        highlight=highlighted(place),
        xlabel=stick.unit,
        text_label=TEXT["smoothed_text"],
        **section.frame,
    )


def rows_of_smoothed(
    stick: Yardstick, counts: pd.DataFrame, smoothed: Mapping[str, pd.DataFrame], beside: pd.DataFrame
) -> Table:
    """Raw and smoothed rates, with the neighbours of each area."""
    names, first = counts.set_index("area_id")["name"], next(iter(smoothed.values()))
    around = beside.dropna().assign(name=beside["neighbour_id"].map(names)).groupby("area_id")["name"].agg(", ".join)
    towards = {kind: f"towards_{kind.replace(' ', '_')}" for kind in smoothed}
    rates = {
        f"{towards[kind]}_{end}": each[f"rate_{end}"] for kind, each in smoothed.items() for end in ("low", "high")
    }
    of_areas = {name: counts[name] for name in ("name", "area_id", "population")}
    return Table(
        first.assign(**of_areas, **rates, neighbours=counts["area_id"].map(around).fillna("none")),
        {
            "Area": "name",
            "Count": COUNT,
            "Inhabitants": INHABITANTS,
            f"Raw, {stick.unit}": Words(in_words, "raw_low", "raw_high"),
            **{f"Towards {kind}": Words(in_words, f"{each}_low", f"{each}_high") for kind, each in towards.items()},
            "Neighbours": "neighbours",
        },
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
