"""The tutorial's three questions: as few clicks as it says, by mouse and by keyboard, with the lines that it quotes.

Its code is run with that of all pages (tests/repository/test_docs.py); here its picture is held to what the code draws.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from matplotlib.testing.compare import compare_images
from projects import copy_of_the_project, run_analysis
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

from analysis import areas, plots
from analysis.explorer import Exploration

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "tutorial/three_questions.md"
MOST = 3
WORDS = {"one": 1, "two": 2, "three": 3}
# What is compared in a question is the figures of UNODC; it is chosen once, before the questions.
DATA = "Detected victims by sex and age, UNODC (public)"


@pytest.fixture(scope="module")
def quoted() -> dict[str, list[str]]:
    """The lines that the page quotes, by section."""
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0]: re.findall(r"^> (.*)$", part, re.MULTILINE) for part in sections}


def said(quoted: dict[str, list[str]], question: str) -> tuple[int, list[str]]:
    """How many clicks a question takes, as its heading says, and what is quoted."""
    (head,) = [each for each in quoted if each.startswith(question)]
    return WORDS[re.search(r": (\w+) clicks?$", head)[1]], quoted[head]


@pytest.fixture
def study(opened):
    """The explorer of West Africa with the data set of the page; choices are counted from there."""
    page = opened(exploration=Exploration(areas.get("west_africa")))
    page.script("const s = document.querySelector('.xp-data select'); s.focus()")
    option = next(each for each in page.all(".xp-data option") if each.text == DATA)
    option.click()
    page.settle()
    page.choices = 0
    return page


def test_the_page_begins_with_what_the_explorer_shows(study, quoted):
    assert quoted["Before you begin"] == [study.line]


def test_two_areas_are_compared_in_as_few_clicks_as_the_page_says(study, quoted):
    clicks, lines = said(quoted, "1.")
    study.click(study.area("GHA"))
    study.click(study.area("NGA"), Keys.SHIFT)
    assert study.choices == clicks <= MOST and lines == [study.line]
    assert "; Nigeria: 2007 0, 2008 1,269," in study.one(".xp-trend").get_attribute("aria-label")


def test_two_areas_are_compared_by_the_keyboard(study, quoted):
    _, lines = said(quoted, "1.")
    study.reach(".xp-search")
    for name in ("ghana", "nigeria"):
        study.choose(name, Keys.ENTER)
    assert study.choices <= MOST and lines == [study.line]


def test_children_alone_are_one_click_or_one_key(study, quoted):
    clicks, lines = said(quoted, "2.")
    study.click(study.chip("children"))
    assert study.choices == clicks <= MOST and lines == [study.line]
    study.click(study.one(".xp-buttons button:nth-child(2)"))
    study.choices = 0
    study.script("arguments[0].dataset.goal = 1", study.chip("children"))
    study.script("document.querySelector('.xp-search').focus()")
    study.reach("[data-goal]").choose(Keys.SPACE)
    assert study.choices <= MOST and lines == [study.line]


def test_a_year_is_added_by_one_click_more(study, quoted):
    clicks, (before, after) = said(quoted, "3.")
    bar = '.xp-bar:not(.xp-possible)[data-year="{}"]'
    study.click(study.one(bar.format(2017)))
    study.click(study.one(bar.format(2018)), Keys.SHIFT)
    assert study.line == before
    study.click(study.one(bar.format(2019)), Keys.SHIFT)
    assert study.choices == clicks <= MOST and study.line == after


def test_a_year_is_added_by_one_key(study, quoted):
    _, (before, after) = said(quoted, "3.")
    bar = '.xp-bar:not(.xp-possible)[data-year="{}"]'
    study.click(study.one(bar.format(2017)))
    study.click(study.one(bar.format(2018)), Keys.SHIFT)
    study.choices = 0
    study.script("document.querySelector('.xp-more summary').focus()")
    study.script("document.querySelector('.xp-period input').focus()")
    study.reach('.xp-period input[aria-label="Last year"]').choose(Keys.ARROW_RIGHT)
    assert (study.choices, study.line) == (1, after)
    assert study.choose(Keys.ARROW_LEFT).line == before


def test_children_of_lists_are_one_click_where_another_data_set_is_chosen_first(opened):
    """The first data set of Cabo Verde says nothing of age: to choose another takes two clicks, and the third is it."""
    page = opened(exploration=Exploration(areas.get("cabo_verde")))
    assert not [each for each in page.all(".xp-chip") if each.text.startswith("children")]
    title = "Routes named in US reports (public)"
    page.choices += 2
    page.one(".xp-data").find_element(By.XPATH, f'.//option[text()="{title}"]').click()
    page.settle().click(page.chip("children"))
    assert page.choices <= MOST and page.pressed == ["children"] and ": children." in page.line


@pytest.mark.slow
def test_each_answer_in_code_is_three_lines_and_the_picture_is_what_they_draw(tmp_path, quoted):
    text = PAGE.read_text(encoding="utf-8")
    questions = re.findall(r"^## \d\. .*?(?=^## )", text, re.MULTILINE | re.DOTALL)
    code = [re.search(r"```python\n(.*?)```", part, re.DOTALL)[1] for part in questions]
    assert [len(block.splitlines()) for block in code] == [3, 3, 3]
    document = Sybil(parsers=[PythonCodeBlockParser()]).parse(PAGE)
    for example in document.examples():
        if "compared" in document.namespace:
            break
        example.evaluate()
    drawn = tmp_path / "drawn.png"
    drawn.write_bytes(plots.png(document.namespace["compared"]))
    assert "](../images/ghana_and_nigeria.png)" in text
    assert compare_images(str(DOCS / "images/ghana_and_nigeria.png"), str(drawn), tol=3) is None


@pytest.mark.soak
def test_a_new_year_is_a_row_a_digest_and_a_run(tmp_path):
    project = copy_of_the_project(tmp_path)
    table, catalogue = project / "data/raw/evidence/official_counts.csv", project / "data/raw/catalog.yml"
    row = "SEN,2030-04-01,2031-03-31,april_to_march,victims_identified,unspecified,4321,4321,4321,exact,{},of a test"
    page = project / "data/processed/staged/reports/west_africa/SEN/incidence.html"
    step = ("--area", "SEN", "--analysis", "incidence")

    def add(source: str) -> None:
        known = table.read_text(encoding="utf-8").removesuffix(row.format("TIP2031_SEN") + "\n")
        table.write_text(known + row.format(source) + "\n", encoding="utf-8")
        refused = run_analysis("status", *step, project=project)
        assert refused.returncode == 2 and "official_counts.csv" in refused.stderr
        (digest,) = re.findall(r"set sha256: ([0-9a-f]{64})", refused.stderr)
        entry = re.compile(r"(^official_counts:\n(?:  .*\n)*?  sha256: )[0-9a-f]{64}", re.MULTILINE)
        text, entries = entry.subn(rf"\g<1>{digest}", catalogue.read_text(encoding="utf-8"))
        assert entries == 1
        catalogue.write_text(text, encoding="utf-8")

    # Of a report that is not in the bibliography, and then of one that is.
    add("TIP2031_SEN")
    ran = run_analysis("run", *step, project=project)
    assert ran.returncode != 0 and "TIP2031_SEN" in ran.stdout + ran.stderr and not page.exists()
    add("TIP2023_SEN")
    ran = run_analysis("run", *step, project=project)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "4,321" in page.read_text(encoding="utf-8")
