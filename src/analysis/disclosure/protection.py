"""Tables of which cells are withheld until an attack on all of them finds nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.disclosure.attack import Attack, Impossible
from analysis.disclosure.audit import K, View, classes, equations_of, groups, judged, small_groups, view
from analysis.disclosure.complements import Complements
from analysis.disclosure.histogram import Histogram, histogram
from analysis.disclosure.published import (
    COUNT,
    POPULATION,
    Published,
    all_in_words,
    dimensions_of,
    in_words,
    read,
    statistics_of,
)
from analysis.disclosure.refusal import DisclosureError
from analysis.disclosure.statistics import of_values
from analysis.disclosure.vintages import RELEASE, dated, loosened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.figures import Footer

# Moves a sum to some number of persons, upwards or down: the cells that move with it, and the histogram then.
Move = Callable[[float, bool], tuple[np.ndarray, np.ndarray] | None]
NO_ROOM = (
    "{named} cannot be protected: what was released earlier, or what the tables show to be zero, leaves it no room. "
    "Leave its table out, or coarsen it."
)
# Rounds of attack and protection; a few do.
ROUNDS = 25
# A column with the number of a row in the table as given, missing for one it does not list; no user's has such a name.
GIVEN = "row as given (disclosure)"
# Why a cell is withheld, in the order in which reasons are given.
SMALL, CLASS, PARTNER, COMPLEMENT, STATISTIC = "small count", "class", "zero beside a class", "complement", "statistic"


@dataclass(frozen=True)
class Protection:
    """Protected tables, and why each cell that is withheld is.

    Parameters
    ----------
    tables : name -> table as given, with ``count`` and all statistics missing where they are withheld.
    suppressed : one row a withheld cell: table, row, cell (in words), reason, why. In the house only: who knows which
        cells are small knows them to be below k.
    cells : how many cells the tables have.
    """

    tables: dict[str, pd.DataFrame]
    suppressed: pd.DataFrame = field(repr=False)
    cells: int

    def by_table(self) -> pd.DataFrame:
        """One row a table: table, cells, small, other (withheld so that the small ones cannot be worked out)."""
        small = self.suppressed["reason"] == SMALL
        counted = self.suppressed.assign(small=small, other=~small).groupby("table")[["small", "other"]].sum()
        cells = pd.Series({name: len(table) for name, table in self.tables.items()}, name="cells").rename_axis("table")
        found = cells.to_frame().join(counted).fillna(0).astype(int)
        return found.reset_index()

    def plot(self, *, title: str, footer: Footer) -> Figure:
        """`by_table` as a figure (`figures.withheld_cells`): for those who keep the data."""
        from analysis.figures.withheld_cells import withheld_cells

        return withheld_cells(self.by_table(), title=title, footer=footer)


def protect(
    tables: Mapping[str, pd.DataFrame],
    k: int = K,
    nested: Mapping[str, pd.DataFrame] | None = None,
    earlier: Sequence[Mapping[str, pd.DataFrame]] = (),
) -> dict[str, pd.DataFrame]:
    """The same tables with suppressed cells as missing, so that `audit` of them is empty.

    Parameters and errors are those of `protection`, which also says why each cell is withheld.
    """
    return protection(tables, k, nested, earlier).tables


def protection(
    tables: Mapping[str, pd.DataFrame],
    k: int = K,
    nested: Mapping[str, pd.DataFrame] | None = None,
    earlier: Sequence[Mapping[str, pd.DataFrame]] = (),
) -> Protection:
    """Withhold small cells, and as little else as keeps them from being worked out.

    Cells below k are withheld, and cells that hold all persons of their row. Each is then given room: it must be
    possible that it is anything from its lower bound to k persons more, and at least k. Cells that must move for that
    are withheld at the least cost (`complements`), until the attack finds nothing; what turns out not to be needed is
    published again. The same tables give the same result.

    Parameters
    ----------
    tables, k, nested, earlier : as of `audit`; all counts are known. A table of which a class is withheld gains a row
        for a zero that has to be withheld with it.

    Raises
    ------
    DisclosureError : tables cannot be read, or no choice of cells protects them, since earlier releases say too much.

    Source
    ------
    Cell suppression: Kelly, Golden and Assad (1992), Networks 22; Fischetti and Salazar-González (2001), Management
    Science 47; Hundepool et al. (2012), Statistical Disclosure Control.
    """
    if not tables:
        return Protection({}, pd.DataFrame(columns=["table", "row", "cell", "reason", "why"]), 0)
    read(tables)  # refuses what cannot be read, before rows are added
    nested = nested or {}
    work = _Work.of(
        {name: _with_zeros(table.reset_index(drop=True)) for name, table in tables.items()}, k, nested, earlier
    )
    for cell, reason, why in _first(work):
        work.withhold(cell, reason, why)
    for _ in range(ROUNDS):
        if not _round(work):
            break
    else:
        raise DisclosureError(f"After {ROUNDS} rounds the tables were not safe: leave out a table, or coarsen one.")
    # The last round was an attack on these very tables, and found nothing.
    return Protection(*work.result(), len(work.counts))


@dataclass
class _Work:
    """What is withheld so far, and what is needed to withhold more."""

    tables: dict[str, pd.DataFrame]
    k: int
    nested: Mapping[str, pd.DataFrame]
    earlier: Sequence[Mapping[str, pd.DataFrame]]
    behind: Histogram
    start: np.ndarray
    sums: sparse.csr_matrix
    counts: np.ndarray
    complements: Complements
    reasons: dict[int, tuple[str, str]]
    low: np.ndarray
    high: np.ndarray
    words: list[list[str]]

    @classmethod
    def of(
        cls,
        tables: dict[str, pd.DataFrame],
        k: int,
        nested: Mapping[str, pd.DataFrame],
        earlier: Sequence[Mapping[str, pd.DataFrame]],
    ) -> _Work:
        together, releases = dated({name: _plain(table) for name, table in tables.items()}, earlier)
        published = read(together)
        for table in published[: len(tables)]:
            if table.withheld.any():
                first = table.described(int(np.flatnonzero(table.withheld)[0]))
                raise DisclosureError(
                    f"Table '{table.name}' withholds {first} already: give true counts to be protected; tables that "
                    f"are protected are for `audit`."
                )
        now = len(tables)
        behind = histogram(published, {**nested, **releases}, frozenset(range(now)))
        equations, is_earlier = equations_of(behind, now)
        try:
            truth = Attack(equations).point()
        except Impossible:
            # As few as possible have gone since an earlier release; else the error of `audit` says what is wrong.
            view({name: _plain(table) for name, table in tables.items()}, nested, earlier)
            equations = loosened(equations, is_earlier)
            truth = Attack(equations).point()
        sums = sparse.csr_matrix(sparse.vstack(behind.sums[:now]))
        low = np.concatenate([table.low for table in published[:now]])
        high = np.concatenate([table.high for table in published[:now]])
        rows = np.flatnonzero(is_earlier | (np.arange(len(is_earlier)) >= len(is_earlier) - behind.joins.shape[0]))
        counts = np.rint(sums @ truth)
        complements = Complements(
            sums, counts, low, high, equations.matrix[rows], equations.low[rows], equations.high[rows], truth
        )
        start = np.concatenate([[0], np.cumsum([len(table.cells) for table in published[:now]])])
        words = [all_in_words(table.cells.drop(columns=RELEASE, errors="ignore")) for table in published[:now]]
        seen = counts.copy(), counts.copy()
        return cls(tables, k, nested, earlier, behind, start, sums, counts, complements, {}, *seen, words)

    def withhold(self, cell: int, reason: str, why: str) -> None:
        """Withhold a cell of all; the first reason stands."""
        if cell not in self.reasons:
            self.reasons[cell] = (reason, why)
            self.complements.withhold(np.array([cell]))

    def place_of(self, cell: int) -> tuple[int, int, str]:
        """The number of a cell's table, its row in it, and the cell in words."""
        position = int(np.searchsorted(self.start, cell, side="right") - 1)
        row = int(cell - self.start[position])
        return position, row, self.words[position][row]

    def published(self) -> dict[str, pd.DataFrame]:
        """The tables as they would be published now."""
        found = {}
        for position, (name, table) in enumerate(self.tables.items()):
            first, end = self.start[position], self.start[position + 1]
            found[name] = _withheld(table, [cell - first for cell in self.reasons if first <= cell < end])
        return found

    def as_seen(self) -> View:
        """What an attacker would have before it now."""
        return view({name: _plain(table) for name, table in self.published().items()}, self.nested, self.earlier)

    def result(self) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
        """Protected tables, and the reasons."""
        found, at = {}, {}
        for name, table in self.published().items():
            listed = _as_given(table)
            at[name] = {row: place for place, row in enumerate(listed.index)}
            found[name] = listed.reset_index(drop=True)
        rows = []
        for cell, (reason, why) in sorted(self.reasons.items()):
            position, row, named = self.place_of(cell)
            name = self.behind.tables[position].name
            rows.append((name, at[name][row], named, reason, why))
        for each in of_values(found, self.k).itertuples():
            found[each.table].loc[each.row, each.column] = np.nan
            rows.append((each.table, each.row, each.cell, STATISTIC, f"{each.column}: {each.why}."))
        return found, pd.DataFrame(rows, columns=["table", "row", "cell", "reason", "why"])


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns=GIVEN, errors="ignore")


