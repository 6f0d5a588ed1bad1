"""A coding sheet that comes back: every answer is a code or in quarantine, whatever was done to the file."""

import csv
import datetime
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from coding_sheets import COLUMN, EMPTY, FRAMEWORK, ROLES, ROW, TODAY, Filled
from fuzzing import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from projects import copy_of_the_project, run_analysis
from refusals import refused

from analysis import catalog, cli
from analysis.checking import accepted, check
from analysis.referral import coding_sheet
from analysis.referral.coding_intake import (
    CODES,
    REASONS,
    TO_DO,
    CodingAnswers,
    CodingError,
    agreed,
    intake,
    recognises,
)
from analysis.referral.coding_report import CodingFile, coder_pairs, joined, report, summary
from analysis.referral.coding_sheet import digest, indicators, read_answer

ASKED = indicators(FRAMEWORK)


@pytest.fixture
def sheet() -> Filled:
    return Filled()


def rules(found: CodingAnswers) -> dict[tuple[int, str], str]:
    return {(row.row, row.column): row.rule for row in found.quarantine.itertuples()}


def accounted(found: CodingAnswers) -> dict[str, int]:
    return dict(zip(found.account["outcome"], found.account["cells"], strict=True))


def settled(found: CodingAnswers, indicator_id: str) -> tuple[float, float, str]:
    row = found.agreed.set_index("indicator_id").loc[indicator_id]
    return row["low"], row["high"], row["status"]


# --- There and back ------------------------------------------------------------------------------------------------


def test_the_empty_sheet_is_all_not_coded(tmp_path):
    (tmp_path / "SEN_coding.xlsx").write_bytes(EMPTY)
    found = intake(tmp_path / "SEN_coding.xlsx", FRAMEWORK)
    assert (found.area_ids, len(found.codes), len(found.quarantine), found.said) == (("SEN",), 0, 0, ())
    assert set(found.agreed["status"]) == {"not coded"}
    # What is not coded is its whole scale, and no figure for a measure.
    assert (found.agreed["low"].fillna(0) == 0).all()
    assert found.agreed["high"].equals(found.agreed["top"]) and found.agreed["high"].isna().sum() == 12


def _answers_of(indicator) -> st.SearchStrategy[tuple[object, str]]:
    """What can be typed to an indicator, and the text that is kept of it."""
    words = st.sampled_from([("unknown", "unknown"), ("not applicable", "not applicable")])
    if indicator.scale == "answer":
        return st.sampled_from([("yes", "yes"), ("no", "no")]) | words
    if indicator.scale in ("level", "count"):
        steps = st.integers(0, int(indicator.top))
        return steps.map(lambda n: (str(n), str(n))) | steps.map(lambda n: (n, str(n))) | words
    if indicator.scale == "share":
        shares = st.decimals(1, 100, places=2).filter(lambda n: n > 1).map(lambda n: n.normalize())
        return shares.map(lambda n: (f"{n:f}", f"{n:f}")) | words
    text = st.text(st.characters(codec="utf-8", categories=["L", "Nd", "Zs", "Po"]), min_size=1, max_size=30)
    # Words of the scale and numbers are read as such; everything else is kept letter by letter.
    free = text.map(str.strip).filter(lambda words: words and read_answer(words, indicator)[0] == words)
    return free.map(lambda words: (words, words)) | st.integers(-999, 10**6).map(lambda n: (n, str(n))) | words


@st.composite
def _fillings(draw) -> dict[tuple[str, str], tuple[object, str, str]]:
    cells = st.sampled_from([(name, role) for name in ASKED for role in ("First", "Second")])
    chosen = draw(st.lists(cells, unique=True, max_size=40))
    evidence = st.sampled_from(["Law 2005-06, art. 1", "", "https://example.org/a?b=1&c=<2>", "Décret nº 7"])
    return {(name, role): (*draw(_answers_of(ASKED[name])), draw(evidence)) for name, role in chosen}


@pytest.mark.slow
@settings(max_examples=examples(5), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_fillings())
def test_what_is_typed_is_read_letter_by_letter(tmp_path_factory, filling):
    sheet = Filled()
    for (name, role), (typed, _, evidence) in filling.items():
        sheet.code(name, role, typed, evidence, page="3", date=datetime.datetime(2026, 1, 3))
    found = sheet.read(tmp_path_factory.mktemp("there"))
    read = {
        (code.indicator_id, code.coder_role.capitalize()): (code.answer, code.evidence)
        for code in found.codes.itertuples()
    }
    assert read == {key: (kept, evidence) for key, (_, kept, evidence) in filling.items()}
    assert found.quarantine.empty and accounted(found)["read"] == len(filling) == sheet.answers()
    assert (found.codes["date"] == pd.Timestamp(2026, 1, 3)).all() and (found.codes["page"] == "3").all()
    assert found.codes["sourced"].tolist() == [
        bool(evidence) or answer == "unknown" for answer, evidence in found.codes[["answer", "evidence"]].to_numpy()
    ]


