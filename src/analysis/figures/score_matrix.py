"""A matrix of scores of which only bounds are known: shaded by their middle where they are close, else hatched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.figures import key, matrix_grid, style
from analysis.figures.canvas import Canvas
from bounded.refusal import Refusal

_CLASSES = 5  # of equal width
_FOOT = 0.075  # inches of the bar of the bounds
_WITH_TEXT = 0.31  # inches of a row in whose cells a text stands above that bar
_POINT = 0.03  # inches of a bar whose bounds are one


@style.styled
def score_matrix(
    table: pd.DataFrame,
    *,
    rows: str,
    columns: str,
    low: str,
    high: str,
    title: str,
    footer: style.Footer,
    text: str = "text",
    row_order: Sequence[str] | None = None,
    column_order: Sequence[str] | None = None,
    row_groups: Mapping[str, str] | None = None,
    column_groups: Mapping[str, str] | None = None,
    highlight: str | None = None,
    subtitle: str = "",
    unit: str = "score, by the middle of its bounds",
    blank: str = "not scored",
    widest: float = 0.5,
) -> Figure:
    """One cell a row and column: the shade is the class of the middle of the bounds, the bar at its foot the bounds.

    A score that may be anything is hatched, and so is one whose bounds are further apart than `widest`, with its bar:
    the middle of such bounds says nothing. A pair that the table does not hold is unknown.

    Parameters
    ----------
    table : one row a pair: the columns named by `rows`, `columns`, `low` and `high` (bounds from 0 to 1; both missing
        where nothing is scored) and, if it is there, `text` (what is written in the cell where it fits).
    row_order, column_order : what is drawn, in this order; by default all, in the order of appearance.
    row_groups, column_groups : the heading above each row or column.
    highlight : the row whose name is bold.
    unit, blank : for the key: what the shades are, and what a cell without bounds is.
    widest : bounds further apart than this are not shaded.

    Raises
    ------
    ValueError : a column is missing, a pair stands twice, bounds are not from 0 to 1 or the wrong way round, only one
        of them is missing, or a row or column has no group where there are groups.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(table, (rows, columns, low, high))
    matrix_grid.check_pairs(table, rows, columns)
    cells = _cells(table, rows, columns, low, high, text)
    down = matrix_grid.in_groups(table[rows].astype(str), row_order, row_groups)
    across = matrix_grid.in_groups(table[columns].astype(str), column_order, column_groups)
    shown = [
        cells.get((row, column), (0.0, 1.0, ""))
        for row in matrix_grid.names_of(down)
        for column in matrix_grid.names_of(across)
    ]
    texts = [words for *_, words in shown if words]
    width = style.WIDTH - 2 * style.MARGIN
    need = max([style.text_width(words, 9) for words in texts], default=0.3) + 0.1
    row = _WITH_TEXT if texts else matrix_grid.ROW
    grid = matrix_grid.plan(down, across, width, need, highlight, row)
    size = matrix_grid.text_size(texts, grid.cell - 0.05, most=9)
    listed = _key(shown, blank, widest)
    below = key.height(listed, width, unit) + 0.14
    page = style.sheet(grid.height + below, title=title, footer=footer, subtitle=subtitle)
    for place in matrix_grid.places(page, grid, highlight):
        first, last, words = cells.get((place.row, place.column), (0.0, 1.0, ""))
        colour = _fill(place.paper, first, last, widest, place.x, place.y, place.width, place.height)
        if np.isnan(first):
            words = words or "–"
        if words and style.text_width(words, size) <= place.width - 0.02:
            up = (place.height + (_FOOT + 0.02 if colour else 0)) / 2
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8} if last - first > widest else None
            place.paper.text(place.x + place.width / 2, place.y + up, words, size=size, ha="center", bbox=box,
                             va="center_baseline", color=style.on(colour or "white"), gid="cell")  # fmt: skip
    key.draw(page, listed, x=0, top=below - 0.14, width=width, heading=unit)
    return page.figure


