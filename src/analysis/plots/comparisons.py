"""Areas or groups side by side: ranking with intervals, shares, smoothed rates.

Raw rates joined with what smoothing makes of them, one row an area.

Figures that set areas or groups side by side: ranking with intervals, shares, and panels of indicators.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.plots import key, style
from analysis.plots.levels import (
    TEXT,
    column_sizes,
    level_axis,
    rate_limit,
    rate_row,
    row_label,
    row_names,
    text_columns,
    unknown_row,
)
from bounded.refusal import Refusal

_LOOKS = ((style.BLUE, "o"), (style.ORANGE, "D"))


@style.seen_as("Marks for each area, from the highest raw rate down, with count and population at the right.")
@style.styled
def smoothed(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    xlabel: str,
    highlight: str | None = None,
    subtitle: str = "",
) -> Figure:
    """Raw rates of areas, from the highest down, each joined with its smoothed rates.

    Parameters
    ----------
    table : one row an area and kind of smoothing (one or two): area_id, label, kind (in words, for the key); raw_low,
        raw_high (bounds of the raw rate; equal if exact), rate_low, rate_high (of the smoothed one), in the unit of
        `xlabel`, missing where not known; count_text, population_text. Upper bounds may be infinite.
    highlight : area_id of the area whose name is set off.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    numeric = ["raw_low", "raw_high", "rate_low", "rate_high"]
    style.require(table, ("area_id", "label", "kind", *numeric, "count_text", "population_text"))
    rows = table.copy()
    rows[numeric] = rows[numeric].astype(float)
    kinds = list(dict.fromkeys(rows["kind"].astype(str)))
    if len(kinds) > len(_LOOKS):
        raise Refusal(
            "too_many_kinds", f"{len(kinds)} kinds of smoothing cannot be told apart in one figure: draw at most two."
        )
    middle = rows["raw_low"].where(np.isinf(rows["raw_high"]), (rows["raw_low"] + rows["raw_high"]) / 2)
    order = rows.assign(middle=middle).drop_duplicates("area_id")
    order = order.sort_values("middle", ascending=False, kind="stable", na_position="last")
    width = style.WIDTH - 2 * style.MARGIN
    cells = {
        head: order[column].fillna("").astype(str).tolist()
        for head, column in (("count", "count_text"), ("population", "population_text"))
    }
    chosen_rows = (order["area_id"] == highlight).tolist()
    widths, headroom = column_sizes(cells, chosen_rows)
    names, left = row_names(order["label"])
    listed = _key(rows, kinds)
    row_height = 0.3 if len(kinds) == 1 else 0.36
    axis_label = style.wrap(xlabel, width - left, TEXT)
    below = 0.32 + 0.19 * len(axis_label) + key.height(listed, width) + 0.08
    body = len(order) * row_height
    page = style.sheet(headroom + body + below, title=title, footer=footer, subtitle=subtitle)
    inches = width - left - sum(widths.values()) - 0.15
    axes = page.axes(left, below, inches, body)
    bounds = rows[numeric].to_numpy()
    finite = bounds[np.isfinite(bounds)]
    top = (float(finite.max()) if len(finite) else 0) * (1.2 if np.isinf(bounds).any() else 1.06) or 1.0
    level_axis(axes, len(order), top, axis_label)
    for place, area in enumerate(order.to_dict("records")):
        chosen = area["area_id"] == highlight
        row_label(axes, place, names[place], chosen, style.HIGHLIGHT if chosen else style.INK)
        if not np.isfinite(area["raw_low"]):
            unknown_row(axes, place, "unknown: no figure found", top)
            continue
        for row in rows[rows["area_id"] == area["area_id"]].to_dict("records"):
            number = kinds.index(str(row["kind"]))
            shift = 0.0 if len(kinds) == 1 else 0.17 * (2 * number - 1)
            _joined(axes, place, place + shift, row, *_LOOKS[number], top)
        _bounds(axes, place, area["raw_low"], area["raw_high"], style.INK, "o", top, filled=False)
    text_columns(page, cells, widths, x=left + inches + 0.15, bottom=below, height=body, chosen=chosen_rows)
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _joined(axes: Axes, from_y: float, y: float, row: dict, colour: str, marker: str, top: float) -> None:
    """A smoothed rate and the line to it from the raw one."""
    if not np.isfinite(row["rate_low"]):
        return
    if row["raw_low"] == row["raw_high"]:
        nearest = min(max(row["raw_low"], row["rate_low"]), row["rate_high"])
        axes.plot([row["raw_low"], nearest], [from_y, y], color=colour, lw=1.4, zorder=3)
    _bounds(axes, y, row["rate_low"], row["rate_high"], colour, marker, top, filled=True)


