"""Secrets found in a text: whole words however they are spelt, in the time that it takes to read the text.

A text becomes folded words, and words are looked up; nothing loops over the secrets, of which there may be a million.
Most words of most texts belong to no secret, which is known once for each word; only lines with one that does are read
word by word.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import accumulate, chain, islice
from typing import TypeAlias

from analysis.intake.pseudonyms import fold, phone
from analysis.release.dates_and_coordinates import Coordinates, Days, as_coordinates, is_day

# Shorter ones stand everywhere by chance.
LEAST_LETTERS = 5
LEAST_DIGITS = 6
# Words of a name stand together without a sign in names of files and accounts: AyseKaya.
_MOST_JOINED = 4
# Fewer digits than these are found only as they were written.
_LEAST_PHONE = 7
_LONGEST_PHONE = 15
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
# In UTF-8, all that can belong to a word stays, and all else divides.
_RUNS = bytes(octet if octet >= 128 or chr(octet).isalnum() or octet in b"'`" else ord(" ") for octet in range(256))
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


# The words by which a secret is found in a part of a text, and what works out where they begin and end in it.
_InPart: TypeAlias = tuple[str, Callable[[], tuple[int, int]]]
# The same in a text, with where the part begins.
_Found: TypeAlias = tuple[str, int, Callable[[], tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class _Token:
    """What a token can be: folded, folded part by part, with letters that look like others; and what it is encoded.

    Parameters
    ----------
    ways : the token folded in each way. encoded : words of the secrets that it is in base64, base32 or hexadecimal
        digits. suspect : whether it can belong to a secret.
    """

    ways: tuple[str, str, str]
    encoded: tuple[str, ...]
    suspect: bool


@dataclass(frozen=True)
class Hit:
    """A secret in a text: where it stands, and the words it was found by, which are never shown."""

    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class _Around:
    """Words around a token of a text: the words in order, of which token each is, and which are the token's own."""

    said: list[str]
    owner: list[int]
    own: range

    @classmethod
    def of(cls, parts: Sequence[list[str]], begin: int, at: int) -> _Around:
        """The same from the words of each token from `begin` on."""
        said = list(chain.from_iterable(parts))
        owner = [begin + place for place, words in enumerate(parts) for _ in words]
        before = sum(map(len, parts[: at - begin]))
        return cls(said, owner, range(before, before + len(parts[at - begin])))


class _Places:
    """Where the tokens of a text stand, which is worked out once one of them is asked for."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        return [match.span() for match in _token(self.text).finditer(self.text)]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Where the tokens from `first` to `last`, which is one of them, begin and end."""
        return self._spans[first][0], self._spans[last][1]


