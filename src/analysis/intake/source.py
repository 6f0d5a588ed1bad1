"""A file as received, as rows of text: CSV and Excel, with formulas, errors and damage found.

The rows of a sheet as texts, whatever file they come from.

An Excel file as rows of text; which of its cells hold a formula or an error; and whether it is sound at all.

calamine reads values, and says nothing of formulas and errors: these are looked for in the sheets' own XML, while the
archive is unpacked piece by piece to see that it is what it declares to be.

A file as received, as rows of text: nothing is turned into a number, a date or "not available" by the reader.

``007``, ``1E5`` and ``NA`` (Namibia) stay what they are. What cannot be read at all (a file that is cut off, locked by
a password, or made to burst) is refused in one sentence.
"""

from __future__ import annotations

import contextlib
import csv
import datetime
import io
import os
import re
import struct
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from analysis.catalog import RAW, plain, shown
from analysis.encryption import content as content_of
from bounded.refusal import Coded

# Where bytes that an encoding does not have stand in a text: letters that Unicode leaves for private use.
UNDECODED = (0xF700, 0xF7FF)
# What stands for an Excel cell that holds an error (#N/A), of which the file keeps no value.
ERROR = "#ERROR!"

# First and last row, first and last column, from 1.
Range = tuple[int, int, int, int]


class SourceError(Coded):
    """A file cannot be read; the message says which, why, and what would help, and never what stands in a cell."""


@dataclass
class Rows:
    """The rows of one sheet, to be gone through once.

    Parameters
    ----------
    sheet : name; "" for a CSV file.
    rows : row number as a spreadsheet shows it, and the texts of its cells ("" where empty). Merged cells are filled.
    formulas : ranges of cells whose value a formula makes; complete when the rows have been gone through.
    hidden : whether a spreadsheet program shows the sheet.
    cut_off : for a CSV file, whether its last row has no end.
    undecoded : for a CSV file, whether it holds bytes that its encoding does not have; they stand as `UNDECODED`.
    merged : row -> first and last column, from 1, of cells that are merged across columns; known once the row is.
    """

    sheet: str
    rows: Iterator[tuple[int, list[str]]]
    formulas: list[Range] = field(default_factory=list)
    hidden: bool = False
    cut_off: bool = False
    undecoded: bool = False
    merged: dict[int, list[tuple[int, int]]] = field(default_factory=dict)


def letters(number: int) -> str:
    """The letters of a column, as a spreadsheet shows them: 1 -> A, 28 -> AB."""
    found = ""
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(65 + rest) + found
    return found


def number(letters: str) -> int:
    """The number of a column from its letters: A -> 1, AB -> 28."""
    found = 0
    for letter in letters:
        found = 26 * found + ord(letter) - 64
    return found


# No list of persons has so many columns: a file that does is none, or was put together wrongly.
MOST_COLUMNS, _EXCEL_COLUMNS = 2000, 16_384
# The reader of Excel files keeps every cell between the first and the last. A sheet of so many cells, of which more
# than nine in ten are not there, has something far from its list.
_MANY_CELLS, _SPARSE = 5_000_000, 10
# An Excel file is a zip archive; 100,000 rows of 25 columns unpack to some 100 MB, at a tenth to a fiftieth of that.
LARGEST = 2 * 1024**3
LARGEST_RATIO = 200
_CHUNK = 4 * 1024**2
# No tag of a cell is longer; so much of a piece is looked at again with the next.
_OVERLAP = 2048
# An archive that points to a place before its beginning, or to a part under a password, is one that nobody has saved.
_DAMAGES = (
    *(zipfile.BadZipFile, zlib.error, EOFError, CalamineError, ElementTree.ParseError),
    *(KeyError, ValueError, RuntimeError, OSError, struct.error),
)

