"""Alterations since a release, found before anything is run: files, rows of data, notebooks, program, libraries.

The release says what it was made from in ``reports/ro-crate-metadata.json``; what lies here now is held against it.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import importlib.util
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from analysis.batch.products import digest
from analysis.batch.provenance import notebook_digest
from analysis.project_files import git
from analysis.review.inputs import datasets
from analysis.review.parts import ROW, cells_of, segments
from bounded.refusal import Refusal

CRATE = "reports/ro-crate-metadata.json"
CONFIDENTIAL = "#confidential-data"
# Rows that are named of one file; where more were altered, their number is said.
MOST_ROWS = 20
LOCKED = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.MULTILINE)


class VerificationError(Refusal):
    """A release cannot be verified; the message says why, and what would help."""


@dataclass(frozen=True)
class Alteration:
    """One thing that is not as the release says.

    Parameters
    ----------
    kind : released file, row, data set, notebook, program or library. name : its path, with the line of a row; or the
        name of a library. then, now : digest, version or text at the release, and as found; empty where there is none.
    words : a sentence for people.
    """

    kind: str
    name: str
    then: str
    now: str
    words: str


@dataclass(frozen=True)
class Claimed:
    """One run as a release tells of it: digests of its notebook, program and lock, data sets, and results by path."""

    name: str
    results: tuple[str, ...]
    datasets: tuple[str, ...]
    confidential: bool
    notebook: Mapping[str, str] = field(default_factory=dict)
    library: str = ""
    lock: str = ""
    python: str = ""


@dataclass(frozen=True)
class Claim:
    """All that a release says of itself: digests of its files by path, its runs by name, digests of its data sets."""

    files: Mapping[str, str]
    runs: Mapping[str, Claimed]
    datasets: Mapping[str, str]


def claim(folder: Path) -> Claim:
    """Return what the release in a folder says of itself.

    Parameters
    ----------
    folder : holds ``figures/`` and ``reports/``.

    Raises
    ------
    VerificationError : nothing is released there, or its description cannot be read.
    """
    path = folder / CRATE
    if not path.is_file():
        raise VerificationError(
            "nothing_released",
            f"Nothing is released in {folder}: {CRATE} is not there, which says what each file was made from. "
            "`python -m analysis release` writes it; or name the folder that holds reports/ and figures/.",
        )
    try:
        entities = {each["@id"]: each for each in json.loads(path.read_text(encoding="utf-8"))["@graph"]}
    except (ValueError, KeyError, TypeError) as error:
        raise VerificationError(
            "unreadable_release", f"{path} cannot be read ({error}): bring back the file as it was released."
        ) from None
    files = {
        each["name"]: each["sha256"]
        for each in entities.values()
        if "sha256" in each and str(each.get("name", "")).startswith(("reports/", "figures/"))
    }
    runs = [_claimed(each, entities) for each in entities.values() if each["@type"] == "CreateAction"]
    datasets = {
        each["identifier"]: each.get("sha256", "") for key, each in entities.items() if key.startswith("#data/")
    }
    return Claim(files, {run.name: run for run in runs}, datasets)


def _claimed(action: Mapping[str, Any], entities: Mapping[str, Any]) -> Claimed:
    read = _ids(action.get("object"))
    program = entities.get(_ids(action["instrument"])[0], {})
    needed = [program, *(entities.get(each, {}) for each in _ids(program.get("softwareRequirements")))]
    by_kind = {str(each.get("@id", "")).split("/")[0]: each for each in needed}
    is_notebook = str(program.get("name", "")).endswith(".ipynb")
    return Claimed(
        unquote(action["@id"].removeprefix("#run/")),
        tuple(entities[each]["name"] for each in _ids(action.get("result")) if each in entities),
        tuple(unquote(each.removeprefix("#data/")) for each in read if each.startswith("#data/")),
        CONFIDENTIAL in read,
        {program["name"]: program["sha256"]} if is_notebook else {},
        by_kind.get("#library", {}).get("sha256", ""),
        by_kind.get("#requirements.lock", {}).get("sha256", ""),
        by_kind.get("#python", {}).get("version", ""),
    )


def _ids(references: Any) -> list[str]:
    listed = references if isinstance(references, list) else [references] if references else []
    return [each["@id"] for each in listed]


def digest_of(file: Path) -> str:
    """Return the sha256 of a file; empty where there is none."""
    return digest(file.read_bytes()) if file.is_file() else ""


def _held(kind: str, name: str, then: str, now: str, how: str) -> Iterator[Alteration]:
    """The alteration of what has another digest than it had; none where it is the same."""
    if now != then:
        yield Alteration(kind, name, then, now, f"{name} has sha256 {now or 'none: it is not there'}, {how} {then}.")


def released_files(folder: Path, claimed: Claim, paths: Iterable[str]) -> list[Alteration]:
    """Return released files that are gone, or whose bytes are not those that the release names."""
    found: list[Alteration] = []
    for path in sorted(paths):
        found += _held("released file", path, claimed.files[path], digest_of(folder / path), "and was released with")
    return found


def data_sets(project: Path, claimed: Claim, names: Iterable[str]) -> list[Alteration]:
    """Return data sets that are not as they were read for the release, row by row where the old text is known.

    Parameters
    ----------
    project : the folder whose ``data/raw`` is read. names : data sets that count.
    """
    listed = catalogued(project)
    found: list[Alteration] = []
    for name in sorted({*names} & {*listed}):
        path, then = listed[name], claimed.datasets.get(name, "")
        now = digest_of(project / path)
        if not then or now == then:
            continue
        before, more = _as_it_was(project, path, then), ""
        rows = list(_rows(path, before, (project / path).read_bytes())) if before is not None and now else []
        if before is None:
            more = " The old text is not in version control here, so that its rows cannot be named."
        elif len(rows) > MOST_ROWS:
            more = f" {len(rows)} of its rows are others; the first {MOST_ROWS} are named."
        (whole,) = _held("data set", path, then, now, "and was read for the release with")
        found += [replace(whole, words=whole.words + more), *rows[:MOST_ROWS]]
    return found


def catalogued(project: Path, kind: str = "") -> dict[str, str]:
    """Return the paths of catalogued data sets by name, below the project's folder; of one kind where it is named."""
    listed = ((path, *each) for path, found in datasets(project).items() for each in found)
    return {name: path for path, name, entry in listed if kind in ("", entry.get("kind"))}


