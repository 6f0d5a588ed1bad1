"""Choropleth maps: areas in shades by amount or in colours by category, and hatched where nothing is known.

Amounts are put into a few classes with readable bounds, which other pictures share.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log10

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from shapely.geometry.base import BaseGeometry

from analysis.plots import basemap, style
from analysis.plots.counted import require_counts
from analysis.plots.printing import say
from analysis.plots.rows import column
from analysis.plots.style import ROOM, Footer, Page, form, is_suppressed, nothing, number, require, text_width, wrap
from bounded.refusal import Refusal

_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
_LIMITED = "..."  # hatching of an area that has a class, but not certainly
_SPREAD = "at least this class: an interval over several"


def class_breaks(values: Iterable[float], classes: int = 5) -> list[float]:
    """Bounds of at most `classes` classes with readable numbers.

    The bounds are quantiles of the distinct values (else a crowd of equal small counts would leave one class for all
    the rest), each rounded to the nearest of 1, 1.5, 2, 2.5, 3, 4, 5, 6 or 8 times a power of ten (whole numbers if all
    values are whole); classes that the rounding leaves empty are joined to the one below.

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
    for bound in np.quantile(known, np.arange(1, classes) / classes):
        inner = _nearest(float(bound), whole)
        filled = np.any((known >= breaks[-1]) & (known < inner)) and np.any(known >= inner)
        if inner > breaks[-1] and inner < last and filled:
            breaks.append(inner)
    return [*breaks, last]


def class_of(value: float, breaks: Sequence[float]) -> int:
    """Number of the class, from 0, that a value is in."""
    return int(np.searchsorted(np.asarray(breaks[1:-1], dtype=float), value, side="right"))


def class_labels(breaks: Sequence[float], whole: bool) -> list[str]:
    """Labels of the classes in a key: "1-4", "5-9" for whole numbers, "0.5 to 1" for others."""
    labels = []
    for place, (low, high) in enumerate(pairwise(breaks)):
        if whole:
            top = high if place == len(breaks) - 2 else high - 1
            labels.append(number(low) if top <= low else f"{number(low)}–{number(top)}")
        else:
            labels.append(number(low) if high <= low else say("{low} to {high}", low=number(low), high=number(high)))
    return labels


def _candidates(value: float, whole: bool) -> list[float]:
    power = floor(log10(value))
    found = {round(step * 10.0**exponent, 12) for exponent in (power - 1, power, power + 1) for step in _STEPS}
    if whole:
        found = {float(ceil(candidate)) for candidate in found}
    return sorted(found)


def _nearest(value: float, whole: bool) -> float:
    return 0.0 if value <= 0 else min(_candidates(value, whole), key=lambda candidate: abs(candidate - value))


def _below(value: float, whole: bool) -> float:
    return 0.0 if value <= 0 else max((c for c in _candidates(value, whole) if c <= value * (1 + 1e-9)), default=value)


def _above(value: float, whole: bool) -> float:
    return 0.0 if value <= 0 else min((c for c in _candidates(value, whole) if c >= value * (1 - 1e-9)), default=value)


def join_areas(
    areas: gpd.GeoDataFrame, table: pd.DataFrame, *, on: str = "area_id", panel: str | None = None
) -> gpd.GeoDataFrame:
    """Areas with the columns of a table, for `choropleth`: every area is kept, and no row of the table is lost.

    Parameters
    ----------
    areas : `on`, geometry and further columns; a column that the table has too is that of the areas.
    table : `on`, and at most one row an area; with `panel`, one an area and panel.

    Raises
    ------
    ValueError : the table has an area without a shape, or one twice.
    """
    keys = [on, *([panel] if panel else [])]
    require(areas, (on,))
    require(table, keys)
    strange = sorted(set(table[on]) - set(areas[on]))
    if strange:
        raise Refusal(
            "missing_boundary",
            f"The map has no boundary for {', '.join(map(str, strange[:5]))}: their values would be lost.",
        )
    if table.duplicated(keys).any():
        raise Refusal(
            "duplicate_key", "An area stands twice in the table to map: choose one period and one measure first."
        )
    own = table[[*keys, *(name for name in table if name not in areas and name not in keys)]]
    shapes = areas if panel is None else areas.merge(pd.DataFrame({panel: pd.unique(table[panel])}), how="cross")
    joined = shapes.merge(own, on=keys, how="left")
    joined.attrs = dict(areas.attrs)
    return joined


