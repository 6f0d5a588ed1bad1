"""Files of the kinds that a release holds, as texts to be searched; a file of any other kind is refused.

These are pages, tables and other texts, JSON, PNG, PDF, Word and Parquet files, and what pages carry of them in base64.
Nothing else is unpacked: what is not read to its last byte may hold anything. A file that is not what its name says,
or has a part that nobody knows, is refused too.
"""

from __future__ import annotations

import io
import json
import logging
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeAlias

from analysis.release.decoders import FILES, readings
from bounded.refusal import Refusal

# Files within each other, and bytes that a file or a packed part may hold: more is made to burst.
DEPTH = 6
BYTES = 512 * 1024**2
# The codes of what cannot be searched.
UNREADABLE, LIMIT = "unreadable", "limit"

# A part of a file: where it stands, and its text, or its bytes if it is a file itself.
Part: TypeAlias = tuple[str, str | bytes]


class Unsearchable(Refusal):
    """A file, or a part of it, that cannot be searched: ``unreadable`` or ``limit``; it says where and why."""


@dataclass(frozen=True)
class Piece:
    """A text of a file: where in the file it stands, in which way it was read ("" as it is written), and itself."""

    place: str
    how: str
    text: str


def pieces(content: bytes, name: str = "", place: str = "", depth: int = 0) -> Iterator[Piece]:
    """All texts that a file holds.

    Parameters
    ----------
    content, name : of the file; its ending says what it must be.
    place, depth : where the file itself lies in others, and in how many.

    Raises
    ------
    Unsearchable : the file is of no kind that a release holds, is not what its name says, cannot be opened, or holds
        more than it may. What was read up to there was given.
    """
    claimed = _CLAIMS.get(PurePosixPath(name).suffix.lower(), "")
    kind = _kind_of(content)
    if claimed == "JSON" and kind == "text":
        kind = claimed
    if not content and claimed in ("", "text"):
        return
    if depth > DEPTH:
        raise _refused("limit", place, f"more than {DEPTH} files are packed in each other")
    if kind not in _PARTS:
        raise _refused("unreadable", place, f"it is none of the files that can be searched: {', '.join(_PARTS)}")
    for where, part in _opened(kind, content, place):
        within = " › ".join(filter(None, (place, where)))
        if isinstance(part, bytes):
            yield from pieces(part, where, within, depth + 1)
            continue
        try:
            for reading in readings(part):
                yield Piece(within, reading.how, reading.text)
                refused = None
                for blob in reading.blobs:
                    # One that is refused hides nothing of what stands beside it.
                    try:
                        yield from pieces(_of_blob(blob), "", f"{within} › base64".removeprefix(" › "), depth + 1)
                    except Unsearchable as error:
                        refused = refused or error
                if refused:
                    raise refused
        except RecursionError:
            raise _refused("limit", within, "a text is wrapped too often") from None
    if claimed not in ("", kind):
        raise _refused("unreadable", place, f"its name says {claimed}, and it is {kind}")


def _opened(kind: str, content: bytes, place: str) -> Iterator[Part]:
    try:
        yield from _PARTS[kind](content)
    except Unsearchable as error:
        error.args = (error.code, f"{place}: {error}" if place else str(error))
        raise
    except Exception as error:
        # What a library says of a broken file may quote it: the type of the error alone is said.
        why = f"it cannot be opened as {kind} ({type(error).__name__})"
        raise _refused("unreadable", place, why) from None


def _of_blob(blob: bytes) -> bytes:
    """A file that stood in a text; of what is none, which can be chance, the texts that are in it."""
    return blob if _kind_of(blob) or blob.startswith(FILES) else "\n".join(strings(blob)).encode()


def _refused(code: str, place: str, why: str) -> Unsearchable:
    return Unsearchable(code, f"{place}: {why}" if place else why)


def _kind_of(content: bytes) -> str:
    """The kind of a file by its own bytes, whatever its name says; "" if a release holds no such file."""
    if b"%PDF-" in content[:1024]:
        return "PDF"
    for signature, kind in _SIGNATURES.items():
        if content.startswith(signature):
            return kind
    return "text" if _decoded(content) is not None else ""


