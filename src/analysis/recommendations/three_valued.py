"""Three-valued logic (Kleene, 1938): what is not known decides nothing; what holds however it turns out is known."""

from __future__ import annotations

from collections.abc import Sequence

MET, NOT_MET, NOT_KNOWN = "met", "not met", "not known"
STATES = (MET, NOT_MET, NOT_KNOWN)


def compare(operator: str, one: tuple[float, float], other: tuple[float, float]) -> str:
    """Whether a value between two bounds is above, at least, below, at most or equal to another between two bounds.

    An interval decides only where every value in it gives the same answer.

    Returns
    -------
    One of STATES.
    """
    if operator in ("below", "at_most"):
        return compare({"below": "above", "at_most": "at_least"}[operator], other, one)
    (low, high), (other_low, other_high) = one, other
    if operator == "equals":
        if low == high == other_low == other_high:
            return MET
        return NOT_MET if high < other_low or low > other_high else NOT_KNOWN
    if operator == "above":
        return MET if low > other_high else NOT_MET if high <= other_low else NOT_KNOWN
    return MET if low >= other_high else NOT_MET if high < other_low else NOT_KNOWN


def every(states: Sequence[str]) -> str:
    """Kleene's "and"."""
    return NOT_MET if NOT_MET in states else NOT_KNOWN if NOT_KNOWN in states else MET


def some(states: Sequence[str]) -> str:
    """Kleene's "or"."""
    return MET if MET in states else NOT_KNOWN if NOT_KNOWN in states else NOT_MET


def negated(state: str) -> str:
    """Kleene's "not"."""
    return {MET: NOT_MET, NOT_MET: MET, NOT_KNOWN: NOT_KNOWN}[state]
