"""Where the names on a map go so that none covers another: candidates around each place, the cheapest free one taken.

Greedy choice followed by rounds of improvement, one label at a time, after Christensen, Marks and Shieber (1995),
"An empirical study of algorithms for point-feature label placement". No random numbers: the same map, the same labels.
All lengths are inches of the map.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
import shapely.ops
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from analysis.figures import style

_GAP = 0.035
_ROUNDS = 4


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
    boxes = shapely.box(x - width / 2 - 0.02, y - height / 2 - 0.01, x + width / 2 + 0.02, y + height / 2 + 0.01)
    shares = shapely.area(shapely.intersection(region, boxes)) / shapely.area(boxes)
    middle = region.centroid
    costs = 0.2 * np.hypot(x - middle.x, y - middle.y) + 1.5 * (1 - shares)
    kept = sorted(zip(costs[shares > least], x[shares > least], y[shares > least], strict=True))[:60]
    return [Candidate(float(px), float(py), float(cost), inside=True) for cost, px, py in kept]


def beside(
    region: BaseGeometry,
    width: float,
    height: float,
    *,
    reach: Sequence[float] = (0.04, 0.1, 0.2, 0.35, 0.55, 0.8, 1.1, 1.5),
) -> list[Candidate]:
    """Places around a region (or point), from close by to `reach`; from a tenth of an inch on with a leader line."""
    point = region.representative_point()
    found = []
    for turn in range(24):
        across, up = math.cos(turn * math.pi / 12), math.sin(turn * math.pi / 12)
        step = 0.0
        for gap in reach:
            while _box(point.x + step * across, point.y + step * up, width, height).distance(region) < gap and step < 8:
                step += 0.02
            # Right of a place is read first, then left, then above and below.
            habit = 0.03 * abs(up) + 0.02 * (across < 0)
            anchor = (point.x, point.y) if gap >= 0.1 else None
            found.append(
                Candidate(point.x + step * across, point.y + step * up, 0.1 + gap + 0.12 * (gap >= 0.1) + habit, anchor)
            )
    return found


def along(curve: LineString, width: float, height: float, thickness: float) -> list[Candidate]:
    """Places upon a curve, where a text cannot be taken for a neighbour's, and, at a cost, beside it."""
    found = []
    for place in (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82, 0.12, 0.88):
        at, next_to = curve.interpolate(place, normalized=True), curve.interpolate(place + 0.02, normalized=True)
        length = math.hypot(next_to.x - at.x, next_to.y - at.y) or 1.0
        normal = (-(next_to.y - at.y) / length, (next_to.x - at.x) / length)
        off = thickness / 2 + 0.02 + abs(normal[0]) * width / 2 + abs(normal[1]) * height / 2
        # On a short curve the text would hide the arrow.
        upon = 0.6 if curve.length < 2.5 * width + 0.2 else 0.0
        for side, cost in ((0, upon), (1, 0.25), (-1, 0.27)):
            x, y = at.x + side * off * normal[0], at.y + side * off * normal[1]
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
    options = [_options(label, width, height, obstacles, avoid) for label in labels]
    order = sorted(range(len(labels)), key=lambda i: (not any(p.inside for p, _ in options[i]), len(options[i]), i))
    chosen: dict[int, Placed | None] = {}
    for turn in range(_ROUNDS):
        before = dict(chosen)
        for i in order:
            others = [placed for j, placed in chosen.items() if j != i and placed is not None]
            priced = [(cost + _conflict(placed, others), n) for n, (placed, cost) in enumerate(options[i])]
            cost, best = min(priced, default=(math.inf, -1))
            drop = best < 0 or (labels[i].optional and cost >= 100)
            chosen[i] = None if drop else options[i][best][0]
        if turn and chosen == before:
            break
    return [placed for i in range(len(labels)) if (placed := chosen[i]) is not None]


def write(
    axes: Axes,
    placed: Sequence[Placed],
    *,
    grounds: dict[str, str] | None = None,
    colours: dict[str, str] | None = None,
) -> None:
    """Write placed labels, with leader lines, on axes whose coordinates are inches.

    `grounds`: colour of the region that a label lies in; the text is then dark or white, with a rim of that colour.
    """
    for entry in placed:
        if entry.leader is not None:
            axes.plot(*entry.leader.xy, color=style.MUTED, lw=0.7, zorder=19)
            axes.plot(*entry.leader.coords[0], marker="o", ms=2.2, color=style.MUTED, zorder=19)
        ground = (grounds or {}).get(entry.label.name, "white") if entry.inside else "white"
        colour = (colours or {}).get(entry.label.name, style.on(ground))
        effects = [withStroke(linewidth=2.6, foreground=ground)]
        plate = {"facecolor": "white", "edgecolor": "none", "pad": 0.8} if entry.label.plate and entry.inside else None
        axes.text(
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
    label: Label,
    width: float,
    height: float,
    obstacles: Sequence[BaseGeometry],
    avoid: Sequence[tuple[str, BaseGeometry, float]],
) -> list[tuple[Placed, float]]:
    """The label's candidates inside the frame, with what each costs whatever the other labels do."""
    wide, tall = label.extent
    found: list[tuple[Placed, float]] = []
    for candidate in label.candidates:
        box = _box(candidate.x, candidate.y, wide, tall)
        if (
            box.bounds[0] < 0.04
            or box.bounds[1] < 0.03
            or box.bounds[2] > width - 0.04
            or box.bounds[3] > height - 0.03
        ):
            continue
        leader = None
        if candidate.anchor is not None:
            end = shapely.ops.nearest_points(Point(candidate.anchor), box)[1]
            leader = LineString([candidate.anchor, (end.x, end.y)])
        cost = candidate.cost + 500 * sum(box.intersects(obstacle) for obstacle in obstacles)
        for name, shape, weight in avoid:
            if name != label.name and box.intersects(shape):
                cost += weight * (0.15 + box.intersection(shape).area / box.area)
            if name != label.name and leader is not None and leader.intersects(shape):
                cost += 0.7 * weight * leader.intersection(shape).length
            # A name beside a foreign area is read as that area's name.
            if name != label.name and not candidate.inside and leader is None and box.distance(shape) < 0.07:
                cost += 0.1 * weight
            if name == label.name and not candidate.inside and box.intersects(shape):
                cost += 0.3
        found.append((Placed(label, candidate.x, candidate.y, box, leader, candidate.inside), cost))
    return found


def _conflict(placed: Placed, others: Sequence[Placed]) -> float:
    cost = 0.0
    room = shapely.box(*(b + d for b, d in zip(placed.box.bounds, (-_GAP, -_GAP / 2, _GAP, _GAP / 2), strict=True)))
    for other in others:
        cost += 100 * room.intersects(other.box)
        cost += 6 * (other.leader is not None and room.intersects(other.leader))
        cost += 6 * (placed.leader is not None and placed.leader.intersects(other.box))
        cost += 4 * (placed.leader is not None and other.leader is not None and placed.leader.intersects(other.leader))
    return cost


def _box(x: float, y: float, width: float, height: float) -> Polygon:
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
