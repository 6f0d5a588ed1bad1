"""Exhibits of chance in the rates of areas: limits around the overall rate (funnels), and smoothed rates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis import areas, plots
from analysis.areas import Area
from analysis.exhibits import detection
from analysis.exhibits.any_place import take_names
from analysis.exhibits.area_indicators import ComparedIndicator
from analysis.exhibits.comparison import (
    COUNT,
    INHABITANTS,
    count_words,
    highlighted,
    number_of,
    people_words,
    sources,
)
from analysis.exhibits.exhibit import Exhibit, absent, exhibit
from analysis.exhibits.plot import Plot
from analysis.exhibits.table import Table, Words
from analysis.methods.comparison import FEWEST_AREAS, LEVELS, WINSORISED, neighbours
from bounded import intervals

# The levels of the two limits of a funnel, as they are printed.
INNER, OUTER = map(intervals.percent, LEVELS.values())


def with_few_inhabitants(
    place: Area, events: Mapping[ComparedIndicator, pd.DataFrame]
) -> Mapping[ComparedIndicator, pd.DataFrame]:
    """Return the counts whose chance has exhibits: of a study of areas that have few inhabitants; of others none."""
    return events if place.is_study and not place.spans_countries else {}


def without_uncertainty(place: Area, events: Mapping[ComparedIndicator, pd.DataFrame], title: str) -> Exhibit:
    """Return an exhibit that says why nothing shows what is chance in the rates of areas.

    Parameters
    ----------
    events : counts by indicator, of those that count events. title : of the exhibit.
    """
    why = "comparison"
    if not events:
        why = "No indicator of the study counts cases for all its areas."
    elif areas.STUDIES[place.study].of_countries:
        why = (
            "It is made for areas with few inhabitants. For countries the intervals of the ranks above show what "
            "chance can do."
        )
    return absent(place, title, why)


def funnel(place: Area, indicator: ComparedIndicator, counts: pd.DataFrame, limits: pd.DataFrame) -> Exhibit:
    """Return the rates of areas, the most populous first, before the limits around the overall one.

    Parameters
    ----------
    counts, limits : what `counted` gives of the study, and what `funnel_limits` makes of it.
    """
    title = f"{areas.get(place.study).name}: {indicator.title}, and limits around the overall rate"
    words = f"{indicator.told} {_allowed(limits)}: an area outside differs by more, in occurrence or in detection."
    if np.isinf(counts["high"]).any():
        words += " Minima do not enter the overall rate."
    outside = counts.loc[limits["position_998"].isin(["above", "below"]), "name"]
    named = ", ".join(outside)
    people = people_words(counts["area_id"], counts["population"])
    shown = limits.assign(
        label=counts["name"],
        low_95=limits["low_95"].fillna(0).where(limits["high_95"].notna()),
        inside=~limits["position_95"].isin(["above", "below"]),
        text=[
            f"{of} inhabitants: {_position(*row)}"
            for of, row in zip(people, limits[["position_95", "position_998"]].itertuples(index=False), strict=True)
        ],
        reason=[of if of == "uninhabited" else "no figure found" for of in people],
    )
    shown["text"] = shown["text"].where(limits["rate_low"].notna(), "")
    low, high = limits[["target_low", "target_high"]].iloc[0]
    target = f"all areas together: {detection.in_words(pd.Series([low]), pd.Series([high]))[0]}"
    known = counts[counts["low"].notna()]
    return exhibit(
        f"funnel_{indicator.name}",
        title,
        _funnel_rows(indicator, counts, limits),
        Plot(
            plots.dots,
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
            xlabel=indicator.unit,
            estimate_label="outside",
            hollow_label=f"inside the {INNER} limits",
            band_label=f"{INNER} limits, widened as areas differ by more than chance"
            if limits["inflated"].any()
            else f"{INNER} of rates that chance allows",
        ),
        n=number_of(counts),
        limits=words,
        alt=f"{title}. " + (f"Beyond the outer limits: {named}." if named else "No area is beyond the outer limits."),
        further=sources(place, known),
        read=known,
    )


def funnels(
    place: Area,
    events: Mapping[ComparedIndicator, pd.DataFrame],
    limits: Mapping[ComparedIndicator, pd.DataFrame],
) -> tuple[Exhibit, ...]:
    """Return a funnel of each indicator that has limits; where none has, why.

    Parameters
    ----------
    events, limits : counts by indicator, and of those with few inhabitants what `funnel_limits` gives.
    """
    if not limits:
        return (without_uncertainty(place, events, "rates that chance allows"),)
    return tuple(funnel(place, each, events[each], limits[each]) for each in limits)


def _allowed(limits: pd.DataFrame) -> str:
    """Return what the limits of a funnel allow for: chance, and by how much areas differ beyond it."""
    of, chance = limits.iloc[0], "The limits allow for chance alone (exact Poisson; Spiegelhalter, 2005)"
    if of["overdispersion"] == "none":
        return chance
    low, high = (f"{of[name]:.2g}" if of[name] < 10 else f"{of[name]:,.0f}" for name in ("phi_low", "phi_high"))
    number, phi = of["phi_areas"], low if low == high else f"{low} to {high}"
    if of["inflated"]:
        return (
            f"The areas differ by more than chance (variance {phi} times that of chance; {number} areas, "
            f"{100 * WINSORISED:g}% at each end winsorised), and the limits allow for it (Spiegelhalter, 2005)"
        )
    if number < FEWEST_AREAS:
        return f"{chance}, as {number} areas are too few to say by how much areas usually differ"
    return f"{chance}, as the {number} areas differ no more than that (variance {phi} times that of chance)"


def _funnel_rows(indicator: ComparedIndicator, counts: pd.DataFrame, limits: pd.DataFrame) -> Table:
    """Rates and control limits; a lower limit that counts are too small for is 0."""
    known = limits["high_95"].notna()
    lower = {name: limits[name].fillna(0).where(known) for name in ("low_95", "low_998")}
    return Table(
        limits.assign(**lower, name=counts["name"], area_id=counts["area_id"], population=counts["population"]),
        {
            "Area": "name",
            "Count": COUNT,
            "Inhabitants": INHABITANTS,
            indicator.unit: Words(detection.in_words, "rate_low", "rate_high"),
            f"{INNER} limits": Words(detection.in_words, "low_95", "high_95"),
            f"{OUTER} limits": Words(detection.in_words, "low_998", "high_998"),
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


def smoothed(
    place: Area,
    indicator: ComparedIndicator,
    counts: pd.DataFrame,
    rates: Mapping[str, pd.DataFrame],
    beside: pd.DataFrame,
) -> Exhibit:
    """Return raw rates, each joined with its smoothed ones.

    Parameters
    ----------
    counts, beside : what `counted` and `neighbours_of` give of the study.
    rates : what `smooth_rates` gives, by what it draws towards.
    """
    first = next(iter(rates.values()))
    people = people_words(counts["area_id"], counts["population"])
    texts_beside = [
        f"{n} of {of}" if known else ""
        for n, of, known in zip(count_words(first), people, first["raw_low"].notna(), strict=True)
    ]
    why = [of if of == "uninhabited" else "no figure found" for of in people]
    raw = first.assign(kind="raw rate", rate_low=first["raw_low"], rate_high=first["raw_high"], raw=True)
    drawn_in = [each.assign(kind=f"smoothed towards {kind}", raw=False) for kind, each in rates.items()]
    order = ((raw["raw_low"] + raw["raw_high"]) / 2).sort_values(ascending=False, kind="stable").index
    both = [each.assign(label=counts["name"], text=texts_beside, reason=why).loc[order] for each in (raw, *drawn_in)]
    title = f"{areas.get(place.study).name}: {indicator.title}, raw and smoothed"
    known = counts[counts["low"].notna()]
    return exhibit(
        f"smoothed_{indicator.name}",
        title,
        _smoothed_rows(indicator, counts, rates, beside),
        Plot(
            plots.dots,
            pd.concat(both, ignore_index=True),
            estimate=("rate_low", "rate_high"),
            interval=None,
            series="kind",
            hollow="raw",
            text="text",
            reason="reason",
            connect=True,
            highlight=highlighted(place),
            xlabel=indicator.unit,
            text_label="count of inhabitants",
        ),
        n=number_of(counts),
        limits=f"{indicator.told} Smoothed rates (empirical Bayes; Marshall, 1991) have smaller errors on the whole, "
        f"and hide an area that truly differs. {_joined(beside, counts.set_index('area_id')['name'])}",
        alt=f"{title}, {indicator.unit}: each raw rate is joined with its two smoothed ones.",
        further=sources(place, known),
        read=known,
    )


def smoothed_rates(
    place: Area,
    events: Mapping[ComparedIndicator, pd.DataFrame],
    rates: Mapping[ComparedIndicator, Mapping[str, pd.DataFrame]],
    beside: Mapping[ComparedIndicator, pd.DataFrame],
) -> tuple[Exhibit, ...]:
    """Return raw and smoothed rates of each indicator that has them; where none has, why.

    Parameters
    ----------
    events : counts by indicator. rates, beside : of those with few inhabitants, as `smoothed` takes them.
    """
    if not rates:
        return (without_uncertainty(place, events, "smoothed rates"),)
    return tuple(smoothed(place, each, events[each], rates[each], beside[each]) for each in rates)


def _smoothed_rows(
    indicator: ComparedIndicator, counts: pd.DataFrame, smoothed: Mapping[str, pd.DataFrame], beside: pd.DataFrame
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
            f"Raw, {indicator.unit}": Words(detection.in_words, "raw_low", "raw_high"),
            **{
                f"Towards {kind}": Words(detection.in_words, f"{each}_low", f"{each}_high")
                for kind, each in towards.items()
            },
            "Neighbours": "neighbours",
        },
    )


def _joined(beside: pd.DataFrame, names: pd.Series) -> str:
    """A sentence on what the neighbours are, and how islands were joined."""
    bordering = set(beside.loc[beside["how"] == "contiguous", "area_id"])
    others = [area_id for area_id in beside["area_id"].unique() if area_id not in bordering]
    if not bordering:
        return "No two areas share a border: each is joined with the two nearest to it, and they with it."
    if not others:
        return "Neighbours share a border."
    listed = ", ".join(names[area_id] for area_id in others)
    return f"Neighbours share a border. Joined with the two nearest, as they border no area with a figure: {listed}."


def _position(inner: str, outer: str) -> str:
    """Return the position of an area by the inner and the outer limits."""
    if inner == outer:
        return inner if inner == "not known" else f"{inner} both"
    return f"{inner} {INNER}, {outer} {OUTER}"


take_names(__name__)
