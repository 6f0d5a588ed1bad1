"""Names of persons as they are compared: in Latin letters, word by word, and by their consonants.

A name has many spellings: of a clerk's language (Hatice, Khadija, Khadidja), of a script (خديجة), with an article and
without (Rifai, Al-Rifai, Er-Rifai), in one word or two (Abdurrahman, Abdul Rahman). The forms here are what such
spellings share. Agreement on them says less than the same name does; how much less is estimated from the records.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import numpy as np
import pandas as pd
from anyascii import anyascii

from analysis.intake.pseudonyms import Texts, fold, pseudonym

# Letters of Arabic that carry a vowel, which the library leaves out, and the ending that is read as one.
_VOWELS = dict.fromkeys("اأإآٱعى", "a") | {"ة": "a", "ء": "", "ئ": "", "ؤ": "w"}
# Letters that the library writes as two, as one of the Latin letters that are read alike.
_SINGLE = {"ش": "s", "ث": "s", "خ": "h", "غ": "g", "ذ": "d", "ض": "d", "چ": "s", "ژ": "j"}
# What Persian, known by letters of its own, reads otherwise: Reza for Ridha, Zabih for Dhabih.
_PERSIAN, _IN_PERSIAN = re.compile("[پچژگکی]"), {"ض": "z", "ذ": "z"}
_CH = ("تش", "چ")  # how Arabic, which lacks the letter, writes the Turkish ç
_WITH_ARTICLE = re.compile("(عبد)?ال(..+)")  # "servant of" can stand before it in the same word
_ARABIC = re.compile(r"[\u0600-\u06ff]+")


def romanised(name: str) -> str:
    """Return a name in Latin letters: Arabic, Cyrillic, Ge'ez and other scripts letter by letter, by anyascii.

    Arabic leaves short vowels out. An "a" stands where one can be, so that two letters are not read as one sound, and
    the article is a word of its own: عبدالرحمن is "abad al rahaman".

    Parameters
    ----------
    name : as a file has it.
    """
    if name.isascii():
        return name
    name = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name))
    found = _ARABIC.sub(lambda word: _arabic(word[0]), name)
    return "".join(letter if _is_latin(letter) else anyascii(letter) for letter in found)


def _arabic(word: str) -> str:
    letters = "".join(letter for letter in word if letter.isalpha() and letter != "ـ")  # no vowel signs, no tatweel
    if with_article := _WITH_ARTICLE.fullmatch(letters.replace(*_CH)):
        return f"{_spelt(with_article[1] or '')} al {_spelt(with_article[2])}".strip()
    return _spelt(letters.replace(*_CH))


def _spelt(letters: str) -> str:
    read = _VOWELS | _SINGLE | (_IN_PERSIAN if _PERSIAN.search(letters) else {})
    latin = [read[letter] if letter in read else anyascii(letter) for letter in re.sub("ه$", "ة", letters)]
    # Not within th, which Latin spellings of Fathi have too.
    return re.sub(r"(?<=[b-df-hj-np-tv-z])(?=[b-df-hj-np-tv-z])(?<!t(?=h))", "a", "".join(latin))


def _is_latin(letter: str) -> bool:
    return not letter.isalpha() or letter.isascii() or unicodedata.name(letter, "LATIN").startswith("LATIN")


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
    """Return the words of a name in small Latin letters, without particles and articles, and two halves as one word.

    Parameters
    ----------
    name : as a file has it, or `romanised`. A name that is a particle alone (En) stays.
    family : of a family name, an article is taken off before a vowel too.
    """
    # Before its sign is lost: ç is Turkish for ch, which is read as s, and Portuguese and French for s.
    parts = fold(romanised(name).replace("ç", "ch").replace("Ç", "ch")).split()
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
    """Return the consonants of a word, with letters merged that spelling and transliteration confuse.

    Made for Arabic, Turkish and Kurdish names as Turkish, French and English clerks write them, in Arabic script too,
    and for Portuguese, Creole and Slavic names. Vowels fall away, also the first; v, w and y stay as first letters
    only, since they are vowels elsewhere in Arabic script (Mervan, Marwan, مروان).

    Parameters
    ----------
    word : of `words`.

    Returns
    -------
    Consonants; "a" for a word of vowels alone, "" for "".
    """
    letters = word
    for pattern, sound in _SOUNDS:
        letters = pattern.sub(sound, letters)
    return (letters[:1].strip("aeiou") + re.sub(r"[aeiouvy]", "", letters[1:])) or (letters[:1] and "a")


def given_and_family(full_name: str) -> tuple[str, str]:
    """Return the two parts of a whole name: what stands before a comma, or the last word, is the family name.

    A particle, or the first half of a name in two words, goes with the word after it. One word alone is a given name.
    """
    family, comma, given = full_name.partition(",")
    if comma:
        return given.strip(), family.strip()
    parts = full_name.split()
    at = len(parts) - 1
    while at > 1 and any(
        word in _PARTICLES or _FIRST_HALF.fullmatch(word) for word in fold(romanised(parts[at - 1])).split()
    ):
        at -= 1
    return " ".join(parts[:at] or parts), " ".join(parts[at:] if at > 0 else [])


# Of so many consonants, one edit is one of them replaced; fewer have too many others within one edit.
FEW_CONSONANTS = 3


def name_columns(texts: Texts, purpose: str, key: str) -> pd.DataFrame:
    """Return five columns of pseudonyms by which names can be linked that are spelt in different ways.

    Given and family names share one domain of pseudonyms: only so can it be seen that a clerk has exchanged them.

    Parameters
    ----------
    texts : n names as the file has them; None, NaN and blanks are not stated.
    purpose : "given" or "family", which names the columns.
    key : 16 ASCII characters.

    Returns
    -------
    DataFrame of n rows (index from 0, or that of a Series given), for "given":
    link_given (of the romanised, folded name without spaces, or ""),
    link_given_near (list: of the name itself and all that remain when one letter is deleted; two names of two letters
    or more within one edit share at least one, Mor and Fraenkel 1982; [] if not stated),
    link_given_sound (of the `consonants` of all words, or ""),
    link_given_sound_near (list: the same as near, of consonants, and of three of them the consonants with one of them
    open; [] where they are fewer),
    link_given_words (list: of the consonants of each word).
    """
    listed = pd.Series(texts, dtype=object).reset_index(drop=True)
    place, distinct = pd.factorize(listed.where(listed.notna(), ""))
    names, sounds, of_words = [], [], []
    for name in map(romanised, map(str, distinct)):
        letters = fold(name).replace(" ", "")
        # An initial is no name.
        each = [consonants(word) for word in words(name, purpose == "family")] if len(letters) > 1 else []
        names.append(letters if each else "")
        sounds.append("".join(each))
        of_words.append(list(dict.fromkeys(each)))
    columns = {
        f"link_{purpose}": pseudonym(names, "name", key)[place],
        f"link_{purpose}_near": _listed([_deletions(name) for name in names], "name", key)[place],
        f"link_{purpose}_sound": pseudonym(sounds, "sound", key)[place],
        f"link_{purpose}_sound_near": _listed([_near(sound) for sound in sounds], "sound", key)[place],
        f"link_{purpose}_words": _listed(of_words, "sound", key)[place],
    }
    return pd.DataFrame(columns, index=texts.index if isinstance(texts, pd.Series) else None)


def _listed(several: list[list[str]], purpose: str, key: str) -> np.ndarray:
    """Lists of pseudonyms of lists of texts."""
    flat = pseudonym([text for texts in several for text in texts], purpose, key).tolist()
    lists = np.empty(len(several), dtype=object)
    start = 0
    for number, texts in enumerate(several):
        lists[number] = flat[start : start + len(texts)]
        start += len(texts)
    return lists


def _near(sound: str) -> list[str]:
    """Return what consonants within one edit share."""
    if len(sound) > FEW_CONSONANTS:
        return _deletions(sound)
    replaced = [sound[:at] + "?" + sound[at + 1 :] for at in range(len(sound))]
    return replaced if len(sound) == FEW_CONSONANTS else []


def _deletions(name: str) -> list[str]:
    """The name and each of its one-letter deletions, without repeats; a deletion of a single letter leaves nothing."""
    shorter = [name[:at] + name[at + 1 :] for at in range(len(name))]
    return [near for near in dict.fromkeys([name, *shorter]) if near]
