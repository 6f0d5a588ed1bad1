"""Limits and results of one notebook, and its products as files.

A job's executed notebook is written last and names the digest of every other product: with it all are there, and
without it, or with a product that is not as it says, the job is not done. It is signed with a key that never leaves
this machine, so that JupyterLab tells it from what somebody sent, however alike the two are.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analysis.catalog import ROOT
from analysis.file_writing import write_whole
from analysis.jobs import Job
from analysis.report.page_links import bare
from bounded.refusal import Coded


class BatchError(Coded):
    """Nothing could be run; the message says why, and what would help."""


@dataclass(frozen=True)
class Limits:
    """Limits of one notebook: seconds of wall time, and MiB of data in memory (where the system can limit it)."""

    seconds: float = 1800.0
    mib: int = 4096


@dataclass(frozen=True)
class Result:
    """Result of one job.

    Parameters
    ----------
    job : the job.
    products : path below the project's folder -> content: figures, page and, last, the executed notebook; the failed
        notebook alone if it failed.
    seconds : wall time.
    peak_mib : peak memory of the kernel, with the libraries it shares with others; 0 where it is not known.
    reason : one line on why it failed; empty if it did not.
    lost : no cell failed, but the kernel or the worker ended: another attempt may succeed.
    """

    job: Job
    products: dict[str, bytes] = field(default_factory=dict, repr=False)
    seconds: float = 0.0
    peak_mib: float = 0.0
    reason: str = ""
    lost: bool = False

    @property
    def ok(self) -> bool:
        return not self.reason


# What is read of the end of a notebook, where its metadata stand: many times what they take.
TAIL = 262_144


def digest(content: bytes) -> str:
    """The sha256 of a file's content."""
    return hashlib.sha256(content).hexdigest()


def as_manifest(content: Mapping[str, object]) -> bytes:
    """Return a manifest of products as a file: the same content is the same bytes."""
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()


def store(job: Job, products: dict[str, bytes]) -> None:
    """Write the products of a job, the executed or failed notebook last, and remove what they take the place of.

    All of it is staged: what an earlier run led to and was released stands until the next release.
    """
    new = {ROOT / path: content for path, content in products.items()}
    beside = [path for ending in ("html", "csv") for path in job.page.parent.glob(f"{job.analysis}_*.{ending}")]
    old = [job.page, job.executed, job.failed, *job.figures.glob(f"{job.analysis}_*.png"), *beside]
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
        sign(new[notebook])


def metadata(path: Path) -> dict:
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
    """Return those of the products (path -> digest) that are missing, or not as they were written."""
    return [path for path, expected in products.items() if not _is(ROOT / path, expected)]


def _is(path: Path, expected: str) -> bool:
    try:
        with open(path, "rb") as file:
            # What a page says of other pages does not follow from its notebook.
            if path.suffix == ".html":
                return digest(bare(file.read())) == expected
            return hashlib.file_digest(file, "sha256").hexdigest() == expected
    except FileNotFoundError:
        return False


def in_brief(reasons: Sequence[str]) -> str:
    """The first two of the reasons why something is not up to date, and how many more there are."""
    more = len(reasons) - 2
    return "; ".join(reasons[:2]) + (f"; and {more} more reason{'s' if more > 1 else ''}" if more > 0 else "")


# What JupyterLab keeps for this project, for its owner alone; git ignores it, and `make clean` removes it.
LAB = ROOT / ".cache" / "lab"


def sign(notebook: bytes) -> None:
    """Have this machine's JupyterLab run what a notebook shows; one that cannot be signed is shown without."""
    from nbformat import reads
    from nbformat.sign import NotebookNotary

    with contextlib.suppress(OSError, sqlite3.Error, ValueError):
        LAB.mkdir(mode=0o700, parents=True, exist_ok=True)
        notary = NotebookNotary(data_dir=str(LAB))
        with contextlib.closing(notary.store):
            notary.sign(reads(notebook, as_version=4))
