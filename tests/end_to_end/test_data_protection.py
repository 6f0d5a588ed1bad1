"""Each statement of docs/data_protection.md on what the code enforces is shown here, principle by principle.

The principles are those of the International Organization for Migration, IOM Data Protection Manual (2010).
"""

from __future__ import annotations

import datetime
import json
import re
import shutil
import subprocess
import sys

import pandas as pd
import pytest
import yaml
from projects import (
    CANARIES,
    PLAIN,
    ROOT,
    TERMS,
    add_case_lists,
    copy_of_the_project,
    products,
    run_analysis,
)
from survey_forms import form, frame, refusal, table, write_csv

from analysis import catalog, cli, encryption, retention
from analysis.checking import accepted
from analysis.intake import pseudonyms
from analysis.survey.intake import intake as survey_intake

PAGE = ROOT / "docs/data_protection.md"
TABLES = "data/processed/turkiye"


@pytest.fixture(scope="module")
def read_in(tmp_path_factory):
    """A project whose two confidential lists were read; what the command said; and the variable that names its key."""
    folder = tmp_path_factory.mktemp("read_in")
    project = copy_of_the_project(folder)
    add_case_lists(project)
    (project / "data/raw/turkiye/mail.csv").write_text("Ad\nKanaryaoglu\n", encoding="utf-8")
    (folder / "pseudonyms").write_text("abcdefgh12345678")
    key = {"ANALYSIS_KEY": str(folder / "pseudonyms"), **PLAIN}
    ended = run_analysis("intake", "--study", "turkiye", project=project, **key)
    assert ended.returncode == 0, ended.stderr
    return project, ended.stdout + ended.stderr, key


@pytest.fixture
def project(read_in, tmp_path):
    return shutil.copytree(read_in[0], tmp_path / "project")


def entries(project):
    return yaml.safe_load((project / "data/raw/turkiye/catalog.yml").read_text(encoding="utf-8"))


def test_every_statement_of_the_page_has_its_test_and_every_test_its_statement():
    named = set(re.findall(r"`(test_\w+)`", PAGE.read_text(encoding="utf-8")))
    of_the_page = {"test_every_statement_of_the_page_has_its_test_and_every_test_its_statement"}
    of_the_page |= {"test_the_page_names_no_command_that_there_is_not"}
    here = {name for name in globals() if name.startswith("test_")} - of_the_page
    assert named == here


# --- 1 Lawful and fair collection ----------------------------------------------------------------------------------


def test_only_files_that_somebody_entered_with_their_source_are_read(read_in):
    project, said, _ = read_in
    assert "data/raw/turkiye/mail.csv is not catalogued" in said
    manifest = json.loads((project / TABLES / "case_records.json").read_text(encoding="utf-8"))
    assert set(manifest["made_from"]["entry"]) == {"turkiye_police", "turkiye_shelter"}
    assert all(entry["source"] and entry["publisher"] for entry in entries(project).values())


# --- 2 Specified and legitimate purpose ----------------------------------------------------------------------------


def test_confidential_data_without_a_stated_purpose_are_not_read(read_in, project):
    listed = entries(project)
    del listed["turkiye_police"]["purpose"]
    (project / "data/raw/turkiye/catalog.yml").write_text(yaml.safe_dump(listed), encoding="utf-8")
    before = products(project)
    ended = run_analysis("intake", "--study", "turkiye", "--again", project=project, **read_in[2])
    assert ended.returncode == 2 and "'turkiye_police' is of confidential data, and lacks purpose" in ended.stderr
    assert products(project) == before


# --- 3 Data quality ------------------------------------------------------------------------------------------------


