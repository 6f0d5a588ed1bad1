"""Where the ends of flows stand: in the frame, as boxes, at its edge if far, beside the map if without a place."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from analysis.plots import basemap, labels
from bounded.refusal import Refusal

SIZE = 9.5  # points, of names
SIDES = ("left", "bottom", "right", "top")
_NEAR = 1.25  # times the study's own radius: partners within it are inside the frame
_LEAST_REACH = 1800.0  # kilometres, on maps of countries
_TURNS = ("→", "↗", "↑", "↖", "←", "↙", "↓", "↘")
_BAND = 0.42  # inches at the top and the bottom that belong to the boxes there, not to those at the sides
_EDGE = 0.08
_RING = 0.07  # inches between a place and the ring of its own flow


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
    side : the side of the map it stands beside, because it has no place on the ground; "" for all others.
    ring : width of the rings around it, one a kind of flow; 0 where no flow stays within it.
    size : of the text, points.
    """

    name: str
    x: float
    y: float
    region: bool
    far: bool
    text: str
    side: str = ""
    ring: float = 0.0
    size: float = SIZE

    @property
    def boxed(self) -> bool:
        return self.region or self.far or bool(self.side)

    @property
    def outline(self) -> BaseGeometry:
        """The dot or the box."""
        if not self.boxed:
            return Point(self.x, self.y).buffer(0.045)
        width, height = labels.extent(self.text, self.size)
        across, up = width / 2 + 0.06, height / 2 + 0.045
        return shapely.box(self.x - across, self.y - up, self.x + across, self.y + up)

    def ring_line(self, inner: float, width: float) -> BaseGeometry:
        """The middle line of a ring of some width that lies around `inner` inches of other rings."""
        return self.outline.buffer(_RING + inner + width / 2).exterior

    @property
    def with_ring(self) -> BaseGeometry:
        """The dot or the box, and all within the outermost ring."""
        return self.outline.buffer(_RING + self.ring) if self.ring else self.outline

    @property
    def mark(self) -> BaseGeometry:
        """What arrows stop short of: dot or box with its ring."""
        return self.with_ring.buffer(0.035)


