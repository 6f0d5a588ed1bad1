"""A table of countries by countries: what agreement is over each pair, and how often evidence names a route there."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.figures import agreement_marks, key, style
from analysis.figures.canvas import Canvas
from analysis.figures.classes import class_breaks, class_labels, class_of
from analysis.figures.flow_table import size
from bounded.refusal import Refusal

_SIZES = (style.LEAST, 10.0, 11.0, 12.0)  # points, of the numbers
_NONE, _REGIONAL, _FEW = "none found", "regional accord only", "agreement of the two or of few states"
_FILLS = {_FEW: style.MIDDLE, _REGIONAL: style.SHADE, _NONE: "white", "other or local cooperation only": "white"}
_EDGE = style.CONTEXT
_LEAST = 7.0  # points: smaller numbers cannot be read
_CORNER = "from ↓   to →"
_NOTE = 9.5
_CELL = (0.3, 0.62)  # inches: lowest height, greatest width


@style.seen_as(
    "A grid from each country, a row, to each other, a column: the shade tells the agreement, the number the mentions."
)
@style.styled
def agreement_matrix(
    corridors: pd.DataFrame,
    pairs: pd.DataFrame,
    names: Mapping[str, str],
    *,
    title: str,
    footer: style.Footer,
    highlight: str | None = None,
    unit: str = "mentions",
    subtitle: str = "",
) -> Figure:
    """From each country (rows) to each other (columns): the cover as the cell, the evidence as the number in it.

    The cell of a pair is the same in both directions, since one agreement covers both; the numbers are of the
    direction. A cell without a number is a corridor that the evidence does not name, which is not to say that there is
    none. Hatching is for "none found", as everything that is not known.

    Parameters
    ----------
    corridors : origin, destination, low, high (mentions or persons), cover; may hold other countries: they are counted
        below the table.
    pairs : area_a, area_b, cover: one row a pair for which an agreement was found; all others have "none found".
        Optional: may_be_ids (not empty: a "?" where none was found).
    names : id -> name of the countries of the table, in their order.
    highlight : id of the country whose row and column are outlined.
    unit : what is counted.

    Raises
    ------
    ValueError : as ``agreement_marks.checked`` does, or there are fewer than two countries.
    """
    listed = list(names)
    if len(listed) < 2:
        raise Refusal(
            "too_few_areas", "A table of pairs needs two countries or more. Name all that are to be compared."
        )
    style.require(pairs, ("area_a", "area_b", "cover"))
    rows = agreement_marks.checked(corridors)
    rows = rows[rows["high"] > 0]
    own = rows["origin"].isin(listed) & rows["destination"].isin(listed)
    shown, elsewhere = rows[own & (rows["origin"] != rows["destination"])], rows[~own]
    covers = _covers(pairs, listed)

    width = style.WIDTH - 2 * style.MARGIN
    longest = max(style.text_width(name, 10, True) for name in names.values())
    left = max(longest, style.text_width(_CORNER, 9)) + 0.12
    cell = min(_CELL[1], (width - left) / len(listed))
    tall = max(_CELL[0], min(0.36, cell))
    heads = longest + 0.1
    breaks = class_breaks(size(shown) if len(shown) else [], len(_SIZES))
    asked = {cover for cover, _ in covers.values()}
    entries = _key(asked, any(may_be for cover, may_be in covers.values() if cover == _NONE))
    heading = f"Number: {unit} from row to column, larger in print where there are more"
    heading += f" ({', '.join(class_labels(breaks, True))})" if len(breaks) > 2 else ""
    remarks = _remarks(elsewhere, unit, width)
    below = key.height(entries, width, heading) + 0.17 * len(remarks) + 0.22
    page = style.sheet(heads + 0.05 + tall * len(listed) + below, title=title, footer=footer, subtitle=subtitle)

    paper = page.canvas(left, below, cell * len(listed), tall * len(listed))
    evidence = {(row.origin, row.destination): row for row in shown.itertuples()}
    for down, origin in enumerate(listed):
        for across, destination in enumerate(listed):
            at = (across * cell, tall * (len(listed) - 1 - down))
            if origin == destination:
                paper.plot([at[0], at[0] + cell], [at[1] + tall, at[1]], color=_EDGE, lw=0.9)
                continue
            cover, may_be = covers[origin, destination]
            _cell(paper, at, cell, tall, cover)
            row = evidence.get((origin, destination))
            text = agreement_marks.text_of(row.low, row.high) if row is not None else ""
            if cover == _NONE and may_be and text:
                text += "?"
            if text:
                points = _SIZES[class_of(float(size(pd.DataFrame([row]))[0]), breaks)]
                _number(paper, at, cell, tall, text, points, cover == _NONE, f"cell:{origin}:{destination}")
    _heads(paper, names, cell, tall, highlight)
    key.draw(page, entries, x=0, top=below - 0.1, width=width, heading=heading)
    if remarks:
        note = page.canvas(0, 0, width, 0.17 * len(remarks))
        note.text(0, 0.17 * len(remarks), "\n".join(remarks), size=_NOTE, va="top", linespacing=1.15, gid="remarks")
    return page.figure


def _covers(pairs: pd.DataFrame, listed: list[str]) -> dict[tuple[str, str], tuple[str, bool]]:
    """Cover of each ordered pair, and whether it may be under one that was not found."""
    may_be = pairs["may_be_ids"].fillna("").ne("") if "may_be_ids" in pairs else pd.Series(False, pairs.index)
    found = {
        frozenset(ends): (cover, bool(possible))
        for *ends, cover, possible in zip(pairs["area_a"], pairs["area_b"], pairs["cover"], may_be, strict=True)
    }
    return {(a, b): found.get(frozenset((a, b)), (_NONE, False)) for a in listed for b in listed if a != b}


def _cell(paper: Canvas, at: tuple[float, float], wide: float, tall: float, cover: str) -> None:
    hatch = style.UNKNOWN if cover == _NONE else "" if cover in (_FEW, _REGIONAL) else "..."
    edge = style.VERMILLION if cover == _NONE else _EDGE
    paper.add(Rectangle(at, wide, tall, facecolor=_FILLS[cover], edgecolor=edge, hatch=hatch, lw=0))
    paper.add(Rectangle(at, wide, tall, facecolor="none", edgecolor="white", lw=1.2))


def _number(
    paper: Canvas, at: tuple[float, float], wide: float, tall: float, text: str, points: float, plate: bool, gid: str
) -> None:
    """A number in its cell, no wider than it: in two lines where it would be too small in one."""
    room = (wide - 0.05) / style.text_width(text, points, True)
    if points * room < _LEAST and "–" in text:
        text = text.replace("–", "–\n")
        room = (wide - 0.05) / style.text_width(text, points, True)
        points = min(points, _LEAST + 0.5)
    paper.text(
        at[0] + wide / 2,
        at[1] + tall / 2,
        text,
        size=points * min(room, 1.0),
        weight="bold",
        ha="center",
        va="center" if "\n" in text else "center_baseline",
        linespacing=0.95,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8} if plate else None,
        zorder=4,
        gid=gid,
    )


def _heads(paper: Canvas, names: Mapping[str, str], cell: float, tall: float, highlight: str | None) -> None:
    top = tall * len(names)
    for at, (area, name) in enumerate(names.items()):
        weight = "bold" if area == highlight else "normal"
        paper.text((at + 0.5) * cell, top + 0.06, name, size=10, rotation=90, ha="center", va="bottom", weight=weight)
        y = tall * (len(names) - at - 0.5)
        paper.text(-0.07, y, name, size=10, ha="right", va="center_baseline", weight=weight)
        if area == highlight:
            for corner, wide, high in (((0, y - tall / 2), cell * len(names), tall), ((at * cell, 0), cell, top)):
                paper.add(
                    Rectangle(
                        corner, wide, high, facecolor="none", edgecolor=style.INK, lw=1.8, zorder=5, clip_on=False
                    )
                )
    paper.text(-0.07, top + 0.06, _CORNER, size=9, color=style.MUTED, ha="right", va="bottom")


def _key(covers: set[str], possible: bool) -> list[key.Entry]:
    entries = []
    for cover, look in agreement_marks.LOOKS.items():
        if cover in covers:
            hatch = style.UNKNOWN if cover == _NONE else "" if cover in (_FEW, _REGIONAL) else "..."
            edge = style.VERMILLION if cover == _NONE else _EDGE
            entries.append(key.patch(look.words, _FILLS[cover], edge, hatch))
    if possible:
        entries.append(key.Entry("?: may be under an accord that names not all its parties"))
    return [*entries, key.Entry("no number: none in the evidence")]


def _remarks(elsewhere: pd.DataFrame, unit: str, width: float) -> list[str]:
    if elsewhere.empty:
        return []
    parts = [
        f"{look.words}, {len(rows)} ({agreement_marks.text_of(rows['low'].sum(), rows['high'].sum())})"
        for cover, look in agreement_marks.LOOKS.items()
        if len(rows := elsewhere[elsewhere["cover"] == cover])
    ]
    text = f"To or from other countries, corridors and their {unit}: {'; '.join(parts)}."
    return style.wrap(text, width - 0.2, _NOTE)
