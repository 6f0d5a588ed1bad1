"""An estimate of how many persons there are, seen and unseen, and its log-normal interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis import intervals


@dataclass(frozen=True)
class PopulationSize:
    """The size of a population of which only some persons were seen.

    Parameters
    ----------
    method : the estimator and its source in words.
    n : persons seen.
    estimate : persons, seen and unseen.
    low, high : limits of the estimate, persons; low is never below `n`.
    standard_error : of the estimate, persons.
    confidence : level of the limits.
    assumption : what the estimate rests on and these data cannot test.
    """

    method: str
    n: int
    estimate: float
    low: float
    high: float
    standard_error: float
    confidence: float
    assumption: str

    @property
    def hidden(self) -> float:
        """Persons estimated to be there and not seen."""
        return self.estimate - self.n


def lognormal_limits(n: float, estimate: float, variance: float, confidence: float) -> tuple[float, float]:
    """Limits of a population's size that takes the number of unseen persons to be log-normal, so low is above `n`.

    Parameters
    ----------
    n : persons seen.
    estimate : persons, seen and unseen; where it is `n` itself, so are both limits.
    variance : of the estimate, persons squared.
    confidence : level of the limits, between 0 and 1.

    References
    ----------
    Chao, A. (1987). Estimating the population size for capture-recapture data with unequal catchability. Biometrics
        43, 783-791.
    """
    hidden = estimate - n
    if hidden <= 0:
        return float(n), float(n)
    ratio = np.exp(normal_quantile(confidence) * np.sqrt(np.log1p(variance / hidden**2)))
    return float(n + hidden / ratio), float(n + hidden * ratio)


def normal_quantile(confidence: float) -> float:
    """The distance from the middle, in standard errors, that leaves half of the remaining chance in each tail."""
    return float(special.ndtri((1 + intervals.check_confidence(confidence)) / 2))