def arrange(
    ends: Sequence[str],
    places: pd.DataFrame,
    anchors: Mapping[str, tuple[float, float]],
    projection: str,
    *,
    width: float,
    reach: float | None,
    edges: Mapping[str, str] | None = None,
    pairs: Iterable[tuple[str, str]] = (),
    rings: Mapping[str, float] | None = None,
    boundaries: gpd.GeoDataFrame | None = None,
    heights: tuple[float, float] | None = None,
    size: float = SIZE,
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
    edges : name of an end without a place on the ground -> the side of the map it stands beside.
    pairs : the flows; who stands beside the map stands near those it has flows with.
    rings : name -> width of the ring of the flow within the place.
    boundaries : of areas (area_id, geometry; EPSG:4326): the frame then holds the study's areas as a whole.
    heights : least and greatest height of the ground, inches.
    size : of names, points.
    """
    listed = places.drop_duplicates("id").set_index("id")
    edges, rings = dict(edges or {}), dict(rings or {})
    marked = "study" in listed.columns
    own = list(listed.index[listed["study"].astype(bool)]) if marked else []
    own = [end for end in own if end not in edges]
    grounded = [end for end in ends if end not in edges]
    wanted = list(dict.fromkeys([*grounded, *own]))
    lon = [anchors[end][0] if end in anchors else float(listed.at[end, "x"]) for end in wanted]
    lat = [anchors[end][1] if end in anchors else float(listed.at[end, "y"]) for end in wanted]
    points = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326).to_crs(projection)
    at = {end: (point.x, point.y) for end, point in zip(wanted, points, strict=True)}
    away = {end: math.hypot(*xy) / 1000 for end, xy in at.items() if end not in anchors}
    radius = max(away[end] for end in own) if own else float(np.median(list(away.values()) or [0.0]))
    shapes = _shapes(boundaries, own, projection)
    limit = reach or max(_NEAR * radius, _LEAST_REACH if shapes is None else 0.0)
    inside = [end for end in wanted if end in own or away.get(end, math.inf) <= limit] or wanted
    bounds = _bounds([at[end] for end in inside], shapes)
    strips = [_strip(side, edges, ends, listed, rings, size) for side in SIDES]
    room = width - strips[0] - strips[2]
    lowest, highest = heights or (min(4.6, 0.9 * width), 6.2)
    ground = basemap.frame(bounds, width=room, lowest=lowest, highest=highest, margin=0.0).beside(*strips)
    listing = {end: (end if end in anchors else str(listed.at[end, "name"])) for end in grounded}
    nodes = {
        end: Node(end, *at[end], end in anchors, False, listing[end], "", rings.get(end, 0.0), size) for end in grounded
    }
    placed = _on_paper(nodes, inside, ground)
    if shapes is not None and (sea := _sea_for_boxes(placed, shapes, ground)):
        left, right = sea
        ground = basemap.frame(bounds, width=room - left - right, lowest=lowest, highest=highest, margin=0.0)
        ground = replace(ground.beside(left, 0, right, 0), strips=(0.0, 0.0, 0.0, 0.0)).beside(*strips)
        placed = _on_paper(nodes, inside, ground)
    nodes, middle = _off_the_dots(placed, ground), ground.box.centroid
    for end in ends:
        if end in edges:
            text = str(listed.at[end, "name"]) if end in listed.index else end
            nodes[end] = Node(end, middle.x, middle.y, False, False, text, edges[end], rings.get(end, 0.0), size)
    return ground, _beside(nodes, ground, list(pairs))


def _on_paper(nodes: Mapping[str, Node], inside: Sequence[str], ground: basemap.Frame) -> dict[str, Node]:
    """Nodes given in metres, in inches of the map; far ones at its edge, with an arrow that says where they are."""
    middle, placed = ground.box.centroid, {}
    for end, node in nodes.items():
        point = ground.on_paper(Point(node.x, node.y))
        far = end not in inside and not ground.box.buffer(-0.4).contains(point)
        turn = _TURNS[round(math.atan2(point.y - middle.y, point.x - middle.x) / (math.pi / 4)) % 8]
        text = f"{node.text} {turn}" if far else node.text
        placed[end] = replace(node, x=point.x, y=point.y, far=far, text=text)
    return _to_the_edge(placed, ground)


def _sea_for_boxes(
    nodes: Mapping[str, Node], shapes: gpd.GeoDataFrame, ground: basemap.Frame
) -> tuple[float, float] | None:
    """Inches to add at the left and the right of a map whose study's areas would lie under boxes; None if none does."""
    own = [ground.on_paper(shape).buffer(0.05) for shape in shapes.simplify(0.02 / ground.scale)]
    sea = [0.0, 0.0]
    for node in nodes.values():
        if node.far and shapely.intersects(node.outline, own).any():
            right = int(node.x > ground.box.centroid.x)
            sea[right] = max(sea[right], _size(node)[0] + _EDGE)
    return (sea[0], sea[1]) if any(sea) else None


def check_edges(edges: Mapping[str, str]) -> None:
    """Raise ValueError if a side is none of left, bottom, right, top."""
    for end, side in edges.items():
        if side not in SIDES:
            raise Refusal(
                "unknown_choice",
                f"'{end}' cannot stand at the side '{side}' of the map: use left, right, top or bottom.",
            )


def _shapes(boundaries: gpd.GeoDataFrame | None, own: Sequence[str], projection: str) -> gpd.GeoDataFrame | None:
    """The boundaries of the study's areas, or of all areas where none of them is the study's."""
    if boundaries is None or boundaries.empty:
        return None
    chosen = boundaries[boundaries["area_id"].isin(own)]
    return (chosen if len(chosen) else boundaries).to_crs(projection)


def _bounds(points: Sequence[tuple[float, float]], shapes: gpd.GeoDataFrame | None) -> tuple[float, ...]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    if shapes is not None:
        left, bottom, right, top = shapes.total_bounds
        xs, ys = [*xs, left, right], [*ys, bottom, top]
    # Room for arrows' bends, names and the boxes at the edge; boundaries bring some of it.
    extent = max(max(xs) - min(xs), max(ys) - min(ys))
    pad = max(0.14 * extent, 150e3) if shapes is None else 0.07 * extent
    return min(xs) - pad, min(ys) - pad, max(xs) + pad, max(ys) + pad


def _strip(
    side: str,
    edges: Mapping[str, str],
    ends: Sequence[str],
    listed: pd.DataFrame,
    rings: Mapping[str, float],
    size: float,
) -> float:
    """Inches of paper that the boxes beside one side of the map need."""
    names = [end for end in ends if edges.get(end) == side]
    texts = [str(listed.at[end, "name"]) if end in listed.index else end for end in names]
    drawn = [
        Node(end, 0, 0, False, False, text, side, rings.get(end, 0.0), size)
        for end, text in zip(names, texts, strict=True)
    ]
    across = [_size(node)[0 if side in ("left", "right") else 1] for node in drawn]
    return max(across) + 0.2 if across else 0.0


def _beside(nodes: dict[str, Node], ground: basemap.Frame, pairs: Sequence[tuple[str, str]]) -> dict[str, Node]:
    """Stand those without a place along their side of the map, each near the middle of its partners."""
    placed = dict(nodes)
    west, south, east, north = ground.box.bounds
    for side in SIDES:
        upright = side in ("left", "right")
        group = []
        for node in nodes.values():
            if node.side == side:
                partners = [nodes[b if a == node.name else a] for a, b in pairs if node.name in (a, b) and a != b]
                along = [partner.y if upright else partner.x for partner in partners if not partner.side]
                group.append((float(np.mean(along)) if along else ground.height if upright else ground.width, node))
        group.sort(key=lambda entry: (entry[0], entry[1].name))
        start, room = (south, north - south) if upright else (west, east - west)
        start, room = start + _EDGE, room - 2 * _EDGE
        heights = [(_size(node)[1 if upright else 0] + 0.12) / room for _, node in group]
        for (_, node), share in zip(
            group, labels.spread([(middle - start) / room for middle, _ in group], heights), strict=True
        ):
            x = {"left": west / 2, "right": (east + ground.width) / 2}.get(side, start + share * room)
            y = {"bottom": south / 2, "top": (north + ground.height) / 2}.get(side, start + share * room)
            placed[node.name] = replace(node, x=x, y=y)
    return placed


def _to_the_edge(nodes: dict[str, Node], ground: basemap.Frame) -> dict[str, Node]:
    """Bring far places to the frame's edge, in their direction from its middle, and keep their boxes apart."""
    moved = dict(nodes)
    west, south, east, north = ground.box.bounds
    for side, group in _sides(nodes, ground).items():
        upright = side in ("left", "right")
        start, end = (south + _BAND, north - _BAND) if upright else (west + _EDGE, east - _EDGE)
        room = end - start
        sizes = [_size(node)[1 if upright else 0] + 0.1 for node in group]
        wanted = [(_crossing(node, ground, upright) - start) / room for node in group]
        for node, share in zip(group, labels.spread(wanted, [size / room for size in sizes]), strict=True):
            wide, tall = _size(node)
            x = {"left": west + _EDGE + wide / 2, "right": east - _EDGE - wide / 2}.get(side, start + share * room)
            y = {"bottom": south + _EDGE + tall / 2, "top": north - _EDGE - tall / 2}.get(side, start + share * room)
            moved[node.name] = replace(node, x=x, y=y)
    return moved


def _off_the_dots(nodes: dict[str, Node], ground: basemap.Frame) -> dict[str, Node]:
    """Slide boxes along the edge that would hide a place, as little as is needed."""
    moved = dict(nodes)
    west, south, east, north = ground.box.buffer(-_EDGE / 2).bounds
    dots = shapely.union_all([node.mark for node in nodes.values() if not node.boxed])
    for node in nodes.values():
        if not node.far or not node.outline.intersects(dots):
            continue
        others = [other.outline.buffer(0.05) for other in moved.values() if other.boxed and other.name != node.name]
        taken = shapely.union_all([dots, *others])
        upright = min(node.x - west, east - node.x) < min(node.y - south, north - node.y)
        for step in (sign * 0.06 * n for n in range(1, 40) for sign in (1, -1)):
            there = replace(node, y=node.y + step) if upright else replace(node, x=node.x + step)
            if shapely.box(west, south, east, north).contains(there.outline) and not there.outline.intersects(taken):
                moved[node.name] = there
                break
    return moved


def _sides(nodes: dict[str, Node], ground: basemap.Frame) -> dict[str, list[Node]]:
    """Which edge each far place stands at, in order along it; what is too much for top or bottom goes to the sides."""
    sides: dict[str, list[Node]] = {"left": [], "right": [], "bottom": [], "top": []}
    middle, (west, south, east, north) = ground.box.centroid, ground.box.bounds
    for node in nodes.values():
        if node.far:
            across, up = node.x - middle.x, node.y - middle.y
            level = abs(across) / (east - west) >= abs(up) / (north - south)
            sides[("right" if across > 0 else "left") if level else ("top" if up > 0 else "bottom")].append(node)
    for side in ("top", "bottom"):
        group = sorted(sides[side], key=lambda node: _crossing(node, ground, False))
        while len(group) > 1 and sum(_size(node)[0] + 0.1 for node in group) > east - west - 2 * _EDGE:
            outer = [abs(_crossing(node, ground, False) - middle.x) for node in (group[0], group[-1])]
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
    middle, (west, south, east, north) = ground.box.centroid, ground.box.bounds
    across, up = node.x - middle.x, node.y - middle.y
    if upright:
        return middle.y + up * ((east - west) / 2 / max(abs(across), 1e-6))
    return middle.x + across * ((north - south) / 2 / max(abs(up), 1e-6))


def _size(node: Node) -> tuple[float, float]:
    """Width and height of a node's box with its ring."""
    left, bottom, right, top = node.with_ring.bounds
    return right - left, top - bottom
