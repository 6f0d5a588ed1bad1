"""The formats in which a column of dates seems to be written, for the first draft of a mapping."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from analysis.cases.dates import SERIAL, month_names
from analysis.intake.pseudonyms import fold

_ISO = re.compile(r"\d{4}-\d\d-(\d\d)")
_TIME = re.compile(
    r"(?<=\d)(?:T|,? )\d{1,2}[:.h]\d\d(?:[:.]\d\d(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?(?: ?(?:Z|[+-]\d\d(?::?\d\d)?))?$"
)
_NUMERIC = re.compile(r"(\d{1,2})([./ -])(\d{1,2})\2(\d{4}|\d{2})")
# 3/2021 is a month or a quarter; months above 4, or written 03, show which.
_QUARTER = "quarter or month "
_OTHERS = (
    (re.compile(r"\d{4}([./])\d{1,2}\1\d{1,2}"), lambda found: f"yyyy{found[1]}mm{found[1]}dd"),
    (re.compile(r"[1-4]([./ -])\d{4}"), lambda found: f"{_QUARTER}{found[1]}yyyy"),
    (re.compile(r"\d{1,2}([./ -])\d{4}"), lambda found: f"mm{found[1]}yyyy"),
    (re.compile(r"\d{4}([./-])\d{1,2}"), lambda found: f"yyyy{found[1]}mm"),
    (re.compile(r"Q[1-4]([./ -])\d{4}", re.I), lambda found: f"q{found[1]}yyyy"),
    (re.compile(r"\d{4}"), lambda found: "yyyy"),
    # Excel's count of days, from 1949 to 2064.
    (re.compile(r"(?:1[89]|[2-5]\d)\d{3}(?:[.,]\d+)?"), lambda found: SERIAL),
)
_NAMED = re.compile(r"(?:\d{1,2}( de |[ ./-]))?([^\W\d_]+)\.?( de |[ ./-])(\d{4})")


def date_formats(texts: Counter[str]) -> tuple[list[tuple[str, str]], int]:
    """The formats of a column of dates, the commonest first.

    Returns
    -------
    Each format with the question it leaves open ("" for none); "?" where it has to be answered first. Which of two
    numbers is the day is said only where one shows it. And the number of distinct texts that have no usual format.
    """
    found, firsts, seconds, iso_days, unread = Counter[str](), Counter[str](), Counter[str](), list[int](), 0
    numeric = 0
    for text, number in texts.items():
        text = _TIME.sub("", " ".join(unicodedata.normalize("NFC", text).split()))
        if match := _NUMERIC.fullmatch(text):
            name = f"{match[2]}{'yyyy' if len(match[4]) == 4 else 'yy'}"
            found[name] += number
            numeric += 1
            firsts[name] += int(match[1]) > 12
            seconds[name] += int(match[3]) > 12
        elif match := _ISO.fullmatch(text):
            found["yyyy-mm-dd"] += number
            iso_days.append(int(match[1]))
        elif named := next((name(match) for pattern, name in _OTHERS if (match := pattern.fullmatch(text))), ""):
            found[named] += number
        elif (match := _NAMED.fullmatch(text)) and fold(match[2]) in month_names():
            day = f"dd{match[1]}" if match[1] else ""
            found[f"{day}month{match[3]}yyyy"] += number
        else:
            unread += 1
    # Excel set to another order of day and month takes 05/02 for the 2nd of May, and leaves 13/02 as a text.
    swapped = bool(iso_days) and max(iso_days) <= 12 and numeric in (firsts.total(), seconds.total()) and numeric > 0
    # Where months stand too, 3/2021 is March, and only Q3/2021 a quarter.
    names = sorted((name for name, _ in found.most_common()), key=lambda name: re.match("q[^u]", name) is not None)
    return [_choice(name, found, firsts, seconds, swapped) for name in names], unread


def _choice(
    name: str, found: Counter[str], firsts: Counter[str], seconds: Counter[str], swapped: bool
) -> tuple[str, str]:
    """The format that texts of a kind have, and the question that they leave open."""
    if name.startswith(_QUARTER):
        rest = name.removeprefix(_QUARTER)
        return (f"mm{rest}", "") if f"mm{rest}" in found else ("?", f"mm{rest} or q{rest}? No number is above 4.")
    if name == SERIAL:
        return name, "are numbers of five digits Excel's count of days, 43831 being 2020-01-01?"
    if name[0] not in "./ -":
        return name, ""
    sign, year = name[0], name[1:]
    day_first, month_first = f"dd{sign}mm{sign}{year}", f"mm{sign}dd{sign}{year}"
    if firsts[name] and seconds[name]:
        return "?", f"{day_first} or {month_first}? Days above 12 stand in both places."
    if not firsts[name] and not seconds[name]:
        return "?", f"{day_first} or {month_first}? No day is above 12."
    shown = day_first if firsts[name] else month_first
    if swapped:
        return "?", (
            f"{shown}? No date cell (2021-05-02) has a day above 12, and every text has one: an Excel of another "
            f"language may have exchanged day and month in the cells. Ask for the file before it was opened in Excel."
        )
    return shown, ""
