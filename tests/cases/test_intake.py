"""Intake: messy files in; clean records, a quarantine that says why, and nothing lost or leaked."""

import csv
import datetime
import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from analysis import cases
from analysis.cases import mapping as mappings
from analysis.cases.mapping import MappingError
from analysis.intake.pseudonyms import secret_key
from analysis.intake.sheet import row_hashes
from analysis.intake.source import LARGEST, SourceError, letters, preview
from journeys import legs

HEAD = """\
list: police
title: Children identified by the police
study: turkiye
kind: synthetic
publisher: Nobody
source: synthetic
date: 2024-01-31
"""
COLUMNS = """\
columns:
  record: No
  given_name: Ad
  birth: {column: Doğum, format: [dd.mm.yyyy, yyyy]}
  detected: {column: Tarih, format: [dd.mm.yyyy, mm.yyyy, month yyyy, yyyy]}
  age: Yaş
  sex: {column: Cinsiyet, codes: {K: female, E: male}}
  nationality: Uyruk
  area: {column: İl, places: {Suruç: TR-63}}
  exploitation: {column: Sömürü, split: ";", codes: {tarım: ForcedLabour, dilencilik: ForcedBegging, yok: None}}
"""
NAMES = ["No", "Ad", "Doğum", "Tarih", "Yaş", "Cinsiyet", "Uyruk", "İl", "Sömürü"]
GOOD = ["007", "Ayşe", "05.03.2009", "06.05.2022", "13", "K", "TR", "ŞANLIURFA", "tarım"]


def write_csv(
    folder: Path, rows: list[list[str]], encoding: str = "utf-8", more: str = "", columns: str = COLUMNS
) -> Path:
    """A CSV file with its mapping beside it."""
    path = folder / "police.csv"
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows([NAMES, *rows])
    path.write_bytes(text.getvalue().encode(encoding))
    file = f"file: {{delimiter: ';', encoding: {encoding.replace('-sig', '')}{more}}}\n"
    mappings.beside(path).write_text(HEAD + file + columns, encoding="utf-8")
    return path


def changed(**cells: str) -> list[str]:
    """A good row with some cells changed, by the names of their columns."""
    return [cells.get(name, cell) for name, cell in zip(NAMES, GOOD, strict=True)]


def only(folder: Path, **cells: str) -> pd.Series:
    """The one record that comes of a row with some cells changed."""
    result = cases.intake(write_csv(folder, [changed(**cells)]))
    assert result.quarantine.empty, result.quarantine[["column", "rule"]].to_string()
    return result.records.iloc[0]


def rules(folder: Path, *rows: list[str], **options: str) -> list[tuple[int, str, str]]:
    """Row, column and rule of what goes to quarantine."""
    quarantine = cases.intake(write_csv(folder, list(rows), **options)).quarantine
    return list(quarantine[["row", "column", "rule"]].itertuples(index=False, name=None))


# --- What stands in a cell -----------------------------------------------------------------------------------------


def born(record: pd.Series) -> tuple[str, str]:
    """What persons are linked by: the first and the last day on which the person can have been born."""
    return str(record["link_birth_low"].date()), str(record["link_birth_high"].date())


@pytest.mark.parametrize(
    ("cells", "interval"),
    [
        ({"Doğum": ""}, ("2008-05-07", "2009-05-06")),  # 13 years on 6 May 2022
        ({"Doğum": "", "Tarih": "05.2022"}, ("2008-05-02", "2009-05-31")),
        ({"Doğum": "", "Yaş": "12-14"}, ("2007-05-07", "2010-05-06")),
        ({"Doğum": "", "Tarih": "29.02.2020", "Yaş": "10"}, ("2009-03-02", "2010-03-01")),
        ({"Doğum": "2009"}, ("2009-01-01", "2009-05-06")),  # the year that both allow
        ({}, ("2009-03-05", "2009-03-05")),
        ({"Doğum": "07.05.2009", "Yaş": "13"}, ("2009-05-07", "2009-05-07")),  # 12 on that day: the age is a year off
    ],
)
def test_an_age_at_a_date_is_an_interval_of_birth(tmp_path, cells, interval):
    """Who has completed 13 years on 6 May 2022 was born on 7 May 2008 at the earliest and 6 May 2009 at the latest."""
    assert born(only(tmp_path, **cells)) == interval


