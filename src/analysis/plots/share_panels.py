"""Shares with their intervals, as figures of surveys draw them: checked once, in words, as a dot or a hatching.

Shares as dots in panels on one scale: rows of a panel, groups beside one another in a row, persons at its right.

Which questions were answered least: the share of answers that are not known, by question and group.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.plots import key, levels, marks, style
from analysis.plots.levels import TEXT
from bounded.refusal import Refusal

RIM = [withStroke(linewidth=2.8, foreground="white")]  # parts an interval from the bar on which it lies
Triple = tuple[str, str, str]  # columns of a share, of its lower and of its upper limit


def checked(table: pd.DataFrame, shares: Sequence[Triple], named: Sequence[str], other: Sequence[str]) -> pd.DataFrame:
    """The table with shares as numbers, and names and flags as text; of a suppressed row no share is kept.

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
    rows.loc[rows["flag"].map(levels.hatching) != style.UNKNOWN, numeric] = np.nan
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


def persons_text(n: float) -> str:
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
        levels.hatched(axes, y, 0.14, levels.fitting(reason, room), levels.hatching(reason))
        return
    colour, marker = look
    levels.interval(axes, y, row["low"], row["high"], ends, lw=1.8, colour=colour)
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
    found = set(rows.loc[rows[share].isna(), "flag"].map(levels.hatching))
    return [
        key.patch(words, "white", style.MUTED, hatch)
        for hatch, words in (
            (style.SUPPRESSED, "suppressed"),
            (levels.NOT_ASKED, "not asked"),
            (style.UNKNOWN, "unknown"),
        )
        if hatch in found
    ]


def _name(rows: pd.DataFrame, named: Sequence[str]) -> str:
    first = rows.iloc[0]
    return f"{', '.join(str(first[column]) for column in named if first[column])} (row {rows.index[0]})"


_STEP = 0.18  # inches between the groups of a row
_LINE = 0.175  # inches of each further line of a name
_LEAST = 0.31  # inches of a row
_SIZE = 9  # points of the numbers of persons
_BETWEEN = 0.2  # inches between panels


def share_panels(
    rows: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    subtitle: str,
    xlabel: str,
    interval_label: str,
    groups: Sequence[str] | None = None,
    count_label: str = "n",
    remark: str = "",
) -> Figure:
    """Draw checked rows: panel, label, group, share, low, high, n, flag.

    Panels with the same rows, or some of them, stand beside one another, up to three, and name them once; others stand
    below one another.

    Parameters
    ----------
    groups : in their order; by default that of appearance.
    remark : a sentence below the figure.
    """
    panels = {str(panel): here for panel, here in rows.groupby("panel", sort=False)}
    look = marks.palette(in_order(rows, groups))
    names = {label: "\n".join(style.wrap(label, 2.2, TEXT)) for label in dict.fromkeys(rows["label"])}
    orders = {panel: list(dict.fromkeys(here["label"])) for panel, here in panels.items()}
    longest = max(orders.values(), key=len)
    alike = all(set(order) <= set(longest) for order in orders.values())
    if alike:
        orders = dict.fromkeys(panels, longest)
    across = (2 if len(panels) == 4 else min(3, len(panels))) if alike else 1
    width = style.WIDTH - 2 * style.MARGIN
    left = max(style.text_width(name, TEXT) for name in names.values()) + 0.14
    right = max(style.text_width(text, _SIZE) for text in [count_label, *rows["n"].map(persons_text)]) + 0.12
    cell = (width - left) / across
    inches = cell - right - (_BETWEEN if across > 1 else 0)
    heights = {panel: [_height(names[label], panels[panel], label) for label in orders[panel]] for panel in panels}
    if alike:  # rows that are named once are as high in one panel as in the next
        tallest = np.max(list(heights.values()), axis=0).tolist()
        heights = dict.fromkeys(panels, tallest)
    heads = {panel: style.wrap(panel, cell - 0.1, TEXT, bold=True) if panel else [] for panel in panels}
    above = 0.18 * max(len(head) for head in heads.values()) + 0.24
    label = style.wrap(xlabel, width - left, TEXT)
    listed = _key(rows, look, interval_label)
    remarks = style.wrap(remark, width, 9.5) if remark else []
    note = 0.17 * len(remarks) + (0.06 if remarks else 0)
    below = 0.19 * len(label) + 0.12 + key.height(listed, width) + note
    blocks = [list(panels)[start : start + across] for start in range(0, len(panels), across)]
    talls = [above + max(sum(heights[panel]) for panel in block) + 0.27 for block in blocks]
    page = style.sheet(sum(talls) + below, title=title, footer=footer, subtitle=subtitle)
    last = highest(rows, ("share", "low", "high"))
    top = page.height
    for block, tall in zip(blocks, talls, strict=True):
        for place, panel in enumerate(block):
            body = sum(heights[panel])
            axes = page.axes(left + place * cell, top - above - body, inches, body)
            share_axis(axes, 0.0, last, body, inches)
            if across > 1 and axes.get_xticks()[-1] > 0.95 * last:
                axes.get_xticklabels()[-1].set_horizontalalignment("right")  # the next panel begins with a number too
            _rows(axes, panels[panel], orders[panel], heights[panel], look, (0.0, last), inches, right)
            _head(axes, heads[panel], count_label, right)
            if place == 0:
                _names(axes, [names[label] for label in orders[panel]], heights[panel])
        top -= tall
    paper = page.canvas(0, 0, width, below)
    paper.text(left, below - 0.02, "\n".join(label), size=TEXT, va="top", linespacing=1.1)
    key.draw(page, listed, x=0, top=note + key.height(listed, width), width=width)
    if remarks:
        paper.text(0, note - 0.06, "\n".join(remarks), size=9.5, va="top", linespacing=1.15, gid="remarks")
    return page.figure


