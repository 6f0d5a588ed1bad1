"""Origin-destination tables as heat maps with classed colours and the numbers in the cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.plots import key, style
from analysis.plots.choropleth import class_breaks, class_labels, class_of
from bounded.refusal import Refusal

_WIDEST = 0.9  # inches of a cell


@style.seen_as("Grids with a row for each origin and a column for each destination, darker where there are more.")
@style.styled
def heat_pair(
    left: pd.DataFrame,
    right: pd.DataFrame,
    *,
    titles: tuple[str, str],
    title: str,
    footer: style.Footer,
    rows: str = "origin",
    columns: str = "destination",
    value: str = "count",
    label: str = "text",
    row_order: Sequence[str] | None = None,
    column_order: Sequence[str] | None = None,
    subtitle: str = "",
    unit: str = "",
) -> Figure:
    """Two heat maps with the same rows, columns and classes: side by side where they fit, else one above the other.

    One cell a pair, coloured by class, its number printed; hatched where unknown, blank where none.

    Parameters
    ----------
    left, right : one row a pair: the columns named by `rows`, `columns`, `value` (a count from 0 up; missing = unknown)
        and, if it is there, `label` (the text of the cell: "<5", "12-20").
    titles : one a table.
    row_order, column_order : the order; by default that of appearance.
    unit : what is counted, for the key.
    """
    orders = (row_order, column_order)
    return _draw([left, right], list(titles), title, footer, rows, columns, value, label, orders, subtitle, unit)


@style.seen_as("A grid with a row for each origin and a column for each destination, darker where there are more.")
@style.styled
def heat(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    rows: str = "origin",
    columns: str = "destination",
    value: str = "count",
    label: str = "text",
    row_order: Sequence[str] | None = None,
    column_order: Sequence[str] | None = None,
    subtitle: str = "",
    unit: str = "",
) -> Figure:
    """One heat map, as each of `heat_pair` is drawn; see there for the parameters."""
    orders = (row_order, column_order)
    return _draw([table], [""], title, footer, rows, columns, value, label, orders, subtitle, unit)


def _draw(
    tables: list[pd.DataFrame],
    titles: list[str],
    title: str,
    footer: style.Footer,
    rows: str,
    columns: str,
    value: str,
    label: str,
    orders: tuple[Sequence[str] | None, Sequence[str] | None],
    subtitle: str,
    unit: str,
) -> Figure:
    filled = [table for table in tables if len(table)]
    if not filled:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    for table in filled:
        style.require(table, (rows, columns, value))
    across, down = (
        [str(name) for name in order]
        if order is not None
        else list(dict.fromkeys(pd.concat([t[column] for t in filled]).astype(str)))
        for order, column in ((orders[1], columns), (orders[0], rows))
    )
    cells = [_cells(table, rows, columns, value, label) for table in tables]
    values = [amount for table in cells for amount, _ in table.values() if np.isfinite(amount)]
    breaks = class_breaks(values)
    shades = style.amounts(max(len(breaks) - 1, 1))
    width = style.WIDTH - 2 * style.MARGIN
    corner = f"{rows.replace('_', ' ')} ↓"
    left = max(*(style.text_width(name, 10) for name in down), style.text_width(corner, 9)) + 0.1
    need = _widest(cells)
    beside = len(tables) == 2 and left + 2 * len(across) * max(need, 0.34) + 0.3 <= width
    grids = 2 if beside else 1
    cell = min(_WIDEST, (width - left - 0.25 * (grids - 1)) / (grids * len(across)))
    tall = 0.25 if len(tables) == 2 and not beside and len(down) > 10 else max(0.27, min(0.34, cell))
    if style.LEAST * need > 9.5 * cell:
        # Bounds that are too wide for a cell stand below each other, rather than in letters that nobody reads.
        cells = [{at: (amount, text.replace("–", "–\n")) for at, (amount, text) in table.items()} for table in cells]
        need, tall = _widest(cells), max(tall, 0.36)
    size = min(9.5, max(style.LEAST, 9.5 * cell / need))
    slanted = any(style.text_width(name, 10) > cell - 0.06 for name in across)
    heads = max(style.text_width(name, 10) for name in across) + 0.08 if slanted else 0.24
    caption = 0.28 if any(titles) else 0.0
    block = caption + 0.22 + heads + tall * len(down)
    listed = [
        key.patch(text, shade, style.CONTEXT)
        for text, shade in zip(class_labels(breaks, all(v == round(v) for v in values)), shades, strict=False)
    ]
    if any(not np.isfinite(amount) for table in cells for amount, _ in table.values()):
        listed.append(key.patch("unknown", "white", style.CONTEXT, style.UNKNOWN))
    listed.append(key.patch("none recorded", "white", style.FAINT))
    if set(down) & set(across):
        listed.append(key.patch(f"{rows.replace('_', ' ')} = {columns.replace('_', ' ')}", "white", style.INK))
    below = key.height(listed, width, unit) + 0.12
    stacked = len(tables) if not beside else 1
    page = style.sheet(stacked * block + 0.2 * (stacked - 1) + below, title=title, footer=footer, subtitle=subtitle)
    for place, (table, name) in enumerate(zip(cells, titles, strict=True)):
        x = left + (place * (cell * len(across) + 0.25) if beside else 0)
        y = page.height - block - (0 if beside else place * (block + 0.2))
        paper = page.canvas(x, y, cell * len(across), tall * len(down))
        for (origin, destination), (amount, text) in table.items():
            if origin in down and destination in across:
                at = (across.index(destination) * cell, tall * (len(down) - 1 - down.index(origin)))
                known = np.isfinite(amount)
                colour = shades[class_of(amount, breaks)] if known else "white"
                hatch, edge = ("", "white") if known else (style.UNKNOWN, style.CONTEXT)
                paper.add(Rectangle(at, cell, tall, facecolor=colour, edgecolor=edge, hatch=hatch, lw=0.8))
                box = None if known or not text else {"facecolor": "white", "edgecolor": "none", "pad": 1}
                paper.text(
                    at[0] + cell / 2,
                    at[1] + tall / 2,
                    text,
                    size=size,
                    color=style.on(colour),
                    ha="center",
                    va="center" if "\n" in text else "center_baseline",
                    linespacing=1.0,
                    bbox=box,
                )
        for line in range(len(down) + 1):
            paper.plot([0, cell * len(across)], [tall * line] * 2, color=style.FAINT, lw=0.6, zorder=0, clip_on=False)
        for line in range(len(across) + 1):
            paper.plot([cell * line] * 2, [0, tall * len(down)], color=style.FAINT, lw=0.6, zorder=0, clip_on=False)
        for name_twice in [name for name in down if name in across]:  # in order: neighbours share a corner
            at = (across.index(name_twice) * cell, tall * (len(down) - 1 - down.index(name_twice)))
            paper.add(Rectangle(at, cell, tall, facecolor="none", edgecolor=style.INK, lw=1.1, zorder=3))
        top = tall * len(down)
        for line, text in enumerate(across):
            rules = {"rotation": 90, "va": "bottom"} if slanted else {"va": "bottom"}
            paper.text((line + 0.5) * cell, top + 0.06, text, size=10, ha="center", **rules)
        if place == 0 or not beside:
            for line, text in enumerate(down):
                paper.text(-0.07, tall * (len(down) - line - 0.5), text, size=10, ha="right", va="center_baseline")
            paper.text(-0.07, top + 0.06, corner, size=9, color=style.MUTED, ha="right", va="bottom")
        paper.text(0, top + heads + 0.03, f"{columns.replace('_', ' ')} →", size=9, color=style.MUTED, va="bottom")
        if name:
            paper.text(0, top + heads + 0.25, name, size=11, weight="bold", va="bottom")
        if not table:
            paper.text(
                cell * len(across) / 2,
                top / 2,
                "no figure found",
                size=10.5,
                color=style.MUTED,
                ha="center",
                va="center",
            )
    key.draw(page, listed, x=0, top=below - 0.12, width=width, heading=unit)
    return page.figure


def _widest(cells: Sequence[dict[tuple[str, str], tuple[float, str]]]) -> float:
    """Inches that the widest text of a cell takes."""
    return max([style.text_width(text, 9.5) for table in cells for _, text in table.values()], default=0.3) + 0.1


def _cells(
    table: pd.DataFrame, rows: str, columns: str, value: str, label: str
) -> dict[tuple[str, str], tuple[float, str]]:
    """(row, column) -> amount and text. Raises ValueError if a pair stands there twice: it would hide the first one."""
    if not len(table):
        return {}
    twice = table[table.duplicated([rows, columns])]
    if len(twice):
        pair = twice.iloc[0]
        raise Refusal(
            "duplicate_row",
            f"The pair {pair[rows]} - {pair[columns]} stands in the table twice: add its rows up first.",
        )
    amounts = table[value].astype(float).tolist()
    texts = table[label].tolist() if label in table.columns else [None] * len(table)
    return {
        (str(row), str(column)): (
            amount,
            str(text) if pd.notna(text) else style.number(amount) if np.isfinite(amount) else "",
        )
        for row, column, amount, text in zip(table[rows], table[columns], amounts, texts, strict=True)
    }
