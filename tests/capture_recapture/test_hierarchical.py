"""What a user relies on in the catalogue of hierarchical models: all of them, each once, and named as people do."""

from __future__ import annotations

import json

import numpy as np
import pytest
from captures import REFERENCE, closed
from hypothesis import given
from hypothesis import strategies as st

from capture_recapture.loglinear import closure, generators, models, pairs


def named(places, lists: int) -> frozenset[str]:
    """The generators of a model, a digit a list."""
    return frozenset("".join(str(bit + 1) for bit in range(lists) if term >> bit & 1) for term in generators(places))


# R 4.5.0, MultipleSystemsEstimation 1.2.0: 1, 8, 113 and 6893 models in all. With pairs only every set of pairs is a
# model: two to the power of the number of pairs (R: 64 of four lists, 1024 of five).
@pytest.mark.parametrize(
    "lists, order, size",
    [(2, 2, 1), (3, 2, 8), (3, 3, 8), (4, 2, 64), (4, 3, 113), (4, 9, 113), (5, 2, 1024), (5, 4, 6893)],
)
def test_the_catalogue_is_as_long_as_that_of_r(lists, order, size):
    found = models(lists, order)
    assert found.shape == (size, 2**lists)
    assert len(np.unique(found, axis=0)) == size


def test_the_models_of_four_lists_are_those_r_names():
    theirs = json.loads((REFERENCE / "existence.json").read_text(encoding="utf-8"))["models"]
    assert {named(np.flatnonzero(terms), 4) for terms in models(4, 3)} == {frozenset(model.split()) for model in theirs}


@pytest.mark.parametrize("lists, order", [(3, 2), (4, 3), (5, 4)])
def test_every_model_has_each_list_and_the_parts_of_its_terms_but_never_all_lists_together(lists, order):
    found = models(lists, order)
    assert found[:, [0, *(1 << bit for bit in range(lists))]].all()
    assert not found[:, -1].any()
    for term in range(1, 2**lists):
        for bit in range(lists):
            if term >> bit & 1:
                assert not (found[:, term] & ~found[:, term ^ (1 << bit)]).any()
    assert (np.diff(found.sum(axis=1)) >= 0).all()


@given(st.integers(1, 6), st.data())
def test_a_model_is_its_generators_and_all_their_parts(lists, data):
    terms = data.draw(st.lists(st.integers(1, 2**lists - 1), max_size=4))
    places = closure(terms, lists)
    names = [[bit for bit in range(lists) if term >> bit & 1] for term in terms]
    assert {frozenset(bit for bit in range(lists) if place >> bit & 1) for place in places} == set(
        closed(names, range(lists))
    )
    assert set(closure(generators(places), lists)) == set(places)
    # No generator is part of another.
    found = generators(places)
    assert not any(a != b and a & b == a for a in found for b in found)


def test_pairs_come_first_with_second_first_with_third_and_so_on():
    assert pairs(4).tolist() == [0b0011, 0b0101, 0b1001, 0b0110, 0b1010, 0b1100]  # by hand
    assert pairs(1).tolist() == []
