"""The improved algorithm of Farrington and Noufaily: the expected count from the past of a series, and its upper limit.

Settings, the baseline of each tested period, its model, and whether there is enough of a past.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy import special

from trends.period_grid import GridCounts
from trends.series import FEWEST_POINTS, Floats, NotEstimable, TooFewPoints

# The rule by which R's glm ends, and the start below: where a season never had a count, the limits depend on both.
_ITERATIONS = 25
_TOLERANCE = 1e-8
_START = 0.1
# No mean is smaller: R's machine epsilon.
LEAST_MEAN = 2.220446049250313e-16
# Fits worked on at a time, so that their arrays stay in the processor's cache.
_AT_ONCE = 256
_LEAST_YEARS_FOR_A_TREND = 3
# Past counts with a larger Anscombe residual are weighted down.
WEIGHTS_THRESHOLD = 2.58


@dataclass(frozen=True, eq=False)
class Baseline:
    """Periods before a tested one to which its model is fitted.

    Parameters
    ----------
    offsets : periods from the tested one, all negative, rising.
    level : the season of each; 0 is the season of the tested period.
    time : when each was, counted from the tested period, in any unit.
    """

    offsets: NDArray[np.intp]
    level: NDArray[np.intp]
    time: Floats


@dataclass(frozen=True)
class Settings:
    """Settings of the algorithm; see `aberrations`.

    Parameters
    ----------
    years_back : years of the baseline; a trend needs three.
    half_window, levels, left_out : periods on each side, seasons, and last periods left out of the baseline.
    events, periods : fewer events in so many last periods give no alarm.
    level : the chance of a count above the upper limit where nothing has changed, between 0 and 1.
    """

    years_back: int
    half_window: int
    levels: int
    left_out: int
    events: int
    periods: int
    level: float

    @property
    def quantile(self) -> float:
        """Quantile of the normal distribution at the upper limit."""
        return float(special.ndtri(1 - self.level))

    @property
    def words(self) -> str:
        return (
            f"noufaily: {self.years_back} years back, windows of {2 * self.half_window + 1}, {self.levels} seasons, "
            f"{self.left_out} past periods left out, re-weighted above {WEIGHTS_THRESHOLD:g}, trend kept below p 1; "
            f"negative binomial quantile at {1 - self.level:.4g}"
        )


@dataclass(frozen=True, eq=False)
class Expectation:
    """Expected count of the tested period by each fit, one element a fit; NaN where there is no fit.

    Parameters
    ----------
    log_mean : log of the expected count.
    dispersion : Pearson's, at least 1.
    trend : whether the trend was kept.
    """

    log_mean: Floats
    dispersion: Floats
    trend: NDArray[np.bool_]

    @property
    def mean(self) -> Floats:
        return np.maximum(np.exp(self.log_mean), LEAST_MEAN)


@dataclass(frozen=True, eq=False)
class _Fits:
    """Fits of one batch: first axis the fit; `mean` and `weight` have a column a period of the baseline."""

    coefficient: Floats  # levels, and the slope if there is a trend
    mean: Floats
    weight: Floats  # working weights of the last step, as R's glm keeps them
    moments: Floats
    converged: NDArray[np.bool_]


def baseline(references: Sequence[int], half_window: int, levels: int, left_out: int) -> Baseline:
    """The baseline of a tested period: windows around the same time of past years, and the seasons between them.

    Parameters
    ----------
    references : periods from the tested one to the same time one year ago, two years ago ...; negative, falling.
    half_window : periods taken on each side of those.
    levels : seasons that the year is cut into; 1: the windows alone. What lies between two windows is shared among
        the other `levels` - 1, as evenly as may be, the earlier ones getting what is left over.
    left_out : periods before the tested one that are not used.
    """
    first = references[-1] - half_window
    level = np.full(-first, -1)
    level[max(-half_window - first, 0) :] = 0
    # From each window to the next one.
    for start, end in zip(references, (0, *references), strict=False):
        gap = end - start - 2 * half_window - 1
        begin = start - half_window - first
        level[begin : begin + 2 * half_window + 1] = 0
        if levels > 1:
            longer = gap % (levels - 1)
            lengths = gap // (levels - 1) + (np.arange(levels - 1) < longer)
            begin += 2 * half_window + 1
            level[begin : begin + gap] = np.repeat(np.arange(1, levels), lengths)
    offsets = np.arange(first, 0)
    used = (level >= 0) & (offsets < -left_out)
    return Baseline(offsets[used], level[used], offsets[used].astype(float))


def expectation(counts: Floats, past: Baseline, settings: Settings, log_exposure: Floats | None = None) -> Expectation:
    """Fit every row's baseline and carry it over to the tested period.

    Log-linear in season and time, with the variance a multiple of the mean. Past aberrations are weighted down: the
    model is fitted again with weights s^-2 where the standardised Anscombe residual s is above 2.58 and 1 elsewhere,
    scaled to a mean of 1. The trend is kept if the baseline has three years and the mean is not carried beyond all
    counts of the baseline.

    Parameters
    ----------
    counts : one row a fit, one column a period of the baseline; NaN is not known, and left out.
    past : the baseline.
    settings : how the model is fitted.
    log_exposure : log of persons at risk, one row a fit: periods of the baseline, and last the tested period.
    """
    parts = [
        _expectation(counts[rows], past, settings, None if log_exposure is None else log_exposure[rows])
        for rows in (slice(start, start + _AT_ONCE) for start in range(0, len(counts), _AT_ONCE))
    ]
    return Expectation(*(np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(Expectation)))


def _expectation(counts: Floats, past: Baseline, settings: Settings, log_exposure: Floats | None) -> Expectation:
    found = _carried(counts, past, settings, log_exposure, True)
    again = ~found.trend
    if again.any():
        exposure = None if log_exposure is None else log_exposure[again]
        without = _carried(counts[again], past, settings, exposure, False)
        for item in fields(Expectation):
            getattr(found, item.name)[again] = getattr(without, item.name)
    return found


def _carried(
    counts: Floats, past: Baseline, settings: Settings, log_exposure: Floats | None, trend: bool
) -> Expectation:
    """One model for all rows; where it has a trend, `trend` says whether that may be kept."""
    known = np.isfinite(counts)
    weight = known.astype(float)
    y = np.where(known, counts, 0.0)
    level = (past.level[:, np.newaxis] == np.arange(past.level.max() + 1)).astype(float)
    middle = past.time.mean()
    time = past.time - middle
    design = np.column_stack([level, time]) if trend else level
    products = np.column_stack([level, level * time[:, np.newaxis], time**2]) if trend else level
    offset = 0.0 if log_exposure is None else np.where(known, log_exposure[:, :-1], 0.0)
    with np.errstate(all="ignore"):
        fits = _fit(y, weight, design, products, offset)
        converged = fits.converged
        left = known.sum(axis=1) - (weight @ level > 0).sum(axis=1) - trend
        ratio = y / fits.mean
        pearson = ((ratio - 1) ** 2 * fits.weight).sum(axis=1) / left
        leverage = fits.weight * (_quadratic(fits.moments, level.shape[1], trend) @ products.T)
        weight = _weights(ratio, fits.mean, leverage, np.maximum(pearson, 1), known)
        fits = _fit(y, weight, design, products, offset)
        ratio = y / fits.mean
        pearson = ((ratio - 1) ** 2 * fits.weight).sum(axis=1) / left
        log_mean = fits.coefficient[:, 0] - middle * fits.coefficient[:, -1] * trend
        if log_exposure is not None:
            log_mean = log_mean + log_exposure[:, -1]
        usable = converged & (left > 0) & ((weight @ level)[:, 0] > 0) & np.isfinite(log_mean)
        kept = np.zeros(len(y), dtype=bool)
        if trend and settings.years_back >= _LEAST_YEARS_FOR_A_TREND:
            # A slope of exactly 0, or of time that does not vary, is no trend.
            spread = ((ratio - 1) ** 2 * weight).sum(axis=1) / left
            t = fits.coefficient[:, -1] / np.sqrt(spread / _time_spread(fits.moments, level.shape[1])[1])
            kept = usable & (2 * special.stdtr(left, -np.abs(t)) < 1) & (np.exp(log_mean) <= y.max(axis=1))
    return Expectation(
        log_mean=np.where(usable, log_mean, np.nan),
        dispersion=np.where(usable, np.maximum(pearson, 1), np.nan),
        trend=kept,
    )


def _fit(y: Floats, weight: Floats, design: Floats, products: Floats, offset: Floats | float) -> _Fits:
    """Poisson log-linear fits by iteratively re-weighted least squares, ended one by one as R's glm ends them."""
    levels = products.shape[1] if design.shape[1] == products.shape[1] else design.shape[1] - 1
    n = len(y)
    sums = (weight * y) @ design
    start = y + _START
    working = weight * start
    moments = working @ products
    coefficient = _solved(moments, (working * (np.log(start) - offset) - _START * weight) @ design, levels)
    # Deviance is this and twice the sum of means less that of counts times log means.
    whole = 2 * (weight * (special.xlogy(y, y) - y * (1 + offset))).sum(axis=1)
    rounding = 4e-16 * np.abs(whole)
    deviance = np.full(n, np.inf)
    result = _Fits(
        np.empty_like(coefficient), np.empty_like(y), np.empty_like(y), np.empty_like(moments), np.zeros(n, bool)
    )
    active = np.arange(n)
    for iteration in range(1, _ITERATIONS + 1):
        mean = np.maximum(np.exp(coefficient @ design.T + offset), LEAST_MEAN)
        new_working = weight * mean
        new_moments = new_working @ products
        new_deviance = whole + 2 * (new_moments[:, :levels].sum(axis=1) - (coefficient * sums).sum(axis=1))
        ended = np.abs(new_deviance - deviance) <= _TOLERANCE * (np.abs(new_deviance) + 0.1) + rounding
        last = iteration == _ITERATIONS
        if last or ended.any():
            stored = np.ones_like(ended) if last else ended
            place = active[stored]
            result.coefficient[place] = coefficient[stored]
            result.mean[place] = mean[stored]
            result.weight[place] = working[stored]
            result.moments[place] = moments[stored]
            result.converged[place] = ended[stored]
            on = ~stored
            if not on.any():
                break
            active, weight, sums, coefficient = active[on], weight[on], sums[on], coefficient[on]
            whole, rounding, new_deviance = whole[on], rounding[on], new_deviance[on]
            new_working, new_moments = new_working[on], new_moments[on]
            offset = offset if isinstance(offset, float) else offset[on]
        deviance, working, moments = new_deviance, new_working, new_moments
        fitted = moments[:, :levels]
        if design.shape[1] > levels:
            fitted = np.column_stack([fitted, moments[:, levels : 2 * levels].sum(axis=1)])
        coefficient = coefficient + _solved(moments, sums - fitted, levels)
    return result


