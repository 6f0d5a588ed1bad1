"""One series with its joinpoint fit as it is drawn in a panel: the broken line, the turns, and what the key says.

Joinpoint fits side by side, one small panel an area, each with its turns and its latest change in words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from analysis.plots import key, marks, style
from analysis.plots.style import Canvas
from bounded.refusal import Refusal

FITTED = ("x", "fit", "low", "high")
SEGMENTS = ("start", "end", "apc", "low", "high", "significant")
JOINPOINTS = ("x", "low", "high")
LANE = 0.15  # inches of a row of joinpoints' intervals
_FIT = style.VERMILLION


@dataclass(frozen=True, eq=False)
class Turns:
    """What one panel shows; every table is checked, may be empty, and is in the order of time."""

    observed: pd.DataFrame
    fitted: pd.DataFrame
    segments: pd.DataFrame
    joinpoints: pd.DataFrame
    incomplete: tuple[float, ...]
    jumps: tuple[float, ...]

    @property
    def span(self) -> tuple[int, int]:
        """First and last year to show."""
        return marks.span([*self.observed["x"], *self.fitted["x"]])


def read(
    observed: pd.DataFrame,
    fitted: pd.DataFrame | None,
    segments: pd.DataFrame | None,
    joinpoints: pd.DataFrame | None,
    *,
    incomplete: Sequence[float] | None = None,
    jump: float | Sequence[float] | None = None,
) -> Turns:
    """The tables of one series, checked."""
    if len(observed) and "series" not in observed:
        observed = observed.assign(series="")
    drawn = marks.prepare(observed)
    if drawn["series"].nunique() > 1:
        raise Refusal(
            "more_than_one_series",
            f"A joinpoint fit is drawn with the one series it was fitted to, and the table holds "
            f"{', '.join(drawn['series'].unique())}: draw them as panels.",
        )
    parts = _numbers(segments, SEGMENTS, ("apc_low", "apc_high", "refused"), "start")
    parts["significant"] = parts["significant"].fillna(0).astype(bool)
    return Turns(
        drawn,
        _numbers(fitted, FITTED, ("piece", "fit_low", "fit_high"), "x"),
        parts,
        _numbers(joinpoints, JOINPOINTS, (), "x"),
        tuple(incomplete if incomplete is not None else ()),
        tuple(np.atleast_1d(jump).tolist()) if jump is not None else (),
    )


def _numbers(table: pd.DataFrame | None, needed: Sequence[str], optional: Sequence[str], order: str) -> pd.DataFrame:
    if table is None or not len(table):
        return pd.DataFrame({column: pd.Series(dtype=float) for column in (*needed, *optional)})
    style.require(table, needed)
    found = {column: table.get(column, np.nan) for column in (*needed, *optional)}
    return pd.DataFrame(found, index=table.index).astype(float).sort_values(order, ignore_index=True, kind="stable")


# Words


def percent(value: float) -> str:
    """A change in percent with its sign; without decimals where it is large."""
    if not math.isfinite(value):
        return "not known" if math.isnan(value) else "+∞" if value > 0 else "−∞"
    text = f"{value:+,.0f}" if abs(value) >= 100 else f"{value:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")


def change(row: dict) -> str:
    """The change of a segment: "+4.2 %" or its bounds, with an asterisk where it differs from 0; or its refusal."""
    if row.get("refused") == 1:
        return "refused"
    said = percent(row["apc"])
    if math.isnan(row["apc"]) and not math.isnan(row["apc_low"]):
        said = f"{percent(row['apc_low'])} to {percent(row['apc_high'])}"
    return f"{said}{'' if said == 'not known' else ' %'}{'*' if row['significant'] else ''}"


def limits(row: dict) -> str:
    """The interval of a segment's change, or why none is printed."""
    if row.get("refused") == 1:
        return "(limits too wide)"
    if math.isnan(row["low"]) or math.isnan(row["high"]):
        return "(no interval)"
    return f"({percent(row['low'])} to {percent(row['high'])})"


def years(row: dict) -> str:
    """The calendar years at the ends of a segment."""
    first, last = math.floor(row["start"]), math.floor(row["end"])
    return f"{first}–{last}" if last > first else f"{first}"


def numeral(place: int) -> str:
    """A number in a ring, from 0 as 1."""
    return chr(ord("①") + place) if place < 20 else f"({place + 1})"


# Scales


