"""How good nowcasts would have been: each past date's, made with what was known then, against what is known now."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from bounded import arguments, result_plots
from bounded.arguments import checked, each, figures, pair, positive
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution, Refusal, require_choice
from trends import reporting_delay as calendar
from trends.nowcast import METHODS, SEED, Quantiles, learn, quantiles
from trends.reporting_delay import Reports
from trends.series import Floats, NotEstimable, TooFewPoints

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CONFIDENCE = (0.5, 0.9, 0.95)
# With fewer, one date more or less moves a share by more than a tenth.
FEWEST_DATES = 10
FEW_DATES = 40
SCORES = ("wis", "dispersion", "underprediction", "overprediction", "naive_wis")


@dataclass(frozen=True, eq=False)
class NowcastScores(NotebookResult):
    """Scores of the nowcasts of past dates. Scores are in cases, and small ones are good.

    Parameters
    ----------
    dates : past dates whose nowcasts were scored.
    unit, delay_unit : of the periods and of the delays: D, W, M, Q or Y.
    max_delay : the longest delay considered, in delay units; what was reported by then is what is known later.
    method : of the nowcasts.
    confidence : levels of the intervals that the score weighs.
    by_horizon : horizon (periods back from the last that was over; 0 is that one), n (nowcasts), share_reported (of the
        cases known later), wis (mean weighted interval score) and its parts dispersion, underprediction and
        overprediction, naive_wis (of the cases reported then, taken as all), relative_wis (wis / naive_wis; below 1 the
        nowcast is better), held_50 and so on (share of intervals that hold the cases known later, 0 to 1).
    overall : the same over all horizons, one row, without `horizon`.
    table : when (the day), period, horizon, reported (cases then), later (cases known later), estimate (median), wis,
        its parts, naive_wis, and for each level low_50, high_50, held_50 and so on; one row a nowcast of a period.
    warnings : what weakens the scores, one sentence each.
    """

    dates: int
    unit: str
    delay_unit: str
    max_delay: int
    method: str
    confidence: tuple[float, ...]
    by_horizon: pd.DataFrame = field(repr=False)
    overall: pd.DataFrame = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    warnings: tuple[Caution, ...]

    def plot(self, *, title: str = "") -> Figure:
        """Parts of the mean score by horizon; beside each the share of intervals that held, and the naive score."""
        word, widest = calendar.UNITS[self.unit], max(self.confidence)
        rows = self.by_horizon
        held = 100 * rows[_held(widest)]
        return result_plots.parts(
            [
                f"{horizon} {word}s: held {share:.0f} %, uncorrected {naive:,.1f}"
                for horizon, naive, share in zip(rows["horizon"], rows["naive_wis"], held, strict=True)
            ],
            {
                "width of the intervals": rows["dispersion"],
                "estimated too low": rows["underprediction"],
                "estimated too high": rows["overprediction"],
            },
            title=title
            or f"Nowcasts of {self.dates} past dates against what was known later, by {word}s back: share of "
            f"{100 * widest:g} % intervals that held, and score of the cases reported by then (uncorrected)",
            xlabel="mean weighted interval score (cases)",
        )


@checked(reports=figures("delay", "count"), confidence=each(arguments.level, least=0), prior=pair(positive, positive))
def score_nowcasts(
    reports: pd.DataFrame,
    *,
    when: object = None,
    unit: str = "M",
    delay_unit: str | None = None,
    max_delay: int | None = None,
    window: int | None = None,
    horizons: int | None = None,
    method: str = "bayes.trunc",
    confidence: tuple[float, ...] = CONFIDENCE,
    prior: tuple[float, float] | None = None,
    seed: int = SEED,
) -> NowcastScores:
    """Score the nowcasts of past dates, made with what was known then, against what is known now.

    A past date is the last day of a period that is so old that even its longest delay is over at `when`. As of each,
    `nowcast` is asked for all cases of the periods that were not complete by then; later reports are set aside. The
    weighted interval score compares median and intervals with the cases known later: the intervals' width, and how far
    the cases lie outside, in cases. Of a number without intervals it is the absolute error; so it is compared with
    taking the cases reported then for all ("no correction").

    The longest delay is the one thing that comes from after the dates, unless it is given. Nowcasts of neighbouring
    dates share most of their reports: they are worth fewer than their number.

    Parameters
    ----------
    reports : as for `nowcast`.
    when : the day up to which reports are known; by default the day of the last report.
    unit, delay_unit, max_delay, window, method, prior, seed : as for `nowcast`; `max_delay` by default the longest
        seen.
    horizons : how many periods are scored, back from the last that was over; by default all that were not complete.
    confidence : levels of the intervals, each between 0 and 1.

    Returns
    -------
    NowcastScores : `by_horizon` and `overall` (mean score and its parts, relative score, shares of intervals that
        held), `table` (one row a nowcast of a period), and warnings.

    Raises
    ------
    TooFewPoints : fewer than 10 past dates have a nowcast and are old enough to be scored.
    NotEstimable, ValueError : as in `nowcast`; no level, or one twice.

    References
    ----------
    Bracher, J., Ray, E. L., Gneiting, T. and Reich, N. G. (2021). Evaluating epidemic forecasts in an interval format.
        PLOS Computational Biology 17, e1008618.
    """
    levels = _levels(confidence)
    require_choice("method", method, METHODS)
    fine = calendar.check_unit(unit) if delay_unit is None else calendar.check_within(delay_unit, unit)
    known = calendar.read(reports, when, fine, max_delay)
    ends = pd.Series(pd.PeriodIndex.from_ordinals(known.event, freq=fine).end_time)
    later = pd.Series(calendar.ordinals(ends, unit)).value_counts()
    found, refused = [], []
    for day, then in _past(known, unit):
        try:
            _, drawn = learn(then, window, method, seed)
            of_then = quantiles(then, drawn, unit, levels, method=method, prior=prior, seed=seed)
        except (TooFewPoints, NotEstimable):
            refused.append(day)
            continue
        found.append(_scored(day, then, of_then, later, unit, confidence))
    rows = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["when", "horizon", "estimate"])
    rows = rows[rows["horizon"] < (np.inf if horizons is None else horizons)]
    missing = rows["estimate"].isna()
    rows = rows[~missing].reset_index(drop=True)
    dates = int(rows["when"].nunique())
    if dates < FEWEST_DATES:
        raise TooFewPoints(
            "too_few_dates",
            f"Past dates whose nowcasts can be scored: {dates}, and at least {FEWEST_DATES} are needed, each with "
            f"{known.max_delay} {calendar.UNITS[fine]}s, the longest delay, before and after it. A longer history, a "
            "shorter unit or a shorter `max_delay` would help.",
        )
    word = calendar.UNITS[unit]
    return NowcastScores(
        dates=dates,
        unit=unit,
        delay_unit=fine,
        max_delay=known.max_delay,
        method=method,
        confidence=tuple(confidence),
        by_horizon=_means(rows, "horizon", confidence),
        overall=_means(rows.assign(all=0), "all", confidence).drop(columns="all"),
        table=rows,
        warnings=Caution.kept(
            *known.warnings,
            Caution.when(
                len(refused),
                "dates_not_scored",
                f"Past {word}s without a nowcast, as too little was known then: {len(refused)}.",
            ),
            Caution.when(
                missing.any(),
                "no_nowcast",
                f"Left out, as there was no estimate: {missing.sum()} past {word}s.",
            ),
            Caution.when(
                dates < FEW_DATES,
                "few_dates",
                f"Only {dates} past dates: the shares of intervals that held are rough, as each date is "
                f"{100 / dates:.0f} % of a horizon.",
            ),
            Caution.when(
                max_delay is None,
                "longest_delay_from_later",
                f"The longest delay, {known.max_delay} {calendar.UNITS[fine]}s, was not known at the past dates: give "
                "`max_delay` to score what could have been done then.",
            ),
        ),
    )


def weighted_interval_score(truth: ArrayLike, found: Floats, confidence: tuple[float, ...]) -> pd.DataFrame:
    """The weighted interval score of medians and central intervals, and its parts.

    Parameters
    ----------
    truth : what happened; shape (n,).
    found : median, then lower and upper end of each interval; shape (n, 1 + 2 K).
    confidence : of the K intervals.

    Returns
    -------
    DataFrame, one row a truth: wis, dispersion, underprediction, overprediction, in the unit of the truth; the three
    add to the first.

    References
    ----------
    Bracher, J., Ray, E. L., Gneiting, T. and Reich, N. G. (2021). Evaluating epidemic forecasts in an interval format.
        PLOS Computational Biology 17, e1008618.
    """
    y = np.asarray(truth, dtype=float)[:, np.newaxis]
    median, low, high = found[:, :1], found[:, 1::2], found[:, 2::2]
    # An interval weighs half its alpha, and its score divides distances outside by that: they count as they are.
    half_alpha = (1 - np.array(confidence)) / 2
    parts = {
        "dispersion": (half_alpha * (high - low)).sum(axis=1),
        "underprediction": np.maximum(y - high, 0).sum(axis=1) + np.maximum(y - median, 0)[:, 0] / 2,
        "overprediction": np.maximum(low - y, 0).sum(axis=1) + np.maximum(median - y, 0)[:, 0] / 2,
    }
    table = pd.DataFrame(parts) / (len(confidence) + 0.5)
    table.insert(0, "wis", table.sum(axis=1))
    return table


def _levels(confidence: tuple[float, ...]) -> tuple[float, ...]:
    """Levels of the median and of both ends of each interval."""
    if not confidence or len(set(confidence)) < len(confidence):
        raise Refusal("invalid_levels", f"`confidence` is one level or several different ones; it is {confidence}.")
    return (0.5, *(end for level in confidence for end in ((1 - level) / 2, (1 + level) / 2)))


def _past(known: Reports, unit: str) -> list[tuple[pd.Timestamp, Reports]]:
    """Each past date, and the reports that were known then."""
    found = []
    first = pd.PeriodIndex.from_ordinals([known.event.min()], freq=known.unit)[0].asfreq(unit, "start")
    last = pd.PeriodIndex.from_ordinals([known.last - known.max_delay], freq=known.unit)[0]
    for number in range(first.ordinal, calendar.last_ended(last.end_time.normalize(), unit) + 1):
        day = pd.Period(ordinal=number, freq=unit).end_time.normalize()
        over = calendar.last_ended(day, known.unit)
        in_time = known.event + known.delay <= over
        if in_time.any():
            then = Reports(known.event[in_time], known.delay[in_time], over, known.unit, known.max_delay, ())
            found.append((day, then))
    return found


def _scored(
    day: pd.Timestamp,
    then: Reports,
    found: Quantiles,
    by_period: pd.Series,
    unit: str,
    confidence: tuple[float, ...],
) -> pd.DataFrame:
    """The nowcasts of a day for periods that were not complete then, one row each."""
    later = by_period.reindex(found.periods, fill_value=0).to_numpy(dtype=np.int64)
    ends = pd.Series(pd.PeriodIndex.from_ordinals(found.periods, freq=unit).end_time)
    open_ = then.last - calendar.ordinals(ends, then.unit) < then.max_delay
    score = weighted_interval_score(later, found.all_cases, confidence)
    rows = pd.DataFrame(
        {
            "when": day,
            "period": calendar.named(found.periods, unit),
            "horizon": found.periods[-1] - found.periods,
            "reported": found.observed,
            "later": later,
            "estimate": found.all_cases[:, 0],
            **score,
            "naive_wis": np.abs(later - found.observed).astype(float),
        }
    )
    for place, level in enumerate(confidence):
        low, high = found.all_cases[:, 1 + 2 * place], found.all_cases[:, 2 + 2 * place]
        rows[[f"low_{100 * level:g}", f"high_{100 * level:g}"]] = np.column_stack([low, high])
        rows[_held(level)] = (low <= later) & (later <= high)
    return rows[open_]


def _held(level: float) -> str:
    return f"held_{100 * level:g}"


def _means(rows: pd.DataFrame, by: str, confidence: tuple[float, ...]) -> pd.DataFrame:
    groups = rows.groupby(by, sort=True)
    table = groups[[*SCORES, *map(_held, confidence)]].mean()
    with np.errstate(divide="ignore", invalid="ignore"):
        table.insert(0, "share_reported", groups["reported"].sum() / groups["later"].sum())
        table.insert(len(SCORES) + 1, "relative_wis", table["wis"] / table["naive_wis"].where(table["naive_wis"] > 0))
    table.insert(0, "n", groups.size())
    return table.reset_index()
