"""Baseline models of aberration detection: their settings, and their fits to the past of each tested period.

How counts are compared with their past: what the two published algorithms set, and what a caller sets instead.

Models of the past of each tested period, for all series at once, and whether there is enough of a past.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from bounded.refusal import Refusal
from trends import farrington
from trends.farrington import POWERS, THRESHOLD_METHODS, Baseline, Expectation, Limit, Rules, upper_limit
from trends.period_grid import GridCounts
from trends.series import FEWEST_POINTS, Floats, NotEstimable, TooFewPoints

METHODS = ("noufaily", "farrington")
ERRORS = ("pearson", "surveillance")


@dataclass(frozen=True)
class Settings:
    """What was asked for, with nothing left to default; see `aberrations`.

    Parameters
    ----------
    method : "noufaily" or "farrington".
    rules : how models are fitted.
    half_window, levels, left_out : what makes the baseline; periods, seasons, periods.
    events, periods : fewer events in so many last periods give no alarm.
    limit : the upper limit.
    """

    method: str
    rules: Rules
    half_window: int
    levels: int
    left_out: int
    events: int
    periods: int
    limit: Limit

    @property
    def words(self) -> str:
        rules, limit = self.rules, self.limit
        weights = f"re-weighted above {rules.weights_threshold:g}" if rules.reweight else "not re-weighted"
        trend = f"trend kept below p {rules.trend_p:g}" if rules.trend else "no trend"
        quantile = {
            "delta": f"normal quantile (power {limit.power})",
            "nbPlugin": "negative binomial quantile",
            "muan": "negative binomial quantile at the upper limit of the mean",
        }[limit.method]
        return (
            f"{self.method}: {rules.years_back} years back, windows of {2 * self.half_window + 1}, "
            f"{self.levels} seasons, {self.left_out} past periods left out, {weights}, {trend}; "
            f"{quantile} at {1 - limit.level:.4g}"
        )


def settings(
    frequency: int,
    *,
    method: str,
    years_back: int,
    half_window: int | None,
    seasonal_levels: int | None,
    past_weeks_not_included: int | None,
    reweight: bool,
    weights_threshold: float | None,
    trend: bool,
    trend_p: float | None,
    limit54: tuple[int, int] | None,
    alpha: float,
    threshold_method: str | None,
    power_transformation: str,
    error_dispersion: str | None,
) -> Settings:
    """The arguments of `aberrations`, completed by what the method and the frequency (periods a year) say.

    Raises
    ------
    ValueError : a setting is impossible.
    """
    _one_of("method", method, METHODS)
    improved = method == "noufaily"
    half_window = round(3 * frequency / 52) if half_window is None else half_window
    _whole("half_window", half_window, 0)
    most = max(frequency - 2 * half_window, 1)
    levels = seasonal_levels if seasonal_levels is not None else min(10, most) if improved else 1
    left_out = past_weeks_not_included
    if left_out is None:
        left_out = round(26 * frequency / 52) if improved else half_window
    events, periods = (5, max(1, round(4 * frequency / 52))) if limit54 is None else limit54
    weights_threshold = weights_threshold if weights_threshold is not None else 2.58 if improved else 1.0
    trend_p = trend_p if trend_p is not None else 1.0 if improved else 0.05
    threshold_method = threshold_method or ("nbPlugin" if improved else "delta")
    error_dispersion = error_dispersion or ("surveillance" if improved else "pearson")
    _one_of("threshold_method", threshold_method, THRESHOLD_METHODS)
    _one_of("power_transformation", power_transformation, tuple(POWERS))
    _one_of("error_dispersion", error_dispersion, ERRORS)
    _whole("years_back", years_back, 1)
    _whole("seasonal_levels", levels, 1)
    _whole("past_weeks_not_included", left_out, 0)
    _whole("number of events of limit54", events, 0)
    _whole("number of periods of limit54", periods, 1)
    if not 0 < alpha < 1:
        raise Refusal("alpha_out_of_range", f"The alpha must lie between 0 and 1, as 0.01 does; it is {alpha}.")
    if not 0 < trend_p <= 1:
        raise Refusal(
            "probability_out_of_range", f"The trend_p must be above 0 and at most 1, as 0.05 is; it is {trend_p}."
        )
    if not weights_threshold > 0:
        raise Refusal("not_positive", f"The weights_threshold must be above 0, as 2.58 is; it is {weights_threshold}.")
    return Settings(
        method=method,
        rules=Rules(years_back, reweight, weights_threshold, trend, trend_p, error_dispersion == "pearson"),
        half_window=half_window,
        levels=levels,
        left_out=left_out,
        events=events,
        periods=periods,
        limit=Limit(alpha if improved else alpha / 2, threshold_method, power_transformation),
    )


def _one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise Refusal("unknown_choice", f"The {name} must be one of {', '.join(allowed)}; it is '{value}'.")


def _whole(name: str, number: float, least: int) -> None:
    if number != int(number) or number < least:
        raise Refusal("not_whole_number", f"The {name} must be a whole number of at least {least}; it is {number}.")


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
    return min(FEWEST_YEARS, settings.rules.years_back)


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
            found = farrington.expectation(used, past, settings.rules, exposure)
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
        for values in (fits.log_mean, fits.log_error, fits.dispersion):
            values[poor] = np.nan
    upper = [upper_limit(fits, settings.limit) for fits in expected]
    _refuse(known, years, poor, upper, settings)
    return PastFits(expected, upper, known, periods, years, poor)


def _nothing(shape: tuple[int, int]) -> Expectation:
    return Expectation(
        log_mean=np.full(shape, np.nan),
        log_error=np.full(shape, np.nan),
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
    days = grid.days if grid.frequency != 52 and settings.method == "noufaily" else None
    alike: dict[tuple, list[int]] = {}
    for position, place in enumerate(tested):
        references = grid.references(int(place), settings.rules.years_back)
        alike.setdefault((references, 0 if days is None else int(place)), []).append(position)
    found = []
    for (references, place), positions in alike.items():
        past = farrington.baseline(references, settings.half_window, settings.levels, settings.left_out)
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
            f"{fewest_years(settings)} of the {settings.rules.years_back} years before it are needed, and the best has "
            f"{known.flat[best]} from {years.flat[best]}. More years, wider windows or more `years_back` would help.",
        )
    raise NotEstimable(
        "no_model_fitted",
        "No model could be fitted: the seasons of the tested periods have no known count, or the baseline has no more "
        "counts than the model has terms. Fewer `seasonal_levels`, wider windows or more years would help.",
    )
