"""The site of the report: what stands on it, where its links lead, and how a person's browser and keyboard use it."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from posixpath import dirname, join, normpath

import pytest
import site_documents
from browsers import seen_at
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from analysis.report import site_outline
from analysis.report.document import Picture, Prose, Section
from analysis.report.site import site

# By hand, from the fixture: the summary is the start page, and each area and annex has a page of its own.
STEMS = [
    *("index", "turkiye", "area-TR-27", "area-TR-63", "area-TR-35"),
    *("west_africa", "area-SEN", "area-CIV", "area-MRT", "recommendations", "sources"),
]
ANALYSES = "../../index.html"


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return site(site_documents.documents(), site_documents.DOWNLOADS, analyses=ANALYSES)


@pytest.fixture(scope="module")
def folder(made, tmp_path_factory) -> Path:
    """The site as files."""
    place = tmp_path_factory.mktemp("reports") / "site" / "report"
    for path, content in made.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)
    return place


class Read(HTMLParser):
    """Links, anchors, headings, scripts and languages of a page."""

    def __init__(self, page: bytes):
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.levels: list[int] = []
        self.tags: list[tuple[str, dict]] = []
        self.feed(page.decode())

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        self.tags.append((tag, said))
        if "id" in said:
            self.ids.append(said["id"])
        if tag == "a" and "href" in said:
            self.links.append(said["href"])
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))


def pages(made: dict[str, bytes]) -> dict[str, bytes]:
    return {path: content for path, content in made.items() if path.endswith(".html")}


def only(document, *chapters: Section, **said):
    return replace(document, chapters=chapters, **said)


ENGLISH = site_documents.document("en")


# --- what stands on it ---------------------------------------------------------------------------------------------


def test_each_language_has_a_page_for_each_chapter_area_and_annex_and_a_search(made):
    expected = {f"{language}/{stem}.html" for language in ("en", "fr", "pt", "tr") for stem in [*STEMS, "search"]}
    assert set(pages(made)) == expected | {"index.html"}
    assert {path for path in made if path not in pages(made)} == {f"downloads/{n}" for n in site_documents.DOWNLOADS}


def test_every_link_leads_to_a_page_and_a_place_that_are_there(made):
    ids = {path: set(Read(content).ids) for path, content in pages(made).items()}
    followed = 0
    for path, content in pages(made).items():
        for link in Read(content).links:
            if link == ANALYSES:
                continue
            target, _, anchor = link.partition("#")
            file = normpath(join(dirname(path), target)) if target else path
            assert file in made, (path, link)
            assert not anchor or anchor in ids[file], (path, link)
            followed += 1
    assert followed > 1000


def test_anchors_are_unlike_each_other_on_every_page(made):
    for path, content in pages(made).items():
        ids = Read(content).ids
        assert len(ids) == len(set(ids)), path


def test_the_language_switch_leads_to_the_same_page(made):
    for stem in [*STEMS, "search"]:
        switch = re.findall(
            r'<a href="([^"]*)" lang="(..)" hreflang="..".*?>(.*?)</a>', made[f"fr/{stem}.html"].decode()
        )
        assert switch == [
            (f"../en/{stem}.html", "en", "English"),
            (f"../fr/{stem}.html", "fr", "Français"),
            (f"../pt/{stem}.html", "pt", "Português"),
            (f"../tr/{stem}.html", "tr", "Türkçe"),
        ]


def test_a_page_that_another_language_lacks_leads_to_its_start():
    shorter = replace(site_documents.document("tr"), chapters=site_documents.document("tr").chapters[:2])
    found = site({"en": ENGLISH, "tr": shorter}, {})
    assert 'href="../tr/index.html" lang="tr"' in found["en/sources.html"].decode()
    assert 'href="../tr/turkiye.html" lang="tr"' in found["en/turkiye.html"].decode()


def test_pages_are_turned_in_the_order_of_the_report(made):
    for before, after in pairwise(STEMS):
        assert f'rel="next" href="{after}.html"' in made[f"pt/{before}.html"].decode()
        assert f'rel="prev" href="{before}.html"' in made[f"pt/{after}.html"].decode()
    assert 'rel="next"' not in made["pt/sources.html"].decode()
    assert 'rel="prev"' not in made["pt/index.html"].decode()


def test_the_menu_shows_where_one_is(made):
    for stem in STEMS:
        current = re.findall(r'<a href="([^"]*)" aria-current="page">', made[f"en/{stem}.html"].decode())
        assert current == [f"{stem}.html"]
    menu = made["en/area-TR-63.html"].decode().split('id="menu"')[1].split("</nav>")[0]
    assert '<a href="turkiye.html" class="within">' in menu
    # Of the other study its own areas stay folded away.
    assert "area-TR-27.html" in menu and "area-SEN.html" not in menu


def test_a_reference_leads_to_the_page_on_which_the_finding_stands(made):
    # F1 stands in the summary, the table on the page itself.
    text = made["en/turkiye.html"].decode()
    assert '<a href="index.html#finding-1">F1</a>' in text and '<a href="#table-10">a table</a>' in text
    assert '<a href="#finding-210">F210</a>' in made["en/area-SEN.html"].decode()
    assert '<a href="area-SEN.html#finding-210">' not in made["en/area-SEN.html"].decode()


def test_numbers_of_findings_in_cells_lead_to_them_and_others_do_not(made):
    text = made["en/recommendations.html"].decode()
    # F20 and F9999 are in no table of the fixture.
    assert '<td class="short"><a href="index.html#finding-1">F1</a>, F20</td>' in text
    assert '<a href="sources.html#finding-200">F200</a> (F9999)' in text
    # So does the id of a recommendation that has a text of its own.
    assert '<a href="#recommendation-R-SEN-2">R-SEN-2</a>' in text and 'class="short">R-SEN-1</th>' in text


def test_a_finding_that_stands_on_two_pages_is_linked_to_where_it_stands_first(made):
    assert 'id="finding-1"' in made["en/index.html"].decode()
    assert 'id="finding-1"' not in made["en/sources.html"].decode()


def test_a_reference_that_leads_nowhere_stops_the_site_and_is_named():
    lost = Section("method", "Method", (Prose('<p><a href="#finding-7777">F7777</a></p>', "en"),))
    with refused(site_outline.LeadsNowhere, "broken_link", "method.html", "'#finding-7777'"):
        site({"en": only(ENGLISH, lost)}, {})


@pytest.mark.parametrize("taken", ["search", "index", "turkiye"])
def test_two_pages_of_one_name_stop_the_site(taken):
    doubled = (Section("turkiye", "One"), Section("x", "Two", parts=(Section(taken, "Three", kind="area"),)))
    with refused(ValueError, "duplicate_name", taken):
        site({"en": only(ENGLISH, *doubled)}, {})


def test_a_report_without_a_summary_has_a_start_page():
    text = site({"en": only(ENGLISH, Section("turkiye", "Türkiye"))}, {})["en/index.html"].decode()
    assert '<li><a href="turkiye.html">' in text and Read(text.encode()).levels == [1, 2, 2]


def test_headings_leave_no_level_out(made):
    for path, content in pages(made).items():
        levels = Read(content).levels
        assert levels[0] == 1 and levels.count(1) == 1, path
        assert all(after <= before + 1 for before, after in pairwise(levels)), (path, levels)


HEADINGS = st.lists(st.integers(1, 6), max_size=12)


@given(HEADINGS, st.integers(1, 4))
def test_headings_of_prose_follow_on_their_section_whatever_their_levels(written, level):
    fragment = "".join(f"<h{each}>x</h{each}>" for each in written)
    moved = site_outline.below(fragment, level, "s")
    levels = [int(found) for found in re.findall(r'<h(\d) id="s-\d+">x</h\1>', moved)]
    assert re.findall(r'id="s-(\d+)"', moved) == [str(number) for number, _ in enumerate(written, 1)]
    assert len(levels) == len(written)
    for before, after in zip([level, *levels], levels, strict=False):
        assert level < after <= min(before + 1, 6)
    # Where one was above the next it still is, unless it would be deeper than there are levels.
    for (high, low), (first, second) in zip(pairwise(written), pairwise(levels), strict=True):
        assert second > first or first == 6 if low > high else second <= first


def test_a_long_page_lists_what_stands_on_it_in_the_language_of_each(made):
    text = Prose("<h2>What is <em>known</em></h2><p>x</p><h3>Less</h3><h2>And what is not</h2>", "en")
    part = Section("further", "Plus loin", kind="part")
    french = replace(site_documents.document("fr"), chapters=(Section("x", "X", (text,), (part,)),))
    page = site({"fr": french}, {})["fr/x.html"].decode()
    listed = page.split('class="contents"')[1].split("</nav>")[0]
    assert re.findall(r"<li>(.*?)</li>", listed) == [
        '<a href="#x-1-1" lang="en">What is known</a>',
        '<a href="#x-1-3" lang="en">And what is not</a>',
        '<a href="#further">Plus loin</a>',
    ]
    assert '<h2 id="x-1-1">What is <em>known</em></h2>' in page and '<h3 id="x-1-2">Less</h3>' in page
    # One heading is no list.
    assert 'class="contents"' not in made["fr/turkiye.html"].decode()


def test_parts_in_another_language_say_so(made):
    english = '<div class="prose" lang="en">\n<p>This text exists in English only.'
    for language in ("fr", "pt", "tr"):
        assert english in made[f"{language}/turkiye.html"].decode()
        assert f'<html lang="{language}">' in made[f"{language}/turkiye.html"].decode()
    assert '<div class="prose">\n<p>This text exists' in made["en/turkiye.html"].decode()
    part = replace(ENGLISH.chapters[1].blocks[1], language="fr")
    assert isinstance(part, Picture)
    text = site({"en": only(ENGLISH, Section("x", "X", (part,)))}, {})["en/x.html"].decode()
    assert re.search(r'<img [^>]* lang="fr">', text) and '<span class="said" lang="fr">' in text


def test_a_synthetic_report_says_so_on_every_page_and_marks_what_is(made):
    assert all(b"SYNTHETIC:</strong>" in content for content in pages(made).values())
    marked = {path for path, content in pages(made).items() if b'<body class="synthetic">' in content}
    of_turkiye = ("turkiye", "area-TR-27", "area-TR-63", "area-TR-35")
    assert marked == {f"{language}/{stem}.html" for language in ("en", "fr", "pt", "tr") for stem in of_turkiye}
    assert '<h1 id="turkiye">Türkiye <span class="mark">SYNTHETIC</span></h1>' in made["en/turkiye.html"].decode()
    # A picture that is saved from the page says so in its name.
    assert b'download="dots_turkiye_SYNTHETIC.png"' in made["en/turkiye.html"]
    assert b'download="dots_west_africa.png"' in made["en/west_africa.html"]


def test_a_report_of_public_evidence_alone_says_nothing_of_invented_persons():
    public = site({"en": only(ENGLISH, ENGLISH.chapters[0], ENGLISH.chapters[2], synthetic=False)}, {})
    assert public and not [path for path, content in public.items() if b"SYNTHETIC:" in content]


def test_downloads_are_listed_in_the_language_and_the_others_below(made):
    text = made["fr/index.html"].decode()
    own, others = text.split('id="downloads"')[1].split("<details", 1)
    assert re.findall(r'href="\.\./downloads/([^"]*)"', own) == [
        "pledge_report_SYNTHETIC_fr.pdf",
        "findings_SYNTHETIC.csv",
        "findings_SYNTHETIC.parquet",
    ]
    assert re.findall(r'href="\.\./downloads/([^"]*)"', others) == [
        *(f"pledge_report_SYNTHETIC_{language}.pdf" for language in ("en", "pt", "tr")),
        "pledge_report_SYNTHETIC_en.docx",
    ]
    # 1,250,005 bytes, as the French write them.
    assert "pledge_report_SYNTHETIC_fr.pdf, 1,3 Mo" in own
    for name, content in site_documents.DOWNLOADS.items():
        assert made[f"downloads/{name}"] == content


def test_the_map_of_a_study_has_the_same_links_as_the_list_beside_it(made):
    for language in ("en", "tr"):
        for study, areas in site_documents.AREAS.items():
            nav = made[f"{language}/{study}.html"].decode().split('<nav class="areas"')[1].split("</nav>")[0]
            drawn, listed = nav.split("</svg>")
            links = {f"area-{area_id}.html" for area_id in areas}
            assert set(re.findall(r'<a href="([^"]*)" tabindex="-1">', drawn)) == links
            assert set(re.findall(r'<a href="([^"]*)">', listed)) == links
    assert made["en/area-SEN.html"].decode().count('class="here"') == 1


def test_long_tables_can_be_folded_and_folded_ones_are_closed(made):
    text = made["en/sources.html"].decode()
    # 60 rows, folded; and 3 rows, which are not worth folding.
    assert "<details>\n<summary>" in text and "60 rows</span></summary>" in text and text.count("<details") == 1
    table = replace(ENGLISH.chapters[-1].blocks[0], folded=False)
    text = site({"en": only(ENGLISH, Section("x", "X", (table,)))}, {})["en/x.html"].decode()
    assert "<details open>" in text


# --- what it lets in -----------------------------------------------------------------------------------------------

HOSTILE = "\"><img src=x onerror=alert(1)><script>alert(2)</script>'&amp;</style></title>{{ 7*7 }}"


def test_nothing_in_a_document_becomes_markup():
    table = replace(ENGLISH.chapters[3].blocks[0], note=HOSTILE, caption=HOSTILE)
    table = replace(table, table=table.table.assign(State=HOSTILE).rename(columns={"What": HOSTILE}))
    drawn = replace(ENGLISH.chapters[1].blocks[1], alt=HOSTILE, caption=HOSTILE)
    assert isinstance(drawn, Picture)
    area = Section("area-SEN", HOSTILE, (table, replace(drawn, number=1)), kind="area")
    hostile = only(ENGLISH, Section("west_africa", HOSTILE, (drawn,), (area,)), title=HOSTILE, subtitle=HOSTILE)
    found = pages(site({"en": replace(hostile, state=HOSTILE)}, {"a_en.pdf": b"", HOSTILE: b""}))
    for path, content in found.items():
        tags = Read(content).tags
        assert all(said.get("src", "data:").startswith("data:") for tag, said in tags if tag == "img"), path
        assert not [said for _, said in tags if any(name.startswith("on") for name in said)], path
        scripts = sum(tag == "script" for tag, _ in tags)
        assert scripts == {"index.html": 0, "en/search.html": 3}.get(path, 1), path
        assert sum(tag in ("style", "title") and said == {} for tag, said in tags) >= 2
        # Every page has the report's title, letter by letter.
        assert HOSTILE in html.unescape(re.search(r"<h1.*?</h1>|<p class=.name.>.*?</p>", content.decode())[0]), path


def test_a_page_forbids_all_but_its_own_style_and_scripts(made):
    for path, content in pages(made).items():
        text = content.decode()
        policy = html.unescape(re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1])
        rules = {rule.split(" ")[0]: rule.split(" ")[1:] for rule in policy.split("; ")}
        look = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
        scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
        assert rules == {
            "default-src": ["'none'"],
            "img-src": ["data:"],
            "style-src": [digest(each) for each in look],
            **({"script-src": [digest(each) for each in scripts]} if scripts else {}),
            "base-uri": ["'none'"],
            "form-action": ["'none'"],
        }, path
        # Nothing names another place either.
        addresses = [said[name] for _, said in Read(content).tags for name in ("href", "src") if name in said]
        assert not [each for each in addresses if re.match(r"(?!data:)[a-z]+:|//", each)], path


def digest(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


@pytest.mark.soak
@pytest.mark.slow
def test_the_same_report_gives_the_same_bytes_in_every_process(made):
    code = (
        "import hashlib, site_documents; from analysis.report.site import site\n"
        f"made = site(site_documents.documents(), site_documents.DOWNLOADS, analyses={ANALYSES!r})\n"
        "print(hashlib.sha256(repr(list(made.items())).encode()).hexdigest())"
    )
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "77",
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "TZ": "Asia/Tokyo",
    }
    other = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == hashlib.sha256(repr(list(made.items())).encode()).hexdigest()


def test_the_search_knows_every_page_section_figure_table_and_finding(made):
    text = made["en/search.html"].decode()
    said = json.loads(re.search(r'<script type="application/json" id="entries">(.*?)</script>', text)[1])
    addresses = [entry[0] for entry in said["entries"]]
    for address in (
        *(f"{stem}.html" for stem in STEMS),
        *("turkiye.html#figure-10", "turkiye.html#table-10", "area-SEN.html#picture-SEN", "index.html#finding-2"),
        "sources.html#finding-259",
    ):
        assert address in addresses, address


# --- in a browser --------------------------------------------------------------------------------------------------


@pytest.fixture
def opened(browser, folder):
    """Opens a page at a width, and holds it to having asked for nothing but itself and having no error."""
    files = []

    def open_page(path: str, width: int = 1200):
        seen_at(browser, width)
        browser.get("about:blank")
        for log in ("browser", "performance"):
            browser.get_log(log)
        file, hash_, anchor = path.partition("#")
        browser.get((folder / file).as_uri() + hash_ + anchor)
        files.append(file)
        return browser

    yield open_page
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    outside = [url for url in asked if not url.startswith(("file:", "data:"))]
    assert asked and outside == []
    # Of files, pages of the site alone that were gone to.
    assert {url.partition("#")[0].rpartition(".")[2] for url in asked if url.startswith("file:")} == {"html"}
    assert browser.get_log("browser") == []


KINDS = [
    *("index.html", "en/index.html", "fr/turkiye.html", "tr/area-TR-27.html", "en/recommendations.html"),
    *("pt/sources.html", "tr/search.html#q=mağdur"),
]


@pytest.mark.varied
@pytest.mark.slow
@pytest.mark.parametrize("path", KINDS)
def test_a_page_fits_a_telephone_and_a_projector(opened, path):
    for width in (360, 1200):
        browser = opened(path, width)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        broken = browser.execute_script("return [...document.images].filter(i => !i.naturalWidth).length")
        assert broken == 0


def test_a_wide_table_scrolls_in_itself_and_is_reached_by_the_keyboard_where_it_does(opened):
    script = "return [...document.querySelectorAll('.scroll')].map(b => [b.scrollWidth > b.clientWidth, b.tabIndex])"
    browser = opened("en/turkiye.html", 1200)
    assert settled(browser, script) == [[True, 0]]
    browser = opened("en/recommendations.html", 1200)
    assert settled(browser, script) == [[False, -1]]


def settled(browser, script: str):
    """What a script gives once the page has been laid out and its observers have run."""
    frames = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))"
    browser.execute_async_script(frames)
    return browser.execute_script(script)


def test_a_link_into_a_folded_table_unfolds_it(opened):
    browser = opened("en/sources.html#finding-240")
    row = settled(browser, "const r = document.getElementById('finding-240').getBoundingClientRect(); return r.top")
    assert 0 <= row < 800
    assert browser.execute_script("return document.querySelector('details').open")


def focused(browser):
    return browser.switch_to.active_element


def press(browser, *keys: str) -> None:
    ActionChains(browser).send_keys(*keys).perform()


def test_a_figure_is_enlarged_by_the_keyboard_and_gives_the_focus_back(opened):
    browser = opened("en/turkiye.html")
    button = browser.find_element(By.CLASS_NAME, "enlarge")
    browser.execute_script("arguments[0].focus()", button)
    press(browser, Keys.ENTER)
    is_open = "return document.getElementById('large').open"
    assert browser.execute_script(is_open)
    size = browser.execute_script("return document.querySelector('dialog img').getBoundingClientRect().width")
    small = browser.execute_script("return document.querySelector('figure img').getBoundingClientRect().width")
    assert size > small
    said = browser.find_element(By.ID, "large-caption").text
    assert said == "Figure 10. Detected victims by area, with their bounds SYNTHETIC"
    assert len(browser.find_element(By.CSS_SELECTOR, "dialog img").get_attribute("alt")) > 20
    for _ in range(4):
        # The focus stays within, or goes to the browser's own bar.
        inside = "return document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        assert browser.execute_script(inside)
        press(browser, Keys.TAB)
    press(browser, Keys.ESCAPE)
    assert not browser.execute_script(is_open)
    assert focused(browser) == button


def test_a_figure_can_be_saved_from_the_page(opened):
    browser = opened("en/turkiye.html")
    link = browser.find_element(By.CLASS_NAME, "save")
    saved = base64.b64decode(link.get_attribute("href").removeprefix("data:image/png;base64,"))
    assert saved == site_documents.picture()
    assert link.get_attribute("download") == "dots_turkiye_SYNTHETIC.png"


def test_the_menu_of_a_telephone_is_folded_away_until_it_is_asked_for(opened):
    browser = opened("en/turkiye.html", 360)
    opener, menu = browser.find_element(By.CLASS_NAME, "opener"), browser.find_element(By.ID, "menu")
    assert not menu.is_displayed() and opener.get_attribute("aria-expanded") == "false"
    browser.execute_script("arguments[0].focus()", opener)
    press(browser, Keys.ENTER)
    assert menu.is_displayed() and opener.get_attribute("aria-expanded") == "true"
    browser = opened("en/turkiye.html", 1200)
    assert browser.find_element(By.ID, "menu").is_displayed()
    assert not browser.find_element(By.CLASS_NAME, "opener").is_displayed()


def test_without_scripts_everything_can_be_read(opened):
    browser = opened("en/index.html", 360)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(browser.current_url.replace("index.html", "turkiye.html"))
        assert browser.find_element(By.ID, "menu").is_displayed()
        assert browser.find_element(By.CSS_SELECTOR, "figure img").is_displayed()
        # What needs a script is not offered.
        assert not browser.find_element(By.CLASS_NAME, "enlarge").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def look_for(browser, words: str) -> list[str]:
    """Types words into the search, and gives the titles of what is found."""
    field = browser.find_element(By.ID, "query")
    field.clear()
    field.send_keys(words, Keys.ENTER)
    return [link.text for link in browser.find_elements(By.CSS_SELECTOR, "#results a")]


@pytest.mark.varied
@pytest.mark.parametrize(
    ("language", "words", "first"),
    [
        ("tr", "IZMIR", "İzmir"),
        ("tr", "izmir", "İzmir"),
        ("tr", "ızmır", "İzmir"),
        ("tr", "sanliurfa", "Şanlıurfa"),
        ("tr", "ŞANLIURFA", "Şanlıurfa"),
        ("fr", "cote d'ivoire", "Côte d’Ivoire"),
        ("fr", "CÔTE", "Côte d’Ivoire"),
        # A title counts more than the sixty sentences that name the country.
        ("en", "senegal", "Senegal"),
        ("pt", "recomenda", "Recomendações"),
    ],
)
def test_titles_are_found_first_whatever_accents_and_turkish_letters_are_typed(opened, language, words, first):
    assert look_for(opened(f"{language}/search.html"), words)[0] == first


@pytest.mark.slow
def test_the_words_looked_for_are_shown_where_they_stand(opened):
    browser = opened("tr/search.html")
    look_for(browser, "MAGDUR")
    marks = {mark.text for mark in browser.find_elements(By.CSS_SELECTOR, "#results mark")}
    assert {each.lower() for each in marks} == {"mağdur"}
    contexts = [each.text for each in browser.find_elements(By.CSS_SELECTOR, "#results .context:has(mark)")]
    assert contexts and all("mağdur" in each and len(each) < 250 for each in contexts)


def test_every_word_must_occur_and_a_finding_is_found_by_its_number(opened):
    browser = opened("en/search.html")
    assert all("Gaziantep" in title for title in look_for(browser, "victims gaziantep"))
    assert look_for(browser, "F111")[0].startswith("F111 · In Gaziantep")
    assert look_for(browser, "gaziantep senegal") == []


def test_where_nothing_is_found_a_sentence_says_so_with_the_words_as_text(opened):
    browser = opened("en/search.html")
    assert look_for(browser, "<img src=x onerror=alert(1)> $&") == []
    said = browser.find_element(By.ID, "found").text
    assert said.startswith("Nothing in the report has “<img src=x onerror=alert(1)> $&”.")
    assert browser.find_elements(By.CSS_SELECTOR, "main img") == []
    assert look_for(browser, "...") == []


@pytest.mark.slow
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


def test_a_printed_page_has_its_text_and_no_menu(opened):
    browser = opened("en/sources.html")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert not browser.find_element(By.CLASS_NAME, "menu").is_displayed()
        assert browser.find_element(By.TAG_NAME, "h1").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
