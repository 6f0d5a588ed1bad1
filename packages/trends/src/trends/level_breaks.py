"""Breaks in the level of a series: how many, between which periods, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil, floor
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import optimize, special

from bounded import intervals, result_plots
from bounded.arguments import checked, number
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution, Refusal, Said
from trends import caution
from trends.calendar_years import dated
from trends.series import PER, Floats, NotEstimable, TooFewPoints, check_periods, counts_in_order, positive

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def best_partitions(values: Floats, shortest: int, most: int) -> list[tuple[int, ...]]:
    """The partitions of a series into 1, 2, ... `most` + 1 levels with least squares, by dynamic programming.

    Parameters
    ----------
    values : in order of time, none missing.
    shortest : the fewest points of a level; `most` + 1 such levels must fit.
    most : the most breaks.

    Returns
    -------
    For each number of breaks from 0, the points up to and with each break; of equal partitions the earliest.

    References
    ----------
    Bai, J. and Perron, P. (2003). Computation and analysis of multiple structural change models. Journal of Applied
        Econometrics 18, 1-22.
    """
    n = len(values)
    cost = _costs(values)
    first, last = np.indices(cost.shape)
    cost[last - first + 1 < shortest] = np.inf
    # best[j]: the least cost of the points 0..j in so many levels; came_from: the last point of the level before.
    best = cost[0]
    came_from: list[np.ndarray] = []
    found: list[tuple[int, ...]] = [()]
    for breaks in range(1, most + 1):
        through = best[:-1, np.newaxis] + cost[1:]
        came_from.append(through.argmin(axis=0))
        best = through.min(axis=0)
        ends, place = [], n - 1
        for step in reversed(range(breaks)):
            place = int(came_from[step][place])
            ends.append(place + 1)
        found.append(tuple(reversed(ends)))
    return found


def residuals(values: Floats, ends: tuple[int, ...]) -> Floats:
    """The values less the mean of their level; exactly 0 where only rounding is left."""
    rest = np.concatenate([level - level.mean() for level in np.split(values, ends)])
    rest[np.abs(rest) <= 4 * np.finfo(float).eps * np.abs(values).max()] = 0.0
    return rest


def bic(values: Floats, ends: tuple[int, ...]) -> float:
    """Schwarz's criterion of a partition: a mean a level, a date a break and one variance are its parameters."""
    return schwarz(residuals(values, ends), 2 * (len(ends) + 1))


def schwarz(rest: Floats, parameters: int) -> float:
    """Schwarz's criterion from the residuals of a normal model; minus infinity for a perfect fit."""
    n, rss = len(rest), float(rest @ rest)
    if rss == 0:
        return -np.inf
    return float(n * (np.log(rss / n) + 1 + np.log(2 * np.pi)) + parameters * np.log(n))


def break_interval(before: Floats, after: Floats, confidence: float) -> tuple[float, float]:
    """Return how many points the true break may lie before (negative) or after the estimated one.

    The limiting distribution of the estimated date, with a variance for each level. The values are taken as independent
    and the change as small beside the noise; a few points on either side are no limit at all.

    Parameters
    ----------
    before, after : the values of the levels on either side.
    confidence : level of the interval; each side has half of what is left.

    Returns
    -------
    low, high : whole numbers, rounded away from the break; NaN where a level does not vary, where the means are equal,
        or where one level varies so much more that the break almost surely lies on its side of the estimate.

    References
    ----------
    Bai, J. (1997). Estimation of a change point in multiple regression models. Review of Economics and Statistics 79,
        551-563.
    """
    tail = (1 - confidence) / 2
    change, variance, other = after.mean() - before.mean(), before.var(), after.var()
    if change == 0 or variance == 0 or other == 0:
        return np.nan, np.nan
    ratio = variance / other
    too_early = _quantile(tail, ratio) * variance / change**2
    too_late = _quantile(tail, 1 / ratio) * other / change**2
    if np.isnan(too_early + too_late):
        return np.nan, np.nan
    # An estimate that may be too early leaves room for a later break, and the other way round.
    return -float(np.ceil(too_late)), float(np.ceil(too_early))


