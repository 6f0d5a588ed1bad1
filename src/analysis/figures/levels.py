"""The frame of level charts: a scale from zero, and a name at the left of each row."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.figures import style

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
