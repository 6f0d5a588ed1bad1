"""Where the ends of flows stand on a map: places in the frame, regions as boxes, far places at the edge."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from analysis.figures import basemap, labels

SIZE = 9.5  # points, of names
_NEAR = 1.25  # times the study's own radius: partners within it are inside the frame
_LEAST_REACH = 1800.0  # kilometres
_TURNS = ("→", "↗", "↑", "↖", "←", "↙", "↓", "↘")
_BAND = 0.42  # inches at the top and the bottom that belong to the boxes there, not to those at the sides
_EDGE = 0.08


@dataclass(frozen=True)
class Node:
    """An end of flows on paper (inches).

    Parameters
    ----------
    name : its id among the places, or the region's name.
    x, y : its middle.
    region : it is a part of the world and not a country.
    far : it lies beyond the frame and stands at the edge.
    text : what is written there.
    """

    name: str
    x: float
    y: float
    region: bool
    far: bool
    text: str

    @property
    def boxed(self) -> bool:
        return self.region or self.far

    @property
    def outline(self) -> BaseGeometry:
        if not self.boxed:
            return Point(self.x, self.y).buffer(0.045)
        width, height = labels.extent(self.text, SIZE)
        across, up = width / 2 + 0.06, height / 2 + 0.045
        return shapely.box(self.x - across, self.y - up, self.x + across, self.y + up)


def arrange(
    ends: Sequence[str],
    places: pd.DataFrame,
    anchors: Mapping[str, tuple[float, float]],
    projection: str,
    *,
    width: float,
    reach: float | None,
) -> tuple[basemap.Frame, dict[str, Node]]:
    """The frame of a flow map, and every end of a flow in it.

    Parameters
    ----------
    ends : ids of places, or names of regions.
    places : id, name, x, y (degrees). Optional: study.
    anchors : name of a region -> longitude, latitude. A region never widens the frame: its anchor is only a convention.
    projection : PROJ string, centred on the study.
    width : of the map, inches.
    reach : kilometres; see `flow_map`.
    """
    listed = places.drop_duplicates("id").set_index("id")
    marked = "study" in listed.columns
    own = list(listed.index[listed["study"].astype(bool)]) if marked else []
    wanted = list(dict.fromkeys([*ends, *own]))
    lon = [anchors[end][0] if end in anchors else float(listed.at[end, "x"]) for end in wanted]
    lat = [anchors[end][1] if end in anchors else float(listed.at[end, "y"]) for end in wanted]
    points = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326).to_crs(projection)
    at = {end: (point.x, point.y) for end, point in zip(wanted, points, strict=True)}
    away = {end: math.hypot(*xy) / 1000 for end, xy in at.items() if end not in anchors}
    radius = max(away[end] for end in own) if own else float(np.median(list(away.values()) or [0.0]))
    limit = reach or max(_NEAR * radius, _LEAST_REACH)
    inside = [end for end in wanted if end in own or away.get(end, math.inf) <= limit] or wanted
    xs, ys = [at[end][0] for end in inside], [at[end][1] for end in inside]
    # Room for arrows' bends, names and the boxes at the edge.
    pad = max(0.14 * max(max(xs) - min(xs), max(ys) - min(ys)), 150e3)
    bounds = (min(xs) - pad, min(ys) - pad, max(xs) + pad, max(ys) + pad)
    ground = basemap.frame(bounds, width=width, lowest=min(4.6, 0.9 * width), highest=6.2, margin=0.0)
    nodes = {}
    for end in ends:
        point = ground.on_paper(Point(at[end]))
        far = end not in inside and not ground.box.buffer(-0.4).contains(point)
        name = end if end in anchors else str(listed.at[end, "name"])
        turn = _TURNS[round(math.atan2(point.y - ground.height / 2, point.x - ground.width / 2) / (math.pi / 4)) % 8]
        nodes[end] = Node(end, point.x, point.y, end in anchors, far, f"{name} {turn}" if far else name)
    return ground, _to_the_edge(nodes, ground)


def _to_the_edge(nodes: dict[str, Node], ground: basemap.Frame) -> dict[str, Node]:
    """Bring far places to the frame's edge, in their direction from its middle, and keep their boxes apart."""
    moved = dict(nodes)
    for side, group in _sides(nodes, ground).items():
        upright = side in ("left", "right")
        room = ground.height - 2 * _BAND if upright else ground.width - 2 * _EDGE
        start = _BAND if upright else _EDGE
        sizes = [_size(node)[1 if upright else 0] + 0.1 for node in group]
        wanted = [(_crossing(node, ground, upright) - start) / room for node in group]
        for node, share in zip(group, labels.spread(wanted, [size / room for size in sizes]), strict=True):
            wide, tall = _size(node)
            x = {"left": _EDGE + wide / 2, "right": ground.width - _EDGE - wide / 2}.get(side, start + share * room)
            y = {"bottom": _EDGE + tall / 2, "top": ground.height - _EDGE - tall / 2}.get(side, start + share * room)
            moved[node.name] = replace(node, x=x, y=y)
    return moved


def _sides(nodes: dict[str, Node], ground: basemap.Frame) -> dict[str, list[Node]]:
    """Which edge each far place stands at, in order along it; what is too much for top or bottom goes to the sides."""
    sides: dict[str, list[Node]] = {"left": [], "right": [], "bottom": [], "top": []}
    for node in nodes.values():
        if node.far:
            across, up = node.x - ground.width / 2, node.y - ground.height / 2
            level = abs(across) / ground.width >= abs(up) / ground.height
            sides[("right" if across > 0 else "left") if level else ("top" if up > 0 else "bottom")].append(node)
    for side in ("top", "bottom"):
        group = sorted(sides[side], key=lambda node: _crossing(node, ground, False))
        while len(group) > 1 and sum(_size(node)[0] + 0.1 for node in group) > ground.width - 2 * _EDGE:
            outer = [abs(_crossing(node, ground, False) - ground.width / 2) for node in (group[0], group[-1])]
            if outer[0] > outer[1]:
                sides["left"].append(group.pop(0))
            else:
                sides["right"].append(group.pop())
        sides[side] = group
    for side in ("left", "right"):
        sides[side].sort(key=lambda node: _crossing(node, ground, True))
    return sides


def _crossing(node: Node, ground: basemap.Frame, upright: bool) -> float:
    """Where the line from the map's middle to a far place crosses the edge: height, or way from the left."""
    across, up = node.x - ground.width / 2, node.y - ground.height / 2
    if upright:
        return ground.height / 2 + up * (ground.width / 2 / max(abs(across), 1e-6))
    return ground.width / 2 + across * (ground.height / 2 / max(abs(up), 1e-6))


def _size(node: Node) -> tuple[float, float]:
    left, bottom, right, top = node.outline.bounds
    return right - left, top - bottom
