"""Who reports which stage from detection to conviction, and how many convictions there are to a prosecution.

The stages from detection to conviction of one area: a lane a stage over the years, each on a scale of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.plots import key, levels, style
from analysis.plots.levels import TEXT
from analysis.plots.style import Canvas
from bounded.refusal import Refusal

_ROW = 0.3  # inches
_CELL = 0.62
_REGION_HEAD = 0.78
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
    listed = _region_key(rows)
    width = style.WIDTH - 2 * style.MARGIN
    below = _BELOW + key.height(listed, width)
    page = style.sheet(_REGION_HEAD + tall + below, title=title, footer=footer, subtitle=subtitle)
    paper = page.canvas(0, below, page.width, tall + _REGION_HEAD)
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
            levels.hatched(axes, y, 0.62 * _ROW, levels.fitting(words, inches - 0.15))
            continue
        levels.interval(axes, y, own["lowest"], own["highest"], (0, last), lw=1.4, colour=style.MUTED)
        if own["low"] < own["high"]:
            levels.interval(axes, y, own["low"], own["high"], (0, last), lw=6, colour=style.BLUE)
        else:
            axes.plot(own["low"], y, "o", color=style.BLUE, ms=7, zorder=4, clip_on=False)


def _region_key(rows: list[dict]) -> list[key.Entry]:
    given = [row["ratio"] for row in rows if row["ratio"] is not None and not row["ratio"]["reason"]]
    listed = [key.patch("no period reported, or no ratio", "white", style.CONTEXT, style.UNKNOWN)]
    if any(not each["low"] < each["high"] for each in given):
        listed.append(key.dot("pooled ratio", style.BLUE))
    if any(each["low"] < each["high"] for each in given):
        listed.append(key.line("between these bounds: a figure is a minimum", style.BLUE, 6))
    if given:
        listed.append(key.line("lowest to highest period", style.MUTED, 1.4))
    return listed


_LANE, _EMPTY = 0.62, 0.3  # inches of a lane, and of one without any figure
_GAP = 0.09
_BAR = 0.8  # inches of the widest bar
_HEAD = 0.3
_AXIS = 0.34
_BLOCK = 0.12  # inches between kinds of period
_LEFT = 1.72
_SIZES = (9.5, style.LEAST, 8.5, 7.5)  # points of the numbers over the bars, the largest that fits: none may touch
# As `referral.attrition` notes it.
NONE_GIVEN = "report gives none"
_KINDS = {
    "calendar year": "Calendar years",
    "April to March": "Years from April to March",
    "other period": "Other periods",
}
_NEEDED = ("period", "period_start", "period_end", "stage", "low", "high", "value_qualifier", "unit", "text")


@style.styled
def attrition_steps(table: pd.DataFrame, *, title: str, footer: style.Footer, subtitle: str = "") -> Figure:
    """Four lanes for each kind of period, with a bar where there is a figure and a hatching where there is none.

    Kinds of period overlap, and therefore stand in blocks of their own. A lane has its own scale, since the stages do
    not count the same units: bars are compared along a lane, and never from lane to lane.

    Parameters
    ----------
    table : as `referral.attrition` gives it, of one area: period, period_start, period_end, stage, low, high,
        value_qualifier, unit; and text, which stands over the bar. A row without bounds has no figure; one whose note
        is ``report gives none`` is drawn apart from what was not read.

    Raises
    ------
    ValueError : a column is missing, or the rows are of several areas.
    """
    style.require(table, _NEEDED)
    known = table[table["low"].notna()]
    if known.empty:
        return style.nothing(
            title=title, footer=footer, subtitle=subtitle, text="no figure in the US reports that were read"
        )
    if "area_id" in table and table["area_id"].nunique() > 1:
        raise Refusal("several_areas", "One area is drawn at a time: the lanes of several would need a scale each.")
    stages = list(dict.fromkeys(table["stage"]))
    blocks = {str(kind): known[known["period"] == kind] for kind in dict.fromkeys(known["period"])}
    heights = {
        kind: [_LANE if (here["stage"] == stage).any() else _EMPTY for stage in stages] for kind, here in blocks.items()
    }
    first, last = _year(known["period_start"].min()), _year(known["period_end"].max(), end=True)
    silent = table[table["low"].isna() & table.get("note", pd.Series("", table.index)).eq(NONE_GIVEN)]
    listed = _key(known, len(silent) > 0)
    width = style.WIDTH - 2 * style.MARGIN
    below = key.height(listed, width) + 0.05
    tall = sum(_HEAD + sum(lanes) + _GAP * len(lanes) + _AXIS for lanes in heights.values())
    page = style.sheet(tall + (len(blocks) - 1) * _BLOCK + below, title=title, footer=footer, subtitle=subtitle)
    room = page.width - _LEFT - 0.05
    top = page.height
    for kind, here in blocks.items():
        top -= _HEAD
        heading = page.canvas(0, top, page.width, _HEAD)
        heading.text(0, 0.09, _KINDS.get(kind, kind), size=10.5, weight="bold", va="bottom")
        for stage, height in zip(stages, heights[kind], strict=True):
            top -= height
            rows = here[here["stage"] == stage]
            none = silent[(silent["period"] == kind) & (silent["stage"] == stage)]
            _lane(page.axes(_LEFT, top, room, height), rows, none, first, last, room)
            _name(page.canvas(0, top, _LEFT, height), str(stage), rows)
            top -= _GAP
        _time(page.axes(_LEFT, top + _GAP - 0.02, room, 0.02), here, kind, first, last, room)
        top -= _AXIS + _BLOCK
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _year(day: pd.Timestamp, end: bool = False) -> float:
    """A day as a decimal year; of an end, the beginning of the day after it."""
    after = day + pd.Timedelta(days=1) if end else day
    return after.year + (after.day_of_year - 1) / (366 if after.is_leap_year else 365)


def _name(paper: Canvas, stage: str, rows: pd.DataFrame) -> None:
    """The stage at the left of its lane, and what it counts."""
    if rows.empty:
        paper.text(0, paper.height / 2, stage, size=10, color=style.MUTED, va="center_baseline")
        return
    several = sorted(set(rows["unit"]), reverse=True)
    units = " or ".join(several).replace("not stated", "unit not stated") if len(several) < 3 else "units differ"
    paper.text(0, paper.height / 2 + 0.01, stage, size=10, va="bottom")
    paper.text(0, paper.height / 2 - 0.03, units, size=style.LEAST, color=style.MUTED, va="top")


def _lane(axes: Axes, rows: pd.DataFrame, none: pd.DataFrame, first: float, last: float, inches: float) -> None:
    """The bars of one stage over a hatched ground, which stays to be seen where nothing was read; `none` were empty."""
    top = max([1.0, *rows["low"]])
    axes.set(xlim=(first, last), ylim=(0, 1.55 * top), xticks=[], yticks=[])
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.patch.set(hatch=style.UNKNOWN, edgecolor=style.FAINT, facecolor="white", lw=0)
    for row in none.itertuples():
        start, stop = _year(row.period_start), _year(row.period_end, end=True)
        axes.add_patch(Rectangle((start, 0), stop - start, 1.55 * top, facecolor="white", edgecolor="white", lw=1))
        axes.text((start + stop) / 2, 0.1 * top, "–", size=9, color=style.MUTED, ha="center", va="bottom")
    if rows.empty:
        return
    texts = list(rows["text"])
    slots = [(_year(row.period_start), _year(row.period_end, end=True)) for row in rows.itertuples()]
    a_year = inches / (last - first)
    narrow = [min(stop - start, 1.0) * a_year for start, stop in slots]
    fits = [
        size
        for size in _SIZES
        if all(style.text_width(words, size) < slot - 0.02 for words, slot in zip(texts, narrow, strict=True))
    ]
    size = fits[0] if fits else _SIZES[-1]
    for row, words, (start, stop) in zip(rows.itertuples(), texts, slots, strict=True):
        axes.add_patch(Rectangle((start, 0), stop - start, 1.55 * top, facecolor="white", edgecolor="white", lw=1))
        off = max(0.14 * (stop - start), (stop - start - _BAR / a_year) / 2)
        least = np.isinf(row.high)
        axes.bar(start + off, row.low, stop - start - 2 * off, align="edge", color=style.SKY if least else style.BLUE,
                 edgecolor=style.BLUE, lw=1, hatch=style.CENSORED if least else "", zorder=3)  # fmt: skip
        if row.low == 0:
            # A bar of no height would look like nothing: nought is a finding, and has a line of its own.
            axes.plot([start + off, stop - off], [0, 0], color=style.BLUE, lw=3, zorder=4, clip_on=False)
        axes.annotate(words, ((start + stop) / 2, row.low), xytext=(0, 2), textcoords="offset points", size=size,
                      ha="center", va="bottom", zorder=5, gid="value")  # fmt: skip


def _time(axes: Axes, rows: pd.DataFrame, kind: str, first: float, last: float, inches: float) -> None:
    """The periods named below a block, every second or third where there is no room for all."""
    axes.set(xlim=(first, last), ylim=(0, 1), yticks=[])
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    axes.patch.set_alpha(0)
    if kind == "other period":
        ends = {(row.period_start, row.period_end) for row in rows.itertuples()}
        marks = {(_year(a) + _year(b, end=True)) / 2: f"{a:%b %y}–{b:%b %y}" for a, b in sorted(ends)}
    else:
        start = 0.25 if kind == "April to March" else 0.0
        years = range(int(np.floor(first - start)), int(np.ceil(last)))
        marks = {
            year + start + 0.5: f"{year % 100:02d}/{(year + 1) % 100:02d}" if start else str(year)
            for year in years
            if first - 1e-6 <= year + start and year + start + 1 <= last + 0.02
        }
    widest = max((style.text_width(words, 9) for words in marks.values()), default=0) + 0.08
    every = 1 if kind == "other period" else int(np.ceil(widest / (inches / (last - first))))
    shown = list(marks.items())[::every]
    axes.set_xticks([at for at, _ in shown], [words for _, words in shown], size=9)
    axes.tick_params(axis="x", length=0, pad=2)


def _key(known: pd.DataFrame, silent: bool) -> list[key.Entry]:
    listed = [
        key.patch("reported", style.BLUE, style.BLUE),
        key.patch("not read", "white", style.CONTEXT, style.UNKNOWN),
    ]
    if silent:
        listed.append(key.Entry("– the report gives no figure"))
    if np.isinf(known["high"]).any():
        listed.insert(1, key.patch("≥ at least so many", style.SKY, style.BLUE, style.CENSORED))
    if (known["value_qualifier"] == "approx").any():
        listed.append(key.Entry("≈ about"))
    if (known["low"] == 0).any():
        listed.append(key.line("0: reported as none", style.BLUE, 3))
    return [*listed, key.Entry("each lane has its own scale")]
