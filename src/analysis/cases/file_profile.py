"""Profile of a file as received: encoding, delimiter, header, and what each column seems to hold.

Words by which sources head their columns and write their codes, in five languages, are in ``header_synonyms.yml``. They
serve the first draft of a mapping only: a person reads it before any record does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path

import numpy as np
import yaml

from analysis.cases import ages, htcds, kobo
from analysis.cases.date_formats import date_formats
from analysis.cases.htcds import FIELDS
from analysis.cases.kobo import FORM, FORM_OF
from analysis.catalog import shown
from analysis.intake.pseudonyms import fold, secret_key
from analysis.intake.sheet import BETWEEN, Sheet, note_rows, read, total_rows
from analysis.intake.source import SourceError, preview, sheets

# A header stands in one of the first rows; above it stand titles.
_SEARCHED = 40
# What is seldom the same for all persons on one form.
PERSONAL = {"given_name", "family_name", "full_name", "phone", "document", "birth", "age", "sex"}


@dataclass
class Part:
    """A sheet, the fields its columns seem to hold, and the names of those that nobody needs or knows."""

    sheet: Sheet
    header: tuple[int, ...]
    aside: np.ndarray  # whether each row is a total or a note
    fields: dict[str, str] = field(default_factory=dict)  # field or stop -> name of its column
    unsure: set[str] = field(default_factory=set)
    one_hot: dict[str, dict[str, str]] = field(default_factory=dict)  # field -> option -> name of its column
    also: dict[str, list[str]] = field(default_factory=dict)  # field -> further columns of the same question
    units: dict[str, str] = field(default_factory=dict)  # field -> name of the column that holds its unit
    left_out: list[str] = field(default_factory=list)
    of_kobo: list[str] = field(default_factory=list)  # KoboToolbox's own columns, as far as they hold no field
    unknown: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    languages: Counter[str] = field(default_factory=Counter)
    # Signs that say elsewhere that nothing is known, and may be an answer in this file: - beside +.
    answers: frozenset[str] = frozenset()

    def texts(self, name: str, unknown_too: bool = False) -> Counter[str]:
        """Distinct texts of a column, with the number of rows that have them; no totals, notes, blanks or "unknown"."""
        letter = self.sheet.column(name)
        if letter not in self.sheet.table:
            return Counter()
        cells = self.sheet.table[letter].cat
        numbers = np.bincount(cells.codes.to_numpy()[~self.aside], minlength=len(cells.categories))
        found = Counter[str]()
        for text, number in zip(cells.categories, numbers.tolist(), strict=True):
            if number and text.strip() and (unknown_too or self._answers(text)):
                found[text.strip()] += number
        return found

    def _answers(self, text: str) -> bool:
        return not says_unknown(text) or text.strip() in self.answers


# --- How the file is written ---------------------------------------------------------------------------------------


def parts(path: Path, encoding: str, delimiter: str) -> dict[str, Part]:
    """The sheets of a file that are not empty, each with its columns recognised. Raises SourceError for no sheet."""
    first_rows = preview(path, _SEARCHED, encoding or None, delimiter or None)
    found = {}
    for name, content in sheets(path, encoding or None, delimiter or None).items():
        if not any(map(any, first_rows[name])):
            continue
        header = _header(first_rows[name])
        sheet = read(content, header, secret_key("synthetic"))
        part = Part(sheet, header, total_rows(sheet) | note_rows(sheet))
        _recognise(part)
        found[name] = part
    if not found:
        raise SourceError("empty", f"{shown(path)} holds no cell with a text. Ask for it again.")
    answers = frozenset(sign for part in found.values() for column in coded(part) for sign in _answers(part, column))
    for part in found.values():
        part.answers = answers
    return found


def coded(part: Part) -> list[str]:
    """The columns whose cells are codes."""
    names = [column for name, column in part.fields.items() if name in FIELDS and FIELDS[name].codes]
    return names + [column for name, column in stop_columns(part).items() if name == "role"]


def _answers(part: Part, column: str) -> set[str]:
    """The signs of a coded column, if they are not only such as mean that nothing is known."""
    signs = set(filter(is_sign, part.texts(column, unknown_too=True)))
    return signs if not all(map(says_unknown, signs)) else set()


def _header(rows: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """Numbers of the header's rows: the first row that is wide, of several texts, none of them a date or number."""
    filled = [[cell.strip() for cell in row] for row in rows]
    width = max(sum(map(bool, row)) for row in filled)
    for place, row in enumerate(filled):
        names = [cell for cell in row if cell]
        if len(names) < max(2, 0.6 * width) or len(set(names)) < max(2, len(names) / 3) or any(map(_datum, names)):
            continue
        below = filled[place + 1] if place + 1 < len(filled) else []
        above = filled[place - 1] if place else []
        names_below = set(filter(None, below))
        if _merged(row) and len(names_below) > len(set(names)) / 2 and not any(map(_datum, names_below)):
            return (place + 1, place + 2)
        groups = set(filter(None, above))
        # Of two names or more above, one spans columns: groups, and no title, which would be one text.
        if len(groups) > 1 and (len(set(names)) < len(names) or (_merged(above) and not any(map(_datum, groups)))):
            return (place, place + 1)
        return (place + 1,)
    return (1,)


