"""Linkages drawn from the match probabilities of pairs of records: who could be one person, many times over.

One linkage says of each pair of records that it is one person or is not. Where that is not sure, several linkages
drawn from the probabilities carry the doubt into whatever is computed from each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from bounded.arguments import NAMES, checked, each, figures, text
from bounded.refusal import Refusal, require_columns, require_once, require_values
from capture_recapture.histories import MOST_LISTS
from capture_recapture.loglinear import Floats
from capture_recapture.multiple_systems import SEED

# Rounds in which the chances of pairs are adjusted, and linkages drawn in each.
ROUNDS, PILOTS = 12, 200
# No chance of a pair that is not sure is nearer to 0 or 1.
NEAREST = 1e-6

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class _Group:
    """Records that pairs join, directly or by others; pairs in order of probability, the highest first."""

    left: Ints
    right: Ints
    probability: Floats
    once: Ints


@checked(pairs=figures("match_probability"), once=each(text, least=0))
def drawn_linkages(
    pairs: pd.DataFrame, records: pd.DataFrame, draws: int = 20, seed: int = SEED, once: Iterable[str] = ()
) -> pd.DataFrame:
    """Draw linkages of records from the match probabilities of their pairs.

    In each linkage every pair is drawn as a match or not, by itself. Pairs that are drawn are joined in the order of
    their probability, the highest first, and what is joined is one person: if a is b, and b is c, a is c. A pair that
    would give a person two records of a list that holds a person once is left out.

    Joining makes pairs more frequent than they were drawn, and leaving out makes them less frequent. So where pairs
    share a record, the chances by which they are drawn are first adjusted, until pairs are joined about as often as
    their probabilities say. That can not be where the probabilities contradict each other, as where a record is one
    person with each of two records of such a list by 0.9: the higher probability then comes first.

    Linkages are as good as the probabilities: of pairs said to be a match by 0.3, three in ten have to be one. Records
    of one person that were never compared, as where nothing by which pairs are found agrees, meet in no linkage; what
    that does to a total is not in the variance between linkages.

    Parameters
    ----------
    pairs : record_id_l, record_id_r, match_probability (0 to 1), a row a pair. Pairs that are not there are no match
        by themselves, and can be one by others. Pairs of two records of one list in `once` are never one.
    records : record_id, list, a row a record.
    draws : how many linkages, 20 or more for estimates.
    seed : of the draws.
    once : lists that hold each person once.

    Returns
    -------
    One row a linkage and record: draw (from 1), record_id, list, person (the first of the person's records, in the
    order of `records`).

    Raises
    ------
    Refusal : a column is missing, a record or a pair stands twice, a pair names no record or one record twice, or a
        probability is none.

    References
    ----------
    Fellegi, I. P. and Sunter, A. B. (1969). A theory for record linkage. JASA 64, 1183-1210.
    Rubin, D. B. (1987). Multiple Imputation for Nonresponse in Surveys. Wiley.
    """
    left, right, probability, single = _checked(pairs, records, tuple(once))
    count = len(records)
    generator = np.random.default_rng(seed)
    person = np.tile(np.arange(count), (draws, 1))
    for one, members in _groups(left, right, probability, single):
        chance = _adjusted(one, generator) if len(one.left) > 1 else one.probability
        person[:, members] = members[_joined(one, chance, generator, draws)]
    names = records["record_id"].to_numpy()
    return pd.DataFrame(
        {
            "draw": np.repeat(np.arange(1, draws + 1), count),
            "record_id": np.tile(names, draws),
            "list": np.tile(records["list"].to_numpy(), draws),
            "person": names[person.ravel()],
        }
    )


@checked(lists=NAMES)
def linkage_histories(linkages: pd.DataFrame, lists: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the capture histories of every linkage.

    Parameters
    ----------
    linkages : draw, record_id, list, person, as `drawn_linkages` gives them.
    lists : names of the lists, in the order of the columns; by default those there are, sorted.

    Returns
    -------
    One row a linkage and pattern of lists: draw, one 0/1 column a list, count (persons).

    Raises
    ------
    Refusal : a column is missing, a list is not among `lists`, or has the name of another column.
    """
    require_columns(linkages, ["draw", "list", "person"], "linkages")
    found = linkages["list"].astype(str)
    names = sorted(found.unique()) if lists is None else list(lists)
    reserved = [name for name in names if name in ("draw", "count")]
    if reserved:
        raise Refusal("reserved_name", f"A list cannot be called '{reserved[0]}' here: give it another name.")
    unknown = sorted(set(found) - set(names))
    if unknown:
        raise Refusal("unknown_list", f"There is no list '{unknown[0]}'; the lists are {', '.join(names)}.")
    if len(names) > MOST_LISTS:
        raise Refusal("too_many_lists", f"There are {len(names)} lists, and at most {MOST_LISTS} can be used at once.")
    bit = found.map({name: 1 << place for place, name in enumerate(names)})
    seen = pd.DataFrame({"draw": linkages["draw"], "person": linkages["person"], "bit": bit}).drop_duplicates()
    pattern = seen.groupby(["draw", "person"], sort=False)["bit"].sum()
    counted = pattern.groupby([pattern.index.get_level_values("draw"), pattern.to_numpy()]).size()
    places = counted.index.get_level_values(1).to_numpy()
    columns = {name: places >> place & 1 for place, name in enumerate(names)}
    draw = counted.index.get_level_values("draw").to_numpy()
    return pd.DataFrame({"draw": draw, **columns, "count": counted.to_numpy()})


