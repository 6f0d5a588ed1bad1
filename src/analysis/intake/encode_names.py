#!/usr/bin/env python3
"""Put keyed tokens in the place of names: at the owner of a list, with this one file and Python alone.

    python3 encode_names.py --new-key project.key                    once, by one owner; the others get it by hand
    python3 encode_names.py --check project.key                      a number that owners compare by telephone
    python3 encode_names.py police.csv --key project.key             asks which columns hold what
    python3 encode_names.py police.xlsx --key project.key --sheet Liste --header 5 --given Adı --family Soyadı ...

Written are police_encoded.csv, which may leave, and police_encoded_rows.csv, which says which row is which and stays.
Names, births, telephones and documents are replaced by HMAC-SHA-256 of combinations under the key. Every row has ten
tokens in one cell, whether or not a cell is stated, and no token stands twice in a list but in rows of one person.
Columns that are not kept are left out. Excel files need openpyxl. Nothing is sent anywhere. docs/encoded_names.md says
what can be learnt from what leaves.

The rules for names here are those that `analysis.intake` compares names by.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import hashlib
import hmac
import io
import os
import re
import secrets
import shlex
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from statistics import median
from zipfile import BadZipFile

# Apostrophes, and the signs that transliterations of Arabic put for hamza and ayn: written or left out at will.
_APOSTROPHES = "'’‘ʼʾʿ`´ʻʹ′"
# Latin letters that Unicode does not take apart into a plain letter and a mark.
_LETTERS = {
    "ı": "i", "œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ə": "e", "ɛ": "e", "ɔ": "o",
    "ŋ": "ng", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ɣ": "g", "ɲ": "ny", "ħ": "h",
}  # fmt: skip
_PLAIN = str.maketrans(_LETTERS)
# Marks of Latin letters and digits, and marks that stand alone; those of other scripts belong to their letters.
_MARKS = re.compile(r"(?:^|(?<=[a-z0-9])|(?<=\W))[\u0300-\u036f]+")


def fold(text: str) -> str:
    """Return a text as it is compared: lower case, ASCII letters and digits, one space between words; "" for none.

    Accents are dropped and ligatures written out. İ, I and ı are one letter, since files of Turkish and other computers
    mix them. An apostrophe joins (Sa'id is Said); a hyphen, like any other sign, separates (Al-Hasan is al hasan).
    Digits of any script become ASCII; letters of other scripts stay. Folding twice changes nothing.
    """
    if text.isascii():  # most texts: the same by a shorter way
        return " ".join(re.sub(r"[^a-z0-9]+", " ", text.lower().replace("'", "").replace("`", "")).split())
    for sign in _APOSTROPHES:
        text = text.replace(sign, "")
    text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_PLAIN)
    text = _MARKS.sub("", text)
    text = re.sub(r"\d", lambda digit: str(int(digit.group())), text)
    text = unicodedata.normalize("NFC", text)
    letters = [one if one.isalnum() or unicodedata.category(one)[0] == "M" else " " for one in text]
    return " ".join("".join(letters).split())


# Calling codes of the countries studied and of those that persons in their records come from or go to, with the digits
# of a national number without its leading zero (ITU-T E.164 national numbering plans).
_CALLING_CODES = {
    "90": (10,), "963": (8, 9), "964": (10,), "93": (9,), "98": (10,), "962": (8, 9), "961": (7, 8),
    "220": (7,), "221": (9,), "222": (8,), "223": (8,), "224": (8, 9), "225": (8, 10), "226": (8,), "227": (8,),
    "228": (8,), "229": (8, 10), "231": (7, 8, 9), "232": (8,), "233": (9,), "234": (10,), "238": (7,),
    "245": (7, 9), "237": (9,), "241": (7, 8), "351": (9,), "33": (9,), "34": (9,), "39": (9, 10), "49": (10, 11),
}  # fmt: skip
PHONE_DIGITS = 9


def phone_form(text: str) -> str:
    """Return the last nine digits of a telephone's national number, or ""."""
    if not text.isascii():
        text = fold(text)  # digits of any script
    digits = "".join(filter(str.isdigit, text.removesuffix(".0")))  # a spreadsheet makes numbers of them
    international = digits.removeprefix("00")
    split = [(international[:length], international[length:].lstrip("0")) for length in (2, 3)]
    national = [number for code, number in split if len(number) in _CALLING_CODES.get(code, ())]
    number = [*national, digits][0].lstrip("0")[-PHONE_DIGITS:]
    return number if len(number) >= 6 and number != number[0] * len(number) else ""


def document_form(text: str) -> str:
    """Return the letters and digits of a document's number, or ""."""
    text = text.removesuffix(".0")
    number = text.upper() if text.isascii() and text.isalnum() else fold(text).replace(" ", "").upper()
    possible = len(number) >= 4 and number != number[0] * len(number) and not number.isalpha()
    return number if possible else ""


# Letters of Arabic that carry a vowel, which the library leaves out, and the ending that is read as one.
_VOWELS = dict.fromkeys("اأإآٱعى", "a") | {"ة": "a", "ء": "", "ئ": "", "ؤ": "w"}
# Letters that the library writes as two, as one of the Latin letters that are read alike.
_SINGLE = {"ش": "s", "ث": "s", "خ": "h", "غ": "g", "ذ": "d", "ض": "d", "چ": "s", "ژ": "j"}
# What Persian, known by letters of its own, reads otherwise: Reza for Ridha, Zabih for Dhabih.
_PERSIAN, _IN_PERSIAN = re.compile("[پچژگکی]"), {"ض": "z", "ذ": "z"}
_CH = ("تش", "چ")  # how Arabic, which lacks the letter, writes the Turkish ç
_WITH_ARTICLE = re.compile("(عبد)?ال(..+)")  # "servant of" can stand before it in the same word
_ARABIC = re.compile(r"[\u0600-\u06ff]+")
# By anyascii, for who has Python alone. Letters of other scripts are not read there.
_ROMAN = dict(zip("بتجحدرزسصطفقكلمنهويپگکیەۆڤھے", "btjhdrzsstfqklmnhwypgkyeovhe", strict=True)) | {"ظ": "dh"}
_ROMAN |= dict(zip("абвгдезийклмнопрстуфыэёіїјўґәөүқћњљ", "abvgdeziyklmnoprstufyeeiijugaouqcnl", strict=True))
_ROMAN |= {
    "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "'", "ь": "'", "ю": "yu", "я": "ya",
    "є": "ie", "ң": "ng", "ғ": "gh", "њ": "nj", "љ": "lj", "џ": "dzh", "ђ": "dj",
}  # fmt: skip


class RefusedError(SystemExit):
    """The work is refused; the message says what helps."""


class UnreadableError(ValueError):
    """A cell cannot be read; what stands in it is not said."""


def letter_by_table(letter: str) -> str:
    """Return a letter of Arabic or Cyrillic in Latin letters, as anyascii does. Raises UnreadableError for others."""
    found = _ROMAN.get(letter) or _ROMAN.get(letter.lower(), "").title()
    if not found:
        raise UnreadableError("a script that is not read here")
    return found


def romanised(name: str, latin: Callable[[str], str] = letter_by_table) -> str:
    """Return a name in Latin letters: `latin` gives those of a letter of another script.

    Arabic leaves short vowels out. An "a" stands where one can be, so that two letters are not read as one sound, and
    the article is a word of its own: عبدالرحمن is "abad al rahaman".
    """
    if name.isascii():
        return name
    name = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name))
    found = _ARABIC.sub(lambda word: _arabic(word[0], latin), name)
    is_latin = {one: not one.isalpha() or unicodedata.name(one, "LATIN").startswith("LATIN") for one in found}
    return "".join(one if is_latin[one] else latin(one) for one in found)


