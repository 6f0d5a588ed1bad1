"""Log-linear models of counts that bend at joinpoints: all places are fitted in one batch, for one series or many."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.trends.count_model import likelihood
from analysis.trends.count_newton import climb, divergence, loss_of, score, solve_positive, with_theta
from analysis.trends.grid_search import Grid
from analysis.trends.placements import Positions, placements
from analysis.trends.series import Floats

# Numbers that the largest array of one block of fits holds.
_BLOCK = 2_000_000
# The same for bounds, so that what is computed stays near the processor.
_NEAR = 500_000


def all_fits(over: Grid, counts: Floats, offset: Floats, k: int, dispersed: bool = False) -> tuple[Floats, Floats]:
    """Fit every placement of `k` joinpoints to one series.

    Parameters
    ----------
    over : periods and further columns, all weights one.
    counts, offset : persons, and log of what they are rates of; shape (n,).
    dispersed : negative binomial, each placement with its own theta by maximum likelihood; else Poisson.

    Returns
    -------
    Arrays, one number a placement in the order of `placements`: minus twice the log likelihood, infinite where no
    finite slopes reach its least (as where a first or last segment has no events) or bends cannot be told apart; and
    1/theta, 0 for Poisson.
    """
    places = placements(over.n, k)
    loss, alpha = np.full(len(places), np.inf), np.zeros(len(places))
    level = np.log(counts.sum() / np.exp(offset).sum())
    size = max(_BLOCK // (over.n * (over.base.shape[1] + k)), 1)
    for first in range(0, len(places), size):
        own = slice(first, first + size)
        columns = _columns(over, places[own])
        y = np.broadcast_to(counts, columns.shape[:2])
        found, eta = climb(columns, y, np.broadcast_to(offset + level, y.shape))
        rows = np.flatnonzero(np.isfinite(found))
        y, eta = y[rows], eta[rows]
        if dispersed:
            loss[first + rows], _, alpha[first + rows] = with_theta(columns[rows], y, eta)
        else:
            loss[first + rows] = -2 * likelihood(y, np.exp(eta), np.array(np.inf))[1]
    return loss, alpha


def best_means(over: Grid, counts: Floats, offset: Floats, place: Positions, dispersed: bool = False) -> Floats:
    """Expected persons with joinpoints on the observations `place`; shape (n,)."""
    columns = _columns(over, place[None])
    level = np.log(counts.sum() / np.exp(offset).sum())
    _, eta = climb(columns, counts[None], offset[None] + level)
    if dispersed:
        eta = with_theta(columns, counts[None], eta)[1]
    return np.exp(eta[0])


def least_loss(
    over: Grid,
    counts: Floats,
    offset: Floats,
    k: int,
    alpha: Floats | None = None,
    start: Floats | None = None,
    enough: Floats | None = None,
) -> tuple[Floats, Positions, Floats]:
    """The best placement of `k` joinpoints in each of many series, at given dispersions.

    One step of reweighted least squares from `start` gives, for every placement, means that satisfy the likelihood's
    equations exactly, if none is negative, and so by convexity a bound that its likelihood cannot exceed. Only
    placements whose bound beats the best found so far are fitted to the end: the result is the exact optimum.

    Parameters
    ----------
    counts : one series a row; shape (m, n).
    alpha : 1/theta of each series; shape (m,). None: Poisson.
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
    line_loss, line = climb(np.broadcast_to(columns, (m, *columns.shape[1:])), counts, flat, alpha)
    if k == 0:
        return line_loss, np.zeros(m, dtype=np.intp), line
    line[np.isinf(line_loss)] = flat[np.isinf(line_loss)]
    start = line if start is None else start
    loss, row, eta = np.full(m, np.inf), np.zeros(m, dtype=np.intp), line.copy()
    size = max(_NEAR // (over.n * len(placements(over.n, k))), 1)
    for first in range(0, m, size):
        own = slice(first, first + size)
        loss[own], row[own], eta[own] = _screened(
            over, counts[own], offset, k, None if alpha is None else alpha[own], start[own], line[own],
            None if enough is None else enough[own],
        )  # fmt: skip
    return loss, row, eta


def least_loss_with_theta(over: Grid, counts: Floats, offset: Floats, k: int) -> tuple[Floats, Positions, Floats]:
    """The best placement of `k` joinpoints in each of many series, negative binomial with theta of its own.

    Placement and theta are sought in turns, each the best for the other, until neither changes: from the theta of the
    straight line and from that of Poisson counts, and the better of both is kept.

    Returns
    -------
    Minus twice the log likelihood (m,), infinite where no placement can be fitted; the placement's row in `placements`
    (m,); log means (m, n).
    """
    line_loss, place, eta = least_loss(over, counts, offset, 0)
    loss, alpha = np.full(len(counts), np.inf), np.zeros(len(counts))
    there = np.flatnonzero(np.isfinite(line_loss))
    columns = np.broadcast_to(over.base, (len(there), *over.base.shape))
    loss[there], eta[there], alpha[there] = with_theta(columns, counts[there], eta[there])
    if k == 0:
        return loss, place, eta
    best = np.full(len(counts), np.inf)
    for first in (alpha, np.zeros(len(counts))):
        rows, theirs, before = np.arange(len(counts)), first, np.full(len(counts), -1)
        while len(rows):
            found, at, means = least_loss(over, counts[rows], offset, k, theirs)
            kept = np.isfinite(found) & (at != before)
            rows, at, means = rows[kept], at[kept], means[kept]
            columns = _columns(over, placements(over.n, k)[at])
            means = climb(columns, counts[rows], means)[1]
            found, means, theirs = with_theta(columns, counts[rows], means)
            better = found < best[rows] - 1e-9
            gained = rows[better]
            best[gained], place[gained], eta[gained] = found[better], at[better], means[better]
            rows, theirs, before = gained, theirs[better], at[better]
    return best, place, eta


def _screened(
    over: Grid, counts: Floats, offset: Floats, k: int, alpha: Floats | None, start: Floats, line: Floats,
    enough: Floats | None,
) -> tuple[Floats, Positions, Floats]:  # fmt: skip
    places = placements(over.n, k)
    series = np.arange(len(counts))
    gain, bound, moved = _bounds(over, counts, offset, places, alpha, start)

    def fitted(rows: Positions, place: Positions, ceiling: Floats | None) -> tuple[Floats, Floats]:
        """The placements `place` of the series `rows`, from one step on, or from the line where that step was wild."""
        first = moved(rows, place)
        wild = np.abs(first - start[rows]).max(axis=1) > 2
        first[wild] = line[rows[wild]]
        own = None if alpha is None else alpha[rows]
        return climb(_columns(over, places[place]), counts[rows], first, own, ceiling)

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
    over: Grid, counts: Floats, offset: Floats, places: Positions, alpha: Floats | None, start: Floats
) -> tuple[Floats, Floats, Callable[[Positions, Positions], Floats]]:
    """One step of reweighted least squares from `start`, for each series and placement.

    Returns
    -------
    What bends add to the weighted fit of the line (series, places), a lower bound of the loss (series, places; minus
    infinity where there is none), and a function that gives log means after the step.
    """
    k, base = places.shape[1], over.base
    own_score, weight = score(counts, start, alpha)
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
    distance = divergence(moves, counts[:, None], start[:, None], alpha)
    above = (start - offset)[:, :, None]
    along = (moves @ (weight[:, :, None] * above) - own_score[:, None, :] @ above)[:, :, 0]
    at_start = loss_of(counts, start, alpha)
    bound = at_start[:, None] - 2 * (distance + along)
    bound[~regular] = np.inf

    def moved(series: Positions, place: Positions) -> Floats:
        return start[series] + moves[series, place]

    return gain, bound, moved


def _columns(over: Grid, places: Positions) -> Floats:
    """Designs with bends at `places`, (m, k): the line's orthonormal columns, then the bends; (m, n, columns)."""
    bends = np.moveaxis(over.bends[:, places], 0, 1)
    return np.concatenate([np.broadcast_to(over.base, (len(places), *over.base.shape)), bends], axis=2)
