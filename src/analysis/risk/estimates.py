"""Means, totals, ratios, proportions and quantiles under a survey's design, for domains of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.intervals import check_confidence
from analysis.refusal import Refusal
from analysis.risk.linearisation import Floats
from analysis.risk.proportion_limits import METHODS, proportion_limits, quantile_of_t
from analysis.risk.refusal import NotEstimable

if TYPE_CHECKING:
    from analysis.risk.design import Design

Mask = NDArray[np.bool_]
NAMES = str | Sequence[str]
# Columns of tables of estimates and counts: a column of groups with such a name would be written over.
_TAKEN = frozenset(
    (
        *("variable", "category", "numerator", "denominator", "probability", "estimate", "standard_error", "low"),
        *("high", "cv", "design_effect", "n", "unknown", "share_unknown", "psus", "degrees_of_freedom", "method"),
        *("cases", "count"),
    )
)


def listed(names: NAMES | None) -> list[str]:
    """One name, several or none, as a list."""
    return [] if names is None else [names] if isinstance(names, str) else list(names)


def numbers(design: Design, column: str) -> Floats:
    """(n,) a column as numbers, missing where not known; true is 1. Raises ValueError, naming the row, for a text."""
    if column not in design.data:
        raise Refusal("missing_column", f"The respondents have no column '{column}'.")
    given = design.data[column]
    values = pd.to_numeric(given, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    bad = (np.isnan(values) & given.notna().to_numpy()) | np.isinf(values)
    if bad.any():
        row = int(bad.argmax())
        raise Refusal(
            "not_a_number",
            f"Row {given.index[row]}: '{column}' is '{given.iloc[row]}', which is no number. Proportions are for "
            "categories; a value that is not known must be missing.",
        )
    return values


def groups_of(design: Design, by: NAMES | None) -> list[str]:
    """The columns `by`. Raises ValueError where one is not there, or has the name of a column of the table."""
    columns = listed(by)
    for column in columns:
        if column not in design.data:
            raise Refusal("missing_column", f"The respondents have no column '{column}'.")
        if column in _TAKEN:
            raise Refusal(
                "reserved_column",
                f"Groups by '{column}' would stand where the table has its own '{column}': rename it.",
            )
    return columns


def domains(design: Design, by: NAMES | None) -> Iterator[tuple[dict[str, object], Mask]]:
    """The groups of the columns `by` within the design's domain, in their order, with what is missing as the last."""
    columns = groups_of(design, by)
    if not columns:
        yield {}, design.inside
        return
    if not design.inside.any():
        raise NotEstimable(
            "empty_domain",
            f"Nobody is in the domain, so that it has no groups by {', '.join(columns)}. Ask for a domain in which "
            "somebody was asked.",
        )
    code = design.data.groupby(columns, dropna=False, observed=True, sort=True).ngroup().to_numpy()
    for number in range(int(code.max()) + 1):
        here = (code == number) & design.inside
        if here.any():
            yield design.data[columns].iloc[int(here.argmax())].to_dict(), here


def mean(
    design: Design,
    variables: NAMES,
    by: NAMES | None = None,
    confidence: float = 0.95,
    degrees_of_freedom: float | None = None,
) -> pd.DataFrame:
    """See `SurveyDesign.mean`."""
    return _each(design, variables, by, confidence, degrees_of_freedom, _mean)


def total(
    design: Design,
    variables: NAMES,
    by: NAMES | None = None,
    confidence: float = 0.95,
    degrees_of_freedom: float | None = None,
) -> pd.DataFrame:
    """See `SurveyDesign.total`."""
    return _each(design, variables, by, confidence, degrees_of_freedom, _total)


def ratio(
    design: Design,
    numerator: str,
    denominator: str,
    by: NAMES | None = None,
    confidence: float = 0.95,
    degrees_of_freedom: float | None = None,
) -> pd.DataFrame:
    """See `SurveyDesign.ratio`."""
    check_confidence(confidence)
    top, bottom = numbers(design, numerator), numbers(design, denominator)
    known = ~np.isnan(top + bottom)
    rows = []
    for keys, domain in domains(design, by):
        here = domain & known
        w = np.where(here, design.weights, 0.0)
        y, x = np.where(here, top, 0.0), np.where(here, bottom, 0.0)
        whole = float(w @ x)
        if whole == 0:
            estimate, scores = np.nan, np.zeros(len(w))
        else:
            estimate = float(w @ y) / whole
            scores = w * (y - estimate * x) / whole
        row = _row(design, estimate, scores, here, domain, np.nan, confidence, degrees_of_freedom)
        rows.append({**keys, "numerator": numerator, "denominator": denominator, **row})
    return pd.DataFrame(rows)


