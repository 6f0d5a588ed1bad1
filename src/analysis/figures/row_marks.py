"""What charts of one estimate a row share: headings of groups, intervals cut where the scale ends, hatched rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures import style

NOT_ASKED = "||||"  # what was not asked is neither unknown nor withheld


def grouped(table: pd.DataFrame) -> list[dict]:
    """The rows as dictionaries, each group below one that holds its name as `label` and nothing else."""
    lines: list[dict] = []
    group = None
    for row in table.to_dict("records"):
        name = row.get("group")
        if name is not None and name == name and name != group:
            group = name
            lines.append({"label": group})
        lines.append(row)
    return lines


def interval(
    axes: Axes,
    y: float,
    low: float,
    high: float,
    ends: tuple[float, float],
    *,
    lw: float = 1.4,
    colour: str = style.INK,
) -> None:
    """A level line from low to high; an arrow stands where it goes beyond an end of the scale."""
    if not low <= high:
        return
    first, last = ends
    axes.plot(np.clip([low, high], first, last), [y, y], color=colour, lw=lw, solid_capstyle="butt")
    for beyond, end, marker in ((low < first, first, "<"), (high > last, last, ">")):
        if beyond:
            axes.plot(end, y, marker, color=colour, ms=6, clip_on=False)


def hatched(axes: Axes, y: float, tall: float, words: str = "", hatch: str = style.UNKNOWN) -> None:
    """Hatch a row over the whole width of the axes, and say why."""
    axes.barh(y, 1, height=tall, left=0, transform=axes.get_yaxis_transform(), facecolor="white",
              edgecolor=style.FAINT, hatch=hatch, lw=0)  # fmt: skip
    if words:
        axes.text(0.02, y, words, transform=axes.get_yaxis_transform(), size=9, color=style.MUTED, linespacing=1.1,
                  va="center" if "\n" in words else "center_baseline", zorder=3,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip


def fitting(reason: str, room: float) -> str:
    """A reason, or what of it comes before a colon, whichever has room in so many inches; else nothing."""
    parts = (reason, reason.split(":")[0])
    return next((part for part in parts if style.text_width(part, 9) <= room), "")


def hatching(reason: str) -> str:
    """The hatching of a row without an estimate, by the word that its reason begins with."""
    if reason.startswith("withheld"):
        return style.SUPPRESSED
    return NOT_ASKED if reason.startswith("not asked") else style.UNKNOWN
