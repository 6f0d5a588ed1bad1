"""Names are encoded at the owner of a list by one file alone; no cell of identity leaves, and weak keys are refused."""

from __future__ import annotations

import csv
import hashlib
import hmac
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from anyascii import anyascii
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from analysis.intake import encode_names, name_forms

FILE = Path(encode_names.__file__)
KEY = hashlib.sha256(b"a key").digest()
BORN = (encode_names.datetime.date(2008, 5, 3),) * 2
LIST = """Adı;Soyadı;Doğum;Kimlik;Telefon;İl;Tarih;Yaş;Not
Fatma;Yılmaz;03.05.2008;12345678901;05321234567;Hatay;01.02.2020;11;Fatma ile görüşüldü
Ahmed;El Hasan;;;;Adana;05.03.2021;14;
Osman;Kaya;99.99.2000;;12;Adana;05.03.2021;abc;
;;;;;;;;
"""
COLUMNS = (
    *("--given", "Adı", "--family", "Soyadı", "--birth", "Doğum", "--document", "Kimlik", "--phone", "Telefon"),
    *("--age", "Yaş", "--on", "Tarih", "--keep", "İl", "--keep", "Yaş", "--keep", "Not"),
)


def alone(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The file by itself, as an owner has it: without this project, and without any package."""
    own = folder / "encode_names.py"
    own.write_bytes(FILE.read_bytes())
    command = [sys.executable, "-S", "-I", str(own), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def owner(tmp_path: Path) -> Path:
    (tmp_path / "police.csv").write_text(LIST, encoding="utf-8")
    assert alone(tmp_path, "--new-key", "project.key").returncode == 0
    return tmp_path


def rows(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines()))


def test_the_file_alone_encodes_a_list_and_says_what_became_of_rows_and_cells(owner):
    ended = alone(owner, "police.csv", "--key", "project.key", *COLUMNS)
    assert ended.returncode == 0, ended.stderr
    header, *encoded = rows(owner / "police_encoded.csv")
    assert header == ["tokens", "İl", "Yaş", "Not"] and len(encoded) == 3
    assert all(len(set(cell.split())) == 10 == len(cell.split()) for cell, *_ in encoded)
    assert len({token for cell, *_ in encoded for token in cell.split()}) == 30
    for said in (
        "4 Doğum: no date",
        "4 Yaş: no age",
        "4 Telefon: no number",
        "left out (1): 2 Not",
        "left out (1): 5.",
    ):
        assert said in ended.stdout
    original = {int(there): int(here) for there, here in rows(owner / "police_encoded_rows.csv")[1:]}
    assert sorted(original.values()) == [2, 3, 4]
    places = {original[number]: row[1] for number, row in enumerate(encoded, start=2)}
    assert places == {2: "Hatay", 3: "Adana", 4: "Adana"}
    for word in ("Fatma", "Yılmaz", "Osman", "Kaya", "Ahmed", "12345678901", "05321234567", "03.05.2008"):
        assert word not in ended.stdout and word not in (owner / "police_encoded.csv").read_text(encoding="utf-8")
    if os.name == "posix":
        assert {(owner / name).stat().st_mode & 0o777 for name in ("police_encoded.csv", "project.key")} == {0o600}


def test_a_key_is_never_written_over_and_its_fingerprint_repeats(owner):
    first, again = alone(owner, "--check", "project.key"), alone(owner, "--new-key", "project.key")
    assert again.returncode and "not written over" in again.stderr
    assert first.stdout == alone(owner, "--check", "project.key").stdout
    assert first.stdout.split(": ")[1].replace(" ", "").strip().isdigit()


@pytest.mark.parametrize(
    "weak", ["secret", "0" * 64, "0123456789abcdef" * 4, "00112233445566778899aabbccddeeff" * 2, ""]
)
def test_weak_keys_are_refused(tmp_path, weak):
    """Also with the right check at the end: 64 digits that repeat or count are no key."""
    path = tmp_path / "weak.key"
    path.write_text(f"{weak}-{hashlib.sha256(weak.encode()).hexdigest()[:8]}\n")
    path.chmod(0o600)
    with pytest.raises(encode_names.RefusedError, match="no key"):
        encode_names.read_key(path)


def test_a_key_with_a_wrong_letter_or_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "own.key"
    encode_names.new_key(path)
    key = path.read_text()
    path.write_text(("1" if key[0] == "0" else "0") + key[1:])
    with pytest.raises(encode_names.RefusedError, match="no key"):
        encode_names.read_key(path)
    path.write_text(key)
    if os.name == "posix":
        path.chmod(0o644)
        with pytest.raises(encode_names.RefusedError, match="Others"):
            encode_names.read_key(path)


def test_tokens_are_hmac_sha_256():
    """By the standard library's one-call digest."""
    expected = hmac.digest(KEY, b"document\x1f12345678", "sha256").hex()[:32]
    assert encode_names.keyed_token(KEY, "document", "12345678") == expected
    # RFC 4231, test case 2, by the same library.
    known = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert hmac.new(b"Jefe", b"what do ya want for nothing?", hashlib.sha256).hexdigest() == known


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Fatma", "Yılmaz"), ("FATIMAH", "YILMAZ")),
        (("Khaled", "Al-Rifai"), ("Halit", "Rifai")),
        (("Djamila", "Sousa"), ("Jamila", "Souza")),
        (("Abdul Rahman", "Haddad"), ("Abdurrahman", "Hadad")),
        (("Mamadou", "Cissé"), ("Mamadu", "Cisse")),
        (("محمد", "الحسن"), ("Muhammed", "Hasan")),
        (("Yılmaz", "Fatma"), ("Fatma", "Yılmaz")),  # exchanged
    ],
)
def test_spellings_of_one_person_have_a_token_of_both_names_and_the_year_in_common(one, other):
    found = [encode_names.combined(*map(encode_names.romanised, names), BORN, "", "") for names in (one, other)]
    assert found[0]["names_first"] == found[1]["names_first"]