def farther_than(distance: float, ratio: float) -> float:
    """P that the limit of the estimated date lies more than `distance` before the true one.

    A Brownian motion runs to either side of the true date with drift -1/2; `distance` is in units of the variance over
    the squared change, and the highest point of the other side is exponential with rate `ratio`, the variance of this
    side over that of the other. For equal variances this is Yao's (1987) distribution.
    """
    half = np.sqrt(distance) / 2
    both = ratio * (1 + ratio)
    density = np.exp(-(half**2) / 2) / np.sqrt(2 * np.pi)
    # Exponent and tail are added before either can overflow.
    steep = np.exp(both * distance / 2 + special.log_ndtr(-(1 + 2 * ratio) * half))
    return float(
        special.ndtr(-half) * (2 + distance / 2 + 1 / both) - 2 * half * density - (1 + 2 * ratio) / both * steep
    )


def _quantile(tail: float, ratio: float) -> float:
    """The distance that the date lies beyond on this side with probability `tail`; NaN if it hardly ever does."""
    if farther_than(0.0, ratio) <= tail:
        return np.nan
    far = 1.0
    while farther_than(far, ratio) > tail:
        far *= 2
    return float(optimize.brentq(lambda distance: farther_than(distance, ratio) - tail, 0.0, far, xtol=1e-10))


def _costs(values: Floats) -> Floats:
    """Sums of squares about their mean of all stretches, from the row's point to the column's; 0 below the diagonal."""
    centred = values - values.mean()
    total = float(centred @ centred) or 1.0
    sums = np.concatenate([[0.0], centred.cumsum()])
    squares = np.concatenate([[0.0], (centred**2).cumsum()])
    length = np.maximum(np.arange(1, len(values) + 1) - np.arange(len(values))[:, np.newaxis], 1)
    cost = squares[1:] - squares[:-1, np.newaxis] - (sums[1:] - sums[:-1, np.newaxis]) ** 2 / length
    # Partitions that are equal but for rounding must be seen to be equal.
    return np.round(np.triu(cost) / total, 13)


@dataclass(frozen=True)
class Pettitt:
    """Pettitt's test for one break at an unknown time.

    Parameters
    ----------
    statistic : K, the largest absolute rank-sum deviation.
    period : the last period before the break; the first of `periods`, NaN where the values never change.
    periods : all periods at which the statistic is reached.
    p_value : approximate and at most 1. It is too large in short series: with 10 points even a perfect step has 0.066.
    """

    statistic: int
    period: float
    periods: tuple[float, ...]
    p_value: float


def pettitt(values: Floats, periods: Floats) -> Pettitt:
    """Test values in order of time, none missing, against one break; ties have their middle rank.

    References
    ----------
    Pettitt, A. N. (1979). A non-parametric approach to the change-point problem. Applied Statistics 28, 126-135.
    """
    from scipy import stats

    n = len(values)
    deviation = np.abs(2 * stats.rankdata(values).cumsum() - np.arange(1, n + 1) * (n + 1))
    largest = float(deviation.max())
    where = periods[deviation == largest] if largest else periods[:0]
    return Pettitt(
        statistic=round(largest),
        period=float(where[0]) if len(where) else np.nan,
        periods=tuple(where.tolist()),
        p_value=float(min(1.0, 2 * np.exp(-6 * largest**2 / (n**3 + n**2)))),
    )


def largest_f(rss: Floats, n: int) -> float:
    """F of the best single break, as a test of two coefficients; infinite where it fits perfectly."""
    if rss[0] == 0:
        return np.nan
    return float((rss[0] - rss[1]) / (rss[1] / (n - 2))) if rss[1] else np.inf


