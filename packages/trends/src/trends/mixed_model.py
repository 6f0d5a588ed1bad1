"""A log-linear model of counts with random effects of areas, fitted by maximum likelihood (Laplace approximation)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from trends.series import Floats, NotEstimable

Counts = Literal["poisson", "negative_binomial"]
COUNTS: tuple[Counts, ...] = ("poisson", "negative_binomial")
# Likelihoods whose logs differ by less are the same: what costs no more to leave out is not there.
_SAME = 1e-6
_MOST_STEPS = 100
# Nobody counts so many persons; beyond it, searches only waste digits.
_LARGEST_LOG_MEAN = 30.0
# The likelihood is level where a standard deviation is 0, so that a search that has reached 0 would stay there.
_LEAST_LOG_SPREAD = -14.0
_LEAST_SD, _LARGEST_SD = 1e-3, 30.0


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
    at_boundary : whether the correlation is 1 or -1: these areas cannot tell two kinds of differences apart.
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
    at_boundary: bool
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
        low, high = profile(
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
        log_likelihood, fitted means and dispersion.

    Raises
    ------
    NotEstimable : no maximum was found, or the counts cannot tell the parameters apart.

    References
    ----------
    Breslow, N. E. and Clayton, D. G. (1993). Approximate inference in generalized linear mixed models. JASA 88, 9-25.
    Bates, D., Maechler, M., Bolker, B. and Walker, S. (2015). Fitting linear mixed-effects models using lme4. Journal
        of Statistical Software 67 (1).
    """
    y = np.asarray(count, dtype=float)
    x, z = (np.asarray(design, dtype=float).reshape(len(y), -1) for design in (fixed, random))
    o = np.zeros(len(y)) if offset is None else np.asarray(offset, dtype=float)
    places, names = pd.factorize(pd.Series(np.asarray(area)))
    data = arrange(y, places, x, z, o, correlated=correlated and z.shape[1] == 2, spread=counts == "negative_binomial")
    data, parameters = _reduced(data)
    parameters, information = polished(data, parameters)
    return _result(data, parameters, information, tuple(names), y, places)


def _reduced(data: Data) -> tuple[Data, Floats]:
    """The maximum; what costs nothing to leave out (a variance, a spread) is exactly 0, and the rest fitted again."""
    found = [maximum(data, first) for first in starts(data)]
    parameters, reached = max(found, key=lambda one: one[1])
    if data.spread:
        plain = replace(data, spread=False)
        smaller, left = maximum(plain, parameters[:-1])
        if left > reached - _SAME:
            data, parameters, reached = plain, smaller, left
    # Small ones first: a variance at its boundary is approached, and never reached.
    for effect in np.argsort(parameters[data.sds], kind="stable"):
        place = data.fixed + int(effect)
        tried = parameters.copy()
        tried[place] = 0.0
        smaller, left = maximum(data, tried, held=(place, *data.zeros))
        if left > reached - _SAME:
            parameters, reached = smaller, max(left, reached)
            data = replace(data, zeros=(*data.zeros, place))
    return data, parameters


def _result(
    data: Data, parameters: Floats, information: Floats, names: tuple, y: Floats, places: NDArray[np.intp]
) -> MixedModel:
    at = evaluate(data, parameters, None)
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
    left = max(len(y) - leverage(data, at) - data.spread, 1.0)
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
        at_boundary=bool(abs(correlation) > 1 - 1e-5),
        _sensitivity=at.sensitivity * back[None, :, None] / unit[None, None, :],
        _data=data,
        _parameters=parameters,
    )


# Laplace's approximation to the likelihood, its gradient and its maximum


@dataclass(frozen=True, eq=False)
class Data:
    """Counts by area, padded to (areas, most counts of an area), with scaled designs.

    Parameters are the fixed effects, standard deviations of the random effects, the angle whose sine is their
    correlation (if `correlated`) and the log of the spread (if `spread`).
    """

    y: Floats
    offset: Floats
    x: Floats
    z: Floats
    known: Floats  # 1 where there is a count, 0 where padded
    scale_fixed: Floats
    scale_random: Floats
    row_of: NDArray[np.intp]
    column_of: NDArray[np.intp]
    correlated: bool
    spread: bool
    constant: float = 0.0
    zeros: tuple[int, ...] = field(default=())  # parameters held at 0

    @property
    def fixed(self) -> int:
        return self.x.shape[2]

    @property
    def random(self) -> int:
        return self.z.shape[2]

    @property
    def sds(self) -> slice:
        return slice(self.fixed, self.fixed + self.random)

    @property
    def size(self) -> int:
        return self.fixed + self.random + self.correlated + self.spread

    def free(self, parameters: Floats) -> NDArray[np.intp]:
        """Places of the parameters that the likelihood depends on."""
        held = set(self.zeros)
        if self.correlated and held:
            held.add(self.fixed + self.random)
        return np.array([place for place in range(len(parameters)) if place not in held])


