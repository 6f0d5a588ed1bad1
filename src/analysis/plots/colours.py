"""Colours, markers and hatchings of every figure, and shades for classes of amounts."""

from __future__ import annotations

from collections.abc import Iterable

from matplotlib import colormaps
from matplotlib.colors import to_hex, to_rgb

from bounded.refusal import Refusal

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
    """Whether a reason, status or text says that a number is suppressed: then no form draws it."""
    return reason.startswith("suppressed")


def hatching(reason: str) -> str:
    """The hatching of a row without an estimate, by the word that its reason begins with."""
    if is_suppressed(reason):
        return SUPPRESSED
    return NOT_ASKED if reason.startswith(("not asked", "not studied", "not tested")) else UNKNOWN
