"""Files and repositories searched for what identifies a person, before they leave the building.

A finding names the file and the place in it, and never what was found: of a secret its first character and its length.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from analysis.catalog import shown
from analysis.gate.artefacts import UNREADABLE, Fault, Piece, pieces
from analysis.gate.finding import Hit, Index, redacted
from analysis.refusal import Coded

COLUMNS = ["path", "place", "kind"]
# The kind of a finding, besides those of `artefacts`.
SECRET = "secret"


class ScanError(Coded):
    """What was to be searched cannot be; the message says what to do."""


def scan(paths: str | Path | Iterable[str | Path], secrets: Collection[str] | Index) -> pd.DataFrame:
    """Search files for secrets, however these are spelt, wrapped or packed.

    Secrets are matched as whole words, without regard to case, accents, and the four letters i of Turkish; telephone
    numbers however their digits are grouped; dates of birth and coordinates as they are usually written. What is drawn
    in pixels is not read: figures of this project state their texts in the file (`figures.png`).

    Parameters
    ----------
    paths : files, or folders with all that lies in them.
    secrets : texts that identify a person, or an `Index` of them.

    Returns
    -------
    DataFrame of findings: path, place (where in the file, and the secret redacted) and kind: ``secret``;
    ``unreadable``, what is not what its name says or cannot be opened; ``limit``, what is nested or packed beyond six
    files in each other or 512 MiB. Empty if there are none. ``.attrs["too_short"]``: how many secrets are too short to
    be searched for.

    Raises
    ------
    ScanError : a path does not exist.
    """
    index = secrets if isinstance(secrets, Index) else Index(secrets)
    rows: list[tuple[str, str, str]] = []
    files = list(_files([paths] if isinstance(paths, str | Path) else paths))
    for path, name in _progress(files, "searched", "file"):
        try:
            content = _content(path)
        except OSError as error:
            rows.append((_named(shown(path), b"", index), f"it cannot be read ({type(error).__name__})", UNREADABLE))
            continue
        rows += findings(shown(path), name, content, index)
    return _table(rows, index)


def scan_git(repository: str | Path, secrets: Collection[str] | Index) -> pd.DataFrame:
    """Search all that a git repository keeps: every object, reachable or not, and the names of branches and tags.

    Parameters
    ----------
    repository : its folder. secrets : as for `scan`.

    Returns
    -------
    DataFrame as `scan` gives it; path is that of a file with its object, or the kind and the name of another object.

    Raises
    ------
    ScanError : the folder holds no git repository, or git cannot be run.
    """
    index = secrets if isinstance(secrets, Index) else Index(secrets)
    listed = _git(repository, "cat-file", "--batch-all-objects", "--batch-check", "--unordered").decode().splitlines()
    kinds = dict(line.split()[:2] for line in listed)
    names = _git(repository, "for-each-ref", "--format=%(refname)")
    rows = findings("names of branches and tags", "", names, index)
    called: dict[str, str] = {}
    objects = [name for kind in ("tree", "commit", "tag", "blob") for name, each in kinds.items() if each == kind]
    for name, content in _progress(_contents(repository, objects), "searched", "object", len(objects)):
        kind = kinds[name]
        if kind == "tree":
            # Trees come first: they say what the files are called.
            entries = dict(_entries(content, len(name) // 2))
            called |= entries
            rows += findings(
                f"tree {name[:12]}", "", "\n".join(entries.values()).encode("utf-8", "surrogateescape"), index
            )
        else:
            file = called.get(name, "") if kind == "blob" else ""
            rows += findings(f"{file or kind} {name[:12]}", file, content, index)
    return _table(rows, index)


def findings(path: str, name: str, content: bytes, index: Index) -> list[tuple[str, str, str]]:
    """The findings in one file, as rows of (path, place, kind), each secret once in each place.

    Parameters
    ----------
    path : as it is shown; secrets in it are redacted. name : of the file, which says what it must be, and is searched.
    content : of the file. index : of the secrets.

    Returns
    -------
    Rows; none if nothing was found. A search that fails is a finding too: what was not searched is not released.
    """
    try:
        return _findings(path, name, content, index)
    except Exception as error:
        # What a library says may quote the file: the type of the error alone is said.
        why = f"the search of it failed ({type(error).__name__}): take it out, or report the error"
        return [(_named(path, content, index), why, UNREADABLE)]


def _findings(path: str, name: str, content: bytes, index: Index) -> list[tuple[str, str, str]]:
    found = dict.fromkeys(("name of the file", _shortened(name, hit), SECRET) for hit in index.find(name))
    seen: set[tuple[str, str]] = set()
    for each in pieces(content, name):
        if isinstance(each, Fault):
            found[": ".join(filter(None, (each.place, each.why))), "", each.kind] = None
            continue
        for hit in index.find(each.text):
            if (each.place, hit.words) not in seen:
                seen.add((each.place, hit.words))
                found[_place(each, hit), _shortened(each.text, hit), SECRET] = None
    shown_path = index.hidden(path)
    return [(shown_path, ": ".join(filter(None, (index.hidden(place), said))), kind) for place, said, kind in found]


def _named(path: str, content: bytes, index: Index) -> str:
    """A path as it is shown; one that cannot be searched itself by the digest of its file."""
    try:
        return index.hidden(path)
    except Exception:  # whatever failed, the file is named
        return f"a file with the SHA-256 digest {hashlib.sha256(content).hexdigest()[:12]}…"


def _place(piece: Piece, hit: Hit) -> str:
    line = f"line {piece.text.count(chr(10), 0, hit.start) + 1}"
    return " › ".join(filter(None, (piece.place, f"{line} ({piece.how})" if piece.how else line)))


def _shortened(text: str, hit: Hit) -> str:
    return redacted(text[hit.start : hit.end])


def _table(rows: list[tuple[str, str, str]], index: Index) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=COLUMNS)
    table.attrs["too_short"] = index.too_short
    return table


def _files(paths: Iterable[str | Path]) -> Iterator[tuple[Path, str]]:
    """Files, each with the part of its path that is searched."""
    for path in map(Path, paths):
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                if file.is_file() or file.is_symlink():
                    yield file, file.relative_to(path).as_posix()
        elif path.exists():
            yield path, path.name
        else:
            raise ScanError(
                "missing_file", f"{shown(path)} is not there, so that it cannot be searched: correct the path."
            )


def _content(path: Path) -> bytes:
    # A link is what it says, and what it leads to lies elsewhere.
    return os.fsencode(os.readlink(path)) if path.is_symlink() else path.read_bytes()


def _progress(each: Iterable[Any], words: str, unit: str, total: int | None = None) -> Iterable[Any]:
    return tqdm(each, desc=words, unit=unit, total=total, leave=False, disable=not sys.stderr.isatty())


def _git(repository: str | Path, *arguments: str, given: bytes = b"") -> bytes:
    try:
        return subprocess.run(
            ["git", "-C", str(repository), *arguments], input=given, capture_output=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        raise ScanError(
            "git_unavailable",
            f"git cannot read {repository}: it must be a folder with a git repository, and git must be installed.",
        ) from None


def _contents(repository: str | Path, names: list[str]) -> Iterator[tuple[str, bytes]]:
    """The objects of a repository one after the other, so that no more than one of them is held."""
    command = ["git", "-C", str(repository), "cat-file", "--batch", "--buffer"]
    with tempfile.TemporaryFile() as asked:
        asked.write("\n".join(names).encode())
        asked.seek(0)
        with subprocess.Popen(command, stdin=asked, stdout=subprocess.PIPE) as git:
            assert git.stdout is not None
            for _ in names:
                name, _, size = git.stdout.readline().decode().split()
                content = git.stdout.read(int(size))
                git.stdout.read(1)
                yield name, content


def _entries(tree: bytes, width: int) -> Iterator[tuple[str, str]]:
    """What a tree holds: name of the object, and of the file or folder."""
    while tree:
        head, _, rest = tree.partition(b"\0")
        yield rest[:width].hex(), head.partition(b" ")[2].decode("utf-8", "surrogateescape")
        tree = rest[width:]
