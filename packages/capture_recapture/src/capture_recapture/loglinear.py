"""Poisson log-linear models of capture histories: hierarchical terms, and fits by Newton's method, many at a time.

A model is a set of terms and a term a set of lists, held as a bit pattern (`CaptureTable.place`); term 0 is the
intercept. A cell's log mean is the sum of the coefficients of all terms within its pattern, so means and the sums that
Newton's method needs are running sums over subsets and supersets: no design matrix is made, and the information
between two terms is the expected overlap of their union. The last axis of every array is the fit, so that a thousand
resamples cost little more than one.

References
----------
Cormack, R. M. (1989). Log-linear models for capture-recapture. Biometrics 45, 395-413.
Fienberg, S. E. (1972). The multiple recapture census for closed populations and incomplete 2^k contingency tables.
    Biometrika 59, 591-603.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Terms = NDArray[np.int64]

# Lanes of one pass: what fits into a processor's cache.
CHUNK = 1024
# A step that moves no log mean by more than this ends the iteration; the error left is of the order of its square.
TOLERANCE = 1e-7
# Newton's method needs a dozen steps where there is a maximum, and never ends where there is none.
MOST_STEPS = 25
# No step moves a log mean by more, so that a start far off cannot overflow.
LONGEST_STEP = 3.0


@dataclass(frozen=True)
class Fits:
    """Fitted models, one a lane of the last axis.

    Parameters
    ----------
    theta : (terms, fits) coefficients; the intercept is the log of the expected number of persons on no list.
    standard_error : (terms, fits) from the inverse of the information.
    mean : (2**lists, fits) expected persons of each pattern; 0 where the model has none, and in place 0 as well.
    converged : (fits,) a maximum was reached, and the information there has full rank. Where it is False nothing else
        of the lane is to be used.
    """

    theta: Floats
    standard_error: Floats
    mean: Floats
    converged: NDArray[np.bool_]

    @property
    def hidden(self) -> Floats:
        """(fits,) persons expected on no list; NaN where there is no fit."""
        return np.where(self.converged, np.exp(self.theta[0]), np.nan)


def subset_sums(values: Floats) -> Floats:
    """Sum, for each pattern, over all patterns within it. In place; first axis 2**lists, any further ones."""
    step = 1
    while step < len(values):
        halves = values.reshape(len(values) // (2 * step), 2, step, *values.shape[1:])
        halves[:, 1] += halves[:, 0]
        step *= 2
    return values


def superset_sums(values: Floats) -> Floats:
    """Sum, for each pattern, over all that contain it. In place; first axis 2**lists, any further ones."""
    step = 1
    while step < len(values):
        halves = values.reshape(len(values) // (2 * step), 2, step, *values.shape[1:])
        halves[:, 0] += halves[:, 1]
        step *= 2
    return values


def without(cells: int, impossible: Terms) -> NDArray[np.bool_]:
    """Return (2**lists,) False for patterns with a term whose coefficient is minus infinity, and for place 0."""
    places = np.arange(cells)
    possible = places > 0
    for term in impossible:
        possible &= (places & term) != term
    return possible


def fit(
    counts: Floats,
    terms: Terms,
    possible: NDArray[np.bool_] | None = None,
    start: Floats | None = None,
    errors: bool = True,
) -> Fits:
    """Fit log-linear models by maximum likelihood.

    Parameters
    ----------
    counts : (2**lists, fits) persons by pattern, or (2**lists, 1) where all models are of one table.
    terms : (terms, fits), each lane a model with the intercept first, or (terms, 1) where all fit one model.
    possible : (2**lists, fits or 1), False where a pattern has no persons by the model (see `without`); place 0 is
        never observed, whatever stands there.
    start : (terms, fits) coefficients to start from; by default a least-squares fit to the logs of the counts.
    errors : False leaves the standard errors out: they are NaN.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, 2nd ed. Chapman and Hall, section 2.5.
    """
    if possible is None:
        possible = (np.arange(len(counts)) > 0)[:, None]
    fits = max(array.shape[1] for array in (counts, terms, possible, start) if array is not None)
    parts = []
    for first in range(0, fits, CHUNK):
        lanes = slice(first, first + CHUNK)
        begun = None if start is None else _lanes(start, lanes)
        parts.append(_fit(_lanes(counts, lanes), _lanes(terms, lanes), _lanes(possible, lanes), begun, errors))
    found = Fits(*(np.concatenate(arrays, axis=-1) for arrays in zip(*parts, strict=True)))
    astray = ~found.converged
    if start is None or not astray.any():
        return found
    # A start can be too far off for Newton's method; a fit to the logs seldom is.
    again = fit(_lanes(counts, astray), _lanes(terms, astray), _lanes(possible, astray), errors=errors)
    for whole, part in zip(vars(found).values(), vars(again).values(), strict=True):
        whole[..., astray] = part
    return found


def fit_each(
    counts: Floats,
    places: Terms,
    tried: NDArray[np.bool_],
    overlap: Floats | None = None,
    start: Floats | None = None,
) -> Fits:
    """Fit to each table a model of its own, by extended maximum likelihood.

    A term whose lists share nobody in a table has the coefficient minus infinity there, and its patterns are
    impossible; so has a list that is empty.

    Parameters
    ----------
    counts : (2**lists, fits or 1) persons by pattern.
    places : (terms,) all terms that are in any model, but for the intercept.
    tried : (terms, fits or 1) which of them are in which model.
    overlap : (terms, fits or 1) persons on all lists of a term, where they are known already.
    start : (2**lists, fits or 1) coefficients by place to start from.

    Returns
    -------
    Fits whose coefficients are by place, (2**lists, fits), and 0 where a term has none. Standard errors, by which no
    model is chosen, are NaN.

    References
    ----------
    Fienberg, S. E. and Rinaldo, A. (2012). Maximum likelihood estimation in log-linear models. Ann. Stat. 40, 996-1023.
    """
    if overlap is None:
        overlap = superset_sums(counts.copy())[places]
    cells, fits = len(counts), np.broadcast(tried, overlap).shape[1]
    theta, mean = np.zeros((cells, fits)), np.zeros((cells, fits))
    converged = np.zeros(fits, dtype=bool)
    for lanes, terms, possible in _of_one_size(cells, places, tried, overlap):
        begun = None if start is None else _coefficients(start, terms, lanes)
        found = fit(_lanes(counts, lanes), terms, possible, begun, errors=False)
        theta[terms, lanes], mean[:, lanes], converged[lanes] = found.theta, found.mean, found.converged
    return Fits(theta, np.full_like(theta, np.nan), mean, converged)


def highest_likelihood_each(
    counts: Floats, places: Terms, tried: NDArray[np.bool_], overlap: Floats, start: Floats
) -> Floats:
    """Return (fits,) an upper bound of the log-likelihood of a fit of `fit_each`, without the constant of its counts.

    Of all means with the sufficient statistics of the counts, those of the fit have the smallest sum of m log m - m,
    and this is their log-likelihood. One step of Newton's method, taken in the means, leads to means with these
    statistics: close to those of the fit, and of use where none is below 0. Elsewhere the answer is infinite.

    Parameters
    ----------
    counts, places, tried, overlap, start : as in `fit_each`.

    References
    ----------
    Darroch, J. N. and Ratcliff, D. (1972). Generalized iterative scaling for log-linear models. Ann. Math. Stat. 43,
        1470-1480.
    """
    found = np.full(np.broadcast(tried, overlap).shape[1], np.inf)
    for lanes, terms, possible in _of_one_size(len(counts), places, tried, overlap):
        for first in range(0, lanes.size, CHUNK):
            part = slice(first, first + CHUNK)
            own, alive = _lanes(terms, part), _lanes(possible, part) & (np.arange(len(counts)) > 0)[:, None]
            seen = _lanes(counts, lanes[part])
            # Where model and start are those of all tables, so are all but the step.
            means = means_of(_coefficients(start, own, lanes[part]), own, alive)
            expected = superset_sums(means.copy())
            root, regular = cholesky(information(expected, own))
            step = solve(root, _take(superset_sums(np.where(alive, seen, 0.0)), own) - _take(expected, own))
            with np.errstate(invalid="ignore", over="ignore"):
                means = means * (1 + subset_sums(_scatter(step, own, len(counts))))
                use = regular & (means >= 0).all(axis=0) & np.isfinite(means).all(axis=0)
            kept = means[:, use]
            found[lanes[part][use]] = (special.xlogy(kept, kept) - kept).sum(axis=0)
    return found


def _of_one_size(
    cells: int, places: Terms, tried: NDArray[np.bool_], overlap: Floats
) -> Iterator[tuple[NDArray[np.int64], Terms, NDArray[np.bool_]]]:
    """Lanes with as many finite terms, those terms with the intercept, and their possible patterns; see `fit_each`.

    Terms and patterns that all these lanes have in common are one lane.
    """
    finite, infinite = tried & (overlap > 0), tried & (overlap == 0)
    fits = finite.shape[1]
    possible = np.ones((cells, fits), dtype=bool)
    for number in np.flatnonzero(infinite.any(axis=1)):
        possible &= without(cells, places[[number]])[:, None] | ~infinite[number]
    sizes = finite.sum(axis=0)
    for size in np.unique(sizes):
        lanes = np.flatnonzero(sizes == size)
        terms = places[np.nonzero(finite[:, lanes].T)[1].reshape(lanes.size, size).T]
        terms = np.concatenate([np.zeros((1, lanes.size), dtype=np.int64), terms])
        yield lanes, _in_common(terms), _in_common(possible[:, lanes])


def _in_common(array: np.ndarray) -> np.ndarray:
    """One lane for all where all are alike."""
    return array[:, :1] if (array == array[:, :1]).all() else array


def _coefficients(start: Floats, terms: Terms, lanes: NDArray[np.int64]) -> Floats:
    """(terms, lanes or 1) the coefficients of terms, of those by place."""
    if start.shape[1] == terms.shape[1] == 1:
        return start[terms[:, 0]]
    return start[terms, 0 if start.shape[1] == 1 else lanes]


def _fit(
    counts: Floats, terms: Terms, possible: NDArray[np.bool_], start: Floats | None, errors: bool
) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """The fields of `Fits` for one chunk: Newton's method, which drops each fit when it is done or has gone astray."""
    fits = max(array.shape[1] for array in (counts, terms, possible, start) if array is not None)
    cells = len(counts)
    theta = np.full((len(terms), fits), np.nan)
    error, mean = theta.copy(), np.zeros((cells, fits))
    converged = np.zeros(fits, dtype=bool)
    lane = np.arange(fits)
    alive = possible & (np.arange(cells) > 0)[:, None]
    observed = superset_sums(np.where(alive, counts, 0.0))
    # The log mean of place 0 is the estimate: it must stand still too.
    watched = alive | (np.arange(cells) == 0)[:, None]
    now = _least_squares(counts, terms, alive) if start is None else start
    now = np.broadcast_to(now, (len(terms), fits)).copy()
    for _ in range(MOST_STEPS):
        means = means_of(now, terms, alive)
        overlap = superset_sums(means.copy())
        root, regular = cholesky(information(overlap, terms))
        step = solve(root, _take(observed, terms) - _take(overlap, terms))
        moved = np.where(watched, np.abs(subset_sums(_scatter(step, terms, cells))), 0).max(axis=0)
        regular &= np.isfinite(moved)
        with np.errstate(invalid="ignore"):
            now += step * np.minimum(1.0, LONGEST_STEP / np.maximum(moved, LONGEST_STEP))
        done = regular & (moved < TOLERANCE)
        if done.any():
            places = lane[done]
            theta[:, places], mean[:, places], converged[places] = now[:, done], means[:, done], True
            if errors:
                error[:, places] = standard_errors(root[:, :, done])
        left = regular & ~done
        if not left.any():
            break
        if not left.all():
            lane, now = lane[left], now[:, left]
            terms, alive, watched, observed = (_lanes(array, left) for array in (terms, alive, watched, observed))
    return theta, error, mean, converged