def _time_spread(moments: Floats, levels: int) -> tuple[Floats, Floats]:
    """Mean time of each level, and the weighted sum of squares of time around those."""
    total, times = moments[:, :levels], moments[:, levels : 2 * levels]
    mean = times / np.where(total > 0, total, 1)
    around = moments[:, -1] - (mean * times).sum(axis=1)
    # Time that does not vary within any level cannot be told from the levels.
    return mean, np.where(around > 1e-14 * moments[:, -1], around, np.nan)


def _solved(moments: Floats, right: Floats, levels: int) -> Floats:
    """Normal equations of levels, and perhaps a slope: an arrow matrix, solved for all fits at once."""
    total = moments[:, :levels]
    safe = np.where(total > 0, total, 1)
    if right.shape[1] == levels:
        return right / safe
    mean, around = _time_spread(moments, levels)
    slope = (right[:, -1] - (mean * right[:, :levels]).sum(axis=1)) / around
    return np.column_stack([(right[:, :levels] - slope[:, np.newaxis] * moments[:, levels : 2 * levels]) / safe, slope])


def _quadratic(moments: Floats, levels: int, trend: bool) -> Floats:
    """The variance of a log mean, less the dispersion, as coefficients of level, level times time, and time squared."""
    total = moments[:, :levels]
    inverse = np.where(total > 0, 1 / np.where(total > 0, total, 1), 0)
    if not trend:
        return inverse
    mean, around = _time_spread(moments, levels)
    share = 1 / around[:, np.newaxis]
    return np.column_stack([inverse + mean**2 * share, -2 * mean * share, share])