def _bounds(
    axes: Axes, y: float, low: float, high: float, colour: str, marker: str, top: float, *, filled: bool
) -> None:
    """A marker where the rate is one number, else a bar between its bounds."""
    # Bounds nearer than a marker is wide are one number to the eye.
    if high - low > 0.012 * top:
        axes.plot([low, min(high, top)], [y, y], color=colour, lw=4.5 if filled else 2, zorder=4)
        if np.isinf(high):
            axes.plot([top], [y], marker=">", ms=7, color=colour, zorder=5, clip_on=False)
        ends = [low] if np.isinf(high) else [low, high]
        axes.plot(ends, [y] * len(ends), ls="none", marker="|", ms=8, mew=1.6, color=colour, zorder=5)
    else:
        face = colour if filled else "white"
        axes.plot([low], [y], marker=marker, ms=7, mfc=face, mec=colour, mew=1.5, zorder=5, clip_on=False)


def _key(rows: pd.DataFrame, kinds: list[str]) -> list[key.Entry]:
    listed = [key.dot("raw rate", style.INK, filled=False)]
    listed += [key.dot(kind, *look) for kind, look in zip(kinds, _LOOKS, strict=False)]
    if (rows["raw_high"] > rows["raw_low"]).any() or (rows["rate_high"] > rows["rate_low"]).any():
        listed.append(key.line("bounds, where counts are intervals", style.MUTED, 4.5))
    return listed


