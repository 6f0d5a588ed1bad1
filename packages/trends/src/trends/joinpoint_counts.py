"""Joinpoint regression of small counts by likelihood: a log-linear model in which a zero stays a zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from bounded import intervals
from bounded.arguments import checked, whole
from bounded.refusal import Caution, Refusal, Said, require_choice
from trends import caution
from trends.calendar_years import with_times
from trends.count_model import CountSeries, count_series, likelihood
from trends.joinpoint_result import CRITERIA, LEVEL, JoinpointTrend, chosen_number, trend_of
from trends.joinpoint_search import (
    Grid,
    Segments,
    allowed_joinpoints,
    further_columns,
    grid,
    line_with_bends,
    linearised_covariance,
    placements,
    shifts,
    widened,
)
from trends.joinpoint_tests import Candidate, all_fits, best_means, bootstrap_tests, climb
from trends.series import PER, Floats, NotEstimable, TooFewPoints, counts_in_order, refuse_few_points

FAMILIES = ("quasi-poisson", "poisson")
# Theta of a Poisson model, as `likelihood` takes it.
POISSON = np.array(np.inf)


def count_segments(over: Grid, counts: Floats, offset: Floats, k: int, best: Candidate, family: str) -> Segments:
    """Read slopes and their errors off the best fit with `k` joinpoints.

    All errors are those of coefficients and joinpoints estimated together, by the line's derivatives by both; for
    quasi-Poisson they are multiplied by the root of Pearson's dispersion where that is above 1. Of 400 synthetic
    Poisson series of 15 periods with a turn in the middle from +15 to -15 % (means up to 5, and to 20), limits at 95 %
    held the slopes in 90 %, the average by the delta method in 97 and 91 %, and the joinpoint in 96 and 98 %.

    References
    ----------
    Muggeo, V. M. R. (2003). Estimating regression models with unknown break-points. Statistics in Medicine 22,
    3055-3071.
    """
    tau = over.period[placements(over.n, k)[best.place]]
    design = line_with_bends(over, tau)
    line = np.log(best.mean) - offset
    coefficients = np.asarray(np.linalg.lstsq(design, line, rcond=None)[0], dtype=float)
    quasi = family == "quasi-poisson"
    weighted = replace(over, root_weight=np.sqrt(best.mean))
    scale = max(1.0, best.dispersion) if quasi else 1.0
    covariance = linearised_covariance(weighted, tau, coefficients, scale)
    towards = np.column_stack([design, shifts(over, tau, coefficients)])
    known = _estimable(weighted, towards)
    # The average slope is the line's rise from end to end, without what jumps and effort add to it.
    ends = towards[-1] - towards[0]
    ends[k + 2 : k + 2 + over.extra.shape[1]] = 0.0
    slopes = np.zeros((k + 1, len(covariance)))
    slopes[:, 1 : k + 2] = np.tri(k + 1)
    slope = slopes[:, : design.shape[1]] @ coefficients
    lengths = np.diff(np.concatenate([over.period[:1], tau, over.period[-1:]])) / np.ptp(over.period)
    slope_error = _errors(slopes, covariance, known)
    extras = np.eye(len(covariance))[k + 2 : k + 2 + over.extra.shape[1]]
    df = over.n - design.shape[1] - k if quasi else np.inf
    return Segments(
        tau=tau,
        slope=slope,
        slope_error=slope_error,
        slope_df=df,
        average=float(lengths @ slope),
        average_error=float(np.sqrt(lengths**2 @ slope_error**2)),
        average_df=df,
        delta_error=float(_errors(ends[None], covariance, known)[0] / np.ptp(over.period)),
        fit=line,
        fit_error=_errors(towards, covariance, known),
        extra=coefficients[k + 2 :],
        extra_error=_errors(extras, covariance, known),
        df=df,
        sse=best.deviance,
        residuals=(counts - best.mean) / np.sqrt(best.mean),
    )


def joinpoint_region(over: Grid, best: Candidate, k: int, family: str, confidence: float) -> tuple[Floats, Floats]:
    """Limits of each joinpoint: where it could lie without the likelihood falling by more than chance allows.

    Twice the fall of the log likelihood is compared with chi-squared with k degrees of freedom, for quasi-Poisson its
    share of k times the dispersion with F with k and the residual degrees of freedom: a region for all joinpoints
    together, one observation wider on each side, as for rates.

    Returns
    -------
    Arrays low, high of shape (k,): periods.
    """
    from scipy import stats

    allowed = stats.chi2.ppf(confidence, k)
    if family == "quasi-poisson":
        degrees = over.n - over.base.shape[1] - 2 * k
        allowed = max(1.0, best.dispersion) * k * stats.f.ppf(confidence, k, degrees)
    return widened(over, k, best.losses - best.losses.min() <= allowed)


def sharpest_turn(over: Grid, counts: Floats, offset: Floats, tau: Floats) -> float:
    """The largest share of the deviance of one line through two neighbouring segments that their joinpoint explains."""
    edges = np.concatenate([[-np.inf], tau, [np.inf]])
    largest = 0.0
    for before, turn, after in zip(edges[:-2], tau, edges[2:], strict=True):
        rows = (over.period > before) & (over.period <= after)
        t = over.period[rows]
        line = np.column_stack([np.ones(len(t)), t - t.mean(), over.extra[rows]])
        bent = np.column_stack([line, np.maximum(t - turn, 0.0)])
        one, two = (_deviance(design, counts[rows], offset[rows]) for design in (line, bent))
        if one > 0:
            largest = max(largest, 1 - two / one)
    return largest


def _deviance(design: Floats, counts: Floats, offset: Floats) -> float:
    """The least deviance of a Poisson model, also where only infinite slopes reach it."""
    if not counts.any():
        return 0.0
    left, singular, _ = np.linalg.svd(design / np.sqrt((design**2).sum(axis=0).clip(1e-300)), full_matrices=False)
    columns = left[:, singular > 1e-9 * singular[0]]
    start = offset + np.log(counts.sum() / np.exp(offset).sum())
    _, eta = climb(columns[None], counts[None], start[None])
    return float(likelihood(counts[None], np.exp(eta), POISSON)[0][0])


def _estimable(weighted: Grid, columns: Floats) -> Floats:
    """Projection on the combinations of coefficients that the data can estimate."""
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


@checked(replicates=whole(1))
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
    family : "quasi-poisson", Poisson with errors by Pearson's dispersion, at least 1; or "poisson". Of 200 synthetic
        series of 15 periods without a turn, tests of the Poisson model found one in 3 to 4 % where counts were Poisson,
        but in 62 % where they were negative binomial with a mean of 10 and theta 4; those of the quasi-Poisson model in
        2 to 6 % everywhere, BIC in 5 to 18.
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
    require_choice("selection", selection, CRITERIA)
    require_choice("family", family, FAMILIES)
    series, jump = with_times(series, jump)
    read = count_series(series, effort)
    counts = _exact(read)
    jumps = () if jump is None else tuple(np.atleast_1d(np.asarray(jump, dtype=float)).tolist())
    names, extra = further_columns(read.period, jumps, read.effort)
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
    if np.isinf(all_fits(over, counts, read.offset, 0)[0]):
        raise NotEstimable(
            "separation",
            "The slope of the whole series, or a jump, runs to infinity: all events lie at one end of the series, or "
            "on one side of a jump. More years, larger areas or no jump would help.",
        )
    candidates = {k: _candidate(over, counts, read.offset, k) for k in range(min_joinpoints, most + 1)}
    if all(np.isinf(candidate.loss) for candidate in candidates.values()):
        raise NotEstimable(
            "no_feasible_placement",
            f"No placement of {min_joinpoints} joinpoints has events enough on both sides of each: ask for fewer.",
        )
    weighed = _weighed(over, counts, read.offset, candidates, family)
    every_test = partial(bootstrap_tests, over, read.offset, candidates, family, replicates, seed, LEVEL)
    k, run_tests = chosen_number(weighed, every_test, selection, most)
    best = candidates[k]
    found = count_segments(over, counts, read.offset, k, best, family)
    limits = joinpoint_region(over, best, k, family, confidence) if k else (np.empty(0), np.empty(0))
    return trend_of(
        found,
        limits,
        (names, jumps),
        over.period,
        confidence,
        selection=selection,
        method=_method(read, names, found, family, selection, int(weighed["k"][-1]), confidence),
        observed=_observed(read.low, np.exp(read.offset), confidence),
        incomplete=_incomplete(series, read, confidence),
        weighed=weighed,
        run_tests=run_tests,
        cautions=Caution.kept(
            *read.warnings,
            caution.few_points(over.n),
            caution.low_counts(read.low, read.high),
            _refused(candidates),
            caution.overdispersion(best.dispersion, allowed_for=family == "quasi-poisson"),
            caution.autocorrelation(found.residuals),
            _feigned(candidates, family),
            caution.covid(read.period),
            caution.gaps(read.given),
        ),
        tests_are=TESTS,
        permutations=replicates,
    )


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


def _candidate(over: Grid, counts: Floats, offset: Floats, k: int) -> Candidate:
    losses = all_fits(over, counts, offset, k)
    place = int(np.argmin(losses))
    mean = best_means(over, counts, offset, placements(over.n, k)[place])
    return Candidate(
        place=place,
        loss=float(losses[place]),
        mean=mean,
        dispersion=float(((counts - mean) ** 2 / mean).sum()) / (over.n - over.base.shape[1] - 2 * k),
        deviance=float(likelihood(counts[None], mean[None], POISSON)[0][0]),
        losses=losses,
    )


def _weighed(
    over: Grid, counts: Floats, offset: Floats, candidates: dict[int, Candidate], family: str
) -> dict[str, Floats]:
    """The deviance, the dispersion and the information criteria for each number of joinpoints."""
    finite = [candidate for candidate in candidates.values() if np.isfinite(candidate.loss)]
    scale = max(1.0, finite[-1].dispersion) if family == "quasi-poisson" else 1.0
    rows = []
    for k, best in candidates.items():
        tau = over.period[placements(over.n, k)[best.place]]
        sharpest = sharpest_turn(over, counts, offset, tau) if np.isfinite(best.loss) else 0.0
        harshness = np.array([2.0, 3.0, 2.0 + sharpest])
        by = best.loss / scale + (harshness * k + over.base.shape[1]) * np.log(over.n)
        rows.append((k, best.deviance, best.dispersion, *by))
    columns = dict(zip(("k", "deviance", "dispersion", "bic", "bic3", "wbic"), np.array(rows).T, strict=True))
    return {**columns, "k": columns["k"].astype(int)}


def _refused(candidates: dict[int, Candidate]) -> Said:
    """A sentence on placements that no finite slopes fit."""
    said = [
        f"{np.isinf(best.losses).sum()} of {len(best.losses)} placements of {k}"
        for k, best in candidates.items()
        if np.isinf(best.losses).any()
    ]
    return Caution.when(
        said,
        "placements_left_out",
        f"Not considered, as a segment without events has no finite slope: {'; '.join(said)} "
        f"joinpoint{'s' if max(candidates) > 1 else ''}.",
    )


def _feigned(candidates: dict[int, Candidate], family: str) -> Said:
    """A sentence where Poisson counts would not scatter as these do about any line that was tried."""
    least = min(best.dispersion for best in candidates.values() if np.isfinite(best.loss))
    return Caution.when(
        family == "poisson" and caution.overdispersion(least),
        "false_alarms",
        f"Dispersion {least:.1f} or more with any number of joinpoints: turns are found too often where counts vary "
        "more than Poisson counts. Take family='quasi-poisson'.",
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
    read: CountSeries,
    names: tuple[str, ...],
    found: Segments,
    family: str,
    selection: str,
    most: int,
    confidence: float,
) -> str:
    extras = f"; {', '.join(names)}" if names else ""
    chosen = "likelihood-ratio tests by parametric bootstrap" if selection == "permutation" else CRITERIA[selection]
    quasi = family == "quasi-poisson"
    by = f"t with {found.df} degrees of freedom" if quasi else "the normal distribution"
    return (
        f"{'Quasi-Poisson' if quasi else 'Poisson'} log-linear joinpoint regression of {read.measured} by grid search "
        f"over the observed periods{extras}; at most {most} joinpoints, their number by {chosen}; "
        f"{intervals.percent(confidence)} limits by {by}, joinpoints allowed for (of the average change by the delta "
        f"method), and those of joinpoints by the profile likelihood ratio ({'F' if quasi else 'chi-squared'})"
    )
