"""The ground of every map: land around a study's areas, a frame and a scale bar, in an equal-area projection.

A map is drawn on matplotlib's axes in metres of the projection:

    limits, tall = basemap.view(areas.total_bounds, width=ROOM, lowest=3.6, highest=6.2)
    page = Page(title=title, footer=footer)
    axes = basemap.map_axes(page.subplots(), limits)
    basemap.draw_land(axes, world, projection, study=areas.union_all())
    for shape in areas.geometry:
        basemap.draw_area(axes, shape, facecolor="white", edgecolor=OUTLINE, linewidth=0.7, zorder=4)
    basemap.draw_scale_bar(axes, areas.union_all())
    page.fit(tall)
    basemap.write_names(axes, [basemap.Name(shape, [name]) for shape, name in zip(areas.geometry, areas["name"])])
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from mpl_toolkits.axes_grid1.anchored_artists import AnchoredSizeBar
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from analysis.plots.style import BORDER, LAND, MIST, MUTED, number, on, text_width

_TINY = 0.006  # square inches of the largest island, below which its colour cannot be seen

Bounds = tuple[float, float, float, float]  # left, bottom, right, top: metres


def view(
    bounds: Sequence[float], *, width: float, lowest: float, highest: float, margin: float = 0.06
) -> tuple[Bounds, float]:
    """The part of the projected plane that a map shows, and the inches that it is high, for `Page.fit`.

    Parameters
    ----------
    bounds : what must be seen (metres: left, bottom, right, top), as GeoDataFrame.total_bounds gives it.
    width : inches of the map's axes.
    lowest, highest : inches of its height; beyond them the map shows more sea and more neighbours.
    margin : share of the longer side that is left free on all sides.
    """
    left, bottom, right, top = bounds
    wide, tall = max(right - left, 1.0), max(top - bottom, 1.0)
    pad = margin * max(wide, tall)
    wide, tall = wide + 2 * pad, tall + 2 * pad
    height = min(max(width * tall / wide, lowest), highest)
    metres = max(wide / width, tall / height)  # an inch
    x, y, half, up = (left + right) / 2, (bottom + top) / 2, width * metres / 2, height * metres / 2
    return (x - half, y - up, x + half, y + up), height


def map_axes(axes: Axes, limits: Bounds) -> Axes:
    """Make axes a map that shows `limits` (see `view`): equal aspect, no ticks, a thin line around it.

    Before `Page.fit`; limits and place are final then, and labels may be placed.
    """
    axes.set(xlim=limits[::2], ylim=limits[1::2], xticks=[], yticks=[])
    axes.set_aspect("equal", adjustable="box")
    axes.grid(visible=False)
    axes.spines[:].set(visible=True, color=BORDER, linewidth=1, zorder=30)
    return axes


def draw_land(
    axes: Axes,
    layers: gpd.GeoDataFrame | Sequence[gpd.GeoDataFrame] | None,
    projection: str,
    *,
    study: BaseGeometry | None = None,
) -> None:
    """Draw the land around the areas of a study in pale greys; `map_axes` comes first.

    Parameters
    ----------
    layers : polygons with any coordinate system, the lowest layer first.
    projection : that of the map, as a PROJ string.
    study : the areas that are drawn themselves (metres): a coarser outline of one would show as a ghost around it.
    """
    limits = (*axes.get_xlim(), *axes.get_ylim())
    draw_seen_land(axes, seen_land(layers, projection, (limits[0], limits[2], limits[1], limits[3]), study))


def draw_seen_land(axes: Axes, found: Sequence[Sequence[Polygon]]) -> None:
    """Draw what `seen_land` has found: for several maps of one ground it is looked for once."""
    for depth, parts in enumerate(found):
        draw_area(axes, shapely.MultiPolygon(parts), facecolor=LAND if depth == 0 else MIST, edgecolor=BORDER,
                  linewidth=0.5, zorder=1, gid="land")  # fmt: skip


def seen_land(
    layers: gpd.GeoDataFrame | Sequence[gpd.GeoDataFrame] | None,
    projection: str,
    limits: Bounds,
    study: BaseGeometry | None = None,
) -> list[list[Polygon]]:
    """The polygons of each layer that a map of `limits` shows, in metres; see `draw_land`.

    They are cut in degrees before they are projected: the far side of the world has no place in an azimuthal
    projection.
    """
    left, bottom, right, top = limits
    over = 0.15 * max(right - left, top - bottom)
    x, y = (np.linspace(low - over, high + over, 25) for low, high in ((left, right), (bottom, top)))
    grid = gpd.GeoSeries(gpd.points_from_xy(*(each.ravel() for each in np.meshgrid(x, y))), crs=projection)
    west, south, east, north = grid.to_crs(4326).total_bounds
    window = shapely.box(max(west - 2, -180), max(south - 2, -90), min(east + 2, 180), min(north + 2, 90))
    around = shapely.box(left - over, bottom - over, right + over, top + over)
    found = []
    for layer in [layers] if isinstance(layers, gpd.GeoDataFrame) else layers or []:
        degrees = layer.to_crs(4326).geometry.to_numpy()
        degrees = shapely.make_valid(degrees[shapely.intersects(shapely.envelope(degrees), window)])
        cut = shapely.intersection(degrees[shapely.intersects(degrees, window)], window)
        flat = shapely.make_valid(gpd.GeoSeries(cut, crs=4326).to_crs(projection).to_numpy())
        parts = np.array([part for shape in shapely.intersection(flat, around) for part in _polygons(shape)], object)
        if study is not None and len(parts):
            covered = shapely.area(shapely.intersection(parts, study))
            parts = parts[covered <= 0.5 * shapely.area(parts)]
        found.append(list(parts))
    return found


def draw_area(axes: Axes, shape: BaseGeometry, **rules) -> PathPatch | None:
    """Draw one shape of polygons (metres) as one patch; `rules` are those of a matplotlib patch, as `gid`."""
    paths = [path for part in _polygons(shape) for path in _rings(part)]
    if not paths:
        return None
    patch = PathPatch(Path.make_compound_path(*paths), **rules)
    axes.add_artist(patch)
    return patch


def draw_scale_bar(axes: Axes, busy: BaseGeometry | None = None) -> Artist:
    """Draw a scale bar in the emptiest corner; true at the middle of the projection. Its `gid` is "scale".

    Parameters
    ----------
    busy : what is drawn (metres), which the bar had better not cover.

    Returns
    -------
    The bar, whose `get_window_extent` says what labels have to keep clear of.
    """
    left, right = axes.get_xlim()
    room = 0.2 * (right - left) / 1000  # kilometres
    power = 10 ** math.floor(math.log10(room))
    kilometres = max(step * power for step in (1, 2, 5) if step * power <= room)
    corner = emptiest(axes, 1000 * kilometres / (right - left) + 0.05, 0.08, busy)
    bar = AnchoredSizeBar(axes.transData, 1000 * kilometres, f"{number(kilometres)} km", loc=corner, pad=0.2,
                          borderpad=0.4, sep=2, label_top=True, frameon=False, color=MUTED,
                          fontproperties=FontProperties(size=9))  # fmt: skip
    bar.set(gid="scale", zorder=18)
    axes.add_artist(bar)
    return bar


def emptiest(axes: Axes, width: float, height: float, busy: BaseGeometry | None) -> str:
    """The corner ("lower left") where a rectangle, in shares of the axes, covers least of what is drawn."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    wide, tall = width * (right - left), height * (top - bottom)
    corners = {
        f"{up} {across}": shapely.box(x, y, x + wide, y + tall)
        for up, y in (("lower", bottom), ("upper", top - tall))
        for across, x in (("left", left), ("right", right - wide))
    }
    empty = shapely.Polygon() if busy is None else busy
    return min(corners, key=lambda corner: shapely.clip_by_rect(empty, *corners[corner].bounds).area)


