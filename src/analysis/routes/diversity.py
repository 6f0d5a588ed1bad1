"""How many routes there are in effect, from the persons seen on each: entropy, Simpson's index, unseen routes.

Each person counts once for each route that the person was on. Where some were on several, this is the incidence of
routes in persons, and the estimators are those for incidence; where each was on one, they are those for abundance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

# Terms that are added one by one before Euler and Maclaurin's formula takes the rest.
_ONE_BY_ONE = 8


def entropy(counts: NDArray[np.float64], persons: int) -> NDArray[np.float64]:
    """Shannon's entropy in nats, with what unseen routes add.

    Parameters
    ----------
    counts : persons on each route, whole numbers; shape (..., routes).
    persons : distinct persons.

    References
    ----------
    Chao, A., Wang, Y. T., & Jost, L. (2013). Entropy and the species accumulation curve: a novel estimator of entropy
    via discovery rates of new species. Methods in Ecology and Evolution 4, 1091-1100.
    Chao, A., Gotelli, N. J., Hsieh, T. C., et al. (2014). Rarefaction and extrapolation with Hill numbers. Ecological
    Monographs 84, 45-67 (incidence).
    """
    total = counts.sum(axis=-1)
    # Of each count k, its part of the entropy: looked up, as there are more routes than different counts.
    whole = np.arange(int(counts.max(initial=0)) + 1)
    part = whole / persons * (special.digamma(persons) - special.digamma(np.maximum(whole, 1)))
    seen = part[counts.astype(np.int64)].sum(axis=-1)
    once, twice = ((counts == times).sum(axis=-1) for times in (1, 2))
    found = np.where(twice > 0, 2 * twice, 2.0) / np.where(
        twice > 0, (persons - 1) * once + 2 * twice, (persons - 1) * np.maximum(once - 1, 0) + 2
    )
    unseen = once / persons * _tail(persons, found)
    return persons / total * (seen + unseen) + np.log(total / persons)


def _tail(n: int, found: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum over j from 0 of z ** (j + 1) / (n + j), where z is 1 - found."""
    z = np.clip(1 - found, 0, 1 - 1e-15)
    first = sum(z ** (j + 1) / (n + j) for j in range(_ONE_BY_ONE))
    n += _ONE_BY_ONE
    rate = -np.log(np.maximum(z, 1e-300))
    x = rate * n
    near = np.minimum(x, 50)
    # exp(x) times the exponential integral; far out by its asymptotic series.
    integral = np.where(x < 50, np.exp(near) * special.exp1(near), (1 - (1 - (2 - 6 / x) / x) / x) / x)
    rest = integral + 1 / (2 * n) + (rate / n + 1 / n**2) / 12
    return first + z ** (_ONE_BY_ONE + 1) * rest


def simpson(counts: NDArray[np.float64], persons: int) -> NDArray[np.float64]:
    """The inverse of Simpson's index; infinite where no two persons are on one route.

    References
    ----------
    Simpson, E. H. (1949). Measurement of diversity. Nature 163, 688.
    """
    total = counts.sum(axis=-1)
    pairs = (counts * (counts - 1)).sum(axis=-1)
    with np.errstate(divide="ignore"):
        return (total / persons) ** 2 * (persons * (persons - 1)) / pairs


def as_seen(counts: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Entropy (nats) and inverse of Simpson's index of the shares as they are seen."""
    total = counts.sum(axis=-1)
    logs = special.xlogy(counts, counts).sum(axis=-1)
    return np.log(total) - logs / total, total**2 / (counts**2).sum(axis=-1)


def chao_bound(counts: NDArray[np.float64], persons: int) -> tuple[float, float, float]:
    """How many routes there are at least: Chao's lower bound, and its log-normal limits (95 %) as whole numbers.

    Where the sample hints at no unseen route, the bound says nothing of how many there may be: no upper limit.

    References
    ----------
    Chao, A. (1984). Nonparametric estimation of the number of classes in a population. Scandinavian Journal of
    Statistics 11, 265-270.
    Chao, A. (1987). Estimating the population size for capture-recapture data with unequal catchability. Biometrics
    43, 783-791 (limits).
    """
    seen, once, twice = (int(np.sum(counts > 0)), int(np.sum(counts == 1)), int(np.sum(counts == 2)))
    part = (persons - 1) / persons
    if twice:
        ratio = once / twice
        hidden = part * once * ratio / 2
        variance = twice * (part * ratio**2 / 2 + part**2 * ratio**3 + part**2 * ratio**4 / 4)
    else:
        hidden = part * once * (once - 1) / 2
        estimate = max(seen + hidden, 1)
        variance = (
            part * once * (once - 1) / 2 + part**2 * once * (2 * once - 1) ** 2 / 4 - part**2 * once**4 / 4 / estimate
        )
    if hidden <= 0:
        return float(seen), float(seen), np.nan
    factor = np.exp(special.ndtri(0.975) * np.sqrt(np.log1p(max(variance, 0) / hidden**2)))
    return seen + hidden, float(np.floor(seen + hidden / factor)), float(np.ceil(seen + hidden * factor))
