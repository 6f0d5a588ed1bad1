"""A coding sheet filled in as a coder would, in Excel's place."""

import datetime
import io
from pathlib import Path

import openpyxl

from analysis import catalog
from analysis.referral import coding_sheet
from analysis.referral.coding_intake import CodingAnswers, intake
from analysis.referral.coding_sheet import indicators

TODAY = datetime.date(2026, 11, 26)
FRAMEWORK = catalog.load("nrm_framework")
EMPTY = coding_sheet.workbook(FRAMEWORK, "SEN", "Senegal")
COLUMN = {name: place for place, name in enumerate(coding_sheet.HEADERS.values(), start=1)}
ROW = {name: place for place, name in enumerate(indicators(FRAMEWORK), start=2)}
ROLES = ("First", "Second", "Adjudicated")


class Filled:
    """A coding sheet in Excel's place: cells are typed, and the file is saved."""

    def __init__(self, content: bytes = EMPTY) -> None:
        self.book = openpyxl.load_workbook(io.BytesIO(content))
        self.page = self.book["Coding"]

    def put(self, indicator_id: str, column: str, value: object) -> None:
        self.page.cell(ROW[indicator_id], COLUMN[column]).value = value

    def code(self, indicator_id: str, role: str, answer: object, evidence: str = "Law 5", **more: object) -> None:
        """An answer with its evidence, of coders who are two persons."""
        self.put(indicator_id, f"{role} answer", answer)
        self.put(indicator_id, f"{role} evidence", evidence or None)
        self.put(indicator_id, f"{role} coder", more.get("coder", {"First": "AB", "Second": "CD"}[role]))
        self.put(indicator_id, f"{role} page", more.get("page"))
        self.put(indicator_id, f"{role} date", more.get("date"))

    def saved(self, folder: Path, name: str = "SEN_coding.xlsx") -> Path:
        self.book.save(folder / name)
        return folder / name

    def read(self, folder: Path) -> CodingAnswers:
        return intake(self.saved(folder), FRAMEWORK, last=TODAY)

    def answers(self) -> int:
        """Answer cells that hold something."""
        rows = range(2, self.page.max_row + 1)
        return sum(self.page.cell(row, COLUMN[f"{role} answer"]).value is not None for row in rows for role in ROLES)
