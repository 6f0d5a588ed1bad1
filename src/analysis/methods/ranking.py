"""Uncertainty of rankings: which place in a ranking of areas their rates allow, given the chance in every count.

Which areas' rates differ from the overall rate by more than chance: control limits by population.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.methods.rates import by_area
from bounded import intervals
from bounded.refusal import Refusal


def rank_intervals(table: pd.DataFrame, per: float = 100_000, confidence: float = 0.95) -> pd.DataFrame:
    """Ranks of areas by their rate, the highest first, with joint confidence intervals of the ranks.

    Each rate has an exact Poisson interval at the level confidence^(1/k), so that all k of them hold at once with the
    given confidence (counts of different areas being independent). A rank then lies above those areas whose whole
    interval is lower, and below those whose whole interval is higher. No ranks are simulated. An area whose rate is not
    known has no rank, and none of the others allows for it: ranks are among the areas with a known rate.

    Parameters
    ----------
    table : one row an area: area_id, population (persons), and `count` or low, high and value_qualifier (persons).
    per : persons the rates are given for.
    confidence : level that all ranks hold at together, between 0 and 1.

    Returns
    -------
    DataFrame, rows as in `table`: area_id, cases, cases_low, cases_high, population, rate, rate_low, rate_high, low,
        high (simultaneous interval), rank, rank_low, rank_high (1 is the highest rate; areas of equal rates share the
        better rank), ranked (how many areas have a rank), value_qualifier, note. `rank` is NaN where the intervals of
        the counts themselves leave it open.

    Raises
    ------
    ValueError : a column is missing, an area stands twice, or a count or population is none.

    References
    ----------
    Klein, M., Wright, T. and Wieczorek, J. (2020). A joint confidence region for an overall ranking of populations.
    Journal of the Royal Statistical Society, Series C 69, 589-606.
    """
    intervals.check_confidence(confidence)
    ranked = int(by_area(table, per)["rate_low"].notna().sum())
    rates = by_area(table, per, confidence ** (1 / max(ranked, 1)))
    best, worst = _ranks(rates["low"], rates["high"])
    certain, possible = _ranks(rates["rate_low"], rates["rate_high"])
    columns = ["area_id", "cases", "cases_low", "cases_high", "population", "rate", "rate_low", "rate_high"]
    return rates[[*columns, "low", "high"]].assign(
        rank=np.where(certain == possible, certain, np.nan),
        rank_low=best,
        rank_high=worst,
        ranked=ranked,
        value_qualifier=rates["value_qualifier"],
        note=rates["note"],
    )


def _ranks(low: pd.Series, high: pd.Series) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The best and the worst rank that each interval allows; NaN where there is none."""
    lows, highs = low.to_numpy()[None, :], high.to_numpy()[None, :]
    above = (lows > highs.T).sum(axis=1)
    not_below = (highs > lows.T).sum(axis=1) - (highs.T > lows.T)[:, 0]
    known = low.notna().to_numpy()
    return np.where(known, 1.0 + above, np.nan), np.where(known, 1.0 + not_below, np.nan)


# The two funnels that are usual: about two and three standard deviations of a normal variable.
LEVELS = {"95": 0.95, "998": 0.998}


