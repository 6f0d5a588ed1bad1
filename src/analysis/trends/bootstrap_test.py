"""How many joinpoints a series of counts supports: likelihood-ratio tests in sequence, by parametric bootstrap."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.trends.count_search import least_loss, least_loss_with_theta
from analysis.trends.grid_search import Grid
from analysis.trends.series import Floats

COLUMNS = ["null", "alternative", "p_value", "level", "selected", "replicates"]
# More replicates are drawn until the p-value is so many standard errors from its level, up to so many times.
_CLEAR = 3.0
_MORE = 5
# ... and to so many placements in all replicates together.
_WORK = 5_000_000
# Losses that differ by less are equal.
_EQUAL = 1e-8


@dataclass(frozen=True, eq=False)
class Candidate:
    """The best fit with so many joinpoints.

    Parameters
    ----------
    place : row of the placement in `placements`.
    loss : minus twice the log likelihood; infinite where no placement can be fitted.
    mean : expected persons; shape (n,).
    alpha : 1/theta, 0 for Poisson.
    dispersion : Pearson's.
    deviance : of the fit; of the Poisson model for quasi-Poisson.
    losses : of all placements, in their order.
    """

    place: int
    loss: float
    mean: Floats = field(repr=False)
    alpha: float
    dispersion: float
    deviance: float
    losses: Floats = field(repr=False)


def bootstrap_tests(
    over: Grid,
    offset: Floats,
    candidates: dict[int, Candidate],
    family: str,
    replicates: int,
    seed: int,
    level: float = 0.05,
) -> pd.DataFrame:
    """Test k0 against k1 joinpoints, from the fewest against the most, until both are the same number.

    Each test asks whether k1 joinpoints raise the likelihood by so much over k0 as chance would have it: counts are
    drawn from the best fit with k0, and both models are sought anew in each. Sequence and levels are those of the
    permutation tests of joinpoint regression: residuals of counts cannot be exchanged, so chance comes from the model.
    Replicates to which k0 cannot be fitted (no events before or after some period, say) are left out.

    Parameters
    ----------
    over : periods and further columns, all weights one.
    offset : log of what the counts are rates of; shape (n,).
    candidates : the best fits by their number of joinpoints, without a gap.
    family : ``poisson``; ``negative binomial``, with theta of its own in each fit; ``quasi-poisson``: the likelihood
        ratio is divided by the dispersion of k0 (at least 1), and counts have that dispersion (mixed over a gamma
        distribution in proportion to the mean).
    replicates : of each test; up to five times as many where chance could decide, as far as that is quick.
    seed : each test draws from (seed, k0, k1).
    level : probability of finding a joinpoint where there is none.

    Returns
    -------
    DataFrame, one row a test in order: null, alternative, p_value (the observed series counts as one replicate), level,
    selected, replicates (that could be fitted).

    References
    ----------
    Kim, H.-J., Fay, M. P., Feuer, E. J. and Midthune, D. N. (2000). Permutation tests for joinpoint regression with
    applications to cancer rates. Statistics in Medicine 19, 335-351.
    Czajkowski, M., Gill, R. and Rempala, G. (2008). Model selection in logistic joinpoint regression with applications
    to analyzing cohort mortality patterns. Statistics in Medicine 27, 1508-1526.
    """
    rows = []
    null, alternative = min(candidates), max(candidates)
    while null < alternative:
        own_level = level / (max(candidates) - null)
        random = np.random.default_rng([seed, null, alternative])
        p_value, drawn = _p_value(
            over, offset, candidates[null], candidates[alternative], null, alternative, family, replicates, random,
            own_level,
        )  # fmt: skip
        refused = p_value <= own_level * (1 + 1e-12)
        rows.append((null, alternative, p_value, own_level, alternative if refused else null, drawn))
        null, alternative = (null + 1, alternative) if refused else (null, alternative - 1)
    return pd.DataFrame(rows, columns=COLUMNS)


def _p_value(
    over: Grid, offset: Floats, of_null: Candidate, of_other: Candidate, null: int, alternative: int, family: str,
    replicates: int, random: np.random.Generator, level: float,
) -> tuple[float, int]:  # fmt: skip
    """The p-value of one test, and how many replicates it rests on."""
    if np.isinf(of_other.loss):
        return 1.0, 0
    quasi = family == "quasi-poisson"
    drop = of_null.loss - of_other.loss
    if quasi:
        drop /= max(1.0, of_null.dispersion)
    as_extreme, used, p_value = 0, 0, 1.0
    for _ in range(_MORE):
        counts = _drawn(of_null, quasi, replicates, random)
        if family == "negative binomial":
            loss, _, _ = least_loss_with_theta(over, counts, offset, null)
            other, _, _ = least_loss_with_theta(over, counts, offset, alternative)
            wanted = loss - drop
        else:
            loss, _, eta = least_loss(over, counts, offset, null)
            wanted = loss - drop * (np.maximum(1.0, _pearson(over, counts, eta, null)) if quasi else 1.0)
            fitted = np.isfinite(loss)
            other = np.full(len(loss), np.inf)
            other[fitted], _, _ = least_loss(
                over, counts[fitted], offset, alternative, None, eta[fitted], wanted[fitted] + _EQUAL
            )
        fitted = np.isfinite(loss)
        as_extreme += int(np.count_nonzero(other[fitted] <= wanted[fitted] + _EQUAL))
        used += int(fitted.sum())
        p_value = (1 + as_extreme) / (used + 1)
        clear = abs(p_value - level) > _CLEAR * np.sqrt(level * (1 - level) / max(used, 1))
        if clear or not used or used * len(of_other.losses) > _WORK:
            break
    return p_value, used


def _pearson(over: Grid, counts: Floats, eta: Floats, k: int) -> Floats:
    mean = np.exp(eta)
    return ((counts - mean) ** 2 / mean).sum(axis=1) / (over.n - over.base.shape[1] - 2 * k)


def _drawn(of_null: Candidate, quasi: bool, replicates: int, random: np.random.Generator) -> Floats:
    """Counts from a fit, one replicate a row."""
    mean = np.broadcast_to(of_null.mean, (replicates, len(of_null.mean)))
    if of_null.alpha > 0:
        mean = random.gamma(1 / of_null.alpha, mean * of_null.alpha)
    elif quasi and of_null.dispersion > 1:
        excess = of_null.dispersion - 1
        mean = random.gamma(mean / excess, excess)
    return random.poisson(mean).astype(float)
