"""Counts beside what their past lets one expect: the expected count, the upper limit as steps, and the alarms."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation, Transform

from analysis.figures import key, marks, style
from bounded.refusal import Refusal
from trends import Aberrations
from trends.aberrations import FEW_KNOWN, QUESTION

MOST_PANELS = 8
# Years of counts that are shown before the first tested period, or ten periods.
_SHOWN_BEFORE = 2
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


def of_aberrations(result: Aberrations, *, title: str, footer: style.Footer) -> Figure:
    """Counts, what was expected, the upper limit as steps, and the alarms; a panel a key.

    Raises
    ------
    ValueError : there are more keys than one figure can show.
    """
    by = list(result.by)
    drawn = result.history.merge(result.table.drop(columns=["low", "high"]), on=[*by, "period"], how="left")
    drawn["panel"] = drawn[by].astype(str).agg(", ".join, axis=1) if by else ""
    drawn["tested"] = drawn["alarm"].notna()
    drawn[["alarm", "possible"]] = drawn[["alarm", "possible"]].fillna(False).astype(bool)
    begin = result.history["x"].to_numpy()
    step = float(np.diff(np.unique(begin)).min()) if len(begin) > 1 else 1.0
    shown = drawn.loc[drawn["tested"], "x"].min() - max(_SHOWN_BEFORE * result.frequency, FEW_KNOWN) * step
    return aberrations(
        drawn[drawn["x"] >= shown],
        title=title,
        subtitle=QUESTION,
        footer=footer,
        level=result.alpha,
        step=step,
        calendar=result.calendar,
    )
