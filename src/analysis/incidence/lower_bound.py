"""Chao's lower bound for several lists: how many persons there are at least, if some are harder to find."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from analysis.incidence.capture_table import capture_table
from analysis.incidence.population_size import PopulationSize, lognormal_limits
from analysis.incidence.refusal import NotIdentifiable

ASSUMPTION = (
    "Lists depend on each other only because some persons are easier to find than others; lists that avoid each other "
    "can make it too high. It is a bound, not an estimate."
)


def chao_lower_bound(histories: pd.DataFrame, confidence: float = 0.95) -> PopulationSize:
    """The least number of persons that agrees with the persons on one list and on two, whoever is harder to find.

    Lists may differ in size. Persons on three lists or more, whose number heterogeneity raises without end, are given
    parameters of their own; a parameter that comes out negative, which no heterogeneity can do, is set to 0.

    Parameters
    ----------
    histories : one 0/1 column a list and `count` (persons), as `capture_table` reads them; two lists or more.
    confidence : level of the log-normal limits, between 0 and 1.

    Raises
    ------
    NotIdentifiable : fewer than two lists, or nobody on exactly two lists.

    References
    ----------
    Chao, A. (1987). Estimating the population size for capture-recapture data with unequal catchability. Biometrics
        43, 783-791.
    Rivest, L.-P. and Baillargeon, S. (2007). Applications and extensions of Chao's moment estimator for the size of a
        closed population. Biometrics 63, 999-1006.
    """
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    table = capture_table(histories)
    used = [bit for bit in range(len(table.lists)) if table.on_all_of(1 << bit)]
    sizes = np.array([place.bit_count() for place in range(len(table.counts))])
    if len(used) < 2 or not table.counts[sizes == 2].any():
        raise NotIdentifiable(
            "no_pairwise_overlap",
            "Chao's lower bound rests on the persons on exactly two lists, and there are none. More lists, longer "
            "periods or larger areas would help.",
        )
    # A list that is empty has no coefficient, and its patterns are impossible.
    places = np.array([p for p in range(1, len(table.counts)) if not p & ~sum(1 << bit for bit in used)])
    lists = np.column_stack([np.ones(places.size), *(places >> bit & 1 for bit in used)])
    beyond = np.column_stack([np.maximum(sizes[places] - most, 0) for most in range(2, len(used))] or [lists[:, :0]])
    kept = list(range(beyond.shape[1]))
    while True:
        design = np.column_stack([lists, beyond[:, kept]])
        with warnings.catch_warnings():
            # Where there are as many coefficients as counts, a perfect fit is no fault.
            warnings.simplefilter("ignore")
            fitted = GLM(table.counts[places], design, family=Poisson()).fit(tol=1e-12, maxiter=200)
        raised = fitted.params[lists.shape[1] :]
        if (raised >= 0).all():
            break
        kept = [column for column, value in zip(kept, raised, strict=True) if value >= 0]
    hidden = float(np.exp(fitted.params[0]))
    # The number observed is chance as well.
    variance = hidden + (hidden * float(fitted.bse[0])) ** 2
    low, high = lognormal_limits(table.n, table.n + hidden, variance, confidence)
    return PopulationSize(
        method="Chao's lower bound (Chao 1987; Rivest and Baillargeon 2007)",
        n=table.n,
        estimate=table.n + hidden,
        low=low,
        high=high,
        standard_error=float(np.sqrt(variance)),
        confidence=confidence,
        assumption=ASSUMPTION,
    )
