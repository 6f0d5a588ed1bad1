"""Direct identifiers found in a text: whole words however they are spelt, numbers, dates of birth and coordinates.

A text becomes folded words, and words are looked up; nothing loops over the identifiers, of which there may be a
million. What a word is worth is worked out once for each. A date counts where day, month and year stand together;
coordinates where both have as many decimals as lead to a house.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from analysis.cases.dates import EARLIEST, month_names
from analysis.intake.pseudonyms import fold, phone

# Shorter ones stand everywhere by chance.
LEAST_LETTERS = 5
LEAST_DIGITS = 6
# Words of a name stand together without a sign in names of files and accounts: AyseKaya.
_MOST_JOINED = 4
# Fewer digits than these are found only as they were written.
_LEAST_PHONE = 7
_LONGEST_PHONE = 15
# Fewer digits than these, in groups, can be two figures beside each other: the limits of an interval, (100–160).
_LEAST_IN_GROUPS = 9
_MOST_REMEMBERED = 1_000_000

_APOSTROPHES = "'’‘ʼʾʿ`´ʻʹ′"
# They belong to a word and are no letters: apostrophes, accents and vowel signs that stand alone, what is not seen.
_MARKS = r"\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u00ad\u200b-\u200f\u2060-\u2064\ufeff"
_TOKEN = re.compile(rf"[^\W_]+(?:[{_APOSTROPHES}{_MARKS}]+[^\W_]+)*[{_MARKS}]*")
_PLAIN_TOKEN = re.compile("[A-Za-z0-9]+(?:['`]+[A-Za-z0-9]+)*")
_APOSTROPHE = re.compile(f"[{_APOSTROPHES}]")
_LETTERS_OR_DIGITS = re.compile(r"\d+|[^\W\d_]+")
# 0.5123456 and 512.3456789 are numbers, and their digits nobody's telephone.
_WHOLE_PART = re.compile(r"(?:(?<![\d.])0|(?<![\d.])[1-9]\d{0,3})\.\Z")
_SIGN = r"[ \-./()\u00a0\u2009\u202f\u2010-\u2013]"
# Telephone numbers written in groups: begun by +, ( or 0; or grouped by one sign as national numbers are.
_DIALLED = re.compile(
    rf"[+(0](?<![\w.,][+(0])(?:(?<=[+(])|(?=\d|{_SIGN}{{1,2}}\d{{3}}(?!\d))){_SIGN}?\d?(?:{_SIGN}{{0,3}}\d){{5,16}}"
)
_GROUPS = ((3, 3, 2, 2), (3, 3, 4), (3, 2, 2), (2, 3, 2, 2))


def _grouped(sizes: tuple[int, ...]) -> str:
    first, second, *rest = sizes
    others = "".join(rf"(?P=sign)\d{{{group}}}" for group in rest)
    return rf"(?<![\w.,+\-]\d{{{first}}})(?P<sign>{_SIGN})\d{{{second}}}{others}(?!\w)"


# So short a number in groups is a telephone where it begins with the trunk prefix, 01 234 567, or is 991 23 45.
_SHORT_IN_GROUPS = re.compile(rf"\(?0\d+\)?{_SIGN}|[+(]?\d{{3}}(?:({_SIGN})\d\d\1|\){_SIGN}?\d\d{_SIGN})\d\d\Z")
_THREE_GROUPS = re.compile(rf"\d{{2,3}}({_SIGN})\d{{2,3}}\1\d{{2,4}}(?!\d)")
_NATIONAL = tuple(re.compile(rf"\d{{{sizes[0]}}}{_grouped(sizes)}") for sizes in _GROUPS)
# Numbers in one row with a telephone number, how far they are looked for, and how many may be beside it.
_ROW, _MOST_IN_A_ROW = 160, 24
_ROW_BEFORE, _ROW_AFTER = re.compile(r"[\d \-]*\Z"), re.compile(r"[\d \-]*")
# Among the groups of a telephone number there is no decimal fraction, and none that is negative.
_AMOUNT = re.compile(r"(?<![.\d])(?:0|[1-9]\d{0,3})\.\d+(?![.\d])|(?<=[\s(])-\d")
# Of a file, 2019/186; in 2019 186 and 2019,186 two numbers stand beside each other.
_SECOND_PART = re.compile(r"[/\-_\\](?<=\d.)(\d+)(?![^\W_])")
_LONGEST_PART = 20
_FIRST_PART = re.compile(r"(?<![^\W_])\d+\Z")
_PARTS = {parts: re.compile(rf"\d+(?:[/\-_\\]\d+){{{parts - 1}}}(?![^\W_])") for parts in range(2, 9)}
# What every number in groups has, as long as it may be; and how many signs can stand before it.
_DIGITS_WITH_SIGNS = re.compile(rf"\d(?:{_SIGN}{{0,3}}\d){{5,}}")
# The digits at the beginning of a SHA-256 digest are nobody's telephone.
_DIGEST = re.compile(r"(?<![^\W_])(?=\d+[a-f])[0-9a-f]{64}(?![^\W_])")
_MOST_BEFORE = 8
# Cyrillic and Greek letters that look like Latin ones (Unicode Technical Standard 39, confusables).
_ALIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухһԁԛԝӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧαινορυχϳ",
    "ABESIJKMHOPCTYXaesijopcyxhdqwlABEZHIKMNOPTYXaivopuxj",
)
_OTHER_SCRIPT = re.compile("[\u0370-\u052f]")
# Letters and digits that a word of five letters has in base64, base32 or hexadecimal digits.
_LEAST_ENCODED = 7
_HEXADECIMAL = re.compile("(?:[0-9a-fA-F]{2}){5,}")
_BASE32 = re.compile("[A-Z2-7]{8,}")


# Words by which something was found, and where it begins and ends.
Found: TypeAlias = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class _Token:
    """The readings of a token of a text.

    Parameters
    ----------
    ways : the token folded as one word, part by part, and with letters that look like others: words of each.
    encoded : words of the secrets that it is in base64, base32 or hexadecimal digits.
    suspect : whether it can belong to a secret.
    """

    ways: tuple[list[str], list[str], list[str]]
    encoded: tuple[str, ...]
    suspect: bool


@dataclass(frozen=True)
class Hit:
    """A secret in a text: where it stands, and the words it was found by, which are never shown."""

    start: int
    end: int
    words: str


def redacted(secret: str) -> str:
    """Return what of a secret may be shown: its first character and its length."""
    return f"{secret[:1]}… ({len(secret)} characters)"


class Index:
    """Secrets, ready to be looked up.

    Parameters
    ----------
    secrets : texts as the sources have them: names, numbers, telephone numbers, passages; a date of birth as
        2010-03-04, coordinates as "37.06620 37.38330".

    Attributes
    ----------
    size : how many different secrets are looked for.
    too_short : how many are not, since they have fewer than five letters, or six digits, and stand everywhere.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._single: set[str] = set()
        self._several: set[str] = set()
        # Numbers of several parts: second part -> first part -> how many parts they have.
        self._parted: dict[str, dict[str, set[int]]] = {}
        self._parted_whole: set[str] = set()
        self._phones: set[str] = set()
        numbers: list[str] = []
        days: list[str] = []
        places: list[tuple[str, str]] = []
        given = set(secrets)
        self.too_short = 0
        for secret in given:
            if is_day(secret):
                days.append(secret)
                continue
            if place := as_coordinates(secret):
                places.append(place)
                continue
            words = fold(secret).split()
            bare = "".join(words)
            if bare.isdecimal():
                if len(bare) < LEAST_DIGITS:
                    self.too_short += 1
                    continue
                self._single.add(bare)
                if len(words) > 1:
                    self._parted.setdefault(words[1], {}).setdefault(words[0], set()).add(len(words))
                    self._parted_whole.add(" ".join(words))
                if len(bare) <= _LONGEST_PHONE:
                    numbers.append(secret)
            elif len(bare) < LEAST_LETTERS:
                self.too_short += 1
            else:
                self._add(words, bare)
                if _APOSTROPHE.search(secret):
                    self._add(_apart(secret).split(), bare)
        self._phones = {number for number in phone(numbers) if len(number) >= _LEAST_PHONE}
        self._anchors = _anchors(self._several)
        self._days, self._coordinates = Days(days), Coordinates(places)
        self.too_short += self._coordinates.too_short
        # Some tokens have no word: twice as many as the longest secret has words are looked at on both sides.
        self._reach = 2 * max((secret.count(" ") + 1 for secret in self._several), default=1)
        self._known: dict[str, _Token] = {}
        self._clean: set[str] = set()
        self.size = len(given) - self.too_short

    def _add(self, words: list[str], bare: str) -> None:
        if len(words) == 1:
            self._single.add(words[0])
            parts = _LETTERS_OR_DIGITS.findall(bare)
            # A123456 is also written A 123456.
            if 1 < len(parts) <= _MOST_JOINED:
                self._several.add(" ".join(parts))
            return
        self._several.add(" ".join(words))
        if len(words) <= _MOST_JOINED:
            self._single.add(bare)

    def find(self, text: str) -> Iterator[Hit]:
        """Return where secrets stand in a text, each occurrence once for each way in which it can be read."""
        seen = set()
        for words, start, end in (*self._in_words(text), *self._in_numbers(text)):
            hit = Hit(start, end, words)
            if hit not in seen:
                seen.add(hit)
                yield hit

    def words_in(self, text: str) -> set[str]:
        """The words by which secrets are found in a text, wherever that is."""
        return {words for words, _, _ in (*self._in_words(text), *self._in_numbers(text))}

    def _in_words(self, text: str) -> Iterator[Found]:
        """Secrets of which each word is a token of the text, or a part of one."""
        pattern = _PLAIN_TOKEN if text.isascii() else _TOKEN
        tokens = pattern.findall(text)
        suspects = {token for token in set(tokens) - self._clean if self._read(token).suspect}
        if not suspects:
            return
        spans: list[tuple[int, int]] = []
        doubtful = [at for at, token in enumerate(tokens) if token in suspects]
        for at in doubtful:
            for words in self._read(tokens[at]).encoded:
                spans = spans or [match.span() for match in pattern.finditer(text)]
                yield words, *spans[at]
        for begin, end in _stretches(doubtful, self._reach):
            read = [self._read(token) for token in tokens[begin:end]]
            for way in range(3):
                # Ayşe'nin is one word, and is Ayşe with an ending.
                if way and all(token.ways[way] == token.ways[0] for token in read):
                    continue
                said = [word for token in read for word in token.ways[way]]
                owners = [at for at, token in enumerate(read, begin) for _ in token.ways[way]]
                for number, at in enumerate(owners):
                    for together, first, last in self._at(said, number) if tokens[at] in suspects else ():
                        spans = spans or [match.span() for match in pattern.finditer(text)]
                        start, stop = spans[owners[first]][0], spans[owners[last]][1]
                        if not (together.isdecimal() and _WHOLE_PART.search(text, max(0, start - 7), start)):
                            yield together, start, stop

    def _at(self, words: Sequence[str], number: int) -> Iterator[tuple[str, int, int]]:
        """Secrets of which a word of a text is the only or the rarest word: their first word and their last."""
        word = words[number]
        if word in self._single or self._is_phone(word):
            yield word, number, number
        for before, length in self._anchors.get(word, ()):
            first, last = number - before, number - before + length
            # The text may begin later, or end before.
            if first >= 0 and last <= len(words) and (together := " ".join(words[first:last])) in self._several:
                yield together, first, last - 1

    def hidden(self, name: str) -> str:
        """A name, of a file or a place in it, with the secrets that it holds redacted."""
        end = len(name) + 1
        for start, last in sorted(
            {(hit.start, hit.end) for hit in self.find(name)}, key=lambda span: (-span[1], span[0])
        ):
            if last <= end:
                name, end = f"{name[:start]}{redacted(name[start:last])}{name[last:]}", start
        return name

    def _read(self, token: str) -> _Token:
        """The readings of a token; they are worked out once."""
        found = self._known.get(token)
        if found is None:
            joined = fold(token).split()
            apart = _apart(token).split() if _APOSTROPHE.search(token) else joined
            alike = fold(token.translate(_ALIKE)).split() if _OTHER_SCRIPT.search(token) else joined
            encoded = tuple(words for said in _decoded(token) for words in self.words_in(said))
            words = {*joined, *apart, *alike}
            suspect = any(word in self._single or word in self._anchors or self._is_phone(word) for word in words)
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
                self._clean.clear()
            found = self._known[token] = _Token((joined, apart, alike), encoded, suspect or bool(encoded))
            if not found.suspect:
                self._clean.add(token)
        return found

    def _is_phone(self, digits: str) -> bool:
        if not self._phones or not (_LEAST_PHONE <= len(digits) <= _LONGEST_PHONE and digits.isdecimal()):
            return False
        return phone([digits])[0] in self._phones

    def _in_numbers(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Numbers of several parts, telephone numbers in groups, dates of birth and coordinates."""
        if self._parted:
            yield from self._in_parts(text)
        if self._phones:
            yield from self._in_groups(text)
        yield from self._days.find(text)
        yield from self._coordinates.find(text)

    def _in_parts(self, text: str) -> Iterator[tuple[str, int, int]]:
        for match in _SECOND_PART.finditer(text):
            firsts = self._parted.get(_in_ascii(match[1]))
            if not firsts:
                continue
            begin = _FIRST_PART.search(text, max(0, match.start() - _LONGEST_PART), match.start())
            for parts in firsts.get(_in_ascii(begin[0]), ()) if begin else ():
                assert begin is not None
                whole = _PARTS[parts].match(text, begin.start())
                if whole and (words := fold(whole[0])) in self._parted_whole:
                    yield words, whole.start(), whole.end()

    def _in_groups(self, text: str) -> Iterator[tuple[str, int, int]]:
        for digits in _DIGITS_WITH_SIGNS.finditer(text):
            # What is before them belongs to the number, or says that it is none; so does the sign behind them.
            first, last = max(0, digits.start() - _MOST_BEFORE), digits.end() + 1
            if (word := _DIGEST.match(text, digits.start())) and word.end() >= digits.end():
                continue
            for match in _DIALLED.finditer(text, first, last):
                run = match[0]
                for end in range(1, len(run) + 1):
                    if run[end - 1].isdecimal() and not run[end : end + 1].isdecimal():
                        yield from self._number(run[:end], match.start())
            for pattern in _NATIONAL if _THREE_GROUPS.search(text, first, last) else ():
                for match in pattern.finditer(text, first, last):
                    if not _is_in_a_row(text, match.start(), match.end()):
                        yield from self._number(match[0], match.start())

    def _number(self, written: str, start: int) -> Iterator[tuple[str, int, int]]:
        digits = "".join(filter(str.isdecimal, written))
        long = len(digits) >= _LEAST_IN_GROUPS or digits in written
        if not (long or _SHORT_IN_GROUPS.match(written)) or _AMOUNT.search(written):
            return
        if self._is_phone(digits) or (long and digits in self._single):
            yield digits, start, start + len(written)


def _decoded(token: str) -> Iterator[str]:
    """The text of a token that is base64, base32 or hexadecimal digits."""
    if len(token) < _LEAST_ENCODED or not token.isascii():
        return
    padding = "=" * (-len(token) % 8)
    for fits, decode in (
        (len(token) % 4 != 1, lambda: base64.b64decode(token + padding[: -len(token) % 4])),
        (_BASE32.fullmatch(token), lambda: base64.b32decode(token + padding)),
        (_HEXADECIMAL.fullmatch(token), lambda: bytes.fromhex(token)),
    ):
        try:
            said = decode().decode() if fits else ""
        except (binascii.Error, ValueError):
            continue
        if said.isprintable():
            yield said


def _in_ascii(digits: str) -> str:
    return digits if digits.isascii() else fold(digits)


def _stretches(places: Iterable[int], reach: int) -> Iterator[tuple[int, int]]:
    """The stretches of a row whose parts lie within reach of some places, which are given in their order."""
    begin = end = 0
    for place in places:
        if place - reach > end:
            if end:
                yield begin, end
            begin = place - reach
        end = place + reach + 1
    if end:
        yield max(0, begin), end


def _apart(text: str) -> str:
    return " ".join(filter(None, map(fold, _APOSTROPHE.split(text))))


def _is_in_a_row(text: str, start: int, end: int) -> bool:
    """True if digits stand in a long row of numbers, as the outline of a country does, which is nobody's telephone."""
    before = _ROW_BEFORE.search(text, max(0, start - _ROW), start)
    after = _ROW_AFTER.match(text, end, end + _ROW)
    around = (before[0] if before else "") + " " + (after[0] if after else "")
    return len(re.findall(r"\d+", around)) > _MOST_IN_A_ROW


def _anchors(several: Iterable[str]) -> dict[str, tuple[tuple[int, int], ...]]:
    """The rarest word of each secret -> where it stands in secrets, and how many words these have.

    A word is rare in texts that is long, and that few secrets have: each letter more makes up for some three times.
    """
    often = Counter(word for words in several for word in words.split())
    found: dict[str, tuple[tuple[int, int], ...]] = {}
    same: dict[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]] = {}
    for secret in several:
        words = secret.split()
        at = min(range(len(words)), key=lambda place: math.log(often[words[place]]) - len(words[place]))
        known = found.get(words[at], ())
        if (at, len(words)) not in known:
            more = (*known, (at, len(words)))
            found[words[at]] = same.setdefault(more, more)
    return found


