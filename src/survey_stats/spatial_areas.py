"""Small areas whose effects resemble those of their neighbours: the model of Fay and Herriot on a map with islands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg, optimize

from bounded.arguments import checked
from bounded.refusal import Caution, Refusal, require_choice, require_columns, require_once
from survey_stats.area_models import (
    NEGLIGIBLE,
    Areas,
    SmallAreas,
    assembled,
    cautions,
    coefficients,
    no_variance,
    prepared,
)
from survey_stats.design import Floats, Mask, Names

METHODS = ("reml", "ml")
PAIRS = "pairs of neighbours"
# Beyond this correlation the likelihood is flat, or the data ask for one effect of all.
_MOST = 0.999


def proximity(
    areas: Sequence[object],
    neighbours: pd.DataFrame,
    *,
    links: pd.DataFrame | None = None,
    positions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Proximity of each area to each: a row gives the area's neighbours equal shares that add up to 1.

    An area that has no neighbour, such as an island, is joined as `links` says (a ferry, a bridge), or else with the
    area nearest to it.

    Parameters
    ----------
    areas : names of all areas, in the order that rows and columns are to have.
    neighbours : one row a pair: area, neighbour. A pair counts in both directions, and may stand there once or twice.
    links : as `neighbours`; used for areas without a neighbour alone.
    positions : one row an area: area, x, y, in one unit of length (of a projected map, not degrees).

    Returns
    -------
    DataFrame (areas, areas), labelled by the areas' names on both sides.

    Raises
    ------
    Refusal : ``area_without_neighbour`` (it is named), ``unknown_area`` or ``own_neighbour`` (of a pair),
        ``duplicate_key`` (an area has two positions).

    References
    ----------
    Freni-Sterrantino, A., Ventrucci, M. and Rue, H. (2018). A note on intrinsic conditional autoregressive models for
        disconnected graphs. Spatial and Spatio-temporal Epidemiology 26, 25-34.
    """
    names = list(areas)
    joined = _joined(names, neighbours)
    alone = np.flatnonzero(~joined.any(axis=1)).tolist()
    if alone and links is not None:
        linked = _joined(names, links)
        linked[np.ix_(joined.any(axis=1), joined.any(axis=1))] = False
        joined |= linked
        alone = np.flatnonzero(~joined.any(axis=1)).tolist()
    if alone and positions is not None:
        at = _positions(names, positions)
        for island in alone:
            away = np.hypot(*(at - at[island]).T)
            away[island] = np.inf
            # The first of those that are as near as the nearest.
            nearest = int(np.argmax(away <= away.min() * (1 + 1e-9)))
            joined[island, nearest] = joined[nearest, island] = True
        alone = []
    if alone:
        raise Refusal(
            "area_without_neighbour",
            f"{', '.join(str(names[island]) for island in alone)}: no neighbour. Give `links` that join such areas, or "
            "the `positions` of all areas, by which each is joined with the nearest.",
        )
    shares = joined / joined.sum(axis=1, keepdims=True)
    return pd.DataFrame(shares, index=names, columns=names)


def _joined(names: list[object], pairs: pd.DataFrame) -> np.ndarray:
    """(areas, areas) who is a neighbour of whom, in both directions."""
    require_columns(pairs, ["area", "neighbour"], PAIRS)
    place = {name: number for number, name in enumerate(names)}
    found = np.zeros((len(names), len(names)), dtype=bool)
    for one, other in pairs[["area", "neighbour"]].itertuples(index=False):
        for name in (one, other):
            if name not in place:
                raise Refusal("unknown_area", f"{one} and {other} are neighbours, and {name} is none of the areas.")
        if one == other:
            raise Refusal("own_neighbour", f"{one} is named as its own neighbour.")
        found[place[one], place[other]] = found[place[other], place[one]] = True
    return found


def _positions(names: list[object], positions: pd.DataFrame) -> Floats:
    """(areas, 2) where each area lies."""
    require_columns(positions, ["area", "x", "y"], "positions")
    require_once(positions, ["area"], "positions", "give one row an area")
    found = positions.set_index("area")[["x", "y"]].reindex(names).to_numpy(dtype=float)
    if not np.isfinite(found).all():
        name = names[int(np.argmin(np.isfinite(found).all(axis=1)))]
        raise Refusal("unknown_position", f"{name} has no position, so that its distance to an island is not known.")
    return found


