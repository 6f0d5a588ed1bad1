"""How many joinpoints there are: permutation tests of fewer against more, one after the other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from trends.joinpoint_search import Grid, all_sums_of_squares, least_sums_of_squares, placements
from trends.series import Floats

# Single precision leaves the sign of a difference open below so many parts of the line's sum of squares.
_DOUBTFUL = 5e-5
# So near, both are equal: orders of equal residuals are one and the same series but for rounding.
_EQUAL = 1e-12
# More permutations are drawn until the p-value is so many standard errors from its level, within limits.
_CLEAR = 3.0
_MORE = 20
_WORK = 100_000_000


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
        return _p_value(over, response, null, alternative, permutations, seed, level)

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


def _p_value(
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
    """By how much the alternative's sum of squares is above the share of the null's that was observed."""
    of_null = least_sums_of_squares(over, drawn, null, dtype)
    return least_sums_of_squares(over, drawn, alternative, dtype) - ratio * of_null


def fitted_response(over: Grid, response: Floats, place: np.ndarray) -> Floats:
    """The weighted fit with joinpoints on the observations `place`."""
    columns = np.linalg.qr(np.column_stack([over.base, over.bends[:, place]]))[0]
    return columns @ (columns.T @ response)
