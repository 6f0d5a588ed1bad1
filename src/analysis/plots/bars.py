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

from analysis.plots import colours, rows
from analysis.plots.style import ROOM, Footer, Page, form, nothing, text_width
from bounded.refusal import Refusal

_TALL = 0.2  # inches of a bar


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
    columns: int | None = None,
    own_scale: bool = False,
    ordered: bool = False,
    numbers: bool = True,
    highlight: str | None = None,
    xlabel: str = "",
    text_label: str = "",
    interval_label: str = "95% interval",
    percent: bool = False,
    limits: tuple[float, float] | None = None,
    title: str,
    footer: Footer,
    subtitle: str = "",
) -> Figure:
    """One bar a row, in the order given; parts of a whole stand one behind the other, each with its number.

    Parameters
    ----------
    table : one row a bar or a part of one. The other parameters name its columns.
    label : what the bar is.
    value : its length, from 0; missing where it is not known: then the row is hatched.
    part : parts of a bar, which add up.
    interval : limits of the end of the bar (of the sum up to this part); missing where there are none.
    panel, group : panels side by side with the same rows; headings above rows.
    text : printed at the right of its row.
    reason : why a value is missing: "suppressed ..." and "not asked ..." have hatchings of their own.
    parts : in the order in which they stand, present or not; by default that of appearance.
    hatched : part -> hatching, for what is not known: drawn white and hatched.
    panels, columns, own_scale : panels in their order, and side by side; whether each has a scale of its own.
    ordered : the parts are grades of one thing, the first the gravest: shades instead of colours.
    numbers : write each value in its part, or behind the bar.
    highlight : label of the row that is set off.
    percent, limits : shares of 1 as percent; the ends of the scale.

    Returns
    -------
    The figure.

    Raises
    ------
    Refusal : a column is missing, or a value is negative.
    """
    if table.empty:
        return nothing(title=title, footer=footer, subtitle=subtitle)
    table = table.reset_index(drop=True)
    length = rows.bounds(table, value)["low"]
    if (length < 0).any():
        raise Refusal("invalid_row", f"A bar begins at 0, and '{value}' holds {length.min():g}. Draw it with dots.")
    lines = pd.DataFrame(
        {
            "label": rows.column(table, label),
            "group": rows.column(table, group),
            "panel": rows.column(table, panel),
            "part": rows.column(table, part),
            "text": rows.column(table, text),
            "reason": rows.column(table, reason),
            "value": length,
            "empty": length.isna(),
            "place": 0.0,
        }
    ).join(rows.bounds(table, interval).add_prefix("limit_"))
    listed = [str(name) for name in parts] if parts is not None else list(dict.fromkeys(lines["part"]))
    fills = _fills(listed, hatched or {}, ordered)
    lines = lines[lines["part"].isin(listed)]
    lines = lines.iloc[np.argsort(lines["part"].map(listed.index), kind="stable")]
    keys = ["panel", "group", "label"]
    lines["start"] = lines.groupby(keys, sort=False)["value"].cumsum().fillna(0.0) - lines["value"]
    lines = lines.sort_index(kind="stable")
    page = Page(title=title, footer=footer, subtitle=subtitle)
    drawn = rows.arrange(page, lines, panels=panels, columns=columns, own_scale=own_scale, text_label=text_label,
                         highlight=highlight)  # fmt: skip
    for name, axes in drawn.panels.items():
        here = lines[lines["panel"] == name]
        shown = here if own_scale else lines
        top = float(np.nanmax([*(shown["start"] + shown["value"]), *shown["limit_high"], 0.0])) or 1.0
        # A number behind the longest bar needs room.
        first, last = limits or (0.0, top * (1.12 if numbers else 1.03))
        rows.scale(axes, first, last, xlabel=xlabel, percent=percent)
        y = {key: drawn.places[key] for key in zip(here["group"], here["label"], strict=True)}
        at = np.array([y[key] for key in zip(here["group"], here["label"], strict=True)])
        _draw(axes, here[~here["empty"]].assign(y=at[~here["empty"]]), fills)
        if numbers:
            _write(axes, here[~here["empty"]].assign(y=at[~here["empty"]]), fills, last, percent)
    hatches = rows.hatch_empty(drawn, lines, 1)
    page.key([*_key(lines, fills, interval_label), *hatches])
    return drawn.fit()


