"""The data manager's report: every row accounted for, where to look, and nothing that stands in a cell."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import xlsxwriter
from refusals import refused

from analysis.cases import processed
from analysis.cases.intake import Intake, intake

CANARY = "KANARYA"
MAPPING = """
list: police
title: Children identified by the police
study: turkiye
kind: {kind}
publisher: Police
source: Export
date: 2024-01-31
file: {{sheet: Liste, header: 1}}
columns:
  given_name: {{column: Adı}}
  family_name: {{column: Soyadı}}
  detected: {{column: Tespit Tarihi, format: dd.mm.yyyy}}
  sex: {{column: Cinsiyet, codes: {{K: female, E: male, {canary}: other}}}}
  age: {{column: Yaş}}
  area: {{column: İl, places: {{Urfacık{canary}: TR-63}}}}
stops:
  - {{role: origin, place: {{column: Geldiği Yer}}}}
drop: [Notlar]
"""
# Row 2 and 3 are good; row 4 repeats row 2. One fault each: date, code, place, age, and a total.
ROWS = [
    "Adı|Soyadı|Tespit Tarihi|Cinsiyet|Yaş|İl|Geldiği Yer|Notlar|Cihaz <b>",
    "Ayşe|KANARYA1|31.01.2021|K|14|Urfa|Suriye|KANARYA2|KANARYA3",
    "Ali|Kaya|15.02.2021|E||Kilis||KANARYA4|x",
    "Ayşe|KANARYA1|31.01.2021|K|14|Urfa|Suriye|KANARYA2|KANARYA3",
    "Can|Kaya|31.02.2021|E|12|Kilis|||",
    "Cem|Kaya|01.02.2021|KANARYA5|12|Kilis|||",
    "Nur|Kaya|02.02.2021|K|12|KANARYA6|||",
    "Ela|Kaya|03.02.2021|K|KANARYA7|Kilis|||",
    "Efe|Kaya|04.02.2021|E|12|KANARYA8|||",
    "Toplam|8||||||||",
]


@pytest.fixture(params=["synthetic", "confidential"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def taken_in(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> Intake:
    (tmp_path / "key").write_text("abcdefghijklmnop")
    (tmp_path / "key").chmod(0o600)
    monkeypatch.setenv("ANALYSIS_KEY", str(tmp_path / "key"))
    book = xlsxwriter.Workbook(tmp_path / "police.xlsx")
    sheet = book.add_worksheet("Liste")
    for number, row in enumerate(ROWS):
        sheet.write_row(number, 0, row.split("|"))
    book.add_worksheet("Kapak").write_string(0, 0, CANARY)
    book.close()
    (tmp_path / "police.mapping.yml").write_text(MAPPING.format(kind=kind, canary=CANARY), encoding="utf-8")
    return intake(tmp_path / "police.xlsx")


class Page(HTMLParser):
    """Tags of a page, those that are open, and the addresses that it would load from."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("<main>") :]))


def test_all_rows_are_accounted_for(taken_in: Intake) -> None:
    # Nine rows below the header: two good ones, and seven of which each breaks one rule.
    account = "9 rows in sheet Liste = 2 clean + 7 in quarantine"
    assert processed.accounts(taken_in) == [account]
    assert account in text_of(processed.render([taken_in]))
    assert account in processed.summary(taken_in)


def test_each_rule_says_where_to_look_and_what_to_do(taken_in: Intake) -> None:
    faults = {(fault.rule, fault.column): fault for fault in processed._faults(taken_in)}
    assert {key: fault.rows for key, fault in faults.items()} == {
        ("place", "İl"): 2,
        ("date", "Tespit Tarihi"): 1,
        ("code", "Cinsiyet"): 1,
        ("number", "Yaş"): 1,
        ("duplicate", ""): 1,
        ("total", ""): 1,
    }
    assert faults["duplicate", ""].cells == ["Liste!4:4"]
    assert [re.sub(r".*?(\d+)$", r"\1", cell) for cell in faults["place", "İl"].cells] == ["7", "9"]
    page = text_of(processed.render([taken_in]))
    for rule in ("place", "date", "code", "number", "duplicate", "total"):
        assert processed.WHAT_TO_DO[rule] in page


