"""Gaps of each area by how grave they are, as stacked bars with their numbers, and beside them what is unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.plots import key, style
from analysis.plots.levels import TEXT
from analysis.plots.style import Canvas
from bounded.refusal import Refusal

_SIZE = 9.5  # points of the numbers
_ROW = 0.3  # inches of a row whose name takes one line
_LINE = 0.17
_TALL = 0.21  # inches of a bar
_BETWEEN = 0.35  # inches between the gaps and what is unknown
_WIDEST = 0.3  # inches of one gap


@style.styled
def gap_bars(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    label: str = "label",
    severities: Sequence[str] | Mapping[str, str] = ("high", "medium", "low"),
    unknown: str = "unknown",
    total: str = "total",
    highlight: str | None = None,
    subtitle: str = "",
    gaps_label: str = "gaps found",
    unknown_label: str = "unknown: may be a gap or not",
    total_label: str = "indicators",
) -> Figure:
    """One row an area, as it stands in the table: gaps from the gravest, unknown ones on a scale of their own beside.

    Parameters
    ----------
    table : one row an area: the columns named by `label`, by `severities` and `unknown` (numbers of indicators, whole,
        from 0) and by `total` (indicators asked, not less than all those together).
    severities : columns of the gaps, at most four, the gravest first; or a mapping from them to the words of the key.
    highlight : the row whose name is bold.
    gaps_label, unknown_label, total_label : what stands above the bars and above the numbers at the right.

    Raises
    ------
    ValueError : a column is missing, a number is missing, negative or broken, an area stands twice, gaps and unknown
        ones are more than the total, or there are more than four severities.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    names = dict(severities) if isinstance(severities, Mapping) else {name: name for name in severities}
    if len(names) > 4:
        raise Refusal("too_many_severities", f"{len(names)} severities are too many shades for one bar: use at most 4.")
    rows = _checked(table, label, list(names), unknown, total)
    shades = dict(zip(names, reversed(style.amounts(max(len(names), 2))), strict=False))
    width = style.WIDTH - 2 * style.MARGIN
    heads = [style.wrap(name, 2.3, TEXT, bold=name == highlight) for name in rows[label]]
    left = max(style.text_width(line, TEXT, bold=True) for lines in heads for line in lines) + 0.14
    last = max(style.text_width(f"{rows[total].max():,.0f}", _SIZE), 0.75) + 0.15
    counted = rows[list(names)].astype(int).to_numpy().tolist()
    gaps = [(sum(counts), counts) for counts in counted]
    others = rows[unknown].astype(int).tolist()
    room = width - left - last - _BETWEEN
    step, first, second = _scale(gaps, others, room)
    second = max(second, min(1.7, room - first))  # its heading needs room, too
    above = [style.wrap(words, room, _SIZE) for words, room in ((gaps_label, first), (unknown_label, second))]
    above.append(style.wrap(total_label, last - 0.1, _SIZE))
    headroom = 0.165 * max(map(len, above)) + 0.1
    heights = [_ROW + _LINE * (len(lines) - 1) for lines in heads]
    tall = sum(heights)
    listed = [key.patch(words, shades[name], style.CONTEXT) for name, words in names.items()]
    listed.append(key.patch("unknown", "white", style.CONTEXT, style.UNKNOWN))
    below = key.height(listed, width) + 0.14
    page = style.sheet(headroom + tall + below, title=title, footer=footer, subtitle=subtitle)
    paper = page.canvas(0, below, width, tall)
    beside = left + first + _BETWEEN
    for lines, x, side in zip(above, (left, beside, width - 0.02), ("left", "left", "right"), strict=True):
        paper.text(x, tall + 0.06, "\n".join(lines), size=_SIZE, color=style.MUTED, ha=side, va="bottom",
                   linespacing=1.1, multialignment=side)  # fmt: skip
    for x in (left, beside):
        paper.plot([x, x], [0, tall], color=style.MUTED, lw=1.2, zorder=3)
    y = tall
    for row, counts, lines, height in zip(rows.to_dict("records"), counted, heads, heights, strict=True):
        y -= height
        middle = y + height / 2
        paper.text(left - 0.12, middle, "\n".join(lines), size=TEXT, ha="right", linespacing=1.05, gid="label:row",
                   va="center" if len(lines) > 1 else "center_baseline",
                   weight="bold" if row[label] == highlight else "normal")  # fmt: skip
        _gaps(paper, counts, list(shades.items()), left, middle, step)
        _unknown(paper, int(row[unknown]), beside, middle, step)
        paper.text(width - 0.02, middle, f"{row[total]:,.0f}", size=_SIZE, ha="right", va="center_baseline")
    key.draw(page, listed, x=0, top=below - 0.14, width=width)
    return page.figure


