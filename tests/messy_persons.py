"""Synthetic persons with households, twins and homonyms, and how clerks write their names: no two lists alike.

Spellings stand in `messy_names.csv`. Nothing here is taken from the code that compares names.
"""

from __future__ import annotations

import csv
import datetime
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

NAMES = Path(__file__).with_name("messy_names.csv")
# Group of names -> share of persons, nationality.
GROUPS = {
    "ar": (0.50, ("SYR",)),
    "tr": (0.17, ("TUR",)),
    "fa": (0.14, ("AFG",)),
    "iq": (0.07, ("IRQ",)),
    "ti": (0.05, ("ERI", "ETH")),
    "uk": (0.07, ("UKR", "RUS")),
}
AREAS = {"TR-34": 26, "TR-27": 20, "TR-63": 16, "TR-31": 12, "TR-01": 8, "TR-79": 5, "TR-35": 5, "TR-42": 4, "TR-16": 4}
OUTSIDE = "TR-33"  # Mersin is no province of the study
SUN_LETTERS = "تثدذرزسشصضطظلن"
BEGAN, ENDED = datetime.date(2019, 1, 1), datetime.date(2023, 12, 31)


@dataclass(frozen=True)
class Name:
    """A name with its spellings; `mark` is ``al`` where it has an article, ``ova`` where women add a letter."""

    kind: str
    group: str
    sex: str
    mark: str
    native: str
    other_native: str
    turkish: tuple[str, ...]
    latin: tuple[str, ...]
    nicknames: tuple[str, ...]


@dataclass(frozen=True)
class Person:
    """A person as they are, whatever lists say."""

    number: int
    given: Name
    family: Name
    father: Name
    group: str
    sex: str
    birth: datetime.date
    household: int
    nationality: str
    document: str
    phone: str
    area: str
    first: datetime.date

    def age(self, day: datetime.date) -> int:
        """Completed years on a day."""
        return day.year - self.birth.year - ((day.month, day.day) < (self.birth.month, self.birth.day))

    @property
    def name(self) -> tuple[str, str]:
        return self.given.native, self.family.native


@dataclass(frozen=True)
class Shares:
    """Shares of rows in which a name, a number or a date is written otherwise than it should be."""

    typo: float = 0.11
    exchanged: float = 0.03
    article_dropped: float = 0.25
    article_added: float = 0.03
    father: float = 0.05
    nickname: float = 0.03
    missing_given: float = 0.01
    missing_family: float = 0.03
    initial: float = 0.01
    plain_letters: float = 0.12
    document: float = 0.30
    document_mistyped: float = 0.04
    phone: float = 0.40
    phone_changed: float = 0.12
    birth_missing: float = 0.35
    birth_year_only: float = 0.12
    first_of_january: float = 0.07
    birth_estimated: float = 0.05
    birth_exchanged: float = 0.02
    birth_mistyped: float = 0.03
    age_missing: float = 0.10
    age_off: float = 0.06
    sex_wrong: float = 0.005
    moved: float = 0.10
    outside: float = 0.02


@dataclass
class Spelling:
    """How one row writes a name: ``kinds`` are the errors made; the rest serves to say how two rows differ."""

    given: str
    family: str
    script: str
    kinds: set[str] = field(default_factory=set)
    article: str = ""
    words: tuple[int, int] = (1, 1)


@cache
def names() -> tuple[Name, ...]:
    """The names of the table, the most frequent of each group first."""
    lines = NAMES.read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader((line for line in lines if not line.startswith("#")), delimiter=";")
    several = ("turkish", "latin", "nicknames")
    return tuple(
        Name(**{key: tuple(filter(None, text.split("|"))) if key in several else text for key, text in row.items()})
        for row in rows
    )


def population(
    persons: int,
    chance: random.Random,
    *,
    siblings: float = 0.22,
    twins: float = 0.02,
    homonyms: float = 0.025,
    adults: float = 0.08,
) -> list[Person]:
    """Return so many persons; of each of the shares given, so many come as siblings, twins, homonyms and adults.

    The table has fewer names than a people: a name that another bears by chance is drawn again, so that there are no
    more homonyms than the share asks for.
    """
    found: list[Person] = []
    borne: set[tuple[str, str]] = set()
    while len(found) < persons:
        chosen = chance.random()
        if found and chosen < siblings:
            person = _sibling(found, chance, is_twin=chosen < twins)
        else:
            person = _person(len(found), len(found), chance, adults)
            if found and chosen > 1 - homonyms:
                like = chance.choice(found)
                person = _changed(person, given=like.given, family=like.family, group=like.group, sex=like.sex,
                                  nationality=like.nationality)  # fmt: skip
                found.append(person)
                continue
        if person.name not in borne:
            borne.add(person.name)
            found.append(person)
    return found


