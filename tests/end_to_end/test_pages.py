"""The pages, as a person's browser sees them."""

import json
import re

import pytest
from browsers import seen_at
from projects import NOTEBOOKS, STAGED, copy_of_the_project, run_analysis

from analysis import areas
from analysis.jobs import ANALYSES, FROM_FINDINGS, analyses_of

DEMONSTRATED = ("demo_provinces/XDP-FIG", "demo_islands/XIC-JADE")
# Analysis -> what one of its sections is called that may be released; of Jade no trend may: few are detected in a year.
OF_LISTS = {
    "case_records": "who the persons are",
    "estimated_total": "estimated total of persons, detected and undetected, by method",
    "record_trends": "persons first detected by year, joinpoints and changes in trend",
    "record_journeys": "from where to where persons are taken",
}
SYNTHETIC = [f"{area}/{analysis}_SYNTHETIC.html" for area in DEMONSTRATED for analysis in OF_LISTS]
NONE_MAY_LEAVE = "demo_islands/XIC-JADE/record_trends_SYNTHETIC.html"
# Pages of studies that have no lists: of public evidence alone.
LOCAL = [f"{area}/{analysis}.html" for area in ("turkiye/TR-27", "cabo_verde/CPV-SAL")
         for analysis in ("incidence", "trends", "routes")]  # fmt: skip
MECHANISMS = "west_africa/SEN/referral_mechanisms.html"
PUBLIC = [*(f"west_africa/SEN/{analysis}.html" for analysis in ("routes", "trends", "incidence")), MECHANISMS, *LOCAL]
# The survey of children of one study.
SURVEY = f"{DEMONSTRATED[0]}/risk_factors_SYNTHETIC.html"
# What a page shows in a frame stands on a page of its own besides.
FRAMED = ["west_africa/SEN/routes_mentions_map.html"]
FRAMED_SYNTHETIC = [f"{area}/record_journeys_flows_map_SYNTHETIC.html" for area in DEMONSTRATED]
PAGES = ["index.html", *PUBLIC, *SYNTHETIC, SURVEY]


@pytest.mark.varied
@pytest.mark.parametrize("page", [*PAGES, *FRAMED, *FRAMED_SYNTHETIC])
def test_a_page_opens_without_error_and_asks_nothing_of_the_outside(released, browser, page):
    browser.get((released / "reports" / page).as_uri())
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [
        message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"
    ]
    assert any(url.endswith(page) for url in asked)
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert browser.get_log("browser") == []
    broken = browser.execute_script("return [...document.images].filter(i => !i.complete || !i.naturalWidth).length")
    assert broken == 0
    assert browser.execute_script("return document.querySelectorAll('h1').length") == 1


@pytest.mark.varied
@pytest.mark.parametrize("page", PAGES)
def test_every_picture_is_described_for_people_who_cannot_see_it(released, browser, page):
    browser.get((released / "reports" / page).as_uri())
    texts = browser.execute_script("return [...document.images].map(i => i.alt)")
    assert all(len(text) > 20 and "No description" not in text for text in texts)


@pytest.mark.varied
@pytest.mark.parametrize("width", [400, 1200])
@pytest.mark.parametrize("page", ["index.html", *PUBLIC, *SYNTHETIC[:4], SURVEY, FRAMED[0], FRAMED_SYNTHETIC[0]])
def test_a_page_fits_a_telephone_and_a_projector(released, browser, page, width):
    seen_at(browser, width, 900)
    browser.get((released / "reports" / page).as_uri())
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("page", PAGES)
def test_a_telephone_shows_the_title_first(released, browser, page):
    seen_at(browser, 390, 800)
    browser.get((released / "reports" / page).as_uri())
    assert browser.find_element("css selector", "main h1").rect["y"] < 300