@pytest.mark.slow
@settings(max_examples=examples(6), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(ASKED)),
            st.sampled_from(ROLES),
            st.sampled_from(
                ["3 - in operation", "yes", "NA", "=1+1", "2-3", " 2 ", 0.45, True, "45 %", "#N/A", "?", 7]
            ),
        ),
        max_size=30,
        unique_by=lambda cell: cell[:2],
    ),
    st.sampled_from(["", "merge", "sort", "delete", "double", "other"]),
)
def test_nothing_that_is_typed_gets_lost_whatever_is_done_to_the_sheet(tmp_path_factory, cells, done):
    sheet = Filled()
    for name, role, typed in cells:
        sheet.put(name, f"{role} answer", typed)
    page = sheet.page
    if done == "sort":
        rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=2)]
        for place, row in enumerate(sorted(rows, key=lambda row: row[3]), start=2):
            for column, value in enumerate(row, start=1):
                page.cell(place, column).value = value
    elif done == "delete":
        page.delete_rows(5, 4)
    elif done == "double":
        for column in range(1, len(COLUMN) + 1):
            page.cell(62, column).value = page.cell(2, column).value
    elif done == "other":
        page.cell(9, COLUMN["Country"]).value = "MLI"
    if done == "merge":
        # Excel keeps the first of the cells that it merges.
        page.merge_cells(start_row=2, end_row=3, start_column=COLUMN["First answer"], end_column=COLUMN["First answer"])
    typed = sheet.answers()
    if done == "merge":
        typed += page.cell(2, COLUMN["First answer"]).value is not None  # read in both rows
    found = sheet.read(tmp_path_factory.mktemp("lost"))
    answers = found.quarantine[found.quarantine["column"].str.endswith("answer")]
    assert len(found.codes) + len(answers) == typed == accounted(found)["read"]
    assert not answers.duplicated(["row", "column"]).any()
    placed = {(code.row, code.coder_role) for code in found.codes.itertuples()}
    assert placed.isdisjoint({(row.row, row.column.partition(" ")[0].lower()) for row in answers.itertuples()})


# --- What people type ----------------------------------------------------------------------------------------------


# Scale, what is typed, and the answer and its value. No two stand in one row.
READ = [
    ("level", "3 - in operation", "3", 3),
    ("level", "2: adopted, partly implemented", "2", 2),
    ("level", "In operation nationwide", "3", 3),
    ("level", " 1 ", "1", 1),
    ("level", "3,0", "3", 3),
    ("level", 0, "0", 0),
    ("answer", "YES", "yes", 1),
    ("answer", " Non ", "no", 0),
    ("answer", "Sim", "yes", 1),
    ("answer", "UNKNOWN ", "unknown", np.nan),
    ("answer", "Sans objet", "not applicable", np.nan),
    ("count", "2", "2", 2),
    ("share", "45,5", "45.5", 45.5),
    ("share", "45 %", "45", 45),
    ("share", "0.5 %", "0.5", 0.5),
    ("measure", "1234", "1234", 1234),
    ("measure", "0,25", "0.25", 0.25),
    ("measure", "twice a year", "twice a year", np.nan),
    ("measure", ">= 12", ">= 12", np.nan),
]
# Scale, what is typed, and the rule that it breaks.
REFUSED = [
    ("level", "4", "answer"),
    ("level", "-1", "answer"),
    ("level", "2-3", "answer"),
    ("level", "2?", "answer"),
    ("level", "3 - absent", "answer"),
    ("level", "yes", "answer"),
    ("level", "NA", "two_meanings"),
    ("level", "n/a", "two_meanings"),
    ("level", datetime.datetime(2026, 3, 2), "made_a_date"),
    ("level", "=3", "formula"),
    ("level", "#N/A", "error"),
    ("answer", "yes?", "answer"),
    ("answer", "1", "answer"),
    ("count", "10", "answer"),
    ("count", "2.5", "answer"),
    # 45 % that Excel keeps as a fraction, or less than one per cent.
    ("share", 0.45, "fraction"),
    ("share", 1, "fraction"),
    ("share", "101", "answer"),
    ("measure", "1,234", "thousands"),
    ("measure", "?", "answer"),
    ("measure", datetime.datetime(2026, 3, 2), "made_a_date"),
]


