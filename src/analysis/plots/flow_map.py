"""Flow maps: arrows between places, an inset of islands, and periods side by side.

The enlarged picture of a study's own islands, and of flows among them, beside a map too wide to show them.

Maps of flows between places: curved arrows whose width is a class, rings for flows within a place, regions as boxes.

The frame fits the study and what is near it; places further off stand at the frame's edge, in their direction, and
ends without a place on the ground (unknown, abroad, the rest of a country) stand beside the map.

Maps of flows side by side, one a period: the same frame, the same pairs, the same classes of width.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from shapely.geometry import LineString

from analysis.plots import basemap, flow_marks, flow_table, key, labels, nodes, style
from analysis.plots.style import Canvas
from bounded.refusal import Refusal

WIDTH = 2.7  # inches
_WITH_FLOWS = 3.5
TOP = 8  # more arrows have no room in the inset
_SIZE = style.LEAST
_ISLAND_THICKNESS = 0.8


def touched(flows: pd.DataFrame, inset: gpd.GeoDataFrame) -> bool:
    """Whether a flow begins or ends on one of the islands."""
    return bool((flows["origin"].isin(inset["area_id"]) | flows["destination"].isin(inset["area_id"])).any())


def fill_the_frame(flows: pd.DataFrame, inset: gpd.GeoDataFrame) -> bool:
    """Whether at least half of what begins or ends on an island, both ends known, stays among the islands."""
    ends = flows[["origin", "destination"]]
    known = (ends != flow_table.UNKNOWN).all(axis=1)
    on_island = ends.isin(list(inset["area_id"]))
    amount = pd.Series(flow_table.size(flows), index=flows.index)[known]
    either = amount[on_island.any(axis=1)[known]].sum()
    return bool(amount[on_island.all(axis=1)[known]].sum() >= 0.5 * either)


def apart(flows: pd.DataFrame, inset: gpd.GeoDataFrame, whole: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Flows with the islands summed into one place, and those among the islands.

    Parameters
    ----------
    flows : checked flows.
    inset : area_id.
    whole : id of the place that the islands are together.
    """
    ids = set(inset["area_id"])
    among = flows[flows["origin"].isin(ids) & flows["destination"].isin(ids)]
    rolled = flows.assign(
        origin=flows["origin"].where(~flows["origin"].isin(ids), whole),
        destination=flows["destination"].where(~flows["destination"].isin(ids), whole),
    )
    by = ["origin", "destination", *(["kind"] if "kind" in flows.columns else [])]
    groups = rolled.groupby(by, sort=False, dropna=False)
    summed = groups.agg(low=("low", "sum"), high=("high", "sum"), text=("text", "first"), rows=("text", "size"))
    summed = summed.reset_index()
    sums = [_written(low, high) for low, high in zip(summed["low"], summed["high"], strict=True)]
    summed["text"] = summed["text"].where(summed["rows"] == 1, pd.Series(sums, dtype=object))
    return summed.drop(columns="rows"), among


def _written(low: float, high: float) -> str:
    if not np.isfinite(high):
        return f"≥{style.number(low)}"
    return style.number(low) if low == high else f"{style.number(low)}–{style.number(high)}"


def width(flows: pd.DataFrame) -> float:
    """Inches of the inset: wider where it has flows."""
    return _WITH_FLOWS if len(flows) else WIDTH


