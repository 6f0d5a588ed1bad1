"""Counts or rates over the years, or along another number, in one panel; with a fit, joinpoints and a text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.plots import colours, marks, style

FIT = ("x", "fit", "low", "high")
JOINPOINTS = ("x", "low", "high")
Lines = Mapping[str, float | Sequence[float]]

_TALL = 3.3  # inches of the axes
_LANE = 0.16  # inches of a row of joinpoints' intervals
_TEXT = 0.2  # inches of a line of the text
_BAND = colours.VERMILLION
_DASHES = (":", "-.", "--")


@style.form(
    "Dots by year, joined where years follow one another, with intervals, and boxes where only bounds are known."
)
def series(
    table: pd.DataFrame,
    *,
    x: str = "x",
    y: str | tuple[str, str] = ("low", "high"),
    by: str = "series",
    qualifier: str = "value_qualifier",
    interval: tuple[str, str] = ("interval_low", "interval_high"),
    flag: str = "flag",
    incomplete: str = "incomplete",
    fit: pd.DataFrame | None = None,
    joinpoints: pd.DataFrame | None = None,
    lines: Lines | None = None,
    shaded: Sequence[tuple[float, float, str]] = marks.SHADED,
    text: str = "",
    ylabel: str,
    xlabel: str = "",
    log: bool = False,
    log_x: bool = False,
    connect: bool | None = None,
    interval_label: str = "95% interval",
    fit_label: str = "fit and its 95% band",
    joinpoint_label: str = "joinpoint with its 95% interval",
    title: str,
    footer: style.Footer,
    subtitle: str = "",
) -> Figure:
    """Series over the years in one panel, each named at its end.

    Parameters
    ----------
    table : one row a count or rate. A row whose value is missing is hatched as not found, and no line crosses it.
    x : column of the years (whole, or decimal: the middle of the period), of days, or of another number.
    y : column of the counts; or two, lower and upper bound (equal if exact; the upper may be infinite).
    by : column of the series' names; a table without it is one series.
    qualifier : column that says how a count is known: exact, approx, at_least, below_5, derived, suppressed, none_given
        (a report says that it has no figure). Of a suppressed one no number is drawn. Without the column bounds that
        differ are an interval.
    interval : columns of a statistical interval, where the table has them.
    flag : column of a text, where the table has it; a row with one has a triangle above it, which the
        key explains; an open one where the text begins with "possible".
    incomplete : column that says (bool), where the table has it, which periods are still coming in; they are hatched.
    fit : x, fit, low, high (band), in the units of the table. Optional: piece, a number; where it changes the line is
        broken; fit_low, fit_high: bounds between which the fit lies, where `fit` itself is missing.
    joinpoints : x, low, high (interval; missing where there is none): where the fit turns.
    lines : what happened -> when, one x or several: a dotted line upwards.
    shaded : first and last x of a span, and its name in the key; spans of time are drawn only where x are years.
    text : what stands inside the panel: what the fit says, or why there is none; a new line where it has one.
    ylabel : what is counted, with its unit. xlabel : what x is, where it is no year.
    log : a logarithmic scale upwards, linear below the smallest counts, so that a zero has its place.
    log_x : a logarithmic scale to the right, for x that are no years.
    connect : whether neighbours are joined by a line; by default where nothing is fitted.
    interval_label, fit_label, joinpoint_label : what these are, for the key.

    Raises
    ------
    ValueError : a column is missing, or there are more than seven series.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text=f"no figure found. {text}".strip(". "))
    scale = marks.Scale.of(table[x]) if x in table.columns else marks.Scale(False, 0)
    drawn = marks.prepare(
        table, scale, x=x, y=y, by=by, qualifier=qualifier, interval=interval, flag=flag, incomplete=incomplete
    )
    fitted, turns = read_fit(fit, scale), read_joinpoints(joinpoints, scale)
    order = table[by] if by in table.columns else [""]
    look = colours.palette(order)
    ends = marks.ends_of(drawn["x"], fitted["x"], scale, log=log_x)
    seen = marks.within(shaded if scale.calendar else (), *ends)
    top, cut = highest([(drawn, fitted)])
    begin = marks.linear_below(drawn[["low", "high"]])
    names = {name: "\n".join(style.wrap(name, 1.7, 10.5)) for name in look if name}
    margin = max((style.text_width(name, 10.5) + 0.3 for name in names.values()), default=0.05)
    inches = style.ROOM - margin - style.text_width(style.number(top), 10.5) - 0.2
    said = [line for part in text.split("\n") for line in style.wrap(part, inches - 0.3, 10.5)] if text else []
    lanes = _LANE * (max(_lanes(turns), default=-1) + 1)
    above = lanes + _TEXT * len(said) + (0.14 if said else 0) + (0.06 if lanes else 0)
    tall = _TALL + max(0.0, above - 0.6)

    page = style.Page(title=title, footer=footer, subtitle=subtitle)
    axes = page.subplots()
    label = style.wrap(ylabel + (f" (logarithmic above {style.number(begin)})" if log else ""), style.ROOM - 0.4, 10.5)
    axes.set_title("\n".join(label), weight="normal", linespacing=1.15)
    bottom = float(np.nanmin([0.0, drawn["low"].min(), drawn["interval_low"].min()]))
    marks.amount_axis(axes, top, log=log, headroom=above / tall, linear_below=begin, bottom=bottom)
    marks.set_x(axes, scale, ends, inches, log=log_x)
    axes.set_xlabel(xlabel)
    width = marks.slot(drawn)
    marks.shade(axes, seen, *ends)
    marks.hatch_incomplete(axes, drawn, width)
    draw_fit(axes, fitted)
    _draw_joinpoints(axes, turns, tall)
    draw_lines(axes, lines or {}, scale)
    size = 6.5 if len(drawn) <= 24 * len(look) else 4.9
    marks.draw(axes, drawn, look, scale, size=size, width=width, connect=fitted.empty if connect is None else connect)
    _name_ends(axes, drawn, look, names, tall)
    if said:
        axes.text(0.015, 1 - (lanes + 0.1) / tall, "\n".join(said), transform=axes.transAxes, va="top", gid="said",
                  linespacing=1.25, zorder=6,
                  bbox={"facecolor": "white", "edgecolor": colours.FAINT, "pad": 3})  # fmt: skip
    page.key(
        [
            *marks.handles(
                drawn,
                look,
                named=False,
                interval_label=interval_label,
                first="observed" if len(fitted) else "",
            ),
            *fit_handles(fitted, fit_label, cut),
            *_joinpoint_handle(turns, joinpoint_label),
            *line_handles(lines or {}),
            *marks.shaded_handles(seen),
        ]
    )
    return page.fit(tall)


