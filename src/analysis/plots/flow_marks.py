"""The shape of a flow on a map: a curved arrow that grows towards its head, so that its direction is read at a glance.

All lengths are inches of the map.

What every map of flows draws alike: land, arrows and rings, places with their names, and the entries of the key.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.patches import Circle
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from analysis.plots import basemap, key, labels, nodes, style
from analysis.plots.choropleth import class_breaks, class_labels, class_of
from analysis.plots.flow_table import COLOURED, UNKNOWN, size
from analysis.plots.style import Canvas
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


WIDTHS = (0.022, 0.05, 0.082, 0.118)  # inches
_AREA, _OTHER_AREA, _OWN_AREA = style.FAINT, style.MIST, style.STONE
_REGION = style.SAND
_HATCH = "//////"
_APART = 0.025  # inches between the rings of two kinds
Shape = tuple[LineString, BaseGeometry]


def breaks_of(drawn: pd.DataFrame) -> list[float]:
    """Bounds of the classes of width."""
    return class_breaks(size(drawn), len(WIDTHS))


def width_of(row, breaks: Sequence[float], thickness: float = 1.0) -> float:
    """Width of a flow's arrow, inches; `thickness` times what it is on a map of full size."""
    return thickness * WIDTHS[class_of(row.high if np.isfinite(row.high) else row.low, breaks)]


def rings_of(drawn: pd.DataFrame, breaks: Sequence[float], thickness: float = 1.0) -> dict[str, float]:
    """Width of the rings around each place that has one; those of several kinds lie around one another."""
    within = drawn[drawn["origin"] == drawn["destination"]]
    found: dict[str, float] = {}
    for row in within.itertuples():
        inner = found[row.origin] + _APART if row.origin in found else 0.0
        found[row.origin] = inner + width_of(row, breaks, thickness)
    return found


def shapes_of(
    drawn: pd.DataFrame,
    stations: Mapping[str, nodes.Node],
    breaks: Sequence[float],
    ground: basemap.Frame,
    thickness: float = 1.0,
) -> list[Shape]:
    """The middle line and the area of each flow: an arrow, or a ring where origin and destination are one."""
    widths = [width_of(row, breaks, thickness) for row in drawn.itertuples()]
    pairs = list(zip(drawn["origin"], drawn["destination"], strict=True))
    going = [n for n, (origin, destination) in enumerate(pairs) if origin != destination]
    made = dict(
        zip(
            going,
            between(
                [pairs[n] for n in going],
                [widths[n] for n in going],
                {name: (node.x, node.y) for name, node in stations.items()},
                {name: node.mark for name, node in stations.items()},
                shapely.box(0, 0, ground.width, ground.height),
            ),
            strict=True,
        )
    )
    found: list[Shape] = []
    inner: dict[str, float] = {}
    for n, (origin, _) in enumerate(pairs):
        if n in made:
            found.append(made[n])
            continue
        ring = stations[origin].ring_line(inner.get(origin, 0.0), widths[n])
        inner[origin] = inner.get(origin, 0.0) + widths[n] + _APART
        found.append((LineString(ring.coords), ring.buffer(widths[n] / 2)))
    return found


def colours_of(drawn: pd.DataFrame, highlight: str | None) -> list[str]:
    """One colour a flow: that of the highlighted place, of its kind, or one for all; grey from the sixteenth on.

    Raises
    ------
    ValueError : more than four kinds.
    """
    if highlight is not None:
        own = (drawn["origin"] == highlight) | (drawn["destination"] == highlight)
        return [style.HIGHLIGHT if chosen else style.CONTEXT for chosen in own]
    small = np.arange(len(drawn)) >= COLOURED
    if "kind" not in drawn.columns:
        return [style.CONTEXT if grey else style.BLUE for grey in small]
    kinds = list(dict.fromkeys(drawn["kind"].astype(str)))
    shades = (style.BLUE, style.ORANGE, style.BLACK, style.PURPLE)
    if len(kinds) > len(shades):
        raise Refusal(
            "too_many_kinds", f"{len(kinds)} kinds of flows cannot be told apart on one map: use at most {len(shades)}."
        )
    return [
        style.CONTEXT if grey else shades[kinds.index(kind)]
        for grey, kind in zip(small, drawn["kind"].astype(str), strict=True)
    ]


