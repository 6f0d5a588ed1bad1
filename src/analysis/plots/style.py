"""The one style of every figure: its page with title, key, notes and footer, its colours, and how it is shown.

A `Page` is a matplotlib figure. Its axes are matplotlib's own; constrained layout gives them the room that title, key,
notes and footer leave. The rules of the style stand in `analysis.mplstyle`; colours, markers and hatchings stand here.
"""

from __future__ import annotations

import functools
import io
import itertools
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ParamSpec, cast

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
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.legend import Legend
from matplotlib.patches import Patch
from matplotlib.table import Cell
from matplotlib.text import Text
from matplotlib.textpath import TextToPath
from matplotlib.transforms import Affine2DBase, ScaledTranslation, Transform
from PIL import Image as Picture
from PIL.PngImagePlugin import PngInfo

from analysis.plots import printing
from analysis.plots.printing import say
from analysis.project_files import DRAWN
from bounded import intervals
from bounded.notebook_figure import NotebookFigure
from bounded.refusal import Refusal, require_columns

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
# A marker a category, so that no two differ by colour alone.
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HIGHLIGHT = VERMILLION
MIDDLE = "#4d9ccb"  # between BLUE and white
SAND = "#f3ecd8"  # of a region that is no country
# Greys, from dark to pale: texts, lines, and fills of what is not in question.
INK, OUTLINE, MUTED, CONTEXT = "#1f1f1f", "#4a4a4a", "#5a5a5a", "#8c8c8c"
BORDER, STONE, FAINT, MIST = "#bcbcbc", "#cfcfcf", "#dcdcdc", "#e5e5e5"
SHADE, LAND = "#ececec", "#efefef"

# Each kind of not knowing has a hatching of its own, so that none is taken for another, or for zero.
UNKNOWN, SUPPRESSED, CENSORED = "////", "xxxx", "----"
NOT_ASKED = "||||"
INCOMPLETE = "...."  # of a period whose records are still coming in


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


def palette(names: Iterable[object]) -> dict[str, tuple[str, str]]:
    """Colour and marker of each name, in the order of appearance. Raises Refusal for more than can be told apart."""
    listed = list(dict.fromkeys(map(str, names)))
    if len(listed) > len(CATEGORIES):
        raise Refusal(
            "too_many_series",
            f"{len(listed)} series cannot be told apart in one figure (at most {len(CATEGORIES)}): draw them as "
            "panels, or fewer of them.",
        )
    return dict(zip(listed, zip(CATEGORIES, MARKERS, strict=True), strict=False))


def is_suppressed(reason: str) -> bool:
    """Return True if a reason, status or text says that a number is suppressed: then no form draws it."""
    return reason.startswith("suppressed")


def hatching(reason: str) -> str:
    """The hatching of a row without an estimate, by the word that its reason begins with."""
    if is_suppressed(reason):
        return SUPPRESSED
    return NOT_ASKED if reason.startswith(("not asked", "not studied", "not tested")) else UNKNOWN


STYLE = Path(__file__).with_name("analysis.mplstyle")
FONT = "DejaVu Sans"  # as in the style sheet; matplotlib brings it along
DPI = 110
WIDTH = 8.2  # inches: 902 pixels, so that 11 points stay legible when a page shrinks the figure to 400
MARGIN = 0.15
ROOM = WIDTH - 2 * MARGIN  # inches between the margins
LEAST = 9.0  # points of the smallest text: 14 pixels, which are read at the back of a room with a projector
_KEY = 9.5  # points

Parameters = ParamSpec("Parameters")
_METRICS = TextToPath()
# At which a line may break: all but no-break spaces.
_BLANKS = re.compile(r"[ \t\n]+")
_MEASURED_AT = TextToPath.FONT_SCALE  # points
# Latin letters and signs, Turkish and Portuguese ones among them.
_SIMPLE = re.compile("[ -~\u00a0-\u024f\u2010-\u2026\u2190-\u2265]*")


