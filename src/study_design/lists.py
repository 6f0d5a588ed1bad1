"""Administrative lists as a design: how many persons several lists would say there are, and how surely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bounded.refusal import Refusal
from capture_recapture.loglinear import superset_sums
from capture_recapture.selection import stepwise_paths
from study_design.designs import Costs, Draws, Floats
from study_design.population import Population

# Resamples of each simulated study, in each of which the model is selected again.
RESAMPLES = 60
THRESHOLD = 0.02


@dataclass(frozen=True)
class AdministrativeLists:
    """Multiple systems estimation from administrative lists.

    Parameters
    ----------
    number : how many lists there are, from 3; the first of the population's, and for further ones the mean coverage.
    missed_links : share of persons on several lists one of whose records is not linked to the others.
    name : of the design; "3 administrative lists" if not given.

    References
    ----------
    Chan, L., Silverman, B. W. and Vincent, K. (2021). Multiple systems estimation for sparse capture data. JASA 116,
        1297-1306.
    """

    number: int = 3
    missed_links: float = 0.0
    name: str = ""
    concerns: ClassVar[tuple[str, ...]] = ("lists depend on each other", "a hidden class")

    def __post_init__(self) -> None:
        if self.number < 3:
            raise Refusal("too_few_lists", f"{self.number} lists do not show whether they depend: a plan needs three.")
        if not self.name:
            object.__setattr__(self, "name", f"{self.number} administrative lists")

    def coverage(self, population: Population) -> Floats:
        """Return the share of those in the condition that each list has, (number,)."""
        there = population.lists["coverage"].to_numpy(dtype=float)
        return np.append(there, np.full(self.number, there.mean()))[: self.number]

    def sample_for(self, population: Population, budget: float, costs: Costs) -> int:
        """Return records that are coded and linked; no more than the lists have; 0: not even the lists are had."""
        records = population.truth * (1 - population.hidden) * self.coverage(population).sum()
        left = budget - self.number * costs["list_fixed"]
        return int(min(records, left / costs["list_record"])) if left > 0 else 0

    def cost(self, population: Population, sample: int, costs: Costs) -> float:
        """Return the cost of the lists, and of so many records."""
        return self.number * costs["list_fixed"] + sample * costs["list_record"]

    def draws(
        self, population: Population, sample: int, replicates: int, rng: np.random.Generator, confidence: float
    ) -> Draws:
        """Return what so many sets of lists estimate: stepwise models, percentile limits with selection repeated."""
        covered = self.coverage(population)
        records = population.truth * (1 - population.hidden) * covered.sum()
        cells = cell_shares(covered * min(sample / records, 1.0), population.dependence)
        reached = round(population.truth * (1 - population.hidden))
        counts = rng.multinomial(reached, cells, replicates).T.astype(float)
        counts[0] = 0
        counts = _unlinked(counts, self.missed_links, rng)
        return estimated(counts, rng, confidence)

    def told_from_zero(self, population: Population, sample: int) -> float:
        """Return NaN: the design begins with persons in the condition."""
        return float("nan")


def estimated(counts: Floats, rng: np.random.Generator, confidence: float, threshold: float = THRESHOLD) -> Draws:
    """Return estimates from many tables of capture histories.

    Parameters
    ----------
    counts : (2**lists, tables) persons by pattern; bit j of a pattern is list j.
    threshold : p-value of the stepwise selection, as in `capture_recapture.multiple_systems`.

    Returns
    -------
    The estimates of `multiple_systems`; percentile limits of `RESAMPLES` resamples a table, in which the model is
    selected again. Refused where no model can be fitted, or where nobody is on two lists.
    """
    cells, tables = counts.shape
    seen = counts.sum(axis=0)
    (path,) = stepwise_paths(counts, [threshold])
    overlap = superset_sums(counts.copy())
    several = np.array([bin(cell).count("1") == 2 for cell in range(cells)])
    some = overlap[several].sum(axis=0) > 0
    estimate = np.where(some, seen + path.hidden, np.nan)
    chance = np.divide(counts, seen, out=np.zeros_like(counts), where=seen > 0).T
    chance[seen == 0, 1] = 1.0
    drawn = rng.multinomial(np.broadcast_to(seen.astype(int), (RESAMPLES, tables)), chance)
    flat = np.ascontiguousarray(drawn.reshape(-1, cells).T, dtype=float)
    (again,) = stepwise_paths(flat, [threshold])
    totals = np.where(np.isfinite(again.hidden), flat.sum(axis=0) + again.hidden, np.inf).reshape(RESAMPLES, tables)
    tails = (1 - confidence) / 2
    low = np.quantile(totals, tails, axis=0, method="inverted_cdf")
    high = np.quantile(totals, 1 - tails, axis=0, method="inverted_cdf")
    known = np.isfinite(estimate)
    return Draws(estimate, np.where(known, low, np.nan), np.where(known, high, np.nan))


def cell_shares(coverage: Floats, dependence: float) -> Floats:
    """Return the share of persons with each pattern of lists.

    Parameters
    ----------
    coverage : (lists,) share of persons on each list, between 0 and 1.
    dependence : odds ratio of any two lists, given the others.

    Returns
    -------
    (2**lists,) shares that add up to 1, with these margins and odds ratios: by iterative proportional fitting (Deming
    and Stephan, 1940) from a table of the odds ratios.
    """
    lists = len(coverage)
    bits = np.array([[cell >> place & 1 for place in range(lists)] for cell in range(2**lists)], dtype=float)
    on = bits.sum(axis=1)
    table = dependence ** (on * (on - 1) / 2)
    table /= table.sum()
    for _ in range(500):
        for place in range(lists):
            inside = bits[:, place] > 0
            share = table[inside].sum()
            table[inside] *= coverage[place] / share
            table[~inside] *= (1 - coverage[place]) / (1 - share)
    return table / table.sum()


def _unlinked(counts: Floats, missed: float, rng: np.random.Generator) -> Floats:
    """Take one list out of some persons' patterns, as a record of its own."""
    if not missed:
        return counts
    found = counts.copy()
    for cell in range(1, len(counts)):
        bits = [place for place in range(len(counts).bit_length() - 1) if cell >> place & 1]
        if len(bits) < 2:
            continue
        lost = rng.binomial(counts[cell].astype(int), missed)
        each = rng.multinomial(lost, np.full(len(bits), 1 / len(bits)))
        found[cell] -= lost
        for place, bit in enumerate(bits):
            found[cell ^ (1 << bit)] += each[:, place]
            found[1 << bit] += each[:, place]
    return found


Ints = NDArray[np.int64]
