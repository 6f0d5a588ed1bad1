"""The explorer as tests see it: a few persons whose counts are known by hand, and a page with the Python behind it."""

from __future__ import annotations

import pandas as pd
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from analysis import areas
from analysis.explorer import Exploration
from analysis.explorer.records import Records, Selection, interval, one_value, pairs, several_values

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


SAL = areas.get("CPV-SAL")
STUDY = areas.get("cabo_verde")


def asked(exploration: Exploration, ask: str, **more) -> dict:
    return exploration.answer({"ask": ask, "view": "v", **more})[0]


def selected(**chosen) -> dict:
    return Selection(period=(2018, 2021), **{}).as_message() | chosen


class Page:
    """The explorer in a browser, and the Python that answers it."""

    def __init__(self, browser, exploration: Exploration) -> None:
        self.browser, self.exploration = browser, exploration
        # What was clicked, and which keys were pressed to choose; the way there is none of these.
        self.choices = 0

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

    def reach(self, selector: str) -> Page:
        """Go on with the tabulator until an element is reached."""
        goal = self.one(selector)
        for _ in range(60):
            if self.browser.switch_to.active_element == goal:
                return self
            ActionChains(self.browser).send_keys(Keys.TAB).perform()
        raise AssertionError(f"The tabulator does not lead to {selector}.")

    def choose(self, *keys: str) -> Page:
        """Press a key that chooses, with what was typed before it: one choice."""
        self.choices += 1
        return self.press(*keys)

    def click(self, element, *held: str) -> Page:
        self.choices += 1
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
