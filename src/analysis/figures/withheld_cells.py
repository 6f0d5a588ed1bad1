"""How much of each protected table is published, withheld for being small, and withheld for the sake of others."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.figures import key, style
from analysis.figures.canvas import Canvas
from analysis.figures.levels import TEXT
from analysis.refusal import Refusal

_SIZE = 9.5  # points of the numbers
_ROW = 0.3  # inches of a row whose name takes one line
_LINE = 0.17
_TALL = 0.19  # inches of a bar
_PARTS = ("published", "small", "other")
_OTHER = "...."  # neither unknown nor small
# Of each part: the head of its numbers, its words in the key, and colour, edge and hatching of its bar.
_HEADS = dict(zip(_PARTS, ("published", "small", "others"), strict=True))
_WORDS = dict(
    zip(
        _PARTS,
        ("published", "withheld: too few persons", "withheld: would show others, or all of a group"),
        strict=True,
    )
)
_LOOKS = {
    "published": (style.BLUE, style.BLUE, ""),
    "small": ("white", style.MUTED, style.SUPPRESSED),
    "other": ("white", style.INK, _OTHER),
}


@style.styled
def withheld_cells(by_table: pd.DataFrame, *, title: str, footer: style.Footer, subtitle: str = "") -> Figure:
    """A bar of full width for each table, parted by what became of its cells, with the numbers of cells beside it.

    For those who keep the data: who knows which tables have small cells knows something of them.

    Parameters
    ----------
    by_table : one row a table, drawn in their order: table (its name), cells, small (withheld since they count too few
        persons), other (withheld for any other reason); whole numbers from 0.

    Raises
    ------
    ValueError : a column is missing, a number is missing, negative or broken, a table stands twice, or more cells are
        withheld than there are.
    """
    if by_table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text="no table found")
    rows = _checked(by_table)
    width = style.WIDTH - 2 * style.MARGIN
    names = [style.wrap(name, 2.6, TEXT) for name in rows["table"]]
    left = max(style.text_width(line, TEXT) for lines in names for line in lines) + 0.14
    columns = [
        max(style.text_width(_HEADS[part], _SIZE), style.text_width(f"{rows[part].max():,}", _SIZE)) + 0.16
        for part in _PARTS
    ]
    inches = width - left - sum(columns) - 0.02
    ends = width - 0.02 - (sum(columns) - np.cumsum(columns))
    listed = [key.patch(_WORDS[part], *_LOOKS[part]) for part in _PARTS if rows[part].any() or part == "published"]
    heights = [_ROW + _LINE * (len(lines) - 1) for lines in names]
    tall = sum(heights)
    below = key.height(listed, width) + 0.14
    page = style.sheet(0.27 + tall + below, title=title, footer=footer, subtitle=subtitle)
    paper = page.canvas(0, below, width, tall)
    paper.text(left, tall + 0.06, "share of the cells", size=_SIZE, color=style.MUTED, va="bottom", gid="head")
    for part, end in zip(_PARTS, ends, strict=True):
        paper.text(end, tall + 0.06, _HEADS[part], size=_SIZE, color=style.MUTED, ha="right", va="bottom", gid="head")
    y = tall
    for row, lines, height in zip(rows.to_dict("records"), names, heights, strict=True):
        y -= height
        middle = y + height / 2
        paper.text(left - 0.12, middle, "\n".join(lines), size=TEXT, ha="right", linespacing=1.05, gid="label:table",
                   va="center" if len(lines) > 1 else "center_baseline")  # fmt: skip
        _bar(paper, row, left, middle, inches)
        for part, end in zip(_PARTS, ends, strict=True):
            paper.text(
                end, middle, f"{row[part]:,}", size=_SIZE, ha="right", va="center_baseline", gid=f"number:{part}"
            )
    key.draw(page, listed, x=0, top=below - 0.14, width=width)
    return page.figure


def _checked(by_table: pd.DataFrame) -> pd.DataFrame:
    style.require(by_table, ("table", "cells", "small", "other"))
    rows = by_table[["table"]].astype(str).reset_index(drop=True)
    for name in ("cells", "small", "other"):
        counts = pd.to_numeric(by_table[name]).astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        wrong = ~((counts >= 0) & (counts == np.floor(counts)))
        if wrong.any():
            raise Refusal(
                "invalid_count",
                f"'{name}' of '{rows['table'][int(np.flatnonzero(wrong)[0])]}' is missing, negative or broken: give a "
                f"whole number of cells from 0.",
            )
        rows[name] = counts.astype(int)
    if rows["table"].duplicated().any():
        raise Refusal(
            "duplicate_row",
            f"'{rows.loc[rows['table'].duplicated(), 'table'].iloc[0]}' stands twice: give one row each.",
        )
    rows["published"] = rows["cells"] - rows["small"] - rows["other"]
    if (rows["published"] < 0).any():
        first = rows.loc[rows["published"] < 0, "table"].iloc[0]
        raise Refusal(
            "part_exceeds_whole", f"'{first}' has more cells withheld than it has cells: count each withheld cell once."
        )
    return rows


def _bar(paper: Canvas, row: dict, x: float, y: float, inches: float) -> None:
    """The cells of a table, parted; of a table without cells, an empty frame."""
    corner = y - _TALL / 2
    at = x
    for part in _PARTS:
        wide = inches * row[part] / row["cells"] if row["cells"] else 0.0
        if wide:
            face, edge, hatch = _LOOKS[part]
            paper.add(Rectangle((at, corner), wide, _TALL, facecolor=face, edgecolor=edge, hatch=hatch, lw=0.5,
                                gid=f"cells:{part}"))  # fmt: skip
        at += wide
    paper.add(Rectangle((x, corner), inches, _TALL, facecolor="none", edgecolor=style.MUTED, lw=0.8, gid="frame"))
