"""Shares with the person as the unit, in one period and between two, and the divergence of periods.

Shares with the person as the unit: their intervals, and random groups of persons to draw again.

Journeys of one person, and legs of one journey, are not independent: whoever has many does not make a share surer.

Shares of the same categories in two periods: their differences and what chance allows, with persons as clusters.

How far the shares of two periods are apart in all, and how far chance alone would set them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse, special

from bounded import intervals

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
    n (distinct persons of the group), share, share_low, share_high (0 to 1; missing where the group is empty).

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
            "share_low": low,
            "share_high": high,
        }
    )


def _few_clusters(total: NDArray, n: NDArray, confidence: float) -> NDArray[np.float64]:
    """The factor by which a variance from `n` clusters is worth less than one from `total` single units: 1 if equal."""
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


@dataclass(frozen=True, eq=False)
class TwoPeriods:
    """Categories of persons in two periods: weights by person (row) and category (column), and their sums.

    Parameters
    ----------
    before, after : shape (persons, categories).
    whole_before, whole_after : sum of each person; 0 where the person is not in the period.
    units : number of weights; as many as persons where each person has one journey in both periods together.
    """

    before: sparse.csr_array
    after: sparse.csr_array
    whole_before: NDArray[np.float64]
    whole_after: NDArray[np.float64]
    units: int

    @property
    def in_both(self) -> NDArray[np.bool_]:
        return (self.whole_before > 0) & (self.whole_after > 0)

    @property
    def single(self) -> bool:
        """Return whether each person has one unit, so that counts of persons are all there is."""
        return self.units == len(self.whole_before)


def two_periods(
    cell: NDArray[np.integer],
    person: NDArray[np.integer],
    weight: NDArray[np.floating],
    after: NDArray[np.bool_],
    cells: int,
) -> TwoPeriods:
    """Units (journeys, legs) of two periods by person; a person who is in both is one row."""
    row, found = pd.factorize(person)
    shape = (len(found), cells)
    tables, wholes = [], []
    for chosen in (~after, after):
        tables.append(_summed(row[chosen], cell[chosen], weight[chosen], shape))
        wholes.append(np.bincount(row[chosen], weight[chosen], minlength=len(found)).astype(float))
    return TwoPeriods(tables[0], tables[1], wholes[0], wholes[1], len(cell))


def correlations(two: TwoPeriods) -> NDArray[np.float64]:
    """Correlation of the shares of each category in the two periods, which comes of persons who are in both."""
    both = two.in_both
    if not both.any():
        return np.zeros(two.before.shape[1])
    parts = ((two.before, two.whole_before), (two.after, two.whole_after))
    share = [total_of(table) / whole.sum() for table, whole in parts]
    # Residuals are y - share * x: sums of their products are sums of products of y and x.
    variance = [
        total_of(table * table) - 2 * p * (table.T @ whole) + p**2 * (whole @ whole)
        for (table, whole), p in zip(parts, share, strict=True)
    ]
    (y, x), (v, u) = ((table[both], whole[both]) for table, whole in parts)
    together = total_of(y * v) - share[1] * (y.T @ u) - share[0] * (v.T @ x) + share[0] * share[1] * (x @ u)
    scale = np.sqrt(np.maximum(variance[0], 0) * np.maximum(variance[1], 0))
    return np.clip(np.divide(together, scale, out=np.zeros_like(scale), where=scale > 1e-12), -1, 1)


def difference_limits(
    before: NDArray[np.float64], after: NDArray[np.float64], correlation: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Limits of the difference of two shares, after less before, from the limits of each.

    Parameters
    ----------
    before, after : rows share, low, high; shape (3, categories).
    correlation : of the two shares; 0 where nobody is in both periods.

    References
    ----------
    Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions: comparison of eleven
    methods. Statistics in Medicine 17, 873-890 (method 10); and, with the correlation of paired shares, Improved
    confidence intervals for the difference between binomial proportions based on paired data. The same, 2635-2650.
    """
    down = [share - low for share, low, _ in (before, after)]
    up = [high - share for share, _, high in (before, after)]
    difference = after[0] - before[0]

    def distance(one: NDArray, other: NDArray) -> NDArray:
        return np.sqrt(np.maximum(one**2 - 2 * correlation * one * other + other**2, 0))

    return difference - distance(down[1], up[0]), difference + distance(up[1], down[0])


