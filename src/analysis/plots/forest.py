"""A figure of estimates around zero, one line a row: an estimate or its bounds, its interval, and what was refused.

Areas in order of a pooled estimate, each beside what its own figures say, and what all have in common.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from analysis.plots import key, levels, style
from analysis.plots.levels import TEXT, row_label, row_names

_TEXT = 10.5
_ROW = 0.31  # inches
_LINE = 0.17  # inches of each further line of a row


@style.seen_as(
    "Dots beside a line at zero, each with its interval and both in words; hatched where there is no estimate."
)
@style.styled
def forest(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    xlabel: str,
    subtitle: str = "",
    interval_label: str = "95% interval",
    average_label: str = "average",
) -> Figure:
    """Estimates around zero, in the order given, each with its interval; a row without an estimate is hatched.

    Parameters
    ----------
    table : one row an estimate: label; estimate_low, estimate_high (equal if one number); low, high (interval; may be
        infinite), all in the unit of `xlabel`, missing where there is no estimate; text (printed at the right).
        Optional: group, whose name heads its rows; kind, "average" for a row drawn as a diamond.
    average_label : what a diamond is, for the key.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(table, ("label", "estimate_low", "estimate_high", "low", "high", "text"))
    lines = levels.grouped(table)
    heads = ["low" not in line for line in lines]
    names = [
        "\n".join(style.wrap(str(line["label"]), 6.0 if head else 2.35, _TEXT, head))
        for line, head in zip(lines, heads, strict=True)
    ]
    texts = ["\n".join(style.wrap(str(line.get("text", "")), 3.2, 9.5)) for line in lines]
    heights = [_ROW + _LINE * max(name.count("\n"), text.count("\n")) for name, text in zip(names, texts, strict=True)]
    ends = np.cumsum(heights)
    width = style.WIDTH - 2 * style.MARGIN
    rows = [name for name, head in zip(names, heads, strict=True) if not head]
    first, last = _ends(table)
    # An arrow at the left end needs room of its own.
    arrows = bool((table["low"] < first).any())
    left = max(style.text_width(name, _TEXT) for name in rows) + (0.18 if arrows else 0.12)
    right = max(style.text_width(text, 9.5) for text in texts) + 0.2
    listed = _listed(table, interval_label, average_label)
    below = 0.55 + key.height(listed, width)
    page = style.sheet(ends[-1] + below + 0.05, title=title, footer=footer, subtitle=subtitle)
    axes = page.axes(left, below, width - left - right, ends[-1])
    axes.set(xlim=(first, last), ylim=(ends[-1], 0), yticks=[])
    axes.set_xticks([tick for tick in MaxNLocator(6).tick_values(first, last) if first <= tick <= last])
    axes.set_xlabel(xlabel, size=_TEXT, loc="left")
    axes.grid(axis="x", color=style.FAINT, lw=0.8)
    axes.axvline(0, color=style.INK, lw=1)
    if any(heads):
        axes.spines[["top", "left", "right"]].set_visible(False)
    paper = page.canvas(0, below, width, ends[-1])
    for line, head, name, text, end, tall in zip(lines, heads, names, texts, ends, heights, strict=True):
        if head:
            # A band over the whole width, as a name of a group may be longer than those of its rows.
            axes.axhspan(end - tall, end, facecolor="white", lw=0, zorder=4, clip_on=False)
            paper.text(0, ends[-1] - end + tall / 2, name, size=_TEXT, weight="bold", va="center", linespacing=1.1)
            continue
        across: dict = {"transform": axes.get_yaxis_transform()}
        for x, words, side, rules in (
            (-0.035 if arrows else -0.02, name, "right", {"size": _TEXT}),
            (1.02, text, "left", {"size": 9.5, "color": style.MUTED}),
        ):
            upright = "center" if "\n" in words else "center_baseline"
            axes.text(x, end - tall / 2, words, ha=side, va=upright, **across, **rules)
        _estimate(axes, end - tall / 2, line, first, last)
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _listed(table: pd.DataFrame, interval_label: str, average_label: str) -> list[key.Entry]:
    listed = [
        key.dot("estimate", style.BLUE),
        key.patch("bounds of an estimate", style.BLUE, style.BLUE),
        key.line(interval_label, style.INK, 1.4),
        key.patch("no estimate", "white", style.MUTED, style.UNKNOWN),
    ]
    if "kind" in table and table["kind"].eq("average").any():
        listed.insert(1, key.dot(average_label, style.VERMILLION, "D"))
    return listed


def _estimate(axes: Axes, place: float, row: dict, first: float, last: float) -> None:
    """The estimate of a row, its interval, and an arrow where that goes beyond an end of the scale."""
    if row["estimate_low"] != row["estimate_low"]:
        levels.hatched(axes, place, 0.55 * _ROW)
        return
    levels.interval(axes, place, row["low"], row["high"], (first, last))
    average = row.get("kind") == "average"
    bounds = [row["estimate_low"], row["estimate_high"]]
    axes.plot(
        bounds,
        [place, place],
        "D-" if average else "o-",
        color=style.VERMILLION if average else style.BLUE,
        lw=6,
        ms=7 if average else 6,
        solid_capstyle="butt",
        zorder=3,
    )


