"""The answers in a coding sheet, or in the export of its form, as texts, before they are judged.

In a coding sheet columns are found by their names, rows by country and indicator. An export of the form has one row a
submission, one column an answer, its evidence and its page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from analysis import areas
from analysis.intake.pseudonyms import fold
from analysis.intake.sheet import Sheet, undeclared
from analysis.intake.source import ERROR, Range, number
from analysis.referral.coding.sheet import ABOUT, HEADERS, KNOWN, ROLES, STUDY, Indicator
from bounded.refusal import Coded

GIVEN = ["row", "area_id", "indicator_id", "role", "coder", "date", "answer", "evidence", "page", "column", "rule"]


class CodingError(Coded):
    """A file cannot be read as a coding sheet; the message says why, and what would help."""


@dataclass
class Received:
    """What a file holds.

    Parameters
    ----------
    file, sheet : where; sheet is "" for a CSV file. way : ``sheet`` or ``form``.
    area_ids : the countries that it is about.
    given : one row an answer that was typed: row, area_id, indicator_id, role, coder, date, answer, evidence, page
        (texts), column (of the answer), rule (why it cannot be placed, or "").
    faults : (row, column, rule) of cells that hold no answer.
    notes : area_id, indicator_id, note, row. said : what the data manager should know of the file as a whole.
    """

    file: str
    sheet: str
    way: str
    area_ids: tuple[str, ...] = ()
    given: list[dict] = field(default_factory=list)
    faults: list[tuple[int, str, str]] = field(default_factory=list)
    notes: list[dict] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def table(self) -> pd.DataFrame:
        """The answers as a table of texts."""
        return pd.DataFrame(self.given, columns=GIVEN).astype({"row": "int64"})


class Cells:
    """The cells of a sheet as texts; formulas and errors are noted where they stand, and give no text."""

    def __init__(self, content: Sheet, received: Received, merged: list[Range]) -> None:
        self.content, self.received, self.merged = content, received, merged
        self.columns = {letter: content.table[letter].astype(object).to_numpy() for letter in content.table}
        self.is_excel = bool(content.name)

    def text(self, place: int, letter: str, name: str = "") -> str:
        """The text of a cell; with a `name`, of a cell that holds no answer, what is wrong with it is noted."""
        text, fault = self.answer(place, letter, merged_too=False)
        if name and fault and not name.endswith("answer"):
            self.received.faults.append((int(self.content.rows[place]), name, fault))
        return "" if fault else text

    def answer(self, place: int, letter: str, merged_too: bool = True) -> tuple[str, str]:
        """The text of a cell, and the rule that it breaks before it is read at all."""
        text, row = self.columns[letter][place].strip(), int(self.content.rows[place])
        if letter in self.content.formulas and self.content.formulas[letter][place]:
            return text, "formula"
        if text == ERROR:
            return "", "error"
        column = number(letter)
        if merged_too and text and any(a <= row <= b and c <= column <= d for a, b, c, d in self.merged):
            return text, "merged"
        return text, ""

    def fault_of_row(self, row: int) -> str:
        """What is wrong with a row as a whole; in Excel a cell to the right of the header moves no other."""
        fault = self.content.faults.get(row, "")
        return "" if fault == "ragged" and self.is_excel else fault


# Names of columns as they are compared -> the name; "first_answer" is "First answer".
COLUMN_OF = {fold(name): name for name in HEADERS.values()} | {fold(field): name for field, name in HEADERS.items()}
# What is printed for the coder alone need not be there.
_NEEDED = [name for field, name in HEADERS.items() if field not in ("dimension", "prefilled")]


def read_sheet(
    received: Received,
    content: Sheet,
    about: dict[str, str],
    asked: Mapping[str, Indicator],
    framework: str,
    merged: list[Range],
) -> None:
    found = _columns(content, received)
    letters = {name: found[name] for name in _NEEDED}
    cells = Cells(content, received, merged)
    area_id = _country(received, about, [cells.text(row, letters["Country"]) for row in range(len(content.rows))])
    other_version = about.get("framework") != framework
    if other_version:
        received.said.append("It is not of today's version of the indicators: rows that are worded as today are read.")
    seen = set()
    for place, row in enumerate(content.rows.tolist()):
        texts = {name: cells.text(place, letter, name) for name, letter in letters.items()}
        indicator_id = texts["Id"].upper()
        rule = cells.fault_of_row(row) or _rule(texts, asked.get(indicator_id), area_id, other_version)
        seen.add(indicator_id if not rule else "")
        if texts["Note"] and rule:
            received.faults.append((row, "Note", rule))
        elif texts["Note"]:
            received.notes.append({"area_id": area_id, "indicator_id": indicator_id, "note": texts["Note"], "row": row})
        for role in ("First", "Second", "Adjudicated"):
            answer, fault = cells.answer(place, letters[f"{role} answer"])
            said = _said_by(role, texts) | {"row": row, "area_id": area_id, "indicator_id": indicator_id}
            if answer or fault:
                received.given.append(said | {"answer": answer, "column": f"{role} answer", "rule": fault or rule})
            elif said["evidence"] and role != "Adjudicated":
                received.faults.append((row, f"{role} evidence", "no_answer"))
    gone = [name for name in asked if name not in seen]
    if gone:
        received.said.append(f"There is no row that can be read for {', '.join(gone)}.")
    if extra := list(undeclared(content, list(found.values()))):
        received.said.append(f"Columns that are none of the sheet's were not read: {', '.join(extra)}.")


def _said_by(role: str, texts: dict[str, str]) -> dict:
    """What stands beside the answer of one role in one row; the evidence of an adjudicator is the note."""
    if role == "Adjudicated":
        return {
            "role": "adjudicated",
            "coder": texts["Adjudicated by"],
            "date": "",
            "evidence": texts["Note"],
            "page": "",
        }
    return {"role": role.lower(), **{part: texts[f"{role} {part}"] for part in ("coder", "date", "evidence", "page")}}


def _columns(content: Sheet, received: Received) -> dict[str, str]:
    """Name of a column -> its letter. Raises CodingError if one is missing or there twice."""
    found: dict[str, str] = {}
    for letter, header in content.header.items():
        name = COLUMN_OF.get(fold(header), "")
        if name in found:
            raise CodingError(
                "duplicate_column", f"{received.file}: there are two columns '{name}'. Delete the one that was added."
            )
        if name:
            found[name] = letter
    missing = [name for name in _NEEDED if name not in found]
    if missing:
        raise CodingError(
            "missing_column",
            f"{received.file}: the column '{missing[0]}' is not there"
            + (f", nor are {len(missing) - 1} more" if len(missing) > 1 else "")
            + ". It was renamed or deleted: copy the first row of a new sheet over the first row of this one, once the "
            "columns stand in that order.",
        )
    return found


def _country(received: Received, about: dict[str, str], of_rows: list[str]) -> str:
    """The country that a sheet is about: as the sheet About says, else as all its rows say alike."""
    named = {about["area_id"]} if about.get("area_id") else {text.upper() for text in of_rows if text}
    known = set(areas.ids(STUDY))
    if len(named) != 1 or not named <= known:
        raise CodingError(
            "unknown_area",
            f"{received.file}: it cannot be seen which country of the study this sheet is about. Put back its sheet "
            f"'{ABOUT}' as `python -m analysis form coding-sheet` writes it.",
        )
    if not about:
        received.said.append(f"The sheet '{ABOUT}' is gone: the country is the one that its rows name.")
    received.area_ids = tuple(named)
    return received.area_ids[0]


def _rule(texts: dict[str, str], indicator: Indicator | None, area_id: str, other_version: bool) -> str:
    """Why the answers of a row cannot be placed."""
    if texts["Country"].upper() != area_id:
        return "country"
    if indicator is None:
        return "indicator"
    # An id beside another question is a table that was sorted in part, or another framework.
    same = fold(texts["Indicator"]) == fold(indicator.text)
    same &= not other_version or fold(texts["Scale"]) == fold(indicator.words)
    return "" if same else "framework"


def read_form(received: Received, content: Sheet, asked: Mapping[str, Indicator], framework: str) -> None:
    letters: dict[str, str] = {}
    for letter, header in content.header.items():
        name = header.rpartition("/")[2]
        if name in letters and not name.startswith("_"):
            raise CodingError(
                "duplicate_column",
                f"{received.file}: the question '{name}' has two columns. Export the form again, in one version.",
            )
        letters[name] = letter
    for name in ("area_id", "coder", "framework"):
        if name not in letters:
            raise CodingError(
                "missing_column",
                f"{received.file}: there is no column for the question '{name}'. Export all questions, with the option "
                f"'XML values and headers'.",
            )
    cells = Cells(content, received, [])
    known = set(areas.ids(STUDY))
    named = set()
    for place, row in enumerate(content.rows.tolist()):
        texts = {name: cells.text(place, letters[name], name) if name in letters else ""
                 for name in ("area_id", "coder_role", "coder", "today", "framework")}  # fmt: skip
        rule = cells.fault_of_row(row)
        rule = rule or ("country" if texts["area_id"] not in known else "")
        rule = rule or ("role" if texts["coder_role"] not in ROLES else "")
        rule = rule or ("framework" if texts["framework"] != framework else "")
        named |= {texts["area_id"]} & known
        for name in [name for name in letters if f"{name}_evidence" in letters]:
            more = {part: cells.text(place, letters[f"{name}_{part}"], f"{name}_{part}")
                    for part in ("value", "evidence", "page") if f"{name}_{part}" in letters}  # fmt: skip
            answer, fault = cells.answer(place, letters[name])
            value = more.get("value", "")
            if not answer and not fault:
                received.faults += [(row, f"{name}_{part}", "no_answer") for part, text in more.items() if text]
                continue
            if (answer == KNOWN) != bool(value):
                fault = fault or ("contradiction" if "value" in more else "")
            received.given.append(
                {
                    "row": row,
                    "area_id": texts["area_id"],
                    "indicator_id": name,
                    "role": ROLES.get(texts["coder_role"], texts["coder_role"]),
                    "coder": texts["coder"],
                    "date": texts["today"],
                    "answer": value or answer.replace("_", " "),
                    "evidence": more.get("evidence", ""),
                    "page": more.get("page", ""),
                    "column": name,
                    "rule": fault or rule or ("" if name in asked else "indicator"),
                }
            )
    received.area_ids = tuple(area_id for area_id in areas.ids(STUDY) if area_id in named)
    gone = [name for name in asked if name not in letters]
    if gone:
        received.said.append(f"There is no column for {', '.join(gone)}: not coded.")