def _fills(parts: Sequence[str], hatched: Mapping[str, str], ordered: bool) -> dict[str, dict]:
    solid = [name for name in parts if name not in hatched]
    if len(solid) > rows.MOST_SERIES:
        raise Refusal(
            "too_many_series",
            f"{len(solid)} parts cannot be told apart in one bar (at most {rows.MOST_SERIES}): join some of them.",
        )
    shades = list(reversed(colours.amounts(max(len(solid), 2)))) if ordered else list(colours.CATEGORIES)
    fills: dict[str, dict] = {
        name: {"facecolor": shade, "edgecolor": "white"} for name, shade in zip(solid, shades, strict=False)
    }
    for name, hatch in hatched.items():
        fills[name] = {"facecolor": "white", "edgecolor": colours.CONTEXT, "hatch": hatch}
    return {name: fills[name] for name in parts}


def _draw(axes: Axes, lines: pd.DataFrame, fills: Mapping[str, dict]) -> None:
    for name, here in lines.groupby("part", sort=False):
        axes.barh(here["y"], here["value"], left=here["start"], height=_TALL, lw=0.7, zorder=2, gid=f"bar:{name}",
                  **fills[str(name)])  # fmt: skip
        axes.hlines(here["y"], here["limit_low"], here["limit_high"], color=colours.INK, lw=1.3, zorder=3,
                    gid="interval")  # fmt: skip


def _write(axes: Axes, lines: pd.DataFrame, fills: Mapping[str, dict], last: float, percent: bool) -> None:
    """Each number in its part where all of a row fit; else the sum and its parts behind the bar."""
    inch = axes.get_position().width * ROOM / last
    for _, here in lines.groupby(["group", "label"], sort=False):
        texts = [rows.written(value, percent) for value in here["value"]]
        inside = [
            text_width(text, 9.5) + 0.06 <= value * inch for text, value in zip(texts, here["value"], strict=True)
        ]
        several = len(here) > 1
        whole = several and all(fits or not value for fits, value in zip(inside, here["value"], strict=True))
        for row, text in zip(here.to_dict("records"), texts, strict=True) if whole else ():
            if row["value"]:
                fill = fills[row["part"]]
                plate = {"facecolor": "white", "edgecolor": "none", "pad": 0.6} if "hatch" in fill else None
                axes.text(row["start"] + row["value"] / 2, row["y"], text, size=9.5, ha="center", va="center_baseline",
                          color=colours.on(fill["facecolor"]), zorder=4, gid=f"number:{row['part']}",
                          bbox=plate)  # fmt: skip
        end = float(np.nanmax([*(here["start"] + here["value"]), *here["limit_high"]]))
        total = rows.written(float(here["value"].sum()), percent)
        said = total if not several or whole else f"{total} = {' + '.join(texts)}"
        axes.annotate(said, (end, here["y"].iloc[0]), xytext=(4, 0), textcoords="offset points", size=9.5,
                      va="center_baseline", weight="bold" if several else "normal", zorder=4, gid="sum",
                      annotation_clip=False)  # fmt: skip


def _key(lines: pd.DataFrame, fills: Mapping[str, dict], interval_label: str) -> list[Artist]:
    present = [name for name in fills if name and (lines["part"] == name).any()]
    entries: list[Artist] = [Patch(**fills[name], lw=0.7, label=name) for name in present]
    if lines["limit_low"].notna().any():
        entries.append(Line2D([], [], color=colours.INK, lw=1.3, label=interval_label))
    return entries
