"""A table of flows: its checks, the flows that a map draws, and where their ends stand on it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from analysis.plots import basemap, style
from analysis.plots.printing import say
from bounded.refusal import Refusal

UNKNOWN = "unknown"  # the end of a flow of which nobody knows where it is
SIZE = 9.5  # points, of the names of ends


@dataclass(frozen=True, eq=False)
class Chosen:
    """Flows of one map.

    Parameters
    ----------
    drawn : those that are drawn, largest first; numbered from 0.
    others : those too small to be drawn.
    lost : those with an end that has no place on the map.
    suppressed : those whose count may not be told.
    leaving : how many are drawn before larger ones because of where they lead to.
    """

    drawn: pd.DataFrame
    others: pd.DataFrame
    lost: pd.DataFrame
    suppressed: pd.DataFrame
    leaving: int

    def remarks(self, look: str | None = None) -> str:
        """The numbers of pairs that are drawn and that are not, and their sums, which add up to all of them."""
        found = []
        if self.leaving:
            # Which are drawn, where it is not simply the largest.
            largest = len(self.drawn) - self.leaving
            found.append(
                say(
                    "Drawn are the {pairs}, and the largest to each of {destinations} outside the darker areas.",
                    pairs=_pairs(largest, "largest pair"),
                    destinations=_pairs(self.leaving, "further destination"),
                )
            )
        if len(self.others):
            found.append(say("Drawn: {pairs}, {n} in all.", pairs=_pairs(len(self.drawn), "pair"), n=total(self.drawn)))
            by_look = ""
            if look is not None:
                parts = self.others.groupby(look, sort=False, observed=True)
                by_look = f" ({'; '.join(f'{name}, {len(rows)} ({total(rows)})' for name, rows in parts)})"
            further = _pairs(len(self.others), "further pair")
            found.append(
                say("Other: {pairs}, {n} in all, not drawn{looks}.", pairs=further, n=total(self.others), looks=by_look)
            )
        if len(self.lost):
            names = "; ".join(f"{row.origin} to {row.destination}" for row in self.lost.head(3).itertuples())
            more = f" and {len(self.lost) - 3} more" if len(self.lost) > 3 else ""
            found.append(
                say(
                    "Without a place on the map: {pairs}, {n} in all ({names}).",
                    pairs=_pairs(len(self.lost), "pair"),
                    n=total(self.lost),
                    names=f"{names}{more}",
                )
            )
        if len(self.suppressed):
            found.append(say("Suppressed, and not drawn: {pairs}.", pairs=_pairs(len(self.suppressed), "pair")))
        return " ".join(found)


def counts_of(flows: pd.DataFrame, low: str | None, high: str | None, unit: str) -> tuple[str, str, str]:
    """The columns of the counts, and what they count: those named, else `low` and `high`, else persons."""
    if low is None and high is None and not {"low", "high"} & set(flows.columns) and "persons" in flows.columns:
        return "persons", "persons", unit or "persons"
    return low or "low", high or "high", unit


def checked(
    flows: pd.DataFrame,
    columns: Mapping[str, str],
    by: Sequence[str] = (),
) -> pd.DataFrame:
    """The flows as origin, destination, low, high, text and the columns `by`, once it is sure that they can be drawn.

    Parameters
    ----------
    flows : one row a pair, within each value of `by`. An empty end is ``unknown``. An optional column `text` is what is
        written at a flow; where it begins with "suppressed", the count may be missing.
    columns : "origin", "destination", "low", "high" -> what the table calls them.

    Raises
    ------
    ValueError : a column is missing, a count is missing or cannot be, or a pair stands twice within `by`.
    """
    style.require(flows, [*columns.values(), *by])
    rows = pd.DataFrame({name: flows[column] for name, column in columns.items()} | {name: flows[name] for name in by})
    for end in ("origin", "destination"):
        rows[end] = rows[end].astype(object).where(rows[end].notna() & (rows[end] != ""), UNKNOWN)
    rows[["low", "high"]] = rows[["low", "high"]].astype(float)
    texts = flows["text"].fillna("").astype(str) if "text" in flows.columns else pd.Series("", flows.index)
    rows["suppressed"] = texts.map(style.is_suppressed).astype(bool)
    rows.loc[rows["suppressed"], ["low", "high"]] = np.nan
    written = [number(low, high) for low, high in zip(rows["low"], rows["high"], strict=True)]
    rows["text"] = texts.str.strip() if "text" in flows.columns else written
    _require_counts(rows[~rows["suppressed"]])
    if rows.duplicated([*by, "origin", "destination"]).any():
        raise Refusal(
            "duplicate_row", "A pair stands twice in the flows: add its rows up first, or tell them apart by a column."
        )
    return rows.reset_index(drop=True)


def _require_counts(rows: pd.DataFrame) -> None:
    for row in rows[rows[["low", "high"]].isna().any(axis=1)].head(1).itertuples():
        raise Refusal(
            "missing_value",
            f"The flow {row.origin} to {row.destination} has no count: give its interval, or leave it out.",
        )
    bad = (rows["low"] < 0) | (rows["high"] < rows["low"]) | ~np.isfinite(rows["low"])
    for row in rows[bad].head(1).itertuples():
        raise Refusal(
            "invalid_interval",
            f"The flow {row.origin} to {row.destination} is counted from {row.low:g} to {row.high:g}: give a finite "
            "lower bound from 0 up, and an upper one that is not below it.",
        )


def chosen(
    rows: pd.DataFrame,
    known: Collection[str],
    top: int,
    highlight: str | None = None,
    outside: Collection[str] = (),
) -> Chosen:
    """The `top` largest of checked flows with both ends in `known`; those of the highlighted place come first.

    Half as many destinations `outside`, those that most lead to, are among them, each with its largest flow at least:
    a map of the largest alone would hide where those go who leave.
    """
    suppressed = rows[rows["suppressed"]]
    # Nobody went where the count is 0: an arrow would say that somebody did.
    rows = rows[~rows["suppressed"] & (rows["high"] > 0)]
    own = (rows["origin"] == highlight) | (rows["destination"] == highlight)
    order = ["own", "high", "low", "origin", "destination"]
    rows = rows.assign(own=own).sort_values(order, ascending=[False, False, False, True, True], kind="stable")
    placed = rows["origin"].isin(known) & rows["destination"].isin(known)
    kept = rows[placed].reset_index(drop=True)
    leaving = kept[kept["destination"].isin(list(outside)) & (kept["own"] | (highlight is None))]
    leaving = leaving.assign(
        all=pd.Series(size(leaving), leaving.index).groupby(leaving["destination"]).transform("sum")
    )
    named = leaving.drop_duplicates("destination").sort_values("all", ascending=False, kind="stable")
    further = named.index[: math.ceil(top / 2)]
    further = further[further >= top]
    # The smallest give way, but no destination outside loses its only flow.
    giving = kept.index[:top].difference(named.index)[::-1][: len(further)]
    further = further[: len(giving)]
    drawn = kept.loc[kept.index[:top].difference(giving).union(further)]
    others = kept.drop(drawn.index)
    return Chosen(drawn.reset_index(drop=True), others, rows[~placed], suppressed, len(further))


def size(rows: pd.DataFrame) -> np.ndarray:
    """The persons that a flow's width stands for: its upper bound, or the lower one where there is no upper."""
    return np.where(np.isfinite(rows["high"]), rows["high"], rows["low"])