def visible(areas: gpd.GeoSeries, metres: float) -> dict[str, BaseGeometry]:
    """Each area by its index as it is drawn: one too small to show a colour is a field around it, it itself left white.

    Parameters
    ----------
    areas : shapes in metres.
    metres : of an inch of the map.
    """
    found = {}
    for name, shape in areas.items():
        found[str(name)] = shape
        if max(shapely.area(shapely.get_parts(shape)), default=0) < _TINY * metres**2:
            field = shape.envelope.buffer(0.05 * metres)
            # Amid other areas a field would cover them.
            if not areas.drop(name).intersects(field).any():
                found[str(name)] = field.difference(shape)
    return found


def path_data(shape: BaseGeometry, limits: Bounds, metres: float) -> str:
    """Polygons as the path data of an SVG, in tenths of a pixel from the map's upper left corner.

    Simplified to half a pixel; what is smaller than a third of a pixel is left out.

    Parameters
    ----------
    shape : polygons in metres.
    limits : what the map shows; see `view`.
    metres : of a pixel.
    """
    commands = []
    for polygon in _polygons(shapely.simplify(shape, 0.5 * metres)):
        if polygon.area < 0.3 * metres**2:
            continue
        for ring in (polygon.exterior, *polygon.interiors):
            # Steps between rounded points: what is rounded does not add up.
            at = (np.asarray(ring.coords)[:-1, :2] - [limits[0], limits[3]]) * [10 / metres, -10 / metres]
            at = np.rint(at).astype(int)
            steps = np.diff(at, axis=0)
            steps = steps[steps.any(axis=1)]
            if len(steps) >= 2:
                # With spaces, a row of numbers could be read as a telephone number.
                numbers = ",".join(f"{x},{y}" for x, y in steps)
                commands.append(f"M{at[0, 0]},{at[0, 1]}l{numbers}z")
    return "".join(commands)


