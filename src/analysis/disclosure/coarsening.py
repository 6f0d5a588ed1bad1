"""What coarser areas, ages, periods or categories would save, where most of a table would be withheld."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from analysis.disclosure.audit import K
from analysis.disclosure.nesting import atoms_of, band
from analysis.disclosure.protection import protect
from analysis.disclosure.published import COUNT, dimensions_of
from analysis.disclosure.refusal import DisclosureError

# A table of which a larger share of cells is withheld is gutted.
GUTTED = 0.5
OTHER = "other"


def coarsenings(
    tables: Mapping[str, pd.DataFrame],
    k: int = K,
    nested: Mapping[str, pd.DataFrame] | None = None,
    earlier: Sequence[Mapping[str, pd.DataFrame]] = (),
) -> pd.DataFrame:
    """For each table that protection would gut: what could be made coarser, and what would then be shown.

    Bands of ages and years are joined two by two, areas taken together as `nested` has them, and other categories of
    fewer than k persons are pooled as "other". Each is tried by protecting all tables with that one made coarser.

    Parameters
    ----------
    tables, k, nested, earlier : as of `protect`.

    Returns
    -------
    DataFrame, one row a choice, the best of each table first: table, dimension (empty: as it is), coarser (the values
    then), cells, withheld (cells), shown (share of the table's persons in published cells). Empty if none is gutted.

    Raises
    ------
    DisclosureError : as `protect` does.
    """
    nested = nested or {}
    safe = protect(tables, k, nested, earlier)
    rows = []
    for name, table in tables.items():
        if safe[name][COUNT].isna().mean() <= GUTTED:
            continue
        rows.append((name, "", "as it is", *_account(table, safe[name])))
        for dimension, made_of in _choices(table, k, nested):
            coarse = coarsened(table, dimension, made_of)
            try:
                tried = protect({**tables, name: coarse}, k, with_values(nested, dimension, made_of), earlier)
            except DisclosureError:
                continue
            rows.append((name, dimension, ", ".join(dict.fromkeys(made_of.values())), *_account(coarse, tried[name])))
    found = pd.DataFrame(rows, columns=["table", "dimension", "coarser", "cells", "withheld", "shown"])
    return found.sort_values(["table", "shown"], ascending=[True, False], kind="stable").reset_index(drop=True)


def coarsened(table: pd.DataFrame, dimension: str, made_of: Mapping[str, str]) -> pd.DataFrame:
    """A table whose values of a dimension are taken together: value -> what it becomes."""
    dimensions = dimensions_of(table)
    values = table[dimension].astype(str)
    joined = table.assign(**{dimension: values.map(made_of).fillna(values)})
    return joined.groupby(dimensions, sort=False, as_index=False)[COUNT].sum()


def with_values(
    nested: Mapping[str, pd.DataFrame], dimension: str, made_of: Mapping[str, str]
) -> dict[str, pd.DataFrame]:
    """`nested` with what the new values of a dimension are made of; bands are understood without."""
    if dimension not in nested and all(band(value) for value in made_of.values()):
        return dict(nested)
    pairs = pd.DataFrame([(new, old) for old, new in made_of.items() if new != old], columns=["value", "atom"])
    return {**nested, dimension: pd.concat([nested.get(dimension, pairs.head(0)), pairs], ignore_index=True)}


def _account(table: pd.DataFrame, safe: pd.DataFrame) -> tuple[int, int, float]:
    shown = float(safe[COUNT].fillna(0).sum()) / max(1.0, float(table[COUNT].sum()))
    return len(safe), int(safe[COUNT].isna().sum()), round(shown, 3)


def _choices(table: pd.DataFrame, k: int, nested: Mapping[str, pd.DataFrame]) -> Iterator[tuple[str, dict[str, str]]]:
    """For each dimension, values and what they could be taken together to."""
    for dimension in dimensions_of(table):
        totals = table.groupby(table[dimension].astype(str), sort=False)[COUNT].sum()
        values = list(totals.index)
        bands = sorted((found, value) for value in values if (found := band(value)) is not None)
        if len(bands) > 2:
            yield dimension, _two_by_two([value for _, value in bands])
        elif dimension in nested and (parents := _parents(dimension, values, nested[dimension])):
            yield dimension, parents
        elif (rare := [value for value in values if totals[value] < k]) and 1 < len(rare) < len(values):
            yield dimension, dict.fromkeys(rare, OTHER)


def _two_by_two(values: Sequence[str]) -> dict[str, str]:
    """Neighbouring bands joined two by two; one that is left over stays."""
    made_of: dict[str, str] = {}
    for one, other in zip(values[::2], values[1::2], strict=False):
        (first, _), (_, end) = band(one) or (0, 0), band(other) or (0, 0)
        name = f"{first:g}+" if end == float("inf") else f"{first:g}-{end - 1:g}"
        made_of |= {one: name, other: name}
    return made_of


def _parents(dimension: str, values: Sequence[str], nesting: pd.DataFrame) -> dict[str, str]:
    """The smallest larger value that `nesting` names for each value, where it takes several together."""
    known = atoms_of(dimension, {*values, *nesting["value"].astype(str)}, nesting)
    made_of = {}
    for value in values:
        larger = [name for name, atoms in known.items() if set(known[value]) < set(atoms) and name not in values]
        if larger:
            made_of[value] = min(larger, key=lambda name: (len(known[name]), name))
    together = pd.Series(made_of).value_counts()
    return {value: name for value, name in made_of.items() if together[name] > 1}
