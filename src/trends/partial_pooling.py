"""Partial pooling of areas: a gamma-Poisson model of levels, and pooled levels and trends of interval counts.

Rates of areas drawn together by a gamma distribution of the true rates, fitted by maximum likelihood.

What areas say together: pooled levels and trends of counts that are known, or known only between bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize, special

from bounded import intervals
from bounded.refusal import Caution, Refusal
from trends import caution
from trends.mixed_model import Counts, MixedModel, mixed_model
from trends.series import Floats, NotEstimable, TooFewPoints

# Beyond so many times the largest expected count, a gamma distribution's spread adds nothing that can be seen.
_NO_SPREAD = 1e4


@dataclass(frozen=True, eq=False)
class GammaPoisson:
    """Relative rates of areas under a gamma prior.

    Parameters
    ----------
    shape, rate : of the gamma distribution of the true relative rates; its mean is shape / rate, its variance
        shape / rate². Both are infinite where the areas differ no more than by chance.
    mean, sd : of that distribution.
    log_likelihood : of the counts (negative binomial), at the maximum.
    relative, low, high : posterior mean of each area's relative rate; its limits (quantiles of the gamma posterior).
    shrinkage : how far each area is drawn from its own rate to the mean, from 0 (not at all) to 1 (wholly).
    confidence : level of the limits, which take shape and rate as known and are therefore somewhat too narrow.
    """

    shape: float
    rate: float
    mean: float
    sd: float
    log_likelihood: float
    relative: Floats = field(repr=False)
    low: Floats = field(repr=False)
    high: Floats = field(repr=False)
    shrinkage: Floats = field(repr=False)
    confidence: float = 0.95


def gamma_poisson(count: ArrayLike, expected: ArrayLike, confidence: float = 0.95) -> GammaPoisson:
    """Fit a gamma distribution to the relative rates of areas, and draw each area's rate towards its mean.

    Counts are Poisson with mean relative rate × expected count, and the relative rates follow a gamma distribution, so
    that counts are negative binomial; shape and rate maximise that likelihood. Smoothing of rates by moments, by
    populations or neighbours, is `analysis.incidence.smooth_rates`.

    Parameters
    ----------
    count : persons, one an area, 0 or more.
    expected : persons expected if all areas were alike, above 0: proportional to population or effort.
    confidence : level of the limits, between 0 and 1.

    Returns
    -------
    GammaPoisson : shape, rate, mean, sd, log_likelihood; relative, low, high, shrinkage: arrays of one element an area.

    Raises
    ------
    TooFewPoints : no area has an event.
    NotEstimable : fewer than two areas.
    ValueError : a count is negative or missing, an expected count is missing or not positive, lengths differ.

    References
    ----------
    Clayton, D. and Kaldor, J. (1987). Empirical Bayes estimates of age-standardized relative risks for use in disease
        mapping. Biometrics 43, 671-681.
    """
    tail = (1 - intervals.check_confidence(confidence)) / 2
    y, e = np.asarray(count, dtype=float), np.asarray(expected, dtype=float)
    _require(y, e)
    shape, mean = _maximum(y, e)
    if np.isinf(shape):
        alike = np.full(len(y), mean)
        return GammaPoisson(
            shape=np.inf, rate=np.inf, mean=mean, sd=0.0, log_likelihood=_log_likelihood(y, mean * e, np.inf),
            relative=alike, low=alike, high=alike, shrinkage=np.ones(len(y)), confidence=confidence,
        )  # fmt: skip
    rate = shape / mean
    low, high = posterior_limits(y, e, shape, rate, tail)
    return GammaPoisson(
        shape=shape,
        rate=rate,
        mean=mean,
        sd=float(np.sqrt(shape) / rate),
        log_likelihood=_log_likelihood(y, mean * e, shape),
        relative=(shape + y) / (rate + e),
        low=low,
        high=high,
        shrinkage=rate / (rate + e),
        confidence=confidence,
    )


def posterior_limits(count: Floats, expected: Floats, shape: float, rate: float, tail: float) -> tuple[Floats, Floats]:
    """Quantiles of the gamma distribution with shape + count and rate + expected, `tail` (a share) from either end."""
    scale = 1 / (rate + expected)
    return special.gammaincinv(shape + count, tail) * scale, special.gammainccinv(shape + count, tail) * scale


def _require(count: Floats, expected: Floats) -> None:
    if count.ndim != 1 or count.shape != expected.shape:
        raise Refusal(
            "unequal_lengths",
            f"Counts and expected counts must be lists of one length: {count.shape}, {expected.shape}.",
        )
    bad = ~(np.isfinite(count) & (count >= 0))
    if bad.any():
        raise Refusal("invalid_count", f"The count at position {int(np.argmax(bad))} is missing, infinite or below 0.")
    bad = ~(np.isfinite(expected) & (expected > 0))
    if bad.any():
        raise Refusal(
            "not_positive", f"The expected count at position {int(np.argmax(bad))} is missing or not positive."
        )
    if len(count) < 2:
        raise NotEstimable("too_few_areas", "One area has no others to be drawn to: rates of more areas would help.")
    if not count.any():
        raise TooFewPoints(
            "no_events", "No area has an event: nothing can be said of how they differ. More years would help."
        )


def _maximum(count: Floats, expected: Floats) -> tuple[float, float]:
    """Shape and mean at the highest likelihood; an infinite shape where that has no spread between areas."""
    pooled = count.sum() / expected.sum()

    def slope(log_shape: float) -> float:
        shape = np.exp(log_shape)
        mu = _mean(count, expected, shape) * expected
        # The mean is at its own maximum, so that the profile's slope is the partial one.
        gain = special.digamma(count + shape) - special.digamma(shape)
        return float(shape * (gain - np.log1p(mu / shape) + (mu - count) / (shape + mu)).sum())

    grid = np.linspace(np.log(1e-4), np.log(_NO_SPREAD * max(1.0, (pooled * expected).max())), 60)
    slopes = np.array([slope(point) for point in grid])
    shape, mean = np.inf, pooled
    best = _log_likelihood(count, pooled * expected, np.inf)
    for left in np.flatnonzero((slopes[:-1] > 0) & (slopes[1:] <= 0)):
        root = float(np.exp(optimize.brentq(slope, grid[left], grid[left + 1], xtol=1e-13)))
        centre = _mean(count, expected, root)
        reached = _log_likelihood(count, centre * expected, root)
        if reached > best:
            best, shape, mean = reached, root, centre
    return shape, float(mean)


def _mean(count: Floats, expected: Floats, shape: float) -> float:
    """The mean relative rate at which the likelihood is highest, given the shape."""
    m = float(count.sum() / expected.sum())
    for _ in range(100):
        weight = 1 / (1 + m * expected / shape)
        # Fisher's scoring on the log scale.
        step = float(((count - m * expected) * weight).sum() / (m * expected * weight).sum())
        m *= float(np.exp(np.clip(step, -2, 2)))
        if abs(step) < 1e-14:
            break
    return m


def _log_likelihood(count: Floats, mu: Floats, shape: float) -> float:
    from scipy import stats

    if np.isinf(shape):
        return float(stats.poisson.logpmf(count, mu).sum())
    return float(
        (
            special.gammaln(count + shape)
            - special.gammaln(shape)
            - special.gammaln(count + 1)
            - shape * np.log1p(mu / shape)
            + special.xlogy(count, mu / (shape + mu))
        ).sum()
    )


@dataclass(frozen=True)
class RangedEstimate:
    """A number with its limits; with counts known between bounds, a range of numbers.

    Parameters
    ----------
    estimate : NaN where counts that are intervals leave it open.
    least, most : the range over the patterns of such counts that were fitted; both equal `estimate` where it is known.
    low, high : confidence limits, over all these patterns; NaN where none are given.
    """

    estimate: float
    least: float
    most: float
    low: float
    high: float


UNKNOWN = RangedEstimate(*[np.nan] * 5)


@dataclass(frozen=True, eq=False)
class Together:
    """Columns of areas, and what they have in common, by one method; see `PooledAreas`."""

    model: str
    areas: pd.DataFrame
    common: RangedEstimate
    common_level: RangedEstimate
    between: RangedEstimate
    between_levels: RangedEstimate
    correlation: float = np.nan
    warnings: tuple[caution.Said, ...] = ()
    fit: MixedModel | None = field(default=None)


def by_mixed_model(
    used: pd.DataFrame, exposure: Floats, confidence: float, counts: Counts, correlated: bool, fall_back: bool
) -> Together:
    """Levels and trends with normal deviations of areas.

    Parameters
    ----------
    used : area_id, period, low, high (persons, finite).
    exposure : of each row, in the unit that levels are given for.
    fall_back : leave the correlation out where its estimate lies at its boundary.
    """
    from scipy import stats

    period = used["period"].to_numpy(dtype=float)
    line = np.column_stack([np.ones(len(used)), period - period.mean()])
    patterns = _patterns(used, line, exposure)

    def fitted(together: bool) -> list[MixedModel]:
        return [
            mixed_model(
                vector, used["area_id"], line, line, offset=np.log(exposure), correlated=together, counts=counts
            )
            for vector in patterns
        ]

    fits = fitted(correlated)
    said = [sentence for fit in fits for sentence in fit.warnings]
    if said and fall_back:
        fits, correlated = fitted(False), False
        said = [
            Caution(
                "boundary_estimate",
                "The correlation of level and trend could not be estimated (at its boundary), and was left out.",
            )
        ]
    quantile = float(stats.norm.ppf((1 + confidence) / 2))
    known = len(fits) == 1
    columns: dict[str, list | Floats] = {"area_id": list(fits[0].areas)}
    slopes = [fit.contrast([0, 1], [0, 1]) for fit in fits]
    columns |= _columns("pooled_change", slopes, quantile, _percent, ("pooled_low", "pooled_high"))
    columns["shrinkage"] = _drawn(fits[0], 1) if known else np.full(len(fits[0].areas), np.nan)
    levels = [_level(fit, used["area_id"], line, exposure) for fit in fits]
    columns |= _columns("pooled_level", levels, quantile, np.exp, ("pooled_level_low", "pooled_level_high"))
    columns["level_shrinkage"] = _drawn(fits[0], 0) if known else np.full(len(fits[0].areas), np.nan)
    between = _between(fits, 1, confidence)
    return Together(
        model=_model(correlated, counts, confidence, len(fits)),
        areas=pd.DataFrame(columns),
        common=_common(fits, [0, 1], quantile, _percent),
        common_level=_common(fits, [1, 0], quantile, np.exp),
        between=between,
        between_levels=_between(fits, 0, confidence),
        correlation=fits[0].correlation if known else np.nan,
        warnings=(*said, *_cautions(fits, patterns, period, between, counts)),
        fit=fits[0] if known else None,
    )


def by_gamma(used: pd.DataFrame, exposure: Floats, confidence: float) -> Together:
    """Levels by a gamma distribution of the areas' rates; arguments as in `by_mixed_model`."""
    from scipy import stats

    sums = used[["low", "high"]].assign(exposure=exposure).groupby(used["area_id"], sort=False).sum()
    low, high, at_risk = (sums[column].to_numpy(dtype=float) for column in ("low", "high", "exposure"))
    # Each area at its other end, with all others at theirs: own counts and the others' pull in different directions.
    # And all as alike as they can be, as the more areas differ the less they are drawn.
    own = np.diag(high - low)
    alike = np.clip(at_risk * (low + high).sum() / 2 / at_risk.sum(), low, high)
    readings = np.unique(np.vstack([low, high, low + own, high - own, alike]), axis=0)
    rate = [reading.sum() / at_risk.sum() for reading in readings]
    fits = [gamma_poisson(reading, at_risk * r, confidence) for reading, r in zip(readings, rate, strict=True)]
    quantile = float(stats.norm.ppf((1 + confidence) / 2))

    def over(values: Sequence[Floats]) -> tuple[Floats, Floats]:
        scaled = np.array([value * r for value, r in zip(values, rate, strict=True)])
        return scaled.min(axis=0), scaled.max(axis=0)

    known = len(fits) == 1
    least, most = over([fit.relative for fit in fits])
    means = [np.array([fit.mean * r, _mean_error(fit, at_risk * r)]) for fit, r in zip(fits, rate, strict=True)]
    nothing = np.full(len(sums), np.nan)
    areas = pd.DataFrame(
        {
            "area_id": sums.index,
            **{name: nothing for name in _names("pooled_change", ("pooled_low", "pooled_high"))},
            "shrinkage": nothing,
            "pooled_level": least if known else nothing,
            "pooled_level_least": least,
            "pooled_level_most": most,
            "pooled_level_low": over([fit.low for fit in fits])[0],
            "pooled_level_high": over([fit.high for fit in fits])[1],
            "level_shrinkage": fits[0].shrinkage if known else nothing,
        }
    )
    spread = [fit.sd / fit.mean for fit in fits]
    alike = any(fit.sd == 0 for fit in fits)
    return Together(
        model=f"Poisson counts, gamma distribution of the areas' rates by maximum likelihood; {100 * confidence:g} % "
        f"limits are quantiles of the gamma posterior{_union(len(fits))}",
        areas=areas,
        common=UNKNOWN,
        common_level=RangedEstimate(
            means[0][0] if known else np.nan,
            min(mean for mean, _ in means),
            max(mean for mean, _ in means),
            min(mean * np.exp(-quantile * error) for mean, error in means),
            max(mean * np.exp(quantile * error) for mean, error in means),
        ),
        between=UNKNOWN,
        between_levels=RangedEstimate(spread[0] if known else np.nan, min(spread), max(spread), np.nan, np.nan),
        warnings=(
            Caution("levels_only", "Levels alone are pooled; the trends are those of the areas by themselves."),
            Caution(
                "limits_too_narrow",
                "Limits take the distribution of the areas' rates as known, and are somewhat too narrow.",
            ),
            Caution(
                "areas_alike", "The areas' levels differ no more than by chance: each pooled level is the common one."
            )
            if alike
            else "",
        ),
    )


