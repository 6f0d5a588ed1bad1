"""Flow maps: curved arrows between places whose width is a class, rings for what stays within a place.

The frame fits the study and what is near it; places further off stand at the frame's edge, in their direction, and ends
without a place on the ground (unknown, the rest of a country) stand below the map.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Patch, Rectangle
from matplotlib.patheffects import Stroke, withStroke
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from analysis.plots import basemap, flows, map_texts, printing
from analysis.plots.choropleth import class_breaks, class_labels, class_of
from analysis.plots.counted import require_counts
from analysis.plots.printing import say
from analysis.plots.style import (
    BLACK,
    BLUE,
    BORDER,
    CONTEXT,
    FAINT,
    HIGHLIGHT,
    INK,
    LEAST,
    MIST,
    MUTED,
    ROOM,
    SAND,
    STONE,
    UNKNOWN,
    VERMILLION,
    Footer,
    Page,
    crediting,
    form,
    mark_unknown,
    nothing,
)
from bounded.refusal import Refusal

WIDTHS = (1.4, 2.9, 4.8, 7.0)  # points
# Colour, dashes, and whether it is hollow, of each look: no two are told apart by colour alone.
Look = tuple[str, str | tuple[float, tuple[float, ...]], bool]
LOOKS: tuple[Look, ...] = (
    (BLUE, "-", False),
    (MUTED, "-", True),
    (BLACK, (0, (0.6, 1.0)), False),
    (VERMILLION, (0, (2.2, 1.1)), False),
)
_EDGES = 1.9  # points of the two edges of a hollow line, together
_MOST = 6  # panels
_BETWEEN = 0.07  # inches on either side of each of several maps
_HATCH = "//////"
_LOW = 5.5  # inches of a page on which key and notes stand beside the map, and that shows what is nearer
_ASIDE, _NEARER = 2.25, 0.6  # inches beside the map, and the share of the usual reach


@form("A map with arrows from origin to destination, wider where there are more; rings stay within one place.")
def flow_map(
    table: pd.DataFrame,
    places: pd.DataFrame,
    world: gpd.GeoDataFrame | None = None,
    *,
    origin: str = "origin",
    destination: str = "destination",
    low: str | None = None,
    high: str | None = None,
    look: str | None = None,
    panel: str | None = None,
    arrows: bool = True,
    projection: str | None = None,
    boundaries: gpd.GeoDataFrame | None = None,
    highlight: str | None = None,
    top: int = 25,
    unit: str = "",
    none: str = "none",
    note: str = "",
    title: str,
    footer: Footer,
    subtitle: str = "",
) -> Figure:
    """The largest flows between places, as arrows (or lines) on a map.

    Of those drawn, a third lead out of the study's areas, where there are so many; a sentence below the map says how
    many pairs are drawn and how many are not, and their sums.

    Parameters
    ----------
    table : one row a pair (and panel): origin, destination (ids of `places`; empty is "unknown"), low and high (equal
        if exact; high may be infinite). Optional: text (written at the arrow; by default the count or its bounds; where
        it begins with "suppressed" the flow is not drawn, but counted below the map). A flow from a place to itself is
        a ring; one with an unknown end is hatched; one with bounds is pale.
    places : id, name, x, y (longitude, latitude; also called lon, lat, as `routes.places` has them; missing for ends
        without a place on the ground, which stand below the map). Optional: study (True for the study's areas: the
        frame holds them), region (True for a part of the world that is no country: a box with a dashed edge).
    world : land to draw beneath, with any coordinate system; with a column area_id the study's countries are darker.
    origin, destination, low, high : names of the columns; `low` and `high` may be the same. By default the counts are
        `low` and `high`, or `persons` where the table has no such columns, as `routes.flows` gives it.
    look : column of what a flow is, at most four; each has a colour and line of its own, in the order of a categorical.
    panel : column of what stands side by side, two to six, such as periods; a category of a categorical without a flow
        is hatched. All have the same frame, pairs and widths.
    arrows : False draws lines without a direction.
    projection : an equal-area projection, as a PROJ string; by default around the middle of the study's places.
    boundaries : areas to draw (area_id, geometry; optional: name), those of the study darker; the frame fits them.
    highlight : id whose flows are in colour, and drawn before all others; those are grey, without their numbers.
    top : how many pairs to draw.
    unit : what is counted: "victims", "mentions"; by default "persons" where these are drawn.
    none : written on a panel without a flow.
    note : a further sentence below the map.

    Returns
    -------
    Figure, or that of `nothing` where no flow can be drawn.

    Raises
    ------
    ValueError : a column is missing, a flow has no count or one that cannot be, a pair stands twice, two ends lie on
        one point, shares are called persons, or there are more than four looks or six panels.
    """
    where = flows.located(places)
    low, high, unit = flows.counts_of(table, low, high, unit)
    require_counts(table, [low, high], unit)
    columns = {"origin": origin, "destination": destination, "low": low, "high": high}
    rows = flows.checked(table, columns, [column for column in (look, panel) if column is not None])
    panels = _panels(rows, panel) if len(rows) else {}
    by = ["origin", "destination", *([look] if look else [])]
    groups = rows.groupby(by, sort=False, observed=True, dropna=False)
    sums = groups.agg(
        low=("low", "sum"), high=("high", "sum"), text=("text", "first"), suppressed=("suppressed", "all")
    )
    abroad = where.index[~where["study"] & where["x"].notna() & where["study"].any()]
    chosen = flows.chosen(sums.reset_index(), where.index, top, highlight, abroad)
    if chosen.drawn.empty:
        why = chosen.remarks(look) or (say("every flow is 0") if len(rows) else say("no figure found"))
        return nothing(title=title, footer=footer, subtitle=subtitle, text=why)
    drawn = rows.merge(chosen.drawn[by].assign(pair=chosen.drawn.index), on=by)
    drawn = drawn[~drawn["suppressed"] & (drawn["high"] > 0)].sort_values("pair", kind="stable", ignore_index=True)
    touched = (drawn["origin"] == highlight) | (drawn["destination"] == highlight)
    drawn = drawn.assign(own=touched | (highlight is None))
    on = _Ground(where, projection or flows.centred(where), world, boundaries, highlight)
    aside = _ASIDE if len(panels) == 1 and printing.highest() < _LOW else 0.0
    frame = partial(Page, title=title, footer=crediting(footer, boundaries), subtitle=subtitle, aside=aside)
    remarks = [each for each in (chosen.remarks(look), note) if each]
    around, most = frame(), 6.2
    if aside:
        # Beside the key a map has what title and footer leave.
        most = min(most, printing.highest() - around.above - around.below - 0.1)
    # How much stands around the map is known once all is drawn; where that is too high for a page, the map is lowered.
    for _ in range(3):
        plan = _planned(drawn, on, _looks(drawn, look), look, panel, panels, arrows, aside, most)
        page = _page(frame, plan, remarks, unit, none)
        over = page.get_figheight() - printing.highest()
        if over < 0.02 or len(panels) > 1:
            break
        most = min(most, plan.frame.tall) - over
    return page


def _page(frame: Callable[[], Page], plan: _Plan, remarks: Sequence[str], unit: str, none: str) -> Page:
    """The page with all that is planned: which numbers have no room is known once all is drawn."""
    crowded: list[str] = []
    for _ in range(2):  # the line that tells them makes the page longer
        page = frame()
        lost = say("Drawn without a number for want of room: {flows}.", flows="; ".join(crowded)) if crowded else ""
        crowded = _draw(page, plan, [*remarks, lost], unit, none)
        if bool(crowded) == bool(lost):
            break
    return page


def _panels(rows: pd.DataFrame, panel: str | None) -> dict[object, pd.DataFrame]:
    """The flows of each panel, in order."""
    if panel is None:
        return {None: rows}
    for row in rows[rows[panel].isna()].head(1).itertuples():
        raise Refusal("missing_period", f"The flow {row.origin} to {row.destination} has no {panel}: name one.")
    values = rows[panel]
    shown = list(values.cat.categories) if isinstance(values.dtype, pd.CategoricalDtype) else sorted(values.unique())
    if not 2 <= len(shown) <= _MOST:
        raise Refusal(
            "wrong_number_of_periods", f"Side by side stand two to {_MOST} maps, not {len(shown)}: join some."
        )
    return {value: rows[values == value] for value in shown}


def _looks(rows: pd.DataFrame, look: str | None) -> dict[object, Look]:
    """The look of each kind of flow."""
    if look is None:
        return {}
    ordered = isinstance(rows[look].dtype, pd.CategoricalDtype)
    kinds = list(rows[look].cat.categories) if ordered else list(dict.fromkeys(rows[look]))
    if len(kinds) > len(LOOKS):
        raise Refusal(
            "too_many_kinds", f"{len(kinds)} kinds of flows cannot be told apart on one map: use at most {len(LOOKS)}."
        )
    return dict(zip(kinds, LOOKS, strict=False))


@dataclass(frozen=True)
class _Ground:
    """The layers beneath the flows."""

    where: pd.DataFrame
    projection: str
    world: gpd.GeoDataFrame | None
    boundaries: gpd.GeoDataFrame | None
    highlight: str | None

    @property
    def marked(self) -> str | None:
        """The place whose name is bold: the highlighted one, or that of a study of one place."""
        own = list(self.where.index[self.where["study"]])
        return self.highlight or (own[0] if len(own) == 1 else None)

    @cached_property
    def study(self) -> gpd.GeoDataFrame | None:
        """See `flows.study_shapes`."""
        own = self.where.index[self.where["study"]]
        return flows.study_shapes(self.boundaries, self.world, own, self.projection)

    @cached_property
    def whole_study(self) -> BaseGeometry | None:
        """Its areas as one shape."""
        return None if self.study is None else shapely.union_all(self.study.geometry.to_numpy())


@dataclass(frozen=True)
class _Plan:
    """A map: flows (a row a pair and panel), each pair at its widest, the ends and the ways between them."""

    flows: pd.DataFrame
    widest: pd.DataFrame
    on: _Ground
    frame: flows.Ground
    ends: dict[str, flows.End]
    marks: dict[str, BaseGeometry]
    ways: dict[int, flows.Way]
    breaks: list[float]
    looks: dict[object, Look]
    look: str | None
    panel: str | None
    panels: Mapping[object, pd.DataFrame]
    arrows: bool

    @cached_property
    def land(self) -> list[list[Polygon]]:
        """See `basemap.seen_land`: the same on all panels."""
        return basemap.seen_land(self.on.world, self.on.projection, self.frame.limits, self.on.whole_study)


def _planned(
    drawn: pd.DataFrame,
    on: _Ground,
    looks: dict[object, Look],
    look: str | None,
    panel: str | None,
    panels: Mapping[object, pd.DataFrame],
    arrows: bool,
    aside: float,
    highest: float,
) -> _Plan:
    wide = ROOM / 2 - 2 * _BETWEEN if len(panels) > 1 else ROOM - 0.06 - aside
    scale = 0.75 if len(panels) > 1 else 1.0
    breaks = class_breaks(flows.size(drawn[drawn["own"]] if drawn["own"].any() else drawn), len(WIDTHS))
    drawn = drawn.assign(width=[scale * WIDTHS[class_of(each, breaks)] for each in flows.size(drawn)])
    # Each pair as wide as it ever is: the ways are then the same on all panels.
    widest = drawn.sort_values(["pair", "width"], kind="stable").drop_duplicates("pair", keep="last")
    between = widest[widest["origin"] != widest["destination"]]
    frame, ends = flows.stand(
        list(dict.fromkeys([*widest["origin"], *widest["destination"]])),
        on.where,
        on.projection,
        width=wide,
        heights=(0.45 * wide, 1.1 * wide) if len(panels) > 1 else (min(4.4, highest), highest),
        shapes=on.study,
        least=0.0 if on.boundaries is not None else flows.LEAST_REACH * (_NEARER if aside else 1),
        pairs=list(zip(between["origin"], between["destination"], strict=True)),
        within=_longest(drawn, panel),
    )
    rings = widest[widest["origin"] == widest["destination"]].groupby("origin")["width"].agg(["sum", "size"])
    thick = (rings["sum"] + 1.5 * rings["size"]).to_dict()
    touching = pd.concat([between.set_index(end)["width"] for end in ("origin", "destination")])
    most = touching.groupby(level=0).max().to_dict()
    marks = {
        end.id: flows.mark(end, thick.get(end.id, 0.0), most.get(end.id, 0.0), frame.metres) for end in ends.values()
    }
    ways = flows.ways(between, ends, marks, frame, arrows)
    return _Plan(drawn, widest, on, frame, ends, marks, ways, breaks, looks, look, panel, panels, arrows)


def _draw(page: Page, plan: _Plan, remarks: Sequence[str], unit: str, none: str) -> list[str]:
    """Draw all, and return the flows whose numbers found no room."""
    lines = math.ceil(len(plan.panels) / 2)
    if len(plan.panels) > 1:
        page.engine.set(w_pad=_BETWEEN)
    grid = page.subplots(lines, min(len(plan.panels), 2), squeeze=False).ravel()
    shown = []
    for axes in grid[len(plan.panels) :]:
        axes.set_visible(False)
    for axes, (value, every) in zip(grid, plan.panels.items(), strict=False):
        basemap.map_axes(axes, plan.frame.limits)
        rows = plan.flows if plan.panel is None else plan.flows[plan.flows[plan.panel] == value]
        if plan.panel is not None:
            _title(axes, str(value), every, rows)
        if not (every["high"] > 0).any():
            mark_unknown(axes, none, 11)
            axes.set(xlim=plan.frame.limits[::2], ylim=plan.frame.limits[1::2])
            continue
        _draw_land(axes, plan)
        for row in rows.sort_values(["own", "width"], ascending=[True, False], kind="stable").itertuples():
            if row.pair in plan.ways:
                _draw_flow(axes, row, plan)
        _draw_ends(axes, rows, plan)
        shown.append((axes, rows, "" if plan.panel is None else f"{value}, "))
    # What stands below the map is set from the bottom up, and what stands beside it from the top down.
    if page.aside:
        page.key(*_key(plan, unit))
    for remark in remarks if page.aside else remarks[::-1]:
        page.note(remark)
    if not page.aside:
        page.key(*_key(plan, unit))
    page.fit(lines * plan.frame.tall)
    return [before + each for axes, rows, before in shown for each in _write(axes, rows, plan)]


def _title(axes: Axes, name: str, every: pd.DataFrame, rows: pd.DataFrame) -> None:
    """The panel, how much is counted in it, and how much of that is drawn."""
    axes.set_title(name, loc="left", size=11)
    whole, shown = flows.total(every), flows.total(rows)
    if len(every):
        said = f"n = {whole}" if whole == shown else f"n = {whole}, {shown} {say('drawn')}"
        axes.set_title(said, loc="right", size=9.5, weight="normal", color=MUTED)


def _within(rows: pd.DataFrame) -> dict[str, str]:
    """The texts of the flows within each place, those of several looks added up as words."""
    found: dict[str, list[str]] = {}
    for row in rows[(rows["origin"] == rows["destination"]) & rows["own"]].itertuples():
        found.setdefault(row.origin, []).append(row.text)
    return {end: " + ".join(texts) for end, texts in found.items()}


def _longest(rows: pd.DataFrame, panel: str | None) -> dict[str, str]:
    """The longest text of the flows within each place of any panel: boxes have room for it."""
    found: dict[str, str] = {}
    for _, part in rows.groupby(panel, observed=True) if panel else [(None, rows)]:
        for end, text in _within(part).items():
            found[end] = max(found.get(end, ""), text, key=len)
    return found


def _draw_land(axes: Axes, plan: _Plan) -> None:
    """Land in light grey, the study's own areas a little darker; below the floor there is none."""
    on, frame = plan.on, plan.frame
    own = set(on.where.index[on.where["study"]])
    if on.world is not None:
        basemap.draw_seen_land(axes, plan.land)
        if on.study is not None and on.boundaries is None:
            basemap.draw_area(axes, on.whole_study, facecolor=FAINT, edgecolor="none", zorder=1, gid="study")
            for shape in on.study.geometry:
                basemap.draw_area(axes, shape, facecolor="none", edgecolor=BORDER, linewidth=0.5, zorder=1)
    if on.boundaries is not None:
        flat = on.boundaries.to_crs(on.projection)
        for area_id, shape in zip(flat["area_id"], flat.geometry, strict=True):
            chosen = area_id == on.highlight
            basemap.draw_area(axes, shape, facecolor=STONE if area_id in own or not own else MIST,
                              edgecolor=HIGHLIGHT if chosen else "white", linewidth=1.4 if chosen else 0.7,
                              zorder=2 if chosen else 1.5, gid=f"area:{area_id}")  # fmt: skip
    left, bottom, right, _ = frame.limits
    if frame.floor > bottom:
        axes.add_artist(Rectangle((left, bottom), right - left, frame.floor - bottom, facecolor="white",
                                  edgecolor=BORDER, linewidth=1, zorder=2.5, gid="below"))  # fmt: skip


