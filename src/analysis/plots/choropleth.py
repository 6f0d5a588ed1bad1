"""Choropleth maps: areas coloured by few classes with readable bounds, the unknown hatched.

How amounts are put into a few classes with readable bounds.

Maps whose areas are coloured by an amount: few readable classes, the unknown hatched, names that keep apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import shapely.affinity
from matplotlib.figure import Figure
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from analysis.plots import basemap, key, labels, style
from analysis.plots.style import Canvas
from bounded.refusal import Refusal

_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)


def class_breaks(values: Iterable[float], classes: int = 5) -> list[float]:
    """Bounds of at most `classes` classes that hold about as many distinct values each.

    Quantiles of the distinct values (else a crowd of equal small counts would leave one class for all the rest), each
    rounded to the nearest of 1, 1.5, 2, 2.5, 3, 4, 5, 6 or 8 times a power of ten (whole numbers if all values are
    whole); classes that the rounding leaves empty are joined to the one below.

    Parameters
    ----------
    values : amounts from 0 up, any unit; missing and infinite ones are passed over.
    classes : from 1 to 6: more shades cannot be told apart.

    Returns
    -------
    Ascending bounds, one more than there are classes; a class holds its lower bound, the last also its upper one.
    Empty if there is no value.

    Raises
    ------
    ValueError : a negative value, or more than six classes.
    """
    if not 1 <= classes <= 6:
        raise Refusal("too_many_classes", f"{classes} classes cannot be told apart on a map: use 1 to 6.")
    known = np.unique([float(value) for value in values if np.isfinite(value)])
    if not len(known):
        return []
    if known[0] < 0:
        raise Refusal("negative", f"These classes are for amounts from 0 up; {known[0]:g} is below 0.")
    whole = bool(np.all(known == np.round(known)))
    first, last = _below(known[0], whole), _above(known[-1], whole)
    breaks = [first]
    for share in np.arange(1, classes) / classes:
        inner = _nearest(float(np.quantile(known, share)), whole)
        filled = np.any((known >= breaks[-1]) & (known < inner)) and np.any(known >= inner)
        if inner > breaks[-1] and inner < last and filled:
            breaks.append(inner)
    return [*breaks, last]


def class_of(value: float, breaks: Sequence[float]) -> int:
    """Number of the class, from 0, that a value is in."""
    return int(np.searchsorted(np.asarray(breaks[1:-1], dtype=float), value, side="right"))


def class_labels(breaks: Sequence[float], whole: bool) -> list[str]:
    """What stands beside the classes in a key: "1-4", "5-9" for whole numbers, "0.5 to 1" for others."""
    labels = []
    for place, (low, high) in enumerate(pairwise(breaks)):
        if whole:
            top = high if place == len(breaks) - 2 else high - 1
            labels.append(style.number(low) if top <= low else f"{style.number(low)}–{style.number(top)}")
        else:
            labels.append(style.number(low) if high <= low else f"{style.number(low)} to {style.number(high)}")
    return labels


def _candidates(value: float, whole: bool) -> list[float]:
    power = math.floor(math.log10(value))
    found = {round(step * 10.0**exponent, 12) for exponent in (power - 1, power, power + 1) for step in _STEPS}
    if whole:
        found = {float(math.ceil(candidate)) for candidate in found}
    return sorted(found)


def _nearest(value: float, whole: bool) -> float:
    return 0.0 if value <= 0 else min(_candidates(value, whole), key=lambda candidate: abs(candidate - value))


def _below(value: float, whole: bool) -> float:
    return 0.0 if value <= 0 else max((c for c in _candidates(value, whole) if c <= value * (1 + 1e-9)), default=value)


def _above(value: float, whole: bool) -> float:
    return 0.0 if value <= 0 else min((c for c in _candidates(value, whole) if c >= value * (1 - 1e-9)), default=value)


_SIZE = 10.0
_NOTE = style.LEAST
_SMALL = 9.0  # points, where two maps share the width
_BETWEEN = 0.16  # inches
_LIMITED = "..."  # hatching of a value that is coloured but not exact


@dataclass(frozen=True)
class Ground:
    """What a map shows whatever the amounts are, in inches.

    Parameters
    ----------
    frame : the part of the projected plane that is shown.
    shapes : each area as it is drawn.
    boxed : the true outlines of areas that are drawn enlarged in a box.
    study : all areas as one shape, prepared.
    layers : what lies beneath, the lowest first.
    """

    frame: basemap.Frame
    shapes: dict[str, BaseGeometry]
    boxed: dict[str, BaseGeometry]
    study: BaseGeometry
    layers: list[np.ndarray]


@dataclass(frozen=True)
class _Shading:
    """Bounds of the classes of a map, the colour of each, and whether all amounts are whole numbers."""

    breaks: list[float]
    shades: list[str]
    whole: bool


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
        printed below the name; short, printed instead of a name that does not fit into its area; the column named by
        `label`; the column named by `hatch`.
    background : layers to draw beneath in light grey, the lowest first (EPSG:4326).
    projection : an equal-area projection centred on the study, as a PROJ string.
    label : column of the names, taken from `table` if it is there, else from `boundaries`.
    classes : at most six.
    legend_title, unit : head of the key: what is shown, and its unit.
    highlight : area_id of the area to outline.
    hatch : column of `table`: empty; "suppressed" (by the source); words that begin with it (by us: "suppressed: fewer
        than 11, or would show others"); or in a few words why a value is not exact ("count below 5"). The words
        go into the key. Of a suppressed area nothing is drawn that depends on its value: all look alike.
    """
    if boundaries.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    areas = _joined(boundaries, table, value, label, hatch).to_crs(projection)
    width = style.WIDTH - 2 * style.MARGIN
    land = ground_of(areas, background, projection, width=width, lowest=3.6, highest=6.2)
    shading = _shading(areas, classes)
    listed = _key(areas, shading, highlight)
    heading = f"{legend_title} ({unit})" if unit else legend_title
    below = key.height(listed, width, heading) + 0.14
    page = style.sheet(land.frame.height + below, title=title, footer=footer.crediting(boundaries), subtitle=subtitle)
    _draw(page.canvas(0, below, width, land.frame.height), areas, land, shading, highlight, _SIZE)
    key.draw(page, listed, x=0, top=below - 0.12, width=width, heading=heading)
    return page.figure