def number(low: float, high: float) -> str:
    """A count as it is written at a flow: "12", "42–74", "≥5"."""
    if np.isinf(high):
        return f"≥{style.number(low)}"
    return style.number(high) if low == high else f"{style.number(low)}–{style.number(high)}"


def total(rows: pd.DataFrame) -> str:
    """The sum of flows, as people write it."""
    low, high = rows["low"].sum(), rows["high"].sum()
    if not np.isfinite(high):
        return say("at least {n}", n=style.number(low))
    if low == high:
        return style.number(high)
    return say("{low} to {high}", low=style.number(low), high=style.number(high))


def _pairs(count: int, word: str) -> str:
    return say(f"{{n}} {word}" + ("" if count == 1 else "s"), n=style.number(count))


# Where the ends of flows stand, in metres of the projection -----------------------------------------------------------

_OUTLIER = 3.0  # times the median distance from the middle: places further off are outliers, where there is no study
LEAST_REACH = 1500.0  # kilometres, on maps of countries
_TURNS = ("→", "↗", "↑", "↖", "←", "↙", "↓", "↘")
_GAP = 0.09  # inches between boxes, and between a box and the edge


@dataclass(frozen=True)
class End:
    """An end of flows on a map.

    Parameters
    ----------
    id, text : of `places`; what is written there.
    x, y : its middle; metres.
    region : it is a part of the world and not a country.
    far : it lies beyond the frame and stands at its edge.
    beside : it has no place on the ground and stands below the map.
    """

    id: str
    text: str
    x: float
    y: float
    region: bool = False
    far: bool = False
    beside: bool = False

    @property
    def boxed(self) -> bool:
        return self.region or self.far or self.beside

    @property
    def extent(self) -> tuple[float, float]:
        """Width and height of its box, inches."""
        return style.text_width(self.text, SIZE) + 0.14, SIZE * (1.2 * self.text.count("\n") + 1.1) / 72 + 0.12