@dataclass(frozen=True)
class Name:
    """A text that is written on an area, or beside it.

    Parameters
    ----------
    region : the area (metres).
    texts : the first that fits into the area is written; where none does, the last, beside it.
    ground : colour of the area.
    gid : of the text, as "label:SEN".
    """

    region: BaseGeometry
    texts: Sequence[str]
    ground: str = "white"
    bold: bool = False
    gid: str = ""


def write_names(axes: Axes, names: Sequence[Name], *, size: float = 10, keep_clear: Sequence[Artist] = ()) -> None:
    """Write names on a map so that none covers another, nor a foreign area; after `Page.fit`.

    Parameters
    ----------
    size : points.
    keep_clear : what no name may cover: the scale bar.
    """
    pixels, metres = axes.transData.transform, axes.transData.inverted().transform
    regions = [shapely.simplify(shapely.transform(name.region, pixels), 1) for name in names]
    extents = [[_extent(axes, text, size, name.bold) for text in name.texts] for name in names]
    taken = [shapely.box(*artist.get_window_extent().extents) for artist in keep_clear]
    placed: dict[int, tuple[str, Polygon, str]] = {}
    for at, (name, region) in enumerate(zip(names, regions, strict=True)):
        for text, extent in zip(name.texts, extents[at], strict=True):
            if (box := _inside(region, *extent, taken)) is not None:
                placed[at] = text, box, name.ground
                taken.append(box)
                break
    frame = shapely.box(*axes.get_window_extent().extents).buffer(-3, join_style="mitre")
    # Small areas have the fewest places beside them.
    for at in sorted(set(range(len(names))) - set(placed), key=lambda at: regions[at].area):
        others = shapely.union_all([region for other, region in enumerate(regions) if other != at])
        box, leader = _beside(regions[at], others, *extents[at][-1], taken, frame)
        placed[at] = names[at].texts[-1], box, "white"
        taken.append(box)
        if leader is not None:
            taken.append(leader.buffer(1))
            axes.plot(*metres(leader.coords).T, color=MUTED, linewidth=0.7, zorder=19, gid="leader")
            axes.plot(*metres(leader.coords[:1]).T, "o", color=MUTED, markersize=2.2, zorder=19)
    for at, (text, box, ground) in sorted(placed.items()):
        x, y = metres(box.centroid.coords)[0]
        axes.text(x, y, text, size=size, ha="center", va="center", linespacing=1.1,
                  weight="bold" if names[at].bold else "normal", color=on(ground), zorder=20, gid=names[at].gid,
                  path_effects=[withStroke(linewidth=2.6, foreground=ground)])  # fmt: skip


