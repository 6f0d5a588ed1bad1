"""Dots with intervals: one line a row, for rates, shares, estimates and their bounds; and forest plots.

Bars from zero: counts and shares, in one part or in parts that add up.
"""

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

from analysis.plots import rows, style
from analysis.plots.counted import require_counts
from analysis.plots.printing import say
from analysis.plots.style import Footer, Page, form, nothing, text_width
from bounded.refusal import Refusal

_ONE = 0.012  # of the width of a panel
_JOINED = 0.1  # inches between marks of one row that are joined


@form("Dots in rows, each with its interval; a thick line where only bounds are known; hatched where nothing is known.")
def dots(
    table: pd.DataFrame,
    *,
    label: str = "label",
    estimate: str | tuple[str, str] = ("estimate_low", "estimate_high"),
    interval: tuple[str, str] | None = ("low", "high"),
    series: str | None = None,
    panel: str | None = None,
    group: str | None = None,
    text: str | None = None,
    reason: str | None = None,
    hollow: str | None = None,
    band: tuple[str, str] | None = None,
    at: Mapping[str, float] | None = None,
    span: Mapping[str, tuple[float, float]] | None = None,
    order: Sequence[str] | None = None,
    columns: int | None = None,
    own_scale: bool = False,
    connect: bool = False,
    highlight: str | None = None,
    xlabel: str = "",
    text_label: str = "",
    estimate_label: str = "estimate",
    interval_label: str = "",
    confidence: float = 0.95,
    hollow_label: str = "",
    band_label: str = "",
    log: bool = False,
    percent: bool = False,
    signed: bool = False,
    limits: tuple[float, float] | None = None,
    title: str,
    footer: Footer,
    subtitle: str = "",
) -> Figure:
    """One line a row, in the order given: a dot for each estimate and a line between its limits.

    Parameters
    ----------
    table : one row a mark. The other parameters name its columns.
    label : what the row is.
    estimate : the number, or its bounds where a range is known: a thick line, white and with an arrow where the
        upper bound is infinite. A row whose estimate is missing is hatched.
    interval : limits of the estimate; missing where there are none. One far beyond the others is cut, with an arrow.
    series : marks of different colour and marker in the same row, at most seven.
    panel : panels side by side with the same rows.
    group : headings above rows.
    text : printed at the right of its row; texts of several series are joined.
    reason : why an estimate is missing: "suppressed ..." and "not asked ..." have hatchings of their own.
    interval_label : what the limits are, for the key; by default an interval of the level that a column `confidence`
        states, else of the level `confidence`.
    hollow : true where the mark is hollow, since its number needs care (`hollow_label` says which).
    band : a pale bar behind the mark, for a reference or for limits of chance (`band_label`).
    at, span : name -> a place, or two, on the scale, drawn over all rows.
    order : series in their order, present or not; by default that of appearance.
    columns, own_scale : panels side by side; whether each has a scale of its own.
    connect : join the marks of a row by a line.
    highlight : label of the row that is set off.
    log, percent, signed, limits : the scale: of equal ratios; shares of 1 as percent; with plus signs; its ends.

    Returns
    -------
    The figure.

    Raises
    ------
    Refusal : a column is missing, a lower bound is above its upper one, or there are more than seven series.
    """
    if table.empty:
        return nothing(title=title, footer=footer, subtitle=subtitle)
    table = table.reset_index(drop=True)
    span = {name: ends for name, ends in (span or {}).items() if not np.isnan(ends).any()}
    best, outer, behind = (rows.bounds(table, names) for names in (estimate, interval, band))
    lines = pd.DataFrame(
        {
            "label": rows.column(table, label),
            "group": rows.column(table, group),
            "panel": rows.column(table, panel),
            "series": rows.column(table, series),
            "text": rows.column(table, text),
            "reason": rows.column(table, reason),
            "hollow": table[hollow].fillna(False).astype(bool) if hollow else False,
        }
    ).join(best).join(outer.add_prefix("limit_")).join(behind.add_prefix("band_"))  # fmt: skip
    lines = rows.protected(lines, [*best, *(f"limit_{end}" for end in outer), *(f"band_{end}" for end in behind)])
    lines["empty"] = lines["low"].isna()
    looks = style.palette(order if order is not None else lines["series"])
    present = [name for name in looks if (lines["series"] == name).any()]
    lines["place"], deep = rows.offsets(lines, present, *((_JOINED,) if connect else ()))
    page = Page(title=title, footer=footer, subtitle=subtitle)
    drawn = rows.arrange(page, lines, columns=columns, own_scale=own_scale, text_label=text_label,
                         highlight=highlight, deep=deep)  # fmt: skip
    further = [*(at or {}).values(), *(end for ends in span.values() for end in ends)]
    # Shares end at 1: none of their limits needs to be cut.
    inside = ["low", "high", "band_low", "band_high", *(["limit_low", "limit_high"] if percent else [])]
    shared = limits or rows.ends(lines[inside], lines[["limit_low", "limit_high"]], further, log)
    marked: list[Line2D] = []
    for name, axes in drawn.panels.items():
        here = lines[lines["panel"] == name]
        first, last = shared
        if own_scale and limits is None:
            first, last = rows.ends(here[inside], here[["limit_low", "limit_high"]], further, log)
        rows.scale(axes, first, last, xlabel=xlabel, room=drawn.room, log=log, percent=percent, signed=signed)
        if first < 0 < last and not log:
            axes.axvline(0, color=style.INK, lw=1, zorder=1.5, gid="zero")
            axes.spines["left"].set_visible(False)
        for ends in span.values():
            axes.axvspan(*np.clip(ends, first, last), color=style.SKY, alpha=0.25, lw=0, zorder=1.1)
        marked = rows.lines_at(axes, at or {})
        y = np.array([drawn.places[key] for key in zip(here["group"], here["label"], strict=True)])
        _marks(axes, here, y + here["place"].to_numpy(), looks, (first, last), highlight, connect)
    hatched = rows.hatch_empty(drawn, lines, deep)
    entries = _key(lines, looks, present, span, estimate_label=estimate_label,
                   interval_label=interval_label or _level(table, interval, confidence),
                   hollow_label=hollow_label, band_label=band_label)  # fmt: skip
    page.key([*entries, *marked, *hatched])
    return drawn.fit()


