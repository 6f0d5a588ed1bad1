"""Workbooks and columnar files as texts: rows as they stand beside each other, and values that no row uses.

Files of every kind as texts to be searched: what is packed, nested or hidden in them is taken out.

A file that is not what its name says, or cannot be opened, is a fault and no silence.
"""

from __future__ import annotations

import bz2
import io
import json
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import IO, Any, TypeAlias

from analysis.release import documents
from analysis.release.decoders import readings
from bounded.refusal import Refusal

# Elements for colours alone, and their attributes (ECMA-376, part 1: 18.3.1.15, 18.8, 20.1.2.3).
_COLOUR = re.compile(
    rb"(<(?:\w+:)?(?:color|fgColor|bgColor|tabColor|rgbColor|srgbClr|sysClr)\b[^<>]*?\b(?:\w+:)?(?:rgb|val|lastClr)=)"
    rb"\"(?:[0-9A-Fa-f]{2})?[0-9A-Fa-f]{6}\""
)
# What can be unpacked at once; a file of few bytes can hold any number of equal rows.
_MOST_CELLS = 200_000_000


def without_colours(part: bytes) -> bytes:
    """A part of an office file without the numbers of its colours, which are no text: rgb="000066CC"."""
    return _COLOUR.sub(rb"\1", part)


def sheets(content: bytes, left: int) -> Iterator[tuple[str, str]]:
    """The sheets of a workbook row by row, hidden ones too: a name can stand in two cells."""
    from python_calamine import CalamineWorkbook

    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    for number, name in enumerate(workbook.sheet_names, start=1):
        rows = workbook.get_sheet_by_name(name).to_python()
        yield f"sheet {number}", "\n".join("\t".join(map(_cell, row)) for row in rows)


