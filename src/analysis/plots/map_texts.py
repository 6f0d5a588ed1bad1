"""Where texts have room on a map: places upon and beside a line or around a dot, and the best of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from analysis.plots.style import text_width


def extent(text: str, size: float, metres: float, bold: bool = False) -> tuple[float, float]:
    """Width and height of a text in metres of the ground."""
    return (text_width(text, size, bold) + 0.04) * metres, size * (1.1 * text.count("\n") + 1.2) / 72 * metres


def along(line: LineString, wide: float, tall: float, thick: float) -> list[tuple[float, float]]:
    """Places upon a line, and beside it (`thick` from its middle), which is first where a text would hide the line."""
    upon, beside = [], []
    for share in (0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73, 0.2, 0.8):
        (x, y), (ahead, above) = (line.interpolate(at, normalized=True).coords[0] for at in (share, share + 0.02))
        upon.append((x, y))
        length = math.hypot(ahead - x, above - y) or 1.0
        across, up = (above - y) / length, (x - ahead) / length
        off = thick + abs(across) * wide / 2 + abs(up) * tall / 2
        beside += [(x + side * off * across, y + side * off * up) for side in (1, -1)]
    return [*beside, *upon] if line.length < 2.2 * wide else [*upon, *beside]


def around(mark: BaseGeometry, wide: float, tall: float, metres: float) -> list[tuple[float, float]]:
    """Places beside a dot: right of it is read first, then left, then above and below, then further off."""
    x, y = mark.centroid.coords[0]
    found = []
    for gap in (0.02, 0.12, 0.25, 0.4):
        near = (mark.bounds[2] - mark.bounds[0]) / 2 + gap * metres
        across, up = near + wide / 2, near + tall / 2
        slant = 0.72 * near
        found += [(x + across, y), (x - across, y), (x, y - up), (x, y + up)]
        found += [(x + a * (slant + wide / 2), y + b * (slant + tall / 2)) for b in (1, -1) for a in (1, -1)]
    return found


def best(
    spots: Sequence[tuple[float, float]],
    wide: float,
    tall: float,
    paper: BaseGeometry,
    taken: Sequence[BaseGeometry],
    lines: Sequence[BaseGeometry],
) -> BaseGeometry:
    """The box of a text at the first of the spots where it covers least of what is taken, and of lines."""
    x, y = np.array(spots).T
    boxes = shapely.box(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)
    around = shapely.box(*shapely.total_bounds(boxes))
    costs = 20 * (1 - shapely.area(shapely.intersection(boxes, paper)) / (wide * tall)) + 0.02 * np.arange(len(boxes))
    for weight, shapes in ((10, taken), (3, lines)):
        # What is nowhere near the boxes costs most of the time, and nothing else.
        near = [shape for shape in shapes if shape.intersects(around)]
        if near:
            costs += weight * shapely.area(shapely.intersection(boxes, shapely.union_all(near))) / (wide * tall)
    return boxes[int(np.argmin(costs))]
