"""An Excel file as rows of text; which of its cells hold a formula or an error; and whether it is sound at all.

calamine reads values, and says nothing of formulas and errors: these are looked for in the sheets' own XML, while the
archive is unpacked piece by piece to see that it is what it declares to be.
"""

from __future__ import annotations

import contextlib
import datetime
import io
import os
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from analysis.cases.rows import ERROR, Range, Rows, SourceError, number
from analysis.catalog import shown

# An Excel file is a zip archive; 100,000 rows of 25 columns unpack to some 100 MB, at a tenth to a fiftieth of that.
LARGEST = 2 * 1024**3
LARGEST_RATIO = 200
_CHUNK = 4 * 1024**2
# No tag of a cell is longer; so much of a piece is looked at again with the next.
_OVERLAP = 2048
_DAMAGES = (
    *(zipfile.BadZipFile, zlib.error, EOFError, CalamineError, ElementTree.ParseError),
    *(KeyError, NotImplementedError),
)

# A cell's formula is its first part, and its address one of its attributes (ECMA-376, 18.3.1.4 and 18.3.1.40). An array
# formula and a data table stand in their first cell and name the range that they fill.
_CELL = rb"<(?:\w+:)?c\b"
_ADDRESS = rb"""[^>]*?\br=["']([A-Z]+)([0-9]+)["'][^>]*>"""
_FORMULA = re.compile(_CELL + _ADDRESS + rb"\s*<(?:\w+:)?f\b([^>]*)>")
_FILLS = re.compile(rb"""\bref=["']([A-Z]+)([0-9]+)(?::([A-Z]+)([0-9]+))?["']""")
_ERROR_CELL = re.compile(_CELL + rb"""(?=[^>]*\bt=["']e["'])""" + _ADDRESS)
# Programs other than Excel may leave the address out.
_UNADDRESSED = re.compile(_CELL + rb"""(?:\s+(?!r=)\w+=(?:"[^"]*"|'[^']*'))*\s*>\s*<(?:\w+:)?f\b""")


@dataclass
class _Marked:
    """What a sheet's XML says that calamine does not."""

    formulas: list[Range] = field(default_factory=list)
    errors: dict[int, list[int]] = field(default_factory=dict)  # row -> columns


def sheets(path: Path, content: bytes, decimal: str) -> dict[str, Rows]:
    """The worksheets of a file by name, from its content.

    Raises
    ------
    SourceError : locked by a password, damaged, or made to burst.
    """
    name = shown(path)
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        # An encrypted workbook and one of before 2007 begin alike; the former names its content in UTF-16.
        locked = "EncryptedPackage".encode("utf-16-le") in content
        raise SourceError(
            "locked_or_old_format",
            f"{name} is locked by a password. Open it, save a copy without one, and keep that where the data are kept."
            if locked
            else f"{name} is an Excel file of before 2007 with a new ending. Save it as .xlsx.",
        )
    with _sound(path):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            marked = _inspected(archive, name)
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    found = {}
    for sheet in workbook.sheets_metadata:
        if sheet.typ == SheetTypeEnum.WorkSheet:
            if sheet.name not in marked:
                raise SourceError(
                    "missing_sheet", f"{name} names a sheet that it does not hold. Save it again from Excel."
                )
            mark = marked[sheet.name]
            rows = _filled(path, workbook, sheet.name, mark, decimal)
            found[sheet.name] = Rows(sheet.name, rows, mark.formulas, sheet.visible != SheetVisibleEnum.Visible)
    return found