def draw(
    page: style.Sheet,
    inset: gpd.GeoDataFrame,
    projection: str,
    *,
    top: float,
    title: str,
    flows: pd.DataFrame | None = None,
    breaks: Sequence[float] = (),
) -> None:
    """Draw islands with their names at the left of a sheet, below `top` inches of its body.

    Parameters
    ----------
    page : the sheet the map is on.
    inset : area_id, name, geometry (EPSG:4326). With a column `text`, only islands with a text are coloured,
        and it is printed.
    projection : the PROJ string of the map.
    title : printed above the islands.
    flows : those among the islands, largest first; drawn as arrows and rings.
    breaks : bounds of the map's classes of width.
    """
    flows = pd.DataFrame(columns=["origin", "destination"]) if flows is None else flows
    across = width(flows)
    shapes = inset.to_crs(projection)
    ground = basemap.frame(shapes.total_bounds, width=across, lowest=1.5, highest=1.26 * across, margin=0.13)
    heading = style.wrap(title, across - 0.2, 9.5, bold=True) if title else []
    band = 0.17 * len(heading) + (0.08 if heading else 0)
    paper = page.canvas(0, top - ground.height - band, across, ground.height + band)
    paper.text(
        0.08, ground.height + band - 0.07, "\n".join(heading), size=9.5, weight="bold", va="top", linespacing=1.15
    )
    texts = shapes["text"].fillna("").astype(str).tolist() if "text" in shapes.columns else [""] * len(shapes)
    for text, shape in zip(texts, shapes.geometry, strict=True):
        colour = style.SKY if text else style.STONE
        basemap.draw(paper, [ground.on_paper(shape)], facecolor=colour, edgecolor=style.OUTLINE, lw=0.6, zorder=4)
    basemap.frame_map(paper)
    regions = dict(
        zip(shapes["area_id"], (ground.on_paper(shape).simplify(0.01) for shape in shapes.geometry), strict=True)
    )
    within = flow_marks.within_of(flows, [style.BLUE] * len(flows))
    arrows, numbers, dots = _flows(paper, flows, breaks, ground, regions)
    wanted = []
    for area_id, name, text in zip(shapes["area_id"], shapes["name"], texts, strict=True):
        words = "\n".join(
            [str(name), *([text] if text else []), *([f"○ {within[area_id]}"] if area_id in within else [])]
        )
        candidates = labels.beside(
            regions[area_id], *labels.extent(words, _SIZE, bool(text)), reach=(0.02, 0.05, 0.1, 0.2, 0.3)
        )
        wanted.append(labels.Label(area_id, words, _SIZE, candidates, bool(text)))
    avoid = [(area_id, region, 8.0) for area_id, region in regions.items()]
    avoid += [(f"flow {place}", shape, 2.0) for place, (_, shape) in enumerate(arrows)]
    corner = basemap.scale_bar_corner(ground, shapely.union_all([*regions.values(), *(shape for _, shape in arrows)]))
    basemap.scale_bar(paper, ground, corner)
    placed = labels.place(
        [*wanted, *numbers], width=ground.width, height=ground.height, obstacles=[corner, *dots], avoid=avoid
    )
    labels.write(paper, placed)


def _flows(
    paper: Canvas,
    flows: pd.DataFrame,
    breaks: Sequence[float],
    ground: basemap.Frame,
    regions: dict[str, shapely.Geometry],
) -> tuple[list[flow_marks.Shape], list[labels.Label], list[shapely.Geometry]]:
    """Draw the arrows and rings; return their shapes, their numbers, and the dots that no label may cover."""
    if flows.empty:
        return [], [], []
    rings = flow_marks.rings_of(flows, breaks, _ISLAND_THICKNESS)
    stations = {}
    for end in dict.fromkeys([*flows["origin"], *flows["destination"]]):
        point = regions[end].representative_point()
        stations[end] = nodes.Node(end, point.x, point.y, False, False, "", ring=rings.get(end, 0.0), size=_SIZE)
    shapes = flow_marks.shapes_of(flows, stations, breaks, ground, _ISLAND_THICKNESS)
    colours = [style.BLUE] * len(flows)
    flow_marks.draw_flows(paper, flows, shapes, colours)
    flow_marks.draw_nodes(paper, stations, None)
    numbers = flow_marks.numbers_of(flows, stations, shapes, colours, 8.5)
    return shapes, numbers, [node.outline for node in stations.values()]