def _arabic(word: str, latin: Callable[[str], str]) -> str:
    letters = "".join(letter for letter in word if letter.isalpha() and letter != "ـ")  # no vowel signs, no tatweel
    if with_article := _WITH_ARTICLE.fullmatch(letters.replace(*_CH)):
        return f"{_spelt(with_article[1] or '', latin)} al {_spelt(with_article[2], latin)}".strip()
    return _spelt(letters.replace(*_CH), latin)


def _spelt(letters: str, latin: Callable[[str], str]) -> str:
    read = _VOWELS | _SINGLE | (_IN_PERSIAN if _PERSIAN.search(letters) else {})
    spelt = "".join(read[letter] if letter in read else latin(letter) for letter in re.sub("ه$", "ة", letters))
    # Not within th, which Latin spellings of Fathi have too.
    return re.sub(r"(?<=[b-df-hj-np-tv-z])(?=[b-df-hj-np-tv-z])(?<!t(?=h))", "a", spelt)


# Words that come and go: articles, "son of", "daughter of", and the particles of Portuguese names.
_PARTICLES = frozenset((
    *("al", "el", "ul", "as", "es", "ash", "ar", "er", "an", "en", "at", "et", "ad", "ed", "az", "ez"),
    *("bin", "ben", "ibn", "bint", "binti", "da", "de", "do", "das", "dos", "e"),
))  # fmt: skip
# How Muhammed is shortened.
_SHORTENED = dict.fromkeys(["m", "md", "mhd", "mhmd", "moh", "mohd", "muh", "muhd"], "muhammed")
# The first halves of names in two words, which others write in one: Abdul Rahman, Abu Bakr.
_FIRST_HALF = re.compile(r"a?ba?d[aeiou]?l?|abd[aeiou]?[rnsztd]|[ae]ba?[ouw]+")
# The article that is written as a part of the word. Before a vowel it can be the name itself (Elif, Aliye), but hardly
# in a family name (Alali, Elomar); between "servant" and a name of God it can be left out too.
_ARTICLE = re.compile(r"^[ae]l(?=[^aeiou]..)")
_OF_FAMILIES = re.compile(r"^[ae]l(?=...)")
_BETWEEN = re.compile(r"(?<=^abd)[aeiou]?l(?=..)|(?<=^abad)al(?=..)")


