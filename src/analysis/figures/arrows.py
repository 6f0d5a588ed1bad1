"""The shape of a flow on a map: a curved arrow that grows towards its head, so that its direction is read at a glance.

All lengths are inches of the map.
"""

from __future__ import annotations

import math

import numpy as np
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

_BEND = 0.16  # of the distance; always to the right of the way, which keeps the two directions apart


def curve(
    start: tuple[float, float], end: tuple[float, float], mark_start: BaseGeometry, mark_end: BaseGeometry
) -> LineString:
    """The way from one place to another, without the parts that the places themselves cover.

    Parameters
    ----------
    start, end : the two places.
    mark_start, mark_end : what is drawn there; the way begins and ends at its edge.

    Raises
    ------
    ValueError : both places are one point.
    """
    (x0, y0), (x2, y2) = start, end
    distance = math.hypot(x2 - x0, y2 - y0)
    if distance == 0:
        raise ValueError("Two places lie on the same point of the map: no arrow can be drawn between them.")
    bend = max(_BEND * distance, min(0.12, 0.4 * distance))
    x1 = (x0 + x2) / 2 + bend * (y2 - y0) / distance
    y1 = (y0 + y2) / 2 - bend * (x2 - x0) / distance
    t = np.linspace(0, 1, 60)
    x = (1 - t) ** 2 * x0 + 2 * t * (1 - t) * x1 + t**2 * x2
    y = (1 - t) ** 2 * y0 + 2 * t * (1 - t) * y1 + t**2 * y2
    way = LineString(np.column_stack([x, y]))
    first = way.intersection(mark_start).length
    last = way.length - way.intersection(mark_end).length
    # Two marks that nearly touch still have a short arrow between their middles.
    if last - first < 0.12:
        first, last = 0.25 * way.length, 0.75 * way.length
    return substring(way, first, last)


def arrow(way: LineString, width: float) -> Polygon:
    """The outline of an arrow along a way: a third of `width` at its tail, `width` at the neck, then the head."""
    head = min(1.3 * width + 0.09, 0.45 * way.length)
    half_head = 0.75 * width + 0.045
    body = max(way.length - head, 1e-3)
    stations = np.linspace(0, body, 40)
    points = np.array([way.interpolate(at).coords[0] for at in stations])
    ahead = np.array([way.interpolate(min(at + 0.01, way.length)).coords[0] for at in stations])
    steps = ahead - points
    steps /= np.maximum(np.hypot(steps[:, 0], steps[:, 1]), 1e-9)[:, None]
    normals = np.column_stack([-steps[:, 1], steps[:, 0]])
    halves = (width / 2 * (0.35 + 0.65 * stations / body))[:, None]
    tip = np.array(way.coords[-1])
    neck = points[-1]
    left, right = points + halves * normals, points - halves * normals
    barbs = neck + half_head * normals[-1], neck - half_head * normals[-1]
    return Polygon(np.vstack([left, barbs[0], tip, barbs[1], right[::-1]]))