def _patterns(used: pd.DataFrame, line: Floats, exposure: Floats) -> Floats:
    """Counts within their bounds by which levels, trends and the differences between areas go far; each once.

    For each period, all areas low before it and high from it on, and the reverse; areas that rise more than others the
    one way and the rest the other way; areas above others high and the rest low; and all as alike as they can be.
    """
    period, low, high = (used[column].to_numpy(dtype=float) for column in ("period", "low", "high"))
    if (low == high).all():
        return low[np.newaxis]
    ends = np.append(np.unique(period), np.inf)
    after = period[np.newaxis, :] >= ends[:, np.newaxis]
    rising, falling = np.where(after, high, low), np.where(after, low, high)
    middle = (low + high) / 2
    if not middle.any():
        return np.unique(np.vstack([rising, falling]), axis=0)
    alike = mixed_model(middle, used["area_id"], line, np.ones(len(used)), offset=np.log(exposure), correlated=False)
    by_area = pd.DataFrame({"off": (middle - alike.fitted) * line[:, 1], "count": middle, "exposure": exposure})
    sums = by_area.groupby(used["area_id"].to_numpy(), sort=False).transform("sum")
    steeper = (sums["off"] > 0).to_numpy()
    above = (sums["count"] / sums["exposure"] > middle.sum() / exposure.sum()).to_numpy()
    apart = np.where(steeper, rising, falling)
    levels = [np.where(above, high, low), np.clip(alike.fitted, low, high)]
    return np.unique(np.vstack([rising, falling, apart, *levels]), axis=0)


