"""A figure of estimates, one line a row: an estimate or its bounds, its interval, and rows that were refused."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.figures import key, style

_TEXT = 10.5
_ROW = 0.31  # inches


@style.styled
def forest(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    xlabel: str,
    subtitle: str = "",
    interval_label: str = "95% interval",
) -> Figure:
    """Estimates around zero, in the order given, each with its interval; a row without an estimate is hatched.

    Parameters
    ----------
    table : one row an estimate: label; estimate_low, estimate_high (equal if one number); low, high (interval), all in
        the unit of `xlabel`, missing where there is no estimate; text (printed at the right).
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(table, ("label", "estimate_low", "estimate_high", "low", "high", "text"))
    width = style.WIDTH - 2 * style.MARGIN
    left = max(style.text_width(str(label), _TEXT) for label in table["label"]) + 0.12
    right = max(style.text_width(str(text), 9.5) for text in table["text"]) + 0.2
    listed = [
        key.dot("estimate", style.BLUE),
        key.patch("bounds of an estimate", style.BLUE, style.BLUE),
        key.line(interval_label, style.INK, 1.4),
        key.patch("no estimate", "white", style.MUTED, style.UNKNOWN),
    ]
    below = 0.55 + key.height(listed, width)
    body = len(table) * _ROW
    page = style.sheet(body + below + 0.05, title=title, footer=footer, subtitle=subtitle)
    axes = page.axes(left, below, width - left - right, body)
    left_end, right_end = _ends(table)
    axes.set(xlim=(left_end, right_end), ylim=(len(table) - 0.5, -0.5), yticks=[])
    axes.set_xticks([tick for tick in MaxNLocator(6).tick_values(left_end, right_end) if left_end <= tick <= right_end])
    axes.set_xlabel(xlabel, size=_TEXT, loc="left")
    axes.grid(axis="x", color=style.FAINT, lw=0.8)
    axes.axvline(0, color=style.INK, lw=1)
    across = axes.get_yaxis_transform()
    for place, row in enumerate(table.to_dict("records")):
        axes.text(-0.02, place, row["label"], transform=across, ha="right", size=_TEXT, va="center_baseline")
        axes.text(
            1.02, place, row["text"], transform=across, ha="left", size=9.5, va="center_baseline", color=style.MUTED
        )
        if row["low"] != row["low"]:
            axes.barh(place, 1, height=0.55, left=0, transform=across, facecolor="white", edgecolor=style.FAINT,
                      hatch=style.UNKNOWN, lw=0)  # fmt: skip
            continue
        axes.plot([row["low"], row["high"]], [place, place], color=style.INK, lw=1.4, solid_capstyle="butt")
        if row["high"] > right_end:
            axes.plot(right_end, place, ">", color=style.INK, ms=6, clip_on=False)
        bounds = [row["estimate_low"], row["estimate_high"]]
        axes.plot(bounds, [place, place], "o-", color=style.BLUE, lw=6, ms=6, solid_capstyle="butt")
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _ends(table: pd.DataFrame) -> tuple[float, float]:
    """The ends of the scale; one interval far wider than the others is cut, so that the others can be read."""
    known = table[["low", "high"]].dropna()
    if known.empty:
        return -1.0, 1.0
    right = min(known["high"].max(), 3 * known["high"].abs().median())
    right = max(right, table["estimate_high"].max(), 0.1)
    return min(known["low"].min(), -0.1 * right) * 1.05, right * 1.05
