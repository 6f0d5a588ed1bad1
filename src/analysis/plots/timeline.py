"""Events and periods from top to bottom on one scale of years, each with its date as exactly as it is known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from analysis.plots import colours, style
from bounded.refusal import Refusal

ONGOING = "ongoing"
MARKS = tuple(
    zip(
        (colours.BLUE, colours.ORANGE, colours.GREEN, colours.VERMILLION, colours.PURPLE, colours.MUTED),
        colours.MARKERS,
        strict=False,
    )
)

_SIZE = 10  # points of the texts
_LINE = 0.172  # inches of a line of them
_APART = 0.12  # inches between two events
_TEXT = 4.5  # inches of a line of text, at most
_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


@dataclass(frozen=True)
class Span:
    """The days that a date can mean: a day, a month or a year."""

    first: pd.Timestamp
    last: pd.Timestamp
    words: str

    @property
    def exact(self) -> bool:
        return (self.last - self.first).days < 31

    @property
    def years(self) -> tuple[float, float]:
        """First and last moment, as fractions of years."""
        after = self.last + pd.Timedelta(days=1)
        return _fraction(self.first), _fraction(after)


@dataclass(frozen=True)
class Event:
    """A row of the figure; `end` is that of a period, `open_ended` one that goes on."""

    text: str
    start: Span | None
    end: Span | None
    open_ended: bool
    lane: str
    stressed: bool

    @property
    def date(self) -> str:
        if self.start is None:
            return "undated"
        return self.start.words + (f" – {ONGOING}" if self.open_ended else f" – {self.end.words}" if self.end else "")

    @property
    def tall(self) -> float:
        return _LINE * (1 + self.text.count("\n")) + _APART


@style.form("Events from the earliest down: date, mark on a scale of years, and text; years without one are hatched.")
def timeline(
    events: pd.DataFrame,
    *,
    start: str = "start",
    end: str = "end",
    label: str = "label",
    lane: str = "lane",
    highlight: str = "highlight",
    lanes: Sequence[str] = (),
    by_lane: bool = False,
    silence: int = 2,
    title: str,
    footer: style.Footer,
    subtitle: str = "",
) -> Figure:
    """The events in order of time; a filled mark where the month is known, an open one with a line over the year else.

    A period is a bar over the years through which it is known to last, with a thin line over those in which it may have
    begun or ended. Years without an event are hatched and named: nothing found does not mean nothing done.

    Parameters
    ----------
    events : one row an event. The other parameters name its columns.
    start : its date as exactly as it is known, "2001", "2001-12" or "2001-12-17"; missing where it is undated.
    end : if the column is there: the date to which it lasts, or "ongoing"; missing for what happened at one time.
    label : what happened.
    lane : if the column is there: who acted, or what it belongs to; each lane has a colour and a mark.
    highlight : if the column is there: True for an event to stress.
    lanes : all lanes in their order, present or not, so that colours and marks are the same from one figure to the
        next. By default those of the table, in order of appearance. At most six.
    by_lane : True sorts by lane first, and heads each lane with its name.
    silence : as many whole years without an event, or more, are hatched.

    Raises
    ------
    ValueError : a column is missing, a date is none or an end lies before its start, there are more than six lanes, or
        one that `lanes` does not list.
    """
    if events.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(events, (start, label))
    read = [
        _event(number, row.get(start), row.get(end), row[label], row.get(lane), row.get(highlight))
        for number, row in enumerate(events.to_dict("records"))
    ]
    marks = _marks(read, lanes)
    order = [*marks]
    read.sort(key=lambda event: (by_lane * order.index(event.lane), *_when(event)))
    page = style.Page(title=title, footer=footer, subtitle=subtitle)
    axes = page.subplots()
    tall = _draw(axes, read, marks, by_lane)
    silent = _silent(read, silence)
    for first, last in silent:
        axes.axvspan(
            first, last + 1, facecolor="white", edgecolor=colours.STONE, hatch=colours.UNKNOWN, lw=0, zorder=0.6
        )
    if silent:
        named = ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in silent)
        page.note(f"Hatched: no event found of {named}.")
    page.key(_key(read, {} if by_lane else marks))
    return page.fit(tall)


def _fraction(day: pd.Timestamp) -> float:
    return day.year + (day.day_of_year - 1) / (366 if day.is_leap_year else 365)


def _blank(value: object) -> bool:
    return bool(pd.isna(value)) or str(value).strip() == ""


def _event(number: int, start: Any, end: Any, label: Any, lane: Any, highlight: Any) -> Event:
    goes_on = not _blank(end) and str(end).strip() == ONGOING
    first = None if _blank(start) else _span(start, number)
    last = None if _blank(end) or goes_on else _span(end, number)
    if first is None and (last or goes_on):
        raise Refusal("incomplete_date", f"Row {number} has an end and no start: give both dates, or none.")
    if first and last and last.last < first.first:
        raise Refusal("dates_reversed", f"Row {number} ends before it begins: exchange its two dates.")
    stressed = not _blank(highlight) and bool(highlight)
    text = "\n".join(style.wrap(str(label), _TEXT, _SIZE, bold=stressed))
    return Event(text, first, last, goes_on, "" if _blank(lane) else str(lane), stressed)


def _span(value: Any, number: int) -> Span:
    """The days that a date can mean. A number, as tables with gaps have it, is a year."""
    text = (
        f"{value:.0f}"
        if isinstance(value, float)
        else f"{value:%Y-%m-%d}"
        if isinstance(value, pd.Timestamp)
        else str(value)
    )
    found = _DATE.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError
        year, month, day = found.groups()
        first = pd.Timestamp(int(year), int(month or 1), int(day or 1))
    except ValueError:
        raise Refusal(
            "invalid_date", f"Row {number} has the date '{text}': write 2001, 2001-12 or 2001-12-17, or nothing."
        ) from None
    if day:
        return Span(first, first, f"{first.day} {first:%b %Y}")
    length = pd.DateOffset(months=1) if month else pd.DateOffset(years=1)
    return Span(first, first + length - pd.Timedelta(days=1), f"{first:%b %Y}" if month else year)


def _when(event: Event) -> tuple[float, float]:
    """By the first day; what is known to the year only stands before what is known better, the undated last."""
    if event.start is None:
        return float("inf"), 0.0
    first, last = event.start.years
    return first, first - last


def _marks(events: Sequence[Event], lanes: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Colour and marker of each lane."""
    order = [*lanes] or [*dict.fromkeys(event.lane for event in events)]
    missing = [event.lane for event in events if event.lane not in order]
    if missing:
        raise Refusal("missing_lane", f"'{missing[0]}' has no lane: add it to `lanes`.")
    if len(order) > len(MARKS):
        raise Refusal(
            "too_many_lanes",
            f"{len(order)} lanes cannot be told apart: use at most {len(MARKS)}, some of them joined.",
        )
    return dict(zip(order, MARKS, strict=False))


