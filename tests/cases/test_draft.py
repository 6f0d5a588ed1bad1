"""The draft of a mapping: what it recognises, what it leaves to a person, and what it must never list."""

from __future__ import annotations

import csv
import datetime
import io
import re
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
import yaml
from received_lists import Study, write
from refusals import refused

from analysis.cases import file_profile
from analysis.cases import mapping_draft as drafts
from analysis.cases.htcds import DATES, FIELDS
from analysis.cases.intake import intake
from analysis.cases.mapping import MappingError, beside, load
from analysis.cases.mapping_draft import draft
from analysis.catalog import ROOT

CANARY = "Kanarya Gizlioğlu"


def written(path: Path, rows: list[list[str]], encoding: str, delimiter: str) -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def workbook(
    path: Path, sheets: dict[str, list[list[object]]], merged: tuple[tuple[int, int, int, int], ...] = ()
) -> Path:
    """A workbook; `merged` are ranges of the first sheet whose text stands in their first cell."""
    book = xlsxwriter.Workbook(path)
    for place, (name, rows) in enumerate(sheets.items()):
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        for top, left, bottom, right in merged if place == 0 else ():
            sheet.merge_range(top, left, bottom, right, rows[top][left])
    book.close()
    return path


def settled(text: str, **more: str) -> str:
    """The draft as a person would complete it."""
    for name, value in {
        "title": "A list",
        "publisher": "A ministry",
        "source": "By hand",
        "date": "2024-01-31",
    }.items():
        text = re.sub(rf"^{name}: .*$", f"{name}: {value}", text, flags=re.M)
    for name, value in more.items():
        text = re.sub(rf'({re.escape(name)}: )"\?"', rf"\g<1>{value}", text)
    return text.replace("kind: confidential", "kind: synthetic")


@pytest.fixture
def turkish(tmp_path: Path) -> Path:
    rows = [
        "Dosya No|Adı|Soyadı|Anne Adı|Cinsiyet|Yaş|Tespit Tarihi|Kayıt Tarihi|İl|Uyruk|Sektör|Mağdur Durumu|Notlar|Kod",
        f"007|Ayşe|Yıldız|{CANARY}|K|14,0|31.01.2021|02.03.2021|Şanlıurfa|Suriye|Tarım|Olası mağdur|{CANARY}|x1",
        f"008|{CANARY.replace(' ', '|')}||E|15|2020|05.04.2021|Gaziantp|TC|bilinmiyor|Mağdur||x2",
        "009|Ali|Kaya||B|9|03.2021|06.05.2021|Kilis|Marslı|Sanayi|||x3",
    ]
    folder = tmp_path / "turkiye"
    folder.mkdir()
    return written(folder / "Çocuk Listesi 2021.csv", [row.split("|") for row in rows], "cp1254", ";")


def test_a_turkish_file_in_cp1254_is_recognised(turkish: Path) -> None:
    content = yaml.load(draft(turkish), Loader=yaml.BaseLoader)
    assert content["list"] == "cocuk_listesi_2021"
    assert content["study"] == "turkiye"
    assert content["kind"] == "confidential"
    assert content["file"] == {
        "encoding": "cp1254",
        "delimiter": ";",
        "header": "1",
        "decimal": ",",
        "missing": ["bilinmiyor"],
    }
    assert {name: entry["column"] for name, entry in content["columns"].items()} == {
        "record": "Dosya No",
        "given_name": "Adı",
        "family_name": "Soyadı",
        "detected": "Tespit Tarihi",
        "reported": "Kayıt Tarihi",
        "age": "Yaş",
        "sex": "Cinsiyet",
        "nationality": "Uyruk",
        "area": "İl",
        "status": "Mağdur Durumu",
        "sector": "Sektör",
    }
    assert content["drop"] == ["Anne Adı", "Notlar"]


def test_codes_are_guessed_and_the_rest_is_left_open(turkish: Path) -> None:
    columns = yaml.load(draft(turkish), Loader=yaml.BaseLoader)["columns"]
    assert columns["sex"]["codes"] == {"K": "female", "E": "male", "B": "?"}
    assert columns["sector"]["codes"] == {"Tarım": "A", "Sanayi": "?"}
    assert columns["status"]["codes"] == {
        "Olası mağdur": "PossibleVictimOfTrafficking",
        "Mağdur": "ActualVictimOfTrafficking",
    }
    # A near miss of Gaziantep is for a person to decide.
    assert columns["area"]["places"] == {"Gaziantp": "?"}
    assert '# decide: Marslı: "?"' in draft(turkish)


def test_which_number_is_the_day_is_said_only_where_a_day_shows_it(turkish: Path) -> None:
    columns = yaml.load(draft(turkish), Loader=yaml.BaseLoader)["columns"]
    assert set(columns["detected"]["format"]) == {"dd.mm.yyyy", "mm.yyyy", "yyyy"}
    assert columns["reported"]["format"] == "?"
    assert "dd.mm.yyyy or mm.dd.yyyy? No day is above 12." in draft(turkish)


def test_nothing_of_names_and_free_text_is_listed(turkish: Path) -> None:
    text = draft(turkish)
    for word in (*CANARY.split(), "Ayşe", "Yıldız", "Kaya", "007"):
        assert word not in text
    # A column of no known name is named, and nothing of it is shown.
    assert "#   Kod" in text
    assert "x1" not in text


def test_a_draft_loads_once_it_is_settled_and_not_before(turkish: Path) -> None:
    mapping = beside(turkish)
    mapping.write_text(draft(turkish), encoding="utf-8")
    with pytest.raises(MappingError):
        load(mapping)
    text = settled(draft(turkish), B='""', Sanayi="C", Gaziantp="TR-27", format="dd.mm.yyyy")
    mapping.write_text(text, encoding="utf-8")
    assert load(mapping).columns["detected"].formats
    records = intake(turkish).records
    # The row with a nationality that nobody knows waits in quarantine.
    assert records["sex"].tolist() == ["female", "male"]
    assert records["area_id"].tolist() == ["TR-63", "TR-27"]
    assert records["nationality"].tolist() == ["SYR", "TUR"]


def test_a_header_in_two_rows_below_a_title(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Lista de crianças sinalizadas", "", "", "", ""],
        ["", "", "", "", ""],
        ["Criança", "", "", "Sinalização", ""],
        ["Nome", "Sexo", "Idade", "Data de deteção", "Ilha"],
        ["Ana Maria Tavares", "F", 12, "13/05/2022", "Boavista"],
        ["Rui Lopes", "M", 15, "maio de 2022", "Sal"],
    ]
    merged = ((0, 0, 0, 4), (2, 0, 2, 2), (2, 3, 2, 4))
    path = workbook(tmp_path / "icca.xlsx", {"Lista": rows, "Códigos": [["Sexo", "F, M"]]}, merged)
    text = draft(path)
    content = yaml.load(text, Loader=yaml.BaseLoader)
    assert content["study"] == "cabo_verde"
    assert content["file"] == {"sheet": "Lista", "header": ["3", "4"]}
    assert {name: entry["column"] for name, entry in content["columns"].items()} == {
        "full_name": "Criança / Nome",
        "detected": "Sinalização / Data de deteção",
        "age": "Criança / Idade",
        "sex": "Criança / Sexo",
        "area": "Sinalização / Ilha",
    }
    assert content["columns"]["sex"]["codes"] == {"F": "female", "M": "male"}
    assert "# The sheet Códigos is not read." in text
    beside(path).write_text(settled(text), encoding="utf-8")
    assert intake(path).records["place_id"].tolist()[0] == "CPV-BOAVISTA"