@style.seen_as("A map with arrows from origin to destination, wider where there are more; rings stay within one place.")
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
    edges: Mapping[str, str] | None = None,
    boundaries: gpd.GeoDataFrame | None = None,
    inset: gpd.GeoDataFrame | None = None,
    inset_title: str = "",
    whole: str | None = None,
    reach: float | None = None,
    unit: str = "",
    subtitle: str = "",
) -> Figure:
    """The largest flows between places, as arrows on a map.

    Parameters
    ----------
    flows : one row a pair: origin, destination (ids of `places`, or names in `region_anchors` or `edges`; "" or missing
        is "unknown"), low, high (equal if exact; `high` may be infinite), text (printed at the arrow). Optional: kind
        (one colour each, at most four). A flow from a place to itself is a ring. A flow with an unknown end is hatched.
    places : id, name, x, y (longitude, latitude). Optional: study (True for the study's areas: the frame holds them).
    world : land to draw beneath (EPSG:4326).
    projection : an equal-area projection centred on the study, as a PROJ string.
    highlight : id whose flows are in colour, and drawn before all others; those are grey, without their texts.
    top : how many flows to draw, by `high`; the others are counted in a line below the map. From the sixteenth on they
        are grey and without their texts.
    region_anchors : name of a region -> longitude and latitude of the point where its box stands.
    edges : id of an end without a place on the ground -> the side of the map its box stands beside: "left", "right",
        "top" or "bottom". It is called what `places` calls it (x and y may be missing there), or else by its id.
        "unknown" stands at the bottom unless this says otherwise.
    boundaries : areas to draw (area_id, geometry; EPSG:4326; optional: name), those of the study a little darker and
        named where `name` is given; the frame fits the study's areas.
    inset : boundaries (area_id, name, geometry; EPSG:4326) of a study's own islands, enlarged beside the map; with a
        column `text`, the islands with a text are coloured and the text is printed. Where flows begin or end on
        islands, `whole` is needed, and if most of them stay among the islands, these fill the frame instead.
    inset_title : printed above the islands.
    whole : id of the place that all islands of `inset` are together. The map then has flows from and to the whole, and
        the inset those between islands.
    reach : kilometres from the middle of the projection; places further off stand at the edge. Default: 1.25 times the
        study's radius, and, unless there are `boundaries`, 1,800 at least.
    unit : what is counted: "victims", "mentions".

    Raises
    ------
    ValueError : a column is missing, a flow has no count, a pair stands twice, a side is none of the four, there are
        more than four kinds, or flows begin on islands of `inset` and `whole` is not given.
    """
    if flows.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(places, ("id", "name", "x", "y"))
    rows = flow_table.checked(flows)
    anchors, beside_map = dict(region_anchors or {}), {flow_table.UNKNOWN: "bottom"} | dict(edges or {})
    nodes.check_edges(beside_map)
    among = rows.iloc[:0]
    if inset is not None and touched(rows, inset):
        if whole is None:
            raise Refusal(
                "missing_inset_name",
                "Flows begin or end on islands of the inset: name the place they are together as `whole`.",
            )
        if fill_the_frame(rows, inset):
            places = places.assign(study=places["id"].isin(inset["area_id"]))
            beside_map |= {whole: beside_map.get(whole, "bottom")}
            boundaries, inset = inset, None
        else:
            rows, among = apart(rows, inset, whole)
            highlight = whole if highlight in set(inset["area_id"]) else highlight
    grounded = places.dropna(subset=["x", "y"])
    chosen = flow_table.largest(rows, {*grounded["id"], *anchors, *beside_map}, top, highlight)
    drawn = chosen.drawn
    if drawn.empty:
        text = flow_table.lost_text(chosen.lost) if len(chosen.lost) else "every flow is 0"
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text=text)
    among = flow_table.largest(among, set(among["origin"]) | set(among["destination"]), TOP)
    full = style.WIDTH - 2 * style.MARGIN
    aside = width(among.drawn) + 0.12 if inset is not None and len(inset) else 0.0
    ends = list(dict.fromkeys([*drawn["origin"], *drawn["destination"]]))
    breaks = flow_marks.breaks_of(pd.concat([drawn, among.drawn]))
    ground, stations = nodes.arrange(
        ends,
        places,
        anchors,
        projection,
        width=full - aside,
        reach=reach,
        edges=beside_map,
        pairs=zip(drawn["origin"], drawn["destination"], strict=True),
        rings=flow_marks.rings_of(drawn, breaks),
        boundaries=boundaries,
    )
    shapes = flow_marks.shapes_of(drawn, stations, breaks, ground)
    colours = flow_marks.colours_of(drawn, highlight)
    busy = shapely.union_all(
        [*(area for _, area in shapes), *(node.outline.buffer(0.12) for node in stations.values())]
    )
    corner = basemap.scale_bar_corner(ground, busy)
    listed = flow_marks.key_of(drawn, list(stations.values()), breaks, colours, highlight, places)
    heading = f"Width of the arrow: {unit}" if unit else "Width of the arrow"
    # The labels are placed before the page is made: texts without room make it longer.
    regions = _unnamed(boundaries, places, stations, ground, projection)
    wanted = flow_marks.names_of(stations, flow_marks.within_of(drawn, colours), highlight, regions)
    wanted += flow_marks.numbers_of(drawn, stations, shapes, colours)
    placed = flow_marks.place_labels(wanted, stations, shapes, ground, [corner])
    remarks = _remarks(chosen, among.others, flow_marks.crowded(drawn, placed, stations, colours), full)
    below = key.height(listed, full, heading) + 0.17 * len(remarks) + 0.18
    page = style.sheet(ground.height + below, title=title, footer=footer.crediting(boundaries), subtitle=subtitle)
    paper = page.canvas(aside, below, full - aside, ground.height)
    flow_marks.draw_land(paper, world, places, projection, ground, boundaries, highlight)
    flow_marks.draw_flows(paper, drawn, shapes, colours)
    basemap.scale_bar(paper, ground, corner)
    basemap.frame_map(paper)
    flow_marks.draw_nodes(paper, stations, highlight)
    labels.write(paper, placed, colours=dict.fromkeys(regions, style.MUTED))
    if inset is not None and aside:
        draw(page, inset, projection, top=page.height, title=inset_title, flows=among.drawn, breaks=breaks)
    key.draw(page, listed, x=0, top=below - 0.1, width=full, heading=heading)
    if remarks:
        note = page.canvas(0, 0, full, 0.17 * len(remarks))
        note.text(0, 0.17 * len(remarks), "\n".join(remarks), size=9.5, va="top", linespacing=1.15, gid="remarks")
    return page.figure


