"""Whether a logistic model can be fitted: textbook tables, what follows by hand, and what always holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from refusals import refused
from scipy import special

from survey_stats import separation

INF = float("inf")


def with_intercept(*columns) -> np.ndarray:
    return np.column_stack([np.ones(len(columns[0])), *columns]).astype(float)


def test_what_is_separated_only_after_other_rows_are_out_of_the_way_is_named_too():
    # All with debt work. Of the others those from 12 on work; those with debt contradict that, but debt outweighs it.
    debt = np.r_[1, 1, 1, 0, 0, 0, 0]
    age = np.r_[6, 15, 9, 8, 11, 12, 16]
    works = np.r_[1, 1, 1, 0, 0, 1, 1]
    assert dict(separation(with_intercept(debt, age), works, ["intercept", "debt", "age"])).keys() == {
        "intercept",
        "debt",
        "age",
    }


def test_an_outcome_that_is_always_the_same_separates():
    found = separation(with_intercept([1, 2, 3, 4]), [0, 0, 0, 0], ["intercept", "age"])
    assert found[0] == ("intercept", -INF)


integers = st.lists(st.tuples(st.integers(-6, 6), st.booleans()), min_size=2, max_size=40)


@given(integers, st.sampled_from([(0, 1), (2020, 0.001), (-1e6, 3e4)]))
def test_one_number_separates_where_its_ranges_do_not_overlap(rows, unit):
    # By hand: an estimate exists if and only if the lowest with the outcome is below the highest without, both ways.
    x, y = np.array([x for x, _ in rows]), np.array([y for _, y in rows])
    assume(0 < y.sum() < len(y) and len(set(x)) > 1)
    shift, scale = unit
    exists = x[y].min() < x[~y].max() and x[~y].min() < x[y].max()
    found = separation(with_intercept(shift + scale * x), y, ["intercept", "x"])
    assert (found == ()) == exists
    if not exists:
        assert dict(found)["x"] == (INF if x[y].mean() > x[~y].mean() else -INF)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=6))
def test_a_category_separates_where_all_or_none_of_its_members_have_the_outcome(cells):
    # A saturated model: a level's log odds is infinite if it has a zero cell; a term is a difference from the first.
    cells = [(a, b) for a, b in cells if a + b]
    assume(len(cells) > 1)
    level = np.repeat(np.arange(len(cells)), [a + b for a, b in cells])
    y = np.concatenate([np.repeat([1, 0], cell) for cell in cells])
    terms = ["intercept", *(f"level[{k}]" for k in range(1, len(cells)))]
    found = separation(with_intercept(*(level == k for k in range(1, len(cells)))), y, terms)
    pure = [min(cell) == 0 for cell in cells]
    expected = terms if pure[0] else [term for term, own in zip(terms, pure, strict=True) if own]
    assert [term for term, _ in found] == expected
    if not pure[0]:
        ways = [INF if cell[0] else -INF for cell, own in zip(cells, pure, strict=True) if own]
        assert [way for _, way in found] == ways


@pytest.mark.slow
@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(6, 40), st.integers(2, 4))
def test_order_copies_and_units_change_nothing_and_the_outcome_turned_round_turns_the_signs(seed, n, columns):
    rng = np.random.default_rng(seed)
    x = with_intercept(*rng.integers(0, 3, (columns, n)), rng.normal(size=n))
    y = (rng.random(n) < 0.3).astype(float)
    assume(0 < y.sum() < n and np.linalg.matrix_rank(x) == x.shape[1])
    terms = [f"t{place}" for place in range(x.shape[1])]
    found = {term for term, _ in separation(x, y, terms)}
    order = rng.permutation(np.r_[np.arange(n), np.arange(n)])
    units = np.r_[1, 10.0 ** rng.integers(-3, 6, x.shape[1] - 1)]
    assert {term for term, _ in separation((x * units)[order], y[order], terms)} == found
    assert {term for term, _ in separation(x, 1 - y, terms)} == found


@pytest.mark.slow
def test_a_large_survey_is_judged_and_one_rare_trait_among_many_numbers_is_found():
    rng = np.random.default_rng(2)
    n = 40_000
    x = with_intercept(*rng.integers(0, 2, (20, n)), *rng.normal(size=(19, n)))
    y = (rng.random(n) < special.expit(-2 + 0.3 * x[:, 25])).astype(float)
    terms = [f"t{place}" for place in range(40)]
    assert separation(x, y, terms) == ()
    x[:, 7] = np.arange(n) < 12
    y[:12] = 0
    assert separation(x, y, terms) == (("t7", -INF),)


def test_many_numbers_that_split_the_outcome_together_separate_until_one_row_is_turned_round():
    rng = np.random.default_rng(3)
    x = with_intercept(*rng.normal(size=(5, 6000)))
    line = x @ [0.1, 1, -2, 0.5, 0, 3]
    y = (line > 0).astype(float)
    terms = [f"t{place}" for place in range(6)]
    assert [term for term, _ in separation(x, y, terms)] == terms
    # One of those far on the other side.
    y[line.argmax()] = 0
    assert separation(x, y, terms) == ()


@pytest.mark.parametrize(
    ("x", "y", "terms", "reason"),
    [
        ([[1, 2], [1, 3]], [0, 1], ["intercept"], ("unequal_shapes",)),
        ([[1, 2], [1, np.nan]], [0, 1], ["intercept", "age"], ("invalid_values",)),
        ([[1, 2], [1, 3]], [0, 2], ["intercept", "age"], ("invalid_values", "0", "1")),
    ],
)
def test_what_is_no_table_of_terms_and_outcomes_is_refused(x, y, terms, reason):
    with refused(ValueError, *reason):
        separation(x, y, terms)