def placed(cases: list[tuple]) -> dict[str, tuple]:
    """Each case at an indicator of its scale that no other case has."""
    free = {scale: [name for name in ASKED if ASKED[name].scale == scale] for scale in {case[0] for case in cases}}
    return {free[case[0]].pop(0): case for case in cases}


def test_what_has_one_meaning_is_read(sheet, tmp_path):
    cases = placed(READ)
    for name, (_, typed, *_) in cases.items():
        sheet.code(name, "First", typed)
    found = sheet.read(tmp_path)
    assert found.quarantine.empty
    codes = found.codes.set_index("indicator_id")
    for name, (_, typed, kept, value) in cases.items():
        assert codes.at[name, "answer"] == kept, typed
        assert codes.at[name, "value"] == pytest.approx(value, nan_ok=True), typed


def test_what_can_mean_two_things_waits_in_quarantine(sheet, tmp_path):
    cases = placed(REFUSED)
    for name, (_, typed, _) in cases.items():
        sheet.code(name, "Second", typed)
    found = sheet.read(tmp_path)
    assert found.codes.empty and accounted(found)["quarantine"] == len(cases)
    assert rules(found) == {(ROW[name], "Second answer"): rule for name, (_, _, rule) in cases.items()}
    for cell in found.quarantine.to_dict("records"):
        assert (cell["reason"], cell["to_do"]) == (REASONS[cell["rule"]], TO_DO[cell["rule"]])
        assert cell["sheet"] == "Coding" and cell["file"].endswith("SEN_coding.xlsx")


def test_a_wrong_day_costs_the_day_and_not_the_answer(sheet, tmp_path):
    days = {
        "A1": "2027-01-01",
        "A2": "03/04/2026",
        "A3": "last week",
        "A4": "13.4.2026",
        "A5": datetime.date(2026, 1, 3),
    }
    for name, day in days.items():
        sheet.code(name, "First", "1" if name in ("A1", "A5") else "yes", date=day)
    found = sheet.read(tmp_path)
    assert rules(found) == {(2, "First date"): "date_range", (3, "First date"): "date", (4, "First date"): "date"}
    dates = found.codes.set_index("indicator_id")["date"]
    assert dates[["A4", "A5"]].tolist() == [pd.Timestamp(2026, 4, 13), pd.Timestamp(2026, 1, 3)]
    assert len(dates) == 5 and dates.isna().sum() == 3


def test_an_answer_without_evidence_is_kept_said_and_not_used(sheet, tmp_path):
    sheet.code("A1", "First", "3", "")
    sheet.code("A2", "First", "unknown", "")
    sheet.code("A3", "First", "yes", "")
    sheet.code("A3", "Second", "no", "Law 9")
    found = sheet.read(tmp_path)
    assert found.codes["sourced"].tolist() == [False, True, False, True]
    assert settled(found, "A1") == (0, 3, "not coded")
    assert settled(found, "A2") == (0, 1, "unknown")
    assert settled(found, "A3") == (0, 0, "one coder")
    assert accounted(found)["without_evidence"] == 2
    assert "A1 (first, row 2), A3 (first, row 4)" in report(found)


def test_evidence_without_an_answer_is_not_lost(sheet, tmp_path):
    sheet.put("A1", "First evidence", "Law 5")
    assert rules(sheet.read(tmp_path)) == {(2, "First evidence"): "no_answer"}


def test_a_formula_as_evidence_is_no_evidence(sheet, tmp_path):
    sheet.code("A1", "First", "3", "=A2")
    found = sheet.read(tmp_path)
    assert rules(found) == {(2, "First evidence"): "formula"}
    assert found.codes["sourced"].tolist() == [False]


def test_one_person_is_not_two_coders(sheet, tmp_path):
    sheet.code("A1", "First", "3", coder="A. Ba")
    sheet.code("A1", "Second", "3", coder="a ba ")
    found = sheet.read(tmp_path)
    assert rules(found) == {(2, "Second answer"): "same_coder"}
    assert settled(found, "A1") == (3, 3, "one coder")


# --- What is done to the sheet -------------------------------------------------------------------------------------


def test_a_sorted_sheet_with_a_title_above_it_is_read(sheet, tmp_path):
    sheet.code("A1", "First", "3")
    sheet.code("I5", "First", "1")
    rows = [[cell.value for cell in row] for row in sheet.page.iter_rows(min_row=2)]
    for place, row in enumerate(reversed(rows), start=2):
        for column, value in enumerate(row, start=1):
            sheet.page.cell(place, column).value = value
    sheet.page.insert_rows(1, 2)
    sheet.page["A1"] = "Our coding"
    found = sheet.read(tmp_path)
    assert found.codes[["indicator_id", "answer", "row"]].to_numpy().tolist() == [["A1", "3", 63], ["I5", "1", 4]]
    assert found.quarantine.empty and found.said == ()


