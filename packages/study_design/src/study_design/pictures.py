"""Pictures of a plan: the frontier of width against cost, and what wrong assumptions do to each design."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from bounded import intervals, result_plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from study_design.plan import Plan

# Colours of Okabe and Ito, which those who see red and green alike tell apart, with a mark each.
_LOOKS = (
    *(("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^"), ("#CC79A7", "D"), ("#56B4E9", "v")),
    *(("#E69F00", "P"), ("#555555", "X"), ("#000000", "h")),
)
_HOLDS, _FAILS, _APART = "#0072B2", "#D55E00", "#8c8c8c"


def unreliable(plan: Plan) -> np.ndarray:
    """Return (rows of the table,) where coverage is below the confidence by more than chance, or half are refused."""
    table = plan.table
    kept = np.maximum(table["n"] * (1 - table["refused"]), 1)
    error = np.sqrt(plan.confidence * (1 - plan.confidence) / kept)
    return ((table["coverage"] < plan.confidence - 2 * error) | (table["refused"] > 0.5)).to_numpy()


def frontier(plan: Plan, title: str = "") -> Figure:
    """Draw width against cost, one line a design.

    Parameters
    ----------
    plan : compared designs.
    title : of the figure.
    """
    figure, (axes,) = result_plots.sheet(title or "Width of the interval by what a study costs", 5.0)
    hollow = unreliable(plan)
    for place, design in enumerate(plan.designs):
        colour, mark = _LOOKS[place % len(_LOOKS)]
        own = (plan.table["design"] == design.name).to_numpy() & np.isfinite(plan.table["width"].to_numpy())
        rows = plan.table[own]
        if not len(rows):
            axes.plot([], [], mark, color=colour, ls="-", label=f"{design.name} (no estimate)")
            continue
        axes.plot(rows["cost"], rows["width"], "-", color=colour, lw=1.3, zorder=2)
        axes.hlines(rows["width"], rows["cost_low"], rows["cost_high"], color=colour, lw=0.7, alpha=0.45, zorder=1)
        for empty in (False, True):
            some = rows[hollow[own] == empty]
            face = "white" if empty else colour
            axes.plot(some["cost"], some["width"], mark, color=colour, mfc=face, ms=7, mew=1.5, ls="none", zorder=3)
        axes.plot([], [], mark, color=colour, ls="-", label=textwrap.fill(design.name, 34))
    level = intervals.percent(plan.confidence)
    said = f"hollow: fewer than {level} hold the\ntruth, or most are refused"
    axes.plot([], [], "o", color="#222222", mfc="white", ms=7, mew=1.5, ls="none", label=said)
    axes.plot([], [], "-", color="#222222", lw=0.7, alpha=0.6, label="thin line: range of the cost")
    axes.set(xscale="log", yscale="log", xlabel="cost, in the unit of the table of costs")
    axes.set_ylabel(f"width of the {level} interval,\nas a share of the true number")
    _plain_ticks(axes)
    axes.grid(True, which="major", color="#dddddd", lw=0.6)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower left", ncols=2, frameon=False, fontsize=9.5)
    return figure


def _plain_ticks(axes: object) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    for axis, shown in ((axes.xaxis, "{:,.0f}"), (axes.yaxis, "{:.0%}")):  # type: ignore[attr-defined]
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _, shown=shown: shown.format(value)))


def under_misspecifications(plan: Plan, title: str = "") -> Figure:
    """Draw a cell for each design and misspecification: its bias, its coverage, and whether it holds.

    Parameters
    ----------
    plan : compared designs.
    title : of the figure.
    """
    wrong = plan.wrong
    designs, ways = wrong["design"].unique().tolist(), wrong["misspecification"].unique().tolist()
    shown = title or "What is left of each design where an assumption is wrong"
    figure, (axes,) = result_plots.sheet(shown, 1.9 + 0.52 * len(designs))
    for row, design in enumerate(designs):
        for column, way in enumerate(ways):
            one = wrong[(wrong["design"] == design) & (wrong["misspecification"] == way)].iloc[0]
            if not one["concerns"]:
                axes.text(column, row, "·", ha="center", va="center", color=_APART)
                continue
            colour = _HOLDS if one["holds"] else _FAILS
            axes.plot(column - 0.36, row, "o", color=colour, mfc=colour if one["holds"] else "white", ms=7, mew=1.5)
            said = f"{one['refused']:.0%} are\nrefused"
            if one["refused"] <= plan.rule.refused and np.isfinite(one["bias"]):
                bias = (
                    f"{one['bias']:+.0%}".replace("-0%", "0%").replace("+0%", "0%")
                    if abs(one["bias"]) < 9.995
                    else f"{one['bias'] + 1:.0f} times"
                )
                said = f"{bias.replace('-', '−')}\n{one['coverage']:.0%} hold"
            axes.text(column - 0.25, row, said, ha="left", va="center", size=8.5, color="#222222")
    axes.set(xlim=(-0.55, len(ways) - 0.45), ylim=(len(designs) - 0.45, -0.55))
    axes.set_xticks(range(len(ways)), [textwrap.fill(way, 12) for way in ways], size=9.5)
    axes.set_yticks(range(len(designs)), [textwrap.fill(design, 26) for design in designs], size=9.5)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for row in range(len(designs) + 1):
        axes.axhline(row - 0.5, color="#dddddd", lw=0.6, zorder=0)
    rule = plan.rule
    need = f"bias within {rule.bias:.0%}, truth held by {rule.coverage:.0%} or more, {rule.refused:.0%} refused at most"
    axes.plot([], [], "o", color=_HOLDS, ms=7, ls="none", label=f"full: holds ({need})")
    axes.plot([], [], "o", color=_FAILS, mfc="white", ms=7, mew=1.5, ls="none",
              label="hollow: does not hold    first line: bias of the mean    dot: does not concern it")  # fmt: skip
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower left", ncols=1, frameon=False, fontsize=9)
    return figure