def _checked(pairs: pd.DataFrame, records: pd.DataFrame, once: tuple[str, ...]) -> tuple[Ints, Ints, Floats, Ints]:
    """Places of both records of each pair that can be one person, its probability; a bit of each record's list."""
    require_columns(records, ["record_id", "list"], "records")
    require_columns(pairs, ["record_id_l", "record_id_r", "match_probability"], "pairs of records")
    require_once(records, ["record_id"], "records", "each record has a record_id of its own")
    known = set(records["list"].astype(str))
    unknown = [name for name in once if name not in known]
    if unknown:
        raise Refusal("unknown_list", f"There is no list '{unknown[0]}' that could hold a person once.")
    place = pd.Series(np.arange(len(records)), index=records["record_id"].to_numpy())
    sides = []
    for column in ("record_id_l", "record_id_r"):
        require_values(pairs[column], pairs[column].isin(place.index).to_numpy(), "unknown_record", ", and no record")
        sides.append(place.loc[pairs[column].to_numpy()].to_numpy(dtype=np.int64))
    given = pd.to_numeric(pairs["match_probability"], errors="coerce")
    require_values(
        pairs["match_probability"], given.between(0, 1).to_numpy(), "out_of_range", ", and no probability from 0 to 1"
    )
    left, right = np.minimum(*sides), np.maximum(*sides)
    require_values(pairs["record_id_l"], left != right, "record_with_itself", ", which is paired with itself")
    twice = pd.DataFrame({"left": left, "right": right}).duplicated().to_numpy()
    require_values(pairs["record_id_l"], ~twice, "duplicate_key", ", in a pair that stands twice")
    bits = {name: 1 << number for number, name in enumerate(dict.fromkeys(once))}
    single = records["list"].astype(str).map(bits).fillna(0).to_numpy(dtype=np.int64)
    probability = given.to_numpy(dtype=float)
    possible = (probability > 0) & ((single[left] & single[right]) == 0)
    return left[possible], right[possible], probability[possible], single


def _groups(left: Ints, right: Ints, probability: Floats, single: Ints) -> list[tuple[_Group, Ints]]:
    """Groups of records that pairs join, with the places of their records."""
    size = len(single)
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
    group = connected_components(graph, directed=False)[1]
    order = np.lexsort((right, left, -probability, group[left]))
    found = []
    ends = np.flatnonzero(np.diff(group[left][order])) + 1
    for chosen in np.split(order, ends) if order.size else ():
        members, places = np.unique(np.concatenate([left[chosen], right[chosen]]), return_inverse=True)
        one, other = np.split(places.astype(np.int64), 2)
        found.append((_Group(one, other, probability[chosen], single[members]), members))
    return found


def _joined(group: _Group, chance: Floats, generator: np.random.Generator, draws: int) -> Ints:
    """(draws, records) the first record of each record's person, in linkages drawn with these chances of pairs."""
    drawn = generator.random((draws, chance.size)) < chance
    person = np.tile(np.arange(group.once.size), (draws, 1))
    held = np.tile(group.once, (draws, 1))
    for number, (a, b) in enumerate(zip(group.left, group.right, strict=True)):
        join = drawn[:, number] & (person[:, a] != person[:, b]) & ((held[:, a] & held[:, b]) == 0)
        rows = np.flatnonzero(join)
        if not rows.size:
            continue
        one, other = person[rows, a][:, None], person[rows, b][:, None]
        together = (person[rows] == one) | (person[rows] == other)
        lists = (held[rows, a] | held[rows, b])[:, None]
        person[rows] = np.where(together, np.minimum(one, other), person[rows])
        held[rows] = np.where(together, lists, held[rows])
    return person


def _adjusted(group: _Group, generator: np.random.Generator) -> Floats:
    """Chances by which pairs are drawn so that they are joined about as often as their probabilities say."""
    sure = group.probability >= 1
    wanted = np.clip(group.probability, NEAREST, 1 - NEAREST)
    logit = special.logit(wanted)
    least, most = special.logit(NEAREST), special.logit(1 - NEAREST)
    for number in range(ROUNDS):
        person = _joined(group, np.where(sure, 1.0, special.expit(logit)), generator, PILOTS)
        together = person[:, group.left] == person[:, group.right]
        # The probability itself stands for four linkages more, so that no frequency is 0 or 1.
        found = np.clip((together.sum(axis=0) + 4 * wanted) / (PILOTS + 4), NEAREST, 1 - NEAREST)
        step = 1 / (1 + number / 4)
        logit = np.clip(logit + step * (special.logit(wanted) - special.logit(found)), least, most)
    return np.where(sure, 1.0, special.expit(logit))