_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# 2010-03-04, 4.3.2010, 03/04/2010 (read in both ways), 4 March 2010, 4 de março de 2010, March 4, 2010.
_YEAR = re.compile(r"(?:19|20)(?<!\d\d\d)\d\d")
_REST = re.compile(r"([-./])(\d\d?)\1(\d\d?)(?!\d)")
_NUMBERS = re.compile(r"(?<!\d)(\d\d?)([-./]|, ?| )(\d\d?)\2\Z")
_MORE_YEARS = re.compile(r"/(?:19|20)\d\d(?!\d)")
_DAY_AND_MONTH = re.compile(
    r"(?<!\d)(?P<day>\d\d?)(?:st|nd|rd|th|er|º|\.)?[ \-](?:de )?(?P<month>[^\W\d_]{3,9})\.?,?(?: de)?[ \-]\Z"
)
_MONTH_AND_DAY = re.compile(r"(?<![^\W_])(?P<month>[^\W\d_]{3,9})\.? (?P<day>\d\d?)(?:st|nd|rd|th)?,? \Z")
_SIGNS, _BEFORE_YEAR = ("-", ".", "/"), " -./,"
_LONGEST_DATE = 24

# Decimals by which a place is known to about ten metres.
LEAST_DECIMALS = 4
# Digits of both together, without zeros in front: 0.0012 and 0.0034 are any two numbers.
_LEAST_OF_PLACE = 6
_STATED = re.compile(r"([+-]?\d{1,3}\.\d{4,}) ([+-]?\d{1,3}\.\d{4,})")
_DECIMALS = re.compile(r"[.,](\d{4,17})(?!\d)")
_WHOLE = re.compile(r"(?<![\w.])\d{1,3}\Z")
# How far the second may stand behind the first: "lat": 37.06620, "lon": 37.38330.
_APART = 40


