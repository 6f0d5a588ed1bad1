"""A path through places as text with arrows: Syria → Kilis → Gaziantep, broken before an arrow.

Corridors written as chains of places, each with its share of persons and the interval of that share.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.plots import key, style
from bounded.refusal import Refusal


def chain(places: str, names: Mapping[str, str]) -> list[str]:
    """Names of the places of a path.

    Parameters
    ----------
    places : ids joined by ">": "SYR>TR-79>TR-27"; an empty one, or "unknown", is a place that is not known.
    names : id -> name; an id without one is written as it is.
    """
    ids = [place.strip() for place in places.split(">")]
    return ["not known" if place in ("", "unknown") else str(names.get(place, place)) for place in ids]


def wrapped(steps: list[str], width: float, size: float, bold: bool = False) -> str:
    """The steps joined by arrows, in lines of at most `width` inches; a further line begins with its arrow."""
    lines: list[str] = []
    for place, step in enumerate(steps):
        part = f"→ {step}" if place else step
        if lines and style.text_width(f"{lines[-1]} {part}", size, bold) <= width:
            lines[-1] = f"{lines[-1]} {part}"
        else:
            # A name that is too long by itself is broken between its words.
            lines += style.wrap(part, width, size, bold)
    return "\n".join(lines)


MOST_ROWS = 15

_SIZE = 10
_CHAIN = 3.3  # inches
_ROW = 0.33
_LINE = 0.165  # inches of each further line of a row


@style.seen_as("A line for each path, place after place, with its share as a dot, the interval and the count.")
@style.styled
def corridor_chains(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    names: Mapping[str, str] | None = None,
    xlabel: str = "share of persons with an observed path",
    subtitle: str = "",
    interval_label: str = "95% interval",
) -> Figure:
    """One corridor a line, in the order given: its places with arrows, its share as a dot, the interval, and the count.

    At most fifteen corridors are drawn; a line below says how many more there are.

    Parameters
    ----------
    table : one row a corridor: places (ids joined by ">": "SYR>TR-79>TR-27"), share, low, high (0 to 1; missing where
        there is none), n_text ("57 persons"). Optional: truth, a share that was planted (0 to 1), drawn as a hollow
        diamond; group, whose name heads its rows.
    names : id -> name; an id without one is written as it is.
    xlabel : what the shares are shares of.

    Raises
    ------
    ValueError : a share is not between 0 and 1, or lies outside its interval.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    rows = _checked(table)
    drawn, left_out = rows.head(MOST_ROWS), rows.iloc[MOST_ROWS:]
    lines = _lines(drawn, names or {})
    ends = np.cumsum([line["tall"] for line in lines])
    width = style.WIDTH - 2 * style.MARGIN
    left = max(style.text_width(line["text"], _SIZE) for line in lines if not line["head"]) + 0.14
    right = max(style.text_width(str(note), 9.5) for note in drawn["n_text"]) + 0.16
    listed = _key(drawn, interval_label)
    label = style.wrap(xlabel, width - left, 10.5)
    remarks = style.wrap(_remark(left_out), width, 9.5) if len(left_out) else []
    note = 0.17 * len(remarks) + (0.06 if remarks else 0)
    below = 0.36 + 0.19 * len(label) + key.height(listed, width) + note
    page = style.sheet(ends[-1] + below + 0.05, title=title, footer=footer, subtitle=subtitle)
    axes = page.axes(left, below, width - left - right, ends[-1])
    _scale(axes, drawn, ends[-1], label)
    paper = page.canvas(0, below, width, ends[-1])
    for line, end in zip(lines, ends, strict=True):
        y = end - line["tall"] / 2
        if line["head"]:
            # A band over the whole width, as the lines of the scale end at a heading.
            axes.axhspan(end - line["tall"], end, facecolor="white", lw=0, zorder=2.5, clip_on=False)
        paper.text(0, ends[-1] - y, line["text"], size=_SIZE, weight="bold" if line["head"] else "normal",
                   va="center" if "\n" in line["text"] else "center_baseline", linespacing=1.1,
                   gid="label:chain")  # fmt: skip
        if not line["head"]:
            _corridor(axes, y, line["row"])
            axes.annotate(line["row"]["n_text"], (1, y), xycoords=axes.get_yaxis_transform(), xytext=(8, 0),
                          textcoords="offset points", size=9.5, color=style.MUTED, va="center_baseline",
                          annotation_clip=False, gid="label:count")  # fmt: skip
    key.draw(page, listed, x=0, top=note + key.height(listed, width), width=width)
    if remarks:
        page.canvas(0, 0, width, note).text(
            0, note - 0.06, "\n".join(remarks), size=9.5, va="top", linespacing=1.15, gid="remarks"
        )
    return page.figure


