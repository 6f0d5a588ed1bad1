"""Tests of the number of joinpoints: fewer against more, one after the other.

Of logarithms the residuals are permuted. Of counts the likelihood is compared in bootstrap samples, for which all
places of joinpoints are fitted at once by Newton's method.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trends.count_model import likelihood
from trends.joinpoint_search import Grid, Positions, all_sums_of_squares, least_sums_of_squares, placements
from trends.series import Floats

# Single precision leaves the sign of a difference open below so many parts of the line's sum of squares.
_DOUBTFUL = 5e-5
# So near, both are equal: orders of equal residuals are one and the same series but for rounding.
_EQUAL = 1e-12
# More series are drawn until the p-value is so many standard errors from its level, within limits.
_CLEAR = 3.0
_MORE = 20
_WORK = 100_000_000

_ITERATIONS = 200
# A fit has converged when no log mean moves by more than this; one further step squares it.
_SETTLED = 1e-6
# A large step that lowers minus the log likelihood by no more than this goes to infinity.
_FLAT = 1e-9
_SINGULAR = 1e-12
# Steps of log means up to which Newton's method is left alone.
_CALM = 0.7
# Numbers that the largest array of one block of fits holds.
_BLOCK = 2_000_000
# The same for bounds, so that what is computed stays near the processor.
_NEAR = 500_000
# More replicates are drawn up to so many times, and to so many placements in all replicates together.
_MORE_REPLICATES = 5
_MOST_PLACEMENTS = 5_000_000
# Losses that differ by less are equal.
_EQUAL_LOSS = 1e-8


def permutation_tests(
    over: Grid, response: Floats, least: int, most: int, permutations: int, seed: int, level: float = 0.05
) -> pd.DataFrame:
    """Test k0 against k1 joinpoints, from `least` against `most`, until both are the same number.

    Each test asks whether k1 joinpoints leave so much less than k0 as chance would have it: the residuals of the best
    fit with k0 are permuted (in units of their standard errors) and added to that fit again, and both models are sought
    anew in each permutation. If k0 is refused, k0 + 1 is tested next, else k1 - 1 is tried against k0. A test of k0 has
    the level `level` / (most - k0), so that all together err in no more than `level` when there is no joinpoint. Where
    the p-value lies so near to its level that other permutations could decide otherwise, more are drawn.

    Parameters
    ----------
    over : the periods and weights.
    response : weighted response; shape (n,).
    least, most : smallest and largest number of joinpoints.
    permutations : of each test, none at all if 0; up to twenty times as many where chance could decide, as far as that
        is quick.
    seed : each test draws from (seed, k0, k1), so that it does not depend on those before it.
    level : probability of finding a joinpoint where there is none.

    Returns
    -------
    DataFrame, one row a test in order: null, alternative, p_value (the observed series counts as one permutation),
    level, selected, permutations.

    References
    ----------
    Kim, H.-J., Fay, M. P., Feuer, E. J. and Midthune, D. N. (2000). Permutation tests for joinpoint regression with
    applications to cancer rates. Statistics in Medicine 19, 335-351.
    """
    if not permutations:
        most = least

    def p_value(null: int, alternative: int, level: float) -> tuple[float, int]:
        return _permutation_p_value(over, response, null, alternative, permutations, seed, level)

    return tests_in_sequence(p_value, least, most, level, "permutations")


def tests_in_sequence(
    p_value: Callable[[int, int, float], tuple[float, int]], least: int, most: int, level: float, drawn: str
) -> pd.DataFrame:
    """Test k0 against k1 joinpoints, from `least` against `most`, until both are the same number.

    Parameters
    ----------
    p_value : of k0 against k1 at a level, and how many series were drawn for it.
    drawn : what the last column is called.
    """
    rows = []
    null, alternative = least, most
    while null < alternative:
        own_level = level / (most - null)
        p, number = p_value(null, alternative, own_level)
        refused = p <= own_level * (1 + 1e-12)
        rows.append((null, alternative, p, own_level, alternative if refused else null, number))
        null, alternative = (null + 1, alternative) if refused else (null, alternative - 1)
    return pd.DataFrame(rows, columns=["null", "alternative", "p_value", "level", "selected", drawn])


def _permutation_p_value(
    over: Grid, response: Floats, null: int, alternative: int, permutations: int, seed: int, level: float
) -> tuple[float, int]:
    """The p-value of one test, and how many permutations it took."""
    sums = all_sums_of_squares(over, response, null)
    fitted = fitted_response(over, response, placements(over.n, null)[np.argmin(sums)])
    others = all_sums_of_squares(over, response, alternative)
    # A fit without residuals leaves nothing to permute, and nothing for a joinpoint to explain.
    if sums.min() == 0:
        return 1.0, 0
    ratio = others.min() / sums.min()
    random = np.random.default_rng([seed, null, alternative])
    as_extreme, drawn = 0, 0
    most = max(permutations, min(_MORE * permutations, _WORK // len(others)))
    while drawn < most:
        residuals = np.repeat((response - fitted)[:, np.newaxis], permutations, axis=1)
        responses = fitted[:, np.newaxis] + random.permuted(residuals, axis=0)
        excess = _excess(over, responses, null, alternative, ratio, np.float32)
        line = least_sums_of_squares(over, responses, 0)
        doubtful = np.abs(excess) <= _DOUBTFUL * line
        if doubtful.any():
            excess[doubtful] = _excess(over, responses[:, doubtful], null, alternative, ratio, np.float64)
        as_extreme += int(np.count_nonzero(excess <= _EQUAL * line))
        drawn += permutations
        p_value = (1 + as_extreme) / (drawn + 1)
        if abs(p_value - level) > _CLEAR * np.sqrt(level * (1 - level) / drawn):
            break
    return float(p_value), drawn


def _excess(over: Grid, drawn: Floats, null: int, alternative: int, ratio: float, dtype: type) -> Floats:
    """The excess of the alternative's sum of squares over the share of the null's that was observed."""
    of_null = least_sums_of_squares(over, drawn, null, dtype)
    return least_sums_of_squares(over, drawn, alternative, dtype) - ratio * of_null


def fitted_response(over: Grid, response: Floats, place: np.ndarray) -> Floats:
    """The weighted fit with joinpoints on the observations `place`."""
    columns = np.linalg.qr(np.column_stack([over.base, over.bends[:, place]]))[0]
    return columns @ (columns.T @ response)


def climb(columns: Floats, counts: Floats, eta: Floats, ceiling: Floats | None = None) -> tuple[Floats, Floats]:
    """Fit many Poisson models by Newton's method, shortened where it would move log means by much.

    Parameters
    ----------
    columns, counts, eta : designs (m, n, p), persons and first log means (m, n); the latter are the
        offset and what lies in the span of the design.
    ceiling : fits whose loss is certain to be above it are given up; shape (m,).

    Returns
    -------
    loss (m,): minus twice the log likelihood but for terms of the counts alone; infinite for fits without a
    finite optimum, or given up. Log means (m, n), the last ones where there is no optimum.

    References
    ----------
    Sun, T. and Tran-Dinh, Q. (2019). Generalized self-concordant functions: a recipe for Newton-type methods.
        Mathematical Programming 178, 145-213.
    """
    final, loss = np.array(eta, dtype=float), np.full(len(eta), np.inf)
    active = np.arange(len(eta))
    x, y, now = columns, counts, final.copy()
    for _ in range(_ITERATIONS):
        if not len(active):
            break
        # Means that vanish on their way to minus infinity would be divided by.
        mean = np.maximum(np.exp(now), 1e-300)
        move, regular = _newton(x, y - mean, mean)
        largest = np.abs(move).max(axis=1)
        apart = ~regular | ((largest > 0.1) & ((mean * move**2).sum(axis=1) < _FLAT))
        if ceiling is not None:
            apart |= loss_of(y, now) - 2 * divergence(move, now) > ceiling[active]
        now = now + move * _shortened(largest)[:, None]
        settled = ~apart & (largest < _SETTLED)
        if settled.any():
            loss[active[settled]] = loss_of(y[settled], now[settled])
        going = ~(settled | apart)
        if not going.all():
            final[active[~going]] = now[~going]
            active, x, y, now = active[going], x[going], y[going], now[going]
    return loss, final


def solve_positive(matrices: Floats, vectors: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Solve many small symmetric positive systems; the first axes are the systems' own.

    Returns
    -------
    Solutions of the shape of `vectors`, and which systems are regular; zeros where not.
    """
    a, b, p = matrices.copy(), np.array(vectors, dtype=float), len(vectors)
    own = np.array([a[i, i] for i in range(p)])
    regular = np.ones(b.shape[1:], dtype=bool)
    for i in range(p):
        regular &= a[i, i] > _SINGULAR * own[i]
        a[i, i] = np.where(regular, a[i, i], 1.0)
        for j in range(i + 1, p):
            factor = a[j, i] / a[i, i]
            for c in range(i + 1, j + 1):
                a[j, c] -= factor * a[c, i]
            b[j] -= factor * b[i]
    for i in reversed(range(p)):
        for j in range(i + 1, p):
            b[i] -= a[j, i] * b[j]
        b[i] /= a[i, i]
    return np.where(regular, b, 0.0), regular


