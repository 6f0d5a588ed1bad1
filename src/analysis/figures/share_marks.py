"""Shares with their intervals, as figures of surveys draw them: checked once, in words, as a dot or a hatching."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.figures import key, row_marks, style
from bounded.refusal import Refusal

RIM = [withStroke(linewidth=2.8, foreground="white")]  # parts an interval from the bar on which it lies
Triple = tuple[str, str, str]  # columns of a share, of its lower and of its upper limit


def checked(table: pd.DataFrame, shares: Sequence[Triple], named: Sequence[str], other: Sequence[str]) -> pd.DataFrame:
    """The table with shares as numbers, and names and flags as text; of a withheld row no share is kept.

    Raises ValueError if a column is missing, a share lies outside 0 to 1 or outside its own interval, or the columns
    `named` name two rows alike.
    """
    numeric = [column for triple in shares for column in triple]
    style.require(table, (*named, *numeric, *other))
    rows = table.reset_index(drop=True).copy()
    rows[numeric] = rows[numeric].astype(float)
    for column in {*named, "flag"} & set(rows.columns):
        rows[column] = rows[column].astype(object).where(rows[column].notna(), "").astype(str)
    if "n" in rows.columns:
        rows["n"] = rows["n"].astype(float)
    rows.loc[rows["flag"].map(row_marks.hatching) != style.UNKNOWN, numeric] = np.nan
    for share, low, high in shares:
        outside = rows[((rows[[share, low, high]] < 0) | (rows[[share, low, high]] > 1)).any(axis=1)]
        if len(outside):
            raise Refusal(
                "out_of_range",
                f"'{share}' or its interval, of {_name(outside, named)}, is not between 0 and 1. "
                "Were the shares given in per cent?",
            )
        beside = rows[(rows[share] < rows[low] - 1e-9) | (rows[share] > rows[high] + 1e-9) | (rows[low] > rows[high])]
        if len(beside):
            raise Refusal(
                "outside_interval",
                f"'{share}' of {_name(beside, named)} lies outside its own interval: "
                "give low and high as the ends of the interval.",
            )
    twice = rows[rows.duplicated(list(named))]
    if len(twice):
        raise Refusal("duplicate_row", f"{_name(twice, named)} stands in the table twice: give one row each.")
    return rows


def in_order(rows: pd.DataFrame, groups: Sequence[str] | None) -> list[str]:
    """The groups as they are asked for, or in the order of appearance. Raises ValueError if one is not asked for."""
    found = list(dict.fromkeys(rows["group"]))
    if groups is None:
        return found
    other = [group for group in found if group not in groups]
    if other:
        raise Refusal(
            "group_not_listed",
            f"The table holds the group '{other[0]}', and `groups` lists {', '.join(groups)} only: "
            "add it there, or leave its rows out.",
        )
    return list(groups)


def percent(share: float, low: float = np.nan, high: float = np.nan) -> str:
    """A share in per cent, with its interval where there is one; with a decimal where the numbers are small."""
    if np.isnan(share):
        return "–"
    values = [100 * share] if np.isnan(low) or np.isnan(high) else [100 * share, 100 * low, 100 * high]
    digits = 1 if max(values) < 9.95 and max(values) > 0 else 0
    said = [f"{value:.{digits}f}" for value in values]
    return f"{said[0]}%" + (f" ({said[1]}–{said[2]})" if len(said) == 3 else "")


def stars(flags: pd.Series) -> dict[str, str]:
    """One star more for each different flag, in the order of appearance; none for an empty one."""
    return {flag: "*" * (place + 1) for place, flag in enumerate(dict.fromkeys(flag for flag in flags if flag))}


def persons(n: float) -> str:
    """A number of persons, or a dash."""
    return "–" if np.isnan(n) else f"{n:,.0f}"


def highest(rows: pd.DataFrame, columns: Sequence[str]) -> float:
    """Where a scale from zero ends that shows these columns."""
    values = rows[list(columns)].to_numpy(dtype=float)
    values = values[np.isfinite(values)]
    return min(1.06 * float(values.max()), 1.0) if len(values) and values.max() > 0 else 1.0


def share_axis(axes: Axes, first: float, last: float, tall: float, inches: float, label: Sequence[str] = ()) -> None:
    """Shares to the right, over rows that are measured in inches from the top; `label` in lines below."""
    axes.set(xlim=(first, last), ylim=(tall, 0), yticks=[])
    ticks = MaxNLocator(max(2, min(5, int(inches / 0.7))), steps=[1, 2, 2.5, 5, 10]).tick_values(first, last)
    axes.set_xticks([tick for tick in ticks if first - 1e-9 <= tick <= last + 1e-9])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.3g}%"))
    axes.tick_params(axis="x", length=0, labelsize=10)
    axes.grid(axis="x")
    axes.spines[:].set_visible(False)
    if first == 0:
        axes.axvline(0, color=style.MUTED, lw=1.2, zorder=1.5)  # a heading covers it, and would not cover a spine
    if label:
        axes.set_xlabel("\n".join(label), size=10.5, loc="left", linespacing=1.1)


def dot(axes: Axes, y: float, row: dict, look: tuple[str, str], ends: tuple[float, float], room: float) -> None:
    """A share with its interval, open where a flag says to be careful; or hatched, and why if `room` is enough."""
    if np.isnan(row["share"]):
        reason = row["flag"] or "unknown"
        row_marks.hatched(axes, y, 0.14, row_marks.fitting(reason, room), row_marks.hatching(reason))
        return
    colour, marker = look
    row_marks.interval(axes, y, row["low"], row["high"], ends, lw=1.8, colour=colour)
    at = min(max(row["share"], ends[0]), ends[1])
    marker = marker if at == row["share"] else "<"
    axes.plot([at], [y], marker, ms=7, mfc="white" if row["flag"] else colour, mec=colour, mew=1.5, zorder=4,
              clip_on=False)  # fmt: skip


def pale(colour: str) -> str:
    """A colour mixed with white, for the part of a bar that is not the message."""
    red, green, blue = to_rgb(colour)
    return to_hex((0.25 * red + 0.75, 0.25 * green + 0.75, 0.25 * blue + 0.75))


def hatchings(rows: pd.DataFrame, share: str) -> list[key.Entry]:
    """Entries of the key for the rows that have no share."""
    found = set(rows.loc[rows[share].isna(), "flag"].map(row_marks.hatching))
    return [
        key.patch(words, "white", style.MUTED, hatch)
        for hatch, words in (
            (style.SUPPRESSED, "withheld"),
            (row_marks.NOT_ASKED, "not asked"),
            (style.UNKNOWN, "unknown"),
        )
        if hatch in found
    ]


def _name(rows: pd.DataFrame, named: Sequence[str]) -> str:
    first = rows.iloc[0]
    return f"{', '.join(str(first[column]) for column in named if first[column])} (row {rows.index[0]})"
