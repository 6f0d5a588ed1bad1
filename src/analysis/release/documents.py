"""What the pages of a PDF file show, read from their own streams where a program has written them in the usual way.

Reports have hundreds of pages and as many thousand strings: read in full generality, they take longer than all other
files of a release. What is not written in the usual way is left to pypdf, which reads all of it.

What pictures and PDF files say besides what is seen: comments, metadata, attachments, what lies behind the end.
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
import struct
import zlib
from collections.abc import Iterator
from typing import Any, TypeAlias

from bounded.refusal import Refusal

# A string may hold brackets, where these are in pairs (ISO 32000-2, 7.3.4.2): as many within one another as glyphs may
# chance to be.
_SIGNS = rb"(?:\\.|[^\\()])"
_WITHIN = _SIGNS
for _ in range(4):
    _WITHIN = rb"(?:%s|\(%s*+\))" % (_SIGNS, _WITHIN)
STRING = rb"\(%s*+\)" % _WITHIN
SHOWN_STRING = re.compile(rb"\((%s*+)\)" % _WITHIN, re.DOTALL)

# What sets a font, shows text, or says where; and what is not usual (ISO 32000-2, 9.4).
_OPERATOR = re.compile(
    rb"(?P<shown>%s\s*Tj|\[(?:%s|[^\]()])*+\]\s*TJ)|/(?P<font>[^\s/<>()\[\]]+)\s+[-\d.]+\s+Tf"
    rb"|(?P<at>(?:[-\d.]+\s+){6})(?:cm|Tm)\b|(?P<next>\bT[dD*])|(?P<drawn>/[^\s/<>()\[\]]+\s+Do)\b"
    rb"|(?P<unusual>%s\s*['\"]|<[0-9A-Fa-f\s]*>\s*(?:Tj|['\"]))" % (STRING, STRING, STRING),
    re.DOTALL,
)
_PART = re.compile(rb"\((%s*+)\)|(-?[\d.]+)" % _WITHIN, re.DOTALL)
# A distance of so many thousandths of the size of letters is a space.
_SPACE = 150
_UNUSUAL = re.compile(rb"\\[^0-7nrtbf()\\\r\n]")
_MAP = re.compile(rb"begin(bfchar|bfrange)(.*?)end\1", re.DOTALL)
_CHARACTER = re.compile(rb"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]+)>")
_RANGE = re.compile(rb"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]{4})>\s*(?:<([0-9A-Fa-f]+)>|\[([^\]]*)\])")
_NUMBERS = struct.Struct(">H")
# Number of a glyph in a font -> its letters.
Glyphs: TypeAlias = dict[int, str]


class UnusualError(Exception):
    """A page is not written in the usual way."""


def unescaped(written: bytes) -> bytes:
    r"""A string as it is meant, without escapes such as \050 (ISO 32000-2, table 3).

    Raises
    ------
    UnusualError : it has other escapes.
    """
    if b"\\" not in written:
        return written
    if _UNUSUAL.search(written):
        raise UnusualError
    plain = written.replace(b"\\\\", b"\\134").replace(b"\\(", b"\\050").replace(b"\\)", b"\\051")
    try:
        return plain.decode("unicode_escape").encode("latin-1")
    except UnicodeError:
        raise UnusualError from None


def page_text(page: Any, known: dict[Any, Glyphs]) -> str:
    """What a page shows, a line for each height: with a space between strings, and without; and all lines as one.

    Parameters
    ----------
    page : of pypdf. known : glyphs of fonts that were read already, which grows.

    Raises
    ------
    UnusualError : the page is not written in the usual way.
    """
    resources = page.get("/Resources", {})
    fonts = {
        name.lstrip("/").encode("latin-1"): _glyphs(reference, known)
        for name, reference in dict.items(resources.get("/Font", {}))
    }
    objects = resources.get("/XObject", {})
    content = page.get_contents()
    lines: list[list[str]] = []
    height, glyphs = b"", None
    for found in _OPERATOR.finditer(content.get_data() if content is not None else b""):
        if found["at"]:
            # Text stands where the last matrix says; that of a line is as it was.
            x_and_y = found["at"].split()[4:]
            if x_and_y != [b"0", b"0"] and x_and_y[1] != height:
                height = x_and_y[1]
                lines.append([])
        elif found["font"]:
            glyphs = fonts.get(found["font"])
        elif found["drawn"]:
            if objects[found["drawn"].split()[0].decode("latin-1")].get("/Subtype") != "/Image":
                raise UnusualError
        elif found["next"]:
            lines.append([])
        elif found["unusual"] or glyphs is None:
            raise UnusualError
        else:
            lines = lines or [[]]
            lines[-1].append(_said(found["shown"], glyphs))
    joined = list(map("".join, lines))
    return "\n".join([*map(" ".join, lines), *joined, "".join(joined)])


def _said(shown: bytes, glyphs: Glyphs) -> str:
    if b"<" in SHOWN_STRING.sub(b"", shown):
        raise UnusualError
    parts = []
    for string, distance in _PART.findall(shown):
        if distance:
            parts.append(" " if float(distance) < -_SPACE else "")
        else:
            numbers = unescaped(string)
            if len(numbers) % 2:
                raise UnusualError
            parts += [glyphs.get(number, "") for (number,) in _NUMBERS.iter_unpack(numbers)]
    return "".join(parts)


def _glyphs(reference: Any, known: dict[Any, Glyphs]) -> Glyphs:
    """The glyphs of a font that says what they are (ISO 32000-2, 9.10.3)."""
    key = getattr(reference, "idnum", None)
    if key is None or key not in known:
        font = reference.get_object()
        if font.get("/Subtype") != "/Type0" or font.get("/Encoding") != "/Identity-H" or "/ToUnicode" not in font:
            raise UnusualError
        found = dict(_mapped(font["/ToUnicode"].get_object().get_data()))
        if key is None:
            return found
        known[key] = found
    return known[key]


def _mapped(said: bytes) -> Iterator[tuple[int, str]]:
    for kind, block in _MAP.findall(said):
        if kind == b"bfchar":
            for number, letters in _CHARACTER.findall(block):
                yield int(number, 16), _letters(letters)
            continue
        for first, last, begin, each in _RANGE.findall(block):
            listed = re.findall(rb"<([0-9A-Fa-f]+)>", each)
            for at, number in enumerate(range(int(first, 16), int(last, 16) + 1)):
                if listed:
                    yield number, _letters(listed[at]) if at < len(listed) else ""
                else:
                    yield number, _letters(b"%0*X" % (len(begin), int(begin, 16) + at))


def _letters(written: bytes) -> str:
    return bytes.fromhex(written.decode()).decode("utf-16-be", "replace")


# Pixels, and how they are to be read, hold no text.
_PIXELS = (b"IDAT", b"fdAT", b"IHDR")
# What else is known to hold no text: colours, sizes, times, and the frames of moving pictures (section 11).
_PLAIN = (
    *(b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs", b"bKGD", b"hIST", b"tIME", b"acTL", b"fcTL"),
    *(b"cICP", b"mDCV", b"cLLI", b"oFFs", b"sTER", b"gIFg"),
)
_MOST_PLAIN = 1024
_DEFLATED = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_PNG_HEAD = 8
# Fonts of a PDF hold outlines, and the names of glyphs.
_FONTS = ("/FontFile", "/FontFile2", "/FontFile3")
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
# A stream of pixels says so in the dictionary before it, which is short.
_PICTURE, _DICTIONARY = re.compile(rb"/Subtype\s*/Image\b"), 1024
_SIZES = tuple(re.compile(rb"/%s\s+(\d{1,5})" % key) for key in (b"Width", b"Height", b"BitsPerComponent"))
# What a page shows: one string, or strings with the distances between them.
_SHOWN = re.compile(rb"%s(?=\s*Tj)|\[(?:%s|[^\]()])*+\](?=\s*TJ)" % (STRING, STRING), re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
# Objects name each other by two numbers and a letter.
_REFERENCE = re.compile(rb"(?<![\d.])\d{1,7} \d{1,5} R\b")
# Those of a PDF file's own, which are no tags.
_BRACKETS = re.compile(rb"<<|>>|<([0-9A-Fa-f\s]*)>")
_COORDINATE = re.compile(rb"-?\d*\.\d+")
# A subset of a font has fewer glyphs than this times 256, and a glyph two bytes.
_MOST_GLYPHS = 8
# Where objects stand in a file: ten digits, five, and a letter a line.
_PLACES = re.compile(rb"\d{10} \d{5} [nf] ?[\r\n]+")
# Objects that are searched as one text: each by itself takes longer to hand on than to read.
_TOGETHER = 500
_OCTAL = re.compile(rb"\\([0-7]{3})")
_FROM_THE_RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_KERNED = re.compile(r"\)\s*-?[\d.]+\s*\(")
# Texts before and behind a text with other letters that may hold words of the same secret.
_BESIDE = 5
_RUN = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]{4,}")


def strings(content: bytes) -> Iterator[str]:
    """The texts in bytes of an unknown format, in each encoding in turn: UTF-8, Windows-1254, Latin-1, UTF-16.

    What is ASCII is the same in the first three, and is given once, but for what stands beside other letters.
    """
    runs = _RUN.findall(content)
    yield b"\n".join(runs).decode("utf-8", "replace")
    others = {at + near for at, run in enumerate(runs) if not run.isascii() for near in range(-_BESIDE, _BESIDE + 1)}
    if others:
        beside = b"\n".join(runs[at] for at in sorted(others) if 0 <= at < len(runs))
        for encoding in ("cp1254", "latin-1"):
            yield beside.decode(encoding, "replace")
    if 0 in content:
        for encoding in ("utf-16-le", "utf-16-be"):
            for first in (0, 1):
                yield content[first:].decode(encoding, "replace")


def png_parts(content: bytes, left: int) -> Iterator[tuple[str, bytes | None]]:
    """The parts of a PNG file that are not its pixels, unpacked (PNG specification, third edition, section 11).

    Parameters
    ----------
    left : how many bytes a part may hold.

    Yields
    ------
    Name and content of each part; None for a part that nobody knows, and that is neither a text nor packed.

    Raises
    ------
    ValueError : the file is cut off, or a part is not as it was written.
    """
    at = _PNG_HEAD
    while True:
        length, name = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        data, check = content[at + 8 : at + 8 + length], content[at + 8 + length : at + 12 + length]
        if zlib.crc32(name + data) != int.from_bytes(check, "big") or len(check) < 4:
            raise Refusal("checksum_mismatch", "a part of a PNG file is not as it was written")
        at += 12 + length
        if name == b"IEND":
            break
        if name not in _PIXELS:
            for part in _png_text(name, data, left):
                yield name.decode("latin-1"), part
    if data:
        yield "IEND", data
    if content[at:]:
        yield "behind its end", content[at:]


def _png_text(name: bytes, data: bytes, left: int) -> Iterator[bytes | None]:
    """Keyword and text, each by itself: a text can be a file."""
    keyword, _, rest = data.partition(b"\0")
    if name in (b"zTXt", b"iCCP"):
        yield from (keyword, _inflated(rest[1:], left))
    elif name == b"iTXt":
        language, _, more = rest[2:].partition(b"\0")
        translated, _, said = more.partition(b"\0")
        yield from (keyword, language, translated, _inflated(said, left) if rest[:1] == b"\1" else said)
    elif name == b"tEXt":
        yield from (keyword, rest)
    else:
        yield data
        if name not in (b"eXIf", b"sPLT", *_PLAIN) or len(data) > _MOST_PLAIN:
            packed = list(_packed(data, left))
            yield from packed
            if not packed and not _is_text(data):
                yield None


def _packed(data: bytes, left: int) -> Iterator[bytes]:
    """What is deflated in a part whose format nobody knows, with or without a header (RFC 1950, RFC 1951)."""
    starts = [(0, -15), *((match.start(), 15) for match in _DEFLATED.finditer(data))]
    for start, bits in starts:
        stream = zlib.decompressobj(bits)
        try:
            found = stream.decompress(data[start:], left + 1)
        except zlib.error:
            continue
        if len(found) > left:
            raise Refusal("decompression_bomb", "a packed part bursts")
        if found and stream.eof:
            yield found


def _is_text(data: bytes) -> bool:
    """Whether bytes are a text in UTF-8 or UTF-16."""
    for encoding in ("utf-8", "utf-16-be", "utf-16-le"):
        try:
            said = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if all(letter.isprintable() or letter.isspace() for letter in said.rstrip("\0")):
            return True
    return False


def _inflated(packed: bytes, left: int) -> bytes:
    found = zlib.decompressobj().decompress(packed, left + 1)
    if len(found) > left:
        raise Refusal("decompression_bomb", "a packed text bursts")
    return found


def jpeg_parts(content: bytes, left: int) -> Iterator[tuple[str, bytes]]:
    """The segments of a JPEG file that are not its pixels, and what lies behind its end (ITU-T T.81, annex B).

    Raises
    ------
    ValueError : the file is cut off.
    """
    at = 2
    while True:
        at = _next_marker(content, at)
        marker, at = content[at + 1], at + 2
        if marker == 0xD9:
            break
        if 0xD0 <= marker <= 0xD8 or marker == 1:
            continue
        length = int.from_bytes(content[at : at + 2], "big")
        if length < 2 or at + length > len(content):
            raise Refusal("truncated_file", "a JPEG file is cut off")
        if marker == 0xFE or 0xE0 <= marker <= 0xEF:
            yield "comment" if marker == 0xFE else f"APP{marker - 0xE0}", content[at + 2 : at + length]
        at += length
    if content[at:]:
        yield "behind its end", content[at:]


def _next_marker(content: bytes, at: int) -> int:
    """Where the next marker stands; in pixels, FF 00 is no marker, and FF FF fills."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 >= len(content):
            raise Refusal("truncated_file", "a JPEG file is cut off")
        if content[at + 1] not in (0, 0xFF):
            return at
        at += 1


