"""The attack by linear programming on tables of this release and of earlier ones, and what an attacker has before it.

The attack: for each sum of cells, how few and how many persons the published numbers allow (linear programming).
What has only one solution is worked out first; what is left falls into parts that know nothing of one another, each a
small linear programme. A solution of whole numbers shows for every sum how far it can go, so that most need none of
their own (Fischetti and Salazar-González, 2001, call that an attacker's problem).

Each release is one more dimension. An attacker who takes it that nobody left knows that a person belongs to the first
release that counted it, and that a table counts all up to its own. One who takes it that nobody came knows the same
with time reversed: a person belongs to the last release that counted it. What two releases differ by is then a cell:
newcomers and leavers are groups like any other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from disclosure.feasibility import Impossible, Part, programme, solved, solver
from disclosure.histogram import Histogram, histogram
from disclosure.perturbation import adjustment
from disclosure.tables import Cell, DisclosureError, Published, cells_of, counts_persons, read

# Rounds of working out what has one solution.
_ROUNDS = 200


@dataclass(frozen=True)
class Equations:
    """Knowledge of a histogram x >= 0: low <= matrix x <= high."""

    matrix: sparse.csr_matrix
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Bounds:
    """Bounds that an attacker learns of some sums.

    Parameters
    ----------
    low, high : (sums,) whole numbers between which a sum lies; infinity where nothing bounds it. Of a sum that is
        known to reach from `low` so far as was asked, no more is said.
    """

    low: np.ndarray
    high: np.ndarray


class Attack:
    """The equations behind published numbers, reduced to what is open.

    Parameters
    ----------
    equations : all that is published.
    points : (points x variables) histograms of whole numbers; those that have the published sums are remembered.
    """

    def __init__(self, equations: Equations, points: np.ndarray | None = None) -> None:
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
        # No cell that an attacker could think of is larger: four times the largest number in print.
        self._most = 4.0 * (known.max() if len(known) else 0.0) + 10_000.0
        number, part_of = _parts(self._matrix)
        self._inside = [np.flatnonzero(part_of == part) for part in range(number)]
        met = _possible(matrix, equations, points)[:, columns]
        self._parts = [self._part(inside, met[:, inside]) for inside in self._inside]

    def bounds(self, sums: sparse.csr_matrix, wide: float, high: float) -> Bounds:
        """Return the fewest and the most persons that each sum can hold.

        Parameters
        ----------
        sums : (sums x variables).
        wide, high : a sum that is shown to reach over at least `wide` persons and up to at least `high` is left at
            what was shown; all others are bounded exactly, and all if `wide` is infinite.

        Raises
        ------
        Impossible : no histogram has the published sums.
        """
        fixed, open_sums = self._split(sums)
        low, top, enough = fixed.copy(), fixed.copy(), np.zeros(len(fixed), bool)
        if np.isfinite(wide):
            for part, block, rows in self._blocks(open_sums, enough):
                # What reaches far enough in one part does so in all.
                least, most, shown = part.reach(block, fixed[rows], wide, high)
                low[rows] += least
                top[rows] += most
                enough[rows] |= shown
            left = ~enough & (top - low >= wide) & (top >= high)
        else:
            left = ~enough
        # Fractions in several parts may go as far together, and whole numbers not.
        low[left], top[left] = fixed[left], fixed[left]
        for part, block, rows in self._blocks(open_sums, ~left):
            least, most = part.exactly(block)
            low[rows] += least
            top[rows] += most
        return Bounds(np.ceil(low - 1e-6), np.where(np.isfinite(top), np.floor(top + 1e-6), np.inf))

    def shown(self, sums: sparse.csr_matrix, wide: float, high: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the range each sum was seen to take among a few histograms of whole numbers, all as far as is asked.

        Parameters
        ----------
        wide, high : a sum that reaches over `wide` persons and up to `high` need go no further.

        Raises
        ------
        Impossible : no histogram has the published sums.
        """
        fixed, open_sums = self._split(sums)
        low, top = fixed.copy(), fixed.copy()
        for part, block, rows in self._blocks(open_sums, np.zeros(len(fixed), bool)):
            least, most = part.shown(block, fixed[rows], wide, high)
            low[rows] += least
            top[rows] += most
        return low, top

    def lowest(self, sums: sparse.csr_matrix) -> np.ndarray:
        """Return a lower bound of the persons that each sum of cells holds; 1 may stand for more. Raises Impossible."""
        low, open_sums = self._split(sums)
        for part, block, rows in self._blocks(open_sums, np.zeros(len(low), bool)):
            low[rows] += part.lowest(block)
        return low

    def point(self) -> np.ndarray:
        """A histogram of whole numbers that has the published sums. Raises Impossible."""
        found = np.where(self._open, 0.0, self._value)
        for part, inside in zip(self._parts, self._inside, strict=True):
            found[self._columns[inside]] = part.point()
        return found

    def points(self) -> np.ndarray:
        """(points x variables) histograms of whole numbers that were met so far."""
        met = [part.points() for part in self._parts]
        found = np.tile(np.where(self._open, 0.0, self._value), (max(map(len, met), default=0), 1))
        for points, inside in zip(met, self._inside, strict=True):
            if len(points):
                # Parts know nothing of one another: any points of theirs go together.
                found[:, self._columns[inside]] = points[np.minimum(np.arange(len(found)), len(points) - 1)]
            else:
                return found[:0]
        return found

    def _split(self, sums: sparse.csr_matrix) -> tuple[np.ndarray, sparse.csr_matrix]:
        """Bounds of sums that are known, and those that are open."""
        sums = sparse.csr_matrix(sums)
        # Sums of cells say nothing of variables that are no cells, which come last.
        sums = sparse.csr_matrix((sums.data, sums.indices, sums.indptr), shape=(sums.shape[0], len(self._open)))
        return sums @ np.where(self._open, 0.0, self._value), sums[:, self._columns].tocsr()

    def _blocks(
        self, open_sums: sparse.csr_matrix, done: np.ndarray
    ) -> Iterator[tuple[Part, sparse.csr_matrix, np.ndarray]]:
        """Each part with what of the sums lies in it, and which sums these are; but for those that are done by then."""
        for part, inside in zip(self._parts, self._inside, strict=True):
            block = open_sums[:, inside].tocsr()
            rows = np.flatnonzero((block.getnnz(axis=1) > 0) & ~done)
            if len(rows):
                yield part, block[rows], rows

    def _part(self, inside: np.ndarray, points: np.ndarray) -> Part:
        block = self._matrix[:, inside].tocsr()
        rows = np.flatnonzero(block.getnnz(axis=1))
        return Part(block[rows], self._row_low[rows], self._row_high[rows], self._most, points)