def words(name: str, family: bool = False) -> list[str]:
    """Return the words of a `romanised` name, without particles and articles, and two halves as one word.

    A name that is a particle alone (En) stays. Of a family name an article is taken off before a vowel too.
    """
    # Before its sign is lost: ç is Turkish for ch, which is read as s, and Portuguese and French for s.
    parts = fold(name.replace("ç", "ch").replace("Ç", "ch")).split()
    kept = [part for part in parts if part not in _PARTICLES] or parts
    joined: list[str] = []
    for part in reversed(kept):
        part = _SHORTENED.get(part, part) if len(kept) > 1 or len(part) > 2 else part
        joined.append(part + joined.pop() if joined and _FIRST_HALF.fullmatch(part) else part)
    article = _OF_FAMILIES if family else _ARTICLE
    return [_BETWEEN.sub("", article.sub("", part)) for part in reversed(joined)]


# Sounds that clerks write differently, in this order; each step is followed by the example it is for.
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^ma?ha?ma?(?:ou|oo|u|w)a?[dt]$", "mhmVt"),  # Mahmud, whose vowel tells it from Muhammed
        (r"^h(?:a|ou|u|o)ss?[ae]?(?:y|i)[aei]?ne?$", "hsYn"),  # Hüseyin, Hussein, whose vowel tells them from Hasan
        (r"(.)\1", r"\1"),  # Hadad, Haddad
        (r"^i(?=[aeou])", "y"),  # Iuliia, Yulia
        (r"^ou(?=[aei])", "v"),  # Ouissam, Wissam
        (r"ph", "f"),  # Josephina, Josefina
        (r"gh", "g"),  # Ghassan, Gassan
        (r"kh", "h"),  # Khaled, Halit
        (r"shch|tch|tsch|sch|[sc]h|^x", "s"),  # Sheikh, Cheikh, Şeyh; Xavier, Chavier
        (r"x", "ks"),  # Alexander, Aleksandr
        (r"dh", "t"),  # Fadhil, Fadıl
        (r"th", "s"),  # Uthman, Osman
        (r"dj|zh|j", "g"),  # Djamel, Jamal, Gamal
        (r"ck|qu?", "k"),  # Tarıq, Tarek
        (r"c(?!k)", "g"),  # Cemil; Turkish c is j
        (r"([ln])h", r"\1"),  # Maninha, Manina
        (r"d", "t"),  # Ahmed, Ahmet
        (r"z", "s"),  # Sousa, Souza
        (r"p", "b"),  # Zeynep, Zaynab
        (r"w", "v"),  # Wael, Vail
        (r"h$", ""),  # Fatimah, Fatma
    )
)


