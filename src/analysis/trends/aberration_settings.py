"""How counts are compared with their past: what the two published algorithms set, and what a caller sets instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.refusal import Refusal
from analysis.trends.farrington import Rules
from analysis.trends.upper_limits import POWERS, THRESHOLD_METHODS, Limit

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
