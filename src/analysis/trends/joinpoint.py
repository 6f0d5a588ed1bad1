"""Joinpoint regression: a log-linear trend that bends where the data support a turn, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from scipy import special

from analysis import intervals
from analysis.refusal import Caution, Refusal
from analysis.trends import caution
from analysis.trends.grid_search import Grid, all_sums_of_squares, grid
from analysis.trends.information_criteria import criteria
from analysis.trends.joinpoint_draws import over_draws
from analysis.trends.joinpoint_trend import CRITERIA, LEVEL, JoinpointTrend, slopes_of, two_sided
from analysis.trends.log_rates import LogRates, log_rates
from analysis.trends.permutation_test import permutation_tests
from analysis.trends.placements import allowed_joinpoints, placements
from analysis.trends.refusal import NotEstimable, refuse_few_points
from analysis.trends.segments import Segments, joinpoint_limits, segments
from analysis.trends.series import Floats, counts_in_order

SEED = 20210
PERMUTATIONS = 4499
DRAWS = 20
# What memory and patience allow: 105 periods and 4 joinpoints are 3.2 million.
MOST_PLACEMENTS = 5_000_000


def joinpoint(
    series: pd.DataFrame,
    max_joinpoints: int | None = None,
    selection: str = "permutation",
    jump: float | Sequence[float] | None = None,
    *,
    min_joinpoints: int = 0,
    effort: str | None = None,
    confidence: float = 0.95,
    permutations: int = PERMUTATIONS,
    draws: int = DRAWS,
    seed: int = SEED,
) -> JoinpointTrend:
    """Fit a log-linear trend with as many joinpoints as the data support.

    All placements of up to `max_joinpoints` joinpoints on the observations are tried, with at least two observations
    before, after and between them. Slopes, limits and tests are those of the National Cancer Institute's Joinpoint
    (grid search, uncorrelated errors, parametric limits); limits by the delta method stand beside its average change.

    Parameters
    ----------
    series : period (year, a number) and either `rate` (with `standard_error`; without one, all years weigh the same) or
        `count` (persons; weights are counts then), or low, high and value_qualifier, with, if wanted, `population`
        (persons), for rates per 100,000.
        Counts that are intervals are drawn (`over_draws`), and what they leave open is shown as open. Optional:
        `effort` (inspections, hours, calls), by which rates are divided unless it is a covariate; `complete`, False
        where records of a period are still on their way: such periods, and those without a figure, are left out and
        named.
    max_joinpoints : the most joinpoints looked for. None: by the length of the series (`most_joinpoints`).
    selection : how their number is chosen: "permutation" tests, "bic", "bic3" or "wbic". What all of them choose stands
        in `.candidates`, and where they disagree a warning says so.
    jump : first period, or periods, measured in a new way (a law, a shelter, a definition): the level may jump there,
        while the slope does not change for it.
    min_joinpoints : the fewest; equal to `max_joinpoints`, their number is given, and only their places are sought.
    effort : "offset" or "covariate".
    confidence : level of all limits.
    permutations : of each test, and so many more where chance could decide (see `permutation_tests`).
    draws : of counts that are intervals.
    seed : of the permutations, and of the draws.

    Raises
    ------
    TooFewPoints : fewer than five observed periods.
    NotEstimable : the series cannot carry so many joinpoints, or a jump cannot be told from a turn.
    ValueError : the series contradicts itself, or holds a rate of 0.

    References
    ----------
    Kim, H.-J., Fay, M. P., Feuer, E. J. and Midthune, D. N. (2000). Permutation tests for joinpoint regression with
    applications to cancer rates. Statistics in Medicine 19, 335-351.
    Lerman, P. M. (1980). Fitting segmented regression models by grid search. Applied Statistics 29, 77-84.
    Chen, H.-S., Zeichner, S., Anderson, R. N., Espey, D. K., Kim, H.-J. and Feuer, E. J. (2020). The joinpoint-jump and
    joinpoint-comparability ratio model for trend analysis. Journal of Official Statistics 36, 49-62.
    """
    intervals.check_confidence(confidence)
    if selection not in CRITERIA:
        raise Refusal("unknown_choice", f"The selection {selection!r} is none of {', '.join(CRITERIA)}.")
    if "low" in series and "rate" not in series:
        counts = counts_in_order(series)
        bounded = counts[np.isfinite(counts["high"])]
        minimum = counts.loc[np.isinf(counts["high"]), "period"]
        unknown = counts.loc[counts["high"].isna(), "period"]
        settings = {"selection": selection, "jump": jump, "effort": effort, "confidence": confidence, "seed": seed}
        fit = partial(_fit_of, max_joinpoints, min_joinpoints, permutations, settings)
        if (bounded["low"] < bounded["high"]).any():
            result = over_draws(bounded, fit, draws, seed)
        else:
            result = fit(bounded.assign(count=bounded["low"]).drop(columns=["low", "high", "value_qualifier"]), None)
        said = caution.kept(
            caution.of_periods("minimum_left_out", "Left out, as only a minimum is known", minimum),
            caution.of_periods("unknown_left_out", "Left out, as the count is not known", unknown),
            *result.cautions,
        )
        return replace(result, cautions=said)
    jumps = () if jump is None else tuple(np.atleast_1d(np.asarray(jump, dtype=float)).tolist())
    read = log_rates(series, jumps, effort, confidence)
    refuse_few_points(len(read.period))
    _refuse_what_looks_the_same(read)
    over = grid(read.period, read.weight, read.extra)
    response = over.root_weight * read.log_rate
    most = allowed_joinpoints(over.n, over.extra.shape[1], min_joinpoints, max_joinpoints, MOST_PLACEMENTS)
    if selection == "permutation" and (permutations + 1) * LEVEL < most - min_joinpoints:
        raise Refusal(
            "too_few_permutations",
            f"Permutations: {permutations}. Even the smallest p-value, 1 in {permutations + 1}, is above the level of "
            f"the first test, {LEVEL / (most - min_joinpoints):.3g}: ask for more; the default is {PERMUTATIONS:,}.",
        )
    sums = {k: all_sums_of_squares(over, response, k) for k in range(min_joinpoints, most + 1)}
    weighed = _weighed(over, response, sums)
    run_tests = partial(permutation_tests, over, response, min_joinpoints, most, permutations, seed, LEVEL)
    if selection == "permutation":
        tests = run_tests()
        run_tests = partial(_given, tests)
        k = int(tests["selected"].iloc[-1]) if len(tests) else most
    else:
        k = int(weighed["k"][np.argmin(weighed[selection])])
    place = placements(over.n, k)[np.argmin(sums[k])]
    return _trend(
        read, over, segments(over, response, place), place, sums[k], weighed, run_tests, selection, confidence
    )


def _fit_of(
    most: int | None, least: int, permutations: int, settings: dict, series: pd.DataFrame, number: int | None
) -> JoinpointTrend:
    """The trend of a series with exact counts, with a number of joinpoints that may be given."""
    if number is not None:
        return joinpoint(series, number, min_joinpoints=number, permutations=0, **settings)
    return joinpoint(series, most, min_joinpoints=least, permutations=permutations, **settings)


def _refuse_what_looks_the_same(read: LogRates) -> None:
    """Raise NotEstimable if jumps and effort say the same as one another or as the straight line, or leave nothing."""
    if not read.names:
        return
    n, extras = read.extra.shape
    line = np.column_stack([np.ones(n), read.period - read.period.mean(), read.extra])
    lengths = np.linalg.norm(line, axis=0)
    if not lengths.all() or np.linalg.matrix_rank(line / lengths, tol=1e-9) < line.shape[1]:
        raise NotEstimable(
            "collinear",
            f"The straight line and {', '.join(read.names)} cannot all be told apart: two of them rise and fall "
            "together, or effort does not change. Leave one of them out.",
        )
    if n - 2 - extras < 1:
        raise NotEstimable(
            "too_few_periods",
            f"{n} observed periods leave nothing to judge a line with {', '.join(read.names)} by. Leave one of them "
            "out, or wait for more years.",
        )


def _weighed(over: Grid, response: Floats, sums: dict[int, Floats]) -> dict[str, Floats]:
    """For each number of joinpoints the least sum of squares and the information criteria."""
    rows = []
    for k, left in sums.items():
        best = int(np.argmin(left))
        tau = over.period[placements(over.n, k)[best]]
        rows.append((k, left[best], *criteria(over, response, tau, float(left[best]))))
    columns = np.array(rows, dtype=float).T
    return {"k": columns[0].astype(int), **dict(zip(("sse", "bic", "bic3", "wbic"), columns[1:], strict=True))}


def _given(tests: pd.DataFrame) -> pd.DataFrame:
    return tests


def _trend(
    read: LogRates,
    over: Grid,
    found: Segments,
    place: np.ndarray,
    sums: Floats,
    weighed: dict[str, Floats],
    run_tests: partial,
    selection: str,
    confidence: float,
) -> JoinpointTrend:
    k = len(place)
    low, high = joinpoint_limits(over, sums, place, found.df, confidence) if k else (np.empty(0), np.empty(0))
    quantile = special.stdtrit(found.df, (1 + confidence) / 2)
    band = quantile * found.fit_error
    dispersion = found.sse / found.df if read.counts is not None else 0.0
    df = np.inf if k else found.slope_df
    extra_band = quantile * found.extra_error
    return JoinpointTrend(
        k=k,
        selection=selection,
        confidence=confidence,
        method=_method(read, selection, int(weighed["k"][-1]), confidence),
        period=read.period,
        observed=read.observed,
        incomplete=read.incomplete,
        tau=np.column_stack([found.tau, low, high]),
        slopes=slopes_of(found.slope, found.slope_error, found.slope_df, confidence),
        average_slope=slopes_of(found.average, found.average_error, df, confidence),
        delta_slope=slopes_of(found.average, found.delta_error, found.df, confidence),
        fit=np.exp(np.column_stack([found.fit, found.fit, found.fit - band, found.fit + band])),
        piece=np.searchsorted(sorted(read.jumps), read.period, side="right").astype(float),
        weighed=weighed,
        run_tests=run_tests,
        coefficients={
            "term": list(read.names),
            "coefficient": found.extra,
            "low": found.extra - extra_band,
            "high": found.extra + extra_band,
            "p_value": two_sided(found.extra, found.extra_error, found.df),
        },
        cautions=caution.kept(
            *read.warnings,
            caution.few_points(over.n),
            caution.low_counts(read.counts, read.counts) if read.counts is not None else "",
            caution.overdispersion(dispersion),
            caution.autocorrelation(found.residuals),
            ""
            if found.sse
            else Caution("perfect_fit", "The line passes through every point: nothing is left to judge errors by."),
            caution.covid(read.period),
            caution.gaps(read.period),
        ),
    )


def _method(read: LogRates, selection: str, most: int, confidence: float) -> str:
    extras = f"; {', '.join(read.names)}" if read.names else ""
    return (
        f"Log-linear joinpoint regression by grid search over the observed periods, {read.weighted}{extras}; at most "
        f"{most} joinpoints, their number by {CRITERIA[selection]}; {100 * confidence:g} % limits"
    )
