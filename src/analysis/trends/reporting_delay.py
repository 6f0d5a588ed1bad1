"""How long reports take, learnt from those that have arrived: of a recent case only a short one is seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.refusal import Caution, Refusal
from analysis.trends import calendar_periods as calendar
from analysis.trends import caution
from analysis.trends.calendar_periods import Whole
from analysis.trends.refusal import NotEstimable, TooFewPoints
from analysis.trends.series import Floats

FEWEST_REPORTS = 20
# Cases whose event lies so far back that even the longest delay would be over.
FEWEST_SEEN_THROUGH = 5


@dataclass(frozen=True, eq=False)
class Reports:
    """Cases reported by a day, as numbers of periods.

    Parameters
    ----------
    event : number of the period of the event, one a case.
    delay : periods from the event's to the report's, 0 or more.
    last : number of the last period that is over.
    unit : D, W, M, Q or Y.
    max_delay : the longest delay that is considered, in periods.
    warnings : what was left out, one sentence each.
    """

    event: Whole
    delay: Whole
    last: int
    unit: str
    max_delay: int
    warnings: tuple[Caution, ...]


@dataclass(frozen=True, eq=False)
class DelayCounts:
    """What is known of each delay x = 0, 1, ..., D.

    Parameters
    ----------
    exactly : cases with delay x among those whose event lies at least x periods back.
    upto : cases with delay x or shorter among the same.
    """

    exactly: Floats
    upto: Floats


def read(reports: pd.DataFrame, when: object, unit: str, max_delay: int | None) -> Reports:
    """Reports as a nowcast uses them: checked, those after `when` set aside, and what is left out named.

    Raises
    ------
    ValueError : a column is missing, no date, a report before its event (the row is named), or no report at all.
    NotEstimable : a date is an interval that does not decide its period.
    """
    calendar.check_unit(unit)
    cases = _from_counts(reports, unit) if "delay" in reports else _from_dates(reports, unit)
    event, reported, unknown = cases
    if not event.size:
        raise TooFewPoints(
            "no_dated_reports", "No report has both its dates: there is nothing to learn the delay from."
        )
    day = day_of(when) if when is not None else _last_report(reports, reported, unit)
    last = calendar.last_ended(day, unit)
    later, in_time = reported > last, reported <= last
    delay = (reported - event)[in_time]
    if max_delay is not None and (max_delay != int(max_delay) or max_delay < 1):
        raise Refusal("not_whole_number", f"`max_delay` is a whole number of periods, 1 or more; it is {max_delay}.")
    longest = int(max_delay) if max_delay is not None else max(int(delay.max(initial=0)), 1)
    kept = delay <= longest
    word = calendar.UNITS[unit]
    ended = calendar.named(np.array([last]), unit).iloc[0]
    said = caution.kept(
        Caution("undated_left_out", f"Left out, as a date is not known: {unknown} reports.") if unknown else "",
        Caution(
            "late_left_out",
            f"Left out, as they arrived after {ended}, the last {word} that was over: {later.sum()} reports.",
        )
        if later.any()
        else "",
        Caution(
            "long_delays_left_out",
            f"Left out, as they took more than {longest} {word}s: {(~kept).sum()} reports; the estimate is of cases "
            "that are reported by then.",
        )
        if not kept.all()
        else "",
    )
    return Reports(event[in_time][kept], delay[kept], last, unit, longest, said)


def count(reports: Reports, window: int | None = None) -> DelayCounts:
    """Cases by delay, and how many could have been seen with each, from events of the last `window` periods and now.

    Raises
    ------
    TooFewPoints : fewer than 20 reports, or fewer than 5 cases old enough to have been seen with the longest delay.
    NotEstimable : the history, or the window, does not reach back as far as the longest delay.
    """
    d, word = reports.max_delay, calendar.UNITS[reports.unit]
    first = int(reports.event.min()) if reports.event.size else reports.last
    reach = min(reports.last - first, window if window is not None else reports.last - first)
    if reports.event.size < FEWEST_REPORTS:
        raise TooFewPoints(
            "too_few_reports",
            f"Reports that can be used: {reports.event.size}. How long they take needs at least {FEWEST_REPORTS}. A "
            "longer history, or several lists together, would help; until then flag the last period.",
        )
    if reach < d:
        raise NotEstimable(
            "history_too_short",
            f"The longest delay is {d} {word}s, and the events reach back only {reach}: how many take so long has "
            "never been seen. A longer history or window, or a shorter `max_delay`, would help.",
        )
    used = reports.event >= reports.last - reach
    age, delay = reports.last - reports.event[used], reports.delay[used]
    # Cases enter the risk set of delay x when x reaches their delay, and leave it when x passes their age.
    enters = np.bincount(delay, minlength=d + 1).astype(float)
    leaves = np.bincount(np.minimum(age, d) + 1, minlength=d + 2)[: d + 1].astype(float)
    upto = np.cumsum(enters) - np.cumsum(leaves)
    if upto[d] < FEWEST_SEEN_THROUGH:
        raise TooFewPoints(
            "too_few_cases",
            f"Cases whose event lies {d} {word}s back or more, as long as the longest delay: {upto[d]:g}, and at least "
            f"{FEWEST_SEEN_THROUGH} are needed. A longer history, or a shorter `max_delay`, would help.",
        )
    return DelayCounts(enters, upto)


def reversed_hazard(counts: DelayCounts) -> Floats:
    """Chance of delay x among delays of x or less; 1 at x = 0.

    Right truncation turns time round: a case is seen if its delay is not longer than its age, so that of the delays of
    x or less an unbiased share is seen among the cases that are at least x periods old.

    References
    ----------
    Lagakos, S. W., Barraj, L. M. and De Gruttola, V. (1988). Nonparametric analysis of truncated survival data, with
        application to AIDS. Biometrika 75, 515-523.
    """
    # Where none with so short a delay is seen, its hazard does not matter: a longer one has hazard 1.
    hazard = counts.exactly / np.maximum(counts.upto, 1)
    hazard[0] = 1.0
    return hazard


def cumulative(hazard: Floats) -> Floats:
    """Share reported by delay x, from reversed hazards along the last axis: the product of 1 - hazard of all longer."""
    after = np.cumprod((1 - hazard)[..., :0:-1], axis=-1)[..., ::-1]
    return np.concatenate([after, np.ones((*hazard.shape[:-1], 1))], axis=-1)


def limits(counts: DelayCounts, share: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Pointwise limits of the share reported by delay x, on the scale log(-log) that keeps them between 0 and 1."""
    hazard = reversed_hazard(counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = hazard / (counts.upto * (1 - hazard))
        variance = np.append(np.cumsum(terms[:0:-1])[::-1], 0.0)
        half = stats.norm.ppf((1 + confidence) / 2) * np.sqrt(variance) / np.abs(np.log(share))
        low, high = share ** np.exp(half), share ** np.exp(-half)
    certain = share >= 1
    return np.where(certain, 1.0, np.nan_to_num(low)), np.where(certain, 1.0, np.nan_to_num(high, nan=1.0))


def day_of(when: object) -> pd.Timestamp:
    """`when` as a day; raises ValueError if it is missing or no date."""
    day = pd.Timestamp(when)
    if pd.isna(day):
        raise Refusal("missing_argument", "`when` is missing: give the day from which the records were looked at.")
    return day.normalize()


def _last_report(reports: pd.DataFrame, reported: Whole, unit: str) -> pd.Timestamp:
    """The day of the last report; with counts, the last day of its period."""
    if "delay" not in reports:
        column = "reported" if "reported" in reports else "reported_high"
        return calendar.dates(reports, column).max()
    return pd.Period(ordinal=int(reported.max()), freq=unit).end_time.normalize()


def bounds_of(records: pd.DataFrame) -> pd.DataFrame:
    """First and last day of event and report; both bounds are the day itself where that is given."""
    bounds = {}
    for what in ("event", "reported"):
        low, high = (what, what) if what in records else (f"{what}_low", f"{what}_high")
        bounds[f"{what}_low"], bounds[f"{what}_high"] = calendar.interval(records, low, high)
    table = pd.DataFrame(bounds)
    early = table["reported_high"] < table["event_low"]
    if early.any():
        row = table[early].iloc[0]
        raise Refusal(
            "dates_reversed",
            f"Row {table.index[early][0]}: reported on {row['reported_high']:%Y-%m-%d}, before the event on "
            f"{row['event_low']:%Y-%m-%d}. Correct the dates, or leave the record out and say so.",
        )
    return table


def _from_dates(reports: pd.DataFrame, unit: str) -> tuple[Whole, Whole, int]:
    bounds = bounds_of(reports)
    known = bounds.dropna()
    numbers = {column: calendar.ordinals(known[column], unit) for column in known}
    for what in ("event", "reported"):
        open_ = numbers[f"{what}_low"] != numbers[f"{what}_high"]
        if open_.any():
            raise NotEstimable(
                "imprecise_dates",
                f"The date of {what} of {open_.sum()} records may lie in more than one {calendar.UNITS[unit]}, first "
                f"in row {known.index[open_][0]}. A longer unit, or leaving them out and saying so, would help.",
            )
    early = numbers["reported_low"] < numbers["event_low"]
    if early.any():
        raise Refusal("dates_reversed", f"Row {known.index[early][0]}: reported before the event.")
    return numbers["event_low"], numbers["reported_low"], len(bounds) - len(known)


def _from_counts(reports: pd.DataFrame, unit: str) -> tuple[Whole, Whole, int]:
    for column in ("event", "count"):
        if column not in reports:
            raise Refusal("missing_column", f"Counts need the columns event, delay, count; {column} is missing.")
    cells = reports[["delay", "count"]].to_numpy(dtype=float, na_value=np.nan)
    bad = ~(np.isfinite(cells) & (cells >= 0) & (cells == np.round(cells))).all(axis=1)
    if bad.any():
        raise Refusal("not_whole_number", f"Row {reports.index[bad][0]}: delay and count are whole numbers, 0 or more.")
    event = reports["event"]
    if event.isna().any():
        raise Refusal("missing_value", f"Row {reports.index[event.isna()][0]} has no event period.")
    if isinstance(event.dtype, pd.PeriodDtype):
        days = event.dt.start_time
    elif unit == "Y" and pd.api.types.is_numeric_dtype(event):
        days = pd.to_datetime(event.astype(int).astype(str) + "-01-01")
    else:
        days = calendar.dates(reports, "event")
    times = cells[:, 1].astype(np.int64)
    numbers = np.repeat(calendar.ordinals(days, unit), times)
    return numbers, numbers + np.repeat(cells[:, 0].astype(np.int64), times), 0
