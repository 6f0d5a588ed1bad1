"""Every published place of a number agrees with the headline: findings, index, Figure 6, tables, briefs, map."""

from __future__ import annotations

from functools import cache

import exhibits_of_incidence
import pytest
import yaml
from stated_findings import by_id

from analysis import areas, catalog, evidence, headlines
from analysis.exhibits import case_records, detection, findings_detection, headline_numbers, referral_law
from analysis.findings.measures import value_words
from analysis.report import key_findings, key_numbers

COUNTRIES = areas.ids("west_africa")
PLACES = [*COUNTRIES, "turkiye", "cabo_verde"]
STAGES = {"Detected victims": "victims", **{step.capitalize(): step for step in evidence.STEPS}}
stated = by_id(exhibits_of_incidence.findings)


@cache
def study_table():
    place = areas.get("west_africa")
    exhibit = headline_numbers.headline_numbers(place, headline_numbers.headlines_of(place))
    return exhibit.table.printed.set_index("Country")


@cache
def figure_six():
    return referral_law.latest_figures(areas.get("west_africa")).table.printed.set_index("Country")


@pytest.mark.parametrize("area_id", PLACES)
@pytest.mark.parametrize("measure", headlines.MEASURES)
def test_the_finding_says_the_headline(area_id, measure):
    number, finding = evidence.headline(area_id, measure), stated(area_id)[f"headline.{measure}"]
    if number.completeness == headlines.NONE:
        assert finding.status != "known"
        return
    assert finding.bounds[0] == number.low and finding.source_ids == (number.source_id,)
    # Of a part nothing is known from above.
    assert finding.bounds[1] == (float("inf") if number.kind else number.high)
    assert f"{number.period_start:%Y}" in finding.period and f"{number.period_end:%Y}" in finding.period


@pytest.mark.parametrize("area_id", PLACES)
def test_steps_of_justice_have_one_number_under_both_of_their_ids(area_id):
    for step in evidence.STEPS:
        older, newer = stated(area_id)[f"official_reports.{step}"], stated(area_id)[f"headline.{step}"]
        assert (older.bounds, older.period, older.status) == (newer.bounds, newer.period, newer.status)


@pytest.mark.parametrize("area_id", COUNTRIES)
def test_the_table_of_the_study_and_figure_six_print_the_headline_with_its_period(area_id):
    name = areas.get(area_id).name
    for measure, heading in headline_numbers.CALLED.items():
        number, cell = evidence.headline(area_id, measure), study_table().loc[name, heading]
        assert number.completeness == headlines.NONE or cell.startswith(f"{number.text} ({number.period}")
        # A star marks the largest part of no total.
        assert cell.endswith("*") == (number.completeness == headlines.PART)
    for heading, measure in STAGES.items():
        number = evidence.headline(area_id, measure)
        words = "none found" if number.completeness == headlines.NONE else number.words
        assert figure_six().loc[name, heading] == words
        assert number.completeness == headlines.NONE or number.period in words


@pytest.mark.parametrize("area_id", PLACES)
def test_the_index_names_the_place_by_its_headline(area_id):
    rows = [finding.row() for finding in stated(area_id).values()]
    victims = key_numbers.of_findings(rows, local=False)["victims"]
    assert victims["value"] == value_words(stated(area_id)["headline.victims"].row())
    assert victims["what"] == "Victims of trafficking identified"


@pytest.mark.parametrize("area_id", PLACES)
def test_a_page_opens_with_the_headlines_that_are_known_and_with_no_count_of_one_source(area_id):
    rows = [finding.row() for finding in stated(area_id).values()]
    opening = key_findings.chosen("incidence", rows)
    assert not [row for row in opening if row["measure"] in ("detected_victims", "detected_child_victims")]
    known = [f"headline.{each}" for each in ("victims", "child_victims", "convictions")]
    known = [each for each in known if stated(area_id)[each].status == "known"]
    opened = [f"{row['measure']}.{row['item']}" for row in opening]
    # The first is what the page is called by; the others are in the order of their time.
    assert set(known) <= set(opened) and opened[:1] == known[:1]


def test_the_map_of_the_study_is_of_the_headlines():
    place = areas.get("west_africa")
    figure = headline_numbers.headline_numbers(place, headline_numbers.headlines_of(place)).figure
    written = " ".join(text.get_text() for axes in figure.axes for text in axes.texts)
    for area_id in ("BEN", "NGA", "MLI", "TGO", "SEN"):
        assert evidence.headline(area_id, "victims").text in written


@pytest.mark.parametrize("area_id", ["TR-27", "CPV-SAL"])
def test_the_sentence_on_the_country_of_a_part_says_the_headline(area_id):
    place = areas.get(area_id)
    number = evidence.headline(place.iso3, "victims")
    assert f"{number.text} ({number.period})" in detection.in_a_sentence(place)


def test_case_records_stand_beside_the_headline():
    table = case_records._national(areas.get("turkiye"))
    assert table["low"].tolist() == [evidence.headline("TUR", each).low for each in ("victims", "child_victims")]


@pytest.mark.parametrize("area_id", ["TR-35", "CPV-SAL", "TR-27"])
def test_what_any_source_names_in_a_part_of_a_country_is_its_headline(area_id):
    for measure, name in findings_detection.COUNTED.items():
        older, newer = stated(area_id)[f"{name}.any_source"], stated(area_id)[f"headline.{measure}"]
        assert (older.bounds, older.period) == (newer.bounds, newer.period)


def _named(node: object) -> list[str]:
    """All measures that a layout names."""
    if isinstance(node, dict):
        return [name for key, each in node.items() for name in _named(each) if key not in ("head", "caption")]
    if isinstance(node, list):
        return [name for each in node for name in _named(each)]
    return [node] if isinstance(node, str) else []


def test_tables_and_briefs_ask_for_no_count_of_one_source():
    layout = yaml.safe_load((catalog.ROOT / "pledge" / "layout.yml").read_text(encoding="utf-8"))
    asked = [name.rpartition("/")[2] for name in _named(layout)]
    by_source = ("unodc", "us_reports", "other_reports")
    wrong = [each for each in asked if each.startswith("detected_") and each.rpartition(".")[2] in by_source]
    assert wrong == []
