"""A study's areas as outlines for a page that colours them itself: drawn once, whatever is counted in them."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry

from analysis.figures import style
from analysis.figures.maps import ground_of
from analysis.figures.path_data import PIXELS, path_data

_WIDTH, _HEIGHTS = 6.0, (2.9, 4.6)  # inches


def area_outlines(
    boundaries: gpd.GeoDataFrame,
    background: gpd.GeoDataFrame | Sequence[gpd.GeoDataFrame] | None,
    projection: str,
) -> dict:
    """The same ground as a `choropleth` has: outlines simplified to half a pixel, very small islands enlarged in a box.

    Parameters
    ----------
    boundaries : area_id, name, geometry (EPSG:4326).
    background : layers to draw beneath, the lowest first (EPSG:4326).
    projection : an equal-area projection centred on the study, as a PROJ string.

    Returns
    -------
    dict : ``size`` (pixels); ``land`` (path data of each layer beneath); ``boxes`` (left, top, width, height, and by
    how much what is in it is enlarged); ``areas``: ``id``, ``name``, ``d`` (path data), ``at`` (a point inside),
    ``room`` (width and height there), and of one in a box ``label`` (a point below it). Path data are in tenths of a
    pixel, the rest in pixels.
    """
    areas = boundaries.to_crs(projection)
    land = ground_of(areas, background, projection, width=_WIDTH, lowest=_HEIGHTS[0], highest=_HEIGHTS[1])
    high = land.frame.height
    return {
        "size": [round(land.frame.width * PIXELS), round(high * PIXELS)],
        "land": ["".join(path_data(shape, land.frame) for shape in layer) for layer in land.layers],
        "boxes": [_box(true, land.shapes[area_id], high) for area_id, true in land.boxed.items()],
        "areas": [
            {"id": area_id, "name": name, "d": path_data(land.shapes[area_id], land.frame)}
            | _inside(land.shapes[area_id], high)
            | (_below(land.shapes[area_id], high) if area_id in land.boxed else {})
            for area_id, name in zip(areas["area_id"], areas["name"], strict=True)
        ],
    }


def _box(true: BaseGeometry, large: BaseGeometry, high: float) -> list[float | str]:
    left, bottom, right, top = large.bounds
    factor = (right - left) / (true.bounds[2] - true.bounds[0])
    sides = (left - 0.06, high - top - 0.06, right - left + 0.12, top - bottom + 0.12)
    return [*(round(side * PIXELS, 1) for side in sides), style.number(round(factor, 1))]


def _below(large: BaseGeometry, high: float) -> dict[str, list[float]]:
    left, bottom, right, _ = large.bounds
    return {"label": [round((left + right) / 2 * PIXELS, 1), round((high - bottom + 0.08) * PIXELS, 1)]}


def _inside(shape: BaseGeometry, high: float) -> dict[str, list[float]]:
    """The middle of the largest part of an area, and how much room there is from edge to edge through it."""
    largest = max(shapely.get_parts(shape), key=lambda part: part.area)
    point = shapely.maximum_inscribed_circle(largest, tolerance=0.02)
    x, y = point.coords[0]
    left, bottom, right, top = largest.bounds
    across = shapely.LineString([(left, y), (right, y)]).intersection(largest)
    upright = shapely.LineString([(x, bottom), (x, top)]).intersection(largest)
    return {
        "at": [round(x * PIXELS, 1), round((high - y) * PIXELS, 1)],
        "room": [round(_longest(line) * PIXELS, 1) for line in (across, upright)],
    }


def _longest(line: BaseGeometry) -> float:
    return max((part.length for part in shapely.get_parts(line)), default=0.0)