@checked()
def spatial_fay_herriot(
    areas: pd.DataFrame,
    proximity: pd.DataFrame,
    covariates: Names | None = None,
    *,
    area: str = "area",
    direct: str = "estimate",
    standard_error: str = "standard_error",
    method: str = "reml",
    intercept: bool = True,
    confidence: float = 0.95,
) -> SmallAreas:
    """Estimate areas as `fay_herriot` does, where an area's effect depends on the mean of its neighbours' effects.

    The effects follow a simultaneous autoregression: each is `correlation` times the mean of its neighbours', and a
    part of its own. An area without a sample is drawn towards its sampled neighbours.

    Parameters
    ----------
    areas, covariates, area, direct, standard_error, intercept, confidence : as for `fay_herriot`.
    proximity : DataFrame (areas, areas) whose rows add up to 1, labelled by the areas' names (`proximity`).
    method : of variance and correlation: ``reml`` (restricted likelihood) or ``ml`` (likelihood).

    Returns
    -------
    SmallAreas : as of `fay_herriot`, with `correlation`. The mean squared error is the analytical one.

    Raises
    ------
    NotEstimable : as `fay_herriot`.
    ValueError : a column is missing or holds what it may not, or the matrix is not one of these areas.

    References
    ----------
    Singh, B. B., Shukla, G. K. and Kundu, D. (2005). Spatio-temporal models in small area estimation. Survey
        Methodology 31, 183-195.
    Petrucci, A. and Salvati, N. (2006). Small area estimation for spatial correlation in watershed erosion assessment.
        Journal of Agricultural, Biological, and Environmental Statistics 11, 169-182.
    Molina, I., Salvati, N. and Pratesi, M. (2009). Bootstrap for estimating the MSE of the spatial EBLUP. Computational
        Statistics 24, 441-458.
    """
    require_choice("method", method, METHODS)
    given = prepared(areas, covariates, area, direct, standard_error, intercept)
    near = _checked(proximity, given.names)
    variance, correlation = _highest(given, near, method)
    effects, first, second = _effects(near, variance, correlation)
    fit = _Fit.of(given, effects)
    # Each area's effect is predicted by `weights` of the residuals; `left` of all effects stays in its error.
    here = given.sampled
    weights = fit.precision @ effects[here]
    left = np.eye(len(near))
    left[here] -= weights
    own = given.x - weights.T @ given.x[here]
    spread = linalg.inv(fit.information(first))
    moved = [fit.precision @ (part @ left)[here] for part in first]
    g1 = _forms(left, effects, left) + _forms(weights, np.diag(given.psi[here]), weights)
    g2 = _forms(own.T, fit.inverse, own.T)
    g3 = sum(spread[k, other] * _forms(moved[k], fit.v, moved[other]) for k in (0, 1) for other in (0, 1))
    g4 = spread[0, 1] * _forms(left, second[0], left) + 0.5 * spread[1, 1] * _forms(left, second[1], left)
    beyond = 2 * g3 - g4
    if method == "ml":
        bias = fit.bias(first, spread)
        beyond -= sum(bias[k] * _forms(left, first[k], left) for k in (0, 1))
    # Estimating variance and correlation takes no error away, though near the ends of their ranges the terms may.
    mse = g1 + g2 + np.maximum(beyond, 0)
    gamma = np.zeros(len(near))
    gamma[here] = np.diag(weights[:, here])
    edge = Caution.when(
        abs(correlation) > 0.99 * _MOST,
        "correlation_at_its_bound",
        f"The correlation of neighbours is estimated as {correlation:.3f}, at the end of its range, where its error is "
        "not known: compare with the model without neighbours.",
    )
    return SmallAreas(
        table=assembled(given, given.x @ fit.beta + weights.T @ fit.residual, mse, gamma, confidence),
        coefficients=coefficients(given.terms, fit.beta, fit.inverse, confidence),
        variance=variance,
        correlation=correlation,
        unit_variance=float("nan"),
        log_likelihood=fit.likelihood("ml"),
        method=method,
        confidence=confidence,
        warnings=(*cautions(given, mse), *Caution.kept(edge)),
    )


def _checked(proximity: pd.DataFrame, names: list[object]) -> Floats:
    """(areas, areas) the matrix in the order of the areas."""
    if set(proximity.index) != set(names) or set(proximity.columns) != set(names) or len(proximity) != len(names):
        raise Refusal(
            "other_areas", "The proximity matrix has other areas than the table: its rows and columns are labelled so."
        )
    near = proximity.loc[names, names].to_numpy(dtype=float)
    if (near < 0).any() or np.diag(near).any() or not np.allclose(near.sum(axis=1), 1, rtol=0, atol=1e-4):
        raise Refusal(
            "not_row_standardised",
            "Rows of the proximity matrix are shares of an area's neighbours: none below 0, none of the area itself, "
            "and 1 in all.",
        )
    return near


def _whole(near: Floats, correlation: float) -> Floats:
    """Covariance of the areas' effects as a multiple of their variance."""
    away = np.eye(len(near)) - correlation * near
    return linalg.inv(away.T @ away)


