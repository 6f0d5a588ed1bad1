"""Causes of made-up functions: all are found, interactions are named, and nothing is blamed that has no effect."""

from __future__ import annotations

import math

import pytest
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


def test_many_outputs_of_many_inputs_share_the_runs_of_single_inputs():
    ten = INPUTS[:10]
    functions = {f"{name}{n}": (lambda on, name=name: name in on) for name in ten for n in "ab"}
    functions["both"] = lambda on: ("i2" in on) + 2 * ("i7" in on)
    functions["pair"] = lambda on: {"i4", "i8"} <= on
    found, sets = searched(functions, dict.fromkeys(functions, ten))
    assert all(found[f"{name}{n}"].inputs == (name,) for name in ten for n in "ab")
    assert (set(found["both"].inputs), found["both"].how) == ({"i2", "i7"}, TOGETHER)
    assert (set(found["pair"].inputs), found["pair"].how) == ({"i4", "i8"}, INTERACTION)
    assert len(sets) <= 2 * len(ten) + 6


def test_a_pair_in_one_file_beside_another_part_is_found_in_few_runs():
    names = [f"{file}.py::function::{name}" for file in "abcdef" for name in "xy"]
    pair = {"d.py::function::x", "d.py::function::y"}
    functions = {f"{name}-": (lambda on, name=name: name in on) for name in names if name not in pair}
    functions["pair"] = lambda on: (pair <= on) + 2 * ("a.py::function::x" in on)
    sets = []

    def evaluate(chosen, ids):
        sets.append(chosen)
        return {name: functions[name](chosen) for name in functions}

    functions |= {f"{name}+": functions[f"{name}-"] for name in names if name not in pair}
    everything = frozenset(names)
    changed = [
        Changed(name, function(frozenset()), function(everything), tuple(names)) for name, function in functions.items()
    ]
    found = {each.change: each for each in attribute(changed, evaluate)}
    assert set(found["pair"].inputs) == {*pair, "a.py::function::x"}
    assert len(sets) <= len(names) + 10


def test_what_moves_a_value_is_named_where_time_runs_out_before_all_is_tried_together():
    ten, times = INPUTS[:10], iter(range(100))
    functions = {f"o{number}": (lambda on: len({"i2", "i7"} & on)) for number in range(10)}
    found, _ = searched(functions, dict.fromkeys(functions, ten), deadline=10, clock=lambda: next(times))
    assert found["o0"].inputs == ("i2", "i7") and "not tried together" in found["o0"].words


def test_a_pair_is_found_before_parts_are_confirmed():
    ten, times = INPUTS[:10], iter(range(100))
    functions = {f"o{number}": (lambda on: sum(int(name[1:]) for name in on)) for number in range(10)}
    functions["pair"] = lambda on: {"i2", "i7"} <= on
    limit = {"deadline": 20, "clock": lambda: next(times)}
    found, _ = searched(functions, dict.fromkeys(functions, ten), **limit)
    assert (set(found["pair"].inputs), found["pair"].how) == ({"i2", "i7"}, INTERACTION)
    assert set(found["o0"].inputs) == {*ten} - {"i0"}


def test_what_others_outweigh_is_not_blamed():
    """The second input moves the value alone, but nothing where the first two are as new."""
    ten = INPUTS[:10]

    def value(on):
        return "new" if {"i0", "i1"} <= on else "third" if "i2" in on else "".join(sorted({"i0", "i1"} & on))

    found, _ = searched(dict.fromkeys(map(str, range(10)), value), dict.fromkeys(map(str, range(10)), ten))
    assert set(found["3"].inputs) == {"i0", "i1"}


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
@given(st.lists(outputs(), min_size=1, max_size=4), st.sampled_from([1, 40]))
def test_causes_are_sufficient_and_none_is_blamed_without_effect(drawn, copies):
    """Few outputs are searched for by halves, many by single inputs."""
    functions = {f"o{number}": value for number, (_, value, _) in enumerate(drawn * copies)}
    used = sorted({name for _, _, linked in drawn for name in linked} | {*INPUTS[:5]})
    found, _ = searched(functions, dict.fromkeys(functions, used))
    for number, (_, value, linked) in enumerate(drawn):
        cause = found[f"o{number}"]
        assert set(cause.inputs) <= linked
        assert value(frozenset(cause.inputs)) == value(frozenset(INPUTS))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.frozensets(st.sampled_from(INPUTS[:5]), max_size=5), st.integers(0, 3), max_size=32))
@pytest.mark.parametrize("outputs", [1, 5])
def test_any_function_gets_a_set_of_which_none_can_be_left_out(outputs, table):
    everything = frozenset(INPUTS[:5])

    def value(on):
        return table.get(on & everything, 0)

    if value(frozenset()) == value(everything):
        return
    names = "abcde"[:outputs]
    changed = [Changed(name, value(frozenset()), value(everything), INPUTS[:5]) for name in names]
    cause, *_ = attribution.attribute(changed, lambda on, ids: dict.fromkeys(names, value(on)))
    assert cause.inputs
    if cause.how != ALONE:
        assert value(frozenset(cause.inputs)) == changed[0].new
    else:
        assert all(value(frozenset({each})) == changed[0].new for each in cause.inputs)
