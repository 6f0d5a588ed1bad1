"""Ages as sources write them, as intervals in completed years: a number, a range or a limit, and the unit it counts.

"18 altı" (under 18) is an age of at most 17, "8" beside "ay" (months) no year yet; what is neither a number with a
known unit nor a known limit is no age.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd
import yaml

from analysis.cases.cell_words import exactly, phrase
from analysis.intake.sheet import BETWEEN, Sheet

OLDEST = 120
# In what an age can be given, and on which side of a limit it lies.
UNITS = ("years", "months", "weeks", "days")
BOUNDS = ("under", "up to", "over")

_SAID = yaml.safe_load(resources.files("analysis.cases").joinpath("age_words.yml").read_text(encoding="utf-8"))
_KNOWN_UNITS = {phrase(word): name for name, words in _SAID["units"].items() for word in words}
_KNOWN_BOUNDS = {phrase(word): name for name, words in _SAID["bounds"].items() for word in words}
_ABOUT = {phrase(word): word for word in _SAID["about"]}
_UNIT_HEADERS = frozenset(map(phrase, _SAID["unit_headers"]))
# What a value of `values:` may be written with, beside a number: 8 months, under 18.
_OF_VALUES = {name: name for name in UNITS}

_YEARS_AND_MONTHS = re.compile(r"(\d{1,3})\s*([^\W\d_]\D*?)\s*(\d{1,2})\s*([^\W\d_]\D*)")
_LIMIT = re.compile(r"([<>≤≥])\s*(\d{1,3})")
_SIGNS = {"<": "under", "≤": "up to", "≥": "over"}
_NOT_STATED, _NO_AGE = (np.nan, np.nan, ""), (np.nan, np.nan, "number")

Age = tuple[float, float, str]


def unit(word: str) -> str:
    """The unit that a word after a number is known for, one of `UNITS`; "" where it is not known."""
    return _KNOWN_UNITS.get(phrase(word), "")


def bound(word: str) -> str:
    """The side of a limit that a word beside a number is known for, one of `BOUNDS`; "" where it is no such word.

    Of several words the longest run that is known decides: "yaş altı" is ``under``, "ve altı" ``up to``.
    """
    return _longest_known(word, _KNOWN_BOUNDS)


def says_about(word: str) -> bool:
    """Return whether a word beside a number says that it is not known to the year."""
    return bool(_longest_known(word, _ABOUT))


def _longest_known(word: str, known: Mapping[str, str]) -> str:
    words = phrase(word).split()
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length + 1):
            if found := known.get(" ".join(words[start : start + length])):
                return found
    return ""


def is_limit(word: str) -> bool:
    """Return whether a word, or words, make a number a limit without being declared."""
    return phrase(word) in _KNOWN_BOUNDS


def columns_of_units(sheet: Sheet, of_ages: Sequence[str], taken: Collection[str]) -> dict[str, str]:
    """The columns that hold the unit of an age: beside it, with units alone, or headed as such with a unit in any cell.

    Parameters
    ----------
    of_ages : letters of the columns of ages. taken : letters of the columns that hold something else.

    Returns
    -------
    Letter of a column of units -> letter of the age whose unit it holds: of two the one before it.
    """
    letters, found = list(sheet.table), dict[str, str]()
    ages = [letters.index(letter) for letter in of_ages if letter in letters]
    for place, letter in enumerate(letters):
        if letter in taken or letter in of_ages or not ages:
            continue
        known = [bool(unit(text)) for text in sheet.table[letter].cat.categories if text.strip()]
        nearest = min(ages, key=lambda at: (abs(at - place), at > place))
        is_beside = abs(nearest - place) == 1 and bool(known) and all(known)
        name = sheet.header.get(letter, "").rpartition(BETWEEN)[2].rpartition("/")[2]
        if is_beside or (phrase(name) in _UNIT_HEADERS and any(known)):
            found[letter] = letters[nearest]
    return found


def unit_before_limit(words: str) -> str:
    """The word for a unit in "yaş altı" or "altı yaş", as it is written; "" where there is none beside a limit."""
    every = words.split()
    for place in range(1, len(every)):
        for counted, limit in ((every[:place], every[place:]), (every[place:], every[:place])):
            if unit(" ".join(counted)) and phrase(" ".join(limit)) in _KNOWN_BOUNDS:
                return " ".join(counted)
    return ""


def read(
    texts: Sequence[str],
    units: Mapping[str, str],
    decimal: str,
    values: Mapping[str, str] | None = None,
    beside: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Ages from texts.

    Parameters
    ----------
    texts : as they stand in cells; "" is not stated. 14, 14,5, 9-17, 48+, <5 or >18, alone or with words: 14 yaş,
        1 an 6 mois, under 18, 12 yaş altı.
    units : `phrase` of a word -> one of `UNITS` or `BOUNDS`; "" of a number alone. Words for limits are known besides.
    decimal : sign before decimals.
    values : what cells mean that are written otherwise, text -> an age as above, in English words, or "".
    beside : the unit of each text, where it stands in a column of its own.

    Returns
    -------
    One row a text: ``low`` and ``high`` in completed years (NaN where not stated or open), ``rule`` ("" or number). Of
    weeks and days, a year has 365 or 366.
    """
    meant = {exactly(text): value for text, value in (values or {}).items()}
    found = []
    for text, of_unit in zip(texts, beside if beside is not None else [None] * len(texts), strict=True):
        value = meant.get(exactly(text)) if meant else None
        found.append(_age(text, units, decimal, of_unit) if value is None else read_value(value))
    return pd.DataFrame(found, columns=["low", "high", "rule"]).astype({"low": float, "high": float})


def read_value(value: str) -> Age:
    """Return what stands after a colon under ``values:``: ``low`` and ``high`` in completed years, and ``rule``."""
    return _age(value.strip(), _OF_VALUES, ".", None)


