"""Commands on lists that come again: corrections filled in and entered, an update compared and put in place."""

import hashlib
import re
import shlex
import shutil
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import yaml
from projects import CANARIES, add_case_lists, copy_of_the_project, products, run_analysis, run_code


@pytest.fixture(scope="module")
def entered(tmp_path_factory) -> Path:
    """A project with two confidential lists of 61 rows that are entered; the last row of each has a wrong date."""
    project = copy_of_the_project(tmp_path_factory.mktemp("entered"))
    add_case_lists(project)
    # The key is made now, and not in the midst of what a test looks at.
    run_analysis("check", str(project / "data/raw/turkiye/shelter.csv"), project=project)
    return project


@pytest.fixture
def lists(entered, tmp_path) -> Path:
    """A copy of it, for a test that changes something."""
    return shutil.copytree(entered, tmp_path / "project")


def fill_in(project: Path, workbook: Path, **cells: str) -> None:
    """Type corrections into a workbook of a quarantine, by the address of the cell."""
    book = openpyxl.load_workbook(workbook)
    page = book.worksheets[0]
    head = {cell.value: cell.column for cell in page[1]}
    for row in range(2, page.max_row + 1):
        if typed := cells.get(page.cell(row, head["cell"]).value):
            page.cell(row, head["correction"]).value = typed
    book.save(workbook)


def test_corrections_are_taken_up_entered_and_read_by_a_run_as_the_list_is(lists):
    file, folder = lists / "data/raw/turkiye/police.csv", lists / "data/processed/checks/turkiye"
    received = file.read_bytes()
    assert run_analysis("check", str(file), project=lists).returncode == 0
    workbook = folder / "police_quarantine.xlsx"
    fill_in(lists, workbook, E62="30.02.2010")
    # What somebody has filled in is not written over.
    filled = workbook.read_bytes()
    again = run_analysis("check", str(file), project=lists)
    assert "stays as it is: corrections are filled in there" in again.stdout and workbook.read_bytes() == filled

    wrong = run_analysis("check", str(file), "--corrections", str(workbook), project=lists)
    assert "1 correction applied, and the cell still breaks the rule date (E62)" in wrong.stdout
    fill_in(lists, workbook, E62="28.02.2010")
    right = run_analysis("check", str(file), "--corrections", str(workbook), project=lists)
    assert "61 rows in the file = 61 clean + 0 in quarantine" in right.stdout, right.stderr
    assert not workbook.exists() and file.read_bytes() == received
    kept = file.with_name("police.corrections.xlsx")
    assert kept.stat().st_mode & 0o077 == 0
    log = (folder / "police_corrections.csv").read_text(encoding="utf-8")
    assert "Dogum,applied," in log and "2010" not in log

    # Until they are entered no run reads them, and it is said that they are not.
    noted = run_analysis("status", "--study", "turkiye", project=lists)
    assert (
        "police.corrections.xlsx is not catalogued: `python -m analysis check data/raw/turkiye/police.csv`"
        in noted.stdout
    )
    assert run_analysis("check", str(file), "--accept", project=lists).returncode == 0
    entry = yaml.safe_load((file.parent / "catalog.yml").read_text(encoding="utf-8"))["turkiye_police"]
    assert entry["corrections"] == kept.name and entry["sha256"] == hashlib.sha256(received).hexdigest()
    assert entry["corrections_sha256"] == hashlib.sha256(kept.read_bytes()).hexdigest()
    assert run_analysis("intake", "--study", "turkiye", project=lists).returncode == 0
    table = pd.read_parquet(lists / "data/processed/turkiye/case_records.parquet")
    assert (table["list_id"] == "police").sum() == 61 and "police-000062" in set(table["record_id"])
    waiting = pd.read_csv(lists / "data/processed/turkiye/quarantine.csv")
    assert not waiting["file"].str.contains("police").any()

    # Corrections that changed since are refused as a list that changed is, until they are entered.
    kept.write_bytes(kept.read_bytes() + b" ")
    changed = run_analysis("run", "--study", "turkiye", project=lists)
    assert changed.returncode == 2 and "police.corrections.xlsx is not the file that was catalogued" in changed.stderr
    assert "check data/raw/turkiye/police.csv --accept`" in changed.stderr and "set sha256" not in changed.stderr
    # Several files by a pattern: that of corrections is read with its list.
    both = run_analysis("check", str(file), str(kept), project=lists)
    assert "2 files: 1 read, 1 read with their lists." in both.stdout
    # Taken out again, the list is as it was received.
    kept.unlink()
    assert run_analysis("check", str(file), "--accept", project=lists).returncode == 0
    assert "corrections" not in yaml.safe_load((file.parent / "catalog.yml").read_text("utf-8"))["turkiye_police"]


