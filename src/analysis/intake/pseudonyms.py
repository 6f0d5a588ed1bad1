"""Forms in which a name, a telephone number or a document is kept: a form to compare by, then a pseudonym.

A pseudonym is SipHash-2-4 (Aumasson and Bernstein 2012) under a secret key: whoever lacks the key cannot hash a list of
names and look up who is in the records. Forms of names are in `analysis.intake.name_forms`.
"""

from __future__ import annotations

import os
import secrets
import string
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from analysis.catalog import ROOT, shown
from analysis.intake.encode_names import document_form, fold, phone_form
from bounded.refusal import Coded

SYNTHETIC_KEY = "SYNTHETIC-STUDY!"  # public on purpose: whoever reads a synthetic list may repeat its pseudonyms
KEY_FILE = "ANALYSIS_KEY"  # environment variable: the file that holds the secret key
KEY_LENGTH = 16
__all__ = ["IdentityError", "Texts", "document", "fold", "hexadecimal", "keyed", "phone", "pseudonym", "secret_key"]

Texts: TypeAlias = "pd.Series | Sequence[str | None] | np.ndarray"


class IdentityError(Coded):
    """The secret key cannot be used; the message says which file it was read from, and never what it holds."""


def keyed(texts: Texts, key: str) -> np.ndarray:
    """SipHash-2-4 of texts under a key (Aumasson and Bernstein 2012), as pandas has it.

    pandas permutes the 64 bits once more at the end (the mixing step of SplitMix64, Steele et al. 2014). That step is
    one to one, so that it makes no collision.

    Parameters
    ----------
    texts : n texts, hashed as UTF-8.
    key : 16 ASCII characters, as `secret_key` gives them.

    Returns
    -------
    Array of n uint64.

    Raises
    ------
    IdentityError : the key does not have 16 ASCII characters.
    """
    if len(key) != KEY_LENGTH or not key.isascii():
        raise IdentityError(
            "not_ascii", f"A key for pseudonyms has {KEY_LENGTH} ASCII characters; this one has others."
        )
    listed = np.empty(len(texts), dtype=object)
    listed[:] = list(texts)
    return pd.util.hash_array(listed, encoding="utf8", hash_key=key, categorize=False)


def pseudonym(texts: Texts, purpose: str, key: str) -> np.ndarray:
    """Keyed pseudonyms: equal texts of one purpose have equal pseudonyms.

    Parameters
    ----------
    texts : n texts in the form to compare by (see `fold`, `phone`, `document`); None, NaN and blanks are not stated.
    purpose : what the texts are. The same text has another pseudonym for another purpose, so that a document number
        cannot be found among telephone numbers.
    key : 16 ASCII characters.

    Returns
    -------
    Array of n texts: 16 hexadecimal digits, or "" where nothing was stated.
    """
    return _hashed(_stated(texts), purpose, key)


def phone(texts: Texts) -> np.ndarray:
    """Telephone numbers as they are compared: the last nine digits of the national number.

    The country's code goes, with or without + or 00, where what remains is as long as a number of that country; so
    does the leading zero. Nine digits tell the numbers of all countries studied apart; a Turkish mobile loses its 5.

    Parameters
    ----------
    texts : n texts as the file has them.

    Returns
    -------
    Array of n texts of 6 to 9 digits; "" for fewer than six digits and for one digit repeated, which is a filler.
    """
    return _forms_of(texts, phone_form)


def document(texts: Texts) -> np.ndarray:
    """Document numbers as they are compared: letters and digits, upper case.

    Parameters
    ----------
    texts : n texts as the file has them.

    Returns
    -------
    Array of n texts; "" for what cannot be a number: fewer than four signs, no digit, or one sign repeated.
    """
    return _forms_of(texts, document_form)


def secret_key(kind: str) -> str:
    """The key for the pseudonyms of a list: public for a synthetic one, secret for every other.

    The secret is read from the file that the environment variable ANALYSIS_KEY names, else from ``.key`` in the
    project's folder, which is made on first use, for its owner alone to read. Whoever loses it cannot link new lists
    to pseudonyms made before.

    Parameters
    ----------
    kind : ``public``, ``confidential`` or ``synthetic``.

    Returns
    -------
    16 ASCII characters.

    Raises
    ------
    IdentityError : the file cannot be read or does not hold a key.
    """
    if kind == "synthetic":
        return SYNTHETIC_KEY
    named = os.environ.get(KEY_FILE, "")
    path = Path(named) if named else ROOT / ".key"
    if not named and not path.exists():
        _new_key(path)
    try:
        key = path.read_text(encoding="ascii").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise IdentityError(
            "unreadable_file",
            f"The key file {shown(path)} cannot be read ({type(error).__name__}): it must hold one line of "
            f"{KEY_LENGTH} ASCII letters and digits. Put it back, or name another by {KEY_FILE}.",
        ) from None
    if len(key) != KEY_LENGTH or not key.isprintable() or " " in key or key == SYNTHETIC_KEY or len(set(key)) < 6:
        raise IdentityError(
            "invalid_key",
            f"The key file {shown(path)} does not hold a key: write one line of {KEY_LENGTH} ASCII letters and "
            f"digits into it, chosen at random and not the public key of the synthetic lists; or take the file away.",
        )
    return key


def _new_key(path: Path) -> None:
    letters = string.ascii_letters + string.digits
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".key-")  # mode 0600
    with open(descriptor, "w", encoding="ascii") as file:
        file.write("".join(secrets.choice(letters) for _ in range(KEY_LENGTH)) + "\n")
    try:
        os.link(unfinished, path)  # fails where another process was first, whose key then counts
    except FileExistsError:
        return
    finally:
        os.unlink(unfinished)
    print(
        f"A secret key for pseudonyms was made: {shown(path)}. Keep a copy in a safe place; never share it with data.",
        file=sys.stderr,
    )


def _stated(texts: Texts) -> list[str]:
    """Texts, with "" for None, NaN and blanks."""
    # A missing value is no text, or not equal to itself.
    return [text if text and text == text and not text.isspace() else "" for text in texts]


def _forms_of(texts: Texts, form: Callable[[str], str]) -> np.ndarray:
    return np.array([form(text) for text in _stated(texts)], dtype=object)


_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


def _hashed(texts: Sequence[str], purpose: str, key: str) -> np.ndarray:
    """Pseudonyms of texts, "" for "". The sign between purpose and text occurs in neither."""
    found = hexadecimal(keyed([f"{purpose}\x1f{text}" for text in texts], key))
    found[[not text for text in texts]] = ""
    return found


def hexadecimal(numbers: np.ndarray) -> np.ndarray:
    """Numbers of 64 bits as texts of 16 hexadecimal digits."""
    octets = numbers.astype(">u8").view(np.uint8).reshape(-1, 8)
    digits = _HEX[np.stack([octets >> 4, octets & 15], axis=-1)].reshape(-1, 16)
    return np.ascontiguousarray(digits).view("S16").ravel().astype("U16").astype(object)
