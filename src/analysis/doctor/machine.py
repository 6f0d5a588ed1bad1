"""The machine: whether what is computed can be written, and whether there is room, memory and processors for it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from analysis.doctor.check import FAIL, OK, ROOT, WARN, Check, check

# Where commands write; `batch.products` names the same, and the folder of this project's caches besides.
WRITTEN = ("data/processed", "data/register", "figures", "reports", ".cache")
GIB = 1024**3
ROOM = "Make room on this disk; what `run` writes stays in data/processed/, figures/ and reports/."
# The whole assessment takes half of one GiB, its release as much again, and it is written before the old one goes.
LEAST_DISK, GOOD_DISK = 2 * GIB, 5 * GIB
# What the kernel of a notebook takes at its most: 415 to 485 MiB were measured of three notebooks, rounded up.
OF_A_KERNEL = GIB // 2


@check("writing")
def writing(root: Path = ROOT, folders: Sequence[str] = WRITTEN) -> Iterator[Check]:
    """Whether a file can be written into each folder of results, or into what holds it where it is still to be made."""
    refused = []
    for folder in folders:
        place = root / folder
        while not place.exists():
            place = place.parent
        try:
            with tempfile.NamedTemporaryFile(dir=place, prefix=".doctor-") as file:
                file.write(b"written")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            refused.append(folder)
            mend = f"sudo chown -R $(id -un) {place}"
            if not place.is_dir():
                mend = f"Move the file {place} away: a folder belongs there."
            yield Check("writing", FAIL, f"nothing can be written to {folder}/ ({error.strerror})", mend)
    if not refused:
        yield Check("writing", OK, ", ".join(f"{folder}/" for folder in folders))


@check("disk")
def disk(root: Path = ROOT, free: int | None = None) -> Iterator[Check]:
    """Whether there is room for the whole assessment and its release. `free` is in bytes; left out, it is measured."""
    left = shutil.disk_usage(root).free if free is None else free
    found = f"{left / GIB:,.1f} GiB free"
    if left < LEAST_DISK:
        yield Check("disk", FAIL, f"{found}, where {LEAST_DISK // GIB} are needed", ROOM)
    elif left < GOOD_DISK:
        yield Check("disk", WARN, f"{found}: enough for one run", ROOM)
    else:
        yield Check("disk", OK, found)


@check("memory")
def memory(available: int | None = None, processors: int | None = None) -> Iterator[Check]:
    """Whether memory suffices for as many kernels as `run` starts.

    Parameters
    ----------
    available : bytes of memory; left out, they are measured. processors : likewise.
    """
    import psutil

    left = psutil.virtual_memory().available if available is None else available
    usable = processors or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    kernels = usable + 1
    found = f"{left / GIB:,.1f} GiB available, {usable} processor{'s' if usable > 1 else ''}"
    fitting = left // OF_A_KERNEL
    if fitting < 1:
        yield Check("memory", FAIL, f"{found}: too little for one notebook", "Close other programs, and ask again.")
    elif fitting < kernels:
        mend = f'make run ARGS="--jobs {fitting}"'
        yield Check("memory", WARN, f"{found}: too little for {kernels} notebooks at a time", mend)
    else:
        yield Check("memory", OK, found)
