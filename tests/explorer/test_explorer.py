"""The explorer without JupyterLab: what the page asks is answered by Python, and a browser draws it.

Expected numbers are counts of ROWS by hand.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from browsers import seen_at
from figure_texts import words as written
from projects import PLAIN
from refusals import refused
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from analysis import areas
from analysis.explorer import still, widget, wording
from analysis.explorer.counts import counted
from analysis.explorer.records import NoSuchChoice, Records, Selection, interval, one_value, pairs, several_values
from analysis.explorer.table import Refused, TakenOut
from analysis.explorer.widget import Exploration, Explorer, explore, module

AXE = Path(__file__).parents[1] / "axe" / "axe.min.js"
NOT = "not stated"
TITLE = "Persons of a test"
# One person a row: area, first and last year that is possible, sex, age, forms, nationality, from, to.
ROWS = [
    ("CPV-SAL", 2019, 2019, "female", "12-14", "begging", "Cabo Verde", "CPV-FOGO", "CPV-SAL"),
    ("CPV-SAL", 2019, 2019, "female", "15-17", "begging;sale", "Senegal", "SEN", "CPV-SAL"),
    ("CPV-SAL", 2020, 2020, "male", "12-14", "sale", "Senegal", "SEN", "CPV-SAL"),
    ("CPV-SAL", 2020, 2021, "female", NOT, "begging", "Cabo Verde", NOT, "CPV-SAL"),
    ("CPV-FOGO", 2021, 2021, NOT, "15-17", "sale", "Cabo Verde", "CPV-FOGO", "CPV-FOGO"),
    ("CPV-FOGO", 2019, 2019, "male", "12-14", "sale", "Cabo Verde", "CPV-FOGO", "CPV-FOGO"),
    (NOT, 2021, 2021, "female", "15-17", "begging", NOT, NOT, NOT),
]


def records_of(kind: str = "synthetic", rows: list[tuple] = ROWS, title: str = TITLE) -> Records:
    table = pd.DataFrame(rows, columns=["area", "first", "last", "sex", "age_group", "form", "nation", "from", "to"])
    names = dict(areas.load("cabo_verde")[["area_id", "name"]].itertuples(index=False))
    years = [*map(str, range(2018, 2022)), NOT]
    first, last = (table[name].to_numpy() - 2018 for name in ("first", "last"))
    words = (
        table["first"].astype(str).where(first == last, table["first"].astype(str) + "-" + table["last"].astype(str))
    )
    forms = table["form"].str.split(";").explode()
    return Records(
        name="test",
        title=title,
        study="cabo_verde",
        kind=kind,
        unit="persons",
        period=(2018, 2021),
        areas=areas.load("cabo_verde")[["area_id", "name"]],
        columns={
            "area": one_value("area", table["area"], [*names, NOT], names, [NOT]),
            "year": interval("year", first, last, words, years, [NOT]),
            "sex": one_value("sex", table["sex"], ["female", "male", NOT], unknown=[NOT]),
            "age_group": one_value("age_group", table["age_group"], ["12-14", "15-17", NOT], unknown=[NOT]),
            "form": several_values("form", forms.index.to_numpy(), forms, len(table), NOT),
            "nationality": one_value("nationality", table["nation"], unknown=[NOT]),
        },
        pairs=pairs(table["from"], table["to"], names | {"SEN": "Senegal"}, [NOT]),
        sources="written by a test",
        limits="Persons on lists, not incidence.",
    )


@pytest.fixture
def offer(monkeypatch):
    """Has data sets be all that can be explored."""

    def offered(*made: Records) -> None:
        there = {each.title: lambda each=each: each for each in made}
        monkeypatch.setattr("analysis.explorer.datasets.available", lambda place: there)

    return offered


SAL = areas.get("CPV-SAL")
STUDY = areas.get("cabo_verde")


def asked(exploration: Exploration, ask: str, **more) -> dict:
    return exploration.answer({"ask": ask, "view": "v", **more})[0]


def selected(**chosen) -> dict:
    return Selection(period=(2018, 2021), **{}).as_message() | chosen


# --- what is answered ----------------------------------------------------------------------------------------------


def test_it_begins_with_the_area_and_says_in_words_what_is_shown_and_who_is_left_out(offer):
    offer(records_of())
    found = asked(Exploration(SAL), "setup")
    # Four of seven are of Sal; of one the area is not known.
    said = "4 persons detected in Sal, 2018–2021. 1 whose area is not known is left out."
    assert found["views"]["sentence"] == said
    assert found["selection"] == found["begin"] == selected(area_ids=["CPV-SAL"])
    assert asked(Exploration(STUDY), "setup")["views"]["sentence"] == "7 persons detected in Cabo Verde, 2018–2021."


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        # The first row; of the fourth the age is not known.
        (
            {"area_ids": ["CPV-SAL"], "sex": ["female"], "age_group": ["12-14"]},
            "1 person detected in Sal, 2018–2021: female; age 12-14. 1 whose age is not known is left out.",
        ),
        # The fourth, of 2020 or 2021; the last has no area.
        (
            {"area_ids": ["CPV-SAL"], "period": [2021, 2021]},
            "1 person detected in Sal, 2021. 1 whose area is not known is left out. "
            "Of those counted, 1 may lie outside the period.",
        ),
        ({"form": ["begging"]}, "4 persons detected in Cabo Verde, 2018–2021: form begging."),
        (
            {"nationality": ["Senegal", "Cabo Verde"], "sex": ["male"]},
            "2 persons detected in Cabo Verde, 2018–2021: male; nationality Senegal or Cabo Verde. "
            "1 whose sex is not known is left out.",
        ),
    ],
)
def test_the_line_is_true_of_what_is_chosen(offer, chosen, said):
    offer(records_of())
    assert asked(Exploration(STUDY), "views", selection=selected(**chosen))["sentence"] == said


def test_of_national_figures_all_are_shown_where_none_is_told_of_the_area(offer):
    offer(records_of(rows=[(NOT, *row[1:]) for row in ROWS]))
    found = asked(Exploration(SAL), "setup")
    assert found["selection"]["area_ids"] == []
    assert found["views"]["n"] == 7


def test_the_map_has_the_classes_of_all_maps_and_an_area_without_anybody_has_none(offer):
    offer(records_of())
    found = asked(Exploration(SAL), "views", selection=selected(area_ids=["CPV-SAL"]))["classes"]
    # 2 in Fogo and 4 in Sal, whichever area is chosen.
    assert set(found["of"]) == {"CPV-SAL", "CPV-FOGO"}
    assert found["of"]["CPV-FOGO"] < found["of"]["CPV-SAL"]
    assert len(found["labels"]) == 2


def test_outlines_and_names_are_sent_once(offer):
    offer(records_of())
    first = asked(Exploration(SAL), "setup")
    again = asked(Exploration(SAL), "views", selection=selected())
    assert {area["id"] for area in first["map"]["areas"]} == set(areas.ids("cabo_verde"))
    assert all(area["d"].startswith("M") for area in first["map"]["areas"])
    assert not {"map", "values", "palette", "datasets"} & set(again)
    assert len(json.dumps(again)) < 4000


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(1234, None, "1,234"), (0, 4, "0–4"), (5, 5, "5"), (1.5, None, "1.5")],
)
def test_a_count_is_written_as_what_is_known_of_it(low, high, words):
    assert wording.interval(low, high) == words


def test_one_is_not_in_the_plural():
    assert wording.counted(1, None, "mentions of a pair") == "1 mention of a pair"
    assert wording.counted(1, 4, "persons") == "1–4 persons"


def test_whoever_drew_the_boundaries_is_named_where_their_licence_asks_for_it(monkeypatch):
    records = records_of("public")
    page = widget.setup(areas.get("CPV-SAL"), records, Selection.all(records), Selection.all(records))
    assert page["source"].startswith("Source: ") and "Boundaries" not in page["source"]
    monkeypatch.setattr(areas, "credit", lambda study: f"© who drew {study} (ODbL)")
    page = widget.setup(areas.get("CPV-SAL"), records, Selection.all(records), Selection.all(records))
    assert page["source"].endswith(" Boundaries: © who drew cabo_verde (ODbL).")


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"ask": "views", "selection": selected(area_ids=["SEN"])}, "'SEN' is no area of"),
        ({"ask": "views", "selection": selected(shoe=["42"])}, "There is no filter 'shoe'"),
        ({"ask": "setup", "dataset": "Another"}, f"There is no data set 'Another' of Sal. There are: {TITLE}."),
        ({"ask": "table", "by": ["shoe"], "selection": selected()}, "has no column 'shoe'"),
        ({"ask": "sing", "selection": selected()}, "run the notebook's cell again"),
        ({"ask": "views"}, "This could not be answered"),
    ],
)
def test_what_cannot_be_answered_is_a_sentence(offer, message, said):
    offer(records_of())
    found, files = Exploration(SAL).answer({"number": 3, "view": "v"} | message)
    assert found["say"] == "failed" and said in found["sentence"] and files == []
    # The page knows what was refused, and what else it can ask for.
    assert (found["number"], found["view"], found["datasets"]) == (3, "v", [TITLE])


def test_of_confidential_records_no_message_of_another_library_is_passed_on(offer, monkeypatch):
    offer(records_of("confidential"))
    exploration = Exploration(SAL)
    monkeypatch.setattr(widget, "counted", lambda *_: {}["Ayse, born 2010"])
    assert asked(exploration, "views", selection=selected())["sentence"] == "This could not be answered: KeyError."
    offer(records_of("public"))
    assert "Ayse" in asked(Exploration(SAL), "views", selection=selected())["sentence"]


def test_data_that_cannot_be_opened_leave_no_message_either(monkeypatch):
    def broken() -> Records:
        raise ValueError("Ayse, born 2010")

    monkeypatch.setattr("analysis.explorer.datasets.available", lambda place: {TITLE: broken})
    assert asked(Exploration(SAL), "setup")["sentence"] == "This could not be answered: ValueError."


def test_the_copied_code_shows_the_same_again(offer, monkeypatch):
    offer(records_of())
    chosen = Selection(("CPV-SAL",), (2019, 2020), sex=("female",), form=("begging", "sale"))
    code = asked(Exploration(SAL), "views", selection=chosen.as_message())["python"]
    called = []
    monkeypatch.setattr("analysis.explorer.explore", lambda *arguments: called.append(arguments))
    exec(code, {})
    assert called == [("CPV-SAL", TITLE, chosen)]


def test_what_is_begun_with_is_shown_and_reset_goes_to_the_area(offer):
    offer(records_of())
    chosen = Selection(("CPV-FOGO",), (2019, 2021), sex=("male",))
    found = asked(Exploration(SAL, TITLE, chosen), "setup")
    assert found["selection"] == chosen.as_message()
    assert found["begin"]["area_ids"] == ["CPV-SAL"]
    with refused(NoSuchChoice, "unknown_dataset", "'Another'"):
        Exploration(SAL, "Another")


# --- the notebook --------------------------------------------------------------------------------------------------


def test_nothing_that_is_counted_is_part_of_the_state_that_a_notebook_can_save(offer):
    offer(records_of("confidential"))
    widget = Explorer(Exploration(SAL))
    before = widget.get_state()
    sent: list[dict] = []
    widget.send = lambda message, files=None: sent.append(message)
    for ask in ("setup", "views", "table"):
        widget._receive(widget, {"ask": ask, "selection": selected(), "by": ["area"]}, [])
    assert [each["say"] for each in sent] == ["setup", "views", "table"]
    after = widget.get_state()
    assert after == before
    own = {name: value for name, value in after.items() if name not in ("_esm", "_css")}
    assert not any("Sal" in str(value) or TITLE in str(value) for value in own.values()), own
    # What a cell keeps beside the reference to the widget.
    assert widget._repr_mimebundle_()[0]["text/plain"] == (
        "Explorer of Sal: run this cell to see it. Counts are not saved."
    )


@pytest.mark.slow
def test_a_widget_is_shown_where_a_server_started_the_kernel_and_figures_elsewhere(offer, monkeypatch):
    offer(records_of())
    monkeypatch.setenv("JPY_SESSION_NAME", "notebooks/explore.ipynb")
    assert isinstance(explore("CPV-SAL"), Explorer)
    assert isinstance(explore("CPV-SAL", live=False), still.Still)
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert isinstance(explore("CPV-SAL"), still.Still)
    assert isinstance(explore("CPV-SAL", live=True), Explorer)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "release_class"), [("synthetic", "internal"), ("public", "public")])
def test_without_a_browser_map_years_flows_and_table_are_figures(offer, kind, release_class):
    offer(records_of(kind))
    parts = explore("CPV-SAL", live=False).parts
    line, *pictures, table = parts
    assert "4 persons detected in Sal, 2018–2021." in line.data
    suffix = "_SYNTHETIC" if kind == "synthetic" else ""
    names = [f"explored_{name}{suffix}" for name in ("map", "years", "flows")]
    assert [picture.metadata["name"] for picture in pictures] == names
    assert {picture.metadata["release_class"] for picture in pictures} == {release_class}
    assert ("SYNTHETIC" in line.data) == ("SYNTHETIC" in table.data) == (kind == "synthetic")
    assert "Sal 4; Fogo 2" in pictures[0].alt


@pytest.mark.slow
def test_a_year_that_nobody_published_is_unknown_and_one_without_anybody_on_a_list_is_nobody(offer):
    drawn = {}
    for kind in ("public", "synthetic"):
        records = records_of(kind)
        chosen = Selection.all(records)
        years = still.exhibits(STUDY, records, chosen, counted(records, chosen))[1]
        drawn[kind] = "no figure found" in written(years.figure)
    # Nobody is of 2018.
    assert drawn == {"public": True, "synthetic": False}


def test_confidential_counts_are_not_written_into_a_notebook_that_a_program_runs(offer):
    offer(records_of("confidential"))
    (only,) = explore("CPV-SAL", live=False).parts
    assert "CONFIDENTIAL" in only.data and not any(letter.isdigit() for letter in only.data)
    assert only.metadata == {"release_class": "internal"}


@pytest.mark.soak
def test_a_program_runs_the_notebook_and_no_widget_is_left_in_it(tmp_path):
    import papermill

    environment = {name: value for name, value in (os.environ | PLAIN).items() if name != "JPY_SESSION_NAME"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "environ", environment)
        notebook = papermill.execute_notebook(
            Path(__file__).parents[2] / "notebooks/explore.ipynb",
            tmp_path / "explore.ipynb",
            parameters={"area": "SEN"},
            kernel_name="python3",
            progress_bar=False,
        )
    assert "widgets" not in notebook.metadata
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    kinds = [kind for output in outputs for kind in output.get("data", {})]
    assert kinds.count("image/png") == 3
    assert not any("widget" in kind for kind in kinds)


# --- what a browser draws ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def document(tmp_path_factory) -> str:
    """A page that is given the script as JupyterLab gives it, with a kernel that answers when it is told to."""
    script, look = module()
    script = script.replace("export default { render };", "globalThis.explorer = { render };")
    kernel = """
      globalThis.sent = [];
      const model = { on: (_, receive) => { globalThis.receive = receive; }, off() {}, send: (m) => { sent.push(m); } };
      explorer.render({ model, el: document.querySelector("main") });"""
    page = tmp_path_factory.mktemp("explorer") / "page.html"
    dark = (
        "background: #111; color: #e0e0e0; --jp-ui-font-color1: #e0e0e0; --jp-layout-color1: #111; "
        "--jp-layout-color2: #212121; --jp-border-color1: #616161; --jp-border-color2: #424242"
    )
    page.write_text(
        f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Explorer</title>
        <link rel="icon" href="data:,"><style>body {{ margin: 8px }} [data-jp-theme-light="false"] {{ {dark} }}
        {look}</style></head><body><main><h1>A notebook</h1><h2>Explorer</h2></main>
        <script>(() => {{ {script}\n{kernel} }})();</script></body></html>""",
        encoding="utf-8",
    )
    return page.as_uri()


