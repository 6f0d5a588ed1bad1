"""Seals: what the batch wrote on this machine can be told from what somebody sent, however alike the two are.

A seal is a keyed digest of a file. The key never leaves the project's folder and is for its owner alone, so that a
notebook that arrives by mail brings no seal with it, and one that was changed breaks the one that it had.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import tempfile
from pathlib import Path

from analysis.catalog import ROOT

# What JupyterLab keeps for this project, for its owner alone; git ignores it, and `make clean` removes it.
LAB = ROOT / ".cache" / "lab"
KEY = LAB / "notebook_secret"
# 256 bits, as the digest has.
KEY_BYTES = 32


def seal(path: Path, content: bytes) -> tuple[Path, bytes]:
    """Where the seal of a file below the project's folder lies, and what it says of this content."""
    return _place(path), hmac.new(key(), content, hashlib.sha256).hexdigest().encode()


def is_sealed(path: Path, content: bytes) -> bool:
    """Whether this is what was sealed under this path, on this machine."""
    try:
        said = _place(path).read_bytes()
    except OSError:
        return False
    return hmac.compare_digest(said, seal(path, content)[1])


def key() -> bytes:
    """The key of the seals and of JupyterLab's signatures; it is made when it is first asked for."""
    if not KEY.exists():
        LAB.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, unfinished = tempfile.mkstemp(dir=LAB)  # for its owner alone
        with open(descriptor, "wb") as file:
            file.write(os.urandom(KEY_BYTES))
        # It takes its name when it is whole; where two processes make one, the first stays.
        with contextlib.suppress(FileExistsError):
            os.link(unfinished, KEY)
        os.unlink(unfinished)
    return KEY.read_bytes()


def _place(path: Path) -> Path:
    return LAB / "seals" / f"{path.relative_to(ROOT).as_posix()}.seal"
