"""Results on journeys and flows as released figures: what changed, missing transit, clusters, flows beside a model."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis import texts
from analysis.methods.clustering import SpatialClustering
from analysis.methods.gravity import AS_EXPECTED, Gravity
from analysis.plots import style
from analysis.plots.clusters import cluster_map, flow_residuals
from analysis.plots.forest import forest
from analysis.plots.share_changes import share_changes
from journeys import RouteChange
from journeys.missing_transit import SUPPOSED, MissingTransitSensitivity, in_words

TEXT = texts.of(__name__)


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
    return share_changes(
        drawn.assign(category=drawn["category"].map(">".join)),
        title=title,
        footer=footer,
        names=names,
        labels=(pair["before"], pair["after"]),
        subtitle=TEXT["of_route_change_subtitle"].format(
            jensen_shannon=pair["jensen_shannon"],
            by_chance=pair["by_chance"],
            p_value=pair["p_value"],
            left_out=left_out,
        ),
    )


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
            bounds = (100 * share for share in (one["share"], other["share"], one["low"], other["high"]))
            rows.append((in_words(str(place), names), label, *bounds, words))
    columns = ["group", "label", "estimate_low", "estimate_high", "low", "high", "text"]
    return forest(
        pd.DataFrame(rows, columns=columns),
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
) -> Figure:
    """A map of the clusters and outliers, with masked areas hatched and neighbours across water joined by a line.

    Parameters and errors as of `cluster_map`.
    """
    row = result.moran.iloc[0]
    numbers = TEXT["of_clustering_numbers"].format(morans_i=row["i"], expected=row["expected"], p_value=row["p_value"])
    found = result.local["status"].isin(["cluster", "outlier"]).any()
    rule = TEXT["of_clustering_rule"] if found else TEXT["of_clustering_rule_no_area_can"]
    return cluster_map(
        boundaries,
        result.local,
        title=title,
        footer=footer,
        projection=projection,
        unit=unit,
        subtitle=TEXT["of_clustering_subtitle"].format(
            coefficient=numbers.replace("-", "−"), rule=rule, alpha=result.alpha, permutations=result.permutations
        ),
        background=background,
    )


def of_gravity(
    result: Gravity, *, title: str, footer: style.Footer, names: pd.Series | None = None, top: int = 15
) -> Figure:
    """The flows furthest from what is expected: persons, and the range that model and chance allow.

    Parameters
    ----------
    names : names of the places by id; by default the ids.
    top : how many flows are drawn.
    """
    rows = result.least_likely(top, names)
    found = (rows["status"] != AS_EXPECTED).any()
    rule = TEXT["of_clustering_rule"] if found else TEXT["of_gravity_rule_none_can_be"]
    return flow_residuals(
        rows,
        title=title,
        footer=footer,
        subtitle=TEXT["of_gravity_subtitle"].format(
            shown=len(rows), n_pairs=result.n_pairs, rule=rule, alpha=result.alpha
        ),
    )
