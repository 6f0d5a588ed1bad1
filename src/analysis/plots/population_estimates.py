"""A figure of several estimates of one number of persons, each with its interval, and the range of all of them.

Figures of the estimates of all methods, and of what happens to them when a list is left out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from analysis.plots import key, style
from analysis.plots.levels import TEXT, log_marks, row_label

_ROW = 0.3  # inches
# Where the largest limit is so many times the persons observed, equal ratios are drawn equally long.
_WIDE = 12.0
# One limit far beyond the others is cut, so that those can be read.
_CUT = 6.0


@style.seen_as("A dot for each estimate, with its interval, and both in words; hatched where there is none.")
@style.styled
def estimates(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    observed: float | None = None,
    band: tuple[float, float] | None = None,
    truth: float | None = None,
    subtitle: str = "",
    xlabel: str = "persons, on a list or on none",
    confidence: float = 0.95,
    number: str = "{:,.0f}",
) -> Figure:
    """One line an estimate, in the order given: a dot, its interval, and both in words; what was refused is hatched.

    Parameters
    ----------
    table : label, estimate, low, high (persons; missing where there is none; high may be infinite). Optional: group,
        whose name heads its rows; estimate_to, where an estimate is known between bounds only; known, the true number
        of a row, drawn as a diamond.
    observed : persons observed, the least that there can be.
    band : (low, high) of the shaded range.
    truth : the true number, where it is known.
    confidence : level of the intervals.
    number : how an estimate is written.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text="no estimate")
    style.require(table, ("label", "estimate", "low", "high"))
    lines = _lines(table, number)
    heads = ["estimate" not in line for line in lines]
    names = [
        "\n".join(style.wrap(str(line["label"]), 2.35, TEXT, bold)) for line, bold in zip(lines, heads, strict=True)
    ]
    texts = [line.get("text", "") for line in lines]
    width = style.WIDTH - 2 * style.MARGIN
    left = max(style.text_width(name, TEXT, bold) for name, bold in zip(names, heads, strict=True)) + 0.14
    right = max(style.text_width(text, 9.5) for text in texts) + 0.16
    heights = [_ROW + 0.16 * name.count("\n") for name in names]
    below_rows = np.cumsum(heights)
    middles = below_rows - np.array(heights) / 2
    listed = _listed(table, observed, band, truth, confidence)
    below = 0.56 + key.height(listed, width)
    page = style.sheet(below_rows[-1] + below + 0.05, title=title, footer=footer, subtitle=subtitle)
    axes = page.axes(left, below, width - left - right, below_rows[-1])
    axes.set(ylim=(below_rows[-1], 0), yticks=[])
    first, last = _scale(axes, width - left - right, table, observed, truth, xlabel)
    if band:
        axes.axvspan(max(band[0], first), min(band[1], last), color=style.SKY, alpha=0.22, lw=0)
    if observed is not None:
        axes.axvline(observed, color=style.MUTED, lw=1.2, ls=":")
    if truth is not None:
        axes.axvline(truth, color=style.HIGHLIGHT, lw=1.8)
    for middle, name, line, bold in zip(middles, names, lines, heads, strict=True):
        row_label(axes, middle, name, bold, style.INK)
        if not bold:
            _estimate(axes, middle, line, first, last)
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _lines(table: pd.DataFrame, number: str) -> list[dict]:
    """The rows, each group below a line with its name."""
    lines: list[dict] = []
    group = None
    if "estimate_to" in table:
        table = table.assign(estimate_to=table["estimate_to"].fillna(table["estimate"]))
    for row in table.to_dict("records"):
        if row.get("group") not in (None, group):
            group = row["group"]
            lines.append({"label": group})
        lines.append({**row, "text": _in_words(row, number)})
    return lines


def _in_words(row: dict, number: str) -> str:
    if np.isnan(row["estimate"]):
        return "refused"
    known = row.get("known")
    of = f" of {number.format(known)}" if known is not None and known == known else ""
    bounds = dict.fromkeys([row["estimate"], row.get("estimate_to", row["estimate"])])
    said = "–".join(_number(bound, number) for bound in bounds) + of
    if np.isnan(row["low"]):
        return f"{said} (no interval)"
    return f"{said} ({_number(row['low'], number)}–{_number(row['high'], number)})"


def _number(value: float, number: str) -> str:
    return number.format(value) if np.isfinite(value) else "∞"


