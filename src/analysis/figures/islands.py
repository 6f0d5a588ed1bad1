"""The enlarged picture of a study's own islands, and of flows among them, beside a map too wide to show them."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analysis.figures import basemap, flow_marks, flow_table, labels, nodes, style
from analysis.figures.canvas import Canvas

WIDTH = 2.7  # inches
_WITH_FLOWS = 3.5
TOP = 8  # more arrows have no room in the inset
_SIZE = style.LEAST
_THICKNESS = 0.8


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
    rings = flow_marks.rings_of(flows, breaks, _THICKNESS)
    stations = {}
    for end in dict.fromkeys([*flows["origin"], *flows["destination"]]):
        point = regions[end].representative_point()
        stations[end] = nodes.Node(end, point.x, point.y, False, False, "", ring=rings.get(end, 0.0), size=_SIZE)
    shapes = flow_marks.shapes_of(flows, stations, breaks, ground, _THICKNESS)
    colours = [style.BLUE] * len(flows)
    flow_marks.draw_flows(paper, flows, shapes, colours)
    flow_marks.draw_nodes(paper, stations, None)
    numbers = flow_marks.numbers_of(flows, stations, shapes, colours, 8.5)
    return shapes, numbers, [node.outline for node in stations.values()]
