"""Audits of protected tables in which nothing was learnt, noted so that the same attack is not made again.

An audit is known by a mark of all that it follows from: the tables, all releases before them, what lies in what, and
the program. Nobody makes it without the key of the pseudonyms: whoever cannot read the records cannot say that their
tables withstood an attack. The mark tells nothing of any table. Of a breach nothing is noted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

import pandas as pd

import disclosure
from analysis.batch.products import as_manifest
from analysis.batch.provenance import program
from analysis.catalog import ROOT
from analysis.file_writing import write_whole
from analysis.intake.pseudonyms import secret_key
from analysis.jobs import Tables

NOTE = ROOT / ".cache" / "audited.json"
# What audits: all that a release may load.
AUDITS = ("analysis.release.publish",)


def mark(tables: Tables, releases: Sequence[Sequence[Mapping[str, pd.DataFrame]]]) -> str:
    """Return the mark of an audit.

    Parameters
    ----------
    tables : of persons. releases : lists of tables by name: those that are attacked, and all that the attacker has.

    Raises
    ------
    IdentityError : the secret key cannot be read.
    """
    made_by = program(AUDITS)
    content = [
        [[name, list(map(str, table.dtypes)), table.to_csv()] for name, table in sorted(release.items())]
        for each in releases
        for release in ({}, *each)
    ]
    of = [tables.name, tables.kind, disclosure.K, made_by["library"], made_by["environment"], content]
    key = secret_key(tables.kind).encode()
    return hashlib.blake2b(
        json.dumps(of, sort_keys=True).encode(), key=key, digest_size=16, person=b"audited"
    ).hexdigest()


def is_noted(tables: Tables, audit: str) -> bool:
    """Return True if the last audit of tables has this mark, and learnt nothing."""
    return _noted().get(tables.name) == audit


def note(tables: Tables, audit: str) -> None:
    """Note that an audit learnt nothing, in place of the one before it."""
    write_whole(NOTE, as_manifest(_noted() | {tables.name: audit}), private=True)


def _noted() -> dict[str, object]:
    try:
        found = json.loads(NOTE.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}
