"""Forms of KoboToolbox that were sent more than once: the later copy waits, and nobody else does."""

import csv
import io
from pathlib import Path

import pytest
import xlsxwriter

from analysis import cases
from analysis.cases.mapping import beside

HEAD = "list: l\ntitle: T\nstudy: turkiye\nkind: synthetic\npublisher: P\nsource: S\ndate: 2024-01-31\n"
COLUMNS = "columns: {record: _id, full_name: name, age: age, sex: sex}\n"
NAMES = ["name", "age", "sex", "start", "deviceid", "_id", "_uuid", "_submission_time"]
FORM = ["Ayşe Can", "12", "f", "2023-05-01T10:00:00", "d1", "1", "u1", "2023-05-01T12:00:00"]


def form(**cells: str) -> list[str]:
    """A form with some cells changed, by the names of their columns."""
    return [cells.get(name.strip("_"), cell) for name, cell in zip(NAMES, FORM, strict=True)]


def resubmitted(folder: Path, rows: list[list[str]], names: list[str] = NAMES, columns: str = COLUMNS) -> list[int]:
    """The rows that wait because their form was sent before."""
    path = folder / "l.csv"
    text = io.StringIO(newline="")
    csv.writer(text).writerows([names, *rows])
    path.write_text(text.getvalue(), encoding="utf-8")
    beside(path).write_text(HEAD + columns, encoding="utf-8")
    quarantine = cases.intake(path).quarantine
    return quarantine.loc[quarantine["rule"] == "resubmission", "row"].tolist()


def test_one_number_of_a_form(tmp_path):
    rows = [form(), form(id="2"), form(id="3", uuid="u2", name="Ali Can"), form(id="4", uuid="", name="Can Can")]
    assert resubmitted(tmp_path, [*rows, form(id="5", uuid="", name="Nur Can")]) == [3]


def test_the_copy_that_was_sent_first_is_kept(tmp_path):
    assert resubmitted(tmp_path, [form(submission_time="2023-05-03T12:00:00"), form(id="2")]) == [2]
    # In another time zone it was later: 13:30 in UTC+3 is 10:30 in UTC.
    rows = [form(submission_time="2023-05-01T10:45:00Z"), form(id="2", submission_time="2023-05-01T13:30:00+03:00")]
    assert resubmitted(tmp_path, rows) == [2]


@pytest.mark.parametrize("name", ["meta/instanceID", "instanceID", "_submission__uuid"])
def test_other_names_of_the_number(tmp_path, name):
    names = [name if each == "_uuid" else each for each in NAMES]
    assert resubmitted(tmp_path, [form(), form(id="2", age="13")], names) == [3]


def test_one_device_and_the_same_answers(tmp_path):
    rows = [form(), form(id="2", uuid="u2", start="2023-05-02T10:00:00"), form(id="3", uuid="u3", deviceid="d2")]
    assert resubmitted(tmp_path, [*rows, form(id="4", uuid="u4", age="13")]) == [3]


def test_equal_answers_that_name_nobody_are_two_persons_unless_they_were_begun_at_once(tmp_path):
    columns = "columns: {record: _id, age: age, sex: sex}\n"
    rows = [form(), form(id="2", uuid="u2"), form(id="3", uuid="u3", start="2023-05-02T10:00:00")]
    assert resubmitted(tmp_path, rows, columns=columns) == [3]


def test_a_copy_is_not_missed_for_one_that_cannot_be_read(tmp_path):
    # The first waits for its age: the corrected copy is the one that can be used.
    assert resubmitted(tmp_path, [form(age="x"), form(id="2")]) == []


def test_files_of_other_programs_are_not_looked_at(tmp_path):
    names = ["name", "age", "sex", "start", "deviceid", "no", "uuid", "sent"]
    columns = COLUMNS.replace("_id", "no")
    assert resubmitted(tmp_path, [form(), form(id="2")], names, columns) == []


def test_rows_of_a_group_share_the_number_of_their_form_and_wait_with_it(tmp_path):
    path = tmp_path / "l.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        forms, persons = book.add_worksheet("f"), book.add_worksheet("p")
        for number, row in enumerate([["day", "_index", "_uuid"], ["2020", "1", "u"], ["2020", "2", "u"]]):
            forms.write_row(number, 0, row)
        rows = [["age", "_parent_index", "_submission__uuid"], ["5", "1", "u"], ["6", "1", "u"], ["5", "2", "u"]]
        for number, row in enumerate(rows):
            persons.write_row(number, 0, row)
    columns = "columns: {age: age, detected: {column: day, format: yyyy, of: parent}}\nfile: {sheet: f}\npersons: p\n"
    beside(path).write_text(HEAD + columns, encoding="utf-8")
    result = cases.intake(path)
    assert result.records["age_low"].tolist() == [5, 6]
    assert result.quarantine[["sheet", "row", "rule"]].to_numpy().tolist() == [
        ["f", 3, "resubmission"],
        ["p", 4, "parent"],
    ]
