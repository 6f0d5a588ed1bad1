"""What a user relies on when a model is said to be fit to be fitted, or not."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
from captures import REFERENCE, closed, design, histories, overlap, patterns, tables
from fuzzing import examples
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from refusals import refused
from scipy.optimize import linprog

import capture_recapture
from capture_recapture import selection
from capture_recapture.histories import capture_table
from capture_recapture.loglinear import closure

EVERY_PAIR = [("A", "B"), ("A", "C"), ("B", "C")]


def status_by_definition(table, terms) -> int:
    """The dual question, and the rank in fractions: nothing is shared with the package but the words.

    By Farkas' lemma no maximum-likelihood estimate exists if some direction of the coefficients lowers the mean of an
    empty pattern, raises none, and leaves those of all filled patterns alone.
    """
    matrix, counts, finite = design(table, terms)
    if not len(finite):
        return 3
    empty, filled = matrix[counts == 0], matrix[counts > 0]
    lowers = 0.0
    if len(empty):
        # Each empty pattern is lowered by one at most, so that the programme ends.
        found = linprog(
            empty.sum(axis=0),
            A_ub=np.vstack([empty, -empty]),
            b_ub=np.append(np.zeros(len(empty)), np.ones(len(empty))),
            A_eq=filled if len(filled) else None,
            b_eq=np.zeros(len(filled)) if len(filled) else None,
            bounds=(None, None),
        )
        assert found.status == 0
        lowers = -found.fun
    return int(lowers > 1e-6) + 2 * int(rank(matrix) < len(finite))


def rank(matrix) -> int:
    """Rank by Gaussian elimination in fractions: no rounding."""
    rows = [[Fraction(int(value)) for value in row] for row in matrix]
    found = 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((number for number in range(found, len(rows)) if rows[number][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for number in range(found + 1, len(rows)):
            factor = rows[number][column] / rows[found][column]
            rows[number] = [a - factor * b for a, b in zip(rows[number], rows[found], strict=True)]
        found += 1
    return found


@pytest.mark.slow
def test_forty_sparse_tables_have_the_status_that_r_gives_every_model_of_four_lists():
    reference = json.loads((REFERENCE / "existence.json").read_text(encoding="utf-8"))
    models = [[tuple(term) for term in model.split()] for model in reference["models"]]
    assert len(models) == 113
    for counts, statuses in zip(reference["counts"], reference["status"], strict=True):
        table = capture_table(histories(dict(zip(reference["patterns"], counts, strict=True)), "1234"))
        places = [closure([table.place(term) for term in model], 4) for model in models]
        assert "".join(str(selection.estimate_status(table.counts, terms)) for terms in places) == statuses


@st.composite
def tables_and_terms(draw):
    table = draw(tables(fewest=2, most=4, largest=3))
    lists = [column for column in table if column != "count"]
    term = st.lists(st.sampled_from(lists), min_size=2, unique=True).map(tuple)
    return table, draw(st.lists(term, max_size=5))


@pytest.mark.slow
@settings(max_examples=examples(46))
@given(tables_and_terms())
def test_a_model_has_the_status_that_its_definition_gives_it(drawn):
    table, terms = drawn
    assert capture_recapture.model_status(table, terms) == status_by_definition(table, terms)


@settings(max_examples=examples(40))
@given(tables_and_terms(), st.integers(2, 1000))
def test_only_which_patterns_are_empty_decides_and_never_the_other_counts(drawn, times):
    table, terms = drawn
    other = table.assign(count=(table["count"] > 0) * (1 + table.index) * times)
    assert capture_recapture.model_status(table, terms) == capture_recapture.model_status(other, terms)


@pytest.mark.slow
@settings(max_examples=examples(32))
@given(tables(fewest=3, most=4, largest=4))
def test_two_groups_of_lists_that_are_independent_need_overlap_and_a_list_alone_in_each(table):
    # By hand: A depends on B, and C stands alone. The number on no list is x * y / z with x the persons on A or B but
    # not C, y those on C only, z those on both; and each of A and B must be told apart among them.
    table = table.groupby(["A", "B", "C"], as_index=False)["count"].sum()
    table = table[table[["A", "B", "C"]].any(axis=1)].reset_index(drop=True)
    groups = table.assign(g=table[["A", "B"]].astype(str).agg("".join, axis=1)).pivot(
        index="g", columns="C", values="count"
    )
    of_group = groups.sum(axis=1, min_count=1).drop("00")
    assume((of_group > 0).all())
    exists = (
        groups.loc[of_group.index, 0].sum() > 0 and groups.loc["00", 1] > 0 and groups.loc[of_group.index, 1].sum() > 0
    )
    if exists:
        assert capture_recapture.model_status(table, [("A", "B")]) == 0
    elif overlap(table, "AC") and overlap(table, "BC"):
        assert capture_recapture.model_status(table, [("A", "B")]) == 1


@settings(max_examples=examples(60))
@given(tables(fewest=3, most=3, least=1))
def test_a_table_without_an_empty_pattern_carries_every_model_but_that_of_all_lists_together(table):
    assert capture_recapture.model_status(table, EVERY_PAIR) == 0
    # Seven patterns cannot tell eight parameters.
    assert capture_recapture.model_status(table, [("A", "B", "C")]) == 2


def test_a_term_brings_its_parts_and_the_order_of_names_is_the_same_model():
    table = histories(dict.fromkeys(patterns(4), 2) | {"1111": 0, "1110": 0, "0111": 0})
    written = capture_recapture.model_status(table, [("A", "B", "C")])
    assert written == capture_recapture.model_status(table, [("C", "A", "B"), ("B", "A"), ("A",)])
    assert len(closed([("A", "B", "C")], "ABCD")) == 9  # by hand: nothing, 4 lists, 3 pairs, 1 triple


def test_a_table_of_nobody_carries_nothing():
    assert capture_recapture.model_status(histories({"10": 0, "01": 0, "11": 0}), []) == 3


def test_ten_lists_are_judged():
    names = patterns(10)
    table = histories({name: int(name.count("1") <= 2) for name in names})
    lists = "ABCDEFGHIJ"
    every_pair = [(a, b) for a in lists for b in lists if a < b]
    # By hand: with s the number of lists of a pattern, (s - 1)(s - 2) is a sum of terms of one and two lists; it is 0
    # on every filled pattern and above 0 on every other, so that the likelihood rises for ever. A sum of terms
    # of one list
    # that is 0 for each list alone, and for each pair, is 0 everywhere.
    assert capture_recapture.model_status(table, every_pair) == 1
    assert capture_recapture.model_status(table, []) == 0


def test_a_term_that_names_no_list_is_refused():
    with refused(ValueError, "unknown_list", "'X'"):
        capture_recapture.model_status(histories({"10": 1, "01": 1, "11": 1}), [("A", "X")])
