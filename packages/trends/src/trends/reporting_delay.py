"""Reporting delay: periods of a calendar, how long reports take, and which periods are not complete yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounded.arguments import checked, number
from bounded.refusal import Caution, Refusal, is_number, require_columns, require_known, shown
from trends import caution
from trends.calendar_years import in_years
from trends.series import Floats, NotEstimable, TooFewPoints, check_periods

UNITS = {"D": "day", "W": "week", "M": "month", "Q": "quarter", "Y": "year"}
Whole = NDArray[np.int64]


def check_unit(unit: str) -> str:
    """`unit` itself; raises ValueError unless it is one of D, W, M, Q, Y."""
    if unit not in UNITS:
        named = ", ".join(f"{short} ({word})" for short, word in UNITS.items())
        raise Refusal("unknown_choice", f"The unit '{unit}' is none of {named}.")
    return unit


def check_within(short: str, unit: str) -> str:
    """`short` itself; raises ValueError unless periods of it make up those of `unit`: no week is of one month."""
    order = [name for name in UNITS if name != "W" or "W" in (short, unit)]
    if check_unit(short) != check_unit(unit) and (order.index(short) > order.index(unit) or short == "W"):
        raise Refusal(
            "units_do_not_nest",
            f"A {UNITS[unit]} is not made up of whole {UNITS[short]}s: choose a shorter unit of delays.",
        )
    return short


def dates(table: pd.DataFrame, column: str) -> pd.Series:
    """A column as days; NaT where it is missing.

    Raises
    ------
    ValueError : the column is missing, or holds numbers or texts that are no dates; the row is named.
    """
    require_columns(table, [column], "records")
    values = table[column]
    # A number would be read as nanoseconds since 1970.
    if pd.api.types.is_numeric_dtype(values) and values.notna().any():
        raise Refusal(
            "wrong_type", f"The column '{column}' holds numbers, not dates: give a year as its first and last day."
        )
    found = pd.to_datetime(values, errors="coerce")
    bad = found.isna() & values.notna()
    if bad.any():
        raise Refusal("invalid_date", f"Row {table.index[bad][0]}: '{values[bad].iloc[0]}' in '{column}' is no date.")
    return found.dt.normalize()


def interval(table: pd.DataFrame, low: str, high: str) -> tuple[pd.Series, pd.Series]:
    """The first and the last day that a date may be; both NaT where it is not known.

    Raises
    ------
    ValueError : a column is missing, only one bound is known, or the first day is after the last; the row is named.
    """
    first, last = dates(table, low), dates(table, high)
    faults = {
        f"only one of {low} and {high} is known": first.isna() ^ last.isna(),
        f"{low} is after {high}": first > last,
    }
    for reason, bad in faults.items():
        if bad.any():
            raise Refusal("invalid_date_range", f"Row {table.index[bad][0]}: {reason}.")
    return first, last


def ordinals(days: pd.Series, unit: str) -> Whole:
    """The number of the period in which each day lies, counted on from one to the next; no day may be missing."""
    return pd.PeriodIndex(days, freq=unit).asi8


def last_ended(when: pd.Timestamp, unit: str) -> int:
    """The number of the last period that is over at the end of the day `when`."""
    here = pd.Period(when, freq=unit)
    return here.ordinal if here.end_time.normalize() == when else here.ordinal - 1


def named(numbers: Whole, unit: str) -> pd.Series:
    """Periods as a table names them: years as whole numbers, as trends read them; others as pandas periods."""
    periods = pd.PeriodIndex.from_ordinals(np.asarray(numbers, dtype=np.int64), freq=unit)
    return pd.Series(periods.year.to_numpy() if unit == "Y" else periods)


@checked()
def period_bounds(records: pd.DataFrame, unit: str = "Y") -> pd.DataFrame:
    """Count for each period the records that certainly lie in it, and those that may.

    Parameters
    ----------
    records : one row a record: date_low, date_high.
    unit : of the periods: D, W, M, Q or Y.

    Returns
    -------
    DataFrame, one row a period, without gaps: period (a whole number for years), low (records certainly in it), high
    (records possibly in it), value_qualifier (exact where both agree, else derived): a series that a trend reads. Each
    period's bounds are exact by themselves; all lows, or all highs, cannot be true together.

    Raises
    ------
    ValueError : no record, a column or a date is missing, or date_low is after date_high; the row is named.
    """
    check_unit(unit)
    low, high = interval(records, "date_low", "date_high")
    if low.empty:
        raise Refusal("empty_table", "There are no records to count.")
    if low.isna().any():
        raise Refusal(
            "missing_date",
            f"Row {records.index[low.isna()][0]} has no date, and may lie in any period. Leave it out and "
            "say so, or give it the first and the last day of the list.",
        )
    from_, to = ordinals(low, unit), ordinals(high, unit)
    first, width = from_.min(), int(to.max() - from_.min()) + 1
    certain = np.bincount(from_[from_ == to] - first, minlength=width)
    # A record is possible from its first period on, and no more after its last.
    steps = np.bincount(from_ - first, minlength=width + 1) - np.bincount(to - first + 1, minlength=width + 1)
    possible = np.cumsum(steps)[:width]
    return pd.DataFrame(
        {
            "period": named(np.arange(first, first + width), unit),
            "low": certain.astype(float),
            "high": possible.astype(float),
            "value_qualifier": np.where(certain == possible, "exact", "derived"),
        }
    )


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
    """Counts of each delay x = 0, 1, ..., D.

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
    check_unit(unit)
    cases = _from_counts(reports, unit) if "delay" in reports else _from_dates(reports, unit)
    event, reported, unknown = cases
    if not event.size:
        raise TooFewPoints(
            "no_dated_reports", "No report has both its dates: there is nothing to learn the delay from."
        )
    day = day_of(when) if when is not None else _last_report(reports, reported, unit)
    last = last_ended(day, unit)
    later, in_time = reported > last, reported <= last
    delay = (reported - event)[in_time]
    longest = int(max_delay) if max_delay is not None else max(int(delay.max(initial=0)), 1)
    kept = delay <= longest
    word = UNITS[unit]
    ended = named(np.array([last]), unit).iloc[0]
    said = Caution.kept(
        Caution.when(unknown, "undated_left_out", f"Left out, as a date is not known: {unknown} reports."),
        Caution.when(
            later.any(),
            "late_left_out",
            f"Left out, as they arrived after {ended}, the last {word} that was over: {later.sum()} reports.",
        ),
        Caution.when(
            not kept.all(),
            "long_delays_left_out",
            f"Left out, as they took more than {longest} {word}s: {(~kept).sum()} reports; the estimate is of cases "
            "that are reported by then.",
        ),
    )
    return Reports(event[in_time][kept], delay[kept], last, unit, longest, said)


