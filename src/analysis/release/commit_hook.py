"""A hook of git that keeps persons out of version control: ``python -m analysis.release.commit_hook FILES...``

What git has kept once it keeps for ever, in every clone. Each file that may not be committed is refused in one
sentence: which, why, and what to do. Without files, those are checked that are about to be committed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from analysis import catalog, encryption
from analysis.catalog import RAW, ROOT, CatalogError, shown
from analysis.project_files import git
from bounded.refusal import Coded

if TYPE_CHECKING:
    from analysis.release.identifier_matches import Index

# A key of age (C2SP age, section on X25519 recipients): 58 letters of Bech32 follow; of hybrid keys there are more.
_AGE_KEY = re.compile(rb"AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{50,}", re.IGNORECASE)
_KEY_FILES = (".key", ".agekey")
# A key that was being made when the process was killed.
_KEY_IN_THE_MAKING = ".key-"
# Columns that stand together in tables of persons alone.
_OF_PERSONS = (
    ("record_id", "person_id"),
    ("record_id", "list_id"),
    ("journey_id", "place_id"),
    ("record_id_l", "record_id_r"),
    ("respondent_id", "psu_id"),
    ("consent_guardian", "_uuid"),
    ("row_hash",),
)
_TABLES = (".parquet", ".csv", ".tsv", ".txt")
_WITH_ROWS = (*_TABLES, ".tab", ".psv", ".dat", ".json", ".jsonl", ".ndjson", ".geojson")
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
# Tables of other programs, and what several files are packed into.
_UNREAD = (
    *(".xlsb", ".dta", ".sav", ".por", ".sas7bdat", ".rds", ".rdata", ".feather", ".arrow", ".pickle", ".pkl", ".mdb"),
    *(".accdb", ".sqlite", ".db", ".duckdb", ".npz", ".zip", ".gz", ".bz2", ".xz", ".zst", ".7z", ".tar", ".rar"),
)
# A header stands in one of the first rows.
_HEADER_ROWS = 12
_OF_SYNTHETIC = "data/raw/synthetic/"
_WITH_OUTPUTS = "tests/notebooks/"
# Beside public and synthetic data sets.
_TEXTS = (catalog.CATALOGUE, "README.md", ".gitignore")
_PIECES = re.compile(r"[;,\t|/]")


@dataclass(frozen=True)
class Candidate:
    """A file that is to be committed: its path below the project's folder, and its content as it would be kept."""

    path: str
    content: bytes

    @property
    def ending(self) -> str:
        return PurePosixPath(self.path).suffix.lower()


def main(arguments: Sequence[str] | None = None) -> int:
    """Check files; returns 1 if any of them may not be committed, 2 if nothing can be checked, and 0 otherwise."""
    try:
        refused = refusals(list(sys.argv[1:] if arguments is None else arguments) or _staged())
    except CatalogError as error:
        print(f"Nothing can be checked, and nothing is committed: {error}", file=sys.stderr)
        return 2
    for sentence in refused:
        print(sentence, file=sys.stderr)
    return 1 if refused else 0


def refusals(paths: Sequence[str]) -> list[str]:
    """Return why files may not be committed, a sentence each; empty if all may.

    Parameters
    ----------
    paths : files, as git names them. What is about to be committed is checked; of other files what lies on the disk.

    Raises
    ------
    analysis.catalog.CatalogError : a catalogue cannot be read, so that it is not known what is confidential.
    """
    candidates = list(_candidates(paths))
    first = {candidate.path: _reason(candidate) for candidate in candidates}
    left = [candidate for candidate in candidates if not first[candidate.path]]
    found = first | (_identified(left) if left and _confidential() else {})
    return [f"{path} is not committed: {reason}" for path, reason in found.items() if reason]


def _reason(candidate: Candidate) -> str:
    """The reason why a file may not be committed, as far as it follows without reading the lists; empty if it may."""
    judges = (_by_place, _by_key, _by_bytes, _by_columns, _by_rows, _by_outputs)
    return next(filter(None, (judge(candidate) for judge in judges)), "")