FORM = [
    "_id|_index|_submission_time|deviceid|_gps_latitude|grup/cinsiyet|grup/yas|kontrol|kontrol/tehdit|kontrol/borc|il",
    "101|1|2023-05-01T10:00:00|d-1|37.1|kiz|12|tehdit borc|1|1|Gaziantep",
    "102|2|2023-05-02T10:00:00|d-1|37.2|erkek|13|borc|0|1|Kilis",
]


def form(*places: int) -> list[list[object]]:
    """Some columns of the form, or all of them."""
    rows = [line.split("|") for line in FORM]
    return [[row[place] for place in places or range(len(row))] for row in rows]


def test_an_export_of_kobotoolbox_with_journeys(tmp_path: Path) -> None:
    stops: list[list[object]] = [
        ["_parent_index", "_index", "rol", "yer", "tarih"],
        ["1", "1", "cikis", "Suriye", "2022-03-01"],
        ["1", "2", "somuru", "Gaziantep", "2022-05-01"],
    ]
    path = workbook(tmp_path / "kobo.xlsx", {"form": form(), "yolculuk": stops})
    text = draft(path)
    content = yaml.load(text, Loader=yaml.BaseLoader)
    assert content["file"]["sheet"] == "form"
    assert "persons" not in content
    columns = content["columns"]
    assert columns["sex"]["column"] == "grup/cinsiyet"
    assert columns["record"]["column"] == "_id"
    assert columns["reported"] == {"column": "_submission_time", "format": "yyyy-mm-dd"}
    assert columns["means_of_control"] == {
        "column": "kontrol",
        "split": " ",
        "codes": {"borc": "DebtBondage", "tehdit": "PhysicalThreats"},
    }
    assert set(content["drop"]) == {"deviceid", "_gps_latitude", "kontrol/tehdit", "kontrol/borc"}
    assert content["stops"] == [
        {
            "sheet": "yolculuk",
            "role": {"column": "rol", "codes": {"cikis": "origin", "somuru": "exploitation"}},
            "place": {"column": "yer"},
            "date": {"column": "tarih", "format": "yyyy-mm-dd"},
        }
    ]
    assert "# decide: a field above" not in text
    beside(path).write_text(settled(text), encoding="utf-8")
    found = intake(path)
    assert found.quarantine.empty
    assert found.records["means_of_control"].tolist() == ["DebtBondage;PhysicalThreats", "DebtBondage"]
    assert found.stops[["place_id", "role"]].values.tolist() == [["SYR", "origin"], ["TR-27", "exploitation"]]


def test_an_export_of_kobotoolbox_in_which_each_row_of_a_group_is_a_person(tmp_path: Path) -> None:
    children: list[list[object]] = [
        ["_parent_index", "_index", "cinsiyet", "yas", "gorusmeci_notu"],
        ["1", "1", "kiz", "9", "z"],
        ["1", "2", "erkek", "10", "z"],
    ]
    path = workbook(tmp_path / "kobo.xlsx", {"hane": form(0, 1, 2, 10), "cocuk": children})
    content = yaml.load(draft(path), Loader=yaml.BaseLoader)
    assert content["persons"] == "cocuk"
    # The number of a form stands for several children.
    assert "record" not in content["columns"]
    assert content["columns"]["area"] == {"column": "il", "of": "parent"}
    assert content["columns"]["sex"]["column"] == "cinsiyet"
    assert "of" not in content["columns"]["sex"]


def test_options_without_their_question_are_declared_one_by_one(tmp_path: Path) -> None:
    path = workbook(tmp_path / "kobo.xlsx", {"form": form(0, 1, 5, 8, 9, 10)})
    content = yaml.load(draft(path), Loader=yaml.BaseLoader)
    assert content["columns"]["means_of_control"] == {
        "columns": {"PhysicalThreats": "kontrol/tehdit", "DebtBondage": "kontrol/borc"},
        "yes": ["1"],
        "no": ["0"],
    }


def test_an_option_of_no_known_code_has_to_be_settled(tmp_path: Path) -> None:
    rows = [["Sexo", "meios/divida", "meios/xyz", "meios/nenhum"], ["F", "1", "0", "0"], ["F", "0", "1", "0"]]
    path = written(tmp_path / "a.csv", rows, "utf-8", ",")
    text = settled(draft(path)).replace("study: cabo_verde   # decide", "study: cabo_verde #")
    content = yaml.load(text, Loader=yaml.BaseLoader)
    assert content["columns"]["means_of_control"]["columns"] == {
        "DebtBondage": "meios/divida",
        "?": "meios/xyz",
        "None": "meios/nenhum",
    }
    beside(path).write_text(text, encoding="utf-8")
    # Left out, it would make "none of these" of what nobody knows.
    with refused(MappingError, "invalid_mapping"):
        load(beside(path))


