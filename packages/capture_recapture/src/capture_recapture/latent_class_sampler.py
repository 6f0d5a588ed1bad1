"""Draws from the posterior of latent classes: chains side by side, from patterns and not from persons."""

from __future__ import annotations

import numpy as np

from capture_recapture.latent_class_trajectories import Floats, Parameters, Patterns, Trajectories, Whole, log_stick

# Shape and rate of the Gamma prior of α: Manrique-Vallier's.
CONCENTRATION = (0.25, 0.25)
# Gibbs sampling alone has too few effective draws: of Kosovo 20 of 100,000 iterations, of the United Kingdom 8; these
# trajectories without lower powers have 470 and 260 of 10,000 draws, and with them more than 2,000.
# Powers of the likelihood. Between explanations that the data hold far apart a chain goes by way of the lower ones.
POWERS = (1.0, 0.68, 0.46, 0.31, 0.2)
# Steps of a trajectory, and the share of trajectories that shall be accepted: the length of steps is set by it.
_STEPS, _ACCEPTED, _FIRST_LENGTH = 24, 0.8, 0.5
_SWAPS = 2  # pairs of classes that may change places, an iteration
_EXCHANGES = 3  # rounds of exchanges between all neighbouring powers, an iteration
_SMALLEST, _LEAST_ALPHA, _MOST_UNSEEN = 1e-300, 1e-14, 1e15


