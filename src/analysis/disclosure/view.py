"""What an attacker has before it: tables of this release and of earlier ones, as equations of one histogram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.disclosure.attack import Attack, Equations, Impossible, stacked
from analysis.disclosure.earlier_releases import NOBODY_LEFT, RELEASE, dated, loosened
from analysis.disclosure.histogram import Histogram, histogram
from analysis.disclosure.published import Published, read
from analysis.disclosure.refusal import DisclosureError

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
    """

    tables: Sequence[Published]
    now: int
    behind: Histogram
    attack: Attack
    assumption: str = NOBODY_LEFT
    contradicted: bool = False


def view(
    tables: Mapping[str, pd.DataFrame],
    nested: Mapping[str, pd.DataFrame],
    earlier: Sequence[Mapping[str, pd.DataFrame]],
    assumption: str = NOBODY_LEFT,
) -> View:
    """The tables of a release and of earlier ones as equations. Raises DisclosureError as `audit` does."""
    together, releases = dated(tables, earlier, assumption)
    published = read(together)
    behind = histogram(published, {**nested, **releases})
    _, attack, contradicted = possible(behind)
    return View(published, len(tables), behind, attack, assumption, contradicted)


def possible(behind: Histogram, points: np.ndarray | None = None) -> tuple[Equations, Attack, bool]:
    """The equations behind tables and an attack on them; and whether counts were loosened so that there is a solution.

    Parameters
    ----------
    points : (points x variables) histograms of whole numbers that may be among the solutions.

    Raises
    ------
    DisclosureError : there is none.
    """
    equations, is_partial = equations_of(behind)
    try:
        attack = Attack(equations, points)
        attack.point()
        return equations, attack, False
    except Impossible:
        if not is_partial.any():
            raise DisclosureError(INFEASIBLE) from None
    # What is not possible is left out, so that the same numbers in print always give the same equations.
    inside = Equations(equations.matrix[:, np.flatnonzero(behind.possible)], equations.low, equations.high)
    equations = replace(equations, low=loosened(inside, is_partial).low)
    try:
        attack = Attack(equations, points)
        attack.point()
    except Impossible:
        raise DisclosureError(INFEASIBLE) from None
    return equations, attack, True


def equations_of(behind: Histogram) -> tuple[Equations, np.ndarray]:
    """All that tables say, as equations; and which rows are counts of a release that does not hold everybody."""
    blocks, partial = [], []
    everybody = max((table.cells[RELEASE].max() for table in behind.tables if _is_dated(table)), default="")
    for table, sums in zip(behind.tables, behind.sums, strict=True):
        says = np.flatnonzero((table.low > 0) | np.isfinite(table.high))
        blocks.append((sums[says], table.low[says], table.high[says]))
        partial.append(np.full(len(says), _is_dated(table) and table.cells[RELEASE].iat[0] < everybody))
    nothing = np.zeros(behind.joins.shape[0])
    blocks.append((behind.joins, nothing, nothing))
    return stacked(blocks), np.concatenate([*partial, np.zeros(len(nothing), bool)])


def _is_dated(table: Published) -> bool:
    return RELEASE in table.cells and len(table.cells) > 0
