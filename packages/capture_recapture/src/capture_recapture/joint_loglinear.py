"""Log-linear models of capture histories in several strata at once: terms, fit and selection.

The terms are of two kinds: own terms, of which every stratum has a coefficient of its own (its intercept, each list),
and common terms, the pairs of lists. Strata meet in the common terms only, so the information is one small block a
stratum, bordered by the common terms, and Newton's method eliminates block by block. The last axis of every array is
the fit, as in `loglinear`.

References
----------
Tilling, K. and Sterne, J. A. C. (1999). Capture-recapture models including covariate effects. Am. J. Epidemiol. 149,
    392-400.
Cormack, R. M. (1989). Log-linear models for capture-recapture. Biometrics 45, 395-413.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from capture_recapture.loglinear import (
    LONGEST_STEP,
    MOST_STEPS,
    TOLERANCE,
    Floats,
    cholesky,
    information,
    pairs,
    solve,
    subset_sums,
    superset_sums,
)
from capture_recapture.selection import Stepwise, interior, p_values

Terms = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Patterns times strata times fits of one pass: what fits into a processor's cache.
CELLS_AT_ONCE = 60_000


@dataclass(frozen=True)
class JointTerms:
    """The terms of a joint model, as places (`CaptureTable.place`).

    Parameters
    ----------
    own : terms of which each stratum has a coefficient; the intercept first.
    common : terms with one coefficient for all strata: all pairs of lists.
    """

    own: Terms
    common: Terms


def joint_terms(lists: int) -> JointTerms:
    """Return the terms for so many lists."""
    return JointTerms(np.append(0, 1 << np.arange(lists, dtype=np.int64)), pairs(lists))


@dataclass(frozen=True)
class JointFits:
    """Fitted models, one a lane of the last axis.

    Parameters
    ----------
    own : (own terms, strata, fits) coefficients; minus infinity where a stratum has no person on the list, or at all.
    common : (common terms, fits) coefficients; 0 where a term is not in the model, minus infinity where its lists
        share nobody.
    mean : (2**lists, strata, fits) expected persons; 0 in place 0.
    converged : (fits,) a maximum was reached, and the information there has full rank. Where it is False nothing else
        of the lane is to be used.
    """

    own: Floats
    common: Floats
    mean: Floats
    converged: Flags

    @property
    def hidden(self) -> Floats:
        """(strata, fits) persons expected on no list; NaN where there is no fit."""
        return np.where(self.converged, np.exp(self.own[0]), np.nan)


def fit_joint(
    counts: Floats, terms: JointTerms, chosen: Flags, start: tuple[Floats, Floats] | None = None
) -> JointFits:
    """Fit joint models by maximum likelihood.

    Parameters
    ----------
    counts : (2**lists, strata, fits) persons by pattern.
    chosen : (common terms, fits) which common terms are in the model of a lane. One whose lists share nobody has the
        coefficient minus infinity, and so has a list in a stratum where nobody is on it.
    start : own and common coefficients to start from; by default a least-squares fit to the logs of the counts.
    """
    cells, strata, fits = counts.shape
    at_once = max(1, CELLS_AT_ONCE // (cells * strata))
    parts = []
    for first in range(0, fits, at_once):
        lanes = slice(first, first + at_once)
        begun = None if start is None else (start[0][..., lanes], start[1][..., lanes])
        parts.append(_fit(counts[..., lanes], terms, chosen[:, lanes], begun))
    found = JointFits(*(np.concatenate(arrays, axis=-1) for arrays in zip(*parts, strict=True)))
    astray = ~found.converged
    if start is None or not astray.any():
        return found
    # A start can be too far off for Newton's method; a fit to the logs seldom is.
    again = fit_joint(counts[..., astray], terms, chosen[:, astray])
    for whole, part in zip(vars(found).values(), vars(again).values(), strict=True):
        whole[..., astray] = part
    return found


def _fit(
    counts: Floats, terms: JointTerms, chosen: Flags, start: tuple[Floats, Floats] | None
) -> tuple[Floats, Floats, Floats, Flags]:
    """The fields of `JointFits` for one chunk: Newton's method, which drops each fit when it is done or gone astray."""
    cells, strata, fits = counts.shape
    alive, finite_own, finite_common = possible(counts, terms, chosen)
    sum_own = superset_sums(counts.copy())[terms.own]
    sum_common = superset_sums(counts.sum(axis=1))[terms.common]
    # The log mean of place 0 is the estimate: it must stand still too.
    watched = alive.copy()
    watched[0] = finite_own[0]
    if start is None:
        raised = np.where(alive, counts + 0.1, 0.0)
        logs = superset_sums(raised * np.log(np.where(alive, raised, 1.0)))
        right = logs[terms.own], logs[terms.common].sum(axis=1)
        own, common, _ = _solve(superset_sums(raised), *right, terms, finite_own, finite_common)
    else:
        own, common = (np.where(np.isfinite(part), part, 0.0) for part in start)
    found_own, found_common = np.full((len(terms.own), strata, fits), np.nan), np.full(chosen.shape, np.nan)
    mean, converged = np.zeros((cells, strata, fits)), np.zeros(fits, dtype=bool)
    lane = np.arange(fits)
    for _ in range(MOST_STEPS):
        with np.errstate(over="ignore", invalid="ignore"):
            means = np.where(alive, np.exp(subset_sums(_scatter(own, common, terms, cells))), 0.0)
            overlap = superset_sums(means.copy())
            right = sum_own - overlap[terms.own], sum_common - overlap[terms.common].sum(axis=1)
            step_own, step_common, regular = _solve(overlap, *right, terms, finite_own, finite_common)
            moved = np.where(watched, np.abs(subset_sums(_scatter(step_own, step_common, terms, cells))), 0)
            moved = moved.max(axis=(0, 1))
            length = np.minimum(1.0, LONGEST_STEP / np.maximum(moved, LONGEST_STEP))
            own, common = own + step_own * length, common + step_common * length
        # Nobody at all is a table without a model.
        regular &= np.isfinite(moved) & finite_own[0].any(axis=0)
        done = regular & (moved < TOLERANCE)
        places = lane[done]
        found_own[..., places] = np.where(finite_own, own, -np.inf)[..., done]
        found_common[:, places] = np.where(finite_common, common, np.where(chosen, -np.inf, 0.0))[:, done]
        mean[..., places], converged[places] = means[..., done], True
        left = regular & ~done
        if not left.any():
            break
        lane, alive, watched, chosen = (_lanes(part, left) for part in (lane, alive, watched, chosen))
        own, finite_own, sum_own = (_lanes(part, left) for part in (own, finite_own, sum_own))
        common, finite_common, sum_common = (_lanes(part, left) for part in (common, finite_common, sum_common))
    return found_own, found_common, mean, converged


