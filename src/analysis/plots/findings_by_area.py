"""One finding a place: dots with their intervals, and hatching with words where nothing is known; in any language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from analysis.plots import key, levels, style

# Narrower than other figures, so that its letters are larger where a page is narrow.
WIDTH = 6.4
_TEXT, _SMALL = 11, 10
_ROW, _LINE = 0.34, 0.17  # inches of a row, and of each further line in it
_NAMES, _VALUES = 1.7, 1.9  # inches at most
# A limit beyond so many times the largest value is cut, so that the values can be told apart.
_CUT = 3.0
# Of the scale: narrower bars would not be seen.
_LEAST = 0.012
# How each kind of not knowing is hatched.
HATCHING = {
    "refused": style.UNKNOWN,
    "withheld": style.SUPPRESSED,
    "not reported": style.CENSORED,
    "not read": style.UNKNOWN,
}
CONFIDENCE = "confidence"
_COLUMNS = ("label", "value", "low", "high", "interval", "status", "text")


@dataclass(frozen=True)
class WordedFooter(style.Footer):
    """A footer whose sentence is of another language than English.

    Parameters
    ----------
    worded : the whole sentence.
    """

    worded: str = ""

    @property
    def text(self) -> str:
        return self.worded or super().text


@style.styled
def findings_by_area(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    words: Mapping[str, str],
    written: Callable[[float], str] = style.number,
    subtitle: str = "",
    highlight: str = "",
) -> Figure:
    """One row a place, in the order given: a dot where the value is known, a bar where only bounds are, and the words.

    Parameters
    ----------
    table : label, value, low, high (one unit; value missing where only bounds are known, high may be infinite),
        interval (what low and high are: exact, figure, bounds, confidence, range), status (known, refused, withheld,
        not reported, not read) and text (what is printed at the right, or over the hatching). Optional: group, whose
        name heads its rows.
    words : of the key, by name: dot, bounds, confidence, range and no_upper.
    written : how a number on the scale is written.
    highlight : the label that is set in bold.

    Raises
    ------
    ValueError : the table lacks a column.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text=words.get("nothing", "–"))
    style.require(table, _COLUMNS)
    lines = levels.grouped(table)
    heads = ["status" not in line for line in lines]
    names = [
        "\n".join(style.wrap(str(line["label"]), WIDTH - 1 if head else _NAMES, _TEXT, True))
        for line, head in zip(lines, heads, strict=True)
    ]
    known = [not head and line["status"] == "known" for line, head in zip(lines, heads, strict=True)]
    texts = [
        "\n".join(style.wrap(str(line["text"]), _VALUES, _SMALL)) if is_known else ""
        for line, is_known in zip(lines, known, strict=True)
    ]
    heights = [_ROW + _LINE * max(name.count("\n"), text.count("\n")) for name, text in zip(names, texts, strict=True)]
    ends = np.cumsum(heights)
    width = WIDTH - 2 * style.MARGIN
    left = max(style.text_width(name, _TEXT, True) for name, head in zip(names, heads, strict=True) if not head) + 0.14
    right = max(style.text_width(text, _SMALL) for text in texts) + 0.16
    listed = _listed(table, words)
    below = 0.36 + key.height(listed, width)
    page = style.sheet(ends[-1] + below + 0.05, title=title, footer=footer, subtitle=subtitle, width=WIDTH)
    axes = page.axes(left, below, width - left - right, ends[-1])
    scale = _scale(axes, table, width - left - right, written)
    axes.set(ylim=(ends[-1], 0), yticks=[])
    paper = page.canvas(0, below, width, ends[-1])
    for line, head, name, text, end, tall in zip(lines, heads, names, texts, ends, heights, strict=True):
        middle = end - tall / 2
        up = ends[-1] - middle
        if head:
            axes.axhspan(end - tall, end, facecolor="white", lw=0, zorder=4, clip_on=False)
            paper.text(0, up, name, size=_TEXT, weight="bold", va="center", linespacing=1.1)
            continue
        bold = "bold" if line["label"] == highlight else "normal"
        paper.text(left - 0.1, up, name, size=_TEXT, weight=bold, ha="right", va="center", linespacing=1.1)
        if line["status"] != "known":
            room = width - left - right - 0.1
            words_over = "\n".join(style.wrap(str(line["text"]), room, 9)[:2])
            levels.hatched(axes, middle, 0.6 * _ROW, words_over, HATCHING[str(line["status"])])
            continue
        paper.text(width - right + 0.12, up, text, size=_SMALL, va="center", linespacing=1.1)
        _mark(axes, middle, line, scale)
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _listed(table: pd.DataFrame, words: Mapping[str, str]) -> list[key.Entry]:
    """The marks that the figure has, and no others."""
    known = table[table["status"] == "known"]
    wide = known["low"] < known["high"]
    listed = [key.dot(words["dot"], style.BLUE)] if known["value"].notna().any() or (~wide).any() else []
    if (wide & known["interval"].isin(["bounds", "figure"])).any():
        listed.append(key.patch(words["bounds"], style.SKY, style.BLUE))
    if (wide & known["interval"].eq("range")).any():
        listed.append(key.patch(words["range"], style.SKY, style.BLUE))
    if (wide & known["interval"].eq(CONFIDENCE)).any():
        listed.append(key.line(words["confidence"], style.INK, 1.6))
    if np.isinf(known["high"].astype(float)).any():
        listed.append(key.arrow(words["no_upper"], style.BLUE))
    return listed