def _merged(row: Sequence[str]) -> bool:
    """True where neighbouring cells have one text, as those of a merged range do."""
    return any(left and left == right for left, right in pairwise(row))


def _datum(text: str) -> bool:
    return bool(re.fullmatch(r"[\d.,/: -]+", text)) and any(map(str.isdigit, text))


# --- Which column holds what ---------------------------------------------------------------------------------------


def _recognise(part: Part) -> None:
    """Fill in what the names of the columns say: one known as a whole goes before one that only holds a known name."""
    every = [name for name in part.sheet.header.values() if name and name not in (FORM, FORM_OF)]
    part.of_kobo = kobo.own_columns(every)
    names = [name for name in every if name not in part.of_kobo]
    part.twice = sorted({name for name in names if sum(fold(name) == fold(other) for other in names) > 1})
    guesses = {name: _guess(name, names) for name in names if name not in part.twice}
    # Also one that stands twice, which intake refuses: left out, "none of them" would be read where there was one.
    options = [name for name in names if _parted(name)[0] and _is_option(part, name, names)]
    # Of several columns for a name or an age, the one about the child.
    in_turn = sorted(guesses.items(), key=lambda item: not of_child(item[0]))
    for sure in (True, False):
        for name, guess in in_turn:
            if name in options or guess.left_out or guess.sure is not sure:
                continue
            if guess.field and guess.field not in part.fields:
                part.fields[guess.field] = name
                part.languages[guess.language] += 1
                part.unsure |= set() if sure else {guess.field}
            elif sure and guess.field and _is_filled_in_turn(part, guess.field, name):
                part.also.setdefault(guess.field, []).append(name)
            else:
                part.unknown.append(name)
    _further_versions(part, names)
    _units(part)
    for field_name, name in (("record", kobo.RECORD), ("reported", kobo.REPORTED)):
        if name in part.of_kobo and field_name not in part.fields:
            part.fields[field_name] = name
            part.of_kobo.remove(name)
    _names_of_persons(part)
    part.left_out = [name for name, guess in guesses.items() if guess.left_out and name not in options]
    _options(part, options, names)


# What a question that was asked anew has at the end of its name.
_VERSION = re.compile(r"(?:[ _-]+\(?(?:v(?:er)?\.? ?\d+|\d{1,3}|yeni|new|novo|nova|nouveau|nouvelle)\)?)$", re.I)


def _unversioned(name: str) -> str:
    return _VERSION.sub("", name)


def _further_versions(part: Part, names: Sequence[str]) -> None:
    """Columns of a question that was asked anew, as "Yaş v2" or "Child's age" beside "Yaş"."""
    for name in list(part.unknown):
        unsure = guess(_last(name, names)).field
        if unsure in part.fields and _looks_like(unsure, part.texts(name)) and _is_filled_in_turn(part, unsure, name):
            part.also.setdefault(unsure, []).append(name)
            part.unknown.remove(name)
            continue
        if _unversioned(name) == name:
            continue
        of = guess(_unversioned(_last(name, names))).field
        if of in part.fields and _is_filled_in_turn(part, of, name):
            part.also.setdefault(of, []).append(name)
            part.unknown.remove(name)


def _looks_like(of: str, texts: Counter[str]) -> bool:
    """Return whether most texts of a column can be read as ages or dates, where the field holds these."""
    kind = FIELDS[of].kind if of in FIELDS else ""
    if kind == "date":
        return date_formats(texts)[1] <= len(texts) / 2
    return kind == "age" and (ages.read(list(texts), {}, ".")["rule"] == "").mean() > 0.5


def _is_filled_in_turn(part: Part, of: str, name: str) -> bool:
    """True if a column may be the same question as the one that a field has: both are used, and never in one row."""
    letters = [part.sheet.column(each) for each in (part.fields.get(of, ""), name)]
    if of.startswith("stop:") or not all(letter in part.sheet.table for letter in letters):
        return False
    first, second = (part.sheet.table[letter].astype(object).str.strip().ne("").to_numpy() for letter in letters)
    first, second = first & ~part.aside, second & ~part.aside
    return bool(first.any() and second.any() and not (first & second).any())


