"""Administrative lists that are linked: Chapman's estimate from two, multiple systems estimation from three or more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy import special

from bounded.refusal import Refusal, require_choice
from capture_recapture import NotIdentifiable, chao_lower_bound
from capture_recapture.loglinear import closure, fit, pairs, superset_sums, without
from capture_recapture.selection import stepwise_paths
from study_design.design import NOTHING, Design, Estimates, Expected
from study_design.population import MOST_COVERAGE, Floats, Population, list_probabilities

MODELS = ("stepwise", "independence", "chao")
LIMITS = ("lognormal", "wald")


@dataclass(frozen=True)
class AdministrativeLists(Design):
    """Records of lists, coded and linked. The sample is records; a budget below all of them thins every list alike.

    Parameters
    ----------
    name, allowance : as of every design.
    lists : names of the lists; left out: all of the population.
    model : of three lists or more: ``stepwise`` or ``independence`` (`capture_recapture.multiple_systems`, with
        limits as if the model had been known), or ``chao`` (`chao_lower_bound`). Two are for `chapman`.
    missed_links : share of the further records of a person that are not linked, and count as another person.
    limits : of three lists or more: ``lognormal`` counts that the persons observed are chance too (Burnham and others
        1987), ``wald`` are the narrower ones of `multiple_systems`.

    References
    ----------
    Chan, L., Silverman, B. W. and Vincent, K. (2021). Multiple systems estimation for sparse capture data. JASA 116,
        1297-1306.
    """

    name: str = "administrative lists"
    lists: tuple[str, ...] | None = None
    model: str = "stepwise"
    missed_links: float = 0.0
    limits: str = "lognormal"

    _READS: ClassVar[tuple[str, ...]] = ("groups", "lists", "dependence", "hidden")

    def __post_init__(self) -> None:
        super().__post_init__()
        require_choice("model", self.model, MODELS)
        require_choice("limits", self.limits, LIMITS)
        if not 0 <= self.missed_links < 1:
            raise Refusal("out_of_range", f"`missed_links` is a share below 1; it is {self.missed_links}.")

    def coverage(self, population: Population) -> Floats:
        """Return (lists,) the share of those in the condition whom each list of the design has."""
        known = population.lists.set_index("list")["coverage"].astype(float)
        absent = [name for name in self.lists or () if name not in known.index]
        if absent:
            raise Refusal("unknown_list", f"The population has no list '{absent[0]}'; it has {', '.join(known.index)}.")
        return known.loc[list(self.lists or known.index)].to_numpy()

    def items(self, sample: int, population: Population) -> dict[str, float]:
        """Return an agreement for each list, and a record coded for each of the sample."""
        return {"list_agreement": len(self.coverage(population)), "record_coded": sample}

    def most_sample(self, population: Population) -> float:
        """Return all records of all lists."""
        return float(self.coverage(population).sum() * population.truth)

    def reached(self, population: Population, sample: int) -> tuple[int, Floats]:
        """Return the persons whom a list can have, and (lists,) the share of them whose record is in the sample."""
        coverage = self.coverage(population)
        coded = min(1.0, sample / self.most_sample(population))
        reachable = round(population.truth * (1 - population.hidden))
        return reachable, np.clip(coverage * coded / (1 - population.hidden), 1e-12, MOST_COVERAGE)

    def _estimates(
        self, population: Population, sample: int, replicates: int, rng: np.random.Generator, confidence: float
    ) -> Estimates:
        reachable, coverage = self.reached(population, sample)
        if coverage.size < 2:
            return Estimates(*np.full((3, replicates), np.nan))
        chances = list_probabilities(coverage, population.dependence)
        counts = rng.multinomial(reachable, chances, size=replicates).T
        counts[0] = 0
        if self.missed_links:
            counts = _unlinked(counts, self.missed_links, rng)
        return many_lists(counts.astype(float), self.model, confidence, self.limits)

    def expected(self, population: Population, sample: int) -> Expected:
        """Return what lists that are independent would see, by Darroch's variance; cases are persons on two or more."""
        reachable, coverage = self.reached(population, sample)
        if coverage.size < 2:
            return NOTHING
        alone = coverage / (1 - coverage)
        several = 1 - np.prod(1 - coverage) * (1 + alone.sum())
        return Expected(darroch_variance(reachable, coverage) / reachable**2, reachable * several, 0.0, 1.0)


def darroch_variance(persons: float, coverage: Floats) -> float:
    """Return the variance of the number of persons, estimated from independent lists.

    Parameters
    ----------
    persons : in all.
    coverage : (lists,) share of them whom each list has.

    Returns
    -------
    Of large populations; with two lists, persons (1 - a) (1 - b) / (a b).

    References
    ----------
    Darroch, J. N. (1958). The multiple-recapture census I: estimation of a closed population. Biometrika 45, 343-359.
    """
    missed = 1 - np.asarray(coverage, dtype=float)
    known = float(1 / missed.prod() + missed.size - 1 - (1 / missed).sum())
    return persons / known if known > 0 else float("inf")


