"""The gap register, by hand, and beside the actions that others suggest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.referral import answers, gaps, states

FRAMEWORK = pd.DataFrame(
    [
        ("A8", "A", "Law", "Referral mechanism in law", "level", 3.0, "", "", "policy", "", "", "government"),
        ("C1", "C", "Identification", "Procedures", "level", 3.0, "identification;referral", "weakest", "policy",
         "ILO P029", "art. 3", "national coordinator"),
        ("A5", "A", "Law", "Treaties bound", "count", 2.0, "UNTOC;OPAC", "sum", "law", "", "", "parliament"),
        ("C6", "C", "Identification", "Labour inspectors refer", "answer", 1.0, "", "", "practice", "ILO C182",
         "art. 7 (2)", "labour inspectorate"),
        ("D2", "D", "Support", "Shelter places", "measure", np.nan, "", "", "practice", "ILO P029", "art. 3",
         "ministry"),
    ],
    columns=["indicator_id", "dimension_id", "dimension", "short", "scale", "top", "parts", "combine", "aspect",
             "treaty", "article", "closed_by"],
)  # fmt: skip
TREATIES = pd.DataFrame({"area_id": ["SEN", "SEN"], "treaty": ["ILO C182", "ILO P029"], "status": ["bound", "signed"]})


def reading(
    indicator_id, year, low, high, missing, answer="no", asked="a_question", part="", obliged="yes", source="S1"
):
    said = (answer, asked, "coded answer", missing, source, "as noted", obliged)
    return ("SEN", indicator_id, part, year, low, high, *said)


def register(*rows) -> pd.DataFrame:
    every = pd.DataFrame(rows, columns=answers.READING)
    latest = answers.latest(every, 2023)
    found = answers.answers(latest, FRAMEWORK, ["SEN"])
    return gaps.gaps(latest, every, found, FRAMEWORK, TREATIES)


def rated(*rows) -> pd.DataFrame:
    table = register(*rows)
    return table[table["severity"] != "not rated"].set_index("indicator_id")


@pytest.mark.parametrize(
    ("row", "severity", "obligation"),
    [
        # Absent, and a treaty in force for the state asks for it.
        (reading("C6", 2022, 0, 0, "No mechanism"), "high", "ILO C182, art. 7 (2)"),
        # Drafted at most; the treaty that asks for it is signed and does not bind.
        (reading("C1", 2022, 0, 1, "No procedures", part="referral"), "medium", ""),
        (reading("A8", 2022, 0, 1, "No mechanism"), "medium", ""),
        (reading("A8", 2022, 1, 2, "In part", "partly"), "low", ""),
        # In part, where a treaty binds.
        (reading("C6", 2022, 0, 0.5, "In part", "partly"), "medium", "ILO C182, art. 7 (2)"),
        # The treaty asks for something else than this answer shows to be missing.
        (reading("C6", 2022, 0, 0, "No mechanism", obliged="no"), "medium", ""),
        # One treaty of those counted: the others may well bind.
        (reading("A5", 2023, 0, 0, "Not bound by OPAC", "none", "treaties", "OPAC"), "low", ""),
        (reading("A5", 2023, 0, 0, "Signed and not bound by OPAC", "signed", "treaties", "OPAC"), "low", ""),
    ],
)
def test_severity_follows_its_rule(row, severity, obligation):
    found = rated(row).iloc[0]
    assert (found["severity"], found["obligation"]) == (severity, obligation)
    assert found["rule"] == gaps.RULES[severity]


def test_a_measure_has_no_gap_whatever_a_reading_says():
    table = register(reading("D2", 2022, 0, 0, "No shelter"), reading("D2", 2021, np.nan, np.nan, "Short", "partly"))
    assert "D2" not in set(table["indicator_id"])


def test_what_is_missing_is_no_gap_where_answers_of_one_year_leave_the_state_unknown():
    every = reading("A8", 2022, 0, 1, "No mechanism"), reading("A8", 2022, 2, 3, "", "yes", source="S2")
    assert "A8" not in rated(*every).index


def test_what_falls_short_by_its_bounds_alone_is_a_gap_with_general_words():
    assert rated(reading("A8", 2022, 1, 2, "", "partly")).loc["A8", "missing"] == (
        "Less than in full: Referral mechanism in law"
    )


def test_what_is_in_place_is_no_gap_and_what_is_unknown_is_one_of_data():
    table = register(reading("A8", 2022, 2, 3, "", "yes")).set_index("indicator_id")
    assert "A8" not in table.index
    assert set(table["kind"]) == {"data"} and set(table["severity"]) == {"not rated"}
    assert table.at["C6", "missing"] == "No public evidence: Labour inspectors refer"


def test_a_gap_stands_since_the_first_year_of_an_unbroken_run():
    rows = [
        reading("A8", 2015, 0, 1, "No mechanism"),
        reading("A8", 2017, 2, 3, "", "yes"),
        reading("A8", 2019, 1, 2, "In part", "partly"),
        reading("A8", 2022, 0, 1, "No mechanism"),
    ]
    found = rated(*rows).loc["A8"]
    assert (found["since"], found["year"]) == (2019, 2022)
    assert rated(rows[0], rows[3]).loc["A8", "since"] == 2015


def test_what_a_treaty_or_a_release_lacks_has_no_year_since_when():
    assert pd.isna(rated(reading("A5", 2023, 0, 0, "Not bound", "none", "treaties", "OPAC")).loc["A5", "since"])


def test_a_gap_that_was_closed_is_gone():
    assert rated(reading("C6", 2019, 0, 0, "No mechanism"), reading("C6", 2022, 1, 1, "", "yes")).empty


def test_a_treaty_that_two_tables_show_is_one_gap_with_both_sources():
    found = rated(
        reading("A5", 2022, 0, 0, "Not bound by OPAC", "no", "crc_opac_ratified", "OPAC", source="DOLX2022"),
        reading("A5", 2022, 0, 0, "Signed and not bound by OPAC", "signed", "treaties", "OPAC", source="UNTC"),
    )
    assert list(found["missing"]) == ["Signed and not bound by OPAC"]
    assert set(found["source_ids"].item().split(";")) == {"DOLX2022", "UNTC"}


def test_what_does_not_apply_has_no_gap():
    every = pd.DataFrame([reading("A8", 2022, 0, 1, "No mechanism")], columns=answers.READING)
    latest = answers.latest(every, 2023)
    exempt = pd.DataFrame({"area_id": "SEN", "indicator_id": FRAMEWORK["indicator_id"], "note": "not asked"})
    found = answers.answers(latest, FRAMEWORK, ["SEN"], exempt)
    assert gaps.gaps(latest, every, found, FRAMEWORK, TREATIES).empty


def test_gaps_are_numbered_and_sorted_by_severity():
    table = register(
        reading("A8", 2022, 1, 2, "In part", "partly"),
        reading("C6", 2022, 0, 0, "No mechanism"),
        reading("C1", 2022, 0, 1, "No procedures to identify", part="identification"),
        reading("C1", 2022, 0, 1, "No procedures to refer", part="referral", asked="another"),
    )
    assert list(table["gap_id"][:4]) == ["SEN-C6-1", "SEN-C1-1", "SEN-C1-2", "SEN-A8-1"]
    assert table["gap_id"].is_unique
    # Of A5 nothing is known; D2 is a measure.
    assert table["severity"].value_counts().to_dict() == {"medium": 2, "not rated": 1, "high": 1, "low": 1}


def test_actions_are_found_left_open_or_missed():
    rows = [
        reading("A8", 2022, 0, 1, "No mechanism", source="DOL2022"),
        reading("C6", 2022, 0, 0, "No mechanism", source="TIP2022"),
        reading("C1", 2022, 2, 3, "", "yes", part=""),
    ]
    every = pd.DataFrame(rows, columns=answers.READING)
    latest = answers.latest(every, 2023)
    found = answers.answers(latest, FRAMEWORK, ["SEN"])
    table = gaps.gaps(latest, every, found, FRAMEWORK, TREATIES)
    actions = pd.DataFrame(
        [
            ("SEN", 1, "A8"),
            ("SEN", 2, "C6;A8"),
            ("SEN", 3, "C1"),
            ("SEN", 4, "D2"),
            ("SEN", 5, "none"),
            ("SEN", 6, "C1;D2"),
        ],
        columns=["area_id", "action_id", "indicators"],
    )
    beside = gaps.beside_actions(actions, table, states.states(found, FRAMEWORK)).set_index("action_id")
    assert beside["outcome"].to_dict() == {1: "found", 2: "found", 3: "missed", 4: "nothing known", 6: "nothing known"}
    assert beside["independent"].to_dict() == {1: False, 2: True, 3: False, 4: False, 6: False}
    assert set(beside.at[2, "gap_ids"].split(";")) == {"SEN-A8-1", "SEN-C6-1"}
    share = gaps.recall(beside.reset_index(), ["area_id"]).iloc[0]
    assert (share["actions"], share["found"], share["recall"]) == (5, 2, 0.4)
    assert share["recall_known"] == pytest.approx(2 / 3) and share["independent"] == 1
