"""Draws from the posterior of latent classes: chains side by side, from patterns and not from persons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

# In the first part of the burn-in persons are let in little by little, in so many steps, from this share on.
_STEPS, _FIRST_SHARE, _ANNEALED = 40, 0.03, 0.8
# Standard deviations of steps: of log alpha, and of the log of the unseen of a class, one of three.
_STEP_ALPHA, _STEPS_UNSEEN = 2.0, np.array([0.1, 0.4, 1.2])
_AT_ONCE = 500  # iterations whose uniform and normal numbers are drawn together
_SMALLEST = 1e-300


@dataclass(frozen=True)
class Patterns:
    """Persons by stratum and pattern: a row each that is not empty, then one a stratum for those on no list.

    Parameters
    ----------
    entries : (rows, lists) 1 on the list, 0 not on it, 2 missing: the list does not cover the stratum.
    counts, strata : (observed rows,) persons, and the number of their stratum.
    covered : (strata, lists) whether a list covers a stratum.
    """

    entries: Whole
    counts: Whole
    strata: Whole
    covered: NDArray[np.bool_]


class Sampler:
    """All chains side by side: arrays have them on the first axis, and each draws from a stream of its own.

    θ, the log of π and of λ, is carried from one iteration to the next, with α; the division of persons is not.
    """

    def __init__(
        self,
        data: Patterns,
        classes: int,
        concentration: tuple[float, float],
        inclusion: tuple[float, float],
        chains: int,
        seed: int,
    ) -> None:
        self.data, self.classes, self.chains = data, classes, chains
        self.lists = data.covered.shape[1]
        self.shape, self.rate = concentration
        self.on, self.off = inclusion
        self.streams = [np.random.default_rng(each) for each in np.random.SeedSequence(seed).spawn(chains)]
        self.places = np.arange(self.lists) * 3 + data.entries
        # (rows, lists) whether a person of a row is on a list, and whether it covers them and they are not.
        self.is_on, self.is_off = (np.asarray(data.entries == entry, dtype=np.int64) for entry in (1, 0))
        self.all_covered = bool(data.covered.all())
        self.counts, self.observed = data.counts, len(data.counts)
        self.entering = _bit_reversed(int(data.counts.sum()))
        self._from_the_priors()

    def _from_the_priors(self) -> None:
        size = (self.lists, self.classes)
        chances = np.stack([stream.beta(self.on, self.off, size) for stream in self.streams])
        chances = np.clip(chances, 1e-6, 1 - 1e-6)
        self.log_chances = np.zeros((self.chains, self.lists, 3, self.classes))
        self.log_chances[:, :, 0], self.log_chances[:, :, 1] = np.log1p(-chances), np.log(chances)
        self.alpha = np.array([max(stream.gamma(self.shape, 1 / self.rate), 0.01) for stream in self.streams])
        self.log_shares = np.full((self.chains, self.classes), -np.log(self.classes))

    def run(self, draws: int, burn_in: int, thin: int) -> tuple[Whole, Whole]:
        """(chains, draws, strata) persons, seen and unseen, and (chains, draws) classes with anybody in them."""
        strata = len(self.data.covered)
        kept = np.empty((self.chains, draws, strata), dtype=np.int64)
        occupied = np.empty((self.chains, draws), dtype=np.int64)
        seen = np.bincount(self.data.strata, self.data.counts, strata).astype(np.int64)
        shares = dict(self._entering(burn_in))
        chance = self._chance(burn_in + draws * thin)
        for iteration in range(burn_in + draws * thin):
            if iteration in shares:
                self._let_in(shares[iteration])
            unseen, persons = self._iterate(*next(chance))
            place, left = divmod(iteration - burn_in, thin)
            if place >= 0 and left == thin - 1:
                kept[:, place] = seen + unseen.sum(axis=2)
                occupied[:, place] = (persons > 0).sum(axis=1)
        return kept, occupied

    def _entering(self, burn_in: int) -> Iterator[tuple[int, float]]:
        """At which iterations which share of the persons is there."""
        last = int(_ANNEALED * burn_in)
        steps = min(_STEPS, last)
        yield from ((last * step // steps, _FIRST_SHARE ** (1 - step / steps)) for step in range(steps))
        yield last, 1.0

    def _let_in(self, share: float) -> None:
        """Persons enter evenly from all patterns, and who has entered stays."""
        there = np.flatnonzero(self.entering < max(1, int(share * len(self.entering))))
        ends = np.cumsum(self.data.counts)
        self.counts = np.bincount(np.searchsorted(ends, there, side="right"), minlength=self.observed)
        self.upto = np.cumsum(self.counts)
        self.seen = np.bincount(self.data.strata, self.counts, len(self.data.covered)).astype(np.int64)

    def _chance(self, iterations: int) -> Iterator[tuple[Floats, Floats, Floats]]:
        """(8, chains) uniform and (2, chains) normal numbers, and (chains, classes - 1) exponential, an iteration."""
        for start in range(0, iterations, _AT_ONCE):
            size = min(_AT_ONCE, iterations - start)
            uniform = np.stack([stream.random((size, 8)) for stream in self.streams], axis=2)
            normal = np.stack([stream.standard_normal((size, 2)) for stream in self.streams], axis=2)
            waits = [stream.standard_exponential((size, self.classes - 1)) for stream in self.streams]
            yield from zip(uniform, normal, np.stack(waits, axis=1), strict=True)

    def _iterate(self, uniform: Floats, normal: Floats, waits: Floats) -> tuple[Whole, Whole]:
        """One iteration: the unseen (chains, strata, classes) and the persons (chains, classes) after it."""
        divided = self._divide()
        persons = divided.sum(axis=1)
        on = np.einsum("crk,rj->cjk", divided, self.is_on)
        off = persons[:, None] - on if self.all_covered else np.einsum("crk,rj->cjk", divided, self.is_off)
        unseen = divided[:, self.observed :]
        if self.classes > 1:
            log_sticks = self._sticks(persons, self.alpha)
            log_sticks = self._move_alpha(persons, log_sticks, normal[0], uniform[0])
        else:
            log_sticks = np.zeros(self.chains)
        log_sticks = self._move_unseen(divided, unseen, persons, on, off, log_sticks, normal[1], uniform[1:5])
        if self.classes > 1:
            self._swap(persons, on, off, log_sticks, uniform[5:8])
        self._draw(persons, on, off, waits)
        return unseen, persons

    def _divide(self) -> Whole:
        """Persons of each row by class, those on no list drawn first: (chains, rows, classes)."""
        logs = self.log_chances.reshape(self.chains, -1, self.classes)[:, self.places].sum(axis=2)
        logs += self.log_shares[:, None]
        top = logs.max(axis=2, keepdims=True)
        likely = np.exp(logs - top)
        sums = likely.sum(axis=2, keepdims=True)
        likely /= sums
        on_none = (np.exp(top) * sums)[:, self.observed :, 0]
        odds = on_none / np.maximum(1 - on_none, 1e-12)
        divided = np.empty(likely.shape, dtype=np.int64)
        numbers = np.append(self.counts, self.seen)
        for chain, stream in enumerate(self.streams):
            # A negative binomial number, as a Poisson number with a Gamma mean.
            numbers[self.observed :] = stream.poisson(stream.standard_gamma(self.seen) * odds[chain])
            divided[chain] = stream.multinomial(numbers, likely[chain])
        return divided

    def _sticks(self, persons: Whole, alpha: Floats) -> Floats:
        """Log probability of the division (chains,), the breaks of the stick integrated out; a power of α left out."""
        upto = persons[:, ::-1].cumsum(axis=1)[:, ::-1]
        after = alpha[:, None] + upto[:, 1:]
        whole = 1.0 + alpha[:, None] + upto[:, :-1]
        return np.asarray((gammaln(1.0 + persons[:, :-1]) + gammaln(after) - gammaln(whole)).sum(axis=1))

    def _move_alpha(self, persons: Whole, log_sticks: Floats, normal: Floats, uniform: Floats) -> Floats:
        """A step of log α, given the division alone."""
        step = _STEP_ALPHA * normal
        alpha = self.alpha * np.exp(step)
        moved = self._sticks(persons, alpha)
        ratio = moved - log_sticks + (self.shape + self.classes - 1) * step - self.rate * (alpha - self.alpha)
        yes = np.log(uniform) < ratio
        self.alpha = np.where(yes, alpha, self.alpha)
        return np.where(yes, moved, log_sticks)

    def _move_unseen(
        self,
        divided: Whole,
        unseen: Whole,
        persons: Whole,
        on: Whole,
        off: Whole,
        log_sticks: Floats,
        normal: Floats,
        uniform: Floats,
    ) -> Floats:
        """More or fewer unseen persons in one class of one stratum: those of a seen person, λ and V integrated out."""
        chains = np.arange(self.chains)
        row = np.searchsorted(self.upto, uniform[0] * self.upto[-1], side="right")
        classes = (divided[chains, row].cumsum(axis=1) <= (uniform[1] * self.counts[row])[:, None]).sum(axis=1)
        stratum = self.data.strata[row]
        number = unseen[chains, stratum, classes]
        # The number is the whole part of a continuous one, which is multiplied.
        within = (uniform[1] * self.counts[row]) % 1
        scale = _STEPS_UNSEEN[(3 * uniform[2]).astype(np.int64)]
        place = number + within
        moved_to = np.minimum(place * np.exp(scale * normal), 1e12)
        change = moved_to.astype(np.int64) - number
        total = unseen.sum(axis=2)[chains, stratum] + self.seen[stratum]
        missed, listed = self.off + off[chains, :, classes], self.on + on[chains, :, classes]
        # The entries of lists that do not cover the stratum are missing, however many persons there are.
        entries = change[:, None] * self.data.covered[stratum]
        ratio = (gammaln(missed + entries) - gammaln(missed)).sum(axis=1)
        ratio -= (gammaln(listed + missed + entries) - gammaln(listed + missed)).sum(axis=1)
        ratio += gammaln(total + change) - gammaln(total) - gammaln(number + change + 1.0) + gammaln(number + 1.0)
        ratio += np.log(np.maximum(moved_to, _SMALLEST) / np.maximum(place, _SMALLEST))
        changed = persons.copy()
        changed[chains, classes] += change
        moved = self._sticks(changed, self.alpha)
        yes = np.log(uniform[3]) < ratio + moved - log_sticks
        change = np.where(yes, change, 0)
        unseen[chains, stratum, classes] += change
        persons[chains, classes] += change
        off[chains, :, classes] += entries * yes[:, None]
        return np.where(yes, moved, log_sticks)

    def _swap(self, persons: Whole, on: Whole, off: Whole, log_sticks: Floats, uniform: Floats) -> None:
        """Two classes change places on the stick."""
        chains = np.arange(self.chains)
        one = (uniform[0] * self.classes).astype(np.int64)
        other = (one + 1 + (uniform[1] * (self.classes - 1)).astype(np.int64)) % self.classes
        swapped = persons.copy()
        swapped[chains, one], swapped[chains, other] = persons[chains, other], persons[chains, one]
        yes = np.flatnonzero(np.log(uniform[2]) < self._sticks(swapped, self.alpha) - log_sticks)
        one, other = one[yes], other[yes]
        persons[yes] = swapped[yes]
        for counts in (on, off):
            counts[yes, :, one], counts[yes, :, other] = counts[yes, :, other], counts[yes, :, one]

    def _draw(self, persons: Whole, on: Whole, off: Whole, waits: Floats) -> None:
        """λ and V, and with V the shares of classes, given the division and α; on the scale of logs."""
        cells = self.lists * self.classes
        after = self.alpha[:, None] + persons[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
        shapes = np.concatenate(
            [
                (self.on + on).reshape(self.chains, cells),
                (self.off + off).reshape(self.chains, cells),
                1.0 + persons[:, :-1],
                1.0 + after,
            ],
            axis=1,
        )
        gammas = np.stack([stream.standard_gamma(shapes[chain]) for chain, stream in enumerate(self.streams)])
        gammas = np.maximum(gammas, _SMALLEST)
        logs = np.log(gammas)
        shape = (self.chains, self.lists, self.classes)
        both = np.log(gammas[:, :cells] + gammas[:, cells : 2 * cells])
        self.log_chances[:, :, 1] = (logs[:, :cells] - both).reshape(shape)
        self.log_chances[:, :, 0] = (logs[:, cells : 2 * cells] - both).reshape(shape)
        taken = logs[:, 2 * cells : 2 * cells + self.classes - 1]
        # A Gamma number of shape a is one of a + 1 times a uniform number to the power 1/a: a may be next to nothing.
        left = logs[:, 2 * cells + self.classes - 1 :] - waits / after
        both = np.logaddexp(taken, left)
        self.log_shares = np.zeros((self.chains, self.classes))
        self.log_shares[:, 1:] = (left - both).cumsum(axis=1)
        self.log_shares[:, :-1] += taken - both


def _bit_reversed(number: int) -> Whole:
    """The numbers from 0 on, in an order that fills the range evenly at any length."""
    bits = max(1, (number - 1).bit_length())
    backwards = [int(f"{place:0{bits}b}"[::-1], 2) for place in range(number)]
    return np.argsort(np.argsort(backwards, kind="stable"), kind="stable")