@pytest.mark.parametrize("page", [page for page in PAGES if page != "index.html"])
def test_a_page_opens_with_its_answer(released, browser, page):
    seen_at(browser, 1200, 800)
    browser.get((released / "reports" / page).as_uri())
    key = browser.find_element("css selector", ".key")
    assert key.find_element("tag name", "h2").text == "Key findings" and re.search(r"\d|: not known\. ", key.text)
    # The first statement is seen before anything is scrolled.
    first = browser.execute_script("return document.querySelector('.key li, .key p').getBoundingClientRect().bottom")
    assert first <= 800
    # Where nothing may be released the first statement is why, without a number of anybody.
    assert ("SYNTHETIC: " in key.text) == (page not in PUBLIC and page != NONE_MAY_LEAVE)


SCREEN = 800  # pixels, at a width of 1200


@pytest.mark.parametrize("page", [page for page in PAGES if page != "index.html"])
def test_a_page_of_an_area_has_four_screens_at_most(released, browser, page):
    seen_at(browser, 1200, SCREEN)
    browser.get((released / "reports" / page).as_uri())
    assert browser.execute_script("return document.documentElement.scrollHeight") <= 4 * SCREEN


@pytest.mark.soak
def test_the_page_of_a_study_has_ten_screens_at_most(browser, tmp_path):
    project = copy_of_the_project(tmp_path, with_tables=True)
    analyses = [name for name in ANALYSES if name not in FROM_FINDINGS]
    for study in areas.STUDIES:
        wanted = [word for name in analyses_of(study) if name in analyses for word in ("--analysis", name)]
        ran = run_analysis("run", "--area", study, *wanted, "--jobs", "2", project=project)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    seen_at(browser, 1200, SCREEN)
    pages = [page for study in areas.STUDIES for page in (project / STAGED / "reports" / study / study).glob("*.html")]
    heights = {}
    for page in pages:
        browser.get(page.as_uri())
        tall = browser.execute_script("return document.documentElement.scrollHeight")
        heights[f"{page.parent.name}/{page.name}"] = tall / SCREEN
    assert len(heights) > 8 and max(heights.values()) <= 10, heights


def test_no_figure_is_written_twice(released):
    pictures = sorted((released / "figures").rglob("*.png"))
    assert len(pictures) > 20 and len({path.read_bytes() for path in pictures}) == len(pictures)


def test_every_link_of_the_index_leads_to_a_page(released, browser):
    browser.get((released / "reports/index.html").as_uri())
    links = browser.execute_script("return [...document.querySelectorAll('a')].map(a => a.getAttribute('href'))")
    assert len(set(links)) == NOTEBOOKS
    assert all((released / "reports" / link).exists() for link in links)


def test_the_map_of_the_index_leads_to_an_area(released, browser):
    browser.get((released / "reports/index.html").as_uri())
    browser.execute_script(
        "document.querySelector('svg a[href*=\"SEN\"] path').dispatchEvent(new MouseEvent('click', {bubbles: true}))"
    )
    assert browser.current_url.endswith("reports/west_africa/SEN/incidence.html")


@pytest.mark.parametrize("page", PAGES[1:])
def test_a_page_names_its_sources_and_says_that_detection_is_not_incidence(released, page):
    text = (released / "reports" / page).read_text(encoding="utf-8")
    # Of Jade no trend may be released: there is nothing to cite.
    assert ("<summary>Sources" in text) == (page != NONE_MAY_LEAVE)
    assert "not incidence" in text
    assert not re.search(r"Traceback|\bnan\b|NaN|\binf\b", re.sub(r"base64,[^\"]+", "", text))