def _scale(axes: Axes, table: pd.DataFrame, inches: float, written: Callable[[float], str]) -> tuple[float, float]:
    """Set the scale, which holds 0; returns its ends."""
    known = table[table["status"] == "known"]
    values = known[["value", "low"]].to_numpy(dtype=float).ravel()
    values = values[np.isfinite(values)]
    limits = known[["low", "high"]].to_numpy(dtype=float).ravel()
    limits = limits[np.isfinite(limits)]
    most, least = max([0.0, *values]), min([0.0, *values])
    last = max(most, min(max([0.0, *limits]), _CUT * most or np.inf)) or (0.0 if least < 0 else 1.0)
    first = min(least, max(min([0.0, *limits]), -_CUT * max(most, -least)))
    first, last = 1.04 * first, 1.04 * last
    # Between whole numbers nothing is marked; fewer marks where their numbers are long.
    whole = bool(len(limits)) and all(float(limit).is_integer() for limit in [*limits, *values])
    for count in (5, 4, 3, 2):
        ticks = [tick for tick in MaxNLocator(count, steps=[1, 2, 2.5, 5, 10], integer=whole).tick_values(first, last)]
        ticks = [tick for tick in ticks if first <= tick <= last]
        if sum(style.text_width(written(tick), _SMALL) + 0.15 for tick in ticks) <= inches:
            break
    axes.set_xlim(first, last)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: written(value)))
    axes.tick_params(axis="x", length=0, labelsize=_SMALL)
    axes.grid(axis="x", color=style.FAINT, lw=0.8)
    axes.spines[["top", "left", "right"]].set_visible(False)
    if first < 0:
        axes.axvline(0, color=style.INK, lw=1)
    return first, last


def _mark(axes: Axes, middle: float, line: dict, scale: tuple[float, float]) -> None:
    """A dot, a bar between bounds, or both; an arrow where it goes beyond an end of the scale."""
    low, high = float(line["low"]), float(line["high"])
    value = low if low == high else float("nan") if line["value"] is None else float(line["value"])
    if low < high and line["interval"] == CONFIDENCE:
        levels.interval(axes, middle, low, high, scale, lw=1.6)
    elif low < high:
        ends = np.clip([low, high], *scale)
        wide = max(ends[1] - ends[0], _LEAST * (scale[1] - scale[0]))
        axes.barh(middle, wide, left=ends[0], height=0.12, facecolor=style.SKY, edgecolor=style.BLUE, lw=1)
        for beyond, end, marker in ((low < scale[0], scale[0], "<"), (high > scale[1], scale[1], ">")):
            if beyond:
                axes.plot(end, middle, marker, color=style.BLUE, ms=7, clip_on=False, zorder=5)
    if np.isfinite(value):
        axes.plot(value, middle, "o", color=style.BLUE, ms=7, zorder=6, clip_on=False)