def _level(fit: MixedModel, area: pd.Series, line: Floats, exposure: Floats) -> tuple[Floats, Floats]:
    """Log of the mean level of each area over its own periods, and its standard error."""
    weighted = pd.DataFrame(line * fit.fitted[:, None]).groupby(area.to_numpy(), sort=False).sum().to_numpy()
    total = weighted[:, 0]
    at_risk = pd.Series(exposure).groupby(area.to_numpy(), sort=False).sum().to_numpy()
    middle = weighted / total[:, None]
    return np.log(total / at_risk), fit.contrast(middle, middle)[1]


def _names(name: str, limits: tuple[str, str]) -> list[str]:
    return [name, f"{name}_least", f"{name}_most", *limits]


def _columns(name: str, found: list[tuple[Floats, Floats]], quantile: float, shown, limits: tuple[str, str]) -> dict:
    """Columns of an estimate on the log scale, by fit: the number, its range and its limits, as shown."""
    value, error = (np.array(part) for part in zip(*found, strict=True))
    number = shown(value[0]) if len(found) == 1 else np.full(value.shape[1], np.nan)
    least, most = shown(value.min(axis=0)), shown(value.max(axis=0))
    low, high = shown((value - quantile * error).min(axis=0)), shown((value + quantile * error).max(axis=0))
    return dict(zip(_names(name, limits), (number, least, most, low, high), strict=True))


