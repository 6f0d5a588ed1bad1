"""A matrix of answers in categories: shades from light to dark with signs, and every kind of not knowing by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from analysis.figures import key, matrix_grid, style
from analysis.figures.canvas import Canvas
from bounded.refusal import Refusal

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
    matrix_grid.check_pairs(table, rows, columns)
    by_name = _by_name(categories)
    down = matrix_grid.in_groups(table[rows].astype(str), row_order, row_groups)
    across = matrix_grid.in_groups(table[columns].astype(str), column_order, column_groups)
    cells = _cells(table, rows, columns, category, text, by_name)
    unknown = next((listed for listed in categories if listed.hatch == style.UNKNOWN and not listed.of), UNKNOWN)
    shown = [
        cells.get((row, column), (unknown, ""))
        for row in matrix_grid.names_of(down)
        for column in matrix_grid.names_of(across)
    ]
    texts = [words or found.sign for found, words in shown]
    width = style.WIDTH - 2 * style.MARGIN
    need = max((style.text_width(words, 9.5) for words in texts), default=0.0) + 0.1
    grid = matrix_grid.plan(down, across, width, need, highlight)
    size = matrix_grid.text_size(texts, grid.cell - 0.05)
    listed = _key({found for found, _ in shown}, [*categories, unknown], by_name)
    below = key.height(listed, width, unit) + 0.14
    page = style.sheet(grid.height + below, title=title, footer=footer, subtitle=subtitle)
    for place in matrix_grid.places(page, grid, highlight):
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


def _say(
    place: matrix_grid.Place, category: Category, words: str, by_name: Mapping[str, Category], size: float
) -> None:
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
