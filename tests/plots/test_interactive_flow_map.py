"""The interactive flow map, as a person's browser sees it. Expected numbers are sums of FLOWS by hand."""

from __future__ import annotations

import hashlib
import importlib
import json
import re

import geopandas as gpd
import nbformat
import numpy as np
import pandas as pd
import pytest
from browsers import seen_at
from hypothesis import given
from hypothesis import strategies as st
from projects import PLAIN, run_analysis, small_project
from refusals import refused
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from shapely.geometry import box

import journeys
from analysis import areas, plots
from analysis.batch import provenance
from analysis.exhibits import record_paths, route
from analysis.jobs import Job
from analysis.methods import origin_destination
from analysis.plots.interactive_flow_map import interactive_flow_map, pack, show_page
from analysis.report import pages

module = importlib.import_module("analysis.plots.interactive_flow_map")
FOOTER = plots.Footer("lists of a test", "2019-2021", "29 persons", "Detected, not incidence.")
SYNTHETIC = plots.Footer("made for a test", "2019-2021", "29 persons", "Not real.", synthetic=True)
PROJECTION = "+proj=laea +lat_0=13 +lon_0=-3"
WORLD = gpd.GeoDataFrame(
    {"area_id": ["BEN", "NGA", "SEN", "TCD"]},
    geometry=[box(0.8, 6.2, 3.8, 12.4), box(3.8, 4.3, 14, 13.8), box(-17.5, 12.3, -11.4, 16.6), box(14, 8, 24, 23)],
    crs=4326,
)
PLACES = pd.DataFrame(
    {
        "id": ["BEN", "NGA", "SEN", "USA", "Europe"],
        "name": ["Benin", "Nigeria", "Senegal", "United States of America", "Europe"],
        "x": [2.3, 8.0, -14.5, -98.0, 5.0],
        "y": [9.3, 9.5, 14.5, 39.0, 56.0],
        "study": [True, True, True, False, False],
        "region": [False, False, False, False, True],
    }
)
COLUMNS = ["origin", "destination", "year", "form", "sex", "low", "high"]
FLOWS = pd.DataFrame(
    [
        ("BEN", "NGA", 2019, "sexual_exploitation", "girls", 10, 10),
        ("BEN", "NGA", 2020, "begging;sexual_exploitation", "", 2, 5),
        ("NGA", "BEN", 2019, "begging", "boys", 3, 3),
        ("SEN", "SEN", 2021, None, "girls", 4, np.inf),
        ("SEN", "Europe", None, "sexual_exploitation", "boys", 1, 1),
        ("unknown", "BEN", 2020, "begging", "girls", 7, 7),
        ("BEN", "USA", 2021, "sexual_exploitation", "girls", 2, 2),
    ],
    columns=COLUMNS,
)
FILTERS = {"year": "Year", "form": "Form", "sex": "Sex"}


def page_of(flows: pd.DataFrame = FLOWS, places: pd.DataFrame = PLACES, **rules) -> str:
    given = {
        "title": "A test",
        "footer": FOOTER,
        "projection": PROJECTION,
        "unit": "persons",
        "filters": FILTERS,
    }
    return interactive_flow_map(flows, places, WORLD, **(given | rules))


@pytest.fixture
def opened(browser, tmp_path):
    """Opens a page in the browser at a width, and holds it to having asked for nothing else and having no error."""

    def open_page(page: str, width: int = 1200):
        file = tmp_path / "map.html"
        file.write_text(page, encoding="utf-8")
        seen_at(browser, width, 900)
        for log in ("browser", "performance"):
            browser.get_log(log)
        browser.get(file.as_uri())
        return browser

    yield open_page
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert asked and {url.split(":")[0] for url in asked} <= {"file", "data"}
    assert sum(url.startswith("file:") for url in asked) == 1
    assert browser.get_log("browser") == []


def text(browser, name: str) -> str:
    return browser.execute_script("return document.getElementById(arguments[0]).textContent", name)


def press(browser, *keys: str) -> None:
    ActionChains(browser).send_keys(*keys).perform()


def focused(browser) -> str:
    return browser.execute_script("return document.activeElement.getAttribute('aria-label')")


def drawn(browser) -> list[str]:
    script = "return [...document.querySelectorAll('.flow')].map(e => e.getAttribute('aria-label'))"
    return browser.execute_script(script)


def table(browser) -> list[list[str]]:
    script = "return [...document.querySelectorAll('#rows tr')].map(r => [...r.cells].map(c => c.textContent))"
    return browser.execute_script(script)


def box_of(browser, label: str, value: str):
    """The checkbox of a value, and what is counted beside it."""
    for fieldset in browser.find_elements(By.TAG_NAME, "fieldset"):
        if fieldset.find_element(By.TAG_NAME, "legend").text == label:
            for row in fieldset.find_elements(By.TAG_NAME, "label"):
                if row.find_element(By.CLASS_NAME, "value").text == value:
                    return row.find_element(By.TAG_NAME, "input"), row.find_element(By.CLASS_NAME, "sum").text
    raise AssertionError(f"there is no choice {label}: {value}")


def only(browser, label: str, *values: str) -> None:
    browser.find_element(By.CSS_SELECTOR, f'[aria-label="{label}: none"]').click()
    for value in values:
        box_of(browser, label, value)[0].click()


# --- what is shown -------------------------------------------------------------------------------------------------


