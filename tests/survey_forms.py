"""Filled-in forms of the children's survey, and files as KoboToolbox exports them, for tests."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter

from analysis.survey import questionnaire, sample
from analysis.survey.questionnaire import applies

# Two strata of one province: two units of six, and one of one.
FRAME = pd.DataFrame(
    {
        "psu_id": ["A1", "A2", "B1"],
        "stratum": ["TR-27 SY", "TR-27 SY", "TR-27 TR"],
        "area_id": "TR-27",
        "psus_in_stratum": ["6", "6", "1"],
        "households_in_psu": ["40", "60", "80"],
        "urban": ["yes", "no", "yes"],
    }
)


def frame() -> pd.DataFrame:
    return sample.checked_frame(FRAME)


def form(number: int, **said: str) -> dict[str, str]:
    """A form in which every question that applies is answered: as `said`, else by its first code or lowest number."""
    answers = {"_uuid": f"00000000-0000-4000-8000-{number:012d}"}
    answers |= {"start": f"2026-03-01T10:{number % 60:02d}:{number // 60:02d}.000+03:00", "today": "2026-03-01"}
    answers |= {"area_id": "TR-27", "psu_id": "A1", "enumerator_id": "GA07", "children_ages": "16 12 7"}
    answers |= {"children_eligible": "3", "draw": "0.4", "child_position": "2", "child_age": "12", "age": "12"}
    answers |= {"household_size": "6"}
    asked = questionnaire.questions()
    found: dict[str, str] = {}
    given = answers | said
    known = {name: np.array([""], dtype=object) for name in asked["name"]}
    for question in asked.to_dict("records"):
        name = question["name"]
        if not applies(question["relevant"], known)[0]:
            found[name] = said.get(name, "")
        elif name in given:
            found[name] = given[name]
        elif question["codes"]:
            found[name] = question["codes"][0]
        elif question["type"] == "integer":
            at_least = found.get(question["at_least"], "")
            found[name] = at_least or str(question["low"])
        known[name][0] = found.get(name, "")
    return {"_uuid": given["_uuid"], **{name: found.get(name, "") for name in asked["name"]}}


def refusal(number: int, outcome: str, **said: str) -> dict[str, str]:
    """A form of a visit without an interview."""
    answers = {
        "nobody_home": {"visit_result": "nobody_home"},
        "no_household": {"visit_result": "no_household"},
        "no_consent": {"consent_guardian": "no"},
        "no_child": {"children_ages": "0", "children_eligible": "0", "child_position": "0", "child_age": ""},
        "no_assent": {"assent_child": "no"},
    }[outcome]
    filled = form(number, **answers, **said)
    asked = questionnaire.questions().set_index("name")["relevant"]
    within = asked.str.contains("assent_child", regex=False) & ~asked.index.isin(said)
    return {name: "" if name in within.index and within[name] else text for name, text in filled.items()}


def headers(grouped: bool) -> dict[str, str]:
    """Question -> its header; as "XML values and headers" has it, with the groups before it or without."""
    path: list[str] = []
    found = {"_uuid": "_uuid"}
    for row in questionnaire.sheet("survey").to_dict("records"):
        if row["type"] == "begin_group":
            path.append(row["name"])
        elif row["type"] == "end_group":
            path.pop()
        else:
            found[row["name"]] = "/".join([*path, row["name"]]) if grouped else row["name"]
    return found


def table(
    forms: Sequence[dict[str, str]], grouped: bool = True, split: str = "both", server: bool = True
) -> list[list[str]]:
    """Rows of an export, the header first. `split`: several codes in one ``cell``, in ``columns``, or in ``both``."""
    asked = questionnaire.questions().set_index("name")
    at = headers(grouped)
    columns: list[tuple[str, str, str]] = []
    for name, question in asked.iterrows():
        several = question["type"] == "select_multiple"
        if not several or split in ("cell", "both"):
            columns.append((at[name], name, ""))
        if several and split in ("columns", "both"):
            columns += [(f"{at[name]}/{code}", name, code) for code in question["codes"]]
    head = (
        [header for header, _, _ in columns] + (["_id"] if server else []) + ["_uuid"] + (["_index"] if server else [])
    )
    rows = [head]
    for number, filled in enumerate(forms, start=1):
        cells = []
        for _, name, code in columns:
            text = filled[name]
            cells.append(text if not code else "" if not text else str(int(code in text.split())))
        rows.append(
            cells + ([str(1000 + number)] if server else []) + [filled["_uuid"]] + ([str(number)] if server else [])
        )
    return rows


def write_csv(path: Path, rows: Sequence[Sequence[str]], delimiter: str = ";") -> Path:
    """A CSV file as KoboToolbox writes it: UTF-8, everything in quotation marks, semicolons."""
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    return path


def write_excel(path: Path, rows: Sequence[Sequence[str]], sheet: str = "children") -> Path:
    """An Excel file in which numbers are numbers."""
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            for place, text in enumerate(row):
                if text.lstrip("-").isdigit():
                    page.write_number(number, place, int(text))
                elif text:
                    page.write_string(number, place, text)
    return path
