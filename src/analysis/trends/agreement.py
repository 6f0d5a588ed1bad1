"""Whether a change has a direction that does not hang on one year, on the years of COVID-19, or on one source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from analysis.refusal import Refusal
from analysis.trends import caution
from analysis.trends.count_series import count_series
from analysis.trends.count_trend import count_trend
from analysis.trends.refusal import NotEstimable, TooFewPoints

# With fewer estimates nothing could disagree: as it is, without the first, and without the last period.
FEWEST_ESTIMATES = 3
RISING, FALLING, NOT_CERTAIN = "rising", "falling", "not certain"
AS_IT_IS = "all years"
MASKED, APART = "without 2020–21", "2020–21 at their own level"
NO_FIRST, NO_LAST = "without the first year", "without the last year"
COLUMNS = ("estimate", "estimate_low", "estimate_high", "low", "high", "p_value", "n", "method", "warnings")


@dataclass(frozen=True, eq=False)
class Agreement:
    """What several estimates of one change say of its direction.

    Parameters
    ----------
    table : one row an estimate: source, variant, the columns of `CountTrend.table` (percent a year), direction
        ("rising" or "falling" where the limits are all above or all below no change, else "not certain"; empty where
        there is no estimate), refused (why there is none; else empty).
    estimated, rising, falling : how many estimates there are, and how many of them show a rise or a fall.
    """

    table: pd.DataFrame = field(repr=False)
    estimated: int
    rising: int
    falling: int

    @property
    def direction(self) -> str:
        """ "rising" or "falling" where all estimates show it, else "not certain".

        Raises
        ------
        TooFewPoints : there are fewer than three estimates.
        """
        if self.estimated < FEWEST_ESTIMATES:
            raise TooFewPoints(
                "too_few_estimates",
                f"Estimates of the change: {self.estimated}. A direction is stated where at least {FEWEST_ESTIMATES} "
                "agree: all years, without the first, and without the last. More years or a second source would help.",
            )
        if self.rising == self.estimated:
            return RISING
        return FALLING if self.falling == self.estimated else NOT_CERTAIN


def agreement(series: Mapping[str, pd.DataFrame], confidence: float = 0.95) -> Agreement:
    """Estimate the yearly change of what one or several sources count, each with years left out and with all.

    Of each series: all years; where it has 2020 or 2021, without these, and with a level of their own for them; without
    the first period, and without the last. Estimates share their data, so that how many agree is no probability: a
    direction that all of them show is one that no single choice has made.

    Parameters
    ----------
    series : name of each source -> its series, as in `count_trend`. They are never added.
    confidence : level of the limits, between 0 and 1.

    Raises
    ------
    ValueError : no series, or one that `count_trend` cannot read.
    """
    if not series:
        raise Refusal("no_series", "There is no series: give at least one source with its counts.")
    rows = [
        {"source": source, "variant": variant, **_estimated(given, covid, confidence)}
        for source, of_source in series.items()
        for variant, given, covid in _variants(of_source)
    ]
    table = pd.DataFrame(rows, columns=["source", "variant", *COLUMNS, "direction", "refused"])
    counted = table["direction"].value_counts()
    return Agreement(
        table=table,
        estimated=int(table["refused"].eq("").sum()),
        rising=int(counted.get(RISING, 0)),
        falling=int(counted.get(FALLING, 0)),
    )


def _variants(series: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame, str]]:
    """Each variant's name, the periods it has, and how it treats COVID-19."""
    used = count_series(series).period
    yield AS_IT_IS, series, "kept"
    if caution.in_covid(used).any():
        yield MASKED, series, "masked"
        yield APART, series, "indicator"
    if len(used):
        yield NO_FIRST, series[series["period"] > used[0]], "kept"
        yield NO_LAST, series[series["period"] < used[-1]], "kept"


def _estimated(series: pd.DataFrame, covid: str, confidence: float) -> dict:
    try:
        found = count_trend(series, confidence, covid=covid)
    except (TooFewPoints, NotEstimable) as refusal:
        return {"direction": "", "refused": str(refusal)}
    direction = RISING if found.low > 0 else FALLING if found.high < 0 else NOT_CERTAIN
    return {**found.table().iloc[0].to_dict(), "direction": direction, "refused": ""}
