"""Comparison of words of a mapping with those of cells: letters folded, signs kept where they mean something.

Folding drops every sign, so that "-1" would be 1, and "~16" or "<16" would be 16. Where figures stand, signs count.
"""

from __future__ import annotations

import re
import unicodedata

from analysis.intake.pseudonyms import fold

# Around a figure they mean nothing: "1.", "(1)".
_AROUND_FIGURES = " .,;:()[]'\""
_LETTERS = re.compile(r"[^\W\d_]+")
# Within words a hyphen or a sign of these means nothing: y/o, yrs., (yaş).
_HARMLESS = frozenset(".,;:()[]{}/'\"’‘`´ʼ·_&-،")


def as_code(text: str) -> str:
    """A text of a cell as it is compared with words for codes: folded where it has letters, else as it stands.

    "Kız" and "KIZ." are one, and so are "1" and "1."; "-1" is not 1, and a sign alone is itself.
    """
    folded = fold(text)
    return folded if any(map(str.isalpha, folded)) else _plain_figures(text).strip(_AROUND_FIGURES) or text.strip()


def exactly(text: str) -> str:
    """A text of a cell as it is compared under ``values:``: capitals and accents do not count, all signs do."""
    composed = unicodedata.normalize("NFC", _plain_figures(text))
    return " ".join(_LETTERS.sub(lambda letters: fold(letters[0]), composed).split())


def phrase(text: str) -> str:
    """The words beside a number, folded; a sign that can mean something is a word of its own: "yaş+" is "yas +"."""
    kept = []
    for place, sign in enumerate(text):
        between = text[place - 1 : place].isalpha() and text[place + 1 : place + 2].isalpha()
        harmless = sign in _HARMLESS and (sign != "-" or between)
        kept.append(f"\0{sign}\0" if not harmless and unicodedata.category(sign)[0] in "PS" else sign)
    pieces = "".join(kept).split("\0")
    return " ".join(filter(None, (fold(piece) or (piece.strip() if place % 2 else "")
                                  for place, piece in enumerate(pieces))))  # fmt: skip


def _plain_figures(text: str) -> str:
    return text if text.isascii() else re.sub(r"\d", lambda figure: str(int(figure[0])), text)