def design_effects(two: TwoPeriods) -> NDArray[np.float64]:
    """Return how much more the difference of shares varies than if each whole unit of weight were of another person.

    The variance is that of a difference of ratio estimators, linearised, with persons as clusters and one share in both
    periods. Where each person has one unit, or the same one several times, what is left are persons; the effect is
    never so small that there would be more independent units than there are journeys or legs.
    """
    if two.single:
        return np.ones(two.before.shape[1])
    wholes = two.whole_before.sum(), two.whole_after.sum()
    sums = total_of(two.before), total_of(two.after)
    share = (sums[0] + sums[1]) / sum(wholes)
    change = two.after / wholes[1] - two.before / wholes[0]
    weight = two.whole_after / wholes[1] - two.whole_before / wholes[0]
    clustered = total_of(change * change) - 2 * share * (change.T @ weight) + share**2 * (weight @ weight)
    alone = sum(
        (count * (1 - 2 * share) + share**2 * whole) / whole**2 for count, whole in zip(sums, wholes, strict=True)
    )
    effect = np.divide(clustered, alone, out=np.ones_like(share), where=alone > 1e-15)
    return np.maximum(effect, min(sum(wholes) / two.units, 1.0))


def exact_p(two: TwoPeriods) -> NDArray[np.float64]:
    """Two-sided p of each category by Fisher's exact test, twice the tail on the side of the change.

    It is made with effective numbers of persons: counts and totals are divided by the design effect (Rao and Scott
    1992), and tails are interpolated between whole numbers. Where each person has one unit, the counts are those of
    persons, and the test is Fisher's own.

    References
    ----------
    Fisher, R. A. (1935). The logic of inductive inference. Journal of the Royal Statistical Society 98, 39-82.
    Rao, J. N. K., & Scott, A. J. (1992). A simple method for the analysis of clustered binary data. Biometrics 48,
    577-585.
    """
    from scipy.stats import hypergeom

    effect = design_effects(two)
    n = [np.maximum(np.round(whole.sum() / effect), 1) for whole in (two.whole_before, two.whole_after)]
    count = [total_of(table) / effect for table in (two.before, two.after)]
    total = np.minimum(np.round(count[0] + count[1]), n[0] + n[1])
    rises = count[1] * n[0] >= count[0] * n[1]
    drawn = np.where(rises, n[1], n[0])
    # Rounding must not take from a whole number what it is.
    most = np.minimum(np.round(np.where(rises, count[1], count[0]), 9), np.minimum(total, drawn))
    whole = np.floor(most)
    tail = hypergeom.sf(whole - 1, n[0] + n[1], total, drawn)
    # Of thousands, a part of a person changes nothing.
    between = np.flatnonzero((most > whole) & (total < 1000))
    further = hypergeom.sf(whole[between], (n[0] + n[1])[between], total[between], drawn[between])
    part = (most - whole)[between]
    tail[between] = tail[between] ** (1 - part) * further**part
    return np.clip(2 * tail, 0, 1)


def smallest_p(two: TwoPeriods) -> NDArray[np.float64]:
    """The smallest p that each category could have, were all its persons in one period as far as they may be."""
    first, second = (int((whole > 0).sum()) for whole in (two.whole_before, two.whole_after))
    persons = np.minimum(persons_of_either(two), first + second)
    ends = [
        _log_choose(second, later) + _log_choose(first, persons - later) - _log_choose(first + second, persons)
        for later in (np.maximum(persons - first, 0), np.minimum(persons, second))
    ]
    return np.minimum(2 * np.exp(np.minimum(*ends)), 1)