def _possible(matrix: sparse.csr_matrix, equations: Equations, points: np.ndarray | None) -> np.ndarray:
    """Those points of whole numbers that have the published sums."""
    if points is None or not len(points) or points.shape[1] != matrix.shape[1]:
        return np.zeros((0, matrix.shape[1]))
    found = np.rint(points)
    sums = matrix @ found.T
    low, high = equations.low[:, None] - 1e-6, equations.high[:, None] + 1e-6
    return found[((sums >= low) & (sums <= high)).all(axis=0) & (found >= 0).all(axis=1)]


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
            raise Impossible("infeasible", "No histogram has the published sums.")
        # All of one sign, and a sum of nothing: each is nothing.
        empty = ((down == 0) & (rest_high <= 1e-9) & (up > 0)) | ((up == 0) & (rest_low >= -1e-9) & (down > 0))
        if (empty & (((down == 0) & (rest_high < -1e-6)) | ((up == 0) & (rest_low > 1e-6)))).any():
            raise Impossible("infeasible", "No histogram has the published sums.")
        zero = is_open & ((magnitude.T @ empty.astype(float)) > 0)
        single = equal & (up + down == 1) & ~empty
        rows = np.flatnonzero(single)
        if len(rows):
            block = matrix[rows][:, np.flatnonzero(is_open & ~zero)].tocoo()
            at = np.flatnonzero(is_open & ~zero)[block.col]
            found = rest_low[rows][block.row] / block.data
            if (found < -1e-6).any():
                raise Impossible("infeasible", "No histogram has the published sums.")
            value[at] = np.rint(found)
            is_open[at] = False
        value[zero] = 0.0
        is_open[zero] = False
        if not len(rows) and not zero.any():
            break
    return value, is_open


def _parts(matrix: sparse.csr_matrix) -> tuple[int, np.ndarray]:
    """The number of parts the columns fall into that share no row, and the part of each."""
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


# The dimension that tells releases apart; no user's column has such a name.
RELEASE = "counted in release"
# What an attacker can take for granted of two releases: that nobody left in between, or that nobody came.
NOBODY_LEFT, NOBODY_CAME = "nobody left", "nobody came"

# No series has more releases.
_LAST = 9_999
# How much more it takes to give up a count that nothing speaks against, or of which a larger release says nothing.
WILLING, DOUBTFUL, RELUCTANT = 1.0, 10.0, 100.0


