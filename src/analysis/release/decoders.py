"""Decoders of a text: tags, entities, escapes, percent signs, base64 and parts of strings are taken off.

Wrappings nest (a page in an attribute of a page, in a string of a script), so that they are taken off again and again
until nothing changes.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# How often wrappings are taken off; a text that still changes then is made to hide something.
ROUNDS = 8
# A run of base64 of this length is no word, and is taken out of the text once it is decoded.
_LONG = 1000

_TAG = re.compile(r"<[^<>]*>|<!\[CDATA\[|\]\]>")
# Elements of office files that divide no word: the runs of which Word makes up a text.
_WITHIN_WORDS = re.compile(
    r"<!--.*?-->|<(\w+:)?rPr\b[^<>]*(?:/>|>.*?</(?:\w+:)?rPr>)|</?(?:\w+:)?(?:r|t|proofErr|bookmarkStart|bookmarkEnd"
    r"|lastRenderedPageBreak)\b[^<>]*>",
    re.IGNORECASE | re.DOTALL,
)
# On a page each element stands within a line but these (HTML Living Standard, section 15.3), also one nobody knows:
# Ay<b>şe</b>, Ay<a>şe</a>, Ay<x-y>şe</x-y>.
_WITHIN_LINES = re.compile(
    r"<!--.*?-->|<(?!/?(?:address|article|aside|audio|blockquote|body|br|button|canvas|caption|center|circle|col|colgroup"
    r"|dd|defs|desc|details|dialog|dir|div|dl|dt|ellipse|embed|fieldset|figcaption|figure|footer|foreignObject|form|frame"
    r"|frameset|g|h[1-6]|head|header|hgroup|hr|html|iframe|image|img|input|legend|li|line|link|main|map|marker|menu|meta"
    r"|metadata|meter|nav|noscript|object|ol|optgroup|option|output|p|path|pattern|polygon|polyline|pre|progress|rect"
    r"|script|search|section|select|source|style|summary|svg|symbol|table|tbody|td|template|text|textarea|tfoot|th|thead"
    r"|title|tr|track|ul|use|video)\b)/?[a-z][^<>]*>",
    re.IGNORECASE | re.DOTALL,
)
_OFFICE = re.compile(r"\s*<\?xml(?![^>]*>\s*(?:<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<(?:svg|html)\b)", re.DOTALL)
# A text of which each letter is drawn by itself.
_LETTERS = re.compile(r"(?:<(text|tspan)\b[^<>]*>(?:[^<>&]|&[^<>&;]{1,9};)</\1>\s*){4,}")
_SPACES_AND_TAGS = re.compile(r"(?<=/text>)\s+|(?<=/tspan>)\s+|<[^<>]*>")
# Hyphens at the ends of lines, and strings of a script that are put together: "Ay" + "şe".
_BROKEN = re.compile(r"(?<=\w)[-\u00ad\u2010](?:[ \t]*\r?\n[ \t]*|[ \t]*<br\b[^<>]*>\s*)(?=\w)")
_PUT_TOGETHER = re.compile(r"""(["'`])\s*\+\s*(["'`])""")
# Soft hyphens, and spaces and marks without width.
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]+")
_CODES = re.compile(r"fromC(?:harCode|odePoint)\(([\d\s,xXa-fA-F]+)\)")
_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([nrtbfv])|([\"'\\/`]))"
)
_PERCENT = re.compile("%[0-9a-fA-F]{2}(?:%[0-9a-fA-F]{2})*")
_LETTER = "[A-Za-z0-9+/_-]"
_LINES = rf"(?:\r?\n[ \t]*{_LETTER}{{12,}})*(?:\r?\n[ \t]*{_LETTER}+)?={{0,2}}"
_BASE64 = re.compile(
    rf"data:[^,\s\"'<>]{{0,200}};base64,[ \t]*(?P<declared>{_LETTER}+{_LINES})"
    rf"|(?<![A-Za-z0-9+/_=-])(?P<bare>{_LETTER}{{12,}}{_LINES})"
)
_LONG_RUN = re.compile(rf"{_LETTER}{{{_LONG},}}")
# A picture as pages of this project show it. Around it stands what no wrapping changes, so that it cannot be a part of
# a longer run: "data:…" + "…".
_PICTURE = re.compile(rf"(?<=<img src=\")data:image/png;base64,([A-Za-z0-9+/]{{{_LONG},}}={{0,2}})(?=\" alt=\")")


@dataclass(frozen=True)
class Reading:
    """A text read in one way: `how` says in which ("" as it is written), `blobs` what stood in it as base64."""

    how: str
    text: str
    blobs: tuple[bytes, ...] = ()


def readings(text: str) -> Iterator[Reading]:
    """All ways in which a text can be read: as it is written, without its wrappings, and without its tags.

    Raises
    ------
    RecursionError : wrappings are nested more often than `ROUNDS` times; all readings up to there were given.
    """
    bare, pictures = _without_pictures(text)
    plain = bare
    for _ in range(ROUNDS):
        before, plain = plain, _unwrapped(plain)
        if plain == before:
            break
    left, blobs = _without_base64(plain)
    blobs = tuple(dict.fromkeys((*pictures, *blobs)))
    if plain == bare:
        yield Reading("", left, blobs)
    else:
        # Runs of base64 are decoded once they are whole.
        yield Reading("", _LONG_RUN.sub(" ", text))
        yield Reading("decoded", left, blobs)
    if "<" in left:
        apart = _TAG.sub(_blank, left)
        if apart != left:
            yield Reading("without tags", apart)
        within = _WITHIN_WORDS if _OFFICE.match(left) else _WITHIN_LINES
        together = _TAG.sub(_blank, within.sub("", _LETTERS.sub(_joined, left)))
        if together != apart:
            yield Reading("without tags", together)
    if plain != before:
        raise RecursionError(f"wrapped more than {ROUNDS} times")


def _without_pictures(text: str) -> tuple[str, list[bytes]]:
    """The text with a space for each picture, and the pictures, which are searched as the files that they are.

    A picture has more letters than all the rest of a page, and none of them is wrapped in anything but base64.
    """
    pictures = []

    def take(found: re.Match[str]) -> str:
        content = _of_base64(found[1])
        if not content.startswith(FILES[0]):
            return found[0]
        pictures.append(content)
        return " "

    return (_PICTURE.sub(take, text), pictures) if "data:image/png;base64," in text else (text, pictures)


def _blank(tag: re.Match[str]) -> str:
    """A space for a tag; its lines stay, so that places can be named by them."""
    return "\n" * tag[0].count("\n") or " "


def _unwrapped(text: str) -> str:
    if "&" in text:
        text = html.unescape(text)
    if "\\" in text:
        text = _ESCAPE.sub(_escaped, text)
        if not text.isascii():
            # Two escapes make one letter where a letter has more than sixteen bits.
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if "+" in text:
        text = _PUT_TOGETHER.sub(_lines_of, text)
    text = _CODES.sub(_of_codes, text)
    text = _BROKEN.sub("", without_percents(text))
    return text if text.isascii() else _UNSEEN.sub("", text)


def _joined(letters: re.Match[str]) -> str:
    """One element in place of many with a letter each."""
    return f"<text>{_SPACES_AND_TAGS.sub('', letters[0])}</text>"


def _lines_of(found: re.Match[str]) -> str:
    """Its ends of lines alone, so that places can be named by them."""
    return "\n" * found[0].count("\n")


def _of_codes(call: re.Match[str]) -> str:
    """The letters that a script makes of their numbers."""
    numbers = [int(code, 0) for code in call[1].replace(",", " ").split() if re.fullmatch(r"[1-9]\d*|0[xX]\w+|0", code)]
    return f'"{"".join(chr(number) for number in numbers if number < 0x110000)}"'


def without_percents(text: str) -> str:
    """A text with the letters that stand in it as in addresses: İzmir for %C4%B0zmir."""
    return _PERCENT.sub(_of_percents, text) if "%" in text else text


def _of_percents(run: re.Match[str]) -> str:
    octets = bytes.fromhex(run[0].replace("%", ""))
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("cp1254", "replace")


def _escaped(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2] or escape[3] or escape[4]
    if code:
        return chr(int(code, 16)) if int(code, 16) < 0x110000 else " "
    return escape[6] or {"b": " ", "f": " ", "v": " ", "t": "\t", "r": " ", "n": "\n"}[escape[5]]


def _without_base64(text: str) -> tuple[str, tuple[bytes, ...]]:
    """The text without long runs of base64, and what all runs hold that are base64 of something."""
    found: dict[bytes, None] = {}

    def take(run: re.Match[str]) -> str:
        written = run["declared"] or run["bare"]
        content = _of_base64(written) if run["declared"] else _content(written)
        if not content:
            return run[0]
        found[content] = None
        # What is short stays too: a path or a long word can look like base64, and so can the word in the line below it.
        return run[0].rpartition("\n")[2] if "\n" in run[0] else run[0] if len(run[0]) < _LONG else " "

    return _BASE64.sub(take, text), tuple(found)


# Most are words, and stand in many texts.
@lru_cache(maxsize=200_000)
def _content_of_short(run: str) -> bytes:
    content = _of_base64(run)
    return content if _holds_something(content) else b""


def _content(run: str) -> bytes:
    """The content of a run that may be base64; nothing if that is chance."""
    return _content_of_short(run) if len(run) < _LONG else _content_of_short.__wrapped__(run)


def _of_base64(run: str) -> bytes:
    letters = "".join(run.split()).rstrip("=").replace("-", "+").replace("_", "/")
    # One letter more than a multiple of four says nothing.
    letters = letters[:-1] if len(letters) % 4 == 1 else letters
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4))
    except (binascii.Error, ValueError):
        return b""


# Pictures, documents, archives and encrypted files, as they begin; by chance a run begins so in one of 16 million.
FILES = (
    *(b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0"),
    *(b"\x28\xb5\x2f\xfd", b"PAR1", b"ARROW1", b"7z\xbc\xaf", b"Rar!", b"SQLite", b"age-encryption"),
)
_PRINTED = frozenset([9, 10, 13, *range(0x20, 0x7F)])


def _holds_something(content: bytes) -> bool:
    """True if bytes that may be base64 by chance are a file or a text."""
    if content.startswith(FILES):
        return True
    beginning = content[:4096]
    printed = sum(octet in _PRINTED for octet in beginning)
    if printed >= 0.85 * len(beginning) or beginning.count(0) >= 0.3 * len(beginning):
        return True  # a text, or one in UTF-16
    try:
        # Letters of other scripts, cut off anywhere; chance seldom makes so much valid UTF-8.
        said = beginning.decode() if len(beginning) < 4096 else beginning[:4090].decode("utf-8", "ignore")
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\t\r\n" for letter in said)
