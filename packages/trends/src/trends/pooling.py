"""Trends of areas by partial pooling: areas with few events are drawn to what all areas have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from bounded import intervals, result_plots
from bounded.arguments import checked
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution, Refusal, Said, require_choice, require_columns, require_known
from trends import caution
from trends.calendar_years import dated
from trends.count_trend import FEWEST_EVENTS, count_trend
from trends.mixed_model import COUNTS, Counts, MixedModel, mixed_model
from trends.series import PER, Floats, NotEstimable, TooFewPoints, refuse_few_points, stated_complete

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEWEST_AREAS = 5
FEW_AREAS = 10


@dataclass(frozen=True)
class RangedEstimate:
    """A number with its limits; with counts known between bounds, a range of numbers.

    Parameters
    ----------
    estimate : NaN where counts that are intervals leave it open.
    least, most : the range over the patterns of such counts that were fitted; both equal `estimate` where it is known.
    low, high : confidence limits, over all these patterns.
    """

    estimate: float
    least: float
    most: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class PooledAreas(NotebookResult):
    """Trends of areas, alone and pooled.

    Parameters
    ----------
    model : in words.
    confidence : level of all limits.
    periods : the periods used, in order.
    areas : one row an area, in the order of their first rows: area_id; n (periods used); events_low, events_high
        (persons); own_change, own_low, own_high (percent a year and its limits, from the area's figures alone),
        own_refused (why there is none); pooled_change, pooled_low, pooled_high; for own_change and pooled_change also
        _least and _most (the range where counts are intervals, the number itself being NaN); shrinkage (how far the
        trend is drawn to the common one: 0 not at all, 1 wholly; NaN where counts are intervals); warnings (sentences
        in one text).
    common : annual change of all areas, percent a year.
    between : standard deviation of the areas' trends, log scale a year (0.05: about 5 % a year); 0 where areas differ
        no more than by chance.
    correlation : of level and trend; NaN where it is not estimated.
    warnings : what a reader must know, one sentence each.
    """

    model: str
    confidence: float
    periods: tuple[float, ...]
    areas: pd.DataFrame = field(repr=False)
    common: RangedEstimate
    between: RangedEstimate
    correlation: float
    warnings: tuple[Caution, ...]

    def plot(self, *, title: str = "", names: Mapping | None = None) -> Figure:
        """Areas by their pooled trend, the highest first, beside what their own figures say.

        Parameters
        ----------
        names : the name of each area_id; by default the area_id itself.
        """
        table = self.areas.sort_values("pooled_change_most", ascending=False, na_position="last", kind="stable")
        sets = {}
        for kind, words in (("own", "by itself"), ("pooled", "pooled")):
            ends = table[[f"{kind}_change_least", f"{kind}_change_most", f"{kind}_low", f"{kind}_high"]]
            sets[f"{words}, with {intervals.percent(self.confidence)} interval"] = tuple(ends.to_numpy(dtype=float).T)
        return result_plots.rows(
            [(names or {}).get(area, area) for area in table["area_id"]],
            sets,
            title=title or f"Trends of {len(table)} areas, by themselves and pooled",
            xlabel="change in percent a year",
            at={"all areas": self.common.estimate, "no change": 0.0},
        )


@checked(series=dated)
def pool_areas(
    series: pd.DataFrame,
    *,
    confidence: float = 0.95,
    counts: Counts = "poisson",
    correlated: bool | None = None,
) -> PooledAreas:
    """Estimate trends of areas together, so that areas with few events borrow strength from the others.

    Log mean = log offset + level + trend × (period - mean period), both with normal deviations of areas, by maximum
    likelihood (Laplace). A pooled number errs less on the whole, and hides an area that truly stands out: show it
    beside the area's own. Areas that are alike in what is known of them are what the method is for; it does not know
    neighbours, nor why areas differ.

    Limits hold the uncertainty of the area's deviation, of what is common and, to first order, of the variances; where
    a variance is estimated as 0 nothing of its uncertainty is in them. In synthetic studies of 16 areas and 15 years (4
    events an area and year, trends that differ by 5 % a year) 95 % limits held 91 to 93 % of the areas' true trends,
    with 8 areas and 10 years 79 %: there two estimates of the variance in five were 0.

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
    confidence : level of the limits, between 0 and 1.
    counts : "poisson", or "negative_binomial" where counts vary more around the areas' trends than a Poisson's do.
    correlated : whether level and trend may be correlated, so that an area's level says something of its trend. None:
        where there are ten areas or more, unless the estimate lies at its boundary.

    Returns
    -------
    PooledAreas : `areas` (one row an area: own and pooled change in percent a year, with limits and shrinkage), common,
        between, correlation and warnings.

    Raises
    ------
    NotEstimable : fewer than 5 areas with a count, or counts that cannot tell the parameters apart.
    TooFewPoints : fewer than 5 periods, no events, or perhaps fewer than 5; all that are certain in the first or last
        period.
    ValueError : a column is missing, an area or period is missing or given twice, an offset is not positive.

    References
    ----------
    Breslow, N. E. and Clayton, D. G. (1993). Approximate inference in generalized linear mixed models. JASA 88, 9-25.
    """
    require_choice("counts", counts, COUNTS)
    rows, unit = _rows(series)
    used = rows[rows["used"]].reset_index(drop=True)
    _refuse(used)
    exposure = used[unit].to_numpy(dtype=float) / (PER if unit == "population" else 1.0) if unit else np.ones(len(used))
    ids = rows["area_id"].drop_duplicates().tolist()
    areas = pd.DataFrame([_own(area, used[used["area_id"] == area], confidence) for area in ids])

    period = used["period"].to_numpy(dtype=float)
    line = np.column_stack([np.ones(len(used)), period - period.mean()])
    patterns = _patterns(used, line, exposure)
    together = used["area_id"].nunique() >= FEW_AREAS if correlated is None else correlated
    fits = _fits(patterns, used, line, exposure, together, counts)
    at_boundary: Said = ""
    if any(fit.at_boundary for fit in fits):
        at_boundary = Caution(
            "boundary_estimate",
            "The correlation of level and trend is at its boundary: these areas cannot tell two kinds of differences "
            "apart.",
        )
        if correlated is None:
            fits, together = _fits(patterns, used, line, exposure, False, counts), False
            at_boundary = Caution(
                "boundary_estimate",
                "The correlation of level and trend could not be estimated (at its boundary), and was left out.",
            )
    between = _between(fits, confidence)
    areas = areas.merge(_pooled(fits, confidence), on="area_id", how="left", validate="1:1")
    areas["warnings"] = [" ".join(_said_of(rows[rows["area_id"] == area])) for area in ids]
    return PooledAreas(
        model=_model(together, counts, confidence, len(fits)),
        confidence=confidence,
        periods=tuple(np.unique(period).tolist()),
        areas=areas,
        common=_common(fits, confidence),
        between=between,
        correlation=fits[0].correlation if len(fits) == 1 else np.nan,
        warnings=Caution.kept(
            *_warnings(rows, used, unit), at_boundary, *_cautions(fits, patterns, period, between, counts)
        ),
    )


def _rows(series: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The series with its checked, widest intervals, and the name of the column that levels are per, or no name."""
    require_columns(series, ["area_id", "period"], "counts of areas")
    require_known(series, ["area_id", "period"])
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
    rows["used"] = np.isfinite(rows["high"]) & stated_complete(rows)
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


def _refuse(used: pd.DataFrame) -> None:
    """Raise unless there are enough areas, periods and events for anything to be pooled."""
    sizes = used.groupby("area_id", sort=False).size()
    seen = int((sizes > 1).sum())
    if seen < FEWEST_AREAS:
        raise NotEstimable(
            "too_few_areas",
            f"Areas with a count in two periods or more: {seen}. How far areas differ cannot be known from fewer than "
            f"{FEWEST_AREAS}: more areas would help, or a trend of each by itself (count_trend).",
        )
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
    if len(certain) == 1 and certain[0] in (used["period"].min(), used["period"].max()):
        raise TooFewPoints(
            "separation",
            f"All events that are certain fall in {certain[0]:g}, at one end of the series: any change, however steep, "
            "would fit. More years would help.",
        )


def _own(area: object, used: pd.DataFrame, confidence: float) -> dict:
    """The trend of an area by its own figures, or why there is none."""
    row: dict = {
        "area_id": area,
        "n": len(used),
        "events_low": float(used["low"].sum()),
        "events_high": float(used["high"].sum()),
    }
    try:
        found = count_trend(used.drop(columns="area_id"), confidence)
    except (TooFewPoints, NotEstimable) as refusal:
        names = ("own_change", "own_change_least", "own_change_most", "own_low", "own_high")
        return {**row, **dict.fromkeys(names, np.nan), "own_refused": str(refusal)}
    return {
        **row,
        "own_change": found.annual_change,
        "own_change_least": found.annual_change_low,
        "own_change_most": found.annual_change_high,
        "own_low": found.low,
        "own_high": found.high,
        "own_refused": "",
    }


def _patterns(used: pd.DataFrame, line: Floats, exposure: Floats) -> Floats:
    """Counts within their bounds by which levels, trends and the differences between areas go far; each once.

    For each period, all areas low before it and high from it on, and the reverse; areas that rise more than others the
    one way and the rest the other way; areas above others high and the rest low; and all as alike as they can be.
    """
    period, low, high = (used[column].to_numpy(dtype=float) for column in ("period", "low", "high"))
    if (low == high).all():
        return low[np.newaxis]
    ends = np.append(np.unique(period), np.inf)
    after = period[np.newaxis, :] >= ends[:, np.newaxis]
    rising, falling = np.where(after, high, low), np.where(after, low, high)
    middle = (low + high) / 2
    if not middle.any():
        return np.unique(np.vstack([rising, falling]), axis=0)
    alike = mixed_model(middle, used["area_id"], line, np.ones(len(used)), offset=np.log(exposure), correlated=False)
    by_area = pd.DataFrame({"off": (middle - alike.fitted) * line[:, 1], "count": middle, "exposure": exposure})
    sums = by_area.groupby(used["area_id"].to_numpy(), sort=False).transform("sum")
    steeper = (sums["off"] > 0).to_numpy()
    above = (sums["count"] / sums["exposure"] > middle.sum() / exposure.sum()).to_numpy()
    apart = np.where(steeper, rising, falling)
    levels = [np.where(above, high, low), np.clip(alike.fitted, low, high)]
    return np.unique(np.vstack([rising, falling, apart, *levels]), axis=0)


def _fits(
    patterns: Floats, used: pd.DataFrame, line: Floats, exposure: Floats, correlated: bool, counts: Counts
) -> list[MixedModel]:
    return [
        mixed_model(vector, used["area_id"], line, line, offset=np.log(exposure), correlated=correlated, counts=counts)
        for vector in patterns
    ]


def _pooled(fits: list[MixedModel], confidence: float) -> pd.DataFrame:
    """The trend of each area over all patterns of the counts, percent a year, and how far it is drawn."""
    value, error = np.array([fit.contrast([0, 1], [0, 1]) for fit in fits]).swapaxes(0, 1)
    reach = _quantile(confidence) * error
    number, shrinkage = np.full((2, value.shape[1]), np.nan)
    if len(fits) == 1:
        number, shrinkage = _percent(value[0]), _drawn(fits[0])
    return pd.DataFrame(
        {
            "area_id": list(fits[0].areas),
            "pooled_change": number,
            "pooled_change_least": _percent(value.min(axis=0)),
            "pooled_change_most": _percent(value.max(axis=0)),
            "pooled_low": _percent((value - reach).min(axis=0)),
            "pooled_high": _percent((value + reach).max(axis=0)),
            "shrinkage": shrinkage,
        }
    )


def _common(fits: list[MixedModel], confidence: float) -> RangedEstimate:
    """The trend that all areas have in common, percent a year."""
    value = np.array([fit.fixed[1] for fit in fits])
    reach = _quantile(confidence) * np.sqrt([fit.covariance[1, 1] for fit in fits])
    number = value[0] if len(fits) == 1 else np.nan
    shown = _percent(np.array([number, value.min(), value.max(), (value - reach).min(), (value + reach).max()]))
    return RangedEstimate(*shown.tolist())


def _between(fits: list[MixedModel], confidence: float) -> RangedEstimate:
    """The standard deviation of the areas' trends, log scale a year."""
    sds = np.array([fit.sd[1] for fit in fits])
    low, _ = fits[int(sds.argmin())].sd_limits(1, confidence)
    _, high = fits[int(sds.argmax())].sd_limits(1, confidence)
    number = float(sds[0]) if len(fits) == 1 else np.nan
    return RangedEstimate(number, float(sds.min()), float(sds.max()), low, high)


def _drawn(fit: MixedModel) -> Floats:
    """Return the shrinkage of trends to the common one: the variance that is left of each, over that between areas."""
    if fit.sd[1] == 0:
        return np.ones(len(fit.areas))
    return np.minimum(fit.effect_covariance[:, 1, 1] / fit.sd[1] ** 2, 1.0)


def _quantile(confidence: float) -> float:
    return float(special.ndtri((1 + confidence) / 2))


def _percent(slope: Floats) -> Floats:
    return 100 * np.expm1(slope)


def _model(correlated: bool, counts: Counts, confidence: float, fits: int) -> str:
    kind = "Negative binomial" if counts == "negative_binomial" else "Poisson"
    union = f"; range over {fits} patterns of interval counts" if fits > 1 else ""
    return (
        f"{kind} log-linear mixed model, {'correlated' if correlated else 'independent'} normal deviations of level "
        f"and trend by area, maximum likelihood by Laplace's approximation; {intervals.percent(confidence)} limits by "
        f"the normal distribution{union}"
    )


def _said_of(rows: pd.DataFrame) -> tuple[Caution, ...]:
    """Cautions on one area's figures."""
    used = rows[rows["used"]]
    return Caution.kept(
        Caution.when(used.empty, "no_counts", "No count is known: nothing is said of this area."),
        Caution.when(
            len(used) and not used["high"].any(),
            "no_events",
            "No events: its pooled numbers are drawn from the other areas.",
        ),
        Caution.when(len(used) == 1, "one_period", "One period: its own figures say nothing of its trend."),
        *caution.of_counts(rows, stated_complete(rows)),
    )


def _warnings(rows: pd.DataFrame, used: pd.DataFrame, unit: str) -> tuple[Said, ...]:
    """Limits of all areas together, one sentence each."""
    by_area = used.groupby("area_id", sort=False)
    events, sizes = by_area["high"].sum(), by_area.size()
    periods = np.unique(used["period"].to_numpy(dtype=float))
    absent = rows.loc[~rows["area_id"].isin(used["area_id"]), "area_id"].drop_duplicates()

    def named(code: str, words: str, ids: pd.Index | pd.Series) -> Said:
        return Caution.when(len(ids), code, f"{words}: {', '.join(map(str, ids))}.")

    open_counts = used["low"] < used["high"]
    return (
        Caution.when(
            len(sizes) < FEW_AREAS,
            "few_areas",
            f"Only {len(sizes)} areas: how far areas differ is poorly known, and with it how far each is drawn.",
        ),
        named("no_counts", "Areas left out, as no count is known", absent),
        named("no_events", "Areas without events, drawn from the others", events.index[events == 0]),
        named("one_period", "Areas with one period, whose trend is drawn from the others", sizes.index[sizes == 1]),
        caution.few_points(len(periods)) if len(periods) > 1 else "",
        Caution.when(
            open_counts.any(),
            "interval_counts",
            f"Counts known only between bounds: {open_counts.mean():.0%} of all. The ranges are no outer bounds.",
        ),
        Caution.when(
            used["high"].mean() < 5,
            "low_counts",
            "Fewer than 5 events an area and period on average: the limits are rough.",
        ),
        caution.covid(periods),
        caution.gaps(periods),
        "" if unit == "effort" else caution.EFFORT_UNKNOWN,
    )


def _cautions(
    fits: list[MixedModel], patterns: Floats, period: Floats, between: RangedEstimate, counts: Counts
) -> tuple[Caution, ...]:
    from scipy import stats

    where = "The" if between.most == 0 else "In some patterns of the counts the"
    most = f"{between.high:.2g}" if np.isfinite(between.high) else "any amount"
    dispersion = max(fit.dispersion for fit in fits)
    leaning = max(abs(fit.correlation) if np.isfinite(fit.correlation) else 0.0 for fit in fits)
    together = max(_of_periods(fit, vector, period) for fit, vector in zip(fits, patterns, strict=True))
    left = len(np.unique(period)) - 2
    return Caution.kept(
        Caution.when(
            between.least == 0,
            "areas_alike",
            f"{where} areas' trends differ no more than by chance, so that each pooled trend is the common one; its "
            "limits know nothing of how far areas may differ (standard deviation up to "
            f"{most}, log scale a year).",
        ),
        Caution.when(
            dispersion > 1.5 and counts == "poisson",
            "overdispersion",
            f"Dispersion {dispersion:.1f}: counts vary more around the areas' trends than chance explains. Areas "
            "seem to differ more than they do, and limits are too narrow; counts='negative_binomial' allows for it.",
        ),
        Caution.when(
            leaning > 0.3,
            "level_trend_correlated",
            f"Level and trend of areas go together (correlation {fits[0].correlation:+.1f}): the pooled trend of "
            "an area with few events leans on its level; correlated=False shows it without.",
        ),
        Caution.when(
            together > stats.chi2.ppf(0.95, left) / left,
            "areas_move_together",
            f"Areas rise and fall together from period to period (dispersion of their sums {together:.1f}): "
            "the limits of the common trend are too narrow.",
        ),
    )


def _of_periods(fit: MixedModel, count: Floats, period: Floats) -> float:
    """Pearson's dispersion of the sums of all areas by period."""
    variance = fit.fitted + fit.spread * fit.fitted**2
    sums = pd.DataFrame({"off": count - fit.fitted, "variance": variance}).groupby(period).sum()
    return float((sums["off"] ** 2 / sums["variance"]).sum() / (len(sums) - 2))
