"""Who cannot see, cannot use a mouse, or has another screen, can use every kind of page.

What a program can find is found by axe-core (tests/axe); what it cannot is tried: the keyboard, and texts of pictures.
"""

from __future__ import annotations

import hashlib
import re
from functools import partial
from itertools import chain
from pathlib import Path

import nbformat
import pytest
import report_material
from browsers import AXE, checked, open_file, violations
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from analysis import areas, catalog
from analysis.checking import check
from analysis.jobs import Job, analyses_of
from analysis.referral.coding_sheet import workbook
from analysis.report import pages
from analysis.report.edition import on_site
from analysis.report.index import render_index
from analysis.report.site import site

HERE = Path(__file__).parents[1]
# One of each kind of page: languages, start, study, area, recommendations, briefs, annex, findings, search, results.
OF_SITE = [
    *("index.html", "en/index.html", "tr/turkiye.html", "tr/area-TR-27.html", "en/recommendations.html"),
    *("en/briefs.html", "pt/sources.html", "en/findings-west_africa.html", "tr/search.html"),
    "en/search.html#q=senegal",
]
# The other kinds of page: the index, and pages of analyses, of public evidence, of a study that awaits lists, synthetic
# with flows in a frame and with counts, and the first of them as it would be of a study whose own counts are synthetic.
NOTEBOOKS = ["trends_SEN", "incidence_TR-27", "record_journeys_SYNTHETIC_XDP-FIG", "case_records_SYNTHETIC_XIC-JADE"]
PARTLY = "trends_SEN_partly_SYNTHETIC.html"
OTHERS = ["index_of_pages.html", *(f"{name}.html" for name in NOTEBOOKS), PARTLY]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """All kinds of pages as files."""
    place = tmp_path_factory.mktemp("site")
    made = dict(report_material.made_site())
    # A report that follows from synthetic data has a banner.
    of = report_material.synthetic()
    made |= {f"synthetic/{path}": each for path, each in site([on_site(of, "en")], of, {}, "x.html").items()}
    planned = [
        Job(analysis, study, area_id)
        for study in areas.STUDIES
        for area_id in [study, *areas.ids(study)]
        for analysis in analyses_of(study, area_id)
    ]
    # Every other page, so that there are areas with a page and without one.
    made["index_of_pages.html"] = render_index("a digest", {job.page: job.page for job in planned[::2]}).encode()
    for name in NOTEBOOKS:
        analysis, _, area_id = name.replace("_SYNTHETIC", "").rpartition("_")
        notebook = nbformat.read(HERE / "notebooks" / f"{name}.ipynb", as_version=4)
        job = Job(analysis, areas.get(area_id).study, area_id)
        made[f"{name}.html"] = pages.render_page(job, notebook).encode()
        if name == "trends_SEN":
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(catalog, "figures_kind", lambda study: "synthetic")
                made[PARTLY] = pages.render_page(job, notebook).encode()
            assert b"Partly SYNTHETIC:" in made[PARTLY]
    for path, content in made.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)
    return place


@pytest.fixture
def opened(browser, folder):
    """Opens a page at a width, in light or dark colours."""
    return partial(open_file, browser, folder)


def test_the_checker_is_the_published_one_unmodified():
    said = (AXE.parent / "README.md").read_text(encoding="utf-8")
    digest = re.search(r"sha256: `([0-9a-f]{64})`", said)[1]
    assert hashlib.sha256(AXE.read_bytes()).hexdigest() == digest
    assert AXE.read_text(encoding="utf-8").startswith("/*! axe v4.14.1\n") and "axe-core 4.14.1" in said
    assert "Mozilla Public License, version 2.0" in (AXE.parent / "LICENSE").read_text(encoding="utf-8")


def test_the_checker_finds_what_is_wrong(browser, tmp_path):
    page = tmp_path / "wrong.html"
    page.write_text(
        "<html><title>x</title><h1>x</h1><img src='data:,'><p style='color:#bbb'>pale</p>", encoding="utf-8"
    )
    browser.get(page.as_uri())
    assert {"html-has-lang", "image-alt", "color-contrast", "region"} <= {
        rule["id"] for rule in checked(browser)["violations"]
    }


