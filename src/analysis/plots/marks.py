"""How a count over time is marked: exact, approximate, at least, below five, an interval, suppressed, or not found."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from analysis.plots import key, style
from bounded.refusal import Refusal

COLUMNS = ("series", "x", "low", "high", "value_qualifier")
LONGEST_STEP = 1.3  # years; a longer gap is not bridged by a line
COVID = (2020.0, 2022.0)
COVID_COLOUR = style.SHADE
INCOMPLETE = "...."  # hatching of a period whose records are still coming in
Palette = dict[str, tuple[str, str]]


def prepare(table: pd.DataFrame) -> pd.DataFrame:
    """The columns that are drawn, as numbers, in the order of time; rows without a place in time are left out."""
    if not len(table):
        return pd.DataFrame(
            {column: pd.Series(dtype=float) for column in (*COLUMNS, "interval_low", "interval_high", "mark")}
        )
    style.require(table, COLUMNS)
    drawn = table.reset_index(drop=True).copy()
    for column in ("interval_low", "interval_high"):
        if column not in drawn.columns:
            drawn[column] = np.nan
    numeric = ["x", "low", "high", "interval_low", "interval_high"]
    drawn[numeric] = drawn[numeric].astype(float)
    drawn["series"] = drawn["series"].astype(str)
    drawn["mark"] = [
        _mark(low, high, qualifier)
        for low, high, qualifier in zip(drawn["low"], drawn["high"], drawn["value_qualifier"], strict=True)
    ]
    return drawn[drawn["x"].notna()].sort_values("x", kind="stable").reset_index(drop=True)


def palette(names: Iterable[str]) -> Palette:
    """One colour and marker a series, in the order of appearance. Raises ValueError for more than seven."""
    listed = list(dict.fromkeys(map(str, names)))
    if len(listed) > len(style.CATEGORIES):
        raise Refusal(
            "too_many_series",
            f"{len(listed)} series cannot be told apart in one figure (at most {len(style.CATEGORIES)}): "
            "draw them as small multiples, or fewer of them.",
        )
    return {name: (style.CATEGORIES[place], style.MARKERS[place]) for place, name in enumerate(listed)}


def highest(drawn: pd.DataFrame) -> float:
    """The highest finite amount that must be visible; an open upper end needs room for its arrow."""
    values = drawn[["low", "high", "interval_high"]].to_numpy(dtype=float)
    finite = values[np.isfinite(values)]
    top = float(finite.max()) if len(finite) else 0.0
    at_least = drawn.loc[drawn["mark"] == "at_least", "low"]
    return max(top, 1.18 * float(at_least.max()) if len(at_least) else 0.0)


def draw(axes: Axes, drawn: pd.DataFrame, colours: Palette, *, size: float = 6.5, connect: bool = True) -> None:
    """Draw prepared rows; series that share a year stand beside one another."""
    present = [name for name in colours if (drawn["series"] == name).any()]
    step = min(0.28, 0.66 / max(len(present), 1))
    for place, name in enumerate(present):
        shift = (place - (len(present) - 1) / 2) * step
        bar = 0.5 if len(present) == 1 else max(step * 0.95, 0.1)
        rows = drawn[drawn["series"] == name]
        if shift:
            rows = rows.assign(x=rows["x"] + shift)
        colour, marker = colours[name]
        if connect:
            _lines(axes, rows, colour)
        for row in rows.to_dict("records"):
            _draw_one(axes, row, colour, marker, bar, size)


def entries(
    drawn: pd.DataFrame, colours: Palette, *, interval_label: str, covid: bool, series: bool
) -> list[key.Entry]:
    """Entries of the key for the marks that are in the table."""
    marks = set(drawn["mark"])
    listed = [key.dot(name, *look) for name, look in colours.items() if name] if series else []
    marker = "o" if len(colours) != 1 else next(iter(colours.values()))[1]
    if "approx" in marks:
        listed += [key.dot("approximate", style.MUTED, marker, filled=False)]
    if "at_least" in marks:
        listed += [key.arrow("at least", style.MUTED, up=True)]
    if "below_5" in marks:
        listed += [key.patch("<5: one to four, may stand for 0", edgecolor=style.MUTED, hatch=style.CENSORED)]
    if "interval" in marks:
        listed += [key.line("known only as an interval", style.MUTED, 5, upright=True)]
    if np.isfinite(drawn["interval_low"]).any():
        listed += [key.line(interval_label, style.MUTED, 1.1, upright=True)]
    if "suppressed" in marks:
        listed += [key.patch("suppressed: small number protected", edgecolor=style.MUTED, hatch=style.SUPPRESSED)]
    if "unknown" in marks:
        listed += [key.patch("no figure found", edgecolor=style.CONTEXT, hatch=style.UNKNOWN)]
    return listed + ([key.patch("COVID-19 years", COVID_COLOUR, COVID_COLOUR)] if covid else [])


def incomplete(axes: Axes, places: Sequence[float], width: float) -> None:
    """Hatch the periods, `width` years wide, around some places in time."""
    for x in places:
        axes.axvspan(x - width / 2, x + width / 2, facecolor="none", edgecolor=style.CONTEXT, hatch=INCOMPLETE, lw=0,
                     zorder=0.4)  # fmt: skip


def span(years: Sequence[float]) -> tuple[int, int]:
    """First and last year to show."""
    return math.floor(min(years)), math.floor(max(years))


def years_axis(axes: Axes, first: int, last: int, inches: float, *, size: float = 10.5, short: bool = False) -> None:
    """Calendar years, each named (`short`: by two digits) in the middle of its slot; 2020 and 2021 are shaded."""
    stride = max(1, math.ceil((last - first + 1) * (0.034 if short else 0.047) * size / inches))
    shown = [year for year in range(first, last + 1) if (last - year) % stride == 0]
    axes.set_xlim(first, last + 1)
    # Texts and one row of marks (3: a tick downwards): each of matplotlib's own ticks is five artists, and slow.
    axes.set_xticks([])
    below = axes.get_xaxis_text1_transform(5)[0]
    for year in shown:
        text = f"’{year % 100:02d}" if short else str(year)
        axes.text(year + 0.5, 0, text, transform=below, size=size, ha="center", va="top", zorder=0.5)
    bounds = np.arange(first, last + 2)
    axes.scatter(bounds, np.zeros(len(bounds)), transform=axes.get_xaxis_transform(), s=9, marker=3, lw=0.6,
                 color=style.CONTEXT, snap=True, clip_on=False, zorder=0.5)  # fmt: skip
    if in_covid(first, last):
        axes.axvspan(max(COVID[0], first), min(COVID[1], last + 1), color=COVID_COLOUR, lw=0, zorder=0)


def in_covid(first: int, last: int) -> bool:
    return last >= COVID[0] and first < COVID[1]


def amount_axis(
    axes: Axes, top: float, *, log: bool, size: float = 10.5, headroom: float = 0.0, linear_below: float = 1.0
) -> None:
    """Amounts upwards from zero; `headroom` is the share of the height kept free of data for a text.

    A logarithmic axis is linear from 0 to `linear_below`, so that a true zero has a place.
    """
    top = top if top > 0 else 1.0
    if log:
        decades = math.log10(max(top, linear_below) / linear_below)
        axes.set_yscale("symlog", linthresh=linear_below, linscale=min(0.7, 0.2 + 0.3 * decades))
        axes.yaxis.set_major_locator(FixedLocator([0, *_log_ticks(linear_below, top, size)]))
        axes.yaxis.set_minor_locator(FixedLocator([]))
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=top >= 4))
    scale = axes.yaxis.get_transform()
    highest_shown = float(scale.transform(np.array([top]))[0]) * 1.08 / (1 - headroom)
    axes.set_ylim(0, float(scale.inverted().transform(np.array([highest_shown]))[0]))
    # Small panels have no room for seven digits.
    short = size < 10 and top >= 1e6 and not log
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value / 1e6:g} m" if short and value else style.number(value))
    )
    axes.grid(axis="y")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0, labelsize=size)


def _log_ticks(first: float, top: float, size: float) -> list[float]:
    """Round numbers from the first upwards, as many as a scale so long has room for."""
    decades = math.log10(max(top, first) / first)
    wide = size >= 10
    steps = (1, 2, 5) if wide and decades <= 1.5 else (1, 3) if decades <= (2 if wide else 1.2) else (1,)
    power = math.floor(math.log10(first) + 1e-9)
    ticks = [step * 10.0**above for above in range(power, power + 12) for step in steps]
    return sorted({first, *(tick for tick in ticks if first * 1.001 < tick <= top * 1.08)})


def _mark(low: float, high: float, qualifier: object) -> str:
    if qualifier == "suppressed":
        return "suppressed"
    if not np.isfinite(low):
        return "unknown"
    if qualifier == "at_least" or not np.isfinite(high):
        return "at_least"
    if qualifier == "below_5":
        return "below_5"
    if high > low:
        return "interval"
    return "approx" if qualifier == "approx" else "exact"


def _lines(axes: Axes, rows: pd.DataFrame, colour: str) -> None:
    """Join neighbouring years: a full line between two exact counts, a dotted one where an end is not exact."""
    drawn = rows[rows["mark"].isin(("exact", "approx", "interval", "at_least"))]
    middle = np.where(np.isfinite(drawn["high"]), (drawn["low"] + drawn["high"]) / 2, drawn["low"])
    x, marks = drawn["x"].to_numpy(), drawn["mark"].to_numpy()
    for here in range(len(drawn) - 1):
        if 0 < x[here + 1] - x[here] <= LONGEST_STEP:
            firm = marks[here] == marks[here + 1] == "exact"
            ends = slice(here, here + 2)
            _line(axes, x[ends], middle[ends], color=colour, lw=1.7 if firm else 1.2, ls="-" if firm else ":", zorder=2)


def _draw_one(axes: Axes, row: dict, colour: str, marker: str, bar: float, size: float) -> None:
    x, low, high, mark = row["x"], row["low"], row["high"], row["mark"]
    thin_low, thin_high = row["interval_low"], row["interval_high"]
    if np.isfinite(thin_low):
        top = thin_high if np.isfinite(thin_high) else axes.get_ylim()[1]
        _line(axes, [x, x], [thin_low, top], color=colour, lw=1.1, zorder=3)
    if mark in ("exact", "approx"):
        face = colour if mark == "exact" else "white"
        _line(
            axes, [x], [low], marker=marker, ms=size, mfc=face, mec=colour, mew=1.4, ls="none", zorder=5, clip_on=False
        )
    elif mark == "interval":
        _line(axes, [x, x], [low, high], color=colour, lw=0.85 * size, zorder=4)
    elif mark == "at_least":
        _line(axes, [x], [low], marker="_", ms=size * 1.5, mec=colour, mew=2, ls="none", zorder=5, clip_on=False)
        rules = {
            "arrowstyle": "<|-",
            "color": colour,
            "lw": 1.5,
            "shrinkA": 0,
            "shrinkB": 0,
            "mutation_scale": 1.6 * size,
        }
        axes.annotate("", xy=(x, low), xytext=(0, 2.6 * size), textcoords="offset points", arrowprops=rules, zorder=5)
    elif mark == "below_5":
        _bar(axes, x, bar, 0, high, colour, style.CENSORED)
    elif mark == "suppressed" and np.isfinite(low) and np.isfinite(high):
        _bar(axes, x, bar, low, high, colour, style.SUPPRESSED)
    else:  # nothing to place on the scale: a narrow column over its whole height
        hatch, edge = (style.SUPPRESSED, style.MUTED) if mark == "suppressed" else (style.UNKNOWN, style.FAINT)
        half = min(bar, 0.4) / 2
        axes.axvspan(x - half, x + half, facecolor="none", edgecolor=edge, hatch=hatch, lw=0, zorder=1)


def _bar(axes: Axes, x: float, width: float, low: float, high: float, colour: str, hatch: str) -> None:
    axes.add_patch(
        Rectangle(
            (x - width / 2, low), width, high - low, facecolor="white", edgecolor=colour, hatch=hatch, lw=1, zorder=4
        )
    )


def _line(axes: Axes, x: Sequence[float], y: Sequence[float], **rules) -> None:
    """A line on axes whose limits are set: `plot` would look for them in each."""
    axes.add_artist(Line2D(x, y, **rules))
