"""Levels and trends of areas by partial pooling: areas with few events are drawn to what all areas have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from bounded import intervals, result_plots
from bounded.refusal import Caution, Refusal
from trends import caution
from trends.count_effects import PER
from trends.count_trend import FEWEST_EVENTS, count_trend
from trends.mixed_model import Counts, MixedModel
from trends.partial_pooling import RangedEstimate, by_gamma, by_mixed_model, posterior_limits
from trends.series import Floats, NotEstimable, TooFewPoints, refuse_few_points

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEWEST_AREAS = 5
FEW_AREAS = 10
UNITS = {
    "": "persons a period",
    "population": f"persons per {PER:,} inhabitants and period",
    "effort": "persons per unit of effort",
}


@dataclass(frozen=True, eq=False)
class PooledAreas:
    """Levels and trends of areas, alone and pooled.

    Parameters
    ----------
    method, model : "glmm" or "gamma"; the model in words.
    confidence : level of all limits.
    periods : the periods used, in order.
    unit : of levels, in words.
    areas : one row an area, in the order of their first rows: area_id; n (periods used); events_low, events_high
        (persons); own_change, own_low, own_high (percent a year and its limits, from the area's figures alone),
        own_refused (why there is none); pooled_change, pooled_low, pooled_high; shrinkage (how far the trend is drawn
        to the common one: 0 not at all, 1 wholly; NaN where counts are intervals); own_level, own_level_low,
        own_level_high, pooled_level, pooled_level_low, pooled_level_high (in `unit`, mean over the periods used),
        level_shrinkage; for own_change, pooled_change, own_level and pooled_level also _least and _most (the range
        where counts are intervals, the number itself being NaN); warnings (sentences in one text).
    common : annual change of all areas, percent a year (NaN for "gamma").
    common_level : level of the typical area in the middle of the periods (for "gamma": mean of all areas).
    between : standard deviation of the areas' trends, log scale a year (0.05: about 5 % a year); 0 where areas differ
        no more than by chance (NaN for "gamma").
    between_levels : standard deviation of the areas' levels: log scale (for "gamma": share of the common level).
    correlation : of level and trend; NaN where it is not estimated.
    warnings : what a reader must know, one sentence each.
    fit : the fitted model where there is one (no counts that are intervals; "glmm").
    """

    method: str
    model: str
    confidence: float
    periods: tuple[float, ...]
    unit: str
    areas: pd.DataFrame = field(repr=False)
    common: RangedEstimate
    common_level: RangedEstimate
    between: RangedEstimate
    between_levels: RangedEstimate
    correlation: float
    warnings: tuple[Caution, ...]
    fit: MixedModel | None = field(default=None, repr=False)

    def plot(self, *, title: str = "", names: Mapping | None = None) -> Figure:
        """Areas by their pooled trend (for "gamma": level), the highest first, beside what their own figures say.

        Parameters
        ----------
        names : the name of each area_id; by default the area_id itself.
        """
        trend = self.method == "glmm"
        of = "change" if trend else "level"
        table = self.areas.sort_values(f"pooled_{of}_most", ascending=False, na_position="last", kind="stable")
        centre = self.common if trend else self.common_level
        sets = {}
        for kind, words in (("own", "by itself"), ("pooled", "pooled")):
            limits = kind if trend else f"{kind}_{of}"
            ends = (f"{kind}_{of}_least", f"{kind}_{of}_most", f"{limits}_low", f"{limits}_high")
            sets[f"{words}, with {100 * self.confidence:g}% interval"] = tuple(
                table[list(ends)].to_numpy(dtype=float).T
            )
        return result_plots.rows(
            [(names or {}).get(area, area) for area in table["area_id"]],
            sets,
            title=title or f"{'Trends' if trend else 'Levels'} of {len(table)} areas, by themselves and pooled",
            xlabel="change in percent a year" if trend else self.unit,
            at={"all areas": centre.estimate} | ({"no change": 0.0} if trend else {}),
        )


def pool_areas(
    series: pd.DataFrame,
    *,
    method: Literal["glmm", "gamma"] = "glmm",
    confidence: float = 0.95,
    counts: Counts = "poisson",
    correlated: bool | None = None,
) -> PooledAreas:
    """Estimate levels and trends of areas together, so that areas with few events borrow strength from the others.

    "glmm": log mean = log offset + level + trend × (period - mean period), both with normal deviations of areas, by
    maximum likelihood (Laplace). "gamma": levels alone, by a gamma distribution of the areas' rates. A pooled number
    errs less on the whole, and hides an area that truly stands out: show it beside the area's own. Areas that are alike
    in what is known of them are what the method is for; it does not know neighbours, nor why areas differ.

    Limits of the "glmm" hold the uncertainty of the area's deviation, of what is common and, to first order, of the
    variances; where a variance is estimated as 0 nothing of its uncertainty is in them. In invented studies of 16 areas
    and 15 years (4 events an area and year, trends that differ by 5 % a year) 95 % limits held 91 to 93 % of the areas'
    true trends, with 8 areas and 10 years 79 %: there two estimates of the variance in five were 0. Those of "gamma"
    take the distribution as known and are somewhat too narrow.

    Counts that are intervals are carried as bounds: the model is fitted to counts all low and all high; all low before
    a period and high from it on, and the reverse, for each period; areas moved apart in trend, and in level; and areas
    as alike as they can be. The range over these patterns is given, and limits are their union. It is no outer bound:
    other counts within the bounds can lie a little outside. Where many counts are intervals, the range says how little
    is known.

    Parameters
    ----------
    series : one row an area and period: area_id, period (year, a number), `count` or low, high and value_qualifier
        (persons), and, if wanted, population (persons) or effort (in any unit), of which one; complete (False where
        records are still on their way). Rows without a count, with a minimum alone or not complete are left out and
        named; a missing row is no zero.
    method : "glmm" or "gamma".
    confidence : level of the limits, between 0 and 1.
    counts : for "glmm" also "negative_binomial", where counts vary more around the areas' trends than a Poisson's do.
    correlated : whether level and trend may be correlated, so that an area's level says something of its trend. None:
        where there are ten areas or more, unless the estimate lies at its boundary.

    Returns
    -------
    PooledAreas : `areas` (one row an area: own and pooled change in percent a year, own and pooled level, with limits
        and shrinkage), common, common_level, between, between_levels, correlation and warnings.

    Raises
    ------
    NotEstimable : fewer than 5 areas with a count, or counts that cannot tell the parameters apart.
    TooFewPoints : fewer than 5 periods (not for "gamma"), no events, or perhaps fewer than 5; all that are certain in
        the first or last period.
    ValueError : a column is missing, an area or period is missing or given twice, an offset is not positive.

    References
    ----------
    Clayton, D. and Kaldor, J. (1987). Empirical Bayes estimates of age-standardized relative risks for use in disease
        mapping. Biometrics 43, 671-681.
    Breslow, N. E. and Clayton, D. G. (1993). Approximate inference in generalized linear mixed models. JASA 88, 9-25.
    """
    if method not in ("glmm", "gamma"):
        raise Refusal("unknown_choice", f"The method is 'glmm' or 'gamma', not '{method}'.")
    intervals.check_confidence(confidence)
    rows, unit = _rows(series)
    used = rows[rows["used"]].reset_index(drop=True)
    _refuse(used, method)
    exposure = _exposure(used, unit)
    ids = rows["area_id"].drop_duplicates().tolist()
    own = pd.DataFrame([_own(area, used[used["area_id"] == area], unit, confidence) for area in ids])
    if method == "gamma":
        found = by_gamma(used, exposure, confidence)
    else:
        enough = used["area_id"].nunique() >= FEW_AREAS if correlated is None else correlated
        found = by_mixed_model(used, exposure, confidence, counts, enough, correlated is None)
    areas = own.merge(found.areas, on="area_id", how="left", validate="1:1")
    areas["warnings"] = [" ".join(_said_of(rows[rows["area_id"] == area])) for area in ids]
    return PooledAreas(
        method=method,
        model=found.model,
        confidence=confidence,
        periods=tuple(np.unique(used["period"].to_numpy(dtype=float)).tolist()),
        unit=UNITS[unit],
        areas=areas,
        common=found.common,
        common_level=found.common_level,
        between=found.between,
        between_levels=found.between_levels,
        correlation=found.correlation,
        warnings=caution.kept(*_warnings(rows, used, unit), *found.warnings),
        fit=found.fit,
    )


def _rows(series: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The series with its checked, widest intervals, and the name of the column that levels are per, or no name."""
    for column in ("area_id", "period"):
        if column not in series:
            raise Refusal(
                "missing_column", f"The series has no column '{column}': it needs area_id, period and counts."
            )
        if series[column].isna().any():
            raise Refusal("missing_value", f"Row {series.index[series[column].isna()][0]} has no {column}.")
    years = pd.to_numeric(series["period"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(years).all():
        raise Refusal(
            "invalid_year",
            f"The period of row {series.index[~np.isfinite(years)][0]} is not a number: give years, as 2019 or 2019.5.",
        )
    series = series.assign(period=years)
    twice = series.duplicated(["area_id", "period"])
    if twice.any():
        area, period = series.loc[twice, ["area_id", "period"]].iloc[0]
        raise Refusal(
            "duplicate_period",
            f"Area {area} has the period {period:g} more than once: choose one row, or add them up with "
            "intervals.total if they do not overlap.",
        )
    given = [column for column in ("population", "effort") if column in series]
    if len(given) > 1:
        raise Refusal(
            "population_and_effort",
            "Give population or effort, not both: a level can be per inhabitant or per unit of effort.",
        )
    rows = intervals.of(series)
    rows["used"] = np.isfinite(rows["high"]) & _complete(rows)
    unit = given[0] if given else ""
    if unit:
        values = rows[unit].to_numpy(dtype=float, na_value=np.nan)
        bad = rows["used"] & ~(np.isfinite(values) & (values > 0))
        if bad.any():
            area, period = rows.loc[bad, ["area_id", "period"]].iloc[0]
            raise Refusal(
                "not_positive",
                f"The {unit} of area {area} in {period:g} is missing or not positive. Give it wherever there is a "
                "count, or leave the column out to pool counts.",
            )
    return rows, unit


def _complete(rows: pd.DataFrame) -> pd.Series:
    """True where records of a period are in; all, if nothing is said of it."""
    if "complete" not in rows:
        return pd.Series(True, index=rows.index)
    bad = ~rows["complete"].isin([True, False])
    if bad.any():
        area, period = rows.loc[bad, ["area_id", "period"]].iloc[0]
        raise Refusal("not_boolean", f"The column 'complete' of area {area} in {period:g} must be True or False.")
    return rows["complete"].astype(bool)


def _refuse(used: pd.DataFrame, method: str) -> None:
    """Raise unless there are enough areas, periods and events for anything to be pooled."""
    by_area = used.groupby("area_id", sort=False)
    seen = by_area.size() if method == "gamma" else by_area.size()[lambda sizes: sizes > 1]
    if len(seen) < FEWEST_AREAS:
        what = "" if method == "gamma" else " in two periods or more"
        raise NotEstimable(
            "too_few_areas",
            f"Areas with a count{what}: {len(seen)}. How far areas differ cannot be known from fewer than "
            f"{FEWEST_AREAS}: more areas would help, or a trend of each by itself (count_trend).",
        )
    if method == "glmm":
        refuse_few_points(used["period"].nunique())
    low, high = used["low"].sum(), used["high"].sum()
    if high == 0:
        raise TooFewPoints(
            "no_events", "No area has an event: nothing can be pooled. More years or larger areas would help."
        )
    if low < FEWEST_EVENTS:
        held = f"{low:g}" if low == high else f"between {low:g} and {high:g}"
        raise TooFewPoints(
            "too_few_events",
            f"The areas hold {held} events in all, and at least {FEWEST_EVENTS} that are certain are needed. More "
            "years, larger areas or counts without a lower threshold would help.",
        )
    certain = used.loc[used["low"] > 0, "period"].unique()
    if method == "glmm" and len(certain) == 1 and certain[0] in (used["period"].min(), used["period"].max()):
        raise TooFewPoints(
            "separation",
            f"All events that are certain fall in {certain[0]:g}, at one end of the series: any change, however steep, "
            "would fit. More years would help.",
        )


def _exposure(used: pd.DataFrame, unit: str) -> Floats:
    """What levels are per: a period, 100,000 inhabitants and period, or a unit of effort."""
    if not unit:
        return np.ones(len(used))
    return used[unit].to_numpy(dtype=float) / (PER if unit == "population" else 1.0)


def _own(area: object, used: pd.DataFrame, unit: str, confidence: float) -> dict:
    """What an area's own figures say: trend, or why there is none, and level with its exact Poisson limits."""
    low, high = float(used["low"].sum()), float(used["high"].sum())
    row: dict = {"area_id": area, "n": len(used), "events_low": low, "events_high": high}
    row |= dict.fromkeys(("own_change", "own_change_least", "own_change_most", "own_low", "own_high"), np.nan)
    row["own_refused"] = ""
    try:
        found = count_trend(used.drop(columns="area_id"), confidence)
        row["own_change"] = found.annual_change
        row |= {"own_change_least": found.annual_change_low, "own_change_most": found.annual_change_high}
        row |= {"own_low": found.low, "own_high": found.high}
    except (TooFewPoints, NotEstimable) as refusal:
        row["own_refused"] = str(refusal)
    names = ("own_level", "own_level_least", "own_level_most", "own_level_low", "own_level_high")
    if used.empty:
        return row | dict.fromkeys(names, np.nan)
    at_risk = np.array([_exposure(used, unit).sum()])
    tail = (1 - confidence) / 2
    bottom = posterior_limits(np.array([max(low, 1.0)]), at_risk, 0.0, 0.0, tail)[0][0] if low else 0.0
    top = posterior_limits(np.array([high]), at_risk, 1.0, 0.0, tail)[1][0]
    least, most = low / at_risk[0], high / at_risk[0]
    return row | dict(zip(names, (least if low == high else np.nan, least, most, bottom, top), strict=True))


def _said_of(rows: pd.DataFrame) -> tuple[Caution, ...]:
    """What a reader must know of one area's figures."""
    used, left = rows[rows["used"]], rows[~rows["used"]]
    late = left.loc[np.isfinite(left["high"]), "period"]
    return caution.kept(
        Caution("no_counts", "No count is known: nothing is said of this area.") if used.empty else "",
        Caution("no_events", "No events: its pooled numbers are drawn from the other areas.")
        if len(used) and not used["high"].any()
        else "",
        Caution("one_period", "One period: its own figures say nothing of its trend.") if len(used) == 1 else "",
        caution.of_periods("incomplete_left_out", "Left out, as records of it are still on their way", late),
        caution.of_periods(
            "unknown_left_out", "Left out, as the count is not known", left.loc[left["low"].isna(), "period"]
        ),
        caution.of_periods(
            "minimum_left_out", "Left out, as only a minimum is known", left.loc[np.isinf(left["high"]), "period"]
        ),
        caution.of_periods(
            "approximate_counts",
            "Approximate counts, taken as they stand",
            used.loc[used["value_qualifier"] == "approx", "period"],
        ),
        caution.of_periods(
            "interval_counts", "Counts known only between bounds", used.loc[used["low"] < used["high"], "period"]
        ),
    )


def _warnings(rows: pd.DataFrame, used: pd.DataFrame, unit: str) -> tuple[caution.Said, ...]:
    """What all areas together cannot say, one sentence each."""
    by_area = used.groupby("area_id", sort=False)
    events, sizes = by_area["high"].sum(), by_area.size()
    periods = np.unique(used["period"].to_numpy(dtype=float))
    absent = rows.loc[~rows["area_id"].isin(used["area_id"]), "area_id"].drop_duplicates()

    def named(code: str, words: str, ids: pd.Index | pd.Series) -> caution.Said:
        return Caution(code, f"{words}: {', '.join(map(str, ids))}.") if len(ids) else ""

    few = Caution(
        "few_areas",
        f"Only {len(sizes)} areas: how far areas differ is poorly known, and with it how far each is drawn.",
    )
    open_counts = used["low"] < used["high"]
    many = Caution(
        "interval_counts",
        f"Counts known only between bounds: {open_counts.mean():.0%} of all. The ranges are no outer bounds.",
    )
    rare = Caution("low_counts", "Fewer than 5 events an area and period on average: the limits are rough.")
    return (
        few if len(sizes) < FEW_AREAS else "",
        named("no_counts", "Areas left out, as no count is known", absent),
        named("no_events", "Areas without events, drawn from the others", events.index[events == 0]),
        named("one_period", "Areas with one period, whose trend is drawn from the others", sizes.index[sizes == 1]),
        caution.few_points(len(periods)) if len(periods) > 1 else "",
        many if open_counts.any() else "",
        rare if used["high"].mean() < 5 else "",
        caution.covid(periods),
        caution.gaps(periods),
        "" if unit == "effort" else caution.EFFORT_UNKNOWN,
    )