class Page:
    """The explorer in a browser, and the Python that answers it."""

    def __init__(self, browser, exploration: Exploration) -> None:
        self.browser, self.exploration = browser, exploration

    def script(self, code: str, *arguments):
        return self.browser.execute_script(code, *arguments)

    def all(self, selector: str):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def asks(self) -> list[dict]:
        """What the page has asked since it was last looked at."""
        return self.script("const asked = sent; globalThis.sent = []; return asked")

    def reply(self, message: dict) -> None:
        answer, files = self.exploration.answer(message)
        self.give(answer, files)

    def give(self, answer: dict, files: list[bytes] | tuple = ()) -> None:
        texts = [file.decode() for file in files]
        self.script("receive(arguments[0], arguments[1].map((t) => new TextEncoder().encode(t)))", answer, texts)

    def settle(self) -> Page:
        """Answer until nothing is asked any more."""
        for _ in range(20):
            # Some events come a task later than what they tell of: that a part was unfolded, that a width changed.
            self.browser.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0]))")
            asked = self.asks()
            if not asked:
                return self
            for message in asked:
                self.reply(message)
        raise AssertionError("The page never stops asking.")

    def press(self, *keys: str) -> Page:
        ActionChains(self.browser).send_keys(*keys).perform()
        return self.settle()

    def click(self, element, *held: str) -> Page:
        chain = ActionChains(self.browser)
        for key in held:
            chain.key_down(key)
        chain.click(element)
        for key in held:
            chain.key_up(key)
        chain.perform()
        return self.settle()

    def chip(self, words: str):
        return next(each for each in self.all(".xp-chip") if each.text.startswith(words))

    def area(self, area_id: str):
        return self.one(f'[data-area="{area_id}"]')

    @property
    def line(self) -> str:
        return self.one(".xp-line").text

    @property
    def pressed(self) -> list[str]:
        return [
            each.text.rsplit(" ", 1)[0] for each in self.all('.xp-chip[aria-pressed="true"]') if each.is_displayed()
        ]


