"""What the pages of a PDF file show, read from their own streams where a program has written them in the usual way.

Reports have hundreds of pages and as many thousand strings: read in full generality, they take longer than all other
files of a release. What is not written in the usual way is left to pypdf, which reads all of it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Any, TypeAlias

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
