"""What changed since a baseline: how many findings in which way, and both values of those that did, with limits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from analysis.figures import key, style
from analysis.figures.answer_matrix import NOT_APPLICABLE, Category, answer_matrix
from analysis.figures.canvas import Canvas
from analysis.refusal import Refusal

# What a gap became, from the best to the worst, with signs so that no shade is alone; and what is not known of it.
STILL_UNKNOWN = "still not known"
OF_GAPS = ("gap closed", "less grave", "graver", "gap opened")
GAPS = (
    *(Category(name, shade, sign) for name, shade, sign in zip(OF_GAPS, style.amounts(4), "○▽▲●", strict=True)),
    Category("unchanged", sign="="),
    Category("newly known", style.FAINT, "!"),
    Category("no longer known", hatch=style.UNKNOWN, sign="?"),
    Category(STILL_UNKNOWN, hatch=style.UNKNOWN),
    Category("not comparable", style.FAINT, "×"),
    NOT_APPLICABLE,
)
_NUMBERS = tuple(f"{name}_{when}" for when in ("then", "now") for name in ("value", "low", "high"))
_SIZE = 10
_SMALL = 9
_NAME = 2.75  # inches of a row's name
_ROW = 0.42
_LINE = 0.165
_COUNT = 0.25  # inches of a bar with its number
_HEAD = 0.32  # inches of the heading of a unit
_SCALE = 0.3  # inches of its numbers
_WIDE_SPREAD = 20  # values above 0 that are further apart are drawn on a logarithmic scale
_OFF = 0.15  # of a row: how far the earlier interval stands above the arrow, and the later below


@style.styled
def changes_since(
    table: pd.DataFrame,
    *,
    counts: Mapping[str, int],
    title: str,
    footer: style.Footer,
    subtitle: str = "",
    labels: tuple[str, str] = ("baseline", "now"),
    count_label: str = "findings",
    interval_label: str = "95% limits, or bounds (thick)",
    none: str = "nothing changed beyond uncertainty",
) -> Figure:
    """Bars of all kinds of change; below them one row a finding that changed: an arrow from its value then to that now.

    Rows of one unit share a scale, logarithmic where values lie more than twenty times apart and none is below 0. Where
    only bounds are known, the arrow is as long as the least change that they allow. Better and worse are said in words.

    Parameters
    ----------
    table : one row a finding: label, unit (the heading of its scale), value_then, low_then, high_then, value_now,
        low_now, high_now (numbers; values may be missing, and `high` infinite), words (what stands at its right).
    counts : kind of change -> how many findings, in the order of the bars.
    none : what is said where the table is empty.

    Raises
    ------
    ValueError : a column is missing, or a bound.
    """
    style.require(table, ("label", "unit", "words", *_NUMBERS))
    rows = table.reset_index(drop=True).astype(dict.fromkeys(_NUMBERS, "float64"))
    lacking = rows[rows[["low_then", "high_then", "low_now", "high_now"]].isna().any(axis=1)]
    if len(lacking):
        raise Refusal(
            "missing_bound", f"'{lacking['label'].iloc[0]}' lacks a bound: draw only what is known then and now."
        )
    width = style.WIDTH - 2 * style.MARGIN
    names = {at: style.wrap(text, _NAME, _SIZE) for at, text in rows["label"].items()}
    words = {
        at: [line for part in text.split("\n") for line in style.wrap(part, 1.9, _SMALL)]
        for at, text in rows["words"].items()
    }
    heights = {at: max(_ROW, _LINE * max(len(names[at]), len(words[at])) + 0.12) for at in rows.index}
    groups = [(str(unit), part.index.tolist()) for unit, part in rows.groupby("unit", sort=False)]
    tall = sum(_HEAD + _SCALE + sum(heights[at] for at in part) for _, part in groups) or 0.4
    above = 0.3 + _COUNT * len(counts)
    listed = _key(labels, interval_label) if len(rows) else []
    below = key.height(listed, width) + 0.1
    page = style.sheet(above + tall + below, title=title, footer=footer, subtitle=subtitle)
    _bars(page.canvas(0, below + tall, width, above), counts, count_label)
    if rows.empty:
        paper = page.canvas(0, below, width, tall)
        paper.text(0, tall / 2, none, size=_SIZE, color=style.MUTED, va="center", gid="none")
    right = max((style.text_width(line, _SMALL) for lines in words.values() for line in lines), default=0.0) + 0.2
    left = max((style.text_width(line, _SIZE) for lines in names.values() for line in lines), default=0.0) + 0.22
    y = below + tall
    for unit, part in groups:
        y -= _HEAD
        page.canvas(0, y, width, _HEAD).text(0, 0.08, unit, size=_SIZE, weight="bold", gid="label:unit")
        body = sum(heights[at] for at in part)
        y -= body
        axes = page.axes(left, y, width - left - right, body)
        _scale(axes, rows.loc[part], body, width - left - right)
        paper = page.canvas(0, y, width, body)
        at_height = body
        for at in part:
            at_height -= heights[at]
            middle = at_height + heights[at] / 2
            _change(axes, middle, heights[at], rows.loc[at])
            paper.text(0, middle, "\n".join(names[at]), size=_SIZE, va="center", linespacing=1.1, gid="label:row")
            paper.text(width - right + 0.2, middle, "\n".join(words[at]), size=_SMALL, color=style.MUTED, va="center",
                       linespacing=1.15, gid="label:words")  # fmt: skip
        y -= _SCALE
    key.draw(page, listed, x=0, top=below - 0.1, width=width)
    return page.figure


def gap_changes(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    subtitle: str = "",
    names: Sequence[str] | None = None,
    groups: Mapping[str, str] | None = None,
    unit: str = "",
) -> Figure:
    """Countries down, indicators across: in each cell what became of the gap.

    Parameters
    ----------
    table : one row a country and indicator: country, indicator, became (the name of one of GAPS). A pair that is not
        there does not apply.
    names : the indicators in their order. groups : the heading above each. unit : what the cells say, for the key.

    Raises
    ------
    ValueError : a column is missing, a pair stands twice, or `became` is none of GAPS.
    """
    style.require(table, ("country", "indicator", "became"))
    pairs = pd.MultiIndex.from_product([table["country"].unique(), table["indicator"].unique()])
    filled = table.set_index(["country", "indicator"])["became"]
    if filled.index.is_unique:
        filled = filled.reindex(pairs, fill_value=NOT_APPLICABLE.name).rename_axis(["country", "indicator"])
    return answer_matrix(
        filled.reset_index(),
        rows="country",
        columns="indicator",
        category="became",
        categories=GAPS,
        column_order=names,
        column_groups=groups,
        title=title,
        footer=footer,
        subtitle=subtitle,
        unit=unit,
    )


def _bars(paper: Canvas, counts: Mapping[str, int], heading: str) -> None:
    """A bar a kind of change, with its number."""
    left = max((style.text_width(name, _SIZE) for name in counts), default=0.0) + 0.15
    room = paper.width - left - 0.7
    most = max([*counts.values(), 1])
    y = paper.height - 0.12
    paper.text(left, y, heading, size=_SMALL, color=style.MUTED, va="center", gid="label:counts")
    y -= 0.1
    for name, count in counts.items():
        y -= _COUNT
        middle = y + _COUNT / 2
        paper.text(left - 0.1, middle, name, size=_SIZE, ha="right", va="center_baseline", gid="label:kind")
        paper.add(Rectangle((left, middle - 0.075), room * count / most, 0.15, facecolor=style.BLUE, lw=0, gid="bar"))
        paper.text(left + room * count / most + 0.06, middle, f"{count:,}", size=_SIZE, va="center_baseline",
                   gid="count")  # fmt: skip


def _scale(axes: Axes, rows: pd.DataFrame, tall: float, wide: float) -> None:
    """One scale for the rows of a unit; open ends reach to its edge."""
    numbers = rows[list(_NUMBERS)].to_numpy().ravel()
    numbers = numbers[np.isfinite(numbers)]
    first, last = (float(numbers.min()), float(numbers.max())) if len(numbers) else (0.0, 1.0)
    least = float(numbers[numbers > 0].min()) if first >= 0 and last > 0 else last
    if first >= 0 and last > _WIDE_SPREAD * least:
        # From 0 to the least value the scale is linear, so that 0 has a place.
        axes.set_xscale("symlog", linthresh=least, linscale=0.4) if first == 0 else axes.set_xscale("log")
        axes.set_xlim(0 if first == 0 else first / 1.3, last * 1.3)
        axes.xaxis.set_major_locator(FixedLocator([0.0] * (first == 0) + _powers(least, last)))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        first, last = (0.0, last) if first >= 0 else (first, max(last, 0.0))
        pad = 0.05 * ((last - first) or 1.0)
        axes.set_xlim(first - (pad if first < 0 else 0), last + pad)
        marks = MaxNLocator(max(2, int(wide / 0.6)), steps=[1, 2, 5, 10]).tick_values(first, last)
        axes.xaxis.set_major_locator(FixedLocator([mark for mark in marks if first <= mark <= last + pad]))
        if first < 0:
            axes.axvline(0, color=style.CONTEXT, lw=1, zorder=1)
    axes.xaxis.set_major_formatter(FuncFormatter(_number))
    axes.set(ylim=(0, tall), yticks=[])
    axes.tick_params(axis="x", length=0, labelsize=_SMALL)
    axes.grid(axis="x")
    axes.spines[:].set_visible(False)


def _powers(least: float, last: float) -> list[float]:
    """Powers of ten between two numbers, with three times each where there are few."""
    exponents = range(math.floor(math.log10(least)), math.ceil(math.log10(last)) + 1)
    steps = (1, 3) if len(exponents) <= 4 else (1,)
    return [step * 10.0**exponent for exponent in exponents for step in steps if least <= step * 10.0**exponent <= last]


def _number(value: float, _: object = None) -> str:
    return f"−{style.number(-value)}" if value < 0 else style.number(value)


def _change(axes: Axes, y: float, tall: float, row: pd.Series) -> None:
    edges = axes.get_xlim()
    for when, side, face in (("then", 1, "white"), ("now", -1, style.BLUE)):
        low, high = (float(np.clip(row[f"{end}_{when}"], *edges)) for end in ("low", "high"))
        level = y + side * _OFF * tall
        known = math.isfinite(row[f"value_{when}"])
        if high > low:
            axes.plot([low, high], [level, level], color=style.MUTED, lw=1.6 if known else 4, zorder=2, gid=when)
        if math.isinf(row[f"high_{when}"]):
            axes.plot([edges[1]], [level], marker=">", ms=5, color=style.MUTED, clip_on=False, zorder=3, gid="open")
        if known:
            axes.plot([row[f"value_{when}"]], [y], marker="o", ms=7, mfc=face, mec=style.BLUE, mew=1.5, zorder=5,
                      clip_on=False, gid=f"value:{when}")  # fmt: skip
    start, end = _ends(row)
    rules = {"arrowstyle": "-|>", "color": style.BLUE, "lw": 1.6, "shrinkA": 4, "shrinkB": 4, "mutation_scale": 11}
    arrow = axes.annotate("", xy=(end, y), xytext=(start, y), arrowprops=rules, zorder=4)
    arrow.set_gid("change")


def _ends(row: pd.Series) -> tuple[float, float]:
    """From where to where the arrow goes: between values, or between those bounds that are nearest to one another."""
    more = row["low_now"] + row["value_now"] > row["low_then"] + row["value_then"]
    if math.isnan(row["value_now"] + row["value_then"]):
        more = row["low_now"] >= row["high_then"]
    near = (row["high_then"], row["low_now"]) if more else (row["low_then"], row["high_now"])
    values = (row["value_then"], row["value_now"])
    return tuple(end if math.isnan(value) else value for value, end in zip(values, near, strict=True))


def _key(labels: tuple[str, str], interval_label: str) -> list[key.Entry]:
    return [
        key.dot(labels[0], style.BLUE, filled=False),
        key.dot(labels[1], style.BLUE),
        key.line(f"{interval_label}: above the arrow {labels[0]}, below it {labels[1]}", style.MUTED, 1.3),
        key.arrow("from then to now", style.BLUE, 0.012),
    ]
