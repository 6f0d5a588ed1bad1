"""Sections that compare all countries of a study: flows beside a gravity model, and clusters of countries.

Clusters of areas by persons on lists are of `record_change`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analysis import areas, evidence, plots
from analysis.areas import Area
from analysis.exhibits import detection, route
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult
from analysis.exhibits.exhibit import Exhibit, footer, only
from analysis.exhibits.plot import Plot
from analysis.exhibits.table import Table, Words, spans
from analysis.exhibits.wording import sentences
from analysis.methods import origin_destination
from analysis.methods.clustering import SpatialClustering
from analysis.methods.gravity import AS_EXPECTED, Gravity
from analysis.plots import style
from analysis.plots.choropleth import join_areas
from analysis.plots.style import number
from bounded.intervals import percent
from bounded.refusal import Refusal

DETECTION = "Detected, not incidence: who looks harder finds more."
Q = "q: share of false findings to be expected if this row and all that are less likely by chance are called unusual."


def detected_pairs(place: Area, flows: pd.DataFrame, detected: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Flows between two countries of the study, and all pairs of which one could have been seen.

    Parameters
    ----------
    flows, detected : UNODC's figures, and the matrix that `origin_destination.citizenship_matrix` makes of them.

    Returns
    -------
    The rows of `detected` between two countries of the study; and origin, destination of every pair whose destination
    reported at least once.
    """
    own = detection.countries(place)
    between = detected[detected["origin"].isin(own) & detected["destination"].isin(own)]
    reporting = sorted(set(flows["detected_in"]) & set(own))
    seen = pd.DataFrame(
        [(one, other) for one in own for other in reporting if one != other], columns=["origin", "destination"]
    )
    return between[between["origin"] != between["destination"]], seen


def sites(place: Area, year: int) -> pd.DataFrame:
    """Return countries with their population near a year and the point at which they are drawn.

    Returns
    -------
    DataFrame: id, population, lon, lat; without a row where the place does not span countries.
    """
    if not place.spans_countries:
        return pd.DataFrame(columns=["id", "population", "lon", "lat"])
    own = detection.countries(place)
    points = origin_destination.places(areas.background("world"), own).set_index("id")
    people = evidence.population_near(own, year).set_index("area_id")["population"]
    return pd.DataFrame({"id": own}).assign(
        population=lambda t: t["id"].map(people),
        lon=lambda t: t["id"].map(points["lon"]),
        lat=lambda t: t["id"].map(points["lat"]),
    )


@only("of_countries", "Flows between countries and a gravity model")
def gravity(place: Area, fit: Gravity | NoResult, year: int, top: int = 15) -> Exhibit:
    """Return flows between the study's countries that are larger or smaller than population and distance suggest.

    Parameters
    ----------
    fit : from `gravity.gravity`.
    year : that of the population.
    top : how many flows are drawn, the least likely first.
    """
    flows, _ = route.sources_of(place)
    title = f"{detection.whose(place)}: detected flows compared with population and distance"
    limits = (
        f"{DETECTION} Only pairs whose destination reported to UNODC at least once; its years without a report count "
        "as years without a victim."
    )
    sources = route.cited(flows, evidence.population_near(detection.countries(place), year))
    if isinstance(fit, NoResult):
        return Exhibit("gravity", title, source_ids=sources, limits=f"Refused: {fit.reason}")
    names = detection.names_of().drop_duplicates("area_id").set_index("area_id")["name"]
    plot = plot_of_gravity(fit, names=names, top=top)
    if plot is None:
        none = (
            f"Of {fit.n_pairs} pairs of countries none has more or fewer detected victims than population and distance "
            f"suggest, beyond chance (q up to {fit.alpha:g}). {limits}"
        )
        return Exhibit("gravity", title, source_ids=sources, limits=with_names(place, none))
    found = fit.residuals.head(top)
    expected = {name: found[name].map(_two_digits) for name in ("expected_low", "expected_high")}
    return Exhibit(
        "gravity",
        title,
        Table(
            found.assign(**expected, q_value=found["q_value"].round(3)),
            {
                "From": Words(route.named, "origin"),
                "To": Words(route.named, "destination"),
                "Detected": Words(_range, "low", "high"),
                "Expected": Words(_range, "expected_low", "expected_high"),
                "q": "q_value",
                "Found": "status",
            },
        ),
        sources,
        with_names(place, sentences(limits, Q, *fit.warnings)),
        plot,
        alt=title,
        cautions=evidence.cautions("unodc_citizenship_flows"),
        footer=footer(flows, f"{fit.n_pairs} pairs of countries", limits, sources),
    )


def shapes(place: Area) -> gpd.GeoDataFrame:
    """Return the boundaries of the countries of a study; none where the place does not span countries."""
    if not place.spans_countries:
        return gpd.GeoDataFrame({"area_id": [], "name": []}, geometry=[], crs="EPSG:4326")
    return areas.boundaries(place.study)


