"""Schwarz's criterion and its harsher forms, for the number of joinpoints."""

from __future__ import annotations

import numpy as np

from analysis.trends.grid_search import NOTHING, Grid
from analysis.trends.series import Floats


def criteria(over: Grid, response: Floats, tau: Floats, sse: float) -> tuple[float, float, float]:
    """BIC, BIC3 and weighted BIC of a fit: ln(sse / n) + penalty ln(n) / n.

    The penalty is 2 for the straight line, 1 for each further column, and for each joinpoint 2 (BIC), 3 (BIC3), or 2
    and the largest share that a joinpoint explains of its two segments' variance about one line (weighted BIC): harsh
    where turns are sharp, mild where they are slight.

    Parameters
    ----------
    response : weighted response; shape (n,).
    tau : joinpoints; shape (k,).
    sse : weighted sum of squares left.

    Returns
    -------
    (bic, bic3, wbic), without unit; minus infinity for a fit without residuals.

    References
    ----------
    Kim, H.-J., Chen, H.-S., Midthune, D., Wheeler, B., Buckman, D. W., Green, D., Byrne, J., Luo, J. and Feuer, E. J.
    (2023). Data-driven choice of a model selection method in joinpoint regression. Journal of Applied Statistics 50,
    1992-2013.
    """
    k = len(tau)
    fit = np.log(sse / over.n) if sse > 0 else -np.inf
    harshness = np.array([2.0, 3.0, 2.0 + sharpest_turn(over, response, tau)])
    bic, bic3, wbic = fit + (harshness * k + 2 + over.extra.shape[1]) * np.log(over.n) / over.n
    return float(bic), float(bic3), float(wbic)


def sharpest_turn(over: Grid, response: Floats, tau: Floats) -> float:
    """The largest partial R² of a joinpoint within the two segments that it joins; 0 without joinpoints."""
    edges = np.concatenate([[-np.inf], tau, [np.inf]])
    largest = 0.0
    for before, turn, after in zip(edges[:-2], tau, edges[2:], strict=True):
        rows = (over.period > before) & (over.period <= after)
        root = over.root_weight[rows]
        t = over.period[rows]
        line = np.column_stack([np.ones(len(t)), t - t.mean(), over.extra[rows]]) * root[:, np.newaxis]
        bend = np.maximum(t - turn, 0.0) * root
        both = np.column_stack([response[rows], bend])
        nothing = NOTHING * (both**2).sum(axis=0)
        both = both - line @ np.linalg.lstsq(line, both, rcond=None)[0]
        own = (both**2).sum(axis=0)
        if (own > nothing).all():
            largest = max(largest, float((both[:, 0] @ both[:, 1]) ** 2 / own.prod()))
    return largest
