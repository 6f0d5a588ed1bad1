"""Convergence of Markov chains: split R-hat, effective sample sizes, and Monte Carlo errors of quantiles.

All are of Vehtari and others (2021): of ranks instead of values, so that heavy tails do no harm.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from bounded.refusal import Refusal

Floats = NDArray[np.float64]
# Two halves of four draws are the least of which a variance and a correlation can be had.
FEWEST_DRAWS = 8


def split_rhat(draws: ArrayLike) -> float:
    """Return the rank-normalised split R-hat: how much wider all chains are together than each half of one.

    Parameters
    ----------
    draws : (chains, draws) of one quantity; 8 draws a chain or more.

    Returns
    -------
    1 where all halves of chains agree, in their middle and in their spread; 1.01 is the most that is usually accepted.

    Raises
    ------
    ValueError : fewer than 8 draws a chain.

    References
    ----------
    Vehtari, A., Gelman, A., Simpson, D., Carpenter, B. and Bürkner, P.-C. (2021). Rank-normalization, folding, and
        localization: an improved R-hat for assessing convergence of MCMC. Bayesian Analysis 16, 667-718.
    """
    halves = _halves(draws)
    return max(_rhat(_normal_scores(halves)), _rhat(_normal_scores(np.abs(halves - np.median(halves)))))


def bulk_ess(draws: ArrayLike) -> float:
    """Return the effective sample size of the middle of the distribution.

    Parameters
    ----------
    draws : (chains, draws) of one quantity; 8 draws a chain or more.

    Returns
    -------
    Draws: the effective sample size of the normal scores of the ranks, chains split in halves.
    """
    return _ess(_normal_scores(_halves(draws)))


def tail_ess(draws: ArrayLike) -> float:
    """Return the effective sample size of the tails.

    Parameters
    ----------
    draws : (chains, draws) of one quantity; 8 draws a chain or more.

    Returns
    -------
    Draws: the smaller of the effective sample sizes of the 5 % and the 95 % quantile.
    """
    return min(quantile_ess(draws, 0.05), quantile_ess(draws, 0.95))


def quantile_ess(draws: ArrayLike, part: float) -> float:
    """Return the effective sample size of a quantile.

    Parameters
    ----------
    draws : (chains, draws) of one quantity; 8 draws a chain or more.
    part : of the distribution below the quantile, between 0 and 1.

    Returns
    -------
    Draws: the effective sample size of whether a draw is below the quantile.
    """
    values = np.asarray(draws, dtype=float)
    return _ess(_halves(values <= np.quantile(values, part)))


def quantile_error(draws: ArrayLike, part: float) -> float:
    """Return the Monte Carlo standard error of a quantile.

    Parameters
    ----------
    draws : (chains, draws) of one quantity; 8 draws a chain or more.
    part : of the distribution below the quantile, between 0 and 1.

    Returns
    -------
    In the unit of the draws: half the distance between the quantiles that stand one standard error below and above.
    """
    effective = quantile_ess(draws, part)
    at = stats.beta.ppf(special.ndtr([-1.0, 1.0]), effective * part + 1, effective * (1 - part) + 1)
    ordered = np.sort(np.asarray(draws, dtype=float), axis=None)
    low = max(math.floor(at[0] * ordered.size) - 1, 0)
    high = min(math.ceil(at[1] * ordered.size) - 1, ordered.size - 1)
    return float(ordered[high] - ordered[low]) / 2


def _halves(draws: ArrayLike) -> Floats:
    """(2 * chains, draws // 2): the first and the last half of each chain."""
    values = np.atleast_2d(np.asarray(draws, dtype=float))
    if values.shape[1] < FEWEST_DRAWS:
        raise Refusal(
            "too_few_draws", f"There are {values.shape[1]} draws a chain: what they are worth takes {FEWEST_DRAWS}."
        )
    half = values.shape[1] // 2
    return np.concatenate([values[:, :half], values[:, -half:]])


def _normal_scores(values: Floats) -> Floats:
    ranks = stats.rankdata(values, method="average").reshape(values.shape)
    return np.asarray(special.ndtri((ranks - 0.375) / (values.size + 0.25)))


def _rhat(values: Floats) -> float:
    draws = values.shape[1]
    within = values.var(axis=1, ddof=1).mean()
    between = values.mean(axis=1).var(ddof=1)
    if not within:
        return 1.0 if not between else math.inf
    return float(np.sqrt((draws - 1) / draws + between / within))


def _ess(values: Floats) -> float:
    """Geyer's initial monotone sequence over all chains."""
    chains, draws = values.shape
    total = chains * draws
    if np.ptp(values) == 0:
        return float(total)
    centred = values - values.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(centred, 2 * draws, axis=1)
    covariance = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :draws].mean(axis=0) / draws
    within = covariance[0] * draws / (draws - 1)
    together = covariance[0] + (values.mean(axis=1).var(ddof=1) if chains > 1 else 0.0)
    correlation = 1 - (within - covariance) / together
    correlation[0] = 1.0
    # Sums of neighbours, an even and an odd lag, are positive and fall where nothing but chance is left out.
    pairs = correlation[: 2 * ((draws - 3) // 2)].reshape(-1, 2).sum(axis=1)
    ends = np.flatnonzero(pairs <= 0)
    last = int(ends[0]) if ends.size else pairs.size
    time = -1 + 2 * np.minimum.accumulate(pairs[:last]).sum()
    # The next even lag counts once where it is positive: it makes chains that alternate less extreme.
    following = 2 * last
    if following < draws and correlation[following] > 0:
        time += correlation[following]
    return float(total / max(time, 1 / math.log10(total)))