def test_a_name_alone_makes_no_token():
    assert encode_names.combined("Fatma", "Yilmaz", (None, None), "", "") == {}
    assert encode_names.combined("Fatma", "", BORN, "", "").keys() == {"given_day"}
    year = (encode_names.datetime.date(2008, 1, 1),) * 2  # what clerks write for a year
    assert "given_day" not in encode_names.combined("Fatma", "Yilmaz", year, "", "")


def test_letters_are_those_of_the_library():
    """Of every letter that the file knows, as anyascii has them; and whole names as intake compares them."""
    for letter in {each for known in encode_names._ROMAN for each in (known, known.upper())}:
        assert encode_names.fold(encode_names.letter_by_table(letter)) == encode_names.fold(anyascii(letter)), letter
    with open(FILE.parents[3] / "tests" / "messy_names.csv", encoding="utf-8") as file:
        lines = list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter=";"))
    names = {name for line in lines for kind in ("native", "other_native", "turkish", "latin") if line[kind]
             for name in line[kind].split("|")}  # fmt: skip
    geez = {name for name in names if any("\u1200" <= letter <= "\u137f" for letter in name)}
    names = names - geez | {"João Évora", "Conceição", "N'Diaye", "Şahin", "Ousmane Sané", "Nhá Bia"}
    assert len(names) > 300
    for name in names:
        assert encode_names.words(encode_names.romanised(name)) == name_forms.words(name), name
    for name in geez:
        with pytest.raises(encode_names.UnreadableError):
            encode_names.romanised(name)


def test_what_another_person_had_before_and_what_is_not_stated_has_a_token_of_its_own():
    """Rows 0 and 1 are one person. Row 2 shares a document with them, and nothing else; rows 3 and 4 state nothing."""
    person = encode_names.combined("Fatma", "Yilmaz", BORN, "", "12345678")
    other = encode_names.combined("Ahmed", "Hasan", BORN, "", "12345678")
    found, first = encode_names.tokens([person, dict(person), other, {}, {}], KEY, "a")
    assert first == [0, 0, 2, 3, 4] and found[0] == found[1]
    distinct = [token for row in (0, 2, 3, 4) for token in found[row].values()]
    assert len(set(distinct)) == len(distinct) == 40
    elsewhere, _ = encode_names.tokens([person, {}], KEY, "b")
    shared = {token for row in found for token in row.values()} & {t for row in elsewhere for t in row.values()}
    assert len(shared) == len(person)


def test_of_a_person_of_many_rows_three_are_known_as_such():
    person = encode_names.combined("Fatma", "Yilmaz", BORN, "", "")
    assert encode_names.tokens([dict(person) for _ in range(5)], KEY, "a")[1] == [0, 0, 0, 3, 4]


@pytest.mark.parametrize(
    ("text", "order", "first", "last"),
    [
        ("03.05.2008", "dmy", "2008-05-03", "2008-05-03"),
        ("05/03/2008", "mdy", "2008-05-03", "2008-05-03"),
        ("2008-05-03 00:00:00", "dmy", "2008-05-03", "2008-05-03"),
        ("٠٣.٠٥.٢٠٠٨", "dmy", "2008-05-03", "2008-05-03"),
        ("39571", "dmy", "2008-05-03", "2008-05-03"),
        ("02.2008", "dmy", "2008-02-01", "2008-02-29"),
        ("2008", "dmy", "2008-01-01", "2008-12-31"),
    ],
)
def test_dates_are_days_months_and_years(text, order, first, last):
    assert [str(day) for day in encode_names.day_or_year(text, order)] == [first, last]


@pytest.mark.parametrize("text", ["31.02.2010", "99.99.2000", "soon", "1", "01.01.3000", ""])
def test_what_is_no_date_is_not_read(text):
    with pytest.raises(encode_names.UnreadableError):
        encode_names.day_or_year(text)