def _cell(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def parquet_parts(content: bytes, left: int) -> Iterator[tuple[str, bytes | str]]:
    """Names, metadata and values of a Parquet file, with those in dictionaries that no row uses.

    Raises
    ------
    ValueError : the file holds more than `left` bytes. pyarrow.lib.ArrowException : it cannot be read.
    """
    import pyarrow.parquet as pq

    about = pq.ParquetFile(io.BytesIO(content))
    said = about.metadata
    size = sum(said.row_group(number).total_byte_size for number in range(said.num_row_groups))
    if size > left or said.num_rows * said.num_columns > _MOST_CELLS:
        raise Refusal("decompression_bomb", "a Parquet file bursts")
    yield from _metadata(said.metadata, "metadata of the file")
    yield "who wrote the file", str(said.created_by)
    yield from _fields(about.schema_arrow)
    texts = [said.schema.column(number).path for number in range(said.num_columns)]
    texts = [path for path in texts if "." not in path]
    for number in range(said.num_row_groups):
        # As dictionaries, so that values are seen which a category has and no row.
        yield from _values(pq.ParquetFile(io.BytesIO(content), read_dictionary=texts).read_row_group(number))


def arrow_parts(content: bytes, left: int) -> Iterator[tuple[str, bytes | str]]:
    """Names, metadata and values of an Arrow file. Raises as `parquet_parts` does."""
    import pyarrow.ipc

    with pyarrow.ipc.open_file(io.BytesIO(content)) as file:
        yield from _fields(file.schema)
        for number in range(file.num_record_batches):
            yield from _values(pyarrow.Table.from_batches([file.get_batch(number)]))


def _metadata(said: dict[bytes, bytes] | None, where: str) -> Iterator[tuple[str, bytes | str]]:
    for key, value in (said or {}).items():
        yield where, key
        yield where, value


def _fields(schema: Any) -> Iterator[tuple[str, bytes | str]]:
    yield from _metadata(schema.metadata, "metadata of the schema")
    yield "names of columns", "\n".join(schema.names) + "\n" + str(schema)
    for number, column in enumerate(schema, start=1):
        yield from _metadata(column.metadata, f"metadata of column {number}")


def _values(table: Any) -> Iterator[tuple[str, bytes | str]]:
    import pyarrow as pa

    beside = []
    for number, (name, column) in enumerate(zip(table.column_names, table.columns, strict=True), start=1):
        where = f"column {number} ({name})"
        if pa.types.is_dictionary(column.type):
            for chunk in column.chunks:
                yield from _distinct(chunk.dictionary, where)
            column = column.cast(column.type.value_type)
        else:
            yield from _distinct(pa.chunked_array(column).unique() if _can_be_unique(column.type) else column, where)
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            beside.append(column.to_pylist())
    if len(beside) > 1:
        yield "rows", "\n".join(" ".join(filter(None, row)) for row in zip(*beside, strict=True))


def _can_be_unique(kind: Any) -> bool:
    import pyarrow as pa

    return not pa.types.is_nested(kind)


def _distinct(values: Any, where: str) -> Iterator[tuple[str, bytes | str]]:
    import pyarrow as pa

    found = values.to_pylist()
    if pa.types.is_binary(values.type) or pa.types.is_large_binary(values.type):
        yield from ((where, value) for value in found if value)
        return
    if pa.types.is_nested(values.type):
        found = [json.dumps(value, ensure_ascii=False, default=str) for value in found]
    yield where, "\n".join(_cell(value) for value in found if value is not None)


# Archives in archives, and bytes that all of them hold together: more is made to burst.
DEPTH = 6
BYTES = 512 * 1024**2
# The member by which a zip file is one of an office program (ECMA-376, part 2).
OFFICE = "[Content_Types].xml"
UNREADABLE, LIMIT = "unreadable", "limit"


@dataclass(frozen=True)
class Piece:
    """A text of a file: where in the file it stands, in which way it was read ("" as it is written), and itself."""

    place: str
    how: str
    text: str


@dataclass(frozen=True)
class Fault:
    """What could not be searched: where it is, ``unreadable`` or ``limit``, and why in a few words."""

    place: str
    kind: str
    why: str


Found: TypeAlias = Piece | Fault


@dataclass
class Limits:
    """What a file may still hold; used up as it is taken apart."""

    depth: int = DEPTH
    left: int = field(default_factory=lambda: BYTES)
    seen: set[bytes] = field(default_factory=set)


class _Burst(Exception):
    """A file holds more than it may."""


@dataclass(frozen=True)
class Opened:
    """A file while it is taken apart: what it holds, where it lies in others, and what is still allowed."""

    content: bytes
    place: str
    depth: int
    limits: Limits

    def text(self, text: str, where: str = "", with_base64: bool = True) -> Iterator[Found]:
        """A text in it, in every way in which it can be read."""
        place = _within(self.place, where)
        try:
            for reading in readings(text):
                yield Piece(place, reading.how, reading.text)
                for blob in reading.blobs if with_base64 else ():
                    if blob not in self.limits.seen:
                        self.limits.seen.add(blob)
                        yield from self.file(blob, "", _within(where, "base64"))
        except RecursionError:
            yield Fault(place, LIMIT, "a text is wrapped too often")

    def file(self, content: bytes, name: str, where: str) -> Iterator[Found]:
        """A file that is packed in it."""
        yield from pieces(content, name, self.limits, _within(self.place, where), self.depth + 1)

    def part(self, part: bytes | str, where: str) -> Iterator[Found]:
        """A part of it, which is no file of its own."""
        if isinstance(part, str):
            yield from self.text(part, where)
        else:
            yield from pieces(part, "", self.limits, _within(self.place, where), self.depth)

    def fault(self, kind: str, why: str, where: str = "") -> Fault:
        return Fault(_within(self.place, where), kind, why)


def pieces(
    content: bytes, name: str = "", limits: Limits | None = None, place: str = "", depth: int = 0
) -> Iterator[Found]:
    """All texts that a file holds.

    Parameters
    ----------
    content, name : of the file; its ending says what it must be.
    limits : of nesting and size; None: six archives in each other, 512 MiB together.
    place, depth : where the file itself lies in others.

    Yields
    ------
    Piece for each text; Fault for what cannot be opened, and for what is nested or packed beyond the limits.
    """
    opened = Opened(content, place, depth, limits or Limits())
    limits = opened.limits
    limits.left -= len(content)
    if depth > limits.depth:
        yield opened.fault(LIMIT, f"more than {limits.depth} files are packed in each other")
        return
    if limits.left < 0:
        yield opened.fault(LIMIT, "more bytes than a file may hold")
        return
    claimed = _CLAIMS.get(PurePosixPath(name.replace("\\", "/")).suffix.lower(), "")
    if not content:
        if claimed not in ("", "text"):
            yield opened.fault(UNREADABLE, f"an empty file is no {claimed}")
        return
    kind = kind_of(content)
    if kind == "text" and claimed == "JSON":
        kind = claimed
    if claimed and kind != claimed:
        yield opened.fault(UNREADABLE, f"its name says {claimed}, and it is {kind}")
    try:
        yield from _OPENED[kind](opened)
    except _Burst:
        yield opened.fault(LIMIT, "more bytes than a file may hold")
    except Exception as error:
        # What a library says of a broken file may quote it: the type of the error alone is said.
        yield opened.fault(UNREADABLE, f"it cannot be opened as {kind} ({type(error).__name__})")
        if kind != "binary":
            yield from _binary(opened)


def kind_of(content: bytes) -> str:
    """What a file is by its own bytes, whatever its name says."""
    for signature, kind in _SIGNATURES:
        if content.startswith(signature):
            return kind
    if content[257:262] == b"ustar":
        return "tar"
    if b"%PDF-" in content[:1024]:
        return "PDF"
    if _as_text(content):
        return "text"
    # An archive may begin with a program that unpacks it.
    return "zip" if b"PK\x05\x06" in content[-65_557:] and zipfile.is_zipfile(io.BytesIO(content)) else "binary"


_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "picture"),
    (b"II*\0", "picture"),
    (b"MM\0*", "picture"),
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PAR1", "Parquet"),
    (b"ARROW1", "Arrow"),
    (b"7z\xbc\xaf\x27\x1c", "an archive of another kind"),
    (b"Rar!", "an archive of another kind"),
    (b"age-encryption.org/", "an encrypted file"),
    (b"-----BEGIN AGE ENCRYPTED FILE", "an encrypted file"),
)
_ENDINGS = {
    "zip": ".zip .xlsx .xlsm .xltx .docx .docm .pptx .odt .ods .odp .epub .whl .npz",
    "text": ".html .htm .xhtml .svg .xml .csv .tsv .txt .md .css .js .py .yml .yaml .toml",
    "JSON": ".json .geojson .ipynb",
    "PNG": ".png",
    "JPEG": ".jpg .jpeg",
    "picture": ".gif .tif .tiff",
    "PDF": ".pdf",
    "gzip": ".gz .tgz",
    "bzip2": ".bz2",
    "xz": ".xz",
    "zstd": ".zst",
    "tar": ".tar",
    "Parquet": ".parquet",
    "Arrow": ".arrow .feather",
}
_CLAIMS = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings.split()}


