"""Dates as sources write them, as intervals: "2021" is the year 2021, never its first of January."""

from __future__ import annotations

import calendar
import datetime
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pandas as pd

from analysis.cases.cell_words import exactly
from analysis.intake.pseudonyms import fold

# A birth may lie far back. No list of cases does: what seems to is a mistake, above all the year 2021 in a cell that
# Excel takes for a date, which is day 2021 of its calendar: 13 July 1905.
EARLIEST, EARLIEST_EVENT = 1900, 1980
_PARTS = {"yyyy": r"(?P<y>\d{4})", "yy": r"(?P<yy>\d{2})", "month": r"(?P<name>[^\W\d_]+)\.?", "mm": r"(?P<m>\d{1,2})",
          "dd": r"(?P<d>\d{1,2})", "q": r"[Qq]?(?P<q>[1-4])"}  # fmt: skip
_PART = re.compile("|".join(_PARTS))
_EXCHANGED = re.compile("dd|mm")
# Between parts stand signs and spaces; in Portuguese also a word: 5 de março de 2021.
_BETWEEN = re.compile(r"(?: de |[\W_])*")
# A time of day is read and left out: 14:30, 14.30, 14h30, 2:30 PM, T12:30:00.000+03:00.
_TIME = (
    r"(?:(?:T|,? )(?:[01]?\d|2[0-3])[:.h][0-5]\d(?:[:.][0-5]\d(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?"
    r"(?: ?(?:Z|[+-]\d\d(?::?\d\d)?))?)?"
)
# What Excel's date cells become, and how KoboToolbox writes: always understood.
_ISO_FORMAT = "yyyy-mm-dd"
_ISO = re.compile(r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)" + _TIME)
# Excel's count of days since 30 December 1899, with the time of day as a fraction. One of four digits, a day before
# May 1927, can be a year.
SERIAL = "serial"
_SERIAL = re.compile(r"(?P<serial>[1-9]\d{4})(?:[.,]\d+)?")
_DAY_BEFORE_SERIALS = datetime.date(1899, 12, 30)
# How the meaning of a cell is written under `values:`; between two of them stand two points.
_VALUE_FORMATS = ("yyyy-mm", "yyyy")
_TO = ".."

_MONTHS = {
    "en": "january february march april may june july august september october november december",
    "tr": "ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik",
    "fr": "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "pt": "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
}


@cache
def month_names() -> dict[str, int]:
    """Folded names of the months in the languages of the studies, and what begins one month's name alone.

    Three letters are the least: janv., févr., juil. and Sept. are read; jui, which begins juin and juillet, is not.
    """
    found: dict[str, int] = {}
    short: dict[str, set[int]] = {}
    for names in _MONTHS.values():
        for number, name in enumerate(names.split(), start=1):
            found[name] = number
            for length in range(3, len(name)):
                short.setdefault(name[:length], set()).add(number)
    return {name: numbers.pop() for name, numbers in short.items() if len(numbers) == 1} | found


def is_format(text: str) -> bool:
    """Return True if a format can be read, and in one way: nothing but parts, none twice, and signs between them.

    It names the year once; a day needs its month, and a quarter stands beside the year alone.
    """
    if text == SERIAL:
        return True
    parts = _PART.findall(text)
    named = set(parts)
    if not all(_BETWEEN.fullmatch(between) for between in _PART.split(text)):
        return False
    if len(parts) != len(named) or len(named & {"yyyy", "yy"}) != 1 or {"mm", "month"} <= named:
        return False
    if ("dd" in named and not named & {"mm", "month"}) or ("q" in named and named & {"dd", "mm", "month"}):
        return False
    # yyyy-dd-mm would be read as an ISO date, which it is not.
    return text == _ISO_FORMAT or not any(_ISO.fullmatch(example) for example in _examples(text))


def same_texts(formats: Sequence[str]) -> tuple[str, str] | None:
    """Two formats of which the second would not be tried, or not for all of its texts; None where there are none.

    The first format that fits a text counts: after dd/mm/yyyy nothing is left for mm/dd/yyyy, and after q/yyyy no
    month from 1 to 4 for mm/yyyy.
    """
    for place, second in enumerate(formats):
        for first in formats[:place]:
            if any(_pattern(first).fullmatch(example) for example in _examples(second)):
                return first, second
    return None