def proportion(
    design: Design,
    variables: NAMES,
    by: NAMES | None = None,
    confidence: float = 0.95,
    method: str = "logit",
    degrees_of_freedom: float | None = None,
) -> pd.DataFrame:
    """See `SurveyDesign.proportion`."""
    check_confidence(confidence)
    if method not in METHODS:
        raise Refusal("unknown_choice", f"`method` must be one of {', '.join(METHODS)}; it is '{method}'.")
    rows = []
    groups = list(domains(design, by))
    for variable in listed(variables):
        for category, y in _indicators(design, variable):
            for keys, domain in groups:
                here = domain & ~np.isnan(y)
                estimate, scores, simple = _mean(y, here, design.weights)
                row = _row(design, estimate, scores, here, domain, simple, confidence, degrees_of_freedom)
                cases = int(y[here].sum())
                count, df = row["n"], row["degrees_of_freedom"]
                if 0 < cases < count:
                    most = _weighed(design.weights[here])
                    limits = proportion_limits(estimate, row["standard_error"], count, df, confidence, method, most)
                    row |= {"low": float(limits[0]), "high": float(limits[1]), "method": method}
                elif count:
                    low, high = _of_none(design, here, cases > 0, confidence)
                    # What nobody or everybody has in the sample has no variance in it to go by.
                    row |= {"standard_error": np.nan, "cv": np.nan, "design_effect": np.nan}
                    row |= {"estimate": float(cases > 0), "low": low, "high": high, "method": "exact"}
                else:
                    row |= {"method": method}
                rows.append({**keys, "variable": variable, "category": category, **row, "cases": cases})
    table = pd.DataFrame(rows)
    order = [*listed(by), "variable", "category"]
    return table[[*order, *(name for name in table if name not in order)]]


def quantile(
    design: Design,
    variable: str,
    probabilities: float | Sequence[float] = (0.25, 0.5, 0.75),
    by: NAMES | None = None,
    confidence: float = 0.95,
    degrees_of_freedom: float | None = None,
) -> pd.DataFrame:
    """See `SurveyDesign.quantile`."""
    check_confidence(confidence)
    asked = [probabilities] if isinstance(probabilities, float | int) else list(probabilities)
    if any(not 0 < probability < 1 for probability in asked):
        raise Refusal("out_of_range", f"Probabilities of quantiles lie between 0 and 1; asked for are {asked}.")
    y = numbers(design, variable)
    rows = []
    for keys, domain in domains(design, by):
        here = domain & ~np.isnan(y)
        order = np.argsort(y[here], kind="stable")
        values, cumulated = y[here][order], np.cumsum(design.weights[here][order])
        df = _degrees(design, here, degrees_of_freedom)
        t = float(quantile_of_t(df, (1 + confidence) / 2))
        for probability in asked:
            row: dict[str, Any] = {**keys, "variable": variable, "probability": probability}
            row |= dict.fromkeys(("estimate", "standard_error", "low", "high"), np.nan)
            if len(values):
                row["estimate"] = estimate = _inverse(values, cumulated, probability)
                below = np.where(here, y <= estimate, 0.0)
                share, scores, _ = _mean(below, here, design.weights)
                reach = t * float(np.sqrt(design.covariance(scores)[0, 0]))
                # Without degrees of freedom there is no t, and nothing to look up.
                if not np.isnan(reach):
                    row["low"] = _inverse(values, cumulated, share - reach)
                    row["high"] = _inverse(values, cumulated, share + reach)
                    row["standard_error"] = (row["high"] - row["low"]) / (2 * t)
            rows.append({**row, **_sizes(design, here, domain), "degrees_of_freedom": df})
    return pd.DataFrame(rows)


def _each(
    design: Design,
    variables: NAMES,
    by: NAMES | None,
    confidence: float,
    degrees_of_freedom: float | None,
    estimator: Callable[[Floats, Mask, Floats], tuple[float, Floats, float]],
) -> pd.DataFrame:
    check_confidence(confidence)
    rows = []
    groups = list(domains(design, by))
    for variable in listed(variables):
        y = numbers(design, variable)
        for keys, domain in groups:
            here = domain & ~np.isnan(y)
            estimate, scores, simple = estimator(y, here, design.weights)
            row = _row(design, estimate, scores, here, domain, simple, confidence, degrees_of_freedom)
            rows.append({**keys, "variable": variable, **row})
    return pd.DataFrame(rows)


def _mean(y: Floats, here: Mask, weights: Floats) -> tuple[float, Floats, float]:
    """A weighted mean, its linearised scores, and the variance that a simple random sample of its size would have."""
    w = np.where(here, weights, 0.0)
    whole = w.sum()
    if not whole:
        return np.nan, w, np.nan
    filled = np.where(here, y, 0.0)
    estimate = float(w @ filled / whole)
    apart = np.where(here, y - estimate, 0.0)
    return estimate, w * apart / whole, _simple(w, apart, int(here.sum()))


