"""The jackknife by primary sampling units: of any statistic by replicate weights, and of regression coefficients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from bounded.arguments import checked
from bounded.notebook_result import NotebookResult
from bounded.refusal import Refusal, require_choice
from survey_stats.design import (
    A_DESIGN,
    Codes,
    Design,
    Floats,
    Mask,
    Names,
    NotEstimable,
    Stage,
    listed,
    require_two_units,
)
from survey_stats.estimates import quantile_of_t
from survey_stats.pseudo_likelihood import FAMILIES, FAR, Family, PseudoLikelihood

# Of fits without a unit: steps, and by how much the linear predictor still moves in the last.
_STEPS_WITHOUT, _STILL_WITHOUT = 12, 1e-9
# Where units times different rows are more, each fit without a unit is one Newton step from the whole fit.
_REFITTED = 5e6
# Units that are fitted without at once.
_CHUNK = 128

Statistic = Callable[[pd.DataFrame, Floats], ArrayLike]


@dataclass(frozen=True, eq=False)
class Replicates(NotebookResult):
    """The design without one PSU after the other, the rest of its stratum weighing more.

    Weights are made when they are asked for: what is kept does not grow with their number.

    Parameters
    ----------
    design : whose weights are replicated; where they are calibrated, each replicate is calibrated again.
    scales : (replicates,) by which squared differences from the middle of the replicates are multiplied.
    degrees_of_freedom : PSUs less strata, of the domain.
    dropped : (replicates,) the PSU left out of each.
    """

    design: Design
    scales: Floats
    degrees_of_freedom: int
    dropped: Codes

    def multipliers(self, replicate: int) -> Floats:
        """(PSUs,) by which the weights of each PSU are multiplied in a replicate, numbered from 0."""
        stage, gone = self.design.structure.stages[0], self.dropped[replicate]
        mine = stage.stratum[gone]
        found = np.where(stage.stratum == mine, stage.sampled[mine] / (stage.sampled[mine] - 1), 1.0)
        found[gone] = 0.0
        return found

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
        for replicate in range(len(found)):
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

    @checked()
    def estimate(
        self, statistic: Statistic, names: Names | None = None, confidence: float = 0.95, around: str = "replicates"
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
        replicates, degrees_of_freedom, confidence, method.
        """
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
                "confidence": confidence,
                "method": "jackknife",
            }
        )

    def _spread(self, whole: Floats, found: Floats, around: str) -> Floats:
        require_choice("around", around, ("replicates", "estimate"))
        middle = found.mean(axis=0) if around == "replicates" and len(found) else whole
        apart = found - middle
        return (apart * self.scales[:, None]).T @ apart

    def _name(self, replicate: int) -> str:
        row = int((self.design.structure.stages[0].unit == self.dropped[replicate]).argmax())
        return f"The sample without the primary sampling unit of row {self.design.data.index[row]}"


@checked(design=A_DESIGN)
def replicate_weights(design: Design) -> Replicates:
    """Replicate the weights of a probability sample by the jackknife, for statistics whose error no equation gives.

    The jackknife leaves out one PSU after the other and gives its weight to the others of its stratum; it is not for
    quantiles, which do not change smoothly. It replicates the first stage alone: where units were sampled within PSUs
    too, PSUs count as drawn with replacement, which overstates errors a little, while the share of PSUs drawn would
    understate them.

    Parameters
    ----------
    design : a probability sample; calibrated as often as there are replicates where it is calibrated.

    Returns
    -------
    Replicates, one a PSU (JKn; JK1 where there is one stratum), with `estimate` and `covariance` of any statistic, and
    `statistics`.

    Raises
    ------
    NotEstimable : the sample stands for no population, or a stratum has one PSU, drawn from more.

    References
    ----------
    Rao, J. N. K., Wu, C. F. J. and Yue, K. (1992). Some recent work on resampling methods for complex surveys. Survey
        Methodology 18, 209-217.
    Rust, K. F. and Rao, J. N. K. (1996). Variance estimation for complex surveys using replication techniques.
        Statistical Methods in Medical Research 5, 283-310.
    """
    design.require_probability("a standard error")
    stages = design.structure.stages
    first, fraction = stages[0], stages[0].fraction
    if any((stage.fraction < 1).any() for stage in stages[1:]):
        fraction = np.zeros_like(fraction)
        first = Stage(first.unit, first.stratum, None, first.names)
    require_two_units(first)
    # A stratum of which all PSUs were drawn has no error.
    uncertain = np.flatnonzero(fraction[first.stratum] < 1)
    factor = (1 - fraction) * (first.sampled - 1) / first.sampled
    return Replicates(design, factor[first.stratum[uncertain]], design.degrees_of_freedom, uncertain)