def panel_top(shown: Sequence[Turns]) -> tuple[float, bool]:
    """The highest amount shown, and whether a band is cut there: one that soars would squeeze all else."""
    firm = max(
        [marks.highest(one.observed) for one in shown]
        + [_largest(one.fitted[["fit", "fit_high"]].max(axis=1)) for one in shown]
    )
    bands = max(_largest(one.fitted["high"]) for one in shown)
    unbounded = any(np.isposinf(one.fitted["high"]).any() for one in shown)
    limit = 1.6 * firm
    return max(firm, min(bands, limit)), unbounded or bands > limit


def linear_below(shown: Sequence[Turns], steps: Sequence[int] = (1, 2, 5)) -> float:
    """The round number where a logarithmic scale begins: at or below the smallest amount above 0 that was observed."""
    amounts = np.concatenate([one.observed[["low", "high"]].to_numpy().ravel() for one in shown])
    amounts = amounts[np.isfinite(amounts) & (amounts > 0)]
    if not len(amounts):
        return 1.0
    power = 10.0 ** math.floor(math.log10(amounts.min()) + 1e-9)
    return max(step * power for step in steps if step * power <= amounts.min() * (1 + 1e-9))


def log_note(log: bool, first: float) -> str:
    return f" (logarithmic above {style.number(first)})" if log else ""


def panel_gutter(top: float, first: float | None, size: float) -> float:
    """Inches that the numbers of an axis of amounts need; `first` is where a logarithmic one begins."""
    shown = [10.0 ** math.ceil(math.log10(max(top, 10)))]
    if top > 0:
        shown.append(10.0 ** math.floor(math.log10(top)) / 2)
    shown += [first, 3 * first] if first else []
    return max(style.text_width(style.number(value), size) for value in shown) + 0.1


def amounts_and_years(
    axes: Axes,
    series: Turns,
    top: float,
    first: int,
    last: int,
    inches: float,
    *,
    linear_below: float | None,
    size: float = 10.5,
    short: bool = False,
) -> None:
    """The two axes of a panel so many inches wide, and its hatched periods."""
    marks.amount_axis(axes, top, log=linear_below is not None, size=size, linear_below=linear_below or 1.0)
    marks.years_axis(axes, first, last, inches, size=size, short=short)
    steps = np.diff(np.unique(series.observed["x"]))
    marks.incomplete(axes, series.incomplete, float(steps.min()) if len(steps) else 1.0)


def in_covid(series: Turns) -> bool:
    return marks.in_covid(*series.span)


def _largest(values: pd.Series) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.max()) if len(finite) else 0.0


# Marks


def lane_height(shown: Sequence[Turns]) -> float:
    """Inches above the axes that the joinpoints' intervals take."""
    rows = max((max(_lanes(one.joinpoints), default=-1) + 1 for one in shown), default=0)
    return rows * LANE + (0.03 if rows else 0)


def draw(axes: Axes, series: Turns, plot: float, *, size: float = 6.5, lanes: float = 0.0) -> None:
    """Draw a series and its fit in axes `plot` inches high whose scales are set; the turns `lanes` inches above."""
    _draw_fit(axes, series.fitted)
    _draw_joinpoints(axes, series.joinpoints, plot, lanes)
    for jump in series.jumps:
        axes.axvline(jump, color=style.PURPLE, lw=1.6, ls=":", zorder=1.6)
    observed = series.observed
    inside = observed["x"].map(lambda x: any(abs(x - place) < 1e-6 for place in series.incomplete)).astype(bool)
    # An open mark, as that of an approximate count: neither is the last word.
    observed = observed.assign(mark=observed["mark"].mask(inside & (observed["mark"] == "exact"), "approx"))
    marks.draw(axes, observed, _look(observed), size=size if len(observed) <= 24 else 0.75 * size, connect=False)


def _look(observed: pd.DataFrame) -> marks.Palette:
    return marks.palette(observed["series"])


def _open(fitted: pd.DataFrame) -> pd.Series:
    """Where the fit is known between bounds only."""
    return fitted["fit_high"] > fitted["fit_low"]


def _draw_fit(axes: Axes, fitted: pd.DataFrame) -> None:
    pieces = fitted["piece"].ffill().fillna(0)
    for _, piece in fitted.groupby(pieces, sort=False):
        high = np.minimum(piece["high"], axes.get_ylim()[1] * 2)
        axes.fill_between(piece["x"], piece["low"], high, color=_FIT, alpha=0.18, lw=0, zorder=1.5)
        axes.fill_between(piece["x"], piece["fit_low"], piece["fit_high"], color=_FIT, alpha=0.4, lw=0, zorder=1.6)
        axes.add_artist(Line2D(piece["x"].to_numpy(), piece["fit"].to_numpy(), color=_FIT, lw=2.2, zorder=3))