@pytest.mark.parametrize(
    ("encoding", "bom", "expected"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8"),
        ("utf-16", b"", "utf-16"),
        ("cp1254", b"", "cp1254"),
    ],
)
def test_encodings_of_turkish(tmp_path: Path, encoding: str, bom: bytes, expected: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(bom + "Cinsiyet,Yaş,Doğum Tarihi\r\nK,12,13.05.2009\r\n".encode(encoding))
    content = yaml.load(draft(path), Loader=yaml.BaseLoader)
    assert content["file"]["encoding"] == expected
    assert content["file"]["delimiter"] == ","
    assert content["columns"]["birth"]["column"] == "Doğum Tarihi"


def test_portuguese_is_not_taken_for_turkish(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.csv", [["Género", "Âmbito", "Ilha"], ["Feminino", "ação", "São Vicente"]], "cp1252", "\t"
    )
    content = yaml.load(draft(path), Loader=yaml.BaseLoader)
    assert content["file"]["encoding"] == "cp1252"
    assert content["file"]["delimiter"] == "tab"


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (["13/05/2021", "01/02/2021"], "dd/mm/yyyy"),
        (["05/13/2021", "01/02/2021"], "mm/dd/yyyy"),
        (["05/13/2021", "13/05/2021"], "?"),
        (["05/06/2021", "01/02/2021"], "?"),
        (["2021-05-06"], "yyyy-mm-dd"),
        (["05/2021"], "mm/yyyy"),
        (["Mayıs 2021"], "month yyyy"),
        (["13.05.21"], "dd.mm.yy"),
        (["13 Ekim 2021"], "dd month yyyy"),
        (["3/2021", "4/2021"], "?"),  # March or the third quarter
        (["3/2021", "11/2021"], "mm/yyyy"),
        (["Q3/2021"], "q/yyyy"),
        (["13/05/2021 14:30", "01/02/2021 09:00:00"], "dd/mm/yyyy"),
        (["13\u00a0Ekim\u00a02021"], "dd month yyyy"),
        (["13 marc\u0327o 2021"], "dd month yyyy"),
        (["13 de março de 2021"], "dd de month de yyyy"),
        # A day above 12 between points says nothing of dates between strokes.
        (["13.05.2021", "01/02/2021", "02.02.2021"], ["dd.mm.yyyy", "?"]),
        # Months first: read as quarters, 3/2021 would end in September.
        (["Q3/2021", "Q2/2021", "11/2021"], ["mm/yyyy", "q/yyyy"]),
        # Days above 12 in no date cell and in every text: Excel has read the others with day and month exchanged.
        (["13/02/2021", "2021-05-02", "14/12/2020", "2021-01-12"], "?"),
        (["02/13/2021", "2021-05-02"], "?"),
        (["13/02/2021", "2021-05-13"], "dd/mm/yyyy"),
        (["13/02/2021", "05/02/2021", "2021-05-12"], "dd/mm/yyyy"),
    ],
)
def test_formats_of_dates(tmp_path: Path, dates: list[str], expected: str | list[str]) -> None:
    rows = [["Cinsiyet", "Tespit Tarihi"], *(["K", date] for date in dates)]
    text = draft(written(tmp_path / "a.csv", rows, "utf-8", ","))
    assert yaml.load(text, Loader=yaml.BaseLoader)["columns"]["detected"]["format"] == expected
    assert ('"?"' in text.partition("format:")[2]) == ("# decide: " in text.partition("format:")[2])


def test_date_cells_that_excel_may_have_exchanged_are_for_a_person_to_judge(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "liste.xlsx", {"default_date_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet()
    sheet.write_column(0, 0, ["Cinsiyet", "K", "E", "K"])
    sheet.write_column(0, 1, ["Tespit Tarihi", "13/02/2021", "28/03/2021"])
    sheet.write_datetime(3, 1, datetime.datetime(2021, 5, 2))
    book.close()
    text = draft(tmp_path / "liste.xlsx")
    assert yaml.load(text, Loader=yaml.BaseLoader)["columns"]["detected"]["format"] == "?"
    assert "# decide: dd/mm/yyyy?" in text
    assert "exchanged day and month" in text


@pytest.mark.parametrize("sign", ["-", "--", "–", "—", "?", ".", "…", "/"])
def test_signs_that_state_nothing(sign: str) -> None:
    assert file_profile.says_unknown(f" {sign} ")


@pytest.mark.parametrize("sign", ["+", "✓", "✔", "✗", "×", "*", "−", "+/-", "()"])
def test_other_signs_are_answers(sign: str) -> None:
    assert not file_profile.says_unknown(sign)


def test_marks_in_a_coded_column_are_for_a_person_to_read(tmp_path: Path) -> None:
    rows = [["Cinsiyet", "Sömürü", "İl"], ["K", "+", "Kilis"], ["E", "-", "-"], ["E", "+", "Kilis"]]
    path = written(tmp_path / "turkiye.csv", rows, "utf-8", ",")
    text = draft(path)
    content = yaml.load(text, Loader=yaml.BaseLoader)
    assert content["columns"]["exploitation"]["codes"] == {"+": "?", "-": "?"}
    # Under `missing:` the minus would be unknown in this column too.
    assert "missing" not in content["file"]
    assert '# decide: beside other signs "-" may be an answer' in text
    beside(path).write_text(settled(text, study="turkiye"), encoding="utf-8")
    with refused(MappingError, "invalid_mapping"):
        load(beside(path))


def test_a_dash_in_a_coded_column_is_asked_about(tmp_path: Path) -> None:
    rows = [["Cinsiyet", "Sömürü", "İl"], ["K", "dilendirme", "Kilis"], ["E", "-", "-"]]
    text = draft(written(tmp_path / "a.csv", rows, "utf-8", ","))
    assert yaml.load(text, Loader=yaml.BaseLoader)["file"]["missing"] == ["-"]
    assert '  missing: ["-"]   # decide: not stated in Sömürü too, or an answer such as no?' in text
    assert "in Sömürü" not in draft(written(tmp_path / "a.csv", [rows[0], ["K", "", "-"]], "utf-8", ","))


def placed(tmp_path: Path, header: str, cells: list[str], study: str = "turkiye") -> tuple[str, dict[str, object]]:
    """The draft of a list with one column of places, and what it says of it."""
    (tmp_path / study).mkdir(exist_ok=True)
    rows = [["Cinsiyet", header], *(["F", cell] for cell in cells)]
    text = draft(written(tmp_path / study / "a.csv", rows, "utf-8", ";"))
    content = yaml.load(text, Loader=yaml.BaseLoader)
    stops = content.get("stops") or [{}]
    return text, content["columns"].get("area") or stops[0]["place"]


def test_a_record_is_of_one_place(tmp_path: Path) -> None:
    text, area = placed(tmp_path, "İl", ["Adana/Mersin", "Kilis, Hatay", "Kilis", "Gaziantp"])
    assert area == {"column": "İl", "places": {"Gaziantp": "?"}}
    assert "# decide: cells of several places: a record is of one" in text
    assert '# decide: Adana/Mersin: "?"' in text


def test_a_sign_is_no_place(tmp_path: Path) -> None:
    text, area = placed(tmp_path, "İl", ["*", "Kilis"])
    assert area == {"column": "İl"}
    assert '# decide: "*" is no place' in text


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["Guinée-Bissau-Sénégal"], {"split": "-"}),
        (["Sénégal-Guinée-Bissau-Mali"], {"split": "-"}),
        (["Mali - Guinée-Bissau"], {"split": " - "}),
        (["Mali - Sénégal", "Mali-Sénégal"], {"split": "-"}),
        (["Mali-Sénégal-Xyz"], {"split": "-", "places": {"Xyz": "?"}}),
        (["Guinée-Bissau"], {}),
        # Bissau alone is a town, of which the gazetteer knows nothing.
        (["Bissau-Sénégal"], {"split": "-", "places": {"Bissau": "?"}}),
    ],
)
def test_neighbouring_pieces_of_a_route_that_are_one_place(
    tmp_path: Path, cells: list[str], expected: dict[str, object]
) -> None:
    assert placed(tmp_path, "Itinéraire", cells, "west_africa")[1] == {"column": "Itinéraire"} | expected


