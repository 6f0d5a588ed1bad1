"""What a user relies on in the catalogue of hierarchical models: all of them, each once, and named as people do."""

from __future__ import annotations

import json

import numpy as np
import pytest
from captures import REFERENCE, closed
from hypothesis import given
from hypothesis import strategies as st

from capture_recapture.loglinear import closure, generators, models


def named(places, lists: int) -> frozenset[str]:
    """The generators of a model, a digit a list."""
    return frozenset("".join(str(bit + 1) for bit in range(lists) if term >> bit & 1) for term in generators(places))


@pytest.mark.parametrize("lists, order", [(2, 2), (3, 2), (3, 3), (4, 2), (4, 3), (4, 9), (5, 2), (5, 4)])
def test_each_model_stands_once_in_the_catalogue(lists, order):
    found = models(lists, order)
    assert len(np.unique(found, axis=0)) == len(found)


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