def _within(place: str, where: str) -> str:
    return f"{place} › {where}" if place and where else place or where


def _as_text(content: bytes) -> list[str]:
    """A text in the encodings it can be in; none if it is no text."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return [content.decode(encoding, "replace")]
    has_nothing = 0 in content
    if not has_nothing:
        try:
            return [content.decode()]
        except UnicodeDecodeError:
            pass
        controls = sum(content.count(octet) for octet in (*range(1, 9), *range(14, 27), *range(28, 32)))
        return [content.decode("cp1254", "replace"), content.decode("latin-1")] if controls == 0 else []
    for encoding in ("utf-16-le", "utf-16-be"):
        halves = content[1 if encoding.endswith("le") else 0 :: 2]
        if len(content) % 2 == 0 and halves.count(0) >= 0.5 * len(halves):
            text = content.decode(encoding, "replace")
            return [text] if all(letter.isprintable() or letter.isspace() for letter in text) else []
    return []


_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def _text(opened: Opened) -> Iterator[Found]:
    for each in dict.fromkeys(_as_text(opened.content)):
        yield from opened.text(each)


def _binary(opened: Opened) -> Iterator[Found]:
    """The texts in bytes whose format is unknown, in every encoding that they may have."""
    for each in dict.fromkeys(documents.strings(opened.content)):
        yield from opened.text(each)


def _json(opened: Opened) -> Iterator[Found]:
    """Each text of a JSON file or a notebook by its path; texts that are kept as lists of lines are put together."""
    content = _as_text(opened.content)[0]
    stack: list[tuple[str, object]] = [("", json.loads(content))]
    while stack:
        place, value = stack.pop()
        if isinstance(value, dict):
            stack += [(f"{place}.{key}" if place else str(key), each) for key, each in value.items()]
        elif isinstance(value, list):
            if len(value) > 1 and all(isinstance(each, str) for each in value):
                yield from opened.text("".join(value), place)
                if all(each.endswith("\n") for each in value[:-1]):
                    continue  # these are lines of one text
            stack += [(f"{place}[{number}]", each) for number, each in enumerate(value, start=1)]
        elif isinstance(value, str):
            yield from opened.text(value, place)
    # Names, numbers, and words that stand beside each other in different places.
    yield from opened.text(content, with_base64=False)


def _parts(
    take_apart: Callable[[bytes, int], Iterator[tuple[str, bytes | str | None]]],
) -> Callable[[Opened], Iterator[Found]]:
    def parts(opened: Opened) -> Iterator[Found]:
        for where, part in take_apart(opened.content, opened.limits.left):
            if part is None:
                yield opened.fault(UNREADABLE, "nobody knows what it holds", where)
            else:
                yield from opened.part(part, where)

    return parts


def _zip(opened: Opened) -> Iterator[Found]:
    content, limits = opened.content, opened.limits
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        names = [member.filename for member in members]
        yield from opened.text("\n".join(names), "names of members")
        for member in members:
            if member.is_dir():
                continue
            if member.flag_bits & 1:
                yield opened.fault(UNREADABLE, "it is locked by a password", member.filename)
                continue
            with archive.open(member) as file:
                unpacked = _read(file, limits)
            if OFFICE in names and member.filename.endswith(".xml"):
                unpacked = without_colours(unpacked)
            yield from opened.file(unpacked, member.filename, member.filename)
    # What lies before, between and behind the members: comments, extra fields, members that were taken out.
    position = 0
    for start, end in [*sorted(_span(content, member) for member in members), (len(content), len(content))]:
        if start > position:
            yield from _binary(replace(opened, content=content[position:start]))
        position = max(position, end)
    if "xl/workbook.xml" in names:
        yield from _parts(sheets)(opened)


def _span(content: bytes, member: zipfile.ZipInfo) -> tuple[int, int]:
    """Where the packed bytes of a member begin and end: behind its own header, with a name and an extra field."""
    header = content[member.header_offset : member.header_offset + 30]
    start = (
        member.header_offset + 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    )
    return start, start + member.compress_size


def _read(stream: IO[bytes], limits: Limits) -> bytes:
    found = stream.read(limits.left + 1)
    if len(found) > limits.left:
        raise _Burst
    return found


def _tar(opened: Opened) -> Iterator[Found]:
    with tarfile.open(fileobj=io.BytesIO(opened.content), mode="r:") as archive:
        for member in archive:
            said = [member.name, member.linkname, member.uname, member.gname, *member.pax_headers.values()]
            yield from opened.text("\n".join(map(str, said)), "names of members")
            file = archive.extractfile(member) if member.isfile() else None
            if file:
                yield from opened.file(_read(file, opened.limits), member.name, member.name)


def _gzip(opened: Opened) -> Iterator[Found]:
    left = opened.content
    while left:
        # The header holds the name of the file, and a comment.
        yield from _binary(replace(opened, content=left[:1024]))
        packed = zlib.decompressobj(31)
        unpacked = packed.decompress(left, opened.limits.left + 1)
        if len(unpacked) > opened.limits.left:
            raise _Burst
        if not packed.eof:
            raise EOFError
        yield from opened.file(unpacked, "", "unpacked")
        left = packed.unused_data
        if not left.startswith(b"\x1f\x8b"):
            yield from opened.part(left, "behind its end")
            return


def _unpacked(open_stream: Callable[[IO[bytes]], IO[bytes]]) -> Callable[[Opened], Iterator[Found]]:
    def unpacked(opened: Opened) -> Iterator[Found]:
        with open_stream(io.BytesIO(opened.content)) as stream:
            content = _read(stream, opened.limits)
        yield from opened.file(content, "", "unpacked")

    return unpacked


def _zstd(stream: IO[bytes]) -> IO[bytes]:
    import pyarrow as pa  # seldom asked for

    return pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd")


def _closed(opened: Opened) -> Iterator[Found]:
    yield opened.fault(UNREADABLE, "what it holds cannot be searched")


_OPENED: dict[str, Callable[[Opened], Iterator[Found]]] = {
    "text": _text,
    "JSON": _json,
    "binary": _binary,
    "picture": _binary,
    "PNG": _parts(documents.png_parts),
    "JPEG": _parts(documents.jpeg_parts),
    "PDF": _parts(documents.pdf_parts),
    "zip": _zip,
    "tar": _tar,
    "gzip": _gzip,
    "bzip2": _unpacked(bz2.open),
    "xz": _unpacked(lzma.open),
    "zstd": _unpacked(_zstd),
    "Parquet": _parts(parquet_parts),
    "Arrow": _parts(arrow_parts),
    "an archive of another kind": _closed,
    "an encrypted file": _closed,
}
