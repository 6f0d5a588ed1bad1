"""The one look of every figure: colours, hatchings, title and footer, and parts measured in inches.

A part of a figure that is measured in inches: what needs no scale is drawn without axes, which cost more to make.

The one look of every figure: colours, hatchings, the frame with its title and footer, and how it is shown.
"""

from __future__ import annotations

import functools
import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ParamSpec, TypeVar

import matplotlib.style
import pandas as pd
from IPython.display import Image
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.table import Cell
from matplotlib.text import Text
from matplotlib.textpath import TextToPath
from matplotlib.transforms import Bbox, BboxTransformFrom, BboxTransformTo, Transform, TransformedBbox
from PIL import Image as Picture
from PIL.PngImagePlugin import PngInfo

from analysis.project_files import DRAWN
from bounded.refusal import Refusal


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


DPI = 110
WIDTH = 8.2  # inches: 902 pixels, so that 11 points stay legible when a page shrinks the figure to 400
MARGIN = 0.15
LEAST = 9.0  # points of the smallest text: 14 pixels, which are read at the back of a room with a projector

# Okabe and Ito (2008); yellow is left out because it vanishes on white.
BLUE, ORANGE, BLACK, PURPLE, SKY, VERMILLION, GREEN = (
    "#0072B2",
    "#E69F00",
    "#000000",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#009E73",
)
CATEGORIES = (BLUE, ORANGE, BLACK, PURPLE, SKY, VERMILLION, GREEN)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HIGHLIGHT, HIGHLIGHT_PALE = VERMILLION, "#f3b98f"
MIDDLE = "#4d9ccb"  # between BLUE and white
SAND = "#f3ecd8"  # of a region that is no country
# Greys, from dark to pale: texts, lines, and fills of what is not in question.
INK, OUTLINE, MUTED, CONTEXT = "#1f1f1f", "#4a4a4a", "#5a5a5a", "#8c8c8c"
BORDER, STONE, FAINT, MIST = "#bcbcbc", "#cfcfcf", "#dcdcdc", "#e5e5e5"
SHADE, LAND, PALE = "#ececec", "#efefef", "#f4f4f4"

# Each kind of not knowing has a hatching of its own, so that none is taken for another, or for zero.
UNKNOWN, SUPPRESSED, CENSORED = "////", "xxxx", "----"

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

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
_METRICS = TextToPath()


@dataclass(frozen=True)
class Footer:
    """What every figure says below itself.

    Parameters
    ----------
    source : who published the data.
    period : the time they cover, for example "2014-2021".
    n : how many persons, reports or areas are drawn, with their unit: "3,120 detected victims".
    limits : what the figure is not: "Detected, not incidence".
    synthetic : True puts a watermark over the figure, and SYNTHETIC into its title, name and metadata.
    boundaries : whom to credit for the boundaries that are drawn; "" where their licence does not ask for it.

    Raises
    ------
    ValueError : one of the first four is empty.
    """

    source: str
    period: str
    n: str
    limits: str
    synthetic: bool = False
    boundaries: str = ""

    def __post_init__(self) -> None:
        empty = [part for part in ("source", "period", "n", "limits") if not getattr(self, part).strip()]
        if empty:
            raise Refusal(
                "missing_footer",
                f"A figure may not be shown without its footer: {' and '.join(empty)} is empty. Say it in words.",
            )

    @property
    def text(self) -> str:
        n = re.sub(r"^n\s*=\s*", "", self.n.strip())
        drawn = f" · Boundaries: {self.boundaries}" if self.boundaries else ""
        return f"Source: {self.source} · Period: {self.period} · n = {n} · {self.limits}{drawn}"

    def crediting(self, shapes: pd.DataFrame | None) -> Footer:
        """The footer of a map of shapes, whose attribute `credit` says whom to name, if anybody."""
        credit = "" if shapes is None else shapes.attrs.get("credit", "")
        return replace(self, boundaries=credit) if credit else self


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


