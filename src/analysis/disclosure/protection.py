"""Tables of which cells are withheld until an attack on all of them finds nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.disclosure.attack import Attack, Impossible
from analysis.disclosure.audit import K, View, audit, classes, equations_of, groups, judged, small_groups, view
from analysis.disclosure.complements import Complements
from analysis.disclosure.histogram import Histogram, histogram
from analysis.disclosure.published import COUNT, POPULATION, dimensions_of, in_words, read, statistics_of
from analysis.disclosure.refusal import DisclosureError
from analysis.disclosure.statistics import of_values
from analysis.disclosure.vintages import RELEASE, dated, loosened

# Rounds of attack and protection; a few do.
ROUNDS = 25
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
    given = {name: table.reset_index(drop=True) for name, table in tables.items()}
    nested = nested or {}
    whole, partners = _with_partners(given, k)
    work = _Work.of(whole, k, nested, earlier)
    for cell, reason, why in _first(work, partners):
        work.withhold(cell, reason, why)
    for _ in range(ROUNDS):
        if not _round(work):
            break
    else:
        raise DisclosureError(f"After {ROUNDS} rounds the tables were not safe: leave out a table, or coarsen one.")
    _publish_again(work)
    found = Protection(*work.result(), len(work.counts))
    left = audit(found.tables, k, nested, earlier)
    if len(left):
        first = left.iloc[0]
        raise DisclosureError(
            f"{len(left)} cells could not be protected, the first of them {first['cell']} of table "
            f"'{first['table']}': {first['why']} Leave the table out, or coarsen it."
        )
    return found


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

    @classmethod
    def of(
        cls,
        tables: dict[str, pd.DataFrame],
        k: int,
        nested: Mapping[str, pd.DataFrame],
        earlier: Sequence[Mapping[str, pd.DataFrame]],
    ) -> _Work:
        together, releases = dated(tables, earlier)
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
            view(tables, nested, earlier)
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
        seen = counts.copy(), counts.copy()
        return cls(tables, k, nested, earlier, behind, start, sums, counts, complements, {}, *seen)

    def withhold(self, cell: int, reason: str, why: str) -> None:
        """Withhold a cell of all; the first reason stands."""
        if cell not in self.reasons:
            self.reasons[cell] = (reason, why)
            self.complements.withhold(np.array([cell]))

    def cell_of(self, table: str, cell: dict) -> int:
        """The number of a cell of a table, from its dimensions."""
        rows = (self.tables[table][list(cell)] == pd.Series(cell)).all(axis=1)
        return int(self.start[list(self.tables).index(table)] + np.flatnonzero(rows)[0])

    def place_of(self, cell: int) -> tuple[int, int, str]:
        """The number of a cell's table, its row in it, and the cell in words."""
        position = int(np.searchsorted(self.start, cell, side="right") - 1)
        row = int(cell - self.start[position])
        named = self.behind.tables[position].cells.iloc[row].drop(RELEASE, errors="ignore")
        return position, row, in_words(named)

    def published(self) -> dict[str, pd.DataFrame]:
        """The tables as they would be published now."""
        found = {}
        for position, (name, table) in enumerate(self.tables.items()):
            first, end = self.start[position], self.start[position + 1]
            found[name] = _withheld(table, [cell - first for cell in self.reasons if first <= cell < end])
        return found

    def result(self) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
        """Protected tables, and the reasons."""
        found = self.published()
        rows = []
        for cell, (reason, why) in sorted(self.reasons.items()):
            position, row, named = self.place_of(cell)
            rows.append((self.behind.tables[position].name, row, named, reason, why))
        for each in of_values(found, self.k).itertuples():
            found[each.table].loc[each.row, each.column] = np.nan
            rows.append((each.table, each.row, each.cell, STATISTIC, f"{each.column}: {each.why}."))
        return found, pd.DataFrame(rows, columns=["table", "row", "cell", "reason", "why"])


def _withheld(table: pd.DataFrame, rows: Sequence[int]) -> pd.DataFrame:
    """A table without what is said of the persons in some rows; populations are public."""
    found = table.copy()
    for column in statistics_of(found):
        if column == COUNT:
            found[column] = pd.to_numeric(found[column]).astype("Int64")
        if column not in (POPULATION, "per", "base"):
            found.loc[list(rows), column] = pd.NA if column == COUNT else np.nan
    return found


# (table, cell of a class, cell of the zero that is withheld with it, why)
Partner = tuple[str, dict, dict, str]


def _with_partners(tables: dict[str, pd.DataFrame], k: int) -> tuple[dict[str, pd.DataFrame], list[Partner]]:
    """Tables with a row for each zero that must be withheld beside a class; and which these are.

    Returns
    -------
    Tables; and (table, cell of the class, cell of the zero, why), the zero being of the commonest other category.
    """
    found, partners = dict(tables), []
    for published in read(tables):
        table, name = tables[published.name], published.name
        dimensions = dimensions_of(table)
        added = []
        for row, dimension, others in classes(published):
            if published.high[row] < k:
                continue  # it is withheld as a small count
            totals = pd.Series(published.high).groupby(published.cells[dimension].to_numpy()).sum()
            value = published.cells[dimension].iloc[row]
            other = totals.drop(value).sort_values(ascending=False, kind="stable").index[0]
            like = table.loc[published.cells[dimension].eq(other).to_numpy(), dimension].iloc[0]
            cell = table.loc[row, dimensions].to_dict()
            zero = cell | {dimension: like}
            why = f"All persons of {others} have the same {dimension}: {value}."
            partners.append((name, cell, zero, why))
            added.append(zero | {COUNT: 0})
        if added:
            found[name] = _in_order(table, pd.DataFrame(added), dimensions)
    return found, partners


