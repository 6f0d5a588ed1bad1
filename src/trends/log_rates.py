"""A series on the scale on which joinpoint regression works: logarithms of rates, and the weight of each."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from bounded import intervals
from bounded.refusal import Caution, Refusal
from trends import caution
from trends.series import PER, Floats, check_periods, positive

# What a zero count stands in as, since it has no logarithm: the rule of the National Cancer Institute's Joinpoint.
FOR_ZERO = 0.5
EFFORTS = ("offset", "covariate")
OPTIONAL = ("standard_error", "population", "effort")

Columns = dict[str, Floats]


@dataclass(frozen=True, eq=False)
class LogRates:
    """The observed periods of a series.

    Parameters
    ----------
    period : ascending; shape (n,).
    log_rate : natural logarithms; shape (n,).
    weight : inverse variances of the logarithms, or ones; shape (n,).
    extra : further columns of the line and their names: jumps (0 before, 1 from then on), log effort (centred).
    jumps : first periods measured in a new way.
    observed : what was observed, low and high and its own limits, on the scale of the rates; shape (n, 4).
    incomplete : periods left out as records of them are still on their way, with the same; shape (m, 5).
    counts : persons a period, where the series has counts.
    weighted : what the weights are, in words.
    warnings : what was left out, replaced, or is not known.
    """

    period: Floats
    log_rate: Floats
    weight: Floats
    extra: Floats
    names: tuple[str, ...]
    jumps: tuple[float, ...]
    observed: Floats
    incomplete: Floats
    counts: Floats | None
    weighted: str
    warnings: tuple[Caution, ...] = field(default=())


def log_rates(
    series: pd.DataFrame, jump: tuple[float, ...] = (), effort: str | None = None, confidence: float = 0.95
) -> LogRates:
    """Read a series as logarithms of rates.

    Parameters
    ----------
    series : period and either `rate` (any unit; with `standard_error` in the same unit: weights are inverse variances
        of the logarithms, (rate / standard_error)²) or `count` (persons; weights are the counts) with, if wanted,
        `population` (persons; rates are per 100,000 then). Optional: `effort`; `complete`, False where records of a
        period are still on their way.
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
        raise Refusal(
            "unusable_effort",
            f"Effort {effort!r}: it is 'offset' or 'covariate', and needs a column `effort` (inspections, hours).",
        )
    measure = "rate" if "rate" in series else "count"
    if measure not in series:
        raise Refusal("missing_column", "The series has neither a column `rate` nor a column `count`.")
    used, on_their_way, said = _observed(series, measure)
    log_rate, weight, observed, weighted, replaced = _on_scale(used, measure, effort, confidence)
    period = used["period"]
    extra = [(period >= first).astype(float) for first in jump]
    for first, column in zip(jump, extra, strict=True):
        if min(column.sum(), len(period) - column.sum()) < 2:
            raise Refusal(
                "too_few_each_side",
                f"A jump at {first:g} needs at least two observed periods before it and two from it on.",
            )
    names = [f"jump {first:g}" for first in jump]
    if effort == "covariate":
        log_effort = np.log(positive(used, "effort"))
        extra.append(log_effort - log_effort.mean())
        names.append("effort")
    left = on_their_way["period"]
    return LogRates(
        period=period,
        log_rate=log_rate,
        weight=weight,
        extra=np.column_stack([np.empty((len(period), 0)), *extra]),
        names=tuple(names),
        jumps=jump,
        observed=observed,
        incomplete=np.column_stack([left, _on_scale(on_their_way, measure, effort, confidence)[2]])
        if len(left)
        else np.empty((0, 5)),
        counts=used["count"] if measure == "count" else None,
        weighted=weighted,
        warnings=caution.kept(*said, replaced, "" if "effort" in used else caution.EFFORT_UNKNOWN),
    )


def _observed(series: pd.DataFrame, measure: str) -> tuple[Columns, Columns, list[caution.Said]]:
    """The periods that are used, those whose records are still on their way, and a sentence on what is left out."""
    period = _years(series)
    columns = {"period": period}
    for name in (measure, *OPTIONAL):
        if name in series:
            columns[name] = _numbers(series[name], period)
    complete = _complete(series, period)
    if (np.diff(period) < 0).any():
        order = np.argsort(period)
        columns, complete = {name: values[order] for name, values in columns.items()}, complete[order]
    period, value = columns["period"], columns[measure]
    bad = np.isinf(value) | (value < 0)
    if bad.any():
        raise Refusal("negative", f"The {measure} of {period[bad][0]:g} is negative or infinite.")
    missing = np.isnan(value)
    left = ~missing & ~complete
    said = [
        caution.of_periods("unknown_left_out", f"Left out, as the {measure} is not known", period[missing]),
        caution.of_periods("incomplete_left_out", "Left out, as records are still on their way", period[left]),
    ]
    if left.any():
        # What is drawn and not fitted refuses nothing.
        for name, values in columns.items():
            left &= np.isfinite(values) & ((values > 0) | (name in ("count", "period")))
    used = ~missing & complete
    if used.all():
        return columns, {name: values[:0] for name, values in columns.items()}, said
    of_used, of_left = ({name: values[rows] for name, values in columns.items()} for rows in (used, left))
    return of_used, of_left, said


