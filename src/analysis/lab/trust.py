"""Which notebooks are ours, so that what they show may run: as version control has them, or as they were made here."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from analysis.batch.seals import is_sealed
from analysis.catalog import ROOT

# Digests by which git names a content, by their length in hexadecimal digits.
GIT_DIGESTS = {40: "sha1", 64: "sha256"}


def is_ours(path: Path) -> bool:
    """Whether a notebook is byte for byte what the last commit has under its name, or what this machine made of it.

    Parameters
    ----------
    path : a file below the project's folder.

    Returns
    -------
    False for what was sent by somebody, changed by hand, or made on another machine: its outputs may hold programs.
    """
    try:
        content = path.read_bytes()
    except OSError:
        return False
    return is_sealed(path, content) or is_committed(path, content)


def is_committed(path: Path, content: bytes) -> bool:
    """Whether the last commit has this content under this name; without git, or outside a clone, nothing is."""
    name = path.relative_to(ROOT).as_posix()
    # A name is taken as it is, with no sign in it that stands for others.
    command = ["git", "--literal-pathspecs", "ls-tree", "-z", "HEAD", "--", name]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=10).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    # "100644 blob DIGEST<tab>NAME"
    kind, _, found = listed.rstrip("\0").partition("\t")
    *_, digest = kind.split() or [""]
    if found != name or len(digest) not in GIT_DIGESTS:
        return False
    return hashlib.new(GIT_DIGESTS[len(digest)], b"blob %d\0" % len(content) + content).hexdigest() == digest
