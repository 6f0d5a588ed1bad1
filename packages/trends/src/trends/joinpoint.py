"""Joinpoint regression of rates, and of counts known only between bounds: a log-linear trend that bends.

It bends where the data support a turn, and nowhere else. Of counts that are intervals several draws are fitted, and
what all of them leave open is shown as open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from bounded import intervals
from bounded.arguments import checked, whole
from bounded.refusal import Caution, Refusal, Said, columns_there, require_choice
from trends import caution
from trends.calendar_years import with_times
from trends.draws import draw_counts
from trends.joinpoint_resampling import RESAMPLES, resample, with_quantiles
from trends.joinpoint_result import CRITERIA, LEVEL, LIMITS, JoinpointTrend, Slopes, chosen_number, trend_of
from trends.joinpoint_search import (
    Grid,
    all_sums_of_squares,
    allowed_joinpoints,
    criteria,
    further_columns,
    grid,
    joinpoint_limits,
    placements,
    segments,
)
from trends.joinpoint_tests import permutation_tests
from trends.series import (
    PER,
    Floats,
    NotEstimable,
    check_periods,
    counts_in_order,
    positive,
    refuse_few_points,
)

SEED = 20210
PERMUTATIONS = 4499
DRAWS = 20
# What memory and patience allow: 105 periods and 4 joinpoints are 3.2 million.
MOST_PLACEMENTS = 5_000_000
# Fewer leave the quantiles of 95 % limits to a handful of resamples.
FEWEST_RESAMPLES = 200


@checked(permutations=whole(), resamples=whole(FEWEST_RESAMPLES))
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
    limits: str = "delta",
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> JoinpointTrend:
    """Fit a log-linear trend with as many joinpoints as the data support.

    All placements of up to `max_joinpoints` joinpoints on the observations are tried, with at least two observations
    before, after and between them. Slopes, their limits and tests are those of the National Cancer Institute's
    Joinpoint (grid search, uncorrelated errors, parametric limits). The limits of the average change are not, as those
    of that program are too wide where there are joinpoints: by default they are by the delta method (Muggeo 2010),
    which allows for the segments' sharing the joinpoints. `limits` "t" gives those of that program.

    With `limits` "empirical_quantile", the default of that program since version 5, the limits of joinpoints, annual
    changes and their average are quantiles of what series say that are drawn about the fitted line, with errors from
    the distribution of the residuals and as many joinpoints sought anew in each. No limits printed by that program were
    at hand to compare with, and what it does to residuals before they are drawn was not read: here they are joined by
    straight lines and stretched to the variance by degrees of freedom.

    Of 6,800 synthetic series of 8 to 25 years with up to two joinpoints, 95 % limits of the average change held the
    truth in 94.6 % by the delta method, in 98.4 % by t, 1.7 times as wide, and in 92.0 % by quantiles; those of annual
    changes in 94.3 % by t and 92.9 % by quantiles, those of joinpoints in 98.9 and 97.6 %.

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
    limits : of the average change: "delta", "t" (segments taken as independent, as Joinpoint has them), or
        "empirical_quantile", also of annual changes and joinpoints. Those of the fitted line, of jumps and of effort
        are by t in all.
    resamples : series drawn for empirical quantiles, 200 or more.
    seed : of the permutations, of the draws, and of the resamples.

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
    Muggeo, V. M. R. (2010). Comment on 'Estimating average annual per cent change in trend analysis' by Clegg LX,
    Hankey BF, Tiwari R, Feuer EJ, Edwards BK. Statistics in Medicine 29, 1958-1960.
    Kim, H.-J., Chen, H.-S., Byrne, J., Wheeler, B. and Feuer, E. J. (2022). Twenty years since Joinpoint 1.0: two major
    enhancements, their justification, and impact. Statistics in Medicine 41, 3102-3130.
    Chen, H.-S., Zeichner, S., Anderson, R. N., Espey, D. K., Kim, H.-J. and Feuer, E. J. (2020). The joinpoint-jump and
    joinpoint-comparability ratio model for trend analysis. Journal of Official Statistics 36, 49-62.
    """
    require_choice("selection", selection, CRITERIA)
    require_choice("limits", limits, LIMITS)
    series, jumps = with_times(series, jump)

    def fit(table: pd.DataFrame, number: int | None) -> JoinpointTrend:
        """Fit exact figures, with a number of joinpoints that is given or chosen."""
        chosen = (max_joinpoints, min_joinpoints, permutations) if number is None else (number, number, 0)
        return _fit(table, *chosen, selection, jumps or (), effort, confidence, limits, resamples, seed)

    if "low" not in series or "rate" in series:
        return fit(series, None)
    counts = counts_in_order(series)
    bounded = counts[np.isfinite(counts["high"])]
    minimum = counts.loc[np.isinf(counts["high"]), "period"]
    unknown = counts.loc[counts["high"].isna(), "period"]
    if (bounded["low"] < bounded["high"]).any():
        result = over_draws(bounded, fit, draws, seed)
    else:
        result = fit(bounded.assign(count=bounded["low"]).drop(columns=["low", "high", "value_qualifier"]), None)
    said = Caution.kept(
        caution.of_periods("minimum_left_out", "Left out, as only a minimum is known", minimum),
        caution.of_periods("unknown_left_out", "Left out, as the count is not known", unknown),
        *result.cautions,
    )
    return replace(result, cautions=said)


def _fit(
    series: pd.DataFrame,
    max_joinpoints: int | None,
    min_joinpoints: int,
    permutations: int,
    selection: str,
    jumps: tuple[float, ...],
    effort: str | None,
    confidence: float,
    limits: str,
    resamples: int,
    seed: int,
) -> JoinpointTrend:
    """Return the trend of rates, or of exact counts."""
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
    every_test = partial(permutation_tests, over, response, min_joinpoints, most, permutations, seed, LEVEL)
    k, run_tests = chosen_number(weighed, every_test, selection, most)
    place = placements(over.n, k)[np.argmin(sums[k])]
    found = segments(over, response, place)
    turns = joinpoint_limits(over, sums[k], place, int(found.df), confidence) if k else (np.empty(0), np.empty(0))
    # A line that passes through every point leaves no residuals to draw from.
    drawn = limits == "empirical_quantile" and found.sse > 0
    by = "t" if limits == "t" else "delta"
    limits_are = f"by t{f', of the average change {LIMITS[by]}' if k else ''}"
    trend = trend_of(
        found,
        turns,
        (read.names, jumps),
        read.period,
        confidence,
        by=by,
        selection=selection,
        method=_method(read, selection, int(weighed["k"][-1]), confidence)
        + (f", quantiles of {resamples:,} resamples" if drawn else f" {limits_are}"),
        observed=read.observed,
        incomplete=read.incomplete,
        weighed=weighed,
        run_tests=run_tests,
        permutations=permutations,
        cautions=Caution.kept(
            *read.warnings,
            caution.few_points(over.n),
            caution.low_counts(read.counts, read.counts) if read.counts is not None else "",
            caution.overdispersion(found.sse / found.df) if read.counts is not None else "",
            caution.autocorrelation(found.residuals),
            ""
            if found.sse
            else Caution("perfect_fit", "The line passes through every point: nothing is left to judge errors by."),
            caution.covid(read.period),
            caution.gaps(read.period),
        ),
    )
    return with_quantiles(trend, resample(over, response, place, found, resamples, seed)) if drawn else trend


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
    """The least sum of squares and the information criteria for each number of joinpoints."""
    rows = []
    for k, left in sums.items():
        best = int(np.argmin(left))
        tau = over.period[placements(over.n, k)[best]]
        rows.append((k, left[best], *criteria(over, response, tau, float(left[best]))))
    columns = np.array(rows, dtype=float).T
    return {"k": columns[0].astype(int), **dict(zip(("sse", "bic", "bic3", "wbic"), columns[1:], strict=True))}


def _method(read: LogRates, selection: str, most: int, confidence: float) -> str:
    extras = f"; {', '.join(read.names)}" if read.names else ""
    return (
        f"Log-linear joinpoint regression by grid search over the observed periods, {read.weighted}{extras}; at most "
        f"{most} joinpoints, their number by {CRITERIA[selection]}; {intervals.percent(confidence)} limits"
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
        run_tests=partial(_tests_of, first),
        cautions=Caution.kept(
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


def _tests_of(result: JoinpointTrend) -> pd.DataFrame:
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


# The series on the scale on which the regression works: logarithms of rates, and the weight of each

# What a zero count stands in as, since it has no logarithm: the rule of the National Cancer Institute's Joinpoint.
FOR_ZERO = 0.5
EFFORTS = ("offset", "covariate")
OPTIONAL = ("standard_error", "population", "effort")

Columns = dict[str, Floats]


@dataclass(frozen=True, eq=False)
class LogRates:
    """The observed periods of a series.

    Parameters
    ----------
    period : ascending; shape (n,).
    log_rate : natural logarithms; shape (n,).
    weight : inverse variances of the logarithms, or ones; shape (n,).
    extra : further columns of the line and their names: jumps (0 before, 1 from then on), log effort (centred).
    observed : what was observed, low and high and its own limits, on the scale of the rates; shape (n, 4).
    incomplete : periods left out as records of them are still on their way, with the same; shape (m, 5).
    counts : persons a period, where the series has counts.
    weighted : what the weights are, in words.
    warnings : what was left out, replaced, or is not known.
    """

    period: Floats
    log_rate: Floats
    weight: Floats
    extra: Floats
    names: tuple[str, ...]
    observed: Floats
    incomplete: Floats
    counts: Floats | None
    weighted: str
    warnings: tuple[Caution, ...]


def log_rates(
    series: pd.DataFrame, jump: tuple[float, ...] = (), effort: str | None = None, confidence: float = 0.95
) -> LogRates:
    """Read a series as logarithms of rates.

    Parameters
    ----------
    series : period and either `rate` (any unit; with `standard_error` in the same unit: weights are inverse variances
        of the logarithms, (rate / standard_error)²) or `count` (persons; weights are the counts) with, if wanted,
        `population` (persons; rates are per 100,000 then). Optional: `effort`; `complete`, False where records of a
        period are still on their way.
    jump : the first periods measured in a new way: each adds a column that is 0 before and 1 from then on.
    effort : "offset": rates are per unit of effort; "covariate": log effort has a coefficient of its own. By default an
        offset where there is a column `effort`.
    confidence : of the limits of what was observed: exact limits of a count, or those of a rate's standard error.

    Raises
    ------
    ValueError : a column is missing, a period stands twice, a rate of 0 (it has no logarithm), a standard error that
        is missing or not positive, a jump without two observations on each side; the period is named.
    """
    check_periods(series)
    if effort is not None and (effort not in EFFORTS or "effort" not in series):
        raise Refusal(
            "unusable_effort",
            f"Effort {effort!r}: it is 'offset' or 'covariate', and needs a column `effort` (inspections, hours).",
        )
    measure = "rate" if "rate" in series else "count"
    if measure not in series:
        there = columns_there(series, ["rate", "count"])
        raise Refusal("missing_column", f"The series has neither a column `rate` nor a column `count`. {there}")
    used, on_their_way, said = _observed(series, measure)
    log_rate, weight, observed, weighted, replaced = _on_scale(used, measure, effort, confidence)
    log_effort = None
    if effort == "covariate":
        log_effort = np.log(positive(used, "effort"))
        log_effort = log_effort - log_effort.mean()
    names, extra = further_columns(used["period"], jump, log_effort)
    left = on_their_way["period"]
    return LogRates(
        period=used["period"],
        log_rate=log_rate,
        weight=weight,
        extra=extra,
        names=names,
        observed=observed,
        incomplete=np.column_stack([left, _on_scale(on_their_way, measure, effort, confidence)[2]])
        if len(left)
        else np.empty((0, 5)),
        counts=used["count"] if measure == "count" else None,
        weighted=weighted,
        warnings=Caution.kept(*said, replaced, "" if "effort" in used else caution.EFFORT_UNKNOWN),
    )


def _observed(series: pd.DataFrame, measure: str) -> tuple[Columns, Columns, list[Said]]:
    """The periods that are used, those whose records are still on their way, and a sentence on what is left out."""
    period = series["period"].to_numpy(dtype=float)
    columns = {"period": period}
    for name in (measure, *OPTIONAL):
        if name in series:
            columns[name] = series[name].to_numpy(dtype=float, na_value=np.nan)
    complete = _complete(series, period)
    if (np.diff(period) < 0).any():
        order = np.argsort(period, kind="stable")
        columns, complete = {name: values[order] for name, values in columns.items()}, complete[order]
    period, value = columns["period"], columns[measure]
    bad = np.isinf(value) | (value < 0)
    if bad.any():
        raise Refusal("negative", f"The {measure} of {period[bad][0]:g} is negative or infinite.")
    missing = np.isnan(value)
    left = ~missing & ~complete
    said = [
        caution.of_periods("unknown_left_out", f"Left out, as the {measure} is not known", period[missing]),
        caution.of_periods("incomplete_left_out", "Left out, as records are still on their way", period[left]),
    ]
    if left.any():
        # What is drawn and not fitted refuses nothing.
        for name, values in columns.items():
            left &= np.isfinite(values) & ((values > 0) | (name in ("count", "period")))
    used = ~missing & complete
    if used.all():
        return columns, {name: values[:0] for name, values in columns.items()}, said
    of_used, of_left = ({name: values[rows] for name, values in columns.items()} for rows in (used, left))
    return of_used, of_left, said


def _complete(series: pd.DataFrame, period: Floats) -> NDArray[np.bool_]:
    """True where a period's records are complete: unless it is said that they are not."""
    if "complete" not in series:
        return np.ones(len(series), dtype=bool)
    stated = series["complete"].astype(object).where(series["complete"].notna(), True)
    bad = ~stated.isin([True, False]).to_numpy()
    if bad.any():
        raise Refusal(
            "not_boolean", f"`complete` of {period[bad][0]:g} is {stated[bad].iloc[0]!r}: it is True or False."
        )
    return stated.to_numpy(dtype=bool)


