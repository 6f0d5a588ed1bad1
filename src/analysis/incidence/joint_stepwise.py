"""Which dependences of lists a joint model of several strata has, and whether such a model can be fitted at all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.incidence.existence import interior
from analysis.incidence.joint_loglinear import Flags, JointFits, JointTerms, fit_joint, joint_design
from analysis.incidence.loglinear import Floats, superset_sums
from analysis.incidence.stepwise import p_values


def in_model(rank: NDArray[np.int64], terms: JointTerms) -> Flags:
    """(common terms, ...) which common terms are in a model: all single lists, and the pairs whose rank is not 0."""
    return np.concatenate([np.ones((terms.singles, *rank.shape[1:]), dtype=bool), rank > 0])


@dataclass(frozen=True)
class JointStepwise:
    """The joint models that forward selection arrives at, one a table.

    Parameters
    ----------
    hidden : (strata, tables) persons expected on no list; NaN where not even independent lists can be fitted.
    rank : (pairs, tables) when a pair came in: 1, 2, ...; 0 where it did not.
    """

    hidden: Floats
    rank: NDArray[np.int64]


def select(counts: Floats, terms: JointTerms, threshold: float, given: NDArray[np.int64] | None) -> JointStepwise:
    """Select pairs for each table by `stepwise_joint`, or fit those whose rank (pairs,) is given to all tables."""
    if given is None:
        return stepwise_joint(counts, terms, threshold)
    rank = np.repeat(given[:, None], counts.shape[2], axis=1)
    return JointStepwise(fit_joint(counts, terms, in_model(rank, terms)).hidden, rank)


def stepwise_joint(counts: Floats, terms: JointTerms, threshold: float) -> JointStepwise:
    """Add the pair of lists whose overlap, summed over strata, is the least likely, until none is unlikely.

    As `stepwise.stepwise` for one stratum: the smaller tail of a Poisson variable is the p-value, a pair whose model
    cannot be fitted is passed over, and one without any overlap comes in with the coefficient minus infinity.

    Parameters
    ----------
    counts : (2**lists, strata, tables) persons by pattern.
    threshold : p-value below which a pair comes in; 0 leaves independent lists.

    References
    ----------
    Chan, L., Silverman, B. W. and Vincent, K. (2021). Multiple systems estimation for sparse capture data. JASA 116,
        1297-1306, section 4.
    """
    singles, tables = terms.singles, counts.shape[2]
    overlap = superset_sums(counts.sum(axis=1))[terms.common]
    chosen = np.zeros((len(terms.common), tables), dtype=bool)
    chosen[:singles] = True
    closed, rank = chosen.copy(), np.zeros((len(terms.common), tables), dtype=np.int64)
    first = fit_joint(counts, terms, chosen)
    own, common, hidden, expected = first.own, first.common, first.hidden, _expected(first, terms)
    live = np.flatnonzero(first.converged & (threshold > 0))
    while live.size:
        p_value = np.where(closed[:, live], np.inf, p_values(overlap[:, live], expected[:, live]))
        new = p_value.argmin(axis=0)
        unlikely = p_value[new, np.arange(live.size)] < threshold
        live, new = live[unlikely], new[unlikely]
        if not live.size:
            break
        lane, tried, begun = np.arange(live.size), chosen[:, live], common[:, live]
        closed[new, live], tried[new, lane] = True, True
        # The fitted overlap of the new pair is scaled to the observed one: a start that Newton cannot miss.
        with np.errstate(divide="ignore"):
            begun[new, lane] = np.log(overlap[new, live] / expected[new, live])
        fitted = fit_joint(counts[..., live], terms, tried, (own[..., live], begun))
        good = fitted.converged
        accepted = live[good]
        chosen[:, accepted], rank[new[good], accepted] = tried[:, good], rank[:, accepted].max(axis=0) + 1
        own[..., accepted], common[:, accepted] = fitted.own[..., good], fitted.common[:, good]
        hidden[:, accepted], expected[:, accepted] = fitted.hidden[:, good], _expected(fitted, terms)[:, good]
        for number in np.flatnonzero(~good):
            if not joint_status(counts[..., live[number]], terms, tried[:, number]):
                # There is an estimate that was not found: no other model may stand in for it.
                hidden[:, live[number]] = np.nan
        live = live[np.isfinite(hidden[:, live]).all(axis=0)]
    return JointStepwise(hidden, rank[singles:])


def _expected(fitted: JointFits, terms: JointTerms) -> Floats:
    """(common terms, fits) the overlap that a model expects, summed over strata."""
    return superset_sums(fitted.mean.sum(axis=1))[terms.common]


def joint_status(counts: Floats, terms: JointTerms, chosen: Flags) -> int:
    """Whether a joint model can be fitted at all: as `existence.status`, with its words in `existence.MEANING`.

    Parameters
    ----------
    counts : (2**lists, strata) persons by pattern; only which of them are 0 matters.
    chosen : (common terms,) which common terms are in the model.
    """
    filled = np.packbits(counts > 0).tobytes()
    return _status(
        counts.shape, filled, tuple(terms.own.tolist()), tuple(terms.common.tolist()), tuple(chosen.tolist())
    )


@lru_cache(maxsize=20_000)
def _status(
    shape: tuple[int, int], filled: bytes, own: tuple[int, ...], common: tuple[int, ...], chosen: tuple[bool, ...]
) -> int:
    # Any counts with these empty patterns have the same status: ones are the best conditioned.
    ones = np.unpackbits(np.frombuffer(filled, dtype=np.uint8), count=shape[0] * shape[1]).reshape(shape).astype(float)
    terms = JointTerms(np.array(own), np.array(common))
    design, alive = joint_design(ones, terms, np.array(chosen))
    aliased = np.linalg.matrix_rank(design) < design.shape[1] if design.size else True
    return int(not interior(design, ones[alive])) + 2 * int(aliased)