@style.styled
def choropleth_pair(
    boundaries: gpd.GeoDataFrame,
    table: pd.DataFrame,
    *,
    values: tuple[str, str],
    heads: tuple[str, str],
    texts: tuple[str, str],
    title: str,
    footer: style.Footer,
    projection: str,
    background: gpd.GeoDataFrame | Sequence[gpd.GeoDataFrame] | None = None,
    classes: int = 5,
    highlight: str | None = None,
    hatch: str | None = None,
    subtitle: str = "",
) -> Figure:
    """Two maps of the same areas side by side, as of rates and of the counts behind them; see `choropleth`.

    Parameters
    ----------
    boundaries, background, projection, classes, highlight, hatch : as for `choropleth`.
    table : as for `choropleth`, with both columns of `values`, and those of `texts`; short is for the left map.
    values : columns of the amounts of the left and the right map, each with classes of its own.
    heads : what stands above each map: what is shown, and its unit.
    texts : columns of what is written into the areas: names at the left, and at the right the counts, say. Empty
        texts are not written.
    """
    if boundaries.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    sides = [_joined(boundaries, table, value, label, hatch) for value, label in zip(values, texts, strict=True)]
    # A count has no shorter form.
    sides = [sides[0].to_crs(projection), sides[1].to_crs(projection).assign(short="")]
    whole = style.WIDTH - 2 * style.MARGIN
    # A hundredth of an inch less, so that the line around the right map is not cut.
    width = (whole - _BETWEEN) / 2 - 0.01
    land = ground_of(sides[0], background, projection, width=width, lowest=2.8, highest=4.4)
    shadings = [_shading(areas, classes) for areas in sides]
    above = [style.wrap(head, width, 10.5, bold=True) for head in heads]
    # What both maps mean by hatching and outline is explained once, below both.
    own = [_classes(shading) for shading in shadings]
    shared = _limits(pd.concat(sides), highlight)
    keys = max(key.height(listed, width) for listed in own)
    below = keys + key.height(shared, whole) + 0.14
    head = 0.18 * max(map(len, above)) + 0.08
    page = style.sheet(
        head + land.frame.height + below, title=title, footer=footer.crediting(boundaries), subtitle=subtitle
    )
    for place, (areas, shading) in enumerate(zip(sides, shadings, strict=True)):
        x = place * (width + _BETWEEN)
        paper = page.canvas(x, below, width, land.frame.height)
        _draw(paper, areas, land, shading, highlight, _SMALL)
        words = "\n".join(above[place])
        paper.text(0, land.frame.height + 0.06, words, size=10.5, weight="bold", va="bottom", linespacing=1.15)
        key.draw(page, own[place], x=x, top=below - 0.12, width=width)
    key.draw(page, shared, x=0, top=key.height(shared, whole), width=whole)
    return page.figure


