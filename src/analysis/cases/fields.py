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
from analysis.cases.identity import fold
from analysis.cases.mapping import Column, MappingError

OLDEST = 120
_AGE = re.compile(r"(\d{1,3})(?:\.\d+)?(?:\s*-{1,2}\s*(\d{1,3})|(\+))?")


def reason(rule: str, column: Column, exported: datetime.date) -> str:
    """A sentence on why a row is in quarantine and what would help; it holds nothing from the row itself."""
    codes = "Correct it at the source, or add it to `codes:` in the mapping."
    return {
        "date": f"Not a date as {' or '.join(column.formats)}. Correct it, or the mapping's `format:`.",
        "date_range": f"Before {dates.EARLIEST} or after the export, {exported}. Correct it, or the mapping's `date:`.",
        "number": f"Not an age between 0 and {OLDEST} years.",
        "code": f"Not in the code list. {codes}",
        "country": f"Not a country's code or name, or one that two countries share. {codes}",
        "place": "Not in the gazetteer, or shared by two places. Correct it, or add it to `places:` in the mapping.",
        "required": "Empty, though the mapping says that it is required.",
        "order": "It contradicts another cell of the row: see the dates and the age.",
        "formula": "A formula: its result depends on who opens the file. Paste it as a value at the source.",
        "total": "A total of other rows, not a record.",
        "duplicate": "The same in every cell as a row above it.",
        "ragged": "More cells than the header has names: a separator may stand inside a text.",
        "truncated": "The file ends in the middle of this row. Ask for the file again.",
        "encoding": "It holds bytes that the declared encoding does not have.",
        "parent": "The form that it belongs to is missing, or is itself in quarantine.",
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


def date(texts: Sequence[str], column: Column, latest: datetime.date) -> pd.DataFrame:
    """``low``, ``high`` and ``precision`` of dates, by the column's formats."""
    return dates.read(texts, column.formats, latest)


def age(texts: Sequence[str], decimal: str) -> pd.DataFrame:
    """``low`` and ``high`` of ages in completed years: 14, 14,5, 9-17, 48+; NaN where not stated or open."""
    ages = pd.DataFrame([_age(text, decimal) for text in texts], columns=["low", "high", "rule"])
    return ages.astype({"low": float, "high": float})


def _age(text: str, decimal: str) -> tuple[float, float, str]:
    if not text:
        return (np.nan, np.nan, "")
    other = "." if decimal == "," else ","
    match = _AGE.fullmatch(text.replace(decimal, "\0").replace(other, "x").replace("\0", "."))
    if match is None:
        return (np.nan, np.nan, "number")
    low = int(match[1])
    high = np.nan if match[3] else int(match[2] or low)
    return (low, high, "") if low <= OLDEST and not high < low and not high > OLDEST else (np.nan, np.nan, "number")


def code(texts: Sequence[str], field: str, column: Column) -> pd.DataFrame:
    """``value``: the code of each text; of several in one cell, all, joined by ";" in the order of the alphabet."""
    known = _known(field, column)
    several = FIELDS[field].kind == "codes" if field in FIELDS else False

    def one(text: str) -> tuple[str, str]:
        parts = [part for part in _parts(text, column.split if several else "") if part]
        codes = [known.get(fold(part)) for part in parts]
        if any(found is None for found in codes):
            return ("", "code")
        named = sorted({found for found in codes if found})
        # "None" beside a code is a contradiction that a person has to resolve.
        return ("", "code") if NONE in named and len(named) > 1 else (";".join(named), "")

    return pd.DataFrame([one(text) for text in texts], columns=["value", "rule"])


def _known(field: str, column: Column) -> dict[str, str]:
    """Folded text -> code: the standard's codes and labels, other usual words, and the mapping's own, which win."""
    entry = FIELDS.get(field)
    codes = (entry.codes if entry else ROLES) or {}
    known = {fold(label): name for name, label in codes.items()} | {fold(name): name for name in codes}
    known |= {fold(text): name for text, name in ((entry.other_words if entry else None) or {}).items()}
    return known | {fold(text): name for text, name in column.codes.items()}


def _parts(text: str, split: str) -> list[str]:
    return [part.strip() for part in text.split(split)] if split else [text]


def country(texts: Sequence[str], study: str, column: Column) -> pd.DataFrame:
    """``value``: ISO 3166-1 alpha-3 of a country's code or name in English, Turkish, French or Portuguese."""
    return _matched(_places(texts, study, column.codes, "country"), "country")


def place(texts: Sequence[str], study: str, column: Column) -> pd.DataFrame:
    """``value``: id of a place in the gazetteer; of several in one cell, all, joined by ";" in their order."""
    # Guiné-Bissau is one place, also where a hyphen stands between places.
    whole = _places(texts, study, column.places, "place")
    parts = [_parts(text, "" if one else column.split) for text, one in zip(texts, whole, strict=True)]
    flat = [part for several in parts for part in several]
    found = iter(_places(flat, study, column.places, "place"))
    matched = [[next(found) for _ in several] for several in parts]
    return _matched(
        [None if any(one is None for one in several) else ";".join(filter(None, several)) for several in matched],
        "place",
    )


def _places(texts: Sequence[str], study: str, spellings: dict[str, str], kind: places.Kind) -> list[str | None]:
    try:
        return places.match(texts, study, spellings=spellings, kind=kind)
    except places.UnknownPlace as error:
        raise MappingError(f"`{'places' if kind == 'place' else 'codes'}:` of a {kind}: {error}") from None


def _matched(found: Sequence[str | None], rule: str) -> pd.DataFrame:
    rules = ["" if one is not None else rule for one in found]
    return pd.DataFrame({"value": [one or "" for one in found], "rule": rules})


def answer(texts: Sequence[str], column: Column) -> pd.DataFrame:
    """``value``: 1 for yes, 0 for no, -1 for not stated, in the column of one code."""
    meaning = {fold(text): 1 for text in column.yes} | {fold(text): 0 for text in column.no}
    values = [-1 if not text else meaning.get(fold(text)) for text in texts]
    return pd.DataFrame(
        {
            "value": [-1 if value is None else value for value in values],
            "rule": ["code" if value is None else "" for value in values],
        }
    )


def from_answers(answers: np.ndarray, codes: Sequence[str]) -> np.ndarray:
    """Codes from one yes or no a code: those with yes; ``None`` where all say no; "" where nothing is known.

    Parameters
    ----------
    answers : rows × codes, of 1, 0 and -1.
    """
    bits = (answers == 1) @ (1 << np.arange(len(codes)))
    masks, place = np.unique(bits, return_inverse=True)
    names = [";".join(sorted(name for bit, name in enumerate(codes) if mask >> bit & 1)) for mask in masks.tolist()]
    found = np.array(names, dtype=object)[place]
    found[(answers == 0).all(axis=1)] = NONE
    return found


Reader = Callable[[Sequence[str]], pd.DataFrame]


def reader(field: str, column: Column, study: str, decimal: str, latest: datetime.date) -> Reader:
    """What reads the distinct texts of a field's column."""
    kind = FIELDS[field].kind if field in FIELDS else field
    return {
        "date": lambda texts: date(texts, column, latest),
        "age": lambda texts: age(texts, decimal),
        "code": lambda texts: code(texts, field, column),
        "codes": lambda texts: answer(texts, column) if column.columns else code(texts, field, column),
        "role": lambda texts: code(texts, field, column),
        "country": lambda texts: country(texts, study, column),
        "place": lambda texts: place(texts, study, column),
    }[kind]