def test_every_row_becomes_a_record_or_waits_in_quarantine_with_a_reason(read_in):
    project, _, _ = read_in
    lists = pd.read_parquet(project / TABLES / "lists.parquet")
    # Each list has 60 persons, and one row with a day that there is not.
    assert lists["rows_read"].tolist() == [61, 61]
    assert lists["rows_clean"].tolist() == [60, 60] and lists["rows_quarantined"].tolist() == [1, 1]
    waiting = pd.read_csv(project / TABLES / "quarantine.csv")
    assert waiting["rule"].tolist() == ["date", "date"] and waiting["reason"].str.len().gt(0).all()


def test_a_file_that_changed_after_it_was_entered_is_refused(read_in, project):
    path = project / "data/raw/turkiye/police.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    before = products(project)
    ended = run_analysis("intake", "--study", "turkiye", "--again", project=project, **read_in[2])
    assert ended.returncode == 2 and "its content has changed" in ended.stderr
    assert products(project) == before


# --- 4 Consent -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["no_consent", "no_assent"])
def test_of_a_child_who_or_whose_guardian_said_no_nothing_is_kept_but_the_visit(tmp_path, outcome):
    rest = [form(91, psu_id="A2"), form(92, psu_id="B1")]
    said_no = refusal(2, outcome, head_age="77", household_income="4711")
    found = survey_intake(write_csv(tmp_path / "children.csv", table([form(1), said_no, *rest])), frame())
    kept = "".join(each.to_csv() for each in (found.respondents, found.refusals, found.quarantine, found.account))
    assert "4711" not in kept and said_no["_uuid"] not in kept
    assert (found.refusals["outcome"] == outcome).sum() == 1 and list(found.refusals) == ["psu_id", "outcome"]


def test_a_form_without_an_answer_on_consent_is_no_interview(tmp_path):
    rest = [form(1), form(91, psu_id="A2"), form(92, psu_id="B1")]
    silent = form(2, consent_guardian="", household_income="4711")
    found = survey_intake(write_csv(tmp_path / "children.csv", table([silent, *rest])), frame())
    assert len(found.respondents) == 3 and "4711" not in found.respondents.to_csv()


# --- 5 Transfer to third parties -----------------------------------------------------------------------------------


def test_confidential_files_are_read_where_they_lie_and_fetched_from_nowhere(tmp_path, monkeypatch):
    folder = tmp_path / "raw"
    (folder / "turkiye").mkdir(parents=True)
    file = folder / "turkiye/list.csv"
    file.write_text("a;b\n1;2\n")
    entry = {"file": "list.csv", "study": "turkiye", "mapping": "x.yml", "title": "a", "kind": "confidential"}
    entry |= {"licence": "a", "publisher": "a", "source": "a", "date": "2026-01-01", **TERMS}
    entry["sha256"] = "0" * 64
    (folder / "catalog.yml").write_text("{}")
    (folder / "turkiye/catalog.yml").write_text(yaml.safe_dump({"mine": entry}))
    monkeypatch.setattr(catalog, "RAW", folder)
    # The digest is another's, so that the message says which place was looked at.
    monkeypatch.setenv(catalog.ELSEWHERE, "memory://nowhere")
    catalog.datasets.cache_clear()
    try:
        with pytest.raises(catalog.CatalogError, match=r"raw/turkiye/list\.csv is not the file"):
            catalog.verify("mine")
    finally:
        catalog.datasets.cache_clear()


# --- 6 Confidentiality ---------------------------------------------------------------------------------------------


def test_no_name_telephone_free_text_or_undeclared_column_gets_into_a_table_or_a_message(read_in):
    project, said, _ = read_in
    raw = (project / "data/raw/turkiye/shelter.csv").read_text(encoding="utf-8")
    assert all(canary in raw for canary in CANARIES)
    everything = said.encode() + b"".join(products(project).values())
    tables = [pd.read_parquet(path) for path in (project / TABLES).glob("*.parquet")]
    everything += "".join(each.to_csv() for each in tables).encode()
    assert [canary for canary in CANARIES if canary.casefold().encode() in everything.lower()] == []