def _lanes(joinpoints: pd.DataFrame) -> list[int]:
    """A row for each joinpoint, so that no interval touches another."""
    free: list[float] = []
    found = []
    for row in joinpoints.to_dict("records"):
        low, high = np.fmin(row["low"], row["x"]), np.fmax(row["high"], row["x"])
        lane = next((place for place, end in enumerate(free) if low - end > 0.3), len(free))
        free[lane : lane + 1] = [high]
        found.append(lane)
    return found


def _draw_joinpoints(axes: Axes, joinpoints: pd.DataFrame, plot: float, lanes: float) -> None:
    across = axes.get_xaxis_transform()
    first, last = axes.get_xlim()
    rules: dict = {"transform": across, "color": style.INK, "clip_on": False}
    for row, lane in zip(joinpoints.to_dict("records"), _lanes(joinpoints), strict=True):
        y = 1 + (lanes + 0.03 + (lane + 0.5) * LANE) / plot
        axes.add_artist(Line2D([row["x"]] * 2, [0, 1], **rules | {"color": style.MUTED}, lw=1, zorder=1.7))
        # Thinner on its way up, where it may cross the interval of another.
        axes.add_artist(Line2D([row["x"]] * 2, [1, y], **rules | {"color": style.CONTEXT}, lw=0.7, zorder=1.7))
        if row["low"] <= row["high"]:
            axes.add_artist(Line2D([max(row["low"], first), min(row["high"], last)], [y, y], lw=1.6, zorder=4, **rules))
            # An interval without an end within the years shown has no mark there.
            ends = [end for end in (row["low"], row["high"]) if first <= end <= last]
            axes.add_artist(Line2D(ends, [y] * len(ends), ls="none", marker="|", ms=7, mew=1.6, zorder=4, **rules))
        axes.add_artist(Line2D([row["x"]], [y], marker="D", ms=4.5, ls="none", zorder=5, **rules))


def bar(row: dict) -> dict:
    """How the bar of a segment is filled: full where its change differs from 0."""
    return {"facecolor": _FIT if row["significant"] else "white", "edgecolor": _FIT, "lw": 1.2}


def entries(
    shown: Sequence[Turns], *, interval_label: str, confidence: float, cut: bool, covid: bool
) -> list[key.Entry]:
    """Entries of the key for what the panels hold."""
    observed = pd.concat([one.observed for one in shown], ignore_index=True)
    level = f"{100 * confidence:g}%"
    segments = pd.concat([one.segments for one in shown])["significant"].astype(bool)
    listed = [] if any(observed["series"]) else [key.dot("observed", style.BLUE)]
    listed += marks.entries(
        observed, _look(observed), interval_label=interval_label, covid=False, series=any(observed["series"])
    )
    if any(len(one.fitted) for one in shown):
        banded = any(one.fitted["high"].notna().any() for one in shown)
        said = f"fit and its {level} band{', cut at the top' if cut else ''}" if banded else "fit"
        listed.append(_fit(said, banded))
        if any(_open(one.fitted).any() for one in shown):
            listed.append(key.patch("bounds of the fit", _FIT, "none", alpha=0.5))
    if any(len(one.joinpoints) for one in shown):
        known = any(one.joinpoints["low"].notna().any() for one in shown)
        listed.append(_joinpoint(f"joinpoint with its {level} interval" if known else "joinpoint", known))
    if segments.any():
        listed.append(key.patch("* change differs from 0", **_edged(bar({"significant": True}))))
    if (~segments).any():
        listed.append(key.patch("change may be 0", **_edged(bar({"significant": False}))))
    if any(one.jumps for one in shown):
        listed.append(key.line("the way of counting changed", style.PURPLE, 1.6, upright=True, dashes=":"))
    if any(one.incomplete for one in shown):
        listed.append(_incomplete("period not yet complete"))
    return listed + ([key.patch("COVID-19 years", marks.COVID_COLOUR, marks.COVID_COLOUR)] if covid else [])


def _edged(rules: dict) -> dict:
    return {name: value for name, value in rules.items() if name != "lw"}


def _fit(text: str, band: bool) -> key.Entry:
    def draw(paper: Canvas, x: float, y: float) -> None:
        if band:
            paper.add(Rectangle((x, y - 0.08), 0.26, 0.16, facecolor=_FIT, alpha=0.25, lw=0))
        paper.plot([x, x + 0.26], [y, y], color=_FIT, lw=2.2)

    return key.Entry(text, draw)


