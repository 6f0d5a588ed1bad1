"""The joint histogram behind tables: linear equations over the cliques of a triangulated graph.

Each value of a dimension is made of atoms: areas within areas, 0-17 of 0-14 and 15-17, all of everything. Which
dimensions must be looked at together is said by the cliques of a triangulated graph, and a tree that joins them.

Margins over cliques that agree where they overlap belong to one joint histogram (Lauritzen, 1996; for whole numbers
Dobra and Fienberg, 2000): bounds over the cliques are bounds over the joint histogram, which is never written down.
Every published count is a sum of its cells. What cannot hold anybody, since a published zero covers it, is left out
from the start.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise
from math import prod

import numpy as np
import pandas as pd
from scipy import sparse

from bounded.refusal import require_columns
from disclosure.tables import ADVICE, DisclosureError, Published

# Values that stand for all others of their dimension.
EVERYTHING = frozenset({"all", "total"})
_BAND = re.compile(r"(-?\d+(?:\.\d+)?)\s*(?:-|–|to)\s*(-?\d+(?:\.\d+)?)")
_ABOVE = re.compile(r"(\d+)\s*(?:\+|or (?:older|more|over))")
_BELOW = re.compile(r"(?:<|under |below )\s*(\d+)")
_YEARS = re.compile(r"\s*(?:years?(?: old| of age)?|yrs?)\.?$")
_FOREVER = float("inf")
# A half-year, a quarter, a month, an ISO week or a day of a year, as ISO 8601 writes them or nearly so.
_HALF_OR_QUARTER = re.compile(r"(\d{4})[- ]?(H[12]|Q[1-4])|(H[12]|Q[1-4])[- ](\d{4})", re.IGNORECASE)
_WEEK = re.compile(r"(\d{4})-?W(\d{2})", re.IGNORECASE)
_MONTH_OR_DAY = re.compile(r"(\d{4})-(0[1-9]|1[0-2])(?:-(\d{2}))?")


def atoms_of(dimension: str, values: Iterable[str], nested: pd.DataFrame | None = None) -> dict[str, tuple[str, ...]]:
    """The atoms of each value of a dimension: groups of which no published value holds only a part.

    Parameters
    ----------
    dimension : its name, for errors.
    values : all values that any table has.
    nested : value, atom: of what a value is made, one row an atom; a value that it does not list is its own atom. Left
        out, bands of ages and years (``0-17``, ``2014–2018``, ``18+``, ``<5``) and periods of a year (``2023-H1``,
        ``2023-Q2``, ``2023-04``, ``2023-W14``, ``2023-04-15``) that overlap are cut where any begins.

    Returns
    -------
    value -> its atoms. "all" and "total" are made of every atom.

    Raises
    ------
    DisclosureError : `nested` lacks a column.
    """
    plain = sorted({value for value in values if value.lower() not in EVERYTHING})
    if nested is not None:
        require_columns(nested, ["value", "atom"], f"rows of the nesting of '{dimension}'", error=DisclosureError)
        made_of = nested.astype(str).groupby("value")["atom"].agg(lambda atoms: tuple(sorted(set(atoms)))).to_dict()
        found = {value: made_of.get(value, (value,)) for value in plain}
        # A value that others are made into by its own atoms is never an atom beside them.
        found = _together({value: _leaves(atoms, made_of) for value, atoms in found.items()})
    else:
        found = _bands(plain) or {value: (value,) for value in plain}
    everything = tuple(sorted({atom for atoms in found.values() for atom in atoms}))
    return found | {value: everything for value in values if value.lower() in EVERYTHING}


def _together(found: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The same with those atoms as one that no value tells apart: what is left over of a value may be several."""
    held_by: dict[str, list[str]] = {}
    for value, atoms in found.items():
        for atom in atoms:
            held_by.setdefault(atom, []).append(value)
    alike: dict[tuple[str, ...], list[str]] = {}
    for atom, values in held_by.items():
        alike.setdefault(tuple(values), []).append(atom)
    named = {atom: " or ".join(sorted(group)) for group in alike.values() for atom in group}
    return {value: tuple(sorted({named[atom] for atom in atoms})) for value, atoms in found.items()}