def _as_given(table: pd.DataFrame) -> pd.DataFrame:
    """A table in its own order, without zeros it did not list; with one that is withheld, all in order of values."""
    if GIVEN not in table:
        return table
    kept = table[table[GIVEN].notna() | table[COUNT].isna()]
    return _plain(kept if kept[GIVEN].isna().any() else kept.sort_values(GIVEN))


def _withheld(table: pd.DataFrame, rows: Sequence[int]) -> pd.DataFrame:
    """A table without what is said of the persons in some rows; populations are public."""
    found = table.copy()
    for column in statistics_of(found):
        if column == COUNT:
            found[column] = pd.to_numeric(found[column]).astype("Int64")
        if column not in (POPULATION, "per", "base"):
            found.loc[list(rows), column] = pd.NA if column == COUNT else np.nan
    return found


def _with_zeros(table: pd.DataFrame) -> pd.DataFrame:
    """A table with a row for every combination of its values, where its own order has them; new ones count nobody."""
    dimensions = dimensions_of(table)
    if not dimensions or COUNT not in table:
        return table
    values = [pd.unique(table[name]) for name in dimensions]
    grid = pd.MultiIndex.from_product(values, names=dimensions)
    if len(grid) == len(table):
        return table
    listed = pd.MultiIndex.from_frame(table[dimensions])
    missing = grid.difference(listed, sort=False).to_frame(index=False).assign(**{COUNT: 0})
    both = pd.concat([table.assign(**{GIVEN: range(len(table))}), missing], ignore_index=True)
    keys = [
        both[name].map({value: place for place, value in enumerate(own)}).to_numpy()
        for name, own in zip(dimensions, values, strict=True)
    ]
    ordered = both.loc[np.lexsort(keys[::-1])].reset_index(drop=True)
    return ordered.astype({name: table[name].dtype for name in dimensions})