@pytest.mark.soak
@pytest.mark.parametrize(("colours", "width"), [("light", 1200), ("light", 360), ("dark", 1200)])
@pytest.mark.parametrize("path", OF_SITE)
def test_no_page_of_the_site_violates_a_rule_of_accessibility(opened, path, colours, width):
    found = checked(opened(path, width, colours))
    assert violations(found) == []
    # It did look, at contrast as well, which it leaves aside where it cannot tell the ground.
    looked = {rule["id"]: len(rule["nodes"]) for rule in found["passes"]}
    assert looked["color-contrast"] >= 4 and "document-title" in looked and "html-has-lang" in looked


@pytest.mark.varied
@pytest.mark.parametrize("path", OTHERS)
def test_no_page_of_an_analysis_and_no_index_violates_a_rule_of_accessibility(opened, path):
    for width in (1200, 360):
        assert violations(checked(opened(path, width))) == [], width


@pytest.fixture(scope="module")
def reports(tmp_path_factory) -> list[Path]:
    """Reports for whoever keeps the data: of a list of case records, a survey, and a coding sheet."""
    place = tmp_path_factory.mktemp("reports")
    sheet = place / "SEN_coding.xlsx"
    sheet.write_bytes(workbook(catalog.load("nrm_framework"), "SEN", "Senegal", None, titles={}))
    synthetic = catalog.RAW / "synthetic/demo_provinces"
    for file in (synthetic / "ngo_SYNTHETIC.xlsx", synthetic / "survey_SYNTHETIC.csv", sheet):
        for name, content in check(file).files.items():
            (place / name).write_bytes(content)
    found = sorted(place.glob("*.html"))
    assert len(found) == 3
    return found


@pytest.mark.soak
def test_no_report_on_a_file_violates_a_rule_of_accessibility_either(opened, reports):
    for report, width in ((report, width) for report in reports for width in (1200, 360)):
        browser = opened(str(report), width)
        browser.execute_script("document.querySelectorAll('details').forEach((each) => { each.open = true })")
        assert violations(checked(browser)) == [], (report.name, width)


def test_the_keys_reach_and_move_a_table_that_is_wider_than_a_telephone(opened, reports):
    for report in reports:
        browser = opened(str(report), 360)
        wide = browser.execute_script(
            "return [...document.querySelectorAll('.exhibit')]"
            ".filter((each) => each.checkVisibility() && each.scrollWidth > each.clientWidth + 20)"
        )
        assert wide, report.name
        for each in wide:
            browser.execute_script("arguments[0].focus()", each)
            assert browser.switch_to.active_element == each and each.get_attribute("aria-label")
            ActionChains(browser).send_keys(*[Keys.ARROW_RIGHT] * 3).pause(0.5).perform()
            assert browser.execute_script("return arguments[0].scrollLeft", each) > 0, report.name


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_text_can_be_told_from_its_ground(opened, colours):
    """By the formula of WCAG 2.2 (relative luminance), for the colours that the style names."""
    browser = opened("en/turkiye.html", 1200, colours)
    script = """
      const style = getComputedStyle(document.documentElement);
      const pixel = document.createElement("canvas").getContext("2d");
      return Object.fromEntries(arguments[0].map((name) => {
        pixel.fillStyle = style.getPropertyValue("--" + name);
        pixel.fillRect(0, 0, 1, 1);
        return [name, [...pixel.getImageData(0, 0, 1, 1).data].slice(0, 3)];
      }));"""
    grounds = {"paper": ["ink", "quiet", "link", "mark"], "raised": ["ink", "quiet", "link"], "found": ["ink", "link"]}
    outlines = {"paper": ["edge", "focus"]}
    names = {*grounds, *outlines, *chain(*grounds.values(), *outlines.values())}
    colour = browser.execute_script(script, sorted(names))
    for least, pairs in ((4.5, grounds), (3, outlines)):
        for ground, marks in pairs.items():
            for mark in marks:
                assert contrast(colour[ground], colour[mark]) >= least, (ground, mark, colour[ground], colour[mark])


