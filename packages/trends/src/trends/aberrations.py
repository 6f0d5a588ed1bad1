"""Aberrations: counts of a series that are higher than its own past lets one expect, by Noufaily's algorithm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounded import result_plots
from bounded.arguments import checked, pair, whole
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution, Refusal, Said
from trends import caution
from trends.farrington import PastFits, Settings, fewest_years, p_value, past_fits
from trends.period_grid import GridCounts, PeriodGrid, counts_on_grid
from trends.series import FEWEST_POINTS, Floats, TooFewPoints

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUESTION = Caution(
    "alarm_is_question", "An alarm is a question to ask (a new unit, a raid, a campaign?), not a finding."
)
MOST_PANELS = 8
# Where a baseline has fewer counts, one that is unusual itself moves limit and trend.
FEW_KNOWN = 10
# An expected count so small is that of a season without any event, where iteration has ended.
_NEVER = 1e-4


@dataclass(frozen=True, eq=False)
class Aberrations(NotebookResult):
    """Counts compared with what the past lets one expect.

    Parameters
    ----------
    table : one row a tested period (and key): the keys, period; count (NaN if known between bounds only), low, high
        (persons); expected, expected_low, expected_high, and the upper limits upper, upper_low (persons; of baselines
        with all counts low and all high the larger and the smaller; equal if counts are known, and `expected` is NaN
        if they are not; NaN too where the period was not tested or has too few events for any alarm); p_value, the
        chance of so high a count (the larger), and score, the exceedance (the smaller); alarm (missing where not
        tested); possible, an alarm for some count within the bounds; trend, whether the model has one; dispersion
        (the larger); warnings (text, empty if there are none).
    history : keys, x (calendar years with decimals, or the period's number), period, low, high: all counts.
    by : names of the keys.
    frequency : periods a year.
    calendar : whether `x` are calendar years.
    alpha : chance of a count above the upper limit where nothing has changed.
    method : the model in words.
    warnings : what a reader must know, one sentence each.
    """

    table: pd.DataFrame
    history: pd.DataFrame = field(repr=False)
    by: tuple[str, ...]
    frequency: int
    calendar: bool
    alpha: float
    method: str
    warnings: tuple[Caution, ...]

    def plot(self, *, title: str = "") -> Figure:
        """Counts of the tested periods, what was expected, the upper limit, and the alarms; a panel a key.

        Raises
        ------
        ValueError : there are more than eight keys.
        """
        table = self.table.merge(self.history[[*self.by, "period", "x"]], on=[*self.by, "period"], how="left")
        panels = dict(list(table.groupby(list(self.by), sort=False))) if self.by else {(): table}
        if len(panels) > MOST_PANELS:
            raise Refusal(
                "too_many_series", f"{len(panels)} series do not fit into one figure: choose those with an alarm."
            )
        figure, axes = result_plots.sheet(
            title or "Counts beside what their past lets one expect", 1.5 + 2.2 * len(panels), len(panels)
        )
        for (key, rows), one in zip(panels.items(), axes, strict=True):
            alarm = rows[rows["alarm"].fillna(False).astype(bool)]
            result_plots.over_time(
                rows["x"],
                rows["low"],
                rows["high"],
                xlabel="",
                ylabel="persons a period",
                lines={
                    f"upper limit (chance {self.alpha:g})": (rows["x"], rows["upper"]),
                    "expected": (rows["x"], rows["expected"]),
                },
                marks={"alarm": (alarm["x"], alarm["high"])},
                axes=one,
            )
            one.set_title(", ".join(map(str, key)), loc="left", fontsize=10)
        axes[-1].set_xlabel("year" if self.calendar else "period")
        return figure


@checked(frequency=whole(1), years_back=whole(1), limit54=pair(whole(), whole(1)))
def aberrations(
    series: pd.DataFrame,
    *,
    by: str | Sequence[str] = (),
    at: object = None,
    frequency: int | None = None,
    years_back: int = 5,
    limit54: tuple[int, int] | None = None,
    alpha: float = 0.01,
) -> Aberrations:
    """Compare counts with the same time of past years by the algorithm of Noufaily and others, and mark the too high.

    An alarm is a question to ask, not a finding: a new unit, a raid, a campaign, a new rule of registration or a
    change in what happens all look the same. Among many tests some alarms are chance alone.

    A quasi-Poisson log-linear model of season and time is fitted to the baseline of each tested period, and fitted
    again with past aberrations weighted down, from an Anscombe residual of 2.58 on. The trend is kept if the baseline
    has at least three years and the expected count is not above all counts of it. The upper limit is a quantile of the
    negative binomial with the expected count and the dispersion. The year has ten seasons, or as many as it allows; the
    window around the same time of past years reaches three weeks to each side, or the nearest to that in periods; the
    last half a year is left out. This is what surveillance::farringtonFlexible prints for R with its improved settings.

    Where counts are known between bounds only, models are fitted to a baseline with all counts low and to one with
    all high; it is an alarm if the lowest count is above both limits, and a possible one if the highest is above one
    of them. Counts that are not known, or known as a minimum only, are left out of the baseline, never zero.

    Parameters
    ----------
    series : period, and `count` or low, high and value_qualifier (persons); a `population` (persons) makes it a model
        of rates. Periods are years, or weeks, months or quarters as dates, pandas Periods, years with decimals, or
        numbers in a row with a `frequency`. Weeks given as dates are compared with the week nearest to the same date.
    by : columns that tell several series apart, one row a period and key; all are fitted in one batch.
    at : the last period if left out; one period; (first, last); a list of periods; or "all" that have a baseline.
    frequency : periods a year (52, 12, 4, 1), if it cannot be told from the periods.
    years_back : years of the baseline.
    limit54 : (events, periods): no alarm if fewer events fell in the last periods, the tested one included. By default
        (5, 4) for weeks: 5 in four weeks, or in the tested period alone where periods are longer.
    alpha : chance of an alarm where nothing has changed.

    Returns
    -------
    Aberrations. Its score is (count - e) / (upper - e), where e is the logarithm of the expected count, as in
    surveillance. A period is not tested where fewer than 5 counts of its baseline are known, or those are of fewer than
    3 years (or of `years_back`, if that is less).

    Raises
    ------
    TooFewPoints : no tested period has enough of a past.
    NotEstimable : no model can be fitted.
    ValueError : a column is missing, a period is missing, given twice or off the grid, a setting is impossible.

    References
    ----------
    Farrington, C. P., Andrews, N. J., Beale, A. D. and Catchpole, M. A. (1996). A statistical algorithm for the early
    detection of outbreaks of infectious disease. Journal of the Royal Statistical Society A 159, 547-563.
    Noufaily, A., Enki, D. G., Farrington, P., Garthwaite, P., Andrews, N. and Charlett, A. (2013). An improved
    algorithm for outbreak detection in multiple surveillance systems. Statistics in Medicine 32, 1206-1222.
    Salmon, M., Schumacher, D. and Höhle, M. (2016). Monitoring count time series in R: aberration detection in public
    health surveillance. Journal of Statistical Software 70 (10).
    """
    names = (by,) if isinstance(by, str) else tuple(by)
    counts = counts_on_grid(series, names, frequency)
    grid_frequency = counts.grid.frequency
    half_window = round(3 * grid_frequency / 52)
    events, periods = (5, max(1, round(4 * grid_frequency / 52))) if limit54 is None else limit54
    chosen = Settings(
        years_back=years_back,
        half_window=half_window,
        levels=min(10, max(grid_frequency - 2 * half_window, 1)),
        left_out=round(26 * grid_frequency / 52),
        events=events,
        periods=periods,
        level=alpha,
    )
    tested = _tested(counts.grid, at, chosen)
    fits = past_fits(counts, tested, chosen)
    table = _table(counts, tested, fits, chosen)
    subject = "rates (log population as offset)" if counts.log_population is not None else "counts"
    return Aberrations(
        table=table,
        history=_history(counts),
        by=names,
        frequency=counts.grid.frequency,
        calendar=counts.grid.years is not None,
        alpha=chosen.level,
        method=f"Quasi-Poisson log-linear model of {subject}, {chosen.words}",
        warnings=_warnings(counts, tested, table, chosen),
    )


def _tested(grid: PeriodGrid, at: object, chosen: Settings) -> NDArray[np.intp]:
    """The places to test."""
    if at is None:
        return np.array([len(grid) - 1])
    if isinstance(at, str) and at == "all":
        first = grid.frequency * chosen.years_back + chosen.half_window
        if first >= len(grid):
            raise TooFewPoints(
                "too_few_periods",
                f"The series has {len(grid)} periods, and the first to have a whole baseline would be number "
                f"{first + 1}. More years, or fewer `years_back`, would help.",
            )
        return np.arange(first, len(grid))
    if isinstance(at, tuple) and len(at) == 2:
        ends = [grid.place(end) for end in at]
        if ends[0] > ends[1]:
            raise Refusal("dates_reversed", f"The first period to test, {at[0]}, is after the last, {at[1]}.")
        return np.arange(ends[0], ends[1] + 1)
    if isinstance(at, Iterable) and not isinstance(at, str):
        places = [grid.place(period) for period in at]
        if not places:
            raise Refusal("empty", "There is no period to test: leave `at` out to test the last one.")
        return np.unique(np.array(places))
    return np.array([grid.place(at)])


def _history(counts: GridCounts) -> pd.DataFrame:
    grid, n = counts.grid, len(counts.keys)
    x = grid.values.to_numpy(dtype=float) if grid.years is None else grid.years
    return _repeated(counts, grid.values).assign(x=np.tile(x, n), low=counts.low.T.ravel(), high=counts.high.T.ravel())


def _repeated(counts: GridCounts, periods: pd.Series) -> pd.DataFrame:
    """The keys and the periods: one row a series and period."""
    n = len(counts.keys)
    keys = counts.keys.loc[np.repeat(np.arange(n), len(periods))].reset_index(drop=True)
    return keys.assign(period=pd.concat([periods] * n, ignore_index=True))


def _table(counts: GridCounts, tested: NDArray[np.intp], fits: PastFits, chosen: Settings) -> pd.DataFrame:
    """One row a series and tested period."""
    low, high = counts.low[tested].T, counts.high[tested].T
    means = np.array([expected.mean for expected in fits.expected])
    centres = np.array([expected.log_mean for expected in fits.expected])
    upper = np.array(fits.upper)
    chance = np.array([p_value(expected, low) for expected in fits.expected])
    known = np.isfinite(low) & np.isfinite(upper).all(axis=0)
    enough, perhaps = _enough(counts, tested, chosen)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = ((low - centres) / (upper - centres)).min(axis=0)
        alarm = enough & (low > upper.max(axis=0)) & (low > 0)
        possible = perhaps & (high > upper.min(axis=0)) & (high > 0)
    shown = np.where(perhaps & np.isfinite(upper).all(axis=0), 1.0, np.nan)
    least, most = means.min(axis=0) * shown, means.max(axis=0) * shown
    columns: dict[str, NDArray] = {
        "count": np.where(low == high, low, np.nan),
        "low": low,
        "high": high,
        "expected": np.where(least == most, least, np.nan),
        "expected_low": least,
        "expected_high": most,
        "upper": upper.max(axis=0) * shown,
        "upper_low": upper.min(axis=0) * shown,
        "p_value": chance.max(axis=0),
        "score": score,
        "alarm": alarm,
        "possible": possible,
        "trend": np.any([expected.trend for expected in fits.expected], axis=0),
        "dispersion": np.max([expected.dispersion for expected in fits.expected], axis=0),
        "warnings": _row_warnings(low, fits, enough, perhaps, chosen),
    }
    table = _repeated(counts, counts.grid.values.iloc[tested])
    table = table.assign(**{name: values.ravel() for name, values in columns.items()})
    table = table.astype({"alarm": "boolean", "possible": "boolean"})
    table.loc[~known.ravel(), ["alarm", "possible"]] = pd.NA
    return table


def _enough(
    counts: GridCounts, tested: NDArray[np.intp], chosen: Settings
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return whether the last periods hold enough events for an alarm: for certain, and perhaps; series by tests."""
    places = tested[:, np.newaxis] - np.arange(chosen.periods)
    inside = (places >= 0)[:, :, np.newaxis]
    least = np.where(inside, np.nan_to_num(counts.low[places]), 0)
    most = np.where(inside, np.where(np.isnan(counts.high[places]), np.inf, counts.high[places]), 0)
    return (least.sum(axis=1) >= chosen.events).T, (most.sum(axis=1) >= chosen.events).T


def _row_warnings(
    low: Floats, fits: PastFits, enough: NDArray[np.bool_], perhaps: NDArray[np.bool_], chosen: Settings
) -> NDArray[np.object_]:
    """Sentences on the weakness of each test."""
    words = np.full(low.shape, "", dtype=object)
    fitted = np.isfinite(fits.upper).all(axis=0)
    missing = fits.periods - fits.known
    never = fitted & (np.max([expected.mean for expected in fits.expected], axis=0) < _NEVER)
    span = f"the last {chosen.periods} periods" if chosen.periods > 1 else "the period"

    def add(where: NDArray[np.bool_], sentence: str) -> None:
        for place in zip(*np.nonzero(where), strict=True):
            filled = sentence.format(
                known=fits.known[place], years=fits.years[place], periods=fits.periods[place], missing=missing[place]
            )
            words[place] = f"{words[place]} {filled}".strip()

    add(np.isnan(low), "The count is not known.")
    add(
        fits.poor,
        f"Not tested: {{known}} known counts from {{years}} years in the baseline; at least {FEWEST_POINTS} from "
        f"{fewest_years(chosen)} are needed.",
    )
    add(~fitted & ~fits.poor, "Not tested: the baseline gives no limit.")
    add(fitted & (missing > 0), "{missing} of the {periods} periods of the baseline are not known and left out.")
    add(fitted & ~perhaps, f"Fewer than {chosen.events} events in {span}: too few for an alarm.")
    add(
        fitted & perhaps & ~enough & ~np.isnan(low),
        f"Perhaps fewer than {chosen.events} events in {span}: no alarm is certain.",
    )
    add(
        fitted & (fits.known < FEW_KNOWN),
        "Only {known} counts in the baseline: one of them can turn the limit.",
    )
    add(never, "The baseline has no event at this time of year.")
    return words


def _warnings(
    counts: GridCounts, tested: NDArray[np.intp], table: pd.DataFrame, chosen: Settings
) -> tuple[Caution, ...]:
    """Limits of the series, one sentence each."""
    grid = counts.grid
    first = [grid.references(int(place), chosen.years_back)[-1] - chosen.half_window for place in tested]
    compared = np.zeros(len(grid), dtype=bool)
    for place, back in zip(tested, first, strict=True):
        compared[max(place + back, 0) : place + 1] = True

    def said(code: str, words: str, cells: NDArray[np.bool_]) -> Said:
        cells = cells & compared[:, np.newaxis]
        if not cells.any():
            return ""
        number = "" if len(counts.keys) == 1 else f", {cells.sum():,} counts of all series"
        return Caution(code, f"{words}: {grid.listed(np.flatnonzero(cells.any(axis=1)))}{number}.")

    minimum = np.isinf(counts.high)
    tests = int(table["alarm"].notna().sum())
    untested = len(table) - tests
    years = np.floor(grid.years[compared]) if grid.years is not None else np.array([])
    return Caution.kept(
        QUESTION,
        Caution.when(
            tests > 1, "many_tests", f"{tests:,} tests: about {tests * chosen.level:.3g} alarms would be chance alone."
        ),
        Caution.when(
            untested, "not_tested", f"{untested:,} of {len(table):,} periods could not be tested; the table says why."
        ),
        said("unknown_left_out", "Left out, as the count is not known", np.isnan(counts.low)),
        said("minimum_left_out", "Left out of the baseline, as only a minimum is known", minimum),
        said(
            "approximate_counts",
            "Approximate counts, taken as they stand; their width is not stated",
            counts.approximate,
        ),
        said(
            "interval_counts",
            "Counts known only between bounds, so that the widest limits are shown",
            (counts.low < counts.high) & ~minimum,
        ),
        Caution.when(
            (tested + first < 0).any(),
            "short_baseline",
            "Some baselines would begin before the first period: they are shorter.",
        ),
        Caution.when(
            np.isin(years, caution.COVID_YEARS).any(),
            "covid_years",
            "COVID-19 years, when detecting and reporting were disturbed, are among the periods compared.",
        ),
        Caution.when(
            tested[-1] == len(grid) - 1,
            "incomplete_period",
            f"The last period, {grid.text(len(grid) - 1)}, may not be complete: delay in reporting can hide an alarm.",
        ),
        caution.EFFORT_UNKNOWN,
    )