def test_all_flows_are_counted_and_the_largest_drawn_and_those_with_an_unknown_end_are_among_them(opened):
    browser = opened(page_of())
    # 10 + 2 + 3 + 4 + 1 + 7 + 2, and Senegal's own have no upper end.
    assert text(browser, "count") == "Shown: ≥29 persons in 6 pairs of places."
    assert drawn(browser) == [
        "within Senegal: ≥4 persons, 13–100% of all shown",  # 4 / (4 + 10 + 5 + 3 + 1 + 7 + 2), and all of it
        # At least none of them, since Senegal's may be any number.
        "Benin to Nigeria: 12–15 persons, 0–47% of all shown",  # 15 / (15 + 4 + 3 + 1 + 7 + 2)
        "unknown to Benin: 7 persons, 0–24% of all shown",  # 7 / (7 + 12 + 4 + 3 + 1 + 2)
        "Nigeria to Benin: 3 persons, 0–10% of all shown",  # 3 / (3 + 12 + 4 + 1 + 7 + 2)
        "Benin to United States of America: 2 persons, 0–6.9% of all shown",
        "Senegal to Europe: 1 person, 0–3.4% of all shown",
    ]
    assert table(browser)[2] == ["unknown", "Benin", "7", "0–24%"]
    assert text(browser, "lost") == "" and text(browser, "other") == ""


def test_an_end_that_has_no_place_at_all_is_listed_and_stays_in_the_table(opened):
    browser = opened(page_of(FLOWS.replace({"origin": {"unknown": "somewhere"}})))
    assert not [flow for flow in drawn(browser) if "somewhere" in flow]
    assert "1 pair, 7 persons: somewhere to Benin 7." in text(browser, "lost")
    assert table(browser)[-1][:3] == ["somewhere", "Benin (not on the map)", "7"]
    said = "Number of persons from place to place: 5 pairs as drawn, the largest first; "
    assert text(browser, "caption") == said + "then those that have no place on the map."
    only(browser, "Form", "sexual exploitation")
    said = "Number of persons from place to place: 3 pairs as drawn, the largest first. "
    assert text(browser, "caption") == said + "Chosen: Form: sexual exploitation."


def test_only_the_largest_are_drawn_and_the_others_are_counted(opened):
    browser = opened(page_of(top=2))
    assert len(drawn(browser)) == 2
    # Drawn: within Senegal and Benin to Nigeria; other: 7 + 3 + 2 + 1.
    assert text(browser, "other") == "Drawn: 2 pairs, ≥16 persons. Other: 4 further pairs, 13 persons, not drawn."
    assert [row[0] for row in table(browser)] == ["Senegal", "Benin", "Other: 4 further pairs"]
    Select(browser.find_element(By.CSS_SELECTOR, "#choices p select")).select_by_value("10")
    assert len(drawn(browser)) == 6


def test_the_largest_are_in_colour_and_have_their_numbers_on_the_map_and_the_others_are_grey(opened):
    ids = [f"P{n:02}" for n in range(17)]
    around = np.linspace(0, 2 * np.pi, 17, endpoint=False)
    places = pd.DataFrame({"id": ids, "name": ids, "x": -3 + 9 * np.cos(around), "y": 13 + 9 * np.sin(around)})
    flows = pd.DataFrame({"origin": ids, "destination": ids[3:] + ids[:3], "low": range(60, 43, -1)})
    browser = opened(page_of(flows.assign(high=flows["low"]), places.assign(study=True), filters={}))
    grey = "return [...document.querySelectorAll('.flow.minor')].map(e => e.ariaLabel)"
    # The sixteenth and the seventeenth: 60 - 15 and 60 - 16.
    assert [name.split(": ")[1].split(" ")[0] for name in browser.execute_script(grey)] == ["45", "44"]
    script = "return [...document.querySelectorAll('#names text.number')].map(e => e.textContent)"
    written = {int(number) for number in browser.execute_script(script)}
    assert len(written) >= 12 and written <= set(range(46, 61))
    assert "not among the 15 largest" in text(browser, "legend")


def test_flows_that_nothing_is_known_of_make_a_page_that_says_so(opened):
    browser = opened(page_of(FLOWS.iloc[:0]))
    assert text(browser, "count") == "Shown: 0 persons in 0 pairs of places."
    assert drawn(browser) == [] and table(browser) == []


def test_a_count_of_zero_is_no_flow():
    zero = pd.DataFrame([("USA", "NGA", 2019, "begging", "boys", 0, 0)], columns=COLUMNS)
    assert len(pack(pd.concat([FLOWS, zero]), FILTERS).pairs) == 6


def test_both_directions_are_apart_and_a_flow_within_a_place_is_a_ring(opened):
    browser = opened(page_of())
    there, back = (
        browser.execute_script(
            "const p = [...document.querySelectorAll('.flow')].find(e => e.ariaLabel.startsWith(arguments[0]))"
            ".querySelector('.hit'), at = p.getPointAtLength(p.getTotalLength() / 2); return [at.x, at.y]",
            name,
        )
        for name in ("Benin to Nigeria", "Nigeria to Benin")
    )
    assert np.hypot(*np.subtract(there, back)) > 10
    assert browser.execute_script("return document.querySelectorAll('.flow .bend').length") == 1


def test_widths_are_true_by_area_and_keep_their_meaning(opened):
    breaks = [1.0, 5, 20, 100]
    # Middles 3, 12.5 and 60: widths as their square roots.
    widths = np.array(module._widths(breaks))
    assert widths / widths[-1] == pytest.approx(np.sqrt([3 / 60, 12.5 / 60, 1]), abs=0.01)
    browser = opened(page_of())
    legend = text(browser, "legend")
    only(browser, "Form", "begging")
    assert text(browser, "legend").split("pale")[0] == legend.split("pale")[0]


