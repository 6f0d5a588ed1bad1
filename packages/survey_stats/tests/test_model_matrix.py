"""From columns to the terms of a regression: what a term is called, who is left out, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from survey_stats.model_matrix import distinct_rows, model_matrix, undetermined

CHILDREN = pd.DataFrame(
    {
        "working": pd.array([True, False, True, False, None, True], dtype="boolean"),
        "sex": ["male", "female", "male", "male", "female", "female"],
        "age": pd.array([8, 12, None, 15, 9, 16], dtype="Int64"),
        "debt": pd.array([True, False, False, True, True, False], dtype="boolean"),
        "group": pd.Categorical(["young", "old", "young", "old", "old", "young"], ["young", "middle", "old"]),
        "grade": [1, 2, 1, 3, 2, 1],
    },
    index=[10, 11, 12, 13, 14, 15],
)


def test_numbers_yes_or_no_and_categories_are_terms_by_name_and_the_first_category_is_the_reference():
    found = model_matrix(CHILDREN, "working", ["sex", "age", "debt", "group"])
    # Rows 12 (age) and 14 (outcome) are not known; nobody is of the middle group.
    assert found.known.tolist() == [True, True, False, True, False, True]
    assert found.terms == ("intercept", "sex[male]", "age", "debt", "group[old]")
    assert found.y.tolist() == [1, 0, 0, 1]
    assert found.x.tolist() == [[1, 1, 8, 1, 0], [1, 0, 12, 0, 1], [1, 1, 15, 1, 1], [1, 0, 16, 0, 0]]


def test_a_formula_makes_the_same_terms():
    columns = model_matrix(CHILDREN, "working", ["age", "debt", "group", "sex"])
    formula = model_matrix(CHILDREN, "working ~ age + debt + group + sex")
    assert set(formula.terms) == set(columns.terms)
    order = [formula.terms.index(term) for term in columns.terms]
    assert formula.x[:, order].tolist() == columns.x.tolist()
    assert formula.known.tolist() == columns.known.tolist()


def test_a_formula_has_products_and_numbers_as_categories():
    found = model_matrix(CHILDREN, "working ~ sex * debt + C(grade) + C(group, contr.treatment('old'))")
    assert set(found.terms) == {
        "intercept",
        "sex[male]",
        "debt",
        "sex[male]:debt",
        "grade[2]",
        "grade[3]",
        "group[young]",
    }
    product = found.x[:, found.terms.index("sex[male]:debt")]
    assert product.tolist() == [1, 0, 0, 1, 0]


def test_a_model_without_covariates_is_an_intercept():
    found = model_matrix(CHILDREN, "working")
    assert found.terms == ("intercept",)
    assert found.x.tolist() == [[1]] * 5


@pytest.mark.parametrize(
    ("outcome", "covariates", "reason"),
    [
        ("works", ["sex"], ("missing_column", "column 'works'")),
        ("working", ["sexe"], ("missing_column", "column 'sexe'")),
        ("working ~ sexe", None, ("missing_column", "column 'sexe'")),
        ("working ~ sex", ["age"], ("covariates_given_twice",)),
        ("working ~ sex - 1", None, ("no_intercept",)),
        ("working", ["sex", "sex"], ("same_column_twice",)),
        ("working", ["working"], ("same_column_twice",)),
        ("grade", ["sex"], ("not_binary", "11", "'grade'", "'2'")),
    ],
)
def test_a_model_that_the_table_does_not_hold_is_refused(outcome, covariates, reason):
    with refused(ValueError, *reason):
        model_matrix(CHILDREN, outcome, covariates)


def test_dates_and_infinite_numbers_are_no_covariates():
    dated = CHILDREN.assign(date=pd.Timestamp("2024-05-01"), income=[1.0, 2, np.inf, 3, 4, 5])
    with refused(ValueError, "wrong_type", "'date'"):
        model_matrix(dated, "working", ["date"])
    with refused(ValueError, "not_finite", "12", "'income'"):
        model_matrix(dated, "working", ["income"])


def test_columns_that_follow_from_others_are_found_with_those_they_follow_from():
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(size=(3, 50))
    # The fourth is 2 a - b in units of a millionth; the others are free.
    assert undetermined(np.column_stack([np.ones(50), a, b, c, (2 * a - b) / 1e6])).tolist() == [0, 1, 1, 0, 1]
    assert undetermined(np.column_stack([np.ones(50), a, np.full(50, 7.0)])).tolist() == [1, 0, 1]
    assert undetermined(np.column_stack([np.ones(50), a, np.zeros(50)])).tolist() == [0, 0, 1]
    assert not undetermined(np.column_stack([np.ones(50), 2020 + a / 1000, b * 1e9])).any()


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.floats(-1, 1).map(lambda x: round(x, 1)))))
def test_distinct_rows_are_those_of_the_table(rows):
    x = np.array(rows, dtype=float).reshape(-1, 3)
    group, first = distinct_rows(x)
    assert len(first) == len(set(rows))
    assert (x[first][group] == x).all()
