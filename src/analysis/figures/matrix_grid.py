"""Where the cells of a matrix go: rows and columns in groups, in as many blocks as keep the cells wide enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.figures import style
from analysis.figures.canvas import Canvas
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
