"""Parts of figures in inches: what the forms that are not yet redrawn stand on."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import matplotlib.style
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox, BboxTransformFrom, BboxTransformTo, Transform, TransformedBbox

from analysis.plots.colours import (
    BLACK,
    BLUE,
    BORDER,
    CATEGORIES,
    CENSORED,
    CONTEXT,
    FAINT,
    GREEN,
    HIGHLIGHT,
    HIGHLIGHT_PALE,
    INCOMPLETE,
    INK,
    LAND,
    MARKERS,
    MIDDLE,
    MIST,
    MUTED,
    NOT_ASKED,
    ORANGE,
    OUTLINE,
    PALE,
    PURPLE,
    SAND,
    SHADE,
    SKY,
    STONE,
    SUPPRESSED,
    UNKNOWN,
    VERMILLION,
    amounts,
    hatching,
    on,
    readable,
)
from analysis.plots.style import DPI, MARGIN, WIDTH, Footer, _watermark, wrap

__all__ = [
    "BLACK",
    "BLUE",
    "BORDER",
    "CATEGORIES",
    "CENSORED",
    "CONTEXT",
    "FAINT",
    "GREEN",
    "HIGHLIGHT",
    "HIGHLIGHT_PALE",
    "INCOMPLETE",
    "INK",
    "LAND",
    "MARKERS",
    "MIDDLE",
    "MIST",
    "MUTED",
    "NOT_ASKED",
    "ORANGE",
    "OUTLINE",
    "PALE",
    "PURPLE",
    "SAND",
    "SETTINGS",
    "SHADE",
    "SKY",
    "STONE",
    "SUPPRESSED",
    "UNKNOWN",
    "VERMILLION",
    "Canvas",
    "Sheet",
    "amounts",
    "canvas_at",
    "hatching",
    "on",
    "readable",
    "seen_as",
    "sheet",
    "styled",
]
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

SETTINGS: dict[str, object] = {
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "text.color": INK,
    "text.parse_math": False,  # a dollar sign in a title is a dollar sign
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "axes.titley": 1.0,  # where it stands anyway; else every axis is measured to see whether it is in the way
    "grid.color": FAINT,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "hatch.linewidth": 0.8,
    "lines.solid_capstyle": "butt",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


@dataclass(frozen=True)
class Canvas:
    """A rectangle of a figure; (0, 0) is its lower left corner. `inches` turns its inches into pixels."""

    figure: Figure
    width: float
    height: float
    inches: Transform
    edge: TransformedBbox

    def add(self, artist: Artist) -> None:
        """Draw a shape or line given in inches; what lies beyond the edge is cut off, unless its `clip_on` is False."""
        artist.set_transform(self.inches)
        artist.set_clip_box(self.edge)
        self.figure.add_artist(artist)

    def plot(self, x: Sequence[float], y: Sequence[float], **rules) -> None:
        """Draw a line or markers."""
        self.add(Line2D(x, y, **rules))

    def text(self, x: float, y: float, words: str, **rules) -> Text:
        """Write; a text may leave the rectangle."""
        return self.figure.text(x, y, words, transform=self.inches, **rules)


def canvas_at(figure: Figure, left: float, bottom: float, width: float, height: float) -> Canvas:
    """The canvas in a rectangle of a figure; all in inches."""
    across, up = figure.get_size_inches()
    # In shares of the figure, as axes are placed: both then round alike to the next pixel.
    share = Bbox.from_bounds(left / across, bottom / up, width / across, height / up)
    on_page = BboxTransformTo(TransformedBbox(share, figure.transFigure))
    inches = BboxTransformFrom(Bbox.from_bounds(0, 0, width, height)) + on_page
    return Canvas(figure, width, height, inches, TransformedBbox(Bbox.unit(), on_page))


@dataclass(frozen=True)
class Sheet:
    """A figure with title and footer drawn, and the body between them, in inches from its lower left corner."""

    figure: Figure
    left: float
    bottom: float
    width: float
    height: float

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Axes in a rectangle of the body, in inches."""
        across, up = self.figure.get_size_inches()
        return self.figure.add_axes(
            ((self.left + x) / across, (self.bottom + y) / up, max(width, 0.05) / across, max(height, 0.05) / up)
        )

    def canvas(self, x: float, y: float, width: float, height: float) -> Canvas:
        """A rectangle of the body to draw in, in inches."""
        return canvas_at(self.figure, self.left + x, self.bottom + y, width, height)


def styled(draw: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Run a drawing function in the project's style, whatever the reader's own settings are, and leave those alone."""

    @functools.wraps(draw)
    def wrapper(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        with matplotlib.style.context(SETTINGS, after_reset=True):
            return draw(*args, **kwargs)

    return wrapper


def seen_as(form: str) -> Callable[[Callable[Parameters, Figure]], Callable[Parameters, Figure]]:
    """Say of the figures of a drawing function what is seen on them, for `show` to tell; `form` is one sentence."""

    def described(draw: Callable[Parameters, Figure]) -> Callable[Parameters, Figure]:
        @functools.wraps(draw)
        def wrapper(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Figure:
            figure = draw(*args, **kwargs)
            figure.set_label(figure.get_label() or form)
            return figure

        return wrapper

    return described


def sheet(body: float, *, title: str, footer: Footer, subtitle: str = "", width: float = WIDTH) -> Sheet:
    """A new figure whose body is `body` inches high; title and footer are wrapped, and the figure grows with them."""
    room = width - 2 * MARGIN
    title = f"SYNTHETIC · {title}" if footer.synthetic else title
    heading = wrap(title, room, 14, bold=True)
    second = wrap(subtitle, room, 10.5) if subtitle else []
    closing = wrap(footer.text, room, 9)
    top = len(heading) * 0.25 + len(second) * 0.19 + 0.2
    below = len(closing) * 0.165 + 0.16
    height = top + body + below
    figure = Figure(figsize=(width, height), dpi=DPI)
    FigureCanvasAgg(figure)
    x = MARGIN / width
    y = 1 - 0.1 / height
    figure.text(x, y, "\n".join(heading), size=14, weight="bold", va="top", linespacing=1.2, gid="title")
    if second:
        y -= (len(heading) * 0.25 + 0.02) / height
        figure.text(x, y, "\n".join(second), size=10.5, color=MUTED, va="top", linespacing=1.15, gid="subtitle")
    figure.text(x, 0.07 / height, "\n".join(closing), size=9, color=MUTED, va="bottom", linespacing=1.15, gid="footer")
    if footer.synthetic:
        _watermark(figure, width, height)
    return Sheet(figure, MARGIN, below, room, body)