_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "PNG", b"PK\x03\x04": "Word", b"PAR1": "Parquet"}
_ENDINGS = {
    "text": ".html .htm .xhtml .svg .xml .csv .tsv .txt .md .css .js .py .yml .yaml .toml .rels",
    "JSON": ".json .geojson .ipynb",
    "PNG": ".png",
    "PDF": ".pdf",
    "Word": ".docx",
    "Parquet": ".parquet",
    "another kind": ".xlsx .xlsm .zip .gz .jpg .jpeg .gif .age",
}
_CLAIMS = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings.split()}


def _decoded(content: bytes) -> str | None:
    """A text in UTF-8, or in UTF-16 with its mark; None if it is no text."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _text(content: bytes) -> Iterator[Part]:
    yield "", _decoded(content) or ""


# In a notebook a text is a list of its lines: the signs between them, of which the end of the line stays.
_BETWEEN_LINES = re.compile(r"\\n\",[ \t]*\n[ \t]*\"|\\n\",[ \t]*\"")


def _json(content: bytes) -> Iterator[Part]:
    text = _decoded(content) or ""
    json.loads(text)
    yield "", _BETWEEN_LINES.sub("\n", text)


# Parts of a PNG file that hold no text (PNG specification, third edition, section 11), as long as they are short.
_PNG_PLAIN = (b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs", b"bKGD", b"tIME", b"IEND")
_MOST_PLAIN = 1024
_LATIN = re.compile(rb"[\t\n\r\x20-\x7e\xa0-\xff]*")


def _png(content: bytes) -> Iterator[Part]:
    """The texts of a PNG file, which has nothing besides them but pixels."""
    at = 8
    name = b""
    while name != b"IEND":
        length, name = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        data, check = content[at + 8 : at + 8 + length], content[at + 8 + length : at + 12 + length]
        if len(check) < 4 or zlib.crc32(name + data) != int.from_bytes(check, "big"):
            raise Unsearchable("unreadable", "a part of a PNG file is not as it was written")
        at += 12 + length
        if name in (b"tEXt", b"zTXt", b"iTXt"):
            yield from ((name.decode(), part) for part in _png_text(name, data))
        elif name not in (b"IHDR", b"IDAT", *_PNG_PLAIN) or (name in _PNG_PLAIN and length > _MOST_PLAIN):
            raise Unsearchable("unreadable", "a PNG file has a part that is neither pixels nor text")
    if data or content[at:]:
        raise Unsearchable("unreadable", "a PNG file goes on behind its end")


def _png_text(name: bytes, data: bytes) -> Iterator[str | bytes]:
    """Keyword and text, each by itself: a text can be a file."""
    keyword, _, said = data.partition(b"\0")
    parts = [keyword]
    is_packed = name == b"zTXt"
    if name == b"zTXt":
        said = said[1:]
    elif name == b"iTXt":
        is_packed = said[:1] == b"\1"
        language, translated, said = said[2:].split(b"\0", 2)
        parts += [language, translated]
    for part in [*parts, _inflated(said) if is_packed else said]:
        # Texts other than iTXt are in Latin-1 by the standard, and in UTF-8 by habit.
        yield part.decode("latin-1") if not _kind_of(part) and _LATIN.fullmatch(part) else part


def _inflated(packed: bytes) -> bytes:
    found = zlib.decompressobj().decompress(packed, BYTES + 1)
    if len(found) > BYTES:
        raise Unsearchable("limit", "a packed part holds more bytes than a file may")
    return found


_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
# A stream of pixels says so in the dictionary before it, which is short.
_PICTURE, _DICTIONARY = re.compile(rb"/Subtype\s*/Image\b"), 1024
_SIZES = tuple(re.compile(rb"/%s\s+(\d{1,5})" % key) for key in (b"Width", b"Height", b"BitsPerComponent"))
# What is packed in a way that is not taken off here, and so cannot be read.
_PACKED = re.compile(rb"/(?:ASCIIHex|ASCII85|LZW|RunLength|CCITTFax|JBIG2|JPX|DCT)Decode\b")
# Objects name each other by two numbers and a letter, and stand where ten digits and five say; fonts list how wide each
# of their glyphs is.
_NO_TEXT = re.compile(
    rb"(?<![\d.])\d{1,7} \d{1,5} R\b|\d{10} \d{5} [nf] ?[\r\n]+"
    rb"|/W ?\[(?:(?<!\d)\d{1,5}(?:\.\d{1,6})?(?!\d)|[\s\[\]])*\]"
)
_OCTAL, _HEXADECIMAL = re.compile(rb"\\([0-7]{3})"), re.compile(rb"<<|>>|<([0-9A-Fa-f\s]*)>")
_COORDINATE = re.compile(rb"-?\d*\.\d+")
_KERNED = re.compile(r"\)\s*-?[\d.]+\s*\(")
_FROM_THE_RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")


def _pdf(content: bytes) -> Iterator[Part]:
    """All that a PDF file says: what its pages show, and every string and stream, those of earlier revisions too."""
    import pypdf  # a fifth of a second, which only PDF files are worth

    yield "", _pdf_strings(_STREAM.sub(b"\n", content))
    for number, stream in enumerate(_STREAM.finditer(content), start=1):
        before = content[max(0, stream.start() - _DICTIONARY) : stream.start()].rpartition(b" obj")[2]
        if _PACKED.search(before):
            raise Unsearchable("unreadable", f"stream {number} of a PDF file is packed in a way that is not read")
        said = _inflated(stream[1]) if b"/FlateDecode" in before else stream[1]
        if _are_pixels(before, len(said)):
            continue
        yield f"stream {number}", _KERNED.sub("", _pdf_strings(said))
        if b"/EmbeddedFile" in before or said.startswith(FILES):
            raise Unsearchable("unreadable", "a PDF file has another file in it")
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    reader = pypdf.PdfReader(io.BytesIO(content))
    if b"%%EOF" not in content[-2048:] or reader.is_encrypted:
        raise Unsearchable("unreadable", "a PDF file is cut off, or locked by a password")
    for number, page in enumerate(reader.pages, start=1):
        text = page.extract_text()
        yield f"page {number}", text
        if _FROM_THE_RIGHT.search(text):
            # Words that are read from the right may be given in the order in which they are seen.
            yield f"page {number}", "\n".join(" ".join(reversed(line.split())) for line in text.splitlines())
            yield f"page {number}", "\n".join(line[::-1] for line in text.splitlines())


def _pdf_strings(content: bytes) -> str:
    """The strings of a part of a PDF file, in each encoding that they may have (ISO 32000-2, 7.3.4)."""
    # Where fonts are set, strings are numbers of glyphs, and numbers with a point places on the page.
    shows_text = b" Tf" in content
    plain = _COORDINATE.sub(b" ", content) if shows_text else _NO_TEXT.sub(b" ", content)
    plain = _OCTAL.sub(lambda octal: bytes([int(octal[1], 8) & 0xFF]), plain)
    plain = _HEXADECIMAL.sub(lambda digits: b"|" + _of_digits(digits[1] or b"") + b"|", plain)
    return "\n".join(strings(plain, wide=not shows_text))


def _of_digits(digits: bytes) -> bytes:
    letters = b"".join(digits.split())
    return bytes.fromhex((letters + b"0" * (len(letters) % 2)).decode())


def _are_pixels(before: bytes, length: int) -> bool:
    """True if a stream holds pixels, which are no text and a thousand times longer: it says so, and has their length.

    Parameters
    ----------
    before : the dictionary before the stream. length : of the stream, unpacked.
    """
    sizes = [found for pattern in _SIZES if (found := pattern.search(before))]
    if not _PICTURE.search(before) or len(sizes) < len(_SIZES):
        return False
    width, height, bits = (int(found[1]) for found in sizes)
    # Grey, red-green-blue, or four inks; with a byte before each row where rows are filtered.
    rows = [(width * inks * bits + 7) // 8 for inks in (1, 3, 4)]
    return length in {height * (row + more) for row in rows for more in (0, 1)}


_RUN = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]{4,}")


def strings(content: bytes, wide: bool = True) -> Iterator[str]:
    """The texts among other bytes: in UTF-8, then in Latin-1 and UTF-16 where these say something else.

    Parameters
    ----------
    wide : whether letters of two bytes are looked for.
    """
    runs = b"\n".join(_RUN.findall(content))
    yield runs.decode("utf-8", "replace")
    if not runs.isascii():
        yield runs.decode("latin-1")
    if wide and 0 in content:
        for encoding in ("utf-16-le", "utf-16-be"):
            for first in (0, 1):
                yield content[first:].decode(encoding, "replace")


# Of each member of a zip file without extra fields: its two headers; and the end of the list of members (APPNOTE 4.3).
_HEADERS, _END = 30 + 46, 22
_TEXT_OF_WORD = "word/document.xml"
# Elements for colours alone, of which the numbers are no text: w:val="000066" (ECMA-376, part 1: 17.3.2.6, 20.1.2.3).
_COLOUR = re.compile(rb"(<(?:\w+:)?(?:color|srgbClr|sysClr)\b[^<>]*?\b(?:\w+:)?(?:val|lastClr)=)\"[0-9A-Fa-f]{6}\"")


def _word(content: bytes) -> Iterator[Part]:
    """The members of a Word file (ECMA-376, part 2), which has no bytes that belong to none of them."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        if _TEXT_OF_WORD not in archive.namelist():
            raise Unsearchable("unreadable", "a zip file that is no Word file is not unpacked")
        names = sum(len(member.filename.encode()) for member in members)
        packed = sum(member.compress_size for member in members)
        if _HEADERS * len(members) + 2 * names + packed + _END != len(content):
            raise Unsearchable("unreadable", "a Word file holds more than its members: save it again")
        if sum(member.file_size for member in members) > BYTES:
            raise Unsearchable("limit", "a Word file holds more bytes than a file may")
        yield "names of members", "\n".join(archive.namelist())
        for member in members:
            unpacked = archive.read(member)
            yield member.filename, _COLOUR.sub(rb"\1", unpacked) if member.filename.endswith(".xml") else unpacked