def rates_abroad(place: Area, detected: pd.DataFrame, year: int, per: int) -> dict[str, pd.DataFrame]:
    """Return citizens of each country detected abroad, for its population near a year, by the bounds of the counts.

    Returns
    -------
    "low" and "high" -> area_id, value; without a row where the place does not span countries.
    """
    if not place.spans_countries:
        return {bound: pd.DataFrame(columns=["area_id", "value"]) for bound in ("low", "high")}
    own = detection.countries(place)
    people = evidence.population_near(own, year).set_index("area_id")["population"]
    away = detected[detected["origin"].isin(own) & (detected["origin"] != detected["destination"])]
    counts = away.groupby("origin")[["low", "high"]].sum().reindex(own)
    rates = per * counts.div(people.reindex(own), axis="index")
    return {bound: pd.DataFrame({"area_id": own, "value": rates[bound].to_numpy()}) for bound in ("low", "high")}


@only("of_countries", "Whether countries with high values are neighbours")
def clusters_by_citizenship(
    place: Area, found: Mapping[str, SpatialClustering | NoResult], year: int, per: int
) -> Exhibit:
    """Return clusters of countries whose citizens are detected often, for their population.

    Parameters
    ----------
    found : "low" and "high" -> what `clustering.spatial_clustering` makes of these of `rates_abroad`.
    year, per : of the rates.
    """
    flows, _ = route.sources_of(place)
    own = detection.countries(place)
    title = f"{detection.whose(place)}: citizens detected abroad, and whether such countries are neighbours"
    limits = f"{DETECTION} Drawn by the lower bounds, tested at both."
    sources = route.cited(flows, evidence.population_near(own, year))
    low, high = found["low"], found["high"]
    for each in (low, high):
        if isinstance(each, NoResult):
            return Exhibit("clusters", title, source_ids=sources, limits=f"Refused: {each.reason}")
    assert isinstance(low, SpatialClustering) and isinstance(high, SpatialClustering)
    unit = f"citizens detected abroad per {per:,}"
    return Exhibit(
        "clusters",
        title,
        cluster_rows(place, low, unit, {"By the upper bounds": high}),
        sources,
        with_names(place, sentences(limits, Q, moran_words(low), *low.warnings)),
        plot_of_clustering(
            areas.boundaries(place.study),
            low,
            projection=place.projection,
            unit=unit,
            background=areas.background("world"),
        ),
        alt=f"{title}; countries without a neighbour by land are joined or masked, as the text says.",
        cautions=evidence.cautions("unodc_citizenship_flows"),
        footer=footer(flows, f"{len(own)} countries", limits, sources),
    )


def cluster_rows(
    place: Area, result: SpatialClustering, unit: str, others: Mapping[str, SpatialClustering] | None = None
) -> Table:
    """Areas with their values, their neighbours, and whether they are told apart from chance.

    Parameters
    ----------
    unit : of the values, in words.
    others : heading -> the same of other values; what each finds stands in a column of its own.
    """
    names = areas.load(place.study).set_index("area_id")["name"]
    table, more = result.local, others or {}
    found = {f"status_{number}": each.local["status"].to_numpy() for number, each in enumerate(more.values(), 2)}
    beside = [", ".join(names[one] for one in ids) if len(ids) else "none" for ids in table["neighbours"]]
    numbers = table.assign(
        name=table["area_id"].map(names),
        value=table["value"].round(2),
        neighbours=beside,
        q_value=table["q_value"].round(3),
        **{name: table[name].fillna("").astype(str) for name in ("how", "quadrant")},
        **found,
    )
    return Table(
        numbers,
        {
            "Area": "name",
            unit.capitalize(): "value",
            "Beside": "neighbours",
            "Joined": Words(_or_dash, "how"),
            "Value and neighbours": Words(_or_dash, "quadrant"),
            "q": "q_value",
            "Found": "status",
            **dict(zip(more, found, strict=True)),
        },
        also=("area_id",),
    )


def _or_dash(words: pd.Series) -> pd.Series:
    return words.replace("", "–")


def moran_words(result: SpatialClustering) -> str:
    """Moran's I in a sentence, and another where no area can be told from chance, so that there is no map."""
    row = result.moran.iloc[0]
    found = (
        f"Moran's I is {row['i']:.2f}, where values that lie at random give {row['expected']:.2f} "
        f"(p = {row['p_value']:.2g} by {result.permutations:,} permutations, {int(row['n'])} areas)."
    )
    if result.distinguishable.any():
        return found
    return f"{found} No area is distinguishable from chance (q up to {result.alpha:g}), so that no map is drawn."


def with_names(place: Area, said: str) -> str:
    """A text with the names of areas in place of their ids."""
    names = areas.load(place.study).set_index("area_id")["name"].to_dict()
    # The longest first: one id may begin with another.
    ids = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return re.sub(rf"(?<![\w-])({ids})(?![\w-])", lambda found: names[found[1]], said)


def _two_digits(value: float) -> float:
    """An expectation is not known to more."""
    return float(f"{value:.2g}") if value < 10 else value


def _range(low: pd.Series, high: pd.Series) -> list[str]:
    return spans(low, high, number)


