"""What real files do that is easily read as something else: each of these was once read wrongly."""

import zipfile
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from case_files import HEAD, read
from refusals import refused

from analysis import cases
from analysis.cases.htcds import meets_definition
from analysis.cases.mapping import MappingError, beside
from analysis.cases.processed import render, summary
from analysis.intake.source import SourceError


def excel(folder: Path, fill, columns: str, file: str = "") -> Path:
    path = folder / "l.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        fill(book)
    beside(path).write_text(HEAD + (f"file: {{{file}}}\n" if file else "") + columns, encoding="utf-8")
    return path


def altered(path: Path, member: str, *changes: tuple[bytes, bytes], renamed: str = "") -> None:
    """A workbook with a part of its archive changed by hand, as other programs write it."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for old, new in changes:
        assert old in parts[member]
        parts[member] = parts[member].replace(old, new)
    if renamed:
        parts[renamed] = parts.pop(member)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def faults(result: cases.Intake) -> list[tuple[int, str, str]]:
    return list(result.quarantine[["row", "column", "rule"]].itertuples(index=False, name=None))


# --- Marks and codes -----------------------------------------------------------------------------------------------


def test_plus_and_minus_are_not_one_mark(tmp_path):
    columns = "columns:\n  age: a\n  means_of_control: {columns: {PhysicalThreats: t}, yes: ['+', ✓], no: ['-']}\n"
    rows = [["a", "t"], ["12", "+"], ["12", "-"], ["12", "✓"], ["12", "?"], ["12", ""]]
    result = read(tmp_path, rows, columns)
    assert result.records["means_of_control"].tolist() == ["PhysicalThreats", "None", "PhysicalThreats", ""]
    assert faults(result) == [(5, "t", "code")]


def test_codes_that_are_marks(tmp_path):
    columns = "columns:\n  age: a\n  sex: {column: s, codes: {'+': female, '-': male}}\n"
    result = read(tmp_path, [["a", "s"], ["1", "+"], ["1", "-"], ["1", "*"]], columns)
    assert result.records["sex"].tolist() == ["female", "male"]
    assert faults(result) == [(4, "s", "code")]


def test_options_for_not_known_and_none_and_two_options_of_one_code(tmp_path):
    columns = """\
columns:
  age: a
  means_of_control: {columns: {PhysicalThreats: t, Other: [o1, o2], "": dk, None: none}, yes: ["1"], no: ["0"]}
