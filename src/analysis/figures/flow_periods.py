"""Maps of flows side by side, one a period: the same frame, the same pairs, the same classes of width."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import shapely
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from shapely.geometry import LineString

from analysis.figures import arrows, basemap, flow_marks, flow_table, key, labels, nodes, style
from analysis.figures.canvas import Canvas
from bounded.refusal import Refusal

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
    remarks = _remarks(panels, chosen, shades, stations, full)
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
        found.append((way, way.buffer(thick / 2) if ring else shapely.make_valid(arrows.arrow(way, thick))))
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


def _remarks(
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
