"""How wide pictures and the columns of tables are, and which tables need small type or a page on its side.

Letters are counted, not measured, so that Word file and PDF agree, and every machine with them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from analysis.report.document import Picture, Rows

# The text of a page upright: its width, and what of its height a picture may take. As many pixels stand on a millimetre
# as bring the figures' small type to the size of a footnote; a picture of few pixels is not blown up.
MEASURE_MM, _HIGHEST_MM, _PIXELS_PER_MM = 160.0, 200.0, 5.6
# Between two columns, in letters; and by how much a letter of a word by itself is wider than one of a long text.
_GAP, _WIDER = 2, 1.15
# Longer words may be broken where a sign stands in them, and identifiers without one anywhere.
LONGEST_WORD = 16
# Parts of a line in which the height of a cell is counted: whole numbers, which are the same on every machine.
_PARTS = 64
BREAK = "\u200b"
_LONG = re.compile(rf"\S{{{LONGEST_WORD + 1},}}")
_SIGN = re.compile(r"(?<=[/_.;:=&?#@+-])(?=[^\W_])")
_RUN = re.compile(rf"[0-9a-f]{{{LONGEST_WORD}}}(?=[0-9a-f])")
# Spaces at which a line is broken: those within a number are none.
_WORDS = re.compile(rf"[ \t\r\n{BREAK}]+")


@dataclass(frozen=True)
class _Page:
    """A way to set a table: letters in a line, points of a line's height, points of the page's, and how it is liked."""

    line: int
    leading: float
    height: float
    small: bool
    sideways: bool
    # What it takes more than this is what another way must save, as small type and turned pages tire.
    tiring: float


PAGES = (
    *(_Page(104, 11.0, 690, False, False, 1.0), _Page(122, 9.4, 690, True, False, 1.1)),
    *(_Page(165, 11.0, 470, False, True, 1.2), _Page(193, 9.4, 470, True, True, 1.3)),
)
_PADDING = 7.0  # points above and below the text of a row


@dataclass(frozen=True)
class Layout:
    """How a table is set.

    Parameters
    ----------
    shares : of the line, one a column; none where the columns may be as wide as what they hold.
    small : whether in small type. sideways : whether on a page on its side.
    """

    shares: tuple[float, ...]
    small: bool
    sideways: bool


def layout(rows: Rows) -> Layout:
    """The layout in which a table takes the fewest pages, upright and in the usual type if that costs little more."""
    columns = [_texts(rows, at) for at in range(rows.table.shape[1])]
    lengths = np.array([[len(text) for text in texts] for texts in columns], dtype=np.int64).reshape(len(columns), -1)
    least = [max(1, math.ceil(_WIDER * max(map(_longest_word, texts)))) for texts in columns]
    gaps = _GAP * len(columns)
    fitting = [page for page in PAGES if sum(least) + gaps <= page.line] or [PAGES[-1]]
    ways = [(page, _widths(lengths, least, page.line - gaps)) for page in fitting]
    page, widths = min(ways, key=lambda way: way[0].tiring * max(1.0, _pages(lengths, *way)))
    if _WIDER * int(lengths.max(axis=1).sum()) + gaps <= 0.8 * page.line:
        return Layout((), page.small, page.sideways)
    whole = sum(widths) + gaps
    return Layout(tuple(round((width + _GAP) / whole, 4) for width in widths), page.small, page.sideways)


def width_mm(picture: Picture) -> float:
    """How wide a picture is printed, in millimetres."""
    width, height = (int.from_bytes(picture.png[at : at + 4], "big") for at in (16, 20))
    return min(MEASURE_MM, width / _PIXELS_PER_MM, _HIGHEST_MM * width / height)


def breakable(text: str) -> str:
    """A text in which long identifiers, addresses and digests can be broken, by a sign that is not seen."""
    return _LONG.sub(lambda word: _RUN.sub(rf"\g<0>{BREAK}", _SIGN.sub(BREAK, word[0])), text)


def _texts(rows: Rows, at: int) -> list[str]:
    """What a column holds, its heading first."""
    return [str(rows.table.columns[at]), *(str(value) for value in rows.table.iloc[:, at])]


def _longest_word(text: str) -> int:
    return max((len(word) for word in _WORDS.split(breakable(text))), default=0)


def _widths(lengths: np.ndarray, least: list[int], line: int) -> list[int]:
    """A line shared out, letter by letter to the column whose cells become lower by it.

    Parameters
    ----------
    lengths : letters of each cell, a row for each column. least : width of each column's longest word.
    line : letters in it, without the gaps.
    """
    widths = list(least)
    heights = [_height(column, width) for column, width in zip(lengths, widths, strict=True)]
    saved = [now - _height(column, width + 1) for now, column, width in zip(heights, lengths, widths, strict=True)]
    for _ in range(line - sum(widths)):
        at = saved.index(max(saved))
        if not saved[at]:
            break
        widths[at] += 1
        heights[at] -= saved[at]
        saved[at] = heights[at] - _height(lengths[at], widths[at] + 1)
    return widths


def _height(column: np.ndarray, width: int) -> int:
    """How high the cells of a column are, the higher ones counting for more; below one line nothing is saved."""
    parts = np.maximum(_PARTS, -(-_PARTS * column // width))
    return int((parts**3).sum())


def _pages(lengths: np.ndarray, page: _Page, widths: list[int]) -> float:
    """How many pages a table takes."""
    lines = -(-lengths // np.array(widths)[:, None])
    return float((lines.max(axis=0) * page.leading + _PADDING).sum() / page.height)