def test_a_table_that_was_sorted_in_part_is_not_believed(sheet, tmp_path):
    sheet.code("A1", "First", "3")
    for row in (2, 3):
        sheet.page.cell(row, COLUMN["Id"]).value = f"A{4 - row}"
    assert rules(sheet.read(tmp_path)) == {(2, "First answer"): "framework"}


def test_rows_that_are_gone_added_or_of_another_country(sheet, tmp_path):
    for name in ("A1", "A2", "A3"):
        sheet.code(name, "First", "1" if name == "A1" else "yes")
    sheet.page.cell(3, COLUMN["Country"]).value = "MLI"
    for column, value in (("Country", "SEN"), ("Id", "Z1"), ("First answer", "2")):
        sheet.page.cell(70, COLUMN[column]).value = value
    sheet.page.cell(71, COLUMN["Second answer"]).value = "yes"
    sheet.page.delete_rows(61)
    found = sheet.read(tmp_path)
    assert rules(found) == {
        (3, "First answer"): "country",
        (69, "First answer"): "indicator",
        (70, "Second answer"): "country",
    }
    assert found.said == ("There is no row that can be read for A2, I5.",)
    assert settled(found, "I5") == (0, 3, "not coded")


def test_an_indicator_that_is_answered_twice(sheet, tmp_path):
    for row, answers in ((70, ("3", "2")), (71, ("3", "1"))):
        for column, value in (
            *(("Country", "SEN"), ("Id", "a1"), ("Indicator", ASKED["A1"].text), ("Scale", ASKED["A1"].words)),
            *(("First answer", answers[0]), ("Second answer", answers[1]), ("First evidence", "Law")),
        ):
            sheet.page.cell(row, COLUMN[column]).value = value
    found = sheet.read(tmp_path)
    # Alike, the first is kept; differently, none is.
    assert rules(found) == {
        (70, "Second answer"): "duplicate",
        (71, "Second answer"): "duplicate",
        (71, "First answer"): "repeated",
    }
    assert found.codes[["coder_role", "answer", "row"]].to_numpy().tolist() == [["first", "3", 70]]


def test_merged_answers_are_nobodys(sheet, tmp_path):
    sheet.code("A1", "First", "2")
    sheet.page.merge_cells(
        start_row=2, end_row=3, start_column=COLUMN["First answer"], end_column=COLUMN["First answer"]
    )
    found = sheet.read(tmp_path)
    assert {rule for (_, column), rule in rules(found).items() if column == "First answer"} == {"merged"}
    assert found.codes.empty


@pytest.mark.parametrize("name", ["First answer", "Second evidence", "Adjudicated by"])
def test_a_renamed_column_is_named(sheet, tmp_path, name):
    sheet.page.cell(1, COLUMN[name]).value = "Réponse"
    with refused(CodingError, "missing_column", name):
        sheet.read(tmp_path)


def test_names_of_columns_may_be_written_otherwise(sheet, tmp_path):
    sheet.code("A1", "First", "3")
    for field, name in coding_sheet.HEADERS.items():
        sheet.page.cell(1, COLUMN[name]).value = field if field != "area_id" else "COUNTRY "
    assert sheet.read(tmp_path).codes["answer"].tolist() == ["3"]


def test_all_columns_renamed_is_still_a_coding_sheet(sheet, tmp_path):
    for column in range(1, len(COLUMN) + 1):
        sheet.page.cell(1, column).value = f"Column {column}"
    assert recognises(sheet.saved(tmp_path))
    with refused(CodingError, "wrong_kind"):
        sheet.read(tmp_path)


def test_a_sheet_of_another_name_is_found_and_two_are_refused(sheet, tmp_path):
    sheet.code("A1", "First", "3")
    sheet.page.title = "Codage"
    assert sheet.read(tmp_path).codes["answer"].tolist() == ["3"]
    sheet.book.copy_worksheet(sheet.page)
    with refused(CodingError, "several_answer_sheets"):
        sheet.read(tmp_path)


def test_without_its_sheet_about_the_rows_say_which_country_it_is(sheet, tmp_path):
    sheet.code("A1", "First", "3")
    del sheet.book["About"]
    found = sheet.read(tmp_path)
    assert found.area_ids == ("SEN",) and len(found.codes) == 1
    assert any("the country is the one that its rows name" in sentence for sentence in found.said)
    sheet.page.cell(3, COLUMN["Country"]).value = "MLI"
    with refused(CodingError, "unknown_area"):
        sheet.read(tmp_path)


