"""Whoever signs a release is told of everything that is published otherwise, once, and of what matters first.

The projects are small ones made by hand: a page with a figure and its table, a finding, the report and a brief.
"""

from __future__ import annotations

import base64
import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from browsers import checked, open_file, violations
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from analysis import areas, cli, cli_review
from analysis.findings.finding import CONFIDENCE, Finding, as_table
from analysis.project_files import DRAWN
from analysis.review import page
from analysis.review.differences import differences, differing, values
from analysis.review.published import outputs, published
from bounded.refusal import Refusal

PLACE = "west_africa/SEN"
AS_IT_IS = {
    "table": "year,low,high\n2020,1,4\n2021,70,70\n",
    "header": ("Year", "Persons"),
    "rows": (("2020", "&lt;5"), ("2021", "70")),
    "limits": "Detected is not incidence.",
    "drawn": "persons\n95 % limits",
    "pixel": 0,
    "opening": "It rose.",
    "value": 70,
    "change": (5.0, 1.0, 9.0),
    "report": "Seventy persons.",
    "brief": "Seventy persons, briefly.",
    "study": "west_africa",
    "place": "SEN",
    "mark": "",
}


def project(folder: Path, **changed: object) -> Path:
    """A project after a run, of which some pieces are other than AS_IT_IS."""
    given = {**AS_IT_IS, **changed}
    note, picture = PngInfo(), io.BytesIO()
    note.add_itxt(DRAWN, str(given["drawn"]))
    Image.new("L", (4, 1), given["pixel"]).save(picture, "png", pnginfo=note)
    shown = base64.b64encode(picture.getvalue()).decode()
    head = "".join(f"<th>{each}</th>" for each in given["header"])
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in given["rows"])
    written = (
        f"<html><head><title>Senegal: trends</title></head><body><p>{given['opening']}</p>"
        f'<img src="data:image/png;base64,{shown}" alt="Dots."><div class="exhibit"><details><summary>Table</summary>'
        f"<table><caption>Senegal: by year</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f'<p>{given["limits"]} <a href="trends_by_year.csv">CSV</a></p></details></div></body></html>'
    )
    document = io.BytesIO()
    with zipfile.ZipFile(document, "w") as file:
        # With a date of its own, not that of the test.
        file.writestr(zipfile.ZipInfo("word/document.xml"), f"<w:p><w:r><w:t>{given['brief']}</w:t></w:r></w:p>")
    value, low, high = given["change"]
    said = {"method": "Counted.", "limits": "Detected alone."}
    rows = [
        Finding(areas.get("SEN"), "headline", "victims", given["value"], period="2021", **said),
        Finding(areas.get("SEN"), "annual_change", "convictions", value, low, high, CONFIDENCE, "2016/2021", **said),
    ]
    findings = io.BytesIO()
    as_table([each.row() for each in rows]).to_parquet(findings)
    at, mark = f"{given['study']}/{given['place']}", given["mark"]
    files: dict[str, bytes] = {
        f"staged/figures/{at}/trends_by_year{mark}.png": picture.getvalue(),
        f"staged/reports/{at}/trends{mark}.html": written.encode(),
        f"staged/reports/{at}/trends_by_year{mark}.csv": str(given["table"]).encode(),
        "staged/reports/pledge_report/en/summary.html": f"<main><p>{given['report']}</p></main>".encode(),
        "staged/reports/pledge_report/downloads/brief_SEN_en.docx": document.getvalue(),
        # It repeats the table of findings, which names the bytes of notebooks.
        "staged/reports/pledge_report/downloads/findings.csv": b"the same",
        "west_africa/findings.parquet": findings.getvalue(),
    }
    for path, content in files.items():
        whole = folder / "data" / "processed" / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        whole.write_bytes(content)
    return folder


