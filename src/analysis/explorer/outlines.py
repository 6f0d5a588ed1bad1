"""A study's areas as outlines for a page that colours them itself: drawn once, whatever is counted in them."""

from __future__ import annotations

from functools import cache
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from analysis import areas
from analysis.plots import basemap

PIXELS = 110  # an inch of the map
_WIDTH, _HEIGHTS = 6.0, (2.9, 4.6)  # inches


@cache
def outlines(study: str) -> dict[str, Any]:
    """The areas as a `choropleth` draws them: simplified to half a pixel, very small islands in a field of their own.

    Returns
    -------
    dict : ``size`` (pixels); ``land`` (path data of each layer beneath); ``areas``: ``id``, ``name``, ``d`` (path
    data), ``at`` (a point inside), ``room`` (width and height there). Path data are in tenths of a pixel, the rest in
    pixels.
    """
    projection = areas.STUDIES[study].projection
    shapes = areas.boundaries(study).to_crs(projection).set_index("area_id")
    limits, tall = basemap.view(shapes.total_bounds, width=_WIDTH, lowest=_HEIGHTS[0], highest=_HEIGHTS[1])
    metres = (limits[2] - limits[0]) / (_WIDTH * PIXELS)  # a pixel
    regions = basemap.visible(shapes.geometry, metres * PIXELS)
    own = shapely.union_all(list(regions.values()))
    land = basemap.seen_land(areas.surroundings(study), projection, limits, study=own)
    return {
        "size": [round(_WIDTH * PIXELS), round(tall * PIXELS)],
        "land": ["".join(basemap.path_data(shape, limits, metres) for shape in layer) for layer in land],
        "areas": [
            {"id": area_id, "name": name, "d": basemap.path_data(regions[area_id], limits, metres)}
            | _inside(regions[area_id], limits, metres)
            for area_id, name in shapes["name"].items()
        ],
    }


def _inside(shape: BaseGeometry, limits: basemap.Bounds, metres: float) -> dict[str, list[float]]:
    """The middle of the largest part of an area, and how much room there is from edge to edge through it."""
    largest = max(shapely.get_parts(shape), key=lambda part: part.area)
    # Islands in their field are no obstacle.
    largest = shapely.Polygon(largest.exterior)
    x, y = shapely.maximum_inscribed_circle(largest, tolerance=2 * metres).coords[0]
    left, bottom, right, top = largest.bounds
    across = shapely.LineString([(left, y), (right, y)]).intersection(largest)
    upright = shapely.LineString([(x, bottom), (x, top)]).intersection(largest)
    return {
        "at": [round((x - limits[0]) / metres, 1), round((limits[3] - y) / metres, 1)],
        "room": [round(_longest(line) / metres, 1) for line in (across, upright)],
    }


def _longest(line: BaseGeometry) -> float:
    return max((part.length for part in shapely.get_parts(line)), default=0.0)