def test_a_drafted_route_and_drafted_marks_are_read(tmp_path: Path) -> None:
    rows = [["Cinsiyet", "Uyruk", "Dosya No", "Güzergâh", "Sömürü"], ["K", "TR", "1", "Guinée-Bissau-Sénégal", "+"]]
    rows += [["E", "TR", "2", "Mali-Kilis", "-"]]
    (tmp_path / "turkiye").mkdir()
    path = written(tmp_path / "turkiye" / "a.csv", rows, "utf-8", ",")
    text = settled(draft(path)).replace('"+": "?"', '"+": ForcedLabour').replace('"-": "?"', '"-": None')
    beside(path).write_text(text, encoding="utf-8")
    found = intake(path)
    assert found.quarantine.empty
    assert found.stops["place_id"].tolist() == ["GNB", "SEN", "MLI", "TR-79"]
    assert found.records["exploitation"].tolist() == ["ForcedLabour", "None"]


@pytest.mark.parametrize("name", ["2021 liste", "2021", "Çocuk", "_x", "a-b", "№ 7"])
def test_the_name_of_the_list_loads(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / f"{name}.csv", [["Cinsiyet"], ["K"], ["E"]], "utf-8", ",")
    rows = [["Cinsiyet", "Yaş"], ["K", "12"]]
    beside(path).write_text(settled(draft(written(path, rows, "utf-8", ",")), study="turkiye"), encoding="utf-8")
    assert load(beside(path)).list_id


def test_one_line_for_texts_that_are_compared_as_one(tmp_path: Path) -> None:
    rows = [
        ["Cinsiyet", "İl", "Sektör"],
        ["k", "gaziantp", "A - Tarım"],
        ["K", "Gaziantp", "a tarım"],
        ["K", "Gaziantp", ""],
    ]
    (tmp_path / "turkiye").mkdir()
    text = draft(written(tmp_path / "turkiye" / "a.csv", rows, "utf-8", ","))
    columns = yaml.load(text, Loader=yaml.BaseLoader)["columns"]
    assert columns["sex"]["codes"] == {"K": "female"}
    assert columns["area"]["places"] == {"Gaziantp": "?"}
    assert columns["sector"]["codes"] == {"A - Tarım": "A"}


def test_two_options_of_one_code_and_options_of_none_and_not_known(tmp_path: Path) -> None:
    options = ["divida", "servidao_por_divida", "desconhecido", "nenhum", "x", "z"]
    rows = [["Sexo", *(f"meios/{option}" for option in options)], ["F", "1", "0", "0", "0", "0", "0"]]
    (tmp_path / "cabo_verde").mkdir()
    path = written(tmp_path / "cabo_verde" / "a.csv", rows, "utf-8", ",")
    text = draft(path)
    assert yaml.load(text, Loader=yaml.BaseLoader)["columns"]["means_of_control"]["columns"] == {
        "DebtBondage": ["meios/divida", "meios/servidao_por_divida"],
        "": "meios/desconhecido",
        "None": "meios/nenhum",
        "?": ["meios/x", "meios/z"],
    }
    beside(path).write_text(settled(text), encoding="utf-8")
    with refused(MappingError, "invalid_mapping"):
        load(beside(path))
    beside(path).write_text(settled(text).replace('"?": [', "Other: ["), encoding="utf-8")
    assert load(beside(path)).columns["means_of_control"].names == [f"meios/{option}" for option in options]


def test_a_dash_among_yes_and_no_is_asked_about(tmp_path: Path) -> None:
    rows = [["Sexo", "meios/divida", "meios/nenhum"], *[["F", "1", "0"]] * 9, ["F", "-", "0"]]
    text = draft(written(tmp_path / "a.csv", rows, "utf-8", ","))
    assert re.search(r"missing: ..-..   # decide: not stated in .?meios.divida", text)


def test_an_option_that_stands_twice_is_not_left_out_silently(tmp_path: Path) -> None:
    rows = [["Sexo", "meios/divida", "meios/divida", "meios/nenhum", "meios/ganhos"], ["F", "1", "0", "0", "0"]]
    (tmp_path / "cabo_verde").mkdir()
    path = written(tmp_path / "cabo_verde" / "a.csv", rows, "utf-8", ",")
    assert "columns of one name cannot be told apart" in draft(path)
    beside(path).write_text(settled(draft(path)), encoding="utf-8")
    # Without it, the row would say that there were no means at all.
    with refused(MappingError, "missing_column"):
        intake(path)


def test_spellings_of_a_nationality_belong_under_codes(tmp_path: Path) -> None:
    rows = [["Gender", "Citizenship", "Province"], ["F", "Xland", "Y"]]
    text = draft(written(tmp_path / "a.csv", rows, "utf-8", ","))
    nationality, area = text.partition("nationality:")[2].split("area:")
    assert "`codes:`" in nationality
    assert "`places:`" not in nationality
    assert "`places:`" in area


def test_what_is_asked_once_a_form_is_not_taken_for_each_person_unasked(tmp_path: Path) -> None:
    children: list[list[object]] = [["_parent_index", "_index", "ad", "yas"], ["1", "1", "Z", "9"]]
    hane: list[list[object]] = [["_index", "ad", "soyad", "cinsiyet", "il"], ["1", "A", "B", "kiz", "Kilis"]]
    text = draft(workbook(tmp_path / "kobo.xlsx", {"hane": hane, "cocuk": children}))
    columns = yaml.load(text, Loader=yaml.BaseLoader)["columns"]
    assert "family_name" not in columns
    assert columns["area"]["of"] == columns["sex"]["of"] == "parent"
    assert text.count("of: parent   # decide") == 1


def test_a_few_wrong_bytes_do_not_hide_that_a_file_is_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("Cinsiyet,Yaş\r\nK,ğışçöüğışçöüğışçöüğışçöü\r\n".encode() + b"K,\xfe\r\n")
    assert yaml.load(draft(path), Loader=yaml.BaseLoader)["file"]["encoding"] == "utf-8"


@pytest.mark.parametrize(
    "text", ["a\u2028b", "a\x85b", "\ufeffa", "a: b", "# a", "null", "~", "a\\b", '"', "=", "- a", "!a"]
)
def test_any_text_is_written_so_that_yaml_has_it_again(text: str) -> None:
    assert yaml.load(f"- {{x: {drafts._word(text)}}}   # {drafts._word(text)}\n- end", yaml.BaseLoader) == [
        {"x": text},
        "end",
    ]


SYNTHETIC = sorted((ROOT / "data" / "raw" / "synthetic").glob("*/*.mapping.yml"))