def _draw(axes: Axes, events: Sequence[Event], marks: dict[str, tuple[str, str]], by_lane: bool) -> float:
    """Rows with their dates at the left, their marks, and their texts at the right; inches of all rows."""
    dated = [event.start.years for event in events if event.start] + [event.end.years for event in events if event.end]
    low, high = (int(min(dated)[0]), max(dated, key=lambda years: years[1])[1]) if dated else (2000, 2001)
    right = max(-int(-high // 1), low + 1)
    rows: list[tuple[float, str, str, bool]] = []
    tall, lane = 0.0, None
    for event in events:
        if by_lane and event.lane != lane:
            lane = event.lane
            rows.append((tall + 0.16, "", lane or "other", True))
            tall += 0.32
        y = tall + event.tall / 2
        rows.append((y, event.date, event.text, event.stressed))
        _mark(axes, event, y, marks[event.lane], right)
        if event.stressed:
            axes.axhspan(tall + 0.01, tall + event.tall - 0.01, facecolor=colours.SHADE, zorder=0.4)
        tall += event.tall
    at, dates, texts, bold = zip(*rows, strict=True)
    axes.set(xlim=(low, right), ylim=(tall, 0))
    axes.set_yticks(at, dates)
    axes.tick_params(axis="y", labelsize=_SIZE)
    told = axes.secondary_yaxis("right")
    told.set_yticks(at, texts)
    told.tick_params(axis="y", labelsize=_SIZE, pad=9)  # a mark at the end of the scale stands over its edge
    for text, stressed in zip(told.get_yticklabels(), bold, strict=True):
        text.set(fontweight="bold" if stressed else "normal", gid="event")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.tick_params(axis="x", labeltop=True, labelsize=_SIZE)
    axes.grid(axis="x", zorder=0.5)
    axes.hlines(at, low, right, color=colours.MIST, lw=0.8, zorder=0.5)
    axes.spines[:].set_visible(False)
    told.spines[:].set_visible(False)
    return tall


def _mark(axes: Axes, event: Event, y: float, mark: tuple[str, str], right: float) -> None:
    """A mark where it happened or began, a bar as long as it is known to last, a thin line over what dates can mean."""
    if event.start is None:
        return
    colour, marker = mark
    first, known = event.start.years
    rules: dict[str, Any] = {"color": colour, "solid_capstyle": "butt", "zorder": 2}
    until, last = event.end.years if event.end else (right, right) if event.open_ended else (first, known)
    axes.plot([first, last], [y, y], lw=1.5, gid="may be", **rules)
    if event.end or event.open_ended:
        # Known to the same day, it lasts through that day.
        axes.plot([known, max(until, known)], [y, y], lw=7, gid="lasts", **rules)
    if event.open_ended:
        axes.plot([right], [y], marker=">", ms=9, color=colour, zorder=3, clip_on=False, gid="ongoing")
    face = colour if event.start.exact else "white"
    axes.plot([(first + min(known, last)) / 2], [y], marker=marker, ms=8, mfc=face, mec=colour, mew=1.5, zorder=3,
              clip_on=False, gid="mark")  # fmt: skip


def _silent(events: Sequence[Event], least: int) -> list[tuple[int, int]]:
    """First and last year of each time without an event, if it is long enough."""
    found = []
    until: int | None = None
    for event in sorted((event for event in events if event.start), key=_when):
        assert event.start is not None
        year = event.start.first.year
        if until is not None and year - 1 - until >= max(least, 1):
            found.append((until + 1, year - 1))
        last = event.end.last.year if event.end else 9999 if event.open_ended else event.start.last.year
        until = max(last, until or last)
    return found


def _key(events: Sequence[Event], marks: dict[str, tuple[str, str]]) -> list[Line2D | Patch]:
    used = {event.lane for event in events}
    listed: list[Line2D | Patch] = [
        Line2D([], [], ls="", marker=marker, color=colour, ms=8, label=name or "other")
        for name, (colour, marker) in marks.items()
        if name in used and len(used) > 1
    ]
    if any(event.start and not event.start.exact for event in events):
        listed.append(Line2D([], [], lw=1.5, marker="o", mfc="white", mew=1.5, ms=8, color=colours.MUTED,
                             label="open: only the year is known"))  # fmt: skip
    if any(event.end or event.open_ended for event in events):
        listed.append(Line2D([], [], lw=7, color=colours.MUTED, label="lasts; thin: it may"))
    return listed