def nothing(*, title: str, footer: Footer, subtitle: str = "", text: str = "no figure found") -> Figure:
    """The figure of an empty table: it says that nothing was found, which does not mean that nothing happened."""
    page = sheet(2.2, title=title, footer=footer, subtitle=subtitle)
    mark_unknown(page.axes(0.05, 0.1, page.width - 0.1, 2.0), "\n".join(wrap(text, page.width - 0.6, 12)))
    page.figure.set_label(f"A hatched field with the words: {text.rstrip('.')}.")
    return page.figure


def mark_unknown(axes: Axes, text: str, size: float = 12) -> None:
    """Fill axes with the hatching for unknown, and say so."""
    axes.set(xticks=[], yticks=[], xlim=(0, 1), ylim=(0, 1), facecolor="white")
    axes.spines[:].set_visible(False)
    axes.patch.set(hatch=UNKNOWN, edgecolor=FAINT)
    axes.text(
        0.5,
        0.5,
        text,
        size=size,
        color=MUTED,
        ha="center",
        va="center",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 3},
    )


def is_synthetic(figure: Figure) -> bool:
    """Whether the figure carries the watermark."""
    return any(text.get_gid() == "watermark" for text in figure.texts)


def drawn_texts(figure: Figure) -> list[str]:
    """All texts that a figure shows, each once: titles, names of axes and ticks, legends, notes."""
    found: list[str] = []
    left: list[Artist] = [figure]
    while left:
        artist = left.pop()
        if artist.get_visible():
            found += [artist.get_text().strip()] if isinstance(artist, Text) else []
            # The text of a table's cell is no child of it.
            left += [artist.get_text()] if isinstance(artist, Cell) else reversed(artist.get_children())
    return list(dict.fromkeys(filter(None, found)))


def png(figure: Figure) -> bytes:
    """The figure as PNG. The same figure gives the same bytes: no date and no version of any software is written.

    The texts that are drawn stand in the file too (an iTXt chunk, "Drawn text"): letters in pixels cannot be searched
    for what identifies a person.
    """
    drawn = FigureCanvasAgg(figure)
    with matplotlib.style.context(SETTINGS, after_reset=True):
        drawn.draw()
    # No part of a figure is transparent. Level 3 is as fast as 1 and the smallest of the fast ones.
    picture = Picture.frombuffer("RGBA", drawn.get_width_height(), drawn.buffer_rgba()).convert("RGB")
    notes = PngInfo()
    # Ticks have their labels since the figure was drawn.
    notes.add_itxt(DRAWN, "\n".join(drawn_texts(figure)))
    if is_synthetic(figure):
        notes.add_text("Comment", "SYNTHETIC")
    buffer = io.BytesIO()
    picture.save(buffer, "png", compress_level=3, dpi=(DPI, DPI), pnginfo=notes)
    return buffer.getvalue()


def show(figure: Figure, name: str, alt: str, release_class: str = "internal") -> Image:
    """The figure for a notebook, with the name it will be released under and a text for those who cannot see it.

    Parameters
    ----------
    figure : from any function of this package.
    name : small letters, digits and underscores; a synthetic figure's name gets the suffix ``_SYNTHETIC``.
    alt : one or two sentences: what is drawn, and what it shows. What is seen follows, where the figure says it (see
        `seen_as`).
    release_class : its release class; without one it is internal.

    Returns
    -------
    Image (PNG) whose output metadata hold ``name``, ``alt``, ``release_class``, and ``kind`` = "synthetic" where it is.

    Raises
    ------
    ValueError : the name has other characters, or `alt` is empty.
    """
    metadata = {"release_class": release_class} | released_as(name, alt, "figure", is_synthetic(figure))
    return Image(data=png(figure), format="png", alt=_told(alt, figure), metadata=metadata)


def _told(alt: str, figure: Figure) -> str:
    """A text for those who cannot see a figure: what it is about, as a sentence, and what is seen on it."""
    about = alt.strip()
    about = about if about.endswith(("!", "?")) else f"{about.rstrip('.')}."
    return f"{about} {figure.get_label()}".strip()