@cache
def consonants(word: str) -> str:
    """Return the consonants of a word of `words`, with letters merged that spelling and transliteration confuse.

    Made for Arabic, Turkish and Kurdish names as Turkish, French and English clerks write them, in Arabic script too,
    and for Portuguese, Creole and Slavic names. Vowels fall away, also the first ("a" stands for vowels alone); v, w
    and y stay as first letters only, since they are vowels elsewhere in Arabic script (Mervan, Marwan, مروان).
    """
    letters = word
    for pattern, sound in _SOUNDS:
        letters = pattern.sub(sound, letters)
    return (letters[:1].strip("aeiou") + re.sub(r"[aeiouvy]", "", letters[1:])) or (letters[:1] and "a")


def given_and_family(full_name: str, latin: Callable[[str], str] = letter_by_table) -> tuple[str, str]:
    """Return given and family name of a whole name: what stands before a comma, or the last word, is the family name.

    A particle, or the first half of a name in two words, goes with the word after it. One word alone is a given name.
    """
    family, comma, given = full_name.partition(",")
    if comma:
        return given.strip(), family.strip()
    parts = full_name.split()
    at = len(parts) - 1
    while at > 1 and any(
        word in _PARTICLES or _FIRST_HALF.fullmatch(word) for word in fold(romanised(parts[at - 1], latin)).split()
    ):
        at -= 1
    return " ".join(parts[:at] or parts), " ".join(parts[at:] if at > 0 else [])


# Both names, or one with the initial of the other, with the first and the last possible year of birth; one name with
# the full date; and numbers. What of it two rows of one list must have in common to be of one person is in `_TELLING`.
KINDS = (
    *("names_first", "names_last", "given_first", "given_last", "family_first", "family_last"),
    *("given_day", "family_day", "phone", "document"),
)
_TELLING = {"given_day": "day", "family_day": "day", "phone": "phone", "document": "document"}
# More rows of a person than this stand as another person: who has many would be known by their number.
MOST_ROWS = 3
_NEVER = (None, None)
Birth = tuple[datetime.date | None, datetime.date | None]


def combined(given: str, family: str, birth: Birth, phone: str, document: str) -> dict[str, str]:
    """Return what tokens are made of, by kind; what is not stated is missing. A name alone makes no token.

    Names are `romanised`; a birth is its first and last possible day; telephone and document are as the file has them.
    """
    each = [[consonants(word) for word in words(name, at == 1)] if len(fold(name).replace(" ", "")) > 1 else []
            for at, name in enumerate((given, family))]  # fmt: skip
    sounds = ["".join(parts) for parts in each]
    # A father's name can stand after the given name, and before the family name.
    name, of_family = (each[0] or [""])[0], (each[1] or [""])[-1]
    first, last = birth
    # 1 January is what clerks write where they know the year alone.
    day = first.isoformat() if first and first == last and (first.month, first.day) != (1, 1) else ""
    found = {}
    if all(sounds) and first and last and last.year - first.year <= 1:
        for end, year in (("first", first.year), ("last", last.year)):
            found[f"names_{end}"] = "|".join([*sorted(sounds), str(year)])
            found[f"given_{end}"] = f"{name}|{of_family[0]}|{year}"
            found[f"family_{end}"] = f"{of_family}|{name[0]}|{year}"
    if day and name:
        found["given_day"] = f"{name}|{day}"
        if of_family:
            found["family_day"] = f"{of_family}|{name[0]}|{day}"
    if name and (number := phone_form(phone)):
        found["phone"] = f"{number}|{name[0]}"
    if number := document_form(document):
        found["document"] = number
    return found


