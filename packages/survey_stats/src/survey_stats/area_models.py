"""Parts that all models of small areas share: their data, refusals, and the table that comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import optimize

from bounded import intervals, result_plots
from bounded.arguments import as_numbers
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution, Refusal, require_columns, require_once, require_values
from survey_stats.design import Floats, Mask, Names, NotEstimable, listed
from survey_stats.estimates import quantile_of_t
from survey_stats.model_matrix import INTERCEPT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

AREAS = "areas"
# What the sampled areas have to be more than the coefficients: errors here leave out terms that few areas make large.
LEAST_DEGREES = 5
# A variance between areas so much smaller than that of their estimates is none.
NEGLIGIBLE = 1e-6


@dataclass(frozen=True, eq=False)
class SmallAreas(NotebookResult):
    """Estimates of small areas by a model.

    Parameters
    ----------
    table : one row an area, in the order given: area; direct, standard_error and direct_cv (missing without a sample);
        eblup, its mse (mean squared error), cv (root of it as a share of the eblup) and limits (low, high; normal);
        gamma (the weight of the direct estimate, from 0 to 1); synthetic (true without a sample: a prediction by the
        model alone); direct_is_better (true where the root of mse is not below the standard error).
    coefficients : one row a term: term, coefficient, standard_error, low, high.
    variance : of areas around the regression.
    log_likelihood : at the estimates (not the restricted one, so that models with other covariates can be compared).
    method : how the variance was estimated.
    confidence : level of the limits.
    warnings : what to be careful about, in sentences.
    """

    table: pd.DataFrame = field(repr=False)
    coefficients: pd.DataFrame = field(repr=False)
    variance: float
    log_likelihood: float
    method: str
    confidence: float
    warnings: tuple[Caution, ...]

    def plot(self, *, title: str = "", xlabel: str = "estimate") -> Figure:
        """Each area's direct estimate and its estimate by the model, with their limits."""
        z = float(quantile_of_t(np.inf, (1 + self.confidence) / 2))
        table = self.table
        reach = z * table["standard_error"]
        direct = (table["direct"], table["direct"], table["direct"] - reach, table["direct"] + reach)
        model = (table["eblup"], table["eblup"], table["low"], table["high"])
        said = f"and {intervals.percent(self.confidence)} interval"
        labels = [f"{area} (no sample)" if alone else area for area, alone in table[["area", "synthetic"]].to_numpy()]
        return result_plots.rows(
            labels,
            {f"direct estimate {said}": direct, f"estimate by the model {said}": model},
            title=title or f"{len(table)} areas, {int(table['synthetic'].sum())} of them without a sample",
            xlabel=xlabel,
        )


@dataclass(frozen=True, eq=False)
class Areas:
    """The data of an area-level model: `sampled` (m,) which areas have a direct estimate; x (m, p) of all areas."""

    names: list[object]
    direct: Floats
    psi: Floats
    x: Floats
    terms: list[str]
    sampled: Mask

    @property
    def data(self) -> tuple[Floats, Floats, Floats]:
        """Direct estimates, covariates and variances of the sampled areas."""
        return self.direct[self.sampled], self.x[self.sampled], self.psi[self.sampled]


def prepared(areas: pd.DataFrame, covariates: Names | None) -> Areas:
    """The data of an area-level model. Raises NotEstimable where they cannot carry one."""
    columns = listed(covariates)
    require_columns(areas, ["area", "estimate", "standard_error", *columns], AREAS)
    require_once(areas, ["area"], AREAS, "give one row an area")
    y = as_numbers(areas["estimate"]).to_numpy(dtype=float, na_value=np.nan)
    error = as_numbers(areas["standard_error"]).to_numpy(dtype=float, na_value=np.nan)
    missing = areas["estimate"].isna().to_numpy()
    require_values(areas["estimate"], np.isfinite(y) | missing, "not_a_number", ", no number")
    sampled = np.isfinite(y)
    require_values(
        areas["standard_error"],
        ~sampled | (np.isfinite(error) & (error > 0)),
        "no_standard_error",
        ", and the area has a direct estimate. A standard error is above 0. Where nobody or everybody asked has "
        "what is counted it is not known: take it from all areas (`pooled_errors`), or set the direct estimate to "
        "missing, so that the area is estimated without its sample",
    )
    x, terms = covariates_of(areas, columns)
    require_areas(y[sampled], len(terms))
    require_independent(x[sampled], terms)
    psi = np.where(sampled, error, np.nan) ** 2
    return Areas(areas["area"].tolist(), np.where(sampled, y, np.nan), psi, x, terms, sampled)


