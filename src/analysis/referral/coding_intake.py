"""Intake of a coding sheet: codes that can be trusted; every answer is a code or in quarantine.

Answers are read as texts before they are judged. In a coding sheet columns are found by their names, rows by country
and indicator; it may be sorted, have a title above it, or be saved as CSV. An export of its form has one row a
submission, one column an answer, its evidence and its page.

An answer other than "unknown" that has no evidence is kept among the codes, is marked, and is not used: a number has a
source. It is no error of writing, so that quarantine is not its place, and the coder can add what is missing. What two
coders and an adjudicator say together are bounds on each indicator's scale.
"""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pandas as pd
from python_calamine import CalamineWorkbook

from analysis import areas, catalog, texts
from analysis.catalog import plain, shown
from analysis.encryption import content as content_of
from analysis.intake import sheet as sheets_of_texts
from analysis.intake.pseudonyms import SYNTHETIC_KEY, fold
from analysis.intake.sheet import Sheet, undeclared
from analysis.intake.source import ERROR, EXCEL, Range, Rows, SourceError, encoding_and_delimiter, sheets
from analysis.intake.source import number as column_number
from analysis.referral.coding_sheet import (
    HEADERS,
    KNOWN,
    NOT_APPLICABLE,
    ROLES,
    SCHEMA,
    UNKNOWN,
    Indicator,
    assessed_study,
    digest,
    indicators,
    number,
    read_answer,
)
from analysis.referral.workbook_parts import ABOUT
from bounded.refusal import Coded

GIVEN = ["row", "area_id", "indicator_id", "role", "coder", "date", "answer", "evidence", "page", "column", "rule"]
# Row, column and rule of a cell that holds no answer.
Fault = tuple[int, str, str]
Asked = Mapping[str, Indicator]


class CodingError(Coded):
    """A file cannot be read as a coding sheet; the message says why, and what would help."""


@dataclass
class Received:
    """Content of a file as received.

    Parameters
    ----------
    file, sheet : where; sheet is "" for a CSV file. way : ``sheet`` or ``form``.
    area_ids : the countries that it is about.
    given : one row an answer that was typed: row, area_id, indicator_id, role, coder, date, answer, evidence, page
        (texts), column (of the answer), rule (why it cannot be placed, or "").
    faults : of cells that hold no answer. notes : area_id, indicator_id, note, row.
    said : what the data manager should know of the file as a whole.
    """

    file: str
    sheet: str
    way: str
    area_ids: tuple[str, ...] = ()
    given: list[dict] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
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
        column = column_number(letter)
        if merged_too and text and any(a <= row <= b and c <= column <= d for a, b, c, d in self.merged):
            return text, "merged"
        return text, ""

    def fault_of_row(self, row: int) -> str:
        """Return the fault of a row as a whole; in Excel a cell to the right of the header moves no other."""
        fault = self.content.faults.get(row, "")
        return "" if fault == "ragged" and self.is_excel else fault


# Names of columns as they are compared -> the name; "first_answer" is "First answer".
COLUMN_OF = {fold(name): name for name in HEADERS.values()} | {fold(field): name for field, name in HEADERS.items()}
# What is printed for the coder alone need not be there.
_NEEDED = [name for field, name in HEADERS.items() if field not in ("dimension", "prefilled")]


def read_sheet(
    received: Received, content: Sheet, about: dict[str, str], asked: Asked, framework: str, merged: list[Range]
) -> None:
    """Add to what was `received` all answers of a coding sheet."""
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
    if gone := [name for name in asked if name not in seen]:
        received.said.append(f"There is no row that can be read for {', '.join(gone)}.")
    if extra := list(undeclared(content, list(found.values()))):
        received.said.append(f"Columns that are none of the sheet's were not read: {', '.join(extra)}.")