def contrast(one: list[int], other: list[int]) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: list[int]) -> float:
    parts = [value / 255 for value in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_contrast_is_computed_as_the_guideline_says():
    assert contrast([0, 0, 0], [255, 255, 255]) == pytest.approx(21)
    # The example of many a textbook: the lightest grey on white that passes.
    assert contrast([118, 118, 118], [255, 255, 255]) == pytest.approx(4.54, abs=0.005)


# All that can be used, but for what a list beside a map gives as well, and what is hidden or folded away.
CONTROLS = """
  const wanted = "a[href], button, input, summary, [tabindex='0']";
  return [...document.querySelectorAll(wanted)].filter((e) => e.tabIndex >= 0 && e.checkVisibility());"""


@pytest.mark.soak
@pytest.mark.parametrize("width", [1200, 360])
@pytest.mark.parametrize(
    "path", ["index.html", "en/index.html", "tr/turkiye.html", "tr/area-TR-27.html", "en/search.html#q=gaziantep"]
)
def test_the_tab_key_reaches_all_that_can_be_used_in_its_order_and_shows_where_it_is(opened, path, width):
    browser = opened(path, width)
    browser.execute_script("document.activeElement.blur(); scrollTo(0, 0); getSelection().removeAllRanges()")
    controls = browser.execute_script(CONTROLS)
    assert len(controls) >= 4
    reached = []
    while len(reached) < len(controls):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        if browser.execute_script("return document.activeElement === document.body"):
            # Behind the last the focus leaves the page, once.
            assert controls[-1] == reached[-1]
            continue
        reached.append(browser.switch_to.active_element)
        outline = browser.execute_script(
            "const s = getComputedStyle(document.activeElement); return [s.outlineStyle, parseFloat(s.outlineWidth)]"
        )
        assert outline[0] != "none" and outline[1] >= 2, reached[-1].get_attribute("outerHTML")[:100]
    # The search takes the focus when it opens: from there on, and then from the first.
    first = reached.index(controls[0])
    assert reached[first:] + reached[:first] == controls


def test_the_first_stop_leads_past_the_menu_to_the_text(opened):
    browser = opened("en/turkiye.html")
    ActionChains(browser).send_keys(Keys.TAB).perform()
    link = browser.switch_to.active_element
    assert link.text == "Skip to the text" and link.rect["y"] >= 0
    ActionChains(browser).send_keys(Keys.ENTER).perform()
    assert browser.switch_to.active_element.tag_name == "main"


def test_what_has_the_focus_is_not_beneath_the_banner(opened):
    browser = opened("synthetic/en/turkiye.html")
    browser.execute_script("scrollTo(0, document.body.scrollHeight)")
    for link in reversed(browser.find_elements(By.CSS_SELECTOR, "main a[href]:not(svg a)")[-8:]):
        browser.execute_script("arguments[0].focus()", link)
        top = browser.execute_script("return arguments[0].getBoundingClientRect().top", link)
        banner = browser.execute_script("return document.querySelector('.banner').getBoundingClientRect().bottom")
        assert top >= banner


def test_every_picture_and_every_map_is_described_or_has_its_list_beside_it(opened):
    for path in OF_SITE:
        browser = opened(path)
        texts = browser.execute_script("return [...document.images].map(i => i.alt)")
        assert all(len(text) > 20 for text in texts), path
        maps = browser.execute_script(
            "return [...document.querySelectorAll('svg')].map(s => [s.getAttribute('aria-hidden'), "
            "[...s.querySelectorAll('a')].every(a => a.tabIndex < 0)])"
        )
        assert all(each == ["true", True] for each in maps), path


def test_text_can_be_enlarged_fourfold_and_nothing_is_lost(opened):
    """WCAG 2.2, 1.4.10: a screen of 1280 pixels that is zoomed to 400 % has 320, and nothing is lost at the side."""
    for path in OF_SITE:
        browser = opened(path, 320)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 320, path
