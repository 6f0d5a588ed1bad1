"""How far the shares of two periods are apart in all, and how far chance alone would set them apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, special

from analysis.routes.shares import GROUPS, drawn_again
from analysis.routes.two_shares import TwoPeriods, total_of

# A period that is divided into fewer groups than this does not show how persons differ.
_FEWEST_GROUPS = 50


def divergence(two: TwoPeriods, replicates: int, seed: int) -> dict[str, float]:
    """The divergence of two periods, what chance alone makes of it, and its limits.

    Returns
    -------
    jensen_shannon (of the shares as seen), by_chance (mean after persons' periods have been exchanged), beyond_chance
    (the one less the other, not below 0), low, high (95 %, persons drawn again; missing if samples do not vary),
    p_value (one-sided).

    Notes
    -----
    The divergence of samples is above 0 by chance alone. Of persons drawn again it is so twice over, so that only the
    spread of these is used, around what is left without chance.
    """
    seen = float(jensen_shannon(*(np.asarray(table.sum(axis=0))[None] for table in (two.before, two.after)))[0])
    by_chance = np.concatenate([jensen_shannon(*counts) for counts in exchanged(two, replicates, seed)])
    cells = two.before.shape[1]
    parts = [table.tocoo() for table in (two.before, two.after)]
    drawn = drawn_again(
        np.concatenate([parts[0].col, parts[1].col + cells]),
        np.concatenate([parts[0].row, parts[1].row]),
        lambda counts: jensen_shannon(counts[:, :cells], counts[:, cells:]),
        np.concatenate([parts[0].data, parts[1].data]),
        2 * cells,
        replicates,
        seed,
    )
    n = min(int((whole > 0).sum()) for whole in (two.whole_before, two.whole_after))
    # Where all samples are the same, as where nobody shares a route with the other period, they tell of no limits.
    error = np.nanstd(drawn) * np.sqrt(n / (n - 1))
    spread = special.stdtrit(n - 1, 0.975) * error if error > 1e-9 else np.nan
    beyond = seen - float(by_chance.mean())
    return {
        "jensen_shannon": seen,
        "by_chance": float(by_chance.mean()),
        "beyond_chance": max(beyond, 0.0),
        "low": float(np.clip(beyond - spread, 0, 1)),
        "high": float(np.clip(beyond + spread, 0, 1)),
        "p_value": (1 + int((by_chance >= seen - 1e-12).sum())) / (replicates + 1),
    }


def jensen_shannon(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divergence of Jensen and Shannon to base 2 of each row of counts: 0 where shares are the same, 1 where none meet.

    References
    ----------
    Lin, J. (1991). Divergence measures based on the Shannon entropy. IEEE Transactions on Information Theory 37,
    145-151.
    """
    with np.errstate(invalid="ignore"):
        p, q = (counts / counts.sum(axis=1, keepdims=True) for counts in (before, after))
    between = (p + q) / 2
    inside = special.xlogy(p, p).sum(axis=1) + special.xlogy(q, q).sum(axis=1)
    return np.clip((inside / 2 - special.xlogy(between, between).sum(axis=1)) / np.log(2), 0, 1)


def exchanged(two: TwoPeriods, replicates: int, seed: int) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Counts of both periods after persons' labels of period have been exchanged at random.

    Persons of one period only are dealt out anew to both; for those in both, the two periods change places or not.
    Of many persons, groups of one size are dealt out, put together at random within their period.

    Yields
    ------
    Counts before and after, one row a replicate and one column a category, in parts.
    """
    rng = np.random.default_rng(seed)
    both = two.in_both
    first, second = (~both & (whole > 0) for whole in (two.whole_before, two.whole_after))
    smallest = max(1, min(int(chosen.sum()) for chosen in (first, second)) // _FEWEST_GROUPS)
    size = min(-(-len(both) // GROUPS), smallest)
    one, other, pairs = (_groups(chosen, size, rng) for chosen in (first, second, both))
    # One row a group: what is in the later period when its label is 1; of pairs, what the earlier one has besides.
    dealt = [one @ two.before, other @ two.after]
    moving = sparse.vstack([*dealt, pairs @ (two.after - two.before)]).tocsr()
    fixed = total_of(pairs @ two.before)
    later = other.shape[0]
    groups = one.shape[0] + later
    all_of_it = total_of(two.before) + total_of(two.after)
    width = moving.shape[1]
    # Full tables are faster to multiply than sparse ones unless hardly anything is in them.
    if moving.nnz > 0.02 * moving.shape[0] * width and moving.shape[0] * width < 30_000_000:
        moving = moving.toarray()
    step = max(1, 4_000_000 // max(width, moving.shape[0], 1))
    for begin in range(0, replicates, step):
        rows = min(step, replicates - begin)
        labels = np.zeros((rows, moving.shape[0]))
        if later:
            order = np.argpartition(rng.random((rows, groups)), later - 1, axis=1)[:, :later]
            np.put_along_axis(labels, order, 1.0, axis=1)
        labels[:, groups:] = rng.integers(0, 2, (rows, moving.shape[0] - groups))
        # Weights are fractions: what is left of none must not be less than none.
        after = np.maximum(np.asarray(labels @ moving) + fixed, 0)
        yield np.maximum(all_of_it - after, 0), after


def _groups(chosen: NDArray[np.bool_], size: int, rng: np.random.Generator) -> sparse.csr_array:
    """Which persons are in which group, as ones: rows are groups of `size` of the chosen persons."""
    rows = np.flatnonzero(chosen)
    number = -(-len(rows) // size)
    group = rng.permutation(len(rows)) % max(number, 1)
    return sparse.coo_array((np.ones(len(rows)), (group, rows)), shape=(number, len(chosen))).tocsr()
