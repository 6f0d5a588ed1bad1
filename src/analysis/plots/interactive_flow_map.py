"""A flow map to be explored: one HTML document with filters, keyboard and table, without a network.

Shapes of a map as the path data of an SVG, small enough to be sent to a page.

A study's areas as outlines for a page that colours them itself: drawn once, whatever is counted in them.

A page of HTML as a notebook shows it: in a frame of its own, which can reach neither the notebook nor a network.

A flow map to be explored: one HTML document with filters, keyboard and table, which works without a network.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from IPython.display import HTML
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from analysis.plots import basemap, flow_table, nodes, style
from analysis.plots.choropleth import class_breaks, class_labels, ground_of
from analysis.plots.style import released_as
from bounded.refusal import Refusal

PIXELS = 110  # an inch of a map that a page draws


def path_data(shape: BaseGeometry, ground: basemap.Frame) -> str:
    """Path data of polygons, in tenths of a pixel from the map's upper left corner.

    Simplified to half a pixel; what is smaller than a third of a pixel is left out.

    Parameters
    ----------
    shape : polygons in inches of the map.
    ground : the frame they were put on paper with.
    """
    commands = []
    for polygon in shapely.get_parts(shapely.simplify(shape, 0.5 / PIXELS)):
        if polygon.geom_type != "Polygon" or polygon.area * PIXELS**2 < 0.3:
            continue
        for ring in (polygon.exterior, *polygon.interiors):
            # Steps between rounded points: what is rounded does not add up.
            at = np.rint((np.asarray(ring.coords)[:-1, :2] * [1, -1] + [0, ground.height]) * 10 * PIXELS).astype(int)
            steps = np.diff(at, axis=0)
            steps = steps[steps.any(axis=1)]
            if len(steps) < 2:
                continue
            numbers = " ".join(f"{x} {y}" for x, y in steps).replace(" -", "-")
            commands.append(f"M{at[0, 0]} {at[0, 1]}l{numbers}z")
    return "".join(commands)


_OUTLINE_WIDTH, _OUTLINE_HEIGHTS = 6.0, (2.9, 4.6)  # inches


def area_outlines(
    boundaries: gpd.GeoDataFrame,
    background: gpd.GeoDataFrame | Sequence[gpd.GeoDataFrame] | None,
    projection: str,
) -> dict:
    """The same ground as a `choropleth` has: outlines simplified to half a pixel, very small islands enlarged in a box.

    Parameters
    ----------
    boundaries : area_id, name, geometry (EPSG:4326).
    background : layers to draw beneath, the lowest first (EPSG:4326).
    projection : an equal-area projection centred on the study, as a PROJ string.

    Returns
    -------
    dict : ``size`` (pixels); ``land`` (path data of each layer beneath); ``boxes`` (left, top, width, height, and by
    how much what is in it is enlarged); ``areas``: ``id``, ``name``, ``d`` (path data), ``at`` (a point inside),
    ``room`` (width and height there), and of one in a box ``label`` (a point below it). Path data are in tenths of a
    pixel, the rest in pixels.
    """
    areas = boundaries.to_crs(projection)
    land = ground_of(
        areas, background, projection, width=_OUTLINE_WIDTH, lowest=_OUTLINE_HEIGHTS[0], highest=_OUTLINE_HEIGHTS[1]
    )
    high = land.frame.height
    return {
        "size": [round(land.frame.width * PIXELS), round(high * PIXELS)],
        "land": ["".join(path_data(shape, land.frame) for shape in layer) for layer in land.layers],
        "boxes": [_box(true, land.shapes[area_id], high) for area_id, true in land.boxed.items()],
        "areas": [
            {"id": area_id, "name": name, "d": path_data(land.shapes[area_id], land.frame)}
            | _inside(land.shapes[area_id], high)
            | (_below(land.shapes[area_id], high) if area_id in land.boxed else {})
            for area_id, name in zip(areas["area_id"], areas["name"], strict=True)
        ],
    }


def _box(true: BaseGeometry, large: BaseGeometry, high: float) -> list[float | str]:
    left, bottom, right, top = large.bounds
    factor = (right - left) / (true.bounds[2] - true.bounds[0])
    sides = (left - 0.06, high - top - 0.06, right - left + 0.12, top - bottom + 0.12)
    return [*(round(side * PIXELS, 1) for side in sides), style.number(round(factor, 1))]


def _below(large: BaseGeometry, high: float) -> dict[str, list[float]]:
    left, bottom, right, _ = large.bounds
    return {"label": [round((left + right) / 2 * PIXELS, 1), round((high - bottom + 0.08) * PIXELS, 1)]}


def _inside(shape: BaseGeometry, high: float) -> dict[str, list[float]]:
    """The middle of the largest part of an area, and how much room there is from edge to edge through it."""
    largest = max(shapely.get_parts(shape), key=lambda part: part.area)
    point = shapely.maximum_inscribed_circle(largest, tolerance=0.02)
    x, y = point.coords[0]
    left, bottom, right, top = largest.bounds
    across = shapely.LineString([(left, y), (right, y)]).intersection(largest)
    upright = shapely.LineString([(x, bottom), (x, top)]).intersection(largest)
    return {
        "at": [round(x * PIXELS, 1), round((high - y) * PIXELS, 1)],
        "room": [round(_longest(line) * PIXELS, 1) for line in (across, upright)],
    }


def _longest(line: BaseGeometry) -> float:
    return max((part.length for part in shapely.get_parts(line)), default=0.0)


_SYNTHETIC = '<meta name="data-kind" content="SYNTHETIC">'


def show_page(page: str, name: str, alt: str, release_class: str = "internal", *, height: int = 1010) -> HTML:
    """A page for a notebook, with the name it will be released under and a text that says what it is.

    Parameters
    ----------
    page : a whole HTML document that asks nothing of any other place, from `interactive_flow_map`.
    name : small letters, digits and underscores; a synthetic page's name gets the suffix ``_SYNTHETIC``.
    alt : one or two sentences: what is drawn, and what it shows. It is the frame's title.
    release_class : its release class; without one it is internal.
    height : of the frame, pixels; what is longer is scrolled within it.

    Returns
    -------
    HTML whose output metadata holds ``name``, ``alt`` and ``release_class``, and ``kind`` = "synthetic" where it is.

    Raises
    ------
    ValueError : the name has other characters, or `alt` is empty.
    """
    metadata = {"alt": alt, "release_class": release_class} | released_as(name, alt, "page", _SYNTHETIC in page)
    # Within single quotes only these two have to be written otherwise, and the page stays small and can be read.
    document = page.replace("&", "&amp;").replace("'", "&#39;")
    return HTML(
        f'<figure style="margin:1rem 0"><iframe title="{html.escape(alt)}" sandbox="allow-scripts" loading="lazy" '
        f'style="box-sizing:border-box;width:100%;height:{int(height)}px;border:1px solid #bcbcbc" '
        f"srcdoc='{document}'></iframe></figure>",
        metadata=metadata,
    )


LARGEST = 1_500_000  # bytes of a document
_WIDTH = 8.7  # inches
_HEIGHTS = 5.4, 6.2  # least and greatest, inches: on a telephone the boxes at the edge need some height
_CLASSES = 5
_THINNEST, _WIDEST = 1.4, 14.0  # pixels, of an arrow's neck
# In the order in which they need one another.
_SCRIPTS = (
    "flow_sums.js",
    "flow_filters.js",
    "flow_shapes.js",
    "flow_stand.js",
    "flow_tip.js",
    "flow_labels.js",
    "flow_legend.js",
    "flow_map.js",
)
# What an end of flows is to the script that draws it.
_INSIDE, _REGION, _BEYOND, _REGION_BEYOND, _NOWHERE, _BESIDE = range(6)
_COVERED = 0.6  # of a country: then its own areas are drawn instead, not two outlines of one coast


def interactive_flow_map(
    flows: pd.DataFrame,
    places: pd.DataFrame,
    world: gpd.GeoDataFrame,
    *,
    title: str,
    footer: style.Footer,
    projection: str,
    unit: str,
    filters: Mapping[str, str],
    highlight: str | None = None,
    reach: float | None = None,
    region_anchors: Mapping[str, tuple[float, float]] | None = None,
    edges: Mapping[str, str] | None = None,
    boundaries: gpd.GeoDataFrame | None = None,
    top: int = 40,
    note: str = "",
) -> str:
    """Flows between places as a page to be explored: filters, a map of the largest, and the same as a table.

    The page asks nothing of any other place, and forbids itself to (Content-Security-Policy). The same flows give the
    same bytes, whatever the order of their rows.

    Parameters
    ----------
    flows : one row a pair and a set of filter values: origin, destination (ids of `places`, or names in
        `region_anchors` or `edges`), low, high (whole numbers of `unit`; `high` may be infinite), and the columns of
        `filters`, where a cell may hold several values joined by ";": the row is shown if any of them is chosen. An
        empty end is "unknown", and its flows are dashed; one that has no place at all is not drawn, but counted,
        listed, and in the table. A filter's empty cell is "unknown", a choice of its own.
    places : id, name, x, y (longitude, latitude; missing for ends in `edges`). Optional: study (True for the study's
        areas: the frame holds them).
    world : land to draw beneath (EPSG:4326).
    projection : an equal-area projection centred on the study, as a PROJ string.
    unit : what is counted, in the plural: "persons", "mentions".
    filters : column of `flows` -> its label. Years (four digits) are chosen by a first and a last one.
    highlight : id whose flows are in colour, all others grey.
    reach : kilometres from the middle of the projection; places further off stand at the edge. Default: 1.25 times the
        study's radius, and 1,800 at least where neither `boundaries` nor `world` have shapes of the study's areas.
    region_anchors : name of a region -> longitude and latitude of the point where its box stands.
    edges : id of an end without a place on the ground -> the side of the map its box stands beside: "left", "right",
        "top" or "bottom" (on a small screen: always "top" or "bottom"). "unknown" stands at the bottom unless this says
        otherwise.
    boundaries : areas to draw (area_id, geometry; EPSG:4326), those of the study darker; the frame then fits the
        study's areas.
    top : how many flows are drawn at first; the reader can choose others.
    note : a further sentence below the title.

    Returns
    -------
    A whole HTML document of 1.5 MB at most. Where the footer says synthetic, so do title, map, table and metadata.

    Raises
    ------
    ValueError : a column is lacking, a count is none (the row is named), a side is none of the four, two places with a
        flow between them stand on one point, or the document would be larger.
    """
    style.require(places, ("id", "name", "x", "y"))
    beside = {flow_table.UNKNOWN: "bottom"} | dict(edges or {})
    nodes.check_edges(beside)
    packed = flow_table.pack(flows, filters)
    anchors = dict(region_anchors or {})
    called = places.drop_duplicates("id").set_index("id")["name"]
    grounded = places[~places["id"].isin(list(beside))].dropna(subset=["x", "y"])
    listed = grounded.drop_duplicates("id").set_index("id")
    ends = sorted({*packed.pairs["origin"], *packed.pairs["destination"]})
    own = [str(end) for end in listed.index[listed["study"].astype(bool)]] if "study" in listed.columns else []
    placed = [end for end in ends if end not in beside and (end in anchors or end in listed.index)]
    shown = [*placed, *(end for end in own if end not in placed)]
    countries = world[world["area_id"].isin(own)] if "area_id" in world.columns else None
    ground, stations = nodes.arrange(
        shown or list(listed.index),
        grounded,
        anchors,
        projection,
        width=_WIDTH,
        reach=reach,
        boundaries=countries if boundaries is None else boundaries,
        heights=_HEIGHTS,
    )
    stations = {end: stations[end] for end in shown}
    points = _points(stations, listed, anchors, projection, ground)
    _require_apart(packed.pairs, points)
    known = [*ends, *(end for end in shown if end not in set(ends))]
    number = {end: n for n, end in enumerate(known)}
    drawable = packed.pairs[["origin", "destination"]].isin([*shown, *beside]).all(axis=1)
    breaks = _breaks(packed.pairs[drawable])
    data = {
        "unit": unit,
        "top": top,
        "size": [round(ground.width * PIXELS), round(ground.height * PIXELS)],
        "kilometre": round(ground.scale * 1000 * PIXELS, 5),
        "synthetic": footer.synthetic,
        "highlight": number.get(highlight) if highlight is not None else None,
        "unknown": number.get(flow_table.UNKNOWN),
        "ends": [
            [str(called.get(end, end)), str(called.get(end, end)), _BESIDE, 0, 0, 0, beside[end]]
            if end in beside
            else _end(str(called.get(end, end)), stations.get(end), points.get(end), ground, end in own)
            for end in known
        ],
        "filters": [vars(each) | {"values": [_words(value) for value in each.values]} for each in packed.filters],
        "breaks": breaks,
        "classes": class_labels(breaks, True) if breaks else [],
        "widths": _widths(breaks),
        "pairs": flow_table.packed(
            number[end] for row in packed.pairs[["origin", "destination"]].itertuples(index=False) for end in row
        ),
        "combinations": packed.combinations,
        "rows": packed.rows,
    }
    land = _land(world, boundaries, own, highlight, projection, ground)
    chosen = called.get(highlight, highlight) if highlight is not None else ""
    page = _render(
        title=f"SYNTHETIC · {title}" if footer.synthetic else title,
        footer=footer.crediting(boundaries).text,
        synthetic=footer.synthetic,
        unit=unit,
        note=note,
        highlight=chosen,
        size=data["size"],
        land=land,
        # No text of the data can end the element that holds it.
        data=json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        .replace("&", "\\u0026")
        .replace("<", "\\u003c")
        .replace(">", "\\u003e"),
    )
    size = len(page.encode())
    if size > LARGEST:
        raise Refusal(
            "too_large",
            f"The map would be a page of {size / 1e6:.1f} MB, and {LARGEST / 1e6:.1f} MB is the most: leave out a "
            "filter, or join some of its values.",
        )
    return page


def _points(
    stations: Mapping[str, nodes.Node],
    listed: pd.DataFrame,
    anchors: Mapping[str, tuple[float, float]],
    projection: str,
    ground: basemap.Frame,
) -> dict[str, Point]:
    """Where each end truly is (inches), be it beyond the frame: the script looks for a place at the edge itself."""
    lon = [anchors[end][0] if end in anchors else float(listed.at[end, "x"]) for end in stations]
    lat = [anchors[end][1] if end in anchors else float(listed.at[end, "y"]) for end in stations]
    projected = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326).to_crs(projection)
    return {end: ground.on_paper(point) for end, point in zip(stations, projected, strict=True)}


def _require_apart(pairs: pd.DataFrame, points: Mapping[str, Point]) -> None:
    between = pairs[pairs["origin"] != pairs["destination"]]
    for row in between[between[["origin", "destination"]].isin(list(points)).all(axis=1)].itertuples():
        if points[row.origin].distance(points[row.destination]) < 1e-6:
            raise Refusal(
                "same_location",
                f"{row.origin} and {row.destination} lie on the same point of the map: no arrow can be drawn "
                "between them. Give each its own coordinates, or one id to both.",
            )


def _end(called: str, node: nodes.Node | None, point: Point | None, ground: basemap.Frame, own: bool) -> list:
    """Name, text on the map, what it is, x, y (pixels from the upper left corner), whether it is the study's own."""
    if node is None or point is None:
        return [called, called, _NOWHERE, 0, 0, 0]
    kind = (_REGION_BEYOND if node.far else _REGION) if node.region else _BEYOND if node.far else _INSIDE
    # The text of a far place ends with an arrow that points to it.
    name = node.text.rpartition(" ")[0] if node.far else node.text
    x, y = round(point.x * PIXELS, 1), round((ground.height - point.y) * PIXELS, 1)
    return [name, node.text, kind, x, y, int(own)]