def _colour(row, plan: _Plan) -> str:
    if not row.own:
        return CONTEXT
    return HIGHLIGHT if plan.on.highlight is not None and not plan.looks else BLUE


def _draw_flow(axes: Axes, row, plan: _Plan) -> None:
    """An arrow, or a line: hatched where an end is not known, pale where the count is known only as an interval."""
    start, end, way, width = plan.ends[row.origin], plan.ends[row.destination], plan.ways[row.pair], row.width
    rules: dict = {"posA": (start.x, start.y), "posB": (end.x, end.y), "connectionstyle": f"arc3,rad={way.bend:.4f}",
                   "shrinkA": way.free[0], "shrinkB": way.free[1], "mutation_scale": 1, "zorder": 8 if row.own else 7,
                   "gid": f"flow:{row.origin}:{row.destination}"}  # fmt: skip
    if plan.arrows and not plan.looks:
        head = f"head_width={2 * width + 5:.2f},head_length={1.2 * width + 5:.2f}"
        style = f"simple,tail_width={width:.2f},{head}"
        axes.add_patch(FancyArrowPatch(**rules, arrowstyle=style, **_face(row, _colour(row, plan))))
        return
    look = plan.looks[getattr(row, plan.look)] if plan.look and row.own else (_colour(row, plan), "-", False)
    head = f"-|>,head_width={0.9 * width + 3:.2f},head_length={1.2 * width + 5:.2f}"
    rules |= {"arrowstyle": head if plan.arrows else "-", "capstyle": "butt", "joinstyle": "miter"}
    if row.own:
        # The white rim shows which of two crossing lines lies above.
        axes.add_patch(FancyArrowPatch(**rules | {"gid": None}, color="white", linewidth=width + 1.6))
    else:
        width = min(width, 0.9)
    axes.add_patch(FancyArrowPatch(**rules, **_stroke(look, width)))


