"""Sections on the nodes of journeys: transit, balance, borders, and the groups of persons who are taken where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis import texts
from analysis.areas import Area
from analysis.cases.htcds import EXPLOITATION, SEX
from analysis.plots.dots import dots
from analysis.sections import route
from analysis.sections.attempt import NoResult
from analysis.sections.record_paths import (
    AGE_GROUPS,
    bounds,
    first_rows,
    in_percent,
    journeys_footer,
    limits_of,
    most,
    named,
    names,
    of_journeys,
    persons_in_words,
    share_words,
)
from analysis.sections.section import Section, sentences
from journeys import UNKNOWN
from journeys.missing_transit import SUPPOSED, MissingTransitSensitivity, in_words

TEXT = texts.of(__name__)

GROUPS = texts.table(__name__, "groups")
# What the values of a trait are called.
_CALLED = {
    trait: {code: label.lower() for code, label in codes.items()}
    for trait, codes in (("form", EXPLOITATION), ("sex", SEX))
}


def transit(place: Area, table: pd.DataFrame, hidden: MissingTransitSensitivity | NoResult, top: int = 15) -> Section:
    """Places on the path, how many persons pass them, and what a missing stop may hide.

    Parameters
    ----------
    table : from `journeys.transit`.
    hidden : from `journeys.missing_transit_sensitivity` of the same journeys.
    """
    what = TEXT["transit_title"]
    table = table[table["place"] != UNKNOWN]
    limits = f"{limits_of(place)} {TEXT['direct']}"
    if table.empty:
        none = TEXT["no_place_of_transit"].format(limits=limits)
        return of_journeys(place, "record_transit", what, pd.DataFrame(), none)
    if isinstance(hidden, NoResult):
        rows = _passed(place, table, top)[["Place", "Persons"]]
        return of_journeys(place, "record_transit", what, rows, f"{limits} Refused: {hidden.reason}")
    if hidden.table.empty:
        none = TEXT["transit_none"].format(limits=limits)
        return of_journeys(place, "record_transit", what, _passed(place, table, top)[["Place", "Persons"]], none)
    figure = of_missing_transit(
        hidden, title=f"{place.name}: {what}", footer=journeys_footer(place, limits), names=names(place.study)
    )
    of = (
        TEXT["transit_of"].format(persons_in_words=persons_in_words(most(table)))
        if most(table)
        else TEXT["transit_of_no_way"]
    )
    said = sentences(limits, of, *hidden.warnings, first_rows(table, top))
    return of_journeys(place, "record_transit", what, _passed(place, table, top), said, figure)


def _passed(place: Area, table: pd.DataFrame, top: int) -> pd.DataFrame:
    shown = table.head(top)
    return pd.DataFrame(
        {
            "Place": named(place, shown["place"]),
            "Persons": shown["persons"],
            "Share (95 %)": share_words(shown),
            "If no, or every, missing transit led there": bounds(shown),
            "Pairs without another path": shown["pairs_lost"],
            "Persons on these": shown["persons_lost"],
        }
    )


def balance(place: Area, table: pd.DataFrame, top: int = 15) -> Section:
    """Which places persons are taken from, and which they are taken to; `table` from `journeys.node_balance`."""
    what = TEXT["balance_title"]
    known = table[table["place"] != UNKNOWN]
    shown = known.head(top)
    rows = pd.DataFrame(
        {
            "Place": named(place, shown["place"]),
            "In": shown["persons_in"],
            "Out": shown["persons_out"],
            "Within": shown["persons_within"],
            "In, origin not known": shown["unknown_in"],
            "Out, destination not known": shown["unknown_out"],
            "Balance (95 %)": [
                "–" if value != value else f"{value:+.2f} ({low:+.2f} to {high:+.2f})"
                for value, low, high in zip(shown["balance"], shown["low"], shown["high"], strict=True)
            ],
            "A place of": shown["kind"].mask(shown["n"] == 0, "–"),
        }
    )
    limits = TEXT["balance_limits"].format(limits=limits_of(place))
    return of_journeys(place, "record_balance", what, rows, (limits + first_rows(known, top)).strip())


def crossings(place: Area, table: pd.DataFrame, top: int = 15) -> Section:
    """Which borders persons cross, and where; `table` from `journeys.crossings`."""
    what = TEXT["crossings_title"]
    if table.empty:
        none = TEXT["no_border_is_known"].format(limits=limits_of(place))
        return of_journeys(place, "record_crossings", what, table, none)
    shown = table.head(top)
    rows = pd.DataFrame(
        {
            "Border": [_border(crossing) for crossing in shown["crossing"]],
            "Left at": named(place, shown["exit_place"]).replace("", "–"),
            "Entered at": named(place, shown["entry"]).replace("", "–"),
            "Persons": shown["persons"],
            "Share (95 %)": share_words(shown),
            "By an unknown path": shown["missing_transit"],
        }
    )
    if rows["Left at"].eq("–").all():
        rows = rows.drop(columns="Left at")
    apart = [_border(crossing) for crossing in table.loc[table["note"].ne(""), "crossing"].unique()]
    limits = TEXT["crossings_limits"].format(
        limits=limits_of(place),
        persons_in_words=persons_in_words(most(table)),
        left_out=_apart(apart),
        first_rows=first_rows(table, top),
    )
    return of_journeys(place, "record_crossings", what, rows, " ".join(limits.split()))


def _apart(borders: list[str]) -> str:
    if not borders:
        return ""
    return TEXT["no_border_by_land_so"].format(borders=", ".join(borders))


def groups(place: Area, by_trait: Mapping[str, pd.DataFrame]) -> Section:
    """The largest flow of each group of persons.

    Parameters
    ----------
    by_trait : trait of the journeys -> the flows of each of its groups, from ``journeys.flows(read, by=trait)``.
    """
    parts = [_largest_flow(place, table, trait, GROUPS[trait]) for trait, table in by_trait.items()]
    said = TEXT["groups_said"].format(limits=limits_of(place))
    return of_journeys(place, "record_groups", TEXT["groups_title"], pd.concat(parts, ignore_index=True), said)


def _largest_flow(place: Area, table: pd.DataFrame, trait: str, title: str) -> pd.DataFrame:
    """The largest flow of each value of a trait whose two ends are known."""
    known = table[(table["origin"] != UNKNOWN) & (table["destination"] != UNKNOWN)]
    groups = table.drop_duplicates(trait)[[trait, "n"]]
    if trait == "age_group":
        order = {name: number for number, name in enumerate(AGE_GROUPS)}
        groups = groups.sort_values(trait, key=lambda names: names.map(order).fillna(len(order)), kind="stable")
    first = groups.merge(known.drop(columns="n").drop_duplicates(trait), how="left", on=trait)
    value, none = first[trait].astype(str), first["persons"].isna()
    called = route.named(value) if trait == "nationality" else value.replace(_CALLED.get(trait, {}))
    paths = [
        f"{start} → {end}"
        for start, end in zip(named(place, first["origin"]), named(place, first["destination"]), strict=True)
    ]
    return pd.DataFrame(
        {
            "By": title,
            "Group": called.replace(UNKNOWN, "not known"),
            "Persons": first["n"],
            "Largest flow": pd.Series(paths, first.index).mask(none, TEXT["none_with_two_known_ends"]),
            "Persons in it": first["persons"].fillna(0).astype(int),
            "Share (95 %)": share_words(first),
            "Legs observed": [in_percent(share) for share in first["observed_share"]],
        }
    )


def _border(crossing: str) -> str:
    """The two countries of a crossing in words."""
    countries = pd.Series(crossing.split(">"))
    return "not known" if crossing == UNKNOWN else " → ".join(route.named(countries))


def of_missing_transit(
    result: MissingTransitSensitivity, *, names: Mapping[str, str] | None = None, places: int = 8, **frame: Any
) -> Figure:
    """The shares that are largest, each of complete paths only, with paths imputed, and between none and all.

    Parameters
    ----------
    names : what places are called; None: their ids.
    places : how many places and corridors are drawn.
    """
    rows = []
    for place, of in result.shown(places).groupby("place", sort=False):
        table = of.set_index("method")
        for label, (first, last) in SUPPOSED.items():
            one, other = table.loc[first], table.loc[last]
            words = (
                TEXT["of_missing_transit_words"]
                if np.isnan(one["share"])
                else _share_in_words(one, other, first == last)
            )
            bounds = (one["share"], other["share"], one["low"], other["high"])
            rows.append((in_words(str(place), names), label, *bounds, words))
    columns = ["group", "label", "estimate_low", "estimate_high", "low", "high", "text"]
    return dots(
        pd.DataFrame(rows, columns=columns),
        group="group",
        text="text",
        percent=True,
        **frame,
        xlabel=TEXT["of_missing_transit_xlabel"],
        interval_label=f"{100 * result.confidence:g}% interval",
    )


def _share_in_words(one: pd.Series, other: pd.Series, single: bool) -> str:
    """A share with its interval, or the two shares that it lies between, in percent."""
    share, last = 100 * one["share"], 100 * other["share"]
    said = f"{share:.0f} % ({100 * one['low']:.0f}–{100 * one['high']:.0f})" if single else f"{share:.0f}–{last:.0f} %"
    return f"{said}, n {one['n']:,.0f}"
