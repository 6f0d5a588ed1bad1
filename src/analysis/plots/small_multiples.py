"""Counts or rates over the years in small panels side by side: one an area, or any other thing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.plots import colours, marks, style
from analysis.plots.series import (
    Lines,
    draw_fit,
    draw_lines,
    fit_handles,
    highest,
    line_handles,
    read_fit,
    read_joinpoints,
)

_HEIGHTS = {1: 2.6, 2: 1.65, 3: 1.3}  # inches of a panel, by the number of rows
_SIZE = 9.5  # points of its scales


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
    qualifier: str = "value_qualifier",
    interval: tuple[str, str] = ("interval_low", "interval_high"),
    flag: str = "flag",
    incomplete: str = "incomplete",
    panels: Sequence[str] | None = None,
    columns: int | None = None,
    own_scale: bool = False,
    notes: Mapping[str, str] | None = None,
    fits: pd.DataFrame | None = None,
    joinpoints: pd.DataFrame | None = None,
    lines: Lines | None = None,
    shaded: Sequence[tuple[float, float, str]] = marks.SHADED,
    ylabel: str = "",
    xlabel: str = "",
    log: bool = False,
    connect: bool | None = None,
    interval_label: str = "95% interval",
    fit_label: str = "fit and its 95% band",
    title: str,
    footer: style.Footer,
    subtitle: str = "",
) -> Figure:
    """One panel an area (or any other thing), all on the same scale, with what is fitted to each.

    Parameters
    ----------
    table, x, y, by, qualifier, interval, flag, incomplete, lines, shaded, log, connect : as in `series`.
    panel : column of the panels' names, in `table`, `fits` and `joinpoints`.
    panels : the panels in their order; one without a row says "no figure found". Default: order of appearance.
    columns : panels side by side; by default 1 to 4.
    own_scale : each panel has a scale of its own, for panels that show different things.
    notes : panel -> a short text below its name, for example its change a year, or why there is no fit.
    fits, joinpoints : as `fit` and `joinpoints` in `series`, one table for all panels.
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
    drawn = marks.prepare(kept, scale, x=x, y=y, by=by, qualifier=qualifier, interval=interval, flag=flag,
                          incomplete=incomplete, panel=panel)  # fmt: skip
    look = colours.palette(kept[by] if by in kept.columns else [""])
    found = {str(name): rows for name, rows in drawn.groupby("panel") if (rows["mark"] != "unknown").any()}
    shown = drawn[drawn["panel"].isin(found)]
    every = read_fit(fits, scale)
    fitted = {name: read_fit(_of(fits, panel, name), scale) if len(every) else every for name in found}
    ends = marks.ends_of(shown["x"], every["x"], scale)
    seen = marks.within(shaded if scale.calendar else (), *ends)
    tops = {name: highest([(rows, fitted[name])]) for name, rows in found.items()}
    turns = {name: _of(joinpoints, panel, name) for name in found}
    top = max((height for height, _ in tops.values()), default=1.0)
    begin = marks.linear_below(shown[["low", "high"]])

    columns = min(columns, len(order)) if columns else {1: 1, 2: 2, 4: 2}.get(len(order), 3 if len(order) <= 9 else 4)
    rows = math.ceil(len(order) / columns)
    gutter = (
        max(style.text_width(style.number(height), _SIZE) for height in [top, *(t for t, _ in tops.values())]) + 0.1
    )
    wide = style.ROOM / columns - gutter - 0.1 if own_scale else (style.ROOM - gutter) / columns - 0.1
    log_note = f" (logarithmic above {style.number(begin)})" if log else ""
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
            marks.amount_axis(axes, height, log=log, size=_SIZE, linear_below=begin)
        if first is None:
            first = axes
            marks.set_x(axes, scale, ends, wide, short=columns > 2)
        _frame(axes, name, (notes or {}).get(name, ""), wide)
        axes.tick_params(labelbottom=place + columns >= len(order), labelleft=own_scale or column == 0,
                         labelsize=_SIZE)  # fmt: skip
        if place + columns >= len(order):
            axes.set_xlabel(xlabel, size=_SIZE)
        if name not in found:
            _empty(axes, clear=own_scale)
            continue
        axes.grid(axis="y")
        marks.shade(axes, seen, *ends)
        marks.hatch_incomplete(axes, found[name], width)
        draw_fit(axes, fitted[name])
        for turn in [] if turns[name] is None else read_joinpoints(turns[name], scale)["x"]:
            axes.axvline(turn, color=colours.MUTED, lw=1, ls="--", zorder=1.7, gid="joinpoint", in_layout=False)
        draw_lines(axes, lines or {}, scale)
        marks.draw(
            axes,
            found[name],
            look,
            scale,
            size=size,
            width=width,
            connect=fitted[name].empty if connect is None else connect,
        )
    joinpoint = Line2D([], [], color=colours.MUTED, lw=1, ls="--", label="joinpoint")
    page.key(
        [
            *marks.handles(shown, look, named=len(look) > 1, interval_label=interval_label,
                           first="observed" if len(every) else ""),
            *fit_handles(every, fit_label, any(cut for _, cut in tops.values())),
            *([joinpoint] if joinpoints is not None and len(joinpoints) else []),
            *line_handles(lines or {}),
            *marks.shaded_handles(seen),
        ]
    )  # fmt: skip
    return page.fit(rows * _HEIGHTS.get(rows, 1.1))


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
    axes.set_title(
        "\n".join(style.wrap(name, wide, 10.5, bold=True)),
        pad=4 + (2 + 11 * len(below) if below else 0),
        linespacing=1.1,
    )
    if below:
        axes.annotate("\n".join(below), (0, 1), xytext=(0, 4), xycoords="axes fraction", textcoords="offset points",
                      size=style.LEAST, color=colours.MUTED, va="bottom", linespacing=1.1, gid="note")  # fmt: skip


def _empty(axes: Axes, clear: bool) -> None:
    """A hatched panel that says that nothing was found; a shared scale stays for the others."""
    axes.spines[:].set_visible(False)
    axes.patch.set(hatch=colours.UNKNOWN, edgecolor=colours.FAINT)
    axes.grid(False)
    if clear:
        axes.tick_params(labelleft=False)
    axes.text(0.5, 0.5, "no figure found", transform=axes.transAxes, size=10, color=colours.MUTED, ha="center",
              va="center", bbox={"facecolor": "white", "edgecolor": "none", "pad": 3})  # fmt: skip
