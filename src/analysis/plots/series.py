"""Counts or rates over the years, or along another number: in one panel, or in small panels side by side.

One panel has a text and names its series at their ends; of small panels each is an area, or any other thing.
"""

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
from matplotlib.patheffects import withStroke

from analysis.plots import marks, printing, style
from analysis.plots.printing import say

FIT = ("x", "fit", "low", "high")
JOINPOINTS = ("x", "low", "high")
Lines = Mapping[str, float | Sequence[float]]

_TALL = 3.3  # inches of the axes
_LANE = 0.16  # inches of a row of joinpoints' intervals
_TEXT = 0.2  # inches of a line of the text
_BAND = style.VERMILLION
_DASHES = (":", "-.", "--")
_HEIGHTS = {1: 2.6, 2: 1.65, 3: 1.3}  # inches of a panel, by the number of rows
_LOWEST = 0.5  # inches of a panel on a page that has no more room
_SMALL = 9.5  # points of its scales
_NUMBER = 0.08  # share of a panel kept free for the number of its highest dot


@style.form(
    "Dots by year, joined where years follow one another, with intervals, and boxes where only bounds are known."
)
def series(
    table: pd.DataFrame,
    *,
    x: str = "x",
    y: str | tuple[str, str] = ("low", "high"),
    by: str = "series",
    fit: pd.DataFrame | None = None,
    joinpoints: pd.DataFrame | None = None,
    lines: Lines | None = None,
    text: str = "",
    ylabel: str,
    log: bool = False,
    interval_label: str = "",
    confidence: float = 0.95,
    fit_label: str = "",
    joinpoint_label: str = "",
    title: str,
    footer: style.Footer,
    subtitle: str = "",
) -> Figure:
    """Series over the years in one panel, each named at its end.

    Parameters
    ----------
    table : one row a count or rate. A row whose value is missing is hatched as not found, and no line crosses it. It
        can have these columns: value_qualifier, how a count is known (exact, approx, at_least, below_5, derived,
        suppressed, none_given; of a suppressed one no number is drawn; without it bounds that differ are an interval);
        interval_low, interval_high, a statistical interval; flag, a text for which a triangle stands above the row, an
        open one where it begins with "possible"; incomplete, whether the period is still coming in: it is hatched.
    x : column of the years (whole, or decimal: the middle of the period), of days, or of another number.
    y : column of the counts; or two, lower and upper bound (equal if exact; the upper may be infinite).
    by : column of the series' names; a table without it is one series.
    fit : x, fit, low, high (band), in the units of the table. Optional: piece, a number; where it changes the line is
        broken; fit_low, fit_high: bounds between which the fit lies, where `fit` itself is missing.
    joinpoints : x, low, high (interval; missing where there is none): where the fit turns.
    lines : what happened -> when, one x or several: a dotted line upwards.
    text : what stands inside the panel: what the fit says, or why there is none; a new line where it has one.
    ylabel : what is counted, with its unit.
    log : a logarithmic scale upwards, linear below the smallest counts, so that a zero has its place.
    interval_label, fit_label, joinpoint_label : what these are, for the key; by default with the level that a column
        `confidence` of `table`, `fit` and `joinpoints` states, else the level `confidence`.

    Raises
    ------
    ValueError : a column is missing, or there are more than seven series.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text=f"no figure found. {text}".strip(". "))
    scale = marks.Scale.of(table[x]) if x in table.columns else marks.Scale(False, 0)
    drawn = marks.prepare(table, scale, x=x, y=y, by=by)
    fitted, turns = read_fit(fit, scale), read_joinpoints(joinpoints, scale)
    order = table[by] if by in table.columns else [""]
    look = style.palette(order)
    ends = marks.ends_of(drawn["x"], fitted["x"], scale)
    seen = marks.within(marks.SHADED if scale.calendar else (), *ends)
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
    marks.set_x(axes, scale, ends, inches)
    width = marks.slot(drawn)
    marks.shade(axes, seen, *ends)
    marks.hatch_incomplete(axes, drawn, width)
    draw_fit(axes, fitted)
    _draw_joinpoints(axes, turns, tall)
    draw_lines(axes, lines or {}, scale)
    size = 6.5 if len(drawn) <= 24 * len(look) else 4.9
    marks.draw(axes, drawn, look, scale, size=size, width=width, connect=fitted.empty)
    _name_ends(axes, drawn, look, names, tall)
    if said:
        axes.text(0.015, 1 - (lanes + 0.1) / tall, "\n".join(said), transform=axes.transAxes, va="top", gid="said",
                  linespacing=1.25, zorder=6,
                  bbox={"facecolor": "white", "edgecolor": style.FAINT, "pad": 3})  # fmt: skip
    page.key(
        [
            *marks.handles(
                drawn,
                look,
                named=False,
                interval_label=interval_label or style.with_level(table, confidence, "interval"),
                first="observed" if len(fitted) else "",
            ),
            *fit_handles(fitted, fit_label or f"fit and its {style.with_level(fit, confidence, 'band')}", cut),
            *_joinpoint_handle(
                turns, joinpoint_label or f"joinpoint with its {style.with_level(joinpoints, confidence, 'interval')}"
            ),
            *line_handles(lines or {}),
            *marks.shaded_handles(seen),
        ]
    )
    return page.fit(tall)


@style.form(
    "Small panels over the years with dots, joined where years follow one another; a box where only bounds are known."
)
def small_multiples(
    table: pd.DataFrame,
    *,
    panel: str = "panel",
    x: str = "x",
    y: str | tuple[str, str] = ("low", "high"),
    by: str = "series",
    panels: Sequence[str] | None = None,
    columns: int | None = None,
    own_scale: bool = False,
    notes: Mapping[str, str] | None = None,
    fits: pd.DataFrame | None = None,
    joinpoints: pd.DataFrame | None = None,
    ylabel: str = "",
    xlabel: str = "",
    log: bool = False,
    connect: bool | None = None,
    numbered: bool = False,
    interval_label: str = "",
    confidence: float = 0.95,
    fit_label: str = "",
    title: str,
    footer: style.Footer,
    subtitle: str = "",
) -> Figure:
    """One panel an area (or any other thing), all on the same scale, with what is fitted to each.

    Parameters
    ----------
    table, x, y, by, log : as in `series`.
    panel : column of the panels' names, in `table`, `fits` and `joinpoints`.
    panels : the panels in their order; one without a row says "no figure found". Default: order of appearance.
    columns : panels side by side; by default 1 to 4.
    own_scale : each panel has a scale of its own, for panels that show different things.
    notes : panel -> a short text below its name, for example its change a year, or why there is no fit.
    connect : whether neighbours are joined by a line; by default where nothing is fitted.
    numbered : each exact number stands above its dot, for panels with few of them.
    fits, joinpoints : as `fit` and `joinpoints` in `series`, one table for all panels.
    interval_label, fit_label, confidence : as in `series`.
    ylabel : what is counted, with its unit; it stands above the panels.

    Raises
    ------
    ValueError : a column is missing, or there are more than seven series.
    """
    if len(table):
        style.require(table, (panel, x))
    appearing = list(dict.fromkeys(table[panel].astype(str))) if len(table) else []
    order = [str(name) for name in panels] if panels is not None else appearing
    if not order:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    kept = table[table[panel].astype(str).isin(order)] if len(table) else table
    if kept.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    scale = marks.Scale.of(kept[x])
    drawn = marks.prepare(kept, scale, x=x, y=y, by=by, panel=panel)
    look = style.palette(kept[by] if by in kept.columns else [""])
    found = {str(name): rows for name, rows in drawn.groupby("panel") if (rows["mark"] != "unknown").any()}
    shown = drawn[drawn["panel"].isin(found)]
    every = read_fit(fits, scale)
    fitted = {name: read_fit(_of(fits, panel, name), scale) if len(every) else every for name in found}
    ends = marks.ends_of(shown["x"], every["x"], scale)
    seen = marks.within(marks.SHADED if scale.calendar else (), *ends)
    tops = {name: highest([(rows, fitted[name])]) for name, rows in found.items()}
    turns = {name: _of(joinpoints, panel, name) for name in found}
    top = max((height for height, _ in tops.values()), default=1.0)
    begin = marks.linear_below(shown[["low", "high"]])

    columns = min(columns, len(order)) if columns else {1: 1, 2: 2, 4: 2}.get(len(order), 3 if len(order) <= 9 else 4)
    rows = math.ceil(len(order) / columns)
    gutter = (
        max(style.text_width(style.number(height), _SMALL) for height in [top, *(t for t, _ in tops.values())]) + 0.1
    )
    wide = style.ROOM / columns - gutter - 0.1 if own_scale else (style.ROOM - gutter) / columns - 0.1
    log_note = " " + say("(logarithmic above {n})", n=style.number(begin)) if log else ""
    page = style.Page(title=title, footer=footer, subtitle=" · ".join(filter(None, [ylabel + log_note, subtitle])))
    page.engine.set(w_pad=0.05)
    grid = page.add_gridspec(rows, columns)
    size = (5.0 if columns < 4 else 4.2) * (1 if len(shown) <= 30 * len(found) else 0.75)
    width = marks.slot(shown)
    first: Axes | None = None
    for place, name in enumerate(order):
        row, column = divmod(place, columns)
        axes = page.add_subplot(grid[row, column], sharex=first, sharey=None if own_scale else first)
        if first is None or own_scale:
            height = tops.get(name, (top, False))[0] if own_scale else top
            steps = 3 if printing.is_limited() and rows > 2 else 5
            room = _NUMBER * numbered
            marks.amount_axis(axes, height, log=log, size=_SMALL, linear_below=begin, headroom=room, ticks=steps)
        if first is None:
            first = axes
            marks.set_x(axes, scale, ends, wide, short=columns > 2)
        _frame(axes, name, (notes or {}).get(name, ""), wide)
        axes.tick_params(labelbottom=place + columns >= len(order), labelleft=own_scale or column == 0,
                         labelsize=_SMALL)  # fmt: skip
        if place + columns >= len(order):
            axes.set_xlabel(xlabel, size=_SMALL)
        if name not in found:
            _empty(axes, clear=own_scale)
            continue
        axes.grid(axis="y")
        marks.shade(axes, seen, *ends)
        marks.hatch_incomplete(axes, found[name], width)
        draw_fit(axes, fitted[name])
        for turn in [] if turns[name] is None else read_joinpoints(turns[name], scale)["x"]:
            axes.axvline(turn, color=style.MUTED, lw=1, ls="--", zorder=1.7, gid="joinpoint", in_layout=False)
        marks.draw(
            axes,
            found[name],
            look,
            scale,
            size=size,
            width=width,
            connect=fitted[name].empty if connect is None else connect,
        )
        if numbered:
            _number(axes, found[name])
    joinpoint = Line2D([], [], color=style.MUTED, lw=1, ls="--", label="joinpoint")
    page.key(
        [
            *marks.handles(shown, look, named=len(look) > 1, first="observed" if len(every) else "",
                           interval_label=interval_label or style.with_level(kept, confidence, "interval")),
            *fit_handles(every, fit_label or f"fit and its {style.with_level(fits, confidence, 'band')}",
                         any(cut for _, cut in tops.values())),
            *([joinpoint] if joinpoints is not None and len(joinpoints) else []),
            *marks.shaded_handles(seen),
        ]
    )  # fmt: skip
    return page.fit(rows * _HEIGHTS.get(rows, 1.1), rows * _LOWEST)


def _of(table: pd.DataFrame | None, panel: str, name: str) -> pd.DataFrame | None:
    """The rows of one panel."""
    if table is None or table.empty:
        return None
    style.require(table, (panel,))
    return table[table[panel].astype(str) == name]


def _frame(axes: Axes, name: str, note: str, wide: float) -> None:
    """A panel's name, and below that its note."""
    axes.spines["left"].set_visible(False)
    below = style.wrap(note, wide, style.LEAST) if note else []
    size = _SMALL if printing.is_limited() else 10.5
    axes.set_title(
        "\n".join(style.wrap(name, wide, size, bold=True)),
        size=size,
        pad=4 + (2 + 11 * len(below) if below else 0),
        linespacing=1.1,
    )
    if below:
        axes.annotate("\n".join(below), (0, 1), xytext=(0, 4), xycoords="axes fraction", textcoords="offset points",
                      size=style.LEAST, color=style.MUTED, va="bottom", linespacing=1.1, gid="note")  # fmt: skip


