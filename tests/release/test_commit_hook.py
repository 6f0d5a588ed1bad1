"""What identifies a person, and what opens a confidential file, is refused before git keeps it for ever."""

import gzip
import hashlib
import io
import json
import os
import pickle
import re
import shutil
import subprocess
import sys

import pandas as pd
import pytest
import xlsxwriter
from projects import CANARIES, ROOT, add_case_lists, copy_of_the_project, environment_of

pytestmark = pytest.mark.slow

KEY = "0123456789abcdef"
ANALYSIS = "python -m analysis.release.commit_hook"


def git(project, *arguments, **variables):
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments]
    environment = {**environment_of(project), **variables}
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A repository with two confidential lists among the users' own files, and all else committed."""
    folder = tmp_path_factory.mktemp("commit")
    project = copy_of_the_project(folder)
    shutil.copy(ROOT / ".gitignore", project)
    add_case_lists(project)
    (project / ".key").write_text(KEY + "\n", encoding="ascii")
    for arguments in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-q", "-m", "First")):
        assert git(project, *arguments).returncode == 0
    return project


@pytest.fixture
def project(shared, tmp_path):
    return shutil.copytree(shared, tmp_path / "project")


def check(project, *paths, **variables):
    """The hook for files, as a program may call it, with the files to look at."""
    command = [sys.executable, "-m", "analysis.release.commit_hook", *paths]
    environment = {**environment_of(project), **variables}
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)


def written(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def parquet(**columns) -> bytes:
    return pd.DataFrame(columns).to_parquet()


def workbook(*cells) -> bytes:
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink) as book:
        book.add_worksheet().write_row(2, 1, cells)
    return sink.getvalue()


def feather(**columns) -> bytes:
    sink = io.BytesIO()
    pd.DataFrame(columns).to_feather(sink)
    return sink.getvalue()


