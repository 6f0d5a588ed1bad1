"""Joinpoint regression of counts known only between bounds: one fit a draw, and what all of them leave open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from analysis.refusal import Caution
from analysis.trends import caution
from analysis.trends.draws import draw_counts
from analysis.trends.joinpoint_trend import JoinpointTrend, Slopes
from analysis.trends.series import Floats

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
        run_tests=partial(_of, first),
        cautions=caution.kept(
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


def _of(result: JoinpointTrend) -> pd.DataFrame:
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
