"""Joinpoint regression of rates, and of counts known only between bounds.

Joinpoint regression: a log-linear trend that bends where the data support a turn, and nowhere else.

Joinpoint regression of counts known only between bounds: one fit a draw, and what all of them leave open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from scipy import special

from bounded import intervals
from bounded.refusal import Caution, Refusal
from trends import caution
from trends.draws import draw_counts
from trends.joinpoint_result import CRITERIA, LEVEL, JoinpointTrend, Slopes, slopes_of, two_sided
from trends.joinpoint_search import Grid, all_sums_of_squares, allowed_joinpoints, grid, placements
from trends.joinpoint_segments import Segments, criteria, joinpoint_limits, permutation_tests, segments
from trends.log_rates import LogRates, log_rates
from trends.series import Floats, NotEstimable, counts_in_order, refuse_few_points

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

    Returns
    -------
    JoinpointTrend : k, and tables: `joinpoints` (period, low, high), `segments` (annual percent change, low, high),
        `average`, `candidates`, `tests`, `terms` and `fitted`; warnings.

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


# A fit of the series and, given a number of joinpoints, with just so many.
Fit = Callable[[pd.DataFrame, int | None], JoinpointTrend]


def over_draws(series: pd.DataFrame, fit: Fit, draws: int, seed: int) -> JoinpointTrend:
    """Fit each of several draws of a series of interval counts, and the series at all its lower and upper bounds.

    The number of joinpoints is the one that most draws choose, the smaller of two chosen equally often. All are then
    fitted with that number; estimates are given as the least and the greatest, limits as the union, and p-values as the
    largest (1 where the signs differ): so nothing is said that depends on where in its bounds a count lies.

    Parameters
    ----------
    series : period, low, high and value_qualifier (all bounded), and what else the fit needs.
    fit : gives the trend of a series with exact counts.
    draws : how many.
    seed : of the draws.

    Returns
    -------
    JoinpointTrend; `candidates` and `tests` are those of the first draw that chose the number; `drawn` holds, for each
    draw, draw, k, joinpoints (text) and aapc (percent a year).
    """
    other = series.drop(columns=["low", "high", "value_qualifier"])
    drawn = draw_counts(series, draws, seed).dropna(subset="count")
    exact = [other.merge(rows[["period", "count"]], on="period") for _, rows in drawn.groupby("draw")]
    bounds = [other.assign(count=series[end].to_numpy(dtype=float)) for end in ("low", "high")]
    free = [fit(table, None) for table in exact]
    numbers = np.array([result.k for result in free])
    k = int(np.bincount(numbers).argmax())
    first = free[int(np.argmax(numbers == k))]
    given = [result if result.k == k else fit(table, k) for result, table in zip(free, exact, strict=True)]
    given += [fit(table, k) for table in bounds]
    agree = int((numbers == k).sum())
    wide = series.loc[series["low"] < series["high"], "period"]
    return replace(
        first,
        method=f"{first.method}; {draws} draws of the interval counts, and both bounds",
        observed=_outer([result.observed for result in given]),
        incomplete=_left_out([result.incomplete for result in given]),
        tau=_turns([result.tau for result in given]),
        slopes=_joined([result.slopes for result in given]),
        average_slope=_joined([result.average_slope for result in given]),
        delta_slope=_joined([result.delta_slope for result in given]),
        fit=_outer([result.fit for result in given]),
        coefficients=_coefficients([result.coefficients for result in given]),
        run_tests=partial(_of, first),
        cautions=caution.kept(
            caution.of_periods("interval_counts", "Counts known only between bounds", wide),
            ""
            if agree == draws
            else Caution(
                "draws_disagree", f"Only {agree} of {draws} draws of the interval counts choose {k} joinpoints."
            ),
            *first.cautions,
        ),
        drawn=pd.DataFrame(
            {
                "draw": np.arange(draws),
                "k": numbers,
                "joinpoints": [", ".join(f"{turn:g}" for turn in result.tau[:, 0]) for result in free],
                "aapc": [float(100 * np.expm1(result.average_slope.least[0])) for result in free],
            }
        ),
    )


def _of(result: JoinpointTrend) -> pd.DataFrame:
    return result.tests


def _outer(found: list[Floats]) -> Floats:
    """Least, most, low and high over all draws."""
    least, most = np.min(found, axis=0), np.max(found, axis=0)
    return np.column_stack([least[:, 0], most[:, 1], least[:, 2], most[:, 3]])


def _left_out(found: list[Floats]) -> Floats:
    return np.column_stack([found[0][:, 0], _outer([each[:, 1:] for each in found])])


def _turns(taus: list[Floats]) -> Floats:
    """The places that most fits choose, with the widest limits."""
    places, times = np.unique([tau[:, 0] for tau in taus], axis=0, return_counts=True)
    return np.column_stack(
        [
            places[np.argmax(times)],
            np.min([tau[:, 1] for tau in taus], axis=0),
            np.max([tau[:, 2] for tau in taus], axis=0),
        ]
    )


def _joined(slopes: list[Slopes]) -> Slopes:
    least = np.min([slope.least for slope in slopes], axis=0)
    most = np.max([slope.most for slope in slopes], axis=0)
    p_value = np.max([slope.p_value for slope in slopes], axis=0)
    return Slopes(
        least=least,
        most=most,
        low=np.min([slope.low for slope in slopes], axis=0),
        high=np.max([slope.high for slope in slopes], axis=0),
        p_value=np.where((least < 0) & (most > 0), 1.0, p_value),
    )


def _coefficients(found: list[dict]) -> dict[str, object]:
    """Jumps and effort: the middle of the estimates, the widest limits, the largest p-value."""
    first = found[0]
    return {
        "term": first["term"],
        "coefficient": np.median([each["coefficient"] for each in found], axis=0),
        "low": np.min([each["low"] for each in found], axis=0),
        "high": np.max([each["high"] for each in found], axis=0),
        "p_value": np.max([each["p_value"] for each in found], axis=0),
    }
