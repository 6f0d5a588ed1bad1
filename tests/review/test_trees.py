"""Copies of the project: linked and not shared once written, a commit laid out, and jobs as options of `run`."""

from __future__ import annotations

import subprocess

import pytest

from analysis.file_writing import write_whole
from analysis.review import trees
from bounded.refusal import Refusal


@pytest.fixture
def project(tmp_path):
    base = tmp_path / "base"
    for name in ("src/analysis/a.py", "data/raw/catalog.yml", "data/processed/staged/x.csv", "requirements.lock"):
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text(name)
    return base


def test_a_copy_shares_files_until_one_is_written(project, tmp_path):
    tree = trees.copy(project, tmp_path / "copy")
    staged = tree / "data" / "processed" / "staged" / "x.csv"
    assert staged.samefile(project / "data" / "processed" / "staged" / "x.csv")
    write_whole(staged, b"other")
    assert (project / "data" / "processed" / "staged" / "x.csv").read_text() == "data/processed/staged/x.csv"
    assert (tree / "requirements.lock").exists()


def test_jobs_with_the_same_analyses_share_a_run():
    found = trees.chosen(["s/A/incidence", "s/B/incidence", "s/B/routes", "s/C/incidence"])
    assert sorted(found) == [
        ["--area", "A", "--area", "C", "--analysis", "incidence"],
        ["--area", "B", "--analysis", "incidence", "--analysis", "routes"],
    ]


def test_a_commit_is_laid_out_and_taken_away(project, tmp_path, monkeypatch):
    def git(*words):
        done = subprocess.run(["git", "-C", str(project), *words], capture_output=True)
        return None if done.returncode else done.stdout

    git("init", "-q")
    (project / ".gitignore").write_text("data/raw/own/\n")
    git("add", "-A")
    git("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "first")
    (project / "requirements.lock").write_text("later")
    (project / "data" / "raw" / "own").mkdir()
    (project / "data" / "raw" / "own" / "list.csv").write_text("x")
    monkeypatch.setattr(trees, "git", git)
    monkeypatch.setattr(trees, "ROOT", project)
    monkeypatch.setattr(trees, "HERE", tmp_path / "review")
    trees.keep_released()
    assert trees.RELEASED in (git("for-each-ref") or b"").decode()
    with trees.worktree("HEAD") as tree:
        assert (tree / "requirements.lock").read_text() == "requirements.lock"
        assert (tree / "data" / "raw" / "own" / "list.csv").read_text() == "x"
    assert not tree.exists()
    with pytest.raises(Refusal, match="no commit"), trees.worktree("nowhere"):
        pass