# --- journeys within a study ---------------------------------------------------------------------------------------

COUNTRY = gpd.GeoDataFrame({"area_id": ["XXX", "YYY"]}, geometry=[box(0, 0, 4, 3), box(4, 0, 9, 3)], crs=4326)
AREAS = gpd.GeoDataFrame({"area_id": ["X1", "X2"]}, geometry=[box(0, 0, 2, 3), box(2, 0, 4, 3)], crs=4326)
NODES = pd.DataFrame(
    {
        "id": ["X1", "X2", "YYY", "rest of XXX", "XXX"],
        "name": ["West", "East", "Abroad", "the rest of the country", "province not known"],
        "x": [1.0, 3.0, 30.0, None, None],
        "y": [1.5, 1.5, 1.5, None, None],
        "study": [True, True, False, False, False],
    }
)
JOURNEYS = pd.DataFrame(
    [
        ("X1", "X2", 2019, 9),
        ("rest of XXX", "X1", 2020, 5),
        (None, "X2", None, 4),
        ("YYY", "X1", 2019, 3),
        ("XXX", "XXX", 2020, 2),
        ("unknown", "unknown", 2020, 1),
    ],
    columns=["origin", "destination", "year", "low"],
)
JOURNEYS["high"] = JOURNEYS["low"]


def journeys_page(**rules) -> str:
    given = {
        "title": "A test",
        "footer": FOOTER,
        "projection": "+proj=laea +lat_0=1.5 +lon_0=2",
        "unit": "persons",
        "filters": {"year": "Year"},
        "boundaries": AREAS,
        "highlight": "X1",
    }
    return interactive_flow_map(JOURNEYS, NODES, COUNTRY, **(given | rules))


def rects(browser, selector: str) -> list[dict]:
    script = "return [...document.querySelectorAll(arguments[0])].map(e => e.getBoundingClientRect())"
    return browser.execute_script(script, selector)


def is_within(inner: dict, outer: dict) -> bool:
    return all(inner[side] >= outer[side] - 1 for side in ("left", "top")) and all(
        inner[side] <= outer[side] + 1 for side in ("right", "bottom")
    )


@pytest.mark.parametrize("width", [400, 1200])
def test_ends_without_a_place_on_the_ground_stand_beside_the_map_and_their_flows_are_reached(opened, width):
    browser = opened(journeys_page(), width)
    shares = ["38%", "21%", "17%", "13%", "8.3%", "4.2%"]  # of 9 + 5 + 4 + 3 + 2 + 1
    flows = [
        "West to East: 9 persons",
        "the rest of the country to West: 5 persons",
        "unknown to East: 4 persons",
        "Abroad to West: 3 persons",
        "within province not known: 2 persons",
        # Of two places that nobody knows, nobody knows whether they are one.
        "unknown to unknown: 1 person",
    ]
    assert drawn(browser) == [f"{flow}, {share} of all shown" for flow, share in zip(flows, shares, strict=True)]
    browser.execute_script("document.querySelector('.flow').focus()")
    for flow in drawn(browser):
        assert focused(browser) == flow
        press(browser, Keys.ARROW_DOWN)
    frame, paper = rects(browser, "#map")[0], rects(browser, "#paper rect")
    for name in ("the rest of the country", "province not known", "unknown"):
        stands = rects(browser, f'.place[aria-label="{name}"] .box')[0]
        assert is_within(stands, frame)
        assert any(is_within(stands, strip) for strip in paper), name
    beside = rects(browser, '.place[aria-label="the rest of the country"] .box')[0]
    land = rects(browser, ".study")[0]
    assert beside["top"] > land["bottom"]


def test_a_flow_with_an_unknown_end_is_dashed_and_no_other(opened):
    browser = opened(journeys_page())
    script = (
        "return [...document.querySelectorAll('.flow')].map(e => [e.ariaLabel.split(':')[0], "
        "e.querySelector('.shape, .bend').getAttribute('d').split('M').length > 2 || "
        "e.querySelector('.shape, .bend').hasAttribute('stroke-dasharray')])"
    )
    dashed = {name for name, is_dashed in browser.execute_script(script) if is_dashed}
    assert dashed == {"unknown to East", "unknown to unknown"}
    assert "dashed: one end is not known" in text(browser, "legend")
    # Of 2020 there is one with an unknown end, and the one of an unknown year is kept until it is chosen away.
    Select(browser.find_element(By.CSS_SELECTOR, '[aria-label="Year: from"]')).select_by_value("2020")
    assert text(browser, "count") == "Shown: 12 persons in 4 pairs of places."  # 5 + 4 + 2 + 1
    box_of(browser, "Year", "unknown")[0].click()
    assert text(browser, "count") == "Shown: 8 persons in 3 pairs of places."


def test_nothing_moves_when_flows_are_filtered(opened):
    browser = opened(journeys_page())
    boxes = [rects(browser, "#map"), rects(browser, ".study"), rects(browser, '.place[aria-label="unknown"] .box')]
    Select(browser.find_element(By.CSS_SELECTOR, '[aria-label="Year: to"]')).select_by_value("2019")
    box_of(browser, "Year", "unknown")[0].click()
    assert drawn(browser) == [
        "West to East: 9 persons, 75% of all shown",
        "Abroad to West: 3 persons, 25% of all shown",
    ]
    for box_before, selector in zip(boxes, ("#map", ".study", '.place[aria-label="unknown"] .box'), strict=True):
        # Lines of text above the map may change their number, not what is beside it.
        after = rects(browser, selector)
        assert [(b["left"], b["width"], b["height"]) for b in after] == [
            (b["left"], b["width"], b["height"]) for b in box_before
        ]


def test_the_study_fills_the_frame_and_each_of_its_areas_can_be_told(opened):
    browser = opened(journeys_page())
    frame, study, chosen = (rects(browser, selector)[0] for selector in ("#map", ".study", ".chosen"))
    assert is_within(study, frame)
    assert max(study["width"] / frame["width"], study["height"] / frame["height"]) > 0.6
    # X1 is the western half.
    assert chosen["width"] == pytest.approx(study["width"] / 2, abs=2)
    assert chosen["left"] == pytest.approx(study["left"], abs=1)
    # The country is all of its areas, and is not drawn a second time beneath them; its neighbour is.
    assert rects(browser, ".land")[0]["left"] >= study["right"] - 1
    # Without boundaries there is only the whole country; of its areas nothing is drawn.
    browser = opened(journeys_page(boundaries=None))
    assert rects(browser, ".study") == [] and rects(browser, ".chosen") == []


# --- filters -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_filters_change_the_numbers_to_those_of_the_rows_that_match(opened):
    browser = opened(page_of())
    only(browser, "Form", "sexual exploitation")
    # 10; 2 to 5; 1; 2.
    assert text(browser, "count") == "Shown: 15–18 persons in 3 pairs of places."
    assert text(browser, "chosen") == "Chosen: Form: sexual exploitation."
    # Of the others there are three: 12 / (12 + 3), 15 / (15 + 3); 2 / (2 + 16), 2 / (2 + 13).
    assert table(browser) == [
        ["Benin", "Nigeria", "12–15", "80–83%"],
        ["Benin", "United States of America", "2", "11–13%"],
        ["Senegal", "Europe", "1", "5.6–6.7%"],
    ]
    only(browser, "Form", "begging")
    # 2 to 5; 3; 7.
    assert text(browser, "count") == "Shown: 12–15 persons in 3 pairs of places."
    only(browser, "Sex", "girls")
    assert text(browser, "count") == "Shown: 7 persons in 1 pair of places."
    browser.find_element(By.ID, "reset").click()
    assert text(browser, "count") == "Shown: ≥29 persons in 6 pairs of places."
    assert text(browser, "chosen") == "Nothing is filtered out."


@pytest.mark.slow
def test_a_value_says_how_many_it_holds_under_the_other_filters(opened):
    browser = opened(page_of())
    assert box_of(browser, "Sex", "girls")[1] == "≥23"  # 10 + 4 + 7 + 2
    only(browser, "Form", "sexual exploitation")
    # 10 + 2; 1; 2 to 5. Of the forms, those not chosen still say what they would add.
    assert [box_of(browser, "Sex", value)[1] for value in ("girls", "boys", "unknown")] == ["12", "1", "2–5"]
    assert [box_of(browser, "Form", value)[1] for value in ("begging", "unknown")] == ["12–15", "≥4"]


def test_unknown_is_a_choice_of_its_own_that_is_never_dropped(opened):
    browser = opened(page_of())
    only(browser, "Form", "unknown")
    assert text(browser, "count") == "Shown: ≥4 persons in 1 pair of places."
    only(browser, "Form")
    assert text(browser, "count") == "Shown: 0 persons in 0 pairs of places."
    assert drawn(browser) == []


@pytest.mark.slow
def test_years_are_chosen_from_one_to_another_and_those_unknown_apart(opened):
    browser = opened(page_of())
    to = Select(browser.find_element(By.CSS_SELECTOR, '[aria-label="Year: to"]'))
    to.select_by_value("2020")
    # 10; 2 to 5; 3; 7, and the one of an unknown year.
    assert text(browser, "count") == "Shown: 23–26 persons in 4 pairs of places."
    assert text(browser, "chosen") == "Chosen: Year: 2019–2020 and unknown."
    box_of(browser, "Year", "unknown")[0].click()
    assert text(browser, "count") == "Shown: 22–25 persons in 3 pairs of places."
    # A first year after the last one moves the last one along.
    Select(browser.find_element(By.CSS_SELECTOR, '[aria-label="Year: from"]')).select_by_value("2021")
    assert to.first_selected_option.text == "2021"
    assert text(browser, "count") == "Shown: ≥6 persons in 2 pairs of places."
    bars = browser.execute_script("return document.querySelector('.years').getAttribute('aria-label')")
    assert bars == "2019: 13, 2020: 9–12, 2021: ≥6"


def test_a_place_shows_only_what_touches_it_and_then_all_again(opened):
    browser = opened(page_of())
    browser.execute_script("document.querySelector('.place[aria-label=Benin]').focus()")
    assert "Out: 14–17 · in: 10 · within: 0 (persons)" in text(browser, "tip")
    press(browser, Keys.ENTER)
    # 12 to 15 and 2 out of Benin, 3 and 7 into it.
    assert text(browser, "count") == "Shown: 24–27 persons in 4 pairs of places."
    assert text(browser, "chosen") == "Chosen: only from, to or within Benin."
    assert focused(browser) == "Benin"
    assert browser.execute_script("return document.activeElement.getAttribute('aria-pressed')") == "true"
    press(browser, Keys.SPACE)
    assert text(browser, "count") == "Shown: ≥29 persons in 6 pairs of places."


