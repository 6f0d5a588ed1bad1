"""Existence of the estimate of a log-linear model, and selection among the models that have one.

Existence of the maximum-likelihood estimate, and identifiability, depend on the model and on which patterns are empty,
not on the counts of the others. Selection is forward, by the Poisson p-value of the overlap of a
pair of lists, for many tables at a time; or by the smallest BIC of all hierarchical models, for one table and for many
resamples.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special
from scipy.optimize import linprog

from bounded.arguments import checked
from capture_recapture.histories import NotIdentifiable, capture_table
from capture_recapture.loglinear import (
    MOST_LISTS,
    Floats,
    closure,
    fit_each,
    highest_likelihood_each,
    log_likelihood,
    models,
    pairs,
    superset_sums,
    without,
)

MEANING = {
    0: "the estimate exists and its parameters can be told apart",
    1: "no maximum-likelihood estimate exists: the likelihood rises without end as a parameter goes to infinity",
    2: "the parameters cannot be told apart: different totals fit equally well",
    3: "no maximum-likelihood estimate exists, and the parameters cannot be told apart",
}


@checked()
def model_status(histories: pd.DataFrame, terms: Iterable[Sequence[str]]) -> int:
    """Return whether a hierarchical log-linear model can be fitted to capture histories at all, as a code.

    A term whose lists have no person in common has the coefficient minus infinity (extended maximum likelihood): the
    patterns that contain it are left out, with the term. Of what remains two things are asked: whether a table with no
    empty pattern has the same sufficient statistics (by linear programme), and whether the design has full rank.

    Parameters
    ----------
    histories : one 0/1 column a list and `count`, as `capture_table` reads them.
    terms : tuples of list names; every list by itself, and every part of a term, is in the model as well.

    Returns
    -------
    0 both hold, 1 no maximum-likelihood estimate, 2 not identifiable, 3 both fail (`MEANING` has the words).

    Raises
    ------
    ValueError : the histories are malformed, or a term names a list that is not there.

    References
    ----------
    Fienberg, S. E. and Rinaldo, A. (2012). Maximum likelihood estimation in log-linear models. Ann. Stat. 40, 996-1023.
    Chan, L., Silverman, B. W. and Vincent, K. (2021). Multiple systems estimation for sparse capture data. JASA 116,
        1297-1306.
    """
    table = capture_table(histories)
    return estimate_status(table.counts, closure([table.term(term) for term in terms], len(table.lists)))


def estimate_status(counts: NDArray[np.float64], terms: NDArray[np.int64]) -> int:
    """Return `model_status` of counts by place and terms as places, the intercept among them."""
    return _status(len(counts), np.packbits(counts > 0).tobytes(), tuple(sorted(map(int, terms))))


def split_terms(counts: NDArray[np.float64], terms: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the terms with a finite coefficient, and those whose lists have no person in common."""
    empty = superset_sums(counts.astype(float))[terms] == 0
    return terms[~empty], terms[empty]


@lru_cache(maxsize=200_000)
def _status(cells: int, filled: bytes, terms: tuple[int, ...]) -> int:
    # Any counts with these empty patterns have the same status: ones are the best conditioned.
    ones = np.unpackbits(np.frombuffer(filled, dtype=np.uint8), count=cells).astype(float)
    finite, infinite = split_terms(ones, np.array(terms))
    places = np.flatnonzero(without(cells, infinite))
    design = ((places[:, None] & finite) == finite).astype(float)
    aliased = np.linalg.matrix_rank(design) < len(finite) if len(finite) else True
    return int(not interior(design, ones[places])) + 2 * int(aliased)


def interior(design: NDArray[np.float64], counts: NDArray[np.float64]) -> bool:
    """Return True where some table without an empty pattern has the same sufficient statistics as `counts`.

    The programme raises the smallest pattern of such a table as far as it goes.
    """
    rows, columns = design.shape
    if not rows or not columns:
        return False
    found = linprog(
        np.append(np.zeros(rows), -1.0),
        A_ub=np.column_stack([-np.eye(rows), np.ones(rows)]),
        b_ub=np.zeros(rows),
        A_eq=np.column_stack([design.T, np.zeros(columns)]),
        b_eq=design.T @ counts,
        bounds=(0, None),
        method="highs",
    )
    if found.status != 0:
        raise ArithmeticError(f"The linear programme of existence did not end: {found.message}")
    return bool(-found.fun > 1e-7)


