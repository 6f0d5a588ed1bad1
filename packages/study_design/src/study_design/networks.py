"""Networks: the network scale-up method, and respondent-driven sampling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import special

from bounded import intervals
from bounded.refusal import Refusal, require_choice
from capture_recapture.successive_sampling import inclusion
from study_design.design import NOTHING, Design, Estimates, Expected, exact_ends, lognormal_limits
from study_design.population import Floats, Population

ESTIMATORS = ("rds_ii", "successive_sampling")
# Degrees stand in so many classes of one size.
_CLASSES = 12
_MOST_CORRELATION = 0.95
# Respondents of a tree that is walked for the closed form.
_WALKED = 20_000


@dataclass(frozen=True)
class NetworkScaleUp(Design):
    """Respondents of the general population say how many persons they know in the condition, and in known groups.

    Parameters
    ----------
    name, allowance : as of every design.
    known : persons of all groups of known size, as a share of the population.

    References
    ----------
    Killworth, P. D., McCarty, C., Bernard, H. R., Shelley, G. A. and Johnsen, E. C. (1998). Estimation of
        seroprevalence, rape, and homelessness in the United States using a social network approach. Evaluation Review
        22, 289-308.
    """

    name: str = "network scale-up"
    known: float = 0.02

    _READS: ClassVar[tuple[str, ...]] = (
        *("groups", "hidden", "degree", "degree_dispersion", "barrier", "transmission", "homophily"),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.known <= 1:
            raise Refusal("out_of_range", f"`known` is a share of the population above 0; it is {self.known}.")

    def items(self, sample: int, population: Population) -> dict[str, float]:
        """Return what is fixed, and the interviews."""
        return {"survey_fixed": 1, "network_interview": sample}

    def _met(self, population: Population) -> float:
        """Persons in the condition whom a respondent names, on average."""
        seen = (1 - population.hidden) * population.transmission * (1 - population.homophily)
        return population.degree * population.prevalence * seen

    def _estimates(
        self, population: Population, sample: int, replicates: int, rng: np.random.Generator, confidence: float
    ) -> Estimates:
        shape = (replicates, sample)
        degree = population.degree * varied(rng, population.degree_dispersion, shape)
        known = rng.poisson(degree * self.known)
        met = rng.poisson(degree * (self._met(population) / population.degree) * varied(rng, population.barrier, shape))
        return scaled_up(met, known, self.known * population.persons, confidence)

    def expected(self, population: Population, sample: int) -> Expected:
        """Return what respondents would name, by the linearised variance of a ratio of two counts."""
        if sample < 2:
            return NOTHING
        met, scatter = self._met(population), 1 + population.degree_dispersion**2
        variance = 1 / met + 1 / (population.degree * self.known) + scatter * population.barrier**2
        spread = 1 + met * (scatter * (1 + population.barrier**2) - 1)
        return Expected(variance / sample, sample * met, 0.0, spread)


def varied(rng: np.random.Generator, coefficient: float, shape: tuple[int, ...]) -> Floats:
    """Return gamma numbers with the mean 1 and this coefficient of variation.

    Parameters
    ----------
    rng : random numbers.
    coefficient : of variation, 0 or more.
    shape : of the array.
    """
    if not coefficient:
        return np.ones(shape)
    return rng.gamma(1 / coefficient**2, coefficient**2, shape)


def scaled_up(met: np.ndarray, known: np.ndarray, size: float, confidence: float = 0.95) -> Estimates:
    """Return persons by network scale-up from many samples at a time: `capture_recapture.network_scale_up` of each.

    Limits are log-normal, by the linearised variance of the ratio of two sums, in the place of a bootstrap.

    Parameters
    ----------
    met, known : (replicates, respondents) persons whom each knows in the condition, and in groups of known size.
    size : persons of these groups.
    confidence : level of the limits.

    Returns
    -------
    Estimates in persons; missing where nobody knows anybody of the known groups.

    References
    ----------
    Killworth, P. D., McCarty, C., Bernard, H. R., Shelley, G. A. and Johnsen, E. C. (1998). Estimation of
        seroprevalence, rape, and homelessness in the United States using a social network approach. Evaluation Review
        22, 289-308.
    """
    people, ties, respondents = met.sum(axis=1), known.sum(axis=1), met.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = size * people / ties
        apart = met / people[:, None] - known / ties[:, None]
        error = np.sqrt(respondents / (respondents - 1) * (apart**2).sum(axis=1))
        none = intervals.poisson_interval(0, confidence)[1] * size / ties
        return lognormal_limits(estimate, error, none, confidence).kept(ties > 0)


@dataclass(frozen=True)
class RespondentDriven(Design):
    """Respondents of a population at risk recruit each other; the share in the condition times its known size.

    A recruit is like the recruiter beyond chance by the population's homophily, and is drawn without replacement in
    proportion to degree. Each respondent recruits as many, in the order of interviews.

    Parameters
    ----------
    name, allowance : as of every design.
    groups : sampled, whose size is known; left out: all. Those in the condition elsewhere are missed.
    known : persons of these groups whom one of them knows, on average.
    seeds : respondents whom nobody recruited.
    recruits : of each respondent.
    estimator : ``rds_ii`` or ``successive_sampling`` (`capture_recapture.gile_ss` with ``draws=0``).

    References
    ----------
    Volz, E. and Heckathorn, D. D. (2008). Probability based estimation theory for respondent driven sampling. Journal
        of Official Statistics 24, 79-97.
    Gile, K. J. (2011). Improved inference for respondent-driven sampling data with application to HIV prevalence
        estimation. JASA 106, 135-146.
    """

    name: str = "respondent-driven sampling"
    groups: tuple[str, ...] | None = None
    known: float = 10.0
    seeds: int = 8
    recruits: int = 2
    estimator: str = "rds_ii"

    _READS: ClassVar[tuple[str, ...]] = (
        *("groups", "hidden", "degree_dispersion", "homophily", "admits", "false_positive"),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        require_choice("estimator", self.estimator, ESTIMATORS)
        if self.seeds < 1 or self.recruits < 1 or self.known < 1:
            raise Refusal("out_of_range", "`seeds`, `recruits` and `known` are numbers from 1 up.")

    def items(self, sample: int, population: Population) -> dict[str, float]:
        """Return what is fixed, and the interviews with what recruits and recruiters are given."""
        return {"rds_fixed": 1, "rds_interview": sample}

    def sampled(self, population: Population) -> tuple[int, int]:
        """Return the persons of the groups sampled, and those of them in the condition."""
        table = population.groups
        if self.groups is not None:
            table = table[table["group"].isin(self.groups)]
            if set(self.groups) - set(table["group"]):
                raise Refusal("unknown_group", "A group that is to be sampled is none of the population's.")
        people = table["population"].to_numpy(dtype=float)
        return int(people.sum()), int(np.rint(people * table["prevalence"].to_numpy(dtype=float)).sum())

    def most_sample(self, population: Population) -> float:
        """Return half of the persons of the groups sampled: chains seldom reach more."""
        return self.sampled(population)[0] / 2

    def _classes(self, population: Population) -> tuple[Floats, Floats]:
        """Degrees, and the share of persons with each."""
        if not population.degree_dispersion:
            return np.full(1, np.round(self.known)), np.ones(1)
        shape = 1 / population.degree_dispersion**2
        middle = (np.arange(_CLASSES) + 0.5) / _CLASSES
        every = np.maximum(np.rint(special.gammaincinv(shape, middle) / shape * self.known), 1)
        degree, times = np.unique(every, return_counts=True)
        return degree, times / times.sum()

    def _estimates(
        self, population: Population, sample: int, replicates: int, rng: np.random.Generator, confidence: float
    ) -> Estimates:
        people, cases = self.sampled(population)
        if sample <= self.seeds:
            return Estimates(*np.full((3, replicates), np.nan))
        degree, share = self._classes(population)
        reachable = round(cases * (1 - population.hidden))
        sizes = np.rint(np.outer([people - cases, reachable], share))
        parent = self.parents(sample)
        status, drawn = _recruited(sizes, degree, parent, population.homophily, replicates, rng)
        said = np.where(status, population.admits, population.false_positive)
        answer = (rng.random(status.shape) < said).astype(float)
        size = people if self.estimator != "rds_ii" else 0
        found = recruited_shares(answer, degree[drawn], parent, size, confidence)
        return Estimates(*(people * part for part in found))

    def parents(self, sample: int) -> np.ndarray:
        """Return (sample,) the place of each respondent's recruiter; -1 for seeds."""
        number = np.arange(sample)
        return np.where(number < self.seeds, -1, (number - self.seeds) // self.recruits)

    def expected(self, population: Population, sample: int) -> Expected:
        """Return what respondents would say, by the correlation of two who are some recruitments apart."""
        people, cases = self.sampled(population)
        if sample <= self.seeds or not cases:
            return NOTHING
        degree, share = self._classes(population)
        counted = cases * (1 - population.hidden)
        of_all = counted / (people - cases + counted)
        true, false = of_all * population.admits, (1 - of_all) * population.false_positive
        rate = true + false
        between = of_all * (1 - of_all) * (population.admits - population.false_positive) ** 2
        # The pairs of one respondent settle; a tree of millions takes seconds to walk.
        few = min(sample, _WALKED)
        together = float(within_trees(self.parents(few), np.array([population.homophily]))[0]) / few
        unequal = float((degree @ share) * ((1 / degree) @ share))
        variance = (unequal * rate * (1 - rate) + between * together) / sample
        return Expected(variance / rate**2, sample * true, sample * false, variance * sample / rate)


def _recruited(
    sizes: Floats, degree: Floats, parent: np.ndarray, homophily: float, replicates: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Who is in the condition, and the class of degree, of each respondent: (replicates, sample), none drawn twice."""
    left = np.tile(sizes, (replicates, 1, 1))
    status = np.zeros((replicates, parent.size), dtype=bool)
    drawn = np.zeros((replicates, parent.size), dtype=np.int64)
    row = np.arange(replicates)
    chance = rng.random((2, parent.size, replicates))
    for one, by in enumerate(parent):
        ties = left * degree
        both = ties.sum(axis=2)
        share = both[:, 1] / np.maximum(both.sum(axis=1), 1e-300)
        like = share + homophily * (status[:, by] - share) if by >= 0 else share
        # Who is used up cannot be recruited, whoever recruits.
        kind = np.where(both[:, 1] <= 0, 0, np.where(both[:, 0] <= 0, 1, chance[0, one] < like)).astype(int)
        up_to = np.cumsum(ties[row, kind], axis=1)
        place = (up_to < (chance[1, one] * up_to[:, -1])[:, None]).sum(axis=1)
        place = np.minimum(place, degree.size - 1)
        left[row, kind, place] -= 1
        np.maximum(left, 0, out=left)
        status[:, one], drawn[:, one] = kind == 1, place
    return status, drawn


def within_trees(parent: np.ndarray, step: Floats) -> Floats:
    """Return the sum over ordered pairs of respondents of one tree of the correlation of a step, to their distance.

    Parameters
    ----------
    parent : (sample,) place of the recruiter, before the recruit; -1 for seeds.
    step : (chains,) correlation of recruits with their recruiters.

    Returns
    -------
    (chains,) sums: of each respondent's tree below, squared, less what lies within one branch.
    """
    wave, by = np.zeros(parent.size, dtype=int), np.maximum(parent, 0)
    while not np.array_equal(later := np.where(parent < 0, 0, wave[by] + 1), wave):
        wave = later
    one = np.asarray(step, dtype=float)[:, None]
    below = np.ones((one.size, parent.size))
    branches = np.zeros_like(below)
    for last in range(int(wave.max()), 0, -1):
        recruits = np.flatnonzero(wave == last)
        recruits = recruits[np.argsort(parent[recruits], kind="stable")]
        recruiters, first = np.unique(parent[recruits], return_index=True)
        reached = one * below[:, recruits]
        below[:, recruiters] += np.add.reduceat(reached, first, axis=1)
        branches[:, recruiters] += np.add.reduceat(reached**2, first, axis=1)
    return np.asarray((below**2 - branches - 1).sum(axis=1))


def recruited_shares(
    answer: Floats, degree: Floats, parent: np.ndarray, people: float = 0, confidence: float = 0.95
) -> Estimates:
    """Return shares from many respondent-driven samples at a time, with limits by the trees.

    The estimate is that of `capture_recapture.rds_ii`, or with the size of the population, of `gile_ss` with no draws.
    Limits are on the logit scale. Two respondents who are d recruitments apart are correlated as d steps of a Markov
    chain whose one step is the correlation of recruits with their recruiters. Where nobody has it, the upper limit is
    exact for half as many respondents.

    Parameters
    ----------
    answer, degree : (replicates, sample) 0 or 1, and persons known.
    parent : (sample,) place of the recruiter, before the recruit; -1 for seeds.
    people : size of the population for successive sampling; 0 for RDS-II.
    confidence : level of the limits.

    Returns
    -------
    Estimates as shares, from 0 to 1.

    References
    ----------
    Rohe, K. (2019). A critical threshold for design effects in network sampling. Annals of Statistics 47, 556-582.
    """
    weight = 1 / (degree if not people else np.array([inclusion(row, people) for row in degree]))
    whole = weight.sum(axis=1)
    estimate = (weight * answer).sum(axis=1) / whole
    score = weight * (answer - estimate[:, None])
    apart = answer - answer.mean(axis=1, keepdims=True)
    own, by = np.flatnonzero(parent >= 0), parent[parent >= 0]
    square = (apart**2).mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        step = np.clip((apart[:, own] * apart[:, by]).mean(axis=1) / square, 0, _MOST_CORRELATION)
        pairs = within_trees(parent, np.nan_to_num(step))
        variance = ((score**2).sum(axis=1) + weight.mean(axis=1) ** 2 * square * pairs) / whole**2
        reach = special.ndtri((1 + confidence) / 2) * np.sqrt(variance) / (estimate * (1 - estimate))
        low, high = (special.expit(special.logit(estimate) + side * reach) for side in (-1, 1))
    cases, asked = answer.sum(axis=1), parent.size
    return Estimates(estimate, *exact_ends(low, high, cases, asked, asked / 2, confidence))