def count(reports: Reports, window: int | None = None) -> DelayCounts:
    """Cases by delay, and how many could have been seen with each, from events of the last `window` periods and now.

    Raises
    ------
    TooFewPoints : fewer than 20 reports, or fewer than 5 cases old enough to have been seen with the longest delay.
    NotEstimable : the history, or the window, does not reach back as far as the longest delay.
    """
    d, word = reports.max_delay, UNITS[reports.unit]
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
    from scipy import stats

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
    try:
        day = pd.Timestamp(None if is_number(when) else when)
    except (TypeError, ValueError):
        raise Refusal("invalid_date", f"`when` is a day, such as 2023-12-31; it is {shown(when)}.") from None
    if pd.isna(day):
        raise Refusal("missing_argument", "`when` is missing: give the day from which the records were looked at.")
    return day.normalize()


def _last_report(reports: pd.DataFrame, reported: Whole, unit: str) -> pd.Timestamp:
    """The day of the last report; with counts, the last day of its period."""
    if "delay" not in reports:
        column = "reported" if "reported" in reports else "reported_high"
        return dates(reports, column).max()
    return pd.Period(ordinal=int(reported.max()), freq=unit).end_time.normalize()


def bounds_of(records: pd.DataFrame) -> pd.DataFrame:
    """First and last day of event and report; both bounds are the day itself where that is given."""
    bounds = {}
    for what in ("event", "reported"):
        low, high = (what, what) if what in records else (f"{what}_low", f"{what}_high")
        bounds[f"{what}_low"], bounds[f"{what}_high"] = interval(records, low, high)
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
    numbers = {column: ordinals(known[column], unit) for column in known}
    for what in ("event", "reported"):
        open_ = numbers[f"{what}_low"] != numbers[f"{what}_high"]
        if open_.any():
            raise NotEstimable(
                "imprecise_dates",
                f"The date of {what} of {open_.sum()} records may lie in more than one {UNITS[unit]}, first "
                f"in row {known.index[open_][0]}. A longer unit, or leaving them out and saying so, would help.",
            )
    early = numbers["reported_low"] < numbers["event_low"]
    if early.any():
        raise Refusal("dates_reversed", f"Row {known.index[early][0]}: reported before the event.")
    return numbers["event_low"], numbers["reported_low"], len(bounds) - len(known)


def _from_counts(reports: pd.DataFrame, unit: str) -> tuple[Whole, Whole, int]:
    require_columns(reports, ["event", "delay", "count"], "counts")
    cells = reports[["delay", "count"]].to_numpy(dtype=float, na_value=np.nan)
    bad = ~(np.isfinite(cells) & (cells >= 0) & (cells == np.round(cells))).all(axis=1)
    if bad.any():
        raise Refusal("not_whole_number", f"Row {reports.index[bad][0]}: delay and count are whole numbers, 0 or more.")
    event = reports["event"]
    require_known(reports, ["event"])
    if isinstance(event.dtype, pd.PeriodDtype):
        days = event.dt.start_time
    elif unit == "Y" and pd.api.types.is_numeric_dtype(event):
        days = pd.to_datetime(event.astype(int).astype(str) + "-01-01")
    else:
        days = dates(reports, "event")
    times = cells[:, 1].astype(np.int64)
    numbers = np.repeat(ordinals(days, unit), times)
    return numbers, numbers + np.repeat(cells[:, 0].astype(np.int64), times), 0


