"""Where the cells of a matrix go: rows and columns in groups, in as many blocks as keep the cells wide enough.

A matrix of answers in categories: shades from light to dark with signs, and every kind of not knowing by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from analysis.plots import key, style
from analysis.plots.style import Canvas
from bounded.refusal import Refusal

Groups = list[tuple[str, list[str]]]  # headings ("" for none), each with the rows or columns below it

NAME = 10  # points of the names of rows
LEAST, WIDEST = 0.19, 0.9  # inches of a cell; a text that needs more makes the widest wider
_GAP = 0.09  # inches between two groups of columns
_BETWEEN = 0.3  # inches between two blocks
_LONGEST, _SHORTEST = 2.7, 1.7  # inches of a row's name before it is broken: alone, and where it makes room for a block
ROW = 0.245  # inches of a row
_LINE = 0.165  # inches of each further line of its name
_GROUP = 0.3  # inches of the heading of a group of rows
_MANY = 24  # rows from which on they are set in two blocks side by side, where there is room
_HEAD = style.LEAST  # points of the headings of groups of columns


@dataclass(frozen=True)
class Block:
    """Rows and columns that stand together; `x` is the left of the first cell, `top` the inches above its headings."""

    rows: Groups
    columns: Groups
    x: float
    top: float


@dataclass(frozen=True)
class Grid:
    """The blocks of a matrix; inches of a cell, a row, the names at its left, and all; names and headings in lines."""

    blocks: list[Block]
    cell: float
    row: float
    left: float
    height: float
    names: dict[str, list[str]]
    heads: dict[str, list[str]]


@dataclass(frozen=True)
class Place:
    """One cell: what to draw on, its lower left corner, its width and height in inches."""

    row: str
    column: str
    paper: Canvas
    x: float
    y: float
    width: float
    height: float


def in_groups(found: Iterable[str], order: Sequence[str] | None, groups: Mapping[str, str] | None) -> Groups:
    """The names in order, each group's together; the groups in the order of the first of their names.

    Raises ValueError if a name has no group, or stands twice in the order.
    """
    names = [str(name) for name in order] if order is not None else list(dict.fromkeys(found))
    if len(set(names)) < len(names):
        raise Refusal(
            "duplicate_name", f"'{next(name for name in names if names.count(name) > 1)}' stands twice in the order."
        )
    if groups is None:
        return [("", names)]
    ungrouped = [name for name in names if name not in groups]
    if ungrouped:
        raise Refusal(
            "missing_group", f"'{ungrouped[0]}' has no group: add it to the groups, or leave it out of the order."
        )
    together: dict[str, list[str]] = {}
    for name in names:
        together.setdefault(groups[name], []).append(name)
    return list(together.items())


def names_of(groups: Groups) -> list[str]:
    """All rows or columns, without their headings."""
    return [name for _, names in groups for name in names]


def check_pairs(table: pd.DataFrame, rows: str, columns: str) -> None:
    """Raise ValueError if a row and column stand in the table twice: one cell would hide the other."""
    twice = table[table.duplicated([rows, columns])]
    if len(twice):
        pair = twice.iloc[0]
        raise Refusal(
            "duplicate_row", f"{pair[rows]} and {pair[columns]} stand in the table twice: a cell holds one row only."
        )


def plan(rows: Groups, columns: Groups, width: float, need: float, chosen: str | None = None, row: float = ROW) -> Grid:
    """Lay a matrix out on `width` inches. `need` is what the widest text of a cell takes; it is met where it can be.

    `row` is the height of a row whose name takes one line; the name of the row that is `chosen` will be bold.

    Columns that would be narrower than `LEAST` go on in a further block below; many rows of a narrow matrix go on in
    a second block beside the first.
    """
    half = (
        (width - _BETWEEN) / 2 - _across(columns, max(need, LEAST)) - 0.12
    )  # for the names, if two stand side by side
    beside = len(names_of(rows)) > _MANY and len(rows) > 1 and half >= _SHORTEST
    parts = _chunks(rows, 2) if beside else [rows]
    longest = min(half, _LONGEST) if beside else _LONGEST
    names = {name: style.wrap(name, longest, NAME, bold=name == chosen) for name in names_of(rows)}
    left = max(style.text_width(line, NAME, name == chosen) for name in names for line in names[name]) + 0.12
    room = (width - _BETWEEN * (len(parts) - 1)) / len(parts) - left
    count, chunks, cell = 0, [columns], 0.0
    while cell < LEAST and count < len(names_of(columns)):
        count += 1
        chunks = _chunks(columns, count)
        cell = min((room - _GAP * (len(chunk) - 1)) / len(names_of(chunk)) for chunk in chunks)
    cell = min(cell, max(WIDEST, need))
    wide = left + min(_across(chunk, cell) for chunk in chunks)
    heads = {group: style.wrap(group, wide, NAME, bold=True) for group, _ in rows}
    blocks, top, height = [], 0.0, 0.0
    for chunk in chunks:
        for place, part in enumerate(parts):
            x = left + place * (left + _across(chunk, cell) + _BETWEEN)
            blocks.append(Block(part, chunk, x, top))
            height = max(height, top + heading(chunk, cell) + _body(part, names, heads, row))
        top = height + 0.22
    return Grid(blocks, cell, row, left, height, names, heads)


def places(page: style.Sheet, grid: Grid, chosen: str | None = None) -> Iterator[Place]:
    """Write the names and headings of a matrix at the top of a sheet's body, and give each of its cells to draw.

    The name of the row that is `chosen` is written in bold.
    """
    for block in grid.blocks:
        body = _body(block.rows, grid.names, grid.heads, grid.row)
        across = _across(block.columns, grid.cell)
        bottom = page.height - block.top - heading(block.columns, grid.cell) - body
        paper = page.canvas(block.x, bottom, across, body)
        lefts = _lefts(block.columns, grid.cell)
        _column_heads(paper, block.columns, grid.cell, lefts)
        y = body
        for group, names in block.rows:
            if group:
                y -= _group(grid.heads[group])
                paper.text(-grid.left, y + 0.06, "\n".join(grid.heads[group]), size=NAME, weight="bold", va="bottom",
                           linespacing=1.05, gid="label:group")  # fmt: skip
            for name in names:
                lines = grid.names[name]
                tall = grid.row + _LINE * (len(lines) - 1)
                y -= tall
                paper.text(-0.08, y + tall / 2, "\n".join(lines), size=NAME, ha="right", linespacing=1.05,
                           va="center" if len(lines) > 1 else "center_baseline", gid="label:row",
                           weight="bold" if name == chosen else "normal")  # fmt: skip
                for column, x in lefts.items():
                    yield Place(name, column, paper, x, y, grid.cell, tall)


def text_size(texts: Iterable[str], room: float, most: float = 9.5, least: float = style.LEAST) -> float:
    """Points at which the widest text fits into `room` inches; never less than `least`, whether it fits then or not."""
    widest = max((style.text_width(text, most) for text in texts), default=0.0)
    return most if widest <= room else max(least, most * room / widest)


def heading(columns: Groups, cell: float) -> float:
    """Inches that the names of the columns and the headings of their groups take."""
    words, size, upright = _heads(names_of(columns), cell)
    widest = max(style.text_width(word, size) for word in words)
    lines = max(word.count("\n") for word in words) + 1
    return (widest + 0.12 if upright else 0.15 * lines + 0.1) + _group_heads(columns, cell)[2]


def _column_heads(paper: Canvas, columns: Groups, cell: float, lefts: dict[str, float]) -> None:
    words, size, upright = _heads(list(lefts), cell)
    for word, x in zip(words, lefts.values(), strict=True):
        rules: dict = {"rotation": 90} if upright else {}
        paper.text(x + cell / 2, paper.height + 0.06, word, size=size, ha="center", va="bottom", linespacing=1.05,
                   gid="label:column", **rules)  # fmt: skip
    heads, size, tall = _group_heads(columns, cell)
    line = paper.height + heading(columns, cell) - tall
    for (name, names), head in zip(columns, heads, strict=True):
        if not name:
            continue
        x, wide = lefts[names[0]], len(names) * cell
        paper.plot([x + 0.01, x + wide - 0.01], [line] * 2, color=style.MUTED, lw=1, clip_on=False)
        rules = {"ha": "left"} if head else {"rotation": 90, "ha": "center"}
        paper.text(x + (0.01 if head else wide / 2), line + 0.05, head or name, size=size, weight="bold", va="bottom",
                   linespacing=1.08, gid="label:group", **rules)  # fmt: skip


def _heads(names: Sequence[str], cell: float) -> tuple[list[str], float, bool]:
    """Names of columns, their size, and whether they must be turned to fit."""
    for size in (NAME, style.LEAST):
        if all(style.text_width(name, size) <= cell - 0.03 for name in names):
            return list(names), size, False
    if cell > 0.6:
        broken = [style.wrap(name, cell - 0.05, 9) for name in names]
        if all(_words(lines) == name.split() for name, lines in zip(names, broken, strict=True)):
            return ["\n".join(lines) for lines in broken], 9, False
    lines = max(1, int(cell / 0.16))
    size = NAME if cell > 0.19 else 9
    return ["\n".join(_broken(name, lines, size)) for name in names], size, True


def _broken(name: str, lines: int, size: float) -> list[str]:
    """A turned name in at most so many lines, once it is longer than 1.3 inches."""
    for room in (1.3, 1.8, 2.4, 3.2):
        broken = _lines(name, room, size, bold=False)
        if broken and broken.count("\n") < lines:
            return broken.split("\n")
    return [name]


def _group_heads(columns: Groups, cell: float) -> tuple[list[str], float, float]:
    """Headings in lines ("" for one that must be turned: a word is wider than its columns), their size and height."""
    heads = [_lines(name, len(names) * cell + _GAP - 0.05, _HEAD) for name, names in columns]
    turned = [
        style.text_width(name, _HEAD, bold=True) for (name, _), head in zip(columns, heads, strict=True) if not head
    ]
    lines = max(head.count("\n") for head in heads) + 1
    return heads, _HEAD, max([0.15 * lines if any(heads) else 0.0, *turned]) + 0.08 * any(name for name, _ in columns)


def _lines(heading: str, wide: float, size: float, bold: bool = True) -> str:
    """A heading broken at its spaces and strokes only, or nothing where that does not do."""
    for words in (heading, heading.replace("/", "/ ")):
        lines = style.wrap(words, wide, size, bold)
        if _words(lines) == words.split():
            return "\n".join(lines)
    return ""


def _words(lines: Sequence[str]) -> list[str]:
    return [word for line in lines for word in line.split()]


def _chunks(groups: Groups, count: int) -> list[Groups]:
    """The groups in at most `count` parts of about as many names each; a group is cut only where there are too few."""
    whole = count <= len(groups)
    units = groups if whole else [(group, [name]) for group, names in groups for name in names]
    capacity = -(-len(names_of(groups)) // count)
    while True:
        parts: list[Groups] = []
        used = capacity + 1
        for group, names in units:
            if used + len(names) > capacity:
                parts.append([])
                used = 0
            used += len(names)
            if parts[-1] and parts[-1][-1][0] == group:
                parts[-1][-1][1].extend(names)
            else:
                parts[-1].append((group, list(names)))
        if len(parts) <= count:
            return parts
        capacity += 1


def _lefts(columns: Groups, cell: float) -> dict[str, float]:
    lefts, x = {}, 0.0
    for _, names in columns:
        for name in names:
            lefts[name] = x
            x += cell
        x += _GAP
    return lefts


def _across(columns: Groups, cell: float) -> float:
    return len(names_of(columns)) * cell + _GAP * (len(columns) - 1)


def _group(lines: Sequence[str]) -> float:
    return _GROUP + _LINE * (len(lines) - 1)


def _body(rows: Groups, names: Mapping[str, Sequence[str]], heads: Mapping[str, Sequence[str]], row: float) -> float:
    lines = sum(row + _LINE * (len(names[name]) - 1) for name in names_of(rows))
    return lines + sum(_group(heads[group]) for group, _ in rows if group)


_SWATCH = (0.36, 0.17)  # inches


@dataclass(frozen=True)
class Category:
    """What a cell may hold.

    Parameters
    ----------
    name : as in the table; stands in the key.
    colour : of the cell.
    sign : written in a cell that has no text of its own, so that its colour is never alone; "" for none.
    hatch : of the cell; `style.UNKNOWN` for what is unknown.
    of : names of two or more other categories of which it is one, not known which: "2–3" of "2" and "3". Their colours
        are drawn side by side, and `colour` is not used.
    """

    name: str
    colour: str = "white"
    sign: str = ""
    hatch: str = ""
    of: tuple[str, ...] = ()


UNKNOWN = Category("unknown", hatch=style.UNKNOWN)
NOT_APPLICABLE = Category("not applicable", sign="–")


def ladder(names: Sequence[str], signs: Sequence[str] | None = None) -> list[Category]:
    """Categories in order, from a light shade to a dark one; without `signs` their names are written in the cells."""
    shades = style.amounts(len(names))
    return [Category(*made) for made in zip(names, shades, signs or names, strict=True)]


@style.styled
def answer_matrix(
    table: pd.DataFrame,
    *,
    rows: str,
    columns: str,
    category: str,
    title: str,
    footer: style.Footer,
    categories: Sequence[Category],
    text: str = "text",
    row_order: Sequence[str] | None = None,
    column_order: Sequence[str] | None = None,
    row_groups: Mapping[str, str] | None = None,
    column_groups: Mapping[str, str] | None = None,
    highlight: str | None = None,
    subtitle: str = "",
    unit: str = "",
) -> Figure:
    """One cell a row and column: the shade of its category, and its text or the category's sign where that fits.

    Columns that would be too narrow go on in a block below; many rows of few columns go on in a block beside. A pair
    that the table does not hold, or holds without a category, is drawn as unknown: it is no "no".

    Parameters
    ----------
    table : one row a pair: the columns named by `rows`, `columns` and `category` (the name of one of `categories`,
        or missing) and, if it is there, `text` (what is written in the cell: "2019").
    categories : in the order of the key; `ladder`, `UNKNOWN` and `NOT_APPLICABLE` make the usual ones.
    row_order, column_order : what is drawn, in this order; by default all, in the order of appearance.
    row_groups, column_groups : the heading above each row or column: {"A1": "A Legal framework"}.
    highlight : the row whose name is bold.
    unit : what the categories say, for the key.

    Raises
    ------
    ValueError : a column is missing, a pair stands twice, a category is not in `categories`, or a row or column has no
        group where there are groups.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(table, (rows, columns, category))
    check_pairs(table, rows, columns)
    by_name = _by_name(categories)
    down = in_groups(table[rows].astype(str), row_order, row_groups)
    across = in_groups(table[columns].astype(str), column_order, column_groups)
    cells = _cells(table, rows, columns, category, text, by_name)
    unknown = next((listed for listed in categories if listed.hatch == style.UNKNOWN and not listed.of), UNKNOWN)
    shown = [cells.get((row, column), (unknown, "")) for row in names_of(down) for column in names_of(across)]
    texts = [words or found.sign for found, words in shown]
    width = style.WIDTH - 2 * style.MARGIN
    need = max((style.text_width(words, 9.5) for words in texts), default=0.0) + 0.1
    grid = plan(down, across, width, need, highlight)
    size = text_size(texts, grid.cell - 0.05)
    listed = _key({found for found, _ in shown}, [*categories, unknown], by_name)
    below = key.height(listed, width, unit) + 0.14
    page = style.sheet(grid.height + below, title=title, footer=footer, subtitle=subtitle)
    for place in places(page, grid, highlight):
        found, words = cells.get((place.row, place.column), (unknown, ""))
        _fill(place.paper, found, by_name, place.x, place.y, place.width, place.height)
        _say(place, found, words, by_name, size)
    key.draw(page, listed, x=0, top=below - 0.14, width=width, heading=unit)
    return page.figure


