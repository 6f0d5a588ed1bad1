"""Account of staged and released files: what comes, what has to go, and the sentences that say so.

A line has counts and the first names; where more goes than a line can name, the whole list is in a file. Released files
are noted notebook by notebook, with the kind of the persons that each shows: a notebook may be run again, or fail, long
after its pages were released.

A file goes when the records of its persons are of another kind now, or are no more: a page that says SYNTHETIC when its
study has real lists, one that shows public persons when they are confidential, and what has a name of another kind or
belongs to no analysis of its study. The report on the pledge goes only where it shows persons who are not public any
more: else it stands until a release has its successor, as its tables have withstood the audit.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from analysis import areas, catalog
from analysis.batch.person_tables import made_of
from analysis.batch.products import as_manifest, metadata
from analysis.catalog import ROOT, shown
from analysis.file_writing import write_whole
from analysis.jobs import ANALYSES, STAGED, SYNTHETIC, Job, Tables, analyses_of, released, tables_of
from analysis.report.index import EvidenceState, evidence_digests, evidence_state

# All files of the last run or release that took away more than it named, with the reason for each.
LIST = ROOT / "data" / "processed" / "taken_away.txt"
# How many are named of many.
FEW = 3
# What begins the path of a file -> what one is called, and several are.
_CALLED = {
    "reports": ("released page", "released pages"),
    "figures": ("released figure", "released figures"),
    shown(STAGED / "reports"): ("staged page", "staged pages"),
    shown(STAGED / "figures"): ("staged figure", "staged figures"),
    "data/processed/runs": ("notebook", "notebooks"),
    "data/processed": ("table", "tables"),
}

BESIDE = (".csv", ".json")

# Path -> why it goes, or has gone.
Gone = Mapping[Path, str]


def staged() -> set[Path]:
    """All that is staged now."""
    return {path for path in STAGED.rglob("*") if path.is_file() and not path.name.startswith(".")}


def announced(going: Gone) -> list[str]:
    """Return what will go, a line for each reason: how many files of what kind, and the first of them."""
    return [f"Will be taken away, {why}: {counted(paths)}." for why, paths in _by_reason(going).items()]


def gone(paths: Gone) -> list[str]:
    """Return what has gone, a line for each reason with how many files of which folder, and where `keep` lists them."""
    lines = []
    for why, files in _by_reason(paths).items():
        folders = Counter(_folder(path) for path in files)
        lines.append(f"Gone, {why}: {', '.join(f'{number} of {each}' for each, number in sorted(folders.items()))}.")
    if len(paths) > FEW:
        lines.append(f"All {len(paths)} files that have gone are listed in {shown(LIST)}.")
    return lines or ["Gone: nothing."]


def keep(paths: Gone) -> None:
    """Write the whole list of what has gone where it is longer than what is said of it."""
    if len(paths) > FEW:
        listed = "".join(f"{shown(path)}\t{why}\n" for path, why in sorted(paths.items()))
        write_whole(LIST, listed.encode(), private=True)


def new(paths: Iterable[Path]) -> str:
    """Return what has come: how many files of what kind, and the first of them."""
    found = sorted(paths)
    return f"New: {counted(found)}." if found else "New: nothing."


def missing(what: Sequence[str]) -> str:
    """Return what should be there and is not, each in words."""
    return f"Missing: {'; '.join(what) or 'nothing'}."


def counted(paths: Sequence[Path]) -> str:
    """Return how many files of what kind some are, and the first by name."""
    parts = Counter(_called(path) for path in paths)
    # Those that `_CALLED` has not are tables beside pages.
    order = sorted(parts, key=[*_CALLED.values(), *parts].index)
    kinds = ", ".join(f"{parts[words]} {words[parts[words] > 1]}" for words in order)
    return f"{kinds} ({few([shown(path) for path in sorted(paths)])})"


def few(names: Sequence[str], most: int = FEW) -> str:
    """The first of some names, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _called(path: Path) -> tuple[str, str]:
    one, several = next(words for begin, words in _CALLED.items() if shown(path).startswith(begin))
    # Beside a page stand its tables and what describes them.
    called = "table" if path.suffix in BESIDE else "page"
    return one.replace("page", called), several.replace("page", called)


def _folder(path: Path) -> str:
    """The folder of a study, or of the report, that a file lies in."""
    begin = next(begin for begin in _CALLED if shown(path).startswith(begin))
    parts = shown(path.parent).split("/")
    return "/".join(parts[: begin.count("/") + 2])