def _listed(
    table: pd.DataFrame,
    observed: float | None,
    band: tuple[float, float] | None,
    truth: float | None,
    confidence: float,
) -> list[key.Entry]:
    listed = [key.dot("estimate", style.BLUE), key.line(f"{100 * confidence:g}% interval", style.INK, 1.6)]
    if band:
        listed.append(key.patch("range of all methods", style.SKY, style.SKY, alpha=0.35))
    if observed is not None:
        listed.append(key.line(f"observed: {observed:,.0f}", style.MUTED, 1.2, dashes=":"))
    if truth is not None:
        listed.append(key.line(f"true number: {truth:,.0f}", style.HIGHLIGHT, 1.8))
    if "known" in table and table["known"].notna().any():
        listed.append(key.dot("known number", style.HIGHLIGHT, "D", filled=False))
    if table["estimate"].isna().any():
        listed.append(key.patch("refused: the data cannot carry it", "white", style.MUTED, style.UNKNOWN))
    return listed


def _scale(
    axes: Axes, inches: float, table: pd.DataFrame, observed: float | None, truth: float | None, xlabel: str
) -> tuple[float, float]:
    """Set the scale of axes so many inches wide, from 0 where it is linear; returns its ends."""
    known = table[table["estimate"].notna()]
    limits = known["high"][np.isfinite(known["high"])]
    marks = [mark for mark in (observed, truth) if mark is not None]
    if "known" in table:
        marks.extend(table["known"].dropna())
    largest = max([1.0, *known["estimate"], *marks])
    last = 1.06 * max(largest, min(limits.max(), _CUT * largest) if len(limits) else 0)
    least = min([*known["low"].dropna(), *known["estimate"], *marks], default=1.0)
    first = 0.0
    if last > _WIDE * max(least, 1):
        # No estimate, and no truth, may lie before the scale begins.
        shown = [value for value in (*known["estimate"], *marks) if value > 0 and value != observed]
        first = 0.85 * min([max(least, 1), *shown])
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator(log_marks(first, last, inches)))
        axes.xaxis.set_minor_locator(NullLocator())
        xlabel = f"{xlabel} (each step the same ratio)"
    else:
        ticks = [tick for tick in MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(0, last) if 0 <= tick <= last]
        axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: style.number(value)))
    axes.set_xlim(first, last)
    axes.tick_params(axis="x", length=0, labelsize=10)
    axes.grid(axis="x")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_xlabel(xlabel, size=TEXT, loc="left")
    return first, last


def _estimate(axes: Axes, middle: float, line: dict, first: float, last: float) -> None:
    axes.annotate(
        line["text"],
        (1, middle),
        xycoords=axes.get_yaxis_transform(),
        xytext=(8, 0),
        textcoords="offset points",
        size=9.5,
        color=style.MUTED,
        va="center_baseline",
        annotation_clip=False,
    )
    if np.isnan(line["estimate"]):
        axes.barh(middle, 1, height=0.16, left=0, transform=axes.get_yaxis_transform(), facecolor="white",
                  edgecolor=style.FAINT, hatch=style.UNKNOWN, lw=0)  # fmt: skip
        return
    if not np.isnan(line["low"]):
        ends = [max(line["low"], first), min(line["high"], last)]
        axes.plot(ends, [middle, middle], color=style.INK, lw=1.6, zorder=3)
        if line["high"] > last:
            axes.plot(last, middle, ">", color=style.INK, ms=6, clip_on=False, zorder=3)
    bounds = [line["estimate"], min(line.get("estimate_to", line["estimate"]), last)]
    axes.plot(bounds, [middle, middle], "o-", color=style.BLUE, lw=6, ms=7, zorder=4)
    known = line.get("known")
    if known is not None and known == known:
        axes.plot(known, middle, "D", mfc="white", mec=style.HIGHLIGHT, mew=1.6, ms=6.5, zorder=5)


def of_strata(table: pd.DataFrame, *, title: str, footer: style.Footer, confidence: float) -> Figure:
    """One line a stratum, or a sum of them, with the persons seen in it.

    Parameters
    ----------
    table : label, n (persons seen), and estimate, low, high as in `estimates`.
    """
    return estimates(
        table.assign(label=[f"{row.label} ({row.n:,} seen)" for row in table.itertuples()]),
        title=title,
        footer=footer,
        confidence=confidence,
    )