def test_without_a_day_of_detection_an_age_is_of_the_year_before_the_entry(tmp_path):
    columns = COLUMNS.replace("  detected:", "  reported:")
    path = write_csv(tmp_path, [changed(Doğum="")], columns=columns)
    # 13 years between 5 May 2021 and 6 May 2022.
    assert born(cases.intake(path).records.iloc[0]) == ("2007-05-06", "2009-05-06")


def test_an_age_without_any_date_says_nothing_of_birth(tmp_path):
    record = only(tmp_path, Doğum="", Tarih="")
    assert pd.isna(record["link_birth_low"]) and pd.isna(record["link_birth_high"])


def test_a_good_row_becomes_a_record_in_the_words_of_the_standard(tmp_path):
    record = only(tmp_path)
    assert record["record_id"] == "police-000002"
    assert (record["area_id"], record["nationality"], record["sex"]) == ("TR-63", "TUR", "female")
    assert record["date_low"] == record["date_high"] == pd.Timestamp("2022-05-06")
    assert (record["age_low"], record["age_high"], record["child"]) == (13, 13, "yes")
    assert record["exploitation"] == "ForcedLabour"
    # No means of control: of children none are required (Palermo Protocol, art. 3(c)).
    assert record["definition"] == "met"


@pytest.mark.parametrize(
    ("written", "low", "high", "precision"),
    [
        ("06.05.2022", "2022-05-06", "2022-05-06", "day"),
        ("6.5.2022", "2022-05-06", "2022-05-06", "day"),
        ("02.2020", "2020-02-01", "2020-02-29", "month"),
        ("Mayıs 2021", "2021-05-01", "2021-05-31", "month"),
        ("março 2021", "2021-03-01", "2021-03-31", "month"),
        ("2021", "2021-01-01", "2021-12-31", "year"),
        # The export's own year had not ended.
        ("2024", "2024-01-01", "2024-01-31", "year"),
        ("2022-05-06", "2022-05-06", "2022-05-06", "day"),
        ("2022-05-06T12:30:00.000+03:00", "2022-05-06", "2022-05-06", "day"),
    ],
)
def test_a_date_is_an_interval_with_a_precision(tmp_path, written, low, high, precision):
    record = only(tmp_path, Tarih=written, Doğum="", Yaş="")
    assert (record["date_low"], record["date_high"]) == (pd.Timestamp(low), pd.Timestamp(high))
    assert record["date_precision"] == precision


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ({"Tarih": "31.02.2021"}, ("Tarih", "date")),
        ({"Tarih": "02/13/2021"}, ("Tarih", "date")),
        ({"Tarih": "13.13.2021"}, ("Tarih", "date")),
        ({"Tarih": "01.02.2024"}, ("Tarih", "date_range")),
        ({"Doğum": "1899", "Yaş": ""}, ("Doğum", "date_range")),
        ({"Doğum": "07.05.2022", "Yaş": ""}, ("Doğum", "order")),
        ({"Yaş": "16"}, ("Yaş", "order")),
        ({"Yaş": "on üç"}, ("Yaş", "number")),
        ({"Yaş": "130"}, ("Yaş", "number")),
        ({"Cinsiyet": "X"}, ("Cinsiyet", "code")),
        ({"Uyruk": "Atlantis"}, ("Uyruk", "country")),
        ({"İl": "Şanlıurfaa"}, ("İl", "place")),
        ({"Sömürü": "tarım;balık"}, ("Sömürü", "code")),
        ({"Sömürü": "tarım;yok"}, ("Sömürü", "code")),
        ({"No": "TOPLAM"}, ("", "total")),
        ({"No": "", "Ad": " Genel  Toplam: "}, ("", "total")),
    ],
)
def test_what_cannot_be_read_goes_to_quarantine_with_its_rule(tmp_path, cells, rule):
    assert rules(tmp_path, changed(**cells)) == [(2, *rule)]


