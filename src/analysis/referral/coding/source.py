"""Whether a file is a coding sheet or the export of its form, and all that stands in it: every answer, and where.

A sheet may be sorted, have a title above it, or be saved as CSV. What cannot be placed is named here, and judged in
`intake`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from python_calamine import CalamineWorkbook

from analysis.cases import sheet as sheets_of_texts
from analysis.cases.identity import SYNTHETIC_KEY, fold
from analysis.cases.rows import Range, Rows, SourceError
from analysis.cases.shape import written
from analysis.cases.source import EXCEL, sheets
from analysis.catalog import plain, shown
from analysis.encryption import content as content_of
from analysis.referral.coding.cells import CodingError, Received
from analysis.referral.coding.form_rows import read_form
from analysis.referral.coding.scale import Indicator
from analysis.referral.coding.sheet import ABOUT, SCHEMA
from analysis.referral.coding.sheet_rows import COLUMN_OF, read_sheet

SHEET, FORM = "sheet", "form"
# A header stands in one of the first rows; above it somebody may have written a title.
_SEARCHED = 40
_FEWEST_HEADERS, _FEWEST_INDICATORS = 12, 10


def recognises(path: Path) -> bool:
    """Whether a file is a coding sheet, or the export of its form; False also for what cannot be read at all."""
    try:
        return any(_found(path))
    except SourceError:
        return False


def receive(path: Path, asked: Mapping[str, Indicator], framework: str) -> Received:
    """All that stands in a file. `framework` is the digest of the indicators asked.

    Raises
    ------
    SourceError : the file cannot be read at all. CodingError : it is no coding sheet, or lacks a column.
    """
    found, about = _found(path)
    if not found:
        raise CodingError(
            "wrong_kind",
            f"{shown(path)} is no coding sheet: no sheet of it has the columns that `python -m analysis coding-sheet` "
            f"writes, such as 'Id' and 'First answer'. If they were renamed, copy the first row of a new sheet.",
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


# --- Which sheet, and where its header stands ----------------------------------------------------------------------


def _found(path: Path) -> tuple[list[tuple[str, str, int, Rows]], dict[str, str]]:
    """Sheets of answers (way, name, row of the header, rows), and what the sheet About says of itself."""
    encoding, delimiter = written(path)
    about: dict[str, str] = {}
    candidates = []
    for name, content in sheets(path, encoding or None, delimiter or None).items():
        first = list(islice(content.rows, _SEARCHED))
        if name == ABOUT:
            about = {cells[0].strip(): cells[1].strip() for _, cells in first if len(cells) > 1}
        for number, cells in first:
            if way := _way(cells):
                candidates.append((way, name, number, _again(content, first)))
                break
    return candidates, about if about.get("schema") == SCHEMA else {}


def _again(content: Rows, first: list[tuple[int, list[str]]]) -> Rows:
    """The rows from the first on, once those that were looked at are put back."""

    def rows() -> Iterator[tuple[int, list[str]]]:
        yield from first
        yield from content.rows

    return Rows(
        content.sheet, rows(), content.formulas, content.hidden, cut_off=content.cut_off, undecoded=content.undecoded
    )


def _way(cells: list[str]) -> str:
    """Whether a row is the header of a coding sheet or of an export of the form; "" for any other."""
    if len({COLUMN_OF[folded] for cell in cells if (folded := fold(cell)) in COLUMN_OF}) >= _FEWEST_HEADERS:
        return SHEET
    last = [cell.rpartition("/")[2] for cell in cells]
    evidence = sum(name.endswith("_evidence") for name in last)
    return FORM if "coder_role" in last and evidence >= _FEWEST_INDICATORS else ""


def _merged(path: Path, sheet: str) -> list[Range]:
    """Ranges of merged cells: the reader gives each of their cells the text of the range."""
    if plain(path).suffix.lower() not in EXCEL:
        return []
    ranges = (
        CalamineWorkbook.from_filelike(io.BytesIO(content_of(path))).get_sheet_by_name(sheet).merged_cell_ranges or []
    )
    return [(top + 1, bottom + 1, left + 1, right + 1) for (top, left), (bottom, right) in ranges]
