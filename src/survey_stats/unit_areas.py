"""Small areas from persons: the nested-error regression of Battese, Harter and Fuller."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import linalg

from bounded.arguments import checked, whole
from bounded.refusal import require_choice, require_columns, require_once, require_values
from survey_stats.area_models import (
    AREAS,
    LEAST_DEGREES,
    Areas,
    SmallAreas,
    assembled,
    cautions,
    coefficients,
    highest,
    no_variance,
    require_areas,
    require_independent,
)
from survey_stats.design import RESPONDENTS, Codes, Floats, Names, NotEstimable, listed, numbers
from survey_stats.model_matrix import INTERCEPT

METHODS = ("reml", "ml")


@dataclass(frozen=True, eq=False)
class _Sample:
    """Respondents of whom all is known: terms `x` (n, p), outcome, and the row of `means` of each."""

    x: Floats
    y: Floats
    place: Codes

    @cached_property
    def counts(self) -> Floats:
        """(sampled areas,) how many were asked in each."""
        return np.bincount(self.code).astype(float)

    @cached_property
    def areas(self) -> Codes:
        """(sampled areas,) the row of `means` of each."""
        return np.unique(self.place)

    @cached_property
    def code(self) -> Codes:
        """(n,) the sampled area of each, numbered from 0."""
        return np.searchsorted(self.areas, self.place)

    @cached_property
    def x_means(self) -> Floats:
        """(sampled areas, p) means of the terms."""
        return np.stack([self.mean(column) for column in self.x.T], axis=1)

    @cached_property
    def x_apart(self) -> Floats:
        """(n, p) how far each is from its area's means."""
        return self.x - self.x_means[self.code]

    def mean(self, values: Floats) -> Floats:
        """(sampled areas,) means of a value."""
        return np.bincount(self.code, weights=values) / self.counts


@dataclass(frozen=True, eq=False)
class _Fit:
    """Variances between areas and within them, coefficients, their covariance, residuals of the areas' means."""

    between: float
    within: float
    beta: Floats
    inverse: Floats
    residual: Floats
    log_likelihood: float


@dataclass(frozen=True, eq=False)
class _Others:
    """Those of each area who were not asked: their share of the area, the means of their terms, and how much of the
    variance within areas their mean has.
    """

    share: Floats
    x: Floats
    unseen: Floats


@checked(replicates=whole(2))
def nested_error(
    units: pd.DataFrame,
    means: pd.DataFrame,
    outcome: str,
    covariates: Names | None = None,
    *,
    area: str = "area",
    size: str | None = None,
    method: str = "reml",
    confidence: float = 0.95,
) -> SmallAreas:
    """Estimate means of areas from respondents and the areas' known means of covariates (Battese, Harter and Fuller).

    A respondent's outcome is a regression, an effect of the area and an effect of its own, both normal. Weights and
    clusters are not used: within an area everybody is taken to have had the same chance to be asked, on its own. For a
    sample drawn in stages use `fay_herriot` with the estimates of the design.

    Parameters
    ----------
    units : one row a respondent: the area, the outcome, the covariates. Who lacks one of them is left out.
    means : one row an area that is to be estimated: the area, and the population's mean of each covariate, in a column
        of the covariate's name. An area of which nobody was asked gets a synthetic estimate.
    outcome : column of numbers; 0 and 1 are taken as such (a linear model: for shares far from 0 and 1).
    covariates : columns of numbers or booleans, in both tables. Left out: the mean of all areas.
    area : column of the areas' names in both tables.
    size : column of `means`: how many units the area has. Those who were asked are then known, and the others are
        predicted. Left out: areas are large.
    method : of the variances: ``reml`` (restricted likelihood) or ``ml`` (likelihood).
    confidence : level of the limits.

    Returns
    -------
    SmallAreas : as of `fay_herriot`, with `unit_variance`; the direct estimate is the mean of those asked, and its
        standard error that of a simple random sample, with one variance of respondents within all areas.

    Raises
    ------
    NotEstimable : ``too_few_areas``, ``no_variation``, ``collinear``, ``too_few_units`` (nothing shows how
        respondents of one area differ), or ``zero_variance``.
    ValueError : a column is missing or holds what it may not, or a respondent's area is not among the means.

    References
    ----------
    Battese, G. E., Harter, R. M. and Fuller, W. A. (1988). An error-components model for prediction of county crop
        areas using survey and satellite data. JASA 83, 28-36.
    Prasad, N. G. N. and Rao, J. N. K. (1990). The estimation of the mean squared error of small-area estimators. JASA
        85, 163-171.
    Datta, G. S. and Lahiri, P. (2000). A unified measure of uncertainty of estimated best linear unbiased predictors in
        small area estimation problems. Statistica Sinica 10, 613-627.
    """
    require_choice("method", method, METHODS)
    columns = listed(covariates)
    require_columns(means, [area, *columns, *([size] if size else [])], AREAS)
    require_once(means, [area], AREAS, "give one row an area")
    known = np.column_stack([np.ones(len(means)), *(numbers(means, column) for column in columns)])
    for column, values in zip(columns, known.T[1:], strict=True):
        require_values(means[column], np.isfinite(values), "missing_value", ": the mean is known of every area")
    sample = _complete(units, means, outcome, columns, area)
    terms = [INTERCEPT, *columns]
    _require_estimable(sample, terms)
    fit = _fitted(sample, method)
    if fit.between == 0:
        raise no_variance()
    others = _others(means, known, sample, size)
    errors = others.share**2 * _second_order(fit, sample, others, method) + others.unseen * fit.within
    sampled = np.isin(np.arange(len(means)), sample.areas)
    gamma, direct, variance = np.zeros(len(means)), np.full(len(means), np.nan), np.full(len(means), np.nan)
    gamma[sampled] = _gamma(fit, sample)
    direct[sampled] = sample.mean(sample.y)
    # Of an area's few respondents alone the variance would be a matter of luck.
    pooled = float(((sample.y - direct[sample.place]) ** 2).sum()) / (len(sample.y) - len(sample.areas))
    variance[sampled] = others.share[sampled] * pooled / sample.counts
    given = Areas(means[area].tolist(), direct, variance, known, terms, sampled)
    return SmallAreas(
        table=assembled(given, _predicted(fit, sample, others), errors, gamma, confidence),
        coefficients=coefficients(terms, fit.beta, fit.inverse, confidence),
        variance=fit.between,
        unit_variance=fit.within,
        log_likelihood=fit.log_likelihood,
        method=method,
        confidence=confidence,
        warnings=cautions(given, errors),
    )


