"""What the cells of each kind of field mean: distinct texts in, their values and the rules they break out.

Each reader returns one row a text with a column ``rule``: "" where the text can be read. An empty text is not stated,
which breaks no rule.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from analysis.cases import dates, places
from analysis.cases.htcds import FIELDS, NONE, ROLES
from analysis.cases.mapping import Column
from analysis.intake.pseudonyms import fold

OLDEST = 120
_AGE = re.compile(r"(\d{1,3})(?:\.\d+)?(?:\s*-{1,2}\s*(\d{1,3})|(\+))?")
# What stands before the first letter: a number, and the word after it.
_NUMBER = re.compile(r"[\d\W_]+")
_YEARS_AND_MONTHS = re.compile(r"(\d{1,3})\s*([^\W\d_]\D*?)\s*(\d{1,2})\s*([^\W\d_]\D*)")
_BOUND = re.compile(r"([<>])\s*(\d{1,3})")


def reason(rule: str, column: Column, exported: datetime.date) -> str:
    """A sentence on why a row is in quarantine and what would help; it holds nothing from the row itself."""
    codes = "Correct it at the source, or add it to `codes:` in the mapping."
    return {
        "date": f"Not a date as {' or '.join(column.formats)}. Correct it, or the mapping's `format:`.",
        "date_range": f"Too long ago, or after the export, {exported}. Correct it, or the mapping's `date:`.",
        "number": f"Not an age between 0 and {OLDEST} years. Correct it, or add its unit to `units:` in the mapping.",
        "code": f"Not in the code list. {codes}",
        "country": f"Not a country's code or name, or one that two countries share. {codes}",
        "place": "Not in the gazetteer, or shared by two places. Correct it, or add it to `places:` in the mapping.",
        "required": "Empty, though the mapping says that it is required.",
        "order": "It contradicts another cell of the row: see the dates and the age.",
        "formula": "A formula: its result depends on who opens the file. Paste it as a value at the source.",
        "note": "A note on the list, not a record: one text that spans nearly all columns, or stands alone in its row.",
        "total": "A total of other rows, not a record.",
        "duplicate": "The same in every cell as a row above it.",
        "error": "An error of Excel, such as #N/A: the value is lost. Paste the value at the source.",
        "empty": "It states nothing but, at most, a number: a footnote, or a row that was never filled in.",
        "ragged": "More cells than the header has names: a separator may stand inside a text.",
        "truncated": "The file ends in the middle of this row. Ask for the file again.",
        "encoding": "It holds bytes that the declared encoding does not have.",
        "parent": "The form that it belongs to is missing, stands twice, or is itself in quarantine.",
    }[rule]


def stated(texts: Sequence[str], missing: Sequence[str]) -> list[str]:
    """The texts without what means "not stated", and without spaces around them."""
    nothing = {fold(text) for text in missing} - {""}
    # What folds to nothing (a dash, a question mark) is compared as it is.
    signs = {text.strip() for text in missing}
    # Folding is what takes time, and a longer text than all of them is none of them.
    longest = 2 * max(map(len, missing), default=0)
    if not missing:
        return list(map(str.strip, texts))
    return [
        "" if text in signs or (len(text) <= longest and fold(text) in nothing) else text
        for text in map(str.strip, texts)
    ]


def date(texts: Sequence[str], field: str, column: Column, latest: datetime.date) -> pd.DataFrame:
    """``low``, ``high`` and ``precision`` of dates, by the column's formats."""
    earliest = dates.EARLIEST if field == "birth" else dates.EARLIEST_EVENT
    return dates.read(texts, column.formats, latest, earliest=earliest)


def age(texts: Sequence[str], column: Column, decimal: str) -> pd.DataFrame:
    """``low`` and ``high`` of ages in completed years; NaN where not stated or open.

    An age is written as 14, 14,5, 9-17, 48+, <5 or >18, alone or with a unit that the mapping declares: 14 yaş,
    1 an 6 mois. Of weeks and days, a year has 365 or 366.
    """
    ages = pd.DataFrame([_age(text, column.units, decimal) for text in texts], columns=["low", "high", "rule"])
    return ages.astype({"low": float, "high": float})


