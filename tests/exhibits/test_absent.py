"""Exhibits that a kind of place has not: one sentence for whoever works, and nothing for a page."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from analysis import areas
from analysis.exhibits import absent, context, detection, publish, route
from analysis.exhibits.exhibit import Exhibit, only


@only("comparison", "{whose}: order of areas")
def order(place: areas.Area, words: str) -> Exhibit:
    return Exhibit("order", place.name, limits=words)


def test_of_a_study_the_exhibit_is_made_and_of_an_area_it_is_said_where_it_is():
    assert order(areas.get("turkiye"), "as asked").limits == "as asked"
    section = order(areas.get("TR-27"), "as asked")
    assert section.title == "Türkiye: order of areas"
    assert section.absent == "It compares all areas: see the page of Türkiye."


def test_of_countries_it_depends_on_the_study_where_the_exhibit_is():
    of_a_country = absent(areas.get("SEN"), "flows", "of_countries")
    assert of_a_country.title == "West Africa: flows" and "the page of West Africa" in of_a_country.absent
    # A study of the parts of one country has no such exhibit either, and nobody is sent there.
    for place in (areas.get("TR-27"), areas.get("turkiye")):
        assert "see the notebook" not in absent(place, "flows", "of_countries").absent
    own = absent(areas.get("TR-27"), "alarms", "No person {of it} has a date.")
    assert (own.title, own.absent) == ("Gaziantep: alarms", "No person {of it} has a date.")


def test_what_is_absent_is_printed_and_is_no_output_of_a_page():
    # Without a shell of its own IPython has nothing to capture what is displayed.
    InteractiveShell.instance()
    with capture_output() as captured:
        publish(absent(areas.get("TR-27"), "flows", "None was found."))
    assert captured.stdout == "Gaziantep: flows: not shown here. None was found.\n" and captured.outputs == []


@pytest.mark.parametrize("area_id", ["TR-27", "CPV-SAL"])
def test_a_part_of_a_country_shows_no_national_figure_as_its_own(area_id):
    place = areas.get(area_id)
    flows, sentences = route.sources_of(place)
    assert len(flows) and route.named_elsewhere(place).absent and route.flow_map(place, flows, sentences).absent
    rates = detection.rates(place)
    shown = detection.detected_rates(place, rates)
    assert shown.absent and shown.figure is None


def test_what_may_lie_behind_the_counts_is_what_there_are_figures_of():
    named = {
        area_id: context.circumstances(areas.get(area_id)) for area_id in ("TR-27", "turkiye", "cabo_verde", "SEN")
    }
    assert [each.name for each in named.values()] == [
        "school_and_work",
        "school_and_work",
        "islands_side_by_side",
        "tiers",
    ]
    assert context.circumstances(areas.get("CPV-SAL")).absent
