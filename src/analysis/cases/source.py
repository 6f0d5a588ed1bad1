"""A file as received, as rows of text: nothing is turned into a number, a date or "not available" by the reader.

``007``, ``1E5`` and ``NA`` (Namibia) stay what they are. What cannot be read at all (a file that is cut off, locked by
a password, or made to burst) is refused in one sentence.
"""

from __future__ import annotations

import csv
import datetime
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook

from analysis.catalog import shown

ENCODINGS = ("utf-8", "cp1254", "cp1252", "latin-1", "utf-16")
EXCEL = (".xlsx", ".xlsm")
CSV = (".csv", ".txt", ".tsv")
# An Excel file is a zip archive; 100,000 rows of 25 columns unpack to some 100 MB, at a tenth to a fiftieth of that.
LARGEST = 2 * 1024**3
LARGEST_RATIO = 200
# Where bytes that an encoding does not have stand in a text: letters that Unicode leaves for private use.
UNDECODED = (0xF700, 0xF7FF)
_CHUNK = 4 * 1024**2
# Letters that Turkish ğ, ş and ı become in a reader that takes cp1254 for cp1252 or latin-1.
_ICELANDIC = re.compile("[ðþýÐÞÝ]")
# What letters of UTF-8 become in a reader of one byte a letter: Ã§, Ä±, Å.
_UTF8_AS_BYTES = re.compile("[ÃÄÅ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")


class SourceError(Exception):
    """A file cannot be read; the message says which, why, and what would help, and never what stands in a cell."""


@dataclass
class Rows:
    """The rows of one sheet, to be gone through once.

    Parameters
    ----------
    sheet : name; "" for a CSV file.
    rows : row number as a spreadsheet shows it, and the texts of its cells ("" where empty). Merged cells are filled.
    formulas : (row, column) of cells that hold a formula, both from 1.
    cut_off : for a CSV file, whether its last row has no end.
    undecoded : for a CSV file, whether it holds bytes that its encoding does not have; they stand as `UNDECODED`.
    """

    sheet: str
    rows: Iterator[tuple[int, list[str]]]
    formulas: set[tuple[int, int]] = field(default_factory=set)
    cut_off: bool = False
    undecoded: bool = False


def sheets(
    path: Path, encoding: str | None = None, delimiter: str | None = None, decimal: str = "."
) -> dict[str, Rows]:
    """The sheets of a file by name, in their order; a CSV file has one, named "".

    Parameters
    ----------
    encoding, delimiter : of a CSV file; None: UTF-8 and ``,``.
    decimal : sign in which the numbers of an Excel file are written out, as the mapping declares it.

    Raises
    ------
    SourceError : missing, empty, of another format, locked by a password, cut off, or made to burst.
    """
    name = shown(path)
    if not path.is_file():
        raise SourceError(f"{name} is not there.")
    if path.stat().st_size == 0:
        raise SourceError(f"{name} is empty. Ask for it again.")
    suffix = path.suffix.lower()
    if suffix in EXCEL:
        return _excel(path, decimal)
    if suffix in CSV:
        return {"": _csv(path, encoding or "utf-8", delimiter or ("\t" if suffix == ".tsv" else ","))}
    raise SourceError(
        f"{name}: files that end in {suffix or 'nothing'} are not read. Save it as .xlsx, where formulas can be seen, "
        f"or as CSV."
    )


def preview(
    path: Path, rows: int = 200, encoding: str | None = None, delimiter: str | None = None
) -> dict[str, list[list[str]]]:
    """The first rows of each sheet as texts, empty rows included. Raises SourceError as `sheets` does."""
    found: dict[str, list[list[str]]] = {}
    for sheet, content in sheets(path, encoding, delimiter).items():
        table: list[list[str]] = []
        for number, texts in islice(content.rows, rows):
            table += [[] for _ in range(number - 1 - len(table))] + [texts]
        found[sheet] = table
    return found


# --- Excel ---------------------------------------------------------------------------------------------------------


def _excel(path: Path, decimal: str) -> dict[str, Rows]:
    name = shown(path)
    with open(path, "rb") as file:
        start = file.read(8)
    if start == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        # An encrypted workbook and one of before 2007 begin alike; the former names its content in UTF-16.
        locked = "EncryptedPackage".encode("utf-16-le") in path.read_bytes()
        raise SourceError(
            f"{name} is locked by a password. Open it, save a copy without one, and keep that where the data are kept."
            if locked
            else f"{name} is an Excel file of before 2007 with a new ending. Save it as .xlsx."
        )
    try:
        with zipfile.ZipFile(path) as archive:
            formulas = _inspected(archive, name)
        workbook = CalamineWorkbook.from_path(path)
    except _DAMAGES as error:
        raise _damaged(path, error) from None
    return {
        sheet: Rows(sheet, _filled(path, workbook, sheet, decimal), formulas.get(sheet, set()))
        for sheet in workbook.sheet_names
    }


_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    CalamineError,
    ElementTree.ParseError,
    KeyError,
    NotImplementedError,
)


def _damaged(path: Path, error: Exception) -> SourceError:
    return SourceError(
        f"{shown(path)} is damaged or not complete ({type(error).__name__}): it cannot be unpacked. Ask for it again."
    )