def released_as(name: str, alt: str, what: str, synthetic: bool) -> dict[str, str]:
    """The name under which a figure or page (`what`) is released, and its kind where it is synthetic, as metadata.

    Raises ValueError if the name has other characters than small letters, digits and underscores, or `alt` is empty.
    """
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise Refusal(
            "invalid_id", f"'{name}' cannot be a {what}'s name: use small letters, digits and underscores only."
        )
    if not alt.strip():
        raise Refusal(
            "missing_alternative_text",
            f"The {what} '{name}' needs an alternative text: say in a sentence what it shows.",
        )
    return {"name": f"{name}_SYNTHETIC", "kind": "synthetic"} if synthetic else {"name": name}


@functools.cache
def text_width(text: str, size: float, bold: bool = False) -> float:
    """Width of the widest line of a text, in inches."""
    font = FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
    return max(_METRICS.get_text_width_height_descent(line, font, False)[0] for line in text.split("\n")) / 72 * 1.02


def wrap(text: str, width: float, size: float, bold: bool = False) -> list[str]:
    """Break a text into lines no wider than `width` inches; a word that is wider by itself is broken too."""
    lines: list[str] = []
    words = text.split()
    while words:
        fits = _fitting(words, width, size, bold)
        if fits or len(words[0]) == 1:
            fits = max(fits, 1)
            lines.append(" ".join(words[:fits]))
            words = words[fits:]
            continue
        word = words[0]
        part = next(n for n in range(len(word) - 1, 0, -1) if n == 1 or text_width(word[:n], size, bold) <= width)
        lines.append(word[:part])
        words[0] = word[part:]
    return lines or [""]


def _fitting(words: Sequence[str], width: float, size: float, bold: bool) -> int:
    """How many of the first words fit into a line; tried from a guess, since to measure a text takes its time."""

    def fits(count: int) -> bool:
        return text_width(" ".join(words[:count]), size, bold) <= width

    guess = 72 * width / (0.55 * size)  # letters
    count = min(max(" ".join(words)[: int(guess)].count(" "), 1), len(words))
    while count and not fits(count):
        count -= 1
    while count < len(words) and fits(count + 1):
        count += 1
    return count


def amounts(classes: int) -> list[str]:
    """Single-hue colours from light to dark, one a class; their lightness falls evenly and survives a grey print."""
    blues = colormaps["Blues"]
    if classes == 1:
        return [to_hex(blues(0.5))]
    return [to_hex(blues(0.13 + 0.82 * step / (classes - 1))) for step in range(classes)]


def on(colour: str) -> str:
    """Ink or white, whichever is read better on a colour."""
    red, green, blue = to_rgb(colour)
    return INK if 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 > 0.2 else "white"


def readable(colour: str) -> str:
    """A darker shade of a colour, for text on white."""
    red, green, blue = to_rgb(colour)
    return to_hex((0.68 * red, 0.68 * green, 0.68 * blue))


def number(value: float) -> str:
    """A number as people write it, with up to three significant digits: 1,234; 12.5; 3; 0.056."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "unknown"
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    text = f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"
    return text.rstrip("0").rstrip(".")


def require(table: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise ValueError if a table lacks a column that the figure needs."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise Refusal(
            "missing_column",
            f"The table to draw lacks {', '.join(missing)}; it has {', '.join(map(str, table.columns))}.",
        )


def _watermark(figure: Figure, width: float, height: float) -> None:
    angle = math.degrees(math.atan2(height, width))
    # The word spans four fifths of the diagonal, less its own height at either end.
    size = 72 * 0.72 * min(math.hypot(width, height) / 7.6, height / 1.6)
    figure.text(
        0.5,
        0.5,
        "SYNTHETIC",
        size=size,
        rotation=angle,
        rotation_mode="anchor",
        ha="center",
        va="center",
        weight="bold",
        color="black",
        alpha=0.13,
        zorder=1000,
        gid="watermark",
    )
