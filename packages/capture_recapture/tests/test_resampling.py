"""What a user relies on in resamples and in the limits made of them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from captures import REFERENCE, published
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from capture_recapture.resampling import bca, resamples

R = json.loads((REFERENCE / "bca.json").read_text(encoding="utf-8"))
ESTIMATES = pd.read_csv(REFERENCE / "bootstrap_estimates.csv", comment="#")


def limits_of_r(name: str, values=None):
    """BCa limits from the estimates and the jackknife that R printed; its quantiles beside them."""
    reference = R[name]
    values = ESTIMATES[name].to_numpy() if values is None else values
    weights = published(name)["count"].to_numpy(dtype=float)
    probabilities = [float(p) for p in reference["quantiles"]]
    jackknife = np.array(reference["jackknife"], dtype=float)
    # Where a pattern is empty nobody can be left out.
    found = bca(reference["estimate"], values, jackknife[weights > 0], weights[weights > 0], probabilities)
    return found, np.array(list(reference["quantiles"].values())), np.array(probabilities)


@pytest.mark.parametrize("name", ["Kosovo", "UKdat_5"])
def test_limits_are_those_r_makes_of_the_same_resamples(name):
    found, theirs, _ = limits_of_r(name)
    assert found.bias_correction == pytest.approx(R[name]["z0"], rel=1e-9)
    assert found.acceleration == pytest.approx(R[name]["acceleration"], rel=1e-6)
    np.testing.assert_allclose(found.limits, theirs, rtol=1e-8)


def test_resamples_that_equal_the_estimate_count_half_where_r_leaves_them_to_rounding():
    found, theirs, probabilities = limits_of_r("Korea")
    values, estimate = ESTIMATES["Korea"], R["Korea"]["estimate"]
    tied = (abs(values / estimate - 1) < 1e-8).sum()
    below = ((values < estimate) & (abs(values / estimate - 1) > 1e-8)).sum()
    assert tied > 1
    # Some of the tied ones are below by their last digit in R, some are not: its z0 lies between none and all.
    assert stats.norm.ppf(below / 1000) <= R["Korea"]["z0"] <= stats.norm.ppf((below + tied) / 1000)
    assert found.bias_correction == pytest.approx(stats.norm.ppf((below + tied / 2) / 1000), rel=1e-12)
    assert found.acceleration == pytest.approx(R["Korea"]["acceleration"], rel=1e-9)
    # The limits move by less than half of those ranks: 0.2 % of the limit at the most.
    np.testing.assert_allclose(found.limits, theirs, rtol=0.003)
    # With R's own z0 put into Efron's formula they are R's.
    z = R["Korea"]["z0"] + stats.norm.ppf(probabilities)
    at = stats.norm.cdf(R["Korea"]["z0"] + z / (1 - R["Korea"]["acceleration"] * z))
    np.testing.assert_allclose(np.quantile(values, at, method="median_unbiased"), theirs, rtol=1e-8)


@given(st.lists(st.tuples(st.floats(1, 100), st.integers(1, 6)), min_size=2, max_size=6))
def test_the_acceleration_is_that_of_a_jackknife_over_single_persons(patterns):
    jackknife, weights = np.array(patterns, dtype=float).T
    found = bca(50.0, np.arange(100.0), jackknife, weights, [0.5]).acceleration
    # Efron (1987), each person left out once: skewness of the mean less the estimates, over 6.
    single = np.repeat(jackknife, weights.astype(int))
    apart = single.mean() - single
    spread = (apart**2).sum()
    assert found == pytest.approx((apart**3).sum() / (6 * spread**1.5) if spread > 1e-10 else 0, rel=1e-6, abs=1e-9)


@settings(max_examples=examples(60))
@given(
    st.lists(st.floats(10, 1e6), min_size=2, max_size=300),
    st.integers(0, 100),
    st.floats(10, 1e6),
    st.lists(st.floats(10, 1e6), min_size=1, max_size=8),
    st.integers(1, 50),
)
def test_limits_rise_with_their_probability_and_stay_within_the_resamples(values, failed, estimate, jackknife, weight):
    replicates = np.append(values, np.full(failed, np.nan))
    found = bca(estimate, replicates, np.array(jackknife), np.full(len(jackknife), weight), [0.01, 0.1, 0.5, 0.9, 0.99])
    low, high = found.limits[:-1], found.limits[1:]
    assert (low <= high).all()
    assert not np.isnan(found.limits).any()
    assert (found.limits >= min([*values, estimate]) - 1e-9).all()
    if not failed and len({*values, estimate}) > 1:
        assert (found.limits <= max([*values, estimate]) + 1e-9).all()


@pytest.mark.parametrize("failed, infinite", [(0, False), (10, False), (40, True), (400, True)])
def test_the_upper_limit_is_infinite_once_more_than_its_tail_has_no_estimate(failed, infinite):
    # Half of all 1000 below the estimate: no bias, no skewness, so that the tail of the limit at 0.975 is 25 resamples.
    below, above = np.linspace(50, 99, 500), np.linspace(101, 150, 500 - failed)
    values = np.concatenate([below, above, np.full(failed, np.nan)])
    found = bca(100.0, values, np.array([1.0, 2.0, 3.0]), np.ones(3), [0.025, 0.5, 0.975])
    assert np.isinf(found.limits[2]) == infinite
    assert np.isfinite(found.limits[:2]).all()


def test_a_pattern_without_an_estimate_is_left_out_of_the_acceleration():
    values = np.arange(100.0)
    with_it = bca(50.0, values, np.array([1.0, 2.0, 5.0, np.nan]), np.array([3.0, 2.0, 1.0, 9.0]), [0.5])
    without = bca(50.0, values, np.array([1.0, 2.0, 5.0]), np.array([3.0, 2.0, 1.0]), [0.5])
    assert with_it.acceleration == without.acceleration != 0
    assert bca(50.0, values, np.array([np.nan]), np.array([2.0]), [0.5]).acceleration == 0


def test_resamples_that_are_all_alike_set_no_upper_limit():
    found = bca(3.0, np.full(50, 3.0), np.array([3.0]), np.array([5.0]), [0.025, 0.975])
    assert found.limits.tolist() == [3, np.inf]


def test_each_resample_has_as_many_persons_as_were_observed_and_no_pattern_that_nobody_had():
    counts = np.array([0, 30, 0, 50, 20.0, 0, 0, 1])
    drawn = resamples(counts, 20_000, seed=5)
    assert drawn.shape == (8, 20_000)
    assert (drawn.sum(axis=0) == 101).all()
    assert not drawn[[0, 2, 5, 6]].any()
    # The mean of a multinomial count is the observed one, its variance n p (1 - p): five standard errors allowed.
    variance = counts * (1 - counts / 101)
    assert (abs(drawn.mean(axis=1) - counts) <= 5 * np.sqrt(variance / 20_000)).all()
    np.testing.assert_allclose(drawn.var(axis=1), variance, rtol=0.05)


def test_the_same_seed_draws_the_same_and_another_seed_others():
    counts = np.array([0, 30, 20, 10.0])
    assert np.array_equal(resamples(counts, 50, seed=1), resamples(counts, 50, seed=1))
    assert not np.array_equal(resamples(counts, 50, seed=1), resamples(counts, 50, seed=2))
