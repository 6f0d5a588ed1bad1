"""How long confidential data may be kept, and for what: past its last day nothing is made of a data set.

The day stands in the catalogue, as ``retain_until``, with the ``purpose`` and who has ``access``; see the International
Organization for Migration, IOM Data Protection Manual (2010), principles 2, 8 and 9.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from pathlib import Path

import yaml

from analysis import catalog
from analysis.catalog import CatalogError, Dataset, shown
from analysis.encryption import EncryptionError, is_encrypted, left_plain
from analysis.project_files import ENCRYPTED

# Days before the last one from which on a run speaks of it.
NOTICE = 30
# Commands that make something of persons' data, or let it out.
REFUSED = ("run", "intake", "check", "release")
# What an entry says of these matters, and `check --accept` takes from its arguments or from the entry before.
TERMS = ("purpose", "retain_until", "access", "retention_reason")


class RetentionError(CatalogError):
    """A data set was to be deleted; the message says which, since when, and what to do."""


def past(today: datetime.date | None = None) -> list[Dataset]:
    """The data sets whose last day has gone by. `today` is the day of the computer's clock where it is not given."""
    day = (today or datetime.date.today()).isoformat()
    return [entry for entry in catalog.datasets().values() if entry.retain_until and entry.retain_until < day]


def require_within(today: datetime.date | None = None) -> None:
    """Raise RetentionError if a data set was to be deleted before `today`."""
    found = past(today)
    if found:
        entry = found[0]
        more = f" So were {len(found) - 1} more." if len(found) > 1 else ""
        study = entry.study or "STUDY"
        raise RetentionError(
            "retention_expired",
            f"'{entry.name}' ({shown(entry.path)}) was to be kept until {entry.retain_until}, and is past it.{more} "
            f"Until this is settled nothing is read or released. Either delete the file and every copy of it, take its "
            f"entry out of {entry.listed_in}, and remove what was made of it by `python -m analysis forget {study}`; "
            f"or, where there is ground to keep it longer, set a later `retain_until:` there, with a "
            f"`retention_reason:`.",
        )


def notes(studies: Sequence[str], today: datetime.date | None = None) -> list[str]:
    """What whoever keeps the data of these studies should do soon: last days that are near, files left unencrypted."""
    day = today or datetime.date.today()
    said = []
    for entry in _confidential(studies):
        left = (datetime.date.fromisoformat(entry.retain_until or "") - day).days
        if left < 0:
            said.append(
                f"'{entry.name}' was to be kept until {entry.retain_until}: nothing is read until that is settled"
            )
        elif left <= NOTICE:
            when = "today" if not left else f"{left} day{'s' if left > 1 else ''} from now"
            said.append(f"'{entry.name}' is to be kept until {entry.retain_until}, {when}: decide what becomes of it")
    left_open = left_plain(studies)
    said += [f"{shown(path)} lies unencrypted beside {path.name}.age: delete it, and every copy" for path in left_open]
    return said


def terms(studies: Sequence[str]) -> list[str]:
    """One line for each confidential data set of these studies: how long it is kept, what for, and who reads it."""
    return [term(entry) for entry in _confidential(studies)]


def term(entry: Dataset) -> str:
    """One line on a confidential data set."""
    kept = "kept encrypted" if is_encrypted(entry.path) else "not encrypted"
    reason = f" (put off: {entry.retention_reason})" if entry.retention_reason else ""
    return (
        f"confidential {entry.name}: {kept}, until {entry.retain_until}{reason}; for: {entry.purpose}; "
        f"read by: {entry.access or 'not stated'}"
    )


def _confidential(studies: Sequence[str]) -> list[Dataset]:
    wanted = set(studies)
    # What belongs to no study is of concern to each.
    return [e for e in catalog.datasets().values() if e.kind == "confidential" and (not e.study or e.study in wanted)]


def recatalogued(path: Path, encrypted: bytes) -> tuple[Path, bytes] | None:
    """The catalogue that lists a file, with the encrypted one in its place; None where no catalogue lists it.

    Raises
    ------
    EncryptionError : the file is not confidential. CatalogError : it is not the file that was catalogued.
    """
    entry = next((entry for entry in catalog.datasets().values() if entry.path == path.resolve()), None)
    if entry is None:
        return None
    if entry.kind != "confidential":
        raise EncryptionError(
            "wrong_kind", f"{shown(path)} is catalogued as {entry.kind}: only confidential files are kept encrypted."
        )
    catalog.verify(entry.name)
    catalogue = catalog.RAW / entry.catalogue
    entries = yaml.safe_load(catalogue.read_text(encoding="utf-8"))
    entries[entry.name]["file"] += ENCRYPTED
    entries[entry.name]["sha256"] = hashlib.sha256(encrypted).hexdigest()
    return catalogue, yaml.safe_dump(entries, allow_unicode=True, sort_keys=False, width=110).encode()
