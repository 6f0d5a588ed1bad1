"""Whether a question applies: expressions of an XLSForm's column ``relevant``, read off the answers as the form does.

A form knows no "unknown": a question that was not answered is an empty text, which equals nothing but an empty text.
What is evaluated here is the part of XPath that the questionnaire is written in: ``and``, ``or``, ``not()``,
``selected()``, comparisons, ``${name}``, texts and numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from bounded.refusal import Refusal

_TOKEN = re.compile(r"\s*(?:(\$\{\w+\})|('[^']*')|(-?\d+(?:\.\d+)?)|(<=|>=|!=|=|<|>|\(|\)|,)|([a-z][\w-]*))")
_NAME = re.compile(r"\$\{(\w+)\}")
_COMPARED: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}

Answers = Mapping[str, np.ndarray]


def names(expression: str) -> tuple[str, ...]:
    """The questions that an expression asks about, each once, in their order."""
    return tuple(dict.fromkeys(_NAME.findall(expression)))


def applies(expression: str, answers: Answers) -> np.ndarray:
    """Where an expression is true.

    Parameters
    ----------
    expression : as in the column ``relevant``; empty: true everywhere.
    answers : name of a question -> n texts, "" where it was not answered.

    Returns
    -------
    Array of n bool.

    Raises
    ------
    ValueError : the expression is not of the part of XPath that is understood, or names a question without answers.
    """
    length = len(next(iter(answers.values()))) if answers else 0
    if not expression:
        return np.ones(length, bool)
    reader = _Reader(expression, answers, length)
    found = reader.either()
    reader.expect_end()
    return found


class _Reader:
    """Goes through the tokens of one expression once, and evaluates it on the way."""

    def __init__(self, expression: str, answers: Answers, length: int) -> None:
        self.expression, self.answers, self.length = expression, answers, length
        self.tokens = _tokens(expression)
        self.at = 0

    def either(self) -> np.ndarray:
        found = self.all_of()
        while self._next_is("or"):
            # Both sides are always read: an expression that stops early would leave tokens behind.
            found = found | self.all_of()
        return found

    def all_of(self) -> np.ndarray:
        found = self.one()
        while self._next_is("and"):
            found = found & self.one()
        return found

    def one(self) -> np.ndarray:
        if self._next_is("("):
            found = self.either()
            self._expect(")")
            return found
        if self._next_is("not"):
            self._expect("(")
            found = ~self.either()
            self._expect(")")
            return found
        if self._next_is("selected"):
            self._expect("(")
            texts = self._value()
            self._expect(",")
            wanted = self._value()
            self._expect(")")
            pairs = zip(texts.tolist(), wanted.tolist(), strict=True)
            return np.array([code in text.split() for text, code in pairs], bool)
        left = self._value()
        if self._peek() not in _COMPARED:
            raise self._not_understood()
        compared = _COMPARED[self._take()]
        right = self._value()
        if left.dtype.kind == "f" or right.dtype.kind == "f":
            left, right = _number(left), _number(right)
        return np.asarray(compared(left, right), bool)

    def expect_end(self) -> None:
        if self.at < len(self.tokens):
            raise self._not_understood()

    def _value(self) -> np.ndarray:
        token = self._take()
        if name := _NAME.fullmatch(token):
            if name[1] not in self.answers:
                raise Refusal(
                    "unknown_question",
                    f"'{self.expression}' asks about the question '{name[1]}', which has no answers.",
                )
            return np.asarray(self.answers[name[1]], dtype=object)
        if token.startswith("'"):
            return np.full(self.length, token[1:-1], dtype=object)
        if re.fullmatch(r"-?\d+(?:\.\d+)?", token):
            return np.full(self.length, float(token))
        raise self._not_understood()

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        if not token:
            raise self._not_understood()
        self.at += 1
        return token

    def _next_is(self, token: str) -> bool:
        found = self._peek() == token
        self.at += found
        return found

    def _expect(self, token: str) -> None:
        if not self._next_is(token):
            raise self._not_understood()

    def _not_understood(self) -> ValueError:
        return Refusal(
            "not_understood",
            f"The expression '{self.expression}' is not understood: write it with and, or, not(), selected(), "
            f"comparisons, names as ${{name}}, texts in quotes and numbers.",
        )


def _tokens(expression: str) -> Sequence[str]:
    found, at = [], 0
    text = expression.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Refusal(
                "invalid_expression", f"The expression '{expression}' is not understood at its sign {at + 1}."
            )
        found.append(match[0].strip())
        at = match.end()
    return found


def _number(values: np.ndarray) -> np.ndarray:
    """Numbers of texts; what is no number is NaN, to which nothing compares as true but ``!=``."""
    return values if values.dtype.kind == "f" else pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(float)
