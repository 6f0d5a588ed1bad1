"""The answers in an export of the form: one row a submission, one column an answer, its evidence and its page."""

from __future__ import annotations

from collections.abc import Mapping

from analysis import areas
from analysis.cases.sheet import Sheet
from analysis.referral.coding.cells import Cells, CodingError, Received
from analysis.referral.coding.form import KNOWN, ROLES, STUDY
from analysis.referral.coding.scale import Indicator


def read_form(received: Received, content: Sheet, asked: Mapping[str, Indicator], framework: str) -> None:
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
    known = set(areas.ids(STUDY))
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
    received.area_ids = tuple(area_id for area_id in areas.ids(STUDY) if area_id in named)
    gone = [name for name in asked if name not in letters]
    if gone:
        received.said.append(f"There is no column for {', '.join(gone)}: not coded.")
