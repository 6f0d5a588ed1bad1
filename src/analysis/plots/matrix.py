"""A grid of rows and columns: each cell has a category or a number, and what is not known is hatched."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from analysis.plots import style
from analysis.plots.printing import say
from analysis.plots.style import LEAST, ROOM, Footer, Page, form, nothing, number, require, text_width, wrap
from bounded.refusal import Refusal

Groups = Sequence[tuple[str, list[str]]]  # headings ("" for none), each with the rows or columns below it

_NAME, _TEXT = 10.0, 9.5  # points of the names of rows and columns, and of what stands in cells
_ROW, _FURTHER, _HEAD = 0.26, 0.165, 0.32  # inches of a row, of each further line of its name, of a group's name
_TOUCHING = 0.155  # inches of a line on a page that has no more room
_NARROW, _WIDE = 0.22, 0.95  # inches of a cell, at least, and at most unless its text is wider
_LONGEST = 2.75  # inches of a row's name
_APART = 0.25  # cells between two groups of columns
_MANY = 24  # rows from which on they stand in two blocks side by side, where there is room


@dataclass(frozen=True)
class Category:
    """A value that a cell may hold.

    Parameters
    ----------
    name : as in the table; stands in the key.
    colour : of the cell.
    sign : written in a cell that has no text of its own, so that its colour is never alone.
    hatch : of the cell; each kind of not knowing has its own, see `colours`.
    """

    name: str
    colour: str = "white"
    sign: str = ""
    hatch: str = ""


Cells = dict[tuple[str, str], tuple[Category, str]]  # row and column -> what the cell holds, and its text

UNKNOWN = Category("unknown", hatch=style.UNKNOWN)
SUPPRESSED = Category("suppressed", hatch=style.SUPPRESSED)
NOT_ASKED = Category("not asked", hatch=style.NOT_ASKED)
NOT_APPLICABLE = Category("not applicable", sign="–")
_USUAL = (UNKNOWN, SUPPRESSED, NOT_ASKED, NOT_APPLICABLE)


def _usual() -> list[Category]:
    """Return what need not be listed, in the language of the figure."""
    return [replace(each, name=say(each.name)) for each in _USUAL]


def ladder(names: Sequence[str], signs: Sequence[str] | None = None) -> list[Category]:
    """Categories in order, from a light shade to a dark one; without `signs` short names or numbers stand in cells."""
    short = all(len(name) <= 4 for name in names)
    given = signs or (names if short else [str(place + 1) for place in range(len(names))])
    return [Category(*made) for made in zip(names, style.amounts(len(names)), given, strict=True)]


@dataclass(frozen=True)
class _Block:
    """Rows that stand below one another: where each begins and how high it is, headings, and all; in inches."""

    rows: dict[str, tuple[float, float]]
    heads: list[tuple[float, str]]
    tall: float


@form("A grid of rows and columns: the shade and sign of a cell tell its category; hatched where it is not known.")
def matrix(
    table: pd.DataFrame,
    *,
    row: str = "row",
    column: str = "column",
    category: str = "category",
    value: str | None = None,
    text: str | None = None,
    row_group: str | None = None,
    column_group: str | None = None,
    row_text: str | None = None,
    categories: Sequence[Category] | None = None,
    breaks: Sequence[float] | None = None,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    column_names: Mapping[str, str] | None = None,
    highlight: str | None = None,
    row_text_label: str = "",
    key_title: str = "",
    note: str = "",
    title: str,
    footer: Footer,
    subtitle: str = "",
) -> Figure:
    """One cell a row and column, in the shade of its category or number, with its text or sign.

    A pair that the table does not hold, or holds without category and number, is unknown: it is no "no", and no zero.
    Many rows of few columns go on in a block beside, columns without room for their signs in a block below.

    Parameters
    ----------
    table : one row a cell. The parameters down to `row_text` name its columns.
    category : the name of one of `categories`; with `value` only where a cell has no number.
    value : a number, in any unit, whose class is the shade; it is written in the cell where there is no `text`.
    text : what is written in a cell instead of its sign, where it fits.
    row_group, column_group : headings above rows and columns.
    row_text : printed at the right of a row, the same in all its cells, below `row_text_label`.
    categories : in the order of the key; by default those of the table from light to dark. Unknown, suppressed, not
        asked and not applicable need not be listed.
    breaks : ascending bounds of the classes of `value`; a class holds its lower one. By default at round numbers.
    rows, columns : what is drawn, in this order; by default all, in the order of appearance.
    column_names : code of a column -> what it stands for, listed below the figure.
    highlight : the row, and column, whose name is bold.
    key_title : what the shades are. note : a paragraph below.

    Returns
    -------
    The figure.

    Raises
    ------
    Refusal : a column is missing, a pair stands twice, a category is not listed or is listed twice, a number lies
        outside the breaks, or a row or column has no group where there are groups.
    """
    if table.empty:
        return nothing(title=title, footer=footer, subtitle=subtitle)
    needed = (row, column, value or category, text, row_group, column_group, row_text)
    require(table, [name for name in needed if name is not None])
    listed, cells = _cells(_tidy(table, row, column, category, value, text), categories, breaks)
    down, across = _groups(table, row, rows, row_group), _groups(table, column, columns, column_group)
    names, heads = _flat(down), _flat(across)
    unknown = next(each for each in listed if each.hatch == style.UNKNOWN)
    shown = {(name, head): cells.get((name, head), (unknown, "")) for name in names for head in heads}
    told = zip(table[row], table[row_text], strict=True) if row_text is not None else ()
    beside = {str(name): str(said) for name, said in told if not pd.isna(said)}

    # What tells a shade without its colour must have room: its sign, or else its text.
    signs = [found.sign or said for found, said in shown.values() if not found.hatch]
    narrow = max([_NARROW, *(text_width(said, LEAST) + 0.04 for said in signs if said)])
    texts = max(narrow, *(text_width(said or " ", _TEXT) + 0.1 for _, said in shown.values()))
    right = max(text_width(said, _TEXT) for said in [*beside.values(), row_text_label or " "]) + 0.12 if beside else 0.0
    words_of_heads = ((word, len(below)) for group, below in across for word in group.split())
    wide = max(_WIDE, texts, *((text_width(word, _TEXT, True) + 0.05) / count for word, count in words_of_heads))
    two = len(names) > _MANY and 2 * (texts * len(heads) + right + 1.7) < ROOM - 0.2
    room = (ROOM - 0.2) / 2 if two else ROOM
    longest = min(_LONGEST, room - texts * len(heads) - right) if two else _LONGEST
    words = {name: wrap(name, longest, _NAME, bold=name == highlight) for name in names}
    left = max(text_width("\n".join(lines), _NAME, name == highlight) for name, lines in words.items()) + 0.1
    most = max(1, int((room - left - right) / narrow))
    chunks, parts = _chunks(across, most), _halves(down) if two else [down]
    units = max(_units(chunk) for chunk in chunks)
    cell = min((room - left - right) / units, wide)
    blocks = [_block(part, words, room - 0.1) for part in parts]
    tall = max(block.tall for block in blocks)

    page = Page(title=title, footer=footer, subtitle=subtitle)
    page.engine.set(wspace=0.03)
    grid = page.subplots(len(chunks), len(parts), squeeze=False)
    # Where cells would be wider than they need, the axes reach beyond them.
    full = units if (room - left - right) / units <= wide else (room - left) / cell
    for chunk, line in zip(chunks, grid, strict=True):
        for block, axes in zip(blocks, line, strict=True):
            axes.set(xlim=(0, full), ylim=(tall, 0))
            axes.spines[:].set_visible(False)
            _draw(axes, block, _places(chunk), shown, cell)
            _name_rows(axes, block, words, highlight)
            _name_columns(axes, chunk, cell, highlight)
            _write_beside(axes, block, beside, row_text_label, min(units / full, 1.0))
    page.note(
        "; ".join(
            say("{code}: {name}", code=code, name=name) for code, name in (column_names or {}).items() if code in heads
        )
    )
    page.note(note)
    page.key(_key([found for found, _ in shown.values()], [*listed, unknown]), key_title)
    page.fit(tall * len(chunks), len(chunks) * max(_lowest(part, words) for part in parts))
    for line in grid:
        for block, axes in zip(blocks, line, strict=True):
            _head_rows(page, axes, block)
    return page


def _tidy(
    table: pd.DataFrame, row: str, column: str, category: str, value: str | None, text: str | None
) -> pd.DataFrame:
    """One row a cell: row, column, kind (a category; "" for none), number, and text."""
    kinds = table[category] if category in table else pd.Series(None, table.index, dtype=object)
    tidy = pd.DataFrame(
        {
            "row": table[row].astype(str),
            "column": table[column].astype(str),
            "kind": ["" if pd.isna(kind) else str(kind) for kind in kinds],
            "number": np.nan if value is None else table[value].astype(float).where(kinds.isna()),
            "text": "" if text is None else table[text].map(lambda words: "" if pd.isna(words) else str(words)),
        }
    )
    twice = tidy[tidy.duplicated(["row", "column"])]
    if len(twice):
        pair = twice.iloc[0]
        raise Refusal("duplicate_row", f"{pair['row']} and {pair['column']} stand in the table twice: join the rows.")
    return tidy


def _groups(table: pd.DataFrame, name: str, order: Sequence[str] | None, group: str | None) -> Groups:
    """The names in order, each group's together; the groups in the order of their first names."""
    names = [str(each) for each in (table[name].unique() if order is None else order)]
    if len(set(names)) < len(names):
        raise Refusal("duplicate_name", f"The order {', '.join(names)} holds a name twice.")
    if group is None:
        return [("", names)]
    known = {str(each): str(of) for each, of in zip(table[name], table[group], strict=True) if not pd.isna(of)}
    together: dict[str, list[str]] = {}
    for each in names:
        if each not in known:
            raise Refusal("missing_group", f"'{each}' has no group: add it to '{group}', or leave '{each}' out.")
        together.setdefault(known[each], []).append(each)
    return list(together.items())


