"""What a user relies on when two lists are asked how many persons both have missed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_plots import dots, labels, limits, named, pairs
from refusals import refused, warned

from capture_recapture import NotIdentifiable, chapman

cells = st.integers(0, 2000)


def histories(only_first: int, only_second: int, both: int) -> pd.DataFrame:
    return pd.DataFrame({"police": [1, 0, 1], "ngo": [0, 1, 1], "count": [only_first, only_second, both]})


@pytest.mark.slow
def test_limits_hold_the_truth_as_often_as_promised_in_small_populations():
    rng = np.random.default_rng(3)
    truth, covered, estimates = 150, [], []
    for _ in range(400):
        police, ngo = rng.random((2, truth)) < np.array([[0.3], [0.4]])
        result = chapman(histories((police & ~ngo).sum(), (ngo & ~police).sum(), (police & ngo).sum()))
        covered.append(result.low <= truth <= result.high)
        estimates.append(result.estimate)
    # 95 % promised; the chance of 400 samples alone moves it by 1.1 points.
    assert np.mean(covered) >= 0.92
    assert np.mean(estimates) == pytest.approx(truth, rel=0.02)


@pytest.mark.slow
def test_nearly_complete_lists_have_limits_near_the_persons_seen_that_hold_the_truth():
    rng = np.random.default_rng(4)
    truth = 100
    # Each list knows 97 %: 2.91 % are on one list only, 94.09 % on both, 0.09 % on none.
    for first, second, both, _ in rng.multinomial(truth, [0.0291, 0.0291, 0.9409, 0.0009], size=200):
        result = chapman(histories(first, second, both))
        assert result.low <= truth + 1
        assert truth - 1 <= result.high < 115


@pytest.mark.slow
@given(cells, cells, st.integers(1, 2000), st.floats(0.5, 0.99))
def test_an_estimate_lies_within_its_limits_and_none_is_below_the_persons_seen(first, second, both, confidence):
    result = chapman(histories(first, second, both), confidence)
    assert result.n <= result.low <= result.estimate <= result.high < np.inf


@pytest.mark.slow
@given(cells, cells, st.integers(1, 2000))
def test_the_order_of_the_lists_does_not_matter(first, second, both):
    one, other = chapman(histories(first, second, both)), chapman(histories(second, first, both))
    assert (one.estimate, one.low, one.high) == pytest.approx((other.estimate, other.low, other.high), rel=1e-12)
    assert one.standard_error == pytest.approx(other.standard_error, rel=1e-12, abs=1e-12)


@pytest.mark.slow
@given(st.integers(1, 2000), st.integers(1, 2000), st.integers(1, 2000))
def test_lists_of_one_length_that_share_more_persons_have_missed_fewer(first, second, both):
    less = chapman(histories(first, second, both))
    more = chapman(histories(first - 1, second - 1, both + 1))
    assert more.estimate < less.estimate
    if min(first, second) > 5:  # with fewer on one list only the half added to each cell outweighs a person moved
        assert more.high < less.high


@pytest.mark.slow
@given(cells, cells, st.integers(1, 2000), st.floats(0.1, 20))
def test_the_hidden_are_as_many_times_as_many_as_the_odds_ratio_says(first, second, both, odds_ratio):
    result = chapman(histories(first, second, both), odds_ratios=[1, odds_ratio])
    independent = result.sensitivity.iloc[0]
    assert (independent["estimate"], independent["low"], independent["high"]) == pytest.approx(
        (result.estimate, result.low, result.high), rel=1e-12
    )
    for column in ("estimate", "low", "high"):
        hidden = result.sensitivity[column] - result.n
        assert hidden[1] == pytest.approx(odds_ratio * hidden[0], rel=1e-9, abs=1e-6)


def test_the_sensitivity_says_which_persons_are_more_and_less_likely():
    table = chapman(histories(200, 300, 99)).sensitivity
    assert table["meaning"].str.contains("less likely").tolist() == [True, False, False, False]
    assert table["meaning"].str.contains("more likely").tolist() == [False, False, True, True]


def test_what_two_lists_can_never_test_is_said_with_their_names():
    result = chapman(histories(50, 60, 20))
    assert "'police'" in result.assumption and "'ngo'" in result.assumption
    assert "never test" in result.assumption
    assert result.warnings == ()


def test_a_small_overlap_and_a_list_within_the_other_are_warned_of():
    assert warned(chapman(histories(50, 60, 6)).warnings, "sparse_overlap", "6 persons")
    assert chapman(histories(50, 60, 7)).warnings == ()
    within = chapman(histories(0, 60, 20))
    assert within.estimate == within.n == 80
    assert within.high > 80
    assert warned(within.warnings, "list_within_list", "Everyone on 'police' is on 'ngo'")


def test_lists_without_overlap_are_refused():
    with refused(NotIdentifiable, "no_overlap", "'police'", "'ngo'"):
        chapman(histories(50, 60, 0))
    with refused(NotIdentifiable, "no_overlap"):
        chapman(histories(0, 0, 0))


def test_one_list_and_three_lists_are_refused():
    with refused(NotIdentifiable, "not_two_lists"):
        chapman(pd.DataFrame({"police": [1], "count": [9]}))
    with refused(NotIdentifiable, "not_two_lists"):
        chapman(histories(5, 5, 5).assign(hotline=[0, 1, 1]))


def test_senseless_odds_ratios_and_what_is_no_history_are_refused():
    for odds_ratio in (0, -1, np.nan, np.inf):
        with refused(ValueError, "not_positive"):
            chapman(histories(5, 5, 5), odds_ratios=[1, odds_ratio])
    with refused(ValueError, "not_whole_number"):
        chapman(histories(5, 5, 5).assign(count=[5, 5, np.nan]))
    with refused(ValueError, "confidence_out_of_range"):
        chapman(histories(5, 5, 5), confidence=1.0)


def test_the_picture_has_a_line_for_each_odds_ratio():
    found = chapman(histories(5, 10, 5))
    figure = found.plot()
    assert labels(figure) == ["odds ratio 0.5", "odds ratio 1", "odds ratio 2", "odds ratio 4"]
    assert dots(figure)[0] == pytest.approx(found.sensitivity["estimate"].tolist())
    assert limits(figure) == pairs(found.sensitivity["low"], found.sensitivity["high"])
    assert round(dots(figure)[0][1]) == 28 and named(figure, "observed")[0, 0] == 20  # as by hand