def _number(axes: Axes, drawn: pd.DataFrame) -> None:
    """The exact numbers of a panel above their dots."""
    for at in drawn[drawn["mark"].eq("exact")].itertuples():
        axes.annotate(style.number(at.low), (at.x, at.low), xytext=(0, 5), textcoords="offset points", size=style.LEAST,
                      color=style.MUTED, ha="center", va="bottom", zorder=6, gid="number", in_layout=False,
                      path_effects=[withStroke(linewidth=2.6, foreground="white")])  # fmt: skip


def _empty(axes: Axes, clear: bool) -> None:
    """A hatched panel that says that nothing was found; a shared scale stays for the others."""
    axes.spines[:].set_visible(False)
    axes.patch.set(hatch=style.UNKNOWN, edgecolor=style.FAINT)
    axes.grid(False)
    if clear:
        axes.tick_params(labelleft=False)
    axes.text(0.5, 0.5, say("no figure found"), transform=axes.transAxes, size=10, color=style.MUTED, ha="center",
              va="center", bbox={"facecolor": "white", "edgecolor": "none", "pad": 3})  # fmt: skip


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
            axes.axvline(float(x) + scale.shift, color=style.PURPLE, lw=1.6, ls=_DASHES[place % 3], zorder=1.6,
                         gid=f"line:{name}", in_layout=False)  # fmt: skip


def line_handles(lines: Lines) -> list[Artist]:
    """Handles of the key for upright lines."""
    return [
        Line2D([], [], color=style.PURPLE, lw=1.6, ls=_DASHES[place % 3], label=name)
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
        rules: dict = {"transform": axes.get_xaxis_transform(), "color": style.INK, "in_layout": False}
        axes.add_artist(Line2D([row["x"]] * 2, [0, y], **rules | {"color": style.MUTED}, lw=1, ls="--", zorder=1.7))
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
    return [Line2D([], [], color=style.INK, marker="D", ms=5, lw=1.6 if known else 0, label=label)]


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
            way, sparse = [x + 0.012, 1.0, 1.012], {"color": style.CONTEXT, "lw": 0.8, "ls": (0, (1, 4)), "zorder": 1}
            axes.add_artist(Line2D(way, [y, y if x > 0.9 else middle, middle], **rules | sparse))
        axes.add_artist(Line2D([1.022], [middle], marker=marker, ms=6, **rules))
        axes.annotate(names[name], (1.022, middle), xycoords="axes fraction", xytext=(7, 0), gid="name", size=10.5,
                      textcoords="offset points", color=style.readable(colour), va="center", linespacing=1.1,
                      annotation_clip=False)  # fmt: skip