def is_read_as_declared(word: str, meaning: str, units: Mapping[str, str]) -> bool:
    """Return whether a cell with a declared word is read by it, however it is written; no sign of limits is."""
    if set(word) & {*_SIGNS, ">"}:
        return False
    side, counts = (meaning, "years") if meaning in BOUNDS else ("", meaning)
    least, most = _limits(36, side) or (36, 36)
    expected = _completed_years(least, counts)[0], _completed_years(most, counts)[1]
    plain = {**units, "": "years"}
    ways = [f"36 {word}", *([f"{word} 36"] if side else [])]
    return any(np.array_equal(_age(way, plain, ".", None)[:2], expected, equal_nan=True) for way in ways)


def _age(text: str, units: Mapping[str, str], decimal: str, beside: str | None) -> Age:
    if not text:
        return _NOT_STATED
    both = _YEARS_AND_MONTHS.fullmatch(text)
    if both and (units.get(phrase(both[2])), units.get(phrase(both[4]))) == ("years", "months") and not beside:
        low = high = float(int(both[1]) + int(both[3]) // 12)
        return (low, high, "") if low <= OLDEST else _NO_AGE
    written = _written(decimal).fullmatch(text)
    said = _unit_and_side(written["before"], written["after"] or "", units) if written else None
    if written is None or said is None:
        return _NO_AGE
    counts, side = said
    if beside is None:
        counts = counts or units.get("", "years")
    else:
        of_column = _meaning(phrase(beside), units) if beside else ("", "")
        # A word in the column of units that is not known, or that says something else than the one after the number.
        if of_column is None or any(
            first and second and first != second for first, second in zip(said, of_column, strict=True)
        ):
            return _NO_AGE
        side = side or of_column[1]
        # Beside an empty cell a number is of years only where the mapping says so.
        counts = counts or of_column[0] or units.get("", "years" if of_column[1] else "")
    counted = _numbers(written["number"], decimal, side) if counts in UNITS else None
    if counted is None:
        return _NO_AGE
    low, high = _completed_years(counted[0], counts)[0], _completed_years(counted[1], counts)[1]
    return (low, high, "") if low <= OLDEST and not high > OLDEST else _NO_AGE


@cache
def _written(decimal: str) -> re.Pattern[str]:
    """Words before, a number, words after."""
    number = rf"[<>≤≥]\s*\d{{1,3}}|\d{{1,3}}(?:{re.escape(decimal)}\d+)?(?:\s*[-–]{{1,2}}\s*\d{{1,3}}|\+)?"
    return re.compile(rf"(?P<before>[^\d<>≤≥]*?)\s*(?P<number>{number})\s*(?P<after>\D*)")


def _unit_and_side(before: str, after: str, units: Mapping[str, str]) -> tuple[str, str] | None:
    """The unit and the side of a limit that the words around a number say, "" for none; None where they say neither."""
    counts, side = "", ""
    if words := phrase(before):
        side = _side(words, units)
        if not side:
            return None
    elif before.strip():
        return None
    if after.strip():
        found = _meaning(phrase(after), units)
        if found is None or (side and found[1]):
            return None
        counts, side = found[0], found[1] or side
    return counts, side


def _meaning(words: str, units: Mapping[str, str]) -> tuple[str, str] | None:
    """Unit and side of a limit of the words after a number: either, or both in either order; None for neither."""
    declared = units.get(words, "") if words else ""
    if declared:
        return ("", declared) if declared in BOUNDS else (declared, "")
    if words in _KNOWN_BOUNDS:
        return "", _KNOWN_BOUNDS[words]
    for counted, limit in _pairs(words):
        if units.get(counted) in UNITS and (side := _side(limit, units)):
            return units[counted], side
    return None


def _side(words: str, units: Mapping[str, str]) -> str:
    """One of `BOUNDS`; what the mapping declares goes first."""
    declared = units.get(words, "")
    return declared if declared in BOUNDS else "" if declared else _KNOWN_BOUNDS.get(words, "")


def _pairs(words: str) -> list[tuple[str, str]]:
    """The words parted once at each space, either part first."""
    every = words.split(" ")
    parted = [(" ".join(every[:place]), " ".join(every[place:])) for place in range(1, len(every))]
    return parted + [(last, first) for first, last in parted]


def _numbers(text: str, decimal: str, side: str) -> tuple[float, float] | None:
    """The least and the most that a number can mean; None for what is none, or two limits at once."""
    if limit := _LIMIT.fullmatch(text):
        if side:
            return None
        number = int(limit[2])
        return (number + 1, np.nan) if limit[1] == ">" and number else _limits(number, _SIGNS.get(limit[1], ""))
    ends = re.fullmatch(rf"(\d+)(?P<part>{re.escape(decimal)}\d+)?(?:\s*[-–]+\s*(\d+)|(\+))?", text)
    if ends is None:
        return None
    low = int(ends[1])
    if side:
        return None if ends["part"] or ends[3] or ends[4] else _limits(low, side)
    high = np.nan if ends[4] else int(ends[3] or low)
    return None if high < low else (low, high)


def _limits(number: int, side: str) -> tuple[float, float] | None:
    """The least and the most on one side of a number; None where nothing lies there."""
    if side == "under":
        return (0, number - 1) if number else None
    if side == "up to":
        return 0, number
    return (number, np.nan) if side == "over" else None


def _completed_years(number: float, counts: str) -> tuple[float, float]:
    """Completed years in so many units, at least and at most."""
    if counts == "years":
        return number, number
    if counts == "months":
        return number // 12, number // 12
    first, last = (number, number) if counts == "days" else (7 * number, 7 * number + 6)
    return first // 366, last // 365
