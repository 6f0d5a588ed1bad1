"""Tables of earlier releases beside those of now: who was counted then is counted now, and newcomers are a group too.

Each release is one more dimension: a person belongs to the first release that counted it, and a table counts all up to
its own. What two releases differ by is then a cell like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.disclosure.attack import Equations
from analysis.disclosure.polytope import programme, solved, solver
from analysis.disclosure.published import counts_persons

# The dimension that tells releases apart; no user's column has such a name.
RELEASE = "first counted in release"


def dated(
    tables: Mapping[str, pd.DataFrame], earlier: Sequence[Mapping[str, pd.DataFrame]]
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """All tables with the dimension of their release, those of now first, and of which atoms a release is made.

    Tables of earlier releases are named after their number: ``release 1: by_area``. Of tables that say nothing
    of how many persons there are, be it by a count, a percentage or a rate, there is nothing to compare.
    """
    if not earlier:
        return dict(tables), {}
    # Of the same length, so that they are in the order of releases wherever they are sorted as text.
    digits = len(str(len(earlier) + 1))
    numbers = [f"{number + 1:0{digits}}" for number in range(len(earlier) + 1)]
    found = {name: table.assign(**{RELEASE: numbers[-1]}) for name, table in tables.items()}
    for number, release in zip(numbers, earlier, strict=False):
        for name, table in release.items():
            if counts_persons(table):
                found[f"release {number}: {name}"] = table.assign(**{RELEASE: number})
    made_of = pd.DataFrame(
        [(last, atom) for position, last in enumerate(numbers) for atom in numbers[: position + 1]],
        columns=["value", "atom"],
    )
    # A release is not its own part: the last atom is who came with it.
    made_of["atom"] = "new in " + made_of["atom"]
    return found, {RELEASE: made_of}


def loosened(equations: Equations, is_earlier: np.ndarray) -> Equations:
    """The equations with as few persons gone since an earlier release as possible: a count that fell is an upper bound.

    Parameters
    ----------
    is_earlier : (rows,) which rows are counts of earlier releases.
    """
    rows = np.flatnonzero(is_earlier)
    columns = equations.matrix.shape[1]
    gone = sparse.csr_matrix((np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(len(equations.low), len(rows)))
    both = sparse.csr_matrix(sparse.hstack([equations.matrix, gone]))
    nothing, endless = np.zeros(both.shape[1]), np.full(both.shape[1], np.inf)
    asked = programme(both, equations.low, equations.high, nothing, endless)
    asked.col_cost_ = np.concatenate([np.zeros(columns), np.ones(len(rows))])
    least = solver(presolve=True)
    least.passModel(asked)
    solution = solved(least)
    fell = np.zeros(len(equations.low), bool)
    if solution is not None:
        fell[rows] = solution[columns:] > 1e-6
    return Equations(equations.matrix, np.where(fell, 0.0, equations.low), equations.high)
