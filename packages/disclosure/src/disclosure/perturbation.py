"""Cell-key perturbation: noise that belongs to a cell, and noise that belongs to a cell in one release.

The fixed part of the noise stays the same in all releases, so that no number of releases averages it out, even for
somebody who knows who came and who left. The fresh part is drawn anew for all cells in each release, so that a change
of fewer than k persons cannot be told from none, and which cells changed says nothing.

The key of a cell is a uniform number that follows from its name, and for the fresh part from the number of the release,
under a secret. The perturbation table says which noise a cell of that key gets (Fraser and Wooton, 2006; Thompson,
Broadfoot and Elazar, 2013): the distribution of largest entropy that is unbiased, within bounds, of a given variance,
and never leads below zero (Giessing, 2016), as for the European censuses of 2021. There the key follows from the
persons in a cell; noise that changes with them shows where they come and go.

Fixed noises drawn apart would give cells away where they add up, as girls and boys do to all. So they are moved, as
little as possible, to noises that one histogram has. Cells of earlier releases keep theirs. Nothing is stored: all
follows from the secret and from which cells there were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import minimize

from bounded.arguments import checked
from bounded.notebook_result import NotebookResult
from disclosure.feasibility import programme, solved, solver
from disclosure.histogram import histogram
from disclosure.tables import ADVICE, COUNT, Cell, DisclosureError, Published, cells_of, dimensions_of, read

# Variance of each part as a share of the square of its bound: large enough that all values up to the bound come about.
_SPREAD = 0.2
# What the fixed part has over the fresh one, since cells are rounded, and agree with new ones only nearly.
_ADJUSTMENT_SLACK = 2


@dataclass(frozen=True)
class Adjustment(NotebookResult):
    """Bounds and variances of the noise of cells, in persons; profiles come on top (`profile_noise`).

    Parameters
    ----------
    fixed, fresh : the largest noise of each part.
    """

    fixed: int
    fresh: int

    @property
    def bound(self) -> int:
        """The most by which a count is adjusted."""
        return self.fixed + self.fresh

    @property
    def fixed_variance(self) -> float:
        return _SPREAD * self.fixed**2

    @property
    def fresh_variance(self) -> float:
        return _SPREAD * self.fresh**2

    @property
    def variance(self) -> float:
        """The most that the variance of the noise is."""
        return self.fixed_variance + self.fresh_variance


@checked()
def adjustment(k: int) -> Adjustment:
    """The noise that hides k persons: the same for all tables of a series.

    A change of fewer than k persons lies within twice the fresh part; whoever knows everything but the fixed part still
    has an interval of k persons or more.

    Parameters
    ----------
    k : the smallest group of persons that may be known.

    Returns
    -------
    Adjustment : the largest fixed and fresh noise, in persons.

    References
    ----------
    Fraser, B. and Wooton, J. (2006). A proposed method for confidentialising tabular output to protect against
        differencing. Monographs of Official Statistics: work session on statistical data confidentiality, 299-302.
        Eurostat.
    Thompson, G., Broadfoot, S. and Elazar, D. (2013). Methodology for the automatic confidentialisation of statistical
        outputs from remote servers at the Australian Bureau of Statistics. Joint UNECE/Eurostat work session on
        statistical data confidentiality, Ottawa.
    """
    fresh = ceil((k - 1) / 2)
    return Adjustment(fresh + _ADJUSTMENT_SLACK, fresh)


# No probability is smaller: logarithms need more than zero.
_LEAST = 1e-8
# How far the mean, the variance and the sum of a distribution may miss what is asked.
_NEAR = 1e-6


@cache
def perturbation_table(
    maximum: int, variance: float, threshold: int = 0, monotone: bool | tuple[bool, ...] = True
) -> pd.DataFrame:
    """Return the probabilities with which a count becomes another one.

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


# How far the noise of a cell of an earlier release may be from what its new neighbours would need.
_SLACK = 1.5


