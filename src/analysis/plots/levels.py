"""The parts of level charts: a scale, a name at the left of each row, rates with their intervals, texts beside them.

What charts of one estimate a row share: headings of groups, intervals cut where the scale ends, hatched rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.plots import style

TEXT = 10.5  # points


def level_axis(axes: Axes, rows: int, top: float, label: list[str]) -> None:
    """Amounts from 0 to `top`, over rows that count downwards from 0; `label` in lines below."""
    axes.set(xlim=(0, top), ylim=(rows - 0.5, -0.5), yticks=[])
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: style.number(value)))
    axes.tick_params(axis="x", length=0, labelsize=10)
    axes.grid(axis="x")
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    if label:
        axes.set_xlabel("\n".join(label), size=TEXT, loc="left", linespacing=1.1)


def log_marks(first: float, last: float, inches: float) -> list[float]:
    """Round numbers on a scale of equal ratios, as close as their texts allow."""
    powers = range(int(np.floor(np.log10(first))), int(np.ceil(np.log10(last))) + 1)
    marks: list[float] = []
    for leading, every in (((1, 2, 5), 1), ((1, 3), 1), ((1,), 1), ((1,), 2), ((1,), 3)):
        marks = [digit * 10.0**power for power in powers if power % every == 0 for digit in leading]
        marks = [mark for mark in marks if first <= mark <= last]
        apart = np.diff(np.log10(marks)) * inches / np.log10(last / first)
        widths = np.array([style.text_width(style.number(mark), 10) for mark in marks])
        if (apart > (widths[1:] + widths[:-1]) / 2 + 0.1).all():
            break
    return marks


def row_names(labels: pd.Series) -> tuple[list[str], float]:
    """Names of rows, broken where they are long, and the inches at the left that they take, one of them in bold."""
    names = ["\n".join(style.wrap(label, 1.8, TEXT)) for label in labels.astype(str)]
    return names, max(style.text_width(name, TEXT, bold=True) for name in names) + 0.12


def row_label(axes: Axes, place: float, label: str, chosen: bool, colour: str) -> None:
    """Write a row's name at the left of the axes."""
    axes.annotate(
        label,
        (0, place),
        xycoords=axes.get_yaxis_transform(),
        xytext=(-7, 0),
        textcoords="offset points",
        size=TEXT,
        ha="right",
        va="center" if "\n" in label else "center_baseline",
        weight="bold" if chosen else "normal",
        color=style.readable(colour) if chosen else style.INK,
        linespacing=1.05,
        annotation_clip=False,
    )


def rate_limit(rows: pd.DataFrame) -> tuple[float, bool]:
    """Right end of the scale. One wide interval of a small area must not squeeze all others: it is cut there."""
    rates = rows[["rate_low", "rate_high"]].to_numpy(dtype=float)
    bounds = rows[["low", "high"]].to_numpy(dtype=float)
    best = max([float(rate) for rate in rates.ravel() if np.isfinite(rate)], default=0.0)
    widest = max([float(bound) for bound in bounds.ravel() if np.isfinite(bound)], default=0.0)
    if best > 0 and widest > 3 * best:
        return 3 * best, True
    open_end = np.isposinf(rates).any()
    return max(best, widest) * (1.2 if open_end else 1.06) or 1.0, False


def rate_row(axes: Axes, place: int, row: dict, colour: str, top: float, cut: bool) -> None:
    """A rate or its bounds (rate_low, rate_high), and a thin interval around them (low, high)."""
    low, high = row["rate_low"], row["rate_high"]
    thin_low, thin_high = row["low"], row["high"]
    if np.isfinite(thin_low):
        axes.plot(
            [thin_low, min(thin_high if np.isfinite(thin_high) else top, top)],
            [place, place],
            color=colour,
            lw=1.2,
            zorder=3,
        )
    beyond = not np.isnan(thin_high) and thin_high > top
    if high > low:
        axes.plot([low, min(high, top)], [place, place], color=colour, lw=6.5, zorder=4)
    if high == low:
        axes.plot([low], [place], marker="o", ms=7.5, color=colour, zorder=5, clip_on=False)
    elif not np.isfinite(high):
        axes.plot([low], [place], marker="|", ms=11, mew=2.2, color=colour, zorder=5, clip_on=False)
    if beyond or np.isposinf(high):
        axes.plot([top], [place], marker=">", ms=10, color=colour, zorder=5, clip_on=False)
    if beyond and cut and np.isfinite(thin_high):
        axes.annotate(
            f"to {style.number(float(f'{thin_high:.3g}'))}",
            (top, place),
            xytext=(-7, 5),
            textcoords="offset points",
            size=style.LEAST,
            ha="right",
            va="center",
            color=style.MUTED,
        )


def unknown_row(axes: Axes, place: int, text: str, top: float) -> None:
    """The hatching of a row without a rate."""
    axes.add_patch(
        Rectangle(
            (0, place - 0.32), top, 0.64, facecolor="white", edgecolor=style.FAINT, hatch=style.UNKNOWN, lw=0, zorder=2
        )
    )
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    axes.text(top * 0.03, place, text, size=9.5, color=style.MUTED, va="center", bbox=box, zorder=3)


def column_sizes(
    columns: dict[str, list[str]], chosen: list[bool], *, size: float = TEXT, most: float = 1.8
) -> tuple[dict[str, float], float]:
    """The widths of columns of texts by their heads, and the room that the heads take above them; in inches.

    `chosen` rows are bold, and wider. `size` is that of the texts (points), `most` the widest that a column becomes.
    """
    widths = {}
    for head, cells in columns.items():
        widest = max(style.text_width(cell, size, bold) for cell, bold in zip(cells, chosen, strict=True))
        widths[head] = min(max(widest, 0.75), most) + 0.14
    return widths, 0.17 * max(len(_head(head, widths[head])) for head in columns) + 0.1


def text_columns(
    page: style.Sheet,
    columns: dict[str, list[str]],
    widths: dict[str, float],
    *,
    x: float,
    bottom: float,
    height: float,
    chosen: list[bool],
    middles: Sequence[float] | None = None,
    size: float = TEXT,
) -> None:
    """Columns of texts beside the rows of a chart whose body is `height` inches high; `chosen` rows are bold.

    `middles` are the inches from the top of the body to the middle of each row; without them all rows are equally high.
    """
    for head, cells in columns.items():
        column = page.canvas(x, bottom, widths[head], height)
        right = widths[head] - 0.04
        for place, (cell, bold) in enumerate(zip(cells, chosen, strict=True)):
            y = height * (1 - (place + 0.5) / len(cells)) if middles is None else height - middles[place]
            weight = "bold" if bold else "normal"
            column.text(right, y, cell, size=size, ha="right", va="center_baseline", weight=weight)
        words = "\n".join(_head(head, widths[head]))
        column.text(right, height + 0.06, words, size=9.5, color=style.MUTED, ha="right", va="bottom", linespacing=1.1)
        x += widths[head]


def _head(head: str, width: float) -> list[str]:
    return style.wrap(head, width - 0.1, 9.5)


NOT_ASKED = "||||"  # what was not asked is neither unknown nor suppressed


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
    if reason.startswith("suppressed"):
        return style.SUPPRESSED
    return NOT_ASKED if reason.startswith("not asked") else style.UNKNOWN
