"""A figure of the levels of a series: what was observed, the level of each stretch, and how sure each break is."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import key, marks, style
from analysis.figures.levels import TEXT

_PLOT = 3.3  # inches
_STRIP = 0.3  # inches above the plot for the intervals of the breaks


@style.seen_as(
    "Dots of the counts or rates by year, with a level line before and after the break, and an interval of its year."
)
@style.styled
def level_breaks(
    observed: pd.DataFrame,
    levels: pd.DataFrame,
    breaks: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    ylabel: str,
    confidence: float = 0.95,
    subtitle: str = "",
) -> Figure:
    """Observed points, each level as a step with its interval, and above them the interval of each break.

    Parameters
    ----------
    observed : period (a year, or any number), value.
    levels : start, end (periods), mean, low, high, in the unit of `ylabel`.
    breaks : period (the last one before the break), low, high (periods; missing where there is no interval).
    ylabel : what is counted, with its unit.
    confidence : level of the intervals.
    """
    if observed.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(observed, ("period", "value"))
    style.require(levels, ("start", "end", "mean", "low", "high"))
    style.require(breaks, ("period", "low", "high"))
    period, value = (observed[column].to_numpy(dtype=float) for column in ("period", "value"))
    middle, half = _slots(period)
    first, last = marks.span([*(period + middle - half), *(period + middle)])
    covid = marks.in_covid(first, last)
    lowest = min(0.0, value.min(), levels["low"].min() if levels["low"].min() < 0 > value.min() else 0.0)
    top = max(value.max(), levels["high"].max())

    width = style.WIDTH - 2 * style.MARGIN
    listed = _listed(breaks, confidence, covid)
    label = style.wrap(ylabel, width, TEXT)
    gutter = max(style.text_width(style.number(end), TEXT) for end in (lowest, 10 ** np.ceil(np.log10(max(top, 10)))))
    above, below = 0.19 * len(label) + 0.06, key.height(listed, width) + 0.1
    strip = _STRIP if len(breaks) else 0.0
    page = style.sheet(above + strip + _PLOT + 0.32 + below, title=title, footer=footer, subtitle=subtitle)
    paper = page.canvas(0, page.height - above, page.width, above)
    paper.text(0, above, "\n".join(label), size=TEXT, color=style.INK, va="top", linespacing=1.15)
    left = gutter + 0.14
    inches = width - left - 0.1
    axes = page.axes(left, below + 0.32, inches, _PLOT)
    marks.amount_axis(axes, top, log=False)
    if lowest < 0:
        axes.set_ylim(bottom=1.08 * lowest)
    marks.years_axis(axes, first, last, inches)
    for row in levels.to_dict("records"):
        _level(axes, row, middle, half)
    axes.plot(period + middle, value, marker="o", ms=6, color=style.BLUE, ls="none", zorder=5, clip_on=False)
    for row in breaks.to_dict("records"):
        _break(axes, row, middle + half, strip / _PLOT)
    key.draw(page, listed, x=0, top=below - 0.1, width=width)
    return page.figure


def _slots(period: np.ndarray) -> tuple[float, float]:
    """How far after its beginning a period is drawn, which is its middle, and half of its width."""
    if (period == np.floor(period)).all():
        return 0.5, 0.5
    half = float(np.diff(period).min()) / 2 if len(period) > 1 else 0.5
    return half, half


def _level(axes: Axes, row: dict, middle: float, half: float) -> None:
    ends = [row["start"] + middle - half, row["end"] + middle + half]
    if np.isfinite(row["low"]):
        axes.fill_between(ends, row["low"], row["high"], color=style.VERMILLION, alpha=0.18, lw=0, zorder=1.5)
    axes.plot(ends, [row["mean"]] * 2, color=style.VERMILLION, lw=2.4, zorder=3)


def _break(axes: Axes, row: dict, after: float, strip: float) -> None:
    """A line down the plot after the last period of the old level, and the interval in the strip above it."""
    across = axes.get_xaxis_transform()
    height = 1 + 0.5 * strip
    place = row["period"] + after
    axes.plot([place, place], [0, height], transform=across, color=style.INK, lw=1.1, ls="--", zorder=2, clip_on=False)
    axes.plot(place, height, "D", transform=across, color=style.INK, ms=5.5, zorder=6, clip_on=False)
    if np.isfinite(row["low"]):
        ends = [row["low"] + after, min(row["high"] + after, axes.get_xlim()[1])]
        axes.plot(ends, [height, height], transform=across, color=style.INK, lw=2, zorder=5, clip_on=False)
        axes.plot(ends, [height, height], transform=across, color=style.INK, marker="|", ms=8, ls="none", clip_on=False)


def _listed(breaks: pd.DataFrame, confidence: float, covid: bool) -> list[key.Entry]:
    listed = [
        key.dot("observed", style.BLUE),
        key.line("level", style.VERMILLION, 2.4),
        key.patch(f"{100 * confidence:g}% interval of the level", style.VERMILLION, "none", alpha=0.25),
    ]
    if len(breaks):
        listed.append(key.dot("break", style.INK, "D"))
    if breaks["low"].notna().any():
        listed.append(key.line(f"{100 * confidence:g}% interval of the break", style.INK, 2))
    return listed + ([key.patch("COVID-19 years", marks.COVID_COLOUR, marks.COVID_COLOUR)] if covid else [])
