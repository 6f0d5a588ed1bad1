"""A league table that says how little of it is certain: rates with their intervals, and the ranks these allow."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from analysis.figures import key, style
from analysis.figures.levels import (
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
