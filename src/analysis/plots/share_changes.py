"""How shares changed between two periods: both as dots of one line, beside the difference and its interval.

A figure of the places that persons pass, under what missing transit may have been.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from analysis.plots import key, style
from analysis.plots.chains import chain, wrapped
from bounded.refusal import Refusal

if TYPE_CHECKING:
    pass

# Colour and shape of what is said of a row; the words stand beside it.
STATUS = {
    "rises": (style.VERMILLION, "^"),
    "emerging": (style.VERMILLION, "P"),
    "falls": (style.BLUE, "v"),
    "vanishing": (style.BLUE, "X"),
    "not distinguishable": (style.MUTED, "s"),
}

_SIZE = 10
_NAME = 2.2  # inches
_ROW = 0.36
_LINE = 0.165
_BETWEEN = 0.42  # inches between the panels: room for the last number of one scale and the first of the other


@style.seen_as("A line for each category, with its share before and after, and the difference with its interval.")
@style.styled
def share_changes(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    names: Mapping[str, str] | None = None,
    labels: tuple[str, str] = ("before", "after"),
    subtitle: str = "",
    interval_label: str = "95% interval",
) -> Figure:
    """One category a line, in the order given: both shares, then the difference, its interval and what is said of it.

    Parameters
    ----------
    table : one row a category: category (a name, an id, or ids of a corridor joined by ">"), share_before, share_after
        (0 to 1), low, high (interval of the difference, after less before, -1 to 1; missing where there is none),
        q_value (missing where nothing was tested), status ("rises", "falls", "emerging", "vanishing", "not
        distinguishable").
    names : id -> name; an id without one is written as it is.
    labels : of the two periods.

    Raises
    ------
    ValueError : a share is not between 0 and 1, or a status is none of the five.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    rows = _checked(table)
    width = style.WIDTH - 2 * style.MARGIN
    texts = [wrapped(chain(str(category), names or {}), _NAME, _SIZE) for category in rows["category"]]
    heights = [_ROW + _LINE * text.count("\n") for text in texts]
    ends = np.cumsum(heights)
    words = [_words(row) for row in rows.to_dict("records")]
    left = max(style.text_width(text, _SIZE) for text in texts) + 0.16
    right = max(style.text_width(text, 9) for text in words) + 0.14
    half = (width - left - right - _BETWEEN) / 2
    heads = [style.wrap(text, half, _SIZE, bold=True) for text in ("share of each", "difference, percentage points")]
    above = 0.17 * max(map(len, heads)) + 0.12
    listed = _key(rows, labels, interval_label)
    below = 0.36 + key.height(listed, width)
    page = style.sheet(above + ends[-1] + below, title=title, footer=footer, subtitle=subtitle)
    shares = page.axes(left, below, half, ends[-1])
    changes = page.axes(left + half + _BETWEEN, below, half, ends[-1])
    _share_scale(shares, rows, ends[-1])
    _change_scale(changes, rows, ends[-1])
    for axes, head in zip((shares, changes), heads, strict=True):
        axes.annotate("\n".join(head), (0, 1), xycoords="axes fraction", xytext=(0, 5), textcoords="offset points",
                      size=_SIZE, weight="bold", linespacing=1.1, gid="label:head")  # fmt: skip
    paper = page.canvas(0, below, width, ends[-1])
    for row, text, said, end, tall in zip(rows.to_dict("records"), texts, words, ends, heights, strict=True):
        y = end - tall / 2
        va = "center" if "\n" in text else "center_baseline"
        paper.text(0, ends[-1] - y, text, size=_SIZE, va=va, linespacing=1.1, gid="label:category")
        paper.text(width - right + 0.14, ends[-1] - y, said, size=9, color=style.MUTED, va="center", linespacing=1.2,
                   gid="label:status")  # fmt: skip
        _pair(shares, y, row)
        _change(changes, y, row)
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _checked(table: pd.DataFrame) -> pd.DataFrame:
    numeric = ["share_before", "share_after", "low", "high", "q_value"]
    style.require(table, ("category", *numeric, "status"))
    rows = table.reset_index(drop=True).copy()
    rows[numeric] = rows[numeric].astype(float)
    shares = rows[["share_before", "share_after"]]
    wrong = rows[~((shares >= 0) & (shares <= 1)).all(axis=1)]
    if len(wrong):
        raise Refusal(
            "out_of_range",
            f"A share of {wrong['category'].iloc[0]} (row {wrong.index[0]}) is missing or not between 0 and 1. "
            "Were the shares given in per cent?",
        )
    other = rows[~rows["status"].isin(list(STATUS))]
    if len(other):
        raise Refusal(
            "unknown_choice",
            f"The status '{other['status'].iloc[0]}' of {other['category'].iloc[0]} (row {other.index[0]}) "
            f"is none of {', '.join(STATUS)}.",
        )
    return rows


def _words(row: dict) -> str:
    """What is said of a row, and the q-value it rests on."""
    q = row["q_value"]
    if not np.isfinite(q):
        return f"{row['status']}\nnot tested"
    return f"{row['status']}\nq " + ("< 0.001" if q < 0.001 else f"= {q:.2g}" if q < 0.1 else f"= {q:.2f}")


def _plain(axes: Axes, tall: float) -> None:
    axes.set(ylim=(tall, 0), yticks=[])
    first, last = axes.get_xlim()
    marks = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(first, last)
    axes.xaxis.set_major_locator(FixedLocator([mark for mark in marks if first <= mark <= last]))
    axes.tick_params(axis="x", length=0, labelsize=10)
    axes.grid(axis="x")
    axes.spines[["top", "right", "bottom", "left"]].set_visible(False)


def _share_scale(axes: Axes, rows: pd.DataFrame, tall: float) -> None:
    top = float(rows[["share_before", "share_after"]].to_numpy().max())
    axes.set_xlim(0, min(1.08 * top, 1.02) or 1.0)
    _plain(axes, tall)
    axes.spines["left"].set_visible(True)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.3g}%"))


