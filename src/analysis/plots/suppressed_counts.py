"""Counts of persons of which some are suppressed, by period and as shares: suppressed is hatched, never drawn as 0."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.plots import key, levels, marks, style
from analysis.plots.levels import TEXT, row_label
from analysis.plots.share_panels import share_axis
from bounded.refusal import Refusal

HIDDEN = "suppressed"
_ROW = 0.29  # inches
_LINE = 0.165  # inches of each further line of a name


@style.seen_as("A bar for each period with its count; hatched where it is suppressed.")
@style.styled
def persons_by_period(
    table: pd.DataFrame, *, title: str, footer: style.Footer, ylabel: str, subtitle: str = ""
) -> Figure:
    """A bar for each year or period, as wide as it is long; a suppressed one is hatched over its whole height.

    Parameters
    ----------
    table : one row a period: first, last (years, whole), count (missing where suppressed). A period that is not listed
        has nobody.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(table, ("first", "last", "count"))
    rows = table.sort_values("first")
    counts = rows["count"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    first, last = int(rows["first"].min()), int(rows["last"].max())
    top = float(np.nanmax(counts)) if np.isfinite(counts).any() else 1.0
    hidden = np.isnan(counts).any()
    listed = [key.patch(HIDDEN, "white", style.MUTED, style.SUPPRESSED)] if hidden else []
    if marks.in_covid(first, last):
        listed.append(key.patch("COVID-19 years", marks.COVID_COLOUR, marks.COVID_COLOUR))
    width = style.WIDTH - 2 * style.MARGIN
    gutter = style.text_width(style.number(max(top, 10)), TEXT) + 0.14
    below = key.height(listed, width) + 0.05
    page = style.sheet(0.26 + 2.7 + 0.32 + below, title=title, footer=footer, subtitle=subtitle)
    page.canvas(0, page.height - 0.2, page.width, 0.2).text(0, 0.19, ylabel, size=TEXT, va="top")
    axes = page.axes(gutter, below + 0.32, width - gutter - 0.05, 2.7)
    marks.amount_axis(axes, top, log=False, headroom=0.05)
    marks.years_axis(axes, first, last, width - gutter - 0.05)
    for begins, ends, count in zip(rows["first"], rows["last"], counts, strict=True):
        _period(axes, float(begins) + 0.08, float(ends) + 0.92, count)
    key.draw(page, listed, x=0, top=below - 0.05, width=width)
    return page.figure


def _period(axes: Axes, left: float, right: float, count: float) -> None:
    if np.isnan(count):
        axes.axvspan(left, right, facecolor="none", edgecolor=style.MUTED, hatch=style.SUPPRESSED, lw=0, zorder=1)
        return
    axes.bar(left, count, right - left, align="edge", color=style.BLUE, zorder=2)
    axes.annotate(f"{count:,.0f}", ((left + right) / 2, count), xytext=(0, 3), textcoords="offset points", size=9.5,
                  ha="center", va="bottom", color=style.INK, zorder=3, gid="label:count")  # fmt: skip


@style.seen_as(
    "Level bars from 0 to 100 % under their headings, with the counts at the right; hatched where suppressed."
)
@style.styled
def protected_shares(
    table: pd.DataFrame, *, title: str, footer: style.Footer, xlabel: str, subtitle: str = ""
) -> Figure:
    """Shares as level bars under the headings of their groups; a suppressed one is a hatched row.

    Parameters
    ----------
    table : one row a value: group (heading), label, share (0 to 1; missing where suppressed), n_text (at the right;
        that of a suppressed row is not drawn).

    Raises
    ------
    ValueError : a column is missing, or a share lies outside 0 to 1.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(table, ("group", "label", "share", "n_text"))
    rows = table.assign(share=table["share"].astype("Float64").astype(float))
    if ((rows["share"] < 0) | (rows["share"] > 1)).any():
        raise Refusal(
            "out_of_range", "A share lies between 0 and 1; the table holds others. Were they given in per cent?"
        )
    lines = levels.grouped(rows)
    width = style.WIDTH - 2 * style.MARGIN
    names = ["\n".join(style.wrap(line["label"], 2.9, TEXT, bold="share" not in line)) for line in lines]
    left = max(style.text_width(name, TEXT) for name in names) + 0.12
    right = max(style.text_width(str(note), 9.5) for note in rows["n_text"]) + 0.16
    heights = [_ROW + _LINE * name.count("\n") for name in names]
    hidden = rows["share"].isna().any()
    listed = [key.patch(HIDDEN, "white", style.MUTED, style.SUPPRESSED)] if hidden else []
    label = style.wrap(xlabel, width - left, TEXT)
    below = 0.32 + 0.19 * len(label) + key.height(listed, width) + 0.08
    body = sum(heights)
    page = style.sheet(body + below + 0.05, title=title, footer=footer, subtitle=subtitle)
    inches = width - left - right
    axes = page.axes(left, below, inches, body)
    share_axis(axes, 0, 1, body, inches, label)
    middles = np.cumsum(heights) - np.array(heights) / 2
    for middle, line, name in zip(middles, lines, names, strict=True):
        row_label(axes, middle, name, "share" not in line, style.INK)
        if "share" not in line:
            continue
        if np.isnan(line["share"]):
            levels.hatched(axes, middle, 0.15, HIDDEN, style.SUPPRESSED)
            continue
        axes.barh(middle, line["share"], 0.17, color=style.BLUE, zorder=2)
        axes.annotate(str(line["n_text"]), (1, middle), xycoords=axes.get_yaxis_transform(), xytext=(72 * right, 0),
                      textcoords="offset points", size=9.5, color=style.MUTED, va="center_baseline", ha="right",
                      annotation_clip=False, gid="label:count")  # fmt: skip
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure
