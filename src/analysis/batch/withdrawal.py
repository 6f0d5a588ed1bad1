"""What goes because persons' records are of another kind now, or are no more.

A page that says SYNTHETIC goes when its study has real lists, and one that shows public persons when they are
confidential. What has a name of another kind, or belongs to no analysis of its study, goes too.

The report on the pledge stands until a release has its successor, whatever lists were accepted meanwhile: it holds no
person, and its tables have withstood the audit. It goes only where it shows persons who are not public any more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from analysis import areas, catalog
from analysis.batch import released_manifest
from analysis.batch.account import Gone, announced
from analysis.batch.person_tables import made_of
from analysis.batch.products import said
from analysis.catalog import ROOT
from analysis.jobs import ANALYSES, STAGED, SYNTHETIC, Job, Tables, analyses_of, released, tables_of


def withdraw(say: Callable[[str], object] | None = None) -> Gone:
    """Take away what was staged or released of persons whose records are of another kind now, or are no more.

    Parameters
    ----------
    say : is told, before anything goes, what will and why, line by line.

    Returns
    -------
    What has gone, and why. Of a study whose catalogue cannot be read nothing goes: what it has is not known.
    """
    gone = due()
    if say is not None:
        for line in announced(gone):
            say(line)
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def due() -> dict[Path, str]:
    """What there is that has to go, and why."""
    found: dict[Path, str] = {}
    for study in [study for study in areas.STUDIES if not catalog.unreadable(study)]:
        for path, why in _of_study(study):
            if path.exists():
                found.setdefault(path, why)
    return found


def _of_study(study: str) -> list[tuple[Path, str]]:
    runs = ROOT / "data" / "processed" / "runs" / study
    folders = [runs, *(tree / name / study for tree in (ROOT, STAGED) for name in ("reports", "figures"))]
    found = [each for name in ANALYSES for each in _out_of_place(Job(name, study, study), folders)]
    found += [(path, _changed(tables, then)) for path, tables, then in released_manifest.of_another_kind(study)]
    for tables in tables_of(study):
        found += [each for executed in runs.glob("*/*.ipynb") for each in _of_another_kind(executed, tables)]
        if tables.kind == "confidential":
            # A log may hold what was shown before they were.
            logs = [path for name in tables.shown_by for path in runs.glob(f"*/{name}*.failed.ipynb")]
            old = [path for path in logs if said(path).get("persons", {}).get(tables.name) != tables.kind]
            found += [(path, f"since {tables.words} of {study} are confidential now") for path in old]
        if not tables.kind:
            found += [(path, f"since {study} has no {tables.words} any more") for path in made_of(tables)]
    return found


def _out_of_place(job: Job, folders: Sequence[Path]) -> list[tuple[Path, str]]:
    """Products of an analysis, of any area, that it has no more, or under a name that says of them what is not so."""
    found = [path for folder in folders for path in folder.glob(f"*/{job.analysis}*")]
    if job.analysis not in analyses_of(job.study):
        why = f"since {job.study} has no {job.analysis} any more"
    elif not job.synthetic:
        found = [path for path in found if SYNTHETIC in path.name]
        why = f"since {job.analysis} of {job.study} rests on real data now, and they are synthetic"
    elif job.synthetic == "SYNTHETIC":
        found = [path for path in found if SYNTHETIC not in path.name]
        why = f"since {job.analysis} of {job.study} is synthetic, and their names do not say so"
    else:
        # Of a page that is so in part, each figure and each page in a frame says by itself what it is.
        found = [path for path in found if path.name.startswith(f"{job.analysis}.")]
        why = f"since {job.analysis} of {job.study} is synthetic in part, and their names do not say so"
    return [(path, why) for path in found]


def _of_another_kind(executed: Path, tables: Tables) -> list[tuple[Path, str]]:
    """The products of a notebook that shows tables as they were when they were of another kind; none of any other.

    Released ones are among them: those of an earlier version of the program were noted nowhere else.
    """
    content = said(executed)
    then = content.get("made_from", {})
    persons = {name: kind for name, kind in then.get("persons", {}).items() if name in then.get("inputs", {})}
    if tables.name not in then.get("inputs", {}) or not released_manifest.goes(persons, tables):
        return []
    products = [ROOT / path for path in content.get("products", {})]
    paths = [executed, *products, *(released(path) for path in products if path.is_relative_to(STAGED))]
    return [(path, _changed(tables, persons.get(tables.name, ""))) for path in paths]


def _changed(tables: Tables, then: str) -> str:
    now = f"are {tables.kind} now" if tables.kind else "are no more"
    return f"since {tables.words} of {tables.study} {now}" + (f", and were {then}" if then else "")
