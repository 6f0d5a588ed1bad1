"""Dated events from top to bottom, each with its date as exactly as it is known, on the line of who acted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.plots import key, style
from analysis.plots.style import Canvas
from bounded.refusal import Refusal

_SIZE = 10  # points of the texts
_LINE = 0.175  # inches of a line of them
_EVENT = 0.11  # inches around the lines of an event
_YEAR = 0.12  # inches more above the first event of a year
_SILENCE = 0.34  # inches of years without an event
_LANE = 0.21  # inches between two lines
_COLOURS = (style.BLUE, style.ORANGE, style.GREEN, style.VERMILLION, style.PURPLE, style.MUTED)
_UNDATED = "undated"


@dataclass(frozen=True)
class _Event:
    """An event as it is drawn; `year` if it is the first of it, and what is to be said of the years before."""

    year: str
    date: str
    lines: list[str]
    lane: str
    exact: bool  # dated by more than a year
    stressed: bool
    silence: str

    @property
    def above(self) -> float:
        return (_YEAR if self.year else 0.0) + (_SILENCE if self.silence else 0.0)

    @property
    def height(self) -> float:
        return self.above + len(self.lines) * _LINE + _EVENT


@style.seen_as(
    "Events from the earliest down, with a mark in the lane of the body that acted; hatched where none was found."
)
@style.styled
def timeline(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    date_low: str = "date_low",
    date_high: str = "date_high",
    text: str = "event",
    lane: str = "body",
    highlight: str = "highlight",
    lanes: Mapping[str, str] | Sequence[str] | None = None,
    silence: int = 2,
    subtitle: str = "",
) -> Figure:
    """The events in order, below the years; a filled mark where the day or month is known, an open one where the year.

    Years of which the table has no event are not drawn to scale, but named: nothing found does not mean nothing done.

    Parameters
    ----------
    table : one row an event: the columns named by `date_low` and `date_high` (first and last day that its date can
        mean; missing where undated), `text` and `lane` (who acted) and, if it is there, `highlight` (True for an
        event to stress).
    lanes : the lines from left to right, present or not, so that colours and marks are the same from one figure to
        the next: a sequence of lanes, or a mapping from the values of the column `lane` to them, in which "" is for
        all others. By default the values in the order of appearance. At most six.
    silence : as many whole years without an event, or more, are said.

    Raises
    ------
    ValueError : a column is missing, a date ends before it begins or has one end only, there are more than six lanes,
        or one that `lanes` does not list.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(table, (date_low, date_high, text, lane))
    rows = _checked(table, date_low, date_high)
    rows, order = _in_lanes(rows, lane, lanes)
    marks = {name: (colour, marker) for name, colour, marker in zip(order, _COLOURS, style.MARKERS, strict=False)}
    width = style.WIDTH - 2 * style.MARGIN
    dates = [_date(low, high) for low, high in zip(rows["_low"], rows["_high"], strict=True)]
    years = max(style.text_width(year, _SIZE, bold=True) for year in _years(rows))
    left = years + max(style.text_width(date, _SIZE) for date in dates) + 0.28
    start = left + _LANE * len(order) + 0.04
    events = _events(rows.assign(_date=dates), text, highlight, silence, width - start - 0.08)
    tall = sum(event.height for event in events) + 0.08
    listed = _key(events, marks)
    below = key.height(listed, width) + 0.08
    page = style.sheet(tall + below, title=title, footer=footer, subtitle=subtitle)
    paper = page.canvas(0, below, width, tall)
    lines = {name: left + _LANE * (place + 0.5) for place, name in enumerate(order)}
    for x in lines.values():
        paper.plot([x, x], [0, tall], color=style.FAINT, lw=2, zorder=0.5)
    y = tall - 0.04
    for event in events:
        _draw(paper, event, y, marks[event.lane], lines[event.lane], left, start)
        y -= event.height
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _checked(table: pd.DataFrame, date_low: str, date_high: str) -> pd.DataFrame:
    """The events in order of time; what is known to the year only stands before what is known better, undated last."""
    rows = table.assign(_low=pd.to_datetime(table[date_low]), _high=pd.to_datetime(table[date_high]))
    half = rows["_low"].isna() != rows["_high"].isna()
    if half.any():
        raise Refusal(
            "incomplete_date", f"Row {rows.index[half][0]} has one end of a date only: give both days, or neither."
        )
    turned = rows["_high"] < rows["_low"]
    if turned.any():
        raise Refusal(
            "dates_reversed", f"The date of row {rows.index[turned][0]} ends before it begins: exchange its two days."
        )
    order = rows.assign(_width=rows["_low"] - rows["_high"])
    return order.sort_values(["_low", "_width"], kind="stable", ignore_index=True)