def _common(fits: list[MixedModel], fixed: list[int], quantile: float, shown) -> RangedEstimate:
    value = np.array([fit.fixed @ np.array(fixed) for fit in fits])
    error = np.array([np.sqrt(fit.covariance[place, place]) for fit in fits for place in [fixed.index(1)]])
    return RangedEstimate(
        float(shown(value[0])) if len(fits) == 1 else np.nan,
        float(shown(value.min())),
        float(shown(value.max())),
        float(shown((value - quantile * error).min())),
        float(shown((value + quantile * error).max())),
    )


def _between(fits: list[MixedModel], effect: int, confidence: float) -> RangedEstimate:
    sds = np.array([fit.sd[effect] for fit in fits])
    ends = [
        fits[int(sds.argmin())].sd_limits(effect, confidence),
        fits[int(sds.argmax())].sd_limits(effect, confidence),
    ]
    number = float(sds[0]) if len(fits) == 1 else np.nan
    return RangedEstimate(number, float(sds.min()), float(sds.max()), ends[0][0], ends[1][1])


def _drawn(fit: MixedModel, effect: int) -> Floats:
    """How far an effect is drawn to 0: the variance that is left of it, over the variance between areas."""
    if fit.sd[effect] == 0:
        return np.ones(len(fit.areas))
    return np.minimum(fit.effect_covariance[:, effect, effect] / fit.sd[effect] ** 2, 1.0)


