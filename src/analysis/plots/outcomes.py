"""Outcomes that lie within one another, and outcomes that overlap: each part as a bar inside the bar of its whole.

Protection needs, the largest unmet one first: how many need it and do not get it, how many do, with intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.plots import key, levels, share_panels, style
from analysis.plots.levels import TEXT, column_sizes, text_columns
from bounded.refusal import Refusal

_COLOURS = (style.BLUE, style.VERMILLION, style.GREEN, style.PURPLE)
_LANE = 0.29  # inches
_LINE = 0.165  # inches of each further line of a name
_HEAD = 0.36
_BETWEEN = 0.1  # inches between two outcomes
_NAME = 2.3
_INDENT = 0.2


@dataclass(frozen=True)
class _Line:
    """A panel's name, or an outcome with how many lines below it are parts of it; heights in inches, from the top."""

    name: str
    lane: float
    room: float = 0.0  # above the lane
    row: dict | None = None
    whole: str = ""
    parts: int = 0

    @property
    def within(self) -> bool:
        return self.row is not None and self.row["within"] != ""

    @property
    def indent(self) -> float:
        return _INDENT if self.within else 0.0


@style.seen_as("Pale boxes for the outcomes, with bars in them for the parts of each, and intervals.")
@style.styled
def nested_outcomes(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    subtitle: str = "",
    xlabel: str = "share of children",
    interval_label: str = "95% interval",
    count_label: str = "children (with it)",
) -> Figure:
    """One panel below the other on one scale; a pale box is an outcome, the bars in it are the parts of that outcome.

    An overlap of two outcomes is a part of both: give it within the one that is to show it, or within either.

    Parameters
    ----------
    table : one row a panel (such as a nationality) and outcome: panel, label, within (the label of the outcome of the
        same panel that holds this one; missing: none does); share, low, high (0 to 1, of all children of the panel;
        missing where unknown); n, events (unweighted children whose outcome is known, and those with it); flag (why a
        row is empty, or what to be careful about; missing or empty where all is well). Of a row whose flag begins with
        "suppressed" nothing but n is shown. At most four outcomes stand by themselves; all stand in the order of the
        table.

    Raises
    ------
    ValueError : a column is missing, a share lies outside 0 to 1 or outside its interval, a row stands twice, a part
        lies within an outcome that is not in its panel or is itself a part, or is larger than that.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    rows = share_panels.checked(
        table, (("share", "low", "high"),), ("panel", "within", "label"), ("n", "events", "flag")
    )
    rows["events"] = rows["events"].astype(float).where(rows["flag"].map(levels.hatching) == style.UNKNOWN)
    lines = _lines(rows)
    wholes = list(dict.fromkeys(rows.loc[rows["within"] == "", "label"]))
    if len(wholes) > len(_COLOURS):
        raise Refusal(
            "too_many_outcomes",
            f"{len(wholes)} outcomes that stand by themselves are too many: use at most {len(_COLOURS)}.",
        )
    colours = dict(zip(wholes, _COLOURS, strict=False))
    stars = share_panels.stars(rows.loc[rows["share"].notna(), "flag"])
    columns = {
        "share": [_share(line.row, stars) for line in lines],
        count_label: [_persons(line.row) for line in lines],
    }
    widths, headroom = column_sizes(columns, [False] * len(lines))
    width = style.WIDTH - 2 * style.MARGIN
    left = 0.14 + max(style.text_width(line.name, TEXT, not line.within) + line.indent for line in lines if line.row)
    inches = width - left - sum(widths.values()) - 0.1
    ends = np.cumsum([line.room + line.lane for line in lines])
    middles = [float(end) - line.lane / 2 for end, line in zip(ends, lines, strict=True)]
    tall = float(ends[-1]) + 0.06
    listed = _key(rows, stars, interval_label)
    label = style.wrap(xlabel, width - left, TEXT)
    below = 0.32 + 0.19 * len(label) + key.height(listed, width) + 0.06
    page = style.sheet(headroom + tall + below, title=title, footer=footer, subtitle=subtitle)
    axes = page.axes(left, below, inches, tall)
    share_panels.share_axis(axes, 0, share_panels.highest(rows, ("share", "low", "high")), tall, inches, label)
    paper = page.canvas(0, below, width, tall)
    for place, (line, end, middle) in enumerate(zip(lines, ends, middles, strict=True)):
        if line.row is None:
            # A band over the whole width, as the lines of the scale end at a heading.
            axes.axhspan(end - line.lane, end, facecolor="white", lw=0, zorder=2.5, clip_on=False)
            paper.text(0, tall - end + 0.07, line.name, size=11, weight="bold", va="bottom", linespacing=1.1,
                       gid="label:panel")  # fmt: skip
            continue
        paper.text(line.indent, tall - middle, line.name, size=TEXT, linespacing=1.1, gid="label:outcome",
                   weight="normal" if line.within else "bold",
                   va="center" if "\n" in line.name else "center_baseline")  # fmt: skip
        colour = colours[line.whole]
        if not line.within and not np.isnan(line.row["share"]):
            top, bottom = end - line.lane, ends[place + line.parts] - 0.03
            axes.barh((top + bottom) / 2, line.row["share"], bottom - top, color=share_panels.pale(colour),
                      edgecolor=colour, lw=1, zorder=2)  # fmt: skip
        _share_of(axes, middle, line.row, colour, inches)
    text_columns(page, columns, widths, x=left + inches + 0.1, bottom=below, height=tall,
                 chosen=[False] * len(lines), middles=middles)  # fmt: skip
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _lines(rows: pd.DataFrame) -> list[_Line]:
    """Names of panels, below each its outcomes, below each of these its parts."""
    lines: list[_Line] = []
    width = style.WIDTH - 2 * style.MARGIN
    for panel, here in rows.groupby("panel", sort=False):
        wholes = here[here["within"] == ""]
        _refuse_misplaced(here, wholes)
        if panel:
            name = "\n".join(style.wrap(str(panel), width, 11, bold=True))
            lines.append(_Line(name, _HEAD + _LINE * name.count("\n")))
        for whole in wholes.to_dict("records"):
            parts = here[here["within"] == whole["label"]].to_dict("records")
            for row in (whole, *parts):
                name = "\n".join(
                    style.wrap(row["label"], _NAME if row is whole else _NAME - _INDENT, TEXT, row is whole)
                )
                lane = _LANE + _LINE * name.count("\n")
                lines.append(_Line(name, lane, _BETWEEN if row is whole else 0, row, whole["label"], len(parts)))
    return lines


def _refuse_misplaced(rows: pd.DataFrame, wholes: pd.DataFrame) -> None:
    """Raise ValueError for a part without its whole, or larger than it."""
    shares = dict(zip(wholes["label"], wholes["share"], strict=True))
    for row in rows[rows["within"] != ""].to_dict("records"):
        where = f"'{row['label']}' ({row['panel']})" if row["panel"] else f"'{row['label']}'"
        if row["within"] not in shares:
            raise Refusal(
                "unknown_outcome",
                f"{where} lies within '{row['within']}', which is no outcome of its panel that stands by itself: "
                "add its row, or name the outermost outcome.",
            )
        if row["share"] > shares[row["within"]] + 1e-9:
            raise Refusal(
                "part_exceeds_whole",
                f"{where} has a larger share than '{row['within']}', within which it lies: "
                "both must be shares of all children of the panel, of whom both outcomes are known.",
            )


def _share_of(axes: Axes, y: float, row: dict, colour: str, inches: float) -> None:
    """The bar of a part (open where a flag says to be careful), and the interval of a part or a whole."""
    if np.isnan(row["share"]):
        reason = row["flag"] or "unknown"
        levels.hatched(axes, y, 0.17, levels.fitting(reason, inches - 0.2), levels.hatching(reason))
        return
    if row["within"]:
        face = "white" if row["flag"] else colour
        axes.barh(y, row["share"], 0.17, facecolor=face, edgecolor=colour, lw=1.2, zorder=3)
    if row["low"] <= row["high"]:
        axes.plot([row["low"], row["high"]], [y, y], "|-", color=style.INK, lw=1.5, ms=7, mew=1.5, zorder=4,
                  clip_on=False, path_effects=share_panels.RIM)  # fmt: skip


def _share(row: dict | None, stars: dict[str, str]) -> str:
    if row is None:
        return ""
    return share_panels.percent(row["share"], row["low"], row["high"]) + stars.get(row["flag"], "")


def _persons(row: dict | None) -> str:
    if row is None:
        return ""
    return share_panels.persons_text(row["n"]) + ("" if np.isnan(row["events"]) else f" ({row['events']:,.0f})")


def _key(rows: pd.DataFrame, stars: dict[str, str], interval_label: str) -> list[key.Entry]:
    listed = [key.patch("an outcome", share_panels.pale(style.MUTED), style.MUTED)]
    if (rows["within"] != "").any():
        listed.append(key.patch("a part of the outcome around it", style.MUTED, style.MUTED))
    listed += [key.line(interval_label, style.INK, 1.5), *share_panels.hatchings(rows, "share")]
    return listed + [key.Entry(f"{mark} {flag}") for flag, mark in stars.items()]


_SHARES = (
    ("share_needing", "needing_low", "needing_high"),
    ("share_met", "met_low", "met_high"),
    ("gap", "gap_low", "gap_high"),
)
_NEED_COLOURS = (style.BLUE, style.ORANGE, style.MUTED)
_SIZE = 9.5  # points of the numbers at the right
_NEED_LANE = 0.27  # inches of a group
_NEED_HEAD = 0.34  # inches of a need's name, and of the room above it
_NEED_LINE = 0.175  # inches of each further line of it
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
        "suppressed" nothing but n is shown. At most three groups.
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
    rows = share_panels.checked(table, _SHARES, ("need", "group"), ("n", "flag"))
    groups = share_panels.in_order(rows, groups)
    if len(groups) > len(_NEED_COLOURS):
        raise Refusal(
            "too_many_groups",
            f"{len(groups)} groups are too many for one figure of needs: use at most {len(_NEED_COLOURS)}.",
        )
    colours = dict(zip(groups, _NEED_COLOURS, strict=False))
    rows = _sorted(rows, groups)
    drawn = rows[["gap", "share_needing"]].notna().any(axis=1)
    stars = share_panels.stars(rows.loc[drawn, "flag"])
    columns = _columns(rows, stars)
    widths, headroom = column_sizes(columns, [False] * len(rows), size=_SIZE, most=2.4)
    widths = {head: room + 0.12 for head, room in widths.items()}  # digits are drawn a little wider than measured
    width = style.WIDTH - 2 * style.MARGIN
    heads = {need: "\n".join(style.wrap(need, width, TEXT, bold=True)) for need in dict.fromkeys(rows["need"])}
    left = max(style.text_width(group, TEXT) for group in rows["group"]) + 0.24
    inches = width - left - sum(widths.values())
    bands, middles, tall = _places(rows, heads)
    listed = _need_key(rows, colours, stars, interval_label)
    label = style.wrap(xlabel, width - left, TEXT)
    below = 0.32 + 0.19 * len(label) + key.height(listed, width) + 0.06
    page = style.sheet(headroom + tall + below, title=title, footer=footer, subtitle=subtitle)
    axes = page.axes(left, below, inches, tall)
    last = share_panels.highest(rows, [column for triple in _SHARES for column in triple])
    share_panels.share_axis(axes, 0, last, tall, inches, label)
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
        share_panels.percent(row["gap"], row["gap_low"], row["gap_high"]) + stars.get(row["flag"], "")
        for row in records
    ]
    if "children_text" in rows.columns:
        second = "children without it"
        cells = [
            "–" if np.isnan(row["gap"]) or pd.isna(row["children_text"]) else str(row["children_text"])
            for row in records
        ]
    else:
        second = "get it"
        cells = [share_panels.percent(row["share_met"], row["met_low"], row["met_high"]) for row in records]
    asked = [share_panels.persons_text(row["n"]) for row in records]
    return {"do not get it": without, second: cells, "children asked": asked}


def _places(rows: pd.DataFrame, heads: dict[str, str]) -> tuple[dict[str, tuple[float, float]], list[float], float]:
    """From where to where the name of each need goes, the middle of each row, and the height of all: inches."""
    bands: dict[str, tuple[float, float]] = {}
    middles: list[float] = []
    at = 0.0
    for need, here in rows.groupby("need", sort=False):
        top, at = at, at + _NEED_HEAD + _NEED_LINE * heads[str(need)].count("\n")
        bands[str(need)] = (top, at)
        middles += [at + _NEED_LANE * (place + 0.5) for place in range(len(here))]
        at += _NEED_LANE * len(here)
    return bands, middles, at + 0.06


def _bar(axes: Axes, y: float, row: dict, colour: str, inches: float) -> None:
    tall = 0.74 * _NEED_LANE
    gap, met, needing = row["gap"], row["share_met"], row["share_needing"]
    if np.isnan(gap) and np.isnan(needing):
        reason = row["flag"] or "unknown"
        words = levels.fitting(reason, inches - 0.2)
        levels.hatched(axes, y, 0.6 * _NEED_LANE, words, levels.hatching(reason))
        return
    start = 0.0
    if not np.isnan(gap):
        axes.barh(y, gap, tall, color=colour, edgecolor=colour, lw=1, zorder=2)
        start = gap
    if not np.isnan(met):
        axes.barh(y, met, tall, left=start, facecolor=share_panels.pale(colour), edgecolor=colour, lw=1, zorder=2)
        start += met
    if needing > start + _ROUNDING:
        axes.barh(y, needing - start, tall, left=start, facecolor="white", edgecolor=colour, hatch=style.UNKNOWN, lw=1,
                  zorder=2)  # fmt: skip
    # Both intervals may lie over the same shares: each has a height of its own, and a rim that parts it from the bar.
    for part, off, ink in (("gap", -0.045, style.INK), ("needing", 0.055, style.MUTED)):
        low, high = row[f"{part}_low"], row[f"{part}_high"]
        if low <= high:
            axes.plot([low, high], [y + off] * 2, "|-", color=ink, lw=1.5, ms=6, mew=1.5, zorder=4, clip_on=False,
                      path_effects=share_panels.RIM)  # fmt: skip


def _need_key(
    rows: pd.DataFrame, colours: dict[str, str], stars: dict[str, str], interval_label: str
) -> list[key.Entry]:
    listed = []
    for group in [group for group in colours if (rows["group"] == group).any()]:
        colour = colours[group]
        of = f"{group}: " if group else ""
        listed.append(key.patch(f"{of}need it, do not get it", colour, colour))
        listed.append(key.patch(f"{of}need it and get it", share_panels.pale(colour), colour))
    listed += [
        key.line(f"{interval_label} of those without", style.INK, 1.5),
        key.line(f"{interval_label} of all who need it", style.MUTED, 1.5),
    ]
    if (rows["share_needing"] > rows[["gap", "share_met"]].sum(axis=1) + _ROUNDING).any():
        listed.append(key.patch("need it; whether they get it is unknown", "white", style.MUTED, style.UNKNOWN))
    listed += share_panels.hatchings(rows[rows["share_needing"].isna()], "gap")
    return listed + [key.Entry(f"{mark} {flag}") for flag, mark in stars.items()]
