"""Two designs together: one estimate from both, and whether they agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from study_design.designs import Costs, Design, Draws, Floats
from study_design.population import Population


@dataclass(frozen=True)
class Combined:
    """Two designs that share a budget; their estimates are weighed by the inverse of their variances on the log scale.

    Where only one of both has an estimate with limits, that one stands.

    Parameters
    ----------
    first, second : designs. share : of the budget that the first has. name : of the combination.
    """

    first: Design
    second: Design
    share: float = 0.5
    name: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", f"{self.first.name} + {self.second.name}")

    @property
    def concerns(self) -> tuple[str, ...]:
        """Return what may be wrong for either."""
        return tuple(dict.fromkeys((*self.first.concerns, *self.second.concerns)))

    def samples_for(self, population: Population, budget: float, costs: Costs) -> tuple[int, int]:
        """Return the samples of both for a budget."""
        return (
            self.first.sample_for(population, self.share * budget, costs),
            self.second.sample_for(population, (1 - self.share) * budget, costs),
        )


def joint(first: Draws, second: Draws, confidence: float) -> Draws:
    """Return the joint estimates of two independent studies, by inverse variances on the log scale.

    Parameters
    ----------
    first, second : estimates and limits of as many studies.
    confidence : level of all limits.

    References
    ----------
    Cochran, W. G. (1954). The combination of estimates from different experiments. Biometrics 10, 101-129.
    """
    z = special.ndtri((1 + confidence) / 2)
    logs, weights = [], []
    for each in (first, second):
        error = log_error(each, confidence)
        usable = np.isfinite(error) & (error > 0) & (each.estimate > 0)
        logs.append(np.where(usable, np.log(np.where(usable, each.estimate, 1)), 0))
        weights.append(np.where(usable, 1 / np.where(usable, error, 1) ** 2, 0))
    total = weights[0] + weights[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = (logs[0] * weights[0] + logs[1] * weights[1]) / total
        wide = z / np.sqrt(total)
    some = total > 0
    found = (np.where(some, np.exp(middle + sign * np.where(some, wide, 0)), np.nan) for sign in (0, -1, 1))
    return Draws(*found)


def agreement(first: Draws, second: Draws, confidence: float) -> Floats:
    """Return p-values of the hypothesis that both studies estimate the same number; missing where one has none."""
    errors = np.hypot(log_error(first, confidence), log_error(second, confidence))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.abs(np.log(first.estimate) - np.log(second.estimate)) / errors
    return 2 * special.ndtr(-z)


def log_error(draws: Draws, confidence: float) -> Floats:
    """Return standard errors on the log scale, from the limits: of the upper one alone where the lower is 0."""
    z = special.ndtri((1 + confidence) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        both = np.log(draws.high / draws.low) / (2 * z)
        upper = np.log(draws.high / draws.estimate) / z
    return np.where(draws.low > 0, both, upper)