def _flat(groups: Groups) -> list[str]:
    return [name for _, names in groups for name in names]


def _cells(
    tidy: pd.DataFrame, categories: Sequence[Category] | None, breaks: Sequence[float] | None
) -> tuple[list[Category], Cells]:
    """The categories of the key, and what each cell holds that is known to hold anything."""
    numbers, usual = tidy["number"], _usual()
    if categories is None:
        names = [kind for kind in dict.fromkeys(tidy["kind"]) if kind not in {"", *(each.name for each in usual)}]
        names = sorted(names, key=int) if all(name.isdecimal() for name in names) else names
        categories = ladder(names) if numbers.isna().all() else [Category(name, sign=name) for name in names]
    by_name = {each.name: each for each in [*usual, *categories]}
    if len({each.name for each in categories}) < len(categories):
        raise Refusal("duplicate_name", "Two categories have the same name: give each a name of its own.")
    classes: list[Category] = []
    if numbers.notna().any():
        breaks = breaks or MaxNLocator(5).tick_values(numbers.min(), numbers.max() + (numbers.max() == numbers.min()))
        if (np.diff(breaks) <= 0).any() or numbers.min() < breaks[0] or numbers.max() > breaks[-1]:
            raise Refusal("breaks_out_of_range", "The breaks must ascend, and hold all numbers that are drawn.")
        named = [say("{low} to {high}", low=number(low), high=number(high)) for low, high in pairwise(breaks)]
        classes = [Category(name, shade) for name, shade in zip(named, style.amounts(len(named)), strict=True)]
    cells = {}
    for cell in tidy.itertuples():
        if cell.kind:
            if cell.kind not in by_name:
                raise Refusal("unknown_category", f"'{cell.kind}' ({cell.row}, {cell.column}) is none of the "
                              f"categories {', '.join(by_name)}: add it, or fix the table.")  # fmt: skip
            found = by_name[cell.kind]
            # What is suppressed is not written, whatever the table holds.
            cells[cell.row, cell.column] = (found, "" if found.hatch == style.SUPPRESSED else cell.text)
        elif np.isfinite(cell.number) and breaks is not None:
            place = min(int(np.searchsorted(breaks, cell.number, side="right")), len(classes)) - 1
            cells[cell.row, cell.column] = (classes[place], cell.text or number(cell.number))
    return [*classes, *categories, *(each for each in usual if each not in categories)], cells


