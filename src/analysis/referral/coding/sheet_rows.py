"""The answers in a coding sheet: columns are found by their names, rows by country and indicator."""

from __future__ import annotations

from collections.abc import Mapping

from analysis import areas
from analysis.cases.identity import fold
from analysis.cases.rows import Range
from analysis.cases.sheet import Sheet, undeclared
from analysis.referral.coding.cells import Cells, CodingError, Received
from analysis.referral.coding.form import STUDY
from analysis.referral.coding.scale import Indicator
from analysis.referral.coding.sheet import ABOUT, HEADERS

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
            _take(received, cells, texts, place, row, role, letters, area_id, indicator_id, rule)
    gone = [name for name in asked if name not in seen]
    if gone:
        received.said.append(f"There is no row that can be read for {', '.join(gone)}.")
    if extra := list(undeclared(content, list(found.values()))):
        received.said.append(f"Columns that are none of the sheet's were not read: {', '.join(extra)}.")


def _take(
    received: Received,
    cells: Cells,
    texts: dict[str, str],
    place: int,
    row: int,
    role: str,
    letters: dict[str, str],
    area_id: str,
    indicator_id: str,
    rule: str,
) -> None:
    """One role's answer in one row, if there is one."""
    adjudicated = role == "Adjudicated"
    column = f"{role} answer"
    evidence = texts["Note"] if adjudicated else texts[f"{role} evidence"]
    answer, fault = cells.answer(place, letters[column])
    if not answer and not fault:
        if evidence and not adjudicated:
            received.faults.append((row, f"{role} evidence", "no_answer"))
        return
    received.given.append(
        {
            "row": row,
            "area_id": area_id,
            "indicator_id": indicator_id,
            "role": role.lower(),
            "coder": texts["Adjudicated by" if adjudicated else f"{role} coder"],
            "date": "" if adjudicated else texts[f"{role} date"],
            "answer": answer,
            "evidence": evidence,
            "page": "" if adjudicated else texts[f"{role} page"],
            "column": column,
            "rule": fault or rule,
        }
    )


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
            f"'{ABOUT}' as `python -m analysis coding-sheet` writes it.",
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