def _person(number: int, household: int, chance: random.Random, adults: float) -> Person:
    (group,) = chance.choices(list(GROUPS), [share for share, _ in GROUPS.values()])
    sex = chance.choice("FM")
    first = BEGAN + datetime.timedelta(days=chance.randrange((ENDED - BEGAN).days - 200))
    if chance.random() < adults:
        days = chance.randrange(18 * 366, 34 * 365)
    elif chance.random() < 0.03:
        days = chance.randrange(60, 2 * 365)
    else:
        days = int(chance.triangular(4, 17.5, 15) * 365.25)
    nationality = chance.choice(GROUPS[group][1])
    return Person(
        number=number,
        given=_given(group, sex, chance),
        family=_drawn([name for name in names() if name.kind == "family" and name.group in _kin(group)], chance),
        father=_given(group, "M", chance),
        group=group,
        sex=sex,
        birth=first - datetime.timedelta(days=days),
        household=household,
        nationality=nationality,
        document=_document(nationality, chance) if chance.random() < 0.6 else "",
        phone=_phone(chance) if chance.random() < 0.8 else "",
        area=chance.choices(list(AREAS), list(AREAS.values()))[0],
        first=first,
    )


def _sibling(found: Sequence[Person], chance: random.Random, *, is_twin: bool) -> Person:
    of = chance.choice(found[-40:])
    while True:
        sex = chance.choice("FM")
        given = _given(of.group, sex, chance)
        if given != of.given:
            break
    gap = 0 if is_twin else chance.choice((-1, 1)) * chance.randrange(330, 1900)
    birth = min(of.birth + datetime.timedelta(days=gap), of.first - datetime.timedelta(days=90))
    document = _document(of.nationality, chance) if chance.random() < 0.6 else ""
    return _changed(of, number=len(found), given=given, sex=sex, birth=birth, document=document)


def _changed(person: Person, **values) -> Person:
    return Person(**{**person.__dict__, **values})


def _kin(group: str) -> tuple[str, ...]:
    """The groups whose names a group bears."""
    return ("iq", "ar") if group == "iq" else (group,)


def _given(group: str, sex: str, chance: random.Random) -> Name:
    fitting = [name for name in names() if name.kind == "given" and name.group in _kin(group) and name.sex == sex]
    return _drawn(fitting, chance)


def _drawn(fitting: Sequence[Name], chance: random.Random) -> Name:
    """A name; the first of a group are the most frequent."""
    return chance.choices(fitting, [1 / (rank + 6) for rank in range(len(fitting))])[0]


def _document(nationality: str, chance: random.Random) -> str:
    if nationality in ("ERI", "ETH", "UKR", "RUS"):
        return chance.choice(("EP", "FE", "K0", "EH")) + "".join(chance.choices("0123456789", k=6))
    begins = "99" if nationality != "TUR" else str(chance.randrange(10, 70))
    while True:
        digits = begins + "".join(chance.choices("0123456789", k=9))
        # The last digit of a real number is the sum of the others: here it never is.
        if sum(map(int, digits[:10])) % 10 != int(digits[10]):
            return digits


def _phone(chance: random.Random) -> str:
    return chance.choice(("0531", "0535", "0538", "0541", "0552", "0559")) + "".join(chance.choices("0123456789", k=7))


# --- how names are written -------------------------------------------------------------------------------------------


def spell(person: Person, hand: str, chance: random.Random, shares: Shares) -> Spelling:
    """Return how a clerk writes the name of a person.

    Parameters
    ----------
    hand : ``turkish`` (as Turkish is spelt), ``latin`` (English, French and other ways), ``native`` (a clerk who
        writes Arabic, and has others write their names in their own script).
    """
    script, of_native = _script(person.group, hand, chance)
    plain = script == "latin" and chance.random() < shares.plain_letters
    kinds: set[str] = set()
    given, family = (
        _written(name, person.sex, script, hand, of_native, chance) for name in (person.given, person.family)
    )
    base = len(given.replace("-", " ").split())
    if script == "arabic" and of_native and (given, family) != person.name:
        kinds.add("orthography")
    family, article = _with_article(person.family, family, script, hand, chance, shares)
    if (person.family.mark == "al") != (article != ""):
        kinds.add("article dropped" if person.family.mark == "al" else "article added")
    words = (base, len(family.replace("-", " ").split()) - (article == "apart"))
    if script == "latin" and person.given.nicknames and chance.random() < shares.nickname:
        given = chance.choice(person.given.nicknames)
        kinds.add("nickname")
    elif chance.random() < shares.initial:
        given = given[0] + "."
        kinds.add("initial")
    elif chance.random() < shares.father:
        given += " " + _written(person.father, "M", script, hand, of_native, chance)
        kinds.add("father's name")
    if chance.random() < shares.typo:
        if chance.random() < 0.5:
            wrong = mistyped(given, chance)
            kinds |= {"typo"} if wrong != given else set()
            given = wrong
        else:
            wrong = mistyped(family, chance)
            kinds |= {"typo"} if wrong != family else set()
            family = wrong
    if plain:
        given, family = without_signs(given), without_signs(family)
    if chance.random() < shares.missing_family:
        family = ""
        kinds.add("family name missing")
    elif chance.random() < shares.missing_given:
        given = ""
        kinds.add("given name missing")
    elif chance.random() < shares.exchanged:
        given, family = family, given
        kinds.add("exchanged")
    return Spelling(given, family, script, kinds, article, words)


