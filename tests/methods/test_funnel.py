"""What a user relies on in control limits around an overall rate."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from counted_areas import between, counted
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused
from scipy import stats

from analysis.methods.comparison import control_limits, funnel_limits
from bounded import intervals

INF = float("inf")


@given(st.floats(0.01, 500), st.sampled_from([0.95, 0.998]))
def test_counts_beyond_a_limit_have_at_most_half_of_the_remaining_chance(expected, confidence):
    low, high = control_limits(expected, confidence)
    tail = (1 - confidence) / 2 * (1 + 1e-6)
    assert stats.poisson.sf(np.ceil(high) - 1, expected) <= tail
    assert low < 0 or stats.poisson.cdf(np.floor(low), expected) <= tail
    # The next count inwards has more.
    assert high == 1 or stats.poisson.sf(np.ceil(high) - 2, expected) > tail * (1 - 3e-6)
    assert stats.poisson.cdf(np.floor(low) + 1, expected) > tail * (1 - 3e-6)


@pytest.mark.slow
@given(st.integers(0, 300), st.floats(0.1, 300))
def test_an_area_is_outside_if_and_only_if_its_own_interval_leaves_out_the_target(count, target):
    table = counted(count, population=100_000)
    found = funnel_limits(table, target)["position_95"].iloc[0]
    low, high = intervals.poisson_interval(count)
    expected = "above" if low >= target else "below" if high <= target else "inside"
    assert found == expected


def test_an_unknown_count_or_population_has_no_place_and_enters_no_rate():
    table = counted(2, np.nan, 4, 9).assign(population=[1000, 1000, 1000, 0])
    rates = funnel_limits(table, per=1000)
    assert (rates["target_low"] == 3).all()
    assert rates["position_95"].tolist() == ["inside", "not known", "inside", "not known"]
    assert rates.loc[[1, 3], ["low_95", "high_95", "low_998", "high_998"]].isna().all(axis=None)


def test_a_minimum_alone_has_no_overall_rate():
    with refused(ValueError, "no_overall_rate"):
        funnel_limits(between((500, INF, "at_least")))


@pytest.mark.parametrize("target", [-1, INF, float("nan")])
def test_a_target_that_is_no_rate_is_refused(target):
    with refused(ValueError, "out_of_range"):
        funnel_limits(counted(1), target)


# 100 expected in each of six areas: phi is 13 / 3, as in the table of reference values.
SPREAD = counted(60, 80, 100, 100, 120, 140)


def test_limits_are_as_many_times_farther_as_areas_differ_by_more_than_chance():
    found = funnel_limits(SPREAD, per=1000)
    low, high = control_limits(100)
    # The root of 13 / 3 is 2.081666.
    assert found["low_95"].tolist() == pytest.approx([100 - 2.081666 * (100 - low)] * 6, rel=1e-6)
    assert found["high_95"].tolist() == pytest.approx([100 + 2.081666 * (high - 100)] * 6, rel=1e-6)
    by_chance = funnel_limits(SPREAD, per=1000, overdispersion="none")
    assert not by_chance["inflated"].any() and by_chance["phi_low"].tolist() == found["phi_low"].tolist()
    assert by_chance[["low_95", "high_95"]].iloc[0].tolist() == pytest.approx([low, high])


def test_rates_that_vary_between_areas_make_limits_wider_the_more_is_expected():
    # By moments: (6 x 13/3 - 5) / (600 - 60,000 / 600) = 21 / 500 = 0.042; root of 1 + 0.042 x 100 = 2.280351.
    found = funnel_limits(SPREAD, per=1000, overdispersion="additive")
    low, _ = control_limits(100)
    assert found["high_998"].iloc[0] == pytest.approx(100 + 2.280351 * (control_limits(100, 0.998)[1] - 100), rel=1e-6)
    assert found["low_95"].iloc[0] == pytest.approx(100 - 2.280351 * (100 - low), rel=1e-6)
    # Where phi is below 1 no limits are wider.
    table = counted(30, 100, 150, 200, 250, 270).assign(population=[500, 1000, 1500, 2000, 2500, 2500])
    even = funnel_limits(table, target=100, per=1000, overdispersion="additive")
    pd.testing.assert_frame_equal(
        even.drop(columns="overdispersion"),
        funnel_limits(table, target=100, per=1000, overdispersion="none").drop(columns="overdispersion"),
    )


def test_counts_that_are_intervals_leave_phi_between_that_of_low_and_that_of_high_ones():
    table = between(*[(count, count, "exact") for count in (60, 80, 100, 100, 120)], (140, 200, "derived"))
    found = funnel_limits(table, target=100, per=1000)
    assert found["high_95"].iloc[0] == pytest.approx(100 + np.sqrt(53 / 6) * (control_limits(100)[1] - 100))


@given(st.lists(st.integers(0, 400), min_size=1, max_size=12), st.sampled_from(["multiplicative", "additive"]))
def test_limits_are_never_narrower_than_those_of_chance(counts, overdispersion):
    table = counted(*counts)
    wide, narrow = (funnel_limits(table, 100, 1000, each) for each in (overdispersion, "none"))
    assert (wide["low_95"].fillna(0) <= narrow["low_95"] + 1e-9).all()
    assert (wide["high_95"] >= narrow["high_95"] - 1e-9).all()
    assert wide["inflated"].all() == (len(counts) >= 6 and wide["phi_high"].iloc[0] > 1)
    outside = wide["position_95"].isin(["above", "below"])
    assert narrow["position_95"][outside].eq(wide["position_95"][outside]).all()


def test_overdispersion_that_is_none_of_the_kinds_is_refused():
    with refused(ValueError, "unknown_choice"):
        funnel_limits(SPREAD, overdispersion="winsorised")
