"""Respondent-driven sampling as a design: persons in the condition who recruit each other, and a list that some are on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from capture_recapture import rds_ii
from study_design.designs import Costs, Draws, list_lengths, on_list
from study_design.population import Population


@dataclass(frozen=True)
class RespondentDriven:
    """Respondent-driven sampling: seeds, then recruits of recruits; each says how many in the condition they know.

    Whether a respondent is on the first list is known; its length over the share that is on it, by RDS-II, is the
    estimate.

    Parameters
    ----------
    seeds : respondents whom the study finds itself.
    coupons : recruits whom a respondent can bring.
    peers : persons in the condition whom one of them knows, on average.
    replicates : of the tree bootstrap of each simulated study.
    name : of the design.

    References
    ----------
    Volz, E. and Heckathorn, D. D. (2008). Probability based estimation theory for respondent driven sampling. Journal
        of Official Statistics 24, 79-97.
    """

    seeds: int = 8
    coupons: int = 3
    peers: float = 8.0
    replicates: int = 100
    name: str = "respondent-driven sampling"
    concerns: ClassVar[tuple[str, ...]] = ("lists depend on each other", "a hidden class", "networks cluster")

    def sample_for(self, population: Population, budget: float, costs: Costs) -> int:
        """Return respondents; no more than half of those whom networks reach; 0 if fewer than twice the seeds."""
        coverage = float(population.lists["coverage"].iloc[0])
        reached = population.truth * (1 - population.hidden)
        left = budget - costs["recruitment_fixed"] - costs["list_fixed"] - reached * coverage * costs["list_record"]
        respondents = int(min(left / costs["recruitment_interview"], reached / 2))
        return respondents if respondents >= 2 * self.seeds else 0

    def cost(self, population: Population, sample: int, costs: Costs) -> float:
        """Return the cost of so many respondents, and of the list."""
        records = population.truth * (1 - population.hidden) * float(population.lists["coverage"].iloc[0])
        of_list = costs["list_fixed"] + records * costs["list_record"]
        return costs["recruitment_fixed"] + sample * costs["recruitment_interview"] + of_list

    def draws(
        self, population: Population, sample: int, replicates: int, rng: np.random.Generator, confidence: float
    ) -> Draws:
        """Return what so many studies estimate: the list's length over the share on it by RDS-II."""
        lengths = list_lengths(population, replicates, rng)
        found = np.full((3, replicates), np.nan)
        for place, length in enumerate(lengths):
            people = self._recruited(population, sample, rng)
            seed = int(rng.integers(2**31))
            shares = rds_ii(people, "listed", "degree", confidence=confidence, replicates=self.replicates, seed=seed)
            share = shares.table.set_index("outcome")
            if "yes" in share.index and length:
                row = share.loc["yes"]
                with np.errstate(divide="ignore"):
                    found[:, place] = length / np.array([row["estimate"], row["high"], row["low"]])
        return Draws(*found)

    def _recruited(self, population: Population, sample: int, rng: np.random.Generator) -> pd.DataFrame:
        """Respondents in the order in which they came: id, recruiter, degree, listed."""
        coverage = on_list(population)
        dispersion = max(population.degree_dispersion, 1e-9)
        # Recruits are met in proportion to whom they know: the distribution of degrees is weighted by them.
        degree = 1 + rng.poisson(rng.gamma(1 / dispersion + 1, self.peers * dispersion, sample))
        recruiter = np.full(sample, -1)
        listed = rng.random(sample) < coverage
        coupons = rng.binomial(self.coupons, 0.6, sample)
        coupons[: self.seeds] = self.coupons
        by = np.repeat(np.arange(sample), coupons)
        later = np.arange(self.seeds, sample)
        # Nobody is recruited by who comes later; where all coupons are used up, one who still waits brings another.
        by = by[: len(later)]
        by = np.append(by, rng.integers(0, self.seeds, len(later) - len(by))) if len(by) < len(later) else by
        recruiter[later] = np.minimum(by, later - 1)
        own = rng.random(sample) < population.homophily
        for person in later:
            if own[person]:
                listed[person] = listed[recruiter[person]]
        ids = np.arange(sample)
        return pd.DataFrame(
            {
                "id": ids,
                "recruiter": pd.array(np.where(recruiter < 0, 0, recruiter), dtype="Int64"),
                "degree": degree,
                "listed": np.where(listed, "yes", "no"),
            }
        ).assign(recruiter=lambda table: table["recruiter"].mask(recruiter < 0))

    def told_from_zero(self, population: Population, sample: int) -> float:
        """Return NaN: the design begins with persons in the condition."""
        return float("nan")
