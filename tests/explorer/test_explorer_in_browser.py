"""The explorer in a browser: what is drawn of a choice, by mouse and by keyboard, in each width and theme.

Expected numbers are counts of `explorer_page.ROWS` by hand.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from browsers import checked, violations
from explorer_page import ROWS, STUDY, TITLE, records_of, selected
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from analysis.explorer.counts import Refused, TakenOut


def test_map_years_and_flows_are_drawn_of_the_same_selection(opened):
    page = opened()
    assert page.line == "4 persons detected in Sal, 2018–2021. 1 whose area is not known is left out."
    told = {each.get_attribute("aria-label") for each in page.all(".xp-area")}
    assert {"Sal: 4 persons", "Fogo: 2 persons", "Brava: none recorded"} <= told
    # Of Sal: two of 2019, one of 2020, and one of 2020 or 2021.
    assert page.one(".xp-trend").get_attribute("aria-label") == "persons by year: 2018 0, 2019 2, 2020 1–2, 2021 0–1"
    flows = [each.get_attribute("aria-label") for each in page.all(".xp-flows li")]
    assert flows[0] == "Senegal to Sal: 2 persons"
    assert set(flows[1:]) == {"Fogo to Sal: 1 person", "not stated to Sal: 1 person"}


@pytest.mark.soak
@pytest.mark.slow
def test_an_area_is_chosen_by_a_click_and_another_with_shift_and_the_map_keeps_all(opened):
    page = opened()
    page.click(page.area("CPV-FOGO"))
    assert page.pressed == ["Fogo"] and page.line.startswith("2 persons detected in Fogo")
    page.click(page.area("CPV-SAL"), Keys.SHIFT)
    assert page.line.startswith("6 persons detected in Fogo and Sal")
    assert page.area("CPV-SAL").get_attribute("aria-label") == "Sal: 4 persons"
    page.click(page.area("CPV-FOGO"), Keys.SHIFT)
    assert page.pressed == ["Sal"]
    # Once more, and all are chosen.
    page.click(page.area("CPV-SAL"))
    assert page.line == "7 persons detected in Cabo Verde, 2018–2021."


@pytest.mark.slow
def test_the_keyboard_alone_chooses_areas(opened):
    page = opened()
    page.script("arguments[0].focus()", page.one('.xp-area[tabindex="0"]'))
    # Santo Antão, the first of the areas; São Vicente is the nearest to its right.
    page.press(Keys.ARROW_RIGHT)
    focused = "return document.activeElement.getAttribute('aria-label')"
    assert page.script(focused) == "São Vicente: none recorded"
    assert page.one(".xp-tip").text == "São Vicente\nnone recorded"
    page.press(Keys.ENTER)
    assert page.pressed == ["São Vicente"]
    ActionChains(page.browser).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()
    page.settle()
    assert page.pressed == []


@pytest.mark.slow
def test_the_sliders_choose_the_period_with_the_keyboard(opened):
    page = opened()
    first, last = page.all(".xp-period input")
    page.script("arguments[0].focus()", first)
    page.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert page.line.startswith("2 persons detected in Sal, 2020–2021.")
    grey = [each.get_attribute("data-year") for each in page.all(".xp-bar.xp-out:not(.xp-possible)")]
    assert grey == ["2018", "2019"]
    # The years before stay as they are: two of 2019.
    assert "2019 2" in page.one(".xp-trend").get_attribute("aria-label")
    page.script("arguments[0].focus()", last)
    page.press(Keys.HOME)
    # The last year drags the first along.
    assert page.line.startswith("0 persons detected in Sal, 2018.")


def test_of_two_areas_each_has_bars_of_its_own_and_a_name_in_the_key(opened):
    page = opened()
    page.click(page.area("CPV-FOGO"), Keys.SHIFT)
    assert page.line == (
        "6 persons detected in Sal and Fogo, 2018–2021. Of these 4 in Sal and 2 in Fogo. "
        "1 whose area is not known is left out."
    )
    told = page.one(".xp-trend").get_attribute("aria-label")
    assert told == ("persons by year: Sal: 2018 0, 2019 2, 2020 1–2, 2021 0–1; Fogo: 2018 0, 2019 1, 2020 0, 2021 1")
    assert [each.text for each in page.all(".xp-of-trend .xp-key span:has(.xp-bar-patch)")] == ["Sal", "Fogo"]
    tops = """
      const bars = [...document.querySelectorAll(".xp-bar:not(.xp-possible)")];
      return bars.map((bar) => [bar.dataset.year, bar.getAttribute("height") > 0]);"""
    sal, fogo = (dict(page.script(tops)[part]) for part in (slice(4), slice(4, 8)))
    assert sal == {"2018": False, "2019": True, "2020": True, "2021": False}
    assert fogo == {"2018": False, "2019": True, "2020": False, "2021": True}
    # A third, and they are counted together again.
    page.click(page.area("CPV-BRAVA"), Keys.SHIFT)
    assert page.one(".xp-trend").get_attribute("aria-label").startswith("persons by year: 2018 0, 2019 3")
    assert len(page.all(".xp-bar:not(.xp-possible)")) == 4


def test_children_are_pressed_at_once_and_taken_back_at_once(opened):
    made = records_of()
    ages = replace(made.columns["age_group"], groups={"children": ("12-14", "15-17")})
    page = opened(replace(made, columns={**made.columns, "age_group": ages}), place=STUDY)
    assert page.chip("children").text == "children 6"
    page.click(page.chip("children"))
    assert page.pressed == ["children", "12-14", "15-17"]
    assert page.line == (
        "6 persons detected in Cabo Verde, 2018–2021: children. 1 whose age at detection is not known is left out."
    )
    page.click(page.chip("12-14"))
    assert page.pressed == ["15-17"] and "age 15-17" in page.line
    page.click(page.chip("children"))
    page.click(page.chip("children"))
    assert page.pressed == []


def test_shift_and_a_click_widen_the_period_to_a_year(opened):
    page = opened(place=STUDY)
    bars = page.all(".xp-bar:not(.xp-possible)")
    page.click(bars[1])
    # Three of 2019 are certain.
    assert page.line == "3 persons detected in Cabo Verde, 2019."
    page.click(bars[2], Keys.SHIFT)
    assert "2019–2020" in page.line
    page.click(bars[3], Keys.SHIFT)
    assert "2019–2021" in page.line
    # Within it nothing is to be added.
    page.click(bars[2], Keys.SHIFT)
    assert "2019–2021" in page.line


@pytest.mark.slow
def test_a_period_is_drawn_across_the_bars(opened):
    page = opened()
    bars = page.all(".xp-bar:not(.xp-possible)")
    chain = ActionChains(page.browser).move_to_element(page.one(".xp-trend"))
    left, right = (page.script("return arguments[0].getBoundingClientRect().x + 5", bars[n]) for n in (1, 2))
    middle = page.script(
        "const r = arguments[0].getBoundingClientRect(); return r.x + r.width / 2", page.one(".xp-trend")
    )
    chain.move_by_offset(int(left - middle), 0).click_and_hold().move_by_offset(
        int(right - left), 0
    ).release().perform()
    page.settle()
    assert page.line.startswith("4 persons detected in Sal, 2019–2020.")
    page.click(page.one(".xp-period button"))
    assert page.line.startswith("4 persons detected in Sal, 2018–2021.")


@pytest.mark.slow
def test_values_are_chosen_and_each_says_how_many_it_would_show(opened):
    page = opened()
    assert page.chip("female").text == "female 3" and page.chip("male").text == "male 1"
    page.click(page.chip("female"))
    assert page.line.startswith("3 persons detected in Sal, 2018–2021: female.")
    # The sexes leave their own filter aside; the forms do not: of three women, two or three.
    assert page.chip("male").text == "male 1" and page.chip("sale").text == "sale 1"
    page.click(page.chip("male"))
    assert page.line.startswith("4 persons detected in Sal, 2018–2021: female or male.")


@pytest.mark.slow
def test_an_area_is_found_by_its_name_without_its_accents(opened):
    page = opened()
    page.one(".xp-search").send_keys("sao n", Keys.ENTER)
    page.settle()
    assert set(page.pressed) == {"Sal", "São Nicolau"}
    page.one(".xp-search").send_keys(Keys.BACKSPACE)
    page.settle()
    assert page.pressed == ["Sal"]
    assert page.one(".xp-search").get_attribute("aria-expanded") == "true"
    page.one(".xp-search").send_keys(Keys.ESCAPE)
    assert page.one(".xp-search").get_attribute("aria-expanded") == "false"


@pytest.mark.soak
@pytest.mark.slow
def test_undo_takes_one_step_back_and_reset_all(opened):
    page = opened()
    undo, reset = page.all(".xp-buttons button")[:2]
    assert not undo.is_enabled() and not reset.is_enabled()
    page.click(page.chip("female"))
    page.script("arguments[0].focus()", page.one(".xp-period input"))
    # One draw of a slider, however many years it passes, is one step.
    page.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    page.click(undo)
    assert page.line.startswith("3 persons detected in Sal, 2018–2021: female.")
    page.click(page.chip("sale"))
    page.click(reset)
    assert page.line.startswith("4 persons detected in Sal, 2018–2021.")
    page.click(undo)
    assert page.line.startswith("1 person detected in Sal, 2018–2021: female; form sale.")


@pytest.mark.slow
def test_while_one_question_is_open_only_the_latest_waits(opened):
    page = opened()
    for words in ("female", "12-14", "begging"):
        ActionChains(page.browser).click(page.chip(words)).perform()
    (first,) = page.asks()
    assert (first["selection"]["sex"], first["selection"]["age_group"]) == (["female"], [])
    page.reply(first)
    (second,) = page.asks()
    assert (second["selection"]["age_group"], second["selection"]["form"]) == (["12-14"], ["begging"])
    page.reply(second)
    assert page.asks() == [] and page.line.startswith("1 person detected in Sal")


@pytest.mark.slow
def test_an_answer_about_other_data_is_dropped(opened):
    page = opened(records_of(), records_of("public", title="Other persons of a test"))
    page.click(page.chip("female"))
    ActionChains(page.browser).click(page.chip("male")).perform()
    (late,) = page.asks()
    page.script(
        "const s = document.querySelector('.xp-data select'); s.selectedIndex = 1; s.dispatchEvent(new Event('change'))"
    )
    (setup,) = page.asks()
    assert setup["dataset"] == "Other persons of a test"
    page.reply(late)
    page.reply(setup)
    page.settle()
    assert page.line == "4 persons detected in Sal, 2018–2021. 1 whose area is not known is left out."
    assert page.one(".xp").get_attribute("data-kind") == "public"


def test_of_two_views_of_one_widget_each_has_its_own_answers(opened):
    page = opened()
    page.click(page.chip("female"))
    other, _ = page.exploration.answer({"ask": "views", "view": "another", "number": 9, "selection": selected()})
    page.give(other)
    assert page.line.startswith("3 persons detected in Sal")


@pytest.mark.soak
@pytest.mark.slow
def test_a_change_touches_the_map_and_does_not_draw_it_anew(opened):
    page = opened()
    page.script("globalThis.before = [...document.querySelectorAll('.xp-area, .xp-bar, .xp-chip')]")
    page.click(page.chip("female"))
    page.click(page.area("CPV-FOGO"))
    assert page.script("return before.every((each) => each.isConnected)")


@pytest.mark.slow
def test_a_kernel_that_is_busy_or_refuses_is_told(opened):
    page = opened()
    ActionChains(page.browser).click(page.chip("female")).perform()
    (asked,) = page.asks()
    refused = {name: asked[name] for name in ("view", "dataset", "number")}
    page.give({**refused, "say": "failed", "sentence": "There is no such year.", "datasets": [TITLE]})
    assert page.one(".xp-trouble").text == "There is no such year."
    # The next question is asked all the same, and its answer takes the sentence away.
    page.click(page.chip("female"))
    assert not page.one(".xp-trouble").is_displayed()


@pytest.mark.parametrize("kind", ["synthetic", "confidential", "public"])
def test_every_view_says_of_what_kind_the_data_are(opened, kind):
    page = opened(records_of(kind))
    page.click(page.one(".xp-more summary"))
    marks = page.script(
        "return [...document.querySelectorAll('.xp-panel')].map((e) => getComputedStyle(e, '::after').content)"
    )
    assert marks == ['"SYNTHETIC"' if kind == "synthetic" else "none"] * 4
    assert page.one(".xp-kind").text == ("SYNTHETIC" if kind == "synthetic" else kind)
    strip = page.one(".xp-strip")
    assert strip.is_displayed() == (kind == "confidential")
    assert kind != "confidential" or strip.text == "CONFIDENTIAL – internal"


def test_a_flow_that_is_pointed_at_is_an_arrow_on_the_map_if_both_ends_are_there(opened):
    page = opened()
    drawn = {}
    for flow in page.all(".xp-flows li"):
        page.script("arguments[0].focus()", flow)
        drawn[flow.get_attribute("aria-label")] = len(page.all(".xp-way:not(.xp-halo)"))
    assert drawn["Fogo to Sal: 1 person"] == 1 and drawn["Senegal to Sal: 2 persons"] == 0


@pytest.mark.slow
def test_the_copied_selection_is_what_python_was_asked(opened):
    page = opened()
    page.click(page.chip("female"))
    page.script("navigator.clipboard.writeText = async (words) => { globalThis.copied = words; }")
    page.click(page.all(".xp-buttons button")[2])
    assert page.script("return copied").endswith(
        f"explore('CPV-SAL', '{TITLE}', Selection(area_ids=('CPV-SAL',), period=(2018, 2021), sex=('female',)))"
    )


def test_a_browser_without_a_clipboard_shows_the_code_to_be_copied(opened):
    page = opened()
    page.script("navigator.clipboard.writeText = async () => { throw new Error('no'); }")
    page.click(page.all(".xp-buttons button")[2])
    shown = page.one(".xp-python")
    assert shown.is_displayed() and "Selection(area_ids=('CPV-SAL',)" in shown.get_attribute("value")


@pytest.mark.slow
def test_the_table_shows_what_is_chosen_by_the_columns_that_are_pressed(opened):
    page = opened()
    page.click(page.one(".xp-more summary"))
    table = (
        "return [...document.querySelectorAll('.xp table tbody tr')].map((r) => [...r.cells].map((c) => c.textContent))"
    )
    assert page.script(table) == [["Sal", "2019", "2"], ["Sal", "2020", "1"], ["Sal", "2020-2021", "1"]]
    page.click(next(each for each in page.all(".xp-table .xp-chip") if each.text == "Year"))
    page.click(page.chip("female"))
    assert page.script(table) == [["Sal", "3"]]


@pytest.mark.slow
def test_a_table_that_may_not_leave_is_refused_in_a_sentence(opened, monkeypatch):
    def refused(*_):
        raise Refused("disclosure_risk", "Fewer than 11 persons are in 3 cells: leave out the year.")

    monkeypatch.setattr("analysis.explorer.take_out.take_out", refused)
    page = opened()
    page.click(page.one(".xp-more summary"))
    page.click(page.one(".xp-take"))
    assert page.one(".xp-answer").text == "Fewer than 11 persons are in 3 cells: leave out the year."
    assert page.all(".xp-download") == []


@pytest.mark.slow
def test_a_table_that_may_leave_can_be_downloaded_with_the_bytes_that_python_let_out(opened, monkeypatch, tmp_path):
    content = "Area,Persons\nSão Vicente,12\n".encode()
    path = tmp_path / "explored_SYNTHETIC.csv"
    taken = TakenOut(path, content, pd.DataFrame(), "Taken out: 1 row.")
    called = []
    monkeypatch.setattr(
        "analysis.explorer.take_out.take_out", lambda records, selection, by: called.append(by) or taken
    )
    page = opened()
    page.click(page.one(".xp-more summary"))
    page.click(page.one(".xp-take"))
    assert called == [["area", "year"]]
    link = page.one(".xp-download")
    assert link.get_attribute("download") == "explored_SYNTHETIC.csv"
    read = "const [link, done] = arguments; fetch(link.href).then((r) => r.text()).then(done)"
    assert page.browser.execute_async_script(read, link).encode() == content


@pytest.mark.slow
def test_no_text_of_the_data_is_taken_for_markup(opened):
    evil = "<img src=x onerror=document.title='run'>"
    page = opened(records_of(rows=[(*row[:5], evil, *row[6:]) for row in ROWS], title=evil))
    page.click(page.one(".xp-more summary"))
    page.click(page.chip("<img"))
    assert evil in page.line
    assert page.all("img") == [] and page.browser.title == "Explorer"


def test_data_that_know_no_sex_and_no_journeys_leave_these_out(opened):
    made = records_of()
    columns = {name: column for name, column in made.columns.items() if name in ("area", "year")}
    page = opened(replace(made, columns=columns, pairs=None))
    assert [each.text for each in page.all(".xp-choice .xp-label") if each.is_displayed()] == ["Areas"]
    assert "These data have no journeys." in page.one(".xp-of-flows").text


@pytest.mark.varied
@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "width", "dark"),
    [("synthetic", 960, False), ("synthetic", 960, True), ("confidential", 960, True), ("confidential", 400, False)],
)
def test_the_explorer_violates_no_rule_of_accessibility_and_fits_its_width(opened, kind, width, dark):
    page = opened(records_of(kind), width=width, dark=dark)
    page.click(page.one(".xp-more summary"))
    page.click(page.chip("female"))
    # The bars of two areas have colours of their own, and a key.
    page.click(page.area("CPV-FOGO"), Keys.SHIFT)
    found = checked(page.browser)
    assert violations(found) == []
    looked = {rule["id"]: len(rule["nodes"]) for rule in found["passes"]}
    assert looked["color-contrast"] >= 4
    assert page.script("return document.documentElement.scrollWidth") <= width