def test_of_another_version_only_what_is_worded_as_today_is_read(tmp_path):
    old = FRAMEWORK.copy()
    old.loc[0, "indicator"] = "Trafficking is a crime"
    old.loc[1, ["scale", "top"]] = ["count", 4]
    sheet = Filled(coding_sheet.workbook(old, "SEN", "Senegal"))
    sheet.code("A1", "First", "3")
    sheet.code("A2", "First", "4")
    sheet.code("A3", "First", "yes")
    found = sheet.read(tmp_path)
    assert rules(found) == {(2, "First answer"): "framework", (3, "First answer"): "framework"}
    assert found.codes["indicator_id"].tolist() == ["A3"]
    assert "not of today's version" in found.said[0]


def test_a_column_that_was_added_is_said(sheet, tmp_path):
    sheet.page.cell(2, len(COLUMN) + 1).value = "a remark"
    assert sheet.read(tmp_path).said == ("Columns that are none of the sheet's were not read: T.",)


def test_a_sheet_that_was_saved_as_csv_is_read(sheet, tmp_path):
    sheet.code("A1", "First", "3", "Loi nº 5; décret")
    file = tmp_path / "SEN_coding.csv"
    with open(file, "w", encoding="cp1252", newline="") as written:
        csv.writer(written, delimiter=";").writerows(
            ["" if cell is None else cell for cell in row] for row in sheet.page.iter_rows(values_only=True)
        )
    found = intake(file, FRAMEWORK, last=TODAY)
    assert found.codes[["answer", "evidence"]].to_numpy().tolist() == [["3", "Loi nº 5; décret"]]


def test_other_files_are_no_coding_sheets(tmp_path):
    (tmp_path / "a.csv").write_text("Id,First answer\nA1,3\n", encoding="utf-8")
    (tmp_path / "b.xlsx").write_bytes(b"no archive")
    assert not recognises(tmp_path / "a.csv") and not recognises(tmp_path / "b.xlsx")
    with refused(CodingError, "wrong_kind"):
        intake(tmp_path / "a.csv", FRAMEWORK)


# --- What they say together ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_coders_and_adjudicator_say_together(sheet, tmp_path):
    both = {
        "A1": ("3", "3"), "A7": ("1", "3"), "A8": ("2", "unknown"), "A9": ("unknown", "unknown"), "B1": ("0", None),
        "B3": ("not applicable", "not applicable"), "B4": ("0", "3"), "A2": ("yes", "no"), "B2": ("Twice", "twice."),
        "C8": ("30", "40"), "C4": ("police", "court"), "B5": ("20", "60,5"), "C1": ("not applicable", "2"),
    }  # fmt: skip
    for name, answers in both.items():
        for role, answer in zip(("First", "Second"), answers, strict=True):
            if answer is not None:
                sheet.code(name, role, answer)
    sheet.put("B4", "Adjudicated answer", "3")
    sheet.put("C2", "Adjudicated answer", "1")
    sheet.put("C2", "Note", "Seen in the decree")
    sheet.put("D3", "Adjudicated answer", "1")  # nobody has said why
    found = sheet.read(tmp_path)
    expected = {
        "A1": (3, 3, "agreed"),
        "A7": (1, 3, "disagree"),
        "A8": (0, 3, "disagree"),
        "A9": (0, 3, "unknown"),
        "B1": (0, 0, "one coder"),
        "B3": (None, None, "not applicable"),
        "B4": (3, 3, "adjudicated"),
        "A2": (0, 1, "disagree"),
        "B2": (None, None, "agreed"),
        "C8": (30, 40, "disagree"),
        "C4": (None, None, "disagree"),
        "B5": (20, 60.5, "disagree"),
        "C1": (0, 3, "disagree"),
        "C2": (1, 1, "adjudicated"),
        "D3": (0, 3, "not coded"),
        "I1": (0, 3, "not coded"),
    }
    for name, (low, high, status) in expected.items():
        numbers = tuple(np.nan if number is None else number for number in (low, high))
        assert settled(found, name)[:2] == pytest.approx(numbers, nan_ok=True), name
        assert settled(found, name)[2] == status, name
    evidence = found.agreed.set_index("indicator_id")["evidence"]
    assert (evidence["B4"], evidence["C2"], evidence["I1"]) == ("Law 5", "Seen in the decree", "")


