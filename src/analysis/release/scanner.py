"""Search of files for what identifies a person, before they are released.

A finding names the file and the place in it, and never what was found: of a secret its first character and its length.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import pandas as pd

from analysis.catalog import shown
from analysis.progress import progress
from analysis.release.file_texts import UNREADABLE, Piece, Unsearchable, pieces
from analysis.release.identifier_matches import Hit, Index, redacted
from bounded.refusal import Coded

COLUMNS = ["path", "place", "kind"]
# The kind of a finding, besides those of `file_texts`.
SECRET = "secret"


class ScanError(Coded):
    """A file cannot be searched; the message says what to do."""


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
    with progress("Search for what identifies a person", len(files), "file") as advance:
        for path, name in files:
            try:
                rows += findings(shown(path), name, _content(path), index)
            except OSError as error:
                why = f"it cannot be read ({type(error).__name__})"
                rows.append((_named(shown(path), b"", index), why, UNREADABLE))
            advance()
    table = pd.DataFrame(rows, columns=COLUMNS)
    table.attrs["too_short"] = index.too_short
    return table


def fingerprint(path: Path) -> str:
    """A digest of all that is searched of a file: its name, and its content."""
    return hashlib.sha256(os.fsencode(path.name) + b"\0" + _content(path)).hexdigest()


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
    found = {(f"name of the file: {redacted(name[hit.start : hit.end])}", SECRET): None for hit in index.find(name)}
    seen: set[tuple[str, str]] = set()
    try:
        for piece in pieces(content, name):
            for hit in index.find(piece.text):
                if (piece.place, hit.words) not in seen:
                    seen.add((piece.place, hit.words))
                    written = redacted(piece.text[hit.start : hit.end])
                    found[f"{index.hidden(_place(piece, hit))}: {written}", SECRET] = None
    except Unsearchable as error:
        found[index.hidden(str(error)), error.code] = None
    shown_path = index.hidden(path)
    return [(shown_path, place, kind) for place, kind in found]


def _named(path: str, content: bytes, index: Index) -> str:
    """A path as it is shown; one that cannot be searched itself by the digest of its file."""
    try:
        return index.hidden(path)
    except Exception:  # whatever failed, the file is named
        return f"a file with the SHA-256 digest {hashlib.sha256(content).hexdigest()[:12]}…"


def _place(piece: Piece, hit: Hit) -> str:
    line = f"line {piece.text.count(chr(10), 0, hit.start) + 1}"
    return " › ".join(filter(None, (piece.place, f"{line} ({piece.how})" if piece.how else line)))


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