def _units(groups: Groups) -> float:
    """Widths of a cell that columns take, with the room between their groups."""
    return len(_flat(groups)) + _APART * (len(groups) - 1)


def _chunks(groups: Groups, most: int) -> list[Groups]:
    """The columns in blocks of about as many each, at most `most`; a group is cut only if it is longer by itself."""
    even = max(1, math.ceil(_units(groups) / math.ceil(_units(groups) / most)))
    pieces = [(group, names[start : start + even]) for group, names in groups for start in range(0, len(names), even)]
    chunks: list[list[tuple[str, list[str]]]] = [[]]
    for piece in pieces:
        if chunks[-1] and _units([*chunks[-1], piece]) > most:
            chunks.append([])
        chunks[-1].append(piece)
    return list(chunks)


def _halves(groups: Groups) -> list[Groups]:
    """The rows in two blocks of about as many; between two groups where there are several."""
    if len(groups) == 1:
        ((group, names),) = groups
        half = -(-len(names) // 2)
        return [[(group, names[:half])], [(group, names[half:])]]
    sizes = np.cumsum([len(names) + 1 for _, names in groups])
    cut = int(np.argmin(np.abs(sizes[:-1] - sizes[-1] / 2))) + 1
    return [list(groups[:cut]), list(groups[cut:])]


def _block(groups: Groups, words: Mapping[str, list[str]], wide: float) -> _Block:
    rows, heads, y = {}, [], 0.0
    for group, names in groups:
        if group:
            lines = wrap(group, wide, _NAME, bold=True)
            y += _HEAD + _FURTHER * (len(lines) - 1)
            heads.append((y - 0.06, "\n".join(lines)))
        for name in names:
            tall = _ROW + _FURTHER * (len(words[name]) - 1)
            rows[name] = (y, tall)
            y += tall
    return _Block(rows, heads, y)


def _lowest(groups: Groups, words: Mapping[str, list[str]]) -> float:
    """Return the inches of a block at which the names of its rows touch."""
    heads = sum(bool(group) for group, _ in groups)
    return _TOUCHING * (1.8 * heads + sum(len(words[name]) for name in _flat(groups)))


def _places(groups: Groups) -> dict[str, float]:
    """The left of each column, in widths of a cell."""
    places, x = {}, 0.0
    for _, names in groups:
        for name in names:
            places[name] = x
            x += 1
        x += _APART
    return places


def _draw(axes: Axes, block: _Block, lefts: Mapping[str, float], shown: Cells, cell: float) -> None:
    boxes: dict[Category, list[Rectangle]] = {}
    size = _TEXT if all(text_width(said, _TEXT) <= cell - 0.04 for _, said in shown.values() if said) else LEAST
    for name, (top, tall) in block.rows.items():
        for head, left in lefts.items():
            found, said = shown[name, head]
            boxes.setdefault(found, []).append(Rectangle((left, top), 1, tall))
            fitting = [words for words in (said, found.sign) if words and text_width(words, size) <= cell - 0.02]
            if fitting:
                plate = {"facecolor": "white", "edgecolor": "none", "pad": 0.8} if found.hatch else None
                axes.text(left + 0.5, top + tall / 2, fitting[0], size=size, color=style.on(found.colour), bbox=plate,
                          ha="center", va="center_baseline", in_layout=False, gid=f"text:{name}:{head}")  # fmt: skip
    for found, here in boxes.items():
        # The hatching takes the colour of the edge, which here is another than that between cells.
        axes.add_collection(PatchCollection(here, facecolor=found.colour, edgecolor=style.BORDER, lw=0,
                                            hatch=found.hatch or None, gid=f"cells:{found.name}"))  # fmt: skip
        edge = style.FAINT if found.colour == "white" and not found.hatch else "white"
        axes.add_collection(PatchCollection(here, facecolor="none", edgecolor=edge, lw=1.2))


def _name_rows(axes: Axes, block: _Block, words: Mapping[str, list[str]], highlight: str | None) -> None:
    middles = [top + tall / 2 for top, tall in block.rows.values()]
    axes.set_yticks(middles, ["\n".join(words[name]) for name in block.rows])
    axes.tick_params(axis="y", labelsize=_NAME)
    for name, tick in zip(block.rows, axes.get_yticklabels(), strict=True):
        tick.set(linespacing=1.05, weight="bold" if name == highlight else "normal")


def _name_columns(axes: Axes, groups: Groups, cell: float, highlight: str | None) -> None:
    """Names above the columns, level where they fit and else turned, and above them those of their groups."""
    lefts = _places(groups)
    level = [wrap(name, cell - 0.05, _NAME, bold=name == highlight) for name in lefts]
    upright = any(" ".join(lines) != name for lines, name in zip(level, lefts, strict=True)) or (
        max(len(lines) for lines in level) > 3
    )
    lines = [_turned(name, max(1, int(cell / 0.165))) for name in lefts] if upright else level
    axes.xaxis.tick_top()
    axes.set_xticks([left + 0.5 for left in lefts.values()], ["\n".join(each) for each in lines])
    axes.tick_params(axis="x", labelsize=_NAME, rotation=90 if upright else 0, pad=5)
    for name, tick in zip(lefts, axes.get_xticklabels(), strict=True):
        tick.set(linespacing=1.0, weight="bold" if name == highlight else "normal")
        if upright:
            tick.set_multialignment("left")
        elif len(max(lines, key=len)) == 1:
            tick.set_verticalalignment("baseline")
    if not any(group for group, _ in groups):
        return
    tall = [text_width("\n".join(each), _NAME) if upright else 0.16 * len(each) for each in lines]
    taken = max(tall)  # inches of the names
    heads = ["\n".join(wrap(group, cell * len(names), _TEXT, bold=True)) for group, names in groups]
    # A heading with a word that is wider than its columns is turned.
    fits = [head.split() == group.split() for head, (group, _) in zip(heads, groups, strict=True)]
    heads = [head if fit else group for head, fit, (group, _) in zip(heads, fits, groups, strict=True)]
    above = axes.secondary_xaxis("top")
    above.spines[:].set_visible(False)
    above.set_xticks([lefts[names[0]] + len(names) / 2 for _, names in groups], heads)
    above.tick_params(axis="x", pad=72 * taken + 10, labelsize=_TEXT)
    up = ScaledTranslation(0, taken + 0.09, axes.figure.dpi_scale_trans)
    for tick, fit, (_, names) in zip(above.get_xticklabels(), fits, groups, strict=True):
        tick.set(weight="bold", linespacing=1.05, rotation=0 if fit else 90, gid="group")
        left = lefts[names[0]]
        axes.plot([left + 0.05, left + len(names) - 0.05], [1, 1], color=style.MUTED, lw=1, clip_on=False,
                  transform=blended_transform_factory(axes.transData, axes.transAxes) + up)  # fmt: skip


def _turned(name: str, most: int) -> list[str]:
    """A name in the shortest lines that are at most so many, broken between words."""
    tried = [wrap(name, room, _NAME) for room in (1.0, 1.2, 1.4, 1.7)]
    return next((lines for lines in tried if len(lines) <= most and " ".join(lines) == name), [name])


def _write_beside(axes: Axes, block: _Block, beside: Mapping[str, str], label: str, at: float) -> None:
    places = {name: top + tall / 2 for name, (top, tall) in block.rows.items() if beside.get(name)}
    if not places:
        return
    right = axes.secondary_yaxis(at)
    right.spines[:].set_visible(False)
    right.set_yticks(list(places.values()), [beside[name] for name in places])
    right.tick_params(axis="y", labelsize=_TEXT, labelcolor=style.MUTED, pad=5, labelright=True, labelleft=False)
    axes.annotate(label, (at, 1), xytext=(5, 4), xycoords="axes fraction", textcoords="offset points", size=_TEXT,
                  color=style.MUTED, va="bottom", annotation_clip=False)  # fmt: skip


def _head_rows(page: Page, axes: Axes, block: _Block) -> None:
    """Headings of rows begin where the widest name does, once that is known."""
    left = min(tick.get_window_extent().x0 for tick in axes.get_yticklabels())
    for y, words in block.heads:
        axes.text(left / page.dpi, y, words, transform=blended_transform_factory(page.dpi_scale_trans, axes.transData),
                  size=_NAME, weight="bold", va="bottom", linespacing=1.05, gid="group")  # fmt: skip


def _key(found: Sequence[Category], listed: Sequence[Category]) -> list[Artist]:
    """All plain shades, drawn or not, as they make the scale; of the others those that are drawn."""
    return [
        Patch(facecolor=each.colour, edgecolor=style.CONTEXT, hatch=each.hatch or None, lw=0.6, label=_called(each))
        for each in dict.fromkeys(listed)
        if (each.colour != "white" and not each.hatch) or each in found
    ]


def _called(category: Category) -> str:
    """The name of a category after its sign, which a name may hold itself: "W: Tier 2 Watch List", "Tier 3"."""
    sign, name = category.sign, category.name
    if not sign or sign in re.findall(r"\w+", name):
        return name
    return f"{sign}: {name}" if sign[-1].isalnum() else f"{sign} {name}"