@dataclass(frozen=True)
class Stepwise:
    """The models that forward selection arrives at, one a table.

    Parameters
    ----------
    hidden : (tables,) persons expected on no list, or (strata, tables) by a joint model of strata; NaN where not even
        independence can be fitted.
    rank : (pairs, tables) when a pair came in: 1, 2, ...; 0 where it did not. Pairs as in `loglinear.pairs`.
    """

    hidden: Floats
    rank: NDArray[np.int64]


def stepwise_paths(counts: Floats, thresholds: Sequence[float]) -> list[Stepwise]:
    """Add the pair of lists whose overlap is the least likely under the model so far, until none is unlikely.

    The persons on both lists of a pair are compared with a Poisson variable that has the mean the model gives; the
    smaller of its two tails is the p-value. The pair with the smallest p-value comes in if that is below the threshold
    and the model with it can be fitted; if it cannot, the next pair is tried. A pair without overlap comes in with the
    coefficient minus infinity. A Newton fit that converges with full rank is its own proof that the estimate exists.
    A lower threshold stops on the same path, at the first p-value that is not below it.

    Parameters
    ----------
    counts : (2**lists, tables) persons by pattern.
    thresholds : p-values below which a pair comes in; 0 leaves the model of independent lists.

    Returns
    -------
    One selection a threshold, in their order.

    References
    ----------
    Chan, L., Silverman, B. W. and Vincent, K. (2021). Multiple systems estimation for sparse capture data. JASA 116,
        1297-1306, section 4.
    """
    cells, tables = counts.shape
    lists = cells.bit_length() - 1
    places = np.concatenate([1 << np.arange(lists), pairs(lists)])
    overlap = superset_sums(counts.copy())[places]
    chosen = np.zeros((len(places), tables), dtype=bool)
    chosen[:lists] = True
    refused = np.zeros_like(chosen)
    rank = np.zeros((len(places), tables), dtype=np.int64)
    first = fit_each(counts, places, chosen, overlap)
    theta, mean, hidden = first.theta, first.mean, first.hidden
    found = [Stepwise(hidden.copy(), rank[lists:].copy()) for _ in thresholds]
    highest = np.zeros(tables)
    live = np.flatnonzero(first.converged)
    while live.size:
        lane = np.arange(live.size)
        expected = superset_sums(mean[:, live])[places]
        p_value = p_values(overlap[:, live], expected)
        p_value[chosen[:, live] | refused[:, live]] = np.inf
        new = p_value.argmin(axis=0)
        highest[live] = np.maximum(highest[live], p_value[new, lane])
        unlikely = highest[live] < max(thresholds, default=0)
        live, new, expected, lane = live[unlikely], new[unlikely], expected[:, unlikely], lane[: unlikely.sum()]
        tried, start = chosen[:, live], theta[:, live]
        tried[new, lane] = True
        # The fitted overlap of the new pair is scaled to the observed one: a start that Newton cannot miss.
        with np.errstate(divide="ignore"):
            start[places[new], lane] = np.log(overlap[new, live] / expected[new, lane])
        fitted = fit_each(counts[:, live], places, tried, overlap[:, live], start)
        good = fitted.converged
        accepted = live[good]
        chosen[:, accepted], theta[:, accepted] = tried[:, good], fitted.theta[:, good]
        mean[:, accepted], hidden[accepted] = fitted.mean[:, good], fitted.hidden[good]
        rank[new[good], accepted] = rank[:, accepted].max(axis=0, initial=0) + 1
        refused[new[~good], live[~good]] = True
        for number in np.flatnonzero(~good):
            if not estimate_status(counts[:, live[number]], np.append(0, places[tried[:, number]])):
                # There is an estimate that was not found: no other model may stand in for it.
                hidden[live[number]] = np.nan
        for threshold, path in zip(thresholds, found, strict=True):
            on_it = live[highest[live] < threshold]
            path.hidden[on_it], path.rank[:, on_it] = hidden[on_it], rank[lists:, on_it]
        live = live[np.isfinite(hidden[live])]
    return found