def test_an_age_is_two_years_of_birth():
    """14 years on 3 May 2019: born between 4 May 2004 and 3 May 2005 (docs/case_records.md)."""
    assert [str(day) for day in encode_names.born_by_age("14 yaş", "03.05.2019")] == ["2004-05-04", "2005-05-03"]


CELLS = st.text("abcçdeğhiklmnoşu دمحé'-", min_size=2, max_size=10).filter(
    lambda text: len(encode_names.fold(text)) > 1
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.tuples(CELLS, CELLS, st.dates(encode_names.datetime.date(1950, 1, 1)).map(str), st.integers(10**7, 10**9)),
        min_size=1, max_size=6,
    ),
    st.data(),
)  # fmt: skip
def test_no_cell_of_identity_of_a_row_stands_in_what_leaves(tmp_path, people, data):
    """Also where it was copied into a column that is kept."""
    text = [["Given", "Family", "Birth", "Document", "Note"]]
    for person in people:
        cells = list(map(str, person))
        text.append([*cells, data.draw(st.sampled_from([*cells, "shelter", f"met {cells[3]} today"]))])
    path = tmp_path / "list.csv"
    path.write_text(encode_names._csv(text), encoding="utf-8")
    (tmp_path / "own.key").unlink(missing_ok=True)
    encode_names.new_key(tmp_path / "own.key")
    columns = [word for name in ("Given", "Family", "Birth", "Document") for word in (f"--{name.lower()}", name)]
    encode_names.main([str(path), "--key", str(tmp_path / "own.key"), *columns, "--keep", "Note", "--dates", "ymd"])
    of = dict(tuple(map(int, pair)) for pair in rows(tmp_path / "list_encoded_rows.csv")[1:])
    for number, left in enumerate(rows(tmp_path / "list_encoded.csv")[1:], start=2):
        own = text[of[number] - 1][:4]
        words = [encode_names.fold(cell) for cell in left]
        assert not {encode_names.fold(cell) for cell in own} & set(words)
        assert own[3] not in left[1]
    assert len(of) == len(people)


def test_what_is_asked_is_asked_again_until_it_is_answered_and_can_be_said_without_questions(owner):
    """The headers are looked for below a title; who states a given name is not asked for a whole one."""
    path = owner / "police.csv"
    path.write_text("Mağdur listesi;;;;;;;;\n;;;;;;;;\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    command = [sys.executable, "-S", "-I", str(FILE), "police.csv", "--key", "project.key"]
    answers = "x\n1\n2\n3\n\n5\n4\n99\n6 8\n"
    asked = subprocess.run(command, cwd=owner, input=answers, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr
    assert "headers are those of row 3" in asked.stdout and asked.stdout.count("the numbers 1 to 9") == 2
    assert "whole name" not in asked.stdout and "day of that age" not in asked.stdout
    first = (owner / "police_encoded.csv").read_bytes()
    options = asked.stdout.split("The same without questions: ")[1].splitlines()[0]
    ended = alone(owner, "police.csv", "--key", "project.key", *shlex.split(options))
    assert ended.returncode == 0 and (owner / "police_encoded.csv").read_bytes() == first
    stopped = subprocess.run(command, cwd=owner, input="1\n", capture_output=True, text=True, check=False)
    assert stopped.returncode == 1 and "nothing was encoded" in stopped.stderr and "Traceback" not in stopped.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere.csv", "--key", "project.key"), "nowhere.csv cannot be read"),
        (("police.csv", "--key", "nowhere.key"), "nowhere.key cannot be read"),
        (("police.csv", "--key", "project.key", "--encoding", "utf-99"), "not in utf-99"),
        (("old.xls", "--key", "project.key"), "neither CSV nor XLSX"),
        (("police.csv", "--key", "project.key", "--given", "Name"), "not one column 'Name'"),
        (("police.csv", "--key", "project.key", "--given", "Adı", "--keep", "Adı"), "keep none of them"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(owner, arguments, said):
    (owner / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(99))
    ended = alone(owner, *arguments)
    assert ended.returncode == 1 and said in ended.stderr and "Traceback" not in ended.stderr


def test_an_excel_file_that_is_damaged_or_has_no_such_sheet_is_said_in_a_sentence(tmp_path):
    book = Workbook()
    book.active.title = "Liste"
    book.save(tmp_path / "list.xlsx")
    with pytest.raises(encode_names.RefusedError, match=r"no sheet 'List'; there are Liste\."):
        encode_names.read(tmp_path / "list.xlsx", "List", 0, "utf-8-sig")
    (tmp_path / "list.xlsx").write_bytes((tmp_path / "list.xlsx").read_bytes()[:999])
    with pytest.raises(encode_names.RefusedError, match="damaged, or locked"):
        encode_names.read(tmp_path / "list.xlsx", "", 0, "utf-8-sig")
