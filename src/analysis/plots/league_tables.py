"""A league table that says how little of it is certain: rates with their intervals, and the ranks these allow.

A funnel plot: rates by population, with control limits around one rate, so that small areas are not misread.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from analysis.plots import key, labels, style
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

_HEAD = 10  # points


@style.seen_as("A dot for each area, from the highest rate down; beside it a bar of the ranks that it may have.")
@style.styled
def league(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    xlabel: str,
    highlight: str | None = None,
    count_label: str = "count",
    subtitle: str = "",
    interval_label: str = "simultaneous 95% interval",
) -> Figure:
    """Areas by their rate, from the highest down, beside the interval of ranks that each may have.

    Parameters
    ----------
    table : one row an area: area_id, label; rate_low, rate_high (bounds of the count itself; equal if exact); low, high
        (interval), all in the unit of `xlabel`; rank (missing where it is open), rank_low, rank_high (1 is the highest
        rate); count_text. Rows without a rate are listed last as unknown. `rate_high` and `high` may be infinite.
    highlight : area_id of the area to draw in colour.
    count_label : head of the column of counts.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    numeric = ["rate_low", "rate_high", "low", "high", "rank", "rank_low", "rank_high"]
    style.require(table, ("area_id", "label", *numeric, "count_text"))
    rows = table.reset_index(drop=True).copy()
    rows[numeric] = rows[numeric].astype(float)
    middle = (rows["rank_low"] + rows["rank_high"]) / 2
    rows = rows.assign(first=rows["rank"].fillna(middle), middle=middle)
    rows = rows.sort_values(["first", "middle", "rank_low"], kind="stable", na_position="last")
    width = style.WIDTH - 2 * style.MARGIN
    cells = {count_label: rows["count_text"].fillna("").astype(str).tolist()}
    chosen_rows = (rows["area_id"] == highlight).tolist()
    widths, headroom = column_sizes(cells, chosen_rows)
    names, left = row_names(rows["label"])
    half = (width - left - sum(widths.values()) - 0.4) / 2
    heads = [style.wrap(head, half, _HEAD, bold=True) for head in (xlabel, "rank, from the highest rate")]
    listed = _key(rows, interval_label)
    row_height = 0.31 if len(rows) <= 10 else 0.275
    below = 0.32 + key.height(listed, width) + 0.06
    headroom = max(headroom, 0.17 * max(map(len, heads)) + 0.1)
    body = len(rows) * row_height
    page = style.sheet(headroom + body + below, title=title, footer=footer, subtitle=subtitle)
    rates, ranks = page.axes(left, below, half, body), page.axes(left + half + 0.3, below, half, body)
    top, cut = rate_limit(rows)
    level_axis(rates, len(rows), top, [])
    last = int(max(rows["rank_high"].max(skipna=True), 1)) if rows["rank_high"].notna().any() else 1
    _rank_axis(ranks, len(rows), last)
    for axes, head in zip((rates, ranks), heads, strict=True):
        axes.annotate("\n".join(head), (0, 1), xycoords="axes fraction", xytext=(0, 5), textcoords="offset points",
                      size=_HEAD, weight="bold", linespacing=1.1)  # fmt: skip
    for place, row in enumerate(rows.to_dict("records")):
        chosen = row["area_id"] == highlight
        colour = style.HIGHLIGHT if chosen else (style.MUTED if highlight else style.BLUE)
        row_label(rates, place, names[place], chosen, colour)
        if np.isfinite(row["rate_low"]):
            rate_row(rates, place, row, colour, top, cut)
            _ranks(ranks, place, row, colour)
        else:
            unknown_row(rates, place, "unknown: no figure found", top)
    text_columns(page, cells, widths, x=left + 2 * half + 0.4, bottom=below, height=body, chosen=chosen_rows)
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _rank_axis(axes: Axes, rows: int, last: int) -> None:
    axes.set(xlim=(0.5, last + 0.5), ylim=(rows - 0.5, -0.5), yticks=[])
    step = 1 if last <= 10 else 2 if last <= 20 else 5 if last <= 60 else 20
    axes.xaxis.set_major_locator(FixedLocator([1, *(n for n in range(step, last + 1, step) if n > 1)]))
    axes.tick_params(axis="x", length=0, labelsize=10)
    axes.grid(axis="x")
    axes.spines[["top", "right", "bottom"]].set_visible(False)


def _ranks(axes: Axes, place: int, row: dict, colour: str) -> None:
    """The ranks that are allowed as a bar that covers whole ranks, and the rank of the rate itself as a dot."""
    low, high = row["rank_low"] - 0.3, row["rank_high"] + 0.3
    pale = style.SKY if colour != style.HIGHLIGHT else style.HIGHLIGHT_PALE
    axes.barh(place, high - low, 0.36, left=low, color=pale, zorder=3)
    if np.isfinite(row["rank"]):
        axes.plot([row["rank"]], [place], marker="o", ms=7, color=colour, zorder=4)


