"""What a user relies on when answers of children become outcomes: thresholds, unknown answers, nesting, refusals."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from analysis.cases.htcds import EXPLOITATION
from analysis.methods.outcomes import (
    CHORES,
    ECONOMIC_ACTIVITIES,
    FORCED_LABOUR,
    HAZARDS,
    OUTCOMES,
    PURPOSES,
    definitions,
    outcomes,
)

NO_WORK = {
    **dict.fromkeys((*ECONOMIC_ACTIVITIES, *CHORES, *FORCED_LABOUR), False),
    **dict.fromkeys((*HAZARDS, *CHORES.values())),
    **{"work_hours": 0.0, "acts": "none", "purposes": None, "age": 13},
}
WORK = NO_WORK | {"work_other": True, "work_hours": 2.0} | dict.fromkeys(HAZARDS, False)


def table(*children: dict) -> pd.DataFrame:
    rows = pd.DataFrame(list(children)).assign(respondent_id=[f"r{number}" for number in range(len(children))])
    yes_no = [*ECONOMIC_ACTIVITIES, *CHORES, *HAZARDS, *FORCED_LABOUR]
    return rows.astype(dict.fromkeys(yes_no, "boolean") | dict.fromkeys(["work_hours", *CHORES.values()], "Float64"))


def decided(child: dict, outcome: str) -> bool | None:
    value = outcomes(table(child))[outcome].iloc[0]
    return None if value is pd.NA else bool(value)


# Thresholds: SDG indicator 8.7.1, metadata of 2022: 1 hour at 5-11, 14 at 12-14, 43 at 15-17 years.
@pytest.mark.parametrize(
    ("age", "hours", "beyond"),
    [
        (5, 0.5, False), (5, 1, True), (11, 0.9, False), (11, 1, True),
        (12, 1, False), (12, 13.9, False), (12, 14, True), (14, 13.9, False), (14, 14, True),
        (15, 14, False), (15, 42, False), (15, 43, True), (17, 42.9, False), (17, 43, True),
        (11, None, None), (17, None, None),
        # At an age that is not known: below every threshold, above every one, and between.
        (None, 0.5, False), (None, 43, True), (None, 20, None),
    ],
)  # fmt: skip
def test_economic_activity_is_held_against_the_hours_of_the_age(age, hours, beyond):
    child = WORK | {"age": age, "work_hours": hours}
    assert decided(child, "economic_activity_beyond_hours") is beyond
    assert decided(child, "sdg_8_7_1_with_chores") is beyond
    assert decided(child, "child_labour") is beyond
    assert decided(child, "working") is True


# As above: 21 hours of chores at 5-14 years; none at 15-17.
@pytest.mark.parametrize(
    ("age", "water", "firewood", "other", "beyond"),
    [
        (14, 0, 0, 21, True), (14, 0, 0, 20.9, False), (14, 7, 7, 7, True), (5, 7, 7, 6.9, False),
        (15, 0, 0, 21, False), (17, 50, 50, 50, False),
        # What is known reaches the threshold, or does not.
        (14, None, 0, 21, True), (14, None, 0, 20, None), (15, None, None, None, False),
        (None, 0, 0, 20, False), (None, 0, 0, 21, None),
    ],
)  # fmt: skip
def test_hours_of_chores_are_added_and_held_against_the_age(age, water, firewood, other, beyond):
    hours = dict(zip(CHORES.values(), (water, firewood, other), strict=True))
    child = NO_WORK | dict.fromkeys(CHORES, True) | hours | {"age": age}
    assert decided(child, "chores_beyond_hours") is beyond
    assert decided(child, "sdg_8_7_1_with_chores") is beyond
    assert decided(child, "child_labour") is beyond
    assert decided(child, "economic_activity_beyond_hours") is False


def test_chores_that_are_not_done_take_no_hours():
    assert decided(NO_WORK | {"household_chores": True, "household_chores_hours": 20}, "chores_beyond_hours") is False
    assert decided(NO_WORK | {"fetches_water": None}, "chores_beyond_hours") is None


def test_a_known_hazard_is_child_labour_though_the_hours_are_not_known():
    child = WORK | {"work_hours": None, "hazard_dust": True, "hazard_noise": None}
    assert decided(child, "economic_activity_beyond_hours") is None
    assert decided(child, "hazardous_work") is True
    assert decided(child, "child_labour") is True


def test_one_hazard_that_is_not_known_leaves_hazardous_work_open():
    child = WORK | {"age": 16, "hazard_heights": None}
    assert decided(child, "hazardous_work") is None
    assert decided(child, "child_labour") is None
    assert decided(child | {"work_hours": 43}, "child_labour") is True


def test_a_child_that_does_not_work_has_no_hazards_and_one_that_may_work_may_have():
    for outcome in ("working", "hazardous_work", "forced_labour", "child_labour", "trafficked"):
        assert decided(NO_WORK, outcome) is False
    # Whether it works is not known: nor is what was not asked because of that.
    unknown = NO_WORK | {"work_other": None, "work_hours": None}
    for outcome in ("working", "economic_activity_beyond_hours", "hazardous_work", "child_labour"):
        assert decided(unknown, outcome) is None


def test_one_known_activity_is_work_and_none_needs_all_answers():
    assert decided(WORK | {"work_farm": None}, "working") is True
    assert decided(NO_WORK | {"work_farm": None}, "working") is None


@pytest.mark.parametrize("item", FORCED_LABOUR)
def test_each_item_of_forced_labour_is_enough_and_lies_within_child_labour(item):
    child = WORK | {"age": 17, item: True}
    assert decided(child, "economic_activity_beyond_hours") is False
    assert decided(child, "forced_labour") is True
    assert decided(child, "child_labour") is True
    assert decided(WORK | {"age": 17, item: None}, "forced_labour") is None
    # Said of a child that did not work in the last week: it holds.
    assert decided(NO_WORK | {item: True}, "child_labour") is True
    # It is asked of all: an answer that is missing leaves it open there too.
    assert decided(NO_WORK | {item: None}, "forced_labour") is None


# Palermo Protocol, art. 3(c): an act for the purpose of exploitation; means are not asked for.
@pytest.mark.parametrize(
    ("acts", "purposes", "trafficked"),
    [
        ("recruited", "ForcedLabour", True), ("recruited harboured", "ForcedMarriage OrganRemoval", True),
        ("recruited", "none", False), ("none", "ForcedLabour", False), ("none", None, False), (None, "none", False),
        ("recruited", None, None), (None, "ForcedLabour", None), (None, None, None),
    ],
)  # fmt: skip
def test_trafficking_is_an_act_and_a_purpose(acts, purposes, trafficked):
    child = NO_WORK | {"acts": acts, "purposes": purposes}
    assert decided(child, "trafficked") is trafficked
    assert decided(child, "child_labour") is False


def test_purposes_are_those_of_the_case_records():
    assert set(PURPOSES) == set(EXPLOITATION)


ANSWER = st.sampled_from([True, False, None])


@pytest.mark.slow
@given(
    st.fixed_dictionaries(
        {
            **{column: ANSWER for column in (*ECONOMIC_ACTIVITIES, *CHORES, *FORCED_LABOUR)},
            "age": st.one_of(st.none(), st.integers(5, 17)),
            "acts": st.sampled_from(["none", "recruited", None]),
            "purposes": st.sampled_from(["none", "Other", None]),
        }
    )
)
def test_what_is_not_known_never_decides_and_forced_labour_lies_within_child_labour(answers):
    child = NO_WORK | {"work_hours": None} | answers
    found = outcomes(table(child))[list(OUTCOMES)].iloc[0]
    if found["forced_labour"] is not pd.NA and found["forced_labour"]:
        assert found["child_labour"]
    # Whatever the missing answers would have been, what was decided stays decided.
    for filled in (True, False):
        whole = child | {column: filled for column in (*CHORES, *FORCED_LABOUR) if child[column] is None}
        later = outcomes(table(whole))[list(OUTCOMES)].iloc[0]
        for outcome in OUTCOMES:
            if found[outcome] is not pd.NA:
                assert later[outcome] is not pd.NA and later[outcome] == found[outcome]


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("age", 18, ("out_of_range", "'age'", "'18'", "5", "17")),
        ("age", 9.5, ("out_of_range", "1", "'age'", "'9.5'")),
        ("work_hours", 169, ("out_of_range", "'work_hours'", "'169.0'")),
        ("work_hours", -1, ("out_of_range", "'work_hours'", "'-1.0'")),
        ("acts", "kidnapped", ("unknown_code", "1", "'acts'")),
        ("acts", "none recruited", ("unknown_code", "1", "'acts'")),
        ("purposes", "", ("unknown_code", "1", "'purposes'")),
        # As a form writes what is not known: a purpose of exploitation it is not.
        ("purposes", "dont_know", ("unknown_code", "1", "'purposes'")),
        ("purposes", "ForcedLabour refused", ("unknown_code", "1", "'purposes'")),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_row_and_column(column, value, message):
    with refused(ValueError, *message):
        outcomes(table(WORK, WORK | {column: value}))


def test_answers_that_contradict_each_other_are_refused_by_row_and_column():
    with refused(ValueError, "contradictory_answers", "1", "'work_hours'", "'3.0'"):
        outcomes(table(WORK, NO_WORK | {"work_hours": 3}))
    with refused(ValueError, "contradictory_answers", "1", "'hazard_dust'", "'True'"):
        outcomes(table(WORK, NO_WORK | {"hazard_dust": True}))
    with refused(ValueError, "contradictory_answers", "'firewood_hours'", "'2.0'", "'collects_firewood'"):
        outcomes(table(NO_WORK | {"firewood_hours": 2}))
    with refused(ValueError, "not_boolean", "1", "'work_farm'", "'perhaps'"):
        outcomes(table(WORK, WORK).astype({"work_farm": object}).replace({"work_farm": {False: "perhaps"}}).assign(
            work_farm=[False, "perhaps"]))  # fmt: skip
    with refused(ValueError, "missing_column", "column 'heavy_loads'"):
        outcomes(table(WORK).drop(columns="heavy_loads"))


def test_definitions_name_every_outcome_with_its_source():
    found = definitions()
    assert set(found["outcome"]) == set(OUTCOMES)
    assert found["source"].str.len().gt(0).all()
    hours = found.dropna(subset="hours").set_index(["outcome", "age_low", "age_high"])["hours"].to_dict()
    # SDG indicator 8.7.1, metadata of 2022.
    assert hours == {
        ("economic_activity_beyond_hours", 5, 11): 1,
        ("economic_activity_beyond_hours", 12, 14): 14,
        ("economic_activity_beyond_hours", 15, 17): 43,
        ("chores_beyond_hours", 5, 14): 21,
    }


def test_nobody_has_outcomes_without_respondents():
    assert outcomes(table(WORK).iloc[:0]).empty


def test_two_hundred_thousand_children_take_less_than_a_second():
    children = table(*[WORK, NO_WORK, WORK | {"acts": "recruited", "purposes": "Other"}, WORK | {"work_hours": None}])
    many = children.iloc[np.tile(np.arange(4), 50_000)].reset_index(drop=True)
    began = time.perf_counter()
    found = outcomes(many)
    assert time.perf_counter() - began < 1
    assert found["trafficked"].sum() == 50_000
