"""Gile's successive sampling: shares from a respondent-driven sample that is a large part of its population."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from bounded.arguments import checked, numbers_in_a_row, positive, whole
from bounded.refusal import Refusal
from capture_recapture.histories import NotIdentifiable
from capture_recapture.networks import outcomes_by_degree, shares

Floats = NDArray[np.float64]
_STEPS = 60


@checked(degrees=numbers_in_a_row, population=positive, draws=whole(), iterations=whole(1))
def inclusion(degrees: ArrayLike, population: float, draws: int = 0, iterations: int = 5, seed: int = 1) -> Floats:
    """Return the chance of each respondent to be in a sample drawn one by one in proportion to degree.

    The degrees of the population are estimated from those of the sample by these chances, and the chances from these
    degrees, in turn. A person of degree k comes at a random time, exponential with the rate k; the sample is those who
    come first, which is sampling without replacement in proportion to degree.

    Parameters
    ----------
    degrees : (n,) above 0.
    population : persons; n or more.
    draws : samples that each turn draws, as in the paper; 0 takes their limit in large populations, the chance
        1 - exp(-k t) to come before the time t at which n have come, and needs no random numbers.
    iterations : turns.
    seed : of the draws.

    Returns
    -------
    (n,) chances above 0 and at most 1.

    Raises
    ------
    NotIdentifiable : the population is smaller than the sample.
    ValueError : a degree is not above 0.

    References
    ----------
    Gile, K. J. (2011). Improved inference for respondent-driven sampling data with application to HIV prevalence
        estimation. JASA 106, 135-146.
    Rosén, B. (1972). Asymptotic theory for successive sampling with varying probabilities without replacement, I.
        Annals of Mathematical Statistics 43, 373-397.
    """
    degree, place, times = np.unique(np.asarray(degrees, dtype=float), return_inverse=True, return_counts=True)
    n = int(times.sum())
    if not (degree > 0).all():
        raise Refusal("not_positive", "A degree is a number above 0: leave out respondents who know nobody.")
    if population < n:
        raise NotIdentifiable(
            "population_too_small",
            f"The population has {population:,.0f} persons and the sample {n:,}: it holds at least the sample.",
        )
    chance, rng = degree / degree.max(), np.random.default_rng(seed)
    for _ in range(iterations):
        persons = times / chance
        persons = population * persons / persons.sum()
        chance = _drawn(degree, persons, n, draws, rng) if draws else _limit(degree, persons, n)
    return chance[place]


def _limit(degree: Floats, persons: Floats, n: int) -> Floats:
    """The chances in a large population: the time is found by Newton's method, from below."""
    if persons.sum() <= n * (1 + 1e-12):
        return np.ones_like(degree)
    time = n / float(persons @ degree)
    for _ in range(_STEPS):
        left = np.exp(-degree * time)
        step = (n - float(persons @ (1 - left))) / float(persons @ (degree * left))
        time += step
        if abs(step) <= 1e-15 * time:
            break
    return -np.expm1(-degree * time)


def _drawn(degree: Floats, persons: Floats, n: int, draws: int, rng: np.random.Generator) -> Floats:
    """The chances by drawing: how many of each degree are in samples, plus one of those there are in all."""
    number = np.maximum(np.rint(persons), 1).astype(np.int64)
    of_each = np.repeat(np.arange(degree.size), number)
    seen = np.zeros(degree.size)
    for _ in range(draws):
        come = rng.exponential(size=of_each.size) / degree[of_each]
        first = np.argpartition(come, min(n, come.size) - 1)[:n]
        seen += np.bincount(of_each[first], minlength=degree.size)
    return (seen + 1) / (draws * number + 1)


@checked(population=positive, draws=whole(), iterations=whole(1))
def gile_ss(
    data: pd.DataFrame,
    outcome: str,
    degree: str,
    population: float,
    *,
    draws: int = 500,
    iterations: int = 5,
    seed: int = 1,
) -> pd.DataFrame:
    """Estimate the share of each category of an outcome by Gile's successive sampling.

    Where the sample is a large part of the population, those known by many are used up: their chance to be recruited
    falls behind their degree, and `rds_ii` gives them too little weight. In a large population both are the same.

    Parameters
    ----------
    data : one row a respondent.
    outcome : column of categories; missing is the category "unknown".
    degree : column with the number of persons of the population whom the respondent knows; others than numbers above 0
        are left out.
    population : persons, known from elsewhere.
    draws, iterations, seed : as of `inclusion`.

    Returns
    -------
    One row a category: outcome, n (respondents), estimate (a share; it has no limits).

    Raises
    ------
    NotIdentifiable : nobody has a degree above 0, or the population is smaller than the sample.
    ValueError : a column is missing.

    References
    ----------
    Gile, K. J. (2011). Improved inference for respondent-driven sampling data with application to HIV prevalence
        estimation. JASA 106, 135-146.
    """
    degrees, usable, named = outcomes_by_degree(data, outcome, degree)
    weight = 1 / inclusion(degrees[usable], population, draws, iterations, seed)
    kind, categories = pd.factorize(named[usable], sort=True)
    estimate = shares(kind, weight, len(categories))
    return pd.DataFrame({"outcome": categories, "n": np.bincount(kind), "estimate": estimate})
