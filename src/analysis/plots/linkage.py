"""Figures of a linkage: what agreement weighs, how overlaps depend on the threshold, and which lists know whom."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.plots import key, style
from analysis.plots.levels import TEXT

_ROW = 0.29  # inches
_MOST_PATTERNS = 24


@style.seen_as("Bars from zero: to the right what speaks for one person, to the left what speaks against it.")
@style.styled
def match_weights(
    weights: pd.DataFrame,
    *,
    footer: style.Footer,
    title: str = "What agreement between two records weighs",
    subtitle: str = "",
) -> Figure:
    """Bars from zero: to the right what speaks for one person, to the left what speaks against it.

    Parameters
    ----------
    weights : comparison, level (from the closest), weight (bits: one more doubles the odds), m, u.
    """
    if weights.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text="no level was compared")
    style.require(weights, ("comparison", "level", "weight", "m", "u"))
    subtitle = subtitle or (
        "Each bit doubles the odds that two records are one person, or halves them. "
        "At the right: the share of pairs that reach the level, among pairs of one person and of two."
    )
    width = style.WIDTH - 2 * style.MARGIN
    groups = list(dict.fromkeys(weights["comparison"]))
    heads, rows, at = [], [], 0.0
    for group in groups:
        heads.append((at, group))
        levels = weights[weights["comparison"] == group].to_dict("records")
        rows += [(at + 1 + place, row) for place, row in enumerate(levels)]
        at += len(levels) + 1.35
    left = max(style.text_width(row["level"], TEXT) for _, row in rows) + 0.3
    right = 2.0
    listed = [
        key.patch("speaks for one person", style.BLUE, style.BLUE),
        key.patch("speaks against it", style.ORANGE, style.ORANGE),
    ]
    below = 0.6 + key.height(listed, width)
    body, span = at * 0.215, width - left - right
    page = style.sheet(body + below + 0.3, title=title, footer=footer, subtitle=subtitle)
    axes = page.axes(left, below, span, body)
    values = weights["weight"].to_numpy(dtype=float)
    low, high = min(values.min(), 0.0), max(values.max(), 0.0)
    room = 0.45 / (span - 0.9) * (high - low)  # for the number at the end of a bar
    axes.set(xlim=(low - room, high + room), ylim=(at - 0.8, -0.7), yticks=[])
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.tick_params(axis="x", length=0, labelsize=10)
    axes.grid(axis="x")
    axes.spines[:].set_visible(False)
    axes.axvline(0, color=style.INK, lw=1)
    axes.set_xlabel("weight (bits)", size=TEXT, loc="left")
    words = page.canvas(0, below, width, body)
    tall = body / (at - 0.1)
    for y, group in heads:
        words.text(
            0.02, body - (y + 0.7) * tall, str(group).replace("_", " "), size=TEXT, weight="bold", va="center_baseline"
        )
    for y, row in rows:
        weight, colour = row["weight"], style.BLUE if row["weight"] > 0 else style.ORANGE
        axes.barh(y, weight, 0.72, color=colour)
        text = f"{weight:+.1f}".replace("-", "−")
        axes.annotate(text, (weight, y), xytext=(4 if weight > 0 else -4, 0), textcoords="offset points", size=9,
                      ha="left" if weight > 0 else "right", va="center_baseline", color=style.MUTED)  # fmt: skip
        middle = body - (y + 0.7) * tall
        words.text(0.18, middle, row["level"], size=TEXT, va="center_baseline")
        for share, x in ((row["m"], width - 1.0), (row["u"], width - 0.02)):
            words.text(x, middle, _share(share), size=9.5, ha="right", va="center_baseline")
    for text, x in (("one person", width - 1.0), ("two persons", width - 0.02)):
        words.text(x, body + 0.08, text, size=9.5, color=style.MUTED, ha="right", va="bottom")
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _share(share: float) -> str:
    """A share of pairs in per cent, and as one in so many where it is small."""
    if share > 0.999:
        return ">99.9%"
    if share >= 0.001:
        return f"{100 * share:.1f}%"
    return f"1 in {style.number(float(f'{1 / share:.2g}'))}"
