"""Events from top to bottom on one scale of years, each with its date as exactly as it is known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis.plots import style
from bounded.refusal import Refusal

MARKS = tuple(
    zip(
        (style.BLUE, style.ORANGE, style.GREEN, style.VERMILLION, style.PURPLE, style.MUTED),
        style.MARKERS,
        strict=False,
    )
)

_SIZE = 10  # points of the texts
_LINE = 0.172  # inches of a line of them
_APART = 0.12  # inches between two events
_TEXT = 4.5  # inches of a line of text, at most
_SILENCE = 2  # so many whole years without an event, or more, are hatched
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
    """A row of the figure."""

    text: str
    when: Span | None
    lane: str
    stressed: bool

    @property
    def date(self) -> str:
        return "undated" if self.when is None else self.when.words

    @property
    def tall(self) -> float:
        return _LINE * (1 + self.text.count("\n")) + _APART


@style.form("Events from the earliest down: date, mark on a scale of years, and text; years without one are hatched.")
def timeline(
    events: pd.DataFrame,
    *,
    start: str = "start",
    label: str = "label",
    lane: str = "lane",
    highlight: str = "highlight",
    lanes: Sequence[str] = (),
    title: str,
    footer: style.Footer,
    subtitle: str = "",
) -> Figure:
    """The events in order of time; a filled mark where the month is known, an open one with a line over the year else.

    Years without an event are hatched and named: nothing found does not mean nothing done.

    Parameters
    ----------
    events : one row an event. The other parameters name its columns.
    start : its date as exactly as it is known, "2001", "2001-12" or "2001-12-17"; missing where it is undated.
    label : what happened.
    lane : if the column is there: who acted, or what it belongs to; each lane has a colour and a mark.
    highlight : if the column is there: True for an event to stress.
    lanes : all lanes in their order, present or not, so that colours and marks are the same from one figure to the
        next. By default those of the table, in order of appearance. At most six.

    Raises
    ------
    ValueError : a column is missing, a date is none, there are more than six lanes, or one that `lanes` does not list.
    """
    if events.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    style.require(events, (start, label))
    read = [
        _event(number, row.get(start), row[label], row.get(lane), row.get(highlight))
        for number, row in enumerate(events.to_dict("records"))
    ]
    marks = _marks(read, lanes)
    read.sort(key=_when)
    page = style.Page(title=title, footer=footer, subtitle=subtitle)
    axes = page.subplots()
    tall = _draw(axes, read, marks)
    silent = _silent(read)
    for first, last in silent:
        axes.axvspan(first, last + 1, facecolor="white", edgecolor=style.STONE, hatch=style.UNKNOWN, lw=0, zorder=0.6)
    if silent:
        named = ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in silent)
        page.note(f"Hatched: no event found of {named}.")
    page.key(_key(read, marks))
    return page.fit(tall)


def _fraction(day: pd.Timestamp) -> float:
    return day.year + (day.day_of_year - 1) / (366 if day.is_leap_year else 365)


def _blank(value: object) -> bool:
    return bool(pd.isna(value)) or str(value).strip() == ""


def _event(number: int, start: Any, label: Any, lane: Any, highlight: Any) -> Event:
    when = None if _blank(start) else _span(start, number)
    stressed = not _blank(highlight) and bool(highlight)
    text = "\n".join(style.wrap(str(label), _TEXT, _SIZE, bold=stressed))
    return Event(text, when, "" if _blank(lane) else str(lane), stressed)


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
    """The order by first day; what is known to the year only stands before what is known better, the undated last."""
    if event.when is None:
        return float("inf"), 0.0
    first, last = event.when.years
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


def _draw(axes: Axes, events: Sequence[Event], marks: dict[str, tuple[str, str]]) -> float:
    """Rows with their dates at the left, their marks, and their texts at the right; inches of all rows."""
    dated = [event.when.years for event in events if event.when]
    low, high = (int(min(dated)[0]), max(last for _, last in dated)) if dated else (2000, 2001)
    right = max(-int(-high // 1), low + 1)
    rows: list[tuple[float, str, str, bool]] = []
    tall = 0.0
    for event in events:
        y = tall + event.tall / 2
        rows.append((y, event.date, event.text, event.stressed))
        _mark(axes, event, y, marks[event.lane])
        if event.stressed:
            axes.axhspan(tall + 0.01, tall + event.tall - 0.01, facecolor=style.SHADE, zorder=0.4)
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
    axes.hlines(at, low, right, color=style.MIST, lw=0.8, zorder=0.5)
    axes.spines[:].set_visible(False)
    told.spines[:].set_visible(False)
    return tall


def _mark(axes: Axes, event: Event, y: float, mark: tuple[str, str]) -> None:
    """A mark where it happened, and a thin line over what its date can mean."""
    if event.when is None:
        return
    colour, marker = mark
    first, last = event.when.years
    axes.plot([first, last], [y, y], lw=1.5, color=colour, solid_capstyle="butt", zorder=2, gid="may be")
    face = colour if event.when.exact else "white"
    axes.plot([(first + last) / 2], [y], marker=marker, ms=8, mfc=face, mec=colour, mew=1.5, zorder=3, clip_on=False,
              gid="mark")  # fmt: skip


def _silent(events: Sequence[Event]) -> list[tuple[int, int]]:
    """First and last year of each time without an event, if it is long enough."""
    found = []
    until: int | None = None
    for when in (event.when for event in sorted(events, key=_when) if event.when):
        if until is not None and when.first.year - 1 - until >= _SILENCE:
            found.append((until + 1, when.first.year - 1))
        until = max(when.last.year, until or when.last.year)
    return found


def _key(events: Sequence[Event], marks: dict[str, tuple[str, str]]) -> list[Line2D]:
    used = {event.lane for event in events}
    listed = [
        Line2D([], [], ls="", marker=marker, color=colour, ms=8, label=name or "other")
        for name, (colour, marker) in marks.items()
        if name in used and len(used) > 1
    ]
    if any(event.when and not event.when.exact for event in events):
        listed.append(Line2D([], [], lw=1.5, marker="o", mfc="white", mew=1.5, ms=8, color=style.MUTED,
                             label="open: only the year is known"))  # fmt: skip
    return listed
