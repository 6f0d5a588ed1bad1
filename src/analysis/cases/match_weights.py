"""Weights of agreement: how likely two records are one person (Fellegi and Sunter 1969).

A weight is the logarithm to base 2 of m / u: m is the share of pairs of one person that reach a level of agreement, u
the share among pairs of two persons. m, and how many pairs are of one person, are estimated by expectation maximisation
over the pairs that were compared (Winkler 1988); u comes from a random sample, without the pairs of one person in it.

Brothers and sisters agree on much that tells strangers apart. They are a third class of pairs, so that a telephone or a
family name speaks against strangers, and does not make two children of one household one person.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

# Pairs below this probability are not kept: a threshold can be varied above it.
FLOOR = 0.01
# m of this is never estimated: ages that exclude each other by more than a year are no match, whatever else agrees.
EXCLUDED = ("birth_year", "excluded")
# m is learnt from pairs that are one person with this probability or more: others would teach agreement by chance.
SURE = 0.9
# What is set beforehand counts as much as this many of them, and this share of all of them.
PRIOR_PAIRS, PRIOR_SHARE = 20, 0.2
# Where names are codes that differ by a letter, each pair that is taken for one person teaches that one person's births
# and telephones differ, and so joins more. It shows by births or telephones that differ more often than these shares of
# what was learnt. Then only pairs that are all but certain teach, and no m grows past so many times what is set.
RUNAWAY = {("birth", "other"): 0.1, ("phone", "other"): 0.6}
ALL_BUT_SURE, MOST_OF_M = 0.99, 3.0
ROUNDS = 50
# Why a weight is to be taken with care.
FEW_PAIRS = "mostly set beforehand: too few pairs to learn from"
WEIGHS_LESS = "weighs less than a level that agrees less"
# Sampled pairs include some of one person. What that adds to u is taken off, down to this share of u and no further:
# where records agree in full most can be of one person, where they agree in part hardly more than half.
LEAST_SHARE_OF_U, LEAST_SHARE_IN_PART = 0.05, 0.5
IN_FULL = ("exact", "same day", "same")
# u of a number that agrees is never less: it can be mistyped as another, or stand for a household.
LEAST_U = {("phone", "same"): 0.0005, ("document", "same"): 0.000001}
# Share of the pairs of one household that reach a level, where it is another than among strangers. The values are a
# judgement: one pair in fifty is of twins, and a document of a parent can stand in the records of several children.
HOUSEHOLD: dict[tuple[str, str], float] = {
    ("family", "exact"): 0.55,
    ("family", "same consonants"): 0.25,
    ("family", "one edit"): 0.10,
    ("birth", "same day"): 0.02,
    ("nationality", "same"): 0.97,
    ("area", "same"): 0.85,
    ("detected", "within a month"): 0.6,
    ("detected", "within a year"): 0.3,
    ("exploitation", "one in common"): 0.8,
    ("phone", "same"): 0.6,
    ("document", "same"): 0.003,
}
# Pairs of two persons of one household, for each pair of records of one person.
HOUSEHOLDS = 1.0
# However often a few records repeat, pairs of strangers are left to compare with.
MOST_OF_PAIRS = 0.25
# Agreement on a value that many have says less: Mohamed less than a rare name, 1 January less than another day. Of
# these levels, the columns whose values are counted; no value counts as rarer than the share in `RAREST`.
FREQUENCIES: dict[tuple[str, str], tuple[str, ...]] = {
    **{(side, level): (f"{side}_sound",) for side in ("given", "family")
       for level in ("exact", "same consonants", "one edit")},
    ("given", "exchanged"): ("given_sound", "family_sound"),
    ("birth", "same day"): ("birth_day",),
}  # fmt: skip
RAREST = {"given_sound": 0.0005, "family_sound": 0.0005, "birth_day": 0.0002}


def weighed(
    pairs: pd.DataFrame, levels: pd.DataFrame, columns: dict[str, np.ndarray]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return pairs with the weight and probability that they are one person, and the weights of all levels.

    Parameters
    ----------
    pairs : left, right (positions of records), and one column a comparison with the level reached, "" for none.
    levels : comparison, level, m (set beforehand), u (of a sample of all pairs); from the closest level on.
    columns : numbers that stand for values of the records, -1 for what is not stated.

    Returns
    -------
    The pairs of probability 0.01 or more with match_weight (bits) and match_probability as third and fourth column; and
    comparison, level, m, u, weight (bits), note (why a weight is to be taken with care, or empty).
    """
    records = len(columns["given"])
    possible = records * (records - 1) / 2
    at = {level: row for row, level in enumerate(zip(levels["comparison"], levels["level"], strict=True))}
    place = {name: number for number, name in enumerate(dict.fromkeys(levels["comparison"]))}
    reached = np.column_stack([
        np.array([at.get((name, level), -1) for level in pairs[name].cat.categories], int)[pairs[name].cat.codes]
        for name in place
    ])  # fmt: skip
    values = {name: _values(pairs, columns[name], least) for name, least in RAREST.items()}
    prior, sampled = levels["m"].to_numpy(), levels["u"].to_numpy()
    of = levels["comparison"].map(place).to_numpy()

    def learnt(sure: float, most: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """m, u, pairs learnt from by level, and the weight of each pair."""
        m, share = prior.copy(), min(1 / records, MOST_OF_PAIRS)
        for _ in range(ROUNDS):
            u = _of_two_persons(sampled, m, share, of, at)
            rarity = _rarity(values, reached, at, place, share * (records - 1), records)
            one, strangers, household = _evidence(m, u, reached, at, place, rarity)
            two = HOUSEHOLDS * share * np.exp2(household) + (1 - share * (1 + HOUSEHOLDS)) * np.exp2(strangers)
            weight = np.log2(share) + one - np.log2(two)
            probability = _probability(weight)
            teaching = probability * (probability >= sure)
            before, share = share, min(max(teaching.sum(), 1.0) / possible, MOST_OF_PAIRS)
            # Level by level; comparisons that are not stated are counted in front, and left out.
            matched = np.sum([np.bincount(column + 1, teaching, len(levels) + 1) for column in reached.T], axis=0)[1:]
            totals = np.bincount(of, matched)[of]
            beforehand = PRIOR_PAIRS + PRIOR_SHARE * totals
            m = np.minimum((matched + beforehand * prior) / (totals + beforehand), most * prior)
            m[at[EXCLUDED]] = prior[at[EXCLUDED]]
            if abs(share - before) < 1e-6 * share:
                break
        return m, u, totals, weight

    m, u, totals, weight = learnt(SURE, np.inf)
    if any(m[at[level]] > share for level, share in RUNAWAY.items()):
        m, u, totals, weight = learnt(ALL_BUT_SURE, MOST_OF_M)
    probability = _probability(weight)
    result = pairs.copy()
    result.insert(2, "match_weight", weight.round(6))
    result.insert(3, "match_probability", probability.round(8))
    weights = levels.assign(m=m, u=u, weight=np.log2(m / u).round(4)).round({"m": 8, "u": 10})
    weights["note"] = _notes(weights, totals)
    return result[result["match_probability"] >= FLOOR].reset_index(drop=True), weights


def _probability(weight: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp2(-weight))


def _notes(weights: pd.DataFrame, pairs: np.ndarray) -> list[str]:
    """Reasons to take a weight with care, or none: few pairs to learn from, or a closer level weighs less.

    Names that are exchanged are no step between others.
    """
    notes = []
    for at, row in enumerate(weights.itertuples()):
        further = weights.iloc[at + 1 :]
        further = further[(further["comparison"] == row.comparison) & (further["level"] != "exchanged")]
        if pairs[at] < PRIOR_PAIRS:
            notes.append(FEW_PAIRS)
        elif row.level != "exchanged" and (further["weight"] > row.weight + 1).any():
            notes.append(WEIGHS_LESS)
        else:
            notes.append("")
    return notes


@dataclass(frozen=True)
class _Values:
    """The number of records with each value of a column, and the commoner of the two values of each pair."""

    counts: np.ndarray
    of_pairs: np.ndarray
    least: float

    def bits(self, others: float, records: int) -> np.ndarray:
        """log2 of how often others have the value of a pair, over the average of pairs that agree by chance.

        Parameters
        ----------
        others : further records of the same person, on average: they are no sign that a value is common.
        """
        shares = np.maximum((self.counts - 1 - others) / records, self.least)
        by_chance = self.counts * shares
        average = (by_chance * shares).sum() / max(by_chance.sum(), 1e-12)
        of_pairs = np.maximum((self.of_pairs - 1 - others) / records, self.least)
        return np.log2(of_pairs / average) if average else np.zeros(len(of_pairs))


def _values(pairs: pd.DataFrame, values: np.ndarray, least: float) -> _Values:
    counts = np.bincount(values[values >= 0], minlength=1)
    sides = [np.where(values[pairs[side]] >= 0, counts[values[pairs[side]]], 0) for side in ("left", "right")]
    return _Values(counts, np.maximum(*sides), least)


def _rarity(
    values: dict[str, _Values],
    reached: np.ndarray,
    at: dict[tuple[str, str], int],
    place: dict[str, int],
    others: float,
    records: int,
) -> dict[str, np.ndarray]:
    """The bits that the values of each pair add to u, for each comparison whose levels have `FREQUENCIES`."""
    bits = {name: each.bits(others, records) for name, each in values.items()}
    found = {comparison: np.zeros(len(reached)) for comparison, _ in FREQUENCIES}
    for level, columns in FREQUENCIES.items():
        agree = reached[:, place[level[0]]] == at[level]
        found[level[0]][agree] = np.sum([bits[column][agree] for column in columns], axis=0)
    return found


def _of_two_persons(
    sampled: np.ndarray, m: np.ndarray, share: float, of: np.ndarray, at: dict[tuple[str, str], int]
) -> np.ndarray:
    """u without the pairs of one person that a sample of all pairs contains; sums to one in each comparison."""
    kept = np.where([level in IN_FULL for _, level in at], LEAST_SHARE_OF_U, LEAST_SHARE_IN_PART)
    u = np.maximum((sampled - share * m) / (1 - share), kept * sampled)
    for level, least in LEAST_U.items():
        u[at[level]] = max(u[at[level]], least)
    return u / np.bincount(of, u)[of]


def _evidence(
    m: np.ndarray,
    u: np.ndarray,
    reached: np.ndarray,
    at: dict[tuple[str, str], int],
    place: dict[str, int],
    rarity: dict[str, np.ndarray],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """log2 of how often one person, two strangers and two of one household agree as each pair does."""
    household, shared = u.copy(), {comparison for comparison, _ in HOUSEHOLD}
    for comparison in shared:
        listed = [at[level] for level in HOUSEHOLD if level[0] == comparison]
        others = [row for level, row in at.items() if level[0] == comparison and row not in listed]
        household[listed] = [share for level, share in HOUSEHOLD.items() if level[0] == comparison]
        household[others] *= (1 - household[listed].sum()) / household[others].sum()
    one, two, three = (np.append(np.log2(values), 0.0)[reached] for values in (m, u, household))
    for comparison, bits in rarity.items():
        two[:, place[comparison]] += bits
        # What a household shares it shares whatever the value is.
        if comparison not in shared:
            three[:, place[comparison]] += bits
    return one.sum(axis=1), two.sum(axis=1), three.sum(axis=1)
