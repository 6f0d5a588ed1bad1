"""What the method, the lessons and the commitments claim of the evidence, recomputed from the rows as received.

Each test is a statement of `shared.csv`. Nothing of the library is used.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

RAW = Path(__file__).parents[2] / "data" / "raw"
ISLANDS = {
    *("CPV-SANTOANTAO", "CPV-SAOVICENTE", "CPV-SAONICOLAU", "CPV-SAL", "CPV-BOAVISTA", "CPV-MAIO", "CPV-SANTIAGO"),
    *("CPV-FOGO", "CPV-BRAVA"),
}
WEST_AFRICA = (
    *("BEN", "BFA", "CPV", "CIV", "GMB", "GHA", "GIN", "GNB"),
    *("LBR", "MLI", "MRT", "NER", "NGA", "SEN", "SLE", "TGO"),
)


def rows(name: str, folder: str = "evidence") -> list[dict[str, str]]:
    with (RAW / folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tables() -> dict[str, list[dict[str, str]]]:
    return {file.stem: rows(file.stem) for file in sorted((RAW / "evidence").glob("*.csv"))}


def of_us(source_id: str) -> bool:
    return source_id.startswith(("TIP", "DOL"))


def test_sources_were_read_as_original_copy_or_quotation_and_what_was_not_is_marked():
    how = Counter(row["read_as"] for row in rows("sources"))
    read = how["original"] + how["copy"] + how["quotation"]
    assert read > 0.99 * sum(how.values())
    assert set(how) - {"original", "copy", "quotation"} <= {"derived", "remembered", "unknown", "none"}


def test_inhabitants_that_are_remembered_are_marked_and_so_is_what_was_worked_out():
    people = rows("population")
    remembered = {row["area_id"] for row in people if row["source_id"] == "CPV_RGPH2021_REMEMBERED"}
    assert remembered & ISLANDS == {"CPV-BOAVISTA", "CPV-BRAVA", "CPV-MAIO", "CPV-SAONICOLAU"}
    assert all(row["provenance"] == "remembered" for row in people if row["source_id"] == "CPV_RGPH2021_REMEMBERED")
    derived = [row for row in rows("cabo_verde_facts") if "derived" in row["note"].lower().split(":")[0]]
    assert derived and all(row["provenance"] in ("derived", "read") for row in derived)


def test_rows_were_looked_up_again_and_most_were_right():
    results = Counter(row["result"] for row in rows("recheck"))
    assert results["right"] > 0.9 * sum(results.values()) and sum(results.values()) > 100
    assert set(results) == {"right", "corrected", "not found again"}


def test_where_sources_conflict_every_figure_is_kept_with_the_reason_for_the_one_preferred():
    conflicts = rows("contradictions")
    assert len(conflicts) > 50
    both = [row for row in conflicts if row["existing_or_other"] and row["added"]]
    assert len(both) > 0.9 * len(conflicts) and sum(bool(row["comment"]) for row in conflicts) > 0.9 * len(conflicts)
    assert all(row["reason"] for row in rows("set_aside"))


def test_at_least_and_below_5_are_ranges_and_about_is_not():
    for name in ("official_counts", "cabo_verde_facts", "turkiye_facts", "unodc_detected_victims"):
        for row in rows(name):
            if row["value_qualifier"] == "at_least":
                assert row["low"] and row["high"] in ("", "inf"), (name, row)
            if row["value_qualifier"] == "below_5":
                assert float(row["high"]) == 4 and float(row["low"]) <= 1, (name, row)
            if row["value_qualifier"] == "approx":
                assert row["low"] == row["high"], (name, row)


def test_sixty_indicators_are_drawn_from_standards_and_each_names_its_own():
    framework = rows("nrm_framework", "referral")
    assert len(framework) == len({row["indicator_id"] for row in framework}) == 60
    assert all(row["source_framework"] for row in framework)
    assert {row["aspect"] for row in framework} == {"law", "policy", "practice", "data"}


def test_a_measure_without_a_scale_stands_among_the_indicators():
    assert 0 < sum(row["scale"] == "measure" for row in rows("nrm_framework", "referral")) < 30


def test_most_answers_on_referral_come_from_two_us_departments():
    answered = [
        row for row in rows("referral_indicators") if row["answer"] != "unknown" and row["area_id"] in WEST_AFRICA
    ]
    assert sum(of_us(row["source_id"]) for row in answered) > 0.9 * len(answered)


def test_unodc_release_ends_with_2022():
    years = [int(row["year"]) for row in rows("unodc_detected_victims")]
    assert max(years) == 2022
    assert {row["source_id"] for row in rows("unodc_detected_victims") if row["year"] == "2022"} == {
        "UNODC_GLOTIP_2025"
    }


def test_later_us_reports_were_read_for_some_countries_alone():
    by_year: dict[int, set[str]] = {}
    for name in ("official_counts", "referral_indicators"):
        for row in rows(name):
            year = row["source_id"][3:7]
            if row["source_id"].startswith("TIP") and year.isdigit() and row["area_id"] in WEST_AFRICA:
                by_year.setdefault(int(year), set()).add(row["area_id"])
    assert len(by_year[2022]) > 12
    assert all(len(by_year.get(year, ())) < len(WEST_AFRICA) for year in (2024, 2025))


def test_agreements_were_easier_to_find_than_to_read():
    agreements = rows("agreements")
    assert len(agreements) > 100
    assert all(row["has_referral_clause"] == "unknown" for row in agreements)
    assert sum(row["in_force"] == "yes" for row in agreements) < 0.1 * len(agreements)


def test_a_sample_of_answers_was_read_again():
    again = rows("nrm_second_readings", "referral")
    assert len(again) > 50
    assert all((row["second_low"] and row["second_high"]) or row["status"] != "coded" for row in again)


def test_law_is_known_best_and_return_and_borders_least():
    framework = {row["indicator_id"]: row for row in rows("nrm_framework", "referral") if row["scale"] != "measure"}
    asked: dict[str, set[str]] = {}
    for row in rows("nrm_crosswalk", "referral"):
        if row["answer"] in ("yes", "no", "partly"):
            asked.setdefault(row["coded_indicator"], set()).add(row["indicator_id"])
    known = {
        (row["area_id"], indicator)
        for row in rows("referral_indicators")
        if row["answer"] in ("yes", "no", "partly") and row["area_id"] in WEST_AFRICA
        for indicator in asked.get(row["indicator"], ())
        if indicator in framework
    }
    known |= {
        (row["area_id"], row["indicator_id"])
        for row in rows("nrm_readings", "referral")
        if row["indicator_id"] in framework and row["area_id"] in WEST_AFRICA
    }

    def share(column: str) -> dict[str, float]:
        size = Counter(row[column] for row in framework.values())
        found = Counter(framework[indicator][column] for _, indicator in known)
        return {name: found[name] / (number * len(WEST_AFRICA)) for name, number in size.items()}

    assert max(share("aspect"), key=share("aspect").get) == "law"
    by_dimension = share("dimension")
    least = set(sorted(by_dimension, key=by_dimension.get)[:3])
    assert {"Social inclusion & return", "Transnational/regional referral"} <= least
    # What had stood there, that most of what is known is law, does not hold.
    assert sum(framework[indicator]["aspect"] == "law" for _, indicator in known) < len(known) / 2


def test_people_whom_authorities_interviewed_are_counted_for_turkiye_as_a_whole_alone():
    interviewed = [row for row in rows("official_counts") if row["indicator"] == "potential_victims_interviewed"]
    assert {row["area_id"] for row in interviewed if row["area_id"].startswith("T")} >= {"TUR"}
    assert not [
        row
        for row in rows("turkiye_facts")
        if row["indicator"] == "potential_victims_interviewed" and row["area_id"] != "TUR"
    ]


def test_no_source_names_an_island_of_origin_in_cabo_verde():
    assert not [row for row in rows("route_mentions") if row["origin"] == "CPV" and row["origin_place"]]


def test_reports_of_child_sexual_abuse_are_known_of_every_inhabited_island():
    known = {
        row["area_id"] for row in rows("cabo_verde_facts") if row["indicator"] == "icca_child_sexual_abuse_reports"
    }
    assert known >= ISLANDS


def test_no_table_of_the_evidence_has_a_row_for_a_person():
    columns = {name: set(table[0]) for name, table in tables().items() if table}
    forbidden = {
        "name_of_person",
        "given_name",
        "family_name",
        "birth_date",
        "date_of_birth",
        "document_number",
        "phone",
    }
    assert not {name for name, found in columns.items() if found & forbidden}


@pytest.mark.parametrize("language", ["fr", "pt", "tr"])
def test_the_method_in_another_language_cites_what_the_english_cites(language):
    import re

    folder = RAW.parents[1] / "pledge" / "chapters"
    english, other = (
        sorted(re.findall(r"\[\[(.*?)\]\]", (folder / each / "method.md").read_text(encoding="utf-8")))
        for each in ("en", language)
    )
    assert english == other