def _inspected(archive: zipfile.ZipFile, name: str) -> dict[str, set[tuple[int, int]]]:
    """The cells with a formula, by sheet, from an archive that was unpacked piece by piece to see that it is sound."""
    members = archive.infolist()
    declared, packed = sum(member.file_size for member in members), sum(member.compress_size for member in members)
    if declared > LARGEST or (declared > 50 * 1024**2 and declared > LARGEST_RATIO * packed):
        raise SourceError(
            f"{name} would unpack to {declared / 1024**2:,.0f} MB from {packed / 1024**2:,.1f} MB, which no list of "
            f"cases does: it is refused. If it is genuine, save it again from Excel, or as CSV."
        )
    sheet_of = _sheet_files(archive)
    formulas: dict[str, set[tuple[int, int]]] = {}
    for member in members:
        cells = set()
        with archive.open(member) as file:
            rest = b""
            # Reading to the end also compares the length and checksum with what the archive declares.
            while chunk := file.read(_CHUNK):
                text = rest + chunk
                if member.filename in sheet_of and (b"<f" in text or b":f" in text):
                    cells |= {(int(row), _number(letters)) for letters, row in _FORMULA.findall(text)}
                    if _UNADDRESSED.search(text):
                        raise SourceError(
                            f"{name} holds formulas and does not say in which cells. Save it again from Excel."
                        )
                rest = text[-512:]
        if member.filename in sheet_of:
            formulas[sheet_of[member.filename]] = cells
    return formulas


# A cell's formula is its first part, and its address one of its attributes (ECMA-376, 18.3.1.4).
_FORMULA = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]+)([0-9]+)"[^>]*>\s*<(?:\w+:)?f[\s>/]')
# Programs other than Excel may leave the address out.
_UNADDRESSED = re.compile(rb'<(?:\w+:)?c(?:\s+(?!r=)\w+="[^"]*")*\s*>\s*<(?:\w+:)?f[\s>/]')
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def _sheet_files(archive: zipfile.ZipFile) -> dict[str, str]:
    """File in the archive -> name of the sheet."""
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    found = {}
    for element in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():
        if element.tag.endswith("}sheet"):
            target = targets.get(element.get(_RELATION), "")
            found[target.lstrip("/") if target.startswith("/") else f"xl/{target}"] = element.get("name", "")
    return found


def _filled(path: Path, workbook: CalamineWorkbook, sheet: str, decimal: str) -> Iterator[tuple[int, list[str]]]:
    """Rows of a sheet from column A on, each cell of a merged range with the text of the range."""
    try:
        content = workbook.get_sheet_by_name(sheet)
    except CalamineError as error:
        raise _damaged(path, error) from None
    left = [""] * (content.start[1] if content.start else 0)
    ranges = [(top, column, bottom, last) for (top, column), (bottom, last) in content.merged_cell_ranges or []]
    covered: dict[int, list[tuple[int, int, int]]] = {}
    for top, column, bottom, last in ranges:
        for row in range(top, bottom + 1):
            covered.setdefault(row, []).append((top, column, last))
    origin: dict[tuple[int, int], str] = {}
    for row, cells in enumerate(content.iter_rows()):
        texts = left + [cell if cell.__class__ is str else _text(cell, decimal) for cell in cells]
        for top, column, last in covered.get(row, ()):
            if column < len(texts):
                value = origin.setdefault((top, column), texts[column])
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


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def letters(number: int) -> str:
    """The letters of a column, as a spreadsheet shows them: 1 -> A, 28 -> AB."""
    found = ""
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(65 + rest) + found
    return found


# --- CSV -----------------------------------------------------------------------------------------------------------


def _csv(path: Path, encoding: str, delimiter: str) -> Rows:
    if encoding not in ENCODINGS:
        raise SourceError(f"{shown(path)}: the encoding '{encoding}' is not known. Known are {', '.join(ENCODINGS)}.")
    content = path.read_bytes()
    if b"\0" in content[:4096] and encoding != "utf-16":
        raise SourceError(
            f"{shown(path)} holds bytes that no text has. It may be UTF-16 (encoding: utf-16), or no CSV file."
        )
    text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding, "surrogateescape")
    del content
    if encoding != "utf-8" and _UTF8_AS_BYTES.search(text):
        raise SourceError(
            f"{shown(path)} is not {encoding}: it reads like UTF-8. Declare `encoding: utf-8` in its mapping."
        )
    if encoding in ("cp1252", "latin-1") and _ICELANDIC.search(text):
        raise SourceError(
            f"{shown(path)} is hardly {encoding}: letters that Turkish ğ, ş and ı become in it occur. "
            f"Declare `encoding: cp1254` in its mapping."
        )
    undecoded = False
    try:
        text.encode()
    except UnicodeEncodeError:
        # Bytes that the encoding does not have were lone surrogates, which nothing else takes.
        undecoded, text = True, text.translate({0xDC00 + byte: UNDECODED[0] + byte for byte in range(0x80, 0x100)})
    if "\n" not in text:
        text = text.replace("\r", "\n")  # as old programs end a line
    cut_off = not text.endswith("\n")
    return Rows("", _parsed(path, text, delimiter), cut_off=cut_off, undecoded=undecoded)


def _parsed(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    number = 0
    try:
        for number, cells in enumerate(csv.reader(_lines(text), delimiter=delimiter, strict=True), start=1):
            yield number, cells
    except csv.Error as error:
        said = next((words for part, words in _CSV_ERRORS.items() if part in str(error)), "it is no row of a CSV file.")
        raise SourceError(f"{shown(path)}, row {number + 1}: {said}") from None


_CSV_ERRORS = {
    "unexpected end": "a quotation mark is opened and never closed; the file may be cut off. Ask for it again.",
    "larger than": "a cell is longer than 131,072 letters; a quotation mark may be missing. Ask for the file as .xlsx.",
    "expected after": "a quotation mark stands where none can; correct it at the source, or ask for the file as .xlsx.",
    "new-line": "lines end in different ways within the file; ask for it as .xlsx.",
}


def _lines(text: str) -> Iterator[str]:
    """Lines with their ends; splitlines would also break at characters that are no end of line in a CSV file."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end
