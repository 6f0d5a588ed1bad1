"""Models of the past of each tested period, for all series at once, and whether there is enough of a past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from analysis.trends import farrington
from analysis.trends.aberration_settings import Settings
from analysis.trends.farrington import Baseline, Expectation
from analysis.trends.grid_counts import GridCounts
from analysis.trends.refusal import FEWEST_POINTS, NotEstimable, TooFewPoints
from analysis.trends.series import Floats
from analysis.trends.upper_limits import upper_limit

FEWEST_YEARS = 3


@dataclass(frozen=True, eq=False)
class PastFits:
    """Fits to baselines of all low and, where they differ, all high counts; first axis the series, second the test.

    Parameters
    ----------
    expected, upper : what is expected, and the upper limits (persons); one or two of each.
    known, periods, years : known counts and periods of the baseline; years of which there is a known count.
    poor : whether that is too little for a test.
    """

    expected: list[Expectation]
    upper: list[Floats]
    known: NDArray[np.intp]
    periods: NDArray[np.intp]
    years: NDArray[np.intp]
    poor: NDArray[np.bool_]


def fewest_years(settings: Settings) -> int:
    """Years of which a baseline must have known counts."""
    return min(FEWEST_YEARS, settings.rules.years_back)


def past_fits(counts: GridCounts, tested: NDArray[np.intp], settings: Settings) -> PastFits:
    """Fit the baseline of every tested place of every series.

    Raises
    ------
    TooFewPoints : no baseline has enough known counts.
    NotEstimable : none can be fitted.
    """
    bounded = np.isfinite(counts.high)
    ends = [np.where(bounded, counts.low, np.nan)]
    if (counts.low[bounded] != counts.high[bounded]).any():
        ends.append(np.where(bounded, counts.high, np.nan))
    shape = (counts.low.shape[1], len(tested))
    expected = [_nothing(shape) for _ in ends]
    known, periods, years = (np.zeros(shape, dtype=np.intp) for _ in range(3))
    for columns, references, past in _layouts(counts, tested, settings):
        places = tested[columns][:, np.newaxis] + past.offsets
        inside = np.maximum(places, 0)
        exposure = None
        if counts.log_population is not None:
            exposure = _rows(counts.log_population, np.column_stack([inside, tested[columns]]))
        for fits, values in zip(expected, ends, strict=True):
            used = _rows(values, inside)
            used[np.tile(places < 0, (shape[0], 1))] = np.nan
            found = farrington.expectation(used, past, settings.rules, exposure)
            for item in fields(Expectation):
                getattr(fits, item.name)[:, columns] = getattr(found, item.name).reshape(shape[0], -1)
        present = np.isfinite(used)
        # A year reaches from its window to the one after it; the tested period's own is number 0.
        begins = np.array([0, *references]) - settings.half_window
        year = np.searchsorted(-begins, -past.offsets)
        in_year = (year[:, np.newaxis] == np.arange(1, len(references) + 1)).astype(float)
        known[:, columns] = present.sum(axis=1).reshape(shape[0], -1)
        periods[:, columns] = len(past.offsets)
        years[:, columns] = (present @ in_year > 0).sum(axis=1).reshape(shape[0], -1)
    poor = (known < FEWEST_POINTS) | (years < fewest_years(settings))
    for fits in expected:
        fits.trend[poor] = False
        for values in (fits.log_mean, fits.log_error, fits.dispersion):
            values[poor] = np.nan
    upper = [upper_limit(fits, settings.limit) for fits in expected]
    _refuse(known, years, poor, upper, settings)
    return PastFits(expected, upper, known, periods, years, poor)


def _nothing(shape: tuple[int, int]) -> Expectation:
    return Expectation(
        log_mean=np.full(shape, np.nan),
        log_error=np.full(shape, np.nan),
        dispersion=np.full(shape, np.nan),
        trend=np.zeros(shape, dtype=bool),
    )


def _rows(values: Floats, places: NDArray[np.intp]) -> Floats:
    """Values (places by series) at the places of each test, one row a series and test."""
    return values.T[:, places].reshape(-1, places.shape[1])


def _layouts(
    counts: GridCounts, tested: NDArray[np.intp], settings: Settings
) -> list[tuple[NDArray[np.intp], Sequence[int], Baseline]]:
    """The tests that share a baseline, as positions among the tested; periods to past years; the baseline."""
    grid = counts.grid
    # farringtonFlexible counts the days between months given as dates, so that each has a baseline of its own.
    days = grid.days if grid.frequency != 52 and settings.method == "noufaily" else None
    alike: dict[tuple, list[int]] = {}
    for position, place in enumerate(tested):
        references = grid.references(int(place), settings.rules.years_back)
        alike.setdefault((references, 0 if days is None else int(place)), []).append(position)
    found = []
    for (references, place), positions in alike.items():
        past = farrington.baseline(references, settings.half_window, settings.levels, settings.left_out)
        if days is not None:
            time = (days[np.maximum(place + past.offsets, 0)] - days[place]) / 30
            past = Baseline(past.offsets, past.level, time)
        found.append((np.array(positions), references, past))
    return found


def _refuse(
    known: NDArray[np.intp],
    years: NDArray[np.intp],
    poor: NDArray[np.bool_],
    upper: list[Floats],
    settings: Settings,
) -> None:
    """Refuse if nothing could be tested."""
    if any(np.isfinite(limits).any() for limits in upper):
        return
    if poor.all():
        best = int(np.argmax(known))
        raise TooFewPoints(
            "baseline_too_short",
            f"No tested period has enough of a past: at least {FEWEST_POINTS} known counts from "
            f"{fewest_years(settings)} of the {settings.rules.years_back} years before it are needed, and the best has "
            f"{known.flat[best]} from {years.flat[best]}. More years, wider windows or more `years_back` would help.",
        )
    raise NotEstimable(
        "no_model_fitted",
        "No model could be fitted: the seasons of the tested periods have no known count, or the baseline has no more "
        "counts than the model has terms. Fewer `seasonal_levels`, wider windows or more years would help.",
    )