"""
    rows = [
        ["a", "t", "o1", "o2", "dk", "none"],
        ["1", "1", "0", "0", "0", "0"],
        ["1", "0", "0", "1", "0", "0"],
        ["1", "0", "0", "0", "1", "0"],
        ["1", "0", "0", "0", "0", "1"],
        ["1", "0", "0", "0", "0", "0"],
        ["1", "1", "0", "0", "0", "1"],
        ["1", "0", "", "0", "0", ""],
    ]
    result = read(tmp_path, rows, columns)
    assert result.records["means_of_control"].tolist() == ["PhysicalThreats", "Other", "", "None", "None", ""]
    assert [fault[::2] for fault in faults(result)] == [(7, "code")]


def test_only_the_options_for_not_known_and_none(tmp_path):
    columns = """columns: {age: a, means_of_control: {columns: {"": dk, None: none}, yes: ["1"], no: ["0"]}}\n"""
    rows = [["a", "dk", "none"], ["1", "1", "0"], ["1", "0", "1"], ["1", "", ""], ["1", "0", "0"]]
    assert read(tmp_path, rows, columns).records["means_of_control"].tolist() == ["", "None", "", ""]


# --- Excel ---------------------------------------------------------------------------------------------------------

TWO = "columns: {record: n, age: a}\n"


def header(book: xlsxwriter.Workbook, name: str = "S"):
    sheet = book.add_worksheet(name)
    sheet.write_row(0, 0, ["n", "a"])
    return sheet


def test_an_array_formula_marks_all_the_cells_that_it_fills(tmp_path):
    def fill(book):
        sheet = header(book)
        for row in (1, 2, 3, 4):
            sheet.write(row, 0, f"r{row}")
        sheet.write_array_formula("B2:B4", "{=ROW(B2:B4)}", value=12)
        sheet.write("B3", 12)
        sheet.write("B4", 12)
        sheet.write("B5", 12)

    result = cases.intake(excel(tmp_path, fill, TWO))
    assert faults(result) == [(2, "a", "formula"), (3, "a", "formula"), (4, "a", "formula")]


def test_a_formula_in_a_merged_range_marks_all_its_rows(tmp_path):
    def fill(book):
        sheet = header(book)
        sheet.write_column(1, 0, ["r1", "r2", "r3"])
        sheet.merge_range("B2:B3", "")
        sheet.write_formula("B2", "=6+6", value=12)
        sheet.write("B4", 12)

    assert faults(cases.intake(excel(tmp_path, fill, TWO))) == [(2, "a", "formula"), (3, "a", "formula")]


def one_formula(book):
    sheet = header(book)
    sheet.write("A2", "r")
    sheet.write_formula("B2", "=6+6", value=12)


RELATIONS = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"


@pytest.mark.parametrize(
    ("member", "change", "renamed"),
    [
        ("xl/workbook.xml", (RELATIONS, b"http://purl.oclc.org/ooxml/officeDocument/relationships"), ""),
        ("xl/worksheets/sheet1.xml", (b"<f>", b"<f>"), "xl/worksheets/Sheet1.xml"),
        ("xl/worksheets/sheet1.xml", (b'r="B2"', b"r='B2'"), ""),
    ],
)
def test_a_formula_is_seen_however_the_workbook_was_saved(tmp_path, member, change, renamed):
    path = excel(tmp_path, one_formula, TWO)
    altered(path, member, change, renamed=renamed)
    try:
        assert faults(cases.intake(path)) == [(2, "a", "formula")]
    except SourceError as error:
        # The reader of values may know this way of saving less well: then the file is refused as a whole.
        assert "again" in str(error)


def test_a_sheet_that_is_named_and_not_there_is_no_empty_sheet(tmp_path):
    path = excel(tmp_path, one_formula, TWO)
    altered(path, "xl/_rels/workbook.xml.rels", (b"worksheets/sheet1.xml", b"worksheets/sheet9.xml"))
    with pytest.raises(SourceError):
        cases.intake(path)


def test_an_error_of_excel_is_not_an_empty_cell(tmp_path):
    def fill(book):
        sheet = header(book)
        sheet.write_column(1, 0, ["r1", "r2"])
        sheet.write("B2", "ERR1")
        sheet.write("B3", 12)
        sheet.write("A4", "ERR2")

    path = excel(tmp_path, fill, TWO)
    with zipfile.ZipFile(path) as archive:
        strings = archive.read("xl/sharedStrings.xml").decode()
    texts = [part.split("</t>")[0] for part in strings.split("<t>")[1:]]
    sheet = "xl/worksheets/sheet1.xml"
    for cell, text in (("B2", "ERR1"), ("A4", "ERR2")):
        old = f'<c r="{cell}" t="s"><v>{texts.index(text)}</v></c>'.encode()
        altered(path, sheet, (old, f'<c r="{cell}" t="e"><v>#N/A</v></c>'.encode()))
    result = cases.intake(path)
    # A row of nothing but errors is a row as well.
    assert sorted(faults(result)) == [(2, "a", "error"), (4, "n", "error")]
    assert result.records["row"].tolist() == [3]


def test_cells_merged_over_empty_rows_make_no_persons(tmp_path):
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["i", "a"])
        sheet.merge_range("A2:A6", "Adana")
        sheet.write_column(1, 1, [12, 13])

    columns = "columns: {area: i, age: a}\n"
    assert cases.intake(excel(tmp_path, fill, columns)).rows["row"].tolist() == [2, 3]


def test_a_hidden_sheet_is_not_the_first(tmp_path):
    def fill(book):
        hidden = header(book, "old")
        hidden.write_row(1, 0, ["x", 1])
        shown = header(book, "new")
        shown.write_row(1, 0, ["y", 2])
        hidden.hide()
        shown.activate()

    assert cases.intake(excel(tmp_path, fill, TWO)).records["age_low"].tolist() == [2]


def test_the_first_sheet_of_a_confidential_file_is_not_guessed(tmp_path, monkeypatch):
    (tmp_path / "key").write_text("0123456789abcdef")
    monkeypatch.setenv("ANALYSIS_KEY", str(tmp_path / "key"))
    path = excel(tmp_path, lambda book: (header(book, "Ayşe Kanarya"), header(book, "Can Kanarya")), TWO)
    mapping = beside(path)
    mapping.write_text(mapping.read_text(encoding="utf-8").replace("kind: synthetic", "kind: confidential"))
    with refused(MappingError, "ambiguous_sheet") as error:
        cases.intake(path)
    assert "Kanarya" not in str(error.value)


def test_the_only_sheet_of_a_confidential_file_needs_no_name_and_is_not_named(tmp_path, monkeypatch):
    (tmp_path / "key").write_text("0123456789abcdef")
    (tmp_path / "key").chmod(0o600)
    monkeypatch.setenv("ANALYSIS_KEY", str(tmp_path / "key"))
    path = excel(tmp_path, lambda book: header(book, "Ayşe Kanarya").write_row(1, 0, ["1", "x"]), TWO)
    mapping = beside(path)
    mapping.write_text(mapping.read_text(encoding="utf-8").replace("kind: synthetic", "kind: confidential"))
    found = cases.intake(path)
    assert faults(found) == [(2, "a", "number")]
    assert "Kanarya" not in found.quarantine.to_csv() + summary(found) + render([found])


def test_a_reader_that_panics_is_one_sentence(tmp_path, capfd):
    path = excel(tmp_path, lambda book: header(book).write("A2", "x"), TWO)
    altered(path, "xl/worksheets/sheet1.xml", (b'r="A2"', b'r="ZZZZZZZ99999999999"'))
    with refused(SourceError, "damaged_file"):
        cases.intake(path)
    assert capfd.readouterr() == ("", "")


# --- Rows ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "first", ["İl toplamı", "Île total", "* Toplam", "(Total)", "\xa0Toplam", "Adana Toplamı", "Totais"]
)
def test_totals_however_they_are_written(tmp_path, first):
    rows = [["n", "i", "a", "s"], ["1", "Adana", "12", "m"], [first, "", "12", ""]]
    columns = "columns: {record: n, area: i, age: a, sex: s}\n"
    file = "totals: [İl toplamı, Île total]"
    assert faults(read(tmp_path, rows, columns, file)) == [(3, "", "total")]


def test_a_person_is_no_total_for_a_name(tmp_path):
    rows = [["f", "g", "i", "a", "s"], ["Toplam Yılmaz", "Ayşe", "Adana", "12", "f"]]
    assert faults(read(tmp_path, rows, "columns: {family_name: f, given_name: g, area: i, age: a, sex: s}\n")) == []


def test_footnotes_are_no_persons(tmp_path):
    rows = [["n", "a", "notes"], ["1", "12", ""], ["Kaynak: Emniyet", "", ""], ["", "", "see above"]]
    result = read(tmp_path, rows, "columns: {record: n, age: a}\n")
    assert faults(result) == [(3, "", "note"), (4, "", "empty")]


@pytest.mark.parametrize(
    "text", ["Kaynak: Emniyet", "* yaşlar tespit tarihindedir", "Not : taslak", "Nota: x", "NOTE: x"]
)
def test_a_note_below_the_list_is_no_name_of_a_person(tmp_path, text):
    rows = [["n", "a", "s"], ["Ayşe Can", "12", "f"], ["Notar Can", "", ""], [text, "", ""], [text, "12", ""]]
    result = read(tmp_path, rows, "columns: {full_name: n, age: a, sex: s}\n")
    # Of whom a name is all that is known is a person, and so is who has an age beside a strange name.
    assert faults(result) == [(4, "", "note")]
    assert result.records["row"].tolist() == [2, 3, 5]


FOUR = "columns: {record: n, full_name: f, age: a, sex: s}\n"


def four(book: xlsxwriter.Workbook):
    sheet = book.add_worksheet("S")
    sheet.write_row(0, 0, ["n", "f", "a", "s"])
    sheet.write_row(1, 0, ["1", "Ayşe Can", 12, "f"])
    return sheet


@pytest.mark.parametrize(
    ("cells", "beside_it"),
    [("A3:D3", {}), ("A3:C3", {}), ("A3:B3", {}), ("A3:D5", {}), ("B3:D3", {"A3": 2}), ("A3:C3", {"D3": "f"})],
)
def test_a_text_over_nearly_all_columns_is_one_note_and_no_value_of_each(tmp_path, cells, beside_it):
    def fill(book):
        sheet = four(book)
        sheet.merge_range(cells, "Dosya gizlidir")
        for cell, value in beside_it.items():
            sheet.write(cell, value)

    result = cases.intake(excel(tmp_path, fill, FOUR))
    assert faults(result) == [(3, "", "note")]
    assert result.rows["outcome"].tolist() == ["clean", "quarantine"]


def test_two_cells_merged_among_others_are_filled(tmp_path):
    def fill(book):
        sheet = four(book)
        sheet.write_row(2, 0, ["2", "Can Can"])
        sheet.merge_range("C3:D3", "x")

    assert faults(cases.intake(excel(tmp_path, fill, FOUR))) == [(3, "a", "number"), (3, "s", "code")]


def test_a_sum_over_merged_cells_is_a_total(tmp_path):
    path = excel(tmp_path, lambda book: four(book).merge_range("A3:D3", "Toplam: 1"), FOUR)
    assert faults(cases.intake(path)) == [(3, "", "total")]


@pytest.mark.parametrize("sign", ["\u200b", "\ufeff", "\u200e", "\u00ad", "\u2060"])
def test_signs_that_nobody_sees_change_nothing_in_any_column(tmp_path, sign):
    columns = """\