@pytest.fixture(autouse=True, scope="module")
def _no_recommendations():
    """These projects have too few findings for the recommendations of the pledge."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("analysis.review.published._of_recommendations", lambda folder, stated: [])
        yield


@pytest.fixture(scope="module")
def before(tmp_path_factory) -> Path:
    return project(tmp_path_factory.mktemp("review") / "before")


@pytest.fixture
def compared(before, tmp_path):
    """The changes of a project that is otherwise in some pieces."""

    def compared(**changed: object) -> pd.DataFrame:
        after = project(tmp_path / "after", **changed)
        names = differing(before, after)
        return differences(published(before, only=names), published(after, only=names))

    return compared


def test_nothing_is_listed_where_nothing_changed(compared):
    found = compared()
    assert found.empty
    assert page.answer(found) == "Nothing that is published differs."


def test_a_number_in_a_finding_a_table_and_on_a_page_is_one_change_that_names_its_places(compared):
    found = compared(table="year,low,high\n2020,1,4\n2021,90,90\n", rows=(("2020", "&lt;5"), ("2021", "90")), value=90)
    numbers = found[found["kind"] == "number"]
    assert list(numbers["id"]) == ["SEN/headline.victims"]
    row = numbers.iloc[0]
    assert (row["why_it_matters"], row["status"]) == ("headline", "changed")
    assert (row["old_low"], row["new_low"]) == (70, 90)
    assert row["relative_change"] == pytest.approx(2 / 7)
    assert f"reports/{PLACE}/trends_by_year.csv" in row["places"]
    # The printed row repeats the table beside it.
    assert "sentence" not in set(found["kind"])
    assert found.iloc[0]["id"] == row["id"]


ONE_CHANGE = {
    "a cell, beyond its bounds": (
        {"table": "year,low,high\n2020,6,8\n2021,70,70\n"},
        ("number", "beyond uncertainty", f"reports/{PLACE}/trends_by_year.csv#2020#figure"),
    ),
    "a cell, within its bounds": (
        {"table": "year,low,high\n2020,0,4\n2021,70,70\n"},
        ("number", "within uncertainty", f"reports/{PLACE}/trends_by_year.csv#2020#figure"),
    ),
    "a row": (
        {"table": "year,low,high\n2019,3,3\n2020,1,4\n2021,70,70\n"},
        ("number", "new, gone or not comparable", f"reports/{PLACE}/trends_by_year.csv#2019#figure"),
    ),
    "a direction": (
        {"change": (-5.0, -9.0, -1.0)},
        ("number", "direction flipped", "SEN/annual_change.convictions"),
    ),
    "a sentence": (
        {"opening": "It fell."},
        ("sentence", "wording", f"reports/{PLACE}/trends.html#(page), paragraph 1"),
    ),
    "a sentence of the report": (
        {"report": "Eighty persons."},
        ("sentence", "wording", "reports/pledge_report/en/summary.html#pledge_report/en/summary, paragraph 1"),
    ),
    "a number within a sentence": (
        {"limits": "Detected is not incidence, 2020."},
        ("sentence", "wording", f"reports/{PLACE}/trends.html#by_year, paragraph 2"),
    ),
    "a header": (
        {"header": ("Year", "Victims")},
        ("sentence", "wording", f"reports/{PLACE}/trends.html#by_year, table header 1"),
    ),
    "a brief": (
        {"brief": "Eighty persons, briefly."},
        (
            "sentence",
            "wording",
            "reports/pledge_report/downloads/brief_SEN_en.docx#pledge_report/downloads/brief_SEN_en, paragraph 1",
        ),
    ),
}


@pytest.mark.parametrize(("changed", "expected"), ONE_CHANGE.values(), ids=ONE_CHANGE)
def test_a_change_is_listed_once_beside_its_file(compared, changed, expected):
    found = compared(**changed)
    listed = found[found["kind"] != "file"]
    assert [tuple(row) for row in listed[["kind", "why_it_matters", "id"]].to_numpy()] == [expected]


def test_a_figure_names_the_texts_on_it_that_differ(compared):
    found = compared(drawn="persons\n90 % limits")
    figure = found[found["kind"] == "figure"].iloc[0]
    assert figure["note"] == "Gone on it: 95 % limits. New on it: 90 % limits."


def test_one_edit_in_two_places_is_one_change(compared):
    found = compared(report="Seventy children.", brief="Seventy children.", opening="It fell.")
    # The brief said it otherwise before, and so was edited otherwise.
    assert sorted(found.loc[found["kind"] == "sentence", "places"].str.count(";")) == [0, 0, 0]
    again = compared(report="Few: seventy persons.", brief="Few: seventy persons, briefly.")
    assert list(again.loc[again["kind"] == "sentence", "places"].str.count(";")) == [1]


def test_a_recommendation_that_turned_comes_before_a_number_and_says_what_its_condition_found(before):
    old = published(before)
    said = (
        old[old["kind"] == "number"]
        .head(1)
        .assign(
            id="WA-01",
            kind="recommendation",
            part="as a whole",
            area_id="west_africa",
            value="met",
            detail="5 of 16: met.",
        )
    )
    new = said.assign(value="not met", detail="4 of 16: not met.")
    number = old[old["part"] == "cell of a table"].head(1)
    found = differences(pd.concat([said, number]), pd.concat([new, number.assign(low=0, high=0, value="0")]))
    assert found.iloc[0]["why_it_matters"] == "recommendation turned"
    assert found.iloc[0]["note"] == "[-5-]{+4+} of 16: {+not +}met."
    assert "1 recommendation turned" in page.answer(found)


def test_what_changes_are_in_a_third_state_is_told(before, compared, tmp_path):
    found = compared(opening="It fell.", table="year,low,high\n2020,6,8\n2021,70,70\n")
    third = project(tmp_path / "third", opening="It fell.")
    said = values(found, published(third))
    assert said[f"reports/{PLACE}/trends.html#(page), paragraph 1"] == "new"
    assert said[f"reports/{PLACE}/trends_by_year.csv#2020#figure"] == "old"


def test_the_page_opens_with_its_answer_and_holds_both_figures(before, compared, tmp_path):
    found = compared(value=90, opening="It <fell>.".replace("<", "&lt;").replace(">", "&gt;"), pixel=255)
    after = tmp_path / "after"
    causes = pd.DataFrame(
        [("SEN/headline.victims", "row-1", "switched alone", "row 741 of official_counts.csv")],
        columns=["change", "cause", "how", "words"],
    )
    inputs = [{"id": "row-1", "words": "Row 741 of official_counts.csv", "diff": "- 70\n+ 90"}]
    review = page.Review(found, "a", "b", outputs(before), outputs(after), causes=causes, inputs=inputs)
    written = page.write(review, tmp_path / "reports" / "review")
    assert [path.name for path in written] == ["index.html", "changes.csv"]
    text = written[0].read_text(encoding="utf-8")
    assert '<p class="answer">Row 741 of official_counts.csv changed. 1 number changed, 0 beyond' in text
    assert text.count('src="data:image/png') == 2
    assert 'type="range"' in text
    assert "<ins>&lt;fell&gt;.</ins>" in text
    assert 'href="#cause-row-1"' in text
    assert not re.search(r"(?:src|href)=\"https?:", text)
    table = pd.read_csv(written[1])
    assert set(table["id"]) == set(found["id"])


def test_real_and_synthetic_data_stand_on_pages_of_their_own(tmp_path):
    of = {"study": "demo_provinces", "place": "XDP-OAK", "mark": "_SYNTHETIC"}
    old, new = project(tmp_path / "old", **of), project(tmp_path / "new", **of, opening="It fell.", report="Eighty.")
    names = differing(old, new)
    found = differences(published(old, only=names), published(new, only=names))
    folder = tmp_path / "review"
    page.write(page.Review(found, "a", "b", outputs(old), outputs(new)), folder)
    real, synthetic = (folder.joinpath(name).read_text("utf-8") for name in ("index.html", "index_SYNTHETIC.html"))
    assert "Eighty" in real
    assert "fell" not in real
    assert "fell" in synthetic
    assert "Eighty" not in synthetic
    assert 'class="synthetic"' in synthetic
    # Once nothing synthetic differs, its page goes.
    page.write(page.Review(found[~found["synthetic"].astype(bool)], "a", "b", outputs(old), outputs(new)), folder)
    assert sorted(path.name for path in folder.iterdir()) == ["changes.csv", "index.html"]


def test_hundreds_of_changes_are_folded_and_the_rest_counted(before, tmp_path):
    years = range(1000, 1400)
    tables = ["year,low,high\n" + "".join(f"{year},{year + more},{year + more}\n" for year in years) for more in (0, 1)]
    old, new = (project(tmp_path / str(n), table=table) for n, table in enumerate(tables))
    names = differing(old, new)
    found = differences(published(old, only=names), published(new, only=names))
    written = page.write(page.Review(found, "a", "b", outputs(old), outputs(new)), tmp_path / "review")
    text = written[0].read_text(encoding="utf-8")
    assert text.count('data-kind="number"') == page.OPEN + page.FOLDED
    assert f"{400 - page.OPEN - page.FOLDED} more are in" in text


def test_a_folder_without_a_run_and_a_project_without_a_release_are_refused(tmp_path):
    with pytest.raises(Refusal, match="run"):
        outputs(tmp_path)
    with pytest.raises(Refusal, match="Nothing is released"):
        outputs(tmp_path, released=True)


def test_the_command_says_what_would_help(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cli_review, "ROOT", tmp_path)
    assert cli.main(["review"]) == 2
    assert "no release yet" in capsys.readouterr().err
    assert cli.main(["review", "no_such_commit"]) == 2
    assert "no_such_commit" in capsys.readouterr().err
    assert cli.main(["review", str(tmp_path)]) == 2
    assert "has no data/processed/staged" in capsys.readouterr().err


def test_a_release_neither_takes_a_review_nor_takes_it_away():
    from analysis.release import publish

    assert cli_review.REVIEWS.name not in areas.STUDIES
    assert not any(cli_review.REVIEWS in path.parents for path in publish._released())


def test_pages_that_only_name_other_bytes_of_an_input_are_counted_apart(compared):
    found = compared(limits="Read: official_counts.csv 0123456789ab.")
    assert "digest" not in page.answer(found)
    digests = found.assign(why_it_matters=found["why_it_matters"].replace("wording", "digest of an input"))
    assert page.answer(digests).endswith("Of 1 file only the digest of an input is another.")


def test_numbers_are_written_for_readers():
    assert [page.written(each) for each in (20, 0.03333333, 1234.5, np.inf)] == ["20", "0.03333", "1,234", "∞"]


# The page in a browser: figures as they were are black, and white now.
CAUSE = 'data/raw/evidence/official_counts.csv::row::SEN, 2021-04-01, a "note"'


@pytest.fixture(scope="module")
def reviewed(before, tmp_path_factory) -> Path:
    """The folder of a review: of two areas, with a figure, sentences, and a cause."""
    folder = tmp_path_factory.mktemp("reviewed")
    after = project(folder / "after", value=90, opening="It fell.", report="Eighty persons.", pixel=255)
    found = differences(published(before), published(after))
    headline = found[found["id"].eq("SEN/headline.victims")]
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
    assert {each.text for each in area.options} == {"all", "Senegal", "The Gambia"}
    area.select_by_visible_text("The Gambia")
    assert shown(browser) == [("The Gambia", "number")]
    units = browser.find_elements(By.CSS_SELECTOR, "[data-kind]")
    assert status.text == f"1 of {len(units)} changes on this page"
    headings = [each for each in browser.find_elements(By.CSS_SELECTOR, "section.part h2") if each.is_displayed()]
    assert [each.text for each in headings] == ["Headlines (2)"]
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
    assert {area for area, _ in shown(browser)} == {"Senegal"}
    browser.switch_to.active_element.send_keys(Keys.HOME)
    assert {area for area, _ in shown(browser)} > {"Senegal"}
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