def _by_reason(going: Gone) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path, why in sorted(going.items()):
        found.setdefault(why, []).append(path)
    return found


NOTE = ROOT / "data" / "processed" / "released.json"
# The evidence of the last release, and of the last one before that had another.
EVIDENCE_NOTE = NOTE.with_name("released_evidence.json")
# Under this name the report on the pledge is noted, beside the jobs under theirs.
REPORT = "pledge_report"
# Name of a job -> "products" (path -> digest), "persons" (tables that it shows -> their kind) and "counts" (the same
# tables -> digest of their protected counts, as they were released).
Outside = dict[str, dict[str, dict[str, str]]]


def evidence_before() -> EvidenceState | None:
    """The evidence of the last release that had another than there is now; None where there was none.

    The release itself changes nothing of it, so that an index is the same before and after.
    """
    last = _evidence_noted()
    is_now = {name: each["sha256"] for name, each in last["now"].items()} == evidence_digests() if last else False
    return (last["before"] if is_now else last["now"]) if last else None


def evidence_note() -> bytes:
    """Return the note on the evidence that is kept once a release is done."""
    return as_manifest({"now": evidence_state(), "before": evidence_before()})


def _evidence_noted() -> dict:
    try:
        found = json.loads(EVIDENCE_NOTE.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if {"now", "before"} <= set(found) else {}


def noted() -> Outside:
    """Return the note of the last release; empty if there was none, or its note is not whole."""
    try:
        return json.loads(NOTE.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}


def of_jobs(jobs: Sequence[Job]) -> Outside:
    """Return the note on jobs that are released as they are staged now."""
    found = {}
    for job in jobs:
        content = metadata(job.executed)
        read = content["made_from"]["inputs"]
        shown_of = [tables for tables in tables_of(job.study) if tables.name in read]
        found[job.name] = released_as(content["products"], {tables.name: tables.kind for tables in shown_of})
        found[job.name]["counts"] = {tables.name: tables.manifest_content().get("protected", "") for tables in shown_of}
    return found


def released_as(products: Mapping[str, str], persons: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the note on staged products (path -> digest) that show persons (tables -> kind)."""
    return {
        "products": {shown(released(ROOT / path)): digest for path, digest in products.items()},
        "persons": dict(persons),
    }


def together(before: Outside, after: Outside) -> Outside:
    """Return what may stand while one release takes the place of another."""
    parts = ("products", "persons", "counts")
    names = {*before, *after}
    return {
        name: {part: {**before.get(name, {}).get(part, {}), **after.get(name, {}).get(part, {})} for part in parts}
        for name in names
    }


def goes(persons: dict[str, str], tables: Tables) -> bool:
    """Return True if what shows persons goes, now that some tables are of the kind they are.

    What follows from synthetic persons alone says so in its name, and goes by that: what stands beside it may stay.

    Parameters
    ----------
    persons : the tables that were shown -> of what kind they were then.
    """
    then = persons.get(tables.name)
    return then != tables.kind and not (then == "synthetic" and len(persons) == 1)


def _released_of_another_kind(study: str) -> list[tuple[Path, Tables, str]]:
    """Released files that show persons of a study as they were when they were of another kind: path, tables,
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
    """Return the files that have to go, and why."""
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
    found += [(path, _changed(tables, then)) for path, tables, then in _released_of_another_kind(study)]
    for tables in tables_of(study):
        found += [each for executed in runs.glob("*/*.ipynb") for each in _of_another_kind(executed, tables)]
        if tables.kind == "confidential":
            # A log may hold what was shown before they were.
            logs = [path for name in tables.shown_by for path in runs.glob(f"*/{name}*.failed.ipynb")]
            old = [path for path in logs if metadata(path).get("persons", {}).get(tables.name) != tables.kind]
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
    content = metadata(executed)
    then = content.get("made_from", {})
    persons = {name: kind for name, kind in then.get("persons", {}).items() if name in then.get("inputs", {})}
    if tables.name not in then.get("inputs", {}) or not goes(persons, tables):
        return []
    products = [ROOT / path for path in content.get("products", {})]
    paths = [executed, *products, *(released(path) for path in products if path.is_relative_to(STAGED))]
    return [(path, _changed(tables, persons.get(tables.name, ""))) for path in paths]


def _changed(tables: Tables, then: str) -> str:
    now = f"are {tables.kind} now" if tables.kind else "are no more"
    return f"since {tables.words} of {tables.study} {now}" + (f", and were {then}" if then else "")
