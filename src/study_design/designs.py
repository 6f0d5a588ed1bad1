"""Designs of a study that draw persons: households in clusters, questions on networks, and places and times.

Each design says how many it can ask for a budget, what that costs, and what many studies of its kind would estimate:
persons in the condition, with limits. Where a study has no estimate it is missing, and counts as refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bounded.intervals import poisson_interval
from study_design.population import Population
from survey_stats import proportion_limits

Floats = NDArray[np.float64]
Costs = Mapping[str, float]


class Draws(NamedTuple):
    """What many studies estimated: persons in the condition, and limits; (replicates,) each, missing where refused."""

    estimate: Floats
    low: Floats
    high: Floats


class Design(Protocol):
    """What a plan asks of a design.

    `concerns` names the misspecifications that it is tried under, as in `population.MISSPECIFICATIONS`.
    """

    @property
    def name(self) -> str: ...

    concerns: ClassVar[tuple[str, ...]]

    def sample_for(self, population: Population, budget: float, costs: Costs) -> int:
        """Return how many are asked for a budget, in the design's unit; 0: the budget does not begin it."""
        ...

    def cost(self, population: Population, sample: int, costs: Costs) -> float:
        """Return what a sample costs, in the unit of `costs`."""
        ...

    def draws(
        self, population: Population, sample: int, replicates: int, rng: np.random.Generator, confidence: float
    ) -> Draws:
        """Return what so many studies with a sample estimate."""
        ...

    def told_from_zero(self, population: Population, sample: int) -> float:
        """Return the least prevalence that a sample tells from zero with a power of 80 %; NaN: it begins with cases."""
        ...


POWER, LEVEL = 0.8, 0.05


@dataclass(frozen=True)
class HouseholdSurvey:
    """A household survey in two stages: clusters by size, then households, of whose members one is told.

    Parameters
    ----------
    per_cluster : households a cluster.
    name : of the design.

    References
    ----------
    Kish, L. (1965). Survey Sampling. Wiley.
    """

    per_cluster: int = 15
    name: str = "household survey"
    concerns: ClassVar[tuple[str, ...]] = ("a hidden class", "a third deny it", "households cluster")

    def sample_for(self, population: Population, budget: float, costs: Costs) -> int:
        """Return households, in whole clusters; at least two clusters or none."""
        each = costs["cluster"] + self.per_cluster * costs["household_interview"]
        clusters = int((budget - costs["survey_fixed"]) / each)
        return clusters * self.per_cluster if clusters >= 2 else 0

    def cost(self, population: Population, sample: int, costs: Costs) -> float:
        """Return the cost of so many households."""
        clusters = sample / self.per_cluster
        return costs["survey_fixed"] + clusters * costs["cluster"] + sample * costs["household_interview"]

    def draws(
        self, population: Population, sample: int, replicates: int, rng: np.random.Generator, confidence: float
    ) -> Draws:
        """Return what so many surveys estimate: the mean of clusters, limits by their spread (Korn and Graubard)."""
        clusters, persons = sample // self.per_cluster, round(self.per_cluster * population.household_size)
        groups = population.groups
        share = groups["population"].to_numpy(dtype=float)
        where = rng.choice(len(groups), (replicates, clusters), p=share / share.sum())
        found = _clustered(groups["prevalence"].to_numpy(dtype=float)[where], population.cluster_correlation, rng)
        found = found * (1 - population.hidden) * population.admits + (1 - found) * population.false_positive
        shares = rng.binomial(persons, np.clip(found, 0, 1)) / persons
        mean, error = shares.mean(axis=1), shares.std(axis=1, ddof=1) / np.sqrt(clusters)
        low, high = share_limits(mean, error, clusters * persons, clusters - 1, confidence)
        return Draws(*(population.size * each for each in (mean, low, high)))

    def told_from_zero(self, population: Population, sample: int) -> float:
        """Return the prevalence of which the sample has a case with a chance of 80 %, beyond false answers."""
        persons = sample * population.household_size
        within = self.per_cluster * population.household_size
        effective = persons / (1 + (within - 1) * population.cluster_correlation)
        reached = (1 - population.hidden) * population.admits
        return least_share(effective, population.false_positive) / max(reached, 1e-12)