def test_cells_bear_the_letters_of_their_columns_where_they_are_known(taken_in: Intake) -> None:
    cells = taken_in.quarantine[taken_in.quarantine["rule"] == "place"]

    class Known:
        letters = {("Liste", "İl"): "F"}  # noqa: RUF012

    assert processed._cells(Known(), cells) == ["Liste!F7", "Liste!F9"]  # type: ignore[arg-type]
    assert processed._cells(Known(), cells.assign(sheet="Liste 1")) == ["'Liste 1'!7:7", "'Liste 1'!9:9"]  # type: ignore[arg-type]
    assert processed._cells(Known(), cells.assign(sheet="")) == ["row 7", "row 9"]  # type: ignore[arg-type]


def test_nothing_that_stands_in_a_cell_is_shown(taken_in: Intake) -> None:
    for text in (processed.render([taken_in]), processed.summary(taken_in)):
        assert CANARY not in text
        for name in ("Ayşe", "Kaya", "31.02.2021", "Kapak"):
            assert name not in text


def test_names_of_columns_that_nobody_declares_stay_out_where_data_are_confidential(
    taken_in: Intake, kind: str
) -> None:
    page, lines = processed.render([taken_in]), processed.summary(taken_in)
    assert "column I of sheet Liste" in page
    assert "column I of sheet Liste" in lines
    assert ("Cihaz" in page) is (kind == "synthetic")
    assert ("Cihaz" in lines) is (kind == "synthetic")
    # It is a text, and no tag.
    assert "Cihaz <b>" not in page


def test_the_kind_of_the_data_is_said(taken_in: Intake, kind: str) -> None:
    page = processed.render([taken_in])
    title = re.search(r"<title>(.*)</title>", page)
    assert title
    if kind == "synthetic":
        assert "(SYNTHETIC)" in title[1]
        assert 'class="synthetic"' in page
        assert "nothing on this page is about real persons" in page
        assert "police (SYNTHETIC)" in processed.summary(taken_in)
    else:
        assert "SYNTHETIC" not in page[page.index("<body") :]
        assert "CONFIDENTIAL" in page
        assert "police (confidential)" in processed.summary(taken_in)


def test_completeness_is_of_clean_rows(taken_in: Intake) -> None:
    rows = {row["field"]: row for row in map(processed._complete, taken_in.completeness.itertuples())}
    assert (rows["age"]["stated"], rows["age"]["unknown"], rows["age"]["percent"]) == (1, 1, "50 %")
    assert (rows["sex"]["stated"], rows["sex"]["unknown"], rows["sex"]["percent"]) == (2, 0, "100 %")


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(0, 0, "–"), (0, 5, "0 %"), (1, 1000, "<1 %"), (999, 1000, ">99 %"), (1000, 1000, "100 %"), (1, 3, "33 %")],
)
def test_shares_are_never_rounded_to_none_or_all(part: int, whole: int, expected: str) -> None:
    assert processed.percent(part, whole) == expected


def test_the_page_is_whole_and_loads_nothing(taken_in: Intake) -> None:
    page = Page(processed.render([taken_in, taken_in]))
    assert page.open == []
    assert page.tags.count("h1") == 1
    assert page.tags.count("caption") == page.tags.count("table") > 0
    assert all(address == "data:," or address.startswith("#") for address in page.loads)
    assert "script" not in page.tags


def test_a_confidential_file_among_synthetic_ones_makes_the_page_confidential(taken_in: Intake) -> None:
    other = "synthetic" if taken_in.mapping.kind == "confidential" else "confidential"
    second = dataclasses.replace(taken_in, mapping=dataclasses.replace(taken_in.mapping, kind=other))
    assert "CONFIDENTIAL" in processed.render([taken_in, second])


def test_files_of_two_studies_have_no_report(taken_in: Intake) -> None:
    elsewhere = dataclasses.replace(taken_in, mapping=dataclasses.replace(taken_in.mapping, study="cabo_verde"))
    for several in ([], [taken_in, elsewhere]):
        with refused(ValueError, "not_one_study"):
            processed.render(several)


def test_every_rule_has_something_to_do() -> None:
    of_cells = "date date_range number code place country required order formula error conflict"
    of_rows = "total note empty duplicate left_out ragged truncated parent encoding resubmission"
    assert set(processed.WHAT_TO_DO) == set(f"{of_cells} {of_rows}".split())


def test_how_a_column_is_read(taken_in: Intake) -> None:
    rows = {row["column"]: row["rule"] for row in processed._declared(taken_in.mapping)}
    assert rows["Tespit Tarihi"] == "date as dd.mm.yyyy"
    assert rows["Cinsiyet"] == "code, 3 words declared"
    assert rows["İl"] == "place of the gazetteer, 1 spelling declared"
    assert rows["Adı"] == "replaced by a keyed pseudonym, for linkage only"
