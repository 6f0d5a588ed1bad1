"""What the texts on West Africa say, each claim counted again from the raw tables by code of its own.

A test states the claim: who, when, how many, which countries. The rows come from the tables as they were coded.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

RAW = Path(__file__).parents[2] / "data" / "raw"
REGION = {
    *("BEN", "BFA", "CPV", "CIV", "GMB", "GHA", "GIN", "GNB"),
    *("LBR", "MLI", "MRT", "NER", "NGA", "SEN", "SLE", "TGO"),
}
# Publishers whose figures are of trafficking and not of the worst forms of child labour.
CHILD_LABOUR = "worst forms of child labour"


@cache
def table(name: str, folder: str = "evidence") -> list[dict[str, str]]:
    with (RAW / folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def answers(indicator: str, area_id: str) -> list[dict[str, str]]:
    """The known answers on an indicator, by the year of the report."""
    found = [
        row
        for row in table("referral_indicators")
        if row["indicator"] == indicator and row["area_id"] == area_id and row["answer"] != "unknown"
    ]
    return sorted(found, key=lambda row: row["report_year"])


def newest(indicator: str, area_id: str) -> dict[str, str]:
    return answers(indicator, area_id)[-1]


def answered(indicator: str, area_id: str, source_id: str) -> dict[str, str]:
    """The one answer of a source."""
    (row,) = [row for row in answers(indicator, area_id) if row["source_id"] == source_id]
    return row


# ---------------------------------------------------------------------------------------------------------- victims


def test_children_are_the_greater_part_of_the_victims_of_eight_countries_and_the_smaller_of_three():
    counted = {}
    years = {"BFA": "2021", "TGO": "2021"} | dict.fromkeys(("BEN", "CIV", "GIN", "MRT", "NER", "NGA"), "2022")
    for area_id, year in years.items():
        found = {
            row["age"]: float(row["high"])
            for row in table("unodc_detected_victims")
            if (row["area_id"], row["year"], row["sex"]) == (area_id, year, "all") and row["value_qualifier"] == "exact"
        }
        counted[area_id] = (found["0-17"], found["all"])
    sources = {"GHA": ("TIP2023_GHA_prot",), "SEN": ("TIP2023_SEN",), "MLI": ("AMAP_20250505", "AMAP_20250505B")}
    for area_id, ids in sources.items():
        found = {
            row["indicator"]: float(row["low"])
            for row in table("official_counts")
            if row["source_id"] in ids and row["breakdown"] == "unspecified" and row["period_end"] >= "2022-12-31"
        }
        counted[area_id] = (found["child_victims_identified"], found["victims_identified"])
    greater = {area_id for area_id, (children, whole) in counted.items() if 2 * children > whole}
    assert greater == {"BEN", "BFA", "GHA", "MLI", "MRT", "NER", "SEN", "TGO"}
    assert set(counted) - greater == {"CIV", "GIN", "NGA"}


# ---------------------------------------------------------------------------------------------------- law and policy


def test_the_palermo_protocol_and_convention_182_bind_all_and_the_optional_protocol_all_but_two():
    bound = {
        treaty: {row["area_id"] for row in table("treaties") if (row["treaty"], row["status"]) == (treaty, "bound")}
        for treaty in ("Palermo TIP Protocol", "ILO C182", "OPSC")
    }
    assert bound["Palermo TIP Protocol"] >= REGION and bound["ILO C182"] >= REGION
    assert REGION - bound["OPSC"] == {"GHA", "LBR"}
    signed = {row["area_id"] for row in table("treaties") if (row["treaty"], row["status"]) == ("OPSC", "signed")}
    assert signed >= {"GHA", "LBR"}


def test_not_all_sexual_exploitation_of_children_is_prohibited_in_ghana_guinea_bissau_and_senegal_alone():
    indicator = "law_child_sexual_exploitation_meets_standard"
    assert {each for each in REGION if newest(indicator, each)["answer"] == "no"} == {"GHA", "GNB", "SEN"}
    for each in ("GNB", "SEN"):
        assert "prostitution" in newest(indicator, each)["note"]


def test_benins_law_leaves_out_adults_and_malis_hereditary_slavery():
    assert "child sex trafficking fully covered" in answered("law_criminalises_all_forms", "BEN", "TIP2023_BEN")["note"]
    assert "hereditary slavery" in answered("law_criminalises_all_forms", "MLI", "TIP2022_MLI")["note"]


def test_the_wording_of_the_gambian_act_was_not_read():
    # The one answer is of a comment on the act of 2005, and the director speaks of act, means and purpose.
    row = answered("law_child_no_force_required", "GMB", "ILO_GMB_C182_FIRST")
    assert "Children's Act 2005" in row["note"] and "wording" in row["note"]
    (director,) = [
        row
        for row in table("referral_indicators")
        if (row["area_id"], row["source_id"]) == ("GMB", "GAMNA_NAATIP")
        and row["indicator"] == "law_child_no_force_required"
    ]
    assert director["answer"] == "unknown" and "not found" in director["note"]


def test_ages_of_work_and_school_fall_short_in_the_nine_countries_that_are_named():
    law = {
        (row["area_id"], row["indicator"]): row
        for row in table("child_labour_law")
        if row["report_year"] == "2022" and row["area_id"] in REGION
    }
    short = set()
    for each in REGION:
        work, school = law[each, "minimum_age_work"]["value"], law[each, "compulsory_education_age"]["value"]
        unequal = school in ("N/A", "") or float(work) != float(school)
        if unequal or law[each, "minimum_age_work_meets_standard"]["answer"] == "no":
            short.add(each)
    assert short == {"BEN", "GMB", "GIN", "GNB", "LBR", "MRT", "NER", "NGA", "SEN"}
    # Nigeria's age is below fourteen, the lowest that a state may set; in Senegal work is allowed before school ends.
    assert float(law["NGA", "minimum_age_work"]["value"]) < 14
    for each in ("NGA", "SEN"):
        assert float(law[each, "minimum_age_work"]["value"]) < float(law[each, "compulsory_education_age"]["value"])


def test_school_ends_before_work_may_begin_in_five_countries_and_after_it_in_two_in_all_findings():
    ages: dict[tuple[str, str], dict[str, str]] = {}
    for row in table("child_labour_law"):
        ages.setdefault((row["area_id"], row["report_year"]), {})[row["indicator"]] = row["value"]
    years = sorted({year for _, year in ages})
    assert (years[0], years[-1]) == ("2013", "2022")

    def gap(area_id: str, year: str) -> float | None:
        """Years from the end of school to the age of work; none where an age is not printed."""
        work, school = (ages[area_id, year][name] for name in ("minimum_age_work", "compulsory_education_age"))
        return float(work) - float(school) if work[:1].isdigit() and school[:1].isdigit() else None

    assert {each for each in REGION if (gap(each, "2022") or 0) > 0} == {"BEN", "GMB", "GNB", "LBR", "MRT"}
    assert {each for each in REGION if all((gap(each, year) or 0) < 0 for year in years)} == {"NGA", "SEN"}
    assert {each for each in REGION if (gap(each, "2022") or 0) < 0} == {"NGA", "SEN"}
    assert {each for each in REGION if gap(each, "2022") is None} == {"NER"}
    asked = [row for row in table("suggested_actions") if (row["area_id"], row["report_year"]) == ("GIN", "2022")]
    advised = [row["action"] for row in asked]
    assert any("outside of a formal employment relationship" in text for text in advised)


def test_no_plan_is_in_force_by_the_newest_source_in_togo_senegal_niger_liberia_and_benin_alone():
    # Of two answers of one year the one that speaks of the later date is the newer: none of these five has a later yes.
    not_in_force = set()
    for each in REGION:
        year = newest("national_action_plan", each)["report_year"]
        of_year = {row["answer"] for row in answers("national_action_plan", each) if row["report_year"] == year}
        if "yes" not in of_year:
            not_in_force.add(each)
    liberia = answered("national_action_plan", "LBR", "INDEPENDENT_LBR202411")["note"]
    assert "June 2024" in liberia and "successor is not named" in liberia
    assert not_in_force | {"LBR"} == {"TGO", "SEN", "NER", "LBR", "BEN"}
    assert newest("national_action_plan", "TGO")["answer"] == "no"
    assert "drafted" in answered("national_action_plan", "SEN", "TIP2025_SEN")["note"]
    assert "only begun" in answered("national_action_plan", "NER", "ILO_C29_2023_NER")["note"]


def test_the_plans_that_newer_sources_name_are_those_of_guinea_bissau_sierra_leone_and_nigeria():
    assert answered("national_action_plan", "GNB", "DOL2024_GNB")["answer"] == "yes"
    assert answered("national_action_plan", "SLE", "SIERRALOADED_2025")["answer"] == "yes"
    assert "2022-2026" in answered("national_action_plan", "NGA", "TIP2023_NGA_prev")["note"]
    assert "2023-2025" in answered("national_action_plan", "BFA", "ILO_C182_2024_BFA")["note"]
    assert "December 2025" in answered("national_action_plan", "GMB", "PARADIGM_GMB2026")["note"]


def test_money_for_a_plan_was_last_reported_short_in_benin_liberia_and_nigeria():
    for each, source_id in (("BEN", "DOL2021_BEN"), ("LBR", "TIP2024_LBR"), ("NGA", "DAILYPOST2023_NGA")):
        row = newest("action_plan_funded", each)
        assert (row["answer"] in ("no", "partly"), row["source_id"]) == (True, source_id)
    assert newest("action_plan_funded", "GHA")["answer"] == "yes"


def test_the_coordinating_body_was_last_reported_idle_in_burkina_faso_and_guinea_bissau():
    assert "did not meet" in answered("coordinating_body", "BFA", "TIP2023_BFA_b")["note"]
    assert "without activities" in answered("coordinating_body", "GNB", "TIP2023_GNB_p")["note"]
    # In Côte d'Ivoire a newer source has twelve regional cells at work.
    assert newest("coordinating_body", "CIV")["source_id"] == "AIP_20250314"
    assert newest("coordinating_body", "CIV")["answer"] == "yes"


# ------------------------------------------------------------------------------- identification, shelter, protection


def test_labour_inspectors_refer_children_everywhere_but_in_liberia_and_police_everywhere():
    assert {each for each in REGION if newest("referral_labour_to_social_services", each)["answer"] == "no"} == {"LBR"}
    assert all(newest("referral_criminal_to_social_services", each)["answer"] == "yes" for each in REGION)


def test_proactive_screening_falls_short_by_reports_that_say_so_and_not_by_a_recommendation():
    named = {
        "BFA": "TIP2023_BFA", "MRT": "TIP2025_MRT", "NGA": "TIP2025_NGA", "CIV": "TIP2023_CIV",
        "GHA": "TIP2023_GHA_prot", "SEN": "TIP2023_SEN", "TGO": "TIP2021_TGO", "MLI": "TIP2023_MLI",
    }  # fmt: skip
    for each, source_id in named.items():
        row = answered("proactive_screening", each, source_id)
        assert row["answer"] in ("no", "partly") and "inferred" not in row["note"]
    # On Niger and Sierra Leone a recommendation alone, on Liberia nothing; in Benin police look for children.
    for each in ("NER", "SLE"):
        of_years = [row for row in answers("proactive_screening", each) if row["report_year"] >= "2022"]
        assert of_years and all("inferred from a recommendation" in row["note"] for row in of_years)
    assert answers("proactive_screening", "LBR") == []
    assert answered("proactive_screening", "BEN", "TIP2021_BEN")["answer"] == "yes"


def test_a_form_or_indicators_are_named_in_the_gambia_guinea_nigeria_and_togo_alone():
    read = [row for row in table("nrm_readings", "referral") if row["indicator_id"] == "C2"]
    assert {row["area_id"] for row in read} == {"GMB", "GIN", "NGA", "TGO"}
    assert all(re.search(r"form|indicators", row["reason"]) for row in read)
    # None says that the list is missing.
    assert all(row["missing"] == "" for row in read)


def test_reports_call_shelter_short_in_the_countries_that_are_named():
    named = {"BFA", "CIV", "LBR", "MLI", "MRT", "NER", "NGA", "SEN", "SLE", "TGO"}
    found = set()
    for each in REGION - {"CPV", "GNB"}:
        rows = [newest(name, each) for name in ("dedicated_shelter", "shelters_all_regions") if answers(name, each)]
        if any(row["answer"] in ("no", "partly") for row in rows):
            found.add(each)
    # Guinea's and The Gambia's answers of "no" are older than, or speak of, shelters that have opened.
    assert found - {"GIN", "GMB"} == named
    assert newest("dedicated_shelter", "GIN")["answer"] == newest("dedicated_shelter", "GMB")["answer"] == "yes"
    assert answered("dedicated_shelter", "CPV", "TIP2022_CPV")["answer"] == "no"


def test_a_shelter_opened_in_the_gambia_after_the_one_that_children_shared_with_adults():
    assert "12 places" in answered("dedicated_shelter", "GMB", "DOL2024_GMB")["note"]
    assert "mixed shelter" in answered("child_specific_shelter", "GMB", "TIP2022_GMB")["note"]
    # Nothing newer says whether children are apart.
    assert newest("child_specific_shelter", "GMB")["report_year"] == "2022"


def test_ghana_has_a_shelter_for_women_and_one_for_children_and_six_countries_have_one_for_children():
    assert "women" in answered("dedicated_shelter", "GHA", "TIP2023_GHA_prot")["note"]
    yes = {each for each in REGION if any(row["answer"] == "yes" for row in answers("child_specific_shelter", each))}
    assert {"BEN", "CIV", "GHA", "LBR", "SEN", "TGO"} <= yes


def test_guardians_are_answered_for_no_country_of_the_region():
    for name in ("guardian_for_unaccompanied_children", "data_on_unaccompanied_children"):
        assert not [each for each in REGION if answers(name, each)]


def test_cabo_verdes_centres_are_for_children_at_risk_in_general_and_on_some_islands():
    row = answered("child_specific_shelter", "CPV", "SAPO2023_CPV")
    assert "children at risk in general" in row["note"]
    assert answered("shelters_all_regions", "CPV", "SAPO2023_CPV")["answer"] == "no"


# -------------------------------------------------------------------------------------------------------- convictions


def convictions(area_id: str) -> list[dict[str, str]]:
    """Totals of convictions for trafficking of a year or a reporting year, by the end of the period."""
    rows = [
        row
        for row in table("official_counts")
        if (row["area_id"], row["indicator"]) == (area_id, "convictions")
        and row["period_end"]
        and CHILD_LABOUR not in row["breakdown"]
        and row["breakdown"] in ("unspecified", "human trafficking", "child trafficking", "unspecified;official")
        and int(row["period_end"][:4]) - int(row["period_start"][:4]) <= 1
    ]
    return sorted(rows, key=lambda row: row["period_end"])


def test_the_latest_figure_of_convictions_is_zero_in_four_countries():
    latest = {each: rows[-1] for each in ("GNB", "LBR", "SLE", "TGO") if (rows := convictions(each))}
    assert {each: (row["value"], row["period_end"]) for each, row in latest.items()} == {
        "GNB": ("0", "2023-03-31"),
        "LBR": ("0", "2025-03-31"),
        "SLE": ("0", "2024-03-31"),
        "TGO": ("0", "2021-03-31"),
    }
    assert {row["source_id"] for row in latest.values()} == {
        "TIP2023_GNB_p", "TIP2025_LBR_WV", "TIP2024_SLE", "TIP2021_TGO_b",
    }  # fmt: skip


def test_every_other_country_has_reported_convictions_for_trafficking():
    some = {
        row["area_id"]
        for row in table("official_counts")
        if row["indicator"] == "convictions" and CHILD_LABOUR not in row["breakdown"] and float(row["low"] or 0) > 0
    } | {
        row["area_id"]
        for row in table("unodc_persons_and_offences")
        if row["indicator"] == "convicted" and float(row["low"]) > 0
    }
    assert some >= REGION - {"GNB", "LBR", "SLE", "TGO"}
    # The latest of these is no zero in any of them.
    for each in REGION - {"GNB", "LBR", "SLE", "TGO"}:
        rows = convictions(each)
        assert not rows or rows[-1]["value"] != "0" or each == "GMB"
    # The Gambia's total of 2020/21 is zero; three persons in 2021 and one in 2022/23 came after it.
    gambia = [row for row in table("official_counts") if row["area_id"] == "GMB" and row["indicator"] == "convictions"]
    assert any((row["source_id"], row["value"]) == ("TIP2023_GMB_b", "1") for row in gambia)
    assert any((row["source_id"], row["value"]) == ("GAMBIACOM_15", "3") for row in gambia)


# --------------------------------------------------------------------------- regional mechanism, agreements, corridors


def test_the_mechanism_was_validated_in_accra_in_july_2023_and_reviewed_in_monrovia_and_lagos():
    events = {(row["source_id"], row["date"]): row["event"] for row in table("regional_mechanism")}
    assert "validate the Regional Referral Mechanism" in events["ICMPD_WDAT_2023", "2023-07"]
    assert "stronger cross-border referral" in events["WAWIRE_2024", "2024-10"]
    assert "Lagos" in events["ENERGYREP_ARM17", "2025-09-01"]
    assert not [event for event in events.values() if re.search(r"mechanism (operates|is in operation)", event)]


def test_burkina_faso_mali_and_niger_left_ecowas_on_29_january_2025():
    (row,) = [row for row in table("regional_mechanism") if row["event"].startswith("Withdrawal of Burkina Faso")]
    assert row["date"] == "2025-01-29" and "Mali and Niger" in row["event"]


def parties(source_id: str) -> set[str]:
    return {row["party"] for row in table("agreements") if row["source_id"] == source_id}


def test_the_three_states_have_the_agreements_with_neighbours_that_are_named():
    assert parties("LEFASO_56352") == {"BFA", "CIV"} and parties("THISDAY_2021") == {"BFA", "NGA"}
    assert parties("BURKINA24_2019") == {"BFA", "BEN", "TGO"}
    assert parties("CATHCH_65190") == {"MLI", "SEN"} and parties("PBJ_UNODC_2022") == {"NER", "NGA"}


def test_of_mauritanias_neighbours_senegal_alone_signed_with_it_and_none_with_lebanon_or_the_gulf():
    of: dict[str, set[str]] = {}
    for row in table("agreements"):
        of.setdefault(row["agreement_id"], set()).add(row["party"])
    with_mauritania = set().union(*(each for each in of.values() if "MRT" in each)) - {"MRT"}
    assert with_mauritania & REGION == {"SEN"}
    assert not {"LBN", "SAU", "ARE", "KWT", "QAT", "BHR", "OMN"} & set().union(*of.values())
    assert parties("ECOBENIN_2018") == {"BEN", "GAB"} and parties("ACTIONSOCIALE_TGO_2025") == {"GAB", "TGO"}
    assert parties("INTERPOL_2009_PR009") == {"ITA", "NGA"} and {"LBY", "NER"} <= parties("ALMONITOR_201806_LBY")


def test_corridors_that_rest_on_the_regional_accord_alone_have_no_agreement_of_their_own_states():
    members: dict[str, set[str]] = {}
    for row in table("agreements"):
        members.setdefault(row["agreement_id"], set()).add(row["party"])
    names = {row["agreement_id"]: row["name"] for row in table("agreements")}
    for one, other in (("GNB", "SEN"), ("TGO", "NGA"), ("GNB", "GIN"), ("LBR", "GIN")):
        own = [names[each] for each, parties in members.items() if parties == {one, other}]
        assert all(name.startswith("Local") for name in own), (one, other)
        # A02 is the multilateral agreement of Abuja, of 2006.
        assert {one, other} <= members["A02"] and "(Abuja)" in names["A02"]


def test_gabon_is_the_country_outside_the_region_that_us_reports_name_most():
    reports = {row["source_id"] for row in table("sources") if row["report"]}
    named: dict[str, set[str]] = {}
    for row in table("route_mentions"):
        if row["source_id"] not in reports:
            continue
        for one, other in ((row["origin"], row["destination"]), (row["destination"], row["origin"])):
            if one in REGION and other not in REGION and re.fullmatch("[A-Z]{3}", other):
                named.setdefault(other, set()).add(row["mention_id"])
    assert max(named, key=lambda code: len(named[code])) == "GAB"


def test_fewer_citizens_are_detected_outside_the_region_than_outside_their_own_country():
    away = [
        row
        for row in table("unodc_citizenship_flows")
        if row["citizenship"] in REGION and row["detected_in"] != row["citizenship"]
    ]
    outside = [row for row in away if row["detected_in"] not in REGION]
    least, most = (sum(float(row[end]) for row in outside) for end in ("low", "high"))
    assert 0 < least < most < sum(float(row["low"]) for row in away)


# -------------------------------------------------------------------------------------------- forms of exploitation


def forms(pattern: str) -> list[dict[str, str]]:
    return [row for row in table("forms_of_exploitation") if re.search(pattern, row["form"], re.IGNORECASE)]


def test_begging_of_pupils_of_quranic_schools_is_named_in_six_countries():
    words = re.compile(r"quran|talib|almajir|almoudo|daara|marabout", re.IGNORECASE)
    named = {row["area_id"] for row in forms("begging") if words.search(f"{row['form']} {row['group']}")}
    assert named == {"GMB", "GNB", "MLI", "MRT", "NGA", "SEN"}


def test_hereditary_slavery_is_named_in_mali_mauritania_and_niger():
    assert {row["area_id"] for row in forms("hereditary slavery")} == {"MLI", "MRT", "NER"}
    for each in ("MLI", "MRT", "NER"):
        assert any((row["area_id"], row["source_id"]) == (each, "DOLX2022") for row in forms("hereditary slavery"))


def test_children_with_armed_groups_are_named_in_four_countries_and_two_counts_are_of_2024():
    assert {row["area_id"] for row in forms("armed")} == {"BFA", "MLI", "NER", "NGA"}
    verified = {row["form"]: row for row in forms("armed") if row["source_id"] == "PED_CAAC2025"}
    assert verified["armed groups"]["number_low"] == "68" and verified["armed groups"]["year"] == "2024"
    assert verified["abduction by armed groups"]["number_low"] == "309"
    assert "not all trafficking" in verified["abduction by armed groups"]["note"]


def test_lake_volta_more_than_half_in_boats_met_in_2013_and_one_view_that_disputes_it():
    (share,) = [row for row in forms("Lake Volta") if row["source_id"] == "IJM_GHANA"]
    assert (share["number_low"], share["value_qualifier"], share["year"]) == ("50", "at_least percent", "2013")
    assert "more than half" in share["statement"] and "no interval" in share["note"]
    assert any("outruns the evidence" in row["statement"] for row in forms("Lake Volta"))


def test_gold_mines_are_named_in_the_countries_of_the_text_and_those_taken_out_were_at_work():
    assert {"BFA", "GHA", "GIN", "MLI", "NER", "SEN"} <= {row["area_id"] for row in forms("gold|mining")}
    (taken,) = [row for row in forms("gold") if row["source_id"] == "NIAMEYDECL_BFA"]
    assert (taken["number_low"], taken["year"]) == ("1284", "2018") and "not all trafficked" in taken["note"]


def test_cocoa_is_named_in_cote_divoire_ghana_and_togo_and_raids_of_two_days_found_137():
    assert {row["area_id"] for row in forms("cocoa")} == {"CIV", "GHA", "TGO"}
    (raids,) = [row for row in forms("cocoa") if row["source_id"] == "ADF_CIV2020"]
    assert raids["number_low"] == "137" and "two days" in raids["statement"] and raids["place"] == "Aboisso"
    (unions,) = [row for row in forms("cocoa") if row["source_id"] == "ILO_C182_2022_GHA"]
    assert "ITUC" in unions["statement"]


def test_domestic_work_of_children_is_named_in_eight_countries():
    assert {row["area_id"] for row in forms("domestic")} == {"BEN", "GMB", "GHA", "GIN", "LBR", "MRT", "SLE", "TGO"}


def test_online_crime_is_named_in_three_countries_and_of_no_child():
    rows = forms("forced criminality")
    assert {row["area_id"] for row in rows} == {"CIV", "NGA", "SLE"}
    assert all(re.search(r"no child named|18 and above", f"{row['group']} {row['note']}") for row in rows)


def test_studies_of_dakar_have_different_bases_and_an_ngo_brought_166_children_home():
    (dakar,) = [row for row in forms("begging") if row["source_id"] == "ADAKAR_AMNESTY2022"]
    assert (dakar["number_low"], dakar["number_high"]) == ("50000", "200000") and "different bases" in dakar["note"]
    (home,) = [row for row in forms("begging") if row["source_id"] == "COMBONIANOS_GNB2019"]
    assert (home["number_low"], home["year"]) == ("166", "2018") and "one NGO" in home["note"]


# ------------------------------------------------------------------------------------- detection, published prevalence


def test_in_2022_seven_countries_have_a_figure_on_children_and_it_is_the_latest_year_of_the_release():
    rows = table("unodc_detected_victims")
    assert max(int(row["year"]) for row in rows) == 2022
    of_children = {
        row["area_id"] for row in rows if (row["year"], row["sex"], row["age"]) == ("2022", "all", "0-17")
    } & REGION
    assert of_children == {"BEN", "CIV", "GIN", "MRT", "NER", "NGA", "SLE"}


def published(**wanted: str) -> list[dict[str, str]]:
    return [row for row in table("prevalence_estimates") if all(row[name] == text for name, text in wanted.items())]


def test_surveys_of_child_trafficking_in_sierra_leone_and_guinea_use_a_wide_definition():
    for each in ("SLE", "GIN"):
        shares = [
            row
            for row in published(area_id=each, concept="child_trafficking", measure="percent")
            if "study definition" in row["definition"]
        ]
        assert shares and all("wide" in row["note"] for row in shares)
    assert {row["value"] for row in published(area_id="GIN", concept="child_trafficking")} == {"63", "67"}


def test_a_later_survey_of_sierra_leone_reports_falls_without_levels():
    falls = published(area_id="SLE", concept="change_in_child_trafficking")
    assert {row["place"].split(" ")[0] for row in falls} == {"Kailahun", "Kambia", "Kenema", "Kono"}
    assert all("levels were not found" in row["note"] for row in falls)


def test_the_national_study_of_benin_of_2007_found_two_percent():
    (row,) = published(area_id="BEN", concept="child_trafficking", population_group="children", place="", value="2.0")
    assert row["period_end"].startswith("2007") and row["source_id"] == "CRC_BEN_35"


def test_kedougous_share_rose_from_19_to_51_percent_of_the_same_group_which_may_reflect_the_sample():
    rows = published(area_id="SEN", place="Kédougou region", population_group="women in commercial sex")
    by_source = {row["source_id"]: row for row in rows if row["measure"] == "percent"}
    first, last = by_source["UGA_26739"], by_source["BUZZSENEGAL_93989"]
    assert (first["value"], last["value"]) == ("19", "51") and first["period_end"] < last["period_start"]
    assert "may reflect sample" in last["note"]


def test_nigers_share_is_about_seven_percent_extrapolated_and_disputed():
    (share,) = published(area_id="NER", concept="descent_based_slavery", measure="percent")
    assert (share["value"], share["value_qualifier"]) == ("7", "approx") and "same estimate" in share["note"]
    (persons,) = [row for row in published(area_id="NER", concept="descent_based_slavery") if row["value"] == "870364"]
    assert "extrapolated" in persons["note"] and "the state disputes it" in persons["note"]


def test_mauritanias_child_labour_of_2015_is_14_0_or_37_6_percent_by_who_counts():
    values = {
        row["source_id"]: row["value"]
        for row in published(area_id="MRT", concept="child_labour", sex="both")
        if row["period_end"].startswith("2015") and row["value"] in ("14.0", "37.6")
    }
    assert values == {"UNSD_DDF": "14.0", "ECOUTEZNOUS200": "37.6"}


def test_world_population_review_is_set_aside():
    (row,) = [row for row in table("set_aside") if row["source_id"] == "WPR_CHILDLAB"]
    assert row["dataset"] == "prevalence_estimates" and "no source" in row["reason"]
