"""The files of the batch: each is written whole or not at all, and whatever a killed run left is taken away.

A job's executed notebook is written last and names the digest of every other product: with it all are there, and
without it, or with a product that is not as it says, the job is not done.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from analysis.batch.result import BatchError
from analysis.batch.seals import seal
from analysis.catalog import ROOT
from analysis.jobs import Job

# Where the batch and the release write; the first is what either holds.
WRITTEN = (ROOT / "data" / "processed", ROOT / "data" / "register", ROOT / "figures", ROOT / "reports")
UNFINISHED = ".unfinished"
# Begins the name of a folder for a kernel's sockets; the id of the process that uses it follows.
PRIVATE = "analysis-"
# What is read of the end of a notebook, where its metadata stand: many times what they take.
TAIL = 262_144


def digest(content: bytes) -> str:
    """The sha256 of a file's content."""
    return hashlib.sha256(content).hexdigest()


def as_manifest(content: Mapping[str, object]) -> bytes:
    """What is said of products, as a file: the same content is the same bytes."""
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()


def write_whole(path: Path, content: bytes, private: bool = False) -> None:
    """Write a file so that a reader, and a machine that loses its power, has the old one or the new one.

    Parameters
    ----------
    private : whether its owner alone may read it.

    Raises
    ------
    BatchError : the disk is full, or may not be written; the old file stands.
    """
    unfinished = path.with_name(f".{path.name}{UNFINISHED}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(unfinished, "wb") as file:
            if private:
                os.chmod(unfinished, 0o600)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise BatchError(
            "cannot_write", f"{path} could not be written: {error.strerror or error}. What had finished is kept."
        ) from error


def store(job: Job, products: dict[str, bytes]) -> None:
    """Write the products of a job, the executed or failed notebook last, and remove what they take the place of.

    All of it waits in the house: what an earlier run led to and was released stands until the next release.
    """
    new = {ROOT / path: content for path, content in products.items()}
    framed = job.page.parent.glob(f"{job.analysis}_*.html")
    old = [job.page, job.executed, job.failed, *job.figures.glob(f"{job.analysis}_*.png"), *framed]
    notebook = job.executed if job.executed in new else job.failed
    for path, content in new.items():
        if path != notebook:
            write_whole(path, content, job.private)
    # What an earlier run staged no longer follows from the notebook and its inputs.
    for path in old:
        if path not in new:
            path.unlink(missing_ok=True)
    write_whole(notebook, new[notebook], job.private)
    if notebook == job.executed:
        # JupyterLab runs what it shows only where it is known to be ours; a notebook without a seal is no less done.
        with contextlib.suppress(BatchError, OSError):
            write_whole(*seal(notebook, new[notebook]), private=True)


def said(path: Path) -> dict:
    """The metadata of a notebook, read from its end; empty if there is none, or it is not whole."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL))
            # Keys are sorted and every level is indented by one: no text in a cell can look like this.
            _, mark, end = file.read().rpartition(b'\n "metadata": ')
            return json.loads(b'{"metadata": ' + end)["metadata"] if mark else {}
    except (FileNotFoundError, ValueError):
        return {}


def damaged(products: dict[str, str]) -> list[str]:
    """Those of the products (path -> digest) that are missing, or not as they were written."""
    return [path for path, expected in products.items() if not _is(ROOT / path, expected)]


def _is(path: Path, expected: str) -> bool:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == expected
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def exclusive() -> Iterator[None]:
    """Hold the project for one run or release, and clean up after those that were killed. Raises BatchError."""
    WRITTEN[0].mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held:
        # Windows has no such lock: there, two runs at once are the user's own affair.
        with contextlib.suppress(ImportError):
            import fcntl

            folder = os.open(WRITTEN[0], os.O_RDONLY)
            held.callback(os.close, folder)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                message = "Another run of this project is under way; wait for its end, or stop it."
                raise BatchError("already_running", message) from None
        sweep()
        yield


def sweep() -> None:
    """Remove what killed runs left: files that were not finished, and folders of processes that are no more."""
    for folder in WRITTEN:
        for path in folder.rglob(f".*{UNFINISHED}"):
            path.unlink(missing_ok=True)
    for path in Path(tempfile.gettempdir()).glob(f"{PRIVATE}*-*"):
        pid = path.name.removeprefix(PRIVATE).split("-")[0]
        if pid.isdigit() and not _is_alive(int(pid)):
            shutil.rmtree(path, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    import psutil  # there is seldom anything to ask about

    try:
        # A process that has ended is still there until its parent has asked how.
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