def covariates_of(areas: pd.DataFrame, columns: list[str]) -> tuple[Floats, list[str]]:
    """(m, p) covariates of all areas, and their terms. Raises ValueError, naming the row, where one is missing."""
    found: dict[str, Floats] = {INTERCEPT: np.ones(len(areas))}
    for column in columns:
        values = areas[column]
        require_values(values, values.notna().to_numpy(), "missing_value", ": a covariate is known of every area")
        if pd.api.types.is_numeric_dtype(values):
            found[column] = values.to_numpy(dtype=float)
            require_values(values, np.isfinite(found[column]), "not_a_number", ", no number")
        elif values.dtype.kind in "mM" or isinstance(values.dtype, pd.PeriodDtype):
            raise Refusal(
                "wrong_type",
                f"The column '{column}' holds dates; a covariate is a number or a category. Of a date, make the years "
                "or days since a day that matters.",
            )
        else:
            levels = pd.get_dummies(values, drop_first=True, dtype=float)
            found |= {f"{column}: {level}": levels[level].to_numpy() for level in levels}
    return np.column_stack(list(found.values())), list(found)


def require_areas(y: Floats, coefficients: int) -> None:
    """Raise NotEstimable where the sampled areas are too few, or all alike."""
    if len(y) - coefficients < LEAST_DEGREES:
        raise NotEstimable(
            "too_few_areas",
            f"{len(y)} areas have a direct estimate; needed are {LEAST_DEGREES + coefficients}, which is "
            f"{LEAST_DEGREES} more than coefficients. Leave covariates out, or use the direct estimates.",
        )
    if np.ptp(y) == 0:
        raise NotEstimable(
            "no_variation", f"The direct estimate of every area is {y[0]:g}, so that nothing shows how areas differ."
        )


def require_independent(x: Floats, terms: list[str]) -> None:
    """Raise NotEstimable where a term of those who were sampled follows from the others."""
    size = np.sqrt((x**2).sum(axis=0))
    if (size == 0).any() or np.linalg.matrix_rank(x / np.where(size > 0, size, 1), tol=1e-8) < x.shape[1]:
        raise NotEstimable(
            "collinear",
            f"In what was sampled one of the terms follows from the others ({', '.join(terms)}). Leave one out.",
        )


def no_variance() -> NotEstimable:
    """Return the refusal of areas that differ no more than sampling makes them."""
    return NotEstimable(
        "zero_variance",
        "The variance between areas is estimated as 0: beyond the covariates, the direct estimates differ no more than "
        "sampling makes them. Estimates by the model would all be the regression's, with an error that is too small. "
        "Give one estimate for all areas, or the direct ones with their errors.",
    )


def assembled(given: Areas, eblup: Floats, mse: Floats, gamma: Floats, confidence: float) -> pd.DataFrame:
    """The table of a `SmallAreas`."""
    error = np.sqrt(given.psi)
    reach = float(quantile_of_t(np.inf, (1 + confidence) / 2)) * np.sqrt(mse)
    with np.errstate(divide="ignore", invalid="ignore"):
        table = {
            "area": given.names,
            "direct": given.direct,
            "standard_error": error,
            "direct_cv": error / np.abs(given.direct),
            "eblup": eblup,
            "mse": mse,
            "cv": np.sqrt(mse) / np.abs(eblup),
            "low": eblup - reach,
            "high": eblup + reach,
            "gamma": gamma,
            "synthetic": ~given.sampled,
            "direct_is_better": np.sqrt(mse) >= error,
        }
    return pd.DataFrame(table)


def coefficients(terms: list[str], beta: Floats, covariance: Floats, confidence: float) -> pd.DataFrame:
    """The table of coefficients of a `SmallAreas`."""
    error = np.sqrt(np.diag(covariance))
    reach = float(quantile_of_t(np.inf, (1 + confidence) / 2)) * error
    return pd.DataFrame(
        {"term": terms, "coefficient": beta, "standard_error": error, "low": beta - reach, "high": beta + reach}
    )


def cautions(given: Areas, mse: Floats) -> tuple[Caution, ...]:
    """Cautions about estimates of areas."""
    found = []
    better = np.sqrt(mse) >= np.sqrt(given.psi)
    if better.any():
        names = ", ".join(str(name) for name, one in zip(given.names, better, strict=True) if one)
        found.append(
            Caution(
                "direct_is_better",
                f"In {names} the model's error is not below that of the direct estimate: use the direct estimate.",
            )
        )
    if not given.sampled.all():
        names = ", ".join(str(name) for name, one in zip(given.names, given.sampled, strict=True) if not one)
        found.append(
            Caution(
                "synthetic", f"Nothing was sampled, and the regression alone speaks (a synthetic estimate): {names}."
            )
        )
    return tuple(found)


def highest(likelihood: Callable[[float], float], slope: Callable[[float], float], scale: float) -> float:
    """Return the variance of highest likelihood, from 0 up; `scale` is of the order of the other variances."""
    places = np.append(0.0, scale * 10.0 ** np.arange(-4, 8.1, 0.25))
    best = int(np.argmax([likelihood(place) for place in places]))
    if best == len(places) - 1:
        return float(places[-1])
    low, high = float(places[max(best - 1, 0)]), float(places[best + 1])
    if best == 0 and slope(low) <= 0:
        return 0.0
    if slope(low) <= 0 or slope(high) >= 0:
        return float(places[best])
    found = float(optimize.brentq(slope, low, high, xtol=1e-14 * high, rtol=1e-14))
    return found if found > NEGLIGIBLE * scale else 0.0
