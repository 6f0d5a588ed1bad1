"""What a user relies on in the rank test of trend: exact p and autocorrelation."""

from __future__ import annotations

import json
import math
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import codes, refused, warned
from scipy import stats

from trends import NotEstimable, mann_kendall
from trends.mann_kendall import score

REFERENCE = json.loads((Path(__file__).parents[3] / "tests" / "reference" / "rank_tests.json").read_text())
SERIES, PRINTED = REFERENCE["series"], REFERENCE["printed"]
FURTHER = json.loads((Path(__file__).parents[3] / "tests" / "reference" / "further_trends.json").read_text())


@pytest.mark.parametrize("name", ["PrecipGL", "maxau_s", "maxau_Q", "Nile", "LakeHuron"])
def test_score_variance_slope_and_p_are_what_r_prints(name):
    found, printed = mann_kendall(SERIES[name]), PRINTED[name]
    test = printed["trend_mk_test"]
    assert (found.s, found.var_s) == (test["S"], pytest.approx(test["varS"], rel=1e-13))
    assert found.z == pytest.approx(test["z"], rel=1e-13)
    assert found.p_value == pytest.approx(test["p"], rel=1e-11)
    assert found.tau_b == pytest.approx(test["tau"], rel=1e-13)
    assert [found.slope, found.slope_low, found.slope_high] == pytest.approx(printed["trend_sens_slope"], rel=1e-12)
    # The package Kendall computes in single precision.
    assert found.tau_b == pytest.approx(printed["Kendall_MannKendall"]["tau"], rel=1e-6)
    assert found.p_value == pytest.approx(printed["Kendall_MannKendall"]["p"], rel=1e-4)


@pytest.mark.parametrize(
    ("missing", "tau", "z", "p"),
    [
        ([], -0.163344548838606, -2.25808810996239, 0.0239401667740537),
        ([1, *range(10, 16), 39], -0.228461196598596, -3.03402714911866, 0.00241312712795589),
    ],
)
def test_tied_counts_with_missing_years_are_tested_as_by_rs_cor_test(missing, tau, z, p):
    # R 4.5.0, cor.test(year, discoveries, method = "kendall", exact = FALSE, continuity = TRUE): 13 different counts.
    values = np.array(FURTHER["discoveries"], dtype=float)
    values[missing] = np.nan
    found = mann_kendall(values, np.arange(1860, 1960))
    assert (found.tau_b, found.z) == (pytest.approx(tau, rel=1e-13), pytest.approx(z, rel=1e-13))
    assert found.p_value == pytest.approx(p, rel=1e-12)


def test_the_exact_p_of_ten_points_is_that_of_rs_cor_test():
    # R 4.5.0, cor.test(1:10, LakeHuron[1:10], method = "kendall"), no ties.
    found = mann_kendall(SERIES["LakeHuron"][:10])
    assert (found.tau_a, found.p_exact) == (pytest.approx(0.2), pytest.approx(0.484312720458554, rel=1e-13))


def test_the_exact_p_of_a_short_series_by_hand():
    # Of the 120 orders of five values one rises throughout and one falls; four have a single pair that falls.
    assert mann_kendall([1, 2, 3, 4, 5]).p_exact == pytest.approx(2 / 120)
    assert mann_kendall([1, 2, 4, 3, 5]).p_exact == pytest.approx(10 / 120)
    # Five pairs rise and five fall.
    assert mann_kendall([2, 5, 1, 4, 3]).s == 0
    assert mann_kendall([2, 5, 1, 4, 3]).p_exact == 1


@pytest.mark.parametrize(("n", "falling", "tail"), [(8, 6, 0.031), (8, 5, 0.016), (8, 4, 0.007), (10, 12, 0.036)])
def test_the_exact_p_is_that_of_kendalls_table(n, falling, tail):
    # Kendall (1975), appendix table 1: one-sided P of S at least n(n-1)/2 - 2·falling.
    values = list(range(n))
    while falling:  # each exchange of neighbours makes one more pair fall
        place = next(i for i in range(n - 1) if values[i] < values[i + 1])
        values[place : place + 2] = values[place : place + 2][::-1]
        falling -= 1
    assert mann_kendall(values).p_exact / 2 == pytest.approx(tail, abs=5e-4)


