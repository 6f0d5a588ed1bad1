"""All histograms that published numbers allow, and how far a sum of cells can go among them (HiGHS)."""

from __future__ import annotations

import highspy
import numpy as np
from scipy import sparse

# How near a whole number a solution must be to count as one.
NEAR = 1e-6
# After how many branches no more whole numbers are looked for next to a point in the middle; and how far sums may fall
# behind what they are there.
_NODES, _WITHIN = 20, 1


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
        self._matrix, self._low, self._high, self._most = matrix, low, high, most
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

    def whole_extreme(self, columns: np.ndarray, weights: np.ndarray, largest: bool) -> np.ndarray | None:
        """The same among whole numbers, by branch and bound; None where there is no point."""
        branching = _in_whole_numbers(self._programme, self.columns)
        branching.setOptionValue("mip_rel_gap", 0.0)
        cost = np.asarray(weights, float) * (-1 if largest else 1)
        branching.changeColsCost(len(columns), np.asarray(columns, np.int32), cost)
        return solved(branching)

    def whole_point(
        self, columns: np.ndarray, weights: np.ndarray, low: float, high: float, everywhere: bool = True
    ) -> np.ndarray | None:
        """Any point of whole numbers at which a weighted sum of columns lies between two numbers, or None.

        Parameters
        ----------
        everywhere : None says that there is none; else, that none is next to the middle of all points.
        """
        row = sparse.csr_matrix((weights, columns, [0, len(columns)]), shape=(1, self.columns))
        asked = self._with(row, np.array([low]), np.array([high]))
        middle = _middle(asked)
        near = None if middle is None else self._near(asked, middle)
        if near is not None or not everywhere:
            return near
        found = solved(_in_whole_numbers(asked, self.columns))
        return None if found is None else np.rint(found)

    def whole_point_towards(self, sums: sparse.csr_matrix, wanted: np.ndarray, up: np.ndarray) -> np.ndarray | None:
        """A point of whole numbers at which many sums are near what is wanted of them, or beyond; None if none is met.

        A sum that could be one further than is wanted is then as far as is wanted.

        Parameters
        ----------
        sums : (sums x columns).
        wanted : (sums,) how large, or small, each is to be.
        up : (sums,) whether it is to be large.
        """
        number = sums.shape[0]
        sign = np.where(up, 1.0, -1.0)
        # One more column for each sum: how far it goes, and no further than is wanted.
        reached = sparse.csr_matrix(sparse.hstack([sparse.diags(sign) @ sums, sparse.diags(-sign)]))
        asked = self._with(reached, np.zeros(number), np.full(number, np.inf), number)
        asked.col_cost_ = np.concatenate([np.zeros(self.columns), -sign])
        asked.col_lower_ = _finite(np.concatenate([np.zeros(self.columns), np.where(up, -np.inf, wanted)]))
        asked.col_upper_ = _finite(np.concatenate([np.full(self.columns, self._most), np.where(up, wanted, np.inf)]))
        middle = _middle(asked)
        if middle is None:
            return None
        # How far each goes there is asked for, and no longer as far as possible: that is found at once.
        reached = middle[self.columns :]
        asked.col_cost_ = np.zeros(self.columns + number)
        least = np.where(up, np.floor(reached) - _WITHIN, -np.inf)
        most = np.where(up, np.inf, np.ceil(reached) + _WITHIN)
        asked.col_lower_ = _finite(np.concatenate([np.zeros(self.columns), least]))
        asked.col_upper_ = _finite(np.concatenate([np.full(self.columns, self._most), most]))
        return self._near(asked, middle)

    def _with(self, rows: sparse.csr_matrix, low: np.ndarray, high: np.ndarray, more: int = 0) -> highspy.HighsLp:
        """The programme with rows, and columns, added."""
        matrix = sparse.csr_matrix(self._matrix)
        matrix.resize(matrix.shape[0], self.columns + more)
        both = sparse.csr_matrix(sparse.vstack([matrix, rows]))
        every = np.concatenate([self._low, low]), np.concatenate([self._high, high])
        return programme(both, *every, np.zeros(self.columns + more), np.full(self.columns + more, self._most))

    def _near(self, asked: highspy.HighsLp, middle: np.ndarray) -> np.ndarray | None:
        """A point of whole numbers next to one in the middle: mostly there is one, found sooner than any other."""
        branching = _in_whole_numbers(asked, self.columns)
        branching.setOptionValue("mip_max_nodes", _NODES)
        own = middle[: self.columns]
        every = np.arange(self.columns, dtype=np.int32)
        branching.changeColsBounds(self.columns, every, np.maximum(np.floor(own), 0), np.ceil(own))
        found = solved(branching)
        return None if found is None else np.rint(found[: self.columns])


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


def _middle(asked: highspy.HighsLp) -> np.ndarray | None:
    """A solution in the middle of all solutions (interior point), or None where there is none."""
    inner = solver(presolve=True)
    inner.setOptionValue("solver", "ipm")
    inner.setOptionValue("run_crossover", "off")
    inner.passModel(asked)
    return solved(inner)


def _in_whole_numbers(asked: highspy.HighsLp, columns: int) -> highspy.Highs:
    """A solver of a programme whose first columns are whole numbers."""
    branching = solver(presolve=True)
    # Large programmes are begun several times as fast by an interior point.
    branching.setOptionValue("mip_lp_solver", "ipm")
    branching.passModel(asked)
    every = np.arange(columns, dtype=np.int32)
    branching.changeColsIntegrality(columns, every, np.full(columns, highspy.HighsVarType.kInteger))
    return branching


def is_whole(point: np.ndarray) -> bool:
    """Whether a point is one of whole numbers."""
    return bool((np.abs(point - np.rint(point)) < NEAR).all())


def _finite(bounds: np.ndarray) -> np.ndarray:
    return np.clip(np.asarray(bounds, float), -highspy.kHighsInf, highspy.kHighsInf)
