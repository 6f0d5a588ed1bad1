"""A series on the scale on which joinpoint regression works: logarithms of rates, and the weight of each."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from analysis import intervals
from analysis.trends import caution
from analysis.trends.series import Floats, check_periods, positive

# What a zero count stands in as, since it has no logarithm: the rule of the National Cancer Institute's Joinpoint.
FOR_ZERO = 0.5
EFFORTS = ("offset", "covariate")


@dataclass(frozen=True, eq=False)
class LogRates:
    """The observed periods of a series.

    Parameters
    ----------
    period : ascending; shape (n,).
    log_rate : natural logarithms; shape (n,).
    weight : inverse variances of the logarithms, or ones; shape (n,).
    extra : further columns of the line and their names: jumps (0 before, 1 from then on), log effort (centred).
    observed : what was observed, low and high and its own limits, on the scale of the rates; shape (n, 4).
    counts : persons a period, where the series has counts.
    weighted : what the weights are, in words.
    warnings : what was left out, replaced, or is not known.
    """

    period: Floats
    log_rate: Floats
    weight: Floats
    extra: Floats
    names: tuple[str, ...]
    observed: Floats
    counts: Floats | None
    weighted: str
    warnings: tuple[str, ...] = field(default=())


def log_rates(
    series: pd.DataFrame, jump: tuple[float, ...] = (), effort: str | None = None, confidence: float = 0.95
) -> LogRates:
    """Read a series as logarithms of rates.

    Parameters
    ----------
    series : period and either `rate` (any unit; with `standard_error` in the same unit: weights are inverse variances
        of the logarithms, (rate / standard_error)²) or `count` (persons; weights are the counts) with, if wanted,
        `population`. Optional: `effort`; `complete`, False where records of a period are still on their way.
    jump : the first periods measured in a new way: each adds a column that is 0 before and 1 from then on.
    effort : "offset": rates are per unit of effort; "covariate": log effort has a coefficient of its own. By default an
        offset where there is a column `effort`.
    confidence : of the limits of what was observed: exact limits of a count, or those of a rate's standard error.

    Raises
    ------
    ValueError : a column is missing, a period stands twice, a rate of 0 (it has no logarithm), a standard error that
        is missing or not positive, a jump without two observations on each side; the period is named.
    """
    check_periods(series)
    if effort is not None and (effort not in EFFORTS or "effort" not in series):
        raise ValueError(
            f"Effort {effort!r}: it is 'offset' or 'covariate', and needs a column `effort` (inspections, hours)."
        )
    ordered = series.sort_values("period", ignore_index=True)
    measure = "rate" if "rate" in ordered else "count"
    if measure not in ordered:
        raise ValueError("The series has neither a column `rate` nor a column `count`.")
    used, said = _observed(ordered, measure)
    period = used["period"].to_numpy(dtype=float)
    value = used[measure].to_numpy(dtype=float)
    counts = value if measure == "count" else None
    weight, weighted = np.ones(len(used)), "no weights"
    if measure == "count":
        if (value == 0).any():
            said.append(f"Zeros have no logarithm, and count as {FOR_ZERO}: {caution.listed(period[value == 0])}.")
        value = weight = np.where(value == 0, FOR_ZERO, value)
        weighted = "weights: counts"
        if "population" in used:
            value = value / positive(used, "population")
    elif (value == 0).any():
        raise ValueError(
            f"The rate of {period[value == 0][0]:g} is 0 and has no logarithm. Give `count` and `population` instead, "
            "or use joinpoint_counts, which keeps zeros."
        )
    elif "standard_error" in used:
        weight = (value / positive(used, "standard_error")) ** 2
        weighted = "weights: (rate / standard error)²"
    log_rate, extra = np.log(value), [(period >= first).astype(float) for first in jump]
    for first, column in zip(jump, extra, strict=True):
        if min(column.sum(), len(used) - column.sum()) < 2:
            raise ValueError(f"A jump at {first:g} needs at least two observed periods before it and two from it on.")
    names = [f"jump {first:g}" for first in jump]
    if "effort" in used:
        log_effort = np.log(positive(used, "effort"))
        if effort == "covariate":
            extra.append(log_effort - log_effort.mean())
            names.append("effort")
        else:
            log_rate = log_rate - log_effort
            weighted += "; rates per unit of effort"
    else:
        said.append(caution.EFFORT_UNKNOWN)
    rate = np.exp(log_rate)
    if counts is not None:
        # A zero is drawn as one: what stands in for it is for the model alone.
        rate = np.where(counts == 0, 0.0, rate)
        limits = np.column_stack(intervals.poisson_interval(counts, confidence)) * (np.exp(log_rate) / weight)[:, None]
    elif "standard_error" in used:
        limits = rate[:, None] * np.exp(stats.norm.ppf((1 + confidence) / 2) / np.sqrt(weight)[:, None] * [-1, 1])
    else:
        limits = np.full((len(used), 2), np.nan)
    return LogRates(
        period,
        log_rate,
        weight,
        np.column_stack([np.empty((len(used), 0)), *extra]),
        tuple(names),
        np.column_stack([rate, rate, limits]),
        counts,
        weighted,
        tuple(said),
    )


def _observed(ordered: pd.DataFrame, measure: str) -> tuple[pd.DataFrame, list[str]]:
    """The periods that are used, and a sentence on those that are not."""
    value = ordered[measure].to_numpy(dtype=float, na_value=np.nan)
    bad = np.isinf(value) | (value < 0)
    if bad.any():
        raise ValueError(f"The {measure} of {ordered['period'][bad].iloc[0]:g} is negative or infinite.")
    missing = np.isnan(value)
    complete = np.ones(len(ordered), dtype=bool)
    if "complete" in ordered:
        complete = ordered["complete"].fillna(True).to_numpy(dtype=bool)
    said = []
    if missing.any():
        said.append(f"Left out, as the {measure} is not known: {caution.listed(ordered['period'][missing])}.")
    if (~complete & ~missing).any():
        left = ordered["period"][~complete & ~missing]
        said.append(f"Left out, as records are still on their way: {caution.listed(left)}.")
    return ordered[~missing & complete].reset_index(drop=True), said
