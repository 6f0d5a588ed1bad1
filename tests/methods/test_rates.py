"""What a user relies on in rates of detected persons."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused
from scipy import stats

from analysis.methods import comparison, rates
from analysis.methods.rates import rate_table
from bounded import intervals

INF = float("inf")


def population(**persons: float) -> pd.DataFrame:
    return pd.DataFrame({"area_id": list(persons), "population": list(persons.values())})


def counted(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["area_id", "low", "high", "value_qualifier"])


@given(st.integers(1, 5000), st.floats(0.5, 0.999))
def test_each_limit_leaves_half_of_the_remaining_chance_in_its_tail(count, confidence):
    # Garwood's definition: P(X >= count | low) = P(X <= count | high) = (1 - confidence) / 2.
    low, high = intervals.poisson_interval(count, confidence)
    assert stats.poisson.sf(count - 1, low) == pytest.approx((1 - confidence) / 2, rel=1e-6)
    assert stats.poisson.cdf(count, high) == pytest.approx((1 - confidence) / 2, rel=1e-6)


def test_unknown_counts_stay_unknown_and_a_minimum_has_no_upper_limit():
    low, high = intervals.poisson_interval(pd.Series([np.nan, INF, 0]))
    assert np.isnan([low[0], high[0]]).all()
    assert high[1] == INF
    assert low[2] == 0


@pytest.mark.parametrize("count", [-1, 2.5, [3, 4, 0.1], -INF])
def test_what_is_no_count_of_persons_is_refused(count):
    with refused(ValueError, "not_whole_number"):
        intervals.poisson_interval(count)


def test_fewer_than_5_has_no_single_rate_and_reaches_from_zero_to_the_limit_of_four():
    rates = rate_table(counted(("A", 1, 4, "below_5")), population(A=1_000_000), per=1_000_000).iloc[0]
    assert np.isnan(rates["cases"]) and np.isnan(rates["rate"])
    assert (rates["cases_low"], rates["cases_high"], rates["rate_low"], rates["rate_high"]) == (0, 4, 0, 4)
    assert rates["low"] == 0
    # By hand: the upper limit m of a count of 4 leaves P(X <= 4 | m) = e^-m (1 + m + m²/2 + m³/6 + m⁴/24) = 0.025.
    m = rates["high"]
    assert np.exp(-m) * (1 + m + m**2 / 2 + m**3 / 6 + m**4 / 24) == pytest.approx(0.025, rel=1e-9)


def test_an_approximate_count_says_that_its_width_is_not_in_the_interval():
    rates = rate_table(counted(("A", 500, 500, "approx")), population(A=100_000)).iloc[0]
    assert np.isnan(rates["rate"])
    assert rates["rate_low"] == rates["rate_high"] == 500
    assert "approximate" in rates["note"]


@pytest.mark.slow
@given(st.integers(0, 60), st.integers(0, 60), st.integers(60, 10**7), st.data())
def test_the_interval_contains_the_rate_and_limits_of_every_count_the_file_allows(one, other, persons, data):
    low, high = sorted((one, other))
    count = data.draw(st.integers(low, high))
    people = population(A=persons)
    wide = rates.rate_table(counted(("A", low, high, "derived")), people).iloc[0]
    true = rates.rate_table(pd.DataFrame({"area_id": ["A"], "count": [count]}), people).iloc[0]
    assert wide["low"] <= wide["rate_low"] <= true["rate"] <= wide["rate_high"] <= wide["high"]
    assert wide["low"] <= true["low"]
    assert true["high"] <= wide["high"]


def test_a_missing_or_empty_population_gives_no_rate_and_is_named():
    cases = pd.DataFrame({"area_id": ["A", "B", "C", "D"], "count": [3, 0, 5, 7]})
    rates = rate_table(cases, population(A=1000, B=0, C=np.nan)).set_index("area_id")
    figures = rates[["rate", "rate_low", "rate_high", "low", "high"]]
    assert figures.loc["A"].notna().all()
    assert figures.loc[["B", "C", "D"]].isna().all(axis=None)
    assert "population of area_id B is 0" in rates.loc["B", "note"]
    assert "No population is given for area_id C" in rates.loc["C", "note"]
    assert "No population is given for area_id D" in rates.loc["D", "note"]
    assert rates["cases"].tolist() == [3, 0, 5, 7]


def test_a_suppressed_count_is_neither_zero_nor_dropped():
    cases = pd.DataFrame({"area_id": ["A", "B"], "count": [np.nan, 2]})
    rates = rate_table(cases, population(A=1000, B=1000))
    assert rates.loc[0, ["cases", "cases_low", "cases_high", "rate", "low", "high"]].isna().all()
    assert "count is not known" in rates.loc[0, "note"]


def test_every_year_is_divided_by_its_own_population_and_rows_keep_their_order():
    cases = pd.DataFrame({"area_id": ["B", "A", "A"], "year": [2020, 2021, 2020], "sex": "female", "count": [1, 2, 3]})
    people = pd.DataFrame({"area_id": ["A", "A", "B"], "year": [2020, 2021, 2020], "population": [300, 100, 1000]})
    rates = rate_table(cases, people, per=100)
    assert list(rates.columns) == [
        "area_id", "year", "sex", "cases", "cases_low", "cases_high", "population",
        "rate", "rate_low", "rate_high", "low", "high", "value_qualifier", "note",
            "per", "confidence",
    ]  # fmt: skip


def test_sources_of_counts_and_populations_may_differ():
    cases = pd.DataFrame({"area_id": ["A"], "count": [1], "source_id": ["POLICE"], "note": ["restated"]})
    people = population(A=100).assign(source_id="CENSUS", note="")
    rates = rate_table(cases, people, per=100)
    assert rates["rate"].tolist() == [1]
    assert rates["source_id"].tolist() == ["POLICE"]


def test_a_population_given_twice_stops_with_its_key_and_what_tells_the_rows_apart():
    people = pd.DataFrame({"area_id": ["A", "B", "B"], "sex": ["f", "f", "m"], "population": [10, 20, 30]})
    with refused(ValueError, "duplicate_key"):
        rates.rate_table(pd.DataFrame({"area_id": ["A"], "count": [1]}), people)


def test_a_negative_population_a_missing_column_and_a_senseless_unit_are_refused():
    cases = pd.DataFrame({"area_id": ["A"], "count": [1]})
    with refused(ValueError, "negative"):
        rates.rate_table(cases, population(A=-5))
    with refused(ValueError, "missing_column", "column 'population'"):
        rates.rate_table(cases, pd.DataFrame({"area_id": ["A"]}))
    with refused(ValueError, "not_positive"):
        rates.rate_table(cases, population(A=5), per=0)
    with refused(ValueError, "missing_counts"):
        rates.rate_table(pd.DataFrame({"area_id": ["A"]}), population(A=5))


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (pd.DataFrame({"area_id": ["A"], "count": [3000], "population": [10]}), "more_cases_than_inhabitants"),
        (pd.DataFrame({"area_id": ["A"], "count": [3], "population": [np.inf]}), "not_finite"),
        (pd.DataFrame({"area_id": [None], "count": [3], "population": [10]}), "missing_value"),
    ],
)
def test_what_no_area_can_have_is_refused_by_all_that_compare_areas(table, code):
    for method in (rates.by_area, comparison.rank_intervals, comparison.overall_rate, comparison.funnel_limits):
        with refused(ValueError, code):
            method(table)
    with refused(ValueError, code):
        rates.rate_table(table.drop(columns="population"), table[["area_id", "population"]])
    with refused(ValueError, code):
        rates.standardised_rate(table.assign(age="all"), pd.DataFrame({"age": ["all"], "population": [1]}))


def test_as_many_cases_as_inhabitants_are_a_rate_of_all():
    table = pd.DataFrame({"area_id": ["A"], "count": [10], "population": [10]})
    assert rates.by_area(table, per=100)["rate"].item() == 100
