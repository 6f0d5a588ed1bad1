"""The Mann-Kendall test of a series with seasons: each season is compared with itself only, in other years."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from analysis import intervals
from analysis.refusal import Caution, Refusal
from analysis.trends import caution
from analysis.trends.kendall_score import (
    normal_p_value,
    score,
    score_covariance,
    score_variance,
    standardised,
)
from analysis.trends.refusal import FEWEST_POINTS, TooFewPoints
from analysis.trends.series import Floats

# Hirsch and Slack (1984) found the test with correlated seasons trustworthy from so many years on.
YEARS_FOR_COVARIANCE = 10
# Up to so many years R's csmk.test brings the score of correlated seasons one step nearer to 0.
YEARS_CORRECTED = 10


@dataclass(frozen=True, eq=False)
class SeasonalMannKendall:
    """A seasonal Mann-Kendall test.

    Parameters
    ----------
    n, years : observed points; years with at least one.
    s : the sum of the seasons' scores.
    var_s, z, p_value : if the seasons are independent of one another; z with continuity correction.
    var_s_correlated, z_correlated, p_value_correlated : allowing for the correlation between seasons of a year; z with
        continuity correction up to 10 years. NaN if the covariances leave no variance.
    tau : the sum of scores over the sum of their largest values, ties allowed for; NaN if all values are tied.
    slope, slope_low, slope_high : seasonal Sen slope, the median of all slopes within seasons, with its interval as if
        seasons were independent; in units of the values a year.
    heterogeneity : p of equal trends in all seasons; small where seasons go different ways, and one sum hides it.
    seasons : one row a season, in order: season, n, s, var_s, z, p_value, slope (units a year).
    warnings : what a reader must know of the series, one sentence each.
    """

    n: int
    years: int
    s: int
    var_s: float
    z: float
    p_value: float
    var_s_correlated: float
    z_correlated: float
    p_value_correlated: float
    tau: float
    slope: float
    slope_low: float
    slope_high: float
    heterogeneity: float
    seasons: pd.DataFrame = field(repr=False)
    warnings: tuple[Caution, ...] = ()


def seasonal_mann_kendall(
    values: ArrayLike,
    season: ArrayLike,
    year: ArrayLike,
    *,
    continuity: bool = True,
    confidence: float = 0.95,
) -> SeasonalMannKendall:
    """Test a series with seasons for a monotonic trend over the years.

    Each season's values are ranked among themselves and the scores added, so that a yearly pattern is no trend. With
    independent seasons the variances are added (Hirsch, Slack and Smith, 1982); values of one year that rise and fall
    together make that too small, and the second p-value adds the covariances of all pairs of seasons (Hirsch and Slack,
    1984), estimated from the ranks with missing values at the middle rank. R's package trend prints the first as
    smk.test and the second as csmk.test, which corrects for continuity up to 10 years alone; the package Kendall prints
    the first with ``continuity=False``.

    Parameters
    ----------
    values : one number a season and year, in any order; NaN is left out. Years need not be complete.
    season : the season of each value: month, quarter, or a name; seasons are kept in sorted order.
    year : the year of each value, a number.
    continuity : False leaves scores where they are; True brings them one step nearer to 0, that of correlated seasons
        up to 10 years only.
    confidence : level of the slope's interval, between 0 and 1.

    Raises
    ------
    TooFewPoints : fewer than 5 years with a value, or no season with two.
    ValueError : an infinite value, a season or year that is missing, a season of a year given twice, or lengths that
        differ.

    References
    ----------
    Hirsch, R. M., Slack, J. R. and Smith, R. A. (1982). Techniques of trend analysis for monthly water quality data.
        Water Resources Research 18, 107-121.
    Hirsch, R. M. and Slack, J. R. (1984). A nonparametric trend test for seasonal data with serial dependence. Water
        Resources Research 20, 727-732.
    Dietz, E. J. and Killeen, T. J. (1981). A nonparametric multivariate test for monotone trend with pharmaceutical
        applications. JASA 76, 169-174.
    Van Belle, G. and Hughes, J. P. (1984). Nonparametric tests for trend in water quality. Water Resources Research
        20, 127-136.
    Gilbert, R. O. (1987). Statistical methods for environmental pollution monitoring, chapter 17. Van Nostrand
        Reinhold.
    """
    intervals.check_confidence(confidence)
    table = _by_year(values, season, year)
    x, years = table.to_numpy(dtype=float), table.index.to_numpy(dtype=float)
    observed = ~np.isnan(x)
    n = observed.sum(axis=0)
    _refuse_few(len(years), n)

    columns = [x[observed[:, g], g] for g in range(x.shape[1])]
    times = [years[observed[:, g]] for g in range(x.shape[1])]
    tied = [np.unique(column, return_counts=True)[1] for column in columns]
    s = np.array([score(column) for column in columns])
    var_s = np.array([score_variance(len(column), ties) for column, ties in zip(columns, tied, strict=True)])
    z = np.array([standardised(a, b, continuity) for a, b in zip(s, var_s, strict=True)])
    slopes = [_slopes(column, when) for column, when in zip(columns, times, strict=True)]
    total, independent = int(s.sum()), float(var_s.sum())
    correlated = float(score_covariance(x).sum())
    # Covariances are estimated, and their sum can fall to 0 or below.
    z_correlated = (
        standardised(total, correlated, continuity and len(years) <= YEARS_CORRECTED) if correlated > 0 else np.nan
    )
    largest = sum(_largest(len(column), ties) for column, ties in zip(columns, tied, strict=True))
    overall = standardised(total, independent, continuity)
    slope, slope_low, slope_high = _median_slope(np.concatenate(slopes), independent, confidence)
    heterogeneity = _heterogeneity(s[var_s > 0] / np.sqrt(var_s[var_s > 0]))
    rows = pd.DataFrame(
        {
            "season": table.columns.to_numpy(),
            "n": n,
            "s": s,
            "var_s": var_s,
            "z": np.where(var_s > 0, z, np.nan),
            "p_value": [normal_p_value(a) if b > 0 else np.nan for a, b in zip(z, var_s, strict=True)],
            "slope": [float(np.median(each)) if len(each) else np.nan for each in slopes],
        }
    )
    return SeasonalMannKendall(
        n=int(n.sum()),
        years=len(years),
        s=total,
        var_s=independent,
        z=overall,
        p_value=normal_p_value(overall),
        var_s_correlated=correlated if correlated > 0 else np.nan,
        z_correlated=z_correlated,
        p_value_correlated=normal_p_value(z_correlated) if correlated > 0 else np.nan,
        tau=total / largest if largest else np.nan,
        slope=slope,
        slope_low=slope_low,
        slope_high=slope_high,
        heterogeneity=heterogeneity,
        seasons=rows,
        warnings=_warnings(rows, years, observed, correlated, heterogeneity),
    )


def _by_year(values: ArrayLike, season: ArrayLike, year: ArrayLike) -> pd.DataFrame:
    """A row a year with any value, a column a season."""
    y, times, names = np.asarray(values, dtype=float), np.asarray(year, dtype=float), np.asarray(season)
    if y.ndim != 1 or not y.shape == times.shape == names.shape:
        raise Refusal(
            "unequal_lengths",
            "Values, seasons and years must be lists of one length; their shapes are "
            f"{y.shape}, {names.shape} and {times.shape}.",
        )
    if np.isinf(y).any():
        raise Refusal(
            "not_finite", "A value is infinite. A minimum without an upper bound has no rank: leave it out as NaN."
        )
    if not np.isfinite(times).all():
        raise Refusal("missing_year", "A year is missing or infinite: every value needs its year.")
    if pd.isna(names).any():
        raise Refusal("missing_season", f"The value at position {int(np.argmax(pd.isna(names)))} has no season.")
    table = pd.DataFrame({"value": y, "season": names, "year": times})
    twice = table.duplicated(["season", "year"])
    if twice.any():
        row = table[twice].iloc[0]
        raise Refusal(
            "duplicate_period",
            f"Season {row['season']} of {row['year']:g} is given more than once: add up, or choose one of them.",
        )
    return table.pivot(index="year", columns="season", values="value").dropna(how="all")


def _refuse_few(years: int, n: np.ndarray) -> None:
    if years < FEWEST_POINTS:
        raise TooFewPoints(
            "too_few_years",
            f"Years with a value: {years}. A trend over the years needs at least {FEWEST_POINTS}: seasons of one year "
            "do not stand for others. More years would help; until then show the figures alone.",
        )
    if n.max() < 2:
        raise TooFewPoints(
            "no_repeated_season",
            "No season was observed in two years, so that nothing can be compared. Coarser seasons would help.",
        )


def _largest(n: int, tied: np.ndarray) -> float:
    """The largest score that `n` values can have, as Kendall's tau-b allows for ties."""
    pairs = n * (n - 1) / 2
    return float(np.sqrt(pairs * (pairs - (tied * (tied - 1)).sum() / 2)))


