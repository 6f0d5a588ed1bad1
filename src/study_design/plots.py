"""Figures of a plan: the frontier of width against cost, and what wrong assumptions do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bounded import result_plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ("#1f4e79", "#c55a11", "#3a7d44", "#7b3f99", "#b8860b", "#555555", "#c02942", "#2a9d8f")
MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")


def frontier(table: pd.DataFrame, least_coverage: float, most_refused: float, title: str) -> Figure:
    """Draw one line a design; hollow marks where fewer limits hold the truth, or more studies are refused, than may."""
    figure, (axes,) = result_plots.sheet(title, 5.2)
    for place, (name, rows) in enumerate(table.groupby("design", sort=False)):
        there = rows[rows["sample"].gt(0) & np.isfinite(rows["width"])].sort_values("cost")
        if there.empty:
            continue
        colour, mark = COLOURS[place % len(COLOURS)], MARKS[place % len(MARKS)]
        x, y = there["cost"].to_numpy(), there["width"].to_numpy()
        good = (there["coverage"].ge(least_coverage) & there["refused"].lt(most_refused)).to_numpy()
        axes.plot(x, y, color=colour, linewidth=1.4, zorder=2)
        axes.scatter(x[good], y[good], color=colour, marker=mark, s=42, zorder=3)
        axes.scatter(x[~good], y[~good], facecolor="white", edgecolor=colour, marker=mark, s=42, zorder=3)
        axes.plot([], [], color=colour, marker=mark, label=str(name))
    axes.scatter([], [], facecolor="white", edgecolor="#555555", marker="o", s=42,
                 label=f"hollow: limits hold the truth in under {least_coverage:.0%}, or most are refused")  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("cost, in household interviews (example unit costs)")
    axes.set_ylabel("width of the interval / true number")
    _plain(axes)
    _key(figure, axes)
    return figure


def wrong(table: pd.DataFrame, most_bias: float, least_coverage: float, title: str) -> Figure:
    """Draw bias and coverage, a row a design and misspecification; hollow where the design does not hold."""
    labels = [f"{row.design}: {row.misspecification}" for row in table.itertuples()]
    figure, axes = result_plots.sheet(title, 1.2 + 0.26 * len(labels))
    (left,) = axes
    y = np.arange(len(labels))[::-1]
    bias = 100 * table["bias"].to_numpy(dtype=float)
    holds = table["holds"].to_numpy(dtype=bool)
    left.axvspan(-100 * most_bias, 100 * most_bias, color="#e8eef5", zorder=0)
    left.axvline(0, color="#555555", linewidth=0.8)
    left.scatter(bias[holds], y[holds], color=COLOURS[0], zorder=3, label="holds")
    left.scatter(bias[~holds], y[~holds], facecolor="white", edgecolor=COLOURS[0], zorder=3,
                 label=f"fails: bias above {most_bias:.0%}, or limits hold the truth in under {least_coverage:.0%}")  # fmt: skip
    left.set_yticks(y, labels)
    left.set_xlabel("bias of the median, % of the true number")
    _key(figure, left)
    return figure


def _plain(axes: object) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    for axis in (axes.xaxis, axes.yaxis):  # type: ignore[attr-defined]
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.4g}"))
        axis.set_minor_formatter(NullFormatter())


def _key(figure: Figure, axes: object) -> None:
    handles, names = axes.get_legend_handles_labels()  # type: ignore[attr-defined]
    figure.legend(handles, names, loc="outside lower left", ncols=2, frameon=False, fontsize=9)
