"""Where the names on a map go so that none covers another: candidates around each place, the cheapest free one taken.

Greedy choice followed by rounds of improvement, one label at a time, after Christensen, Marks and Shieber (1995),
"An empirical study of algorithms for point-feature label placement". No random numbers: the same map, the same labels.
All lengths are inches of the map.
"""

from __future__ import annotations

import bisect
import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from matplotlib.patheffects import withStroke
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from analysis.plots import style
from analysis.plots.style import Canvas

_GAP = 0.035
_ROUNDS = 4
_STEP = 0.02
_STEPS = np.cumsum([0.0, *[_STEP] * 401])  # how far a name is moved away from its place, eight inches at most


@dataclass(frozen=True)
class Candidate:
    """A place for a label: its middle, what it costs by itself, and where its leader line starts (None: no line)."""

    x: float
    y: float
    cost: float
    anchor: tuple[float, float] | None = None
    inside: bool = False


@dataclass(frozen=True)
class Label:
    """A text that wants a place.

    Parameters
    ----------
    name : its own name, unique on the map.
    text, size, bold : what is written; size in points.
    candidates : from `within`, `beside` or `along`.
    optional : it may be left out where there is no room.
    plate : it is written on a white plate, because it lies upon a line.
    """

    name: str
    text: str
    size: float
    candidates: list[Candidate]
    bold: bool = False
    optional: bool = False
    plate: bool = False

    @property
    def extent(self) -> tuple[float, float]:
        return extent(self.text, self.size, self.bold)


@dataclass(frozen=True)
class Placed:
    """A label with its place; `box` is its rectangle and `leader` its line, if it has one."""

    label: Label
    x: float
    y: float
    box: Polygon
    leader: LineString | None
    inside: bool


@dataclass(frozen=True)
class _Options:
    """The places of one label as arrays, one entry a place.

    `least` is what each costs at the least. How much of the `shapes` to avoid a place covers is measured only where it
    matters; `touched` and `crossed` (shape, place) say which of them its box and its leader meet.
    """

    x: np.ndarray
    y: np.ndarray
    boxes: np.ndarray
    leaders: np.ndarray
    inside: np.ndarray
    least: np.ndarray
    touched: np.ndarray
    crossed: np.ndarray
    shapes: Sequence[tuple[str, BaseGeometry, float]]
    measured: dict[int, float] = field(default_factory=dict)

    @functools.cached_property
    def bounds(self) -> np.ndarray:
        return shapely.bounds(self.boxes)

    def cost(self, n: int) -> float:
        """What a place costs whatever the other labels do."""
        if n not in self.measured:
            box, leader, cost = self.boxes[n], self.leaders[n], float(self.least[n])
            for at in np.flatnonzero(self.touched[:, n]).tolist():
                _, shape, weight = self.shapes[at]
                cost += weight * shapely.clip_by_rect(shape, *box.bounds).area / box.area
            for at in np.flatnonzero(self.crossed[:, n]).tolist():
                _, shape, weight = self.shapes[at]
                cost += 0.7 * weight * leader.intersection(shape).length
            self.measured[n] = cost
        return self.measured[n]

    def cheapest(self, conflicts: np.ndarray) -> tuple[float, int]:
        """The lowest cost of a place with its `conflicts`, and the place; -1 if there is none."""
        least = self.least + conflicts
        best = (math.inf, -1)
        for n in np.argsort(least, kind="stable").tolist():
            if least[n] > best[0]:
                break
            best = min(best, (self.cost(n) + float(conflicts[n]), n))
        return best

    def placed(self, label: Label, n: int) -> Placed:
        """The label at one of its places."""
        return Placed(label, float(self.x[n]), float(self.y[n]), self.boxes[n], self.leaders[n], bool(self.inside[n]))


def extent(text: str, size: float, bold: bool = False) -> tuple[float, float]:
    """Width and height of a text."""
    lines = text.count("\n") + 1
    return style.text_width(text, size, bold) + 0.03, size * (1.15 * (lines - 1) + 1.05) / 72