def is_day(text: str) -> bool:
    """Return True for a date in the form by which dates of birth are handed on, 2010-03-04."""
    return bool(_DAY.fullmatch(text)) and _day(text[:4], text[5:7], text[8:]) != ""


def as_coordinates(text: str) -> tuple[str, str] | None:
    """Latitude and longitude in the form by which they are handed on, "37.06620 37.38330"; None for another text."""
    stated = _STATED.fullmatch(text)
    return (stated[1], stated[2]) if stated else None


class Days:
    """Dates to be found.

    Parameters
    ----------
    days : as 2010-03-04.
    """

    def __init__(self, days: Iterable[str]) -> None:
        self._days = set(days)

    def find(self, text: str) -> Iterator[Found]:
        """Return where one of the dates stands in a text; 03/04/2010 is read as 3 April and as March 4."""
        if self._days:
            for day, start, end in _written(text):
                if day in self._days:
                    yield fold(day), start, end


class Coordinates:
    """Places of persons to be found.

    Parameters
    ----------
    pairs : latitudes and longitudes as they are stated, with a point.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._near: dict[int, list[tuple[str, str]]] = defaultdict(list)
        self.too_short = 0
        for pair in pairs:
            decimals = min(_decimals(number) for number in pair)
            if sum(_digits(number, decimals) for number in pair) < _LEAST_OF_PLACE:
                self.too_short += 1
                continue
            for number in pair:
                self._near[_cell(number)].append(pair)

    def find(self, text: str) -> Iterator[Found]:
        """Return where both coordinates of a place stand beside each other, in either order, rounded or cut."""
        if not self._near:
            return
        before, start, behind = "", 0, -_APART - 1
        for match in _DECIMALS.finditer(text):
            whole = _WHOLE.search(text, max(0, match.start() - 4), match.start())
            if not whole:
                continue
            number = f"{whole[0]}.{match[1]}"
            if whole.start() - behind <= _APART:
                for pair in self._candidates(before):
                    if _are(pair, before, number) or _are(pair, number, before):
                        yield fold(" ".join(pair)), start, match.end()
            before, start, behind = number, whole.start(), match.end()

    def _candidates(self, number: str) -> Iterator[tuple[str, str]]:
        cell = _cell(number)
        for near in (cell - 1, cell, cell + 1):
            yield from self._near.get(near, ())


def _written(text: str) -> Iterator[Found]:
    """Dates in a text, and where they begin and end."""
    for year in _YEAR.finditer(text):
        start, end = year.span()
        if text[end : end + 1] in _SIGNS and (rest := _REST.match(text, end)):
            yield _day(year[0], rest[2], rest[3]), start, rest.end()
        if start and text[start - 1] in _BEFORE_YEAR and not text[end : end + 1].isdecimal():
            yield from _before(text, year[0], start, end)


def _before(text: str, year: str, start: int, end: int) -> Iterator[Found]:
    """Dates of which a year is the last part."""
    first = max(0, start - _LONGEST_DATE)
    if found := _NUMBERS.search(text, first, start):
        # In a row of a table, 1,18,2009/2017 is two numbers and some years.
        if found[2] == "," and _MORE_YEARS.match(text, end):
            return
        for day, month in {(found[1], found[3]), (found[3], found[1])}:
            yield _day(year, month, day), found.start(), end
    elif text[start - 1] in " -":
        for pattern in (_DAY_AND_MONTH, _MONTH_AND_DAY):
            found = pattern.search(text, first, start)
            if found and (month := month_names().get(fold(found["month"]))):
                yield _day(year, str(month), found["day"]), found.start(), end


def _day(year: str, month: str, day: str) -> str:
    """A date as it is handed on; "" where there is no such day, or nobody who was born on it lives."""
    try:
        return datetime.date(int(year), int(month), int(day)).isoformat() if int(year) >= EARLIEST else ""
    except ValueError:
        return ""


def _decimals(number: str) -> int:
    return len(number.partition(".")[2])


def _digits(number: str, decimals: int) -> int:
    """Digits of a number to so many decimals, without zeros in front."""
    whole, _, rest = number.lstrip("+-").partition(".")
    return len((whole + rest[:decimals]).lstrip("0"))


def _cell(number: str) -> int:
    return int(abs(float(number)) * 10**LEAST_DECIMALS)


def _are(pair: tuple[str, str], latitude: str, longitude: str) -> bool:
    """True if two numbers are the coordinates of a place, to as many decimals as all of them have."""
    decimals = min(map(_decimals, (*pair, latitude, longitude)))
    if sum(_digits(number, decimals) for number in pair) < _LEAST_OF_PLACE:
        return False
    return all(
        _shortened(stated, decimals) & _shortened(said, decimals)
        for stated, said in zip(pair, (latitude, longitude), strict=True)
    )


def _shortened(number: str, decimals: int) -> set[str]:
    """A number without its sign to so many decimals, cut and rounded."""
    whole, _, rest = number.lstrip("+-").partition(".")
    return {f"{int(whole)}.{rest[:decimals]}", f"{abs(float(number)):.{decimals}f}"}
