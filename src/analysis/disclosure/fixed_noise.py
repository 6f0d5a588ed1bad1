"""The part of the noise that belongs to a cell: the same in every release, and such that parts add up to totals.

Each cell draws its noise by its name under a secret key. Noises drawn apart would give cells away where they add up, as
girls and boys do to all. So they are moved, as little as possible, to noises that one histogram has. Cells of earlier
releases keep theirs. Nothing is stored: all follows from the key and from which cells there were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.disclosure.histogram import histogram
from analysis.disclosure.perturbation import noise_of, perturbation_table
from analysis.disclosure.polytope import programme, solved, solver
from analysis.disclosure.published import COUNT, Cell, cells_of, dimensions_of, read
from analysis.disclosure.refusal import DisclosureError

# How far the noise of a cell of an earlier release may be from what its new neighbours would need.
_SLACK = 1.5


def fixed_noise(
    releases: Sequence[Mapping[str, pd.DataFrame]],
    nested: Mapping[str, pd.DataFrame],
    secret: bytes,
    maximum: int,
    variance: float,
) -> dict[Cell, int]:
    """The noise of every cell that any of some releases lists.

    Parameters
    ----------
    releases : the tables of each, oldest first; only which cells they list counts, and not what they count.
    nested : as of `audit`.
    secret : the key: whoever has it can work the noise out.
    maximum, variance : of the noise, in persons.

    Returns
    -------
    Cell -> noise.

    Raises
    ------
    DisclosureError : no noises are near enough to those of earlier releases.
    """
    found: dict[Cell, int] = {}
    for tables in releases:
        found |= _of_release(tables, nested, secret, maximum, variance, found)
    return found


def _of_release(
    tables: Mapping[str, pd.DataFrame],
    nested: Mapping[str, pd.DataFrame],
    secret: bytes,
    maximum: int,
    variance: float,
    earlier: Mapping[Cell, int],
) -> dict[Cell, int]:
    published = read({name: _listed(table) for name, table in tables.items()})
    behind = histogram(published, nested)
    cells = [cell for table in published for cell in cells_of(table)]
    sums = sparse.csr_matrix(sparse.vstack(behind.sums))
    drawn = noise_of(np.full(len(cells), maximum), _uniform(cells, secret), perturbation_table(maximum, variance))
    known = np.array([cell in earlier for cell in cells])
    target = np.where(known, [earlier.get(cell, 0) for cell in cells], drawn).astype(float)
    for slack in (_SLACK, 2 * _SLACK, 4 * _SLACK):
        low = np.where(known, np.maximum(target - slack, -maximum), -maximum)
        high = np.where(known, np.minimum(target + slack, maximum), maximum)
        near = _nearest(sums, behind.joins, target, low, high)
        if near is not None:
            whole = np.where(known, target, np.clip(np.rint(near), -maximum, maximum)).astype(int)
            return dict(zip(cells, whole.tolist(), strict=True))
    raise DisclosureError(
        "noise_mismatch", "The noise of earlier releases does not fit these tables: leave out those that are new."
    )


def _nearest(
    sums: sparse.csr_matrix, joins: sparse.csr_matrix, target: np.ndarray, low: np.ndarray, high: np.ndarray
) -> np.ndarray | None:
    """Sums of one histogram (of numbers of either sign) within bounds, nearest to the targets in all."""
    rows, variables = sums.shape
    one = sparse.identity(rows, format="csr")
    matrix = sparse.bmat([[sums, one, -one], [sums, None, None], [joins, None, None]], format="csr")
    nothing = np.zeros(joins.shape[0])
    least = np.concatenate([np.full(variables, -np.inf), np.zeros(2 * rows)])
    asked = programme(
        matrix,
        np.concatenate([target, low, nothing]),
        np.concatenate([target, high, nothing]),
        least,
        np.full(variables + 2 * rows, np.inf),
    )
    asked.col_cost_ = np.concatenate([np.zeros(variables), np.ones(2 * rows)])
    best = solver(presolve=True)
    best.passModel(asked)
    solution = solved(best)
    return None if solution is None else sums @ solution[:variables]


def _listed(table: pd.DataFrame) -> pd.DataFrame:
    """Which cells a table lists, and not what it counts."""
    return table[dimensions_of(table)].assign(**{COUNT: pd.array([pd.NA] * len(table), dtype="Int64")})


def _uniform(cells: Sequence[Cell], secret: bytes) -> np.ndarray:
    """A number from 0 to below 1 for each cell, which nobody can tell without the key."""
    texts = ["\x1e".join(f"{name}\x1f{value}" for name, value in cell) for cell in cells]
    digests = [hashlib.blake2b(text.encode(), key=secret, digest_size=8).digest() for text in texts]
    return np.array([int.from_bytes(digest, "big") / 2**64 for digest in digests])
