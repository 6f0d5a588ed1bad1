"""Secrets found in a text: whole words however they are spelt, in the time that it takes to read the text.

A text becomes folded words, and words are looked up; nothing loops over the secrets, of which there may be a million.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain
from typing import TypeAlias

from analysis.cases.identity import fold, phone

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


_NATIONAL = tuple(re.compile(rf"\d{{{sizes[0]}}}{_grouped(sizes)}") for sizes in _GROUPS)
# Numbers in one row with a telephone number, how far they are looked for, and how many may be beside it.
_ROW, _MOST_IN_A_ROW = 160, 24
_ROW_BEFORE, _ROW_AFTER = re.compile(r"[\d \-]*\Z"), re.compile(r"[\d \-]*")
# Among the groups of a telephone number there is no decimal fraction, and none that is negative.
_AMOUNT = re.compile(r"(?<![.\d])(?:0|[1-9]\d{0,3})\.\d+(?![.\d])|(?<=[\s(])-\d")
# Of a file, 2019/186; in 2019 186 and 2019,186 two numbers stand beside each other.
_ONE_NUMBER = re.compile(r"\d+(?:[/\-_\\]\d+)+")


# The words by which a secret is found, and what works out where they begin and end.
_Found: TypeAlias = tuple[str, Callable[[], tuple[int, int]]]


@dataclass(frozen=True)
class Hit:
    """A secret in a text: where it stands, and the words it was found by, which are never shown."""

    start: int
    end: int
    words: str


class _Words:
    """The words of a text in order, each with where it stands, which is worked out once a secret is found among them.

    Parameters
    ----------
    tokens : of the text, in order. parts : the words of each different token.
    """

    def __init__(self, text: str, tokens: list[str], parts: dict[str, list[str]]) -> None:
        self.text, self._parts = text, parts
        self.said: list[str] = list(chain.from_iterable(map(parts.__getitem__, tokens)))

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        found = _token(self.text).finditer(self.text)
        return [span for match in found for span in [match.span()] * len(self._parts[match[0]])]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Where the words from `first` to before `last` begin and end."""
        return self._spans[first][0], self._spans[last - 1][1]


def redacted(secret: str) -> str:
    """What of a secret may be shown: its first character and its length."""
    return f"{secret[:1]}… ({len(secret)} characters)"


class Index:
    """Secrets, ready to be looked up.

    Parameters
    ----------
    secrets : texts as the sources have them: names, numbers, telephone numbers, passages.

    Attributes
    ----------
    size : how many different secrets are looked for.
    too_short : how many are not, since they have fewer than five letters, or six digits, and stand everywhere.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._single: set[str] = set()
        self._several: set[str] = set()
        self._phones: set[str] = set()
        numbers: list[str] = []
        given = set(secrets)
        self.too_short = 0
        for secret in given:
            words = fold(secret).split()
            bare = "".join(words)
            if bare.isdecimal():
                if len(bare) < LEAST_DIGITS:
                    self.too_short += 1
                    continue
                self._single.add(bare)
                if len(words) > 1:
                    self._several.add(" ".join(words))
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
        self._known: dict[str, tuple[str, str, bool]] = {}
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
        for words, where in self._found(text):
            yield Hit(*where(), words)

    def words_in(self, text: str) -> set[str]:
        """The words by which secrets are found in a text, wherever that is."""
        return {words for words, _ in self._found(text)}

    def _found(self, text: str) -> Iterator[_Found]:
        tokens = _token(text).findall(text)
        read = {token: self._read(token) for token in set(tokens)}
        if any(suspect for _, _, suspect in read.values()):
            yield from self._in_words(text, tokens, read, 0)
            # Ayşe'nin is one word, and is Ayşe with an ending.
            if any(joined != apart for joined, apart, _ in read.values()):
                yield from self._in_words(text, tokens, read, 1)
        if self._phones:
            yield from self._in_groups(text)

    def hidden(self, name: str) -> str:
        """A name, of a file or a place in it, with the secrets that it holds redacted."""
        end = len(name) + 1
        for start, last in sorted(
            {(hit.start, hit.end) for hit in self.find(name)}, key=lambda span: (-span[1], span[0])
        ):
            if last <= end:
                name, end = f"{name[:start]}{redacted(name[start:last])}{name[last:]}", start
        return name

    def _read(self, token: str) -> tuple[str, str, bool]:
        """A token folded, folded part by part, and whether it can belong to a secret."""
        found = self._known.get(token)
        if found is None:
            joined = fold(token)
            apart = joined if token.isascii() and "'" not in token and "`" not in token else _apart(token)
            words = {*joined.split(), *apart.split()}
            suspect = any(word in self._single or word in self._anchors for word in words) or self._is_phone(joined)
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            found = self._known[token] = (joined, apart, suspect)
        return found

    def _is_phone(self, digits: str) -> bool:
        if not self._phones or not (_LEAST_PHONE <= len(digits) <= _LONGEST_PHONE and digits.isdecimal()):
            return False
        return phone([digits])[0] in self._phones

    def _in_words(
        self, text: str, tokens: list[str], read: dict[str, tuple[str, str, bool]], way: int
    ) -> Iterator[_Found]:
        parts = {token: str(both[way]).split() for token, (*both, _) in read.items()}
        words = _Words(text, tokens, parts)
        suspects = {word for token, (_, _, suspect) in read.items() if suspect for word in parts[token]}
        alone = {word for word in suspects if word in self._single or self._is_phone(word)}
        said = words.said
        for at in [at for at, word in enumerate(said) if word in suspects]:
            word = said[at]
            if word in alone and not (word.isdecimal() and _is_fraction(text, words.span(at, at + 1)[0])):
                yield word, partial(words.span, at, at + 1)
            for before, length in self._anchors.get(word, ()):
                first, last = at - before, at - before + length
                if first < 0 or last > len(said):
                    continue  # the text begins later, or ends before
                together = " ".join(said[first:last])
                # Numbers beside each other are not one, but for a sign between them.
                if together in self._several and (
                    not together.replace(" ", "").isdecimal()
                    or _ONE_NUMBER.fullmatch(text[slice(*words.span(first, last))])
                ):
                    yield together, partial(words.span, first, last)

    def _in_groups(self, text: str) -> Iterator[_Found]:
        for match in _DIALLED.finditer(text):
            run = match[0]
            for end in range(1, len(run) + 1):
                if run[end - 1].isdecimal() and not run[end : end + 1].isdecimal():
                    yield from self._number(run[:end], match.start())
        for pattern in _NATIONAL:
            for match in pattern.finditer(text):
                if not _is_in_a_row(text, match.start(), match.end()):
                    yield from self._number(match[0], match.start())

    def _number(self, written: str, start: int) -> Iterator[_Found]:
        digits = "".join(filter(str.isdecimal, written))
        if (digits in self._single or self._is_phone(digits)) and not _AMOUNT.search(written):
            yield digits, lambda: (start, start + len(written))


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
    """The rarest word of each secret -> where it stands in secrets, and how many words these have."""
    often = Counter(word for words in several for word in words.split())
    found: dict[str, tuple[tuple[int, int], ...]] = {}
    same: dict[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]] = {}
    for secret in several:
        words = secret.split()
        at = min(range(len(words)), key=lambda place: (often[words[place]], -len(words[place])))
        known = found.get(words[at], ())
        if (at, len(words)) not in known:
            more = (*known, (at, len(words)))
            found[words[at]] = same.setdefault(more, more)
    return found
