"""The coding sheet and its form: what coders are given, and that programs take it as it is."""

import io
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from zipfile import ZipFile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from pyxform.xls2xform import convert
from refusals import refused

from analysis import areas, catalog, jobs
from analysis.referral import coding_sheet
from analysis.referral.coding_sheet import digest, indicators
from bounded.refusal import Refusal

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module")
def framework() -> pd.DataFrame:
    return catalog.load("nrm_framework")


@pytest.fixture(scope="module")
def content(framework) -> bytes:
    return coding_sheet.workbook(framework, "SEN", "Senegal")


@pytest.fixture(scope="module")
def page(content):
    return openpyxl.load_workbook(io.BytesIO(content))["Coding"]


@pytest.fixture(scope="module")
def columns(page) -> dict[str, int]:
    return {cell.value: cell.column for cell in page[1]}


def test_the_same_bytes_each_time(framework, content):
    assert coding_sheet.workbook(framework, "SEN", "Senegal") == content
    assert coding_sheet.form(framework) == coding_sheet.form(framework)


def test_one_row_an_indicator_and_nothing_answered(framework, page, columns):
    rows = list(page.iter_rows(min_row=2, values_only=True))
    assert [row[columns["Id"] - 1] for row in rows] == framework["indicator_id"].tolist()
    assert {row[columns["Country"] - 1] for row in rows} == {"SEN"}
    assert all(row[columns[name] - 1] is None for row in rows for name in coding_sheet.ANSWERED.values())


@pytest.mark.parametrize(
    ("indicator_id", "offered"),
    [
        ("A1", "0,1,2,3,unknown,not applicable"),
        ("A2", "yes,no,unknown,not applicable"),
        ("A5", "0,1,2,3,4,5,6,7,8,9,unknown,not applicable"),
        ("G3", "0,1,2,unknown,not applicable"),
    ],
)
def test_each_answer_has_the_list_of_its_scale(framework, page, columns, indicator_id, offered):
    row = 2 + framework["indicator_id"].tolist().index(indicator_id)
    lists = {str(each.sqref): each.formula1 for each in page.data_validations.dataValidation if each.type == "list"}
    for role in ("First", "Second", "Adjudicated"):
        cell = page.cell(row, columns[f"{role} answer"]).coordinate
        assert lists[cell] == f'"{offered}"'


def test_what_no_list_can_hold_has_a_message(framework, page, columns):
    row = 2 + framework["indicator_id"].tolist().index("B5")
    cell = page.cell(row, columns["First answer"]).coordinate
    [validation] = [each for each in page.data_validations.dataValidation if str(each.sqref) == cell]
    assert validation.type is None
    assert "45 for 45 %" in validation.prompt and validation.showInputMessage
    # A day cannot lie in the future, and none is asked of the adjudicator.
    days = [each for each in page.data_validations.dataValidation if each.type == "date"]
    assert len(days) == 2 * len(framework) and {each.formula2 for each in days} == {"TODAY()"}


def test_the_drop_downs_stand_in_the_file_itself(content, framework):
    with ZipFile(io.BytesIO(content)) as archive:
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet2.xml"))
    validations = sheet.findall(f".//{MAIN}dataValidation")
    scales = framework["scale"].value_counts()
    assert sum(each.get("type") == "list" for each in validations) == 3 * scales[["level", "answer", "count"]].sum()
    # showDropDown means in this format that the arrow is hidden.
    assert not any(each.get("showDropDown") for each in validations)


def test_answers_are_open_and_hold_text_and_all_else_is_locked(page, columns):
    assert page.protection.sheet and page.protection.password is None
    for name, column in columns.items():
        cell = page.cell(2, column)
        assert cell.protection.locked == (name not in coding_sheet.ANSWERED.values())
        if not cell.protection.locked:
            assert cell.number_format == ("yyyy-mm-dd" if name.endswith("date") else "@")
    assert all(page.cell(1, column).protection.locked for column in columns.values())


def test_it_can_be_printed_and_read_while_scrolling(page):
    assert page.freeze_panes == "E2"
    assert page.page_setup.orientation == "landscape" and page.print_title_rows == "$1:$1"
    assert (page.page_setup.fitToHeight, page.sheet_properties.pageSetUpPr.fitToPage) == (0, True)
    assert page["D2"].alignment.wrap_text


def test_the_file_says_what_it_is_and_how_to_code(content, framework):
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["Read me", "Coding", "About"]
    about = dict(book["About"].iter_rows(values_only=True))
    assert about == {
        "schema": "coding_sheet",
        "area_id": "SEN",
        "country": "Senegal",
        "framework": digest(framework),
        "kind": "public",
    }
    read_me = " ".join(str(row[0] or "") for row in book["Read me"].iter_rows(values_only=True))
    for said in ("Unknown is not no", "needs its evidence", "neither looks at the other's copy", "3 in operation"):
        assert said in read_me


