"""A figure of joinpoint regression: what was observed, the fitted line with its turns, and the change of each part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.figures import key, style, turns
from analysis.figures.labels import spread
from analysis.figures.turns import Turns

if TYPE_CHECKING:
    from trends import JoinpointTrend

_PLOT = 3.3  # inches
_LINES = ((9.5, 0.165), (11.0, 0.19), (9.5, 0.165))  # points and inches of a segment's years, change and interval
_BAR = 0.09
_LEADER = 0.14
_APART = 0.16


@style.seen_as(
    "Dots of the counts or rates by year, a fitted line that may bend, its band, and above it the change of each part."
)
@style.styled
def joinpoints(
    observed: pd.DataFrame,
    fitted: pd.DataFrame | None,
    segments: pd.DataFrame | None,
    joinpoints: pd.DataFrame | None,
    *,
    title: str,
    footer: style.Footer,
    ylabel: str,
    log: bool = False,
    jump: float | Sequence[float] | None = None,
    incomplete: Sequence[float] | None = None,
    note: str = "",
    subtitle: str = "",
    interval_label: str = "95% interval",
    confidence: float = 0.95,
) -> Figure:
    """Observed counts or rates with a joinpoint fit; above them the years and the change of each segment.

    Parameters
    ----------
    observed : as in `interval_series`, of one series; the column series may be left out.
    fitted : x (decimal year), fit, low, high (band) in the unit of `ylabel`, at the observations and the joinpoints.
        Optional: piece, a number; where it changes, as at a jump, the line is broken; fit_low, fit_high, the bounds
        of a fit that counts between bounds leave open, and `fit` is missing. None or empty: no fit.
    segments : start, end (decimal years), apc, low, high (interval), all in percent a year; significant (bool).
        Optional: apc_low, apc_high, where the change is known between bounds only, and `apc` is missing; refused, 1
        where the change is too badly known to be printed.
    joinpoints : x, low, high (interval; missing where there is none), decimal years.
    log : a logarithmic scale, linear below the smallest counts, so that a zero has its place.
    jump : decimal year, or years, at which the level may jump, as the way of counting changed.
    incomplete : the `x` of periods whose records are still coming in; their columns are hatched, their marks open.
    note : a short text above the axes, for example that no turn is supported by the data, or why there is no fit.
    interval_label : what the interval of an observed figure is, for the key.
    confidence : level of the intervals of fit, changes and joinpoints.

    Raises
    ------
    ValueError : a column is missing, or the table holds more than one series.
    """
    series = turns.read(observed, fitted, segments, joinpoints, incomplete=incomplete, jump=jump)
    if series.observed.empty:
        return style.nothing(
            title=title,
            footer=footer,
            subtitle=subtitle,
            text=f"no figure found. {note}" if note else "no figure found",
        )
    first, last = series.span
    top, cut = turns.top([series])
    linear_below = turns.linear_below([series])
    width = style.WIDTH - 2 * style.MARGIN
    gutter = turns.gutter(top, linear_below if log else None, 10.5)
    inches = width - gutter - 0.1
    label = style.wrap(ylabel + turns.log_note(log, linear_below), width, 10.5)
    listed = turns.entries(
        [series], interval_label=interval_label, confidence=confidence, cut=cut, covid=turns.in_covid(series)
    )
    strip = _Strip(series, width, gutter, inches, note, confidence)
    lanes = turns.lane_height([series])
    above = strip.height + 0.19 * len(label) + 0.06 + lanes + 0.04
    below = key.height(listed, width) + 0.1
    page = style.sheet(above + _PLOT + 0.32 + below, title=title, footer=footer, subtitle=subtitle)
    strip.draw(page)
    paper = page.canvas(0, below + 0.32 + _PLOT + lanes, width, 0.19 * len(label) + 0.1)
    paper.text(0, 0.1, "\n".join(label), size=10.5, color=style.INK, va="bottom", linespacing=1.15)
    axes = page.axes(gutter, below + 0.32, inches, _PLOT)
    turns.amounts_and_years(axes, series, top, first, last, inches, linear_below=linear_below if log else None)
    turns.draw(axes, series, _PLOT)
    key.draw(page, listed, x=0, top=below - 0.1, width=width)
    return page.figure


class _Strip:
    """The segments above the axes: a bar over the years of each, and its change in words; or numbers and a list."""

    def __init__(self, series: Turns, width: float, gutter: float, inches: float, note: str, confidence: float) -> None:
        self.width = width
        first, last = series.span
        per_year = inches / (last + 1 - first)
        self.rows = series.segments.to_dict("records")
        self.bars = [
            (gutter + (row["start"] - first) * per_year, gutter + (row["end"] - first) * per_year) for row in self.rows
        ]
        self.blocks = [(turns.years(row), turns.change(row), turns.limits(row)) for row in self.rows]
        widths = [
            max(style.text_width(words, size, bold=size > 10) for words, (size, _) in zip(block, _LINES, strict=True))
            + _APART
            for block in self.blocks
        ]
        self.listed: list[key.Entry] = []
        if sum(widths) > width:
            # Too many for the width: the bars are numbered, and the words stand in a list.
            self.listed = [key.Entry(f"{turns.numeral(n)} {' '.join(b)}") for n, b in enumerate(self.blocks)]
            widths = [0.24] * len(widths)
        middles = spread([(start + end) / 2 / width for start, end in self.bars], [wide / width for wide in widths])
        self.middles = [middle * width for middle in middles]
        self.moved = any(
            abs(middle - (start + end) / 2) > 0.08 for middle, (start, end) in zip(self.middles, self.bars, strict=True)
        )
        heading = f"Change in percent a year, with its {100 * confidence:g}% interval" if self.rows else ""
        self.heading = style.wrap(heading, width, 10.5) if heading else []
        self.note = style.wrap(note, width, 10.5) if note else []
        self.text = 0.19 if self.listed else sum(tall for _, tall in _LINES)
        self.height = 0.19 * (len(self.heading) + len(self.note)) + key.height(self.listed, width)
        if self.rows:
            self.height += 0.04 + self.text + (_LEADER if self.moved else 0.03) + _BAR + 0.12
        elif self.note:
            self.height += 0.1

    def draw(self, page: style.Sheet) -> None:
        paper = page.canvas(0, page.height - self.height, self.width, self.height)
        y = self.height
        for lines in (self.note, self.heading):
            if lines:
                paper.text(0, y, "\n".join(lines), size=10.5, va="top", linespacing=1.15)
                y -= 0.19 * len(lines)
        if self.listed:
            key.draw(page, self.listed, x=0, top=page.height - self.height + y, width=self.width)
            y -= key.height(self.listed, self.width)
        y -= 0.04
        for number, (row, middle, block) in enumerate(zip(self.rows, self.middles, self.blocks, strict=True)):
            bold = "bold" if row["significant"] else "normal"
            if self.listed:
                paper.text(middle, y - 0.02, turns.numeral(number), size=11, ha="center", va="top", weight=bold)
                continue
            down = y
            for words, (size, tall), weight, colour in zip(
                block, _LINES, ("normal", bold, "normal"), (style.MUTED, style.INK, style.INK), strict=True
            ):
                paper.text(middle, down, words, size=size, ha="center", va="top", weight=weight, color=colour)
                down -= tall
        y -= self.text + (_LEADER if self.moved else 0.03)
        for row, middle, (start, end) in zip(self.rows, self.middles, self.bars, strict=True):
            if self.moved:
                paper.plot([middle, (start + end) / 2], [y + _LEADER - 0.03, y + 0.01], color=style.CONTEXT, lw=0.8)
            paper.add(Rectangle((start + 0.02, y - _BAR), max(end - start - 0.04, 0.02), _BAR, **turns.bar(row)))


def of_joinpoint_trend(result: JoinpointTrend, *, title: str, footer: style.Footer, ylabel: str) -> Figure:
    """What was observed, the fitted line, its joinpoints with their limits, and the change of each segment.

    Parameters
    ----------
    ylabel : what is observed, with its unit.
    """
    rows = np.vstack([np.column_stack([result.period, result.observed]), result.incomplete])
    observed = pd.DataFrame(rows, columns=["x", "low", "high", "interval_low", "interval_high"])
    observed["x"] += result.middle
    known = np.isclose(observed["low"], observed["high"])
    jumps = [float(str(term).split()[1]) for term in result.terms["term"] if str(term).startswith("jump")]
    return joinpoints(
        observed.assign(value_qualifier=np.where(known, "exact", "derived")),
        **result.drawing(),
        title=title,
        footer=footer,
        ylabel=ylabel,
        jump=jumps or None,  # between the middle of the year before and that of its own
        incomplete=(result.incomplete[:, 0] + result.middle).tolist(),
        note="" if result.k else "No turn is supported by the data.",
        confidence=result.confidence,
    )
