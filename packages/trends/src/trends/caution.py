"""Weaknesses of a series or a fit, one sentence each: warnings are data, carried with the result.

And which changes a year are too badly known to be printed: one rule for every page, figure and finding. Methods give
their numbers whatever their limits are, as R does; what prints or states a change asks here first.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from bounded.refusal import Caution, Said
from trends.series import NEAR, NotEstimable

COVID_YEARS = (2020, 2021)
SHORT = 7
EFFORT_UNKNOWN = Caution(
    "effort_unknown",
    "Detection effort is not known: a change in what is found and a change in what happens look the same.",
)


def listed(periods: Iterable[float]) -> str:
    """Periods in words, with their number."""
    named = [f"{period:g}" for period in periods]
    return f"{', '.join(named)} ({len(named)} of the periods)"


def of_periods(code: str, words: str, periods: Collection[float]) -> Said:
    """Sentence on some periods, which are named; empty where there are none, as all that follow."""
    return Caution.when(len(periods), code, f"{words}: {listed(periods)}.")


def of_counts(table: pd.DataFrame | Mapping[str, NDArray], complete: NDArray[np.bool_]) -> list[Said]:
    """Sentences on counts of a series that are left out, with the reason, and on counts that are not exact.

    Parameters
    ----------
    table : period, low, high, value_qualifier. complete : whether the records of each period are in.
    """
    period, low, high = (np.asarray(table[column], dtype=float) for column in ("period", "low", "high"))
    used = complete & np.isfinite(high)
    approximate = np.asarray(table["value_qualifier"], dtype=object) == "approx"
    return [
        of_periods("incomplete_left_out", "Left out, as records of it are still on their way", period[~complete]),
        of_periods("unknown_left_out", "Left out, as the count is not known", period[complete & np.isnan(low)]),
        of_periods("minimum_left_out", "Left out, as only a minimum is known", period[complete & np.isinf(high)]),
        of_periods(
            "approximate_counts",
            "Approximate counts, taken as they stand; their width is not stated",
            period[used & approximate],
        ),
        of_periods("interval_counts", "Counts known only between bounds", period[used & (low < high)]),
    ]


def few_points(n: int) -> Said:
    """Fewer than 7 points."""
    return Caution.when(n < SHORT, "few_periods", f"Only {n} periods: a single year can turn the result.")


def low_counts(low: ArrayLike, high: ArrayLike) -> Said:
    """Counts (persons a period, between bounds) of fewer than 5 on average."""
    if np.asarray(high, dtype=float).mean() < 5:
        return Caution("low_counts", "Fewer than 5 events a period on average: the limits are rough.")
    if np.asarray(low, dtype=float).mean() < 5:
        return Caution("low_counts", "Perhaps fewer than 5 events a period on average: the limits are rough.")
    return ""


def overdispersion(dispersion: float, allowed_for: bool = True) -> Said:
    """Pearson's dispersion well above 1; whether limits allow for it."""
    said = (
        "the counts vary more than chance explains; the limits allow for it"
        if allowed_for
        else "the counts vary more than the model says, and its limits are too narrow"
    )
    return Caution.when(dispersion > 1.5, "overdispersion", f"Dispersion {dispersion:.1f}: {said}.")


def in_covid(periods: ArrayLike) -> NDArray[np.bool_]:
    """Return which periods (years, whole or decimal) lie in 2020 or 2021."""
    return np.isin(np.floor(np.asarray(periods, dtype=float) + NEAR), COVID_YEARS)


def covid(periods: ArrayLike) -> Said:
    """Periods of COVID-19 (2020 and 2021) among `periods`."""
    ordered = np.asarray(periods, dtype=float)
    return of_periods(
        "covid_years", "COVID-19 years, when detecting and reporting were disturbed", ordered[in_covid(ordered)]
    )


def gaps(periods: ArrayLike) -> Said:
    """Years between the first and the last without a figure."""
    ordered = np.asarray(periods, dtype=float)
    found = [f"{a + 1:g}" if b - a < 3 else f"{a + 1:g}-{b - 1:g}" for a, b in pairwise(ordered) if b - a >= 2]
    return Caution.when(found, "gaps_in_series", f"Gaps, years without a figure: {', '.join(found)}.")


def autocorrelation(residuals: ArrayLike) -> Said:
    """Neighbouring residuals that resemble one another: first-order correlation beyond 2 / sqrt(n) (Bartlett, 1946)."""
    r = np.asarray(residuals, dtype=float)
    r = r - r.mean()
    total = float(r @ r)
    if len(r) < SHORT or total == 0:
        return ""
    first = float(r[1:] @ r[:-1]) / total
    return Caution.when(
        first > 2 / np.sqrt(len(r)),
        "autocorrelation",
        f"Residuals of neighbouring periods resemble one another (correlation {first:.2f}): limits are too narrow.",
    )


def last_incomplete(period: float) -> Caution:
    """The last period, where records of it are known to be, or may be, still on their way."""
    return Caution(
        "incomplete_period",
        f"The last period, {period:g}, may not be complete: a fall at the end can be delay in reporting.",
    )


# Of the two limits of a change, as ratios a year, the greatest quotient that is printed.
WIDEST = 10.0
SHORT_REFUSAL = "refused: limits too wide"


def imprecise(low: float, high: float) -> NotEstimable | None:
    """Return the reason not to print or state a change a year, or None where it may be.

    Parameters
    ----------
    low, high : its limits, in percent a year: -50 and 400 are ratios of 0.5 and 5 a year, a factor of 10 apart.

    Returns
    -------
    The refusal (code ``too_imprecise``) where the limits are more than a factor of 10 apart, one is at or below
    -100 % (nothing would be left after a year), or one is not known; else None.
    """
    least, most = 1 + low / 100, 1 + high / 100
    # A limit that is written with rounding errors is not beyond the factor.
    if least > 0 and most / least <= WIDEST * (1 + 1e-9):
        return None
    if math.isnan(low) or math.isnan(high):
        held = "The limits of the change are not known"
    else:
        ends = f"{low:+,.1f} to {high:+,.1f} % a year"
        held = f"The limits of the change, {ends}, are more than a factor of {WIDEST:g} apart"
    return NotEstimable(
        "too_imprecise",
        f"{held}: no pace can be stated. More years, larger areas or counts that are known exactly would help.",
    )