def test_the_digest_changes_with_what_is_asked(framework):
    reworded = framework.assign(indicator=framework["indicator"].where(framework.index > 0, "Another question"))
    assert digest(reworded) != digest(framework)
    assert digest(framework.assign(closed_by="somebody else")) == digest(framework)


def test_public_evidence_is_shown_in_words_with_its_source(framework):
    answers = pd.DataFrame(
        [
            ("SEN", "A1", 2.0, 3.0, True, 2021, "coded evidence", "TIP2021;DOL2020"),
            ("SEN", "A2", 1.0, 1.0, True, pd.NA, "treaties", "UN"),
            ("SEN", "B5", 40.0, 100.0, True, 2019, "coded evidence", "X"),
            ("SEN", "H1", 2.0, np.inf, True, 2022, "coded evidence", ""),
            ("SEN", "A7", 0.0, 3.0, False, pd.NA, "none", ""),
            ("SEN", "H4", np.nan, np.nan, False, pd.NA, "none", ""),
            ("MLI", "A8", 3.0, 3.0, True, 2020, "coded evidence", "Y"),
        ],
        columns=["area_id", "indicator_id", "low", "high", "known", "year", "basis", "source_ids"],
    )
    answers["applies"] = answers["indicator_id"] != "H4"
    answers["note"] = "not a member of ECOWAS"
    titles = {"TIP2021": "Trafficking in Persons Report"}
    book = openpyxl.load_workbook(
        io.BytesIO(coding_sheet.workbook(framework, "SEN", "Senegal", answers, titles=titles))
    )
    shown = {row[1]: row[5] for row in book["Coding"].iter_rows(min_row=2, values_only=True) if row[5]}
    assert shown == {
        "A1": "2 to 3 (adopted, partly implemented, up to in operation nationwide). Coded evidence, 2021. "
        "Sources: Trafficking in Persons Report; DOL2020",
        "A2": "yes. Treaties. Sources: UN",
        "B5": "40 to 100 %. Coded evidence, 2019. Sources: X",
        "H1": "at least 2. Coded evidence, 2022",
        "A7": "unknown: no public evidence was found",
        "H4": "not applicable: not a member of ECOWAS",
    }


# --- The form ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def xform(framework) -> ElementTree.Element:
    warnings: list[str] = []
    found = convert(coding_sheet.form(framework), warnings=warnings, file_type=".xlsx").xform
    assert warnings == []
    return ElementTree.fromstring(found)


def test_the_form_asks_every_indicator_in_the_group_of_its_dimension(framework, xform):
    paths = {each.get("nodeset") for each in xform.iter() if each.tag.endswith("}bind")}
    asked = {path.rpartition("/")[2]: path for path in paths}
    for indicator in indicators(framework).values():
        for ending in ("", "_evidence", "_page"):
            path = asked[indicator.indicator_id + ending]
            assert path.endswith(f"/dimension_{indicator.dimension_id}/{indicator.indicator_id}{ending}")
        assert (f"{indicator.indicator_id}_value" in asked) == (indicator.scale in ("share", "measure"))


def test_an_answer_is_required_and_evidence_unless_it_is_unknown(framework, xform):
    binds = {each.get("nodeset").rpartition("/")[2]: each for each in xform.iter() if each.tag.endswith("}bind")}
    for name in framework["indicator_id"]:
        # An adjudicator answers only what the coders differ on.
        assert re.fullmatch(r"\s*/\w+/coder_role\s+!= 'adjudicator'", binds[name].get("required"))
        assert binds[f"{name}_evidence"].get("required") == "true()"
        assert binds[f"{name}_evidence"].get("relevant").endswith("!= 'unknown'")


def test_the_form_offers_the_sixteen_countries_and_every_step_of_each_scale(framework):
    book = openpyxl.load_workbook(io.BytesIO(coding_sheet.form(framework)))
    rows = list(book["choices"].iter_rows(min_row=2, values_only=True))
    offered: dict[str, list[str]] = {}
    for list_name, name, _ in rows:
        offered.setdefault(list_name, []).append(name)
    assert offered["countries"] == areas.ids("west_africa")
    assert offered["levels"] == ["0", "1", "2", "3", "unknown", "not_applicable"]
    assert offered["answers"] == ["yes", "no", "unknown", "not_applicable"]
    assert offered["known"] == ["known", "unknown", "not_applicable"]
    assert offered["count_9"][:10] == [str(number) for number in range(10)]


def test_a_coding_sheet_is_of_one_study(monkeypatch):
    analysis = jobs.ALL["referral_mechanisms"]
    several = replace(analysis, studies=(*analysis.studies, "cabo_verde"))
    monkeypatch.setattr(jobs, "ALL", {**jobs.ALL, "referral_mechanisms": several})
    with refused(Refusal, "not_one_study", "analyses.csv", "cabo_verde"):
        coding_sheet.assessed_study()