@dataclass(frozen=True)
class NetworkScaleUp:
    """Questions on networks: how many persons in the condition, and of known groups, respondents know.

    Parameters
    ----------
    known_share : share of the population that the known groups are, all together.
    name : of the design.

    References
    ----------
    Killworth, P. D. and others (1998). Estimation of seroprevalence, rape, and homelessness in the United States using
        a social network approach. Evaluation Review 22, 289-308.
    """

    known_share: float = 0.02
    name: str = "network scale-up"
    concerns: ClassVar[tuple[str, ...]] = ("a hidden class", "networks cluster")

    def sample_for(self, population: Population, budget: float, costs: Costs) -> int:
        """Return respondents; at least two or none."""
        respondents = int((budget - costs["survey_fixed"]) / costs["network_interview"])
        return respondents if respondents >= 2 else 0

    def cost(self, population: Population, sample: int, costs: Costs) -> float:
        """Return the cost of so many respondents."""
        return costs["survey_fixed"] + sample * costs["network_interview"]

    def draws(
        self, population: Population, sample: int, replicates: int, rng: np.random.Generator, confidence: float
    ) -> Draws:
        """Return what so many samples estimate: the ratio of persons known, limits on the log of the ratio."""
        degree = _degrees(population, (replicates, sample), rng)
        known = rng.poisson(degree * self.known_share)
        # Where ties stay within one's own kind, fewer respondents know all who are known.
        near = rng.random((replicates, sample)) >= population.homophily
        rate = degree * population.prevalence * self._seen(population) * near / max(1 - population.homophily, 1e-9)
        met = rng.poisson(rate)
        return scaled_up(met, known, self.known_share * population.size, confidence)

    def _seen(self, population: Population) -> float:
        return (1 - population.hidden) * (1 - population.barrier) * population.transmission

    def told_from_zero(self, population: Population, sample: int) -> float:
        """Return the prevalence at which anybody known is in the condition with a chance of 80 %."""
        ties = sample * population.degree * self._seen(population)
        return float(-np.log(1 - POWER) / max(ties, 1e-12))