def _breaks(pairs: pd.DataFrame) -> list[float]:
    """Classes of widths, the same whatever is filtered: the lowest begins at 1, for filters make flows smaller."""
    amounts = np.where(np.isfinite(pairs["high"]), pairs["high"], pairs["low"])
    breaks = class_breaks(np.maximum(amounts, 1), _CLASSES)
    return [1.0, *breaks[1:]] if breaks else []


def _widths(breaks: list[float]) -> list[float]:
    """Widths whose squares, and with them the areas of the arrows' heads, are as the middles of the classes."""
    middles = [(low + high) / 2 for low, high in pairwise(breaks)]
    return [round(max(_WIDEST * (middle / middles[-1]) ** 0.5, _THINNEST), 1) for middle in middles]


def _land(
    world: gpd.GeoDataFrame,
    boundaries: gpd.GeoDataFrame | None,
    own: list[str],
    highlight: str | None,
    projection: str,
    ground: basemap.Frame,
) -> dict[str, str]:
    """Land as SVG path data in tenths of a pixel, by how it is drawn, the lowest first."""
    seen = basemap.land(world, projection, ground)
    areas = seen if boundaries is None else basemap.land(boundaries, projection, ground)
    if boundaries is not None and len(areas):
        under = shapely.union_all(areas.geometry.to_numpy()).buffer(0.03)
        seen = seen[seen.geometry.intersection(under).area <= _COVERED * seen.geometry.area]
    ids = areas["area_id"] if "area_id" in areas.columns else pd.Series(index=areas.index, dtype=object)
    parts = {
        "land": seen,
        "area": areas[~ids.isin(own)] if boundaries is not None else areas.iloc[:0],
        "study": areas[ids.isin(own)],
        "chosen": areas[(ids == highlight) & (boundaries is not None)],
    }
    return {look: "".join(path_data(shape, ground) for shape in part.geometry) for look, part in parts.items()}


def _words(value: str) -> str:
    return value.replace("_", " ")


def _render(**parts: object) -> str:
    template, look, script = _page()
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(look)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return template.render(policy=policy, look=look, script=script, **parts)


@cache
def _page():
    """The template of the page, its style and its script."""
    import jinja2

    folder = resources.files("analysis.plots") / "templates"
    page, look, *scripts = (
        (folder / name).read_text(encoding="utf-8") for name in ("flow_map.html.j2", "flow_map.css", *_SCRIPTS)
    )
    # One function around all of them: what they name is theirs alone.
    script = '"use strict";\n(() => {\n' + "\n".join(scripts) + "})();\n"
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(page), look, script


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
