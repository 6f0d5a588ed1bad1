"""A household survey in stages: direct estimates, or small areas by the model of Fay and Herriot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy import special

from bounded.refusal import Refusal, require_choice
from study_design.design import NOTHING, Design, Estimates, Expected, clustered_variance, exact_ends
from study_design.population import Floats, Population
from survey_stats import proportion_limits

ESTIMATORS = ("direct", "fay_herriot")
# Of Fay and Herriot's model with a mean alone: `survey_stats.fay_herriot` refuses fewer areas.
FEWEST_AREAS = 6
_HALVINGS = 100


@dataclass(frozen=True)
class HouseholdSurvey(Design):
    """Clusters drawn in each place, households in each cluster, all of whose members are asked about.

    The sample is households. Places that are not surveyed are taken to be like the others: by their common share in the
    direct estimate, by the mean of the model in that of small areas.

    Parameters
    ----------
    name, allowance : as of every design.
    places : surveyed; left out: all.
    households : interviewed in each cluster.
    estimator : ``direct`` (`survey_stats.SurveyDesign.proportion`) or ``fay_herriot`` (`survey_stats.fay_herriot` with
        the variance by moments and pooled errors).
    limits : of the direct estimate, as for `survey_stats.proportion_limits`.

    References
    ----------
    Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of positive
        counts estimated from survey data. Survey Methodology 24, 193-201.
    """

    name: str = "household survey"
    places: tuple[str, ...] | None = None
    households: int = 20
    estimator: str = "direct"
    limits: str = "kish"

    _READS: ClassVar[tuple[str, ...]] = (
        *("groups", "in_households", "household_size", "cluster_correlation", "admits", "false_positive"),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        require_choice("estimator", self.estimator, ESTIMATORS)
        if self.households < 1:
            raise Refusal("out_of_range", f"`households` is a whole number above 0; it is {self.households}.")

    def items(self, sample: int, population: Population) -> dict[str, float]:
        """Return what is fixed, the visits to clusters and the interviews."""
        clusters = sample / self.households
        return {"survey_fixed": 1, "cluster_visit": clusters, "household_interview": sample}

    def sample_for(self, budget: float, unit_costs: pd.DataFrame, population: Population) -> int:
        """Return the households of the largest whole number of clusters; 0 where it is below two a place."""
        clusters = super().sample_for(budget, unit_costs, population) // self.households
        sample = clusters * self.households
        return sample if self.clusters(population, sample)[1].any() else 0

    def clusters(self, population: Population, sample: int) -> tuple[np.ndarray, np.ndarray, Floats]:
        """Return which places are surveyed, and the clusters and population of each; no clusters where too few.

        Clusters are shared by population for the direct estimate, alike for small areas; two in each place at least.
        """
        table = population.by_place
        chosen = np.ones(len(table), dtype=bool) if self.places is None else table["place"].isin(self.places).to_numpy()
        if self.places is not None and chosen.sum() < len(set(self.places)):
            raise Refusal("unknown_place", "A place that is to be surveyed is none of the population's.")
        people = table["population"].to_numpy()[chosen]
        spare = sample // self.households - 2 * people.size
        if spare < 0:
            return chosen, np.zeros(people.size, dtype=int), people
        share = people / people.sum() if self.estimator == "direct" else np.full(people.size, 1 / people.size)
        wanted = share * spare
        given = np.floor(wanted + 1e-9)
        for place in np.argsort(given - wanted, kind="stable")[: int(spare - given.sum())]:
            given[place] += 1
        return chosen, 2 + given.astype(int), people

    def _rates(self, population: Population, chosen: np.ndarray) -> tuple[Floats, float, float, int]:
        """The share in the condition by place, of them and of others the share that is counted, persons a cluster."""
        table = population.by_place[chosen]
        share = (table["cases"] / table["population"]).to_numpy()
        size = max(round(self.households * population.household_size), 1)
        counted = population.in_households * population.admits
        return share, counted, population.false_positive, size

    def _estimates(
        self, population: Population, sample: int, replicates: int, rng: np.random.Generator, confidence: float
    ) -> Estimates:
        chosen, clusters, people = self.clusters(population, sample)
        if not clusters.any():
            return Estimates(*np.full((3, replicates), np.nan))
        share, true, false, size = self._rates(population, chosen)
        place = np.repeat(np.arange(people.size), clusters)
        rate = np.broadcast_to(share[place], (replicates, place.size))
        if population.cluster_correlation:
            scale = (1 - population.cluster_correlation) / population.cluster_correlation
            rate = rng.beta(np.maximum(rate * scale, 1e-12), (1 - rate) * scale)
        cases = rng.binomial(size, rate * true + (1 - rate) * false)
        if self.estimator == "direct":
            found = direct_shares(cases, place, people, size, confidence, self.limits)
            return Estimates(*(population.persons * part for part in found))
        direct, effect = place_shares(cases, place, people, size)
        rest = population.by_place["population"].to_numpy()[~chosen]
        return area_totals(direct, effect, clusters * size, people, rest, confidence)

    def expected(self, population: Population, sample: int) -> Expected:
        """Return what the direct estimate would see, by the variance of a clustered proportion in each place."""
        chosen, clusters, people = self.clusters(population, sample)
        if not clusters.any():
            return NOTHING
        share, true, false, size = self._rates(population, chosen)
        rate = share * true + (1 - share) * false
        # Only what is true of the observations goes together within a cluster.
        between = population.cluster_correlation * share * (1 - share) * (true - false) ** 2
        with np.errstate(divide="ignore", invalid="ignore"):
            within = np.where(rate > 0, between / (rate * (1 - rate)), 0.0)
        pieces = zip(rate, clusters, within, strict=True)
        variance = np.array([clustered_variance(r, m, size, w) if r > 0 else 0.0 for r, m, w in pieces])
        weight = people / people.sum()
        asked = clusters * size
        cases, noise = float(asked @ (share * true)), float(asked @ ((1 - share) * false))
        counts = float((asked**2 * variance).sum())
        whole = float(weight @ rate)
        return Expected(float(weight**2 @ variance) / whole**2, cases, noise, counts / (cases + noise))


def direct_shares(
    cases: np.ndarray, place: np.ndarray, people: Floats, size: int, confidence: float = 0.95, limits: str = "kish"
) -> Estimates:
    """Return shares from many samples at a time: the same as `survey_stats.SurveyDesign.proportion` of each.

    Parameters
    ----------
    cases : (replicates, clusters) persons who are counted.
    place : (clusters,) the place of each, numbered from 0; it is the stratum.
    people : (places,) population of each.
    size : persons asked in each cluster.
    confidence, limits : as of `proportion`.

    Returns
    -------
    Estimates as shares, from 0 to 1.

    References
    ----------
    Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of positive
        counts estimated from survey data. Survey Methodology 24, 193-201.
    """
    clusters = np.bincount(place)
    weight = people / people.sum() / clusters
    mean = cases / size
    estimate = mean @ weight[place]
    average = np.add.reduceat(mean, np.cumsum(clusters) - clusters, axis=1) / clusters
    apart = (mean - average[:, place]) ** 2 @ (weight[place] ** 2 * (clusters / (clusters - 1))[place])
    every = np.repeat(weight[place], size)
    worth = every.sum() ** 2 / (every**2).sum()
    df = place.size - people.size
    low, high = proportion_limits(estimate, np.sqrt(apart), place.size * size, df, confidence, limits, worth)
    # Nobody or everybody has it: each cluster counts as one.
    units = weight[place].sum() ** 2 / (weight[place] ** 2).sum()
    return Estimates(estimate, *exact_ends(low, high, cases.sum(axis=1), place.size * size, units, confidence))


def place_shares(cases: np.ndarray, place: np.ndarray, people: Floats, size: int) -> tuple[Floats, Floats]:
    """Return (replicates, places) the share of each place, and its design effect, as `SurveyDesign.proportion` does.

    Parameters
    ----------
    cases, place, people, size : as of `direct_shares`.

    Returns
    -------
    Shares, and design effects, which are missing where nobody or everybody has it.
    """
    clusters = np.bincount(place)
    first = np.cumsum(clusters) - clusters
    mean = cases / size
    share = np.add.reduceat(mean, first, axis=1) / clusters
    apart = np.add.reduceat((mean - share[:, place]) ** 2, first, axis=1) / (clusters - 1) / clusters
    asked = clusters * size
    simple = share * (1 - share) / (asked - 1) * np.where(people > asked, 1 - asked / people, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return share, np.where(simple > 0, apart / simple, np.nan)


def area_totals(
    share: Floats, effect: Floats, asked: Floats, people: Floats, rest: Floats, confidence: float = 0.95
) -> Estimates:
    """Return totals of all areas by Fay and Herriot's model, from many samples at a time.

    The same as `survey_stats.fay_herriot(pooled_errors(...), method="moments")` of each, and its estimates added up;
    the regression that they share is in the variance of the sum.

    Parameters
    ----------
    share, effect : (replicates, areas) as of `place_shares`.
    asked : (areas,) persons.
    people : (areas,) population.
    rest : (others,) population of areas without a sample.
    confidence : level of the limits, which are normal and not below 0.

    Returns
    -------
    Estimates in persons; missing where the model refuses: fewer than six areas, no variance between areas, or no design
    effect.

    References
    ----------
    Fay, R. E. and Herriot, R. A. (1979). Estimates of income for small places: an application of James-Stein procedures
        to census data. JASA 74, 269-277.
    Datta, G. S., Rao, J. N. K. and Smith, D. D. (2005). On measuring the variability of small area estimators under a
        basic area level model. Biometrika 92, 183-196.
    """
    areas = people.size
    if areas < FEWEST_AREAS:
        return Estimates(*np.full((3, len(share)), np.nan))
    known = np.isfinite(effect)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = (share @ asked / asked.sum())[:, None]
        common = (np.where(known, effect, 0) @ asked)[:, None] / (known @ asked)[:, None]
        psi = common * middle * (1 - middle) / asked
        # A replicate without one known error has nothing to halve; it stays missing.
        some = np.isfinite(psi).any(axis=1, keepdims=True)
        most = np.nanmedian(np.where(some, psi, 0), axis=1, keepdims=True) * 1e6

        def fitted(variance: Floats) -> tuple[Floats, Floats, Floats]:
            precision = 1 / (variance + psi)
            beta = (share * precision).sum(axis=1, keepdims=True) / precision.sum(axis=1, keepdims=True)
            return precision, beta, ((share - beta) ** 2 * precision).sum(axis=1, keepdims=True)

        there = fitted(np.zeros_like(middle))[2] > areas - 1
        low, high = np.zeros_like(most), most
        for _ in range(_HALVINGS):
            half = (low + high) / 2
            more = fitted(half)[2] > areas - 1
            low, high = np.where(more, half, low), np.where(more, high, half)
        variance = (low + high) / 2
        precision, beta, _ = fitted(variance)
        gamma = variance * precision
        first, second = precision.sum(axis=1, keepdims=True), (precision**2).sum(axis=1, keepdims=True)
        bias, spread = 2 * (areas * second - first**2) / first**3, 2 * areas / first**2
        own = gamma * psi + 2 * psi**2 * precision**3 * spread - bias * (1 - gamma) ** 2
        alone = (variance - bias)[:, 0]
        estimate = (beta + gamma * (share - beta)) @ people + beta[:, 0] * rest.sum()
        by_mean = ((1 - gamma) @ people + rest.sum()) ** 2 / first[:, 0]
        error = np.sqrt(own @ people**2 + alone * (rest**2).sum() + by_mean)
    reach = special.ndtri((1 + confidence) / 2) * error
    found = Estimates(estimate, np.maximum(estimate - reach, 0), estimate + reach)
    return found.kept(there[:, 0] & known.any(axis=1) & (np.ptp(share, axis=1) > 0))
