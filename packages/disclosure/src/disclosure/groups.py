"""Groups that no table lists: between nested values, newcomers and leavers, and nesting that nobody declared.

Groups that no table lists: between nested values, who came since an earlier release, and who left since.

Dimensions that lie in one another though nobody said so: in every table, each area has one region only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, compress

import numpy as np
import pandas as pd
from scipy import sparse

from disclosure.attack import NOBODY_LEFT, RELEASE, View, since
from disclosure.histogram import EVERYTHING, Histogram, band, period
from disclosure.tables import DisclosureError, Published, in_words

# Values that say nothing of a person: that all of a row have them reveals nothing.
UNREVEALING = frozenset({"no", "not stated", "not known", "unknown", "none", "other", "records disagree"})
# Where and when somebody is counted is no trait: newcomers are mostly of one year, and often of one place.
PLACE_AND_TIME = frozenset({"area", "area_id", "region", "place", "year", "period", "month"})
# Bands from here on are years, whatever their dimension is called.
FIRST_YEAR = 1900


@dataclass(frozen=True)
class Group:
    """A group of persons, of which too much can be worked out.

    Parameters
    ----------
    table, cell : the table whose dimensions it has, and the group in words.
    kind : ``difference``, ``implied`` or ``class``, as of `audit`.
    low, high : fewest and most persons; of a class not known.
    why : a sentence.
    hidden : (1 x variables) the persons of whom more must be possible: the group, or who would be in other categories.
    """

    table: str
    cell: str
    kind: str
    low: float
    high: float
    why: str
    hidden: sparse.csr_matrix


def known_groups(seen: View, k: int) -> list[Group]:
    """Groups that no table of now lists, and that are certain to be some and fewer than k, or all in one category."""
    tables = list(_group_tables(seen))
    if not tables:
        return []
    # All at once: each histogram that is met says something of all of them.
    _, met = seen.attack.shown(_stacked([table.sums for table in tables]), wide=0, high=k)
    ends = np.cumsum([len(table.cells) for table in tables])
    tables = [replace(table, met=own) for table, own in zip(tables, np.split(met, ends[:-1]), strict=True)]
    return [*_small(seen, tables, k), *_of_one_trait(seen, tables)]


@dataclass(frozen=True)
class _GroupTable:
    """The groups that a table's dimensions tell apart.

    Parameters
    ----------
    sums, cells : (groups x variables), and their atoms, with who they are since an earlier release.
    listed : (groups,) whether a table of now lists just this group.
    met : (groups,) the most persons that were met in it: what is not small there needs no further look.
    """

    name: str
    own: list[str]
    sums: sparse.csr_matrix
    cells: pd.DataFrame
    listed: np.ndarray
    met: np.ndarray

    def who(self, row: int) -> str:
        since = self.cells[RELEASE].iloc[row] if RELEASE in self.cells else None
        return since if isinstance(since, str) else ""

    def words(self, row: int) -> str:
        plain = in_words(self.cells[self.own].iloc[row])
        return f"{plain}, {self.who(row)}" if self.who(row) else plain


def _small(seen: View, tables: Sequence[_GroupTable], k: int) -> Iterator[Group]:
    """Groups that are certain to hold somebody, and fewer than k persons."""
    groups = [
        (table, row)
        for table in tables
        for row in np.flatnonzero((table.met > 0.5) & (table.met < k) & ~table.listed).tolist()
    ]
    groups = list(compress(groups, _are_certain(seen, groups)))
    if groups:
        high = seen.attack.bounds(_stacked([table.sums[row] for table, row in groups]), wide=0, high=k).high
        groups = list(compress(groups, high < k))
    if not groups:
        return
    exactly = seen.attack.bounds(_stacked([table.sums[row] for table, row in groups]), wide=np.inf, high=np.inf)
    for (table, row), low, high in zip(groups, exactly.low, exactly.high, strict=True):
        if low >= 1 and high < k:
            who = table.who(row)
            why = f"This group ({who or 'in no table'}) is {low:.0f} to {high:.0f} persons, fewer than {k}."
            kind = "difference" if who else "implied"
            yield Group(table.name, table.words(row), kind, low, high, why, table.sums[row])


def _of_one_trait(seen: View, tables: Sequence[_GroupTable]) -> Iterator[Group]:
    """Groups that are certain to hold somebody, and all of them in one category of a dimension."""
    alone = [(table, *each) for table in tables for each in _alone(seen, table)]
    alone = list(compress(alone, _are_certain(seen, [(table, row) for table, row, _, _ in alone])))
    if not alone:
        return
    reach = seen.attack.bounds(_stacked([others for *_, others in alone]), wide=0, high=1)
    for (table, row, dimension, others), high in zip(alone, reach.high, strict=True):
        if high < 1:
            who = table.who(row) or "in no table"
            why = f"All of this group ({who}) have the same {dimension}: {table.cells[dimension].iloc[row]}."
            yield Group(table.name, table.words(row), "class", np.nan, np.nan, why, others)


def _alone(seen: View, table: _GroupTable) -> Iterator[tuple[int, str, sparse.csr_matrix]]:
    """Groups beside which nobody was met in other categories: group, dimension, and who would be in the others."""
    atoms = np.flatnonzero(
        np.logical_and.reduce(
            [table.cells[name].isin(seen.behind.atoms[name]) for name in table.own] or [np.ones(len(table.cells), bool)]
        )
    )
    for dimension in table.own:
        values = table.cells[dimension]
        if values.nunique() < 2 or dimension in PLACE_AND_TIME or is_time(values.unique()):
            continue
        rest = [name for name in table.cells if name != dimension]
        parts = table.cells.iloc[atoms].groupby(rest, dropna=False).indices if rest else {(): np.arange(len(atoms))}
        for places in parts.values():
            rows = atoms[places]
            # Where others were met, the group need not be all in one category.
            somebody = rows[table.met[rows] > 0.5]
            if len(somebody) != 1 or len(rows) < 2:
                continue
            (row,) = somebody.tolist()
            if not table.listed[row] and not is_unrevealing(values.iloc[row]):
                yield row, dimension, sparse.csr_matrix(table.sums[rows[rows != row]].sum(axis=0))


def _are_certain(seen: View, groups: Sequence[tuple[_GroupTable, int]]) -> np.ndarray:
    """(groups,) whether each is certain to hold somebody."""
    if not groups:
        return np.zeros(0, bool)
    return seen.attack.lowest(_stacked([table.sums[row] for table, row in groups])) >= 1


def _stacked(rows: Sequence[sparse.csr_matrix]) -> sparse.csr_matrix:
    return sparse.csr_matrix(sparse.vstack(rows))


def _group_tables(seen: View) -> Iterator[_GroupTable]:
    """The groups of each combination of dimensions of now; how many persons were met in them is still to be said."""
    looked_at = set()
    for number in seen.behind.finest:
        table = seen.tables[number]
        if number >= seen.now or table.dimensions in looked_at:
            continue
        looked_at.add(table.dimensions)
        own = [name for name in table.dimensions if name != RELEASE]
        sums, cells = _groups(seen, number, own)
        alike = [other.cells[own] for other in seen.tables[: seen.now] if other.dimensions == table.dimensions]
        known = {tuple(cell) for listed in alike for cell in listed.to_numpy()}
        # A group of all releases together has no release of its own.
        whole = cells[RELEASE].isna() if RELEASE in cells else pd.Series(True, cells.index)
        listed = [
            is_whole and tuple(cell) in known for is_whole, cell in zip(whole, cells[own].to_numpy(), strict=True)
        ]
        yield _GroupTable(table.name, own, sums, cells, np.array(listed, bool), np.zeros(len(cells)))


def _groups(seen: View, number: int, own: list[str]) -> tuple[sparse.csr_matrix, pd.DataFrame]:
    """The groups between the cells of a table: (groups x variables), and the atoms of each.

    Atoms of nested values; and where there are earlier releases, who came after one, or is gone since: of each atom,
    and of each cell that is made of several.
    """
    behind = seen.behind
    sums, cells = behind.finest[number]
    if RELEASE not in cells:
        return sums, cells
    table = behind.tables[number]
    order = list(behind.atoms[RELEASE])
    age = cells[RELEASE].map({atom: place for place, atom in enumerate(order)}).to_numpy()
    blocks: list[sparse.csr_matrix] = []
    words: list[pd.DataFrame] = []
    # With time reversed, all releases together are not the persons of now.
    is_nested = any(value not in behind.atoms[name] for name in own for value in table.cells[name].unique())
    if is_nested and seen.assumption == NOBODY_LEFT:
        blocks, words = _added_up(sums, cells, own, np.ones(len(cells), bool), None)
    several = _of_several_atoms(behind, number, own)
    for first in range(1, len(order)):
        who = since(order[first - 1], seen.assumption)
        more = _added_up(sums, cells, own, age >= first, who)
        blocks, words = blocks + more[0], words + more[1]
        chosen = sparse.diags((age >= first).astype(float))
        for wider, named in several:
            blocks.append(sparse.csr_matrix(wider @ chosen @ sums))
            words.append(named.assign(**{RELEASE: who}))
    return sparse.csr_matrix(sparse.vstack(blocks)), pd.concat(words, ignore_index=True)


def is_time(values: Iterable[str]) -> bool:
    """Return whether the values of a dimension are years and periods."""
    bands = [band(value) or period(value) for value in values if not is_unrevealing(value)]
    return bool(bands) and all(each is not None and each[0] >= FIRST_YEAR for each in bands)


def _of_several_atoms(behind: Histogram, number: int, own: list[str]) -> list[tuple[sparse.csr_matrix, pd.DataFrame]]:
    """Cells made of several atoms, of all tables of the same release and dimensions: (cells x atoms), and in words."""
    sums, cells = behind.finest[number]
    table = behind.tables[number]
    atom = cells.groupby(own).ngroup().to_numpy() if own else np.zeros(len(cells), int)
    ones = np.ones(len(atom))
    of_atom = sparse.csr_matrix((ones, (atom, np.arange(len(atom)))))
    found = []
    for other, listed in zip(behind.tables, behind.sums, strict=True):
        same = other.dimensions == table.dimensions and len(other.cells) and len(table.cells)
        if not same or other.cells[RELEASE].iat[0] != table.cells[RELEASE].iat[0]:
            continue
        # In all releases, whichever of them the table itself counts.
        atoms = sparse.csr_matrix(((listed @ sums.T) @ of_atom.T > 0).astype(float))
        several = np.flatnonzero(atoms.getnnz(axis=1) > 1)
        if len(several):
            found.append((sparse.csr_matrix(atoms[several] @ of_atom), other.cells.iloc[several][own]))
    return found


def _added_up(
    sums: sparse.csr_matrix, cells: pd.DataFrame, own: list[str], chosen: np.ndarray, release: str | None
) -> tuple[list[sparse.csr_matrix], list[pd.DataFrame]]:
    """The chosen atoms added up over releases: the sums, and what they are in words."""
    rows = np.flatnonzero(chosen)
    if not len(rows):
        return [sums[:0]], [cells.head(0)]
    part = cells.iloc[rows]
    group = part.groupby(own, sort=True).ngroup().to_numpy() if own else np.zeros(len(rows), int)
    adds = sparse.csr_matrix((np.ones(len(rows)), (group, rows)), shape=(int(group.max()) + 1, len(cells)))
    words = part[own].drop_duplicates().sort_values(own) if own else pd.DataFrame(index=[0])
    return [adds @ sums], [words if release is None else words.assign(**{RELEASE: release})]


def is_unrevealing(value: str) -> bool:
    """Return whether a value says nothing of those who have it."""
    return value.lower() in UNREVEALING


# So many values with so many persons each must lie in each of so many others: that is no chance.
_PARENTS, _CHILDREN = 2, 2


def require_one_column(tables: Sequence[Published], k: int) -> None:
    """Refuse tables with two columns of which one says where the other lies, as region does of area.

    Of such tables every cell would be a class: all persons of an area have the same region. A dependence counts where
    each value of the one column occurs with one value of the other only, in all tables that have both, and where at
    least two values of the other have at least two with k persons or more in print. Fewer can be alike by chance.
    Where no table has both columns, nothing shows that one lies in the other.

    Parameters
    ----------
    tables : as read by `tables.read`, those of earlier releases too.
    k : the smallest group of persons that may be known.

    Raises
    ------
    DisclosureError : with the two columns, and what to write in `nested`.
    """
    pairs: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for table in tables:
        for one, other in combinations(table.dimensions, 2):
            both = set(zip(table.cells[one], table.cells[other], strict=True))
            pairs.setdefault((one, other), set()).update(both)
            pairs.setdefault((other, one), set()).update((right, left) for left, right in both)
    for (child, parent), found in pairs.items():
        within = {(one, other) for one, other in found if _is_stated(one) and other.lower() not in EVERYTHING}
        if len({one for one, _ in within}) == len(within):
            _require_several(tables, child, parent, within, k)


def _is_stated(value: str) -> bool:
    return value.lower() not in EVERYTHING and not is_unrevealing(value)


def _require_several(
    tables: Sequence[Published], child: str, parent: str, within: set[tuple[str, str]], k: int
) -> None:
    """Raise DisclosureError where at least two values of `parent` have at least two with k persons or more."""
    both = [table for table in tables if {child, parent} <= set(table.dimensions)]
    persons = pd.concat([pd.Series(table.low).groupby(table.cells[child].to_numpy()).sum() for table in both])
    many = set(persons.index[persons >= k])
    children: dict[str, list[str]] = {}
    for one, other in sorted(within):
        if one in many:
            children.setdefault(other, []).append(one)
    several = {other: values for other, values in children.items() if len(values) >= _CHILDREN}
    if len(several) >= _PARENTS:
        example, (first, second, *_) = next(iter(several.items()))
        raise DisclosureError(
            "nested_dimension",
            f"Table '{both[0].name}': each {child} has one {parent} only, so that '{parent}' is no dimension of its "
            f"own. Leave the column '{parent}' out of tables that have both, give its values in the column '{child}', "
            f"and say what they are made of: nested={{'{child}': DataFrame(value, atom)}} with rows like {example}, "
            f"{first} and {example}, {second}.",
        )