# What is fitted


def read_fit(table: pd.DataFrame | None, scale: marks.Scale) -> pd.DataFrame:
    """A fitted line as numbers, in the order of x; empty where there is none."""
    return _read(table, FIT, ("piece", "fit_low", "fit_high"), scale)


def read_joinpoints(table: pd.DataFrame | None, scale: marks.Scale) -> pd.DataFrame:
    """Joinpoints as numbers, in the order of x; empty where there is none."""
    return _read(table, JOINPOINTS, (), scale)


def _read(
    table: pd.DataFrame | None, needed: Sequence[str], optional: Sequence[str], scale: marks.Scale
) -> pd.DataFrame:
    if table is None or not len(table):
        return pd.DataFrame({column: pd.Series(dtype=float) for column in (*needed, *optional)})
    style.require(table, needed)
    table = table.reset_index(drop=True)
    found = {column: table.get(column, np.nan) for column in (*needed, *optional)}
    numbers = pd.DataFrame(found, index=table.index).assign(x=scale.place(table["x"])).astype(float)
    if tuple(needed) == JOINPOINTS:
        numbers[["low", "high"]] += scale.shift
    return numbers.sort_values("x", ignore_index=True, kind="stable")


def highest(parts: Sequence[tuple[pd.DataFrame, pd.DataFrame]]) -> tuple[float, bool]:
    """The highest amount shown of tables and their fits, and whether a band is cut: one that soars hides all else."""
    firm = max(max(marks.largest(drawn["top"]), marks.largest(fit[["fit", "fit_high"]])) for drawn, fit in parts)
    bands = max(marks.largest(fit["high"]) for _, fit in parts)
    unbounded = any(np.isposinf(fit["high"]).any() for _, fit in parts)
    limit = 1.6 * firm
    return max(firm, min(bands, limit)), unbounded or bands > limit


def draw_fit(axes: Axes, fit: pd.DataFrame) -> None:
    """A line with its band; broken where its piece changes."""
    top = 2 * axes.get_ylim()[1]
    for _, piece in fit.groupby(fit["piece"].ffill().fillna(0), sort=False):
        high = np.minimum(piece["high"], top)
        edge: dict = {"color": _BAND, "lw": 0.6, "in_layout": False}
        axes.fill_between(piece["x"], piece["low"], high, alpha=0.18, zorder=1.5, gid="band", **edge)
        if piece["fit_high"].notna().any():
            axes.fill_between(
                piece["x"], piece["fit_low"], piece["fit_high"], alpha=0.4, zorder=1.6, gid="bounds", **edge
            )
        x, middle = piece["x"].to_numpy(), piece["fit"].to_numpy()
        axes.add_artist(Line2D(x, middle, color=_BAND, lw=2.2, zorder=3, gid="fit", in_layout=False))


def fit_handles(fit: pd.DataFrame, label: str, cut: bool) -> list[Artist]:
    """Handles of the key for a fitted line."""
    if fit.empty:
        return []
    label = f"{label}, cut at the top" if cut else label
    band = Patch(facecolor=_BAND, alpha=0.25, lw=0, label=label)
    found: list[Artist] = [Line2D([], [], color=_BAND, lw=2.2, label=label) if fit["fit"].notna().any() else band]
    if (fit["fit_high"] > fit["fit_low"]).any():
        found.append(Patch(facecolor=_BAND, alpha=0.5, lw=0, label="bounds of the fit"))
    return found


