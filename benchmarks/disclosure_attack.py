"""An attack on printed tables that shares no code with `analysis.disclosure`: the whole joint histogram, cell by cell.

Every combination of the finest values that any table tells apart is one unknown number of persons, in each release
apart. What is printed is an equation; what a table does not list is zero. For every suppressed cell the fewest and the
most persons are asked for, as a linear programme and among whole numbers (scipy's linprog and milp).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import optimize, sparse

Tables = Mapping[str, pd.DataFrame]
Atoms = Mapping[str, Mapping[str, Sequence[str]]]
COUNT, UNKNOWN = "count", "unknown"
BEFORE, SINCE = "counted before", "counted since"


def attacked(tables: Tables, atoms: Atoms | None = None, before: Tables | None = None) -> pd.DataFrame:
    """What an attacker learns of each suppressed cell.

    Parameters
    ----------
    tables : name -> dimensions and count, missing where it is suppressed.
    atoms : dimension -> value -> of what it is made, where values of a dimension overlap.
    before : tables of the release before, all of whose persons are counted again.

    Returns
    -------
    DataFrame, one row a suppressed cell: table (of the release before: ``release 1: ...``), cell (values,
    joined), low, high (relaxed), low_whole, high_whole.
    """
    atoms = atoms or {}
    known = {**{name: (table, False) for name, table in tables.items()}}
    known |= {f"release 1: {name}": (table, True) for name, table in (before or {}).items()}
    grid = _grid([table for table, _ in known.values()], atoms, before is not None)
    possible = np.ones(len(grid), bool)
    rows, right, asked = [], [], []
    for name, (table, is_before) in known.items():
        counted = np.flatnonzero((grid["release"] == BEFORE).to_numpy() | (not is_before))
        members, unlisted = _members(table, grid.iloc[counted], atoms)
        possible[counted[unlisted]] = False
        block = sparse.csr_matrix(
            (np.ones(len(members)), (members["row"], counted[members[UNKNOWN]])), shape=(len(table), len(grid))
        )
        missing = table[COUNT].isna().to_numpy()
        rows.append(block[~missing])
        right.append(table.loc[~missing, COUNT].astype(float).to_numpy())
        cells = table.drop(columns=COUNT).astype(str).agg(", ".join, axis=1) if table.shape[1] > 1 else pd.Series("all")
        asked += [(name, cells.iloc[row], block[row]) for row in np.flatnonzero(missing).tolist()]
    matrix, total = sparse.csr_matrix(sparse.vstack(rows)), np.concatenate(right)
    found = []
    for name, cell, sums in asked:
        bounds = [_extreme(matrix, total, possible, sums.toarray().ravel(), sign) for sign in (1.0, -1.0)]
        found.append((name, cell, bounds[0][0], bounds[1][0], bounds[0][1], bounds[1][1]))
    return pd.DataFrame(found, columns=["table", "cell", "low", "high", "low_whole", "high_whole"])


def _grid(tables: Sequence[pd.DataFrame], atoms: Atoms, two_releases: bool) -> pd.DataFrame:
    """All combinations of the finest values, one row an unknown."""
    finest: dict[str, set[str]] = {}
    for table in tables:
        for dimension in table.columns.drop(COUNT):
            for value in table[dimension].astype(str).unique():
                finest.setdefault(dimension, set()).update(atoms.get(dimension, {}).get(value, [value]))
    levels = [[BEFORE, SINCE] if two_releases else [BEFORE], *[sorted(values) for values in finest.values()]]
    return pd.MultiIndex.from_product(levels, names=["release", *finest]).to_frame(index=False)


def _members(table: pd.DataFrame, grid: pd.DataFrame, atoms: Atoms) -> tuple[pd.DataFrame, np.ndarray]:
    """Which unknowns each row of a table adds up, and which unknowns a combination that it does not list covers."""
    dimensions = list(table.columns.drop(COUNT))
    cells = grid[dimensions].assign(**{UNKNOWN: range(len(grid))})
    for dimension in dimensions:
        pairs = [
            (value, atom)
            for value in table[dimension].astype(str).unique()
            for atom in atoms.get(dimension, {}).get(value, [value])
        ]
        holds = pd.DataFrame(pairs, columns=["value", dimension])
        # An atom that no value of the table holds stays, with a value that the table does not list.
        cells = cells.merge(holds, on=dimension, how="left").drop(columns=dimension)
        cells = cells.rename(columns={"value": dimension}).fillna({dimension: "in no value of the table"})
    listed = table[dimensions].astype(str).assign(row=range(len(table)))
    both = cells.merge(listed, how="left", on=dimensions) if dimensions else cells.assign(row=0)
    unlisted = both.loc[both["row"].isna(), UNKNOWN].unique()
    return both[both["row"].notna()].astype({"row": int}), unlisted


def _extreme(
    matrix: sparse.csr_matrix, total: np.ndarray, possible: np.ndarray, cost: np.ndarray, sign: float
) -> tuple[float, float]:
    """The least (sign 1) or largest (sign -1) value of a sum: relaxed, and among whole numbers; maybe infinite."""
    bounds = optimize.Bounds(0, np.where(possible, np.inf, 0.0))
    relaxed = optimize.linprog(
        sign * cost, A_eq=matrix, b_eq=total, bounds=np.column_stack([bounds.lb * possible, bounds.ub]), method="highs"
    )
    if relaxed.status == 3:
        return -sign * np.inf, -sign * np.inf
    if relaxed.status != 0:
        raise RuntimeError(f"The tables have no solution: {relaxed.message}")
    if np.abs(relaxed.x - np.rint(relaxed.x)).max() < 1e-7:
        return sign * relaxed.fun, sign * relaxed.fun  # a vertex of whole numbers is the best of those, too
    whole = optimize.milp(
        sign * cost,
        constraints=optimize.LinearConstraint(matrix, total, total),
        bounds=bounds,
        integrality=np.ones(len(cost)),
    )
    if whole.status != 0:
        raise RuntimeError(f"No solution of whole numbers was found: {whole.message}")
    return sign * relaxed.fun, sign * whole.fun