def many_lists(
    counts: Floats, model: str = "stepwise", confidence: float = 0.95, limits: str = "lognormal"
) -> Estimates:
    """Return estimates from many tables of lists at a time: the same as of one table at a time.

    Parameters
    ----------
    counts : (2**lists, tables) persons by pattern; place 0 is not looked at.
    model : as of `AdministrativeLists`.
    confidence : level of the limits.
    limits : as of `AdministrativeLists`.

    Returns
    -------
    Estimates in persons: `capture_recapture.chapman` for two lists; else the estimate of `multiple_systems`, or
    `chao_lower_bound`.

    References
    ----------
    Chapman, D. G. (1951). Some properties of the hypergeometric distribution with applications to zoological sample
        censuses. University of California Publications in Statistics 1, 131-160.
    Burnham, K. P., Anderson, D. R., White, G. C., Brownie, C. and Pollock, K. H. (1987). Design and Analysis Methods
        for Fish Survival Experiments Based on Release-Recapture. American Fisheries Society Monograph 5.
    Sadinle, M. (2009). Transformed logit confidence intervals for small populations in single capture-recapture
        estimation. Communications in Statistics: Simulation and Computation 38, 1909-1924.
    """
    lists = len(counts).bit_length() - 1
    seen, z = counts[1:].sum(axis=0), float(special.ndtri((1 + confidence) / 2))
    if lists == 2:
        return _chapman(counts, seen, z)
    if model == "chao":
        return _chao(counts, confidence)
    shared = superset_sums(counts.copy())[pairs(lists)].max(axis=0) > 0
    hidden, error = np.full((2, counts.shape[1]), np.nan)
    used = np.flatnonzero(shared)
    (path,) = stepwise_paths(counts[:, used], [0.02 if model == "stepwise" else 0.0])
    # Tables at which one model arrived are fitted together.
    for chosen in np.unique(path.rank > 0, axis=1).T:
        lanes = used[((path.rank > 0) == chosen[:, None]).all(axis=0) & np.isfinite(path.hidden)]
        terms = np.append(closure([], lists), pairs(lists)[chosen])
        empty = superset_sums(counts[:, lanes].copy())[terms] == 0
        for never in np.unique(empty, axis=1).T:
            own = lanes[(empty == never[:, None]).all(axis=0)]
            if never[0] or not own.size:
                continue
            possible = without(len(counts), terms[never])[:, None]
            fitted = fit(counts[:, own], terms[~never][:, None], possible)
            hidden[own] = fitted.hidden
            error[own] = np.where(fitted.converged, fitted.standard_error[0], np.nan)
    with np.errstate(over="ignore", invalid="ignore"):
        spread = z * (error if limits == "wald" else np.sqrt(np.log1p(1 / hidden + error**2)))
        return Estimates(seen + hidden, seen + hidden * np.exp(-spread), seen + hidden * np.exp(spread))


def _chapman(counts: Floats, seen: Floats, z: float) -> Estimates:
    """`capture_recapture.chapman` of many tables."""
    _, first, second, both = counts
    estimate = (first + both + 1) * (second + both + 1) / (both + 1) - 1
    x, y, overlap = first + 0.5, second + 0.5, both + 0.5
    unseen = x * y / overlap
    spread = np.exp(z * np.sqrt(1 / overlap + 1 / x + 1 / y + 1 / np.maximum(unseen, 0.5)))
    low = np.minimum(np.maximum(seen - 0.5 + unseen / spread, seen), estimate)
    high = np.maximum(seen - 0.5 + unseen * spread, estimate)
    return Estimates(estimate, low, high).kept(both > 0)


def _chao(counts: Floats, confidence: float) -> Estimates:
    places = np.arange(len(counts))
    lists = len(counts).bit_length() - 1
    patterns = pd.DataFrame({f"list {bit}": places >> bit & 1 for bit in range(lists)})[1:]
    found = np.full((3, counts.shape[1]), np.nan)
    for number, table in enumerate(counts.T):
        try:
            bound = chao_lower_bound(patterns.assign(count=table[1:]), confidence=confidence)
        except NotIdentifiable:
            continue
        found[:, number] = bound.estimate, bound.low, bound.high
    return Estimates(*found)


def _unlinked(counts: np.ndarray, missed: float, rng: np.random.Generator) -> np.ndarray:
    """Tables in which further records of a person stand as persons of their own, with the chance `missed` each."""
    found = np.zeros_like(counts)
    for place in range(1, len(counts)):
        left = {place: counts[place]}
        # The first record stays; each further one leaves the pattern, or does not.
        for bit in [bit for bit in range(len(counts).bit_length() - 1) if place >> bit & 1][1:]:
            after: dict[int, np.ndarray] = {}
            for pattern, persons in left.items():
                gone = rng.binomial(persons, missed)
                found[1 << bit] += gone
                for to, number in ((pattern, persons - gone), (pattern & ~(1 << bit), gone)):
                    after[to] = after.get(to, 0) + number
            left = after
        for pattern, persons in left.items():
            found[pattern] += persons
    return found
