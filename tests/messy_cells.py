"""Cells of messy lists: dates, ages and codes in the ways in which clerks write them, with what they mean."""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass
from typing import Any

from messy_persons import Person, Shares

_TEXT_OF_AGE = {"police": "{} yaş", "ngo": "{} yaşında", "shelter": "{} سنة", "kobo": "{}"}
_MONTHS_OF_AGE = {"police": "{} ay", "ngo": "{} ay", "shelter": "{} شهر"}
_ABOUT = {"police": "~{}", "ngo": "~{}", "shelter": "حوالي {}"}
_MINOR = {"police": "18 altı", "ngo": "18 yaş altı", "shelter": "دون 18"}
_TENS, _ONES = ("", "on", "yirmi", "otuz"), ("", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz")
_MONTHS = (
    "Ocak",
    "Şubat",
    "Mart",
    "Nisan",
    "Mayıs",
    "Haziran",
    "Temmuz",
    "Ağustos",
    "Eylül",
    "Ekim",
    "Kasım",
    "Aralık",
)
_SEASONS = {"ilkbahar": (3, 5), "yaz": (6, 8), "sonbahar": (9, 11)}
_ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@dataclass
class Cell:
    """A cell about one child: what stands in it, what that means, and what to write for it where it is odd.

    Parameters
    ----------
    low, high : first and last day (dates), least and most completed years (ages), or the code; None for not stated.
    odd : "" where the settled mapping of a careful reader covers it, else the kind of oddity.
    correction : text that means the same and is written as the mapping has it.
    """

    column: str
    written: Any
    low: Any = None
    high: Any = None
    odd: str = ""
    correction: str = ""


def date_cell(column: str, day: datetime.date, way: str) -> Cell:
    """A date in one of the ways in which clerks write it."""
    first, last = day.replace(day=1), _last_of_month(day)
    year = datetime.date(day.year, 1, 1), datetime.date(day.year, 12, 31)
    right = f"{day:%d.%m.%Y}"
    if way == "cell":
        return Cell(column, datetime.datetime(day.year, day.month, day.day), day, day)
    if way == "serial":
        return Cell(column, (day - datetime.date(1899, 12, 30)).days, day, day, "serial", right)
    if way == "month":
        return Cell(column, f"{day:%m.%Y}", first, last)
    if way == "year":
        return Cell(column, f"{day:%Y}", *year)
    if way == "named month":
        return Cell(column, f"{day.day} {_MONTHS[day.month - 1]} {day.year}", day, day)
    if way == "day zero":
        return Cell(column, f"00.00.{day.year}", *year, "day zero", f"{day.year}")
    if way == "season":
        season = next((name for name, (begins, ends) in _SEASONS.items() if begins <= day.month <= ends), "")
        if not season:
            return Cell(column, f"{day:%Y}", *year)
        begins, ends = _SEASONS[season]
        low, high = datetime.date(day.year, begins, 1), _last_of_month(datetime.date(day.year, ends, 1))
        # No format has three months: what is corrected is the year alone.
        return Cell(column, f"{day.year} {season}", low, high, "season", f"{day.year}")
    if way == "US order":
        odd = "US order" if day.day > 12 else "US order, ambiguous"
        return Cell(column, f"{day:%m/%d/%Y}", day, day, odd if day.day != day.month else "", f"{day:%d/%m/%Y}")
    if way == "no date":
        return Cell(column, f"31.02.{day.year}", *year, "no such day", f"{day.year}")
    if way.startswith("arabic "):
        plain = date_cell(column, day, way.removeprefix("arabic "))
        plain.written = str(plain.written).translate(_ARABIC_DIGITS)
        return plain
    return Cell(column, day.strftime(way), day, day)


def _last_of_month(day: datetime.date) -> datetime.date:
    following = (day.replace(day=1) + datetime.timedelta(days=32)).replace(day=1)
    return following - datetime.timedelta(days=1)


def age_cell(column: str, age: int, months: int, list_id: str, chance: random.Random) -> Cell:
    """An age in completed years as the list writes it; of the youngest the months."""
    if months < 24 and list_id in _MONTHS_OF_AGE:
        return Cell(column, _MONTHS_OF_AGE[list_id].format(months), months // 12, months // 12)
    ways = {"number": 74, "text": 12, "about": 3, "minor": 3, "words": 4 if list_id in ("police", "ngo") else 0,
            "range": 2, "half": 2}  # fmt: skip
    (way,) = chance.choices(list(ways), list(ways.values()))
    if way == "text":
        written: Any = _TEXT_OF_AGE[list_id].format(age)
    elif way == "about":
        return Cell(column, _ABOUT[list_id].format(age), age - 1, age + 1, "about", f"{max(age - 1, 0)}-{age + 1}")
    elif way == "minor" and age < 18:
        return Cell(column, _MINOR[list_id], 0, 17, "minor", "<18")
    elif way == "words" and age >= 1:
        word = " ".join(filter(None, (_TENS[age // 10], _ONES[age % 10])))
        return Cell(column, word, age, age, "words", str(age))
    elif way == "range":
        return Cell(column, f"{age}-{age + 1}", age, age + 1)
    elif way == "half":
        written = f"{age},5"
    else:
        written = age
    if list_id == "shelter" and chance.random() < 0.4:
        written = str(written).translate(_ARABIC_DIGITS)
    return Cell(column, written, age, age)


BIRTH_WAYS = {
    "police": {"cell": 60, "%d.%m.%Y": 30, "serial": 10},
    "kobo": {"%Y-%m-%d": 1},
    "ngo": {"%d/%m/%Y": 80, "%d.%m.%Y": 20},
    "shelter": {"cell": 35, "arabic %d/%m/%Y": 35, "%d/%m/%Y": 20, "%d-%m-%Y": 10},
}
_YEAR_WAYS = {"police": {"year": 65, "day zero": 35}, "shelter": {"year": 60, "arabic year": 40}}
DETECTED_WAYS = {
    "police": {"cell": 55, "%d.%m.%Y": 19, "serial": 10, "month": 4, "year": 3, "season": 5, "named month": 4,
               "no date": 1},
    "kobo": {"%Y-%m-%d": 1},
    "ngo": {"%d/%m/%Y": 72, "%d.%m.%Y": 18, "month": 5, "year": 3, "US order": 2},
    "shelter": {"cell": 35, "arabic %d/%m/%Y": 35, "%d/%m/%Y": 18, "%d-%m-%Y": 8, "year": 4},
}  # fmt: skip


def pick(ways: dict[str, float], chance: random.Random) -> str:
    return chance.choices(list(ways), list(ways.values()))[0]


def birth_cell(
    column: str, person: Person, list_id: str, chance: random.Random, shares: Shares
) -> tuple[Cell, set[str]]:
    day, drawn = person.birth, chance.random()
    if (drawn := drawn - shares.birth_missing) < 0:
        return Cell(column, ""), {"birth missing"}
    if (drawn := drawn - shares.birth_year_only) < 0:
        return date_cell(column, day, pick(_YEAR_WAYS.get(list_id, {"year": 1}), chance)), {"birth year alone"}
    kinds: set[str] = set()
    if (drawn := drawn - shares.first_of_january) < 0:
        day, kinds = datetime.date(day.year + chance.choice((-1, 0, 0, 0, 1)), 1, 1), {"first of January"}
    elif (drawn := drawn - shares.birth_estimated) < 0:
        day, kinds = day + datetime.timedelta(days=chance.randrange(-365, 366)), {"birth estimated"}
    elif (drawn := drawn - shares.birth_exchanged) < 0:
        if day.day <= 12 and day.day != day.month:
            day, kinds = day.replace(month=day.day, day=day.month), {"day and month exchanged"}
    elif drawn < shares.birth_mistyped:
        day, kinds = day.replace(day=1 + (day.day + chance.choice((3, 9))) % 28), {"birth mistyped"}
    return date_cell(column, min(day, person.first), pick(BIRTH_WAYS[list_id], chance)), kinds


def coded(column: str, words: dict[str, str], code: str, chance: random.Random) -> Cell:
    """A cell with one of the words for a code."""
    written = chance.choice([word for word, meant in words.items() if meant == code])
    return Cell(column, written, code, code)