def redacted(secret: str) -> str:
    """What of a secret may be shown: its first character and its length."""
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
        self._longest = max((secret.count(" ") + 1 for secret in self._several), default=1)
        self._days, self._coordinates = Days(days), Coordinates(places)
        self.too_short += self._coordinates.too_short
        self._known: dict[str, _Token] = {}
        self._known_runs: dict[bytes, bool] = {}
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
        """Where secrets stand in a text, each occurrence once for each way in which it can be read."""
        seen = set()
        for words, start, where in self._found(text):
            first, last = where()
            hit = Hit(start + first, start + last, words)
            if hit not in seen:
                seen.add(hit)
                yield hit

    def words_in(self, text: str) -> set[str]:
        """The words by which secrets are found in a text, wherever that is."""
        return {words for words, _, _ in self._found(text)}

    def _found(self, text: str) -> Iterator[_Found]:
        if runs := self._suspects(text):
            said = [run.decode("utf-8", "surrogatepass") for run in runs]
            suspects = {token for run in said for token in _token(run).findall(run) if self._read(token).suspect}
            for start, part in self._doubtful(text, runs):
                yield from ((words, start, where) for words, where in self._in_tokens(part, suspects))
        for words, start, end in self._in_numbers(text):
            yield words, start, partial(_span, 0, end - start)

    def _suspects(self, text: str) -> set[bytes]:
        """Those runs of letters and digits in a text that hold a word of a secret."""
        runs = set(text.encode("utf-8", "surrogatepass").translate(_RUNS).split())
        known = self._known_runs
        new = runs.difference(known)
        if len(known) + len(new) > _MOST_REMEMBERED:
            known.clear()
            new = runs
        for run in new:
            said = run.decode("utf-8", "surrogatepass")
            known[run] = any(self._read(token).suspect for token in _token(said).findall(said))
        return {run for run in runs if known[run]}

    def _doubtful(self, text: str, suspects: set[bytes]) -> Iterator[tuple[int, str]]:
        """The parts of a text that can hold secrets, and where they begin: lines, and those that a secret can reach."""
        lines = text.split("\n")
        parts: list[tuple[int, int]] = []
        for at, line in enumerate(lines):
            if suspects.isdisjoint(line.encode("utf-8", "surrogatepass").translate(_RUNS).split()):
                continue
            first, last = self._reach(lines, at, -1), self._reach(lines, at, 1)
            if parts and first <= parts[-1][1]:
                parts[-1] = (parts[-1][0], last)
            else:
                parts.append((first, last))
        starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
        for first, last in parts:
            yield starts[first], text[starts[first] : starts[last + 1] - 1]

    def _reach(self, lines: list[str], at: int, step: int) -> int:
        """The line up to which a secret can stand that has a word in line `at`."""
        words = 0
        while words < self._longest and 0 <= at + step < len(lines):
            at += step
            words += sum(1 for _ in islice(_token(lines[at]).finditer(lines[at]), self._longest))
        return at

    def _in_tokens(self, text: str, suspects: set[str]) -> Iterator[_InPart]:
        tokens = _token(text).findall(text)
        places = _Places(text)
        # Twice as many tokens as a secret has words: some tokens have no word.
        reach = 2 * self._longest
        for at in [at for at, token in enumerate(tokens) if token in suspects]:
            begin = max(0, at - reach)
            around = [self._read(token) for token in tokens[begin : at + reach + 1]]
            yield from ((words, partial(places.span, at, at)) for words in around[at - begin].encoded)
            for way in range(3):
                # Ayşe'nin is one word, and is Ayşe with an ending.
                if not way or any(token.ways[way] != token.ways[0] for token in around):
                    parts = [token.ways[way].split() for token in around]
                    yield from self._in_words(_Around.of(parts, begin, at), at, places)

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
        """What a token can be; it is worked out once."""
        found = self._known.get(token)
        if found is None:
            # Most tokens are plain words, of which this is all that folding does.
            joined = token.lower() if token.isascii() and token.isalnum() else fold(token)
            apart = joined if token.isascii() and "'" not in token and "`" not in token else _apart(token)
            alike = fold(token.translate(_ALIKE)) if _OTHER_SCRIPT.search(token) else joined
            words = {word for way in {joined, apart, alike} for word in way.split()}
            encoded = tuple(words for said in _decoded(token) for words in self.words_in(said))
            suspect = any(word in self._single or word in self._anchors or self._is_phone(word) for word in words)
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            found = self._known[token] = _Token((joined, apart, alike), encoded, suspect or bool(encoded))
        return found

    def _is_phone(self, digits: str) -> bool:
        if not self._phones or not (_LEAST_PHONE <= len(digits) <= _LONGEST_PHONE and digits.isdecimal()):
            return False
        return phone([digits])[0] in self._phones

    def _in_words(self, around: _Around, at: int, places: _Places) -> Iterator[_InPart]:
        """Secrets of which token `at` of a text has the only or the rarest word."""
        for number in around.own:
            word = around.said[number]
            if (word in self._single or self._is_phone(word)) and not (
                word.isdecimal() and _is_fraction(places.text, places.span(at, at)[0])
            ):
                yield word, partial(places.span, at, at)
            for before, length in self._anchors.get(word, ()):
                first, last = number - before, number - before + length
                if first < 0 or last > len(around.said):
                    continue  # the text begins later, or ends before
                together = " ".join(around.said[first:last])
                if together in self._several:
                    yield together, partial(places.span, around.owner[first], around.owner[last - 1])

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
        if (digits in self._single or self._is_phone(digits)) and not _AMOUNT.search(written):
            yield digits, start, start + len(written)


def _span(start: int, end: int) -> tuple[int, int]:
    return start, end


def _decoded(token: str) -> Iterator[str]:
    """What a token says if it is base64, base32 or hexadecimal digits of a text."""
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


def _token(text: str) -> re.Pattern[str]:
    return _PLAIN_TOKEN if text.isascii() else _TOKEN


def _apart(text: str) -> str:
    return " ".join(filter(None, map(fold, _APOSTROPHE.split(text))))


def _is_fraction(text: str, start: int) -> bool:
    """Whether the digits that start there are the decimals of a number."""
    return _WHOLE_PART.search(text, max(0, start - 7), start) is not None


def _is_in_a_row(text: str, start: int, end: int) -> bool:
    """Whether digits stand in a long row of numbers, as the outline of a country does, which is nobody's telephone."""
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