def test_corrections_of_another_list_are_refused_and_nothing_is_taken_up(lists):
    file, folder = lists / "data/raw/turkiye/police.csv", lists / "data/processed/checks/turkiye"
    shelter = lists / "data/raw/turkiye/shelter.csv"
    assert run_analysis("check", str(shelter), project=lists).returncode == 0
    fill_in(lists, folder / "shelter_quarantine.xlsx", E62="28.02.2010")
    # Of the one row that is wrong both lists said the same; in its own it has changed, in the other alone its number.
    shelter.write_text(shelter.read_text(encoding="utf-8").replace("999;Ayse", "998;Aysel"), encoding="utf-8")
    file.write_text(file.read_text(encoding="utf-8").replace("999;Ayse", "997;Ayse"), encoding="utf-8")
    for each in (file, shelter):
        ended = run_analysis(
            "check", str(each), "--corrections", str(folder / "shelter_quarantine.xlsx"), project=lists
        )
        assert ended.returncode == 2 and "None of the corrections" in ended.stderr
    assert not list(file.parent.glob("*.corrections.xlsx"))


def test_corrections_of_a_list_that_is_kept_encrypted_are_never_written_plainly(lists, tmp_path):
    key, file = tmp_path / "age", lists / "data/raw/turkiye/police.csv"
    assert run_analysis("encrypt", "--new-key", str(key), project=lists).returncode == 0
    with_key = {"project": lists, "ANALYSIS_AGE_KEY": str(key)}
    assert run_analysis("check", str(file), **with_key).returncode == 0
    workbook = lists / "data/processed/checks/turkiye/police_quarantine.xlsx"
    fill_in(lists, workbook, E62="28.02.2010")
    # Taken up before the list was encrypted, they lie there plainly, and that is said.
    assert run_analysis("check", str(file), "--corrections", str(workbook), "--accept", **with_key).returncode == 0
    assert run_analysis("encrypt", str(file), "--remove", **with_key).returncode == 0
    kept = file.with_name("police.corrections.xlsx")
    noted = run_analysis("status", "--study", "turkiye", **with_key)
    assert "police.corrections.xlsx holds corrections of an encrypted list, and is not encrypted" in noted.stdout
    assert run_analysis("encrypt", str(kept), "--remove", **with_key).returncode == 0
    encrypted = file.with_name("police.csv.age")
    found = run_analysis("check", str(encrypted), **with_key)
    assert "61 clean + 0 in quarantine" in found.stdout, found.stderr
    assert run_analysis("intake", "--study", "turkiye", **with_key).returncode == 0
    # Taken up afterwards, they are encrypted at once.
    file.with_name("police.corrections.xlsx.age").unlink()
    assert run_analysis("check", str(encrypted), **with_key).returncode == 0
    fill_in(lists, workbook, E62="27.02.2010")
    ended = run_analysis("check", str(encrypted), "--corrections", str(workbook), **with_key)
    assert ended.returncode == 0 and not kept.exists(), ended.stderr
    assert b"27.02.2010" not in b"".join(path.read_bytes() for path in file.parent.iterdir())


def test_what_is_corrected_is_searched_for_and_forgotten_as_the_list_is(lists):
    file = lists / "data/raw/turkiye/police.csv"
    assert run_analysis("check", str(file), project=lists).returncode == 0
    workbook = lists / "data/processed/checks/turkiye/police_quarantine.xlsx"
    book = openpyxl.load_workbook(workbook)
    page = book.worksheets[0]
    head = {cell.value: cell.column for cell in page[1]}
    for name, typed in {"column": "Soyad", "correction": "Duzeltilmisoglu", "note": "asked Zeytindalioglu"}.items():
        page.cell(2, head[name]).value = typed
    book.save(workbook)
    ended = run_analysis("check", str(file), "--corrections", str(workbook), "--accept", project=lists)
    assert ended.returncode == 0, ended.stderr
    code = "from analysis.release.direct_identifiers import of_study; print(*of_study('turkiye'), sep='\\n')"
    searched = run_code(code, project=lists).stdout.casefold()
    assert "duzeltilmisoglu" in searched and "zeytindalioglu" in searched and CANARIES[0].casefold() in searched
    for said in (ended.stdout, *map(str, products(lists).values())):
        assert "Duzeltilmis" not in said and "Zeytindali" not in said

    catalogue = file.parent / "catalog.yml"
    left = {n: e for n, e in yaml.safe_load(catalogue.read_text("utf-8")).items() if n != "turkiye_police"}
    catalogue.write_text(yaml.safe_dump(left), encoding="utf-8")
    forgotten = run_analysis("forget", "turkiye", project=lists)
    assert "checks/turkiye/police_corrections.csv" in forgotten.stdout
    assert not list((lists / "data/processed/checks/turkiye").glob("police*"))


