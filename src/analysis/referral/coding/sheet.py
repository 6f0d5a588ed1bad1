"""The coding sheet: an Excel file in which people code the indicators of one country.

What coders read before they answer: the first sheet of the file.

What public evidence says of an indicator so far, as coders read it beside the question.

The sheet in which people code the indicators of one country: an Excel file, and the same as a form for KoboToolbox.

Two coders answer independently, each in a copy of their own; an adjudicator settles what they differ on. Cells that are
answered are unlocked and hold text, so that Excel makes no date of 1/2 and no fraction of 45 %.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Mapping

import numpy as np
import pandas as pd
import xlsxwriter

from analysis.referral.coding.form import NOT_APPLICABLE, UNKNOWN, Indicator, choices, digest, form, indicators
from analysis.spreadsheets import EXCEL

# Title, and sentences below it.
INSTRUCTIONS = (
    (
        "Two coders, who do not see each other's answers",
        (
            "Each of the two coders gets a copy of this file, still empty. The first coder fills in the blue columns, "
            "the second coder the orange ones, and neither looks at the other's copy before both are done.",
            "The data manager joins the two copies. The adjudicator then decides where the two differ, in the green "
            "columns, and says in the note why. The adjudicator is neither of the two.",
        ),
    ),
    (
        "How to answer",
        (
            "0 absent: looked for, and a source shows that there is none.",
            "1 drafted or partial: a draft, a pilot, or a part of it.",
            "2 adopted and partly implemented: in force, but not everywhere or not for everybody.",
            "3 in operation nationwide: a source shows that it works in the whole country.",
            "yes or no: of the law or the practice as the indicator words it. A count: how many of the parts that are "
            "named there are. Per cent: write 45 for 45 %, and 0.5 % for less than one. Other figures: a number, or "
            "words.",
            "unknown: you looked and found nothing that says so. Unknown is not no: answer 0 or no only where a source "
            "says that there is none. not applicable: the question cannot be put to this country.",
            "Do not write NA, which can mean either, and do not write 2-3: answer the higher one only where a source "
            "shows it.",
        ),
    ),
    (
        "Evidence and page",
        (
            "Each answer other than unknown needs its evidence: title, year and publisher of the document, or its "
            "address; and the page or article. An answer without evidence is kept, and is not used.",
            "Public evidence so far is what this project has read. It is not an answer: look at the source, and say "
            "what you found.",
            "Write your name or initials in each row that you answer, and the day as 2026-11-26.",
        ),
    ),
    (
        "What to leave as it is",
        (
            "Do not insert, delete or merge cells, and do not rename columns. Sorting the whole table does no harm.",
            "Do not copy rows from the sheet of another country.",
        ),
    ),
)


def shown_evidence(
    prefilled: pd.DataFrame | None,
    asked: Mapping[str, Indicator],
    area_id: str,
    titles: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Indicator -> what public evidence says of it, in words, with the titles of its sources, or their ids."""
    if prefilled is None:
        return {}
    of_area = prefilled[prefilled["area_id"] == area_id]
    return {
        row["indicator_id"]: _in_words(row, asked[row["indicator_id"]], titles or {})
        for row in of_area.to_dict("records")
        if row["indicator_id"] in asked
    }


def _in_words(row: dict, indicator: Indicator, titles: Mapping[str, str]) -> str:
    if not row.get("applies", True):
        return f"{NOT_APPLICABLE}: {row['note']}"
    if not row["known"]:
        return f"{UNKNOWN}: no public evidence was found"
    low, high = float(row["low"]), float(row["high"])
    if indicator.scale == "answer":
        said = "yes" if low == 1 else "no"
    elif low == high:
        said = f"{low:g}"
    elif np.isinf(high) or np.isnan(high):
        said = f"at least {low:g}"
    elif np.isinf(low) or np.isnan(low):
        said = f"at most {high:g}"
    else:
        said = f"{low:g} to {high:g}"
    if indicator.scale == "level":
        said += f" ({', up to '.join(dict.fromkeys((indicator.levels[int(low)], indicator.levels[int(high)])))})"
    said += " %" if indicator.scale == "share" else ""
    year = "" if pd.isna(row["year"]) else f", {int(row['year'])}"
    basis = row["basis"][:1].upper() + row["basis"][1:]
    names = [source for source in row["source_ids"].split(";") if source]
    sources = "; ".join(dict.fromkeys(titles.get(source, source) for source in names))
    return f"{said}. {basis}{year}" + (f". Sources: {sources}" if sources else "")


__all__ = ["ABOUT", "ANSWERED", "CODING", "HEADERS", "SCHEMA", "form", "workbook"]

