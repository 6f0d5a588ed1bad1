"""What of data/raw git keeps: what the project is made of, and no file of a user, whatever a study is called."""

import shutil
import subprocess

import pytest
from projects import ROOT

from analysis.intake import pseudonyms

# Folders of studies that are there and of studies to come; beside folders that are committed, within them, and named
# like them.
FOLDERS = [
    *("turkiye", "west_africa", "cabo_verde", "ghana", "x", "a-b", "ghana/2024/police"),
    *("evidence2", "synthetic_ghana", "referral.old", "boundary", "synthetic/ghana", "synthetic/ghana/truth"),
    *(
        "evidence/ghana",
        "referral/ghana/x",
        "boundaries/ghana",
        "synthetic/demo_provinces/new",
        "synthetic/demo_provinces/truth/new",
    ),
]
FILES = [
    *("list.xlsx", "list.csv", "list.xlsm", "list.tsv", "list.xlsx.age", "list.dta", "LIST.CSV", "Liste Şubat.xls"),
    *("police.mapping.yml", "children.survey.yml", "police.mapping.yml.draft", "catalog.yml", "README.md", "areas.csv"),
]
# Where folders are committed, files that are none of what lies there.
BESIDE = [
    *("list.xlsx", "list.csv", "catalog.yml.bak", "evidence/list.xlsx", "evidence/police.mapping.yml"),
    *("referral/list.xlsm", "boundaries/list.csv", "synthetic/list.csv", "synthetic/demo_provinces/list.csv"),
    *("synthetic/demo_provinces/police.mapping.yml", "synthetic/demo_provinces/truth/list.xlsx"),
]


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repository")
    shutil.copy(ROOT / ".gitignore", folder)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


def not_ignored(folder, paths) -> list[str]:
    text = "\0".join(paths)
    command = ["git", "check-ignore", "--no-index", "-z", "--stdin"]
    ended = subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True)
    assert ended.returncode in (0, 1), ended.stderr
    ignored = set(ended.stdout.split("\0"))
    return [path for path in paths if path not in ignored]


def test_whatever_a_user_puts_below_data_raw_is_ignored(repository):
    paths = [f"data/raw/{folder}/{name}" for folder in FOLDERS for name in FILES]
    assert not_ignored(repository, [*paths, *(f"data/raw/{path}" for path in BESIDE)]) == []


def test_what_is_committed_below_data_raw_is_not_ignored(repository):
    ended = subprocess.run(["git", "ls-files", "-z", "data/raw"], cwd=ROOT, capture_output=True, text=True)
    committed = [path for path in ended.stdout.split("\0") if path]
    if not committed:
        pytest.skip("this copy of the project is no clone")
    assert len(committed) > 60 and not_ignored(repository, committed) == committed
    # Nor are the next ones of their kind.
    new = [
        "evidence/new.csv",
        "synthetic/demo_provinces/new_SYNTHETIC.csv",
        "synthetic/demo_provinces/new_SYNTHETIC.mapping.yml",
    ]
    assert not_ignored(repository, [f"data/raw/{path}" for path in new]) == [f"data/raw/{path}" for path in new]


def test_the_register_of_real_persons_is_kept_and_that_of_synthetic_ones_is_not(repository):
    kept = ["data/register/ghana/survey_001_2026-01-31_ab.parquet", "data/register/ghana/survey_chain.txt"]
    left = ["data/register/ghana/survey_chain_SYNTHETIC.txt", "data/register/ghana/survey_chain.txt.next"]
    assert not_ignored(repository, [*kept, *left]) == kept


def test_a_key_is_ignored_and_so_is_what_a_kill_leaves_of_one(repository, tmp_path, monkeypatch):
    def killed(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(pseudonyms.os, "link", killed)
    monkeypatch.setattr(pseudonyms.os, "unlink", lambda path: None)
    with pytest.raises(KeyboardInterrupt):
        pseudonyms._new_key(tmp_path / ".key")
    (left,) = [path.name for path in tmp_path.iterdir()]
    assert not_ignored(repository, [".key", left]) == []