def _joinpoint(text: str, interval: bool) -> key.Entry:
    def draw(paper: Canvas, x: float, y: float) -> None:
        paper.plot([x + 0.13] * 2, [y - 0.09, y + 0.02], color=style.MUTED, lw=1)
        if interval:
            paper.plot([x + 0.02, x + 0.24], [y + 0.02] * 2, color=style.INK, lw=1.6, marker="|", ms=6, mew=1.6)
        paper.plot([x + 0.13], [y + 0.02], color=style.INK, marker="D", ms=4.5, ls="none")

    return key.Entry(text, draw)


def _incomplete(text: str) -> key.Entry:
    def draw(paper: Canvas, x: float, y: float) -> None:
        rules: dict = {"facecolor": "white", "edgecolor": style.CONTEXT, "hatch": marks.INCOMPLETE, "lw": 0}
        paper.add(Rectangle((x, y - 0.09), 0.26, 0.18, **rules))
        paper.plot([x + 0.13], [y], marker="o", ms=6, mfc="white", mec=style.BLUE, mew=1.4, ls="none")

    return key.Entry(text, draw)


_SIZE = 9.5  # points
_BAR, _YEARS = 0.075, 0.34  # inches of a segment's bar, and of the years below a panel


@style.seen_as("Small panels over the years with dots of the rates, a fitted line that may bend, and its band.")
@style.styled
def joinpoint_panels(
    observed: pd.DataFrame,
    fitted: pd.DataFrame | None,
    segments: pd.DataFrame | None,
    joinpoints: pd.DataFrame | None,
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
    refused: Mapping[str, str] | None = None,
    jump: Mapping[str, float | Sequence[float]] | None = None,
    incomplete: Mapping[str, Sequence[float]] | None = None,
    subtitle: str = "",
    interval_label: str = "95% interval",
    confidence: float = 0.95,
) -> Figure:
    """One panel an area, as `joinpoints` draws it, with the number of turns and the latest change in words.

    Parameters
    ----------
    observed, fitted, segments, joinpoints : as in `joinpoints`, each with the column named by `panel`.
    panels : the panels in their order; one without an observation says "no figure found". Default: order of appearance.
    columns : panels side by side; by default 1 to 3.
    own_scale : each panel has a scale of its own; by default all share one.
    notes : panel -> a further text below its name, for example the average change over all years.
    refused : panel -> why there is no fit, in a few words; the panel shows what was observed.
    jump, incomplete : panel -> as in `joinpoints`.

    Raises
    ------
    ValueError : a column is missing, or a panel holds more than one series.
    """
    if len(observed):
        style.require(observed, (panel,))
    known = list(dict.fromkeys(observed[panel].astype(str))) if len(observed) else []
    order = [str(name) for name in panels] if panels is not None else known
    if not order:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)

    def part(table: pd.DataFrame | None, name: str) -> pd.DataFrame | None:
        if table is None or not len(table):
            return table
        style.require(table, (panel,))
        return table[table[panel].astype(str) == name].drop(columns=panel)

    shown = {
        name: read(
            observed[:0] if name not in known else observed[observed[panel].astype(str) == name],
            *(None if name in (refused or {}) else part(table, name) for table in (fitted, segments, joinpoints)),
            incomplete=(incomplete or {}).get(name),
            jump=(jump or {}).get(name),
        )
        for name in order
    }
    found = [one for one in shown.values() if len(one.observed)]
    columns = columns or (len(order) if len(order) <= 2 else 2 if len(order) == 4 else 3)
    width = style.WIDTH - 2 * style.MARGIN
    top, cut = panel_top(found) if found else (1.0, False)
    tops = {name: panel_top([one])[0] if own_scale and len(one.observed) else top for name, one in shown.items()}
    begin = {
        name: linear_below([one] if own_scale and len(one.observed) else found, steps=(1,)) if log else None
        for name, one in shown.items()
    }
    gutter = max(panel_gutter(tops[name], begin[name], 9.5) for name in order)
    cell = width / columns if own_scale else (width - gutter) / columns
    wide = cell - 0.16 - (gutter if own_scale else 0)
    first, last = marks.span([x for one in found for x in (*one.observed["x"], *one.fitted["x"])] or [2000, 2001])
    heads = {
        name: _Head(name, shown[name], (refused or {}).get(name), (notes or {}).get(name, ""), wide) for name in order
    }
    bars = _BAR + 0.07 if any(len(one.segments) for one in found) else 0.0
    rows = [order[start : start + columns] for start in range(0, len(order), columns)]
    plot = 2.4 if len(rows) == 1 else 1.65 if len(rows) == 2 else 1.3 if len(rows) == 3 else 1.1
    upper = [
        max(heads[name].height for name in row) + lane_height([shown[name] for name in row]) + bars + 0.02
        for row in rows
    ]
    note = log_note(log, begin[order[0]] or 1.0) if not own_scale else " (logarithmic)" if log else ""
    label = style.wrap(ylabel + note, width, 10.5)
    listed = entries(
        found,
        interval_label=interval_label,
        confidence=confidence,
        cut=cut,
        covid=bool(found) and marks.in_covid(first, last),
    )
    above, below = 0.19 * len(label) + 0.08, key.height(listed, width) + 0.05
    page = style.sheet(
        above + sum(upper) + len(rows) * (plot + _YEARS) + below, title=title, footer=footer, subtitle=subtitle
    )
    paper = page.canvas(0, page.height - above, width, above)
    paper.text(0, above, "\n".join(label), size=10.5, va="top", linespacing=1.15)
    y = page.height - above + _YEARS
    for row, tall in zip(rows, upper, strict=True):
        y -= tall + plot + _YEARS
        for column, name in enumerate(row):
            one = shown[name]
            x = gutter + column * cell
            paper = page.canvas(x, y + plot, wide, tall)
            heads[name].draw(paper)
            if one.observed.empty:
                style.mark_unknown(page.axes(x, y, wide, plot), "no figure found", size=10)
                if column == 0 and not own_scale and found:
                    _scale_alone(page.axes(x, y, wide, plot), top, begin[name])
                continue
            _bars(paper, one, first, last)
            axes = page.axes(x, y, wide, plot)
            amounts_and_years(axes, one, tops[name], first, last, wide, linear_below=begin[name], size=9.5, short=True)
            draw(axes, one, plot, size=5 if columns < 3 else 4.4, lanes=bars)
            if column and not own_scale:
                axes.tick_params(axis="y", labelleft=False)
    key.draw(page, listed, x=0, top=below - 0.05, width=width)
    return page.figure


