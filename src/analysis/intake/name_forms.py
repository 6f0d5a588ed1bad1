"""Names of persons as they are compared: in Latin letters, word by word, and by their consonants.

A name has many spellings: of a clerk's language (Hatice, Khadija, Khadidja), of a script (خديجة), with an article and
without (Rifai, Al-Rifai, Er-Rifai), in one word or two (Abdurrahman, Abdul Rahman). The forms here are what such
spellings share. Agreement on them says less than the same name does; how much less is estimated from the records.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from anyascii import anyascii

from analysis.intake import encode_names
from analysis.intake.encode_names import consonants
from analysis.intake.pseudonyms import Texts, fold, pseudonym

__all__ = ["consonants", "given_and_family", "name_columns", "romanised", "words"]


def romanised(name: str) -> str:
    """Return a name in Latin letters (`encode_names.romanised`), of any script by anyascii."""
    return encode_names.romanised(name, anyascii)


def words(name: str, family: bool = False) -> list[str]:
    """Return the words of a name of any script as they are compared (`encode_names.words`)."""
    return encode_names.words(romanised(name), family)


def given_and_family(full_name: str) -> tuple[str, str]:
    """Return the two parts of a whole name of any script (`encode_names.given_and_family`)."""
    return encode_names.given_and_family(full_name, anyascii)


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
