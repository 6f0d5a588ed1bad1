"""A log-linear model of counts with random effects of areas, fitted by maximum likelihood (Laplace approximation)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from bounded.refusal import Caution, Refusal
from trends import laplace
from trends.laplace import Data, Floats
from trends.series import NotEstimable

Counts = Literal["poisson", "negative_binomial"]
# Likelihoods whose logs differ by less are the same: what costs no more to leave out is not there.
_SAME = 1e-6


@dataclass(frozen=True, eq=False)
class MixedModel:
    """A fitted mixed model.

    Parameters
    ----------
    areas : the areas, in the order of all arrays of areas.
    n : counts used.
    fixed : fixed effects, log scale, in the order of the columns of their design.
    sd : standard deviations of the random effects, log scale; 0 where areas differ no more than by chance.
    correlation : of the two random effects; NaN where it is not estimated.
    spread : variance of the counts beyond a Poisson's, over the squared mean; 0 for a Poisson model.
    log_likelihood : by Laplace's approximation, with all constants.
    effects : (areas, effects) conditional modes of the random effects, log scale.
    effect_covariance : (areas, effects, effects) given all parameters; see `contrast` for what is not known of those.
    covariance : of the fixed effects, then sd, angle of the correlation and log spread: inverse Hessian; 0 for what
        is at its boundary.
    fitted : means of the counts, in the order given.
    dispersion : Pearson's chi-square over the degrees of freedom that the fit leaves.
    warnings : one sentence each.
    """

    areas: tuple
    n: int
    fixed: Floats
    sd: Floats
    correlation: float
    spread: float
    log_likelihood: float
    effects: Floats = field(repr=False)
    effect_covariance: Floats = field(repr=False)
    covariance: Floats = field(repr=False)
    fitted: Floats = field(repr=False)
    dispersion: float
    warnings: tuple[Caution, ...]
    _sensitivity: Floats = field(repr=False)  # (areas, effects, parameters): of the modes to the parameters
    _data: Data = field(repr=False)
    _parameters: Floats = field(repr=False)

    def contrast(self, fixed: ArrayLike, random: ArrayLike) -> tuple[Floats, Floats]:
        """A linear combination of fixed effects and of each area's random effects, and its standard error.

        The standard error holds the uncertainty of the effect itself and, to first order, that of the fixed effects and
        variances; where a variance is estimated as 0 nothing of its uncertainty is in it.

        Parameters
        ----------
        fixed : weights of the fixed effects: one row, or one an area.
        random : weights of the random effects: one row, or one an area.

        Returns
        -------
        estimate, standard_error : one number an area.

        References
        ----------
        Kass, R. E. and Steffey, D. (1989). Approximate Bayesian inference in conditionally independent hierarchical
            models. JASA 84, 717-726.
        """
        x = np.broadcast_to(np.asarray(fixed, dtype=float), (len(self.areas), len(self.fixed)))
        z = np.broadcast_to(np.asarray(random, dtype=float), self.effects.shape)
        moved = np.einsum("iq,iqk->ik", z, self._sensitivity)
        moved[:, : x.shape[1]] += x
        variance = np.einsum("iq,iqr,ir->i", z, self.effect_covariance, z)
        variance += np.einsum("ik,kl,il->i", moved, self.covariance, moved)
        return x @ self.fixed + (z * self.effects).sum(axis=1), np.sqrt(np.maximum(variance, 0))

    def sd_limits(self, effect: int, confidence: float = 0.95) -> tuple[float, float]:
        """Limits of a random effect's standard deviation by the profile likelihood (chi-square, 1 degree of freedom).

        Returns
        -------
        low, high : log scale; low is 0 where no variance at all is as likely; high is infinite where the data set none.
        """
        from scipy import stats

        scale = self._data.scale_random[effect]
        low, high = laplace.profile(
            self._data, self._parameters, self._data.fixed + effect, float(stats.chi2.ppf(confidence, 1))
        )
        return low / scale, high / scale


def mixed_model(
    count: ArrayLike,
    area: ArrayLike,
    fixed: ArrayLike,
    random: ArrayLike,
    *,
    offset: ArrayLike | None = None,
    correlated: bool = True,
    counts: Counts = "poisson",
) -> MixedModel:
    """Fit log mean = offset + fixed effects + normal random effects of areas to counts.

    The likelihood is integrated over the random effects by Laplace's approximation at their conditional modes, and is
    maximised over fixed effects and variances together, as R's lme4 does (glmer with nAGQ = 1).

    Parameters
    ----------
    count : persons, 0 or more.
    area : the area of each count.
    fixed : (counts, fixed effects) design; give the column of ones yourself.
    random : (counts, random effects) design; one or two columns.
    offset : log of population or effort; none by default.
    correlated : whether two random effects may be correlated. If not, the fit depends on where periods are centred.
    counts : "poisson", or "negative_binomial" for counts that vary more: variance mean + spread × mean².

    Returns
    -------
    MixedModel : fixed effects, sd and correlation of the random effects (log scale), their modes by area, covariances,
        log_likelihood, fitted means, dispersion and warnings.

    Raises
    ------
    NotEstimable : the columns of the fixed design are not independent, all counts are 0, there are fewer areas than
        random effects + 1, or no maximum was found.
    ValueError : a value is missing, negative or infinite; shapes differ; an argument is unknown.

    References
    ----------
    Breslow, N. E. and Clayton, D. G. (1993). Approximate inference in generalized linear mixed models. JASA 88, 9-25.
    Bates, D., Maechler, M., Bolker, B. and Walker, S. (2015). Fitting linear mixed-effects models using lme4. Journal
        of Statistical Software 67 (1).
    """
    y = np.asarray(count, dtype=float)
    x, z = (np.asarray(design, dtype=float).reshape(len(y), -1) for design in (fixed, random))
    o = np.zeros(len(y)) if offset is None else np.asarray(offset, dtype=float)
    labels = pd.Series(np.asarray(area))
    _require(y, labels, x, z, o, counts)
    places, names = pd.factorize(labels)
    data = laplace.arrange(
        y, places, x, z, o, correlated=correlated and z.shape[1] == 2, spread=counts == "negative_binomial"
    )
    data, parameters = _reduced(data)
    parameters, information = laplace.polished(data, parameters)
    return _result(data, parameters, information, tuple(names), y, places)


def _require(y: Floats, area: pd.Series, x: Floats, z: Floats, offset: Floats, counts: str) -> None:
    if counts not in ("poisson", "negative_binomial"):
        raise Refusal("unknown_choice", f"`counts` is 'poisson' or 'negative_binomial', not '{counts}'.")
    if y.ndim != 1 or not len(y) == len(area) == len(offset):
        raise Refusal(
            "unequal_lengths", f"Counts, areas and offsets must be as many: {len(y)}, {len(area)}, {len(offset)}."
        )
    if area.isna().any():
        raise Refusal("missing_value", f"The count at position {int(np.argmax(area.isna()))} has no area.")
    faults = {
        "count is missing, infinite or below 0": ~(np.isfinite(y) & (y >= 0)),
        "row of a design is missing or infinite": ~np.isfinite(np.column_stack([x, z])).all(axis=1),
        "offset is missing or infinite: population and effort must be known and above 0": ~np.isfinite(offset),
    }
    for reason, bad in faults.items():
        if bad.any():
            raise Refusal("not_finite", f"At position {int(np.argmax(bad))} the {reason}.")
    if z.shape[1] not in (1, 2):
        raise Refusal(
            "out_of_range",
            f"There may be one random effect or two (level, trend); the design has {z.shape[1]} columns.",
        )
    if not y.any():
        raise NotEstimable(
            "no_events", "All counts are 0: nothing can be estimated. More years or larger areas would help."
        )
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise NotEstimable(
            "collinear", "The columns of the fixed design are not independent: leave one out, or give more periods."
        )
    if area.nunique() < z.shape[1] + 1:
        raise NotEstimable(
            "too_few_areas", f"Areas: {area.nunique()}. Their variance needs more areas than random effects."
        )


def _reduced(data: Data) -> tuple[Data, Floats]:
    """The maximum; what costs nothing to leave out (a variance, a spread) is exactly 0, and the rest fitted again."""
    found = [laplace.maximum(data, first) for first in laplace.starts(data)]
    parameters, reached = max(found, key=lambda one: one[1])
    if data.spread:
        plain = data.without_spread()
        smaller, left = laplace.maximum(plain, parameters[:-1])
        if left > reached - _SAME:
            data, parameters, reached = plain, smaller, left
    # Small ones first: a variance at its boundary is approached, and never reached.
    for effect in np.argsort(parameters[data.sds]):
        place = data.fixed + int(effect)
        tried = parameters.copy()
        tried[place] = 0.0
        smaller, left = laplace.maximum(data, tried, held=(place, *data.zeros))
        if left > reached - _SAME:
            parameters, reached = smaller, max(left, reached)
            data = data.with_zero(place)
    return data, parameters


def _result(
    data: Data, parameters: Floats, information: Floats, names: tuple, y: Floats, places: NDArray[np.intp]
) -> MixedModel:
    at = laplace.evaluate(data, parameters, None)
    free = data.free(parameters)
    covariance = np.zeros((len(parameters), len(parameters)))
    if np.linalg.eigvalsh(information).min() <= 0:
        raise NotEstimable(
            "not_identifiable",
            "The likelihood has no single highest point: these counts cannot tell the parameters apart. "
            "More areas, more periods or larger counts would help.",
        )
    covariance[np.ix_(free, free)] = np.linalg.inv(information)
    p, q = data.fixed, data.random
    # Back to the units of the designs, which were scaled for the search.
    unit = np.ones(len(parameters))
    unit[:p] = 1 / data.scale_fixed
    unit[data.sds] = 1 / data.scale_random
    covariance *= unit[:, None] * unit[None, :]
    back = 1 / data.scale_random
    sd = parameters[data.sds] * back
    correlation = float(np.sin(parameters[p + q])) if data.correlated and (sd > 0).all() else np.nan
    spread = float(np.exp(parameters[-1])) if data.spread else 0.0
    mu = at.mu[data.row_of, data.column_of]
    leverage = laplace.leverage(data, at)
    left = max(len(y) - leverage - data.spread, 1.0)
    dispersion = float(((y - mu) ** 2 / (mu + spread * mu**2)).sum() / left)
    return MixedModel(
        areas=names,
        n=len(y),
        fixed=parameters[:p] / data.scale_fixed,
        sd=sd,
        correlation=correlation,
        spread=spread,
        log_likelihood=at.value,
        effects=at.effects * back,
        effect_covariance=at.effect_covariance * back[:, None] * back[None, :],
        covariance=covariance,
        fitted=mu,
        dispersion=dispersion,
        warnings=_warnings(sd, correlation),
        _sensitivity=at.sensitivity * back[None, :, None] / unit[None, None, :],
        _data=data,
        _parameters=parameters,
    )


def _warnings(sd: Floats, correlation: float) -> tuple[Caution, ...]:
    said = []
    if abs(correlation) > 1 - 1e-5:
        said.append(
            Caution(
                "boundary_estimate",
                f"The correlation of the random effects is at its boundary ({correlation:+.0f}): these areas cannot "
                "tell two kinds of differences apart.",
            )
        )
    return tuple(said)