def _complete(units: pd.DataFrame, means: pd.DataFrame, outcome: str, columns: list[str], area: str) -> _Sample:
    """The respondents of whom all is known."""
    require_columns(units, [area, outcome, *columns], RESPONDENTS)
    found = np.column_stack([np.ones(len(units)), *(numbers(units, name) for name in [*columns, outcome])])
    whole = np.isfinite(found).all(axis=1) & units[area].notna().to_numpy()
    place = pd.Index(means[area]).get_indexer(units[area])
    require_values(units[area], (place >= 0) | ~whole, "unknown_area", ", an area whose means are not given")
    return _Sample(found[whole, :-1], found[whole, -1], place[whole])


def _require_estimable(sample: _Sample, terms: list[str]) -> None:
    """Raise NotEstimable where the respondents cannot carry the model."""
    if not len(sample.y):
        raise NotEstimable("no_complete_rows", "Of no respondent are the area, the outcome and all covariates known.")
    # Covariates differ within areas: between areas one coefficient, the intercept, is to be told from their effects.
    require_areas(sample.mean(sample.y), 1)
    require_independent(sample.x, terms)
    left = len(sample.y) - len(sample.areas) - int(np.linalg.matrix_rank(sample.x_apart))
    apart = sample.y - sample.mean(sample.y)[sample.code]
    if left < LEAST_DEGREES or not apart.any():
        raise NotEstimable(
            "too_few_units",
            f"{len(sample.y)} respondents in {len(sample.areas)} areas do not show how respondents of one area differ. "
            "Needed are several respondents an area who differ. Use `fay_herriot` with the areas' direct estimates.",
        )


def _others(means: pd.DataFrame, known: Floats, sample: _Sample, size: str | None) -> _Others:
    """The persons who were not asked; without sizes everybody, as areas are then large."""
    if size is None:
        return _Others(np.ones(len(means)), known, np.zeros(len(means)))
    asked = np.bincount(sample.place, minlength=len(means))
    whole = numbers(means, size)
    require_values(means[size], whole >= np.maximum(asked, 1), "too_small", ", which is less than were asked, or 0")
    share, x = 1 - asked / whole, known.copy()
    rest = whole - asked
    some = sample.areas[rest[sample.areas] > 0]
    seen = np.zeros_like(known)
    seen[sample.areas] = sample.x_means * sample.counts[:, None]
    x[some] = (known[some] * whole[some, None] - seen[some]) / rest[some, None]
    return _Others(share, x, share / whole)


