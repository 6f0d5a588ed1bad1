"""Hot-deck donors for paths with a missing transit, and shares pooled over several imputations.

Donors: complete paths from which a path with a missing transit can be drawn, of the same origin and destination first.

Shares from several imputations: one share, and an interval that has the variance between imputations in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from bounded import intervals
from bounded.refusal import Refusal
from journeys.stops import Journeys
from journeys.transit import Members, among, each_once

# Cells, of an item and a person, that are held at a time.
MOST_CELLS = 100_000_000


@dataclass(frozen=True, eq=False)
class Donors:
    """For each journey with a missing transit, the complete paths that it may have gone.

    Parameters
    ----------
    recipient : numbers of the journeys with known ends and a missing transit, those with the same donors together.
    donor : numbers of complete paths, one group after the other; a path can be in several groups.
    first, last : of each recipient, where in `donor` its group begins and ends; equal where there is none.
    same_pair : of each recipient, whether its donors have the same origin, and not only the same destination.
    """

    recipient: NDArray[np.int64]
    donor: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    same_pair: NDArray[np.bool_]

    def drawn(self, read: Journeys, rng: np.random.Generator) -> NDArray[np.int64]:
        """One donor for each recipient that has any, persons weighted anew (Bayesian bootstrap) with each call."""
        weight = rng.standard_exponential(read.persons)[read.person[self.donor]]
        total = np.concatenate([[0], np.cumsum(weight)])
        first, last = (of[self.last > self.first] for of in (self.first, self.last))
        at = total[first] + rng.random(len(first)) * (total[last] - total[first])
        return self.donor[np.clip(np.searchsorted(total, at, side="right") - 1, first, last - 1)]

    def persons(self, read: Journeys) -> NDArray[np.int64]:
        """Of each recipient, how many distinct persons its donors are."""
        has = self.last > self.first
        first, at = np.unique(self.first[has], return_index=True)
        # Groups do not overlap, so that each place in `donor` is of one group at most.
        sizes = (self.last - self.first)[has][at]
        group = np.repeat(np.arange(len(first)), sizes)
        place = np.repeat(first - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())
        key = each_once(group * max(read.persons, 1) + read.person[self.donor[place]])
        counts = np.bincount(key // max(read.persons, 1), minlength=len(first))
        found = np.zeros(len(has), np.int64)
        found[has] = counts[np.searchsorted(first, self.first[has])]
        return found


def donors(read: Journeys, journey: NDArray[np.int64], place: NDArray[np.int64], match: Sequence[str] = ()) -> Donors:
    """Find the donors of all journeys with known ends and a missing transit.

    They are, the first of these that there are any of: paths of the same origin, destination and traits that pass the
    place which the journey is known to pass; of the same origin, destination and traits; the first two again without
    regard to traits; of the same destination.

    Parameters
    ----------
    read : journeys. journey, place : what they pass, as ``passed`` finds it. match : names of traits.

    Raises
    ------
    ValueError : `match` names no trait.
    """
    absent = [name for name in match if name not in read.traits]
    if absent:
        there = ", ".join(read.traits.columns) or "none"
        raise Refusal("unknown_trait", f"The journeys have no trait '{absent[0]}' to match on; they have: {there}.")
    whole = read.whole
    recipient, giver = np.flatnonzero(read.known_ends & ~whole), np.flatnonzero(whole)
    places = len(read.places) + 1
    pair = read.origin.astype(np.int64) * places + read.destination
    # The first place that each journey is known to pass; the last number stands for none.
    passes = np.full(len(read), places - 1)
    passes[journey[::-1]] = place[::-1]
    givers = whole[journey]
    levels = []
    for names in (match, ()) if match else ((),):
        code = pair if not names else _with_traits(pair, read.traits[list(names)])
        through = np.where(passes[recipient] < places - 1, code[recipient] * places + passes[recipient], -1)
        levels.append((journey[givers], code[journey[givers]] * places + place[givers], through))
        levels.append((giver, code[giver], code[recipient]))
    levels.append((giver, read.destination[giver].astype(np.int64), read.destination[recipient].astype(np.int64)))

    first, last = np.zeros(len(recipient), np.int64), np.zeros(len(recipient), np.int64)
    same_pair = np.ones(len(recipient), bool)
    listed: list[NDArray[np.int64]] = []
    so_far = 0
    for level, (giving, offered, wanted) in enumerate(levels):
        open_ = first == last
        order = np.argsort(offered, kind="stable")
        begin, end = (np.searchsorted(offered[order], wanted[open_], side=side) for side in ("left", "right"))
        # Paths that nobody asks for are left out.
        asked = np.cumsum(np.bincount(begin, minlength=len(order) + 1) - np.bincount(end, minlength=len(order) + 1)) > 0
        kept_before = np.concatenate([[0], np.cumsum(asked[: len(order)])])
        begin, end, order = kept_before[begin], kept_before[end], order[asked[: len(order)]]
        first[open_], last[open_] = np.where(end > begin, [begin + so_far, end + so_far], 0)
        same_pair[open_] &= level < len(levels) - 1
        listed.append(giving[order])
        so_far += len(order)
    # Those with the same donors side by side, which are then found in one stretch of memory.
    order = np.argsort(first, kind="stable")
    return Donors(recipient[order], np.concatenate(listed), first[order], last[order], same_pair[order])


def _with_traits(pair: NDArray[np.int64], traits: pd.DataFrame) -> NDArray[np.int64]:
    """Numbers of pairs and traits; what is not known is a trait of its own."""
    code = traits.astype(object).groupby(list(traits.columns), dropna=False, sort=False).ngroup().to_numpy(np.int64)
    return pd.factorize(pair * (code.max(initial=0) + 1) + code)[0].astype(np.int64)


def persons_drawn(
    read: Journeys,
    offered: Donors,
    within: Members,
    journey: NDArray[np.int64],
    item: NDArray[np.int64],
    known: NDArray[np.int64],
    left_out: NDArray[np.bool_],
    barred: NDArray[np.int64],
    items: int,
    drawings: int,
    seed: int,
) -> NDArray[np.int64]:
    """How many persons pass each item if the paths that are not known are drawn, one row a drawing.

    Parameters
    ----------
    read, offered, within : journeys, their donors, and their persons as one group.
    journey, item : what journeys with known ends pass, in the order of journeys; each pair once.
    known : keys of items and persons known to pass them, as ``Members.distinct`` has them.
    left_out : of each person, whether they are not counted, as a journey of theirs has no donor.
    barred : what a journey cannot pass, its own ends, as journey * items + item: a path from elsewhere may pass them.
    items : how many items there are. drawings, seed : how many drawings, and of the random generator.
    """
    width = max(len(within.group), 1)
    kept_known = known[~left_out[known % width]]
    lost = offered.recipient[offered.last > offered.first]
    recipient = within.member[lost]
    kept = ~left_out[recipient]
    barred = np.sort(barred)
    begin = np.searchsorted(journey, np.arange(len(read) + 1))
    # One cell an item and person; as many items at a time as need a hundred million cells.
    step = max(1, MOST_CELLS // width)

    def drawing(number: int) -> NDArray[np.int64]:
        donor = offered.drawn(read, np.random.default_rng([seed, number]))[kept]
        sizes = begin[donor + 1] - begin[donor]
        at = np.repeat(begin[donor] - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())
        own = among(np.repeat(lost[kept], sizes) * items + item[at], barred)
        key = (item[at] * width + np.repeat(recipient[kept], sizes))[~own]
        counts = []
        for first in range(0, items, step):
            passes = np.zeros(min(step, items - first) * width, bool)
            for keys in (kept_known, key):
                inside = keys - first * width
                passes[inside if step >= items else inside[(inside >= 0) & (inside < len(passes))]] = True
            counts.append(passes.reshape(-1, width).sum(axis=1))
        return np.concatenate([*counts, np.zeros(0, np.int64)])

    with ThreadPoolExecutor(2) as pool:
        return np.array(list(pool.map(drawing, range(drawings))), np.int64).reshape(drawings, items)


Floats = NDArray[np.float64]


def pooled_shares(count: NDArray[np.int64], n: int, confidence: float = 0.95) -> tuple[Floats, Floats, Floats, Floats]:
    """Pool shares by Rubin's rules.

    The variance within an imputation is W, that of a share of `n` independent persons; between the m of them it is B;
    in all it is T = W + (1 + 1/m) B, with (m - 1)(1 + W / ((1 + 1/m) B))**2 degrees of freedom of Student's t. The
    interval is Wilson's with both.

    Parameters
    ----------
    count : persons of whom something is so, one row an imputation and one column a share.
    n : persons in each imputation.
    confidence : level of the interval.

    Returns
    -------
    share, low, high, missing_information (the part of T that is due to what is missing); all missing if `n` is 0.

    References
    ----------
    Rubin, D. B. (1987). Multiple imputation for nonresponse in surveys. Wiley.
    Lott, A., & Reiter, J. P. (2020). Wilson confidence intervals for binomial proportions with multiple imputation for
    missing data. The American Statistician 74, 109-115.
    """
    m = len(count)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = count / n
        # Mean and variance of whole numbers, so that what never differs does not differ by rounding.
        share = count.mean(axis=0) / n
        within = (shares * (1 - shares) / n).mean(axis=0)
        between = (1 + 1 / m) * count.var(axis=0, ddof=1) / n**2
        ratio = np.where(between > 0, between / within, 0.0)
        freedom = (m - 1) * (1 + 1 / ratio) ** 2
    tail = (1 + confidence) / 2
    normal = special.ndtri(tail)
    finite = np.isfinite(freedom)
    t = np.where(finite, special.stdtrit(np.where(finite, freedom, 1.0), tail), normal)
    # As many independent persons as have the pooled variance, and fewer by as much as t is wider than the normal.
    worth = n / (1 + ratio) * (normal / t) ** 2
    low, high = intervals.wilson(share * worth, share * worth, worth, confidence)
    return share, low, high, ratio / (1 + ratio)