def test_pseudonyms_and_the_numbers_of_the_sources_are_in_no_table(read_in):
    project, _, _ = read_in
    columns = {name for path in (project / TABLES).glob("*.parquet") for name in pd.read_parquet(path)}
    assert "person_id" in columns
    assert not {name for name in columns if name.startswith("link_") or name == "source_record"}


def test_the_quarantine_names_the_place_of_a_cell_and_never_what_stands_in_it(read_in):
    waiting = pd.read_csv(read_in[0] / TABLES / "quarantine.csv", dtype=str)
    assert waiting["row"].tolist() == ["62", "62"] and waiting["column"].tolist() == ["Dogum", "Dogum"]
    assert "31.02" not in waiting.to_csv()


# --- 7 Access and transparency -------------------------------------------------------------------------------------


def test_what_is_kept_of_whom_for_what_and_for_whom_is_said_by_one_command(read_in, project):
    ended = run_analysis("status", "--study", "turkiye", project=project, **read_in[2])
    assert ended.returncode == 0, ended.stderr
    for name in ("police", "shelter"):
        said = f"confidential turkiye_{name}: not encrypted, until {TERMS['retain_until']}; for: {TERMS['purpose']}"
        assert f"{said}; read by: {TERMS['access']}" in ended.stdout


def test_the_report_on_a_list_names_columns_that_nobody_declared_by_their_letters(read_in):
    page = (read_in[0] / TABLES / "intake.html").read_text(encoding="utf-8")
    # The tenth column is the one that no mapping declares; its header is as much the source's word as its cells.
    assert re.search(r"\bJ\b", page) and "Baska" not in page


# --- 8 Data security -----------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights in another way")
def test_tables_of_persons_and_keys_are_for_their_owner_alone(read_in, tmp_path, monkeypatch):
    assert {path.stat().st_mode & 0o777 for path in (read_in[0] / TABLES).iterdir()} == {0o600}
    encryption.new_key(tmp_path / "age")
    monkeypatch.setattr(pseudonyms, "ROOT", tmp_path)
    monkeypatch.delenv(pseudonyms.KEY_FILE, raising=False)
    pseudonyms.secret_key("confidential")
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in ("age", ".key")} == {0o600}


def test_an_encrypted_file_is_read_into_memory_with_a_key_that_lies_elsewhere(tmp_path, monkeypatch):
    file = tmp_path / "raw" / "list.csv"
    file.parent.mkdir()
    file.write_text("Kanaryaoglu")
    (tmp_path / "keys").mkdir()
    encryption.new_key(tmp_path / "keys/age")
    monkeypatch.setenv(encryption.KEY_FILE, str(tmp_path / "keys/age"))
    kept = tmp_path / "raw" / "list.csv.age"
    kept.write_bytes(encryption.encrypt(file)[0])
    file.unlink()
    assert encryption.content(kept) == b"Kanaryaoglu"
    assert [path.name for path in file.parent.iterdir()] == ["list.csv.age"]
    with pytest.raises(encryption.EncryptionError, match="kept by git"):
        encryption.new_key(ROOT / "age")


@pytest.mark.parametrize(
    "path",
    [
        *("data/raw/turkiye/police.csv", "data/raw/west_africa/x/y.xlsx.age", "data/raw/cabo_verde/catalog.yml"),
        *("data/raw/turkiye/police.mapping.yml", "data/processed/turkiye/case_records.parquet", ".key"),
        *("data/processed/staged/reports/index.html", "reports/turkiye/TR-27/routes.html"),
    ],
)
def test_what_holds_persons_is_ignored_by_git(tmp_path, path):
    shutil.copy(ROOT / ".gitignore", tmp_path)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert subprocess.run(["git", "check-ignore", "-q", path], cwd=tmp_path).returncode == 0


# --- 9 Retention of personal data ----------------------------------------------------------------------------------