def _checked(table: pd.DataFrame) -> pd.DataFrame:
    style.require(table, ("places", "share", "low", "high", "n_text"))
    rows = table.reset_index(drop=True).copy()
    numeric = [column for column in ("share", "low", "high", "truth") if column in rows.columns]
    rows[numeric] = rows[numeric].astype(float)
    rows["n_text"] = rows["n_text"].fillna("").astype(str)
    outside = rows[((rows[numeric] < 0) | (rows[numeric] > 1)).any(axis=1)]
    if len(outside):
        raise Refusal(
            "out_of_range",
            f"A share of {outside['places'].iloc[0]} (row {outside.index[0]}) is not between 0 and 1. "
            "Were the shares given in per cent?",
        )
    beside = rows[(rows["share"] < rows["low"] - 1e-9) | (rows["share"] > rows["high"] + 1e-9)]
    if len(beside):
        raise Refusal(
            "outside_interval",
            f"The share of {beside['places'].iloc[0]} (row {beside.index[0]}) lies outside its own interval: "
            "give low and high as ends of the interval, not as distances from the share.",
        )
    return rows


def _lines(rows: pd.DataFrame, names: Mapping[str, str]) -> list[dict]:
    """The rows, each group below a line with its name."""
    lines: list[dict] = []
    group = None
    for row in rows.to_dict("records"):
        name = row.get("group")
        if name is not None and name == name and name != group:
            group = name
            text = "\n".join(style.wrap(str(group), 7.5, _SIZE, bold=True))
            lines.append({"text": text, "head": True, "tall": _ROW + _LINE * text.count("\n")})
        text = wrapped(chain(str(row["places"]), names), _CHAIN, _SIZE)
        lines.append({"text": text, "head": False, "tall": _ROW + _LINE * text.count("\n"), "row": row})
    return lines


def _scale(axes: Axes, rows: pd.DataFrame, tall: float, label: list[str]) -> None:
    amounts = rows[[column for column in ("share", "high", "truth") if column in rows.columns]].to_numpy()
    top = float(np.nanmax(amounts)) if np.isfinite(amounts).any() else 0.0
    axes.set(xlim=(0, min(1.05 * top, 1.0) or 1.0), ylim=(tall, 0), yticks=[])
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.3g}%"))
    axes.tick_params(axis="x", length=0, labelsize=10)
    axes.grid(axis="x")
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.set_xlabel("\n".join(label), size=10.5, loc="left", linespacing=1.1)


def _corridor(axes: Axes, y: float, row: dict) -> None:
    if np.isfinite(row["low"]) and np.isfinite(row["high"]):
        axes.plot([row["low"], row["high"]], [y, y], color=style.INK, lw=1.4, zorder=3)
    if np.isfinite(row["share"]):
        axes.plot([row["share"]], [y], marker="o", ms=7, color=style.BLUE, zorder=4, clip_on=False)
    else:
        axes.barh(y, 1, height=0.5 * _ROW, left=0, transform=axes.get_yaxis_transform(), facecolor="white",
                  edgecolor=style.FAINT, hatch=style.UNKNOWN, lw=0)  # fmt: skip
    if np.isfinite(row.get("truth", np.nan)):
        axes.plot([row["truth"]], [y], marker="D", ms=9, mfc="none", mec=style.VERMILLION, mew=1.6, zorder=5,
                  clip_on=False)  # fmt: skip


def _key(rows: pd.DataFrame, interval_label: str) -> list[key.Entry]:
    listed = [key.dot("share", style.BLUE), key.line(interval_label, style.INK, 1.4)]
    if "truth" in rows.columns and rows["truth"].notna().any():
        listed.append(key.dot("simulated share", style.VERMILLION, "D", filled=False))
    if rows["share"].isna().any():
        listed.append(key.patch("no share", "white", style.MUTED, style.UNKNOWN))
    return listed


def _remark(left_out: pd.DataFrame) -> str:
    more = f"{len(left_out):,} more corridor{'' if len(left_out) == 1 else 's'}"
    most = left_out["share"].max()
    return f"Not drawn: {more}" + (f", each with {100 * most:.2g}% at most." if np.isfinite(most) else ".")