def _key(rows: pd.DataFrame, interval_label: str) -> list[key.Entry]:
    listed = []
    if (rows["rate_low"] == rows["rate_high"]).any():
        listed.append(key.dot("rate, and its rank", style.MUTED))
    if (rows["rate_high"] > rows["rate_low"]).any():
        listed.append(key.line("rate of a count known as an interval", style.MUTED, 6))
    return [
        *listed,
        key.line(interval_label, style.MUTED, 1.2),
        key.patch("ranks that the intervals allow", style.SKY, style.SKY),
    ]


_HEIGHT = 3.7  # inches of the body
_BELOW = 0.5  # inches for the numbers and the label of the level axis
# Populations that differ by more than this factor are drawn on a logarithmic scale.
_WIDE = 10
OUTSIDE = ("above", "below")


@style.seen_as("A dot for each area, its rate over its population, between limits that narrow like a funnel.")
@style.styled
def funnel(
    table: pd.DataFrame,
    curve: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    ylabel: str,
    target_label: str,
    highlight: str | None = None,
    subtitle: str = "",
) -> Figure:
    """Rates of areas by their population, between control limits; areas outside are named.

    Parameters
    ----------
    table : one row an area: area_id, label, population (persons), rate_low, rate_high (bounds of the count itself;
        equal if exact, `rate_high` may be infinite), position_95, position_998 ("above", "below", "inside", or other
        words where it is not certain). Areas without a rate are listed below the figure.
    curve : population (ascending), target_low, target_high, low_95, high_95, low_998, high_998, in the unit of
        `ylabel`; missing where there is no limit.
    ylabel : what is shown and its unit.
    target_label : what the rate is that areas are compared with.
    highlight : area_id of the area to draw in colour; it is named wherever it lies.
    """
    if table.empty or table["rate_low"].isna().all():
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(table, ("area_id", "label", "population", "rate_low", "rate_high", "position_95", "position_998"))
    style.require(curve, ("population", "target_low", "target_high", "low_95", "high_95", "low_998", "high_998"))
    rows = table[table["rate_low"].notna()].reset_index(drop=True)
    missing = table.loc[table["rate_low"].isna(), "label"].astype(str).tolist()
    width = style.WIDTH - 2 * style.MARGIN
    listed = _funnel_key(rows, target_label)
    note = style.wrap(f"No rate is known for {', '.join(missing)}.", width, 10) if missing else []
    below = _BELOW + key.height(listed, width) + 0.19 * len(note) + 0.1
    head = style.wrap(ylabel, width, TEXT)
    above = 0.19 * len(head) + 0.12
    page = style.sheet(above + _HEIGHT + below, title=title, footer=footer, subtitle=subtitle)
    left = 0.55
    axes = page.axes(left, below, width - left - 0.15, _HEIGHT)
    top = _frame(axes, rows, curve)
    page.canvas(0, below + _HEIGHT, width, above).text(0, 0.1, "\n".join(head), size=TEXT, va="bottom", linespacing=1.1)
    _limits(axes, curve, top)
    for row in rows.to_dict("records"):
        _area(axes, row, highlight, top)
    _names(page, axes, rows, highlight, top)
    key.draw(page, listed, x=0, top=key.height(listed, width) + 0.19 * len(note), width=width)
    if note:
        foot = page.canvas(0, 0, width, 0.19 * len(note))
        foot.text(0, 0.19 * len(note) - 0.03, "\n".join(note), size=10, va="top", linespacing=1.15, color=style.MUTED)
    return page.figure


def _frame(axes: Axes, rows: pd.DataFrame, curve: pd.DataFrame) -> float:
    """Scales of both axes; returns the upper end of the rates."""
    people = curve["population"]
    if rows["population"].max() > _WIDE * rows["population"].min():
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(10, subs=(1.0, 2.0, 5.0), numticks=30))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    # A number at the very corner would run into the zero beside it.
    axes.set_xlim(people.iloc[0], people.iloc[-1])
    corner = axes.transAxes.transform((0.02, 0))[0]
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: _people(value) if axes.transData.transform((value, 0))[0] > corner else "")
    )
    axes.set_xlabel("inhabitants", size=TEXT, loc="left")
    bounds = rows[["rate_low", "rate_high"]].to_numpy(dtype=float)
    highest = float(bounds[np.isfinite(bounds)].max())
    inside = curve["high_998"].iloc[len(curve) // 2 :].max()
    top = 1.12 * max(highest * (1.1 if np.isinf(bounds).any() else 1), min(inside, 2 * highest), 1e-9)
    axes.set_ylim(0, top)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: style.number(value)))
    axes.tick_params(length=0, labelsize=10)
    axes.tick_params(axis="x", pad=6)
    axes.grid(axis="y")
    axes.spines[["top", "right", "left"]].set_visible(False)
    return top


def _people(value: float) -> str:
    return f"{value / 1e6:g} m" if value >= 1e6 else style.number(value)