def _weights(ratio: Floats, mean: Floats, leverage: Floats, dispersion: Floats, known: NDArray[np.bool_]) -> Floats:
    """Weights of a second fit by the first's Anscombe residuals, 3/2 (y^(2/3) m^(-1/6) - m^(1/2)), standardised."""
    square = 2.25 * mean * (np.cbrt(ratio * ratio) - 1) ** 2
    free = 1 - leverage
    allowed = dispersion[:, np.newaxis] * free
    # A count that alone decides its own mean says nothing of aberrations.
    outlying = (ratio > 1) & (square > WEIGHTS_THRESHOLD**2 * allowed) & (free > 1e-8)
    weight = np.where(outlying, allowed / np.where(outlying, square, 1), known)
    return weight * (known.sum(axis=1) / weight.sum(axis=1))[:, np.newaxis]


_COUNTABLE = 1e12


def upper_limit(found: Expectation, settings: Settings) -> Floats:
    """The limit, one element a fit; persons, NaN where there is no fit."""
    from scipy import stats

    with np.errstate(invalid="ignore", over="ignore"):
        mean = np.exp(found.log_mean)
        variance = mean * found.dispersion
        # Beyond all counts of persons: the quantiles below would search for ever.
        upper = np.where(np.isfinite(mean), mean + settings.quantile * np.sqrt(variance), np.nan)
    near = upper < _COUNTABLE
    varied = near & (found.dispersion > 1)
    poisson = near & ~varied
    size = mean[varied] / (found.dispersion[varied] - 1)
    upper[varied] = stats.nbinom.ppf(1 - settings.level, size, 1 / found.dispersion[varied])
    upper[poisson] = stats.poisson.ppf(1 - settings.level, mean[poisson])
    return upper


