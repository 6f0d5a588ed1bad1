"""Whether a logistic model's maximum-likelihood estimate exists, and along which terms it runs to infinity if not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, special
from scipy.optimize import linprog

from analysis.refusal import Refusal
from analysis.risk.linearisation import Floats
from analysis.risk.model_matrix import distinct_rows, undetermined

# Of columns with spread 1 and coefficients up to 1: what a row must be apart to count as separated, above what the
# linear programme lets pass.
_APART = 1e-6
_STEPS = 30
# Rows for each column that the linear programme is given at a time.
_ROWS = 50


def separation(x: ArrayLike, y: ArrayLike, terms: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """The terms of a logistic model whose maximum-likelihood estimates are infinite.

    The data separate where some combination of the terms is nowhere lower for those with the outcome than for those
    without it, and somewhere higher (completely, or quasi-completely where some rows are neither): the likelihood then
    rises without end along it. Which terms are infinite is exact: those that the rows which no such combination
    separates do not determine. The weights of rows, being above 0, change nothing.

    Parameters
    ----------
    x : (rows, terms), the intercept among them; columns linearly independent.
    y : (rows,) 0 or 1.
    terms : their names.

    Returns
    -------
    One pair a term whose estimate is infinite, in the order of `terms`: its name, and infinity or minus infinity as on
    the way that was found (where the data separate completely there are many ways, and the sign may differ on others;
    NaN where that way leaves it alone). Empty: the estimate exists.

    References
    ----------
    Albert, A. and Anderson, J. A. (1984). On the existence of maximum likelihood estimates in logistic regression
        models. Biometrika 71, 1-10.
    Konis, K. (2007). Linear programming algorithms for detecting separated data in binary logistic regression models.
        DPhil thesis, University of Oxford.
    Geyer, C. J. (2009). Likelihood inference in exponential families and directions of recession. Electronic Journal of
        Statistics 3, 259-289.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.ndim != 2 or x.shape != (len(y), len(terms)):
        raise Refusal(
            "unequal_shapes", f"{len(y)} outcomes and {len(terms)} terms need a table of that shape; it has {x.shape}."
        )
    if not (np.isfinite(x).all() and np.isin(y, (0, 1)).all()):
        raise Refusal(
            "invalid_values",
            "Every term is a finite number and every outcome 0 or 1: leave rows with unknown ones out.",
        )
    group, first = distinct_rows(x)
    trials = np.bincount(group, minlength=len(first)).astype(float)
    events = np.bincount(group, weights=y, minlength=len(first)).astype(float)
    left = x[first]
    scaled, back = _scaled(left)
    if _overlap(scaled, events, trials):
        return ()
    sign = np.full(x.shape[1], np.nan)
    # What one direction separates is out of the way of the next, which is followed infinitely more slowly.
    while len(left):
        direction = _direction(scaled, events, trials)
        if direction is None:
            break
        moved = scaled @ direction
        of_terms = back @ direction
        used = np.isnan(sign) & (np.abs(of_terms) > _APART * np.abs(back).sum(axis=1))
        sign[used] = np.sign(of_terms[used])
        still = np.abs(moved) <= _APART
        left, scaled, events, trials = left[still], scaled[still], events[still], trials[still]
    if len(left) == len(first):
        return ()
    ways = zip(terms, undetermined(left), sign, strict=True)
    return tuple((term, float(np.inf * way)) for term, infinite, way in ways if infinite)


def _scaled(x: Floats) -> tuple[Floats, Floats]:
    """Columns of mean 0 (where there is an intercept) and spread 1; and what makes their coefficients those of `x`."""
    spread, largest = x.std(axis=0), np.abs(x).max(axis=0, initial=0)
    constant = spread <= 1e-12 * largest
    back = np.diag(1 / np.where(constant, np.where(largest > 0, largest, 1), spread))
    fixed = np.flatnonzero(constant & (largest > 0))
    if len(fixed):
        back[fixed[0]] -= np.where(constant, 0, x.mean(axis=0) / x[0, fixed[0]]) @ back
    return x @ back, back


def _overlap(x: Floats, events: Floats, trials: Floats) -> bool:
    """Proof that the data do not separate; False if there is none so cheap.

    Rows with both outcomes allow no direction in which they differ. And if residuals, none of them 0 and each of the
    sign of its row's outcome, add up to nothing along every term, no direction can have only gains.
    """
    both = (events > 0) & (events < trials)
    if both.any() and not undetermined(x[both]).any():
        return True
    basis, triangle = linalg.qr(x, mode="economic", check_finite=False)
    if not len(x) or np.abs(np.diag(triangle)).min() < 1e-9 * np.abs(np.diag(triangle)).max():
        return False
    eta = np.zeros(len(x))
    for _ in range(_STEPS):
        share = special.expit(eta)
        weight = trials * share * (1 - share)
        score = basis.T @ (events - trials * share)
        information = (basis * weight[:, None]).T @ basis
        try:
            step = linalg.solve(information, score, assume_a="pos")
        except linalg.LinAlgError:
            return False
        # Along a direction of length 1 some row gains 1 / sqrt(rows), none more than score over least residual.
        least = np.where(events == 0, trials * share, np.where(events == trials, trials * (1 - share), np.inf)).min()
        if np.sqrt(len(x)) * np.linalg.norm(score) < 0.1 * least:
            return True
        move = basis @ step
        eta += move * min(1.0, 5 / max(np.abs(move).max(), 1e-300))
        # Farther out, rounding hides what the residuals prove.
        if np.abs(eta).max() > 18:
            return False
    return False


def _direction(x: Floats, events: Floats, trials: Floats) -> Floats | None:
    """Coefficients from -1 to 1 that raise no row's wrong outcome and separate some rows; None where there are none."""
    both = (events > 0) & (events < trials)
    # Of the columns, those by which the rows with both outcomes do not differ.
    free = linalg.null_space(np.linalg.qr(x[both], mode="r")) if both.any() else np.eye(x.shape[1])
    signed = np.where(events > 0, 1, -1)[~both, None] * (x[~both] @ free)
    if not signed.size:
        return None
    objective = -signed.sum(axis=0) / np.abs(signed).sum(axis=0).max(initial=1e-300)
    # Few rows bind: the programme is given those that its last answer puts on the wrong side.
    more = _ROWS * signed.shape[1]
    bound = np.zeros(len(signed), dtype=bool)
    bound[:: max(len(signed) // more, 1)] = True
    while True:
        rows = signed[bound]
        found = linprog(objective, A_ub=-rows, b_ub=np.zeros(len(rows)), bounds=(-1, 1), method="highs")
        if found.status != 0:
            raise ArithmeticError(f"The linear programme of separation did not end: {found.message}")
        gain = signed @ found.x
        wrong = np.flatnonzero((gain < -_APART / 2) & ~bound)
        if not len(wrong):
            return free @ found.x if gain.max() > _APART else None
        bound[wrong[np.argsort(gain[wrong])[:more]]] = True