@form("A map of the areas, filled by what is known of each; what is not known is hatched.")
def choropleth(
    areas: gpd.GeoDataFrame,
    *,
    value: str | None = None,
    high: str | None = None,
    status: str | None = None,
    category: str | None = None,
    panel: str | None = None,
    one_scale: bool = True,
    labels: str | Sequence[str] | None = None,
    area_id: str = "area_id",
    highlight: str | None = None,
    world: gpd.GeoDataFrame | Sequence[gpd.GeoDataFrame] | None = None,
    links: gpd.GeoSeries | None = None,
    links_label: str = "",
    projection: str | None = None,
    classes: int | Sequence[float] = 5,
    categories: Mapping[str, str] | None = None,
    legend_label: str = "",
    title: str,
    footer: Footer,
    subtitle: str = "",
) -> Figure:
    """A map of areas in shades by an amount, or in colours by a category.

    An island too small to show a colour stands in a field of its colour. Which areas are suppressed is seen, and
    nothing else of them: their values move neither colours nor classes.

    Parameters
    ----------
    areas : one row an area (with `panel`, one an area and panel), with geometry in any coordinate system. `join_areas`
        joins a table with shapes. Its attribute `credit` says whom the footer credits for them.
    value : column of amounts from 0 up; missing: not known. The lower bound where `high` is given.
    high : column of the upper bounds. An area whose interval lies in several classes has the shade of the lowest, and
        dots.
    status : column that says why an area has no value, or why the value is not exact; "" or missing where it is. What
        begins with "suppressed" has no value on the map, whatever the table says. The words stand in the key.
    category : column of categories, in the place of `value`; missing: not known. What stands before a colon is written
        on the area, all of it in the key.
    panel : column that puts rows on several maps, side by side, in the order in which they come.
    one_scale : whether these have the same classes and one key; else each map has its own.
    labels : column of what is written on each area (by default `name`, where there is one); of several, the first that
        fits into it, else the last.
    area_id : column of ids; without it areas are counted from 0.
    highlight : id of an area to outline.
    world : layers of land around the areas, the lowest first.
    links : dashed lines between areas, with `links_label` for the key.
    projection : equal-area, as a PROJ string; by default Lambert's, centred on the areas.
    classes : how many, at most six; or their bounds.
    categories : category -> colour, in the order of the key. One in `colours.STONE` is not written on its areas.
    legend_label : what is shown, and its unit.

    Raises
    ------
    ValueError : a column is missing, an area stands twice, shares are called persons, or an amount lies beyond the
        bounds of given classes.
    """
    if areas.empty:
        return nothing(title=title, footer=footer, subtitle=subtitle)
    if value is None and category is None:
        raise Refusal(
            "missing_column", "Say which column the map shows: value=... for amounts, category=... for words."
        )
    require_counts(areas, [name for name in (value, high) if name], legend_label)
    rows = _prepared(areas, value, high, status, category, panel, labels, area_id)
    projection = projection or _centred(areas)
    rows = rows.to_crs(projection)
    names = list(dict.fromkeys(rows["panel"]))
    parts = [rows[rows["panel"] == name] for name in names]
    scales = [_scale(part, classes, categories) for part in ([rows] * len(names) if one_scale else parts)]
    columns = min(len(names), 2 if len(names) in (2, 4) else 3)
    width = (ROOM - 0.06 * columns) / columns
    lowest, highest = {1: (3.6, 6.2), 2: (2.8, 4.4), 3: (1.8, 4.0)}[columns]
    limits, tall = basemap.view(rows.total_bounds, width=width, lowest=lowest, highest=highest)
    shapes = rows.drop_duplicates("id").set_index("id").geometry
    regions = basemap.visible(shapes, (limits[2] - limits[0]) / width)
    study = shapely.union_all(list(regions.values()))
    ground = _Ground(regions, study, world, projection, None if highlight is None else str(highlight))

    page = Page(title=title, footer=style.crediting(footer, areas), subtitle=subtitle)
    down = -(-len(names) // columns)
    # From the first as wide as the layout will make them: else a key seems wider than its map, and is given room.
    wide = {"left": 0.0, "right": 1.0, "wspace": 0.0}
    maps = page.subplots(down, columns, squeeze=False, gridspec_kw=wide).ravel()
    for axes, name, part, scale in zip(maps, names, parts, scales, strict=False):
        _draw(basemap.map_axes(axes, limits), part, ground, scale)
        _draw_links(axes, links, projection)
        if name:
            axes.set_title("\n".join(wrap(name, width, 10.5, bold=True)))
        if not one_scale:
            handles = _classes(part, scale)
            widest = max((text_width(str(handle.get_label()), 9.5) for handle in handles), default=1)
            axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(0, -0.03), borderaxespad=0,
                        ncols=max(int((width + 0.16) / (0.49 + widest)), 1))  # fmt: skip
    for axes in maps[len(names) :]:
        axes.set_axis_off()
    counted = len(names) == 1 or not one_scale
    page.note("In brackets: how many areas." if counted else "")
    listed: list[Artist] = [*(_classes(rows, scales[0], counted) if one_scale else [])]
    listed += _limits(rows, scales, ground.highlight, counted=len(names) == 1)
    if links is not None and len(links):
        listed.append(Line2D([], [], color=style.INK, linewidth=1.1, dashes=(4, 2), label=links_label))
    page.key(listed, title=legend_label)
    page.fit(tall * down)
    for axes, part, scale in zip(maps, parts, scales, strict=False):
        bar = basemap.draw_scale_bar(axes, study)
        names = _names(part, ground, scale)
        basemap.write_names(axes, names, size=10 if columns == 1 else 9, keep_clear=[bar])
    return page