# --- keyboard and pointer ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_keyboard_reaches_every_flow_from_the_largest_and_shows_its_numbers(opened):
    browser = opened(page_of())
    flows = drawn(browser)
    browser.execute_script("document.getElementById('reset').focus()")
    press(browser, Keys.TAB)
    reached, told = [], []
    for _ in flows:
        reached.append(focused(browser))
        told.append(browser.find_element(By.ID, "tip").text)
        press(browser, Keys.ARROW_DOWN)
    assert reached == flows
    assert told[1].splitlines() == [
        "Benin → Nigeria",
        "12–15 persons, 0–47% of all shown",
        "Year",
        "2019: 10 · 2020: 2–5",
        "Form",
        "sexual exploitation: 12–15 · begging: 2–5",
        "Sex",
        "girls: 10 · unknown: 2–5",
    ]
    assert all(name.split(": ")[1].split(",")[0] in words for name, words in zip(reached, told, strict=True))
    press(browser, Keys.ESCAPE)
    assert not browser.find_element(By.ID, "tip").is_displayed()
    press(browser, Keys.HOME)
    assert focused(browser) == flows[0] and browser.find_element(By.ID, "tip").is_displayed()
    # One stop further are the places, all of them reached the same way.
    press(browser, Keys.TAB)
    places = set()
    for _ in range(7):
        places.add(focused(browser))
        press(browser, Keys.ARROW_RIGHT)
    assert places == {"Benin", "Nigeria", "Senegal", "Europe", "United States of America", "unknown"}


def test_what_is_focused_can_be_seen(opened):
    browser = opened(page_of())
    script = "return getComputedStyle(document.querySelectorAll('.flow .shape')[0]).strokeWidth"
    before = browser.execute_script(script)
    browser.execute_script("document.querySelectorAll('.flow')[1].focus()")
    assert float(browser.execute_script(script)[:-2]) >= 2 > float(before[:-2])


def test_pointing_at_a_flow_shows_its_numbers_and_escape_closes_them(opened):
    browser = opened(page_of())
    x, y = browser.execute_script(
        "const p = document.querySelectorAll('.flow')[1].querySelector('.hit'), m = p.getScreenCTM();"
        "const at = p.getPointAtLength(p.getTotalLength() / 2).matrixTransform(m); return [at.x, at.y]"
    )
    browser.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x, "y": y})
    tip = browser.find_element(By.ID, "tip")
    assert tip.is_displayed() and tip.text.startswith("Benin → Nigeria\n12–15 persons")
    press(browser, Keys.ESCAPE)
    assert not tip.is_displayed()


# --- any screen, any text ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [400, 1200])
def test_the_page_fits_a_telephone_and_a_projector(opened, width):
    long = PLACES.assign(name=PLACES["name"] + " of the United Kingdom of Great Britain and Northern Ireland")
    browser = opened(page_of(places=long), width)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    browser.execute_script("document.querySelectorAll('.flow')[1].focus()")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [400, 1200])
def test_names_on_the_map_do_not_collide(opened, width):
    rng = np.random.default_rng(7)
    ids = [f"P{n}" for n in range(20)]
    near = {"x": rng.uniform(-12, 12, 20), "y": rng.uniform(3, 20, 20)}
    places = pd.DataFrame({"id": ids, "name": [f"Province {n}" for n in ids], **near, "study": True})
    flows = pd.DataFrame({"origin": ids, "destination": ids[1:] + ids[:1], "low": 3, "high": 3})
    browser = opened(page_of(flows, places, filters={}), width)
    boxes = browser.execute_script(
        "return [...document.querySelectorAll('#names text')].map(e => e.getBoundingClientRect())"
    )
    named = browser.execute_script(
        "return [...document.querySelectorAll('#names text')].filter(e => e.textContent.startsWith('Province')).length"
    )
    # Letters have room above and below them within their boxes: two may touch by a pixel.
    for n, a in enumerate(boxes):
        for b in boxes[:n]:
            across = min(a["right"], b["right"]) - max(a["left"], b["left"])
            assert across <= 1 or min(a["bottom"], b["bottom"]) - max(a["top"], b["top"]) <= 3
    left_out = re.search(r"(\d+) names? left out", text(browser, "other"))
    assert named + (int(left_out[1]) if left_out else 0) == 20
    assert named >= 10


EVIL = "</script><b>&\"'<img src=x onerror='document.title=1'>"


def test_a_name_that_looks_like_code_is_harmless_wherever_it_stands(opened):
    flows = FLOWS.assign(form=EVIL, sex="{{ 7 * 7 }}")
    flows.loc[len(flows)] = (EVIL, "BEN", 2020, EVIL, "", 5, 5)
    page = page_of(
        flows,
        PLACES.assign(name=[EVIL, *PLACES["name"][1:]]),
        title=EVIL,
        footer=plots.Footer(EVIL, "2019", "1", EVIL),
        unit=EVIL,
        note=EVIL,
        highlight="BEN",
        filters=FILTERS | {"form": EVIL},
    )
    browser = opened(page)
    assert browser.execute_script("return document.querySelectorAll('b, img').length") == 0
    assert browser.title == EVIL
    assert browser.find_element(By.TAG_NAME, "h1").text == EVIL
    assert EVIL in [row[0] for row in table(browser)]
    assert box_of(browser, "Sex", "{{ 7 * 7 }}")[1]


