"""What a user relies on in shares from probability samples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from survey_stats import NotEstimable, SurveyDesign, item_nonresponse


def share(data: pd.DataFrame, outcome: str, *design: str, **options: str) -> pd.Series:
    """The row of a share under a design given by its columns."""
    return SurveyDesign(data, *design, **options).proportion(outcome).iloc[0]


def respondents(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["stratum", "village", "weight", "trafficked"])


FOUR = respondents(("N", 1, 10, 1), ("N", 2, 10, 0), ("S", 1, 30, 0), ("S", 2, 30, 1))


def test_villages_numbered_within_strata_are_those_numbered_throughout():
    apart = FOUR.assign(village=[1, 2, 3, 4])
    one, other = (share(data, "trafficked", "weight", "stratum", "village") for data in (FOUR, apart))
    pd.testing.assert_series_equal(one, other)


samples = st.lists(st.tuples(st.integers(0, 3), st.floats(0.5, 20), st.integers(0, 1)), min_size=5, max_size=60)


@pytest.mark.slow
@given(samples, st.floats(0.1, 1000))
def test_a_share_lies_within_its_limits_whatever_the_unit_of_weights_and_the_order_of_rows(rows, unit):
    data = pd.DataFrame(rows, columns=["village", "weight", "y"])
    data.loc[[0, 1], "village"] = [4, 5]  # at least two
    one = share(data, "y", "weight", psu="village")
    assert 0 <= one.low <= one.estimate <= one.high <= 1
    other = share(data[::-1].assign(weight=data["weight"] * unit), "y", "weight", psu="village")
    for column in ("estimate", "low", "high", "standard_error"):
        assert other[column] == pytest.approx(one[column], rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.slow
@given(samples)
def test_the_share_without_is_the_rest(rows):
    data = pd.DataFrame(rows, columns=["village", "weight", "y"])
    data.loc[[0, 1], "village"] = [4, 5]
    one = share(data, "y", "weight", psu="village")
    rest = share(data.assign(y=1 - data["y"]), "y", "weight", psu="village")
    assert (rest.estimate, rest.low, rest.high) == pytest.approx(
        (1 - one.estimate, 1 - one.high, 1 - one.low), abs=1e-9
    )


@pytest.mark.slow
@given(st.integers(1, 49), st.integers(50, 400))
def test_a_simple_random_sample_has_a_design_effect_of_one(cases, n):
    data = pd.DataFrame({"y": [1] * cases + [0] * (n - cases), "w": 3.0, "all": 3 * n})
    assert share(data, "y", "w", fpc="all").design_effect == pytest.approx(1)
    # Of 3n persons; taken to be drawn with replacement, it errs by 1 / (1 - n / 3n) more.
    assert share(data, "y", "w").design_effect == pytest.approx(1.5)


@pytest.mark.slow
def test_limits_hold_the_truth_as_often_as_promised_where_villages_differ():
    rng = np.random.default_rng(8)
    truth, covered = 0.15, []
    for _ in range(400):
        village = np.repeat(np.arange(40), 15)
        chance = rng.beta(3, 17, 40)[village]
        data = pd.DataFrame({"y": rng.random(600) < chance, "w": 1.0, "village": village})
        result = share(data, "y", "w", psu="village")
        covered.append(result.low <= truth <= result.high)
    # 95 % promised; the chance of 400 samples alone moves it by 1.1 points.
    assert 0.91 <= np.mean(covered) <= 0.985


def test_item_nonresponse_is_of_yes_and_no_in_samples_of_a_population():
    with refused(ValueError, "not_binary", "'trafficked'", "'2'"):
        item_nonresponse(SurveyDesign(FOUR.assign(trafficked=[1, 0, 2, 1]), "weight"), "trafficked")
    with refused(ValueError, "missing_column", "'works'"):
        item_nonresponse(SurveyDesign(FOUR, "weight"), "works")
    with refused(NotEstimable, "not_probability_sample"):
        item_nonresponse(SurveyDesign(FOUR, sampling="purposive"), "trafficked")
    with refused(NotEstimable, "empty_domain"):
        item_nonresponse(SurveyDesign(FOUR, "weight").domain([False] * 4), "trafficked")


def test_booleans_with_missing_answers_are_outcomes_too():
    answers = pd.DataFrame({"y": [True, None, False, True], "w": 1.0})
    one, other = (share(answers.astype({"y": kind}), "y", "w") for kind in (object, "boolean"))
    pd.testing.assert_series_equal(one, other)


def test_a_stratum_with_one_psu_is_refused_by_name():
    with refused(NotEstimable, "lonely_psu", "'S'"):
        share(FOUR[:3], "trafficked", "weight", "stratum", "village")
    with refused(NotEstimable, "lonely_psu"):
        share(FOUR.assign(village=1), "trafficked", "weight", psu="village")


def test_where_all_psus_are_all_there_are_there_is_no_degree_of_freedom():
    data = FOUR[:3].assign(all=[2_000_000, 2_000_000, 1])
    # Without a degree of freedom there are no limits.
    census = share(data.iloc[[0, 2]].assign(all=1), "trafficked", "weight", "stratum", "village", fpc="all")
    assert np.isnan([census["low"], census["high"]]).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weight": [10, 0, 30, 30]}, ("not_positive", "1", "'weight'", "'0'")),
        ({"weight": [10, 10, np.nan, 30]}, ("not_positive", "2", "'weight'")),
        ({"stratum": ["N", None, "S", "S"]}, ("missing_value", "1", "'stratum'")),
        ({"village": [1, 2, 1, None]}, ("missing_value", "3", "'village'")),
        ({"all": [9, 8, 7, 7]}, ("invalid_population_size", "'N'", "'all'")),
        ({"all": [9, 9, 1, 1]}, ("invalid_population_size", "'S'", "'all'")),
    ],
)
def test_a_design_that_cannot_be_is_refused_with_its_row_or_stratum(change, said):
    data = FOUR.assign(all=100).assign(**change)
    with refused(ValueError, *said):
        share(data, "trafficked", "weight", "stratum", "village", fpc="all")


def test_a_missing_column_is_refused_and_an_outcome_nobody_knows_has_no_share():
    with refused(ValueError, "missing_column", "column 'psu'"):
        share(FOUR, "trafficked", "weight", psu="psu")
    nobody = share(FOUR.assign(trafficked=np.nan), "trafficked", "weight")
    assert (nobody["n"], nobody["unknown"]) == (0, 4) and np.isnan(nobody["estimate"])