def possible(counts: Floats, terms: JointTerms, chosen: Flags) -> tuple[Flags, Flags, Flags]:
    """Return the patterns that have persons by the model, and the own and common coefficients that are finite."""
    places = np.arange(len(counts))
    own = superset_sums(counts.copy())[terms.own] > 0
    common = chosen & (superset_sums(counts.sum(axis=1))[terms.common] > 0)
    alive = np.ones(counts.shape, dtype=bool)
    alive[0] = False
    for term, present in zip(terms.own, own, strict=True):
        alive[(places & term) == term] &= present
    for term, present in zip(terms.common, common | ~chosen, strict=True):
        alive[(places & term) == term] &= present
    return alive, own, common


def _solve(
    overlap: Floats,
    right_own: Floats,
    right_common: Floats,
    terms: JointTerms,
    finite_own: Flags,
    finite_common: Flags,
) -> tuple[Floats, Floats, Flags]:
    """Solve the equations of one Newton step; which fits have full rank.

    Parameters
    ----------
    overlap : (2**lists, strata, fits) the information of two terms stands in the place of their union.
    right_own, right_common : (own terms, strata, fits), (common terms, fits) right-hand sides.
    finite_own, finite_common : the coefficients that are to be found; the others get 0.
    """
    size, strata, fits = right_own.shape
    # A coefficient that is not looked for has an equation of its own: itself is 0.
    block = information(overlap.reshape(len(overlap), -1), terms.own[:, None])
    block[np.arange(size), np.arange(size)] += ~finite_own.reshape(size, -1)
    root, regular = cholesky(block)
    border = overlap[terms.own[:, None] | terms.common] * finite_common[:, None]
    alone = solve(root, (right_own * finite_own).reshape(size, -1)).reshape(right_own.shape)
    weight = np.empty_like(border)
    for number in range(len(terms.common)):
        weight[:, number] = solve(root, border[:, number].reshape(size, -1)).reshape(right_own.shape)
    corner = information(overlap.sum(axis=1), terms.common[:, None])
    corner *= finite_common[:, None] & finite_common
    diagonal = corner[np.arange(len(corner)), np.arange(len(corner))] + ~finite_common
    for row in range(len(corner)):
        corner[row, : row + 1] -= np.einsum("asf,ajsf->jf", border[:, row], weight[:, : row + 1])
        corner[row, row] += ~finite_common[row]
    outer, full = cholesky(corner)
    # What the strata explain of a common term leaves rounding error, which is measured against the whole.
    full &= (np.einsum("jjf->jf", outer) ** 2 > 1e-11 * diagonal).all(axis=0)
    common = solve(outer, right_common * finite_common - np.einsum("ajsf,asf->jf", border, alone))
    own = alone - np.einsum("ajsf,jf->asf", weight, common)
    return own, common, full & regular.reshape(strata, fits).all(axis=0)


