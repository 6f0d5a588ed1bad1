"""A figure of how many joinpoints there are: what each criterion says of each number, side by side.

A figure of joinpoint regression: what was observed, the fitted line with its turns, and the change of each part.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.plots import joinpoint_fits, key, style
from analysis.plots.joinpoint_fits import Turns
from analysis.plots.labels import spread
from analysis.plots.style import Canvas
from bounded.refusal import Refusal

if TYPE_CHECKING:
    pass

# Column -> its name in sentences and in chosen_by, and its head.
CRITERIA = {
    "p_value": ("permutation tests", "Permutation tests: p of no further joinpoint"),
    "bic": ("BIC", "BIC, above its least"),
    "bic3": ("BIC3", "BIC3, above its least"),
    "wbic": ("weighted BIC", "Weighted BIC, above its least"),
}
Criteria = dict[str, tuple[str, str]]
_TEXT = 11.5  # points
_ROW = 0.37  # inches
_FIRST = 1.1
_WORD = 0.82  # inches of a number in its cell; the rest is its bar


@style.seen_as(
    "A table with a line for each number of turns and a column for each criterion; a dot marks what each chooses."
)
@style.styled
def candidates(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    subtitle: str = "",
    tests: str = CRITERIA["p_value"][0],
) -> Figure:
    """One line a number of joinpoints, one column a criterion; what each chooses is marked, and said in a sentence.

    Parameters
    ----------
    table : k, and one or more of p_value (permutation test of k against more joinpoints; missing where not tested),
        bic, bic3, wbic (the less the better). Optional: chosen_by, the names of the criteria that choose `k`, with ", "
        between them: permutation tests, BIC, BIC3, weighted BIC. Without it an information criterion chooses its least.
    tests : what the tests behind p_value are called, here and in chosen_by.

    Raises
    ------
    ValueError : the column k is missing, a number of joinpoints stands twice, or there is no criterion.
    """
    if table.empty:
        return style.nothing(
            title=title, footer=footer, subtitle=subtitle, text="no figure found: nothing was compared"
        )
    style.require(table, ("k",))
    shown = [column for column in CRITERIA if column in table]
    if not shown:
        raise Refusal(
            "missing_column", f"The table to draw has no criterion: it needs one or more of {', '.join(CRITERIA)}."
        )
    if table["k"].duplicated().any():
        raise Refusal(
            "duplicate_row", f"{table['k'][table['k'].duplicated()].iloc[0]} joinpoints stand in the table twice."
        )
    table = table.sort_values("k", ignore_index=True)
    criteria = CRITERIA | {"p_value": (tests, f"{tests[:1].upper()}{tests[1:]}: p of no further joinpoint")}
    chosen = _chosen(table, shown, criteria)
    # What permutation tests choose follows from their sequence, and is not read off their p.
    able = [column for column in shown if column != "p_value" or "chosen_by" in table]
    width = style.WIDTH - 2 * style.MARGIN
    wide = (width - _FIRST) / len(shown)
    heads = [style.wrap(head, room, 10) for head, room in [("Joinpoints", _FIRST - 0.1)]]
    heads += [style.wrap(criteria[column][1], wide - 0.3, 10) for column in shown]
    sentence = style.wrap(_sentence(chosen, len(able), criteria), width, 11.5, bold=True)
    listed = [key.dot("chosen by the criterion", style.BLUE)]
    if set(shown) - {"p_value"}:
        listed.append(key.patch("above the least; short is good", style.SKY, style.SKY))
    above = 0.22 * len(sentence) + 0.14 + 0.17 * max(map(len, heads)) + 0.1
    body = _ROW * len(table)
    below = key.height(listed, width) + 0.12
    page = style.sheet(above + body + below, title=title, footer=footer, subtitle=subtitle)
    paper = page.canvas(0, below, width, body + above)
    paper.text(0, body + above, "\n".join(sentence), size=11.5, weight="bold", va="top", linespacing=1.2, gid="said")
    for place, head in enumerate(heads):
        x = 0 if not place else _FIRST + (place - 1) * wide + 0.22
        paper.text(x, body + 0.07, "\n".join(head), size=10, color=style.MUTED, va="bottom", linespacing=1.15)
    for place, k in enumerate(table["k"].astype(int)):
        y = body - _ROW * (place + 0.5)
        paper.plot([0, width], [y + _ROW / 2] * 2, color=style.FAINT, lw=0.8)
        paper.text(0.08, y, f"{k}", size=_TEXT, weight="bold", va="center_baseline")
    above_least = {column: table[column] - _finite(table[column]).min() for column in shown if column != "p_value"}
    longest = max([_finite(column).max() for column in above_least.values()], default=0.0)
    for number, column in enumerate(shown):
        values = table["p_value"] if column == "p_value" else above_least[column]
        for place, (k, value) in enumerate(zip(table["k"].astype(int), values, strict=True)):
            x, y = _FIRST + number * wide, body - _ROW * (place + 0.5)
            words = _p(value) if column == "p_value" else _difference(value)
            _cell(paper, x, y, words, chosen.get(column) == k)
            if column != "p_value" and 0 < value < math.inf:
                room = wide - 0.22 - _WORD - 0.12
                paper.add(Rectangle((x + 0.22 + _WORD, y - 0.06), room * value / longest, 0.12, color=style.SKY))
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _chosen(table: pd.DataFrame, shown: list[str], criteria: Criteria) -> dict[str, int]:
    """Criterion -> the number of joinpoints it chooses, where that is known."""
    if "chosen_by" in table:
        names = {
            name: int(k)
            for k, said in zip(table["k"], table["chosen_by"], strict=True)
            for name in str(said).split(", ")
        }
        return {column: names[criteria[column][0]] for column in shown if criteria[column][0] in names}
    least = {column: _finite(table[column]) for column in shown if column != "p_value"}
    return {column: int(table["k"][values.idxmin()]) for column, values in least.items() if len(values)}


def _sentence(chosen: dict[str, int], able: int, criteria: Criteria) -> str:
    """What the criteria choose, and whether they agree."""
    if not chosen:
        return "No criterion chooses a number of joinpoints."
    by: dict[int, list[str]] = {}
    for column, k in chosen.items():
        by.setdefault(k, []).append(criteria[column][0])
    many = {k: f"{k or 'no'} joinpoint{'' if k < 2 else 's'}" for k in by}
    if len(by) > 1:
        parts = "; ".join(f"{many[k]} by {_and(names)}" for k, names in sorted(by.items()))
        return f"The criteria disagree: {parts}."
    ((k, names),) = by.items()
    if len(names) == able > 1:
        return f"All criteria choose {many[k]}."
    others = "" if len(names) == able else "; no other criterion could be used"
    return f"{many[k].capitalize()} by {_and(names)}{others}."


def _and(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _finite(values: pd.Series) -> pd.Series:
    return values[values.abs() < math.inf]


def _p(value: float) -> str:
    return "not tested" if math.isnan(value) else "<0.001" if value < 0.001 else f"{value:.3f}"


def _difference(value: float) -> str:
    if not math.isfinite(value):
        return "exact fit" if value < 0 else "–"
    return "least" if value == 0 else f"+{value:.2f}" if value >= 0.005 else "+<0.01"


def _cell(paper: Canvas, x: float, y: float, words: str, chosen: bool) -> None:
    if chosen:
        paper.plot([x + 0.09], [y], marker="o", ms=8, color=style.BLUE, ls="none")
    weight, colour = ("bold", style.INK) if chosen else ("normal", style.MUTED if words == "not tested" else style.INK)
    paper.text(x + 0.22, y, words, size=_TEXT, weight=weight, color=colour, va="center_baseline")


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
    series = joinpoint_fits.read(observed, fitted, segments, joinpoints, incomplete=incomplete, jump=jump)
    if series.observed.empty:
        return style.nothing(
            title=title,
            footer=footer,
            subtitle=subtitle,
            text=f"no figure found. {note}" if note else "no figure found",
        )
    first, last = series.span
    top, cut = joinpoint_fits.panel_top([series])
    linear_below = joinpoint_fits.linear_below([series])
    width = style.WIDTH - 2 * style.MARGIN
    gutter = joinpoint_fits.panel_gutter(top, linear_below if log else None, 10.5)
    inches = width - gutter - 0.1
    label = style.wrap(ylabel + joinpoint_fits.log_note(log, linear_below), width, 10.5)
    listed = joinpoint_fits.entries(
        [series], interval_label=interval_label, confidence=confidence, cut=cut, covid=joinpoint_fits.in_covid(series)
    )
    strip = _Strip(series, width, gutter, inches, note, confidence)
    lanes = joinpoint_fits.lane_height([series])
    above = strip.height + 0.19 * len(label) + 0.06 + lanes + 0.04
    below = key.height(listed, width) + 0.1
    page = style.sheet(above + _PLOT + 0.32 + below, title=title, footer=footer, subtitle=subtitle)
    strip.draw(page)
    paper = page.canvas(0, below + 0.32 + _PLOT + lanes, width, 0.19 * len(label) + 0.1)
    paper.text(0, 0.1, "\n".join(label), size=10.5, color=style.INK, va="bottom", linespacing=1.15)
    axes = page.axes(gutter, below + 0.32, inches, _PLOT)
    joinpoint_fits.amounts_and_years(axes, series, top, first, last, inches, linear_below=linear_below if log else None)
    joinpoint_fits.draw(axes, series, _PLOT)
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
        self.blocks = [
            (joinpoint_fits.years(row), joinpoint_fits.change(row), joinpoint_fits.limits(row)) for row in self.rows
        ]
        widths = [
            max(style.text_width(words, size, bold=size > 10) for words, (size, _) in zip(block, _LINES, strict=True))
            + _APART
            for block in self.blocks
        ]
        self.listed: list[key.Entry] = []
        if sum(widths) > width:
            # Too many for the width: the bars are numbered, and the words stand in a list.
            self.listed = [key.Entry(f"{joinpoint_fits.numeral(n)} {' '.join(b)}") for n, b in enumerate(self.blocks)]
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
                paper.text(
                    middle, y - 0.02, joinpoint_fits.numeral(number), size=11, ha="center", va="top", weight=bold
                )
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
            paper.add(
                Rectangle((start + 0.02, y - _BAR), max(end - start - 0.04, 0.02), _BAR, **joinpoint_fits.bar(row))
            )