def test_the_page_forbids_itself_to_ask_for_anything(browser, tmp_path):
    file = tmp_path / "map.html"
    file.write_text(page_of(), encoding="utf-8")
    browser.get(file.as_uri())
    browser.get_log("browser")
    # What a script that was let in by mistake could try.
    browser.execute_script(
        "const image = new Image(); image.src = 'https://example.invalid/x.png'; document.body.append(image);"
        "const script = document.createElement('script'); script.textContent = 'document.title = 1';"
        "document.body.append(script)"
    )
    assert browser.title == "A test"
    refused = " ".join(entry["message"] for entry in browser.get_log("browser"))
    assert refused.count("violates the following Content Security Policy directive") == 2


@pytest.mark.slow
def test_a_synthetic_map_says_so_wherever_one_looks(opened):
    browser = opened(page_of(footer=SYNTHETIC))
    assert browser.title == "SYNTHETIC · A test"
    assert browser.find_element(By.TAG_NAME, "h1").text == "SYNTHETIC · A test"
    meta = "return document.querySelector('meta[name=data-kind]')"
    assert browser.execute_script(f"{meta}.content") == "SYNTHETIC"
    assert text(browser, "watermark") == "SYNTHETIC"
    mark, frame = (
        browser.execute_script("return document.querySelector(arguments[0]).getBoundingClientRect()", name)
        for name in ("#watermark", "#map")
    )
    assert frame["width"] / 2 < mark["width"] <= frame["width"]
    assert browser.find_element(By.TAG_NAME, "caption").text.startswith("SYNTHETIC")
    browser = opened(page_of())
    assert browser.execute_script(meta) is None
    assert "SYNTHETIC" not in browser.find_element(By.TAG_NAME, "body").text


# --- size and sameness ---------------------------------------------------------------------------------------------


def test_the_same_flows_give_the_same_bytes_whatever_their_order():
    assert page_of(FLOWS.sample(frac=1, random_state=1)) == page_of()


@pytest.mark.slow
def test_five_thousand_pairs_by_ten_years_and_six_forms_stay_small_and_are_all_counted(opened):
    rng = np.random.default_rng(3)
    ids = [f"P{n:02}" for n in range(71)]
    places = pd.DataFrame(
        {"id": ids, "name": ids, "x": rng.uniform(-16, 14, 71), "y": rng.uniform(4, 22, 71), "study": True}
    )
    pairs = [(a, b) for a in ids for b in ids][:5000]
    year, form = (part.ravel() for part in np.meshgrid(np.arange(2010, 2020), [f"form {n}" for n in range(6)]))
    flows = pd.DataFrame(pairs, columns=["origin", "destination"]).merge(
        pd.DataFrame({"year": year, "form": form}), how="cross"
    )
    flows["low"] = np.arange(len(flows)) % 40
    flows["high"] = flows["low"] + 3
    page = page_of(flows, places, filters={"year": "Year", "form": "Form"})
    assert len(page.encode()) < 1_500_000
    browser = opened(page)
    # 300,000 rows: 0 + 1 + ... + 39 = 780, 7,500 times; and 3 more each.
    assert text(browser, "count") == "Shown: 5,850,000–6,750,000 persons in 5,000 pairs of places."


def test_a_page_that_would_be_too_large_is_refused_with_a_way_out(monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 20_000)
    with refused(ValueError, "too_large"):
        page_of()


cells = st.sampled_from(["a", "b", "a;b", "c;a", ""])
rows = st.tuples(st.sampled_from("XYZ"), st.sampled_from("XYZ"), cells, cells, st.integers(0, 5000), st.integers(0, 90))


def unpacked(packed: str) -> list[int]:
    """Numbers written five bits a sign, the lowest first; signs from the 33rd on are followed by another."""
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    numbers, value, place = [], 0, 1
    for sign in packed:
        value += signs.index(sign) % 32 * place
        place *= 32
        if signs.index(sign) < 32:
            numbers.append(value)
            value, place = 0, 1
    return numbers


@pytest.mark.slow
@given(st.lists(rows, min_size=1, max_size=30), st.booleans())
def test_what_is_packed_adds_up_to_what_was_given_for_every_pair_and_value(given_rows, open_end):
    table = pd.DataFrame(given_rows, columns=["origin", "destination", "form", "sex", "low", "more"])
    table["high"] = (table["low"] + table["more"]).astype(float)
    if open_end:
        table.loc[0, "high"] = np.inf
    found = pack(table, {"form": "Form", "sex": "Sex"})
    numbers = iter(unpacked(found.combinations))
    cells = [[opening - 1] if opening else [next(numbers) for _ in range(next(numbers))] for opening in numbers]
    combinations = list(zip(cells[::2], cells[1::2], strict=True))
    sums: dict[tuple, list[float]] = {}
    numbers = iter(unpacked(found.rows))
    for pair in found.pairs.itertuples():
        at = 0
        for _ in range(next(numbers)):
            at += next(numbers)
            low, width = next(numbers), next(numbers)
            high = np.inf if width == 1 else low + width - 1 if width else low
            for number, chosen in enumerate(combinations[at]):
                for value in chosen:
                    key = (pair.origin, pair.destination, number, found.filters[number].values[value])
                    sums[key] = [sums.get(key, [0, 0])[0] + low, sums.get(key, [0, 0])[1] + high]
    expected: dict[tuple, list[float]] = {}
    for row in table.itertuples():
        for number, cell in enumerate((row.form, row.sex)):
            for value in set(cell.split(";")) - {""} or {"unknown"}:
                key = (row.origin, row.destination, number, value)
                expected[key] = [expected.get(key, [0, 0])[0] + row.low, expected.get(key, [0, 0])[1] + row.high]
    assert sums == {key: value for key, value in expected.items() if value[1] > 0}


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"low": None}, "Row 3, SEN to SEN, has no count"),
        ({"low": -1}, "has a count below 0"),
        ({"low": np.inf}, "has an infinite `low`"),
        ({"low": 9, "high": 8}, "has `low` above `high`"),
        ({"low": 0.5}, "has a count that is not whole: round `low` down and `high` up"),
    ],
)
def test_a_count_that_is_none_is_refused_and_its_row_named(change, message):
    flows = FLOWS.astype({"low": float})
    for column, value in change.items():
        flows.loc[3, column] = value
    with pytest.raises(ValueError, match=re.escape(message)):
        page_of(flows)


