"""Time-location sampling: those in the condition who visit venues, each weighted by the inverse of their visits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import stats

from bounded import intervals
from bounded.refusal import Refusal
from study_design.design import NOTHING, Design, Estimates, Expected, lognormal_limits
from study_design.networks import varied
from study_design.population import Floats, Population

_MOST_VISITS = 60


@dataclass(frozen=True)
class TimeLocation(Design):
    """Venues and hours drawn from a frame, visitors counted there, and some of them asked, also how often they come.

    The sample is hours at venues. The estimate is the number of different persons in the condition who visit in a week,
    divided by `attending`.

    Parameters
    ----------
    name, allowance : as of every design.
    venues : in the frame.
    slots : hours a week of each, one of which is drawn at a time.
    interviews : at most, in each.
    others : visits of others for each visit of a person in the condition.
    spread : coefficient of variation of visitors between venues and hours.
    attending : share of those in the condition who visit venues, taken from elsewhere; left out: 1, so that those who
        visit none are missed.

    References
    ----------
    Karon, J. M. and Wejnert, C. (2012). Statistical methods for the analysis of time-location sampling data. Journal of
        Urban Health 89, 565-586.
    """

    name: str = "time-location sampling"
    venues: int = 60
    slots: int = 14
    interviews: int = 10
    others: float = 9.0
    spread: float = 0.6
    attending: float | None = None

    _READS: ClassVar[tuple[str, ...]] = (
        *("groups", "hidden", "cluster_correlation", "admits", "false_positive", "attends", "visits_a_week"),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        good = min(self.venues, self.slots, self.interviews) >= 1 and self.others >= 0 and self.spread >= 0
        if not good or not 0 < (self.attending or 1.0) <= 1:
            raise Refusal("out_of_range", "Venues, slots and interviews are 1 or more, and `attending` is a share.")

    def items(self, sample: int, population: Population) -> dict[str, float]:
        """Return the venues that are mapped, the visits to them and the interviews."""
        return {"venue_mapped": self.venues, "venue_visit": sample, "venue_interview": sample * self.interviews}

    def _visits(self, population: Population) -> tuple[float, Floats, float]:
        """Visitors of a slot on average, (visits a week,) who is met with so many, the share in the condition."""
        visitors = population.truth * (1 - population.hidden) * population.attends
        per_slot = visitors * population.visits_a_week * (1 + self.others) / (self.venues * self.slots)
        number = np.arange(1, _MOST_VISITS)
        met = number * stats.poisson.pmf(number - 1, population.visits_a_week - 1)
        return per_slot, met / met.sum(), 1 / (1 + self.others)

    def _estimates(
        self, population: Population, sample: int, replicates: int, rng: np.random.Generator, confidence: float
    ) -> Estimates:
        if sample < 2:
            return Estimates(*np.full((3, replicates), np.nan))
        per_slot, met, share = self._visits(population)
        shape = (replicates, sample)
        present = rng.poisson(per_slot * varied(rng, self.spread, shape))
        asked = np.minimum(present, self.interviews)
        rate: Floats | float = share
        if population.cluster_correlation and share < 1:
            scale = (1 - population.cluster_correlation) / population.cluster_correlation
            rate = rng.beta(share * scale, (1 - share) * scale, shape)
        cases = rng.binomial(asked, rate)
        counted = rng.binomial(cases, population.admits) + rng.binomial(asked - cases, population.false_positive)
        visits = rng.choice(np.arange(1, _MOST_VISITS), size=int(counted.sum()), p=met)
        slot = np.repeat(np.arange(replicates * sample), counted.ravel())
        persons: Floats = np.bincount(slot, 1 / visits, replicates * sample).astype(float).reshape(shape)
        found = visitors(persons, present, asked, self.venues * self.slots, confidence)
        return Estimates(*(part / (self.attending or 1.0) for part in found))

    def expected(self, population: Population, sample: int) -> Expected:
        """Return what would be seen, by the variance between slots that are never short of visitors."""
        if sample < 2:
            return NOTHING
        per_slot, met, share = self._visits(population)
        number = np.arange(1, _MOST_VISITS)
        once, twice = float(met @ (1 / number)), float(met @ (1 / number**2))
        asked = min(self.interviews, per_slot)
        true, false = share * population.admits, (1 - share) * population.false_positive
        rate = true + false
        between = (
            population.cluster_correlation * share * (1 - share) * (population.admits - population.false_positive) ** 2
        )
        pairs = asked * max(asked - 1, 0) * (rate**2 + between)
        square = (asked * rate * twice + pairs * once**2) / (asked * rate * once) ** 2
        variance = (1 + self.spread**2 + 1 / per_slot) * square - 1
        spread = 1 + (asked - 1) * between / rate
        return Expected(variance / sample, sample * asked * true, sample * asked * false, max(spread, 1.0))


def visitors(
    persons: Floats, present: np.ndarray, asked: np.ndarray, slots: int, confidence: float = 0.95
) -> Estimates:
    """Return the different persons in the condition who visit venues in a week, from many samples at a time.

    Slots are drawn with equal chances, visitors of a slot alike, and who visits w times a week counts 1 / w. Limits are
    log-normal, by the variance between slots; where nobody is found, the upper one is that of a Poisson count of 0.

    Parameters
    ----------
    persons : (replicates, sample) sum of 1 / visits a week of those asked who are in the condition.
    present, asked : (replicates, sample) visitors of each slot, and those of them who were asked.
    slots : in the frame, of a week.
    confidence : level of the limits.

    Returns
    -------
    Estimates in persons; missing where nobody was asked.

    References
    ----------
    Karon, J. M. and Wejnert, C. (2012). Statistical methods for the analysis of time-location sampling data. Journal of
        Urban Health 89, 565-586.
    """
    sample = persons.shape[1]
    stands_for = np.divide(present, asked, out=np.zeros(persons.shape), where=asked > 0)
    total = persons * stands_for
    mean = total.mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = total.std(axis=1, ddof=1) / np.sqrt(sample) / mean
        none = intervals.poisson_interval(0, confidence)[1] * stands_for.mean(axis=1) / sample
        found = lognormal_limits(mean, error, none, confidence)
    return Estimates(*(slots * part for part in found)).kept(asked.sum(axis=1) > 0)
