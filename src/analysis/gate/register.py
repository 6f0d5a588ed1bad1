"""The register of releases: the protected count tables of persons as they were published, release by release.

Whoever has an earlier release can subtract: a cell that was published once cannot be withheld later, and what two
releases differ by is a cell too. The tables of the next release are therefore protected, and audited, with these. An
entry holds what was published and nothing besides, so that the register of confidential persons can be kept with the
program; that of synthetic ones is left out, as all that follows from them.

Tables that a researcher took out one by one are entered too. They are of the same persons as the tables of the release
beside which they were taken, and are read as a part of it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.catalog import ROOT, shown
from analysis.jobs import SYNTHETIC, Tables, tables_of

if TYPE_CHECKING:
    import pandas as pd

REGISTER = ROOT / "data" / "register"
# In the names of tables that were taken out one by one.
TAKEN = "taken"
# Letters of a digest in a name: no two releases of a study share so many by chance.
LETTERS = 16


class RegisterError(Exception):
    """An entry of the register cannot be read as what it should be; the message says which, and what to do."""


@dataclass(frozen=True)
class Entry:
    """One release of the protected tables of a study's persons: where it stands, and what its name says of it.

    Parameters
    ----------
    beside, persons : of a table that was taken out, the digest of the protected tables of that day, and one that tells
        whether two tables were taken out of the same persons.
    """

    path: Path
    number: int
    date: date
    digest: str
    beside: str = ""
    persons: str = ""


def entries(tables: Tables) -> list[Entry]:
    """The releases of persons of the same study and kind, oldest first, as the names of their files tell.

    Those of synthetic persons do not count for real ones, nor the other way round: they are other persons.
    """
    return [Entry(path, number, day, digest) for path, number, day, (digest,) in _named(tables, tables.records, 1)]


def taken(tables: Tables) -> list[Entry]:
    """What was taken out of the persons of the same study and kind, oldest first."""
    named = _named(tables, f"{tables.records}_{TAKEN}", 3)
    return [Entry(path, number, day, digest, *of) for path, number, day, (*of, digest) in named]


def held_against(tables: Tables, protected: str) -> dict[str, str]:
    """What protected tables are made to withstand, besides themselves: name -> digest. What was taken out beside these
    very tables withstood them on that day, and says nothing new."""
    found = [*entries(tables), *(entry for entry in taken(tables) if entry.beside != protected)]
    return {entry.path.name: entry.digest for entry in found if entry.digest != protected}


def earlier(study: str, records: str, without: str = "", without_persons: str = "") -> list[dict[str, pd.DataFrame]]:
    """The protected tables of earlier releases, oldest first, with what was taken out beside each.

    Parameters
    ----------
    records : ``case_records`` or ``survey``.
    without : the digest of tables that are not to be held against themselves, nor against what was taken out beside.
    without_persons : what was taken out of these persons is left out, since it is no earlier release of theirs.

    Raises
    ------
    RegisterError : an entry is damaged, was edited, or is not there though a later one is.
    """
    (tables,) = [tables for tables in tables_of(study) if tables.records == records]
    found, out = entries(tables), taken(tables)
    _require_all(tables, found, "release")
    _require_all(tables, out, "table that was taken out")
    releases: dict[str, list[Entry]] = {entry.digest: [entry] for entry in found}
    for entry in out:
        if entry.persons != without_persons:
            releases.setdefault(entry.beside, []).append(entry)
    # What was taken out beside tables that were never released stands by its day among the releases.
    order = sorted(releases, key=lambda digest: min((entry.date, entry.number) for entry in releases[digest]))
    return [_together(releases[digest]) for digest in order if digest != without]


def taken_of(tables: Tables, beside: str, persons: str) -> dict[str, pd.DataFrame]:
    """What was taken out of these very persons, or beside these protected tables. Raises RegisterError as `earlier`."""
    return _together([entry for entry in taken(tables) if entry.persons == persons or entry.beside == beside])


def _together(found: list[Entry]) -> dict[str, pd.DataFrame]:
    return {name: table for entry in found for name, table in _read(entry).items()}


def _require_all(tables: Tables, found: list[Entry], what: str) -> None:
    missing = set(range(1, max((entry.number for entry in found), default=0))) - {entry.number for entry in found}
    if missing:
        raise RegisterError(
            f"{shown(_folder(tables))} has no {what} {min(missing)} of the {tables.words}, but a later one: bring its "
            f"file back, for without it nobody can tell what may be released now."
        )


def entry(tables: Tables, protected: dict[str, pd.DataFrame], today: date, k: int) -> tuple[Path, bytes] | None:
    """A release of protected tables as it is to be entered: path and content; None where it says nothing new.

    Parameters
    ----------
    protected : what is released, by the name of each table: a count that is withheld is missing.
    today : the day of the release.
    k : no group of fewer persons was to be told.
    """
    from analysis import disclosure

    table = disclosure.stacked(protected)
    before, new = entries(tables), digest(table)
    if new in {entry.digest for entry in before}:
        return None
    return _path(tables, tables.records, before, today, new), _content(tables, table, today, k)


def taken_entry(
    tables: Tables, protected: dict[str, pd.DataFrame], today: date, k: int, beside: str, persons: str
) -> tuple[Path, bytes] | None:
    """Tables that are taken out, as they are to be entered: path and content; None where the same were taken before.

    Parameters
    ----------
    protected, today, k : as of `entry`. beside, persons : see `Entry`.
    """
    from analysis import disclosure

    table = disclosure.stacked(protected)
    before, new = taken(tables), digest(table)
    if (new, persons) in {(entry.digest, entry.persons) for entry in before}:
        return None
    path = _path(tables, f"{tables.records}_{TAKEN}", before, today, beside, persons, new)
    return path, _content(tables, table, today, k)


def _content(tables: Tables, table: pd.DataFrame, today: date, k: int) -> bytes:
    from analysis.processed import as_parquet

    return as_parquet(table.assign(k=k, released=today.isoformat()), tables.kind)


def _named(tables: Tables, head: str, digests: int) -> list[tuple[Path, int, date, tuple[str, ...]]]:
    """The files of the register that `_path` has named so, oldest first: number, day and digests of each."""
    if tables.kind in ("", "public"):
        return []
    told = "_".join([rf"([0-9a-f]{{{LETTERS}}})"] * digests)
    name = re.compile(rf"{head}_(\d+)_(\d{{4}}-\d\d-\d\d)_{told}{_ending(tables)}\.parquet")
    found = [(path, match) for path in _folder(tables).glob("*.parquet") if (match := name.fullmatch(path.name))]
    read = [(path, int(match[1]), date.fromisoformat(match[2]), match.groups()[2:]) for path, match in found]
    return sorted(read, key=lambda each: (each[1], each[0].name))


def _path(tables: Tables, head: str, before: list[Entry], today: date, *digests: str) -> Path:
    """Where the next entry goes: its name has its number, its day, and digests."""
    number = 1 + max((entry.number for entry in before), default=0)
    name = "_".join([head, f"{number:03}", today.isoformat(), *digests])
    return _folder(tables) / f"{name}{_ending(tables)}.parquet"


def _ending(tables: Tables) -> str:
    return SYNTHETIC if tables.kind == "synthetic" else ""


def digest(stacked: pd.DataFrame) -> str:
    """What tells whether stacked tables say the same, whatever the order of tables, rows and columns."""
    names = sorted(map(str, stacked))
    text = stacked.astype({"count": "Int64"})[names].astype("string").fillna("")
    rows = text.sort_values(names, ignore_index=True).to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(rows.encode()).hexdigest()[:LETTERS]


def _folder(tables: Tables) -> Path:
    return REGISTER / tables.study


def _read(entry: Entry) -> dict[str, pd.DataFrame]:
    import pandas as pd

    from analysis import disclosure

    try:
        table = pd.read_parquet(entry.path).drop(columns=["k", "released"])
        whole = digest(table) == entry.digest
    # Whatever a file that is not whole makes a library say.
    except Exception:
        whole = False
    if whole:
        return disclosure.unstacked(table)
    raise RegisterError(
        f"{shown(entry.path)} is not as it was entered: bring the file of that release back, for without it nobody can "
        f"tell what may be released now."
    )