def test_a_filter_without_a_column_is_refused():
    with refused(ValueError, "missing_column"):
        page_of(filters={"age": "Age"})


def test_two_places_on_one_point_with_a_flow_between_them_are_refused():
    with refused(ValueError, "same_location"):
        page_of(places=PLACES.assign(x=2.3, y=9.3))


# --- what notebooks show with it -----------------------------------------------------------------------------------


def shown_by(exhibit, area_id: str, data, monkeypatch) -> tuple[pd.DataFrame, dict]:
    """The flows that an exhibit of some data gives to the map, and all else."""
    given = {}

    def keep(flows, places, world, **rules):
        given.update(rules, flows=flows, places=places)
        return ""

    monkeypatch.setattr(plots, "interactive_flow_map", keep)
    exhibit(areas.get(area_id), data)
    return given.pop("flows"), given


def test_a_mention_counts_once_at_each_pair_however_many_rows_it_has(monkeypatch):
    _, mentions = route.sources_of(areas.get("west_africa"))
    flows, given = shown_by(route.explorer, "west_africa", mentions, monkeypatch)
    pairs = flows.groupby(["origin", "destination"])["high"].sum()
    named = origin_destination.mention_matrix(mentions, areas.ids("west_africa"))
    matrix = named.set_index(["origin", "destination"])["mentions"]
    assert pairs.to_dict() == matrix.to_dict()
    assert "not persons" in given["note"] and "not show the path" in given["note"]
    forms = {form for cell in flows["form"] for form in cell.split(";")}
    assert {"domestic servitude", "sexual exploitation"} <= forms and "sex" not in forms


def test_journeys_are_shown_with_their_study_their_unknown_ends_and_labels_of_codes(monkeypatch):
    traits = {"year": "2020", "sex": "female", "age_group": "15-17", "form": "ChildLabour;ForcedBegging"}
    stops = pd.DataFrame(
        [
            ("a", 1, "SYR", "origin"),
            ("a", 2, "TR-27", "transit"),
            ("a", 3, "TR-34", "exploitation"),
            ("b", 1, "", "origin"),
            ("b", 2, "TR-27", "exploitation"),
            ("c", 1, "", "origin"),
            ("c", 2, "TR-27", "exploitation"),
        ],
        columns=["journey_id", "seq", "place_id", "role"],
    ).assign(confidence="stated", **traits)
    # The same person twice from the same place to the same place, of whom less is known.
    stops = stops.assign(person_id=stops["journey_id"].map({"a": "1", "b": "2", "c": "2"}))
    monkeypatch.setattr(record_paths, "are_shown", lambda place: True)
    monkeypatch.setattr(record_paths, "limits_of", lambda place: "")
    monkeypatch.setattr(record_paths, "journeys_footer", lambda place, limits: SYNTHETIC)
    flows, given = shown_by(record_paths.explorer, "TR-27", journeys.journeys(stops), monkeypatch)
    assert flows[["origin", "destination", "high"]].to_numpy().tolist() == [
        ["SYR", "TR-34", 1],
        ["unknown", "TR-27", 1],
    ]
    assert set(flows["form"]) == {"child labour;forced begging"}
    # Youngest first, not by the alphabet.
    assert list(flows["age_group"].cat.categories) == ["under 12", "12-14", "15-17", "18 and over", ""]
    nowhere = given["places"].query("x.isna()")["id"]
    assert set(nowhere) == {"rest of TUR", "TUR", "unknown"} and given["highlight"] == "TR-27"
    assert set(given["boundaries"]["area_id"]) == set(areas.ids("turkiye"))
    assert "In grey: journeys with a stop in Gaziantep" in given["note"] and "not show the path" in given["note"]


# --- in a notebook, and released -----------------------------------------------------------------------------------


def executed(shown) -> nbformat.NotebookNode:
    """A notebook whose one cell shows something."""
    data, metadata = shown._repr_html_()
    output = nbformat.v4.new_output(
        "execute_result", {"text/html": data}, execution_count=1, metadata={"text/html": metadata}
    )
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=[output])])


@pytest.mark.parametrize("title", ["A test", EVIL])
def test_a_page_in_a_frame_is_released_as_it_was_made(title):
    page = page_of(title=title)
    notebook = executed(show_page(page, "routes", f"A map: {EVIL}", "public"))
    assert pages.framed_pages(notebook) == {"routes": page.encode()}


def test_a_frame_is_closed_to_all_but_its_own_script_and_is_named_for_the_batch():
    data, metadata = show_page(page_of(footer=SYNTHETIC), "routes", 'A "map"')._repr_html_()
    assert metadata == {"name": "routes_SYNTHETIC", "alt": 'A "map"', "release_class": "internal", "kind": "synthetic"}
    opening = data[: data.index("srcdoc")]
    assert 'sandbox="allow-scripts"' in opening and 'loading="lazy"' in opening
    assert 'title="A &quot;map&quot;"' in opening
    assert show_page(page_of(), "routes", "A map")._repr_html_()[1] == {
        "name": "routes",
        "alt": "A map",
        "release_class": "internal",
    }
    with refused(ValueError, "invalid_id"):
        show_page(page_of(), "Routes of all", "A map")
    with refused(ValueError, "missing_alternative_text"):
        show_page(page_of(), "routes", " ")


