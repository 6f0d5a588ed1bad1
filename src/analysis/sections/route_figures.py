"""Results on journeys and flows as released figures: what changed, missing transit, clusters, flows beside a model."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.figure import Figure

from analysis import texts
from analysis.methods.clustering import SpatialClustering
from analysis.methods.gravity import AS_EXPECTED, Gravity
from analysis.plots import colours, style
from analysis.plots.choropleth import choropleth, join_areas
from analysis.plots.dots import dots
from analysis.plots.forest import forest
from bounded.refusal import Refusal
from journeys import RouteChange
from journeys.change import CHANCE
from journeys.missing_transit import SUPPOSED, MissingTransitSensitivity, in_words

TEXT = texts.of(__name__)

# What an area can be among its neighbours, and its colour; the words stand on the map too.
_QUADRANTS = ("high-high", "low-low", "high-low", "low-high")
_CHANCE = "not distinguishable from chance"
_LOOKS = {
    "high-high: high among high": colours.VERMILLION,
    "low-low: low among low": colours.BLUE,
    "high-low: high among low": colours.ORANGE,
    "low-high: low among high": colours.SKY,
    _CHANCE: colours.STONE,
}
_UNKNOWN, _ALONE = "not known", "not tested: no neighbour whose value is known"


def of_route_change(
    result: RouteChange, *, title: str, footer: style.Footer, names: Mapping[str, str] | None = None, rows: int = 15
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
        title=title,
        footer=footer,
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


def of_missing_transit(
    result: MissingTransitSensitivity,
    *,
    title: str,
    footer: style.Footer,
    names: Mapping[str, str] | None = None,
    places: int = 8,
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
        title=title,
        footer=footer,
        xlabel=TEXT["of_missing_transit_xlabel"],
        interval_label=f"{100 * result.confidence:g}% interval",
    )


def _share_in_words(one: pd.Series, other: pd.Series, single: bool) -> str:
    """A share with its interval, or the two shares that it lies between, in percent."""
    share, last = 100 * one["share"], 100 * other["share"]
    said = f"{share:.0f} % ({100 * one['low']:.0f}–{100 * one['high']:.0f})" if single else f"{share:.0f}–{last:.0f} %"
    return f"{said}, n {one['n']:,.0f}"


def of_clustering(
    boundaries: gpd.GeoDataFrame,
    result: SpatialClustering,
    *,
    title: str,
    footer: style.Footer,
    projection: str,
    unit: str = "",
    background: gpd.GeoDataFrame | None = None,
) -> Figure | None:
    """A map of the clusters and outliers, with masked areas hatched and neighbours across water joined by a line.

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
    numbers = TEXT["of_clustering_numbers"].format(morans_i=row["i"], expected=row["expected"], p_value=row["p_value"])
    lines = _without_border(boundaries.to_crs(projection), result.local)
    return choropleth(
        join_areas(boundaries, _clustered(boundaries, result)),
        category="category",
        status="reason",
        labels="label",
        categories=_LOOKS,
        links=lines,
        links_label=TEXT["of_clustering_links"],
        title=title,
        footer=footer,
        projection=projection,
        legend_label=TEXT["of_clustering_key"].format(unit=unit or TEXT["of_clustering_value"]),
        subtitle=TEXT["of_clustering_subtitle"].format(
            coefficient=numbers.replace("-", "−"), alpha=result.alpha, permutations=result.permutations
        ),
        world=background,
    )


def _clustered(boundaries: pd.DataFrame, result: SpatialClustering) -> pd.DataFrame:
    """What each area is among its neighbours: area_id, label, category, and the reason why it is not tested."""
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


def of_gravity(
    result: Gravity, *, title: str, footer: style.Footer, names: pd.Series | None = None, top: int = 15
) -> Figure | None:
    """The flows that are told from chance: persons, and the range that model and chance allow; None where none is.

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
    return dots(
        rows.assign(text=[f"{way} ({persons})" for way, persons in zip(rows["status"], expected, strict=True)]),
        estimate=("low", "high"),
        interval=None,
        band=("chance_low", "chance_high"),
        text="text",
        xlabel=TEXT["of_gravity_xlabel"],
        band_label=TEXT["of_gravity_band"],
        log=True,
        title=title,
        footer=footer,
        subtitle=TEXT["of_gravity_subtitle"].format(shown=len(rows), n_pairs=result.n_pairs, alpha=result.alpha),
    )


def _persons(low: float, high: float) -> str:
    """Expected persons, to two digits where they are few: "0.014–0.27"."""
    ends = [style.number(float(f"{end:.2g}") if end < 100 else end) for end in (low, high)]
    return "–".join(dict.fromkeys(ends))
