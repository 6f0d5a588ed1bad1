"""What the texts on Türkiye say, each statement computed again from the tables of the evidence by plain code."""

from __future__ import annotations

import csv
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from analysis.exhibits.published_prevalence import OF_WORK

ROOT = Path(__file__).parents[2]
RAW = ROOT / "data/raw/evidence"
PROVINCES = {"TR-34", "TR-31", "TR-27", "TR-63", "TR-79", "TR-01", "TR-35", "TR-42", "TR-16"}
HIT_BY_THE_EARTHQUAKES = {"TR-01", "TR-27", "TR-31", "TR-63", "TR-79"}
Row = dict[str, str]


@cache
def table(name: str) -> tuple[Row, ...]:
    with (RAW / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def rows(name: str, **wanted: str) -> list[Row]:
    return [row for row in table(name) if all(row[column] == value for column, value in wanted.items())]


def only(name: str, **wanted: str) -> Row:
    (row,) = rows(name, **wanted)
    return row


def fact(indicator: str, date: str, area_id: str = "TUR", **wanted: str) -> float:
    """The one value that is printed of a fact on a date, whoever prints it."""
    found = rows("turkiye_facts", area_id=area_id, indicator=indicator, date=date, **wanted)
    (value,) = {float(row["value"]) for row in found}
    return value


def by_year(indicator: str, area_id: str = "TUR", source: str = "") -> dict[int, float]:
    """Figures of whole years, or of the last day of a year."""
    found = [
        row
        for row in rows("turkiye_facts", area_id=area_id, indicator=indicator)
        if source in row["source_id"] and re.fullmatch(r"\d{4}(-12-31)?", row["date"])
    ]
    return {int(row["date"][:4]): float(row["value"]) for row in found}


def unodc(year: int, sex: str = "all", age: str = "all", form: str = "") -> list[Row]:
    name = "unodc_forms_of_exploitation" if form else "unodc_detected_victims"
    of_form = {"form": form} if form else {}
    return rows(name, area_id="TUR", year=str(year), sex=sex, age=age, **of_form)


def counted(year: int, **of: str) -> int:
    (row,) = unodc(year, **of)
    return int(row["value"])


def of_us_reports(indicator: str, breakdown: str = "unspecified") -> dict[int, float]:
    """Figures of whole years in the reports of the US Department of State."""
    found = rows("official_counts", area_id="TUR", indicator=indicator, breakdown=breakdown)
    return {
        int(row["period_start"][:4]): float(row["value"])
        for row in found
        if row["source_id"].startswith("TIP") and row["period_end"] == f"{row['period_start'][:4]}-12-31"
    }


def source(source_id: str) -> Row:
    return only("sources", source_id=source_id)


@cache
def text(kind: str) -> str:
    return " ".join((ROOT / f"pledge/{kind}/en/turkiye.md").read_text(encoding="utf-8").split())


def test_2022_is_the_latest_year_of_unodc_with_72_children_of_343_victims():
    assert max(int(row["year"]) for row in rows("unodc_detected_victims", area_id="TUR")) == 2022
    children, everybody = counted(2022, age="0-17"), counted(2022)
    girls, boys = counted(2022, sex="female", age="0-17"), counted(2022, sex="male", age="0-17")
    assert (children, everybody, girls, boys) == (72, 343, 47, 25) and girls + boys == children
    assert children + counted(2022, age="18+") == everybody
    assert {row["source_id"] for row in rows("unodc_detected_victims", area_id="TUR")} == {"UNODC_GLOTIP_2025"}


def test_the_us_report_has_72_children_among_345_victims_of_2022():
    victims, children = of_us_reports("victims_identified"), of_us_reports("child_victims_identified")
    assert max(victims) == max(children) == 2022
    assert (victims[2022], children[2022]) == (345, 72)


def test_the_figure_of_2023_is_of_a_part_of_the_year():
    printed = only("official_counts", area_id="TUR", source_id="TIHEK_30JULY", indicator="victims_identified")
    assert printed["period_start"].startswith("2023") and "345" in printed["note"]
    years = of_us_reports("victims_identified")
    five_years = fact("trafficking_victims_identified", "2019/2023", source_id="COE_GRETA2_TUR")
    rest = five_years - sum(years[year] for year in range(2019, 2023))
    assert rest == 303 > float(printed["value"]) and float(printed["value"]) < years[2022]
    aside = rows("set_aside", dataset="official_counts", area_id="TUR", source_id="TIHEK_30JULY")
    assert [row["value"] for row in aside] == [printed["value"]]


def test_sexual_exploitation_labour_marriage_begging_is_the_order_of_greta():
    name = "trafficking_victims_identified_share"
    forms = ("sexual_exploitation", "labour_exploitation", "forced_marriage", "forced_begging")
    shares = [fact(f"{name}_{form}", "2019/2023", source_id="COE_GRETA2_TUR") for form in forms]
    assert shares == sorted(shares, reverse=True) and sum(shares) <= 100
    assert fact("trafficking_victims_identified", "2019/2023", source_id="COE_GRETA2_TUR") == 1466


def test_unodc_has_the_same_order_of_forms_in_2022():
    sexual, labour = counted(2022, form="sexual_exploitation"), counted(2022, form="forced_labour")
    other = sum(int(row["high"]) for row in unodc(2022, form="other"))
    assert (sexual, labour) == (160, 106) and sexual > labour > other
    assert sexual + labour + other <= counted(2022)


def test_among_the_children_of_2022_forced_labour_comes_first():
    forms = ("forced_labour", "sexual_exploitation", "other")
    children = {form: counted(2022, age="0-17", form=form) for form in forms}
    assert max(children, key=lambda form: children[form]) == "forced_labour"
    assert sum(children.values()) == counted(2022, age="0-17")
    boys, girls = counted(2022, sex="male", age="0-17"), counted(2022, sex="female", age="0-17")
    assert counted(2022, sex="male", age="0-17", form="forced_labour") > boys / 2
    others = [counted(2022, sex="female", age="0-17", form=form) for form in forms[1:]]
    assert sum(others) > girls / 2


def citizens(year: int) -> dict[str, tuple[int, int]]:
    found = [row for row in rows("unodc_citizenship_flows", detected_in="TUR") if row["year"] == str(year)]
    return {row["citizenship"]: (int(row["low"]), int(row["high"])) for row in found}


def test_syria_is_the_most_frequent_citizenship_and_uzbekistan_follows():
    of_year = citizens(2022)
    order = sorted(of_year, key=lambda each: of_year[each][0], reverse=True)
    assert order[:2] == ["SYR", "UZB"] and of_year["SYR"][0] > of_year["UZB"][1]
    named = {row["origin"] for row in rows("route_mentions", source_id="COE_TUR_2ND")}
    assert named == {"SYR", "UZB", "AFG"}


def test_most_victims_are_foreign_and_turkish_citizens_are_no_large_part():
    of_year = citizens(2022)
    foreign = sum(low for each, (low, _) in of_year.items() if each != "TUR")
    assert foreign > counted(2022) / 2
    for year in (2020, 2021, 2022):
        assert citizens(year)["TUR"][1] < 0.15 * counted(year)
    assert "can be a large part" not in text("chapters")


def survey(measure: str, sex: str = "all", ages: tuple[str, str] = ("5", "17")) -> float:
    found = only(
        "child_labour_benchmarks",
        source_id="TUIK_CLFS_2019",
        measure=measure,
        sex=sex,
        age_low=ages[0],
        age_high=ages[1],
    )
    return float(found["value"])


def test_the_last_survey_of_child_labour_found_720_000_children_at_work():
    assert survey("working_children") == 720_000
    assert round(100 * survey("working_children") / survey("population"), 1) == survey("employment_rate")
    sectors = [survey(f"sector_{name}") for name in ("agriculture", "industry", "services")]
    assert sectors == [30.8, 23.7, 45.5] and round(sum(sectors), 1) == 100
    assert survey("share_of_working_children", "male") > 70
    older = survey("share_of_working_children", ages=("15", "17"))
    assert older > 100 - older
    (row,) = rows("child_labour_benchmarks", source_id="TUIK_CLFS_2019", measure="working_children")
    assert (row["date_low"], row["date_high"]) == ("2019-10-01", "2019-12-31")


def test_of_younger_working_children_most_worked_in_agriculture():
    row = only("prevalence_estimates", source_id="YENI1MECRA_720", concept="sector_share_of_working_children")
    assert (row["age_low"], row["age_high"]) == ("5", "14") and float(row["value"]) > 50


def test_reasons_to_work_are_the_household_then_a_trade_and_far_behind_own_needs():
    household, trade, own = (
        survey(f"reason_{name}") for name in ("help_household_income_or_activity", "learn_skill", "own_needs")
    )
    assert household > trade > 3 * own


def test_participation_at_15_to_17_rose_for_three_years_and_holds_seekers():
    years = by_year("child_labour_force_participation_15_17")
    assert [years[year] for year in (2022, 2023, 2024)] == [18.7, 22.1, 24.9] and max(years) == 2024
    assert all(years[year] < years[year + 1] for year in (2020, 2021, 2022, 2023))
    of_survey = [row for row in table("prevalence_estimates") if row["area_id"] == "TUR" and row["value"] == "24.9"]
    assert of_survey and all("seekers included" in row["note"] for row in of_survey)
    assert fact("child_labour_force_participation_15_17_male", "2024") == 35.6
    assert fact("child_labour_force_participation_15_17_female", "2024") == 13.7
    assert "those who work and those who seek work" in text("chapters")


def test_a_figure_says_of_participation_that_seekers_are_in_it():
    assert "seek work" in OF_WORK["labour_force_participation"]
    assert "seek" not in OF_WORK["children_in_employment"]


def test_young_pupils_of_vocational_centres_are_four_days_a_week_at_work():
    row = only("turkiye_facts", indicator="mesem_pupils_under_19")
    assert (row["value"], row["date"]) == ("392887", "2024-2025")
    assert "18 and younger" in row["note"] and "four days a week at work" in row["note"]


def test_deaths_of_children_at_work_are_a_minimum_that_an_ngo_counts():
    latest = max(by_year("child_deaths_at_work"))
    found = [row for row in rows("turkiye_facts", indicator="child_deaths_at_work", area_id="TUR", date=str(latest))]
    assert latest == 2025 and [row["value"] for row in found] == ["94"] and "at least" in found[0]["note"]


def test_one_mention_has_a_route_between_places_and_it_begins_in_sanliurfa():
    own = [row for row in table("route_mentions") if row["reporting_country"] == "TUR"]
    inside = [row for row in own if row["origin"] == row["destination"] == "TUR"]
    with_places = [row for row in inside if row["origin_place"] or row["destination_place"]]
    assert [row["origin_place"] for row in with_places] == ["Şanlıurfa"]
    assert with_places[0]["destination_place"].split("; ") == ["Düzce", "Ordu", "Sakarya"]
    assert with_places[0]["source_id"] == "DOL2016_TUR" and with_places[0]["form"] == "agriculture"
    assert "not necessarily trafficking" in with_places[0]["note"]


def test_an_ilo_project_added_giresun_and_samsun():
    row = only("referral_indicators", source_id="ILO_ANK_759229", indicator="programme_child_labour")
    assert "Giresun and Samsun" in row["note"] and int(row["report_year"]) > 2016


def test_in_tent_areas_of_adana_nearly_all_of_the_oldest_worked_and_most_had_no_education():
    name = "study_seasonal_tent"
    assert fact(f"{name}_children_15_18_working", "2016", "TR-01") == 91
    assert fact(f"{name}_boys_10_14_working", "2016", "TR-01") > 50
    assert fact(f"{name}_girls_10_14_working", "2016", "TR-01") > 50
    assert fact(f"{name}_children_no_education", "2016", "TR-01") == 64
    (row,) = rows("turkiye_facts", indicator=f"{name}_children_15_18_working")
    assert "no sample of the province" in row["note"]


def test_of_203_adolescents_in_the_fields_of_sanliurfa_58_percent_were_out_of_school_in_2010():
    (asked,) = rows("turkiye_facts", indicator="study_seasonal_adolescents_interviewed")
    (out,) = rows("turkiye_facts", indicator="study_seasonal_adolescents_not_in_school")
    assert (asked["area_id"], asked["value"], out["value"]) == ("TR-63", "203", "58.1")
    assert asked["date_high"] < "2011" and out["source_id"] == asked["source_id"] == "HAVLIOGLU_URFA2010"


def test_of_418_working_boys_in_gaziantep_half_had_been_injured():
    found = {
        row["indicator"]: float(row["value"]) for row in rows("turkiye_facts", source_id="FRONTIERS_GAZIANTEP2024")
    }
    assert found["study_working_children_interviewed"] == 418
    assert found["study_working_children_occupational_injury"] == 52.6
    assert found["study_working_children_not_in_education"] == 34.9
    assert all("all male" in row["note"] for row in rows("turkiye_facts", source_id="FRONTIERS_GAZIANTEP2024"))


def test_the_labor_department_named_shoes_furniture_and_textiles_in_2015():
    row = only("route_mentions", source_id="DOL2015_TUR", origin="SYR")
    assert "shoes, furniture, textiles" in row["note"] and row["victims"] == "children"
    assert row["report_year"] == "2015"


def test_violations_beside_inspections_are_known_for_two_years_and_for_none_since():
    found = {row["period_start"][:4]: int(row["value"]) for row in rows(
        "official_counts", area_id="TUR", indicator="child_labour_violations_found")}  # fmt: skip
    inspections = {row["period_start"][:4]: int(row["value"]) for row in rows(
        "official_counts", area_id="TUR", indicator="labour_worksite_inspections")}  # fmt: skip
    assert set(found) == {"2017", "2018"} and max(inspections) == "2018"
    assert found["2018"] / inspections["2018"] > found["2017"] / inspections["2017"]


def begging() -> dict[int, float]:
    return by_year("children_used_for_begging_identified")


def test_begging_cases_of_article_229_lie_between_245_and_574_a_year_and_are_not_trafficking():
    years = begging()
    assert years[min(years, key=lambda year: years[year])] == years[2017] == 245
    assert years[max(years, key=lambda year: years[year])] == years[2016] == 574
    assert max(years) == 2022 and years[2022] == 247
    assert (min(years[year] for year in range(2019, 2023)), max(years[year] for year in range(2019, 2023))) == (
        247,
        454,
    )
    found = rows("turkiye_facts", indicator="children_used_for_begging_identified")
    assert all("not trafficking" in row["note"] and "229" in row["note"] for row in found)


def test_in_every_full_year_begging_cases_are_more_than_child_victims():
    children = of_us_reports("child_victims_identified")
    both = sorted(set(begging()) & set(children))
    assert both[0] <= 2017 and both[-1] == 2022 and len(both) >= 6
    assert all(begging()[year] > children[year] for year in both)
    assert all(begging()[year] > counted(year, age="0-17") for year in range(2018, 2023))


def test_ministers_disagree_on_missing_children_after_the_earthquakes():
    found = rows("turkiye_facts", indicator="earthquake_missing_children_reported")
    interior, family = (
        only("turkiye_facts", source_id="MEDYAFARESI1018555", indicator=found[0]["indicator"]),
        only("turkiye_facts", source_id="DUVARENGLISH63693", indicator=found[0]["indicator"]),
    )
    assert (interior["value"], interior["date"]) == ("86", "2023-05") and "Minister of the Interior" in interior["note"]
    assert family["value"] == "0" and "Minister of Family" in family["note"]
    latest = max(found, key=lambda row: row["date_high"])
    assert (latest["value"], latest["date"], latest["value_qualifier"]) == ("30", "2025-02", "at_least")
    assert max(float(row["value"]) for row in found) == 86 and min(float(row["value"]) for row in found) == 0


def test_trafficking_after_the_earthquakes_is_alleged_and_nothing_that_was_read_shows_it():
    said = [row["comment"] for row in table("contradictions") if "earthquake" in row["indicator"]]
    assert any("alleged, not shown" in each for each in said)
    victims = [row for row in table("turkiye_facts") if row["indicator"].startswith("trafficking_victims")]
    assert not [row for row in victims if "earthquake" in row["note"].lower()]
    assert not [row for row in table("official_counts") if "earthquake" in row["breakdown"] + row["note"]]


def test_1912_children_without_a_companion_were_registered_and_1850_given_back():
    registered = only(
        "turkiye_facts", source_id="T24_1150487", indicator="earthquake_unaccompanied_children_registered"
    )
    assert registered["value"] == "1912" and "all of them identified" in registered["note"]
    of_july = {row["indicator"].rsplit("children_")[-1]: int(row["value"])
               for row in rows("turkiye_facts", source_id="GAZIANTEPSABAH153285", date="2023-07")}  # fmt: skip
    assert (of_july["reunited"], of_july["in_care"]) == (1850, 40)
    assert of_july["reunited"] + of_july["in_care"] <= of_july["registered"]


def test_unicef_put_the_children_in_need_at_2_5_million_and_2_7_million_were_displaced():
    need = only("turkiye_facts", indicator="earthquake_children_in_need_of_assistance")
    assert need["value"] == "2500000" and "UNICEF" in need["note"]
    displaced = rows("turkiye_facts", area_id="TUR", indicator="earthquake_displaced_persons")
    latest = max(displaced, key=lambda row: row["date_high"])
    assert (latest["value"], latest["date"]) == ("2700000", "2023-03")


def test_most_who_lived_in_containers_in_2026_were_in_hatay():
    found = {
        row["area_id"]: int(row["value"])
        for row in rows("turkiye_facts", indicator="earthquake_persons_in_containers", date="2026-02")
    }
    assert {area_id for area_id in found if area_id != "TUR"} == HIT_BY_THE_EARTHQUAKES
    assert found["TUR"] == 360_455 and found["TR-31"] == 156_953
    assert found["TR-31"] == max(found[each] for each in HIT_BY_THE_EARTHQUAKES)
    assert (found["TR-27"], found["TR-63"]) == (21_985, 3_084)
    ages = [row["note"] for row in rows("turkiye_facts", source_id="BIRGUN690185", date="2026-02", unit="persons")]
    assert all("age not given" in each for each in ages)


def test_three_times_as_many_left_hatay_in_2023_as_in_any_other_year():
    left = by_year("internal_migration_out", "TR-31")
    assert left[2023] == 164_247 and left[2025] == 45_076
    assert all(left[2023] > 3 * left[year] for year in left if year != 2023)


def test_no_statistic_measures_child_labour_after_the_earthquakes():
    row = only("turkiye_facts", indicator="earthquake_assessment_child_labour_risen")
    assert "share of respondents" in row["note"] and "no random sample" in row["note"]
    households = fact("earthquake_assessment_households", row["date"])
    assert "2,959 of them Syrian" in row["note"] and households / 2 < 2959


def interviews() -> dict[int, float]:
    return of_us_reports("potential_victims_interviewed")


def per_1000_interviews() -> dict[int, float]:
    children = of_us_reports("child_victims_identified")
    return {year: 1000 * children[year] / asked for year, asked in interviews().items()}


def test_interviews_rise_over_2016_to_2022():
    asked = [interviews()[year] for year in range(2016, 2023)]
    pairs = [(one, other) for place, one in enumerate(asked) for other in asked[place + 1 :]]
    # Kendall's S of seven years: 15 and more has p below 0.05.
    assert sum((other > one) - (other < one) for one, other in pairs) >= 15


def test_child_victims_for_each_interview_were_far_fewer_in_2022_than_in_2020():
    found = per_1000_interviews()
    assert max(found, key=lambda year: found[year]) == 2020
    assert found[2022] < found[2020] / 5


def test_some_earlier_years_were_nearly_as_low_so_the_direction_is_open():
    found = per_1000_interviews()
    assert all(found[year] < 1.5 * found[2022] for year in (2018, 2019))
    assert not all(one > other for one, other in pairwise([found[year] for year in sorted(found)]))


def test_the_us_reports_called_the_search_inadequate_and_inconsistent():
    answers = {
        row["source_id"]: row for row in rows("referral_indicators", area_id="TUR", indicator="proactive_screening")
    }
    assert "inadequate outside camps" in answers["TIP2021_TUR"]["note"]
    assert {answers[f"TIP{year}_TUR"]["answer"] for year in (2021, 2022, 2023)} == {"partly"}


def test_the_newest_number_of_syrians_is_of_october_2026():
    found = rows("turkiye_facts", area_id="TUR", indicator="syrians_temporary_protection")
    latest = max(found, key=lambda row: row["date_high"])
    assert (latest["value"], latest["date"]) == ("2206483", "2026-10-01")


def test_793_293_syrians_were_aged_5_to_17_in_january_2026():
    ages = ("0_4", "5_17", "18_64", "65_plus")
    found = [fact(f"syrians_temporary_protection_age_{each}", "2026-01-22") for each in ages]
    assert found[1] == 793_293 and sum(found) == 2_333_263
    assert "large part of them children" not in text("chapters")


def test_the_minister_gives_578_000_returns_in_the_year_to_december_2025():
    row = only("turkiye_facts", indicator="syrian_returns", date="2024-12-08/2025-12-08")
    assert row["value"] == "578000" and "Minister of the Interior, rounded" in row["note"]
    since = [each for each in rows("turkiye_facts", area_id="TUR", indicator="syrian_returns")
             if each["date"].startswith("2024-12")]  # fmt: skip
    assert max(float(each["value"]) for each in since) == 578_000


def test_the_last_enrolment_rate_of_syrian_children_is_65_percent_of_january_2022():
    aside = {row["source_id"] for row in rows("set_aside", indicator="syrian_children_enrolment_rate")}
    found = [row for row in rows("turkiye_facts", area_id="TUR", indicator="syrian_children_enrolment_rate")
             if row["source_id"] not in aside]  # fmt: skip
    latest = max(found, key=lambda row: row["date_high"])
    assert (latest["value"], latest["date"]) == ("65", "2022-01")
    assert fact("syrian_children_out_of_school", "2022-01") == 393_547
    upper, primary = (
        fact(f"syrian_children_enrolment_rate_{each}", "2022-01") for each in ("upper_secondary", "primary")
    )
    assert upper < 0.6 * primary


def test_79_8_percent_are_pupils_of_all_foreign_children_and_not_of_syrians():
    row = only("turkiye_facts", indicator="foreign_pupils_share_of_school_age")
    assert row["value"] == "79.8" and "all nationalities" in row["note"]
    assert fact("children_out_of_education_foreign", "2024-2025") == 192_638


def test_in_2018_45_percent_of_syrian_boys_of_15_to_17_were_in_paid_work_and_fewer_girls_worked():
    boys = {row["age_low"]: row for row in rows("child_labour_benchmarks", measure="paid_work", sex="male")}
    assert (boys["12"]["value"], boys["15"]["value"]) == ("17.4", "45.1") and boys["15"]["date"] == "2018"
    for ages in (("12", "14"), ("15", "17")):
        at_work = {
            row["sex"]: float(row["value"])
            for row in rows("child_labour_benchmarks", measure="employment", age_low=ages[0], age_high=ages[1])
        }
        assert at_work["female"] < at_work["male"] / 2


def test_young_syrian_women_had_married_as_children_three_times_as_often():
    of_survey = {row["population_group"]: float(row["value"])
                 for row in rows("prevalence_estimates", source_id="GNB_TUR", concept="child_marriage")}  # fmt: skip
    assert of_survey["Syrian refugee women"] == 3 * of_survey["women"] == 45


def test_registered_marriages_of_girls_of_16_and_17_fell_to_9354_in_2024():
    years = by_year("marriages_girls_16_17", source="KIBRISREPORT") | {2008: fact("marriages_girls_16_17", "2008")}
    latest = only(
        "prevalence_estimates", area_id="TUR", concept="registered_child_marriage", measure="persons",
        period_start="2024-01-01",
    )  # fmt: skip
    assert latest["value"] == "9354" and float(latest["value"]) < min(years.values()) < years[2008]
    assert "neither religious unions" in latest["note"]


def test_of_working_children_two_thirds_attended_school():
    assert survey("attending_education") == 65.7


def test_children_out_of_school_worked_ten_times_as_often_in_2012():
    found = {row["population_group"]: float(row["value"]) for row in rows(
        "prevalence_estimates", source_id="YARINHABER6384", concept="children_in_employment")}  # fmt: skip
    assert found["children out of school"] > 10 * found["children in school"]


def test_roma_children_and_syrian_children_are_named_in_begging():
    roma = [row for row in rows("route_mentions", source_id="TIP2017_TUR") if "Roma" in row["note"]]
    assert [row["form"] for row in roma] == ["begging;street_vending"]
    syrian = [row for row in rows("route_mentions", source_id="TIP2015_TUR", origin="SYR") if row["note"]]
    assert any("street begging, workshops, agriculture" in row["note"] for row in syrian)
    assert any(row["note"] == "sold into marriages" and row["victims"] == "girls" for row in syrian)


def test_incidents_at_security_units_do_not_show_trafficking_apart():
    victims = by_year("children_security_units_victim_incidents")
    assert max(victims) == 2024 and victims[2024] == 279_620
    found = rows("turkiye_facts", indicator="children_security_units_victim_incidents", date="2024")
    assert all("incidents, not persons; not trafficking" in row["note"] for row in found)


def test_two_experts_in_each_of_81_offices_and_274_or_393_mobile_teams():
    experts = only("turkiye_facts", indicator="identification_experts_per_province")
    assert (experts["value"], experts["date"]) == ("2", "2022") and "81 provincial offices" in experts["note"]
    teams = {row["date"]: row for row in rows("turkiye_facts", indicator="child_outreach_mobile_teams")
             if row["source_id"] in ("TIP2023_TUR", "TRGAZETESI1775628")}  # fmt: skip
    assert (teams["2022"]["value"], teams["2025-12"]["value"]) == ("274", "393")
    everything = [float(row["value"]) for row in rows("turkiye_facts", indicator="child_outreach_mobile_teams")]
    assert min(everything) == 274 and max(everything) == 393


def test_whether_mobile_teams_screen_for_trafficking_is_not_said():
    row = only("referral_indicators", source_id="BIRGUN697628", indicator="proactive_screening")
    assert "screening for trafficking is not mentioned" in row["note"]


def test_shelters_are_in_ankara_and_kirikkale_and_in_no_province_of_the_study():
    row = only("referral_indicators", source_id="COE_TUR_2023", indicator="shelters_all_regions")
    assert row["answer"] == "no" and "Ankara and Kirikkale" in row["note"]
    with (ROOT / "data/raw/areas.csv").open(encoding="utf-8", newline="") as file:
        names = {each["name"] for each in csv.DictReader(file) if each["study"] == "turkiye"}
    assert len(names) == len(PROVINCES) and not names & {"Ankara", "Kirikkale", "Kırıkkale"}


def test_sanliurfa_has_its_letters_wherever_it_is_printed():
    with (ROOT / "data/raw/areas.csv").open(encoding="utf-8", newline="") as file:
        (named,) = [each["name"] for each in csv.DictReader(file) if each["area_id"] == "TR-63"]
    assert named == "Şanlıurfa"
    for name, columns in (
        ("sources", ("title", "publisher")),
        ("turkiye_facts", ("note",)),
        ("referral_indicators", ("note",)),
        ("route_mentions", ("origin_place", "destination_place", "note")),
    ):
        assert not [row for row in table(name) for column in columns if "Sanliurfa" in row[column]], name


def test_the_more_room_and_money_of_shelters_is_what_the_us_report_of_2024_says():
    shelter = only("referral_indicators", source_id="TIP2024_TUR", indicator="dedicated_shelter")
    witnesses = only("referral_indicators", source_id="TIP2024_TUR", indicator="victim_witness_protection")
    assert "capacity too small" in shelter["note"] and "funding" in shelter["note"]
    assert "forensic interview rooms" in witnesses["note"] and "foreign victims and witnesses" in witnesses["note"]
    years = [int(row["report_year"]) for row in rows("sources", area_id="TUR", report="TIP") if row["report_year"]]
    assert max(years) == 2024


def test_the_number_of_unaccompanied_children_is_not_published():
    answers = rows("referral_indicators", area_id="TUR", indicator="data_on_unaccompanied_children")
    assert {row["answer"] for row in answers} == {"no"} and "AIDA_TUR_UAC_202307" in {
        row["source_id"] for row in answers
    }


def test_a_board_a_rapporteur_and_commissions_in_81_provinces_are_there():
    row = only("referral_indicators", source_id="OZDIYARBAKIR149416", indicator="coordinating_body")
    assert row["answer"] == "yes" and "81 provinces" in row["note"] and "national rapporteur" in row["note"]
    national = only("referral_indicators", source_id="COE_TUR_2ND", indicator="coordinating_body")
    assert "commissions in 81 provinces" in national["note"]


def test_no_action_plan_newer_than_2009_was_seen_in_force():
    answers = rows("referral_indicators", area_id="TUR", indicator="national_action_plan")
    recent = {row["source_id"]: row for row in answers if int(row["report_year"]) >= 2022}
    assert all(row["answer"] != "yes" for row in recent.values())
    assert "plan of 2009" in recent["TIP2023_TUR_b"]["note"]
    assert "said to be prepared" in recent["TRGAZETESI_1137065"]["note"]
    assert max(int(row["report_year"]) for row in answers) == 2025
    assert recent["CEACR2024_TUR_C029"]["answer"] == "no"


def test_inspectors_were_not_trained_in_2021_and_the_government_names_training_in_2024():
    training = {
        row["source_id"]: row for row in rows("referral_indicators", area_id="TUR", indicator="training_officials")
    }
    assert "labour inspectors" in training["TIP2021_TUR"]["note"] and training["TIP2021_TUR"]["answer"] == "partly"
    named = training["CEACR2024_TUR_C182"]
    assert named["answer"] == "yes" and "labour inspectors" in named["note"] and int(named["report_year"]) == 2024


def test_inspectors_were_too_few_in_2018_and_found_few_unregistered_workers():
    benchmark = rows("referral_indicators", area_id="TUR", indicator="labour_inspectors_meet_ilo_benchmark")
    assert {row["answer"] for row in benchmark} == {"no"} and max(row["report_year"] for row in benchmark) == "2018"
    found = only("referral_indicators", source_id="ILO_C81_2024_TUR", indicator="labour_inspection_informal_sector")
    assert found["answer"] == "partly" and "129 unregistered workers" in found["note"]


def courts(indicator: str) -> dict[int, float]:
    found = rows("official_counts", area_id="TUR", source_id="NPASYRIA104746", indicator=indicator)
    return {int(row["period_start"][:4]): float(row["value"]) for row in found}


def test_courts_acquitted_256_of_328_defendants_in_2022_and_most_in_every_year():
    ended, acquitted = courts("prosecutions"), courts("acquittals")
    assert set(ended) == set(acquitted) == {2020, 2021, 2022}
    assert (acquitted[2022], ended[2022]) == (256, 328)
    assert all(acquitted[year] > ended[year] / 2 for year in ended)


def test_unodc_has_72_convicted_in_2021_which_is_who_was_not_acquitted():
    convicted = only(
        "unodc_persons_and_offences", area_id="TUR", year="2021", indicator="convicted", sex="all", age="all"
    )
    prosecuted = only(
        "unodc_persons_and_offences", area_id="TUR", year="2021", indicator="prosecuted", sex="all", age="all"
    )
    assert (prosecuted["value"], convicted["value"]) == ("285", "72")
    assert courts("prosecutions")[2021] - courts("acquittals")[2021] == int(convicted["value"])
    years = [int(row["year"]) for row in rows("unodc_persons_and_offences", area_id="TUR", indicator="convicted")]
    assert max(years) == 2021


def test_the_prosecutions_of_2013_are_no_longer_the_last():
    old = only("official_counts", area_id="TUR", source_id="DOL2013_TUR", indicator="prosecutions")
    assert old["value"] == "33" and max(courts("prosecutions")) > 2013
    for kind in ("chapters", "briefs"):
        assert "turkiye/official_reports.prosecutions" not in text(kind)
        assert "turkiye/official_reports.acquittals" in text(kind)


def test_investigations_have_no_number_of_a_recent_year():
    found = rows("official_counts", area_id="TUR", indicator="investigations")
    assert all(row["period_end"] < "2013" for row in found)


def test_greta_and_the_rapporteur_give_different_totals_for_the_same_years():
    totals = {row["source_id"]: float(row["value"]) for row in rows(
        "turkiye_facts", indicator="trafficking_victims_identified", date="2019/2023")}  # fmt: skip
    assert totals == {"COE_GRETA2_TUR": 1466, "TIHEK_30JULY": 1769}


def test_turkiye_is_bound_by_the_treaties_that_are_named():
    bound = {row["treaty"] for row in rows("treaties", area_id="TUR", status="bound")}
    assert {"Palermo TIP Protocol", "CRC", "OPSC", "ILO C138", "ILO C182"} <= bound


def test_a_child_needs_no_proof_of_force_and_in_doubt_is_deemed_a_child():
    law = only("referral_indicators", area_id="TUR", indicator="law_child_no_force_required")
    assert law["answer"] == "yes" and "under 18 no means needed" in law["note"]
    rules = only("referral_indicators", source_id="CEACR2017_TUR_C182", indicator="sops_victim_identification")
    assert "in doubt a victim is deemed a child" in rules["note"]


def test_of_the_nine_provinces_a_source_names_victims_in_izmir_alone_and_they_are_women():
    named = [row for row in table("turkiye_facts")
             if row["area_id"] in PROVINCES and row["indicator"].startswith("trafficking_victims")]  # fmt: skip
    assert [(row["area_id"], row["value"], row["date"]) for row in named] == [("TR-35", "14", "2026-01")]
    assert (
        "one operation" in named[0]["note"]
        and "women" in named[0]["note"]
        and "not a yearly figure" in named[0]["note"]
    )
    assert not [row for row in table("official_counts") if row["area_id"] in PROVINCES]


def latest_syrians() -> dict[str, float]:
    aside = {(row["area_id"], row["source_id"]) for row in rows("set_aside", indicator="syrians_temporary_protection")}
    found: dict[str, Row] = {}
    for row in rows("turkiye_facts", indicator="syrians_temporary_protection"):
        if row["area_id"] in PROVINCES and (row["area_id"], row["source_id"]) not in aside:
            before = found.get(row["area_id"])
            if before is None or row["date_high"] > before["date_high"]:
                found[row["area_id"]] = row
    return {area_id: float(row["value"]) for area_id, row in found.items()}


def test_most_registered_syrians_live_in_istanbul_then_gaziantep_and_sanliurfa():
    latest = latest_syrians()
    assert set(latest) == PROVINCES
    assert sorted(latest, key=lambda each: latest[each], reverse=True)[:3] == ["TR-34", "TR-27", "TR-63"]


@pytest.mark.parametrize("source_id", ["AIDA_TUR2023", "YENICAG_20260207"])
def test_relative_to_inhabitants_most_registered_syrians_live_in_kilis(source_id):
    found = rows("turkiye_facts", source_id=source_id, indicator="syrians_temporary_protection_share_of_population")
    latest = max(row["date_high"] for row in found)
    shares = {row["area_id"]: float(row["value"]) for row in found if row["date_high"] == latest}
    assert len(shares) >= 4 and max(shares, key=lambda each: shares[each]) == "TR-79"


def test_shares_of_children_are_known_for_all_nine_provinces_and_every_year_from_2018():
    for area_id in PROVINCES:
        assert set(range(2018, 2026)) <= set(by_year("population_share_0_17", area_id)), area_id
    latest = {area_id: by_year("population_share_0_17", area_id)[2025] for area_id in PROVINCES}
    assert max(latest, key=lambda each: latest[each]) == "TR-63" and latest["TR-63"] == 43.3
    assert min(latest, key=lambda each: latest[each]) == "TR-35" and latest["TR-35"] == 20.2
    country = by_year("population_share_0_17")[2025]
    assert latest["TR-27"] == 34.5 > country == 24.8 > latest["TR-35"]


def test_published_child_labour_is_of_groups_and_of_no_province():
    found = [row for row in table("prevalence_estimates")
             if row["area_id"] in PROVINCES and row["concept"] == "children_in_employment"]  # fmt: skip
    groups = {(row["area_id"], row["population_group"]) for row in found}
    assert groups and not [each for each in groups if each[1] == "children"]


def test_a_contested_model_gives_15_6_in_a_thousand():
    row = only(
        "prevalence_estimates", area_id="TUR", concept="modern_slavery", measure="per_1000", source_id="GSI2023_XLSX"
    )
    assert round(float(row["value"]), 1) == 15.6 and row["modelled"] == "yes"


def test_sources_of_new_statements_are_in_the_bibliography():
    cited = set(re.findall(r"\[\[source:([^\]|]+)", text("chapters") + text("briefs")))
    assert len(cited) > 30 and cited <= {row["source_id"] for row in table("sources")}
    assert "UNODC_GLOTIP_2023" not in cited and source("UNODC_GLOTIP_2025")["year"] == "2025"