def ground_of(
    areas: gpd.GeoDataFrame,
    background: gpd.GeoDataFrame | Sequence[gpd.GeoDataFrame] | None,
    projection: str,
    *,
    width: float,
    lowest: float,
    highest: float,
) -> Ground:
    """What is drawn whatever the amounts are, in inches of a map."""
    enlarged = _enlarged(areas)
    true = dict(zip(areas["area_id"], areas.geometry, strict=True))
    shown = list({**true, **enlarged}.values())
    bounds = shapely.union_all([shapely.box(*shape.bounds) for shape in shown]).bounds
    ground = basemap.frame(bounds, width=width, lowest=lowest, highest=highest, margin=0.06)
    shapes = dict(zip(areas["area_id"], (ground.on_paper(shape) for shape in shown), strict=True))
    boxed = {area_id: ground.on_paper(true[area_id]) for area_id in enlarged}
    layers = [background] if isinstance(background, gpd.GeoDataFrame) else list(background or [])
    study = shapely.union_all([shapely.make_valid(shape) for shape in shapes.values()])
    shapely.prepare(study)
    land = []
    for layer in layers:
        seen = basemap.land(layer, projection, ground).explode().geometry.to_numpy()
        # A coarser outline of an area that is drawn anyway would show as a ghost around it.
        ghosts = shapely.intersects(study, seen)
        covered = shapely.area(shapely.intersection(seen[ghosts], study))
        ghosts[ghosts] = covered > 0.5 * shapely.area(seen[ghosts])
        land.append(seen[~ghosts])
    return Ground(ground, shapes, boxed, study, land)


def _shading(areas: gpd.GeoDataFrame, classes: int) -> _Shading:
    amounts = areas["amount"].to_numpy(dtype=float)
    breaks = class_breaks(amounts, classes)
    known = amounts[np.isfinite(amounts)]
    whole = bool(len(known)) and bool(np.all(known == np.round(known)))
    return _Shading(breaks, style.amounts(max(len(breaks) - 1, 1)), whole)


def _draw(
    paper: Canvas, areas: gpd.GeoDataFrame, land: Ground, shading: _Shading, highlight: str | None, size: float
) -> None:
    """One map with its names and scale bar."""
    for depth, seen in enumerate(land.layers):
        shade = style.LAND if depth == 0 else style.MIST
        basemap.draw(paper, seen, facecolor=shade, edgecolor=basemap.BORDER, lw=0.5, zorder=1)
    for area_id, shape in land.boxed.items():
        _box_around(paper, shape, land.shapes[area_id])
    grounds = {}
    for row in areas.itertuples():
        colour, pattern, edge = _look(row.amount, row.hatch, shading)
        shape = land.shapes[row.area_id]
        basemap.draw(paper, [shape], facecolor=colour, edgecolor=edge, hatch=pattern, lw=0, zorder=4)
        basemap.draw(paper, [shape], facecolor="none", edgecolor=style.OUTLINE, lw=0.7, zorder=5)
        grounds[row.area_id] = colour
    if highlight in land.shapes:
        # A white rim keeps the outline visible in a grey print.
        for colour, wide in (("white", 4.6), (style.HIGHLIGHT, 2.4)):
            basemap.draw(paper, [land.shapes[highlight]], facecolor="none", edgecolor=colour, lw=wide, zorder=7)
    corner = basemap.scale_bar_corner(land.frame, land.study, margin=0.01)
    basemap.scale_bar(paper, land.frame, corner)
    basemap.frame_map(paper)
    labels.write(paper, _names(areas, land, corner, highlight, size), grounds=grounds)


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
            raise Refusal(
                "missing_boundary",
                f"The map has no boundary for {', '.join(map(str, strange[:5]))}: their values would be lost.",
            )
        if table["area_id"].duplicated().any():
            raise Refusal(
                "duplicate_key", "An area stands twice in the table to map: choose one period and one measure first."
            )
    rows = table.set_index("area_id") if len(table) else pd.DataFrame(index=pd.Index([], name="area_id"))

    def column(name: str | None, otherwise: pd.Series) -> pd.Series:
        if name is None or name not in rows.columns:
            return otherwise
        return boundaries["area_id"].map(rows[name]).where(lambda found: found.notna(), otherwise)

    nothing = pd.Series("", index=boundaries.index)
    names = boundaries[label] if label in boundaries.columns else boundaries["area_id"]
    hatched = column(hatch, nothing).astype(str)
    hidden = hatched.map(_is_hidden)
    amount = column(value, pd.Series(np.nan, index=boundaries.index)).astype("Float64").astype(float)
    return boundaries[["area_id", "geometry"]].assign(
        # A hidden value must not even move the bounds of the classes.
        amount=amount.mask(hidden),
        shown=column(label, names).astype(str),
        text=column("text", nothing).astype(str),
        short=column("short", nothing).astype(str),
        hatch=hatched,
    )