@pytest.mark.parametrize("n", [7, 20, 45, 100, 170])
def test_the_exact_p_is_that_of_scipy(n):
    values = np.random.default_rng(n).standard_normal(n) + 0.02 * np.arange(n)
    expected = stats.kendalltau(np.arange(n), values, method="exact").pvalue
    assert mann_kendall(values).p_exact == pytest.approx(expected, rel=1e-11)


@pytest.mark.slow
@settings(max_examples=examples(20), deadline=None)
@given(st.lists(st.integers(0, 3), min_size=5, max_size=7))
def test_the_p_of_all_orders_holds_with_ties_too(values):
    found = mann_kendall(values)
    scores = [abs(score(np.array(order, dtype=float))) for order in permutations(values)]
    assert found.p_permutation == pytest.approx(np.mean(np.array(scores) >= abs(found.s)), abs=1e-12)
    # Four different values at most: five are always tied.
    assert np.isnan(found.p_exact)


def test_no_exact_p_is_given_where_it_is_not_computed():
    tied = mann_kendall(np.arange(11) // 2)
    assert np.isnan(tied.p_exact) and np.isnan(tied.p_permutation)


# 2t plus a hill that is the same from either side: slopes of the hill cancel, so Sen's slope is 2, and without it the
# ranks less their mean are -5 -3 -1 1 3 5 5 3 1 -1 -3 -5. Sums of products, by hand: lag 0 140, lag 1 95, lag 2 38,
# lag 3 -19, lag 4 -64, lag 5 -85, lag 6 -70, lag 7 -35, lag 8 -4, lags 9 to 11 19, 30, 25. 1.96/sqrt(12) = 0.566: only
# lags 1 (0.679) and 5 (-0.607) count.
HILL = [2 * t + r for t, r in enumerate([1, 2, 3, 4, 5, 6, 6, 5, 4, 3, 2, 1])]


def test_hamed_and_raos_variance_by_hand():
    found = mann_kendall(HILL, correction="hamed_rao")
    factor = 1 + 2 / (12 * 11 * 10) * (11 * 10 * 9 * 95 / 140 - 7 * 6 * 5 * 85 / 140)
    assert found.slope == 2
    assert found.var_s_independent == pytest.approx(12 * 11 * 29 / 18)
    assert found.var_s == pytest.approx(factor * 12 * 11 * 29 / 18)
    assert found.effective_n == pytest.approx(12 / factor)
    assert found.z == pytest.approx(65 / np.sqrt(factor * 12 * 11 * 29 / 18))
    short = mann_kendall(HILL, correction="hamed_rao", lags=3)
    assert short.var_s == pytest.approx((1 + 2 / 1320 * 990 * 95 / 140) * 12 * 11 * 29 / 18)


@pytest.mark.parametrize("name", ["Nile", "maxau_s", "maxau_Q", "LakeHuron"])
@pytest.mark.parametrize("lags", [None, 3])
def test_hamed_and_raos_variance_is_what_another_program_prints(name, lags):
    found = mann_kendall(SERIES[name], correction="hamed_rao", lags=lags)
    printed = PRINTED[name]["pymannkendall_hamed_rao"][str(lags or "all")]
    assert found.var_s == pytest.approx(printed["var_s"], rel=1e-12)
    assert found.z == pytest.approx(printed["z"], rel=1e-12)
    assert found.p_value == pytest.approx(printed["p"], rel=1e-10)


def test_a_correction_leaves_score_slope_and_exact_p_alone():
    plain, corrected = mann_kendall(SERIES["LakeHuron"]), mann_kendall(SERIES["LakeHuron"], correction="hamed_rao")
    assert plain.effective_n == plain.n
    assert corrected.effective_n < plain.n
    assert corrected.p_value > plain.p_value
    for same in ("s", "tau_b", "slope", "slope_low", "p_permutation", "var_s_independent"):
        assert getattr(corrected, same) == pytest.approx(getattr(plain, same), nan_ok=True)


def test_points_on_one_line_have_no_autocorrelation_in_spite_of_rounding():
    found = mann_kendall(0.1 * np.arange(30) + 0.7, correction="hamed_rao")
    assert (found.effective_n, found.var_s) == (30, found.var_s_independent)


def test_autocorrelation_over_a_gap_is_refused_and_equal_steps_are_not():
    years = [2001, 2002, 2003, 2004, 2006, 2007, 2008]
    with refused(NotEstimable, "gap_in_series", "2006"):
        mann_kendall([4, 5, 3, 6, 7, 6, 8], years, correction="hamed_rao")
    every_second = mann_kendall(HILL, range(2000, 2024, 2), correction="hamed_rao")
    assert every_second.var_s == mann_kendall(HILL, correction="hamed_rao").var_s
    at_the_end = mann_kendall([*HILL, np.nan], correction="hamed_rao")
    assert at_the_end.var_s == mann_kendall(HILL, correction="hamed_rao").var_s


def test_values_that_alternate_too_regularly_leave_no_variance():
    # By hand: r at lag 1 is -9/10, and 1 + 2/720 · 504 · (-9/10) = -0.26.
    with refused(NotEstimable, "no_score_variance", "0.26"):
        mann_kendall([0, 1] * 5, correction="hamed_rao", lags=1)


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"correction": "yue_wang"}, ("unknown_choice", "'hamed_rao'", "'yue_wang'")),
        ({"correction": "hamed_rao", "lags": 0}, ("not_whole_number", "1")),
    ],
)
def test_a_setting_that_cannot_be_is_refused(rules, reason):
    with refused(ValueError, *reason):
        mann_kendall(HILL, **rules)