def jackknife_covariance(
    design: Design,
    rows: Codes,
    patterns: Floats,
    pattern: Codes,
    y: Floats,
    family: Family,
    fit: PseudoLikelihood,
    hanging: Mapping[int, Mask],
) -> tuple[Floats, Floats]:
    """Jackknife the coefficients of a model: leave out one PSU after the other, the rest of its stratum weighing more.

    Linearised errors are too small where an outcome is rare or few units carry a coefficient, since what a unit adds is
    measured from a fit that the unit itself has drawn to it. Without it the fit lies elsewhere, and the error is larger
    by as much. Where a unit alone keeps a coefficient finite, the fit without it is stopped on its way to infinity, and
    the error says how little is known. In large samples the fit without a unit is one Newton step from the whole one.

    Parameters
    ----------
    design : a probability sample. rows : (n,) places in its data of those in the model.
    patterns : (p, k) the different rows of terms. pattern : (n,) which of them each is. y : (n,).
    family, fit : of the model with all units. hanging : units without which terms are not determined
        (`hanging_on_a_unit`); the errors of these terms mean nothing.

    Returns
    -------
    (k, k) covariance around the whole fit, and (k,) degrees of freedom of each coefficient: those of a sum of variances
    of strata, of which a few may be all that counts (Satterthwaite).

    Raises
    ------
    NotEstimable : a stratum has one PSU. ValueError : the design is calibrated.

    References
    ----------
    Rao, J. N. K., Wu, C. F. J. and Yue, K. (1992). Some recent work on resampling methods for complex surveys. Survey
        Methodology 18, 209-217.
    Satterthwaite, F. E. (1946). An approximate distribution of estimates of variance components. Biometrics Bulletin 2,
        110-114.
    """
    if design.calibration is not None:
        raise Refusal(
            "calibrated_weights",
            "Weights of this design are calibrated, and would have to be so again without each unit: use "
            "`replicate_weights(design)`, which does that.",
        )
    stage = design.structure.stages[0]
    require_two_units(stage)
    psu, stratum, sampled = stage.unit[rows], stage.stratum, stage.sampled.astype(float)
    weights = design.weights[rows]
    apart = _one_step(psu, stratum, sampled, patterns[pattern], weights, family, fit, pattern, hanging)
    if len(stratum) * len(patterns) <= _REFITTED:
        cells = psu * len(patterns) + pattern
        shape = (len(stratum), len(patterns))
        held = np.bincount(cells, weights=weights, minlength=shape[0] * shape[1]).astype(float).reshape(shape)
        events = np.bincount(cells, weights=weights * y, minlength=shape[0] * shape[1]).astype(float).reshape(shape)
        apart = _refitted(apart, held, events, stratum, sampled, patterns, family, fit, hanging)
    factor = (sampled - 1) / sampled
    if len(design.structure.stages) == 1:
        factor = factor * (1 - stage.fraction)
    weighed = apart * np.sqrt(factor[stratum])[:, None]
    parts = _by_stratum(weighed**2, stratum)
    with np.errstate(divide="ignore", invalid="ignore"):
        degrees = parts.sum(axis=0) ** 2 / (parts**2 / np.maximum(sampled - 1, 1)[:, None]).sum(axis=0)
    return weighed.T @ weighed, degrees