def _by_name(categories: Sequence[Category]) -> dict[str, Category]:
    by_name = {category.name: category for category in categories}
    if len(by_name) < len(categories):
        raise Refusal("duplicate_name", "Two categories have the same name: give each a name of its own.")
    for category in categories:
        for part in category.of:
            if part not in by_name or by_name[part].of:
                raise Refusal(
                    "unknown_parent_category",
                    f"'{category.name}' is one of '{part}', which is no category with a colour of its own.",
                )
    return by_name


def _cells(
    table: pd.DataFrame, rows: str, columns: str, category: str, text: str, by_name: Mapping[str, Category]
) -> dict[tuple[str, str], tuple[Category, str]]:
    """(row, column) -> category and text of the pairs whose category is known to be one."""
    known = table[table[category].notna()]
    texts = known[text] if text in known.columns else pd.Series(None, index=known.index, dtype=object)
    cells = {}
    for row, column, name, words in zip(known[rows], known[columns], known[category], texts, strict=True):
        if str(name) not in by_name:
            raise Refusal(
                "unknown_category",
                f"'{name}' ({row}, {column}) is none of the categories {', '.join(by_name)}: add it, or fix the table.",
            )
        cells[str(row), str(column)] = (by_name[str(name)], "" if pd.isna(words) else str(words))
    return cells