def _on_scale(
    rows: Columns, measure: str, effort: str | None, confidence: float
) -> tuple[Floats, Floats, Floats, str, Said]:
    """Logarithms of rates, their weights, what was observed with its limits, what they are, what was replaced."""
    period, value = rows["period"], rows[measure]
    n, zero = len(value), value == 0
    by_effort = "effort" in rows and effort != "covariate"
    replaced: Said = ""
    if measure == "rate":
        if zero.any():
            raise Refusal(
                "zero_rate",
                f"The rate of {period[zero][0]:g} is 0 and has no logarithm. Give `count` and `population` instead, or "
                "use joinpoint_counts, which keeps zeros.",
            )
        weight, weighted = np.ones(n), "no weights"
        limits = np.full((n, 2), np.nan)
        if "standard_error" in rows:
            weight = (value / positive(rows, "standard_error")) ** 2
            weighted = "weights: (rate / standard error)²"
            quantile = special.ndtri((1 + confidence) / 2)
            limits = value[:, np.newaxis] * np.exp(quantile / np.sqrt(weight)[:, np.newaxis] * [-1, 1])
        per = np.ones(n)
    else:
        if by_effort and "population" in rows:
            raise Refusal(
                "population_and_effort",
                "Counts are rates of a population or of effort, not of both: leave one of the columns out.",
            )
        replaced = caution.of_periods(
            "zeros_replaced", f"Zeros have no logarithm, and count as {FOR_ZERO}", period[zero]
        )
        weight, weighted = np.where(zero, FOR_ZERO, value), "weights: counts"
        limits = np.column_stack(intervals.poisson_interval(value, confidence))
        per = positive(rows, "population") / PER if "population" in rows else np.ones(n)
    if by_effort:
        per = per * positive(rows, "effort")
        weighted += "; rates per unit of effort"
    # A zero is shown as one: what stands in for it is for the model alone.
    observed = np.column_stack([value, value, limits]) / per[:, np.newaxis]
    return np.log(np.where(zero, FOR_ZERO, value) / per), weight, observed, weighted, replaced