def test_what_only_looks_like_a_number_or_like_nothing_is_kept_as_text(tmp_path):
    path = write_csv(
        tmp_path, [changed(No="007"), changed(No="7"), changed(No="1E5"), changed(No="100000", Uyruk="NA")]
    )
    records = cases.intake(path).records
    assert records["source_record"].nunique() == 4
    assert records["nationality"].tolist()[-1] == "NAM"


@pytest.mark.parametrize(
    ("age", "low", "high", "child"),
    [("14,0", 14, 14, "yes"), ("9-17", 9, 17, "yes"), ("9--17", 9, 17, "yes"), ("48+", 48, None, "unknown"),
     ("17-18", 17, 18, "unknown"), ("", None, None, "unknown")],
)  # fmt: skip
def test_an_age_is_an_interval_of_completed_years(tmp_path, age, low, high, child):
    path = write_csv(tmp_path, [changed(Yaş=age, Doğum="")], more=", decimal: ','")
    record = cases.intake(path).records.iloc[0]
    assert (record["age_low"] is pd.NA, record["age_high"] is pd.NA) == (low is None, high is None)
    assert low is None or record["age_low"] == low
    assert high is None or record["age_high"] == high
    assert record["child"] == child


def test_a_decimal_point_is_no_decimal_comma(tmp_path):
    assert rules(tmp_path, changed(Yaş="14.0", Doğum=""), more=", decimal: ','") == [(2, "Yaş", "number")]


def test_who_was_an_adult_when_detected_may_have_been_a_child_when_exploited(tmp_path):
    columns = COLUMNS + "  exploited: {column: Ad, format: yyyy}\n"
    columns = columns.replace("  given_name: Ad\n", "")
    row = changed(Doğum="05.03.2002", Yaş="", Ad="2018")
    record = cases.intake(write_csv(tmp_path, [row], columns=columns)).records.iloc[0]
    # Born on 5 March 2002: 15 or 16 in the course of 2018, and 20 when detected on 6 May 2022.
    assert (record["age_low"], record["age_high"]) == (20, 20)
    assert (record["exploited_age_low"], record["exploited_age_high"], record["child"]) == (15, 16, "yes")


def test_nothing_stated_is_not_no_and_none_is_not_nothing(tmp_path):
    path = write_csv(
        tmp_path, [changed(Sömürü=""), changed(Sömürü="yok"), changed(Sömürü="-")], more=", missing: ['-']"
    )
    assert cases.intake(path).records["exploitation"].tolist() == ["", "None", ""]


@pytest.mark.parametrize("written", ["Iğdır", "IĞDIR", "iğdır", "Igdir", "İğdir"])
def test_dotted_and_dotless_i_are_one_letter_when_names_are_compared(tmp_path, written):
    assert only(tmp_path, İl=written)["place_id"] == "TR-76"


def test_a_spelling_of_the_mapping_counts(tmp_path):
    assert only(tmp_path, İl="Suruç")["area_id"] == "TR-63"


# --- Files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1254", "utf-16"])
def test_turkish_letters_survive_their_encoding(tmp_path, encoding):
    result = cases.intake(write_csv(tmp_path, [changed(İl="KİLİS"), changed(No="8", İl="Şanlıurfa")], encoding))
    assert result.records["area_id"].tolist() == ["TR-79", "TR-63"]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_portuguese_letters_survive_their_encoding(tmp_path, encoding):
    path = tmp_path / "icca.csv"
    path.write_bytes("Nº;Ilha\n1;São Vicente\n2;SANTO ANTÃO\n".encode(encoding))
    text = HEAD.replace("turkiye", "cabo_verde") + f"file: {{delimiter: ';', encoding: {encoding}}}\n"
    mappings.beside(path).write_text(text + "columns: {record: Nº, area: Ilha}\n", encoding="utf-8")
    assert cases.intake(path).records["area_id"].tolist() == ["CPV-SAOVICENTE", "CPV-SANTOANTAO"]


