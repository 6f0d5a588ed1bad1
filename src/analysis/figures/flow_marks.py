"""What every map of flows draws alike: land, arrows and rings, places with their names, and the entries of the key."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.patches import Circle
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from analysis.figures import arrows, basemap, key, labels, nodes, style
from analysis.figures.canvas import Canvas
from analysis.figures.classes import class_breaks, class_labels, class_of
from analysis.figures.flow_table import COLOURED, UNKNOWN, size
from bounded.refusal import Refusal

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
            arrows.between(
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