def test_a_newer_export_takes_the_place_of_an_older_one_and_says_what_changed(lists):
    folder = lists / "data/raw/turkiye"
    header, *rows = (folder / "police.csv").read_text(encoding="utf-8").splitlines()
    rows[1] = rows[1].replace(";Gaziantep;", ";Kilis;")
    rows.append(rows[2].replace("2;", "777;", 1))
    del rows[0]
    new = folder / "police_2025.csv"
    new.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    shutil.copy(folder / "police.mapping.yml", folder / "police_2025.mapping.yml")
    words = (
        "compared with data/raw/turkiye/police.csv, by the numbers in 'No': 59 rows as before, 1 gone, 1 changed, 1 new"
    )
    by_file = run_analysis("check", str(new), "--compare", str(folder / "police.csv"), project=lists)
    by_name = run_analysis("check", str(new), "--compare", "turkiye_police", project=lists)
    assert words in by_file.stdout and words in by_name.stdout, by_file.stderr + by_name.stderr
    assert "changed in 'Il': 1 (G2)" in by_file.stdout
    table = pd.read_csv(lists / "data/processed/checks/turkiye/police_2025_comparison.csv")
    assert sorted(table["change"]) == ["changed", "gone", "new"] and set(table["kind"]) == {"confidential"}

    refused = run_analysis("check", str(new), "--accept", project=lists)
    assert refused.returncode == 2
    (advised,) = re.findall(r"`python -m analysis (check [^`]*)`", refused.stderr)
    before = yaml.safe_load((folder / "catalog.yml").read_text(encoding="utf-8"))
    ended = run_analysis(*shlex.split(advised), project=lists)
    assert ended.returncode == 0 and words in ended.stdout, ended.stderr
    assert "in the place of data/raw/turkiye/police.csv, which is read no more: delete it" in ended.stdout
    assert "Gone: nothing" not in ended.stdout
    after = yaml.safe_load((folder / "catalog.yml").read_text(encoding="utf-8"))
    assert list(after) == list(before) and after["turkiye_police"]["file"] == "police_2025.csv"
    for term in ("purpose", "retain_until", "access"):
        assert after["turkiye_police"][term] == before["turkiye_police"][term]


def test_a_newer_export_under_another_name_of_the_list_takes_the_entry_with_it(lists):
    folder = lists / "data/raw/turkiye"
    shutil.copy(folder / "police.csv", folder / "gendarmerie.csv")
    text = (folder / "police.mapping.yml").read_text(encoding="utf-8")
    (folder / "gendarmerie.mapping.yml").write_text(text.replace("list: police", "list: gendarmerie"), encoding="utf-8")
    unknown = run_analysis(
        "check", str(folder / "gendarmerie.csv"), "--accept", "--replaces", "turkiye_polis", project=lists
    )
    assert unknown.returncode == 2 and "has no entry 'turkiye_polis'" in unknown.stderr
    assert "turkiye_police, turkiye_shelter" in unknown.stderr
    taken = run_analysis(
        "check", str(folder / "gendarmerie.csv"), "--accept", "--replaces", "turkiye_police", project=lists
    )
    assert taken.returncode == 0, taken.stderr
    listed = yaml.safe_load((folder / "catalog.yml").read_text(encoding="utf-8"))
    assert set(listed) == {"turkiye_gendarmerie", "turkiye_shelter"}
    assert listed["turkiye_gendarmerie"]["purpose"] == "tests of this project"
    # An entry that is there already is not swallowed by another.
    both = run_analysis(
        "check", str(folder / "gendarmerie.csv"), "--accept", "--replaces", "turkiye_shelter", project=lists
    )
    assert both.returncode == 2 and "is entered beside 'turkiye_shelter'" in both.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["data/raw/turkiye/police.csv", "--compare", "nowhere.csv"], "Lists of turkiye that are: turkiye_police"),
        (["data/raw/turkiye/police.csv", "--compare", "data/raw/turkiye/police.csv"], "cannot be compared with itself"),
        (["data/raw/turkiye/police.csv", "--compare", "turkiye_police"], "cannot be compared with itself"),
        (["data/raw/turkiye/police.csv", "--replaces", "turkiye_police"], "say --accept with it"),
        (["data/raw/turkiye/police.csv", "--corrections", "nowhere.xlsx"], "nowhere.xlsx is not there"),
        (["data/raw/turkiye/police.csv", "--corrections", "data/raw/turkiye/shelter.csv"], "no sheet with the columns"),
        (["data/raw/areas.csv", "--compare", "turkiye_police"], "areas.mapping.yml is not there"),
        (["data/raw/turkiye/police.csv", "data/raw/turkiye/shelter.csv", "--compare", "x"], "one by one"),
    ],
)
def test_what_cannot_be_compared_or_corrected_is_one_sentence(entered, arguments, said):
    ended = run_analysis("check", *arguments, project=entered)
    assert (ended.returncode, said in ended.stderr) == (2, True), ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