def test_an_output_that_has_the_name_of_a_page_and_holds_none_is_refused():
    notebook = executed(show_page(page_of(), "routes", "A map", "public"))
    notebook.cells[0].outputs[0]["data"]["text/html"] = "<p>nothing</p>"
    with refused(ValueError, "missing_frame"):
        pages.framed_pages(notebook)


@pytest.mark.slow
def test_the_page_of_a_notebook_shows_the_map_in_its_frame_and_leads_to_it(opened):
    job = Job("trends", "west_africa", "SEN")
    notebook = executed(show_page(page_of(), "journeys", "Routes of a test on a map", "public"))
    before = nbformat.writes(notebook)
    browser = opened(pages.render_page(job, notebook))
    # What is stored is not what is shown: the notebook itself has no link.
    assert nbformat.writes(notebook) == before
    link = browser.find_element(By.CSS_SELECTOR, "p.alone a")
    assert link.get_attribute("href").endswith("/trends_journeys.html")
    frame = browser.find_element(By.TAG_NAME, "iframe")
    browser.execute_script("arguments[0].scrollIntoView()", frame)
    browser.switch_to.frame(frame)
    try:
        assert text(browser, "count") == "Shown: ≥29 persons in 6 pairs of places."
        # What is seen first is filters, map and source; the table is opened by whoever wants it.
        assert not browser.find_element(By.TAG_NAME, "table").is_displayed()
        fits = "const e = document.documentElement; return e.scrollHeight <= e.clientHeight"
        assert browser.execute_script(fits)
        browser.find_element(By.CSS_SELECTOR, "#numbers summary").click()
        assert browser.find_element(By.TAG_NAME, "table").is_displayed()
        only(browser, "Form", "begging")
        assert text(browser, "count") == "Shown: 12–15 persons in 3 pairs of places."
    finally:
        browser.switch_to.default_content()
    # A frame that is scrolled to later has no width at first.
    browser = opened(pages.render_page(job, notebook), 400)
    frame = browser.find_element(By.TAG_NAME, "iframe")
    browser.execute_script("arguments[0].scrollIntoView()", frame)
    browser.switch_to.frame(frame)
    try:
        assert not browser.find_element(By.ID, "choices").is_displayed()
    finally:
        browser.switch_to.default_content()


CODE = """\
import geopandas as gpd
import pandas as pd
from shapely.geometry import box
from analysis.plots.interactive_flow_map import show_page
from analysis.plots.interactive_flow_map import interactive_flow_map
from analysis.plots import Footer

world = gpd.GeoDataFrame({"area_id": ["SEN"]}, geometry=[box(-17.5, 12.3, -11.4, 16.6)], crs=4326)
places = pd.DataFrame({"id": ["SEN", "MLI"], "name": ["Senegal", "Mali"], "x": [-14.5, -4.0], "y": [14.5, 17.0]})
flows = pd.DataFrame({"origin": ["SEN"], "destination": ["MLI"], "low": [3], "high": [4]})
footer = Footer("a test", "2020", "4", "Synthetic.", synthetic=True)
page = interactive_flow_map(
    flows, places, world, title="A", footer=footer, projection="+proj=laea", unit="persons", filters={}
)
show_page(page, "journeys", "A map of a test", "protected")
"""


@pytest.mark.soak
def test_a_run_writes_the_map_as_a_file_of_its_own_and_withdraws_what_an_earlier_one_wrote(tmp_path):
    project = small_project(tmp_path, trends=CODE)
    folder = project / "data/processed/staged/reports/west_africa/SEN"
    folder.mkdir(parents=True)
    for name in ("trends_journeys.html", "incidence_journeys.html"):
        (folder / name).write_text("from an earlier run")
    ended = run_analysis("run", "--analysis", "trends", "--area", "SEN", project=project, **PLAIN)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    # What other notebooks lead to is theirs.
    written = {"trends.html", "trends_journeys_SYNTHETIC.html"}
    assert {path.name for path in folder.iterdir()} == written | {"incidence_journeys.html"}
    alone = (folder / "trends_journeys_SYNTHETIC.html").read_bytes()
    assert alone.startswith(b"<!doctype html>") and b'<meta name="data-kind" content="SYNTHETIC">' in alone
    # The page holds it too, and is one file still.
    assert 'href="trends_journeys_SYNTHETIC.html"' in (folder / "trends.html").read_text(encoding="utf-8")
    # It is a product like any other: once it is damaged or gone, the job is not done.
    said = json.loads((project / "data/processed/runs/west_africa/SEN/trends.ipynb").read_text(encoding="utf-8"))
    digest = hashlib.sha256(alone).hexdigest()
    assert (
        said["metadata"]["products"]["data/processed/staged/reports/west_africa/SEN/trends_journeys_SYNTHETIC.html"]
        == digest
    )


def test_a_change_of_the_templates_makes_stale_what_was_drawn_with_them():
    reached = provenance._digests(provenance._reached(["analysis.plots.interactive_flow_map"]))
    templates = {path.rpartition("/")[2] for path in reached if "/plots/templates/" in path}
    assert templates == {"flow_map.html.j2", "flow_map.css", *module._SCRIPTS}
