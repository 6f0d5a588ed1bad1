"""Which cells of some tables are withheld so far, and what the attacker sees of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.disclosure.complements import Complements
from analysis.disclosure.earlier_releases import NOBODY_CAME, NOBODY_LEFT, RELEASE, dated, each_alone
from analysis.disclosure.histogram import Histogram, histogram
from analysis.disclosure.published import (
    BASE,
    COUNT,
    PER,
    POPULATION,
    RATE,
    SHARES,
    Published,
    all_in_words,
    counts_persons,
    dimensions_of,
    read,
    statistics_of,
    suppressed_rows,
)
from analysis.disclosure.refusal import DisclosureError
from analysis.disclosure.statistics import of_values
from analysis.disclosure.view import View, possible, says, view_of

# A column with the number of a row in the table as given, missing for one it does not list; no user's has such a name.
GIVEN = "row as given (disclosure)"
# Why a statistic is withheld though its count is not, and a percentage though its cell is not small.
STATISTIC, WITH_BASE = "statistic", "base"


@dataclass
class World:
    """The tables under one assumption on earlier releases, and the cheapest changes of them.

    Parameters
    ----------
    assumption : see `earlier_releases`.
    behind : the histogram behind the tables, and behind those of earlier releases.
    sums : (cells x variables) of all cells.
    complements : the cheapest changes.
    low, high : (cells,) how far each cell was seen to go.
    contradicted : whether the true counts contradict the assumption, so that it holds for some persons only.
    points : (points x variables) histograms of whole numbers that were met so far.
    """

    assumption: str
    behind: Histogram
    sums: sparse.csr_matrix
    complements: Complements
    low: np.ndarray
    high: np.ndarray
    contradicted: bool
    points: np.ndarray

    @classmethod
    def of(
        cls,
        tables: Mapping[str, pd.DataFrame],
        nested: Mapping[str, pd.DataFrame],
        earlier: Sequence[Mapping[str, pd.DataFrame]],
        assumption: str,
    ) -> World:
        together, releases = dated({name: _plain(table) for name, table in tables.items()}, earlier, assumption)
        published = read(together)
        now = len(tables)
        for table in published[:now]:
            if table.withheld.any():
                first = table.described(int(np.flatnonzero(table.withheld)[0]))
                raise DisclosureError(
                    "already_protected",
                    f"Table '{table.name}' withholds {first} already: give true counts to be protected; tables that "
                    f"are protected are for `audit`.",
                )
        behind = histogram(published, {**nested, **releases}, frozenset(range(now)))
        equations, attack, contradicted = possible(behind)
        truth = attack.point()
        sums = sparse.csr_matrix(sparse.vstack(behind.sums[:now]))
        # Rows of equations stand in the order of the tables: those of now first.
        first_of_rest = sum(len(says(table)) for table in published[:now])
        low = np.zeros(sums.shape[0])
        high = np.full(sums.shape[0], np.inf)
        start = np.cumsum([0, *(len(table.cells) for table in published[:now])])
        at = np.concatenate([first + says(table) for first, table in zip(start, published[:now], strict=False)])
        low[at], high[at] = equations.low[:first_of_rest], equations.high[:first_of_rest]
        counts = np.rint(sums @ truth)
        rest = equations.matrix[first_of_rest:], equations.low[first_of_rest:], equations.high[first_of_rest:]
        complements = Complements(sums, counts, low, high, *rest, truth)
        return cls(assumption, behind, sums, complements, counts.copy(), counts.copy(), contradicted, truth[None])


@dataclass
class Withholding:
    """What is withheld so far, and what is needed to withhold more.

    Parameters
    ----------
    tables : with a row for every combination of their values (`with_zeros`).
    worlds : the tables as an attacker can see them: nobody left since earlier releases, or nobody came.
    start : (tables + 1,) the number of the first cell of each table among all cells.
    counts : (cells,) the true counts of all cells.
    reasons : cell -> reason and why, of those that are withheld.
    words : for each table, its cells in words.
    with_base : base -> the cells whose percentages alone say how many they are: they are withheld with it.
    """

    tables: dict[str, pd.DataFrame]
    k: int
    nested: Mapping[str, pd.DataFrame]
    earlier: Sequence[Mapping[str, pd.DataFrame]]
    worlds: list[World]
    start: np.ndarray
    counts: np.ndarray
    reasons: dict[int, tuple[str, str]]
    words: list[list[str]]
    with_base: dict[int, list[int]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        tables: dict[str, pd.DataFrame],
        k: int,
        nested: Mapping[str, pd.DataFrame],
        earlier: Sequence[Mapping[str, pd.DataFrame]],
    ) -> Withholding:
        assumptions = (NOBODY_LEFT, NOBODY_CAME) if earlier else (NOBODY_LEFT,)
        worlds = [World.of(tables, nested, earlier, assumption) for assumption in assumptions]
        for assumption in [world.assumption for world in worlds if world.contradicted]:
            worlds += [World.of(tables, nested, alone, assumption) for alone in each_alone(earlier)]
        published = worlds[0].behind.tables[: len(tables)]
        start = np.concatenate([[0], np.cumsum([len(table.cells) for table in published])])
        words = [all_in_words(table.cells.drop(columns=RELEASE, errors="ignore")) for table in published]
        return cls(tables, k, nested, earlier, worlds, start, worlds[0].low.copy(), {}, words)

    @property
    def published_tables(self) -> Sequence[Published]:
        """The tables of now, as read before anything was withheld."""
        return self.worlds[0].behind.tables[: len(self.tables)]

    def withhold(self, cell: int, reason: str, why: str) -> None:
        """Withhold a cell of all; the first reason stands."""
        if cell not in self.reasons:
            self.reasons[cell] = (reason, why)
            for world in self.worlds:
                world.complements.withhold(np.array([cell]))
            for other in self.with_base.get(cell, ()):
                self.withhold(other, WITH_BASE, f"Its base is withheld: {self.named(cell)}.")

    def named(self, cell: int) -> str:
        """A cell in words, with its table."""
        position, _, words = self.place_of(cell)
        return f"{words} of '{self.published_tables[position].name}'"

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

    def printed(self) -> dict[str, pd.DataFrame]:
        """The same without what is known of their rows in the house."""
        return {name: _plain(table) for name, table in self.published().items()}

    def as_seen(self, world: World) -> View:
        """What an attacker would have before it now, in terms of the same histogram."""
        printed = [
            replace(table, low=now.low, high=now.high, withheld=now.withheld)
            for table, now in zip(world.behind.tables, read(self.printed()), strict=False)
        ]
        return view_of(world.behind.printed(printed), len(printed), world.assumption, self.k, world.points)

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
            name = self.published_tables[position].name
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
    new = table[GIVEN].isna()
    kept = table[~new | suppressed_rows(table)]
    if POPULATION in kept and COUNT not in kept:
        kept = kept.assign(**{POPULATION: kept[POPULATION].mask(new)})
    return _plain(kept if kept[GIVEN].isna().any() else kept.sort_values(GIVEN))


def _withheld(table: pd.DataFrame, rows: Sequence[int]) -> pd.DataFrame:
    """A table without what is said of the persons in some rows, their base too; populations are public."""
    found = table.copy()
    for column in statistics_of(found):
        if column == COUNT:
            found[column] = pd.to_numeric(found[column]).astype("Int64")
        if column not in (POPULATION, PER):
            found.loc[list(rows), column] = pd.NA if column == COUNT else np.nan
    return found


def with_zeros(table: pd.DataFrame) -> pd.DataFrame:
    """A table with a row for every combination of its values, where its own order has them; new ones count nobody."""
    dimensions = dimensions_of(table)
    if not dimensions or not counts_persons(table):
        return table
    values = [pd.unique(table[name]) for name in dimensions]
    grid = pd.MultiIndex.from_product(values, names=dimensions)
    if len(grid) == len(table):
        return table
    listed = pd.MultiIndex.from_frame(table[dimensions])
    nobody = [COUNT] if COUNT in table else [name for name in (BASE, POPULATION, RATE, *SHARES) if name in table]
    missing = grid.difference(listed, sort=False).to_frame(index=False).assign(**dict.fromkeys(nobody, 0))
    both = pd.concat([table.assign(**{GIVEN: range(len(table))}), missing], ignore_index=True)
    keys = [
        both[name].map({value: place for place, value in enumerate(own)}).to_numpy()
        for name, own in zip(dimensions, values, strict=True)
    ]
    ordered = both.loc[np.lexsort(keys[::-1])].reset_index(drop=True)
    return ordered.astype({name: table[name].dtype for name in dimensions})
