"""Figures of counts and rates over the years: one panel, small multiples, and a fitted trend."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.plots import key, marks, style
from analysis.plots.labels import spread

_LOG_NOTE = " (logarithmic above 1)"


@style.seen_as("Dots by year, joined where years follow one another, with an interval for each.")
@style.styled
def interval_series(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    ylabel: str,
    log: bool = False,
    subtitle: str = "",
    interval_label: str = "95% interval",
) -> Figure:
    """Series over the years in one panel, each named at its end.

    Parameters
    ----------
    table : one row a count or rate: series; x (decimal year, middle of its period); low, high (equal if exact; `high`
        may be infinite); value_qualifier (exact, approx, at_least, below_5, derived, suppressed). Optional:
        interval_low, interval_high (statistical interval). A row whose low is missing is hatched as not found.
    ylabel : what is counted, with its unit.
    log : a logarithmic scale above 1.
    interval_label : what the statistical interval is, for the key.
    """
    return _single(table, None, title, footer, ylabel, log, subtitle, interval_label, "", None)


@style.seen_as(
    "Dots or boxes of the counts or rates by year, with a fitted line and its band, or the reason why there is none."
)
@style.styled
def trend(
    observed: pd.DataFrame,
    fitted: pd.DataFrame | None,
    *,
    title: str,
    footer: style.Footer,
    ylabel: str,
    annotation: str = "",
    refusal: str | None = None,
    log: bool = False,
    subtitle: str = "",
    interval_label: str = "95% interval",
    fit_label: str = "fitted trend and its 95% band",
) -> Figure:
    """Observed counts or rates with a fitted line and its band, or with the reason why no trend was fitted.

    Parameters
    ----------
    observed : as in `interval_series`.
    fitted : x (decimal year), fit, low, high in the unit of `ylabel`; not drawn, and may be None, with a refusal.
    annotation : a short text on the fit, for example the annual change with its interval.
    refusal : why there is no trend; printed inside the axes.
    """
    if fitted is not None and refusal is None and len(fitted):
        style.require(fitted, ("x", "fit", "low", "high"))
    else:
        fitted = None
    if observed.empty:
        reason = f"no figure found. {refusal}" if refusal else "no figure found"
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text=reason)
    text = refusal if refusal is not None else annotation
    return _single(observed, fitted, title, footer, ylabel, log, subtitle, interval_label, text, fit_label)


@style.seen_as(
    "Small panels over the years with dots, joined where years follow one another; a box where only bounds are known."
)
@style.styled
def small_multiples(
    table: pd.DataFrame,
    *,
    panel: str = "panel",
    title: str,
    footer: style.Footer,
    ylabel: str,
    log: bool = False,
    panels: Sequence[str] | None = None,
    columns: int | None = None,
    own_scale: bool = False,
    notes: Mapping[str, str] | None = None,
    subtitle: str = "",
    interval_label: str = "95% interval",
) -> Figure:
    """One panel an area (or any other thing), all on the same scale.

    Parameters
    ----------
    table : as in `interval_series`, with the column named by `panel`.
    panels : the panels in their order; one without a row says "no figure found". Default: order of appearance.
    columns : panels side by side; by default 2 to 4.
    own_scale : each panel has a scale of its own, for panels that show different things.
    notes : panel -> a short text below its name.
    """
    drawn = marks.prepare(table)
    if len(table):
        style.require(table, (panel,))
    drawn[panel] = drawn[panel].astype(str) if panel in drawn.columns else pd.Series(dtype=str)
    appearing = dict.fromkeys(table[panel].astype(str)) if len(table) else {}
    order = [str(name) for name in panels] if panels is not None else list(appearing)
    if not order:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    drawn = drawn[drawn[panel].isin(order)]
    columns = columns or (len(order) if len(order) <= 2 else 2 if len(order) == 4 else 3 if len(order) <= 9 else 4)
    found = drawn[~drawn["mark"].eq("unknown")]
    colours = marks.palette(table.loc[table[panel].astype(str).isin(order), "series"] if len(table) else [])
    first, last = marks.span(found["x"]) if len(found) else (2000, 2001)
    listed = marks.entries(
        found,
        colours,
        interval_label=interval_label,
        covid=len(found) > 0 and marks.in_covid(first, last),
        series=len(colours) > 1,
    )
    top = marks.highest(found)
    page_width = style.WIDTH - 2 * style.MARGIN
    gutter = 0.5 if own_scale else style.text_width(style.number(10 ** math.ceil(math.log10(max(top, 10)))), 9.5) + 0.12
    # A scale is written at the left of the page, or of every panel that has one of its own.
    cell = page_width / columns if own_scale else (page_width - gutter) / columns
    wide = cell - 0.14 - (gutter if own_scale else 0)
    names = {name: style.wrap(name, wide, 10.5, bold=True) for name in order}
    said = {name: style.wrap(text, wide, 9) for name, text in (notes or {}).items() if text}
    heading = 0.19 * max(len(lines) for lines in names.values()) + 0.16 * max(map(len, said.values()), default=0) + 0.08
    rows = math.ceil(len(order) / columns)
    plot = 2.4 if rows == 1 else 1.65 if rows == 2 else 1.25 if rows == 3 else 1.0
    label = style.wrap(ylabel + (_LOG_NOTE if log else ""), page_width, 10.5)
    above, below = 0.19 * len(label) + 0.04, key.height(listed, page_width) + 0.05
    row_height = heading + plot + 0.3
    page = style.sheet(above + rows * row_height + below, title=title, footer=footer, subtitle=subtitle)
    _text_above(page, label)
    for place, name in enumerate(order):
        row, column = divmod(place, columns)
        y = page.height - above - (row + 1) * row_height + 0.3
        axes = page.axes(gutter + column * cell, y, wide, plot)
        under = said.get(name, [])
        axes.set_title(
            "\n".join(names[name]), size=10.5, weight="bold", loc="left", pad=4 + 11.5 * len(under), linespacing=1.1
        )
        axes.annotate("\n".join(under), (0, 1), xytext=(0, 4), xycoords="axes fraction", textcoords="offset points",
                      size=9, color=style.MUTED, va="bottom", linespacing=1.1)  # fmt: skip
        rows_here = found[found[panel] == name]
        if rows_here.empty:
            style.mark_unknown(axes, "no figure found", size=10)
            if column or own_scale or not len(found):
                continue
            # The row still needs its scale at the left.
            axes = page.axes(gutter, y, wide, plot)
            axes.patch.set_visible(False)
            axes.spines[:].set_visible(False)
            marks.amount_axis(axes, top, log=log, size=9.5)
            axes.grid(False)
            axes.set_xticks([])
            continue
        marks.amount_axis(axes, marks.highest(rows_here) if own_scale else top, log=log, size=9.5)
        marks.years_axis(axes, first, last, wide, size=9.5, short=True)
        marks.draw(axes, rows_here, colours, size=5 if columns < 4 else 4.2)
        if column and not own_scale:
            axes.tick_params(axis="y", labelleft=False)
    key.draw(page, listed, x=0, top=below - 0.05, width=page_width)
    return page.figure


def by_category(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    ylabel: str,
    log: bool = False,
    categories: Sequence[str] | None = None,
    columns: int | None = None,
    subtitle: str = "",
) -> Figure:
    """One small panel a category (form of exploitation, sex and age ...), over the years, on the same scale.

    Parameters
    ----------
    table : category, year (whole), low, high, value_qualifier; optional: series.
    categories : the categories in their order; one without a row says "no figure found".
    """
    drawn = table
    if len(table):
        style.require(table, ("category", "year", "low", "high", "value_qualifier"))
        drawn = table.assign(x=table["year"].astype(float) + 0.5)
        drawn["series"] = table["series"] if "series" in table.columns else ""
    return small_multiples(
        drawn,
        panel="category",
        panels=categories,
        columns=columns,
        title=title,
        footer=footer,
        ylabel=ylabel,
        log=log,
        subtitle=subtitle,
    )


def _single(
    table: pd.DataFrame,
    fitted: pd.DataFrame | None,
    title: str,
    footer: style.Footer,
    ylabel: str,
    log: bool,
    subtitle: str,
    interval_label: str,
    text: str,
    fit_label: str | None,
) -> Figure:
    drawn = marks.prepare(table)
    if drawn.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    colours = marks.palette(table["series"])
    years = [*drawn["x"], *(fitted["x"] if fitted is not None else [])]
    first, last = marks.span(years)
    covid = marks.in_covid(first, last)
    listed = marks.entries(drawn, colours, interval_label=interval_label, covid=False, series=False)
    top = marks.highest(drawn)
    if fitted is not None:
        listed.append(key.line(fit_label or "", style.VERMILLION, 2.2, dashes="--"))
        top = max(top, float(np.nanmax(np.where(np.isfinite(fitted["high"]), fitted["high"], fitted["fit"]))))
    width = style.WIDTH - 2 * style.MARGIN
    names = {name: "\n".join(style.wrap(name, 1.7, 10.5)) for name in colours if name}
    margin = max([style.text_width(name, 10.5) + 0.3 for name in names.values()], default=0.1)
    gutter = style.text_width(style.number(10 ** math.ceil(math.log10(max(top, 10)))), 10.5) + 0.1
    label = style.wrap(ylabel + (_LOG_NOTE if log else ""), width, 10.5)
    above, below = 0.19 * len(label) + (0.24 if covid else 0.1), key.height(listed, width) + 0.1
    plot = 3.3
    page = style.sheet(above + plot + 0.32 + below, title=title, footer=footer, subtitle=subtitle)
    _text_above(page, label)
    inches = width - gutter - margin
    axes = page.axes(gutter, below + 0.32, inches, plot)
    said = style.wrap(text, inches - 0.3, 11) if text else []
    marks.amount_axis(axes, top, log=log, headroom=min(0.6, (0.21 * len(said) + 0.12) / plot) if said else 0)
    marks.years_axis(axes, first, last, inches)
    if covid:
        middle = (max(marks.COVID[0], first) + min(marks.COVID[1], last + 1)) / 2
        across = axes.get_xaxis_transform()
        axes.text(middle, 1.01, "COVID-19", transform=across, size=9, color=style.MUTED, ha="center", va="bottom")
    if fitted is not None:
        axes.fill_between(
            fitted["x"], fitted["low"], fitted["high"], color=style.VERMILLION, alpha=0.18, lw=0, zorder=1.5
        )
        axes.plot(fitted["x"], fitted["fit"], color=style.VERMILLION, lw=2.2, ls="--", zorder=3)
    marks.draw(axes, drawn, colours, connect=fit_label is None)
    _names_at_the_end(axes, drawn, colours, names, plot)
    if said:
        box = {"facecolor": "white", "edgecolor": style.FAINT, "pad": 4}
        axes.text(
            0.02,
            0.985,
            "\n".join(said),
            transform=axes.transAxes,
            size=11,
            va="top",
            linespacing=1.2,
            bbox=box,
            zorder=6,
            gid="said",
        )
    key.draw(page, listed, x=0, top=below - 0.1, width=width)
    return page.figure


def _text_above(page: style.Sheet, lines: list[str]) -> None:
    tall = 0.19 * len(lines)
    paper = page.canvas(0, page.height - tall, page.width, tall)
    paper.text(0, tall, "\n".join(lines), size=10.5, color=style.INK, va="top", linespacing=1.15)


def _names_at_the_end(
    axes: Axes, drawn: pd.DataFrame, colours: marks.Palette, names: dict[str, str], inches: float
) -> None:
    """Write each series' name to the right of the axes, at the height of its last count, and keep the names apart."""
    to_share = axes.transData + axes.transAxes.inverted()
    wanted = []
    for name in names:
        rows = drawn[(drawn["series"] == name) & drawn["low"].notna()]
        if rows.empty:
            wanted.append((0.5, 1.0, name))
            continue
        end = rows.iloc[-1]
        middle = (end["low"] + end["high"]) / 2 if np.isfinite(end["high"]) else end["low"]
        x, y = to_share.transform((end["x"], middle))
        wanted.append((float(y), float(x), name))
    wanted.sort(key=lambda entry: entry[0])
    heights = [0.18 * (names[name].count("\n") + 1) / inches for _, _, name in wanted]
    middles = spread([y for y, _, _ in wanted], heights)
    for (y, x, name), middle in zip(wanted, middles, strict=True):
        colour, marker = colours[name]
        if x < 1:
            axes.plot(
                [x + 0.012, 1.0, 1.012],
                [y, y if x > 0.9 else middle, middle],
                transform=axes.transAxes,
                color=colour,
                lw=0.6,
                alpha=0.7,
                clip_on=False,
                zorder=1,
            )
        axes.plot([1.022], [middle], transform=axes.transAxes, marker=marker, ms=6, color=colour, clip_on=False)
        axes.annotate(
            names[name],
            (1.022, middle),
            xycoords="axes fraction",
            xytext=(7, 0),
            textcoords="offset points",
            size=10.5,
            color=style.readable(colour),
            va="center",
            linespacing=1.1,
            annotation_clip=False,
        )
