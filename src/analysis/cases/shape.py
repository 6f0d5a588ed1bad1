"""What a file as received shows of itself: encoding, delimiter, header, and what each column seems to hold."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from analysis.cases import headers
from analysis.cases.htcds import FIELDS
from analysis.cases.identity import fold, secret_key
from analysis.cases.sheet import BETWEEN, Sheet, read, total_rows
from analysis.cases.source import CSV, preview, sheets

# A header stands in one of the first rows; above it stand titles.
_SEARCHED = 40
# How KoboToolbox numbers the forms, and points from a row of a repeat group to the form that it belongs to.
FORM, FORM_OF = "_index", "_parent_index"


@dataclass
class Part:
    """A sheet, the fields its columns seem to hold, and the names of those that nobody needs or knows."""

    sheet: Sheet
    header: tuple[int, ...]
    totals: np.ndarray  # whether each row is a total
    fields: dict[str, str] = field(default_factory=dict)  # field or stop -> name of its column
    unsure: set[str] = field(default_factory=set)
    one_hot: dict[str, dict[str, str]] = field(default_factory=dict)  # field -> option -> name of its column
    left_out: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    languages: Counter[str] = field(default_factory=Counter)

    def texts(self, name: str, unknown_too: bool = False) -> Counter[str]:
        """Distinct texts of a column, with the number of rows that have them; without totals, blanks and "unknown"."""
        letter = self.sheet.column(name)
        if letter not in self.sheet.table:
            return Counter()
        cells = self.sheet.table[letter].cat
        numbers = np.bincount(cells.codes.to_numpy()[~self.totals], minlength=len(cells.categories))
        found = Counter[str]()
        for text, number in zip(cells.categories, numbers.tolist(), strict=True):
            if number and text.strip() and (unknown_too or not headers.says_unknown(text)):
                found[text.strip()] += number
        return found


# --- How the file is written ---------------------------------------------------------------------------------------


def written(path: Path) -> tuple[str, str]:
    """Encoding and delimiter of a CSV file; "" and "" of any other."""
    if path.suffix.lower() not in CSV or not path.is_file():
        return "", ""
    content = path.read_bytes()
    encoding = _encoding(content)
    lines = content.decode("utf-8-sig" if encoding == "utf-8" else encoding, "replace").splitlines()[:100]
    return encoding, max(";,\t|", key=lambda sign: _regularity(lines, sign))


def _encoding(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or content[1:200:2].count(0) > 50:
        return "utf-16"
    try:
        content.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        pass
    # ğ, ı, ş, Ğ, İ, Ş of cp1254 are Icelandic letters in cp1252: no list of these studies is written in Icelandic.
    if any(content.count(letter) for letter in "ğışĞİŞ".encode("cp1254")):
        return "cp1254"
    # cp1252 has letters and signs where latin-1 has none; five bytes are in latin-1 alone.
    return "latin-1" if any(byte in content for byte in b"\x81\x8d\x8f\x90\x9d") else "cp1252"


def _regularity(lines: Sequence[str], delimiter: str) -> tuple[int, int]:
    """How many lines have the commonest number of cells, if that is more than one, and that number."""
    try:
        widths = Counter(len(cells) for cells in csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return (0, 0)
    del widths[0], widths[1]
    width, number = widths.most_common(1)[0] if widths else (0, 0)
    return (number, width)


def parts(path: Path, encoding: str, delimiter: str) -> dict[str, Part]:
    """The sheets of a file that are not empty, each with its columns recognised."""
    first_rows = preview(path, _SEARCHED, encoding or None, delimiter or None)
    found = {}
    for name, content in sheets(path, encoding or None, delimiter or None).items():
        if not any(map(any, first_rows[name])):
            continue
        header = _header(first_rows[name])
        sheet = read(content, header, secret_key("synthetic"))
        part = Part(sheet, header, total_rows(sheet))
        _recognise(part)
        found[name] = part
    return found


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
        grouped = any(left and left == right for left, right in pairwise(row))
        names_below = set(filter(None, below))
        if grouped and len(names_below) > len(set(names)) / 2 and not any(map(_datum, names_below)):
            return (place + 1, place + 2)
        if len(set(filter(None, above))) > 1 and len(set(names)) < len(names):
            return (place, place + 1)
        return (place + 1,)
    return (1,)


def _datum(text: str) -> bool:
    return bool(re.fullmatch(r"[\d.,/: -]+", text)) and any(map(str.isdigit, text))


# --- Which column holds what ---------------------------------------------------------------------------------------


def _recognise(part: Part) -> None:
    """Fill in what the names of the columns say: one known as a whole goes before one that only holds a known name."""
    names = [name for name in part.sheet.header.values() if name and name not in (FORM, FORM_OF)]
    part.twice = sorted({name for name in names if sum(fold(name) == fold(other) for other in names) > 1})
    guesses = {name: headers.guess(_last(name, names)) for name in names if name not in part.twice}
    options = [name for name in names if "/" in name and BETWEEN not in name and _is_option(part, name, names)]
    for sure in (True, False):
        for name, guess in guesses.items():
            if name in options or guess.left_out or guess.sure is not sure:
                continue
            if guess.field and guess.field not in part.fields:
                part.fields[guess.field] = name
                part.languages[guess.language] += 1
                part.unsure |= set() if sure else {guess.field}
            else:
                part.unknown.append(name)
    _names_of_persons(part)
    part.left_out = [name for name, guess in guesses.items() if guess.left_out and name not in options]
    _options(part, options, names)


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
        return next((text for text in readings if headers.guess(text).sure), lower if alone else readings[0])
    return name.rpartition("/")[2] if "/" in name else name


def _is_option(part: Part, name: str, names: Sequence[str]) -> bool:
    """Whether a column says yes or no to one option of a question with several (KoboToolbox: question/option)."""
    question = name.rpartition("/")[0]
    texts = part.texts(name)
    answers = sum(number for text, number in texts.items() if fold(text) in ("0", "1", "true", "false"))
    siblings = sum(other.rpartition("/")[0] == question for other in names)
    # A slip in one cell makes it no other column.
    return answers >= 0.9 * texts.total() and (question in names or siblings > 1)


def _options(part: Part, options: Sequence[str], names: Sequence[str]) -> None:
    """Options by field; where the question's own column lists them word by word, that column is enough."""
    of_question: dict[str, list[str]] = {}
    for name in options:
        of_question.setdefault(name.rpartition("/")[0], []).append(name)
    for question, columns in of_question.items():
        guess = headers.guess(question.rpartition("/")[2])
        known = {name.rpartition("/")[2]: name for name in columns}
        if not guess.field or guess.field not in FIELDS or FIELDS[guess.field].kind != "codes":
            part.unknown += columns
        elif question in names and {word for text in part.texts(question) for word in text.split()} <= set(known):
            part.left_out += columns
        else:
            part.fields.pop(guess.field, None)
            part.left_out += [question] if question in names else []
            part.one_hot[guess.field] = known


def main_sheet(parts: dict[str, Part]) -> Part:
    """The sheet of the records: the forms of KoboToolbox; elsewhere the sheet with most fields, then most rows."""
    forms = [part for part in parts.values() if part.sheet.column(FORM) and not part.sheet.column(FORM_OF)]
    if forms:
        return forms[0]
    return max(parts.values(), key=lambda part: (len(part.fields), len(part.sheet.rows)))


def repeats(parts: dict[str, Part], main: Part) -> tuple[Part | None, Part | None]:
    """Of the repeat groups, the one in which each row is a person, and the one in which each row is a stop."""
    groups = [part for part in parts.values() if part is not main and part.sheet.column(FORM_OF)]
    identities = {"given_name", "full_name", "sex", "age", "birth"}
    persons = next((part for part in groups if len(identities & set(part.fields)) > 1), None)
    journeys = next(
        (part for part in groups if {"role", "place"} <= set(map(headers.stop_column, part.sheet.header.values()))),
        None,
    )
    if journeys:
        journeys.unknown = [name for name in journeys.unknown if not headers.stop_column(name)]
    return persons, None if persons else journeys
