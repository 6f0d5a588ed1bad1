"""Feasibility intervals: how far a sum of cells can go among all histograms that published numbers allow.

All histograms that published numbers allow, and how far a sum of cells can go among them (HiGHS).

A part of the open cells that knows nothing of the others: how far sums of its cells can go, in whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import highspy
import numpy as np
from scipy import sparse

from disclosure.tables import DisclosureError

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
    """Return whether a point is one of whole numbers."""
    return bool((np.abs(point - np.rint(point)) < NEAR).all())


def _finite(bounds: np.ndarray) -> np.ndarray:
    return np.clip(np.asarray(bounds, float), -highspy.kHighsInf, highspy.kHighsInf)


# While more than a few sums are in doubt, points are sought for many at once.
_FEW = 8
# After so many pairs of points in a row that show nothing new, sums are looked at one by one.
_IN_VAIN = 8
# The same of points from the middle, which take longer; and how many sums are left where hardly anything was shown.
_MIDDLE_IN_VAIN, _HARDLY_FEWER = 2, 0.9
# Points that are remembered: each shows of every sum how far it can go.
_REMEMBERED = 256


class Impossible(DisclosureError):
    """No histogram has the published sums."""


class Part:
    """The points x >= 0 with low <= matrix x <= high, and those of whole numbers that were met so far.

    Parameters
    ----------
    matrix : (rows x columns).
    low, high : (rows,) bounds on its rows.
    most : stands for infinity.
    points : (points x columns) of whole numbers that are known to be possible.
    """

    def __init__(
        self, matrix: sparse.csr_matrix, low: np.ndarray, high: np.ndarray, most: float, points: np.ndarray
    ) -> None:
        self._polytope = Polytope(matrix, low, high, most)
        self._most = most
        self._points = list(points[-_REMEMBERED:])

    def point(self) -> np.ndarray:
        """A point of whole numbers. Raises Impossible."""
        if not self._points:
            corner = _possible(self._polytope.extreme(np.array([0]), np.zeros(1), False))
            whole = corner if is_whole(corner) else self._polytope.whole_point(np.array([0]), np.zeros(1), 0.0, 0.0)
            self._points.append(np.rint(_possible(whole)))
        return self._points[0]

    def points(self) -> np.ndarray:
        """(points x columns) those of whole numbers that were met so far."""
        return np.array(self._points).reshape(len(self._points), self._polytope.columns)

    def reach(
        self, sums: sparse.csr_matrix, fixed: np.ndarray, wide: float, high: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return how far sums can go, and if it is shown to be over `wide` persons and, with `fixed`, up to `high`.

        Where it is shown, no more is said than that; else the bounds are exact, by fractions or by whole numbers.
        """
        seen = self._seen(sums)
        self._spread(seen, wide, high - fixed)
        low, top = np.full(sums.shape[0], np.nan), np.full(sums.shape[0], np.nan)
        doubtful = []
        for row in np.argsort(-sums.getnnz(axis=1), kind="stable").tolist():
            if seen.suffices(row, wide, high - fixed[row]):
                continue
            top[row], low[row] = (self._extreme(seen, row, largest) for largest in (True, False))
            if top[row] - low[row] >= wide and fixed[row] + top[row] >= high:
                doubtful.append(row)
        self._spread_from_the_middle(seen, wide, high - fixed, doubtful)
        for row in doubtful:
            if seen.suffices(row, wide, high - fixed[row]) or self._is_shown(seen, row, wide, high - fixed[row]):
                continue
            # Only fractions go as far: whole numbers, as persons are, do not.
            top[row] = self._whole_extreme(seen, row, largest=True)
            if not seen.suffices(row, wide, high - fixed[row]):
                low[row] = self._whole_extreme(seen, row, largest=False)
        shown = np.array([seen.suffices(row, wide, high - fixed[row]) for row in range(sums.shape[0])], bool)
        low, top = np.where(shown, seen.low, low), np.where(shown, seen.high, top)
        return low, np.where(top >= 0.5 * self._most, np.inf, top), shown

    def shown(
        self, sums: sparse.csr_matrix, fixed: np.ndarray, wide: float, high: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the range each sum was seen to take among points of whole numbers that let many go far at once."""
        self.point()
        seen = self._seen(sums)
        self._spread(seen, wide, high - fixed)
        return seen.low, seen.high

    def exactly(self, sums: sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
        """The smallest and the largest value of each sum among whole numbers. Raises Impossible."""
        seen = self._seen(sums)
        top, low = (
            np.array([self._whole_extreme(seen, row, largest) for row in range(sums.shape[0])])
            for largest in (True, False)
        )
        return low, np.where(top >= 0.5 * self._most, np.inf, top)

    def lowest(self, sums: sparse.csr_matrix) -> np.ndarray:
        """Return a lower bound of the persons that each sum holds; 1 may stand for more. Raises Impossible."""
        seen = self._seen(sums)
        # Where as many sums as possible are small at once, most are shown to hold nobody by few points.
        while len(left := np.flatnonzero(seen.low > 0.5)) >= _FEW:
            none, down = np.zeros(len(left)), np.zeros(len(left), bool)
            self._learn(seen, self._polytope.whole_point_towards(sums[left], none, down))
            if (seen.low[left] > 0.5).all():
                break
        low = np.zeros(sums.shape[0])
        for row in left.tolist():
            if seen.low[row] > 0.5:
                low[row] = np.ceil(self._extreme(seen, row, largest=False) - 1e-6)
            if low[row] < 1 and seen.low[row] > 0.5:
                nobody = self._polytope.whole_point(*seen.columns(row), 0.0, 0.5)
                low[row] = 1 if nobody is None else 0
                self._learn(seen, nobody)
        return low

    def _seen(self, sums: sparse.csr_matrix) -> _Seen:
        seen = _Seen(sums)
        if self._points:
            reached = sums @ self.points().T
            seen.low, seen.high = reached.min(axis=1), reached.max(axis=1)
        return seen

    def _learn(self, seen: _Seen, point: np.ndarray | None) -> None:
        """Remember a point of whole numbers, for the sums that follow."""
        if point is not None and is_whole(point):
            point = np.rint(point)
            seen.add(point)
            if len(self._points) < _REMEMBERED:
                self._points.append(point)

    def _extreme(self, seen: _Seen, row: int, largest: bool) -> float:
        """The largest or smallest value of a sum, in fractions."""
        if not largest and seen.is_least(row):
            return 0.0
        point = _possible(self._polytope.extreme(*seen.columns(row), largest))
        self._learn(seen, point)
        return seen.at(row, point)

    def _whole_extreme(self, seen: _Seen, row: int, largest: bool) -> float:
        """The same among whole numbers; a point that was met as near to the value in fractions as can be will do."""
        if not largest and seen.is_least(row):
            return 0.0
        columns, weights = seen.columns(row)
        point = _possible(self._polytope.extreme(columns, weights, largest))
        self._learn(seen, point)
        if not is_whole(point):
            at = seen.at(row, point)
            nearest, met = (np.floor(at + 1e-6), seen.high[row]) if largest else (np.ceil(at - 1e-6), seen.low[row])
            if is_whole(weights):
                if abs(met - nearest) < 1e-6:
                    return float(nearest)
                low, high = (nearest, np.inf) if largest else (-np.inf, nearest)
                near = self._polytope.whole_point(columns, weights, low, high, everywhere=False)
                if near is not None:
                    self._learn(seen, near)
                    return float(nearest)
            point = _possible(self._polytope.whole_extreme(columns, weights, largest))
            self._learn(seen, np.rint(point))
        return seen.at(row, np.rint(point))

    def _is_shown(self, seen: _Seen, row: int, wide: float, high: float) -> bool:
        """Return whether points of whole numbers go as far as is asked, as fractions do."""
        wanted = max(high, seen.low[row] + wide)
        point = self._polytope.whole_point(*seen.columns(row), wanted, np.inf) if np.isfinite(wanted) else None
        if point is not None:
            self._learn(seen, point)
        return seen.suffices(row, wide, high)

    def _spread(self, seen: _Seen, wide: float, high: np.ndarray) -> None:
        """Points at which many sums are large or small at once, as long as they show more."""
        random = np.random.default_rng(0)
        in_vain = 0
        left = np.flatnonzero(seen.lacks(wide, high))
        while len(left) >= _FEW and in_vain < (_IN_VAIN if wide > 0 else 2):
            # Where it matters only how large sums are, all are to be large.
            signs = random.choice([-1.0, 1.0], len(left)) if wide > 0 else random.uniform(0.5, 1.0, len(left))
            weights = np.asarray(seen.sums[left].T @ signs).ravel()
            columns = np.flatnonzero(weights)
            for largest in (True, False) if wide > 0 else (True,):
                corner = _possible(self._polytope.extreme(columns, weights[columns], largest))
                self._learn(seen, corner)
                if not is_whole(corner):
                    # Corners are seldom whole here, and show nothing.
                    self._spread_from_the_middle(seen, wide, high)
                    return
            before, left = len(left), np.flatnonzero(seen.lacks(wide, high))
            in_vain = in_vain + 1 if len(left) == before else 0

    def _spread_from_the_middle(
        self, seen: _Seen, wide: float, high: np.ndarray, rows: Sequence[int] | None = None
    ) -> None:
        """The same by points that go no further than they must; of some of the sums, or of all."""
        random = np.random.default_rng(0)
        chosen = np.arange(len(high)) if rows is None else np.array(rows, int)
        if len(chosen) < _FEW:
            return
        seen.add(self.point())
        in_vain = 0
        left = chosen[seen.lacks(wide, high)[chosen]]
        while len(left) >= _FEW and in_vain < _MIDDLE_IN_VAIN:
            up = random.random(len(left)) < 0.5 if wide > 0 else np.ones(len(left), bool)
            for these in (up, ~up) if wide > 0 else (up,):
                large = np.maximum(seen.low[left] + wide, high[left]) + 1
                small = np.maximum(seen.high[left] - wide - 1, 0)
                self._learn(
                    seen, self._polytope.whole_point_towards(seen.sums[left], np.where(these, large, small), these)
                )
            before, left = len(left), chosen[seen.lacks(wide, high)[chosen]]
            in_vain = in_vain + 1 if len(left) > _HARDLY_FEWER * before else 0


class _Seen:
    """The furthest that each sum was seen to go among points of whole numbers."""

    def __init__(self, sums: sparse.csr_matrix) -> None:
        self.sums = sums
        self.low = np.full(sums.shape[0], np.inf)
        self.high = np.full(sums.shape[0], -np.inf)

    def add(self, point: np.ndarray) -> None:
        reached = self.sums @ point
        self.low = np.minimum(self.low, reached)
        self.high = np.maximum(self.high, reached)

    def suffices(self, row: int, wide: float, high: float) -> bool:
        return bool(self.high[row] - self.low[row] >= wide - 1e-6 and self.high[row] >= high - 1e-6)

    def lacks(self, wide: float, high: np.ndarray) -> np.ndarray:
        """Sums that were not seen to go as far."""
        return (self.high - self.low < wide - 1e-6) | (self.high < high - 1e-6)

    def is_least(self, row: int) -> bool:
        """Return whether a sum without negative weights was seen to hold nobody."""
        return bool(self.low[row] < 1e-6 and (self.columns(row)[1] >= 0).all())

    def columns(self, row: int) -> tuple[np.ndarray, np.ndarray]:
        """The columns of a sum, and their weights."""
        first, end = self.sums.indptr[row], self.sums.indptr[row + 1]
        return self.sums.indices[first:end], self.sums.data[first:end]

    def at(self, row: int, point: np.ndarray) -> float:
        columns, weights = self.columns(row)
        return float(weights @ point[columns])


def _possible(point: np.ndarray | None) -> np.ndarray:
    if point is None:
        raise Impossible("infeasible", "No histogram has the published sums.")
    return point
