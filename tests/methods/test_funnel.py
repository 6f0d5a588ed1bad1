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
    return pd.DataFrame({"area_id": list("ABCDEFGHIJKL"[: len(counts)]), "count": counts, "population": people})


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
    with refused(ValueError, "out_of_range"):
        funnel_limits(counted(1), target)


# Of six areas, counts and 100 expected in each: z-scores -4, -2, 0, 0, 2, 4, of which the 10 % and 90 % quantiles lie
# half-way between the first two and the last two, -3 and 3: phi = (9 + 4 + 0 + 0 + 4 + 9) / 6 = 13 / 3.
SPREAD = counted(60, 80, 100, 100, 120, 140)


def test_limits_are_as_many_times_farther_as_areas_differ_by_more_than_chance():
    found = funnel_limits(SPREAD, per=1000)
    assert found["phi_low"].tolist() == found["phi_high"].tolist() == pytest.approx([13 / 3] * 6)
    assert (found["phi_areas"] == 6).all() and found["inflated"].all()
    low, high = control_limits(100)
    # The root of 13 / 3 is 2.081666.
    assert found["low_95"].tolist() == pytest.approx([100 - 2.081666 * (100 - low)] * 6, rel=1e-6)
    assert found["high_95"].tolist() == pytest.approx([100 + 2.081666 * (high - 100)] * 6, rel=1e-6)
    assert (found["position_95"] == "inside").all()
    by_chance = funnel_limits(SPREAD, per=1000, overdispersion="none")
    assert not by_chance["inflated"].any() and by_chance["phi_low"].tolist() == found["phi_low"].tolist()
    assert by_chance[["low_95", "high_95"]].iloc[0].tolist() == pytest.approx([low, high])
    # P(X <= 80) = 0.0226 and P(X >= 120) = 0.0282 of 100 expected.
    assert by_chance["position_95"].tolist() == ["below", "below", "inside", "inside", "inside", "above"]


def test_rates_that_vary_between_areas_make_limits_wider_the_more_is_expected():
    # By moments: (6 x 13/3 - 5) / (600 - 60,000 / 600) = 21 / 500 = 0.042; root of 1 + 0.042 x 100 = 2.280351.
    found = funnel_limits(SPREAD, per=1000, overdispersion="additive")
    low, _ = control_limits(100)
    assert found["high_998"].iloc[0] == pytest.approx(100 + 2.280351 * (control_limits(100, 0.998)[1] - 100), rel=1e-6)
    assert found["low_95"].iloc[0] == pytest.approx(100 - 2.280351 * (100 - low), rel=1e-6)
    # Of unequal areas, at a rate of 100 per 1,000: 50, 100, 150, 200, 250 and 250 expected, z-scores -2 √2, 0, 0, 0, 0
    # and 4 / √10. Quantiles -√2 and 2 / √10: phi = (2 + 0.4) / 6 = 0.4, and no limits are wider.
    rest = [50 - 2 * np.sqrt(2) * np.sqrt(50), 100, 150, 200, 250, 250 + 4 / np.sqrt(10) * np.sqrt(250)]
    assert rest == pytest.approx([30, 100, 150, 200, 250, 270])
    table = counted(30, 100, 150, 200, 250, 270).assign(population=[500, 1000, 1500, 2000, 2500, 2500])
    even = funnel_limits(table, target=100, per=1000, overdispersion="additive")
    assert even["phi_low"].iloc[0] == pytest.approx(0.4) and not even["inflated"].any()
    pd.testing.assert_frame_equal(
        even.drop(columns="overdispersion"),
        funnel_limits(table, target=100, per=1000, overdispersion="none").drop(columns="overdispersion"),
    )


def test_one_area_that_stands_out_does_not_widen_the_limits_that_it_is_judged_by():
    # Eleven of 100 expected: z-scores -1, 0 (nine times) and 40; both ends are set to 0, as the 10 % quantile of eleven
    # is the second score.
    found = funnel_limits(counted(90, *[100] * 9, 500), target=100, per=1000)
    assert found["phi_high"].iloc[0] == 0 and not found["inflated"].any()
    assert found["position_998"].tolist() == ["inside"] * 10 + ["above"]


def test_of_few_areas_it_is_said_by_how_much_they_differ_and_the_limits_are_of_chance_alone():
    # 6 expected: z-scores -4, -3 and 7 by √6; quantiles -4 + 0.2 = -3.8 and -3 + 0.8 x 10 = 5.
    found = funnel_limits(counted(2, 3, 13), per=1000)
    assert found["phi_low"].iloc[0] == pytest.approx((3.8**2 + 3**2 + 5**2) / 6 / 3)
    assert (found["phi_areas"] == 3).all() and not found["inflated"].any()


def test_counts_that_are_intervals_leave_phi_between_that_of_low_and_that_of_high_ones():
    table = between(*[(count, count, "exact") for count in (60, 80, 100, 100, 120)], (140, 200, "derived"))
    found = funnel_limits(table, target=100, per=1000)
    # With 200 the z-scores end in 2 and 10, of which the 90 % quantile is 6: (9 + 4 + 0 + 0 + 4 + 36) / 6.
    assert found[["phi_low", "phi_high"]].iloc[0].tolist() == pytest.approx([13 / 3, 53 / 6])
    assert found["high_95"].iloc[0] == pytest.approx(100 + np.sqrt(53 / 6) * (control_limits(100)[1] - 100))
    assert found["position_95"].tolist() == ["inside"] * 5 + ["perhaps above"]


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