columns:
  record: n
  full_name: f
  detected: {column: d, format: dd.mm.yyyy}
  age: {column: a, units: yaş}
  sex: {column: s, codes: {K: female}}
  area: p
"""
    plain = ["7", "Ayşe Can", "01.02.2020", "14 yaş", "K", "Kilis"]
    rows = [["n", "f", "d", "a", "s", "p"], plain, [f"{sign}{text[:1]}{sign}{text[1:]}{sign}" for text in plain]]
    result = read(tmp_path, rows, columns)
    # The second row is the first one again, letter by letter.
    assert faults(result) == [(3, "", "duplicate")]
    rows[2][0] = f"8{sign}"
    rows[0][2] = f"d{sign}"
    first, second = (
        read(tmp_path, rows, columns).records.drop(columns=["record_id", "row", "row_hash"]).to_dict("records")
    )
    assert {name for name in first if str(first[name]) != str(second[name])} <= {"source_record", "link_record"}


def test_a_number_that_looks_like_not_stated_is_still_a_number_of_a_record(tmp_path):
    rows = [["n", "a", "s"], ["99", "99", "f"]]
    record = read(tmp_path, rows, "columns: {record: n, age: a, sex: s}\n", 'missing: ["99"]').records.iloc[0]
    assert record["source_record"] != "" and pd.isna(record["age_low"])


def test_a_form_number_that_stands_twice_belongs_to_no_form(tmp_path):
    def fill(book):
        forms, stops = book.add_worksheet("f"), book.add_worksheet("s")
        for row, cells in enumerate([["a", "_index"], [12, 1], [13, 2], [14, 1]]):
            forms.write_row(row, 0, cells)
        for row, cells in enumerate([["p", "_parent_index"], ["Kilis", 1], ["Adana", 2], ["", 2]]):
            stops.write_row(row, 0, cells)

    columns = "columns: {age: a}\nstops: [{sheet: s, role: transit, place: p}]\n"
    result = cases.intake(excel(tmp_path, fill, columns, "sheet: f"))
    assert result.quarantine[["sheet", "row", "rule"]].to_numpy().tolist() == [["s", 2, "parent"]]
    # A stop of which only the role is known is one, at a place that is not known.
    assert result.stops[["journey_id", "place_id", "role"]].to_numpy().tolist() == [
        ["l-000003", "TR-01", "transit"],
        ["l-000003", "", "transit"],
    ]


def test_rows_of_forms_without_forms(tmp_path):
    def fill(book):
        book.add_worksheet("f").write_row(0, 0, ["d", "_index"])
        persons = book.add_worksheet("p")
        persons.write_row(0, 0, ["a", "_parent_index"])
        persons.write_row(1, 0, [12, 1])

    columns = "columns: {detected: {column: d, format: yyyy, of: parent}, age: a}\npersons: p\n"
    with refused(MappingError, "missing_forms"):
        cases.intake(excel(tmp_path, fill, columns, "sheet: f"))


# --- Sizes -----------------------------------------------------------------------------------------------------------


def test_more_columns_than_any_list_has_are_refused_and_few_are_named(tmp_path):
    wide = [[f"c{number}" for number in range(1999)], [*["x"] * 1998, "12"]]
    result = read(tmp_path, wide, "columns: {age: c1998}\n")
    assert len(result.records) == 1
    assert max(map(len, summary(result).splitlines())) < 1000
    assert "1,978 more" in summary(result)
    with refused(SourceError, "too_many_columns", "2,000", "2,001"):
        read(tmp_path, [[*row, "y", "z"] for row in wide], "columns: {age: c1998}\n")
    with refused(SourceError, "too_many_columns", "2,001"):
        cases.intake(excel(tmp_path, lambda book: header(book).write(9, 2000, "x"), TWO))


def test_a_sheet_that_reaches_far_beyond_its_list_is_refused(tmp_path):
    def fill(book):
        sheet = header(book)
        sheet.write_row(1, 0, ["1", 12])
        sheet.write("F1048576", "x")

    with refused(SourceError, "mostly_empty", "1,048,576"):
        cases.intake(excel(tmp_path, fill, TWO))


# --- Ages and children ---------------------------------------------------------------------------------------------

LIFE = """\
columns:
  birth: {column: b, format: [dd.mm.yyyy, yyyy]}
  detected: {column: d, format: [dd.mm.yyyy, yyyy]}
  exploited: {column: e, format: [dd.mm.yyyy, yyyy]}
  reported: {column: r, format: [dd.mm.yyyy, yyyy]}
  age: a
  age_exploited: x