def _by_place(candidate: Candidate) -> str:
    path = candidate.path
    if path.startswith("data/raw/") and path not in _known():
        if PurePosixPath(path).name == catalog.CATALOGUE:
            return "it may say what confidential data there are, and where; take it back with `git restore --staged`."
        return (
            "what no catalogue lists as public or synthetic are users' own files, which may hold persons; take it back "
            "with `git restore --staged` and leave it where it is, or catalogue it first if everybody may have it."
        )
    if _known().get(path, "") not in ("", hashlib.sha256(candidate.content).hexdigest()):
        return "its content is not what was catalogued, and may be anything; check it, and enter its new sha256 first."
    if path.startswith("data/processed/"):
        return "data/processed holds tables of persons; take it back with `git restore --staged`, `run` makes it again."
    for entry in _confidential():
        if path in [shown(each) for each in (entry.path, entry.description_path, entry.corrections_path) if each]:
            return f"{entry.listed_in} lists it as confidential; take it back with `git restore --staged`."
    name = PurePosixPath(path).name
    if name in _KEY_FILES or candidate.ending in _KEY_FILES or name.startswith(_KEY_IN_THE_MAKING):
        return "by its name it holds a secret key, which opens what others must not read; keep it outside the project."
    if candidate.ending in _WORKBOOKS and path not in _known():
        return "workbooks are not searched, and their columns are not read; save what everybody may have as CSV."
    if candidate.ending in _UNREAD and path not in _known():
        return "its columns are not read, so that it cannot be searched; save what everybody may have as CSV."
    return ""


def _by_key(candidate: Candidate) -> str:
    if _AGE_KEY.search(candidate.content) or any(key in candidate.content for key in _keys()):
        return "it holds a secret key; take the key out, and make a new one if it was ever shared."
    return ""


def _by_bytes(candidate: Candidate) -> str:
    if candidate.content and hashlib.sha256(candidate.content).hexdigest() in _digests():
        return "it is byte for byte a confidential file under another name; delete this copy."
    return ""


def _by_columns(candidate: Candidate) -> str:
    if candidate.ending not in _TABLES or candidate.path.startswith(_OF_SYNTHETIC):
        return ""
    for row in _first_rows(candidate):
        if any(set(columns) <= row for columns in (*_OF_PERSONS, *_identities())):
            return (
                "its columns are those of a table of persons; commit tables of protected counts in its place, or "
                "move it to data/raw/<study>, which is not committed."
            )
    return ""


def _by_rows(candidate: Candidate) -> str:
    # Public data sets are known as they are, and synthetic persons may be.
    is_open = candidate.path in _known() or candidate.path.startswith(_OF_SYNTHETIC)
    if candidate.ending not in _WITH_ROWS or is_open:
        return ""
    from analysis.release import person_rows

    if person_rows.are_in(candidate.path, candidate.content):
        return (
            "its rows look like one person each, by columns such as sex, age and date of detection; commit counts of "
            "persons in its place, in a column `count`, or move it to data/raw/<study>, which is not committed."
        )
    return ""


def _by_outputs(candidate: Candidate) -> str:
    if candidate.ending != ".ipynb" or candidate.path.startswith(_WITH_OUTPUTS):
        return ""
    try:
        cells = json.loads(candidate.content)["cells"]
        has_outputs = any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
    except (ValueError, KeyError, TypeError, AttributeError):
        return "it cannot be read as a notebook, so that it is not known what it shows; save it again."
    if has_outputs:
        return (
            "it is a notebook with outputs, which may show persons; clear them (in JupyterLab: Edit, Clear Outputs of "
            "All Cells), and save it."
        )
    return ""


def _identified(candidates: Sequence[Candidate]) -> dict[str, str]:
    """Files in which something stands that identifies a person of a confidential list, and those nobody can search."""
    from analysis.release.scanner import SECRET, findings

    index, unread = _index(with_public_words=True)
    found = {each.path: findings(each.path, each.path, each.content, index) for each in candidates}
    doubtful = [each for each in candidates if any(kind == SECRET for *_, kind in found[each.path])]
    if doubtful:
        # What is left out as public takes a while to be known, and seldom need be.
        index, unread = _index(unsure=[ROOT / candidate.path for candidate in doubtful])
        found |= {each.path: findings(each.path, each.path, each.content, index) for each in doubtful}
    refused = {"Everything else": unread} if unread else {}
    for path, rows in found.items():
        places = [place for _, place, kind in rows if kind == SECRET]
        if places:
            more = f", and in {len(places) - 1} more places" if len(places) > 1 else ""
            refused[index.hidden(path)] = f"something identifies a person in {places[0]}{more}; take it out."
        elif rows and path not in _known():
            refused[index.hidden(path)] = (
                f"it cannot be searched for persons ({rows[0][1]}); save it in a form that can be opened."
            )
    return refused


def _index(unsure: Sequence[Path] = (), with_public_words: bool = False) -> tuple[Index, str]:
    """The identifiers of persons of confidential lists; and why those of some are not known, if they are not."""
    from analysis.release import direct_identifiers
    from analysis.release.identifier_matches import Index

    strings: set[str] = set()
    unread = ""
    for study in dict.fromkeys(entry.study for entry in _confidential() if entry.study):
        try:
            strings |= direct_identifiers.of_study(study, ("confidential",), unsure, with_public_words)
        except Coded as error:
            unread = f"the persons of {study} are not known, so that they cannot be searched for; {error}"
    return Index(strings), unread


