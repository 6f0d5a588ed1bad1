"""How sure findings are, counted by hand: by analysis with reasons, and of the states of indicators."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.exhibits import finding_confidence
from analysis.exhibits.exhibit import publish
from analysis.findings.finding import COLUMNS

OF = {
    "status": "known", "kind": "public", "release_class": "public", "study": "west_africa", "area_id": "SEN",
    "period": "2022", "source_ids": "TIP2023_SEN", "value": 1.0,
}  # fmt: skip
ROWS = [
    {"analysis": "trends", "measure": "annual_change", "grade": "low", "grade_reasons": "by_model;few_points"},
    {"analysis": "trends", "measure": "annual_change", "grade": "moderate", "grade_reasons": "by_model"},
    {"analysis": "incidence", "measure": "headline", "grade": "high", "grade_reasons": ""},
    # What is not known has no grade, and is not counted.
    {"analysis": "incidence", "measure": "headline", "status": "not read", "grade": "", "grade_reasons": ""},
    {"analysis": "referral_mechanisms", "measure": "state", "item": "A1", "grade": "high", "grade_reasons": "",
     "value": 0.0},
    {"analysis": "referral_mechanisms", "measure": "state", "item": "A1", "grade": "low", "area_id": "MLI",
     "grade_reasons": "old_state", "period": "2019"},
]  # fmt: skip


def findings() -> pd.DataFrame:
    return pd.DataFrame([OF | {"finding_id": str(at)} | row for at, row in enumerate(ROWS)], columns=list(COLUMNS))


def test_grades_are_counted_by_analysis_in_their_order_with_the_commonest_reasons():
    found = finding_confidence.by_analysis("west_africa", findings(), reasons=1)
    assert found.table.to_numpy().tolist() == [
        ["incidence", 1, 0, 0, 0, "–"],
        ["trends", 0, 1, 1, 0, "a line through counts of one kind (2)"],
        ["referral mechanisms", 1, 0, 1, 0, "it may have changed since (1)"],
    ]
    assert "5 known findings" in found.frame["footer"].n and found.figure is not None


def test_the_matrix_shades_a_state_by_its_grade_and_writes_its_letter_and_year():
    found = finding_confidence.of_states("west_africa", findings())
    assert found.table.to_numpy().tolist() == [["A1 Trafficking criminalised", "Senegal", "–", "Mali", "–"]]
    cells = found.plot.table.set_index("area")
    assert cells["text"].to_dict() == {"Senegal": "I22", "Mali": "P19"}
    assert cells["grade"].to_dict() == {"Senegal": "high", "Mali": "low"} and found.figure is not None


@pytest.mark.parametrize("place", ["turkiye", "cabo_verde"])
def test_a_study_without_states_has_no_matrix_of_them(place):
    none = findings()
    found = finding_confidence.of_states(place, none[none["measure"] != "state"])
    assert found.figure is None and "No finding here" in found.absent
    publish(found)