def _said_by(role: str, texts: dict[str, str]) -> dict:
    """The texts beside the answer of one role in one row; the evidence of an adjudicator is the note."""
    if role == "Adjudicated":
        by, note = texts["Adjudicated by"], texts["Note"]
        return {"role": "adjudicated", "coder": by, "date": "", "evidence": note, "page": ""}
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
    if missing := [name for name in _NEEDED if name not in found]:
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
    known = set(areas.ids(assessed_study()))
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
    """The reason why the answers of a row cannot be placed."""
    if texts["Country"].upper() != area_id:
        return "country"
    if indicator is None:
        return "indicator"
    # An id beside another question is a table that was sorted in part, or another framework.
    same = fold(texts["Indicator"]) == fold(indicator.text)
    same &= not other_version or fold(texts["Scale"]) == fold(indicator.words)
    return "" if same else "framework"


def read_form(received: Received, content: Sheet, asked: Asked, framework: str) -> None:
    """Add to what was `received` all answers of an export of the form."""
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
    known = set(areas.ids(assessed_study()))
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
    received.area_ids = tuple(area_id for area_id in areas.ids(assessed_study()) if area_id in named)
    if gone := [name for name in asked if name not in letters]:
        received.said.append(f"There is no column for {', '.join(gone)}: not coded.")


SHEET, FORM = "sheet", "form"
# A header stands in one of the first rows; above it somebody may have written a title.
_SEARCHED = 40
_FEWEST_HEADERS, _FEWEST_INDICATORS = 12, 10


def recognises(path: Path) -> bool:
    """Return True for a coding sheet, or the export of its form; False also for what cannot be read at all."""
    try:
        return any(_found(path))
    except SourceError:
        return False


def receive(path: Path, asked: Asked, framework: str) -> Received:
    """All that stands in a file. `framework` is the digest of the indicators asked.

    Raises
    ------
    SourceError : the file cannot be read at all. CodingError : it is no coding sheet, or lacks a column.
    """
    found, about = _found(path)
    if not found:
        raise CodingError(
            "wrong_kind",
            f"{shown(path)} is no coding sheet: no sheet of it has the columns that `python -m analysis form "
            "coding-sheet` writes, such as 'Id' and 'First answer'. If they were renamed, copy the first row of a new "
            "sheet.",
        )
    if len(found) > 1:
        names = " and ".join(f"'{name}'" for _, name, *_ in found)
        raise CodingError(
            "several_answer_sheets",
            f"{shown(path)} has two sheets of answers, {names}. Keep one of them, and delete the other.",
        )
    [(way, name, header, rows)] = found
    # The hashes compare rows with each other and are thrown away: the key need be no secret.
    content = sheets_of_texts.read(rows, (header,), SYNTHETIC_KEY)
    received = Received(shown(plain(path)), name, way)
    if way == SHEET:
        read_sheet(received, content, about, asked, framework, _merged(path, name))
    else:
        read_form(received, content, asked, framework)
    return received


def _found(path: Path) -> tuple[list[tuple[str, str, int, Rows]], dict[str, str]]:
    """Sheets of answers (way, name, row of the header, rows), and what the sheet About says of itself."""
    encoding, delimiter = encoding_and_delimiter(path)
    about: dict[str, str] = {}
    candidates = []
    for name, content in sheets(path, encoding or None, delimiter or None).items():
        first = list(islice(content.rows, _SEARCHED))
        if name == ABOUT:
            about = {cells[0].strip(): cells[1].strip() for _, cells in first if len(cells) > 1}
        for row, cells in first:
            if way := _way(cells):
                # Those that were looked at are put back.
                candidates.append((way, name, row, replace(content, rows=chain(first, content.rows), merged={})))
                break
    return candidates, about if about.get("schema") == SCHEMA else {}


def _way(cells: list[str]) -> str:
    """The form of a row that is the header of a coding sheet or of an export of the form; "" for any other."""
    if len({COLUMN_OF[folded] for cell in cells if (folded := fold(cell)) in COLUMN_OF}) >= _FEWEST_HEADERS:
        return SHEET
    last = [cell.rpartition("/")[2] for cell in cells]
    evidence = sum(name.endswith("_evidence") for name in last)
    return FORM if "coder_role" in last and evidence >= _FEWEST_INDICATORS else ""


def _merged(path: Path, sheet: str) -> list[Range]:
    """Ranges of merged cells: the reader gives each of their cells the text of the range."""
    if plain(path).suffix.lower() not in EXCEL:
        return []
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content_of(path)))
    ranges = workbook.get_sheet_by_name(sheet).merged_cell_ranges or []
    return [(top + 1, bottom + 1, left + 1, right + 1) for (top, left), (bottom, right) in ranges]