def _checked(table: pd.DataFrame, label: str, severities: list[str], unknown: str, total: str) -> pd.DataFrame:
    counts = [*severities, unknown, total]
    style.require(table, [label, *counts])
    rows = table[[label, *counts]].reset_index(drop=True)
    rows[label] = rows[label].astype(str)
    rows[counts] = rows[counts].astype(float)
    whole = (rows[counts] >= 0) & (rows[counts] == np.floor(rows[counts])) & np.isfinite(rows[counts])
    parts = rows[[*severities, unknown]].sum(axis=1)
    for right, words in (
        (
            whole.all(axis=1),
            "has a number that is missing, negative or broken: give whole numbers of indicators from 0",
        ),
        (parts <= rows[total], f"has more gaps and unknown indicators than indicators ('{total}'): count them anew"),
        (~rows.duplicated(label), "stands in the table twice: give one row each"),
    ):
        if not right.all():
            raise Refusal("invalid_row", f"'{rows.loc[~right, label].iloc[0]}' {words}.")
    return rows


def _scale(gaps: list[tuple[int, list[int]]], others: list[int], room: float) -> tuple[float, float, float]:
    """Inches of one indicator, of all gaps with their numbers, and of all unknown ones: as wide as there is room."""
    for step in np.linspace(_WIDEST, 0, 120):
        first = max(step * total + sum(_behind(counts, float(step))[1:]) for total, counts in gaps)
        second = max(step * count + style.text_width(str(count), _SIZE) + 0.1 for count in others)
        if first + second <= room:
            break
    return float(step), float(first), float(second)


def _behind(counts: list[int], step: float) -> tuple[str, float, float]:
    """What stands behind the sum, and the inches of the sum and of it: the parts in which a number finds no room."""
    fits = all(style.text_width(str(count), _SIZE) <= step * count - 0.02 for count in counts if count)
    words = "" if fits else f"= {' + '.join(map(str, counts))}"
    wide = style.text_width(str(sum(counts)), _SIZE, bold=True) + 0.11
    return words, wide, style.text_width(words, _SIZE) + 0.04 if words else 0.0


def _gaps(paper: Canvas, counts: list[int], shades: list[tuple[str, str]], x: float, y: float, step: float) -> None:
    """The stacked bar; numbers stand in their parts where all fit, else behind the bar."""
    words, wide, _ = _behind(counts, step)
    for count, (name, shade) in zip(counts, shades, strict=True):
        if not count:
            continue
        corner, room = (x, y - _TALL / 2), step * count
        paper.add(Rectangle(corner, room, _TALL, facecolor=shade, edgecolor=style.CONTEXT, lw=0.5, gid=f"gaps:{name}"))
        if not words:
            paper.text(x + room / 2, y, str(count), size=_SIZE, color=style.on(shade), ha="center",
                       va="center_baseline", gid=f"number:{name}")  # fmt: skip
        x += room
    paper.text(x + 0.06, y, str(sum(counts)), size=_SIZE, weight="bold", va="center_baseline", gid="sum")
    paper.text(x + wide, y, words, size=_SIZE, color=style.MUTED, va="center_baseline", gid="parts")


def _unknown(paper: Canvas, count: int, x: float, y: float, step: float) -> None:
    if count:
        paper.add(Rectangle((x, y - _TALL / 2), step * count, _TALL, facecolor="white", edgecolor=style.CONTEXT,
                            hatch=style.UNKNOWN, lw=0.8, gid="unknown"))  # fmt: skip
    paper.text(x + step * count + 0.06, y, str(count), size=_SIZE, va="center_baseline", gid="sum")


_RANKS = ("best_rank", "worst_rank", "equal_best", "equal_worst")
_OVER_WEIGHTS = ("p5", "median", "p95")
