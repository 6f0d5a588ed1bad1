"""Inputs that two states of the project differ in: rows, functions, sentences, parameters, libraries, lists, releases.

Of files of persons it is said how many rows differ, and of no row what is in it.
"""

from __future__ import annotations

import csv
import difflib
import io
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from analysis.batch.products import digest
from analysis.review import parts
from analysis.review.parts import FILE, LIBRARY, ROW, WORDING, Segment, composed, segments

LIST_VERSION, EARLIER_RELEASE = "list version", "earlier release"
# What runs follow from, and what of single files.
FOLLOWED = ("src", "packages", "notebooks", "pledge", "data/raw", "data/register", "data/baselines")
BESIDE = ("requirements.lock", "CHANGELOG.md", "CITATION.cff", "LICENSE", "LICENSE-DATA")
LOCK = "requirements.lock"
_PASSED_OVER = {"__pycache__", ".ipynb_checkpoints"}
# Fields of a catalogue's entry that say how a file of persons is read.
_DESCRIBED_BY = ("mapping", "survey")
_VERSION = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)", re.MULTILINE)
_DIGEST = re.compile(r"(?m)^(  sha256:).*$")


@dataclass(frozen=True)
class Input:
    """A thing that outputs follow from, and that two states of the project differ in.

    Parameters
    ----------
    id : stable, of file, kind and name. kind : row, function, cell, parameter, library, list version, earlier release,
        text, catalogue, file, or wording of code. name : what it is, for people. file : below the project's folder.
    old, new : its text in either state, "" where it is not there. old_line, new_line : from 1; 0 where it is not there.
    diff : old and new side by side, for people. alone : whether it can have an effect by itself; what is only new in
        the program comes along with what calls it.
    """

    id: str
    kind: str
    name: str
    file: str
    old: str = ""
    new: str = ""
    old_line: int = 0
    new_line: int = 0
    diff: str = ""
    alone: bool = True


def differing(old: Path, new: Path) -> tuple[Input, ...]:
    """Return the inputs in which two project folders differ, in the order of their files.

    Parameters
    ----------
    old, new : project folders. Digests in catalogues that follow from a file that differs are no input of their own.
    """
    return tuple(entry for name in _names(old, new) for _, entry in _of_file(old, new, name))


def exchanged(old: Path, new: Path, chosen: Iterable[Input]) -> dict[str, bytes | None]:
    """Return the files that differ from the old state where some inputs are new: name -> content; None: gone.

    Parameters
    ----------
    old, new : project folders. chosen : of `differing(old, new)`.
    """
    wanted = {entry.id: entry for entry in chosen}
    along = any(entry.file.startswith(("src/", "packages/")) for entry in wanted.values())
    found: dict[str, bytes | None] = {}
    for name in _names(old, new):
        of_file = _of_file(old, new, name)
        numbers = {number for number, entry in of_file if entry.id in wanted}
        comes = [number for number, entry in of_file if not entry.alone]
        if not numbers and not (along and comes) and not _kept_beside(name, of_file):
            continue
        if -1 in numbers or -1 in comes:
            # Whole: what is not there in one of both states; data that nothing lists are as good as none.
            there = new / name if (new / name).is_file() else old / name
            found[name] = there.read_bytes() if (new / name).is_file() or comes else None
            continue
        found[name] = composed(name, _segments(old, new, name), numbers, along).encode()
    return found | with_digests(old, found)


def _kept_beside(name: str, of_file: list[tuple[int, Input]]) -> bool:
    return name.startswith("data/raw/") and any(number == -1 and not entry.alone for number, entry in of_file)


def versions(old: str, new: str) -> list[str]:
    """Return the libraries that two locks have in other versions: ``numpy 2.1.0 → 2.2.0``."""
    then, now = (dict(_VERSION.findall(each)) for each in (old, new))
    names = sorted({*then, *now})
    return [f"{name} {then.get(name, '–')} → {now.get(name, '–')}" for name in names if then.get(name) != now.get(name)]


def datasets(*folders: Path) -> dict[str, list[tuple[str, dict]]]:
    """Return what catalogues say of each file, by its path below the project: name of a data set, and its entry."""
    found: dict[str, list[tuple[str, dict]]] = {}
    for folder in folders:
        for path in sorted((folder / "data" / "raw").rglob("catalog.yml")):
            for name, entry in _entries(path, path.stat().st_mtime_ns).items():
                file = (path.parent / entry["file"]).relative_to(folder).as_posix()
                if all(name != known for known, _ in found.get(file, [])):
                    found.setdefault(file, []).append((name, entry))
    return found


@lru_cache(maxsize=64)
def _entries(path: Path, _: int) -> dict[str, dict]:
    read = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
    return {
        name: entry for name, entry in read.items() if isinstance(entry, dict) and isinstance(entry.get("file"), str)
    }


def _names(old: Path, new: Path) -> list[str]:
    """Files that differ, by name."""
    names = {*_files(old), *_files(new)}
    return sorted(name for name in names if _differ(old / name, new / name))


def _files(folder: Path) -> Iterator[str]:
    yield from (name for name in BESIDE if (folder / name).is_file())
    for part in FOLLOWED:
        for place, folders, files in os.walk(folder / part):
            folders[:] = [name for name in folders if name not in _PASSED_OVER]
            for name in files:
                if not name.endswith(".pyc") and name != "README.md":
                    yield Path(place, name).relative_to(folder).as_posix()