def within(region: BaseGeometry, width: float, height: float, least: float = 0.8) -> list[Candidate]:
    """Places where at least the share `least` of a label lies in its region; cheapest wholly inside, in the middle."""
    left, bottom, right, top = region.bounds
    x, y = (
        grid.ravel() for grid in np.meshgrid(np.linspace(left, right, 41)[1:-1], np.linspace(bottom, top, 41)[1:-1])
    )
    half, up = width / 2 + 0.02, height / 2 + 0.01
    area = 4 * half * up
    # No more of a box lies in the region than in the region's bounds.
    most = (np.minimum(x + half, right) - np.maximum(x - half, left)) * (
        np.minimum(y + up, top) - np.maximum(y - up, bottom)
    )
    possible = np.minimum(most, region.area) > least * area * 0.999
    middle = region.centroid
    x, y = x[possible], y[possible]
    away = 0.2 * np.hypot(x - middle.x, y - middle.y)
    found: list[tuple[float, float, float]] = []
    for n in np.argsort(away, kind="stable"):
        # A place further off than the sixtieth costs cannot be among the sixty cheapest.
        if len(found) >= 60 and away[n] > found[59][0]:
            break
        share = shapely.clip_by_rect(region, x[n] - half, y[n] - up, x[n] + half, y[n] + up).area / area
        if share > least:
            bisect.insort(found, (float(away[n] + 1.5 * (1 - share)), float(x[n]), float(y[n])))
    return [Candidate(px, py, cost, inside=True) for cost, px, py in found[:60]]


def beside(
    region: BaseGeometry,
    width: float,
    height: float,
    *,
    reach: Sequence[float] = (0.04, 0.1, 0.2, 0.35, 0.55, 0.8, 1.1, 1.5),
) -> list[Candidate]:
    """Places around a region (or point), from close by to `reach`; from a tenth of an inch on with a leader line."""
    point = region.representative_point()
    across = np.array([math.cos(turn * math.pi / 12) for turn in range(24)])
    up = np.array([math.sin(turn * math.pi / 12) for turn in range(24)])
    # Nearer than this the box covers the point.
    near = np.minimum(width / 2 / np.maximum(np.abs(across), 1e-9), height / 2 / np.maximum(np.abs(up), 1e-9))
    step = np.clip((near / _STEP).astype(int) - 1, 0, len(_STEPS) - 1)
    found = []
    for gap in reach:
        short = np.arange(24)
        while len(short):
            x, y = point.x + _STEPS[step[short]] * across[short], point.y + _STEPS[step[short]] * up[short]
            distance = shapely.distance(_boxes(x, y, width, height), region)
            going = (distance < gap) & (step[short] < len(_STEPS) - 1)
            short, missing = short[going], gap - distance[going]
            # One step widens the distance by no more than its own length.
            ahead = np.maximum(np.ceil(missing / _STEP - 1e-6).astype(int), 1)
            step[short] = np.minimum(step[short] + ahead, len(_STEPS) - 1)
        anchor = (point.x, point.y) if gap >= 0.1 else None
        # Right of a place is read first, then left, then above and below.
        costs = 0.1 + gap + 0.12 * (gap >= 0.1) + (0.03 * np.abs(up) + 0.02 * (across < 0))
        x, y = point.x + _STEPS[step] * across, point.y + _STEPS[step] * up
        found.append([Candidate(*place, anchor) for place in zip(x.tolist(), y.tolist(), costs.tolist(), strict=True)])
    return [candidate for turn in zip(*found, strict=True) for candidate in turn]


def along(curve: LineString, width: float, height: float, thickness: float) -> list[Candidate]:
    """Places upon a curve, where a text cannot be taken for a neighbour's, and, at a cost, beside it."""
    found = []
    places = np.array([0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82, 0.12, 0.88])
    ats = shapely.get_coordinates(shapely.line_interpolate_point(curve, places, normalized=True)).tolist()
    nexts = shapely.get_coordinates(shapely.line_interpolate_point(curve, places + 0.02, normalized=True)).tolist()
    # On a short curve the text would hide the arrow.
    upon = 0.6 if curve.length < 2.5 * width + 0.2 else 0.0
    for place, at, next_to in zip(places.tolist(), ats, nexts, strict=True):
        length = math.hypot(next_to[0] - at[0], next_to[1] - at[1]) or 1.0
        normal = (-(next_to[1] - at[1]) / length, (next_to[0] - at[0]) / length)
        off = thickness / 2 + 0.02 + abs(normal[0]) * width / 2 + abs(normal[1]) * height / 2
        for side, cost in ((0, upon), (1, 0.25), (-1, 0.27)):
            x, y = at[0] + side * off * normal[0], at[1] + side * off * normal[1]
            found.append(Candidate(x, y, cost + 0.4 * abs(place - 0.5), inside=side == 0))
    return found