def pdf_parts(content: bytes, left: int) -> Iterator[tuple[str, bytes | str]]:
    """All that a PDF file says: pages as text, every string and stream of every object, and what revisions left.

    Raises
    ------
    ValueError : the file is cut off, or locked by a password.
    pypdf.errors.PyPdfError : the file cannot be read.
    """
    import pypdf  # a fifth of a second, which only PDF files are worth

    # Letters stand there as \\101 too.
    outside = _OCTAL.sub(lambda octal: bytes([int(octal[1], 8) & 0xFF]), _PLACES.sub(b"", _STREAM.sub(b"\n", content)))
    yield "", "\n".join(strings(_BRACKETS.sub(rb"|\1|", _REFERENCE.sub(b" ", outside))))
    given: set[bytes] = set()
    for number, stream in enumerate(_STREAM.finditer(content), start=1):
        # Streams of earlier revisions stand in the file, though no object leads to them.
        try:
            unpacked = zlib.decompressobj().decompress(stream[1], left)
        except zlib.error:
            continue
        if _are_pixels(content[max(0, stream.start() - _DICTIONARY) : stream.start()], len(unpacked)):
            continue
        given.add(hashlib.sha256(unpacked).digest())
        texts = strings(_BRACKETS.sub(rb"|\1|", _without_glyphs(unpacked)))
        yield f"stream {number}", _KERNED.sub("", "\n".join(texts))
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    if b"%%EOF" not in content[-2048:]:
        raise Refusal("truncated_file", "a PDF file is cut off")
    reader = pypdf.PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise Refusal("password_protected", "a PDF file is locked by a password")
    glyphs: dict[Any, Glyphs] = {}
    for number, page in enumerate(reader.pages, start=1):
        try:
            text = page_text(page, glyphs)
        except Exception:  # whatever is unusual about it, pypdf reads it in full generality, or says that it cannot
            text = page.extract_text()
        yield f"page {number}", text
        if _FROM_THE_RIGHT.search(text):
            # Words that are read from the right may be given in the order in which they are seen.
            yield f"page {number}", "\n".join(" ".join(reversed(line.split())) for line in text.splitlines())
            yield f"page {number}", "\n".join(line[::-1] for line in text.splitlines())
    listed = _objects(reader)
    for first in range(0, len(listed), _TOGETHER):
        of_objects: list[str] = []
        for number, generation in listed[first : first + _TOGETHER]:
            found = reader.get_object(pypdf.generic.IndirectObject(number, generation, reader))
            of_objects += _pdf_texts(found)
            if isinstance(found, pypdf.generic.StreamObject) and not _is_of_pixels(found):
                content = found.get_data()
                # The text of a page was given above; a file that is attached is taken apart.
                is_page = b" Tf" in content and hashlib.sha256(content).digest() in given
                if not is_page:
                    yield f"object {number}, stream", _without_glyphs(content)
        yield f"objects from {listed[first][0]} on", "\n".join(of_objects)


