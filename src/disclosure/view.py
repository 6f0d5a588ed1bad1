"""What an attacker has before it: tables of this release and of earlier ones, as equations of one histogram."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse

from disclosure.attack import (
    NOBODY_LEFT,
    RELEASE,
    Attack,
    Equations,
    Impossible,
    dated,
    loosened,
    reluctance_of,
    stacked,
)
from disclosure.histogram import Histogram, histogram
from disclosure.perturbation import adjustment
from disclosure.tables import Cell, DisclosureError, Published, cells_of, read

INFEASIBLE = (
    "The tables cannot count the same persons: no joint histogram has all these sums. Every person stands in one cell "
    "of each table, what is not stated is a value of its own, and a combination that is not listed is a zero."
)


@dataclass(frozen=True)
class View:
    """What an attacker has before it: tables, the histogram behind them, and the equations that they are.

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
    points: np.ndarray | None = None,
) -> View:
    """The tables of a release and of earlier ones as equations. Raises DisclosureError as `audit` does.

    Parameters
    ----------
    k : given, adjusted counts of one cell in several releases are known to have their fixed noise in common.
    points : as of `possible`.
    """
    together, releases = dated(tables, earlier, assumption)
    published = read(together)
    behind = histogram(published, {**nested, **releases})
    return replace(view_of(behind, len(tables), assumption, k, points), printed=list(together.values()))


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
        if (table.adjusted == part.bound).any():
            cells = cells_of(table, RELEASE)
            listed.update(cells)
            places = np.flatnonzero(table.adjusted[bounded] == part.bound)
            adjusted += [(first + int(place), cells[bounded[place]]) for place in places]
        first += len(bounded)
    column = {cell: number for number, cell in enumerate(sorted(cell for cell, times in listed.items() if times > 1))}
    pairs = [(row, column[cell]) for row, cell in adjusted if cell in column]
    if not pairs:
        return equations, reluctance
    at, which = map(np.array, zip(*pairs, strict=True))
    noise = sparse.csr_matrix((np.ones(len(at)), (at, which)), shape=(len(equations.low), len(column)))
    none = sparse.csr_matrix((noise.shape[1], equations.matrix.shape[1]))
    matrix = sparse.bmat([[equations.matrix, noise], [none, sparse.identity(noise.shape[1])]], format="csr")
    low, high = equations.low.copy(), equations.high.copy()
    # Of a count in print, the fresh noise is all that is left unknown.
    low[at] = np.maximum(high[at] - part.bound - part.fresh + part.fixed, 0)
    high[at] = high[at] - part.bound + part.fresh + part.fixed
    bounds = np.full(noise.shape[1], 2.0 * part.fixed)
    return (
        Equations(matrix, np.concatenate([low, 0 * bounds]), np.concatenate([high, bounds])),
        np.concatenate([reluctance, 0 * bounds]),
    )