def _fill(
    paper: Canvas, category: Category, by_name: Mapping[str, Category], x: float, y: float, width: float, height: float
) -> None:
    """A cell: one colour, a hatching, or slanting bands of all the colours that it may be."""
    name = f"cell:{category.name}"
    if not category.of:
        colour = category.colour
        if category.hatch:  # takes the colour of the edge, which here is another
            paper.add(Rectangle((x, y), width, height, facecolor=colour, edgecolor=style.CONTEXT, hatch=category.hatch,
                                lw=0, gid=name))  # fmt: skip
            colour, name = "none", ""
        edge = style.FAINT if colour == "white" else "white"
        paper.add(Rectangle((x, y), width, height, facecolor=colour, edgecolor=edge, lw=1.2, gid=name))
        return
    slant = min(0.25 * width / len(category.of), 0.3 * height)
    for place, part in enumerate(category.of):
        ends = [x + width * end / len(category.of) for end in (place, place + 1)]
        (low, high), last = ends, place == len(category.of) - 1
        corners = [
            (low - slant * bool(place), y),
            (high - slant * (not last), y),
            (high + slant * (not last), y + height),
            (low + slant * bool(place), y + height),
        ]
        paper.add(Polygon(corners, closed=True, facecolor=by_name[part].colour, edgecolor="white", lw=0.4, gid=name))
    paper.add(Rectangle((x, y), width, height, facecolor="none", edgecolor="white", lw=1.2))


