"""How a person's browser and keyboard use the site: on a telephone, at a projector, with a screen reader, by search."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import report_material as m
from browsers import checked, open_file, violations
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

# One of each kind of page.
KINDS = (
    *("en/index.html", "en/west_africa.html", "fr/area-SEN.html", "en/findings-west_africa.html", "tr/briefs.html"),
    *("en/search.html#q=senegal", "en/recommendations.html", "index.html"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The site as files."""
    place = tmp_path_factory.mktemp("reports") / "site"
    for path, content in m.made_site().items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)
    return place


@pytest.fixture
def opened(browser, folder):
    """Opens a page, and holds it to having asked for nothing but pages and pictures of the site, without an error."""

    def open_page(path: str, width: int = 1200, colours: str = "light"):
        for log in ("browser", "performance"):
            browser.get_log(log)
        return open_file(browser, folder, path, width, colours)

    yield open_page
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]
    assert asked and [url for url in asked if not url.startswith(("file:", "data:"))] == []
    files = {url.partition("#")[0].rpartition(".")[2] for url in asked if url.startswith("file:")}
    assert files <= {"html", "png"} and browser.get_log("browser") == []


def press(browser, *keys: str) -> None:
    ActionChains(browser).send_keys(*keys).perform()


def focused(browser):
    return browser.switch_to.active_element


def test_a_telephone_shows_the_title_first_and_the_contents_after_the_text(opened):
    page = opened("en/west_africa.html", 390)
    title, contents = (page.find_element(By.CSS_SELECTOR, each).rect for each in ("main h1", "#contents"))
    end = page.find_element(By.CSS_SELECTOR, "main").rect
    assert title["y"] < 300 and contents["y"] > end["y"] + end["height"] - 1
    page.find_element(By.CSS_SELECTOR, ".to-contents").click()
    assert focused(page).get_attribute("id") == "contents"
    wide = opened("en/west_africa.html", 1200)
    title, contents = (wide.find_element(By.CSS_SELECTOR, each).rect for each in ("main h1", "#contents"))
    assert contents["x"] < title["x"] and contents["y"] < 200
    assert not wide.find_element(By.CSS_SELECTOR, ".to-contents").is_displayed()


@pytest.mark.parametrize("path", KINDS)
def test_a_page_fits_a_telephone_and_a_projector_and_violates_no_rule_of_accessibility(opened, path: str):
    for width, colours in ((360, "light"), (1200, "light"), (1200, "dark")):
        browser = opened(path, width, colours)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        assert violations(checked(browser)) == [], (width, colours)


def test_pictures_are_shown_from_their_files(opened):
    for path in ("en/west_africa.html", "fr/area-SEN.html"):
        browser = opened(path)
        shown = browser.execute_async_script(
            "const done = arguments[0], all = [...document.images]; all.forEach((each) => { each.loading = 'eager' });"
            "Promise.all(all.map((each) => each.decode())).then(() => done(all.map((each) => each.naturalWidth)))"
        )
        assert shown and set(shown) == {902}


def test_a_wide_table_scrolls_in_itself_and_is_reached_by_the_keyboard(opened):
    browser = opened("en/findings-west_africa.html", 360)
    wide = browser.execute_script(
        "return [...document.querySelectorAll('.scroll')].filter((each) => each.scrollWidth > each.clientWidth + 20)"
    )
    assert wide
    for each in wide[:2]:
        browser.execute_script("arguments[0].focus()", each)
        assert focused(browser) == each and each.get_attribute("aria-labelledby")
        ActionChains(browser).send_keys(*[Keys.ARROW_RIGHT] * 3).pause(0.5).perform()
        assert browser.execute_script("return arguments[0].scrollLeft", each) > 0


def test_the_first_stop_leads_past_the_menu_to_the_text(opened):
    browser = opened("en/turkiye.html")
    press(browser, Keys.TAB)
    assert focused(browser).get_attribute("href").endswith("#text") and focused(browser).rect["y"] >= 0
    press(browser, Keys.ENTER)
    assert focused(browser).tag_name == "main"


def test_a_number_leads_to_the_row_of_its_finding(opened):
    browser = opened("en/index.html")
    browser.find_element(By.LINK_TEXT, "1,234").click()
    number = m.material().numbers["SEN/detected_victims.unodc"]
    WebDriverWait(browser, 5).until(lambda b: b.current_url.endswith(f"findings-west_africa.html#finding-{number}"))
    top = browser.execute_script("return document.querySelector('tr:target').getBoundingClientRect().top")
    assert 0 <= top < 800


def test_without_scripts_everything_can_be_read(opened):
    browser = opened("en/index.html", 360)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(browser.current_url.replace("index.html", "west_africa.html"))
        for selector in (".menu a", "main h1", "main table", "figure img"):
            assert browser.find_element(By.CSS_SELECTOR, selector).is_displayed(), selector
        browser.get(browser.current_url.replace("west_africa.html", "search.html"))
        # What needs a script is not offered.
        assert not browser.find_element(By.CSS_SELECTOR, "form.search").is_displayed()
        assert browser.find_elements(By.TAG_NAME, "noscript")
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_a_printed_page_has_its_text_and_no_menu(opened):
    browser = opened("en/turkiye.html")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert not browser.find_element(By.CLASS_NAME, "menu").is_displayed()
        assert browser.find_element(By.TAG_NAME, "h1").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


