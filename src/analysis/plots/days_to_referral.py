"""The share of persons referred within so many days, a panel a group, with the band that their dates leave open."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from analysis.plots import key, style
from bounded.refusal import Refusal

_PANEL, _REFUSED = 1.55, 0.42  # inches of a curve, and of a group without one
_LINE = 0.185
_AXIS = 0.3
_GAP = 0.14
_SIZE = 9.5
_LEFT = 0.62
# The scale ends where so many of a group are surely referred: the last few would draw all others together.
_DRAWN = 0.9
_SHORTEST = 7
MOST_GROUPS = 8


@style.seen_as("Steps that rise over the days to the share who were referred; hatched is what the dates leave open.")
@style.styled
def days_to_referral(
    table: pd.DataFrame,
    curves: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    confidence: float = 0.95,
    subtitle: str = "",
) -> Figure:
    """Step curves with their medians in words; hatched where the dates leave open how many were referred by then.

    Parameters
    ----------
    table : as `referral.time_to_referral` gives it: group, share (with 0.25, 0.5 and 0.75), low, high, limit_low,
        limit_high (days), dated, censored, no_referral, reason ("" where the numbers stand).
    curves : group, days, low, high, estimate (shares from 0 to 1); groups of `table` without rows have no curve.

    Raises
    ------
    ValueError : a column is missing, or there are more than 8 groups.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(table, ("group", "share", "low", "high", "limit_low", "limit_high", "dated", "reason"))
    style.require(curves, ("group", "days", "low", "high", "estimate"))
    groups = list(dict.fromkeys(table["group"].astype(str)))
    if len(groups) > MOST_GROUPS:
        raise Refusal(
            "too_many_groups", f"{len(groups)} groups are too many panels: draw at most {MOST_GROUPS} at a time."
        )
    last = max([_SHORTEST, *(_end(here) for _, here in curves.groupby("group"))])
    listed = _key(table, curves)
    width = style.WIDTH - 2 * style.MARGIN
    panels = [_words(str(group), table[table["group"].astype(str) == group], confidence) for group in groups]
    lines = [[line for text in texts for line in style.wrap(text, width - 0.15, _SIZE)] for _, texts in panels]
    heads = [style.wrap(group, width, 10.5, bold=True) for group in groups]
    given = [not table.loc[table["group"].astype(str) == group, "reason"].any() for group in groups]
    tall = [
        0.2 * len(head) + _LINE * len(text) + 0.08 + (_PANEL + _AXIS if shown else _REFUSED)
        for head, text, shown in zip(heads, lines, given, strict=True)
    ]
    below = 0.22 + key.height(listed, width)
    page = style.sheet(sum(tall) + _GAP * len(tall) + below, title=title, footer=footer, subtitle=subtitle)
    top = page.height
    for group, head, text, shown, height in zip(groups, heads, lines, given, tall, strict=True):
        paper = page.canvas(0, top - height, page.width, height)
        paper.text(0, height, "\n".join(head), size=10.5, weight="bold", va="top", linespacing=1.15)
        paper.text(0, height - 0.2 * len(head) - 0.02, "\n".join(text), size=_SIZE, va="top", linespacing=1.2,
                   gid="words")  # fmt: skip
        bottom = top - height + (_AXIS if shown else 0)
        axes = page.axes(_LEFT, bottom, page.width - _LEFT - 0.1, _PANEL if shown else _REFUSED - 0.06)
        if shown:
            _curve(axes, curves[curves["group"].astype(str) == group], last)
            _median(axes, table[(table["group"].astype(str) == group) & table["share"].eq(0.5)].iloc[0], last)
        else:
            style.mark_unknown(axes, "no curve", 9.5)
        top -= height + _GAP
    page.canvas(0, below - 0.22, page.width, 0.22).text(
        _LEFT, 0.19, "days from the first contact to the referral", size=10, va="top"
    )
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _end(here: pd.DataFrame) -> float:
    """The day by which nine tenths are surely referred; of fewer, a little after the last who surely is."""
    enough = here.loc[here["low"] >= _DRAWN, "days"]
    return float(enough.min() if len(enough) else 1.25 * here.loc[here["low"].diff() > 0, "days"].max())


def _words(group: str, rows: pd.DataFrame, confidence: float) -> tuple[str, list[str]]:
    """The median, the quartiles and the numbers of persons, as sentences."""
    reason = next(filter(None, rows["reason"]), "")
    if reason:
        return group, [f"Refused: {reason}."]
    by_share = {round(float(row["share"]), 2): row for row in rows.to_dict("records")}
    half = by_share[0.5]
    limits = _days(half["limit_low"], half["limit_high"])
    said = [
        f"Median {_days(half['low'], half['high'], ' days')} ({100 * confidence:g} % limits: {limits}); a quarter "
        f"within {_days(by_share[0.25]['low'], by_share[0.25]['high'])}, three quarters within "
        f"{_days(by_share[0.75]['low'], by_share[0.75]['high'])}."
    ]
    counted = [f"{half['dated']:,} persons with both dates"]
    if half.get("censored"):
        counted.append(f"{half['censored']:,} not referred by the last day of their list")
    if half.get("no_referral"):
        counted.append(f"{half['no_referral']:,} without a date of referral are left out")
    return group, [*said, "; ".join(counted) + "."]


def _days(low: float, high: float, unit: str = "") -> str:
    if np.isinf(low):
        return "beyond the last day"
    if np.isinf(high):
        return f"{low:,.0f}{unit} or more"
    return (f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}") + unit


def _curve(axes: Axes, here: pd.DataFrame, last: float) -> None:
    days, low, high, estimate = (here[column].to_numpy(float) for column in ("days", "low", "high", "estimate"))
    # Whoever is referred within a day is so at its end at the latest: the curve steps at the day itself.
    ends = (max(last, days[-1]), low[-1], high[-1], estimate[-1])
    days, low, high, estimate = (np.append(*pair) for pair in zip((days, low, high, estimate), ends, strict=True))
    axes.set(xlim=(0, last), ylim=(0, 1.02))
    axes.fill_between(days, low, high, step="post", facecolor="white", edgecolor=style.SKY, hatch=style.UNKNOWN, lw=0.8)
    axes.plot(days, estimate, color=style.BLUE, lw=2, drawstyle="steps-post", zorder=3)
    axes.axhline(0.5, color=style.MUTED, lw=1, ls=(0, (4, 3)), zorder=1)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))
    axes.tick_params(length=0, labelsize=9.5)
    axes.grid(axis="both")


def _median(axes: Axes, row: pd.Series, last: float) -> None:
    """The median on the line of one half: a bar over all days at which it can be."""
    if row["low"] <= last:
        ends = [row["low"], min(row["high"], last)]
        axes.plot(ends, [0.5, 0.5], "|-", color=style.INK, lw=3.5, ms=11, mew=2.5, zorder=4)


def _key(table: pd.DataFrame, curves: pd.DataFrame) -> list[key.Entry]:
    if curves.empty:
        return [key.patch("too few persons", "white", style.CONTEXT, style.UNKNOWN)]
    listed = [key.line("likeliest share referred within so many days", style.BLUE, 2)]
    if (curves["high"] > curves["low"]).any():
        listed.append(key.patch("what the dates leave open", "white", style.SKY, style.UNKNOWN))
    listed.append(key.line("median of these persons", style.INK, 3.5))
    if (table["reason"] != "").any():
        listed.append(key.patch("too few persons", "white", style.FAINT, style.UNKNOWN))
    return listed