@dataclass(frozen=True)
class _Ground:
    """The ground that all maps of a figure share: areas as they are drawn, what lies around them, the one outlined."""

    regions: dict[str, BaseGeometry]
    study: BaseGeometry
    world: gpd.GeoDataFrame | Sequence[gpd.GeoDataFrame] | None
    projection: str
    highlight: str | None


@dataclass(frozen=True)
class _Scale:
    """The fills of areas: text in the key -> its colour; with the bounds of the classes, where it has such."""

    fills: dict[str, str]
    breaks: Sequence[float] = ()

    def fill(self, amount: float, kind: str) -> str | None:
        """The entry of the key for an area; None where nothing is known of it."""
        if not self.breaks:
            return kind if kind in self.fills else None
        return list(self.fills)[class_of(amount, self.breaks)] if np.isfinite(amount) else None

    def status(self, row: pd.Series) -> str:
        """The reason why the class of an area is not certain, or the statement that it is not known."""
        several = (
            self.breaks
            and np.isfinite(row["amount"])
            and class_of(row["high"], self.breaks) != class_of(row["amount"], self.breaks)
        )
        return row["status"] or (_SPREAD if several else "")


def _prepared(
    areas: gpd.GeoDataFrame,
    value: str | None,
    high: str | None,
    status: str | None,
    category: str | None,
    panel: str | None,
    labels: str | Sequence[str] | None,
    area_id: str,
) -> gpd.GeoDataFrame:
    """Areas as they are drawn: id, panel, amount, high, kind (category), status, texts."""
    if labels is None:
        labels = "name" if "name" in areas else []
    texts = [labels] if isinstance(labels, str) else list(labels)
    require(areas, [name for name in (value, high, status, category, panel, *texts) if name is not None])
    areas = areas.reset_index(drop=True)

    def amounts(name: str | None) -> pd.Series:
        empty = pd.Series(np.nan, index=areas.index)
        return empty if name is None else areas[name].astype("Float64").astype(float)

    hidden = column(areas, status).map(is_suppressed).astype(bool)
    written = [column(areas, name) for name in texts]
    rows = gpd.GeoDataFrame(
        {
            "id": areas[area_id].astype(str) if area_id in areas else areas.index.astype(str),
            "panel": column(areas, panel),
            # Of a suppressed area no number may reach the colours, nor the bounds of the classes.
            "amount": amounts(value).mask(hidden),
            "high": amounts(high or value).mask(hidden),
            "kind": column(areas, category).mask(hidden, ""),
            "status": column(areas, status),
            "texts": [[each[at] for each in written if each[at]] for at in areas.index],
        },
        geometry=areas.geometry.to_numpy(),
        crs=areas.crs,
    )
    if rows.duplicated(["id", "panel"]).any():
        raise Refusal("duplicate_key", "An area stands twice on the map: choose one period and one measure first.")
    return rows


