"""Persons as groups of records: pairs that reach a threshold on average, and no group that contradicts itself."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import average, fcluster
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform

# Two days of birth further apart than this exclude each other; less is a slip of the year. An age leaves a year open.
EXCLUDING_DAYS, EXCLUDING_DAYS_OF_AGES = 2 * 366, 366

# Weight of a pair that is not there, and one against which no other weight counts, in bits.
ABSENT, NEVER = 0.0, 1e6
# Of a pair that a reviewer kept apart: more than any number of agreements, and of contradictions, can weigh.
DECIDED = 1e10
NOTHING_DECIDED = pd.DataFrame(
    {"left": pd.Series(dtype=int), "right": pd.Series(dtype=int), "same": pd.Series(dtype=bool)}
)
CONFLICTS = ["person_id", "record_id_l", "record_id_r", "rule", "match_weight", "outcome"]


def cluster(
    pairs: pd.DataFrame, claims: pd.DataFrame, threshold: float, decided: pd.DataFrame | None = None
) -> tuple[pd.Series, pd.DataFrame]:
    """Persons as groups of records whose pairs reach a threshold on average, without groups that contradict themselves.

    Records are joined from the heaviest pair on, and groups by the mean weight of all pairs between them (average
    linkage, Sokal and Michener 1958), as long as that is the weight of the threshold or more. So one pair that looks
    alike does not make two persons one where the others of their records differ. A pair that is not there counts as one
    that says nothing: it was not compared, or hardly agrees.

    Two records contradict each other if their document numbers differ (`document`), if days of birth are more than
    two years apart, or if intervals of birth, which ages leave, are more than one year apart (`birth`). They never meet
    through others. Where the two are themselves a pair above the threshold, the weights have counted the contradiction,
    and they can be one person. Both are reported.

    What a reviewer decided outranks all of this: records that are the same are one person from the start, and records
    that are not never meet, through whatever others.

    Parameters
    ----------
    pairs : left, right (positions in `claims`), match_weight, match_probability.
    claims : record_id, document (number, -1 = unknown), birth_low, birth_high; sorted by record_id, index from 0.
    threshold : match probability.
    decided : left, right, same: pairs that a reviewer decided, none of which contradicts the others.

    Returns
    -------
    person_id of each record (the smallest record_id of its group), and the conflicts: person_id (of all records that
    pairs join, before they are told apart), record_id_l, record_id_r, rule, match_weight (missing if the two are no
    pair), outcome (split | kept).
    """
    decided = NOTHING_DECIDED if decided is None else decided
    same, apart = decided[decided["same"]], decided[~decided["same"]]
    linked = pairs["match_probability"] >= threshold
    left, right = pairs["left"].to_numpy(), pairs["right"].to_numpy()
    count = len(claims)
    component = _components(count, pairs[linked], same)
    size = np.bincount(component)[component]
    suspect = _contradictory(component, claims) | (size > 2)
    suspect |= (size > 1) & np.isin(component, component[decided[["left", "right"]].to_numpy(int).ravel()])
    one = _components(count, same)
    never = set(apart[["left", "right"]].itertuples(index=False, name=None))
    conflicts: list[tuple] = []
    # A component's number becomes that of its parts where it is split.
    members = pd.Series(np.flatnonzero(suspect)).groupby(component[suspect]).apply(list)
    within = pairs[suspect[left] & (component[left] == component[right])]
    by_component = dict(list(within.groupby(component[within["left"].to_numpy()])))
    following = int(component.max(initial=0)) + 1
    for joined, records in members.items():
        part, found = _parts(records, by_component.get(joined, pairs.iloc[:0]), claims, threshold, one[records], never)
        conflicts += found
        component[records] = following + part
        following += int(part.max()) + 1
    first = pd.Series(np.arange(count)).groupby(component).transform("min")
    person = claims["record_id"].iloc[first.to_numpy()].set_axis(claims.index)
    return person.rename("person_id"), pd.DataFrame(conflicts, columns=CONFLICTS)


def _components(count: int, *edges: pd.DataFrame) -> np.ndarray:
    """The number of the group of each record, where pairs join records."""
    ends = pd.concat([table[["left", "right"]] for table in edges]).to_numpy(int)
    graph = coo_array((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(count, count))
    return connected_components(graph, directed=False)[1]


def contradicting(decided: pd.DataFrame, count: int) -> np.ndarray:
    """Return which decisions that two records are the same join, through others, two that are not.

    Parameters
    ----------
    decided : left, right, same. count : number of records.
    """
    same = decided["same"].to_numpy(bool)
    group = _components(count, decided[same])
    left, right = (group[decided[side].to_numpy(int)] for side in ("left", "right"))
    return same & np.isin(left, left[~same & (left == right)])


def _contradictory(component: np.ndarray, claims: pd.DataFrame) -> np.ndarray:
    """Return whether a record's component has two document numbers, or dates of birth that may exclude each other."""
    grouped = claims.assign(document=claims["document"].where(claims["document"] >= 0)).groupby(component)
    several = grouped["document"].transform("nunique") > 1
    gap = grouped["birth_low"].transform("max") - grouped["birth_high"].transform("min")
    apart = gap.dt.days > EXCLUDING_DAYS_OF_AGES
    return (several | apart).to_numpy()