def _unnamed(
    boundaries: gpd.GeoDataFrame | None,
    places: pd.DataFrame,
    stations: Mapping[str, nodes.Node],
    ground: basemap.Frame,
    projection: str,
) -> dict[str, tuple[str, shapely.Geometry]]:
    """Name and shape (inches) of the study's areas that no drawn flow touches."""
    if boundaries is None or "name" not in boundaries.columns or "study" not in places.columns:
        return {}
    own = set(places.loc[places["study"].astype(bool), "id"]) - set(stations)
    left = boundaries[boundaries["area_id"].isin(own)].to_crs(projection)
    shapes = (ground.on_paper(shape).simplify(0.01) for shape in left.geometry)
    return {row[0]: row[1:] for row in zip(left["area_id"], left["name"], shapes, strict=True)}


def _remarks(chosen: flow_table.Chosen, inset_others: pd.DataFrame, crowded: str, width: float) -> list[str]:
    """What the map does not show: texts without room, the smaller flows, and flows without a place."""
    found = [crowded] if crowded else []
    if len(chosen.others):
        found.append(flow_table.others_text(chosen.others))
    if len(inset_others):
        found.append(f"Between the islands: {flow_table.others_text(inset_others)}")
    if len(chosen.lost):
        found.append(flow_table.lost_text(chosen.lost))
    return [line for text in found for line in style.wrap(text, width - 0.2, 9.5)]