def p_values(overlap: Floats, expected: Floats) -> Floats:
    """Return the smaller tail of a Poisson variable with the expected mean at the observed overlap."""
    at_least = np.where(overlap > 0, special.gammainc(np.maximum(overlap, 1), expected), 1.0)
    at_most = special.gammaincc(overlap + 1, expected)
    return np.minimum(at_least, at_most)


# Models times tables that are fitted at once: some hundred megabytes.
MOST_FITS = 60_000
# A model is left out only where its BIC must be higher by more than rounding.
CLOSE = 1e-6


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
        """Return how many models can be fitted."""
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


def best_of_each(counts: Floats, found: Candidates, among: int) -> tuple[Floats, NDArray[np.int64]]:
    """Select again, for many tables, among the models that were the best for one.

    Of a table the most promising model is fitted first, and of the others those whose BIC may be smaller.

    Parameters
    ----------
    counts : (2**lists, tables) persons by pattern.
    found : models in order; their coefficients are where the fits start.
    among : how many of them are compared.

    Returns
    -------
    (tables,) persons expected on no list, by the model with the smallest BIC (NaN where none can be fitted), and
    (tables,) the number of that model (-1 where there is none).
    """
    size = min(among, found.fitted)
    terms, theta = found.terms[:size], found.theta[:, :size]
    overlap, log_n = superset_sums(counts.copy())[1:], np.log(counts.sum(axis=0))
    least = _least_bic(counts, overlap, log_n, terms, theta)
    bic, hidden = np.full(least.shape, np.inf), np.full(least.shape, np.nan)
    tables = np.arange(counts.shape[1])
    promising = np.zeros(least.shape, dtype=bool)
    promising[np.where(np.isfinite(least), least, np.inf).argmin(axis=0), tables] = True
    _fit_pairs(counts, overlap, log_n, terms, theta, promising, bic, hidden)
    possible = least <= bic.min(axis=0) + CLOSE
    _fit_pairs(counts, overlap, log_n, terms, theta, possible & ~promising, bic, hidden)
    best = bic.argmin(axis=0)
    return hidden[best, tables], np.where(np.isfinite(bic[best, tables]), best, -1)


def _fit_pairs(
    counts: Floats,
    overlap: Floats,
    log_n: Floats,
    terms: NDArray[np.bool_],
    theta: Floats,
    asked: NDArray[np.bool_],
    bic: Floats,
    hidden: Floats,
) -> None:
    """Fit models to tables, (models, tables) asked, and write down there the BIC and the persons on no list."""
    pairs_asked = np.argwhere(asked)
    for begin in range(0, len(pairs_asked), MOST_FITS):
        model, table = pairs_asked[begin : begin + MOST_FITS].T
        tried = terms[model, 1:].T
        fitted = fit_each(counts[:, table], np.arange(1, len(counts)), tried, overlap[:, table], theta[:, model])
        value = (tried.sum(axis=0) + 1) * log_n[table] - 2 * log_likelihood(counts[:, table], fitted.mean)
        bic[model, table], hidden[model, table] = np.where(fitted.converged, value, np.inf), fitted.hidden


def _least_bic(counts: Floats, overlap: Floats, log_n: Floats, terms: NDArray[np.bool_], theta: Floats) -> Floats:
    """(models, tables) what the BIC of a model for a table is not below; minus infinity where nothing is known."""
    constant = special.gammaln(counts + 1).sum(axis=0)
    places = np.arange(1, len(counts))
    least = np.empty((len(terms), counts.shape[1]))
    for model, in_it in enumerate(terms):
        highest = highest_likelihood_each(counts, places, in_it[1:, None], overlap, theta[:, [model]])
        least[model] = in_it.sum() * log_n - 2 * (highest - constant)
    return least


def _require_none_better(counts: Floats, terms: NDArray[np.bool_], bic: Floats) -> None:
    """No model that has an estimate, and may have the smallest BIC, may have been missed.

    A model cannot fit better than the counts themselves: only those with so few terms that this would make them the
    best are looked into.
    """
    saturated = -2 * log_likelihood(counts[:, None], counts[:, None])[0]
    could_win = saturated + terms.sum(axis=1) * np.log(counts.sum()) < bic.min()
    for number in np.flatnonzero(could_win & ~np.isfinite(bic)):
        if estimate_status(counts, np.flatnonzero(terms[number])) == 0:
            raise NotIdentifiable(
                "best_model_missed", "A model that may be the best has an estimate, but was not found. Select stepwise."
            )
