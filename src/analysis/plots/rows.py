"""Parts of forms with one line a row: names at the left, texts at the right, groups, panels, and hatched rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from analysis.plots import printing, style
from analysis.plots.printing import say
from analysis.plots.style import ROOM, Page, number, require, text_width, wrap
from bounded.refusal import Refusal

NAME, SMALL = 10.5, 9.5  # points
_LINE, _FURTHER, _HEAD = 0.3, 0.17, 0.3  # inches of a row of one line, of each further line, of a group's name
_LOWEST = 0.16  # inches of a line on a page that has no more room
_STEP = 0.18  # inches between marks of one row
_PITCH = 1.37  # of a text's lines: those of several marks stand beside them
_WIDEST = 2.4  # inches of a name
# A limit so many times as far out as half of all limits are is cut, so that the others can be read.
CUT = 3.0
_NEAR = 1.25
MOST_SERIES = len(style.CATEGORIES)
# The words for why a row is empty, by its hatching.
_WHY = {
    style.UNKNOWN: "not known",
    style.SUPPRESSED: "suppressed: small number protected",
    style.NOT_ASKED: "not asked",
}


@dataclass(frozen=True)
class Rows:
    """Rows of a page: the middle of each (group, name) in inches from the top, and the axes of each panel.

    `room` is the width of a panel in inches, texts at its right included; `lowest` is the height at which texts touch.
    """

    page: Page
    panels: dict[str, Axes]
    places: dict[tuple[str, str], float]
    heights: dict[tuple[str, str], float]
    tall: float
    room: float
    lowest: float

    def fit(self) -> Page:
        """The page, laid out."""
        shown = next(iter(self.panels.values())).get_subplotspec()
        down = shown.get_gridspec().nrows if shown else 1
        return self.page.fit(self.tall * down, self.lowest * down)


def column(table: pd.DataFrame, name: str | None, default: object = "") -> pd.Series:
    """A column as texts, empty where nothing is named or missing."""
    if name is None:
        return pd.Series(default, table.index, dtype=object)
    require(table, (name,))
    return table[name].map(lambda value: "" if pd.isna(value) else str(value)).astype(object)


def protected(lines: pd.DataFrame, numbers: Sequence[str]) -> pd.DataFrame:
    """The rows, of which those that are suppressed have neither numbers nor text, whatever the table holds."""
    hidden = lines["reason"].map(style.is_suppressed).astype(bool)
    safe = lines.copy()
    safe.loc[hidden, list(numbers)] = np.nan
    safe.loc[hidden, "text"] = ""
    return safe


def bounds(table: pd.DataFrame, names: str | tuple[str, str] | None) -> pd.DataFrame:
    """One column, or a pair of bounds, as the numbers `low` and `high`; missing where none is named."""
    if names is None:
        return pd.DataFrame({"low": np.nan, "high": np.nan}, table.index)
    low, high = (names, names) if isinstance(names, str) else names
    require(table, (low, high))
    found = pd.DataFrame({"low": table[low], "high": table[high]}).astype(float)
    wrong = found["low"] > found["high"]
    if wrong.any():
        row = found[wrong].iloc[0]
        raise Refusal("invalid_row", f"A lower bound of {row['low']:g} lies above its upper bound of {row['high']:g}.")
    return found


def arrange(
    page: Page,
    lines: pd.DataFrame,
    *,
    panels: Sequence[str] | None = None,
    columns: int | None = None,
    own_scale: bool = False,
    text_label: str = "",
    highlight: str | None = None,
    deep: int = 1,
) -> Rows:
    """Axes for rows, with their names, texts and groups.

    Parameters
    ----------
    lines : one row a mark: label, group, panel, text (all texts; empty where there is none).
    panels : in their order; by default that of appearance.
    columns : panels side by side; by default as many as have room.
    own_scale : each panel has a scale of its own.
    text_label : head of the texts at the right.
    highlight : label that is bold and coloured.
    deep : how many marks stand below one another in a row.
    """
    shown = [str(name) for name in panels] if panels is not None else list(dict.fromkeys(lines["panel"]))
    keys = list(dict.fromkeys(zip(lines["group"], lines["label"], strict=True)))
    keys = [key for group in dict.fromkeys(group for group, _ in keys) for key in keys if key[0] == group]
    side = columns or (len(shown) if len(shown) <= 3 else math.ceil(len(shown) / math.ceil(len(shown) / 4)))
    widest = _WIDEST if side <= 2 else 1.9
    if printing.is_limited() and side == 1:
        widest = 3.1  # shorter rows
    words = {key: wrap(key[1], widest, NAME, bold=key[1] == highlight) for key in keys}
    left = max((text_width("\n".join(lines), NAME, True) for lines in words.values()), default=0.5) + 0.1
    texts = {
        (panel, group, label): list(rows["text"] if rows["text"].nunique() > 1 else rows["text"].head(1))
        # Texts of a row stand in the order of its marks, whatever that of the table is.
        for (panel, group, label), rows in lines.sort_values("place", kind="stable").groupby(
            ["panel", "group", "label"], sort=False
        )
    }
    room = (ROOM - left) / side
    # One text a mark, at its height, where a row has several.
    said = {
        key: found if len(found) > 1 else wrap(found[0], max(0.62 * room, 1.0), SMALL)
        for key, found in texts.items()
        if any(found)
    }
    places, heights, heads, y = {}, {}, [], 0.0
    for at, key in enumerate(keys):
        if key[0] and (not at or keys[at - 1][0] != key[0]):
            tall = _HEAD + _FURTHER * (len(wrap(key[0], ROOM - left, NAME, bold=True)) - 1)
            heads.append((y + tall / 2, key[0]))
            y += tall
        deepest = max([len(words[key]), *(len(said.get((panel, *key), [])) for panel in shown)])
        heights[key] = max(_LINE + _FURTHER * (deepest - 1), _STEP * deep + 0.12)
        places[key] = y + heights[key] / 2
        y += heights[key]
    down = math.ceil(len(shown) / side)
    # Texts of one panel keep clear of the next.
    page.engine.set(w_pad=0.09 if side > 1 and said else 0.03)
    grid = page.subplots(down, side, squeeze=False, sharey=True, sharex="none" if own_scale else "all")
    axes = dict(zip(shown, grid.ravel().tolist(), strict=False))
    for spare in grid.ravel().tolist()[len(shown) :]:
        spare.set_axis_off()
    for at, (name, one) in enumerate(axes.items()):
        one.set_ylim(y, 0)
        one.set_yticks(list(places.values()), ["\n".join(words[key]) for key in keys])
        one.spines["bottom"].set_visible(False)
        one.grid(axis="x")
        one.tick_params(axis="x", labelbottom=True)
        # A dot at 0 must not touch the name of its row.
        one.tick_params(axis="y", pad=8)
        one.set_title("\n".join(wrap(name, room - 0.1, NAME, bold=True)) if name else "")
        for place, text in heads if at % side == 0 else []:
            one.text(0.004, place, "\n".join(wrap(text, ROOM - left, NAME, bold=True)), weight="bold", va="center",
                     transform=one.get_yaxis_transform(), zorder=6, in_layout=False, gid="group",
                     bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5})  # fmt: skip
        beside = {key: lines for key in keys if (lines := said.get((name, *key)))}
        if beside:
            _texts(one, beside, places, text_label)
    lowest = sum(_LOWEST * max(1, round((height - _LINE) / _FURTHER) + 1) for height in heights.values())
    rows = Rows(page, axes, places, heights, y, room, lowest + _LOWEST * 1.4 * len(heads))
    _emphasise(rows, keys, highlight)
    return rows


def _texts(axes: Axes, beside: Mapping, places: Mapping, text_label: str) -> None:
    right = axes.twinx()
    right.set_ylim(axes.get_ylim())
    right.set_yticks([places[key] for key in beside], ["\n".join(lines) for lines in beside.values()])
    right.tick_params(axis="y", labelsize=SMALL, labelcolor=style.MUTED, pad=9, labelleft=False)
    for label in right.get_yticklabels():
        label.set_linespacing(_PITCH)
    right.spines[:].set_visible(False)
    if text_label:
        widest = max(text_width("\n".join(lines), SMALL) for lines in beside.values())
        head = "\n".join(wrap(text_label, max(widest, 1.0), SMALL))
        axes.annotate(head, (1, 1), xytext=(7, 4), xycoords="axes fraction", textcoords="offset points", size=SMALL,
                      color=style.MUTED, va="bottom", annotation_clip=False)  # fmt: skip


def _emphasise(rows: Rows, keys: Sequence[tuple[str, str]], highlight: str | None) -> None:
    if highlight is None:
        return
    for axes in rows.panels.values():
        for key, tick in zip(keys, axes.yaxis.get_major_ticks(), strict=False):
            if key[1] == highlight:
                tick.label1.set(weight="bold", color=style.readable(style.HIGHLIGHT))


def scale(
    axes: Axes,
    first: float,
    last: float,
    *,
    xlabel: str,
    room: float,
    log: bool = False,
    percent: bool = False,
    signed: bool = False,
) -> None:
    """The scale of x, its numbers and its name; `percent` writes shares of 1 as percent, `signed` writes +5."""
    axes.set_xlim(first, last)
    if log:
        axes.set_xscale("log")
        decades = math.log10(last / first)
        subs = (1, 2, 5) if decades <= 2.2 else (1, 3) if decades <= 3.5 else (1,)
        marks = LogLocator(subs=subs, numticks=12).tick_values(first, last)
        axes.xaxis.set_major_locator(FixedLocator([mark for mark in marks if first <= mark <= last]))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlim(first, last)
    else:
        marks = MaxNLocator(6 if room > 3 else 4 if room > 1.6 else 3, steps=[1, 2, 2.5, 5, 10]).tick_values(
            first, last
        )
        axes.xaxis.set_major_locator(FixedLocator([mark for mark in marks if first <= mark <= last]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: written(value, percent, signed)))
    axes.set_xlabel("\n".join(wrap(xlabel, room - 0.1, NAME)) if xlabel else "")


def written(value: float, percent: bool = False, signed: bool = False) -> str:
    """A number of a scale."""
    text = number(abs(100 * value if percent else value)) + (" %" if percent else "")
    return ("−" if value < 0 else "+" if signed and value > 0 else "") + text


def ends(estimates: pd.DataFrame, limits: pd.DataFrame, further: Sequence[float], log: bool) -> tuple[float, float]:
    """The ends of a scale: all estimates, and of the limits as much as leaves the others legible; 0 unless `log`."""
    best = _finite(estimates.to_numpy(), further, positive=log)
    outer = _finite(limits.to_numpy(), (), positive=log)
    if not len(best):
        best = outer
    if not len(best):
        return (0.1, 10.0) if log else (0.0, 1.0)
    if log:
        best, outer = np.log10(best), np.log10(outer)
        low, high = float(best.min()), float(best.max())
        room = max(high - low, 0.3)
        first = max(outer.min(initial=low), low - room)
        # What begins at zero begins left of everything else.
        first -= 0.5 if (estimates == 0).any(axis=None) else 0.0
        last = min(outer.max(initial=high), high + room)
        return float(10 ** (first - 0.03)), float(10 ** (last + 0.03))
    low, high = min(0.0, float(best.min())), max(0.0, float(best.max()))
    # A limit a little beyond the outermost estimate is drawn whole, and so is one like the others on its side.
    below, above = (_finite(limits.iloc[:, side].to_numpy(), (), positive=False) for side in (0, 1))
    typical = [CUT * float(np.median(np.abs(side))) if len(side) else 0.0 for side in (below, above)]
    first = min(low, max(outer.min(initial=low), -max(typical[0], CUT * high, _NEAR * -low)))
    last = max(high, min(outer.max(initial=high), max(typical[1], CUT * -low, _NEAR * high)))
    if first == last == 0:
        return 0.0, 1.0
    pad = 0.03 * (last - first if last - first > 1e-250 else 1.0)
    return (first - pad if first < 0 else 0.0), (last + pad if last > 0 else 0.0)


def _finite(values: np.ndarray, further: Sequence[float], positive: bool) -> np.ndarray:
    flat = np.concatenate([values.ravel(), np.asarray(list(further), dtype=float)])
    return flat[np.isfinite(flat) & ((flat > 0) if positive else True)]


def hatch(axes: Axes, y: float, tall: float, words: str, hatching: str) -> None:
    """Hatch a row over the whole width of its panel, and say why."""
    axes.barh(y, 1, height=tall, left=0, transform=axes.get_yaxis_transform(), facecolor="white",
              edgecolor=style.BORDER, hatch=hatching, lw=0, zorder=1.2, gid="no estimate")  # fmt: skip
    if words:
        axes.text(0.02, y, words, transform=axes.get_yaxis_transform(), size=9, color=style.MUTED, va="center",
                  zorder=3, gid="reason", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip


def hatch_empty(rows: Rows, lines: pd.DataFrame, deep: int) -> list[Patch]:
    """Hatch each mark without a number (`empty`), at its place of the row; entries of the key for what was hatched.

    Where all marks of a row are empty for one reason the row is hatched once.
    """
    found: dict[str, None] = {}
    for (panel, group, label), here in lines.groupby(["panel", "group", "label"], sort=False):
        empty = here[here["empty"]]
        y, tall = rows.places[group, label], rows.heights[group, label]
        whole = len(empty) == len(here) and empty["reason"].nunique() == 1
        for row in empty.drop_duplicates("reason" if whole else "place").to_dict("records"):
            hatching = style.hatching(row["reason"])
            found[hatching] = None
            words = row["reason"] or ("" if row["text"] else say("no estimate"))
            height = 0.62 * tall if whole or deep == 1 else 0.14
            place = y if whole else y + row["place"]
            fits = text_width(words, 9) < 0.9 * rows.room
            hatch(rows.panels[panel], place, height, words if whole and fits else "", hatching)
            if whole:
                break
    return [style.hatched_field(say(_WHY[hatching]), hatching, style.CONTEXT) for hatching in found]


def offsets(lines: pd.DataFrame, series: Sequence[str], step: float = _STEP) -> tuple[pd.Series, int]:
    """Return how far below the middle of its row each mark stands, in inches, and the marks in the fullest row.

    Marks of a row stand below one another in the order of `series`; one that is alone keeps the middle.
    """
    order = lines["series"].map({name: place for place, name in enumerate(series)})
    here = lines.assign(order=order).sort_values("order", kind="stable").groupby(["panel", "group", "label"])
    many = here["order"].transform("size")
    place = here.cumcount() - (many - 1) / 2
    return place.reindex(lines.index) * step, math.ceil(many.max() * step / _STEP)


def lines_at(axes: Axes, at: Mapping[str, float]) -> list[Line2D]:
    """Draw a line at each named place of the scale, told apart by its dashes; its entries of the key."""
    looks = ((style.VERMILLION, "--"), (style.INK, ":"), (style.PURPLE, "-."), (style.GREEN, "--"))
    drawn = []
    for (name, place), (colour, dashes) in zip(at.items(), looks, strict=False):
        if np.isfinite(place):
            axes.axvline(place, color=colour, lw=1.4, ls=dashes, zorder=1.6)
            drawn.append(Line2D([], [], color=colour, lw=1.4, ls=dashes, label=name))
    return drawn
