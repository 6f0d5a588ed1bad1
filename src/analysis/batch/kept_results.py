"""Results of drawing, typesetting and searching, kept for the next time under the digest of all that it follows from.

What is kept is what would be made: one folder a program (modules, templates and libraries; of what draws and typesets
tools, places and boundaries besides), in it one file a result. A file that is damaged, or stands under another's name,
is made again. Where records of persons are confidential nothing is kept: figures and papers of theirs stand in one
place only, from which they are withdrawn.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from functools import cache
from importlib import metadata
from pathlib import Path

from analysis import areas, catalog
from analysis.batch.provenance import program
from analysis.jobs import tables_of
from analysis.project_files import ROOT, shown

FOLDER = ROOT / ".cache" / "report"
# Bytes of all that is kept; what was used least recently goes.
MOST_BYTES = 400_000_000
# What draws and typesets.
MODULES = ("analysis.batch.figures", "analysis.report.typeset")
# Below data/raw: tables of numbers, which no drawing reads, as all that it shows is in its plot.
NUMBERS = ("evidence", "referral")
_DIGEST = hashlib.sha256().digest_size


def kept(made_from: tuple[object, ...], make: Callable[[], bytes], modules: tuple[str, ...] = MODULES) -> bytes:
    """Return what `make` gives, or gave before from the same.

    Parameters
    ----------
    made_from : all that the result follows from besides the program: texts, numbers, bytes, and JSON of these.
    modules : of the program that makes it.

    Raises
    ------
    Whatever `make` raises; then nothing is kept.
    """
    if not may_be_kept():
        return make()
    path = FOLDER / _program(modules) / _key(made_from)
    if (before := _read(path)) is not None:
        return before
    content = make()
    _write(path, content)
    return content


@cache
def may_be_kept() -> bool:
    """Return False where any study has confidential records of persons."""
    return not any(tables.kind == "confidential" for study in areas.STUDIES for tables in tables_of(study))


def is_begun() -> bool:
    """Return True if this program has kept anything, so that most of a report need not be made again."""
    return may_be_kept() and (FOLDER / _program(MODULES)).is_dir()


def trim(most: int = MOST_BYTES) -> None:
    """Remove what was used least recently, until no more than `most` bytes are kept."""
    found = []
    for path in FOLDER.rglob("*"):
        with contextlib.suppress(OSError):
            if path.is_file():
                found.append((path.stat().st_mtime_ns, path.stat().st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if total <= most:
            break
        with contextlib.suppress(OSError):
            path.unlink()
        total -= size
    for folder in FOLDER.glob("*/"):
        # One that is not empty stays.
        with contextlib.suppress(OSError):
            folder.rmdir()


def _key(made_from: tuple[object, ...]) -> str:
    found = hashlib.sha256()
    for part in made_from:
        as_bytes = part if isinstance(part, bytes) else json.dumps(part, sort_keys=True).encode()
        # With its kind and its length, so that no two lists of parts read the same.
        found.update(f"{type(part).__name__} {len(as_bytes)} ".encode() + as_bytes)
    return found.hexdigest()


def _read(path: Path) -> bytes | None:
    """The content of a file as it was kept; None where there is none, or not this."""
    try:
        found = path.read_bytes()
    except OSError:
        return None
    content = found[_DIGEST:]
    if _mark(path, content) != found[:_DIGEST]:
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return content


def _write(path: Path, content: bytes) -> None:
    """Keep a result, whole or not at all, for its owner alone; on a full disk nothing is kept."""
    unfinished = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two processes may keep the same at once.
        descriptor, unfinished = tempfile.mkstemp(dir=path.parent)
        with open(descriptor, "wb") as file:
            file.write(_mark(path, content) + content)
        os.replace(unfinished, path)
    except OSError:
        if unfinished is not None:
            with contextlib.suppress(OSError):
                os.unlink(unfinished)


def _mark(path: Path, content: bytes) -> bytes:
    """The digest of a file's content, as the result of what its name stands for."""
    return hashlib.sha256(path.name.encode() + content).digest()


@cache
def _program(modules: tuple[str, ...]) -> str:
    """The digest of all that makes a result, besides what it is made from."""
    made_by = program(modules)
    return _key((made_by["library"], made_by["environment"], *(_beside_modules() if modules == MODULES else ())))[:32]


def _beside_modules() -> tuple[object, ...]:
    """The tools, places and boundaries that drawings and papers follow from."""
    import pypandoc

    tool = Path(pypandoc.get_pandoc_path()).stat()
    places = {
        name: str(sorted(vars(entry).items()))
        for name, entry in catalog.datasets().items()
        if not shown(entry.path).removeprefix("data/raw/").startswith(NUMBERS)
    }
    tools = [tool.st_size, tool.st_mtime_ns, *(metadata.version(name) for name in ("typst", "matplotlib", "pillow"))]
    declared = {name: str(sorted(vars(study).items())) for name, study in areas.STUDIES.items()}
    return tools, places, declared