def _first(work: _Work) -> list[tuple[int, str, str]]:
    """Cells that are withheld for what they are: (cell, reason, why)."""
    rows = []
    for cell in np.flatnonzero((work.counts > 0) & (work.counts < work.k)).tolist():
        rows.append((cell, SMALL, f"Fewer than {work.k} persons."))
    for number in range(len(work.tables)):
        table = work.behind.tables[number]
        for row, dimension, others in classes(table):
            if table.high[row] < work.k:
                continue  # it is withheld as a small count
            value = table.cells[dimension].iloc[row]
            why = f"All persons of {others} have the same {dimension}: {value}."
            rows.append((int(work.start[number]) + row, CLASS, why))
            zero = int(work.start[number]) + _partner(table, row, dimension)
            rows.append((zero, PARTNER, f"{why} That nobody is here is withheld with it."))
    return rows


def _partner(table: Published, row: int, dimension: str) -> int:
    """The cell of the same row of a table in the commonest other category, where nobody is."""
    mine = table.cells.iloc[row]
    others = table.cells.drop(columns=dimension)
    same = (others == mine.drop(dimension)).all(axis=1) & table.cells[dimension].ne(mine[dimension])
    totals = pd.Series(table.high).groupby(table.cells[dimension].to_numpy()).sum()
    there = table.cells.loc[same, dimension].map(totals)
    return int(there.sort_values(ascending=False, kind="stable").index[0])


