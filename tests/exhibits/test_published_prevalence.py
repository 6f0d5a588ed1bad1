"""Exhibits and findings on published prevalence: what is shown for whom, named as what, and what is refused."""

from __future__ import annotations

import csv

import pandas as pd
import pytest

from analysis import areas, bibliography, catalog
from analysis.exhibits import findings_indicators as found
from analysis.exhibits import published_prevalence as published
from analysis.findings.measures import LANGUAGES, sentence

PLACES = ("SLE", "SEN", "NGA", "MRT", "turkiye", "cabo_verde", "west_africa", "TR-34", "CPV-FOGO")


def stated(area_id: str) -> dict:
    findings = found.prevalence(areas.get(area_id), published.rows(areas.get(area_id)), {})
    assert len({finding.finding_id for finding in findings}) == len(findings)
    return {finding.finding_id.split("/")[1]: finding for finding in findings}


def test_the_measured_come_without_the_modelled_and_the_modelled_without_the_measured():
    place = areas.get("SLE")
    table = published.rows(place)
    measured, contested = published.measured(place, table).table.printed, published.modelled(place, table)
    modelled = contested.table.printed
    assert measured["What, and how"].str.startswith("child trafficking: ").all()
    assert measured["What, and how"].str.contains("; household survey").all()
    assert modelled["What, and how"].str.startswith("modern slavery: ").all()
    assert "contested" in contested.title and "Gallagher" in contested.limits


@pytest.mark.parametrize("area_id", PLACES)
def test_every_figure_has_its_rows_in_the_table_and_no_more_than_fit(area_id):
    place = areas.get(area_id)
    table = published.rows(place)
    for exhibit in (each(place, table) for each in (published.measured, published.modelled, published.child_labour)):
        assert (exhibit.figure is None) == exhibit.limits.startswith((published.NOTHING, published.PERSONS_ALONE))
        assert exhibit.table.empty or set(exhibit.source_ids) <= set(bibliography.source_ids())
        if exhibit.figure is not None:
            assert f"{published.MOST_ROWS + 1} published figures" not in exhibit.figure.texts[-1].get_text()


def test_shares_of_schools_are_not_drawn_beside_shares_of_people():
    place = areas.get("SEN")
    exhibit = published.measured(place, published.rows(place))
    assert "daaras" in set(exhibit.table.numbers["population_group"])
    drawn = {text.get_text() for axes in exhibit.figure.axes for text in axes.get_yticklabels()}
    # Pupils of daaras are people; "Touba, daaras" were the schools.
    assert drawn and not any(", daaras" in " ".join(label.split()) for label in drawn)


def test_an_island_has_its_own_rows_alone_and_a_sentence_says_where_the_countrys_are():
    place = areas.get("CPV-FOGO")
    table = published.rows(place)
    exhibit = published.child_labour(place, table)
    assert tuple(exhibit.table.printed.iloc[0][["Where", "Figure"]]) == ("Fogo", "9.2 %")
    assert set(table["whose"]) == {"Fogo"}
    assert "Cabo Verde as a whole is on the page of the study" in published.in_a_sentence(place)


@pytest.mark.parametrize(
    ("area_id", "of_exploitation", "of_context"),
    [
        (
            "SEN",
            ["published_measured", "published_modelled"],
            ["published_child_labour", "published_further", "instead"],
        ),
        # One row on child labour, and none on exploitation: the sentence says where the country's are.
        ("CPV-FOGO", ["instead"], ["published_child_labour"]),
        ("CPV-SANTALUZIA", ["instead"], ["absent"]),
    ],
)
def test_of_a_part_of_a_country_a_page_has_what_there_is_and_else_where_to_look(area_id, of_exploitation, of_context):
    place = areas.get(area_id)
    table = published.rows(place)
    assert [each.name for each in published.prevalence_of_exploitation(place, table)] == of_exploitation
    assert [each.name for each in published.context_of_prevalence(place, table)] == of_context


def test_a_study_of_countries_has_one_row_a_country_and_its_regions():
    table = published.rows(areas.get("west_africa"))
    shares = published._latest_work(areas.get("west_africa"), table[table["subject"] == "child labour"])
    assert shares["whose"].is_unique and list(shares["whose"][-2:]) == ["ECOWAS countries", "Sub-Saharan Africa"]
    assert "World" not in set(table["place"])


def test_ages_that_another_row_of_the_study_includes_are_in_the_table_alone():
    place = areas.get("turkiye")
    table = published.rows(place)
    table = table[
        table["concept"].eq("children_in_employment") & table["measure"].eq("percent") & table["sex"].eq("both")
    ]
    drawn = published._latest_work(place, table)
    of_2012 = drawn[drawn["study"].eq("TÜİK Child Labour Survey 2012") & drawn["population_group"].eq("children")]
    # 6 to 17 years include 6 to 14 and 15 to 17.
    assert list(of_2012["value"]) == ["5.9"]


@pytest.mark.parametrize("area_id", ["SLE", "SEN", "NGA", "turkiye", "cabo_verde", "west_africa"])
def test_no_estimate_is_set_beside_detected_victims_today(area_id):
    place = areas.get(area_id)
    table = published.estimates(place)
    pairs, why = published.compared(place, table)
    assert pairs == [] and set(why) <= set(published.REASONS)
    text = published.beside_detected(place).data
    assert f"None of the {len(table)} " in text and text.count("\n- ") == len(why)


def test_a_share_beside_its_number_of_persons_is_one_estimate():
    # The Index prints a rate and a number of persons in each of its editions.
    table = published.estimates(areas.get("turkiye"))
    assert set(table["measure"]) == {"persons"} and table["study"].is_unique


