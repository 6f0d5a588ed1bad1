"""From pairs of records to persons: connected components, split where a chain joins what excludes each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# Two dates of birth further apart than this exclude each other; less is a slip of the year, or an age that was guessed.
EXCLUDING_DAYS = 2 * 366

CONFLICTS = ["person_id", "record_id_l", "record_id_r", "rule", "match_weight", "outcome"]


def cluster(pairs: pd.DataFrame, claims: pd.DataFrame, threshold: float) -> tuple[pd.Series, pd.DataFrame]:
    """Persons as connected components of the pairs at or above a threshold, without chains that contradict themselves.

    Two records contradict each other if their document numbers differ (`document`) or their dates of birth are more
    than two years apart (`birth`). Where such records meet only through others, the cluster is split at its weakest
    link: pairs are joined from the heaviest on, and one that would let them meet is left out. Where the two are
    themselves a pair above the threshold, the weights have counted the contradiction, and they stay together. Both are
    reported.

    Parameters
    ----------
    pairs : left, right (positions in `claims`), match_weight, match_probability.
    claims : record_id, document (number, -1 = unknown), birth_low, birth_high; sorted by record_id, index from 0.
    threshold : match probability.

    Returns
    -------
    person_id of each record (the smallest record_id of its cluster), and the conflicts: person_id (of the cluster
    before it was split), record_id_l, record_id_r, rule, match_weight (missing if the two are no pair), outcome
    (split | kept).
    """
    linked = pairs[pairs["match_probability"] >= threshold]
    left, right = linked["left"].to_numpy(), linked["right"].to_numpy()
    count = len(claims)
    graph = coo_array((np.ones(len(linked), dtype=np.int8), (left, right)), shape=(count, count))
    component = connected_components(graph, directed=False)[1]
    suspect = _contradictory(component, claims)
    conflicts: list[tuple] = []
    if suspect.any():
        # A component's number becomes that of its parts where it is split.
        members = pd.Series(np.flatnonzero(suspect)).groupby(component[suspect]).apply(list)
        links = linked[suspect[left]]
        by_component = dict(list(links.groupby(component[links["left"].to_numpy()])))
        following = int(component.max()) + 1
        for number, records in members.items():
            parts, found = _split(records, by_component[number], claims)
            conflicts += found
            for part in parts:
                component[part] = following
                following += 1
    first = pd.Series(np.arange(count)).groupby(component).transform("min")
    person = claims["record_id"].iloc[first.to_numpy()].set_axis(claims.index)
    return person.rename("person_id"), pd.DataFrame(conflicts, columns=CONFLICTS)


def _contradictory(component: np.ndarray, claims: pd.DataFrame) -> np.ndarray:
    """Whether a record's component has two document numbers, or dates of birth that exclude each other."""
    grouped = claims.assign(document=claims["document"].where(claims["document"] >= 0)).groupby(component)
    several = grouped["document"].transform("nunique") > 1
    apart = (grouped["birth_low"].transform("max") - grouped["birth_high"].transform("min")).dt.days > EXCLUDING_DAYS
    return (several | apart).to_numpy()


def _split(records: list[int], links: pd.DataFrame, claims: pd.DataFrame) -> tuple[list[list[int]], list[tuple]]:
    """The parts of one cluster, and the pairs of its records that contradict each other."""
    weight = {
        (left, right): bits
        for left, right, bits in zip(links["left"], links["right"], links["match_weight"], strict=True)
    }
    details = claims.loc[records]
    facts = dict(
        zip(records, zip(details["document"], details["birth_low"], details["birth_high"], strict=True), strict=True)
    )
    rules = {
        (one, other): rule
        for place, one in enumerate(records)
        for other in records[place + 1 :]
        if (rule := _rule(facts[one], facts[other]))
    }
    apart = {pair for pair in rules if pair not in weight}
    part = {record: {record} for record in records}
    for left, right in sorted(weight, key=lambda pair: (-weight[pair], pair)):
        one, other = part[left], part[right]
        if one is other or any((min(a, b), max(a, b)) in apart for a in one for b in other):
            continue
        one |= other
        for record in other:
            part[record] = one
    names = claims["record_id"]
    whole = names[records[0]]
    found = [
        (whole, names[one], names[other], rule, weight.get((one, other), np.nan),
         "kept" if part[one] is part[other] else "split")
        for (one, other), rule in rules.items()
    ]  # fmt: skip
    parts = {id(members): sorted(members) for members in part.values()}
    return list(parts.values()), found


def _rule(one: tuple, other: tuple) -> str:
    """Which rule two records break together: document, birth, or none."""
    if one[0] >= 0 and other[0] >= 0 and one[0] != other[0]:
        return "document"
    if pd.isna(one[1]) or pd.isna(other[1]):
        return ""
    return "birth" if (max(one[1], other[1]) - min(one[2], other[2])).days > EXCLUDING_DAYS else ""