_NOT_STATED, _NO_AGE = (np.nan, np.nan, ""), (np.nan, np.nan, "number")


def _age(text: str, units: dict[str, str], decimal: str) -> tuple[float, float, str]:
    if not text:
        return _NOT_STATED
    both = _YEARS_AND_MONTHS.fullmatch(text)
    if both and (units.get(fold(both[2])), units.get(fold(both[4]))) == ("years", "months"):
        low = high = float(int(both[1]) + int(both[3]) // 12)
    else:
        number = _NUMBER.match(text)
        word = text[number.end() :] if number else ""
        unit = units.get(fold(word), "" if word else "years")
        counted = _bounds(number[0].strip(), decimal) if number and unit else None
        if counted is None:
            return _NO_AGE
        low, high = _completed_years(counted[0], unit)[0], _completed_years(counted[1], unit)[1]
    return (low, high, "") if low <= OLDEST and not high > OLDEST else _NO_AGE


def _bounds(text: str, decimal: str) -> tuple[float, float] | None:
    """The least and the most that a number can mean, however it is written; None for what is none."""
    if bound := _BOUND.fullmatch(text):
        limit = int(bound[2])
        return ((0, limit - 1) if bound[1] == "<" else (limit + 1, np.nan)) if limit else None
    other = "." if decimal == "," else ","
    match = _AGE.fullmatch(text.replace(decimal, "\0").replace(other, "x").replace("\0", "."))
    if match is None:
        return None
    low = int(match[1])
    high = np.nan if match[3] else int(match[2] or low)
    return None if high < low else (low, high)


def _completed_years(number: float, unit: str) -> tuple[float, float]:
    """Completed years in so many units, at least and at most."""
    if unit == "years":
        return number, number
    if unit == "months":
        return number // 12, number // 12
    first, last = (number, number) if unit == "days" else (7 * number, 7 * number + 6)
    return first // 366, last // 365


def code(texts: Sequence[str], field: str, column: Column) -> pd.DataFrame:
    """``value``: the code of each text; of several in one cell, all, joined by ";" in the order of the alphabet."""
    known = _known(field, column)
    several = FIELDS[field].kind == "codes" if field in FIELDS else False

    def one(text: str) -> tuple[str, str]:
        parts = [part for part in _parts(text, column.split if several else "") if part]
        codes = [known.get(part, known.get(fold(part) or part)) for part in parts]
        if any(found is None for found in codes):
            return ("", "code")
        named = sorted({found for found in codes if found})
        # "None" beside a code is a contradiction that a person has to resolve.
        return ("", "code") if NONE in named and len(named) > 1 else (";".join(named), "")

    return pd.DataFrame([one(text) for text in texts], columns=["value", "rule"])


def _known(field: str, column: Column) -> dict[str, str]:
    """Text -> code: the standard's codes and labels, other usual words, and the mapping's own, which win."""
    entry = FIELDS.get(field)
    codes = (entry.codes if entry else ROLES) or {}
    known = {label: name for name, label in codes.items()} | {name: name for name in codes}
    return _by_text(known | ((entry.other_words if entry else None) or {})) | _by_text(column.codes)


def _by_text(meanings: dict[str, str]) -> dict[str, str]:
    """Texts, as they are and folded; what folds to nothing (+, -, ✓) is known as it is alone."""
    return {fold(text): meaning for text, meaning in meanings.items() if fold(text)} | {
        text.strip(): meaning for text, meaning in meanings.items()
    }


def _parts(text: str, split: str) -> list[str]:
    return [part.strip() for part in text.split(split)] if split else [text]


def country(texts: Sequence[str], study: str, column: Column) -> pd.DataFrame:
    """``value``: ISO 3166-1 alpha-3 of a country's code or name in English, Turkish, French or Portuguese."""
    return _matched(places.match(texts, study, column.codes, "country"), "country")


def place(texts: Sequence[str], study: str, column: Column) -> pd.DataFrame:
    """``value``: id of a place in the gazetteer; of several in one cell, all, joined by ";" in their order."""
    pieces = {text: _parts(text, column.split) for text in texts}
    runs = {run for parts in pieces.values() for run in _runs(parts, column.split)} | set(texts)
    listed = sorted(runs)
    found = dict(zip(listed, places.match(listed, study, column.places), strict=True))
    return _matched([_joined(text, pieces[text], column.split, found) for text in texts], "place")


def _runs(parts: Sequence[str], split: str) -> list[str]:
    """Every run of neighbouring pieces, joined again."""
    ends = range(1, len(parts) + 1)
    return [split.join(parts[start:end]) for start in range(len(parts)) for end in ends if start < end]


def _joined(text: str, parts: Sequence[str], split: str, found: dict[str, str | None]) -> str | None:
    """Ids of the places that a cell names: Guiné-Bissau is one place, also where a hyphen stands between places."""
    if found[text] is not None:
        return found[text]
    ids, start = [], 0
    while start < len(parts):
        run = next((end for end in range(len(parts), start, -1) if found[split.join(parts[start:end])] is not None), 0)
        if not run:
            return None
        ids.append(found[split.join(parts[start:run])] or "")
        start = run
    return ";".join(filter(None, ids))


def _matched(found: Sequence[str | None], rule: str) -> pd.DataFrame:
    rules = ["" if one is not None else rule for one in found]
    return pd.DataFrame({"value": [one or "" for one in found], "rule": rules})


def answer(texts: Sequence[str], column: Column) -> pd.DataFrame:
    """``value``: 1 for yes, 0 for no, -1 for not stated, in the column of one code."""
    meaning = _by_text(dict.fromkeys(column.yes, "1") | dict.fromkeys(column.no, "0")) | {"": "-1"}
    found = [meaning.get(text, meaning.get(fold(text) or text)) for text in texts]
    rules = ["code" if value is None else "" for value in found]
    return pd.DataFrame({"value": [int(value or -1) for value in found], "rule": rules})


def from_answers(answers: dict[str, list[np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Codes from a yes or no to each, and the rows whose answers contradict each other.

    Those with yes; ``None`` where all say no; "" where nothing is known, or where the source says so.

    Parameters
    ----------
    answers : code -> of each of its columns, 1, 0 or -1 a row. The code "" stands for "not known", ``None`` for none.
    """
    said = {code: np.max(columns, axis=0) for code, columns in answers.items()}
    names = [code for code in said if code not in ("", NONE)]
    nothing = np.zeros(len(next(iter(said.values()))), np.int64)
    each_no = [np.min(answers[name], axis=0) == 0 for name in names]
    all_no = np.all(each_no, axis=0) if names else nothing > 0
    bits = sum(((said[name] == 1).astype(np.int64) << bit for bit, name in enumerate(names)), nothing)
    masks, place = np.unique(bits, return_inverse=True)
    joined = [";".join(sorted(name for bit, name in enumerate(names) if mask >> bit & 1)) for mask in masks.tolist()]
    found = np.array(joined, dtype=object)[place]
    none = said.get(NONE, nothing) == 1
    unknown = said.get("", nothing) == 1
    found[(bits == 0) & (none | (all_no & ~unknown))] = NONE
    return found, (bits > 0) & none


Reader = Callable[[Sequence[str]], pd.DataFrame]


def reader(field: str, column: Column, study: str, decimal: str, latest: datetime.date) -> Reader:
    """What reads the distinct texts of a field's column."""
    kind = FIELDS[field].kind if field in FIELDS else field
    return {
        "date": lambda texts: date(texts, field, column, latest),
        "age": lambda texts: age(texts, column, decimal),
        "code": lambda texts: code(texts, field, column),
        "codes": lambda texts: answer(texts, column) if column.columns else code(texts, field, column),
        "role": lambda texts: code(texts, field, column),
        "country": lambda texts: country(texts, study, column),
        "place": lambda texts: place(texts, study, column),
    }[kind]