def _scatter(own: Floats, common: Floats, terms: JointTerms, cells: int) -> Floats:
    """Return (2**lists, strata, fits) coefficients in the places of their terms, 0 elsewhere."""
    found = np.zeros((cells, *own.shape[1:]))
    found[terms.own] = own
    found[terms.common] = common[:, None]
    return found


def joint_design(counts: Floats, terms: JointTerms, chosen: Flags) -> tuple[Floats, Flags]:
    """Return the design matrix of a joint model of (2**lists, strata) persons.

    Returns
    -------
    design : (possible patterns, finite coefficients) 0 and 1. The coefficients are those of the own terms, for each
        term stratum by stratum, and then those of the common terms.
    alive : (2**lists, strata) which patterns are possible: the rows, in this order.
    """
    alive, finite_own, finite_common = (part[..., 0] for part in possible(counts[..., None], terms, chosen[:, None]))
    place, stratum = np.nonzero(alive)
    term, of = np.nonzero(finite_own)
    own = ((place[:, None] & terms.own[term]) == terms.own[term]) & (stratum[:, None] == of)
    kept = terms.common[finite_common]
    return np.column_stack([own, (place[:, None] & kept) == kept]).astype(float), alive


def _lanes(array: np.ndarray, lanes: Flags) -> np.ndarray:
    """Some of the fits."""
    return array[..., lanes]


def select(counts: Floats, terms: JointTerms, threshold: float, given: NDArray[np.int64] | None) -> Stepwise:
    """Select pairs for each table by `stepwise_joint`, or fit those whose rank (pairs,) is given to all tables."""
    if given is None:
        return stepwise_joint(counts, terms, threshold)
    rank = np.repeat(given[:, None], counts.shape[2], axis=1)
    return Stepwise(fit_joint(counts, terms, rank > 0).hidden, rank)


