"""What stands released, notebook by notebook, and of what kind the persons were that it shows.

A notebook may be run again, or fail, long after its pages were released: what those rest on is kept here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from analysis.batch.products import as_manifest, said
from analysis.catalog import ROOT, shown
from analysis.jobs import Job, Tables, released, tables_of
from analysis.report import evidence_news

NOTE = ROOT / "data" / "processed" / "released.json"
# The evidence of the last release, and of the last one before that had another.
EVIDENCE_NOTE = NOTE.with_name("released_evidence.json")
# Under this name the report on the pledge is noted, beside the jobs under theirs.
REPORT = "pledge_report"
# Name of a job -> "products" (path -> digest) and "persons" (tables that it shows -> their kind).
Outside = dict[str, dict[str, dict[str, str]]]


def evidence_before() -> evidence_news.State | None:
    """The evidence of the last release that had another than there is now; None where there was none.

    The release itself changes nothing of it, so that an index is the same before and after.
    """
    last = _evidence_noted()
    is_now = {name: each["sha256"] for name, each in last["now"].items()} == evidence_news.digests() if last else False
    return (last["before"] if is_now else last["now"]) if last else None


def evidence_note() -> bytes:
    """What is noted of the evidence once a release is done."""
    return as_manifest({"now": evidence_news.state(), "before": evidence_before()})


def _evidence_noted() -> dict:
    try:
        found = json.loads(EVIDENCE_NOTE.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if {"now", "before"} <= set(found) else {}


def noted() -> Outside:
    """What the last release noted; empty if there was none, or its note is not whole."""
    try:
        return json.loads(NOTE.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}


def of_jobs(jobs: Sequence[Job]) -> Outside:
    """What is to be noted of jobs that are released as they are staged now."""
    found = {}
    for job in jobs:
        content = said(job.executed)
        read = content["made_from"]["inputs"]
        persons = {tables.name: tables.kind for tables in tables_of(job.study) if tables.name in read}
        found[job.name] = of(content["products"], persons)
    return found


def of(products: Mapping[str, str], persons: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What is to be noted of staged products (path -> digest) that show persons (tables -> kind)."""
    return {
        "products": {shown(released(ROOT / path)): digest for path, digest in products.items()},
        "persons": dict(persons),
    }


def both(before: Outside, after: Outside) -> Outside:
    """What may stand while one release takes the place of another."""
    parts = ("products", "persons")
    names = {*before, *after}
    return {
        name: {part: {**before.get(name, {}).get(part, {}), **after.get(name, {}).get(part, {})} for part in parts}
        for name in names
    }


def goes(persons: dict[str, str], tables: Tables) -> bool:
    """Whether what shows persons goes, now that some tables are of the kind they are.

    What follows from invented persons alone says so in its name, and goes by that: what stands beside it may stay.

    Parameters
    ----------
    persons : the tables that were shown -> of what kind they were then.
    """
    then = persons.get(tables.name)
    return then != tables.kind and not (then == "synthetic" and len(persons) == 1)


def of_another_kind(study: str) -> list[tuple[Path, Tables, str]]:
    """What stands released and shows persons of a study as they were when they were of another kind: path, tables,
    kind then.

    The report goes only where they were public and are not: it tells of all studies, and stands until its successor.
    """
    return [
        (ROOT / path, tables, then)
        for name, each in noted().items()
        for tables in tables_of(study)
        if (then := each["persons"].get(tables.name)) and goes(each["persons"], tables)
        if name != REPORT or then == "public"
        for path in each["products"]
    ]
