"""Paths of the files of the project, how a path is written in messages, and what git knows of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from bounded.refusal import Coded

ROOT = Path(__file__).resolve().parents[2]
RAW = ROOT / "data" / "raw"
# What the name of a file ends in that is kept encrypted, in the format of age: see `encryption`.
ENCRYPTED = ".age"
# Keyword of the texts that the file of a figure states, since letters in pixels cannot be read.
DRAWN = "Drawn text"
# Where reviews are written, which no release takes.
REVIEWS = ROOT / "reports" / "review"


def sources(folder: Path = ROOT) -> tuple[Path, ...]:
    """Return the folders of a project that hold its Python packages: the library, and each package of methods."""
    return (folder / "src", *sorted(folder.glob("packages/*/src")))


class CatalogError(Coded):
    """A data set is not catalogued, has changed, or breaks its schema; the message says where and what to do."""


def shown(path: Path) -> str:
    """A path as it is written in a message, a product or a link: below the project's folder, on every system alike."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def plain(path: Path) -> Path:
    """Return the path of an encrypted file when it is not, ``police.csv`` of ``police.csv.age``; any other's own path.

    Readers go by it, and tables name the file so: they are the same bytes however the file is kept.
    """
    return path.with_suffix("") if path.suffix.lower() == ENCRYPTED else path


def git(*arguments: str, folder: Path = ROOT) -> bytes | None:
    """Return the answer of git in a folder; None where that is in no repository, or git does not know."""
    try:
        return subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
