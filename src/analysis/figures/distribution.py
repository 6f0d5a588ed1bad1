"""A figure of what one number may be: a posterior or resamples as bars, middle and interval, and what was observed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.figures import key, style
from analysis.figures.levels import TEXT

_BARS = 90


@style.seen_as("Bars of how often each value occurs, with the middle, the interval and what was observed as lines.")
@style.styled
def distribution(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    xlabel: str,
    middle: float,
    low: float,
    high: float,
    heading: str,
    middle_label: str = "median",
    observed: float | None = None,
    subtitle: str = "",
    confidence: float = 0.95,
) -> Figure:
    """Bars of equal width whose heights add to the share that is drawn; the interval's bars are darker.

    Parameters
    ----------
    table : one row a range of whole numbers, rising and without gaps: total_low, total_high (first and last, both
        included), probability (adds to 1).
    middle, low, high : median (or what `middle_label` says) and interval, in the unit of `xlabel`; high may be
        infinite.
    confidence : level of the interval.
    heading : what the bars are, as "Posterior probability".
    observed : what was counted, marked as the least that there can be.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text="nothing to draw")
    style.require(table, ("total_low", "total_high", "probability"))
    edges = np.append(table["total_low"].iloc[0], table["total_high"].to_numpy(dtype=float) + 1)
    upto = np.append(0.0, table["probability"].cumsum().to_numpy(dtype=float))
    start = edges[0]
    # A little more than the interval: a long tail would press all else together. How much lies beyond is said.
    end = min(edges[-1], high + 1 + 0.15 * (high - low)) if np.isfinite(high) else edges[-1]
    wide = max(1, int(np.ceil((end - start) / _BARS)))
    bounds = start + wide * np.arange(int(np.ceil((end - start) / wide)) + 1)
    heights = np.diff(np.interp(bounds, edges, upto))
    beyond = 1 - float(np.interp(bounds[-1], edges, upto))

    width = style.WIDTH - 2 * style.MARGIN
    listed = [
        key.patch(f"{100 * confidence:g}% interval", style.BLUE, style.BLUE),
        key.patch("outside the interval", style.SKY, style.SKY),
        key.line(middle_label, style.INK, 1.6),
    ]
    if observed is not None:
        listed.append(key.line(f"observed: {style.number(observed)}", style.MUTED, 1.2, dashes=":"))
    if beyond >= 0.0005:
        listed.append(key.Entry(f"not drawn, to the right: {100 * beyond:.1f}%"))
    below = 0.6 + key.height(listed, width)
    page = style.sheet(below + 2.6, title=title, footer=footer, subtitle=subtitle)
    left = 0.65
    axes = page.axes(left, below, width - left - 0.2, 2.35)
    from_ = min(start, observed) if observed is not None else start
    margin = 0.02 * (bounds[-1] - from_)
    axes.set(xlim=(from_ - margin, bounds[-1]), ylim=(0, 118 * heights.max()))
    middles = (bounds[:-1] + bounds[1:] - 1) / 2
    inside = (middles >= low) & (middles <= high)
    axes.bar(bounds[:-1] - 0.5, 100 * heights, wide, align="edge", lw=0,
             color=np.where(inside, style.BLUE, style.SKY))  # fmt: skip
    axes.axvline(middle, color=style.INK, lw=1.6)
    late = middle > (from_ + bounds[-1]) / 2
    axes.annotate(_said(middle, low, high), (middle, 117 * heights.max()),
                  xytext=(-5 if late else 5, 0), textcoords="offset points", size=TEXT, weight="bold", va="top",
                  ha="right" if late else "left")  # fmt: skip
    if observed is not None:
        axes.axvline(observed, color=style.MUTED, lw=1.2, ls=":")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    for axis, unit in ((axes.xaxis, ""), (axes.yaxis, "%")):
        axis.set_major_formatter(FuncFormatter(lambda value, _, unit=unit: style.number(value) + unit))
    axes.tick_params(length=0, labelsize=10)
    axes.grid(axis="y")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_xlabel(xlabel, size=TEXT, loc="left")
    persons = "each whole number" if wide == 1 else f"bars {wide:,} wide"
    axes.set_title(f"{heading}, {persons}", size=TEXT, loc="left", weight="bold")
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _said(middle: float, low: float, high: float) -> str:
    upper = f"{low:,.0f}–{high:,.0f}" if np.isfinite(high) else f"{low:,.0f} or more"
    return f"{middle:,.0f} ({upper})"
