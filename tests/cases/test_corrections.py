"""Corrections: applied over a file that stays as it is, tied to the row as it was, and nothing of them in a log."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from case_files import POLICE
from messy_lists import LISTS, Truth, write_lists, write_update
from refusals import refused

from analysis.cases import corrections
from analysis.cases.corrections import CorrectionsError
from analysis.cases.intake import Intake, intake
from analysis.cases.mapping import beside, load
from analysis.cases.processed import quarantine_workbook
from analysis.cases.quarantine_workbook import corrections_of, kept
from analysis.intake.source import preview

MAPPING = (
    POLICE
    + """\
file: {delimiter: ";"}
columns:
  record: No
  given_name: Ad
  detected: {column: Tarih, format: dd.mm.yyyy}
  age: Yas
  sex: {column: Cinsiyet, codes: {K: female, E: male}, required: true}
drop: [Not]
"""
)
HEAD = "No;Ad;Tarih;Yas;Cinsiyet;Not"
# Rows 2 to 5 of the file: the first is clean, of the others one cell each is wrong.
ROWS = (
    "1;Ali;01.02.2021;14;E;x",
    "2;Ayse;31.02.2021;12;K;x",
    "3;Can;03.02.2021;altı;E;x",
    "4;Su;04.02.2021;9;kadin;x",
)


def written(folder: Path, *rows: str) -> Path:
    path = folder / "police.csv"
    path.write_text("\n".join([HEAD, *(rows or ROWS)]) + "\n", encoding="utf-8")
    beside(path).write_text(MAPPING, encoding="utf-8")
    return path


def filled(result: Intake, folder: Path, name: str = "filled.xlsx", **cells: str) -> Path:
    """The workbook of a quarantine with corrections typed into it, by the address of the cell."""
    book = openpyxl.load_workbook(io.BytesIO(quarantine_workbook(result)))
    page = book.worksheets[0]
    head = {cell.value: cell.column for cell in page[1]}
    for row in range(2, page.max_row + 1):
        typed = cells.get(page.cell(row, head["cell"]).value)
        if typed is not None:
            page.cell(row, head["correction"]).value = typed
    book.save(folder / name)
    return folder / name


def corrected(path: Path, **cells: str) -> Intake:
    return intake(path, None, corrections.load(filled(intake(path), path.parent, **cells)))


def outcomes(result: Intake) -> dict[tuple[int, str], str]:
    return {(row.row, row.column): row.outcome for row in result.corrections.itertuples()}


def test_the_workbook_has_one_line_a_cell_and_nothing_that_stands_in_one(tmp_path):
    path = written(tmp_path, *ROWS, "5;Gizli;40.02.2021;gizli;E;x")
    (_, quarantine), (_, help_page) = preview_of(quarantine_workbook(intake(path))).items()
    head, *lines = quarantine
    assert [(line[head.index("cell")], line[head.index("rule")]) for line in lines] == [
        ("C3", "date"), ("D4", "number"), ("E5", "code"), ("C6", "date"), ("D6", "number"),
    ]  # fmt: skip
    assert all(line[head.index(name)] == "" for line in lines for name in ("correction", "by", "note"))
    shown = " ".join(cell for row in [*quarantine, *help_page] for cell in row)
    assert "31.02" not in shown and "kadin" not in shown and "izli" not in shown
    assert "SYNTHETIC" in shown  # what is made of synthetic persons says so


def preview_of(content: bytes) -> dict[str, list[list[str]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {page.title: [[str(v or "") for v in row] for row in page.iter_rows(values_only=True)] for page in book}


def test_corrections_are_applied_over_a_file_that_stays_as_it_is(tmp_path):
    path = written(tmp_path)
    before = path.read_bytes()
    result = corrected(path, C3="28.02.2021", D4="6", E5="K")
    assert path.read_bytes() == before
    assert result.quarantine.empty and len(result.records) == 4
    of = result.records.set_index("record_id")
    assert str(of.loc["police-000003", "date_low"].date()) == "2021-02-28"
    assert of.loc["police-000004", "age_low"] == 6
    assert of.loc["police-000005", "sex"] == "female"
    # The hashes are of the rows as they were received.
    assert list(result.records["row_hash"]) == list(intake(path).rows["row_hash"])
    assert set(outcomes(result).values()) == {"applied"}


def test_an_empty_correction_leaves_the_row_and_two_words_mean_something_else(tmp_path):
    result = corrected(written(tmp_path), C3="-", D4="leave out", E5="")
    assert list(zip(result.quarantine["row"], result.quarantine["rule"], strict=True)) == [
        (4, "left_out"),
        (5, "code"),
    ]
    assert pd.isna(result.records.set_index("record_id").loc["police-000003", "date_low"])
    assert outcomes(result) == {(3, "Tarih"): "applied", (4, "Yas"): "row left out"}


def test_what_is_corrected_is_judged_again(tmp_path):
    # There is no 30 February either; and a required field cannot be not stated.
    result = corrected(written(tmp_path), C3="30.02.2021", E5="not stated")
    assert outcomes(result) == {
        (3, "Tarih"): "applied, and the cell still breaks the rule date",
        (5, "Cinsiyet"): "applied, and the cell still breaks the rule required",
    }
    assert set(result.quarantine["row"]) == {3, 4, 5}


def test_a_row_is_found_by_its_number_where_the_cell_to_be_corrected_is_as_it_was(tmp_path):
    path = written(tmp_path)
    lines = corrections.load(filled(intake(path), tmp_path, C3="28.02.2021", D4="6", E5="K"))
    # In another cell of one row, in the very cell of the next, and in the number itself of the last.
    now = ("2;Ayse;31.02.2021;13;K;y", "3;Can;03.02.2021;yedi;E;x", "9;Su;04.02.2021;8;kadin;x")
    result = intake(written(tmp_path, "7;Oya;09.02.2021;10;K;x", *now), None, lines)
    assert outcomes(result) == {
        (3, "Tarih"): "applied",
        (4, "Yas"): "not applied: the row is there, and what stands in this cell of it may have changed",
        (5, "Cinsiyet"): "not applied: the row has changed, or is gone, or the key of the pseudonyms is another",
    }
    assert set(result.quarantine["row"]) == {4, 5}
    assert result.records.set_index("record_id").loc["police-000003", "age_low"] == 13


def test_another_cell_that_a_line_was_not_written_for_is_not_corrected_in_a_row_that_changed(tmp_path):
    path = written(tmp_path)
    lines = corrections.load(filled(intake(path), tmp_path, C3="28.02.2021")).assign(column="Yas", correction="11")
    assert outcomes(intake(path, None, lines)) == {(3, "Yas"): "applied"}
    noted = written(tmp_path, ROWS[0], "2;Ayse;31.02.2021;12;K;a note in a column that is not declared")
    assert outcomes(intake(noted, None, lines)) == {(3, "Yas"): "applied"}
    changed = written(tmp_path, ROWS[0], "2;Ayse;30.02.2021;12;K;x")
    assert outcomes(intake(changed, None, lines))[3, "Yas"].startswith("not applied")


def test_a_running_number_that_is_declared_as_that_of_the_record_names_no_other_person(tmp_path):
    path = written(tmp_path, *ROWS[1:])
    lines = corrections.load(filled(intake(path), tmp_path, C2="28.02.2021", D3="6"))
    # Ayse is gone. Her number, and what she had in this cell, are now those of Ece.
    now = ("2;Ece;31.02.2021;11;K;x", "1;Can;03.02.2021;altı;E;x")
    result = intake(written(tmp_path, *now), None, lines)
    assert outcomes(result)[3, "Yas"] == "applied" and set(result.quarantine["row"]) == {2}
    assert outcomes(result)[2, "Tarih"].startswith("not applied")


def test_of_two_rows_that_say_the_same_it_is_not_known_which_is_meant(tmp_path):
    mapping = MAPPING.replace("  record: No\n", "").replace("[Not]", "[No, Not]")
    path = written(tmp_path, "1;Ayse;31.02.2021;12;K;x", "2;Ayse;31.02.2021;12;K;x", "3;Ayse;31.02.2021;13;K;x")
    beside(path).write_text(mapping, encoding="utf-8")
    lines = corrections.load(filled(intake(path), tmp_path, C3="28.02.2021", C4="27.02.2021"))
    written(tmp_path, "8;Oya;09.02.2021;10;K;x", "9;Ayse;31.02.2021;12;K;x", "2;Ayse;31.02.2021;13;K;x")
    beside(path).write_text(mapping, encoding="utf-8")
    # Of the first two one is gone; the third is found though its running number has become another.
    assert outcomes(intake(path, None, lines)) == {
        (3, "Tarih"): "not applied: the row has changed, or is gone, or the key of the pseudonyms is another",
        (4, "Tarih"): "applied",
    }


def test_keys_of_rows_show_nothing_and_corrections_without_them_are_read(tmp_path):
    path = written(tmp_path, ROWS[1], ROWS[1].replace("2;Ayse", "5;Oya"), ROWS[1].replace("2;Ayse", "5;Ece"))
    keys = intake(path).quarantine["row_keys"].str.split("-", expand=True)
    # What says the same in two records has two keys; a number that two rows have is none.
    assert keys[2].iloc[0] and keys[2].iloc[0] not in set(keys[2].iloc[1:])
    assert list(keys[1].iloc[1:]) == ["", ""] and keys[0].nunique() == 3
    workbook = filled(intake(path), tmp_path, C2="28.02.2021")
    book = openpyxl.load_workbook(workbook)
    page = book.worksheets[0]
    place = [cell.value for cell in page[1]].index("row_keys") + 1
    page.cell(2, place).value = "k12"
    book.save(workbook)
    with refused(CorrectionsError, "invalid_hash", "row_keys"):
        corrections.load(workbook)
    page.delete_cols(place)
    book.save(workbook)
    assert outcomes(intake(path, None, corrections.load(workbook))) == {(2, "Tarih"): "applied"}


@pytest.fixture(scope="module")
def years(tmp_path_factory) -> tuple[Truth, Truth]:
    """Four messy lists and their exports a year later: rows are gone, and the running numbers below them others."""
    folder = tmp_path_factory.mktemp("years")
    before = write_lists(folder, persons=600, seed=5, kind="synthetic")
    return before, write_update(folder, before, kind="synthetic")


@pytest.mark.parametrize("name", LISTS)
def test_corrections_of_rows_that_are_as_before_carry_over_to_a_newer_export(years, tmp_path, name):
    before, after = years
    first = intake(before.files[name])
    book = openpyxl.load_workbook(io.BytesIO(quarantine_workbook(first)))
    page = book.worksheets[0]
    head = {cell.value: cell.column for cell in page[1]}
    for row in range(2, page.max_row + 1):
        if page.cell(row, head["column"]).value:
            page.cell(row, head["correction"]).value = "-"
    book.save(tmp_path / "filled.xlsx")
    lines = corrections.load(tmp_path / "filled.xlsx")
    result = intake(after.files[name], None, lines)
    old = {row.number: row for row in before.lists[name]}
    now = {row.key: row for row in after.lists[name]}
    said = result.corrections["outcome"].str.startswith("applied")
    same, gone = [], []
    for place, number in enumerate(lines["row"]):
        row = now.get(old[number].key)
        if row is None:
            gone.append(bool(said[place]))
        elif row.cells == old[number].cells:
            same.append((bool(said[place]), int(result.corrections["row"][place])) == (True, row.number))
    assert same and all(same) and not any(gone)
    # The hash of all cells alone finds hardly a row where a running number stands in front of it.
    alone = intake(after.files[name], None, lines.assign(row_keys="")).corrections["outcome"]
    if name != "kobo":
        assert alone.str.startswith("applied").sum() < said.sum()


def test_the_same_row_is_found_where_it_stands_in_a_newer_export(tmp_path):
    path = written(tmp_path)
    lines = corrections.load(filled(intake(path), tmp_path, C3="28.02.2021"))
    written(tmp_path, "9;Oya;09.02.2021;10;K;x", *ROWS)
    result = intake(path, None, lines)
    assert outcomes(result) == {(4, "Tarih"): "applied"}
    # Where two rows are the same in every cell and none has the number, it is not known which is meant.
    written(tmp_path, "9;Oya;09.02.2021;10;K;x", ROWS[0], ROWS[0], ROWS[1], ROWS[1])
    assert outcomes(intake(path, None, lines))[3, "Tarih"].startswith("not applied")


def test_another_cell_of_the_row_can_be_corrected_by_a_line_that_is_added(tmp_path):
    path = written(tmp_path)
    lines = corrections.load(filled(intake(path), tmp_path, C3="28.02.2021"))
    added = pd.concat([lines, lines.assign(column="Yas", correction="13", line=90)], ignore_index=True)
    wrong = pd.concat([added, lines.assign(column="Gizli", correction="13", line=91)], ignore_index=True)
    result = intake(path, None, wrong)
    assert result.records.set_index("record_id").loc["police-000003", "age_low"] == 13
    # What stands there in place of a column may be anything, and is not shown.
    assert outcomes(result)[3, ""] == "not applied: it names no column of the mapping"
    assert not result.corrections.astype(str).map(lambda text: "Gizli" in text).to_numpy().any()


def test_a_formula_that_is_typed_over_is_a_formula_no_more(tmp_path):
    path = tmp_path / "police.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEAD.split(";"))
        page.write_row(1, 0, ROWS[0].split(";"))
        page.write_formula(1, 3, "=7+7", None, 14)
    beside(path).write_text(MAPPING, encoding="utf-8")
    assert list(intake(path).quarantine["rule"]) == ["formula"]
    assert corrected(path, **{"Sheet1!D2": "14"}).records["age_low"].tolist() == [14]


def test_a_repeated_row_that_is_corrected_is_another_person(tmp_path):
    path = written(tmp_path, *ROWS[:1], *ROWS[:1])
    first = intake(path)
    assert list(first.quarantine["rule"]) == ["duplicate"]
    lines = corrections.load(filled(first, tmp_path, **{"row 3": "keep"}))
    result = intake(path, None, lines.assign(column="Ad", correction="Ece"))
    assert result.quarantine.empty and len(result.records) == 2


def test_the_log_says_who_and_when_and_no_value(tmp_path):
    path = written(tmp_path)
    lines, into = corrections_of(path, load(beside(path)), filled(intake(path), tmp_path, E5="K", C3="28.02.2021"))
    assert into is not None and into[0] == tmp_path / "police.corrections.xlsx"
    log = intake(path, None, lines).corrections
    assert list(log) == ["file", "sheet", "row", "column", "outcome", "by", "when"]
    assert log["when"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    assert "28.02" not in log.to_csv() and ";K" not in log.to_csv(sep=";")


def test_what_is_taken_up_joins_what_was_there_and_the_later_counts(tmp_path):
    path = written(tmp_path)
    mapping = load(beside(path))
    _, first = corrections_of(path, mapping, filled(intake(path), tmp_path, C3="27.02.2021", D4="6"))
    assert first is not None
    first[0].write_bytes(first[1])
    assert corrections.beside(path) == first[0]
    lines, _ = corrections_of(path, mapping, filled(intake(path), tmp_path, C3="28.02.2021", E5="K"))
    assert dict(zip(lines["column"], lines["correction"], strict=True)) == {
        "Tarih": "28.02.2021", "Yas": "6", "Cinsiyet": "K",
    }  # fmt: skip
    assert intake(path, None, lines).quarantine.empty
    # As it is kept and read again it is the same.
    again = tmp_path / "again.xlsx"
    again.write_bytes(kept(lines))
    assert corrections.load(again)[list(corrections.COLUMNS)].equals(lines[list(corrections.COLUMNS)])


@pytest.mark.parametrize(
    ("typed", "read"),
    [("007", "007"), ("1/2", "1/2"), ("=1+1 as a text", "=1+1 as a text"), ("05.03.2021", "05.03.2021"), (14, "14")],
)
def test_a_correction_is_read_as_it_was_typed(tmp_path, typed, read):
    path = written(tmp_path)
    book = openpyxl.load_workbook(filled(intake(path), tmp_path))
    page = book.worksheets[0]
    cell = page.cell(2, [each.value for each in page[1]].index("correction") + 1)
    cell.value = typed
    if isinstance(typed, str):
        cell.data_type = "s"
    assert cell.number_format == "@"
    book.save(tmp_path / "typed.xlsx")
    assert list(corrections.load(tmp_path / "typed.xlsx")["correction"]) == [read]


def test_what_is_no_file_of_corrections_is_refused_in_a_sentence(tmp_path):
    path = written(tmp_path)
    with refused(CorrectionsError, "no_corrections", "row_hash"):
        corrections.load(path)
    workbook = filled(intake(path), tmp_path, C3="28.02.2021")
    damaged = openpyxl.load_workbook(workbook)
    page = damaged.worksheets[0]
    head = [cell.value for cell in page[1]]
    page.cell(2, head.index("row_hash") + 1).value = 1.2e19
    damaged.save(tmp_path / "damaged.xlsx")
    with refused(CorrectionsError, "invalid_hash", "row 2"):
        corrections.load(tmp_path / "damaged.xlsx")
    page.cell(2, head.index("correction") + 1).value = "=NOW()"
    damaged.save(tmp_path / "formula.xlsx")
    with refused(CorrectionsError, "formula", "J2"):
        corrections.load(tmp_path / "formula.xlsx")
    with refused(CorrectionsError, "no_corrections", "fill in"):
        corrections_of(path, load(beside(path)), filled(intake(path), tmp_path))
    for ending in (".xlsx", ".csv"):
        (tmp_path / f"police.corrections{ending}").write_bytes(b"x")
    with refused(CorrectionsError, "ambiguous_corrections", "keep one"):
        corrections.beside(path)


def test_corrections_in_a_csv_file_are_read_too(tmp_path):
    path = written(tmp_path)
    rows = preview(filled(intake(path), tmp_path, C3="28.02.2021"))["Quarantine"]
    text = "\n".join(";".join(f'"{cell}"' for cell in row) for row in rows) + "\n"
    (tmp_path / "police.corrections.csv").write_text(text, encoding="utf-8")
    lines, into = corrections_of(path, load(beside(path)), None)
    assert into is None and outcomes(intake(path, None, lines)) == {(3, "Tarih"): "applied"}