CODING, ABOUT, READ_ME = "Coding", "About", "Read me"
# What the file says of itself, so that its reader knows what it is.
SCHEMA = "coding_sheet"
# Field -> the name of its column. The first six are printed; the others are filled in.
PRINTED = {
    "area_id": "Country",
    "indicator_id": "Id",
    "dimension": "Dimension",
    "indicator": "Indicator",
    "scale": "Scale",
    "prefilled": "Public evidence so far",
}
ANSWERED = {
    f"{role}_{part}": f"{role.capitalize()} {part}"
    for role in ("first", "second")
    for part in ("answer", "evidence", "page", "coder", "date")
} | {"adjudicated_answer": "Adjudicated answer", "adjudicated_by": "Adjudicated by", "note": "Note"}
HEADERS = PRINTED | ANSWERED
_WIDTHS = {"area_id": 9, "indicator_id": 5, "dimension": 15, "indicator": 36, "scale": 30, "prefilled": 34}
_WIDTHS |= {"evidence": 34, "answer": 14, "page": 8, "coder": 14, "date": 12, "by": 14, "note": 30}
_COLOURS = {"first": "#DCEBF5", "second": "#FBEBD0", "adjudicated": "#DDEFE6", "note": "#DDEFE6"}
# A fixed day: the same sheet is the same bytes whenever it is written.
_CREATED = datetime.datetime(2024, 1, 1)
_A3 = 8
_EARLIEST = datetime.date(2000, 1, 1)


def workbook(
    framework: pd.DataFrame,
    area_id: str,
    area_name: str,
    prefilled: pd.DataFrame | None = None,
    codes: pd.DataFrame | None = None,
    notes: pd.DataFrame | None = None,
    titles: Mapping[str, str] | None = None,
) -> bytes:
    """The coding sheet of one country; the same bytes each time.

    Parameters
    ----------
    framework : the 60 indicators, as ``catalog.load("nrm_framework")`` gives them.
    prefilled : answers that public evidence gives, shown beside each indicator: area_id, indicator_id, low, high,
        known, year, basis, source_ids (";" between), and where there are such applies and note. Rows of other areas
        are left out; None: no public evidence is shown.
    titles : source_id -> title, in which the sources are named; None: by their ids.
    codes, notes : answers that are given already, as `intake.intake` reads them, for the adjudicator's copy.

    Returns
    -------
    An Excel file with the sheets "Read me", "Coding" (one row an indicator) and "About" (what the file is).
    """
    asked = indicators(framework)
    shown = shown_evidence(prefilled, asked, area_id, titles)
    given = _given(codes, notes)
    content = io.BytesIO()
    options = {"in_memory": True, **EXCEL}
    with xlsxwriter.Workbook(content, options) as book:
        book.set_properties({"title": f"Coding of referral mechanisms: {area_name}", "created": _CREATED})
        _read_me(book, area_name)
        _coding(book, asked, area_id, area_name, shown, given)
        _about(book, area_id, area_name, digest(framework))
    return content.getvalue()


def _read_me(book: xlsxwriter.Workbook, area_name: str) -> None:
    page = book.add_worksheet(READ_ME)
    page.hide_gridlines(2)
    page.set_column(0, 0, 110, book.add_format({"text_wrap": True, "valign": "top"}))
    page.write_string(0, 0, f"Coding of referral mechanisms: {area_name}", book.add_format({"bold": True, "size": 14}))
    heading = book.add_format({"bold": True, "text_wrap": True})
    text = book.add_format({"text_wrap": True, "valign": "top"})
    lines = []
    for title, sentences in INSTRUCTIONS:
        lines += [(title, heading), *((sentence, text) for sentence in sentences), ("", text)]
    for row, (line, style) in enumerate(lines, start=2):
        page.write_string(row, 0, line, style)
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.protect()


