"""Primary and secondary cell suppression, until every suppressed cell has its protection interval.

Which cells of some tables are suppressed so far, and what the attacker sees of the others.

Protection intervals of what is suppressed: further cells are suppressed until nothing of it can be worked out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from disclosure.attack import NOBODY_CAME, NOBODY_LEFT, RELEASE, View, dated, each_alone, possible, says, view_of
from disclosure.audit import known_too_well
from disclosure.groups import known_groups
from disclosure.histogram import Histogram, histogram
from disclosure.sums import Complements
from disclosure.tables import (
    ADVICE,
    BASE,
    COUNT,
    PER,
    POPULATION,
    RATE,
    SHARES,
    DisclosureError,
    Published,
    all_in_words,
    counts_persons,
    dimensions_of,
    of_values,
    read,
    statistics_of,
    suppressed_rows,
)

# A column with the number of a row in the table as given, missing for one it does not list; no user's has such a name.
GIVEN = "row as given (disclosure)"
# Why a statistic is suppressed though its count is not, and a percentage though its cell is not small.
STATISTIC, WITH_BASE = "statistic", "base"


@dataclass
class Scenario:
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
    def assumed(
        cls,
        tables: Mapping[str, pd.DataFrame],
        nested: Mapping[str, pd.DataFrame],
        earlier: Sequence[Mapping[str, pd.DataFrame]],
        assumption: str,
    ) -> Scenario:
        together, releases = dated({name: _plain(table) for name, table in tables.items()}, earlier, assumption)
        published = read(together)
        now = len(tables)
        for table in published[:now]:
            if table.suppressed.any():
                first = table.described(int(np.flatnonzero(table.suppressed)[0]))
                raise DisclosureError(
                    "already_protected",
                    f"Table '{table.name}' suppresses {first} already: give true counts to be protected; tables that "
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
class Suppression:
    """Cells suppressed so far, and what is needed to suppress more.

    Parameters
    ----------
    tables : with a row for every combination of their values (`with_zeros`).
    scenarios : the tables as an attacker can see them: nobody left since earlier releases, or nobody came.
    start : (tables + 1,) the number of the first cell of each table among all cells.
    counts : (cells,) the true counts of all cells.
    reasons : cell -> reason and why, of those that are suppressed.
    words : for each table, its cells in words.
    with_base : base -> the cells whose percentages alone say how many they are: they are suppressed with it.
    """

    tables: dict[str, pd.DataFrame]
    k: int
    nested: Mapping[str, pd.DataFrame]
    earlier: Sequence[Mapping[str, pd.DataFrame]]
    scenarios: list[Scenario]
    start: np.ndarray
    counts: np.ndarray
    reasons: dict[int, tuple[str, str]]
    words: list[list[str]]
    with_base: dict[int, list[int]] = field(default_factory=dict)

    @classmethod
    def begun(
        cls,
        tables: dict[str, pd.DataFrame],
        k: int,
        nested: Mapping[str, pd.DataFrame],
        earlier: Sequence[Mapping[str, pd.DataFrame]],
    ) -> Suppression:
        assumptions = (NOBODY_LEFT, NOBODY_CAME) if earlier else (NOBODY_LEFT,)
        scenarios = [Scenario.assumed(tables, nested, earlier, assumption) for assumption in assumptions]
        for assumption in [scenario.assumption for scenario in scenarios if scenario.contradicted]:
            scenarios += [Scenario.assumed(tables, nested, alone, assumption) for alone in each_alone(earlier)]
        published = scenarios[0].behind.tables[: len(tables)]
        start = np.concatenate([[0], np.cumsum([len(table.cells) for table in published])])
        words = [all_in_words(table.cells.drop(columns=RELEASE, errors="ignore")) for table in published]
        return cls(tables, k, nested, earlier, scenarios, start, scenarios[0].low.copy(), {}, words)

    @property
    def published_tables(self) -> Sequence[Published]:
        """The tables of now, as read before anything was suppressed."""
        return self.scenarios[0].behind.tables[: len(self.tables)]

    def suppress(self, cell: int, reason: str, why: str) -> None:
        """Suppress a cell of all; the first reason stands."""
        if cell not in self.reasons:
            self.reasons[cell] = (reason, why)
            for scenario in self.scenarios:
                scenario.complements.suppress(np.array([cell]))
            for other in self.with_base.get(cell, ()):
                self.suppress(other, WITH_BASE, f"Its base is suppressed: {self.named(cell)}.")

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
            found[name] = _without(table, [cell - first for cell in self.reasons if first <= cell < end])
        return found

    def printed(self) -> dict[str, pd.DataFrame]:
        """The same without what is known of their rows in the house."""
        return {name: _plain(table) for name, table in self.published().items()}

    def as_seen(self, scenario: Scenario) -> View:
        """Return the view that an attacker would have now, in terms of the same histogram."""
        printed = [
            replace(table, low=now.low, high=now.high, suppressed=now.suppressed)
            for table, now in zip(scenario.behind.tables, read(self.printed()), strict=False)
        ]
        return view_of(scenario.behind.printed(printed), len(printed), scenario.assumption, self.k, scenario.points)

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
    """A table in its own order, without zeros it did not list; with one that is suppressed, all in order of values."""
    if GIVEN not in table:
        return table
    new = table[GIVEN].isna()
    kept = table[~new | suppressed_rows(table)]
    if POPULATION in kept and COUNT not in kept:
        kept = kept.assign(**{POPULATION: kept[POPULATION].mask(new)})
    return _plain(kept if kept[GIVEN].isna().any() else kept.sort_values(GIVEN))


def _without(table: pd.DataFrame, rows: Sequence[int]) -> pd.DataFrame:
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


# Why a cell is suppressed that is neither small nor a class.
COMPLEMENT = "complement"
WITHOUT_IT = "Without it one could work out {named}."
NO_ROOM = (
    "{named} cannot be protected: what was released earlier, or what the tables show to be zero, leaves it no room."
)


def unprotectable(named: str) -> DisclosureError:
    """The error of a cell, in words, that no choice of cells protects."""
    return DisclosureError("no_room", f"{NO_ROOM.format(named=named)} {ADVICE}")


@dataclass(frozen=True)
class SumMove:
    """The ways in which a sum can be moved.

    Parameters
    ----------
    cheapest : to how many persons, and whether upwards -> the cheapest change, or None where there is none.
    accept : makes a change possible: what moves in it is suppressed.
    """

    cheapest: Callable[[float, bool], Any]
    accept: Callable[[Any], None]


@dataclass(frozen=True)
class ExposedSum:
    """A sum of which too much is known.

    Parameters
    ----------
    sums : (1 x variables) of the view.
    low, high : from how many to how many persons it is known to reach.
    named : in words.
    """

    sums: sparse.csr_matrix
    low: float
    high: float
    named: str


def exposed_sums(seen: View, k: int) -> list[ExposedSum]:
    """Sums that an attacker with a view knows too well: cells of now and of earlier releases, and groups."""
    cells = [
        ExposedSum(
            seen.behind.sums[number][row],
            low,
            high,
            f"{seen.tables[number].described(row)} of '{seen.tables[number].name}'",
        )
        for number, row, low, high in known_too_well(seen, k, range(len(seen.tables)))
    ]
    groups = [
        ExposedSum(
            group.hidden, 0.0, k - 1.0 if np.isnan(group.high) else group.high, f"{group.cell} of '{group.table}'"
        )
        for group in known_groups(seen, k)
    ]
    return [*cells, *groups]


def around(seen: View) -> tuple[Complements, list[tuple[int, int]]]:
    """The cheapest changes of what is in print, around a histogram that it allows; and the cells: table, row."""
    assert seen.equations is not None
    point = seen.attack.point()
    cells = [(number, int(row)) for number, table in enumerate(seen.tables[: seen.now]) for row in says(table)]
    matrix, low, high = seen.equations.matrix, seen.equations.low, seen.equations.high
    now = len(cells)
    sums = matrix[:now]
    rest = matrix[now:], low[now:], high[now:]
    return Complements(sums, sums @ point, low[:now], high[:now], *rest, point), cells


def widen_intervals(work: Suppression) -> bool:
    """Widen the interval of whatever is known too well; False once the attack finds nothing."""
    _look_around(work, work.scenarios[0])
    for cell in sorted(work.reasons, key=lambda cell: (work.counts[cell], cell)):
        _widen_cell(work, work.scenarios[0], cell)
    return any([_widen_in(work, scenario) for scenario in work.scenarios])


def _look_around(work: Suppression, scenario: Scenario) -> None:
    """Remember how far what is suppressed can go as it is, as far as a few histograms show it: most needs no more."""
    seen = work.as_seen(scenario)
    cells = np.array(sorted(work.reasons), dtype=int)
    if not len(cells):
        return
    low, high = seen.attack.shown(sparse.csr_matrix(scenario.sums[cells]), wide=work.k, high=work.k)
    scenario.low[cells], scenario.high[cells] = (
        np.minimum(scenario.low[cells], low),
        np.maximum(scenario.high[cells], high),
    )
    scenario.points = seen.attack.points()


def _widen_in(work: Suppression, scenario: Scenario) -> bool:
    """Widen the interval of what an attack under one assumption finds; False if it finds nothing."""
    seen = work.as_seen(scenario)
    if scenario.contradicted:
        # What is in print need not contradict it in the same places as the true counts do.
        def suppress(number: int, row: int, named: str) -> None:
            work.suppress(int(work.start[number]) + row, COMPLEMENT, WITHOUT_IT.format(named=named))

        return relieve(seen, work.k, suppress)
    again = False
    for number, row, low, high in known_too_well(seen, work.k, range(seen.now)):
        again = True
        cell = int(work.start[number]) + row
        scenario.low[cell], scenario.high[cell] = low, high
        _widen_cell(work, scenario, cell)
    for group in known_groups(seen, work.k):
        again = True
        high = work.k - 1 if np.isnan(group.high) else group.high
        named = f"{group.cell} of '{group.table}'"
        widen(
            work.k,
            _move_in(work, scenario, partial(scenario.complements.moving_group, group.hidden), named),
            0,
            high,
            named,
        )
    for number, row, low, high in known_too_well(seen, work.k, range(seen.now, len(seen.tables))):
        again = True
        named = f"{seen.tables[number].described(row)} of '{seen.tables[number].name}'"
        move = partial(scenario.complements.moving_group, scenario.behind.sums[number][row])
        widen(work.k, _move_in(work, scenario, move, named), low, high, named)
    # What is possible now stays so, whatever else is suppressed.
    scenario.points = seen.attack.points()
    return again


def relieve(seen: View, k: int, suppress: Callable[[int, int, str], None]) -> bool:
    """Widen the interval of what is known too well in a view, by changes of what is in print; False if nothing is.

    Parameters
    ----------
    suppress : gets each cell that has to be suppressed: the number of its table, its row, and for what.

    Raises
    ------
    DisclosureError : no change does it.
    """
    found = exposed_sums(seen, k)
    if not found:
        return False
    complements, cells = around(seen)
    more: list[int] = []

    def accept(rows: np.ndarray, named: str) -> None:
        complements.suppress(rows)
        for number, row in (cells[each] for each in rows):
            more.append(row)
            suppress(number, row, named)

    # Changes may be fractions: what they leave to whole persons can be less, and is then asked to be more.
    for wide in range(k, 2 * k):
        for each in found:
            widen(wide, move_of(complements, each, accept), each.low, each.high, each.named)
        if more:
            return True
    raise unprotectable(found[0].named)


def move_of(complements: Complements, each: ExposedSum, accept: Callable[[np.ndarray, str], None]) -> SumMove:
    """Return how an exposed sum is moved by complements; `accept` gets the cells that move, and for what."""
    columns = complements.variables
    sums = sparse.csr_matrix((each.sums.data, each.sums.indices, each.sums.indptr), shape=(1, columns))
    return SumMove(partial(complements.moving_group, sums), lambda found: accept(found[0], each.named))


def _widen_cell(work: Suppression, scenario: Scenario, cell: int) -> None:
    """Suppress what must move for a cell to be able to be k or more, and k more than the least it can be."""
    named = work.named(cell)
    move = _move_in(work, scenario, partial(scenario.complements.moving, cell), named)
    widen(work.k, move, scenario.low[cell], scenario.high[cell], named)


def _move_in(work: Suppression, scenario: Scenario, cheapest: Callable[[float, bool], Any], named: str) -> SumMove:
    """The move of a sum in a scenario: what moves is suppressed, and how far all cells went is remembered."""

    def accept(found: tuple[np.ndarray, np.ndarray]) -> None:
        cells, point = found
        for other in cells:
            work.suppress(int(other), COMPLEMENT, WITHOUT_IT.format(named=named))
        reached = scenario.sums @ point
        scenario.low, scenario.high = np.minimum(scenario.low, reached), np.maximum(scenario.high, reached)

    return SumMove(cheapest, accept)


def widen(k: int, move: SumMove, low: float, high: float, named: str) -> None:
    """Make it possible for a sum that is known to reach from `low` to `high` to reach k or more, and over k persons.

    Down where that is possible, else up, else as far as it can go up and the rest down.

    Raises
    ------
    DisclosureError : no change does it.
    """
    if high < k:
        if not _moved(move, k, True):
            raise unprotectable(named)
        high = k
    if high - low >= k or (high >= k and _moved(move, high - k, False)):
        return
    if _moved(move, low + k, True):
        return
    reach = high
    while reach < low + k - 1 and move.cheapest(reach + 1, True) is not None:
        reach += 1
    if not (_moved(move, reach, True) and _moved(move, reach - k, False)):
        raise unprotectable(named)


def _moved(move: SumMove, to: float, up: bool) -> bool:
    """Suppress the cells of the cheapest change; False where there is none."""
    found = move.cheapest(to, up)
    if found is None:
        return False
    move.accept(found)
    return True
