"""Files written whole or not at all, by one writer of the project at a time; what killed runs left is taken away."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from analysis.project_files import ROOT
from bounded.refusal import Coded


class WriteError(Coded):
    """A file could not be written, or another run holds the project; the message says why, and what would help."""


# Where the batch and the release write; the first is what either holds.
WRITTEN = (ROOT / "data" / "processed", ROOT / "data" / "register", ROOT / "figures", ROOT / "reports")
UNFINISHED = ".unfinished"
# Begins the name of a folder for a kernel's sockets; the id of the process that uses it follows.
PRIVATE = "analysis-"


def write_whole(path: Path, content: bytes, private: bool = False) -> None:
    """Write a file so that a reader, and a machine that loses its power, has the old one or the new one.

    Parameters
    ----------
    private : its owner alone may read it.

    Raises
    ------
    WriteError : the disk is full, or may not be written; the old file stands.
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
        raise WriteError(
            "cannot_write", f"{path} could not be written: {error.strerror or error}. What had finished is kept."
        ) from error


@contextlib.contextmanager
def exclusive() -> Iterator[None]:
    """Hold the project for one run or release, and clean up after those that were killed. Raises WriteError."""
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
                raise WriteError("already_running", message) from None
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
