"""Scores of which only bounds are known: a bar from the lower to the upper one, and how much of the score is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.plots import key, share_panels, style
from analysis.plots.levels import TEXT, column_sizes, text_columns
from bounded.refusal import Refusal

_LOOKS = ((style.BLUE, "o"), (style.ORANGE, "s"), (style.MUTED, "^"))
_SIZE = 9.5  # points of the texts at the right
_LANE = 0.26  # inches of a bar
_LINE = 0.17  # inches of a line of a name
_APART = 0.08  # inches between rows
_NONE = "nothing known"


@style.styled
def bound_profiles(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    label: str = "label",
    low: str = "low",
    high: str = "high",
    estimate: str = "estimate",
    coverage: tuple[str, str] = ("known", "indicators"),
    group: str | None = None,
    groups: Sequence[str] | None = None,
    least: float = 0.5,
    highlight: str | None = None,
    subtitle: str = "",
    xlabel: str = "score: all that the evidence allows",
    estimate_label: str = "estimate",
    noun: str = "known",
) -> Figure:
    """One row a dimension or area, with a bar for each group: filled where enough is known, else hatched.

    Parameters
    ----------
    table : one row a bar: the columns named by `label`, `low` and `high` (bounds from 0 to 1; both missing where
        nothing is scored), `coverage` (how many indicators are known, of how many); `estimate`, if it is there (from 0
        to 1, within the bounds; missing where none is given); and `group`, where one is named.
    group, groups : the column by which a row has two or three bars ("law", "practice"), and their order, present or
        not, so that colours are the same from one figure to the next.
    least : share of the indicators known below which a bar is hatched.
    highlight : the row whose name is bold.
    xlabel, estimate_label : what the scale and the marks are.
    noun : what the indicators counted in `coverage` are: "7 of 9 known".

    Raises
    ------
    ValueError : a column is missing, bounds are not from 0 to 1 or the wrong way round, an estimate lies outside them,
        more is known than there is, a row and group stand twice, or there are more than three groups.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    estimated = estimate if estimate in table.columns and table[estimate].notna().any() else None
    rows = _checked(table, label, low, high, estimated, coverage, group)
    groups = share_panels.in_order(rows, groups)
    if len(groups) > len(_LOOKS):
        raise Refusal(
            "too_many_groups", f"{len(groups)} groups are too many for one figure of bounds: use at most {len(_LOOKS)}."
        )
    looks = dict(zip(groups, _LOOKS, strict=False))
    rows = _sorted(rows, groups)
    width = style.WIDTH - 2 * style.MARGIN
    heads = {name: style.wrap(name, 2.3, TEXT, bold=name == highlight) for name in dict.fromkeys(rows["label"])}
    left = max(style.text_width(line, TEXT, name == highlight) for name in heads for line in heads[name]) + 0.14
    second = max(style.text_width(name, _SIZE) for name in rows["group"]) + 0.14 if any(groups) else 0.0
    columns = {f"bounds{f' ({estimate_label})' if estimated else ''}": [_bounds(row) for row in _records(rows)],
               f"indicators {noun}": [_coverage(row) for row in _records(rows)]}  # fmt: skip
    widths, headroom = column_sizes(columns, [False] * len(rows), size=_SIZE, most=2.0)
    widths = {head: room + 0.06 for head, room in widths.items()}
    inches = width - left - second - sum(widths.values()) - 0.1
    centres, middles, tall = _places(rows, heads)
    listed = _profile_key(rows, looks, estimate_label, least, noun)
    said = style.wrap(xlabel, width - left - second, TEXT)
    below = 0.32 + 0.19 * len(said) + key.height(listed, width) + 0.06
    page = style.sheet(headroom + tall + below, title=title, footer=footer, subtitle=subtitle)
    axes = page.axes(left + second, below, inches, tall)
    share_panels.share_axis(axes, 0, 1, tall, inches, said)
    paper = page.canvas(0, below, width, tall)
    for name, centre in centres.items():
        lines = heads[name]
        paper.text(left - 0.14, tall - centre, "\n".join(lines), size=TEXT, ha="right", linespacing=1.05,
                   va="center" if len(lines) > 1 else "center_baseline", gid="label:row",
                   weight="bold" if name == highlight else "normal")  # fmt: skip
    for row, middle in zip(_records(rows), middles, strict=True):
        paper.text(left + second - 0.12, tall - middle, row["group"], size=_SIZE, color=style.MUTED, ha="right",
                   va="center_baseline")  # fmt: skip
        _profile_bar(axes, middle, row, looks[row["group"]], least, inches)
    text_columns(page, columns, widths, x=left + second + inches + 0.1, bottom=below, height=tall,
                 chosen=[False] * len(rows), middles=middles, size=_SIZE)  # fmt: skip
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _checked(
    table: pd.DataFrame,
    label: str,
    low: str,
    high: str,
    estimate: str | None,
    coverage: tuple[str, str],
    group: str | None,
) -> pd.DataFrame:
    """The table with columns of the names used here."""
    style.require(table, [name for name in (label, low, high, *coverage, estimate, group) if name is not None])
    rows = pd.DataFrame(
        {
            "label": table[label].astype(str),
            "group": table[group].astype(str) if group else "",
            "low": table[low].astype(float),
            "high": table[high].astype(float),
            "estimate": table[estimate].astype(float) if estimate else np.nan,
            "known": table[coverage[0]].astype(float),
            "total": table[coverage[1]].astype(float),
        }
    ).reset_index(drop=True)
    unscored = rows[["low", "high"]].isna().all(axis=1)
    bounded = (rows["low"] >= 0) & (rows["low"] <= rows["high"] + 1e-9) & (rows["high"] <= 1 + 1e-9)
    inside = ~((rows["estimate"] < rows["low"] - 1e-9) | (rows["estimate"] > rows["high"] + 1e-9))
    counted = (rows["known"] >= 0) & (rows["known"] <= rows["total"])
    for right, words in (
        (bounded | unscored, "has bounds that are not from 0 to 1, or the wrong way round: fix them"),
        (
            inside & ~(unscored & rows["estimate"].notna()),
            "has an estimate outside its bounds: fix the one or the other",
        ),
        (counted, f"has a coverage of '{coverage[0]}' that is not from 0 to '{coverage[1]}': count both anew"),
        (~rows.duplicated(["label", "group"]), "stands in the table twice: give one row each"),
    ):
        if not right.all():
            wrong = rows[~right].iloc[0]
            raise Refusal("invalid_row", f"'{wrong['label']}'{' ' * bool(wrong['group'])}{wrong['group']} {words}.")
    return rows


