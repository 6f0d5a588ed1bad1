"""Uncertainty of an estimated total: log-normal limits, multinomial resamples, the jackknife, BCa intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from bounded import intervals, result_plots
from bounded.notebook_result import NotebookResult
from capture_recapture.loglinear import Floats

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class PopulationSize(NotebookResult):
    """The size of a population of which only some persons were seen.

    Parameters
    ----------
    method : the estimator and its source in words.
    n : persons seen.
    estimate : persons, seen and unseen.
    low, high : limits of the estimate, persons; low is never below `n`.
    standard_error : of the estimate, persons.
    confidence : level of the limits.
    assumption : what the estimate rests on and these data cannot test.
    """

    method: str
    n: int
    estimate: float
    low: float
    high: float
    standard_error: float
    confidence: float
    assumption: str

    @property
    def hidden(self) -> float:
        """Return the persons estimated to be there and not seen."""
        return self.estimate - self.n


def lognormal_limits(n: float, estimate: float, variance: float, confidence: float) -> tuple[float, float]:
    """Return limits of a population's size, the unseen persons taken to be log-normal, so that low is above `n`.

    Parameters
    ----------
    n : persons seen.
    estimate : persons, seen and unseen; where it is `n` itself, so are both limits.
    variance : of the estimate, persons squared.
    confidence : level of the limits, between 0 and 1.

    References
    ----------
    Chao, A. (1987). Estimating the population size for capture-recapture data with unequal catchability. Biometrics
        43, 783-791.
    """
    hidden = estimate - n
    if hidden <= 0:
        return float(n), float(n)
    ratio = np.exp(normal_quantile(confidence) * np.sqrt(np.log1p(variance / hidden**2)))
    return float(n + hidden / ratio), float(n + hidden * ratio)


def normal_quantile(confidence: float) -> float:
    """Return the distance from the middle, in standard errors, with half of the remaining chance in each tail."""
    return float(special.ndtri((1 + intervals.check_confidence(confidence)) / 2))


def persons_plot(
    labels: Sequence[str],
    table: pd.DataFrame,
    *,
    title: str,
    confidence: float,
    observed: float | None = None,
    truth: float | None = None,
) -> Figure:
    """Draw one line an estimate, in the order given.

    Parameters
    ----------
    labels : what each row of `table` is.
    table : estimate, low, high (persons; missing where there is none; high may be infinite).
    confidence : level of low and high.
    observed, truth : persons on any list, and persons in all where they are known: vertical lines.
    """
    ends = table[["estimate", "estimate", "low", "high"]].to_numpy(dtype=float).T
    places = {"observed": observed, "true number": truth}
    return result_plots.rows(
        labels,
        {f"estimate and {intervals.percent(confidence)} interval": tuple(ends)},
        title=title,
        xlabel="persons, on a list or on none",
        at={f"{name}: {place:,.0f}": float(place) for name, place in places.items() if place is not None},
    )


def labels_with_seen(table: pd.DataFrame) -> list[str]:
    """Return the labels of strata with the persons seen in each, of columns label and n."""
    return [f"{row.label} ({row.n:,} seen)" for row in table.itertuples()]


# Two estimates that differ by less, in proportion, are the same: they come from one table by different routes.
SAME = 1e-8
# With more resamples without an estimate, what the others say is no picture of chance.
MOST_WITHOUT = 0.5


@dataclass(frozen=True)
class Bca:
    """Bias-corrected and accelerated limits.

    Parameters
    ----------
    limits : one for each probability asked for.
    bias_correction : z0, from the share of resamples below the estimate.
    acceleration : from the weighted jackknife.
    """

    limits: Floats
    bias_correction: float
    acceleration: float


def resamples(counts: Floats, replicates: int, seed: int) -> Floats:
    """Draw tables anew from the observed persons.

    Parameters
    ----------
    counts : (2**lists,) persons by pattern.

    Returns
    -------
    (2**lists, replicates) persons by pattern; each resample has as many persons as were observed.
    """
    n = int(counts.sum())
    drawn = np.random.default_rng(seed).multinomial(n, counts / n, size=replicates)
    return np.ascontiguousarray(drawn.T, dtype=float)


def one_person_less(counts: Floats) -> tuple[Floats, Floats]:
    """Return the tables of a jackknife over persons.

    Returns
    -------
    tables : (2**lists, patterns) for each pattern that is not empty, the table with one of its persons left out.
    weights : (patterns,) how many persons that stands for.
    """
    filled = np.flatnonzero(counts > 0)
    tables = np.repeat(counts[:, None], filled.size, axis=1)
    tables[filled, np.arange(filled.size)] -= 1
    return tables, counts[filled]


def bca(estimate: float, replicates: Floats, jackknife: Floats, weights: Floats, probabilities: Sequence[float]) -> Bca:
    """Return bias-corrected and accelerated limits of an estimate.

    A resample for which there is no estimate counts as infinite: what cannot be estimated for want of overlap has no
    upper limit. Where most have none, or all are alike, as those of a handful of persons can be, they show nothing of
    chance: the lower limit is then the least of all, and there is no upper one. A resample that equals the estimate
    counts half as below it. Limits that would leave the estimate out are moved to hold it.

    Parameters
    ----------
    estimate : of the observed table.
    replicates : (resamples,) estimates; NaN where there is none.
    jackknife, weights : (patterns,) estimates with one person less, and how many persons each stands for; where there
        is no estimate the pattern is left out of the acceleration.
    probabilities : of the limits, between 0 and 1: 0.025 and 0.975 for 95 %.

    References
    ----------
    Efron, B. (1987). Better bootstrap confidence intervals. JASA 82, 171-185.
    Hyndman, R. J. and Fan, Y. (1996). Sample quantiles in statistical packages. Am. Statistician 50, 361-365 (type 8).
    """
    values = np.where(np.isnan(replicates), np.inf, replicates)
    same = np.abs(values - estimate) <= SAME * abs(estimate)
    if same.all() or np.isinf(values).mean() > MOST_WITHOUT:
        return Bca(np.where(np.asarray(probabilities) > 0.5, np.inf, min(estimate, values.min())), 0.0, 0.0)
    below = ((values < estimate) & ~same).sum() + same.sum() / 2
    # A share of exactly 0 or 1 would be a correction without end.
    share = np.clip(below / values.size, 0.5 / values.size, 1 - 0.5 / values.size)
    correction = float(special.ndtri(share))
    acceleration = _acceleration(jackknife, weights)
    z = correction + special.ndtri(np.asarray(probabilities, dtype=float))
    at = special.ndtr(correction + z / (1 - acceleration * z))
    with np.errstate(invalid="ignore"):
        limits = np.quantile(values, at, method="median_unbiased")
    # Between two infinite resamples the quantile is infinite; the subtraction in between knows no number for it.
    limits = np.where(np.isnan(limits), np.inf, limits)
    # Where nearly all resamples lie on one side of the estimate, the limits are moved to hold it.
    lower = np.asarray(probabilities) < 0.5
    limits = np.where(lower, np.minimum(limits, estimate), np.maximum(limits, estimate))
    return Bca(limits, correction, acceleration)


def _acceleration(jackknife: Floats, weights: Floats) -> float:
    known = np.isfinite(jackknife)
    values, weights = jackknife[known], weights[known]
    if not weights.sum():
        return 0.0
    apart = (weights * values).sum() / weights.sum() - values
    spread = (weights * apart**2).sum()
    scale = max(1.0, float(np.abs(values).max()))
    return float((weights * apart**3).sum() / (6 * spread**1.5)) if spread > (SAME * scale) ** 2 else 0.0