def _slopes(y: Floats, t: Floats) -> Floats:
    first, second = np.triu_indices(len(y), 1)
    return (y[second] - y[first]) / (t[second] - t[first])


def _median_slope(slopes: Floats, var_s: float, confidence: float) -> tuple[float, float, float]:
    """The median of all slopes, and the slopes whose ranks bound it: rounded, not interpolated."""
    ordered = np.sort(slopes)
    reach = float(special.ndtri((1 + confidence) / 2)) * np.sqrt(var_s)
    low = max(round((len(ordered) - reach) / 2) - 1, 0)
    high = min(round((len(ordered) + reach) / 2), len(ordered) - 1)
    return float(np.median(ordered)), float(ordered[low]), float(ordered[high])


def _heterogeneity(z: Floats) -> float:
    """P of equal trends in all seasons (Van Belle and Hughes, 1984); NaN for fewer than two seasons."""
    if len(z) < 2:
        return np.nan
    return float(special.chdtrc(len(z) - 1, ((z - z.mean()) ** 2).sum()))


def _warnings(
    rows: pd.DataFrame, years: Floats, observed: np.ndarray, correlated: float, heterogeneity: float
) -> tuple[Caution, ...]:
    """What the series cannot say, one sentence each."""
    alone = rows.loc[rows["n"] < 2, "season"]
    missing = int(observed.size - observed.sum())
    return caution.kept(
        Caution("unknown_left_out", f"Not known: {missing} of {observed.size} values; they are left out.")
        if missing
        else "",
        Caution(
            "seasons_left_out",
            f"Seasons observed in fewer than two years tell nothing: {', '.join(map(str, alone))}.",
        )
        if len(alone)
        else "",
        caution.few_points(len(years)),
        Caution(
            "few_years",
            f"Only {len(years)} years: the covariances of the seasons are rough below {YEARS_FOR_COVARIANCE}.",
        )
        if len(years) < YEARS_FOR_COVARIANCE and len(rows) > 1
        else "",
        Caution(
            "no_p_value",
            "The covariances of the seasons leave no variance: there is no p-value for correlated seasons.",
        )
        if correlated <= 0
        else "",
        Caution(
            "seasons_differ",
            f"The seasons do not share one trend (p of equal trends {heterogeneity:.3f}): read them one by one.",
        )
        if heterogeneity < 0.05
        else "",
        caution.covid(years),
        caution.gaps(years),
    )
