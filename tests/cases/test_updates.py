"""An update held against the export before it: gone, changed and new rows, by number or by content, without a value."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter
from case_files import POLICE
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from analysis.cases.mapping import beside, load
from analysis.cases.updates import CHANGED, GONE, NEW, Comparison, UpdateError, compare

MAPPING = (
    POLICE
    + """\
file: {delimiter: ";"}
columns:
  record: No
  age: Yas
  sex: {column: Cinsiyet, codes: {K: female, E: male}}
drop: [Not]
"""
)
WITHOUT_NUMBER = MAPPING.replace("  record: No\n", "").replace("drop: [Not]", "drop: [Not, No]")
HEAD = "No;Yas;Cinsiyet;Not"


def written(folder: Path, name: str, rows: list[str], mapping: str = MAPPING, head: str = HEAD) -> Path:
    path = folder / f"{name}.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    beside(path).write_text(mapping, encoding="utf-8")
    return path


def compared(before: Path, after: Path) -> Comparison:
    return compare(before, load(beside(before)), after, load(beside(after)))


def told(found: Comparison) -> list[tuple]:
    return [tuple(row) for row in found.changes.drop(columns="sheet").itertuples(index=False)]


def test_rows_meet_by_the_number_of_the_record_wherever_they_stand(tmp_path):
    before = written(tmp_path, "old", ["1;14;K;a", "2;12;E;a", "3;9;K;a", "4;8;E;a"])
    # 3 is gone, 2 is older and of another sex, 5 is new; of 1 what no mapping declares has changed, which is no change.
    after = written(tmp_path, "new", ["5;7;K;a", "4;8;E;a", "2;13;K;a", "1;14;K;b"])
    found = compared(before, after)
    assert (found.record, found.as_before) == ("No", 2)
    assert told(found) == [
        (CHANGED, 3, 4, "Yas", "B4"),
        (CHANGED, 3, 4, "Cinsiyet", "C4"),
        (GONE, 4, "", "", ""),
        (NEW, "", 2, "", ""),
    ]
    assert found.words.splitlines() == [
        f"compared with {before}, by the numbers in 'No': 2 rows as before, 1 gone, 1 changed, 1 new",
        "  gone: row 4 of the older file",
        "  changed in 'Cinsiyet': 1 (C4)",
        "  changed in 'Yas': 1 (B4)",
        "  new: row 2",
    ]


def test_without_a_number_rows_meet_by_what_stands_in_their_declared_columns(tmp_path):
    before = written(tmp_path, "old", ["1;14;K;a", "2;14;K;a", "3;9;K;a"], WITHOUT_NUMBER)
    # Of two that are the same one is left; a row that changed is one gone and one new.
    after = written(tmp_path, "new", ["9;14;K;b", "8;10;K;a"], WITHOUT_NUMBER)
    found = compared(before, after)
    assert (found.record, found.as_before) == ("", 1)
    assert told(found) == [(GONE, 3, "", "", ""), (GONE, 4, "", "", ""), (NEW, "", 3, "", "")]
    assert "a row that changed counts as one gone and one new" in found.words


def test_rows_whose_number_stands_twice_meet_by_content(tmp_path):
    before = written(tmp_path, "old", ["1;14;K;a", "1;12;E;a", ";9;K;a"])
    after = written(tmp_path, "new", ["1;12;E;a", "1;15;K;a", ";9;K;a"])
    assert told(compared(before, after)) == [(GONE, 2, "", "", ""), (NEW, "", 3, "", "")]


def test_a_total_and_another_word_for_not_stated_are_no_changes(tmp_path):
    with_words = MAPPING.replace('delimiter: ";"', 'delimiter: ";", missing: [yok]')
    before = written(tmp_path, "old", ["1;14;K;a", "2;yok;E;a", "Toplam;2;;"], with_words)
    after = written(tmp_path, "new", ["1;14;K;a", "2;;E;a", "3;9;K;a", "Toplam;3;;"])
    assert told(compared(before, after)) == [(NEW, "", 4, "", "")]


def test_a_column_under_another_name_is_the_same_field(tmp_path):
    before = written(
        tmp_path, "old", ["1;14;K;a"], MAPPING.replace("age: Yas", "age: Yasi"), HEAD.replace("Yas", "Yasi")
    )
    after = written(
        tmp_path, "new", ["1;15;K;a"], MAPPING.replace("  sex: {column: Cinsiyet, codes: {K: female, E: male}}\n", "")
    )
    found = compared(before, after)
    assert told(found) == [(CHANGED, 2, 2, "Yas", "B2")]
    assert found.left_out == ("sex",) and "not compared, as one mapping alone declares it: sex" in found.words


def test_sheets_of_a_repeat_group_are_compared_one_by_one(tmp_path):
    mapping = MAPPING.replace('file: {delimiter: ";"}', "file: {sheet: forms}\npersons: persons").replace(
        "record: No", "record: {column: No, of: parent}"
    )

    def book(name: str, ages: list[int], forms: list[str]) -> Path:
        path = tmp_path / f"{name}.xlsx"
        with xlsxwriter.Workbook(path) as opened:
            page = opened.add_worksheet("forms")
            for row, cells in enumerate([["_index", "No"], *([i + 1, no] for i, no in enumerate(forms))]):
                page.write_row(row, 0, cells)
            page = opened.add_worksheet("persons")
            for row, cells in enumerate([["_parent_index", "Yas", "Cinsiyet"], *([1, age, "K"] for age in ages)]):
                page.write_row(row, 0, cells)
        beside(path).write_text(mapping, encoding="utf-8")
        return path

    found = compared(book("old", [14, 12], ["f1"]), book("new", [12, 14, 9], ["f1", "f2"]))
    assert sorted(zip(found.changes["sheet"], found.changes["change"], found.changes["row"], strict=True)) == [
        ("forms", NEW, 3),
        ("persons", NEW, 4),
    ]


def test_a_file_is_not_compared_with_itself(tmp_path):
    path = written(tmp_path, "old", ["1;14;K;a"])
    with refused(UpdateError, "same_file", "old.csv"):
        compared(path, path)


ROW = st.tuples(st.integers(1, 4), st.integers(8, 10), st.sampled_from("KE"))


@given(st.lists(ROW, max_size=6), st.lists(ROW, max_size=6))
def test_every_row_of_both_files_is_accounted_for_once(tmp_path_factory, before, after):
    folder = tmp_path_factory.mktemp("rows")
    # Every row has a note of its own, so that none repeats another in every cell.
    files = [
        written(folder, name, [f"{';'.join(map(str, row))};{at}" for at, row in enumerate(rows)])
        for name, rows in (("old", before), ("new", after))
    ]
    found = compared(*files)
    gone, changed, new = (len(found.rows(change)) for change in (GONE, CHANGED, NEW))
    assert found.as_before + changed + gone == len(before)
    assert found.as_before + changed + new == len(after)
    # What is compared the other way round is the same, with gone and new exchanged.
    back = compared(*files[::-1])
    assert (len(back.rows(GONE)), len(back.rows(CHANGED)), len(back.rows(NEW))) == (new, changed, gone)


@pytest.mark.parametrize("kind", ["confidential", "public"])
def test_no_text_of_a_cell_is_in_what_is_said(tmp_path, kind, monkeypatch):
    key = tmp_path / "key"
    key.write_text("0123456789abcdef")
    key.chmod(0o600)
    monkeypatch.setenv("ANALYSIS_KEY", str(key))
    mapping = MAPPING.replace("kind: synthetic", f"kind: {kind}")
    before = written(tmp_path, "old", ["4711;onbir;Gizli;a", "4712;9;K;a"], mapping)
    after = written(tmp_path, "new", ["4711;oniki;Baska;a", "4713;9;K;a"], mapping)
    found = compared(before, after)
    shown = found.words + found.changes.to_csv()
    assert len(found.changes) == 4
    assert not any(word in shown for word in ("onbir", "oniki", "Gizli", "Baska", "4711", "4712", "4713"))