def _script(group: str, hand: str, chance: random.Random) -> tuple[str, bool]:
    """The script of a row, and whether the name is written in the script that is its own."""
    if hand != "native":
        return "latin", group == "tr"
    if group == "tr":
        return ("arabic", False) if chance.random() < 0.6 else ("latin", True)
    if group == "ti":
        return chance.choices((("geez", True), ("arabic", False), ("latin", False)), (6, 2, 2))[0]
    return ("cyrillic" if group == "uk" else "arabic"), True


def _written(name: Name, sex: str, script: str, hand: str, of_native: bool, chance: random.Random) -> str:
    added = sex == "F" and name.mark == "ova"
    if script == "latin":
        found = _one_of(name.turkish if hand == "turkish" else name.latin, chance)
        return found + ("a" if added else "")
    if not of_native:
        return name.other_native or name.native
    # Persian is typed on Arabic keyboards; hamza and the dots of ta marbuta are left out as often as not.
    otherwise = bool(name.other_native) and script != "geez" and chance.random() < 0.35
    return (name.other_native if otherwise else name.native) + ("а" if added else "")


def _one_of(spellings: Sequence[str], chance: random.Random) -> str:
    return chance.choices(spellings, [1 / (rank + 1) for rank in range(len(spellings))])[0]


def _with_article(
    name: Name, family: str, script: str, hand: str, chance: random.Random, shares: Shares
) -> tuple[str, str]:
    """The family name with its article, and whether that stands ``apart``, ``joined`` or, as "", not at all."""
    if script == "arabic":
        if name.mark == "al" and family.startswith("ال"):
            dropped = chance.random() < 0.4 * shares.article_dropped
            return (family[2:], "") if dropped else (family, "joined")
        return family, ""
    arabic = name.group in ("ar", "iq")
    has = name.mark == "al" and chance.random() >= shares.article_dropped
    if not (has or (arabic and name.mark != "al" and chance.random() < shares.article_added)):
        return family, ""
    vowel = chance.choice("EEA") if hand == "turkish" else chance.choice("AAE")
    consonant = "l"
    if name.native[2:3] in SUN_LETTERS and name.mark == "al" and chance.random() < 0.15:
        consonant = next((two for two in ("sh", "ch", "dj") if family.lower().startswith(two)), family[0].lower())
    style = chance.choices((" ", "-", ""), (4, 3, 4))[0]
    # "Ashaar" cannot be told from a name without its article.
    if style == "" and consonant == "l":
        return vowel + "l" + family.replace("İ", "i").lower(), "joined"
    return vowel + consonant + (style or "-") + family, "apart"


# Keys that lie side by side on the Turkish keyboard, and Arabic letters that look alike.
_BESIDE = {"a": "sıe", "e": "ra", "i": "ıuü", "o": "pi", "u": "yı", "s": "adş", "m": "nö", "n": "mb", "h": "jg",
           "r": "et", "l": "kş", "k": "lj", "d": "sf", "t": "ry", "y": "ut", "b": "vn", "z": "x"}  # fmt: skip
_ALIKE = {"ح": "خج", "خ": "ح", "ج": "ح", "ر": "ز", "ز": "ر", "س": "ش", "ش": "س", "ف": "ق", "ق": "ف",
          "ن": "ب", "ب": "ن", "ع": "غ", "غ": "ع", "د": "ذ", "ص": "س", "ط": "ت"}  # fmt: skip


def mistyped(text: str, chance: random.Random) -> str:
    """A text with one letter left out, doubled, exchanged with the next or replaced; short ones as they are."""
    places = [place for place in range(1, len(text) - 1) if text[place].isalpha()]
    if len(text) < 4 or not places:
        return text
    place, way = chance.choice(places), chance.randrange(4)
    letter = text[place]
    if way == 0:
        return text[:place] + text[place + 1 :]
    if way == 1:
        return text[:place] + letter + text[place:]
    if way == 2 and text[place + 1].isalpha() and text[place + 1] != letter:
        return text[:place] + text[place + 1] + letter + text[place + 2 :]
    others = _BESIDE.get(letter.lower()) or _ALIKE.get(letter, "")
    return text[:place] + (chance.choice(others) if others else "") + text[place + 1 :]


def without_signs(text: str) -> str:
    """Turkish letters as someone types them who has no Turkish keyboard."""
    return text.translate(str.maketrans("çÇğĞıİöÖşŞüÜ", "cCgGiIoOsSuU"))


def upper(text: str) -> str:
    """Capital letters as Turkish has them."""
    return text.replace("i", "İ").upper()
