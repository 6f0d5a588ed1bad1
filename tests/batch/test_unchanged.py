"""A run that had nothing to do is not repeated as long as no file, no setting and no day has changed."""

import json
import os
import time

import pytest

from analysis.batch import unchanged


@pytest.fixture
def project(tmp_path, monkeypatch):
    for name in ("src", "packages", "data/raw", "data/processed", "notebooks", "figures"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "src" / "one.py").write_text("one = 1")
    (tmp_path / "data" / "raw" / "counts.csv").write_text("count\n1\n")
    monkeypatch.setattr(unchanged, "ROOT", tmp_path)
    monkeypatch.setattr(unchanged, "NOTE", tmp_path / "data" / "processed" / "unchanged.json")
    for name in [name for name in os.environ if name.startswith("ANALYSIS_")]:
        monkeypatch.delenv(name)
    return tmp_path


def test_what_was_said_is_said_again(project):
    assert unchanged.noted("run") == ""
    unchanged.note({"run": "All is up to date."})
    assert unchanged.noted("run") == "All is up to date."
    assert unchanged.noted("release") == ""


@pytest.mark.parametrize(
    "change",
    [
        lambda project: (project / "data" / "raw" / "counts.csv").write_text("count\n2\n"),
        lambda project: (project / "src" / "two.py").write_text(""),
        lambda project: (project / "src" / "one.py").unlink(),
        lambda project: (project / "src" / "one.py").rename(project / "src" / "renamed.py"),
        lambda project: (project / "figures" / "new.png").write_bytes(b""),
        lambda project: (project / "requirements.lock").write_text("pandas==3"),
        lambda project: (project / ".key").write_text("a key"),
    ],
    ids=["edited", "added", "removed", "renamed", "released", "lock", "key"],
)
def test_any_change_ends_it(project, change):
    unchanged.note({"run": "All is up to date."})
    change(project)
    assert unchanged.noted("run") == ""


def test_an_edit_that_keeps_size_and_time_of_writing_is_seen(project):
    path = project / "data" / "raw" / "counts.csv"
    unchanged.note({"run": "All is up to date."})
    before = path.stat()
    path.write_text("count\n9\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert unchanged.noted("run") == ""


def test_an_edit_at_once_after_the_note_is_seen(project):
    path = project / "src" / "one.py"
    for number in range(20):
        path.write_text(f"one = {number % 10}")
        unchanged.note({"run": "All is up to date."})
        path.write_text(f"one = {(number + 1) % 10}")
        assert unchanged.noted("run") == ""


def test_another_day_ends_it(project, monkeypatch):
    unchanged.note({"run": "All is up to date."})

    class Tomorrow(unchanged.datetime.date):
        @classmethod
        def today(cls):
            return cls(2099, 1, 1)

    monkeypatch.setattr(unchanged.datetime, "date", Tomorrow)
    assert unchanged.noted("run") == ""


def test_another_setting_ends_it_and_so_does_the_file_that_it_names(project, tmp_path_factory, monkeypatch):
    key = tmp_path_factory.mktemp("elsewhere") / "key"
    key.write_text("a")
    monkeypatch.setenv("ANALYSIS_KEY", str(key))
    unchanged.note({"run": "All is up to date."})
    assert unchanged.noted("run")
    key.write_text("another key")
    assert unchanged.noted("run") == ""
    unchanged.note({"run": "All is up to date."})
    monkeypatch.delenv("ANALYSIS_KEY")
    assert unchanged.noted("run") == ""


def test_files_elsewhere_are_not_known_to_be_unchanged(project, tmp_path_factory, monkeypatch):
    (project / "data" / "raw" / "lists").symlink_to(tmp_path_factory.mktemp("lists"))
    unchanged.note({"run": "All is up to date."})
    assert unchanged.noted("run") == ""
    (project / "data" / "raw" / "lists").unlink()
    monkeypatch.setenv("ANALYSIS_RAW", "s3://bucket/raw")
    unchanged.note({"run": "All is up to date."})
    assert unchanged.noted("run") == ""


def test_what_programs_write_for_themselves_changes_nothing(project):
    unchanged.note({"run": "All is up to date."})
    for name in ("src/__pycache__", "notebooks/.ipynb_checkpoints"):
        (project / name).mkdir()
        (project / name / "file").write_text("")
    time.sleep(0.01)
    assert unchanged.noted("run")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"files": 1}', '{"said": {"run": 1}, "files": ""}'])
def test_a_note_that_is_not_whole_says_nothing(project, content):
    unchanged.NOTE.write_text(content)
    assert unchanged.noted("run") == ""


def test_the_note_is_for_its_owner_alone(project):
    unchanged.note({"run": "All is up to date."})
    assert unchanged.NOTE.stat().st_mode & 0o077 == 0
    assert set(json.loads(unchanged.NOTE.read_text())) == {"files", "said"}
