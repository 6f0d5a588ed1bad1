"""Long moves of latent classes: Hamiltonian Monte Carlo, the classes of persons integrated out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

# Shares of a step's length, drawn anew for each trajectory so that none comes back to where it started.
_SHORTEST, _LONGEST = 0.6, 1.2
# Below, softplus(y) is the first two terms of its series; then exp(y) alone; then exp(y) is held where floats hold it.
_SMALL, _TINY, _LEAST = -12.0, -40.0, -600.0
# Places and speeds are multiples of this: processors that differ in the last digit then draw the same numbers.
_GRID = 2.0**-14


@dataclass(frozen=True)
class Patterns:
    """Persons by pattern of lists, a row each that is not empty.

    Parameters
    ----------
    on : (patterns, lists) 1 on the list, 0 not on it.
    counts : (patterns,) persons.
    """

    on: Whole
    counts: Whole


@dataclass
class Parameters:
    """Chances and shares of classes, of all columns (each a posterior of its own).

    Parameters
    ----------
    log_odds, log_off : (lists, columns, classes) of the chance λ of being on a list: log λ / (1 - λ), log (1 - λ).
    log_shares : (columns, classes) log π.
    """

    log_odds: Floats
    log_off: Floats
    log_shares: Floats

    def columns(self, chosen: Whole) -> Parameters:
        """Return the parameters of some columns, in this order."""
        return Parameters(self.log_odds[:, chosen], self.log_off[:, chosen], self.log_shares[chosen])

    def replace(self, chosen: NDArray[np.bool_] | Whole, other: Parameters) -> None:
        """Put other parameters in the place of some columns'."""
        self.log_odds[:, chosen], self.log_off[:, chosen] = other.log_odds, other.log_off
        self.log_shares[chosen] = other.log_shares


