"""A figure of cases by the period of their event: bars of those reported, hatched above them those not reported yet."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.figures import key, marks, style

Floats = NDArray[np.float64]

# Hatchings of their own, unlike those of what is unknown or suppressed.
NOT_YET, INCOMPLETE = "\\\\\\\\", "...."
DOTS = style.BORDER
COVID = ("2020", "2021")
_PLOT = 3.3  # inches


@style.seen_as("Bars of what was reported by period, with what is still on its way hatched on top, and its interval.")
@style.styled
def nowcast(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    ylabel: str,
    confidence: float = 0.95,
    subtitle: str = "",
) -> Figure:
    """Bars of the cases reported, those not yet reported hatched above them, limits of both; incomplete periods dotted.

    Parameters
    ----------
    table : one row a period, in order and without gaps: period (a text or what prints as one), observed, estimate, low,
        high (cases, reported or not; missing where there is no estimate; high may be infinite), complete (bool).
    ylabel : what is counted, with its unit of time.
    confidence : level of the limits.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text="no reports")
    style.require(table, ("period", "observed", "estimate", "low", "high", "complete"))
    columns = ("observed", "estimate", "low", "high")
    observed, estimate, low, high = (table[column].to_numpy(dtype=float) for column in columns)
    x = np.arange(len(table))
    ends = np.concatenate([observed, estimate, high])
    top = float(ends[np.isfinite(ends)].max())
    open_ = ~table["complete"].to_numpy(dtype=bool)
    width = style.WIDTH - 2 * style.MARGIN
    listed = _listed(observed, estimate, low, high, open_, confidence)
    covid = np.array([str(period)[:4] in COVID for period in table["period"]])
    if covid.any():
        listed.append(key.patch("COVID-19 years", marks.COVID_COLOUR, marks.COVID_COLOUR))
    label = style.wrap(ylabel, width, 10.5)
    above, below = 0.19 * len(label) + 0.1, key.height(listed, width) + 0.1
    gutter = style.text_width(style.number(10 ** math.ceil(math.log10(max(top, 10)))), 10.5) + 0.1
    page = style.sheet(above + _PLOT + 0.32 + below, title=title, footer=footer, subtitle=subtitle)
    paper = page.canvas(0, page.height - above, width, above)
    paper.text(0, above, "\n".join(label), size=10.5, color=style.INK, va="top", linespacing=1.15)
    # The last name stands below the middle of its bar, and needs half its width beyond.
    inches = width - gutter - max(style.text_width(str(period), 10) for period in table["period"]) / 2
    axes = page.axes(gutter, below + 0.32, inches, _PLOT)
    marks.amount_axis(axes, top, log=False)
    _names(axes, table["period"], inches)
    for place in x[covid]:
        axes.axvspan(place - 0.5, place + 0.5, color=marks.COVID_COLOUR, lw=0, zorder=0)
    for place in x[open_]:
        axes.axvspan(place - 0.5, place + 0.5, facecolor="none", edgecolor=DOTS, hatch=INCOMPLETE, lw=0, zorder=0.5)
    bar = min(0.78, 0.9 * len(x) / inches)
    axes.bar(x, observed, bar, color=style.BLUE, lw=0, zorder=2)
    more = np.nan_to_num(estimate - observed)
    axes.bar(x[more > 0], more[more > 0], bar, bottom=observed[more > 0], facecolor="white", edgecolor=style.BLUE,
             hatch=NOT_YET, lw=0.8, zorder=2)  # fmt: skip
    wide = high > low
    reach = np.where(np.isfinite(high), high, axes.get_ylim()[1])
    axes.vlines(x[wide], low[wide], reach[wide], color=style.INK, lw=1.4, zorder=4)
    for place in x[~np.isfinite(estimate)]:
        axes.axvspan(place - 0.2, place + 0.2, facecolor="none", edgecolor=style.CONTEXT, hatch=style.UNKNOWN, lw=0)
    key.draw(page, listed, x=0, top=below - 0.1, width=width)
    return page.figure


def _names(axes: Axes, periods: pd.Series, inches: float) -> None:
    """Name as many periods as there is room for, counted back from the last."""
    names = [str(period) for period in periods]
    room = max(style.text_width(name, 10) for name in names) + 0.15
    stride = max(1, math.ceil(room * len(names) / inches))
    shown = [place for place in range(len(names)) if (len(names) - 1 - place) % stride == 0]
    axes.set(xlim=(-0.5, len(names) - 0.5), xticks=shown)
    axes.set_xticklabels([names[place] for place in shown], size=10)
    axes.tick_params(axis="x", length=3, color=style.CONTEXT)


def _listed(
    observed: Floats, estimate: Floats, low: Floats, high: Floats, open_: NDArray[np.bool_], confidence: float
) -> list[key.Entry]:
    listed = [key.patch("reported", style.BLUE, style.BLUE)]
    if (estimate > observed).any():
        listed.append(key.patch("not yet reported (median)", edgecolor=style.BLUE, hatch=NOT_YET))
    if (high > low).any():
        listed.append(key.line(f"{100 * confidence:g}% interval of all cases", style.INK, 1.4, upright=True))
    if open_.any():
        listed.append(key.patch("incomplete period", edgecolor=DOTS, hatch=INCOMPLETE))
    if not np.isfinite(estimate).all():
        listed.append(key.patch("no estimate", edgecolor=style.CONTEXT, hatch=style.UNKNOWN))
    return listed
