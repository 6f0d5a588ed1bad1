"""Causes of made-up functions: all are found, interactions are named, and nothing is blamed that has no effect."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.review import attribution
from analysis.review.attribution import ALONE, FAILED, INTERACTION, NOT_ATTRIBUTED, ONLY, TOGETHER, Changed, attribute

INPUTS = tuple(f"i{number}" for number in range(40))


def searched(functions, reach=None, always=frozenset(), **more):
    """Attribute made-up outputs; returns causes by output, and the sets that were evaluated."""
    reach = reach or {name: INPUTS for name in functions}
    sets = []

    def evaluate(chosen, ids):
        sets.append(chosen)
        return {name: functions[name](chosen) for name in ids}

    changed = [
        Changed(name, function(frozenset()), function(frozenset(INPUTS)), tuple(reach[name]))
        for name, function in functions.items()
    ]
    return {each.change: each for each in attribute(changed, evaluate, always=always, **more)}, sets


def test_the_only_input_needs_no_run():
    found, sets = searched({"a": lambda on: "i3" in on}, {"a": ("i3",)})
    assert (found["a"].inputs, found["a"].how, sets) == (("i3",), ONLY, [])


def test_one_of_many_is_found_in_few_runs():
    found, sets = searched({"a": lambda on: "i7" in on})
    assert (found["a"].inputs, found["a"].how) == (("i7",), ALONE)
    assert len(sets) <= math.ceil(math.log2(len(INPUTS))) + 2


def test_what_needs_two_inputs_is_an_interaction():
    found, _ = searched({"a": lambda on: {"i3", "i9"} <= on})
    assert (set(found["a"].inputs), found["a"].how) == ({"i3", "i9"}, INTERACTION)


def test_contributions_are_all_named():
    weights = {"i1": 1, "i5": 10, "i30": 100}
    found, _ = searched({"a": lambda on: sum(weight for name, weight in weights.items() if name in on)})
    assert (set(found["a"].inputs), found["a"].how) == ({"i1", "i5", "i30"}, TOGETHER)


def test_each_of_two_that_do_the_same_is_named():
    found, _ = searched({"a": lambda on: bool({"i3", "i9"} & on)})
    assert (set(found["a"].inputs), found["a"].how) == ({"i3", "i9"}, ALONE)


def test_a_failed_run_is_no_contribution():
    def value(on):
        if "i3" in on and "i9" not in on:
            return FAILED
        return "new" if {"i3", "i9"} <= on else "old"

    found, _ = searched({"a": value})
    assert (set(found["a"].inputs), found["a"].how) == ({"i3", "i9"}, INTERACTION)


def test_outputs_that_other_inputs_reach_share_runs():
    functions = {name: (lambda on, name=name: name in on) for name in INPUTS[::10]}
    reach = {name: INPUTS[at : at + 10] for at, name in zip(range(0, 40, 10), functions, strict=True)}
    found, together = searched(functions, reach)
    assert all(found[name].inputs == (name,) for name in functions)
    _, alone = searched({"i0": functions["i0"]}, reach)
    assert len(together) == len(alone)


def test_what_was_not_attributed_in_time_is_listed():
    times = iter(range(100))
    found, sets = searched({"a": lambda on: "i7" in on}, deadline=2, clock=lambda: next(times))
    assert (found["a"].how, found["a"].inputs, len(sets)) == (NOT_ATTRIBUTED, (), 2)


def test_what_cannot_be_switched_is_the_cause_where_it_gives_the_new_value():
    found, sets = searched({"a": lambda on: "i0" in on, "b": lambda on: "i4" in on}, always=frozenset({"i0"}))
    assert found["a"].inputs == ("i0",) and found["b"].inputs == ("i4",)
    assert all("i0" in each for each in sets)


@st.composite
def outputs(draw):
    """A sum of weights, of products of two, and of ors; with all inputs that it depends on."""
    parts = draw(
        st.lists(
            st.tuples(st.sampled_from(["one", "and", "or"]), st.sampled_from(INPUTS), st.sampled_from(INPUTS)),
            min_size=1,
            max_size=3,
        )
    )

    def value(on):
        total = 0
        for place, (kind, first, second) in enumerate(parts):
            active = {"one": first in on, "and": {first, second} <= on, "or": bool({first, second} & on)}[kind]
            total += 10**place * active
        return total

    linked = {name for kind, first, second in parts for name in ((first,) if kind == "one" else (first, second))}
    return parts, value, linked


@settings(max_examples=200, deadline=None)
@given(st.lists(outputs(), min_size=1, max_size=4))
def test_causes_are_sufficient_and_none_is_blamed_without_effect(drawn):
    functions = {f"o{number}": value for number, (_, value, _) in enumerate(drawn)}
    found, _ = searched(functions)
    for number, (_, value, linked) in enumerate(drawn):
        cause = found[f"o{number}"]
        assert set(cause.inputs) <= linked
        assert value(frozenset(cause.inputs)) == value(frozenset(INPUTS))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.frozensets(st.sampled_from(INPUTS[:5]), max_size=5), st.integers(0, 3), max_size=32))
def test_any_function_gets_a_set_of_which_none_can_be_left_out(table):
    everything = frozenset(INPUTS[:5])

    def value(on):
        return table.get(on & everything, 0)

    if value(frozenset()) == value(everything):
        return
    changed = Changed("a", value(frozenset()), value(everything), INPUTS[:5])
    (cause,) = attribution.attribute([changed], lambda on, ids: {"a": value(on)})
    assert cause.inputs
    if cause.how != ALONE:
        assert value(frozenset(cause.inputs)) == changed.new
    else:
        assert all(value(frozenset({each})) == changed.new for each in cause.inputs)
