"""What a reader relies on when the assumption that no data can test is turned from one value to another."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from captures import REFERENCE, histories, published
from plain_plots import dots, labels, limits
from refusals import refused

from capture_recapture import NotIdentifiable, chapman, highest_order, multiple_systems

RATIOS = (0.25, 0.5, 1, 2, 4, 7.3)
THREE = histories({"100": 60, "010": 50, "001": 40, "110": 20, "101": 15, "011": 12, "111": 9})
TWO = histories({"10": 40, "01": 30, "11": 12}, ["police", "ngo"])
# Each count of three lists as it is.
PAIRS = list(combinations("ABC", 2))


def cells_of(table: pd.DataFrame) -> np.ndarray:
    """Counts by place: bit i is set where list i knows the person."""
    names = [column for column in table if column != "count"]
    cells = np.zeros(1 << len(names))
    places = table[names].to_numpy() @ (1 << np.arange(len(names)))
    np.add.at(cells, places, table["count"].to_numpy(dtype=float))
    return cells


def test_two_lists_give_the_sensitivity_of_chapman_to_the_bit():
    for counts in ((40, 30, 12), (5, 10, 5), (0, 7, 3), (900, 800, 2), (3, 0, 60)):
        table = histories(dict(zip(("10", "01", "11"), counts, strict=True)), ["police", "ngo"])
        for confidence in (0.8, 0.95):
            ours = highest_order(table, RATIOS, confidence=confidence)
            pd.testing.assert_frame_equal(ours.table, chapman(table, confidence, RATIOS).sensitivity, check_exact=True)
            assert ours.method == chapman(table, confidence).method


def test_four_lists_as_they_are_are_as_in_r():
    # MultipleSystemsEstimation 1.2.0 on Kosovo: the model of all triples, "123 124 134 234".
    printed = pd.read_csv(REFERENCE / "bic.csv", comment="#")
    all_triples = printed[(printed["table"] == "Kosovo") & (printed["model"] == "123 124 134 234")]["estimate"].iloc[0]
    kosovo = published("Kosovo")
    triples = list(combinations(kosovo.columns.drop("count"), 3))
    assert highest_order(kosovo, terms=triples, replicates=0).estimate == pytest.approx(all_triples, rel=1e-9)


def test_what_the_odds_ratio_says_of_three_lists_is_so():
    # With the persons of one row in place 000, the odds ratio of A and B among persons not on C is that many times the
    # one among those on it.
    result = highest_order(THREE, (2.5,), terms=PAIRS, replicates=0)
    hidden = result.table["estimate"].iloc[0] - result.n
    not_on_c, on_c = hidden * 20 / (60 * 50), 40 * 9 / (15 * 12)
    assert not_on_c / on_c == pytest.approx(2.5)
    assert all(name in result.table["meaning"].iloc[0] for name in ("'A'", "'B'", "'C'", "2.5 times"))


def test_what_the_odds_ratio_says_of_four_lists_is_so():
    kosovo = published("Kosovo")
    triples = list(combinations(kosovo.columns.drop("count"), 3))
    result = highest_order(kosovo, (2.5,), terms=triples, replicates=0)
    cells = cells_of(kosovo)
    cells[0] = result.table["estimate"].iloc[0] - result.n
    sign = np.array([(-1) ** (4 - place.bit_count()) for place in range(16)])
    assert (sign * np.log(cells)).sum() == pytest.approx(np.log(2.5))
    assert f"{np.log(2.5):.2f}" in result.table["meaning"].iloc[0]


@pytest.mark.parametrize("selection", ["stepwise", "bic", "independence"])
def test_a_log_linear_model_keeps_its_estimate_and_limits_at_one(selection):
    kosovo = published("Kosovo")
    ours = highest_order(kosovo, (1, 2), selection, replicates=100)
    model = multiple_systems(kosovo, selection, replicates=100)
    assert (ours.estimate, ours.low, ours.high) == (model.estimate, *model.interval)
    one, two = ours.table[["estimate", "low", "high"]].to_numpy() - ours.n
    np.testing.assert_allclose(two, 2 * one)


def test_a_model_given_beforehand_keeps_its_estimate_and_limits():
    kosovo = published("Kosovo")
    names = [column for column in kosovo if column != "count"]
    model = multiple_systems(kosovo, terms=list(combinations(names, 3)), replicates=200)
    given = highest_order(kosovo, terms=list(combinations(names, 3)), replicates=200)
    assert (given.estimate, given.low) == (model.estimate, model.interval[0]) and "given" in given.method


def test_one_seed_is_one_result():
    first, again, other = (highest_order(THREE, replicates=60, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first.table, again.table, check_exact=True)
    assert first.high != other.high


# Conclusions


def test_a_conclusion_holds_until_the_ratio_that_brings_the_total_there():
    # 206 seen and 300 on no list: 356 persons are there at 0.5, 806 at 2.
    result = highest_order(THREE, terms=PAIRS, replicates=300)
    above, below = result.holds_until(above=356), result.holds_until(below=806)
    assert (above.odds_ratio, above.fails, above.holds) == (pytest.approx(0.5), "below", True)
    assert (below.odds_ratio, below.fails, below.holds) == (pytest.approx(2), "above", True)
    for ratio, true in ((0.501, True), (0.499, False)):
        assert (result.at(ratio)[0] > 356) is true
    assert result.at(above.odds_ratio_surely)[1] == pytest.approx(356)
    assert result.at(below.odds_ratio_surely)[2] == pytest.approx(806)
    assert above.holds_surely == (result.low > 356) and below.holds_surely == (result.high < 806)
    assert "0.5" in above.sentence and "356" in above.sentence


def test_a_conclusion_can_be_a_multiple_of_the_persons_observed():
    result = highest_order(THREE, terms=PAIRS, replicates=0)
    twice = result.holds_until(above=2, per_observed=True)
    assert twice.threshold == 412 and twice.odds_ratio == pytest.approx(206 / 300)
    assert np.isnan(twice.odds_ratio_surely) and not twice.holds_surely
    assert "206 observed" in twice.conclusion


def test_a_conclusion_that_is_false_now_says_so():
    result = highest_order(THREE, terms=PAIRS, replicates=0)
    wrong = result.holds_until(above=1106)
    assert not wrong.holds and wrong.odds_ratio == pytest.approx(3) and "false" in wrong.sentence


def test_conclusions_that_no_ratio_decides():
    result = highest_order(TWO)
    always, never = result.holds_until(above=50), result.holds_until(below=50)
    assert always.holds and always.holds_surely and always.odds_ratio == 0 and "every" in always.sentence
    assert not never.holds and never.odds_ratio == 0 and "at no odds ratio" in never.sentence
    # Everybody on the second list is on the first: nobody is on none, whatever the ratio.
    full = highest_order(histories({"10": 20, "01": 0, "11": 30}))
    assert full.estimate == full.n == 50
    assert full.holds_until(below=51).odds_ratio == np.inf and "every" in full.holds_until(below=51).sentence
    assert full.holds_until(above=50).odds_ratio == np.inf and not full.holds_until(above=50).holds
    assert full.holds_until(below=50).odds_ratio == 0 and not full.holds_until(below=50).holds


def test_two_lists_hold_as_chapman_says():
    result = highest_order(TWO)
    hidden = chapman(TWO).hidden
    assert result.holds_until(above=200).odds_ratio == pytest.approx((200 - 82) / hidden)


# Refusals


def test_what_carries_no_estimate_is_refused():
    with refused(NotIdentifiable, "no_overlap"):
        highest_order(histories({"10": 4, "01": 5}))
    with refused(NotIdentifiable, "too_few_lists"):
        highest_order(histories({"1": 4}))
    with refused(NotIdentifiable, "no_persons"):
        highest_order(histories({"100": 0}))


def test_arguments_that_mean_nothing_are_refused():
    with refused(ValueError, "not_positive"):
        highest_order(TWO, (0, 1))
    with refused(ValueError, "empty"):
        highest_order(TWO, ())
    with refused(ValueError, "unknown_choice", "'aic'"):
        highest_order(TWO, selection="aic")
    with refused(ValueError, "not_whole_number"):
        highest_order(THREE, terms=PAIRS, replicates=-1)
    result = highest_order(TWO)
    with refused(ValueError, "one_conclusion"):
        result.holds_until()
    with refused(ValueError, "one_conclusion"):
        result.holds_until(above=1, below=2)
    with refused(ValueError, "out_of_range"):
        result.holds_until(above=np.inf)


# Pictures
def test_the_picture_has_a_line_for_each_odds_ratio():
    result = highest_order(THREE, (0.5, 1, 2), terms=PAIRS, replicates=200)
    figure = result.plot()
    assert labels(figure) == ["odds ratio 0.5", "odds ratio 1", "odds ratio 2"]
    # By hand, as above: 300 on no list, beside the 206 seen.
    assert dots(figure)[0] == pytest.approx([356, 506, 806])
    assert limits(figure)[1] == pytest.approx((result.low, result.high))
    assert limits(highest_order(THREE, terms=PAIRS, replicates=0).plot()) == []
