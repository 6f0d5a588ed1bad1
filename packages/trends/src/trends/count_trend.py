"""The yearly change of a series of counts, and whether its direction holds whichever year or source is left out.

The model is log-linear, and allows for counts known only between bounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bounded import intervals, result_plots
from bounded.arguments import by_name, checked
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution, Refusal, require_choice
from trends import caution
from trends.calendar_years import dated
from trends.count_model import CountSeries, Fits, cautions, count_series, effect, fit, in_words, steepest
from trends.series import PER, Floats, NotEstimable, TooFewPoints, check_periods, refuse_few_points

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEWEST_EVENTS = 5
COVID = ("kept", "masked", "indicator")


@dataclass(frozen=True, eq=False)
class CountTrend(NotebookResult):
    """A log-linear trend of counts.

    Parameters
    ----------
    n : periods used.
    annual_change : change in percent a year; NaN where counts that are intervals leave it open.
    annual_change_low, annual_change_high : the least and greatest change that counts within their bounds can give; both
        equal `annual_change` where that is known. They do not hold the chance of the counts.
    low, high : confidence limits of the change, percent a year; with interval counts, over all vectors fitted.
    p_value : two-sided p of no change; with interval counts the largest of the vectors', and 1 where the range
        of the change holds 0.
    dispersion : Pearson's, as found (below 1 too); with interval counts the largest.
    periods : the periods used, in order.
    fitted : period, fit (NaN where left open), fit_low, fit_high (as the change's), low, high (confidence limits of the
        fit): persons, or persons per 100,000 where a population was given, or per unit of effort where that is the
        offset. With effort as covariate, at the effort of each period.
    observed : period, low, high: the counts used, in the same unit.
    unit : of `fitted` and `observed`, in words.
    confidence : level of all confidence limits.
    method : the model in words.
    warnings : what a reader must know of the series, one sentence each.
    family, errors : of the model.
    theta : of the negative binomial, infinite where the fit is Poisson; the least with interval counts, NaN for others.
    effort_elasticity, effort_low, effort_high : percent by which counts grow for a percent of effort, and its limits;
        NaN unless effort is a covariate, the elasticity also where interval counts leave it open.
    """

    n: int
    annual_change: float
    annual_change_low: float
    annual_change_high: float
    low: float
    high: float
    p_value: float
    dispersion: float
    periods: tuple[float, ...]
    fitted: pd.DataFrame = field(repr=False)
    observed: pd.DataFrame = field(repr=False)
    unit: str
    confidence: float
    method: str
    warnings: tuple[Caution, ...]
    family: str
    errors: str
    theta: float
    effort_elasticity: float
    effort_low: float
    effort_high: float

    def plot(self, *, title: str = "", ylabel: str = "") -> Figure:
        """The counts used, the fitted line and its band; of interval counts the range of the lines that they allow.

        Parameters
        ----------
        ylabel : what is observed, with its unit; by default `unit`.
        """
        fit, seen = self.fitted, self.observed
        band = f"{intervals.percent(self.confidence)} band of the fit"
        open_fit = {"fits that the bounds of the counts allow": (fit["period"], fit["fit_low"], fit["fit_high"])}
        known = bool(fit["fit"].notna().all())
        return result_plots.over_time(
            seen["period"],
            seen["low"],
            seen["high"],
            title=title or f"Log-linear trend of {self.n} periods",
            ylabel=ylabel or self.unit,
            lines={"fit": (fit["period"], fit["fit"])} if known else {},
            bands={band: (fit["period"], fit["low"], fit["high"]), **({} if known else open_fit)},
        )

    def table(self) -> pd.DataFrame:
        """The trend as one tidy row.

        Returns
        -------
        DataFrame: estimate, estimate_low, estimate_high (bounds from interval counts), low, high (percent a year),
        p_value, n, method, warnings (sentences in one text).
        """
        return pd.DataFrame([self._row()])

    def _row(self) -> dict[str, float | int | str]:
        return {
            "estimate": self.annual_change,
            "estimate_low": self.annual_change_low,
            "estimate_high": self.annual_change_high,
            "low": self.low,
            "high": self.high,
            "p_value": self.p_value,
            "n": self.n,
            "method": self.method,
            "warnings": " ".join(self.warnings),
        }


@checked(series=dated)
def count_trend(
    series: pd.DataFrame,
    confidence: float = 0.95,
    *,
    family: str = "quasi-poisson",
    errors: str = "model",
    effort: str | None = None,
    covid: str = "kept",
) -> CountTrend:
    """Estimate the yearly change of a series of counts.

    A Poisson log-linear model in the period; standard errors are multiplied by the root of Pearson's dispersion where
    that is above 1 (quasi-Poisson), and limits use t with n - 2 degrees of freedom. Other families and errors are those
    of `count_model.fit`, where stands how far robust errors fall short in short series.

    Counts that are intervals are carried as bounds. The slope of a Poisson model depends on the counts through the mean
    period of the events alone, and rises with it, so it is greatest for counts that are low up to some period and high
    after it, and least for the reverse: only those vectors need fitting, and the range of the change is exact. Its
    confidence limits are the union over these vectors and no outer bound: counts that zigzag between wide bounds are
    more dispersed, and their limits often reach outside it. With effort as covariate, or a negative binomial, the range
    itself is not exact: it is that over the same vectors (counts all low and all high among them) and those found by
    following how each count moves each coefficient of a Poisson model.

    Parameters
    ----------
    series : period (year, a number), `count` or low, high and value_qualifier (persons), and, if wanted, population
        (persons), which makes it a trend of rates; effort (inspections, officers, hours or calls; positive); complete
        (False where records of a period are still on their way). Periods without a count, with a minimum alone or not
        complete are left out and named in the warnings.
    confidence : level of the limits, between 0 and 1.
    family : ``quasi-poisson``, ``poisson`` or ``negative binomial`` (variance = mean + mean²/theta, theta by maximum
        likelihood); the latter is a Poisson fit, and says so, where theta runs to infinity.
    errors : ``model``, ``robust`` (White's, HC0) or ``hac`` (Newey and West's).
    effort : ``offset`` for the rate of detection a unit of effort, ``covariate`` for log effort with a coefficient of
        its own; by default an offset where the series has a column of it.
    covid : how 2020 and 2021 are treated: ``kept`` as any other years, ``masked`` (left out), or with an ``indicator``,
        which gives them a level of their own. None is right: `agreement` shows all three.

    Returns
    -------
    CountTrend : annual_change with low and high (percent a year), p_value, dispersion, `fitted` (one row a period: fit,
        low, high), what interval counts leave open (annual_change_low, annual_change_high), and warnings.

    Raises
    ------
    TooFewPoints : fewer than 5 periods, 6 with effort as covariate; no events, or perhaps fewer than 5; all certain
        events in the first or last period.
    NotEstimable : effort as covariate cannot be told apart from time, or a coefficient runs to infinity.
    ValueError : a column is missing, a period is missing or given twice, a population or an effort is missing or not
        positive, or both are what the counts would be rates of.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989). Generalized linear models, 2nd edition, chapter 6. Chapman and Hall.
    Cameron, A. C. and Trivedi, P. K. (2013). Regression analysis of count data, 2nd edition. Cambridge.
    """
    require_choice("covid", covid, COVID)
    if covid == "masked":
        check_periods(series)
        series = series[~caution.in_covid(series["period"])]
    counts = count_series(series, effort)
    period, low, high = counts.period, counts.low, counts.high
    refuse_few_points(len(period))
    _refuse_few_events(period, low, high)
    if counts.effort is not None and len(period) < 6:
        raise TooFewPoints(
            "too_few_periods",
            "With effort as covariate a trend needs at least 6 periods, and there are 5: take the effort as offset.",
        )
    # Centred periods keep the columns of the design apart in size and nearly orthogonal.
    columns = [np.ones(len(period)), period - period.mean(), *([] if counts.effort is None else [counts.effort])]
    names = ["level", "time", *(["effort"] if counts.effort is not None else [])]
    pandemic = caution.in_covid(period)
    if covid == "indicator" and pandemic.any():
        refuse_few_points(int(np.count_nonzero(~pandemic)))
        columns.append(pandemic.astype(float))
        names.append("COVID-19")
    design = np.column_stack(columns)
    vectors = _extreme_vectors(low, high)
    if len(columns) > 2 or family == "negative binomial":
        vectors = np.unique(
            np.vstack([vectors, *steepest(design, counts.offset, low, high, range(1, design.shape[1]))]), axis=0
        )
    fits = fit(vectors, design, counts.offset, family=family, errors=errors, names=names)
    one = len(vectors) == 1
    slope = effect(fits, 1, confidence)
    with_effort = effect(fits, 2, confidence) if counts.effort is not None else None
    exact = len(columns) == 2 and family != "negative binomial"
    return CountTrend(
        n=len(period),
        annual_change=_percent(slope.estimate_low) if one else np.nan,
        annual_change_low=_percent(slope.estimate_low),
        annual_change_high=_percent(slope.estimate_high),
        low=_percent(slope.low),
        high=_percent(slope.high),
        p_value=slope.p_value,
        dispersion=float(fits.dispersion.max()),
        periods=tuple(period.tolist()),
        fitted=_fitted(counts, fits, design, confidence),
        observed=_observed(counts),
        unit=_unit(counts),
        confidence=confidence,
        method=_method(counts.measured, fits, confidence, exact),
        warnings=_warnings(counts, fits),
        family=family,
        errors=errors,
        theta=float(fits.theta.min()),
        effort_elasticity=with_effort.estimate_low if with_effort and one else np.nan,
        effort_low=with_effort.low if with_effort else np.nan,
        effort_high=with_effort.high if with_effort else np.nan,
    )


def _refuse_few_events(period: Floats, low: Floats, high: Floats) -> None:
    if high.sum() == 0:
        raise TooFewPoints(
            "no_events",
            "The series has no events at all: nothing can rise or fall. More years or larger areas would help.",
        )
    if low.sum() < FEWEST_EVENTS:
        held = f"{low.sum():g}" if low.sum() == high.sum() else f"between {low.sum():g} and {high.sum():g}"
        raise TooFewPoints(
            "too_few_events",
            f"The series holds {held} events in all, and a trend needs at least {FEWEST_EVENTS} that are certain. "
            "More years, larger areas or counts without a lower threshold would help.",
        )
    if np.count_nonzero(low) == 1 and (low[0] or low[-1]):
        raise TooFewPoints(
            "separation",
            f"All events that are certain fall in {period[np.argmax(low)]:g}, at one end of the series: "
            "any change, however steep, would fit. More years or larger areas would help.",
        )


def _extreme_vectors(low: Floats, high: Floats) -> Floats:
    """The vectors that are low up to a period and high after it, and the reverse; each once, one a row."""
    if (low == high).all():
        return low[np.newaxis]
    after = np.arange(len(low))[np.newaxis, :] >= np.arange(len(low) + 1)[:, np.newaxis]
    return np.unique(np.vstack([np.where(after, high, low), np.where(after, low, high)]), axis=0)


def _percent(slope: float) -> float:
    with np.errstate(over="ignore"):
        return float(100 * np.expm1(slope))


# Made once, as a frame of a few numbers takes most of its time for its columns.
_FIT = pd.Index(["period", "fit", "fit_low", "fit_high", "low", "high"])
_SEEN = pd.Index(["period", "low", "high"])


def _fitted(counts: CountSeries, fits: Fits, design: Floats, confidence: float) -> pd.DataFrame:
    line = fits.coefficients @ design.T
    width = fits.half_width(design, confidence)
    fit = line[0] if len(line) == 1 else np.full(line.shape[1], np.nan)
    ends = (fit, line.min(axis=0), line.max(axis=0), (line - width).min(axis=0), (line + width).max(axis=0))
    with np.errstate(over="ignore"):
        table = pd.DataFrame(np.column_stack([counts.period, *np.exp(ends)]), columns=_FIT)
    # Whole years are printed as such.
    if counts.stated.dtype.kind != "f":
        table.isetitem(0, counts.stated)
    return table


def _observed(counts: CountSeries) -> pd.DataFrame:
    """The counts used, divided by what they are rates of."""
    of = np.exp(counts.offset)
    return pd.DataFrame(np.column_stack([counts.period, counts.low / of, counts.high / of]), columns=_SEEN)


def _unit(counts: CountSeries) -> str:
    of = {"population": f" per {PER:,} inhabitants", "effort": " per unit of effort", "": ""}
    return f"persons{of[counts.rates_of]}"


def _method(measured: str, fits: Fits, confidence: float, exact: bool) -> str:
    vectors = len(fits.mean)
    union = f"; range over the {vectors} extreme vectors of interval counts" if vectors > 1 else ""
    return in_words(fits, f"trend of {measured}", confidence) + union + ("" if exact or not union else ", not exact")


def _warnings(counts: CountSeries, fits: Fits) -> tuple[Caution, ...]:
    """Limits of the series, one sentence each."""
    return Caution.kept(
        *counts.warnings,
        caution.few_points(len(counts.low)),
        caution.low_counts(counts.low, counts.high),
        *cautions(fits),
        caution.covid(counts.period),
        caution.gaps(counts.given),
    )


# With fewer estimates nothing could disagree: as it is, without the first, and without the last period.
FEWEST_ESTIMATES = 3
RISING, FALLING, NOT_CERTAIN = "rising", "falling", "not certain"
AS_IT_IS = "all years"
MASKED, APART = "without 2020–21", "2020–21 at their own level"
NO_FIRST, NO_LAST = "without the first year", "without the last year"
COLUMNS = ("estimate", "estimate_low", "estimate_high", "low", "high", "p_value", "n", "method", "warnings")


@dataclass(frozen=True, eq=False)
class Agreement(NotebookResult):
    """Direction of one change by several estimates of it.

    Parameters
    ----------
    table : one row an estimate: source, variant, the columns of `CountTrend.table` (percent a year), direction
        ("rising" or "falling" where the limits are all above or all below no change, else "not certain"; empty where
        there is no estimate), refused (why there is none; else empty).
    estimated, rising, falling : how many estimates there are, and how many of them show a rise or a fall.
    confidence : level of the limits.
    """

    table: pd.DataFrame = field(repr=False)
    estimated: int
    rising: int
    falling: int
    confidence: float

    def plot(self, *, title: str = "") -> Figure:
        """A row an estimate of the yearly change, with its limits; of interval counts its range."""
        ends = self.table[["estimate_low", "estimate_high", "low", "high"]].to_numpy(dtype=float)
        return result_plots.rows(
            (self.table["source"] + ", " + self.table["variant"]).tolist(),
            {f"change and {intervals.percent(self.confidence)} limits": tuple(ends.T)},
            title=title or f"Yearly change by {len(self.table)} choices of years",
            xlabel="percent a year",
            at={"no change": 0.0},
        )

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


@checked(series=by_name(dated))
def agreement(series: Mapping[str, pd.DataFrame], confidence: float = 0.95) -> Agreement:
    """Estimate the yearly change of what one or several sources count, each with years left out and with all.

    Of each series: all years; where it has 2020 or 2021, without these, and with a level of their own for them; without
    the first period, and without the last. Estimates share their data, so that how many agree is no probability: a
    direction that all of them show is one that no single choice has made.

    Parameters
    ----------
    series : name of each source -> its series, as in `count_trend`. They are never added.
    confidence : level of the limits, between 0 and 1.

    Returns
    -------
    Agreement : `table`, one row a source and variant (percent a year, and why there is no estimate), how many are
        estimated, rising and falling; `direction`, where all agree.

    Raises
    ------
    ValueError : no series, or one that `count_trend` cannot read.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989). Generalized linear models, 2nd edition, chapter 6. Chapman and Hall. The
        model of each estimate is that of `count_trend`.
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
        confidence=confidence,
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
    return {**found._row(), "direction": direction, "refused": ""}