def _cells(
    table: pd.DataFrame, rows: str, columns: str, low: str, high: str, text: str
) -> dict[tuple[str, str], tuple[float, float, str]]:
    """(row, column) -> bounds and text."""
    lows, highs = (table[end].astype(float).round(9) for end in (low, high))  # a mean of ones may be a hair above one
    refused = table[~((lows >= 0) & (lows <= highs) & (highs <= 1)) & ~(lows.isna() & highs.isna())]
    if len(refused):
        first = refused.iloc[0]
        raise Refusal(
            "invalid_interval",
            f"The bounds of {first[rows]}, {first[columns]} are {first[low]} and {first[high]}: give the lower and the "
            "upper one from 0 to 1, or neither where nothing is scored.",
        )
    texts = table[text] if text in table.columns else pd.Series(None, index=table.index, dtype=object)
    return {
        (str(row), str(column)): (first, last, "" if pd.isna(words) else str(words))
        for row, column, first, last, words in zip(table[rows], table[columns], lows, highs, texts, strict=True)
    }


def _fill(
    paper: Canvas, low: float, high: float, widest: float, x: float, y: float, width: float, height: float
) -> str | None:
    """Draw a cell; returns its colour, or None where it has no bar."""
    shaded = high - low <= widest
    colour = style.amounts(_CLASSES)[min(int((low + high) / 2 * _CLASSES), _CLASSES - 1)] if shaded else "white"
    if not shaded and not np.isnan(low):
        paper.add(Rectangle((x, y), width, height, facecolor="white", edgecolor=style.CONTEXT, hatch=style.UNKNOWN,
                            lw=0, gid="cell:hatched"))  # fmt: skip
    edge = style.FAINT if np.isnan(low) else "white"
    paper.add(Rectangle((x, y), width, height, facecolor=colour if shaded else "none", edgecolor=edge, lw=1.2,
                        gid="cell:shaded" if shaded else None))  # fmt: skip
    if np.isnan(low) or (low, high) == (0, 1):
        return None
    left, room = x + 0.02, width - 0.04
    paper.add(Rectangle((left, y + 0.02), room, _FOOT, facecolor="white", edgecolor=style.MUTED, lw=0.5))
    bar = max((high - low) * room, _POINT)
    start = min(left + low * room, left + room - bar)
    paper.add(Rectangle((start, y + 0.02), bar, _FOOT, facecolor=style.INK, lw=0, gid=f"bounds:{low:.3f}-{high:.3f}"))
    return colour


def _key(shown: Sequence[tuple[float, float, str]], blank: str, widest: float) -> list[key.Entry]:
    ends = [round(100 * step / _CLASSES) for step in range(_CLASSES + 1)]
    shades = style.amounts(_CLASSES)
    listed = [key.patch(f"{ends[n]}–{ends[n + 1]}%", shade, style.CONTEXT) for n, shade in enumerate(shades)]
    if any((low, high) != (0, 1) and not np.isnan(low) for low, high, _ in shown):
        listed.append(key.Entry("from the lower to the upper bound", _bar, 0.36))
    if any((low, high) == (0, 1) for low, high, _ in shown):
        listed.append(key.patch("unknown", "white", style.CONTEXT, style.UNKNOWN))
    if any(high - low > widest and (low, high) != (0, 1) for low, high, _ in shown):
        listed.append(key.Entry(f"bounds more than {100 * widest:.0f}% apart", _wide, 0.36))
    if any(np.isnan(low) for low, *_ in shown):
        listed.append(key.Entry(blank, _nothing, 0.36))
    return listed


def _bar(paper: Canvas, x: float, y: float) -> None:
    paper.add(Rectangle((x, y - _FOOT / 2), 0.36, _FOOT, facecolor="white", edgecolor=style.MUTED, lw=0.5))
    paper.add(Rectangle((x + 0.12, y - _FOOT / 2), 0.15, _FOOT, facecolor=style.INK, lw=0))


def _wide(paper: Canvas, x: float, y: float) -> None:
    paper.add(
        Rectangle((x, y - 0.085), 0.36, 0.17, facecolor="white", edgecolor=style.CONTEXT, hatch=style.UNKNOWN, lw=0)
    )
    paper.add(Rectangle((x, y - 0.085), 0.36, _FOOT, facecolor="white", edgecolor=style.MUTED, lw=0.5))
    paper.add(Rectangle((x + 0.06, y - 0.085), 0.25, _FOOT, facecolor=style.INK, lw=0))


def _nothing(paper: Canvas, x: float, y: float) -> None:
    paper.add(Rectangle((x, y - 0.085), 0.36, 0.17, facecolor="white", edgecolor=style.FAINT, lw=1.2))
    paper.text(x + 0.18, y, "–", size=style.LEAST, ha="center", va="center_baseline")