def _in_lanes(
    rows: pd.DataFrame, lane: str, lanes: Mapping[str, str] | Sequence[str] | None
) -> tuple[pd.DataFrame, list[str]]:
    """The events with their line, and all lines from left to right. Raises ValueError if an event has none."""
    values = rows[lane].astype(object).where(rows[lane].notna(), "").astype(str)
    named = dict(lanes) if isinstance(lanes, Mapping) else {name: name for name in lanes or dict.fromkeys(values)}
    missing = [value for value in values if value not in named and "" not in named]
    if missing:
        raise Refusal("missing_lane", f"'{missing[0]}' has no lane: add it to `lanes`, or '' for all others.")
    order = list(dict.fromkeys(named.values()))
    if len(order) > len(_COLOURS):
        raise Refusal(
            "too_many_lanes",
            f"{len(order)} lanes cannot be told apart: use at most {len(_COLOURS)}, some of them joined.",
        )
    return rows.assign(_lane=[named[value] if value in named else named[""] for value in values]), order


def _years(rows: pd.DataFrame) -> list[str]:
    return [_UNDATED if pd.isna(low) else str(low.year) for low in rows["_low"]]


def _date(low: pd.Timestamp, high: pd.Timestamp) -> str:
    """A day, a month or a span within its year, or nothing where only the year is known, which stands above."""
    if pd.isna(low):
        return ""
    if low == high:
        return f"{low.day} {low:%b}"
    whole = low.day == 1 and (high + pd.Timedelta(days=1)).day == 1
    if low.year != high.year:
        return " – ".join(f"{day:%b %Y}" if whole else f"{day.day} {day:%b %Y}" for day in (low, high))
    if whole and low.month == 1 and high.month == 12:
        return ""
    if whole:
        return f"{low:%b}" if low.month == high.month else f"{low:%b}–{high:%b}"
    return f"{low.day}–{high.day} {low:%b}" if low.month == high.month else f"{low.day} {low:%b} – {high.day} {high:%b}"


def _silent(first: int, last: int, least: int) -> str:
    """What is said of the years from the first to the last, in which the table has no event, if they are enough."""
    if last - first + 1 < max(least, 1):
        return ""
    return f"{first}–{last}: no event found" if last > first else f"{first}: no event found"


def _events(rows: pd.DataFrame, text: str, highlight: str, silence: int, room: float) -> list[_Event]:
    stressed = [False] * len(rows)
    if highlight in rows.columns:
        stressed = [bool(value) if pd.notna(value) else False for value in rows[highlight]]
    events: list[_Event] = []
    until: int | None = None
    last = ""
    for row, bold in zip(rows.to_dict("records"), stressed, strict=True):
        low, high = row["_low"], row["_high"]
        year = _UNDATED if pd.isna(low) else str(low.year)
        said = "" if until is None or pd.isna(low) else _silent(until + 1, low.year - 1, silence)
        lines = style.wrap(str(row[text]), room, _SIZE, bold=bold)
        exact = bool(row["_date"]) and low.year == high.year
        events.append(_Event(year * (year != last), row["_date"], lines, row["_lane"], exact, bold, said))
        last = year
        until = until if pd.isna(high) else max(high.year, until or high.year)
    return events


def _draw(paper: Canvas, event: _Event, top: float, mark: tuple[str, str], x: float, left: float, start: float) -> None:
    """One event, whose top is `top` inches above the foot: year, date, mark and text."""
    if event.silence:
        high = _SILENCE - 0.12
        paper.add(Rectangle((left, top - 0.06 - high), start - left - 0.04, high, facecolor="white", lw=0, zorder=1,
                            edgecolor=style.CONTEXT, hatch=style.UNKNOWN))  # fmt: skip
        paper.text(start + 0.04, top - 0.06 - high / 2, event.silence, size=9, color=style.MUTED, va="center_baseline",
                   gid="silence")  # fmt: skip
    if event.year:
        rule = top - (_SILENCE if event.silence else 0)
        paper.plot([0, paper.width], [rule - 0.03] * 2, color=style.FAINT, lw=0.8, zorder=0.4)
    top -= event.above
    middle = top - _EVENT / 2 - _LINE / 2
    colour, marker = mark
    if event.stressed:
        tall = len(event.lines) * _LINE + _EVENT - 0.02
        paper.add(Rectangle((left - 0.04, top - tall - 0.01), paper.width - left + 0.04, tall, lw=0, zorder=0.3,
                            facecolor=style.LAND))  # fmt: skip
    paper.text(0, middle, event.year, size=_SIZE, weight="bold", va="center_baseline", gid="label:year")
    paper.text(left - 0.1, middle, event.date, size=_SIZE, ha="right", va="center_baseline", gid="label:date")
    paper.plot([x, start], [middle, middle], color=style.FAINT, lw=0.8, zorder=0.6)
    paper.plot([x], [middle], marker=marker, ms=8, mfc=colour if event.exact else "white", mec=colour, mew=1.5,
               ls="none", zorder=2)  # fmt: skip
    for number, line in enumerate(event.lines):
        paper.text(start + 0.04, middle - number * _LINE, line, size=_SIZE, va="center_baseline", gid="label:event",
                   weight="bold" if event.stressed else "normal")  # fmt: skip


def _key(events: Sequence[_Event], marks: Mapping[str, tuple[str, str]]) -> list[key.Entry]:
    used = {event.lane for event in events}
    listed = [key.dot(name or "other", colour, marker) for name, (colour, marker) in marks.items() if name in used]
    if not all(event.exact for event in events):
        listed.append(key.dot("open: no day or month known", style.MUTED, "o", filled=False))
    return listed