def decided(text: str, by_hand: Path) -> str:
    """A draft of a synthetic list, settled: formats as the mapping by hand has them, and the rest as not stated."""
    hand = yaml.load(by_hand.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    # A nationality that is not listed would wait in quarantine.
    text = re.sub(r'# decide: (.*: "\?")$', r"\1", settled(text, study=hand["study"]), flags=re.M)
    text = re.sub(r"^(list|date): .*$", lambda line: f"{line[1]}: {hand[line[1]]}", text, flags=re.M)
    of_column = {entry["column"]: entry["format"] for entry in hand["columns"].values() if "format" in entry}
    content = yaml.load(text, Loader=yaml.BaseLoader)
    for entry in content["columns"].values():
        if "?" in entry.get("format", []):
            entry["format"] = of_column[entry["column"]]
    return yaml.safe_dump(content, allow_unicode=True).replace(": '?'", ": ''")


@pytest.mark.skipif(not SYNTHETIC, reason="There are no synthetic studies in data/raw/synthetic.")
@pytest.mark.parametrize("by_hand", SYNTHETIC, ids=lambda path: path.name.partition("_")[0])
def test_a_settled_draft_of_a_synthetic_list_reads_nothing_that_its_mapping_by_hand_reads_otherwise(
    by_hand: Path, tmp_path: Path
) -> None:
    stem = by_hand.name.removesuffix(".mapping.yml")
    file = next(path for path in by_hand.parent.glob(f"{stem}.*") if path != by_hand)
    (tmp_path / "draft.mapping.yml").write_text(decided(draft(file), by_hand), encoding="utf-8")
    ours, hand = intake(file, tmp_path / "draft.mapping.yml"), intake(file, by_hand)
    both = ours.records.merge(hand.records, on="record_id", suffixes=("", "_by_hand"))
    assert len(both) > 0.8 * len(hand.records)
    shared = {
        name
        for name, column in ours.mapping.columns.items()
        if name in hand.mapping.columns and column.names == hand.mapping.columns[name].names
    }
    assert {"sex", "area", "nationality"} & shared
    for name in shared:
        if f"{DATES.get(name, name)}_low" in both:
            low, high = (both[f"{DATES.get(name, name)}_{end}"] for end in ("low", "high"))
            low_by_hand, high_by_hand = (both[f"{DATES.get(name, name)}_{end}_by_hand"] for end in ("low", "high"))
            # An age can be narrowed by a date that the draft has left to a person.
            assert not ((low > high_by_hand) | (high < low_by_hand)).fillna(False).any()
            if name != "age":
                assert low.dropna().equals(low_by_hand[low.notna()])
                assert high.dropna().equals(high_by_hand[high.notna()])
        elif name in both:
            codes, codes_by_hand = (both[column].astype(str).str.split(";") for column in (name, f"{name}_by_hand"))
            # What was left open is not stated here.
            assert all(set(one) - {""} <= set(other) for one, other in zip(codes, codes_by_hand, strict=True))


def test_m_beside_h_is_mulher_and_therefore_left_open(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", [["Sexo", "Idade"], ["H", "12"], ["M", "13"]], "utf-8", ",")
    assert yaml.load(draft(path), Loader=yaml.BaseLoader)["columns"]["sex"]["codes"] == {"H": "male", "M": "?"}


def test_the_word_for_unknown_can_mean_a_stranger(tmp_path: Path) -> None:
    rows = [["Sexo", "Recrutador"], ["desconhecido", "desconhecido"], ["F", "família"]]
    content = yaml.load(draft(written(tmp_path / "a.csv", rows, "utf-8", ",")), Loader=yaml.BaseLoader)
    assert content["file"]["missing"] == ["desconhecido"]
    assert content["columns"]["sex"]["codes"] == {"F": "female"}
    assert content["columns"]["recruiter"]["codes"] == {"desconhecido": "?", "família": "Familial"}


def test_a_coded_column_of_many_texts_is_not_listed(tmp_path: Path) -> None:
    rows = [["Cinsiyet", "Sömürü"], *(["K", f"{CANARY} {number}"] for number in range(40))]
    text = draft(written(tmp_path / "a.csv", rows, "utf-8", ","))
    assert CANARY not in text
    assert "40 different texts are too many for codes" in text


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Doğum Tarihi", "birth"),
        ("DATE DE NAISSANCE", "birth"),
        ("vic_TypeOfExploitation", "exploitation"),
        ("Nacionalidade", "nationality"),
        ("Geldiği Yer", "stop:origin"),
        ("T.C. Kimlik No", "document"),
    ],
)
def test_names_of_columns(header: str, field: str) -> None:
    assert file_profile.guess(header).field == field
    assert file_profile.guess(header).sure


@pytest.mark.parametrize(
    "header", ["Baba Adı", "Nome da mãe", "Şüpheli uyruğu", "Görüşmeci adı soyadı", "Adres", "GPS latitude", "deviceid"]
)
def test_names_of_others_and_of_places_of_living_are_left_out(header: str) -> None:
    assert file_profile.guess(header) == file_profile.Guess(left_out=True)


def test_part_of_a_name_is_no_sure_guess() -> None:
    assert file_profile.guess("Sömürü Yeri İli") == file_profile.Guess("stop:exploitation", False, "tr")


def test_every_guess_is_a_code_of_its_field() -> None:
    for name, words in file_profile._SYNONYMS["codes"].items():
        allowed = set((FIELDS[name].codes or {}) if name in FIELDS else file_profile.htcds.ROLES) | {"None"}
        assert set(words) <= allowed


@pytest.mark.parametrize(
    ("names", "fields"),
    [
        (["Nome", "Idade"], {"Nome": "full_name"}),
        (["Nome", "Apelido"], {"Nome": "given_name", "Apelido": "family_name"}),
        (["Nome", "Nome próprio", "Apelido"], {"Nome próprio": "given_name", "Apelido": "family_name"}),
        (["Nom", "Prénom"], {"Nom": "family_name", "Prénom": "given_name"}),
    ],
)
def test_a_name_is_full_given_or_family_by_what_stands_beside_it(
    tmp_path: Path, names: list[str], fields: dict[str, str]
) -> None:
    path = written(tmp_path / "a.csv", [[*names, "Sexo"], *[["x"] * len(names) + ["F"]] * 2], "utf-8", ",")
    columns = yaml.load(draft(path), Loader=yaml.BaseLoader)["columns"]
    assert {entry["column"]: name for name, entry in columns.items() if name.endswith("_name")} == fields


def test_the_synthetic_lists_are_drafted_without_a_wrong_code() -> None:
    """Their mappings were written by hand: a guess that differs is wrong, one that is missing is left to a person."""
    mappings = sorted((ROOT / "data" / "raw" / "synthetic").glob("*/*.mapping.yml"))
    if not mappings:
        pytest.skip("There are no synthetic studies in data/raw/synthetic.")
    guesses = [
        (path.name, name, text, code, file_profile.code(name, text.replace("_", " ")))
        for path in mappings
        for name, column in load(path).columns.items()
        if FIELDS[name].codes
        for text, code in column.codes.items()
    ]
    assert [guess for guess in guesses if guess[4] not in (None, guess[3])] == []
    assert sum(guess[4] is not None for guess in guesses) > len(guesses) / 2


