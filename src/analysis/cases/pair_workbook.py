"""Workbook in which a reviewer without JupyterLab judges pairs of records, and how it is read back.

It holds names: whoever writes it keeps it for its owner alone, beside the tables of the study, and in no release.
"""

from __future__ import annotations

import io
import re
from datetime import datetime
from pathlib import Path

import xlsxwriter

from analysis import texts
from analysis.cases.pair_decisions import ANSWERS, FIRST, KEY, SECOND, DecisionsError
from analysis.cases.pairs_to_review import AGREES, DIFFERS, LINES, PARTLY, Review
from analysis.intake.source import ERROR, letters, sheets
from analysis.project_files import shown
from analysis.spreadsheets import EXCEL

TEXT = texts.of(__name__)
ABOUT, PAIRS = "About", "Pairs"
HEAD = ("pair", "record", "answer", "reason", *LINES, "match_weight", "record_l", "record_r")
_FILLED_IN = ("answer", "reason")
_COLOURS = {AGREES: "#DDEFE6", PARTLY: "#FFF6D6", DIFFERS: "#F6D9D3"}
_WIDTHS = {"pair": 5, "record": 22, "answer": 11, "reason": 20, "Exploitation": 20}
_WIDTHS |= {"Given name": 15, "Family name": 15, "Telephone": 14, "Document": 14, "Age at detection": 10, "Sex": 9}
_SHORT = {answer[0]: answer for answer in ANSWERS}


def name(kind: str, initials: str, second: bool) -> str:
    """Return what the workbook of a reviewer is called: its name says that it is confidential, or SYNTHETIC."""
    marked = "SYNTHETIC" if kind == "synthetic" else "CONFIDENTIAL"
    return f"pairs_to_review_{initials}{'_second' if second else ''}_{marked}.xlsx"


def workbook(review: Review) -> bytes:
    """Return the Excel file of the pairs of a reviewer, with the answers given so far.

    A pair has three rows: either record, and below them how far they agree and what that weighs.
    """
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, **EXCEL}) as book:
        book.set_properties({"title": "Pairs of records to review", "created": datetime(2000, 1, 1)})
        plain = {"num_format": "@", "valign": "top", "text_wrap": True}
        look = {name: book.add_format(plain | {"bg_color": colour}) for name, colour in _COLOURS.items()}
        quiet = book.add_format(plain | {"font_color": "#595959", "italic": True, "bottom": 1})
        text, bold = book.add_format(plain), book.add_format(plain | {"bold": True, "bg_color": "#E6E6E6"})
        empty = book.add_format(plain | {"bg_color": "#FFFDE8", "border": 1, "locked": False})
        page = book.add_worksheet(PAIRS)
        for column, head in enumerate(HEAD):
            page.set_column(column, column, _WIDTHS.get(head, 12), text, {"hidden": head in HEAD[-3:]})
            page.write_string(0, column, head, bold)
        at = {head: column for column, head in enumerate(HEAD)}
        for number, pair in enumerate(review.pairs):
            row = 3 * number + 1
            page.write_number(row, 0, number + 1, text)
            for below, place in enumerate((*pair.places, f"weight {pair.weight:+.1f} bits")):
                page.write_string(row + below, at["record"], place, quiet if below == 2 else text)
            for line in pair.lines:
                shade = look.get(line.agreement, text)
                bits = "" if line.bits is None else f" ({line.bits:+.1f})"
                for below, said in enumerate((line.one, line.other, f"{line.words or line.agreement}{bits}")):
                    page.write_string(row + below, at[line.line], said, quiet if below == 2 else shade)
            for head, said in zip(_FILLED_IN, review.answer_of(number), strict=True):
                page.write_string(row, at[head], said, empty) if said else page.write_blank(row, at[head], None, empty)
            for head, said in zip(HEAD[-3:], (f"{pair.weight:.6f}", pair.record_l, pair.record_r), strict=True):
                page.write_string(row, at[head], said, text)
            choices = {"validate": "list", "source": [*ANSWERS, *_SHORT], "error_message": TEXT["one_of"]}
            page.data_validation(row, at["answer"], row, at["answer"], choices)
        page.freeze_panes(1, at["answer"] + 1)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
        page.protect("", {"format_columns": True, "format_rows": True})
        about = book.add_worksheet(ABOUT)
        about.set_column(0, 0, 14)
        about.set_column(1, 1, 90, text)
        role = SECOND if review.second else FIRST
        labels = {"study": review.study, "initials": review.initials, "role": role, "kind": review.kind.upper()}
        for row, (name, value) in enumerate(labels.items()):
            about.write_string(row, 0, name)
            about.write_string(row, 1, value)
        for row, sentence in enumerate(TEXT["how_to"].strip().splitlines(), start=len(labels) + 1):
            about.write_string(row, 1, sentence, text)
    return content.getvalue()