@pytest.mark.slow
@given(st.lists(st.sampled_from(["0", "1", "2", "3", "unknown", "not applicable", None]), min_size=3, max_size=3))
def test_bounds_hold_every_answer_that_was_given_until_one_is_adjudicated(answers):
    rows = [
        ("SEN", "A1", role, "", pd.NaT, answer, float(answer) if answer.isdigit() else np.nan, "Law", "", True, 2)
        for role, answer in zip(("first", "second", "adjudicated"), answers, strict=True)
        if answer is not None
    ]
    [row] = agreed(pd.DataFrame(rows, columns=CODES), FRAMEWORK[:1], ["SEN"]).to_dict("records")
    decides = answers[2:] if answers[2] else [answer for answer in answers[:2] if answer]
    if row["status"] == "not applicable":
        assert set(decides) == {"not applicable"} and np.isnan([row["low"], row["high"]]).all()
    else:
        assert all(row["low"] <= float(answer) <= row["high"] for answer in decides if answer.isdigit())
        if not decides or not all(answer.isdigit() for answer in decides):
            assert (row["low"], row["high"]) == (0, 3)


# --- The export of the form ----------------------------------------------------------------------------------------


def submission(area_id: str, role: str, coder: str, answers: dict[str, object]) -> dict[str, str]:
    """One row of an export: a choice for each indicator, a figure beside it where there is one."""
    row = {
        "today": "2026-03-01",
        "framework": digest(FRAMEWORK),
        "area_id": area_id,
        "coder_role": role,
        "coder": coder,
    }
    for name, indicator in ASKED.items():
        group = f"dimension_{indicator.dimension_id}/{name}"
        answer = answers.get(name, "unknown" if role != "adjudicator" else "")
        figure = indicator.scale in ("share", "measure")
        known = figure and answer not in ("unknown", "not_applicable", "")
        row[group] = "known" if known else str(answer)
        row |= {f"{group}_value": str(answer) if known else ""} if figure else {}
        row |= {f"{group}_evidence": "" if answer in ("unknown", "") else "Law 5", f"{group}_page": ""}
    return row | {"_id": "1", "_uuid": f"{area_id}{role}{coder}"}


def exported(path: Path, rows: list[dict[str, str]]) -> Path:
    table = pd.DataFrame(rows)
    if path.suffix == ".csv":
        table.to_csv(path, index=False, sep=";")
    else:
        table.to_excel(path, index=False)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("name", ["form.csv", "form.xlsx"])
def test_an_export_of_the_form_is_read_as_the_sheet_is(tmp_path, name):
    answers = {"A1": "3", "A2": "yes", "A5": "7", "B5": "0.45", "B2": "twice", "C1": "not_applicable"}
    rows = [
        submission("MLI", "first", "AB", answers),
        submission("MLI", "second", "CD", {**answers, "A1": "1"}),
        submission("MLI", "adjudicator", "EF", {"A1": "2"}),
        submission("SEN", "first", "AB", {}),
    ]
    found = intake(exported(tmp_path / name, rows), FRAMEWORK, last=TODAY)
    assert (found.way, found.area_ids) == ("form", ("MLI", "SEN"))
    assert found.quarantine.empty
    assert accounted(found)["read"] == 3 * 60 + 1 == len(found.codes)
    kept = found.codes[(found.codes["area_id"] == "MLI") & (found.codes["coder_role"] == "second")]
    # A share is typed in per cent there: no Excel has made a fraction of it.
    assert kept.set_index("indicator_id")["answer"][list(answers)].tolist() == [
        "1", "yes", "7", "0.45", "twice", "not applicable",
    ]  # fmt: skip
    of_mali = found.agreed[found.agreed["area_id"] == "MLI"].set_index("indicator_id")
    assert of_mali.loc["A1", ["low", "high", "status"]].tolist() == [2, 2, "adjudicated"]
    assert of_mali["status"].value_counts().to_dict() == {
        "unknown": 54,
        "agreed": 4,
        "adjudicated": 1,
        "not applicable": 1,
    }


def test_two_forms_of_one_coder_wait_where_they_differ(tmp_path):
    rows = [submission("MLI", "first", "AB", {"A1": "3", "A2": "yes"}),
            submission("MLI", "first", "AB", {"A1": "2", "A2": "yes"})]  # fmt: skip
    found = intake(exported(tmp_path / "form.csv", rows), FRAMEWORK, last=TODAY)
    assert found.quarantine["rule"].value_counts().to_dict() == {"repeated": 59, "duplicate": 2}
    assert found.quarantine[found.quarantine["rule"] == "duplicate"]["column"].unique().tolist() == ["A1"]
    assert accounted(found)["codes"] == 59 and settled(found, "A1") == (0, 3, "not coded")


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"area_id": "NGA "}, ""),
        ({"area_id": "FRA"}, "country"),
        ({"coder_role": "third"}, "role"),
        ({"framework": "000000000000"}, "framework"),
        ({"dimension_B/B5_value": "45"}, "contradiction"),
        ({"dimension_B/B5": "known"}, "contradiction"),
    ],
)
def test_forms_that_cannot_be_placed_wait_in_quarantine(tmp_path, more, rule):
    file = exported(tmp_path / "form.csv", [submission("MLI", "first", "AB", {}) | more])
    found = intake(file, FRAMEWORK, last=TODAY)
    cells = accounted(found)
    assert cells["read"] == 60 == cells["codes"] + cells["quarantine"]
    assert set(found.quarantine["rule"]) == ({rule} if rule else set())
    assert cells["quarantine"] == (0 if not rule else 1 if rule == "contradiction" else 60)


