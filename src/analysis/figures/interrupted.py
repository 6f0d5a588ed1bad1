"""Counts before and after an interruption, with the fitted model and what it says of a world without one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import key, marks, style

_COLUMNS = (
    "x", "observed_low", "observed_high", "value_qualifier", "used", "fit_low", "fit_high", "low", "high",
    "counterfactual", "counterfactual_low", "counterfactual_high",
)  # fmt: skip
_PLOT = 3.5  # inches


@style.seen_as("Dots of the counts over time, with a line before and a line after the event.")
@style.styled
def interrupted(
    table: pd.DataFrame,
    at: Sequence[tuple[float, str]],
    *,
    title: str,
    footer: style.Footer,
    ylabel: str = "persons",
    confidence: float = 0.95,
    subtitle: str = "",
) -> Figure:
    """Observed counts, the fit with its limits, the fit without any interruption, and the interruptions.

    Parameters
    ----------
    table : one row a period: x (decimal year, middle of the period), observed_low, observed_high, value_qualifier, used
        (False: left out of the fit), fit_low, fit_high (equal where the counts are exact), low, high (limits of the
        fit), counterfactual, counterfactual_low, counterfactual_high (missing before the first interruption, and the
        first also where counts that are intervals leave it open).
    at : where each interruption stands (decimal year), and its name.
    confidence : of the limits, for the key.
    """
    style.require(table, _COLUMNS)
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    rows = table.sort_values("x", ignore_index=True)
    observed = marks.prepare(
        rows.rename(columns={"observed_low": "low", "observed_high": "high", "low": "l", "high": "h"}).assign(series="")
    )
    first, last = marks.span(rows["x"])
    width = style.WIDTH - 2 * style.MARGIN
    listed = _key(rows, observed, confidence)
    top = _top(rows, observed)
    gutter = style.text_width(style.number(10 ** math.ceil(math.log10(max(top, 10)))), 10.5) + 0.1
    label = style.wrap(ylabel, width, 10.5)
    above = 0.19 * len(label) + 0.26
    below = key.height(listed, width) + 0.1
    page = style.sheet(above + _PLOT + 0.32 + below, title=title, footer=footer, subtitle=subtitle)
    paper = page.canvas(0, page.height - above, page.width, above)
    paper.text(0, above, "\n".join(label), size=10.5, color=style.INK, va="top", linespacing=1.15)
    inches = width - gutter - 0.1
    axes = page.axes(gutter, below + 0.32, inches, _PLOT)
    marks.amount_axis(axes, top, log=False)
    marks.years_axis(axes, first, last, inches)
    # A line from one regime to the next would look like a rise that the model does not have.
    stretch = np.searchsorted([place for place, _ in at], rows["x"].to_numpy())
    for _, part in rows.groupby(stretch):
        _model(axes, part, top)
    size = 6.5 if len(rows) <= 40 else 3.5
    marks.draw(axes, observed[observed["used"]], {"": (style.INK, "o")}, size=size, connect=False)
    marks.draw(axes, observed[~observed["used"]], {"": (style.CONTEXT, "o")}, size=size, connect=False)
    _interruptions(axes, at, first, last, inches)
    key.draw(page, listed, x=0, top=below - 0.1, width=width)
    return page.figure


def _top(rows: pd.DataFrame, observed: pd.DataFrame) -> float:
    """What must be visible: the counts and the fits, and of the limits no more than twice that."""
    lines = rows[["fit_low", "fit_high", "counterfactual"]].to_numpy(dtype=float)
    needed = max(marks.highest(observed), float(np.nanmax(np.where(np.isfinite(lines), lines, np.nan))))
    limits = rows[["high", "counterfactual_high"]].to_numpy(dtype=float)
    limits = limits[~np.isnan(limits)]
    return min(float(limits.max()), 1.6 * needed) if len(limits) and limits.max() > needed else needed


def _model(axes: Axes, rows: pd.DataFrame, top: float) -> None:
    x, beyond = rows["x"], 2 * top
    for low, high, colour in (
        ("counterfactual_low", "counterfactual_high", style.BLUE),
        ("low", "high", style.VERMILLION),
    ):
        ends = rows[[low, high]].clip(upper=beyond)
        axes.fill_between(x, ends[low], ends[high], color=colour, alpha=0.15, lw=0, zorder=1.5)
    axes.plot(x, rows["counterfactual"], color=style.BLUE, lw=2, ls="--", zorder=3)
    if (rows["fit_low"] == rows["fit_high"]).all():
        axes.plot(x, rows["fit_low"], color=style.VERMILLION, lw=2, zorder=3)
    else:
        axes.fill_between(x, rows["fit_low"], rows["fit_high"], color=style.VERMILLION, alpha=0.45, lw=0, zorder=2)


def _interruptions(axes: Axes, at: Sequence[tuple[float, str]], first: int, last: int, inches: float) -> None:
    """An upright line each, named above the axes; names that would run into one another take turns."""
    across = axes.get_xaxis_transform()
    scale = inches / (last + 1 - first)
    taken = -math.inf
    for place, name in at:
        axes.plot([place, place], [0, 1], transform=across, color=style.INK, lw=1.2, ls=":", zorder=2.5)
        half = style.text_width(name, 9) / 2 + 0.05
        middle = min(max((place - first) * scale, half), inches - half)
        if middle - half >= taken:
            axes.text(first + middle / scale, 1.01, name, transform=across, size=9, ha="center", va="bottom")
            taken = middle + half
    if marks.in_covid(first, last):
        ends = max(marks.COVID[0], first), min(marks.COVID[1], last + 1)
        middle, half = (sum(ends) / 2 - first) * scale, style.text_width("COVID-19", 9) / 2
        low = all(abs((place - first) * scale - middle) > half + 0.5 for place, _ in at)
        # Below the top of the axes, where an interruption has its name above.
        axes.text(first + middle / scale, 1.01 if low else 0.985, "COVID-19", transform=across, size=9,
                  color=style.MUTED, ha="center", va="bottom" if low else "top", zorder=6)  # fmt: skip


def _key(rows: pd.DataFrame, observed: pd.DataFrame, confidence: float) -> list[key.Entry]:
    listed = [key.dot("observed", style.INK)]
    if not rows["used"].all():
        listed.append(key.dot("observed, left out of the fit", style.CONTEXT))
    listed += marks.entries(observed, {"": (style.INK, "o")}, interval_label="", covid=False, series=False)
    band = f"its {100 * confidence:g}% band"
    if (rows["fit_low"] == rows["fit_high"]).all():
        listed.append(key.line(f"fit and {band}", style.VERMILLION, 2))
        listed.append(key.line(f"without the interruption, and {band}", style.BLUE, 2, dashes="--"))
    else:
        listed.append(key.patch("fits that the intervals allow (pale: their limits)", style.VERMILLION, alpha=0.45))
        listed.append(key.patch("limits without the interruption", style.BLUE, alpha=0.15))
    listed.append(key.line("interruption", style.INK, 1.2, upright=True, dashes=":"))
    return listed