@dataclass(frozen=True)
class Footer:
    """The statements that every figure makes below itself.

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
        drawn = f" · {say('Boundaries')}: {self.boundaries}" if self.boundaries else ""
        source, period = say("Source: {source}", source=self.source), say("Period: {period}", period=self.period)
        return f"{source} · {period} · n = {n} · {self.limits}{drawn}"


def crediting(footer: Footer, shapes: pd.DataFrame | None) -> Footer:
    """The footer of a map of shapes, whose attribute `credit` says whom to name, if anybody."""
    credit = "" if shapes is None else shapes.attrs.get("credit", "")
    return replace(_required(footer), boundaries=credit) if credit else _required(footer)


def _required(footer: object) -> Footer:
    """The footer; refuses what is none."""
    if isinstance(footer, Footer):
        return footer
    raise Refusal(
        "no_footer", f"`footer` is a plots.Footer(source=…, period=…, n=…, limits=…), not {type(footer).__name__}."
    )


class Page(NotebookFigure):
    """A figure with title, subtitle and footer; between them axes, below those a key and notes.

    Make the axes with `subplots`, draw, add `key` and `note`, and end with `fit`.

    Parameters
    ----------
    title : wrapped to the width; SYNTHETIC stands before it where the footer says so, and a watermark over the figure.
    footer : what stands below everything.
    subtitle : a line in grey below the title: the unit, or what a reader must know first.
    width : inches. aside : inches at the right of the axes where key and notes stand; 0 sets them below the axes.
    """

    def __init__(
        self, *, title: str, footer: Footer, subtitle: str = "", width: float = WIDTH, aside: float = 0.0
    ) -> None:
        footer = _required(footer)
        super().__init__(figsize=(width, 4.0), dpi=DPI)
        self.agg = FigureCanvasAgg(self)
        self.engine = ConstrainedLayoutEngine()
        self.set_layout_engine(self.engine)
        room = width - 2 * MARGIN
        heading = wrap(f"SYNTHETIC · {title}" if footer.synthetic else title, room, 14, bold=True)
        second = wrap(subtitle, room, 10.5) if subtitle else []
        closing = wrap(footer.text, room, LEAST)
        down = 0.1 + 0.25 * len(heading) + 0.02
        self.text(0, 0, "\n".join(heading), size=14, weight="bold", va="top", linespacing=1.2, gid="title",
                  transform=self._corner(MARGIN, -0.1, top=True))  # fmt: skip
        if second:
            self.text(0, 0, "\n".join(second), size=10.5, color=MUTED, va="top", linespacing=1.15, gid="subtitle",
                      transform=self._corner(MARGIN, -down, top=True))  # fmt: skip
        self.text(0, 0, "\n".join(closing), size=LEAST, color=MUTED, va="bottom", linespacing=1.15, gid="footer",
                  transform=self._corner(MARGIN, 0.07))  # fmt: skip
        self.above = down + 0.19 * len(second) + 0.08
        self.below = 0.165 * len(closing) + 0.16
        self.aside, self.down = aside, self.above
        self.synthetic = footer.synthetic
        # Why nothing is drawn on it; a notebook publishes the sentence instead of such a page.
        self.empty = ""

    def key(self, handles: Sequence[Artist], title: str = "") -> Legend | None:
        """A key of marks with their labels below the axes, in as many columns as have room; called after `note`."""
        if not handles:
            return None
        room = self.room
        labels = ["\n".join(wrap(str(handle.get_label()), room - 0.6, _KEY)) for handle in handles]
        columns = _columns(labels, room)
        # matplotlib fills columns from the top down, and a key is read along its rows.
        order = [place for column in range(columns) for place in range(column, len(labels), columns)]
        title = "\n".join(wrap(title, room, _KEY)) if title else ""
        key = self.legend(handles=[handles[at] for at in order], labels=[labels[at] for at in order], ncols=columns,
                          loc="upper left" if self.aside else "lower left", title=title or None, alignment="left",
                          bbox_to_anchor=(0, 0), bbox_transform=self._place)  # fmt: skip
        key.set_gid("key")
        self._take(key.get_window_extent(self.agg.get_renderer()).height / self.dpi + 0.1)
        return key

    def note(self, text: str) -> None:
        """A paragraph in grey above the footer: what is not drawn, and how many."""
        if text:
            lines = wrap(text, self.room, LEAST if self.aside else 9.5)
            self.text(0, 0, "\n".join(lines), size=LEAST if self.aside else 9.5, linespacing=1.15, gid="note",
                      va="top" if self.aside else "bottom", transform=self._place)  # fmt: skip
            self._take((0.147 if self.aside else 0.17) * len(lines) + 0.08)

    @property
    def room(self) -> float:
        """Inches of a line of the key and of notes."""
        return self.aside - 0.12 if self.aside else self.get_figwidth() - 2 * MARGIN

    @property
    def _place(self) -> Transform:
        """Where the next of key and notes begins: its lower left corner, or at the side its upper one."""
        if self.aside:
            return self._corner(self.get_figwidth() - MARGIN - self.room, -self.down, top=True)
        return self._corner(MARGIN, self.below)

    def _take(self, inches: float) -> None:
        if self.aside:
            self.down += inches
        else:
            self.below += inches

    def fit(self, tall: float, lowest: float | None = None) -> Page:
        """Grow or shrink the page until the axes of its first column are together `tall` inches high.

        What stands around them (names, numbers, headings) has the room that it needs. The layout is final then:
        positions of axes may be read, and texts placed by them.

        Parameters
        ----------
        lowest : inches to which the axes may be lowered where the page would else be too high to be printed.
        """
        tall = max(tall, self.down - self.above - 0.05) if self.aside else tall
        lowest = tall if lowest is None else lowest
        # What stands around a map is measured rightly where the map fills its room, whatever its aspect.
        maps = {axes: axes.get_aspect() for axes in self.axes if axes.get_aspect() != "auto"}
        for axes in maps:
            axes.set_aspect("auto")
        height = self.above + self.below + tall + 4.0  # room for names and heads, however long
        self._lay_out(height)
        for axes, aspect in maps.items():
            axes.set_aspect(aspect)
        placed = [
            (axes, place.rowspan.start, axes.get_position(original=True).bounds)
            for axes in self.axes
            if (place := axes.get_subplotspec()) is not None
        ]
        rows = {row: high for _, row, (*_, high) in placed}
        over = height + tall - sum(rows.values()) * height - printing.highest()
        tall = max(tall - max(over, 0.0), min(lowest, tall))
        # What stands around axes keeps its inches, so that each row grows by as much: no second layout is needed.
        grow = (tall - sum(rows.values()) * height) / len(rows)
        self.set_layout_engine("none")
        new = height + grow * len(rows)
        self.set_size_inches(self.get_figwidth(), new)
        for axes, row, (x, y, wide, high) in placed:
            below = sum(other > row for other in rows)
            axes.set_position((x, (y * height + grow * below) / new, wide, (high * height + grow) / new))
        if self.synthetic:
            _watermark(self, *self.get_size_inches())
        return self

    def _repr_png_(self) -> bytes:
        return png(self)

    def _lay_out(self, height: float) -> None:
        width, _ = self.get_size_inches()
        self.set_size_inches(width, height)
        share = self.below / height
        wide = 1 - (2 * MARGIN + self.aside) / width
        self.engine.set(rect=(MARGIN / width, share, wide, 1 - share - self.above / height))
        self.engine.execute(self)

    def _corner(self, x: float, y: float, top: bool = False) -> Transform:
        """Inches from the lower left corner, or from the upper one."""
        at = ScaledTranslation(x, y, self.dpi_scale_trans)
        return at + ScaledTranslation(0, 1, cast(Affine2DBase, self.transFigure)) if top else at


def _columns(labels: Sequence[str], room: float) -> int:
    """The number of columns of a key that have room side by side."""
    widths = [0.48 + text_width(label, _KEY) for label in labels]
    for columns in range(min(len(widths), 6), 1, -1):
        if sum(max(widths[column::columns]) for column in range(columns)) + 0.17 * (columns - 1) <= room:
            return columns
    return 1


def hatched_field(label: str, hatch: str, edge: str = MUTED) -> Patch:
    """A white field of the key with the hatching of a kind of not knowing."""
    return Patch(facecolor="white", edgecolor=edge, hatch=hatch, lw=0.8, label=label)


def form(seen: str) -> Callable[[Callable[Parameters, Figure]], Callable[Parameters, Figure]]:
    """Make a drawing function a form of plot: it draws in the style, whatever the reader's own settings are.

    Parameters
    ----------
    seen : one sentence on what is seen on its figures, which `show` adds to their alternative text.
    """

    def described(draw: Callable[Parameters, Figure]) -> Callable[Parameters, Figure]:
        @functools.wraps(draw)
        def wrapper(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Figure:
            with matplotlib.style.context(STYLE, after_reset=True):
                figure = draw(*args, **kwargs)
            figure.set_label(figure.get_label() or say(seen))
            return figure

        return wrapper

    return described


def nothing(*, title: str, footer: Footer, subtitle: str = "", text: str = "") -> Figure:
    """The figure of an empty table: it says that nothing was found, which does not mean that nothing happened."""
    text = text or say("no figure found")
    with matplotlib.style.context(STYLE, after_reset=True):
        page = Page(title=title, footer=footer, subtitle=subtitle)
        mark_unknown(page.subplots(), "\n".join(wrap(text, ROOM - 0.6, 12)))
        page.fit(2.0)
    page.empty = text
    page.set_label(say("A hatched field with the words: {text}.", text=text.rstrip(".")))
    return page


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
    """True if the figure carries the watermark."""
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
    with matplotlib.style.context(STYLE, after_reset=True):
        drawn.draw()
    # No part of a figure is transparent. Level 3 is as fast as 1 and the smallest of the fast ones.
    picture = Picture.frombuffer("RGBA", drawn.get_width_height(), drawn.buffer_rgba()).convert("RGB")
    notes = PngInfo()
    # Ticks have their labels since the figure was drawn.
    notes.add_itxt(DRAWN, "\n".join(drawn_texts(figure)))
    if is_synthetic(figure):
        notes.add_text("Comment", "SYNTHETIC")
    buffer = io.BytesIO()
    picture.save(buffer, "png", compress_level=3, dpi=(figure.dpi, figure.dpi), pnginfo=notes)
    return buffer.getvalue()


def show(
    figure: Figure,
    name: str,
    alt: str,
    release_class: str = "internal",
    plot: Mapping[str, Any] | None = None,
) -> Image:
    """The figure for a notebook, with the name it will be released under and a text for those who cannot see it.

    Parameters
    ----------
    figure : from any function of this package.
    name : small letters, digits and underscores; a synthetic figure's name gets the suffix ``_SYNTHETIC``.
    alt : one or two sentences: what is drawn, and what it shows. What is seen follows, where the figure says it (see
        `form`).
    release_class : its release class; without one it is internal.
    plot : what it was drawn from, as data.

    Returns
    -------
    Image (PNG) whose output metadata hold ``name``, ``alt``, ``release_class``, ``plot`` where it is given, and
    ``kind`` = "synthetic" where it is.

    Raises
    ------
    ValueError : the name has other characters, or `alt` is empty.
    """
    metadata: dict[str, Any] = {"release_class": release_class}
    metadata |= released_as(name, alt, "figure", is_synthetic(figure)) | ({"plot": plot} if plot else {})
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


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Width of the widest line of a text, in inches."""
    drawn = round(size * DPI / 72) * 72 / DPI  # letters are as wide as those of a whole number of pixels
    return max(_line_width(line, bold) for line in text.split("\n")) * (drawn / _MEASURED_AT) / 72 * 1.02