def _level(table: pd.DataFrame, interval: tuple[str, str] | None, confidence: float) -> str:
    """The label of limits, where there are any."""
    return style.with_level(table, confidence, "interval") if interval else ""


def _marks(
    axes: Axes,
    lines: pd.DataFrame,
    y: np.ndarray,
    looks: Mapping[str, tuple[str, str]],
    ends: tuple[float, float],
    highlight: str | None,
    connect: bool,
) -> None:
    first, last = ends
    # A marker without a place would count as one at the corner of the page.
    lines = lines.assign(y=y)[~lines["empty"]]
    if connect:
        for _, here in lines.groupby(["group", "label"], sort=False):
            axes.plot((here["low"] + here["high"]) / 2, here["y"], color=style.BORDER, lw=1.6, zorder=1.8)
    for (name, hollow), here in lines.groupby(["series", "hollow"], sort=False):
        colour, marker = looks[name]
        shades = [style.HIGHLIGHT if label == highlight else colour for label in here["label"]]
        behind = here[["band_low", "band_high"]].clip(first, last)
        axes.barh(here["y"], behind["band_high"] - behind["band_low"], left=behind["band_low"], height=0.2,
                  color=style.STONE, lw=0, zorder=1.4, gid="band")  # fmt: skip
        axes.hlines(here["y"], here["limit_low"].clip(lower=first), here["limit_high"].clip(upper=last), colors=shades,
                    lw=1.4, zorder=2, gid="interval")  # fmt: skip
        # A zero on a scale of equal ratios stands at its lower end, with an arrow.
        inside = here[["low", "high"]].clip(first, last)
        wide = _apart(axes, inside)
        unbounded = np.isinf(here["high"]).to_numpy()
        faces = np.where(unbounded | hollow, "white", np.array(shades, dtype=object))
        edges = np.array(shades, dtype=object)
        axes.barh(here["y"][wide], (inside["high"] - inside["low"])[wide], left=inside["low"][wide], height=0.085,
                  color=faces[wide], edgecolor=edges[wide], lw=1.2, zorder=3, gid="bounds")  # fmt: skip
        middle = inside["low"].where(unbounded, inside.mean(axis=1))
        for x, place, face, edge in zip(middle[~wide], here["y"][~wide], faces[~wide], edges[~wide], strict=True):
            axes.plot(x, place, marker=marker, ms=6.5, mec=edge, mfc=face, mew=1.4, ls="none", zorder=4,
                      clip_on=False, gid="estimate")  # fmt: skip
        for beyond, end, arrow in (
            ((here["limit_low"] < first) | (here["low"] < first), first, "<"),
            ((here["limit_high"] > last) | (here["high"] > last), last, ">"),
        ):
            if beyond.any():
                axes.plot(np.full(beyond.sum(), end), here["y"][beyond], arrow, color=colour, ms=6, clip_on=False,
                          zorder=4, gid="beyond")  # fmt: skip