def control_limits(expected: ArrayLike, confidence: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Exact Poisson limits around expected counts.

    A count at or beyond a limit has, with those more extreme, a chance of at most (1 - confidence) / 2. Limits between
    whole numbers follow from the Poisson distribution function as continued by the gamma function, so that a curve
    through them is smooth; a count is beyond them if and only if its Garwood interval leaves out the expected count.

    Parameters
    ----------
    expected : persons, from 0 up; an array of any shape or a scalar.
    confidence : between 0 and 1.

    Returns
    -------
    low, high : arrays of the shape of `expected`, in persons. `low` is -1 where even a count of 0 is no sign of a low
        rate; NaN where `expected` is.

    References
    ----------
    Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance. Statistics in Medicine 24,
    1185-1202. (There, limits between whole numbers are interpolated instead.)
    """
    tail = (1 - intervals.check_confidence(confidence)) / 2
    mean = np.asarray(expected, dtype=float)
    low = np.where(np.exp(-mean) > tail, -1.0, special.pdtrik(tail, mean))
    high = np.maximum(special.pdtrik(1 - tail, mean) + 1, 1.0)
    unknown = np.isnan(mean)
    return np.where(unknown, np.nan, low)[()], np.where(unknown, np.nan, high)[()]


def overall_rate(table: pd.DataFrame, per: float = 100_000) -> tuple[float, float]:
    """Lower and upper bound of the rate of all areas together, from those whose count has an upper bound.

    Raises ValueError if there is none. See `funnel_limits` for `table`.
    """
    rates = by_area(table, per)
    used = rates[np.isfinite(rates["rate_high"])]
    if used.empty:
        raise Refusal(
            "no_overall_rate",
            "No area has a count with an upper bound and inhabitants, so there is no overall rate: give `target`.",
        )
    people = used["population"].sum()
    return float(used["cases_low"].sum() / people * per), float(used["cases_high"].sum() / people * per)


def funnel_limits(table: pd.DataFrame, target: float | None = None, per: float = 100_000) -> pd.DataFrame:
    """Exact 95 % and 99.8 % control limits around one rate, and which areas lie outside them.

    Limits allow for chance alone. Areas that detect with different effort lie outside too: outside means "look why",
    and with large counts most areas are.

    Parameters
    ----------
    table : one row an area: area_id, population (persons), and `count` or low, high and value_qualifier (persons).
    target : the rate to compare with, per `per`; None for the rate of all areas together. Areas whose count has no
        upper bound, or is not known, do not enter that rate; counts that are intervals make it one.
    per : persons the rates are given for.

    Returns
    -------
    DataFrame, rows as in `table`: area_id, cases, cases_low, cases_high, population, rate, rate_low, rate_high,
        target_low, target_high, low_95, high_95, low_998, high_998 (rates; the outermost where the target is an
        interval; the low ones are NaN where even a count of 0 lies inside), position_95, position_998,
        value_qualifier, note. A position is "above", "below" or "inside" if it is so for every count and target that
        are allowed, else "perhaps above", "perhaps below" or "perhaps outside"; "not known" where there is no rate.

    Raises
    ------
    ValueError : a column is missing, an area stands twice, a count, population or target is none.

    References
    ----------
    Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance. Statistics in Medicine 24,
    1185-1202.
    """
    rates = by_area(table, per)
    if target is not None and not (np.isfinite(target) and target >= 0):
        raise Refusal("negative", f"The target is a rate from 0 up, per {per:,g}; it is {target}.")
    least, most = (target, target) if target is not None else overall_rate(table, per)
    expected_low, expected_high = (rates["population"].to_numpy() * bound / per for bound in (least, most))
    known = rates["rate_low"].notna().to_numpy()
    scale = np.where(known, per / np.where(known, rates["population"], 1), np.nan)
    counts = rates["cases_low"].to_numpy(), rates["cases_high"].to_numpy()
    limits, positions = {}, {}
    for level, confidence in LEVELS.items():
        lowest, low = (control_limits(expected, confidence)[0] for expected in (expected_low, expected_high))
        high, highest = (control_limits(expected, confidence)[1] for expected in (expected_low, expected_high))
        limits[f"low_{level}"] = np.where(lowest >= 0, lowest * scale, np.nan)
        limits[f"high_{level}"] = highest * scale
        positions[f"position_{level}"] = _positions(*counts, known, (lowest, low), (high, highest))
    columns = ["area_id", "cases", "cases_low", "cases_high", "population", "rate", "rate_low", "rate_high"]
    return rates[columns].assign(
        target_low=least,
        target_high=most,
        **limits,
        **positions,
        value_qualifier=rates["value_qualifier"],
        note=rates["note"],
    )


def _positions(
    least: NDArray[np.float64],
    most: NDArray[np.float64],
    known: NDArray[np.bool_],
    low: tuple[NDArray[np.float64], NDArray[np.float64]],
    high: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.object_]:
    """Where counts between `least` and `most` lie, given the lower and upper bounds of both limits."""
    may_be_above, may_be_below = most >= high[0], least <= low[1]
    return np.select(
        [
            ~known,
            least >= high[1],
            most <= low[0],
            may_be_above & may_be_below,
            may_be_above,
            may_be_below,
        ],
        ["not known", "above", "below", "perhaps outside", "perhaps above", "perhaps below"],
        default="inside",
    ).astype(object)
