"""Capture histories for tests: published tables, tables written by hand, random tables, and plain design matrices."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import strategies as st

REFERENCE = Path(__file__).parent / "reference"
_PUBLISHED = pd.read_csv(REFERENCE / "capture_tables.csv", comment="#", dtype={"pattern": str})


def published(name: str) -> pd.DataFrame:
    """A table of reference/capture_tables.csv as capture histories."""
    lists = _PUBLISHED.loc[_PUBLISHED["table"] == name, "lists"].iloc[0].split()
    return histories(published_counts(name), lists)


def published_counts(name: str) -> dict[str, int]:
    """The persons of each pattern in such a table."""
    rows = _PUBLISHED[_PUBLISHED["table"] == name]
    return dict(zip(rows["pattern"], rows["count"], strict=True))


def histories(persons: dict[str, int], lists: Iterable[str] = "ABCDEFGHIJ") -> pd.DataFrame:
    """Capture histories from patterns, a digit a list."""
    rows = [[int(digit) for digit in pattern] for pattern in persons]
    names = list(lists)[: len(rows[0])]
    return pd.DataFrame(rows, columns=names).assign(count=list(persons.values()))


def lists_with_a_known_size() -> Iterator[tuple[int, pd.DataFrame]]:
    """How many are on a list, and the capture histories of those of them that are on another.

    Of the tables of victims that Binette and Steorts (2022) use: lists of 30 seen persons or more, without K.
    """
    for name in ("UKdat_5", "Ned_5", "NewOrl_5", "Western", "Australia"):
        table = published(name)
        for one in table.columns.drop("count").drop("K", errors="ignore"):
            rest = table[table[one] == 1].drop(columns=one)
            seen = rest[rest.drop(columns="count").any(axis=1)]
            if seen["count"].sum() >= 30:
                yield rest["count"].sum(), seen


def remembering_chains(chains: int, draws: int) -> np.ndarray:
    """Chains that remember half of their last value: a linear congruential generator (C's), the same everywhere."""
    state, values = 20210, []
    for _ in range(chains * draws):
        state = (1103515245 * state + 12345) % 2**31
        values.append((state >> 16) / 32768)
    chain = np.array(values).reshape(chains, draws)
    for place in range(1, draws):
        chain[:, place] += 0.5 * chain[:, place - 1]
    return np.floor(1000 * chain**3)


def spread(mean: float, variance: float, m: int) -> np.ndarray:
    """Numbers with exactly this mean, and this variance (m - 1 in the denominator)."""
    values = np.arange(m, dtype=float)
    return mean + (values - values.mean()) * np.sqrt(variance / values.var(ddof=1))


def patterns(lists: int) -> list[str]:
    """All patterns but that of no list."""
    return ["".join(digits) for digits in itertools.product("01", repeat=lists) if "1" in digits]


@st.composite
def tables(draw: st.DrawFn, fewest: int = 2, most: int = 4, least: int = 0, largest: int = 60) -> pd.DataFrame:
    """Capture histories of some lists, all patterns given; with `least` 0 about half of the patterns may be empty."""
    lists = draw(st.integers(fewest, most))
    counts = st.integers(least, largest)
    if least == 0:
        counts = st.one_of(st.just(0), counts)
    names = patterns(lists)
    return histories(dict(zip(names, draw(st.lists(counts, min_size=len(names), max_size=len(names))), strict=True)))


def closed(terms: Iterable[Iterable[str]], lists: Iterable[str]) -> list[frozenset[str]]:
    """A hierarchical model as sets of names: nothing, every list, the terms and their parts."""
    found = {frozenset[str](), *(frozenset([name]) for name in lists)}
    for term in terms:
        for size in range(len(set(term)) + 1):
            found.update(map(frozenset, itertools.combinations(set(term), size)))
    return sorted(found, key=lambda term: (len(term), sorted(term)))


def overlap(table: pd.DataFrame, term: Iterable[str]) -> int:
    """Persons on all lists of a term."""
    return int(table.loc[table[list(term)].all(axis=1) if term else slice(None), "count"].sum())


def design(table: pd.DataFrame, terms: Iterable[Iterable[str]]) -> tuple[np.ndarray, np.ndarray, list[frozenset[str]]]:
    """The design matrix of a model, the counts, and the terms: without empty terms and the patterns that have them.

    `table` has all patterns. Written out from the definition of the extended maximum-likelihood estimate.
    """
    lists = [column for column in table if column != "count"]
    model = closed(terms, lists)
    empty = [term for term in model if overlap(table, term) == 0]
    on = [frozenset(name for name in lists if row[name]) for row in table.to_dict("records")]
    kept = [not any(term <= pattern for term in empty) for pattern in on]
    finite = [term for term in model if term not in empty]
    matrix = [[float(term <= pattern) for term in finite] for pattern, keep in zip(on, kept, strict=True) if keep]
    counts = table["count"].to_numpy(dtype=float)[kept]
    return np.array(matrix).reshape(len(counts), len(finite)), counts, finite