class Trajectories:
    """Leapfrog steps of all columns at once, each with a power of the likelihood.

    The number of persons is a Poisson number with mean T, p(T) ∝ 1/T, which is p(N) ∝ 1/N. The persons of a pattern are
    then Poisson too, with mean Σ_k w_k p_k(pattern) where w = π T: the density has no sum over persons, and a step of
    log w_k is one of N. Rows are the patterns observed, and last the one of no list.

    Steps are taken in y: log w = 4 log s(y), and log-odds of λ + log(1 + w) = 2 log s(y), s(y) = log(1 + e^y). The
    persons of a class on a list are about exp(log-odds) w, so that with more λ w the second makes steps of the square
    root of a Poisson number; the first is between that and a logarithm. So one length of steps suits all classes.

    Each step adds rounded numbers to places, then to speeds (Levesque and Verlet 1993): it stays exactly reversible.
    """

    def __init__(self, data: Patterns, classes: int, inclusion: tuple[float, float], powers: Floats) -> None:
        self.lists, self.classes, self.columns = data.on.shape[1], classes, len(powers)
        self.on, self.both = inclusion[0], inclusion[0] + inclusion[1]
        self.observed = len(data.counts)
        rows = self.observed + 1
        # Log probability of a row in a class: the log-odds of lists it is on, log(1 - λ) of all lists, log w.
        on = np.concatenate([data.on, np.zeros((1, self.lists))])
        self.rows = np.concatenate([on, np.ones((rows, self.lists + 1))], axis=1)
        self.terms = np.ascontiguousarray(self.rows.T)
        self.sums = np.kron(np.eye(self.columns), np.ones((classes, 1)))
        self.counts = data.counts[:, None] * powers
        self.fold = np.full((self.lists + 1, 1, 1), 2.0)
        self.fold[0] = 4.0
        # Lengths of steps in y: a fifth for log w, a half for chances.
        self.lengths = np.full((self.lists + 1, 1, 1), 0.5)
        self.lengths[0] = 0.2
        self.logs = np.empty((2 * self.lists + 1, self.columns, classes))
        self.weights = np.ones((rows, self.columns))

    def move(
        self,
        start: Parameters,
        totals: Floats,
        alpha: Floats,
        rng: np.random.Generator,
        length: Floats,
        steps: int,
    ) -> tuple[Parameters, Floats, Floats]:
        """Move each column along one trajectory, accepted or not.

        Parameters
        ----------
        start, totals, alpha : parameters, (columns,) T, (columns,) concentrations.
        rng, length, steps : random numbers, (columns,) how long steps are, and how many are taken.

        Returns
        -------
        The parameters after it, (rows, columns, classes) log π_k p_k(pattern) of them, and (columns,) the chances with
        which the ends were accepted.
        """
        self.alpha = alpha[:, None]
        y = self._places(start.log_odds, start.log_shares + np.log(totals)[:, None])
        y = _on_grid(y)
        before = self._chances(y)
        energy, force, first = self._density(y)
        pace = (length * rng.uniform(_SHORTEST, _LONGEST, self.columns))[:, None] * self.lengths
        speed = _on_grid(rng.standard_normal(y.shape))
        energy -= np.einsum("jck,jck->c", speed, speed) / 2
        speed += _on_grid(pace * force / 2)
        for _ in range(steps - 1):
            y = y + _on_grid(pace * speed)
            speed += _on_grid(pace * self._force(y)[0])
        y = y + _on_grid(pace * speed)
        last_energy, force, last = self._density(y)
        speed += _on_grid(pace * force / 2)
        gain = last_energy - np.einsum("jck,jck->c", speed, speed) / 2 - energy
        # What cannot be computed, at either end, is not accepted.
        gain = np.where(np.isfinite(gain), gain, -np.inf)
        yes = (np.log(rng.random(self.columns)) < gain)[:, None]
        logs = np.where(yes, last, first)
        log_odds, log_off, log_sizes = (np.where(yes, *both) for both in zip(self._chances(y), before, strict=True))
        size = np.logaddexp.reduce(log_sizes, axis=1)[:, None]
        return Parameters(log_odds, log_off, log_sizes - size), logs - size, np.exp(np.minimum(gain, 0))

    def _places(self, log_odds: Floats, log_sizes: Floats) -> Floats:
        """(1 + lists, columns, classes) y of parameters."""
        z = np.concatenate([log_sizes[None], log_odds + np.logaddexp(0, log_sizes)]) / self.fold
        soft = np.exp(z)
        return np.where(z < _TINY, z, soft + np.log(-np.expm1(-soft)))

    def _chances(self, y: Floats) -> tuple[Floats, Floats, Floats]:
        """Log-odds of λ, log(1 - λ) and log w of places."""
        z = self.fold * _softplus(y)[1]
        log_odds = z[1:] - np.log1p(np.exp(z[0]))
        return log_odds, -np.log1p(np.exp(log_odds)), z[0]

    def _force(self, y: Floats) -> tuple[Floats, tuple[Floats, ...]]:
        """Return the gradient of the log density, and its parts."""
        lists, classes, columns, observed = self.lists, self.classes, self.columns, self.observed
        soft, log_soft, slope, flat = _softplus(y)
        z = self.fold * log_soft
        log_sizes, sizes = z[0], np.exp(z[0])
        one_more = 1 + sizes
        logs = self.logs
        log_odds = np.subtract(z[1:], np.log(one_more), out=logs[:lists])
        odds = np.exp(log_odds)
        off = 1 + odds
        np.negative(np.log(off), out=logs[lists:-1])
        logs[-1] = log_sizes
        by_class = self.rows @ logs.reshape(len(logs), -1)
        likely = np.exp(by_class)
        of_rows = likely @ self.sums
        np.divide(self.counts, of_rows[:observed], out=self.weights[:observed])
        divided = likely.reshape(-1, columns, classes) * self.weights[:, :, None]
        persons = (self.terms @ divided.reshape(len(divided), -1)).reshape(-1, columns, classes)
        force = np.empty_like(y)
        of_odds = force[1:]
        np.add(persons[:lists], self.on, out=of_odds)
        of_odds -= (odds / off) * (persons[lists:-1] + self.both)
        # The prior of π: (α - 1) log π_last - Σ log of what is left of the stick, and the Jacobian Σ log π.
        left = sizes[:, ::-1].cumsum(axis=1)[:, ::-1]
        shares = sizes / left[:, :1]
        broken = max(classes - 2, 0)
        of_sizes = persons[-1] - sizes - shares * (self.alpha - 1 + classes - broken) + 1
        of_sizes -= of_odds.sum(axis=0) * (sizes / one_more)
        of_sizes[:, -1] += self.alpha[:, 0] - 1
        if broken:
            parts = np.cumsum(left[:, :1] / np.maximum(left[:, 1:-1], 1e-250), axis=1)
            of_sizes[:, 1:-1] -= shares[:, 1:-1] * parts
            of_sizes[:, -1] -= shares[:, -1] * parts[:, -1]
        force[0] = of_sizes
        force *= self.fold * slope
        force += flat
        force -= slope
        return force, (log_sizes, sizes, logs, of_rows, by_class, soft, log_soft)

    def _density(self, y: Floats) -> tuple[Floats, Floats, Floats]:
        """(columns,) log density of places, its gradient, and (rows, columns, classes) log w_k p_k(pattern)."""
        force, (log_sizes, sizes, logs, of_rows, by_class, soft, log_soft) = self._force(y)
        seen, unseen = of_rows[: self.observed], of_rows[self.observed :]
        density = (self.counts * np.log(seen)).sum(axis=0) - sizes.sum(axis=1) + unseen.sum(axis=0)
        density += (self.on * logs[: self.lists] + self.both * logs[self.lists : -1]).sum(axis=(0, 2))
        left = np.logaddexp.accumulate(log_sizes[:, ::-1], axis=1)[:, ::-1]
        log_shares = log_sizes - left[:, :1]
        density += log_stick(log_shares, self.alpha[:, 0]) + log_shares.sum(axis=1)
        density += (y - soft - log_soft).sum(axis=(0, 2))
        return density, force, by_class.reshape(-1, self.columns, self.classes)


def _on_grid(values: Floats) -> Floats:
    """The nearest multiples of the grid. A step back from a step of them ends exactly where it began."""
    scaled = values * (1 / _GRID)
    np.rint(scaled, out=scaled)
    scaled *= _GRID
    return scaled


def _softplus(y: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """s = log(1 + e^y), log s, the slope of log s, 1 - the slope of s: by `exp` and `log`, the fastest functions."""
    power = np.exp(np.minimum(np.maximum(y, _LEAST), -_LEAST))
    more = 1 + power
    soft = np.log(more)
    soft += np.maximum(y + _LEAST, 0)
    soft = np.where(y < _SMALL, power * (1 - power / 2), soft)
    flat = 1 / more
    return soft, np.where(y < _TINY, y, np.log(soft)), power * flat / soft, flat


def log_stick(log_shares: Floats, alpha: Floats) -> Floats:
    """Return (columns,) log density of shares broken from a stick with V ~ Beta(1, α), a power of α left out."""
    left = np.logaddexp.accumulate(log_shares[:, ::-1], axis=1)[:, ::-1]
    return np.asarray((alpha - 1) * log_shares[:, -1] - left[:, 1:-1].sum(axis=1))