@dataclass(frozen=True)
class Ground:
    """The part of the projected plane that a map shows.

    Parameters
    ----------
    limits : left, bottom, right, top; metres.
    tall : inches that it is high.
    metres : an inch is so many.
    floor : below it stand those ends that have no place on the ground; metres.
    """

    limits: basemap.Bounds
    tall: float
    metres: float
    floor: float


def located(places: pd.DataFrame) -> pd.DataFrame:
    """The places by id, each once: name, x, y, study, region (False where the table does not say), and unknown.

    Their longitude and latitude may be called lon and lat.
    """
    if not {"x", "y"} & set(places.columns):
        places = places.rename(columns={"lon": "x", "lat": "y"})
    style.require(places, ("id", "name", "x", "y"))
    table = places.drop_duplicates("id").set_index("id")
    given = {name: table[name] if name in table.columns else False for name in ("study", "region")}
    table = table[["name", "x", "y"]].assign(**given)
    if UNKNOWN not in table.index:
        table.loc[UNKNOWN] = {"name": say(UNKNOWN), "x": np.nan, "y": np.nan, "study": False, "region": False}
    flags = {name: table[name].fillna(False).astype(bool) for name in ("study", "region")}
    return table.astype({"x": float, "y": float}).assign(**flags)


def centred(places: pd.DataFrame) -> str:
    """An equal-area projection around the middle of the study's places, or of all that are no regions."""
    own = places[places["study"]] if places["study"].any() else places[~places["region"]]
    return f"+proj=laea +lat_0={own['y'].mean():.2f} +lon_0={own['x'].mean():.2f}"


def study_shapes(
    boundaries: gpd.GeoDataFrame | None, world: gpd.GeoDataFrame | None, own: Collection[str], projection: str
) -> gpd.GeoDataFrame | None:
    """The areas `own` among boundaries, or else in the world; all boundaries where none is one of them; metres."""
    drawn = boundaries is not None and not boundaries.empty
    layer = boundaries if drawn else world
    if layer is None or "area_id" not in layer.columns:
        return None
    shapes = layer[layer["area_id"].isin(list(own))]
    shapes = layer if shapes.empty and drawn else shapes
    return shapes.to_crs(projection) if len(shapes) else None