def notebook(outputs=(), number=None) -> str:
    cell = {"cell_type": "code", "execution_count": number, "id": "a", "metadata": {}, "source": "1"}
    return json.dumps(
        {"cells": [{**cell, "outputs": list(outputs)}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    )


AGE_KEY = "AGE-SECRET-" + "KEY-1" + "Q" * 58
# Path -> content, and what the sentence says.
REFUSED = {
    "data/raw/turkiye/new.xlsx": ("x", "users' own files"),
    "data/raw/cabo_verde/notes.txt": ("x", "users' own files"),
    # Of a study that no table declares, of none, and in folders that hold what is committed: unlike a list or not.
    "data/raw/ghana/list.json": ("{}", "users' own files"),
    "data/raw/ghana/cases.mapping.yml": ("list: x\n", "users' own files"),
    "data/raw/ghana/README.md": ("x", "users' own files"),
    "data/raw/notes.txt": ("x", "users' own files"),
    "data/raw/evidence/list.csv": ("a,b\n1,2\n", "users' own files"),
    "data/raw/evidence/nested/list.csv": ("a,b\n1,2\n", "users' own files"),
    "data/raw/synthetic/demo_provinces/list_SYNTHETIC.csv": ("a,b\n1,2\n", "users' own files"),
    "data/raw/turkiye/README.md": ("x", "users' own files"),
    "data/raw/turkiye/catalog.yml": (None, "may say what confidential data there are"),
    "data/processed/turkiye/notes.csv": ("x", "data/processed holds tables of persons"),
    ".key": (None, "secret key"),
    "backup.key": ("x", "secret key"),
    ".key-a1b2c3d4": ("x", "secret key"),
    "docs/age.txt": (f"# created\n{AGE_KEY}\n", "secret key"),
    "docs/run.md": (f"export KEY={KEY}", "secret key"),
    "docs/records.parquet": (parquet(record_id=["a"], person_id=["b"]), "columns are those of a table of persons"),
    "docs/stops.csv": ("journey_id,seq,place_id\n", "columns are those of a table of persons"),
    "docs/respondents.csv": ("respondent_id;stratum;psu_id\n", "columns are those of a table of persons"),
    "docs/export.xlsx": (workbook("start", "consent/consent_guardian", "_uuid"), "workbooks are not searched"),
    "docs/export.csv": ("start;consent/consent_guardian;_uuid\n", "columns are those of a table"),
    "docs/list.csv": ("No;Ad;Soyad;Telefon;Dogum\n", "columns are those of a table of persons"),
    "docs/rows.csv": ("area,year,sex,age\nTR-27,2020,female,12-14\n", "its rows look like one person each"),
    "docs/rows.tsv": ("Cinsiyet\tYaş\tUyruk\nK\t14\tSYR\n", "its rows look like one person each"),
    "docs/rows.json": ('[{"sex": "f", "age": 14, "form": "Begging"}]', "its rows look like one person each"),
    "docs/rows.jsonl": ('{"sex": "f", "age": 14, "year": 2020}\n', "its rows look like one person each"),
    "docs/rows.parquet": (parquet(sex=["f"], age=[14], nationality=["SYR"]), "its rows look like one person each"),
    "docs/rows.dta": ("x", "its columns are not read"),
    "notebooks/try.ipynb": (
        notebook([{"output_type": "stream", "name": "stdout", "text": "1"}]),
        "notebook with outputs",
    ),
    "notebooks/numbered.ipynb": (notebook(number=3), "notebook with outputs"),
    "notebooks/broken.ipynb": ("{", "cannot be read as a notebook"),
    "docs/name.md": ("On Adabnur Soytcler nothing is known.\n", "identifies a person"),
    "docs/canary.md": ("kanaryaserbest\n", "identifies a person"),
    "docs/telephone.py": ("NUMBER = '0532 100 79 19'\n", "identifies a person"),
    "figures/readme/05559998877.png": (b"\x89PNG\r\n\x1a\n", "identifies a person"),
    "docs/packed.xlsx": (workbook("Kanaryaoglu"), "workbooks are not searched"),
    # What is packed, or in another encoding, cannot be searched, whatever it is called.
    "docs/packed.dat": (workbook("Kanaryaoglu"), "cannot be searched"),
    "docs/packed.csv.gz": (gzip.compress(b"Kanaryaoglu"), "cannot be searched"),
    "docs/table.feather": (feather(name=["Kanaryaoglu"]), "cannot be searched"),
    "docs/table.pickle": (pickle.dumps({"name": "Kanaryaoglu"}), "cannot be searched"),
    "docs/table.md": ("Kanaryao\u011flu".encode("cp1254"), "cannot be searched"),
    "docs/table.json": ('{"name": "Kanaryaoglu"}', "identifies a person"),
    "docs/table.html": ("<td>Kanaryaoglu</td>", "identifies a person"),
    "docs/table.parquet": (parquet(name=["Kanaryaoglu"]), "identifies a person"),
    "docs/broken.docx": ("no document", "cannot be searched"),
}


@pytest.fixture(scope="module")
def sentences(shared, tmp_path_factory):
    """What the hook says of all of them at once."""
    project = shutil.copytree(shared, tmp_path_factory.mktemp("refused") / "project")
    for path, (content, _) in REFUSED.items():
        if content is not None:
            written(project / path, content)
    ended = check(project, *REFUSED)
    assert (ended.returncode, ended.stdout) == (1, "")
    return ended.stderr.splitlines()


@pytest.mark.parametrize("path", REFUSED)
def test_what_may_not_be_committed_is_refused_in_one_sentence(sentences, path):
    shown = path.replace("05559998877", "0… (11 characters)")
    (line,) = [line for line in sentences if line.startswith(f"{shown} is not committed: ")]
    assert REFUSED[path][1] in line and line.endswith(".") and ";" in line
    assert not re.search(f"anarya(oglu|serbest)|Adabnur|100 79 19|05559998877|{KEY}", line)


def test_a_copy_of_a_confidential_file_is_refused_whatever_it_is_called(project):
    written(project / "docs/picture.dat", (project / "data/raw/turkiye/police.csv").read_bytes())
    ended = check(project, "docs/picture.dat")
    assert ended.returncode == 1 and "byte for byte a confidential file under another name" in ended.stderr


ORDINARY = {
    "docs/new.md": "Children of Gaziantep, 2020 to 2024: 1,234 of 5,678.\n",
    "src/analysis/new.py": '"""A module."""\n\nK = 11\n',
    "data/raw/evidence/new.csv": "area_id,year,value\nTR-27,2020,12\n",
    "data/raw/synthetic/demo_provinces/new_SYNTHETIC.csv": "record_id,person_id\npolice-1,police-1\n",
    "docs/counts.csv": "area,year,sex,age,count\nTR-27,2020,female,12-14,12\n",
    "docs/counts.json": '[{"sex": "f", "age": "12-14", "form": "Begging", "count": 30}]',
    "data/raw/ghana/areas.csv": "area_id,name\nGH-AA,Greater Accra\n",
    "data/raw/ghana/README.md": "# Ghana: 16 regions\n",
    "data/raw/ghana/.gitignore": "*\n",
    "data/register/turkiye/1_2026-01-31_ab.parquet": parquet(table=["age"], age=["0-14"], count=[12]),
    "data/register/turkiye/case_records_chain.txt": f"1 2026-01-31 1_2026-01-31_ab.parquet {'a' * 64} {'0' * 64}\n",
    "tests/notebooks/new.ipynb": notebook(number=1),
    "notebooks/new.ipynb": notebook(),
    "docs/keys.md": "A key begins with AGE-SECRET-KEY-1 and is kept outside.\n",
    "docs/empty.md": "",
}


# New data of everybody are entered in a catalogue first, those of a new study in its own: path, kind, catalogue.
CATALOGUED = [
    ("data/raw/evidence/new.csv", "public", "data/raw/catalog.yml"),
    (
        "data/raw/synthetic/demo_provinces/new_SYNTHETIC.csv",
        "synthetic",
        "data/raw/synthetic/demo_provinces/catalog.yml",
    ),
    ("data/raw/ghana/areas.csv", "public", "data/raw/ghana/catalog.yml"),
]
ENTRY = """
{name}:
  file: {file}
  kind: {kind}
  title: written by a test
  licence: CC BY 4.0
  publisher: A test
  source: a test
  date: 2026-01-31
  sha256: {digest}
"""


def test_ordinary_changes_pass_in_silence(project):
    for path, content in ORDINARY.items():
        written(project / path, content)
    for number, (path, kind, catalogue) in enumerate(CATALOGUED):
        entry = {"file": os.path.relpath(path, os.path.dirname(catalogue)), "kind": kind, "name": f"new_{number}"}
        with open(project / catalogue, "a", encoding="utf-8") as file:
            file.write(ENTRY.format(**entry, digest=hashlib.sha256(ORDINARY[path].encode()).hexdigest()))
    ended = check(project, *ORDINARY, *(catalogue for *_, catalogue in CATALOGUED), "README_that_was_deleted.md")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_a_copy_of_a_list_that_nobody_catalogued_is_refused_too(project):
    written(project / "data/raw/ghana/list.dat", "a list in a form that nobody knows")
    written(project / "docs/picture.dat", "a list in a form that nobody knows")
    ended = check(project, "docs/picture.dat")
    assert ended.returncode == 1 and "byte for byte a confidential file under another name" in ended.stderr


def test_another_content_in_the_place_of_public_data_is_refused(project):
    written(project / "data/raw/evidence/population.csv", "a,b\n1,2\n")
    git(project, "add", "data/raw/evidence/population.csv")
    ended = check(project, "data/raw/evidence/population.csv")
    assert ended.returncode == 1 and "its content is not what was catalogued" in ended.stderr


@pytest.mark.soak
def test_all_that_is_committed_below_data_raw_is_known_to_the_hook(project):
    paths = git(project, "ls-files", "data/raw").stdout.splitlines()
    ended = check(project, *paths)
    assert len(paths) > 60 and (ended.returncode, ended.stderr) == (0, "")


def test_nothing_that_is_committed_today_would_be_refused(tmp_path):
    """In a copy without anybody's own files: what these hold is searched for by other tests."""
    listed = git(ROOT, "ls-files", "-z").stdout.split("\0")
    if len(listed) < 2:
        pytest.skip("this copy of the project is no clone")
    paths = [path for path in listed if (ROOT / path).is_file()]
    for path in paths:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    ended = check(tmp_path, *paths)
    assert len(paths) > 900 and (ended.returncode, ended.stderr) == (0, "")


def test_what_is_staged_is_checked_and_not_what_lies_on_the_disk(project):
    path = written(project / "docs/name.md", "kanaryaserbest\n")
    git(project, "add", "docs/name.md")
    path.write_text("Nothing.\n")
    assert check(project, "docs/name.md").returncode == 1
    git(project, "add", "docs/name.md")
    path.write_text("kanaryaserbest\n")
    assert check(project, "docs/name.md").returncode == 0


def test_a_word_does_not_become_public_by_the_commit_that_leaks_it(project):
    path = project / "src/analysis/areas.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# kanaryaserbest\n", encoding="utf-8")
    git(project, "add", ".")
    ended = check(project, "src/analysis/areas.py")
    assert ended.returncode == 1 and "identifies a person" in ended.stderr


def test_a_name_that_is_a_word_of_public_evidence_stops_nothing_and_the_full_name_does(project):
    lists = project / "data/raw/turkiye/police.csv"
    before = hashlib.sha256(lists.read_bytes()).hexdigest()
    with open(lists, "a", encoding="utf-8") as file:
        file.write("7000;Border;Government;;;K;Kilis;01.02.2020;;\n")
    catalogue = project / "data/raw/turkiye/catalog.yml"
    after = hashlib.sha256(lists.read_bytes()).hexdigest()
    catalogue.write_text(catalogue.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    written(project / "docs/a.md", "What the government says of the border.\n")
    written(project / "docs/b.md", "Border Government was seen.\n")
    ended = check(project, "docs/a.md", "docs/b.md")
    (line,) = ended.stderr.splitlines()
    assert ended.returncode == 1 and line.startswith("docs/b.md is not committed: ")


def test_lists_that_cannot_be_read_stop_every_commit_and_no_value_is_shown(project):
    mapping = project / "data/raw/turkiye/police.mapping.yml"
    mapping.write_text(mapping.read_text(encoding="utf-8").replace("column: Soyad", "column: Soyadi"))
    written(project / "docs/new.md", "Nothing.\n")
    ended = check(project, "docs/new.md")
    (line,) = ended.stderr.splitlines()
    assert ended.returncode == 1 and "the persons of turkiye are not known" in line and "Soyadi" in line


def test_tables_that_are_not_whole_stop_every_commit(project):
    written(project / "data/processed/turkiye/case_records.parquet", b"PAR1")
    written(project / "docs/new.md", "Nothing.\n")
    ended = check(project, "docs/new.md")
    (line,) = ended.stderr.splitlines()
    assert ended.returncode == 1 and "case_records.parquet cannot be read" in line and "analysis intake" in line


def test_a_catalogue_that_cannot_be_read_stops_every_commit(project):
    (project / "data/raw/turkiye/catalog.yml").write_text("a: [")
    ended = check(project, "CHANGELOG.md")
    assert ended.returncode == 2 and "nothing is committed" in ended.stderr and "Traceback" not in ended.stderr


def test_git_commit_fails_where_the_hook_stands_and_an_ordinary_commit_does_not(project):
    hook = written(
        project / ".git/hooks/pre-commit", f'#!/bin/sh\nexec "{sys.executable}" -m analysis.release.commit_hook\n'
    )
    os.chmod(hook, 0o755)
    written(project / "docs/name.md", "kanaryaserbest\n")
    git(project, "add", "docs/name.md")
    before = git(project, "rev-parse", "HEAD").stdout
    ended = git(project, "commit", "-q", "-m", "A name")
    assert ended.returncode != 0 and "docs/name.md is not committed" in ended.stderr
    assert git(project, "rev-parse", "HEAD").stdout == before
    written(project / "docs/name.md", "Nothing.\n")
    git(project, "add", "docs/name.md")
    assert git(project, "commit", "-q", "-m", "No name").returncode == 0


def test_the_hook_of_the_project_is_this_one():
    hook = ROOT / ".githooks/pre-commit"
    assert os.access(hook, os.X_OK) and hook.read_text(encoding="utf-8").rstrip().endswith(ANALYSIS)


SAID = """
import json
from analysis.release import direct_identifiers
studies = ("turkiye", "demo_provinces", "demo_islands", "west_africa")
found = {study: direct_identifiers.of_study(study) for study in studies}
print(json.dumps({study: sorted(strings) for study, strings in found.items()}))
"""


@pytest.mark.soak
def test_what_identifies_persons_is_read_from_confidential_and_from_synthetic_lists(shared):
    command = [sys.executable, "-c", SAID]
    ended = subprocess.run(command, cwd=shared, env=environment_of(shared), capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    # Names, a telephone, a free text, and a column that nobody declared.
    assert {*CANARIES, "Adabnur Soytcler", "Soytcler Adabnur"} <= set(found["turkiye"])
    # Given and family name in either order: 101 persons.
    assert sum(len(text.split()) == 2 for text in found["turkiye"]) >= 2 * 101
    assert "Canária PENAMARELA" in found["demo_islands"]
    # The synthetic survey beside the lists of its study.
    assert len(found["demo_provinces"]) > 5000
    assert found["west_africa"] == []