def shuffled_p_value(y: Floats, shortest: int, permutations: int, seed: int) -> float:
    """The share of orders of the values, this one among them, whose best single break is at least as clear."""
    if not permutations:
        return np.nan
    generator = np.random.default_rng(seed)
    orders = np.vstack([y, generator.permuted(np.broadcast_to(y, (permutations, len(y))), axis=1)]) - y.mean()
    first = np.arange(shortest, len(y) - shortest + 1)
    # What one break takes off the sum of squares; the F statistic rises with it.
    gain = (orders.cumsum(axis=1)[:, first - 1] ** 2 * (1 / first + 1 / (len(y) - first))).max(axis=1)
    return float((gain >= gain[0] * (1 - 1e-12)).mean())


def largest_cusum(y: Floats) -> float:
    """The largest cumulative sum of residuals about the mean, in standard deviations of all of them."""
    rest = residuals(y, ())
    variance = float(rest @ rest) / (len(y) - 1)
    return float(np.abs(rest.cumsum()).max() / np.sqrt(variance * len(y))) if variance else 0.0


FEWEST = 10
SEED = 20210
MINIMUM = "only a minimum is known"
MEANING = Caution(
    "other_explanations",
    "A break in what is detected can be a new law, unit, shelter or definition, or a change in recording, as well as a "
    "change in what happens: say which of them are known for its period.",
)
# Independent normal values: 34 of 100 with 10 points, 29 with 16, 17 with 20 and 12 with 30, at the default share.
FALSE_ALARMS = Caution(
    "false_alarms",
    "In short series that have no break at all BIC finds one all the same: in about 3 of 10 with 10 to 16 points, in 1 "
    "of 8 with 30. Do not rest on it alone.",
)


@dataclass(frozen=True, eq=False)
class LevelBreaks(NotebookResult):
    """Levels of a series and the breaks between them.

    Parameters
    ----------
    n, shortest : periods used; the fewest periods of a level.
    measure : what the values are: value, rate, count, or count per 100,000.
    confidence : level of all intervals.
    candidates : one row a number of breaks, from 0: breaks, rss, bic, chosen, periods (tuple: the last period of each
        level but the last).
    breaks : one row a break of the chosen number: period (the last one of the old level), low, high (periods; its
        interval, cut at the ends of the series), change (of the mean), position, position_low, position_high (how many
        points lie up to and with it, from 1; not cut). Missing where an interval cannot be computed.
    levels : one row a level: start, end (periods), mean, n, low, high (t limits with the variance common to all levels,
        as if the breaks had been known: too narrow).
    sup_f, sup_f_p_value : the largest F statistic of one break against none; the share of shuffled series in which it
        is as large, which holds in short series too if the points are independent (NaN without `permutations`).
    permutations : how often the series was shuffled.
    cusum, cusum_p_value : the largest cumulative sum of residuals about one mean, and its p by the Brownian bridge.
    pettitt : Pettitt's test.
    observed : period, value: what was used.
    warnings : what a reader must know of the series, one sentence each.
    """

    n: int
    shortest: int
    measure: str
    confidence: float
    candidates: pd.DataFrame = field(repr=False)
    breaks: pd.DataFrame = field(repr=False)
    levels: pd.DataFrame = field(repr=False)
    sup_f: float
    sup_f_p_value: float
    cusum: float
    cusum_p_value: float
    pettitt: Pettitt
    observed: pd.DataFrame = field(repr=False)
    warnings: tuple[Caution, ...]
    permutations: int = field(repr=False)

    def plot(self, *, title: str = "") -> Figure:
        """The observed points, the levels as steps with their limits, and each break with its own."""
        levels, middle = self.levels, self.breaks["period"].to_numpy(dtype=float)
        piece = np.repeat(np.arange(len(levels)), 2)
        x, mean, low, high = result_plots.broken(
            piece,
            levels[["start", "end"]].to_numpy(dtype=float).ravel(),
            *(np.repeat(levels[column].to_numpy(dtype=float), 2) for column in ("mean", "low", "high")),
        )
        within = f"{intervals.percent(self.confidence)} interval"
        limits = self.breaks[["low", "high"]].to_numpy(dtype=float)
        return result_plots.over_time(
            self.observed["period"],
            self.observed["value"],
            self.observed["value"],
            title=title or "Levels of the series and the breaks between them",
            ylabel=self.measure,
            lines={"level": (x, mean)},
            bands={f"{within} of the level": (x, low, high)},
            turns={
                f"last period before a break, {within}": [(at, *ends) for at, ends in zip(middle, limits, strict=True)]
            },
        )


