"""Copies of the project in other states: of a commit, or with single inputs exchanged; and runs of what is stale there.

A copy shares its files with the project by hard links. This is safe: whatever writes in a project replaces whole files
(`file_writing.write_whole`), so that the other name of a file keeps its content.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from analysis.catalog import ELSEWHERE
from analysis.file_writing import write_whole
from analysis.project_files import ROOT, git, sources
from analysis.review.inputs import FOLLOWED, Input, exchanged
from bounded.refusal import Refusal

HERE = ROOT / ".cache" / "review"
PROCESSED = Path("data", "processed")
# The name by which git keeps what the last release was made from.
RELEASED = "refs/analysis/released"
ANSWERS = Path(".cache", "answers.json")
# Longest text of a failed run that a message repeats.
_LAST_WORDS = 1500
_PASSED_OVER = {".ipynb_checkpoints", ".git", ".cache", ".venv"}


class RunFailed(Refusal):
    """A run in a copy of the project failed; the message has its last words."""


@contextlib.contextmanager
def worktree(commit: str) -> Iterator[Path]:
    """Give a folder with the project as a commit has it, and take it away in the end.

    Users' own files, which version control does not have, are in it as they are now: nobody knows how they were then.

    Parameters
    ----------
    commit : anything that git understands as one: a name, a tag, ``HEAD~1``.

    Raises
    ------
    Refusal : the project is no repository, or git does not know the commit.
    """
    found = git("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}")
    if not found:
        raise Refusal("unknown_commit", f"Git knows no commit {commit} here: name a commit, a tag or a folder.")
    at = HERE / f"{found.decode().strip()[:12]}-{os.getpid()}"
    HERE.mkdir(parents=True, exist_ok=True)
    if git("worktree", "add", "--detach", "--force", str(at), found.decode().strip()) is None:
        raise Refusal("no_worktree", f"Git could not lay {commit} out in {at}: `git worktree prune` may help.")
    try:
        for kept in (git("ls-files", "-z", "--others", "--", "data/raw", "data/register", ".key") or b"").split(b"\0"):
            name = kept.decode("utf-8", "surrogateescape")
            if name and (ROOT / name).is_file() and not (at / name).exists():
                _link(ROOT / name, at / name)
        yield at
    finally:
        shutil.rmtree(at, ignore_errors=True)
        git("worktree", "prune")


def keep_released() -> None:
    """Keep what stands in the project now, committed or not, as what the last release was made from."""
    # Of a folder without git nothing is kept, and a review says so.
    made = git("stash", "create", "analysis release") or git("rev-parse", "--verify", "--quiet", "HEAD")
    if made and made.strip():
        git("update-ref", RELEASED, made.decode().strip())


def seed(tree: Path, source: Path = ROOT) -> None:
    """Give a tree the outputs of another, by hard links: they are up to date there but for what differs.

    Parameters
    ----------
    tree : a project folder; what it has in data/processed goes. source : a project folder in which a run was made.
    """
    shutil.rmtree(tree / PROCESSED, ignore_errors=True)
    if (source / PROCESSED).is_dir():
        _link_folder(source / PROCESSED, tree / PROCESSED)
    # What questions to the evidence were answered: known by digests of all that an answer follows from.
    if (source / ANSWERS).is_file() and not (tree / ANSWERS).exists():
        _link(source / ANSWERS, tree / ANSWERS)


def copy(base: Path, at: Path, outputs: Path | None = None) -> Path:
    """Return a copy of all that a run follows from, by hard links, with outputs.

    Parameters
    ----------
    base : a project folder. at : the copy; what is there goes. outputs : the project folder whose outputs it begins
        with; those of `base` if not given.
    """
    shutil.rmtree(at, ignore_errors=True)
    for folder in FOLLOWED:
        if (base / folder).is_dir():
            _link_folder(base / folder, at / folder)
    for path in base.iterdir():
        if path.is_file() and path.name != ".git":
            _link(path, at / path.name)
    seed(at, outputs or base)
    return at


def hybrid(base: Path, other: Path, inputs: Iterable[Input], at: Path, outputs: Path | None = None) -> Path:
    """Return a copy of a project in which single inputs are as in another state of it.

    What is new in the other state and does nothing by itself, as a function that nothing called, comes along with any
    part of the program; digests in the catalogues are those of the files as they are in the copy.

    Parameters
    ----------
    base, other : project folders, the older first. inputs : of `inputs.differing(base, other)`. at : the copy; what is
        there goes. outputs : the project folder whose outputs it begins with; those of `base` if not given.
    """
    tree = copy(base, at, outputs)
    contents = exchanged(base, other, inputs)
    for name, content in contents.items():
        path = tree / name
        path.unlink(missing_ok=True)
        if content is None:
            continue
        write_whole(path, content)
        # A compiled module is known by the time and size of its source alone.
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            compiled.unlink()
    return tree


def run(tree: Path, jobs: Iterable[str] | None = None, python: Path | None = None) -> None:
    """Run what is stale in a project folder.

    Parameters
    ----------
    tree : a project folder. jobs : names as ``west_africa/SEN/incidence``; None: the whole assessment.
    python : of the environment to run it in; this one if not given.

    Raises
    ------
    RunFailed : a notebook failed, or the run stopped; what had finished is there.
    """
    failed = []
    for options in [[]] if jobs is None else chosen(jobs):
        done = command(tree, "run", *options, python=python)
        if done.returncode:
            failed.append((done.stdout + done.stderr)[-_LAST_WORDS:])
    if failed:
        raise RunFailed("run_failed", f"In {tree} a run failed: {' '.join(failed)}")


def command(tree: Path, *words: str, python: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command of a project folder by its own library, and return what came of it."""
    own = {"", *map(str, sources())}
    path = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each not in own]
    # Its data are those of the folder, wherever ANALYSIS_RAW says that they lie; keys are where they are.
    kept = {name: value for name, value in os.environ.items() if name != ELSEWHERE}
    given = kept | {"PYTHONPATH": os.pathsep.join([*map(str, sources(tree)), *path])}
    called = [str(python or sys.executable), "-m", "analysis", *words]
    return subprocess.run(called, cwd=tree, env=given, capture_output=True, text=True)


def chosen(jobs: Iterable[str]) -> list[list[str]]:
    """Return options of `run`, call by call, by which jobs are chosen: areas with the same analyses share a call."""
    analyses: dict[tuple[str, str], set[str]] = defaultdict(set)
    for job in jobs:
        study, area_id, analysis = job.split("/")
        analyses[study, area_id].add(analysis)
    areas: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for (_, area_id), names in sorted(analyses.items()):
        areas[tuple(sorted(names))].append(area_id)
    return [
        [word for area_id in area_ids for word in ("--area", area_id)]
        + [word for name in names for word in ("--analysis", name)]
        for names, area_ids in areas.items()
    ]


def _link_folder(source: Path, target: Path) -> None:
    for folder, folders, files in os.walk(source):
        folders[:] = [name for name in folders if name not in _PASSED_OVER]
        place = target / Path(folder).relative_to(source)
        place.mkdir(parents=True, exist_ok=True)
        for name in files:
            os.link(Path(folder, name), place / name, follow_symlinks=True)


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    os.link(source, target)