CODES = [
    *("area_id", "indicator_id", "coder_role", "coder", "date", "answer"),
    *("value", "evidence", "page", "sourced", "row"),
]
QUARANTINE = ["file", "sheet", "row", "column", "rule", "reason", "to_do"]
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(T.*)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")

# Rule -> why, and what whoever keeps the data does.
REASONS, TO_DO = texts.table(__name__, "reasons"), texts.table(__name__, "to_do")


@dataclass(frozen=True, eq=False)
class CodingAnswers:
    """Answers of a coding sheet, or of the export of its form, with its quarantine and account.

    Parameters
    ----------
    file : path, as shown. way : ``sheet`` or ``form``. area_ids : the countries it is about.
    codes : one row an answer that can be read: area_id, indicator_id, coder_role (``first``, ``second``,
        ``adjudicated``), coder ("" where nobody is named), date (NaT where it is not known), answer (``"0"`` to
        ``"3"``, ``yes``, ``no``, ``unknown``, ``not applicable``, a number, or the words of a measure), value (number
        on the scale; NaN for unknown, not applicable and words), evidence, page, sourced (whether it has evidence, or
        needs none: the others are not used), row. The evidence of an adjudicated answer is the note; it is sourced
        also where a coder has given the same answer with evidence.
    quarantine : one row a cell that broke a rule: file, sheet, row, column, rule, reason, to_do.
    account : outcome, cells: answers ``read`` are ``codes`` and ``quarantine``; of the codes ``without_evidence``; and
        ``other_cells`` in quarantine, which hold no answer.
    notes : area_id, indicator_id, note, row. said : sentences on the file as a whole.
    framework : the indicators it was read by.
    """

    file: str
    way: str
    area_ids: tuple[str, ...]
    codes: pd.DataFrame
    quarantine: pd.DataFrame
    account: pd.DataFrame
    notes: pd.DataFrame
    said: tuple[str, ...]
    framework: pd.DataFrame

    @property
    def agreed(self) -> pd.DataFrame:
        """Return what the coders and the adjudicator say together, one row an indicator: see `agreed`."""
        return agreed(self.codes, self.framework, self.area_ids)


def intake(
    file: str | Path, framework: pd.DataFrame | None = None, *, last: datetime.date | None = None
) -> CodingAnswers:
    """Read a coding sheet (.xlsx, or saved as CSV) or the export of its form (CSV or .xlsx).

    Parameters
    ----------
    framework : the indicators; None: those that are catalogued.
    last : no answer was given on a later day; None: today.

    Raises
    ------
    SourceError : the file cannot be read at all. CodingError : it is no coding sheet, lacks a column, or does not say
        which country it is about.
    """
    framework = catalog.load("nrm_framework") if framework is None else framework
    asked = indicators(framework)
    received = receive(Path(file), asked, digest(framework))
    table = received.table
    readings = [
        read_answer(answer, asked[name], received.way == SHEET) if not rule else ("", np.nan, rule)
        for answer, name, rule in zip(table["answer"], table["indicator_id"], table["rule"], strict=True)
    ]
    table[["answer", "value", "rule"]] = pd.DataFrame(readings, index=table.index, columns=["answer", "value", "rule"])
    table["rule"] = _not_twice(table)
    table["rule"] = _two_persons(table)
    table["date"], faults = _dates(table, received, last or datetime.date.today())
    codes = _codes(table[table["rule"] == ""], asked, received.area_ids)
    quarantine = _quarantine(received, table[table["rule"] != ""], [*received.faults, *faults])
    out = int((table["rule"] != "").sum())
    if len(codes) + out != len(table) or len(received.given) != len(table):
        raise AssertionError(f"{received.file}: answers were lost or doubled, so that nothing of it is used.")
    counts = {"read": len(table), "codes": len(codes), "quarantine": out}
    counts |= {"without_evidence": int((~codes["sourced"]).sum()), "other_cells": len(quarantine) - out}
    return CodingAnswers(
        file=received.file,
        way=received.way,
        area_ids=received.area_ids,
        codes=codes,
        quarantine=quarantine,
        account=pd.DataFrame({"outcome": list(counts), "cells": list(counts.values())}),
        notes=pd.DataFrame(received.notes, columns=["area_id", "indicator_id", "note", "row"]),
        said=tuple(received.said),
        framework=framework,
    )


