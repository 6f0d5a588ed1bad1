"""What a user relies on in directly standardised rates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused

from analysis.methods.rates import rate_table, standardised_rate

INF = float("inf")

TWO = pd.DataFrame({"age": ["0-8", "9-17"], "population": [1, 1]})


def of_two(counts: list[float], people: list[float] | None = None, **columns: object) -> pd.DataFrame:
    return pd.DataFrame(
        {"area_id": "A", "age": TWO["age"], "count": counts, "population": people or [1000, 1000]} | columns
    )


def between(low: list[float], high: list[float], qualifiers: list[str], people: list[float]) -> pd.DataFrame:
    ages = [str(age) for age in range(len(low))]
    bounds = {"low": low, "high": high, "value_qualifier": qualifiers}
    return pd.DataFrame({"area_id": "A", "age": ages, "population": people} | bounds)


def test_one_stratum_gives_the_crude_rate_and_garwoods_limits():
    table = pd.DataFrame({"area_id": ["A", "B"], "age": "all", "count": [10, 0], "population": 200_000})
    rates = standardised_rate(table, pd.DataFrame({"age": ["all"], "population": [7]}))
    plain = rate_table(table[["area_id", "count"]], table[["area_id", "population"]])
    for column in ("rate", "low", "high"):
        np.testing.assert_allclose(rates[column], plain[column], rtol=1e-12)


def test_areas_and_years_are_kept_apart_and_strata_may_be_of_several_columns():
    table = pd.DataFrame(
        [("A", year, age, sex, 1, 100) for year in (2020, 2021) for age in ("0-8", "9-17") for sex in "fm"],
        columns=["area_id", "year", "age", "sex", "count", "population"],
    )
    standard = pd.DataFrame([(a, s, 1) for a in ("0-8", "9-17") for s in "fm"], columns=["age", "sex", "population"])
    rates = standardised_rate(table, standard, per=100)
    assert rates[["area_id", "year", "cases", "rate"]].values.tolist() == [["A", 2020, 4, 1], ["A", 2021, 4, 1]]


def test_a_missing_stratum_count_or_population_gives_no_rate_and_is_named():
    for table, words in (
        (of_two([2, 8]).iloc[:1], "The count of age 9-17 is not known (1 of 2 strata)"),
        (of_two([2, np.nan]), "The count of age 9-17 is not known"),
        (of_two([2, 8], [1000, np.nan]), "The population of age 9-17 is not known"),
        (of_two([2, 0], [1000, 0]), "Nobody lives in age 9-17"),
    ):
        rates = standardised_rate(table, TWO).iloc[0]
        assert rates[["rate", "rate_low", "rate_high", "low", "high"]].isna().all()
        assert words in rates["note"]


def test_a_stratum_that_the_standard_lacks_stops_with_its_name():
    with refused(ValueError, "unknown_stratum", "9", "17"):
        standardised_rate(of_two([1, 1]), TWO.iloc[:1])


def test_what_cannot_be_standardised_is_refused_in_words():
    with refused(ValueError, "missing_standard_column"):
        standardised_rate(of_two([1, 1]), TWO.rename(columns={"age": "years"}))
    with refused(ValueError, "duplicate_key"):
        standardised_rate(pd.concat([of_two([1, 1])] * 2), TWO)
    with refused(ValueError, "duplicate_standard_stratum"):
        standardised_rate(of_two([1, 1]), pd.concat([TWO, TWO]))
    with refused(ValueError, "invalid_standard_population"):
        standardised_rate(of_two([1, 1]), TWO.assign(population=[1, -1]))
    with refused(ValueError, "negative", "9", "17"):
        standardised_rate(of_two([1, 1], [5, -5]), TWO)
    with refused(ValueError, "missing_column", "column 'area_id'"):
        standardised_rate(of_two([1, 1]).drop(columns="area_id"), TWO)


def test_fewer_than_5_has_no_single_rate_but_bounds():
    rates = standardised_rate(between([1, 7], [4, 7], ["below_5", "exact"], [1000, 1000]),
                              pd.DataFrame({"age": ["0", "1"], "population": [1, 1]}), per=1000).iloc[0]  # fmt: skip
    # By hand: with half of the standard in each, (0 + 7) / 2 to (4 + 7) / 2 per 1,000.
    assert (rates["rate_low"], rates["rate_high"]) == (3.5, 5.5)
    assert np.isnan(rates["rate"]) and np.isnan(rates["crude_rate"])
    assert rates["value_qualifier"] == "derived"


def test_a_minimum_has_a_lower_limit_only():
    rates = standardised_rate(between([3, 7], [INF, 7], ["at_least", "exact"], [1000, 1000]),
                              pd.DataFrame({"age": ["0", "1"], "population": [1, 1]})).iloc[0]  # fmt: skip
    assert rates["rate_high"] == rates["high"] == INF
    assert 0 < rates["low"] < rates["rate_low"]
    assert rates["value_qualifier"] == "at_least"


def test_a_case_that_weighs_much_lowers_the_lower_limit_and_the_limits_allow_for_it():
    standard = pd.DataFrame({"age": ["0", "1"], "population": [1, 1]})
    people = [10, 10_000]
    known = standardised_rate(between([0, 100], [0, 100], ["exact"] * 2, people), standard).iloc[0]
    one_more = standardised_rate(between([1, 100], [1, 100], ["exact"] * 2, people), standard).iloc[0]
    assert one_more["low"] < known["low"]
    allowed = standardised_rate(between([0, 100], [4, 100], ["derived", "exact"], people), standard).iloc[0]
    assert allowed["low"] <= one_more["low"]


counts = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(30, 10**5), st.integers(1, 10**5)),
                  min_size=1, max_size=4)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=examples(20))
@given(counts, st.sampled_from([0.8, 0.95, 0.998]), st.data())
def test_the_limits_contain_those_of_every_set_of_counts_that_is_allowed(strata, confidence, data):
    low, high = ([function(one, two) for one, two, *_ in strata] for function in (min, max))
    people, shares = ([part[place] for part in strata] for place in (2, 3))
    standard = pd.DataFrame({"age": [str(age) for age in range(len(strata))], "population": shares})
    allowed = [data.draw(st.integers(*bounds)) for bounds in zip(low, high, strict=True)]
    wide, true = (
        standardised_rate(between(*bounds, people), standard, confidence=confidence).iloc[0]
        for bounds in ((low, high, ["derived"] * len(low)), (allowed, allowed, ["exact"] * len(low)))
    )
    slack = 1 + 1e-9
    assert wide["low"] <= true["low"] * slack and true["high"] <= wide["high"] * slack
    assert wide["rate_low"] <= true["rate"] * slack and true["rate"] <= wide["rate_high"] * slack
    assert true["low"] <= true["rate"] <= true["high"]
