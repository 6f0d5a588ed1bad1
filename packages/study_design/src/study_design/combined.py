"""Two designs of one budget: their joint estimate, refused where the two disagree."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import special

from bounded.refusal import Refusal
from study_design.costs import Range
from study_design.design import Design, Estimates, Expected, agreement
from study_design.population import Population


@dataclass(frozen=True)
class Combined(Design):
    """Two designs that share a budget and are estimated together.

    Parameters
    ----------
    name : left out: the names of both.
    allowance : as of every design.
    first, second : the designs.
    split : share of the budget of the first; the sample is the units of both together.
    alpha : where the two differ by more than chance at this level, the joint estimate is refused.
    """

    first: Design = field(default_factory=Design)
    second: Design = field(default_factory=Design)
    split: float = 0.5
    alpha: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.name:
            object.__setattr__(self, "name", f"{self.first.name} and {self.second.name}")
        if not 0 < self.split < 1 or not 0 < self.alpha < 1:
            raise Refusal("out_of_range", "`split` and `alpha` are shares between 0 and 1.")

    @property
    def reads(self) -> tuple[str, ...]:
        """The assumptions that touch one of the two."""
        return self.first.reads + self.second.reads

    def samples_for(self, budget: float, unit_costs: pd.DataFrame, population: Population) -> tuple[int, ...]:
        """Return the samples of both.

        Parameters
        ----------
        budget : of both together.
        unit_costs : as `EXAMPLE_COSTS`.
        population : that is sampled.
        """
        first = self.first.sample_for(budget * self.split, unit_costs, population)
        return first, self.second.sample_for(budget * (1 - self.split), unit_costs, population)

    def cost_of(self, samples: tuple[int, ...], unit_costs: pd.DataFrame, population: Population) -> Range:
        """Return what both samples cost: low, value, high.

        Parameters
        ----------
        samples : of both.
        unit_costs : as `EXAMPLE_COSTS`.
        population : that is sampled.
        """
        pair = zip((self.first, self.second), samples, strict=True)
        parts = np.array([one.cost(sample, unit_costs, population) for one, sample in pair]).sum(axis=0)
        return float(parts[0]), float(parts[1]), float(parts[2])

    def estimates_of(
        self, population: Population, samples: tuple[int, ...], replicates: int, rng: np.random.Generator,
        confidence: float = 0.95,
    ) -> tuple[Estimates, float]:  # fmt: skip
        """Return joint estimates, and the share of replicates in which the two disagree.

        Parameters
        ----------
        population : that is sampled.
        samples : of both.
        replicates : drawn.
        rng : their random numbers.
        confidence : level of the limits.
        """
        pair = zip((self.first, self.second), samples, strict=True)
        found = [one.draw_and_estimate(population, sample, replicates, rng, confidence) for one, sample in pair]
        joint, apart = agreement(found[0], found[1], confidence)
        with np.errstate(invalid="ignore"):
            disagree = apart > special.ndtri(1 - self.alpha / 2)
        return self._allowed(joint).kept(~disagree), float(disagree.mean())

    def expected_of(self, population: Population, samples: tuple[int, ...]) -> Expected:
        """Return what both would see together: the inverse of the sum of precisions; cases of the surer one.

        Parameters
        ----------
        population : that is sampled.
        samples : of both.
        """
        pair = zip((self.first, self.second), samples, strict=True)
        found = [one.expected(population, sample) for one, sample in pair]
        surer = max(found, key=lambda one: one.cases / max(one.dispersion, 1.0))
        return surer._replace(variance=1 / max(sum(1 / one.variance for one in found), 1e-300))
