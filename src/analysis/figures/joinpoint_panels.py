"""Joinpoint fits side by side, one small panel an area, each with its turns and its latest change in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.figures import key, marks, style, turns
from analysis.figures.canvas import Canvas
from analysis.figures.turns import Turns

_SIZE = 9.5  # points
_BAR, _YEARS = 0.075, 0.34  # inches of a segment's bar, and of the years below a panel


@style.seen_as("Small panels over the years with dots of the rates, a fitted line that may bend, and its band.")
@style.styled
def joinpoint_panels(
    observed: pd.DataFrame,
    fitted: pd.DataFrame | None,
    segments: pd.DataFrame | None,
    joinpoints: pd.DataFrame | None,
    *,
    panel: str = "panel",
    title: str,
    footer: style.Footer,
    ylabel: str,
    log: bool = False,
    panels: Sequence[str] | None = None,
    columns: int | None = None,
    own_scale: bool = False,
    notes: Mapping[str, str] | None = None,
    refused: Mapping[str, str] | None = None,
    jump: Mapping[str, float | Sequence[float]] | None = None,
    incomplete: Mapping[str, Sequence[float]] | None = None,
    subtitle: str = "",
    interval_label: str = "95% interval",
    confidence: float = 0.95,
) -> Figure:
    """One panel an area, as `joinpoints` draws it, with the number of turns and the latest change in words.

    Parameters
    ----------
    observed, fitted, segments, joinpoints : as in `joinpoints`, each with the column named by `panel`.
    panels : the panels in their order; one without an observation says "no figure found". Default: order of appearance.
    columns : panels side by side; by default 1 to 3.
    own_scale : each panel has a scale of its own; by default all share one.
    notes : panel -> a further text below its name, for example the average change over all years.
    refused : panel -> why there is no fit, in a few words; the panel shows what was observed.
    jump, incomplete : panel -> as in `joinpoints`.

    Raises
    ------
    ValueError : a column is missing, or a panel holds more than one series.
    """
    if len(observed):
        style.require(observed, (panel,))
    known = list(dict.fromkeys(observed[panel].astype(str))) if len(observed) else []
    order = [str(name) for name in panels] if panels is not None else known
    if not order:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)

    def part(table: pd.DataFrame | None, name: str) -> pd.DataFrame | None:
        if table is None or not len(table):
            return table
        style.require(table, (panel,))
        return table[table[panel].astype(str) == name].drop(columns=panel)

    shown = {
        name: turns.read(
            observed[:0] if name not in known else observed[observed[panel].astype(str) == name],
            *(None if name in (refused or {}) else part(table, name) for table in (fitted, segments, joinpoints)),
            incomplete=(incomplete or {}).get(name),
            jump=(jump or {}).get(name),
        )
        for name in order
    }
    found = [one for one in shown.values() if len(one.observed)]
    columns = columns or (len(order) if len(order) <= 2 else 2 if len(order) == 4 else 3)
    width = style.WIDTH - 2 * style.MARGIN
    top, cut = turns.top(found) if found else (1.0, False)
    tops = {name: turns.top([one])[0] if own_scale and len(one.observed) else top for name, one in shown.items()}
    begin = {
        name: turns.linear_below([one] if own_scale and len(one.observed) else found, steps=(1,)) if log else None
        for name, one in shown.items()
    }
    gutter = max(turns.gutter(tops[name], begin[name], 9.5) for name in order)
    cell = width / columns if own_scale else (width - gutter) / columns
    wide = cell - 0.16 - (gutter if own_scale else 0)
    first, last = marks.span([x for one in found for x in (*one.observed["x"], *one.fitted["x"])] or [2000, 2001])
    heads = {
        name: _Head(name, shown[name], (refused or {}).get(name), (notes or {}).get(name, ""), wide) for name in order
    }
    bars = _BAR + 0.07 if any(len(one.segments) for one in found) else 0.0
    rows = [order[start : start + columns] for start in range(0, len(order), columns)]
    plot = 2.4 if len(rows) == 1 else 1.65 if len(rows) == 2 else 1.3 if len(rows) == 3 else 1.1
    upper = [
        max(heads[name].height for name in row) + turns.lane_height([shown[name] for name in row]) + bars + 0.02
        for row in rows
    ]
    note = turns.log_note(log, begin[order[0]] or 1.0) if not own_scale else " (logarithmic)" if log else ""
    label = style.wrap(ylabel + note, width, 10.5)
    listed = turns.entries(
        found,
        interval_label=interval_label,
        confidence=confidence,
        cut=cut,
        covid=bool(found) and marks.in_covid(first, last),
    )
    above, below = 0.19 * len(label) + 0.08, key.height(listed, width) + 0.05
    page = style.sheet(
        above + sum(upper) + len(rows) * (plot + _YEARS) + below, title=title, footer=footer, subtitle=subtitle
    )
    paper = page.canvas(0, page.height - above, width, above)
    paper.text(0, above, "\n".join(label), size=10.5, va="top", linespacing=1.15)
    y = page.height - above + _YEARS
    for row, tall in zip(rows, upper, strict=True):
        y -= tall + plot + _YEARS
        for column, name in enumerate(row):
            one = shown[name]
            x = gutter + column * cell
            paper = page.canvas(x, y + plot, wide, tall)
            heads[name].draw(paper)
            if one.observed.empty:
                style.mark_unknown(page.axes(x, y, wide, plot), "no figure found", size=10)
                if column == 0 and not own_scale and found:
                    _scale_alone(page.axes(x, y, wide, plot), top, begin[name])
                continue
            _bars(paper, one, first, last)
            axes = page.axes(x, y, wide, plot)
            turns.amounts_and_years(
                axes, one, tops[name], first, last, wide, linear_below=begin[name], size=9.5, short=True
            )
            turns.draw(axes, one, plot, size=5 if columns < 3 else 4.4, lanes=bars)
            if column and not own_scale:
                axes.tick_params(axis="y", labelleft=False)
    key.draw(page, listed, x=0, top=below - 0.05, width=width)
    return page.figure


class _Head:
    """What stands above a panel: its name, how many turns there are, the latest change, and a note."""

    def __init__(self, name: str, series: Turns, refused: str | None, note: str, width: float) -> None:
        room = width - 0.08
        self.name = style.wrap(name, room, 10.5, bold=True)
        said = style.wrap(f"no fit: {refused}", room, _SIZE) if refused else _kept_whole(_in_words(series), room)
        self.words = [*said, *(style.wrap(note, room, _SIZE) if note else [])]
        self.below = 0.19 + 0.165 * (len(self.name) - 1)
        self.height = self.below + 0.16 * len(self.words) + 0.04

    def draw(self, paper: Canvas) -> None:
        paper.text(0, paper.height, "\n".join(self.name), size=10.5, weight="bold", va="top", linespacing=1.1)
        paper.text(0, paper.height - self.below, "\n".join(self.words), size=_SIZE, va="top", linespacing=1.12)


def _in_words(series: Turns) -> list[str]:
    """How often the line turns, and the change of the last segment, in parts that are not to be broken."""
    if series.segments.empty:
        return []
    last = series.segments.to_dict("records")[-1]
    count = len(series.joinpoints)
    many = "no joinpoint" if not count else "1 joinpoint" if count == 1 else f"{count} joinpoints"
    return [f"{many};", f"{turns.years(last)}:", f"{turns.change(last)} a year", turns.limits(last)]


def _kept_whole(parts: list[str], width: float) -> list[str]:
    """Parts in lines, each part on one line."""
    lines: list[str] = []
    for part in parts:
        if lines and style.text_width(f"{lines[-1]} {part}", _SIZE) <= width:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    return lines


def _scale_alone(axes: Axes, top: float, linear_below: float | None) -> None:
    """The scale at the left of a row whose first panel has none."""
    axes.patch.set_visible(False)
    marks.amount_axis(axes, top, log=linear_below is not None, size=9.5, linear_below=linear_below or 1.0)
    axes.spines[:].set_visible(False)
    axes.grid(False)
    axes.set_xticks([])


def _bars(paper: Canvas, series: Turns, first: int, last: int) -> None:
    per_year = paper.width / (last + 1 - first)
    for row in series.segments.to_dict("records"):
        start, end = ((row[side] - first) * per_year for side in ("start", "end"))
        paper.add(Rectangle((start + 0.02, 0.05), max(end - start - 0.04, 0.02), _BAR, **turns.bar(row)))