@pytest.mark.varied
@pytest.mark.parametrize(
    "page", ["west_africa/SEN/routes.html", *(f"{area}/record_journeys_SYNTHETIC.html" for area in DEMONSTRATED)]
)
def test_a_map_in_a_frame_has_a_title_and_a_page_of_its_own_that_says_the_same(released, browser, page):
    framed = [other for other in (*FRAMED, *FRAMED_SYNTHETIC) if other.split("/")[:2] == page.split("/")[:2]]
    browser.get((released / "reports" / page).as_uri())
    titles = browser.execute_script("return [...document.querySelectorAll('iframe')].map(frame => frame.title)")
    # Links to the page of the study lead out of the folder of the area.
    script = "return [...document.querySelectorAll('.alone a')].filter(a => !a.getAttribute('href').startsWith('..'))"
    leads_to = browser.execute_script(f"{script}.map(a => a.href)")
    assert leads_to == [(released / "reports" / other).as_uri() for other in framed]
    for title, address in zip(titles, leads_to, strict=True):
        browser.get(address)
        head = browser.execute_script("return document.querySelector('h1').innerText")
        assert title.startswith(head.removeprefix("SYNTHETIC · ")) and title.endswith("a table of the same flows.")
        assert ("SYNTHETIC" in address) == head.startswith("SYNTHETIC · ") == ("SYNTHETIC" in browser.title)
        limits = "not all who were moved" if "flows_map" in address else "not a measure of how many travel it"
        assert limits in browser.find_element("tag name", "body").text


def named_exhibits(browser) -> list[str]:
    """The titles of a page's tables, what lists sources and data sets apart."""
    script = "return [...document.querySelectorAll('.exhibit caption, .exhibit summary')].map(e => e.textContent)"
    return [text for text in browser.execute_script(script) if not re.match(r"(Sources|Cautions|Data sets) ?", text)]


def named_sections(browser) -> list[str]:
    """The headings of a page below its key findings, those that are folded too."""
    return browser.execute_script(
        "return [...document.querySelectorAll('main h2')].filter(h => !h.closest('.key')).map(h => h.textContent)"
    )


def sections_of_exhibits(browser) -> list[str]:
    """Under which heading each exhibit of a page stands."""
    return browser.execute_script(
        "return [...document.querySelectorAll('.exhibit')].map(e => [...document.querySelectorAll('h2')]"
        ".filter(h => h.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING).pop().textContent)"
    )


def watermark(browser) -> str:
    return browser.execute_script("return getComputedStyle(document.body, '::after').backgroundImage")


@pytest.mark.parametrize("page", SYNTHETIC)
def test_a_page_of_synthetic_records_says_so_wherever_one_looks(released, browser, page):
    browser.get((released / "reports" / page).as_uri())
    assert browser.title.endswith("(SYNTHETIC)")
    banner = browser.execute_script("return document.querySelector('.banner').innerText")
    assert banner.startswith("SYNTHETIC: this page describes no real person, place or year")
    assert "SYNTHETIC" in watermark(browser)
    shown = named_exhibits(browser)
    assert shown and all(text.startswith("SYNTHETIC") for text in shown)
    if page == NONE_MAY_LEAVE:
        assert "years are suppressed" in browser.find_element("tag name", "body").get_attribute("textContent")
    else:
        named = next(words for analysis, words in OF_LISTS.items() if f"/{analysis}_" in page)
        assert any(named in text for text in shown)


@pytest.mark.parametrize("page", LOCAL)
def test_a_page_of_a_study_without_lists_says_what_they_would_add_and_leads_to_the_demonstration(
    released, browser, page
):
    browser.get((released / "reports" / page).as_uri())
    line = browser.find_element("css selector", ".awaited")
    assert "No list of cases and no survey of children" in line.text and "estimated total" in line.text
    address = line.find_element("tag name", "a").get_attribute("href")
    assert address == (released / "reports/index.html").as_uri() + "#demonstration"
    browser.get(address)
    assert "Demonstration on synthetic data" in browser.find_element("id", "demonstration").text