@pytest.fixture
def opened(browser, document, offer):
    """Opens the explorer at a width, and holds it to having asked for nothing else and having no error."""

    def open_page(*made: Records, place=SAL, width: int = 960, dark: bool = False, settled: bool = True) -> Page:
        offer(*(made or [records_of()]))
        seen_at(browser, width, 1000)
        for log in ("browser", "performance"):
            browser.get_log(log)
        browser.get(document)
        if dark:
            browser.execute_script("document.body.dataset.jpThemeLight = 'false'")
        page = Page(browser, Exploration(place))
        return page.settle() if settled else page

    yield open_page
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]
    assert urls and {url.split(":")[0] for url in urls} <= {"file", "data", "blob"}, urls
    assert browser.get_log("browser") == []


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
    page.script(AXE.read_text(encoding="utf-8"))
    found = page.browser.execute_async_script(
        "const [tags, done] = arguments; axe.run(document, {runOnly: {type: 'tag', values: tags}}).then(done)",
        ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    )
    wrong = [f"{rule['id']}: {node['html'][:150]}" for rule in found["violations"] for node in rule["nodes"]]
    assert wrong == []
    looked = {rule["id"]: len(rule["nodes"]) for rule in found["passes"]}
    assert looked["color-contrast"] >= 4
    assert page.script("return document.documentElement.scrollWidth") <= width
