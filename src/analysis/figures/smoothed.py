"""Raw rates joined with what smoothing makes of them, one row an area."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import key, style
from analysis.figures.levels import TEXT, column_sizes, level_axis, row_label, row_names, text_columns, unknown_row
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