class Sampler:
    """All chains side by side, each with a column for every power of the likelihood: columns are an axis of arrays.

    An iteration: the means T of totals; a trajectory of shares and chances; α; places of classes; neighbouring powers
    exchange what they have; and in the columns of the posterior itself persons are divided among classes, and shares
    and chances drawn from the division.
    """

    def __init__(
        self,
        data: Patterns,
        classes: int,
        inclusion: tuple[float, float],
        chains: int,
        seed: int,
    ) -> None:
        self.data, self.classes, self.chains = data, classes, chains
        self.lists = data.on.shape[1]
        self.shape, self.rate = CONCENTRATION
        self.on, self.off = inclusion
        self.rng = np.random.default_rng(seed)
        self.powers = np.tile(POWERS, chains)
        self.columns = len(self.powers)
        self.posterior = np.arange(chains) * len(POWERS)
        self.seen = int(data.counts.sum())
        self.trajectories = Trajectories(data, classes, inclusion, self.powers)
        self.lengths, self.adapted = np.full(len(POWERS), _FIRST_LENGTH), 0
        chances = self.rng.beta(self.on, self.off, (self.lists, self.columns, classes))
        chances = np.clip(chances, 1e-6, 1 - 1e-6)
        equal = np.full((self.columns, classes), -np.log(classes))
        self.now = Parameters(np.log(chances) - np.log1p(-chances), np.log1p(-chances), equal)
        self.alpha = np.maximum(self.rng.gamma(self.shape, 1 / self.rate, self.columns), 0.01)

    def run(self, draws: int, burn_in: int, thin: int) -> tuple[Whole, Whole]:
        """Draw (chains, draws) persons, seen and unseen, and (chains, draws) classes with anybody in them."""
        kept = np.empty((self.chains, draws), dtype=np.int64)
        occupied = np.empty((self.chains, draws), dtype=np.int64)
        # Trajectories may run to where floats end: what comes of it is not accepted.
        with np.errstate(all="ignore"):
            for iteration in range(burn_in + draws * thin):
                unseen, persons = self._iterate(iteration < burn_in)
                place, left = divmod(iteration - burn_in, thin)
                if place >= 0 and left == thin - 1:
                    kept[:, place] = self.seen + unseen
                    occupied[:, place] = (persons > 0).sum(axis=1)
        return kept, occupied

    def _iterate(self, adapting: bool) -> tuple[Floats, Floats]:
        """Run one iteration: the unseen (chains,) and the persons (chains, classes) after it."""
        lengths = np.tile(self.lengths, self.chains)
        self.now, logs, accepted = self.trajectories.move(
            self.now, self._totals(self.now, self.powers), self.alpha, self.rng, lengths, _STEPS
        )
        if adapting:
            self.adapted += 1
            off = accepted.reshape(self.chains, -1).mean(axis=0) - _ACCEPTED
            self.lengths = self.lengths * np.exp(1.5 * off / (self.adapted + 5) ** 0.6)
        # Given the breaks of the stick α is a Gamma number.
        alpha = self.rng.gamma(self.shape + self.classes - 1, 1 / (self.rate - self.now.log_shares[:, -1]))
        self.alpha = np.maximum(alpha, _LEAST_ALPHA)
        if self.classes > 1:
            self._swap(logs)
        logs = self._exchange(logs)
        return self._divide(logs[:, self.posterior])

    def _totals(self, now: Parameters, powers: Floats) -> Floats:
        """Draw (columns,) T: the mean of the number of persons, given the parameters and the persons seen."""
        on_none = np.exp(now.log_off.sum(axis=0) + now.log_shares).sum(axis=1)
        totals = self.rng.standard_gamma(self.seen * powers) / np.maximum(1 - on_none, 1e-12)
        return np.maximum(totals, _SMALLEST)

    def _swap(self, logs: Floats) -> None:
        """Two classes change places on the stick, a few times."""
        columns = np.arange(self.columns)
        order = np.tile(np.arange(self.classes), (self.columns, 1))
        shares = self.now.log_shares
        density = log_stick(shares, self.alpha)
        ones = self.rng.integers(self.classes, size=(_SWAPS, self.columns))
        others = (ones + self.rng.integers(1, self.classes, size=ones.shape)) % self.classes
        for one, other, least in zip(ones, others, np.log(self.rng.random(ones.shape)), strict=True):
            swapped, places = shares.copy(), order.copy()
            swapped[columns, one], swapped[columns, other] = shares[columns, other], shares[columns, one]
            places[columns, one], places[columns, other] = order[columns, other], order[columns, one]
            after = log_stick(swapped, self.alpha)
            yes = least < after - density
            shares, order = np.where(yes[:, None], swapped, shares), np.where(yes[:, None], places, order)
            density = np.where(yes, after, density)
        self.now.log_shares = shares
        for values in (self.now.log_odds, self.now.log_off, logs):
            values[:] = values[:, columns[:, None], order]

    def _exchange(self, logs: Floats) -> Floats:
        """Columns of neighbouring powers of one chain change places; `logs` in the order after it."""
        top = logs.max(axis=2)
        of_rows = top + np.log(np.exp(logs - top[:, :, None]).sum(axis=2))
        on_a_list = np.maximum(-np.expm1(of_rows[-1]), _SMALLEST)
        likelihood = self.data.counts @ of_rows[:-1] - self.seen * np.log(on_a_list)
        order = np.arange(self.columns)
        for start in _EXCHANGES * (0, 1):
            lower = (self.posterior[:, None] + np.arange(start, len(POWERS) - 1, 2)).ravel()
            there, beyond = likelihood[order[lower]], likelihood[order[lower + 1]]
            gain = (self.powers[lower] - self.powers[lower + 1]) * (beyond - there)
            lower = lower[np.log(self.rng.random(len(lower))) < gain]
            order[lower], order[lower + 1] = order[lower + 1], order[lower]
        self.now, self.alpha = self.now.columns(order), self.alpha[order]
        return logs[:, order]

    def _divide(self, logs: Floats) -> tuple[Floats, Floats]:
        """Persons of each row by class, and shares and chances given the division: in the posterior's columns."""
        likely = np.exp(logs[:-1] - logs[:-1].max(axis=2, keepdims=True))
        likely /= likely.sum(axis=2, keepdims=True)
        divided = np.empty(logs.shape)
        divided[:-1] = self.rng.multinomial(self.data.counts[:, None], likely)
        # A negative binomial number, as Poisson numbers with a Gamma mean.
        totals = self._totals(self.now.columns(self.posterior), np.ones(self.chains))
        divided[-1] = self.rng.poisson(np.minimum(totals[:, None] * np.exp(logs[-1]), _MOST_UNSEEN))
        counts = (self.trajectories.terms @ divided.reshape(len(divided), -1)).reshape(-1, self.chains, self.classes)
        on, persons = counts[: self.lists], counts[-1]
        off = counts[self.lists : -1] - on
        self.now.replace(self.posterior, self._draw(on, off, persons))
        return divided[-1].sum(axis=1), persons

    def _draw(self, on: Floats, off: Floats, persons: Floats) -> Parameters:
        """λ and the shares of classes, given the division and α; on the scale of logs."""
        gammas = np.maximum(self.rng.standard_gamma(np.concatenate([on + self.on, off + self.off])), _SMALLEST)
        log_gammas = np.log(gammas)
        log_on, log_off = log_gammas[: self.lists], log_gammas[self.lists :]
        both = np.log(gammas[: self.lists] + gammas[self.lists :])
        after = self.alpha[self.posterior, None] + persons[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
        taken = np.log(np.maximum(self.rng.standard_gamma(1 + persons[:, :-1]), _SMALLEST))
        # A Gamma number of shape a is one of a + 1 times a uniform number to the power 1/a: a may be next to nothing.
        left = np.log(np.maximum(self.rng.standard_gamma(1 + after), _SMALLEST))
        left -= self.rng.standard_exponential(after.shape) / after
        whole = np.logaddexp(taken, left)
        log_shares = np.zeros(persons.shape)
        log_shares[:, 1:] = (left - whole).cumsum(axis=1)
        log_shares[:, :-1] += taken - whole
        return Parameters(log_on - log_off, log_off - both, log_shares)