def test_a_plain_series_comes_without_warnings():
    assert mann_kendall(SERIES["PrecipGL"]).warnings == ()


@pytest.mark.parametrize(
    ("values", "periods", "code", "named"),
    [
        ([3, 1, 4, 2, 5, 6], None, "few_periods", "6 periods"),
        (SERIES["LakeHuron"], None, "p_value_too_small", "correction='hamed_rao'"),
        ([0, 0, 0, 1, 0, 0, 2, 1], None, "many_ties", "%"),
        ([3, 1, 4, 2, 5, 6, 9, 8], range(2014, 2022), "covid_years", "2020, 2021"),
        (
            [3, 1, 4, 2, 5, 6, 9, 8],
            [2001, 2002, 2005, 2006, 2007, 2008, 2009, 2010],
            "gaps_in_series",
            "2003-2004",
        ),
        ([3, 1, 4, np.nan, 5, 6, 9, 8], range(2001, 2009), "unknown_left_out", "2004 (1"),
        ([3, 1, 4, np.nan, 5, 6, 9, 8], None, "unknown_left_out", "1 of the values"),
    ],
)
def test_what_weakens_a_test_is_said_with_it(values, periods, code, named):
    assert warned(mann_kendall(values, periods).warnings, code, named)


def test_a_corrected_test_says_where_it_is_rough():
    corrected = mann_kendall(HILL, correction="hamed_rao").warnings
    assert warned(corrected, "rough_correction", "12 points") and "p_value_too_small" not in codes(corrected)
    # Long lags of the Rhine's discharge are negative, and the corrected p is smaller than the plain one.
    rhine = mann_kendall(SERIES["maxau_Q"], correction="hamed_rao")
    assert "negative_autocorrelation" in codes(rhine.warnings)


def test_in_short_series_the_exact_p_is_the_one_to_print():
    # Seven values that rise each year: 1 of the 7! orders, and its reverse.
    rising = mann_kendall([1, 2, 3, 4, 5, 6, 7])
    assert rising.is_exact and rising.p_stated == pytest.approx(2 / math.factorial(7))
    # 1 1 2 3 4 has 5! / 2! = 60 orders, of which one rises wherever it can, and its reverse.
    tied = mann_kendall([1, 1, 2, 3, 4])
    assert tied.is_exact and tied.p_stated == pytest.approx(2 / 60)
    assert mann_kendall(range(10)).is_exact
    longer = mann_kendall(range(11))
    assert not longer.is_exact and longer.p_stated == longer.p_value
    corrected = mann_kendall([3, 1, 2, 5, 4, 6, 7, 9], correction="hamed_rao")
    assert not corrected.is_exact and corrected.p_stated == corrected.p_value
