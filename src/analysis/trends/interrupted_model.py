"""The log-linear model of an interrupted time series: its columns, the vectors fitted, and what it expects."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.trends import caution
from analysis.trends.count_effects import steepest
from analysis.trends.count_model import Fits, fit
from analysis.trends.count_series import CountSeries
from analysis.trends.part_of_year import place, when
from analysis.trends.refusal import TooFewPoints
from analysis.trends.series import Floats

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
    """What the model is to hold, whatever the treatment of COVID-19."""

    counts: CountSeries
    at: tuple[float, ...]
    slope_change: bool
    season: int | None
    harmonics: int | None
    family: str
    errors: str
    lags: int | None
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
            f"{used.sum()}. A change of level alone, harmonics in place of months, or more periods would help.",
        )
    changes = [column for column, (name, _) in enumerate(terms) if name in CHANGING]
    low, high = counts.low[used], counts.high[used]
    vectors = _vectors(low, high, np.searchsorted(asked.at, counts.period[used], side="right"))
    offset = counts.offset[used]
    vectors = np.unique(np.vstack([vectors, *steepest(design[used], offset, low, high, changes)]), axis=0)
    names = [f"{name} {when(time, asked.season)}" if np.isfinite(time) else name for name, time in terms]
    fits = fit(vectors, design[used], offset, family=asked.family, errors=asked.errors, lags=asked.lags, names=names)
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
    if season and asked.harmonics:
        angle = 2 * np.pi * place(period, season) / season
        for turn in range(1, asked.harmonics + 1):
            columns.append(("season", np.nan, np.cos(turn * angle)))
            if 2 * turn < season:
                columns.append(("season", np.nan, np.sin(turn * angle)))
    elif season:
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
            "value_qualifier": counts.used["value_qualifier"].to_numpy(),
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
