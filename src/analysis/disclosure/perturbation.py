"""The cell-key method: small random noise on counts, the same for the same persons wherever they are counted.

Each person has a record key, a uniform number that follows from the pseudonym. The keys of the persons in a cell add
up to the key of the cell (Fraser and Wooton, 2006). The perturbation table says which noise a cell of that count and
key gets (Thompson, Broadfoot and Elazar, 2013): the distribution of largest entropy that is unbiased, within bounds, of
a given variance, and never leads below zero (Giessing, 2016), as for the European censuses of 2021.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from analysis.disclosure.published import CELL_KEY, COUNT
from analysis.disclosure.refusal import DisclosureError

# No probability is smaller: logarithms need more than zero.
_LEAST = 1e-8
# How far the mean, the variance and the sum of a distribution may miss what is asked.
_NEAR = 1e-6


def counted(persons: pd.DataFrame, by: Sequence[str], record_key: pd.Series | np.ndarray) -> pd.DataFrame:
    """Persons by some dimensions, with the key of each cell.

    Parameters
    ----------
    persons : one row a person.
    by : columns that say who is in a cell; none counts all.
    record_key : (persons,) uniform numbers from 0 to 1, the same for the same person whenever it is counted.

    Returns
    -------
    DataFrame: the dimensions, count (Int64), cell_key (from 0 to below 1). A combination of nobody is not listed.
    """
    keyed = persons[list(by)].assign(**{CELL_KEY: np.asarray(record_key, float)})
    if not by:
        return pd.DataFrame(
            {COUNT: pd.array([len(keyed)], dtype="Int64"), CELL_KEY: [float(keyed[CELL_KEY].sum() % 1.0)]}
        )
    found = keyed.groupby(list(by), sort=True)[CELL_KEY].agg(["size", "sum"]).reset_index()
    found = found.rename(columns={"size": COUNT, "sum": CELL_KEY})
    return found.assign(**{COUNT: found[COUNT].astype("Int64"), CELL_KEY: found[CELL_KEY] % 1.0})


@cache
def perturbation_table(
    maximum: int, variance: float, threshold: int = 0, monotone: bool | tuple[bool, ...] = True
) -> pd.DataFrame:
    """With which probability a count becomes which other one.

    Parameters
    ----------
    maximum : the largest noise, in persons.
    variance : of the noise, in persons squared. Small counts, which cannot fall far, may have less.
    threshold : no count from 1 up to this one comes about.
    monotone : whether a larger loss is never likelier than a smaller one; for all counts, or one for each from 1 on.

    Returns
    -------
    DataFrame, one row a count and noise: count (0 up to the first whose noise has both sides whole; larger ones are as
    that one), noise, probability, low, high (the cell keys that get it: above low, up to high). A zero stays zero.

    Raises
    ------
    DisclosureError : no distribution has this variance within these bounds.

    Source
    ------
    Giessing (2016), Computational issues in the design of transition probabilities, PSD 2016; as the R package ptable
    (Enderle 2023).
    """
    # With a threshold, the count that is the first whose largest loss leads to no forbidden count.
    counts = maximum + threshold + (1 if threshold else 0)
    falling = monotone if isinstance(monotone, tuple) else (monotone,) * counts
    parts = [pd.DataFrame({"count": [0], "noise": [0], "probability": [1.0]})]
    for count in range(1, counts + 1):
        to = np.arange(max(count - maximum, 0), count + maximum + 1)
        noise = to[(to == 0) | (to > threshold)] - count
        chances = _largest_entropy(noise, variance, falling[count - 1], count)
        parts.append(pd.DataFrame({"count": count, "noise": noise, "probability": chances}))
    found = pd.concat(parts, ignore_index=True)
    high = found.groupby("count")["probability"].cumsum()
    return found.assign(low=high - found["probability"], high=high)


def _largest_entropy(noise: np.ndarray, variance: float, falls: bool, count: int) -> np.ndarray:
    """The distribution of largest entropy whose mean is zero and whose variance is no larger than is asked."""
    steps = []
    if falls and (noise == 0).any():
        for place in range(int(np.flatnonzero(noise == 0)[0])):
            step = np.zeros(len(noise))
            step[place], step[place + 1] = -1.0, 1.0
            steps.append(step)
    rows = [{"type": "eq", "fun": lambda p: p.sum() - 1.0, "jac": lambda p: np.ones(len(p))}]
    rows += [{"type": "eq", "fun": lambda p: noise @ p, "jac": lambda p: noise.astype(float)}]
    rows += [{"type": "ineq", "fun": lambda p: variance - noise**2 @ p, "jac": lambda p: -(noise**2).astype(float)}]
    if steps:
        order = np.array(steps)
        rows += [{"type": "ineq", "fun": lambda p: order @ p, "jac": lambda p: order}]
    solution = minimize(
        lambda p: float(p @ np.log(p)),
        np.full(len(noise), 1.0 / len(noise)),
        jac=lambda p: np.log(p) + 1.0,
        bounds=[(_LEAST, 1.0)] * len(noise),
        constraints=rows,
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    p = solution.x
    if abs(p.sum() - 1) > _NEAR or abs(noise @ p) > _NEAR or noise**2 @ p > variance + _NEAR:
        raise DisclosureError(
            "variance_unattainable",
            f"No noise of at most {np.abs(noise).max()} on a count of {count} has a variance of {variance:g}: allow a "
            f"larger one.",
        )
    return p / p.sum()


def noise_of(counts: np.ndarray, keys: np.ndarray, table: pd.DataFrame) -> np.ndarray:
    """The noise that cells get.

    Parameters
    ----------
    counts, keys : (cells,) numbers of persons, and keys from 0 to below 1.
    table : as `perturbation_table` makes it.

    Returns
    -------
    (cells,) whole numbers to be added.
    """
    largest = int(table["count"].max())
    found = np.zeros(len(counts), int)
    for count, rows in table.groupby("count"):
        here = np.minimum(counts, largest) == count
        place = np.searchsorted(rows["high"].to_numpy(), keys[here], side="left")
        found[here] = rows["noise"].to_numpy()[np.minimum(place, len(rows) - 1)]
    return found
