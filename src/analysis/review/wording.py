"""Two texts held together: which belong together, which words went and came, and how that is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import groupby

from markupsafe import Markup, escape

_WORD = re.compile(r"\s+|[^\s]+")
# Pairs of texts compared letter by letter at most; further ones are paired by their order.
_MOST_PAIRS = 400
# Product of the numbers of words of two texts up to which single words are compared.
_MOST_WORDS = 4_000_000


def paired(old: Sequence[Mapping], new: Sequence[Mapping]) -> Iterator[tuple[Mapping | None, Mapping | None]]:
    """Return rows whose texts (``value``) belong together and differ; None of one that has no other."""
    matched = SequenceMatcher(None, [row["value"] for row in old], [row["value"] for row in new], autojunk=False)
    for tag, i, j, k, m in matched.get_opcodes():
        if tag == "equal":
            continue
        left, found = [*old[i:j]], [*new[k:m]]
        if len(left) == len(found):
            yield from zip(left, found, strict=True)
            continue
        for row in [*left] if len(left) * len(found) <= _MOST_PAIRS else ():
            words = set(str(row["value"]).split())
            near = [len(words & set(str(each["value"]).split())) / (len(words) or 1) for each in found]
            if max(near, default=0.0) > 0.5:
                left.remove(row)
                yield row, found.pop(near.index(max(near)))
        yield from ((row, None) for row in left)
        yield from ((None, row) for row in found)


def word_edits(old: str, new: str) -> list[tuple[str, str, str]]:
    """Return the words that are the same, and those that differ: tag of `difflib`, old words, new words.

    Three or more edits with nothing but spaces between them are one, which can be read.
    """
    words = [_WORD.findall(text) for text in (old, new)]
    if len(words[0]) * len(words[1]) > _MOST_WORDS:
        return [("replace", old, new)]
    edits = [
        (tag, "".join(words[0][i:j]), "".join(words[1][k:m]))
        for tag, i, j, k, m in SequenceMatcher(None, words[0], words[1], autojunk=False).get_opcodes()
    ]
    found: list[tuple[str, str, str]] = []
    for between, run in groupby(edits, key=lambda edit: edit[0] == "equal" and bool(edit[1].strip())):
        together = [*run]
        if between or sum(tag != "equal" for tag, _, _ in together) < 3:
            found += together
        else:
            found.append(("replace", "".join(edit[1] for edit in together), "".join(edit[2] for edit in together)))
    return found


def word_difference(old: str, new: str) -> str:
    """Return both texts as one, with [-words that went-] and {+words that came+}."""
    marked = {"equal": "{0}", "delete": "[-{0}-]", "insert": "{{+{1}+}}", "replace": "[-{0}-]{{+{1}+}}"}
    return "".join(marked[tag].format(was, now) for tag, was, now in word_edits(old, new))


def word_diff(old: str, new: str, around: int = 0) -> Markup:
    """Return both texts as one, in HTML, with the words that went and came marked.

    Parameters
    ----------
    around : of what is the same only so many words beside an edit; 0: all of it.
    """
    parts = []
    edits = word_edits(old, new)
    for place, (tag, was, now) in enumerate(edits):
        if tag == "equal":
            parts.append(escape(_shortened(was, around, place == 0, place == len(edits) - 1)))
            continue
        marked = [(name, each) for name, each in (("del", was), ("ins", now)) if each.strip()]
        parts.append(Markup(" ").join(Markup("<{0}>{1}</{0}>").format(*each) for each in marked))
    return Markup("").join(parts)


def _shortened(text: str, around: int, first: bool, last: bool) -> str:
    words = text.split(" ")
    if not around or len(words) <= 2 * around:
        return text
    before, after = " ".join(words[:around]), " ".join(words[-around:])
    return f"… {after}" if first else f"{before} …" if last else f"{before} … {after}"