def _extent(axes: Axes, text: str, size: float, bold: bool) -> tuple[float, float]:
    """Width and height of a text in pixels, with a little room."""
    dots = cast(Figure, axes.get_figure(root=True)).dpi
    lines = text.count("\n") + 1
    return text_width(text, size, bold) * dots + 4, size * (1.1 * 1.17 * (lines - 1) + 1.1) / 72 * dots


def _inside(region: BaseGeometry, wide: float, tall: float, taken: Sequence[BaseGeometry]) -> Polygon | None:
    """The place in an area where a text fits: nearly all of it inside, and near the middle."""
    part = max(shapely.get_parts(region), key=shapely.area)
    left, bottom, right, top = part.bounds
    if 0.8 * wide > right - left or 0.8 * tall > top - bottom:
        return None
    x, y = (
        each.ravel() for each in np.meshgrid(np.linspace(left, right, 26)[1:-1], np.linspace(bottom, top, 26)[1:-1])
    )
    boxes = shapely.box(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)
    # Most boxes lie wholly inside or outside; only the others are cut.
    shapely.prepare(part)
    share = shapely.covers(part, boxes).astype(float)
    cut = (share == 0) & shapely.intersects(part, boxes)
    share[cut] = shapely.area(shapely.intersection(boxes[cut], part)) / (wide * tall)
    share[shapely.intersects(boxes, shapely.union_all(list(taken)))] = 0
    cost = 3 * (1 - share) + 0.4 * np.hypot(x - part.centroid.x, y - part.centroid.y) / np.hypot(wide, tall)
    best = int(np.argmin(np.where(share > 0.86, cost, np.inf)))
    return boxes[best] if share[best] > 0.86 else None


def _beside(
    region: BaseGeometry, others: BaseGeometry, wide: float, tall: float, taken: Sequence[BaseGeometry], frame: Polygon
) -> tuple[Polygon, LineString | None]:
    """The free place nearest to an area, and a line to it where the name could be taken for a neighbour's."""
    full, start = shapely.union_all(list(taken)), region.representative_point()
    for reach in (40.0, 160.0, max(frame.bounds)):
        left, bottom, right, top = region.envelope.buffer(reach).intersection(frame).bounds
        step = 4 if reach < 200 else 8
        x, y = (
            each.ravel()
            for each in np.meshgrid(
                np.arange(left - wide / 2, right + wide / 2, step), np.arange(bottom - tall / 2, top + tall / 2, step)
            )
        )
        boxes = shapely.box(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)
        free = shapely.contains(frame, boxes) & ~shapely.intersects(boxes, full)
        near, far = shapely.distance(boxes, region), np.full(len(boxes), np.inf)
        far[free] = shapely.distance(boxes[free], others)
        free &= (near > 3) & (far > 3)
        unclear = (near > 10) | (far < near + 6)
        # Right of an area is read first, then left, then above and below.
        askew = np.abs(y - start.y) / (np.abs(x - start.x) + np.abs(y - start.y) + 1e-9)
        cost = near + 14 * unclear + 4 * askew + 2 * (x < start.x)
        for at in np.flatnonzero(free)[np.argsort(cost[free], kind="stable")][:200]:
            if not unclear[at]:
                return boxes[at], None
            leader = LineString([start, shapely.shortest_line(boxes[at], start).coords[0]])
            if not leader.intersects(full):
                return boxes[at], leader
    middle = region.representative_point()
    return shapely.box(middle.x - wide / 2, middle.y - tall / 2, middle.x + wide / 2, middle.y + tall / 2), None


def _polygons(shape: BaseGeometry) -> list[Polygon]:
    if shape.geom_type == "Polygon":
        return [] if shape.is_empty else [shape]
    return [polygon for part in getattr(shape, "geoms", []) for polygon in _polygons(part)]


def _rings(polygon: Polygon) -> list[Path]:
    return [Path(np.asarray(ring.coords)[:, :2], closed=True) for ring in (polygon.exterior, *polygon.interiors)]