def test_a_file_in_the_words_of_the_standard_needs_no_decision_but_what_it_is(tmp_path: Path) -> None:
    """Columns and options of the XLSForm of the Human Trafficking Case Data Standard 2.0, as KoboToolbox exports it."""
    cells = {
        "con_Consent": "TRUE", "prs_First_Name": "Awa", "prs_Second_Name": "Diallo", "prs_Birthdate": "2010-05-06",
        "prs_Gender": "Feminine", "prs_Citizenship": "NA", "prs_MobilePhone": "+2389912345", "prs_HomePhone": "99",
        "prs_MailingCity": "Praia", "vic_MethodOfRecruitment": "AtWork ThroughFamilyOrFamilyEvents",
        "vic_TraffickingStatus": "ActualVictimOfTrafficking", "vic_Methods_of_Control": "DebtBondage  FalsePromises",
        "vic_TypeOfExploitation": "ForcedLabour ChildLabour",
        "vic_ForcedLabourIndustry": "A_AgricultureForestryAndFishing",
        "vic_TypeOfSexExploitation": "", "cas_Status": "Active", "cas_IncomingReferralDate": "2023-02-03",
    }  # fmt: skip
    path = written(tmp_path / "htcds.csv", [list(cells), list(cells.values())], "utf-8", ",")
    text = draft(path).replace('study: "?"', "study: cabo_verde")
    for name, value in {"title": "A", "publisher": "B", "source": "C", "date": "2024-01-31"}.items():
        text = re.sub(rf"^{name}:", f"{name}: {value}", text, flags=re.MULTILINE)
    beside(path).write_text(text.replace("kind: confidential", "kind: synthetic"), encoding="utf-8")
    record = intake(path).records.iloc[0]
    assert record["referred_in_low"] == pd.Timestamp("2023-02-03")
    assert record[["sex", "nationality", "status", "sector"]].to_list() == [
        "female", "NAM", "ActualVictimOfTrafficking", "A",
    ]  # fmt: skip
    assert record["recruitment"] == "AtWork;ThroughFamilyOrFamilyEvents"
    assert record["means_of_control"] == "DebtBondage;FalsePromises"
    assert record["exploitation"] == "ChildLabour;ForcedLabour"


# --- Files as sources send them ------------------------------------------------------------------------------------


# What a person decides who knows the four lists; what else a draft leaves open are slips, which stay in quarantine.
KNOWN = {
    "cinsel istismar": "SexualExploitation",
    "cinsel": "SexualExploitation",
    "evlilik": "ForcedMarriage",
    "zorla_calisma": "ForcedLabour",
}


@pytest.mark.parametrize("name", ["police", "kobo", "ngo", "partner"])
def test_a_list_as_received_is_clean_once_its_draft_is_settled_and_nothing_is_lost(
    name: str, received_study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANALYSIS_KEY", str(received_study.lists["police"].file.parents[1] / "key"))
    received = received_study.lists[name]
    text = draft(received.file)
    open_lines = [line for line in text.splitlines() if "# decide" in line]
    assert len(open_lines) <= 13
    text = re.sub(r'^ *\S.*: "\?"   # decide\n', "", settled(text, **KNOWN), flags=re.M)
    beside(received.file).write_text(text, encoding="utf-8")
    found = intake(received.file)
    assert set(found.quarantine["row"]) == set(received.faults)
    assert set(found.records["row"]) == set(received.truth["row"])
    assert len(found.rows) == len(received.faults) + len(received.truth)
    both = received.truth.merge(found.records, on="row", suffixes=("", "_read"), validate="1:1")
    for field in ("sex", "nationality", "area_id", "exploitation"):
        read = both[f"{field}_read"].astype(str)
        assert (read.eq(both[field]) | read.eq("")).all() and read.ne("").mean() > 0.9
    age = "exploited_age" if name == "partner" else "age"
    assert (both[f"{age}_low"].le(both["age"]) & both[f"{age}_high"].ge(both["age"])).all()


@pytest.fixture(scope="module")
def received_study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("received")
    (folder / "key").write_text("0123456789abcdef")
    (folder / "key").chmod(0o600)
    return write(folder / "turkiye", seed=7)


def test_what_the_draft_of_a_workbook_with_groups_units_and_a_merged_note_says(received_study: Study) -> None:
    text = draft(received_study.lists["police"].file)
    content = yaml.load(text, Loader=yaml.BaseLoader)
    assert content["file"] == {"sheet": "Liste", "header": ["4", "5"]}
    columns = content["columns"]
    assert columns["given_name"]["column"] == "Mağdur / Adı"
    assert columns["age"] == {"column": "Mağdur / Yaş", "units": {"yaş": "years"}}
    assert {"K": "female", "Kadın": "female", "Kız": "female", "E": "male", "Erkek": "male"}.items() <= columns["sex"][
        "codes"
    ].items()
    # What is said of the list as a whole is no value of any column.
    assert "güncel" not in text


def test_what_the_draft_of_an_export_of_kobotoolbox_leaves_out(received_study: Study) -> None:
    text = draft(received_study.lists["kobo"].file)
    content = yaml.load(text, Loader=yaml.BaseLoader)
    taken = {name: entry["column"] for name, entry in content["columns"].items()}
    assert taken["full_name"] == "child/child_name"
    assert "status" not in taken
    # Only the number of the record and the day on which it reached the server are of use.
    assert {name: column for name, column in taken.items() if "/" not in column} == {
        "record": "_id",
        "reported": "_submission_time",
    }
    device = {"start", "end", "today", "deviceid", "_submitted_by", "__version__"}
    assert {*device, "_uuid", "_validation_status", "_notes", "_status", "_tags", "intro/enum_name", "notes"} <= set(
        content["drop"]
    )
    assert "Örnek" not in text


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("enumerator", ""),
        ("intro/interviewer_name", ""),
        ("interviewer/name", ""),
        ("mother/name", ""),
        ("phonenumber", ""),
        ("meta/instanceID", ""),
        ("_submission__status", ""),
        ("_status", ""),
        ("victim_status", "status"),
        ("child/phone_number", "phone"),
    ],
)
def test_columns_of_kobotoolbox_and_of_others_are_no_persons_fields(tmp_path: Path, column: str, field: str) -> None:
    rows = [["_uuid", "child/name", column, "sex"], ["u", "Z", "x", "F"], ["v", "Y", "y", "M"]]
    columns = yaml.load(draft(written(tmp_path / "a.csv", rows, "utf-8", ",")), Loader=yaml.BaseLoader)["columns"]
    taken = {entry["column"]: name for name, entry in columns.items()}
    assert taken == {"child/name": "full_name", "sex": "sex"} | ({column: field} if field else {})


def test_without_a_column_of_kobotoolbox_a_status_is_one(tmp_path: Path) -> None:
    rows = [["Name", "Status", "Start"], ["Z", "victim", "x"]]
    columns = yaml.load(draft(written(tmp_path / "a.csv", rows, "utf-8", ",")), Loader=yaml.BaseLoader)["columns"]
    assert columns["status"]["codes"] == {"victim": "ActualVictimOfTrafficking"}


