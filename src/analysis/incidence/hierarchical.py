"""Hierarchical log-linear models: sets of terms that hold every part of each of their terms."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

# With six lists there are 7,785,062 models.
MOST_LISTS = 5


def closure(terms: Iterable[int], lists: int) -> NDArray[np.int64]:
    """The places of a model: the intercept, every list, the terms and all their parts, smaller terms first."""
    found = {0, *(1 << bit for bit in range(lists))}
    for term in terms:
        part = term
        while part:
            found.add(part)
            part = (part - 1) & term
    return np.array(sorted(found, key=lambda place: (place.bit_count(), place)), dtype=np.int64)


def pairs(lists: int) -> NDArray[np.int64]:
    """The places of all pairs of lists: first with second, first with third, ..."""
    found = [(1 << a) | (1 << b) for a, b in combinations(range(lists), 2)]
    return np.array(found, dtype=np.int64)


@cache
def models(lists: int, order: int) -> NDArray[np.bool_]:
    """Every hierarchical model in which each list stands, and no term has more than `order` lists.

    The term of all lists together is never in: it cannot be told from the persons on no list.

    Returns
    -------
    (models, 2**lists) True where a term is in the model; models with fewer terms first.
    """
    found = np.zeros((1, 1 << lists), dtype=bool)
    found[0, [0, *(1 << bit for bit in range(lists))]] = True
    for size in range(2, min(order, lists - 1) + 1):
        for members in combinations(range(lists), size):
            term = sum(1 << bit for bit in members)
            parts = [term ^ (1 << bit) for bit in members]
            grown = found[found[:, parts].all(axis=1)].copy()
            grown[:, term] = True
            found = np.concatenate([found, grown])
    return found[np.argsort(found.sum(axis=1), kind="stable")]


def generators(terms: Iterable[int]) -> list[int]:
    """The terms that are part of no other term of the model: what people write a hierarchical model by."""
    places = [int(term) for term in terms if term]
    return [term for term in places if not any(term != other and term & other == term for other in places)]
