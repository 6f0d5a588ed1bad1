"""Replicate weights: the sample drawn again from itself, for the errors of whatever weighted data can give."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from tqdm import tqdm

from bounded.intervals import check_confidence
from bounded.refusal import Refusal
from survey_stats.design import Codes, Floats, NotEstimable, Stage, require_two_units
from survey_stats.estimates import NAMES, listed, numbers, quantile_of_t

if TYPE_CHECKING:
    from survey_stats.design import Design

METHODS = ("jackknife", "bootstrap")
SEED = 19880

Statistic = Callable[[pd.DataFrame, Floats], ArrayLike]


@dataclass(frozen=True, eq=False)
class Replicates:
    """The design with other weights, many times.

    Weights are made when they are asked for: what is kept does not grow with their number.

    Parameters
    ----------
    design : whose weights are replicated; where they are calibrated, each replicate is calibrated again.
    method : ``jackknife`` or ``bootstrap``.
    scales : (replicates,) by which squared differences from the middle of the replicates are multiplied.
    degrees_of_freedom : PSUs less strata, of the domain.
    seed : of the bootstrap.
    dropped : (replicates,) the PSU left out of each; empty for the bootstrap.
    fraction : (strata,) share of the PSUs that were drawn and count as drawn without replacement.
    """

    design: Design
    method: str
    scales: Floats
    degrees_of_freedom: int
    seed: int
    dropped: Codes
    fraction: Floats

    def multipliers(self, replicate: int) -> Floats:
        """(PSUs,) by which the weights of each PSU are multiplied in a replicate, numbered from 0."""
        stage = self.design.structure.stages[0]
        sampled = stage.sampled
        if self.method == "jackknife":
            gone = self.dropped[replicate]
            mine = stage.stratum[gone]
            found = np.where(stage.stratum == mine, sampled[mine] / (sampled[mine] - 1), 1.0)
            found[gone] = 0.0
            return found
        # n - 1 of the n PSUs of each stratum with replacement; one that is certain to be drawn keeps its weight.
        rng = np.random.default_rng([self.seed, replicate])
        draws = np.maximum(sampled - 1, 0)
        start = np.concatenate([[0], np.cumsum(sampled)[:-1]])
        place = np.repeat(start, draws) + (rng.random(draws.sum()) * np.repeat(sampled, draws)).astype(np.int64)
        drawn = np.bincount(np.argsort(stage.stratum, kind="stable")[place], minlength=len(stage.stratum))
        rescaled = np.sqrt(1 - self.fraction)[stage.stratum]
        n = sampled[stage.stratum]
        return 1 - rescaled + rescaled * drawn * n / np.maximum(n - 1, 1)

    def weights(self, replicate: int) -> Floats:
        """(n,) the weights of a replicate, numbered from 0."""
        structure = self.design.structure
        calibration = self.design.calibration
        weights = structure.weights * self.multipliers(replicate)[structure.stages[0].unit]
        if calibration is None:
            return weights
        try:
            return calibration.recalibrate(weights).weights
        except NotEstimable as error:
            raise NotEstimable(
                "replicate_not_calibrated", f"{self._name(replicate)} cannot be calibrated as the sample was. {error}"
            ) from error

    def statistics(self, statistic: Statistic) -> tuple[Floats, Floats]:
        """A statistic of the sample and of each replicate, for what needs more than a variance, such as percentiles.

        Parameters
        ----------
        statistic : function of the respondents (one row each, those of the domain) and their weights, giving a number
            or a vector of one length.

        Returns
        -------
        (k,) of the sample, (replicates, k) of the replicates.

        Raises
        ------
        NotEstimable : there is no statistic of a replicate; the PSU that is left out is named.
        """
        inside = self.design.inside
        data = self.design.data[inside]
        whole = np.atleast_1d(np.asarray(statistic(data, self.design.weights[inside]), dtype=float))
        found = np.empty((len(self.scales), len(whole)))
        # What writes into a file or a notebook stays quiet.
        progress = tqdm(
            range(len(found)), unit="replicate", desc=self.method, disable=None, file=sys.stderr, leave=False
        )
        for replicate in progress:
            found[replicate] = statistic(data, self.weights(replicate)[inside])
            if not np.isfinite(found[replicate]).all() and np.isfinite(whole).all():
                raise NotEstimable(
                    "replicate_not_estimable",
                    f"{self._name(replicate)} has no number for this statistic, so that its error is not known. Ask "
                    "for a larger domain, or for linearisation where it is offered.",
                )
        return whole, found

    def covariance(self, statistic: Statistic, around: str = "replicates") -> Floats:
        """(k, k) covariance of a statistic, as `statistics` takes it.

        Parameters
        ----------
        statistic : function of respondents and weights.
        around : differences are taken from the mean of all ``replicates``, or from the ``estimate`` of the sample,
            which as a rule is the more cautious.

        References
        ----------
        Wolter, K. M. (2007). Introduction to Variance Estimation. 2nd ed. Springer, ch. 4-5.
        """
        whole, found = self.statistics(statistic)
        return self._spread(whole, found, around)

    def estimate(
        self, statistic: Statistic, names: NAMES | None = None, confidence: float = 0.95, around: str = "replicates"
    ) -> pd.DataFrame:
        """A statistic with its error and t limits.

        Parameters
        ----------
        statistic, around : as for `covariance`.
        names : what its numbers are called; left out: numbered from 0.
        confidence : level of the limits.

        Returns
        -------
        DataFrame, one row a number: variable, estimate, standard_error, low, high, cv, n (respondents in the domain),
        replicates, degrees_of_freedom, method.
        """
        check_confidence(confidence)
        whole, found = self.statistics(statistic)
        called: Sequence[object] = list(range(len(whole))) if names is None else listed(names)
        if len(called) != len(whole):
            raise Refusal(
                "unequal_lengths",
                f"The statistic has {len(whole)} numbers, and there are {len(called)} names for them.",
            )
        error = np.sqrt(np.diag(self._spread(whole, found, around)))
        reach = float(quantile_of_t(self.degrees_of_freedom, (1 + confidence) / 2)) * error
        with np.errstate(divide="ignore", invalid="ignore"):
            cv = np.where(whole == 0, np.nan, error / np.abs(whole))
        return pd.DataFrame(
            {
                "variable": called,
                "estimate": whole,
                "standard_error": error,
                "low": whole - reach,
                "high": whole + reach,
                "cv": cv,
                "n": int(self.design.inside.sum()),
                "replicates": len(self.scales),
                "degrees_of_freedom": self.degrees_of_freedom,
                "method": self.method,
            }
        )

    def mean(self, variables: NAMES, confidence: float = 0.95) -> pd.DataFrame:
        """Means of numbers, and shares of what is true, of those whose value is known.

        Returns
        -------
        DataFrame as of `estimate`, with unknown; n are those whose value is known.
        """
        values = self._numbers(variables)
        known = ~np.isnan(values)
        return self._quotient(np.where(known, values, 0.0), known.astype(float), listed(variables), known, confidence)

    def total(self, variables: NAMES, confidence: float = 0.95) -> pd.DataFrame:
        """Totals of those whose value is known; as `mean` otherwise."""
        values = self._numbers(variables)
        known, filled = ~np.isnan(values), np.nan_to_num(values)
        return _counted(self.estimate(lambda _, weights: weights @ filled, listed(variables), confidence), known)

    def ratio(self, numerator: str, denominator: str, confidence: float = 0.95) -> pd.DataFrame:
        """The ratio of two totals, of those of whom both are known; as `mean` otherwise."""
        values = self._numbers([numerator, denominator])
        known = ~np.isnan(values.sum(axis=1, keepdims=True))
        filled = np.where(known, values, 0.0)
        return self._quotient(filled[:, :1], filled[:, 1:], f"{numerator} / {denominator}", known, confidence)

    def _numbers(self, variables: NAMES) -> Floats:
        inside = self.design.inside
        return np.stack([numbers(self.design, name)[inside] for name in listed(variables)], axis=1)

    def _quotient(
        self, top: Floats, bottom: Floats, names: NAMES, known: NDArray[np.bool_], confidence: float
    ) -> pd.DataFrame:
        def quotient(_: pd.DataFrame, weights: Floats) -> Floats:
            with np.errstate(divide="ignore", invalid="ignore"):
                return (weights @ top) / (weights @ bottom)

        return _counted(self.estimate(quotient, names, confidence), known)

    def _spread(self, whole: Floats, found: Floats, around: str) -> Floats:
        if around not in ("replicates", "estimate"):
            raise Refusal("unknown_choice", f"`around` must be replicates or estimate; it is '{around}'.")
        middle = found.mean(axis=0) if around == "replicates" and len(found) else whole
        apart = found - middle
        return (apart * self.scales[:, None]).T @ apart

    def _name(self, replicate: int) -> str:
        if self.method == "bootstrap":
            return f"Replicate {replicate} of the bootstrap"
        row = int((self.design.structure.stages[0].unit == self.dropped[replicate]).argmax())
        return f"The sample without the primary sampling unit of row {self.design.data.index[row]}"


def replicate_weights(
    design: Design, method: str = "jackknife", replicates: int | None = None, seed: int = SEED
) -> Replicates:
    """Replicate the weights of a probability sample, for statistics whose error no equation gives.

    The jackknife leaves out one PSU after the other and gives its weight to the others of its stratum; it is not for
    quantiles, which do not change smoothly. The bootstrap draws n - 1 of the n PSUs of each stratum with replacement
    and rescales. Both resample the first stage alone: where units were sampled within PSUs too, PSUs count as drawn
    with replacement, which overstates errors a little, while the share of PSUs drawn would understate them.

    Parameters
    ----------
    design : a probability sample; calibrated as often as there are replicates where it is calibrated.
    method : ``jackknife`` (JKn; JK1 where there is one stratum) or ``bootstrap`` (Rao and Wu's).
    replicates : of the bootstrap, 500 if left out; the jackknife has one a PSU.
    seed : of the bootstrap's random numbers (numpy's PCG64).

    Returns
    -------
    Replicates, with `mean`, `total`, `ratio`, `estimate` and `covariance`.

    Raises
    ------
    ValueError : there is no such method, or replicates are none.
    NotEstimable : the sample stands for no population, or a stratum has one PSU, drawn from more.

    References
    ----------
    Rao, J. N. K. and Wu, C. F. J. (1988). Resampling inference with complex survey data. JASA 83, 231-241.
    Rao, J. N. K., Wu, C. F. J. and Yue, K. (1992). Some recent work on resampling methods for complex surveys. Survey
        Methodology 18, 209-217.
    Rust, K. F. and Rao, J. N. K. (1996). Variance estimation for complex surveys using replication techniques.
        Statistical Methods in Medical Research 5, 283-310.
    """
    design.require_probability("a standard error")
    if method not in METHODS:
        raise Refusal("unknown_choice", f"`method` must be one of {', '.join(METHODS)}; it is '{method}'.")
    stages = design.structure.stages
    first = stages[0]
    fraction = first.fraction
    if any(_sampled(stage) for stage in stages[1:]):
        fraction = np.zeros_like(fraction)
        first = Stage(first.unit, first.stratum, None, first.names)
    require_two_units(first)
    # A stratum of which all PSUs were drawn has no error.
    uncertain = np.flatnonzero(fraction[first.stratum] < 1)
    if method == "jackknife":
        if replicates is not None:
            raise Refusal(
                "replicates_not_applicable",
                "The jackknife has one replicate a primary sampling unit: leave `replicates` out.",
            )
        n = first.sampled
        factor = (1 - fraction) * (n - 1) / n
        scales, dropped = factor[first.stratum[uncertain]], uncertain
    else:
        count = 500 if replicates is None else replicates
        if count < 2:
            raise Refusal(
                "too_few_replicates",
                f"The bootstrap needs two replicates at least, better some hundreds; asked for is {count}.",
            )
        scales, dropped = np.full(count, 1 / (count - 1)), np.empty(0, dtype=np.int64)
    return Replicates(design, method, scales, design.degrees_of_freedom, seed, dropped, fraction)


def _counted(table: pd.DataFrame, known: NDArray[np.bool_]) -> pd.DataFrame:
    """A table of estimates with the respondents whose value is known, and the others."""
    table["n"] = known.sum(axis=0)
    table.insert(list(table).index("n") + 1, "unknown", (~known).sum(axis=0))
    return table


def _sampled(stage: Stage) -> bool:
    """Whether not all units of a stage are in the sample."""
    return bool((stage.fraction < 1).any())
