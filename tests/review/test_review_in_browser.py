"""The page of a review is used by mouse, by keyboard, on a telephone and without scripts."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from browsers import checked, open_file, violations
from PIL import Image
from reviewed_projects import project
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from analysis.review import page
from analysis.review.differences import differences
from analysis.review.published import outputs, published

CAUSE = 'data/raw/evidence/official_counts.csv::row::SEN, 2021-04-01, a "note"'


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory) -> Path:
    """The folder of a review: of two areas, sentences, a cause, and a figure that was black and is white."""
    folder = tmp_path_factory.mktemp("reviewed")
    before = project(folder / "before")
    after = project(folder / "after", value=90, opening="It fell.", report="Eighty persons.", pixel=255)
    with pytest.MonkeyPatch.context() as patched:
        # These projects have too few findings for the recommendations of the pledge.
        patched.setattr("analysis.review.published._of_recommendations", lambda folder, stated: [])
        found = differences(published(before), published(after))
    headline = found[found["id"].eq("SEN/headline.victims")]
    fell = found["new_value"].eq("It fell.")
    found.loc[fell, "places"] += "; reports/west_africa/BEN/trends.html"
    found = pd.concat([headline.assign(area_id="GMB", id="GMB/headline.victims"), found], ignore_index=True)
    causes = pd.DataFrame(
        [("SEN/headline.victims", CAUSE, "switched alone", "row of official_counts.csv, line 7")],
        columns=["change", "cause", "how", "words"],
    )
    inputs = [{"id": CAUSE, "words": "Row of official_counts.csv, line 7", "diff": "- 70\n+ 90"}]
    review = page.Review(found, "a", "b", outputs(before), outputs(after), causes=causes, inputs=inputs)
    page.write(review, folder)
    return folder


@pytest.fixture
def opened(browser, reviewed):
    """Opens the page, and holds it to having loaded nothing and failed in nothing."""
    browser.get_log("browser")
    yield lambda width=1200: open_file(browser, reviewed, "index.html", width)
    assert browser.get_log("browser") == []


def shown(browser) -> list[tuple[str, str]]:
    """Area and kind of each change that can be seen."""
    units = browser.find_elements(By.CSS_SELECTOR, "[data-kind]")
    seen = [unit for unit in units if unit.is_displayed()]
    return [(unit.get_attribute("data-area"), unit.get_attribute("data-kind")) for unit in seen]


def colours(browser) -> tuple[int, int, int]:
    """How light the figure is at the left, in the middle, and at the right."""
    stack = browser.find_element(By.CSS_SELECTOR, ".pair .stack")
    picture = Image.open(io.BytesIO(stack.screenshot_as_png)).convert("L")
    middle = picture.height // 2
    left, centre, right = (picture.getpixel((int(picture.width * share), middle)) for share in (0.1, 0.45, 0.9))
    return left, centre, right


def test_the_slider_shows_the_figure_as_it_was_on_the_left_and_as_it_is_on_the_right(opened):
    browser = opened()
    slider = browser.find_element(By.CSS_SELECTOR, ".pair input[type=range]")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", slider)
    assert colours(browser) == (0, 0, 255)
    # With the mouse: to a fifth.
    width = slider.size["width"]
    ActionChains(browser).move_to_element_with_offset(slider, int(-0.3 * width), 0).click().perform()
    assert 15 <= int(slider.get_attribute("value")) <= 25
    assert colours(browser) == (0, 255, 255)
    # With the keyboard: to the ends, and step by step.
    for key, value, expected in [(Keys.HOME, "0", (255, 255, 255)), (Keys.END, "100", (0, 0, 0))]:
        slider.send_keys(key)
        assert slider.get_attribute("value") == value
        assert colours(browser) == expected
    slider.send_keys(Keys.ARROW_LEFT)
    assert slider.get_attribute("value") == "99"
    assert "99 %" in slider.get_attribute("aria-valuetext")


def test_the_filter_shows_an_area_a_kind_and_words_and_says_how_many(opened):
    browser = opened()
    every = shown(browser)
    area, kind = (Select(browser.find_element(By.ID, name)) for name in ("of-area", "of-kind"))
    status, words = browser.find_element(By.ID, "filtered"), browser.find_element(By.ID, "of-words")
    assert {each.text for each in area.options} == {"all", "Benin", "Senegal", "The Gambia"}
    area.select_by_visible_text("The Gambia")
    assert shown(browser) == [("The Gambia", "number")]
    units = browser.find_elements(By.CSS_SELECTOR, "[data-kind]")
    assert status.text == f"1 of {len(units)} changes on this page"
    headings = [each for each in browser.find_elements(By.CSS_SELECTOR, "section.part h2") if each.is_displayed()]
    assert [each.text for each in headings] == ["Headlines (2)"]
    # One edit, in two areas.
    area.select_by_visible_text("Benin")
    assert shown(browser) == [("Senegal; Benin", "sentence")]
    area.select_by_visible_text("all")
    kind.select_by_visible_text("figure")
    assert shown(browser) == [("Senegal", "figure")]
    kind.select_by_visible_text("all")
    words.send_keys("EIGHTY pers")
    assert shown(browser) == [("", "sentence")]
    words.clear()
    words.send_keys(Keys.SPACE)
    assert shown(browser)[: len(every)] == every
    assert status.text == ""


def test_the_filter_is_used_by_keyboard_and_a_cause_is_reached_from_its_change(opened):
    browser = opened()
    for _ in range(12):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        if browser.switch_to.active_element.get_attribute("id") == "of-area":
            break
    browser.switch_to.active_element.send_keys("Sen")
    assert {area for area, _ in shown(browser)} == {"Senegal", "Senegal; Benin"}
    browser.switch_to.active_element.send_keys(Keys.HOME)
    assert {area for area, _ in shown(browser)} > {"Senegal", "The Gambia"}
    link = browser.find_element(By.CSS_SELECTOR, "td[data-label=Cause] a")
    link.send_keys(Keys.ENTER)
    (target,) = browser.find_elements(By.CSS_SELECTOR, "li:target")
    assert target.text.startswith("Row of official_counts.csv, line 7")


def test_without_scripts_all_changes_and_both_figures_stand_there_and_nothing_that_needs_one(opened):
    browser = opened()
    every = shown(browser)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(browser.current_url)
        assert shown(browser) == every
        sides = browser.find_elements(By.CSS_SELECTOR, ".pair .side")
        assert [(side.text, side.is_displayed()) for side in sides] == [("Before", True), ("Now", True)]
        then, now = (each.rect for each in browser.find_elements(By.CSS_SELECTOR, ".pair img"))
        assert now["y"] >= then["y"] + then["height"]
        for selector in ("form.filter", ".pair input"):
            assert not browser.find_element(By.CSS_SELECTOR, selector).is_displayed(), selector
        fold = browser.find_element(By.CSS_SELECTOR, "details.fold summary")
        fold.click()
        assert len(shown(browser)) > len(every)
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.parametrize("width", [1200, 390])
def test_the_page_has_no_barrier_and_does_not_run_off_the_screen(opened, width):
    browser = opened(width)
    assert violations(checked(browser)) == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