@style.seen_as(
    "A dot for each area, from the highest rate down, with its interval, count and population; hatched where unknown."
)
@style.styled
def ranking(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    xlabel: str,
    highlight: str | None = None,
    count_label: str = "count",
    subtitle: str = "",
    interval_label: str = "95% Poisson interval",
) -> Figure:
    """Areas by their rate, from the highest down, each with its count and population.

    Parameters
    ----------
    table : one row an area: area_id, label; rate_low, rate_high (interval of the count itself; equal if exact); low,
        high (statistical interval), all in the unit of `xlabel`; count_text, population_text. Optional: period.
        Rows without a rate are listed last as unknown. `rate_high` and `high` may be infinite.
    highlight : area_id of the area to draw in colour.
    count_label : what is counted; head of the column of counts.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(table, ("area_id", "label", "rate_low", "rate_high", "low", "high", "count_text", "population_text"))
    numeric = ["rate_low", "rate_high", "low", "high"]
    rows = table.reset_index(drop=True).copy()
    rows[numeric] = rows[numeric].astype(float)
    middle = np.where(np.isfinite(rows["rate_high"]), (rows["rate_low"] + rows["rate_high"]) / 2, rows["rate_low"])
    rows = rows.assign(middle=middle).sort_values("middle", ascending=False, kind="stable", na_position="last")
    columns = {count_label: rows["count_text"], "population": rows["population_text"]}
    if "period" in rows.columns:
        columns["period"] = rows["period"]
    cells = {head: values.fillna("").astype(str).tolist() for head, values in columns.items()}
    chosen_rows = (rows["area_id"] == highlight).tolist()
    widths, headroom = column_sizes(cells, chosen_rows)
    labels, left = row_names(rows["label"])
    width = style.WIDTH - 2 * style.MARGIN
    listed = [
        key.dot("rate of an exact count", style.MUTED),
        key.line("rate of a count known as an interval", style.MUTED, 6),
        key.line(interval_label, style.MUTED, 1.2),
    ]
    row_height = 0.31 if len(rows) <= 10 else 0.275
    axis_label = style.wrap(xlabel, width - left - sum(widths.values()) + 0.6, TEXT)
    below = 0.32 + 0.19 * len(axis_label) + key.height(listed, width) + 0.08
    body = len(rows) * row_height
    page = style.sheet(headroom + body + below, title=title, footer=footer, subtitle=subtitle)
    inches = width - left - sum(widths.values()) - 0.1
    axes = page.axes(left, below, inches, body)
    top, cut = rate_limit(rows)
    level_axis(axes, len(rows), top, axis_label)
    for place, row in enumerate(rows.to_dict("records")):
        chosen = row["area_id"] == highlight
        colour = style.HIGHLIGHT if chosen else (style.MUTED if highlight else style.BLUE)
        row_label(axes, place, labels[place], chosen, colour)
        if np.isfinite(row["rate_low"]):
            rate_row(axes, place, row, colour, top, cut)
        else:
            unknown_row(axes, place, "unknown: no figure found", top)
    text_columns(page, cells, widths, x=left + inches + 0.1, bottom=below, height=body, chosen=chosen_rows)
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


@style.seen_as("Level bars from 0 to 100 %, with their intervals and the counts at the right.")
@style.styled
def shares(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    xlabel: str,
    subtitle: str = "",
    interval_label: str = "interval",
) -> Figure:
    """Shares as level bars from 0 to 100 %, with intervals; groups as bars of one pair (or triple) beside each other.

    Parameters
    ----------
    table : label; share (0 to 1; missing where only bounds are known), low, high (0 to 1; may be missing), n_text.
        Optional: group (two sources, two years ...).
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(table, ("label", "share", "low", "high", "n_text"))
    rows = table.reset_index(drop=True).copy()
    rows[["share", "low", "high"]] = rows[["share", "low", "high"]].astype(float)
    outside = rows[["share", "low", "high"]].stack()
    if ((outside < 0) | (outside > 1)).any():
        raise Refusal(
            "out_of_range", "A share lies between 0 and 1; the table holds others. Were they given in per cent?"
        )
    rows["group"] = rows["group"].astype(str) if "group" in rows.columns else ""
    groups, names = list(dict.fromkeys(rows["group"])), list(dict.fromkeys(rows["label"].astype(str)))
    colours = dict(zip(groups, (style.BLUE, style.ORANGE, style.CONTEXT, style.PURPLE), strict=False))
    if len(groups) > len(colours):
        raise Refusal(
            "too_many_groups",
            f"{len(groups)} groups are too many for one figure of shares: use at most {len(colours)}.",
        )
    width = style.WIDTH - 2 * style.MARGIN
    labels = ["\n".join(style.wrap(name, 2.3, TEXT)) for name in names]
    left = max(style.text_width(label, TEXT) for label in labels) + 0.12
    notes = rows["n_text"].fillna("").astype(str)
    right = max(style.text_width(note, 9.5) for note in notes) + 0.16
    listed = [key.patch(group, colours[group], colours[group]) for group in groups if group]
    if (rows["low"].notna() & rows["share"].notna()).any():
        listed.append(key.line(interval_label, style.INK, 1.4))
    if (rows["low"].notna() & rows["share"].isna()).any():
        listed.append(key.patch("only bounds are known", "white", style.MUTED, style.CENSORED))
    row_height = max(0.36, 0.24 * len(groups) + 0.12, 0.18 * max(label.count("\n") + 1 for label in labels) + 0.08)
    axis_label = style.wrap(xlabel, width - left, TEXT)
    below = 0.32 + 0.19 * len(axis_label) + key.height(listed, width) + 0.08
    body = len(names) * row_height
    page = style.sheet(body + below + 0.05, title=title, footer=footer, subtitle=subtitle)
    axes = page.axes(left, below, width - left - right, body)
    level_axis(axes, len(names), 1.0, axis_label)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f}%"))
    bar = min(0.62, 0.8 / len(groups))
    for place, (name, label) in enumerate(zip(names, labels, strict=True)):
        row_label(axes, place, label, False, style.INK)
        here = rows[rows["label"].astype(str) == name].assign(note=notes)
        # A label that only one group has keeps the middle of its row.
        beside = groups if len(here) > 1 else list(here["group"])
        for row in here.to_dict("records"):
            y = place + (beside.index(row["group"]) - (len(beside) - 1) / 2) * bar
            _share(axes, y, bar * 0.86, row, colours[row["group"]])
            axes.text(1.02, y, row["note"], size=9.5, color=style.MUTED, va="center_baseline")
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


