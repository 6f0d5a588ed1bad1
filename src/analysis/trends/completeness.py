"""Which periods of a series cannot be complete yet: by how long reports take, or, where that is not known, the last."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.refusal import Caution, Refusal
from analysis.trends import calendar_periods as calendar
from analysis.trends import caution, reporting_delay
from analysis.trends.refusal import TooFewPoints
from analysis.trends.reporting_delay import FEWEST_REPORTS
from analysis.trends.series import check_periods

COMPLETE = 0.95


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
    calendar.check_unit(unit)
    if not 0 < complete <= 1:
        raise Refusal("out_of_range", f"`complete` is a share above 0 and at most 1, as 0.95 is; it is {complete}.")
    bounds = reporting_delay.bounds_of(records)
    to_the_day = (bounds["event_low"] == bounds["event_high"]) & (bounds["reported_low"] == bounds["reported_high"])
    known = bounds[to_the_day].rename(columns={"event_low": "event", "reported_low": "reported"})
    seen = reporting_delay.read(known[["event", "reported"]], when, "D", max_delay) if len(known) else None
    if seen is None or seen.event.size < FEWEST_REPORTS:
        raise TooFewPoints(
            "too_few_reports",
            f"Records with event and report known to the day: {len(known)}, and at least {FEWEST_REPORTS} that had "
            "arrived are needed to say how complete a period is. Until then `flag_last_period`.",
        )
    counts = reporting_delay.count(seen)
    share = reporting_delay.cumulative(reporting_delay.reversed_hazard(counts))
    first, last = bounds["event_low"].min(), reporting_delay.day_of(when)
    days = pd.date_range(pd.Period(first, freq=unit).start_time, pd.Period(last, freq=unit).end_time.normalize())
    age = np.asarray((last - days).days)
    reported = np.where(age < 0, 0.0, share[np.clip(age, 0, seen.max_delay)])
    numbers = calendar.ordinals(pd.Series(days), unit)
    table = pd.DataFrame({"number": numbers, "share": reported, "age": age}).groupby("number")
    found = pd.DataFrame({"period": calendar.named(np.unique(numbers), unit)})
    found["share_reported"] = table["share"].mean().to_numpy()
    over = table["age"].min().to_numpy() >= 0
    found["complete"] = (found["share_reported"] >= complete) & over
    found["warnings"] = [
        "" if full else Caution("period_not_over", "Not over yet.") if not ended else _incomplete(row)
        for full, ended, row in zip(found["complete"], over, found["share_reported"], strict=True)
    ]
    return found


def flag_last_period(series: pd.DataFrame) -> pd.DataFrame:
    """A copy of a series whose last period is marked as perhaps not complete: all that can be said without delays.

    Parameters
    ----------
    series : period (year, a number) and any other columns.

    Returns
    -------
    DataFrame, rows as given: its columns, complete (False in the last period; where the column stands already, it is
    kept elsewhere) and warnings (added to those that stand there).

    Raises
    ------
    ValueError : a period is missing or given twice.
    """
    check_periods(series)
    last = series["period"] == series["period"].max()
    before = series["complete"].astype(bool) if "complete" in series else pd.Series(True, series.index)
    said = series["warnings"].fillna("") if "warnings" in series else pd.Series("", series.index)
    flagged = [
        " ".join(dict.fromkeys(filter(None, (text, caution.last_incomplete(float(period)) if at_end else ""))))
        for text, period, at_end in zip(said, series["period"], last, strict=True)
    ]
    return series.assign(complete=before & ~last, warnings=flagged)


def _incomplete(share: float) -> Caution:
    return Caution("incomplete_period", f"Not complete: about {100 * share:.0f} % of its cases had been reported.")
