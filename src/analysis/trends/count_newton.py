"""Newton's method for log-linear models of counts, many designs at a time, and what bounds their likelihoods."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.trends.count_model import likelihood
from analysis.trends.series import Floats

_ITERATIONS = 200
# A fit has converged when no log mean moves by more than this; one further step squares it.
_SETTLED = 1e-6
# A large step that lowers minus the log likelihood by no more than this goes to infinity.
_FLAT = 1e-9
_SINGULAR = 1e-12
# 1/theta of a Poisson fit in formulas that divide by it.
_NEARLY_POISSON = 1e-10
# Steps of log means up to which Newton's method is left alone.
_CALM = 0.7


def climb(
    columns: Floats, counts: Floats, eta: Floats, alpha: Floats | None = None, ceiling: Floats | None = None
) -> tuple[Floats, Floats]:
    """Fit many designs by Newton's method, shortened where it would move log means by much.

    Parameters
    ----------
    columns, counts, eta : designs (m, n, p), persons and first log means (m, n); the latter are the
        offset and what lies in the span of the design.
    alpha : 1/theta of each fit; shape (m,). None: Poisson.
    ceiling : fits whose loss is certain to be above it are given up; shape (m,).

    Returns
    -------
    loss (m,): minus twice the log likelihood but for terms of the counts and alpha alone; infinite for fits without a
    finite optimum, or given up. Log means (m, n), the last ones where there is no optimum.

    References
    ----------
    Sun, T. and Tran-Dinh, Q. (2019). Generalized self-concordant functions: a recipe for Newton-type methods.
        Mathematical Programming 178, 145-213.
    """
    final, loss = np.array(eta, dtype=float), np.full(len(eta), np.inf)
    active = np.arange(len(eta))
    x, y, now, own = columns, counts, final.copy(), alpha
    for _ in range(_ITERATIONS):
        if not len(active):
            break
        left, weight = score(y, now, own)
        move, regular = _newton(x, left, weight)
        largest = np.abs(move).max(axis=1)
        apart = ~regular | ((largest > 0.1) & ((weight * move**2).sum(axis=1) < _FLAT))
        if ceiling is not None:
            least = loss_of(y, now, own) - 2 * divergence(move, y, now, own)
            apart |= least > ceiling[active]
        now = now + move * _shortened(largest)[:, None]
        settled = ~apart & (largest < _SETTLED)
        if settled.any():
            loss[active[settled]] = loss_of(y[settled], now[settled], None if own is None else own[settled])
        going = ~(settled | apart)
        if not going.all():
            final[active[~going]] = now[~going]
            active, x, y, now = active[going], x[going], y[going], now[going]
            own = None if own is None else own[going]
    return loss, final


def with_theta(columns: Floats, counts: Floats, eta: Floats) -> tuple[Floats, Floats, Floats]:
    """Fit negative binomial models, theta by maximum likelihood in each, from the log means of Poisson fits.

    Returns
    -------
    Minus twice the log likelihood (m,), log means (m, n), and 1/theta (m,), 0 where the fit is Poisson.
    """
    final, alpha = np.array(eta), np.zeros(len(eta))
    mean = np.exp(eta)
    excess = ((counts - mean) ** 2 - counts).sum(axis=1)
    active = np.flatnonzero(excess > 0)
    # Nearer to 0 the score is lost in rounding (the same bound as in count_model).
    least = 1e-5 / np.sqrt(np.maximum(1.0, counts.mean(axis=1)))
    x, y, now = columns[active], counts[active], final[active]
    u = np.log(np.maximum(excess[active] / (mean[active] ** 2).sum(axis=1), 10 * least[active]))
    before, slope = np.full(len(active), np.nan), np.full(len(active), np.nan)
    for _ in range(_ITERATIONS):
        if not len(active):
            break
        own = np.exp(u)
        left, weight = score(y, now, own)
        move, regular = _newton(x, left, weight)
        largest = np.abs(move).max(axis=1)
        now = now + move * _shortened(largest)[:, None]
        rise, about = _theta_score(y, np.exp(now), own)
        # The secant holds what the means do when theta moves; where it cannot be right, the expected curvature.
        secant = (slope - rise) / (u - before)
        curvature = np.where((secant > 0.2 * about) & (secant < 5 * about), secant, about)
        shift = np.clip(rise / curvature, -1.5, 1.5)
        before, slope, u = u, rise, u + shift
        poisson = (u < np.log(least[active])) | ~regular
        settled = ~poisson & (largest < _SETTLED) & (np.abs(shift) < _SETTLED)
        final[active[settled]], alpha[active[settled]] = now[settled], np.exp(u[settled])
        going = ~(settled | poisson)
        if not going.all():
            active, x, y, now = active[going], x[going], y[going], now[going]
            u, before, slope = u[going], before[going], slope[going]
    loss = -2 * likelihood(counts, np.exp(eta), np.array(np.inf))[1]
    found = np.flatnonzero(alpha > 0)
    with np.errstate(divide="ignore"):
        own_loss = -2 * likelihood(counts[found], np.exp(final[found]), 1 / alpha[found, None])[1]
    better = own_loss < loss[found]
    loss[found[better]] = own_loss[better]
    final[found[~better]], alpha[found[~better]] = eta[found[~better]], 0.0
    return loss, final, alpha


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


def score(counts: Floats, eta: Floats, alpha: Floats | None) -> tuple[Floats, Floats]:
    """Derivatives of the log likelihood by the log means, and minus its second ones; shape (m, n)."""
    # Means that vanish on their way to minus infinity would be divided by.
    mean = np.maximum(np.exp(eta), 1e-300)
    if alpha is None:
        return counts - mean, mean
    a = np.maximum(alpha, _NEARLY_POISSON)[:, None]
    expected = mean * (1 + a * counts) / (1 + a * mean)
    return counts - expected, expected / (1 + a * mean)


def loss_of(counts: Floats, eta: Floats, alpha: Floats | None) -> Floats:
    mean = np.exp(eta)
    if alpha is not None:
        a = np.maximum(alpha, _NEARLY_POISSON)[:, None]
        mean = (1 / a + counts) * np.log1p(a * mean)
    return 2 * (mean - counts * eta).sum(axis=1)


def divergence(move: Floats, counts: Floats, eta: Floats, alpha: Floats | None) -> Floats:
    """How far means changed by one step lie from those before it: half a bound of what the loss can still fall.

    The sum of q log(q / mean) - q + mean at q = (1 + move) mean, and for the negative binomial that of its own
    convex function; infinite where a mean would be negative.
    """
    mean = np.exp(eta)
    if alpha is None:
        up = 1 + move
        possible = up.min(axis=-1) >= 0
        found = np.einsum("...i,...i->...", _times_log(up) - move, mean)
    else:
        a = np.maximum(alpha, _NEARLY_POISSON).reshape(-1, *(1,) * (move.ndim - 1))
        free = 1 / (1 + a * mean)
        up, down = 1 + free * move, (free - 1) * move
        possible = (up.min(axis=-1) >= 0) & (down.min(axis=-1) >= -1)
        rest = (1 + down) * np.log1p(np.maximum(down, -1 + 1e-15))
        found = np.einsum("...i,...i->...", _times_log(up), mean * (1 + a * counts) * free)
        found += np.einsum("...i,...i->...", rest, (1 / a + counts) * free)
    return np.where(possible, found, np.inf)


def _times_log(x: Floats) -> Floats:
    """x log x; logarithms of what is not positive would be slow, and are not used."""
    return x * np.log(np.maximum(x, 1e-300))


def _theta_score(counts: Floats, mean: Floats, alpha: Floats) -> tuple[Floats, Floats]:
    """The derivative of the log likelihood by log(1/theta), and about what its curvature is."""
    theta = 1 / alpha[:, None]
    part = mean / (theta + mean)
    digamma = special.psi(counts + theta) - special.psi(theta)
    by_alpha = (digamma - np.log1p(mean / theta) + (mean - counts) / (theta + mean)).sum(axis=1)
    return -by_alpha / alpha, (part**2).sum(axis=1) / 2