def _examples(text: str) -> list[str]:
    """Texts of a format: with numbers of two digits, and of one where that is allowed."""
    if text == SERIAL:
        return ["11111", "43831"]
    fixed = {"yyyy": "1111", "yy": "11", "month": "mart", "q": "Q1"}
    filled = [_PART.sub(lambda part: fixed.get(part.group(), "11"), text)]
    filled += [_PART.sub(lambda part: fixed.get(part.group(), "1"), text)]
    return [example for example in map(_spaced, filled) if _pattern(text).fullmatch(example)]


def read(
    texts: Sequence[str],
    formats: Sequence[str],
    latest: datetime.date,
    earliest: int = EARLIEST_EVENT,
    values: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Dates from texts.

    Parameters
    ----------
    texts : as they stand in cells; "" is not stated.
    formats : such as ``dd.mm.yyyy``, ``mm/yyyy``, ``month yyyy``, ``q/yyyy`` or ``yyyy``; the first that fits counts.
        The parts are dd, mm, month (a name), q (quarter), yyyy, yy; where no sign stands between two of them, a
        number has all its digits. ISO dates need not be named; a time of day after a day is left out. ``serial`` is
        Excel's count of days (1900 system), in five digits.
    latest : day of the export; what must lie after it is refused, and a year in two digits lies not after it.
    earliest : the first year that is not refused: `EARLIEST` for a birth, `EARLIEST_EVENT` for all else.
    values : what cells mean that are written otherwise, text -> as for `read_value`, or "" for not stated.

    Returns
    -------
    One row a text: ``low`` and ``high`` (datetime64, first and last day it can mean), ``precision`` (day, month,
    quarter, year, span, unknown), ``rule`` ("" or the rule that the text breaks: date, date_range).
    """
    patterns = [_ISO, *(_pattern(text) for text in formats)]
    meant = {exactly(text): value for text, value in (values or {}).items()}
    read_texts = [
        _read(_spaced(text), patterns, latest, earliest)
        if not meant or (value := meant.get(exactly(text))) is None
        else read_value(value, formats, latest, earliest)
        for text in texts
    ]
    columns = ("low", "high", "precision", "rule")
    table = pd.DataFrame(read_texts, columns=columns)
    return table.astype({"low": "datetime64[ns]", "high": "datetime64[ns]", "precision": object, "rule": object})


def read_value(value: str, formats: Sequence[str], latest: datetime.date, earliest: int) -> tuple:
    """Return what stands after a colon under ``values:``: ``low``, ``high``, ``precision`` and ``rule`` as of `read`.

    It is a day, month or year, 2019-06-30, 2019-06 or 2019, or two of them with two points between: 2019-06..2019-08.
    """
    patterns = [_ISO, *map(_pattern, (*_VALUE_FORMATS, *formats))]
    first, to, last = value.partition(_TO)
    begin = _read(_spaced(first), patterns, latest, earliest)
    if not to or begin[3]:
        return begin
    end = _read(_spaced(last), patterns, latest, earliest)
    if end[3]:
        return end
    if begin[0] is None or end[1] is None or begin[0] > end[1]:
        return (None, None, "unknown", "date")
    return (begin[0], end[1], "span" if begin != end else begin[2], "")


def order_in_doubt(
    texts: Sequence[str], formats: Sequence[str], latest: datetime.date, earliest: int, values: Mapping[str, str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return texts that can only be read with day and month exchanged; and, where there are any, those that fit both.

    Parameters
    ----------
    texts, formats, latest, earliest, values : as for `read`.
    """
    exchanged = [_EXCHANGED.sub(lambda part: {"dd": "mm", "mm": "dd"}[part[0]], text) for text in formats]
    if exchanged == list(formats):
        return np.zeros(len(texts), bool), np.zeros(len(texts), bool)
    ours = read(texts, formats, latest, earliest, values)
    other = read(texts, [text for text in exchanged if is_format(text)], latest, earliest, values)
    only_other = (ours["rule"].eq("date") & other["rule"].eq("") & other["low"].notna()).to_numpy()
    either = (
        ours["rule"].eq("") & other["rule"].eq("") & ours["low"].ne(other["low"]) & ours["low"].notna()
    ).to_numpy()
    return only_other, either & only_other.any()


def _spaced(text: str) -> str:
    """A text with letters and their marks as one sign, ASCII digits, and any run of spaces as one space."""
    if not text.isascii():
        text = re.sub(r"\d", lambda digit: str(int(digit[0])), unicodedata.normalize("NFC", text))
    return " ".join(text.split())


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """A format as a regular expression: what stands between its parts must stand there."""
    text = _spaced(text)
    if text == SERIAL:
        return _SERIAL
    pieces, end, before = [], 0, ""
    parts = list(_PART.finditer(text))
    for part, after in zip(parts, [*parts[1:], None], strict=True):
        piece, next_to = _PARTS[part.group()], [before if part.start() == end else ""]
        if after is not None and after.start() == part.end():
            next_to.append(after.group())
        # Beside another number only two digits show where a day or month ends; a name shows it by itself.
        if set(next_to) - {"", "month"}:
            piece = piece.replace("{1,2}", "{2}")
        pieces += [re.escape(text[end : part.start()]), piece]
        end, before = part.end(), part.group()
    time = _TIME if any(part.group() == "dd" for part in parts) else ""
    return re.compile("".join([*pieces, re.escape(text[end:]), time]))


def _read(text: str, patterns: Sequence[re.Pattern[str]], latest: datetime.date, earliest: int) -> tuple:
    if not text:
        return (None, None, "unknown", "")
    for pattern in patterns:
        if match := pattern.fullmatch(text):
            parts = match.groupdict()
            break
    else:
        return (None, None, "unknown", "date")
    if parts.get("serial"):
        day_of = _DAY_BEFORE_SERIALS + datetime.timedelta(days=int(parts["serial"]))
        known = day_of <= latest and day_of.year >= earliest
        return (day_of, day_of, "day", "") if known else (None, None, "unknown", "date_range")
    year = int(parts["y"]) if parts.get("y") else _year(int(parts["yy"]), latest)
    month = month_names().get(fold(parts["name"]), 0) if parts.get("name") else int(parts.get("m") or 0)
    quarter, day = int(parts.get("q") or 0), int(parts.get("d") or 0)
    names_month = bool(parts.get("name") or parts.get("m"))
    if (names_month and not 1 <= month <= 12) or (parts.get("d") and not 1 <= day <= 31) or not 1 <= year <= 9998:
        return (None, None, "unknown", "date")
    try:
        if day:
            low = high = datetime.date(year, month, day)
            precision = "day"
        elif month or quarter:
            first, last = (month, month) if month else (3 * quarter - 2, 3 * quarter)
            low, high = datetime.date(year, first, 1), datetime.date(year, last, calendar.monthrange(year, last)[1])
            precision = "month" if month else "quarter"
        else:
            low, high, precision = datetime.date(year, 1, 1), datetime.date(year, 12, 31), "year"
    except ValueError:  # 31.02.
        return (None, None, "unknown", "date")
    if low > latest or high.year < earliest:
        return (None, None, "unknown", "date_range")
    # The export's own month or year has not ended: what it holds happened before the export.
    return (low, min(high, latest), precision, "")


def _year(two_digits: int, latest: datetime.date) -> int:
    year = latest.year - latest.year % 100 + two_digits
    return year if year <= latest.year else year - 100


def years_between(earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
    """Completed years from one day to another (datetime64), as floats; NaN where one is unknown."""
    first, second = pd.DatetimeIndex(earlier), pd.DatetimeIndex(later)
    before = (second.month < first.month) | ((second.month == first.month) & (second.day < first.day))
    return np.asarray(second.year - first.year, float) - np.where(first.isna() | second.isna(), 0, before)


def years_before(day: np.ndarray, years: np.ndarray) -> np.ndarray:
    """The day of the year that lies so many whole years before another (datetime64); NaT where one is unknown."""
    days = np.asarray(day, "datetime64[D]")
    known = ~np.isnat(days) & ~np.isnan(years)
    month = days.astype("datetime64[M]")
    # 29 February becomes 1 March where the year has none.
    of_month = days - month.astype("datetime64[D]")
    earlier = month - np.where(known, 12 * years, 0).astype("timedelta64[M]")
    return np.where(known, earlier.astype("datetime64[D]") + of_month, np.datetime64("NaT")).astype("datetime64[ns]")
