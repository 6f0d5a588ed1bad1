"""Which further cells must be withheld so that withheld ones cannot be worked out: the cheapest change of the tables.

For one cell, the change of all tables that moves it as far as it must be able to go, at the least cost of published
cells that move with it: those are withheld (Kelly, Golden and Assad, 1992; Fischetti and Salazar-González, 2001). What
is withheld already moves for nothing, so that cells protect one another.
"""

from __future__ import annotations

import highspy
import numpy as np
from scipy import sparse

from analysis.disclosure.polytope import programme, solved, solver

# A zero is withheld only where nothing else helps: many a reader knows that nobody can be there.
COST_OF_A_ZERO = 30.0
_MOVED = 1e-6


class Complements:
    """Changes of tables around the true histogram, the cheapest first.

    Parameters
    ----------
    sums : (cells x variables) of all cells that may be withheld.
    counts : (cells,) their true counts.
    low, high : (cells,) what is published of a cell that is not withheld: its count twice, or bounds.
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

    def withhold(self, cells: np.ndarray) -> None:
        """Cells that are withheld move for nothing from now on: nothing bounds them, and no column counts it."""
        for cell in cells.tolist():
            self._solver.changeRowBounds(cell, -highspy.kHighsInf, highspy.kHighsInf)
            for column in (self.variables + cell, self.variables + self._cells + cell):
                self._solver.changeColBounds(column, 0.0, 0.0)

    def moving(self, cell: int, to: float, up: bool) -> tuple[np.ndarray, np.ndarray] | None:
        """The cheapest change after which a withheld cell holds `to` persons, or beyond: more if `up`, else fewer.

        Returns
        -------
        Cells that move and are not withheld yet, and the histogram after the change; None where no change does it.
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
