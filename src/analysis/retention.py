"""Retention of confidential data, and its purposes: past its last day nothing is made of a data set.

A data set past its last day stops the study that it is of, and no other: nothing of that study is run, read or released
until the data set is deleted, or a later day is entered with the reason for it. What does so works meanwhile.

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
from analysis.project_files import ENCRYPTED, plain

# Days before the last one from which on a run speaks of it.
NOTICE = 30
# Years from now beyond which a day is a slip of the hand, or none at all: no person on a list is kept so long.
LONGEST = 100
# What an entry says of these matters, and `check --accept` takes from its arguments or from the entry before.
TERMS = ("purpose", "retain_until", "access", "retention_reason")


class RetentionError(CatalogError):
    """A data set was to be deleted; the message says which, since when, and what to do."""


def past(today: datetime.date | None = None) -> list[Dataset]:
    """The data sets whose last day has gone by. `today` is the day of the computer's clock where it is not given."""
    day = (today or datetime.date.today()).isoformat()
    return [entry for entry in catalog.datasets().values() if entry.retain_until and entry.retain_until < day]


def barred(studies: Sequence[str], today: datetime.date | None = None) -> dict[str, str]:
    """Return those of the studies that are set aside, and why: their data were to be deleted before `today`.

    Returns
    -------
    study -> sentences on which data set, since when, and what settles it, in the order of `studies`.
    """
    expired = past(today)
    # What belongs to no study stops them all.
    found = {study: [entry for entry in expired if not entry.study or entry.study == study] for study in studies}
    return {study: _on_expired(study, entries) for study, entries in found.items() if entries}


def require_within(studies: Sequence[str], today: datetime.date | None = None) -> None:
    """Raise RetentionError if one of the studies is set aside: what is asked for rests on all of them."""
    for sentence in barred(studies, today).values():
        raise RetentionError("retention_expired", sentence)


def require_file_within(path: Path, today: datetime.date | None = None) -> None:
    """Raise RetentionError if a file, encrypted or not, is catalogued and was to be deleted before `today`."""
    for entry in past(today):
        if plain(entry.path) == plain(path.resolve()):
            raise RetentionError("retention_expired", _on_expired(entry.study or "", [entry]))


def _on_expired(study: str, entries: Sequence[Dataset]) -> str:
    """A list of what is past its day, what is set aside, and both ways out; without a study all of them are."""
    entry = entries[0]
    more = f" So were {len(entries) - 1} more." if len(entries) > 1 else ""
    file = f"the file and its corrections, {entry.corrections_path.name}," if entry.corrections_path else "the file"
    return (
        f"'{entry.name}' ({shown(entry.path)}) was to be kept until {entry.retain_until}, and is past it.{more} Until "
        f"this is settled nothing{study and f' of {study}'} is run, read or released. Either delete {file} and every "
        f"copy of it, take its entry out of {entry.listed_in}, and remove what was made of it by `python -m analysis "
        f"forget {study or 'STUDY'}`; or, where there is ground to keep it longer, {renewal(entry)}."
    )


def renewal(entry: Dataset) -> str:
    """Return how a later day is entered for a data set, as the end of a sentence."""
    # A sampling frame is entered with its survey.
    survey = catalog.datasets().get(entry.name.removesuffix("_frame"), entry)
    file = next((each for each in (entry, survey) if each.description_path), None)
    if file is None:
        return f"set a later `retain_until:` in {entry.listed_in}, with a `retention_reason:`"
    return (
        f"enter a later day: `python -m analysis check {shown(file.path)} --accept --retain-until YYYY-MM-DD "
        f'--retention-reason "..."`'
    )


def require_last_day(text: str, said: str, today: datetime.date | None = None) -> None:
    """Raise an error, which begins with what is `said`, unless a text is a day that data can be kept until.

    Raises
    ------
    CatalogError : it is no day. RetentionError : it has gone by, or is more than LONGEST years away.
    """
    catalog.require_day(text, said)
    day, now = datetime.date.fromisoformat(text), today or datetime.date.today()
    if day < now:
        raise RetentionError("day_past", f"{said}: {day}, the last day on which the data may be kept, has gone by.")
    if day.year > now.year + LONGEST:
        raise RetentionError(
            "day_too_far",
            f"{said}: {day}, the last day on which the data may be kept, is {day.year - now.year:,} years away. Say a "
            f"day by which their purpose will be served.",
        )


def notes(studies: Sequence[str], today: datetime.date | None = None) -> list[str]:
    """Return what whoever keeps the data of these studies should do soon: last days near, files left unencrypted."""
    day = today or datetime.date.today()
    said = []
    for entry in _confidential(studies):
        left = (datetime.date.fromisoformat(entry.retain_until or "") - day).days
        if left < 0:
            said.append(f"'{entry.name}' was to be kept until {entry.retain_until}: delete it, or {renewal(entry)}")
        elif left <= NOTICE:
            when = "today" if not left else f"{left} day{'s' if left > 1 else ''} from now"
            said.append(f"'{entry.name}' is to be kept until {entry.retain_until}, {when}: decide what becomes of it")
        corrected = entry.corrections_path
        if corrected and is_encrypted(entry.path) and not is_encrypted(corrected):
            said.append(
                f"{shown(corrected)} holds corrections of an encrypted list, and is not encrypted: "
                f"`python -m analysis encrypt {shown(corrected)} --remove`"
            )
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
    entries = catalog.datasets().values()
    entry = next((each for each in entries if path.resolve() in (each.path, each.corrections_path)), None)
    if entry is None:
        return None
    if entry.kind != "confidential":
        raise EncryptionError(
            "wrong_kind", f"{shown(path)} is catalogued as {entry.kind}: only confidential files are kept encrypted."
        )
    catalog.verify(entry.name)
    catalogue = catalog.RAW / entry.catalogue
    listed = yaml.safe_load(catalogue.read_text(encoding="utf-8"))
    file, digest = ("file", "sha256") if entry.path == path.resolve() else ("corrections", "corrections_sha256")
    listed[entry.name][file] += ENCRYPTED
    listed[entry.name][digest] = hashlib.sha256(encrypted).hexdigest()
    return catalogue, yaml.safe_dump(listed, allow_unicode=True, sort_keys=False, width=110).encode()