def _line_width(line: str, bold: bool) -> float:
    """Width of a line at `_MEASURED_AT` points, from the widths of pairs of its letters.

    matplotlib measures a line by drawing each letter again, which takes thirty times as long.
    """
    # Three letters can be one sign ("ffi"), and letters of other scripts can change by all that stand around them.
    if len(line) < 3 or "ff" in line or not _SIMPLE.fullmatch(line):
        return _measured(line, bold)
    return _measured(line[0], bold) + sum(map(_further, line, line[1:], itertools.repeat(bold)))


@functools.cache
def _further(letter: str, following: str, bold: bool) -> float:
    """The width that a letter adds to a line after another letter."""
    return _measured(letter + following, bold) - _measured(letter, bold)


@functools.cache
def _measured(text: str, bold: bool) -> float:
    font = FontProperties(family=FONT, size=_MEASURED_AT, weight="bold" if bold else "normal")
    return _METRICS.get_text_width_height_descent(text, font, False)[0]


def wrap(text: str, width: float, size: float, bold: bool = False) -> list[str]:
    """Break a text into lines no wider than `width` inches; a word that is wider by itself is broken too."""
    lines: list[str] = []
    line = ""
    for word in filter(None, _BLANKS.split(text)):
        longer = f"{line} {word}".lstrip()
        if text_width(longer, size, bold) <= width:
            line = longer
            continue
        lines += [line] if line else []
        while len(word) > 1 and text_width(word, size, bold) > width:
            letters = range(len(word) - 1, 0, -1)
            part = next(n for n in letters if n == 1 or text_width(word[:n], size, bold) <= width)
            lines.append(word[:part])
            word = word[part:]
        line = word
    return [*lines, line] if line or not lines else lines


