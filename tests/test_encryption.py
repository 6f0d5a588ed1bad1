"""Confidential files that are kept encrypted: the same tables come of them, and without their key nothing does."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat

import pandas as pd
import pyrage
import pytest
import yaml
from projects import CANARIES, PLAIN, add_case_lists, add_survey, products, run_analysis, small_project
from refusals import refused

from analysis import catalog, encryption
from analysis.intake.source import preview
from analysis.survey import intake, processed

pytestmark = pytest.mark.slow


@pytest.fixture
def key(tmp_path, monkeypatch):
    """A key of its own, at hand; its public part."""
    path = tmp_path / "keys" / "age"
    path.parent.mkdir()
    public = encryption.new_key(path)
    monkeypatch.setenv(encryption.KEY_FILE, str(path))
    return public


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("Ad;Il\nAyşe;Kilis\n", encoding="utf-8")
    return path


def encrypted(path, *recipients):
    into = path.with_name(path.name + ".age")
    into.write_bytes(encryption.encrypt(path, recipients)[0])
    return into


# --- One file ------------------------------------------------------------------------------------------------------


def test_what_was_encrypted_is_read_again_and_any_program_of_the_format_can(key, lines, tmp_path):
    held, seen = encryption.encrypt(lines)
    assert seen and held.startswith(b"age-encryption.org/v1\n") and b"Kilis" not in held
    secret = (tmp_path / "keys/age").read_text().splitlines()[-1]
    assert pyrage.decrypt(held, [pyrage.x25519.Identity.from_str(secret)]) == lines.read_bytes()
    assert encryption.content(encrypted(lines)) == encryption.content(lines) == lines.read_bytes()


def test_what_another_program_encrypted_for_the_key_is_read(key, lines, tmp_path):
    path = tmp_path / "other.csv.age"
    path.write_bytes(pyrage.encrypt(b"a;b\n1;2\n", [pyrage.x25519.Recipient.from_str(key)]))
    assert preview(path, delimiter=";") == {"": [["a", "b"], ["1", "2"]]}


def test_a_file_is_encrypted_for_all_who_are_named_and_for_nobody_else(key, lines, tmp_path, monkeypatch):
    other = encryption.new_key(tmp_path / "keys/other")
    held, seen = encryption.encrypt(lines, [other])
    assert not seen
    path = tmp_path / "x.csv.age"
    path.write_bytes(held)
    with refused(encryption.EncryptionError, "wrong_key"):
        encryption.content(path)
    assert encryption.encrypt(lines, [other, key])[1]
    monkeypatch.setenv(encryption.KEY_FILE, str(tmp_path / "keys/other"))
    assert encryption.content(path) == lines.read_bytes()


def test_without_a_key_one_is_told_which_variable_names_it_and_that_nothing_else_waits(key, lines, monkeypatch):
    path = encrypted(lines)
    monkeypatch.delenv(encryption.KEY_FILE)
    with refused(encryption.EncryptionError, "missing_key", "list.csv"):
        encryption.content(path)
    assert encryption.content(lines) == lines.read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda held: held[:-1],
        lambda held: held[:40],
        lambda held: held[:-5] + bytes([held[-5] ^ 1]) + held[-4:],
        lambda held: held[:30] + bytes([held[30] ^ 1]) + held[31:],
        lambda held: b"",
        lambda held: b"Ad;Il\nKilis;Kilis\n",
    ],
    ids=["one byte short", "cut in its header", "a bit of the text", "a bit of the header", "empty", "not encrypted"],
)
def test_a_damaged_file_is_refused_and_nothing_of_it_is_said(key, lines, damage):
    path = encrypted(lines)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(encryption.EncryptionError) as error:
        encryption.content(path)
    assert "list.csv.age" in str(error.value) and "Kilis" not in str(error.value)
    assert "damaged" in str(error.value) or "encrypted for others" in str(error.value)


# --- The key -------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="there are no such modes")
def test_a_new_key_is_for_its_owner_alone_and_is_not_written_over(tmp_path):
    public = encryption.new_key(tmp_path / "age")
    assert public.startswith("age1") and stat.S_IMODE((tmp_path / "age").stat().st_mode) == 0o600
    before = (tmp_path / "age").read_bytes()
    with refused(encryption.EncryptionError, "already_exists"):
        encryption.new_key(tmp_path / "age")
    assert (tmp_path / "age").read_bytes() == before


@pytest.mark.parametrize("inside", ["age", "data/age", "../project/age"])
def test_no_key_is_written_or_read_in_the_projects_folder(key, lines, tmp_path, monkeypatch, inside):
    project = tmp_path / "project"
    (project / "data").mkdir(parents=True)
    monkeypatch.setattr(encryption, "ROOT", project)
    with refused(encryption.EncryptionError, "key_in_repository"):
        encryption.new_key(project / inside)
    path = encrypted(lines)
    shutil.copy(tmp_path / "keys/age", project / inside)
    monkeypatch.setenv(encryption.KEY_FILE, str(project / inside))
    with refused(encryption.EncryptionError, "key_in_project_folder"):
        encryption.content(path)
    # A link elsewhere does not hide where it lies.
    (tmp_path / "link").symlink_to(project / inside)
    monkeypatch.setenv(encryption.KEY_FILE, str(tmp_path / "link"))
    with refused(encryption.EncryptionError, "key_in_project_folder"):
        encryption.content(path)


def test_no_key_is_written_into_another_folder_that_git_keeps(tmp_path):
    (tmp_path / ".git").mkdir()
    with refused(encryption.EncryptionError, "key_in_repository"):
        encryption.new_key(tmp_path / "age")


@pytest.mark.skipif(os.name != "posix", reason="there are no such modes")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_key_that_others_can_read_is_refused(key, lines, tmp_path, mode):
    path = encrypted(lines)
    (tmp_path / "keys/age").chmod(mode)
    with refused(encryption.EncryptionError, "bad_permissions", "600"):
        encryption.content(path)


@pytest.mark.parametrize(
    "held", [b"", b"AGE-SECRET-KEY-1QQQQ\n", b"age1notasecret\n", b"\xff\xfe", b"# public key: age1x\n"]
)
def test_a_key_file_without_a_key_is_refused_without_a_word_of_it(key, lines, tmp_path, held):
    path = encrypted(lines)
    (tmp_path / "keys/age").write_bytes(held)
    with pytest.raises(encryption.EncryptionError, match=r"key file .* (holds no key|cannot be read)") as error:
        encryption.content(path)
    assert "QQQQ" not in str(error.value) and "notasecret" not in str(error.value)


def test_a_recipient_that_is_none_is_refused_and_a_secret_key_is_not_repeated(key, lines, tmp_path):
    with refused(encryption.EncryptionError, "invalid_public_key", "'age1abc'"):
        encryption.encrypt(lines, ["age1abc"])
    secret = (tmp_path / "keys/age").read_text().splitlines()[-1]
    with refused(encryption.EncryptionError, "secret_key_given") as error:
        encryption.encrypt(lines, [secret])
    assert secret not in str(error.value)


# --- A study -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plainly_read(tmp_path_factory):
    """A project whose two confidential lists were read as they are; what it holds then; and the files of its keys."""
    folder = tmp_path_factory.mktemp("plain")
    project = small_project(folder, trends="print(1)", case_records="from analysis.cases import processed")
    add_case_lists(project)
    (folder / "pseudonyms").write_text("abcdefgh12345678")
    encryption.new_key(folder / "age")
    keys = {"ANALYSIS_KEY": str(folder / "pseudonyms"), encryption.KEY_FILE: str(folder / "age"), **PLAIN}
    ended = run_analysis("intake", "--study", "turkiye", project=project, **keys)
    assert ended.returncode == 0, ended.stderr
    return project, products(project), keys


def tables(found):
    """The tables and reports of a study, but for the manifests, which name digests of the files."""
    folder = "data/processed/turkiye/"
    return {path: held for path, held in found.items() if path.startswith(folder) and not path.endswith(".json")}


def test_the_same_tables_come_of_encrypted_files_and_nothing_plain_is_left(plainly_read, tmp_path):
    first, before, keys = plainly_read
    project = shutil.copytree(first, tmp_path / "project")
    raw = project / "data/raw/turkiye"
    files = ("police.csv", "shelter.csv")
    for name in files:
        ended = run_analysis("encrypt", f"data/raw/turkiye/{name}", "--remove", project=project, **keys)
        assert ended.returncode == 0, ended.stderr
        assert "seen to be read again" in ended.stdout and "deleted: " in ended.stdout
        assert not (raw / name).exists() and stat.S_IMODE((raw / f"{name}.age").stat().st_mode) == 0o600
    listed = yaml.safe_load((raw / "catalog.yml").read_text(encoding="utf-8"))
    assert {entry["file"] for entry in listed.values()} == {f"{name}.age" for name in files}
    for entry in listed.values():
        assert entry["sha256"] == hashlib.sha256((raw / entry["file"]).read_bytes()).hexdigest()
    ended = run_analysis("intake", "--study", "turkiye", "--again", project=project, **keys)
    assert ended.returncode == 0, ended.stderr
    assert len(tables(before)) > 9
    assert tables(products(project)) == tables(before)
    # No file of the project holds a name: neither one that was written on the way, nor one that was left.
    for path in project.rglob("*"):
        if path.is_file() and "synthetic" not in path.parts and path.suffix not in (".py", ".pyc"):
            assert CANARIES[0].encode() not in path.read_bytes(), path


@pytest.mark.soak
def test_without_the_key_what_rests_on_the_file_fails_and_says_so_and_all_else_is_run(plainly_read, tmp_path):
    first, _, keys = plainly_read
    project = shutil.copytree(first, tmp_path / "project")
    assert run_analysis("encrypt", "data/raw/turkiye/police.csv", project=project, **keys).returncode == 0
    asked = ["run", "--area", "TR-27", "--analysis", "trends", "--analysis", "case_records"]
    ended = run_analysis(*asked, project=project, **{**keys, encryption.KEY_FILE: ""})
    assert ended.returncode == 1
    assert "data/raw/turkiye/police.csv.age needs a key" in ended.stderr
    assert "ANALYSIS_AGE_KEY" in ended.stderr and "nothing else is affected" in ended.stderr
    assert "2 notebooks ran, 1 failed" in ended.stdout and "failed: turkiye/TR-27/case_records" in ended.stdout
    other = tmp_path / "other"
    encryption.new_key(other)
    ended = run_analysis("intake", "--study", "turkiye", project=project, **{**keys, encryption.KEY_FILE: str(other)})
    assert ended.returncode == 1 and "was encrypted for others" in ended.stderr


def test_the_plain_file_stays_until_it_is_deleted_and_every_run_says_that_it_is_there(plainly_read, tmp_path):
    first, _, keys = plainly_read
    project = shutil.copytree(first, tmp_path / "project")
    file = project / "data/raw/turkiye/police.csv"
    ended = run_analysis("encrypt", str(file), project=project, **keys)
    assert ended.returncode == 0 and "lies there unencrypted still: delete it" in ended.stdout and file.exists()
    status = run_analysis("status", "--study", "turkiye", project=project, **keys)
    assert "police.csv lies unencrypted beside police.csv.age: delete it" in status.stdout
    assert "police.csv is not catalogued" not in status.stdout
    assert "confidential turkiye_police: kept encrypted" in status.stdout
    again = run_analysis("encrypt", str(file), project=project, **keys)
    assert again.returncode == 2 and "--again writes over it" in again.stderr


def test_the_plain_file_is_not_deleted_unless_the_encrypted_one_can_be_read_here(plainly_read, tmp_path):
    first, _, keys = plainly_read
    project = shutil.copytree(first, tmp_path / "project")
    others = encryption.new_key(tmp_path / "others")
    file = project / "data/raw/turkiye/police.csv"
    before = {path: path.read_bytes() for path in file.parent.iterdir()}
    ended = run_analysis("encrypt", str(file), "--recipient", others, "--remove", project=project, **keys)
    assert ended.returncode == 2 and "nothing was written" in ended.stderr
    assert {path: path.read_bytes() for path in file.parent.iterdir()} == before


def test_a_changed_file_is_not_slipped_into_the_catalogue_by_encrypting_it(plainly_read, tmp_path):
    first, _, keys = plainly_read
    project = shutil.copytree(first, tmp_path / "project")
    file = project / "data/raw/turkiye/police.csv"
    file.write_bytes(file.read_bytes() + b"1;2\n")
    ended = run_analysis("encrypt", str(file), project=project, **keys)
    assert ended.returncode == 2 and "its content has changed" in ended.stderr
    assert not file.with_name("police.csv.age").exists()


def test_only_confidential_files_are_encrypted(plainly_read, tmp_path):
    first, _, keys = plainly_read
    ended = run_analysis("encrypt", "data/raw/evidence/tiers.csv", project=first, **keys)
    assert ended.returncode == 2 and "is catalogued as public" in ended.stderr


@pytest.mark.soak
def test_an_encrypted_file_is_drafted_checked_and_accepted_as_it_is(plainly_read, tmp_path):
    first, _, keys = plainly_read
    project = shutil.copytree(first, tmp_path / "project")
    raw, checks = project / "data/raw/turkiye", project / "data/processed/checks/turkiye"
    add_survey(project)
    (raw / "catalog.yml").unlink()
    mapping = (raw / "police.mapping.yml").read_text(encoding="utf-8")
    drafted = run_analysis("draft", "data/raw/turkiye/police.csv", "--again", project=project, **keys)
    draft = (raw / "police.mapping.yml").read_text(encoding="utf-8")
    (raw / "police.mapping.yml").write_text(mapping, encoding="utf-8")
    plainly = [f"data/raw/turkiye/{name}.csv" for name in ("police", "survey")]
    said = run_analysis("check", *plainly, project=project, **keys)
    assert said.returncode == 0, said.stderr
    reports = {path.name: path.read_bytes() for path in checks.iterdir()}
    assert {"police.html", "survey.html"} < set(reports)
    shutil.rmtree(checks)
    for name in ("police.csv", "survey.csv", "survey_frame.csv"):
        assert run_analysis("encrypt", f"data/raw/turkiye/{name}", "--remove", project=project, **keys).returncode == 0
    ended = run_analysis("draft", "data/raw/turkiye/police.csv.age", "--again", project=project, **keys)
    assert (ended.returncode, ended.stdout) == (0, drafted.stdout.replace("police.csv", "police.csv.age"))
    assert (raw / "police.mapping.yml").read_text(encoding="utf-8") == draft
    (raw / "police.mapping.yml").write_text(mapping, encoding="utf-8")
    terms = ["--purpose", "a test", "--retain-until", "2099-12-31"]
    kept = [f"data/raw/turkiye/{name}.csv.age" for name in ("police", "survey")]
    ended = run_analysis("check", *kept, "--accept", *terms, project=project, **keys)
    assert ended.returncode == 0, ended.stderr
    assert {path.name: path.read_bytes() for path in checks.iterdir()} == reports
    listed = yaml.safe_load((raw / "catalog.yml").read_text(encoding="utf-8"))
    assert {entry["file"] for entry in listed.values()} == {
        *("police.csv.age", "survey.csv.age", "survey_frame.csv.age"),
    }


@pytest.mark.soak
def test_a_survey_becomes_the_same_respondents_when_export_and_frame_are_encrypted(key, tmp_path, monkeypatch):
    raw = add_survey_alone(tmp_path, monkeypatch)
    before = survey_of(raw)
    listed = yaml.safe_load((raw / "turkiye/catalog.yml").read_text(encoding="utf-8"))
    for entry in listed.values():
        kept = encrypted(raw / "turkiye" / entry["file"])
        (raw / "turkiye" / entry["file"]).unlink()
        entry |= {"file": kept.name, "sha256": hashlib.sha256(kept.read_bytes()).hexdigest()}
    (raw / "turkiye/catalog.yml").write_text(yaml.safe_dump(listed), encoding="utf-8")
    after = survey_of(raw)
    assert before.file == after.file and len(before.respondents) > 1000
    for name in ("respondents", "refusals", "quarantine", "account", "fieldwork"):
        pd.testing.assert_frame_equal(getattr(before, name), getattr(after, name))


def add_survey_alone(tmp_path, monkeypatch):
    """A folder of data whose catalogues list the survey of Türkiye and nothing else."""
    shutil.copytree(catalog.RAW / "synthetic/demo_provinces", tmp_path / "data/raw/synthetic/demo_provinces")
    add_survey(tmp_path)
    shutil.rmtree(tmp_path / "data/raw/synthetic")
    (tmp_path / "data/raw/catalog.yml").write_text("{}")
    monkeypatch.setattr(catalog, "RAW", tmp_path / "data/raw")
    return tmp_path / "data/raw"


def survey_of(raw):
    catalog.datasets.cache_clear()
    (entry,) = catalog.survey_exports("turkiye")
    try:
        return processed._intake(entry, intake.described(entry.description_path))
    finally:
        catalog.datasets.cache_clear()


def test_a_confidential_table_with_a_schema_is_read_encrypted_as_well(key, tmp_path, monkeypatch):
    raw = tmp_path / "raw"
    (raw / "evidence").mkdir(parents=True)
    shutil.copy(catalog.RAW / "evidence/tiers.csv", raw / "evidence")
    expected = catalog.load("tiers")
    file = encrypted(raw / "evidence/tiers.csv")
    listed = yaml.safe_load((catalog.RAW / "catalog.yml").read_text(encoding="utf-8"))
    entry = listed["tiers"] | {"file": "evidence/tiers.csv.age", "kind": "confidential", "purpose": "a test"}
    entry |= {"sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "retain_until": "2999-12-31"}
    (raw / "catalog.yml").write_text(yaml.safe_dump({"tiers": entry}), encoding="utf-8")
    monkeypatch.setattr(catalog, "RAW", raw)
    for cached in (catalog.datasets, catalog._table):
        cached.cache_clear()
    try:
        assert catalog.load("tiers").equals(expected)
    finally:
        for cached in (catalog.datasets, catalog._table):
            cached.cache_clear()
