"""Complementary suppression by linear programming, and the protection of sums and means.

Which further cells must be suppressed so that suppressed ones cannot be worked out: the cheapest change of the tables.

For one cell, the change of all tables that moves it as far as it must be able to go, at the least cost of published
cells that move with it: they are suppressed (Kelly, Golden and Assad, 1992; Fischetti and Salazar-González, 2001). What
is suppressed already moves for nothing, so that cells protect one another.

Suppressed sums and means must not be worked out from others: 117,000 - 9,000 - 8,000 = 100,000.

What persons have adds up over the cells of the joint histogram as they do themselves, and a mean times its count is a
sum. An attacker asks by linear programming between which numbers a suppressed one lies; further ones are suppressed at
the least cost (`complements`) until each can be p per cent more and p per cent less (Hundepool et al., 2012).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import highspy
import numpy as np
import pandas as pd
from scipy import sparse

from disclosure.feasibility import Polytope, programme, solved, solver
from disclosure.histogram import Histogram
from disclosure.tables import (
    ADJUSTED,
    COUNT,
    MEAN,
    P_PERCENT,
    SUM,
    DisclosureError,
    decimals,
    dimensions_of,
    in_words,
    keys_of,
)

# A zero is suppressed only where nothing else helps: many a reader knows that nobody can be there.
COST_OF_A_ZERO = 30.0
_MOVED = 1e-6


class Complements:
    """Changes of tables around the true histogram, the cheapest first.

    Parameters
    ----------
    sums : (cells x variables) of all cells that may be suppressed.
    counts : (cells,) their true counts.
    low, high : (cells,) what is published of a cell that is not suppressed: its count twice, or bounds.
    fixed : (rows x variables) of sums that cannot change: what cliques share, and what earlier releases said.
    fixed_low, fixed_high : (rows,) bounds on these.
    histogram : (variables,) a true histogram.
    """

    def __init__(
        self,
        sums: sparse.csr_matrix,
        counts: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
        fixed: sparse.csr_matrix,
        fixed_low: np.ndarray,
        fixed_high: np.ndarray,
        histogram: np.ndarray,
    ) -> None:
        cells, variables = sums.shape
        self._histogram, self._counts = histogram, counts
        self.variables, self._cells = variables, cells
        one = sparse.identity(cells, format="csr")
        matrix = sparse.bmat([[sums, -one, one], [fixed, None, None]], format="csr")
        at = fixed @ histogram
        row_low = np.concatenate([low - counts, fixed_low - at])
        row_high = np.concatenate([high - counts, fixed_high - at])
        far = 4.0 * (counts.max() if cells else 0.0) + 10_000.0
        least = np.concatenate([-histogram, np.zeros(2 * cells)])
        most = np.full(variables + 2 * cells, far)
        self._far = far
        # Persons lost grow the cost slowly: few cells first, and among as many those with few persons.
        self._cost = np.where(counts > 0, 1.0 + 0.1 * np.log1p(counts), COST_OF_A_ZERO)
        asked = programme(matrix, row_low, row_high, least, most)
        asked.col_cost_ = np.concatenate([np.zeros(variables), self._cost, self._cost])
        self._solver = solver()
        self._solver.passModel(asked)
        solved(self._solver)
        self._basis = self._solver.getBasis()

    def suppress(self, cells: np.ndarray) -> None:
        """Cells that are suppressed move for nothing from now on: nothing bounds them, and no column counts it."""
        for cell in cells.tolist():
            self._solver.changeRowBounds(cell, -highspy.kHighsInf, highspy.kHighsInf)
            for column in (self.variables + cell, self.variables + self._cells + cell):
                self._solver.changeColBounds(column, 0.0, 0.0)

    def moving(self, cell: int, to: float, up: bool) -> tuple[np.ndarray, np.ndarray] | None:
        """The cheapest change after which a suppressed cell holds `to` persons, or beyond: more if `up`, else fewer.

        Returns
        -------
        Cells that move and are not suppressed yet, and the histogram after the change; None where no change does it.
        """
        by = to - self._counts[cell]
        bounds = (max(0.0, by), highspy.kHighsInf) if up else (-highspy.kHighsInf, min(0.0, by))
        self._solver.changeRowBounds(cell, *bounds)
        found = self._changed()
        self._solver.changeRowBounds(cell, -highspy.kHighsInf, highspy.kHighsInf)
        return found

    def moving_group(self, group: sparse.csr_matrix, to: float, up: bool) -> tuple[np.ndarray, np.ndarray] | None:
        """The cheapest change after which a sum of variables that is no cell (1 x variables) is `to`, or beyond it."""
        by = to - float((group @ self._histogram)[0])
        low, high = (by, self._far) if up else (-self._far, by)
        self._solver.addRow(low, high, len(group.indices), group.indices.astype(np.int32), group.data)
        found = self._changed(basis=False)
        self._solver.deleteRows(1, np.array([self._solver.getNumRow() - 1], np.int32))
        return found

    def _changed(self, basis: bool = True) -> tuple[np.ndarray, np.ndarray] | None:
        if basis:
            # Always from the same corner, so that what is found does not depend on what was asked before.
            self._solver.setBasis(self._basis)
        else:
            self._solver.clearSolver()
        solution = solved(self._solver)
        if solution is None:
            return None
        beyond = solution[self.variables :].reshape(2, self._cells).sum(axis=0)
        return np.flatnonzero(beyond > _MOVED), self._histogram + solution[: self.variables]


# The largest sum in print is scaled to this, so that the solver's tolerances are small; none is a hundred times it.
_LARGEST, _MOST = 1e4, 1e6
_NEAR = 1e-6
_P = P_PERCENT / 100


@dataclass(frozen=True)
class _Sums:
    """Statements of tables on the sums of one thing that persons have.

    Parameters
    ----------
    what : the thing.
    cells : table (number), row, column: one row a sum or mean for which a table has a place.
    matrix : (cells x variables) the cells of the histogram that each is the sum of.
    low, high : (cells,) bounds on the sum by what is printed; 0 and infinity where nothing is.
    suppressed : (cells,) whether the number is missing though somebody can be in the cell.
    """

    what: str
    cells: pd.DataFrame
    matrix: sparse.csr_matrix
    low: np.ndarray
    high: np.ndarray
    suppressed: np.ndarray


def known_sums(tables: Sequence[pd.DataFrame], behind: Histogram) -> list[tuple[int, int, str, float, float]]:
    """Suppressed sums and means that can be worked out to within p per cent.

    Parameters
    ----------
    tables : those of this release and of earlier ones, in the order of `behind`.
    behind : the histogram behind them.

    Returns
    -------
    (number of the table, row, column, least and most that the sum can be).

    Raises
    ------
    DisclosureError : a sum is below zero, or sums and means contradict one another.
    """
    found = []
    for each in _stated(tables, behind):
        if not each.suppressed.any():
            continue
        scale, scaled, polytope = _feasible(each, tables, behind)
        for cell in np.flatnonzero(each.suppressed).tolist():
            row = scaled.matrix[cell]
            points = [polytope.extreme(row.indices, row.data, largest) for largest in (False, True)]
            low, high = (float((row @ point)[0]) for point in points if point is not None)
            if high < _NEAR or (1 - _P) * high < (1 + _P) * low - _NEAR:
                number, at, column = each.cells.iloc[cell]
                found.append((int(number), int(at), str(column), max(0.0, low / scale), high / scale))
    return found


def further_sums(
    given: Mapping[str, pd.DataFrame],
    safe: Mapping[str, pd.DataFrame],
    earlier: Sequence[pd.DataFrame],
    behind: Histogram,
) -> list[tuple[str, int, str, str]]:
    """Sums and means that have to be suppressed so that others that are cannot be worked out.

    Parameters
    ----------
    given : tables with all their sums.
    safe : the same as they are suppressed so far, rows in another order or added; others have no sums.
    earlier : those of earlier releases.
    behind : the histogram behind `safe` and `earlier`.

    Returns
    -------
    (table, row of `safe`, column, why).

    Raises
    ------
    DisclosureError : as of `known_sums`; or other sums leave a suppressed one no room.
    """
    true = [*(_with_truth(given[name], table) if name in given else table for name, table in safe.items()), *earlier]
    printed = _stated([*safe.values(), *earlier], behind)
    names = [*(f"'{name}'" for name in safe), *["a table of an earlier release"] * len(earlier)]
    found = []
    for each, seen in zip(_stated(true, behind), printed, strict=True):
        if seen.suppressed.any():
            for cell, other in _complements(each, seen.suppressed, true, behind, len(safe)):
                number, row, column = each.cells.iloc[cell]
                what = in_words(true[number][dimensions_of(true[number])].iloc[row])
                why = f"Without it one could work out the {column} of {what} in {names[number]}."
                number, row, column = each.cells.iloc[other]
                found.append((list(safe)[number], int(row), str(column), why))
    return found


def _complements(
    each: _Sums, suppressed: np.ndarray, true: Sequence[pd.DataFrame], behind: Histogram, now: int
) -> list[tuple[int, int]]:
    """Suppressed sums, and for each those that have to be suppressed for it to be p per cent more, and p less."""
    _, scaled, polytope = _feasible(each, true, behind)
    point = polytope.extreme(np.array([], int), np.array([]), False)
    assert point is not None
    hidden = set(np.flatnonzero(suppressed).tolist())
    can_go = (each.cells["table"] < now).to_numpy(copy=True)
    while True:
        found, stuck = _tried(scaled, hidden, can_go, behind.joins, point)
        if stuck is None:
            return found
        if stuck in hidden:
            raise DisclosureError(
                "no_room",
                f"A sum or mean of '{each.what}' that must be suppressed cannot be protected: what was released "
                f"earlier, or that others are zero, leaves it no room. Leave the column out of its table.",
            )
        # What cannot be hidden itself hides nothing.
        can_go[stuck] = False


def _tried(
    sums: _Sums, hidden: Collection[int], can_go: np.ndarray, joins: sparse.csr_matrix, point: np.ndarray
) -> tuple[list[tuple[int, int]], int | None]:
    """The same where only some sums can be suppressed; and the first one that has no room then, or None."""
    values = sums.matrix @ point
    free, fixed = np.flatnonzero(can_go), np.flatnonzero(~can_go)
    nothing = np.zeros(joins.shape[0])
    moves = Complements(
        sums.matrix[free],
        values[free],
        sums.low[free],
        sums.high[free],
        sparse.csr_matrix(sparse.vstack([sums.matrix[fixed], joins])),
        np.concatenate([sums.low[fixed], nothing]),
        np.concatenate([sums.high[fixed], nothing]),
        point,
    )
    place = {cell: number for number, cell in enumerate(free.tolist())}
    moves.suppress(np.array([place[cell] for cell in sorted(hidden) if cell in place], int))
    # That somebody has nothing is hidden where he can have as much as the least in print.
    least = min(values[values > _NEAR], default=1.0)
    gone = set(hidden)
    found: list[tuple[int, int]] = []
    waiting = sorted(hidden, key=lambda cell: (values[cell], cell))
    while waiting:
        cell = waiting.pop(0)
        move = partial(moves.moving, place[cell]) if cell in place else partial(moves.moving_group, sums.matrix[cell])
        up, down = move(max((1 + _P) * values[cell], least), True), move((1 - _P) * values[cell], False)
        if down is None and cell in hidden:
            # It was more than that already in an earlier release: then so much more upwards.
            up = down = move((1 + _P) / (1 - _P) * values[cell], True)
        if up is None and cell not in place:
            # Nobody can say what an earlier release suppressed: it only has to stay unknown.
            up = down = move((1 - _P) / (1 + _P) * values[cell], False)
        if up is None or down is None:
            return found, cell
        for other in free[np.union1d(up[0], down[0])].tolist():
            if other not in gone:
                gone.add(other)
                moves.suppress(np.array([place[other]]))
                waiting.append(other)
                found.append((cell, other))
    return found, None


def _stated(tables: Sequence[pd.DataFrame], behind: Histogram) -> Iterator[_Sums]:
    """Statements of tables on each thing that has a sum or a mean."""
    columns = [
        (number, str(column)) for number, table in enumerate(tables) for column in table
        if str(column).startswith((SUM, MEAN))
    ]  # fmt: skip
    for what in sorted({_what(column) for _, column in columns}):
        own = [(number, column) for number, column in columns if _what(column) == what]
        matrix = sparse.csr_matrix(sparse.vstack([behind.sums[number] for number, _ in own]))
        cells = [(number, row, column) for number, column in own for row in range(len(tables[number]))]
        bounds = [_bounds(tables[number], column) for number, column in own]
        low, high = (np.concatenate(each) for each in zip(*bounds, strict=True))
        missing = np.concatenate([tables[number][column].isna().to_numpy() for number, column in own])
        # Where nobody can be, or is, there is no sum.
        suppressed = missing & (matrix.getnnz(axis=1) > 0) & (high > 0)
        yield _Sums(what, pd.DataFrame(cells, columns=["table", "row", "column"]), matrix, low, high, suppressed)


def _what(column: str) -> str:
    return column.partition("_")[2]


def _bounds(table: pd.DataFrame, column: str) -> tuple[np.ndarray, np.ndarray]:
    """Bounds on the sums of a table by what is printed: a sum twice, a mean as its decimals and its count allow."""
    values, count, by = _numbers(table, column), _numbers(table, COUNT), np.nan_to_num(_numbers(table, ADJUSTED))
    low, high = values.copy(), values.copy()
    if column.startswith(MEAN):
        half = 0.5 * 10.0 ** -decimals(table[column])
        low, high = np.maximum(0, values - half) * np.maximum(0, count - by), (values + half) * (count + by)
    high[count + by == 0] = 0
    return np.where(np.isnan(low), 0.0, low), np.where(np.isnan(high), np.inf, high)


def _numbers(table: pd.DataFrame, column: str) -> np.ndarray:
    if column not in table:
        return np.full(len(table), np.nan)
    return pd.to_numeric(table[column], errors="coerce").astype("Float64").to_numpy(dtype=float, na_value=np.nan)


def _feasible(each: _Sums, tables: Sequence[pd.DataFrame], behind: Histogram) -> tuple[float, _Sums, Polytope]:
    """A scale; sums in it, as exact as they are printed or rounded as they may be; and all that cells can have then."""
    known = np.isfinite(each.high)
    if (each.high < 0).any():
        number, row, column = each.cells.iloc[int(np.flatnonzero(each.high < 0)[0])]
        raise DisclosureError(
            "negative",
            f"Column '{column}', row {row}: a sum below zero. Whether a suppressed one can be worked out is known "
            f"only where nobody has less than nothing: leave '{each.what}' out where some have to be suppressed.",
        )
    top = max(each.high[known], default=0.0)
    scale = _LARGEST / top if top > 0 else 1.0
    halves = np.zeros(len(each.cells))
    for (number, column), rows in each.cells.groupby(["table", "column"]):
        if column.startswith(SUM):
            halves[rows.index] = 0.5 * 10.0 ** -decimals(tables[number][column])
    for half in (0.0, halves):
        low, high = np.maximum(0, each.low - half) * scale, (each.high + half) * scale
        matrix = sparse.csr_matrix(sparse.vstack([each.matrix[known], behind.joins]))
        nothing = np.zeros(behind.joins.shape[0])
        polytope = Polytope(
            matrix, np.concatenate([low[known], nothing]), np.concatenate([high[known], nothing]), _MOST
        )
        if polytope.extreme(np.array([], int), np.array([]), False) is not None:
            return scale, replace(each, low=low, high=high), polytope
    raise DisclosureError(
        "sums_contradict",
        f"The sums and means of '{each.what}' contradict one another: parts do not add up to the whole. A mean is of "
        f"all persons that '{COUNT}' counts, and none has less than in an earlier release.",
    )


def _with_truth(given: pd.DataFrame, safe: pd.DataFrame) -> pd.DataFrame:
    """A protected table with its counts, sums and means as they were given; rows that were added are of nobody."""
    dimensions = tuple(map(str, dimensions_of(given)))
    columns = [column for column in given if column == COUNT or str(column).startswith((SUM, MEAN))]
    row_of = {key: row for row, key in enumerate(keys_of(given, dimensions))}
    rows = np.array([row_of.get(key, -1) for key in keys_of(safe, dimensions)], int)
    values = {column: np.where(rows < 0, 0.0, _numbers(given, str(column))[rows]) for column in columns}
    return safe.assign(**values)
