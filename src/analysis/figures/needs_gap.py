"""Protection needs, the largest unmet one first: how many need it and do not get it, how many do, with intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import key, row_marks, share_marks, style
from analysis.figures.levels import TEXT, column_sizes, text_columns
from bounded.refusal import Refusal

_SHARES = (
    ("share_needing", "needing_low", "needing_high"),
    ("share_met", "met_low", "met_high"),
    ("gap", "gap_low", "gap_high"),
)
_COLOURS = (style.BLUE, style.ORANGE, style.MUTED)
_SIZE = 9.5  # points of the numbers at the right
_LANE = 0.27  # inches of a group
_HEAD = 0.34  # inches of a need's name, and of the room above it
_LINE = 0.175  # inches of each further line of it
_ROUNDING = 0.01  # shares that differ by less are drawn as equal


@style.seen_as("Bars from zero for each kind of help: pale for those who need it, filled for those who do not get it.")
@style.styled
def needs_gap(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    groups: Sequence[str] | None = None,
    subtitle: str = "",
    xlabel: str = "share of all children",
    interval_label: str = "95% interval",
) -> Figure:
    """Bars from zero: filled for those who need it and do not get it, pale behind them for those who do.

    Needs stand in the order of the largest share of any group that goes without; what is not known comes last.

    Parameters
    ----------
    table : one row a need and group: need, group; share_needing, needing_low, needing_high (share of all children who
        need it, and interval); share_met, met_low, met_high (who need it and get it); gap, gap_low, gap_high (who need
        it and do not get it), all from 0 to 1, missing where unknown; n (unweighted children asked); flag (missing or
        empty where all is well; else why a row is empty, or what to be careful about). Of a row whose flag begins with
        "withheld" nothing but n is shown. At most three groups.
        Optional: children_text, how many children go without ("41,000 (33,000–49,000)").
    groups : in the order of their colours, present or not, so that these are the same from one figure to the next; by
        default the order of appearance.

    Raises
    ------
    ValueError : a column is missing, a share lies outside 0 to 1 or outside its interval, a need and group stand
        twice, or there are more than three groups.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    rows = share_marks.checked(table, _SHARES, ("need", "group"), ("n", "flag"))
    groups = share_marks.in_order(rows, groups)
    if len(groups) > len(_COLOURS):
        raise Refusal(
            "too_many_groups",
            f"{len(groups)} groups are too many for one figure of needs: use at most {len(_COLOURS)}.",
        )
    colours = dict(zip(groups, _COLOURS, strict=False))
    rows = _sorted(rows, groups)
    drawn = rows[["gap", "share_needing"]].notna().any(axis=1)
    stars = share_marks.stars(rows.loc[drawn, "flag"])
    columns = _columns(rows, stars)
    widths, headroom = column_sizes(columns, [False] * len(rows), size=_SIZE, most=2.4)
    widths = {head: room + 0.12 for head, room in widths.items()}  # digits are drawn a little wider than measured
    width = style.WIDTH - 2 * style.MARGIN
    heads = {need: "\n".join(style.wrap(need, width, TEXT, bold=True)) for need in dict.fromkeys(rows["need"])}
    left = max(style.text_width(group, TEXT) for group in rows["group"]) + 0.24
    inches = width - left - sum(widths.values())
    bands, middles, tall = _places(rows, heads)
    listed = _key(rows, colours, stars, interval_label)
    label = style.wrap(xlabel, width - left, TEXT)
    below = 0.32 + 0.19 * len(label) + key.height(listed, width) + 0.06
    page = style.sheet(headroom + tall + below, title=title, footer=footer, subtitle=subtitle)
    axes = page.axes(left, below, inches, tall)
    last = share_marks.highest(rows, [column for triple in _SHARES for column in triple])
    share_marks.share_axis(axes, 0, last, tall, inches, label)
    paper = page.canvas(0, below, width, tall)
    for need, (top, bottom) in bands.items():
        # A band over the whole width, as the lines of the scale end at a heading.
        axes.axhspan(top, bottom, facecolor="white", lw=0, zorder=2.5, clip_on=False)
        paper.text(0, tall - bottom + 0.06, heads[need], size=TEXT, weight="bold", va="bottom", linespacing=1.1,
                   gid="label:need")  # fmt: skip
    for row, middle in zip(rows.to_dict("records"), middles, strict=True):
        paper.text(left - 0.12, tall - middle, row["group"], size=TEXT, ha="right", va="center_baseline")
        _bar(axes, middle, row, colours[row["group"]], inches)
    text_columns(page, columns, widths, x=left + inches, bottom=below, height=tall,
                 chosen=[False] * len(rows), middles=middles, size=_SIZE)  # fmt: skip
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _sorted(rows: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    """The needs by the largest gap; within a need the groups in the order of the table."""
    by_need = rows.groupby("need")
    rows = rows.assign(
        largest=by_need["gap"].transform("max"),
        needing=by_need["share_needing"].transform("max"),
        order=rows["group"].map(groups.index),
    )
    order = ["largest", "needing", "need", "order"]
    return rows.sort_values(order, ascending=[False, False, True, True], na_position="last", ignore_index=True)


def _columns(rows: pd.DataFrame, stars: dict[str, str]) -> dict[str, list[str]]:
    """The texts at the right; a number to be careful with carries the stars of its flag."""
    records = rows.to_dict("records")
    without = [
        share_marks.percent(row["gap"], row["gap_low"], row["gap_high"]) + stars.get(row["flag"], "") for row in records
    ]
    if "children_text" in rows.columns:
        second = "children without it"
        cells = [
            "–" if np.isnan(row["gap"]) or pd.isna(row["children_text"]) else str(row["children_text"])
            for row in records
        ]
    else:
        second = "get it"
        cells = [share_marks.percent(row["share_met"], row["met_low"], row["met_high"]) for row in records]
    asked = [share_marks.persons(row["n"]) for row in records]
    return {"do not get it": without, second: cells, "children asked": asked}


def _places(rows: pd.DataFrame, heads: dict[str, str]) -> tuple[dict[str, tuple[float, float]], list[float], float]:
    """From where to where the name of each need goes, the middle of each row, and the height of all: inches."""
    bands: dict[str, tuple[float, float]] = {}
    middles: list[float] = []
    at = 0.0
    for need, here in rows.groupby("need", sort=False):
        top, at = at, at + _HEAD + _LINE * heads[str(need)].count("\n")
        bands[str(need)] = (top, at)
        middles += [at + _LANE * (place + 0.5) for place in range(len(here))]
        at += _LANE * len(here)
    return bands, middles, at + 0.06


def _bar(axes: Axes, y: float, row: dict, colour: str, inches: float) -> None:
    tall = 0.74 * _LANE
    gap, met, needing = row["gap"], row["share_met"], row["share_needing"]
    if np.isnan(gap) and np.isnan(needing):
        reason = row["flag"] or "unknown"
        words = row_marks.fitting(reason, inches - 0.2)
        row_marks.hatched(axes, y, 0.6 * _LANE, words, row_marks.hatching(reason))
        return
    start = 0.0
    if not np.isnan(gap):
        axes.barh(y, gap, tall, color=colour, edgecolor=colour, lw=1, zorder=2)
        start = gap
    if not np.isnan(met):
        axes.barh(y, met, tall, left=start, facecolor=share_marks.pale(colour), edgecolor=colour, lw=1, zorder=2)
        start += met
    if needing > start + _ROUNDING:
        axes.barh(y, needing - start, tall, left=start, facecolor="white", edgecolor=colour, hatch=style.UNKNOWN, lw=1,
                  zorder=2)  # fmt: skip
    # Both intervals may lie over the same shares: each has a height of its own, and a rim that parts it from the bar.
    for part, off, ink in (("gap", -0.045, style.INK), ("needing", 0.055, style.MUTED)):
        low, high = row[f"{part}_low"], row[f"{part}_high"]
        if low <= high:
            axes.plot([low, high], [y + off] * 2, "|-", color=ink, lw=1.5, ms=6, mew=1.5, zorder=4, clip_on=False,
                      path_effects=share_marks.RIM)  # fmt: skip


def _key(rows: pd.DataFrame, colours: dict[str, str], stars: dict[str, str], interval_label: str) -> list[key.Entry]:
    listed = []
    for group in [group for group in colours if (rows["group"] == group).any()]:
        colour = colours[group]
        of = f"{group}: " if group else ""
        listed.append(key.patch(f"{of}need it, do not get it", colour, colour))
        listed.append(key.patch(f"{of}need it and get it", share_marks.pale(colour), colour))
    listed += [
        key.line(f"{interval_label} of those without", style.INK, 1.5),
        key.line(f"{interval_label} of all who need it", style.MUTED, 1.5),
    ]
    if (rows["share_needing"] > rows[["gap", "share_met"]].sum(axis=1) + _ROUNDING).any():
        listed.append(key.patch("need it; whether they get it is unknown", "white", style.MUTED, style.UNKNOWN))
    listed += share_marks.hatchings(rows[rows["share_needing"].isna()], "gap")
    return listed + [key.Entry(f"{mark} {flag}") for flag, mark in stars.items()]