def answers_in(path: Path, study: str, initials: str) -> tuple[list[dict[str, str]], str, list[str]]:
    """Return the answers that stand in a workbook, the role of its reviewer, and what is wrong with other cells.

    Returns
    -------
    Answers as `pair_decisions.add` takes them; ``first`` or ``second``; a sentence for each cell that is not taken up,
    with file, row and column, and not what stands in it.

    Raises
    ------
    DecisionsError : it is no such workbook, or that of another study or reviewer.
    analysis.intake.source.SourceError : the file cannot be read.
    """
    found = sheets(path)
    if not {ABOUT, PAIRS} <= set(found):
        raise DecisionsError("not_a_workbook", f"{shown(path)} is no workbook that `pairs --workbook` writes.")
    about = {cells[0]: cells[1] for _, cells in found[ABOUT].rows if len(cells) > 1 and cells[0]}
    written_for = f"{shown(path)} was written for"
    if about.get("study") != study:
        raise DecisionsError("other_study", f"{written_for} the study {about.get('study', '')!r}, not for {study!r}.")
    if about.get("initials") != initials:
        of = about.get("initials", "")
        raise DecisionsError("other_initials", f"{written_for} the reviewer {of!r}, not for {initials!r}.")
    at: dict[str, int] = {}
    lines, wrong = [], list[str]()
    formulas = found[PAIRS].formulas
    for number, cells in found[PAIRS].rows:
        if not at:
            at = {cell.strip(): place for place, cell in enumerate(cells)}
            if missing := [head for head in HEAD if head not in at]:
                raise DecisionsError("missing_column", f"{shown(path)}, row {number}: no column {missing[0]}.")
            continue
        said = {head: cells[place].strip() if place < len(cells) else "" for head, place in at.items()}
        place, reason_at = (f"{shown(path)}, row {number}, column {letters(at[head] + 1)}" for head in _FILLED_IN)
        answer = _SHORT.get(said["answer"].lower(), said["answer"].lower())
        is_formula, has_no_text = (
            any(a <= number <= b and left <= at[head] + 1 <= right for a, b, left, right in formulas)
            for head in _FILLED_IN
        )
        if has_no_text:
            said["reason"] = ""
            wrong.append(f"{reason_at}: a formula is no reason; begin it with a letter.")
        if not said["answer"] and not is_formula:
            if said["reason"]:
                wrong.append(f"{place}: there is a reason, and no answer.")
        elif is_formula or said["answer"] == ERROR or answer not in ANSWERS:
            wrong.append(f"{place}: {TEXT['one_of']}")
        elif not (KEY.fullmatch(said["record_l"]) and KEY.fullmatch(said["record_r"])):
            wrong.append(f"{place}: the answer stands in no first row of a pair, or the hidden columns were changed.")
        else:
            weight = said["match_weight"] if re.fullmatch(r"-?\d+\.\d+", said["match_weight"]) else ""
            kept = {name: said[name] for name in ("reason", "record_l", "record_r")}
            lines.append(kept | {"answer": answer, "match_weight": weight})
    return lines, about.get("role", FIRST), wrong