def test_past_the_last_day_no_command_reads_the_data_and_one_removes_what_was_made_of_them(read_in, project):
    listed = entries(project)
    listed["turkiye_police"]["retain_until"] = "2020-02-29"
    (project / "data/raw/turkiye/catalog.yml").write_text(yaml.safe_dump(listed), encoding="utf-8")
    reading = ("run --study turkiye", "intake --study turkiye", "check data/raw/turkiye/police.csv", "run --report")
    for command in reading:
        ended = run_analysis(*command.split(), project=project, **read_in[2])
        assert ended.returncode == 2 and "was to be kept until 2020-02-29" in ended.stderr
    ended = run_analysis("forget", "turkiye", project=project, **read_in[2])
    assert ended.returncode == 0 and list((project / TABLES).iterdir()) == []


# --- 10 Application of the principles ------------------------------------------------------------------------------


def test_pseudonyms_of_a_name_cannot_be_repeated_without_the_key(read_in):
    name = ["Ayşe Yılmaz"]
    one, other = (pseudonyms.pseudonym(name, "given", key)[0] for key in ("abcdefgh12345678", "hgfedcba87654321"))
    assert one != other and pseudonyms.pseudonym(name, "given", "abcdefgh12345678")[0] == one


# --- 11 Ownership of personal data ---------------------------------------------------------------------------------


def test_a_list_whose_mapping_names_no_licence_is_not_to_be_passed_on(tmp_path, monkeypatch):
    from analysis import checking
    from analysis.cases import mapping

    folder = add_case_lists(tmp_path)
    (tmp_path / "data/raw/catalog.yml").write_text("{}")
    (folder / "catalog.yml").unlink()
    monkeypatch.setattr(catalog, "RAW", tmp_path / "data/raw")
    monkeypatch.setattr(checking, "RAW", tmp_path / "data/raw")
    catalog.datasets.cache_clear()
    try:
        described = mapping.load(folder / "police.mapping.yml")
        with pytest.raises(catalog.CatalogError, match="--purpose"):
            accepted(folder / "police.csv", described)
        _, content = accepted(folder / "police.csv", described, TERMS | {"retain_until": "2099-12-31"})
        assert yaml.safe_load(content)["turkiye_police"]["licence"] == "not to be passed on"
    finally:
        catalog.datasets.cache_clear()


# --- 12 Oversight, compliance and internal remedies ----------------------------------------------------------------


def test_tables_say_of_which_files_by_which_program_they_were_made(read_in):
    manifest = json.loads((read_in[0] / TABLES / "case_records.json").read_text(encoding="utf-8"))
    assert {"entry", "mapping", "library", "environment", "key"} <= set(manifest["made_from"])
    assert "abcdefgh12345678" not in json.dumps(manifest)
    assert all(len(digest) == 64 for digest in manifest["products"].values())


# --- 13 Exceptions -------------------------------------------------------------------------------------------------


def test_no_option_of_a_command_switches_protection_off(capsys):
    options = set()
    for command in ("run", "intake", "check", "release", "forget", "encrypt"):
        assert cli.main([command, "--help"]) == 0
        options |= set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    assert {"--again", "--accept", "--check"} <= options
    assert [word for word in options if re.search("force|skip|unsafe|ignore|without|no-|threshold", word)] == []


def test_a_date_put_off_is_shown_with_its_reason():
    entry = catalog.Dataset(
        *("mine", "turkiye/list.csv", "A list", "confidential", "none", "a", "a", "2026-01-01", "0" * 64),
        purpose="the report",
        retain_until=datetime.date(2027, 1, 31).isoformat(),
        retention_reason="an appeal is open",
    )
    assert "until 2027-01-31 (put off: an appeal is open); for: the report" in retention.term(entry)


def test_the_page_names_no_command_that_there_is_not():
    named = set(re.findall(r"analysis ([a-z-]+)", PAGE.read_text(encoding="utf-8")))
    assert named and named <= set(cli.COMMANDS)