_MOST = 6  # panels
_GAP = 0.14  # inches
_BAND = 0.26  # inches above each map: the period and its number
_NAMES, _NUMBERS = style.LEAST, style.LEAST  # points
_THICKNESS = 0.75  # of the arrows, times those of a map of full size


@style.seen_as(
    "Maps of several periods side by side, with the same places, and arrows that are wider where there are more."
)
@style.styled
def flow_periods(
    flows: pd.DataFrame,
    places: pd.DataFrame,
    world: gpd.GeoDataFrame,
    *,
    title: str,
    footer: style.Footer,
    projection: str,
    period: str = "period",
    periods: Sequence[object] | None = None,
    highlight: str | None = None,
    top: int = 10,
    region_anchors: Mapping[str, tuple[float, float]] | None = None,
    edges: Mapping[str, str] | None = None,
    boundaries: gpd.GeoDataFrame | None = None,
    reach: float | None = None,
    unit: str = "",
    none: str = "no journey",
    subtitle: str = "",
) -> Figure:
    """The largest flows between places, on one map for each of two to six periods.

    The pairs are the largest over all periods together, and stand in the same place on each map; each map says its own
    number, with those not drawn.

    Parameters
    ----------
    flows : one row a pair and period: the columns of `flow_map`, and `period`.
    places, world, projection, highlight, region_anchors, edges, boundaries, reach, unit : as for `flow_map`.
    period : name of the column of periods.
    periods : the periods to show, in order; those without a flow are hatched. Default: those of the table, sorted.
    top : how many pairs to draw, by their sum over all periods; the others are counted in a line below the maps.
    none : written on the map of a period without a flow.

    Raises
    ------
    ValueError : a column is missing, a flow has no count or no period, a pair stands twice in a period, a period of the
        table is not among `periods`, or there are fewer than two or more than six periods.
    """
    if flows.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(places, ("id", "name", "x", "y"))
    rows = flow_table.checked(flows, (period,))
    shown = _periods(rows, period, periods)
    anchors, beside_map = dict(region_anchors or {}), {flow_table.UNKNOWN: "bottom"} | dict(edges or {})
    nodes.check_edges(beside_map)
    by = ["origin", "destination", *(["kind"] if "kind" in rows.columns else [])]
    grounded = places.dropna(subset=["x", "y"])
    groups = rows.groupby(by, sort=False)
    sums = groups.agg(low=("low", "sum"), high=("high", "sum"), text=("text", "first")).reset_index()
    chosen = flow_table.largest(sums, {*grounded["id"], *anchors, *beside_map}, top, highlight)
    pairs = chosen.drawn
    if pairs.empty:
        text = flow_table.lost_text(chosen.lost) if len(chosen.lost) else "every flow is 0"
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text=text)
    drawn = rows.merge(pairs[by].assign(pair=pairs.index), on=by)
    drawn = drawn[drawn["high"] > 0].sort_values("pair", kind="stable").reset_index(drop=True)
    breaks = flow_marks.breaks_of(drawn)
    # Each pair as wide as it ever is: the ways, and what the names keep off, are then the same on all maps.
    widest = drawn.loc[pd.Series(flow_table.size(drawn)).groupby(drawn["pair"]).idxmax()]
    widest = widest.sort_values("pair").reset_index(drop=True)
    full = style.WIDTH - 2 * style.MARGIN
    # Whole pixels, or a frame's line falls between two of them and is lost.
    wide = math.floor((full - _GAP) / 2 * style.DPI) / style.DPI
    ground, stations = nodes.arrange(
        list(dict.fromkeys([*pairs["origin"], *pairs["destination"]])),
        places,
        anchors,
        projection,
        width=wide,
        reach=reach,
        edges=beside_map,
        pairs=zip(pairs["origin"], pairs["destination"], strict=True),
        rings=flow_marks.rings_of(widest, breaks, _THICKNESS),
        boundaries=boundaries,
        heights=(0.45 * wide, 1.05 * wide),
        size=_NAMES,
    )
    shapes = flow_marks.shapes_of(widest, stations, breaks, ground, _THICKNESS)
    shades = flow_marks.colours_of(pairs, highlight)
    colours = [shades[pair] for pair in drawn["pair"]]
    busy = shapely.union_all([*(shape for _, shape in shapes), *(node.mark for node in stations.values())])
    corner = basemap.scale_bar_corner(ground, busy)
    names = _names(drawn, shades, period, stations, shapes, ground, corner, highlight)
    listed = flow_marks.key_of(drawn, list(stations.values()), breaks, colours, highlight, places, _THICKNESS)
    heading = f"Width of the arrow, in every period: {unit}" if unit else "Width of the arrow, in every period"

    panels = []
    for value in shown:
        own = drawn[drawn[period] == value]
        parts = _parts(own, [way for way, _ in shapes], breaks)
        numbers = _numbers(own, shades, parts, stations, names, ground, corner)
        panels.append((value, own.reset_index(drop=True), parts, numbers))
    remarks = _period_remarks(panels, chosen, shades, stations, full)
    lines = (len(shown) + 1) // 2
    tall = ground.height + _BAND + _GAP
    below = key.height(listed, full, heading) + 0.17 * len(remarks) + 0.18
    page = style.sheet(lines * tall + below, title=title, footer=footer.crediting(boundaries), subtitle=subtitle)
    for place, (value, own, parts, numbers) in enumerate(panels):
        left, bottom = (place % 2) * (full - wide), page.height - (place // 2 + 1) * tall + _GAP
        all_rows = rows[rows[period] == value]
        _head(page.canvas(left, bottom + ground.height, wide, _BAND), str(value), all_rows, own)
        paper = page.canvas(left, bottom, wide, ground.height)
        if all_rows.empty or not (all_rows["high"] > 0).any():
            _hatched(paper, none)
            continue
        flow_marks.draw_land(paper, world, places, projection, ground, boundaries, highlight)
        flow_marks.draw_flows(paper, own, parts, [shades[pair] for pair in own["pair"]])
        basemap.scale_bar(paper, ground, corner)
        basemap.frame_map(paper)
        flow_marks.draw_nodes(paper, stations, highlight)
        within = flow_marks.within_of(own, [shades[pair] for pair in own["pair"]])
        labels.write(paper, [_with_count(entry, stations, within) for entry in names] + numbers)
    key.draw(page, listed, x=0, top=below - 0.1, width=full, heading=heading)
    if remarks:
        note = page.canvas(0, 0, full, 0.17 * len(remarks))
        note.text(0, 0.17 * len(remarks), "\n".join(remarks), size=9.5, va="top", linespacing=1.15, gid="remarks")
    return page.figure


def _periods(rows: pd.DataFrame, period: str, periods: Sequence[object] | None) -> list[object]:
    if rows[period].isna().any():
        first = rows[rows[period].isna()].iloc[0]
        raise Refusal(
            "missing_period",
            f"The flow {first['origin']} to {first['destination']} has no period: name one, or drop it.",
        )
    found = list(rows[period].unique())
    shown = sorted(found) if periods is None else list(dict.fromkeys(periods))
    left = [value for value in found if value not in shown]
    if left:
        raise Refusal(
            "period_not_listed",
            f"Flows of {left[0]} would be lost: list that period among `periods`, or leave them out.",
        )
    if not 2 <= len(shown) <= _MOST:
        raise Refusal(
            "wrong_number_of_periods",
            f"Side by side stand two to {_MOST} periods, not {len(shown)}: join some, or use `flow_map` for one.",
        )
    return shown


def _names(
    drawn: pd.DataFrame,
    shades: Sequence[str],
    period: str,
    stations: Mapping[str, nodes.Node],
    shapes: Sequence[flow_marks.Shape],
    ground: basemap.Frame,
    corner: shapely.Geometry,
    highlight: str | None,
) -> list[labels.Placed]:
    """The names with room for the widest count of any period."""
    longest: dict[str, str] = {}
    for _, own in drawn.groupby(period):
        own = own.reset_index(drop=True)
        for name, text in flow_marks.within_of(own, [shades[pair] for pair in own["pair"]]).items():
            longest[name] = max(longest.get(name, ""), text, key=len)
    wanted = flow_marks.names_of(stations, longest, highlight)
    return flow_marks.place_labels(wanted, stations, shapes, ground, [corner])


def _with_count(entry: labels.Placed, stations: Mapping[str, nodes.Node], within: Mapping[str, str]) -> labels.Placed:
    """A placed name with this period's count of flows within the place."""
    name = entry.label.name
    text = stations[name].text + (f"\n○ {within[name]}" if name in within else "")
    return replace(entry, label=replace(entry.label, text=text))


def _parts(own: pd.DataFrame, ways: Sequence[LineString], breaks: Sequence[float]) -> list[flow_marks.Shape]:
    """The flows of one period, along the ways that all periods share."""
    found: list[flow_marks.Shape] = []
    for row in own.itertuples():
        way, thick = ways[row.pair], flow_marks.width_of(row, breaks, _THICKNESS)
        ring = row.origin == row.destination
        found.append((way, way.buffer(thick / 2) if ring else shapely.make_valid(flow_marks.arrow(way, thick))))
    return found


def _numbers(
    own: pd.DataFrame,
    shades: Sequence[str],
    parts: Sequence[flow_marks.Shape],
    stations: Mapping[str, nodes.Node],
    names: Sequence[labels.Placed],
    ground: basemap.Frame,
    corner: shapely.Geometry,
) -> list[labels.Placed]:
    colours = [shades[pair] for pair in own["pair"]]
    wanted = flow_marks.numbers_of(own, stations, parts, colours, _NUMBERS)
    return flow_marks.place_labels(wanted, stations, parts, ground, [corner, *(entry.box for entry in names)])


def _period_remarks(
    panels: Sequence[tuple], chosen: flow_table.Chosen, shades: Sequence[str], stations: Mapping, width: float
) -> list[str]:
    """What the maps do not show: texts without room, the smaller pairs, and those without a place."""
    found = []
    for value, own, _, numbers in panels:
        text = flow_marks.crowded(own, numbers, stations, [shades[pair] for pair in own["pair"]])
        if text:
            found.append(f"{value}. {text}")
    if len(chosen.others):
        found.append(flow_table.others_text(chosen.others))
    if len(chosen.lost):
        found.append(flow_table.lost_text(chosen.lost))
    return [line for text in found for line in style.wrap(text, width - 0.2, 9.5)]


def _head(paper: Canvas, name: str, rows: pd.DataFrame, own: pd.DataFrame) -> None:
    """The period, how much is counted in it, and how much of that is drawn."""
    paper.text(0, 0.08, name, size=11, weight="bold", va="baseline", gid="period")
    if rows.empty:
        return
    all_in, shown = flow_table.total(rows), flow_table.total(own)
    text = f"n = {all_in}" if all_in == shown else f"n = {all_in}, {shown} drawn"
    paper.text(paper.width, 0.08, text, size=9.5, color=style.MUTED, ha="right", va="baseline", gid="n")


def _hatched(paper: Canvas, text: str) -> None:
    """The map of a period of which nothing is known."""
    paper.add(Rectangle((0, 0), paper.width, paper.height, fc="white", ec=style.FAINT, hatch=style.UNKNOWN, lw=0))
    plate = {"facecolor": "white", "edgecolor": "none", "pad": 3}
    paper.text(
        paper.width / 2, paper.height / 2, text, size=11, color=style.MUTED, ha="center", va="center", bbox=plate
    )
    basemap.frame_map(paper)