def _as_it_was(project: Path, path: str, then: str) -> bytes | None:
    """The content of a file with a digest, from its history; None where git does not have it."""
    for commit in (git("log", "--format=%H", "-n", "100", "--", path, folder=project) or b"").decode().split():
        content = git("show", f"{commit}:./{path}", folder=project)
        if content is not None and digest(content) == then:
            return content
    return None


def _rows(path: str, before: bytes, after: bytes) -> Iterator[Alteration]:
    """Rows that are new, gone or changed between two texts of a table; no rows of what is no table, or no text."""
    try:
        header, *rows = segments(path, before.decode(), after.decode())
    except UnicodeDecodeError:
        return
    for row in rows:
        if row.kind == ROW and row.differs:
            then, now = ((each or "").rstrip("\r\n") for each in (row.old, row.new))
            name = f"{path}, line {row.new_line or row.old_line}"
            yield Alteration("row", name, then, now, f"{name} {_changed(cells_of(header.new or ''), then, now)}.")


def _changed(columns: list[str], then: str, now: str) -> str:
    """Say in words how a row changed: its cells, and the digests of its old and new text."""
    if not then or not now:
        return f"is {'new' if now else 'gone'}: {now or then} (sha256 {digest((now or then).encode())})"
    pairs = zip(columns, cells_of(then), cells_of(now), strict=False)
    named = "; ".join(f"{name} was '{old}' and is '{new}'" for name, old, new in pairs if old != new)
    digests = f"(sha256 {digest(then.encode())}, now {digest(now.encode())})"
    return f"has changed: {named or 'only quotation marks'} {digests}"


def program(project: Path, runs: Iterable[Claimed], noted: Mapping[str, Mapping[str, Any]]) -> list[Alteration]:
    """Return notebooks and files of the program that are not those by which a release was made.

    Parameters
    ----------
    project : the folder whose ``notebooks/`` and ``src/`` count. runs : those of the release that count.
    noted : name of a run -> ``made_from`` of its executed notebook, where that is still there.
    """
    found: list[Alteration] = []
    for run in runs:
        for path, then in run.notebook.items():
            now = notebook_digest(project / path) if (project / path).is_file() else ""
            found += _held("notebook", path, then, now, "of its cells, and at the release")
        library = noted.get(run.name, {}).get("library", {})
        # Of a later run it says nothing of this release.
        if digest(json.dumps(library, sort_keys=True).encode()) != run.library:
            continue
        for path, then in library.items():
            # Sentences are noted module by module, by a name that is no path; tables of order by what they say.
            if path.endswith(".py"):
                found += _held("program", path, then, digest_of(project / path), "and the release was made with")
    return [*{each.name: each for each in found}.values()]