def _differ(one: Path, other: Path) -> bool:
    if not one.exists() or not other.exists():
        return True
    if one.samefile(other):
        return False
    return one.stat().st_size != other.stat().st_size or one.read_bytes() != other.read_bytes()


def _text(path: Path) -> str | None:
    """The text of a file; None where it is none, or not there."""
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _segments(old: Path, new: Path, name: str) -> list[Segment]:
    times = [path.stat().st_mtime_ns for path in (old / name, new / name)]
    return _segments_of(old / name, new / name, name, *times)


@lru_cache(maxsize=256)
def _segments_of(old: Path, new: Path, name: str, *_: int) -> list[Segment]:
    return segments(name, *(path.read_bytes().decode("utf-8") for path in (old, new)))


def _of_file(old: Path, new: Path, name: str) -> list[tuple[int, Input]]:
    """The inputs that a file differs in, each with the number of its segment; -1: the whole file."""
    then, now = _text(old / name), _text(new / name)
    persons = [entry for _, entry in datasets(old, new).get(name, []) if _of_persons(entry)]
    if persons or name.endswith((".mapping.yml", ".survey.yml")):
        counts = "" if then is None or now is None else _counted(then, now)
        return [(-1, Input(f"{name}::{LIST_VERSION}", LIST_VERSION, name, name, diff=counts))]
    if name.startswith("data/register/"):
        return [(-1, Input(f"{name}::{EARLIER_RELEASE}", EARLIER_RELEASE, name, name))]
    if name == LOCK and then is not None and now is not None:
        changed = ", ".join(versions(then, now)) or "hashes of files alone"
        kind = LIBRARY if versions(then, now) else FILE
        return [(-1, Input(f"{name}::{kind}", kind, changed, name, diff=changed, alone=kind == LIBRARY))]
    if then is None or now is None:
        kind = parts.kind_of_file(name)
        alone = ((old / name).exists() and (new / name).exists()) or name.startswith("pledge/")
        entry = Input(
            f"{name}::{kind}", kind, name, name, then or "", now or "", int(then is not None), int(now is not None),
            _unified(then or "", now or ""), alone,
        )  # fmt: skip
        return [(-1, entry)]
    found, met = [], Counter[str]()
    found_segments = _segments(old, new, name)
    columns = found_segments[0].new if found_segments and name.endswith(".csv") else ""
    for number, part in enumerate(found_segments):
        if not part.differs:
            continue
        met[f"{part.kind}::{part.name}"] += 1
        again = met[f"{part.kind}::{part.name}"]
        label = f"{name}::{part.kind}::{part.name}" + (f"::{again}" if again > 1 else "")
        diff = _cells(columns or "", part) if part.kind == ROW else _unified(_source(part.old), _source(part.new))
        found.append(
            (number, Input(
                label, part.kind, part.name, name, part.old or "", part.new or "", part.old_line, part.new_line, diff,
                part.kind != WORDING and not part.comes_along,
            ))
        )  # fmt: skip
    return found


def _of_persons(entry: dict) -> bool:
    return entry.get("kind") == "confidential" or any(name in entry for name in _DESCRIBED_BY)


def _counted(old: str, new: str) -> str:
    """How many rows of a file of persons came, went and changed; no value of one."""
    found = [each for each in segments("list.csv", old, new) if each.differs and each.kind == ROW]
    came, gone = (sum(getattr(each, side) is None for each in found) for side in ("old", "new"))
    return f"{came} rows new, {gone} gone, {len(found) - came - gone} changed"


def _cells(header: str, part: Segment) -> str:
    names, then, now = (next(csv.reader(io.StringIO(each or "")), []) for each in (header, part.old, part.new))
    if not then or not now:
        return ("+ " if now else "- ") + (part.new or part.old or "").rstrip("\n")
    return "; ".join(
        f"{name}: {one or '(empty)'} → {two or '(empty)'}"
        for name, one, two in zip(names, then, now, strict=False)
        if one != two
    )


def _source(text: str | None) -> str:
    """The text of a part as it is read: of a cell its source."""
    if text and text.startswith("{") and '"cell_type"' in text:
        return "".join(yaml.safe_load(text)["source"])
    return text or ""


def _unified(old: str, new: str) -> str:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=2)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++")))


def with_digests(old: Path, found: dict[str, bytes | None]) -> dict[str, bytes | None]:
    """Catalogues with the digests of the files that were exchanged."""
    touched = {name: content for name, content in found.items() if name.startswith("data/raw/") and content}
    catalogues = [path.relative_to(old).as_posix() for path in (old / "data" / "raw").rglob("catalog.yml")]
    changed: dict[str, bytes | None] = {}
    for catalogue in {*catalogues, *(name for name in touched if name.endswith("/catalog.yml"))}:
        text = (found.get(catalogue) or (old / catalogue).read_bytes()).decode("utf-8")
        units = [unit.text for unit in parts.by_pattern(parts.ENTRY, text)]
        for number, unit in enumerate(units):
            file = re.search(r"(?m)^  file: *['\"]?([^'\"\n]+)", unit)
            content = touched.get(f"{catalogue.rpartition('/')[0]}/{file[1].strip()}") if file else None
            if content is not None:
                units[number] = _DIGEST.sub(rf"\1 {digest(content)}", unit)
        if (joined := "".join(units)) != text:
            changed[catalogue] = joined.encode()
    return changed
