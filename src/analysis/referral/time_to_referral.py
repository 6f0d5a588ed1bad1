"""Days from the first contact to the referral, of persons whose records give both dates.

Times are known between two days only: bounds of their quantiles, limits, and the likeliest distribution.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import texts
from bounded import intervals
from bounded.refusal import Caution, Refusal, require_columns

TEXT = texts.of(__name__)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.plots import Footer

Floats = NDArray[np.float64]

# The steps of the algorithm end where no mass moves by more; 20,000 steps take less than a second.
_STEPS, _TOLERANCE = 20_000, 1e-10
# A share is reached that differs from it by rounding alone.
_ROUNDING = 1e-6


def npmle(low: Floats, high: Floats) -> pd.DataFrame:
    """The non-parametric maximum likelihood estimate of a distribution whose values are known as intervals.

    Only the stretches from a lower bound to the next upper bound can have mass (Peto, 1973); how much each has is found
    by self-consistency (Turnbull, 1976), from an even start. Where within a stretch the mass lies, no data can say.
    It is taken that how wide an interval is says nothing of where in it the value lies.

    Parameters
    ----------
    low, high : arrays of shape (n,): first and last possible value, both included; high is infinite where a value is
        only known to be above a bound.

    Returns
    -------
    DataFrame, in order: low, high (of each stretch with mass, both included), share (they add up to 1).

    Raises
    ------
    ValueError : there is no value, a bound is missing or negative, or low is above high.

    References
    ----------
    Peto, R. (1973). Experimental survival curves for interval-censored data. Applied Statistics 22, 86-91.
    Turnbull, B. W. (1976). The empirical distribution function with arbitrarily grouped, censored and truncated data.
        Journal of the Royal Statistical Society B 38, 290-295.
    """
    low, high = checked(low, high)
    bounds, times = np.unique(np.column_stack([low, high]), axis=0, return_counts=True)
    start, end = _stretches(bounds[:, 0], bounds[:, 1])
    inside = ((bounds[:, :1] <= start) & (end <= bounds[:, 1:])).astype(float)
    weight = times / times.sum()
    share = np.full(len(start), 1 / len(start))
    for _ in range(_STEPS):
        moved = share * ((weight / (inside @ share)) @ inside)
        done = np.abs(moved - share).max() < _TOLERANCE
        share = moved
        if done:
            break
    kept = share > _ROUNDING
    return pd.DataFrame({"low": start[kept], "high": end[kept], "share": share[kept] / share[kept].sum()})


def checked(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """The bounds as arrays of floats; raises ValueError, naming the place, if they are not bounds of times."""
    low, high = np.asarray(low, float), np.asarray(high, float)
    if not low.size or low.shape != high.shape:
        raise Refusal(
            "unequal_lengths",
            f"Bounds of one time or more are needed, as many low as high: {low.size} and {high.size}.",
        )
    bad = ~((low >= 0) & (low <= high) & np.isfinite(low))
    if bad.any():
        place = int(np.argmax(bad))
        raise Refusal(
            "invalid_bounds",
            f"Time {place} is from {low[place]:g} to {high[place]:g}: bounds are 0 or more, and in order.",
        )
    return low, high


def _stretches(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """The stretches from a lower bound to the next upper bound, where no other lower bound lies between."""
    starts, ends = np.unique(low), np.unique(high)
    end = ends[np.searchsorted(ends, starts)]
    innermost = np.append(starts[1:] > end[:-1], True)
    return starts[innermost], end[innermost]


def reached(estimate: pd.DataFrame, share: float) -> tuple[float, float]:
    """The stretch in which an estimate of `npmle` reaches a share: first and last value at which it can."""
    place = int(np.searchsorted(estimate["share"].cumsum().to_numpy(), share - _ROUNDING))
    row = estimate.iloc[min(place, len(estimate) - 1)]
    return float(row["low"]), float(row["high"])


def bounds_of_quantile(low: Floats, high: Floats, share: float) -> tuple[float, float]:
    """Least and largest quantile of values between these bounds: the least value that a share of them do not exceed.

    No assumption is made on where in its bounds a value lies, nor on how the bounds came about.
    """
    rank = _rank(share, len(low))
    return float(np.sort(low)[rank - 1]), float(np.sort(high)[rank - 1])


def limits_of_quantile(low: Floats, high: Floats, share: float, confidence: float) -> tuple[float, float]:
    """Limits of the quantile of all from whom these were drawn, wherever in its bounds each value lies.

    The values below the quantile are a binomial number, so that two of the ordered values enclose it with at least
    the confidence asked for, whatever the distribution: the lower one is taken of the lower bounds, the upper one of
    the upper bounds. Where the persons are too few for a limit it is 0, or infinite.

    References
    ----------
    Conover, W. J. (1999). Practical Nonparametric Statistics, 3rd ed., section 3.2.
    """
    from scipy import stats

    n, tail = len(low), (1 - confidence) / 2
    ranks = np.arange(n + 2)
    # At least r values up to the quantile, and at most r - 1 below it.
    below = ranks[stats.binom.cdf(ranks - 1, n, share) <= tail].max(initial=0)
    above = ranks[stats.binom.sf(ranks - 1, n, share) <= tail].min(initial=n + 1)
    first = float(np.sort(low)[below - 1]) if below >= 1 else 0.0
    last = float(np.sort(high)[above - 1]) if above <= n else np.inf
    return first, last


def _rank(share: float, n: int) -> int:
    return max(int(np.ceil(share * n - 1e-9)), 1)


FEWEST_PERSONS = 10
SHARES = (0.25, 0.5, 0.75)
CONTACTS = ("first", "sender")
EVERYBODY = "all"
NOT_STATED = "not stated"
# What is known of a person's days; only the first are used.
DATED = "dated"
NO_REFERRAL, NO_CONTACT, REVERSED, RECENT = "no_referral", "no_contact", "reversed", "recent"
STATES = (DATED, NO_REFERRAL, NO_CONTACT, REVERSED, RECENT)
_DATES = [f"{what}_{end}" for what in ("date", "referred_in", "referred_out") for end in ("low", "high")]


class TooFewPersons(Refusal):
    """There are too few persons with both dates; the message says how many, and what would help."""


@dataclass(frozen=True, eq=False)
class TimeToReferral:
    """Days from the first contact to the referral.

    Parameters
    ----------
    table : one row a group and share (0.25, 0.5, 0.75): group, share, low, high (days: bounds of the time by which that
        share of these persons was referred), estimate_low, estimate_high (the same by the likeliest distribution),
        limit_low, limit_high (limits for all such persons); missing where there are too few, with the reason. Then
        persons, and how many are dated, no_referral, no_contact, reversed, recent; reason, "" where the
        numbers stand.
    contact : ``first`` or ``sender``, as asked for.
    confidence : of the limits.
    warnings : what was left out or weakens the numbers, one sentence each.
    """

    table: pd.DataFrame = field(repr=False)
    contact: str
    confidence: float
    warnings: tuple[Caution, ...]

    def plot(self, *, title: str, footer: Footer) -> Figure:
        """The days by which a quarter, half and three quarters were referred, with their limits, a row a group."""
        from analysis.plots.dots import dots

        table = self.table.assign(
            label=[f"{row.group} ({row.dated:,} persons)" for row in self.table.itertuples()],
            within=self.table["share"].map({0.25: "a quarter", 0.5: "half", 0.75: "three quarters"}),
            text=[_in_words(row) for row in self.table.to_dict("records")],
            few=TEXT["too_few"],
        )
        return dots(
            table,
            estimate=("low", "high"),
            interval=("limit_low", "limit_high"),
            series="within",
            text="text",
            reason="few",
            order=("a quarter", "half", "three quarters"),
            xlabel=TEXT["days_xlabel"],
            interval_label=f"{intervals.percent(self.confidence)} limits",
            title=title,
            footer=footer,
        )


def _in_words(row: dict) -> str:
    """A number of days, or its bounds, with its limits: "8 to 10 (6 to 14)"."""
    if row["reason"]:
        return ""
    return f"{_days(row['low'], row['high'])} ({_days(row['limit_low'], row['limit_high'])})"


def _days(low: float, high: float) -> str:
    if np.isnan(low):
        return "no limits"
    if np.isinf(high):
        return f"{low:,.0f} or more"
    return f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"


def time_to_referral(
    records: pd.DataFrame,
    *,
    by: str | None = None,
    contact: str = "first",
    exported: object = None,
    recent: int = 0,
    confidence: float = 0.95,
) -> TimeToReferral:
    """Median and quartiles of the days from the first contact to the referral (indicator C8).

    Dates are intervals, and so are the days. Three answers stand side by side: bounds, within which the quantile of
    these persons lies whatever day is meant; the likeliest distribution, which takes it that how a date is written says
    nothing of when it was (`npmle`); and limits for all persons of whom these are a sample, which
    hold for any distribution and any day within the bounds: persons need not be drawn again.

    A person without a date of referral is not one who was never referred: a blank may be a referral that nobody wrote
    down, so that the person is left out and counted.

    The dates of those referred are short where there was little time to be long: a person met shortly before the export
    is seen only if referred at once. `recent` leaves out all whom the export followed for fewer days than that.

    Parameters
    ----------
    records : case records, one row a person as one list has them: record_id, person_id ("" where not linked: then a
        person of its own), list_id, date_low, date_high (detection), referred_in_low, referred_in_high,
        referred_out_low, referred_out_high (datetime64, NaT where unknown).
    by : column whose values are groups, taken from the record of the first contact; by default all are one group.
    contact : ``first``, from the earliest detection on any list to the earliest referral; a list that a person was
        referred to is no first contact. ``sender``, within the record of the list that refers.
    exported, recent : day of the export, and days that a person must have been followed by then.
    confidence : of the limits.

    Raises
    ------
    TooFewPersons : no group has 10 persons with both dates.
    ValueError : a column is missing, or an argument is malformed.

    References
    ----------
    Turnbull (1976), see `npmle`; Conover (1999), see `limits_of_quantile`.
    """
    intervals.check_confidence(confidence)
    if contact not in CONTACTS:
        raise Refusal("unknown_choice", f"The contact '{contact}' is none of {', '.join(CONTACTS)}.")
    if recent and exported is None:
        raise Refusal(
            "missing_export_date", "Whom the export followed for too short can only be said with the day of the export."
        )
    persons = days_by_person(records, by=by, contact=contact)
    if recent:
        since = (pd.Timestamp(exported) - persons["contact_high"]).dt.days
        persons["state"] = persons["state"].mask(persons["state"].eq(DATED) & (since < recent), RECENT)
    rows: list[dict] = []
    for group, here in persons.groupby("group", sort=True):
        states = here["state"].value_counts().reindex(STATES, fill_value=0)
        used = here[here["state"] == DATED]
        low, high = (used[f"days_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
        rows += _quantiles(str(group), low, high, len(here), states, confidence)
    most = max((row["dated"] for row in rows), default=0)
    if most < FEWEST_PERSONS:
        raise TooFewPersons(
            "too_few_persons",
            f"Persons with both a date of first contact and a date of referral: {most}, and at least {FEWEST_PERSONS} "
            "are needed. More lists that hold the date of the referral would help, or larger groups.",
        )
    return TimeToReferral(pd.DataFrame(rows), contact, confidence, _warnings(persons, recent))


def days_by_person(records: pd.DataFrame, *, by: str | None = None, contact: str = "first") -> pd.DataFrame:
    """Return what is known of the days of each person.

    Returns
    -------
    DataFrame, one row a person: person, group, contact_low, contact_high, days_low, days_high (whole days; missing
    where unknown), state: ``dated``, ``no_referral`` and ``no_contact`` (a date is not known), ``reversed`` (referred
    before the first contact: a mistake in a date or in the linkage).
    """
    needed = ["record_id", "person_id", "list_id", *_DATES, *([by] if by else [])]
    require_columns(records, needed, "case records")
    table = records[["record_id", *_DATES]].astype({"record_id": str})
    linked = records["person_id"].astype(str)
    table["person"] = linked.where(linked.ne(""), table["record_id"])
    stated = records[by].astype(str).replace("", NOT_STATED) if by else EVERYBODY
    table = table.assign(group=stated).sort_values(["person", "date_low", "record_id"], na_position="last")
    persons = table.groupby("person", sort=True)["group"].first().to_frame()
    met, sent = _sender(table) if contact == "sender" else (_first_contact(table), _referral(table))
    persons = persons.join(met).join(sent)
    if met["of"].notna().any():
        persons["group"] = persons["of"].fillna(persons["group"])
    return _with_days(persons).drop(columns="of").reset_index()


def _first_contact(table: pd.DataFrame) -> pd.DataFrame:
    """The earliest detection of each person by a list that the person was not referred to, and that record's group."""
    # Who comes by a referral was met elsewhere before, unless this list had met the person earlier.
    came = table["referred_in_low"].notna() & ~(table["date_high"] < table["referred_in_low"])
    own = table[table["date_low"].notna() & ~came]
    return _earliest(own, "date", "contact").join(own.groupby("person")["group"].first().rename("of"))