# --- recommendations -----------------------------------------------------------------------------------------------


def shown_advice(browser) -> set[str]:
    """The recommendations that are shown, by their ids."""
    headings = browser.find_elements(By.CSS_SELECTOR, 'h3[id^="recommendation-"]')
    return {each.get_attribute("id").removeprefix("recommendation-") for each in headings if each.is_displayed()}


def test_recommendations_are_shown_of_a_place_or_a_body_and_all_again(opened):
    browser = opened("en/recommendations.html")
    every = shown_advice(browser)
    names = [each.text for each in browser.find_elements(By.CSS_SELECTOR, "#of-place option")]
    assert len(every) > 1 and {"Senegal", "Gaziantep", "Sal"} <= set(names)
    place, body = browser.find_element(By.ID, "of-place"), browser.find_element(By.ID, "of-body")
    place.send_keys("Gaziantep")
    of_place = shown_advice(browser)
    assert of_place < every and all(each.startswith("TR") for each in of_place)
    assert f"Shown: {len(of_place)} of {len(every)}" in browser.find_element(By.ID, "filtered").text
    # A heading under which nothing is left goes, too.
    for heading in browser.find_elements(By.CSS_SELECTOR, "main h2"):
        script = "let n = arguments[0].nextElementSibling; while (n && n.tagName !== 'H2') { if (!n.hidden) return 1;"
        assert not heading.is_displayed() or browser.execute_script(f"{script} n = n.nextElementSibling }}", heading)
    body.send_keys("no such body")
    assert shown_advice(browser) == set()
    body.clear()
    place.send_keys(names[0])
    browser.execute_script("for (const e of arguments) e.dispatchEvent(new Event('input'))", place, body)
    assert shown_advice(browser) == every


def test_without_scripts_every_recommendation_is_shown_and_no_field(opened):
    browser = opened("en/index.html", 360)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(browser.current_url.replace("index.html", "recommendations.html"))
        assert not browser.find_element(By.ID, "of-place").is_displayed() and shown_advice(browser)
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


# --- search --------------------------------------------------------------------------------------------------------


def look_for(browser, words: str) -> list[str]:
    """Types words into the search, and gives the titles of what is found."""
    field = browser.find_element(By.ID, "query")
    field.clear()
    field.send_keys(words, Keys.ENTER)
    return [link.text for link in browser.find_elements(By.CSS_SELECTOR, "#results a")]


@pytest.mark.parametrize(
    ("language", "words", "first"),
    [
        *(
            ("tr", "IZMIR", "İzmir"),
            ("tr", "izmir", "İzmir"),
            ("tr", "ızmır", "İzmir"),
            ("tr", "sanliurfa", "Şanlıurfa"),
        ),
        *(("tr", "ŞANLIURFA", "Şanlıurfa"), ("fr", "cote d'ivoire", "Côte d’Ivoire"), ("fr", "CÔTE", "Côte d’Ivoire")),
        # A title counts more than the sentences that name the country.
        *(("en", "senegal", "Senegal"), ("fr", "senegal", "Sénégal"), ("pt", "recomenda", "Recomendações")),
    ],
)
def test_titles_are_found_first_whatever_accents_and_turkish_letters_are_typed(opened, language, words, first):
    assert look_for(opened(f"{language}/search.html"), words)[0] == first


def test_the_words_looked_for_are_marked_where_they_stand(opened):
    browser = opened("tr/search.html")
    look_for(browser, "MAGDUR")
    marks = {mark.text for mark in browser.find_elements(By.CSS_SELECTOR, "#results mark")}
    assert {each.lower() for each in marks} == {"mağdur"}
    contexts = [each.text for each in browser.find_elements(By.CSS_SELECTOR, "#results .context:has(mark)")]
    assert contexts and [each for each in contexts if not ("mağdur" in each.lower() and len(each) < 300)] == []


def test_every_word_must_occur_and_a_finding_is_found_by_its_number(opened):
    browser = opened("en/search.html")
    number = m.material().numbers["CPV-SAL/detected_victims.any_source"]
    assert look_for(browser, f"F{number}")[0].startswith(f"F{number} · ")
    assert look_for(browser, "senegal victims") and look_for(browser, "senegal gaziantep") == []


def test_where_nothing_is_found_a_sentence_says_so_with_the_words_as_text(opened):
    browser = opened("en/search.html")
    words = "<img src=x onerror=alert(1)> $&"
    assert look_for(browser, words) == [] and words in browser.find_element(By.ID, "found").text
    assert browser.find_elements(By.CSS_SELECTOR, "main img") == [] and look_for(browser, "...") == []


def test_results_are_reached_and_opened_by_the_keyboard(opened):
    browser = opened("en/search.html")
    assert focused(browser).get_attribute("id") == "query"
    press(browser, "gaziantep")
    WebDriverWait(browser, 5).until(lambda b: b.find_elements(By.CSS_SELECTOR, "#results a"))
    press(browser, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_UP)
    assert focused(browser).text == "Gaziantep"
    press(browser, Keys.ENTER)
    WebDriverWait(browser, 5).until(lambda b: b.current_url.endswith("en/area-TR-27.html"))
    browser.back()
    WebDriverWait(browser, 5).until(lambda b: b.find_elements(By.CSS_SELECTOR, "#results a"))
    assert browser.find_element(By.ID, "query").get_attribute("value") == "gaziantep"