@checked(series=dated, min_share=number(above=0, most=0.5, example="0.15"))
def level_breaks(
    series: pd.DataFrame,
    min_share: float = 0.15,
    *,
    confidence: float = 0.95,
    permutations: int = 1999,
    seed: int = SEED,
) -> LevelBreaks:
    """Find breaks in the mean of a series by least squares, their number by BIC.

    All partitions into levels are compared (Bai and Perron, 1998, 2003), with as many breaks as fit and one to spare,
    and the one with the least BIC is taken, with a
    mean for each level, a date for each break and one variance as its parameters: the conventions of R's package
    strucchange (breakpoints, confint) for a mean. Points are taken as independent and equally spread, and a steady rise
    looks like steps; `warnings` says where the data speak against either.

    A break in the level of detections may be a new law, unit, shelter or definition: the method finds when, never why.

    Counts that are known only between bounds are refused. The breaks of the lower bounds and those of the upper ones
    bound nothing between them, so neither is carried out silently: run both, and report a break only if both show it.

    Parameters
    ----------
    series : period (a number) and `value`, `rate`, or counts: `count`, or low, high and value_qualifier (persons); the
        first of these that is there. Counts with a `population` (persons) become rates per 100,000. Periods that are
        not known are left out and named; those around a gap count as neighbours.
    min_share : the fewest points of a level as a share of all, rounded down; above 0, at most 0.5.
    confidence : level of the intervals, between 0 and 1.
    permutations, seed : how often the series is shuffled for the p-value of `sup_f`, and from which seed.

    Returns
    -------
    LevelBreaks : `breaks` (period, low, high, change), `levels` (start, end, mean, low, high), `candidates` (rss, bic),
        sup_f, cusum and pettitt with their p-values, and warnings.

    Raises
    ------
    TooFewPoints : fewer than 10 observed periods, or a `min_share` that makes a level of one (at 0.15: fewer than 14).
    NotEstimable : counts that are intervals.
    ValueError : a column is missing, a period is missing or given twice, a value is infinite, or an argument cannot be.

    References
    ----------
    Bai, J. and Perron, P. (1998). Estimating and testing linear models with multiple structural changes. Econometrica
        66, 47-78.
    Bai, J. and Perron, P. (2003). Computation and analysis of multiple structural change models. Journal of Applied
        Econometrics 18, 1-22.
    Bai, J. (1997). Estimation of a change point in multiple regression models. Review of Economics and Statistics 79,
        551-563.
    Andrews, D. W. K. (1993). Tests for parameter instability and structural change with unknown change point.
        Econometrica 61, 821-856.
    Ploberger, W. and Krämer, W. (1992). The CUSUM test with OLS residuals. Econometrica 60, 271-285.
    Pettitt, A. N. (1979). A non-parametric approach to the change-point problem. Applied Statistics 28, 126-135.
    """
    table, measure = _values(series)
    used = table[table["value"].notna()].reset_index(drop=True)
    y, periods = used["value"].to_numpy(dtype=float), used["period"].to_numpy(dtype=float)
    n = len(y)
    shortest = floor(min_share * n)
    _refuse_few(n, shortest, min_share)
    most = max(1, min(n // shortest - 1, ceil(n / shortest) - 2))
    partitions = best_partitions(y, shortest, most)
    criterion = np.array([bic(y, ends) for ends in partitions])
    chosen = int(criterion.argmin())
    ends = partitions[chosen]
    rss = np.array([float((residuals(y, each) ** 2).sum()) for each in partitions])
    candidates = pd.DataFrame(
        {
            "breaks": np.arange(len(partitions)),
            "rss": rss,
            "bic": criterion,
            "chosen": np.arange(len(partitions)) == chosen,
            "periods": [tuple(periods[np.array(each, dtype=int) - 1].tolist()) for each in partitions],
        }
    )
    breaks = _breaks(y, periods, ends, confidence)
    cusum = largest_cusum(y)
    test = pettitt(y, periods)
    shuffled = shuffled_p_value(y, shortest, permutations, seed)
    return LevelBreaks(
        n=n,
        shortest=shortest,
        measure=measure,
        confidence=confidence,
        candidates=candidates,
        breaks=breaks,
        levels=_levels(y, periods, ends, confidence),
        sup_f=largest_f(rss, n),
        sup_f_p_value=shuffled,
        permutations=permutations,
        cusum=cusum,
        cusum_p_value=float(special.kolmogorov(cusum)),
        pettitt=test,
        observed=used[["period", "value"]],
        warnings=_warnings(table, used, candidates, breaks, residuals(y, ends), test, shuffled),
    )


def _values(series: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """period, value and reason (why a value is not known), in order of time; and what the values are."""
    check_periods(series)
    for column in ("value", "rate"):
        if column in series:
            known = series[column].to_numpy(dtype=float, na_value=np.nan)
            table = pd.DataFrame({"period": series["period"].to_numpy(), "value": known})
            table = table.sort_values("period", ignore_index=True, kind="stable")
            infinite = np.isinf(table["value"])
            if infinite.any():
                raise Refusal(
                    "not_finite", f"The {column} of {table['period'][infinite].iloc[0]:g} is infinite: leave it out."
                )
            return table.assign(reason=np.where(table["value"].isna(), f"the {column} is not known", "")), column
    counts = counts_in_order(series)
    wide = (counts["low"] < counts["high"]) & np.isfinite(counts["high"])
    if wide.any():
        raise NotEstimable(
            "interval_censored",
            f"Counts known only between bounds: {caution.listed(counts.loc[wide, 'period'])}. Where the level breaks "
            "depends on all of them at once, and no two of their readings bound the others. Run it once with the lower "
            "and once with the upper bounds as `value`, and report a break only if both show it.",
        )
    reason = np.select([counts["low"].isna(), np.isinf(counts["high"])], ["the count is not known", MINIMUM], "")
    exact = counts["low"].where(np.isfinite(counts["high"]))
    table = counts[["period"]].assign(value=exact, reason=reason, qualifier=counts["value_qualifier"])
    if "population" not in counts:
        return table, "count"
    used = exact.notna()
    table.loc[used, "value"] = (
        PER * exact[used].to_numpy() / positive(counts[used].reset_index(drop=True), "population")
    )
    return table, f"count per {PER:,} persons"


def _refuse_few(n: int, shortest: int, min_share: float) -> None:
    if n < FEWEST:
        raise TooFewPoints(
            "too_few_periods",
            f"Observed periods: {n}. Breaks in the level need at least {FEWEST}: two means, a date and a variance are "
            "too much to learn from fewer. More periods would help; until then show the figures alone.",
        )
    if shortest < 2:
        raise TooFewPoints(
            "min_share_too_small",
            f"Observed periods: {n}. With a share of {min_share:g} a level could be a single one of them, and any odd "
            f"period a break. A `min_share` of {2 / n:.2g} or more, or {ceil(2 / min_share)} periods, would help.",
        )


def _breaks(y: Floats, periods: Floats, ends: tuple[int, ...], confidence: float) -> pd.DataFrame:
    levels = np.split(y, ends)
    reach = [break_interval(a, b, confidence) for a, b in pairwise(levels)]
    position = np.array(ends, dtype=int)
    low = position + np.array([before for before, _ in reach], dtype=float)
    high = position + np.array([after for _, after in reach], dtype=float)

    def period(place: Floats) -> Floats:
        inside = np.nan_to_num(np.clip(place, 1, len(periods)), nan=1).astype(int)
        return np.where(np.isnan(place), np.nan, periods[inside - 1])

    return pd.DataFrame(
        {
            "period": periods[position - 1],
            "low": period(low),
            "high": period(high),
            "change": np.diff([level.mean() for level in levels]),
            "position": position,
            "position_low": low,
            "position_high": high,
        }
    )


def _levels(y: Floats, periods: Floats, ends: tuple[int, ...], confidence: float) -> pd.DataFrame:
    from scipy import stats

    levels, times = np.split(y, ends), np.split(periods, ends)
    free = len(y) - len(levels)
    variance = float((residuals(y, ends) ** 2).sum()) / free
    quantile = float(stats.t.ppf((1 + confidence) / 2, free))
    mean = np.array([level.mean() for level in levels])
    n = np.array([len(level) for level in levels])
    reach = quantile * np.sqrt(variance / n)
    return pd.DataFrame(
        {
            "start": [time[0] for time in times],
            "end": [time[-1] for time in times],
            "mean": mean,
            "n": n,
            "low": mean - reach,
            "high": mean + reach,
        }
    )


def _warnings(
    table: pd.DataFrame,
    used: pd.DataFrame,
    candidates: pd.DataFrame,
    breaks: pd.DataFrame,
    rest: Floats,
    test: Pettitt,
    shuffled: float,
) -> tuple[Caution, ...]:
    """Limits of the series, one sentence each."""
    y, periods = used["value"].to_numpy(), used["period"].to_numpy(dtype=float)
    n, found = len(used), len(breaks)
    left_out = [_left_out(reason, rows["period"]) for reason, rows in table.groupby("reason") if reason]
    approximate = used.loc[used["qualifier"] == "approx", "period"] if "qualifier" in used else []
    ordered = np.sort(candidates["bic"])
    close = np.isfinite(ordered[0]) and ordered[1] - ordered[0] < 2
    second = candidates["breaks"][candidates["bic"].to_numpy().argsort(kind="stable")[1]]
    line = np.polynomial.Polynomial.fit(periods, y, 1)(periods)
    straight = found > 0 and schwarz(y - line, 3) <= ordered[0]
    no_interval = breaks.loc[breaks["low"].isna(), "period"]
    beyond = breaks.loc[(breaks["position_low"] < 1) | (breaks["position_high"] > n - 1), "period"]
    resembling = caution.autocorrelation(rest)
    return Caution.kept(
        *left_out,
        caution.of_periods(
            "approximate_counts", "Approximate counts, taken as they stand; their width is not stated", approximate
        ),
        MEANING if found else "",
        FALSE_ALARMS if found and n <= 30 else "",
        Caution.when(
            found and test.p_value > 0.05,
            "tests_disagree",
            f"Pettitt's test does not support a break (p {test.p_value:.2f}).",
        ),
        Caution.when(
            found and shuffled > 0.05,
            "may_be_chance",
            f"Shuffled, the values show as clear a break in {100 * shuffled:.0f} of 100 cases: chance alone can do it.",
        ),
        Caution.when(close, "close_models", f"BIC hardly prefers {found} to {second} breaks."),
        Caution.when(
            np.isinf(ordered[0]),
            "perfect_fit",
            "The levels fit perfectly, and BIC has no bound: the values hardly vary within a level.",
        ),
        Caution.when(
            straight,
            "straight_line_fits",
            "A straight line fits at least as well as the levels: a steady rise or fall looks like steps.",
        ),
        Caution.when(
            len(no_interval),
            "no_interval",
            "No interval, as a level next to the break hardly varies or varies far more than the other: "
            f"{', '.join(f'{p:g}' for p in no_interval)}.",
        ),
        Caution.when(
            len(beyond),
            "open_interval",
            "The interval reaches beyond the series, so that its end is not known: "
            f"{', '.join(f'{p:g}' for p in beyond)}.",
        ),
        Caution.when(resembling, "autocorrelation", f"{resembling} Breaks are found too readily."),
        caution.covid(periods),
        caution.gaps(periods),
    )


def _left_out(reason: str, periods: pd.Series) -> Said:
    if reason == MINIMUM:
        return caution.of_periods("minimum_left_out", f"Left out, as {reason}", periods)
    return caution.of_periods("unknown_left_out", f"Left out, as {reason}", periods)
