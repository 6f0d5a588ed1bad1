"""A map of which areas lie among others like them: clusters and outliers in colour and words, masked areas hatched.

A figure of flows beside what a model expects of them: persons, and the range that model and chance allow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from analysis.plots import basemap, key, labels, style
from analysis.plots.levels import TEXT
from bounded.refusal import Refusal

if TYPE_CHECKING:
    pass

# Quadrant: colour, and what it means; the words stand on the map too, as a grey print has no colours.
LOOKS = {
    "high-high": (style.VERMILLION, "high-high: high among high"),
    "low-low": (style.BLUE, "low-low: low among low"),
    "high-low": (style.ORANGE, "high-low: high among low"),
    "low-high": (style.SKY, "low-high: low among high"),
}
_PLAIN = style.STONE
_OTHER_LAND = style.PALE
_SIZE = 9.5
_TINY = 0.035  # square inches below which an area's look cannot be seen
_MASKS = {
    "value not known": (style.UNKNOWN, "value not known"),
    "no neighbour": (style.SUPPRESSED, "no neighbour"),
    "no neighbour's value known": (style.CENSORED, "no neighbour's value known"),
}


@style.seen_as("A map of the areas with their values; dashed lines join neighbours without a common border.")
@style.styled
def cluster_map(
    boundaries: gpd.GeoDataFrame,
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    projection: str,
    unit: str = "",
    background: gpd.GeoDataFrame | None = None,
    subtitle: str = "",
) -> Figure:
    """Areas that lie among others like them, or unlike them, more than chance allows.

    Parameters
    ----------
    boundaries : area_id, name, geometry (EPSG:4326); every area is drawn, and needs a row in `table`.
    table : area_id, value, quadrant, status, neighbours (ids), how, as the local rows of `spatial_clustering`.
    projection : an equal-area projection centred on the study, as a PROJ string.
    unit : of the values, for the key.
    background : land to draw beneath (EPSG:4326).

    Raises
    ------
    ValueError : an area has no row in the table, or no boundary.
    """
    if boundaries.empty or table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(table, ("area_id", "value", "quadrant", "status", "neighbours", "how"))
    style.require(boundaries, ("area_id", "name", "geometry"))
    lost = sorted(set(table["area_id"]) ^ set(boundaries["area_id"]))
    if lost:
        raise Refusal("areas_differ", f"{lost[0]} is in the table or in the boundaries only: both need the same areas.")
    rows = table.set_index("area_id")
    areas = boundaries.to_crs(projection)
    width = style.WIDTH - 2 * style.MARGIN
    ground = basemap.frame(areas.total_bounds, width=width, lowest=3.6, highest=6.2, margin=0.08)
    shapes = {row.area_id: ground.on_paper(row.geometry) for row in areas.itertuples()}
    regions = {area: _visible(area, shapes) for area in shapes}
    joined = _joined(rows, regions)
    listed = _key(rows, bool(joined))
    heading = f"Below each name: {unit}" if unit else "Below each name: the value"
    below = key.height(listed, width, heading) + 0.14
    page = style.sheet(ground.height + below, title=title, footer=footer.crediting(boundaries), subtitle=subtitle)
    paper = page.canvas(0, below, width, ground.height)
    if background is not None:
        seen = basemap.land(background, projection, ground).geometry
        basemap.draw(paper, seen, facecolor=_OTHER_LAND, edgecolor=basemap.BORDER, lw=0.5, zorder=1)
    for area, shape in shapes.items():
        colour, hatch = _look(rows.loc[area, "quadrant"], rows.loc[area, "status"])
        tiny = regions[area] is not shape
        rules = {"facecolor": colour, "hatch": hatch, "edgecolor": style.CONTEXT}
        basemap.draw(paper, [regions[area]], lw=0.8 if tiny else 0, zorder=4, **rules)
        basemap.draw(paper, [shape], facecolor="white" if tiny else "none", edgecolor=style.OUTLINE, lw=0.7, zorder=5)
    for line in joined:
        x, y = line.xy
        paper.plot(x, y, color=style.INK, lw=1.1, ls=(0, (4, 2)), zorder=3)
    busy = shapely.union_all([*regions.values(), *joined])
    corner = basemap.scale_bar_corner(ground, busy, margin=0.01)
    basemap.scale_bar(paper, ground, corner)
    basemap.frame_map(paper)
    wanted = []
    names = dict(zip(areas["area_id"], areas["name"].astype(str), strict=True))
    for area, region in regions.items():
        words, found = _words(names[area], rows.loc[area])
        wide, tall = labels.extent(words, _SIZE, found)
        inside = labels.within(region.simplify(0.01), wide, tall, 0.95) if regions[area] is shapes[area] else []
        wanted.append(labels.Label(area, words, _SIZE, inside + labels.beside(region, wide, tall), found))
    avoid: list[tuple[str, BaseGeometry, float]] = [(area, shape, 11.0) for area, shape in regions.items()]
    avoid += [("", line.buffer(0.03), 6.0) for line in joined]
    boxes = [region for area, region in regions.items() if region is not shapes[area]]
    placed = labels.place(wanted, width=ground.width, height=ground.height, obstacles=[corner, *boxes], avoid=avoid)
    grounds = {area: _look(rows.loc[area, "quadrant"], rows.loc[area, "status"])[0] for area in regions}
    labels.write(paper, placed, grounds=grounds)
    key.draw(page, listed, x=0, top=below - 0.12, width=width, heading=heading)
    return page.figure


def _visible(area: str, shapes: dict[str, BaseGeometry]) -> BaseGeometry:
    """An area's shape, or a box around an island too small to show a colour."""
    shape = shapes[area]
    box = shapely.box(*shape.bounds).buffer(0.07, join_style="mitre")
    alone = not any(box.intersects(other) for name, other in shapes.items() if name != area)
    return box if alone and shape.area < _TINY else shape


