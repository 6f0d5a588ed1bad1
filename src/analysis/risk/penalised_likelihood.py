"""The likelihood of a logistic regression under Jeffreys' penalty: its maximum, and its profiles."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize, special

from analysis.risk.linearisation import Floats

_ITERATIONS = 300
# A maximum is found when the next step is shorter than a ten-thousand-millionth of the errors, or, of columns so nearly
# collinear that rounding hides it, when it is shorter than a millionth and does not shrink.
_SETTLED, _STUCK = 1e-20, 1e-12
# What is left to climb is more than this share of what was before: too slow.
_SLOW = 0.1
_HALVINGS, _LEAPS = 40, 20
_WIDENINGS = 60
_ROWS = 2000
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
    x : (rows, terms), columns well scaled and far from collinear, as `orthogonal` makes them.
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
        beta, now, before, slow = start, self.at(start), np.inf, False
        for _ in range(_ITERATIONS):
            if now is None:
                return None
            step = np.zeros(len(beta))
            step[free] = _solve(now.curvature, now.slope, free)
            slow = slow or float(step @ now.slope) > _SLOW * before
            if slow:
                # Newton's own step, where the likelihood is concave.
                with suppress(linalg.LinAlgError):
                    step[free] = _solve(self._exact_curvature(beta, now), now.slope, free)
            left = float(step @ now.slope)
            if left < _SETTLED or before <= left < _STUCK:
                return beta, now
            moved = self._uphill(beta, now, step)
            if moved is None:
                return (beta, now) if left < _STUCK else None
            (beta, now), before = moved, left
        return None

    def _exact_curvature(self, beta: Floats, now: At) -> Floats:
        """The curvature with the leverages moving as they do: not positive everywhere, and slower to compute."""
        if not self.penalised:
            return now.curvature
        share = special.expit(self.x @ beta)
        tilt = 1 - 2 * share
        weighted = self.x * np.sqrt(self.trials * share * special.expit(-(self.x @ beta)))[:, None]
        root = linalg.cholesky(weighted.T @ weighted, lower=True, check_finite=False)
        white = linalg.solve_triangular(root, weighted.T, lower=True, check_finite=False).T
        # The square of what one row has to do with another is a product of squares: no table of rows by rows is made.
        pull = np.zeros((white.shape[1], white.shape[1] ** 2))
        for first in range(0, len(white), _ROWS):
            part = slice(first, first + _ROWS)
            squares = (white[part, :, None] * white[part, None, :]).reshape(-1, pull.shape[1])
            pull += (self.x[part] * tilt[part, None]).T @ squares
        own = (self.x * (now.leverage * tilt**2)[:, None]).T @ self.x
        return now.curvature - (own - pull @ pull.T) / 2

    def _uphill(self, beta: Floats, now: At, step: Floats) -> tuple[Floats, At] | None:
        """A step, halved until the likelihood does not fall by more than rounding; None where it always does."""
        for _ in range(_HALVINGS):
            there = self.at(beta + step)
            if there is not None and there.value >= now.value - _ROUNDING * abs(now.value):
                return beta + step, there
            step = step / 2
        return None


def orthogonal(x: Floats, trials: Floats) -> tuple[Floats, Floats]:
    """Columns that span the same, orthogonal and of mean square 1 over all trials.

    The last coefficient of the new columns is that of the last column of `x` but for a factor, the last of the
    triangle's diagonal, so that what is asked of it may be asked where rounding does no harm.

    Returns
    -------
    columns : (rows, terms). triangle : (terms, terms), its diagonal above 0, by which coefficients of `x` become those
    of the new columns.
    """
    root = np.sqrt(trials / trials.sum())[:, None]
    basis, triangle = linalg.qr(x * root, mode="economic", check_finite=False)
    sign = np.sign(np.diag(triangle))
    return basis / root * sign, triangle * sign[:, None]


class Profile:
    """The likelihood along one coefficient, maximised over the others.

    Parameters
    ----------
    likelihood : of all coefficients. best : (terms,) at its maximum. held : which coefficient.
    """

    def __init__(self, likelihood: PenalisedLikelihood, best: Floats, held: int) -> None:
        self._likelihood, self._held = likelihood, held
        self._free = np.arange(len(best)) != held
        self._best, self._peak = float(best[held]), likelihood.known(best)
        self._known = {self._best: (best, self._peak)}

    def fall(self, value: float) -> float:
        """By how much twice the log-likelihood is lower at `value` of the coefficient; infinite if lost on the way."""
        aim = value
        for _ in range(_LEAPS):
            if value in self._known:
                return max(2 * (self._peak.value - self._known[value][1].value), 0.0)
            near = min(self._known, key=lambda other: abs(other - aim))
            # Half as far where it is too far for one leap.
            aim = value if self._reach(aim, near) else (near + aim) / 2
        return np.inf

    def _reach(self, value: float, near: float) -> bool:
        """Maximise over the other coefficients, from where they are at `near`; whether that is found."""
        beta, there = self._known[near]
        start = beta.copy()
        start[self._held] = value
        # The others move with the one that is held, to first order.
        moved = start.copy()
        moved[self._free] -= _solve(there.curvature, there.curvature[:, self._held], self._free) * (value - near)
        reached = self._likelihood.maximum(moved, self._free) or self._likelihood.maximum(start, self._free)
        if reached is not None:
            self._known[value] = reached
        return reached is not None

    def limit(self, fall: float, side: int) -> float:
        """Where it has fallen by `fall`, above 0: below the maximum (`side` -1) or above it (1).

        Returns
        -------
        The limit; minus infinity or infinity where the likelihood does not fall so far.
        """

        def beyond(value: float) -> float:
            # Nearly a line.
            return float(np.sqrt(self.fall(value)) - np.sqrt(fall))

        inside = self._best
        outside = inside + side * float(np.sqrt(fall * linalg.inv(self._peak.curvature)[self._held, self._held]))
        for _ in range(_WIDENINGS):
            reach = beyond(outside)
            if np.isinf(reach):
                break
            if reach >= 0:
                return float(optimize.brentq(beyond, inside, outside, xtol=1e-12, rtol=1e-12))
            inside, outside = outside, outside + 0.5 * (outside - self._best)
        return float(np.copysign(np.inf, side))


def _solve(curvature: Floats, right: Floats, free: NDArray[np.bool_]) -> Floats:
    if not free.any():
        return np.zeros(0)
    return linalg.solve(curvature[np.ix_(free, free)], right[free], assume_a="pos")