def stand(
    ends: Sequence[str],
    places: pd.DataFrame,
    projection: str,
    *,
    width: float,
    heights: tuple[float, float],
    least: float = 0.0,
    shapes: gpd.GeoDataFrame | None = None,
    pairs: Collection[tuple[str, str]] = (),
    within: Mapping[str, str] | None = None,
    boxes: bool = True,
) -> tuple[Ground, dict[str, End]]:
    """The frame of a flow map, and every end of a flow in it.

    It holds the study's areas and what is near them. Whatever is further off stands at the edge, in its direction from
    the middle; what has no coordinates stands below the map, near those it has flows with.

    Parameters
    ----------
    ends : ids of `places`.
    places : from `located`.
    projection : PROJ string, centred on the study.
    width : of the map, inches.
    heights : least and greatest height of the ground, inches.
    least : kilometres from the middle of the projection within which no place stands at the edge; three times the
        median distance where no place is the study's. What the frame shows anyway is inside it.
    shapes : of the study's areas (the projection): the frame then holds them as a whole.
    pairs : the flows.
    within : id -> what is written below its name where it is a box: the flows within it.
    boxes : leave room at the edges for the boxes of far places; else all ends have their true place.
    """
    own = list(places.index[places["study"] & places["x"].notna()])
    listed = places.loc[list(dict.fromkeys([*(end for end in ends if end in places.index), *own]))]
    spot = gpd.GeoSeries(gpd.points_from_xy(listed["x"], listed["y"]), crs=4326).to_crs(projection)
    at = {
        row.Index: End(row.Index, str(row.name_), float(x), float(y), bool(row.region), beside=bool(np.isnan(row.x)))
        for row, x, y in zip(listed.rename(columns={"name": "name_"}).itertuples(), spot.x, spot.y, strict=True)
    }
    away = {end.id: math.hypot(end.x, end.y) / 1000 for end in at.values() if not (end.region or end.beside)}
    limit = least if own else max(_OUTLIER * float(np.median(list(away.values()) or [0.0])), least)
    near = [end for end in away if end in own or away[end] <= limit] or [e.id for e in at.values() if not e.beside]
    limits, tall = basemap.view(_bounds([at[end] for end in near], shapes), width=width, margin=0,
                                lowest=heights[0], highest=heights[1])  # fmt: skip
    left, bottom, right, top = limits
    x, y, inset = (left + right) / 2, (bottom + top) / 2, 0.4 * (top - bottom) / tall
    placed = {}
    for end in at.values():
        seen = min(end.x - left, right - end.x) > inset and min(end.y - bottom, top - end.y) > inset
        far = not end.beside and end.id not in near and not seen
        turn = _TURNS[round(math.atan2(end.y - y, end.x - x) / (math.pi / 4)) % 8] if far else ""
        end = replace(end, far=far, text=f"{end.text} {turn}".strip())
        below = f"\n○ {within[end.id]}" if end.boxed and within and end.id in within else ""
        placed[end.id] = replace(end, text=end.text + below)
    if not boxes:
        return Ground(limits, tall, (top - bottom) / tall, bottom), placed
    return _with_boxes(limits, placed, width, heights, list(pairs))


def _bounds(near: Sequence[End], shapes: gpd.GeoDataFrame | None) -> tuple[float, ...]:
    xs, ys = [end.x for end in near], [end.y for end in near]
    if shapes is not None:
        left, bottom, right, top = shapes.total_bounds
        xs, ys = [*xs, left, right], [*ys, bottom, top]
    if not xs:
        return -5e5, -5e5, 5e5, 5e5
    # Room for arrows' bends and names; shapes bring some of it.
    extent = max(max(xs) - min(xs), max(ys) - min(ys))
    pad = max(0.12 * extent, 150e3) if shapes is None else 0.06 * extent
    return min(xs) - pad, min(ys) - pad, max(xs) + pad, max(ys) + pad


def _with_boxes(
    core: basemap.Bounds,
    placed: dict[str, End],
    width: float,
    heights: tuple[float, float],
    pairs: Sequence[tuple[str, str]],
) -> tuple[Ground, dict[str, End]]:
    """The frame with room at its edges for the boxes of far places, and below it for those beside the map."""
    sides = _sides([end for end in placed.values() if end.far], core, width)
    deep = {side: max([end.extent[side in ("top", "bottom")] for end in group], default=-_GAP) + _GAP
            for side, group in sides.items()}  # fmt: skip
    column = max(sum(end.extent[1] + _GAP for end in sides[side]) for side in ("left", "right"))
    lowest = max(heights[0] - deep["top"] - deep["bottom"], column)
    core, tall = basemap.view(core, width=width - deep["left"] - deep["right"], margin=0, lowest=lowest,
                              highest=max(heights[1] - deep["top"] - deep["bottom"], lowest))  # fmt: skip
    metres = (core[3] - core[1]) / tall
    rows = _rows([end for end in placed.values() if end.beside], width)
    strip = sum(max(end.extent[1] for end in row) + 2 * _GAP for row in rows)
    left, right = core[0] - deep["left"] * metres, core[2] + deep["right"] * metres
    floor, top = core[1] - deep["bottom"] * metres, core[3] + deep["top"] * metres
    stood = dict(placed)
    for side, group in sides.items():
        upright = side in ("left", "right")
        first, last = (core[1], core[3]) if upright else (left, right)
        extents = [(end.extent[1 if upright else 0] + _GAP) * metres for end in group]
        middles = style.spread([_crossing(end, core, upright) for end in group], extents, first, last)
        for end, middle in zip(group, middles, strict=True):
            wide, high = (each / 2 + _GAP * 0.7 for each in end.extent)
            x = {"left": left + wide * metres, "right": right - wide * metres}.get(side, middle)
            y = {"bottom": floor + high * metres, "top": top - high * metres}.get(side, middle)
            stood[end.id] = replace(end, x=x, y=y)
    y = floor
    for row in rows:
        high = (max(end.extent[1] for end in row) + 2 * _GAP) * metres
        wanted = {end.id: _among_partners(end, pairs, stood, right) for end in row}
        row = sorted(row, key=lambda end: (wanted[end.id], end.id))
        middles = style.spread(
            [wanted[end.id] for end in row], [(end.extent[0] + _GAP) * metres for end in row], left, right
        )
        for end, x in zip(row, middles, strict=True):
            stood[end.id] = replace(end, x=x, y=y - high / 2)
        y -= high
    limits = (left, floor - strip * metres, right, top)
    return Ground(limits, (limits[3] - limits[1]) / metres, metres, floor), stood


