"""The attack: for each sum of cells, how few and how many persons the published numbers allow (linear programming).

What has only one solution is worked out first; what is left falls into parts that know nothing of one another, each a
small linear programme. A solution of whole numbers shows for every sum how far it can go, so that most need none of
their own (Fischetti and Salazar-González, 2001, call that an attacker's problem).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from analysis.disclosure.polytope import Polytope, is_whole
from analysis.disclosure.refusal import DisclosureError

# Points that are sought for many sums at once, while more than a few sums are left.
_SAMPLES, _FEW = 12, 8
# Rounds of working out what has one solution.
_ROUNDS = 200


@dataclass(frozen=True)
class Equations:
    """What is known of a histogram x >= 0: low <= matrix x <= high."""

    matrix: sparse.csr_matrix
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Bounds:
    """What an attacker learns of some sums.

    Parameters
    ----------
    low, high : (sums,) whole numbers between which a sum lies; infinity where nothing bounds it. Of a sum that is
        known to reach from `low` so far as was asked, no more is said.
    """

    low: np.ndarray
    high: np.ndarray


class Impossible(DisclosureError):
    """No histogram has the published sums."""


class Attack:
    """The equations behind published numbers, reduced to what is open."""

    def __init__(self, equations: Equations) -> None:
        matrix = sparse.csr_matrix(equations.matrix)
        self._value, self._open = _determined(matrix, equations.low, equations.high)
        self._low, self._high = equations.low, equations.high
        rest = matrix @ np.where(self._open, 0.0, self._value)
        columns = np.flatnonzero(self._open)
        left = matrix[:, columns]
        rows = np.flatnonzero(left.getnnz(axis=1))
        self._columns = columns
        self._matrix = left[rows].tocsr()
        self._row_low = equations.low[rows] - rest[rows]
        self._row_high = equations.high[rows] - rest[rows]
        known = equations.high[np.isfinite(equations.high)]
        self._most = 4.0 * (known.max() if len(known) else 0.0) + 10_000.0
        self.parts = _parts(self._matrix)
        self._polytopes: dict[int, Polytope] = {}
        self._points: dict[int, list[np.ndarray]] = {}

    def bounds(self, sums: sparse.csr_matrix, wide: float, high: float) -> Bounds:
        """How few and how many persons each sum can hold.

        Parameters
        ----------
        sums : (sums x variables).
        wide, high : a sum that is shown to reach over at least `wide` persons and up to at least `high` is left at
            what was shown; all others are bounded exactly, and all if `wide` is infinite.

        Raises
        ------
        Impossible : no histogram has the published sums.
        """
        sums = sparse.csr_matrix(sums)
        fixed = sums @ np.where(self._open, 0.0, self._value)
        open_sums = sums[:, self._columns].tocsr()
        asked = (open_sums, fixed, wide, high)
        low, top, enough = self._over_parts(*asked, np.full(len(fixed), not np.isfinite(wide)))
        # What reaches far enough in one part does so in all. Of fractions in several, none alone shows enough.
        doubtful = ~enough & (top - low >= wide) & (top >= high)
        if doubtful.any():
            low_again, top_again, _ = self._over_parts(*asked, doubtful, only=doubtful)
            low, top = np.where(doubtful, low_again, low), np.where(doubtful, top_again, top)
        return Bounds(np.ceil(low - 1e-6), np.where(np.isfinite(top), np.floor(top + 1e-6), np.inf))

    def _over_parts(
        self,
        open_sums: sparse.csr_matrix,
        fixed: np.ndarray,
        wide: float,
        high: float,
        exact: np.ndarray,
        only: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Bounds of sums, part by part; and of which it is shown that they reach as far as asked."""
        low, top, enough = fixed.copy(), fixed.copy(), np.zeros(len(fixed), bool)
        for part in range(self.parts[0]):
            inside = np.flatnonzero(self.parts[1] == part)
            block = open_sums[:, inside].tocsr()
            rows = np.flatnonzero((block.getnnz(axis=1) > 0) & ~enough & (True if only is None else only))
            if len(rows):
                least, most, shown = self._of_part(part, inside, block[rows], fixed[rows], wide, high, exact[rows])
                low[rows] += least
                top[rows] += most
                enough[rows] |= shown
        return low, top, enough

    def lowest(self, sums: sparse.csr_matrix) -> np.ndarray:
        """At least how many persons each sum of cells holds; 1 may stand for more. Raises Impossible."""
        sums = sparse.csr_matrix(sums)
        low = sums @ np.where(self._open, 0.0, self._value)
        open_sums = sums[:, self._columns].tocsr()
        for part in range(self.parts[0]):
            inside = np.flatnonzero(self.parts[1] == part)
            block = open_sums[:, inside].tocsr()
            rows = np.flatnonzero(block.getnnz(axis=1))
            if len(rows):
                low[rows] += self._lowest_of_part(part, inside, block[rows])
        return low

    def _lowest_of_part(self, part: int, inside: np.ndarray, block: sparse.csr_matrix) -> np.ndarray:
        polytope = self._polytope(part, inside)
        seen = _Seen(block)
        for known in self._points.setdefault(part, []):
            seen.add(known)
        # Where as many sums as possible are small at once, most are shown to hold nobody by few points.
        while (left := np.flatnonzero(seen.low > 0.5)).size:
            together = np.asarray(block[left].sum(axis=0)).ravel()
            columns = np.flatnonzero(together)
            self._learn(part, seen, self._whole(polytope, columns, together[columns]))
            if (seen.low[left] > 0.5).all():
                break
        low = seen.low.copy()
        for row in left.tolist():
            columns, weights = (each[block.indptr[row] : block.indptr[row + 1]] for each in (block.indices, block.data))
            if seen.low[row] < 0.5:
                continue
            point = _possible(polytope.extreme(columns, weights, False))
            low[row] = np.ceil(weights @ point[columns] - 1e-6)
            self._learn(part, seen, point)
            if low[row] < 1 and not is_whole(point):
                nobody = polytope.whole_point(columns, weights, 0.0, 0.5)
                low[row] = 1 if nobody is None else 0
                if nobody is not None:
                    self._learn(part, seen, nobody)
        return np.minimum(low, seen.low)

    def _whole(self, polytope: Polytope, columns: np.ndarray, weights: np.ndarray, largest: bool = False) -> np.ndarray:
        """A point of whole numbers at which a sum is smallest, or largest. Raises Impossible."""
        point = polytope.extreme(columns, weights, largest)
        if point is not None and not is_whole(point):
            point = polytope.whole_extreme(columns, weights, largest)
        return np.rint(_possible(point))

    def point(self) -> np.ndarray:
        """A histogram of whole numbers that has the published sums. Raises Impossible."""
        found = np.where(self._open, 0.0, self._value)
        for part in range(self.parts[0]):
            inside = np.flatnonzero(self.parts[1] == part)
            solution = self._whole(self._polytope(part, inside), np.array([0]), np.zeros(1))
            self._keep(part, solution)
            found[self._columns[inside]] = solution
        return found

    def _of_part(
        self,
        part: int,
        inside: np.ndarray,
        block: sparse.csr_matrix,
        fixed: np.ndarray,
        wide: float,
        high: float,
        exact: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        polytope = self._polytope(part, inside)
        seen = _Seen(block)
        for known in self._points.setdefault(part, []):
            seen.add(known)
        self._sample(polytope, part, seen, block[~exact], fixed[~exact], wide, high)
        order = np.argsort(-block.getnnz(axis=1), kind="stable")
        low, top = np.full(block.shape[0], np.nan), np.full(block.shape[0], np.nan)
        for row in order.tolist():
            if not exact[row] and seen.suffices(row, fixed[row], wide, high):
                continue
            target = _Target(*(each[block.indptr[row] : block.indptr[row + 1]] for each in (block.indices, block.data)))
            reached = []
            for largest in (True, False):
                if exact[row]:
                    point = self._whole(polytope, target.columns, target.weights, largest)
                else:
                    point = _possible(polytope.extreme(target.columns, target.weights, largest))
                reached.append(target.at(point))
                self._learn(part, seen, point)
                if not exact[row] and seen.suffices(row, fixed[row], wide, high):
                    break
            else:
                top[row], low[row] = reached
                far = reached[0] - reached[1] >= wide and fixed[row] + reached[0] >= high
                asked = (wide, high - fixed[row])
                if not exact[row] and far and not self._is_shown(polytope, part, seen, row, target, *asked):
                    # Only fractions go as far: whole numbers, as persons are, do not.
                    for largest in (True, False):
                        point = self._whole(polytope, target.columns, target.weights, largest)
                        self._learn(part, seen, point)
                        (top if largest else low)[row] = target.at(point)
        top[top >= 0.5 * self._most] = np.inf
        shown = np.array([seen.suffices(row, fixed[row], wide, high) for row in range(block.shape[0])])
        return np.where(np.isnan(low), seen.low, low), np.where(np.isnan(top), seen.high, top), shown & ~exact

    def _sample(
        self,
        polytope: Polytope,
        part: int,
        seen: _Seen,
        block: sparse.csr_matrix,
        fixed: np.ndarray,
        wide: float,
        high: float,
    ) -> None:
        """Points of whole numbers at which many sums are large or small at once, as long as each shows something."""
        mine = _Seen(block)
        for known in self._points.get(part, []):
            mine.add(known)
        signs = np.random.default_rng(0)
        for _ in range(_SAMPLES):
            left = np.array([not mine.suffices(row, fixed[row], wide, high) for row in range(block.shape[0])], bool)
            if left.sum() < _FEW:
                break
            weights = np.asarray(block[left].T @ signs.choice([-1.0, 1.0], int(left.sum()))).ravel()
            columns = np.flatnonzero(weights)
            for largest in (True, False):
                point = self._whole(polytope, columns, weights[columns], largest)
                self._learn(part, seen, point)
                mine.add(point)

    def _is_shown(
        self, polytope: Polytope, part: int, seen: _Seen, row: int, target: _Target, wide: float, high: float
    ) -> bool:
        """Whether points of whole numbers go as far as is asked, as fractions do."""
        wanted = max(high, seen.low[row] + wide)
        point = polytope.whole_point(target.columns, target.weights, wanted, np.inf) if np.isfinite(wanted) else None
        if point is None:
            return False
        self._learn(part, seen, point)
        return seen.suffices(row, 0.0, wide, high)

    def _learn(self, part: int, seen: _Seen, point: np.ndarray) -> None:
        """Remember a point of whole numbers, for the sums that follow."""
        if is_whole(point):
            self._keep(part, point)
            seen.add(point)

    def _keep(self, part: int, point: np.ndarray) -> None:
        kept = self._points.setdefault(part, [])
        if len(kept) < 64:
            kept.append(point)

    def _polytope(self, part: int, inside: np.ndarray) -> Polytope:
        if part not in self._polytopes:
            rows = np.flatnonzero(self._matrix[:, inside].getnnz(axis=1))
            matrix = self._matrix[rows][:, inside].tocsr()
            self._polytopes[part] = Polytope(matrix, self._row_low[rows], self._row_high[rows], self._most)
        return self._polytopes[part]


@dataclass(frozen=True)
class _Target:
    """One sum: its columns and their weights."""

    columns: np.ndarray
    weights: np.ndarray

    def at(self, point: np.ndarray) -> float:
        return float(self.weights @ point[self.columns])


def _possible(point: np.ndarray | None) -> np.ndarray:
    if point is None:
        raise Impossible("No histogram has the published sums.")
    return point


class _Seen:
    """How far each sum was seen to go among solutions of whole numbers."""

    def __init__(self, block: sparse.csr_matrix) -> None:
        self._block = block
        self.low = np.full(block.shape[0], np.inf)
        self.high = np.full(block.shape[0], -np.inf)

    def add(self, point: np.ndarray) -> None:
        reached = self._block @ point
        self.low = np.minimum(self.low, reached)
        self.high = np.maximum(self.high, reached)

    def suffices(self, row: int, fixed: float, wide: float, high: float) -> bool:
        low, top = self.low[row], self.high[row]
        return bool(top - low >= wide - 1e-6 and fixed + top >= high - 1e-6)


def _determined(matrix: sparse.csr_matrix, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The values of variables that have only one, and which variables are open."""
    columns = matrix.shape[1]
    value, is_open = np.zeros(columns), np.ones(columns, bool)
    equal = low == high
    positive, negative = (matrix > 0).astype(float), (matrix < 0).astype(float)
    magnitude = abs(matrix)
    for _ in range(_ROUNDS):
        rest_low = low - matrix @ np.where(is_open, 0.0, value)
        rest_high = high - matrix @ np.where(is_open, 0.0, value)
        up, down = positive @ is_open.astype(float), negative @ is_open.astype(float)
        if ((up + down == 0) & ((rest_low > 1e-6) | (rest_high < -1e-6))).any():
            raise Impossible("No histogram has the published sums.")
        # All of one sign, and a sum of nothing: each is nothing.
        empty = ((down == 0) & (rest_high <= 1e-9) & (up > 0)) | ((up == 0) & (rest_low >= -1e-9) & (down > 0))
        if (empty & (((down == 0) & (rest_high < -1e-6)) | ((up == 0) & (rest_low > 1e-6)))).any():
            raise Impossible("No histogram has the published sums.")
        zero = is_open & ((magnitude.T @ empty.astype(float)) > 0)
        single = equal & (up + down == 1) & ~empty
        rows = np.flatnonzero(single)
        if len(rows):
            block = matrix[rows][:, np.flatnonzero(is_open & ~zero)].tocoo()
            at = np.flatnonzero(is_open & ~zero)[block.col]
            found = rest_low[rows][block.row] / block.data
            if (found < -1e-6).any():
                raise Impossible("No histogram has the published sums.")
            value[at] = np.rint(found)
            is_open[at] = False
        value[zero] = 0.0
        is_open[zero] = False
        if not len(rows) and not zero.any():
            break
    return value, is_open


def _parts(matrix: sparse.csr_matrix) -> tuple[int, np.ndarray]:
    """How many parts the columns fall into that share no row, and the part of each."""
    rows, columns = matrix.shape
    both = sparse.bmat([[None, matrix], [matrix.T, None]]) if matrix.nnz else sparse.csr_matrix((rows + columns,) * 2)
    _, label = csgraph.connected_components(both, directed=False)
    _, part_of = np.unique(label[rows:], return_inverse=True) if columns else (0, np.zeros(0, int))
    return int(part_of.max() + 1) if columns else 0, part_of


def stacked(blocks: Sequence[tuple[sparse.csr_matrix, np.ndarray, np.ndarray]]) -> Equations:
    """Several sets of equations as one."""
    return Equations(
        sparse.csr_matrix(sparse.vstack([block for block, _, _ in blocks])),
        np.concatenate([low for _, low, _ in blocks]),
        np.concatenate([high for _, _, high in blocks]),
    )