def place(
    labels: Sequence[Label],
    *,
    width: float,
    height: float,
    obstacles: Sequence[BaseGeometry] = (),
    avoid: Sequence[tuple[str, BaseGeometry, float]] = (),
) -> list[Placed]:
    """A place for each label.

    Parameters
    ----------
    width, height : of the map, inches; no label leaves it.
    obstacles : what no label may touch.
    avoid : (name, shape, weight): what a label had better not cover, unless the shape bears the label's own name.

    Returns
    -------
    One entry a label, in the given order. A label marked optional is left out if it would touch another.
    """
    options = _options(labels, width, height, obstacles, avoid)
    order = sorted(range(len(labels)), key=lambda i: (not options[i].inside.any(), len(options[i].x), i))
    chosen: dict[int, int | None] = {}
    # (label, another label, that one's place) -> what each of the label's places costs because of it
    conflicts: dict[tuple[int, int, int], np.ndarray] = {}
    for turn in range(_ROUNDS):
        before = dict(chosen)
        for i in order:
            total = np.zeros(len(options[i].x))
            for j, n in chosen.items():
                if j != i and n is not None:
                    if (i, j, n) not in conflicts:
                        conflicts[i, j, n] = _conflict(options[i], options[j], n)
                    total += conflicts[i, j, n]
            cost, best = options[i].cheapest(total)
            drop = best < 0 or (labels[i].optional and cost >= 100)
            chosen[i] = None if drop else best
        if turn and chosen == before:
            break
    return [options[i].placed(label, n) for i, label in enumerate(labels) if (n := chosen[i]) is not None]


def write(
    paper: Canvas,
    placed: Sequence[Placed],
    *,
    grounds: dict[str, str] | None = None,
    colours: dict[str, str] | None = None,
) -> None:
    """Write placed labels, with leader lines.

    `grounds`: colour of the region that a label lies in; the text is then dark or white, with a rim of that colour.
    """
    for entry in placed:
        if entry.leader is not None:
            x, y = entry.leader.xy
            paper.plot(x, y, color=style.MUTED, lw=0.7, zorder=19)
            paper.plot(x[:1], y[:1], marker="o", ms=2.2, color=style.MUTED, zorder=19)
        ground = (grounds or {}).get(entry.label.name, "white") if entry.inside else "white"
        colour = (colours or {}).get(entry.label.name, style.on(ground))
        effects = [withStroke(linewidth=2.6, foreground=ground)]
        plate = {"facecolor": "white", "edgecolor": "none", "pad": 0.8} if entry.label.plate and entry.inside else None
        paper.text(
            entry.x,
            entry.y,
            entry.label.text,
            size=entry.label.size,
            weight="bold" if entry.label.bold else "normal",
            color=colour,
            ha="center",
            va="center",
            linespacing=1.1,
            path_effects=effects,
            bbox=plate,
            zorder=20,
            gid=f"label:{entry.label.name}",
        )


