"""Dates as sources write them, as intervals: "2021" is the year 2021, never its first of January."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd

from analysis.cases.identity import fold

# No list of cases reaches further back; a birth may.
EARLIEST = 1900
_PARTS = {"yyyy": r"(?P<y>\d{4})", "yy": r"(?P<yy>\d{2})", "month": r"(?P<name>[^\W\d_]+)\.?", "mm": r"(?P<m>\d{1,2})",
          "dd": r"(?P<d>\d{1,2})", "q": r"[Qq]?(?P<q>[1-4])"}  # fmt: skip
_PART = re.compile("|".join(_PARTS))
# What Excel's date cells become, and how KoboToolbox writes: always understood. A time of day is not needed.
_ISO = re.compile(r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?")

_MONTHS = {
    "en": "january february march april may june july august september october november december",
    "tr": "ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik",
    "fr": "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "pt": "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
}


@cache
def month_names() -> dict[str, int]:
    """Folded names of the months, and their first three letters, in the languages of the studies."""
    found: dict[str, int] = {}
    short: dict[str, set[int]] = {}
    for names in _MONTHS.values():
        for number, name in enumerate(names.split(), start=1):
            found[name] = number
            short.setdefault(name[:3], set()).add(number)
    # French juin and juillet begin alike: what two months share is no name of either.
    return {name: numbers.pop() for name, numbers in short.items() if len(numbers) == 1} | found


def is_format(text: str) -> bool:
    """Whether a format can be read: it names the year once, and no part twice."""
    parts = _PART.findall(text)
    years = [part for part in parts if part in ("yyyy", "yy")]
    return len(years) == 1 and len(parts) == len(set(parts)) and not {"mm", "month"} <= set(parts)


def read(texts: Sequence[str], formats: Sequence[str], latest: datetime.date) -> pd.DataFrame:
    """Dates from texts.

    Parameters
    ----------
    texts : as they stand in cells; "" is not stated.
    formats : such as ``dd.mm.yyyy``, ``mm/yyyy``, ``month yyyy``, ``q/yyyy`` or ``yyyy``; the first that fits counts.
        The parts are dd, mm, month (a name), q (quarter), yyyy, yy; ISO dates need not be named.
    latest : day of the export; what must lie after it is refused, and a year in two digits lies not after it.

    Returns
    -------
    One row a text: ``low`` and ``high`` (datetime64, first and last day it can mean), ``precision`` (day, month,
    quarter, year, unknown), ``rule`` ("" or the rule that the text breaks: date, date_range).
    """
    patterns = [_ISO, *(_pattern(text) for text in formats)]
    read_texts = [_read(text.strip(), patterns, latest) for text in texts]
    columns = ("low", "high", "precision", "rule")
    table = pd.DataFrame(read_texts, columns=columns)
    return table.astype({"low": "datetime64[ns]", "high": "datetime64[ns]", "precision": object, "rule": object})


def _pattern(text: str) -> re.Pattern[str]:
    """A format as a regular expression: what stands between its parts must stand there."""
    pieces, end = [], 0
    for part in _PART.finditer(text):
        pieces += [re.escape(text[end : part.start()]), _PARTS[part.group()]]
        end = part.end()
    return re.compile("".join([*pieces, re.escape(text[end:])]))


def _read(text: str, patterns: Sequence[re.Pattern[str]], latest: datetime.date) -> tuple:
    if not text:
        return (None, None, "unknown", "")
    for pattern in patterns:
        if match := pattern.fullmatch(text):
            parts = match.groupdict()
            break
    else:
        return (None, None, "unknown", "date")
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
    if low > latest or high.year < EARLIEST:
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
