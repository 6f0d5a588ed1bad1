"""Estimates of several imputed data sets as one: R's mice and mitml, by hand, and what always holds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused
from scipy import stats

from analysis.risk import NotEstimable
from analysis.risk.imputations import pool, pool_wald

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "risk" / "imputations.json").read_text())


def table(estimates, errors, terms=None) -> pd.DataFrame:
    """One row an imputation and term, from tables of imputations by terms."""
    terms = terms or [f"term {place}" for place in range(len(estimates[0]))]
    return pd.DataFrame(
        [
            (number, term, estimate, error)
            for number, (row, own) in enumerate(zip(estimates, errors, strict=True), start=1)
            for term, estimate, error in zip(terms, row, own, strict=True)
        ],
        columns=["imputation", "term", "estimate", "standard_error"],
    )


@pytest.mark.parametrize("expected", REFERENCE["invented"]["pooled"], ids=lambda row: str(row["complete_df"]))
def test_pooled_estimates_are_those_of_mice(expected):
    invented = REFERENCE["invented"]
    found = pool(
        table(invented["estimate"], invented["standard_error"]), complete_df=expected["complete_df"] or np.inf
    ).iloc[expected["term"]]
    for column in ("estimate", "within", "between", "df", "missing_information"):
        assert found[column] == pytest.approx(expected[column], rel=1e-12), column
    assert found["standard_error"] ** 2 == pytest.approx(expected["variance"], rel=1e-12)
    assert found["imputations"] == 5


def test_a_pooled_regression_is_that_of_mice():
    nhanes = REFERENCE["nhanes"]
    found = pool(table(nhanes["estimate"], nhanes["standard_error"], nhanes["terms"]), complete_df=22)
    assert found["term"].tolist() == nhanes["terms"]
    for column, expected in nhanes["pooled"].items():
        assert found[column].to_numpy() == pytest.approx(expected, rel=1e-10), column


def test_a_joint_test_is_that_of_mitml():
    nhanes = REFERENCE["nhanes"]
    expected = nhanes["D1"]
    slopes = np.array(nhanes["estimate"])[:, 1:]
    found = pool_wald(slopes, nhanes["covariance"], complete_df=np.inf)
    assert (found.coefficients, found.imputations, found.df_numerator) == (2, 5, 2)
    assert found.statistic == pytest.approx(expected["statistic"], rel=1e-10)
    assert found.relative_increase == pytest.approx(expected["relative_increase"], rel=1e-10)
    assert found.df_denominator == pytest.approx(expected["df"], rel=1e-10)
    assert found.p_value == pytest.approx(expected["p_value"], rel=1e-9)
    few = pool_wald(slopes, nhanes["covariance"], complete_df=22)
    assert few.statistic == found.statistic
    assert few.df_denominator == pytest.approx(expected["df_of_22"], rel=1e-10)
    assert few.p_value == pytest.approx(expected["p_value_of_22"], rel=1e-9)


def test_rubins_rules_by_hand():
    # Mean 2; within 1; between 1; total 1 + 4/3 = 7/3; r = 4/3; df = 2 (1 + 3/4)² = 49/8.
    # Missing information (4/3 + 2/(49/8 + 3)) / (7/3).
    found = pool(table([[1], [2], [3]], np.sqrt([[0.5], [1], [1.5]])), complete_df=np.inf).iloc[0]
    assert (found["estimate"], found["between"]) == (2, 1)
    assert found["within"] == pytest.approx(1)
    assert found["standard_error"] == pytest.approx(np.sqrt(7 / 3))
    assert found["df"] == pytest.approx(49 / 8)
    assert found["missing_information"] == pytest.approx((4 / 3 + 2 / (49 / 8 + 3)) / (7 / 3))


def test_a_joint_test_of_one_coefficient_with_few_imputations_by_hand():
    # F = mean² / total variance = 4 / (7/3); t = 2, so df = 2 · 2 · (1 + 3/4)² / 2 = 49/8, as of t.
    found = pool_wald([[1], [2], [3]], [[[0.5]], [[1]], [[1.5]]], complete_df=np.inf)
    assert found.statistic == pytest.approx(12 / 7)
    assert found.df_denominator == pytest.approx(49 / 8)
    assert found.p_value == pytest.approx(2 * stats.t.sf(np.sqrt(12 / 7), 49 / 8))


def test_imputations_that_agree_leave_the_complete_data_analysis():
    found = pool(table([[0.4]] * 6, [[0.1]] * 6), complete_df=np.inf).iloc[0]
    assert found["p_value"] == pytest.approx(2 * stats.norm.sf(4))
    assert found["missing_information"] == pytest.approx(0)
    one = pool_wald([[0.4, 0.1]] * 4, [np.diag([0.01, 0.04])] * 4, complete_df=np.inf)
    # Wald's chi-squared: 0.4²/0.01 + 0.1²/0.04 = 16.25 with two degrees of freedom.
    assert one.p_value == pytest.approx(stats.chi2.sf(16.25, 2))
    few = pool_wald([[0.4, 0.1]] * 4, [np.diag([0.01, 0.04])] * 4, complete_df=30)
    assert few.df_denominator == pytest.approx(30 * 31 / 33)


rows = st.lists(st.tuples(st.floats(-5, 5), st.floats(0.1, 3)), min_size=2, max_size=12)


@pytest.mark.slow
@given(rows, st.floats(3, 200), st.floats(0.5, 0.99), st.randoms(use_true_random=False))
def test_pooling_never_makes_an_estimate_surer_and_knows_no_order(drawn, complete_df, confidence, random):
    estimates, errors = zip(*drawn, strict=True)
    given_ = table([[value] for value in estimates], [[error] for error in errors])
    found = pool(given_, complete_df=complete_df, confidence=confidence).iloc[0]
    assert found["standard_error"] ** 2 >= found["within"] * (1 - 1e-12)
    assert 0 < found["df"] <= complete_df
    assert 0 <= found["missing_information"] <= 1
    assert found["low"] <= found["estimate"] <= found["high"]
    assert (found["p_value"] < 1 - confidence) == (found["low"] > 0 or found["high"] < 0)
    shuffled = given_.sample(frac=1, random_state=random.randrange(1000))
    pd.testing.assert_series_equal(found, pool(shuffled, complete_df=complete_df, confidence=confidence).iloc[0])


def test_terms_keep_the_order_in_which_they_come():
    found = pool(table([[1, 2, 3], [2, 3, 4]], [[1, 1, 1]] * 2, ["sex[male]", "age", "debt"]), complete_df=20)
    assert found["term"].tolist() == ["sex[male]", "age", "debt"]
    assert found["estimate"].tolist() == [1.5, 2.5, 3.5]


TWO = table([[1, 2], [2, 3]], [[1, 1], [1, 1]])


@pytest.mark.parametrize(
    ("estimates", "error", "reason"),
    [
        (TWO.drop(columns="term"), ValueError, ("missing_column",)),
        (TWO.iloc[:3], ValueError, ("term_not_once", "'term 1'", "0", "2")),
        (pd.concat([TWO, TWO.iloc[[0]]]), ValueError, ("term_not_once", "'term 0'", "2", "1")),
        (TWO.assign(term=["a", None, "a", "b"]), ValueError, ("missing_value", "1")),
        (TWO.query("imputation == 1"), NotEstimable, ("too_few_imputations",)),
        (TWO.assign(estimate=[1, 2, np.nan, 3]), NotEstimable, ("missing_estimate", "2", "'term 0'")),
        (TWO.assign(standard_error=[1, 2, 3, np.nan]), NotEstimable, ("missing_estimate", "2", "'term 1'")),
        (TWO.assign(standard_error=[1, 0, 3, 1]), ValueError, ("invalid_standard_error", "'term 1'", "0")),
        (TWO.assign(standard_error=[1, 1, np.inf, 1]), ValueError, ("invalid_standard_error", "'term 0'", "2")),
    ],
)
def test_estimates_that_cannot_be_pooled_are_refused(estimates, error, reason):
    with refused(error, *reason):
        pool(estimates, complete_df=20)


def test_degrees_of_freedom_and_confidence_are_checked():
    with refused(ValueError, "not_positive"):
        pool(TWO, complete_df=0)
    with refused(ValueError, "confidence_out_of_range"):
        pool(TWO, complete_df=10, confidence=95)


@pytest.mark.parametrize(
    ("estimates", "covariances", "complete_df", "error", "reason"),
    [
        ([[1, 2], [2, 3]], [np.eye(3)] * 2, 20, ValueError, ("unequal_shapes", "2", "3")),
        ([[1, np.nan], [2, 3]], [np.eye(2)] * 2, 20, ValueError, ("not_finite",)),
        ([[1, 2]], [np.eye(2)], 20, NotEstimable, ("nothing_to_test",)),
        ([[1, 2], [2, 3]], [np.ones((2, 2))] * 2, np.inf, NotEstimable, ("singular_covariance",)),
        # Two coefficients: t = 2 (m - 1) must be above 4, so that m is 4.
        ([[1, 2]] * 3, [np.eye(2)] * 3, 20, NotEstimable, ("too_few_imputations", "3", "4")),
        ([[9, 0], [0, 9], [-9, 5], [3, -9]], [np.eye(2)] * 4, 20, NotEstimable, ("few_degrees_of_freedom",)),
    ],
)
def test_a_joint_test_that_cannot_be_made_is_refused(estimates, covariances, complete_df, error, reason):
    with refused(error, *reason):
        pool_wald(estimates, covariances, complete_df=complete_df)