def _not_twice(table: pd.DataFrame) -> pd.Series:
    """Rules, where an indicator is answered twice in one role: alike, the first is kept; differently, none is."""
    rules = table["rule"].copy()
    for _, group in table[rules == ""].groupby(["area_id", "indicator_id", "role"], sort=False):
        if len(group) > 1:
            alike = len(group[["answer", "evidence", "page", "coder"]].drop_duplicates()) == 1
            rules[group.index[1:] if alike else group.index] = "repeated" if alike else "duplicate"
    return rules


def _two_persons(table: pd.DataFrame) -> pd.Series:
    """Rules, where the second answer is of the person who gave the first."""
    rules = table["rule"].copy()
    named = table[(rules == "") & (table["coder"] != "")]
    first = {(row.area_id, row.indicator_id): fold(row.coder) for row in named[named["role"] == "first"].itertuples()}
    for row in named[named["role"] == "second"].itertuples():
        if first.get((row.area_id, row.indicator_id)) == fold(row.coder):
            rules[row.Index] = "same_coder"
    return rules


def _dates(table: pd.DataFrame, received: Received, last: datetime.date) -> tuple[pd.Series, list[Fault]]:
    """Days of the answers, NaT where none can be read, and the cells that broke a rule."""
    days, faults = [], []
    for row in table.itertuples():
        day, rule = _day(row.date, last) if row.date else (pd.NaT, "")
        days.append(day)
        if rule:
            faults.append((row.row, "today" if received.way != SHEET else f"{row.role.capitalize()} date", rule))
    return pd.Series(days, table.index, dtype="datetime64[ns]"), list(dict.fromkeys(faults))


def _day(text: str, last: datetime.date) -> tuple[pd.Timestamp, str]:
    if iso := _ISO.fullmatch(text):
        year, month, day = map(int, iso.groups()[:3])
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year = map(int, found.groups())
        if day <= 12 and month <= 12 and day != month:
            return pd.NaT, "date"
        day, month = (day, month) if month <= 12 else (month, day)
    else:
        return pd.NaT, "date"
    try:
        found_day = datetime.date(year, month, day)
    except ValueError:
        return pd.NaT, "date"
    if not datetime.date(2000, 1, 1) <= found_day <= last:
        return pd.NaT, "date_range"
    return pd.Timestamp(found_day), ""


def _codes(table: pd.DataFrame, asked: Iterable[str], area_ids: tuple[str, ...]) -> pd.DataFrame:
    """The answers that can be read, by country, indicator and role."""
    codes = table.rename(columns={"role": "coder_role"}).assign(sourced=_sourced(table))
    orders = {"area_id": area_ids, "indicator_id": tuple(asked), "coder_role": tuple(ROLES.values())}
    places = pd.DataFrame({name: codes[name].map({key: place for place, key in enumerate(order)})
                           for name, order in orders.items()})  # fmt: skip
    return codes.loc[places.sort_values(list(orders)).index, CODES].reset_index(drop=True)


def _sourced(table: pd.DataFrame) -> np.ndarray:
    """True where an answer has evidence, or needs none; an adjudicated one may rest on a coder's."""
    keys = ["area_id", "indicator_id", "answer"]
    own = (table["evidence"] != "") | (table["answer"] == UNKNOWN)
    coders = table[own & (table["role"] != "adjudicated")]
    backed = set(coders[keys].itertuples(index=False, name=None))
    settled = np.array([key in backed for key in table[keys].itertuples(index=False, name=None)], bool)
    return own.to_numpy(bool) | (table["role"].eq("adjudicated").to_numpy(bool) & settled)


def _quarantine(received: Received, answers: pd.DataFrame, faults: list[Fault]) -> pd.DataFrame:
    cells = [*answers[["row", "column", "rule"]].itertuples(index=False, name=None), *dict.fromkeys(faults)]
    where = received.file, received.sheet
    rows = [(*where, row, column, rule, REASONS[rule], TO_DO[rule]) for row, column, rule in cells]
    return pd.DataFrame(rows, columns=QUARANTINE).sort_values(["row", "column", "rule"], ignore_index=True)


