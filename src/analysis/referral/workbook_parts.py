"""Parts of workbooks that coders fill in: instructions, what the file is, and how a sheet is printed and protected."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import xlsxwriter

ABOUT, READ_ME = "About", "Read me"
# A fixed day: the same sheet is the same bytes whenever it is written.
CREATED = datetime.datetime(2024, 1, 1)
_A3 = 8


def read_me(book: xlsxwriter.Workbook, title: str, instructions: Mapping[str, str]) -> None:
    """Add the sheet of instructions to a workbook that people fill in: titles, with sentences below, a line each."""
    page = book.add_worksheet(READ_ME)
    page.hide_gridlines(2)
    page.set_column(0, 0, 110, book.add_format({"text_wrap": True, "valign": "top"}))
    page.write_string(0, 0, title, book.add_format({"bold": True, "size": 14}))
    heading = book.add_format({"bold": True, "text_wrap": True})
    text = book.add_format({"text_wrap": True, "valign": "top"})
    lines = []
    for title, sentences in instructions.items():
        lines += [(title, heading), *((sentence, text) for sentence in sentences.splitlines()), ("", text)]
    for row, (line, style) in enumerate(lines, start=2):
        page.write_string(row, 0, line, style)
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.protect()


def finish(page, last: int, width: int, frozen: int, title: str) -> None:
    """Set how a sheet of answers is filtered, frozen, printed and protected.

    Parameters
    ----------
    last, width : its last row and column, from 0. frozen : columns that stay in view. title : at the foot of a page.
    """
    page.autofilter(0, 0, last, width)
    page.freeze_panes(1, frozen)
    page.set_landscape()
    page.set_paper(_A3)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.set_footer(f"&L{title}&C&A&RPage &P of &N")
    page.protect("", {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True})


def about(book: xlsxwriter.Workbook, rows: Mapping[str, str]) -> None:
    """Add the sheet that says to programs what a workbook is."""
    page = book.add_worksheet(ABOUT)
    page.set_column(0, 0, 14)
    page.set_column(1, 1, 60)
    for row, (name, value) in enumerate(rows.items()):
        page.write_string(row, 0, name)
        page.write_string(row, 1, value)
    page.protect()
