"""The variance of weighted sums from a sample drawn in stages: within strata, between units, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.risk.refusal import NotEstimable

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Stage:
    """How the units of one stage were drawn.

    Parameters
    ----------
    unit : (n,) of each respondent, numbered from 0 through all strata.
    stratum : (units,) in which each unit was drawn, numbered from 0; from the second stage on, within a unit of the
        stage before.
    population : (strata,) units there are in each; None: drawn with replacement, or as good as that.
    names : (strata,) for messages.
    """

    unit: Codes
    stratum: Codes
    population: Floats | None
    names: Sequence[object]

    @property
    def sampled(self) -> Codes:
        """(strata,) units drawn in each."""
        return np.bincount(self.stratum)

    @property
    def fraction(self) -> Floats:
        """(strata,) share of the units that were drawn; 0 where drawn with replacement."""
        return np.zeros(len(self.sampled)) if self.population is None else self.sampled / self.population


def covariance(scores: ArrayLike, stages: Sequence[Stage]) -> Floats:
    """The covariance of sums of scores under the design by which the respondents were drawn.

    Each stage adds what its units differ within strata, times the shares drawn at the stages before it; a stage drawn
    with replacement is the last one that counts.

    Parameters
    ----------
    scores : (n,) or (n, k) one row a respondent: weight times the linearised value, 0 outside a domain.
    stages : the outermost first.

    Returns
    -------
    (k, k) covariance of the k sums.

    Raises
    ------
    NotEstimable : a stratum has one unit, drawn from more.

    References
    ----------
    Binder, D. A. (1983). On the variances of asymptotically normal estimators from complex surveys. International
        Statistical Review 51, 279-292.
    Särndal, C.-E., Swensson, B. and Wretman, J. (1992). Model Assisted Survey Sampling. Springer, ch. 4.
    """
    scores = np.asarray(scores, dtype=float)
    scores = scores.reshape(len(scores), -1)
    found = np.zeros((scores.shape[1], scores.shape[1]))
    # The chance of what lies above to have been drawn: of each respondent, then of each stratum of the stage.
    drawn = np.ones(len(scores))
    for number, stage in enumerate(stages, start=1):
        require_two_units(stage, number)
        units = len(stage.stratum)
        sums = np.stack([np.bincount(stage.unit, weights=column, minlength=units) for column in scores.T], axis=1)
        sampled, fraction = stage.sampled, stage.fraction
        means = np.stack([np.bincount(stage.stratum, weights=column) for column in sums.T], axis=1) / sampled[:, None]
        above = np.zeros(units)
        above[stage.unit] = drawn
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(fraction < 1, (1 - fraction) * sampled / (sampled - 1), 0.0)
        apart = sums - means[stage.stratum]
        found += (apart * (above * factor[stage.stratum])[:, None]).T @ apart
        if stage.population is None:
            break
        drawn = drawn * fraction[stage.stratum[stage.unit]]
    return found


def require_two_units(stage: Stage, number: int = 1) -> None:
    """Raise NotEstimable, naming the first stratum with one unit that was drawn from more."""
    lonely = (stage.sampled == 1) & (stage.fraction < 1)
    if lonely.any():
        name = stage.names[int(lonely.argmax())]
        where = "The sample" if name == "" else f"Stratum '{name}'" if number == 1 else f"Unit '{name}'"
        what = "PSU" if number == 1 else f"unit of stage {number}"
        raise NotEstimable(
            "lonely_psu",
            f"{where} has one {what} only, so that its variance is not known. Join it with the stratum most like it, "
            "as the sample was designed, or give the units of each respondent.",
        )
