"""Words by which sources head their columns and write their codes, in four languages: ``header_synonyms.yml`` has them.

They serve the first draft of a mapping only: a person reads it before any record does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from analysis.cases import htcds
from analysis.intake.pseudonyms import fold

LANGUAGES = {"en": "English", "tr": "Turkish", "pt": "Portuguese", "fr": "French"}
# Of the columns that KoboToolbox adds, those that say which record a row is and when it was sent.
KOBO_RECORD, KOBO_REPORTED = "_id", "_submission_time"


@dataclass(frozen=True)
class Guess:
    """What the name of a column makes one think: a field (or ``stop:`` and a role), or that it is left out.

    `sure` where the whole name is known and means one field, not only a part of it.
    """

    field: str = ""
    sure: bool = False
    language: str = ""
    left_out: bool = False


def _folded(words: list[str]) -> frozenset[str]:
    return frozenset(map(fold, words))


def _by_header(fields: dict[str, dict[str, list[str]]]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for field, languages in fields.items():
        for language, words in languages.items():
            for word in words:
                found.setdefault(fold(word), (field, language))
    return found


# Read and folded once, when the module is loaded.
_SYNONYMS = yaml.safe_load(
    resources.files("analysis.cases").joinpath("header_synonyms.yml").read_text(encoding="utf-8")
)
_HEADERS, _VAGUE = _by_header(_SYNONYMS["headers"]), _by_header(_SYNONYMS["vague_headers"])
_OTHERS, _CHILD, _LEFT_OUT, _UNKNOWN = (_folded(_SYNONYMS[name]) for name in ("others", "child", "left_out", "unknown"))
_STOP_COLUMNS = {part: _folded(words) for part, words in _SYNONYMS["stop_columns"].items()}
_UNITS = {fold(word): unit for unit, words in _SYNONYMS["units"].items() for word in words}


def guess(header: str) -> Guess:
    """The field that a column with this name holds: by the whole name, or else by the longest known name within it."""
    name = fold(header)
    if name in _HEADERS:
        field, language = _HEADERS[name]
        return Guess(field, True, language)
    words = name.split()
    if (_LEFT_OUT | _OTHERS) & set(words):
        return Guess(left_out=True)
    for length in range(len(words) - 1, 0, -1):
        for start in range(len(words) - length + 1):
            part = " ".join(words[start : start + length])
            if len(part) > 2 and part in _HEADERS:
                field, language = _HEADERS[part]
                return Guess(field, False, language)
    field, language = _VAGUE.get(name, ("", ""))
    return Guess(field, False, language)


def of_others(group: str) -> bool:
    """Whether a group of questions is about somebody else than the person of the row: an interviewer, a mother."""
    return bool(_OTHERS & set(fold(group).split()))


def of_child(header: str) -> bool:
    """Whether the name of a column, or of its group, says that it is about the child or the victim."""
    return bool(_CHILD & set(fold(header).split()))


def of_kobo(headers: Sequence[str]) -> list[str]:
    """The columns that KoboToolbox has added to an export, or the device has filled in; none in any other file."""
    groups = tuple(_SYNONYMS["kobo_groups"])
    own = [name for name in headers if name.lower() in _SYNONYMS["kobo"] or name.lower().startswith(groups)]
    device = [name for name in headers if own and name.rpartition("/")[2].lower() in _SYNONYMS["device"]]
    return [name for name in headers if name in own or name in device]


def stop_column(header: str) -> str:
    """Whether a column of a repeat group of journeys holds the ``role``, ``place`` or ``date`` of a stop, or ""."""
    words = set(fold(header).split())
    return next((part for part, names in _STOP_COLUMNS.items() if words & names), "")


@cache
def _by_word(field: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for code, words in _SYNONYMS["codes"].get(field, {}).items():
        found |= {fold(word): code for word in words}
    known = htcds.FIELDS.get(field)
    codes = (known.codes if known else htcds.ROLES) or {}
    found |= {fold(label): name for name, label in codes.items()} | {fold(name): name for name in codes}
    if known and known.other_words:
        found |= {fold(word): name for word, name in known.other_words.items()}
    return found


def code(field: str, text: str) -> str | None:
    """The code of a field that a text of a cell may stand for; None where there is no guess."""
    # "A - Tarım" names the section of ISIC.
    section = re.match(r"([A-U])\s*[-–.:]\s*\w{2}", text) if field == "sector" else None
    return section[1] if section else _by_word(field).get(fold(text))


def unit(word: str) -> str:
    """What the number before a word counts, one of `mapping.UNITS`; "" where the word is not known."""
    return _UNITS.get(fold(word), "")


def says_unknown(text: str) -> bool:
    """Whether a text that is not blank says that nothing is known: a word for it, or one of a few signs.

    Other signs are answers, such as + or ✓, of which nobody has said what they mean.
    """
    return text.strip() in _SYNONYMS["not_stated"] or fold(text) in _UNKNOWN


def is_sign(text: str) -> bool:
    """Whether a text has neither a letter nor a digit."""
    return bool(text.strip()) and not fold(text)