def _is_hidden(hatch: str) -> bool:
    """Whether the value of an area is suppressed, by its source or by us."""
    return hatch.startswith("suppressed")


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
    paper.text(
        _note_middle(true, large),
        bottom - 0.1,
        _note(true, large),
        size=_NOTE,
        color=style.MUTED,
        ha="center",
        va="top",
        zorder=18,
        gid="enlarged",
    )


def _note(true: BaseGeometry, large: BaseGeometry) -> str:
    factor = (large.bounds[2] - large.bounds[0]) / (true.bounds[2] - true.bounds[0])
    return f"enlarged × {style.number(round(factor, 1))}"


def _note_middle(true: BaseGeometry, large: BaseGeometry) -> float:
    """Where the note below a box is centred: below its middle, but not beyond the left edge of the map."""
    left, _, right, _ = large.bounds
    return max((left + right) / 2, style.text_width(_note(true, large), _NOTE) / 2 + 0.06)


def _look(amount: float, hatch: str, shading: _Shading) -> tuple[str, str, str]:
    """Colour, hatching and colour of the hatching of an area."""
    if _is_hidden(hatch):
        return "white", style.SUPPRESSED, style.MUTED
    if not np.isfinite(amount):
        return "white", style.UNKNOWN, style.CONTEXT
    colour = shading.shades[class_of(amount, shading.breaks)]
    return colour, _LIMITED if hatch else "", style.CONTEXT if style.on(colour) == style.INK else "white"


def _key(areas: gpd.GeoDataFrame, shading: _Shading, highlight: str | None) -> list[key.Entry]:
    return [*_classes(shading), *_limits(areas, highlight)]


def _classes(shading: _Shading) -> list[key.Entry]:
    texts = class_labels(shading.breaks, shading.whole)
    return [key.patch(text, shade, style.OUTLINE) for text, shade in zip(texts, shading.shades, strict=False)]


def _limits(areas: gpd.GeoDataFrame, highlight: str | None) -> list[key.Entry]:
    """What is said of areas besides their class: not known, suppressed, not exact, the one that is outlined."""
    listed = []
    hidden = areas["hatch"].map(_is_hidden)
    if (areas["amount"].isna() & ~hidden).any():
        listed.append(key.patch("not known", "white", style.CONTEXT, style.UNKNOWN))
    for words in dict.fromkeys(areas.loc[hidden, "hatch"]):
        listed.append(key.patch(words, "white", style.MUTED, style.SUPPRESSED))
    reasons = areas.loc[areas["amount"].notna() & ~hidden & (areas["hatch"] != ""), "hatch"]
    listed += [key.patch(reason, "white", style.INK, _LIMITED) for reason in dict.fromkeys(reasons)]
    if highlight is not None and highlight in set(areas["area_id"]):
        name = areas.loc[areas["area_id"] == highlight, "shown"].iloc[0]
        listed.append(key.patch(name, "white", style.HIGHLIGHT))
    return listed


def _names(
    areas: gpd.GeoDataFrame, land: Ground, scale: Polygon, highlight: str | None, size: float
) -> list[labels.Placed]:
    wanted, avoid, obstacles = [], [], [scale]
    for row in areas.itertuples():
        shape = land.shapes[row.area_id]
        region = shape.simplify(0.01)
        bold = row.area_id == highlight
        text = row.shown
        shortened = row.short and row.area_id not in land.boxed
        if shortened and not labels.within(region, *labels.extent(text, size, bold)):
            text = row.short
        text = f"{text}\n{row.text}" if row.text else text
        wide, tall = labels.extent(text, size, bold)
        if row.area_id in land.boxed:
            left, bottom, right, top = region.bounds
            region = shapely.box(left - 0.08, bottom - 0.28, right + 0.08, top + 0.08)
            half = style.text_width(_note(land.boxed[row.area_id], shape), _NOTE) / 2
            middle = _note_middle(land.boxed[row.area_id], shape)
            obstacles += [region, shapely.box(middle - half, bottom - 0.28, middle + half, bottom)]
            candidates = labels.beside(region, wide, tall, reach=(0.02, 0.06, 0.08))
        else:
            candidates = labels.within(region, wide, tall) + labels.beside(region, wide, tall)
        if text:
            wanted.append(labels.Label(row.area_id, text, size, candidates, bold))
        avoid.append((row.area_id, region, 8.0))
    frame = land.frame
    return labels.place(wanted, width=frame.width, height=frame.height, obstacles=obstacles, avoid=avoid)