def _found(status: str) -> bool:
    return status in ("cluster", "outlier")


def _look(quadrant: str, status: str) -> tuple[str, str]:
    """Colour and hatching of an area."""
    if _found(status):
        return LOOKS[quadrant][0], ""
    if status.startswith("masked"):
        return "white", _MASKS[status.removeprefix("masked: ")][0]
    return _PLAIN, ""


def _words(name: str, row: pd.Series) -> tuple[str, bool]:
    """What stands on an area: name, value, and what it is among its neighbours; and whether it is either."""
    found = _found(row["status"])
    value = style.number(row["value"]) if np.isfinite(row["value"]) else "not known"
    return "\n".join([name, value, *([row["quadrant"]] if found else [])]), found


def _joined(rows: pd.DataFrame, regions: dict[str, BaseGeometry]) -> list[LineString]:
    """Lines between neighbours that no border joins, each once."""
    pairs = {
        tuple(sorted((str(area), str(other))))
        for area, ids in rows["neighbours"].items()
        for other in ids
        if area in regions and not shapely.dwithin(regions[area], regions[other], 0.005)
    }
    ids = {str(area): area for area in regions}
    return [LineString(shapely.shortest_line(regions[ids[one]], regions[ids[other]])) for one, other in sorted(pairs)]


def _key(rows: pd.DataFrame, lines: bool) -> list[key.Entry]:
    found = rows[rows["status"].map(_found)]
    listed = [
        key.patch(words, colour, style.OUTLINE)
        for name, (colour, words) in LOOKS.items()
        if (found["quadrant"] == name).any()
    ]
    if (rows["status"] == "not distinguishable").any():
        listed.append(key.patch("not distinguishable from chance", _PLAIN, style.OUTLINE))
    for status, (hatch, words) in _MASKS.items():
        if (rows["status"] == f"masked: {status}").any():
            listed.append(key.patch(f"masked: {words}", "white", style.CONTEXT, hatch))
    if lines:
        listed.append(key.line("neighbours without a common border", style.INK, 1.1, dashes="--"))
    return listed


_ROW = 0.33  # inches
_LINE = 0.17  # inches of each further line of a name
RESIDUAL_LOOKS = {
    "more than expected": (style.VERMILLION, "o"),
    "fewer than expected": (style.BLUE, "s"),
    "as expected": (style.MUTED, "D"),
}


