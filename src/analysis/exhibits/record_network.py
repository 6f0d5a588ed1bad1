"""Internal sections on the network of journeys: transit, balance, borders and groups; what changed; where journeys end.

Where they end is asked of areas: whether those where many persons on lists were exploited, for their population, are
neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis import areas, catalog, evidence, plots, texts
from analysis.areas import Area
from analysis.cases.htcds import EXPLOITATION, SEX
from analysis.exhibits import route
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult
from analysis.exhibits.exhibit import Exhibit
from analysis.exhibits.record_paths import (
    AGE_GROUPS,
    bounds,
    chains,
    first_rows,
    in_percent,
    journeys_footer,
    limits_of,
    most,
    named,
    names,
    of_journeys,
    persons_in_words,
    places,
    share_words,
)
from analysis.exhibits.route_model import DETECTION, Q, cluster_rows, moran_words, plot_of_clustering, with_names
from analysis.exhibits.wording import sentences
from analysis.methods.clustering import SpatialClustering
from analysis.plots.dots import dots, forest
from journeys import UNKNOWN, Journeys, RouteChange, flows
from journeys.change import CHANCE
from journeys.missing_transit import SUPPOSED, MissingTransitSensitivity

TEXT = texts.of(__name__)

GROUPS = texts.table(__name__, "groups")
# What the values of a trait are called.
_CALLED = {
    trait: {code: label.lower() for code, label in codes.items()}
    for trait, codes in (("form", EXPLOITATION), ("sex", SEX))
}


def transit(place: Area, table: pd.DataFrame, hidden: MissingTransitSensitivity | NoResult, top: int = 15) -> Exhibit:
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


def balance(place: Area, table: pd.DataFrame, top: int = 15) -> Exhibit:
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
                for value, low, high in zip(shown["balance"], shown["balance_low"], shown["balance_high"], strict=True)
            ],
            "A place of": shown["kind"].mask(shown["n"] == 0, "–"),
        }
    )
    limits = TEXT["balance_limits"].format(limits=limits_of(place))
    return of_journeys(place, "record_balance", what, rows, (limits + first_rows(known, top)).strip())


def crossings(place: Area, table: pd.DataFrame, top: int = 15) -> Exhibit:
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


def groups(place: Area, by_trait: Mapping[str, pd.DataFrame]) -> Exhibit:
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
    places : how many places are drawn.
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
            rows.append(((names or {}).get(str(place), str(place)), label, *bounds, words))
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


# What routes can be -> in words, and what is counted.
OF = {
    "flows": (TEXT["origin_and_place_of_exploitation"], "journeys"),
    "paths": ("Complete paths", "journeys"),
    "legs": ("Single legs", "legs"),
}
MEASURES = texts.table(__name__, "measures")


def flows_by_period(read: Journeys, most: int = 4) -> dict[str, pd.DataFrame]:
    """The flows of ranges of years of about the same length, `most` of them at most: what the maps show side by side.

    Returns
    -------
    "2014-2016" -> its flows, as `journeys.flows` has them.
    """
    year = pd.to_numeric(read.traits["year"], errors="coerce")
    masks = {name: year.isin(years).to_numpy() for name, years in _ranges(year, most).items()}
    return {name: flows(read.chosen(mask)) for name, mask in masks.items()}


def periods(place: Area, read: Journeys, by_period: Mapping[str, pd.DataFrame], top: int = 15) -> Exhibit:
    """Flow maps of several periods, with the same frame and widths.

    Parameters
    ----------
    read, by_period : journeys, and what `flows_by_period` makes of them.
    """
    what = TEXT["periods_title"]
    year = pd.to_numeric(read.traits["year"], errors="coerce")
    parts = [table.assign(period=name) for name, table in by_period.items() if len(table)]
    limits = TEXT["periods_limits"].format(limits=limits_of(place))
    if year.isna().any():
        limits += TEXT["periods_limits_left_out"].format(without_year=int(year.isna().sum()), read=len(read))
    if len(by_period) < 2:
        none = TEXT["there_are_no_two_years"].format(limits=limits)
        return of_journeys(place, "record_periods", what, pd.DataFrame(), none)
    table = pd.concat(parts, ignore_index=True)
    figure = plots.flow_map(
        table.assign(period=pd.Categorical(table["period"], list(by_period))),
        places(place.study),
        areas.world(place.study),
        low="persons",
        high="persons",
        panel="period",
        top=10,
        none=TEXT["periods_none"],
        projection=areas.get(place.study).projection,
        highlight=None if place.is_study else place.area_id,
        boundaries=areas.boundaries(place.study),
        unit="persons",
        title=f"{place.name}: {what}",
        footer=journeys_footer(place, limits),
    )
    wide = table.pivot(index=["origin", "destination"], columns="period", values="persons").fillna(0).astype(int)
    wide = wide.reindex(columns=list(by_period), fill_value=0)
    wide = wide.loc[wide.sum(axis=1).sort_values(ascending=False, kind="stable").index].reset_index()
    shown = wide.head(top)
    rows = pd.DataFrame(
        {
            "From": named(place, shown["origin"]),
            "To": named(place, shown["destination"]),
            **{f"Persons {name}": shown[name] for name in by_period},
        }
    )
    said = f"{limits} {first_rows(wide, top)}".strip()
    return of_journeys(place, "record_periods", what, rows, said, figure)


def _ranges(year: pd.Series, most: int) -> dict[str, np.ndarray]:
    """The years there are, divided into ranges of about the same length."""
    every = np.arange(year.min(), year.max() + 1) if year.notna().any() else np.zeros(0)
    parts = np.array_split(every, min(most, len(every))) if len(every) else []
    return {f"{part[0]:.0f}-{part[-1]:.0f}" if len(part) > 1 else f"{part[0]:.0f}": part for part in parts}


def change(place: Area, result: RouteChange | NoResult, top: int = 15) -> Exhibit:
    """Which flows rose, fell, emerged or vanished between periods; `result` from `journeys.change`."""
    what = TEXT["change_title"]
    if isinstance(result, NoResult):
        # The reason; which argument would help is for whoever calls the function.
        why = result.reason.partition(". ")[0].removesuffix(".")
        return of_journeys(place, "record_change", what, pd.DataFrame(), f"Refused: {why}.")
    pair = result.summary.iloc[-1]
    limits = limits_of(place)
    said = sentences(limits, TEXT["jensen_shannon_divergence_0_if"].format(p_value=pair["p_value"], test=result.test))
    figure = of_route_change(
        result, title=f"{place.name}: {what}", footer=journeys_footer(place, limits), names=names(place.study), rows=10
    )
    shown = result.table.head(top)
    rows = pd.DataFrame(
        {
            "Flow": chains(place, shown["origin"] + ">" + shown["destination"]),
            f"Persons {pair['before']}": shown["persons_before"],
            f"Persons {pair['after']}": shown["persons_after"],
            "Difference of shares, points (95 %)": [
                f"{_points(change)} ({_points(low)} to {_points(high)})"
                for change, low, high in zip(shown["difference"], shown["low"], shown["high"], strict=True)
            ],
            "q": ["–" if q != q else f"{q:.3f}" for q in shown["q_value"]],
            "Found": shown["status"].mask(shown["q_value"].isna(), "not tested"),
        }
    )
    said = sentences(said, *result.warnings, first_rows(result.table, top))
    return of_journeys(place, "record_change", what, rows, said, figure)


def _upper(limit: float) -> str:
    return TEXT["no_upper_limit"] if limit != limit else f"{limit:.3g}"


def _points(difference: float) -> str:
    """A difference of shares in percentage points, and nothing as +0.0."""
    return f"{round(100 * difference, 1) + 0.0:+.1f}"


def concentration(place: Area, tables: Mapping[str, pd.DataFrame]) -> Exhibit:
    """Whether few routes carry most persons.

    Parameters
    ----------
    tables : "flows", "paths" or "legs" -> what `journeys.concentration` finds of them.
    """
    what = TEXT["concentration_title"]
    parts = []
    for of, table in tables.items():
        title, unit = OF[of]
        shown = table[table["measure"].isin(list(MEASURES))]
        parts.append(
            pd.DataFrame(
                {
                    "Of": title,
                    "Measure": shown["measure"].map(MEASURES),
                    "Seen": ["–" if value != value else f"{value:.3g}" for value in shown["seen"]],
                    "Estimated (95 %)": [
                        "–" if value != value else f"{value:.3g} ({low:.3g} to {_upper(high)})"
                        for value, low, high in zip(shown["estimate"], shown["low"], shown["high"], strict=True)
                    ],
                    "Persons": shown["n"],
                    "Not known": [f"{n:,} {unit if n != 1 else unit.removesuffix('s')}" for n in shown["n_unknown"]],
                }
            )
        )
    limits = TEXT["concentration_limits"].format(limits=limits_of(place))
    return of_journeys(place, "record_concentration", what, pd.concat(parts, ignore_index=True), limits)


def of_route_change(
    result: RouteChange, *, names: Mapping[str, str] | None = None, rows: int = 15, **frame: Any
) -> Figure:
    """The shares of the last two periods, most changed first, with the differences and what is said of them.

    Parameters
    ----------
    names : id of a place -> its name.
    rows : how many categories are drawn; changes come first, then what was tested.
    """
    pair = result.summary.iloc[-1]
    drawn = result.most_changed(rows)
    more = int((result.table["after"] == pair["after"]).sum()) - len(drawn)
    left_out = TEXT["of_route_change_left_out"].format(more=more) if more else ""
    called = names or {}
    return forest(
        pd.DataFrame(
            {
                "label": [" → ".join(str(called.get(step, step)) for step in steps) for steps in drawn["category"]],
                "difference": 100 * (drawn["share_after"] - drawn["share_before"]),
                "low": 100 * drawn["low"],
                "high": 100 * drawn["high"],
                "unclear": drawn["status"] == CHANCE,
                "text": [_change_in_words(row) for row in drawn.to_dict("records")],
            }
        ),
        estimate="difference",
        hollow="unclear",
        text="text",
        xlabel=TEXT["of_route_change_xlabel"].format(before=pair["before"], after=pair["after"]),
        hollow_label=CHANCE,
        **frame,
        subtitle=TEXT["of_route_change_subtitle"].format(
            jensen_shannon=pair["jensen_shannon"],
            by_chance=pair["by_chance"],
            p_value=pair["p_value"],
            left_out=left_out,
        ),
    )


def _change_in_words(row: dict) -> str:
    """Both shares, what is said of them, and the q-value on which that rests."""
    q = row["q_value"]
    tested = "not tested" if np.isnan(q) else "q < 0.001" if q < 0.001 else f"q = {q:.2g}"
    return f"{row['share_before']:.0%} → {row['share_after']:.0%}, {row['status']} ({tested})"


# Populations are of this year where no person has a date.
UNDATED = 2015


def is_rate_of_lists(place: Area) -> bool:
    """Whether persons on lists may be divided by inhabitants: not where these are synthetic and the persons are not."""
    synthetic = any(entry.kind == "synthetic" for entry in catalog.own_tables("population", place.study))
    return not synthetic or catalog.case_kind(place.study) == "synthetic"


def none_clustered(place: Area) -> str:
    """Why rates of persons on lists are not compared among neighbours; for `absent`."""
    return TEXT["no_rates_of_lists"] if place.is_study else "comparison"


def rates_on_lists(place: Area, read: Journeys, per: int) -> pd.DataFrame:
    """Persons on lists by where they were exploited, by inhabitants: area_id, value; missing where nobody lives."""
    ids = areas.ids(place.study)
    # Wherever they were taken from, and each person once for a place.
    ends = pd.DataFrame({"at": read.destination, "person": read.person}).drop_duplicates()
    there = pd.Series(read.places[ends.loc[ends["at"] >= 0, "at"]]).value_counts().reindex(ids, fill_value=0)
    people = _inhabitants(place, read)["population"].reindex(ids)
    return pd.DataFrame({"area_id": ids, "value": (per * there / people.where(people > 0)).to_numpy()})


def clusters_of_records(place: Area, read: Journeys, result: SpatialClustering | NoResult, per: int) -> Exhibit:
    """Whether areas where many persons on lists were exploited, for their population, are neighbours.

    Parameters
    ----------
    read, per : as of `rates_on_lists`.
    result : what `clustering.spatial_clustering` makes of these rates.
    """
    what = TEXT["clusters_of_records_title"]
    inhabitants = _inhabitants(place, read)
    years = inhabitants.loc[inhabitants["population"] > 0, "date"].dt.year
    limits = TEXT["clusters_of_records_limits"].format(limits=limits_of(place), detection=DETECTION, years=_span(years))
    if isinstance(result, NoResult):
        none = f"{limits} Refused: {result.reason}"
        return of_journeys(place, "record_clusters", what, pd.DataFrame(), none)
    unit = TEXT["clusters_of_records_unit"].format(per=per)
    plot = plot_of_clustering(
        areas.boundaries(place.study),
        result,
        projection=areas.get(place.study).projection,
        unit=unit,
        background=areas.world(place.study),
    )
    rows = cluster_rows(place, result, unit)
    said = with_names(place, sentences(limits, Q, moran_words(result), *result.warnings))
    return replace(
        of_journeys(place, "record_clusters", what, rows, said),
        plot=plot,
        footer=journeys_footer(place, limits),
        source_ids=tuple(inhabitants["source_id"].unique()),
    )


def _inhabitants(place: Area, read: Journeys) -> pd.DataFrame:
    """Populations of the year nearest to the middle of those in which persons were detected."""
    return evidence.population_near(areas.ids(place.study), _middle_year(read)).set_index("area_id")


def _middle_year(read: Journeys) -> int:
    """The middle of the years in which persons were detected."""
    first, last = read.traits["date_low"].min(), read.traits["date_high"].max()
    return UNDATED if pd.isna(first) or pd.isna(last) else (first.year + last.year) // 2


def _span(years: pd.Series) -> str:
    return " to ".join(dict.fromkeys(map(str, (years.min(), years.max()))))


take_names(__name__)
