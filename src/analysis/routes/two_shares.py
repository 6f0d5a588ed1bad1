"""Shares of the same categories in two periods: their differences and what chance allows, with persons as clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse, special


@dataclass(frozen=True, eq=False)
class TwoPeriods:
    """What persons did in two periods: weights by person (row) and category (column), and their sums.

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
        """Whether each person has one unit, so that counts of persons are all there is."""
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
        table = sparse.coo_array((weight[chosen], (row[chosen], cell[chosen])), shape=shape).tocsr()
        table.sum_duplicates()
        tables.append(table)
        wholes.append(np.bincount(row[chosen], weight[chosen], minlength=len(found)).astype(float))
    return TwoPeriods(tables[0], tables[1], wholes[0], wholes[1], len(cell))


def correlations(two: TwoPeriods) -> NDArray[np.float64]:
    """Of each category, the correlation of its shares in the two periods, which comes of persons who are in both."""
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
    """By how much the difference of shares varies more than if each whole unit of weight were of another person.

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
