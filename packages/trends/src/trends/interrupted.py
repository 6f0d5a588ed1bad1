"""Interrupted time series of counts: did level or slope change at a known time, with COVID-19 treated three ways."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounded import intervals, result_plots
from bounded.arguments import checked
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution, Refusal, Said, require_choice
from trends import caution
from trends.calendar_years import with_times
from trends.count_model import (
    ALIKE,
    ENOUGH_FOR_ROBUST,
    CountSeries,
    Effect,
    Fits,
    cautions,
    count_series,
    effect,
    fit,
    in_words,
    steepest,
)
from trends.series import NEAR, SEASONS, Floats, NotEstimable, TooFewPoints, place, refuse_shared_seasons, when

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COVID = ("indicator", "masked", "kept")


@dataclass(frozen=True, eq=False)
class Interrupted(NotebookResult):
    """An interrupted time series of counts.

    Parameters
    ----------
    at : first periods of the new regimes, in order.
    n : periods used.
    covid : how COVID-19 was treated in `effects` and `fitted`.
    effects : one row a term: term (``trend before``, ``level change``, ``slope change``, ``COVID-19``, ``effort``), at
        (NaN for terms without a time), estimate, estimate_low, estimate_high, low, high, p_value. All but effort are
        ratios: of a unit of the period for slopes, at the first period of the new regime for the level. Effort is the
        power with which counts grow. With interval counts the estimate is NaN and lies between its bounds.
    sensitivity : one row a treatment of COVID-19 and interruption: covid, at, level_change, level_change_low,
        level_change_high (bounds), level_low, level_high (limits), level_p_value, the same for the slope (NaN where it
        was not asked for), n, warnings. What could not be estimated is NaN, and `warnings` says why.
    fitted : one row a period with a count: period, observed_low, observed_high, value_qualifier, used, fit, fit_low,
        fit_high (bounds), low, high (confidence limits of the fit), and from the first interruption on counterfactual,
        counterfactual_low, counterfactual_high (the fit without any interruption, and its limits); all in persons.
    method : the model in words.
    warnings : what a reader must know, one sentence each.
    season, confidence : as asked for.
    """

    at: tuple[float, ...]
    n: int
    covid: str
    effects: pd.DataFrame = field(repr=False)
    sensitivity: pd.DataFrame = field(repr=False)
    fitted: pd.DataFrame = field(repr=False)
    method: str
    warnings: tuple[Caution, ...]
    season: int | None
    confidence: float

    def plot(self, *, title: str = "") -> Figure:
        """Counts, fit, and what the fit would be without the interruption."""
        table = self.fitted
        period = table["period"].to_numpy(dtype=float)
        columns = [table[name] for name in ("fit", "low", "high", "counterfactual")]
        # A line from one regime to the next would look like a rise that the model does not have.
        x, fit, low, high, without = result_plots.broken(np.searchsorted(self.at, period, "right"), period, *columns)
        return result_plots.over_time(
            period,
            table["observed_low"],
            table["observed_high"],
            title=title or "Counts before and after an interruption",
            ylabel="persons",
            lines={"fit": (x, fit), "without the interruption": (x, without)},
            bands={f"{intervals.percent(self.confidence)} band of the fit": (x, low, high)},
            turns={"interruption": [(at, np.nan, np.nan) for at in self.at]},
        )


@checked()
def interrupted(
    series: pd.DataFrame,
    at: object,
    confidence: float = 0.95,
    *,
    slope_change: bool = True,
    covid: str = "indicator",
    season: int | None = None,
    errors: str | None = None,
    effort: str | None = None,
) -> Interrupted:
    """Estimate how the level and the slope of a series of counts changed at known times.

    A log-linear model with a trend, and from each interruption on a step and a further slope that is 0 in the first
    period of the new regime, so that the level change is the change in that period. COVID-19 (2020 and 2021) is an
    indicator, masked (left out) or kept as if nothing had been; the result holds all three, as none is right.

    With counts that are intervals everything is the union over vectors: each stretch between interruptions all low or
    all high, in every combination (low before and high after among them), and those found by following how each count
    moves each coefficient (`count_model.steepest`). They are bounds of the level and slope changes: attained, though
    not proved to be the widest. Where a change has both signs among the vectors, its p is 1.

    Parameters
    ----------
    series : as in `count_trend`: period, counts, and if wanted population, effort, complete. Months and quarters are
        decimal years, at the start or in the middle: February 2019 is 2019.083 or 2019.125.
    at : the first period of the new regime, a year or a date; several are allowed.
    confidence : level of the limits, between 0 and 1.
    slope_change : False for a change of level alone.
    covid : how COVID-19 is treated in `effects` and `fitted`: ``indicator``, ``masked`` or ``kept``.
    season : 12 for months, 4 for quarters; an indicator for each but the first.
    effort : as in `count_trend`.
    errors : ``model``, ``robust`` or ``hac`` (Newey and West's); by default ``hac`` from 100 periods on and ``model``
        below. Of 95 % limits of a level change without autocorrelation, 79 (hac) and 99 in 100 (model) held the truth
        at 20 periods, 87 and 96 at 60, 93 and 95 at 192; with a correlation of 0.4, 71 and 89, 85 and 89, 90 and 86.

    Returns
    -------
    Interrupted : `effects` (one row a term: ratios with their limits), `sensitivity` (one row a treatment of COVID-19),
        `fitted` (one row a period: fit, limits and counterfactual, in persons), and warnings.

    Raises
    ------
    TooFewPoints : fewer than 3 periods before, between or after interruptions, outside COVID-19 unless it is kept; or
        too few for the number of terms.
    NotEstimable : a term follows from the others, as when an interruption coincides with COVID-19; or it runs to
        infinity, as when there may be no events at all on one side.
    ValueError : an argument or the series is malformed.

    References
    ----------
    Bernal, J. L., Cummins, S. and Gasparrini, A. (2017). Interrupted time series regression for the evaluation of
        public health interventions: a tutorial. International Journal of Epidemiology 46, 348-355.
    Wagner, A. K., Soumerai, S. B., Zhang, F. and Ross-Degnan, D. (2002). Segmented regression analysis of interrupted
        time series studies in medication use research. Journal of Clinical Pharmacy and Therapeutics 27, 299-309.
    """
    require_choice("covid", covid, COVID)
    require_choice("season", season, SEASONS)
    series, given = with_times(series, at)
    counts = count_series(series, effort)
    times = _times(given or (), counts.given)
    refuse_shared_seasons(counts.period, season)
    errors = errors or ("hac" if len(counts.low) >= ENOUGH_FOR_ROBUST["hac"] else "model")
    asked = Asked(counts, times, slope_change, season, errors, confidence)
    models: dict[str, InterruptedModel | NotEstimable | TooFewPoints] = {}
    for treatment in COVID:
        try:
            models[treatment] = fit_model(asked, treatment)
        except (NotEstimable, TooFewPoints) as refusal:
            models[treatment] = refusal
    main = models[covid]
    if not isinstance(main, InterruptedModel):
        raise main
    pandemic = _pandemic(asked, covid)
    return Interrupted(
        at=times,
        n=int(main.used.sum()),
        covid=covid,
        effects=_effects(main, confidence),
        sensitivity=pd.DataFrame([row for name, model in models.items() for row in _rows(asked, name, model)]),
        fitted=main.fitted,
        method=_method(main.fits, asked, covid),
        warnings=Caution.kept(
            *counts.warnings,
            caution.few_points(int(main.used.sum())),
            caution.low_counts(counts.low, counts.high),
            *cautions(main.fits),
            caution.covid(np.unique(np.floor(counts.period + NEAR))),
            pandemic,
            _effort_steps(counts, times, season),
            "" if season else caution.gaps(counts.given),
        ),
        season=season,
        confidence=confidence,
    )


def _times(at: Iterable[float], given: Floats) -> tuple[float, ...]:
    """Times in order, each the period of the series that it stands for, where there is one."""
    times = sorted(at)
    if not times or not np.isfinite(times).all() or len(set(times)) < len(times):
        raise Refusal("invalid_interruption", "Give `at` as the first period of the new regime, or several, each once.")
    nearest = [float(given[np.argmin(np.abs(given - time))]) if len(given) else time for time in times]
    return tuple(near if abs(near - time) <= NEAR else time for near, time in zip(nearest, times, strict=True))


def _effects(model: InterruptedModel, confidence: float) -> pd.DataFrame:
    rows = []
    for column, (name, time) in enumerate(model.terms):
        if name in ("level", "season"):
            continue
        found = effect(model.fits, column, confidence)
        rows.append({"term": name, "at": time, **_on_its_scale(found, ratio=name != "effort")})
    return pd.DataFrame(rows)


def _on_its_scale(found: Effect, ratio: bool = True) -> dict[str, float]:
    scale = np.exp if ratio else np.asarray
    with np.errstate(over="ignore"):
        low, high = float(scale(found.estimate_low)), float(scale(found.estimate_high))
        return {
            "estimate": low if found.estimate_low == found.estimate_high else np.nan,
            "estimate_low": low,
            "estimate_high": high,
            "low": float(scale(found.low)),
            "high": float(scale(found.high)),
            "p_value": found.p_value,
        }


def _rows(asked: Asked, covid: str, model: InterruptedModel | NotEstimable | TooFewPoints) -> list[dict[str, object]]:
    """One row an interruption under one treatment of COVID-19."""
    rows: list[dict[str, object]] = []
    for time in asked.at:
        row: dict[str, object] = {"covid": covid, "at": time}
        for short, name in (("level", "level change"), ("slope", "slope change")):
            found = dict.fromkeys(("estimate", "estimate_low", "estimate_high", "low", "high", "p_value"), np.nan)
            if isinstance(model, InterruptedModel) and (name, time) in model.terms:
                found = _on_its_scale(effect(model.fits, model.terms.index((name, time)), asked.confidence))
            row |= {f"{short}_{key.replace('estimate', 'change')}": value for key, value in found.items()}
        if isinstance(model, InterruptedModel):
            said = Caution.kept(*asked.counts.warnings, *cautions(model.fits), _pandemic(asked, covid))
            row |= {"n": int(model.used.sum()), "warnings": " ".join(said)}
        else:
            row |= {"n": 0, "warnings": f"Not estimated. {model}"}
        rows.append(row)
    return rows


def _pandemic(asked: Asked, covid: str) -> Caution:
    """Sentence on a treatment of COVID-19, and on what it could not do."""
    pandemic = caution.in_covid(asked.counts.period)
    if not pandemic.any():
        return Caution(
            "no_covid_years",
            "No figure is of the COVID-19 years (2020, 2021): all three treatments are the same.",
        )
    said = {
        "indicator": Caution("covid_indicator", f"COVID-19 has a level of its own in {pandemic.sum()} periods."),
        "masked": Caution(
            "covid_left_out", f"Left out, as COVID-19 disturbed them: {pandemic.sum()} periods of 2020 and 2021."
        ),
        "kept": Caution("covid_kept", "The COVID-19 years are taken as any others."),
    }[covid]
    inside = [when(time, asked.season) for time in asked.at if caution.in_covid(np.array([time]))[0]]
    if not inside:
        return said
    return Caution(
        "interruption_in_covid",
        f"{said} The interruption of {', '.join(inside)} lies within them: the two can hardly be told apart.",
    )


def _effort_steps(counts: CountSeries, at: tuple[float, ...], season: int | None) -> Said:
    """A warning where effort as covariate changed with the regime."""
    if counts.effort is None:
        return ""
    steps = [np.corrcoef(counts.effort, counts.period >= time)[0, 1] for time in at]
    alike = [when(time, season) for time, together in zip(at, steps, strict=True) if abs(together) > ALIKE]
    return Caution.when(
        alike,
        "effort_follows_interruption",
        f"Effort changed with the interruption of {', '.join(alike)}: the two can hardly be told apart.",
    )


def _method(fits: Fits, asked: Asked, covid: str) -> str:
    season = f", {asked.season} seasons" if asked.season else ""
    change = "changes of level and slope" if asked.slope_change else "changes of level"
    times = ", ".join(when(time, asked.season) for time in asked.at)
    treated = {"indicator": "an indicator of", "masked": "without", "kept": "and nothing for"}[covid]
    subject = f"model of {asked.counts.measured} with {change} at {times}{season}, {treated} COVID-19"
    union = f"; range over {len(fits.mean)} vectors of interval counts, not exact" if len(fits.mean) > 1 else ""
    return in_words(fits, subject, asked.confidence) + union


FEWEST_EACH_SIDE = 3
CHANGING = ("trend before", "level change", "slope change")


@dataclass(frozen=True, eq=False)
class InterruptedModel:
    """One treatment of COVID-19, fitted: columns by name and time, which periods were used."""

    fits: Fits
    terms: tuple[tuple[str, float], ...]
    used: NDArray[np.bool_]
    fitted: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Asked:
    """Terms and settings of the model under every treatment of COVID-19."""

    counts: CountSeries
    at: tuple[float, ...]
    slope_change: bool
    season: int | None
    errors: str
    confidence: float


def fit_model(asked: Asked, covid: str) -> InterruptedModel:
    counts = asked.counts
    pandemic = caution.in_covid(counts.period)
    _refuse_short_sides(asked, covid, pandemic)
    design, terms = _design(asked, pandemic if covid == "indicator" else np.zeros_like(pandemic))
    used = ~pandemic if covid == "masked" else np.ones_like(pandemic)
    if used.sum() < design.shape[1] + 3:
        raise TooFewPoints(
            "too_few_periods",
            f"A model of {design.shape[1]} coefficients needs at least {design.shape[1] + 3} periods, and there are "
            f"{used.sum()}. A change of level alone, or more periods, would help.",
        )
    changes = [column for column, (name, _) in enumerate(terms) if name in CHANGING]
    low, high = counts.low[used], counts.high[used]
    vectors = _vectors(low, high, np.searchsorted(asked.at, counts.period[used], side="right"))
    offset = counts.offset[used]
    vectors = np.unique(np.vstack([vectors, *steepest(design[used], offset, low, high, changes)]), axis=0)
    names = [f"{name} {when(time, asked.season)}" if np.isfinite(time) else name for name, time in terms]
    fits = fit(vectors, design[used], offset, errors=asked.errors, names=names)
    return InterruptedModel(fits, terms, used, _fitted(asked, fits, design, terms, used))


def _refuse_short_sides(asked: Asked, covid: str, pandemic: NDArray[np.bool_]) -> None:
    # An indicator takes all that the years of COVID-19 say of the level.
    counted = np.ones_like(pandemic) if covid == "kept" else ~pandemic
    stretch = np.searchsorted(asked.at, asked.counts.period, side="right")
    names = [when(time, asked.season) for time in asked.at]
    for side in range(len(names) + 1):
        points = int((counted & (stretch == side)).sum())
        if points >= FEWEST_EACH_SIDE:
            continue
        ends = ([f"from {names[side - 1]} on"] if side else []) + (
            [f"before {names[side]}"] if side < len(names) else []
        )
        hidden = int((stretch == side).sum()) - points
        outside = f" outside COVID-19, which hides {hidden} more" if hidden else ""
        raise TooFewPoints(
            "too_few_each_side",
            f"Observed points {' and '.join(ends)}: {points}{outside}. An interruption needs at least "
            f"{FEWEST_EACH_SIDE} on each side: more periods would help, or months in place of years.",
        )


def _design(asked: Asked, pandemic: NDArray[np.bool_]) -> tuple[Floats, tuple[tuple[str, float], ...]]:
    """The columns of the model over all periods, and their terms: name, time (NaN where there is none)."""
    period, season = asked.counts.period, asked.season
    columns: list[tuple[str, float, Floats]] = [
        ("level", np.nan, np.ones(len(period))),
        ("trend before", np.nan, period - asked.at[0]),
    ]
    for time in asked.at:
        columns.append(("level change", time, (period >= time).astype(float)))
        if asked.slope_change:
            columns.append(("slope change", time, np.maximum(period - time, 0.0)))
    if pandemic.any():
        columns.append(("COVID-19", np.nan, pandemic.astype(float)))
    if asked.counts.effort is not None:
        columns.append(("effort", np.nan, asked.counts.effort))
    if season:
        part = place(period, season)
        columns += [("season", np.nan, (part == other).astype(float)) for other in np.unique(part)[1:]]
    return np.column_stack([column for _, _, column in columns]), tuple((name, time) for name, time, _ in columns)


def _vectors(low: Floats, high: Floats, stretch: NDArray[np.intp]) -> Floats:
    """Each stretch between interruptions all low or all high, in every combination; each vector once, one a row."""
    if (low == high).all():
        return low[np.newaxis]
    choices = np.array(list(product((False, True), repeat=int(stretch.max()) + 1)))
    return np.unique(np.where(choices[:, stretch], high, low), axis=0)


def _fitted(
    asked: Asked, fits: Fits, design: Floats, terms: tuple[tuple[str, float], ...], used: NDArray[np.bool_]
) -> pd.DataFrame:
    """Expected persons of all periods with a count, with and without the interruptions."""
    counts = asked.counts
    changed = np.array([np.isfinite(time) for _, time in terms])
    after = counts.period >= asked.at[0]
    table = pd.DataFrame(
        {
            "period": counts.period,
            "observed_low": counts.low,
            "observed_high": counts.high,
            "value_qualifier": counts.qualifier,
            "used": used,
        }
    )
    for columns, names, shown in (
        (design, ("fit", "fit_low", "fit_high", "low", "high"), np.ones_like(after)),
        (
            np.where(changed, 0.0, design),
            ("counterfactual", "", "", "counterfactual_low", "counterfactual_high"),
            after,
        ),
    ):
        line = fits.coefficients @ columns.T + counts.offset
        width = fits.half_width(columns, asked.confidence)
        middle = line[0] if len(line) == 1 else np.full(line.shape[1], np.nan)
        values = (middle, line.min(axis=0), line.max(axis=0), (line - width).min(axis=0), (line + width).max(axis=0))
        with np.errstate(over="ignore"):
            for name, value in zip(names, values, strict=True):
                if name:
                    table[name] = np.where(shown, np.exp(value), np.nan)
    return table
