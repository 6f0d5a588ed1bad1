"""The chain of a register: a text file beside the entries that witnesses each of them, the newest too.

One line an entry, in the order in which they were entered: number, day, name of the file, sha256 of the file, and
sha256 of the line before (Haber and Stornetta 1991). Lines are added, and never changed. An entry that is missing, was
renamed or edited, and a line that is, are seen by whoever reads both.

A new line is announced first, in a file of its own beside the chain; then the entry is written, then the chain. So a
release that was killed between the two is told from an entry that was put there, or a line that was taken away.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.catalog import shown
from bounded.refusal import Coded

# Stands for the digest of the line before the first.
START = "0" * 64
_LINE = re.compile(r"(\d+) (\d{4}-\d\d-\d\d) ([\w.-]+) ([0-9a-f]{64}) ([0-9a-f]{64})")


class RegisterError(Coded):
    """An entry of the register cannot be read as what it should be; the message says which, and what to do."""


@dataclass(frozen=True)
class Link:
    """One line of a chain.

    Parameters
    ----------
    number : of the line, from 1. day : of the entry, YYYY-MM-DD. file, sha256 : its name and the digest of its bytes.
    before : sha256 of the line before, without its end; zeros before the first.
    """

    number: int
    day: str
    file: str
    sha256: str
    before: str

    def __str__(self) -> str:
        return f"{self.number} {self.day} {self.file} {self.sha256} {self.before}"

    @property
    def own(self) -> str:
        """The digest of this line, which the next one carries."""
        return hashlib.sha256(str(self).encode()).hexdigest()


def added(links: Sequence[Link], day: str, file: str, content: bytes) -> list[Link]:
    """A chain with one more line, of a file that is to be entered."""
    new = Link(len(links) + 1, day, file, hashlib.sha256(content).hexdigest(), head(links))
    return [*links, new]


def head(links: Sequence[Link]) -> str:
    """The digest of the last line: it changes with any line before."""
    return links[-1].own if links else START


def text(links: Sequence[Link]) -> bytes:
    """A chain as it is written."""
    return "".join(f"{link}\n" for link in links).encode()


def announced(path: Path) -> Path:
    """Where the chain stands with the line of an entry that is being written."""
    return path.with_name(f"{path.name}.next")


def read(path: Path) -> list[Link]:
    """The lines of a chain; of a release that was killed once its entry was there, with the line of that entry.

    Raises
    ------
    RegisterError : a line is not as it was written.
    """
    links = _links(path)
    try:
        more = _links(announced(path))
    except RegisterError:
        more = []
    # What was announced and is not there was never entered, and nothing followed from it.
    is_next = len(more) == len(links) + 1 and more[:-1] == links
    return more if is_next and (path.parent / more[-1].file).exists() else links


def _links(path: Path) -> list[Link]:
    """The lines of a file; none where there is none."""
    if not path.exists():
        return []
    found: list[Link] = []
    for number, line in enumerate(path.read_bytes().decode("ascii", "replace").splitlines(keepends=True), 1):
        match = _LINE.fullmatch(line.removesuffix("\n"))
        link = Link(number, *match.groups()[1:]) if match else None
        is_so = link and f"{link}\n" == line and f"_{link.day}_" in link.file and link.before == head(found)
        if link is None or not is_so:
            raise RegisterError(
                "broken_chain",
                f"{shown(path)} is not as it was written, in line {number} or the one before: bring the file back, for "
                f"without it nobody can tell whether a release is missing.",
            )
        found.append(link)
    return found


def require_whole(path: Path, links: Sequence[Link], entries: Sequence[Path]) -> None:
    """Raise RegisterError unless the entries that are there are those of the chain, byte for byte."""
    listed = {path.parent / link.file: link for link in links}
    for place, link in listed.items():
        if not place.exists():
            raise RegisterError(
                "missing_file",
                f"{shown(place)} is missing or was renamed, though {path.name} lists it: bring the file back under "
                f"this name, for without it nobody can tell what may be released now.",
            )
        if hashlib.sha256(place.read_bytes()).hexdigest() != link.sha256:
            raise changed(place)
    for place in entries:
        if place not in listed:
            raise RegisterError(
                "entry_not_listed",
                f"{shown(place)} is not listed in {path.name}: bring that file back as it was, or take the entry away "
                f"if no release wrote it, for nobody can tell which of the two is true.",
            )


def changed(place: Path) -> RegisterError:
    """What is raised of an entry whose bytes are not those that were entered."""
    return RegisterError(
        "digest_changed",
        f"{shown(place)} is not as it was entered: bring the file of that release back, for without it nobody can "
        f"tell what may be released now.",
    )