def _centred(areas: gpd.GeoDataFrame) -> str:
    west, south, east, north = areas.to_crs(4326).total_bounds
    return f"+proj=laea +lat_0={(south + north) / 2:.2f} +lon_0={(west + east) / 2:.2f}"


def _scale(rows: pd.DataFrame, classes: int | Sequence[float], categories: Mapping[str, str] | None) -> _Scale:
    """Classes of the amounts, or the categories."""
    kinds = [kind for kind in dict.fromkeys(rows["kind"]) if kind]
    if kinds or categories is not None:
        given = categories or dict(zip(kinds, style.CATEGORIES, strict=False))
        if set(kinds) - set(given):
            raise Refusal(
                "too_many_categories",
                f"No colour is left for {sorted(set(kinds) - set(given))[0]}: give `categories` a colour for each.",
            )
        return _Scale({kind: colour for kind, colour in given.items() if kind in kinds})
    amounts = rows[["amount", "high"]].to_numpy(dtype=float).ravel()
    known = amounts[np.isfinite(amounts)]
    if isinstance(classes, int):
        breaks = class_breaks(known, classes)
    else:
        breaks = [float(bound) for bound in classes]
        if len(breaks) > 7:
            raise Refusal("too_many_classes", f"{len(breaks) - 1} classes cannot be told apart on a map: use 1 to 6.")
        if len(known) and (known.min() < breaks[0] or known.max() > breaks[-1]):
            raise Refusal(
                "out_of_range",
                f"Amounts go from {number(known.min())} to {number(known.max())}; the given classes from "
                f"{number(breaks[0])} to {number(breaks[-1])}.",
            )
    whole = bool(len(known)) and bool(np.all(known == np.round(known)))
    return _Scale(dict(zip(class_labels(breaks, whole), style.amounts(max(len(breaks) - 1, 1)), strict=False)), breaks)


def _draw(axes: Axes, rows: pd.DataFrame, ground: _Ground, scale: _Scale) -> None:
    """The areas with what lies around them."""
    basemap.draw_land(axes, ground.world, ground.projection, study=ground.study)
    for _, row in rows.iterrows():
        region, (colour, hatch, ink) = ground.regions[row["id"]], _look(row, scale)
        above = 4 if row["id"] == ground.highlight else 0
        if above:
            # Beneath the area, so that only what lies outside is seen: it must not hide the fill of a small island.
            for order, (edge, wide) in enumerate((("white", 8.0), (style.HIGHLIGHT, 5.4))):
                basemap.draw_area(axes, region, facecolor="none", edgecolor=edge, linewidth=wide, zorder=6 + order,
                                  joinstyle="round", gid="highlight")  # fmt: skip
        basemap.draw_area(axes, region, facecolor=colour, edgecolor=ink, hatch=hatch, linewidth=0, zorder=4 + above,
                          gid=f"area:{row['id']}")  # fmt: skip
        basemap.draw_area(axes, region, facecolor="none", edgecolor=style.OUTLINE, linewidth=0.6, zorder=5 + above)