def rows_of_one_person(rows: Sequence[dict[str, str]]) -> list[int]:
    """Return for each row the first row of its person: both names and a year are the same, or two numbers or days."""
    agreeing: dict[tuple[int, int], set[str]] = defaultdict(set)
    for kind in KINDS:
        places = defaultdict(list)
        for at, row in enumerate(rows):
            if kind in row:
                places[row[kind]].append(at)
        for same in places.values():
            # A number of a whole shelter tells nobody apart.
            for pair in combinations(same, 2) if len(same) < 50 else ():
                agreeing[pair].add(_TELLING.get(kind, kind))
    person = list(range(len(rows)))
    for one, other in sorted(agreeing):
        found = agreeing[one, other]
        if found & {"names_first", "names_last"} or len(found & {"day", "phone", "document"}) > 1:
            person[other] = min(person[other], person[one])
    return person


def tokens(rows: Sequence[dict[str, str]], key: bytes, label: str) -> tuple[list[dict[str, str]], list[int]]:
    """Return ten tokens for each row of `combined`, and for each row the first row of its person.

    What is not stated, or was another person's before, has a token of its own, which no other list has: `label` differs
    by list.
    """
    person = rows_of_one_person(rows)
    taken: dict[tuple[str, str], int] = {}
    given: Counter[int] = Counter()
    for at, first in enumerate(person):
        given[first] += 1
        if given[first] > MOST_ROWS:
            person[at] = at
    together: dict[int, dict[str, str]] = defaultdict(dict)
    for first, row in zip(person, rows, strict=True):
        for kind, stated in row.items():
            if taken.setdefault((kind, stated), first) == first:
                together[first].setdefault(kind, stated)
    found = []
    for first in person:
        said = {kind: together[first].get(kind) or f"\x1e{label}\x1e{first}" for kind in KINDS}
        found.append({kind: keyed_token(key, kind, text) for kind, text in said.items()})
    return found, person


def keyed_token(key: bytes, kind: str, text: str) -> str:
    """Return 128 bits of HMAC-SHA-256 (RFC 2104), as 32 hexadecimal digits."""
    return hmac.new(key, f"{kind}\x1f{text}".encode(), hashlib.sha256).hexdigest()[:32]


def new_key(path: Path) -> None:
    secret = secrets.token_hex(32)
    write(path, f"{secret}-{hashlib.sha256(secret.encode()).hexdigest()[:8]}\n", replace=False)


def read_key(path: Path) -> bytes:
    """Return the key of a file that `--new-key` made. Raises RefusedError for any other."""
    secret, _, check = path.read_text(encoding="ascii", errors="replace").strip().partition("-")
    whole = re.fullmatch("[0-9a-f]{64}", secret) and check == hashlib.sha256(secret.encode()).hexdigest()[:8]
    octets = bytes.fromhex(secret) if whole else b""
    steps = {(after - before) % 256 for before, after in pairwise(octets)}
    if len(set(octets)) < 20 or len(steps) < 16:
        raise RefusedError(f"{path.name} holds no key that --new-key made, or a letter of it is wrong. A word that "
                           "somebody chose can be guessed: make a key by --new-key.")  # fmt: skip
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise RefusedError(f"Others on this computer can read {path.name}: chmod 600 {path.name}, or make a new key.")
    return octets


def fingerprint(key: bytes) -> str:
    """Return sixteen digits by which owners see that they have the same key; they say nothing of the key."""
    digits = f"{int(keyed_token(key, 'fingerprint', ''), 16) % 10**16:016d}"
    return " ".join(re.findall("....", digits))


def write(path: Path, text: str, replace: bool = True) -> None:
    """Write a file that its owner alone can read."""
    try:
        if replace:
            path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise RefusedError(f"{path.name} is there already, and is not written over.") from None
    with open(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def read(path: Path, sheet: str, header: int, encoding: str) -> list[list[str]]:
    """Return the rows of a file as texts, from the first on."""
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        try:
            from openpyxl import load_workbook  # type: ignore[import-untyped]

            book = load_workbook(path, read_only=True, data_only=True)
            if (sheet or book.sheetnames[0]) not in book.sheetnames:
                raise RefusedError(f"There is no sheet '{sheet}'; there are {', '.join(book.sheetnames)}.")
            rows = book[sheet or book.sheetnames[0]].iter_rows(values_only=True)
            return [[_text(cell) for cell in row] for row in rows]
        except ImportError:
            raise RefusedError("Excel files need openpyxl, which is not here: save the sheet as CSV UTF-8.") from None
        except (BadZipFile, KeyError):
            raise RefusedError(f"{path.name} is damaged, or locked by a password: save it anew.") from None
    content = path.read_bytes()
    if content[:2] in (b"PK", b"\xd0\xcf"):
        raise RefusedError(f"{path.name} is neither CSV nor XLSX: save it as CSV UTF-8.")
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        raise RefusedError(f"{path.name} is not in {encoding}: try --encoding cp1254 (Turkish computers), or cp1252 "
                           "(Western Europe).") from None  # fmt: skip
    lines = text.splitlines()[max(header - 1, 0) :][: 1 if header else 20] or [""]
    delimiter = max(",;\t|", key=lambda sign: median(line.count(sign) for line in lines))
    return list(csv.reader(io.StringIO(text), delimiter=delimiter))


def _text(cell: object) -> str:
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    return "" if cell is None else str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).strip()