def test_the_page_of_a_survey_answers_its_questions_in_order_and_marks_whatever_rests_on_synthetic_children(
    released, browser
):
    browser.get((released / "reports" / SURVEY).as_uri())
    assert browser.title == "Fig: risk factors (SYNTHETIC)"
    assert browser.execute_script("return document.querySelector('.banner').innerText").startswith("SYNTHETIC: ")
    headings = named_sections(browser)
    assert headings == [
        *("How many are at risk", "Protection: needed and not received", "Associated factors"),
        *("The children, their vulnerabilities and who helps them", "Comparison with public figures"),
        *("What the data can carry", "Findings", "What this survey does not show"),
    ]
    # That nothing is real stands before the first number.
    text = browser.find_element("tag name", "body").text
    assert text.index("SYNTHETIC") < text.index("Key findings") and "this survey describes no real child" in text
    shown = named_exhibits(browser)
    assert len(shown) > 12 and all(text.startswith("SYNTHETIC") for text in shown)
    # Each heading but the last has exhibits of its own; a model of a province has a sentence.
    assert [name for name in headings[:-1] if name not in sections_of_exhibits(browser)] == ["Associated factors"]
    drawn = sorted(path.name for path in (released / "figures/demo_provinces/XDP-FIG").glob("risk_factors_*"))
    pictures = browser.execute_script("return [...document.images].map(i => i.alt)")
    assert len(drawn) == len(pictures) == len(set(pictures)) > 3
    assert all(name.endswith("_SYNTHETIC.png") for name in drawn)
    assert all(text.startswith("Fig: ") and "children asked" in text for text in pictures)


def test_the_page_on_referral_mechanisms_has_its_sections_in_order_and_something_in_each(released, browser):
    browser.get((released / "reports" / MECHANISMS).as_uri())
    assert browser.title == "Senegal: referral mechanisms"
    headings = named_sections(browser)
    assert headings == [
        *("How much is in place", "Gaps", "Treaties in force"),
        *("Justice: from detected victims to convictions", "Agreements over the corridors that reports name"),
        "All gaps, and actions that others suggest",
        *("Stage by stage and period by period", "Corridors and agreements one by one, and the regional mechanism"),
        *("All answers, how they changed, and how far readers agree", "Findings", "What this does not show"),
    ]
    assert set(headings[1:-1]) <= set(sections_of_exhibits(browser))
    shown = [text for text in named_exhibits(browser) if not text.startswith("Table (")]
    assert len(shown) >= 12 and all("Senegal: " in text for text in shown)
    drawn = list((released / "figures/west_africa/SEN").glob("referral_mechanisms_*.png"))
    pictures = browser.execute_script("return [...document.images].map(i => i.alt)")
    assert len(drawn) == len(pictures) == len(set(pictures)) >= 5
    # What it does not show is the last thing before the data sets, and says how much is not known.
    text = browser.execute_script("return document.body.textContent")
    last = text[text.rindex("What this does not show") :]
    assert re.search(r"\d+ of \d+ answers are not known", last) and "no sign that a thing is missing" in last


def test_the_pages_of_a_country_lead_to_one_another(released, browser):
    browser.get((released / "reports" / MECHANISMS).as_uri())
    links = browser.execute_script("return [...document.querySelectorAll('nav a')].map(a => a.getAttribute('href'))")
    assert {f"{analysis}.html" for analysis in ("incidence", "trends", "routes")} <= set(links)
    for page in PUBLIC[:3]:
        browser.get((released / "reports" / page).as_uri())
        links = browser.execute_script("return [...document.querySelectorAll('nav a')].map(a => a.href)")
        assert (released / "reports" / MECHANISMS).as_uri() in links


@pytest.mark.parametrize("page", PUBLIC)
def test_a_page_of_public_evidence_carries_no_mark(released, browser, page):
    browser.get((released / "reports" / page).as_uri())
    assert "SYNTHETIC" not in browser.title and "SYNTHETIC" not in watermark(browser)
    assert browser.execute_script("return document.querySelectorAll('.banner').length") == 0
    assert not [text for text in named_exhibits(browser) if "SYNTHETIC" in text]