def _one_step(
    psu: Codes,
    stratum: Codes,
    sampled: Floats,
    x: Floats,
    weights: Floats,
    family: Family,
    fit: PseudoLikelihood,
    pattern: Codes,
    hanging: Mapping[int, Mask],
) -> Floats:
    """(units, k) by how much the coefficients move without each unit, in one Newton step."""
    units, k = len(stratum), x.shape[1]
    curvature = weights * family.variance(family.mean(fit.eta[pattern]))
    information = np.zeros((units, k, k))
    for i in range(k):
        for j in range(i, k):
            sums = np.bincount(psu, weights=curvature * x[:, i] * x[:, j], minlength=units)
            information[:, i, j] = information[:, j, i] = sums
    whole: Floats = information.sum(axis=0)
    shares: Floats = np.linalg.inv(whole) @ information
    steps = np.stack(
        [np.bincount(psu, weights=column, minlength=units) for column in fit.influence.T], axis=1, dtype=float
    )
    moved: Floats = _without(steps, stratum, sampled)[:, :, None]
    left: Floats = np.eye(k) + _without(shares, stratum, sampled)
    # Without these units only what the others determine has a solution of its own.
    size = np.sqrt(np.diag(whole))
    for unit in hanging:
        moved[unit] = _inverse(whole @ left[unit], size) @ whole @ moved[unit]
        left[unit] = np.eye(k)
    return np.linalg.solve(left, moved)[:, :, 0].astype(float)


def _inverse(information: Floats, size: Floats) -> Floats:
    """An inverse where the information has one, and no step elsewhere. size : (k,) by which terms are scaled."""
    scale = np.outer(size, size)
    return np.linalg.pinv(information / scale, rcond=1e-9, hermitian=True) / scale


def _refitted(
    apart: Floats,
    held: Floats,
    events: Floats,
    stratum: Codes,
    sampled: Floats,
    patterns: Floats,
    family: Family,
    fit: PseudoLikelihood,
    hanging: Mapping[int, Mask],
) -> Floats:
    """The same, by Newton's method from there until nothing moves; a fit that runs away is stopped."""
    products = (patterns[:, :, None] * patterns[:, None, :]).reshape(len(patterns), -1)
    k = patterns.shape[1]
    whole, whole_events = held.sum(axis=0), events.sum(axis=0)
    weights, outcomes = _without(held, stratum, sampled), _without(events, stratum, sampled)
    found, size = apart.copy(), np.sqrt((patterns**2 * whole[:, None]).sum(axis=0))
    for start in range(0, len(stratum), _CHUNK):
        here = slice(start, start + _CHUNK)
        w, e = whole + weights[here], whole_events + outcomes[here]
        beta = fit.coefficients + apart[here]
        alone = np.isin(np.arange(len(held))[here], list(hanging))
        going = np.ones(len(beta), dtype=bool)
        for _ in range(_STEPS_WITHOUT):
            eta = beta @ patterns.T
            # A unit alone may keep a probability from 0 or 1.
            going &= (family is not FAMILIES["binomial"]) | (np.abs(np.where(w > 0, eta, 0)).max(axis=1) < FAR)
            mean = family.mean(eta)
            information = ((w * family.variance(mean)) @ products).reshape(-1, k, k)
            with np.errstate(invalid="ignore", over="ignore"):
                step = np.zeros_like(beta)
                score = ((e - w * mean) @ patterns)[:, :, None]
                usual = going & ~alone
                step[usual] = np.linalg.solve(information[usual], score[usual])[:, :, 0]
                for unit in np.flatnonzero(going & alone):
                    step[unit] = (_inverse(information[unit], size) @ score[unit])[:, 0]
            beta = beta + step
            if not going.any() or np.abs(step @ patterns.T).max() < _STILL_WITHOUT:
                break
        found[here] = beta - fit.coefficients
    return found


def _without(values: Floats, stratum: Codes, sampled: Floats) -> Floats:
    """The change of a sum over all without each unit: a stratum of n units without one weighs n / (n - 1)."""
    n = sampled[stratum].reshape(-1, *(1,) * (values.ndim - 1))
    return (_by_stratum(values, stratum)[stratum] - n * values) / np.maximum(n - 1, 1)


def _by_stratum(values: Floats, stratum: Codes) -> Floats:
    """Sums over the units of each stratum."""
    order = np.argsort(stratum, kind="stable")
    first = np.searchsorted(stratum[order], np.arange(int(stratum.max()) + 1))
    return np.add.reduceat(values[order], first, axis=0)
