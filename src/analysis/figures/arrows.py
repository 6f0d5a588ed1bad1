"""The shape of a flow on a map: a curved arrow that grows towards its head, so that its direction is read at a glance.

All lengths are inches of the map.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from bounded.refusal import Refusal

_BEND = 0.16  # of the distance; always to the right of the way, which keeps the two directions apart
_BENDS = (_BEND, 0.2, 0.25, 0.12, 0.31, 0.08, 0.38, 0.48, 0.6, 0.8, 1.1, 1.5)
_SHORT = 0.26  # an arrow shorter than this is hardly seen


def curve(
    start: tuple[float, float],
    end: tuple[float, float],
    mark_start: BaseGeometry,
    mark_end: BaseGeometry,
    bend: float = _BEND,
) -> LineString:
    """The way from one place to another, without the parts that the places themselves cover.

    Parameters
    ----------
    start, end : the two places.
    mark_start, mark_end : what is drawn there; the way begins and ends at its edge.
    bend : how far the way swings out to its right, as a share of the distance; near places more.

    Raises
    ------
    ValueError : both places are one point.
    """
    (x0, y0), (x2, y2) = start, end
    distance = math.hypot(x2 - x0, y2 - y0)
    if distance == 0:
        raise Refusal(
            "coincident_points", "Two places lie on the same point of the map: no arrow can be drawn between them."
        )
    out = max(bend * distance, min(0.75 * bend, 2.5 * bend * distance))
    x1 = (x0 + x2) / 2 + out * (y2 - y0) / distance
    y1 = (y0 + y2) / 2 - out * (x2 - x0) / distance
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
    points = shapely.get_coordinates(shapely.line_interpolate_point(way, stations))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(way, np.minimum(stations + 0.01, way.length)))
    steps = ahead - points
    steps /= np.maximum(np.hypot(steps[:, 0], steps[:, 1]), 1e-9)[:, None]
    normals = np.column_stack([-steps[:, 1], steps[:, 0]])
    halves = (width / 2 * (0.35 + 0.65 * stations / body))[:, None]
    tip = np.array(way.coords[-1])
    neck = points[-1]
    left, right = points + halves * normals, points - halves * normals
    barbs = neck + half_head * normals[-1], neck - half_head * normals[-1]
    return Polygon(np.vstack([left, barbs[0], tip, barbs[1], right[::-1]]))


def between(
    pairs: Sequence[tuple[str, str]],
    widths: Sequence[float],
    at: dict[str, tuple[float, float]],
    marks: dict[str, BaseGeometry],
    paper: BaseGeometry,
) -> list[tuple[LineString, Polygon]]:
    """The way and the outline of each arrow of a map.

    Each arrow swings out as little as lets it stay clear of its own return, of what is drawn at other places, and of
    the arrows that are wider; the widest choose first.

    Parameters
    ----------
    pairs : name of the place of origin, and of the place of destination.
    widths : one a pair.
    at, marks : of each place by name, where it is and what is drawn there.
    paper : the rectangle that no arrow should leave.
    """
    names = list(marks)
    grown = np.array([marks[name] for name in names], dtype=object)
    made: dict[int, tuple[LineString, Polygon]] = {}
    order = sorted(range(len(pairs)), key=lambda n: -widths[n])
    for n in order:
        start, end = pairs[n]
        strangers = grown[[name not in (start, end) for name in names]]
        back = [made[m][1] for m in made if pairs[m] == (end, start)]
        # Two kinds of flows between the same places lie side by side, as there and back do.
        back += [made[m][1] for m in made if pairs[m] == (start, end)]
        earlier = np.array([made[m][1] for m in made if pairs[m][::-1] != pairs[n] != pairs[m]], dtype=object)
        distance, ends = math.dist(at[start], at[end]), marks[start].union(marks[end])
        best: tuple[float, LineString, Polygon] | None = None
        for bend in _BENDS:
            way = curve(at[start], at[end], marks[start], marks[end], bend)
            shape = shapely.make_valid(arrow(way, widths[n]))
            # A detour costs more the longer it is.
            cost = 2 * abs(bend - _BEND) * max(distance, 0.5) + 20 * max(0.0, _SHORT - way.length)
            cost += 20 * way.difference(paper).length + 8 * way.intersection(ends).length
            cost += 8 * float(shapely.length(shapely.intersection(way, strangers)).sum()) if len(strangers) else 0.0
            cost += 60 * sum(shape.intersection(other).area for other in back) / max(shape.area, 1e-9)
            if len(earlier):
                cost += 1.5 * float(shapely.area(shapely.intersection(shape, earlier)).sum()) / max(shape.area, 1e-9)
            if best is None or cost < best[0]:
                best = cost, way, shape
            if cost == 0:
                break
        if best is not None:
            made[n] = best[1:]
    return [made[n] for n in range(len(pairs))]