class _Head:
    """What stands above a panel: its name, how many turns there are, the latest change, and a note."""

    def __init__(self, name: str, series: Turns, refused: str | None, note: str, width: float) -> None:
        room = width - 0.08
        self.name = style.wrap(name, room, 10.5, bold=True)
        said = style.wrap(f"no fit: {refused}", room, _SIZE) if refused else _kept_whole(_in_words(series), room)
        self.words = [*said, *(style.wrap(note, room, _SIZE) if note else [])]
        self.below = 0.19 + 0.165 * (len(self.name) - 1)
        self.height = self.below + 0.16 * len(self.words) + 0.04

    def draw(self, paper: Canvas) -> None:
        paper.text(0, paper.height, "\n".join(self.name), size=10.5, weight="bold", va="top", linespacing=1.1)
        paper.text(0, paper.height - self.below, "\n".join(self.words), size=_SIZE, va="top", linespacing=1.12)


def _in_words(series: Turns) -> list[str]:
    """How often the line turns, and the change of the last segment, in parts that are not to be broken."""
    if series.segments.empty:
        return []
    last = series.segments.to_dict("records")[-1]
    count = len(series.joinpoints)
    many = "no joinpoint" if not count else "1 joinpoint" if count == 1 else f"{count} joinpoints"
    return [f"{many};", f"{years(last)}:", f"{change(last)} a year", limits(last)]


def _kept_whole(parts: list[str], width: float) -> list[str]:
    """Parts in lines, each part on one line."""
    lines: list[str] = []
    for part in parts:
        if lines and style.text_width(f"{lines[-1]} {part}", _SIZE) <= width:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    return lines


def _scale_alone(axes: Axes, top: float, linear_below: float | None) -> None:
    """The scale at the left of a row whose first panel has none."""
    axes.patch.set_visible(False)
    marks.amount_axis(axes, top, log=linear_below is not None, size=9.5, linear_below=linear_below or 1.0)
    axes.spines[:].set_visible(False)
    axes.grid(False)
    axes.set_xticks([])


def _bars(paper: Canvas, series: Turns, first: int, last: int) -> None:
    per_year = paper.width / (last + 1 - first)
    for row in series.segments.to_dict("records"):
        start, end = ((row[side] - first) * per_year for side in ("start", "end"))
        paper.add(Rectangle((start + 0.02, 0.05), max(end - start - 0.04, 0.02), _BAR, **bar(row)))