@contextlib.contextmanager
def _sound(path: Path) -> Iterator[None]:
    """Whatever a damaged file does to its readers is one sentence."""
    try:
        with _silent():
            yield
    except BaseException as error:
        # A reader written in Rust ends in a panic, which is no Exception.
        if not isinstance(error, _DAMAGES) and type(error).__name__ != "PanicException":
            raise
        raise SourceError(
            "damaged_file",
            f"{shown(path)} is damaged or not complete ({type(error).__name__}): it cannot be unpacked. "
            f"Ask for it again.",
        ) from None


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Nothing on the standard error: a reader that panics prints there first, perhaps what it has just read."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _inspected(archive: zipfile.ZipFile, name: str) -> dict[str, _Marked]:
    """Formulas and errors by sheet, from an archive that was unpacked to its end and found sound."""
    members = archive.infolist()
    declared, packed = sum(member.file_size for member in members), sum(member.compress_size for member in members)
    if declared > LARGEST or (declared > 50 * 1024**2 and declared > LARGEST_RATIO * packed):
        raise SourceError(
            "decompression_bomb",
            f"{name} would unpack to {declared / 1024**2:,.0f} MB from {packed / 1024**2:,.1f} MB, which no list of "
            f"cases does: it is refused. If it is genuine, save it again from Excel, or as CSV.",
        )
    sheet_of = _sheet_files(archive)
    marked: dict[str, _Marked] = {}
    for member in members:
        mark = marked.setdefault(sheet, _Marked()) if (sheet := sheet_of.get(member.filename.lower())) else None
        with archive.open(member) as file:
            rest = b""
            # Reading to the end also compares the length and checksum with what the archive declares.
            while chunk := file.read(_CHUNK):
                text = rest + chunk
                if mark is not None:
                    _look(text, mark, name)
                rest = text[-_OVERLAP:]
    return marked


def _look(text: bytes, mark: _Marked, name: str) -> None:
    """Note the cells with formulas and errors in a piece of a sheet."""
    if b"<f" in text or b":f" in text:
        for column, row, attributes in _FORMULA.findall(text):
            mark.formulas.append(_range(column, row))
            if b"array" in attributes or b"dataTable" in attributes:
                mark.formulas += [_range(*corners) for corners in _FILLS.findall(attributes)]
        if _UNADDRESSED.search(text):
            raise SourceError(
                "unlocated_formulas",
                f"{name} holds formulas and does not say in which cells. Save it again from Excel.",
            )
    if b't="e"' in text or b"t='e'" in text:
        for column, row in _ERROR_CELL.findall(text):
            mark.errors.setdefault(int(row), []).append(number(column.decode()))


def _range(left: bytes, top: bytes, right: bytes = b"", bottom: bytes = b"") -> Range:
    return (int(top), int(bottom or top), number(left.decode()), number((right or left).decode()))


def _sheet_files(archive: zipfile.ZipFile) -> dict[str, str]:
    """File in the archive, in small letters -> name of the sheet."""
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    found = {}
    for element in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():
        if element.tag.endswith("}sheet"):
            # Its namespace differs with the dialect in which a workbook is saved.
            relation = next((value for key, value in element.attrib.items() if key.endswith("}id")), "")
            target = targets.get(relation, "").lower()
            found[target.lstrip("/") if target.startswith("/") else f"xl/{target}"] = element.get("name", "")
    return found


def _filled(
    path: Path, workbook: CalamineWorkbook, sheet: str, mark: _Marked, decimal: str
) -> Iterator[tuple[int, list[str]]]:
    """Rows of a sheet from column A on, each cell of a merged range with the text of the range."""
    with _sound(path):
        content = workbook.get_sheet_by_name(sheet)
    left = [""] * (content.start[1] if content.start else 0)
    covered: dict[int, list[tuple[int, int, int]]] = {}
    single = {(top, left) for top, bottom, left, right in mark.formulas if (top, left) == (bottom, right)}
    for (top, column), (bottom, last) in content.merged_cell_ranges or []:
        for row in range(top, bottom + 1):
            covered.setdefault(row, []).append((top, column, last))
        if (top + 1, column + 1) in single:
            mark.formulas.append((top + 1, bottom + 1, column + 1, last + 1))
    origin: dict[tuple[int, int], str] = {}
    for row, cells in enumerate(content.iter_rows()):
        texts = left + [cell if cell.__class__ is str else _text(cell, decimal) for cell in cells]
        for place in mark.errors.get(row + 1, ()):
            texts += [""] * (place - len(texts))
            texts[place - 1] = ERROR
        # A range that was merged over empty rows makes no rows of them.
        holds_something = any(texts)
        for top, column, last in covered.get(row, ()):
            if column < len(texts):
                value = origin.setdefault((top, column), texts[column])
                if holds_something:
                    for place in range(column, min(last + 1, len(texts))):
                        texts[place] = value
        yield row + 1, texts


def _text(cell: object, decimal: str) -> str:
    """A number, date or truth value of an Excel cell as text: 7, 7.5 or 7,5, 2021-03-05, TRUE."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return str(int(cell)) if cell == int(cell) else repr(cell).replace(".", decimal)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(timespec="seconds")
    return str(cell)
