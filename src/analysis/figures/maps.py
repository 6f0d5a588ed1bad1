"""Maps whose areas are coloured by an amount: few readable classes, the unknown hatched, names that keep apart."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import shapely.affinity
from matplotlib.figure import Figure
from shapely.geometry.base import BaseGeometry

from analysis.figures import basemap, key, labels, style
from analysis.figures.canvas import Canvas
from analysis.figures.classes import class_breaks, class_labels, class_of

_SIZE = 10.0
_LIMITED = "..."  # hatching of a value that is coloured but not exact


@style.styled
def choropleth(
    boundaries: gpd.GeoDataFrame,
    table: pd.DataFrame,
    *,
    value: str,
    title: str,
    footer: style.Footer,
    projection: str,
    legend_title: str,
    unit: str,
    background: gpd.GeoDataFrame | Sequence[gpd.GeoDataFrame] | None = None,
    label: str = "name",
    classes: int = 5,
    highlight: str | None = None,
    hatch: str | None = None,
    subtitle: str = "",
) -> Figure:
    """A map of a study's areas in classed colours.

    Very small groups of islands far from all other areas are drawn enlarged in their place, inside a thin box.

    Parameters
    ----------
    boundaries : area_id, name, geometry (EPSG:4326); every area is drawn.
    table : area_id and the column named by `value` (an amount from 0 up; missing = not known). Optional: text,
        printed below the name; the column named by `label`; the column named by `hatch`.
    background : layers to draw beneath in light grey, the lowest first (EPSG:4326).
    projection : an equal-area projection centred on the study, as a PROJ string.
    label : column of the names, taken from `table` if it is there, else from `boundaries`.
    classes : at most six.
    legend_title, unit : head of the key: what is shown, and its unit.
    highlight : area_id of the area to outline.
    hatch : column of `table`: empty, "suppressed", or in a few words why a value is not exact ("count below 5");
        the words go into the key.
    """
    if boundaries.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    areas = _joined(boundaries, table, value, label, hatch).to_crs(projection)
    width = style.WIDTH - 2 * style.MARGIN
    enlarged = _enlarged(areas)
    shown = [enlarged.get(area_id, shape) for area_id, shape in zip(areas["area_id"], areas.geometry, strict=True)]
    bounds = shapely.union_all([shapely.box(*shape.bounds) for shape in shown]).bounds
    ground = basemap.frame(bounds, width=width, lowest=3.6, highest=6.2, margin=0.06)
    shapes = dict(zip(areas["area_id"], (ground.on_paper(shape) for shape in shown), strict=True))
    amounts = areas["amount"].to_numpy(dtype=float)
    breaks = class_breaks(amounts, classes)
    shades = style.amounts(max(len(breaks) - 1, 1))
    listed = _key(areas, amounts, breaks, shades, highlight)
    heading = f"{legend_title} ({unit})" if unit else legend_title
    below = key.height(listed, width, heading) + 0.14
    page = style.sheet(ground.height + below, title=title, footer=footer, subtitle=subtitle)
    paper = page.canvas(0, below, width, ground.height)
    layers = [background] if isinstance(background, gpd.GeoDataFrame) else list(background or [])
    study = shapely.union_all([shapely.make_valid(shape) for shape in shapes.values()])
    shapely.prepare(study)
    for depth, layer in enumerate(layers):
        seen = basemap.land(layer, projection, ground).explode().geometry.to_numpy()
        # A coarser outline of an area that is drawn anyway would show as a ghost around it.
        ghosts = shapely.intersects(study, seen)
        covered = shapely.area(shapely.intersection(seen[ghosts], study))
        ghosts[ghosts] = covered > 0.5 * shapely.area(seen[ghosts])
        shade = style.LAND if depth == 0 else "#e2e2e2"
        basemap.draw(paper, seen[~ghosts], facecolor=shade, edgecolor=basemap.BORDER, lw=0.5, zorder=1)
    for area_id, shape in enlarged.items():
        _box_around(paper, ground.on_paper(areas.set_index("area_id").geometry[area_id]), ground.on_paper(shape))
    grounds = {}
    for row in areas.itertuples():
        colour, pattern, edge = _look(row.amount, row.hatch, breaks, shades)
        basemap.draw(paper, [shapes[row.area_id]], facecolor=colour, edgecolor=edge, hatch=pattern, lw=0, zorder=4)
        basemap.draw(paper, [shapes[row.area_id]], facecolor="none", edgecolor="#4a4a4a", lw=0.7, zorder=5)
        grounds[row.area_id] = colour
    if highlight in shapes:
        # A white rim keeps the outline visible in a grey print.
        for colour, wide in (("white", 4.6), (style.HIGHLIGHT, 2.4)):
            basemap.draw(paper, [shapes[highlight]], facecolor="none", edgecolor=colour, lw=wide, zorder=7)
    corner = basemap.scale_bar_corner(ground, study, margin=0.01)
    basemap.scale_bar(paper, ground, corner)
    basemap.frame_map(paper)
    placed = _names(areas, shapes, set(enlarged), ground, [corner], highlight)
    labels.write(paper, placed, grounds=grounds)
    key.draw(page, listed, x=0, top=below - 0.12, width=width, heading=heading)
    return page.figure


def _joined(
    boundaries: gpd.GeoDataFrame, table: pd.DataFrame, value: str, label: str, hatch: str | None
) -> gpd.GeoDataFrame:
    """Boundaries with amount, shown (name), text and hatch of each area; an area without a row is not known."""
    style.require(boundaries, ("area_id", "geometry"))
    boundaries = boundaries.reset_index(drop=True)
    if len(table):
        style.require(table, ("area_id", value, *((hatch,) if hatch else ())))
        strange = sorted(set(table["area_id"]) - set(boundaries["area_id"]))
        if strange:
            raise ValueError(
                f"The map has no boundary for {', '.join(map(str, strange[:5]))}: their values would be lost."
            )
        if table["area_id"].duplicated().any():
            raise ValueError("An area stands twice in the table to map: choose one period and one measure first.")
    rows = table.set_index("area_id") if len(table) else pd.DataFrame(index=pd.Index([], name="area_id"))

    def column(name: str | None, otherwise: pd.Series) -> pd.Series:
        if name is None or name not in rows.columns:
            return otherwise
        return boundaries["area_id"].map(rows[name]).where(lambda found: found.notna(), otherwise)

    nothing = pd.Series("", index=boundaries.index)
    names = boundaries[label] if label in boundaries.columns else boundaries["area_id"]
    return boundaries[["area_id", "geometry"]].assign(
        amount=column(value, pd.Series(np.nan, index=boundaries.index)).astype(float),
        shown=column(label, names).astype(str),
        text=column("text", nothing).astype(str),
        hatch=column(hatch, nothing).astype(str),
    )


def _enlarged(areas: gpd.GeoDataFrame) -> dict[str, BaseGeometry]:
    """Groups of islands that the map would lose: under 0.15 % of its bounds, and far from every other area."""
    left, bottom, right, top = areas.total_bounds
    found = {}
    for area_id, shape in zip(areas["area_id"], areas.geometry, strict=True):
        others = areas.loc[areas["area_id"] != area_id, "geometry"]
        if shape.geom_type != "MultiPolygon" or len(shape.geoms) < 4 or not len(others):
            continue
        half = max(shape.bounds[2] - shape.bounds[0], shape.bounds[3] - shape.bounds[1]) / 2
        free = float(others.distance(shape.envelope.centroid).min()) / (1.3 * half)
        if shape.area < 0.0015 * (right - left) * (top - bottom) and free > 1.5:
            factor = min(2.2, free)
            found[str(area_id)] = shapely.affinity.scale(shape, factor, factor, origin=shape.envelope.centroid)
    return found


def _box_around(paper: Canvas, true: BaseGeometry, large: BaseGeometry) -> None:
    left, bottom, right, top = large.bounds
    box = shapely.box(left - 0.06, bottom - 0.06, right + 0.06, top + 0.06)
    basemap.draw(paper, [box], facecolor="white", edgecolor=style.CONTEXT, lw=0.8, zorder=3)
    factor = (right - left) / (true.bounds[2] - true.bounds[0])
    paper.text(
        (left + right) / 2,
        bottom - 0.1,
        f"enlarged × {style.number(round(factor, 1))}",
        size=8.5,
        color=style.MUTED,
        ha="center",
        va="top",
        zorder=18,
        gid="enlarged",
    )


def _look(amount: float, hatch: str, breaks: list[float], shades: list[str]) -> tuple[str, str, str]:
    """Colour, hatching and colour of the hatching of an area."""
    if hatch == "suppressed":
        return "white", style.SUPPRESSED, style.MUTED
    if not np.isfinite(amount):
        return "white", style.UNKNOWN, style.CONTEXT
    colour = shades[class_of(amount, breaks)]
    return colour, _LIMITED if hatch else "", style.CONTEXT if style.on(colour) == style.INK else "white"


def _key(
    areas: gpd.GeoDataFrame, amounts: np.ndarray, breaks: list[float], shades: list[str], highlight: str | None
) -> list[key.Entry]:
    known = amounts[np.isfinite(amounts)]
    whole = bool(len(known)) and bool(np.all(known == np.round(known)))
    listed = [
        key.patch(text, shade, "#4a4a4a") for text, shade in zip(class_labels(breaks, whole), shades, strict=False)
    ]
    suppressed = areas["hatch"] == "suppressed"
    if (areas["amount"].isna() & ~suppressed).any():
        listed.append(key.patch("not known", "white", style.CONTEXT, style.UNKNOWN))
    if suppressed.any():
        listed.append(key.patch("suppressed", "white", style.MUTED, style.SUPPRESSED))
    reasons = areas.loc[areas["amount"].notna() & ~suppressed & (areas["hatch"] != ""), "hatch"]
    listed += [key.patch(reason, "white", style.INK, _LIMITED) for reason in dict.fromkeys(reasons)]
    if highlight is not None and highlight in set(areas["area_id"]):
        name = areas.loc[areas["area_id"] == highlight, "shown"].iloc[0]
        listed.append(key.patch(name, "white", style.HIGHLIGHT))
    return listed


def _names(
    areas: gpd.GeoDataFrame,
    shapes: dict[str, BaseGeometry],
    boxed: set[str],
    ground: basemap.Frame,
    taken: list,
    highlight: str | None,
) -> list[labels.Placed]:
    wanted, avoid, obstacles = [], [], list(taken)
    for row in areas.itertuples():
        region = shapes[row.area_id].simplify(0.01)
        text = f"{row.shown}\n{row.text}" if row.text else row.shown
        bold = row.area_id == highlight
        wide, tall = labels.extent(text, _SIZE, bold)
        if row.area_id in boxed:
            left, bottom, right, top = region.bounds
            region = shapely.box(left - 0.08, bottom - 0.28, right + 0.08, top + 0.08)
            obstacles.append(region)
            candidates = labels.beside(region, wide, tall, reach=(0.02, 0.06, 0.08))
        else:
            candidates = labels.within(region, wide, tall) + labels.beside(region, wide, tall)
        wanted.append(labels.Label(row.area_id, text, _SIZE, candidates, bold))
        avoid.append((row.area_id, region, 8.0))
    return labels.place(wanted, width=ground.width, height=ground.height, obstacles=obstacles, avoid=avoid)