@pytest.mark.parametrize(
    ("cells", "units"),
    [
        (["14 yaş", "3 ay"], {"yaş": "years", "ay": "months"}),
        (["14 ans", "6 mois"], {"ans": "years", "mois": "months"}),
        (["14 anos", "1 ano"], {"anos": "years", "ano": "years"}),
        (["14 yrs", "14 y/o", "14 years"], {"yrs": "years", "y/o": "years", "years": "years"}),
        (["14", "9-17", "15,5"], None),
        # A word that nobody knows is asked about where many have it, and not shown where few do.
        (["14 bahar"] * 5 + ["14 Kanarya"] * 4, {"bahar": "?"}),
    ],
)
def test_units_of_ages_are_found(tmp_path: Path, cells: list[str], units: dict[str, str] | None) -> None:
    path = written(tmp_path / "a.csv", [["Cinsiyet", "Yaş"], *(["K", cell] for cell in cells)], "utf-8", ";")
    text = draft(path)
    assert yaml.load(text, Loader=yaml.BaseLoader)["columns"]["age"].get("units") == units
    assert "Kanarya" not in text
    assert ("no age" in text) == any("bahar" in cell for cell in cells)


def test_a_stray_text_spoils_no_codes(tmp_path: Path) -> None:
    rows = [["Cinsiyet", "Yaş"], *([["K", "12"], ["E", "13"]] * 20), [f"{CANARY} {'x' * 60}", "14"]]
    text = draft(written(tmp_path / "a.csv", rows, "utf-8", ";"))
    assert yaml.load(text, Loader=yaml.BaseLoader)["columns"]["sex"]["codes"] == {"E": "male", "K": "female"}
    assert CANARY not in text
    rows += [[f"{CANARY} {number}", "15"] for number in range(40)]
    text = draft(written(tmp_path / "a.csv", rows, "utf-8", ";"))
    assert yaml.load(text, Loader=yaml.BaseLoader)["columns"]["sex"]["codes"] == {"E": "male", "K": "female"}
    assert CANARY not in text


@pytest.mark.parametrize(
    ("rows", "merged", "header", "names"),
    [
        # Groups above, and a column that has one name in both rows.
        (
            [["Sıra", "Mağdur", "", "", "Olay", ""], ["", "Adı", "Yaş", "Cinsiyet", "Tarih", "İl"]],
            ((0, 0, 1, 0), (0, 1, 0, 3), (0, 4, 0, 5)),
            ["1", "2"],
            {"given_name": "Mağdur / Adı", "area": "Olay / İl"},
        ),
        # A title over all columns is no group.
        ([["Liste", "", "", ""], ["Adı", "Yaş", "Cinsiyet", "İl"]], ((0, 0, 0, 3),), "2", {"given_name": "Adı"}),
    ],
)
def test_two_rows_of_a_header_are_both_kept(
    tmp_path: Path, rows: list[list[str]], merged: tuple, header: object, names: dict[str, str]
) -> None:
    person = {"Sıra": "1", "Adı": "Ayşe", "Yaş": "12", "Cinsiyet": "K", "Tarih": "13.02.2021", "İl": "Kilis"}
    body = [[person.get(name, "1") for name in rows[-1]] for _ in range(4)]
    content = yaml.load(draft(workbook(tmp_path / "a.xlsx", {"S": [*rows, *body]}, merged)), Loader=yaml.BaseLoader)
    assert content["file"]["header"] == header
    assert names.items() <= {name: entry["column"] for name, entry in content["columns"].items()}.items()


# --- What is easily misread ----------------------------------------------------------------------------------------


def drafted(tmp_path: Path, rows: list[list[str]], study: str = "turkiye") -> tuple[str, dict]:
    """The draft of a list, and its fields."""
    (tmp_path / study).mkdir(exist_ok=True)
    text = draft(written(tmp_path / study / "a.csv", rows, "utf-8", ","))
    return text, yaml.load(text, Loader=yaml.BaseLoader)["columns"]


def test_a_limit_is_never_offered_as_a_unit(tmp_path: Path) -> None:
    cells = ["18 altı", "18 yaş altı", "18+", "under 12", "12 yaş", "yaklaşık 14", "14 civarı"]
    text, columns = drafted(tmp_path, [["Cinsiyet", "Yaş"], *(["K", cell] for cell in cells * 6)])
    assert columns["age"]["units"] == {"yaş": "years"}
    # "18 altı", "18 yaş altı" and "under 12", six times each.
    assert "# 18 cells give a limit" in text
    # What is not known to the year is for a person to say.
    assert "2 texts are no age" in text and "`values:` what a text means" in text


def test_an_unknown_word_is_asked_about_with_all_that_it_can_be(tmp_path: Path) -> None:
    rows = [["Cinsiyet", "Yaş"], *([["K", "14 bahar"], ["K", "onder 12"]] * 5)]
    text, columns = drafted(tmp_path, rows)
    assert columns["age"]["units"] == {"bahar": "?"}
    assert "years, months, weeks, days; of a limit under, up to, over" in text
    assert 'before numbers stands "onder"; if it makes a limit, `units:` says under or up to or over' in text


@pytest.mark.parametrize("rows", [
    [["Cinsiyet", "Yaş", "Birim"], ["K", "8", "ay"], ["E", "9", "yaş"], ["E", "9", ""]],
    [["Cinsiyet", "Yaş", "x"], ["K", "8", "ay"], ["E", "9", "yaş"], ["E", "9", ""]],
    [["Yaş", "Cinsiyet", "Birim"], ["8", "K", "ay"], ["9", "E", "yaş"], ["9", "E", ""]],
])  # fmt: skip
def test_a_column_of_units_is_found(tmp_path: Path, rows: list[list[str]]) -> None:
    text, columns = drafted(tmp_path, rows)
    name = next(name for name in rows[0] if name in ("Birim", "x"))
    assert columns["age"] == {"column": "Yaş", "unit_column": name, "units": {"ay": "months", "yaş": "years"}}
    assert '# decide: "": years, if a number beside an empty cell' in text
    assert f"#   {name}" not in text
    beside(tmp_path / "turkiye/a.csv").write_text(settled(text), encoding="utf-8")
    found = intake(tmp_path / "turkiye/a.csv")
    assert found.records["age_low"].tolist() == [0, 9]
    assert found.quarantine["row"].tolist() == [4]


def test_days_that_excel_counts_are_found(tmp_path: Path) -> None:
    rows = [["Cinsiyet", "Tespit Tarihi"], ["K", "43831"], ["E", "13.02.2020"], ["E", "44000"], ["K", "xx"]]
    text, columns = drafted(tmp_path, rows)
    assert sorted(columns["detected"]["format"]) == ["dd.mm.yyyy", "serial"]
    assert "# decide: are numbers of five digits Excel's count of days" in text
    assert "1 text is no date in any usual format; `values:` may say" in text
    beside(tmp_path / "turkiye/a.csv").write_text(settled(text), encoding="utf-8")
    # 44,000 days after 30 December 1899.
    days = intake(tmp_path / "turkiye/a.csv").records["date_low"].dt.strftime("%Y-%m-%d").tolist()
    assert days == ["2020-01-01", "2020-02-13", "2020-06-18"]


