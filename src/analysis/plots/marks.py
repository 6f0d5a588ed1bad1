"""Marks of a count over time: exact, approximate, at least, below five, an interval, suppressed, or not found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from analysis.plots import rows, style
from analysis.plots.printing import say

LONGEST_STEP = 1.3  # years; a longer gap is not bridged by a line
COVID = (2020.0, 2022.0)
SHADED = ((*COVID, "COVID-19 years"),)
# A bar with an arrow upwards from it; a marker is scaled by its farthest point.
_AT_LEAST = Path(
    [(-0.45, 0), (0.45, 0), (0, 0), (0, 2), (-0.32, 1.4), (0, 2), (0.32, 1.4)],
    [Path.MOVETO, Path.LINETO, Path.MOVETO, Path.LINETO, Path.MOVETO, Path.LINETO, Path.LINETO],
)
_BELOW_5 = "<5: one to four, may stand for 0"
_JOINED = ("exact", "approx", "interval", "at_least")
_CALENDAR = (1800, 2200)
Palette = dict[str, tuple[str, str]]
Floats = NDArray[np.float64]
Rows = dict[str, NDArray]


@dataclass(frozen=True)
class Scale:
    """The scale to the right: calendar years, each in the middle of its slot, or another number.

    Parameters
    ----------
    calendar : whether the numbers are years.
    shift : what is added to each; half a year where all are whole.
    """

    calendar: bool
    shift: float

    @classmethod
    def of(cls, values: pd.Series) -> Scale:
        numbers = _numbers(values)
        numbers = numbers[np.isfinite(numbers)]
        calendar = len(numbers) > 0 and _CALENDAR[0] <= numbers.min() and numbers.max() <= _CALENDAR[1]
        return cls(bool(calendar), 0.5 if calendar and (numbers == np.floor(numbers)).all() else 0.0)

    def place(self, values: pd.Series) -> Floats:
        """Return the place of values on the scale."""
        return _numbers(values) + self.shift


def _numbers(values: pd.Series) -> Floats:
    """Numbers, or days as decimal years."""
    if pd.api.types.is_datetime64_any_dtype(values):
        long = np.where(values.dt.is_leap_year, 366, 365)
        return (values.dt.year + (values.dt.day_of_year - 0.5) / long).to_numpy(dtype=float)
    return values.to_numpy(dtype=float)


def prepare(
    table: pd.DataFrame, scale: Scale, *, x: str, y: str | tuple[str, str], by: str, panel: str = ""
) -> pd.DataFrame:
    """Return what is drawn of a table, in the order of time, under names of its own, without rows that have no place.

    Returns
    -------
    DataFrame: panel, series, x, low, high, interval_low, interval_high, mark, flag, incomplete, and top, the highest
    amount that must be visible.
    """
    low, high = (y, y) if isinstance(y, str) else y
    # What a table has by this name is read; another name is one that its caller gave.
    style.require(table, [x, low, high, *([by] if by != "series" else []), *filter(None, [panel])])

    def column(name: str, otherwise: object) -> pd.Series:
        return table[name] if name in table.columns else pd.Series(otherwise, index=table.index)

    amounts = pd.DataFrame({"low": table[low], "high": table[high]}).astype(object)
    known = column("value_qualifier", "").astype(object)
    # Of what is suppressed no number is drawn, whatever the table holds.
    hidden = known.map(str).map(style.is_suppressed).astype(bool) | amounts.eq("suppressed").any(axis=1)
    amounts = rows.bounds(amounts.mask(hidden), ("low", "high"))
    drawn = pd.DataFrame(
        {
            "panel": table[panel].astype(str) if panel else "",
            "series": column(by, "").astype(str),
            "x": scale.place(table[x]),
            **amounts,
            "interval_low": column("interval_low", np.nan).astype(float).mask(hidden),
            "interval_high": column("interval_high", np.nan).astype(float).mask(hidden),
            "flag": column("flag", "").fillna("").astype(str),
            "incomplete": column("incomplete", False).fillna(False).astype(bool),
        }
    )
    known = known.mask(hidden, "suppressed")
    drawn["mark"] = [_mark(*row) for row in zip(drawn["low"], drawn["high"], known, strict=True)]
    # An open mark, as that of an approximate count: neither is the last word.
    drawn["mark"] = drawn["mark"].mask(drawn["incomplete"] & drawn["mark"].eq("exact"), "approx")
    numbers = drawn[["low", "high", "interval_high"]].to_numpy()
    top = np.max(numbers, axis=1, initial=0.0, where=np.isfinite(numbers))
    # An open upper end needs room for its arrow, and a flag for itself.
    room = np.where(drawn["mark"] == "at_least", 1.18, np.where(drawn["flag"] != "", 1.15, 1.0))
    drawn["top"] = np.maximum(top, room * np.nan_to_num(drawn["low"].to_numpy()))
    return drawn[drawn["x"].notna()].sort_values("x", kind="stable", ignore_index=True)


def _mark(low: float, high: float, qualifier: object) -> str:
    if qualifier in ("suppressed", "none_given"):
        return str(qualifier)
    if not np.isfinite(low):
        return "unknown"
    if qualifier == "at_least" or not np.isfinite(high):
        return "at_least"
    if qualifier == "below_5":
        return "below_5"
    if high > low:
        return "interval"
    return "approx" if qualifier == "approx" else "exact"


def largest(values: pd.DataFrame | pd.Series) -> float:
    """The largest of all finite values; 0 where there are none."""
    numbers = values.to_numpy(dtype=float)
    return float(np.max(numbers, initial=0.0, where=np.isfinite(numbers)))


def slot(drawn: pd.DataFrame) -> float:
    """Return the width of a period: a year, or less where a series has several figures a year."""
    steps = [np.diff(np.unique(rows["x"])) for _, rows in drawn.groupby(["panel", "series"])]
    usual = [float(np.median(step)) for step in steps if len(step)]
    return min([1.0, max(usual)]) if usual else 1.0


def draw(
    axes: Axes,
    drawn: pd.DataFrame,
    look: Palette,
    scale: Scale,
    *,
    size: float = 6.5,
    width: float = 1.0,
    connect: bool = True,
) -> None:
    """Draw prepared rows in axes whose scales are set; series that share a year stand beside one another.

    Parameters
    ----------
    size : of a marker, in points. width : of a period, in the unit of x.
    """
    every = {column: drawn[column].to_numpy() for column in drawn.columns}
    present = [name for name in look if (every["series"] == name).any()]
    step = width * min(0.28, 0.66 / max(len(present), 1)) if scale.calendar else 0.0
    bar = width * (0.5 if len(present) == 1 else max(0.95 * step, 0.1))
    for place, name in enumerate(present):
        part = _where(every, every["series"] == name)
        part["x"] = part["x"] + (place - (len(present) - 1) / 2) * step
        colour, marker = look[name]
        if connect:
            _join(axes, part, colour, LONGEST_STEP if scale.calendar else math.inf)
        for kind in dict.fromkeys(part["mark"]):
            _draw_kind(axes, kind, _where(part, part["mark"] == kind), colour, marker, bar, size)
        thin = _where(part, np.isfinite(part["interval_low"]))
        _upright(axes, thin, ("interval_low", "interval_high"), color=colour, lw=1.1, zorder=3, gid="limits")
    for flag in dict.fromkeys(every["flag"][every["flag"] != ""]):
        part = _where(every, every["flag"] == flag)
        height = np.where(np.isfinite(part["high"]), part["high"], part["low"]) + 0.06 * axes.get_ylim()[1]
        _put(axes, Line2D(part["x"], height, ls="none", zorder=6, clip_on=False, gid=f"flag:{flag}", **_flag(flag)))


def _where(part: Rows, chosen: NDArray[np.bool_]) -> Rows:
    return {column: values[chosen] for column, values in part.items()}


def _put(axes: Axes, artist: Artist) -> None:
    """An artist on axes whose limits are set, and which constrained layout need not measure."""
    artist.set_in_layout(False)
    if isinstance(artist, LineCollection | PolyCollection):
        axes.add_collection(artist, autolim=False)
    else:
        axes.add_artist(artist)


def _join(axes: Axes, part: Rows, colour: str, longest: float) -> None:
    """Join neighbours: a full line between two exact counts, a dotted one where an end is not exact."""
    middle = np.where(np.isfinite(part["high"]), (part["low"] + part["high"]) / 2, part["low"])
    x, exact, known = part["x"], part["mark"] == "exact", np.isin(part["mark"].astype(str), _JOINED)
    step = np.diff(x)
    joined = (step > 0) & (step <= longest) & known[1:] & known[:-1]
    firm = joined & exact[1:] & exact[:-1]
    for which, rules in ((firm, {"linewidths": 1.7}), (joined & ~firm, {"linewidths": 1.2, "linestyles": ":"})):
        segments = [[(x[at], middle[at]), (x[at + 1], middle[at + 1])] for at in np.flatnonzero(which)]
        if segments:
            _put(axes, LineCollection(segments, colors=colour, zorder=2, gid="joined", **rules))


def _draw_kind(axes: Axes, kind: str, part: Rows, colour: str, marker: str, bar: float, size: float) -> None:
    rules: dict = {"ls": "none", "zorder": 5, "clip_on": False, "gid": kind, "mec": colour}
    if kind in ("exact", "approx"):
        face = colour if kind == "exact" else "white"
        _put(axes, Line2D(part["x"], part["low"], marker=marker, ms=size, mfc=face, mew=1.4, **rules))
    elif kind == "at_least":
        _put(axes, Line2D(part["x"], part["low"], marker=_AT_LEAST, ms=5 * size, mfc="none", mew=1.6, **rules))
    elif kind == "none_given":
        _put(axes, Line2D(part["x"], 0.03 * np.ones(len(part["x"])), marker="_", ms=7, mew=1.2, **rules | {
            "mec": style.MUTED, "transform": axes.get_xaxis_transform()}))  # fmt: skip
    elif kind == "interval":
        _upright(axes, part, ("low", "high"), color=colour, lw=0.85 * size, zorder=4, gid=kind)
    elif kind == "below_5":
        _boxes(axes, part | {"low": np.zeros(len(part["x"]))}, bar, colour, style.CENSORED, kind)
    elif kind == "suppressed":
        _columns(axes, part["x"], min(bar, 0.4), style.MUTED, style.SUPPRESSED, kind)
    else:
        _columns(axes, part["x"], min(bar, 0.4), style.FAINT, style.UNKNOWN, kind)


def _upright(axes: Axes, part: Rows, ends: tuple[str, str], *, color: str, lw: float, **rules) -> None:
    high = np.where(np.isfinite(part[ends[1]]), part[ends[1]], axes.get_ylim()[1])
    lines = [[(x, a), (x, b)] for x, a, b in zip(part["x"], part[ends[0]], high, strict=True)]
    if lines:
        _put(axes, LineCollection(lines, colors=color, linewidths=lw, **rules))


def _boxes(axes: Axes, part: Rows, width: float, colour: str, hatch: str, gid: str) -> None:
    places = zip(part["x"], part["low"], part["high"], strict=True)
    corners = [_corners(x - width / 2, x + width / 2, low, high) for x, low, high in places]
    if corners:
        rules: dict = {"facecolors": "white", "edgecolors": colour, "hatch": hatch, "linewidths": 1}
        _put(axes, PolyCollection(corners, zorder=4, gid=gid, **rules))


def _columns(axes: Axes, places: Floats, width: float, edge: str, hatch: str, gid: str) -> None:
    """Draw narrow columns over the whole height of the scale, where there is nothing to place on it."""
    corners = [_corners(x - width / 2, x + width / 2, 0, 1) for x in places]
    if corners:
        rules: dict = {"facecolors": "none", "edgecolors": edge, "hatch": hatch, "linewidths": 0}
        _put(axes, PolyCollection(corners, zorder=1, gid=gid, transform=axes.get_xaxis_transform(), **rules))


def _corners(left: float, right: float, low: float, high: float) -> list[tuple[float, float]]:
    return [(left, low), (right, low), (right, high), (left, high)]


def _flag(flag: str) -> dict:
    """The triangle above a row; that of what is only possible is open."""
    face = "white" if flag.startswith("possible") else style.VERMILLION
    return {"marker": "v", "ms": 8, "mfc": face, "mec": style.VERMILLION, "mew": 1.4}


# Grounds


def shade(axes: Axes, shaded: Sequence[tuple[float, float, str]], first: float, last: float) -> None:
    """Spans of time on a grey ground."""
    for start, end, _ in within(shaded, first, last):
        corners = _corners(max(start, first), min(end, last), 0, 1)
        _put(axes, PolyCollection([corners], facecolors=style.SHADE, linewidths=0, zorder=0, gid="shaded",
                                  transform=axes.get_xaxis_transform()))  # fmt: skip


def within(shaded: Sequence[tuple[float, float, str]], first: float, last: float) -> list[tuple[float, float, str]]:
    """The spans that lie at least partly between two ends."""
    return [(start, end, name) for start, end, name in shaded if end > first and start < last]


def hatch_incomplete(axes: Axes, drawn: pd.DataFrame, width: float) -> None:
    """Hatch the periods whose records are still coming in, over their whole width."""
    places = drawn.loc[drawn["incomplete"], "x"].unique()
    _columns(axes, places, width, style.CONTEXT, style.INCOMPLETE, "incomplete")


# Scales


def set_x(axes: Axes, scale: Scale, ends: tuple[float, float], inches: float, *, short: bool = False) -> None:
    """The scale to the right, so many inches long: calendar years (`short`: by two digits), or another number."""
    first, last = ends
    if scale.calendar:
        size = 10.0
        room = inches / (last - first)
        stride = max(1, math.ceil((0.034 if short else 0.047) * size / room))
        years = [year for year in range(int(first), int(last)) if (int(last) - 1 - year) % stride == 0]
        axes.set_xlim(first, last)
        names = [f"’{year % 100:02d}" if short else str(year) for year in years]
        axes.set_xticks([year + 0.5 for year in years], names)
        return
    ticks = MaxNLocator(max(3, int(inches / 0.9)), steps=[1, 2, 2.5, 5, 10])
    axes.xaxis.set_major_locator(_round_ticks(ends, ticks))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlim(first, last)


def ends_of(
    places: Sequence[float] | pd.Series, fitted: Sequence[float] | pd.Series, scale: Scale
) -> tuple[float, float]:
    """Return the ends of the scale to the right: whole calendar years, or a little beyond the first and the last."""
    first, last = min([*places, *fitted]), max([*places, *fitted])
    if scale.calendar:
        # What is fitted may end where its last year does.
        return math.floor(first), max([math.floor(max(places)) + 1, *(math.ceil(place) for place in fitted)])
    room = 0.04 * (last - first) or 0.5
    return first - room, last + room


def linear_below(amounts: pd.DataFrame) -> float:
    """Return where a logarithmic scale begins: the power of ten at or below the smallest amount above 0."""
    numbers = amounts.to_numpy(dtype=float)
    numbers = numbers[np.isfinite(numbers) & (numbers > 0)]
    return 10.0 ** math.floor(math.log10(numbers.min()) + 1e-9) if len(numbers) else 1.0


def amount_axis(
    axes: Axes,
    top: float,
    *,
    log: bool = False,
    size: float = 10.5,
    headroom: float = 0.0,
    linear_below: float = 1.0,
    bottom: float = 0.0,
    ticks: int = 5,
) -> None:
    """Amounts upwards from zero, or from `bottom`; `headroom` is the share of the height kept free of data for a text.

    `ticks` is how many steps the scale has at most.

    A logarithmic axis is linear from 0 to `linear_below`, so that a true zero has a place.
    """
    top = top if top > 0 else 1.0
    if log:
        decades = math.log10(max(top, linear_below) / linear_below)
        axes.set_yscale("symlog", linthresh=linear_below, linscale=min(0.7, 0.2 + 0.3 * decades))
        axes.yaxis.set_major_locator(FixedLocator([0, *_log_ticks(linear_below, top, size)]))
        axes.yaxis.set_minor_locator(FixedLocator([]))
    scale = axes.yaxis.get_transform()
    highest_shown = float(scale.transform(np.array([top]))[0]) * 1.08 / (1 - headroom)
    ends = 1.08 * min(bottom, 0), float(scale.inverted().transform(np.array([highest_shown]))[0])
    axes.set_ylim(*ends)
    if not log:
        axes.yaxis.set_major_locator(_round_ticks(ends, MaxNLocator(ticks, steps=[1, 2, 5, 10], integer=top >= 4)))
    # Small panels have no room for seven digits.
    short = size < 10 and top >= 1e6 and not log
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value / 1e6:g} m" if short and value else style.number(value))
    )
    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", labelsize=size)


def _round_ticks(ends: tuple[float, float], among: MaxNLocator) -> FixedLocator:
    """Round numbers between two ends, and none beyond them."""
    low, high = ends
    return FixedLocator([tick for tick in among.tick_values(low, high) if low <= tick <= high])


def _log_ticks(first: float, top: float, size: float) -> list[float]:
    """Round numbers from the first upwards, as many as a scale so long has room for."""
    decades = math.log10(max(top, first) / first)
    wide = size >= 10
    steps = (1, 2, 5) if wide and decades <= 1.5 else (1, 3) if decades <= (2 if wide else 1.2) else (1,)
    power = math.floor(math.log10(first) + 1e-9)
    ticks = [step * 10.0**above for above in range(power, power + 12) for step in steps]
    return sorted({first, *(tick for tick in ticks if first * 1.001 < tick <= top * 1.08)})


# The key


def handles(
    drawn: pd.DataFrame,
    look: Palette,
    *,
    named: bool,
    interval_label: str,
    first: str = "",
) -> list[Artist]:
    """Handles of the key for the marks that are in a table.

    Parameters
    ----------
    named : whether the series are named here, and not at their ends.
    first : what an exact count of a single series without a name is called; "" where that is plain.
    """
    kinds = set(drawn["mark"])
    marker = "o" if len(look) != 1 else next(iter(look.values()))[1]
    grey = style.MUTED
    rules: dict = {"ls": "none", "ms": 6.5}
    found: list[Artist] = []
    if named:
        found += [Line2D([], [], color=c, marker=m, label=name, **rules) for name, (c, m) in look.items() if name]
    if first and not any(look) and "exact" in kinds:
        found.append(Line2D([], [], color=style.BLUE, marker=marker, label=first, **rules))
    whole = drawn.loc[drawn["mark"].eq("approx"), "incomplete"]
    if len(whole) and not whole.all():
        found.append(Line2D([], [], marker=marker, mec=grey, mfc="white", mew=1.4, label=say("approximate"), **rules))
    if "at_least" in kinds:
        found.append(
            Line2D([], [], marker=_AT_LEAST, mec=grey, mfc="none", mew=1.6, ls="none", ms=18, label=say("at least"))
        )
    if "below_5" in kinds:
        found.append(style.hatched_field(say(_BELOW_5), style.CENSORED))
    if "interval" in kinds:
        found.append(
            Line2D([], [], marker="|", mec=grey, mew=5, ls="none", ms=13, label=say("known only as an interval"))
        )
    if np.isfinite(drawn["interval_low"]).any():
        found.append(Line2D([], [], marker="|", mec=grey, mew=1.1, ls="none", ms=14, label=interval_label))
    if "suppressed" in kinds:
        found.append(style.hatched_field(say("suppressed: small number protected"), style.SUPPRESSED))
    if "none_given" in kinds:
        found.append(
            Line2D([], [], marker="_", mec=grey, mew=1.2, ls="none", ms=7, label=say("the report gives no figure"))
        )
    if "unknown" in kinds:
        found.append(style.hatched_field(say("no figure found"), style.UNKNOWN, style.CONTEXT))
    flags = list(dict.fromkeys(drawn.loc[drawn["flag"] != "", "flag"]))
    found += [Line2D([], [], ls="none", label=flag, **_flag(flag)) for flag in flags]
    if drawn["incomplete"].any():
        found.append(style.hatched_field(say("period not yet complete"), style.INCOMPLETE, style.CONTEXT))
    return found


def shaded_handles(shaded: Sequence[tuple[float, float, str]]) -> list[Artist]:
    """Handles of the key for spans of time on a grey ground."""
    return [Patch(facecolor=style.SHADE, label=say(name)) for _, _, name in shaded]