def _parquet(content: bytes) -> Iterator[Part]:
    """Names, metadata and rows of a Parquet file, and values in dictionaries that no row uses."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(io.BytesIO(content))
    schema, about = file.schema_arrow, file.metadata
    if sum(about.row_group(number).total_byte_size for number in range(about.num_row_groups)) > BYTES:
        raise Unsearchable("limit", "a Parquet file holds more bytes than a file may")
    if any(pa.types.is_nested(each.type) or pa.types.is_binary(each.type) for each in schema):
        raise Unsearchable("unreadable", "a Parquet file has columns of lists or of bytes, which no table of ours has")
    yield "names and metadata", f"{about.created_by}\n{schema.to_string(truncate_metadata=False)}"
    for key, value in (about.metadata or {}).items():
        # The schema, of which all is said above, stands in it once more.
        if key != b"ARROW:schema":
            yield "metadata", f"{key.decode(errors='replace')}: {value.decode(errors='replace')}"
    # As dictionaries, so that values are seen which a category has and no row.
    texts = [each.name for each in schema if not pa.types.is_primitive(each.type)]
    table = pq.ParquetFile(io.BytesIO(content), read_dictionary=texts).read()
    for name, column in zip(table.column_names, table.columns, strict=True):
        for chunk in column.chunks if pa.types.is_dictionary(column.type) else ():
            yield f"values of {name}", "\n".join(map(str, chunk.dictionary.to_pylist()))
    yield "rows", table.to_pandas(ignore_metadata=True).to_csv(sep="\t", index=False)


_PARTS: dict[str, Callable[[bytes], Iterator[Part]]] = {
    "text": _text,
    "JSON": _json,
    "PNG": _png,
    "PDF": _pdf,
    "Word": _word,
    "Parquet": _parquet,
}
