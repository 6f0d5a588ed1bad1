"""Linkages drawn from match probabilities: how often pairs are joined, what is never joined, and that seeds decide."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from refusals import refused

from bounded.refusal import Refusal
from capture_recapture import drawn_linkages, linkage_histories
from capture_recapture.histories import capture_table

RECORDS = pd.DataFrame({"record_id": ["a", "b", "b2", "c", "alone"], "list": ["A", "B", "B", "C", "A"]})
DRAWS = 4000
# Five standard deviations of a frequency among 4,000, at most.
CHANCE = 0.04


def pairs(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["record_id_l", "record_id_r", "match_probability"])


def frequencies(given: pd.DataFrame, **options) -> list[float]:
    """How often each pair is one person."""
    drawn = drawn_linkages(given, RECORDS, draws=DRAWS, **options)
    person = drawn.pivot(index="draw", columns="record_id", values="person")
    return [(person[row.record_id_l] == person[row.record_id_r]).mean() for row in given.itertuples()]


def test_pairs_that_share_no_record_are_joined_by_their_probability():
    given = pairs(("a", "b", 0.3), ("b2", "c", 0.8))
    assert frequencies(given) == pytest.approx([0.3, 0.8], abs=CHANCE)


@pytest.mark.parametrize("probability", [0.2, 0.5, 0.9])
def test_three_records_that_are_one_another_keep_their_probabilities(probability):
    """Joined one by one, three pairs of 0.9 would meet in 0.9 + 0.1 * 0.81 = 0.981 of linkages."""
    given = pairs(*((one, other, probability) for one, other in (("a", "b"), ("b", "c"), ("a", "c"))))
    assert frequencies(given) == pytest.approx([probability] * 3, abs=CHANCE)


def test_a_record_that_is_one_of_two_of_a_list_keeps_its_probabilities():
    """Drawn by themselves and the likelier first, the second would be joined in 0.4 * 0.4 = 0.16 of linkages."""
    given = pairs(("a", "b", 0.6), ("a", "b2", 0.4))
    assert frequencies(given, once=["B"]) == pytest.approx([0.6, 0.4], abs=CHANCE)


def test_where_probabilities_contradict_each_other_the_higher_comes_first():
    """0.9 and 0.8 of two that exclude each other: at most 0.1 is left for the second."""
    found = frequencies(pairs(("a", "b", 0.9), ("a", "b2", 0.8)), once=["B"])
    assert found == pytest.approx([0.9, 0.1], abs=CHANCE)


def test_a_list_that_holds_a_person_once_has_no_person_twice():
    given = pairs(("a", "b", 0.9), ("a", "b2", 0.9), ("b", "c", 0.9), ("b2", "c", 0.9), ("b", "b2", 1.0))
    drawn = drawn_linkages(given, RECORDS, draws=500, once=["B"])
    on_b = drawn[drawn["list"] == "B"].groupby(["draw", "person"]).size()
    assert on_b.max() == 1
    twice = drawn_linkages(given, RECORDS, draws=500)
    assert (twice[twice["list"] == "B"].groupby(["draw", "person"]).size() == 2).groupby("draw").any().all()


def test_certain_pairs_are_always_joined_and_impossible_ones_only_by_others():
    given = pairs(("a", "b", 1.0), ("b", "c", 1.0), ("a", "c", 0.0), ("b2", "c", 0.0))
    assert frequencies(given) == [1.0, 1.0, 1.0, 0.0]


def test_a_linkage_has_every_record_and_a_person_is_called_by_its_first():
    drawn = drawn_linkages(pairs(("c", "b", 1.0)), RECORDS, draws=3)
    assert len(drawn) == 15 and list(drawn["draw"].unique()) == [1, 2, 3]
    first = drawn[drawn["draw"] == 1].set_index("record_id")["person"].to_dict()
    assert first == {"a": "a", "b": "b", "b2": "b2", "c": "b", "alone": "alone"}


def test_one_seed_gives_one_result_in_whatever_order_pairs_come():
    given = pairs(("a", "b", 0.5), ("b", "c", 0.5), ("a", "c", 0.5), ("alone", "b2", 0.5))
    one = drawn_linkages(given, RECORDS, seed=3)
    pd.testing.assert_frame_equal(one, drawn_linkages(given, RECORDS, seed=3))
    turned = given.iloc[::-1].rename(columns={"record_id_l": "record_id_r", "record_id_r": "record_id_l"})
    pd.testing.assert_frame_equal(one, drawn_linkages(turned, RECORDS, seed=3))
    assert not one.equals(drawn_linkages(given, RECORDS, seed=4))


def test_histories_count_persons_by_pattern_in_each_linkage():
    """By hand: a and c are one person in both linkages, b is another, b2 is b in the second only, alone is alone."""
    person = ["a", "b", "b2", "a", "alone", "a", "b", "b", "a", "alone"]
    linkages = pd.concat([RECORDS, RECORDS]).assign(draw=[1] * 5 + [2] * 5, person=person)
    found = linkage_histories(linkages)
    expected = pd.DataFrame(
        [(1, 1, 0, 0, 1), (1, 0, 1, 0, 2), (1, 1, 0, 1, 1), (2, 1, 0, 0, 1), (2, 0, 1, 0, 1), (2, 1, 0, 1, 1)],
        columns=["draw", "A", "B", "C", "count"],
    )
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    ordered = linkage_histories(linkages, ["C", "B", "A", "empty"])
    assert list(ordered.columns) == ["draw", "C", "B", "A", "empty", "count"]
    assert capture_table(ordered[ordered["draw"] == 1].drop(columns="draw")).n == 4


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (pairs(("a", "x", 0.5)), "unknown_record"),
        (pairs(("a", "a", 0.5)), "record_with_itself"),
        (pairs(("a", "b", 1.5)), "out_of_range"),
        (pairs(("a", "b", np.nan)), "out_of_range"),
        (pairs(("a", "b", 0.5), ("b", "a", 0.5)), "duplicate_key"),
        (pairs(("a", "b", 0.5)).drop(columns="match_probability"), "missing_column"),
    ],
)
def test_pairs_that_are_none_are_refused(given, code):
    with refused(Refusal, code):
        drawn_linkages(given, RECORDS)


def test_records_lists_and_draws_are_refused_by_name():
    given = pairs(("a", "b", 0.5))
    with refused(Refusal, "duplicate_key", "a"):
        drawn_linkages(given, pd.concat([RECORDS, RECORDS.head(1)]))
    with refused(Refusal, "unknown_list", "D"):
        drawn_linkages(given, RECORDS, once=["D"])
    with refused(Refusal, "not_whole_number", "draws"):
        drawn_linkages(given, RECORDS, draws=0)
    drawn = drawn_linkages(given, RECORDS, draws=2)
    with refused(Refusal, "unknown_list", "C"):
        linkage_histories(drawn, ["A", "B"])
    with refused(Refusal, "reserved_name", "count"):
        linkage_histories(drawn.assign(list="count"))
    with refused(Refusal, "missing_column", "person"):
        linkage_histories(drawn.drop(columns="person"))


def test_no_pair_and_no_record_are_no_fault():
    assert (drawn_linkages(pairs(), RECORDS, draws=2)["person"].to_numpy() == [*RECORDS["record_id"]] * 2).all()
    assert drawn_linkages(pairs(), RECORDS.head(0), draws=2).empty


def test_linkages_drawn_by_the_right_probabilities_have_the_total_of_a_faultless_linkage():
    """Two lists of 600 and 500; pairs of 0.95 (300 of them) and of 0.4 (100) that are right as often as they say.

    By hand: 0.95 * 300 + 0.4 * 100 = 325 persons are expected on both, and the total is 600 * 500 / 325 = 923. One
    linkage at 0.5 links the 300, and would have 600 * 500 / 300 = 1,000.
    """
    records = pd.DataFrame(
        {
            "record_id": [*(f"a{n}" for n in range(600)), *(f"b{n}" for n in range(500))],
            "list": ["A"] * 600 + ["B"] * 500,
        }
    )
    given = pairs(*((f"a{n}", f"b{n}", 0.95 if n < 300 else 0.4) for n in range(400)))
    histories = linkage_histories(drawn_linkages(given, records, draws=400, once=["A", "B"]))
    both = histories[(histories["A"] == 1) & (histories["B"] == 1)]["count"]
    # The standard deviation of one linkage is sqrt(300 * 0.0475 + 100 * 0.24) = 6.2, of the mean of 400 of them 0.31.
    assert both.mean() == pytest.approx(325, abs=1.3) and both.std() == pytest.approx(6.2, abs=0.9)
    assert (600 * 500 / both).mean() == pytest.approx(600 * 500 / 325, rel=0.005)


@pytest.mark.parametrize("seed", range(5))
def test_simulated_lists_whose_truth_follows_the_probabilities_come_back_to_petersens_estimate(seed):
    """Lists drawn from 2,000 persons, links missed and false at set rates: drawn linkages have Petersen's estimate.

    Each record has one candidate: of those that are right a share has the probability 0.9, of those that are false too,
    so that probabilities are what shares are right.
    """
    generator = np.random.default_rng(seed)
    on = generator.random((2000, 2)) < (0.5, 0.4)
    first, second, both = np.flatnonzero(on[:, 0]), np.flatnonzero(on[:, 1]), np.flatnonzero(on.all(axis=1))
    petersen = len(first) * len(second) / len(both)
    others = [generator.permutation(np.setdiff1d(one, both)) for one in (first, second)]
    # Of true pairs 80 % look alike and 20 % do not; of records on one list alone 30 false pairs look alike, 60 do not.
    alike = generator.random(len(both)) < 0.8
    number = {"alike": int(alike.sum()), "not": int((~alike).sum())}
    chance = np.concatenate(
        [
            np.where(alike, number["alike"] / (number["alike"] + 30), number["not"] / (number["not"] + 60)),
            np.repeat([number["alike"] / (number["alike"] + 30), number["not"] / (number["not"] + 60)], [30, 60]),
        ]
    )
    left = np.concatenate([both, others[0][:90]])
    right = np.concatenate([both, others[1][:90]])
    given = pairs(*((f"a{one}", f"b{other}", p) for one, other, p in zip(left, right, chance, strict=True)))
    records = pd.DataFrame(
        {
            "record_id": [*(f"a{one}" for one in first), *(f"b{one}" for one in second)],
            "list": ["A"] * len(first) + ["B"] * len(second),
        }
    )
    histories = linkage_histories(drawn_linkages(given, records, draws=200, seed=seed, once=["A", "B"]))
    on_both = histories[(histories["A"] == 1) & (histories["B"] == 1)]["count"]
    assert (len(first) * len(second) / on_both).mean() == pytest.approx(petersen, rel=0.01)