@pytest.mark.parametrize("area", DEMONSTRATED)
def test_links_to_synthetic_pages_say_so_on_every_page_of_the_area(released, browser, area):
    all_of_them = {
        **({"risk_factors": "Risk factors (SYNTHETIC)"} if "provinces" in area else {}),
        "case_records": "Case records (SYNTHETIC)",
        "estimated_total": "Estimated total (SYNTHETIC)",
        "record_trends": "Trends of case records (SYNTHETIC)",
        "record_journeys": "Journeys of case records (SYNTHETIC)",
    }
    for analysis in all_of_them:
        browser.get((released / "reports" / f"{area}/{analysis}_SYNTHETIC.html").as_uri())
        links = browser.execute_script("return [...document.querySelectorAll('nav a')].map(a => [a.innerText, a.href])")
        others = [words for name, words in all_of_them.items() if name != analysis]
        assert [text for text, address in links if "SYNTHETIC" in address] == others
        assert not [text for text, address in links if "SYNTHETIC" in text and "SYNTHETIC" not in address]


def test_the_index_marks_links_to_synthetic_pages_and_has_them_in_the_demonstration_alone(released, browser):
    browser.get((released / "reports/index.html").as_uri())
    names = browser.execute_script(
        "return [...document.querySelectorAll('td a[href*=SYNTHETIC]')].map(a => a.getAttribute('aria-label'))"
    )
    of_lists = ("case records", "estimated total", "journeys of case records", "trends of case records")
    expected = [f"{name}: {each}, SYNTHETIC" for name in ("Fig", "Jade") for each in of_lists]
    assert sorted(names) == sorted([*expected, "Fig: risk factors, SYNTHETIC"])
    texts = browser.execute_script(
        "return [...document.querySelectorAll('a[href*=SYNTHETIC]')].filter(a => !a.closest('svg'))"
        ".map(a => [a.textContent, !!a.closest('#demonstration')])"
    )
    assert all(text.endswith("(SYNTHETIC)") and inside for text, inside in texts)
    elsewhere = browser.execute_script(
        "return [...document.querySelectorAll('main section:not(#demonstration)')].map(s => s.textContent).join(' ')"
    )
    assert "SYNTHETIC" not in elsewhere


def test_the_index_shows_places_and_pages_whose_names_begin_with_the_words_that_are_typed(released, browser):
    browser.get((released / "reports/index.html").as_uri())
    shown = "return [...document.querySelectorAll('[data-place]')].filter(row => !row.closest('[hidden]'))"
    every = browser.execute_script(f"{shown}.length")
    field = browser.find_element("id", "wanted")
    field.send_keys("gazi ROU")
    assert browser.execute_script(f"{shown}.map(row => row.dataset.place)") == ["Gaziantep"]
    links = f"{shown}.flatMap(row => [...row.querySelectorAll('a:not([hidden])')].map(a => a.textContent))"
    assert browser.execute_script(links) == ["Routes"]
    assert browser.find_element("id", "shown").text == "Places found: 1"
    field.clear()
    field.send_keys(" ")
    assert browser.execute_script(f"{shown}.length") == every


def test_the_index_says_of_each_area_what_is_known_of_it(released, browser):
    browser.get((released / "reports/index.html").as_uri())
    script = "return [...document.querySelectorAll('tr[data-place]')].map(row => [row.dataset.place, row.innerText])"
    said = {name: " ".join(line.split()) for name, line in browser.execute_script(script)}
    assert re.search(r"Senegal at least \d+ \(", said["Senegal"])
    assert "not counted by province; named in none of" in said["Gaziantep"]
    assert re.search(r"named as a destination in \d+ of \d+ route mentions", said["Sal"])
    assert not [line for line in said.values() if "Syrians" in line]
    assert "First release" in browser.find_element("tag name", "main").text


def test_the_maps_of_the_index_mark_links_to_synthetic_pages_too(released, browser):
    browser.get((released / "reports/index.html").as_uri())
    names = browser.execute_script(
        "return [...document.querySelectorAll('svg a[href*=SYNTHETIC]')].map(a => a.getAttribute('aria-label'))"
    )
    assert sorted(names) == ["Fig: risk factors, SYNTHETIC", "Jade: case records, SYNTHETIC"]