def _years(series: pd.DataFrame) -> Floats:
    """The periods as numbers, or ValueError."""
    period = series["period"]
    if not pd.api.types.is_numeric_dtype(period):
        years = pd.to_numeric(period, errors="coerce")
        if pd.api.types.is_datetime64_any_dtype(period) or years.isna().any():
            raise Refusal(
                "invalid_year",
                f"The period {period[years.isna()].iloc[0] if years.isna().any() else period.iloc[0]} is not a year. "
                "Give years as numbers: 2015, or 2015.5 for the middle of it.",
            )
        period = years
    values = period.to_numpy(dtype=float)
    if np.isinf(values).any():
        raise Refusal("not_finite", f"Row {series.index[np.isinf(values)][0]} has an infinite period.")
    return values


def _numbers(values: pd.Series, period: Floats) -> Floats:
    """A column as numbers, NaN where it is empty; ValueError, naming the period, where it holds a text."""
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iuf":
        # Ten times faster than what also reads missing values of other types.
        return values.to_numpy(dtype=float)
    try:
        return values.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        text = (values.notna() & pd.to_numeric(values, errors="coerce").isna()).to_numpy()
        raise Refusal(
            "not_a_number",
            f"The {values.name} of {period[text][0]:g} is {values[text].iloc[0]!r}, not a number. "
            "A count such as <5 is given as low, high and value_qualifier.",
        ) from None


def _complete(series: pd.DataFrame, period: Floats) -> NDArray[np.bool_]:
    """Where a period's records are complete: unless it is said that they are not."""
    if "complete" not in series:
        return np.ones(len(series), dtype=bool)
    stated = series["complete"].astype(object).where(series["complete"].notna(), True)
    bad = ~stated.isin([True, False]).to_numpy()
    if bad.any():
        raise Refusal(
            "not_boolean", f"`complete` of {period[bad][0]:g} is {stated[bad].iloc[0]!r}: it is True or False."
        )
    return stated.to_numpy(dtype=bool)


def _on_scale(
    rows: Columns, measure: str, effort: str | None, confidence: float
) -> tuple[Floats, Floats, Floats, str, caution.Said]:
    """Logarithms of rates, their weights, what was observed with its limits, what they are, what was replaced."""
    period, value = rows["period"], rows[measure]
    n, zero = len(value), value == 0
    by_effort = "effort" in rows and effort != "covariate"
    replaced: caution.Said = ""
    if measure == "rate":
        if zero.any():
            raise Refusal(
                "zero_rate",
                f"The rate of {period[zero][0]:g} is 0 and has no logarithm. Give `count` and `population` instead, or "
                "use joinpoint_counts, which keeps zeros.",
            )
        weight, weighted = np.ones(n), "no weights"
        limits = np.full((n, 2), np.nan)
        if "standard_error" in rows:
            weight = (value / positive(rows, "standard_error")) ** 2
            weighted = "weights: (rate / standard error)²"
            quantile = special.ndtri((1 + confidence) / 2)
            limits = value[:, np.newaxis] * np.exp(quantile / np.sqrt(weight)[:, np.newaxis] * [-1, 1])
        per = np.ones(n)
    else:
        if by_effort and "population" in rows:
            raise Refusal(
                "population_and_effort",
                "Counts are rates of a population or of effort, not of both: leave one of the columns out.",
            )
        replaced = caution.of_periods(
            "zeros_replaced", f"Zeros have no logarithm, and count as {FOR_ZERO}", period[zero]
        )
        weight, weighted = np.where(zero, FOR_ZERO, value), "weights: counts"
        limits = np.column_stack(intervals.poisson_interval(value, confidence))
        per = positive(rows, "population") / PER if "population" in rows else np.ones(n)
    if by_effort:
        per = per * positive(rows, "effort")
        weighted += "; rates per unit of effort"
    # A zero is shown as one: what stands in for it is for the model alone.
    observed = np.column_stack([value, value, limits]) / per[:, np.newaxis]
    return np.log(np.where(zero, FOR_ZERO, value) / per), weight, observed, weighted, replaced
