"""Dates of birth and coordinates in a text, however they are written.

A date counts where day, month and year stand together; coordinates where both have as many decimals as lead to a house.
"""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from analysis.cases.dates import EARLIEST, month_names
from analysis.intake.pseudonyms import fold

# Words by which something was found, and where it begins and ends.
Found: TypeAlias = tuple[str, int, int]

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# 2010-03-04, 4.3.2010, 03/04/2010 (read in both ways), 4 March 2010, 4 de março de 2010, March 4, 2010.
# 2010-03-04, 4.3.2010, 03/04/2010 (read in both ways), 4 March 2010, 4 de março de 2010, March 4, 2010.
_YEAR = re.compile(r"(?:19|20)(?<!\d\d\d)\d\d")
_REST = re.compile(r"([-./])(\d\d?)\1(\d\d?)(?!\d)")
_NUMBERS = re.compile(r"(?<!\d)(\d\d?)([-./]|, ?| )(\d\d?)\2\Z")
_DAY_AND_MONTH = re.compile(
    r"(?<!\d)(?P<day>\d\d?)(?:st|nd|rd|th|er|º|\.)?[ \-](?:de )?(?P<month>[^\W\d_]{3,9})\.?,?(?: de)?[ \-]\Z"
)
_MONTH_AND_DAY = re.compile(r"(?<![^\W_])(?P<month>[^\W\d_]{3,9})\.? (?P<day>\d\d?)(?:st|nd|rd|th)?,? \Z")
_SIGNS, _BEFORE_YEAR = ("-", ".", "/"), " -./,"
_LONGEST = 24

# Decimals by which a place is known to about ten metres.
LEAST_DECIMALS = 4
# Digits of both together, without zeros in front: 0.0012 and 0.0034 are any two numbers.
_LEAST_DIGITS = 6
_STATED = re.compile(r"([+-]?\d{1,3}\.\d{4,}) ([+-]?\d{1,3}\.\d{4,})")
_DECIMALS = re.compile(r"[.,](\d{4,17})(?!\d)")
_WHOLE = re.compile(r"(?<![\w.])\d{1,3}\Z")
# How far the second may stand behind the first: "lat": 37.06620, "lon": 37.38330.
_APART = 40


def is_day(text: str) -> bool:
    """Whether a text is a date in the form by which dates of birth are handed on, 2010-03-04."""
    return bool(_DAY.fullmatch(text)) and _day(text[:4], text[5:7], text[8:]) != ""


def as_coordinates(text: str) -> tuple[str, str] | None:
    """Latitude and longitude in the form by which they are handed on, "37.06620 37.38330"; None for another text."""
    stated = _STATED.fullmatch(text)
    return (stated[1], stated[2]) if stated else None


class Days:
    """Dates to be found.

    Parameters
    ----------
    days : as 2010-03-04.
    """

    def __init__(self, days: Iterable[str]) -> None:
        self._days = set(days)

    def find(self, text: str) -> Iterator[Found]:
        """Where one of the dates stands in a text; 03/04/2010 is read as 3 April and as March 4."""
        if self._days:
            for day, start, end in _written(text):
                if day in self._days:
                    yield fold(day), start, end


class Coordinates:
    """Places of persons to be found.

    Parameters
    ----------
    pairs : latitudes and longitudes as they are stated, with a point.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._near: dict[int, list[tuple[str, str]]] = defaultdict(list)
        self.too_short = 0
        for pair in pairs:
            decimals = min(_decimals(number) for number in pair)
            if sum(_digits(number, decimals) for number in pair) < _LEAST_DIGITS:
                self.too_short += 1
                continue
            for number in pair:
                self._near[_cell(number)].append(pair)

    def find(self, text: str) -> Iterator[Found]:
        """Where both coordinates of a place stand beside each other, in either order, rounded or cut."""
        if not self._near:
            return
        before, start, behind = "", 0, -_APART - 1
        for match in _DECIMALS.finditer(text):
            whole = _WHOLE.search(text, max(0, match.start() - 4), match.start())
            if not whole:
                continue
            number = f"{whole[0]}.{match[1]}"
            if whole.start() - behind <= _APART:
                for pair in self._candidates(before):
                    if _are(pair, before, number) or _are(pair, number, before):
                        yield fold(" ".join(pair)), start, match.end()
            before, start, behind = number, whole.start(), match.end()

    def _candidates(self, number: str) -> Iterator[tuple[str, str]]:
        cell = _cell(number)
        for near in (cell - 1, cell, cell + 1):
            yield from self._near.get(near, ())


def _written(text: str) -> Iterator[Found]:
    """Dates in a text, and where they begin and end."""
    for year in _YEAR.finditer(text):
        start, end = year.span()
        if text[end : end + 1] in _SIGNS and (rest := _REST.match(text, end)):
            yield _day(year[0], rest[2], rest[3]), start, rest.end()
        if start and text[start - 1] in _BEFORE_YEAR and not text[end : end + 1].isdecimal():
            yield from _before(text, year[0], start, end)


def _before(text: str, year: str, start: int, end: int) -> Iterator[Found]:
    """Dates of which a year is the last part."""
    first = max(0, start - _LONGEST)
    if found := _NUMBERS.search(text, first, start):
        for day, month in {(found[1], found[3]), (found[3], found[1])}:
            yield _day(year, month, day), found.start(), end
    elif text[start - 1] in " -":
        for pattern in (_DAY_AND_MONTH, _MONTH_AND_DAY):
            found = pattern.search(text, first, start)
            if found and (month := month_names().get(fold(found["month"]))):
                yield _day(year, str(month), found["day"]), found.start(), end


def _day(year: str, month: str, day: str) -> str:
    """A date as it is handed on; "" where there is no such day, or nobody who was born on it lives."""
    try:
        return datetime.date(int(year), int(month), int(day)).isoformat() if int(year) >= EARLIEST else ""
    except ValueError:
        return ""


def _decimals(number: str) -> int:
    return len(number.partition(".")[2])


def _digits(number: str, decimals: int) -> int:
    """Digits of a number to so many decimals, without zeros in front."""
    whole, _, rest = number.lstrip("+-").partition(".")
    return len((whole + rest[:decimals]).lstrip("0"))


def _cell(number: str) -> int:
    return int(abs(float(number)) * 10**LEAST_DECIMALS)


def _are(pair: tuple[str, str], latitude: str, longitude: str) -> bool:
    """Whether two numbers are the coordinates of a place, to as many decimals as all of them have."""
    decimals = min(map(_decimals, (*pair, latitude, longitude)))
    if sum(_digits(number, decimals) for number in pair) < _LEAST_DIGITS:
        return False
    return all(
        _shortened(stated, decimals) & _shortened(said, decimals)
        for stated, said in zip(pair, (latitude, longitude), strict=True)
    )


def _shortened(number: str, decimals: int) -> set[str]:
    """A number without its sign to so many decimals, cut and rounded."""
    whole, _, rest = number.lstrip("+-").partition(".")
    return {f"{int(whole)}.{rest[:decimals]}", f"{abs(float(number)):.{decimals}f}"}
