"""Of how many one was detected: by hand where estimate and count agree, and refused where they do not."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from analysis.methods.rates import ON_ONE_DAY, WITHIN_A_YEAR, NotComparable, Persons, detected_share, disagreements
from tests.refusals import refused

# 900 to 1,500 victims within the year 2020 by an estimate; 60 of them detected.
ESTIMATED = Persons(
    low=900, high=1500, area="XXX", concept="trafficking", group="everybody", first=2020, last=2020,
    counts=WITHIN_A_YEAR,
)  # fmt: skip
DETECTED = replace(ESTIMATED, low=60, high=60)


def test_more_detected_than_can_be_estimated_is_refused():
    with refused(NotComparable, "more_detected_than_estimated", "2,000", "1,500"):
        detected_share(ESTIMATED, replace(DETECTED, low=2000, high=2000))


def test_three_years_apart_are_compared_and_four_are_not():
    assert disagreements(ESTIMATED, replace(DETECTED, first=2023, last=2023)) == []
    with refused(NotComparable, "not_of_one_thing", "4 years"):
        detected_share(ESTIMATED, replace(DETECTED, first=2024, last=2024))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"concept": "modern_slavery"}, "other_concept"),
        ({"concept": "forced_labour"}, "other_concept"),
        ({"area": "YYY"}, "other_area"),
        ({"place": "Eastern Province"}, "other_area"),
        ({"group": "children", "age_high": 17}, "other_population"),
        ({"sex": "female"}, "other_population"),
        ({"counts": ON_ONE_DAY}, "stock_against_flow"),
        ({"counts": ""}, "stock_against_flow"),
        ({"first": math.nan, "last": math.nan}, "other_period"),
    ],
)
def test_what_is_not_the_same_thing_is_refused(changed, code):
    assert [code for code, _ in disagreements(replace(ESTIMATED, **changed), DETECTED)] == [code]
    with refused(NotComparable, "not_of_one_thing"):
        detected_share(replace(ESTIMATED, **changed), DETECTED)


def test_a_concept_that_nobody_detects_as_such_is_refused_on_both_sides():
    slavery = replace(ESTIMATED, concept="modern_slavery")
    assert [code for code, _ in disagreements(slavery, replace(DETECTED, concept="modern_slavery"))] == [
        "other_concept"
    ]


def test_a_model_of_slavery_on_any_day_is_refused_for_concept_and_for_stock():
    model = replace(ESTIMATED, concept="modern_slavery", counts=ON_ONE_DAY, modelled=True)
    assert [code for code, _ in disagreements(model, DETECTED)] == ["other_concept", "stock_against_flow"]


def test_the_share_of_a_model_says_so():
    assert detected_share(replace(ESTIMATED, modelled=True), DETECTED).modelled
    assert not detected_share(ESTIMATED, DETECTED).modelled
