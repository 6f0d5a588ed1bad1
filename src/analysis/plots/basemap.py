"""The ground of every map: an equal-area projection, a frame in inches, land, a scale bar, and places for insets."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
import shapely.affinity
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from analysis.plots import style
from analysis.plots.style import Canvas

BORDER = style.BORDER


@dataclass(frozen=True)
class Frame:
    """A rectangle of the projected plane (left, bottom: metres), and its size in inches (`scale`: inches a metre).

    `strips` are the inches at its left, bottom, right and top that belong to no ground: paper beside the map.
    """

    left: float
    bottom: float
    scale: float
    width: float
    height: float
    strips: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    def on_paper(self, geometry: BaseGeometry) -> BaseGeometry:
        """A projected geometry in inches of the map."""
        return shapely.affinity.affine_transform(
            geometry, [self.scale, 0, 0, self.scale, -self.left * self.scale, -self.bottom * self.scale]
        )

    @property
    def box(self) -> Polygon:
        """The part that shows ground."""
        left, bottom, right, top = self.strips
        return shapely.box(left, bottom, self.width - right, self.height - top)

    def beside(self, left: float, bottom: float, right: float, top: float) -> Frame:
        """The same ground in a larger frame, with strips of paper beside it."""
        width, height = self.width + left + right, self.height + bottom + top
        corner = self.left - left / self.scale, self.bottom - bottom / self.scale
        return Frame(*corner, self.scale, width, height, (left, bottom, right, top))


def frame(bounds: Sequence[float], *, width: float, lowest: float, highest: float, margin: float = 0.05) -> Frame:
    """The frame that holds `bounds` (metres: left, bottom, right, top) and a margin, in a map `width` inches wide.

    The map is as high as the bounds ask for, but between `lowest` and `highest` inches; the rest is sea and neighbours.
    """
    left, bottom, right, top = bounds
    wide, tall = max(right - left, 1.0), max(top - bottom, 1.0)
    pad = margin * max(wide, tall)
    wide, tall = wide + 2 * pad, tall + 2 * pad
    height = min(max(width * tall / wide, lowest), highest)
    scale = min(width / wide, height / tall)
    return Frame((left + right) / 2 - width / scale / 2, (bottom + top) / 2 - height / scale / 2, scale, width, height)


def land(layer: gpd.GeoDataFrame, projection: str, ground: Frame) -> gpd.GeoDataFrame:
    """The part of a layer (EPSG:4326) that the frame shows, in inches of the map.

    It is cut in degrees before it is projected: the far side of the world has no place in an azimuthal projection.
    """
    x = ground.left + np.linspace(-0.1, 1.1, 25) * ground.width / ground.scale
    y = ground.bottom + np.linspace(-0.1, 1.1, 25) * ground.height / ground.scale
    points = gpd.GeoSeries(gpd.points_from_xy(*(grid.ravel() for grid in np.meshgrid(x, y))), crs=projection).to_crs(
        4326
    )
    west, south, east, north = points.total_bounds
    window = shapely.box(max(west - 2, -180), max(south - 2, -90), min(east + 2, 180), min(north + 2, 90))
    seen = layer[layer.intersects(window)].copy()
    seen["geometry"] = shapely.intersection(shapely.make_valid(seen.geometry.to_numpy()), window)
    seen = seen.to_crs(projection)
    # The canvas is cut at the frame anyway; a small overhang keeps the cut edges out of sight.
    around = ground.box.buffer(0.3, join_style="mitre")
    seen["geometry"] = [shapely.make_valid(ground.on_paper(shape)).intersection(around) for shape in seen.geometry]
    return seen[~seen.geometry.is_empty]


def draw(paper: Canvas, shapes: Iterable[BaseGeometry], **rules) -> None:
    """Draw polygons given in inches."""
    for shape in shapes:
        paths = [path for part in _polygons(shape) for path in _rings(part)]
        if paths:
            paper.add(PathPatch(Path.make_compound_path(*paths), **rules))


def scale_bar(paper: Canvas, ground: Frame, corner: Polygon) -> None:
    """A scale bar in a corner; true at the middle of the projection."""
    length, text = _bar_length(ground)
    left, bottom, _, _ = corner.bounds
    x, y = left + 0.06, bottom + 0.07
    paper.plot([x, x, x + length, x + length], [y + 0.05, y, y, y + 0.05], color=style.MUTED, lw=1.1, zorder=18)
    paper.text(
        x + length / 2, y + 0.04, text, size=9, color=style.MUTED, ha="center", va="bottom", zorder=18, gid="scale"
    )


def scale_bar_corner(ground: Frame, busy: BaseGeometry, margin: float = 0.0) -> Polygon:
    """The emptiest corner for a scale bar; `margin` inches around what is drawn are not empty either."""
    length, text = _bar_length(ground)
    return emptiest_corner(ground, max(length, style.text_width(text, 9)) + 0.12, 0.3, busy, margin=margin)


def emptiest_corner(ground: Frame, width: float, height: float, busy: BaseGeometry, margin: float = 0.0) -> Polygon:
    """The corner of the map where a rectangle covers least of what is drawn and of a margin around it."""
    edge = 0.05
    west, south, east, north = ground.box.bounds
    corners = [
        shapely.box(x, y, x + width, y + height)
        for y in (south + edge, north - height - edge)
        for x in (west + edge, east - width - edge)
    ]

    def covered(corner: Polygon) -> float:
        left, bottom, right, top = corner.bounds
        around = 2 * margin + 0.01
        near = shapely.clip_by_rect(busy, left - around, bottom - around, right + around, top + around)
        return corner.intersection(near.buffer(margin)).area

    return min(corners, key=covered)


def draw_strips(paper: Canvas, ground: Frame) -> None:
    """The paper beside the map: white, with a thin line where the ground ends."""
    if any(ground.strips):
        beside = shapely.box(0, 0, ground.width, ground.height).difference(ground.box)
        draw(paper, [beside], facecolor="white", edgecolor=BORDER, lw=1, zorder=2)


def frame_map(paper: Canvas) -> None:
    """A thin line around the map."""
    round_it = [(0, 0), (paper.width, 0), (paper.width, paper.height), (0, paper.height), (0, 0)]
    paper.add(PathPatch(Path(round_it), fill=False, ec=BORDER, lw=1, zorder=30))


def _bar_length(ground: Frame) -> tuple[float, str]:
    room = 0.2 * (ground.width - ground.strips[0] - ground.strips[2]) / ground.scale / 1000  # kilometres
    power = 10 ** math.floor(math.log10(room))
    kilometres = max(step * power for step in (1, 2, 5) if step * power <= room)
    return kilometres * 1000 * ground.scale, f"{kilometres:,.0f} km"


def _polygons(shape: BaseGeometry) -> list[Polygon]:
    if shape.geom_type == "Polygon":
        return [] if shape.is_empty else [shape]
    return [polygon for part in getattr(shape, "geoms", []) for polygon in _polygons(part)]


def _rings(polygon: Polygon) -> list[Path]:
    return [Path(np.asarray(ring.coords)[:, :2], closed=True) for ring in (polygon.exterior, *polygon.interiors)]
