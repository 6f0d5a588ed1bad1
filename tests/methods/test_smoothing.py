"""What a user relies on in smoothed rates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from analysis.methods.comparison import smooth_rates

INF = float("inf")
SIDS = pd.read_csv(Path(__file__).parents[1] / "reference" / "sids.csv", comment="#")
COUNTIES = SIDS.rename(columns={"county": "area_id", "sid74": "count", "bir74": "population"})
ADJOINING = pd.DataFrame(
    [(row.county, SIDS["county"][int(n) - 1]) for row in SIDS.itertuples() for n in row.adjoining.split()],
    columns=["area_id", "neighbour_id"],
)
# A table small enough for hand calculation: rates 1, 2 and 6 per 100 of 100 inhabitants each.
THREE = pd.DataFrame({"area_id": ["A", "B", "C"], "count": [1, 2, 6], "population": 100})
CHAIN = pd.DataFrame({"area_id": ["A", "B", "B", "C"], "neighbour_id": ["B", "A", "C", "B"]})


def between(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["area_id", "low", "high", "value_qualifier", "population"])


def test_global_rates_and_their_prior_are_those_r_prints():
    rates = smooth_rates(COUNTIES, per=1)
    np.testing.assert_allclose(rates["rate"], SIDS["smoothed"], rtol=1e-9)
    np.testing.assert_allclose(rates["raw"], SIDS["raw"], rtol=1e-9)
    # R 4.5.0, spdep::EBest: a and b.
    np.testing.assert_allclose(rates["prior_variance"], 7.69293064701465e-07, rtol=1e-9)
    np.testing.assert_allclose(rates["prior_mean"], 0.00202144489365442, rtol=1e-9)


def test_local_rates_are_those_r_prints():
    rates = smooth_rates(COUNTIES, "local", ADJOINING, per=1)
    np.testing.assert_allclose(rates["rate"], SIDS["smoothed_local"], rtol=1e-9)


def test_areas_that_differ_no_more_than_by_chance_are_drawn_all_the_way_and_the_note_says_so():
    rates = smooth_rates(THREE.assign(count=[2, 3, 4]), per=100)
    assert rates["note"].str.contains("Here the areas differ no more than by chance").all()


def test_counts_of_zero_everywhere_give_a_rate_of_zero():
    assert smooth_rates(THREE.assign(count=0))["rate"].tolist() == [0, 0, 0]


def test_all_areas_as_neighbours_give_the_global_rates():
    everyone = THREE[["area_id"]].merge(THREE[["area_id"]].rename(columns={"area_id": "neighbour_id"}), how="cross")
    local, overall = smooth_rates(THREE, "local", everyone), smooth_rates(THREE)
    pd.testing.assert_frame_equal(local, overall)


def test_an_unknown_count_stays_unknown_and_enters_no_prior():
    table = pd.concat([THREE, pd.DataFrame({"area_id": ["D", "E"], "count": [np.nan, 5], "population": [100, 0]})])
    rates = smooth_rates(table).set_index("area_id")
    pd.testing.assert_frame_equal(rates.loc[["A", "B", "C"]], smooth_rates(THREE).set_index("area_id"))
    assert rates.loc[["D", "E"], ["rate", "rate_low", "rate_high", "prior_mean", "weight"]].isna().all(axis=None)
    assert rates.loc["D", "note"] == "The count is not known."
    assert "population of area_id E is 0" in rates.loc["E", "note"]


def test_an_area_without_a_known_neighbour_is_not_smoothed_and_says_so():
    table = THREE.assign(count=[1, np.nan, 6])
    for rates in (smooth_rates(table, "local", CHAIN), smooth_rates(THREE.iloc[:1])):
        assert np.isnan(rates["rate"].iloc[0])
        assert rates["raw"].iloc[0] == pytest.approx(1000)
        assert "nothing to smooth towards" in rates["note"].iloc[0]
    alone = pd.DataFrame({"area_id": ["A", "B", "C"], "neighbour_id": [None, "C", "B"]})
    assert smooth_rates(THREE, "local", alone)["rate"].isna().tolist() == [True, False, False]


def test_fewer_than_5_has_bounds_that_hold_the_rates_of_its_lowest_and_its_highest_count():
    rates = smooth_rates(
        between(("A", 1, 4, "below_5", 100), ("B", 2, 2, "exact", 100), ("C", 6, 6, "exact", 100)), per=100
    )
    for count in (0, 4):
        true = smooth_rates(THREE.assign(count=[count, 2, 6]), per=100)["rate"]
        assert (rates["rate_low"] <= true + 1e-12).all() and (true <= rates["rate_high"] + 1e-12).all()
    assert rates[["rate", "weight", "prior_mean"]].isna().all(axis=None)
    assert (rates["raw_low"][0], rates["raw_high"][0], rates["raw"][1]) == pytest.approx((0, 4, 2))


def test_a_minimum_has_no_upper_bound_and_widens_the_bounds_of_the_others():
    rows = ("A", 1, 1, "exact", 100), ("B", 2, 2, "exact", 100)
    rates = smooth_rates(between(*rows, ("C", 6, INF, "at_least", 100)), per=100)
    at_least, at_most = (smooth_rates(between(*rows, ("C", n, n, "exact", 100)), per=100)["rate"] for n in (6, 100))
    assert rates["rate_high"][2] == rates["raw_high"][2] == INF
    assert rates["rate_low"][2] == pytest.approx(at_least[2])
    for place in (0, 1):
        bounds = sorted((at_least[place], at_most[place]))
        assert rates.loc[place, ["rate_low", "rate_high"]].tolist() == pytest.approx(bounds)


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(50, 10**6)), min_size=2, max_size=8))
def test_a_smoothed_rate_lies_between_the_raw_rate_and_the_mean(areas):
    table = pd.DataFrame(areas, columns=["count", "population"]).assign(area_id=range(len(areas)))
    rates = smooth_rates(table)
    near, far = (rates[["raw", "prior_mean"]].agg(end, axis=1) for end in ("min", "max"))
    assert (rates["rate"] >= near * (1 - 1e-9)).all() and (rates["rate"] <= far * (1 + 1e-9)).all()
    assert rates["weight"].between(0, 1).all()
    pd.testing.assert_series_equal(rates["rate"], rates["rate_low"], check_names=False)
    pd.testing.assert_series_equal(rates["rate"], rates["rate_high"], check_names=False)


@pytest.mark.slow
@given(st.permutations(range(3)), st.floats(1, 10**6))
def test_neither_the_order_of_the_areas_nor_the_unit_matters(order, per):
    shuffled = smooth_rates(THREE.iloc[list(order)], per=per).set_index("area_id")["rate"] / per
    plain = smooth_rates(THREE, per=1).set_index("area_id")["rate"]
    np.testing.assert_allclose(shuffled[plain.index], plain, rtol=1e-12)


def test_what_cannot_be_smoothed_is_refused_in_words():
    with refused(ValueError, "unknown_choice", "'spatial'"):
        smooth_rates(THREE, "spatial")  # type: ignore[arg-type]
    with refused(ValueError, "missing_neighbours", "`neighbours`"):
        smooth_rates(THREE, "local")
    with refused(ValueError, "unknown_area"):
        smooth_rates(THREE, "local", pd.DataFrame({"area_id": ["A"], "neighbour_id": ["Z"]}))
    with refused(ValueError, "duplicate_key"):
        smooth_rates(pd.concat([THREE, THREE]))
    with refused(ValueError, "missing_column", "column 'population'"):
        smooth_rates(THREE.drop(columns="population"))
