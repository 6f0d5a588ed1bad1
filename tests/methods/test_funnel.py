"""What a user relies on in control limits around an overall rate."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused
from scipy import stats

from analysis.methods.comparison import control_limits, funnel_limits, overall_rate
from bounded import intervals

INF = float("inf")

# Exact Poisson limits as printed by R 4.5.0: count, 95 % low and high. Where the low limit of a count is expected, that
# count lies on the upper control limit, and the other way round.
GARWOOD = [
    (1, 0.0253178079842899, 5.5716433909389), (2, 0.242209278543965, 7.22468766772396),
    (10, 4.79538869613243, 18.3903560420178), (100, 81.3639912509232, 121.626793792426),
    (2744, 2642.28121855897, 2848.63174452573),
]  # fmt: skip


def counted(*counts: float, people: float = 1000) -> pd.DataFrame:
    return pd.DataFrame({"area_id": list("ABCDEFGH"[: len(counts)]), "count": counts, "population": people})


def between(*rows: tuple) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["low", "high", "value_qualifier"])
    return table.assign(area_id=list("ABCDEFGH"[: len(rows)]), population=1000)


def test_limits_are_those_that_r_prints_the_other_way_round():
    count, low, high = np.array(GARWOOD).T
    np.testing.assert_allclose(control_limits(low)[1], count, rtol=1e-6)
    np.testing.assert_allclose(control_limits(high)[0], count, rtol=1e-6)


def test_a_count_of_zero_is_a_sign_only_where_enough_are_expected():
    # By hand: e^-3.6888 = 0.025, and e^-6.9077 = 0.001.
    assert control_limits(3.688)[0] == -1 and control_limits(3.689)[0] == pytest.approx(0, abs=1e-3)
    assert control_limits(6.907, 0.998)[0] == -1 and control_limits(6.908, 0.998)[0] == pytest.approx(0, abs=1e-3)
    assert np.isnan(control_limits(np.nan)).all()


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
    table = counted(count, people=100_000)
    found = funnel_limits(table, target)["position_95"].iloc[0]
    low, high = intervals.poisson_interval(count)
    expected = "above" if low >= target else "below" if high <= target else "inside"
    assert found == expected


def test_the_overall_rate_is_that_of_all_areas_together():
    rates = funnel_limits(counted(2, 3, 13), per=1000)
    assert rates["target_low"].tolist() == rates["target_high"].tolist() == [6, 6, 6]
    # By hand, 6 expected: P(X >= 13) = 0.0088 and P(X <= 2) = 0.062.
    assert rates["position_95"].tolist() == ["inside", "inside", "above"]
    assert rates["position_998"].tolist() == ["inside", "inside", "inside"]


def test_limits_are_rates_in_the_unit_asked_for():
    rates = funnel_limits(counted(10, people=500), target=2 * 18.3903560420178, per=1000).iloc[0]
    assert rates["low_95"] == pytest.approx(20, rel=1e-6)
    assert np.isnan(funnel_limits(counted(1), target=1, per=1000)["low_95"].iloc[0])


def test_an_unknown_count_or_population_has_no_place_and_enters_no_rate():
    table = counted(2, np.nan, 4, 9).assign(population=[1000, 1000, 1000, 0])
    rates = funnel_limits(table, per=1000)
    assert (rates["target_low"] == 3).all()
    assert rates["position_95"].tolist() == ["inside", "not known", "inside", "not known"]
    assert rates.loc[[1, 3], ["low_95", "high_95", "low_998", "high_998"]].isna().all(axis=None)


def test_a_count_known_as_an_interval_is_outside_for_certain_or_perhaps():
    table = between(
        (1, 4, "below_5"), (20, 40, "derived"), (12, INF, "at_least"), (0, INF, "derived"), (30, 40, "derived")
    )
    # By hand, 12 expected: P(X <= 4) = 0.0076, P(X >= 20) = 0.021, P(X >= 30) = 0.00001.
    found = funnel_limits(table, target=12, per=1000)
    assert found["position_95"].tolist() == ["below", "above", "perhaps above", "perhaps outside", "above"]
    assert found["position_998"].tolist() == [
        "perhaps below",
        "perhaps above",
        "perhaps above",
        "perhaps outside",
        "above",
    ]


def test_a_target_that_is_an_interval_makes_positions_certain_only_if_they_hold_throughout():
    # The overall rate lies between 10 and 16.67 per 1,000: 20 is above the limit of 10, and inside those of 16.67.
    table = between((0, 20, "derived"), (20, 20, "exact"), (10, 10, "exact"))
    assert overall_rate(table, 1000) == pytest.approx((10, 50 / 3))
    assert funnel_limits(table, per=1000)["position_95"].tolist() == ["perhaps outside", "perhaps above", "inside"]


def test_a_minimum_does_not_enter_the_overall_rate():
    table = between((5, 5, "exact"), (7, 7, "exact"), (500, INF, "at_least"))
    assert overall_rate(table, 1000) == (6, 6)
    with refused(ValueError, "no_overall_rate"):
        funnel_limits(table.iloc[2:])


@pytest.mark.parametrize("target", [-1, INF, float("nan")])
def test_a_target_that_is_no_rate_is_refused(target):
    with refused(ValueError, "negative"):
        funnel_limits(counted(1), target)