@pytest.mark.parametrize(
    ("really", "declared", "hint"),
    [("utf-8", "cp1254", ("actually_utf8", "UTF-8")), ("cp1254", "cp1252", ("probably_cp1254",))],
)
def test_a_wrong_encoding_is_noticed(tmp_path, really, declared, hint):
    path = write_csv(tmp_path, [GOOD], really)
    mapping = mappings.beside(path)
    mapping.write_text(mapping.read_text(encoding="utf-8").replace(f"encoding: {really}", f"encoding: {declared}"))
    with refused(SourceError, *hint):
        cases.intake(path)


def test_a_row_in_another_encoding_waits_in_quarantine(tmp_path):
    path = write_csv(tmp_path, [changed(No=str(number)) for number in range(40)])
    path.write_bytes(path.read_bytes() + ";".join(changed(No="41")).encode("cp1254") + b"\n")
    result = cases.intake(path)
    assert list(result.quarantine[["row", "rule"]].itertuples(index=False, name=None)) == [(42, "encoding")]
    assert len(result.records) == 40


def test_a_file_mostly_in_another_encoding_is_refused(tmp_path):
    path = write_csv(tmp_path, [changed(No=str(number)) for number in range(40)])
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([lines[0], *(line.decode().encode("cp1254") for line in lines[1:])]))
    with refused(SourceError, "wrong_encoding"):
        cases.intake(path)


def test_rows_that_are_too_long_or_cut_off_or_repeated(tmp_path):
    path = write_csv(tmp_path, [GOOD, GOOD, [*changed(No="9"), "more"], changed(No="10")])
    path.write_bytes(path.read_bytes() + b"11;Ali;2009;2022")
    found = cases.intake(path).quarantine[["row", "rule"]].itertuples(index=False, name=None)
    assert list(found) == [(3, "duplicate"), (4, "ragged"), (6, "truncated")]


def test_equal_rows_that_name_nobody_are_not_one_person(tmp_path):
    row = changed(No="", Ad="")
    assert rules(tmp_path, row, row) == []


def test_empty_rows_are_none_and_row_numbers_are_the_spreadsheets(tmp_path):
    result = cases.intake(write_csv(tmp_path, [[], [" "] * 9, changed(Ad="Ali\nCan"), changed(No="9", Yaş="x")]))
    assert result.records["row"].tolist() == [4]
    assert result.quarantine["row"].tolist() == [5]


def write_excel(path: Path, fill) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        fill(book)
    columns = COLUMNS.replace("record: No", "record: Dosya / No").replace("given_name: Ad", "given_name: Dosya / Ad")
    file = "file: {header: [2, 3], sheet: Liste}\n"
    mappings.beside(path).write_text(HEAD + file + columns, encoding="utf-8")
    return path