def _apart(axes: Axes, inside: pd.DataFrame) -> np.ndarray:
    """True where bounds are further apart than a mark is wide; nearer ones are one number to the eye."""
    across = axes.transData + axes.transAxes.inverted()
    low, high = (across.transform(np.column_stack([inside[end], np.zeros(len(inside))]))[:, 0] for end in inside)
    return high - low > _ONE


def _key(
    lines: pd.DataFrame,
    looks: Mapping[str, tuple[str, str]],
    present: Sequence[str],
    span: Mapping[str, tuple[float, float]],
    *,
    estimate_label: str,
    interval_label: str,
    hollow_label: str,
    band_label: str,
) -> list[Artist]:
    known, unbounded = lines[~lines["empty"]], np.isinf(lines["high"])
    ranged = (lines["high"] > lines["low"]) & ~unbounded
    plain = looks[present[0]][0] if len(present) == 1 else style.MUTED

    def dot(label: str, colour: str, marker: str, face: str | None = None) -> Line2D:
        return Line2D([], [], color=colour, marker=marker, mfc=face or colour, ms=6.5, mew=1.4, ls="none", label=label)

    # A series whose marks are all hollow is so in the key too.
    as_open = lines.groupby("series")["hollow"].all()
    entries: list[Artist] = [dot(name, *looks[name], "white" if as_open[name] else None) for name in present if name]
    if present == [""] and (known["high"] == known["low"]).any():
        entries.append(dot(estimate_label, plain, "o"))
    if lines["hollow"].any() and hollow_label:
        open_marks = known[known["hollow"]]
        as_bars = len(open_marks) and (open_marks["high"] > open_marks["low"]).all()
        bar = Patch(facecolor="white", edgecolor=plain, lw=1.2, label=hollow_label)
        entries.append(bar if as_bars else dot(hollow_label, plain, looks[present[0]][1], "white"))
    if ranged.any():
        entries.append(Line2D([], [], color=plain, lw=6.5, label=say("between bounds")))
    if unbounded.any():
        entries.append(Patch(facecolor="white", edgecolor=plain, lw=1.2, label=say("at least so many")))
    if lines["limit_low"].notna().any():
        entries.append(Line2D([], [], color=plain, lw=1.4, label=interval_label))
    if lines["band_low"].notna().any():
        entries.append(Patch(color=style.STONE, label=band_label))
    entries += [Patch(facecolor=style.SKY, alpha=0.3, label=name) for name in span]
    return entries


# Around no effect