@style.seen_as(
    "A mark for each of the least likely pairs, beside a bar of what is expected and one of what chance allows."
)
@style.styled
def flow_residuals(
    table: pd.DataFrame, *, title: str, footer: style.Footer, subtitle: str = "", unit: str = "persons"
) -> Figure:
    """Flows in the order given: a marker for what was found, a grey bar for what model and chance allow.

    Parameters
    ----------
    table : label; low, high (what was found; equal if exact); expected_low, expected_high; chance_low, chance_high (in
        the same unit); status ("more than expected", "fewer than expected", "as expected").
    unit : what is counted.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    numeric = ["low", "high", "expected_low", "expected_high", "chance_low", "chance_high"]
    style.require(table, ("label", *numeric, "status"))
    rows = table.reset_index(drop=True).astype({column: float for column in numeric})
    width = style.WIDTH - 2 * style.MARGIN
    names = ["\n".join(style.wrap(label, 2.4, TEXT)) for label in rows["label"].astype(str)]
    texts = [_text(row) for row in rows.to_dict("records")]
    left = max(style.text_width(name, TEXT) for name in names) + 0.15
    right = max(style.text_width(text, 9.5) for text in texts) + 0.2
    heights = [_ROW + _LINE * name.count("\n") for name in names]
    ends = np.cumsum(heights)
    listed = _residual_key(rows)
    below = 0.55 + key.height(listed, width)
    page = style.sheet(ends[-1] + below + 0.05, title=title, footer=footer, subtitle=subtitle)
    axes = page.axes(left, below, width - left - right, ends[-1])
    _scale(axes, float(rows[numeric].to_numpy().max()), width - left - right, ends[-1], unit)
    for row, name, text, end, tall in zip(rows.to_dict("records"), names, texts, ends, heights, strict=True):
        place = end - tall / 2
        across: dict = {"transform": axes.get_yaxis_transform(), "linespacing": 1.1}
        axes.text(-0.03, place, name, size=TEXT, ha="right", va="center", **across)
        axes.text(1.03, place, text, size=9.5, color=style.MUTED, ha="left", va="center", **across)
        _flow(axes, place, row)
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _scale(axes: Axes, top: float, width: float, height: float, unit: str) -> None:
    """Numbers from 0: even up to 1, and beyond so that equal ratios are equally long."""
    axes.set_xscale("symlog", linthresh=1, linscale=0.5)
    axes.set(xlim=(0, max(top, 2) * 1.15), ylim=(height, 0), yticks=[])
    end = axes.get_xlim()[1]
    powers = [10**power for power in range(9) if 10**power <= end]
    # Not so many that their numbers, each with a gap, are wider than the axis.
    for steps in ([step * power for power in powers for step in (1, 3) if step * power <= end], powers, powers[::2]):
        ticks = [0, *steps]
        if sum(style.text_width(style.number(tick), 10) + 0.2 for tick in ticks) < width:
            break
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: style.number(value)))
    axes.tick_params(axis="x", length=0, labelsize=10)
    axes.grid(axis="x")
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.set_xlabel(f"{unit} (equal ratios are equally long)", size=TEXT, loc="left")


def _flow(axes: Axes, place: float, row: dict) -> None:
    axes.plot([row["chance_low"], row["chance_high"]], [place, place], color=style.STONE, lw=9, zorder=2)
    expected = [row["expected_low"], row["expected_high"]]
    if expected[0] == expected[1]:
        axes.plot(expected[:1], [place], marker="|", ms=11, mew=2, color=style.INK, ls="none", zorder=3)
    else:
        axes.plot(expected, [place, place], color=style.CONTEXT, lw=9, zorder=3)
    colour, marker = RESIDUAL_LOOKS[row["status"]]
    if row["high"] > row["low"]:
        axes.plot([row["low"], row["high"]], [place, place], color=colour, lw=3.4, zorder=4, clip_on=False)
    ends = sorted({row["low"], row["high"]})
    axes.plot(ends, [place] * len(ends), marker, ms=6.5, color=colour, mec="white", mew=0.8, zorder=5, clip_on=False)


def _text(row: dict) -> str:
    return f"{_between(row['low'], row['high'])} seen, {_between(row['expected_low'], row['expected_high'])} expected"


def _between(low: float, high: float) -> str:
    texts = [style.number(float(f"{bound:.2g}") if bound < 100 and bound % 1 else bound) for bound in (low, high)]
    return texts[0] if texts[0] == texts[1] else "–".join(texts)


def _residual_key(rows: pd.DataFrame) -> list[key.Entry]:
    listed = [
        key.dot(f"seen: {status}", *look) for status, look in RESIDUAL_LOOKS.items() if (rows["status"] == status).any()
    ]
    if (rows["high"] > rows["low"]).any():
        listed.append(key.line("seen, between two bounds", style.MUTED, 3.4))
    if (rows["expected_high"] > rows["expected_low"]).any():
        listed.append(key.line("expected, of both fits", style.CONTEXT, 8))
    if (rows["expected_high"] == rows["expected_low"]).any():
        listed.append(key.line("expected", style.INK, 2, upright=True))
    return [*listed, key.line("95% of flows, by model and chance", style.STONE, 8)]