def _height(name: str, rows: pd.DataFrame, label: str) -> float:
    groups = int((rows["label"] == label).sum())
    return max(_LEAST, _STEP * groups + 0.14, _LINE * (name.count("\n") + 1) + 0.1)


def _rows(
    axes: Axes,
    rows: pd.DataFrame,
    order: list[str],
    heights: list[float],
    look: marks.Palette,
    ends: tuple[float, float],
    inches: float,
    right: float,
) -> None:
    middles = np.cumsum(heights) - np.array(heights) / 2
    for label, middle in zip(order, middles, strict=True):
        here = rows[rows["label"] == label]
        here = here.sort_values("group", key=lambda column: column.map(list(look).index), kind="stable")
        records = here.to_dict("records")
        if not records:
            axes.text(0.03, middle, "not found", transform=axes.get_yaxis_transform(), size=_SIZE, style="italic",
                      color=style.CONTEXT, va="center_baseline")  # fmt: skip
        for place, row in enumerate(records):
            y = middle + (place - (len(records) - 1) / 2) * _STEP
            dot(axes, y, row, look[row["group"]], ends, inches - 0.15)
            persons = persons_text(row["n"])
            axes.annotate(persons, (1, y), xycoords=axes.get_yaxis_transform(), xytext=(72 * right, 0),
                          textcoords="offset points", size=_SIZE, color=style.MUTED, va="center_baseline",
                          ha="right", annotation_clip=False, gid="label:count")  # fmt: skip
    for bound in np.cumsum(heights)[:-1]:
        axes.axhline(bound, color=style.FAINT, lw=0.6, zorder=0.5)


def _names(axes: Axes, names: list[str], heights: list[float]) -> None:
    for name, middle in zip(names, np.cumsum(heights) - np.array(heights) / 2, strict=True):
        axes.annotate(name, (0, middle), xycoords=axes.get_yaxis_transform(), xytext=(-8, 0), size=TEXT,
                      textcoords="offset points", ha="right", va="center" if "\n" in name else "center_baseline",
                      linespacing=1.1, annotation_clip=False, gid="label:row")  # fmt: skip


def _head(axes: Axes, head: list[str], count_label: str, right: float) -> None:
    axes.annotate(count_label, (1, 1), xycoords="axes fraction", xytext=(72 * right, 5), textcoords="offset points",
                  ha="right", size=_SIZE, color=style.MUTED, annotation_clip=False)  # fmt: skip
    if head:
        axes.annotate("\n".join(head), (0, 1), xycoords="axes fraction", xytext=(0, 7), textcoords="offset points",
                      size=TEXT, weight="bold", linespacing=1.1, gid="label:panel")  # fmt: skip


def _key(rows: pd.DataFrame, look: marks.Palette, interval_label: str) -> list[key.Entry]:
    listed = [key.dot(group, *of) for group, of in look.items() if group in set(rows["group"]) and group]
    listed.append(key.line(interval_label, style.MUTED, 1.8))
    flags = [flag for flag in dict.fromkeys(rows.loc[rows["share"].notna(), "flag"]) if flag]
    listed += [key.dot(flag, style.MUTED, filled=False) for flag in flags]
    return listed + hatchings(rows, "share")


MOST = 20  # questions in one figure


@style.seen_as("A line for each question, the least answered first, with a dot and its interval for each group.")
@style.styled
def missing_answers(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    groups: Sequence[str] | None = None,
    subtitle: str = "",
    xlabel: str = "share of those asked whose answer is not known",
    interval_label: str = "95% interval",
) -> Figure:
    """The questions with the largest share of unknown answers in any group, at most twenty; a line says of the others.

    Parameters
    ----------
    table : one row a question and group: label (the question), group (may be empty); share (0 to 1, of those asked),
        low, high (interval; may be missing); n (unweighted children asked); flag (missing or empty where all is well;
        "not asked" where the question was not put to the group).
    groups : in the order of their colours, present or not, so that these are the same from one figure to the next; by
        default the order of appearance.

    Raises
    ------
    ValueError : a column is missing, a share lies outside 0 to 1 or outside its interval, a row stands twice, or there
        are more than seven groups, or one that `groups` does not list.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    rows = checked(table, (("share", "low", "high"),), ("label", "group"), ("n", "flag"))
    groups = in_order(rows, groups)  # of the whole table, whatever question comes first
    rows = rows.assign(panel="", largest=rows.groupby("label")["share"].transform("max"))
    rows = rows.sort_values(["largest", "label"], ascending=[False, True], na_position="last", kind="stable")
    drawn = list(dict.fromkeys(rows["label"]))[:MOST]
    left_out = rows[~rows["label"].isin(drawn)]
    return share_panels(
        rows[rows["label"].isin(drawn)], title=title, footer=footer, subtitle=subtitle, xlabel=xlabel,
        interval_label=interval_label, groups=groups, count_label="asked", remark=_remark(left_out),
    )  # fmt: skip


def _remark(left_out: pd.DataFrame) -> str:
    questions = left_out["label"].nunique()
    if not questions:
        return ""
    most = left_out["share"].max()
    more = f"Not drawn: {questions:,} more question{'' if questions == 1 else 's'}"
    if pd.isna(most):
        return f"{more}."
    return f"{more}, {'each ' if questions > 1 else ''}with {percent(most)} unknown at most."
