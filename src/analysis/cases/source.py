"""A file as received, as rows of text: nothing is turned into a number, a date or "not available" by the reader.

``007``, ``1E5`` and ``NA`` (Namibia) stay what they are. What cannot be read at all (a file that is cut off, locked by
a password, or made to burst) is refused in one sentence.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from analysis.cases import workbook
from analysis.cases.rows import UNDECODED, Rows, SourceError
from analysis.catalog import plain, shown
from analysis.encryption import content as content_of

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
    SourceError : missing, empty, of another format, locked by a password, cut off, or made to burst.
    analysis.encryption.EncryptionError : it is encrypted, and cannot be read with the key that is at hand.
    """
    name = shown(path)
    if not path.is_file():
        raise SourceError("missing_file", f"{name} is not there.")
    content = content_of(path)
    if not content:
        raise SourceError("empty", f"{name} is empty. Ask for it again.")
    suffix = plain(path).suffix.lower()
    if suffix in EXCEL:
        return workbook.sheets(path, content, decimal)
    if suffix in CSV:
        return {"": _csv(path, content, encoding or "utf-8", delimiter or ("\t" if suffix == ".tsv" else ","))}
    raise SourceError(
        "unsupported",
        f"{name}: files that end in {suffix or 'nothing'} are not read. Save it as .xlsx, where formulas can be seen, "
        f"or as CSV.",
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
    """Whether a text holds bytes that its encoding does not have, or letters that another reader has spoilt."""
    return any(UNDECODED[0] <= ord(sign) <= UNDECODED[1] for sign in text) or bool(_SPOILT.search(text))


def _parsed(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    number = 0
    try:
        for number, cells in enumerate(csv.reader(_lines(text), delimiter=delimiter, strict=True), start=1):
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
