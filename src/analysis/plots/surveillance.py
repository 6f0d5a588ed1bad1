"""Aberrations, nowcasts and level breaks as figures over time.

Counts beside what their past lets one expect: the expected count, the upper limit as steps, and the alarms.

A figure of cases by the period of their event: bars of those reported, hatched above them those not reported yet.

A figure of the levels of a series: what was observed, the level of each stretch, and how sure each break is.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation, Transform
from numpy.typing import NDArray

from analysis.plots import key, marks, style
from analysis.plots.levels import TEXT
from bounded.refusal import Refusal

MOST_PANELS = 8
# Years of counts that are shown before the first tested period, or ten periods.
_COLUMNS = ("panel", "x", "low", "high", "expected_low", "expected_high", "upper", "alarm", "possible", "tested")
_HEIGHTS = {1: 3.0, 2: 1.9, 3: 1.5}  # inches of a panel, by their number
_EARLIER = style.STONE


@style.seen_as(
    "Bars of the counts by period, with the expected and the upper limit as lines, and a mark where it is passed."
)
@style.styled
def aberrations(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    level: float,
    step: float,
    calendar: bool,
    ylabel: str = "persons a period",
    subtitle: str = "",
) -> Figure:
    """Counts over time with their upper limits, one panel a series, each on a scale of its own.

    Parameters
    ----------
    table : one row a series and period, without gaps: panel; x, where the period begins (calendar year with decimals,
        or the period's number); low, high (equal if exact; `high` may be infinite; both missing where not known);
        expected_low, expected_high, upper (persons; missing where there is no limit); alarm, possible, tested (bool).
    level : chance of a count above the limit where nothing has changed.
    step : width of a period on the scale of `x`.
    calendar : whether `x` are calendar years.
    ylabel : what is counted, with its unit.

    Raises
    ------
    ValueError : a column is missing, or there are more panels than can be told apart.
    """
    style.require(table, _COLUMNS)
    panels = list(dict.fromkeys(table["panel"].astype(str)))
    if len(panels) > MOST_PANELS:
        raise Refusal(
            "too_many_series",
            f"{len(panels)} series do not fit into one figure (at most {MOST_PANELS}): choose those with an alarm.",
        )
    if not table["tested"].any():
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text="no period was tested")
    width = style.WIDTH - 2 * style.MARGIN
    first, last = float(table["x"].min()), float(table["x"].max()) + step
    covid = calendar and marks.in_covid(math.floor(first), math.ceil(last) - 1)
    listed = _key(table, level, covid)
    below = key.height(listed, width) + 0.1
    tops = {panel: _highest(table[table["panel"].astype(str) == panel]) for panel in panels}
    gutter = max(style.text_width(style.number(10 ** math.ceil(math.log10(top))), 10.5) for top in tops.values()) + 0.1
    plot = _HEIGHTS.get(len(panels), 1.15)
    row = plot + (0.34 if panels == [""] else 0.6)
    label = style.wrap(ylabel, width, 10.5)
    above = 0.19 * len(label) + 0.1
    page = style.sheet(above + row * len(panels) + below, title=title, footer=footer, subtitle=subtitle)
    head = page.canvas(0, page.height - above, width, above)
    head.text(0, above, "\n".join(label), size=10.5, color=style.INK, va="top", linespacing=1.15)
    inches = width - gutter - 0.1
    for place, panel in enumerate(panels):
        axes = page.axes(gutter, page.height - above - (place + 1) * row + 0.32, inches, plot)
        if panel:
            name = style.wrap(panel, inches, 10.5, bold=True)[0]
            axes.set_title(name, size=10.5, weight="bold", loc="left", pad=4)
        marks.amount_axis(axes, tops[panel], log=False)
        if calendar:
            marks.years_axis(axes, math.floor(first), math.ceil(last) - 1, inches)
        else:
            _numbers_axis(axes, first, last)
        _draw(axes, table[table["panel"].astype(str) == panel].sort_values("x"), step, tops[panel])
    key.draw(page, listed, x=0, top=below - 0.1, width=width)
    return page.figure


def _highest(rows: pd.DataFrame) -> float:
    """The highest amount of a panel, with room for the mark of an alarm above it."""
    values = rows[["low", "high", "upper", "expected_high"]].to_numpy(dtype=float)
    return 1.12 * max(float(values[np.isfinite(values)].max(initial=0)), 3.0)


def _numbers_axis(axes: Axes, first: float, last: float) -> None:
    axes.set_xlim(first, last)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.tick_params(axis="x", labelsize=10.5, color=style.CONTEXT)


def _draw(axes: Axes, rows: pd.DataFrame, step: float, top: float) -> None:
    x = rows["x"].to_numpy(dtype=float)
    edges = np.append(x, x[-1] + step)
    low, high = rows["low"].to_numpy(dtype=float), rows["high"].to_numpy(dtype=float)
    tested = rows["tested"].to_numpy(dtype=bool)
    for which, colour in ((tested, style.SKY), (~tested, _EARLIER)):
        axes.stairs(np.where(which, low, np.nan), edges, fill=True, color=colour, lw=0, zorder=2)
    between = high > low
    for place in np.flatnonzero(between):
        axes.bar(x[place], min(high[place], 2 * top) - low[place], step, bottom=low[place], align="edge", lw=0,
                 facecolor="white", edgecolor=style.MUTED, hatch=style.CENSORED, zorder=2)  # fmt: skip
    for place in np.flatnonzero(np.isnan(low)):
        axes.axvspan(x[place], x[place] + step, facecolor="none", edgecolor=style.FAINT, hatch=style.UNKNOWN, lw=0,
                     zorder=1)  # fmt: skip
    expected = [rows[f"expected_{end}"].to_numpy(dtype=float) for end in ("low", "high")]
    for values in expected if between.any() else expected[:1]:
        axes.stairs(values, edges, baseline=None, color=style.INK, lw=1.3, ls="--", zorder=4)
    axes.stairs(rows["upper"].to_numpy(dtype=float), edges, baseline=None, color=style.VERMILLION, lw=1.9, zorder=5)
    alarm, possible = (rows[name].to_numpy(dtype=bool) for name in ("alarm", "possible"))
    for which, face in ((alarm, style.VERMILLION), (possible & ~alarm, "white")):
        height = np.where(np.isfinite(high), high, top)[which]
        axes.plot(x[which] + step / 2, height, "v", ms=9, mfc=face, mec=style.VERMILLION, mew=1.5, zorder=6,
                  clip_on=False, transform=axes.transData + _lifted(axes))  # fmt: skip


def _lifted(axes: Axes) -> Transform:
    """Seven points upwards, so that a mark's tip stands on its bar."""
    return ScaledTranslation(0, 7 / 72, axes.figure.dpi_scale_trans)


def _key(table: pd.DataFrame, level: float, covid: bool) -> list[key.Entry]:
    listed = [key.patch("count", style.SKY, style.SKY)]
    if not table["tested"].all():
        listed.append(key.patch("count, not tested", _EARLIER, _EARLIER))
    if (table["high"] > table["low"]).any():
        listed.append(key.patch("known only between bounds", edgecolor=style.MUTED, hatch=style.CENSORED))
    if table["low"].isna().any():
        listed.append(key.patch("count not known", edgecolor=style.CONTEXT, hatch=style.UNKNOWN))
    listed.append(key.line("expected", style.INK, 1.3, dashes="--"))
    listed.append(key.line(f"upper limit, passed by chance {100 * level:g}% of the time", style.VERMILLION, 1.9))
    if (table["tested"] & table["upper"].isna()).any():
        listed.append(key.Entry("no limit: too few events for an alarm"))
    if table["alarm"].any():
        listed.append(key.dot("alarm", style.VERMILLION, "v"))
    if (table["possible"] & ~table["alarm"]).any():
        listed.append(key.dot("possible alarm", style.VERMILLION, "v", filled=False))
    return listed + ([key.patch("COVID-19 years", marks.COVID_COLOUR, marks.COVID_COLOUR)] if covid else [])


Floats = NDArray[np.float64]

# Hatchings of their own, unlike those of what is unknown or suppressed.
NOT_YET, INCOMPLETE = "\\\\\\\\", "...."
DOTS = style.BORDER
COVID = ("2020", "2021")
_PLOT = 3.3  # inches


@style.seen_as("Bars of what was reported by period, with what is still on its way hatched on top, and its interval.")
@style.styled
def nowcast(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    ylabel: str,
    confidence: float = 0.95,
    subtitle: str = "",
) -> Figure:
    """Bars of the cases reported, those not yet reported hatched above them, limits of both; incomplete periods dotted.

    Parameters
    ----------
    table : one row a period, in order and without gaps: period (a text or what prints as one), observed, estimate, low,
        high (cases, reported or not; missing where there is no estimate; high may be infinite), complete (bool).
    ylabel : what is counted, with its unit of time.
    confidence : level of the limits.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text="no reports")
    style.require(table, ("period", "observed", "estimate", "low", "high", "complete"))
    columns = ("observed", "estimate", "low", "high")
    observed, estimate, low, high = (table[column].to_numpy(dtype=float) for column in columns)
    x = np.arange(len(table))
    ends = np.concatenate([observed, estimate, high])
    top = float(ends[np.isfinite(ends)].max())
    open_ = ~table["complete"].to_numpy(dtype=bool)
    width = style.WIDTH - 2 * style.MARGIN
    listed = _listed(observed, estimate, low, high, open_, confidence)
    covid = np.array([str(period)[:4] in COVID for period in table["period"]])
    if covid.any():
        listed.append(key.patch("COVID-19 years", marks.COVID_COLOUR, marks.COVID_COLOUR))
    label = style.wrap(ylabel, width, 10.5)
    above, below = 0.19 * len(label) + 0.1, key.height(listed, width) + 0.1
    gutter = style.text_width(style.number(10 ** math.ceil(math.log10(max(top, 10)))), 10.5) + 0.1
    page = style.sheet(above + _PLOT + 0.32 + below, title=title, footer=footer, subtitle=subtitle)
    paper = page.canvas(0, page.height - above, width, above)
    paper.text(0, above, "\n".join(label), size=10.5, color=style.INK, va="top", linespacing=1.15)
    # The last name stands below the middle of its bar, and needs half its width beyond.
    inches = width - gutter - max(style.text_width(str(period), 10) for period in table["period"]) / 2
    axes = page.axes(gutter, below + 0.32, inches, _PLOT)
    marks.amount_axis(axes, top, log=False)
    _names(axes, table["period"], inches)
    for place in x[covid]:
        axes.axvspan(place - 0.5, place + 0.5, color=marks.COVID_COLOUR, lw=0, zorder=0)
    for place in x[open_]:
        axes.axvspan(place - 0.5, place + 0.5, facecolor="none", edgecolor=DOTS, hatch=INCOMPLETE, lw=0, zorder=0.5)
    bar = min(0.78, 0.9 * len(x) / inches)
    axes.bar(x, observed, bar, color=style.BLUE, lw=0, zorder=2)
    more = np.nan_to_num(estimate - observed)
    axes.bar(x[more > 0], more[more > 0], bar, bottom=observed[more > 0], facecolor="white", edgecolor=style.BLUE,
             hatch=NOT_YET, lw=0.8, zorder=2)  # fmt: skip
    wide = high > low
    reach = np.where(np.isfinite(high), high, axes.get_ylim()[1])
    axes.vlines(x[wide], low[wide], reach[wide], color=style.INK, lw=1.4, zorder=4)
    for place in x[~np.isfinite(estimate)]:
        axes.axvspan(place - 0.2, place + 0.2, facecolor="none", edgecolor=style.CONTEXT, hatch=style.UNKNOWN, lw=0)
    key.draw(page, listed, x=0, top=below - 0.1, width=width)
    return page.figure


def _names(axes: Axes, periods: pd.Series, inches: float) -> None:
    """Name as many periods as there is room for, counted back from the last."""
    names = [str(period) for period in periods]
    room = max(style.text_width(name, 10) for name in names) + 0.15
    stride = max(1, math.ceil(room * len(names) / inches))
    shown = [place for place in range(len(names)) if (len(names) - 1 - place) % stride == 0]
    axes.set(xlim=(-0.5, len(names) - 0.5), xticks=shown)
    axes.set_xticklabels([names[place] for place in shown], size=10)
    axes.tick_params(axis="x", length=3, color=style.CONTEXT)


def _listed(
    observed: Floats, estimate: Floats, low: Floats, high: Floats, open_: NDArray[np.bool_], confidence: float
) -> list[key.Entry]:
    listed = [key.patch("reported", style.BLUE, style.BLUE)]
    if (estimate > observed).any():
        listed.append(key.patch("not yet reported (median)", edgecolor=style.BLUE, hatch=NOT_YET))
    if (high > low).any():
        listed.append(key.line(f"{100 * confidence:g}% interval of all cases", style.INK, 1.4, upright=True))
    if open_.any():
        listed.append(key.patch("incomplete period", edgecolor=DOTS, hatch=INCOMPLETE))
    if not np.isfinite(estimate).all():
        listed.append(key.patch("no estimate", edgecolor=style.CONTEXT, hatch=style.UNKNOWN))
    return listed


# inches
_STRIP = 0.3  # inches above the plot for the intervals of the breaks


@style.seen_as(
    "Dots of the counts or rates by year, with a level line before and after the break, and an interval of its year."
)
@style.styled
def level_breaks(
    observed: pd.DataFrame,
    levels: pd.DataFrame,
    breaks: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    ylabel: str,
    confidence: float = 0.95,
    subtitle: str = "",
) -> Figure:
    """Observed points, each level as a step with its interval, and above them the interval of each break.

    Parameters
    ----------
    observed : period (a year, or any number), value.
    levels : start, end (periods), mean, low, high, in the unit of `ylabel`.
    breaks : period (the last one before the break), low, high (periods; missing where there is no interval).
    ylabel : what is counted, with its unit.
    confidence : level of the intervals.
    """
    if observed.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(observed, ("period", "value"))
    style.require(levels, ("start", "end", "mean", "low", "high"))
    style.require(breaks, ("period", "low", "high"))
    period, value = (observed[column].to_numpy(dtype=float) for column in ("period", "value"))
    middle, half = _slots(period)
    first, last = marks.span([*(period + middle - half), *(period + middle)])
    covid = marks.in_covid(first, last)
    lowest = min(0.0, value.min(), levels["low"].min() if levels["low"].min() < 0 > value.min() else 0.0)
    top = max(value.max(), levels["high"].max())

    width = style.WIDTH - 2 * style.MARGIN
    listed = _listed_breaks(breaks, confidence, covid)
    label = style.wrap(ylabel, width, TEXT)
    gutter = max(style.text_width(style.number(end), TEXT) for end in (lowest, 10 ** np.ceil(np.log10(max(top, 10)))))
    above, below = 0.19 * len(label) + 0.06, key.height(listed, width) + 0.1
    strip = _STRIP if len(breaks) else 0.0
    page = style.sheet(above + strip + _PLOT + 0.32 + below, title=title, footer=footer, subtitle=subtitle)
    paper = page.canvas(0, page.height - above, page.width, above)
    paper.text(0, above, "\n".join(label), size=TEXT, color=style.INK, va="top", linespacing=1.15)
    left = gutter + 0.14
    inches = width - left - 0.1
    axes = page.axes(left, below + 0.32, inches, _PLOT)
    marks.amount_axis(axes, top, log=False)
    if lowest < 0:
        axes.set_ylim(bottom=1.08 * lowest)
    marks.years_axis(axes, first, last, inches)
    for row in levels.to_dict("records"):
        _level(axes, row, middle, half)
    axes.plot(period + middle, value, marker="o", ms=6, color=style.BLUE, ls="none", zorder=5, clip_on=False)
    for row in breaks.to_dict("records"):
        _break(axes, row, middle + half, strip / _PLOT)
    key.draw(page, listed, x=0, top=below - 0.1, width=width)
    return page.figure


def _slots(period: np.ndarray) -> tuple[float, float]:
    """How far after its beginning a period is drawn, which is its middle, and half of its width."""
    if (period == np.floor(period)).all():
        return 0.5, 0.5
    half = float(np.diff(period).min()) / 2 if len(period) > 1 else 0.5
    return half, half


def _level(axes: Axes, row: dict, middle: float, half: float) -> None:
    ends = [row["start"] + middle - half, row["end"] + middle + half]
    if np.isfinite(row["low"]):
        axes.fill_between(ends, row["low"], row["high"], color=style.VERMILLION, alpha=0.18, lw=0, zorder=1.5)
    axes.plot(ends, [row["mean"]] * 2, color=style.VERMILLION, lw=2.4, zorder=3)


def _break(axes: Axes, row: dict, after: float, strip: float) -> None:
    """A line down the plot after the last period of the old level, and the interval in the strip above it."""
    across = axes.get_xaxis_transform()
    height = 1 + 0.5 * strip
    place = row["period"] + after
    axes.plot([place, place], [0, height], transform=across, color=style.INK, lw=1.1, ls="--", zorder=2, clip_on=False)
    axes.plot(place, height, "D", transform=across, color=style.INK, ms=5.5, zorder=6, clip_on=False)
    if np.isfinite(row["low"]):
        ends = [row["low"] + after, min(row["high"] + after, axes.get_xlim()[1])]
        axes.plot(ends, [height, height], transform=across, color=style.INK, lw=2, zorder=5, clip_on=False)
        axes.plot(ends, [height, height], transform=across, color=style.INK, marker="|", ms=8, ls="none", clip_on=False)


def _listed_breaks(breaks: pd.DataFrame, confidence: float, covid: bool) -> list[key.Entry]:
    listed = [
        key.dot("observed", style.BLUE),
        key.line("level", style.VERMILLION, 2.4),
        key.patch(f"{100 * confidence:g}% interval of the level", style.VERMILLION, "none", alpha=0.25),
    ]
    if len(breaks):
        listed.append(key.dot("break", style.INK, "D"))
    if breaks["low"].notna().any():
        listed.append(key.line(f"{100 * confidence:g}% interval of the break", style.INK, 2))
    return listed + ([key.patch("COVID-19 years", marks.COVID_COLOUR, marks.COVID_COLOUR)] if covid else [])