def _face(row, colour: str) -> dict:
    if flows.UNKNOWN in (row.origin, row.destination):
        return {"facecolor": "white", "edgecolor": colour, "linewidth": 0.8, "hatch": _HATCH}
    if row.low != row.high:
        return {"facecolor": _tint(colour), "edgecolor": colour, "linewidth": 1.0}
    return {"facecolor": colour, "edgecolor": "white", "linewidth": 0.5, "alpha": 0.95 if row.own else 0.5}


def _stroke(look: Look, width: float) -> dict:
    colour, dashes, hollow = look
    if not hollow:
        return {"color": colour, "linewidth": width, "linestyle": dashes}
    width = max(width, 3.0)
    effects = [Stroke(linewidth=width, foreground=colour), Stroke(linewidth=width - _EDGES, foreground="white")]
    return {"color": colour, "linewidth": width, "path_effects": effects}


def _tint(colour: str) -> str:
    return to_hex(tuple(1 - 0.35 * (1 - part) for part in to_rgb(colour)))  # type: ignore[arg-type]


def _draw_ends(axes: Axes, rows: pd.DataFrame, plan: _Plan) -> None:
    """Dots with the rings of what stays there, and boxes with names: dashed for regions, hatched for the unknown."""
    within, staying = _within(rows), rows[rows["origin"] == rows["destination"]]
    for end in plan.ends.values():
        chosen = end.id == plan.on.marked
        rings = [(row.width, _colour(row, plan)) for row in staying[staying["origin"] == end.id].itertuples()]
        if not end.boxed:
            axes.plot([end.x], [end.y], "o", ms=2 * flows.DOT, mfc=HIGHLIGHT if chosen else INK, mec="white", mew=0.7,
                      zorder=12)  # fmt: skip
            radius = flows.RING
            for width, colour in rings:
                axes.plot([end.x], [end.y], "o", ms=2 * radius + width, mfc="none", mec=colour, mew=width, zorder=8,
                          gid=f"flow:{end.id}:{end.id}")  # fmt: skip
                radius += width + 1.5
            continue
        unknown = end.id == flows.UNKNOWN
        vague = end.region or unknown
        edge = "--" if vague else ":" if end.beside else "-"
        plate = {"boxstyle": "square,pad=0.25", "facecolor": SAND if end.region else "white", "edgecolor": MUTED,
                 "linewidth": 0.8, "linestyle": edge, "hatch": UNKNOWN if unknown else None,
                 "hatchcolor": BORDER}  # fmt: skip
        if rings:
            # What stays within a box is its edge.
            plate |= {"linewidth": rings[0][0], "edgecolor": rings[0][1], "linestyle": "-"}
        text = end.text.partition("\n")[0] + (f"\n○ {within[end.id]}" if end.id in within else "")
        axes.text(end.x, end.y, text, size=flows.SIZE, ha="center", va="center", bbox=plate, zorder=12, linespacing=1.1,
                  weight="bold" if chosen else "normal", style="italic" if vague else "normal", gid=f"label:{end.id}",
                  path_effects=[withStroke(linewidth=2.5, foreground=plate["facecolor"])])  # fmt: skip