def _total(y: Floats, here: Mask, weights: Floats) -> tuple[float, Floats, float]:
    w = np.where(here, weights, 0.0)
    filled = np.where(here, y, 0.0)
    _, _, simple = _mean(y, here, weights)
    return float(w @ filled), w * filled, simple * w.sum() ** 2


def _simple(w: Floats, apart: Floats, n: int) -> float:
    """Variance of a mean of n drawn without replacement from all that the weights stand for."""
    if n < 2:
        return np.nan
    whole = w.sum()
    finite = 1 - n / whole if whole > n else 1.0
    return float(w @ apart**2 / whole / (n - 1) * finite)


def _row(
    design: Design,
    estimate: float,
    scores: Floats,
    here: Mask,
    domain: Mask,
    simple: float,
    confidence: float,
    degrees_of_freedom: float | None,
) -> dict[str, Any]:
    """The columns of one estimate."""
    df = _degrees(design, here, degrees_of_freedom)
    known = bool(here.any()) and not np.isnan(estimate)
    # Asked for before it is left out, so that a sample of one PSU is refused.
    error = float(np.sqrt(design.covariance(scores)[0, 0])) if known else np.nan
    if _alone(design, scores, here):
        error = np.nan
    reach = float(quantile_of_t(df, (1 + confidence) / 2)) * error
    return {
        "estimate": estimate,
        "standard_error": error,
        "low": estimate - reach,
        "high": estimate + reach,
        "cv": error / abs(estimate) if estimate else np.nan,
        "design_effect": error**2 / simple if simple and simple > 0 else np.nan,
        **_sizes(design, here, domain),
        "degrees_of_freedom": df,
    }


def _alone(design: Design, scores: Floats, here: Mask) -> bool:
    """Whether all lie in one PSU, drawn from more, whose scores add up to 0: what it varies by is not known, not 0."""
    first = design.structure.stages[0]
    units = np.unique(first.unit[here])
    if len(units) != 1 or first.fraction[first.stratum[units[0]]] >= 1:
        return False
    return abs(scores.sum()) <= 1e-9 * np.abs(scores).sum()


def _sizes(design: Design, here: Mask, domain: Mask) -> dict[str, Any]:
    whole = design.weights[domain].sum()
    return {
        "n": int(here.sum()),
        "unknown": int((domain & ~here).sum()),
        "share_unknown": float(design.weights[domain & ~here].sum() / whole) if whole else np.nan,
        "psus": int((np.bincount(design.structure.stages[0].unit[here]) > 0).sum()),
    }


def _degrees(design: Design, here: Mask, degrees_of_freedom: float | None) -> float:
    if degrees_of_freedom is not None:
        return float(degrees_of_freedom)
    return float(design.structure.degrees_of_freedom(here))


def _indicators(design: Design, variable: str) -> Iterator[tuple[object, Floats]]:
    """0/1 for each category of a variable; of a variable that is itself 0/1 or true/false, for 1 alone."""
    if variable not in design.data:
        raise Refusal("missing_column", f"The respondents have no column '{variable}'.")
    given = design.data[variable]
    if given.dropna().isin([0, 1]).all():
        yield True, numbers(design, variable)
        return
    categories = given.cat.categories if isinstance(given.dtype, pd.CategoricalDtype) else given.dropna().unique()
    if len(categories) > 50:
        raise NotEstimable(
            "too_many_categories",
            f"'{variable}' has {len(categories)} different values, too many for proportions. Group them, or ask for "
            "its mean or quantiles.",
        )
    known = given.notna().to_numpy()
    ordered = list(categories) if isinstance(given.dtype, pd.CategoricalDtype) else sorted(categories)
    for category in ordered:
        yield category, np.where(known, (given == category).to_numpy(dtype=float, na_value=0.0), np.nan)


def _of_none(design: Design, here: Mask, everybody: bool, confidence: float) -> tuple[float, float]:
    """Clopper and Pearson's limits where nobody or everybody has it: each PSU counts as one, fewer if unequal."""
    totals = np.bincount(design.structure.stages[0].unit[here], weights=design.weights[here]).astype(float)
    size = _weighed(totals)
    reach = 1 - ((1 - confidence) / 2) ** (1 / size)
    return (1 - reach, 1.0) if everybody else (0.0, float(reach))


def _weighed(weights: Floats) -> float:
    """How many of equal weight these are worth (Kish)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def _inverse(values: Floats, cumulated: Floats, probability: float) -> float:
    """The smallest value up to which at least this share of the weight lies."""
    place = np.searchsorted(cumulated, probability * cumulated[-1] * (1 - 1e-12), side="left")
    return float(values[min(max(int(place), 0), len(values) - 1)])