def _referral(table: pd.DataFrame) -> pd.DataFrame:
    """The earliest referral of each person that any list has, sent or received."""
    parts = [
        table[["person", f"{what}_low", f"{what}_high"]].set_axis(["person", "sent_low", "sent_high"], axis=1)
        for what in ("referred_out", "referred_in")
    ]
    return _earliest(pd.concat(parts).dropna(), "sent", "referral")


def _sender(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Contact and referral of one record of each person: of those that were referred, the one that was so first."""
    own = table[table["referred_in_low"].isna() | (table["date_high"] < table["referred_in_low"])]
    first = own.sort_values(["person", "referred_out_low"], kind="stable", na_position="last")
    first = first.drop_duplicates("person").set_index("person")
    met = first[["date_low", "date_high", "group"]].set_axis(["contact_low", "contact_high", "of"], axis=1)
    sent = first[["referred_out_low", "referred_out_high"]].set_axis(["referral_low", "referral_high"], axis=1)
    return met, sent


def _earliest(table: pd.DataFrame, name: str, called: str) -> pd.DataFrame:
    """The first of several intervals begins with the earliest beginning, and is over by the earliest end."""
    found = table.groupby("person")[[f"{name}_low", f"{name}_high"]].min()
    return found.set_axis([f"{called}_low", f"{called}_high"], axis=1)


def _with_days(persons: pd.DataFrame) -> pd.DataFrame:
    """The days of each person, and what is known of them."""
    least = (persons["referral_low"] - persons["contact_high"]).dt.days.clip(lower=0)
    most = (persons["referral_high"] - persons["contact_low"]).dt.days
    met, sent = persons["contact_low"].notna(), persons["referral_low"].notna()
    state = np.select([sent & met & (most < 0), sent & met, sent], [REVERSED, DATED, NO_CONTACT], NO_REFERRAL)
    dated = state == DATED
    persons = persons.assign(
        days_low=least.astype(float).where(dated), days_high=most.astype(float).where(dated), state=state
    )
    return persons.drop(columns=["referral_low", "referral_high"])


def _quantiles(
    group: str, low: np.ndarray, high: np.ndarray, persons: int, states: pd.Series, confidence: float
) -> list[dict]:
    """The rows of a group: bounds, estimate and limits of each quantile, or why there are none."""
    counted = {"persons": persons, **{state: int(states[state]) for state in STATES}}
    if counted[DATED] < FEWEST_PERSONS:
        reason = TEXT["quantiles_reason"].format(persons=counted[DATED], fewest_persons=FEWEST_PERSONS)
        names = ("low", "high", "estimate_low", "estimate_high", "limit_low", "limit_high")
        return [
            {"group": group, "share": share, **dict.fromkeys(names, np.nan), **counted, "reason": reason}
            for share in SHARES
        ]
    estimate = npmle(low, high)
    rows = []
    for share in SHARES:
        bounds = bounds_of_quantile(low, high, share)
        likeliest = reached(estimate, share)
        limits = limits_of_quantile(low, high, share, confidence)
        row = {"group": group, "share": share, "low": bounds[0], "high": bounds[1]}
        row |= {"estimate_low": likeliest[0], "estimate_high": likeliest[1]}
        rows.append({**row, "limit_low": limits[0], "limit_high": limits[1], **counted, "reason": ""})
    return rows


def _warnings(persons: pd.DataFrame, recent: int) -> tuple[Caution, ...]:
    counts = persons["state"].value_counts().reindex(STATES, fill_value=0)
    said = {
        NO_REFERRAL: Caution("referral_unknown", TEXT["left_out_persons_without"].format(counts=counts[NO_REFERRAL])),
        NO_CONTACT: Caution(
            "contact_unknown", TEXT["left_out_persons_referred_whose"].format(counts=counts[NO_CONTACT])
        ),
        REVERSED: Caution("dates_reversed", TEXT["left_out_persons_referred_before"].format(counts=counts[REVERSED])),
        RECENT: Caution(
            "short_follow_up", TEXT["left_out_persons_met_less"].format(recent=recent, counts=counts[RECENT])
        ),
    }
    return tuple(sentence for state, sentence in said.items() if counts[state])
