"""Facts that texts cite as findings, and facts by topic as tables: values read by hand from the evidence."""

from __future__ import annotations

import pytest

from analysis import areas, indicators
from analysis.exhibits import context, facts_by_topic, findings_facts


def stated(area_id: str) -> dict[str, tuple]:
    found = findings_facts.cited(area_id, {})
    assert len({each.finding_id for each in found}) == len(found)
    return {each.finding_id.partition("/")[2]: (*each.bounds, each.period) for each in found}


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        # TREKSPRES_202512; 557,702 was printed in January 2026 and is older.
        ("official_persons.syrian_returns", (578_000, 578_000, "2024-12-08/2025-12-08")),
        # ILO_C182_2024_TUR: the whole year, and the half after it apart.
        ("official_reports.children_used_for_begging_identified", (247, 247, "2022")),
        ("official_reports.children_used_for_begging_identified.part_of_year", (125, 125, "2023-01/2023-06")),
        ("official_reports.children_used_for_begging_identified.highest", (574, 574, "2016")),
        ("official_reports.children_used_for_begging_identified.lowest", (245, 245, "2017")),
        # The dated page of July 2023 comes after undated ones of that year.
        ("official_persons.earthquake_unaccompanied_children_reunited", (1_850, 1_850, "2023-07")),
        ("official_persons.earthquake_missing_children_reported", (30, float("inf"), "2025-02")),
        ("official_share.child_labour_force_participation_15_17.previous", (22.1, 22.1, "2023")),
        ("official_share.child_labour_force_participation_15_17.before_previous", (18.7, 18.7, "2022")),
        # Of five years together, and never as the figure of one.
        ("official_persons.trafficking_victims_identified.several_years", (1_466, 1_466, "2019/2023")),
        # The series of facts ends in 2023; a published figure continues it.
        ("official_persons.marriages_girls_16_17", (9_354, 9_354, "2024")),
        ("official_reports.acquittals", (256, 256, "2022")),
        ("official_reports.defendants_with_a_decision", (328, 328, "2022")),
        ("official_services.identification_experts_per_province", (2, 2, "2022")),
    ],
)
def test_a_fact_that_texts_cite_is_what_was_printed(item, expected):
    assert stated("turkiye")[item] == expected


def test_a_province_states_its_own_facts():
    assert stated("TR-31")["official_persons.internal_migration_out.highest"] == (164_247, 164_247, "2023")
    assert "official_persons.syrian_returns" not in stated("TR-63")


@pytest.mark.parametrize(("area_id", "people"), [("CPV-SAL", 33_347), ("CPV-SANTIAGO", 269_370), ("CPV-MAIO", 6_298)])
def test_an_island_states_its_inhabitants_by_the_last_census(area_id, people):
    # SOFTLK_CPV, census of 2021; of Maio CPV_RGPH2021_REMEMBERED.
    assert stated(area_id)["official_persons.population_total"] == (people, people, "2021-06-16")
    assert "official_persons.population_total" not in stated("cabo_verde")


def test_a_study_of_countries_has_no_such_facts():
    assert findings_facts.cited("west_africa", {}) == [] and findings_facts.cited("SEN", {}) == []


def test_each_topic_has_rows_of_its_own():
    table = facts_by_topic.figures("turkiye")
    assert set(table["topic"]) == {each.topic for each in indicators.topics(areas.get("turkiye"))}
    assert table["preferred"].all() and not table["topic"].eq("").any()
    assert [each.name for each in facts_by_topic.by_topic("TR-42")] == [
        "after_the_earthquakes",
        "children_in_statistics",
        "children_in_the_population",
    ]
    for area_id in ("SEN", "west_africa"):
        assert [bool(each.absent) for each in facts_by_topic.by_topic(area_id)] == [True]


@pytest.mark.parametrize("area_id", ["turkiye", "TR-27"])
def test_what_has_a_topic_is_not_shown_with_school_and_work(area_id):
    shown = context.figures_of_school_and_work(areas.get(area_id))
    assert len(shown) and facts_by_topic.belongs(shown["indicator"], areas.get(area_id)).eq("").all()