def draw_lines(axes: Axes, lines: Lines, scale: marks.Scale) -> None:
    """Upright lines where something happened."""
    for place, (name, when) in enumerate(lines.items()):
        for x in np.atleast_1d(when):
            axes.axvline(float(x) + scale.shift, color=colours.PURPLE, lw=1.6, ls=_DASHES[place % 3], zorder=1.6,
                         gid=f"line:{name}", in_layout=False)  # fmt: skip


def line_handles(lines: Lines) -> list[Artist]:
    """Handles of the key for upright lines."""
    return [
        Line2D([], [], color=colours.PURPLE, lw=1.6, ls=_DASHES[place % 3], label=name)
        for place, name in enumerate(lines)
    ]


def _lanes(joinpoints: pd.DataFrame) -> list[int]:
    """A row for each joinpoint, so that no interval touches another."""
    free: list[float] = []
    found = []
    for row in joinpoints.to_dict("records"):
        low, high = np.fmin(row["low"], row["x"]), np.fmax(row["high"], row["x"])
        lane = next((place for place, end in enumerate(free) if low - end > 0.3), len(free))
        free[lane : lane + 1] = [high]
        found.append(lane)
    return found


def _draw_joinpoints(axes: Axes, joinpoints: pd.DataFrame, tall: float) -> None:
    """A line down the panel for each, and above all data its interval."""
    first, last = axes.get_xlim()
    for row, lane in zip(joinpoints.to_dict("records"), _lanes(joinpoints), strict=True):
        y = 1 - (lane + 0.5) * _LANE / tall
        rules: dict = {"transform": axes.get_xaxis_transform(), "color": colours.INK, "in_layout": False}
        axes.add_artist(Line2D([row["x"]] * 2, [0, y], **rules | {"color": colours.MUTED}, lw=1, ls="--", zorder=1.7))
        if row["low"] <= row["high"]:
            ends = [max(row["low"], first), min(row["high"], last)]
            axes.add_artist(Line2D(ends, [y, y], lw=1.6, zorder=4, gid="joinpoint interval", **rules))
            # An interval without an end within the years shown has no mark there.
            shown = [end for end in (row["low"], row["high"]) if first <= end <= last]
            axes.add_artist(Line2D(shown, [y] * len(shown), ls="none", marker="|", ms=7, mew=1.6, zorder=4, **rules))
        axes.add_artist(Line2D([row["x"]], [y], marker="D", ms=5, ls="none", zorder=5, gid="joinpoint", **rules))


def _joinpoint_handle(joinpoints: pd.DataFrame, label: str) -> list[Artist]:
    if joinpoints.empty:
        return []
    known = joinpoints["low"].notna().any()
    label = label if known else label.split(" with its ")[0]
    return [Line2D([], [], color=colours.INK, marker="D", ms=5, lw=1.6 if known else 0, label=label)]


def _name_ends(axes: Axes, drawn: pd.DataFrame, look: marks.Palette, names: dict[str, str], tall: float) -> None:
    """Write each series' name at the right of the axes, at the height of its last count, and keep the names apart."""
    share = axes.transData + axes.transAxes.inverted()
    wanted = []
    for name in names:
        rows = drawn[(drawn["series"] == name) & drawn["low"].notna()]
        x, y = 1.0, 0.5
        if len(rows):
            end = rows.iloc[-1]
            middle = (end["low"] + end["high"]) / 2 if math.isfinite(end["high"]) else end["low"]
            x, y = (float(value) for value in share.transform((end["x"], middle)))
        wanted.append((y, x, name))
    wanted.sort(key=lambda entry: entry[0])
    middles = style.spread(
        [y for y, _, _ in wanted], [0.19 * (names[name].count("\n") + 1) / tall for *_, name in wanted], 0, 1
    )
    for (y, x, name), middle in zip(wanted, middles, strict=True):
        colour, marker = look[name]
        rules: dict = {"transform": axes.transAxes, "color": colour, "clip_on": False, "in_layout": False}
        if x < 1:
            # Grey and of points far apart: it leads to a name, and is no figure.
            way, sparse = [x + 0.012, 1.0, 1.012], {"color": colours.CONTEXT, "lw": 0.8, "ls": (0, (1, 4)), "zorder": 1}
            axes.add_artist(Line2D(way, [y, y if x > 0.9 else middle, middle], **rules | sparse))
        axes.add_artist(Line2D([1.022], [middle], marker=marker, ms=6, **rules))
        axes.annotate(names[name], (1.022, middle), xycoords="axes fraction", xytext=(7, 0), gid="name", size=10.5,
                      textcoords="offset points", color=colours.readable(colour), va="center", linespacing=1.1,
                      annotation_clip=False)  # fmt: skip