def _in_order(table: pd.DataFrame, zeros: pd.DataFrame, dimensions: list[str]) -> pd.DataFrame:
    """A table with those zeros that it does not list, where its own order has them: none must stand out."""
    both = pd.concat([table, zeros], ignore_index=True).drop_duplicates(dimensions)
    places = {name: {value: place for place, value in enumerate(pd.unique(table[name]))} for name in dimensions}
    keys = pd.DataFrame({name: both[name].map(places[name]) for name in dimensions})
    ordered = both.loc[keys.sort_values(dimensions, kind="stable").index].reset_index(drop=True)
    return ordered.astype({name: table[name].dtype for name in dimensions})


def _first(work: _Work, partners: list[Partner]) -> list[tuple[int, str, str]]:
    """Cells that are withheld for what they are: (cell, reason, why)."""
    rows = []
    for cell in np.flatnonzero((work.counts > 0) & (work.counts < work.k)):
        rows.append((int(cell), SMALL, f"Fewer than {work.k} persons."))
    for name, one, zero, why in partners:
        rows.append((work.cell_of(name, one), CLASS, why))
        rows.append((work.cell_of(name, zero), PARTNER, f"{why} That nobody is here is withheld with it."))
    return rows


def _round(work: _Work) -> bool:
    """Give room to whatever lacks it; False once the attack finds nothing."""
    for cell in sorted(work.reasons, key=lambda cell: (work.counts[cell], cell)):
        _give_room(work, cell)
    seen = view(work.published(), work.nested, work.earlier)
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
    return again


def _withheld_sums(work: _Work, seen: View) -> tuple[np.ndarray, sparse.csr_matrix]:
    """The cells withheld so far, and their sums in the attacker's eyes."""
    withheld = np.array(sorted(work.reasons), int)
    sums = sparse.csr_matrix(sparse.vstack(seen.behind.sums[: seen.now]))
    return withheld, sums[withheld]


def _give_room(work: _Work, cell: int) -> None:
    """Withhold what must move for a cell to be able to be k or more, and k more than the least it can be."""
    k, count = work.k, work.counts[cell]
    why = f"Without it one could work out {_named(work, cell)}."
    if work.high[cell] < k:
        _move(work, cell, k - count, why)
    short = k - (work.high[cell] - work.low[cell])
    if short > 0 and count > 0:
        _move(work, cell, -min(count, count - work.low[cell] + short), why, needed=False)
    short = k - (work.high[cell] - work.low[cell])
    if short > 0:
        _move(work, cell, work.high[cell] - count + short, why)


def _give_room_to_group(work: _Work, number: int, cell: pd.Series) -> None:
    """Withhold what must move for a group that no table lists to be able to be k or more."""
    sums, cells = groups(work.behind, number)
    mine = cells.reindex(columns=cell.index)
    row = int(np.flatnonzero((mine == cell).all(axis=1))[0])
    found = work.complements.moving_group(sums[row], work.k)
    named = f"{in_words(cell)} of '{work.behind.tables[number].name}'"
    _withhold_moved(work, found, named, f"Without it one could work out {named}, which no table lists.")


def _move(work: _Work, cell: int, by: float, why: str, needed: bool = True) -> None:
    """Withhold what moves with a cell in the cheapest change."""
    found = work.complements.moving(cell, by)
    if found is not None or needed:
        _withhold_moved(work, found, _named(work, cell), why)


def _withhold_moved(work: _Work, found: tuple[np.ndarray, np.ndarray] | None, named: str, why: str) -> None:
    """Withhold the cells of a change, and remember how far all cells then went."""
    if found is None:
        raise DisclosureError(
            f"{named} cannot be protected: what was released earlier, or what the tables show to be zero, leaves it no "
            f"room. Leave its table out, or coarsen it."
        )
    cells, point = found
    for other in cells:
        work.withhold(int(other), COMPLEMENT, why)
    reached = work.sums @ point
    work.low, work.high = np.minimum(work.low, reached), np.maximum(work.high, reached)


def _named(work: _Work, cell: int) -> str:
    position, _, named = work.place_of(cell)
    return f"{named} of '{work.behind.tables[position].name}'"


def _publish_again(work: _Work) -> None:
    """Publish what is not needed: cells withheld for others' sake, the largest first, where the attack still fails."""
    complements = [cell for cell, (reason, _) in work.reasons.items() if reason == COMPLEMENT]
    if not complements:
        return
    seen = view(work.published(), work.nested, work.earlier)
    withheld, sums = _withheld_sums(work, seen)
    seen.attack.bounds(sums, wide=work.k, high=work.k)  # what it finds serves the questions that follow
    left, removed = np.ones(len(withheld), bool), {}
    for cell in sorted(complements, key=lambda cell: (-work.counts[cell], cell)):
        row = int(np.searchsorted(withheld, cell))
        left[row] = False
        if seen.attack.keeps_room(sums[row], work.counts[cell], sums[left], work.k, work.k):
            removed[cell] = work.reasons.pop(cell)
        else:
            left[row] = True
    if removed and len(audit(work.published(), work.k, work.nested, work.earlier)):
        # A group between cells lost its room: all stays withheld.
        work.reasons |= removed