@pytest.mark.parametrize("second", ["Yaş v2", "Yaş_002", "Yaş (2)", "Yaşı"])
def test_a_question_that_was_asked_anew_is_read_from_both_columns(tmp_path: Path, second: str) -> None:
    rows = [["Cinsiyet", "Yaş", second], ["K", "8", ""], ["E", "", "9"], ["E", "", ""]]
    text, columns = drafted(tmp_path, rows)
    assert columns["age"]["column"] == ["Yaş", second]
    assert "of which never two are filled in?" in text
    beside(tmp_path / "turkiye/a.csv").write_text(settled(text), encoding="utf-8")
    assert intake(tmp_path / "turkiye/a.csv").records["age_low"].fillna(-1).tolist() == [8, 9, -1]
    # Filled in beside each other they are two questions.
    text, columns = drafted(tmp_path, [*rows, ["K", "8", "9"]])
    assert columns["age"]["column"] == "Yaş" and second in text.partition("a field above")[2]


@pytest.mark.parametrize("question", ["q12", "grp/q12", "a group/What did they do?"])
def test_a_question_of_another_name_is_known_by_its_options(tmp_path: Path, question: str) -> None:
    options = ["tehdit", "borc", "Physical abuse", "nenhum"]
    rows = [["Cinsiyet", *(f"{question}/{option}" for option in options)], ["K", "1", "0", "0", "0"]]
    text, columns = drafted(tmp_path, rows)
    assert columns["means_of_control"]["columns"] == {
        "PhysicalThreats": f"{question}/tehdit", "DebtBondage": f"{question}/borc",
        "PhysicalAbuse": f"{question}/Physical abuse", "None": f"{question}/nenhum",
    }  # fmt: skip
    assert "means_of_control:   # decide: is it this column?" in text


def test_one_known_option_is_no_question(tmp_path: Path) -> None:
    rows = [["Cinsiyet", "q1/tehdit", "q1/x", "q1/y"], ["K", "1", "0", "0"]]
    assert "means_of_control" not in drafted(tmp_path, rows)[1]


@pytest.mark.parametrize(
    ("header", "guessed"),
    [
        ("cas_Status", file_profile.Guess(left_out=True)),
        # A field of the standard that has no counterpart here is none by a word in its name.
        ("cas_CountryOfOffice", file_profile.Guess()),
        ("vic_AgeGroup", file_profile.Guess()),
        ("vic_TraffickingStatus", file_profile.Guess("status", True, "en")),
    ],
)
def test_fields_of_the_standard_are_known_by_their_whole_names(header: str, guessed: file_profile.Guess) -> None:
    assert file_profile.guess(header) == guessed


def test_the_allowed_codes_stand_beside_a_coded_field(tmp_path: Path) -> None:
    rows = [["Cinsiyet", "Sömürü", "Sektör", "q/tehdit", "q/borc"], ["K", "fuhuş", "Tarım", "1", "0"]]
    text, columns = drafted(tmp_path, rows)
    comments = " ".join(line.strip().removeprefix("# ") for line in text.splitlines() if line.strip().startswith("#"))
    for name in ("sex", "exploitation", "sector", "means_of_control"):
        assert name in columns
        assert f"Codes: {', '.join(FIELDS[name].codes or ())}" in comments


def test_forms_that_were_not_approved_are_asked_about(tmp_path: Path) -> None:
    rows = [["_uuid", "_validation_status", "sex"], ["u", "Not Approved", "F"], ["v", "Approved", "M"]]
    text, _ = drafted(tmp_path, rows)
    line = 'leave_out: {_validation_status: ["Not Approved"]}'
    assert line in text
    beside(tmp_path / "turkiye/a.csv").write_text(f"{settled(text)}{line}\n", encoding="utf-8")
    found = intake(tmp_path / "turkiye/a.csv")
    assert found.records["row"].tolist() == [3]
    assert found.rows["outcome"].tolist() == ["left out", "clean"]
    assert "leave_out" not in drafted(tmp_path, [rows[0], rows[2]])[0]


def test_a_renamed_question_of_an_unsure_name_is_known_by_what_it_holds(tmp_path: Path) -> None:
    rows = [["cinsiyet", "yas", "cocuk_yasi"], ["K", "8", ""], ["E", "", "9"], ["E", "", ""]]
    assert drafted(tmp_path, rows)[1]["age"]["column"] == ["yas", "cocuk_yasi"]
    # The same name over other things is another question.
    text, columns = drafted(tmp_path, [rows[0], ["K", "8", ""], ["E", "", "küçük"]])
    assert columns["age"]["column"] == "yas" and "cocuk_yasi" in text.partition("a field above")[2]


def test_options_marked_with_a_cross_in_columns_of_their_own(tmp_path: Path) -> None:
    names = ["İhlal: zorla çalıştırma", "İhlal: dilencilik", "İhlal: başka"]
    rows = [["Cinsiyet", *names], ["K", "x", "", ""], ["E", "", "x", "x"], ["E", "", "", ""]]
    text, columns = drafted(tmp_path, rows)
    assert columns["exploitation"]["columns"] == {"ForcedLabour": names[0], "ForcedBegging": names[1], "?": names[2]}
    assert columns["exploitation"]["yes"] == ["x"]
    beside(tmp_path / "turkiye/a.csv").write_text(settled(text).replace('"?": ', "Other: "), encoding="utf-8")
    # An empty cell says that nothing is known, which is not no.
    assert intake(tmp_path / "turkiye/a.csv").records["exploitation"].tolist() == [
        "ForcedLabour", "ForcedBegging;Other", "",
    ]  # fmt: skip


def test_an_arabic_list_is_recognised(tmp_path: Path) -> None:
    header = ["الرقم", "الاسم", "الكنية", "اسم الأم", "الجنس", "العمر", "تاريخ الدخول", "نوع الاستغلال", "ملاحظات"]
    rows = [["1", "سلمى", "حداد", CANARY, "أنثى", "دون 18", "13/05/2022", "تسول - زواج قسري", CANARY]]
    rows += [["2", "علي", "حداد", CANARY, "ذكر", "14 سنة", "14/05/2022", "تسول", ""], ["المجموع", "2", *[""] * 7]]
    text, columns = drafted(tmp_path, [header, *rows])
    assert "# The header is Arabic." in text and CANARY not in text
    assert {name: entry["column"] for name, entry in columns.items()} == {
        "record": "الرقم", "given_name": "الاسم", "family_name": "الكنية", "sex": "الجنس", "age": "العمر",
        "detected": "تاريخ الدخول", "exploitation": "نوع الاستغلال",
    }  # fmt: skip
    assert set(yaml.load(text, Loader=yaml.BaseLoader)["drop"]) == {"اسم الأم", "ملاحظات"}
    beside(tmp_path / "turkiye/a.csv").write_text(settled(text), encoding="utf-8")
    found = intake(tmp_path / "turkiye/a.csv")
    assert found.quarantine[["row", "rule"]].to_numpy().tolist() == [[4, "total"]]
    assert found.records["sex"].tolist() == ["female", "male"]
    assert found.records[["age_low", "age_high"]].to_numpy().tolist() == [[0, 17], [14, 14]]
    assert found.records["exploitation"].tolist() == ["ForcedBegging;ForcedMarriage", "ForcedBegging"]
