"""Which areas lie beside each other: by a shared border, and for islands by distance or by ferry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from analysis.refusal import Refusal

# Loaded by whoever has boundaries: the other methods of this package need no maps.
if TYPE_CHECKING:
    import geopandas as gpd


def neighbours(
    boundaries: gpd.GeoDataFrame,
    islands: Literal["nearest", "alone"] = "nearest",
    number: int = 2,
    links: Iterable[tuple[str, str]] | None = None,
    projection: str | None = None,
) -> pd.DataFrame:
    """The neighbours of each area, both ways.

    Two areas are neighbours if their boundaries meet, if only in a point. Areas that meet no other get the areas of
    `links`, and those without a link their nearest areas, measured between the shapes. It is said how each pair came
    about.

    Parameters
    ----------
    boundaries : area_id, geometry.
    islands : what becomes of areas that meet no other and have no link: "nearest" gives them their `number` nearest
        areas, "alone" none.
    number : how many areas are nearest, from 1 up; of equally near ones the first in the table.
    links : pairs of area_id that are neighbours too, as by ferry or bridge.
    projection : what distances are measured in, as a PROJ string in metres; None if `boundaries` are projected already.

    Returns
    -------
    DataFrame, rows in the order of `boundaries`: area_id, neighbour_id, how ("contiguous", "link", "nearest"). Each
        pair stands both ways. An area left alone has one row: neighbour_id missing, how "alone".

    Raises
    ------
    ValueError : areas without a shape or standing twice, degrees instead of metres, a link to no area, number below 1.
    """
    shapes = _shapes(boundaries, projection)
    if islands not in ("nearest", "alone"):
        raise Refusal(
            "unknown_choice", f"Islands are linked to their 'nearest' areas or left 'alone', not '{islands}'."
        )
    if number < 1:
        raise Refusal("not_positive", f"The number of nearest areas is 1 or more, not {number}.")
    ids = boundaries["area_id"].tolist()
    found: dict[tuple[int, int], str] = {}

    def add(one: int, other: int, how: str) -> None:
        for pair in ((one, other), (other, one)):
            found.setdefault(pair, how)

    for one, other in shapes.sindex.query(shapes.geometry, predicate="intersects").T.tolist():
        if one != other:
            add(one, other, "contiguous")
    for pair in links or ():
        strange = [area_id for area_id in pair if area_id not in ids]
        if strange:
            raise Refusal("unknown_area", f"A link names {strange[0]}, which is no area of the boundaries.")
        one, other = map(ids.index, pair)
        if one == other:
            raise Refusal("self_link", f"A link joins {pair[0]} with itself.")
        add(one, other, "link")
    isolated = sorted(set(range(len(ids))) - {one for one, _ in found})
    if islands == "nearest":
        for one in isolated:
            distance = shapes.geometry.distance(shapes.geometry.iloc[one]).to_numpy()
            order = [other for other in np.argsort(distance, kind="stable").tolist() if other != one]
            for other in order[:number]:
                add(one, other, "nearest")
    rows = [(ids[one], ids[other], how) for (one, other), how in sorted(found.items())]
    left = sorted(set(range(len(ids))) - {one for one, _ in found})
    rows += [(ids[one], None, "alone") for one in left]
    table = pd.DataFrame(rows, columns=["area_id", "neighbour_id", "how"])
    return table.sort_values("area_id", key=lambda column: column.map(ids.index), kind="stable", ignore_index=True)


def _shapes(boundaries: gpd.GeoDataFrame, projection: str | None) -> gpd.GeoDataFrame:
    """The boundaries in metres, each valid and there."""
    missing = boundaries.geometry.isna() | boundaries.geometry.is_empty
    if missing.any():
        raise Refusal(
            "missing_boundary",
            f"{boundaries.loc[missing, 'area_id'].iloc[0]} has no boundary: leave it out, or give one.",
        )
    twice = boundaries["area_id"].duplicated()
    if twice.any():
        raise Refusal(
            "duplicate_key", f"{boundaries.loc[twice, 'area_id'].iloc[0]} has two boundaries: join its parts first."
        )
    shapes = boundaries.to_crs(projection) if projection else boundaries
    if shapes.crs is None or not shapes.crs.is_projected:
        raise Refusal(
            "geographic_coordinates",
            "Degrees are no distance, since they shrink towards the poles: give boundaries in metres, or `projection`, "
            "as '+proj=laea +lat_0=13 +lon_0=-3'.",
        )
    shapes = shapes.reset_index(drop=True)
    return shapes.set_geometry(shapes.geometry.make_valid())