def _without_glyphs(content: bytes) -> bytes:
    """A stream without strings of glyph numbers, which are no letters: a page says what they show (`extract_text`)."""
    found = _SHOWN.sub(lambda shown: b"" if _are_glyphs(shown[0]) else shown[0], content)
    # Where the font is set, numbers with a point say where on the page something is drawn.
    return _COORDINATE.sub(b" ", found) if b" Tf" in content else found


def _are_glyphs(shown: bytes) -> bool:
    try:
        whole = b"".join(map(unescaped, SHOWN_STRING.findall(shown)))
    except UnusualError:
        parts = [_ESCAPE.sub(lambda each: each[1][:1], part) for part in SHOWN_STRING.findall(_numbered(shown))]
        whole = b"".join(parts)
    # By chance one byte of many can be read otherwise, where a sign of the file's own was written as it is.
    return len(whole) > 1 and sum(byte < _MOST_GLYPHS for byte in whole[::2]) > len(whole[::2]) / 2


def _numbered(shown: bytes) -> bytes:
    """Escapes of three digits as the byte that they are; one that would end a string keeps its sign before it."""

    def byte(octal: re.Match[bytes]) -> bytes:
        found = bytes([int(octal[1], 8) & 0xFF])
        return b"\\" + found if found in b"()\\" else found

    return _OCTAL.sub(byte, shown)


