"""The hierarchical model with the smallest BIC, of all that can be fitted; for one table, and for many resamples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.incidence import existence
from analysis.incidence.hierarchical import MOST_LISTS, models
from analysis.incidence.loglinear import Floats, fit_each, log_likelihood, superset_sums
from analysis.incidence.refusal import NotIdentifiable

# Models times tables that are fitted at once: some hundred megabytes.
MOST_FITS = 60_000


@dataclass(frozen=True)
class Candidates:
    """Every hierarchical model of one table, the best first; those that cannot be fitted are last.

    Parameters
    ----------
    terms : (models, 2**lists) which terms stand in a model.
    theta : (2**lists, models) coefficients by place; 0 where a term is not in the model or its lists never overlap.
    hidden : (models,) persons expected on no list; NaN where there is no estimate.
    bic : (models,) infinite where there is none. A coefficient of minus infinity counts as a parameter.
    """

    terms: NDArray[np.bool_]
    theta: Floats
    hidden: Floats
    bic: Floats

    @property
    def fitted(self) -> int:
        """How many models can be fitted."""
        return int(np.isfinite(self.bic).sum())


def candidates(counts: Floats, order: int) -> Candidates:
    """Fit all hierarchical models to one table.

    Parameters
    ----------
    counts : (2**lists,) persons by pattern.
    order : the most lists in one term: 2 for pairs only, 3 for triples as well, ...

    Raises
    ------
    NotIdentifiable : there are more than five lists, no model can be fitted, or a fit that might be the best failed.

    References
    ----------
    Silverman, B. W., Chan, L. and Vincent, K. (2024). Bootstrapping multiple systems estimates to account for model
        selection. Statistics and Computing 34, 44.
    """
    lists = len(counts).bit_length() - 1
    if lists > MOST_LISTS:
        raise NotIdentifiable(
            "too_many_lists",
            f"With {lists} lists there are too many hierarchical models to compare; with {MOST_LISTS} there are 6,893. "
            "Select stepwise, or merge lists of one kind.",
        )
    terms = models(lists, order)
    found = fit_each(counts[:, None], np.arange(1, len(counts)), terms[:, 1:].T)
    penalty = terms.sum(axis=1) * np.log(counts.sum())
    bic = np.where(found.converged, penalty - 2 * log_likelihood(counts[:, None], found.mean), np.inf)
    if not np.isfinite(bic).any():
        raise NotIdentifiable(
            "no_model_estimable",
            "None of the hierarchical models can be fitted: too few persons stand on two lists. More years, a larger "
            "area, or a list that overlaps with the others would help.",
        )
    _require_none_better(counts, terms, bic)
    best = np.lexsort((np.arange(len(terms)), bic))
    theta = np.where(found.converged, found.theta, 0)
    return Candidates(terms[best], theta[:, best], found.hidden[best], bic[best])


def best_of(counts: Floats, found: Candidates, among: int) -> tuple[Floats, NDArray[np.int64]]:
    """Select again, for many tables, among the models that were the best for one.

    Parameters
    ----------
    counts : (2**lists, tables) persons by pattern.
    found : the models in order; their coefficients are where the fits start.
    among : how many of them are compared.

    Returns
    -------
    hidden : (tables,) persons expected on no list, by the model with the smallest BIC; NaN where none can be fitted.
    chosen : (tables,) the number of that model in `found`; -1 where there is none.
    """
    tables = counts.shape[1]
    overlap = superset_sums(counts.copy())
    log_n = np.log(counts.sum(axis=0))
    places = np.arange(1, len(counts))
    hidden, bic = np.full(tables, np.nan), np.full(tables, np.inf)
    chosen = np.full(tables, -1)
    compared = min(among, found.fitted)
    together = max(1, MOST_FITS // max(tables, 1))
    for first in range(0, compared, together):
        numbers = np.arange(first, min(first + together, compared))
        # Every model of this part with every table: one lane each.
        model, table = (axis.ravel() for axis in np.meshgrid(numbers, np.arange(tables), indexing="ij"))
        tried = found.terms[model, 1:].T
        fitted = fit_each(counts[:, table], places, tried, overlap[1:, table], found.theta[:, model])
        value = (tried.sum(axis=0) + 1) * log_n[table] - 2 * log_likelihood(counts[:, table], fitted.mean)
        value = np.where(fitted.converged, value, np.inf).reshape(len(numbers), tables)
        best = value.argmin(axis=0)
        better = value.min(axis=0) < bic
        hidden[better] = fitted.hidden.reshape(value.shape)[best, np.arange(tables)][better]
        bic[better], chosen[better] = value.min(axis=0)[better], numbers[best[better]]
    return hidden, chosen


def _require_none_better(counts: Floats, terms: NDArray[np.bool_], bic: Floats) -> None:
    """No model that has an estimate, and may have the smallest BIC, may have been missed.

    A model cannot fit better than the counts themselves: only those with so few terms that this would make them the
    best are looked into.
    """
    saturated = -2 * log_likelihood(counts[:, None], counts[:, None])[0]
    could_win = saturated + terms.sum(axis=1) * np.log(counts.sum()) < bic.min()
    for number in np.flatnonzero(could_win & ~np.isfinite(bic)):
        if existence.status(counts, np.flatnonzero(terms[number])) == 0:
            raise NotIdentifiable(
                "best_model_missed", "A model that may be the best has an estimate, but was not found. Select stepwise."
            )
