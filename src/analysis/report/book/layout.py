"""How wide the columns of a table are, and whether it needs small type or a page on its side.

Letters are counted, not measured, so that Word file and PDF agree, and every machine with them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from analysis.report.document import Rows

# Letters in a line of a table: a page upright and on its side, in its usual type and in the small one.
UPRIGHT, UPRIGHT_SMALL, SIDEWAYS, SIDEWAYS_SMALL = 100, 118, 158, 186
# Between two columns, in letters; and how much wider than a letter of a long text is one of a short word or a number.
_GAP, _WIDER = 2, 1.2
# Longer words may be broken where a sign stands in them, and identifiers without one anywhere.
LONGEST_WORD = 18
# A row of more lines than these is hard to read across.
_MOST_LINES = 6
BREAK = "\u200b"
_LONG = re.compile(rf"\S{{{LONGEST_WORD + 1},}}")
_SIGN = re.compile(r"(?<=[/_.;:=&?#@+-])(?=[^\W_])")
_RUN = re.compile(rf"[0-9a-f]{{{LONGEST_WORD}}}(?=[0-9a-f])")
_WORDS = re.compile(rf"[\s{BREAK}]+")


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
    """The layout that shows a table with the fewest turns of the page."""
    columns = [_texts(rows, at) for at in range(rows.table.shape[1])]
    least = [_WIDER * max(map(_longest_word, texts)) + _GAP for texts in columns]
    most = [_WIDER * max(map(len, texts)) + _GAP for texts in columns]
    mean = [sum(map(len, texts)) / len(texts) + _GAP for texts in columns]
    line = next(
        (each for each in (UPRIGHT, UPRIGHT_SMALL) if sum(least) <= each and sum(mean) <= _MOST_LINES * each),
        SIDEWAYS if sum(least) <= SIDEWAYS and sum(mean) <= _MOST_LINES * SIDEWAYS else SIDEWAYS_SMALL,
    )
    small, sideways = line in (UPRIGHT_SMALL, SIDEWAYS_SMALL), line in (SIDEWAYS, SIDEWAYS_SMALL)
    if sum(most) <= 0.8 * line:
        return Layout((), small, sideways)
    widths = _shared_out(line, least, most, mean)
    return Layout(tuple(round(width / sum(widths), 4) for width in widths), small, sideways)


def breakable(text: str) -> str:
    """A text in which long identifiers, addresses and digests can be broken, by a sign that is not seen."""
    return _LONG.sub(lambda word: _RUN.sub(rf"\g<0>{BREAK}", _SIGN.sub(BREAK, word[0])), text)


def _texts(rows: Rows, at: int) -> list[str]:
    """What a column holds, its heading first."""
    return [str(rows.table.columns[at]), *(str(value) for value in rows.table.iloc[:, at])]


def _longest_word(text: str) -> int:
    return max((len(word) for word in _WORDS.split(breakable(text))), default=0)


def _shared_out(line: float, least: list[float], most: list[float], mean: list[float]) -> list[float]:
    """A line shared out by how much stands in each column; none is narrower than its longest word, or left half empty."""
    few, many = 0.0, line
    for _ in range(40):
        share = (few + many) / 2
        widths = [max(low, min(high, share * want)) for low, high, want in zip(least, most, mean, strict=True)]
        few, many = (few, share) if sum(widths) > line else (share, many)
    return widths