def fixed_noise(
    releases: Sequence[Mapping[str, pd.DataFrame]],
    nested: Mapping[str, pd.DataFrame],
    secret: bytes,
    maximum: int,
    variance: float,
) -> dict[Cell, int]:
    """The noise of every cell that any of some releases lists.

    Parameters
    ----------
    releases : the tables of each, oldest first; only which cells they list counts, and not what they count.
    nested : as of `audit`.
    secret : the key: whoever has it can work the noise out.
    maximum, variance : of the noise, in persons.

    Returns
    -------
    Cell -> noise.

    Raises
    ------
    DisclosureError : no noises are near enough to those of earlier releases.
    """
    found: dict[Cell, int] = {}
    for tables in releases:
        published = read({name: _listed(table) for name, table in tables.items()})
        if not all(cell in found for table in published for cell in cells_of(table)):
            found |= _of_release(published, nested, secret, maximum, variance, found)
    return found


def fresh_noise(cells: Sequence[Cell], secret: bytes, release: int, maximum: int, variance: float) -> np.ndarray:
    """The noise that cells have in one release, whoever is in them.

    Parameters
    ----------
    cells : their dimensions and values.
    secret, maximum, variance : as of `fixed_noise`.
    release : its number in the series.

    Returns
    -------
    (cells,) whole numbers.
    """
    keys = _uniform(cells, secret, f"release {release}")
    return noise_of(np.full(len(cells), maximum), keys, perturbation_table(maximum, variance))


def _of_release(
    published: Sequence[Published],
    nested: Mapping[str, pd.DataFrame],
    secret: bytes,
    maximum: int,
    variance: float,
    earlier: Mapping[Cell, int],
) -> dict[Cell, int]:
    behind = histogram(published, nested)
    cells = [cell for table in published for cell in cells_of(table)]
    sums = sparse.csr_matrix(sparse.vstack(behind.sums))
    drawn = noise_of(np.full(len(cells), maximum), _uniform(cells, secret), perturbation_table(maximum, variance))
    known = np.array([cell in earlier for cell in cells])
    target = np.where(known, [earlier.get(cell, 0) for cell in cells], drawn).astype(float)
    for slack in (_SLACK, 2 * _SLACK, 4 * _SLACK):
        low = np.where(known, np.maximum(target - slack, -maximum), -maximum)
        high = np.where(known, np.minimum(target + slack, maximum), maximum)
        near = _nearest(sums, behind.joins, target, low, high)
        if near is not None:
            whole = np.where(known, target, np.clip(np.rint(near), -maximum, maximum)).astype(int)
            return dict(zip(cells, whole.tolist(), strict=True))
    raise DisclosureError("noise_mismatch", f"The noise of earlier releases does not fit these tables. {ADVICE}")


def _nearest(
    sums: sparse.csr_matrix, joins: sparse.csr_matrix, target: np.ndarray, low: np.ndarray, high: np.ndarray
) -> np.ndarray | None:
    """Sums of one histogram (of numbers of either sign) within bounds, nearest to the targets in all."""
    rows, variables = sums.shape
    one = sparse.identity(rows, format="csr")
    matrix = sparse.bmat([[sums, one, -one], [sums, None, None], [joins, None, None]], format="csr")
    nothing = np.zeros(joins.shape[0])
    least = np.concatenate([np.full(variables, -np.inf), np.zeros(2 * rows)])
    asked = programme(
        matrix,
        np.concatenate([target, low, nothing]),
        np.concatenate([target, high, nothing]),
        least,
        np.full(variables + 2 * rows, np.inf),
    )
    asked.col_cost_ = np.concatenate([np.zeros(variables), np.ones(2 * rows)])
    best = solver(presolve=True)
    best.passModel(asked)
    solution = solved(best)
    return None if solution is None else sums @ solution[:variables]


def _listed(table: pd.DataFrame) -> pd.DataFrame:
    """Cells that a table lists, and not what it counts."""
    return table[dimensions_of(table)].assign(**{COUNT: pd.array([pd.NA] * len(table), dtype="Int64")})


def _uniform(cells: Sequence[Cell], secret: bytes, of: str = "") -> np.ndarray:
    """A number from 0 to below 1 for each cell, which nobody can tell without the secret."""
    texts = [of + "\x1e".join(f"{name}\x1f{value}" for name, value in cell) for cell in cells]
    digests = [hashlib.blake2b(text.encode(), key=secret, digest_size=8).digest() for text in texts]
    return np.array([int.from_bytes(digest, "big") / 2**64 for digest in digests])