def test_nigerias_survey_of_forced_labour_is_refused_for_whom_and_for_when_it_counts():
    table = published.estimates(areas.get("NGA"))
    _, why = published.compared(areas.get("NGA"), table[table["concept"].eq("forced_labour")])
    assert set(why) == {"other_population", "stock_against_flow"}


def test_the_findings_of_sierra_leone():
    findings = stated("SLE")
    east = findings["published_prevalence.child_trafficking.children.eastern_province"]
    assert (east.value, east.period, east.source_ids) == (33.0, "2019/2020", ("UGA_26738",))
    assert "wide definitions" in east.limits and "household" not in east.item
    rate = findings["modelled_prevalence"]
    assert rate.value == pytest.approx(3.4, abs=0.05) and "contested" in rate.limits.lower()
    # 25.2 % with chores in the UN copy of 2017; the 26 of World Population Review is a reprint.
    assert findings["published_child_labour.child_labour"].value == 25.2
    assert findings["detected_of_estimated.measured"].status == "refused"
    assert "modern slavery" in findings["detected_of_estimated.modelled"].why


def test_a_rate_per_1000_of_a_survey_is_stated_in_percent():
    # 5.2 per 1,000 are 0.52 %.
    (finding,) = [each for name, each in stated("NGA").items() if name.startswith("published_prevalence.forced_labour")]
    assert finding.value == pytest.approx(0.52)


def test_figures_of_one_year_that_lie_far_apart_are_a_range_and_others_are_named():
    # By the survey of 2015: 37.6 % (UNICEF), and 14.0 % as UN statistics print it, both with chores.
    finding = stated("MRT")["published_child_labour.child_labour"]
    assert finding.bounds == (14.0, 37.6) and "14.0 %" in finding.limits
    assert finding.source_ids == ("ECOUTEZNOUS200", "UNSD_DDF")


def test_an_earlier_survey_of_the_same_group_stands_beside_the_latest():
    # Kédougou: 19 % of women in commercial sex at the baseline of 2021, and 51 % at the end line.
    found = stated("SEN")
    item = "published_prevalence.sex_trafficking.women_in_commercial_sex.kedougou_region"
    assert (found[item].value, found[f"{item}.earlier"].value) == (51.0, 19.0)
    # Kambia's 33.5 of one page is the 33.52 of another, and no second survey.
    assert not [each for each in stated("SLE") if each.endswith(".earlier")]


def test_what_official_figures_state_already_is_not_stated_twice():
    assert not any(name.startswith("published_child_labour") for name in stated("cabo_verde"))
    assert stated("cabo_verde")["modelled_prevalence"].status == "not reported"


@pytest.mark.parametrize("area_id", ["TR-34", "CPV-FOGO", "west_africa"])
def test_of_parts_of_a_country_and_of_several_countries_none_is_stated(area_id):
    assert found.prevalence(areas.get(area_id), published.rows(areas.get(area_id)), {}) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_is_a_sentence_that_calls_the_model_contested(language):
    words = {"en": "contested", "fr": "contest", "pt": "contestad", "tr": "tartışmalı"}
    for area_id in ("SLE", "SEN", "GIN", "CIV", "LBR", "GHA", "NER", "turkiye", "cabo_verde"):
        for name, finding in stated(area_id).items():
            text = sentence(finding.row(), language)
            assert text.endswith((".", ")")) and "{" not in text
            assert not name.startswith("modelled") or words[language] in text


# Working children of Türkiye


def test_published_figures_are_those_of_the_table_and_are_not_called_synthetic():
    with open(catalog.RAW / "evidence/child_labour_benchmarks.csv", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    expected = {
        f"published_share.{row['measure']}.{row['sex']}.aged_{row['age_low']}_{row['age_high']}": float(row["value"])
        for row in rows
        if row["source_id"] in ("TUIK_CLFS_2019", "IZA_DP14466")
        and row["unit"] == "percent"
        and not row["measure"].startswith("reason")
    }
    here = {name: finding for name, finding in stated("turkiye").items() if name.startswith("published_share")}
    assert {name: finding.value for name, finding in here.items()} == expected
    assert stated("turkiye")["published_working_children"].value == 720_000
    assert {finding.kind for finding in here.values()} == {"public"}


def test_a_newer_survey_takes_the_place_of_an_older_one_under_the_same_id(monkeypatch):
    before = {name for name in stated("turkiye") if name.startswith(("published_share", "published_working"))}
    received = catalog.load("child_labour_benchmarks")
    newer = received[received["measure"].isin(["sector_agriculture", "working_children"])].assign(
        low=12.5, high=12.5, date_low=pd.Timestamp("2027-10-01"), date_high=pd.Timestamp("2027-12-31")
    )
    monkeypatch.setattr(catalog, "load", lambda name, **_: pd.concat([newer, received], ignore_index=True))
    found_now = found.working_children(areas.get("turkiye"), {})
    after = {finding.finding_id.partition("/")[2]: finding for finding in found_now}
    assert set(after) == before
    for name in ("published_share.sector_agriculture.all.aged_5_17", "published_working_children"):
        assert (after[name].value, after[name].period) == (12.5, "2027-10/2027-12")


def test_a_published_figure_is_of_turkiye_as_a_whole_and_of_no_other_study():
    nine = {"en": "nine provinces", "fr": "neuf provinces", "pt": "nove províncias", "tr": "dokuz il"}
    for finding in found.working_children(areas.get("turkiye"), {}):
        for language, words in nine.items():
            assert words not in sentence(finding.row(), language), finding.finding_id
    for area_id in ("SEN", "cabo_verde", "demo_provinces"):
        assert not any(name.startswith(("published_share", "published_working")) for name in stated(area_id))