def test_excel_with_titles_merged_cells_two_header_rows_dates_and_formulas(tmp_path):
    def fill(book):
        book.add_worksheet("Özet").write("A1", "summary")
        sheet, date = book.add_worksheet("Liste"), book.add_format({"num_format": "dd.mm.yyyy"})
        sheet.merge_range("B1:J1", "A title")
        sheet.merge_range("B2:C2", "Dosya")
        for column, name in enumerate(NAMES, start=1):
            sheet.write(2, column, name)
            if column > 2:
                sheet.write(1, column, "")
        for row, cells in enumerate([GOOD, changed(No="8"), changed(No="9"), changed(No="Toplam")], start=3):
            sheet.write_row(row, 1, cells)
        sheet.write_datetime(3, 4, datetime.datetime(2022, 5, 6), date)
        sheet.write_number(3, 5, 13)
        # One province for two rows.
        sheet.merge_range("I4:I5", "Kilis")
        sheet.write_formula("F6", "=6+7", value=13)
        sheet.write_formula("F7", "=SUM(F4:F6)", value=39)

    result = cases.intake(write_excel(tmp_path / "police.xlsx", fill))
    assert result.records["row"].tolist() == [4, 5]
    assert result.records["area_id"].tolist() == ["TR-79", "TR-79"]
    assert result.records["date_low"].iloc[0] == pd.Timestamp("2022-05-06")
    assert result.records["age_low"].tolist() == [13, 13]
    found = result.quarantine[["row", "column", "rule"]].itertuples(index=False, name=None)
    assert list(found) == [(6, "Yaş", "formula"), (7, "", "total")]
    assert result.sheets_left == 1


def test_a_locked_a_cut_off_and_a_bursting_file_each_get_one_sentence(tmp_path):
    path = write_excel(tmp_path / "police.xlsx", lambda book: book.add_worksheet("Liste").write("A1", "x" * 4000))
    whole = path.read_bytes()

    path.write_bytes(whole[: len(whole) // 2])
    with refused(SourceError, "damaged_file"):
        cases.intake(path)

    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"))
    with refused(SourceError, "locked_or_old_format", "without one", "python -m analysis encrypt"):
        cases.intake(path)

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (64 * 1024**2))
    with refused(SourceError, "decompression_bomb", "64"):
        cases.intake(path)

    # An archive that lies about how much it holds is found out as it is unpacked.
    content = bytearray(whole)
    entry = content.index(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (1).to_bytes(4, "little")
    path.write_bytes(content)
    with refused(SourceError, "damaged_file"):
        cases.intake(path)
    assert LARGEST == 2 * 1024**3


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "police.csv", ("empty",)),
        (b'a;b\n1;"never closed\n2;3\n', "police.csv", ("invalid_csv",)),
        (b'a;b\n1;x"y"z"\n"a"b;3\n', "police.csv", ("invalid_csv",)),
        (b"a\0b\0;\0", "police.csv", ("not_text", "UTF-16")),
        (b"a;b\n1;" + b"x" * 200_000 + b"\n", "police.csv", ("invalid_csv", "131,072")),
        (b"x", "police.xls", ("unsupported",)),
        (b"PK", "police.xlsx", ("damaged_file",)),
    ],
)
def test_files_that_cannot_be_read(tmp_path, content, name, sentence):
    path = tmp_path / name
    path.write_bytes(content)
    mappings.beside(path).write_text(HEAD + "file: {delimiter: ';'}\ncolumns: {record: a}\n", encoding="utf-8")
    with refused(SourceError, *sentence):
        cases.intake(path)


@pytest.mark.parametrize("spelt", ["<c>", '<c t="n">', '<x:c s="1" t="n" >'])
def test_a_formula_without_an_address_is_refused(tmp_path, spelt):
    path = write_excel(tmp_path / "police.xlsx", lambda book: book.add_worksheet("Liste").write_formula("B1", "=1+1"))
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    sheet = content["xl/worksheets/sheet1.xml"]
    assert b'<c r="B1">' in sheet
    content["xl/worksheets/sheet1.xml"] = sheet.replace(b'<c r="B1">', spelt.encode())
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in content.items():
            archive.writestr(name, part)
    with refused(SourceError, "unlocated_formulas"):
        cases.intake(path)


def test_lines_that_end_as_on_old_computers(tmp_path):
    path = write_csv(tmp_path, [GOOD, changed(No="8")])
    path.write_bytes(path.read_bytes().replace(b"\r\n", b"\r"))
    assert cases.intake(path).records["row"].tolist() == [2, 3]