def _shortened(largest: Floats) -> Floats:
    """The part of Newton's steps that is taken, by their largest move: one that cannot raise the loss."""
    return np.where(largest > _CALM, np.log1p(largest) / np.where(largest > 0, largest, 1.0), 1.0)


def _newton(columns: Floats, left: Floats, weight: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Newton's steps of log means (m, n), and which fits have one."""
    turned = np.swapaxes(columns, 1, 2)
    information = (turned * weight[:, None, :]) @ columns
    step, regular = solve_positive(np.moveaxis(information, 0, 2), (turned @ left[:, :, None])[:, :, 0].T)
    return (columns @ step.T[:, :, None])[:, :, 0], regular


def loss_of(counts: Floats, eta: Floats) -> Floats:
    """Minus twice the log likelihood but for terms of the counts alone."""
    return 2 * (np.exp(eta) - counts * eta).sum(axis=1)


def divergence(move: Floats, eta: Floats) -> Floats:
    """Distance of means changed by one step from those before it: half a bound of what the loss can still fall.

    The sum of q log(q / mean) - q + mean at q = (1 + move) mean; infinite where a mean would be negative.
    """
    up = 1 + move
    found = np.einsum("...i,...i->...", _times_log(up) - move, np.exp(eta))
    return np.where(up.min(axis=-1) >= 0, found, np.inf)


def _times_log(x: Floats) -> Floats:
    """x log x; logarithms of what is not positive would be slow, and are not used."""
    return x * np.log(np.maximum(x, 1e-300))


def all_fits(over: Grid, counts: Floats, offset: Floats, k: int) -> Floats:
    """Fit every placement of `k` joinpoints to one series.

    Parameters
    ----------
    over : periods and further columns, all weights one.
    counts, offset : persons, and log of what they are rates of; shape (n,).

    Returns
    -------
    Minus twice the log likelihood of each placement, in the order of `placements`: infinite where no finite slopes
    reach its least (as where a first or last segment has no events) or bends cannot be told apart.
    """
    places = placements(over.n, k)
    loss = np.full(len(places), np.inf)
    level = np.log(counts.sum() / np.exp(offset).sum())
    size = max(_BLOCK // (over.n * (over.base.shape[1] + k)), 1)
    for first in range(0, len(places), size):
        columns = _columns(over, places[first : first + size])
        y = np.broadcast_to(counts, columns.shape[:2])
        found, eta = climb(columns, y, np.broadcast_to(offset + level, y.shape))
        rows = np.flatnonzero(np.isfinite(found))
        loss[first + rows] = -2 * likelihood(y[rows], np.exp(eta[rows]), np.array(np.inf))[1]
    return loss


def best_means(over: Grid, counts: Floats, offset: Floats, place: Positions) -> Floats:
    """Expected persons with joinpoints on the observations `place`; shape (n,)."""
    level = np.log(counts.sum() / np.exp(offset).sum())
    return np.exp(climb(_columns(over, place[None]), counts[None], offset[None] + level)[1][0])


def least_loss(
    over: Grid,
    counts: Floats,
    offset: Floats,
    k: int,
    start: Floats | None = None,
    enough: Floats | None = None,
) -> tuple[Floats, Positions, Floats]:
    """The best placement of `k` joinpoints in each of many series.

    One step of reweighted least squares from `start` gives, for every placement, means that satisfy the likelihood's
    equations exactly, if none is negative, and so by convexity a bound that its likelihood cannot exceed. Only
    placements whose bound beats the best found so far are fitted to the end: the result is the exact optimum.

    Parameters
    ----------
    counts : one series a row; shape (m, n).
    start : log means from which the search starts; shape (m, n). None: those of the straight line.
    enough : a loss for each series; shape (m,). Where one is found that is no larger, the search may stop; where none
        can be, it may as well, and the loss returned is too large.

    Returns
    -------
    loss (m,), as in `climb`; infinite where no placement can be fitted. The placement's row in `placements` (m,), and
    log means (m, n).
    """
    m = len(counts)
    level = np.log(np.maximum(counts.sum(axis=1), 0.5) / np.exp(offset).sum())
    columns = _columns(over, placements(over.n, 0))
    flat = offset + level[:, None]
    line_loss, line = climb(np.broadcast_to(columns, (m, *columns.shape[1:])), counts, flat)
    if k == 0:
        return line_loss, np.zeros(m, dtype=np.intp), line
    line[np.isinf(line_loss)] = flat[np.isinf(line_loss)]
    start = line if start is None else start
    loss, row, eta = np.full(m, np.inf), np.zeros(m, dtype=np.intp), line.copy()
    size = max(_NEAR // (over.n * len(placements(over.n, k))), 1)
    for first in range(0, m, size):
        own = slice(first, first + size)
        loss[own], row[own], eta[own] = _screened(
            over, counts[own], offset, k, start[own], line[own], None if enough is None else enough[own]
        )
    return loss, row, eta


def _screened(
    over: Grid, counts: Floats, offset: Floats, k: int, start: Floats, line: Floats, enough: Floats | None
) -> tuple[Floats, Positions, Floats]:
    places = placements(over.n, k)
    series = np.arange(len(counts))
    gain, bound, moved = _bounds(over, counts, offset, places, start)

    def fitted(rows: Positions, place: Positions, ceiling: Floats | None) -> tuple[Floats, Floats]:
        """The placements `place` of the series `rows`, from one step on, or from the line where that step was wild."""
        first = moved(rows, place)
        wild = np.abs(first - start[rows]).max(axis=1) > 2
        first[wild] = line[rows[wild]]
        return climb(_columns(over, places[place]), counts[rows], first, ceiling)

    best = np.argmax(gain, axis=1)
    loss, eta = fitted(series, best, None)
    ceiling = loss if enough is None else np.minimum(loss, enough)
    left = bound < ceiling[:, None] - 1e-9
    left[series, best] = False
    if enough is not None:
        left[loss <= enough] = False
    rows, place = np.nonzero(left)
    # Blocks again, as designs are larger than bounds.
    size = max(_BLOCK // (over.n * (over.base.shape[1] + k)), 1)
    for first in range(0, len(rows), size):
        r, p = rows[first : first + size], place[first : first + size]
        others, means = fitted(r, p, ceiling[r])
        order = np.lexsort((others, r))
        least = order[np.concatenate([[True], r[order][1:] != r[order][:-1]])]
        least = least[others[least] < loss[r[least]]]
        loss[r[least]], best[r[least]], eta[r[least]] = others[least], p[least], means[least]
    return loss, best, eta


def _bounds(
    over: Grid, counts: Floats, offset: Floats, places: Positions, start: Floats
) -> tuple[Floats, Floats, Callable[[Positions, Positions], Floats]]:
    """One step of reweighted least squares from `start`, for each series and placement.

    Returns
    -------
    What bends add to the weighted fit of the line (series, places), a lower bound of the loss (series, places; minus
    infinity where there is none), and a function that gives log means after the step.
    """
    k, base = places.shape[1], over.base
    weight = np.maximum(np.exp(start), 1e-300)
    own_score = counts - weight
    working = start - offset + own_score / weight
    # The line is taken out of response and bends once a series: what is left for a placement are k columns.
    weighted = weight[:, :, None] * base
    inverse = np.linalg.pinv(np.swapaxes(weighted, 1, 2) @ base, hermitian=True)
    onto = inverse @ np.swapaxes(weighted, 1, 2)
    bends = over.bends - base @ (onto @ over.bends)
    of_line = (base @ (onto @ working[:, :, None]))[:, :, 0]
    inner = np.swapaxes(bends, 1, 2) @ (weight * (working - of_line))[:, :, None]
    gram = np.swapaxes(bends, 1, 2) @ (weight[:, :, None] * bends)
    at = places.T
    response = inner[:, at, 0].swapaxes(0, 1)
    slopes, regular = solve_positive(np.array([[gram[:, a, b] for b in at] for a in at]), response)
    gain = np.where(regular, (response * slopes).sum(axis=0), -np.inf)
    d0 = of_line + offset - start
    by_bend = np.zeros((*gain.shape, over.n))
    for j in range(k):
        by_bend[:, np.arange(len(places)), at[j]] = slopes[j]
    moves = by_bend @ np.swapaxes(bends, 1, 2)
    moves += d0[:, None, :]
    # Means (1 + move) · mean satisfy the equations: Fenchel's inequality at them bounds the loss from below.
    distance = divergence(moves, start[:, None])
    above = (start - offset)[:, :, None]
    along = (moves @ (weight[:, :, None] * above) - own_score[:, None, :] @ above)[:, :, 0]
    at_start = loss_of(counts, start)
    bound = at_start[:, None] - 2 * (distance + along)
    bound[~regular] = np.inf

    def moved(series: Positions, place: Positions) -> Floats:
        return start[series] + moves[series, place]

    return gain, bound, moved


def _columns(over: Grid, places: Positions) -> Floats:
    """Designs with bends at `places`, (m, k): the line's orthonormal columns, then the bends; (m, n, columns)."""
    bends = np.moveaxis(over.bends[:, places], 0, 1)
    return np.concatenate([np.broadcast_to(over.base, (len(places), *over.base.shape)), bends], axis=2)


@dataclass(frozen=True, eq=False)
class Candidate:
    """The best fit with so many joinpoints.

    Parameters
    ----------
    place : row of the placement in `placements`.
    loss : minus twice the log likelihood; infinite where no placement can be fitted.
    mean : expected persons; shape (n,).
    dispersion : Pearson's.
    deviance : of the Poisson model.
    losses : of all placements, in their order.
    """

    place: int
    loss: float
    mean: Floats = field(repr=False)
    dispersion: float
    deviance: float
    losses: Floats = field(repr=False)


def bootstrap_tests(
    over: Grid,
    offset: Floats,
    candidates: dict[int, Candidate],
    family: str,
    replicates: int,
    seed: int,
    level: float = 0.05,
) -> pd.DataFrame:
    """Test k0 against k1 joinpoints, from the fewest against the most, until both are the same number.

    Each test asks whether k1 joinpoints raise the likelihood by so much over k0 as chance would have it: counts are
    drawn from the best fit with k0, and both models are sought anew in each. Sequence and levels are those of the
    permutation tests of joinpoint regression: residuals of counts cannot be exchanged, so chance comes from the model.
    Replicates to which k0 cannot be fitted (no events before or after some period, say) are left out.

    Parameters
    ----------
    over : periods and further columns, all weights one.
    offset : log of what the counts are rates of; shape (n,).
    candidates : the best fits by their number of joinpoints, without a gap.
    family : ``poisson``; or ``quasi-poisson``: the likelihood ratio is divided by the dispersion of k0 (at least 1),
        and counts have that dispersion (mixed over a gamma distribution in proportion to the mean).
    replicates : of each test; up to five times as many where chance could decide, as far as that is quick.
    seed : each test draws from (seed, k0, k1).
    level : probability of finding a joinpoint where there is none.

    Returns
    -------
    DataFrame, one row a test in order: null, alternative, p_value (the observed series counts as one replicate), level,
    selected, replicates (that could be fitted).

    References
    ----------
    Kim, H.-J., Fay, M. P., Feuer, E. J. and Midthune, D. N. (2000). Permutation tests for joinpoint regression with
    applications to cancer rates. Statistics in Medicine 19, 335-351.
    Czajkowski, M., Gill, R. and Rempala, G. (2008). Model selection in logistic joinpoint regression with applications
    to analyzing cohort mortality patterns. Statistics in Medicine 27, 1508-1526.
    """

    def p_value(null: int, alternative: int, level: float) -> tuple[float, int]:
        random = np.random.default_rng([seed, null, alternative])
        return _bootstrap_p_value(over, offset, candidates, null, alternative, family, replicates, random, level)

    return tests_in_sequence(p_value, min(candidates), max(candidates), level, "replicates")


def _bootstrap_p_value(
    over: Grid, offset: Floats, candidates: dict[int, Candidate], null: int, alternative: int, family: str,
    replicates: int, random: np.random.Generator, level: float,
) -> tuple[float, int]:  # fmt: skip
    """The p-value of one test, and how many replicates it rests on."""
    of_null, of_other = candidates[null], candidates[alternative]
    if np.isinf(of_other.loss):
        return 1.0, 0
    quasi = family == "quasi-poisson"
    drop = of_null.loss - of_other.loss
    if quasi:
        drop /= max(1.0, of_null.dispersion)
    as_extreme, used, p_value = 0, 0, 1.0
    for _ in range(_MORE_REPLICATES):
        counts = _drawn(of_null, quasi, replicates, random)
        loss, _, eta = least_loss(over, counts, offset, null)
        wanted = loss - drop * (np.maximum(1.0, _pearson(over, counts, eta, null)) if quasi else 1.0)
        fitted = np.isfinite(loss)
        other = np.full(len(loss), np.inf)
        other[fitted], _, _ = least_loss(
            over, counts[fitted], offset, alternative, eta[fitted], wanted[fitted] + _EQUAL_LOSS
        )
        as_extreme += int(np.count_nonzero(other[fitted] <= wanted[fitted] + _EQUAL_LOSS))
        used += int(fitted.sum())
        p_value = (1 + as_extreme) / (used + 1)
        clear = abs(p_value - level) > _CLEAR * np.sqrt(level * (1 - level) / max(used, 1))
        if clear or not used or used * len(of_other.losses) > _MOST_PLACEMENTS:
            break
    return p_value, used


def _pearson(over: Grid, counts: Floats, eta: Floats, k: int) -> Floats:
    mean = np.exp(eta)
    return ((counts - mean) ** 2 / mean).sum(axis=1) / (over.n - over.base.shape[1] - 2 * k)


def _drawn(of_null: Candidate, quasi: bool, replicates: int, random: np.random.Generator) -> Floats:
    """Counts from a fit, one replicate a row."""
    mean = np.broadcast_to(of_null.mean, (replicates, len(of_null.mean)))
    if quasi and of_null.dispersion > 1:
        excess = of_null.dispersion - 1
        mean = random.gamma(mean / excess, excess)
    return random.poisson(mean).astype(float)