def _write(axes: Axes, rows: pd.DataFrame, plan: _Plan) -> list[str]:
    """Write numbers at their arrows and names beside their places; return the flows whose number has no room."""
    metres, paper = plan.frame.metres, shapely.box(*plan.frame.limits).buffer(-0.04 * plan.frame.metres)
    ways = {pair: plan.ways[pair] for pair in rows["pair"] if pair in plan.ways}
    # What texts had better not cover: arrows as wide as they are.
    thick = {row.pair: max(row.width / 2, 1.5) * metres / 72 for row in rows.itertuples()}
    bodies = {pair: way.line.buffer(thick[pair]) for pair, way in ways.items()}
    lines = list(bodies.values())
    left, bottom, right, _ = plan.frame.limits
    below = shapely.box(left, bottom, right, plan.frame.floor)
    bar = basemap.draw_scale_bar(axes, shapely.union_all([*lines, below, *plan.marks.values()]))
    corner = bar.get_window_extent(_renderer(axes)).transformed(axes.transData.inverted())
    taken, numbers, names = [*plan.marks.values(), shapely.box(*corner.extents)], [], []
    for row in rows[rows["own"] & rows["pair"].isin(list(ways)) & (rows["text"] != "")].itertuples():
        others = [body for pair, body in bodies.items() if pair != row.pair]
        spots = map_texts.along(ways[row.pair].line, *map_texts.extent(row.text, LEAST, metres), thick[row.pair])
        taken.append(map_texts.best(spots, *map_texts.extent(row.text, LEAST, metres), paper, taken, others))
        (x, y), plate = taken[-1].centroid.coords[0], {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
        numbers.append(axes.text(x, y, row.text, size=LEAST, ha="center", va="center", bbox=plate, zorder=19,
                                 gid=f"number:{row.origin}:{row.destination}"))  # fmt: skip
    solid = list(taken)
    within, dots = _within(rows), [end for end in plan.ends.values() if not end.boxed]
    for end in dots:
        text, bold = end.text + (f"\n○ {within[end.id]}" if end.id in within else ""), end.id == plan.on.marked
        extent = map_texts.extent(text, flows.SIZE, metres, bold)
        # A name close to the dot of another place would be read as that one's.
        strangers = [plan.marks[other.id].buffer(0.18 * metres) for other in dots if other.id != end.id]
        taken.append(
            map_texts.best(
                map_texts.around(plan.marks[end.id], *extent, metres), *extent, paper, [*taken, *strangers], lines
            )
        )
        x, y = taken[-1].centroid.coords[0]
        names.append(axes.text(x, y, text, size=flows.SIZE, weight="bold" if bold else "normal", ha="center",
                               va="center", zorder=20, gid=f"label:{end.id}", linespacing=1.1,
                               path_effects=[withStroke(linewidth=2.6, foreground="white")]))  # fmt: skip
    _adjust(axes, names, [(end.x, end.y) for end in dots], solid)
    return _without_room(axes, numbers, names, plan)


def _renderer(axes: Axes):
    return cast(Page, axes.figure).agg.get_renderer()


def _adjust(axes: Axes, texts: list[Text], spots: Sequence[tuple[float, float]], taken: Sequence[BaseGeometry]) -> None:
    """Move names that still lie on something, and draw a line from those that are far off to their places."""
    from adjustText import adjust_text

    if texts:
        x, y = np.array(spots).T
        boxes = [Bbox.from_extents(*shape.bounds) for shape in taken]
        line = {"arrowstyle": "-", "color": MUTED, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 4, "zorder": 11}
        axes.apply_aspect()
        page = cast(Page, axes.figure)
        # Since `fit` nothing moves: adjustText need not draw the whole page first to know where texts stand.
        page.draw_without_rendering = lambda: None  # type: ignore[method-assign]
        try:
            adjust_text(texts, objects=boxes, target_x=x, target_y=y, avoid_self=False, expand=(1.0, 1.0),
                        force_explode=(0, 0), force_static=(0.05, 0.1), force_pull=(0, 0), ax=axes, iter_lim=60,
                        min_arrow_len=26, arrowprops=line)  # fmt: skip
        finally:
            del page.draw_without_rendering


def _without_room(axes: Axes, numbers: Sequence[Text], names: Sequence[Text], plan: _Plan) -> list[str]:
    """Take away the numbers that lie on a name, a box or another number, and tell of which flows they are."""
    boxes = [text for text in axes.texts if text.get_bbox_patch() is not None and text not in numbers]
    kept = [text.get_window_extent(_renderer(axes)).padded(-1) for text in [*names, *boxes]]
    lost = []
    for text in numbers:
        extent = text.get_window_extent(_renderer(axes)).padded(-1)
        if any(extent.overlaps(other) for other in kept):
            start, end = (plan.ends[name].text.partition("\n")[0] for name in str(text.get_gid()).split(":")[1:])
            lost.append(say("{start} to {end}: {n}", start=start, end=end, n=text.get_text()))
            text.remove()
        else:
            kept.append(extent)
    return lost


def _key(plan: _Plan, unit: str) -> tuple[list[Artist], str]:
    """The classes of width, and each mark that the map has, with the heading of the key."""
    rows, on, boxed = plan.widest, plan.on, [end for end in plan.ends.values() if end.boxed]
    own = rows[rows["own"]]
    amounts, scale = flows.size(own if len(own) else rows), 0.75 if len(plan.panels) > 1 else 1.0
    shade = MUTED if on.highlight or plan.looks else BLUE
    unknown = (own["origin"] == flows.UNKNOWN) | (own["destination"] == flows.UNKNOWN)
    listed: list[Artist] = [
        Line2D([], [], color=shade, linewidth=scale * width, label=text)
        for text, width in zip(class_labels(plan.breaks, bool((amounts % 1 == 0).all())), WIDTHS, strict=False)
    ]
    shown = set(own[plan.look]) if plan.look else set()
    listed += [
        Line2D([], [], **_stroke(look, 3.4), label=str(kind)) for kind, look in plan.looks.items() if kind in shown
    ]
    if on.highlight is not None:
        name = on.where["name"].get(on.highlight, on.highlight)
        listed += [] if plan.looks else [Patch(facecolor=HIGHLIGHT, label=say("from or to {name}", name=name))]
        listed += (
            []
            if rows["own"].all()
            else [Patch(facecolor=CONTEXT, alpha=0.5, label=say("not from or to {name}", name=name))]
        )
    if not plan.looks and unknown.any():
        listed.append(
            Patch(facecolor="white", edgecolor=shade, hatch=_HATCH, label=say("hatched: one end is not known"))
        )
    if not plan.looks and ((own["low"] != own["high"]) & ~unknown).any():
        text = "pale: an interval, drawn at its upper end" + (
            "" if np.isfinite(own["high"]).all() else ", ≥ at its lower"
        )
        listed.append(Patch(facecolor=_tint(shade), edgecolor=shade, label=say(text)))
    if (rows["origin"] == rows["destination"]).any():
        listed.append(Line2D([], [], linestyle="", marker="o", markersize=9, markerfacecolor="none", markeredgewidth=2,
                             markeredgecolor=shade, label=say("ring: within one place")))  # fmt: skip
    if any(end.region for end in boxed):
        listed.append(Patch(facecolor=SAND, edgecolor=MUTED, linestyle="--", label=say("a region, not a country")))
    if any(end.far for end in boxed):
        listed.append(Patch(facecolor="white", edgecolor=MUTED, label=say("→ beyond the map")))
    if any(end.beside and end.id != flows.UNKNOWN for end in boxed):
        listed.append(
            Patch(facecolor="white", edgecolor=MUTED, linestyle=":", label=say("below the map: not one place"))
        )
    heading = f"Width of the {'arrow' if plan.arrows else 'line'}{', on every map' if len(plan.panels) > 1 else ''}"
    heading = say(heading)
    return listed, say("{heading}: {unit}", heading=heading, unit=unit) if unit else heading