def _round(work: _Work) -> bool:
    """Give room to whatever lacks it; False once the attack finds nothing."""
    for cell in sorted(work.reasons, key=lambda cell: (work.counts[cell], cell)):
        _give_room(work, cell)
    seen = work.as_seen()
    again = False
    withheld, sums = _withheld_sums(work, seen)
    found = seen.attack.bounds(sums, wide=work.k, high=work.k)
    for cell, low, high in zip(withheld, found.low, found.high, strict=True):
        if judged(low, high, work.k)[0]:
            again = True
            work.low[cell], work.high[cell] = low, high
            _give_room(work, int(cell))
    for number, cell, _, _ in small_groups(seen, work.k):
        again = True
        _give_room_to_group(work, number, cell)
    for number, row, low, high in _earlier_without_room(work, seen):
        again = True
        named = f"{seen.tables[number].described(row)} of '{seen.tables[number].name}'"
        group = work.behind.sums[number][row]
        _make_room(work, partial(work.complements.moving_group, group), low, high, named)
    return again


def _earlier_without_room(work: _Work, seen: View) -> list[tuple[int, int, float, float]]:
    """Cells that an earlier release withheld and that can be worked out now: (table, row, fewest, most)."""
    earlier = range(seen.now, len(seen.tables))
    withheld = [(number, row) for number in earlier for row in np.flatnonzero(seen.tables[number].withheld).tolist()]
    if not withheld:
        return []
    sums = sparse.csr_matrix(sparse.vstack([seen.behind.sums[number][row] for number, row in withheld]))
    found = seen.attack.bounds(sums, wide=work.k, high=work.k)
    bounds = zip(withheld, found.low, found.high, strict=True)
    return [(number, row, low, high) for (number, row), low, high in bounds if judged(low, high, work.k)[0]]


def _withheld_sums(work: _Work, seen: View) -> tuple[np.ndarray, sparse.csr_matrix]:
    """The cells withheld so far, and their sums in the attacker's eyes."""
    withheld = np.array(sorted(work.reasons), int)
    sums = sparse.csr_matrix(sparse.vstack(seen.behind.sums[: seen.now]))
    return withheld, sums[withheld]


def _give_room(work: _Work, cell: int) -> None:
    """Withhold what must move for a cell to be able to be k or more, and k more than the least it can be."""
    move = partial(work.complements.moving, cell)
    _make_room(work, move, work.low[cell], work.high[cell], _named(work, cell))


def _give_room_to_group(work: _Work, number: int, cell: pd.Series) -> None:
    """Withhold what must move for a group that no table lists to be able to be k or more."""
    sums, cells = groups(work.behind, number)
    mine = cells.reindex(columns=cell.index)
    row = int(np.flatnonzero((mine == cell).all(axis=1))[0])
    named = f"{in_words(cell)} of '{work.behind.tables[number].name}'"
    _make_room(work, partial(work.complements.moving_group, sums[row]), 0, work.k - 1, named)


def _make_room(work: _Work, move: Move, low: float, high: float, named: str) -> None:
    """Withhold what must move for a sum that is known to reach from `low` to `high` to reach far enough.

    Down where that is possible, else up, else as far as it can go up and the rest down.
    """
    k = work.k
    if high < k:
        if not _move(work, move, k, True, named):
            raise DisclosureError(NO_ROOM.format(named=named))
        high = k
    if high - low >= k or (high >= k and _move(work, move, high - k, False, named)):
        return
    if _move(work, move, low + k, True, named):
        return
    reach = high
    while reach < low + k - 1 and move(reach + 1, True) is not None:
        reach += 1
    if not (_move(work, move, reach, True, named) and _move(work, move, reach - k, False, named)):
        raise DisclosureError(NO_ROOM.format(named=named))


def _move(work: _Work, move: Move, to: float, up: bool, named: str) -> bool:
    """Withhold the cells of the cheapest change, and remember how far all cells went; False where there is none."""
    found = move(to, up)
    if found is None:
        return False
    cells, point = found
    for other in cells:
        work.withhold(int(other), COMPLEMENT, f"Without it one could work out {named}.")
    reached = work.sums @ point
    work.low, work.high = np.minimum(work.low, reached), np.maximum(work.high, reached)
    return True


def _named(work: _Work, cell: int) -> str:
    position, _, named = work.place_of(cell)
    return f"{named} of '{work.behind.tables[position].name}'"