def _sorted(rows: pd.DataFrame, groups: Sequence[str]) -> pd.DataFrame:
    """The rows as they appear, the bars of each in the order of the groups."""
    first = {name: place for place, name in enumerate(dict.fromkeys(rows["label"]))}
    order = rows.assign(first=rows["label"].map(first), second=rows["group"].map(list(groups).index))
    return order.sort_values(["first", "second"], ignore_index=True)


def _records(rows: pd.DataFrame) -> list[dict]:
    return rows.to_dict("records")


def _bounds(row: dict) -> str:
    """The bounds in per cent, and the estimate in brackets."""
    if np.isnan(row["low"]):
        return "–"
    low, high = (f"{100 * row[end]:.0f}" for end in ("low", "high"))
    between = f"{low}%" if low == high else f"{low}–{high}%"
    return between if np.isnan(row["estimate"]) else f"{between} ({100 * row['estimate']:.0f}%)"


def _coverage(row: dict) -> str:
    return f"{row['known']:.0f} of {row['total']:.0f}"


def _places(rows: pd.DataFrame, heads: dict[str, list[str]]) -> tuple[dict[str, float], list[float], float]:
    """The middle of each name, that of each bar, and the height of all: inches from the top."""
    centres: dict[str, float] = {}
    middles: list[float] = []
    at = 0.0
    for name, here in rows.groupby("label", sort=False):
        tall = max(_LANE * len(here), _LINE * len(heads[str(name)])) + _APART
        centres[str(name)] = at + tall / 2
        middles += [at + tall / 2 + _LANE * (place - (len(here) - 1) / 2) for place in range(len(here))]
        at += tall
    return centres, middles, at


def _profile_bar(axes: Axes, y: float, row: dict, look: tuple[str, str], least: float, inches: float) -> None:
    colour, marker = look
    tall = 0.62 * _LANE
    if np.isnan(row["low"]):
        if style.text_width("not scored", 9) < inches - 0.2:
            axes.text(0.02, y, "not scored", size=9, color=style.MUTED, va="center_baseline",
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
        return
    if _too_little(row, least):
        axes.barh(y, row["high"] - row["low"], tall, left=row["low"], facecolor="white", edgecolor=colour,
                  hatch=style.UNKNOWN, lw=1.2, zorder=2)  # fmt: skip
        if not row["known"] and style.text_width(_NONE, 9) < (row["high"] - row["low"]) * inches - 0.1:
            axes.text((row["low"] + row["high"]) / 2, y, _NONE, size=9, color=style.MUTED, ha="center",
                      va="center_baseline", zorder=3,
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
    elif row["high"] > row["low"]:
        axes.barh(y, row["high"] - row["low"], tall, left=row["low"], facecolor=share_panels.pale(colour),
                  edgecolor=colour, lw=1.2, zorder=2)  # fmt: skip
    else:
        axes.plot([row["low"]] * 2, [y - tall / 2, y + tall / 2], color=colour, lw=4, zorder=2, clip_on=False)
    if not np.isnan(row["estimate"]):
        axes.plot([row["estimate"]], [y], marker, ms=7.5, mfc=colour, mec="white", mew=1, zorder=4, clip_on=False)


def _too_little(row: dict, least: float) -> bool:
    return bool(row["known"] < least * row["total"]) or not row["known"]


def _profile_key(
    rows: pd.DataFrame, looks: dict[str, tuple[str, str]], estimate_label: str, least: float, noun: str
) -> list[key.Entry]:
    listed = []
    scored = rows[rows["low"].notna()]
    for name in [name for name in looks if (scored["group"] == name).any()]:
        colour, marker = looks[name]
        of, here = f"{name}: " if name else "", scored[scored["group"] == name]
        listed.append(key.patch(f"{of}from the lowest to the highest it can be", share_panels.pale(colour), colour))
        if here["estimate"].notna().any():
            listed.append(key.dot(f"{of}{estimate_label}", colour, marker))
        if (here["high"] - here["low"] <= 0).any():
            listed.append(key.line(f"{of}both are one", colour, 4, upright=True))
    if any(_too_little(row, least) for row in _records(scored)):
        words = f"fewer than {100 * least:.0f}% of the indicators {noun}"
        listed.append(key.patch(words, "white", style.MUTED, style.UNKNOWN))
    return listed
