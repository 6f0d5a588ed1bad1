"""Writes sheets as files, row by row, and the same bytes each time."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import xlsxwriter

from analysis.cases.sheet import BETWEEN
from analysis.refusal import Refusal
from analysis.spreadsheets import EXCEL
from tools.synthetic.case_records.design import WARNING
from tools.synthetic.case_records.dirt import Body, Formula

# What Excel can hold in one sheet.
MOST_ROWS = 1_048_576
_CREATED = datetime.datetime(2024, 1, 1)


class TooManyRows(Refusal):
    """A list does not fit into a sheet of Excel; the message says which, and what would help."""


def write(path: Path, bodies: Sequence[Body]) -> None:
    """One file of one or more sheets, as its layout and mapping say. Raises TooManyRows."""
    if bodies[0].file.layout.excel:
        _write_excel(path, bodies)
    else:
        _write_csv(path, bodies[0])


def _write_csv(path: Path, body: Body) -> None:
    mapping = body.file.mapping
    encoding = "utf-8-sig" if mapping.encoding == "utf-8" else mapping.encoding
    with open(path, "w", encoding=encoding, errors="surrogateescape", newline="") as file:
        writer = csv.writer(file, delimiter=mapping.delimiter or ",")
        writer.writerow(body.headers)
        writer.writerows([cell for cell in row if cell is not None] for row in body.rows())
    if body.file.layout.cut_off and len(body.source):
        # The end of the last line never arrived, either.
        with open(path, "r+b") as cut:
            cut.truncate(path.stat().st_size - len("\r\n"))


def _write_excel(path: Path, bodies: Sequence[Body]) -> None:
    for body in bodies:
        if body.first + len(body.source) > MOST_ROWS:
            raise TooManyRows(
                "too_large",
                f"The list {body.file.layout.list_id} would have {len(body.source):,} rows and is written as an Excel "
                f"file, which holds {MOST_ROWS:,} at most. Ask for fewer persons.",
            )
    options = {"constant_memory": True, **EXCEL}
    with xlsxwriter.Workbook(path, options) as workbook:
        # A fixed day: the same study is the same bytes whenever it is written.
        workbook.set_properties({"title": WARNING, "comments": WARNING, "created": _CREATED})
        as_date = workbook.add_format({"num_format": "dd.mm.yyyy"})
        for body in bodies:
            sheet = workbook.add_worksheet(body.sheet)
            _write_header(sheet, body)
            merged = dict(body.merged)
            for place, row in enumerate(body.rows()):
                number = body.first - 1 + place
                for column, cell in enumerate(row):
                    _write_cell(sheet, number, column, cell, as_date)
                # Once a row is left it cannot be written to again: a merge down is made at the end of its first row.
                if header := merged.get(place):
                    column = body.headers.index(header)
                    sheet.merge_range(number, column, number + 1, column, body.edits[place][header])


def _write_cell(sheet: Any, row: int, column: int, cell: Any, as_date: Any) -> None:
    if isinstance(cell, str):
        if cell:
            sheet.write_string(row, column, cell)
    elif isinstance(cell, datetime.datetime):
        sheet.write_datetime(row, column, cell, as_date)
    elif isinstance(cell, Formula):
        sheet.write_formula(row, column, cell.text, None, cell.result)
    else:
        sheet.write_number(row, column, cell)


def _write_header(sheet: Any, body: Body) -> None:
    """Titles, and the header in the rows before the first record; upper names stand in merged cells."""
    if body.sheet == body.file.mapping.sheet:
        for row, text in enumerate(body.file.layout.above):
            sheet.write_string(row, 0, text)
    split = [header.partition(BETWEEN) for header in body.headers]
    last = body.first - 2
    if not any(lower for _, _, lower in split):
        for column, header in enumerate(body.headers):
            sheet.write_string(last, column, header)
        return
    groups = [
        (upper, [one[0] for one in group]) for upper, group in groupby(enumerate(split), key=lambda one: one[1][0])
    ]
    for upper, columns in groups:
        if len(columns) > 1:
            sheet.merge_range(last - 1, columns[0], last - 1, columns[-1], upper)
        else:
            sheet.write_string(last - 1, columns[0], upper)
    for upper, columns in groups:
        if not split[columns[0]][2]:
            sheet.merge_range(last - 1, columns[0], last, columns[0], upper)
    for column, (_, _, lower) in enumerate(split):
        if lower:
            sheet.write_string(last, column, lower)
