"""A figure of estimates around zero, one line a row: an estimate or its bounds, its interval, and what was refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.figures import key, row_marks, style

_TEXT = 10.5
_ROW = 0.31  # inches
_LINE = 0.17  # inches of each further line of a row


@style.seen_as(
    "Dots beside a line at zero, each with its interval and both in words; hatched where there is no estimate."
)
@style.styled
def forest(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    xlabel: str,
    subtitle: str = "",
    interval_label: str = "95% interval",
    average_label: str = "average",
) -> Figure:
    """Estimates around zero, in the order given, each with its interval; a row without an estimate is hatched.

    Parameters
    ----------
    table : one row an estimate: label; estimate_low, estimate_high (equal if one number); low, high (interval; may be
        infinite), all in the unit of `xlabel`, missing where there is no estimate; text (printed at the right).
        Optional: group, whose name heads its rows; kind, "average" for a row drawn as a diamond.
    average_label : what a diamond is, for the key.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(table, ("label", "estimate_low", "estimate_high", "low", "high", "text"))
    lines = row_marks.grouped(table)
    heads = ["low" not in line for line in lines]
    names = [
        "\n".join(style.wrap(str(line["label"]), 6.0 if head else 2.35, _TEXT, head))
        for line, head in zip(lines, heads, strict=True)
    ]
    texts = ["\n".join(style.wrap(str(line.get("text", "")), 3.2, 9.5)) for line in lines]
    heights = [_ROW + _LINE * max(name.count("\n"), text.count("\n")) for name, text in zip(names, texts, strict=True)]
    ends = np.cumsum(heights)
    width = style.WIDTH - 2 * style.MARGIN
    rows = [name for name, head in zip(names, heads, strict=True) if not head]
    first, last = _ends(table)
    # An arrow at the left end needs room of its own.
    arrows = bool((table["low"] < first).any())
    left = max(style.text_width(name, _TEXT) for name in rows) + (0.18 if arrows else 0.12)
    right = max(style.text_width(text, 9.5) for text in texts) + 0.2
    listed = _listed(table, interval_label, average_label)
    below = 0.55 + key.height(listed, width)
    page = style.sheet(ends[-1] + below + 0.05, title=title, footer=footer, subtitle=subtitle)
    axes = page.axes(left, below, width - left - right, ends[-1])
    axes.set(xlim=(first, last), ylim=(ends[-1], 0), yticks=[])
    axes.set_xticks([tick for tick in MaxNLocator(6).tick_values(first, last) if first <= tick <= last])
    axes.set_xlabel(xlabel, size=_TEXT, loc="left")
    axes.grid(axis="x", color=style.FAINT, lw=0.8)
    axes.axvline(0, color=style.INK, lw=1)
    if any(heads):
        axes.spines[["top", "left", "right"]].set_visible(False)
    paper = page.canvas(0, below, width, ends[-1])
    for line, head, name, text, end, tall in zip(lines, heads, names, texts, ends, heights, strict=True):
        if head:
            # A band over the whole width, as a name of a group may be longer than those of its rows.
            axes.axhspan(end - tall, end, facecolor="white", lw=0, zorder=4, clip_on=False)
            paper.text(0, ends[-1] - end + tall / 2, name, size=_TEXT, weight="bold", va="center", linespacing=1.1)
            continue
        across: dict = {"transform": axes.get_yaxis_transform()}
        for x, words, side, rules in (
            (-0.035 if arrows else -0.02, name, "right", {"size": _TEXT}),
            (1.02, text, "left", {"size": 9.5, "color": style.MUTED}),
        ):
            upright = "center" if "\n" in words else "center_baseline"
            axes.text(x, end - tall / 2, words, ha=side, va=upright, **across, **rules)
        _estimate(axes, end - tall / 2, line, first, last)
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _listed(table: pd.DataFrame, interval_label: str, average_label: str) -> list[key.Entry]:
    listed = [
        key.dot("estimate", style.BLUE),
        key.patch("bounds of an estimate", style.BLUE, style.BLUE),
        key.line(interval_label, style.INK, 1.4),
        key.patch("no estimate", "white", style.MUTED, style.UNKNOWN),
    ]
    if "kind" in table and table["kind"].eq("average").any():
        listed.insert(1, key.dot(average_label, style.VERMILLION, "D"))
    return listed


def _estimate(axes: Axes, place: float, row: dict, first: float, last: float) -> None:
    """The estimate of a row, its interval, and an arrow where that goes beyond an end of the scale."""
    if row["estimate_low"] != row["estimate_low"]:
        row_marks.hatched(axes, place, 0.55 * _ROW)
        return
    row_marks.interval(axes, place, row["low"], row["high"], (first, last))
    average = row.get("kind") == "average"
    bounds = [row["estimate_low"], row["estimate_high"]]
    axes.plot(
        bounds,
        [place, place],
        "D-" if average else "o-",
        color=style.VERMILLION if average else style.BLUE,
        lw=6,
        ms=7 if average else 6,
        solid_capstyle="butt",
        zorder=3,
    )


def _ends(table: pd.DataFrame) -> tuple[float, float]:
    """The ends of the scale; an interval far wider than the others is cut, so that the others can be read."""
    finite = table[["low", "high"]].replace([np.inf, -np.inf], np.nan)
    low, high = finite["low"].dropna(), finite["high"].dropna()
    estimates = table[["estimate_low", "estimate_high"]].dropna()
    if estimates.empty:
        return -1.0, 1.0
    right = min(high.max(), 3 * high.abs().median()) if len(high) else 0.0
    right = max(right, estimates["estimate_high"].max(), 0.1)
    left = max(low.min(), -3 * low.abs().median()) if len(low) else 0.0
    return min(left, estimates["estimate_low"].min(), -0.1 * right) * 1.05, right * 1.05