@style.seen_as("Panels side by side, each on a scale of its own from zero, with a dot and its number for each area.")
@style.styled
def dot_panels(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    panels: Sequence[str] | None = None,
    highlight: str | None = None,
    subtitle: str = "",
) -> Figure:
    """Indicators side by side for the same rows of areas, each on its own scale from zero.

    Parameters
    ----------
    table : one row an area and indicator: area_id, label, panel (the indicator), value, low, high (may be missing),
        unit. An area without a value in a panel says "not found". Areas are drawn in the order of appearance.
    panels : the indicators in their order; by default the order of appearance.
    highlight : area_id of the area to draw in colour.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(table, ("area_id", "label", "panel", "value", "low", "high", "unit"))
    rows = table.copy()
    rows[["value", "low", "high"]] = rows[["value", "low", "high"]].astype(float)
    areas = rows.drop_duplicates("area_id")[["area_id", "label"]].astype(str).to_dict("records")
    order = list(panels) if panels is not None else list(dict.fromkeys(rows["panel"]))
    if not order:
        raise Refusal("empty", "No indicator to draw: `panels` is empty.")
    width = style.WIDTH - 2 * style.MARGIN
    labels = ["\n".join(style.wrap(area["label"], 1.7, TEXT)) for area in areas]
    left = max(style.text_width(label, TEXT, bold=True) for label in labels) + 0.12
    across = min(4, len(order)) if len(order) != 5 else 3
    cell = (width - left) / across
    units = {name: next(iter(rows.loc[rows["panel"] == name, "unit"].dropna().astype(str)), "") for name in order}
    heads = {name: style.wrap(name, cell - 0.22, 10, bold=True) for name in order}
    seconds = {name: style.wrap(units[name], cell - 0.22, 9.5) if units[name] else [] for name in order}
    above = max(0.17 * len(heads[name]) + 0.16 * len(seconds[name]) for name in order) + 0.1
    row_height = 0.31 if len(areas) <= 10 else 0.27
    body = len(areas) * row_height
    blocks = math.ceil(len(order) / across)
    block = above + body + 0.34
    page = style.sheet(blocks * block, title=title, footer=footer, subtitle=subtitle)
    for place, name in enumerate(order):
        down, column = divmod(place, across)
        axes = page.axes(left + column * cell + 0.08, page.height - (down + 1) * block + 0.34, cell - 0.2, body)
        _indicator(
            axes, rows[rows["panel"] == name], areas, highlight, "\n".join(heads[name]), "\n".join(seconds[name])
        )
        if column == 0:
            for line, label in enumerate(labels):
                chosen = areas[line]["area_id"] == highlight
                row_label(axes, line, label, chosen, style.HIGHLIGHT if chosen else style.INK)
    return page.figure


def _share(axes: Axes, y: float, tall: float, row: dict, colour: str) -> None:
    share, low, high = row["share"], row["low"], row["high"]
    bounds = np.isfinite(low) and np.isfinite(high)
    if np.isfinite(share):
        axes.barh(y, share, tall, color=colour, zorder=2)
        if bounds:
            axes.plot([low, high], [y, y], color=style.INK, lw=1.4, zorder=3, clip_on=False)
            axes.plot(
                [low, high], [y, y], color=style.INK, marker="|", ms=7, mew=1.4, ls="none", zorder=3, clip_on=False
            )
    elif bounds:
        axes.add_patch(
            Rectangle(
                (low, y - tall / 2),
                high - low,
                tall,
                facecolor="white",
                edgecolor=colour,
                hatch=style.CENSORED,
                lw=1,
                zorder=2,
            )
        )
    else:
        axes.text(0.01, y, "not found", size=9.5, color=style.MUTED, va="center")


def _indicator(
    axes: Axes, rows: pd.DataFrame, areas: list[dict], highlight: str | None, head: str, second: str
) -> None:
    values = rows[["value", "low", "high"]].to_numpy(dtype=float)
    finite = values[np.isfinite(values)]
    if (finite < 0).any():
        raise Refusal("negative", f"The indicator '{head}' has negative values; these panels start at zero.")
    top = float(finite.max()) * 1.1 if len(finite) and finite.max() > 0 else 1.0
    level_axis(axes, len(areas), top, [])
    ticks = [tick for tick in MaxNLocator(2, steps=[1, 2, 5, 10]).tick_values(0, top) if 0 <= tick <= top]
    axes.set_xticks(ticks, [style.number(tick) for tick in ticks])
    # Long numbers stay below their own panel.
    for tick, label in zip(ticks, axes.get_xticklabels(), strict=True):
        label.set_horizontalalignment("left" if tick < 0.2 * top else "right" if tick > 0.6 * top else "center")
    for place, area in enumerate(areas):
        chosen = area["area_id"] == highlight
        colour = style.HIGHLIGHT if chosen else (style.MUTED if highlight else style.BLUE)
        found = rows[rows["area_id"].astype(str) == area["area_id"]]
        if found.empty or found[["value", "low"]].isna().all(axis=None):
            axes.text(top * 0.03, place, "not found", size=9, color=style.CONTEXT, va="center_baseline", style="italic")
            continue
        row = found.iloc[0]
        if np.isfinite(row["low"]) and np.isfinite(row["high"]) and row["high"] > row["low"]:
            axes.plot(
                [row["low"], row["high"]],
                [place, place],
                color=colour,
                lw=4 if np.isfinite(row["value"]) else 6.5,
                zorder=3,
            )
        end = row["value"] if np.isfinite(row["value"]) else row["high"]
        if np.isfinite(row["value"]):
            axes.plot([0, end], [place, place], color=colour, lw=0.8, zorder=2)
            axes.plot([end], [place], marker="o", ms=6.5, color=colour, zorder=4, clip_on=False)
            furthest = max(end, row["high"]) if np.isfinite(row["high"]) else end
            inside = furthest < 0.55 * top
            nearest = min(end, row["low"]) if np.isfinite(row["low"]) else end
            axes.annotate(
                style.number(row["value"]),
                (furthest if inside else nearest, place),
                xytext=(7 if inside else -7, 0),
                textcoords="offset points",
                size=9,
                ha="left" if inside else "right",
                va="center_baseline",
                zorder=5,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
            )
    axes.annotate(
        second,
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, 5),
        textcoords="offset points",
        size=9.5,
        color=style.MUTED,
        linespacing=1.1,
    )
    lift = 5 + (2 + 11.5 * (second.count("\n") + 1) if second else 0)
    axes.annotate(
        head,
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, lift),
        textcoords="offset points",
        size=10,
        weight="bold",
        linespacing=1.1,
    )