def _fitted(sample: _Sample, method: str) -> _Fit:
    """The regression of the outcome, by its likelihood as a function of the ratio of both variances."""
    n, x, y, means = sample.counts, sample.x_means, sample.y, sample.mean(sample.y)
    apart = y - means[sample.code]
    xx, xy, yy = sample.x_apart.T @ sample.x_apart, sample.x_apart.T @ apart, float(apart @ apart)
    degrees = len(y) - (x.shape[1] if method == "reml" else 0)

    def solved(ratio: float) -> tuple[Floats, Floats, Floats, Floats, float]:
        weight = n / (1 + n * ratio)
        inverse = linalg.inv(xx + (x * weight[:, None]).T @ x)
        beta = inverse @ (xy + x.T @ (weight * means))
        residual = means - x @ beta
        squares = yy - 2 * float(beta @ xy) + float(beta @ xx @ beta) + float((weight * residual**2).sum())
        return weight, inverse, beta, residual, squares

    def likelihood(ratio: float) -> float:
        weight, inverse, _, _, squares = solved(ratio)
        restricted = float(np.linalg.slogdet(inverse)[1]) if method == "reml" else 0.0
        return 0.5 * (restricted - degrees * float(np.log(squares)) - float(np.log(n / weight).sum()))

    def slope(ratio: float) -> float:
        weight, inverse, _, residual, squares = solved(ratio)
        fall = float(weight.sum())
        if method == "reml":
            fall -= float(np.einsum("ij,ij->", inverse, (x * weight[:, None] ** 2).T @ x))
        return 0.5 * (degrees / squares * float((weight**2 * residual**2).sum()) - fall)

    ratio = highest(likelihood, slope, 1 / float(np.median(n)))
    weight, inverse, beta, residual, squares = solved(ratio)
    within = squares / degrees
    value = len(y) * np.log(2 * np.pi * within) + float(np.log(n / weight).sum()) + squares / within
    return _Fit(ratio * within, within, beta, within * inverse, residual, -0.5 * float(value))


def _gamma(fit: _Fit, sample: _Sample) -> Floats:
    """(sampled areas,) the weight of what was asked in each."""
    return fit.between / (fit.between + fit.within / sample.counts)


def _predicted(fit: _Fit, sample: _Sample, others: _Others) -> Floats:
    """(areas,) means: of those asked, and of the others by the model."""
    effect, seen = np.zeros(len(others.share)), np.zeros(len(others.share))
    effect[sample.areas] = _gamma(fit, sample) * fit.residual
    seen[sample.areas] = sample.mean(sample.y)
    return (1 - others.share) * seen + others.share * (others.x @ fit.beta + effect)


def _second_order(fit: _Fit, sample: _Sample, others: _Others, method: str) -> Floats:
    """(areas,) mean squared errors of the expected means of those who were not asked, to the second order."""
    n, here = sample.counts, sample.areas
    gamma, rest = _gamma(fit, sample), fit.within + sample.counts * fit.between
    g1 = np.full(len(others.share), fit.between)
    g1[here] = gamma * fit.within / n
    own = others.x.copy()
    own[here] -= gamma[:, None] * sample.x_means
    g2 = np.einsum("ij,jk,ik->i", own, fit.inverse, own)
    # Of the two variances: information, and how the weight of what was asked hangs on both.
    both = (n / rest**2).sum()
    information = 0.5 * np.array(
        [[(n**2 / rest**2).sum(), both], [both, ((n - 1) / fit.within**2 + 1 / rest**2).sum()]]
    )
    spread = linalg.inv(information)
    moved = np.stack([np.full(len(n), fit.within), np.full(len(n), -fit.between)])
    g3 = np.zeros(len(others.share))
    g3[here] = np.einsum("ki,kl,li->i", moved, spread, moved) * n / rest**3
    found = g1 + g2 + 2 * g3
    if method == "ml":
        weighed = sample.x_means / rest[:, None]
        by_between = (weighed * n[:, None] ** 2).T @ weighed
        by_within = sample.x_apart.T @ sample.x_apart / fit.within**2 + (weighed * n[:, None]).T @ weighed
        bias = -0.5 * spread @ [np.einsum("ij,ij->", fit.inverse, part) for part in (by_between, by_within)]
        rise = np.stack([np.ones(len(g1)), np.zeros(len(g1))])
        rise[:, here] = (1 - gamma) ** 2, gamma**2 / n
        found -= bias @ rise
    return found
