"""Joinpoint regression of small counts by likelihood: slopes, averages and limits of its segments.

What a log-linear model of counts says that bends at given joinpoints: slopes, their average, and their errors.

Joinpoint regression of small counts: a log-linear model of the counts themselves, in which a zero stays a zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd

from bounded import intervals
from bounded.refusal import Caution, Refusal
from trends import caution
from trends.count_model import FAMILIES, CountSeries, Fits, cautions, count_series, likelihood
from trends.joinpoint_count_search import Candidate, all_fits, best_means, bootstrap_tests, climb
from trends.joinpoint_result import CRITERIA, LEVEL, JoinpointTrend, slopes_of, two_sided
from trends.joinpoint_search import Grid, allowed_joinpoints, grid, placements
from trends.joinpoint_segments import line_with_bends, linearised_covariance
from trends.series import PER, Floats, NotEstimable, TooFewPoints, counts_in_order, refuse_few_points


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
    from scipy import stats

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


SEED = 20080
REPLICATES = 999
FEWEST_EVENTS = 5
TESTS = "parametric bootstrap tests"
# What the search can try in about a minute.
MOST_FITS = 2_000_000


def joinpoint_counts(
    series: pd.DataFrame,
    max_joinpoints: int | None = None,
    selection: str = "permutation",
    jump: float | Sequence[float] | None = None,
    *,
    family: str = "quasi-poisson",
    min_joinpoints: int = 0,
    effort: str | None = None,
    confidence: float = 0.95,
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> JoinpointTrend:
    """Fit a log-linear trend of counts with as many joinpoints as the data support.

    What `joinpoint` is for rates, by the likelihood of the counts: zeros need no replacement, and small counts weigh
    what they tell. All placements of up to `max_joinpoints` joinpoints on the observations are fitted. A placement
    with a segment that no finite slope fits (as a first or last segment without events) is refused, and a warning says
    how many were. Errors of slopes allow for the joinpoints' having been estimated. Limits of joinpoints are by the
    profile likelihood ratio (chi-squared; F for quasi-Poisson), all joinpoints together.

    Parameters
    ----------
    series : period (year, a number), `count` (persons, whole); if wanted `population` (persons), for rates per
        100,000, or `effort` (inspections, hours, calls), for rates a unit of effort, but not both, unless effort is
        a covariate; `complete`, False where records of a period are still on their way: such periods, and those
        without a count, are left out and named.
    max_joinpoints : the most joinpoints looked for. None: by the length of the series (`most_joinpoints`).
    selection : how their number is chosen: "bic", "bic3", "wbic" (weighted BIC; minus twice the log likelihood and, for
        each joinpoint, 2, 3, or 2 and the largest share of deviance that a joinpoint explains, times log n; for
        quasi-Poisson the likelihood is divided by the dispersion with the most joinpoints), or "permutation": what
        stands for permutation tests where residuals cannot be exchanged, likelihood-ratio tests by parametric bootstrap
        in the same sequence (`bootstrap_tests`). What all choose stands in `.candidates`.
    jump : first period, or periods, measured in a new way: the level may jump there, the slope does not change for it.
    family : "poisson"; "negative binomial", each placement with its own theta by maximum likelihood, Poisson where
        that is infinite; "quasi-poisson", Poisson with errors by Pearson's dispersion, at least 1. Of 200 invented
        series of 15 periods without a turn, tests of the Poisson model found one in 3 to 4 % where counts were Poisson,
        but in 62 % where they had a mean of 10 and theta 4; those of the others in 2 to 6 % everywhere, BIC in 5 to 18.
    min_joinpoints : the fewest; equal to `max_joinpoints`, their number is given, and only their places are sought.
    effort : "offset" or "covariate" (log effort with a coefficient of its own); by default an offset where there is a
        column `effort`.
    confidence : level of all limits: by the normal distribution, by t for quasi-Poisson.
    replicates : of each test, up to five times as many where chance could decide.
    seed : of the replicates.

    Returns
    -------
    JoinpointTrend : k, and tables: `joinpoints` (period, low, high), `segments` (annual percent change, low, high),
        `average`, `candidates`, `tests`, `terms` and `fitted`; warnings.

    Raises
    ------
    TooFewPoints : fewer than five periods, or five events.
    NotEstimable : the series cannot carry so many joinpoints, jumps or effort cannot be told apart, or the slope of the
        whole series runs to infinity.
    ValueError : the series contradicts itself, or holds counts known only between bounds.

    References
    ----------
    Czajkowski, M., Gill, R. and Rempala, G. (2008). Model selection in logistic joinpoint regression with applications
    to analyzing cohort mortality patterns. Statistics in Medicine 27, 1508-1526.
    Kim, H.-J., Fay, M. P., Feuer, E. J. and Midthune, D. N. (2000). Permutation tests for joinpoint regression with
    applications to cancer rates. Statistics in Medicine 19, 335-351.
    Muggeo, V. M. R. (2003). Estimating regression models with unknown break-points. Statistics in Medicine 22,
    3055-3071.
    """
    intervals.check_confidence(confidence)
    if selection not in CRITERIA:
        raise Refusal("unknown_choice", f"The selection {selection!r} is none of {', '.join(CRITERIA)}.")
    if family not in FAMILIES:
        raise Refusal("unknown_choice", f"The family is one of {', '.join(FAMILIES)}; it is {family!r}.")
    if replicates != int(replicates) or replicates < 1:
        raise Refusal("not_whole_number", f"`replicates` is a whole number, 1 or more; it is {replicates}.")
    read = count_series(series, effort)
    counts = _exact(read)
    jumps = () if jump is None else tuple(np.atleast_1d(np.asarray(jump, dtype=float)).tolist())
    names, extra = _extra(read, jumps)
    over = grid(read.period, np.ones(len(counts)), extra)
    if np.linalg.matrix_rank(np.column_stack([np.ones(over.n), over.period - over.period.mean(), extra])) < (
        2 + extra.shape[1]
    ):
        raise NotEstimable(
            "collinear",
            "A jump or effort follows from the others, or from a straight line: leave one of them out, or take the "
            "effort as offset.",
        )
    most = allowed_joinpoints(over.n, extra.shape[1], min_joinpoints, max_joinpoints, MOST_FITS)
    dispersed = family == "negative binomial"
    if np.isinf(all_fits(over, counts, read.offset, 0)[0][0]):
        raise NotEstimable(
            "separation",
            "The slope of the whole series, or a jump, runs to infinity: all events lie at one end of the series, or "
            "on one side of a jump. More years, larger areas or no jump would help.",
        )
    candidates = {k: _candidate(over, counts, read.offset, k, dispersed) for k in range(min_joinpoints, most + 1)}
    if all(np.isinf(candidate.loss) for candidate in candidates.values()):
        raise NotEstimable(
            "no_feasible_placement",
            f"No placement of {min_joinpoints} joinpoints has events enough on both sides of each: ask for fewer.",
        )
    weighed = _weighed(over, counts, read.offset, candidates, family)
    run_tests = partial(bootstrap_tests, over, read.offset, candidates, family, replicates, seed, LEVEL)
    if selection == "permutation":
        tests = run_tests()
        run_tests = partial(_given, tests)
        k = int(tests["selected"].iloc[-1]) if len(tests) else most
    else:
        k = int(weighed["k"][np.argmin(weighed[selection])])
    found = count_segments(over, counts, read.offset, k, candidates[k], family)
    said = (_refused(candidates), *cautions(found.fits), _feigned(candidates, family))
    return _trend(series, read, names, over, found, candidates[k], weighed, run_tests, said, selection, confidence)


def _exact(read: CountSeries) -> Floats:
    """The counts; refuses those known only between bounds, and too few periods or events."""
    low, high = read.low, read.high
    wide = low < high
    if wide.any():
        raise Refusal(
            "interval_censored",
            f"Counts known only between bounds: {caution.listed(read.period[wide])}. `joinpoint` carries them (one fit "
            "a draw, and what they leave open); or fit this model to each draw of `draw_counts`.",
        )
    refuse_few_points(len(low))
    if low.sum() < FEWEST_EVENTS:
        raise TooFewPoints(
            "too_few_events",
            f"The series holds {low.sum():g} events in all, and a trend needs at least {FEWEST_EVENTS}. More years or "
            "larger areas would help.",
        )
    fraction = low != np.floor(low)
    if fraction.any():
        raise Refusal(
            "not_whole_number", f"The count of {read.period[fraction][0]:g} is not a whole number of persons."
        )
    return low


def _extra(read: CountSeries, jumps: tuple[float, ...]) -> tuple[list[str], Floats]:
    """Names and columns of jumps and effort."""
    columns = [(read.period >= first).astype(float) for first in jumps]
    for first, column in zip(jumps, columns, strict=True):
        if min(column.sum(), len(column) - column.sum()) < 2:
            raise Refusal(
                "too_few_each_side",
                f"A jump at {first:g} needs at least two observed periods before it and two from it on.",
            )
    names = [f"jump {first:g}" for first in jumps]
    if read.effort is not None:
        columns.append(read.effort)
        names.append("effort")
    return names, np.column_stack([np.empty((len(read.period), 0)), *columns])


def _candidate(over: Grid, counts: Floats, offset: Floats, k: int, dispersed: bool) -> Candidate:
    losses, alphas = all_fits(over, counts, offset, k, dispersed)
    place = int(np.argmin(losses))
    alpha = float(alphas[place])
    mean = best_means(over, counts, offset, placements(over.n, k)[place], dispersed)
    pearson = float(((counts - mean) ** 2 / (mean * (1 + alpha * mean))).sum())
    deviance = likelihood(counts[None], mean[None], np.array([[1 / alpha if alpha else np.inf]]))[0]
    return Candidate(
        place=place,
        loss=float(losses[place]),
        mean=mean,
        alpha=alpha,
        dispersion=pearson / (over.n - over.base.shape[1] - 2 * k),
        deviance=float(deviance[0]),
        losses=losses,
    )


def _weighed(
    over: Grid, counts: Floats, offset: Floats, candidates: dict[int, Candidate], family: str
) -> dict[str, Floats]:
    """For each number of joinpoints its deviance, dispersion, theta, and the information criteria."""
    finite = [candidate for candidate in candidates.values() if np.isfinite(candidate.loss)]
    scale = max(1.0, finite[-1].dispersion) if family == "quasi-poisson" else 1.0
    dispersed = family == "negative binomial"
    rows = []
    for k, best in candidates.items():
        tau = over.period[placements(over.n, k)[best.place]]
        sharpest = sharpest_turn(over, counts, offset, tau, best.alpha) if np.isfinite(best.loss) else 0.0
        harshness = np.array([2.0, 3.0, 2.0 + sharpest])
        by = best.loss / scale + (harshness * k + over.base.shape[1] + dispersed) * np.log(over.n)
        theta = 1 / best.alpha if best.alpha else np.inf
        rows.append((k, best.deviance, best.dispersion, theta, *by))
    columns = dict(zip(("k", "deviance", "dispersion", "theta", "bic", "bic3", "wbic"), np.array(rows).T, strict=True))
    if not dispersed:
        del columns["theta"]
    return {**columns, "k": columns["k"].astype(int)}


def _given(tests: pd.DataFrame) -> pd.DataFrame:
    return tests


def _refused(candidates: dict[int, Candidate]) -> caution.Said:
    """A sentence on placements that no finite slopes fit."""
    said = [
        f"{np.isinf(best.losses).sum()} of {len(best.losses)} placements of {k}"
        for k, best in candidates.items()
        if np.isinf(best.losses).any()
    ]
    if not said:
        return ""
    return Caution(
        "placements_left_out",
        f"Not considered, as a segment without events has no finite slope: {'; '.join(said)} "
        f"joinpoint{'s' if max(candidates) > 1 else ''}.",
    )


def _feigned(candidates: dict[int, Candidate], family: str) -> caution.Said:
    """A sentence where Poisson counts would not scatter as these do about any line that was tried."""
    least = min(best.dispersion for best in candidates.values() if np.isfinite(best.loss))
    if family != "poisson" or not caution.overdispersion(least):
        return ""
    return Caution(
        "false_alarms",
        f"Dispersion {least:.1f} or more with any number of joinpoints: turns are found too often where counts vary "
        "more than Poisson counts. Take family='quasi-poisson' or 'negative binomial'.",
    )


def _trend(
    series: pd.DataFrame,
    read: CountSeries,
    names: list[str],
    over: Grid,
    found: CountSegments,
    best: Candidate,
    weighed: dict[str, Floats],
    run_tests: partial,
    said: tuple[caution.Said, ...],
    selection: str,
    confidence: float,
) -> JoinpointTrend:
    k, fits = len(found.tau), found.fits
    low, high = np.empty(0), np.empty(0)
    if k:
        low, high = joinpoint_region(over, best, k, fits.family, fits.degrees, confidence)
    df = np.inf if fits.normal else fits.degrees
    band = fits.quantile(confidence) * found.fit_error
    extra_band = fits.quantile(confidence) * found.extra_error
    jumps = sorted(float(name.split()[1]) for name in names if name.startswith("jump"))
    return JoinpointTrend(
        k=k,
        selection=selection,
        confidence=confidence,
        method=_method(read, names, found, selection, int(weighed["k"][-1]), confidence),
        period=read.period,
        observed=_observed(read.low, np.exp(read.offset), confidence),
        incomplete=_incomplete(series, read, confidence),
        tau=np.column_stack([found.tau, low, high]),
        slopes=slopes_of(found.slope, found.slope_error, df, confidence),
        average_slope=slopes_of(found.average, found.average_error, df, confidence),
        delta_slope=slopes_of(found.average, found.delta_error, df, confidence),
        fit=np.exp(np.column_stack([found.fit, found.fit, found.fit - band, found.fit + band])),
        piece=np.searchsorted(jumps, read.period, side="right").astype(float),
        weighed=weighed,
        run_tests=run_tests,
        coefficients={
            "term": names,
            "coefficient": found.extra,
            "low": found.extra - extra_band,
            "high": found.extra + extra_band,
            "p_value": two_sided(found.extra, found.extra_error, df),
        },
        cautions=caution.kept(
            *read.warnings,
            caution.few_points(over.n),
            caution.low_counts(read.low, read.high),
            *said,
            caution.covid(read.period),
            caution.gaps(read.given),
        ),
        tests_are=TESTS,
    )


def _observed(counts: Floats, per: Floats, confidence: float) -> Floats:
    """Counts, or rates, twice, and exact limits of the counts; shape (n, 4)."""
    return np.column_stack([counts, counts, *intervals.poisson_interval(counts, confidence)]) / per[:, None]


def _incomplete(series: pd.DataFrame, read: CountSeries, confidence: float) -> Floats:
    """Periods left out, as their records are still on their way, with what is known of them; shape (m, 5)."""
    rows = counts_in_order(series)
    if "complete" not in rows:
        return np.empty((0, 5))
    rows = rows[~rows["complete"].to_numpy(dtype=bool) & (rows["low"] == rows["high"])]
    per = np.ones(len(rows))
    if "population" in rows:
        per = rows["population"].to_numpy(dtype=float, na_value=np.nan) / PER
    elif "effort" in rows and read.effort is None:
        per = rows["effort"].to_numpy(dtype=float, na_value=np.nan)
    return np.column_stack([rows["period"], _observed(rows["low"].to_numpy(dtype=float), per, confidence)])


def _method(
    read: CountSeries, names: list[str], found: CountSegments, selection: str, most: int, confidence: float
) -> str:
    fits = found.fits
    model = {"poisson": "Poisson", "quasi-poisson": "Quasi-Poisson", "negative binomial": "Negative binomial"}
    infinite = " (theta infinite: Poisson)" if np.isinf(fits.theta[0]) else ""
    extras = f"; {', '.join(names)}" if names else ""
    chosen = "likelihood-ratio tests by parametric bootstrap" if selection == "permutation" else CRITERIA[selection]
    by = "the normal distribution" if fits.normal else f"t with {fits.degrees} degrees of freedom"
    region = "F" if fits.family == "quasi-poisson" else "chi-squared"
    return (
        f"{model[fits.family]}{infinite} log-linear joinpoint regression of {read.measured} by grid search over the "
        f"observed periods{extras}; at most {most} joinpoints, their number by {chosen}; {100 * confidence:g} % limits "
        f"by {by}, joinpoints allowed for, and those of joinpoints by the profile likelihood ratio ({region})"
    )
