"""How amounts are put into a few classes with readable bounds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from analysis.figures import style
from bounded.refusal import Refusal

_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)


def class_breaks(values: Iterable[float], classes: int = 5) -> list[float]:
    """Bounds of at most `classes` classes that hold about as many distinct values each.

    Quantiles of the distinct values (else a crowd of equal small counts would leave one class for all the rest), each
    rounded to the nearest of 1, 1.5, 2, 2.5, 3, 4, 5, 6 or 8 times a power of ten (whole numbers if all values are
    whole); classes that the rounding leaves empty are joined to the one below.

    Parameters
    ----------
    values : amounts from 0 up, any unit; missing and infinite ones are passed over.
    classes : from 1 to 6: more shades cannot be told apart.

    Returns
    -------
    Ascending bounds, one more than there are classes; a class holds its lower bound, the last also its upper one.
    Empty if there is no value.

    Raises
    ------
    ValueError : a negative value, or more than six classes.
    """
    if not 1 <= classes <= 6:
        raise Refusal("too_many_classes", f"{classes} classes cannot be told apart on a map: use 1 to 6.")
    known = np.unique([float(value) for value in values if np.isfinite(value)])
    if not len(known):
        return []
    if known[0] < 0:
        raise Refusal("negative", f"These classes are for amounts from 0 up; {known[0]:g} is below 0.")
    whole = bool(np.all(known == np.round(known)))
    first, last = _below(known[0], whole), _above(known[-1], whole)
    breaks = [first]
    for share in np.arange(1, classes) / classes:
        inner = _nearest(float(np.quantile(known, share)), whole)
        filled = np.any((known >= breaks[-1]) & (known < inner)) and np.any(known >= inner)
        if inner > breaks[-1] and inner < last and filled:
            breaks.append(inner)
    return [*breaks, last]


def class_of(value: float, breaks: Sequence[float]) -> int:
    """Number of the class, from 0, that a value is in."""
    return int(np.searchsorted(np.asarray(breaks[1:-1], dtype=float), value, side="right"))


def class_labels(breaks: Sequence[float], whole: bool) -> list[str]:
    """What stands beside the classes in a key: "1-4", "5-9" for whole numbers, "0.5 to 1" for others."""
    labels = []
    for place, (low, high) in enumerate(pairwise(breaks)):
        if whole:
            top = high if place == len(breaks) - 2 else high - 1
            labels.append(style.number(low) if top <= low else f"{style.number(low)}–{style.number(top)}")
        else:
            labels.append(style.number(low) if high <= low else f"{style.number(low)} to {style.number(high)}")
    return labels


def _candidates(value: float, whole: bool) -> list[float]:
    power = math.floor(math.log10(value))
    found = {round(step * 10.0**exponent, 12) for exponent in (power - 1, power, power + 1) for step in _STEPS}
    if whole:
        found = {float(math.ceil(candidate)) for candidate in found}
    return sorted(found)


def _nearest(value: float, whole: bool) -> float:
    return 0.0 if value <= 0 else min(_candidates(value, whole), key=lambda candidate: abs(candidate - value))


def _below(value: float, whole: bool) -> float:
    return 0.0 if value <= 0 else max((c for c in _candidates(value, whole) if c <= value * (1 + 1e-9)), default=value)


def _above(value: float, whole: bool) -> float:
    return 0.0 if value <= 0 else min((c for c in _candidates(value, whole) if c >= value * (1 - 1e-9)), default=value)
