"""Outcomes that lie within one another, and outcomes that overlap: each part as a bar inside the bar of its whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import key, row_marks, share_marks, style
from analysis.figures.levels import TEXT, column_sizes, text_columns
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
        "withheld" nothing but n is shown. At most four outcomes stand by themselves; all stand in the order of the
        table.

    Raises
    ------
    ValueError : a column is missing, a share lies outside 0 to 1 or outside its interval, a row stands twice, a part
        lies within an outcome that is not in its panel or is itself a part, or is larger than that.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    rows = share_marks.checked(
        table, (("share", "low", "high"),), ("panel", "within", "label"), ("n", "events", "flag")
    )
    rows["events"] = rows["events"].astype(float).where(rows["flag"].map(row_marks.hatching) == style.UNKNOWN)
    lines = _lines(rows)
    wholes = list(dict.fromkeys(rows.loc[rows["within"] == "", "label"]))
    if len(wholes) > len(_COLOURS):
        raise Refusal(
            "too_many_outcomes",
            f"{len(wholes)} outcomes that stand by themselves are too many: use at most {len(_COLOURS)}.",
        )
    colours = dict(zip(wholes, _COLOURS, strict=False))
    stars = share_marks.stars(rows.loc[rows["share"].notna(), "flag"])
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
    share_marks.share_axis(axes, 0, share_marks.highest(rows, ("share", "low", "high")), tall, inches, label)
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
            axes.barh((top + bottom) / 2, line.row["share"], bottom - top, color=share_marks.pale(colour),
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
        row_marks.hatched(axes, y, 0.17, row_marks.fitting(reason, inches - 0.2), row_marks.hatching(reason))
        return
    if row["within"]:
        face = "white" if row["flag"] else colour
        axes.barh(y, row["share"], 0.17, facecolor=face, edgecolor=colour, lw=1.2, zorder=3)
    if row["low"] <= row["high"]:
        axes.plot([row["low"], row["high"]], [y, y], "|-", color=style.INK, lw=1.5, ms=7, mew=1.5, zorder=4,
                  clip_on=False, path_effects=share_marks.RIM)  # fmt: skip


def _share(row: dict | None, stars: dict[str, str]) -> str:
    if row is None:
        return ""
    return share_marks.percent(row["share"], row["low"], row["high"]) + stars.get(row["flag"], "")


def _persons(row: dict | None) -> str:
    if row is None:
        return ""
    return share_marks.persons(row["n"]) + ("" if np.isnan(row["events"]) else f" ({row['events']:,.0f})")


def _key(rows: pd.DataFrame, stars: dict[str, str], interval_label: str) -> list[key.Entry]:
    listed = [key.patch("an outcome", share_marks.pale(style.MUTED), style.MUTED)]
    if (rows["within"] != "").any():
        listed.append(key.patch("a part of the outcome around it", style.MUTED, style.MUTED))
    listed += [key.line(interval_label, style.INK, 1.5), *share_marks.hatchings(rows, "share")]
    return listed + [key.Entry(f"{mark} {flag}") for flag, mark in stars.items()]