AGREED = ["area_id", "indicator_id", "low", "high", "top", "status", "answer", "evidence"]
STATUSES = ("agreed", "adjudicated", "one coder", "disagree", UNKNOWN, NOT_APPLICABLE, "not coded")


def agreed(codes: pd.DataFrame, framework: pd.DataFrame, area_ids: Sequence[str]) -> pd.DataFrame:
    """One row a country and indicator: what the codes say together.

    The adjudicated answer decides. Without one, what both coders say holds; or what the only one says. Where they
    differ, all that lies between the two is possible until it is adjudicated; where one of them found nothing, or says
    that it does not apply, that is the whole scale. Codes that are not `sourced` are not used.

    Parameters
    ----------
    codes : as `intake.intake` gives them. framework : the indicators. area_ids : the countries.

    Returns
    -------
    DataFrame: area_id, indicator_id, low, high (in the units of the scale; NaN where it does not apply, and for a
    measure that is not known or in words), top (NaN for a measure), status (``agreed``, ``adjudicated``, ``one coder``,
    ``disagree``, ``unknown``, ``not applicable``, ``not coded``), answer ("" where they differ), evidence (with its
    pages, of the answers that it rests on).
    """
    used = codes[codes["sourced"].astype(bool)]
    given = {key: dict(list(group.groupby("coder_role"))) for key, group in used.groupby(["area_id", "indicator_id"])}
    rows = []
    for area_id in area_ids:
        for indicator_id, top in zip(framework["indicator_id"], framework["top"].astype(float), strict=True):
            by_role = {role: code.iloc[0] for role, code in given.get((area_id, indicator_id), {}).items()}
            rows.append({"area_id": area_id, "indicator_id": indicator_id, "top": top, **_settled(by_role, top)})
    return pd.DataFrame(rows, columns=AGREED)


def _settled(by_role: dict[str, pd.Series], top: float) -> dict[str, object]:
    """Bounds, status, answer and evidence of one indicator."""
    whole = (np.nan, np.nan) if np.isnan(top) else (0.0, top)
    if "adjudicated" in by_role:
        code, backing = by_role["adjudicated"], list(by_role.values())
        rests_on = [each for each in backing if same_answer(each["answer"], code["answer"])]
        return _in_bounds(code, whole, "adjudicated", rests_on)
    coders = [by_role[role] for role in ("first", "second") if role in by_role]
    if not coders:
        return {"low": whole[0], "high": whole[1], "status": "not coded", "answer": "", "evidence": ""}
    if len(coders) == 1 or same_answer(*(code["answer"] for code in coders)):
        return _in_bounds(coders[0], whole, "agreed" if len(coders) == 2 else "one coder", coders)
    values = [float(code["value"]) for code in coders]
    low, high = whole if np.isnan(values).any() else (min(values), max(values))
    return {"low": low, "high": high, "status": "disagree", "answer": "", "evidence": _evidence(coders)}


def _in_bounds(
    code: pd.Series, whole: tuple[float, float], status: str, rests_on: list[pd.Series]
) -> dict[str, object]:
    """One answer as bounds; that it is not known, or does not apply, is said by the status."""
    answer, value = code["answer"], float(code["value"])
    low, high = (value, value) if not np.isnan(value) else whole
    if answer == NOT_APPLICABLE:
        low = high = np.nan
    status = answer if answer in (UNKNOWN, NOT_APPLICABLE) else status
    return {"low": low, "high": high, "status": status, "answer": answer, "evidence": _evidence(rests_on)}


def same_answer(one: str, other: str) -> bool:
    """Return True if two kept answers are the same; words of a measure without regard to case and signs."""
    words = number(one) is None and number(other) is None
    return one == other or (words and fold(one) == fold(other))


def _evidence(codes: list[pd.Series]) -> str:
    said = [f"{code['evidence']} ({code['page']})" if code["page"] else code["evidence"] for code in codes]
    return "; ".join(dict.fromkeys(text for text in said if text))
