"""Exhibits on the nodes of journeys: transit, balance, borders, and the groups of persons who are taken where."""

from __future__ import annotations

import pandas as pd

from analysis import plots, texts
from analysis.areas import Area
from analysis.cases.htcds import EXPLOITATION, SEX
from analysis.methods import scopes
from analysis.sections import route
from analysis.sections.record_journeys import AGE_GROUPS, TRAITS, journeys, journeys_footer, names, of_journeys
from analysis.sections.record_paths import (
    ROWS,
    are_shown,
    bounds,
    first_rows,
    limits_of,
    most,
    named,
    percent,
    persons_in_words,
    share_words,
)
from analysis.sections.route_figures import of_missing_transit
from analysis.sections.section import Section
from journeys import UNKNOWN, flows, missing_transit_sensitivity, node_balance
from journeys import crossings as journey_crossings
from journeys import transit as journey_transit

TEXT = texts.of(__name__)

GROUPS = texts.table(__name__, "groups")
DIRECT = TEXT["direct"]


def exhibits(place: Area) -> list[Section]:
    """What the journeys of case records show of single places; nothing where none may be shown."""
    return [make(place) for make in (transit, balance, crossings, groups)] if are_shown(place) else []


def transit(place: Area) -> Section:
    """Places on the path, how many persons pass them, and what a missing stop may hide."""
    what = TEXT["transit_title"]
    read = journeys(place.area_id)
    table = journey_transit(read)
    table = table[table["place"] != UNKNOWN]
    limits = f"{limits_of(place)} {DIRECT}"
    if table.empty:
        return of_journeys(
            place, "record_transit", what, pd.DataFrame(), TEXT["no_place_of_transit"].format(limits=limits)
        )
    if not read.known_ends.any():
        none = TEXT["transit_none"].format(limits=limits)
        return of_journeys(place, "record_transit", what, _passed(place, table)[["Place", "Persons"]], none)
    result = missing_transit_sensitivity(read)
    called = names(place.study)
    figure = of_missing_transit(
        result, title=f"{place.name}: {what}", footer=journeys_footer(place, limits), names=called
    )
    of = (
        TEXT["transit_of"].format(persons_in_words=persons_in_words(most(table)))
        if most(table)
        else TEXT["transit_of_no_way"]
    )
    said = " ".join([limits, of, *result.warnings, first_rows(table)]).strip()
    return of_journeys(place, "record_transit", what, _passed(place, table), said, figure)


def _passed(place: Area, table: pd.DataFrame) -> pd.DataFrame:
    shown = table.head(ROWS)
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


def balance(place: Area) -> Section:
    """Which places persons are taken from, and which they are taken to."""
    what = TEXT["balance_title"]
    table = node_balance(journeys(place.area_id))
    known = table[table["place"] != UNKNOWN]
    shown = known.head(ROWS)
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
    return of_journeys(place, "record_balance", what, rows, (limits + first_rows(known)).strip())


def crossings(place: Area) -> Section:
    """Which borders persons cross, and where."""
    what = TEXT["crossings_title"]
    table = journey_crossings(journeys(place.area_id), land_neighbours=scopes.LAND_NEIGHBOURS)
    if table.empty:
        return of_journeys(
            place, "record_crossings", what, table, TEXT["no_border_is_known"].format(limits=limits_of(place))
        )
    shown = table.head(ROWS)
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
        first_rows=first_rows(table),
    )
    return of_journeys(place, "record_crossings", what, rows, " ".join(limits.split()))


def _apart(borders: list[str]) -> str:
    if not borders:
        return ""
    return TEXT["no_border_by_land_so"].format(borders=", ".join(borders))


def groups(place: Area) -> Section:
    """Origin and destination as a matrix, and the largest flow of each group of persons."""
    what = TEXT["groups_title"]
    read = journeys(place.area_id)
    table = flows(read)
    named_ends = table.assign(
        origin=named(place, table["origin"]),
        destination=named(place, table["destination"]),
        value=table["persons"].astype(float),
        text=table["persons"].astype(str),
    )
    limits = limits_of(place)
    figure = plots.heat(
        largest(named_ends, 12),
        value="value",
        title=TEXT["groups_title_origin_and_place"].format(place=place.name),
        footer=journeys_footer(place, limits),
        unit="persons",
    )
    parts = [
        _largest_flow(place, flows(read, by=trait), trait, title) for trait, title in GROUPS.items() if trait in TRAITS
    ]
    said = TEXT["groups_said"].format(limits=limits)
    return of_journeys(place, "record_groups", what, pd.concat(parts, ignore_index=True), said, figure)


def largest(matrix: pd.DataFrame, size: int) -> pd.DataFrame:
    """The largest origins and destinations of a matrix with a `value`, in order."""
    for side in ("origin", "destination"):
        order = matrix.groupby(side)["value"].sum().sort_values(ascending=False, kind="stable").head(size).index
        kept = matrix[matrix[side].isin(order)]
        matrix = kept.assign(**{f"{side}_order": kept[side].map({name: n for n, name in enumerate(order)})})
    return matrix.sort_values(["origin_order", "destination_order"], kind="stable", ignore_index=True)


def _largest_flow(place: Area, table: pd.DataFrame, trait: str, title: str) -> pd.DataFrame:
    """The largest flow of each value of a trait whose two ends are known."""
    known = table[(table["origin"] != UNKNOWN) & (table["destination"] != UNKNOWN)]
    groups = table.drop_duplicates(trait)[[trait, "n"]]
    if trait == "age_group":
        order = {name: number for number, name in enumerate(AGE_GROUPS)}
        groups = groups.sort_values(trait, key=lambda names: names.map(order).fillna(len(order)), kind="stable")
    first = groups.merge(known.drop(columns="n").drop_duplicates(trait), how="left", on=trait)
    value, none = first[trait].astype(str), first["persons"].isna()
    paths = [
        f"{start} → {end}"
        for start, end in zip(named(place, first["origin"]), named(place, first["destination"]), strict=True)
    ]
    return pd.DataFrame(
        {
            "By": title,
            "Group": value.map(_words(trait)).fillna(value).replace(UNKNOWN, "not known"),
            "Persons": first["n"],
            "Largest flow": pd.Series(paths, first.index).mask(none, TEXT["none_with_two_known_ends"]),
            "Persons in it": first["persons"].fillna(0).astype(int),
            "Share (95 %)": share_words(first),
            "Legs observed": percent(first["observed_share"]),
        }
    )


def _words(trait: str) -> dict[str, str]:
    """What the values of a trait are called."""
    codes = {"form": EXPLOITATION, "sex": SEX}.get(trait)
    return {code: label.lower() for code, label in codes.items()} if codes else route.country_names().to_dict()


def _border(crossing: str) -> str:
    """The two countries of a crossing in words."""
    countries = pd.Series(crossing.split(">"))
    return "not known" if crossing == UNKNOWN else " → ".join(route.named(countries))
