"""Joinpoint regression of small counts: a log-linear model of the counts themselves, in which a zero stays a zero."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from analysis import intervals
from analysis.refusal import Caution, Refusal
from analysis.trends import caution
from analysis.trends.bootstrap_test import Candidate, bootstrap_tests
from analysis.trends.count_effects import cautions
from analysis.trends.count_model import FAMILIES, likelihood
from analysis.trends.count_search import all_fits, best_means
from analysis.trends.count_segments import CountSegments, count_segments, joinpoint_region, sharpest_turn
from analysis.trends.count_series import CountSeries, count_series
from analysis.trends.grid_search import Grid, grid
from analysis.trends.joinpoint_trend import CRITERIA, LEVEL, JoinpointTrend, slopes_of, two_sided
from analysis.trends.placements import allowed_joinpoints, placements
from analysis.trends.refusal import NotEstimable, TooFewPoints, refuse_few_points
from analysis.trends.series import PER, Floats, counts_in_order

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
