"""A series of counts as the count models read it: what is used, what is left out and why, and what it is counted by."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.refusal import Caution, Refusal
from analysis.trends import caution
from analysis.trends.refusal import NotEstimable
from analysis.trends.series import PER, Floats, counts_in_order, positive

EFFORTS = (None, "offset", "covariate")
# Effort and time share 81 % of their variance at 0.9, and 98 % at 0.99.
ALIKE, THE_SAME = 0.9, 0.99


@dataclass(frozen=True, eq=False)
class CountSeries:
    """The periods of a series that a count model can use.

    Parameters
    ----------
    used : the rows used, in order of time: period, low, high (persons), value_qualifier and their other columns.
    given : the periods of all rows, in order.
    offset : log of what the counts are rates of, one a period; 0 for plain counts.
    effort : log effort less its mean, where it is a covariate; None elsewhere.
    measured : what is modelled, in words.
    warnings : what was left out and what weakens the counts, one sentence each.
    """

    used: pd.DataFrame = field(repr=False)
    given: Floats
    offset: Floats
    effort: Floats | None
    measured: str
    warnings: tuple[Caution, ...]

    @property
    def period(self) -> Floats:
        return self.used["period"].to_numpy(dtype=float)

    @property
    def low(self) -> Floats:
        return self.used["low"].to_numpy(dtype=float)

    @property
    def high(self) -> Floats:
        return self.used["high"].to_numpy(dtype=float)


def count_series(series: pd.DataFrame, effort: str | None = None) -> CountSeries:
    """Read a series of counts, and its population or detection effort, for a count model.

    Parameters
    ----------
    series : period (year, a number), `count` or low, high and value_qualifier (persons); if wanted population
        (persons), effort (inspections, officers, hours, calls: a positive number) and complete (False where records
        of the period are still on their way). Left out and named in the warnings are periods without a count, with a
        minimum alone, or that are not complete.
    effort : how a column `effort` is used: ``offset``, the rate of detection a unit of effort; ``covariate``, log
        effort with a coefficient of its own. By default an offset where the column is there.

    Raises
    ------
    NotEstimable : effort as a covariate never changes, or goes with time so closely that no series could part them.
    ValueError : a column is missing; a period is missing or given twice; a population or an effort is missing or not
        positive; population and effort are both given as what the counts are rates of.
    """
    if effort not in EFFORTS:
        raise Refusal(
            "unknown_choice",
            f"Effort is taken as 'offset' or as 'covariate', or None for the default; it is {effort!r}.",
        )
    if effort and "effort" not in series:
        raise Refusal(
            "missing_column", f"The series has no column 'effort' to take as {effort}: give it, or leave `effort` out."
        )
    counts = counts_in_order(series)
    given, low, high = (counts[column].to_numpy(dtype=float) for column in ("period", "low", "high"))
    complete = _complete(counts)
    kept = np.isfinite(high) & complete
    used = counts if kept.all() else counts[kept].reset_index(drop=True)
    approximate = counts["value_qualifier"].to_numpy(dtype=object) == "approx"
    sentences = (
        caution.of_periods(
            "incomplete_left_out", "Left out, as records of it are still on their way", given[~complete]
        ),
        caution.of_periods("unknown_left_out", "Left out, as the count is not known", given[complete & np.isnan(low)]),
        caution.of_periods(
            "minimum_left_out", "Left out, as only a minimum is known", given[complete & np.isinf(high)]
        ),
        caution.of_periods(
            "approximate_counts",
            "Approximate counts, taken as they stand; their width is not stated",
            given[kept & approximate],
        ),
        caution.of_periods("interval_counts", "Counts known only between bounds", given[kept & (low < high)]),
    )
    offset, covariate, measured, of_effort = _counted_by(used, effort)
    return CountSeries(
        used=used,
        given=given,
        offset=offset,
        effort=covariate,
        measured=measured,
        warnings=caution.kept(*sentences, of_effort),
    )


def _complete(counts: pd.DataFrame) -> NDArray[np.bool_]:
    """True where records of a period are in; all, if nothing is said of it."""
    if "complete" not in counts:
        return np.ones(len(counts), dtype=bool)
    bad = ~counts["complete"].isin([True, False]).to_numpy()
    if bad.any():
        raise Refusal(
            "not_boolean",
            f"The column 'complete' of {counts['period'][bad].iloc[0]:g} must be True or False. "
            "Leave the column out if it is not known which periods are complete.",
        )
    return counts["complete"].to_numpy(dtype=bool)


def _counted_by(used: pd.DataFrame, effort: str | None) -> tuple[Floats, Floats | None, str, caution.Said]:
    """Offset, covariate, what is modelled in words, and a warning."""
    rates = "population" in used
    offset = np.log(positive(used, "population") / PER) if rates else np.zeros(len(used))
    measured = "rates (log population as offset)" if rates else "counts"
    if "effort" not in used:
        return offset, None, measured, caution.EFFORT_UNKNOWN
    amount = np.log(positive(used, "effort"))
    if effort == "covariate":
        return offset, amount - amount.mean(), f"{measured} with log effort as covariate", _alike(used, amount)
    if rates:
        raise Refusal(
            "population_and_effort",
            "The series has a population and an effort, and counts cannot be rates of both: leave out one of the two "
            "columns, or take the effort as covariate.",
        )
    chosen = "" if effort else ", as the series has a column of it"
    return amount, None, f"rates of detection a unit of effort (log effort as offset{chosen})", ""


def _alike(used: pd.DataFrame, amount: Floats) -> caution.Said:
    """A warning where effort went with time; refuses where it did so throughout, or never changed."""
    if len(used) < 2:
        return ""
    if np.ptp(amount) <= 1e-9 * max(1.0, float(np.abs(amount).max())):
        raise NotEstimable(
            "no_variation",
            "The effort is the same in all periods: what it does to the counts cannot be seen. Take it as offset.",
        )
    together = float(np.corrcoef(used["period"].to_numpy(dtype=float), amount)[0, 1])
    if abs(together) <= ALIKE:
        return ""
    said = f"Effort and time cannot be told apart: their correlation is {together:.2f}"
    if abs(together) > THE_SAME:
        raise NotEstimable(
            "collinear", f"{said}. Take the effort as offset, or find periods in which it went another way."
        )
    return Caution("effort_follows_time", f"{said}, so that the limits of both are wide and rest on few periods.")
