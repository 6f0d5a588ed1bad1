"""Journeys of case records as a network, for those who keep them: transit, balance, borders, groups and change.

Besides, of a study: whether areas where many persons on lists were exploited, for their population, are neighbours. All
of this is internal; what is published is in `record_flows`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from analysis import areas, catalog, evidence, plots
from analysis.areas import Area
from analysis.cases.htcds import EXPLOITATION, SEX
from analysis.exhibits import record_paths, route
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult
from analysis.exhibits.exhibit import Exhibit, absent
from analysis.exhibits.plot import Plot
from analysis.exhibits.record_counts import in_words
from analysis.exhibits.record_paths import chains, first_rows, in_percent, limits_of, most, of_journeys, share_words
from analysis.exhibits.route_model import DETECTION, Q, cluster_rows, moran_words, plot_of_clustering, with_names
from analysis.exhibits.wording import sentences
from analysis.methods.clustering import SpatialClustering
from bounded.intervals import confidence_level, percent
from journeys import UNKNOWN, Journeys, RouteChange, flows
from journeys.change import CHANCE
from journeys.missing_transit import SUPPOSED, MissingTransitSensitivity

GROUPS = {"sex": "Sex", "age_group": "Age at detection", "form": "Form", "nationality": "Nationality"}
# Trait -> code -> label of its values.
_LABELS = {
    trait: {code: label.lower() for code, label in codes.items()}
    for trait, codes in (("form", EXPLOITATION), ("sex", SEX))
}


@record_paths.where_known
def transit(place: Area, table: pd.DataFrame, hidden: MissingTransitSensitivity | NoResult, top: int = 15) -> Exhibit:
    """Return places on the path, how many persons pass them, and what a missing stop may hide.

    Parameters
    ----------
    table : from `journeys.transit`.
    hidden : from `journeys.missing_transit_sensitivity` of the same journeys.
    top : how many rows the table has.
    """
    name, what = "record_transit", "transit places, and what missing stops may hide"
    table = table[table["place"] != UNKNOWN]
    limits = f"{limits_of(place)} A path is direct only where the list asks for transit and none is stated."
    if table.empty:
        return of_journeys(place, name, what, limits=f"{limits} No place of transit is stated.")
    shown = table.head(top)
    rows = pd.DataFrame({"Place": record_paths.named(place, shown["place"]), "Persons": shown["persons"]})
    if isinstance(hidden, NoResult):
        return of_journeys(place, name, what, rows, f"{limits} Refused: {hidden.reason}")
    if hidden.table.empty:
        none = "No journey has two known ends, so that there is no share."
        return of_journeys(place, name, what, rows, f"{limits} {none}")
    rows = rows.assign(
        **{
            f"Share ({confidence_level(table)})": share_words(shown),
            "If no, or every, missing transit led there": record_paths.bounds(shown),
            "Pairs without another path": shown["pairs_lost"],
            "Persons on these": shown["persons_lost"],
        }
    )
    ends = "bounds are of all with a known origin and place of exploitation."
    whole = f"Shares are of {in_words(most(table))} with a completely observed path; {ends}"
    more = sentences(
        whole if most(table) else f"No path is completely observed; {ends}",
        f"Missing transit is imputed {hidden.imputations} times.",
        *hidden.warnings,
        first_rows(table, top),
    )
    return of_journeys(
        place, name, what, rows, limits, plot_of_missing_transit(hidden, record_paths.names(place.study)), more
    )


def plot_of_missing_transit(
    result: MissingTransitSensitivity, names: Mapping[str, str] | None = None, most_places: int = 8
) -> Plot:
    """Return the largest shares, each of complete paths only, with paths imputed, and between none and all.

    Parameters
    ----------
    names : id of a place -> its name; None: the ids.
    most_places : how many places are drawn.
    """
    rows = []
    for place, methods in result.shown(most_places).groupby("place", sort=False):
        table = methods.set_index("method")
        for label, (first, last) in SUPPOSED.items():
            least, largest = table.loc[first], table.loc[last]
            ends = (least["share"], largest["share"], least["low"], largest["high"])
            text = "no complete path" if np.isnan(least["share"]) else _share_in_words(least, largest, first == last)
            rows.append(((names or {}).get(str(place), str(place)), label, *ends, text))
    columns = ["group", "label", "estimate_low", "estimate_high", "low", "high", "text"]
    return Plot(
        plots.dots,
        pd.DataFrame(rows, columns=columns),
        group="group",
        text="text",
        percent=True,
        xlabel="persons in transit, of those whose origin and destination are known",
        interval_label=f"{percent(result.confidence)} interval",
    )


def _share_in_words(least: pd.Series, largest: pd.Series, single: bool) -> str:
    """Return a share with its interval, or the two shares that it lies between, in percent."""
    share, last = 100 * least["share"], 100 * largest["share"]
    interval = f"({100 * least['low']:.0f}–{100 * least['high']:.0f})"
    words = f"{share:.0f} % {interval}" if single else f"{share:.0f}–{last:.0f} %"
    return f"{words}, n {least['n']:,.0f}"


@record_paths.where_known
def balance(place: Area, table: pd.DataFrame, top: int = 15) -> Exhibit:
    """Return the persons taken from and to each place; `table` from `journeys.node_balance`."""
    known = table[table["place"] != UNKNOWN]
    shown = known.head(top)
    rows = pd.DataFrame(
        {
            "Place": record_paths.named(place, shown["place"]),
            "In": shown["persons_in"],
            "Out": shown["persons_out"],
            "Within": shown["persons_within"],
            "In, origin not known": shown["unknown_in"],
            "Out, destination not known": shown["unknown_out"],
            f"Balance ({confidence_level(table)})": [
                "–" if value != value else f"{value:+.2f} ({low:+.2f} to {high:+.2f})"
                for value, low, high in zip(shown["balance"], shown["balance_low"], shown["balance_high"], strict=True)
            ],
            "A place of": shown["kind"].mask(shown["n"] == 0, "–"),
        }
    )
    limits = (
        f"{limits_of(place)} Balance: -1 if all who move leave, +1 if all arrive; journeys with unknown ends enter "
        "neither."
    )
    title = "outflow, inflow and flow within"
    return of_journeys(place, "record_balance", title, rows, sentences(limits, first_rows(known, top)))


@record_paths.where_known
def crossings(place: Area, table: pd.DataFrame, top: int = 15) -> Exhibit:
    """Return the borders that persons cross, and where; `table` from `journeys.crossings`."""
    name, what = "record_crossings", "borders crossed on observed legs"
    if table.empty:
        return of_journeys(place, name, what, limits=f"{limits_of(place)} No border is known to have been crossed.")
    shown = table.head(top)
    rows = pd.DataFrame(
        {
            "Border": [_border(crossing) for crossing in shown["crossing"]],
            "Left at": record_paths.named(place, shown["exit_place"]).replace("", "–"),
            "Entered at": record_paths.named(place, shown["entry"]).replace("", "–"),
            "Persons": shown["persons"],
            f"Share ({confidence_level(table)})": share_words(shown),
            "By an unknown path": shown["missing_transit"],
        }
    )
    if rows["Left at"].eq("–").all():
        rows = rows.drop(columns="Left at")
    limits = (
        f"{limits_of(place)} Shares are of {in_words(most(table))} known to have crossed a border. Path "
        "unknown: persons with a missing transit stop between the two countries, for whom no border is counted; the "
        "same in all rows of a border."
    )
    apart = ", ".join(_border(crossing) for crossing in table.loc[table["note"].ne(""), "crossing"].unique())
    by_air = f"No border by land, so that others were crossed in between, or air or sea: {apart}." if apart else ""
    return of_journeys(place, name, what, rows, sentences(limits, by_air, first_rows(table, top)))


@record_paths.where_known
def groups(place: Area, by_trait: Mapping[str, pd.DataFrame]) -> Exhibit:
    """Return the largest flow of each group of persons.

    Parameters
    ----------
    by_trait : trait of the journeys -> the flows of each of its groups, from ``journeys.flows(read, by=trait)``.
    """
    rows = pd.concat([_largest_flow(place, table, trait) for trait, table in by_trait.items()], ignore_index=True)
    limits = f"{limits_of(place)} Who has several forms counts under each. Shares are of all persons of the group."
    return of_journeys(place, "record_groups", "the largest flow of each group", rows, limits)


def _largest_flow(place: Area, table: pd.DataFrame, trait: str) -> pd.DataFrame:
    """Return the largest flow of each value of a trait whose two ends are known."""
    known = table[(table["origin"] != UNKNOWN) & (table["destination"] != UNKNOWN)]
    values = table.drop_duplicates(trait)[[trait, "n"]]
    if trait == "age_group":
        order = {name: number for number, name in enumerate(record_paths.AGE_GROUPS)}
        values = values.sort_values(trait, key=lambda names: names.map(order).fillna(len(order)), kind="stable")
    first = values.merge(known.drop(columns="n").drop_duplicates(trait), how="left", on=trait)
    value, none = first[trait].astype(str), first["persons"].isna()
    called = route.named(value) if trait == "nationality" else value.replace(_LABELS.get(trait, {}))
    paths = [
        f"{start} → {end}"
        for start, end in zip(
            record_paths.named(place, first["origin"]), record_paths.named(place, first["destination"]), strict=True
        )
    ]
    return pd.DataFrame(
        {
            "By": GROUPS[trait],
            "Group": called.replace(UNKNOWN, "not known"),
            "Persons": first["n"],
            "Largest flow": pd.Series(paths, first.index).mask(none, "none with two known ends"),
            "Persons in it": first["persons"].fillna(0).astype(int),
            f"Share ({confidence_level(table)})": share_words(first),
            "Legs observed": [in_percent(share) for share in first["observed_share"]],
        }
    )


def _border(crossing: str) -> str:
    """Return the two countries of a crossing in words."""
    countries = pd.Series(crossing.split(">"))
    return "not known" if crossing == UNKNOWN else " → ".join(route.named(countries))


def flows_by_period(read: Journeys, most: int = 4) -> dict[str, pd.DataFrame]:
    """Return the flows of ranges of years of about the same length, `most` of them at most.

    Returns
    -------
    "2014-2016" -> its flows, as `journeys.flows` has them.
    """
    year = pd.to_numeric(read.traits["year"], errors="coerce")
    masks = {name: year.isin(years).to_numpy() for name, years in _ranges(year, most).items()}
    return {name: flows(read.chosen(mask)) for name, mask in masks.items()}


@record_paths.where_known
def periods(place: Area, read: Journeys, by_period: Mapping[str, pd.DataFrame], top: int = 15) -> Exhibit:
    """Return flow maps of several periods, with the same frame and widths.

    Parameters
    ----------
    read, by_period : journeys, and what `flows_by_period` makes of them.
    top : how many rows the table has.
    """
    name, what = "record_periods", "from where to where, period by period"
    undated = int(pd.to_numeric(read.traits["year"], errors="coerce").isna().sum())
    left_out = f"Left out, as their year is not known: {undated:,} of {len(read):,} journeys." if undated else ""
    limits = sentences(f"{limits_of(place)} By year of detection.", left_out)
    if len(by_period) < 2:
        return of_journeys(place, name, what, limits=f"{limits} There are no two years to compare.")
    parts = [table.assign(period=period) for period, table in by_period.items() if len(table)]
    table = pd.concat(parts, ignore_index=True)
    wide = table.pivot(index=["origin", "destination"], columns="period", values="persons").fillna(0).astype(int)
    wide = wide.reindex(columns=list(by_period), fill_value=0)
    wide = wide.loc[wide.sum(axis=1).sort_values(ascending=False, kind="stable").index].reset_index()
    shown = wide.head(top)
    rows = pd.DataFrame(
        {
            "From": record_paths.named(place, shown["origin"]),
            "To": record_paths.named(place, shown["destination"]),
            **{f"Persons {period}": shown[period] for period in by_period},
        }
    )
    plot = Plot(
        plots.flow_map,
        table.assign(period=pd.Categorical(table["period"], list(by_period))),
        **record_paths.map_of(place),
        low="persons",
        high="persons",
        panel="period",
        top=10,
        none="no journey",
    )
    return of_journeys(place, name, what, rows, limits, plot, first_rows(wide, top))


def _ranges(year: pd.Series, most: int) -> dict[str, np.ndarray]:
    """Return the years there are, divided into ranges of about the same length."""
    every = np.arange(year.min(), year.max() + 1) if year.notna().any() else np.zeros(0)
    parts = np.array_split(every, min(most, len(every))) if len(every) else []
    return {f"{part[0]:.0f}-{part[-1]:.0f}" if len(part) > 1 else f"{part[0]:.0f}": part for part in parts}


@record_paths.where_known
def change(place: Area, result: RouteChange | NoResult, top: int = 15) -> Exhibit:
    """Return the flows that rose, fell, emerged or vanished between periods; `result` from `journeys.change`."""
    name, what = "record_change", "which flows changed"
    if isinstance(result, NoResult):
        # The reason; which argument would help is for whoever calls the function.
        why = result.reason.partition(". ")[0].removesuffix(".")
        return of_journeys(place, name, what, limits=f"Refused: {why}.")
    pair, limits, shown = result.summary.iloc[-1], limits_of(place), result.table.head(top)
    rows = pd.DataFrame(
        {
            "Flow": chains(place, shown["origin"] + ">" + shown["destination"]),
            f"Persons {pair['before']}": shown["persons_before"],
            f"Persons {pair['after']}": shown["persons_after"],
            f"Difference of shares, points ({percent(result.confidence)})": [
                f"{_points(change)} ({_points(low)} to {_points(high)})"
                for change, low, high in zip(shown["difference"], shown["low"], shown["high"], strict=True)
            ],
            "q": ["–" if q != q else f"{q:.3f}" for q in shown["q_value"]],
            "Found": shown["status"].mask(shown["q_value"].isna(), "not tested"),
        }
    )
    divergence = (
        "Jensen-Shannon divergence: 0 if all shares are the same, 1 if no flow is in both periods (p = "
        f"{pair['p_value']:.2g}, {result.replicates:,} replicates). q: share of false findings to be expected if this "
        f"flow and all above it are called changed, as they are below {result.level:g} ({result.test})."
    )
    more = sentences(divergence, *result.warnings, first_rows(result.table, top))
    return of_journeys(
        place, name, what, rows, limits, plot_of_change(result, record_paths.names(place.study), rows=10), more
    )


def plot_of_change(result: RouteChange, names: Mapping[str, str] | None = None, rows: int = 15) -> Plot:
    """Return the differences of shares between the last two periods, most changed first, with what is found of them.

    Parameters
    ----------
    names : id of a place -> its name.
    rows : how many categories are drawn; changes come first, then what was tested.
    """
    pair = result.summary.iloc[-1]
    drawn = result.most_changed(rows)
    more = int((result.table["after"] == pair["after"]).sum()) - len(drawn)
    called = names or {}
    return Plot(
        plots.forest,
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
        xlabel=f"change of the share, {pair['before']} to {pair['after']}, percentage points",
        interval_label=f"{percent(result.confidence)} interval",
        hollow_label=CHANCE,
        subtitle=f"Jensen-Shannon divergence {pair['jensen_shannon']:.2f}, {pair['by_chance']:.2f} by chance alone "
        f"(p = {pair['p_value']:.2g}).{f' {more} further categories are not drawn.' if more else ''}",
    )


def _change_in_words(row: dict) -> str:
    """Return both shares, what is found of them, and the q-value on which that rests."""
    q = row["q_value"]
    tested = "not tested" if np.isnan(q) else "q < 0.001" if q < 0.001 else f"q = {q:.2g}"
    return f"{row['share_before']:.0%} → {row['share_after']:.0%}, {row['status']} ({tested})"


def _points(difference: float) -> str:
    """Return a difference of shares in percentage points, and none as +0.0."""
    return f"{round(100 * difference, 1) + 0.0:+.1f}"


# What a route can be -> its heading, and what is counted.
ROUTES = {
    "flows": ("Origin and place of exploitation", "journeys"),
    "paths": ("Complete paths", "journeys"),
    "legs": ("Single legs", "legs"),
}
MEASURES = {
    "effective routes": "Routes in effect",
    "inverse Simpson": "Routes in effect, large ones weighing more",
    "routes": "Routes that there are, at least",
}


@record_paths.where_known
def concentration(place: Area, tables: Mapping[str, pd.DataFrame]) -> Exhibit:
    """Return in how few routes most persons are.

    Parameters
    ----------
    tables : "flows", "paths" or "legs" -> its table from `journeys.concentration`.
    """
    parts = []
    for kind, table in tables.items():
        title, unit = ROUTES[kind]
        shown = table[table["measure"].isin(list(MEASURES))]
        parts.append(
            pd.DataFrame(
                {
                    "Of": title,
                    "Measure": shown["measure"].map(MEASURES),
                    "Seen": ["–" if value != value else f"{value:.3g}" for value in shown["seen"]],
                    f"Estimated ({confidence_level(table)})": [
                        "–" if value != value else f"{value:.3g} ({low:.3g} to {_upper(high)})"
                        for value, low, high in zip(shown["estimate"], shown["low"], shown["high"], strict=True)
                    ],
                    "Persons": shown["n"],
                    "Not known": [f"{n:,} {unit if n != 1 else unit.removesuffix('s')}" for n in shown["n_unknown"]],
                }
            )
        )
    drawn = " or ".join(f"{n:,}" for n in sorted({n for table in tables.values() for n in table["replicates"]}))
    limits = (
        f"{limits_of(place)} Effective number of routes: as many routes, all used equally, would be as diverse. "
        "Unobserved routes are estimated (Chao, Wang and Jost, 2013; Chao, 1984). Limits are of persons drawn again "
        f"{drawn} times."
    )
    rows = pd.concat(parts, ignore_index=True)
    return of_journeys(place, "record_concentration", "how few routes carry how many", rows, limits)


def _upper(limit: float) -> str:
    return "no upper limit" if limit != limit else f"{limit:.3g}"


# Populations are of this year where no person has a date.
UNDATED = 2015


def _why_not_compared(place: Area) -> str:
    """Return why rates of persons on lists are not compared among areas, for `absent`; "" where they are.

    They are not divided by inhabitants where these are synthetic and the persons are not.
    """
    if not place.is_study:
        return "comparison"
    synthetic = any(entry.kind == "synthetic" for entry in catalog.own_tables("population", place.study))
    if record_paths.are_shown(place) and (not synthetic or catalog.case_kind(place.study) == "synthetic"):
        return ""
    return "None of its journeys can be shown, or its inhabitants are synthetic and its persons are real."


def shapes(place: Area) -> gpd.GeoDataFrame:
    """Return the boundaries of the areas of a study; none where rates of persons on lists are not compared."""
    if _why_not_compared(place):
        return gpd.GeoDataFrame({"area_id": [], "name": []}, geometry=[], crs="EPSG:4326")
    return areas.boundaries(place.study)


def rates_on_lists(place: Area, read: Journeys, per: int) -> pd.DataFrame:
    """Return persons on lists by where they were exploited, by inhabitants.

    Returns
    -------
    DataFrame: area_id, value (missing where nobody lives); without a row where rates are not compared.
    """
    if _why_not_compared(place):
        return pd.DataFrame(columns=["area_id", "value"])
    ids = areas.ids(place.study)
    # Wherever they were taken from, and each person once for a place.
    ends = pd.DataFrame({"at": read.destination, "person": read.person}).drop_duplicates()
    there = pd.Series(read.places[ends.loc[ends["at"] >= 0, "at"]]).value_counts().reindex(ids, fill_value=0)
    people = _inhabitants(place, read)["population"].reindex(ids)
    return pd.DataFrame({"area_id": ids, "value": (per * there / people.where(people > 0)).to_numpy()})


def clusters_of_records(place: Area, read: Journeys, result: SpatialClustering | NoResult, per: int) -> Exhibit:
    """Return clusters of areas where many persons on lists were exploited, for their population.

    Parameters
    ----------
    read, per : as for `rates_on_lists`.
    result : what `clustering.spatial_clustering` makes of these rates.
    """
    if why := _why_not_compared(place):
        return absent(place, "whether like areas are neighbours", why)
    name, what = "record_clusters", "where persons were exploited, and whether areas with many lie side by side"
    inhabitants = _inhabitants(place, read)
    years = inhabitants.loc[inhabitants["population"] > 0, "date"].dt.year
    limits = f"{limits_of(place)} {DETECTION} All years together, by inhabitants of {_span(years)}."
    if isinstance(result, NoResult):
        return of_journeys(place, name, what, limits=f"{limits} Refused: {result.reason}")
    unit = f"persons on lists per {per:,}"
    plot = plot_of_clustering(
        areas.boundaries(place.study),
        result,
        projection=areas.get(place.study).projection,
        unit=unit,
        background=areas.world(place.study),
    )
    more = with_names(place, sentences(Q, moran_words(result), *result.warnings))
    made = of_journeys(place, name, what, cluster_rows(place, result, unit), limits, plot, more)
    return replace(made, source_ids=tuple(inhabitants["source_id"].unique()))


def _inhabitants(place: Area, read: Journeys) -> pd.DataFrame:
    """Return populations of the year nearest to the middle of those in which persons were detected."""
    return evidence.population_near(areas.ids(place.study), _middle_year(read)).set_index("area_id")


def _middle_year(read: Journeys) -> int:
    """Return the middle of the years in which persons were detected."""
    first, last = read.traits["date_low"].min(), read.traits["date_high"].max()
    return UNDATED if pd.isna(first) or pd.isna(last) else (first.year + last.year) // 2


def _span(years: pd.Series) -> str:
    return " to ".join(dict.fromkeys(map(str, (years.min(), years.max()))))


take_names(__name__)
