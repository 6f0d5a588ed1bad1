"""The chapter on monitoring: a row for each recommendation of an edition, in print in few words, with its letters."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import report_material as m

from analysis import areas
from analysis.jobs import PLEDGE
from analysis.recommendations import monitoring_frame
from analysis.recommendations.texts import read as read_texts
from analysis.report import edition, typeset


@cache
def material() -> edition.Material:
    """The material of tests, with an action on a gap that it states."""
    (action, *_) = read_texts(PLEDGE).gap_actions
    mine = replace(
        action, action_id="SEN-1", area_id="SEN", gap="SEN/gap.A2", met_by=replace(action.met_by, finding="SEN/gap.A2")
    )
    return replace(m.material(), texts=replace(m.material().texts, gap_actions=(mine,)))


def chapter(language: str, *, site: bool) -> str:
    made = edition.on_site(material(), language) if site else edition.in_print(material(), language)
    name = "monitoring" if site else "recommendations"
    text = next(each.text for each in made.chapters if each.anchor == name)
    return text if site else text.partition("{#monitoring}")[2]


def cells(text: str, name: str) -> list[str]:
    """The cells of the row of a name, as a reader sees them."""
    line = next(line for line in text.splitlines() if line.startswith(f"| [{typeset.escaped(name)}]"))
    return [typeset.plain(cell).strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_every_recommendation_of_an_edition_has_a_row_that_leads_to_it():
    for language in m.LANGUAGES:
        studies = edition.studies_of(material().texts, language)
        for site in (True, False):
            text = chapter(language, site=site)
            for each in material().texts.recommendations:
                there = f"(#recommendation-{each.recommendation_id})" in text
                assert there == (each.study in studies and language in each.text), (language, each.recommendation_id)
    assert len(areas.reported()) == 3


def test_a_row_on_the_site_has_what_indicator_baseline_target_and_next_reading():
    number, what, indicator, baseline, target, reading = cells(chapter("en", site=True), "WA-one")
    assert (number, what) == ("WA-one", "Ask in west_africa (en).")
    assert indicator == "recorded victims of trafficking (detected, UNODC)" and baseline == "1,234 (2020)"
    # More detected victims are neither better nor worse: the target is the action.
    assert target == "as advised"
    assert reading.startswith("report of the body that acts; yearly report of the US Department of State; on a period")


def test_in_print_a_letter_stands_for_a_reading_and_actions_are_left_to_the_site():
    text = chapter("en", site=False)
    number, _, baseline, target, reading = cells(text, "WA-one")
    assert (number, baseline, target) == ("WA-one", "1,234 (2020)", "as advised")
    legend = typeset.plain(text.strip().split("\n\n")[0])
    for letter in reading.split():
        assert f"{letter.strip('()')}: " in legend
    assert "monitoring_frame.csv" in legend and "SEN-1" not in text
    found = cells(chapter("en", site=True), "SEN-1")
    assert found[1] == "Senegal" and found[3] == "not in place, a gap of high severity (2020)"


def test_the_file_that_can_be_downloaded_has_every_row():
    frame = monitoring_frame.as_table(monitoring_frame.rows(material().texts, material().table))
    assert list(frame["row_id"]) == ["WA-one", "WA-two", "TR-one", "CV-one", "SEN-1"]
    assert edition.frame_file(material()) == "monitoring_frame.csv"
    assert edition.frame_file(m.synthetic()) == "monitoring_frame_SYNTHETIC.csv"
