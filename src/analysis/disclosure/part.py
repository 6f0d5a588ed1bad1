"""A part of the open cells that knows nothing of the others: how far sums of its cells can go, in whole numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from analysis.disclosure.polytope import Polytope, is_whole
from analysis.disclosure.refusal import DisclosureError

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
        """How far sums can go, and whether it is shown to be over `wide` persons and, with `fixed`, up to `high`.

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
        """From where to where each sum was seen to go, among points of whole numbers that let many go far at once."""
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
        """At least how many persons each sum holds; 1 may stand for more. Raises Impossible."""
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
        """Whether points of whole numbers go as far as is asked, as fractions do."""
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
    """How far each sum was seen to go among points of whole numbers."""

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
        """Which sums were not seen to go as far."""
        return (self.high - self.low < wide - 1e-6) | (self.high < high - 1e-6)

    def is_least(self, row: int) -> bool:
        """Whether a sum without negative weights was seen to hold nobody."""
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