def _options(
    labels: Sequence[Label],
    width: float,
    height: float,
    obstacles: Sequence[BaseGeometry],
    avoid: Sequence[tuple[str, BaseGeometry, float]],
) -> list[_Options]:
    """Each label's candidates inside the frame, with what each costs whatever the other labels do."""
    listed = [(label, candidate) for label in labels for candidate in label.candidates]
    of = np.repeat(np.arange(len(labels)), [len(label.candidates) for label in labels])
    x = np.array([candidate.x for _, candidate in listed], dtype=float)
    y = np.array([candidate.y for _, candidate in listed], dtype=float)
    wide, tall = np.array([label.extent for label in labels], dtype=float).reshape(-1, 2)[of].T
    left, bottom, right, top = x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2
    fits = (left >= 0.04) & (bottom >= 0.03) & (right <= width - 0.04) & (top <= height - 0.03)
    of, x, y, boxes = of[fits], x[fits], y[fits], shapely.box(left[fits], bottom[fits], right[fits], top[fits])
    kept = [candidate for (_, candidate), fit in zip(listed, fits, strict=True) if fit]
    inside = np.array([candidate.inside for candidate in kept], dtype=bool)
    costs = np.array([candidate.cost for candidate in kept], dtype=float)
    anchored = np.array([candidate.anchor is not None for candidate in kept], dtype=bool)
    leaders = np.full(len(kept), None, dtype=object)
    bounds = shapely.bounds(boxes)
    starts = np.array([candidate.anchor for candidate in kept if candidate.anchor is not None]).reshape(-1, 2)
    # The point of a box that is nearest to a start.
    ends = np.clip(starts, bounds[anchored, :2], bounds[anchored, 2:])
    leaders[anchored] = shapely.linestrings(np.stack([starts, ends], axis=1))
    for obstacle in obstacles:
        shapely.prepare(obstacle)
        costs += 500 * shapely.intersects(obstacle, boxes)
    names = np.array([label.name for label in labels], dtype=object)[of]
    free = ~inside & ~anchored
    touched = np.zeros((len(avoid), len(kept)), dtype=bool)
    crossed = touched.copy()
    for at, (name, shape, weight) in enumerate(avoid):
        shapely.prepare(shape)
        own = names == name
        hit = shapely.intersects(shape, boxes)
        touched[at], crossed[at] = hit & ~own, shapely.intersects(shape, leaders) & ~own
        costs[touched[at]] += 0.15 * weight
        # A name beside a foreign area is read as that area's name.
        left, bottom, right, top = shape.bounds
        near = free & ~own & (bounds[:, 0] < right + 0.1) & (bounds[:, 2] > left - 0.1)
        near = np.flatnonzero(near & (bounds[:, 1] < top + 0.1) & (bounds[:, 3] > bottom - 0.1))
        costs[near[shapely.distance(boxes[near], shape) < 0.07]] += 0.1 * weight
        costs[own & ~inside & hit] += 0.3
    parts = [np.flatnonzero(of == i) for i in range(len(labels))]
    return [
        _Options(
            x[part],
            y[part],
            boxes[part],
            leaders[part],
            inside[part],
            costs[part],
            touched[:, part],
            crossed[:, part],
            avoid,
        )
        for part in parts
    ]


def _conflict(options: _Options, other: _Options, chosen: int) -> np.ndarray:
    """What each of a label's places costs because another label stands at the place `chosen` of its own."""
    room = np.add(options.bounds, (-_GAP, -_GAP / 2, _GAP, _GAP / 2))
    box, leader = other.bounds[chosen], other.leaders[chosen]
    near = (room[:, 0] <= box[2]) & (room[:, 2] >= box[0]) & (room[:, 1] <= box[3]) & (room[:, 3] >= box[1])
    cost = 100.0 * near + 6 * shapely.intersects(options.leaders, other.boxes[chosen])
    if leader is not None:
        cost += 6 * shapely.intersects(shapely.box(*room.T), leader)
        cost += 4 * shapely.intersects(options.leaders, leader)
    return cost


def _boxes(x: np.ndarray, y: np.ndarray, width: float, height: float) -> np.ndarray:
    return shapely.box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def spread(wanted: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Middles of labels between 0 and 1, ascending, as near to the wanted ones as their heights allow."""
    middles: list[float] = []
    edge = 0.0
    for middle, height in zip(wanted, heights, strict=True):
        middles.append(max(middle, edge + height / 2))
        edge = middles[-1] + height / 2
    ceiling = max(1.0, sum(heights))
    for place in range(len(middles) - 1, -1, -1):
        middles[place] = min(middles[place], ceiling - heights[place] / 2)
        ceiling = middles[place] - heights[place] / 2
    return middles