@dataclass(frozen=True)
class TimeLocation:
    """Persons in the condition met at venues, at times drawn by chance; their number by a list that some are on.

    Who is met at a venue, and how often they come, is asked; so is whether they are on the first list. Its length over
    the share that is on it, each weighing 1 / visits, is the estimate.

    Parameters
    ----------
    per_session : persons in the condition who are interviewed at one venue and time.
    correlation : intraclass correlation of being on the list within a venue and time.
    name : of the design.

    References
    ----------
    Karon, J. M. and Wejnert, C. (2012). Statistical methods for the analysis of time-location sampling data. Journal
        of Urban Health 89, 565-586.
    """

    per_session: int = 5
    correlation: float = 0.05
    name: str = "time-location sampling"
    concerns: ClassVar[tuple[str, ...]] = ("lists depend on each other", "a hidden class", "networks cluster")

    def sample_for(self, population: Population, budget: float, costs: Costs) -> int:
        """Return persons, in whole sessions; no more than half of those who visit venues."""
        each = costs["venue_session"] + self.per_session * costs["venue_interview"]
        sessions = int((budget - costs["venue_mapping"] - _list_cost(population, costs)) / each)
        most = population.truth * (1 - population.hidden) * population.attends / 2
        return min(sessions, int(most // self.per_session)) * self.per_session if sessions >= 2 else 0

    def cost(self, population: Population, sample: int, costs: Costs) -> float:
        """Return the cost of so many interviews, and of the list."""
        sessions = sample / self.per_session
        field = costs["venue_mapping"] + sessions * costs["venue_session"] + sample * costs["venue_interview"]
        return field + _list_cost(population, costs)

    def draws(
        self, population: Population, sample: int, replicates: int, rng: np.random.Generator, confidence: float
    ) -> Draws:
        """Return what so many studies estimate: the list's length over the share on it, by sessions."""
        sessions = sample // self.per_session
        on = _clustered(np.full((replicates, sessions), on_list(population)), self.correlation, rng)
        visits = 1 + rng.poisson(np.full((replicates, sessions, self.per_session), population.visits))
        listed = rng.random(visits.shape) < on[:, :, None]
        share, error = _ratio((listed / visits).sum(axis=2), (1 / visits).sum(axis=2))
        return multiplied(list_lengths(population, replicates, rng), share, error, sample, sessions - 1, confidence)

    def told_from_zero(self, population: Population, sample: int) -> float:
        """Return NaN: the design begins with persons in the condition."""
        return float("nan")


def least_share(effective: float, false_positive: float = 0.0) -> float:
    """Return the least share that a sample tells from zero, or from the share of false answers.

    Parameters
    ----------
    effective : effective size of the sample, persons. false_positive : share of others who say that they are cases.

    Returns
    -------
    Where nobody answers falsely, the share of which at least one case is met with a chance of 80 %: 1 - 0.2^(1/n). Else
    the share that a one-sided test of 5 % tells from false answers with that power.
    """
    if effective <= 0:
        return float("nan")
    if not false_positive:
        return float(1 - (1 - POWER) ** (1 / effective))
    z = special.ndtri(1 - LEVEL) + special.ndtri(POWER)
    return float(z * np.sqrt(false_positive * (1 - false_positive) / effective))


def share_limits(mean: Floats, error: Floats, persons: int, degrees: int, confidence: float) -> tuple[Floats, Floats]:
    """Return limits of shares, those of Korn and Graubard (1998); where nobody is found, Clopper and Pearson's."""
    low, high = proportion_limits(mean, error, np.full(mean.shape, persons), degrees, confidence, "beta")
    none = mean == 0
    upper = 1 - ((1 - confidence) / 2) ** (1 / persons)
    return np.where(none, 0.0, low), np.where(none, upper, high)


def scaled_up(met: NDArray[np.int64], known: NDArray[np.int64], size: float, confidence: float) -> Draws:
    """Return Killworth's estimates of many samples, and limits by linearisation on the log scale.

    Parameters
    ----------
    met, known : (replicates, respondents) persons in the condition, and of known groups, whom respondents know.
    size : persons in the known groups.
    """
    n, some, all_known = met.shape[1], met.sum(axis=1), known.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = np.where(all_known > 0, size * some / all_known, np.nan)
        residual = met / some[:, None] - known / all_known[:, None]
        error = np.sqrt(n / (n - 1) * (residual**2).sum(axis=1))
    wide = np.exp(special.ndtri((1 + confidence) / 2) * np.where(some > 0, error, 0))
    upper = poisson_interval(0, confidence)[1] * size / np.maximum(all_known, 1)
    low, high = estimate / wide, np.where(some > 0, estimate * wide, upper)
    return Draws(estimate, low, np.where(np.isnan(estimate), np.nan, high))


def multiplied(length: Floats, share: Floats, error: Floats, persons: int, degrees: int, confidence: float) -> Draws:
    """Return lengths of a list over shares that are on it; refused where nobody is on it."""
    low, high = share_limits(share, error, persons, degrees, confidence)
    some = share > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        found = [np.where(some, length / each, np.nan) for each in (share, high, low)]
    # All on the list: its length is the estimate, and the upper limit that of the share.
    full = share >= 1
    least = ((1 - confidence) / 2) ** (1 / persons)
    found[1] = np.where(full, length, found[1])
    found[2] = np.where(full, length / least, found[2])
    return Draws(*found)


def on_list(population: Population) -> float:
    """Return the share on the first list among those whom networks and venues reach."""
    coverage = float(population.lists["coverage"].iloc[0])
    if coverage in (0.0, 1.0):
        return coverage
    odds = coverage / (1 - coverage) * population.dependence
    return odds / (1 + odds)


def list_lengths(population: Population, replicates: int, rng: np.random.Generator) -> Floats:
    """Return lengths of the first list, of so many studies: the hidden are on none."""
    coverage = float(population.lists["coverage"].iloc[0])
    reached = round(population.truth * (1 - population.hidden))
    return rng.binomial(reached, coverage, replicates).astype(float)


def _list_cost(population: Population, costs: Costs) -> float:
    records = population.truth * (1 - population.hidden) * float(population.lists["coverage"].iloc[0])
    return costs["list_fixed"] + records * costs["list_record"]


def _clustered(mean: Floats, correlation: float, rng: np.random.Generator) -> Floats:
    """Shares of clusters around their means, beta-distributed so that members have an intraclass correlation."""
    if correlation <= 0:
        return mean
    spread = (1 - correlation) / min(correlation, 1 - 1e-9)
    inside = np.clip(mean, 1e-12, 1 - 1e-12)
    return np.where(mean > 0, rng.beta(inside * spread, (1 - inside) * spread), 0.0)


def _degrees(population: Population, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    if population.degree_dispersion <= 0:
        return np.full(shape, population.degree)
    shape_of = 1 / population.degree_dispersion
    return rng.gamma(shape_of, population.degree / shape_of, shape)


def _ratio(above: Floats, below: Floats) -> tuple[Floats, Floats]:
    """Ratios of sums over clusters (replicates, clusters), and their errors by linearisation."""
    clusters, total = above.shape[1], below.sum(axis=1)
    ratio = above.sum(axis=1) / total
    residual = above - ratio[:, None] * below
    return ratio, np.sqrt(clusters / (clusters - 1) * (residual**2).sum(axis=1)) / total
