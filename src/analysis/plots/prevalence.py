"""A figure of published estimates, one row a study: a dot, or a bar where only bounds are printed, by concept.

Shares of children by several traits at once: small multiples on one scale, with intervals and what was suppressed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from analysis.plots import key, levels, marks, style
from analysis.plots.levels import TEXT
from analysis.plots.share_panels import checked, share_panels

_ROW = 0.3  # inches
_LINE = 0.17  # inches of each further line of a name
_NAME = 3.4  # inches that a name may take
_DETAIL = 9.5  # points of the study below a name
_RANGE, _OPEN = "a range that the source states", "at least, or at most"


@style.seen_as("A row for each study: a dot for its figure, a bar where it states a range, and both in words.")
@style.styled
def published_estimates(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    xlabel: str,
    series: Sequence[str] | None = None,
    subtitle: str = "",
) -> Figure:
    """Published figures in the order given, one row each, from zero; nothing is added and nothing joined.

    Parameters
    ----------
    table : label, series (its colour), low, high (equal for one number; high infinite for "at least"), text (printed at
        the right). Optional: detail, a paler line below the label; group, whose name heads its rows; qualifier, of
        which "at_least" and "at_most" are open marks.
    series : in the order of their colours, present or not, so that these are the same from one figure to the next.

    Raises
    ------
    ValueError : a column is missing, or there are more than seven series.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(table, ("label", "series", "low", "high", "text"))
    look = marks.palette(series if series is not None else table["series"])
    lines = levels.grouped(table)
    heads = ["low" not in line for line in lines]
    width = style.WIDTH - 2 * style.MARGIN
    names = [
        style.wrap(str(line["label"]), width if head else _NAME, TEXT, head)
        for line, head in zip(lines, heads, strict=True)
    ]
    details = [style.wrap(line["detail"], _NAME, _DETAIL) if line.get("detail") else [] for line in lines]
    heights = [_ROW + _LINE * (len(name) + len(detail) - 1) for name, detail in zip(names, details, strict=True)]
    ends = np.cumsum(heights)
    rows = [text for name, head in zip(names, heads, strict=True) if not head for text in name]
    left = max(
        max(style.text_width(text, TEXT) for text in rows),
        max((style.text_width(text, _DETAIL) for detail in details for text in detail), default=0.0),
    )
    left += 0.22
    right = max(style.text_width(text, TEXT) for text in table["text"]) + 0.22
    listed = _listed(table, look)
    label = style.wrap(xlabel, width - left, TEXT)
    below = 0.36 + 0.19 * len(label) + key.height(listed, width)
    page = style.sheet(ends[-1] + below + 0.05, title=title, footer=footer, subtitle=subtitle)
    axes = page.axes(left, below, width - left - right, ends[-1])
    top = _scale(axes, table, ends[-1], width - left - right, label)
    paper = page.canvas(0, below, width, ends[-1])
    for line, head, name, detail, end, tall in zip(lines, heads, names, details, ends, heights, strict=True):
        middle = end - tall / 2
        if head:
            axes.axhspan(end - tall, end, facecolor="white", lw=0, zorder=4)
            paper.text(0, ends[-1] - middle, name[0], size=TEXT, weight="bold", va="center_baseline")
            continue
        for place, text in enumerate([*name, *detail]):
            y = ends[-1] - middle + _LINE * ((len(name) + len(detail) - 1) / 2 - place)
            of = {"size": TEXT} if place < len(name) else {"size": _DETAIL, "color": style.MUTED}
            paper.text(left - 0.12, y, text, ha="right", va="center_baseline", **of)
        paper.text(width - right + 0.14, ends[-1] - middle, line["text"], size=TEXT, va="center_baseline")
        axes.axhline(end, color=style.FAINT, lw=0.6, zorder=0.5)
        _mark(axes, middle, line, look[line["series"]], top)
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _scale(axes: Axes, table: pd.DataFrame, tall: float, inches: float, label: list[str]) -> float:
    bounds = table[["low", "high"]].to_numpy(dtype=float)
    top = 1.06 * max(float(bounds[np.isfinite(bounds)].max()), 1e-9)
    axes.set(xlim=(0, top), ylim=(tall, 0), yticks=[])
    ticks = MaxNLocator(max(2, min(5, int(inches / 0.6))), steps=[1, 2, 2.5, 5, 10]).tick_values(0, top)
    axes.xaxis.set_major_locator(FixedLocator([tick for tick in ticks if 0 <= tick <= top]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: style.number(value)))
    axes.tick_params(axis="x", length=0, labelsize=10)
    axes.grid(axis="x")
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.set_xlabel("\n".join(label), size=TEXT, loc="left", linespacing=1.1)
    return top


