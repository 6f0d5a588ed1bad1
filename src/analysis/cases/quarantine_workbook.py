"""The cells in quarantine as an Excel file in which a person fills in corrections; and corrections as they are kept.

The workbook names each cell by its place, and never holds what stands in it: the list is opened beside it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd
import xlsxwriter

from analysis import texts
from analysis.cases import corrections
from analysis.cases.corrections import CorrectionsError
from analysis.cases.mapping import Mapping
from analysis.encryption import encrypt_content, is_encrypted
from analysis.project_files import ENCRYPTED, plain, shown
from analysis.spreadsheets import EXCEL

TEXT = texts.of(__name__)
# One line a cell, in the order in which it is read. The hashes tie a correction to the row as it is now.
HEAD = (
    *("file", "sheet", "row", "column", "cell", "rule", "reason", "what helps", "outcome"),
    *("correction", "by", "note", "row_hash", "row_keys"),
)
FILLED_IN = ("correction", "by", "note")
# More lines are not corrected by hand: all of them stand in the CSV file.
MOST = 20_000
_WIDTHS = {
    "file": 28,
    "column": 24,
    "reason": 60,
    "what helps": 60,
    "correction": 24,
    "note": 24,
    "row_hash": 20,
    "row_keys": 20,
}
_CREATED = datetime(2000, 1, 1)


def workbook(quarantine: pd.DataFrame, cells: Sequence[str], what_helps: dict[str, str], kind: str) -> bytes:
    """The Excel file of a quarantine, with the sheets "Quarantine" and "How to".

    Parameters
    ----------
    quarantine : as the intake has it, one row a rule that a cell breaks. cells : the address of each, ``Liste!C17``.
    what_helps : rule -> sentence. kind : of the list; whatever is made of synthetic persons says so.
    """
    lines = _one_a_cell(quarantine, cells, what_helps)
    heads = [*HEAD, "kind"] if kind == "synthetic" else list(HEAD)
    rows = lines.assign(kind=kind.upper(), correction="", by="", note="")[heads]
    return _book("Quarantine", rows, FILLED_IN, TEXT["how_to"] + (TEXT["cut"] if len(quarantine) > MOST else ""))


def kept(lines: pd.DataFrame) -> bytes:
    """The Excel file of corrections as it lies beside a list; see `corrections.load`."""
    rows = lines.assign(row_hash=corrections.hash_text(lines["row_hash"].to_numpy()))[list(corrections.COLUMNS)]
    return _book("Corrections", rows, FILLED_IN, TEXT["how_to"])


def corrections_of(file: Path, mapping: Mapping, filled: Path | None) -> tuple[pd.DataFrame, tuple[Path, bytes] | None]:
    """The corrections of a list, and their file as it is to be where further ones are taken up.

    Parameters
    ----------
    file : the list, beside which its corrections lie. mapping : of the list.
    filled : a workbook with corrections filled in, which are added; None: those that lie beside the list alone.

    Returns
    -------
    Corrections as `corrections.load` gives them; the path and the content of their file, or None.

    Raises
    ------
    CorrectionsError, analysis.intake.source.SourceError : they cannot be read, or `filled` has none.
    """
    beside = corrections.beside(file)
    lines = corrections.load(beside, mapping.decimal) if beside else corrections.none()
    if filled is None:
        return lines, None
    added = corrections.load(filled, mapping.decimal)
    into = corrections.name_for(file)
    if added.empty:
        raise CorrectionsError(
            "no_corrections", f"{shown(filled)} has no correction: fill in the column `correction`, and save it."
        )
    if beside and plain(beside) != into:
        raise CorrectionsError(
            "not_a_workbook", f"{shown(beside)} is no workbook: add the lines to it by hand, or save it as {into.name}."
        )
    lines = corrections.merged(lines, corrections.signed(added))
    content = kept(lines)
    # Beside what is kept encrypted no plain file lies, for no moment.
    if is_encrypted(file) or (beside and is_encrypted(beside)):
        return lines, (into.with_name(into.name + ENCRYPTED), encrypt_content(content, into)[0])
    return lines, (into, content)


def _one_a_cell(quarantine: pd.DataFrame, cells: Sequence[str], what_helps: dict[str, str]) -> pd.DataFrame:
    table = quarantine.assign(cell=list(cells)).head(MOST)
    table["what helps"] = [what_helps.get(rule, "") for rule in table["rule"]]
    table["row_hash"] = corrections.hash_text(table["row_hash"].to_numpy())
    together = ["file", "sheet", "row", "column", "cell", "row_hash", "row_keys"]
    said = {
        name: lambda values: " ".join(dict.fromkeys(values)) for name in ("rule", "reason", "what helps", "outcome")
    }
    return table.groupby(together, sort=False, as_index=False, observed=True).agg(said)


def _book(name: str, rows: pd.DataFrame, filled_in: Sequence[str], how_to: str) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, **EXCEL}) as book:
        book.set_properties({"title": name, "created": _CREATED})
        bold, plain = book.add_format({"bold": True, "bg_color": "#E6E6E6"}), book.add_format({"num_format": "@"})
        # Text, so that a spreadsheet makes no date of 1/2 and no number of 007.
        empty = book.add_format({"num_format": "@", "bg_color": "#FFF6D6", "border": 1, "border_color": "#B0B0B0"})
        page = book.add_worksheet(name)
        for place, head in enumerate(rows):
            page.set_column(place, place, _WIDTHS.get(str(head), 12), empty if head in filled_in else plain)
            page.write_string(0, place, str(head), bold)
            for number, value in enumerate(rows[head], start=1):
                if isinstance(value, int):
                    page.write_number(number, place, value)
                elif head in filled_in and not value:
                    page.write_blank(number, place, None, empty)
                else:
                    page.write_string(number, place, str(value), empty if head in filled_in else plain)
        page.freeze_panes(1, 0)
        page.autofilter(0, 0, max(1, len(rows)), len(rows.columns) - 1)
        page.ignore_errors({"number_stored_as_text": f"A1:Z{len(rows) + 1}"})
        help_page = book.add_worksheet("How to")
        help_page.set_column(0, 0, 110, book.add_format({"text_wrap": True, "valign": "top"}))
        for number, sentence in enumerate(how_to.strip().splitlines()):
            help_page.write_string(number, 0, sentence)
    return content.getvalue()