def _change_scale(axes: Axes, rows: pd.DataFrame, tall: float) -> None:
    """Percentage points; zero is always on the scale."""
    ends = np.concatenate([rows[["low", "high"]].to_numpy().ravel(), rows["share_after"] - rows["share_before"], [0.0]])
    ends = 100 * ends[np.isfinite(ends)]
    pad = 0.06 * (np.ptp(ends) or 1.0)
    axes.set_xlim(ends.min() - pad, ends.max() + pad)
    _plain(axes, tall)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+.3g}".replace("-", "−") if value else "0"))
    axes.axvline(0, color=style.INK, lw=1, zorder=1.5)


def _pair(axes: Axes, y: float, row: dict) -> None:
    colour, _ = STATUS[row["status"]]
    before, after = row["share_before"], row["share_after"]
    axes.plot([before, after], [y, y], color=colour, lw=2.2, zorder=3)
    axes.plot([before], [y], marker="o", ms=10, mfc="white", mec=colour, mew=1.6, zorder=4, clip_on=False)
    axes.plot([after], [y], marker="o", ms=6.5, color=colour, zorder=5, clip_on=False)


def _change(axes: Axes, y: float, row: dict) -> None:
    colour, marker = STATUS[row["status"]]
    if np.isfinite(row["low"]) and np.isfinite(row["high"]):
        axes.plot([100 * row["low"], 100 * row["high"]], [y, y], color=style.INK, lw=1.4, zorder=3)
    face = "white" if row["status"] == "not distinguishable" else colour
    change = 100 * (row["share_after"] - row["share_before"])
    axes.plot([change], [y], marker=marker, ms=9, mfc=face, mec=colour, mew=1.4, zorder=4, clip_on=False)


def _key(rows: pd.DataFrame, labels: tuple[str, str], interval_label: str) -> list[key.Entry]:
    listed = [key.dot(labels[0], style.MUTED, filled=False), key.dot(labels[1], style.MUTED)]
    for status, (colour, marker) in STATUS.items():
        if (rows["status"] == status).any():
            listed.append(key.dot(status, colour, marker, filled=status != "not distinguishable"))
    return [*listed, key.line(interval_label, style.INK, 1.4)]