def _units(part: Part) -> None:
    """The columns that hold the units of ages: they are no columns that nobody knows."""
    of_letter = {
        part.sheet.column(part.fields[name]): name
        for name in part.fields
        if name in FIELDS and FIELDS[name].kind == "age"
    }
    taken = {part.sheet.column(name) or "" for name in [*part.fields.values(), *part.of_kobo]}
    of_ages = [letter for letter in of_letter if letter]
    for letter, of in ages.columns_of_units(part.sheet, of_ages, taken).items():
        name = part.sheet.header.get(letter, "")
        if name in part.unknown and of_letter[of] not in part.units:
            part.units[of_letter[of]] = name
            part.unknown.remove(name)


def _guess(name: str, names: Sequence[str]) -> Guess:
    if BETWEEN not in name and of_others(name.rpartition("/")[0]):
        return Guess(left_out=True)
    return guess(_last(name, names))


def _names_of_persons(part: Part) -> None:
    """Beside a family name, what is headed "Nome" is the given name; beside both, it is one name too many."""
    if "full_name" in part.fields and {"given_name", "family_name"} & set(part.fields):
        name = part.fields.pop("full_name")
        if "given_name" in part.fields:
            part.unknown.append(name)
        else:
            part.fields["given_name"] = name
            part.unsure |= {"given_name"} if "full_name" in part.unsure else set()


def _last(name: str, names: Sequence[str]) -> str:
    """The name below in a header of two rows, and the question's own in KoboToolbox (group/question)."""
    if BETWEEN in name:
        upper, _, lower = name.rpartition(BETWEEN)
        # Where "Birth / Date" and "Detection / Date" stand side by side, the lower name alone says too little.
        alone = sum(other.endswith(BETWEEN + lower) for other in names) == 1
        readings = [f"{upper} {lower}", f"{lower} {upper}", *([lower] if alone else [])]
        return next((text for text in readings if guess(text).sure), lower if alone else readings[0])
    return name.rpartition("/")[2] if "/" in name else name


def _parted(name: str) -> tuple[str, str]:
    """A question and one of its options, as names of columns have them; "" and "" for the name of a whole question."""
    for sign in ("/", ": "):
        question, found, option = name.rpartition(sign)
        if found and BETWEEN not in name:
            return question, option.strip()
    return "", ""


def says_yes(text: str) -> bool:
    """Return whether a text in the column of one option chooses it."""
    return fold(text) in _YES or text.strip() in ("+", "✓", "✔")


def says_no(text: str) -> bool:
    """Return whether a text in the column of one option says that it was not chosen."""
    return fold(text) in _NO


def _is_option(part: Part, name: str, names: Sequence[str]) -> bool:
    """True if a column says yes or no to one option of a question with several: question/option, question: option."""
    question = _parted(name)[0]
    texts = part.texts(name)
    answers = sum(number for text, number in texts.items() if says_yes(text) or says_no(text))
    siblings = sum(_parted(other)[0] == question for other in names)
    # A slip in one cell makes it no other column.
    return answers >= 0.9 * texts.total() and (question in names or siblings > 1)


def _options(part: Part, options: Sequence[str], names: Sequence[str]) -> None:
    """Options by field; where the question's own column lists them word by word, that column is enough."""
    of_question: dict[str, list[str]] = {}
    for name in options:
        of_question.setdefault(_parted(name)[0], []).append(name)
    for question, columns in of_question.items():
        guessed = guess(question.rpartition("/")[2])
        known = {_parted(name)[1]: name for name in columns}
        if not guessed.field and (of := _by_options(known)) and of not in {*part.fields, *part.one_hot}:
            guessed = Guess(of)
            part.unsure.add(of)
        if not guessed.field or guessed.field not in FIELDS or FIELDS[guessed.field].kind != "codes":
            part.unknown += columns
        elif question in names and {word for text in part.texts(question) for word in text.split()} <= set(known):
            part.left_out += columns
        else:
            part.fields.pop(guessed.field, None)
            part.left_out += [question] if question in names else []
            part.one_hot[guessed.field] = known


def _by_options(options: Collection[str]) -> str:
    """The field whose codes most of the options of a question are, two at least; "" where there is none."""
    found = {}
    for name, entry in FIELDS.items():
        if entry.kind == "codes":
            codes = {code(name, option.replace("_", " ")) for option in options} - {None, htcds.NONE, "Other"}
            found[name] = len(codes)
    best = max(found, key=lambda name: found[name])
    return best if found[best] >= max(2, len(options) / 2) else ""


