"""The draft of a mapping: what it recognises, what it leaves to a person, and what it must never list."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
import yaml

from analysis.cases import headers
from analysis.cases.draft import draft
from analysis.cases.htcds import FIELDS
from analysis.cases.intake import intake
from analysis.cases.mapping import MappingError, beside, load
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
    assert content["columns"]["means_of_control"]["columns"] == {"DebtBondage": "meios/divida", "?": "meios/xyz"}
    beside(path).write_text(text, encoding="utf-8")
    # Left out, it would make "none of these" of what nobody knows.
    with pytest.raises(MappingError, match="means_of_control"):
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
    ],
)
def test_formats_of_dates(tmp_path: Path, dates: list[str], expected: str) -> None:
    rows = [["Cinsiyet", "Tespit Tarihi"], *(["K", date] for date in dates)]
    content = yaml.load(draft(written(tmp_path / "a.csv", rows, "utf-8", ",")), Loader=yaml.BaseLoader)
    assert content["columns"]["detected"]["format"] == expected


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
    assert headers.guess(header).field == field
    assert headers.guess(header).sure


@pytest.mark.parametrize(
    "header", ["Baba Adı", "Nome da mãe", "Şüpheli uyruğu", "Görüşmeci adı soyadı", "Adres", "GPS latitude", "deviceid"]
)
def test_names_of_others_and_of_places_of_living_are_left_out(header: str) -> None:
    assert headers.guess(header) == headers.Guess(left_out=True)


def test_part_of_a_name_is_no_sure_guess() -> None:
    assert headers.guess("Sömürü Yeri İli") == headers.Guess("stop:exploitation", False, "tr")


def test_every_guess_is_a_code_of_its_field() -> None:
    for name, words in headers._WORDS.items():
        allowed = set((FIELDS[name].codes or {}) if name in FIELDS else headers.htcds.ROLES) | {"None"}
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
        (path.name, name, text, code, headers.code(name, text.replace("_", " ")))
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
