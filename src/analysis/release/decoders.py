"""What a text says once its wrappings are taken off: tags, entities, escapes, percent signs, base64, parts of strings.

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
from functools import lru_cache, partial

# How often wrappings are taken off; a text that still changes then is made to hide something.
ROUNDS = 8
# A run of base64 of this length is no word, and is taken out of the text once it is decoded.
_LONG = 1000

_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_TAG = re.compile(r"<[^<>]*>")
# Elements of office files that divide no word: the runs of which Word and Excel make up a text.
_WITHIN_WORDS = re.compile(
    r"<!--.*?-->|<(\w+:)?rPr\b[^<>]*(?:/>|>.*?</(?:\w+:)?rPr>)|</?(?:\w+:)?(?:abbr|b|big|bdi|bdo|code|em|font|i|kbd|mark"
    r"|q|s|small|span|strong|sub|sup|tspan|u|var|wbr|r|t|proofErr|bookmarkStart|bookmarkEnd|lastRenderedPageBreak)\b"
    r"[^<>]*>",
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
_BETWEEN = re.compile(r"(?<=/text>)\s+|(?<=/tspan>)\s+")
# Hyphens at the ends of lines, and strings of a script that are put together: "Ay" + "şe".
_BROKEN = re.compile(r"(?<=\w)[-\u00ad\u2010](?:[ \t]*\r?\n[ \t]*|[ \t]*<br\b[^<>]*>\s*)(?=\w)")
_PUT_TOGETHER = re.compile(r"""(["'`])\s*\+\s*(["'`])""")
# Where any of these changes letters or joins words; and how far around it a secret may reach.
_SITES = re.compile(
    r"[\\%\u00ad\u2010\u200b-\u200f\u2060-\u2064\ufeff]|-(?=[ \t]*(?:[\r\n]|<br))|[\"'`]\s*\+\s*[\"'`]"
    r"|fromC(?=har|ode)",
    re.IGNORECASE,
)
_AROUND, _FARTHEST = 200, 2000
_CUT, _LAST_CUT = re.compile(r"[\n<>\"]"), re.compile(r"[\n<>\"](?=[^\n<>\"]*\Z)")
_QUOTED_PLUS = tuple(f"{one}{other}" for quote in "\"'`" for one, other in (("+", quote), ("+ ", quote), (quote, "+")))
_AT_END = ("-\n", "-\r", "- ", "-\t", "\u00ad", "\u2010", "-<br", "-<BR")
# Soft hyphens, and spaces and marks without width.
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]+")
_SPACED, _DIGIT = re.compile(r"[\s<>]"), re.compile(r"[\d+(]")
_CODES = re.compile(r"fromC(?:harCode|odePoint)\(([\d\s,xXa-fA-F]+)\)")
_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([nrtbfv])|([\"'\\/`]))"
)
_PERCENT = re.compile("%[0-9a-fA-F]{2}(?:%[0-9a-fA-F]{2})*")
_LETTER = "[A-Za-z0-9+/_-]"
_LINES = rf"(?:\r?\n[ \t]*{_LETTER}{{12,}})*(?:\r?\n[ \t]*{_LETTER}+)?={{0,2}}"
_DATA_URI = re.compile(rf"data:[^,\s\"'<>]{{0,200}};base64,[ \t]*({_LETTER}+{_LINES})")
# What may go on with a run once a text is unwrapped, before it and behind it; signs of pages do not.
_GOES_ON = re.compile(r"[\\%]|&(?!(?:quot|apos|lt|gt|#39|#34|#x27);)")
_WENT_ON = re.compile(r"[\\%]\Z|(?<!&quot)(?<!&apos)(?<!&lt)(?<!&gt)(?<!&#39)(?<!&#34)(?<!&#x27);\Z")
_BARE = re.compile(rf"(?<![A-Za-z0-9+/_=-]){_LETTER}{{12,}}{_LINES}")


@dataclass(frozen=True)
class Reading:
    """A text read in one way: `how` says in which ("" as it is written), `blobs` what stood in it as base64."""

    how: str
    text: str
    blobs: tuple[bytes, ...] = ()


def readings(text: str) -> Iterator[Reading]:
    """All ways in which a text can be read, as it is written first.

    Raises
    ------
    RecursionError : wrappings are nested more often than `ROUNDS` times; all readings up to there were given.
    """
    for number in range(ROUNDS + 1):
        how = "decoded" if number else ""
        left, blobs, is_whole = _without_base64(text)
        # What was taken out need not be unwrapped: it is a file of its own.
        text = text if is_whole else left
        unwrapped = _unwrapped(text)
        if unwrapped == text:
            yield Reading(how, left, blobs)
            yield from _without_tags(left)
            return
        # What is not changed stands in the next reading too.
        yield Reading(how, _around_changes(left) if number < ROUNDS else left, blobs)
        text = unwrapped
    yield from _without_tags(left)
    raise RecursionError(f"wrapped more than {ROUNDS} times")


def _around_changes(text: str) -> str:
    """Those parts of a text in which unwrapping can take a word apart or put it together, in the same lines.

    Entities need none: a word that holds one is no word as it is written.
    """
    parts, end = [], 0
    for site in _SITES.finditer(text):
        if site.end() + _AROUND <= end:
            continue
        # Cut where no word and no number goes on.
        cut = _LAST_CUT.search(text, max(end, site.start() - _FARTHEST), max(end, site.start() - _AROUND))
        first = cut.end() if cut else max(end, site.start() - _FARTHEST)
        if first > end:
            parts.append("\n" * text.count("\n", end, first) or "<>")
        next_cut = _CUT.search(text, min(len(text), site.end() + _AROUND))
        last = max(end, next_cut.start() if next_cut else len(text))
        parts.append(text[max(first, end) : last])
        end = last
    return "".join(parts)


def _without_tags(text: str) -> Iterator[Reading]:
    """A text with a space for each tag; and where tags stand within words or signs, without these."""
    if "<" not in text:
        return
    plain = _CDATA.sub(" ", text) if "CDATA" in text or "]]>" in text else text
    yield Reading("without tags", _TAG.sub(_blank, plain))
    within = _WITHIN_WORDS if _OFFICE.match(plain) else _WITHIN_LINES
    letters = _LETTERS.sub(_joined, plain) if "</text>" in plain or "</tspan>" in plain else plain
    if letters is not plain or within is _WITHIN_WORDS or _divides(plain):
        yield Reading("without tags", _TAG.sub(_blank, within.sub("", letters)))


def _divides(text: str) -> bool:
    """Whether elements of a page stand within what may be one word or number; a space for them would divide it."""
    start = end = 0
    for tag in _WITHIN_LINES.finditer(text):
        if tag.start() != end:
            if end and _is_one(text, start, end):
                return True
            start = tag.start()
        end = tag.end()
    return bool(end) and _is_one(text, start, end)


def _is_one(text: str, start: int, end: int) -> bool:
    before, behind = text[max(0, start - 3) : start], text[end : end + 3]
    if _DIGIT.search(before) and _DIGIT.search(behind):
        return True
    return bool(before and behind) and not _SPACED.match(before[-1]) and not _SPACED.match(behind)


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
    if any(sign in text for sign in _QUOTED_PLUS):
        text = _PUT_TOGETHER.sub(_lines_of, text)
    if "fromC" in text:
        text = _CODES.sub(_of_codes, text)
    text = without_percents(text)
    if any(sign in text for sign in _AT_END):
        text = _BROKEN.sub("", text)
    return text if text.isascii() else _UNSEEN.sub("", text)


def _joined(letters: re.Match[str]) -> str:
    """One element in place of many with a letter each."""
    return f"<text>{_TAG.sub('', _BETWEEN.sub('', letters[0]))}</text>"


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


def _escaped(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2] or escape[3] or escape[4]
    if code:
        return chr(int(code, 16)) if int(code, 16) < 0x110000 else " "
    return escape[6] or {"b": " ", "f": " ", "v": " ", "t": "\t", "r": " ", "n": "\n"}[escape[5]]


def _of_percents(run: re.Match[str]) -> str:
    octets = bytes.fromhex(run[0].replace("%", ""))
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("cp1254", "replace")


def _without_base64(text: str) -> tuple[str, tuple[bytes, ...], bool]:
    """The text without long runs of base64, what all runs hold that are base64 of something; and whether a run goes on
    once the text is unwrapped, so that nothing may be taken out of it yet."""
    found: dict[bytes, bool] = {}
    left = text
    if ";base64," in text:
        left = _DATA_URI.sub(partial(_taken, found, True), left)
    left = _BARE.sub(partial(_taken, found, False), left)
    return left, tuple(found), any(found.values())


def _taken(found: dict[bytes, bool], is_declared: bool, run: re.Match[str]) -> str:
    is_short = len(run[0]) < _LONG
    content = _decoded(run[1]) if is_declared else (_known if is_short else _content)(run[0])
    if not content:
        return run[0]
    before = run.string[max(0, run.start() - 6) : run.start()]
    goes_on = bool(_GOES_ON.match(run.string, run.end())) or bool(_WENT_ON.search(before))
    found[content] = found.get(content, False) or goes_on
    # What is short stays too: a path or a long word can look like base64, and so can the word in the line below it.
    return run[0].rpartition("\n")[2] if "\n" in run[0] else run[0] if is_short else " "


def _content(run: str) -> bytes:
    """What a run holds that may be base64; nothing if that is chance."""
    content = _decoded(run)
    return content if _holds_something(content) else b""


# Most are words, and stand in many texts.
_known = lru_cache(maxsize=200_000)(_content)


def _decoded(run: str) -> bytes:
    letters = "".join(run.split()).rstrip("=").replace("-", "+").replace("_", "/")
    # One letter more than a multiple of four says nothing.
    letters = letters[:-1] if len(letters) % 4 == 1 else letters
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4))
    except (binascii.Error, ValueError):
        return b""


_SIGNATURES = (
    *(b"\x89PNG", b"\xff\xd8\xff", b"%PDF", b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"),
    *(b"PAR1", b"ARROW1", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"),
)
_PRINTED = frozenset([9, 10, 13, *range(0x20, 0x7F)])


def _holds_something(content: bytes) -> bool:
    """Whether bytes that may be base64 by chance are a file or a text."""
    if content.startswith(_SIGNATURES):
        return True
    beginning = content[:4096]
    printed = sum(octet in _PRINTED for octet in beginning)
    if printed >= 0.85 * len(beginning) or content[257:262] == b"ustar":
        return True
    if beginning.count(0) >= 0.3 * len(beginning):
        return True  # UTF-16
    try:
        # Letters of other scripts, cut off anywhere; chance seldom makes so much valid UTF-8.
        said = beginning.decode() if len(beginning) < 4096 else beginning[:4090].decode("utf-8", "ignore")
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\t\r\n" for letter in said)