def draw_land(
    paper: Canvas,
    world: gpd.GeoDataFrame,
    places: pd.DataFrame,
    projection: str,
    ground: basemap.Frame,
    boundaries: gpd.GeoDataFrame | None = None,
    highlight: str | None = None,
) -> None:
    """Land in light grey, the study's own areas a little darker."""
    own = set(places.loc[places["study"].astype(bool), "id"]) if "study" in places.columns else set()
    seen = basemap.land(world, projection, ground)
    listed: dict[str, BaseGeometry] = {}
    if boundaries is not None and len(boundaries):
        within = basemap.land(boundaries, projection, ground)
        within = within.assign(geometry=within.geometry.simplify(0.006))
        seen = seen[~_covered(seen, within)]
        listed = dict(zip(within["area_id"], within.geometry, strict=True))
    basemap.draw(paper, seen.geometry, facecolor=style.LAND, edgecolor=basemap.BORDER, lw=0.5, zorder=1)
    if "area_id" in seen.columns:
        countries = seen[seen["area_id"].isin(own)]
        basemap.draw(paper, countries.geometry, facecolor=_AREA, edgecolor=basemap.BORDER, lw=0.5, zorder=1)
    for area_id, shape in listed.items():
        face = _OWN_AREA if area_id in own or not own else _OTHER_AREA
        basemap.draw(paper, [shape], facecolor=face, edgecolor="white", lw=0.7, zorder=1)
        if area_id == highlight:
            basemap.draw(paper, [shape], facecolor="none", edgecolor=style.HIGHLIGHT, lw=1.4, zorder=3)
    basemap.draw_strips(paper, ground)


