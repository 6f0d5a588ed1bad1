"""Forward selection of pairs of lists by the Poisson p-value of their overlap, for many tables at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.incidence import existence
from analysis.incidence.hierarchical import pairs
from analysis.incidence.loglinear import Floats, fit_each, superset_sums


@dataclass(frozen=True)
class Stepwise:
    """The models that forward selection arrives at, one a table.

    Parameters
    ----------
    hidden : (tables,) persons expected on no list; NaN where not even independence can be fitted.
    rank : (pairs, tables) when a pair came in: 1, 2, ...; 0 where it did not. Pairs as in `hierarchical.pairs`.
    """

    hidden: Floats
    rank: NDArray[np.int64]


def stepwise(counts: Floats, threshold: float) -> Stepwise:
    """Add the pair of lists whose overlap is the least likely under the model so far, until none is unlikely.

    The persons on both lists of a pair are compared with a Poisson variable that has the mean the model gives; the
    smaller of its two tails is the p-value. The pair with the smallest p-value comes in if that is below the threshold
    and the model with it can be fitted; if it cannot, the next pair is tried. A pair without overlap comes in with the
    coefficient minus infinity. A Newton fit that converges with full rank is its own proof that the estimate exists.

    Parameters
    ----------
    counts : (2**lists, tables) persons by pattern.
    threshold : p-value below which a pair comes in; 0 leaves the model of independent lists.

    References
    ----------
    Chan, L., Silverman, B. W. and Vincent, K. (2021). Multiple systems estimation for sparse capture data. JASA 116,
        1297-1306, section 4.
    """
    cells, tables = counts.shape
    lists = cells.bit_length() - 1
    places = np.concatenate([1 << np.arange(lists), pairs(lists)])
    overlap = superset_sums(counts.copy())[places]
    chosen = np.zeros((len(places), tables), dtype=bool)
    chosen[:lists] = True
    refused = np.zeros_like(chosen)
    rank = np.zeros((len(places), tables), dtype=np.int64)
    first = fit_each(counts, places, chosen, overlap)
    theta, mean, hidden = first.theta, first.mean, first.hidden
    live = np.flatnonzero(first.converged & (threshold > 0))
    while live.size:
        lane = np.arange(live.size)
        expected = superset_sums(mean[:, live])[places]
        p_value = p_values(overlap[:, live], expected)
        p_value[chosen[:, live] | refused[:, live]] = np.inf
        new = p_value.argmin(axis=0)
        unlikely = p_value[new, lane] < threshold
        live, new, expected, lane = live[unlikely], new[unlikely], expected[:, unlikely], lane[: unlikely.sum()]
        tried, start = chosen[:, live], theta[:, live]
        tried[new, lane] = True
        # The fitted overlap of the new pair is scaled to the observed one: a start that Newton cannot miss.
        with np.errstate(divide="ignore"):
            start[places[new], lane] = np.log(overlap[new, live] / expected[new, lane])
        fitted = fit_each(counts[:, live], places, tried, overlap[:, live], start)
        good = fitted.converged
        accepted = live[good]
        chosen[:, accepted], theta[:, accepted] = tried[:, good], fitted.theta[:, good]
        mean[:, accepted], hidden[accepted] = fitted.mean[:, good], fitted.hidden[good]
        rank[new[good], accepted] = rank[:, accepted].max(axis=0, initial=0) + 1
        refused[new[~good], live[~good]] = True
        for number in np.flatnonzero(~good):
            if not existence.status(counts[:, live[number]], np.append(0, places[tried[:, number]])):
                # There is an estimate that was not found: no other model may stand in for it.
                hidden[live[number]] = np.nan
        live = live[np.isfinite(hidden[live])]
    return Stepwise(hidden, rank[lists:])


def p_values(overlap: Floats, expected: Floats) -> Floats:
    """The smaller tail of a Poisson variable with the expected mean at the observed overlap."""
    at_least = np.where(overlap > 0, special.gammainc(np.maximum(overlap, 1), expected), 1.0)
    at_most = special.gammaincc(overlap + 1, expected)
    return np.minimum(at_least, at_most)