def _say(place: Place, category: Category, words: str, by_name: Mapping[str, Category], size: float) -> None:
    """Write a cell's text, or else the signs of all that it may be, or else its own sign, whichever has room."""
    parts = [by_name[name] for name in category.of]
    band, middle = place.width / max(len(parts), 1), place.y + place.height / 2
    signs = all(part.sign and style.text_width(part.sign, size) <= band - 0.02 for part in parts)
    if parts and signs and not words:
        for number, part in enumerate(parts):
            _write(place.paper, part, part.sign, place.x + (number + 0.5) * band, middle, size)
        return
    fitting = [said for said in (words, category.sign) if said and style.text_width(said, size) <= place.width - 0.01]
    if fitting:
        _write(place.paper, category, fitting[0], place.x + place.width / 2, middle, size)


def _write(paper: Canvas, category: Category, words: str, x: float, y: float, size: float) -> None:
    plain = not category.of and not category.hatch
    colour = style.on(category.colour) if plain and category.colour != "white" else style.INK
    box = None if plain else {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
    paper.text(x, y, words, size=size, color=colour, ha="center", va="center_baseline", bbox=box, gid="cell")


def _key(found: set[Category], categories: Sequence[Category], by_name: Mapping[str, Category]) -> list[key.Entry]:
    """All plain shades, drawn or not, as they make the scale; of the others those that are drawn."""
    listed = []
    for category in dict.fromkeys(categories):
        plain = category.colour != "white" and not category.hatch and not category.of
        if plain or category in found:
            listed.append(_entry(category, by_name))
    return listed


def _entry(category: Category, by_name: Mapping[str, Category]) -> key.Entry:
    def draw(paper: Canvas, x: float, y: float) -> None:
        wide, tall = _SWATCH
        _fill(paper, category, by_name, x, y - tall / 2, wide, tall)
        if category.sign and style.text_width(category.sign, style.LEAST) <= wide - 0.04 and not category.of:
            _write(paper, category, category.sign, x + wide / 2, y, style.LEAST)

    return key.Entry(category.name, draw, _SWATCH[0])
