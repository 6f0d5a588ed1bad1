"""The line of swatches that explains a figure's marks: laid out like words, wrapped at the figure's width."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.patches import Circle, FancyArrow, Rectangle

from analysis.plots import style
from analysis.plots.style import Canvas

ROW = 0.23  # inches
_SIZE = 10
_GAP = 0.24


@dataclass(frozen=True)
class Entry:
    """A swatch and its text. `draw` puts the swatch on a canvas, its left end and middle at (x, y)."""

    text: str
    draw: Callable[[Canvas, float, float], None] | None = None
    width: float = 0.26

    @property
    def room(self) -> float:
        return (self.width + 0.07 if self.draw else 0) + style.text_width(self.text, _SIZE) + _GAP


def patch(text: str, facecolor: str = "white", edgecolor: str = style.MUTED, hatch: str = "", **rules) -> Entry:
    """A filled or hatched box."""

    def draw(paper: Canvas, x: float, y: float) -> None:
        paper.add(
            Rectangle(
                (x, y - 0.065), 0.26, 0.13, facecolor=facecolor, edgecolor=edgecolor, hatch=hatch, lw=0.8, **rules
            )
        )

    return Entry(text, draw)


def dot(text: str, colour: str = style.INK, marker: str = "o", filled: bool = True) -> Entry:
    """A marker, filled or open."""

    def draw(paper: Canvas, x: float, y: float) -> None:
        face = colour if filled else "white"
        paper.plot([x + 0.07], [y], marker=marker, ms=7, mfc=face, mec=colour, mew=1.4, ls="none")

    return Entry(text, draw, 0.14)


def line(text: str, colour: str = style.INK, width: float = 2.0, upright: bool = False, dashes: str = "-") -> Entry:
    """A line, level or upright, as intervals are drawn."""

    def draw(paper: Canvas, x: float, y: float) -> None:
        along = ([x + 0.06, x + 0.06], [y - 0.08, y + 0.08]) if upright else ([x, x + 0.26], [y, y])
        paper.plot(*along, color=colour, lw=width, ls=dashes)

    return Entry(text, draw, 0.12 if upright else 0.26)


def arrow(text: str, colour: str = style.INK, width: float = 0.02, up: bool = False, filled: bool = True) -> Entry:
    """An arrow, level or upwards."""

    def draw(paper: Canvas, x: float, y: float) -> None:
        start, step = ((x + 0.07, y - 0.09), (0, 0.19)) if up else ((x, y), (0.32, 0))
        head = 1.5 * width + 0.09
        paper.add(
            FancyArrow(
                *start,
                *step,
                width=width,
                head_width=head,
                head_length=min(head, 0.16),
                length_includes_head=True,
                facecolor=colour if filled else "white",
                edgecolor=colour,
                lw=0.8,
                clip_on=False,
            )
        )

    return Entry(text, draw, 0.14 if up else 0.32)


def ring(text: str, colour: str = style.INK) -> Entry:
    """A ring, as flows within one place are drawn."""

    def draw(paper: Canvas, x: float, y: float) -> None:
        paper.add(Circle((x + 0.1, y), 0.07, facecolor="none", edgecolor=colour, lw=2))

    return Entry(text, draw, 0.2)


def height(entries: Sequence[Entry], width: float, heading: str = "") -> float:
    """Inches that the entries take, wrapped at `width` inches."""
    return ROW * len(_rows(entries, width, heading))


def draw(
    sheet: style.Sheet, entries: Sequence[Entry], *, x: float, top: float, width: float, heading: str = ""
) -> None:
    """Draw the entries below `top` inches of the sheet's body."""
    rows = _rows(entries, width, heading)
    if not rows:
        return
    tall = ROW * len(rows)
    paper = sheet.canvas(x, top - tall, width, tall)
    for place, row in enumerate(rows):
        at, middle = 0.0, tall - ROW * (place + 0.5)
        for entry in row:
            if entry.draw:
                entry.draw(paper, at, middle)
            indent = entry.width + 0.07 if entry.draw else 0
            paper.text(at + indent, middle - 0.005, entry.text, size=_SIZE, va="center_baseline", ha="left")
            at += entry.room


def _rows(entries: Sequence[Entry], width: float, heading: str) -> list[list[Entry]]:
    rows: list[list[Entry]] = [[Entry(part)] for part in style.wrap(heading, width, _SIZE)] if heading else []
    used = width  # the first entry opens a row of its own, below the heading
    for entry in entries:
        if used + entry.room - _GAP > width:
            rows.append([])
            used = 0.0
        rows[-1].append(entry)
        used += entry.room
    return rows