def p_value(found: Expectation, count: Floats) -> Floats:
    """Return the chance of a count at least as large, by the distribution of the limit; one element a fit."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        mean = np.exp(found.log_mean)
        varied = found.dispersion > 1
        size = mean / np.where(varied, found.dispersion - 1, 1)
        some = np.maximum(count, 1)
        chance = np.where(varied, special.betainc(some, size, 1 - 1 / found.dispersion), special.gammainc(some, mean))
    return np.where(np.isfinite(mean) & (count >= 0), np.where(count == 0, 1.0, chance), np.nan)


# Settings, and the models of all series and tested periods


FEWEST_YEARS = 3


@dataclass(frozen=True, eq=False)
class PastFits:
    """Fits to baselines of all low and, where they differ, all high counts; first axis the series, second the test.

    Parameters
    ----------
    expected, upper : what is expected, and the upper limits (persons); one or two of each.
    known, periods, years : known counts and periods of the baseline; years of which there is a known count.
    poor : whether that is too little for a test.
    """

    expected: list[Expectation]
    upper: list[Floats]
    known: NDArray[np.intp]
    periods: NDArray[np.intp]
    years: NDArray[np.intp]
    poor: NDArray[np.bool_]


def fewest_years(settings: Settings) -> int:
    """Years of which a baseline must have known counts."""
    return min(FEWEST_YEARS, settings.years_back)


def past_fits(counts: GridCounts, tested: NDArray[np.intp], settings: Settings) -> PastFits:
    """Fit the baseline of every tested place of every series.

    Raises
    ------
    TooFewPoints : no baseline has enough known counts.
    NotEstimable : none can be fitted.
    """
    bounded = np.isfinite(counts.high)
    ends = [np.where(bounded, counts.low, np.nan)]
    if (counts.low[bounded] != counts.high[bounded]).any():
        ends.append(np.where(bounded, counts.high, np.nan))
    shape = (counts.low.shape[1], len(tested))
    expected = [_nothing(shape) for _ in ends]
    known, periods, years = (np.zeros(shape, dtype=np.intp) for _ in range(3))
    for columns, references, past in _layouts(counts, tested, settings):
        places = tested[columns][:, np.newaxis] + past.offsets
        inside = np.maximum(places, 0)
        exposure = None
        if counts.log_population is not None:
            exposure = _rows(counts.log_population, np.column_stack([inside, tested[columns]]))
        for fits, values in zip(expected, ends, strict=True):
            used = _rows(values, inside)
            used[np.tile(places < 0, (shape[0], 1))] = np.nan
            found = expectation(used, past, settings, exposure)
            for item in fields(Expectation):
                getattr(fits, item.name)[:, columns] = getattr(found, item.name).reshape(shape[0], -1)
        present = np.isfinite(used)
        # A year reaches from its window to the one after it; the tested period's own is number 0.
        begins = np.array([0, *references]) - settings.half_window
        year = np.searchsorted(-begins, -past.offsets)
        in_year = (year[:, np.newaxis] == np.arange(1, len(references) + 1)).astype(float)
        known[:, columns] = present.sum(axis=1).reshape(shape[0], -1)
        periods[:, columns] = len(past.offsets)
        years[:, columns] = (present @ in_year > 0).sum(axis=1).reshape(shape[0], -1)
    poor = (known < FEWEST_POINTS) | (years < fewest_years(settings))
    for fits in expected:
        fits.trend[poor] = False
        for values in (fits.log_mean, fits.dispersion):
            values[poor] = np.nan
    upper = [upper_limit(fits, settings) for fits in expected]
    _refuse(known, years, poor, upper, settings)
    return PastFits(expected, upper, known, periods, years, poor)


def _nothing(shape: tuple[int, int]) -> Expectation:
    return Expectation(
        log_mean=np.full(shape, np.nan),
        dispersion=np.full(shape, np.nan),
        trend=np.zeros(shape, dtype=bool),
    )


def _rows(values: Floats, places: NDArray[np.intp]) -> Floats:
    """Values (places by series) at the places of each test, one row a series and test."""
    return values.T[:, places].reshape(-1, places.shape[1])


def _layouts(
    counts: GridCounts, tested: NDArray[np.intp], settings: Settings
) -> list[tuple[NDArray[np.intp], Sequence[int], Baseline]]:
    """The tests that share a baseline, as positions among the tested; periods to past years; the baseline."""
    grid = counts.grid
    # farringtonFlexible counts the days between months given as dates, so that each has a baseline of its own.
    days = grid.days if grid.frequency != 52 else None
    alike: dict[tuple, list[int]] = {}
    for position, place in enumerate(tested):
        references = grid.references(int(place), settings.years_back)
        alike.setdefault((references, 0 if days is None else int(place)), []).append(position)
    found = []
    for (references, place), positions in alike.items():
        past = baseline(references, settings.half_window, settings.levels, settings.left_out)
        if days is not None:
            time = (days[np.maximum(place + past.offsets, 0)] - days[place]) / 30
            past = Baseline(past.offsets, past.level, time)
        found.append((np.array(positions), references, past))
    return found


def _refuse(
    known: NDArray[np.intp],
    years: NDArray[np.intp],
    poor: NDArray[np.bool_],
    upper: list[Floats],
    settings: Settings,
) -> None:
    """Refuse if nothing could be tested."""
    if any(np.isfinite(limits).any() for limits in upper):
        return
    if poor.all():
        best = int(np.argmax(known))
        raise TooFewPoints(
            "baseline_too_short",
            f"No tested period has enough of a past: at least {FEWEST_POINTS} known counts from "
            f"{fewest_years(settings)} of the {settings.years_back} years before it are needed, and the best has "
            f"{known.flat[best]} from {years.flat[best]}. More years, or more `years_back`, would help.",
        )
    raise NotEstimable(
        "no_model_fitted",
        "No model could be fitted: the seasons of the tested periods have no known count, or the baseline has no more "
        "counts than the model has terms. More years would help.",
    )