def test_labels_in_place_of_names_are_refused(tmp_path):
    rows = [submission("MLI", "first", "AB", {})]
    rows[0].pop("framework")
    with refused(CodingError, "missing_column"):
        intake(exported(tmp_path / "form.csv", rows), FRAMEWORK)


# --- Report, join, command -----------------------------------------------------------------------------------------


def coded(sheet: Filled) -> Filled:
    """Two coders who differ on every third indicator."""
    for place, (name, indicator) in enumerate(ASKED.items()):
        answers = (
            ("yes", "no") if indicator.scale == "answer" else ("1", "2") if indicator.scale != "share" else ("10", "20")
        )
        sheet.code(name, "First", answers[0], page="3")
        sheet.code(name, "Second", answers[place % 3 == 0], f"Report <{place}>")
    return sheet


def test_the_report_says_what_is_coded_how_far_they_agree_and_what_differs(sheet, tmp_path):
    coded(sheet).put("I5", "Note", "look again")
    sheet.put("A2", "Second answer", "maybe")
    found = sheet.read(tmp_path)
    page = report(found)
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page))
    assert "120 answers = 119 read + 1 in quarantine" in text
    assert "A. Legal &amp; policy framework 9 9 8 8 5 62 % 5 1 3 0 0" in text
    pairs = coder_pairs(found)
    assert len(pairs) == 59
    differ = [pair["indicator_id"] for pair in pairs.to_dict("records") if pair["first"] != pair["second"]]
    table = page[page.index("To be adjudicated") : page.index("<h2>Quarantine")]
    assert sorted(re.findall(r'<th scope="row">(\w\d)</th>', table)) == sorted(differ)
    # What somebody has typed is escaped.
    assert "Report &lt;0&gt;" in page and "<0>" not in page
    assert "Levels 0 to 3" in text and "Yes or no" in text and "kappa" in text.lower()
    assert not re.search(r"https?:", page.replace("http://www.w3.org", ""))


def test_the_share_that_agrees_is_counted_by_hand(sheet, tmp_path):
    levels = [place for place, indicator in enumerate(ASKED.values()) if indicator.scale == "level"]
    alike = [place for place in levels if place % 3 != 0]
    row = re.search(r"Levels 0 to 3</th><td>percent agreement</td>.*?</tr>", report(coded(sheet).read(tmp_path)))
    assert (
        row and f'<td class="number">{len(levels)}</td><td class="number">{len(alike) / len(levels):.2f}</td>' in row[0]
    )