def stepwise_joint(counts: Floats, terms: JointTerms, threshold: float) -> Stepwise:
    """Add the pair of lists whose overlap, summed over strata, is the least likely, until none is unlikely.

    As in `selection.stepwise_paths`: the smaller tail of a Poisson variable is the p-value, a pair whose model cannot
    be fitted is passed over, and one without any overlap comes in with the coefficient minus infinity.

    Parameters
    ----------
    counts : (2**lists, strata, tables) persons by pattern.
    threshold : p-value below which a pair comes in; 0 leaves independent lists.

    References
    ----------
    Chan, L., Silverman, B. W. and Vincent, K. (2021). Multiple systems estimation for sparse capture data. JASA 116,
        1297-1306, section 4.
    """
    overlap = superset_sums(counts.sum(axis=1))[terms.common]
    chosen = np.zeros((len(terms.common), counts.shape[2]), dtype=bool)
    closed, rank = chosen.copy(), np.zeros(chosen.shape, dtype=np.int64)
    first = fit_joint(counts, terms, chosen)
    own, common, hidden, expected = first.own, first.common, first.hidden, _expected(first, terms)
    live = np.flatnonzero(first.converged & (threshold > 0))
    while live.size:
        p_value = np.where(closed[:, live], np.inf, p_values(overlap[:, live], expected[:, live]))
        new = p_value.argmin(axis=0)
        unlikely = p_value[new, np.arange(live.size)] < threshold
        live, new = live[unlikely], new[unlikely]
        if not live.size:
            break
        lane, tried, begun = np.arange(live.size), chosen[:, live], common[:, live]
        closed[new, live], tried[new, lane] = True, True
        # The fitted overlap of the new pair is scaled to the observed one: a start that Newton cannot miss.
        with np.errstate(divide="ignore"):
            begun[new, lane] = np.log(overlap[new, live] / expected[new, live])
        fitted = fit_joint(counts[..., live], terms, tried, (own[..., live], begun))
        good = fitted.converged
        accepted = live[good]
        chosen[:, accepted], rank[new[good], accepted] = tried[:, good], rank[:, accepted].max(axis=0) + 1
        own[..., accepted], common[:, accepted] = fitted.own[..., good], fitted.common[:, good]
        hidden[:, accepted], expected[:, accepted] = fitted.hidden[:, good], _expected(fitted, terms)[:, good]
        for number in np.flatnonzero(~good):
            if not joint_status(counts[..., live[number]], terms, tried[:, number]):
                # There is an estimate that was not found: no other model may stand in for it.
                hidden[:, live[number]] = np.nan
        live = live[np.isfinite(hidden[:, live]).all(axis=0)]
    return Stepwise(hidden, rank)


def _expected(fitted: JointFits, terms: JointTerms) -> Floats:
    """(common terms, fits) the overlap that a model expects, summed over strata."""
    return superset_sums(fitted.mean.sum(axis=1))[terms.common]


def joint_status(counts: Floats, terms: JointTerms, chosen: Flags) -> int:
    """Return the status of a joint model, as `selection.model_status`, with its words in `selection.MEANING`.

    Parameters
    ----------
    counts : (2**lists, strata) persons by pattern; only which of them are 0 matters.
    chosen : (common terms,) which common terms are in the model.
    """
    filled = np.packbits(counts > 0).tobytes()
    return _status(
        counts.shape, filled, tuple(terms.own.tolist()), tuple(terms.common.tolist()), tuple(chosen.tolist())
    )


@lru_cache(maxsize=20_000)
def _status(
    shape: tuple[int, int], filled: bytes, own: tuple[int, ...], common: tuple[int, ...], chosen: tuple[bool, ...]
) -> int:
    # Any counts with these empty patterns have the same status: ones are the best conditioned.
    ones = np.unpackbits(np.frombuffer(filled, dtype=np.uint8), count=shape[0] * shape[1]).reshape(shape).astype(float)
    terms = JointTerms(np.array(own), np.array(common))
    design, alive = joint_design(ones, terms, np.array(chosen))
    aliased = np.linalg.matrix_rank(design) < design.shape[1] if design.size else True
    return int(not interior(design, ones[alive])) + 2 * int(aliased)
