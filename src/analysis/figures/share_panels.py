"""Shares as dots in panels on one scale: rows of a panel, groups beside one another in a row, persons at its right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import key, marks, share_marks, style
from analysis.figures.levels import TEXT

_STEP = 0.18  # inches between the groups of a row
_LINE = 0.175  # inches of each further line of a name
_LEAST = 0.31  # inches of a row
_SIZE = 9  # points of the numbers of persons
_BETWEEN = 0.2  # inches between panels


def share_panels(
    rows: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    subtitle: str,
    xlabel: str,
    interval_label: str,
    groups: Sequence[str] | None = None,
    count_label: str = "n",
    remark: str = "",
) -> Figure:
    """Draw checked rows: panel, label, group, share, low, high, n, flag.

    Panels with the same rows, or some of them, stand beside one another, up to three, and name them once; others stand
    below one another.

    Parameters
    ----------
    groups : in their order; by default that of appearance.
    remark : a sentence below the figure.
    """
    panels = {str(panel): here for panel, here in rows.groupby("panel", sort=False)}
    look = marks.palette(share_marks.in_order(rows, groups))
    names = {label: "\n".join(style.wrap(label, 2.2, TEXT)) for label in dict.fromkeys(rows["label"])}
    orders = {panel: list(dict.fromkeys(here["label"])) for panel, here in panels.items()}
    longest = max(orders.values(), key=len)
    alike = all(set(order) <= set(longest) for order in orders.values())
    if alike:
        orders = dict.fromkeys(panels, longest)
    across = (2 if len(panels) == 4 else min(3, len(panels))) if alike else 1
    width = style.WIDTH - 2 * style.MARGIN
    left = max(style.text_width(name, TEXT) for name in names.values()) + 0.14
    right = max(style.text_width(text, _SIZE) for text in [count_label, *rows["n"].map(share_marks.persons)]) + 0.12
    cell = (width - left) / across
    inches = cell - right - (_BETWEEN if across > 1 else 0)
    heights = {panel: [_height(names[label], panels[panel], label) for label in orders[panel]] for panel in panels}
    if alike:  # rows that are named once are as high in one panel as in the next
        tallest = np.max(list(heights.values()), axis=0).tolist()
        heights = dict.fromkeys(panels, tallest)
    heads = {panel: style.wrap(panel, cell - 0.1, TEXT, bold=True) if panel else [] for panel in panels}
    above = 0.18 * max(len(head) for head in heads.values()) + 0.24
    label = style.wrap(xlabel, width - left, TEXT)
    listed = _key(rows, look, interval_label)
    remarks = style.wrap(remark, width, 9.5) if remark else []
    note = 0.17 * len(remarks) + (0.06 if remarks else 0)
    below = 0.19 * len(label) + 0.12 + key.height(listed, width) + note
    blocks = [list(panels)[start : start + across] for start in range(0, len(panels), across)]
    talls = [above + max(sum(heights[panel]) for panel in block) + 0.27 for block in blocks]
    page = style.sheet(sum(talls) + below, title=title, footer=footer, subtitle=subtitle)
    last = share_marks.highest(rows, ("share", "low", "high"))
    top = page.height
    for block, tall in zip(blocks, talls, strict=True):
        for place, panel in enumerate(block):
            body = sum(heights[panel])
            axes = page.axes(left + place * cell, top - above - body, inches, body)
            share_marks.share_axis(axes, 0.0, last, body, inches)
            if across > 1 and axes.get_xticks()[-1] > 0.95 * last:
                axes.get_xticklabels()[-1].set_horizontalalignment("right")  # the next panel begins with a number too
            _rows(axes, panels[panel], orders[panel], heights[panel], look, (0.0, last), inches, right)
            _head(axes, heads[panel], count_label, right)
            if place == 0:
                _names(axes, [names[label] for label in orders[panel]], heights[panel])
        top -= tall
    paper = page.canvas(0, 0, width, below)
    paper.text(left, below - 0.02, "\n".join(label), size=TEXT, va="top", linespacing=1.1)
    key.draw(page, listed, x=0, top=note + key.height(listed, width), width=width)
    if remarks:
        paper.text(0, note - 0.06, "\n".join(remarks), size=9.5, va="top", linespacing=1.15, gid="remarks")
    return page.figure


def _height(name: str, rows: pd.DataFrame, label: str) -> float:
    groups = int((rows["label"] == label).sum())
    return max(_LEAST, _STEP * groups + 0.14, _LINE * (name.count("\n") + 1) + 0.1)


def _rows(
    axes: Axes,
    rows: pd.DataFrame,
    order: list[str],
    heights: list[float],
    look: marks.Palette,
    ends: tuple[float, float],
    inches: float,
    right: float,
) -> None:
    middles = np.cumsum(heights) - np.array(heights) / 2
    for label, middle in zip(order, middles, strict=True):
        here = rows[rows["label"] == label]
        here = here.sort_values("group", key=lambda column: column.map(list(look).index), kind="stable")
        records = here.to_dict("records")
        if not records:
            axes.text(0.03, middle, "not found", transform=axes.get_yaxis_transform(), size=_SIZE, style="italic",
                      color=style.CONTEXT, va="center_baseline")  # fmt: skip
        for place, row in enumerate(records):
            y = middle + (place - (len(records) - 1) / 2) * _STEP
            share_marks.dot(axes, y, row, look[row["group"]], ends, inches - 0.15)
            persons = share_marks.persons(row["n"])
            axes.annotate(persons, (1, y), xycoords=axes.get_yaxis_transform(), xytext=(72 * right, 0),
                          textcoords="offset points", size=_SIZE, color=style.MUTED, va="center_baseline",
                          ha="right", annotation_clip=False, gid="label:count")  # fmt: skip
    for bound in np.cumsum(heights)[:-1]:
        axes.axhline(bound, color=style.FAINT, lw=0.6, zorder=0.5)


def _names(axes: Axes, names: list[str], heights: list[float]) -> None:
    for name, middle in zip(names, np.cumsum(heights) - np.array(heights) / 2, strict=True):
        axes.annotate(name, (0, middle), xycoords=axes.get_yaxis_transform(), xytext=(-8, 0), size=TEXT,
                      textcoords="offset points", ha="right", va="center" if "\n" in name else "center_baseline",
                      linespacing=1.1, annotation_clip=False, gid="label:row")  # fmt: skip


def _head(axes: Axes, head: list[str], count_label: str, right: float) -> None:
    axes.annotate(count_label, (1, 1), xycoords="axes fraction", xytext=(72 * right, 5), textcoords="offset points",
                  ha="right", size=_SIZE, color=style.MUTED, annotation_clip=False)  # fmt: skip
    if head:
        axes.annotate("\n".join(head), (0, 1), xycoords="axes fraction", xytext=(0, 7), textcoords="offset points",
                      size=TEXT, weight="bold", linespacing=1.1, gid="label:panel")  # fmt: skip


def _key(rows: pd.DataFrame, look: marks.Palette, interval_label: str) -> list[key.Entry]:
    listed = [key.dot(group, *of) for group, of in look.items() if group in set(rows["group"]) and group]
    listed.append(key.line(interval_label, style.MUTED, 1.8))
    flags = [flag for flag in dict.fromkeys(rows.loc[rows["share"].notna(), "flag"]) if flag]
    listed += [key.dot(flag, style.MUTED, filled=False) for flag in flags]
    return listed + share_marks.hatchings(rows, "share")