def lock(project: Path, runs: Iterable[Claimed], python: str) -> list[Alteration]:
    """Return the lock and Python, where they are not those of a release: `project` is of another version then."""
    now = {"requirements.lock": digest_of(project / "requirements.lock"), "Python": python}
    found = {}
    for run in runs:
        for name, then in (("requirements.lock", run.lock), ("Python", run.python)):
            if then and now[name] != then:
                words = f"{name} is {now[name] or 'not there'}, and was {then} at the release: another version."
                found[name] = Alteration("library", name, then, now[name], words)
    return list(found.values())


def libraries(text: str, used: Iterable[str]) -> list[Alteration]:
    """Return installed libraries in another version than locked, or with files that are not as they were installed.

    Parameters
    ----------
    text : of ``requirements.lock``. used : modules that notebooks import; their distributions, and all that these
        need, are read file by file. Of every other only the version counts.
    """
    locked = {_folded(name): version for name, version in LOCKED.findall(text)}
    there: dict[str, importlib.metadata.Distribution] = {}
    for each in importlib.metadata.distributions():
        # The first on the path is the one that Python imports.
        there.setdefault(_folded(each.metadata["Name"]), each)
    found = []
    for name, version in locked.items():
        now = there[name].version if name in there else ""
        if now and now != version:
            words = f"{name} {now} is installed in {there[name].locate_file('')}, and {version} is locked."
            found.append(Alteration("library", name, version, now, words))
    packages = importlib.metadata.packages_distributions()
    tops = {module.split(".")[0] for module in used}
    needed = _closure({_folded(each) for top in tops for each in packages.get(top, [])}, there)
    for name in sorted(needed & {*locked}):
        found += _files(name, there[name])
    of_tops = {top: [there[_folded(each)] for each in packages.get(top, ()) if _folded(each) in there] for top in tops}
    return found + [each for top, owners in sorted(of_tops.items()) for each in _shadowed(top, owners)]


def _closure(names: set[str], there: Mapping[str, importlib.metadata.Distribution]) -> set[str]:
    """Distributions that are there, with all that they need."""
    waiting, found = list(names), set[str]()
    while waiting:
        name = waiting.pop()
        if name in there and name not in found:
            found.add(name)
            needs = [each for each in there[name].requires or () if "extra ==" not in each]
            waiting += [_folded(match[0]) for each in needs if (match := re.match(r"[\w.-]+", each))]
    return found


def _files(name: str, distribution: importlib.metadata.Distribution) -> Iterator[Alteration]:
    """Files of a distribution that are not as its RECORD says."""
    for file in distribution.files or ():
        if file.hash is None or file.hash.mode != "sha256":
            continue
        place = Path(str(distribution.locate_file(file)))
        content = place.read_bytes() if place.is_file() else b""
        now = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode() if content else ""
        if now != file.hash.value and (content or file.size):
            then_hex = base64.urlsafe_b64decode(file.hash.value + "=").hex()
            now_hex = digest(content) if content else ""
            words = f"{place}, of {name} {distribution.version}, has sha256 {now_hex or 'none'}; installed: {then_hex}."
            yield Alteration("library", f"{name}: {file}", then_hex, now_hex, words)


def _shadowed(top: str, owners: list[importlib.metadata.Distribution]) -> Iterator[Alteration]:
    """A module that Python finds elsewhere than where any distribution that has it is installed."""
    spec = importlib.util.find_spec(top) if owners else None
    if spec is None or not spec.origin:
        return
    if not any(Path(spec.origin).is_relative_to(Path(str(owner.locate_file("")))) for owner in owners):
        name, place = owners[0].metadata["Name"], owners[0].locate_file("")
        words = f"{top} is imported from {spec.origin}, and not from {name} as it is installed in {place}."
        yield Alteration("library", top, str(place), spec.origin, words)


def _folded(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
