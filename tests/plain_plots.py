"""What a reader takes from a plain picture of a result: its marks, limits, lines and labels, read back."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def axes_of(figure: Figure) -> Axes:
    """The first axes; a picture of pyplot would stay open."""
    assert isinstance(figure, Figure) and figure.canvas.manager is None
    return figure.axes[0]


def labels(figure: Figure) -> list[str]:
    """What the rows are, from the top."""
    return [text.get_text().replace("\n", " ") for text in axes_of(figure).get_yticklabels()]


def named(figure: Figure, name: str) -> Floats:
    """The x and y of a line or of marks, by the beginning of their name in the key; shape (n, 2)."""
    (found,) = [line for line in axes_of(figure).lines if str(line.get_label()).startswith(name)]
    return np.asarray(found.get_xydata(), dtype=float)


def dots(figure: Figure) -> list[list[float]]:
    """The estimates of each set of rows; missing where there is none, or a range."""
    lines = [line for line in axes_of(figure).lines if line.get_marker() in tuple("osD") and line.get_ls() == "None"]
    return [list(np.asarray(line.get_xdata(), dtype=float)) for line in lines]


def limits(figure: Figure) -> list[tuple[float, float]]:
    """The thin lines between limits, set by set and from the top; those that are missing are left out."""
    return _segments(figure, thin=True)


def ranges(figure: Figure) -> list[tuple[float, float]]:
    """The thick lines of estimates that are ranges."""
    return _segments(figure, thin=False)


def _segments(figure: Figure, *, thin: bool) -> list[tuple[float, float]]:
    found = [part for part in axes_of(figure).collections if isinstance(part, LineCollection)]
    chosen = [part for part in found if (part.get_linewidth()[0] < 2) == thin]
    drawn = [np.asarray(one, dtype=float) for part in chosen for one in part.get_segments()]
    ends = [(float(one[0, 0]), float(one[-1, 0])) for one in drawn if one.ndim == 2]
    return [end for end in ends if not np.isnan(end).any()]


def words(figure: Figure) -> str:
    """All that is written: title, labels of axes and rows, and the key."""
    key = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    axes = axes_of(figure)
    title = figure.get_suptitle()
    return " ".join([title, axes.get_xlabel(), axes.get_ylabel(), *labels(figure), *key]).replace("\n", " ")


def pairs(low: object, high: object) -> list:
    """Limits of a table to be compared with `limits`, without those that are missing."""
    both = np.column_stack([np.asarray(low, dtype=float), np.asarray(high, dtype=float)])
    return [pytest.approx(tuple(ends)) for ends in both[~np.isnan(both).any(axis=1)].tolist()]
