"""Maps of flows between places: curved arrows whose width is a class, rings for flows within a place, regions as boxes.

The frame fits the study and what is near it; places further off stand at the frame's edge, in their direction, and
ends without a place on the ground (unknown, abroad, the rest of a country) stand beside the map.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd
import shapely
from matplotlib.figure import Figure

from analysis.figures import basemap, flow_marks, flow_table, islands, key, labels, nodes, style
from bounded.refusal import Refusal


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
    if inset is not None and islands.touched(rows, inset):
        if whole is None:
            raise Refusal(
                "missing_inset_name",
                "Flows begin or end on islands of the inset: name the place they are together as `whole`.",
            )
        if islands.fill_the_frame(rows, inset):
            places = places.assign(study=places["id"].isin(inset["area_id"]))
            beside_map |= {whole: beside_map.get(whole, "bottom")}
            boundaries, inset = inset, None
        else:
            rows, among = islands.apart(rows, inset, whole)
            highlight = whole if highlight in set(inset["area_id"]) else highlight
    grounded = places.dropna(subset=["x", "y"])
    chosen = flow_table.largest(rows, {*grounded["id"], *anchors, *beside_map}, top, highlight)
    drawn = chosen.drawn
    if drawn.empty:
        text = flow_table.lost_text(chosen.lost) if len(chosen.lost) else "every flow is 0"
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text=text)
    among = flow_table.largest(among, set(among["origin"]) | set(among["destination"]), islands.TOP)
    full = style.WIDTH - 2 * style.MARGIN
    aside = islands.width(among.drawn) + 0.12 if inset is not None and len(inset) else 0.0
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
        islands.draw(page, inset, projection, top=page.height, title=inset_title, flows=among.drawn, breaks=breaks)
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
