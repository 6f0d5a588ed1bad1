"""Shares with the person as the unit: their intervals, and random groups of persons to draw again.

Journeys of one person, and legs of one journey, are not independent: whoever has many does not make a share surer.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse, special

from analysis import intervals

# More persons than these are drawn again in groups at random, which costs no more for a million than for thousands.
GROUPS = 2000
REPLICATES = 1000
SEED = 20211


def clustered_shares(
    cell: NDArray[np.integer],
    person: NDArray[np.integer],
    weight: NDArray[np.floating] | None = None,
    group: NDArray[np.integer] | None = None,
    cells: int | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """The share of each cell in the whole of its group, with an interval in which persons are the clusters.

    Parameters
    ----------
    cell : of each unit (a journey, a leg), the number of what is counted, from 0.
    person : of each unit, the number of the person.
    weight : of each unit; None: 1.
    group : of each unit, the number of the whole that shares are of, from 0; None: one whole.
    cells : how many cells there are, where some may be empty.
    confidence : level of the interval.

    Returns
    -------
    DataFrame, one row a group and cell, groups first: group, cell, persons (distinct), units (number), count (weights),
    n (distinct persons of the group), share, low, high (0 to 1; missing where the group is empty).

    Notes
    -----
    The share is a ratio of sums over persons, its variance that of a ratio estimator linearised (Taylor), with persons
    as clusters. The interval is Wilson's, with the number of independent units that would give this variance, less
    what few clusters make uncertain (Korn and Graubard 1998), and never more units than there are, of which those of
    one person in one cell are one: where each person has one unit, it is Wilson's own, and repeated units make nothing
    surer. A cell that nobody is in has an upper limit above 0.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.
    Korn, E. L., & Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of positive
    counts estimated from survey data. Survey Methodology 24, 193-201.
    """
    units = len(cell)
    weight = np.ones(units) if weight is None else np.asarray(weight, float)
    group = np.zeros(units, np.int64) if group is None else np.asarray(group, np.int64)
    width = int(cell.max(initial=-1)) + 1 if cells is None else cells
    groups = int(group.max(initial=0)) + 1
    key = group * width + cell if groups > 1 else cell
    shape = (int(person.max(initial=-1)) + 1, groups * width)
    y = _summed(person, key, weight, shape)
    of_person = np.repeat(np.arange(shape[0]), np.diff(y.indptr))
    # x: the units of a person in a group; and that of the same person and group as each y.
    if groups > 1:
        x = _summed(person, group, weight, (shape[0], groups))
        x_there = np.asarray(x[of_person, y.indices // width]).ravel()
        squares, n = np.bincount(x.indices, x.data**2, minlength=groups), np.bincount(x.indices, minlength=groups)
    else:
        every = np.bincount(person, weight, minlength=shape[0])
        x_there = every[of_person]
        squares, n = np.array([(every**2).sum()]), np.array([np.count_nonzero(np.diff(y.indptr))])

    def by_cell(values: NDArray) -> NDArray:
        return np.bincount(y.indices, values, minlength=shape[1])

    total = np.bincount(group, weight, minlength=groups)
    # A person's second unit in the same cell tells nothing new.
    different = np.minimum(total, np.bincount(y.indices // width, minlength=groups))
    which = np.repeat(np.arange(groups), width)
    count, in_cell = by_cell(y.data), np.bincount(key, minlength=shape[1])
    everybody = in_cell == np.bincount(group, minlength=groups)[which]
    with np.errstate(divide="ignore", invalid="ignore"):
        # Weights that are fractions add up to a little less, or more, than the whole that they are.
        share = np.where(everybody, count / count, np.minimum(count / total[which], 1))
        # Sums of squares, and not their differences, so that a variance of 0 does not come out below it.
        inside = by_cell((y.data - share[y.indices] * x_there) ** 2)
        outside = share**2 * np.maximum(squares[which] - by_cell(x_there**2), 0)
        effective = share * (1 - share) / ((inside + outside) / total[which] ** 2)
    # Nobody, or everybody, is in the cell: the persons are what there is to go by.
    some = (in_cell > 0) & ~everybody
    effective = np.where(some, np.fmin(effective, different[which]), n[which])
    effective *= _few_clusters(different, n, confidence)[which]
    # One person's units vary as little as they may: they are one.
    effective = np.where(n[which] > 1, effective, np.minimum(n[which], 1))
    low, high = intervals.wilson(share * effective, share * effective, effective, confidence)
    return pd.DataFrame(
        {
            "group": which,
            "cell": np.tile(np.arange(width), groups),
            "persons": np.bincount(y.indices, minlength=shape[1]),
            "units": in_cell,
            "count": count,
            "n": n[which],
            "share": share,
            "low": low,
            "high": high,
        }
    )


def _few_clusters(total: NDArray, n: NDArray, confidence: float) -> NDArray[np.float64]:
    """By how much a variance from `n` clusters is worth less than one from `total` single units: 1 if these are one."""
    tail = (1 + confidence) / 2
    units, clusters = (special.stdtrit(np.maximum(count - 1, 1), tail) for count in (np.maximum(total, n), n))
    return (units / clusters) ** 2


def one_each(person: NDArray[np.integer], group: NDArray[np.integer] | None = None) -> NDArray[np.float64]:
    """Weights of units with which each person, in each group, counts for one."""
    key = person if group is None else person + group * (int(person.max(initial=0)) + 1)
    code, _ = pd.factorize(key)
    return 1 / np.bincount(code)[code] if len(code) else np.zeros(0)


def drawn_again(
    cell: NDArray[np.integer],
    person: NDArray[np.integer],
    measure: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    weight: NDArray[np.floating] | None = None,
    cells: int | None = None,
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> NDArray[np.float64]:
    """A measure of the counts of cells, in samples of persons drawn with replacement.

    Parameters
    ----------
    cell, person, weight, cells : as for ``clustered_shares``.
    measure : counts, one row a sample and one column a cell -> values, one row a sample.
    replicates, seed : number of samples, and of the random generator that draws them.

    Returns
    -------
    What `measure` returns. Where there are more than ``GROUPS`` persons, they are put into groups of one size at
    random, as many as ``GROUPS`` or a few less, and groups are drawn: the variance of a sum over persons is the same
    (random groups: Wolter 2007).

    References
    ----------
    Wolter, K. M. (2007). Introduction to Variance Estimation, 2nd ed., chapter 2. Springer.
    """
    rng = np.random.default_rng(seed)
    persons = int(person.max(initial=-1)) + 1
    if persons > GROUPS:
        # Groups of one size, or sums would also vary by how many persons they are of.
        size = -(-persons // GROUPS)
        number = -(-persons // size)
        person, persons = (rng.permutation(persons) % number)[person], number
    width = int(cell.max(initial=-1)) + 1 if cells is None else cells
    weight = np.ones(len(cell)) if weight is None else np.asarray(weight, float)
    table = _summed(person, cell, weight, (persons, width))
    times = rng.multinomial(persons, np.full(persons, 1 / persons), size=replicates) if persons else np.zeros((0, 0))
    if width <= 4096:
        return measure(np.asarray(times @ table))
    # In parts, so that a million corridors do not need a table of a thousand samples each at once.
    step = max(1, 4_000_000 // width)
    return np.concatenate([measure(np.asarray(times[at : at + step] @ table)) for at in range(0, replicates, step)])


def _summed(
    row: NDArray[np.integer], column: NDArray[np.integer], weight: NDArray[np.floating], shape: tuple[int, int]
) -> sparse.csr_array:
    """Weights added up by row and column."""
    table = sparse.coo_array((weight, (row, column)), shape=shape).tocsr()
    table.sum_duplicates()
    return table


def persons_of(cell: NDArray[np.integer], person: NDArray[np.integer], cells: int | None = None) -> NDArray[np.int64]:
    """The number of distinct persons in each cell; of each unit, `cell` and `person` are numbers from 0."""
    width = int(cell.max(initial=-1)) + 1 if cells is None else cells
    table = _summed(person, cell, np.ones(len(cell), np.int8), (int(person.max(initial=-1)) + 1, width))
    return np.bincount(table.indices, minlength=width)