def test_the_report_of_an_empty_sheet(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(EMPTY)
    found = intake(tmp_path / "a.xlsx", FRAMEWORK)
    page = report(found)
    assert "0 answers = 0 read + 0 in quarantine" in page and "Nothing is to be adjudicated" in page
    assert "60 not coded" in summary(found)


def test_two_copies_become_one_sheet_and_nothing_is_lost(tmp_path):
    copies = []
    for role, answer in (("First", "3"), ("Second", "1")):
        copy = Filled()
        copy.code("A1", role, answer, f"Law of {role}", page="3", date=datetime.date(2026, 1, 3))
        copy.code("B2", role, "twice")
        copy.put("A1", "Note", f"by {role}")
        copies.append(intake(copy.saved(tmp_path, f"{role}.xlsx"), FRAMEWORK, last=TODAY))
    area_id, content = joined(copies)
    (tmp_path / "joined.xlsx").write_bytes(content)
    found = intake(tmp_path / "joined.xlsx", FRAMEWORK, last=TODAY)
    before = pd.concat([copy.codes for copy in copies]).sort_values(["indicator_id", "coder_role"], ignore_index=True)
    assert area_id == "SEN"
    pd.testing.assert_frame_equal(found.codes.drop(columns="row"), before.drop(columns="row"))
    assert found.notes["note"].tolist() == ["by First | by Second"]
    assert settled(found, "A1") == (1, 3, "disagree")


@pytest.mark.slow
def test_copies_that_contradict_each_other_are_not_joined(tmp_path):
    def copy(answer: str, area_id: str = "SEN") -> CodingAnswers:
        sheet = Filled(coding_sheet.workbook(FRAMEWORK, area_id, area_id))
        sheet.code("A1", "First", answer)
        return intake(sheet.saved(tmp_path, f"{area_id}{answer}.xlsx"), FRAMEWORK, last=TODAY)

    assert joined([copy("3"), copy("3")])[0] == "SEN"
    with pytest.raises(CodingError, match="A1 is answered by the first coder in two copies"):
        joined([copy("3"), copy("2")])
    with pytest.raises(CodingError, match="would get lost"):
        joined([copy("3"), copy("9")])
    with pytest.raises(CodingError, match="MLI, SEN"):
        joined([copy("3"), copy("3", "MLI")])


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    return copy_of_the_project(tmp_path_factory.mktemp("coding"))


@pytest.mark.slow
def test_from_the_empty_sheet_to_an_entry_of_the_catalogue(project, tmp_path):
    assert cli.main(["form", "coding-sheet", "SEN", "--into", str(tmp_path)]) == 0
    sheet = coded(Filled((tmp_path / "SEN_coding.xlsx").read_bytes()))
    sheet.put("A1", "First answer", "NA")
    folder = project / "data/raw/west_africa"
    folder.mkdir()
    sheet.saved(folder)
    exported(folder / "form.csv", [submission(area_id, "first", "AB", {}) for area_id in ("SEN", "MLI")])

    files = [str(folder / name) for name in ("SEN_coding.xlsx", "form.csv")]
    checked = run_analysis("check", *files, "--accept", project=project)
    assert "120 answers = 119 read + 1 in quarantine" in checked.stdout
    assert (project / "data/processed/checks/west_africa/SEN_coding.html").exists()
    quarantine = pd.read_csv(project / "data/processed/checks/west_africa/SEN_coding_quarantine.csv")
    assert quarantine[["row", "column", "rule", "kind"]].to_numpy().tolist() == [
        [2, "First answer", "two_meanings", "public"]
    ]
    # A form that codes the same country is read, and not entered beside it.
    assert "coding of Mali, Senegal" in checked.stdout
    assert checked.returncode == 2
    assert "SEN is coded already in data/raw/west_africa/SEN_coding.xlsx" in checked.stderr
    [(name, entry)] = yaml.safe_load((folder / "catalog.yml").read_text(encoding="utf-8")).items()
    assert (name, entry["file"], entry["kind"], entry["study"], entry["schema"]) == (
        "coding_SEN", "SEN_coding.xlsx", "public", "west_africa", "coding_sheet",
    )  # fmt: skip


@pytest.mark.slow
def test_a_sheet_is_accepted_only_where_files_of_its_study_lie(sheet, tmp_path):
    file = coded(sheet).saved(tmp_path)
    checked = check(file)
    assert isinstance(checked.described, CodingFile) and checked.described.name == "coding_SEN"
    with pytest.raises(catalog.CatalogError, match="Copy it there, and check it again"):
        accepted(file, checked.described)
    form = check(
        exported(tmp_path / "form.csv", [submission(area_id, "first", "AB", {}) for area_id in ("GHA", "MLI")])
    )
    assert isinstance(form.described, CodingFile) and form.described.name == "coding_form"


def test_the_command_writes_over_nothing_that_somebody_has_filled_in(tmp_path, capsys):
    into = ["--into", str(tmp_path)]
    assert cli.main(["form", "coding-sheet", "SEN", "GHA", *into, "--form", str(tmp_path / "form.xlsx")]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["GHA_coding.xlsx", "SEN_coding.xlsx", "form.xlsx"]
    assert cli.main(["form", "coding-sheet", "SEN", *into]) == 2
    assert "--again writes over it" in capsys.readouterr().err
    assert cli.main(["form", "coding-sheet", *into, "--join", *[str(tmp_path / "SEN_coding.xlsx")] * 2]) == 0
    assert recognises(tmp_path / "SEN_coding_joined.xlsx")
    assert cli.main(["form", "coding-sheet", "TR-27", *into]) == 2


def test_the_catalogue_reads_no_coding_sheet_as_a_table(monkeypatch):
    entry = catalog.Dataset(
        "coding_SEN",
        "west_africa/SEN.xlsx",
        "Coding",
        "public",
        "",
        "",
        "",
        "",
        "",
        "coding_sheet",
        study="west_africa",
    )
    monkeypatch.setattr(catalog, "datasets", lambda: {"coding_SEN": entry})
    assert catalog.coding_sheets("west_africa") == [entry] and catalog.coding_sheets("turkiye") == []
    catalog._table.cache_clear()
    with refused(catalog.CatalogError, "is_coding_sheet"):
        catalog.load("coding_SEN")
