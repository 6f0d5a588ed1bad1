"""Grades of confidence: each rule on findings made for it, how rules combine, and what the table of rules must be."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.findings import confidence
from analysis.findings.confidence import DOMAINS, GRADES, graded, graded_words, middle, rules, weakest
from analysis.findings.finding import COLUMNS
from analysis.findings.measures import LANGUAGES, MEASURES

NEWEST = confidence._newest()
# A count of one year by UNODC's data set: nothing lowers it.
SURE = {
    "finding_id": "SEN/detected_victims.unodc", "area_id": "SEN", "measure": "detected_victims", "item": "unodc",
    "period": str(NEWEST - 1), "value": 40.0, "low": 40.0, "high": 40.0, "interval": "exact", "unit": "persons",
    "n": None, "method": "Counted.", "limits": "Detected.", "source_ids": "UNODC_GLOTIP_2025", "status": "known",
}  # fmt: skip


def findings(*rows: dict) -> pd.DataFrame:
    """Findings that differ from the sure one by what is given."""
    return pd.DataFrame([SURE | row for row in rows], columns=list(COLUMNS))


def of(**row: object) -> tuple[str, list[str]]:
    """The grade of one finding, and its reasons."""
    found = graded(findings(row)).iloc[0]
    return str(found["grade"]), [name for name in str(found["grade_reasons"]).split(";") if name]


def test_each_rule_has_a_domain_a_step_and_words_in_each_language():
    table = rules()
    assert table["rule"].is_unique and set(table["domain"]) == set(DOMAINS) and (table["step"] < 0).all()
    assert all(table[language].str.len().gt(3).all() and table[language].is_unique for language in LANGUAGES)
    assert not table["condition"].str.contains("SEN|TUR|CPV|turkiye|cabo_verde|west_africa", regex=True).any()


def test_groups_of_measures_name_measures_that_there_are_and_each_is_asked_for():
    assert {name for names in confidence.GROUPS.values() for name in names} <= set(MEASURES)
    asked = " ".join(rules()["condition"])
    assert all(f"@{name}" in asked for name in confidence.GROUPS)


@pytest.mark.parametrize(
    ("row", "grade", "reasons"),
    [
        ({}, "high", []),
        ({"status": "not read", "value": None, "low": None, "high": None}, "", []),
        # Limits of 2 to 8 are four times as wide as their lower end, of 1 to 8 eight times.
        ({"interval": "confidence", "low": 2.0, "value": 4.0, "high": 8.0, "n": 9}, "moderate", ["wide_limits"]),
        ({"interval": "confidence", "low": 1.0, "value": 4.0, "high": 8.0, "n": 9}, "low", ["very_wide_limits"]),
        ({"interval": "confidence", "low": 0.1, "value": 1.0, "high": 5.0, "n": 1}, "very low", ["one_event"]),
        ({"high": float("inf"), "value": None}, "moderate", ["a_part"]),
        ({"interval": "part_one_agency"}, "moderate", ["a_part"]),
        ({"period": str(NEWEST - 8)}, "high", []),
        ({"period": str(NEWEST - 9)}, "moderate", ["old_number"]),
        ({"period": f"{NEWEST - 20}/{NEWEST - 19}"}, "low", ["very_old_number"]),
        ({"measure": "modelled_prevalence", "item": ""}, "low", ["modelled"]),
        # Bounds of 4 to 6: width 2 about a middle of 5. Of a score the width is taken as it is.
        ({"interval": "bounds", "low": 4.0, "value": None, "high": 6.0}, "moderate", ["wide_bounds"]),
        ({"interval": "bounds", "low": 0.2, "value": None, "high": 0.9, "unit": "score"}, "low", ["very_wide_bounds"]),
        ({"measure": "route_mentions", "item": "transit"}, "moderate", ["sentences_read", "coded_once"]),
        ({"source_ids": "CPV_RGPH2021_REMEMBERED"}, "low", ["remembered"]),
        # Two domains of two steps are one step worse than either.
        ({"measure": "modelled_persons", "item": "", "period": str(NEWEST - 20)}, "very low",
         ["very_old_number", "modelled"]),
        # Two of one step are no worse than one.
        ({"interval": "part_one_agency", "period": str(NEWEST - 9)}, "moderate", ["a_part", "old_number"]),
    ],
)  # fmt: skip
def test_a_finding_has_the_grade_that_its_worst_domain_gives(row, grade, reasons):
    assert of(**row) == (grade, reasons)


def test_a_second_coder_who_gave_the_same_answer_makes_a_state_surer():
    # nrm_second_readings.csv: BEN A2 was coded 1 to 1 by both.
    answer = {"measure": "state", "unit": "level", "source_ids": "TIP2023_BEN_s", "value": 0.0, "low": 0.0, "high": 0.0}
    assert of(**answer, area_id="BEN", item="A2") == ("high", [])
    assert of(**answer, area_id="BEN", item="C2") == ("moderate", ["one_reading"])


def test_a_contradiction_of_place_year_and_subject_lowers_and_no_other():
    # contradictions.csv: victims identified in Ghana in 2021.
    assert "contradicted" in of(area_id="GHA", period="2021", source_ids="TIP2022_GHA")[1]
    assert "contradicted" not in of(area_id="GHA", period="1999")[1]
    assert "contradicted" not in of(area_id="GHA", period="2021", item="unodc", measure="detected_by_form")[1]
    # A trend over the years is no figure of one of them.
    assert "contradicted" not in of(area_id="GHA", period="2010/2022")[1]


def test_publishers_that_are_off_by_more_than_a_half_lower_each_other():
    rows = ({"item": "unodc"}, {"item": "us_reports", "value": 61.0, "low": 61.0, "high": 61.0})
    assert graded(findings(*rows))["grade_reasons"].tolist() == ["apart", "apart"]
    near = ({"item": "unodc"}, {"item": "us_reports", "value": 60.0, "low": 60.0, "high": 60.0})
    assert graded(findings(*near))["grade_reasons"].tolist() == ["", ""]


def facts_of(**row: object) -> pd.Series:
    return confidence.facts(findings(row)).iloc[0]


def test_a_row_that_was_looked_up_again_counts_for_the_finding_that_has_its_figure():
    # recheck.csv, round 3: Bursa, 20 November 2025, 140,805 Syrians, right.
    row = {"area_id": "TR-16", "measure": "official_persons", "item": "syrians_temporary_protection",
           "period": "2025-11-20", "value": 140805.0, "source_ids": "KAYSERI_20251124"}  # fmt: skip
    assert facts_of(**row)["rechecked"] and facts_of(**row)["recheck"] == "right"
    others = ({"value": 140806.0}, {"period": "2024-11-20"}, {"area_id": "TR-01"}, {"source_ids": "WBPOP"})
    assert not any(facts_of(**row | other)["rechecked"] for other in others)
    # Round 6: that Mauritania has a mechanism was not found again in the report on 2024.
    answer = {"area_id": "MRT", "measure": "gap", "item": "A8", "source_ids": "DOL2024_MRT;TIP2025_MRT"}
    assert "not_found_again" in of(**answer)[1] and not facts_of(**answer)["rechecked"]


def test_what_a_second_coder_reads_otherwise_lowers_and_what_he_reads_alike_does_not(monkeypatch):
    table = pd.DataFrame(
        {"row_id": ["a", "b", "c"], "data_set": "official_counts", "source_id": "TIP2022_GHA", "places": [("SEN",)] * 3,
         "period": [f"{NEWEST - 1}-01-01/{NEWEST - 1}-12-31"] * 3, "indicator": ["mining", "begging", "sex"],
         "value": "40", "recheck": ["", "", "corrected"], "second": ["same", "differs", ""]}
    )  # fmt: skip
    monkeypatch.setattr(confidence.coded_rows, "reviewed", lambda: table)
    confidence._reviewed.cache_clear()
    row = {"measure": "children_of_a_form", "source_ids": "TIP2022_GHA"}
    assert of(**row, item="mining.at_work") == ("high", [])
    assert of(**row, item="begging.at_work") == ("moderate", ["coders_differ"])
    assert of(**row, item="sex.found") == ("moderate", ["found_wrong"])
    assert of(**row, item="farming.at_work") == ("moderate", ["coded_once"])
    confidence._reviewed.cache_clear()


def test_a_grade_changes_no_number_and_no_order():
    before = findings({}, {"interval": "part_one_agency"})
    pd.testing.assert_frame_equal(graded(before)[[*COLUMNS]].drop(columns=["grade", "grade_reasons"]),
                                  before.drop(columns=["grade", "grade_reasons"]))  # fmt: skip


def test_words_of_a_grade_are_in_each_language():
    row = {"grade": "very low", "grade_reasons": "one_event;modelled"}
    assert graded_words(row) == "very low confidence: it rests on one event or none; modelled and not counted"
    assert (
        graded_words(row, "fr").startswith("confiance très faible: ")
        and graded_words({"grade": "", "grade_reasons": ""}) == ""
    )
    assert {
        len({graded_words({"grade": each, "grade_reasons": ""}, language) for each in GRADES}) for language in LANGUAGES
    } == {4}


def test_the_weakest_and_the_middle_of_grades():
    assert weakest(["high", "", "low", "moderate"]) == "low" and weakest(["", ""]) == middle([]) == ""
    # Of three at least half reach moderate; of two, one has high and both reach low, so that half reach high.
    assert middle(["high", "moderate", "low"]) == "moderate" and middle(["high", "low"]) == "high"


def test_hand_grades_are_complete_and_of_two_readers():
    table = pd.read_csv("tests/reference/hand_grades.csv")
    assert table.groupby("draw")["finding_id"].nunique().tolist() == [60, 60, 60]
    assert set(table["grade"]) <= set(GRADES) and not table.duplicated(["finding_id", "reader"]).any()
    assert table.groupby("finding_id")["reader"].nunique().eq(2).all()
