"""Moran's I of all areas and of each, with those of permuted values; esda computes them, and leaves nothing changed."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.refusal import Refusal

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PermutedMoran:
    """Moran's I, observed and permuted.

    Parameters
    ----------
    whole, whole_drawn : of all areas; array (permutations).
    each, each_drawn : of each area, arrays (areas) and (areas, permutations).
    quadrants : 1 high among high, 2 low among high, 3 low among low, 4 high among low; array (areas).
    """

    whole: float
    whole_drawn: Floats
    each: Floats
    each_drawn: Floats
    quadrants: NDArray[np.int64]


def permuted_moran(values: Floats, near: list[list[int]], permutations: int, seed: int) -> PermutedMoran:
    """Moran's I of `values` (areas) whose neighbours stand at the places `near`, each with an equal weight.

    Every area needs a neighbour: of one without, esda reports 0 and a p-value as if they had been observed.
    """
    if not all(near):
        raise Refusal("no_neighbours", "An area without neighbours has no Moran's I: leave it out.")
    with warnings.catch_warnings():
        # In a notebook it warns that there is no progress bar to draw; nor does anybody ask for one.
        warnings.simplefilter("ignore")
        from esda.moran import Moran, Moran_Local
        from libpysal.weights import W

    with _seeded(seed):
        weights = W(dict(enumerate(near)), silence_warnings=True)
        whole = Moran(values, weights, transformation="r", permutations=permutations)
        each = Moran_Local(values, weights, transformation="r", permutations=permutations, seed=seed)
    return PermutedMoran(float(whole.I), whole.sim, each.Is, each.rlisas, each.q)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """esda draws from numpy's global generator and changes the filters of warnings: both are put back."""
    before = np.random.get_state()
    # An area exactly at the mean has no spread, and by that esda divides.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # It announces another default of its p-values, which are not used here.
        warnings.simplefilter("ignore", DeprecationWarning)
        np.random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(before)


def two_sided(observed: Floats, drawn: Floats) -> Floats:
    """Twice the smaller tail, for each observed value and its row of permuted ones; the observed one counts itself.

    With few areas many permutations give exactly the observed value, and rounding must not hide that they do.
    """
    near = 1e-9 * (1 + np.abs(observed))[:, None]
    above = (drawn >= observed[:, None] - near).sum(axis=1)
    below = (drawn <= observed[:, None] + near).sum(axis=1)
    return np.minimum(1.0, 2 * (np.minimum(above, below) + 1) / (drawn.shape[1] + 1))


def smallest_p(n: int, neighbours: int) -> float:
    """The smallest two-sided p-value of an area: only one set of neighbours among all is as extreme as the observed."""
    return min(1.0, 2 / math.comb(n - 1, neighbours))
