"""One logistic fit under Jeffreys' penalty: coefficients, the limits of each, and intercepts that suit predictions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, special

from analysis.risk.linearisation import Floats
from analysis.risk.penalised_likelihood import At, PenalisedLikelihood, Profile, orthogonal
from analysis.risk.refusal import NotEstimable

LIMITS = ["standard_error", "low", "high", "p_value", "wald_low", "wald_high", "wald_p_value"]


@dataclass(frozen=True, eq=False)
class Counts:
    """Terms of distinct rows, those with the outcome and all; whether Jeffreys' penalty is on them."""

    x: Floats
    events: Floats
    trials: Floats
    penalised: bool = True

    def likelihood(self, place: int) -> tuple[PenalisedLikelihood, Floats]:
        """In orthogonal columns, the last of which is about the term at `place`; and their triangle."""
        columns, triangle = orthogonal(_last(self.x, place), self.trials)
        return PenalisedLikelihood(columns, self.events, self.trials, self.penalised), triangle


@dataclass(frozen=True, eq=False)
class Fit:
    """Coefficients by term, the leverage of rows, and the logarithm of the likelihood on the scale of the terms."""

    coefficients: Floats
    leverage: Floats
    loglikelihood: float


def fit_counts(counts: Counts) -> Fit:
    """Fit a model. Raises NotEstimable where no maximum is found."""
    likelihood, triangle = counts.likelihood(0)
    best, peak = _found(likelihood.maximum(np.zeros(len(triangle))))
    back = linalg.solve_triangular(triangle, best)
    return Fit(np.append(back[-1], back[:-1]), peak.leverage, peak.value + float(np.log(np.diag(triangle)).sum()))


def null_loglikelihood(counts: Counts) -> float:
    """The logarithm of the penalised likelihood where all coefficients but the intercept are 0."""
    columns, triangle = orthogonal(counts.x, counts.trials)
    # Of the triangle's columns the first is 0 below its diagonal, so that the intercept is the first coefficient alone.
    likelihood = PenalisedLikelihood(columns, counts.events, counts.trials)
    _, at = _found(likelihood.maximum(np.zeros(len(triangle)), np.arange(len(triangle)) == 0))
    return at.value + float(np.log(np.diag(triangle)).sum())


def told_apart(counts: Counts, leverage: Floats) -> Counts:
    """The respondents, and the penalty's pseudo-observations (half with the outcome) with a term of their own."""
    return Counts(
        x=np.column_stack([np.tile(counts.x, (2, 1)), np.repeat([0.0, 1.0], len(counts.x))]),
        events=np.append(counts.events, leverage / 2),
        trials=np.append(counts.trials, leverage),
        penalised=False,
    )


def adding_up(counts: Counts, estimate: Floats) -> float:
    """The intercept at which the predicted probabilities add up to the outcomes, the other coefficients held (FLIC)."""
    others = counts.x[:, 1:] @ estimate[1:]
    events = counts.events.sum()
    middle = special.logit(events / counts.trials.sum())
    return float(
        optimize.brentq(
            lambda value: counts.trials @ special.expit(value + others) - events,
            middle - others.max(initial=0) - 1,
            middle - others.min(initial=0) + 1,
            xtol=1e-13,
            rtol=1e-13,
        )
    )


def limits_of(counts: Counts, estimate: Floats, place: int, confidence: float) -> Floats:
    """The columns of `LIMITS` of the coefficient at `place`, by profile beside Wald's."""
    likelihood, triangle = counts.likelihood(place)
    best, peak = _found(likelihood.maximum(triangle @ _last(estimate, place)))
    along, unit = Profile(likelihood, best, len(best) - 1), triangle[-1, -1]
    fall = float(special.chdtri(1, 1 - confidence))
    error, *wald = _wald(peak, float(best[-1]), confidence)
    own = np.array([error, along.limit(fall, -1), along.limit(fall, 1), 0, *wald[:2], 0]) / unit
    own[LIMITS.index("p_value")] = special.chdtrc(1, along.fall(0.0))
    own[LIMITS.index("wald_p_value")] = wald[2]
    return own


def by_wald(counts: Counts, estimate: Floats, confidence: float) -> Floats:
    """The columns of `LIMITS` of the intercept, by the curvature at coefficients that are no maximum."""
    likelihood, triangle = counts.likelihood(0)
    there = triangle @ _last(estimate, 0)
    error, low, high, p = _wald(likelihood.known(there), float(there[-1]), confidence)
    unit = triangle[-1, -1]
    return np.array([error / unit, low / unit, high / unit, p, low / unit, high / unit, p])


def _wald(at: At, estimate: float, confidence: float) -> tuple[float, float, float, float]:
    """Standard error, limits and p-value of the last coefficient."""
    error = float(np.sqrt(linalg.inv(at.curvature)[-1, -1]))
    reach = float(special.ndtri((1 + confidence) / 2)) * error
    return error, estimate - reach, estimate + reach, float(special.chdtrc(1, (estimate / error) ** 2))


def _last(values: Floats, place: int) -> Floats:
    """The same, with one of the columns (or numbers) moved to the end."""
    return np.concatenate([np.delete(values, place, axis=-1), values[..., [place]]], axis=-1)


def _found(reached: tuple[Floats, At] | None) -> tuple[Floats, At]:
    if reached is None:
        raise NotEstimable(
            "not_converged",
            "The penalised likelihood's maximum was not found to the precision asked for: some covariate has values so "
            "extreme that its probabilities are 0 and 1. Its logarithm, or categories, would help.",
        )
    return reached
