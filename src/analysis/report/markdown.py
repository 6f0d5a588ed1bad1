"""Data as Markdown: text whose signs are no markup, and tables whose columns share the line."""

from __future__ import annotations

import math
import re
from collections.abc import Collection

import pandas as pd

_SIGNS = re.compile(r"([\\`*_{}\[\]<>#+\-.!|~^$@\"'()=:&])")
_LINK = re.compile(r"\[((?:[^\[\]\\]|\\.)*)\](?:\((?:[^()\\]|\\.)*\))?(?:\{[^}]*\})?")
# All but no-break spaces, which keep the digits of a number together.
_BLANKS = re.compile(r"[^\S\u00a0\u202f]+")
# Letters of a line, and of the narrowest column.
_LINE, _NARROWEST = 100, 8
# Longer words are broken where a sign stands in them.
_LONGEST_WORD = 18


# What stands before a statement that follows from synthetic data.
SYNTHETIC = "[SYNTHETIC]{.synthetic} "


def escaped(text: object) -> str:
    """A text that Markdown reads as it stands, on one line."""
    return _SIGNS.sub(r"\\\1", _on_one_line(text))


def _on_one_line(text: object) -> str:
    return _BLANKS.sub(" ", str(text)).strip()


def link(text: object, target: str, anchor: str = "") -> str:
    """A text that leads to a target; without one, the text, which then may be an anchor itself."""
    said = f"[{escaped(text)}]"
    if target:
        return f"{said}({target})"
    return f"{said}{{#{anchor}}}" if anchor else escaped(text)


def plain(markdown: str) -> str:
    """Inline Markdown as the letters that a reader sees."""
    return re.sub(r"\\(.)", r"\1", _LINK.sub(r"\1", markdown))


def picture(target: str, caption: str, alt: str, pixels: tuple[int, int], width: int, anchor: str = "") -> str:
    """A picture with its caption, as a block of its own.

    Parameters
    ----------
    target : its file. caption : inline Markdown. alt : what it shows, as text.
    pixels : width and height. width : per cent of a line. anchor : of the picture, if it has one.
    """
    quoted = alt.replace("\\", "\\\\").replace('"', '\\"')
    size = f'width="{width}%" pixels_wide={pixels[0]} pixels_high={pixels[1]}'
    return f'![{caption}]({target}){{{f"#{anchor} " if anchor else ""}alt="{quoted}" {size}}}'


def table(rows: pd.DataFrame, *, caption: str = "", anchor: str = "", numeric: Collection[str] = ()) -> str:
    """A table as a pipe table of Markdown.

    Parameters
    ----------
    rows : cells of inline Markdown; the heads are text. caption : inline Markdown; without it the table has none.
    anchor : of the table, where it has a caption. numeric : heads of the columns that are set to the right.
    """
    heads = [escaped(name) for name in rows.columns]
    cells = [[_on_one_line(cell) or " " for cell in row] for row in rows.itertuples(index=False)]
    shares = _shares([[plain(each) for each in column] for column in zip(heads, *cells, strict=True)])
    rule = [
        f":{'-' * max(3, round(share * _LINE))}" if name not in numeric else f"{'-' * max(3, round(share * _LINE))}:"
        for name, share in zip(rows.columns, shares, strict=True)
    ]
    lines = [f"| {' | '.join(line)} |" for line in (heads, *cells)]
    lines.insert(1, f"|{'|'.join(rule)}|")
    if not caption:
        return "\n".join(lines)
    attributes = f" {{#{anchor}}}" if anchor else ""
    # Above the table, so that a reader knows what it is before its numbers.
    return "\n".join([f": {caption}{attributes}", "", *lines])


def _shares(columns: list[list[str]]) -> list[float]:
    """What of a line each column gets: the longer its texts, the more, and room for its longest word in any case."""
    wanted = []
    for column in columns:
        words = [word for text in column for word in _BLANKS.split(text)]
        longest = min(max(map(len, words), default=1), _LONGEST_WORD)
        mean = sum(map(len, column)) / len(column)
        wanted.append(max(_NARROWEST, longest + 2, 4 * math.sqrt(mean) if mean > _LONGEST_WORD else mean + 2))
    return [each / sum(wanted) for each in wanted]