def _are_pixels(before: bytes, length: int) -> bool:
    """Whether a stream holds pixels, which are no text and a thousand times longer: it says so, and has their length.

    Parameters
    ----------
    before : what stands before the stream. length : of the stream, unpacked.
    """
    said = before.rpartition(b" obj")[2]
    sizes = [found for pattern in _SIZES if (found := pattern.search(said))]
    if not _PICTURE.search(said) or len(sizes) < len(_SIZES):
        return False
    width, height, bits = (int(found[1]) for found in sizes)
    # Grey, red-green-blue, or four inks; with a byte before each row where rows are filtered.
    rows = [(width * inks * bits + 7) // 8 for inks in (1, 3, 4)]
    return length in {height * (row + more) for row in rows for more in (0, 1)}


def _objects(reader: Any) -> list[tuple[int, int]]:
    listed = {(number, generation) for generation, numbers in reader.xref.items() for number in numbers}
    return sorted(listed | {(number, 0) for number in reader.xref_objStm})


def _pdf_texts(found: Any) -> Iterator[str]:
    """Every string of an object."""
    from pypdf import generic

    stack = [found]
    while stack:
        value = stack.pop()
        if isinstance(value, generic.DictionaryObject):
            stack += [*value.keys(), *(dict.__getitem__(value, key) for key in value if key not in _FONTS)]
        elif isinstance(value, generic.ArrayObject):
            stack += list.__iter__(value)
        elif isinstance(value, bytes):
            yield from strings(value)
        elif isinstance(value, str):
            yield str(value)


def _is_of_pixels(stream: Any) -> bool:
    """Pixels, but not those of a JPEG file, which has metadata of its own; and the outlines of fonts."""
    is_font = any(key in stream for key in ("/Length1", "/Length3")) or stream.get("/Subtype") in (
        "/Type1C",
        "/OpenType",
    )
    return is_font or (stream.get("/Subtype") == "/Image" and "/DCTDecode" not in str(stream.get("/Filter")))