# A cell's formula is its first part, and its address one of its attributes (ECMA-376, 18.3.1.4 and 18.3.1.40). An array
# formula and a data table stand in their first cell and name the range that they fill.
_CELL = rb"<(?:\w+:)?c\b"
_ADDRESS = rb"""[^>]*?\br=["']([A-Z]+)([0-9]{1,1000})["'][^>]*>"""
_FORMULA = re.compile(_CELL + _ADDRESS + rb"\s*<(?:\w+:)?f\b([^>]*)>")
_FILLS = re.compile(rb"""\bref=["']([A-Z]+)([0-9]{1,1000})(?::([A-Z]+)([0-9]{1,1000}))?["']""")
_ERROR_CELL = re.compile(_CELL + rb"""(?=[^>]*\bt=["']e["'])""" + _ADDRESS)
_COLUMN = re.compile(rb"""\br=["']([A-Z]+)[0-9]""")
_ROW = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\br=["']([0-9]{1,1000})["']""")
# Programs other than Excel may leave the address out.
_UNADDRESSED = re.compile(_CELL + rb"""(?:\s+(?!r=)\w+=(?:"[^"]*"|'[^']*'))*\s*>\s*<(?:\w+:)?f\b""")


@dataclass
class _Marked:
    """Marks in a sheet's XML that calamine does not report."""

    formulas: list[Range] = field(default_factory=list)
    errors: dict[int, list[int]] = field(default_factory=dict)  # row -> columns
    cells: int = 0
    last_row: int = 0
    last_column: int = 0


def workbook_sheets(path: Path, content: bytes, decimal: str) -> dict[str, Rows]:
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
            f"{name} is locked by a password. Open it, save it without one in its protected folder, below data/raw, "
            f"and encrypt it there: `python -m analysis encrypt {name} --remove`. It is read encrypted."
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
            merged: dict[int, list[tuple[int, int]]] = {}
            rows = _filled(path, workbook, sheet.name, mark, merged, decimal)
            hidden = sheet.visible != SheetVisibleEnum.Visible
            found[sheet.name] = Rows(sheet.name, rows, mark.formulas, hidden, merged=merged)
    return found


@contextlib.contextmanager
def _sound(path: Path) -> Iterator[None]:
    """Whatever a damaged file does to its readers is one sentence."""
    try:
        with _silent():
            yield
    except Coded:
        raise
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
    sheet_of = _sheet_files(archive, name)
    marked: dict[str, _Marked] = {}
    for member in members:
        mark = marked.setdefault(sheet, _Marked()) if (sheet := sheet_of.get(member.filename.lower())) else None
        with archive.open(member) as file:
            rest = b""
            # Reading to the end also compares the length and checksum with what the archive declares.
            while chunk := file.read(_CHUNK):
                text = rest + chunk
                if member.filename.lower().endswith((".xml", ".rels")):
                    _refuse_declarations(text, name)
                if mark is not None:
                    _look(text, mark, name)
                rest = text[-_OVERLAP:]
    return marked


def _refuse_declarations(text: bytes, name: str) -> None:
    """Refuse XML that declares entities, which can make gigabytes of a few bytes: no spreadsheet program writes any."""
    if b"<!D" in text or b"<\0!\0D" in text:
        raise SourceError(
            "xml_declarations", f"{name} declares entities of XML, which no spreadsheet program does: it is refused."
        )


def _look(text: bytes, mark: _Marked, name: str) -> None:
    """Note how far a piece of a sheet reaches, and its cells with formulas and errors."""
    columns = _COLUMN.findall(text)
    mark.cells += len(columns)
    mark.last_column = max([mark.last_column, *(number(column[:4].decode()) for column in set(columns))])
    mark.last_row = max([mark.last_row, *map(int, _ROW.findall(text))])
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


def _sheet_files(archive: zipfile.ZipFile, name: str) -> dict[str, str]:
    """File in the archive, in small letters -> name of the sheet."""
    relations, book = archive.read("xl/_rels/workbook.xml.rels"), archive.read("xl/workbook.xml")
    _refuse_declarations(relations + book, name)
    targets = {relation.get("Id"): relation.get("Target", "") for relation in ElementTree.fromstring(relations)}
    found = {}
    for element in ElementTree.fromstring(book).iter():
        if element.tag.endswith("}sheet"):
            # Its namespace differs with the dialect in which a workbook is saved.
            relation = next((value for key, value in element.attrib.items() if key.endswith("}id")), "")
            target = targets.get(relation, "").lower()
            found[target.lstrip("/") if target.startswith("/") else f"xl/{target}"] = element.get("name", "")
    return found


def _filled(
    path: Path,
    workbook: CalamineWorkbook,
    sheet: str,
    mark: _Marked,
    merged: dict[int, list[tuple[int, int]]],
    decimal: str,
) -> Iterator[tuple[int, list[str]]]:
    """Rows of a sheet from column A on, each cell of a merged range with the text of the range."""
    _require_size(path, mark)
    with _sound(path):
        content = workbook.get_sheet_by_name(sheet)
    left = [""] * (content.start[1] if content.start else 0)
    covered = _covered(path, content, mark, merged)
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


def _require_size(path: Path, mark: _Marked) -> None:
    """Refuse a sheet that is wider than any list, or reaches far beyond its cells, before it is read."""
    if mark.last_column > _EXCEL_COLUMNS:
        raise SourceError(
            "damaged_file",
            f"{shown(path)} is damaged: it names a cell beyond the last column that Excel has. Ask for it again.",
        )
    if mark.last_column > MOST_COLUMNS:
        raise _too_wide(path, mark.last_column)
    if mark.last_row * mark.last_column > max(_MANY_CELLS, _SPARSE * mark.cells):
        raise SourceError(
            "mostly_empty",
            f"{shown(path)}: a sheet reaches to row {mark.last_row:,} and column {letters(mark.last_column)}, and "
            f"hardly a cell of it is filled. Delete the rows and columns beyond the list, and save it again.",
        )


def _too_wide(path: Path, columns: int) -> SourceError:
    return SourceError(
        "too_many_columns",
        f"{shown(path)} has {columns:,} columns, and no list has more than {MOST_COLUMNS:,}: it is refused. Ask for a "
        f"file with one row a person.",
    )


def _covered(
    path: Path, content: CalamineSheet, mark: _Marked, merged: dict[int, list[tuple[int, int]]]
) -> dict[int, list[tuple[int, int, int]]]:
    """Row, from 0 -> first row and first and last column of the ranges that are merged over it."""
    covered: dict[int, list[tuple[int, int, int]]] = {}
    single = {(top, left) for top, bottom, left, right in mark.formulas if (top, left) == (bottom, right)}
    for (top, column), (bottom, last) in content.merged_cell_ranges or []:
        # Ranges never share a cell: each row has fewer of them than the widest sheet has columns.
        for row in range(top, min(bottom, content.total_height) + 1):
            of_row = covered.setdefault(row, [])
            of_row.append((top, column, last))
            if len(of_row) > MOST_COLUMNS:
                raise SourceError(
                    "damaged_file", f"{shown(path)} is damaged: its merged cells overlap. Save it again from Excel."
                )
            if last > column:
                merged.setdefault(row + 1, []).append((column + 1, last + 1))
        if (top + 1, column + 1) in single:
            mark.formulas.append((top + 1, bottom + 1, column + 1, last + 1))
    return covered


def _text(cell: object, decimal: str) -> str:
    """A number, date or truth value of an Excel cell as text: 7, 7.5 or 7,5, 2021-03-05, TRUE."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return str(int(cell)) if cell == int(cell) else repr(cell).replace(".", decimal)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(timespec="seconds")
    return str(cell)


ENCODINGS = ("utf-8", "cp1254", "cp1252", "latin-1", "utf-16")
EXCEL = (".xlsx", ".xlsm")
CSV = (".csv", ".txt", ".tsv")
# Letters that Turkish ğ, ş and ı become in a reader that takes cp1254 for cp1252 or latin-1.
_ICELANDIC = re.compile("[ðþýÐÞÝ]")
# Signs that no text has in latin-1, and that quotation marks of cp1252 become in it.
_CONTROLS = re.compile("[\x80-\x9f]")
# What a letter becomes that was written in UTF-8 twice (Ã¼, Ä±), and what stands for one that was lost.
_SPOILT = re.compile("[ÃÄÅ][\x80-\x9f¡-ª¬-º¼-¿]|\ufffd")


def sheets(
    path: Path, encoding: str | None = None, delimiter: str | None = None, decimal: str = "."
) -> dict[str, Rows]:
    """The sheets of a file by name, in their order; a CSV file has one, named "".

    Parameters
    ----------
    path : a file, which may be kept encrypted: ``police.xlsx.age`` is read as ``police.xlsx``.
    encoding, delimiter : of a CSV file; None: UTF-8 and ``,``.
    decimal : sign in which the numbers of an Excel file are written out, as the mapping declares it.

    Raises
    ------
    SourceError : missing, empty, of another format, locked by a password, cut off, or made to burst; of more columns
        than `MOST_COLUMNS`; a link that leads out of the project's data.
    analysis.encryption.EncryptionError : it is encrypted, and cannot be read with the key that is at hand.
    """
    name = shown(path)
    if not path.is_file():
        raise SourceError("missing_file", f"{name} is not there.")
    require_inside(path)
    content = content_of(path)
    if not content:
        raise SourceError("empty", f"{name} is empty. Ask for it again.")
    suffix = plain(path).suffix.lower()
    if suffix in EXCEL:
        return workbook_sheets(path, content, decimal)
    if suffix in CSV:
        return {"": _csv(path, content, encoding or "utf-8", delimiter or ("\t" if suffix == ".tsv" else ","))}
    raise SourceError(
        "unsupported",
        f"{name}: files that end in {suffix or 'nothing'} are not read. Save it as .xlsx, where formulas can be seen, "
        f"or as CSV.",
    )


def require_inside(path: Path) -> None:
    """Refuse a link within ``data/raw`` that leads out of the project's data, to any file of the machine.

    The folder of a study may itself be a link, as to a disk that is encrypted.

    Raises
    ------
    SourceError : where the link stands; not where it leads.
    """
    place = Path(os.path.abspath(path))
    if not place.is_relative_to(RAW):
        return
    folders = (RAW.parent, RAW, RAW.joinpath(*place.relative_to(RAW).parent.parts[:1]))
    if not any(place.resolve().is_relative_to(folder.resolve()) for folder in folders):
        raise SourceError(
            "link_outside",
            f"{shown(place)} is a link that leads out of the project's data: it is not followed. Put the file itself "
            f"there.",
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


def _csv(path: Path, content: bytes, encoding: str, delimiter: str) -> Rows:
    if encoding not in ENCODINGS:
        raise SourceError(
            "unknown_encoding",
            f"{shown(path)}: the encoding '{encoding}' is not known. Known are {', '.join(ENCODINGS)}.",
        )
    if b"\0" in content[:4096] and encoding != "utf-16":
        raise SourceError(
            "not_text",
            f"{shown(path)} holds bytes that no text has. It may be UTF-16 (encoding: utf-16), or no CSV file.",
        )
    if encoding == "utf-16" and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceError("not_utf16", f"{shown(path)} is not utf-16. Declare another `encoding:` in its mapping.")
    try:
        text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding, "surrogateescape")
    except UnicodeDecodeError:
        raise SourceError(
            "wrong_encoding", f"{shown(path)} is not {encoding}. Declare another `encoding:` in its mapping."
        ) from None
    if encoding not in ("utf-8", "utf-16") and not content.isascii() and _is_utf8(content):
        raise SourceError(
            "actually_utf8", f"{shown(path)} is not {encoding}, but UTF-8. Declare `encoding: utf-8` in its mapping."
        )
    if encoding in ("cp1252", "latin-1") and _ICELANDIC.search(text):
        raise SourceError(
            "probably_cp1254",
            f"{shown(path)} is hardly {encoding}: letters that Turkish ğ, ş and ı become in it occur. "
            f"Declare `encoding: cp1254` in its mapping.",
        )
    if encoding == "latin-1" and _CONTROLS.search(text):
        raise SourceError(
            "probably_cp1252",
            f"{shown(path)} is hardly latin-1: signs occur in it that no text has. Declare `encoding: cp1252` in its "
            f"mapping, or cp1254 for Turkish.",
        )
    # Looking for letters one by one is faster than for pairs of them.
    undecoded = any(letter in text for letter in "ÃÄÅ\ufffd") and bool(_SPOILT.search(text))
    try:
        text.encode()
    except UnicodeEncodeError:
        # Bytes that the encoding does not have were lone surrogates, which nothing else takes.
        undecoded, text = True, text.translate({0xDC00 + byte: UNDECODED[0] + byte for byte in range(0x80, 0x100)})
    if "\n" not in text:
        text = text.replace("\r", "\n")  # as old programs end a line
    cut_off = not text.endswith("\n")
    return Rows("", _parsed(path, text, delimiter), cut_off=cut_off, undecoded=undecoded)


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_spoilt(text: str) -> bool:
    """Return True if a text holds bytes that its encoding does not have, or letters that another reader has spoilt."""
    return any(UNDECODED[0] <= ord(sign) <= UNDECODED[1] for sign in text) or bool(_SPOILT.search(text))


def _parsed(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    number = 0
    try:
        for number, cells in enumerate(csv.reader(_lines(text), delimiter=delimiter, strict=True), start=1):
            if len(cells) > MOST_COLUMNS:
                if any(map(str.strip, cells[MOST_COLUMNS:])):
                    raise _too_wide(path, len(cells))
                del cells[MOST_COLUMNS:]
            yield number, cells
    except csv.Error as error:
        said = next((words for part, words in _CSV_ERRORS.items() if part in str(error)), "it is no row of a CSV file.")
        raise SourceError("invalid_csv", f"{shown(path)}, row {number + 1}: {said}") from None


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


# The delimiter is seen in the first lines, as far as these are not as long as a book.
_BEGINNING = 1024**2


def encoding_and_delimiter(path: Path) -> tuple[str, str]:
    """Encoding and delimiter of a CSV file; "" and "" of any other."""
    if plain(path).suffix.lower() not in CSV or not path.is_file():
        return "", ""
    require_inside(path)
    content = content_of(path)
    encoding = _encoding(content)
    text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding, "replace")
    lines = text[:_BEGINNING].splitlines()[:100]
    return encoding, max(";,\t|", key=lambda sign: _regularity(lines, sign))


def _encoding(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or content[1:200:2].count(0) > 50:
        return "utf-16"
    text = content.decode("utf-8", "replace")
    lost, letters = text.count("\ufffd"), len(text) - len(text.encode("ascii", "ignore"))
    # A file that is cut off within a letter, or holds a wrong byte or two, is UTF-8 still.
    if lost <= 0.05 * letters:
        return "utf-8"
    # ğ, ı, ş, Ğ, İ, Ş of cp1254 are Icelandic letters in cp1252: no list of these studies is written in Icelandic.
    if any(content.count(letter) for letter in "ğışĞİŞ".encode("cp1254")):
        return "cp1254"
    # What latin-1 has of letters, cp1252 has too.
    return "cp1252"


def _regularity(lines: Sequence[str], delimiter: str) -> tuple[int, int]:
    """The number of lines with the commonest number of cells, if that is more than one, and that number."""
    try:
        widths = Counter(len(cells) for cells in csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return (0, 0)
    del widths[0], widths[1]
    width, number = widths.most_common(1)[0] if widths else (0, 0)
    return (number, width)
