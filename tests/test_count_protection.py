"""Tables of counts that cannot be protected, or are not to be released: they fail alone, and it is said."""

import pandas as pd
import pytest
from attacker import counted as tables_of_people

import disclosure
from analysis.cases.person_counts import PERSONS, RECORDS
from analysis.count_protection import (
    AS_ASKED,
    NO_TABLE,
    REPEATED,
    WITHHELD,
    by_cell_key,
    by_suppression,
    sentences,
    without,
)
from analysis.jobs import CaseTables

TABLE = pd.DataFrame({"area": ["A"], "count": [12]})
SECRET = b"a secret of these tests"
DESIGNS = [("area", "sex"), ("area", "year"), ("area",), ("sex",), ("year",), ()]


def refusing(asked: list[list[str]], known: str = "few"):
    """`disclosure.protect` that finds no choice of cells for one table."""

    def protect(tables, *_, **__):
        asked.append(sorted(tables))
        if known in tables:
            said = f"area A of '{known}' cannot be protected: it has no room. {disclosure.ADVICE}"
            raise disclosure.DisclosureError("no_room", said)
        if "wrong" in tables:
            raise disclosure.DisclosureError("infeasible", "The tables cannot count the same persons.")
        return dict(tables)

    return protect


def test_a_first_release_goes_without_the_table_that_cannot_be_protected_and_says_why(monkeypatch):
    asked: list[list[str]] = []
    monkeypatch.setattr(disclosure, "protect", refusing(asked))
    found = by_suppression({"few": TABLE, "many": TABLE}, {})
    assert list(found.tables) == ["many"] and asked == [["few", "many"], ["many"]]
    assert found.account.to_numpy().tolist() == [
        ["few", WITHHELD, "area A of 'few' cannot be protected: it has no room."]
    ]


def test_where_the_tables_contradict_one_another_none_goes_and_nothing_fails(monkeypatch):
    monkeypatch.setattr(disclosure, "protect", refusing([]))
    found = by_suppression({"wrong": TABLE, "many": TABLE}, {})
    assert not found.tables and set(found.account["outcome"]) == {WITHHELD}
    assert set(found.account["why"]) == {"The tables cannot count the same persons."}
    # A table that stands alone and cannot be protected is withheld too.
    assert not by_suppression({"few": TABLE}, {}).tables


@pytest.fixture(scope="module")
def series() -> tuple[list[dict[str, pd.DataFrame]], dict[str, pd.DataFrame]]:
    """A release of true counts, and the counts of a year later."""
    rows = [(f"area{n % 4}", f"sex{n % 7 % 2}", str(2019 + n % 3)) for n in range(700)]
    persons = pd.DataFrame(rows, columns=["area", "sex", "year"])
    return [disclosure.protect(tables_of_people(persons.head(600), *DESIGNS))], tables_of_people(persons, *DESIGNS)


def test_whatever_is_wrong_with_a_later_release_the_one_before_is_repeated_and_it_is_said(series, monkeypatch):
    releases, counted = series
    new = by_cell_key(counted, {}, releases, SECRET, {})
    assert new.account.empty and not disclosure.stacked(new.tables).equals(disclosure.stacked(releases[0]))

    def protection(*_, **__):
        raise disclosure.DisclosureError("noise_mismatch", f"The noise does not fit. {disclosure.ADVICE}")

    monkeypatch.setattr(disclosure, "protection", protection)
    found = by_cell_key(counted, {}, releases, SECRET, {})
    assert disclosure.stacked(found.tables).equals(disclosure.stacked(releases[0]))
    assert set(found.account["outcome"]) == {REPEATED} and set(found.account["why"]) == {"The noise does not fit."}


def test_a_table_that_is_withheld_as_asked_is_in_no_new_release_and_the_others_go(series):
    releases, every = series
    counted, account = without(every, {"area x sex"}, lambda: every)
    assert account["outcome"].tolist() == [AS_ASKED]
    second = by_cell_key(counted, {}, releases, SECRET, {})
    assert set(second.tables) == set(every) - {"area x sex"}
    assert disclosure.audit(second.tables, earlier=releases).empty
    # The line stays; and it may go again, when the tables of the release before have no such table.
    third, again = without({name: each for name, each in every.items() if name in second.tables}, {"area x sex"},
                           lambda: every)  # fmt: skip
    assert set(third) == set(second.tables) and again["outcome"].tolist() == [AS_ASKED]


def test_the_total_stays_and_a_name_that_no_table_has_is_answered_with_those_that_there_are():
    tables = {PERSONS: TABLE, "sex": TABLE}
    left, account = without(tables, {PERSONS, "sexx"}, lambda: tables, (PERSONS, RECORDS))
    assert left == tables and account["outcome"].tolist() == [NO_TABLE, NO_TABLE]
    assert account["why"].tolist() == [
        "It is the total, which stays: other tables are shares of it.",
        "No table has this name. There are: sex.",
    ]


def test_what_is_said_of_tables_names_the_file_and_the_line_that_helps():
    tables = CaseTables("demo_provinces")
    account = pd.DataFrame(
        [
            ("year by area", REPEATED, "area XDP-FIG of 'year by area' cannot be protected: it has no room."),
            ("sex", AS_ASKED, "The catalogue names it."),
            ("sexx", NO_TABLE, "No table has this name. There are: sex."),
        ],
        columns=["table", "outcome", "why"],
    )
    catalogue = "data/raw/synthetic/demo_provinces/catalog.yml"
    repeated, asked, unknown = sorted(sentences(account, tables), key=lambda text: "repeated" not in text)
    assert "'year by area'. area XDP-FIG of" in repeated and "protection_SYNTHETIC.csv has all of them" in repeated
    assert f'an entry in {catalogue} names it: `withhold: ["year by area"]`' in repeated
    assert {asked, unknown} == {
        f"count tables of demo_provinces in no new release, as `withhold:` in {catalogue} asks: 'sex'",
        f"`withhold:` in {catalogue} names 'sexx'. No table has this name. There are: sex.",
    }