COMPLETE = 0.95


@checked(complete=number(above=0, most=1, example="0.95"))
def completeness(
    records: pd.DataFrame, when: object, *, unit: str = "Y", max_delay: int | None = None, complete: float = COMPLETE
) -> pd.DataFrame:
    """Say of each period what share of its cases has been reported, and whether it is complete.

    The delays are learnt in days, with right truncation, from the records whose dates are both known to the day; a
    period's share is the mean over its days, so that cases may come evenly over the period. A period that is not over
    is never complete.

    Parameters
    ----------
    records : one row a case: event and reported (dates), or event_low, event_high, reported_low, reported_high.
    when : the day on which the records were looked at, as the day of an export.
    unit : of the periods: D, W, M, Q or Y.
    max_delay : the longest delay that is considered, in days; by default the longest seen.
    complete : the share from which a period counts as complete.

    Returns
    -------
    DataFrame from the first event's period to that of `when`: period (a whole number for years), share_reported
    (0 to 1), complete (bool), warnings.

    Raises
    ------
    TooFewPoints : fewer than 20 records have both dates to the day, or fewer than 5 are older than the longest delay.
    ValueError : a column is missing, no date, or a report before its event; the row is named.

    References
    ----------
    Lagakos, S. W., Barraj, L. M. and De Gruttola, V. (1988). Nonparametric analysis of truncated survival data, with
        application to AIDS. Biometrika 75, 515-523.
    """
    check_unit(unit)
    bounds = bounds_of(records)
    to_the_day = (bounds["event_low"] == bounds["event_high"]) & (bounds["reported_low"] == bounds["reported_high"])
    known = bounds[to_the_day].rename(columns={"event_low": "event", "reported_low": "reported"})
    seen = read(known[["event", "reported"]], when, "D", max_delay) if len(known) else None
    if seen is None or seen.event.size < FEWEST_REPORTS:
        raise TooFewPoints(
            "too_few_reports",
            f"Records with event and report known to the day: {len(known)}, and at least {FEWEST_REPORTS} that had "
            "arrived are needed to say how complete a period is. Until then `flag_last_period`.",
        )
    counts = count(seen)
    share = cumulative(reversed_hazard(counts))
    first, last = bounds["event_low"].min(), day_of(when)
    days = pd.date_range(pd.Period(first, freq=unit).start_time, pd.Period(last, freq=unit).end_time.normalize())
    age = np.asarray((last - days).days)
    reported = np.where(age < 0, 0.0, share[np.clip(age, 0, seen.max_delay)])
    numbers = ordinals(pd.Series(days), unit)
    table = pd.DataFrame({"number": numbers, "share": reported, "age": age}).groupby("number")
    found = pd.DataFrame({"period": named(np.unique(numbers), unit)})
    found["share_reported"] = table["share"].mean().to_numpy()
    over = table["age"].min().to_numpy() >= 0
    found["complete"] = (found["share_reported"] >= complete) & over
    found["warnings"] = [
        "" if full else Caution("period_not_over", "Not over yet.") if not ended else _incomplete(row)
        for full, ended, row in zip(found["complete"], over, found["share_reported"], strict=True)
    ]
    return found


@checked()
def flag_last_period(series: pd.DataFrame) -> pd.DataFrame:
    """A copy of a series whose last period is marked as perhaps not complete: all that can be said without delays.

    Parameters
    ----------
    series : period (a year, or a date) and any other columns.

    Returns
    -------
    DataFrame, rows as given: its columns, complete (False in the last period; where the column stands already, it is
    kept elsewhere) and warnings (added to those that stand there).

    Raises
    ------
    ValueError : a period is missing or given twice.
    """
    check_periods(series)
    years, _ = in_years(series["period"])
    last = years == years.max()
    before = series["complete"].astype(bool) if "complete" in series else pd.Series(True, series.index)
    said = series["warnings"].fillna("") if "warnings" in series else pd.Series("", series.index)
    flagged = [
        " ".join(dict.fromkeys(filter(None, (text, caution.last_incomplete(float(period)) if at_end else ""))))
        for text, period, at_end in zip(said, years, last, strict=True)
    ]
    return series.assign(complete=before & ~last, warnings=flagged)


def _incomplete(share: float) -> Caution:
    return Caution("incomplete_period", f"Not complete: about {100 * share:.0f} % of its cases had been reported.")