@dataclass(frozen=True, eq=False)
class At:
    """The approximation at some parameters.

    `effects` are the conditional modes (areas, effects) in the scaled units; `sensitivity` their derivatives by the
    parameters (areas, effects, parameters); `spherical` the modes in units of their own standard deviations.
    """

    value: float
    gradient: Floats
    spherical: Floats
    effects: Floats
    effect_covariance: Floats
    sensitivity: Floats
    mu: Floats
    weight: Floats


def arrange(
    y: Floats,
    places: NDArray[np.intp],
    x: Floats,
    z: Floats,
    offset: Floats,
    *,
    correlated: bool,
    spread: bool,
) -> Data:
    """Rows of counts as padded arrays; the columns of the designs are scaled to a root mean square of 1."""
    column_of = np.empty(len(y), dtype=np.intp)
    order = np.argsort(places, kind="stable")
    sizes = np.bincount(places)
    column_of[order] = np.arange(len(y)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    shape = (len(sizes), int(sizes.max()))

    def padded(values: Floats) -> Floats:
        full = np.zeros((*shape, *values.shape[1:]))
        full[places, column_of] = values
        return full

    scales = [np.sqrt((design**2).mean(axis=0)) for design in (x, z)]
    scales = [np.where(scale > 0, scale, 1.0) for scale in scales]
    return Data(
        y=padded(y),
        offset=padded(offset),
        x=padded(x / scales[0]),
        z=padded(z / scales[1]),
        known=padded(np.ones(len(y))),
        scale_fixed=scales[0],
        scale_random=scales[1],
        row_of=places,
        column_of=column_of,
        correlated=correlated,
        spread=spread,
        constant=-float(special.gammaln(y + 1).sum()),
    )


def starts(data: Data) -> list[Floats]:
    """Return starts of searches: areas that differ, by effects correlated in no, one or the other direction."""
    weight = np.sqrt((data.y + 0.5) * data.known)
    target = (np.log(data.y + 0.5) - data.offset) * weight
    beta = np.linalg.lstsq((data.x * weight[..., None]).reshape(-1, data.fixed), target.ravel(), rcond=None)[0]
    first = np.zeros(data.size)
    first[: data.fixed] = beta
    first[data.sds] = 0.5
    if data.spread:
        first[-1] = np.log(0.1)
    # From afar, a search for all at once can leap past the maximum.
    first = maximum(data, first, held=tuple(range(data.fixed, data.size)))[0]
    angle = np.zeros(data.size)
    if data.correlated:
        angle[data.fixed + data.random] = 0.8
    return [first, first + angle, first - angle] if data.correlated else [first]


def maximum(data: Data, first: Floats, held: tuple[int, ...] = ()) -> tuple[Floats, float]:
    """The parameters with the highest likelihood and its log; those `held` keep their first value.

    Raises
    ------
    NotEstimable : no maximum was found.
    """
    free = np.array([place for place in range(len(first)) if place not in held])
    warm: list[Floats | None] = [None]

    def objective(values: Floats) -> tuple[float, Floats]:
        parameters = first.copy()
        parameters[free] = values
        at = evaluate(data, parameters, warm[0])
        if not np.isfinite(at.value):
            return 1e300, np.zeros(len(free))
        warm[0] = at.spherical
        return -at.value, -at.gradient[free]

    ends: list[tuple[float | None, float | None]] = [(None, None)] * data.size
    ends[data.sds] = [(_LEAST_SD, _LARGEST_SD)] * data.random
    if data.spread:
        ends[-1] = (_LEAST_LOG_SPREAD, 6.0)
    found = optimize.minimize(
        objective, first[free], jac=True, method="L-BFGS-B", bounds=[ends[place] for place in free],
        options={"maxiter": 500, "maxcor": 20, "ftol": 1e-13, "gtol": 1e-7},
    )  # fmt: skip
    if not found.fun < 1e299:
        raise NotEstimable(
            "not_converged", "No maximum of the likelihood was found. More areas or larger counts would help."
        )
    parameters = first.copy()
    parameters[free] = found.x
    return parameters, -float(found.fun)


def evaluate(data: Data, parameters: Floats, spherical: Floats | None) -> At:
    """The log-likelihood at `parameters`, its gradient and the modes, sought from `spherical` on."""
    p, q = data.fixed, data.random
    factor, moves = _factor(data, parameters)
    spread = float(np.exp(parameters[-1])) if data.spread else 0.0
    base = data.offset + data.x @ parameters[:p]
    zl = data.z @ factor
    u = _modes(data, base, zl, spread, np.zeros((len(data.y), q)) if spherical is None else spherical)
    eta = base + (zl @ u[..., None])[..., 0]
    value, score, weight, bend = _family(data, eta, spread)
    inner = np.eye(q) + (zl * weight[..., None]).swapaxes(1, 2) @ zl
    inverse = np.linalg.inv(inner)
    turned = zl @ inverse
    share = (turned * zl).sum(axis=2)  # variance of a linear predictor given the parameters
    total = data.constant + value.sum() - 0.5 * (u**2).sum() - 0.5 * np.linalg.slogdet(inner)[1].sum()

    # How linear predictors, and the modes' equations, move with each parameter while the modes stand still.
    direct = np.zeros((*data.y.shape, data.size))
    direct[..., :p] = data.x
    raised = (data.z.swapaxes(1, 2) @ score[..., None])[..., 0]
    pull = np.zeros((len(u), q, data.size))
    gradient = np.zeros(data.size)
    for place, move in enumerate(moves, start=p):
        zm = data.z @ move
        direct[..., place] = (zm @ u[..., None])[..., 0]
        pull[..., place] = raised @ move
        gradient[place] -= (turned * zm * weight[..., None]).sum()
    pull -= zl.swapaxes(1, 2) @ (weight[..., None] * direct)
    if data.spread:
        by_spread, score_by, weight_by = _by_log_spread(data, eta, spread)
        pull[..., -1] += (zl.swapaxes(1, 2) @ score_by[..., None])[..., 0]
        gradient[-1] += by_spread.sum() - 0.5 * (share * weight_by).sum()
    step = inverse @ pull
    gradient += np.tensordot(score, direct, 2)
    gradient -= 0.5 * np.tensordot(share * bend, direct + zl @ step, 2)

    sensitivity = factor @ step
    for place, move in enumerate(moves, start=p):
        sensitivity[..., place] += u @ move.T
    return At(
        value=float(total),
        gradient=gradient,
        spherical=u,
        effects=u @ factor.T,
        effect_covariance=factor @ inverse @ factor.T,
        sensitivity=sensitivity,
        mu=_means(data, eta),
        weight=weight,
    )


def _factor(data: Data, parameters: Floats) -> tuple[Floats, list[Floats]]:
    """The Cholesky factor of the random effects' covariance, and its derivatives by their parameters."""
    sd = parameters[data.sds]
    if not data.correlated:
        return np.diag(sd), [np.diag(row) for row in np.eye(data.random)]
    sine, cosine = np.sin(parameters[data.fixed + 2]), np.cos(parameters[data.fixed + 2])
    return np.array([[sd[0], 0.0], [sd[1] * sine, sd[1] * cosine]]), [
        np.array([[1.0, 0.0], [0.0, 0.0]]),
        np.array([[0.0, 0.0], [sine, cosine]]),
        np.array([[0.0, 0.0], [sd[1] * cosine, -sd[1] * sine]]),
    ]


def _modes(data: Data, base: Floats, zl: Floats, spread: float, u: Floats) -> Floats:
    """Conditional modes of all areas by Newton's method; a step that lowers an area's likelihood is halved."""

    def height(at: Floats) -> tuple[Floats, tuple[Floats, ...]]:
        parts = _family(data, base + (zl @ at[..., None])[..., 0], spread)
        return parts[0].sum(axis=1) - 0.5 * (at**2).sum(axis=1), parts

    across = zl.swapaxes(1, 2)
    reached, parts = height(u)
    for _ in range(_MOST_STEPS):
        _, score, weight, _ = parts
        slope = (across @ score[..., None])[..., 0] - u
        curvature = np.eye(zl.shape[2]) + (across * weight[:, None, :]) @ zl
        step = np.linalg.solve(curvature, slope[..., None])[..., 0]
        if not np.isfinite(step).all() or np.abs(step).max() < 1e-11:
            break
        tried, parts = height(u + step)
        for _ in range(60):
            worse = ~(tried >= reached - 1e-9 * (1 + np.abs(reached)))
            if not worse.any():
                break
            step[worse] /= 2
            tried, parts = height(u + step)
        u, reached = u + step, tried
    return u


def _family(data: Data, eta: Floats, spread: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Log-likelihood (less log count!), score, weight and the weight's slope by linear predictor; 0 where padded."""
    eta = np.minimum(eta, _LARGEST_LOG_MEAN)
    mu = _means(data, eta)
    if not spread:
        return data.y * eta - mu, data.y - mu, mu, mu
    size = 1 / spread
    part = mu / (size + mu)
    value = (
        special.gammaln(data.y + size)
        - special.gammaln(size)
        + data.y * (eta + np.log(spread))
        - (data.y + size) * np.log1p(mu * spread)
    )
    weight = (data.y + size) * part * (1 - part)
    return value * data.known, data.y - (data.y + size) * part, weight, weight * (1 - 2 * part)


def _means(data: Data, eta: Floats) -> Floats:
    return np.exp(np.minimum(eta, _LARGEST_LOG_MEAN)) * data.known


def _by_log_spread(data: Data, eta: Floats, spread: float) -> tuple[Floats, Floats, Floats]:
    """Derivatives of a negative binomial's log-likelihood, score and weight by the log of the spread."""
    mu = _means(data, eta)
    size = 1 / spread
    part = mu / (size + mu)
    # By the log of the size, and then with the other sign.
    value = size * (
        special.digamma(data.y + size) - special.digamma(size) - np.log1p(mu * spread) + part - data.y / (size + mu)
    )
    score = -size * part + (data.y + size) * part * (1 - part)
    weight = size * part * (1 - part) - (data.y + size) * part * (1 - part) * (1 - 2 * part)
    return -value * data.known, -score, -weight


def polished(data: Data, parameters: Floats) -> tuple[Floats, Floats]:
    """The maximum after a last step by Newton's method, and the information about the parameters that are free."""
    free = data.free(parameters)
    information = -hessian(data, parameters, free)
    if np.linalg.eigvalsh(information).min() <= 0:
        return parameters, information
    before = evaluate(data, parameters, None)
    moved = parameters.copy()
    moved[free] += np.linalg.solve(information, before.gradient[free])
    after = evaluate(data, moved, before.spherical)
    better = np.abs(after.gradient[free]).max() < np.abs(before.gradient[free]).max()
    return (moved if better and after.value > before.value - 1e-8 else parameters), information


def hessian(data: Data, parameters: Floats, free: NDArray[np.intp], step: float = 1e-4) -> Floats:
    """Second derivatives of the log-likelihood by the parameters `free`: central differences of the gradient."""
    warm = evaluate(data, parameters, None).spherical
    rows = []
    for place in free:
        ends = []
        for sign in (1, -1):
            moved = parameters.copy()
            moved[place] += sign * step
            ends.append(evaluate(data, moved, warm).gradient[free])
        rows.append((ends[0] - ends[1]) / (2 * step))
    found = np.array(rows)
    return (found + found.T) / 2


def leverage(data: Data, at: At) -> float:
    """Degrees of freedom that the fit takes, given the variances: the trace of weights × variances of predictors."""
    across = (data.x * at.weight[..., None]).swapaxes(1, 2)
    crossed = across @ data.z @ at.effect_covariance
    information = (across @ data.x - crossed @ (data.z.swapaxes(1, 2) @ (at.weight[..., None] * data.x))).sum(axis=0)
    seen = data.x - data.z @ crossed.swapaxes(1, 2)
    own = ((data.z @ at.effect_covariance) * data.z).sum(axis=2)
    shared = ((seen @ np.linalg.inv(information)) * seen).sum(axis=2)
    return float((at.weight * (own + shared)).sum())


def profile(data: Data, parameters: Floats, place: int, drop: float) -> tuple[float, float]:
    """Return where twice the log-likelihood, maximised over others, falls by `drop` as a standard deviation changes.

    Returns
    -------
    low, high : scaled units; 0 and infinity where it falls by less.
    """
    best = evaluate(data, parameters, None).value
    target, centre = float(np.sqrt(drop)), float(parameters[place])
    seen = {centre: (parameters, -target)}

    def beyond(value: float) -> float:
        """The signed root of the fall, less that of `drop`: nearly a line."""
        if value not in seen:
            # From the nearest point that is known, so that neighbours do not end on different hills.
            tried = seen[min(seen, key=lambda known: abs(known - value))][0].copy()
            tried[place] = value
            found, reached = maximum(data, tried, (place, *(zero for zero in data.zeros if zero != place)))
            seen[value] = (found, float(np.sqrt(max(2 * (best - reached), 0.0))) - target)
        return seen[value][1]

    low = 0.0
    if centre > 0 and beyond(0.0) > 0:
        low = float(optimize.brentq(beyond, 0.0, centre, xtol=1e-4 * centre, rtol=1e-4))
    inside, outside = centre, centre + max(0.5 * centre, 0.1)
    while beyond(outside) < 0:
        inside, outside = outside, 2 * outside
        if outside > 100:
            return low, np.inf
    return low, float(optimize.brentq(beyond, inside, outside, xtol=1e-4 * outside, rtol=1e-4))
