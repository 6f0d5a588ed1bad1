"""Maps of flows between places: curved arrows whose width is a class, rings for flows within a place, regions as boxes.

The frame fits the study and what is near it; places further off stand at the frame's edge, in their direction.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from analysis.figures import arrows, basemap, islands, key, labels, nodes, style
from analysis.figures.canvas import Canvas
from analysis.figures.classes import class_breaks, class_labels, class_of

WIDTHS = (0.022, 0.05, 0.082, 0.118)  # inches


@style.styled
def flow_map(
    flows: pd.DataFrame,
    places: pd.DataFrame,
    world: gpd.GeoDataFrame,
    *,
    title: str,
    footer: style.Footer,
    projection: str,
    highlight: str | None = None,
    top: int = 15,
    region_anchors: Mapping[str, tuple[float, float]] | None = None,
    inset: gpd.GeoDataFrame | None = None,
    inset_title: str = "",
    reach: float | None = None,
    unit: str = "",
    subtitle: str = "",
) -> Figure:
    """The largest flows between places, as arrows on a map.

    Parameters
    ----------
    flows : one row a pair: origin, destination (ids of `places`, or names in `region_anchors`), low, high (equal
        if exact; `high` may be infinite), text (printed at the arrow). Optional: kind (one colour each, at most four).
        A flow from a place to itself is a ring.
    places : id, name, x, y (longitude, latitude). Optional: study (True for the study's areas: the frame holds them).
    world : land to draw beneath (EPSG:4326).
    projection : an equal-area projection centred on the study, as a PROJ string.
    highlight : id whose flows are in colour, all others grey.
    top : how many flows to draw, by `high`; the others are counted in a line below the map.
    region_anchors : name of a region -> longitude and latitude of the point where its box stands.
    inset : boundaries (area_id, name, geometry; EPSG:4326) of a study's own islands, enlarged beside the map; with a
        column `text`, the islands with a text are coloured and the text is printed.
    reach : kilometres from the middle of the projection; places further off stand at the edge. Default: 1.25 times the
        study's radius, and 1,800 at least.
    unit : what is counted: "victims", "mentions".
    """
    if flows.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(flows, ("origin", "destination", "low", "high", "text"))
    style.require(places, ("id", "name", "x", "y"))
    anchors = dict(region_anchors or {})
    drawn, others, lost = _largest(flows, set(places["id"]) | set(anchors), top)
    if drawn.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text=_lost(lost))
    full = style.WIDTH - 2 * style.MARGIN
    beside = islands.WIDTH + 0.12 if inset is not None and len(inset) else 0.0
    ends = list(dict.fromkeys([*drawn["origin"], *drawn["destination"]]))
    ground, stations = nodes.arrange(ends, places, anchors, projection, width=full - beside, reach=reach)
    breaks = class_breaks(np.where(np.isfinite(drawn["high"]), drawn["high"], drawn["low"]), len(WIDTHS))
    shapes = _shapes(drawn, stations, breaks)
    busy = shapely.union_all(
        [*(area for _, area in shapes), *(node.outline.buffer(0.12) for node in stations.values())]
    )
    corner = basemap.scale_bar_corner(ground, busy)
    placed = _texts(drawn, stations, shapes, ground, corner, highlight)
    remarks = _remarks(drawn, others, lost, {entry.label.name for entry in placed}, stations)
    remarks = [line for text in remarks for line in style.wrap(text, full - 0.2, 9.5)]
    colours = _colours(drawn, highlight)
    listed = _key(drawn, stations, breaks, colours, highlight, places)
    heading = f"Width of the arrow: {unit}" if unit else "Width of the arrow"
    below = key.height(listed, full, heading) + 0.17 * len(remarks) + 0.18
    page = style.sheet(ground.height + below, title=title, footer=footer, subtitle=subtitle)
    paper = page.canvas(beside, below, full - beside, ground.height)
    _draw_land(paper, world, places, projection, ground)
    _draw_flows(paper, drawn, shapes, colours)
    basemap.scale_bar(paper, ground, corner)
    basemap.frame_map(paper)
    _draw_nodes(paper, stations, highlight)
    labels.write(paper, placed)
    if inset is not None and beside:
        islands.draw(page, inset, projection, top=page.height, title=inset_title)
    key.draw(page, listed, x=0, top=below - 0.1, width=full, heading=heading)
    if remarks:
        note = page.canvas(0, 0, full, 0.17 * len(remarks))
        note.text(0, 0.17 * len(remarks), "\n".join(remarks), size=9.5, va="top", linespacing=1.15, gid="remarks")
    return page.figure


def _largest(flows: pd.DataFrame, known: set[str], top: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The flows to draw, those too small to be drawn, and those with an end that has no place on the map."""
    rows = flows.copy()
    rows[["low", "high"]] = rows[["low", "high"]].astype(float)
    if rows[["low", "high"]].isna().any(axis=None):
        first = rows[rows[["low", "high"]].isna().any(axis=1)].iloc[0]
        raise ValueError(
            f"The flow {first['origin']} to {first['destination']} has no count: give its interval, or leave it out."
        )
    if rows.duplicated(["origin", "destination"]).any() and "kind" not in rows.columns:
        raise ValueError("A pair stands twice in the flows: add its rows up first, or tell them apart by `kind`.")
    rows = rows.sort_values(
        ["high", "low", "origin", "destination"], ascending=[False, False, True, True], kind="stable"
    )
    placed = rows["origin"].isin(known) & rows["destination"].isin(known)
    kept = rows[placed]
    return kept.head(top).reset_index(drop=True), kept.iloc[top:], rows[~placed]


def _draw_land(
    paper: Canvas, world: gpd.GeoDataFrame, places: pd.DataFrame, projection: str, ground: basemap.Frame
) -> None:
    """Land in light grey, the study's own countries a little darker."""
    seen = basemap.land(world, projection, ground)
    basemap.draw(paper, seen.geometry, facecolor=style.LAND, edgecolor=basemap.BORDER, lw=0.5, zorder=1)
    if "study" in places.columns and "area_id" in seen.columns:
        own = seen[seen["area_id"].isin(places.loc[places["study"].astype(bool), "id"])]
        basemap.draw(paper, own.geometry, facecolor="#dedede", edgecolor=basemap.BORDER, lw=0.5, zorder=1)


def _shapes(
    drawn: pd.DataFrame, stations: dict[str, nodes.Node], breaks: list[float]
) -> list[tuple[LineString, BaseGeometry]]:
    """The middle line and the area of each flow: an arrow, or a ring where origin and destination are one."""
    found: list[tuple[LineString, BaseGeometry]] = []
    for row in drawn.itertuples():
        thick = _width(row, breaks)
        start, end = stations[row.origin], stations[row.destination]
        if row.origin == row.destination:
            ring = start.outline.buffer(0.07 + thick / 2).exterior
            found.append((LineString(ring.coords), ring.buffer(thick / 2)))
            continue
        way = arrows.curve((start.x, start.y), (end.x, end.y), start.outline.buffer(0.035), end.outline.buffer(0.035))
        found.append((way, arrows.arrow(way, thick)))
    return found


def _width(row, breaks: list[float]) -> float:
    return WIDTHS[class_of(row.high if np.isfinite(row.high) else row.low, breaks)]


def _colours(drawn: pd.DataFrame, highlight: str | None) -> list[str]:
    if highlight is not None:
        own = (drawn["origin"] == highlight) | (drawn["destination"] == highlight)
        return [style.HIGHLIGHT if chosen else style.CONTEXT for chosen in own]
    if "kind" not in drawn.columns:
        return [style.BLUE] * len(drawn)
    kinds = list(dict.fromkeys(drawn["kind"].astype(str)))
    shades = (style.BLUE, style.ORANGE, style.BLACK, style.PURPLE)
    if len(kinds) > len(shades):
        raise ValueError(f"{len(kinds)} kinds of flows cannot be told apart on one map: use at most {len(shades)}.")
    return [shades[kinds.index(kind)] for kind in drawn["kind"].astype(str)]


def _draw_flows(paper: Canvas, drawn: pd.DataFrame, shapes: list, colours: list[str]) -> None:
    """The widest lie lowest; a count known only as an interval is drawn in a tint with an outline."""
    for place in sorted(range(len(drawn)), key=lambda i: -shapes[i][1].area):
        row, colour = drawn.iloc[place], colours[place]
        exact = row["low"] == row["high"]
        upper = colour == style.HIGHLIGHT
        rules = {"facecolor": colour, "edgecolor": "white", "lw": 0.5, "alpha": 0.92}
        if not exact:
            rules = {"facecolor": _tint(colour), "edgecolor": colour, "lw": 1.0, "alpha": 0.95}
        basemap.draw(paper, [shapes[place][1]], zorder=9 if upper else 8, **rules)


def _tint(colour: str) -> str:
    return "#" + "".join(f"{round(255 - 0.35 * (255 - int(colour[i : i + 2], 16))):02x}" for i in (1, 3, 5))


def _draw_nodes(paper: Canvas, stations: dict[str, nodes.Node], highlight: str | None) -> None:
    for node in stations.values():
        chosen = node.name == highlight
        if not node.boxed:
            colour = style.HIGHLIGHT if chosen else style.INK
            paper.add(Circle((node.x, node.y), 0.045, facecolor=colour, edgecolor="white", lw=0.7, zorder=12))
            continue
        basemap.draw(
            paper,
            [node.outline],
            facecolor="#f3ecd8" if node.region else "white",
            edgecolor=style.MUTED,
            lw=1.3 if node.region else 0.7,
            ls="--" if node.region else "-",
            zorder=12,
        )
        paper.text(
            node.x,
            node.y,
            node.text,
            size=nodes.SIZE,
            ha="center",
            va="center",
            weight="bold" if chosen else "normal",
            style="italic" if node.region else "normal",
            zorder=13,
            gid=f"label:{node.name}",
        )


def _texts(
    drawn: pd.DataFrame,
    stations: dict[str, nodes.Node],
    shapes: list,
    ground: basemap.Frame,
    corner: BaseGeometry,
    highlight: str | None,
) -> list[labels.Placed]:
    """Names of the places, and the text of each flow beside its arrow."""
    boxes = [node.outline for node in stations.values() if node.boxed]
    points = [node.outline.buffer(0.01) for node in stations.values() if not node.boxed]
    rings = {
        row.origin: shapely.Polygon(area.exterior)
        for row, (_, area) in zip(drawn.itertuples(), shapes, strict=True)
        if row.origin == row.destination
    }
    wanted = []
    for node in stations.values():
        if not node.boxed:
            bold = node.name == highlight
            size = labels.extent(node.text, nodes.SIZE, bold)
            region = rings.get(node.name, node.outline)
            candidates = labels.beside(region, *size, reach=(0.025, 0.06, 0.12, 0.2, 0.3, 0.45))
            wanted.append(labels.Label(node.name, node.text, nodes.SIZE, candidates, bold))
    for place, row in enumerate(drawn.to_dict("records")):
        text = str(row["text"]).strip()
        if text:
            size = labels.extent(text, 9)
            if row["origin"] == row["destination"]:
                candidates = labels.beside(rings[row["origin"]], *size, reach=(0.02, 0.05, 0.09))
            else:
                candidates = labels.along(shapes[place][0], *size, 0.09)
            wanted.append(labels.Label(f"flow {place}", text, 9, candidates, optional=True, plate=True))
    flows = [(f"flow {place}", shape, 2.0) for place, (_, shape) in enumerate(shapes)]
    return labels.place(
        wanted, width=ground.width, height=ground.height, obstacles=[corner, *boxes, *points], avoid=flows
    )


def _key(
    drawn: pd.DataFrame,
    stations: dict[str, nodes.Node],
    breaks: list[float],
    colours: list[str],
    highlight: str | None,
    places: pd.DataFrame,
) -> list[key.Entry]:
    amounts = drawn["high"][np.isfinite(drawn["high"])]
    whole = bool((amounts == amounts.round()).all())
    shade = style.MUTED if highlight or "kind" in drawn.columns else style.BLUE
    listed = [key.arrow(text, shade, width) for text, width in zip(class_labels(breaks, whole), WIDTHS, strict=False)]
    if "kind" in drawn.columns and highlight is None:
        listed += [
            key.patch(str(kind), colour, colour)
            for kind, colour in dict(zip(drawn["kind"], colours, strict=True)).items()
        ]
    if highlight is not None:
        name = places.set_index("id")["name"].get(highlight, highlight)
        listed.append(key.patch(f"from or to {name}", style.HIGHLIGHT, style.HIGHLIGHT))
    if (drawn["low"] != drawn["high"]).any():
        listed.append(key.patch("pale: known only as an interval, drawn at its upper end", _tint(shade), shade))
    if (drawn["origin"] == drawn["destination"]).any():
        listed.append(key.ring("ring: within one place", shade))
    if any(node.region for node in stations.values()):
        listed.append(key.patch("a region, not a country", "#f3ecd8", style.MUTED, ls="--"))
    if any(node.far for node in stations.values()):
        listed.append(key.patch("beyond the map, in the direction of the arrow", "white", style.MUTED))
    return listed


def _remarks(
    drawn: pd.DataFrame, others: pd.DataFrame, lost: pd.DataFrame, written: set[str], stations: dict[str, nodes.Node]
) -> list[str]:
    """What the map does not show: texts without room, the smaller flows, and flows without a place."""
    found = []
    crowded = [
        f"{stations[row.origin].text} to {stations[row.destination].text}: {row.text}"
        for row in drawn.itertuples()
        if str(row.text).strip() and f"flow {row.Index}" not in written
    ]
    if crowded:
        found.append(f"Drawn without its text for want of room: {'; '.join(crowded)}.")
    if len(others):
        found.append(f"Other: {_pairs(len(others), 'further pair')}, {_sum(others)} in all, not drawn.")
    return [*found, _lost(lost)] if len(lost) else found


def _lost(lost: pd.DataFrame) -> str:
    names = "; ".join(f"{row.origin} to {row.destination}" for row in lost.head(3).itertuples())
    more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
    return f"Without a place on the map: {_pairs(len(lost), 'pair')}, {_sum(lost)} in all ({names}{more})."


def _pairs(count: int, word: str) -> str:
    return f"{count:,} {word}" + ("" if count == 1 else "s")


def _sum(rows: pd.DataFrame) -> str:
    low, high = rows["low"].sum(), rows["high"].sum()
    if not np.isfinite(high):
        return f"at least {style.number(low)}"
    return style.number(high) if low == high else f"{style.number(low)} to {style.number(high)}"