def test_a_file_that_is_not_there(tmp_path):
    with refused(SourceError, "missing_file"):
        preview(tmp_path / "none.csv")


# --- KoboToolbox ---------------------------------------------------------------------------------------------------


def kobo(path: Path, forms: list[list[str]], repeats: list[list[str]], columns: str) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in (("form", forms), ("repeat", repeats)):
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    mappings.beside(path).write_text(HEAD + columns, encoding="utf-8")
    return path


def test_a_stop_in_quarantine_leaves_its_number_out_so_that_no_direct_way_is_invented(tmp_path):
    columns = """\
columns: {record: _id}
stops:
  - sheet: repeat
    role: {column: role, codes: {from: origin, via: transit, to: exploitation}}
    place: place
"""
    forms = [["_id", "_index"], ["501", "1"]]
    repeats = [
        ["role", "place", "_parent_index"],
        ["from", "SYR", "1"],
        ["via", "Nowhere", "1"],
        ["to", "Gaziantep", "1"],
    ]
    result = cases.intake(kobo(tmp_path / "ngo.xlsx", forms, repeats, columns))
    assert result.quarantine["rule"].tolist() == ["place"]
    assert result.stops[["seq", "place_id", "role"]].to_numpy().tolist() == [
        [1, "SYR", "origin"],
        [3, "TR-27", "exploitation"],
    ]
    assert legs(result.stops)["gap"].tolist() == ["missing_transit"]


@pytest.mark.parametrize(("via", "gap"), [("", "missing_transit"), ("  - {role: transit, place: Doğum}\n", "observed")])
def test_a_list_that_does_not_ask_for_transit_says_nothing_of_direct_ways(tmp_path, via, gap):
    stops = f"stops:\n  - {{role: origin, place: Ad}}\n{via}  - {{role: exploitation, place: İl}}\n"
    row = ["007", "SYR", "", "", "13", "", "", "ŞANLIURFA", ""]
    result = cases.intake(write_csv(tmp_path, [row], columns="columns: {record: No, age: Yaş}\n" + stops))
    assert result.stops["place_id"].tolist() == ["SYR", "TR-63"]
    assert legs(result.stops)["gap"].tolist() == [gap]


def test_a_repeat_group_of_stops(tmp_path):
    columns = """\
columns:
  record: _id
  means_of_control: {columns: {PhysicalThreats: means/threats, DebtBondage: means/debt}, yes: ["1"], no: ["0"]}
  exploitation: {column: form_of, split: " "}
stops:
  - sheet: repeat
    role: {column: role, codes: {from: origin, via: transit}}
    place: place
    date: {column: when, format: yyyy}
"""
    forms = [
        ["_id", "means/threats", "means/debt", "form_of", "_index"],
        ["501", "1", "0", "ForcedLabour ForcedBegging", "1"],
        ["502", "0", "0", "", "2"],
        ["503", "", "0", "fishing", "3"],
    ]
    repeats = [
        ["role", "place", "when", "_parent_index"],
        ["from", "SYR", "2019", "1"],
        ["via", "Kilis", "", "1"],
        ["via", "Nowhere", "", "2"],
        ["from", "TUR", "", "3"],
        ["from", "TUR", "", "9"],
    ]
    result = cases.intake(kobo(tmp_path / "ngo.xlsx", forms, repeats, columns))
    assert result.records["means_of_control"].tolist() == ["PhysicalThreats", "None"]
    assert result.records["exploitation"].tolist() == ["ForcedBegging;ForcedLabour", ""]
    assert result.stops[["journey_id", "seq", "place_id", "role"]].to_numpy().tolist() == [
        ["police-000002", 1, "SYR", "origin"],
        ["police-000002", 2, "TR-79", "transit"],
    ]
    assert result.stops["date_high"].iloc[0] == pd.Timestamp("2019-12-31")
    found = result.quarantine[["sheet", "row", "column", "rule"]].itertuples(index=False, name=None)
    assert list(found) == [
        ("form", 4, "form_of", "code"),
        ("repeat", 4, "place", "place"),
        ("repeat", 5, "_parent_index", "parent"),
        ("repeat", 6, "_parent_index", "parent"),
    ]
    assert result.rows.groupby(["sheet", "outcome"]).size().to_dict() == {
        ("form", "clean"): 2, ("form", "quarantine"): 1, ("repeat", "clean"): 2, ("repeat", "quarantine"): 3,
    }  # fmt: skip