def _effects(near: Floats, variance: float, correlation: float) -> tuple[Floats, list[Floats], list[Floats]]:
    """Covariance of the areas' effects; its derivatives by variance and correlation; the second ones, by both and twice
    by the correlation.
    """
    whole = _whole(near, correlation)
    slope = -(near + near.T) + 2 * correlation * near.T @ near
    first = -whole @ slope @ whole
    second = -2 * first @ slope @ whole - whole @ (2 * near.T @ near) @ whole
    return variance * whole, [whole, variance * first], [first, variance * second]


@dataclass(frozen=True, eq=False)
class _Fit:
    """The regression for one covariance of effects: of the direct estimates `v`, its inverse `precision`, precision
    times covariates `weighed`, coefficients, their covariance `inverse`, residuals.
    """

    v: Floats
    precision: Floats
    weighed: Floats
    beta: Floats
    inverse: Floats
    residual: Floats
    sampled: Mask

    @classmethod
    def of(cls, given: Areas, effects: Floats) -> _Fit:
        y, x, psi = given.data
        v = effects[np.ix_(given.sampled, given.sampled)] + np.diag(psi)
        precision = linalg.inv(v)
        weighed = precision @ x
        inverse = linalg.inv(x.T @ weighed)
        beta = inverse @ (weighed.T @ y)
        return cls(v, precision, weighed, beta, inverse, y - x @ beta, given.sampled)

    def likelihood(self, method: str) -> float:
        """The logarithm of the likelihood, or of the restricted one."""
        value = len(self.v) * np.log(2 * np.pi) + np.linalg.slogdet(self.v)[1]
        value += self.residual @ self.precision @ self.residual
        restricted = np.linalg.slogdet(self.inverse)[1] if method == "reml" else 0.0
        return 0.5 * float(restricted - value)

    def projection(self, method: str) -> Floats:
        """Matrix in the place of the precision where coefficients are estimated, in the restricted likelihood."""
        return self.precision - self.weighed @ self.inverse @ self.weighed.T if method == "reml" else self.precision

    def slope(self, first: list[Floats], method: str) -> Floats:
        """(2,) derivatives of the likelihood by variance and correlation."""
        weighed, projection = self.precision @ self.residual, self.projection(method)
        inside = [part[np.ix_(self.sampled, self.sampled)] for part in first]
        return 0.5 * np.array([weighed @ part @ weighed - np.einsum("ij,ji->", projection, part) for part in inside])

    def information(self, first: list[Floats]) -> Floats:
        """(2, 2) what the data are expected to say of variance and correlation, coefficients being estimated."""
        projection = self.projection("reml")
        moved = [projection @ part[np.ix_(self.sampled, self.sampled)] for part in first]
        return 0.5 * np.array([[np.einsum("ij,ji->", one, other) for other in moved] for one in moved])

    def bias(self, first: list[Floats], spread: Floats) -> Floats:
        """(2,) how far the likelihood misses variance and correlation, on average; `spread` is their covariance."""
        inside = [part[np.ix_(self.sampled, self.sampled)] for part in first]
        pull = [np.einsum("ij,ji->", self.inverse, self.weighed.T @ part @ self.weighed) for part in inside]
        return -0.5 * spread @ np.array(pull)


def _forms(left: Floats, middle: Floats, right: Floats) -> Floats:
    """Quadratic form of each column: left' middle right."""
    return np.einsum("ij,ij->j", left, middle @ right)


def _highest(given: Areas, near: Floats, method: str) -> tuple[float, float]:
    """Variance and correlation at which the likelihood is highest: looked for on a grid, then from its best place."""
    scale = float(np.median(given.psi[given.sampled]))

    def fall(place: Floats) -> tuple[float, Floats]:
        variance, correlation = scale * float(np.exp(place[0])), float(np.tanh(place[1]))
        effects, first, _ = _effects(near, variance, correlation)
        fit = _Fit.of(given, effects)
        return -fit.likelihood(method), -fit.slope(first, method) * np.array([variance, 1 - correlation**2])

    best, start = -np.inf, np.zeros(2)
    for bent in np.arctanh(np.arange(-0.9, 0.91, 0.3)):
        whole = _whole(near, float(np.tanh(bent)))
        for power in np.arange(-6.0, 6.1, 1.5):
            found = _Fit.of(given, scale * np.exp(power) * whole).likelihood(method)
            if found > best:
                best, start = found, np.array([power, bent])
    bounds = [(float(np.log(NEGLIGIBLE)), 20.0), (-float(np.arctanh(_MOST)), float(np.arctanh(_MOST)))]
    result = optimize.minimize(
        fall, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 500}
    )
    if result.x[0] < np.log(10 * NEGLIGIBLE):
        raise no_variance()
    return scale * float(np.exp(result.x[0])), float(np.tanh(result.x[1]))