def _log_choose(of: int, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    return special.gammaln(of + 1) - special.gammaln(chosen + 1) - special.gammaln(of - chosen + 1)


def persons_of_either(two: TwoPeriods) -> NDArray[np.int64]:
    """Distinct persons of each category in both periods together."""
    return np.bincount((two.before + two.after).indices, minlength=two.before.shape[1])


def total_of(table: sparse.csr_array) -> NDArray[np.float64]:
    """Sums of all persons, one a category."""
    return np.asarray(table.sum(axis=0)).ravel()


# A period that is divided into fewer groups than this does not show how persons differ.
_FEWEST_GROUPS = 50


def divergence(two: TwoPeriods, replicates: int, seed: int, confidence: float = 0.95) -> dict[str, float]:
    """The divergence of two periods, what chance alone makes of it, and its limits.

    Returns
    -------
    jensen_shannon (of the shares as seen), by_chance (mean after persons' periods have been exchanged), beyond_chance
    (the one less the other, not below 0), low, high (persons drawn again; missing if samples do not vary),
    p_value (one-sided).

    Notes
    -----
    The divergence of samples is above 0 by chance alone. Of persons drawn again it is so twice over, so that only the
    spread of these is used, around what is left without chance.
    """
    seen = float(jensen_shannon(*(np.asarray(table.sum(axis=0))[None] for table in (two.before, two.after)))[0])
    by_chance = np.concatenate([jensen_shannon(*counts) for counts in exchanged(two, replicates, seed)])
    cells = two.before.shape[1]
    parts = [table.tocoo() for table in (two.before, two.after)]
    drawn = drawn_again(
        np.concatenate([parts[0].col, parts[1].col + cells]),
        np.concatenate([parts[0].row, parts[1].row]),
        lambda counts: jensen_shannon(counts[:, :cells], counts[:, cells:]),
        np.concatenate([parts[0].data, parts[1].data]),
        2 * cells,
        replicates,
        seed,
    )
    n = min(int((whole > 0).sum()) for whole in (two.whole_before, two.whole_after))
    # Where all samples are the same, as where nobody shares a route with the other period, they tell of no limits.
    error = np.nanstd(drawn) * np.sqrt(n / (n - 1))
    spread = special.stdtrit(n - 1, (1 + confidence) / 2) * error if error > 1e-9 else np.nan
    beyond = seen - float(by_chance.mean())
    return {
        "jensen_shannon": seen,
        "by_chance": float(by_chance.mean()),
        "beyond_chance": max(beyond, 0.0),
        "low": float(np.clip(beyond - spread, 0, 1)),
        "high": float(np.clip(beyond + spread, 0, 1)),
        "p_value": (1 + int((by_chance >= seen - 1e-12).sum())) / (replicates + 1),
    }


def jensen_shannon(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divergence of Jensen and Shannon to base 2 of each row of counts: 0 where shares are the same, 1 where none meet.

    References
    ----------
    Lin, J. (1991). Divergence measures based on the Shannon entropy. IEEE Transactions on Information Theory 37,
    145-151.
    """
    with np.errstate(invalid="ignore"):
        p, q = (counts / counts.sum(axis=1, keepdims=True) for counts in (before, after))
    between = (p + q) / 2
    inside = special.xlogy(p, p).sum(axis=1) + special.xlogy(q, q).sum(axis=1)
    return np.clip((inside / 2 - special.xlogy(between, between).sum(axis=1)) / np.log(2), 0, 1)


def exchanged(two: TwoPeriods, replicates: int, seed: int) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Counts of both periods after persons' labels of period have been exchanged at random.

    Persons of one period only are dealt out anew to both; for those in both, the two periods change places or not.
    Of many persons, groups of one size are dealt out, put together at random within their period.

    Yields
    ------
    Counts before and after, one row a replicate and one column a category, in parts.
    """
    rng = np.random.default_rng(seed)
    both = two.in_both
    first, second = (~both & (whole > 0) for whole in (two.whole_before, two.whole_after))
    smallest = max(1, min(int(chosen.sum()) for chosen in (first, second)) // _FEWEST_GROUPS)
    size = min(-(-len(both) // GROUPS), smallest)
    one, other, pairs = (_groups(chosen, size, rng) for chosen in (first, second, both))
    # One row a group: what is in the later period when its label is 1; of pairs, what the earlier one has besides.
    dealt = [one @ two.before, other @ two.after]
    moving = sparse.vstack([*dealt, pairs @ (two.after - two.before)]).tocsr()
    fixed = total_of(pairs @ two.before)
    later = other.shape[0]
    groups = one.shape[0] + later
    all_of_it = total_of(two.before) + total_of(two.after)
    width = moving.shape[1]
    # Full tables are faster to multiply than sparse ones unless hardly anything is in them.
    if moving.nnz > 0.02 * moving.shape[0] * width and moving.shape[0] * width < 30_000_000:
        moving = moving.toarray()
    step = max(1, 4_000_000 // max(width, moving.shape[0], 1))
    for begin in range(0, replicates, step):
        rows = min(step, replicates - begin)
        labels = np.zeros((rows, moving.shape[0]))
        if later:
            order = np.argpartition(rng.random((rows, groups)), later - 1, axis=1)[:, :later]
            np.put_along_axis(labels, order, 1.0, axis=1)
        labels[:, groups:] = rng.integers(0, 2, (rows, moving.shape[0] - groups))
        # Weights are fractions: what is left of none must not be less than none.
        after = np.maximum(np.asarray(labels @ moving) + fixed, 0)
        yield np.maximum(all_of_it - after, 0), after


def _groups(chosen: NDArray[np.bool_], size: int, rng: np.random.Generator) -> sparse.csr_array:
    """Membership of persons in groups, as ones: rows are groups of `size` of the chosen persons."""
    rows = np.flatnonzero(chosen)
    number = -(-len(rows) // size)
    group = rng.permutation(len(rows)) % max(number, 1)
    return sparse.coo_array((np.ones(len(rows)), (group, rows)), shape=(number, len(chosen))).tocsr()