def header_row(rows: Sequence[Sequence[str]]) -> int:
    """Return the row of the headers, from 1: the first in which more than half of the columns are filled."""
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows[:50]]
    return next((number for number, cells in enumerate(filled, start=1) if 2 * cells > max(filled)), 1)


def day_or_year(text: str, order: str = "dmy") -> Birth:
    """Return the first and last day of a date, a month or a year. Raises UnreadableError."""
    parts = [int(part) for part in re.findall(r"\d+", fold(re.split(r"(?<=\d)[T ]+\d+:", text.strip())[0]))]
    try:
        if len(parts) == 1 and len(str(parts[0])) == 5:  # how Excel counts days
            parts = list((datetime.date(1899, 12, 30) + datetime.timedelta(parts[0])).timetuple()[:3])
        elif len(parts) == 3 and parts[0] < 1000:
            parts = [parts[order.index(part)] for part in "ymd"]
        elif len(parts) == 2 and parts[0] < 1000:
            parts = parts[::-1]
        first = datetime.date(*[*parts, 1, 1][:3])
        after = [(first.year + 1, 1), (first.year + first.month // 12, first.month % 12 + 1)]
        last = first if len(parts) == 3 else datetime.date(*after[len(parts) - 1], 1) - datetime.timedelta(1)
    except (TypeError, ValueError, OverflowError, IndexError):
        raise UnreadableError("no date") from None
    if not parts or not 1900 <= first.year <= datetime.date.today().year:
        raise UnreadableError("no date of a birth")
    return first, last


def born_by_age(age: str, on: str, order: str = "dmy") -> Birth:
    """Return the first and last day of birth of who had completed so many years on a day. Raises UnreadableError."""
    stated = re.fullmatch(r"(\d{1,3})(?: [^\W\d]+)?", fold(age))
    if not stated or int(stated[1]) > 110:
        raise UnreadableError("no age in whole years")
    first, last = day_or_year(on, order)
    assert first and last
    after = datetime.date(first.year - int(stated[1]) - 1, first.month, min(first.day, 28)) + datetime.timedelta(1)
    return after, datetime.date(last.year - int(stated[1]), last.month, min(last.day, 28))


ASKED = {
    "given": "the given name", "family": "the family name", "full-name": "the whole name, where it is in one column",
    "birth": "the date of birth", "age": "the age, where no date of birth is stated", "on": "the day of that age",
    "phone": "the telephone", "document": "the number of a document",
}  # fmt: skip
_IDENTITY = ("given", "family", "full-name", "birth", "phone", "document")


def encode(table: Sequence[Sequence[str]], columns: dict[str, int], key: bytes, label: str, order: str = "dmy"):
    """Return tokens a row, the first row of each person, and cells that cannot be read (row, what, why).

    `columns` has the place of each of `ASKED` that is on the list, and `order` that of day, month and year in dates.
    """
    rows, unread = [], []
    for at, cells in enumerate(table):
        said = dict.fromkeys(ASKED, "") | {name: cells[place].strip() for name, place in columns.items()}

        def of(name: str, read: Callable, *texts: str, at: int = at, otherwise: object = ""):
            try:
                return read(*texts) if texts[0] else otherwise
            except UnreadableError as error:
                unread.append((at, name, str(error)))
                return otherwise

        both = of("full-name", given_and_family, said["full-name"], otherwise=("", ""))
        texts = [said[name] if name in columns else part for name, part in zip(("given", "family"), both, strict=True)]
        given, family = (of(name, romanised, text) for name, text in zip(("given", "family"), texts, strict=True))
        birth = of("birth", day_or_year, said["birth"], order, otherwise=_NEVER)
        if birth == _NEVER and said["on"]:
            birth = of("age", born_by_age, said["age"], said["on"], order, otherwise=_NEVER)
        rows.append(combined(given, family, birth, said["phone"], said["document"]))
        for name, form in (("phone", phone_form), ("document", document_form)):
            if said[name] and not form(said[name]):
                unread.append((at, name, "no number"))
    return *tokens(rows, key, label), unread


def names_somebody(cell: str, identities: Sequence[str]) -> bool:
    """A cell says what stands in a column of identity of its row: as a whole, or a name or number within it."""
    text = f" {fold(cell)} "
    whole = [fold(one) for one in identities if len(fold(one)) > 1]
    parts = {*whole, *(word for one in whole for word in one.split())}
    # A year, which many columns hold, is not looked for within a text.
    long = [one for one in parts if len(one) > (4 if one.isdigit() else 3)]
    return text.strip() in whole or any(f" {one} " in text for one in long)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list", type=Path, nargs="?", help="CSV, or XLSX where openpyxl is there")
    for name, does in (("key", "the key that the owners share"), ("new-key", "make one"), ("check", "its fingerprint")):
        parser.add_argument(f"--{name}", type=Path, metavar="FILE", help=does)
    for name, meaning in ASKED.items():
        parser.add_argument(f"--{name}", metavar="COLUMN", help=f"header of the column that holds {meaning}")
    parser.add_argument("--keep", action="append", metavar="COLUMN", help="leaves as it is; others do not leave")
    parser.add_argument("--header", type=int, default=0, metavar="N", help="row of the headers (default: looked for)")
    parser.add_argument("--sheet", default="", help="of an Excel file (default: the first)")
    parser.add_argument("--encoding", default="utf-8-sig", help="of a CSV file (default: UTF-8)")
    parser.add_argument("--dates", choices=("dmy", "mdy", "ymd"), default="dmy", help="order in dates (default: dmy)")
    said = parser.parse_args(arguments)
    try:
        if said.new_key or said.check:
            if said.new_key:
                new_key(said.new_key)
            print(f"Fingerprint of the key: {fingerprint(read_key(said.new_key or said.check))}")
        elif said.list and said.key:
            encode_file(said, read_key(said.key))
        else:
            parser.error("give a list and --key FILE; --new-key FILE makes a key")
    except OSError as error:
        raise RefusedError(f"{error.filename} cannot be read or written: {error.strerror}.") from None
    except (EOFError, KeyboardInterrupt):
        raise RefusedError("\nStopped: nothing was encoded.") from None


def ask(headers: Sequence[str]) -> tuple[dict[str, int], list[int]]:
    """Ask by numbers which columns hold what, and which may leave; a question is repeated until its answer is one."""
    print("\n".join(f"{number:3d}  {header}" for number, header in enumerate(headers, start=1)))

    def places(question: str) -> list[int]:
        while True:
            numbers = input(question).replace(",", " ").split()
            if all(number.isdecimal() and 1 <= int(number) <= len(headers) for number in numbers):
                return [int(number) - 1 for number in numbers]
            print(f"Columns have the numbers 1 to {len(headers)}; Enter alone means none.")

    print("Which column holds what, by its number? Enter alone means none.")
    columns: dict[str, int] = {}
    for name, meaning in ASKED.items():
        if not ((name == "full-name" and columns) or (name == "on" and "age" not in columns)):
            columns.update((name, place) for place in places(f"  {meaning}: ")[:1])
    return columns, places("Which may leave as they are, as 2,5,7? All other columns stay here: ")


def encode_file(said: argparse.Namespace, key: bytes) -> None:
    """Write the encoded list and the places of its rows, and print what became of rows and cells."""
    rows = read(said.list, said.sheet, said.header, said.encoding)
    top = said.header or header_row(rows)
    headers = [" ".join(header.split()) for header in rows[top - 1]] if len(rows) >= top else []
    print(f"The headers are those of row {top}.")
    given = {name: vars(said)[name.replace("-", "_")] for name in ASKED}
    if any(given.values()):
        columns = {name: _place(header, headers) for name, header in given.items() if header}
        kept_at = [_place(header, headers) for header in said.keep or []]
    else:
        columns, kept_at = ask(headers)
        named = [*columns.items(), *(("keep", at) for at in kept_at)]
        print(
            "The same without questions:", shlex.join(text for name, at in named for text in (f"--{name}", headers[at]))
        )
    identities = [columns[name] for name in _IDENTITY if name in columns]
    if not identities or set(identities) & set(kept_at):
        raise RefusedError("Name the columns of names, birth, telephone and document, and keep none of them.")
    body = [(at, [*cells, *[""] * (len(headers) - len(cells))]) for at, cells in enumerate(rows[top:], top + 1)]
    empty = {number for number, cells in body if not any(cells[at].strip() for at in (*columns.values(), *kept_at))}
    body = [(number, cells) for number, cells in body if number not in empty]
    label = hashlib.sha256(repr(rows).encode()).hexdigest()
    found, person, unread = encode([cells for _, cells in body], columns, key, label, said.dates)
    blanked, written = [], []
    for number, row in body:
        names = [row[at] for at in identities]
        left = ["" if names_somebody(row[at], names) else row[at] for at in kept_at]
        blanked += [(number, headers[at]) for at, cell in zip(kept_at, left, strict=True) if cell != row[at]]
        written.append(left)
    # In an order that only the key knows: that of the list can follow names.
    turned = sorted(range(len(body)), key=lambda at: keyed_token(key, "order", f"{label}{at}"))
    out = said.list.with_name(f"{said.list.stem}_encoded.csv")
    cells_out = ([" ".join(found[at].values()), *written[at]] for at in turned)
    write(out, _csv([["tokens", *(headers[at] for at in kept_at)], *cells_out]))
    original = ([n, body[at][0]] for n, at in enumerate(turned, start=2))
    write(out.with_name(f"{out.stem}_rows.csv"), _csv([["row of the encoded list", "row of the list"], *original]))
    alone = sum(count for count in Counter(map(tuple, written)).values() if count == 1)
    print(f"{len(body):,} rows are in {out.name}, {len(KINDS) * len(body):,} tokens; key {fingerprint(key)}.")
    print(f"{out.stem}_rows.csv says which row is which: it stays here, and so do {said.list.name} and the key.")
    print("Kept as they are: " + (", ".join(headers[at] for at in kept_at) or "no column") + ".")
    print(f"{alone:,} rows are the only ones with what they say in the kept columns: who knows as much of a person "
          "finds the row without any name. Keep fewer columns, or years and groups of ages.")  # fmt: skip
    numbers = [number for number, _ in body]
    nobody = [(number, "") for number, cells in body if not any(cells[at].strip() for at in identities)]
    again = [(numbers[at], f"row {numbers[first]}") for at, first in enumerate(person) if at != first]
    unread_in = [(numbers[at], f"{headers[columns.get(name, columns.get('full-name', 0))]}: {why}")
                 for at, name, why in unread]  # fmt: skip
    for sentence, places in (
        ("Cells that cannot be read, and make no token", unread_in),
        ("Cells of kept columns that name the person of their row, left out", blanked),
        ("Rows with nothing in the columns used, left out", [(number, "") for number in sorted(empty)]),
        ("Rows without name, date and number: take totals and notes out", nobody),
        ("Rows that seem to be the person of an earlier row", again),
    ):
        if places:
            print(f"{sentence} ({len(places):,}): " + "; ".join(f"{row} {what}".strip() for row, what in places) + ".")


def _csv(rows: Sequence[Sequence]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _place(header: str, headers: Sequence[str]) -> int:
    found = [at for at, one in enumerate(headers) if fold(one) == fold(header)]
    if len(found) != 1:
        raise RefusedError(f"There is not one column '{header}': the headers are {', '.join(headers)}. See --header.")
    return found[0]


if __name__ == "__main__":
    main()
