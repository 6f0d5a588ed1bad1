"""Plain pictures of results: estimates in rows, a series over time, a distribution, and parts of wholes.

Only numbers and texts come in. matplotlib is loaded when a picture is drawn, and pyplot never.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
# Least and most (of the estimate; equal if it is one number), low and high (its limits); one element a row.
Estimates = tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike]

WIDTH = 8.0  # inches
_LOOKS = (("#0072B2", "o"), ("#D55E00", "s"), ("#555555", "D"), ("#009E73", "^"))
_INK, _GREY = "#222222", "#8c8c8c"
_HATCHES = ("", "////", "....", "xxxx")
# A limit so many times as far from its estimate as half of all limits are is cut.
_CUT = 6.0
_BARS = 60
_MOST_TICKS = 10


def sheet(title: str, height: float, panels: int = 1) -> tuple[Figure, list[Axes]]:
    """An empty figure with a title.

    Parameters
    ----------
    title : what the figure shows.
    height : of the figure, inches.
    panels : axes that stand one below the other on one scale of x.

    Returns
    -------
    The figure, and its axes from the top.
    """
    from bounded.notebook_figure import NotebookFigure

    figure = NotebookFigure(figsize=(WIDTH, height), layout="constrained")
    figure.suptitle(textwrap.fill(title, 85), x=0.01, ha="left", fontsize=12)
    axes = figure.subplots(panels, squeeze=False, sharex=True)[:, 0].tolist()
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
    return figure, axes


def rows(
    labels: Sequence[object],
    sets: Mapping[str, Estimates],
    *,
    title: str,
    xlabel: str,
    at: Mapping[str, float] | None = None,
    log: bool = False,
) -> Figure:
    """One line a label from the top, with a dot for each estimate and a line between its limits.

    Parameters
    ----------
    labels : what each row is.
    sets : what the dots of one look are -> estimates of all rows, in the unit of `xlabel`; missing where there are
        none. A range of estimates is a thick line. Limits that are infinite, or far beyond all others, end in an arrow.
    title, xlabel : texts above the figure and below its axis.
    at : what a vertical line is -> where it stands; missing where that is not known.
    log : a logarithmic scale.

    Returns
    -------
    The figure, its width `WIDTH` (inches), its height by the number of labels.
    """
    from matplotlib.ticker import LogLocator, NullLocator

    n, m = len(labels), len(sets)
    figure, (axes,) = sheet(title, 1.7 + 0.32 * max(n, 1) * (1 + 0.5 * (m - 1)))
    values = {name: tuple(np.asarray(part, dtype=float) for part in given) for name, given in sets.items()}
    places = {name: place for name, place in (at or {}).items() if np.isfinite(place)}
    first, last = _ends(list(values.values()), list(places.values()), log)
    axes.set(ylim=(n - 0.4, -0.6), xlabel=xlabel)
    axes.set_yticks(range(n), [textwrap.fill(str(label), 42) for label in labels])
    if log:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlim(first, last)
    for k, (name, place) in enumerate(places.items()):
        axes.axvline(place, color=_GREY, lw=1.2, ls=("--", ":", "-.")[k % 3], label=name, zorder=1)
    for k, (name, (least, most, low, high)) in enumerate(values.items()):
        colour, marker = _LOOKS[k % len(_LOOKS)]
        y = np.arange(n) + (k - (m - 1) / 2) * 0.6 / m
        axes.hlines(y, np.maximum(low, first), np.minimum(high, last), color=colour, lw=1.4, zorder=2)
        one = least == most
        axes.plot(np.where(one, least, np.nan), y, marker, color=colour, ms=6, ls="none", label=name, zorder=3)
        axes.hlines(y[~one], least[~one], np.fmin(most[~one], last), color=colour, lw=5, zorder=3)
        for cut, end, arrow in ((low < first, first, "<"), (high > last, last, ">")):
            if cut.any():
                axes.plot(np.full(cut.sum(), end), y[cut], arrow, color=colour, ms=6, ls="none", clip_on=False)
    missing = np.all([np.isnan(part[0]) for part in values.values()], axis=0) if m else np.zeros(n, dtype=bool)
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    none: Any = dict(transform=axes.get_yaxis_transform(), color=_GREY, va="center", size=9, bbox=paper)
    for row in np.flatnonzero(missing).tolist():
        axes.text(0.01, row, "no estimate", **none)
    if not n:
        axes.text(0.01, 0, "no estimate", **none)
    _key(figure, axes)
    return figure


def over_time(
    x: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    *,
    title: str = "",
    ylabel: str = "",
    xlabel: str = "period",
    observed: str = "observed",
    lines: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    bands: Mapping[str, tuple[ArrayLike, ArrayLike, ArrayLike]] | None = None,
    turns: Mapping[str, Sequence[tuple[float, float, float]]] | None = None,
    marks: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    named: Sequence[object] | None = None,
    axes: Axes | None = None,
) -> Figure:
    """Draw what was observed as dots, or lines between its bounds, with fitted lines and their bands.

    Parameters
    ----------
    x, low, high : where each observation stands, and its bounds (equal if it is one number), in the unit of `ylabel`.
    title, ylabel, xlabel, observed : texts of the figure, of its axes and of the observations in the key.
    lines : what a line is -> its x and y; broken where y is missing.
    bands : what a shaded band is -> its x, lower and upper end.
    turns : what vertical lines are -> x, with the lower and upper limit of each; missing where there are none.
    marks : what triangles above observations are -> their x and y.
    named : what is written below each observation; by default its x.
    axes : to draw into; by default those of a figure of its own.

    Returns
    -------
    The figure that the axes lie in.
    """
    from matplotlib.ticker import MaxNLocator

    at, bottom, top = (np.asarray(values, dtype=float) for values in (x, low, high))
    if axes is None:
        axes = sheet(title, 4.2)[1][0]
    for k, (name, (along, lower, upper)) in enumerate((bands or {}).items()):
        axes.fill_between(along, lower, upper, color=_LOOKS[1 - k % 2][0], alpha=0.18, lw=0, label=name, zorder=1)
    for k, (name, (along, y)) in enumerate((lines or {}).items()):
        axes.plot(along, y, color=_LOOKS[1 - k % 2][0], lw=1.8, ls=("-", "--")[k % 2], label=name, zorder=2)
    one = bottom == top
    axes.plot(at, np.where(one, bottom, np.nan), "o", color=_INK, ms=5, ls="none", label=observed, zorder=4)
    ends = np.where(np.isinf(top), 1.1 * np.nanmax(np.append(bottom, 1.0)), top)
    axes.vlines(at[~one], bottom[~one], ends[~one], color=_INK, lw=3, zorder=3)
    axes.plot(at[np.isinf(top)], ends[np.isinf(top)], "^", color=_INK, ms=6, ls="none", zorder=4)
    for k, (name, places) in enumerate((turns or {}).items()):
        for n, (place, lower, upper) in enumerate(places):
            axes.axvline(place, color=_LOOKS[2 + k % 2][0], lw=1.2, ls=":", label="" if n else name, zorder=1)
            if np.isfinite([lower, upper]).all():
                axes.axvspan(lower, upper, color=_LOOKS[2 + k % 2][0], alpha=0.12, lw=0, zorder=0)
    for name, (along, y) in (marks or {}).items():
        axes.plot(along, y, "v", color=_LOOKS[1][0], ms=8, ls="none", label=name, zorder=5)
    if named is not None and len(at):
        shown = np.arange(0, len(at), -(-len(at) // _MOST_TICKS))
        axes.set_xticks(at[shown], [str(named[k]) for k in shown.tolist()])
    elif (at == np.floor(at)).all():
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel=xlabel, ylabel=ylabel)
    figure = axes.figure.get_figure(root=True)
    assert figure is not None
    _key(figure, axes)
    return figure


def broken(piece: ArrayLike, *columns: ArrayLike) -> list[Floats]:
    """Columns of a line with a missing row wherever `piece` changes, so that it is drawn in pieces.

    Parameters
    ----------
    piece : which piece each row belongs to; shape (n,).
    columns : of the line, such as its x and its y; each of shape (n,).

    Returns
    -------
    The columns, each of shape (n + breaks,).
    """
    pieces = np.asarray(piece)
    at = np.flatnonzero(pieces[1:] != pieces[:-1]) + 1
    return [np.insert(np.asarray(column, dtype=float), at, np.nan) for column in columns]


def distribution(
    low: ArrayLike,
    high: ArrayLike,
    share: ArrayLike,
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    middle: tuple[str, float],
    limits: tuple[str, float, float],
    observed: float,
) -> Figure:
    """Bars of how likely each range of whole numbers is, with the estimate, its limits and what was observed.

    Parameters
    ----------
    low, high, share : first and last number of each range, rising and without gaps, and its share; they add to 1. The
        bars end a little beyond the upper limit.
    middle : what the estimate is, and the estimate.
    limits : what they are, and both (missing if there are none; the upper one may be infinite).
    observed : the number that was observed, on the same scale.
    title, xlabel, ylabel : texts of the figure and its axes.

    Returns
    -------
    The figure, `WIDTH` inches wide.
    """
    first, last, shares = (np.asarray(values, dtype=float) for values in (low, high, share))
    called, lower, upper = limits
    figure, (axes,) = sheet(title, 4.2)
    end = last[-1] + 1
    if np.isfinite([lower, upper]).all():
        end = min(end, upper + 1 + 0.15 * (upper - lower))
    wide = max(1, int(np.ceil((end - first[0]) / _BARS)))
    edges = first[0] + wide * np.arange(int(np.ceil((end - first[0]) / wide)) + 1)
    upto = np.interp(edges, np.append(first[0], last + 1), np.append(0.0, np.cumsum(shares)))
    axes.bar(edges[:-1], 100 * np.diff(upto), wide, align="edge", color=_LOOKS[0][0], alpha=0.45, lw=0)
    axes.axvline(middle[1], color=_INK, lw=1.8, label=f"{middle[0]}: {middle[1]:,.0f}")
    if np.isfinite(lower):
        said = f"{called}: {lower:,.0f}–{upper:,.0f}" if np.isfinite(upper) else f"{called}: {lower:,.0f} or more"
        axes.axvspan(lower, min(upper, edges[-1]), color=_GREY, alpha=0.18, lw=0, zorder=0, label=said)
    axes.axvline(observed, color=_LOOKS[1][0], lw=1.4, ls=":", label=f"observed: {observed:,.0f}")
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    _key(figure, axes)
    return figure


def parts(labels: Sequence[object], counts: Mapping[str, ArrayLike], *, title: str, xlabel: str) -> Figure:
    """One bar a label from the top, made up of its parts.

    Parameters
    ----------
    labels : what each bar is.
    counts : what a part is -> how many of `xlabel` each label has of it.
    title, xlabel : texts above the figure and below its axis.

    Returns
    -------
    The figure, its height by the number of labels.
    """
    from matplotlib.ticker import MaxNLocator

    figure, (axes,) = sheet(title, 1.7 + 0.34 * max(len(labels), 1))
    y = np.arange(len(labels))
    before = np.zeros(len(labels))
    for k, (name, given) in enumerate(counts.items()):
        wide = np.asarray(given, dtype=float)
        look = _LOOKS[k % len(_LOOKS)][0]
        hatch = _HATCHES[k % len(_HATCHES)]
        face = "white" if hatch else look
        axes.barh(y, wide, 0.65, left=before, label=name, facecolor=face, edgecolor=look, hatch=hatch)
        before += wide
    axes.set(ylim=(len(labels) - 0.4, -0.6), xlabel=xlabel)
    axes.set_yticks(y, [textwrap.fill(str(label), 42) for label in labels])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _key(figure, axes)
    return figure


def _key(figure: Figure, axes: Axes) -> None:
    """Draw a key of the looks below the axes, once a figure."""
    for old in figure.legends[:]:
        old.remove()
    handles, names = axes.get_legend_handles_labels()
    if names:
        figure.legend(handles, names, loc="outside lower left", ncols=3, frameon=False, fontsize=9.5)


def _ends(values: list[tuple[Floats, ...]], places: list[float], log: bool) -> tuple[float, float]:
    """Ends of the scale that hold every estimate, and all limits but those far beyond the others."""
    least, most, low, high = (np.concatenate([part[k] for part in values]) if values else np.zeros(0) for k in range(4))

    def moved(part: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled = np.log(part) if log else part
        return scaled[np.isfinite(scaled)]

    held = np.concatenate([moved(least), moved(most), moved(np.array(places, dtype=float))])
    if not held.size:
        return (0.1, 10.0) if log else (0.0, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        away = [moved_to[np.isfinite(moved_to)] for moved_to in _arms(least, most, low, high, log)]
    first, last = held.min(), held.max()
    for side, (limits, arm) in enumerate(zip((moved(low), moved(high)), away, strict=True)):
        if limits.size and arm.size:
            far = _CUT * float(np.median(arm))
            first, last = (max(limits.min(), first - far), last) if not side else (first, min(limits.max(), last + far))
    first, last = min(first, held.min()), max(last, held.max())
    margin = 0.04 * (last - first) or 0.5
    start = 0.0 if not log and 0 < first < 0.5 * last else first - margin
    return (float(np.exp(start)), float(np.exp(last + margin))) if log else (float(start), float(last + margin))


def _arms(least: Floats, most: Floats, low: Floats, high: Floats, log: bool) -> tuple[Floats, Floats]:
    """The distances of limits from their estimates, below and above; positive ones only."""
    ends = [np.log(part) for part in (least, most, low, high)] if log else [least, most, low, high]
    below, above = ends[0] - ends[2], ends[3] - ends[1]
    return below[below > 0], above[above > 0]