@form("Dots beside a line at no effect, each with its interval and both in words; hatched where there is no estimate.")
def forest(
    table: pd.DataFrame,
    *,
    label: str = "label",
    estimate: str | tuple[str, str] = ("estimate_low", "estimate_high"),
    series: str | None = None,
    group: str | None = None,
    text: str | None = None,
    reason: str | None = None,
    hollow: str | None = None,
    order: Sequence[str] | None = None,
    ratio: bool = False,
    xlabel: str,
    interval_label: str = "",
    confidence: float = 0.95,
    hollow_label: str = "",
    title: str,
    footer: Footer,
    subtitle: str = "",
) -> Figure:
    """Estimates around no effect, in the order given, each with its interval; a row without an estimate is hatched.

    Parameters
    ----------
    table : one row an estimate, its limits in the columns low and high; other parameters are as in `dots`.
    text : printed at the right; by default the estimate and its interval in figures.
    ratio : whether the estimates are ratios, on a scale of equal ratios around 1; else differences around 0.

    Returns
    -------
    The figure.

    Raises
    ------
    Refusal : a column is missing, or a lower bound is above its upper one.
    """
    if table.empty:
        return nothing(title=title, footer=footer, subtitle=subtitle)
    shown = table.reset_index(drop=True)
    if text is None:
        best, limits = rows.bounds(shown, estimate), rows.bounds(shown, ("low", "high"))
        shown["in words"] = [
            in_words(least, most, low, high, ratio) for least, most, low, high in np.hstack([best, limits]).tolist()
        ]
    return dots(
        shown,
        label=label,
        estimate=estimate,
        series=series,
        group=group,
        text=text or "in words",
        reason=reason,
        hollow=hollow,
        order=order,
        xlabel=xlabel,
        interval_label=interval_label,
        confidence=confidence,
        hollow_label=hollow_label,
        at={"no difference": 1.0} if ratio else None,
        log=ratio,
        signed=not ratio,
        title=title,
        footer=footer,
        subtitle=subtitle,
    )


def in_words(least: float, most: float, low: float, high: float, ratio: bool) -> str:
    """An estimate, or its bounds, and its interval: "+4.2 (−1.0 to +9.6)"; empty where there is none."""
    if not np.isfinite(least):
        return ""
    said = _figure(least, ratio) if least == most else f"{_figure(least, ratio)} to {_figure(most, ratio)}"
    return said if np.isnan(low) or np.isnan(high) else f"{said} ({_figure(low, ratio)} to {_figure(high, ratio)})"


def _figure(value: float, ratio: bool) -> str:
    if not np.isfinite(value):
        return "∞" if value > 0 else "−∞"
    if ratio:
        return f"{value:.2f}" if value < 10 else f"{value:,.0f}"
    text = f"{value:+,.0f}" if abs(value) >= 100 else f"{value:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")


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
    confidence: float = 0.95,
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
    confidence : their level, for the key, where no column `confidence` states it.
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
    Refusal : a column is missing, a value is negative, a part of a bar stands twice, a share is above 1, or shares
        are called persons.
    """
    if table.empty:
        return nothing(title=title, footer=footer, subtitle=subtitle)
    require_counts(table, [value], xlabel)
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
    page.key([*_key_of_parts(lines, fills, _level(table, interval, confidence)), *hatches])
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
    shades = list(reversed(style.amounts(max(len(solid), 2)))) if ordered else list(style.CATEGORIES)
    fills: dict[str, dict] = {
        name: {"facecolor": shade, "edgecolor": style.CONTEXT if ordered else "white"}
        for name, shade in zip(solid, shades, strict=False)
    }
    for name, hatch in hatched.items():
        fills[name] = {"facecolor": "white", "edgecolor": style.CONTEXT, "hatch": hatch}
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
            axes.plot([row["limit_low"], row["limit_high"]], [y, y], "|-", color=style.INK, lw=1.4, ms=6, mew=1.4,
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
    """The texts behind a bar of so many inches a unit; and for each number, if it has room in its part."""
    texts = [_said(value, percent) for value in here["value"]]
    fits = all(
        text_width(text, _SIZE) + 0.05 <= value * step
        for text, value in zip(texts, here["value"], strict=True)
        if value
    )
    inside = len(here) > 1 and fits
    total = _said(float(here["value"].sum()), percent)
    if not here["whole"].all():
        return say("at least {n}", n=total), inside
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
                  ha="center", va="center_baseline", color=style.on(fill["facecolor"]), zorder=4, bbox=plate,
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


def _key_of_parts(lines: pd.DataFrame, fills: Mapping[str, dict], interval_label: str) -> list[Artist]:
    present = [name for name in fills if name and (lines["part"] == name).any()]
    entries: list[Artist] = [Patch(**fills[name], lw=0.7, label=name) for name in present]
    if lines["limit_low"].notna().any():
        entries.append(Line2D([], [], color=style.INK, lw=1.4, marker="|", ms=6, mew=1.4, label=interval_label))
    return entries