def dated(
    tables: Mapping[str, pd.DataFrame],
    earlier: Sequence[Mapping[str, pd.DataFrame]],
    assumption: str = NOBODY_LEFT,
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """All tables with the dimension of their release, those of now first, and of which atoms a release is made.

    Tables of earlier releases are named after their number: ``release 1: by_area``. Of tables that say nothing
    of how many persons there are, be it by a count, a percentage or a rate, there is nothing to compare.

    Parameters
    ----------
    assumption : `NOBODY_LEFT`, under which each release holds all persons of the earlier ones; or `NOBODY_CAME`, under
        which it holds all of the later ones.
    """
    if not any(earlier):
        return dict(tables), {}
    places = [_place(number, assumption) for number in range(1, len(earlier) + 2)]
    digits = len(str(len(earlier) + 1))
    found = {name: table.assign(**{RELEASE: places[-1]}) for name, table in tables.items()}
    for number, (place, release) in enumerate(zip(places, earlier, strict=False), start=1):
        for name, table in release.items():
            if counts_persons(table):
                found[f"release {number:0{digits}}: {name}"] = table.assign(**{RELEASE: place})
    # A release without tables tells nobody apart.
    told = sorted({place for place, release in zip(places, [*earlier, tables], strict=True) if release})
    made_of = pd.DataFrame(
        [(last, atom) for position, last in enumerate(told) for atom in told[: position + 1]],
        columns=["value", "atom"],
    )
    # A release is not its own part: the last atom is who is counted there and in no smaller one.
    made_of["atom"] = "only from " + made_of["atom"]
    return found, {RELEASE: made_of}


def each_alone(earlier: Sequence[Mapping[str, pd.DataFrame]]) -> Iterator[list[Mapping[str, pd.DataFrame]]]:
    """Earlier releases, all but one of them without tables.

    Where all together contradict an assumption, two of them may not, and tell more.
    """
    if len(earlier) > 1:
        for number in range(len(earlier)):
            yield [release if place == number else {} for place, release in enumerate(earlier)]


def _place(number: int, assumption: str) -> str:
    """The place of a release among others, as text that sorts: smaller releases first under either assumption."""
    return f"{number if assumption == NOBODY_LEFT else _LAST - number:04}"


def since(atom: str, assumption: str) -> str:
    """Return in words who is outside of the release of an atom: ``new since release 2``, ``gone by release 2``."""
    place = int(atom.removeprefix("only from "))
    return f"new since release {place}" if assumption == NOBODY_LEFT else f"gone by release {_LAST - place}"


def loosened(equations: Equations, reluctance: np.ndarray) -> Equations:
    """The equations with as few persons as possible against the assumption: a count with such bounds from above only.

    Parameters
    ----------
    reluctance : (rows,) what it costs to take a count that way, by the person; 0 for what holds in any case.
    """
    rows = np.flatnonzero(reluctance)
    columns = equations.matrix.shape[1]
    others = sparse.csr_matrix(
        (np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(len(equations.low), len(rows))
    )
    both = sparse.csr_matrix(sparse.hstack([equations.matrix, others]))
    nothing, endless = np.zeros(both.shape[1]), np.full(both.shape[1], np.inf)
    asked = programme(both, equations.low, equations.high, nothing, endless)
    asked.col_cost_ = np.concatenate([np.zeros(columns), reluctance[rows]])
    least = solver(presolve=True)
    least.passModel(asked)
    solution = solved(least)
    contradicts = np.zeros(len(equations.low), bool)
    if solution is not None:
        contradicts[rows] = solution[columns:] > 1e-6
    return Equations(equations.matrix, np.where(contradicts, 0.0, equations.low), equations.high)


def reluctance_of(tables: Sequence[Published], rows: Sequence[np.ndarray]) -> np.ndarray:
    """Return how reluctant somebody is to give up that a count holds all persons it should, by `loosened`.

    Little where the same cell of a larger release counts fewer, or does not exist: there the assumption does not hold.
    Much where it counts as many or more: nothing speaks against it.

    Parameters
    ----------
    tables : of all releases, dated.
    rows : for each table, the rows of which it says something.

    Returns
    -------
    (all rows together,) 0 where a table is of the largest release, or of none.
    """
    known: dict[Cell, list[tuple[str, float]]] = {}
    cells = [cells_of(table, RELEASE) for table in tables]
    places = [table.cells[RELEASE].iat[0] if RELEASE in table.cells and len(table.cells) else "" for table in tables]
    for table, own, place in zip(tables, cells, places, strict=True):
        for cell, high, is_open in zip(own, table.high, table.suppressed, strict=True):
            known.setdefault(cell, []).append((place, np.inf if is_open else float(high)))
    largest = max(places, default="")
    found = []
    for table, own, place, bounded in zip(tables, cells, places, rows, strict=True):
        if place == largest:
            found.append(np.zeros(len(bounded)))
            continue
        costs = []
        for row in bounded.tolist():
            larger = [high for other, high in known[own[row]] if other > place]
            holds = larger and min(larger) >= table.low[row]
            costs.append(WILLING if not holds else DOUBTFUL if np.isinf(min(larger)) else RELUCTANT)
        found.append(np.array(costs))
    return np.concatenate(found) if found else np.zeros(0)


INFEASIBLE = (
    "The tables cannot count the same persons: no joint histogram has all these sums. Every person stands in one cell "
    "of each table, what is not stated is a value of its own, and a combination that is not listed is a zero."
)


@dataclass(frozen=True)
class View:
    """View of an attacker: tables, the histogram behind them, and the equations that they are.

    Parameters
    ----------
    now : how many of the tables are of this release; they come first.
    assumption : what the attacker takes for granted of earlier releases (`earlier_releases`).
    contradicted : whether some persons are known to contradict it, so that it holds for the others only.
    printed : the tables as they are printed, in the same order.
    equations : what all of them say; rows of the tables of now come first, in their order (`says`).
    """

    tables: Sequence[Published]
    now: int
    behind: Histogram
    attack: Attack
    assumption: str = NOBODY_LEFT
    contradicted: bool = False
    printed: Sequence[pd.DataFrame] = ()
    equations: Equations | None = None


def view(
    tables: Mapping[str, pd.DataFrame],
    nested: Mapping[str, pd.DataFrame],
    earlier: Sequence[Mapping[str, pd.DataFrame]],
    assumption: str = NOBODY_LEFT,
    k: int | None = None,
) -> View:
    """The tables of a release and of earlier ones as equations. Raises DisclosureError as `audit` does.

    Parameters
    ----------
    k : given, adjusted counts of one cell in several releases are known to have their fixed noise in common.
    """
    together, releases = dated(tables, earlier, assumption)
    published = read(together)
    behind = histogram(published, {**nested, **releases})
    return replace(view_of(behind, len(tables), assumption, k), printed=list(together.values()))


def views(
    tables: Mapping[str, pd.DataFrame],
    nested: Mapping[str, pd.DataFrame],
    earlier: Sequence[Mapping[str, pd.DataFrame]],
    k: int,
    points: dict[str, np.ndarray] | None = None,
) -> Iterator[View]:
    """Views of an attacker of a series of adjusted counts, by what it can take for granted.

    That nobody left, or that nobody came, of all releases together; where they contradict it, of each earlier one by
    itself. What contradicts even that is false of these releases, and nothing follows from it: only the tables of now.

    Parameters
    ----------
    points : assumption -> histograms that may be among the solutions; those that are met are kept there.
    """
    points = {} if points is None else points
    is_alone = not earlier
    for assumption in (NOBODY_LEFT, NOBODY_CAME) if earlier else ():
        alone = [
            _consistent(tables, nested, each, assumption, k, points, f"{assumption}, {number}")
            for number, each in enumerate(each_alone(earlier))
        ]
        # What two releases contradict, all contradict; where none do, all together say the most.
        joint = None if None in alone else _consistent(tables, nested, earlier, assumption, k, points, assumption)
        yield from [joint] if joint is not None else [pair for pair in alone if pair is not None]
        is_alone |= joint is None
    if is_alone:
        yield view(tables, nested, [], NOBODY_LEFT, k)


def _consistent(
    tables: Mapping[str, pd.DataFrame],
    nested: Mapping[str, pd.DataFrame],
    earlier: Sequence[Mapping[str, pd.DataFrame]],
    assumption: str,
    k: int,
    points: dict[str, np.ndarray],
    name: str,
) -> View | None:
    """The view under an assumption; None where the tables contradict it."""
    together, releases = dated(tables, earlier, assumption)
    behind = histogram(read(together), {**nested, **releases})
    equations, _ = equations_of(behind, k)
    try:
        attack = Attack(equations, points.get(name))
        attack.point()
    except Impossible:
        return None
    points[name] = attack.points()
    return View(behind.tables, len(tables), behind, attack, assumption, False, list(together.values()), equations)


def view_of(
    behind: Histogram,
    now: int,
    assumption: str = NOBODY_LEFT,
    k: int | None = None,
    points: np.ndarray | None = None,
) -> View:
    """The view of tables whose histogram is known already; parameters are those of `view`, `View` and `possible`."""
    equations, attack, contradicted = possible(behind, k, points)
    return View(behind.tables, now, behind, attack, assumption, contradicted, (), equations)


def says(table: Published) -> np.ndarray:
    """The rows of a table that bound the number of persons."""
    return np.flatnonzero((table.low > 0) | np.isfinite(table.high))


def possible(
    behind: Histogram, k: int | None = None, points: np.ndarray | None = None
) -> tuple[Equations, Attack, bool]:
    """The equations behind tables and an attack on them; and whether counts were loosened so that there is a solution.

    Parameters
    ----------
    points : (points x variables) histograms of whole numbers that may be among the solutions.

    Raises
    ------
    DisclosureError : there is none.
    """
    equations, reluctance = equations_of(behind, k)
    try:
        attack = Attack(equations, points)
        attack.point()
        return equations, attack, False
    except Impossible:
        if not reluctance.any():
            raise DisclosureError("infeasible", INFEASIBLE) from None
    # What is not possible is left out, so that the same numbers in print always give the same equations.
    others = np.arange(behind.variables, equations.matrix.shape[1])
    columns = np.concatenate([np.flatnonzero(behind.possible), others])
    inside = Equations(equations.matrix[:, columns], equations.low, equations.high)
    equations = replace(equations, low=loosened(inside, reluctance).low)
    try:
        attack = Attack(equations, points)
        attack.point()
    except Impossible:
        raise DisclosureError("infeasible", INFEASIBLE) from None
    return equations, attack, True


def equations_of(behind: Histogram, k: int | None = None) -> tuple[Equations, np.ndarray]:
    """All that tables say, as equations; and for each row how reluctant somebody is to loosen it (`reluctance_of`)."""
    rows = [says(table) for table in behind.tables]
    blocks = [
        (sums[own], table.low[own], table.high[own])
        for table, sums, own in zip(behind.tables, behind.sums, rows, strict=True)
    ]
    nothing = np.zeros(behind.joins.shape[0])
    blocks.append((behind.joins, nothing, nothing))
    equations = stacked(blocks)
    reluctance = np.concatenate([reluctance_of(behind.tables, rows), nothing])
    return (equations, reluctance) if k is None else _with_fixed_noise(behind, equations, reluctance, k)


def _with_fixed_noise(
    behind: Histogram, equations: Equations, reluctance: np.ndarray, k: int
) -> tuple[Equations, np.ndarray]:
    """The equations with one variable more for each cell that was adjusted in several releases: its fixed noise.

    The variable is the noise plus its bound, so that it is no less than zero, as all are.
    """
    part = adjustment(k)
    # Suppressed cells count too, so that the columns stay the same while more is suppressed.
    listed: Counter[Cell] = Counter()
    adjusted: list[tuple[int, Cell]] = []
    first = 0
    for table in behind.tables:
        bounded = says(table)
        if (table.adjusted >= part.bound).any():
            cells = cells_of(table, RELEASE)
            listed.update(cells)
            places = np.flatnonzero(table.adjusted[bounded] >= part.bound)
            adjusted += [(first + int(place), cells[bounded[place]]) for place in places]
        first += len(bounded)
    column = {cell: number for number, cell in enumerate(sorted(cell for cell, times in listed.items() if times > 1))}
    by = np.concatenate([*(table.adjusted[says(table)] for table in behind.tables), np.zeros(behind.joins.shape[0])])
    pairs = [(row, column[cell]) for row, cell in adjusted if cell in column]
    if not pairs:
        return equations, reluctance
    at, which = map(np.array, zip(*pairs, strict=True))
    noise = sparse.csr_matrix((np.ones(len(at)), (at, which)), shape=(len(equations.low), len(column)))
    none = sparse.csr_matrix((noise.shape[1], equations.matrix.shape[1]))
    matrix = sparse.bmat([[equations.matrix, noise], [none, sparse.identity(noise.shape[1])]], format="csr")
    low, high = equations.low.copy(), equations.high.copy()
    # Of a count in print, the fresh noise and that of profiles are all that is left unknown.
    others = high[at] - by[at] + part.fixed
    low[at], high[at] = np.maximum(others - (by[at] - part.fixed), 0), others + (by[at] - part.fixed)
    bounds = np.full(noise.shape[1], 2.0 * part.fixed)
    return (
        Equations(matrix, np.concatenate([low, 0 * bounds]), np.concatenate([high, bounds])),
        np.concatenate([reluctance, 0 * bounds]),
    )