def spread(wanted: Sequence[float], lengths: Sequence[float], first: float, last: float) -> list[float]:
    """Middles of texts along a line, ascending, as near to the wanted ones as their lengths allow."""
    middles: list[float] = []
    edge = first
    for middle, length in zip(wanted, lengths, strict=True):
        middles.append(max(middle, edge + length / 2))
        edge = middles[-1] + length / 2
    edge = max(last, first + sum(lengths))
    for place in range(len(middles) - 1, -1, -1):
        middles[place] = min(middles[place], edge - lengths[place] / 2)
        edge = middles[place] - lengths[place] / 2
    return middles


def number(value: float) -> str:
    """A number as people write it, with up to three significant digits: 1,234; 12.5; 3; 0.056."""
    if not math.isfinite(value):
        return "∞" if value > 0 else say("unknown")
    if value == 0 or abs(value) >= 100:
        return printing.written(f"{value:,.0f}")
    text = f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"
    return printing.written(text.rstrip("0").rstrip("."))


def with_level(table: pd.DataFrame | None, confidence: float, word: str) -> str:
    """Return "95 % interval": a word after the level that a table states in `confidence`, else after the given."""
    stated = intervals.confidence_level(table) if table is not None else ""
    return say(f"{{level}} {word}", level=printing.written(stated or intervals.percent(confidence)))


def require(table: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise Refusal if a table lacks a column that the figure needs."""
    require_columns(table, list(columns), "rows to draw")


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