@cache
def _confidential() -> tuple[catalog.Dataset, ...]:
    # Where nobody knows what a study has, nothing is committed.
    catalog.require_readable()
    return tuple(entry for entry in catalog.datasets().values() if entry.kind == "confidential")


@cache
def _known() -> dict[str, str]:
    """The files of data/raw that may be committed, with the digest of each that a catalogue has a digest of.

    They are public and synthetic data sets with their descriptions, and the catalogues and texts of folders in which
    nothing is confidential.
    """
    entries = [*catalog.datasets().values(), *catalog.editions().values()]
    closed = {folder for entry in _confidential() for folder in (entry.path.parent, (RAW / entry.catalogue).parent)}
    folders = {(RAW / entry.catalogue).parent for entry in entries}
    folders |= {entry.path.parent for entry in entries if entry.kind == "public"}
    found = {shown(folder / name): "" for folder in folders - closed for name in _TEXTS}
    found[shown(RAW / catalog.CATALOGUE)] = ""
    for entry in entries:
        if entry.kind != "confidential":
            found[shown(entry.path)] = entry.sha256
            found |= {shown(entry.description_path): ""} if entry.description_path else {}
            found |= {shown(entry.corrections_path): entry.corrections_sha256} if entry.corrections_path else {}
    return found


@cache
def _digests() -> frozenset[str]:
    """Those of all files that may not be committed: of users' own, and of what is encrypted as it was before."""
    own = [path for path in RAW.rglob("*") if path.is_file() and shown(path) not in _known()]
    found = set()
    for path in {*own, *(entry.path for entry in _confidential() if entry.path.is_file())}:
        if path.name != catalog.CATALOGUE:
            found.add(hashlib.sha256(path.read_bytes()).hexdigest())
            try:
                found.add(hashlib.sha256(encryption.content(path)).hexdigest())
            except CatalogError:
                continue  # without the key nobody here has a copy that could be compared
    # An empty file is like any other.
    return frozenset(found - {hashlib.sha256(b"").hexdigest()})


@cache
def _keys() -> tuple[bytes, ...]:
    """The secret key of the pseudonyms, where there is one."""
    named = os.environ.get("ANALYSIS_KEY", "")
    path = Path(named) if named else ROOT / ".key"
    try:
        key = path.read_bytes().strip()
    except OSError:
        return ()
    return (key,) if len(key) >= 16 else ()


@cache
def _identities() -> tuple[tuple[str, ...], ...]:
    """The columns with names and numbers of persons of each confidential list that has two or more."""
    if not any(entry.mapping for entry in _confidential()):
        return ()
    from analysis.cases import mapping as mappings
    from analysis.cases.htcds import FIELDS

    found = []
    for entry in _confidential():
        if entry.mapping and entry.description_path and entry.description_path.is_file():
            try:
                columns = mappings.load(entry.description_path).columns
            except mappings.MappingError:
                continue  # that it cannot be read is said when its persons are searched for
            names = [name for name, field in FIELDS.items() if field.kind == "identity" and name in columns]
            headers = tuple(header.rpartition(" / ")[2].casefold() for name in names for header in columns[name].names)
            found += [headers] if len(headers) > 1 else []
    return tuple(found)


def _first_rows(candidate: Candidate) -> Iterator[set[str]]:
    """The first rows of a table, each as the set of its cells."""
    if candidate.ending == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            yield {name.casefold() for name in pq.read_schema(pa.BufferReader(candidate.content)).names}
        except pa.ArrowException:  # a broken file has no columns, and is refused when it is searched
            return
    else:
        encoding = "utf-16" if candidate.content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        beginning = candidate.content[:65_536].decode(encoding, "replace")
        yield from (_cells(line) for line in beginning.splitlines()[:_HEADER_ROWS])


def _cells(line: str) -> set[str]:
    return {cell.strip().strip('"').casefold() for cell in _PIECES.split(line)}


def _staged() -> list[str]:
    """The files that are about to be committed."""
    listed = git("diff", "--cached", "--name-only", "-z", "--diff-filter=ACMRT") or b""
    return [os.fsdecode(path) for path in listed.split(b"\0") if path]


def _candidates(paths: Sequence[str]) -> Iterator[Candidate]:
    for path in paths:
        place = Path(path).absolute()
        name = shown(place)
        # What is committed is what was staged, and not what lies on the disk.
        staged = git("show", f":{name}") if place.is_relative_to(ROOT) else b""
        if staged or place.is_file():
            yield Candidate(name, staged or place.read_bytes())


if __name__ == "__main__":
    sys.exit(main())