def means_of(theta: Floats, terms: Terms, alive: NDArray[np.bool_]) -> Floats:
    """Return (2**lists, fits) the expected persons of each pattern under coefficients."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(alive, np.exp(subset_sums(_scatter(theta, terms, len(alive)))), 0.0)


def information(overlap: Floats, terms: Terms) -> Floats:
    """Return (terms, terms, fits) Fisher information: expected overlaps of two terms' union (lower triangle)."""
    size = len(terms)
    found = np.zeros((size, size, max(overlap.shape[1], terms.shape[1])))
    for row in range(size):
        found[row, : row + 1] = _take(overlap, terms[row] | terms[: row + 1])
    return found


def cholesky(matrices: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return lower Cholesky factors of symmetric matrices, which are overwritten, and which are positive definite.

    Parameters
    ----------
    matrices : (size, size, fits); only the lower triangles are read.
    """
    size = len(matrices)
    regular = np.ones(matrices.shape[2], dtype=bool)
    diagonal = matrices[np.arange(size), np.arange(size)].copy()
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for j in range(size):
            # What is left of a diagonal that others explain is rounding error.
            regular &= matrices[j, j] > 1e-11 * diagonal[j]
            matrices[j:, j] /= np.sqrt(matrices[j, j])
            for k in range(j + 1, size):
                matrices[k:, k] -= matrices[k:, j] * matrices[k, j]
    return matrices, regular


def solve(root: Floats, right: Floats) -> Floats:
    """Solve (root rootᵀ) x = right for each fit: (size, size, fits), (size, fits) -> (size, fits)."""
    x = right.copy()
    size = len(x)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for j in range(size):
            x[j] /= root[j, j]
            x[j + 1 :] -= root[j + 1 :, j] * x[j]
        for j in reversed(range(size)):
            x[j] /= root[j, j]
            x[:j] -= root[j, :j] * x[j]
    return x


def standard_errors(root: Floats) -> Floats:
    """Return (size, fits) square roots of the diagonal of (root rootᵀ)⁻¹."""
    size = len(root)
    inverse = np.zeros_like(root)
    for j in range(size):
        inverse[j, j] = 1 / root[j, j]
        for i in range(j + 1, size):
            inverse[i, j] = -(root[i, j:i] * inverse[j:i, j]).sum(axis=0) / root[i, i]
    return np.sqrt((inverse**2).sum(axis=0))


def log_likelihood(counts: Floats, mean: Floats) -> Floats:
    """Return (fits,) Poisson log-likelihood, with the constant that R prints in AIC and BIC; 0 log 0 is 0."""
    return (special.xlogy(counts, mean) - mean - special.gammaln(counts + 1))[1:].sum(axis=0)


def _least_squares(counts: Floats, terms: Terms, alive: NDArray[np.bool_]) -> Floats:
    """Coefficients of a least-squares fit to the logs of the counts, weighted by the counts."""
    weights = np.where(alive, counts + 0.1, 0.0)
    logs = weights * np.log(np.where(alive, counts + 0.1, 1.0))
    root, regular = cholesky(information(superset_sums(weights), terms))
    found = solve(root, _take(superset_sums(logs), terms))
    return np.where(regular, found, np.nan)


def _take(values: Floats, places: NDArray[np.int64]) -> Floats:
    """The value of each place: (2**lists, fits), (..., fits or 1) -> (..., fits)."""
    fits = max(values.shape[1], places.shape[-1])
    if places.shape[-1] == 1:
        return np.broadcast_to(values, (len(values), fits))[places[..., 0]]
    if values.shape[1] == 1:
        return values[:, 0][places]
    return values.ravel()[places * fits + np.arange(fits)]


def _scatter(values: Floats, terms: Terms, cells: int) -> Floats:
    """(2**lists, fits) the coefficients in the places of their terms, 0 elsewhere."""
    found = np.zeros((cells, values.shape[1]))
    if terms.shape[1] == 1:
        found[terms[:, 0]] = values
    else:
        found[terms, np.arange(values.shape[1])] = values
    return found


def _lanes(array: np.ndarray, lanes: slice | np.ndarray) -> np.ndarray:
    """Some of the fits; an array with one lane stands for all."""
    return array if array.shape[1] == 1 else array[:, lanes]


# With six lists there are 7,785,062 models.
MOST_LISTS = 5


def closure(terms: Iterable[int], lists: int) -> NDArray[np.int64]:
    """Return the places of a model: the intercept, every list, the terms and all their parts, smaller terms first."""
    found = {0, *(1 << bit for bit in range(lists))}
    for term in terms:
        part = term
        while part:
            found.add(part)
            part = (part - 1) & term
    return np.array(sorted(found, key=lambda place: (place.bit_count(), place)), dtype=np.int64)


def pairs(lists: int) -> NDArray[np.int64]:
    """Return the places of all pairs of lists: first with second, first with third, ..."""
    found = [(1 << a) | (1 << b) for a, b in combinations(range(lists), 2)]
    return np.array(found, dtype=np.int64)


@cache
def models(lists: int, order: int) -> NDArray[np.bool_]:
    """Return every hierarchical model in which each list stands, and no term has more than `order` lists.

    The term of all lists together is never in: it cannot be told from the persons on no list.

    Returns
    -------
    (models, 2**lists) True where a term is in the model; models with fewer terms first.
    """
    found = np.zeros((1, 1 << lists), dtype=bool)
    found[0, [0, *(1 << bit for bit in range(lists))]] = True
    for size in range(2, min(order, lists - 1) + 1):
        for members in combinations(range(lists), size):
            term = sum(1 << bit for bit in members)
            parts = [term ^ (1 << bit) for bit in members]
            grown = found[found[:, parts].all(axis=1)].copy()
            grown[:, term] = True
            found = np.concatenate([found, grown])
    return found[np.argsort(found.sum(axis=1), kind="stable")]


def generators(terms: Iterable[int]) -> list[int]:
    """Return the generators of a hierarchical model: its terms that are part of no other."""
    places = [int(term) for term in terms if term]
    return [term for term in places if not any(term != other and term & other == term for other in places)]