def _ends(table: pd.DataFrame) -> tuple[float, float]:
    """The ends of the scale; an interval far wider than the others is cut, so that the others can be read."""
    finite = table[["low", "high"]].replace([np.inf, -np.inf], np.nan)
    low, high = finite["low"].dropna(), finite["high"].dropna()
    estimates = table[["estimate_low", "estimate_high"]].dropna()
    if estimates.empty:
        return -1.0, 1.0
    right = min(high.max(), 3 * high.abs().median()) if len(high) else 0.0
    right = max(right, estimates["estimate_high"].max(), 0.1)
    left = max(low.min(), -3 * low.abs().median()) if len(low) else 0.0
    return min(left, estimates["estimate_low"].min(), -0.1 * right) * 1.05, right * 1.05


_SMALL = 9.5
# One interval far wider than the others is cut, so that those can be read.
_CUT = 3.0
PARTS = ("least", "most", "low", "high")
_NUMERIC = tuple(f"{kind}_{part}" for kind in ("own", "pooled") for part in PARTS)


@style.seen_as(
    "A line for each area, with a ring for its own estimate and a dot for the pooled one, each with its interval."
)
@style.styled
def caterpillar(
    table: pd.DataFrame,
    *,
    common: tuple[float, float, float, float],
    title: str,
    footer: style.Footer,
    xlabel: str,
    subtitle: str = "",
    confidence: float = 0.95,
    signed: bool = True,
    highlight: str | None = None,
) -> Figure:
    """One row an area, the highest pooled estimate first: its own estimate hollow and thin, the pooled full and thick.

    Parameters
    ----------
    table : one row an area: label; own_least, own_most (range of the own estimate; equal if one number), own_low,
        own_high (its limits), pooled_least, pooled_most, pooled_low, pooled_high, all in the unit of `xlabel`. An area
        without an own estimate is hatched; one without a pooled estimate stands last. Optional: refused, which is
        printed where the pooled estimate is missing for another reason than that no count is known.
    common : least, most (equal if one number), low, high of what all areas have in common.
    confidence : level of the limits.
    signed : whether the scale has negative numbers, as changes do; a line stands at 0.
    highlight : label of the area that is set off.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(table, ("label", *_NUMERIC))
    rows = table.reset_index(drop=True).copy()
    rows[list(_NUMERIC)] = rows[list(_NUMERIC)].astype(float)
    middle = (rows["pooled_least"] + rows["pooled_most"]) / 2
    rows = rows.iloc[np.argsort(-middle.fillna(-np.inf), kind="stable")]
    width = style.WIDTH - 2 * style.MARGIN
    names, left = row_names(rows["label"])
    texts = [_in_words(row, signed) for row in rows.to_dict("records")]
    right = max(style.text_width(text, _SMALL) for text in texts) + 0.16
    listed = _key(rows, common, confidence)
    row_height = 0.34 if len(rows) <= 12 else 0.29
    body = len(rows) * row_height
    label = style.wrap(xlabel, width - left - right, TEXT)
    below = 0.32 + 0.19 * len(label) + key.height(listed, width) + 0.08
    page = style.sheet(body + below + 0.05, title=title, footer=footer, subtitle=subtitle)
    axes = page.axes(left, below, width - left - right, body)
    first, last = _pooled_ends(rows, common, signed)
    _scale(axes, len(rows), first, last, label, signed)
    _common(axes, common, first, last)
    for place, (row, name, text) in enumerate(zip(rows.to_dict("records"), names, texts, strict=True)):
        chosen = str(row["label"]) == highlight
        row_label(axes, place, name, chosen, style.HIGHLIGHT if chosen else style.INK)
        axes.annotate(text, (1, place), xycoords=axes.get_yaxis_transform(), xytext=(8, 0), textcoords="offset points",
                      size=_SMALL, color=style.MUTED, va="center_baseline", annotation_clip=False)  # fmt: skip
        _row(axes, place, row, style.HIGHLIGHT if chosen else style.BLUE, first, last)
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _pooled_ends(rows: pd.DataFrame, common: tuple[float, ...], signed: bool) -> tuple[float, float]:
    """The ends of the scale: all estimates, what is common, and as much of the limits as leaves those legible."""
    limits = ["own_low", "own_high"]
    best = np.array([*rows[list(_NUMERIC)].drop(columns=limits).to_numpy().ravel(), *common, 0.0])
    best = best[np.isfinite(best)]
    low, high = float(best.min()), float(best.max())
    room = (high - low or 1.0) * (_CUT - 1) / 2
    own = rows[limits].to_numpy().ravel()
    own = own[np.isfinite(own)]
    if len(own):
        low, high = min(low, max(own.min(), low - room)), max(high, min(own.max(), high + room))
    pad = 0.04 * (high - low or 1.0)
    return (low - pad if signed else 0.0), high + pad


def _scale(axes: Axes, rows: int, first: float, last: float, label: list[str], signed: bool) -> None:
    axes.set(xlim=(first, last), ylim=(rows - 0.5, -0.5), yticks=[])
    marks = MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]).tick_values(first, last)
    axes.xaxis.set_major_locator(FixedLocator([mark for mark in marks if first <= mark <= last]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _mark(value, signed)))
    axes.tick_params(axis="x", length=0, labelsize=10)
    axes.grid(axis="x")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_xlabel("\n".join(label), size=TEXT, loc="left", linespacing=1.1)
    if signed:
        axes.axvline(0, color=style.CONTEXT, lw=1, ls=":", zorder=1.5)


def _common(axes: Axes, common: tuple[float, ...], first: float, last: float) -> None:
    least, most, low, high = common
    if np.isfinite([low, high]).all():
        axes.axvspan(max(low, first), min(high, last), color=style.ORANGE, alpha=0.18, lw=0, zorder=1)
    for place in dict.fromkeys((least, most)):
        if np.isfinite(place):
            axes.axvline(place, color=style.ORANGE, lw=1.8, zorder=2)


def _row(axes: Axes, place: int, row: dict, colour: str, first: float, last: float) -> None:
    if not np.isfinite(row["own_least"]):
        axes.barh(place - 0.2, 1, height=0.2, left=0, transform=axes.get_yaxis_transform(), facecolor="white",
                  edgecolor=style.FAINT, hatch=style.UNKNOWN, lw=0, zorder=1.2)  # fmt: skip
    _pooled_estimate(axes, place - 0.2, [row[f"own_{part}"] for part in PARTS], style.MUTED, 1.1, False, first, last)
    _pooled_estimate(axes, place + 0.14, [row[f"pooled_{part}"] for part in PARTS], colour, 3.6, True, first, last)


def _pooled_estimate(
    axes: Axes, y: float, row: list[float], colour: str, width: float, filled: bool, first: float, last: float
) -> None:
    """Limits as a line, with an arrow where they leave the scale; one number as a dot, a range as two bars."""
    least, most, low, high = row
    if not np.isfinite(least):
        return
    if np.isfinite(low) and np.isfinite(high):
        alpha = 0.55 if filled else 1
        axes.plot(np.clip([low, high], first, last), [y, y], color=colour, lw=width, alpha=alpha, zorder=3)
        for beyond, end, mark in ((low < first, first, "<"), (high > last, last, ">")):
            if beyond:
                axes.plot([end], [y], marker=mark, ms=6, color=colour, clip_on=False, zorder=4)
    face = colour if filled else "white"
    if most - least > 0.012 * (last - first):
        axes.plot(np.clip([least, most], first, last), [y, y], color=colour, lw=width + 1.6, zorder=3.5)
        axes.plot([least, most], [y, y], ls="none", marker="|", ms=8, mew=1.6, color=colour, zorder=5)
    else:
        axes.plot([(least + most) / 2], [y], marker="o", ms=6, mfc=face, mec=colour, mew=1.4, zorder=5, clip_on=False)


def _in_words(row: dict, signed: bool) -> str:
    if not np.isfinite(row["pooled_least"]):
        return row.get("refused") or "no count is known"
    least, most, low, high = (_number(row[f"pooled_{part}"], signed) for part in PARTS)
    return f"{least if least == most else f'{least} to {most}'} ({low} to {high})"


def _number(value: float, signed: bool) -> str:
    if not signed:
        return style.number(float(f"{value:.3g}"))
    return f"{value:+,.{0 if abs(value) >= 100 else 1}f}".replace("-", "−")


def _mark(value: float, signed: bool) -> str:
    """A number of the scale."""
    return _number(value, signed).removesuffix(".0") if value else "0"


def _key(rows: pd.DataFrame, common: tuple[float, ...], confidence: float) -> list[key.Entry]:
    level = f"{100 * confidence:g}% limits"
    listed = []
    if rows["own_least"].notna().any():
        listed += [key.dot("its own figures", style.MUTED, filled=False), key.line(level, style.MUTED, 1.1)]
    listed += [key.dot("pooled", style.BLUE), key.line(level, style.BLUE, 3.6)]
    if (rows["pooled_most"] > rows["pooled_least"]).any() or (rows["own_most"] > rows["own_least"]).any():
        listed.append(key.line("range, where counts are intervals", style.MUTED, 4.5))
    if np.isfinite(common[0]):
        listed.append(key.line("all areas", style.ORANGE, 1.8))
    if np.isfinite(common[2]):
        listed.append(key.patch(level, style.ORANGE, style.ORANGE, alpha=0.25))
    if rows["own_least"].isna().any():
        listed.append(key.patch("its own figures carry no estimate", "white", style.MUTED, style.UNKNOWN))
    return listed