"""
LIFE_COLUMNS = ["b", "d", "e", "r", "a", "x"]


@pytest.mark.parametrize(
    ("cells", "low", "high", "child"),
    [
        # 18 on the day, said to be 17: either can be right.
        ({"b": "01.06.2004", "d": "01.06.2022", "a": "17"}, None, 18, "unknown"),
        ({"b": "02.06.2004", "d": "01.06.2022"}, None, 17, "yes"),
        # 17 when found, so not 18 when exploitation began earlier in that year.
        ({"b": "01.06.2003", "d": "01.03.2021", "e": "2021"}, 17, 17, "yes"),
        # 15 in 2022, exploited since 2020.
        ({"a": "15", "d": "01.06.2022", "e": "01.06.2020"}, 12, 13, "yes"),
        ({"a": "19", "d": "2022"}, None, 19, "unknown"),
        ({"a": "<5"}, None, 4, "yes"),
        ({"a": ">18"}, None, None, "unknown"),
    ],
)
def test_who_was_a_child_when_exploitation_began(tmp_path, cells, low, high, child):
    record = read(tmp_path, [LIFE_COLUMNS, [cells.get(name, "") for name in LIFE_COLUMNS]], LIFE).records.iloc[0]
    found = [None if pd.isna(record[name]) else record[name] for name in ("exploited_age_low", "exploited_age_high")]
    assert (*found, record["child"]) == (low, high, child)


@pytest.mark.parametrize(
    ("cells", "low", "high", "child"),
    [
        # Stated with or without when exploitation began: an adult when detected.
        ({"a": "19", "d": "2022"}, 19, 19, "no"),
        ({"a": ">18"}, 19, None, "no"),
        # An age when exploitation began alone: as old, or older, when detected.
        ({"x": "20"}, 20, None, "no"),
        ({"x": "14"}, 14, None, "unknown"),
        # Two whole years lie between the two days, so that there were two birthdays, or three.
        ({"x": "14", "e": "01.06.2020", "d": "02.06.2022"}, 16, 17, "yes"),
        ({"x": "14", "e": "01.06.2018", "d": "02.06.2022"}, 18, 19, "no"),
        ({"r": "2022"}, None, None, "unknown"),
    ],
)
def test_who_was_a_child_when_detected(tmp_path, cells, low, high, child):
    record = read(tmp_path, [LIFE_COLUMNS, [cells.get(name, "") for name in LIFE_COLUMNS]], LIFE).records.iloc[0]
    found = [None if pd.isna(record[name]) else record[name] for name in ("age_low", "age_high")]
    assert (*found, record["child_detected"]) == (low, high, child)


def test_of_an_adult_when_detected_it_is_unknown_and_not_denied_that_means_are_needed(tmp_path):
    """Palermo Protocol, art. 3 (c): who was a child when exploitation began needs none."""
    ages = [{"a": "25"}, {"a": "25", "x": "16"}, {"a": "25", "x": "21"}, {"a": "15"}]
    read_ages = [read(tmp_path, [LIFE_COLUMNS, [each.get(name, "") for name in LIFE_COLUMNS]], LIFE) for each in ages]
    child = pd.Categorical([found.records["child"].iloc[0] for found in read_ages], ["yes", "no", "unknown"])
    assert list(child) == ["unknown", "yes", "no", "yes"]
    purpose, none = pd.Categorical(["ForcedLabour"] * 4), pd.Categorical([""] * 4)
    assert list(meets_definition(purpose, none, child)) == ["not stated", "met", "not stated", "met"]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"a": "3", "d": "2022", "e": "2010"}, "e"),
        ({"a": "15", "x": "20"}, "x"),
        ({"b": "2010", "e": "2020", "x": "30"}, "x"),
        ({"b": "2020", "r": "2010"}, "b"),
        ({"e": "2020", "r": "2010"}, "e"),
    ],
)
def test_lives_that_cannot_be(tmp_path, cells, column):
    result = read(tmp_path, [LIFE_COLUMNS, [cells.get(name, "") for name in LIFE_COLUMNS]], LIFE)
    assert faults(result) == [(2, column, "order")]


UNITS = (
    "{yaş: years, ans: years, anos: years, yrs: years, y/o: years, years: years, ay: months, months: months, "
    "mois: months, an: years, hafta: weeks, gün: days}"
)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("14 yaş", 14, 14),
        ("14YAŞ", 14, 14),
        ("14 ans", 14, 14),
        ("14 anos", 14, 14),
        ("14 yrs.", 14, 14),
        ("14 y/o", 14, 14),
        ("14", 14, 14),
        ("14,5 ans", 14, 14),
        ("9-17 yaş", 9, 17),
        ("48+ ans", 48, None),
        ("<5 yaş", 0, 4),
        ("> 16 yaş", 17, None),
        ("3 ay", 0, 0),
        ("11 months", 0, 0),
        ("12 months", 1, 1),
        ("18-30 ay", 1, 2),
        ("<13 ay", 0, 1),
        ("1 an 6 mois", 1, 1),
        ("1 an 14 mois", 2, 2),
        # 365 days are a year where no leap day is among them; 52 weeks and 6 days are 370 days at most.
        ("364 gün", 0, 0),
        ("365 gün", 0, 1),
        ("366 gün", 1, 1),
        ("51 hafta", 0, 0),
        ("52 hafta", 0, 1),
        ("53 hafta", 1, 1),
    ],
)
def test_an_age_with_its_unit(tmp_path, text, low, high):
    columns = f"columns: {{record: n, age: {{column: a, units: {UNITS}}}}}\n"
    record = read(tmp_path, [["n", "a"], ["1", text]], columns, 'decimal: ","').records.iloc[0]
    found = [None if pd.isna(record[name]) else record[name] for name in ("age_low", "age_high")]
    assert found == [low, high]


@pytest.mark.parametrize(
    "text",
    ["14 x", "yaş", "yaş 14", "14 yaş 3", "14 yaş x", "140 yaş", "6 mois 1 an", "17-9 yaş", "14 yaş yaş", "~14 yaş"],
)
def test_what_is_no_age_with_a_unit_waits_in_quarantine(tmp_path, text):
    columns = f"columns: {{record: n, age: {{column: a, units: {UNITS}}}}}\n"
    assert faults(read(tmp_path, [["n", "a"], ["1", text]], columns)) == [(2, "a", "number")]


def test_a_unit_that_is_not_declared_is_not_guessed_and_one_of_bare_numbers_can_be(tmp_path):
    rows = [["n", "a"], ["1", "30"], ["2", "30 ay"]]
    assert faults(read(tmp_path, rows, "columns: {record: n, age: a}\n")) == [(3, "a", "number")]
    records = read(tmp_path, rows, 'columns: {record: n, age: {column: a, units: {"": months, ay: months}}}\n').records
    assert records["age_low"].tolist() == [2, 2]


# --- Places and names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("meant", ["TR-63", "tr-63", "tr_63", "Şanlıurfa", "ŞANLIURFA", "sanliurfa", "Urfa"])
def test_a_spelling_may_name_the_place_by_its_id_or_its_name(tmp_path, meant):
    rows = [["a", "p", "u"], ["1", "Urfa Mrk", "Suriyelidir"]]
    columns = (
        f"columns: {{age: a, area: {{column: p, places: {{urfa mrk: {meant}}}}}, nationality: {{column: u, codes: "
    )
    record = read(tmp_path, rows, columns + "{suriyelidir: Suriye}}}\n").records.iloc[0]
    assert (record["area_id"], record["nationality"]) == ("TR-63", "SYR")


def test_an_entry_that_names_no_place_is_named_by_its_file_field_and_number(tmp_path):
    columns = "columns: {age: a, area: {column: p, places: {x: Kilis, y: Kanarya}}}\n"
    with refused(MappingError, "invalid_mapping", "l.mapping.yml", "`area:`", "`places:`", "entry 2", "TR-") as error:
        read(tmp_path, [["a", "p"], ["1", "x"]], columns)
    assert "Kanarya" not in str(error.value)
    columns = "columns: {age: a}\nstops: [{role: transit, place: {column: p, places: {x: Niger, y: Kongo}}}]\n"
    # One name, two countries.
    with refused(MappingError, "invalid_mapping", "stop 1", "entry 2"):
        read(tmp_path, [["a", "p"], ["1", "x"]], columns)


def test_a_hyphen_within_a_name_separates_no_places(tmp_path):
    columns = "columns: {age: a}\nstops: [{role: transit, place: {column: p, split: '-'}}]\n"
    rows = [["a", "p"], ["1", "Guinée-Bissau-Sénégal"], ["1", "Senegal - Mali"], ["1", "Guinée-Bissau-Nulle part"]]
    result = read(tmp_path, rows, columns)
    assert result.stops.groupby("journey_id")["place_id"].agg(list).tolist() == [["GNB", "SEN"], ["SEN", "MLI"]]
    assert faults(result) == [(4, "p", "place")]


def test_a_family_name_before_a_comma(tmp_path):
    rows = [["n", "a"], ["CAN, Ali", "1"], ["Ali Can", "1"], ["Ali", "1"]]
    found = read(tmp_path, rows, "columns: {full_name: n, age: a}\n").records
    assert found["link_given"].nunique() == 1
    assert found["link_family"].astype(str).tolist()[0] == found["link_family"].astype(str).tolist()[1] != ""


@pytest.mark.parametrize(
    ("content", "encoding", "hint"),
    [
        ("a,n\n1,“x”\n".encode("cp1252"), "latin-1", ("probably_cp1252",)),
        (b"a,n\n1,x\n" + b"\xff", "utf-16", ("not_utf16", "16")),
        ("a,n\n1,ş\n".encode(), "cp1252", ("actually_utf8", "UTF-8")),
    ],
)
def test_an_encoding_that_cannot_be(tmp_path, content, encoding, hint):
    path = tmp_path / "l.csv"
    path.write_bytes(content)
    beside(path).write_text(f"{HEAD}file: {{encoding: {encoding}}}\ncolumns: {{age: a}}\n", encoding="utf-8")
    with refused(SourceError, *hint):
        cases.intake(path)


def test_letters_that_look_like_utf8_and_are_not(tmp_path):
    path = tmp_path / "l.csv"
    path.write_bytes("a,n\n1,“IRMÃ” ç\n".encode("cp1252"))
    beside(path).write_text(f"{HEAD}file: {{encoding: cp1252}}\ncolumns: {{age: a, given_name: n}}\n", encoding="utf-8")
    assert len(cases.intake(path).records) == 1


def test_letters_that_another_reader_has_spoilt_wait_in_quarantine(tmp_path):
    rows = [["n", "a"], *[[f"x{number}", "1"] for number in range(40)], ["AyÅ\x9fe", "1"], ["Ay\ufffde", "1"]]
    assert [fault[::2] for fault in faults(read(tmp_path, rows, "columns: {given_name: n, age: a}\n"))] == [
        (42, "encoding"),
        (43, "encoding"),
    ]


# --- What rows in quarantine leave behind --------------------------------------------------------------------------


def test_categories_hold_nothing_of_rows_in_quarantine(tmp_path):
    rows = [["a", "f", "i"], ["1", "ForcedLabour", "Kilis"], ["x", "OrganRemoval", "Adana"]]
    records = read(tmp_path, rows, "columns: {age: a, exploitation: f, area: i}\n").records
    assert records["exploitation"].cat.categories.tolist() == ["ForcedLabour"]
    assert records["area_id"].cat.categories.tolist() == ["TR-79"]


def test_a_row_hash_cannot_be_made_of_others(tmp_path):
    rows = [["g", "f", "a"], *[[given, family, "1"] for given in ("Ayşe", "Can") for family in ("Ak", "Su")]]
    hashes = [
        int(value)
        for value in read(tmp_path, rows, "columns: {given_name: g, family_name: f, age: a}\n").records["row_hash"]
    ]
    assert (hashes[1] + hashes[2] - hashes[0]) % 2**64 != hashes[3]
