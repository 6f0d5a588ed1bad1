"""All histograms that published numbers allow, and how far a sum of cells can go among them (HiGHS)."""

from __future__ import annotations

import highspy
import numpy as np
from scipy import sparse

# How near a whole number a solution must be to count as one.
NEAR = 1e-6


class Polytope:
    """The points x >= 0 with low <= matrix x <= high; each question begins where the last one ended.

    Parameters
    ----------
    matrix : (rows x columns).
    low, high : (rows,) bounds on its rows.
    most : no column is larger; stands for infinity.
    """

    def __init__(self, matrix: sparse.csr_matrix, low: np.ndarray, high: np.ndarray, most: float) -> None:
        self.columns = matrix.shape[1]
        self._programme = programme(matrix, low, high, np.zeros(self.columns), np.full(self.columns, most))
        self._solver = solver()
        self._solver.passModel(self._programme)
        self._priced = np.array([], np.int32)

    def extreme(self, columns: np.ndarray, weights: np.ndarray, largest: bool) -> np.ndarray | None:
        """A point at which a weighted sum of columns is largest, or smallest; None where there is no point at all."""
        self._solver.changeColsCost(len(self._priced), self._priced, np.zeros(len(self._priced)))
        self._priced = np.asarray(columns, np.int32)
        cost = np.asarray(weights, float) * (-1 if largest else 1)
        self._solver.changeColsCost(len(self._priced), self._priced, cost)
        return solved(self._solver)

    def whole_extreme(
        self, columns: np.ndarray, weights: np.ndarray, largest: bool, gap: float = 0.0
    ) -> np.ndarray | None:
        """The same among whole numbers, by branch and bound, to within a share `gap`; None where there is no point."""
        branching = self._branching()
        branching.setOptionValue("mip_rel_gap", gap)
        cost = np.asarray(weights, float) * (-1 if largest else 1)
        branching.changeColsCost(len(columns), np.asarray(columns, np.int32), cost)
        return solved(branching)

    def whole_point(self, columns: np.ndarray, weights: np.ndarray, low: float, high: float) -> np.ndarray | None:
        """Any point of whole numbers at which a weighted sum of columns lies between two numbers, or None."""
        branching = self._branching()
        branching.addRow(low, high, len(columns), np.asarray(columns, np.int32), np.asarray(weights, float))
        return solved(branching)

    def _branching(self) -> highspy.Highs:
        """A solver of the same programme in whole numbers, without a price on any column."""
        branching = solver(presolve=True)
        branching.passModel(self._programme)
        every = np.arange(self.columns, dtype=np.int32)
        branching.changeColsIntegrality(self.columns, every, np.full(self.columns, highspy.HighsVarType.kInteger))
        return branching


class Quiet(highspy.Highs):
    """A solver that prints nothing: to switch on callbacks, of which none is used, prints the library's name."""

    def enableCallbacks(self) -> None:
        """Leave callbacks off."""


def solver(presolve: bool = False) -> highspy.Highs:
    """A solver of one thread, the same everywhere.

    Parameters
    ----------
    presolve : off where questions follow one another: it would throw away the basis that the next one begins with.
    """
    quiet = Quiet()
    for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 0)):
        quiet.setOptionValue(option, value)
    quiet.setOptionValue("presolve", "on" if presolve else "off")
    return quiet


def programme(
    matrix: sparse.csr_matrix, low: np.ndarray, high: np.ndarray, least: np.ndarray, most: np.ndarray
) -> highspy.HighsLp:
    """A linear programme over columns between `least` and `most` whose rows lie between `low` and `high`."""
    matrix = sparse.csr_matrix(matrix)
    found = highspy.HighsLp()
    found.num_row_, found.num_col_ = matrix.shape
    found.col_cost_ = np.zeros(matrix.shape[1])
    found.col_lower_, found.col_upper_ = _finite(least), _finite(most)
    found.row_lower_, found.row_upper_ = _finite(low), _finite(high)
    found.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    found.a_matrix_.start_, found.a_matrix_.index_, found.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    return found


def solved(asked: highspy.Highs) -> np.ndarray | None:
    """The solution, or None where there is none."""
    asked.run()
    if asked.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.asarray(asked.getSolution().col_value)


def is_whole(point: np.ndarray) -> bool:
    """Whether a point is one of whole numbers."""
    return bool((np.abs(point - np.rint(point)) < NEAR).all())


def _finite(bounds: np.ndarray) -> np.ndarray:
    return np.clip(np.asarray(bounds, float), -highspy.kHighsInf, highspy.kHighsInf)