def stop_columns(part: Part) -> dict[str, str]:
    """The columns of a repeat group of journeys: ``role``, ``place`` and ``date``; none of any other sheet."""
    found = {stop_column(name): name for name in reversed(part.sheet.header.values()) if name}
    is_journey = part.sheet.column(FORM_OF) and {"role", "place"} <= set(found)
    return {name: found[name] for name in ("role", "place", "date") if is_journey and name in found}


def main_sheet(parts: dict[str, Part]) -> Part:
    """The sheet of the records: the forms of KoboToolbox; elsewhere the sheet with most fields, then most rows."""
    forms = [part for part in parts.values() if part.sheet.column(FORM) and not part.sheet.column(FORM_OF)]
    if forms:
        return forms[0]
    return max(parts.values(), key=lambda part: (len(part.fields), len(part.sheet.rows)))


def repeats(parts: dict[str, Part], main: Part) -> tuple[Part | None, Part | None]:
    """Return the repeat group in which each row is a person, and the one in which each row is a stop."""
    groups = [part for part in parts.values() if part is not main and part.sheet.column(FORM_OF)]
    identities = {"given_name", "full_name", "sex", "age", "birth"}
    persons = next((part for part in groups if len(identities & set(part.fields)) > 1), None)
    journeys = next((part for part in groups if stop_columns(part)), None)
    if journeys:
        journeys.unknown = [name for name in journeys.unknown if not stop_column(name)]
    return persons, None if persons else journeys


# --- Words ------------------------------------------------------------------------------------------------------

LANGUAGES = {"en": "English", "tr": "Turkish", "pt": "Portuguese", "fr": "French", "ar": "Arabic"}


@dataclass(frozen=True)
class Guess:
    """Guess from the name of a column: a field (or ``stop:`` and a role), or that it is left out.

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
    for name, languages in fields.items():
        for language, words in languages.items():
            for word in words:
                found.setdefault(fold(word), (name, language))
    return found


# Read and folded once, when the module is loaded.
_SYNONYMS = yaml.safe_load(
    resources.files("analysis.cases").joinpath("header_synonyms.yml").read_text(encoding="utf-8")
)
_HEADERS, _VAGUE = _by_header(_SYNONYMS["headers"]), _by_header(_SYNONYMS["vague_headers"])
_OTHER_HEADERS, _CHILD, _LEFT_OUT, _LEFT_OUT_HEADERS, _UNKNOWN = (
    _folded(_SYNONYMS[name]) for name in ("others", "child", "left_out", "left_out_headers", "unknown")
)
_YES, _NO = _folded(_SYNONYMS["chosen"]), _folded(_SYNONYMS["not_chosen"])
# How names of fields begin in the Human Trafficking Case Data Standard.
_OF_HTCDS = re.compile(r"(?:prs|vic|cas|hte|con)_[A-Z]")
_STOP_COLUMNS = {part: _folded(words) for part, words in _SYNONYMS["stop_columns"].items()}


def guess(header: str) -> Guess:
    """The field that a column with this name holds: by the whole name, or else by the longest known name within it."""
    name = fold(header)
    if name in _HEADERS:
        field, language = _HEADERS[name]
        return Guess(field, True, language)
    words = name.split()
    if name in _LEFT_OUT_HEADERS:
        return Guess(left_out=True)
    if (_LEFT_OUT | _OTHER_HEADERS) & set(words):
        return Guess(left_out=True)
    if _OF_HTCDS.match(header):
        # A field of the standard that is known by no name means something else than the words in it.
        return Guess()
    for length in range(len(words) - 1, 0, -1):
        for start in range(len(words) - length + 1):
            part = " ".join(words[start : start + length])
            if len(part) > 2 and part in _HEADERS:
                field, language = _HEADERS[part]
                return Guess(field, False, language)
    field, language = _VAGUE.get(name, ("", ""))
    return Guess(field, False, language)


def of_others(group: str) -> bool:
    """Return True if questions are about somebody else than the person of the row: an interviewer, a mother."""
    return bool(_OTHER_HEADERS & set(fold(group).split()))


def of_child(header: str) -> bool:
    """Return True if the name of a column, or of its group, says that it is about the child or the victim."""
    return bool(_CHILD & set(fold(header).split()))


def stop_column(header: str) -> str:
    """Return the ``role``, ``place`` or ``date`` of a stop that a column of a repeat group of journeys holds, or ""."""
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


def says_unknown(text: str) -> bool:
    """Return True if a text that is not blank says that nothing is known: a word for it, or one of a few signs.

    Other signs are answers, such as + or ✓, of which nobody has said what they mean.
    """
    return text.strip() in _SYNONYMS["not_stated"] or fold(text) in _UNKNOWN


def is_sign(text: str) -> bool:
    """Return True if a text has neither a letter nor a digit."""
    return bool(text.strip()) and not fold(text)