def _leaves(atoms: tuple[str, ...], made_of: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Atoms of atoms, down to those that are made of nothing else."""
    found: set[str] = set()
    waiting, seen = list(atoms), set()
    while waiting:
        atom = waiting.pop()
        parts = made_of.get(atom, (atom,))
        if parts == (atom,) or atom in seen:
            found.add(atom)
        else:
            seen.add(atom)
            waiting += parts
    return tuple(sorted(found))


def _bands(values: list[str]) -> dict[str, tuple[str, ...]]:
    """Bands that overlap, cut where any begins or ends; empty where none overlaps another, or too few are bands."""
    periods = {value: span for value in values if (span := period(value)) is not None}
    bands = {value: span for value in values if (span := band(value)) is not None} | periods
    dates = {edge for span in periods.values() for edge in span}
    spans = sorted(bands.values())
    reach, overlap = -_FOREVER, False
    for first, end in spans:
        overlap |= first < reach
        reach = max(reach, end)
    if not overlap:
        return {}
    cuts = sorted({edge for span in bands.values() for edge in span})
    pieces = list(pairwise(cuts))
    cut = {
        value: tuple(
            f"{_edge(low, dates)} until {_edge(high, dates)}" for low, high in pieces if first <= low and high <= end
        )
        for value, (first, end) in bands.items()
    }
    return {value: cut.get(value, (value,)) for value in values}


def band(value: str) -> tuple[float, float] | None:
    """Return the first and the last number of a band, the last not included: 0-17 years is from 0 to 18."""
    text = _YEARS.sub("", value.strip())
    if found := _BAND.fullmatch(text):
        low, high = float(found[1]), float(found[2])
        return (low, high + 1) if low <= high else None
    if found := _ABOVE.fullmatch(text):
        return float(found[1]), _FOREVER
    if found := _BELOW.fullmatch(text):
        return 0.0, float(found[1])
    if re.fullmatch(r"\d+", text):
        return float(text), float(text) + 1
    return None


def period(value: str) -> tuple[float, float] | None:
    """Return the ends of a half-year, quarter, month, ISO week or day: 2023-Q1 is from 2023 to 2023.2466.

    A date is its year and the share of the year's days before it, so that the same date is the same number.
    """
    text = value.strip()
    try:
        if found := _HALF_OR_QUARTER.fullmatch(text):
            year, part = int(found[1] or found[4]), (found[2] or found[3]).upper()
            months = 6 if part[0] == "H" else 3
            first = 1 + months * (int(part[1]) - 1)
            return _of_months(year, first, months)
        if found := _MONTH_OR_DAY.fullmatch(text):
            if found[3] is None:
                return _of_months(int(found[1]), int(found[2]), 1)
            day = dt.date(int(found[1]), int(found[2]), int(found[3]))
            return _in_years(day), _in_years(day + dt.timedelta(days=1))
        if found := _WEEK.fullmatch(text):
            monday = dt.date.fromisocalendar(int(found[1]), int(found[2]), 1)
            return _in_years(monday), _in_years(monday + dt.timedelta(days=7))
    except ValueError:
        # The 31st of a month of 30 days, or a 53rd week that the year does not have, is a value like any other.
        return None
    return None


def _of_months(year: int, first: int, months: int) -> tuple[float, float]:
    after = first + months
    end = dt.date(year + 1, 1, 1) if after > 12 else dt.date(year, after, 1)
    return _in_years(dt.date(year, first, 1)), _in_years(end)


def _in_years(day: dt.date) -> float:
    begins = dt.date(day.year, 1, 1)
    return day.year + (day - begins).days / (dt.date(day.year + 1, 1, 1) - begins).days


def _edge(edge: float, dates: set[float]) -> str:
    """The end of a band in words: an age or a year, or the date within one."""
    if edge not in dates or edge == round(edge):
        return f"{edge:.12g}"
    begins = dt.date(int(edge), 1, 1)
    days = round((edge - int(edge)) * (dt.date(int(edge) + 1, 1, 1) - begins).days)
    return (begins + dt.timedelta(days=days)).isoformat()


def cliques(groups: Iterable[Sequence[str]], sizes: dict[str, int]) -> list[tuple[str, ...]]:
    """The maximal cliques of the dimensions that tables link, after triangulation.

    Parameters
    ----------
    groups : the dimensions of each table.
    sizes : atoms of each dimension; dimensions are taken out so that the smallest cliques come about.

    Returns
    -------
    Sorted tuples of dimensions; each group lies in one of them. A table without dimensions asks for none.
    """
    neighbours: dict[str, set[str]] = {}
    for group in groups:
        for dimension in group:
            neighbours.setdefault(dimension, set()).update(set(group) - {dimension})
    found: list[set[str]] = []
    while neighbours:
        chosen = min(neighbours, key=lambda name: (*_fill(name, neighbours, sizes), name))
        around = neighbours.pop(chosen)
        clique = {chosen, *around}
        if not any(clique <= other for other in found):
            found.append(clique)
        for name in around:
            neighbours[name] |= around - {name}
            neighbours[name].discard(chosen)
    return [tuple(sorted(clique)) for clique in found]


def _fill(name: str, neighbours: dict[str, set[str]], sizes: dict[str, int]) -> tuple[int, int]:
    """Pairs that taking a dimension out would link, and the cells of the clique it leaves."""
    around = neighbours[name]
    missing = sum(other not in neighbours[one] for one, other in combinations(sorted(around), 2))
    cells = sizes[name]
    for other in around:
        cells *= sizes[other]
    return missing, cells


def tree(found: Sequence[tuple[str, ...]]) -> list[tuple[int, int, tuple[str, ...]]]:
    """A tree that joins the cliques by the most dimensions (Kruskal): numbers of two cliques, and what they share.

    Every clique counts the same persons, so that those that share no dimension share their total.
    """
    edges = sorted(
        ((len(set(found[one]) & set(found[other])), one, other) for one, other in combinations(range(len(found)), 2)),
        key=lambda edge: (-edge[0], edge[1], edge[2]),
    )
    root = list(range(len(found)))

    def root_of(clique: int) -> int:
        while root[clique] != clique:
            clique = root[clique]
        return clique

    joined = []
    for _, one, other in edges:
        first, second = root_of(one), root_of(other)
        if first != second:
            root[second] = first
            joined.append((one, other, tuple(sorted(set(found[one]) & set(found[other])))))
    return joined


# Cells of one clique; more would take minutes and gigabytes.
MOST_CELLS = 3_000_000


@dataclass(frozen=True)
class Clique:
    """A part of the histogram.

    Parameters
    ----------
    dimensions : sorted names.
    number : grid of atoms -> number of the variable, -1 where nobody can be.
    """

    dimensions: tuple[str, ...]
    number: np.ndarray

    def coordinates(self) -> tuple[np.ndarray, np.ndarray]:
        """Variables, and the atom of each in each dimension (variables x dimensions)."""
        where = np.argwhere(self.number >= 0)
        return self.number[self.number >= 0], where


@dataclass(frozen=True)
class Members:
    """Atoms of which the cells of a table are made.

    Parameters
    ----------
    holds : for each dimension, (values x atoms) which atoms a value is made of.
    places : for each dimension, (cells,) the number of the value that a listed cell has.
    """

    holds: tuple[np.ndarray, ...]
    places: tuple[np.ndarray, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of values of each dimension."""
        return tuple(len(holds) for holds in self.holds)


@dataclass(frozen=True)
class Histogram:
    """Tables as sums over the cells of a joint histogram.

    Parameters
    ----------
    tables : as read.
    sums : for each table, (cells x variables): which variables a cell is the sum of.
    joins : (rows x variables): what cliques share, written as differences that are zero.
    unlisted : for each table, (cells x variables) of combinations that it does not list, which hold nobody.
    atoms : dimension -> its atoms.
    finest : for each table whose cells are made of several atoms, (atom cells x variables) and the cells in words.
    possible : (variables,) where somebody can be, as far as zeros say.
    parts, members : how variables are numbered, and of which atoms the cells of each table are made.
    """

    tables: Sequence[Published]
    sums: Sequence[sparse.csr_matrix]
    joins: sparse.csr_matrix
    variables: int
    atoms: dict[str, tuple[str, ...]]
    finest: dict[int, tuple[sparse.csr_matrix, pd.DataFrame]] = field(repr=False)
    possible: np.ndarray = field(repr=False)
    parts: Sequence[Clique] = field(repr=False)
    members: Sequence[Members] = field(repr=False)

    def printed(self, tables: Sequence[Published]) -> Histogram:
        """The same variables behind the same cells, of which other numbers are in print: the first of the tables.

        What the zeros of these tables cover is no longer possible, and in no group of theirs; groups of the others are
        left out.
        """
        possible = self.possible.copy()
        for number, table in enumerate(tables):
            nobody = _empty(table, self.members[number], hide=False)
            for part in self.parts:
                covered = _seen_in(part.dimensions, table.dimensions, nobody)
                taken = part.number[np.broadcast_to(covered, part.number.shape)]
                possible[taken[taken >= 0]] = False
        kept = sparse.diags(possible.astype(float))
        finest = {}
        for number in (each for each in self.finest if each < len(tables)):
            sums, cells = self.finest[number]
            left = sparse.csr_matrix(sums @ kept)
            left.eliminate_zeros()
            rows = np.flatnonzero(left.getnnz(axis=1))
            finest[number] = left[rows], cells.iloc[rows].reset_index(drop=True)
        return replace(self, tables=[*tables, *self.tables[len(tables) :]], finest=finest, possible=possible)


def histogram(
    tables: Sequence[Published], nested: Mapping[str, pd.DataFrame], hide_zeros: frozenset[int] = frozenset()
) -> Histogram:
    """The equations behind tables.

    Parameters
    ----------
    tables : as read by `tables.read`.
    nested : dimension -> value, atom (see `atoms_of`).
    hide_zeros : numbers of tables whose listed zeros are taken as open, since they may be suppressed.

    Raises
    ------
    DisclosureError : a clique of dimensions has too many cells.
    """
    values: dict[str, set[str]] = {}
    for table in tables:
        for dimension in table.dimensions:
            values.setdefault(dimension, set()).update(table.cells[dimension])
    made_of = {name: atoms_of(name, sorted(found), nested.get(name)) for name, found in sorted(values.items())}
    atoms = {
        name: tuple(sorted({atom for group in found.values() for atom in group})) for name, found in made_of.items()
    }
    places = {name: {atom: number for number, atom in enumerate(found)} for name, found in atoms.items()}
    sizes = {name: len(found) for name, found in atoms.items()}
    chosen = cliques([table.dimensions for table in tables], sizes) or [()]
    for clique in chosen:
        cells = prod(sizes[name] for name in clique)
        if cells > MOST_CELLS:
            raise DisclosureError(
                "too_large",
                f"The tables link {', '.join(clique)}, which has {cells:,} cells together; at most {MOST_CELLS:,} can "
                f"be audited. {ADVICE}",
            )
    members = [_members(table, made_of, places) for table in tables]
    empty = [
        _empty(table, of, number in hide_zeros) for number, (table, of) in enumerate(zip(tables, members, strict=True))
    ]
    parts: list[Clique] = []
    count = 0
    for clique in chosen:
        shape = tuple(sizes[name] for name in clique)
        possible = np.ones(shape, bool)
        for table, nobody in zip(tables, empty, strict=True):
            possible &= ~_seen_in(clique, table.dimensions, nobody)
        number = np.full(shape, -1)
        number[possible] = np.arange(count, count + possible.sum())
        count += int(possible.sum())
        parts.append(Clique(clique, number))
    sums, finest = [], {}
    for position, (table, of) in enumerate(zip(tables, members, strict=True)):
        part = min((p for p in parts if set(table.dimensions) <= set(p.dimensions)), key=lambda p: p.number.size)
        sums.append(_sums(table, of, part, count, len(table.cells)))
        if any(len(group) > 1 for dimension in table.dimensions for group in made_of[dimension].values()):
            finest[position] = _finest(table, part, atoms, count)
    return Histogram(tables, sums, _joins(parts, count), count, atoms, finest, np.ones(count, bool), parts, members)


def _members(
    table: Published, made_of: Mapping[str, dict[str, tuple[str, ...]]], places: Mapping[str, dict[str, int]]
) -> Members:
    holds, at = [], []
    for name in table.dimensions:
        value, values = pd.factorize(table.cells[name], sort=True)
        own = np.zeros((len(values), len(places[name])), bool)
        for row, each in enumerate(values):
            own[row, [places[name][atom] for atom in made_of[name][each]]] = True
        holds.append(own)
        at.append(value)
    return Members(tuple(holds), tuple(at))


def _empty(table: Published, members: Members, hide: bool) -> np.ndarray:
    """(atoms of a table) where nobody is: a zero, or a combination that is not listed, covers it."""
    zero = np.ones(members.shape, bool)
    if table.dimensions:
        zero[members.places] = (table.high == 0) & ~np.full(len(table.high), hide)
    else:
        zero[()] = bool(len(table.high)) and table.high[0] == 0 and not hide
    for axis, holds in enumerate(members.holds):
        # An atom is empty if any value that holds it is: nobody is in a part of what holds nobody.
        zero = np.moveaxis(np.tensordot(holds.astype(np.int32), zero.astype(np.int32), axes=(0, axis)) > 0, 0, axis)
    return zero


def _seen_in(clique: tuple[str, ...], dimensions: tuple[str, ...], nobody: np.ndarray) -> np.ndarray:
    """The same over the dimensions of a clique: empty where all is that the clique does not tell apart."""
    outside = tuple(axis for axis, name in enumerate(dimensions) if name not in clique)
    seen = nobody.all(axis=outside) if outside else nobody
    kept = [name for name in dimensions if name in clique]
    order = [kept.index(name) for name in clique if name in kept]
    seen = np.transpose(seen, order)
    for axis, name in enumerate(clique):
        if name not in kept:
            seen = np.expand_dims(seen, axis)
    return seen


def _sums(table: Published, members: Members, part: Clique, variables: int, cells: int) -> sparse.csr_matrix:
    number, where = part.coordinates()
    variable, cell = number, np.zeros(len(number), int)
    rows = np.arange(len(number))
    for name, holds in zip(table.dimensions, members.holds, strict=True):
        atom = where[rows, part.dimensions.index(name)]
        # Each variable once for every value that holds its atom.
        per_atom = holds.sum(axis=0)
        listed = np.concatenate([np.flatnonzero(column) for column in holds.T]) if holds.size else np.array([], int)
        start = np.concatenate([[0], np.cumsum(per_atom)])
        times = per_atom[atom]
        rows, variable, cell = (np.repeat(each, times) for each in (rows, variable, cell))
        offset = np.arange(len(rows)) - np.repeat(np.cumsum(times) - times, times)
        value = listed[start[where[rows, part.dimensions.index(name)]] + offset]
        cell = cell * len(holds) + value
    if table.dimensions:
        row_of = np.full(prod(members.shape), -1)
        row_of[np.ravel_multi_index(members.places, members.shape)] = np.arange(cells)
        row = row_of[cell]
    else:
        row = cell
    keep = row >= 0
    ones = np.ones(int(keep.sum()))
    return sparse.csr_matrix((ones, (row[keep], variable[keep])), shape=(cells, variables))


def _finest(
    table: Published, part: Clique, atoms: Mapping[str, tuple[str, ...]], variables: int
) -> tuple[sparse.csr_matrix, pd.DataFrame]:
    """Sums over the atoms of a table's dimensions, and these atoms in words."""
    number, where = part.coordinates()
    axes = [part.dimensions.index(name) for name in table.dimensions]
    shape = tuple(len(atoms[name]) for name in table.dimensions)
    flat = np.ravel_multi_index(tuple(where[:, axis] for axis in axes), shape)
    listed, row = np.unique(flat, return_inverse=True)
    sums = sparse.csr_matrix((np.ones(len(number)), (row, number)), shape=(len(listed), variables))
    places = np.unravel_index(listed, shape)
    named = zip(table.dimensions, places, strict=True)
    words = {name: np.array(atoms[name], dtype=object)[at] for name, at in named}
    return sums, pd.DataFrame(words)


def _joins(parts: Sequence[Clique], variables: int) -> sparse.csr_matrix:
    """One row for each cell of what two neighbouring cliques share: the one's sum less the other's."""
    blocks = [sparse.csr_matrix((0, variables))]
    for one, other, shared in tree([part.dimensions for part in parts]):
        sides = []
        for part in (parts[one], parts[other]):
            number, where = part.coordinates()
            shape = tuple(part.number.shape[part.dimensions.index(name)] for name in shared)
            places = tuple(where[:, part.dimensions.index(name)] for name in shared)
            cell = np.ravel_multi_index(places, shape) if shared else np.zeros(len(number), int)
            ones = np.ones(len(number))
            sides.append(sparse.csr_matrix((ones, (cell, number)), shape=(prod(shape), variables)))
        blocks.append(sides[0] - sides[1])
    return sparse.csr_matrix(sparse.vstack(blocks))