def _mean_error(fit: GammaPoisson, expected: Floats) -> float:
    """Standard error of the log of the mean rate."""
    mu = fit.mean * expected
    return float(1 / np.sqrt((mu / (1 + mu / fit.shape)).sum()))


def _percent(slope: Floats) -> Floats:
    return 100 * np.expm1(slope)


def _model(correlated: bool, counts: Counts, confidence: float, fits: int) -> str:
    kind = "Negative binomial" if counts == "negative_binomial" else "Poisson"
    return (
        f"{kind} log-linear mixed model, {'correlated' if correlated else 'independent'} normal deviations of level "
        f"and trend by area, maximum likelihood by Laplace's approximation; {100 * confidence:g} % limits by the "
        f"normal distribution{_union(fits)}"
    )


def _union(fits: int) -> str:
    return f"; range over {fits} patterns of interval counts" if fits > 1 else ""


def _cautions(
    fits: list[MixedModel], patterns: Floats, period: Floats, between: RangedEstimate, counts: Counts
) -> tuple[Caution, ...]:
    from scipy import stats

    said = []
    if between.least == 0:
        where = "The" if between.most == 0 else "In some patterns of the counts the"
        most = f"{between.high:.2g}" if np.isfinite(between.high) else "any amount"
        said.append(
            Caution(
                "areas_alike",
                f"{where} areas' trends differ no more than by chance, so that each pooled trend is the common one; "
                "its limits know nothing of how far areas may differ (standard deviation up to "
                f"{most}, log scale a year).",
            )
        )
    dispersion = max(fit.dispersion for fit in fits)
    if dispersion > 1.5 and counts == "poisson":
        said.append(
            Caution(
                "overdispersion",
                f"Dispersion {dispersion:.1f}: counts vary more around the areas' trends than chance explains. Areas "
                "seem to differ more than they do, and limits are too narrow; counts='negative_binomial' allows for "
                "it.",
            )
        )
    leaning = max(abs(fit.correlation) if np.isfinite(fit.correlation) else 0.0 for fit in fits)
    if leaning > 0.3:
        said.append(
            Caution(
                "level_trend_correlated",
                f"Level and trend of areas go together (correlation {fits[0].correlation:+.1f}): the pooled trend of "
                "an area with few events leans on its level; correlated=False shows it without.",
            )
        )
    together = max(_of_periods(fit, vector, period) for fit, vector in zip(fits, patterns, strict=True))
    left = len(np.unique(period)) - 2
    if together > stats.chi2.ppf(0.95, left) / left:
        said.append(
            Caution(
                "areas_move_together",
                f"Areas rise and fall together from period to period (dispersion of their sums {together:.1f}): "
                "the limits of the common trend are too narrow.",
            )
        )
    return tuple(said)


def _of_periods(fit: MixedModel, count: Floats, period: Floats) -> float:
    """Pearson's dispersion of the sums of all areas by period."""
    variance = fit.fitted + fit.spread * fit.fitted**2
    sums = pd.DataFrame({"off": count - fit.fitted, "variance": variance}).groupby(period).sum()
    return float((sums["off"] ** 2 / sums["variance"]).sum() / (len(sums) - 2))
