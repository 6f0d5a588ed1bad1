"""What is drawn on the rows of a figure: its marks by the name of the row, in the units of the scale."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle


def rows(figure: Figure, panel: int = 0) -> list[str]:
    """The names of the rows, from the top down."""
    return [" ".join(text.get_text().split()) for text in figure.axes[panel].get_yticklabels()]


def _near(axes: Axes, label: str) -> tuple[float, float]:
    places = dict(zip(rows(axes.figure), axes.get_yticks(), strict=True))
    tall = min(np.diff(sorted(places.values())), default=1.0)
    return places[label] - tall / 2, places[label] + tall / 2


def estimates(figure: Figure, label: str, panel: int = 0) -> list[float]:
    """Where the dots of a row stand, from the top down."""
    return [float(line.get_xdata()[0]) for line in points(figure, label, "estimate", panel)]


def points(figure: Figure, label: str, gid: str, panel: int = 0) -> list[Line2D]:
    """The markers of a kind in a row: "estimate", or "beyond" (an arrow at an end of the scale)."""
    low, high = _near(figure.axes[panel], label)
    found = [
        (y, line)
        for line in figure.axes[panel].lines
        if line.get_gid() == gid
        for y in np.atleast_1d(line.get_ydata())
        if low < y < high
    ]
    return [line for _, line in sorted(found, key=lambda each: each[0])]


def intervals(figure: Figure, label: str, panel: int = 0) -> list[tuple[float, float]]:
    """The ends of the lines between limits in a row, from the top down."""
    low, high = _near(figure.axes[panel], label)
    found = [
        (path[0][1], (float(path[0][0]), float(path[1][0])))
        for each in figure.axes[panel].collections
        if each.get_gid() == "interval"
        for path in each.get_segments()
        if len(path) and low < path[0][1] < high and np.isfinite(path).all()
    ]
    return [ends for _, ends in sorted(found)]


def bars(figure: Figure, label: str, gid: str, panel: int = 0) -> list[tuple[float, float]]:
    """The ends of the bars of a kind in a row: "bounds", "band" or "no estimate"."""
    return [
        (bar.get_x(), bar.get_x() + bar.get_width())
        for bar in patches(figure, label, gid, panel)
        if np.isfinite(bar.get_width())
    ]


def patches(figure: Figure, label: str, gid: str, panel: int = 0) -> list[Rectangle]:
    """The bars of a kind in a row."""
    low, high = _near(figure.axes[panel], label)
    return [
        bar
        for bar in figure.axes[panel].patches
        if isinstance(bar, Rectangle) and bar.get_gid() == gid and low < bar.get_y() + bar.get_height() / 2 < high
    ]
