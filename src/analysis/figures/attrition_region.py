"""Who reports which stage from detection to conviction, and how many convictions there are to a prosecution."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.figures import key, row_marks, style
from analysis.figures.canvas import Canvas
from analysis.figures.levels import TEXT
from bounded.refusal import Refusal

_ROW = 0.3  # inches
_CELL = 0.62
_HEAD = 0.78
_BELOW = 0.62
_SHORT = {"calendar year": "Jan–Dec", "April to March": "Apr–Mar", "other period": "other"}
_TOGETHER = "all three"
_HEADS = {
    "detected victims": "victims",
    "investigations": "investi-\ngations",
    "prosecutions": "prose-\ncutions",
    "convictions": "convic-\ntions",
    _TOGETHER: "last three\ntogether",
}


@style.styled
def attrition_region(
    table: pd.DataFrame,
    ratios: pd.DataFrame,
    *,
    names: Mapping[str, str],
    title: str,
    footer: style.Footer,
    subtitle: str = "",
    ratio: str = "convictions per prosecution",
) -> Figure:
    """A row an area and kind of period: in how many periods each stage is reported, and one pooled ratio.

    Nothing is summed over areas, nor over kinds of period, which overlap. An area without any figure has an empty row.

    Parameters
    ----------
    table, ratios : as `referral.attrition` gives them.
    names : id -> name, in the order of the rows.
    ratio : which of the ratios is drawn.

    Raises
    ------
    ValueError : a column is missing, or there is no area to draw.
    """
    style.require(table, ("area_id", "period", "period_start", "stage", "low"))
    style.require(ratios, ("area_id", "period", "ratio", "periods", "low", "high", "lowest", "highest", "reason"))
    if not names:
        raise Refusal("empty", "No area is named: give `names`, from the id of each area to its name.")
    rows = _rows(table, ratios[ratios["ratio"] == ratio], names)
    kinds = max(style.text_width(row["kind"], 9) for row in rows) + 0.14
    wrapped = {name: style.wrap(name, 1.75, TEXT) for name in names.values()}
    called = max(style.text_width("\n".join(lines), TEXT) for lines in wrapped.values()) + 0.1
    heights = [_ROW + 0.16 * (len(wrapped[row["name"]]) - 1 if row["name"] else 0) for row in rows]
    middles = [sum(heights[:place]) + height / 2 for place, height in enumerate(heights)]
    tall = sum(heights)
    listed = _key(rows)
    width = style.WIDTH - 2 * style.MARGIN
    below = _BELOW + key.height(listed, width)
    page = style.sheet(_HEAD + tall + below, title=title, footer=footer, subtitle=subtitle)
    paper = page.canvas(0, below, page.width, tall + _HEAD)
    start = called + kinds
    for row, middle, height in zip(rows, middles, heights, strict=True):
        y = tall - middle
        if row["name"]:
            if middle > height:
                paper.plot([0, page.width], [y + height / 2] * 2, color=style.FAINT, lw=0.8, zorder=0)
            paper.text(0, y, "\n".join(wrapped[row["name"]]), size=TEXT, linespacing=1.05,
                       va="center" if len(wrapped[row["name"]]) > 1 else "center_baseline")  # fmt: skip
        paper.text(start - 0.1, y, row["kind"], size=9, color=style.MUTED, ha="right", va="center_baseline")
        for place, count in enumerate(row["counts"]):
            _cell(paper, start + place * _CELL, y, count, max(max(each["counts"]) for each in rows))
    for place, head in enumerate(_HEADS.values()):
        paper.text(start + (place + 0.5) * _CELL - 0.02, tall + 0.08, head, size=9, ha="center", va="bottom",
                   linespacing=1.05)  # fmt: skip
    paper.text(start, tall + 0.47, "Periods with a figure", size=9.5, weight="bold", va="bottom")
    left = start + len(_HEADS) * _CELL + 0.25
    inches = page.width - left - 0.12
    paper.text(left, tall + 0.47, "\n".join(style.wrap(ratio.capitalize(), inches, 9.5, bold=True)), size=9.5,
               weight="bold", va="bottom")  # fmt: skip
    _ratio_axis(page.axes(left, below, inches, tall), rows, middles, tall, inches)
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _rows(table: pd.DataFrame, ratios: pd.DataFrame, names: Mapping[str, str]) -> list[dict]:
    """One dictionary a row; the name stands in the first row of an area alone."""
    known = table[table["low"].notna()]
    found = []
    for area_id, name in names.items():
        here = known[known["area_id"] == area_id]
        for place, kind in enumerate(dict.fromkeys(here["period"])):
            stages = here[here["period"] == kind].groupby("period_start")["stage"].agg(set)
            counts = [sum(stage in each for each in stages) for stage in list(_HEADS)[:-1]]
            together = sum(set(list(_HEADS)[1:-1]) <= each for each in stages)
            own = ratios[(ratios["area_id"] == area_id) & (ratios["period"] == kind)].to_dict("records")
            found.append(
                {
                    "name": name if not place else "",
                    "kind": _SHORT.get(str(kind), str(kind)),
                    "counts": [*counts, together],
                    "ratio": own[0] if own else None,
                }
            )
        if here.empty:
            found.append({"name": name, "kind": "", "counts": [0] * len(_HEADS), "ratio": None})
    return found


def _cell(paper: Canvas, x: float, y: float, count: int, most: int) -> None:
    corner, across, up = (x, y - 0.5 * _ROW + 0.025), _CELL - 0.04, _ROW - 0.05
    if not count:
        paper.add(Rectangle(corner, across, up, facecolor="white", edgecolor=style.CONTEXT, hatch=style.UNKNOWN, lw=0))
        return
    shades = style.amounts(9)
    colour = shades[min(round(8 * (count - 1) / max(most - 1, 1)), 8)]
    paper.add(Rectangle(corner, across, up, facecolor=colour, edgecolor="none"))
    paper.text(x + _CELL / 2 - 0.02, y, str(count), size=9.5, color=style.on(colour), ha="center",
               va="center_baseline", gid="value")  # fmt: skip


def _ratio_axis(axes: Axes, rows: list[dict], middles: list[float], tall: float, inches: float) -> None:
    given = [row["ratio"] for row in rows if row["ratio"] is not None and not row["ratio"]["reason"]]
    ends = [value for each in given for value in (each["high"], each["highest"]) if np.isfinite(value)]
    last = max([1.0, *ends]) * 1.06
    axes.set(xlim=(0, last), ylim=(tall, 0), yticks=[])
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.grid(axis="x")
    axes.tick_params(axis="x", length=0, labelsize=9.5)
    axes.set_xlabel("sum over sum of the periods with both", size=9.5, loc="left")
    for row, y in zip(rows, middles, strict=True):
        own = row["ratio"]
        if own is None or own["reason"]:
            words = "no figure read" if own is None else own["reason"].split(":")[0]
            row_marks.hatched(axes, y, 0.62 * _ROW, row_marks.fitting(words, inches - 0.15))
            continue
        row_marks.interval(axes, y, own["lowest"], own["highest"], (0, last), lw=1.4, colour=style.MUTED)
        if own["low"] < own["high"]:
            row_marks.interval(axes, y, own["low"], own["high"], (0, last), lw=6, colour=style.BLUE)
        else:
            axes.plot(own["low"], y, "o", color=style.BLUE, ms=7, zorder=4, clip_on=False)


def _key(rows: list[dict]) -> list[key.Entry]:
    given = [row["ratio"] for row in rows if row["ratio"] is not None and not row["ratio"]["reason"]]
    listed = [key.patch("no period reported, or no ratio", "white", style.CONTEXT, style.UNKNOWN)]
    if any(not each["low"] < each["high"] for each in given):
        listed.append(key.dot("pooled ratio", style.BLUE))
    if any(each["low"] < each["high"] for each in given):
        listed.append(key.line("between these bounds: a figure is a minimum", style.BLUE, 6))
    if given:
        listed.append(key.line("lowest to highest period", style.MUTED, 1.4))
    return listed