def _covered(countries: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> np.ndarray:
    """Which countries are for the most part made of the areas: two outlines of one coast would lie side by side."""
    points, sizes = areas.geometry.representative_point(), areas.geometry.area
    found = []
    for country in countries.geometry:
        inside = points.within(country.buffer(0.03))
        found.append(sizes[inside].sum() > 0.6 * country.area)
    return np.array(found, dtype=bool)


def draw_flows(paper: Canvas, drawn: pd.DataFrame, shapes: Sequence[Shape], colours: Sequence[str]) -> None:
    """The widest lie lowest, grey ones below all; what is known only as an interval is pale, unknown ends hatched."""
    grey = style.CONTEXT in colours and len(set(colours)) > 1
    for place in sorted(range(len(drawn)), key=lambda i: -shapes[i][1].area):
        row, colour = drawn.iloc[place], colours[place]
        rules = {"facecolor": colour, "edgecolor": "white", "lw": 0.5, "alpha": 0.92}
        if UNKNOWN in (row["origin"], row["destination"]):
            rules = {"facecolor": "white", "edgecolor": colour, "lw": 0.8, "hatch": _HATCH}
        elif row["low"] != row["high"]:
            rules = {"facecolor": _tint(colour), "edgecolor": colour, "lw": 1.0, "alpha": 0.95}
        if grey and colour == style.CONTEXT:
            rules |= {"alpha": 0.55}
        upper = colour == style.HIGHLIGHT
        lower = grey and colour == style.CONTEXT
        basemap.draw(paper, [shapes[place][1]], zorder=9 if upper else 7 if lower else 8, **rules)


def _tint(colour: str) -> str:
    return "#" + "".join(f"{round(255 - 0.35 * (255 - int(colour[i : i + 2], 16))):02x}" for i in (1, 3, 5))


def draw_nodes(paper: Canvas, stations: Mapping[str, nodes.Node], highlight: str | None) -> None:
    """Dots, and boxes with their names: dashed for regions, hatched for what is not known."""
    for node in stations.values():
        chosen = node.name == highlight
        if not node.boxed:
            colour = style.HIGHLIGHT if chosen else style.INK
            paper.add(Circle((node.x, node.y), 0.045, facecolor=colour, edgecolor="white", lw=0.7, zorder=12))
            continue
        unknown = node.name == UNKNOWN
        basemap.draw(
            paper,
            [node.outline],
            facecolor=_REGION if node.region else "white",
            edgecolor=style.MUTED,
            lw=1.3 if node.region or unknown else 0.7,
            ls="--" if node.region or unknown else "-",
            zorder=12,
        )
        if unknown:
            basemap.draw(paper, [node.outline], facecolor="none", edgecolor=style.FAINT, lw=0, hatch="////", zorder=12)
        paper.text(
            node.x,
            node.y,
            node.text,
            size=node.size,
            ha="center",
            va="center",
            weight="bold" if chosen else "normal",
            style="italic" if node.region or unknown else "normal",
            zorder=13,
            gid=f"label:{node.name}",
        )


def names_of(
    stations: Mapping[str, nodes.Node],
    within: Mapping[str, str] | None = None,
    highlight: str | None = None,
    regions: Mapping[str, tuple[str, BaseGeometry]] | None = None,
) -> list[labels.Label]:
    """Labels of the places that are dots, and of areas that no flow touches.

    Parameters
    ----------
    within : id of a place -> text of the flow within it, written below the name: beside it, it could be a neighbour's.
    regions : id of an area -> its name and shape.
    """
    wanted, counts = [], within or {}
    for node in stations.values():
        if not node.boxed:
            bold = node.name == highlight
            text = f"{node.text}\n○ {counts[node.name]}" if node.name in counts else node.text
            extent = labels.extent(text, node.size, bold)
            candidates = labels.beside(node.with_ring, *extent, reach=(0.025, 0.06, 0.12, 0.2, 0.3, 0.45))
            wanted.append(labels.Label(node.name, text, node.size, candidates, bold))
    for area_id, (name, shape) in (regions or {}).items():
        extent = labels.extent(name, style.LEAST)
        candidates = [*labels.within(shape, *extent), *labels.beside(shape, *extent, reach=(0.03, 0.08, 0.2))]
        wanted.append(labels.Label(area_id, name, style.LEAST, candidates, optional=True))
    return wanted


def within_of(drawn: pd.DataFrame, colours: Sequence[str]) -> dict[str, str]:
    """The texts of the flows within each place that are in colour."""
    found: dict[str, list[str]] = {}
    for place, row in enumerate(drawn.to_dict("records")):
        if row["origin"] == row["destination"] and str(row["text"]).strip() and told(colours, place):
            found.setdefault(row["origin"], []).append(str(row["text"]).strip())
    return {name: " + ".join(texts) for name, texts in found.items()}


def numbers_of(
    drawn: pd.DataFrame,
    stations: Mapping[str, nodes.Node],
    shapes: Sequence[Shape],
    colours: Sequence[str],
    letters: float = 9,
) -> list[labels.Label]:
    """Labels of the flows that are in colour and not yet in a name: the text of each, upon or beside its arrow."""
    wanted = []
    for place, row in enumerate(drawn.to_dict("records")):
        text = str(row["text"]).strip()
        ring = row["origin"] == row["destination"]
        if not text or not told(colours, place) or (ring and not stations[row["origin"]].boxed):
            continue
        extent = labels.extent(text, letters)
        if ring:
            around = shapely.Polygon(shapes[place][1].exterior)
            candidates = labels.beside(around, *extent, reach=(0.02, 0.05, 0.09))
        else:
            candidates = labels.along(shapes[place][0], *extent, 0.09)
        wanted.append(labels.Label(f"flow {place}", text, letters, candidates, optional=True, plate=True))
    return wanted


def told(colours: Sequence[str], place: int) -> bool:
    """Whether a flow's number is written: not that of the grey ones among coloured ones."""
    return colours[place] != style.CONTEXT or len(set(colours)) == 1


def place_labels(
    wanted: Sequence[labels.Label],
    stations: Mapping[str, nodes.Node],
    shapes: Sequence[Shape],
    ground: basemap.Frame,
    obstacles: Sequence[BaseGeometry] = (),
) -> list[labels.Placed]:
    """A place for each label, off the boxes and dots, and off the arrows where that can be."""
    boxes = [node.outline for node in stations.values() if node.boxed]
    points = [node.outline.buffer(0.01) for node in stations.values() if not node.boxed]
    flows = [(f"flow {place}", shape, 2.0) for place, (_, shape) in enumerate(shapes)]
    return labels.place(
        wanted, width=ground.width, height=ground.height, obstacles=[*obstacles, *boxes, *points], avoid=flows
    )


def key_of(
    drawn: pd.DataFrame,
    stations: Collection[nodes.Node],
    breaks: Sequence[float],
    colours: Sequence[str],
    highlight: str | None,
    places: pd.DataFrame,
    thickness: float = 1.0,
) -> list[key.Entry]:
    """The classes of width, and each mark that the map has."""
    amounts = drawn["high"][np.isfinite(drawn["high"])]
    whole = bool((amounts == amounts.round()).all())
    shade = style.MUTED if highlight or "kind" in drawn.columns else style.BLUE
    listed = [
        key.arrow(text, shade, thickness * width)
        for text, width in zip(class_labels(breaks, whole), WIDTHS, strict=False)
    ]
    grey = [place for place in range(len(drawn)) if not told(colours, place)]
    if "kind" in drawn.columns and highlight is None:
        listed += [
            key.patch(str(kind), colour, colour)
            for kind, colour in dict(zip(drawn["kind"], colours, strict=True)).items()
            if colour != style.CONTEXT
        ]
    if highlight is not None:
        name = places.set_index("id")["name"].get(highlight, highlight)
        listed.append(key.patch(f"from or to {name}", style.HIGHLIGHT, style.HIGHLIGHT))
    if grey:
        text = "between other places" if highlight is not None else f"all but the {COLOURED} largest"
        listed.append(key.patch(text, style.CONTEXT, "white", alpha=0.55))
    unknown = (drawn["origin"] == UNKNOWN) | (drawn["destination"] == UNKNOWN)
    if unknown.any():
        listed.append(key.patch("hatched: one end is not known", "white", shade, _HATCH))
    if ((drawn["low"] != drawn["high"]) & ~unknown).any():
        text = "pale: known only as an interval, drawn at its upper end"
        text += "" if np.isfinite(drawn["high"]).all() else "; ≥ at its lower"
        listed.append(key.patch(text, _tint(shade), shade))
    if (drawn["origin"] == drawn["destination"]).any():
        listed.append(key.ring("ring: within one place", shade))
    if any(node.region for node in stations):
        listed.append(key.patch("a region, not a country", _REGION, style.MUTED, ls="--"))
    if any(node.far for node in stations):
        listed.append(key.patch("beyond the map, in the direction of the arrow", "white", style.MUTED))
    if any(node.side and node.name != UNKNOWN for node in stations):
        listed.append(key.patch("beside the map: not one place", "white", style.MUTED))
    return listed


def crowded(
    drawn: pd.DataFrame,
    placed: Collection[labels.Placed],
    stations: Mapping[str, nodes.Node],
    colours: Sequence[str],
) -> str:
    """The texts of coloured flows that found no room on the map; "" if all did."""
    written = {entry.label.name for entry in placed}
    lines = [
        f"{stations[row.origin].text} to {stations[row.destination].text}: {row.text}"
        for row in drawn.itertuples()
        if str(row.text).strip()
        and told(colours, row.Index)
        and (row.origin != row.destination or stations[row.origin].boxed)
        and f"flow {row.Index}" not in written
    ]
    return f"Drawn without its text for want of room: {'; '.join(lines)}." if lines else ""