def _coding(
    book: xlsxwriter.Workbook,
    asked: Mapping[str, Indicator],
    area_id: str,
    area_name: str,
    shown: Mapping[str, str],
    given: Mapping[tuple[str, str], str | datetime.date],
) -> None:
    page = book.add_worksheet(CODING)
    text = {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#B0B0B0"}
    locked = book.add_format(text)
    # Formats of the cells to be filled in: text, or a day.
    open_cells = {
        (role, part): book.add_format(
            text | {"locked": False, "bg_color": colour, "num_format": "yyyy-mm-dd" if part == "date" else "@"}
        )
        for role, colour in _COLOURS.items()
        for part in ("text", "date")
    }
    for column, (field, name) in enumerate(HEADERS.items()):
        role, _, part = field.rpartition("_")
        colour = _COLOURS.get(role or field, "#E6E6E6") if field in ANSWERED else "#E6E6E6"
        page.write_string(0, column, name, book.add_format(text | {"bold": True, "bg_color": colour}))
        page.set_column(column, column, _WIDTHS.get(field, _WIDTHS.get(part)))
    for row, indicator in enumerate(asked.values(), start=1):
        texts = (area_id, indicator.indicator_id, indicator.dimension, indicator.text, indicator.words)
        for column, printed in enumerate((*texts, shown.get(indicator.indicator_id, ""))):
            page.write_string(row, column, printed, locked)
        for column, field in enumerate(ANSWERED, start=len(PRINTED)):
            role, _, part = field.rpartition("_")
            cell = open_cells[role or field, "date" if part == "date" else "text"]
            value = given.get((indicator.indicator_id, field), "")
            if isinstance(value, datetime.date):
                page.write_datetime(row, column, datetime.datetime.combine(value, datetime.time()), cell)
            elif value:
                page.write_string(row, column, value, cell)
            else:
                page.write_blank(row, column, None, cell)
            if part == "answer":
                page.data_validation(row, column, row, column, _validation(indicator))
            elif part == "date":
                page.data_validation(row, column, row, column, _DAY)
    last, width = len(asked), len(HEADERS) - 1
    page.ignore_errors({"number_stored_as_text": f"A1:{xlsxwriter.utility.xl_rowcol_to_cell(last, width)}"})
    _mark_differences(book, page, last)
    page.autofilter(0, 0, last, width)
    page.freeze_panes(1, list(HEADERS).index("indicator") + 1)
    page.set_landscape()
    page.set_paper(_A3)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.set_footer(f"&L{area_name}&C&A&RPage &P of &N")
    page.protect("", {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True})


def _mark_differences(book: xlsxwriter.Workbook, page, last: int) -> None:
    """The adjudicated answer is framed in red where both coders have answered, differ, and nobody has settled it."""
    places = {field: column for column, field in enumerate(HEADERS)}
    cells = {
        role: xlsxwriter.utility.xl_rowcol_to_cell(1, places[f"{role}_answer"], col_abs=True)
        for role in ("first", "second", "adjudicated")
    }
    first, second, settled = cells.values()
    red = book.add_format({"border": 1, "border_color": "#C00000", "bg_color": "#F4C7C3"})
    column = places["adjudicated_answer"]
    rule = f'=AND({first}<>"",{second}<>"",{first}<>{second},{settled}="")'
    page.conditional_format(1, column, last, column, {"type": "formula", "criteria": rule, "format": red})


_DAY = {
    "validate": "date",
    "criteria": "between",
    "minimum": _EARLIEST,
    "maximum": "=TODAY()",
    "error_title": "Not a day",
    "error_message": "Write the day on which you answered, as 2026-11-26. It cannot lie in the future.",
}


def _validation(indicator: Indicator) -> dict[str, object]:
    """A list where a list can hold all answers, else a message; what is typed is checked when the file is read."""
    if indicator.scale in ("level", "answer", "count"):
        return {
            "validate": "list",
            "source": choices(indicator),
            "error_title": "Not on the scale",
            "error_message": "Choose from the list. Unknown is not no.",
        }
    number = "A number from 0 to 100: 45 for 45 %" if indicator.scale == "share" else "A number, or words"
    return {
        "validate": "any",
        "input_title": "Per cent" if indicator.scale == "share" else "A figure, or words",
        "input_message": f"{number}; or {UNKNOWN}, or {NOT_APPLICABLE}.",
    }


def _about(book: xlsxwriter.Workbook, area_id: str, area_name: str, framework: str) -> None:
    page = book.add_worksheet(ABOUT)
    page.set_column(0, 0, 14)
    page.set_column(1, 1, 60)
    rows = {"schema": SCHEMA, "area_id": area_id, "country": area_name, "framework": framework, "kind": "public"}
    for row, (name, value) in enumerate(rows.items()):
        page.write_string(row, 0, name)
        page.write_string(row, 1, value)
    page.protect()


def _given(codes: pd.DataFrame | None, notes: pd.DataFrame | None) -> dict[tuple[str, str], str | datetime.date]:
    """(indicator, field) -> what stands there already."""
    found: dict[tuple[str, str], str | datetime.date] = {}
    for code in [] if codes is None else codes.to_dict("records"):
        role = code["coder_role"]
        fields = {"answer": code["answer"], "by" if role == "adjudicated" else "coder": code["coder"]}
        if role != "adjudicated":
            day = "" if pd.isna(code["date"]) else code["date"].date()
            fields |= {"evidence": code["evidence"], "page": code["page"], "date": day}
        found |= {(code["indicator_id"], f"{role}_{part}"): value for part, value in fields.items()}
    for note in [] if notes is None else notes.to_dict("records"):
        found[note["indicator_id"], "note"] = note["note"]
    return found
