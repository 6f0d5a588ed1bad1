"""What a user relies on when one list, with persons on it several times, is asked how many it has missed."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from plain_plots import axes_of, dots, labels, limits, pairs
from refusals import refused
from scipy import stats

from capture_recapture import (
    NotIdentifiable,
    chao,
    chao_bias_corrected,
    repeated_captures,
    zelterman,
    zero_truncated_poisson,
)
from capture_recapture.resampling import lognormal_limits

METHODS = (zero_truncated_poisson, chao, chao_bias_corrected, zelterman)
Z = 1.959963984540054  # the 97.5 % point of the normal distribution

# Persons apprehended without a permit in four cities of the Netherlands, by how often (van der Heijden et al. 2003).
NETHERLANDS = {1: 1645, 2: 183, 3: 37, 4: 13, 5: 1, 6: 1}


def frequencies(persons: dict[int, float]) -> pd.DataFrame:
    return pd.DataFrame({"times": list(persons), "persons": list(persons.values())})


some_lists = st.lists(st.integers(0, 500), min_size=3, max_size=8).map(
    lambda counts: {times: persons for times, persons in enumerate(counts, start=1)}
)


@pytest.mark.parametrize(
    ("method", "printed"),
    [
        # Printed by R 4.5.0: the root of the truncated Poisson likelihood, and the formulas of Chao and of Zelterman.
        (zero_truncated_poisson, 7079.92814953296),
        (chao, 9273.51092896175),
        (chao_bias_corrected, 9228.85869565217),
        (zelterman, 9424.55519385843),
    ],
)
def test_estimates_of_the_dutch_list_are_those_r_prints(method, printed):
    result = method(frequencies(NETHERLANDS))
    assert result.estimate == pytest.approx(printed, rel=1e-12)
    assert result.n == 1880
    assert result.hidden == pytest.approx(printed - 1880, rel=1e-12)


def test_at_least_eight_thousand_dutch_immigrants_of_whom_less_than_a_quarter_were_seen():
    # man/ill.Rd of R package Rcapture 1.4-4: by the lower limit of Chao's bound "there should be at least 8 000 illegal
    # immigrants in the Netherlands. Less than 25% have been caught."
    result = chao(frequencies(NETHERLANDS))
    assert 8000 < result.low < 8500 and result.n / result.low < 0.25


def test_limits_are_those_that_were_published_for_an_estimate_and_its_error():
    # README of R package singleRcapture, model with covariates of the Dutch list: N 12690.35, standard error 2808.165,
    # log-normal limits 8431.277 and 19718.31.
    assert lognormal_limits(1880, 12690.35, 2808.165**2, 0.95) == pytest.approx((8431.277, 19718.31), rel=1e-5)


def test_the_poisson_error_has_the_part_of_the_rate_and_that_of_the_number_seen():
    # By hand: the two parts of van der Heijden et al. add up to N / (e^rate - 1 - rate) where all have one rate. The
    # rate is R's, 0.308618951188669: 7079.92815 / 0.05292431 = 133,774, whose root is 365.75.
    rate = 0.308618951188669
    variance = 7079.92814953296 / (math.exp(rate) - 1 - rate)
    result = zero_truncated_poisson(frequencies(NETHERLANDS))
    assert result.standard_error == pytest.approx(math.sqrt(variance), rel=1e-9)
    assert result.standard_error == pytest.approx(365.75, abs=0.01)


def test_chaos_bound_by_hand():
    # 10 seen once, 5 twice, 1 three times: n = 16, hidden 10² / (2 x 5) = 10; variance with ratio 2:
    # 5 (2⁴ / 4 + 2³ + 2² / 2) = 70; limits 16 + 10 / C and 16 + 10 C, C = exp(z sqrt(ln(1 + 70 / 10²))) = 4.1692.
    result = chao(frequencies({1: 10, 2: 5, 3: 1}))
    widening = math.exp(Z * math.sqrt(math.log(1.7)))
    assert widening == pytest.approx(4.1692, abs=1e-4)
    assert (result.estimate, result.standard_error**2) == pytest.approx((26, 70))
    assert (result.low, result.high) == pytest.approx((16 + 10 / widening, 16 + 10 * widening))


def test_chaos_bias_corrected_bound_by_hand():
    # The same list: hidden 10 x 9 / (2 x 6) = 7.5; variance 90 / 12 + 10 x 19² / (4 x 36) + 10² x 5 x 9² / (4 x 6⁴)
    # = 7.5 + 25.06944 + 7.8125 = 40.38194.
    result = chao_bias_corrected(frequencies({1: 10, 2: 5, 3: 1}))
    assert result.estimate == pytest.approx(23.5)
    assert result.standard_error**2 == pytest.approx(40.38194, abs=1e-5)


def test_zeltermans_estimate_by_hand():
    # The same list: rate 2 x 5 / 10 = 1, so N = 16 / (1 - 1/e) = 25.3117; with G = (1/e) / (1 - 1/e)² = 0.920674 the
    # variance is 16 G (1 + 16 G (1 / 10 + 1 / 5)) = 79.830.
    result = zelterman(frequencies({1: 10, 2: 5, 3: 1}))
    assert result.estimate == pytest.approx(25.3117, abs=1e-4)
    assert result.standard_error**2 == pytest.approx(79.830, abs=1e-3)


@given(some_lists, st.floats(0.5, 0.99))
def test_an_estimate_lies_within_its_limits_and_none_is_below_the_persons_seen(persons, confidence):
    assume(persons[1] > 1 and persons[2] > 0)
    for method in METHODS:
        result = method(frequencies(persons), confidence)
        assert result.n == sum(persons.values())
        assert result.n <= result.low <= result.estimate <= result.high < np.inf


@pytest.mark.slow
@given(some_lists, st.integers(2, 50))
def test_a_list_many_times_as_large_has_so_many_times_the_persons_and_narrower_limits(persons, times):
    assume(persons[1] > 1 and persons[2] > 0)
    larger = {often: times * count for often, count in persons.items()}
    for method in (zero_truncated_poisson, chao, zelterman):
        small, large = method(frequencies(persons)), method(frequencies(larger))
        assert large.estimate == pytest.approx(times * small.estimate, rel=1e-9)
        assert large.high / large.estimate <= small.high / small.estimate


@given(some_lists)
def test_the_correction_of_chaos_bound_never_raises_it(persons):
    assume(persons[1] > 1 and persons[2] > 0)
    assert chao_bias_corrected(frequencies(persons)).estimate <= chao(frequencies(persons)).estimate


@pytest.mark.slow
@given(some_lists, st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_rows_of_nobody_matter(persons, shuffled):
    assume(persons[1] > 1 and persons[2] > 0)
    rows = [*persons.items(), (0, 0), (40, 0)]
    shuffled.shuffle(rows)
    for method in METHODS:
        assert method(frequencies(dict(rows))).estimate == pytest.approx(
            method(frequencies(persons)).estimate, rel=1e-12
        )


def seen(rates: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    times = rng.poisson(rates)
    return frequencies({often: int((times == often).sum()) for often in range(1, times.max() + 1)})


@pytest.mark.slow
def test_persons_recorded_at_one_rate_are_covered_as_often_as_promised():
    rng = np.random.default_rng(5)
    truth = 800
    for method in METHODS:
        results = [method(seen(np.full(truth, 0.7), rng)) for _ in range(300)]
        covered = np.mean([result.low <= truth <= result.high for result in results])
        # 95 % promised; the chance of 300 samples alone moves it by 1.3 points.
        assert 0.91 <= covered <= 0.99, method
        assert np.mean([result.estimate for result in results]) == pytest.approx(truth, rel=0.04), method


def test_where_rates_differ_the_poisson_estimate_is_too_low_and_chaos_bound_is_above_it_and_below_the_truth():
    rng = np.random.default_rng(6)
    truth = 20_000
    listed = seen(rng.gamma(1, 0.5, truth), rng)
    poisson, bound = zero_truncated_poisson(listed), chao(listed)
    assert poisson.high < bound.low
    assert bound.high < truth


def test_all_methods_stand_side_by_side_each_with_what_it_cannot_test():
    result = repeated_captures(frequencies(NETHERLANDS))
    assert result.table["estimate"].tolist() == pytest.approx([7079.928, 9273.511, 9228.859, 9424.555], abs=1e-3)  # R's
    assert (result.n, result.records) == (1880, 1645 + 2 * 183 + 3 * 37 + 4 * 13 + 5 + 6)
    assert (result.table["refused"] == "").all()
    assert result.table["assumption"].str.contains("one list cannot show it", case=False).all()
    assert result.table["assumption"].str.contains("lower bound").tolist() == [False, True, True, False]


def test_a_method_that_cannot_be_used_is_listed_with_its_reason():
    table = repeated_captures(frequencies({1: 20, 3: 4})).table.set_index("method")
    refused = table["refused"].str.contains("exactly twice")
    assert refused.tolist() == [False, True, False, True]
    assert table.loc[refused, ["estimate", "low", "high"]].isna().all(axis=None)
    assert table.loc[~refused, ["estimate", "low", "high"]].notna().all(axis=None)


@pytest.mark.parametrize("method", [*METHODS, repeated_captures])
def test_a_list_that_shows_nobody_again_is_refused(method):
    with refused(NotIdentifiable, "no_repeats", "30"):
        method(frequencies({1: 30}))
    with refused(NotIdentifiable, "no_persons"):
        method(frequencies({}))
    with refused(NotIdentifiable, "no_persons"):
        method(frequencies({1: 0, 2: 0}))


def test_methods_that_rest_on_persons_seen_once_and_twice_are_refused_without_them():
    for method in (chao, zelterman):
        with refused(NotIdentifiable, "too_few_persons"):
            method(frequencies({1: 10, 3: 2}))
        with refused(NotIdentifiable, "too_few_persons"):
            method(frequencies({2: 10, 3: 2}))
    with refused(NotIdentifiable, "too_few_persons"):
        chao_bias_corrected(frequencies({1: 1, 2: 5}))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (pd.DataFrame({"times": [1, 2]}), ("missing_column", "column 'persons'")),
        (frequencies({1: 5, 2: 2.5}), ("not_whole_number", "1", "'2.5'")),
        (frequencies({1: 5, 2: -1}), ("not_whole_number", "1")),
        (pd.DataFrame({"times": [1, 2], "persons": [5, "<5"]}), ("not_whole_number", "'<5'")),
        (frequencies({1: 5, 2: np.nan}), ("not_whole_number", "1")),
        (frequencies({1.5: 5, 2: 1}), ("not_whole_number", "0", "'1.5'")),
        (frequencies({0: 7, 1: 5, 2: 1}), ("unobserved_persons_given", "7", "0")),
        (pd.DataFrame({"times": [1, 2, 2], "persons": [5, 1, 1]}), ("duplicate_row", "2")),
    ],
)
def test_what_is_no_table_of_frequencies_is_refused_with_its_row(table, said):
    for method in (*METHODS, repeated_captures):
        with refused(ValueError, *said):
            method(table)


def test_a_level_that_is_none_is_refused():
    for method in (*METHODS, repeated_captures):
        with refused(ValueError, "confidence_out_of_range"):
            method(frequencies(NETHERLANDS), 95)


def test_everybody_seen_very_often_leaves_nobody_hidden():
    result = zero_truncated_poisson(frequencies({60: 10, 61: 4}))
    assert (result.estimate, result.low, result.high) == pytest.approx((14, 14, 14))


def test_persons_seen_only_just_twice_still_have_an_estimate():
    # With f2 of n seen twice and all others once the rate is near 2 f2 / n: N is near n² / (2 f2).
    result = zero_truncated_poisson(frequencies({1: 999_999, 2: 1}))
    assert result.estimate == pytest.approx(1_000_000**2 / 2, rel=1e-4)
    assert stats.poisson.sf(0, 2e-6) * result.estimate == pytest.approx(1_000_000, rel=1e-4)


def test_the_picture_has_a_line_for_each_method_and_says_who_was_refused():
    found = repeated_captures(frequencies({1: 20, 3: 4}))
    figure = found.plot()
    assert "Zero-truncated Poisson" in labels(figure)
    assert dots(figure)[0] == pytest.approx(found.table["estimate"].tolist(), nan_ok=True)
    assert limits(figure) == pairs(found.table["low"], found.table["high"])
    assert [text.get_text() for text in axes_of(figure).texts] == ["no estimate"] * 2
