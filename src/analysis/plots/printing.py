"""For whom a figure is drawn: the language of its words and numbers, and the height that a page has for it.

A notebook draws in English and as high as it must. A report draws the same figure again: within `drawn_for` every form
takes its own words from a translator, and fits the page.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol


class Translator(Protocol):
    """Words and numbers of a language."""

    def words(self, english: str) -> str:
        """Return a phrase, with the same fields in braces. Raises Refusal where the language has none."""

    def number(self, english: str) -> str:
        """Return a number as the language writes it, from how English does: "1,234.5"."""

    def said(self, text: str) -> str:
        """Return a text whose fields are filled in, and remember that the figure may show it."""


@dataclass(frozen=True)
class Printing:
    """For whom is drawn; `highest` is in inches of a figure of the usual width."""

    translator: Translator | None = None
    highest: float = math.inf


_NOW: ContextVar[Printing] = ContextVar("printing", default=Printing())  # noqa: B039 (frozen)


@contextmanager
def drawn_for(translator: Translator | None, highest: float = math.inf) -> Iterator[None]:
    """Draw figures in another language, or English for None, and at most so many inches high where forms can be."""
    before = _NOW.set(Printing(translator, highest))
    try:
        yield
    finally:
        _NOW.reset(before)


def highest() -> float:
    """Return how many inches a figure may be high; infinite where no page limits it."""
    return _NOW.get().highest


def is_limited() -> bool:
    """Return True if a page limits how high a figure may be."""
    return math.isfinite(highest())


def say(english: str, **fields: object) -> str:
    """Return a phrase of a form in the language of the figure: ``say("from or to {name}", name=name)``.

    Parameters
    ----------
    english : the phrase, with fields in braces. fields : names, numbers and texts that are in the language already.
    """
    translator = _NOW.get().translator
    if translator is None:
        return english.format(**fields) if fields else english
    words = translator.words(english)
    return translator.said(words.format(**fields) if fields else words)


def written(english: str) -> str:
    """Return a number as the language of the figure writes it, from how English does."""
    translator = _NOW.get().translator
    return english if translator is None else translator.number(english)
