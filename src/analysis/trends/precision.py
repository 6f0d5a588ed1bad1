"""Which changes a year are too badly known to be printed: one rule for every page, figure and finding.

Methods give their numbers whatever their limits are, as R does; what prints or states a change asks here first.
"""

from __future__ import annotations

import math

from analysis.trends.refusal import NotEstimable

# Of the two limits of a change, as ratios a year, the greatest quotient that is printed.
WIDEST = 10.0
SHORT_REFUSAL = "refused: limits too wide"


def imprecise(low: float, high: float) -> NotEstimable | None:
    """Why a change a year is not printed or stated, or None where it may be.

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