def _sides(far: Sequence[End], core: basemap.Bounds, width: float) -> dict[str, list[End]]:
    """The edge of each far place, in order along it; what is too much for top or bottom goes to the sides."""
    left, bottom, right, top = core
    x, y = (left + right) / 2, (bottom + top) / 2
    sides: dict[str, list[End]] = {"left": [], "right": [], "bottom": [], "top": []}
    for end in far:
        across, up = (end.x - x) / (right - left), (end.y - y) / (top - bottom)
        level = abs(across) >= abs(up)
        sides[("right" if across > 0 else "left") if level else ("top" if up > 0 else "bottom")].append(end)
    for side in ("top", "bottom"):
        group = sorted(sides[side], key=lambda end: (_crossing(end, core, False), end.id))
        while len(group) > 1 and sum(end.extent[0] + _GAP for end in group) > width - _GAP:
            outer = [abs(_crossing(end, core, False) - x) for end in (group[0], group[-1])]
            if outer[0] > outer[1]:
                sides["left"].append(group.pop(0))
            else:
                sides["right"].append(group.pop())
        sides[side] = group
    for side in ("left", "right"):
        sides[side].sort(key=lambda end: (_crossing(end, core, True), end.id))
    return sides


def _crossing(end: End, core: basemap.Bounds, upright: bool) -> float:
    """The point where the line from the map's middle to a far place crosses the edge: its height, or how far right."""
    left, bottom, right, top = core
    x, y = (left + right) / 2, (bottom + top) / 2
    if upright:
        return y + (end.y - y) * (right - left) / 2 / max(abs(end.x - x), 1.0)
    return x + (end.x - x) * (top - bottom) / 2 / max(abs(end.y - y), 1.0)


def _rows(beside: Sequence[End], width: float) -> list[list[End]]:
    """The ends below the map in as many lines as they need."""
    rows: list[list[End]] = []
    for end in beside:
        if not rows or sum(each.extent[0] + _GAP for each in [*rows[-1], end]) > width:
            rows.append([])
        rows[-1].append(end)
    return rows


def _among_partners(end: End, pairs: Sequence[tuple[str, str]], placed: Mapping[str, End], default: float) -> float:
    """The middle of those that an end has flows with."""
    others = [placed[b if a == end.id else a] for a, b in pairs if end.id in (a, b) and a != b]
    at = [other.x for other in others if not other.beside]
    return float(np.mean(at)) if at else default


# The ways between ends, in metres -------------------------------------------------------------------------------------

RING = 8.0  # points: radius of the inner edge of the ring around a dot
DOT = 3.2
_BENDS = (0.16, 0.2, 0.25, 0.11, 0.31, 0.06, 0.38, 0.48, -0.1, -0.2)  # of the distance, to the right of the way
_STRAIGHT = (0.0, 0.07, -0.07, 0.13, -0.13, 0.2, -0.2, 0.3, -0.3, 0.42, -0.42)


@dataclass(frozen=True)
class Way:
    """A flow on the map: the middle line as it is seen, how far it bends, and the points left free at its two ends."""

    line: LineString
    bend: float
    free: tuple[float, float]