# What an area can be among its neighbours, and its colour; the words stand on the map too.
_QUADRANTS = ("high-high", "low-low", "high-low", "low-high")
_CHANCE = "not distinguishable from chance"
_LOOKS = {
    "high-high: high among high": style.VERMILLION,
    "low-low: low among low": style.BLUE,
    "high-low: high among low": style.ORANGE,
    "low-high: low among high": style.SKY,
    _CHANCE: style.STONE,
}
_UNKNOWN, _ALONE = "not known", "not tested: no neighbour whose value is known"


def plot_of_clustering(
    boundaries: gpd.GeoDataFrame,
    result: SpatialClustering,
    *,
    projection: str,
    unit: str = "",
    background: gpd.GeoDataFrame | None = None,
) -> Plot | None:
    """Return a map of clusters and outliers, with masked areas hatched and neighbours across water joined by a line.

    None where no area can be told from chance: a sentence says so.

    Parameters
    ----------
    boundaries : area_id, name, geometry; the same areas as those of the result.
    projection : an equal-area projection centred on the study, as a PROJ string.
    unit : of the values, for the key.
    background : land to draw beneath.

    Raises
    ------
    ValueError : an area has no row in the result, or no boundary.
    """
    lost = sorted(set(result.local["area_id"]) ^ set(boundaries["area_id"]))
    if lost:
        raise Refusal("areas_differ", f"{lost[0]} is in the table or in the boundaries only: both need the same areas.")
    if not result.distinguishable.any():
        return None
    row = result.moran.iloc[0]
    numbers = (
        f"Moran's I {row['i']:.2f}, {row['expected']:.2f} if values lay at random (p = {row['p_value']:.2g})"
    ).replace("-", "−")
    return Plot(
        plots.choropleth,
        join_areas(boundaries, _clustered(boundaries, result)),
        category="category",
        status="reason",
        labels="label",
        categories=_LOOKS,
        links=_without_border(boundaries.to_crs(projection), result.local),
        links_label="neighbours without a common border",
        projection=projection,
        legend_label=f"Below each name: {unit or 'the value'}",
        subtitle=f"{numbers}. Coloured: distinguishable from chance (q up to {result.alpha:g}; {result.permutations:,} "
        "permutations).",
        world=background,
    )


def _clustered(boundaries: pd.DataFrame, result: SpatialClustering) -> pd.DataFrame:
    """Return the class of each area among its neighbours: area_id, label, category, and why it is not tested."""
    local = result.local
    names = local["area_id"].map(boundaries.set_index("area_id")["name"]).astype(str)
    values = [style.number(value) if np.isfinite(value) else "not known" for value in local["value"]]
    meanings = dict(zip(_QUADRANTS, _LOOKS, strict=False))
    masked = local["status"].str.startswith("masked")
    unknown = local["status"].eq("masked: value not known")
    return pd.DataFrame(
        {
            "area_id": local["area_id"],
            "label": names + "\n" + values,
            "category": local["quadrant"].map(meanings).where(result.distinguishable, _CHANCE).mask(masked, ""),
            "reason": unknown.map({True: _UNKNOWN, False: _ALONE}).where(masked, ""),
        }
    )


def _without_border(areas: gpd.GeoDataFrame, local: pd.DataFrame) -> gpd.GeoSeries:
    """Lines between neighbours that no border joins, each once."""
    shapes = areas.set_index("area_id").geometry
    pairs = {
        tuple(sorted((area, each)))
        for area, ids in zip(local["area_id"], local["neighbours"], strict=True)
        for each in ids
    }
    lines = [shapely.shortest_line(shapes[one], shapes[other]) for one, other in sorted(pairs)]
    west, _, east, _ = areas.total_bounds
    return gpd.GeoSeries([line for line in lines if line.length > 0.001 * (east - west)], crs=areas.crs)


def plot_of_gravity(result: Gravity, *, names: pd.Series | None = None, top: int = 15) -> Plot | None:
    """Return the flows that are told from chance, with the range that model and chance allow; None where none is.

    Parameters
    ----------
    names : names of the places by id; by default the ids.
    top : how many flows are drawn at most.
    """
    rows = result.least_likely(top, names)
    rows = rows[rows["status"] != AS_EXPECTED]
    if rows.empty:
        return None
    expected = [_persons(*ends) for ends in zip(rows["expected_low"], rows["expected_high"], strict=True)]
    return Plot(
        plots.dots,
        rows.assign(text=[f"{way} ({persons})" for way, persons in zip(rows["status"], expected, strict=True)]),
        estimate=("low", "high"),
        interval=None,
        band=("chance_low", "chance_high"),
        text="text",
        xlabel="persons detected (each step the same ratio)",
        band_label=f"{percent(result.confidence)} of flows, by model and chance",
        log=True,
        subtitle=f"The {len(rows)} of {result.n_pairs} pairs that are distinguishable from chance (q up to "
        f"{result.alpha:g}).",
    )


def _persons(low: float, high: float) -> str:
    """Expected persons, to two digits where they are few: "0.014–0.27"."""
    ends = [style.number(float(f"{end:.2g}") if end < 100 else end) for end in (low, high)]
    return "–".join(dict.fromkeys(ends))


take_names(__name__)