def _draw_links(axes: Axes, links: gpd.GeoSeries | None, projection: str) -> None:
    for line in [] if links is None else links.to_crs(projection):
        axes.plot(*line.xy, color=style.INK, linewidth=1.1, dashes=(4, 2), zorder=3, gid="link")


def _look(row: pd.Series, scale: _Scale) -> tuple[str, str, str]:
    """Colour, hatching and colour of the hatching of an area."""
    filled, status = scale.fill(row["amount"], row["kind"]), scale.status(row)
    if filled is None:
        hatch = style.hatching(status)
        return "white", hatch, style.MUTED if hatch == style.SUPPRESSED else style.CONTEXT
    colour = scale.fills[filled]
    return colour, _LIMITED if status else "", style.CONTEXT if style.on(colour) == style.INK else "white"


def _classes(rows: pd.DataFrame, scale: _Scale, counted: bool = True) -> list[Patch]:
    """The key of what areas are filled with."""
    filled = pd.Series([scale.fill(*each) for each in zip(rows["amount"], rows["kind"], strict=True)], dtype=object)
    return [
        Patch(facecolor=colour, edgecolor=style.OUTLINE, linewidth=0.6,
              label=f"{text} ({(filled == text).sum()})" if counted else text)
        for text, colour in scale.fills.items()
    ]  # fmt: skip


def _limits(rows: pd.DataFrame, scales: Sequence[_Scale], highlight: str | None, counted: bool) -> list[Artist]:
    """The key of what else is said of areas: not known, suppressed, not exact; and the one that is outlined."""
    seen: dict[tuple[str, str, str], int] = {}
    for name, scale in zip(dict.fromkeys(rows["panel"]), scales, strict=False):
        for _, row in rows[rows["panel"] == name].iterrows():
            _, hatch, ink = _look(row, scale)
            if hatch:
                said = (scale.status(row) or "not known", hatch, style.INK if hatch == _LIMITED else ink)
                seen[said] = seen.get(said, 0) + 1
    order = sorted(seen, key=lambda said: said[1] == _LIMITED)
    listed: list[Artist] = [
        Patch(
            facecolor="white",
            edgecolor=ink,
            hatch=hatch,
            label=f"{text} ({seen[text, hatch, ink]})" if counted else text,
        )
        for text, hatch, ink in order
    ]
    if highlight in set(rows["id"]):
        texts = rows.loc[rows["id"] == highlight, "texts"].iloc[0] or [highlight]
        listed.append(Patch(facecolor="white", edgecolor=style.HIGHLIGHT, linewidth=2, label=texts[0].split("\n")[0]))
    return listed


def _names(rows: pd.DataFrame, ground: _Ground, scale: _Scale) -> list[basemap.Name]:
    """Texts written on the areas; a category too, since colour alone tells nothing in a grey print."""
    names = []
    for _, row in rows.iterrows():
        colour = _look(row, scale)[0]
        kind = "" if not row["kind"] or colour == style.STONE else row["kind"].partition(":")[0]
        texts = [f"{text}\n{kind}" if kind else text for text in row["texts"]] or ([kind] if kind else [])
        if texts:
            names.append(basemap.Name(ground.regions[row["id"]], texts, colour, row["id"] == ground.highlight,
                                      f"label:{row['id']}"))  # fmt: skip
    return names
