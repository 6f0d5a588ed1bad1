"""The true number behind a reported count, where the share that is reported is itself known as a distribution only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from bounded import intervals, result_plots
from bounded.arguments import checked, numbers_or_one
from bounded.notebook_result import NotebookResult
from bounded.refusal import Refusal
from capture_recapture.histories import NotIdentifiable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ReportingRate(NotebookResult):
    """A Beta distribution of the share of persons who are reported.

    Parameters
    ----------
    a, b : its parameters; a is above 1, since otherwise rates next to 0 are so likely that the true number has no mean.

    Raises
    ------
    NotIdentifiable : a is not above 1. ValueError : b is not above 0.
    """

    a: float
    b: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.a) and np.isfinite(self.b) and self.b > 0):
            raise Refusal(
                "not_positive", f"A Beta distribution has finite parameters above 0, not {self.a:g} and {self.b:g}."
            )
        if self.a <= 1:
            raise NotIdentifiable(
                "unbounded_total",
                f"The reporting rate has the distribution Beta({self.a:g}, {self.b:g}), in which rates next to 0 are "
                "so likely that the true number has no bound. Say how low the rate can be: give it a smaller spread, "
                "or limits.",
            )

    @property
    def mean(self) -> float:
        return self.a / (self.a + self.b)

    @classmethod
    def from_mean(cls, mean: float, sd: float) -> ReportingRate:
        """The rate with this mean and standard deviation, both as shares."""
        if not (0 < mean < 1 and 0 < sd < np.sqrt(mean * (1 - mean))):
            raise Refusal(
                "invalid_beta_moments",
                f"A share with mean {mean:g} and standard deviation {sd:g} is no Beta distribution: the mean lies "
                "between 0 and 1, and the deviation between 0 and the root of mean x (1 - mean).",
            )
        size = mean * (1 - mean) / sd**2 - 1
        return cls(mean * size, (1 - mean) * size)

    @classmethod
    def from_limits(cls, low: float, high: float, confidence: float = 0.95) -> ReportingRate:
        """The rate that lies below `low` and above `high` (shares) with half of the remaining chance each."""
        tail = (1 - intervals.check_confidence(confidence)) / 2
        if not 0 < low < high < 1:
            raise Refusal(
                "limits_out_of_range",
                f"The limits of a reporting rate are shares with 0 < low < high < 1; they are {low:g} and {high:g}. A "
                "rate that may be 0 gives no number of persons.",
            )
        # Start where the two limits are those of a normal variable on the logit scale.
        middle = special.expit((special.logit(low) + special.logit(high)) / 2)
        spread = middle * (1 - middle) * (special.logit(high) - special.logit(low)) / (-2 * special.ndtri(tail))
        size = max(middle * (1 - middle) / spread**2 - 1, 0.5)

        def off(logs: Floats) -> Floats:
            a, b = np.exp(logs)
            return special.logit(special.betaincinv(a, b, [tail, 1 - tail])) - special.logit([low, high])

        found = optimize.root(off, np.log([middle * size, (1 - middle) * size]), tol=1e-10)
        if not found.success or np.abs(off(found.x)).max() > 1e-6:
            raise Refusal(
                "no_matching_beta",
                f"No Beta distribution has the limits {low:g} and {high:g}: give draws of the rate instead.",
            )
        return cls(*map(float, np.exp(found.x)))

    def draw(self, size: int, rng: np.random.Generator) -> Floats:
        return rng.beta(self.a, self.b, size)


@dataclass(frozen=True, eq=False)
class TrueNumber(NotebookResult):
    """The number of persons behind a reported count.

    Parameters
    ----------
    estimate_low, estimate_high : medians, persons; equal unless the count is an interval.
    low, high : limits, persons.
    confidence : level of the limits.
    share_due_to_rate : how much of high - low would go if the reporting rate were known to be its median, from 0 to 1;
        missing where high is infinite.
    parts : what each uncertainty alone would give: uncertainty ("all", "reporting rate", "chance of the count", "bounds
        of the count"), estimate_low, estimate_high, low, high, width (persons). A count that is an interval enters the
        second and third by its middle, or its lower bound if it has no upper one.
    method : the model in words.
    assumption : what the estimate rests on and the count cannot test.
    """

    estimate_low: float
    estimate_high: float
    low: float
    high: float
    confidence: float
    share_due_to_rate: float
    parts: pd.DataFrame
    method: str
    assumption: str

    def plot(self, *, title: str = "") -> Figure:
        """The limits, and those that each uncertainty alone would give."""
        ends = self.parts[["estimate_low", "estimate_high", "low", "high"]].to_numpy().T
        return result_plots.rows(
            self.parts["uncertainty"].tolist(),
            {f"median and {100 * self.confidence:g}% interval": tuple(ends)},
            title=title or "The number behind a reported count, and what each uncertainty does to it",
            xlabel="persons",
        )


@checked(count=numbers_or_one)
def adjust_for_reporting(
    count: float | tuple[float, float],
    rate: ReportingRate | ArrayLike,
    confidence: float = 0.95,
    *,
    draws: int = 20_000,
    seed: int = 1,
) -> TrueNumber:
    """Estimate a true number of persons from a reported count and the share that is reported.

    Each of N persons is reported with the chance of the rate, independently. For one rate the limits of N are the exact
    ones (the persons who go unreported before so many reports are made are negative binomial), and the median lies
    between the distributions of which these are quantiles. Rates are drawn, and the limits are quantiles over all of
    them. A rate from another country, year or group is an assumption and no measurement; the limits hold only as far as
    its distribution does.

    Parameters
    ----------
    count : persons reported, a whole number; or its two bounds, as (0, 4) for "fewer than 5". The upper may be
        infinite.
    rate : share reported: a `ReportingRate`, or draws of it, each above 0 and at most 1.
    confidence : level of the limits, between 0 and 1.
    draws : of the rate, where it is a `ReportingRate`.
    seed : of the random numbers.

    Returns
    -------
    TrueNumber : estimate_low, estimate_high (medians), low, high (limits), in persons; share_due_to_rate, and `parts`:
        what each uncertainty alone would give.

    Raises
    ------
    NotIdentifiable : the rate can be 0.
    ValueError : the count is negative, no whole number or its bounds are reversed; a draw is missing or above 1.

    References
    ----------
    Clopper, C. J. and Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in the case of the
        binomial. Biometrika 26, 404-413.
    """
    tails = ((1 - confidence) / 2, (1 + confidence) / 2)
    fewest, most = _bounds(count)
    rng = np.random.default_rng(seed)
    rates = rate.draw(draws, rng) if isinstance(rate, ReportingRate) else _rates(rate)
    # Each draw of the rate may be used several times, as the chance of the count needs many draws of its own.
    rates = rng.permutation(np.resize(rates, max(draws, len(rates))))
    typical = np.full(len(rates), np.median(rates))
    luck = rng.permutation((np.arange(len(rates)) + 0.5) / len(rates))

    def limits(low: float, high: float, shares: Floats) -> tuple[float, ...]:
        """Medians and limits with the chance of the count."""
        return (
            *(_quantile(x, x + 0.5, shares, luck, 0.5) for x in (low, high)),
            _quantile(low, low, shares, luck, tails[0]),
            _quantile(high, high + 1, shares, luck, tails[1]),
        )

    middle = (fewest + most) / 2 if np.isfinite(most) else fewest
    alone = middle / np.quantile(rates, [0.5, 0.5, tails[1], tails[0]])
    bounds = (fewest / typical[0], most / typical[0])
    parts = pd.DataFrame(
        [
            ("all", *limits(fewest, most, rates)),
            ("reporting rate", *alone),
            ("chance of the count", *limits(middle, middle, typical)),
            ("bounds of the count", *bounds, *bounds),
        ],
        columns=["uncertainty", "estimate_low", "estimate_high", "low", "high"],
    ).assign(width=lambda table: table["high"] - table["low"])
    _, _, low, high = limits(fewest, most, typical)
    whole = parts.loc[0]
    share = 1 - (high - low) / whole["width"] if 0 < whole["width"] < np.inf else 0.0
    return TrueNumber(
        estimate_low=whole["estimate_low"],
        estimate_high=whole["estimate_high"],
        low=whole["low"],
        high=whole["high"],
        confidence=confidence,
        share_due_to_rate=float(np.clip(share, 0, 1)) if np.isfinite(whole["width"]) else np.nan,
        parts=parts,
        method=(
            f"Reported count / reporting rate; binomial count, rate "
            f"{f'Beta({rate.a:.4g}, {rate.b:.4g})' if isinstance(rate, ReportingRate) else 'from given draws'}, "
            f"{len(rates):,} draws, seed {seed}."
        ),
        assumption=(
            "The reporting rate is right for this place, time and group, is the same for everybody, and no report is "
            "false or counted twice; the count cannot show it."
        ),
    )


def _quantile(count: float, reports: float, rates: Floats, luck: Floats, level: float) -> float:
    """A quantile of the count and the persons who go unreported before so many reports are made, over all rates."""
    # Takes as long to load as all else of this package.
    from scipy import stats

    if not reports or np.isinf(count):
        return count
    if rates.min() == rates.max():
        # With one rate the count rises with luck, and its quantile is that of luck's.
        rates, luck = rates[:1], np.quantile(luck, [level], method="inverted_cdf")
    return float(np.quantile(count + stats.nbinom.ppf(luck, reports, rates), level, method="inverted_cdf"))


def _bounds(count: float | tuple[float, float]) -> tuple[float, float]:
    pair = np.asarray(count, dtype=float)
    if pair.shape not in {(), (2,)}:
        raise Refusal(
            "wrong_number_of_values", f"A count is one number or its two bounds; here are {pair.size} numbers."
        )
    low, high = (float(pair), float(pair)) if pair.ndim == 0 else map(float, pair)
    if not (0 <= low <= high and low % 1 == 0 and (high % 1 == 0 or np.isinf(high)) and np.isfinite(low)):
        raise Refusal(
            "invalid_count",
            f"A count of persons is a whole number from 0 up, or two of them with the lower first; it is {count}. A "
            "count that is not known has no true number.",
        )
    return low, high


def _rates(rate: ArrayLike) -> Floats:
    rates = np.atleast_1d(np.asarray(rate, dtype=float)).ravel()
    if not len(rates) or np.isnan(rates).any() or (rates > 1).any() or (rates < 0).any():
        raise Refusal(
            "out_of_range",
            "Draws of a reporting rate are shares above 0 and at most 1, not percent, and none is missing.",
        )
    if (rates == 0).any():
        raise NotIdentifiable(
            "rate_may_be_zero",
            "The reporting rate can be 0, and where nobody is reported any true number gives the same count. Say how "
            "low the rate can be.",
        )
    return rates
