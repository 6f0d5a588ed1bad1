"""Where joinpoints may lie: every admissible set of periods of a series, as rows of a table of positions."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

ENDS = 2
BETWEEN = 2


@cache
def placements(n: int, k: int, ends: int = ENDS, between: int = BETWEEN) -> NDArray[np.intp]:
    """All sets of `k` joinpoints on the observations of a series of `n` points.

    Before the first and after the last joinpoint lie at least `ends` observations, and between two at least
    `between`; the joinpoints' own observations are not counted, as in the National Cancer Institute's Joinpoint.

    Returns
    -------
    Integer array, one row a set in lexicographic order, k columns: positions from 0; read only. No row where none fits.

    References
    ----------
    Lerman, P. M. (1980). Fitting segmented regression models by grid search. Applied Statistics 29, 77-84.
    """
    # Shrinking every gap to one turns admissible sets into plain combinations.
    width = n - 2 * ends - (k - 1) * between
    free = combinations(range(max(width, 0)), k)
    count = 0 if width < k else int(np.prod(np.arange(width - k + 1, width + 1) / np.arange(1, k + 1)) + 0.5)
    found = np.fromiter((place for chosen in free for place in chosen), dtype=np.intp, count=count * k).reshape(
        count, k
    )
    found = found + ends + between * np.arange(k)
    found.setflags(write=False)
    return found


def most_joinpoints(n: int) -> int:
    """The largest number of joinpoints looked for in `n` points, by the length of the series.

    None below 7 points, then one more for each further five, and five at most: the default of the National Cancer
    Institute's Joinpoint.
    """
    return 0 if n < 7 else min(1 + (n - 7) // 5, 5)
