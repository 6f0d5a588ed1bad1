"""What a log-linear model of counts says that bends at given joinpoints: slopes, their average, and their errors."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy import stats

from analysis.trends.bootstrap_test import Candidate
from analysis.trends.count_model import Fits, likelihood
from analysis.trends.count_newton import climb
from analysis.trends.grid_search import Grid
from analysis.trends.placements import placements
from analysis.trends.segments import line_with_bends, linearised_covariance
from analysis.trends.series import Floats


@dataclass(frozen=True, eq=False)
class CountSegments:
    """The fit of one placement of joinpoints, on the scale of logarithms.

    Parameters
    ----------
    tau : joinpoints; shape (k,).
    slope, slope_error : of each segment, a year; shape (k + 1,).
    average : slope over the whole range, by the segments' lengths.
    average_error : from the slopes' own errors, taken as independent.
    delta_error : error of the average slope that allows for the joinpoints' having been estimated, and for the
        segments' sharing them.
    fit, fit_error : the line without the offset, at each observation; shape (n,).
    extra, extra_error : coefficients of the further columns.
    fits : coefficients of the line (one, centred period, bends, further columns), with their covariance; its
        distribution, dispersion and residuals.
    """

    tau: Floats
    slope: Floats
    slope_error: Floats
    average: float
    average_error: float
    delta_error: float
    fit: Floats
    fit_error: Floats
    extra: Floats
    extra_error: Floats
    fits: Fits = field(repr=False)


def count_segments(over: Grid, counts: Floats, offset: Floats, k: int, best: Candidate, family: str) -> CountSegments:
    """Read slopes and their errors off the best fit with `k` joinpoints.

    All errors are those of coefficients and joinpoints estimated together, by the line's derivatives by both; for
    quasi-Poisson they are multiplied by the root of Pearson's dispersion where that is above 1. Of 400 invented Poisson
    series of 15 periods with a turn in the middle from +15 to -15 % (means up to 5, and to 20), limits at 95 % held the
    slopes in 90 %, the average by the delta method in 97 and 91 %, and the joinpoint in 96 and 98 %.

    References
    ----------
    Muggeo, V. M. R. (2003). Estimating regression models with unknown break-points. Statistics in Medicine 22,
    3055-3071.
    """
    tau = over.period[placements(over.n, k)[best.place]]
    design = line_with_bends(over, tau)
    line = np.log(best.mean) - offset
    coefficients = np.asarray(np.linalg.lstsq(design, line, rcond=None)[0], dtype=float)
    scale = max(1.0, best.dispersion) if family == "quasi-poisson" else 1.0
    weighted = replace(over, root_weight=np.sqrt(best.mean / (1 + best.alpha * best.mean)))
    covariance = linearised_covariance(weighted, tau, coefficients, scale)
    # By how much the line moves if a joinpoint does: minus the change of slope, after it.
    moves = -coefficients[2 : 2 + k] * (over.period[:, None] > tau)
    towards = np.column_stack([design, moves])
    known = _estimable(weighted, towards)
    # The average slope is the line's rise from end to end, without what jumps and effort add to it.
    ends = towards[-1] - towards[0]
    ends[k + 2 : k + 2 + over.extra.shape[1]] = 0.0
    slopes = np.zeros((k + 1, len(covariance)))
    slopes[:, 1 : k + 2] = np.tri(k + 1)
    lengths = np.diff(np.concatenate([over.period[:1], tau, over.period[-1:]])) / np.ptp(over.period)
    slope_error = _errors(slopes, covariance, known)
    extras = np.eye(len(covariance))[k + 2 : k + 2 + over.extra.shape[1]]
    deviance, log_likelihood = likelihood(counts[None], best.mean[None], np.array([[_theta(best.alpha)]]))
    return CountSegments(
        tau=tau,
        slope=slopes[:, : design.shape[1]] @ coefficients,
        slope_error=slope_error,
        average=float(lengths @ slopes[:, : design.shape[1]] @ coefficients),
        average_error=float(np.sqrt(lengths**2 @ slope_error**2)),
        delta_error=float(_errors(ends[None], covariance, known)[0] / np.ptp(over.period)),
        fit=line,
        fit_error=_errors(towards, covariance, known),
        extra=extras[:, : design.shape[1]] @ coefficients,
        extra_error=_errors(extras, covariance, known),
        fits=Fits(
            family=family,
            errors="model",
            lags=0,
            coefficients=coefficients[None],
            covariance=covariance[None, : design.shape[1], : design.shape[1]],
            mean=best.mean[None],
            residuals=((counts - best.mean) / np.sqrt(best.mean * (1 + best.alpha * best.mean)))[None],
            degrees=over.n - design.shape[1] - k,
            dispersion=np.array([best.dispersion]),
            deviance=deviance,
            log_likelihood=log_likelihood,
            theta=np.array([_theta(best.alpha) if family == "negative binomial" else np.nan]),
            theta_error=np.array([np.nan]),
            groundless=np.zeros(design.shape[1], dtype=bool),
        ),
    )


def joinpoint_region(
    over: Grid, best: Candidate, k: int, family: str, degrees: int, confidence: float
) -> tuple[Floats, Floats]:
    """Limits of each joinpoint: where it could lie without the likelihood falling by more than chance allows.

    Twice the fall of the log likelihood is compared with chi-squared with k degrees of freedom, for quasi-Poisson its
    share of k times the dispersion with F with k and `degrees`: a region for all joinpoints together, one observation
    wider on each side, as for rates.

    Returns
    -------
    Arrays low, high of shape (k,): periods.
    """
    fall = best.losses - best.losses.min()
    if family == "quasi-poisson":
        within = fall <= max(1.0, best.dispersion) * k * stats.f.ppf(confidence, k, degrees)
    else:
        within = fall <= stats.chi2.ppf(confidence, k)
    everywhere = placements(over.n, k)
    accepted = everywhere[within]
    low = np.maximum(accepted.min(axis=0) - 1, everywhere.min(axis=0))
    high = np.minimum(accepted.max(axis=0) + 1, everywhere.max(axis=0))
    return over.period[low], over.period[high]


def sharpest_turn(over: Grid, counts: Floats, offset: Floats, tau: Floats, alpha: float) -> float:
    """The largest share of the deviance of one line through two neighbouring segments that their joinpoint explains."""
    edges = np.concatenate([[-np.inf], tau, [np.inf]])
    largest = 0.0
    for before, turn, after in zip(edges[:-2], tau, edges[2:], strict=True):
        rows = (over.period > before) & (over.period <= after)
        t = over.period[rows]
        line = np.column_stack([np.ones(len(t)), t - t.mean(), over.extra[rows]])
        bent = np.column_stack([line, np.maximum(t - turn, 0.0)])
        one, two = (_deviance(design, counts[rows], offset[rows], alpha) for design in (line, bent))
        if one > 0:
            largest = max(largest, 1 - two / one)
    return largest


def _deviance(design: Floats, counts: Floats, offset: Floats, alpha: float) -> float:
    """The least deviance of a model with a given dispersion, also where only infinite slopes reach it."""
    if not counts.any():
        return 0.0
    left, singular, _ = np.linalg.svd(design / np.sqrt((design**2).sum(axis=0).clip(1e-300)), full_matrices=False)
    columns = left[:, singular > 1e-9 * singular[0]]
    start = offset + np.log(counts.sum() / np.exp(offset).sum())
    _, eta = climb(columns[None], counts[None], start[None], np.array([alpha]) if alpha else None)
    return float(likelihood(counts[None], np.exp(eta), np.array([[_theta(alpha)]]))[0][0])


def _theta(alpha: float) -> float:
    return 1 / alpha if alpha else np.inf


def _estimable(weighted: Grid, columns: Floats) -> Floats:
    """What the data can tell of each combination of coefficients: a projection."""
    columns = columns * weighted.root_weight[:, None]
    scale = np.sqrt((columns**2).sum(axis=0))
    scale[scale == 0] = 1.0
    right = np.linalg.svd(columns / scale, full_matrices=False)
    kept = right[2][right[1] > 1e-10 * right[1][0]]
    return (kept.T @ kept) * scale / scale[:, None]


def _errors(rows: Floats, covariance: Floats, known: Floats) -> Floats:
    """Standard errors of combinations of coefficients; NaN where the data cannot tell them."""
    errors = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", rows, covariance, rows), 0.0))
    lost = np.abs(rows - rows @ known).max(axis=1, initial=0) > 1e-6 * np.abs(rows).max(axis=1, initial=0)
    return np.where(lost, np.nan, errors)