def mark(end: End, ring: float, widest: float, metres: float) -> BaseGeometry:
    """The obstacle that arrows stop short of: a box, or a dot with `ring` points of rings around it.

    The wider the `widest` arrow (points), the further from the dot: else the two directions of a pair would meet there.
    """
    point = metres / 72
    if not end.boxed:
        return shapely.Point(end.x, end.y).buffer((RING + ring + 1 if ring else max(DOT + 2, 1.1 * widest)) * point)
    wide, tall = (each * metres / 2 for each in end.extent)
    return shapely.box(end.x - wide, end.y - tall, end.x + wide, end.y + tall).buffer(3 * point)


def ways(
    rows: pd.DataFrame, ends: Mapping[str, End], marks: Mapping[str, BaseGeometry], ground: Ground, arrows: bool
) -> dict[int, Way]:
    """The way of each `pair`: it bends as little as keeps it off other places, its own return, and wider flows.

    Parameters
    ----------
    rows : pair (its number), origin, destination, width (points); the widest choose first.
    arrows : they swing to the right, which keeps two directions apart; lines are straight where they can be.

    Raises
    ------
    ValueError : the two ends of a flow lie on one point.
    """
    paper, point = shapely.box(*ground.limits), ground.metres / 72
    bends = _BENDS if arrows else _STRAIGHT
    made: dict[int, tuple[Way, BaseGeometry, frozenset[str]]] = {}
    for row in rows.sort_values("width", ascending=False, kind="stable").itertuples():
        start, end = ends[row.origin], ends[row.destination]
        pair = frozenset((start.id, end.id))
        distance = math.hypot(end.x - start.x, end.y - start.y)
        if distance < point / 100:
            raise Refusal(
                "coincident_points",
                f"{start.text} and {end.text} lie on the same point of the map: no arrow can be drawn between them.",
            )
        strangers = shapely.union_all([shape for name, shape in marks.items() if name not in pair])
        same = shapely.union_all([shape for _, shape, other in made.values() if other == pair])
        wider = shapely.union_all([shape for _, shape, other in made.values() if other != pair])
        # Near places need more of a bend for their two directions to be seen.
        near = 1 + 40 * point / distance if arrows else 1.0
        best: tuple[float, Way, BaseGeometry] | None = None
        for bend in bends:
            cost = 2 * abs(bend - bends[0]) * distance
            if best is not None and cost >= best[0]:
                continue
            way = _way(start, end, near * bend, marks, point)
            shape = way.line.buffer(max(0.7 * row.width, 2.5) * point)
            cost += 8 * way.line.intersection(strangers).length
            cost += 20 * way.line.difference(paper).length + 20 * max(0.0, 20 * point - way.line.length)
            cost += 4000 * point * shape.intersection(same).area / shape.area + 3 * way.line.intersection(wider).length
            if best is None or cost < best[0]:
                best = cost, way, shape
        if best is not None:
            made[row.pair] = best[1], best[2], pair
    return {pair: way for pair, (way, _, _) in made.items()}


def _way(start: End, end: End, bend: float, marks: Mapping[str, BaseGeometry], point: float) -> Way:
    """A quadratic curve that swings to the right of its way, as matplotlib's connection style "arc3" does."""
    across, up = end.x - start.x, end.y - start.y
    t = np.linspace(0, 1, 60)
    x = (1 - t) ** 2 * start.x + 2 * t * (1 - t) * ((start.x + end.x) / 2 + bend * up) + t**2 * end.x
    y = (1 - t) ** 2 * start.y + 2 * t * (1 - t) * ((start.y + end.y) / 2 - bend * across) + t**2 * end.y
    whole = LineString(np.column_stack([x, y]))
    line = whole.difference(marks[start.id]).difference(marks[end.id])
    line = max(shapely.get_parts(line), key=lambda part: part.length, default=line)
    if line.length < 9 * point:
        # Two marks that nearly touch still have a short arrow between their middles.
        line = substring(whole, 0.2, 0.8, normalized=True)
    first, last = line.coords[0], line.coords[-1]
    return Way(line, bend, (math.dist((start.x, start.y), first) / point, math.dist((end.x, end.y), last) / point))
