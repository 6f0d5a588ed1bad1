"""The questionnaire: an XLSForm kept as three CSV files, the only home of its names, codes, ranges and skip logic.

``form/survey.csv``, ``form/choices.csv`` and ``form/settings.csv`` are the sheets of the form, with two columns more:
``column``, the column of the table of respondents that a question fills, and ``asked_of``. The form takes no name, no
address, no location and no free text. The occupation is deliberately not asked: a text or a fine code, beside the
sampling unit and the age, can tell who a child is; the sector and the kind of workplace are asked in its place.

``choices.csv`` has the column ``from_age``: where a question filters its choices by it, a choice is shown to children
of that age or older only. It goes with the form, unlike the two columns above.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
from functools import cache
from pathlib import Path

import pandas as pd
import xlsxwriter

from analysis.spreadsheets import EXCEL, csv_bytes

FORM = Path(__file__).resolve().parent / "form"
SHEETS = ("survey", "choices", "settings")
LANGUAGES = ("English (en)", "Türkçe (tr)", "العربية (ar)")
# Columns that are ours and not the XLSForm's.
_OURS = ("column", "asked_of")
# What says that an answer is not known, in questions with codes and in questions with numbers.
DONT_KNOW, REFUSED, NONE = "dont_know", "refused", "none"
UNKNOWN = (DONT_KNOW, REFUSED)
UNKNOWN_NUMBERS = {"-98": DONT_KNOW, "-99": REFUSED}
# Questions without which nobody is a respondent.
CONSENT, ASSENT, RESULT = "consent_guardian", "assent_child", "visit_result"
# Whether nobody else hears: what could bring a child into danger is asked only then.
IN_PRIVATE = "in_private"
# The filter of choices by the column from_age: what a young child is not asked is not shown.
_OF_AGE = "from_age <= ${age}"
_NO_QUESTIONS = ("begin_group", "end_group", "note")
_BOUND = re.compile(r"\. (>=|<=) (?:(-?\d+)|\$\{(\w+)\})")
_PATTERN = re.compile(r"regex\(\., '(.*)'\)")
# A fixed day: the same form is the same bytes whenever it is written.
_CREATED = datetime.datetime(2024, 1, 1)


def sheet(name: str) -> pd.DataFrame:
    """One sheet of the form as texts, "" where empty: ``survey``, ``choices`` or ``settings``."""
    header, *rows = _rows(name)
    return pd.DataFrame(rows, columns=header)


@cache
def _rows(name: str) -> tuple[tuple[str, ...], ...]:
    with open(FORM / f"{name}.csv", encoding="utf-8", newline="") as file:
        return tuple(map(tuple, csv.reader(file)))


def choices(list_name: str) -> tuple[str, ...]:
    """The codes of a list of choices, in the order in which the form shows them. Raises KeyError if there is none."""
    found = tuple(row[1] for row in _rows("choices")[1:] if row[0] == list_name)
    if not found:
        raise KeyError(f"The questionnaire has no list of choices '{list_name}'.")
    return found


def _from_age(list_name: str) -> tuple[int, ...]:
    """The lowest age at which each choice of a list is shown, 0 where that is any."""
    header, *rows = _rows("choices")
    place = header.index("from_age")
    return tuple(int(row[place] or 0) for row in rows if row[0] == list_name)


def questions() -> pd.DataFrame:
    """What is asked, one row a question, in the order of the form.

    Returns
    -------
    DataFrame with columns name; type (``select_one``, ``select_multiple``, ``integer``, ``text``, ``calculate``,
    ``start``, ``end``, ``today``); codes (tuple of texts, those for not known included; empty where there are none);
    from_age (tuple of whole numbers, the age in years from which each code is offered; 0: at any);
    low, high (whole numbers, NA where there are none: of known answers); at_least, at_most (name of the question whose
    answer is a further bound, or ""); pattern (regular expression of a text, or ""); unknown (whether "don't know" and
    "no answer" are answers: codes ``dont_know`` and ``refused``, numbers -98 and -99); required (bool); relevant (when
    it applies: its own condition and those of its groups, see `relevance.applies`); column (of the table of
    respondents, "" for none); block (its innermost group); asked_of (``enumerator``, ``guardian``, ``child``, or
    ``computed`` by the form); label (in English).
    """
    return _questions().copy()


@cache
def _questions() -> pd.DataFrame:
    rows, groups = [], list[tuple[str, str]]()
    for row in sheet("survey").to_dict("records"):
        kind, _, of = row["type"].partition(" ")
        if kind == "begin_group":
            groups.append((row["name"], row["relevant"]))
        elif kind == "end_group":
            groups.pop()
        if kind in _NO_QUESTIONS:
            continue
        from_file = kind == "select_one_from_file"
        codes = choices(of) if of and not from_file else ()
        bounds = _BOUND.findall(row["constraint"]) if kind == "integer" else []
        pattern = _PATTERN.search(row["constraint"])
        rows.append(
            {
                "name": row["name"],
                "type": "text" if from_file else kind,
                "codes": codes,
                "from_age": _from_age(of) if row["choice_filter"] == _OF_AGE else (0,) * len(codes),
                "low": next((int(number) for sign, number, _ in bounds if sign == ">=" and number), None),
                "high": next((int(number) for sign, number, _ in bounds if sign == "<=" and number), None),
                "at_least": next((other for sign, _, other in bounds if sign == ">=" and other), ""),
                "at_most": next((other for sign, _, other in bounds if sign == "<=" and other), ""),
                "pattern": pattern[1] if pattern else "",
                "unknown": set(UNKNOWN) <= set(codes) or all(f". = {n}" in row["constraint"] for n in UNKNOWN_NUMBERS),
                "required": row["required"] == "yes",
                "relevant": _all(*(relevant for _, relevant in groups), row["relevant"]),
                "column": row["column"],
                "block": groups[-1][0] if groups else "",
                "asked_of": row["asked_of"],
                "label": row[f"label::{LANGUAGES[0]}"],
            }
        )
    return pd.DataFrame(rows).astype({"low": "Int64", "high": "Int64"})


def _all(*conditions: str) -> str:
    """Conditions joined by ``and``, each in brackets where there are several."""
    stated = [condition for condition in conditions if condition]
    return stated[0] if len(stated) == 1 else " and ".join(f"({condition})" for condition in stated)


def workbook() -> bytes:
    """The form as an Excel file, as ODK, KoboToolbox and other programs take it; the same bytes each time.

    It is to be uploaded with ``psu.csv``, the list of sampling units, see `units`.
    """
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, **EXCEL}) as book:
        book.set_properties({"title": sheet("settings").at[0, "form_title"], "created": _CREATED})
        bold = book.add_format({"bold": True})
        for name in SHEETS:
            table = sheet(name).drop(columns=list(_OURS), errors="ignore")
            page = book.add_worksheet(name)
            page.freeze_panes(1, 0)
            page.write_row(0, 0, list(table.columns), bold)
            for number, row in enumerate(table.itertuples(index=False), start=1):
                for place, text in enumerate(row):
                    if text:
                        page.write_string(number, place, text)
    return content.getvalue()


def units(frame: pd.DataFrame) -> bytes:
    """The list of sampling units that the form offers by province, as the file ``psu.csv`` to be uploaded with it.

    Parameters
    ----------
    frame : the sampling units that were drawn, with columns psu_id and area_id.
    """
    table = pd.DataFrame({"name": frame["psu_id"], "label": frame["psu_id"], "area_id": frame["area_id"]})
    return csv_bytes(table.drop_duplicates().sort_values(["area_id", "name"]))