def _parts(
    records: list[int],
    pairs: pd.DataFrame,
    claims: pd.DataFrame,
    threshold: float,
    one_person: np.ndarray,
    never: set[tuple[int, int]],
) -> tuple[np.ndarray, list[tuple]]:
    """The number of the group of each record of a component, and the pairs of them that contradict each other.

    Parameters
    ----------
    one_person : a number of each record, the same where a reviewer made them one. never : pairs that he kept apart.
    """
    place = {record: at for at, record in enumerate(records)}
    weights = np.full((len(records), len(records)), ABSENT)
    one, other = pairs["left"].map(place), pairs["right"].map(place)
    weights[one, other] = weights[other, one] = pairs["match_weight"]
    linked = np.zeros(weights.shape, bool)
    linked[one, other] = pairs["match_probability"] >= threshold
    linked |= linked.T
    details = claims.loc[records]
    facts = list(zip(details["document"], details["birth_low"], details["birth_high"], strict=True))
    rules = {(a, b): rule for a, b in combinations(range(len(records)), 2) if (rule := _rule(facts[a], facts[b]))}
    for a, b in rules:
        if not linked[a, b]:
            weights[a, b] = weights[b, a] = -NEVER
    for a, b in combinations(range(len(records)), 2) if never else ():
        if (records[a], records[b]) in never or (records[b], records[a]) in never:
            weights[a, b] = weights[b, a] = -DECIDED
    # Of no distance, so that they are joined before all others.
    weights[one_person[:, None] == one_person] = NEVER
    limit = np.log2(threshold / (1 - threshold))
    tree = average(squareform(NEVER - weights, checks=False))
    part = fcluster(tree, NEVER - limit + 1e-9, "distance") - 1
    names = claims["record_id"].to_numpy()[records]
    found = [
        (names[0], names[a], names[b], rule, weights[a, b] if linked[a, b] else np.nan,
         "kept" if part[a] == part[b] else "split")
        for (a, b), rule in rules.items()
    ]  # fmt: skip
    return part, found


def _rule(one: tuple, other: tuple) -> str:
    """The rule that two records break together: document, birth, or none."""
    if one[0] >= 0 and other[0] >= 0 and one[0] != other[0]:
        return "document"
    if pd.isna(one[1]) or pd.isna(other[1]):
        return ""
    days = one[1] == one[2] and other[1] == other[2]
    gap = (max(one[1], other[1]) - min(one[2], other[2])).days
    return "birth" if gap > (EXCLUDING_DAYS if days else EXCLUDING_DAYS_OF_AGES) else ""