def test_a_repeat_group_of_persons(tmp_path):
    columns = """\
columns:
  detected: {column: day, format: dd/mm/yyyy, of: parent}
  area: {column: province, of: parent}
  age: age
persons: repeat
"""
    forms = [["day", "province", "_index"], ["05/06/2022", "Adana", "1"], ["99/06/2022", "Adana", "2"]]
    repeats = [["age", "_parent_index"], ["12", "1"], ["15", "1"], ["old", "1"], ["11", "2"]]
    result = cases.intake(kobo(tmp_path / "ngo.xlsx", forms, repeats, columns))
    assert result.records[["record_id", "area_id", "age_low"]].to_numpy().tolist() == [
        ["police-2-000002", "TR-01", 12],
        ["police-2-000003", "TR-01", 15],
    ]
    found = result.quarantine[["sheet", "row", "rule"]].itertuples(index=False, name=None)
    assert list(found) == [("form", 3, "date"), ("repeat", 4, "number"), ("repeat", 5, "parent")]


# --- Nothing lost, nothing leaked ----------------------------------------------------------------------------------

cells = st.sampled_from(["", "-", "toplam", "007", "Ayşe", "2009", "31.02.2020", "06.05.2022", "13", "K", "x", "Kilis"])


@pytest.mark.slow
@given(rows=st.lists(st.lists(cells, min_size=9, max_size=10), max_size=12))
def test_clean_and_quarantine_are_the_rows_of_the_file(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("rows")
    path = write_csv(folder, rows)
    result = cases.intake(path)
    # The file as the csv module alone reads it.
    with open(path, newline="", encoding="utf-8") as file:
        raw = {number: row for number, row in enumerate(csv.reader(file, delimiter=";"), start=1) if any(row)}
    raw.pop(1)
    assert sorted([*result.records["row"], *result.quarantine["row"].unique()]) == sorted(raw)
    # A tenth cell is one beyond the header: where no row fills it, the sheet has nine columns.
    widest = 10 if any(any(row[9:]) for row in raw.values()) else 9
    table = pd.DataFrame([[*row, ""][:widest] for row in raw.values()]).astype("category")
    kept = [*result.records["row_hash"], *result.quarantine.drop_duplicates("row")["row_hash"]]
    if len(table):
        expected = row_hashes(table.set_axis([letters(n + 1) for n in range(widest)], axis=1), secret_key("synthetic"))
        assert sorted(map(int, kept)) == sorted(map(int, expected))
    else:
        assert kept == []


def test_equal_rows_have_equal_hashes_and_others_do_not():
    table = pd.DataFrame({"A": ["a", "a", "", "b"], "B": ["b", "b", "ab", "a"]}).astype("category")
    hashes = row_hashes(table, secret_key("synthetic"))
    assert hashes[0] == hashes[1]
    assert len(set(hashes.tolist())) == 3
    assert not np.array_equal(hashes, row_hashes(table, "another key 0000"))


CANARY = "Zübeyde Kanarya"


def test_no_value_and_no_undeclared_column_of_a_confidential_file_gets_out(tmp_path, monkeypatch):
    key = tmp_path / "key"
    key.write_text("a secret of 16 !".replace(" ", "-"))
    monkeypatch.setenv("ANALYSIS_KEY", str(key))
    columns = COLUMNS.replace("  record: No\n", "")
    path = write_csv(
        tmp_path, [changed(Ad=CANARY), changed(Ad=CANARY, Tarih=CANARY, İl=CANARY, Cinsiyet=CANARY)], columns=columns
    )
    mapping = mappings.beside(path)
    mapping.write_text(
        mapping.read_text(encoding="utf-8").replace("kind: synthetic", "kind: confidential"), encoding="utf-8"
    )
    # The header's cell is a name as well, as where the header is not where the mapping says.
    path.write_text(path.read_text(encoding="utf-8").replace("No;", f"{CANARY};"), encoding="utf-8")
    result = cases.intake(path)
    shown = "".join(
        table.to_csv() for table in (result.records, result.quarantine, result.stops, result.undeclared, result.rows)
    )
    assert len(result.records) == 1
    assert result.undeclared["column"].tolist() == ["A"]
    for word in CANARY.split():
        assert word.casefold() not in shown.casefold()


def test_pseudonyms_differ_with_the_key(tmp_path, monkeypatch):
    found = []
    for secret in ("0123456789abcdef", "fedcba9876543210"):
        (tmp_path / "key").write_text(secret)
        monkeypatch.setenv("ANALYSIS_KEY", str(tmp_path / "key"))
        path = write_csv(tmp_path, [GOOD])
        mapping = mappings.beside(path)
        mapping.write_text(
            mapping.read_text(encoding="utf-8").replace("kind: synthetic", "kind: confidential"), encoding="utf-8"
        )
        found.append(cases.intake(path).records.iloc[0])
    assert found[0]["link_given"] != found[1]["link_given"]
    assert found[0]["row_hash"] != found[1]["row_hash"]
    assert found[0]["area_id"] == found[1]["area_id"]


# --- Mappings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("list: police\n", ""), ("invalid_mapping", "`list:`")),
        (("study: turkiye", "study: mars"), ("invalid_mapping", "`study:`")),
        (("kind: synthetic", "kind: secret"), ("invalid_mapping", "`kind:`")),
        (("date: 2024-01-31", "date: 31.01.2024"), ("invalid_mapping", "2024", "01", "31")),
        (("  age: Yaş\n", "  aeg: Yaş\n"), ("invalid_mapping", "'aeg'")),
        (("format: [dd.mm.yyyy, yyyy]", "format: [dd.mm]"), ("invalid_mapping",)),
        (("{column: Doğum, format: [dd.mm.yyyy, yyyy]}", "Doğum"), ("invalid_mapping", "`format:`")),
        (("K: female", "K: femal"), ("invalid_mapping", "'femal'")),
        (("  record: No\n", "  record: Nummer\n"), ("missing_column", "column 'Nummer'")),
        (("file: {", "file: {header: 0, "), ("invalid_mapping",)),
        (("file: {", "file: {sheet: Liste, "), ("unknown_sheet", "'Liste'")),
        (("Suruç: TR-63", "Suruç: TR-99"), ("invalid_mapping", "police.mapping.yml", "area", "entry 1")),
        (("nationality: Uyruk", "nationality: {column: Uyruk, codes: {Niger: XXX}}"), ("invalid_mapping", "entry 1")),
        (("columns:", "columns: ["), ("unreadable_yaml",)),
    ],
)
def test_a_mapping_that_cannot_be_right_says_where(tmp_path, change, sentence):
    path = write_csv(tmp_path, [GOOD])
    mapping = mappings.beside(path)
    text = mapping.read_text(encoding="utf-8")
    assert change[0] in text
    mapping.write_text(text.replace(*change), encoding="utf-8")
    with refused(MappingError, *sentence):
        cases.intake(path)


def test_words_of_a_mapping_are_texts(tmp_path):
    columns = COLUMNS.replace("codes: {K: female, E: male}", "codes: {NO: female, 1: male}")
    path = write_csv(tmp_path, [changed(Cinsiyet="NO"), changed(No="2", Cinsiyet="1")], columns=columns)
    assert cases.intake(path).records["sex"].tolist() == ["female", "male"]