def _limits(axes: Axes, curve: pd.DataFrame, top: float) -> None:
    """The funnels as shades and lines, and the rate in their middle: a band where it is an interval."""
    x = curve["population"]
    for level, shade, dashes in (("998", style.PALE, "-"), ("95", style.MIST, "--")):
        low, high = curve[f"low_{level}"], curve[f"high_{level}"].clip(upper=2 * top)
        axes.fill_between(x, low.fillna(0), high, color=shade, lw=0, zorder=1)
        for bound in (low, high):
            axes.plot(x, bound, color=style.CONTEXT, lw=1, ls=dashes, zorder=2)
    axes.fill_between(x, curve["target_low"], curve["target_high"], color=style.CONTEXT, lw=0, zorder=2)
    axes.plot(x, curve["target_low"], color=style.INK, lw=1.3, zorder=2)
    axes.plot(x, curve["target_high"], color=style.INK, lw=1.3, zorder=2)


def _area(axes: Axes, row: dict, highlight: str | None, top: float) -> None:
    chosen = row["area_id"] == highlight
    colour = style.HIGHLIGHT if chosen else style.BLUE
    x, low, high = row["population"], row["rate_low"], row["rate_high"]
    face = _face(row, colour)
    if high > low:
        axes.plot([x, x], [low, min(high, top)], color=colour, lw=6, zorder=4 + chosen)
        if np.isinf(high):
            axes.plot([x], [top], marker="^", ms=10, color=colour, clip_on=False, zorder=4 + chosen)
    else:
        axes.plot([x], [low], marker="o", ms=8, mfc=face, mec=colour, mew=1.6, zorder=5 + chosen, clip_on=False)


def _face(row: dict, colour: str) -> str:
    """Full beyond the outer limits, pale between the two, white inside both or where that is not certain."""
    if row["position_998"] in OUTSIDE:
        return colour
    return style.FAINT if row["position_95"] in OUTSIDE else "white"


def _funnel_key(rows: pd.DataFrame, target_label: str) -> list[key.Entry]:
    exact = rows[rows["rate_low"] == rows["rate_high"]]
    looks = {
        "beyond the 99.8% limits": exact["position_998"].isin(OUTSIDE),
        "between the limits": exact["position_95"].isin(OUTSIDE) & ~exact["position_998"].isin(OUTSIDE),
        "inside both": ~exact["position_95"].isin(OUTSIDE),
    }
    faces = dict(zip(looks, (style.BLUE, style.FAINT, "white"), strict=True))
    listed = [_dot(text, faces[text]) for text, found in looks.items() if found.any()]
    if len(exact) < len(rows):
        listed.append(key.line("count known as an interval", style.BLUE, 6, upright=True))
    return [
        *listed,
        key.line(target_label, style.INK, 1.3),
        key.line("95% limits", style.CONTEXT, 1.2, dashes="--"),
        key.line("99.8% limits", style.CONTEXT, 1.2),
    ]


def _dot(text: str, face: str) -> key.Entry:
    def draw(paper, x: float, y: float) -> None:
        paper.plot([x + 0.07], [y], marker="o", ms=7, mfc=face, mec=style.BLUE, mew=1.5, ls="none")

    return key.Entry(text, draw, 0.14)


def _names(page: style.Sheet, axes: Axes, rows: pd.DataFrame, highlight: str | None, top: float) -> None:
    """Names of the areas outside a limit, of the highlighted one, and of all others that find room."""
    box = axes.bbox
    dpi = page.figure.dpi
    wide, tall = box.width / dpi, box.height / dpi
    height = rows[["rate_low", "rate_high"]].mean(axis=1).where(np.isfinite(rows["rate_high"]), rows["rate_low"])
    places = axes.transData.transform(np.column_stack([rows["population"], height.clip(upper=top)]))
    places = (places - (box.x0, box.y0)) / dpi
    wanted, dots, bars = [], [], []
    for (x, y), row in zip(places.tolist(), rows.to_dict("records"), strict=True):
        chosen = row["area_id"] == highlight
        dot = shapely.Point(x, y).buffer(0.07)
        name = str(row["area_id"])
        sure = chosen or row["position_95"] in OUTSIDE
        candidates = labels.beside(
            dot, *labels.extent(str(row["label"]), 10, chosen), reach=(0.02, 0.08, 0.16, 0.3, 0.5)
        )
        wanted.append(labels.Label(name, str(row["label"]), 10, candidates, bold=chosen, optional=not sure))
        dots.append((name, dot, 8.0))
        if row["rate_high"] > row["rate_low"]:
            ends = [tall * min(row[end], top) / top for end in ("rate_low", "rate_high")]
            bars.append((f"{name} bar", shapely.box(x - 0.05, ends[0], x + 0.05, ends[1]), 8.0))
    placed = labels.place(wanted, width=wide, height=tall, avoid=[*dots, *bars])
    left, bottom = box.x0 / dpi - page.left, box.y0 / dpi - page.bottom
    colours = {str(highlight): style.readable(style.HIGHLIGHT)}
    labels.write(page.canvas(left, bottom, wide, tall), placed, colours=colours)
