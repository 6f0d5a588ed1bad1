"""Reads a file in a process of its own, and says what came of it.

Such a process is a copy of one that has loaded what reading needs, and has done nothing: of one that has linked lists
before, a copy can crash.
"""

from __future__ import annotations

import faulthandler
import io
import multiprocessing.connection
import os
import resource
import time
import zipfile
from pathlib import Path

from analysis.cases import places
from analysis.cases.mapping import beside
from analysis.cases.mapping_draft import draft
from analysis.checking import check
from bounded.refusal import Coded

# The gazetteer is loaded once, and not in each process.
places.match(["Kilis"], "turkiye")


def settled(text: str) -> str:
    """A draft with what every list needs, and all that it leaves open taken out."""
    said = {"title": "T", "publisher": "P", "source": "S", "date": "2024-01-31", "study": "turkiye"}
    lines = [line for line in text.splitlines() if '"?"' not in line or line.startswith("study")]
    return "\n".join(f"{name}: {said[name]}" if (name := line.partition(":")[0]) in said else line for line in lines)


def read(path: Path, answer: multiprocessing.connection.Connection, printed: Path) -> None:
    for stream in (1, 2):
        os.dup2(os.open(printed, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    faulthandler.enable(2)
    said, wrong = [], []
    # A child begins with all that its parent holds, which may have run many tests.
    begun, held = time.perf_counter(), _memory()
    has_mapping = beside(path).exists()
    for step in (draft, check):
        try:
            found = step(path)
            if step is draft and not has_mapping:
                beside(path).write_text(settled(found), encoding="utf-8")
            elif step is check:
                assert not any("/" in name or ".." in name for name in found.files)
                said += [found.text, *map(_as_text, found.files.items())]
        except Coded as error:
            said.append(str(error))
        except BaseException as error:
            wrong.append(f"{step.__name__}: {type(error).__name__}: {error}")
    if not has_mapping:
        beside(path).unlink(missing_ok=True)
    answer.send((said, wrong, time.perf_counter() - begun, _memory() - held))


def _as_text(written: tuple[str, bytes]) -> str:
    """What stands in a file that was written, a workbook included."""
    name, content = written
    if not name.endswith(".xlsx"):
        return content.decode()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "\n".join(archive.read(name).decode().replace("><", ">\n<") for name in archive.namelist())


def _memory() -> int:
    """The most bytes of memory that this process has held until now."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
