"""The likelihood of a logistic regression under Jeffreys' penalty: its maximum, and limits by its profile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize, special

from analysis.risk.linearisation import Floats

_ITERATIONS = 500
# A maximum is found when no coefficient (of a column of mean square 1) moves by more than this.
_SETTLED = 1e-11
_HALVINGS = 40
_WIDENINGS = 60
# What rounding may take from the logarithm of a likelihood, as a share of it.
_ROUNDING = 1e-13


@dataclass(frozen=True, eq=False)
class At:
    """The likelihood at some coefficients: its logarithm, slope and curvature, and the rows' leverage (hat values)."""

    value: float
    slope: Floats
    curvature: Floats
    leverage: Floats


@dataclass(frozen=True, eq=False)
class PenalisedLikelihood:
    """Counts of outcomes by row, and what is to be made of them.

    Parameters
    ----------
    x : (rows, terms), columns of mean square near 1, linearly independent.
    events, trials : (rows,) those with the outcome and all, weighted or not; trials above 0.
    penalised : with half the logarithm of the information's determinant (Jeffreys' prior); else maximum likelihood.
    """

    x: Floats
    events: Floats
    trials: Floats
    penalised: bool = True

    def at(self, beta: Floats) -> At | None:
        """The likelihood at coefficients; None where it is 0 in double precision."""
        eta = self.x @ beta
        share = special.expit(eta)
        weighted = self.x * np.sqrt(self.trials * share * special.expit(-eta))[:, None]
        value = float(self.events @ eta - self.trials @ np.logaddexp(0, eta))
        try:
            root = linalg.cholesky(weighted.T @ weighted, lower=True, check_finite=False)
        except linalg.LinAlgError:
            return None
        leverage = (linalg.solve_triangular(root, weighted.T, lower=True, check_finite=False) ** 2).sum(axis=0)
        own = leverage if self.penalised else np.zeros(len(eta))
        if self.penalised:
            value += float(np.log(np.diag(root)).sum())
        slope = self.x.T @ (self.events - self.trials * share + own * (0.5 - share))
        # The curvature as if the leverages did not move: always positive, and exact where they do not (saturated).
        curvature = (self.x * ((self.trials + own) * share * special.expit(-eta))[:, None]).T @ self.x
        return At(value, slope, curvature, leverage) if np.isfinite(value) else None

    def known(self, beta: Floats) -> At:
        """The likelihood at coefficients where it cannot be 0, as at its maximum."""
        there = self.at(beta)
        if there is None:
            raise ArithmeticError("The likelihood is 0 at coefficients where it was found not to be.")
        return there

    def maximum(self, start: Floats, free: NDArray[np.bool_] | None = None) -> tuple[Floats, At] | None:
        """Coefficients that maximise the likelihood, those not `free` held where they are; None if none are found."""
        free = np.ones(len(start), dtype=bool) if free is None else free
        beta, now = start, self.at(start)
        for _ in range(_ITERATIONS):
            if now is None:
                return None
            step = np.zeros(len(beta))
            step[free] = linalg.solve(now.curvature[np.ix_(free, free)], now.slope[free], assume_a="pos")
            moved = self._uphill(beta, now, step)
            if moved is None or np.abs(step).max() < _SETTLED:
                return beta, now
            beta, now = moved
        return None

    def _uphill(self, beta: Floats, now: At, step: Floats) -> tuple[Floats, At] | None:
        """A step, halved until the likelihood does not fall by more than rounding; None where it always does."""
        for _ in range(_HALVINGS):
            there = self.at(beta + step)
            if there is not None and there.value >= now.value - _ROUNDING * abs(now.value):
                return beta + step, there
            step = step / 2
        return None


def profile_limit(likelihood: PenalisedLikelihood, best: Floats, held: int, fall: float, side: int) -> float:
    """Where twice the log-likelihood, maximised over the other coefficients, has fallen by `fall` from its maximum.

    Parameters
    ----------
    best : (terms,) the coefficients at the maximum.
    held : the coefficient whose limit is asked for.
    fall : above 0.
    side : -1 for the lower limit, 1 for the upper.

    Returns
    -------
    The limit; minus infinity or infinity where the likelihood does not fall so far.
    """
    peak = likelihood.known(best)
    free = np.arange(len(best)) != held
    known = {float(best[held]): (best, peak)}

    def beyond(value: float) -> float:
        """The root of the fall less that of `fall`: nearly a line. Infinity where no maximum is found."""
        if value not in known:
            near, there = known[min(known, key=lambda other: abs(other - value))]
            start = near.copy()
            start[held] = value
            # The others move with the one that is held, to first order.
            drift = linalg.solve(there.curvature[np.ix_(free, free)], there.curvature[free, held], assume_a="pos")
            moved = start.copy()
            moved[free] -= drift * (value - near[held])
            reached = likelihood.maximum(moved, free) or likelihood.maximum(start, free)
            if reached is None:
                return np.inf
            known[value] = reached
        return float(np.sqrt(max(2 * (peak.value - known[value][1].value), 0))) - float(np.sqrt(fall))

    inside = float(best[held])
    outside = inside + side * float(np.sqrt(fall * linalg.inv(peak.curvature)[held, held]))
    for _ in range(_WIDENINGS):
        reach = beyond(outside)
        if np.isinf(reach):
            break
        if reach >= 0:
            return float(optimize.brentq(beyond, inside, outside, xtol=1e-11, rtol=1e-12))
        inside, outside = outside, outside + 0.5 * (outside - float(best[held]))
    return float(np.copysign(np.inf, side))
