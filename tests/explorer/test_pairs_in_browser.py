"""The review of pairs in a browser: two hundred pairs by the keyboard alone, each answer kept, and no waiting."""

from __future__ import annotations

import json
import statistics

import pytest
from browsers import checked, seen_at, violations
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from analysis.cases import pair_decisions
from analysis.cases.pairs_to_review import LINES, Compared, Pair, Review
from analysis.explorer.pairs import Answers, PairReview, module
from analysis.jobs import CaseTables

PAIRS = 200


def pair(number: int) -> Pair:
    agreement = ("agrees", "partly", "differs", "not weighed")
    lines = [
        Compared(line, f"one {number}", f"other {number}", agreement[at % 4], "exact" if at % 4 < 3 else "", 1.5 - at)
        for at, line in enumerate(LINES)
    ]
    keys = [f"{side}:k{number:016x}-{number:016x}" for side in "ab"]
    return Pair(*keys, (f"a, row {number}", f"b, row {number}"), 3.25, tuple(lines))


@pytest.fixture
def review(tmp_path, monkeypatch) -> Review:
    """200 pairs of nobody, and a file of decisions of its own."""
    monkeypatch.setattr(CaseTables, "decisions", property(lambda tables: tmp_path / "pair_decisions_SYNTHETIC.csv"))
    made = object.__new__(Review)
    made.study, made.second, made.initials, made.kind = "demo_provinces", False, "AB", "synthetic"
    made.pairs, made.answers = [pair(number) for number in range(PAIRS)], {}
    return made


class Page:
    """The review in a browser, and the Python that answers it."""

    def __init__(self, browser, answers: Answers, folder) -> None:
        self.browser, self.answers = browser, answers
        script, look = module()
        script = script.replace("export default { render };", "")
        kernel = """
          globalThis.sent = [];
          const on = (_, receive) => { globalThis.receive = receive; };
          const model = { on, off() {}, send: (m) => { sent.push(m); } };
          render({ model, el: document.querySelector("main") });"""
        page = folder / "pairs.html"
        page.write_text(
            f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Pairs</title>
            <link rel="icon" href="data:,"><style>{look}</style></head>
            <body><main><h1>A notebook</h1></main><script>(() => {{ {script}\n{kernel} }})();</script></body></html>""",
            encoding="utf-8",
        )
        seen_at(browser, 1100, 800)
        browser.get(page.as_uri())
        self.settle()

    def script(self, code: str, *arguments):
        return self.browser.execute_script(code, *arguments)

    def one(self, selector: str):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def settle(self) -> Page:
        self.browser.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0]))")
        for message in self.script("const asked = sent; globalThis.sent = []; return asked"):
            self.script("receive(arguments[0])", json.loads(json.dumps(self.answers.answer(message))))
        return self

    def press(self, *keys: str) -> Page:
        ActionChains(self.browser).send_keys(*keys).perform()
        return self.settle()

    @property
    def line(self) -> str:
        return self.one(".pr-line").text

    @property
    def pressed(self) -> list[str]:
        return [each.text for each in self.browser.find_elements(By.CSS_SELECTOR, '.pr button[aria-pressed="true"]')]


@pytest.fixture
def page(browser, review, tmp_path) -> Page:
    return Page(browser, Answers(review), tmp_path)


def test_two_hundred_pairs_are_judged_by_single_keys_and_nobody_waits(page, review, capsys):
    assert page.line == "Pair 1 of 200, 200 to go." and page.one(".pr-kind").text == "SYNTHETIC"
    keys, said = ("s", "n", "c", "S"), ("same", "not same", "cannot say", "same")
    for number in range(PAIRS):
        page.press(keys[number % 4])
    assert page.line == "Pair 200 of 200, all answered. Your answer: same."
    kept = pair_decisions.load("demo_provinces")
    assert kept["answer"].tolist() == [said[number % 4] for number in range(PAIRS)]
    assert kept["record_l"].tolist() == [each.record_l for each in review.pairs] and set(kept["initials"]) == {"AB"}
    times = page.script("return document.querySelector('.pr').measures")
    with capsys.disabled():
        print(
            f"\nFrom the key to the next pair, through Selenium and with every answer written to the file: median "
            f"{statistics.median(times):.0f} ms, longest {max(times):.0f} ms, of {len(times)}"
        )
    # Nine seconds a pair are the reviewer's: 200 pairs in 30 minutes.
    assert statistics.median(times) < 500


def test_the_arrow_goes_back_and_another_answer_stands_beside_the_first(page):
    page.press("s").press(Keys.ARROW_LEFT)
    assert page.line == "Pair 1 of 200, 199 to go. Your answer: same." and page.pressed == ["S Same person"]
    page.press("n").press(Keys.ARROW_RIGHT)
    assert page.line == "Pair 3 of 200, 199 to go." and page.pressed == []
    kept = pair_decisions.load("demo_provinces")
    assert kept["answer"].tolist() == ["same", "not same"] and kept["record_l"].nunique() == 1
    page.press(Keys.ARROW_LEFT, Keys.HOME).press("x")
    assert page.line.startswith("Pair 2 of 200")


def test_a_reason_is_typed_and_its_letters_answer_nothing(page):
    page.press("r").press("scan names")
    assert page.line == "Pair 1 of 200, 200 to go."
    page.press(Keys.ENTER).press("c")
    assert pair_decisions.load("demo_provinces")[["answer", "reason"]].to_numpy().tolist() == [
        ["cannot say", "scan names"]
    ]
    assert page.one(".pr-reason input").get_attribute("value") == ""


def test_an_answer_that_cannot_be_kept_is_said_and_the_pair_stays(page, monkeypatch):
    def broken(*_):
        raise pair_decisions.DecisionsError("damaged_row", "The file is damaged.")

    monkeypatch.setattr(pair_decisions, "add", broken)
    page.press("s")
    assert page.one(".pr-trouble").text == "The file is damaged." and page.line == "Pair 1 of 200, 200 to go."


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_is_accessible(page, dark):
    if dark:
        look = "background: #111; color: #e0e0e0; --jp-ui-font-color1: #e0e0e0; --jp-layout-color1: #111; "
        look += "--jp-border-color1: #888"
        page.script(f"document.body.dataset.jpThemeLight = 'false'; document.body.style.cssText = '{look}'")
    assert violations(checked(page.browser)) == []


def test_no_name_is_part_of_the_state_that_a_notebook_can_save(review):
    widget = PairReview(Answers(review))
    assert "one 0" not in str(widget.get_state()) and "one 0" not in repr(widget)
    assert "one 0" in str(widget.answers.answer({"ask": "pair"}))