def _mark(axes: Axes, middle: float, line: dict, look: tuple[str, str], top: float) -> None:
    colour, marker = look
    low, high = line["low"], line["high"]
    open_ended = line.get("qualifier") in ("at_least", "at_most")
    if open_ended:
        printed = high if line["qualifier"] == "at_most" else low
        axes.plot([printed], [middle], marker, mfc="white", mec=colour, mew=1.6, ms=7.5, zorder=5, clip_on=False)
    elif low == high:
        axes.plot([low], [middle], marker, color=colour, ms=7.5, zorder=5, clip_on=False)
    else:
        axes.plot([low, min(high, top)], [middle, middle], color=colour, lw=6.5, solid_capstyle="butt", zorder=4)
    if math.isinf(high) and not open_ended:
        axes.plot([top], [middle], ">", color=colour, ms=7, zorder=5, clip_on=False)


def _listed(table: pd.DataFrame, look: marks.Palette) -> list[key.Entry]:
    listed = [key.dot(name, *of) for name, of in look.items() if name in set(table["series"])]
    qualifiers = set(table["qualifier"]) if "qualifier" in table else set()
    if qualifiers & {"at_least", "at_most"}:
        listed.append(key.dot(_OPEN, style.MUTED, filled=False))
    if ((table["low"] < table["high"]) & np.isfinite(table["high"])).any() and "range" in qualifiers:
        listed.append(key.patch(_RANGE, style.MUTED, style.MUTED))
    return listed


@style.seen_as(
    "Panels with a line for each row, and on it a dot with its interval for each group; hatched where suppressed."
)
@style.styled
def prevalence_panels(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    xlabel: str,
    groups: Sequence[str] | None = None,
    subtitle: str = "",
    interval_label: str = "95% interval",
    count_label: str = "n",
) -> Figure:
    """Dots with intervals: a panel for each of one trait, a row for each of another, groups beside one another in it.

    Parameters
    ----------
    table : one row a panel ("girls"), label ("5–11") and group ("Syrian"); share, low, high (0 to 1; missing where
        unknown); n (unweighted children); flag (missing or empty where all is well). A share with a flag is an open
        mark, and the key says the flag; a row without a share is hatched, and says its flag where there is room: one
        that begins with "suppressed" or "not asked" has a hatching of its own, and of it nothing but n is shown.
        A panel or group may be empty where there is only one. All stand in the order of the table.
    xlabel : what the shares are shares of.
    groups : in the order of their colours, present or not, so that these are the same from one figure to the next; by
        default the order of appearance.
    count_label : head of the numbers of children.

    Raises
    ------
    ValueError : a column is missing, a share lies outside 0 to 1 or outside its interval, a row stands twice, or there
        are more than seven groups, or one that `groups` does not list.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    rows = checked(table, (("share", "low", "high"),), ("panel", "label", "group"), ("n", "flag"))
    return share_panels(
        rows, title=title, footer=footer, subtitle=subtitle, xlabel=xlabel, interval_label=interval_label,
        groups=groups, count_label=count_label,
    )  # fmt: skip
