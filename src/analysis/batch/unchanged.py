"""Note that nothing has changed since a run, or a release, had nothing to do: by sizes and times of files alone.

Then what was said is said again, and no file is read. `status` reads and compares them all, whatever their times are.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from analysis.project_files import ROOT

# What runs and releases follow from, and what they write.
WATCHED = ("src", "packages", "notebooks", "pledge", "data", "figures", "reports")
BESIDE = ("requirements.lock", "CHANGELOG.md", "CITATION.cff", "LICENSE", "LICENSE-DATA", ".key")
NOTE = ROOT / "data" / "processed" / "unchanged.json"
# Settings whose names begin so; those that name a file stand for what lies there.
SETTINGS = "ANALYSIS_"
ELSEWHERE = "ANALYSIS_RAW"
# Folders that programs write for themselves.
PASSED_OVER = {"__pycache__", ".ipynb_checkpoints"}
# Seconds, longer than the ticks in which file systems count: what is written after them has another time.
TICK = 0.05


def note(said: Mapping[str, str]) -> None:
    """Note what commands would say, each by its name, as long as all files stay as they are now."""
    # Only now: whoever asks whether anything has changed loads nothing of the batch.
    from analysis.batch.products import as_manifest
    from analysis.file_writing import WriteError, write_whole

    time.sleep(TICK)
    # Without it the next run takes some seconds longer.
    with contextlib.suppress(OSError, WriteError):
        NOTE.unlink(missing_ok=True)
        write_whole(NOTE, as_manifest({"files": _signature(), "said": dict(said)}), private=True)


def noted(command: str) -> str:
    """Return what `command` has to say if nothing has changed since; empty if something has, or it is not known."""
    try:
        content = json.loads(NOTE.read_text(encoding="utf-8"))
        said = content["said"].get(command, "")
        return said if said and content["files"] == _signature() else ""
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return ""


def _signature() -> str:
    """A digest of sizes and times of all files, of settings, and of the day, by which data are past their last.

    Raises OSError where files lie elsewhere, so that they can change unseen.
    """
    if ELSEWHERE in os.environ:
        raise OSError(f"{ELSEWHERE} names a place that is not looked at")
    found = hashlib.sha256(f"{datetime.date.today()} {sys.version} {sys.prefix}".encode())
    for name, value in sorted(os.environ.items()):
        if name.startswith(SETTINGS):
            found.update(f"{name}={value} {_times(Path(value))}".encode())
    for name in BESIDE:
        found.update(f"{name} {_times(ROOT / name)}".encode())
    for folder in WATCHED:
        for path, entry in _files(str(ROOT / folder)):
            found.update(f"{path} {_state_of_file(entry)}\n".encode("utf-8", "surrogateescape"))
    return found.hexdigest()


def _files(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    if not os.path.isdir(folder):
        return
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.is_dir():
            if entry.is_symlink():
                raise OSError(f"{entry.path} leads to a folder that is not looked at")
            if entry.name not in PASSED_OVER:
                yield from _files(entry.path)
        elif entry.path != str(NOTE):
            yield entry.path, entry.stat()


def _times(path: Path) -> str:
    try:
        return _state_of_file(path.stat())
    except (OSError, ValueError):
        return "none"


def _state_of_file(found: os.stat_result) -> str:
    return f"{found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"
