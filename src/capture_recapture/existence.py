"""Whether the maximum-likelihood estimate of a log-linear model exists, and whether its parameters can be told apart.

Both depend on the model and on which patterns are empty, not on the counts of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog

from capture_recapture.histories import capture_table
from capture_recapture.loglinear import closure, superset_sums, without

MEANING = {
    0: "the estimate exists and its parameters can be told apart",
    1: "no maximum-likelihood estimate exists: the likelihood rises without end as a parameter goes to infinity",
    2: "the parameters cannot be told apart: different totals fit equally well",
    3: "no maximum-likelihood estimate exists, and the parameters cannot be told apart",
}


def model_status(histories: pd.DataFrame, terms: Iterable[Sequence[str]]) -> int:
    """Whether a hierarchical log-linear model can be fitted to capture histories at all.

    A term whose lists have no person in common has the coefficient minus infinity (extended maximum likelihood): the
    patterns that contain it are left out, with the term. Of what remains two things are asked: whether a table with no
    empty pattern has the same sufficient statistics (by linear programme), and whether the design has full rank.

    Parameters
    ----------
    histories : one 0/1 column a list and `count`, as `capture_table` reads them.
    terms : tuples of list names; every list by itself, and every part of a term, is in the model as well.

    Returns
    -------
    0 both hold, 1 no maximum-likelihood estimate, 2 not identifiable, 3 both fail (`MEANING` has the words).

    Raises
    ------
    ValueError : the histories are malformed, or a term names a list that is not there.

    References
    ----------
    Fienberg, S. E. and Rinaldo, A. (2012). Maximum likelihood estimation in log-linear models. Ann. Stat. 40, 996-1023.
    Chan, L., Silverman, B. W. and Vincent, K. (2021). Multiple systems estimation for sparse capture data. JASA 116,
        1297-1306.
    """
    table = capture_table(histories)
    return status(table.counts, closure([table.term(term) for term in terms], len(table.lists)))


def status(counts: NDArray[np.float64], terms: NDArray[np.int64]) -> int:
    """`model_status` of counts by place and terms as places, the intercept among them."""
    return _status(len(counts), np.packbits(counts > 0).tobytes(), tuple(sorted(map(int, terms))))


def split(counts: NDArray[np.float64], terms: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The terms with a finite coefficient, and those whose lists have no person in common."""
    empty = superset_sums(counts.astype(float))[terms] == 0
    return terms[~empty], terms[empty]


@lru_cache(maxsize=200_000)
def _status(cells: int, filled: bytes, terms: tuple[int, ...]) -> int:
    # Any counts with these empty patterns have the same status: ones are the best conditioned.
    ones = np.unpackbits(np.frombuffer(filled, dtype=np.uint8), count=cells).astype(float)
    finite, infinite = split(ones, np.array(terms))
    places = np.flatnonzero(without(cells, infinite))
    design = ((places[:, None] & finite) == finite).astype(float)
    aliased = np.linalg.matrix_rank(design) < len(finite) if len(finite) else True
    return int(not interior(design, ones[places])) + 2 * int(aliased)


def interior(design: NDArray[np.float64], counts: NDArray[np.float64]) -> bool:
    """Whether some table without an empty pattern has the same sufficient statistics as `counts`.

    The programme raises the smallest pattern of such a table as far as it goes.
    """
    rows, columns = design.shape
    if not rows or not columns:
        return False
    found = linprog(
        np.append(np.zeros(rows), -1.0),
        A_ub=np.column_stack([-np.eye(rows), np.ones(rows)]),
        b_ub=np.zeros(rows),
        A_eq=np.column_stack([design.T, np.zeros(columns)]),
        b_eq=design.T @ counts,
        bounds=(0, None),
        method="highs",
    )
    if found.status != 0:
        raise ArithmeticError(f"The linear programme of existence did not end: {found.message}")
    return bool(-found.fun > 1e-7)
