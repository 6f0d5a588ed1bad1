"""Bars from zero: counts and shares, in one part or in parts that add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from analysis.plots import colours, rows
from analysis.plots.style import Footer, Page, form, nothing, text_width
from bounded.refusal import Refusal

_TALL = 0.2  # inches of a bar
_APART = 0.09  # inches between the intervals of one bar
_SIZE = 9.5  # points of the numbers
_KEYS = ["panel", "group", "label"]
_RIM = [withStroke(linewidth=2.8, foreground="white")]  # parts an interval from the bar on which it lies


@form("Bars from zero, one a row, with their numbers; hatched where nothing is known.")
def bars(
    table: pd.DataFrame,
    *,
    label: str = "label",
    value: str = "value",
    part: str | None = None,
    interval: tuple[str, str] | None = None,
    panel: str | None = None,
    group: str | None = None,
    text: str | None = None,
    reason: str | None = None,
    parts: Sequence[str] | None = None,
    hatched: Mapping[str, str] | None = None,
    panels: Sequence[str] | None = None,
    ordered: bool = False,
    numbers: bool = True,
    xlabel: str = "",
    text_label: str = "",
    percent: bool = False,
    note: str = "",
    title: str,
    footer: Footer,
    subtitle: str = "",
) -> Figure:
    """One bar a row, in the order given; parts of a whole stand one behind the other, each with its number.

    Parameters
    ----------
    table : one row a bar or a part of one. The other parameters name its columns.
    label : what the bar is.
    value : its length, from 0; missing where it is not known: then the row is hatched, and its parts have no sum.
    part : parts of a bar, which add up.
    interval : limits of the end of the bar (of the sum up to this part); missing where there are none.
    panel, group : panels side by side with the same rows; headings above rows.
    text : printed at the right of its row.
    reason : why a value is missing: "suppressed ..." and "not asked ..." have hatchings of their own. Of what is
        suppressed neither length nor text is drawn, whatever the table holds.
    parts : in the order in which they stand, present or not; by default that of appearance.
    hatched : part -> hatching, for what is not known: drawn white and hatched.
    panels : in their order; by default that of appearance.
    ordered : the parts are grades of one thing, the most severe first: shades instead of colours.
    numbers : write each value in its part, or behind the bar.
    percent : shares of 1 as percent.
    note : a sentence below the figure.

    Returns
    -------
    The figure.

    Raises
    ------
    Refusal : a column is missing, a value is negative, a part of a bar stands twice, or a share is above 1.
    """
    if table.empty:
        return nothing(title=title, footer=footer, subtitle=subtitle)
    table = table.reset_index(drop=True)
    lines = pd.DataFrame(
        {
            "label": rows.column(table, label),
            "group": rows.column(table, group),
            "panel": rows.column(table, panel),
            "part": rows.column(table, part),
            "text": rows.column(table, text),
            "reason": rows.column(table, reason),
            "value": rows.bounds(table, value)["low"],
            "place": 0.0,
        }
    ).join(rows.bounds(table, interval).add_prefix("limit_"))
    lines = rows.protected(lines, ["value", "limit_low", "limit_high"])
    lines["empty"] = lines["value"].isna()
    listed = [str(name) for name in parts] if parts is not None else list(dict.fromkeys(lines["part"]))
    lines = _stacked(_checked(lines, value, percent, listed), listed)
    fills = _fills(listed, hatched or {}, ordered)
    page = Page(title=title, footer=footer, subtitle=subtitle)
    drawn = rows.arrange(page, lines, panels=panels, text_label=text_label)
    lines["y"] = [drawn.places[key] for key in zip(lines["group"], lines["label"], strict=True)]
    known = lines[~lines["empty"]]
    end = 1.03 * float(np.nanmax([*known["end"], *known["limit_high"], 0.0])) or 1.0
    for name, axes in drawn.panels.items():
        rows.scale(axes, 0.0, end, xlabel=xlabel, room=drawn.room, percent=percent)
        _draw(axes, known[known["panel"] == name], fills)
    hatches = rows.hatch_empty(drawn, lines, 1)
    page.note(note)
    page.key([*_key(lines, fills), *hatches])
    drawn.fit()
    if numbers:
        _number(drawn, known, fills, percent, xlabel)
    return page


def _checked(lines: pd.DataFrame, value: str, percent: bool, listed: Sequence[str]) -> pd.DataFrame:
    lines = lines[lines["part"].isin(listed)]
    if (lines["value"] < 0).any():
        raise Refusal(
            "invalid_row", f"A bar begins at 0, and '{value}' holds {lines['value'].min():g}. Draw it with dots."
        )
    if percent and (lines["value"] > 1).any():
        raise Refusal(
            "out_of_range", f"A share lies between 0 and 1; '{value}' holds others. Were they given in per cent?"
        )
    twice = lines[lines.duplicated([*_KEYS, "part"])]
    if len(twice):
        named = ", ".join(filter(None, twice[[*_KEYS, "part"]].iloc[0]))
        raise Refusal("duplicate_row", f"'{named}' stands in the table twice: give one row each.")
    return lines


def _stacked(lines: pd.DataFrame, listed: Sequence[str]) -> pd.DataFrame:
    """The rows with where each part begins, and whether all parts of its bar are known."""
    by_part = lines.iloc[np.argsort(lines["part"].map(list(listed).index), kind="stable")]
    ends = by_part["value"].fillna(0.0).groupby([by_part[key] for key in _KEYS], sort=False).cumsum()
    by_part = by_part.assign(start=ends - by_part["value"].fillna(0.0), end=ends)
    whole = ~by_part.groupby(_KEYS, sort=False)["empty"].transform("any")
    # Names stand in the order of the table, parts of a bar in their own.
    first = {key: place for place, key in enumerate(dict.fromkeys(zip(*(lines[key] for key in _KEYS), strict=True)))}
    order = [first[key] for key in zip(*(by_part[key] for key in _KEYS), strict=True)]
    return by_part.assign(whole=whole).iloc[np.argsort(order, kind="stable")]


def _fills(parts: Sequence[str], hatched: Mapping[str, str], ordered: bool) -> dict[str, dict]:
    solid = [name for name in parts if name not in hatched]
    if len(solid) > rows.MOST_SERIES:
        raise Refusal(
            "too_many_series",
            f"{len(solid)} parts cannot be told apart in one bar (at most {rows.MOST_SERIES}): join some of them.",
        )
    shades = list(reversed(colours.amounts(max(len(solid), 2)))) if ordered else list(colours.CATEGORIES)
    fills: dict[str, dict] = {
        name: {"facecolor": shade, "edgecolor": colours.CONTEXT if ordered else "white"}
        for name, shade in zip(solid, shades, strict=False)
    }
    for name, hatch in hatched.items():
        fills[name] = {"facecolor": "white", "edgecolor": colours.CONTEXT, "hatch": hatch}
    return {name: fills[name] for name in parts}


def _draw(axes: Axes, known: pd.DataFrame, fills: Mapping[str, dict]) -> None:
    for name, here in known.groupby("part", sort=False):
        axes.barh(here["y"], here["value"], left=here["start"], height=_TALL, lw=0.6, zorder=2, gid=f"bar:{name}",
                  **fills[str(name)])  # fmt: skip
    limited = known[known["limit_low"].notna() & known["limit_high"].notna()]
    for _, here in limited.groupby(_KEYS, sort=False):
        # Intervals of two parts may lie over the same place: each has a height of its own.
        for place, row in enumerate(here.to_dict("records")):
            y = row["y"] + (place - (len(here) - 1) / 2) * _APART
            axes.plot([row["limit_low"], row["limit_high"]], [y, y], "|-", color=colours.INK, lw=1.4, ms=6, mew=1.4,
                      zorder=3, path_effects=_RIM, gid="interval")  # fmt: skip


def _number(drawn: rows.Rows, known: pd.DataFrame, fills: Mapping[str, dict], percent: bool, xlabel: str) -> None:
    """Write the numbers: after the layout, when the width of a bar is known."""
    inches = {name: axes.get_position().width * drawn.page.get_figwidth() for name, axes in drawn.panels.items()}
    bar_rows = list(known[known["panel"].isin(drawn.panels)].groupby(_KEYS, sort=False))
    last = 0.0
    for key, here in bar_rows:
        name, end = key[0], float(np.nanmax([*here["end"], *here["limit_high"]]))
        step = inches[name] / drawn.panels[name].get_xlim()[1]
        for _ in range(2):  # the words behind a bar shorten it, so that fewer numbers have room in it
            said, _ = _words(here, step, percent)
            room = max(inches[name] - text_width(said, _SIZE, bold=True) - 0.1, 0.3 * inches[name])
            step = min(step, room / end) if end else step
        last = max(last, end * inches[name] / room)
    for axes in drawn.panels.values():
        if last > axes.get_xlim()[1]:
            rows.scale(axes, 0.0, last, xlabel=xlabel, room=drawn.room, percent=percent)
    for key, here in bar_rows:
        axes = drawn.panels[key[0]]
        _write(axes, here, fills, inches[key[0]] / axes.get_xlim()[1], percent)


def _words(here: pd.DataFrame, step: float, percent: bool) -> tuple[str, bool]:
    """What stands behind a bar of so many inches a unit; and whether each number has room in its part."""
    texts = [_said(value, percent) for value in here["value"]]
    fits = all(
        text_width(text, _SIZE) + 0.05 <= value * step
        for text, value in zip(texts, here["value"], strict=True)
        if value
    )
    inside = len(here) > 1 and fits
    total = _said(float(here["value"].sum()), percent)
    if not here["whole"].all():
        return f"at least {total}", inside
    return (f"{total} = {' + '.join(texts)}" if len(here) > 1 and not fits else total), inside


def _said(value: float, percent: bool) -> str:
    """A number; a share to two digits that count."""
    return rows.written(float(f"{value:.2g}") if percent else value, percent)


def _write(axes: Axes, here: pd.DataFrame, fills: Mapping[str, dict], step: float, percent: bool) -> None:
    """Each number in its part where all of a row fit; else the sum and its parts behind the bar."""
    said, inside = _words(here, step, percent)
    for row in here.to_dict("records") if inside else ():
        if not row["value"]:
            continue
        fill = fills[row["part"]]
        plate = {"facecolor": "white", "edgecolor": "none", "pad": 0.6} if "hatch" in fill else None
        axes.text(row["start"] + row["value"] / 2, row["y"], _said(row["value"], percent), size=_SIZE,
                  ha="center", va="center_baseline", color=colours.on(fill["facecolor"]), zorder=4, bbox=plate,
                  gid=f"number:{row['part']}")  # fmt: skip
    end = float(np.nanmax([*here["end"], *here["limit_high"]]))
    total, equals, summed = said.partition(" = ")
    bold = len(here) > 1
    plate = None if here["whole"].all() else {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
    behind = 4.0  # points
    for words, weight, gid in ((total, "bold" if bold else "normal", "sum"), (equals + summed, "normal", "parts")):
        axes.annotate(words, (end, here["y"].iloc[0]), xytext=(behind, 0), textcoords="offset points", zorder=4,
                      size=_SIZE, va="center_baseline", annotation_clip=False, weight=weight, gid=gid,
                      bbox=plate if words else None)  # fmt: skip
        behind += 72 * text_width(words, _SIZE, bold=bold) + 2


def _key(lines: pd.DataFrame, fills: Mapping[str, dict]) -> list[Artist]:
    present = [name for name in fills if name and (lines["part"] == name).any()]
    entries: list[Artist] = [Patch(**fills[name], lw=0.7, label=name) for name in present]
    if lines["limit_low"].notna().any():
        entries.append(Line2D([], [], color=colours.INK, lw=1.4, marker="|", ms=6, mew=1.4, label="95% interval"))
    return entries
