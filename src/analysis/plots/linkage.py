"""Figures of a linkage: what agreement weighs, how overlaps depend on the threshold, and which lists know whom."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.plots import key, style
from analysis.plots.labels import spread
from analysis.plots.levels import TEXT, row_label

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


@style.seen_as("Lines over the threshold, above for persons on two lists or more, below for each pair of lists.")
@style.styled
def overlap_sensitivity(
    sensitivity: pd.DataFrame,
    *,
    footer: style.Footer,
    title: str = "Overlap of the lists at different thresholds of the linkage",
    subtitle: str = "A link that is missed raises a multiple systems estimate; a false link lowers it. "
    "Numbers at the right: at the highest threshold.",
    chosen: float | None = None,
) -> Figure:
    """Persons on two lists or more, and on each pair of lists, over the threshold.

    Parameters
    ----------
    sensitivity : one row a threshold and pair of lists: threshold, on_two_or_more, list_a, list_b, on_both (persons).
    chosen : the threshold in use, marked.
    """
    if sensitivity.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text="no threshold was tried")
    style.require(sensitivity, ("threshold", "on_two_or_more", "list_a", "list_b", "on_both"))
    width = style.WIDTH - 2 * style.MARGIN
    thresholds = sorted(sensitivity["threshold"].unique())
    whole = sensitivity.drop_duplicates("threshold").set_index("threshold")["on_two_or_more"].loc[thresholds]
    pairs = {
        f"{one} and {other}": rows.set_index("threshold")["on_both"].loc[thresholds]
        for (one, other), rows in sensitivity.groupby(["list_a", "list_b"], sort=False, observed=True)
    }
    pairs = dict(sorted(pairs.items(), key=lambda pair: -pair[1].iloc[-1]))
    room = max(style.text_width(f"{name}: 0,000", 9.5) for name in [*pairs, "on two lists or more"]) + 0.25
    below, upper, gap = 0.6, 1.5, 0.45
    lower = max(1.8, 0.19 * len(pairs) + 0.3)
    page = style.sheet(below + lower + gap + upper + 0.3, title=title, footer=footer, subtitle=subtitle)
    places = np.arange(len(thresholds))
    for bottom, tall, head, series in (
        (below + lower + gap, upper, "Persons on two lists or more", {"on two lists or more": whole}),
        (below, lower, "Persons on both of two lists", pairs),
    ):
        axes = page.axes(0.6, bottom, width - 0.6 - room, tall)
        top = max(float(values.max()) for values in series.values()) * 1.12 or 1
        axes.set(xlim=(-0.25, len(places) - 0.75), ylim=(0, top), xticks=places)
        axes.set_xticklabels([f"{limit:g}" for limit in thresholds] if bottom == below else [""] * len(places))
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.tick_params(length=0, labelsize=10)
        axes.grid(axis="y")
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.set_title(head, size=TEXT, loc="left", weight="bold")
        if chosen in thresholds:
            axes.axvline(thresholds.index(chosen), color=style.MUTED, lw=1, ls=":")
            if bottom != below:
                axes.annotate("in use", (thresholds.index(chosen), 0), xytext=(4, 4), textcoords="offset points",
                              size=9.5, color=style.MUTED)  # fmt: skip
        rising = [float(values.iloc[-1]) / top for values in reversed(series.values())]
        ends = spread(rising, [0.18 / tall] * len(rising))[::-1]
        for number, ((name, values), end) in enumerate(zip(series.items(), ends, strict=True)):
            colour = style.INK if bottom != below else style.CATEGORIES[number % len(style.CATEGORIES)]
            marker = style.MARKERS[number % len(style.MARKERS)]
            hollow = number >= len(style.CATEGORIES)
            axes.plot(places, values, color=colour, lw=1.6, marker=marker, ms=5, mfc="white" if hollow else colour,
                      ls="--" if hollow else "-", clip_on=False)  # fmt: skip
            axes.plot([1.025], [end], transform=axes.transAxes, color=colour, marker=marker, ms=5,
                      mfc="white" if hollow else colour, clip_on=False)  # fmt: skip
            axes.annotate(f"{name}: {values.iloc[-1]:,.0f}", (1.025, end), xycoords="axes fraction", xytext=(7, 0),
                          textcoords="offset points", size=9.5, va="center_baseline", color=style.readable(colour),
                          annotation_clip=False)  # fmt: skip
        if bottom == below:
            axes.set_xlabel("match probability from which two records are one person", size=TEXT, loc="left")
    return page.figure


@style.seen_as(
    "A bar for each set of lists that persons stand on, the most frequent first; dots below it say which lists."
)
@style.styled
def capture_pattern(
    histories: pd.DataFrame,
    *,
    footer: style.Footer,
    title: str = "Which lists know the same persons",
    subtitle: str = "",
) -> Figure:
    """Persons by pattern of lists, most first, with the size of each list (after UpSet, Lex et al. 2014).

    Parameters
    ----------
    histories : one 0/1 column a list, and count (persons); columns of text (strata) are summed over.
    """
    style.require(histories, ("count",))
    lists = [
        name
        for name in histories.columns
        if name != "count" and pd.api.types.is_numeric_dtype(histories[name]) and histories[name].isin((0, 1)).all()
    ]
    if histories.empty or not lists:
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text="no person on any list")
    patterns = histories.groupby(lists, sort=False)["count"].sum().reset_index()
    patterns["lists"] = patterns[lists].sum(axis=1)
    patterns = patterns.sort_values(["count", "lists", *lists], ascending=[False, True] + [False] * len(lists))
    total = int(patterns["count"].sum())
    kept = patterns.head(_MOST_PATTERNS)
    left_out = patterns.iloc[_MOST_PATTERNS:]
    several = int(patterns.loc[patterns["lists"] > 1, "count"].sum())
    share = style.number(100 * several / total) if total else "0"
    subtitle = subtitle or f"{several:,} of {total:,} persons ({share}%) are on two lists or more (blue)."
    if len(left_out):
        subtitle += f" Not drawn: {len(left_out)} rarer patterns with {int(left_out['count'].sum()):,} persons."
    width = style.WIDTH - 2 * style.MARGIN
    sizes = {name: int(patterns.loc[patterns[name] == 1, "count"].sum()) for name in lists}
    names = {name: f"{name} ({sizes[name]:,})" for name in sorted(lists, key=lambda name: -sizes[name])}
    label_room = max(style.text_width(text, TEXT) for text in names.values()) + 0.15
    cell = min(0.46, (width - label_room - 0.1) / len(kept))
    across = cell * len(kept)
    grid, bars = _ROW * len(lists), 2.1
    page = style.sheet(grid + bars + 0.5, title=title, footer=footer, subtitle=subtitle)
    axes = page.axes(label_room, grid + 0.1, across, bars)
    top = float(kept["count"].max()) * 1.14
    axes.set(xlim=(-0.5, len(kept) - 0.5), ylim=(0, top), xticks=[], yticks=[])
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_title("Persons", size=TEXT, loc="left", weight="bold")
    dots = page.axes(label_room, 0.0, across, grid)
    dots.set(xlim=(-0.5, len(kept) - 0.5), ylim=(len(lists) - 0.5, -0.5), xticks=[], yticks=[])
    dots.spines[:].set_visible(False)
    for line in range(len(lists)):
        if line % 2 == 0:
            dots.axhspan(line - 0.5, line + 0.5, color=style.LAND, lw=0, zorder=0)
    for line, text in enumerate(names.values()):
        row_label(dots, line, text, False, style.INK)
    size = 9.5 if cell >= 0.36 else style.LEAST
    for place, pattern in enumerate(kept.to_dict("records")):
        colour = style.BLUE if pattern["lists"] > 1 else style.CONTEXT
        axes.bar(place, pattern["count"], 0.62, color=colour)
        axes.annotate(f"{pattern['count']:,}", (place, pattern["count"]), xytext=(0, 3), textcoords="offset points",
                      size=size, ha="center")  # fmt: skip
        on = [line for line, name in enumerate(names) if pattern[name] == 1]
        dots.plot([place] * len(lists), range(len(lists)), "o", ms=6, color=style.FAINT, zorder=1)
        dots.plot([place, place], [min(on), max(on)], color=colour, lw=2, zorder=2)
        dots.plot([place] * len(on), on, "o", ms=6.5, color=colour, zorder=3)
    return page.figure


def _share(share: float) -> str:
    """A share of pairs in per cent, and as one in so many where it is small."""
    if share > 0.999:
        return ">99.9%"
    if share >= 0.001:
        return f"{100 * share:.1f}%"
    return f"1 in {style.number(float(f'{1 / share:.2g}'))}"
